/* SPDX-License-Identifier: MIT */
/*
 * Numbers as pictures: in braille or blocks where the terminal has proved
 * them, else in ASCII that says the same more coarsely. Numbers that are none
 * leave a gap.
 */
#include "galley/ui/widget.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"
#include "galley/base/utf8.h"

static const char ascii_levels[] = " .:-=+*#";

static double clamp01(double v)
{
	return v > 0 ? v < 1 ? v : 1 : 0;
}

static void put_cp(struct canvas *c, int x, int y, unsigned style, uint32_t cp)
{
	char s[4];
	size_t n = utf8_encode(cp, s);

	canvas_textn(c, x, y, style, s, n);
}

/* 0..8 eighths of a cell from below. */
static void put_level(struct canvas *c, int x, int y, unsigned style, int eight)
{
	if (!eight)
		put_cp(c, x, y, style, ' ');
	else if (c->glyphs->blocks)
		put_cp(c, x, y, style, 0x2580 + (uint32_t)eight);
	else
		put_cp(c, x, y, style,
			(uint32_t)ascii_levels[eight < 8 ? eight : 7]);
}

/* The largest of the values that fall into cell i; NAN when there is none. */
static double peak(const double *v, int n, int w, int i)
{
	int from = n > w ? (int)((int64_t)i * n / w) : i;
	int to = n > w ? (int)((int64_t)(i + 1) * n / w) : i + 1;
	double best = NAN;

	for (; from < to && from < n; from++)
		if (isfinite(v[from]) && !(v[from] <= best))
			best = v[from];
	return best;
}

void spark_draw(struct canvas *c, int x, int y, int w, const double *v, int n,
	double max, unsigned style)
{
	double one;
	int i, eight;

	for (i = 0; i < n && !(max > 0); i++)
		if (isfinite(v[i]) && v[i] > 0)
			max = peak(v, n, 1, 0);
	for (i = 0; i < w && i < n; i++) {
		one = peak(v, n, w, i);
		eight = 0;
		if (one > 0 && max > 0)
			eight = (int)(clamp01(one / max) * 7.999) + 1;
		put_level(c, x + i, y, style, eight);
	}
}

void bar_draw(struct canvas *c, int x, int y, int w, double value, double max,
	double limit, unsigned style)
{
	int full = 0, mark = -1, i;
	uint32_t on = c->glyphs->blocks ? 0x2588 : '#';

	if (max > 0 && isfinite(value))
		full = (int)(clamp01(value / max) * w + 0.5);
	if (!full && value > 0 && w > 0)
		full = 1; /* a little is not nothing */
	if (max > 0 && limit >= 0 && w > 0) {
		mark = (int)(clamp01(limit / max) * w);
		mark = mark < w ? mark : w - 1;
	}
	for (i = 0; i < w; i++) {
		if (i == mark)
			put_cp(c, x + i, y, ST_STRONG, '|');
		else
			put_cp(c, x + i, y, i < full ? style : ST_DIM,
				i < full ? on : '.');
	}
}

/* --- curves -----------------------------------------------------------------
 */

/* Dots of w x h; the picture of a cell is made of those in it. */
struct dots {
	int w, h;
	unsigned char *on;
};

static void dot(struct dots *d, int x, int y)
{
	if (x >= 0 && x < d->w && y >= 0 && y < d->h)
		d->on[y * d->w + x] = 1;
}

/* v * i / n, to the nearest. */
static int part(int v, int i, int n)
{
	int twice = 2 * v * i;

	return (twice + (v < 0 ? -n : n)) / (2 * n);
}

/* Every column between two points has a dot, and no step upwards a gap. */
static void dot_line(struct dots *d, int x0, int y0, int x1, int y1)
{
	int dx = abs(x1 - x0), dy = abs(y1 - y0), n = dx > dy ? dx : dy, i;

	for (i = 0; i <= n; i++)
		dot(d, n ? x0 + part(x1 - x0, i, n) : x0,
			n ? y0 + part(y1 - y0, i, n) : y0);
}

static int place_x(const struct dots *d, double x)
{
	return (int)(clamp01(x) * (d->w - 1) + 0.5);
}

static int place_y(const struct dots *d, double y)
{
	return (int)((1 - clamp01(y)) * (d->h - 1) + 0.5);
}

static void dot_curve(struct dots *d, const struct plot_point *v, int n)
{
	int i, last = -1;

	for (i = 0; i < n; i++) {
		if (!isfinite(v[i].x) || !isfinite(v[i].y))
			continue;
		if (last < 0)
			last = i;
		dot_line(d, place_x(d, v[last].x), place_y(d, v[last].y),
			place_x(d, v[i].x), place_y(d, v[i].y));
		last = i;
	}
}

/* Source of the bits: Unicode, Braille Patterns. */
static uint32_t braille(const struct dots *d, int cx, int cy)
{
	static const unsigned char bit[4][2] = {
		{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
	uint32_t bits = 0;
	int x, y;

	for (y = 0; y < 4; y++)
		for (x = 0; x < 2; x++)
			if (d->on[(cy * 4 + y) * d->w + cx * 2 + x])
				bits |= bit[y][x];
	return bits ? 0x2800 + bits : 0;
}

/* A surface: the height of the curve in eighths. */
static uint32_t block(const struct dots *d, int cx, int cy)
{
	int top = 0, eight;

	while (top < d->h && !d->on[top * d->w + cx])
		top++;
	if (top == d->h)
		return 0;
	eight = (cy + 1) * 8 - top;
	return eight <= 0 ? 0 : 0x2580 + (uint32_t)(eight < 8 ? eight : 8);
}

/* High, middle or low in the cell; a steep one is a stroke. */
static uint32_t ascii(const struct dots *d, int cx, int cy)
{
	static const char sign[8] = {0, '\'', '-', '|', '.', '|', '|', '|'};
	int y, bits = 0;

	for (y = 0; y < 3; y++)
		if (d->on[(cy * 3 + y) * d->w + cx])
			bits |= 1 << y;
	return (uint32_t)sign[bits];
}

struct pen {
	int w, h; /* dots in a cell */
	uint32_t (*sign)(const struct dots *d, int cx, int cy);
};

static const struct pen *pen_for(const struct glyphs *g)
{
	static const struct pen pens[] = {
		{2, 4, braille}, {1, 8, block}, {1, 3, ascii}};

	return &pens[g->braille ? 0 : g->blocks ? 1 : 2];
}

static void draw_marks(struct canvas *c, const struct dots *d,
	const struct pen *pen, const struct plot_point *v, int n)
{
	int i, y;

	for (i = 0; i < n; i++) {
		if (!v[i].mark || !isfinite(v[i].x) || !isfinite(v[i].y))
			continue;
		y = place_y(d, v[i].y) / pen->h;
		/* on the top row there is no room above */
		canvas_slot(c, place_x(d, v[i].x) / pen->w, y ? y - 1 : 0, 1,
			ST_STRONG, v[i].mark, 0);
	}
}

void plot_draw(
	struct canvas *c, const struct plot_point *v, int n, unsigned style)
{
	const struct pen *pen = pen_for(c->glyphs);
	struct dots d = {.w = c->w * pen->w, .h = c->h * pen->h};
	int x, y;

	if (c->w < 1 || c->h < 1)
		return;
	d.on = xcalloc((size_t)d.w, (size_t)d.h);
	dot_curve(&d, v, n);
	for (y = 0; y < c->h; y++)
		for (x = 0; x < c->w; x++) {
			uint32_t cp = pen->sign(&d, x, y);

			if (cp)
				put_cp(c, x, y, style, cp);
		}
	draw_marks(c, &d, pen, v, n);
	free(d.on);
}
