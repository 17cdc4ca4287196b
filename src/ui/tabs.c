/* SPDX-License-Identifier: MIT */
/*
 * One line of tabs. The one that is shown carries an asterisk, one with an
 * alarm an exclamation mark: no meaning by colour alone.
 */
#include "galley/ui/widget.h"

#include <stdio.h>
#include <string.h>

const char *count_words(int n, char out[16])
{
	snprintf(out, 16, "%d%s", n > COUNT_MOST ? COUNT_MOST : n,
		n > COUNT_MOST ? "+" : "");
	return out;
}

static int tab_cells(const struct tab *t, int on)
{
	char n[16];

	return text_cells(t->text) + t->alarm + on + 2 +
	       (t->count > 0 ? 1 + (int)strlen(count_words(t->count, n)) : 0);
}

/* A space on either side. */
static void draw_tab(
	struct canvas *c, int x, int y, const struct tab *t, int on)
{
	unsigned style = t->alarm ? ST_BAD : on ? ST_BAR_STRONG : ST_BAR;
	char n[16];

	x += canvas_text(c, x, y, ST_BAR, " ");
	x += canvas_text(c, x, y, style, t->text);
	if (t->count > 0)
		x += canvas_printf(
			c, x, y, style, " %s", count_words(t->count, n));
	if (t->alarm)
		x += canvas_text(c, x, y, style, "!");
	if (on)
		x += canvas_text(c, x, y, style, "*");
	canvas_text(c, x, y, ST_BAR, " ");
}

/* The first of those that are drawn, so that the one that is shown is. */
static int first_tab(const struct tab *v, int at, int w)
{
	int from = at, sum = tab_cells(&v[at], 1);

	while (from > 0 && sum + tab_cells(&v[from - 1], 0) <= w)
		sum += tab_cells(&v[--from], 0);
	return from;
}

/* Is there an alarm among those that are not shown? */
static int alarm_in(const struct tab *v, int from, int to)
{
	while (from < to)
		if (v[from++].alarm)
			return 1;
	return 0;
}

static int draw_more(struct canvas *c, int x, int y, const char *s, int alarm)
{
	int w = canvas_text(c, x, y, ST_DIM, s);

	return alarm ? w + canvas_text(c, x + w, y, ST_BAD, "!") : w;
}

/* Whole ones only; that there are more is said at the ends, and an alarm among
 * them too. */
void tabs_draw(
	struct canvas *c, int y, const struct tab *v, int n, int at, int *x)
{
	int i, w, more, sum = 0, from = 0, pos = 0;

	for (i = 0; i < n; i++) {
		sum += tab_cells(&v[i], i == at);
		if (x)
			x[i] = c->w;
	}
	if (sum > c->w) {
		from = first_tab(v, at, c->w - (at < n - 1 ? 4 : 2));
		if (from)
			pos = draw_more(c, 0, y, "<", alarm_in(v, 0, from));
	}
	for (i = from; i < n; i++) {
		w = tab_cells(&v[i], i == at);
		more = i == n - 1 ? 0 : 1 + alarm_in(v, i + 1, n);
		if (i > from && pos + w + more > c->w)
			break;
		if (x)
			x[i] = pos;
		draw_tab(c, pos, y, &v[i], i == at);
		pos += w;
	}
	if (i < n)
		draw_more(c, pos, y, ">", alarm_in(v, i, n));
}
