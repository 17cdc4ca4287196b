/* SPDX-License-Identifier: MIT */
/*
 * Where panes go. A layout is a tree of rows and columns with sizes, minima and
 * an order in which panes give way; layout_solve() is a pure function from the
 * tree, the size and the focus to rectangles. Whatever the size: no overlap,
 * nothing outside, the focused pane is visible, the same input gives the same
 * output. Panes that have no room become tabs (they are in `hidden`), in the
 * end one pane is left, then none (`too_small`).
 */
#ifndef GALLEY_UI_LAYOUT_H
#define GALLEY_UI_LAYOUT_H

#include "galley/base/err.h"

enum layout_kind { LAYOUT_ROWS, LAYOUT_COLS, LAYOUT_PANE };

#define LAYOUT_FREE 0x7fff /* no maximum */
struct layout_node {
	enum layout_kind kind;
	/* extent along the parent's direction: cells, frame included */
	int min, max;
	int weight; /* share of what is left; at least 1 */
	int min_w, min_h; /* of a pane, both directions */
	int drop; /* 0 never; the highest number goes first */
	int away; /* a pane that is a tab now, whatever the room */
	int pane; /* LAYOUT_PANE: the caller's index, 0.. */
	const char *name; /* for messages and files */
	struct layout_node *child, *next;
};

struct rect {
	int x, y, w, h;
};
/* Nodes of a walk: a node, then its children. */
int layout_count(const struct layout_node *root);

#define LAYOUT_MAX_PANES 32
/* The last pane is shown down to this size though its minima are larger. */
#define LAYOUT_LAST_W 20
#define LAYOUT_LAST_H 5

struct layout_result {
	int too_small;
	struct rect pane[LAYOUT_MAX_PANES]; /* w 0: not shown */
	int hidden[LAYOUT_MAX_PANES]; /* panes without room, tree order */
	int n_hidden;
};

/* Rectangles include the frame. Neighbours share one line: where two panes
 * meet, their rectangles have the column or row of the common border in common,
 * and nothing else; what is inside of the frames never overlaps.
 *
 * `borders` adds to the sizes that a person has moved: cells to the extent of a
 * node by its position in a walk of the tree (node, then its children), n of
 * them; may be NULL. What they ask for is kept as far as minima allow, also
 * beyond a maximum.
 *
 * With the same tree and focus a screen that is not smaller in either direction
 * shows every pane that the smaller one shows. A group with a drop number goes
 * with all its panes but the focused one. A focus that is no pane of the tree
 * means the first pane. */
void layout_solve(const struct layout_node *root, int w, int h, int focus,
	const int *borders, int n_borders, struct layout_result *out);

#endif
