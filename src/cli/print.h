/* SPDX-License-Identifier: MIT */
/*
 * The printer: a command says once what it has to say (an envelope, fields,
 * lists) and the printer gives people a table and programs JSON. Foreign text
 * goes through the text gate here and nowhere else.
 */
#ifndef GALLEY_CLI_PRINT_H
#define GALLEY_CLI_PRINT_H

#include <stdint.h>
#include <stdio.h>
#include "galley/base/arena.h"
#include "galley/base/buf.h"
#include "galley/base/err.h"
#include "galley/base/json.h"

enum pr_form {
	PF_TABLE,
	PF_JSON,
	PF_JSONL,  /* one object a line, no envelope    */
	PF_FORMAT, /* --format, one expansion a row     */
	PF_CSV,	   /* RFC 4180; no formulas             */
};

enum col_type { CT_TEXT, CT_INT, CT_TIME, CT_BOOL, CT_JSON };
enum col_flag {
	CF_HIDE = 1,  /* not in the table unless asked for by --fields */
	CF_FLEX = 2,  /* gives way when the line is too long           */
	CF_RIGHT = 4, /* numbers                                       */
	CF_DATA = 8,  /* never in the table: nested JSON               */
};
struct col {
	const char *key;  /* JSON and --fields */
	const char *head; /* translated; NULL: the key */
	enum col_type type;
	unsigned flags;
};
#define PR_MAX_COLS 48

enum style { ST_PLAIN, ST_DIM, ST_BOLD, ST_GOOD, ST_WARN, ST_BAD, ST_NOTE };

struct pr_opts {
	FILE *out;
	enum pr_form form;
	const char *format; /* of PF_FORMAT */
	const char *fields; /* "rid,subject" or NULL */
	int zero;	    /* rows end with NUL instead of LF */
	int color;
	int relative; /* times as distances */
	int width;    /* cells of a line, 0 unlimited */
	int64_t now_ms;
	int zone_min;
};

struct printer;
struct printer *pr_new(const struct pr_opts *o);
/* Ends what is open and flushes. E_DISK when the output was refused. */
int pr_free(struct printer *p);

/* 1 when people read it: prose and hints are welcome. */
int pr_human(const struct printer *p);
/* 1 when something was written. */
int pr_used(const struct printer *p);
int pr_width(const struct printer *p);

/* What is complete goes out now: before a question or a wait. */
void pr_flush(struct printer *p);

void pr_begin(struct printer *p, const char *schema);
void pr_end(struct printer *p);

/* Fields of the envelope or of the open section. `label` NULL: programs only.
 */
void pr_kstr(
	struct printer *p, const char *key, const char *label, const char *s);
void pr_kint(struct printer *p, const char *key, const char *label, int64_t v);
void pr_ktime(
	struct printer *p, const char *key, const char *label, int64_t ms);
void pr_kbool(struct printer *p, const char *key, const char *label, int v);
void pr_kjson(struct printer *p, const char *key, const char *json);
/* An object; people see its label as a heading when not NULL. */
void pr_sec(struct printer *p, const char *key, const char *label);
void pr_sec_end(struct printer *p);

/* Lists. E_INPUT when --fields or --format name a column that is not there. */
int pr_list(struct printer *p, const char *key, const struct col *cols,
	int n) MUST_CHECK;
void pr_row(struct printer *p);
void pr_text(struct printer *p, int col, const char *s);
void pr_int(struct printer *p, int col, int64_t v);
void pr_time(struct printer *p, int col, int64_t ms);
void pr_bool(struct printer *p, int col, int v);
void pr_json(struct printer *p, int col, const char *json);
void pr_style(struct printer *p, int col, enum style st);
void pr_row_end(struct printer *p);
void pr_list_end(struct printer *p);
/* By key; -1 not there. */
int col_find(const struct col *cols, int n, const char *key);

/* Lines for people only; nothing in the other forms. */
void pr_line(struct printer *p, enum style st, const char *fmt, ...)
	PRINTF(3, 4);
/* A text of several lines: gated, wrapped to the width, indented. */
void pr_para(struct printer *p, enum style st, int indent, const char *s);
void pr_gap(struct printer *p); /* one empty line */

/* A time as this printer writes it for people. */
const char *pr_when(const struct printer *p, int64_t ms, char out[32]);

/* Appends `s` in the style's colour when colours are on. */
void pr_paint(
	const struct printer *p, struct buf *b, enum style st, const char *s);

/* --- table.c ---------------------------------------------------------------*/
struct cell {
	const char *s; /* gated */
	enum style style;
};
/* Rows of `n` cells each, the first is the head. */
void table_draw(const struct printer *p, const struct col *const *cols, int n,
	struct cell *const *rows, int n_rows, struct buf *out);
void cells_pad(struct buf *b, size_t cells);
/* The longest beginning in `width` cells; what is cut ends with a mark. */
void cells_cut(struct buf *b, const char *s, size_t width, size_t *used);
void wrap_text(struct buf *b, const char *s, int indent, int width);

/* Local time "2026-11-21 14:30". */
const char *when_local(int64_t ms, int zone_min, char out[32]);

#endif
