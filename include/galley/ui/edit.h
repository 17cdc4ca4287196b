/* SPDX-License-Identifier: MIT */
/*
 * Text under the hands of a person: one line or many, moved and cut by whole
 * grapheme clusters, with undo. It keeps valid UTF-8 whatever is put in (pasted
 * text passes the gate). Word motions treat runs of Han characters one by one.
 * Drawing wraps by the rules of Unicode line breaking (UAX #14) that Latin and
 * CJK texts need, in the width at hand less one column for the cursor.
 */
#ifndef GALLEY_UI_EDIT_H
#define GALLEY_UI_EDIT_H

#include "galley/ui/canvas.h"
#include "galley/ui/key.h"

struct edit;

struct edit *edit_new(int multiline, size_t max_bytes);
void edit_free(struct edit *e);
const char *edit_text(const struct edit *e); /* borrowed, NUL-terminated */
size_t edit_len(const struct edit *e);
/* Replaces all, cursor at the end (or at `cursor`), undo begins anew. */
void edit_set(struct edit *e, const char *text, size_t cursor);
size_t edit_cursor(const struct edit *e); /* byte offset, cluster boundary */
void edit_move_to(struct edit *e, size_t cursor);
/* As if pasted, at the cursor, one undo step. E_LIMIT when too long: nothing is
 * put in. */
int edit_insert(struct edit *e, const char *s, size_t len) MUST_CHECK;
/* Makes it another text, one undo step; the cursor stands behind what is new,
 * and where it was when nothing is. E_LIMIT: nothing is changed. */
int edit_change(struct edit *e, const char *text) MUST_CHECK;
/* Counts every change: callers save a draft when it moved. */
uint64_t edit_revision(const struct edit *e);
int edit_undo(struct edit *e); /* 0 nothing left */
int edit_redo(struct edit *e);
/* The selection, or 0. */
int edit_selection(const struct edit *e, size_t *from, size_t *to);
/* What was cut or copied last, "" none. */
const char *edit_clip(const struct edit *e);

/* Typing, motions, deletion: arrows, Home, End, Ctrl-A/E/K/U/W/Y, Alt-B/F/D,
 * Ctrl-Left/Right, Shift selects, Ctrl-Z undo, Alt-Z redo; with a selection
 * Ctrl-X cuts and Ctrl-C or Alt-W copies. Home and End, Up and Down go by the
 * lines of the last drawing. 1 when it was used: a single line leaves Enter,
 * Up, Down and the pages to its owner. */
int edit_key(struct edit *e, struct key k);
/* Keys, pastes, and clicks on the place of the last drawing. */
int edit_event(struct edit *e, const struct ui_event *ev);

/* Draws into the whole canvas, scrolled so that the cursor is seen; `ghost` is
 * shown when empty. The cursor's cell goes to cx, cy (of the canvas). */
void edit_draw(const struct edit *e, struct canvas *c, const char *ghost,
	int *cx, int *cy);
/* Rows it would take in `w` cells. */
int edit_rows(const struct edit *e, int w);

/* --- wrapping, for readers too ---------------------------------------------- */

struct wrap_line {
	size_t from, len; /* bytes of the text, without the line feed */
	int cells;
	int hard; /* ends with a line feed or the text's end */
};
/* Gated text in lines of at most `w` cells (a cluster that is wider has a line
 * of its own). Returns how many; at most `max` are written. Spaces at the end
 * of a line that do not fit belong to no line. */
int text_wrap(const char *s, size_t len, int w, struct wrap_line *out,
	int max);

#endif
