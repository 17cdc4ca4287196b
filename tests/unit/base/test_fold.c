/* SPDX-License-Identifier: MIT */
/*
 * What folds to what, and what is found in what.
 */
#include "galley/base/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "galley/base/mem.h"
#include "galley/base/rnd.h"
#include "galley/base/utf8.h"

static char *folded(const char *s)
{
	struct buf b = BUF_INIT;

	fold_text(&b, s, strlen(s));
	return buf_take(&b);
}

static void texts_fold(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"", ""},
		{"  ...  ", ""},
		{"  Hello,   World! ", "hello world"},
		{"snake_case-word", "snake case word"},
		{"Caf\xc3\xa9 CAFE\xcc\x81", "cafe cafe"},
		{"\xc4\x90\xe1\xba\xb7ng \xc3\x98re", "dang ore"},
		/* full width latin and digits */
		{"\xef\xbc\xa1\xef\xbd\x82\xef\xbc\x91", "ab1"},
		/* arabic-indic digits */
		{"\xd9\xa1\xd9\xa2", "12"},
		/* traditional to simplified */
		{"\xe8\xa8\x82\xe5\x96\xae", "\xe8\xae\xa2\xe5\x8d\x95"},
		{"\xe9\xab\xae\xe7\x99\xbc", "\xe5\x8f\x91\xe5\x8f\x91"},
		/* half width katakana ka with its voicing mark, and ga */
		{"\xef\xbd\xb6\xef\xbe\x9e", "\xe3\x82\xab"},
		{"\xe3\x82\xac", "\xe3\x82\xab"},
		/* hiragana stays hiragana */
		{"\xe3\x81\x8b", "\xe3\x81\x8b"},
		/* hangul syllables stay whole */
		{"\xed\x95\x9c\xea\xb5\xad", "\xed\x95\x9c\xea\xb5\xad"},
		/* zero width and soft hyphen are not there */
		{"a\xe2\x80\x8b"
		 "b\xc2\xad"
		 "c",
			"abc"},
		/* greek final sigma, german sharp s keeps its first letter */
		{"\xce\xa3\xcf\x82 \xc3\x9f", "\xcf\x83\xcf\x83 s"},
		/* mixed: no space appears between scripts */
		{"iPhone\xe6\x89\x8b\xe6\x9c\xba"
		 "15",
			"iphone\xe6\x89\x8b\xe6\x9c\xba"
			"15"},
		{"a\xff"
		 "b",
			"a b"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		char *out = folded(cases[i].in);

		assert_string_equal(out, cases[i].out);
		free(out);
	}
}

static void classes_of_characters(void **state)
{
	static const struct {
		uint32_t cp;
		enum fold_class cls;
	} cases[] = {
		{0, FOLD_SPACE},
		{'a', FOLD_WORD},
		{'7', FOLD_WORD},
		{'_', FOLD_SPACE},
		{0x3000, FOLD_SPACE},
		{0x3002, FOLD_SPACE},
		{0x8ba2, FOLD_CJK},
		{0x3042, FOLD_CJK},
		{0x30fc, FOLD_CJK},
		{0x3105, FOLD_CJK},
		{0xac00, FOLD_CJK},
		{0x20000, FOLD_CJK},
		{0x2f00, FOLD_CJK},
		{0x0416, FOLD_WORD},
		{0x0e01, FOLD_WORD},
		{0x0301, FOLD_DROP},
		{0xfe0f, FOLD_DROP},
		{0x200d, FOLD_DROP},
		{0x1f600, FOLD_SPACE},
		{0xfffd, FOLD_SPACE},
		{0x110000, FOLD_SPACE},
		{0xffffffff, FOLD_SPACE},
	};
	uint32_t out;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		if (fold_cp(cases[i].cp, &out) != cases[i].cls)
			fail_msg("U+%04X", cases[i].cp);
		if (cases[i].cls == FOLD_SPACE || cases[i].cls == FOLD_DROP)
			assert_int_equal(out, 0);
		else
			assert_int_not_equal(out, 0);
	}
}

static void folding_twice_changes_nothing(void **state)
{
	enum fold_class cls;
	uint32_t cp, out, again;

	(void)state;
	for (cp = 0; cp <= 0x10ffff; cp++) {
		cls = fold_cp(cp, &out);
		if (cls != FOLD_WORD && cls != FOLD_CJK)
			continue;
		if (fold_cp(out, &again) != cls || again != out)
			fail_msg("U+%04X", cp);
	}
}

#define DING "\xe8\xae\xa2" /* simplified: order */
#define DAN  "\xe5\x8d\x95"

static void needles_are_found(void **state)
{
	static const struct {
		const char *hay, *needle;
		int whole, prefix;
	} cases[] = {
		{"Refund for order 15", "refund", 1, 1},
		{"Refund for order 15", "fund", 0, 0},
		{"Refund for order 15", "refu", 0, 1},
		{"Refund for order 15", "for ord", 0, 1},
		{"Refund for order 15", "FOR ORDER", 1, 1},
		{"Refund for order 15", "fororder", 0, 0},
		{"refund, for: order", "refund for", 1, 1},
		{"forward for order", "for order", 1, 1},
		{"xfor order", "for", 0, 0},
		{"a b", "ab", 0, 0},
		{"ab", "a b", 0, 0},
		{"\xe8\xa8\x82\xe5\x96\xae", DING DAN, 1, 1},
		{"x" DING DAN "y", DING DAN, 1, 1},
		{DING "\xe4\xb8\x80" DAN, DING DAN, 0, 0},
		{DING ", " DAN, DING DAN, 0, 0},
		{DING "\n" DAN, DING DAN, 0, 0},
		{DING ", " DAN, DING " " DAN, 1, 1},
		{DING " 15", DING "15", 0, 0},
		{DING DING " " DAN DING DAN, DING DAN, 1, 1},
		{DING DAN, DING " " DAN, 1, 1},
		{DING "15" DAN, "15", 1, 1},
		{DING "15" DAN, DING " 15", 1, 1},
		{DING "15" DAN, DING "1", 0, 1},
		{DING "15" DAN, DING "1" DAN, 0, 0},
		{DING DING DAN, DING DAN, 1, 1},
		{"caf\xc3\xa9", "CAFE", 1, 1},
		{"cafe\xcc\x81s", "cafe", 0, 1},
		{"anything", "", 0, 0},
		{"anything", " ,.", 0, 0},
		{"", "a", 0, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *h = cases[i].hay, *n = cases[i].needle;

		if (fold_contains(h, strlen(h), n, strlen(n), 0) !=
			cases[i].whole)
			fail_msg("whole: \"%s\" in \"%s\"", n, h);
		if (fold_contains(h, strlen(h), n, strlen(n), 1) !=
			cases[i].prefix)
			fail_msg("prefix: \"%s\" in \"%s\"", n, h);
	}
}

/* Pieces of words, signs and scripts in any order. */
static void any_text(char *s, struct rnd *r, int most)
{
	static const char *const pieces[] = {"a", "B", "ab", "1", " ", ", ",
		"\u8ba2", "\u55ae", "\u00e9", "e\u0301", "\u304c", "-"};
	int i, n = (int)rnd_below(r, (uint64_t)most);

	for (*s = '\0', i = 0; i < n; i++)
		strcat(s, pieces[rnd_below(r, ARRAY_SIZE(pieces))]);
}

/* What is in a text stands somewhere in it. */
static void what_is_found_stands_somewhere(void **state)
{
	char raw[200];
	struct rnd r;
	int round, prefix, found = 0;

	(void)state;
	rnd_seed(&r, 1);
	for (round = 0; round < 20000; round++) {
		char *hay, *needle;
		size_t at;

		any_text(raw, &r, 30);
		hay = folded(raw);
		any_text(raw, &r, 4);
		needle = folded(raw);
		for (prefix = 0; prefix < 2; prefix++) {
			int is = fold_contains(hay, strlen(hay), needle,
				strlen(needle), prefix);
			int stands = 0;

			for (at = 0; hay[at]; at++)
				if ((hay[at] & 0xc0) != 0x80 && hay[at] != ' ')
					stands |= fold_stands_at(hay,
						strlen(hay), at, needle,
						strlen(needle), prefix);
			assert_int_equal(is, stands);
			found += is;
		}
		free(hay);
		free(needle);
	}
	assert_true(found > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_fold),
		cmocka_unit_test(classes_of_characters),
		cmocka_unit_test(folding_twice_changes_nothing),
		cmocka_unit_test(needles_are_found),
		cmocka_unit_test(what_is_found_stands_somewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
