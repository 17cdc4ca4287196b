/* SPDX-License-Identifier: MIT */
/*
 * Decoding, widths, whole characters, and what the text gate lets through.
 */
#include "galley/base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "galley/base/mem.h"

static void decoding_is_strict(void **state)
{
	static const char *const bad[] = {"\x80", "\xc0\x80", "\xc1\xbf",
		"\xc3", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80",
		"\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", "\xe8\xae", "\xf0\x9f\x98", "\xff"};
	uint32_t cp;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(utf8_decode(bad[i], strlen(bad[i]), &cp), 1);
		assert_int_equal(cp, UTF8_BAD);
		assert_false(utf8_valid(bad[i], strlen(bad[i])));
	}
	assert_true(utf8_valid("", 0));
	assert_true(utf8_valid("\xef\xbf\xbd", 3));
}

static void every_code_point_round_trips(void **state)
{
	uint32_t cp, back;
	size_t n;
	char b[4];

	(void)state;
	for (cp = 0; cp <= 0x10ffff; cp++) {
		if (cp == 0xd800)
			cp = 0xe000;
		n = utf8_encode(cp, b);
		if (utf8_decode(b, n, &back) != n || back != cp)
			fail_msg("U+%04X came back as U+%04X", cp, back);
	}
	assert_int_equal(utf8_encode(0xd800, b), 3);
	utf8_decode(b, 3, &back);
	assert_int_equal(back, UTF8_BAD);
}

static void widths_of_known_characters(void **state)
{
	static const struct {
		uint32_t cp;
		int cells;
	} cases[] = {
		{'a', 1},
		{0xe9, 1},
		{0x0301, 0},
		{0x200b, 0},
		{0x8ba2, 2},
		{0x3042, 2},
		{0xac00, 2},
		{0x1160, 0},
		{0xff21, 2},
		{0xff71, 1},
		{0x1f600, 2},
		{0x20000, 2},
		{0x2400, 1},
		{0x25af, 1},
		{0x07, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(utf8_width(cases[i].cp), cases[i].cells);
	assert_int_equal(utf8_width(0xb1), 1);
	utf8_ambiguous_cells = 2;
	assert_int_equal(utf8_width(0xb1), 2);
	assert_int_equal(utf8_width('a'), 1);
	utf8_ambiguous_cells = 1;
	assert_non_null(strchr(utf8_width_version(), '.'));
}

static const struct {
	const char *text;
	size_t cells;
} clusters[] = {
	{"a", 1},
	{"e\xcc\x81", 1},
	{"\xe8\xae\xa2", 2},
	/* hangul from its parts */
	{"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", 2},
	/* a flag */
	{"\xf0\x9f\x87\xa8\xf0\x9f\x87\xb3", 2},
	/* heart with U+FE0F */
	{"\xe2\x9d\xa4\xef\xb8\x8f", 2},
	/* thumb with a skin tone */
	{"\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd", 2},
	/* a family of three */
	{"\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d"
	 "\xf0\x9f\x91\xa7",
		2},
	/* keycap 1 */
	{"1\xef\xb8\x8f\xe2\x83\xa3", 2},
	/* devanagari ki */
	{"\xe0\xa4\x95\xe0\xa4\xbf", 2},
};

static void clusters_are_not_cut(void **state)
{
	char two[80];
	size_t i, len, used;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(clusters); i++) {
		const char *s = clusters[i].text;

		len = strlen(s);
		assert_int_equal(utf8_cells(s, len), clusters[i].cells);
		memcpy(two, s, len);
		memcpy(two + len, s, len);
		assert_int_equal(
			utf8_cells(two, 2 * len), 2 * clusters[i].cells);
		assert_int_equal(
			utf8_fit(two, 2 * len, clusters[i].cells, &used), len);
		assert_int_equal(used, clusters[i].cells);
		assert_int_equal(utf8_fit(two, 2 * len,
					 2 * clusters[i].cells - 1, &used),
			len);
		assert_int_equal(used, clusters[i].cells);
	}
	assert_int_equal(utf8_fit("\xe8\xae\xa2", 3, 1, NULL), 0);
	assert_int_equal(utf8_fit("", 0, 5, NULL), 0);
}

static void three_flags_are_three(void **state)
{
	/* six halves without anything between them */
	static const char s[] = "\xf0\x9f\x87\xa8\xf0\x9f\x87\xb3"
				"\xf0\x9f\x87\xaf\xf0\x9f\x87\xb5"
				"\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa";
	size_t used;

	(void)state;
	assert_int_equal(utf8_next(s, strlen(s), &used), 8);
	assert_int_equal(used, 2);
	assert_int_equal(utf8_fit(s, strlen(s), 3, NULL), 8);
	assert_int_equal(utf8_fit(s, strlen(s), 5, NULL), 16);
}

#define HIDDEN "\xe2\x96\xaf"
#define BAD    "\xef\xbf\xbd"

static const struct {
	enum gate_mode mode;
	const char *in, *out;
	size_t marks;
} gate_cases[] = {
	{GATE_LINE, "plain \xe8\xae\xa2\xe5\x8d\x95", NULL, 0},
	{GATE_LINE, "a\nb",
		"a\xe2\x90\x8a"
		"b",
		1},
	{GATE_LINE, "a\r\nb",
		"a\xe2\x90\x8a"
		"b",
		1},
	{GATE_LINE, "a\rb",
		"a\xe2\x90\x8d"
		"b",
		1},
	{GATE_LINE, "a\tb", "a b", 0},
	{GATE_TEXT, "a\r\n\tb\r", "a\n  b", 0},
	{GATE_LINE, "\x1b[2J", "\xe2\x90\x9b[2J", 1},
	{GATE_LINE, "\x7f\x08", "\xe2\x90\xa1\xe2\x90\x88", 2},
	/* C1 CSI */
	{GATE_LINE,
		"\xc2\x9b"
		"2J",
		HIDDEN "2J", 1},
	{GATE_LINE, "\xff\xfe", BAD BAD, 2},
	{GATE_LINE, "\xed\xa0\x80", BAD BAD BAD, 3},
	/* right-to-left override, isolates, marks */
	{GATE_LINE,
		"a\xe2\x80\xae"
		"b",
		"a" HIDDEN "b", 1},
	{GATE_LINE, "\xe2\x81\xa6\xe2\x80\x8f\xd8\x9c", HIDDEN HIDDEN HIDDEN,
		3},
	/* zero width, BOM, tag, line separator, private use, noncharacter */
	{GATE_LINE, "\xe2\x80\x8b\xef\xbb\xbf\xf3\xa0\x81\x81",
		HIDDEN HIDDEN HIDDEN, 3},
	{GATE_LINE, "\xe2\x80\xa8\xee\x80\x80\xef\xbf\xbf",
		HIDDEN HIDDEN HIDDEN, 3},
	/* hangul filler */
	{GATE_LINE, "\xe3\x85\xa4", HIDDEN, 1},
	/* combining: none to begin with, four at most */
	{GATE_LINE,
		"\xcc\x81"
		"a\xcc\x81",
		HIDDEN "a\xcc\x81", 1},
	{GATE_TEXT, "a\n\xcc\x81", "a\n" HIDDEN, 1},
	{GATE_LINE, "a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
		"a\xcc\x81\xcc\x81\xcc\x81\xcc\x81" HIDDEN HIDDEN, 2},
	/* emoji sequences stay whole */
	{GATE_LINE,
		"\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d"
		"\xf0\x9f\x91\xa7",
		NULL, 0},
	{GATE_LINE, "\xe2\x9d\xa4\xef\xb8\x8f", NULL, 0},
	{GATE_LINE, "1\xef\xb8\x8f\xe2\x83\xa3", NULL, 0},
	/* their parts elsewhere do not */
	{GATE_LINE,
		"a\xe2\x80\x8d"
		"b",
		"a" HIDDEN "b", 1},
	{GATE_LINE, "\xf0\x9f\x91\xa8\xe2\x80\x8d", "\xf0\x9f\x91\xa8" HIDDEN,
		1},
	{GATE_LINE, "a\xef\xb8\x8f", "a" HIDDEN, 1},
	{GATE_LINE, "1\xef\xb8\x8f", "1" HIDDEN, 1},
	{GATE_LOG, "a\\n\nb",
		"a\\\\n\xe2\x90\x8a"
		"b",
		1},
	{GATE_LINE, "", "", 0},
};

static void gate_marks_what_lies(void **state)
{
	struct buf out = BUF_INIT;
	size_t i, marks;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(gate_cases); i++) {
		const char *want = gate_cases[i].out ? gate_cases[i].out
						     : gate_cases[i].in;

		buf_reset(&out);
		marks = text_gate(&out, gate_cases[i].in,
			strlen(gate_cases[i].in), gate_cases[i].mode);
		assert_string_equal(buf_str(&out), want);
		assert_int_equal(marks, gate_cases[i].marks);
	}
	buf_fini(&out);
}

static void gate_is_idempotent_on_its_cases(void **state)
{
	struct buf once = BUF_INIT, twice = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(gate_cases); i++) {
		if (gate_cases[i].mode == GATE_LOG)
			continue;
		buf_reset(&once);
		buf_reset(&twice);
		text_gate(&once, gate_cases[i].in, strlen(gate_cases[i].in),
			gate_cases[i].mode);
		assert_int_equal(text_gate(&twice, buf_str(&once), once.len,
					 gate_cases[i].mode),
			0);
		assert_string_equal(buf_str(&twice), buf_str(&once));
	}
	buf_fini(&once);
	buf_fini(&twice);
}

static void gate_keeps_no_long_joined_sequence(void **state)
{
	struct buf in = BUF_INIT, out = BUF_INIT;
	int i;

	(void)state;
	for (i = 0; i < 30; i++)
		buf_adds(&in, "\xf0\x9f\x91\xa8\xe2\x80\x8d");
	buf_adds(&in, "\xf0\x9f\x91\xa8");
	assert_true(text_gate(&out, in.p, in.len, GATE_LINE) >= 5);
	assert_true(utf8_cells(out.p, out.len) > 10);
	buf_fini(&in);
	buf_fini(&out);
}

static void gate_takes_nul_bytes(void **state)
{
	struct buf out = BUF_INIT;
	char *s;

	(void)state;
	assert_int_equal(text_gate(&out, "a\0b", 3, GATE_TEXT), 1);
	assert_string_equal(out.p, "a\xe2\x90\x80"
				   "b");
	buf_fini(&out);
	s = text_gate_dup("x\x01", GATE_LINE);
	assert_string_equal(s, "x\xe2\x90\x81");
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decoding_is_strict),
		cmocka_unit_test(every_code_point_round_trips),
		cmocka_unit_test(widths_of_known_characters),
		cmocka_unit_test(clusters_are_not_cut),
		cmocka_unit_test(three_flags_are_three),
		cmocka_unit_test(gate_marks_what_lies),
		cmocka_unit_test(gate_is_idempotent_on_its_cases),
		cmocka_unit_test(gate_keeps_no_long_joined_sequence),
		cmocka_unit_test(gate_takes_nul_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
