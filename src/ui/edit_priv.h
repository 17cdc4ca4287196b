/* SPDX-License-Identifier: MIT */
/*
 * What the halves of the editor share: edit.c changes the text, edit_view.c
 * knows where lines begin and draws, wrap.c finds the ends of lines.
 */
#ifndef GALLEY_UI_EDIT_PRIV_H
#define GALLEY_UI_EDIT_PRIV_H

#include "galley/base/buf.h"
#include "galley/ui/edit.h"

#define WRAP_END ((size_t)-1)
/* The line that begins at `from`; returns where the next one begins, WRAP_END
 * after the last. It depends on the text from `from` on and on nothing else. */
size_t wrap_next(
	const char *s, size_t len, size_t from, int w, struct wrap_line *out);

/* Beginnings of lines for one width, kept up to date with every change. */
struct wrap_starts {
	int w; /* 0: not used */
	uint32_t *at;
	size_t n, cap;
	unsigned used; /* when, for choosing which one goes */
};

/* What drawing leaves for keys and clicks. */
struct edit_view {
	struct wrap_starts starts[2];
	unsigned clock;
	int w, h;	  /* of the last drawing, 0 none yet */
	int x, y;	  /* of its canvas on the grid */
	size_t top, left; /* line on top; a single line: cells cut off */
};

struct change; /* one step of undo */

struct edit {
	int multiline;
	size_t max_bytes;
	struct buf text;
	size_t cursor, mark; /* mark: where the selection began */
	int selecting;
	int at_line_end; /* at the end of its line, not the next's start */
	int goal;	 /* cells, -1 none */
	uint32_t joiner; /* typed, waits for what it joins */
	uint64_t revision;
	char *clip;
	struct change *steps;
	int n_steps, done; /* done: those that are in the text */
	size_t step_bytes;
	int sealed; /* the next change begins a step */
	struct edit_view *view;
};

void view_changed(struct edit *e, size_t at, size_t cut, size_t put);
void view_reset(struct edit *e);
void view_fini(struct edit_view *v);
/* The visual line of the cursor in the width of the last drawing. */
size_t view_line_of_cursor(const struct edit *e);
size_t view_lines(const struct edit *e);
struct wrap_line view_line(const struct edit *e, size_t n);
/* The cluster boundary in line n that is nearest to `cells` from its left. */
size_t view_at(const struct edit *e, size_t n, int cells, int *at_end);
int view_cells_before_cursor(const struct edit *e);

#endif
