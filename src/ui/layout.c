/* SPDX-License-Identifier: MIT */
/*
 * From a tree and a size to rectangles, in three passes over the tree: what is
 * needed at least, who gets what is left, where it lies. Before the second one
 * panes give way until the rest fits. The order in which they go depends on the
 * tree and the focus alone, and each one that goes makes the need smaller: so
 * a larger screen shows all that a smaller one shows. It knows no pane and
 * draws nothing.
 */
#include "galley/ui/layout.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"

/* A frame and one cell in it. */
#define LEAST 3

/* One node of the walk (a node, then its children). */
struct seat {
	const struct layout_node *node;
	int size;  /* seats of it and of all below */
	int shown; /* panes below that are shown */
	int hidden;
	int need_w, need_h;
};

struct plan {
	struct seat *seat;
	int n;
	const int *borders;
	int n_borders;
	struct layout_result *out;
};

static int larger(int a, int b)
{
	return a > b ? a : b;
}

int layout_count(const struct layout_node *node)
{
	const struct layout_node *c;
	int n = 1;

	for (c = node->child; c; c = c->next)
		n += layout_count(c);
	return n;
}

static int seat_nodes(struct plan *p, const struct layout_node *node)
{
	const struct layout_node *c;
	int at = p->n++;

	p->seat[at].node = node;
	for (c = node->child; c; c = c->next)
		seat_nodes(p, c);
	p->seat[at].size = p->n - at;
	return at;
}

static int is_pane(const struct seat *s)
{
	return s->node->kind == LAYOUT_PANE;
}

/* --- what is needed at least ------------------------------------------------
 */

static void need_of_pane(struct seat *s)
{
	s->shown = !s->hidden;
	s->need_w = larger(s->node->min_w, LEAST);
	s->need_h = larger(s->node->min_h, LEAST);
}

/* The children's extents follow each other and share a line. */
static void need_of_group(struct plan *p, int at)
{
	struct seat *s = &p->seat[at], *c;
	int rows = s->node->kind == LAYOUT_ROWS, along, i;

	s->shown = s->need_w = s->need_h = 0;
	for (i = at + 1; i < at + s->size; i += c->size) {
		c = &p->seat[i];
		if (!c->shown)
			continue;
		along = larger(c->node->min, rows ? c->need_h : c->need_w);
		if (s->shown)
			along--;
		s->shown += c->shown;
		if (rows) {
			s->need_h += along;
			s->need_w = larger(s->need_w, c->need_w);
		} else {
			s->need_w += along;
			s->need_h = larger(s->need_h, c->need_h);
		}
	}
}

static void measure(struct plan *p)
{
	int i;

	for (i = p->n - 1; i >= 0; i--) {
		if (is_pane(&p->seat[i]))
			need_of_pane(&p->seat[i]);
		else
			need_of_group(p, i);
	}
}

/* --- who gives way ----------------------------------------------------------
 */

static int fits(const struct plan *p, int w, int h)
{
	return p->seat[0].need_w <= w && p->seat[0].need_h <= h;
}

/* The one with the highest number that still shows something besides the
 * focus; of equals the last. -1: none. */
static int next_to_drop(const struct plan *p, int focus)
{
	int best = -1, i;

	for (i = 0; i < p->n; i++) {
		const struct seat *s = &p->seat[i];
		int has_focus = i <= focus && focus < i + s->size;

		if (s->node->drop > 0 && s->shown > has_focus &&
			(best < 0 || s->node->drop >= p->seat[best].node->drop))
			best = i;
	}
	return best;
}

static void hide_below(struct plan *p, int at, int focus)
{
	int i;

	for (i = at; i < at + p->seat[at].size; i++)
		if (i != focus && is_pane(&p->seat[i]))
			p->seat[i].hidden = 1;
}

static void hide_away(struct plan *p, int focus)
{
	int i;

	for (i = 0; i < p->n; i++)
		if (i != focus && is_pane(&p->seat[i]) && p->seat[i].node->away)
			p->seat[i].hidden = 1;
}

static int focus_seat(const struct plan *p, int focus)
{
	int first = -1, i;

	for (i = 0; i < p->n; i++) {
		if (!is_pane(&p->seat[i]))
			continue;
		if (p->seat[i].node->pane == focus)
			return i;
		if (first < 0)
			first = i;
	}
	return first;
}

/* --- who gets what is left --------------------------------------------------
 */

/* One child along its parent's direction. */
struct part {
	int at; /* its seat */
	int need, max, weight, size;
	int moved; /* by a person */
};

/* Gives `left` cells by weight to parts below their maximum (or to all);
 * returns what nobody could take. */
static int share_once(struct part *v, int n, int left, int beyond)
{
	int64_t weights = 0;
	int given = 0, i, more;

	for (i = 0; i < n; i++)
		if (beyond || v[i].size < v[i].max)
			weights += v[i].weight;
	for (i = 0; i < n && weights; i++) {
		if (!beyond && v[i].size >= v[i].max)
			continue;
		more = (int)((int64_t)left * v[i].weight / weights);
		if (!beyond && more > v[i].max - v[i].size)
			more = v[i].max - v[i].size;
		v[i].size += more;
		given += more;
	}
	/* what rounding left goes one by one, the first first */
	for (i = 0; i < n && weights && !given && left; i++) {
		if (!beyond && v[i].size >= v[i].max)
			continue;
		v[i].size++;
		left--;
	}
	return left - given;
}

static void share(struct part *v, int n, int left)
{
	int before;

	do {
		before = left;
		left = share_once(v, n, left, 0);
	} while (left && left < before);
	while (left)
		left = share_once(v, n, left, 1);
}

/* Takes `over` cells from parts above their need, the last first; what a person
 * has moved is touched only when the others have no more. */
static void take_back(struct part *v, int n, int over, int moved)
{
	int i, less;

	for (i = n - 1; i >= 0 && over > 0; i--) {
		if (!moved && v[i].moved)
			continue;
		less = v[i].size - v[i].need;
		if (less > over)
			less = over;
		v[i].size -= less;
		over -= less;
	}
	if (over > 0 && !moved)
		take_back(v, n, over, 1);
}

static void move_borders(const struct plan *p, struct part *v, int n)
{
	int sum = 0, total = 0, any = 0, i, want;

	for (i = 0; i < n; i++) {
		total += v[i].size;
		v[i].moved = v[i].at < p->n_borders ? p->borders[v[i].at] : 0;
		any |= v[i].moved;
	}
	if (!any)
		return;
	for (i = 0; i < n; i++) {
		/* a file may hold any number */
		if (v[i].moved > total)
			v[i].moved = total;
		if (v[i].moved < -total)
			v[i].moved = -total;
		want = larger(v[i].size + v[i].moved, v[i].need);
		v[i].size = want;
		sum += want;
	}
	if (sum > total) {
		take_back(v, n, sum - total, 0);
		return;
	}
	for (i = 0; i < n; i++) /* who was made smaller stays so */
		v[i].max = v[i].moved < 0 ? v[i].size : LAYOUT_FREE;
	share(v, n, total - sum);
}

/* --- where it lies ----------------------------------------------------------
 */

static void place(const struct plan *p, int at, struct rect r);

static int collect(const struct plan *p, int at, struct part *v)
{
	const struct seat *s = &p->seat[at], *c;
	int rows = s->node->kind == LAYOUT_ROWS, n = 0, i, max;

	for (i = at + 1; i < at + s->size; i += c->size) {
		c = &p->seat[i];
		if (!c->shown)
			continue;
		max = c->node->max > 0 ? c->node->max : LAYOUT_FREE;
		v[n] = (struct part){.at = i, .max = max};
		v[n].need = larger(c->node->min, rows ? c->need_h : c->need_w);
		v[n].size = v[n].need;
		v[n].weight = larger(c->node->weight, 1);
		n++;
	}
	return n;
}

static void place_group(const struct plan *p, int at, struct rect r)
{
	struct part v[LAYOUT_MAX_PANES]; /* each shows a pane */
	int rows = p->seat[at].node->kind == LAYOUT_ROWS, n, i, left;

	n = collect(p, at, v);
	left = (rows ? r.h : r.w) + n - 1;
	for (i = 0; i < n; i++)
		left -= v[i].size;
	assert(left >= 0);
	share(v, n, left);
	move_borders(p, v, n);
	for (i = 0; i < n; i++) {
		struct rect c = r;

		if (rows) {
			c.h = v[i].size;
			r.y += c.h - 1;
		} else {
			c.w = v[i].size;
			r.x += c.w - 1;
		}
		place(p, v[i].at, c);
	}
}

static void place(const struct plan *p, int at, struct rect r)
{
	const struct seat *s = &p->seat[at];

	if (is_pane(s))
		p->out->pane[s->node->pane] = r;
	else if (s->shown)
		place_group(p, at, r);
}

/* The last pane may be smaller than it likes to be. */
static void place_last(struct plan *p, int focus, int w, int h)
{
	const struct layout_node *node;

	hide_below(p, 0, focus);
	if (focus < 0) {
		p->out->too_small = 1;
		return;
	}
	node = p->seat[focus].node;
	if ((w < LAYOUT_LAST_W && w < larger(node->min_w, LEAST)) ||
		(h < LAYOUT_LAST_H && h < larger(node->min_h, LEAST))) {
		p->seat[focus].hidden = 1;
		p->out->too_small = 1;
		return;
	}
	p->out->pane[node->pane] = (struct rect){0, 0, w, h};
}

static void list_hidden(const struct plan *p)
{
	int i;

	for (i = 0; i < p->n; i++)
		if (p->seat[i].hidden)
			p->out->hidden[p->out->n_hidden++] =
				p->seat[i].node->pane;
}

static void check_tree(const struct plan *p)
{
	uint32_t seen = 0;
	int i, pane;

	for (i = 0; i < p->n; i++) {
		if (!is_pane(&p->seat[i]))
			continue;
		pane = p->seat[i].node->pane;
		assert(pane >= 0 && pane < LAYOUT_MAX_PANES);
		assert(!(seen & UINT32_C(1) << pane));
		seen |= UINT32_C(1) << pane;
	}
}

void layout_solve(const struct layout_node *root, int w, int h, int focus,
	const int *borders, int n_borders, struct layout_result *out)
{
	struct plan p = {.borders = borders,
		.n_borders = borders ? n_borders : 0,
		.out = out};
	int at, drop;

	memset(out, 0, sizeof(*out));
	p.seat = xcalloc((size_t)layout_count(root), sizeof(*p.seat));
	seat_nodes(&p, root);
	check_tree(&p);
	at = focus_seat(&p, focus);
	hide_away(&p, at);
	for (measure(&p); !fits(&p, w, h); measure(&p)) {
		drop = next_to_drop(&p, at);
		if (drop < 0)
			break;
		hide_below(&p, drop, at);
	}
	if (at >= 0 && fits(&p, w, h))
		place(&p, 0, (struct rect){0, 0, w, h});
	else
		place_last(&p, at, w, h);
	list_hidden(&p);
	free(p.seat);
}
