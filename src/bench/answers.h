/* SPDX-License-Identifier: MIT */
/* What stands in the fields of a macro or form, kept until it is done. */
#ifndef GALLEY_SRC_BENCH_ANSWERS_H
#define GALLEY_SRC_BENCH_ANSWERS_H

#include "bench_priv.h"

struct answers {
	char *key, *kept;
	char *first[MACRO_MAX_FIELDS]; /* before anybody answered */
	int n;
};
void answers_begin(struct answers *a, const char *macro, enum entity e,
	int64_t id, const struct form *f, const struct macro_field *asks);
void answers_end(struct answers *a);
/* Those of last time, and the field that had the focus. */
void answers_take(struct answers *a, struct bench *b, struct form *f,
	const struct macro_field *asks);
/* Within a moment, or now; 0: there are none. */
int answers_keep(struct answers *a, struct bench *b, const struct form *f,
	const struct macro_field *asks, int now);
void answers_drop(struct answers *a, struct bench *b);
int answers_there(
	struct bench *b, const char *macro, enum entity e, int64_t id);

#endif
