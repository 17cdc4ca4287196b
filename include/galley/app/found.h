/* SPDX-License-Identifier: MIT */
/*
 * What was found when an operation's answer was lost and nobody could know: how
 * often galley looked, and what there looks like it, in the words of a person.
 * The bench and the command line show the same.
 */
#ifndef GALLEY_APP_FOUND_H
#define GALLEY_APP_FOUND_H

#include "galley/app/session.h"
#include "galley/model/op.h"
#include "galley/store/store.h"

struct found_one {
	const char *name;   /* "rt:T-8812", of its case */
	const char *title;  /* of the case; NULL: it is the operation's own */
	const char *author; /* by name where it is known; NULL: nobody */
	const char *text;   /* its beginning, on one line */
	int64_t at_ms;
};
struct found {
	int64_t looks, span_ms;
	const char *baseline, *newest; /* remote ids, or NULL */
	struct found_one *v;
	int n;
};
/* 1 when the operation has such evidence; all of it in `a`, and raw. */
int found_read(struct session *s, struct store_ro *ro, const struct op *op,
	struct arena *a, struct found *out);
/* "looked 3 times in 2 minutes" */
const char *found_looked(const struct found *f, struct arena *a);

#endif
