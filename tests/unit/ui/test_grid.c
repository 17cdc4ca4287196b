/* SPDX-License-Identifier: MIT */
/*
 * Cells, wide clusters and their halves, links.
 */
#include "galley/ui/grid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void put(struct grid *g, int x, int y, const char *t, int width)
{
	grid_put(g, x, y, t, strlen(t), width, ST_TEXT, 0);
}

static void assert_text(const struct grid *g, const char *want)
{
	struct buf b = BUF_INIT;

	grid_text(g, &b);
	assert_string_equal(buf_str(&b), want);
	buf_fini(&b);
}

static void halves_of_wide_ones_never_stay(void **state)
{
	struct grid *g = grid_new(6, 1);

	(void)state;
	put(g, 1, 0, "中", 2);
	assert_text(g, " 中   \n");
	assert_int_equal(grid_get(g, 2, 0)->width, 0);
	put(g, 2, 0, "a", 1); /* over its right half */
	assert_text(g, "  a   \n");
	put(g, 3, 0, "文", 2);
	put(g, 3, 0, "b", 1); /* over its left half */
	assert_text(g, "  ab  \n");
	put(g, 0, 0, "一", 2);
	put(g, 2, 0, "二", 2);
	put(g, 1, 0, "三", 2); /* over halves of two */
	assert_text(g, " 三   \n");
	grid_free(g);
}

static void what_does_not_fit_is_cut(void **state)
{
	struct grid *g = grid_new(3, 2);

	(void)state;
	put(g, 2, 0, "中", 2);
	assert_text(g, "   \n   \n");
	assert_int_equal(grid_get(g, 2, 0)->width, 1);
	put(g, 3, 0, "a", 1);
	put(g, -1, 0, "a", 1);
	put(g, 0, 2, "a", 1);
	put(g, 0, -1, "a", 1);
	assert_text(g, "   \n   \n");
	grid_resize(g, 1, 1);
	put(g, 0, 0, "中", 2);
	assert_text(g, " \n");
	grid_free(g);
}

static void a_long_cluster_keeps_whole_code_points(void **state)
{
	/* a family of four with tones: 41 bytes */
	static const char family[] =
		"\xf0\x9f\x91\xa8\xf0\x9f\x8f\xbb\xe2\x80\x8d"
		"\xf0\x9f\x91\xa9\xf0\x9f\x8f\xbb\xe2\x80\x8d"
		"\xf0\x9f\x91\xa7\xf0\x9f\x8f\xbb\xe2\x80\x8d"
		"\xf0\x9f\x91\xa6\xf0\x9f\x8f\xbb";
	struct grid *g = grid_new(4, 1);

	(void)state;
	put(g, 0, 0, family, 2);
	assert_int_equal(grid_get(g, 0, 0)->len, 26);
	assert_memory_equal(grid_get(g, 0, 0)->t, family, 26);
	grid_put(g, 0, 0, family + 8, 33, 2, ST_TEXT, 0);
	/* 3 4 4 3 4 4 3 is 25, the next four do not fit */
	assert_int_equal(grid_get(g, 0, 0)->len, 25);
	grid_free(g);
}

static void links_are_kept_once(void **state)
{
	struct grid *g = grid_new(2, 1);
	char address[32];
	int i, a, b;

	(void)state;
	a = grid_link(g, "https://a.example/");
	b = grid_link(g, "https://b.example/");
	assert_int_equal(a, 1);
	assert_int_equal(b, 2);
	assert_int_equal(grid_link(g, "https://a.example/"), a);
	assert_string_equal(g->links[b], "https://b.example/");
	for (i = 0; i < 3997; i++) {
		snprintf(address, sizeof(address), "x:%d", i);
		assert_int_equal(grid_link(g, address), i + 3);
	}
	assert_int_equal(grid_link(g, "one too many"), 0);
	assert_int_equal(grid_link(g, "x:17"), 20);
	grid_clear(g);
	assert_int_equal(grid_link(g, "x:17"), 1);
	grid_free(g);
}

static void blanks_leave_no_halves(void **state)
{
	struct grid *g = grid_new(6, 1);

	(void)state;
	put(g, 0, 0, "中", 2);
	put(g, 2, 0, "x", 1);
	put(g, 3, 0, "文", 2);
	put(g, 5, 0, "y", 1);
	grid_blank(g, 1, 0, 3, ST_BAR);
	assert_text(g, "     y\n");
	assert_int_equal(grid_get(g, 0, 0)->style, ST_TEXT);
	assert_int_equal(grid_get(g, 1, 0)->style, ST_BAR);
	assert_int_equal(grid_get(g, 3, 0)->style, ST_BAR);
	assert_int_equal(grid_get(g, 4, 0)->style, ST_TEXT);
	/* clipped on all sides */
	put(g, 0, 0, "a", 1);
	grid_blank(g, 0, 1, 6, 0);
	grid_blank(g, 6, 0, 1, 0);
	grid_blank(g, -2, 0, 2, 0);
	assert_text(g, "a    y\n");
	grid_blank(g, -2, 0, 99, 0);
	assert_text(g, "      \n");
	grid_free(g);
}

static void runs_of_ascii_are_put_at_once(void **state)
{
	struct grid *g = grid_new(6, 1), *one_by_one = grid_new(6, 1);
	int x, y;

	(void)state;
	put(g, 0, 0, "中", 2);
	put(g, 3, 0, "文", 2);
	grid_put_ascii(g, 1, 0, "abc", 3, ST_GOOD, grid_link(g, "x:1"));
	assert_text(g, " abc  \n"); /* over halves of two */
	grid_put_ascii(g, 1, 0, "abc", 3, ST_GOOD, 0);
	for (x = 0; x < 3; x++)
		grid_put(one_by_one, 1 + x, 0, &"abc"[x], 1, 1, ST_GOOD, 0);
	assert_true(grid_same(g, one_by_one, &x, &y));
	grid_put_ascii(g, -2, 0, "wxyz", 4, ST_TEXT, 0);
	grid_put_ascii(g, 4, 0, "123", 3, ST_TEXT, 0);
	grid_put_ascii(g, 0, 1, "out", 3, ST_TEXT, 0);
	grid_put_ascii(g, 7, 0, "out", 3, ST_TEXT, 0);
	assert_text(g, "yzbc12\n");
	grid_free(one_by_one);
	grid_free(g);
}

static void a_copy_is_the_same(void **state)
{
	struct grid *g = grid_new(4, 2), *copy = grid_new(2, 2);
	int x = -1, y = -1;

	(void)state;
	put(g, 0, 0, "中", 2);
	grid_put(g, 2, 1, "x", 1, 1, ST_LINK, grid_link(g, "x:1"));
	grid_link(copy, "x:of another time");
	grid_copy(copy, g);
	assert_true(grid_same(copy, g, &x, &y));
	assert_string_equal(copy->links[grid_get(copy, 2, 1)->link], "x:1");
	grid_put(copy, 2, 1, "x", 1, 1, ST_LINK | ST_BOLD, 0);
	assert_false(grid_same(copy, g, &x, &y));
	assert_int_equal(x, 2);
	assert_int_equal(y, 1);
	grid_free(copy);
	grid_free(g);
}

static void rows_tell_when_they_were_drawn(void **state)
{
	struct grid *g = grid_new(4, 2), *copy = grid_new(1, 1);
	uint64_t rows[2];

	(void)state;
	grid_copy(copy, g);
	memcpy(rows, copy->drawn, sizeof(rows));
	assert_memory_equal(rows, g->drawn, sizeof(rows));
	assert_int_not_equal(rows[0], rows[1]);
	put(g, 0, 1, "a", 1);
	assert_int_equal(g->drawn[0], rows[0]);
	assert_int_not_equal(g->drawn[1], rows[1]);
	grid_blank(copy, 0, 1, 2, ST_TEXT);
	assert_int_equal(copy->drawn[0], rows[0]);
	assert_int_not_equal(copy->drawn[1], rows[1]);
	assert_int_not_equal(copy->drawn[1], g->drawn[1]);
	grid_clear(g);
	assert_int_not_equal(g->drawn[0], rows[0]);
	grid_free(copy);
	grid_free(g);
}

static void styles_have_names_and_letters(void **state)
{
	struct grid *g = grid_new(4, 1);
	struct buf b = BUF_INIT;
	int seen[256] = {0}, i;

	(void)state;
	for (i = 0; i < ST_COUNT; i++) {
		assert_int_equal(style_by_name(style_name((enum style)i)), i);
		assert_int_equal(seen[(int)style_letter((unsigned)i)]++, 0);
	}
	assert_int_equal(style_by_name("frame.focus"), ST_FRAME_FOCUS);
	assert_int_equal(style_by_name("frame.none"), ST_COUNT);
	grid_put(g, 0, 0, "中", 3, 2, ST_BAD | ST_ON_CURSOR, 0);
	grid_put(g, 2, 0, "x", 1, 1, ST_LINK, 0);
	grid_styles(g, &b);
	assert_string_equal(buf_str(&b), "!!_.\n");
	buf_fini(&b);
	grid_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(halves_of_wide_ones_never_stay),
		cmocka_unit_test(what_does_not_fit_is_cut),
		cmocka_unit_test(a_long_cluster_keeps_whole_code_points),
		cmocka_unit_test(links_are_kept_once),
		cmocka_unit_test(blanks_leave_no_halves),
		cmocka_unit_test(runs_of_ascii_are_put_at_once),
		cmocka_unit_test(a_copy_is_the_same),
		cmocka_unit_test(rows_tell_when_they_were_drawn),
		cmocka_unit_test(styles_have_names_and_letters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
