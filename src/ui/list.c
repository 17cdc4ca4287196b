/* SPDX-License-Identifier: MIT */
/*
 * A window of rows over a listing of any length. It holds a screen before and
 * a screen after what is seen and asks for the next screen when the window
 * touches an end of that; what is farther away is dropped. It never counts and
 * never asks by number: both would cost what the listing is long.
 */
#include "galley/ui/list.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"

struct row {
	int64_t id;
	void *data;
};

struct rows {
	struct row *v;
	int n;
};

/* What stands on the screen. */
struct drawn {
	unsigned version;
	int64_t top; /* row */
	int y, w, h; /* of the cursor's row; of the canvas */
};

struct list {
	const struct list_ops *ops;
	void *u;
	int row_height, height; /* cells of a row; rows of a screen */
	struct rows rows;
	int at_start, at_end; /* nothing before, after what is held */
	int cursor, top;      /* indexes into rows */
	int loaded;
	int64_t *marks; /* ascending */
	int n_marks;
	unsigned version; /* of what rows show, but for the cursor */
	struct drawn *drawn;
};

/* --- pages ------------------------------------------------------------------
 */

static void drop_rows(struct list *l, struct rows *r, int from, int to)
{
	int i;

	for (i = from; i < to; i++)
		l->ops->drop(l->u, r->v[i].data);
	if (r->n > to)
		memmove(r->v + from, r->v + to,
			(size_t)(r->n - to) * sizeof(*r->v));
	r->n -= to - from;
}

static void rows_fini(struct list *l, struct rows *r)
{
	drop_rows(l, r, 0, r->n);
	FREE(&r->v);
}

/* Puts `more` before or behind; its rows belong to `r` then. */
static void join_rows(struct rows *r, struct rows *more, int dir)
{
	if (more->n) {
		r->v = xreallocarray(
			r->v, (size_t)(r->n + more->n), sizeof(*r->v));
		if (dir < 0)
			memmove(r->v + more->n, r->v,
				(size_t)r->n * sizeof(*r->v));
		memcpy(r->v + (dir < 0 ? 0 : r->n), more->v,
			(size_t)more->n * sizeof(*r->v));
		r->n += more->n;
	}
	FREE(&more->v);
	more->n = 0;
}

static int ask_page(
	struct list *l, const void *from, int dir, int n, struct rows *out)
{
	int64_t *ids = xcalloc((size_t)n, sizeof(*ids));
	void **data = xcalloc((size_t)n, sizeof(*data));
	int got = l->ops->page(l->u, from, dir, n, ids, data), i;

	assert(got <= n);
	*out = (struct rows){0};
	if (got > 0) {
		out->v = xcalloc((size_t)got, sizeof(*out->v));
		out->n = got;
	}
	for (i = 0; i < got; i++)
		out->v[i] = (struct row){ids[i], data[i]};
	free(ids);
	free(data);
	return got;
}

static int load_after(struct list *l, int n)
{
	const void *from = l->rows.n ? l->rows.v[l->rows.n - 1].data : NULL;
	struct rows more;
	int got = ask_page(l, from, 1, n, &more);

	if (got < 0)
		return got;
	l->at_end = got < n;
	join_rows(&l->rows, &more, 1);
	return got;
}

static int load_before(struct list *l, int n)
{
	const void *from = l->rows.n ? l->rows.v[0].data : NULL;
	struct rows more;
	int got = ask_page(l, from, -1, n, &more);

	if (got < 0)
		return got;
	l->at_start = got < n;
	join_rows(&l->rows, &more, -1);
	l->cursor += got;
	l->top += got;
	return got;
}

/* One screen on either side of the window is kept. */
static void trim(struct list *l)
{
	int front = l->top - l->height, back = l->top + 2 * l->height;

	if (back < l->rows.n) {
		drop_rows(l, &l->rows, back, l->rows.n);
		l->at_end = 0;
	}
	if (front > 0) {
		drop_rows(l, &l->rows, 0, front);
		l->at_start = 0;
		l->cursor -= front;
		l->top -= front;
	}
}

static void keep_in_view(struct list *l)
{
	if (l->cursor >= l->rows.n)
		l->cursor = l->rows.n - 1;
	if (l->cursor < 0)
		l->cursor = 0;
	if (l->top > l->cursor)
		l->top = l->cursor;
	if (l->top < l->cursor - l->height + 1)
		l->top = l->cursor - l->height + 1;
	if (l->at_end && l->top > l->rows.n - l->height)
		l->top = l->rows.n - l->height;
	/* below 0: those rows are to be loaded */
	if (l->top < 0 && l->at_start)
		l->top = 0;
}

/* The window is full where the listing is long enough, and what lies right
 * above and below it is known. */
static int fill(struct list *l)
{
	int rc;

	keep_in_view(l);
	while (!l->at_end && l->rows.n <= l->top + l->height) {
		rc = load_after(l, l->height);
		if (rc < 0)
			return rc;
		keep_in_view(l);
	}
	/* at the listing's end the window may reach up */
	keep_in_view(l);
	while (!l->at_start && l->top < 1) {
		rc = load_before(l, l->height);
		if (rc < 0)
			return rc;
		keep_in_view(l);
	}
	trim(l);
	return 0;
}

/* --- life -------------------------------------------------------------------
 */

struct list *list_new(const struct list_ops *ops, void *u, int row_height)
{
	struct list *l = xcalloc(1, sizeof(*l));

	assert(row_height > 0);
	l->ops = ops;
	l->u = u;
	l->row_height = row_height;
	l->height = 1;
	l->version = 1;
	l->drawn = xcalloc(1, sizeof(*l->drawn));
	return l;
}

void list_free(struct list *l)
{
	if (!l)
		return;
	rows_fini(l, &l->rows);
	free(l->marks);
	free(l->drawn);
	free(l);
}

/* The rows become those of `fresh`. */
static void take_rows(struct list *l, struct rows *fresh)
{
	rows_fini(l, &l->rows);
	l->rows = *fresh;
	l->loaded = 1;
	l->version++;
}

/* Both ends of a listing. */
static int load_end(struct list *l, int last)
{
	int n = 2 * l->height, got;
	struct rows fresh;

	got = ask_page(l, NULL, last ? -1 : 1, n, &fresh);
	if (got < 0)
		return got;
	take_rows(l, &fresh);
	l->at_start = !last || got < n;
	l->at_end = last || got < n;
	l->cursor = last ? l->rows.n - 1 : 0;
	l->top = last ? l->rows.n : 0;
	return fill(l);
}

int list_reset(struct list *l)
{
	int rc = load_end(l, 0);

	if (rc >= 0)
		list_clear_marks(l);
	return rc;
}

static int find_row(const struct rows *r, int64_t id)
{
	int i;

	for (i = 0; i < r->n; i++)
		if (r->v[i].id == id)
			return i;
	return -1;
}

/* What stands around the cursor's row now: `before` of it by its key, then from
 * the last of those on, so that the row itself comes fresh. */
static int load_around(struct list *l, const void *key, struct rows *out,
	int *n_before, int *ends)
{
	int n = l->height + 1, got;
	struct rows after;

	got = ask_page(l, key, -1, n, out);
	if (got < 0)
		return got;
	*n_before = got;
	got = ask_page(l, got ? out->v[got - 1].data : NULL, 1, 2 * n, &after);
	if (got < 0) {
		rows_fini(l, out);
		return got;
	}
	ends[0] = *n_before < n;
	ends[1] = got < 2 * n;
	join_rows(out, &after, 1);
	return 0;
}

int list_reload(struct list *l)
{
	int offset = l->cursor - l->top, n_before, ends[2], rc, at;
	int stays_first = l->top == 0 && l->at_start;
	struct rows fresh;
	int64_t id;

	if (!l->loaded || !l->rows.n)
		return load_end(l, 0);
	id = l->rows.v[l->cursor].id;
	rc = load_around(l, l->rows.v[l->cursor].data, &fresh, &n_before, ends);
	if (rc < 0)
		return rc;
	take_rows(l, &fresh);
	l->at_start = ends[0];
	l->at_end = ends[1];
	at = find_row(&l->rows, id);
	l->cursor = at >= 0 ? at : n_before;
	if (l->cursor >= l->rows.n)
		l->cursor = l->rows.n - 1;
	l->top = stays_first && l->at_start ? 0 : l->cursor - offset;
	return fill(l);
}

void list_set_height(struct list *l, int rows)
{
	l->height = rows > 0 ? rows : 1;
	if (l->loaded)
		(void)fill(l);
}

int list_count(const struct list *l)
{
	return l->rows.n;
}

const void *list_current(const struct list *l, int64_t *id)
{
	if (!l->rows.n)
		return NULL;
	if (id)
		*id = l->rows.v[l->cursor].id;
	return l->rows.v[l->cursor].data;
}

/* --- motions ----------------------------------------------------------------
 */

int list_select(struct list *l, int64_t id)
{
	int at = find_row(&l->rows, id);

	if (at < 0)
		return 0;
	l->cursor = at;
	(void)fill(l); /* it is in view; what is around it may be missing */
	return 1;
}

int list_seek(struct list *l, int64_t id, const void *key)
{
	int n_before, ends[2], rc, at;
	struct rows around;

	if (list_select(l, id))
		return 1;
	rc = load_around(l, key, &around, &n_before, ends);
	if (rc < 0)
		return rc;
	at = find_row(&around, id);
	if (at < 0) {
		rows_fini(l, &around);
		return 0;
	}
	take_rows(l, &around);
	l->at_start = ends[0];
	l->at_end = ends[1];
	l->cursor = at;
	l->top = at - l->height / 2;
	rc = fill(l);
	return rc < 0 ? rc : 1;
}

/* As far as the rows at hand allow. */
static int move_held(struct list *l, int by)
{
	int to = by > l->rows.n - 1 - l->cursor ? l->rows.n - 1
		 : by < -l->cursor		? 0
						: l->cursor + by,
	    moved = to - l->cursor;

	l->cursor = to;
	return moved;
}

int list_move(struct list *l, int by)
{
	int moved = 0, step, rc;

	if (!l->rows.n)
		return 0;
	do {
		step = move_held(l, by);
		by -= step;
		moved += abs(step);
		rc = fill(l);
		if (rc < 0)
			return rc;
	} while (by && step);
	return moved;
}

int list_page(struct list *l, int pages)
{
	int offset = l->cursor - l->top, moved;

	moved = list_move(l, pages * l->height);
	if (moved >= 0) {
		int rc;

		l->top = l->cursor - offset;
		rc = fill(l);
		if (rc < 0)
			return rc;
	}
	return moved;
}

int list_end(struct list *l, int last)
{
	int held = l->loaded && (last ? l->at_end : l->at_start);

	if (!held)
		return load_end(l, last);
	l->cursor = last ? l->rows.n - 1 : 0;
	return fill(l);
}

int list_click(struct list *l, int y)
{
	int at = l->top + y / l->row_height;

	if (y < 0 || y / l->row_height >= l->height || at >= l->rows.n)
		return 0;
	l->cursor = at;
	(void)fill(l);
	return 1;
}

int list_more(const struct list *l, int dir)
{
	return dir < 0 ? l->top > 0 : l->top + l->height < l->rows.n;
}

/* --- marks ------------------------------------------------------------------
 */

/* Where it is or would be. */
static int mark_place(const struct list *l, int64_t id)
{
	int low = 0, high = l->n_marks, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (l->marks[mid] < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int list_marked(const struct list *l, int64_t id)
{
	int at = mark_place(l, id);

	return at < l->n_marks && l->marks[at] == id;
}

void list_mark(struct list *l, int64_t id, int on)
{
	int at = mark_place(l, id);

	if (!on == !list_marked(l, id))
		return;
	l->version++;
	if (on) {
		l->marks = xreallocarray(
			l->marks, (size_t)l->n_marks + 1, sizeof(*l->marks));
		memmove(l->marks + at + 1, l->marks + at,
			(size_t)(l->n_marks - at) * sizeof(*l->marks));
		l->marks[at] = id;
		l->n_marks++;
		return;
	}
	l->n_marks--;
	memmove(l->marks + at, l->marks + at + 1,
		(size_t)(l->n_marks - at) * sizeof(*l->marks));
}

int list_marks(const struct list *l, int64_t *ids, int max)
{
	int n = l->n_marks < max ? l->n_marks : max;

	if (n > 0)
		memcpy(ids, l->marks, (size_t)n * sizeof(*ids));
	return l->n_marks;
}

void list_clear_marks(struct list *l)
{
	l->n_marks = 0;
	l->version++;
}

/* --- drawing ----------------------------------------------------------------
 */

static void draw_row(const struct list *l, struct canvas *c, int i)
{
	int cursor = i == l->cursor;
	int marked = list_marked(l, l->rows.v[i].id);
	struct canvas row = canvas_sub(
		c, 0, (i - l->top) * l->row_height, c->w, l->row_height);

	if (cursor)
		row.style |= ST_ON_CURSOR;
	if (marked)
		row.style |= ST_ON_MARK;
	canvas_clear(&row, ST_TEXT);
	l->ops->draw(l->u, l->rows.v[i].data, &row, cursor, marked);
}

static void remember(const struct list *l, const struct canvas *c)
{
	*l->drawn = (struct drawn){.version = l->version,
		.top = l->rows.n ? l->rows.v[l->top].id : 0,
		.y = l->cursor - l->top,
		.w = c->w,
		.h = c->h};
}

void list_draw(const struct list *l, struct canvas *c)
{
	int i;

	for (i = l->top; i < l->rows.n && (i - l->top) * l->row_height < c->h;
		i++)
		draw_row(l, c, i);
	remember(l, c);
}

int list_redraw(const struct list *l, struct canvas *c)
{
	const struct drawn *d = l->drawn;

	if (d->version != l->version || d->w != c->w || d->h != c->h ||
		!l->rows.n || d->top != l->rows.v[l->top].id)
		return 0;
	if (l->top + d->y < l->rows.n)
		draw_row(l, c, l->top + d->y);
	draw_row(l, c, l->cursor);
	remember(l, c);
	return 1;
}
