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
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"
#include "galley/base/utf8.h"

#define FLAGS	    4
#define STYLES	    (ST_COUNT << FLAGS)
#define NO_STYLE    0xffff /* of cells as the terminal clears them */
#define MAX_SHOWN   3000   /* links that may gather before a fresh start */
#define NO_PLACE    (-1)
#define GAP_CELLS   5 /* unchanged cells that are rather written than skipped */
#define ERASE_FROM  8 /* spaces */
#define REP_FROM    8 /* repetitions */
#define ERASE_BYTES 10 /* of a gap: erased and stepped over */
#define AHEAD_COST  7

static const struct look plain_look = {
	.fg = COLOR_DEFAULT, .bg = COLOR_DEFAULT};

struct painter {
	const struct caps *c;
	const struct term_facts *facts;
	struct look looks[STYLES];
	struct grid *shown; /* NULL: anything may be there */
	struct cell *row;   /* of the new grid, its links numbered as ours */
	struct buf *out;
	struct buf best, other; /* ways to somewhere, or to a look */
	/* of the terminal */
	int x, y; /* NO_PLACE: unknown */
	struct look look;
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
	free(p->row);
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
			p->looks[role << FLAGS | flags] =
				fit_look(p, theme ? theme_look(theme, style,
							    p->facts->depth)
						  : bare_look(style));
		}
	}
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

static struct look look_of(const struct painter *p, unsigned style)
{
	return style == NO_STYLE ? plain_look : p->looks[index_of(style)];
}

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
	add_more(step, add_less(step, p->look, to), to);
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

static void set_look(struct painter *p, struct look to)
{
	if (same_look(p->look, to))
		return;
	if (p->c->ansi)
		set_look_ansi(p, to);
	else
		set_look_caps(p, to);
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

/* The shortest of: straight to the place; from here; from the row's start. */
static void move_to(struct painter *p, int x, int y)
{
	struct buf *best = &p->best, *other = &p->other, *swap;
	int start;

	if (p->x == x && p->y == y)
		return;
	buf_reset(best);
	add_cup(p, best, x, y);
	for (start = 0; start < 2; start++) {
		if (p->y == NO_PLACE || !has_relative(p) ||
			(!start && p->x == NO_PLACE))
			continue;
		buf_reset(other);
		if (start)
			buf_addc(other, '\r');
		add_rows(p, other, y - p->y);
		add_cols(p, other, start ? 0 : p->x, x);
		if (other->len < best->len) {
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
	uint32_t cp;

	if (utf8_common(c->t, c->len) == c->len)
		return 1;
	if (utf8_decode(c->t, c->len, &cp) != c->len)
		return 0; /* several code points */
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

static int same_cell(
	const struct painter *p, const struct cell *a, const struct cell *b)
{
	struct look la, lb;

	if (!memcmp(a, b, sizeof(*a)))
		return 1;
	if (a->len != b->len || a->width != b->width || a->link != b->link ||
		memcmp(a->t, b->t, a->len))
		return 0;
	if (a->style == b->style || !a->width)
		return 1;
	la = look_of(p, a->style);
	lb = look_of(p, b->style);
	if (is_blank(a)) {
		la = blank_look(la);
		lb = blank_look(lb);
	}
	return same_look(la, lb);
}

/* A cell and its right half differ together. */
static int differs(const struct painter *p, const struct cell *old, int x)
{
	const struct cell *new = p->row + x;

	return !same_cell(p, old + x, new) ||
	       (new->width == 2 && !same_cell(p, old + x + 1, new + 1));
}

static void advance(struct painter *p, const struct cell *c, int w)
{
	p->x += c->width;
	/* On the last column terminals differ in where they are then. */
	if (p->x >= w || !is_sure(p, c))
		p->x = NO_PLACE;
}

/* The look a cell is written with: on a space, what is not seen stays. */
static void set_cell_look(struct painter *p, const struct cell *c)
{
	struct look want = look_of(p, c->style);

	if (is_blank(c) && same_look(blank_look(want), blank_look(p->look)))
		return;
	set_look(p, is_blank(c) ? blank_look(want) : want);
}

static void write_cell(struct painter *p, const struct cell *c, int w)
{
	set_link(p, c->link);
	set_cell_look(p, c);
	buf_add(p->out, c->t, c->len);
	advance(p, c, w);
}

/* How many cells from x on are the same glyph, written alike. */
static int run_of(const struct painter *p, int x, int w)
{
	const struct cell *a = p->row + x;
	int n = 1;

	while (x + n < w && same_cell(p, a, a + n))
		n++;
	return n;
}

/* Spaces that erasing makes as well. */
static int can_erase(const struct painter *p, const struct cell *c)
{
	struct look l = blank_look(look_of(p, c->style));

	return is_blank(c) && !c->link && !l.attrs &&
	       (l.bg == COLOR_DEFAULT || p->c->bce);
}

/* Cells at x that are alike and not yet shown so. */
static int new_in_run(
	const struct painter *p, const struct cell *old, int x, int run)
{
	int n = 1;

	while (n < run && !same_cell(p, old + x + n, p->row + x + n))
		n++;
	return n;
}

static void erase(struct painter *p, const struct cell *c)
{
	set_link(p, 0);
	set_cell_look(p, c);
}

/* The run of cells at x by a shorter way than writing each: how many are done
 * then, 0 none. */
static int write_run(struct painter *p, const struct cell *old, int x, int w)
{
	const struct cell *c = p->row + x;
	int run = run_of(p, x, w), n = new_in_run(p, old, x, run);

	if (n > 3 && x + run == w && can_erase(p, c) && p->c->s[CAP_EL]) {
		erase(p, c);
		cap_add(p->out, p->c, CAP_EL);
		return run;
	}
	if (n >= ERASE_FROM && can_erase(p, c) && p->c->s[CAP_ECH]) {
		erase(p, c);
		cap_add1(p->out, p->c, CAP_ECH, n);
		return n;
	}
	if (p->c->rep && n >= REP_FROM && c->width == 1 && is_sure(p, c)) {
		write_cell(p, c, w);
		buf_addf(p->out, "\033[%db", n - 1);
		p->x = x + n >= w ? NO_PLACE : x + n;
		return n;
	}
	return 0;
}

/* Cells from x on that all change, of glyphs whose place is certain. */
static int changing(
	const struct painter *p, const struct cell *old, int x, int w)
{
	int e = x;

	/* a right half goes with its left one */
	while (e < w && is_sure(p, old + e) &&
		(differs(p, old, e) ||
			(e > x && !(old[e].width && p->row[e].width))))
		e++;
	return e;
}

/* A row whose background changes is mostly gaps between words: erased in one
 * go, they are stepped over. `old` becomes what is shown then. */
static void erase_ahead(struct painter *p, struct cell *old, int x, int w)
{
	int e = changing(p, old, x, w), gain = -AHEAD_COST, i, n;
	const struct cell *first = NULL;

	for (i = x; i < e; i += n) {
		const struct cell *c = p->row + i;

		n = 1;
		if (!can_erase(p, c) || (first && !same_cell(p, first, c)))
			continue;
		first = first ? first : c;
		while (i + n < e && same_cell(p, first, c + n))
			n++;
		gain += n < ERASE_BYTES ? n : ERASE_BYTES;
		gain -= n < GAP_CELLS ? n : GAP_CELLS;
	}
	if (gain <= 0 || !p->c->s[CAP_ECH])
		return;
	erase(p, first);
	cap_add1(p->out, p->c, CAP_ECH, e - x);
	for (i = x; i < e; i++)
		old[i] = *first;
}

/* Whether the unchanged cells between here and x are cheaper written. */
static int gap_is_cheap(const struct painter *p, int x)
{
	int i;

	if (p->x == NO_PLACE || x <= p->x || x - p->x > GAP_CELLS)
		return 0;
	for (i = p->x; i < x; i++) {
		const struct cell *c = &p->row[i];
		struct look want = look_of(p, c->style), is = p->look;

		if (is_blank(c)) { /* what is not seen may be as it likes */
			want = blank_look(want);
			is = blank_look(is);
		}
		if (c->len != 1 || c->link != p->link || !same_look(want, is))
			return 0;
	}
	return 1;
}

static void go_to(struct painter *p, int x, int y, int w)
{
	if (p->y == y && gap_is_cheap(p, x)) {
		while (p->x != x)
			write_cell(p, p->row + p->x, w);
		return;
	}
	move_to(p, x, y);
}

/* A terminal that wraps at once would scroll. */
static int is_forbidden(const struct painter *p, int x, int y)
{
	return p->c->auto_wrap && !p->c->s[CAP_WRAP_OFF] &&
	       y == p->shown->h - 1 && x == p->shown->w - 1;
}

static void paint_row(struct painter *p, int y)
{
	struct cell *old = grid_at(p->shown, 0, y);
	int x, n, w = p->shown->w, again = 0, ahead = 0;
	const struct cell *c;

	for (x = 0; x < w; x += n) {
		c = p->row + x;
		n = c->width ? c->width : 1;
		if ((!again && !differs(p, old, x)) || is_forbidden(p, x, y))
			continue;
		p->painted = 1;
		go_to(p, x, y, w);
		if (!ahead++)
			erase_ahead(p, old, x, w);
		if (!again && !differs(p, old, x))
			continue;
		n = c->width == 1 ? write_run(p, old, x, w) : 0;
		if (!n) {
			write_cell(p, c, w);
			n = c->width ? c->width : 1;
		}
		/* It may be drawn over its neighbour, or have been. */
		again = !is_sure(p, c) || !is_sure(p, old + x + n - 1);
	}
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
	if (p->facts->hyperlinks)
		buf_adds(p->out, "\033]8;;\033\\");
	cap_add(p->out, p->c, CAP_RESET);
	cap_add(p->out, p->c, CAP_CLEAR);
	p->look = plain_look;
	p->x = p->y = 0;
	p->painted = 1;
}

static void paint(struct painter *p, const struct grid *g)
{
	size_t row = (size_t)g->w * sizeof(*p->row);
	struct cell *old;
	int y;

	for (y = 0; y < g->h; y++) {
		old = grid_at(p->shown, 0, y);
		take_row(p, g, y);
		if (!memcmp(old, p->row, row))
			continue;
		paint_row(p, y);
		memcpy(old, p->row, row);
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
	struct buf body = BUF_INIT;

	p->out = &body;
	p->painted = 0;
	if (!p->shown || p->shown->w != g->w || p->shown->h != g->h ||
		p->shown->n_links > MAX_SHOWN)
		begin_anew(p, g);
	paint(p, g);
	/* links do not go on into what others write */
	set_link(p, 0);
	place_cursor(p, x, y);
	if (p->painted && p->facts->sync_output)
		buf_adds(out, begin);
	buf_add(out, buf_str(&body), body.len);
	if (p->painted && p->facts->sync_output)
		buf_adds(out, end);
	p->out = NULL;
	buf_fini(&body);
}
