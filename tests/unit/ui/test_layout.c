/* SPDX-License-Identifier: MIT */
/*
 * Rectangles of panes: shares, shared borders, who gives way and in which
 * order, what a person has moved, and properties over random trees.
 */
#include "galley/ui/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "layout_check.h"
#include "galley/base/mem.h"
#include "galley/base/rnd.h"

static void is_rect(struct rect r, int x, int y, int w, int h)
{
	assert_int_equal(r.x, x);
	assert_int_equal(r.y, y);
	assert_int_equal(r.w, w);
	assert_int_equal(r.h, h);
}

/* A list of 10 to 20 cells beside a thread over a composer. */
static struct layout_node composer = {.kind = LAYOUT_PANE,
	.min = 5,
	.weight = 1,
	.min_w = 20,
	.min_h = 4,
	.pane = 2};
static struct layout_node thread = {.kind = LAYOUT_PANE,
	.weight = 3,
	.min_w = 20,
	.min_h = 4,
	.pane = 1,
	.drop = 2,
	.next = &composer};
static struct layout_node right = {
	.kind = LAYOUT_ROWS, .weight = 2, .child = &thread};
static struct layout_node queue = {.kind = LAYOUT_PANE,
	.min = 10,
	.max = 20,
	.weight = 1,
	.min_w = 10,
	.min_h = 4,
	.pane = 0,
	.drop = 3,
	.next = &right};
static struct layout_node bench = {.kind = LAYOUT_COLS, .child = &queue};

static void shares_and_borders(void **state)
{
	struct layout_result r;

	(void)state;
	layout_solve(&bench, 100, 24, 2, NULL, 0, &r);
	assert_int_equal(r.too_small, 0);
	assert_int_equal(r.n_hidden, 0);
	/* the maximum holds, column 19 is common */
	is_rect(r.pane[0], 0, 0, 20, 24);
	/* 25 to share, 9 are needed: 16 as 3 to 1 */
	is_rect(r.pane[1], 19, 0, 81, 16);
	is_rect(r.pane[2], 19, 15, 81, 9);
}

static void the_highest_number_goes_first(void **state)
{
	struct layout_result r;

	(void)state;
	/* 10 + 20 - 1 fit in 29 */
	layout_solve(&bench, 29, 24, 2, NULL, 0, &r);
	assert_int_equal(r.n_hidden, 0);
	is_rect(r.pane[0], 0, 0, 10, 24);
	layout_solve(&bench, 28, 24, 2, NULL, 0, &r);
	assert_int_equal(r.n_hidden, 1);
	assert_int_equal(r.hidden[0], 0);
	is_rect(r.pane[1], 0, 0, 28, 16);
	is_rect(r.pane[2], 0, 15, 28, 9);
	/* then the thread: 4 + 5 - 1 do not fit in 7 */
	layout_solve(&bench, 28, 7, 2, NULL, 0, &r);
	assert_int_equal(r.n_hidden, 2);
	assert_int_equal(r.hidden[1], 1);
	is_rect(r.pane[2], 0, 0, 28, 7);
}

static void the_focus_stays(void **state)
{
	struct layout_result r;

	(void)state;
	/* the queue would go first, but it has the focus: the thread goes;
	 * the composer never does, so it all ends in one pane */
	layout_solve(&bench, 28, 24, 0, NULL, 0, &r);
	assert_int_equal(r.n_hidden, 2);
	assert_int_equal(r.hidden[0], 1);
	assert_int_equal(r.hidden[1], 2);
	is_rect(r.pane[0], 0, 0, 28, 24);
	/* less than it likes, more than the least */
	layout_solve(&bench, 15, 4, 0, NULL, 0, &r);
	assert_int_equal(r.too_small, 0);
	is_rect(r.pane[0], 0, 0, 15, 4);
	layout_solve(&bench, 15, 3, 0, NULL, 0, &r);
	assert_int_equal(r.too_small, 1);
	assert_int_equal(r.n_hidden, 3);
	assert_int_equal(r.pane[0].w, 0);
	/* 20x5 is enough for anyone */
	layout_solve(&bench, 20, 5, 1, NULL, 0, &r);
	is_rect(r.pane[1], 0, 0, 20, 5);
	/* no such pane: the first one */
	layout_solve(&bench, 20, 5, 17, NULL, 0, &r);
	is_rect(r.pane[0], 0, 0, 20, 5);
}

static void moved_borders_are_kept(void **state)
{
	/* bench, queue, right, thread, composer */
	int moved[5] = {0, 6, -6, -3, 3};
	struct layout_result r;

	(void)state;
	layout_solve(&bench, 100, 24, 2, moved, 5, &r);
	is_rect(r.pane[0], 0, 0, 26, 24);
	is_rect(r.pane[1], 25, 0, 75, 13);
	is_rect(r.pane[2], 25, 12, 75, 12);
	/* too much: minima win */
	moved[1] = 1000000;
	moved[2] = 0;
	layout_solve(&bench, 100, 24, 2, moved, 5, &r);
	is_rect(r.pane[0], 0, 0, 81, 24);
	is_rect(r.pane[1], 80, 0, 20, 13);
	/* only one side said: the other one follows */
	moved[1] = -4;
	layout_solve(&bench, 100, 24, 2, moved, 5, &r);
	is_rect(r.pane[0], 0, 0, 16, 24);
	is_rect(r.pane[1], 15, 0, 85, 13);
}

static void a_group_goes_as_one(void **state)
{
	struct layout_node c = {.kind = LAYOUT_PANE, .min_w = 30, .pane = 2};
	struct layout_node b = {
		.kind = LAYOUT_PANE, .min_w = 30, .pane = 1, .next = &c};
	struct layout_node side = {.kind = LAYOUT_ROWS, .drop = 1, .child = &b};
	struct layout_node a = {
		.kind = LAYOUT_PANE, .min_w = 30, .pane = 0, .next = &side};
	struct layout_node root = {.kind = LAYOUT_COLS, .child = &a};
	struct layout_result r;

	(void)state;
	layout_solve(&root, 59, 20, 0, NULL, 0, &r);
	assert_int_equal(r.n_hidden, 0);
	layout_solve(&root, 58, 20, 0, NULL, 0, &r);
	assert_int_equal(r.n_hidden, 2);
	is_rect(r.pane[0], 0, 0, 58, 20);
}

static void random_trees_keep_the_rules(void **state)
{
	static struct layout_tree t;
	unsigned char bytes[600];
	int moved[LAYOUT_TREE_MAX], w, h;
	struct rnd rnd;
	uint64_t seed;
	size_t i;

	(void)state;
	for (seed = 1; seed <= 300; seed++) {
		struct layout_bytes b = {bytes, sizeof(bytes)};

		rnd_seed(&rnd, seed);
		for (i = 0; i < sizeof(bytes); i++)
			bytes[i] = (unsigned char)rnd_below(&rnd, 256);
		bytes[0] |= 16;
		for (i = 0; i < LAYOUT_TREE_MAX; i++)
			moved[i] = (int)rnd_below(&rnd, 41) - 20;
		memset(&t, 0, sizeof(t));
		layout_grow(&t, &b, 0);
		for (i = 0; i < 40; i++) {
			w = 1 + (int)rnd_below(&rnd, i < 20 ? 399 : 60);
			h = 1 + (int)rnd_below(&rnd, i < 20 ? 199 : 20);
			layout_check_at(
				&t, w, h, (int)(i % 8), i & 1 ? moved : NULL);
		}
	}
}

static void every_size_of_one_bench(void **state)
{
	static struct layout_tree t = {.panes = 3};
	struct layout_result r;
	int w, h;

	(void)state;
	for (w = 1; w <= 400; w += w < 60 ? 1 : 17)
		for (h = 1; h <= 200; h += h < 30 ? 1 : 17) {
			layout_solve(&bench, w, h, 1, NULL, 0, &r);
			layout_check(&t, w, h, 1, &r);
		}
	layout_solve(&bench, 400, 200, 1, NULL, 0, &r);
	assert_int_equal(r.n_hidden, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_and_borders),
		cmocka_unit_test(the_highest_number_goes_first),
		cmocka_unit_test(the_focus_stays),
		cmocka_unit_test(moved_borders_are_kept),
		cmocka_unit_test(a_group_goes_as_one),
		cmocka_unit_test(random_trees_keep_the_rules),
		cmocka_unit_test(every_size_of_one_bench),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
