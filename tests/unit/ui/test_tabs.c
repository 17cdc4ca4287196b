/* SPDX-License-Identifier: MIT */
/* Tabs in a line that is too short: whole words, and the one that is shown. */
#include "galley/ui/widget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct tab tabs[] = {
	{.text = "Mine", .count = 21},
	{.text = "Late", .count = 2, .alarm = 1},
	{.text = "Open"},
	{.text = "已结", .count = 268},
};

static const char *line(int w, int at, int x[4])
{
	static struct buf b;
	struct grid *g = grid_new(w, 1);
	struct canvas c = canvas_of(g, &glyphs_ascii);

	buf_reset(&b);
	tabs_draw(&c, 0, tabs, 4, at, x);
	grid_text(g, &b);
	grid_free(g);
	return buf_str(&b);
}

static void all_fit(void **state)
{
	int x[4];

	(void)state;
	assert_string_equal(
		line(36, 1, x), " Mine 21  Late 2!*  Open  已结 268  \n");
	assert_int_equal(x[3], 25);
}

static void no_word_is_cut(void **state)
{
	int x[4];

	(void)state;
	assert_string_equal(line(27, 0, x), " Mine 21*  Late 2!  Open > \n");
	assert_int_equal(x[3], 27); /* not there to be clicked */
	assert_string_equal(line(20, 0, x), " Mine 21*  Late 2! >\n");
	/* what is not seen is not lost */
	assert_string_equal(line(16, 0, x), " Mine 21* >!    \n");
}

static void the_one_shown_is_there(void **state)
{
	int x[4];

	(void)state;
	assert_string_equal(line(20, 3, x), "<! Open  已结 268*  \n");
	assert_int_equal(x[0], 20);
	assert_int_equal(x[2], 2);
	assert_string_equal(line(8, 2, x), "<! Open*\n");
	line(3, 3, x); /* whatever there is room for */
}

/* More than is counted is never said to be so many. */
static void past_the_most_there_is_more(void **state)
{
	static const struct tab v[] = {{.text = "All", .count = COUNT_MOST},
		{.text = "Old", .count = COUNT_MOST + 1, .alarm = 1}};
	struct grid *g = grid_new(22, 1);
	struct canvas c = canvas_of(g, &glyphs_ascii);
	struct buf b = BUF_INIT;
	int x[2];

	(void)state;
	tabs_draw(&c, 0, v, 2, 0, x);
	grid_text(g, &b);
	assert_string_equal(buf_str(&b), " All 999*  Old 999+!  \n");
	assert_int_equal(x[1], 10);
	buf_fini(&b);
	grid_free(g);
}

int main(void)
{
	const struct CMUnitTest tests_[] = {
		cmocka_unit_test(all_fit),
		cmocka_unit_test(no_word_is_cut),
		cmocka_unit_test(the_one_shown_is_there),
		cmocka_unit_test(past_the_most_there_is_more),
	};

	return cmocka_run_group_tests(tests_, NULL, NULL);
}
