/* SPDX-License-Identifier: MIT */
/*
 * The parser's own structures, shared by its files.
 */
#ifndef GALLEY_MODEL_QUERY_PRIV_H
#define GALLEY_MODEL_QUERY_PRIV_H

#include <stdint.h>
#include "galley/base/err.h"
#include "galley/model/query.h"

enum tok { T_END, T_WORD, T_OPEN, T_CLOSE, T_OR, T_NOT, T_AND };

struct parser {
	const char *s, *p, *end;
	int col;
	enum tok tok;
	const char *tok_p; /* where the token begins */
	int tok_col;
	struct query *q;
	int64_t now_ms;
	int zone_min;
	int nodes, depth;
};

/* A value as written. */
struct value {
	const char *s;
	int col;
	int quoted;
};

/* A point of time with a width: a day is 24 hours of points. Both ends
 * included. `span` is the distance it was written as, 0 for dates. */
struct moment {
	int64_t lo, hi;
	int64_t span;
};

/* E_INPUT with the column before the text. */
int query_fail(int col, const char *fmt, ...) PRINTF(2, 3);

/* --- query_value.c -------------------------------------------------------- */
/* Does the type have an order? */
int query_ordered(const struct field_desc *f);
int query_number(const struct value *v, struct moment *out) MUST_CHECK;
int query_point(const struct parser *ps, const struct field_desc *f,
	const struct value *v, struct moment *out) MUST_CHECK;
/* The closed range that `op` and a point mean. */
int query_bounds(const struct parser *ps, const struct query_node *n,
	enum query_op op, struct moment m, const struct value *v, int64_t *lo,
	int64_t *hi) MUST_CHECK;
/* "10..50", "10..", "..50": 1 when it was one, lo and hi of `n` are set. */
int query_range(const struct parser *ps, struct query_node *n,
	const struct value *v) MUST_CHECK;

#endif
