/* SPDX-License-Identifier: MIT */
/*
 * The bench by the situation: `when ... show PANE`, `hide PANE` and `PANE
 * "argument"` of a scenario file. The tree is as the file says, with what holds
 * now laid over it each time before it is solved; nothing is kept of what no
 * longer holds.
 */
#include "bench_priv.h"

#include <string.h>
#include "galley/base/mem.h"

static void collect(struct adapt *a, struct layout_node *n)
{
	struct layout_node *c;

	if (a->n == (int)ARRAY_SIZE(a->node))
		return;
	a->node[a->n] = n;
	a->drop[a->n++] = n->drop;
	for (c = n->child; c; c = c->next)
		collect(a, c);
}

void adapt_read(struct bench *b)
{
	b->adapt.n = 0;
	collect(&b->adapt, b->scenario->root);
}

/* Gives way last: what else can go goes before it, its groups with it. 1: the
 * pane is below. */
static int keep(struct layout_node *n, int pane)
{
	struct layout_node *c;
	int here = n->kind == LAYOUT_PANE && n->pane == pane;

	for (c = n->child; c && !here; c = c->next)
		here = keep(c, pane);
	if (here && n->drop > 1)
		n->drop = 1;
	return here;
}

struct wish {
	int show, hide;
	const char *arg;
};

static void listen(struct bench *b, struct wish *w)
{
	const struct scenario_when *c;

	for (c = b->scenario->when; c; c = c->next) {
		if (c->pane < 0 || !facts_hold(b, c))
			continue;
		w[c->pane].show |= c->then == THEN_SHOW;
		w[c->pane].hide |= c->then == THEN_HIDE;
		if (c->then == THEN_ARG && !w[c->pane].arg)
			w[c->pane].arg = c->arg;
	}
}

void adapt_layout(struct bench *b)
{
	struct wish w[MAX_SLOTS] = {{0}};
	struct adapt *a = &b->adapt;
	int i, n, shown = 0;

	listen(b, w);
	for (i = 0; i < b->n_slots; i++)
		shown |= w[i].show;
	for (i = 0; i < a->n; i++) {
		struct layout_node *node = a->node[i];

		n = node->kind == LAYOUT_PANE ? node->pane : -1;
		node->drop = a->drop[i] + (shown && a->drop[i] > 0);
		node->away = n >= 0 && w[n].hide && !w[n].show;
	}
	for (i = 0; i < b->n_slots; i++) {
		const char *file = b->scenario->panes[i].arg;

		if (w[i].show)
			keep(b->scenario->root, i);
		slot_argument(b, i, w[i].arg ? w[i].arg : file ? file : "");
	}
}
