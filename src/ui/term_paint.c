/* SPDX-License-Identifier: MIT */
/*
 * Two grids to bytes: what is shown and what shall be. Chooses the shorter one
 * among moves, changes of attributes, and between writing and erasing. It knows
 * what the terminal shows only by what it has written; where a glyph's width on
 * the terminal is not certain, the cursor's place counts as unknown after it
 * and its neighbour is written again.
 */
#include "term_priv.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"
#include "galley/base/utf8.h"

#define FLAGS	    4
#define STYLES	    (ST_COUNT << FLAGS)
#define PLAIN	    1
#define ALL_STYLES  0x1000 /* role and flags as a cell has them */
#define NO_STYLE    0xffff /* of cells as the terminal clears them */
#define MAX_SHOWN   3000   /* links that may gather before a fresh start */
#define NO_PLACE    (-1)
#define CHANGES	    64 /* of looks that are kept, a power of two */
#define GAP_CELLS   5 /* unchanged cells that are rather written than skipped */
#define ERASE_FROM  8 /* spaces */
#define REP_FROM    8 /* repetitions */
#define ERASE_BYTES 10 /* of a gap: erased and stepped over */
#define AHEAD_COST  7

static const struct look plain_look = {
	.fg = COLOR_DEFAULT, .bg = COLOR_DEFAULT};

struct known_look {
	struct look look;
	uint16_t blank; /* the number of what is seen of it on a space */
};

/* The bytes from one look to another: the same few come again and again. */
struct change {
	uint16_t from, to; /* numbers, 0 none */
	uint8_t len;
	char s[43];
};

struct painter {
	const struct caps *c;
	const struct term_facts *facts;
	struct look styles[STYLES];
	/* Looks that differ, by number: [0] is none, [PLAIN] as it is after a
	 * reset. `ids` are those of styles, on a glyph and on a space, as far
	 * as they were used. */
	struct known_look looks[2 * STYLES + 2];
	uint16_t n_looks, ids[2][ALL_STYLES];
	struct change changes[CHANGES];
	struct grid *shown; /* NULL: anything may be there */
	uint64_t *drawn;    /* the grid's numbers of the rows that it shows */
	struct cell *row;   /* of the new grid, its links numbered as ours */
	struct cell *old;   /* as it is shown */
	uint16_t *todo;	    /* of its cells: the look to write with, or 0 */
	struct buf *out;
	struct buf best, other; /* ways to somewhere, or to a look */
	/* of the terminal */
	int x, y;      /* NO_PLACE: unknown */
	unsigned look; /* a number */
	int link;
	int hidden;  /* -1 unknown */
	int painted; /* something was written in this frame */
};

struct painter *painter_new(
	const struct caps *c, const struct term_facts *facts)
{
	struct painter *p = xcalloc(1, sizeof(*p));

	p->c = c;
	p->facts = facts;
	painter_set_theme(p, NULL);
	return p;
}

void painter_free(struct painter *p)
{
	if (!p)
		return;
	grid_free(p->shown);
	free(p->drawn);
	free(p->row);
	free(p->todo);
	buf_fini(&p->best);
	buf_fini(&p->other);
	free(p);
}

static unsigned index_of(unsigned style)
{
	assert(ST_ROLE(style) < ST_COUNT);
	return ST_ROLE(style) << FLAGS | (style >> 8 & 15);
}

/* Without a theme something has to tell the cursor. */
static struct look bare_look(unsigned style)
{
	struct look look = plain_look;

	if (style & ST_ON_CURSOR)
		look.attrs |= LOOK_REVERSE;
	if (style & (ST_ON_MARK | ST_BOLD))
		look.attrs |= LOOK_BOLD;
	if (style & ST_UNDER)
		look.attrs |= LOOK_UNDER;
	return look;
}

/* Eight colours and no more: bold makes the bright ones, as on a PC's console.
 */
static struct look fit_look(const struct painter *p, struct look l)
{
	if (p->c->colors > 8 || (p->c->known & KNOWN_XTERM))
		return l;
	if (l.fg > 7 && l.fg < 16) {
		l.fg -= 8;
		l.attrs |= LOOK_BOLD;
	}
	if (l.bg > 7 && l.bg < 16)
		l.bg -= 8;
	return l;
}

void painter_set_theme(struct painter *p, const struct theme *theme)
{
	unsigned role, flags, style;

	for (role = 0; role < ST_COUNT; role++) {
		for (flags = 0; flags < 1 << FLAGS; flags++) {
			style = role | flags << 8;
			p->styles[role << FLAGS | flags] =
				fit_look(p, theme ? theme_look(theme, style,
							    p->facts->depth)
						  : bare_look(style));
		}
	}
	memset(p->ids, 0, sizeof(p->ids));
	memset(p->changes, 0, sizeof(p->changes));
	p->looks[PLAIN] =
		(struct known_look){.look = plain_look, .blank = PLAIN};
	p->ids[1][NO_STYLE % ALL_STYLES] = PLAIN;
	p->n_looks = PLAIN + 1;
	painter_forget(p);
}

void painter_forget(struct painter *p)
{
	grid_free(p->shown);
	p->shown = NULL;
	p->x = p->y = NO_PLACE;
	p->hidden = -1;
	p->link = 0;
}

/* --- looks -------------------------------------------------------------------
 */

static int same_look(struct look a, struct look b)
{
	return a.fg == b.fg && a.bg == b.bg && a.attrs == b.attrs;
}

static int is_blank(const struct cell *c)
{
	return c->len == 1 && c->t[0] == ' ';
}

/* What of a look is seen on a space. */
static struct look blank_look(struct look l)
{
	uint8_t seen = l.attrs & (LOOK_UNDER | LOOK_REVERSE);

	if (!seen)
		l.fg = COLOR_DEFAULT;
	l.attrs = seen;
	return l;
}

static uint16_t number_of(struct painter *p, struct look look)
{
	struct look blank = blank_look(look);
	uint16_t i;

	for (i = PLAIN; i < p->n_looks; i++) {
		if (same_look(p->looks[i].look, look))
			return i;
	}
	p->n_looks++;
	p->looks[i].look = look;
	p->looks[i].blank = same_look(look, blank) ? i : number_of(p, blank);
	return i;
}

/* A style is used for the first time. */
static uint16_t learn_look(struct painter *p, unsigned style, int on_space)
{
	struct look look = p->styles[index_of(style)];
	uint16_t id = number_of(p, look);

	if (on_space)
		id = p->looks[id].blank;
	return p->ids[on_space][style % ALL_STYLES] = id;
}

/* The number of the look a cell is written with: cells of one number are
 * alike. */
static inline uint16_t look_of(struct painter *p, const struct cell *c)
{
	int on_space = is_blank(c);
	uint16_t id = p->ids[on_space][c->style % ALL_STYLES];

	return id ? id : learn_look(p, c->style, on_space);
}

static void add_params(struct buf *b, unsigned one, unsigned two)
{
	buf_add_dec(b, one);
	buf_addc(b, ';');
	buf_add_dec(b, two);
}

/* Colour `c` as parameters of SGR; base 30 or 40. */
static void add_color(struct buf *b, int32_t c, unsigned base)
{
	if (c == COLOR_DEFAULT) {
		buf_add_dec(b, base + 9);
	} else if (c & COLOR_RGB) {
		add_params(b, base + 8, 2);
		buf_addc(b, ';');
		add_params(b, c >> 16 & 255, c >> 8 & 255);
		buf_addc(b, ';');
		buf_add_dec(b, c & 255);
	} else if (c < 8) {
		buf_add_dec(b, base + (unsigned)c);
	} else if (c > 15) {
		add_params(b, base + 8, 5);
		buf_addc(b, ';');
		buf_add_dec(b, (unsigned)c);
	} else {
		buf_add_dec(b, base + 60 + (unsigned)c - 8);
	}
}

static const struct {
	uint8_t attr;
	const char *on;
	enum cap cap;
} attr_codes[] = {
	{LOOK_BOLD, "1", CAP_BOLD},
	{LOOK_DIM, "2", CAP_DIM},
	{LOOK_ITALIC, "3", CAP_ITALIC},
	{LOOK_UNDER, "4", CAP_UNDER},
	{LOOK_REVERSE, "7", CAP_REVERSE},
};

static void add_sep(struct buf *b)
{
	if (b->len)
		buf_addc(b, ';');
}

/* Parameters that lead from `from` to a look that has all its attributes. */
static void add_more(struct buf *b, struct look from, struct look to)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(attr_codes); i++) {
		if (to.attrs & ~from.attrs & attr_codes[i].attr) {
			add_sep(b);
			buf_adds(b, attr_codes[i].on);
		}
	}
	if (to.fg != from.fg) {
		add_sep(b);
		add_color(b, to.fg, 30);
	}
	if (to.bg != from.bg) {
		add_sep(b);
		add_color(b, to.bg, 40);
	}
}

/* Takes away what `to` has not, one by one. */
static struct look add_less(struct buf *b, struct look from, struct look to)
{
	static const struct {
		uint8_t attrs;
		const char *off;
	} off[] = {{LOOK_BOLD | LOOK_DIM, "22"}, {LOOK_ITALIC, "23"},
		{LOOK_UNDER, "24"}, {LOOK_REVERSE, "27"}};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(off); i++) {
		if (from.attrs & ~to.attrs & off[i].attrs) {
			add_sep(b);
			buf_adds(b, off[i].off);
			from.attrs &= (uint8_t)~off[i].attrs;
		}
	}
	return from;
}

static void set_look_ansi(struct painter *p, struct look to)
{
	struct buf *step = &p->best, *anew = &p->other;
	const struct buf *best;

	buf_reset(step);
	buf_reset(anew);
	add_more(step, add_less(step, p->looks[p->look].look, to), to);
	add_more(anew, plain_look, to);
	/* an empty parameter is 0: everything off */
	best = anew->len + 1 < step->len || !step->len || p->c->colors < 8
		       ? anew
		       : step;
	buf_adds(p->out, "\033[");
	if (best == anew && anew->len)
		buf_addc(p->out, ';');
	buf_add(p->out, buf_str(best), best->len);
	buf_addc(p->out, 'm');
}

static void set_look_caps(struct painter *p, struct look to)
{
	size_t i;

	cap_add(p->out, p->c, CAP_RESET);
	for (i = 0; i < ARRAY_SIZE(attr_codes); i++) {
		if (to.attrs & attr_codes[i].attr)
			cap_add(p->out, p->c, attr_codes[i].cap);
	}
	if (to.fg >= 0)
		cap_add1(p->out, p->c, CAP_FG, to.fg);
	if (to.bg >= 0)
		cap_add1(p->out, p->c, CAP_BG, to.bg);
}

static void add_change(struct painter *p, unsigned to, struct change *kept)
{
	size_t from = p->out->len, len;

	if (p->c->ansi)
		set_look_ansi(p, p->looks[to].look);
	else
		set_look_caps(p, p->looks[to].look);
	len = p->out->len - from;
	if (len > sizeof(kept->s))
		return;
	*kept = (struct change){.from = (uint16_t)p->look,
		.to = (uint16_t)to,
		.len = (uint8_t)len};
	memcpy(kept->s, p->out->p + from, len);
}

static void set_look(struct painter *p, unsigned to)
{
	struct change *c = &p->changes[(p->look * 31 + to) % CHANGES];

	if (p->look == to)
		return;
	if (c->from == p->look && c->to == to)
		buf_add(p->out, c->s, c->len);
	else
		add_change(p, to, c);
	p->look = to;
}

static int may_be_in_link(const char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s <= 0x20 || (unsigned char)*s >= 0x7f)
			return 0;
	}
	return 1;
}

/* OSC 8; an address with anything but printable ASCII opens nothing. */
static void set_link(struct painter *p, int link)
{
	const char *address = link ? p->shown->links[link] : "";

	if (link == p->link || !p->facts->hyperlinks)
		return;
	if (!may_be_in_link(address))
		address = "";
	if (*address)
		buf_addf(p->out, "\033]8;id=g%d;%s\033\\", link, address);
	else
		buf_adds(p->out, "\033]8;;\033\\");
	p->link = link;
}

/* --- moves -------------------------------------------------------------------
 */

/* ESC [ n c or its shortest form. */
static void add_ansi_move(struct buf *b, int n, char final)
{
	buf_adds(b, "\033[");
	if (n != 1)
		buf_add_dec(b, (unsigned)n);
	buf_addc(b, final);
}

static void add_move(
	const struct painter *p, struct buf *b, enum cap cap, char final, int n)
{
	if (p->c->ansi)
		add_ansi_move(b, n, final);
	else
		cap_add1(b, p->c, cap, n);
}

static void add_cup(const struct painter *p, struct buf *b, int x, int y)
{
	if (!p->c->ansi) {
		cap_add2(b, p->c, CAP_CUP, y, x);
		return;
	}
	buf_adds(b, "\033[");
	if (x)
		add_params(b, (unsigned)y + 1, (unsigned)x + 1);
	else if (y)
		buf_add_dec(b, (unsigned)y + 1);
	buf_addc(b, 'H');
}

static int has_relative(const struct painter *p)
{
	return p->c->ansi || (p->c->s[CAP_UP] && p->c->s[CAP_DOWN] &&
				     p->c->s[CAP_LEFT] && p->c->s[CAP_RIGHT]);
}

static void add_rows(const struct painter *p, struct buf *b, int dy)
{
	int i;

	if (dy > 0 && dy <= 4 && p->c->down_lf) {
		for (i = 0; i < dy; i++)
			buf_addc(b, '\n');
	} else if (dy > 0) {
		add_move(p, b, CAP_DOWN, 'B', dy);
	} else if (dy < 0) {
		add_move(p, b, CAP_UP, 'A', -dy);
	}
}

static void add_cols(const struct painter *p, struct buf *b, int from, int to)
{
	int i;

	if (to > from) {
		add_move(p, b, CAP_RIGHT, 'C', to - from);
	} else if (from - to > 4) {
		add_move(p, b, CAP_LEFT, 'D', from - to);
	} else {
		for (i = to; i < from; i++)
			buf_addc(b, '\b');
	}
}

enum way { FROM_HERE, FROM_START, TO_COLUMN, WAYS };

/* 0: there is none that way. */
static int add_way(
	const struct painter *p, struct buf *b, enum way way, int x, int y)
{
	if (way == FROM_HERE && p->x == NO_PLACE)
		return 0;
	if (way == TO_COLUMN && !p->c->s[CAP_COLUMN])
		return 0;
	if (way == FROM_START)
		buf_addc(b, '\r');
	add_rows(p, b, y - p->y);
	if (way != TO_COLUMN)
		add_cols(p, b, way == FROM_START ? 0 : p->x, x);
	else if (p->c->ansi)
		add_ansi_move(b, x + 1, 'G');
	else
		cap_add1(b, p->c, CAP_COLUMN, x);
	return 1;
}

/* The shortest of: straight to the place; from here; from the row's start; to
 * the column. */
static void move_to(struct painter *p, int x, int y)
{
	struct buf *best = &p->best, *other = &p->other, *swap;
	int way;

	if (p->x == x && p->y == y)
		return;
	if (p->y == y && p->x != NO_PLACE && p->x < x && p->c->ansi) {
		add_ansi_move(p->out, x - p->x, 'C');
		p->x = x;
		return;
	}
	buf_reset(best);
	add_cup(p, best, x, y);
	for (way = 0; p->y != NO_PLACE && has_relative(p) && way < WAYS;
		way++) {
		buf_reset(other);
		if (add_way(p, other, (enum way)way, x, y) &&
			other->len < best->len) {
			swap = best;
			best = other;
			other = swap;
		}
	}
	buf_add(p->out, best->p, best->len);
	p->x = x;
	p->y = y;
}

/* --- cells -------------------------------------------------------------------
 */

/* Whether every terminal gives the cluster as many cells as we do. */
static int is_sure(const struct painter *p, const struct cell *c)
{
	const unsigned char *t = (const unsigned char *)c->t;
	unsigned cp;

	if (c->len <= 1)
		return 1;
	if (c->len != 3 || t[0] < 0xe0)
		return 0; /* few of the others are one wide character */
	cp = (t[0] & 15u) << 12 | (t[1] & 63u) << 6 | (t[2] & 63u);
	if (cp >= 0x4e00 && cp <= 0x9fff)
		return 1;
	if (cp >= 0x2500 && cp <= 0x257f)
		return p->facts->glyphs.border == BORDER_LINE;
	if (cp >= 0x2580 && cp <= 0x259f)
		return p->facts->glyphs.blocks;
	if (cp >= 0x2800 && cp <= 0x28ff)
		return p->facts->glyphs.braille;
	return (cp >= 0x3041 && cp <= 0x30ff) ||
	       (cp >= 0x3001 && cp <= 0x3011) ||
	       (cp >= 0xac00 && cp <= 0xd7a3) || (cp >= 0xff01 && cp <= 0xff60);
}

static inline int same_glyph(const struct cell *a, const struct cell *b)
{
	struct {
		uint64_t v[3];
		uint32_t w;
	} x, y;

	_Static_assert(offsetof(struct cell, style) == 28, "text, len, width");
	memcpy(&x, a, 28);
	memcpy(&y, b, 28);
	return !((x.v[0] ^ y.v[0]) | (x.v[1] ^ y.v[1]) | (x.v[2] ^ y.v[2]) |
		       (x.w ^ y.w)) &&
	       a->link == b->link;
}

static inline int same_cell(
	struct painter *p, const struct cell *a, const struct cell *b)
{
	return same_glyph(a, b) && (a->style == b->style || !a->width ||
					   look_of(p, a) == look_of(p, b));
}

/* What is to be done in the row; from its first cell on, w nothing. A cell and
 * its right half differ together. */
static int look_at_row(struct painter *p)
{
	int x, n, k, w = p->shown->w, from = w;

	for (x = 0; x < w; x += n) {
		const struct cell *new = p->row + x, *old = p->old + x;

		n = new->width == 2 ? 2 : 1;
		p->todo[x] = 0;
		for (k = 0; k < n; k++) {
			if (!same_cell(p, old + k, new + k))
				p->todo[x] = look_of(p, new);
		}
		if (n == 2)
			p->todo[x + 1] = p->todo[x];
		if (p->todo[x] && from == w)
			from = x;
	}
	return from;
}

/* Whether the cell at x is written as it is to be with the present look: on a
 * space, what is not seen may be as it likes. */
static int fits_look(const struct painter *p, int x, unsigned look)
{
	return look ==
	       (is_blank(p->row + x) ? p->looks[p->look].blank : p->look);
}

static void set_cell_look(struct painter *p, int x, unsigned look)
{
	if (!fits_look(p, x, look))
		set_look(p, look);
}

/* `n` cells from x on are written. A glyph whose width is not certain may be
 * drawn over its neighbour, or what was there before may have been: that one is
 * written anew. */
static void now_shown(struct painter *p, int x, int n)
{
	const struct cell *last = p->row + x + n - 1;
	int end = x + n;

	memset(p->todo + x, 0, (size_t)n * sizeof(*p->todo));
	if (end < p->shown->w && !(is_sure(p, last->width ? last : last - 1) &&
					 is_sure(p, p->old + end - 1)))
		p->todo[end] = look_of(p, p->row + end);
}

/* Three alike: perhaps there is a shorter way than writing each. */
static int is_run(const struct painter *p, int x, int to)
{
	const struct cell *c = p->row + x;

	return x + 3 <= to && c->width == 1 && c->t[0] == c[2].t[0] &&
	       c->style == c[2].style && same_glyph(c, c + 2);
}

/* Whether the cell at x, of which the one at `before` was written last, is
 * written right behind it. */
static int goes_on(const struct painter *p, int before, int x, int to)
{
	const struct cell *was = p->row + before, *c = p->row + x;

	return x < to && p->todo[x] && fits_look(p, x, p->todo[x]) &&
	       c->link == was->link && is_sure(p, was) &&
	       is_sure(p, p->old + x - 1) &&
	       (!is_run(p, x, to) || same_glyph(was, c));
}

/* Writes the cell at x and those after it that change too and take no other
 * look; how many. */
static int write_cells(struct painter *p, int x, int to)
{
	const struct cell *c;
	int i, next = x;

	set_link(p, p->row[x].link);
	set_cell_look(p, x, p->todo[x]);
	buf_grow(p->out, (size_t)(to - x + 1) * CELL_BYTES);
	do {
		i = next;
		c = p->row + i;
		/* what is too much is written over by the next */
		memcpy(p->out->p + p->out->len, c->t, CELL_BYTES);
		p->out->len += c->len;
		next += c->width == 2 ? 2 : 1;
	} while (goes_on(p, i, next, to));
	p->out->p[p->out->len] = '\0';
	/* On the last column terminals differ in where they are then. */
	p->x = next < p->shown->w && is_sure(p, c) ? next : NO_PLACE;
	return next - x;
}

/* How many cells from x on are the same glyph, written alike. */
static int run_of(struct painter *p, int x, int to)
{
	const struct cell *a = p->row + x;
	int n = 1;

	while (x + n < to && same_cell(p, a, a + n))
		n++;
	return n;
}

/* Spaces that erasing makes as well. */
static int can_erase(struct painter *p, const struct cell *c)
{
	const struct look *l;

	if (!is_blank(c) || c->link)
		return 0;
	l = &p->looks[look_of(p, c)].look;
	return !l->attrs && (l->bg == COLOR_DEFAULT || p->c->bce);
}

/* The blank at x, and what it is erased with. */
static void set_erase(struct painter *p, int x)
{
	set_link(p, 0);
	set_cell_look(p, x, look_of(p, p->row + x));
}

static void add_erase(struct painter *p, int n)
{
	add_move(p, p->out, CAP_ECH, 'X', n);
}

static int can_repeat(const struct painter *p, const struct cell *c)
{
	return c->len <= 1 ? p->c->rep != REP_NONE : p->c->rep == REP_ALL;
}

/* The run of cells at x by a shorter way than writing each: how many are done
 * then, 0 none. */
static int write_run(struct painter *p, int x, int to)
{
	const struct cell *c = p->row + x;
	int run, n = 1, w = p->shown->w;

	if (!is_run(p, x, to))
		return 0;
	run = run_of(p, x, to);
	while (n < run && p->todo[x + n])
		n++;
	if (n > 3 && x + run == w && can_erase(p, c) && p->c->s[CAP_EL]) {
		set_erase(p, x);
		cap_add(p->out, p->c, CAP_EL);
		return run;
	}
	if (n >= ERASE_FROM && can_erase(p, c) && p->c->s[CAP_ECH]) {
		set_erase(p, x);
		add_erase(p, n);
		return n;
	}
	if (can_repeat(p, c) && n >= REP_FROM && is_sure(p, c)) {
		set_link(p, c->link);
		set_cell_look(p, x, p->todo[x]);
		buf_add(p->out, c->t, c->len);
		buf_addf(p->out, "\033[%db", n - 1);
		p->x = x + n >= w ? NO_PLACE : x + n;
		return n;
	}
	return 0;
}

/* A row whose background changes is mostly gaps between words: the cells from x
 * on that all change, of glyphs whose place is certain, are erased in one go,
 * and the gaps stepped over. To where; x when it is not shorter. */
static int erase_ahead(struct painter *p, int x, int to)
{
	int e = x, gain = -AHEAD_COST, first = -1, i, n;

	while (e < to && p->todo[e] && is_sure(p, p->old + e))
		e++;
	for (i = x; i < e; i += n) {
		const struct cell *c = p->row + i;

		n = 1;
		if (!can_erase(p, c) ||
			(first >= 0 && !same_cell(p, p->row + first, c)))
			continue;
		first = first < 0 ? i : first;
		while (i + n < e && same_cell(p, p->row + first, c + n))
			n++;
		gain += n < ERASE_BYTES ? n : ERASE_BYTES;
		gain -= n < GAP_CELLS ? n : GAP_CELLS;
	}
	if (gain <= 0 || !p->c->s[CAP_ECH])
		return x;
	set_erase(p, first);
	add_erase(p, e - x);
	for (i = x; i < e; i++) {
		p->old[i] = p->row[first];
		if (same_cell(p, p->old + i, p->row + i))
			p->todo[i] = 0;
	}
	return e;
}

/* Whether the unchanged cells between here and x are cheaper written. */
static int gap_is_cheap(struct painter *p, int x)
{
	int i;

	if (p->x == NO_PLACE || x <= p->x || x - p->x > GAP_CELLS)
		return 0;
	for (i = p->x; i < x; i++) {
		const struct cell *c = &p->row[i];

		if (c->len != 1 || c->link != p->link ||
			!fits_look(p, i, look_of(p, c)))
			return 0;
	}
	return 1;
}

static void go_to(struct painter *p, int x, int y)
{
	if (p->y != y || !gap_is_cheap(p, x)) {
		move_to(p, x, y);
		return;
	}
	for (; p->x < x; p->x++)
		buf_addc(p->out, p->row[p->x].t[0]);
}

/* What is at x, perhaps with more after it; how many cells. */
static int paint_at(struct painter *p, int x, int y, int to)
{
	int n;

	go_to(p, x, y);
	n = write_run(p, x, to);
	if (!n)
		n = write_cells(p, x, to);
	now_shown(p, x, n);
	return n;
}

/* Look by look: with wide gaps between words, going back over the row is
 * shorter than changing the look at each. */
static void paint_by_look(struct painter *p, int x, int y, int to)
{
	int i, n, next;
	uint16_t look;

	for (; x < to; x = next) {
		look = 0;
		next = to;
		for (i = x; i < to; i += n) {
			n = 1;
			if (!p->todo[i])
				continue;
			if (!look)
				look = p->todo[i];
			if (p->todo[i] == look)
				n = paint_at(p, i, y, to);
			else if (next == to)
				next = i;
		}
	}
}

/* From the first cell that changes on. */
static void paint_row(struct painter *p, int x, int y)
{
	int n, to = p->shown->w, ahead;

	/* A terminal that wraps at once would scroll. */
	if (p->c->auto_wrap && !p->c->s[CAP_WRAP_OFF] && y == p->shown->h - 1)
		to--;
	if (x >= to)
		return;
	p->painted = 1;
	go_to(p, x, y);
	ahead = erase_ahead(p, x, to);
	paint_by_look(p, x, y, ahead);
	for (; x < to; x += n)
		n = p->todo[x] ? paint_at(p, x, y, to) : 1;
}

/* --- frames ------------------------------------------------------------------
 */

/* The new row with our numbers of links. */
static void take_row(struct painter *p, const struct grid *g, int y)
{
	int x, link;

	memcpy(p->row, grid_get(g, 0, y), (size_t)g->w * sizeof(*p->row));
	for (x = 0; g->n_links > 1 && x < g->w; x++) {
		link = p->row[x].link;
		if (link)
			p->row[x].link =
				(uint16_t)grid_link(p->shown, g->links[link]);
	}
}

static void begin_anew(struct painter *p, const struct grid *g)
{
	size_t i, n = (size_t)g->w * (size_t)g->h;

	painter_forget(p);
	p->shown = grid_new(g->w, g->h);
	for (i = 0; i < n; i++)
		p->shown->cells[i].style = NO_STYLE;
	p->row = xreallocarray(p->row, (size_t)g->w, sizeof(*p->row));
	p->drawn = xreallocarray(p->drawn, (size_t)g->h, sizeof(*p->drawn));
	memset(p->drawn, 0, (size_t)g->h * sizeof(*p->drawn));
	p->todo = xreallocarray(p->todo, (size_t)g->w, sizeof(*p->todo));
	if (p->facts->hyperlinks)
		buf_adds(p->out, "\033]8;;\033\\");
	cap_add(p->out, p->c, CAP_RESET);
	cap_add(p->out, p->c, CAP_CLEAR);
	p->look = PLAIN;
	p->x = p->y = 0;
	p->painted = 1;
}

static void paint(struct painter *p, const struct grid *g)
{
	size_t row = (size_t)g->w * sizeof(*p->row);
	int y;

	for (y = 0; y < g->h; y++) {
		if (p->drawn[y] == g->drawn[y])
			continue;
		p->drawn[y] = g->drawn[y];
		p->old = grid_at(p->shown, 0, y);
		take_row(p, g, y);
		if (!memcmp(p->old, p->row, row))
			continue;
		paint_row(p, look_at_row(p), y);
		memcpy(p->old, p->row, row);
	}
}

static void place_cursor(struct painter *p, int x, int y)
{
	int hide = x < 0 || y < 0 || x >= p->shown->w || y >= p->shown->h;

	if (!hide)
		move_to(p, x, y);
	if (hide == p->hidden)
		return;
	cap_add(p->out, p->c, hide ? CAP_HIDE : CAP_SHOW);
	p->hidden = hide;
}

void painter_show(
	struct painter *p, const struct grid *g, int x, int y, struct buf *out)
{
	static const char begin[] = "\033[?2026h", end[] = "\033[?2026l";
	size_t from = out->len, head = sizeof(begin) - 1;

	p->out = out;
	p->painted = 0;
	if (p->facts->sync_output)
		buf_add(out, begin, head);
	if (!p->shown || p->shown->w != g->w || p->shown->h != g->h ||
		p->shown->n_links > MAX_SHOWN)
		begin_anew(p, g);
	paint(p, g);
	/* links do not go on into what others write */
	set_link(p, 0);
	place_cursor(p, x, y);
	p->out = NULL;
	if (!p->facts->sync_output)
		return;
	if (p->painted) {
		buf_add(out, end, sizeof(end) - 1);
		return;
	}
	/* no more than the cursor */
	out->len -= head;
	memmove(out->p + from, out->p + from + head, out->len - from + 1);
}
