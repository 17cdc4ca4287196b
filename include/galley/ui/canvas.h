/* SPDX-License-Identifier: MIT */
/*
 * A clipped view of a grid that panes and widgets draw on. Coordinates are
 * cells from its own top left; what falls outside is dropped, a wide character
 * cut at an edge becomes a space. Every text that comes from outside the
 * program goes through the text gate here, so a pane cannot forget it.
 */
#ifndef GALLEY_UI_CANVAS_H
#define GALLEY_UI_CANVAS_H

#include "galley/base/err.h"
#include "galley/ui/grid.h"

/* What the terminal has proved it can show. */
enum border { BORDER_ASCII, BORDER_LINE };
struct glyphs {
	enum border border;
	int blocks;  /* U+2581..2588 are one cell */
	int braille; /* U+2800.. are one cell     */
};
extern const struct glyphs glyphs_ascii;

struct canvas {
	struct grid *grid;
	int x, y, w, h; /* within the grid */
	unsigned style; /* flags added to everything (ST_ON_CURSOR ...) */
	const struct glyphs *glyphs;
};

struct canvas canvas_of(struct grid *g, const struct glyphs *glyphs);
/* The part of it; clipped. w or h < 0: to the edge. */
struct canvas canvas_sub(const struct canvas *c, int x, int y, int w, int h);

void canvas_clear(struct canvas *c, unsigned style);
void canvas_fill(
	struct canvas *c, int x, int y, int w, int h, unsigned style);
/* One line of text (gated as GATE_LINE), cut at the edge. Returns the cells it
 * took. */
int canvas_text(
	struct canvas *c, int x, int y, unsigned style, const char *s);
int canvas_textn(struct canvas *c, int x, int y, unsigned style, const char *s,
	size_t len);
/* In at most `w` cells; what does not fit ends in "+" ("…" when line borders
 * are proved). Pads with spaces when `pad`. Returns the cells it took. */
int canvas_slot(struct canvas *c, int x, int y, int w, unsigned style,
	const char *s, int pad);
/* Right-aligned in `w` cells. */
int canvas_right(struct canvas *c, int x, int y, int w, unsigned style,
	const char *s);
int canvas_printf(struct canvas *c, int x, int y, unsigned style,
	const char *fmt, ...) PRINTF(5, 6);
/* As canvas_text(), and what was drawn opens `address` (OSC 8). */
int canvas_link(struct canvas *c, int x, int y, unsigned style, const char *s,
	const char *address);
/* Adds style flags to cells that are drawn already (a cursor's row). */
void canvas_tint(struct canvas *c, int x, int y, int w, unsigned flags);
/* Sets the role of cells that are drawn already (what a search found). */
void canvas_restyle(
	struct canvas *c, int x, int y, int w, unsigned style);

/* A frame around the whole canvas: title at the left, note at the right, both
 * may be NULL. The focused one has another border (`=` in ASCII). What is
 * inside is returned. */
struct canvas canvas_frame(struct canvas *c, int focused, const char *title,
	const char *note);
void canvas_hline(struct canvas *c, int x, int y, int w, unsigned style);
void canvas_vline(struct canvas *c, int x, int y, int h, unsigned style);

/* The first of `n` texts (longest first) that fits into `w` cells, else the
 * last one. */
const char *slot_pick(int w, const char *const *texts, int n);
/* Cells of a text as canvas_text() would draw it. */
int text_cells(const char *s);

#endif
