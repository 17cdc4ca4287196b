/* SPDX-License-Identifier: MIT */
/*
 * Drawing. Every text passes the gate here, every width is ours, and whatever
 * does not lie inside of the canvas is dropped. Where frames of neighbours
 * share a line, box glyphs are joined, titles stay, and the focused one wins,
 * whatever the order of drawing.
 */
#include "galley/ui/canvas.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"
#include "galley/base/utf8.h"

const struct glyphs glyphs_ascii = {.border = BORDER_ASCII};

struct canvas canvas_of(struct grid *g, const struct glyphs *glyphs)
{
	return (struct canvas){
		.grid = g, .w = g->w, .h = g->h, .glyphs = glyphs};
}

/* [at, at + len) within [0, room); len < 0: to the edge. */
static void clip(int *at, int *len, int room)
{
	long long from = *at, to = *len < 0 ? room : from + *len;

	if (from < 0)
		from = 0;
	if (from > room)
		from = room;
	if (to > room)
		to = room;
	*at = (int)from;
	*len = to > from ? (int)(to - from) : 0;
}

struct canvas canvas_sub(const struct canvas *c, int x, int y, int w, int h)
{
	struct canvas sub = *c;

	clip(&x, &w, c->w);
	clip(&y, &h, c->h);
	sub.x += x;
	sub.y += y;
	sub.w = w;
	sub.h = h;
	return sub;
}

void canvas_fill(struct canvas *c, int x, int y, int w, int h, unsigned style)
{
	int j;

	clip(&x, &w, c->w);
	clip(&y, &h, c->h);
	for (j = y; j < y + h; j++)
		grid_blank(c->grid, c->x + x, c->y + j, w, style | c->style);
}

void canvas_clear(struct canvas *c, unsigned style)
{
	canvas_fill(c, 0, 0, c->w, c->h, style);
}

/* Where text goes: a place that moves to the right. */
struct pen {
	struct canvas *c;
	int x, y;
	unsigned style;
	int link;
};

/* A piece of one or two cells, or the spaces that are left of it. */
static void put_piece(struct pen *p, const char *t, size_t len, int cells)
{
	struct canvas *c = p->c;
	int i;

	if (p->x >= 0 && p->x + cells <= c->w) {
		grid_put(c->grid, c->x + p->x, c->y + p->y, t, len, cells,
			p->style, p->link);
	} else {
		for (i = p->x; i < p->x + cells; i++) {
			if (i >= 0 && i < c->w)
				grid_put(c->grid, c->x + i, c->y + p->y, " ", 1,
					1, p->style, p->link);
		}
	}
	p->x += cells;
}

/* A cluster of more than two cells (old Hangul, some Indic syllables) is more
 * than a cell can hold: its code points stand side by side. */
static void put_long(struct pen *p, const char *t, size_t len)
{
	size_t i = 0, n;
	uint32_t cp;
	int cells;

	while (i < len) {
		n = utf8_decode(t + i, len - i, &cp);
		cells = utf8_width(cp);
		if (cells)
			put_piece(p, t + i, n, cells);
		i += n;
	}
}

static void put_gated(struct pen *p, const char *s, size_t len)
{
	size_t i = 0, n, cells;

	while (i < len) {
		n = utf8_common(s + i, len - i);
		cells = n > 1 ? 2 : 1;
		if (!n || !utf8_begins(s + i + n, len - i - n))
			n = utf8_next(s + i, len - i, &cells);
		if (cells == 1 || cells == 2)
			put_piece(p, s + i, n, (int)cells);
		else if (cells)
			put_long(p, s + i, n);
		i += n;
	}
}

static int is_plain(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if ((unsigned char)s[i] < 0x20 || (unsigned char)s[i] >= 0x7f)
			return 0;
	}
	return 1;
}

/* Nothing but ASCII and Han: the gate would change none of it. */
static int is_common(const char *s, size_t len)
{
	size_t i, n;

	for (i = 0; i < len; i += n) {
		n = utf8_common(s + i, len - i);
		if (!n)
			return 0;
	}
	return 1;
}

/* Text that may be shown. Most is plain: a byte is a character and a cell, no
 * rule need be asked. */
struct shown {
	const char *s;
	size_t len;
	int plain;
	struct buf b; /* a copy of what is not */
};

static struct shown shown(const char *s, size_t len)
{
	struct shown t = {s, len, is_plain(s, len), BUF_INIT};

	if (t.plain || is_common(s, len))
		return t;
	text_gate(&t.b, s, len, GATE_LINE);
	t.s = buf_str(&t.b);
	t.len = t.b.len;
	return t;
}

static size_t cells_of(const struct shown *t)
{
	return t->plain ? t->len : utf8_cells(t->s, t->len);
}

static void put_plain(struct pen *p, const char *s, size_t len)
{
	int from = p->x < 0 ? -p->x : 0;
	int to = len < (size_t)INT_MAX / 2 ? (int)len : INT_MAX / 2;

	len = (size_t)to;
	if (to > p->c->w - p->x)
		to = p->c->w - p->x;
	if (to > from)
		grid_put_ascii(p->c->grid, p->c->x + p->x + from,
			p->c->y + p->y, s + from, to - from, p->style, p->link);
	p->x += (int)len;
}

/* The first `len` bytes of it. */
static void put_shown(struct pen *p, const struct shown *t, size_t len)
{
	if (t->plain)
		put_plain(p, t->s, len);
	else
		put_gated(p, t->s, len);
}

static int draw(struct canvas *c, int x, int y, unsigned style, int link,
	const char *s, size_t len)
{
	struct pen p = {.c = c, .x = x, .y = y, .link = link};
	struct shown t = shown(s, len);
	int took;

	p.style = style | c->style;
	if (y >= 0 && y < c->h) {
		put_shown(&p, &t, t.len);
		took = p.x - x;
	} else {
		took = (int)cells_of(&t);
	}
	buf_fini(&t.b);
	if (took > c->w - x)
		took = c->w - x;
	return took > 0 ? took : 0;
}

int canvas_textn(struct canvas *c, int x, int y, unsigned style, const char *s,
	size_t len)
{
	return draw(c, x, y, style, 0, s, len);
}

int canvas_text(struct canvas *c, int x, int y, unsigned style, const char *s)
{
	return draw(c, x, y, style, 0, s, strlen(s));
}

int canvas_link(struct canvas *c, int x, int y, unsigned style, const char *s,
	const char *address)
{
	return draw(c, x, y, style, grid_link(c->grid, address), s, strlen(s));
}

int canvas_printf(
	struct canvas *c, int x, int y, unsigned style, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;
	int took;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	took = canvas_textn(c, x, y, style, buf_str(&b), b.len);
	buf_fini(&b);
	return took;
}

static const char *more_mark(const struct canvas *c)
{
	return c->glyphs->border == BORDER_LINE && utf8_ambiguous_cells == 1
		       ? "…"
		       : "+";
}

static size_t fit(const struct shown *t, int w)
{
	if (t->plain)
		return t->len < (size_t)w ? t->len : (size_t)w;
	return utf8_fit(t->s, t->len, (size_t)w, NULL);
}

/* Draws a text in w > 0 cells, cut with a mark. */
static void slot(struct pen *p, int w, const struct shown *t)
{
	const char *mark;

	if (fit(t, w) == t->len) {
		put_shown(p, t, t->len);
		return;
	}
	put_shown(p, t, fit(t, w - 1));
	mark = more_mark(p->c);
	put_piece(p, mark, strlen(mark), 1);
}

int canvas_slot(struct canvas *c, int x, int y, int w, unsigned style,
	const char *s, int pad)
{
	struct pen p = {.c = c, .x = x, .y = y, .style = style | c->style};
	struct shown t;

	/* what the edge would cut is cut with a mark */
	if (w > c->w - x)
		w = c->w - x;
	if (w <= 0 || y < 0 || y >= c->h)
		return 0;
	t = shown(s, strlen(s));
	slot(&p, w, &t);
	buf_fini(&t.b);
	if (!pad)
		return p.x - x;
	canvas_fill(c, p.x, y, x + w - p.x, 1, style);
	return w;
}

int canvas_right(
	struct canvas *c, int x, int y, int w, unsigned style, const char *s)
{
	int cells = text_cells(s);

	if (cells > w)
		cells = w;
	canvas_fill(c, x, y, w - cells > 0 ? w - cells : 0, 1, style);
	return canvas_slot(c, x + w - cells, y, cells, style, s, 0);
}

/* Cells of a row that are inside, as a stretch of the grid; NULL none. */
static struct cell *stretch(struct canvas *c, int x, int y, int *w)
{
	clip(&x, w, c->w);
	if (y < 0 || y >= c->h || !*w)
		return NULL;
	return grid_at(c->grid, c->x + x, c->y + y);
}

void canvas_tint(struct canvas *c, int x, int y, int w, unsigned flags)
{
	struct cell *cell = stretch(c, x, y, &w);
	int i;

	for (i = 0; cell && i < w; i++)
		cell[i].style |= (uint16_t)(flags & ~0xffu);
}

void canvas_restyle(struct canvas *c, int x, int y, int w, unsigned style)
{
	struct cell *cell = stretch(c, x, y, &w);
	int i;

	for (i = 0; cell && i < w; i++)
		cell[i].style = (uint16_t)((cell[i].style & ~0xffu) | style);
}

/* --- frames ----------------------------------------------------------------
 */

/* Box glyphs: how strong the arms up, down, left, right are (0 none, 1 single,
 * 2 double). Source: Unicode chart U+2500. */
static const struct box {
	char t[4];
	uint8_t u, d, l, r;
} boxes[] = {
	{"─", 0, 0, 1, 1},
	{"│", 1, 1, 0, 0},
	{"┌", 0, 1, 0, 1},
	{"┐", 0, 1, 1, 0},
	{"└", 1, 0, 0, 1},
	{"┘", 1, 0, 1, 0},
	{"├", 1, 1, 0, 1},
	{"┤", 1, 1, 1, 0},
	{"┬", 0, 1, 1, 1},
	{"┴", 1, 0, 1, 1},
	{"┼", 1, 1, 1, 1},
	{"═", 0, 0, 2, 2},
	{"║", 2, 2, 0, 0},
	{"╔", 0, 2, 0, 2},
	{"╗", 0, 2, 2, 0},
	{"╚", 2, 0, 0, 2},
	{"╝", 2, 0, 2, 0},
	{"╠", 2, 2, 0, 2},
	{"╣", 2, 2, 2, 0},
	{"╦", 0, 2, 2, 2},
	{"╩", 2, 0, 2, 2},
	{"╬", 2, 2, 2, 2},
	{"╒", 0, 1, 0, 2},
	{"╓", 0, 2, 0, 1},
	{"╕", 0, 1, 2, 0},
	{"╖", 0, 2, 1, 0},
	{"╘", 1, 0, 0, 2},
	{"╙", 2, 0, 0, 1},
	{"╛", 1, 0, 2, 0},
	{"╜", 2, 0, 1, 0},
	{"╞", 1, 1, 0, 2},
	{"╟", 2, 2, 0, 1},
	{"╡", 1, 1, 2, 0},
	{"╢", 2, 2, 1, 0},
	{"╤", 0, 1, 2, 2},
	{"╥", 0, 2, 1, 1},
	{"╧", 1, 0, 2, 2},
	{"╨", 2, 0, 1, 1},
	{"╪", 1, 1, 2, 2},
	{"╫", 2, 2, 1, 1},
};

static const struct box *box_of(const struct cell *c)
{
	size_t i;

	if (c->len != 3)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(boxes); i++) {
		if (!memcmp(boxes[i].t, c->t, 3))
			return boxes + i;
	}
	return NULL;
}

static uint8_t stronger(uint8_t a, uint8_t b)
{
	return a > b ? a : b;
}

/* No glyph has a single arm to the left and a double one to the right, or
 * likewise up and down: then both are double. */
static void level(uint8_t *a, uint8_t *b)
{
	if (*a && *b)
		*a = *b = stronger(*a, *b);
}

static struct box box_with(uint8_t u, uint8_t d, uint8_t l, uint8_t r)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(boxes) - 1; i++) {
		if (boxes[i].u == u && boxes[i].d == d && boxes[i].l == l &&
			boxes[i].r == r)
			break;
	}
	return boxes[i];
}

static struct box box_join(struct box want, const struct box *there)
{
	if (!there)
		return want;
	want.u = stronger(want.u, there->u);
	want.d = stronger(want.d, there->d);
	want.l = stronger(want.l, there->l);
	want.r = stronger(want.r, there->r);
	level(&want.u, &want.d);
	level(&want.l, &want.r);
	return box_with(want.u, want.d, want.l, want.r);
}

static char ascii_join(struct box want, const struct cell *there)
{
	char old = there->len == 1 ? there->t[0] : ' ';
	int upright = want.u || want.d, flat = want.l || want.r;
	char new = upright &&flat ? '+' : upright ? '|' : '-';

	if (new == '-' && (want.l == 2 || want.r == 2))
		new = '=';
	if (new == '+' || old == '+' || (old == '|' && new != '|') ||
		((old == '-' || old == '=') && new == '|'))
		return '+';
	return old == '=' ? old : new;
}

static int is_border(enum style role)
{
	return role == ST_FRAME || role == ST_FRAME_FOCUS;
}

/* One cell of a border: joined with a border that is there already. */
static void put_border(
	struct canvas *c, int x, int y, const struct box *want, unsigned style)
{
	static const struct cell none;
	const struct cell *there;
	enum style role;
	struct box joined;
	char ascii;

	if (x < 0 || y < 0 || x >= c->w || y >= c->h)
		return;
	x += c->x;
	y += c->y;
	there = grid_get(c->grid, x, y);
	role = ST_ROLE(there->style);
	if (role == ST_TITLE || role == ST_TITLE_FOCUS)
		return;
	if (role == ST_FRAME_FOCUS)
		style = ST_FRAME_FOCUS;
	style |= c->style;
	if (c->glyphs->border == BORDER_LINE) {
		if (is_border(role) && memcmp(there->t, want->t, 3) != 0) {
			joined = box_join(*want, box_of(there));
			want = &joined;
		}
		grid_put(c->grid, x, y, want->t, 3, 1, style, 0);
		return;
	}
	ascii = ascii_join(*want, is_border(role) ? there : &none);
	grid_put(c->grid, x, y, &ascii, 1, 1, style, 0);
}

void canvas_hline(struct canvas *c, int x, int y, int w, unsigned style)
{
	uint8_t k = ST_ROLE(style) == ST_FRAME_FOCUS ? 2 : 1;
	struct box line = box_with(0, 0, k, k);
	int i;

	clip(&x, &w, c->w);
	for (i = x; i < x + w; i++)
		put_border(c, i, y, &line, style);
}

void canvas_vline(struct canvas *c, int x, int y, int h, unsigned style)
{
	uint8_t k = ST_ROLE(style) == ST_FRAME_FOCUS ? 2 : 1;
	struct box line = box_with(k, k, 0, 0);
	int i;

	clip(&y, &h, c->h);
	for (i = y; i < y + h; i++)
		put_border(c, x, i, &line, style);
}

static void frame_lines(struct canvas *c, uint8_t k, unsigned style)
{
	const struct box corners[] = {box_with(0, k, 0, k),
		box_with(0, k, k, 0), box_with(k, 0, 0, k),
		box_with(k, 0, k, 0)};
	int r = c->w - 1, b = c->h - 1;

	canvas_hline(c, 1, 0, r > 1 ? r - 1 : 0, style);
	canvas_hline(c, 1, b, r > 1 ? r - 1 : 0, style);
	canvas_vline(c, 0, 1, b > 1 ? b - 1 : 0, style);
	canvas_vline(c, r, 1, b > 1 ? b - 1 : 0, style);
	put_border(c, 0, 0, &corners[0], style);
	put_border(c, r, 0, &corners[1], style);
	put_border(c, 0, b, &corners[2], style);
	put_border(c, r, b, &corners[3], style);
}

/* " text " in at most w cells at x; nothing when there is no room. */
static int frame_text(
	struct canvas *c, int x, int w, unsigned style, const char *s)
{
	int took;

	if (w < 3)
		return 0;
	canvas_text(c, x, 0, style, " ");
	took = canvas_slot(c, x + 1, 0, w - 2, style, s, 0);
	canvas_text(c, x + 1 + took, 0, style, " ");
	return took + 2;
}

struct canvas canvas_frame(
	struct canvas *c, int focused, const char *title, const char *note)
{
	unsigned style = focused ? ST_FRAME_FOCUS : ST_FRAME;
	unsigned text = focused ? ST_TITLE_FOCUS : ST_TITLE;
	int room = c->w - 4, took = 0, cells;

	frame_lines(c, focused ? 2 : 1, style);
	if (title && *title)
		took = frame_text(c, 2, room, text, title);
	cells = note && *note ? text_cells(note) + 2 : 0;
	/* a line stands between: else it reads as one text */
	if (cells && took + cells + 1 <= room)
		frame_text(c, c->w - 2 - cells, cells, text, note);
	return canvas_sub(
		c, 1, 1, c->w > 2 ? c->w - 2 : 0, c->h > 2 ? c->h - 2 : 0);
}

const char *slot_pick(int w, const char *const *texts, int n)
{
	int i;

	for (i = 0; i < n - 1; i++) {
		if (text_cells(texts[i]) <= w)
			break;
	}
	return texts[i];
}

int text_cells(const char *s)
{
	struct shown t = shown(s, strlen(s));
	int cells = (int)cells_of(&t);

	buf_fini(&t.b);
	return cells;
}
