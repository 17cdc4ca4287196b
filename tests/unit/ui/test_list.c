/* SPDX-License-Identifier: MIT */
/*
 * A list over a source that counts what it was asked for: what is held and
 * asked is bounded by the screen; the cursor stays on its row.
 */
#include "galley/ui/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "galley/base/mem.h"
#include "galley/base/rnd.h"

/* Rows are the numbers 0 .. size-1 less those that are gone; a row's id is its
 * number and ten. */
struct source {
	int64_t size;
	int64_t gone[64];
	int n_gone;
	int64_t asked; /* rows */
	int held;      /* data that was not dropped */
	int fail;
};

static int is_gone(const struct source *s, int64_t v)
{
	int i;

	for (i = 0; i < s->n_gone; i++)
		if (s->gone[i] == v)
			return 1;
	return 0;
}

static int source_page(
	void *u, const void *from, int dir, int n, int64_t *ids, void **data)
{
	struct source *s = u;
	int64_t key = from ? *(const int64_t *)from : dir > 0 ? -1 : s->size;
	int got = 0, i;

	if (s->fail)
		return err_set(E_DB, "the source fails");
	s->asked += n;
	if (key > s->size)
		key = s->size;
	for (key += dir; got < n && key >= 0 && key < s->size; key += dir) {
		if (is_gone(s, key))
			continue;
		ids[got] = key + 10;
		data[got++] = xmemdup(&key, sizeof(key));
	}
	s->held += got;
	for (i = 0; dir < 0 && i < got / 2; i++) {
		int64_t id = ids[i];
		void *d = data[i];

		ids[i] = ids[got - 1 - i];
		data[i] = data[got - 1 - i];
		ids[got - 1 - i] = id;
		data[got - 1 - i] = d;
	}
	return got;
}

static void source_drop(void *u, void *data)
{
	((struct source *)u)->held--;
	free(data);
}

static void source_draw(
	void *u, const void *data, struct canvas *row, int cursor, int marked)
{
	(void)u;
	canvas_printf(row, 0, 0, ST_TEXT, "%s%s%lld", cursor ? ">" : " ",
		marked ? "*" : " ", (long long)*(const int64_t *)data);
}

static const struct list_ops ops = {
	.page = source_page, .drop = source_drop, .draw = source_draw};

static int64_t at(const struct list *l)
{
	const int64_t *v = list_current(l, NULL);

	return v ? *v : -1;
}

static struct list *opened(struct source *s, int64_t size, int height)
{
	struct list *l;

	*s = (struct source){.size = size};
	l = list_new(&ops, s, 1);
	list_set_height(l, height);
	assert_int_equal(list_reset(l), 0);
	return l;
}

static void closed(struct list *l, const struct source *s)
{
	list_free(l);
	assert_int_equal(s->held, 0);
}

static void draws(const struct list *l, int h, const char *want)
{
	struct grid *g = grid_new(5, h);
	struct canvas c = canvas_of(g, &glyphs_ascii);
	struct buf b = BUF_INIT;

	list_draw(l, &c);
	grid_text(g, &b);
	assert_string_equal(buf_str(&b), want);
	buf_fini(&b);
	grid_free(g);
}

#define H 30
static void a_million_rows_cost_a_screen(void **state)
{
	struct source s;
	struct list *l = opened(&s, 1000000, H);
	int i;

	(void)state;
	assert_true(s.asked <= 3 * H);
	s.asked = 0;
	assert_int_equal(list_end(l, 1), 0);
	assert_int_equal(at(l), 999999);
	assert_true(s.asked <= 3 * H);
	assert_true(list_count(l) <= 3 * H);
	s.asked = 0;
	assert_int_equal(list_page(l, -1), H);
	assert_int_equal(at(l), 999999 - H);
	assert_true(s.asked <= 2 * H);
	s.asked = 0;
	assert_int_equal(list_end(l, 0), 0);
	assert_int_equal(at(l), 0);
	assert_true(s.asked <= 3 * H);
	s.asked = 0;
	for (i = 1; i <= 1000; i++) {
		assert_int_equal(list_move(l, 1), 1);
		assert_int_equal(at(l), i);
		assert_true(list_count(l) <= 3 * H);
		assert_int_equal(s.held, list_count(l));
	}
	/* the rows passed, and a screen at each end */
	assert_true(s.asked <= 1000 + 3 * H);
	s.asked = 0;
	for (i = 999; i >= 0; i--) {
		assert_int_equal(list_move(l, -1), 1);
		assert_int_equal(at(l), i);
	}
	assert_int_equal(list_move(l, -1), 0);
	assert_true(s.asked <= 1000 + 3 * H);
	closed(l, &s);
}

static void short_lists_have_two_ends(void **state)
{
	struct source s;
	struct list *l = opened(&s, 0, 4);

	(void)state;
	assert_null(list_current(l, NULL));
	assert_int_equal(list_move(l, 1), 0);
	assert_int_equal(list_end(l, 1), 0);
	assert_int_equal(list_page(l, 1), 0);
	draws(l, 2, "     \n     \n");
	closed(l, &s);
	l = opened(&s, 3, 4);
	assert_int_equal(list_move(l, 100), 2);
	assert_int_equal(at(l), 2);
	assert_int_equal(list_more(l, 1), 0);
	assert_int_equal(list_more(l, -1), 0);
	draws(l, 4, "  0  \n  1  \n> 2  \n     \n");
	assert_int_equal(list_click(l, 1), 1);
	assert_int_equal(at(l), 1);
	assert_int_equal(list_click(l, 3), 0);
	closed(l, &s);
}

static void the_window_follows(void **state)
{
	struct source s;
	struct list *l = opened(&s, 9, 3);

	(void)state;
	assert_int_equal(list_more(l, -1), 0);
	assert_int_equal(list_more(l, 1), 1);
	assert_int_equal(list_move(l, 3), 3);
	draws(l, 3, "  1  \n  2  \n> 3  \n");
	assert_int_equal(list_page(l, 1), 3);
	draws(l, 3, "  4  \n  5  \n> 6  \n");
	assert_int_equal(list_page(l, 1), 2);
	draws(l, 3, "  6  \n  7  \n> 8  \n");
	assert_int_equal(list_more(l, 1), 0);
	assert_int_equal(list_page(l, -1), 3);
	draws(l, 3, "  3  \n  4  \n> 5  \n");
	/* a taller screen shows more, the end stays at the bottom */
	assert_int_equal(list_end(l, 1), 0);
	list_set_height(l, 5);
	draws(l, 5, "  4  \n  5  \n  6  \n  7  \n> 8  \n");
	closed(l, &s);
}

static void the_cursor_stays_on_its_row(void **state)
{
	struct source s;
	struct list *l = opened(&s, 1000, 4);
	int64_t id = 0;

	(void)state;
	assert_int_equal(list_move(l, 501), 501);
	assert_int_equal(list_move(l, -1), 1);
	draws(l, 4, "  498\n  499\n> 500\n  501\n");
	s.gone[s.n_gone++] = 499;
	s.gone[s.n_gone++] = 3;
	assert_int_equal(list_reload(l), 0);
	assert_int_equal(at(l), 500);
	/* still the third row of the window */
	draws(l, 4, "  497\n  498\n> 500\n  501\n");
	s.n_gone = 0;
	assert_int_equal(list_reload(l), 0);
	draws(l, 4, "  498\n  499\n> 500\n  501\n");
	/* its own row goes: the next one */
	s.gone[s.n_gone++] = 500;
	assert_int_equal(list_reload(l), 0);
	assert_non_null(list_current(l, &id));
	assert_int_equal(id, 511);
	/* at the very end: the last one */
	assert_int_equal(list_end(l, 1), 0);
	s.size = 990;
	assert_int_equal(list_reload(l), 0);
	assert_int_equal(at(l), 989);
	/* all gone */
	s.size = 0;
	assert_int_equal(list_reload(l), 0);
	assert_null(list_current(l, NULL));
	s.size = 2;
	assert_int_equal(list_reload(l), 0);
	assert_int_equal(at(l), 0);
	closed(l, &s);
}

static void rows_that_come_at_the_start_are_seen(void **state)
{
	struct source s;
	struct list *l = opened(&s, 20, 4);

	(void)state;
	s.gone[s.n_gone++] = 0;
	assert_int_equal(list_reset(l), 0);
	draws(l, 4, "> 1  \n  2  \n  3  \n  4  \n");
	s.n_gone = 0;
	assert_int_equal(list_reload(l), 0);
	draws(l, 4, "  0  \n> 1  \n  2  \n  3  \n");
	closed(l, &s);
}

static void marks_stay(void **state)
{
	struct source s;
	struct list *l = opened(&s, 10000, 4);
	int64_t ids[3];

	(void)state;
	list_mark(l, 12, 1);
	list_mark(l, 10, 1);
	list_mark(l, 12, 1);
	list_mark(l, 5000, 1);
	assert_int_equal(list_end(l, 1), 0);
	assert_int_equal(list_end(l, 0), 0);
	assert_int_equal(list_reload(l), 0);
	draws(l, 4, ">*0  \n  1  \n *2  \n  3  \n");
	assert_int_equal(list_marks(l, ids, 2), 3);
	assert_int_equal(ids[0], 10);
	assert_int_equal(ids[1], 12);
	list_mark(l, 10, 0);
	assert_int_equal(list_marked(l, 10), 0);
	assert_int_equal(list_marked(l, 5000), 1);
	assert_int_equal(list_select(l, 13), 1);
	assert_int_equal(at(l), 3);
	assert_int_equal(list_select(l, 5000), 0);
	assert_int_equal(list_reset(l), 0);
	assert_int_equal(list_marks(l, ids, 3), 0);
	closed(l, &s);
}

static void a_failing_source_changes_nothing(void **state)
{
	struct source s;
	struct list *l = opened(&s, 100, 4);

	(void)state;
	assert_int_equal(list_move(l, 50), 50);
	s.fail = 1;
	assert_int_equal(list_reload(l), E_DB);
	assert_int_equal(list_reset(l), E_DB);
	assert_int_equal(list_end(l, 1), E_DB);
	assert_int_equal(list_move(l, 40), E_DB);
	s.fail = 0;
	assert_int_equal(list_reload(l), 0);
	assert_int_equal(list_end(l, 1), 0);
	assert_int_equal(at(l), 99);
	closed(l, &s);
}

/* Against the plain answer: a number between 0 and the last row. */
static void random_moves_are_right(void **state)
{
	struct rnd r;
	uint64_t seed;
	int i;

	(void)state;
	for (seed = 1; seed <= 100; seed++) {
		struct source s;
		int64_t size, want = 0;
		struct list *l;
		int h;

		rnd_seed(&r, seed);
		size = 1 + (int64_t)rnd_below(&r, 60);
		l = opened(&s, size, h = 1 + (int)rnd_below(&r, 9));
		for (i = 0; i < 60; i++) {
			int by = (int)rnd_below(&r, 41) - 20;

			switch (rnd_below(&r, 5)) {
			case 0:
				by = by > 0 ? 1 : -1;
				assert_in_range(list_page(l, by), 0, h);
				by *= h;
				break;
			case 1:
				assert_int_equal(list_end(l, by > 0), 0);
				by = by > 0 ? 100 : -100;
				break;
			case 2:
				assert_int_equal(list_reload(l), 0);
				by = 0;
				break;
			default:
				assert_in_range(list_move(l, by), 0, 20);
			}
			want += by;
			want = want < 0 ? 0 : want >= size ? size - 1 : want;
			assert_int_equal(at(l), want);
			assert_true(list_count(l) <= 3 * h);
			assert_int_equal(s.held, list_count(l));
		}
		closed(l, &s);
	}
}

/* Far away it costs what a screen costs; what is not there moves nothing. */
static void a_row_is_sought_by_its_key(void **state)
{
	struct source s;
	struct list *l = opened(&s, 1000000, H);
	int64_t key = 500000, row;

	(void)state;
	assert_int_equal(list_seek(l, key + 10, &key), 1);
	assert_int_equal(at(l), 500000);
	assert_true(s.asked <= 9 * H);
	assert_int_equal(list_move(l, -1), 1);
	assert_int_equal(at(l), 499999);
	s.gone[s.n_gone++] = key = 70;
	assert_int_equal(list_seek(l, key + 10, &key), 0);
	assert_int_equal(at(l), 499999);
	s.fail = 1;
	key = 3;
	assert_int_equal(list_seek(l, key + 10, &key), E_DB);
	assert_int_equal(at(l), 499999);
	s.fail = 0;
	for (key = 999999; key >= 999990; key -= 9) {
		assert_int_equal(list_seek(l, key + 10, &key), 1);
		(void)list_current(l, &row);
		assert_int_equal(row, key + 10);
	}
	closed(l, &s);
}

/* Whatever is done to it: what stands there and what is drawn over it are a
 * whole drawing; and a move within the screen is only two rows. */
static void a_move_draws_two_rows(void **state)
{
	struct source s;
	struct list *l = opened(&s, 100, 5);
	struct grid *kept = grid_new(5, 5), *whole = grid_new(5, 5);
	struct canvas c = canvas_of(kept, &glyphs_ascii);
	struct canvas w = canvas_of(whole, &glyphs_ascii);
	int i, x, y, spared = 0;
	struct rnd r;

	(void)state;
	rnd_seed(&r, 11);
	list_draw(l, &c);
	assert_int_equal(list_move(l, 1), 1);
	grid_put(kept, 0, 4, "z", 1, 1, 0, 0);
	assert_true(list_redraw(l, &c));
	assert_int_equal(grid_get(kept, 0, 4)->t[0], 'z');
	list_draw(l, &c);
	for (i = 0; i < 2000; i++) {
		switch (rnd_below(&r, 8)) {
		case 0:
			assert_true(list_page(l, i % 2 ? 1 : -1) >= 0);
			break;
		case 1:
			list_mark(l, at(l) + 10, i % 3);
			break;
		case 2:
			if (s.n_gone < 60)
				s.gone[s.n_gone++] = at(l) + i % 3;
			assert_true(list_reload(l) >= 0);
			break;
		default:
			assert_true(list_move(l, i % 2 ? 1 : -2) >= 0);
		}
		if (list_redraw(l, &c)) {
			spared++;
		} else {
			canvas_clear(&c, 0);
			list_draw(l, &c);
		}
		canvas_clear(&w, 0);
		list_draw(l, &w);
		assert_true(grid_same(kept, whole, &x, &y));
	}
	assert_in_range(spared, 200, 1999);
	grid_free(kept);
	grid_free(whole);
	closed(l, &s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_move_draws_two_rows),
		cmocka_unit_test(a_million_rows_cost_a_screen),
		cmocka_unit_test(short_lists_have_two_ends),
		cmocka_unit_test(the_window_follows),
		cmocka_unit_test(the_cursor_stays_on_its_row),
		cmocka_unit_test(rows_that_come_at_the_start_are_seen),
		cmocka_unit_test(marks_stay),
		cmocka_unit_test(a_failing_source_changes_nothing),
		cmocka_unit_test(a_row_is_sought_by_its_key),
		cmocka_unit_test(random_moves_are_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
