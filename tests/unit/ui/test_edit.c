/* SPDX-License-Identifier: MIT */
/*
 * Typing, motions, selection, undo, wrapping and drawing; and, with random
 * keys, what must never break: valid UTF-8, whole clusters, lines that are the
 * same as if made anew.
 */
#include "galley/ui/edit.h"

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
#include "galley/base/utf8.h"

static void type(struct edit *e, const char *s)
{
	size_t len = strlen(s), i = 0;
	struct key k = {0};

	while (i < len) {
		i += utf8_decode(s + i, len - i, &k.code);
		if (k.code == '\n')
			k.code = KEY_ENTER;
		assert_int_equal(edit_key(e, k), 1);
	}
}

static void press(struct edit *e, uint32_t code, int mods)
{
	edit_key(e, (struct key){.code = code, .mods = (uint8_t)mods});
}

/* The text with "|" at the cursor. */
static void shows(const struct edit *e, const char *want)
{
	struct buf b = BUF_INIT;

	buf_add(&b, edit_text(e), edit_cursor(e));
	buf_addc(&b, '|');
	buf_adds(&b, edit_text(e) + edit_cursor(e));
	assert_string_equal(buf_str(&b), want);
	buf_fini(&b);
}

/* The drawing with its rows parted by "/" and trailing spaces cut. */
static void draws(
	const struct edit *e, int w, int h, const char *want, int x, int y)
{
	struct grid *g = grid_new(w, h);
	struct canvas c = canvas_of(g, &glyphs_ascii);
	struct buf text = BUF_INIT, b = BUF_INIT;
	int cx = -1, cy = -1, row;
	const char *s, *lf;

	edit_draw(e, &c, "ghost", &cx, &cy);
	grid_text(g, &text);
	for (s = buf_str(&text), row = 0; row < h; row++, s = lf + 1) {
		size_t len;

		lf = strchr(s, '\n');
		len = (size_t)(lf - s);
		while (len && s[len - 1] == ' ')
			len--;
		if (row)
			buf_addc(&b, '/');
		buf_add(&b, s, len);
	}
	assert_string_equal(buf_str(&b), want);
	assert_int_equal(cx, x);
	assert_int_equal(cy, y);
	buf_fini(&b);
	buf_fini(&text);
	grid_free(g);
}

/* --- wrapping ---------------------------------------------------------------
 */

static void wraps(const char *s, int w, const char *want)
{
	struct wrap_line v[40];
	struct buf b = BUF_INIT;
	int n = text_wrap(s, strlen(s), w, v, 40), i;

	assert_true(n <= 40);
	for (i = 0; i < n; i++) {
		if (i)
			buf_addc(&b, '/');
		buf_add(&b, s + v[i].from, v[i].len);
		assert_true(v[i].cells <= w);
		assert_int_equal(
			utf8_cells(s + v[i].from, v[i].len), v[i].cells);
	}
	assert_string_equal(buf_str(&b), want);
	buf_fini(&b);
}

static void lines_end_where_they_may(void **state)
{
	(void)state;
	wraps("", 10, "");
	wraps("one two three", 7, "one two/three");
	wraps("one two three", 8, "one two /three");
	/* spaces hang over the edge */
	wraps("one     two", 4, "one /two");
	wraps("abcdefghij", 4, "abcd/efgh/ij");
	/* a letter and its mark */
	wraps("abcde\u0301fgh", 4, "abcd/e\u0301fgh");
	wraps("a\n\nb\n", 4, "a//b/");
	wraps("see (this one) now", 10, "see (this /one) now");
	wraps("well-known -x", 6, "well-/known /-x");
	wraps("cost $100.50 or 30%", 9, "cost /$100.50 /or 30%");
	wraps("what ? no !", 6, "what ?/no !");
	wraps("say \"no\"", 6, "say /\"no\"");
	wraps("http://a.b/cc/dd", 12, "http://a.b//cc/dd");
}

static void chinese_lines_end_where_they_may(void **state)
{
	(void)state;
	wraps("退款已经处理", 4, "退款/已经/处理");
	wraps("退款已经处理", 5, "退款/已经/处理");
	wraps("退款ok已经ok处理", 7, "退款ok/已经ok/处理");
	/* no closing mark begins a line, no opening one ends it */
	wraps("退款已经，处理", 8, "退款已/经，处理");
	wraps("退款已经！？", 8, "退款已/经！？");
	wraps("请看《说明书》吧", 6, "请看/《说明/书》吧");
	wraps("他说（现在）好", 6, "他说/（现/在）好");
	/* quotation marks open and close, and are one cell wide */
	wraps("他说“你好”然后", 5, "他说/“你/好”然/后");
	wraps("他说“你好”然后", 6, "他说/“你好”/然后");
}

/* --- typing -----------------------------------------------------------------
 */

static void typing_and_motions(void **state)
{
	struct edit *e = edit_new(1, 1000);

	(void)state;
	type(e, "hello world");
	shows(e, "hello world|");
	press(e, KEY_LEFT, KEY_CTRL);
	shows(e, "hello |world");
	press(e, 'b', KEY_ALT);
	shows(e, "|hello world");
	press(e, 'f', KEY_ALT);
	shows(e, "hello| world");
	press(e, 'd', KEY_ALT);
	shows(e, "hello|");
	assert_string_equal(edit_clip(e), " world");
	press(e, 'y', KEY_CTRL);
	shows(e, "hello world|");
	press(e, 'w', KEY_CTRL);
	shows(e, "hello |");
	press(e, 'a', KEY_CTRL);
	press(e, 'k', KEY_CTRL);
	shows(e, "|");
	type(e, "a\nb");
	press(e, 'u', KEY_CTRL);
	shows(e, "a\n|");
	press(e, KEY_BACKSPACE, 0);
	shows(e, "a|");
	press(e, KEY_HOME, 0);
	press(e, KEY_DELETE, 0);
	press(e, KEY_DELETE, 0);
	shows(e, "|");
	edit_free(e);
}

static void han_characters_are_words(void **state)
{
	struct edit *e = edit_new(1, 1000);

	(void)state;
	type(e, "退款 ok订单");
	press(e, KEY_LEFT, KEY_CTRL);
	shows(e, "退款 ok订|单");
	press(e, KEY_LEFT, KEY_CTRL);
	press(e, KEY_LEFT, KEY_CTRL);
	shows(e, "退款 |ok订单");
	press(e, KEY_LEFT, KEY_CTRL);
	shows(e, "退|款 ok订单");
	press(e, KEY_RIGHT, KEY_CTRL);
	shows(e, "退款| ok订单");
	press(e, KEY_RIGHT, KEY_CTRL);
	shows(e, "退款 ok|订单");
	edit_free(e);
}

static void clusters_stay_whole(void **state)
{
	struct edit *e = edit_new(1, 1000);

	(void)state;
	/* e and an acute accent; a family; a flag */
	type(e, "e\xcc\x81");
	assert_int_equal(edit_len(e), 3);
	type(e, "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9");
	assert_int_equal(edit_len(e), 14);
	type(e, "\xf0\x9f\x87\xa8\xf0\x9f\x87\xb3");
	press(e, KEY_LEFT, 0);
	assert_int_equal(edit_cursor(e), 14);
	press(e, KEY_LEFT, 0);
	assert_int_equal(edit_cursor(e), 3);
	press(e, KEY_BACKSPACE, 0);
	assert_int_equal(edit_cursor(e), 0);
	assert_int_equal(edit_len(e), 19);
	press(e, KEY_DELETE, 0);
	press(e, KEY_DELETE, 0);
	assert_int_equal(edit_len(e), 0);
	/* what hides is shown: a joiner alone is dropped, others are marked */
	type(e, "a\xe2\x80\x8d");
	assert_string_equal(edit_text(e), "a");
	type(e, "\xe2\x80\xae");
	assert_string_equal(edit_text(e), "a\xe2\x96\xaf");
	edit_free(e);
}

static void selection_and_clip(void **state)
{
	struct edit *e = edit_new(1, 1000);
	size_t from, to;

	(void)state;
	edit_set(e, "one two three", 4);
	press(e, KEY_RIGHT, KEY_CTRL | KEY_SHIFT);
	assert_int_equal(edit_selection(e, &from, &to), 1);
	assert_int_equal(from, 4);
	assert_int_equal(to, 7);
	press(e, 'x', KEY_CTRL);
	shows(e, "one | three");
	assert_string_equal(edit_clip(e), "two");
	press(e, 'y', KEY_CTRL);
	press(e, KEY_HOME, KEY_SHIFT);
	type(e, "2");
	shows(e, "2| three");
	/* leaving a selection by Left and Right */
	edit_set(e, "abc", 1);
	press(e, KEY_RIGHT, KEY_SHIFT);
	press(e, KEY_LEFT, 0);
	shows(e, "a|bc");
	assert_int_equal(edit_selection(e, &from, &to), 0);
	assert_int_equal(
		edit_key(e, (struct key){.code = 'c', .mods = KEY_CTRL}), 0);
	edit_free(e);
}

static void undo_goes_by_words(void **state)
{
	struct edit *e = edit_new(1, 1000);
	uint64_t rev;

	(void)state;
	type(e, "one two  three");
	edit_undo(e);
	shows(e, "one two  |");
	edit_undo(e);
	shows(e, "one |");
	edit_redo(e);
	shows(e, "one two  |");
	type(e, "x");
	assert_int_equal(edit_redo(e), 0);
	press(e, KEY_BACKSPACE, 0);
	press(e, KEY_BACKSPACE, 0);
	shows(e, "one two |");
	rev = edit_revision(e);
	edit_undo(e);
	shows(e, "one two  x|");
	assert_true(edit_revision(e) > rev);
	assert_int_equal(edit_insert(e, "pasted words here", 17), 0);
	edit_undo(e);
	shows(e, "one two  x|");
	while (edit_undo(e))
		;
	shows(e, "|");
	while (edit_redo(e))
		;
	shows(e, "one two  xpasted words here|");
	edit_set(e, "new", 3);
	assert_int_equal(edit_undo(e), 0);
	edit_free(e);
}

static void what_comes_in_is_gated(void **state)
{
	struct edit *e = edit_new(1, 20), *one = edit_new(0, 100);
	struct ui_event paste = {.kind = UI_PASTE};
	char bad[] = "a\x1b[31m\xff\r\nb";

	(void)state;
	paste.text = bad;
	paste.len = strlen(bad);
	assert_int_equal(edit_event(e, &paste), 1);
	assert_string_equal(edit_text(e), "a\xe2\x90\x9b[31m\xef\xbf\xbd\nb");
	assert_int_equal(edit_event(one, &paste), 1);
	assert_null(strchr(edit_text(one), '\n'));
	assert_true(utf8_valid(edit_text(one), edit_len(one)));
	/* too long: nothing of it */
	assert_int_equal(edit_insert(e, "0123456789", 10), E_LIMIT);
	assert_int_equal(edit_len(e), 13);
	type(e, "1234567");
	type(e, "8");
	assert_int_equal(edit_len(e), 20);
	assert_int_equal(edit_key(one, (struct key){.code = KEY_ENTER}), 0);
	assert_int_equal(edit_key(one, (struct key){.code = KEY_UP}), 0);
	edit_free(e);
	edit_free(one);
}

/* --- drawing ----------------------------------------------------------------
 */

static void the_cursor_is_where_it_is_seen(void **state)
{
	struct edit *e = edit_new(1, 1000);

	(void)state;
	draws(e, 10, 2, "ghost/", 0, 0);
	type(e, "退款ab");
	draws(e, 10, 2, "退款ab/", 6, 0);
	press(e, KEY_LEFT, 0);
	press(e, KEY_LEFT, 0);
	press(e, KEY_LEFT, 0);
	draws(e, 10, 2, "退款ab/", 2, 0);
	edit_set(e, "one two three", 13);
	/* seven cells for text, one for the cursor */
	draws(e, 8, 3, "one two/three/", 5, 1);
	assert_int_equal(edit_rows(e, 8), 2);
	press(e, KEY_UP, 0);
	draws(e, 8, 3, "one two/three/", 5, 0);
	press(e, KEY_END, 0);
	draws(e, 8, 3, "one two/three/", 7, 0);
	press(e, KEY_RIGHT, 0);
	draws(e, 8, 3, "one two/three/", 0, 1);
	press(e, KEY_HOME, 0);
	draws(e, 8, 3, "one two/three/", 0, 1);
	/* without a space: the end of the first line is not the next line */
	edit_set(e, "退款已经", 0);
	draws(e, 5, 2, "退款/已经", 0, 0);
	press(e, KEY_END, 0);
	draws(e, 5, 2, "退款/已经", 4, 0);
	type(e, "x");
	assert_string_equal(edit_text(e), "退款x已经");
	edit_free(e);
}

static void the_goal_column_is_kept(void **state)
{
	struct edit *e = edit_new(1, 1000);

	(void)state;
	edit_set(e, "abcdef\n退\nabcdef", 5);
	press(e, KEY_DOWN, 0);
	shows(e, "abcdef\n退|\nabcdef");
	press(e, KEY_DOWN, 0);
	shows(e, "abcdef\n退\nabcde|f");
	press(e, KEY_DOWN, 0);
	shows(e, "abcdef\n退\nabcdef|");
	edit_set(e, "abc\n退款\nabc", 1);
	press(e, KEY_DOWN, 0);
	shows(e, "abc\n|退款\nabc");
	press(e, KEY_DOWN, 0);
	shows(e, "abc\n退款\na|bc");
	edit_free(e);
}

static void it_scrolls_to_the_cursor(void **state)
{
	struct edit *e = edit_new(1, 1000), *one = edit_new(0, 1000);

	(void)state;
	type(e, "1\n2\n3\n4\n5");
	draws(e, 4, 2, "4/5", 1, 1);
	press(e, KEY_UP, 0);
	press(e, KEY_UP, 0);
	draws(e, 4, 2, "3/4", 1, 0);
	press(e, KEY_HOME, KEY_CTRL);
	draws(e, 4, 2, "1/2", 0, 0);
	type(one, "abcdefgh");
	draws(one, 5, 1, "efgh", 4, 0);
	press(one, KEY_HOME, 0);
	draws(one, 5, 1, "abcde", 0, 0);
	press(one, KEY_END, 0);
	draws(one, 5, 1, "efgh", 4, 0);
	/* a wide one cut in two at the left */
	edit_set(one, "退款abc", 9);
	draws(one, 7, 1, " 款abc", 6, 0);
	edit_free(e);
	edit_free(one);
}

static void a_click_sets_the_cursor(void **state)
{
	struct edit *e = edit_new(1, 1000);
	struct ui_event ev = {.kind = UI_MOUSE, .act = MOUSE_DOWN};
	size_t from, to;

	(void)state;
	edit_set(e, "退款 one\ntwo", 0);
	draws(e, 12, 2, "退款 one/two", 0, 0);
	ev.x = 4;
	assert_int_equal(edit_event(e, &ev), 1);
	shows(e, "退款| one\ntwo");
	ev.act = MOUSE_DRAG;
	ev.x = 2;
	ev.y = 1;
	edit_event(e, &ev);
	assert_int_equal(edit_selection(e, &from, &to), 1);
	assert_int_equal(from, 6);
	assert_int_equal(to, 13);
	ev.y = 2;
	assert_int_equal(edit_event(e, &ev), 0);
	edit_free(e);
}

/* --- properties -------------------------------------------------------------
 */

static const char *const pool[] = {"a", "bc ", " ", "\n", "退", "款，", "“好”",
	"-", "(", "12.5", "e\xcc\x81", "\xcc\x81", "\xf0\x9f\x91\xa8",
	"\xe2\x80\x8d", "\xf0\x9f\x91\xa9", "\xf0\x9f\x87\xa8",
	"\xf0\x9f\x87\xb3", "\xef\xb8\x8f", "\xf0\x9f\x8f\xbd", "\xe1\x84\x80",
	"\xe1\x85\xa1", "\x1b[", "\xff\xfe", "\xe2\x80\xae", "xxxxxxxxxxxx"};
static const uint32_t motions[] = {KEY_LEFT, KEY_RIGHT, KEY_UP, KEY_DOWN,
	KEY_HOME, KEY_END, KEY_PGUP, KEY_PGDN, KEY_BACKSPACE, KEY_DELETE,
	KEY_ENTER};
static const char letters[] = "aekuwyzcxbfd";

static void random_step(struct edit *e, struct rnd *r)
{
	const char *s = pool[rnd_below(r, ARRAY_SIZE(pool))];
	struct key k = {0};

	switch (rnd_below(r, 6)) {
	case 0:
	case 1:
		if (utf8_valid(s, strlen(s)) && *s != '\n' && *s != '\x1b')
			type(e, s);
		break;
	case 2:
		(void)!edit_insert(e, s, strlen(s));
		break;
	case 3:
		k.code = (uint32_t)letters[rnd_below(r, sizeof(letters) - 1)];
		k.mods = rnd_chance(r, 1, 2) ? KEY_CTRL : KEY_ALT;
		edit_key(e, k);
		break;
	default:
		k.code = motions[rnd_below(r, ARRAY_SIZE(motions))];
		k.mods = (uint8_t)rnd_below(r, 8);
		edit_key(e, k);
	}
}

static void check_sound(const struct edit *e)
{
	const char *s = edit_text(e);
	size_t len = edit_len(e), at = 0, from, to;
	struct buf b = BUF_INIT;
	int cursor = 0, marks = 0;

	assert_int_equal(strlen(s), len);
	assert_true(utf8_valid(s, len));
	if (!edit_selection(e, &from, &to))
		from = to = edit_cursor(e);
	for (;;) {
		cursor |= at == edit_cursor(e);
		marks += (at == from) + (at == to);
		if (at >= len)
			break;
		at += utf8_next(s + at, len - at, NULL);
	}
	assert_true(cursor);
	assert_int_equal(marks, 2);
	text_gate(&b, s, len, GATE_TEXT);
	assert_int_equal(b.len, len);
	if (len)
		assert_memory_equal(b.p, s, len);
	buf_fini(&b);
}

/* Lines that were mended against lines made anew, and what is drawn. */
static void check_lines(const struct edit *e, int w)
{
	int h = edit_rows(e, w), n, cx, cy, x, y, i;
	struct wrap_line *v = xcalloc((size_t)h + 1, sizeof(*v));
	struct grid *g = grid_new(w, h < 500 ? h : 500);
	struct canvas c = canvas_of(g, &glyphs_ascii);

	n = text_wrap(edit_text(e), edit_len(e), w - 1, v, h + 1);
	assert_int_equal(n, h);
	edit_draw(e, &c, NULL, &cx, &cy);
	assert_true(cx >= 0 && cx < w && cy >= 0 && cy < h);
	assert_true(v[cy].from <= edit_cursor(e));
	for (y = 0; y < n && y < g->h; y++) {
		char line[64 * CELL_BYTES];
		size_t len = 0;

		for (x = 0; x < v[y].cells && x < w; x++) {
			const struct cell *p = grid_get(g, x, y);

			memcpy(line + len, p->t, p->len);
			len += p->len;
		}
		for (i = 0; i < (int)len && i < (int)v[y].len; i++)
			if (line[i] != edit_text(e)[v[y].from + (size_t)i])
				break;
		/* a grid's cell holds the beginning of a long cluster */
		if (len == v[y].len)
			assert_int_equal(i, (int)len);
	}
	grid_free(g);
	free(v);
}

/* Said when a check fails: cmocka jumps out of the loop. */
static uint64_t seed_now;
static int say_seed(void **state)
{
	(void)state;
	print_message("last seed %u\n", (unsigned)seed_now);
	return 0;
}

static void random_keys_break_nothing(void **state)
{
	struct rnd r;
	uint64_t seed;
	int i;

	(void)state;
	for (seed = 1; seed <= 150; seed++) {
		struct edit *e = edit_new(seed % 4 != 0, 400);

		seed_now = seed;
		rnd_seed(&r, seed);
		for (i = 0; i < 120; i++) {
			random_step(e, &r);
			check_sound(e);
			if (seed % 4)
				check_lines(e, 4 + (int)(seed % 3) * 7);
		}
		edit_free(e);
	}
}

/* Undoing all and redoing all gives the same texts on the way. */
static void undo_is_the_way_back(void **state)
{
	struct rnd r;
	uint64_t seed;
	char *text;
	int i;

	(void)state;
	for (seed = 1; seed <= 60; seed++) {
		struct edit *e = edit_new(1, 100000);

		seed_now = seed + 1000;
		rnd_seed(&r, seed_now);
		edit_set(e, "start\n开始", 3);
		for (i = 0; i < 60; i++)
			random_step(e, &r);
		while (edit_redo(e))
			;
		text = xstrdup(edit_text(e));
		while (edit_undo(e))
			check_sound(e);
		assert_string_equal(edit_text(e), "start\n开始");
		while (edit_redo(e))
			check_sound(e);
		assert_string_equal(edit_text(e), text);
		free(text);
		edit_free(e);
	}
}

static void a_changed_text_is_one_step(void **state)
{
	struct edit *e = edit_new(1, 40);

	(void)state;
	edit_set(e, "退款已经到了。", 3);
	assert_int_equal(edit_change(e, "退款已经到了。"), 0);
	assert_int_equal(edit_cursor(e), 3); /* nothing is new */
	assert_int_equal(edit_change(e, "退款还没到了。"), 0);
	assert_string_equal(edit_text(e), "退款还没到了。");
	assert_int_equal(edit_cursor(e), strlen("退款还没"));
	assert_int_equal(edit_change(e, ""), 0);
	assert_string_equal(edit_text(e), "");
	assert_int_equal(
		edit_change(e, "0123456789012345678901234567890123456789+"),
		E_LIMIT);
	assert_string_equal(edit_text(e), "");
	assert_int_equal(edit_undo(e), 1);
	assert_string_equal(edit_text(e), "退款还没到了。");
	assert_int_equal(edit_undo(e), 1);
	assert_string_equal(edit_text(e), "退款已经到了。");
	assert_int_equal(edit_undo(e), 0);
	edit_free(e);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_end_where_they_may),
		cmocka_unit_test(chinese_lines_end_where_they_may),
		cmocka_unit_test(typing_and_motions),
		cmocka_unit_test(han_characters_are_words),
		cmocka_unit_test(clusters_stay_whole),
		cmocka_unit_test(selection_and_clip),
		cmocka_unit_test(undo_goes_by_words),
		cmocka_unit_test(what_comes_in_is_gated),
		cmocka_unit_test(the_cursor_is_where_it_is_seen),
		cmocka_unit_test(the_goal_column_is_kept),
		cmocka_unit_test(it_scrolls_to_the_cursor),
		cmocka_unit_test(a_click_sets_the_cursor),
		cmocka_unit_test(a_changed_text_is_one_step),
		cmocka_unit_test_teardown(random_keys_break_nothing, say_seed),
		cmocka_unit_test_teardown(undo_is_the_way_back, say_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
