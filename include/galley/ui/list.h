/* SPDX-License-Identifier: MIT */
/*
 * A list that pages through any number of rows and holds three screens of them.
 * It does not know what a row is: the owner loads pages by key, draws rows and
 * says what a row is called. The cursor stays on the same row (by id) when rows
 * come and go above it.
 */
#ifndef GALLEY_UI_LIST_H
#define GALLEY_UI_LIST_H

#include "galley/ui/canvas.h"
#include "galley/ui/key.h"

struct list_ops {
	/* The n rows next after (dir > 0) or before (dir < 0) the row whose data
	 * is `from` (NULL: the first or the last ones), fewer only where the
	 * list ends, in the list's order in both cases. That row itself may be
	 * gone by now: its data is its key. Fills `ids` and `data` and returns
	 * how many; `data` of each row is the list's until drop(). E_* is shown
	 * by the frame. */
	int (*page)(void *u, const void *from, int dir, int n, int64_t *ids,
		void **data);
	void (*drop)(void *u, void *data);
	/* Cleared already; the canvas carries ST_ON_CURSOR and ST_ON_MARK. */
	void (*draw)(void *u, const void *data, struct canvas *row, int cursor,
		int marked);
};

struct list;
struct list *list_new(const struct list_ops *ops, void *u, int row_height);
void list_free(struct list *l);
/* Loads again, keeping cursor, marks and place. A row that is gone, or is now
 * elsewhere, leaves the cursor to the one after it. On E_* all stays as it was.
 */
int list_reload(struct list *l) MUST_CHECK;
/* Another listing: cursor to the first row, marks gone. */
int list_reset(struct list *l) MUST_CHECK;
/* Rows that are visible. Loads what is missing; when that fails the next move
 * says so. */
void list_set_height(struct list *l, int rows);
int list_count(const struct list *l); /* loaded */
const void *list_current(const struct list *l, int64_t *id); /* or NULL */
/* The cursor on a row by id when it is loaded: 1, else 0. */
int list_select(struct list *l, int64_t id);
/* The same wherever it stands in the listing; `key` is data of that row, the
 * caller's. 0: it is not in the listing, and all stays as it was. E_*. */
int list_seek(struct list *l, int64_t id, const void *key) MUST_CHECK;
/* Moves by rows; loads as needed. Returns over how many rows (a
 * count, whatever the direction), or E_*. */
int list_move(struct list *l, int by) MUST_CHECK;
/* By screens, the window moves along. */
int list_page(struct list *l, int pages) MUST_CHECK;
int list_end(struct list *l, int last) MUST_CHECK;
/* Marks. */
void list_mark(struct list *l, int64_t id, int on);
int list_marked(const struct list *l, int64_t id);
/* How many there are; at most `max` are written, in ascending order. */
int list_marks(const struct list *l, int64_t *ids, int max);
void list_clear_marks(struct list *l);
/* A click on row `y` of the canvas: 1 when there is one. */
int list_click(struct list *l, int y);
void list_draw(const struct list *l, struct canvas *c);
/* What list_draw() drew last stands there still: only the rows that the cursor
 * has left and entered are drawn. 0: more has changed, nothing was drawn. */
int list_redraw(const struct list *l, struct canvas *c);
/* Rows above and below the window are there: for a scroll mark. */
int list_more(const struct list *l, int dir);

#endif
