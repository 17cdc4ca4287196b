/* SPDX-License-Identifier: MIT */
/* What panes share among themselves: lists of rows by a query, and words. */
#ifndef GALLEY_SRC_PANE_PANE_PRIV_H
#define GALLEY_SRC_PANE_PANE_PRIV_H

#include "galley/base/timefmt.h"
#include "galley/pane/pane.h"
#include "galley/ui/list.h"
#include "galley/ui/widget.h"

/* --- rowlist.c: the rows of a query in a list that pages by key ------------- */

struct rowlist_ops {
	void (*draw)(void *u, const struct row *r, struct canvas *c, int cursor,
		int marked);
};
struct rowlist;
/* `row_height` rows of the screen for each. */
struct rowlist *rowlist_new(struct pane *p, enum entity e,
	const struct rowlist_ops *ops, void *u, int row_height);
void rowlist_free(struct rowlist *l);
/* Another query (galley-query(7)), the first row under the cursor. Without a
 * sort of its own it gets `sort` ("-updated"). E_INPUT names the column. */
int rowlist_query(struct rowlist *l, const char *text, const char *sort)
	MUST_CHECK;
/* Live filter within the query; NULL ends it. */
int rowlist_filter(struct rowlist *l, const char *text) MUST_CHECK;
const char *rowlist_filtered(const struct rowlist *l); /* or NULL */
/* The pane's load(): takes its size, reads what has changed, sets PANE_EMPTY. */
int rowlist_load(struct rowlist *l) MUST_CHECK;
void rowlist_draw(const struct rowlist *l, struct canvas *c);
int rowlist_redraw(const struct rowlist *l, struct canvas *c);
const struct row *rowlist_current(const struct rowlist *l); /* or NULL */
int rowlist_select(struct rowlist *l, int64_t id);
struct list *rowlist_list(struct rowlist *l);
/* Motions, marks, clicks. DID_NOTHING when it is none of them. */
enum pane_did rowlist_command(
	struct rowlist *l, const struct command_line *cmd);
enum pane_did rowlist_event(struct rowlist *l, const struct ui_event *e);
/* Marked rows, else the one under the cursor. */
/* pane_ops.follow() */
int rowlist_follow(struct rowlist *l, enum entity *e, int64_t *id);
int rowlist_targets(
	const struct rowlist *l, enum entity *e, int64_t *ids, int max);

/* --- reader.c: text that is read, line by line ------------------------------- */

/* Lines made once per load for a width; drawn from `top`. */
struct reader_line {
	const char *text; /* in the reader's arena, gated */
	unsigned style;
	int indent; /* cells */
	int64_t id; /* what it belongs to; 0 none */
	const char *link; /* address, or NULL */
	/* addresses within the text */
	struct reader_link *links;
	int n_links;
};
struct reader_link {
	size_t from, len; /* of the line */
	const char *text, *address;
};
struct reader {
	struct arena *arena;
	struct reader_line *v;
	int n, max;
	struct wrap_line *wraps; /* of the text at hand */
	int max_wraps;
	int top, h, w;
	int hit; /* line of the last find, -1 */
	char *find;
};
void reader_init(struct reader *r);
void reader_fini(struct reader *r);
void reader_begin(struct reader *r, int w, int h); /* forgets the lines */
/* One line as it is; cut by drawing. */
void reader_line(struct reader *r, unsigned style, int indent, int64_t id,
	const char *fmt, ...) PRINTF(5, 6);
/* Text from outside, gated and wrapped. */
void reader_text(struct reader *r, unsigned style, int indent, int64_t id,
	const char *s);
/* "label  value" with the label in a column of `w` cells; nothing when the
 * value is empty. */
void reader_field(struct reader *r, int w, const char *label,
	unsigned style, const char *value);
void reader_end(struct reader *r); /* keeps `top` in range */
void reader_draw(const struct reader *r, struct canvas *c);
enum pane_did reader_command(struct reader *r, const struct command_line *cmd);
enum pane_did reader_event(struct reader *r, const struct ui_event *e);
int reader_filter(struct reader *r, const char *text); /* find */
/* The line that was found, else what is seen. Returns 0 when there is nothing. */
int reader_copy(const struct reader *r, struct buf *out);

/* Panes that are a reader: their state begins with `struct reader`. */
int textpane_open(struct pane *p);
void textpane_close(struct pane *p);
void textpane_draw(const struct pane *p, struct canvas *c);
enum pane_did textpane_command(struct pane *p, const struct command_line *cmd);
enum pane_did textpane_event(struct pane *p, const struct ui_event *e);
int textpane_filter(struct pane *p, const char *text);
int textpane_copy(const struct pane *p, struct buf *out);
#define TEXTPANE                                                               \
	.open = textpane_open, .close = textpane_close, .draw = textpane_draw, \
	.command = textpane_command, .event = textpane_event,                  \
	.filter = textpane_filter

/* Rows of `child` that point to `id` by field `f`, newest first by the time
 * field `by`, at most `limit`. rows_free() them. */
int pane_children(struct pane *p, enum field_id f, int64_t id,
	enum field_id by, int limit, struct rows *out) MUST_CHECK;

/* --- words.c ------------------------------------------------------------------ */

/* "14:32" today, "Nov 19" this year, "2024-11" before; in the person's zone. */
const char *words_time(struct desk *d, int64_t ms, char out[24]);
int words_time_cells(void); /* of the widest one */
/* "Nov 19 14:32", with the year when it is another. */
const char *words_time_long(struct desk *d, int64_t ms, char out[32]);
/* "3h", "2d": since or until; and the cells of the widest one. */
const char *words_age(struct desk *d, int64_t ms, char out[TIME_SAID_SIZE]);
int words_age_cells(void);
/* Where an operation stands, for people. */
const char *words_op(const struct op *op);
/* Its time, which the person chose, has not come; and when it will go: "at Nov
 * 19 14:32, if no reply comes". */
int words_is_later(const struct op *op);
const char *words_later(struct desk *d, const struct op *op, char out[80]);
/* "in 2h" or "2h late" for a moment that is due, with its style. */
const char *words_due(
	struct desk *d, int64_t ms, unsigned *style, char out[48]);
/* A value for people: refs by name, times as words_time_long(). "" for none. */
const char *words_val(struct desk *d, const struct row *r, enum field_id f,
	struct arena *a);
/* The text of a field, or NULL; a REF's display name. */
const char *words_str(const struct row *r, enum field_id f);
/* A phone number or address as the role may see it. */
const char *words_contact(struct desk *d, const char *s, struct arena *a);

/* --- the registry: each in its file -------------------------------------------- */
extern const struct pane_ops pane_inbox, pane_thread, pane_composer,
	pane_ticket, pane_customer, pane_journey, pane_answer, pane_orders,
	pane_calls, pane_callbox, pane_outbox, pane_log, pane_settings,
	pane_help, pane_queues, pane_sample, pane_script;

#endif
