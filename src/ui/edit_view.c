/* SPDX-License-Identifier: MIT */
/*
 * Where an editor's lines begin, and how it is drawn. The beginnings are kept
 * and mended around each change: typing into a megabyte costs the lines near
 * the cursor and an addition for each of the others. One column is left free
 * for the cursor at the end of a line.
 */
#include "galley/ui/edit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"
#include "galley/base/utf8.h"
#include "ui/edit_priv.h"

#define WIDTH_UNDRAWN 80

/* --- beginnings -------------------------------------------------------------
 */

static void starts_push(struct wrap_starts *s, size_t at)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->at = xreallocarray(s->at, s->cap, sizeof(*s->at));
	}
	s->at[s->n++] = (uint32_t)at;
}

static void starts_make(const struct edit *e, struct wrap_starts *s, int w)
{
	struct wrap_line line;
	size_t at = 0;

	s->w = w;
	s->n = 0;
	while (at != WRAP_END) {
		starts_push(s, at);
		at = wrap_next(edit_text(e), e->text.len, at, w, &line);
	}
}

/* The first index whose value is above `at`. */
static size_t starts_above(const struct wrap_starts *s, size_t at)
{
	size_t low = 0, high = s->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (s->at[mid] <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* `fresh` in place of [from, to) of s; what follows moves by `delta`. */
static void starts_splice(struct wrap_starts *s, size_t from, size_t to,
	const struct wrap_starts *fresh, int64_t delta)
{
	size_t tail = s->n - to, i;

	if (from + fresh->n + tail > s->cap) {
		s->cap = (from + fresh->n + tail) * 2;
		s->at = xreallocarray(s->at, s->cap, sizeof(*s->at));
	}
	memmove(s->at + from + fresh->n, s->at + to, tail * sizeof(*s->at));
	if (fresh->n)
		memcpy(s->at + from, fresh->at, fresh->n * sizeof(*s->at));
	s->n = from + fresh->n + tail;
	for (i = from + fresh->n; i < s->n; i++)
		s->at[i] = (uint32_t)(s->at[i] + delta);
}

/* Lines are found again from two lines before the change (the one before can
 * take in what got shorter) until one begins where one began before. */
static void starts_mend(const struct edit *e, struct wrap_starts *s, size_t at,
	size_t cut, size_t put)
{
	struct wrap_starts fresh = {.w = s->w};
	size_t from = starts_above(s, at), to, next;
	struct wrap_line line;

	from = from > 3 ? from - 3 : 0;
	next = s->at[from];
	to = starts_above(s, at + cut ? at + cut - 1 : 0);
	for (;;) {
		starts_push(&fresh, next);
		next = wrap_next(edit_text(e), e->text.len, next, s->w, &line);
		if (next == WRAP_END) {
			to = s->n;
			break;
		}
		if (next < at + put)
			continue;
		while (to < s->n && s->at[to] - cut + put < next)
			to++;
		if (to < s->n && s->at[to] >= at + cut &&
			s->at[to] - cut + put == next)
			break;
	}
	starts_splice(s, from, to, &fresh, (int64_t)put - (int64_t)cut);
	free(fresh.at);
}

void view_changed(struct edit *e, size_t at, size_t cut, size_t put)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(e->view->starts); i++)
		if (e->view->starts[i].w)
			starts_mend(e, &e->view->starts[i], at, cut, put);
}

void view_reset(struct edit *e)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(e->view->starts); i++)
		e->view->starts[i].w = 0;
	e->view->top = e->view->left = 0;
}

void view_fini(struct edit_view *v)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(v->starts); i++)
		free(v->starts[i].at);
}

/* --- lines ------------------------------------------------------------------
 */

/* Without the cursor's column. */
static int wrap_width(int w)
{
	return w > 2 ? w - 1 : w > 0 ? w : 1;
}

static const struct wrap_starts *starts_for(const struct edit *e, int w)
{
	struct edit_view *v = e->view;
	struct wrap_starts *s = &v->starts[0];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(v->starts); i++) {
		if (v->starts[i].w == w) {
			v->starts[i].used = ++v->clock;
			return &v->starts[i];
		}
		if (v->starts[i].used < s->used)
			s = &v->starts[i];
	}
	starts_make(e, s, w);
	s->used = ++v->clock;
	return s;
}

static int view_width(const struct edit *e)
{
	return wrap_width(e->view->w ? e->view->w : WIDTH_UNDRAWN);
}

static const struct wrap_starts *view_starts(const struct edit *e)
{
	return starts_for(e, view_width(e));
}

size_t view_lines(const struct edit *e)
{
	return e->multiline ? view_starts(e)->n : 1;
}

struct wrap_line view_line(const struct edit *e, size_t n)
{
	struct wrap_line l = {.from = 0, .len = e->text.len, .hard = 1};

	if (e->multiline)
		wrap_next(edit_text(e), e->text.len, view_starts(e)->at[n],
			view_width(e), &l);
	return l;
}

size_t view_line_of_cursor(const struct edit *e)
{
	size_t n;

	if (!e->multiline)
		return 0;
	n = starts_above(view_starts(e), e->cursor) - 1;
	if (e->at_line_end && n && view_starts(e)->at[n] == e->cursor)
		n--;
	return n;
}

int view_cells_before_cursor(const struct edit *e)
{
	struct wrap_line l = view_line(e, view_line_of_cursor(e));
	size_t to = e->cursor;

	return (int)utf8_cells(edit_text(e) + l.from, to - l.from);
}

size_t view_at(const struct edit *e, size_t n, int cells, int *at_end)
{
	struct wrap_line l = view_line(e, n);
	size_t used, len;

	len = utf8_fit(edit_text(e) + l.from, l.len,
		cells > 0 ? (size_t)cells : 0, &used);
	*at_end = len == l.len && !l.hard && n + 1 < view_lines(e) &&
		  view_starts(e)->at[n + 1] == l.from + len;
	return l.from + len;
}

int edit_rows(const struct edit *e, int w)
{
	return e->multiline ? (int)starts_for(e, wrap_width(w))->n : 1;
}

/* --- drawing ----------------------------------------------------------------
 */

/* Text of one line from `skip` cells on, with the selected part. */
static void draw_line(const struct edit *e, struct canvas *c, int y,
	const struct wrap_line *l, size_t skip)
{
	const char *s = edit_text(e);
	size_t from = l->from, to = l->from + l->len, a = to, b = to, used,
	       half;
	int x = 0;

	from += utf8_fit(s + from, l->len, skip, &used);
	if (used < skip && from < to) { /* half of a wide one */
		from += utf8_next(s + from, to - from, &half);
		x = (int)(used + half - skip);
	}
	if (edit_selection(e, &a, &b)) {
		a = a < from ? from : a > to ? to : a;
		b = b < from ? from : b;
	}
	x += canvas_textn(c, x, y, ST_INPUT, s + from, a - from);
	if (b > a)
		x += canvas_textn(
			c, x, y, ST_SELECT, s + a, (b < to ? b : to) - a);
	if (b > to) /* the line feed, too */
		canvas_textn(c, x, y, ST_SELECT, " ", 1);
	if (b < to)
		canvas_textn(c, x, y, ST_INPUT, s + b, to - b);
}

/* Scrolls a single line so that the cursor is seen; what fits is not
 * scrolled. */
static int draw_single(const struct edit *e, struct canvas *c)
{
	struct wrap_line l = view_line(e, 0);
	size_t before = utf8_cells(edit_text(e), e->cursor),
	       all = utf8_cells(edit_text(e), e->text.len);
	size_t w = c->w > 0 ? (size_t)c->w : 1;
	struct edit_view *v = e->view;

	if (all < w)
		v->left = 0;
	else if (v->left > all + 1 - w)
		v->left = all + 1 - w;
	if (before < v->left)
		v->left = before;
	if (before >= v->left + w)
		v->left = before - w + 1;
	draw_line(e, c, 0, &l, v->left);
	return (int)(before - v->left);
}

/* The line on top: the cursor is seen and nothing is empty at the end. */
static void scroll(const struct edit *e, size_t line, size_t h)
{
	struct edit_view *v = e->view;
	size_t n = view_lines(e);

	if (v->top + h > n)
		v->top = n > h ? n - h : 0;
	if (line < v->top)
		v->top = line;
	if (line >= v->top + h)
		v->top = line - h + 1;
}

void edit_draw(const struct edit *e, struct canvas *c, const char *ghost,
	int *cx, int *cy)
{
	struct edit_view *v = e->view;
	size_t line, y;
	struct wrap_line l;

	v->w = c->w;
	v->h = c->h;
	v->x = c->x;
	v->y = c->y;
	*cx = *cy = 0;
	canvas_fill(c, 0, 0, c->w, c->h, ST_INPUT);
	if (!e->text.len && ghost)
		canvas_slot(c, 0, 0, c->w, ST_GHOST, ghost, 0);
	if (c->w < 1 || c->h < 1)
		return;
	if (!e->multiline) {
		*cx = draw_single(e, c);
		return;
	}
	line = view_line_of_cursor(e);
	scroll(e, line, (size_t)c->h);
	for (y = 0; y < (size_t)c->h && v->top + y < view_lines(e); y++) {
		l = view_line(e, v->top + y);
		draw_line(e, c, (int)y, &l, 0);
	}
	*cy = (int)(line - v->top);
	*cx = view_cells_before_cursor(e);
	if (*cx >= c->w) /* among spaces that hang over the edge */
		*cx = c->w - 1;
}
