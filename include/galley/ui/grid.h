/* SPDX-License-Identifier: MIT */
/*
 * The screen as cells. A cell holds one grapheme cluster, its role and perhaps
 * a link; a wide cluster takes its cell and the one after it. A grid is plain
 * memory: the terminal driver turns the difference of two grids into bytes,
 * frame tests turn a grid into text. What is put in has passed the text gate
 * (grid_put() asks for it): nothing else reaches a terminal.
 */
#ifndef GALLEY_UI_GRID_H
#define GALLEY_UI_GRID_H

#include <stdint.h>
#include "galley/base/buf.h"

enum style {
#define STYLE(sym, name, letter) ST_##sym,
#include "galley/ui/style.def"
	ST_COUNT
};
/* Combined with a style in a cell: the row under the cursor keeps the colours
 * that say something. */
#define ST_ON_CURSOR 0x100 /* on the cursor's row                */
#define ST_ON_MARK   0x200 /* on a marked row                    */
#define ST_BOLD	     0x400
#define ST_UNDER     0x800
#define ST_ROLE(s)   ((enum style)((s)&0xff))

const char *style_name(enum style s);
char style_letter(unsigned style); /* of its role */
/* ST_COUNT when there is none. */
enum style style_by_name(const char *name);

/* A longer cluster keeps its first code points. */
#define CELL_BYTES 26
struct cell {
	char t[CELL_BYTES]; /* UTF-8 of one cluster, not terminated          */
	uint8_t len;	    /* 0 and width 0: right half of a wide one       */
	uint8_t width;	    /* 1 or 2 cells                                  */
	uint16_t style;
	uint16_t link; /* index into the grid's links, 0 none           */
};

struct grid {
	int w, h;
	struct cell *cells; /* h rows of w */
	uint64_t *drawn; /* of each row: another number, nobody's else, whenever
			  * it may have changed */
	char **links;	 /* addresses; [0] is NULL */
	int n_links;	 /* with [0] */
	uint16_t *link_slots; /* private: where an address is in `links` */
};

/* Blank cells. w and h are at least 1 and at most 1000. */
struct grid *grid_new(int w, int h);
void grid_free(struct grid *g);
void grid_resize(struct grid *g, int w, int h); /* becomes blank */
void grid_clear(struct grid *g);		/* links too */
/* `g` becomes what `from` is. */
void grid_copy(struct grid *g, const struct grid *from);
/* Two of one size as they are seen (links may have other numbers); 0: x, y is
 * the first cell that differs. */
int grid_same(const struct grid *a, const struct grid *b, int *x, int *y);
struct cell *grid_at(struct grid *g, int x, int y); /* in range */
const struct cell *grid_get(const struct grid *g, int x, int y);
/* One cluster of `len` bytes and `width` cells at x, y. Cuts what it half
 * covers into spaces; a wide one on the last column becomes a space. */
void grid_put(struct grid *g, int x, int y, const char *t, size_t len,
	int width, unsigned style, int link);
/* `n` characters of printable ASCII, a cell each; clipped. */
void grid_put_ascii(struct grid *g, int x, int y, const char *s, int n,
	unsigned style, int link);
/* `w` spaces; clipped. */
void grid_blank(struct grid *g, int x, int y, int w, unsigned style);
/* Its number for grid_put(); 0 when there are too many (4,000). */
int grid_link(struct grid *g, const char *address);

/* For tests: rows as text, trailing spaces kept, LF after each; and the same
 * with a letter per cell for its style (upper halves of wide ones too). */
void grid_text(const struct grid *g, struct buf *out);
void grid_styles(const struct grid *g, struct buf *out);

#endif
