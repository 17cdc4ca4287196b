/* SPDX-License-Identifier: MIT */
/*
 * Widths of a table's columns: who goes, who gets what it wants, who takes the
 * rest. Pure sums; rows are drawn by their owner.
 */
#include "galley/ui/widget.h"

#include "galley/base/mem.h"

/* Cells of all that are left at their minimum, with a space between. */
static int least(const struct column *v, int n, const int *out)
{
	int sum = 0, shown = 0, i;

	for (i = 0; i < n; i++) {
		if (out[i] < 0)
			continue;
		sum += v[i].min;
		shown++;
	}
	return shown ? sum + shown - 1 : 0;
}

/* Columns that nobody may drop are cut at the right edge. */
static void cut_last(int n, int w, int *out)
{
	int x = 0, i;

	for (i = 0; i < n; i++) {
		if (x + out[i] > w)
			out[i] = w > x ? w - x : 0;
		x += out[i] ? out[i] + 1 : 0;
	}
}

static int give_wanted(const struct column *v, int n, int left, int *out)
{
	int i, more;

	for (i = 0; i < n; i++) {
		more = v[i].want - v[i].min;
		if (!out[i] || more <= 0)
			continue;
		if (more > left)
			more = left;
		out[i] += more;
		left -= more;
	}
	return left;
}

static void give_rest(const struct column *v, int n, int left, int *out)
{
	int weights = 0, i, more;

	for (i = 0; i < n; i++)
		weights += out[i] ? v[i].weight : 0;
	/* each takes its part of what is left for it and those behind it */
	for (i = 0; i < n && weights > 0; i++) {
		if (!out[i] || !v[i].weight)
			continue;
		more = (int)((int64_t)left * v[i].weight / weights);
		out[i] += more;
		left -= more;
		weights -= v[i].weight;
	}
}

void columns_fit(const struct column *v, int n, int w, int *out)
{
	int i, worst, need;

	for (i = 0; i < n; i++)
		out[i] = 0;
	while ((need = least(v, n, out)) > w) {
		worst = -1;
		for (i = 0; i < n; i++)
			if (out[i] >= 0 && v[i].drop > 0 &&
				(worst < 0 || v[i].drop >= v[worst].drop))
				worst = i;
		if (worst < 0)
			break;
		out[worst] = -1;
	}
	for (i = 0; i < n; i++)
		out[i] = out[i] < 0 ? 0 : v[i].min;
	if (need > w)
		cut_last(n, w, out);
	else
		give_rest(v, n, give_wanted(v, n, w - need, out), out);
}

void columns_head(
	struct canvas *c, int y, const struct column *v, int n, const int *w)
{
	int i, x = 0;

	for (i = 0; i < n; i++) {
		if (!w[i])
			continue;
		if (v[i].right)
			canvas_right(c, x, y, w[i], ST_LABEL, v[i].title);
		else
			canvas_slot(c, x, y, w[i], ST_LABEL, v[i].title, 1);
		x += w[i] + 1;
	}
}
