/* SPDX-License-Identifier: MIT */
/*
 * Drawing: the gate, edges, slots, frames that share a line.
 */
#include "galley/ui/canvas.h"

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

static const struct glyphs lines = {.border = BORDER_LINE};

static void assert_text(const struct grid *g, const char *want)
{
	struct buf b = BUF_INIT;

	grid_text(g, &b);
	assert_string_equal(buf_str(&b), want);
	buf_fini(&b);
}

static void assert_styles(const struct grid *g, const char *want)
{
	struct buf b = BUF_INIT;

	grid_styles(g, &b);
	assert_string_equal(buf_str(&b), want);
	buf_fini(&b);
}

static void foreign_text_passes_the_gate(void **state)
{
	struct grid *g = grid_new(12, 1);
	struct canvas c = canvas_of(g, &glyphs_ascii);

	(void)state;
	assert_int_equal(
		canvas_text(&c, 0, 0, ST_TEXT, "a\033[31m\r\n\xff"), 8);
	assert_text(g, "a\xe2\x90\x9b[31m\xe2\x90\x8a\xef\xbf\xbd    \n");
	grid_clear(g);
	assert_int_equal(
		canvas_printf(&c, 0, 0, ST_TEXT, "%s|%d", "\xe2\x80\xae", 7),
		3);
	assert_text(g, "\xe2\x96\xaf|7         \n");
	assert_int_equal(text_cells("\xe2\x80\xae|7"), 3);
	grid_free(g);
}

static void wide_ones_are_cut_at_both_edges(void **state)
{
	struct grid *g = grid_new(8, 1);
	struct canvas c = canvas_of(g, &glyphs_ascii), sub;

	(void)state;
	canvas_text(&c, 0, 0, ST_TEXT, "........");
	sub = canvas_sub(&c, 2, 0, 3, 1);
	canvas_text(&sub, -1, 0, ST_TEXT, "中文");
	assert_text(g, ".. 文...\n");
	canvas_text(&c, 0, 0, ST_TEXT, "........");
	canvas_text(&sub, 0, 0, ST_TEXT, "中文");
	assert_text(g, "..中 ...\n");
	/* nothing of it is inside */
	canvas_text(&sub, 3, 0, ST_BAD, "x");
	canvas_text(&sub, -2, 0, ST_BAD, "中");
	canvas_text(&sub, 0, 1, ST_BAD, "x");
	assert_text(g, "..中 ...\n");
	assert_styles(g, "........\n");
	grid_free(g);
}

static void parts_of_parts_stay_inside(void **state)
{
	struct grid *g = grid_new(4, 4);
	struct canvas c = canvas_of(g, &glyphs_ascii), sub;

	(void)state;
	sub = canvas_sub(&c, 1, 1, -1, 2);
	assert_int_equal(sub.w, 3);
	assert_int_equal(sub.h, 2);
	sub = canvas_sub(&sub, -5, 1, 7, 9);
	assert_int_equal(sub.x, 1);
	assert_int_equal(sub.y, 2);
	assert_int_equal(sub.w, 2);
	assert_int_equal(sub.h, 1);
	sub.style = ST_ON_CURSOR;
	canvas_clear(&sub, ST_GOOD);
	assert_styles(g, "....\n....\n.gg.\n....\n");
	assert_int_equal(grid_get(g, 1, 2)->style, ST_GOOD | ST_ON_CURSOR);
	sub = canvas_sub(&c, 9, 9, 1, 1);
	assert_int_equal(sub.w, 0);
	canvas_text(&sub, 0, 0, ST_BAD, "x");
	assert_styles(g, "....\n....\n.gg.\n....\n");
	grid_free(g);
}

static void slots_say_that_something_is_missing(void **state)
{
	struct grid *g = grid_new(8, 1);
	struct canvas c = canvas_of(g, &glyphs_ascii);

	(void)state;
	assert_int_equal(canvas_slot(&c, 1, 0, 5, ST_TEXT, "abcde", 0), 5);
	assert_text(g, " abcde  \n");
	assert_int_equal(canvas_slot(&c, 1, 0, 5, ST_TEXT, "abcdef", 0), 5);
	assert_text(g, " abcd+  \n");
	assert_int_equal(canvas_slot(&c, 1, 0, 5, ST_TEXT, "甲乙丙", 1), 5);
	assert_text(g, " 甲乙+  \n");
	/* a cell is left over */
	assert_int_equal(canvas_slot(&c, 1, 0, 4, ST_TEXT, "甲乙丙", 0), 3);
	canvas_clear(&c, ST_TEXT);
	assert_int_equal(canvas_slot(&c, 1, 0, 4, ST_BAR, "甲乙丙", 1), 4);
	assert_text(g, " 甲+    \n");
	assert_styles(g, ".bbbb...\n");
	c.glyphs = &lines;
	assert_int_equal(canvas_slot(&c, 0, 0, 3, ST_TEXT, "abcd", 0), 3);
	assert_text(g, "ab…+    \n");
	assert_int_equal(canvas_slot(&c, 0, 0, 0, ST_TEXT, "abcd", 1), 0);
	canvas_clear(&c, ST_TEXT);
	canvas_right(&c, 0, 0, 6, ST_BAR, "1,5");
	assert_text(g, "   1,5  \n");
	assert_styles(g, "bbbbbb..\n");
	grid_free(g);
}

static void the_longest_text_that_fits(void **state)
{
	static const char *const texts[] = {"answer time", "answer", "a"};

	(void)state;
	assert_string_equal(slot_pick(11, texts, 3), "answer time");
	assert_string_equal(slot_pick(10, texts, 3), "answer");
	assert_string_equal(slot_pick(0, texts, 3), "a");
}

static void frames_in_ascii(void **state)
{
	struct grid *g = grid_new(20, 3);
	struct canvas c = canvas_of(g, &glyphs_ascii), in;

	(void)state;
	in = canvas_frame(&c, 0, "客户", "C-5");
	assert_int_equal(in.w, 18);
	assert_int_equal(in.h, 1);
	canvas_text(&in, 0, 0, ST_TEXT, "x");
	assert_text(g, "+- 客户 ----- C-5 -+\n"
		       "|x                 |\n"
		       "+------------------+\n");
	assert_styles(g, "ffttttttfffffttttt"
			 "ff\n"
			 "f..................f\n"
			 "ffffffffffffffffffff\n");
	grid_clear(g);
	/* the note goes first, then the title is cut */
	canvas_frame(&c, 1, "A title that is long", "note");
	assert_text(g, "+= A title that + =+\n"
		       "|                  |\n"
		       "+==================+\n");
	grid_free(g);
}

/* Four panes whose borders are shared; the one at the top right has the focus.
 */
static void draw_four(struct canvas *c, int order)
{
	static const struct {
		int x, y, w, h;
		const char *title;
	} v[] = {{0, 0, 7, 3, "a"}, {6, 0, 8, 3, "b"}, {0, 2, 9, 3, "c"},
		{8, 2, 6, 3, NULL}};
	struct canvas sub;
	int i, k;

	canvas_clear(c, ST_TEXT);
	for (i = 0; i < 4; i++) {
		k = order ? 3 - i : i;
		sub = canvas_sub(c, v[k].x, v[k].y, v[k].w, v[k].h);
		canvas_frame(&sub, k == 1, v[k].title, NULL);
	}
}

static void frames_that_share_lines(void **state)
{
	struct grid *g = grid_new(14, 5);
	struct canvas c = canvas_of(g, &glyphs_ascii);
	int order;

	(void)state;
	for (order = 0; order < 2; order++) {
		c.glyphs = &glyphs_ascii;
		draw_four(&c, order);
		assert_text(g, "+- a -+= b ==+\n"
			       "|     |      |\n"
			       "+- c -+=+====+\n"
			       "|       |    |\n"
			       "+-------+----+\n");
		c.glyphs = &lines;
		draw_four(&c, order);
		assert_text(g, "┌─ a ─╦═ b ══╗\n"
			       "│     ║      ║\n"
			       "├─ c ─╩═╤════╣\n"
			       "│       │    │\n"
			       "└───────┴────┘\n");
	}
	grid_free(g);
}

static void tint_and_restyle(void **state)
{
	struct grid *g = grid_new(6, 1);
	struct canvas c = canvas_of(g, &glyphs_ascii);

	(void)state;
	canvas_text(&c, 0, 0, ST_BAD, "late");
	canvas_tint(&c, -1, 0, 4, ST_ON_CURSOR | ST_BOLD);
	canvas_restyle(&c, 2, 0, 9, ST_FIND);
	assert_styles(g, "!!////\n");
	assert_int_equal(
		grid_get(g, 2, 0)->style, ST_FIND | ST_ON_CURSOR | ST_BOLD);
	assert_int_equal(grid_get(g, 3, 0)->style, ST_FIND);
	canvas_tint(&c, 0, 1, 4, ST_ON_MARK);
	assert_int_equal(
		grid_get(g, 0, 0)->style, ST_BAD | ST_ON_CURSOR | ST_BOLD);
	grid_free(g);
}

static void links_go_with_the_text(void **state)
{
	struct grid *g = grid_new(6, 1);
	struct canvas c = canvas_of(g, &glyphs_ascii);
	int link;

	(void)state;
	canvas_link(&c, 1, 0, ST_LINK, "T-8", "https://x.example/8");
	link = grid_get(g, 1, 0)->link;
	assert_string_equal(g->links[link], "https://x.example/8");
	assert_int_equal(grid_get(g, 3, 0)->link, link);
	assert_int_equal(grid_get(g, 4, 0)->link, 0);
	assert_int_equal(grid_get(g, 0, 0)->link, 0);
	grid_free(g);
}

/* Every row is as wide as the grid, and wide ones are whole. */
static void check_grid(const struct grid *g)
{
	const struct cell *c;
	int x, y;

	for (y = 0; y < g->h; y++) {
		for (x = 0; x < g->w; x++) {
			c = grid_get(g, x, y);
			if (c->width == 2) {
				assert_true(x + 1 < g->w);
				assert_int_equal(c[1].width, 0);
				assert_int_equal(c[1].len, 0);
			} else if (!c->width) {
				assert_true(x > 0 && c[-1].width == 2);
			}
			assert_true(!c->width || c->len);
		}
	}
}

/* Any bytes at any place leave a grid that a terminal can show. */
static void any_bytes_anywhere(void **state)
{
	struct rnd r;
	struct grid *g = grid_new(9, 3);
	struct canvas c = canvas_of(g, &glyphs_ascii), sub;
	char bytes[24];
	int i, k, x, y, took;
	size_t len;

	(void)state;
	rnd_seed(&r, 41);
	for (i = 0; i < 20000; i++) {
		len = rnd_below(&r, sizeof(bytes));
		for (k = 0; k < (int)len; k++)
			bytes[k] = (char)rnd_below(&r, 256);
		if (i % 2 && len > 6)
			memcpy(bytes + rnd_below(&r, 3), "한中", 6);
		x = (int)rnd_below(&r, 14) - 4;
		y = (int)rnd_below(&r, 5) - 1;
		sub = canvas_sub(
			&c, x, y, (int)rnd_below(&r, 9), (int)rnd_below(&r, 4));
		took = canvas_textn(&sub, y, 0, ST_TEXT, bytes, len);
		assert_true(took >= 0 && took <= 10);
		check_grid(g);
	}
	grid_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(foreign_text_passes_the_gate),
		cmocka_unit_test(wide_ones_are_cut_at_both_edges),
		cmocka_unit_test(parts_of_parts_stay_inside),
		cmocka_unit_test(slots_say_that_something_is_missing),
		cmocka_unit_test(the_longest_text_that_fits),
		cmocka_unit_test(frames_in_ascii),
		cmocka_unit_test(frames_that_share_lines),
		cmocka_unit_test(tint_and_restyle),
		cmocka_unit_test(links_go_with_the_text),
		cmocka_unit_test(any_bytes_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
