/* SPDX-License-Identifier: MIT */
/*
 * The cells of a screen in memory. Keeps one promise for those who turn grids
 * into bytes: a wide cluster is always whole (its right half follows it), and
 * unused bytes of a cell are zero, so that rows can be compared as memory. It
 * does not gate text, it asserts that somebody did.
 */
#include "galley/ui/grid.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"
#include "galley/base/utf8.h"

#define MAX_SIDE  1000
#define MAX_LINKS 4000
#define SLOTS	  8192 /* a power of two, about twice MAX_LINKS */

static uint64_t drawings; /* so far, in all grids */
static const struct cell blank = {.t = " ", .len = 1, .width = 1};

static void forget_links(struct grid *g)
{
	int i;

	for (i = 1; i < g->n_links; i++)
		free(g->links[i]);
	if (g->n_links > 1)
		memset(g->link_slots, 0, SLOTS * sizeof(*g->link_slots));
	g->n_links = 1;
}

static void make_cells(struct grid *g, int w, int h)
{
	assert(w >= 1 && w <= MAX_SIDE && h >= 1 && h <= MAX_SIDE);
	g->w = w;
	g->h = h;
	g->cells = xreallocarray(
		g->cells, (size_t)w * (size_t)h, sizeof(*g->cells));
	g->drawn = xreallocarray(g->drawn, (size_t)h, sizeof(*g->drawn));
	grid_clear(g);
}

struct grid *grid_new(int w, int h)
{
	struct grid *g = xcalloc(1, sizeof(*g));

	g->links = xcalloc(1, sizeof(*g->links));
	g->n_links = 1;
	make_cells(g, w, h);
	return g;
}

void grid_free(struct grid *g)
{
	if (!g)
		return;
	forget_links(g);
	free(g->links);
	free(g->link_slots);
	free(g->cells);
	free(g->drawn);
	free(g);
}

void grid_resize(struct grid *g, int w, int h)
{
	make_cells(g, w, h);
}

void grid_clear(struct grid *g)
{
	size_t i, n = (size_t)g->w * (size_t)g->h;
	int y;

	for (i = 0; i < n; i++)
		g->cells[i] = blank;
	for (y = 0; y < g->h; y++)
		g->drawn[y] = ++drawings;
	forget_links(g);
}

void grid_copy(struct grid *g, const struct grid *from)
{
	int i;

	if (g->w != from->w || g->h != from->h)
		make_cells(g, from->w, from->h);
	memcpy(g->cells, from->cells,
		(size_t)g->w * (size_t)g->h * sizeof(*g->cells));
	memcpy(g->drawn, from->drawn, (size_t)g->h * sizeof(*g->drawn));
	forget_links(g);
	for (i = 1; i < from->n_links; i++)
		(void)grid_link(g, from->links[i]);
}

int grid_same(const struct grid *a, const struct grid *b, int *x, int *y)
{
	int i, n = a->w * a->h;

	if (a->w != b->w || a->h != b->h)
		return 0;
	for (i = 0; i < n; i++)
		if (memcmp(&a->cells[i], &b->cells[i],
			    offsetof(struct cell, link)) != 0) {
			*x = i % a->w;
			*y = i / a->w;
			return 0;
		}
	return 1;
}

struct cell *grid_at(struct grid *g, int x, int y)
{
	assert(x >= 0 && x < g->w && y >= 0 && y < g->h);
	g->drawn[y] = ++drawings;
	return g->cells + (size_t)y * (size_t)g->w + x;
}

const struct cell *grid_get(const struct grid *g, int x, int y)
{
	assert(x >= 0 && x < g->w && y >= 0 && y < g->h);
	return g->cells + (size_t)y * (size_t)g->w + x;
}

/* A space that keeps its style; a link does not open from half a letter. */
static void make_space(struct cell *c)
{
	uint16_t style = c->style;

	*c = blank;
	c->style = style;
}

/* Before the cell at x gets something else: its other half has no meaning. */
static void cut_at(struct grid *g, int x, int y)
{
	struct cell *c = grid_at(g, x, y);

	if (!c->width && x > 0)
		make_space(c - 1);
	if (c->width == 2 && x + 1 < g->w)
		make_space(c + 1);
}

/* Whole code points in at most CELL_BYTES. */
static size_t cut_cluster(const char *t, size_t len)
{
	size_t i = 0, n;
	uint32_t cp;

	if (len <= CELL_BYTES)
		return len;
	while (i < len) {
		n = utf8_decode(t + i, len - i, &cp);
		if (i + n > CELL_BYTES)
			break;
		i += n;
	}
	return i;
}

void grid_put(struct grid *g, int x, int y, const char *t, size_t len,
	int width, unsigned style, int link)
{
	struct cell *c;

	assert(len && (unsigned char)t[0] >= 0x20 && t[0] != 0x7f);
	assert(width == 1 || width == 2);
	assert(link >= 0 && link < g->n_links);
	if (x < 0 || x >= g->w || y < 0 || y >= g->h)
		return;
	if (x + width > g->w) {
		t = " ";
		len = 1;
		width = 1;
	}
	c = grid_at(g, x, y);
	if (c->width != 1)
		cut_at(g, x, y);
	if (width == 2)
		cut_at(g, x + 1, y);
	*c = (struct cell){.style = (uint16_t)style, .link = (uint16_t)link};
	if (width == 2)
		c[1] = *c;
	c->width = (uint8_t)width;
	c->len = (uint8_t)cut_cluster(t, len);
	if (len == 3) /* one of them nearly always: it takes no call */
		memcpy(c->t, t, 3);
	else if (len == 1)
		c->t[0] = t[0];
	else
		memcpy(c->t, t, c->len);
}

/* Makes room for `w` cells from x on, as many as are inside; NULL none. */
static struct cell *make_room(struct grid *g, int *x, int y, int *w)
{
	if (*x < 0) {
		*w += *x;
		*x = 0;
	}
	if (*w > g->w - *x)
		*w = g->w - *x;
	if (*w <= 0 || y < 0 || y >= g->h)
		return NULL;
	cut_at(g, *x, y);
	cut_at(g, *x + *w - 1, y);
	return grid_at(g, *x, y);
}

void grid_put_ascii(struct grid *g, int x, int y, const char *s, int n,
	unsigned style, int link)
{
	struct cell one = {.len = 1, .width = 1}, *c;
	int i, from = x;

	assert(link >= 0 && link < g->n_links);
	c = make_room(g, &x, y, &n);
	if (!c)
		return;
	one.style = (uint16_t)style;
	one.link = (uint16_t)link;
	s += x - from;
	for (i = 0; i < n; i++) {
		assert((unsigned char)s[i] >= 0x20 && s[i] != 0x7f);
		c[i] = one;
		c[i].t[0] = s[i];
	}
}

void grid_blank(struct grid *g, int x, int y, int w, unsigned style)
{
	struct cell one = blank, *c = make_room(g, &x, y, &w);
	int i;

	if (!c)
		return;
	one.style = (uint16_t)style;
	for (i = 0; i < w; i++)
		c[i] = one;
}

static unsigned hash(const char *s)
{
	unsigned h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h ^ h >> 15;
}

int grid_link(struct grid *g, const char *address)
{
	unsigned i = hash(address) % SLOTS;
	int at;

	if (!g->link_slots)
		g->link_slots = xcalloc(SLOTS, sizeof(*g->link_slots));
	for (; (at = g->link_slots[i]) != 0; i = (i + 1) % SLOTS) {
		if (!strcmp(g->links[at], address))
			return at;
	}
	if (g->n_links >= MAX_LINKS)
		return 0;
	at = g->n_links++;
	/* grows by doubling: at 1, 2, 4 ... links */
	if (!(at & (at - 1)))
		g->links = xreallocarray(
			g->links, (size_t)at * 2, sizeof(*g->links));
	g->links[at] = xstrdup(address);
	g->link_slots[i] = (uint16_t)at;
	return at;
}

void grid_text(const struct grid *g, struct buf *out)
{
	const struct cell *c;
	int x, y;

	for (y = 0; y < g->h; y++) {
		for (x = 0; x < g->w; x++) {
			c = grid_get(g, x, y);
			buf_add(out, c->t, c->len);
		}
		buf_addc(out, '\n');
	}
}

void grid_styles(const struct grid *g, struct buf *out)
{
	int x, y;

	for (y = 0; y < g->h; y++) {
		for (x = 0; x < g->w; x++)
			buf_addc(out, style_letter(grid_get(g, x, y)->style));
		buf_addc(out, '\n');
	}
}
