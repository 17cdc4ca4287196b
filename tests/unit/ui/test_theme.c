/* SPDX-License-Identifier: MIT */
/*
 * Theme files: what they say, where they are wrong, and that the shipped ones
 * can be used.
 */
#include "galley/ui/theme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "galley/base/mem.h"

#include "eyes.h"

static struct theme *parse(const char *text)
{
	struct theme *t;

	assert_int_equal(theme_parse("t", text, strlen(text), &t), 0);
	return t;
}

static void assert_look(struct look got, int32_t fg, int32_t bg, unsigned attrs)
{
	assert_int_equal(got.fg, fg);
	assert_int_equal(got.bg, bg);
	assert_int_equal(got.attrs, attrs);
}

static void lines_and_depths(void **state)
{
	struct theme *t = parse("# remark\r\n\n"
				"text = bright-white on 17\r\n"
				"  bad =bold   red on default reverse\n"
				"bad.256 = 203\n"
				"bad.true = #ff0102 on #000000 italic dim");

	(void)state;
	assert_look(theme_look(t, ST_TEXT, DEPTH_TRUE), 15, 17, 0);
	assert_look(theme_look(t, ST_TEXT, DEPTH_16), 15, 0, 0);
	assert_look(theme_look(t, ST_TEXT, DEPTH_NONE), -1, -1, 0);
	assert_look(theme_look(t, ST_BAD, DEPTH_16), 1, -1,
		LOOK_BOLD | LOOK_REVERSE);
	assert_look(theme_look(t, ST_BAD, DEPTH_NONE), -1, -1,
		LOOK_BOLD | LOOK_REVERSE);
	assert_look(theme_look(t, ST_BAD, DEPTH_256), 203, -1, 0);
	assert_look(theme_look(t, ST_BAD, DEPTH_TRUE), COLOR_RGB | 0xff0102,
		COLOR_RGB, LOOK_ITALIC | LOOK_DIM);
	theme_free(t);
}

static void missing_roles_have_parents(void **state)
{
	struct theme *t = parse("text = 7\nbar = 3 on 4\nchart.256 = 99\n");

	(void)state;
	assert_look(theme_look(t, ST_BAR_STRONG, DEPTH_16), 3, 4, 0);
	assert_look(theme_look(t, ST_FRAME_FOCUS, DEPTH_16), 7, -1, 0);
	assert_look(theme_look(t, ST_CHART_LOW, DEPTH_256), 99, -1, 0);
	assert_look(theme_look(t, ST_CHART_LOW, DEPTH_16), 7, -1, 0);
	theme_free(t);
	t = parse("");
	assert_look(theme_look(t, ST_BAD, DEPTH_TRUE), -1, -1, 0);
	theme_free(t);
}

static void colours_that_a_terminal_lacks(void **state)
{
	struct theme *t = parse("bad = #ff0000 on #080808\n"
				"good = 46 on #ffffff\n");

	(void)state;
	assert_look(theme_look(t, ST_BAD, DEPTH_256), 196, 232, 0);
	assert_look(theme_look(t, ST_BAD, DEPTH_16), 9, 0, 0);
	assert_look(theme_look(t, ST_GOOD, DEPTH_16), 10, 15, 0);
	theme_free(t);
}

static void rows_keep_what_colours_say(void **state)
{
	struct theme *t = parse("text = 250\nbad = 203 bold\n"
				"cursor = 255 on 238\nmark = 221 underline\n"
				"find = 238\n");

	(void)state;
	assert_look(
		theme_look(t, ST_TEXT | ST_ON_CURSOR, DEPTH_256), 255, 238, 0);
	assert_look(theme_look(t, ST_BAD | ST_ON_CURSOR, DEPTH_256), 203, 238,
		LOOK_BOLD);
	assert_look(theme_look(t, ST_TEXT | ST_ON_MARK, DEPTH_256), 221, -1,
		LOOK_UNDER);
	/* would be seen no more */
	assert_look(
		theme_look(t, ST_FIND | ST_ON_CURSOR, DEPTH_256), 255, 238, 0);
	assert_look(theme_look(t, ST_TEXT | ST_BOLD | ST_UNDER, DEPTH_NONE), -1,
		-1, LOOK_BOLD | LOOK_UNDER);
	theme_free(t);
}

static void mistakes_have_a_place(void **state)
{
	static const struct {
		const char *text, *says;
	} v[] = {
		{"text = red\nbad red", "t:2:8: \"=\" is missing"},
		{"\n\n  badd = red", "t:3:3: no such role"},
		{"bad.8 = red", "t:1:1: no such role"},
		{"bad = redd", "t:1:7: no colour and no attribute: \"redd\""},
		{"bad = 256", "t:1:7: no colour"},
		{"bad = #12345g", "t:1:7: no colour"},
		{"bad = red blue", "t:1:11: a second colour"},
		{"bad = red on", "t:1:13: a colour must follow"},
		{"bad = on bold", "t:1:10: no colour"},
		{"bad =", "t:1:6: a colour or an attribute"},
		{"= red", "t:1:1: a role must stand"},
		{"bad good = red", "t:1:5: one role"},
		{"bad = red\nbad = blue", "t:2:1: this role was given before"},
		{"bad = \033[31m", "t:1:7: no colour and no attribute: "
				   "\"\xe2\x90\x9b[31m\""},
	};
	struct theme *t = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(v); i++) {
		assert_int_equal(
			theme_parse("t", v[i].text, strlen(v[i].text), &t),
			E_CONFIG);
		if (strncmp(err_msg(), v[i].says, strlen(v[i].says)) != 0)
			fail_msg("%s instead of %s", err_msg(), v[i].says);
	}
	assert_null(t);
	assert_int_equal(theme_load("no-such-theme", &t), E_CONFIG);
	assert_non_null(strstr(err_msg(), "dark, light, mono and safe"));
	assert_int_equal(theme_load("/", &t), E_CONFIG);
}

static int same_look(struct look a, struct look b)
{
	return a.fg == b.fg && a.bg == b.bg && a.attrs == b.attrs;
}

/* At every depth the row of the cursor, greyed and bad things can be told. */
static void shipped_ones_can_be_used(void **state)
{
	static const char *const names[] = {"dark", "light", "mono", "safe"};
	static const enum style apart[] = {ST_CURSOR, ST_BAD, ST_SELECT,
		ST_FIND, ST_RING, ST_NEWS, ST_DIM};
	struct theme *t;
	size_t i, k;
	int d;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(theme_load(names[i], &t), 0);
		for (d = DEPTH_NONE; d <= DEPTH_TRUE; d++) {
			for (k = 0; k < ARRAY_SIZE(apart); k++)
				assert_false(same_look(
					theme_look(t, ST_TEXT, (enum depth)d),
					theme_look(
						t, apart[k], (enum depth)d)));
			assert_false(
				same_look(theme_look(t, ST_BAD, (enum depth)d),
					theme_look(t, ST_GOOD, (enum depth)d)));
		}
		theme_free(t);
	}
}

/* --- contrast ----------------------------------------------------------------
 */

/* What decorates may be fainter, what is switched off too; bold letters need a
 * little less. */
static double wanted(enum style s, unsigned attrs)
{
	switch (s) {
	case ST_FRAME:
		return 1.8;
	case ST_OFF:
	case ST_GHOST:
	case ST_CHART_LOW:
		return 3.0;
	default:
		return attrs & LOOK_BOLD ? 4.0 : 4.5;
	}
}

static void can_be_read(const char *name, uint32_t text, uint32_t paper)
{
	static const unsigned on[] = {0, ST_ON_CURSOR, ST_ON_MARK};
	static const enum depth depths[] = {DEPTH_256, DEPTH_TRUE};
	struct theme *t;
	uint32_t fg, bg;

	assert_int_equal(theme_load(name, &t), 0);
	for (unsigned i = 0; i < ST_COUNT * 3 * 2; i++) {
		unsigned style = i % ST_COUNT | on[i / ST_COUNT % 3];
		struct look l = theme_look(t, style, depths[i / ST_COUNT / 3]);

		if (!eyes_look(l, text, paper, &fg, &bg))
			continue;
		if (eyes_contrast(fg, bg) < wanted(ST_ROLE(style), l.attrs))
			fail_msg("%s: %s%s on #%06x: %.1f", name,
				style_name(ST_ROLE(style)),
				style & ST_ON_CURSOR ? " under the cursor"
				: style & ST_ON_MARK ? " marked"
						     : "",
				bg, eyes_contrast(fg, bg));
	}
	theme_free(t);
}

static void everything_can_be_read(void **state)
{
	(void)state;
	can_be_read("dark", 0xd0d0d0, 0x000000);
	can_be_read("dark", 0xd0d0d0, 0x1e1e1e);
	can_be_read("safe", 0xd0d0d0, 0x000000);
	can_be_read("safe", 0xd0d0d0, 0x1e1e1e);
	can_be_read("light", 0x202020, 0xffffff);
	can_be_read("light", 0x202020, 0xf8f4e6);
}

/* What matters differs for every kind of eye, by its attributes or at a glance.
 */
static void told_apart(const char *name, uint32_t text, uint32_t paper)
{
	static const enum style matter[] = {
		ST_TEXT, ST_BAD, ST_WARN, ST_GOOD, ST_RING};
	static const enum depth depths[] = {DEPTH_256, DEPTH_TRUE};
	struct theme *t;

	assert_int_equal(theme_load(name, &t), 0);
	for (unsigned n = 0; n < 2 * EYES_COUNT * 25; n++) {
		enum style a = matter[n % 5], b = matter[n / 5 % 5];
		enum eyes e = n / 25 % EYES_COUNT;
		enum depth d = depths[n / 25 / EYES_COUNT];
		struct look x = theme_look(t, a, d), y = theme_look(t, b, d);
		uint32_t ink[2], on[2];

		if (a >= b || x.attrs != y.attrs ||
			!eyes_look(x, text, paper, &ink[0], &on[0]) ||
			!eyes_look(y, text, paper, &ink[1], &on[1]))
			continue;
		if (eyes_distance(e, ink[0], ink[1]) < 10 &&
			eyes_distance(e, on[0], on[1]) < 10)
			fail_msg("%s: %s and %s look alike to eyes %d: %.1f",
				name, style_name(a), style_name(b), e,
				eyes_distance(e, ink[0], ink[1]));
	}
	theme_free(t);
}

static void every_eye_tells_them_apart(void **state)
{
	(void)state;
	told_apart("safe", 0xd0d0d0, 0x000000);
	told_apart("dark", 0xd0d0d0, 0x1e1e1e);
	told_apart("light", 0x202020, 0xffffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_and_depths),
		cmocka_unit_test(missing_roles_have_parents),
		cmocka_unit_test(colours_that_a_terminal_lacks),
		cmocka_unit_test(rows_keep_what_colours_say),
		cmocka_unit_test(mistakes_have_a_place),
		cmocka_unit_test(shipped_ones_can_be_used),
		cmocka_unit_test(everything_can_be_read),
		cmocka_unit_test(every_eye_tells_them_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
