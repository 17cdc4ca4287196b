/* SPDX-License-Identifier: MIT */
/*
 * Borders that a person moves, by the mouse or by commands: cells that are
 * added to the size of one node of the layout and taken from its neighbour,
 * kept for each bench by its name. What is asked for beyond the minima of panes
 * is forgotten at once, so that a border stays under the mouse.
 */
#include "bench_priv.h"

#include <stdlib.h>
#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

/* A node with the cells that its panes take on the screen. */
struct box {
	const struct layout_node *node;
	struct rect r; /* w 0: nothing of it is shown */
	int parent;
};
struct boxes {
	struct box v[MAX_NODES];
	int n;
};

static struct rect around(struct rect a, struct rect b)
{
	struct rect r = a;
	int right = a.x + a.w > b.x + b.w ? a.x + a.w : b.x + b.w;
	int low = a.y + a.h > b.y + b.h ? a.y + a.h : b.y + b.h;

	if (!a.w || !b.w)
		return a.w ? a : b;
	r.x = a.x < b.x ? a.x : b.x;
	r.y = a.y < b.y ? a.y : b.y;
	r.w = right - r.x;
	r.h = low - r.y;
	return r;
}

/* In the order of layout_solve(): a node, then its children. */
static int add_boxes(const struct bench *b, const struct layout_node *node,
	int parent, struct boxes *out)
{
	const struct layout_node *c;
	int at = out->n, below;

	if (at == MAX_NODES)
		return -1;
	out->v[out->n++] = (struct box){.node = node, .parent = parent};
	if (node->kind == LAYOUT_PANE)
		out->v[at].r = bench_place(b, node->pane);
	for (c = node->child; c; c = c->next) {
		below = add_boxes(b, c, at, out);
		if (below >= 0)
			out->v[at].r = around(out->v[at].r, out->v[below].r);
	}
	return at;
}

static void measure(const struct bench *b, struct boxes *out)
{
	out->n = 0;
	if (b->scenario && !b->zoom && !b->linear && !b->layout.too_small)
		add_boxes(b, b->scenario->root, -1, out);
}

/* The next shown one of the same parent after `at`, -1 none. */
static int sibling(const struct boxes *x, int at, int dir)
{
	int i;

	for (i = at + dir; i >= 0 && i < x->n; i += dir)
		if (x->v[i].parent == x->v[at].parent && x->v[i].r.w)
			return i;
	return -1;
}

/* Where the border between two neighbours is. */
static int border_of(const struct boxes *x, int a, int rows)
{
	const struct rect *r = &x->v[a].r;

	return rows ? r->y + r->h - 1 : r->x + r->w - 1;
}

/* --- moving --------------------------------------------------------------- */

static void give(struct bench *b, int a, int c, int by)
{
	b->sizes->v[a] += by;
	b->sizes->v[c] -= by;
	bench_lay_out(b);
}

/* By so many cells, as far as minima allow. Returns how many it was. */
static int move(struct bench *b, int a, int c, int rows, int by)
{
	struct boxes x;
	int was, now;

	measure(b, &x);
	was = border_of(&x, a, rows);
	give(b, a, c, by);
	measure(b, &x);
	now = a < x.n ? border_of(&x, a, rows) : was;
	if (now - was != by)
		give(b, a, c, now - was - by);
	return now - was;
}

int borders_resize(struct bench *b, int rows, int by)
{
	enum layout_kind kind = rows ? LAYOUT_ROWS : LAYOUT_COLS;
	struct boxes x;
	int at, other;

	measure(b, &x);
	for (at = 0; at < x.n; at++)
		if (x.v[at].node->kind == LAYOUT_PANE &&
			x.v[at].node->pane == bench_anchor(b))
			break;
	for (; at > 0 && at < x.n; at = x.v[at].parent) {
		if (x.v[x.v[at].parent].node->kind != kind)
			continue;
		other = sibling(&x, at, 1);
		if (other >= 0) {
			(void)move(b, at, other, rows, by);
			return 0;
		}
		other = sibling(&x, at, -1);
		if (other >= 0) {
			(void)move(b, other, at, rows, -by);
			return 0;
		}
	}
	return err_set(E_NOTFOUND, "%s",
		rows ? _("there is no pane above or below this one")
		     : _("there is no pane beside this one"));
}

void borders_even(struct bench *b)
{
	memset(b->sizes->v, 0, sizeof(b->sizes->v));
	bench_lay_out(b);
}

/* --- the mouse ------------------------------------------------------------ */

int borders_grab(struct bench *b, int px, int py)
{
	struct boxes x;
	int i, next;

	b->drag.on = 0;
	measure(b, &x);
	for (i = 1; i < x.n; i++) {
		const struct rect *r = &x.v[i].r;
		int rows = x.v[x.v[i].parent].node->kind == LAYOUT_ROWS;

		next = r->w ? sibling(&x, i, 1) : -1;
		if (next < 0 || border_of(&x, i, rows) != (rows ? py : px))
			continue;
		if (rows ? px < r->x || px >= r->x + r->w
			 : py < r->y || py >= r->y + r->h)
			continue;
		/* the innermost one: it comes last */
		b->drag = (struct drag){1, i, next, rows, rows ? py : px};
	}
	return b->drag.on;
}

void borders_drag(struct bench *b, int px, int py)
{
	struct drag *d = &b->drag;
	int to = d->rows ? py : px;

	if (to != d->at)
		d->at += move(b, d->a, d->c, d->rows, to - d->at);
}

/* --- kept by name --------------------------------------------------------- */

struct sizes *borders_of(struct bench *b, const char *name)
{
	struct sizes *s;

	for (s = b->all_sizes; s; s = s->next)
		if (strcmp(s->name, name) == 0)
			return s;
	s = xcalloc(1, sizeof(*s));
	s->name = xstrdup(name);
	s->next = b->all_sizes;
	b->all_sizes = s;
	return s;
}

/* Those of another tree mean nothing in this one. */
void borders_open(struct bench *b)
{
	int n = layout_count(b->scenario->root);

	b->sizes = borders_of(b, b->scenario->name);
	if (n > MAX_NODES)
		n = MAX_NODES;
	if (b->sizes->n != n)
		memset(b->sizes->v, 0, sizeof(b->sizes->v));
	b->sizes->n = n;
}

void borders_free(struct bench *b)
{
	struct sizes *s;

	while ((s = b->all_sizes)) {
		b->all_sizes = s->next;
		free(s->name);
		free(s);
	}
}
