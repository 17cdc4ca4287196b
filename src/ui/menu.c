/* SPDX-License-Identifier: MIT */
/*
 * A menu, and with an input a palette: typing keeps what fits, the best first.
 * What cannot be done now stays in sight with its reason and cannot be chosen.
 */
#include "galley/ui/widget.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/fold.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"

/* --- how well it fits -------------------------------------------------------
 */

#define PATTERN_MAX 64
#define TEXT_MAX    256

struct folded {
	uint32_t cp[TEXT_MAX];
	unsigned char starts[TEXT_MAX]; /* a word */
	int n;
};

/* Characters that count, folded; a Han character is a word. */
static void fold_all(struct folded *f, const char *s, int max)
{
	size_t len = strlen(s), i = 0;
	enum fold_class class, before = FOLD_SPACE;
	uint32_t cp, out;

	f->n = 0;
	while (i < len && f->n < max) {
		i += utf8_decode(s + i, len - i, &cp);
		class = fold_cp(cp, &out);
		if (class == FOLD_DROP)
			continue;
		if (class != FOLD_SPACE) {
			f->starts[f->n] =
				class == FOLD_CJK || before != FOLD_WORD;
			f->cp[f->n++] = out;
		}
		before = class;
	}
}

#define HIT	  16
#define HIT_START 12 /* of a word */
#define HIT_NEXT  10 /* right after the one before */
#define HIT_FIRST 6  /* of the text */
#define GAP_MAX	  8

/* What matching character j costs and brings when the one before it in the
 * pattern was matched at `last` (-1: none). */
static int hit(const struct folded *t, int j, int last)
{
	int score = HIT, gap = j - last - 1;

	if (t->starts[j])
		score += HIT_START;
	if (!j)
		score += HIT_FIRST;
	if (last >= 0 && !gap)
		score += HIT_NEXT;
	else if (last >= 0)
		score -= gap < GAP_MAX ? gap : GAP_MAX;
	return score;
}

/* best[j]: the best sum with the pattern so far ending at j, 0 none. */
static void match_one(const struct folded *t, uint32_t cp, int first, int *best)
{
	int next[TEXT_MAX], j, k, sum;

	for (j = 0; j < t->n; j++) {
		next[j] = 0;
		if (t->cp[j] != cp)
			continue;
		if (first)
			next[j] = hit(t, j, -1);
		for (k = 0; k < j && !first; k++) {
			if (!best[k])
				continue;
			sum = best[k] + hit(t, j, k);
			if (sum > next[j])
				next[j] = sum;
		}
	}
	memcpy(best, next, (size_t)t->n * sizeof(*next));
}

/* Whether it fits at all: most texts end here. */
static int in_order(const struct folded *p, const struct folded *t)
{
	int i, j = 0;

	for (i = 0; i < t->n && j < p->n; i++)
		j += t->cp[i] == p->cp[j];
	return j == p->n;
}

int fuzzy_score(const char *pattern, const char *text)
{
	int best[TEXT_MAX], i, top = 0;
	struct folded p, t;

	fold_all(&p, pattern, PATTERN_MAX);
	if (!p.n)
		return 1;
	fold_all(&t, text, TEXT_MAX);
	if (!in_order(&p, &t))
		return 0;
	for (i = 0; i < p.n; i++)
		match_one(&t, p.cp[i], !i, best);
	for (i = 0; i < t.n; i++)
		top = best[i] > top ? best[i] : top;
	/* of two that fit alike the shorter one */
	return top * 64 - (t.n < 63 ? t.n : 63);
}

/* --- what is shown ----------------------------------------------------------
 */

struct fit {
	int item, score;
};

static int by_score(const void *a, const void *b)
{
	const struct fit *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return x->item - y->item;
}

static int item_score(const struct menu_item *v, const char *pattern)
{
	int score, note, also;

	if (v->found)
		return 1;
	score = fuzzy_score(pattern, v->text);
	note = v->note ? fuzzy_score(pattern, v->note) / 4 : 0;
	also = v->also ? fuzzy_score(pattern, v->also) / 4 : 0;
	note = also > note ? also : note;
	return score > note ? score : note;
}

/* The items that fit, the best first; as they are given without a pattern. */
static int menu_fits(const struct menu *m, struct fit **out)
{
	const char *pattern = m->input ? edit_text(m->input) : "";
	struct fit *v = xcalloc((size_t)m->n + 1, sizeof(*v));
	int i, n = 0, score;

	for (i = 0; i < m->n; i++) {
		score = *pattern ? item_score(&m->items[i], pattern) : 1;
		if (score)
			v[n++] = (struct fit){i, score};
	}
	qsort(v, (size_t)n, sizeof(*v), by_score);
	*out = v;
	return n;
}

/* Where m->at stands among them, -1 nowhere. */
static int fit_of_cursor(const struct menu *m, const struct fit *v, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (v[i].item == m->at)
			return i;
	return -1;
}

static void draw_item(
	const struct menu_item *v, struct canvas *c, int y, int cursor)
{
	struct canvas row = canvas_sub(c, 0, y, c->w, 1);
	unsigned style = v->why_off ? ST_OFF : ST_TEXT;
	const char *note = v->why_off ? v->why_off : v->note;
	char key[KEY_WORDS_SIZE];
	int right = row.w, x, w;

	if (cursor)
		row.style |= ST_ON_CURSOR;
	canvas_clear(&row, ST_TEXT);
	canvas_text(&row, 0, 0, ST_TEXT, cursor ? ">" : " ");
	key_words(v->key ? v->key : "", key);
	if (*key && row.w > text_cells(key) + 8) {
		right -= text_cells(key) + 1;
		canvas_text(&row, right, 0, ST_KEY, key);
		right--;
	}
	/* a long text leaves the note its half; what was found has notes of one
	 * kind, they stand below each other */
	w = note ? text_cells(note) : 0;
	if (w > (right - 4) / 2)
		w = (right - 4) / 2;
	x = 2 + canvas_slot(&row, 2, 0, right - 2 - (w > 0 ? w + 2 : 0), style,
			v->text, 0);
	if (w > 0 && v->found == 1)
		canvas_right(&row, right - w, 0, w, ST_DIM, note);
	else if (w > 0)
		canvas_slot(&row, x + 2, 0, right - x - 2, ST_DIM, note, 0);
}

/* The cursor is in the window, and no rows below the last one. */
static void follow(struct menu *m, int at, int n, int h)
{
	if (m->top > n - h)
		m->top = n - h;
	if (at >= m->top + h)
		m->top = at - h + 1;
	if (at >= 0 && at < m->top)
		m->top = at;
	if (m->top < 0)
		m->top = 0;
}

void menu_draw(struct menu *m, struct canvas *c, int *cx, int *cy)
{
	struct canvas in = canvas_frame(c, 1, m->title, NULL), line, rows;
	struct fit *v;
	int n = menu_fits(m, &v), at = fit_of_cursor(m, v, n), i;
	int head = m->input ? 1 : 0;

	*cx = *cy = -1;
	canvas_clear(&in, ST_TEXT);
	rows = canvas_sub(&in, 0, head, in.w, in.h - head);
	follow(m, at, n, rows.h);
	for (i = m->top; i < n && i - m->top < rows.h; i++)
		draw_item(&m->items[v[i].item], &rows, i - m->top, i == at);
	if (m->input && in.w > 2 && in.h > 0) {
		canvas_text(&in, 0, 0, ST_LABEL, ">");
		line = canvas_sub(&in, 2, 0, in.w - 2, 1);
		edit_draw(m->input, &line, NULL, cx, cy);
		*cx += line.x - c->x;
		*cy += line.y - c->y;
	}
	free(v);
}

/* --- keys -------------------------------------------------------------------
 */

static int move_by(const struct key *k)
{
	switch (k->code) {
	case KEY_UP:
		return -1;
	case KEY_DOWN:
		return 1;
	case KEY_PGUP:
		return -10;
	case KEY_PGDN:
		return 10;
	default:
		if (k->mods == KEY_CTRL && k->code == 'p')
			return -1;
		if (k->mods == KEY_CTRL && k->code == 'n')
			return 1;
		return 0;
	}
}

static void menu_move(struct menu *m, int by)
{
	struct fit *v;
	int n = menu_fits(m, &v), at = fit_of_cursor(m, v, n) + by;

	if (at >= n)
		at = n - 1;
	if (at < 0)
		at = 0;
	if (n)
		m->at = v[at].item;
	free(v);
}

/* The first that fits what was typed. */
static void menu_first(struct menu *m)
{
	m->at = -1;
	menu_move(m, 1);
}

static int menu_choose(const struct menu *m)
{
	struct fit *v;
	int n = menu_fits(m, &v), shown = fit_of_cursor(m, v, n) >= 0;

	free(v);
	return shown && !m->items[m->at].why_off ? 2 : 1;
}

/* A menu without an input: an item's own key. */
static int menu_letter(struct menu *m, struct key k)
{
	struct buf b = BUF_INIT;
	int i, rc = 0;

	key_format(&b, k);
	for (i = 0; i < m->n && !rc; i++) {
		if (!m->items[i].key || strcmp(m->items[i].key, buf_str(&b)))
			continue;
		m->at = i;
		rc = menu_choose(m);
	}
	buf_fini(&b);
	return rc;
}

int menu_key(struct menu *m, struct key k)
{
	uint64_t before;
	int by = move_by(&k), used;

	if (k.code == KEY_ESC || (k.code == 'c' && k.mods == KEY_CTRL))
		return -1;
	if (k.code == KEY_ENTER)
		return menu_choose(m);
	if (by) {
		menu_move(m, by);
		return 1;
	}
	if (!m->input) {
		if (k.code == KEY_HOME || k.code == KEY_END) {
			m->at = k.code == KEY_HOME ? 0 : m->n - 1;
			return 1;
		}
		return menu_letter(m, k);
	}
	before = edit_revision(m->input);
	used = edit_key(m->input, k);
	if (edit_revision(m->input) != before)
		menu_first(m);
	return used;
}

/* --- the mouse --------------------------------------------------------------
 */

static int click_row(struct menu *m, int row, int clicks)
{
	struct fit *v;
	int n = menu_fits(m, &v), i = m->top + row, was = m->at;

	if (i >= n) {
		free(v);
		return 1;
	}
	m->at = v[i].item;
	free(v);
	return clicks == 2 || m->at == was ? menu_choose(m) : 1;
}

int menu_mouse(struct menu *m, const struct canvas *c, const struct ui_event *e)
{
	int x = e->x - c->x, y = e->y - c->y, head = m->input ? 1 : 0;

	if (e->act == MOUSE_WHEEL_UP || e->act == MOUSE_WHEEL_DOWN) {
		menu_move(m, e->act == MOUSE_WHEEL_UP ? -3 : 3);
		return 1;
	}
	if (e->act == MOUSE_DOWN && (x < 0 || y < 0 || x >= c->w || y >= c->h))
		return -1;
	if (m->input && edit_event(m->input, e))
		return 1;
	if (e->act != MOUSE_DOWN || e->button || x < 1 || x >= c->w - 1 ||
		y < 1 + head || y >= c->h - 1)
		return 1;
	return click_row(m, y - 1 - head, e->clicks);
}
