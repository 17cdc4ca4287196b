/* SPDX-License-Identifier: MIT */
/*
 * One line of tabs. The one that is shown carries an asterisk, one with an
 * alarm an exclamation mark: no meaning by colour alone.
 */
#include "galley/ui/widget.h"

/* Cells of it with a space on either side. */
static int draw_tab(struct canvas *c, int x, int y, const struct tab *t, int on)
{
	unsigned style = t->alarm ? ST_BAD : on ? ST_BAR_STRONG : ST_BAR;
	int from = x;

	x += canvas_text(c, x, y, ST_BAR, " ");
	x += canvas_text(c, x, y, style, t->text);
	if (t->count > 0)
		x += canvas_printf(c, x, y, style, " %d", t->count);
	if (t->alarm)
		x += canvas_text(c, x, y, style, "!");
	if (on)
		x += canvas_text(c, x, y, style, "*");
	x += canvas_text(c, x, y, ST_BAR, " ");
	return x - from;
}

void tabs_draw(
	struct canvas *c, int y, const struct tab *v, int n, int at, int *x)
{
	int i, pos = 0;

	for (i = 0; i < n; i++) {
		if (x)
			x[i] = pos;
		pos += draw_tab(c, pos, y, &v[i], i == at);
	}
}
