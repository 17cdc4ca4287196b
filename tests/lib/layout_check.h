/* SPDX-License-Identifier: MIT */
/*
 * A tree of panes out of any bytes, and what must hold of every layout of it.
 * The fuzzer and the unit test ask the same.
 */
#ifndef GALLEY_TESTS_LAYOUT_CHECK_H
#define GALLEY_TESTS_LAYOUT_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/ui/layout.h"

struct layout_bytes {
	const unsigned char *p;
	size_t n;
};
#define LAYOUT_TREE_MAX 96
struct layout_tree {
	struct layout_node node[LAYOUT_TREE_MAX];
	int n, panes;
};

static inline int layout_byte(struct layout_bytes *b)
{
	if (!b->n)
		return 0;
	b->n--;
	return *b->p++;
}

static inline struct layout_node *layout_grow(
	struct layout_tree *t, struct layout_bytes *b, int depth)
{
	struct layout_node *v = &t->node[t->n++], **end = &v->child;
	int kids, i, c = layout_byte(b);

	*v = (struct layout_node){.kind = (enum layout_kind)(c & 1),
		.min = layout_byte(b) % 60,
		.max = c & 2   ? layout_byte(b)
		       : c & 4 ? LAYOUT_FREE
			       : 0,
		.weight = layout_byte(b) % 9,
		.drop = c & 8 ? 0 : layout_byte(b) % 12,
		.name = "x"};
	kids = c & 16 && depth < 6 ? 1 + layout_byte(b) % 6 : 0;
	if (!kids && t->panes < LAYOUT_MAX_PANES && depth) {
		v->kind = LAYOUT_PANE;
		v->min_w = layout_byte(b) % 70;
		v->min_h = layout_byte(b) % 20;
		v->pane = t->panes++;
	}
	for (i = 0; i < kids && t->n < LAYOUT_TREE_MAX; i++) {
		*end = layout_grow(t, b, depth + 1);
		end = &(*end)->next;
	}
	return v;
}

static inline void layout_die(const char *what, int w, int h, int pane)
{
	fprintf(stderr, "%dx%d, pane %d: %s\n", w, h, pane, what);
	abort();
}

static inline int layout_clash(const struct rect *a, const struct rect *b)
{
	/* what is inside of the one against all of the other */
	return a->x + 1 < b->x + b->w && b->x < a->x + a->w - 1 &&
	       a->y + 1 < b->y + b->h && b->y < a->y + a->h - 1;
}

/* Cells of the interior and the frame: without holes they make up the screen,
 * so the areas of all panes, less a shared line each, can be counted. */
static inline void layout_check(const struct layout_tree *t, int w, int h,
	int focus, const struct layout_result *r)
{
	static unsigned char cover[200 * 400];
	int shown = 0, hidden = 0, i, j, x, y;

	memset(cover, 0, sizeof(cover));
	for (i = 0; i < LAYOUT_MAX_PANES; i++) {
		const struct rect *a = &r->pane[i];

		if (!a->w)
			continue;
		shown++;
		if (i >= t->panes)
			layout_die("is in no tree", w, h, i);
		if (a->x < 0 || a->y < 0 || a->x + a->w > w || a->y + a->h > h)
			layout_die("outside", w, h, i);
		if (!r->too_small && (a->w < 3 || a->h < 3) && w > 2 && h > 2)
			layout_die("no room inside", w, h, i);
		for (j = 0; j < i; j++)
			if (r->pane[j].w && layout_clash(a, &r->pane[j]))
				layout_die("overlaps", w, h, i);
		for (y = a->y; y < a->y + a->h; y++)
			for (x = a->x; x < a->x + a->w; x++)
				cover[y * 400 + x] = 1;
	}
	for (i = 0; i < r->n_hidden; i++, hidden++)
		if (r->pane[r->hidden[i]].w)
			layout_die("hidden and shown", w, h, r->hidden[i]);
	if (shown + hidden != t->panes)
		layout_die("neither hidden nor shown", w, h, -1);
	if (r->too_small && shown)
		layout_die("too small but shown", w, h, -1);
	if (r->too_small)
		return;
	if (focus < t->panes && !r->pane[focus].w)
		layout_die("focus not visible", w, h, focus);
	for (y = 0; y < h; y++)
		for (x = 0; x < w; x++)
			if (!cover[y * 400 + x])
				layout_die("a hole", x, y, -1);
}

/* All that must hold at one size, also against one column and one row more. */
static inline void layout_check_at(
	const struct layout_tree *t, int w, int h, int focus, const int *moved)
{
	struct layout_result a, b;
	int step, i;

	layout_solve(&t->node[0], w, h, focus, moved, t->n, &a);
	layout_check(t, w, h, focus, &a);
	layout_solve(&t->node[0], w, h, focus, moved, t->n, &b);
	if (memcmp(&a, &b, sizeof(a)))
		layout_die("not the same again", w, h, -1);
	for (step = 0; step < 2; step++) {
		layout_solve(&t->node[0], w + !step, h + step, focus, moved,
			t->n, &b);
		for (i = 0; i < t->panes; i++)
			if (a.pane[i].w && !b.pane[i].w)
				layout_die("lost by growing", w, h, i);
	}
}

#endif
