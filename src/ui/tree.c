/* SPDX-License-Identifier: MIT */
/*
 * One row of a tree: how deep it is and whether it is open. The rows are a
 * list's.
 */
#include "galley/ui/widget.h"

void tree_draw_row(struct canvas *row, const struct tree_row *r)
{
	const char *sign = r->leaf || r->open < 0 ? " " : r->open ? "-" : "+";
	int x = 2 * r->depth;

	/* very deep ones still show their text */
	if (x > row->w / 2)
		x = row->w / 2;
	canvas_text(row, x, 0, ST_FRAME, sign);
	canvas_slot(row, x + 2, 0, row->w - x - 2, ST_TEXT, r->text, 0);
}
