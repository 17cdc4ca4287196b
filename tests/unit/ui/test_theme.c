/* SPDX-License-Identifier: MIT */
/*
 * Theme files: what they say, where they are wrong, and that the shipped ones
 * can be used.
 */
#include "galley/ui/theme.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "galley/base/mem.h"

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

/* --- contrast: WCAG 2.2, 1.4.3 and its definition of relative luminance ----
 */

static double channel(int v)
{
	double c = v / 255.0;

	return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(uint32_t rgb)
{
	return 0.2126 * channel(rgb >> 16 & 255) +
	       0.7152 * channel(rgb >> 8 & 255) + 0.0722 * channel(rgb & 255);
}

static double contrast(uint32_t a, uint32_t b)
{
	double x = luminance(a), y = luminance(b);

	return x > y ? (x + 0.05) / (y + 0.05) : (y + 0.05) / (x + 0.05);
}

/* xterm's cube and greys; the first sixteen belong to the terminal. */
static uint32_t xterm_rgb(int i)
{
	static const int steps[] = {0, 95, 135, 175, 215, 255};

	if (i >= 232)
		return (uint32_t)(8 + (i - 232) * 10) * 0x10101;
	i -= 16;
	return (uint32_t)(steps[i / 36] << 16 | steps[i / 6 % 6] << 8 |
			  steps[i % 6]);
}

/* 0: the terminal's own palette decides. */
static int rgb(int32_t c, uint32_t by_default, uint32_t *out)
{
	if (c == COLOR_DEFAULT)
		*out = by_default;
	else if (c & COLOR_RGB)
		*out = (uint32_t)c & 0xffffff;
	else if (c >= 16)
		*out = xterm_rgb(c);
	else
		return 0;
	return 1;
}

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
	uint32_t fg, bg, swap;

	assert_int_equal(theme_load(name, &t), 0);
	for (unsigned i = 0; i < ST_COUNT * 3 * 2; i++) {
		unsigned style = i % ST_COUNT | on[i / ST_COUNT % 3];
		struct look l = theme_look(t, style, depths[i / ST_COUNT / 3]);

		if (!rgb(l.fg, text, &fg) || !rgb(l.bg, paper, &bg))
			continue;
		if (l.attrs & LOOK_REVERSE) {
			swap = fg;
			fg = bg;
			bg = swap;
		}
		if (contrast(fg, bg) < wanted(ST_ROLE(style), l.attrs))
			fail_msg("%s: %s%s on #%06x: %.1f", name,
				style_name(ST_ROLE(style)),
				style & ST_ON_CURSOR ? " under the cursor"
				: style & ST_ON_MARK ? " marked"
						     : "",
				bg, contrast(fg, bg));
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
