/* SPDX-License-Identifier: MIT */
/*
 * The query language of every list, the command line and hooks; described in
 * galley-query(7). A query is words:
 *
 *   queue:billing status:open,stalled owner:me updated:<2d priority:>=50
 *   "退款" refund -lost cf.Severity:high (a OR b) sort:-updated customer:wang
 *
 * Words next to each other must all hold; OR (upper case) or | between two; -
 * or NOT before one; parentheses group. A word without a field is full text;
 * `text*` is a prefix. Words shaped like a phone number, an e-mail address or
 * an id (#123, T-8812, rt:123) look there too. `owner:me`, `owner:none`.
 * Times: 2026-11-21, 2d (two days ago), today, yesterday; `updated:<2d` is
 * "less than two days ago". is: open, closed, unread, mine, overdue, pending
 * (has operations that wait), snoozed (put aside here); stub is never shown.
 */
#ifndef GALLEY_MODEL_QUERY_H
#define GALLEY_MODEL_QUERY_H

#include <stdint.h>
#include "galley/base/arena.h"
#include "galley/model/entity.h"

enum query_type {
	Q_ALL, /* an empty query */
	Q_AND,
	Q_OR,
	Q_NOT,
	Q_FIELD,  /* field op values  */
	Q_CF,	  /* custom field `cf` op values */
	Q_TEXT,	  /* full text        */
	Q_IS,	  /* is:word in text; lo: now */
	Q_SHAPED, /* phone, e-mail or id in text; `shape` says which */
};

enum query_op { QOP_IS, QOP_LT, QOP_LE, QOP_GT, QOP_GE, QOP_RANGE };
enum query_shape { SHAPE_NONE, SHAPE_PHONE, SHAPE_EMAIL, SHAPE_ID };

struct query_node {
	enum query_type type;
	struct query_node *a, *b; /* AND, OR; NOT uses a */
	const struct field_desc *field;
	const char *cf;
	enum query_op op;
	int n_values;
	const char **values; /* texts as written */
	int64_t lo, hi;	     /* numbers; times as epoch ms, resolved at parse */
	const char *text;
	int prefix;
	enum query_shape shape;
	int col; /* in characters from 1, for messages */
};

struct query {
	struct arena *arena;
	enum entity entity; /* what rows it selects */
	struct query_node *root;
	const struct field_desc *sort; /* NULL: newest first */
	int sort_desc;
	int has_text;
};

/* E_INPUT with "column N: what; what is allowed". `now_ms` and the zone make
 * relative and bare dates absolute. */
int query_parse(const char *s, enum entity e, int64_t now_ms, int zone_min,
	struct query **out) MUST_CHECK;
void query_free(struct query *q);

#endif
