/* SPDX-License-Identifier: MIT */
/*
 * What people would look for, taken from the generated messages themselves, so
 * that each term occurs at least once.
 */
#ifndef GALLEY_BENCH_TERMS_H
#define GALLEY_BENCH_TERMS_H

#include "galley/base/rnd.h"
#include "gen.h"

enum term {
	TERM_WORD,   /* a Latin word of a letter                    */
	TERM_PREFIX, /* the first four letters of one               */
	TERM_HAN1,   /* one Chinese character                       */
	TERM_HAN2,   /* two that stand side by side                 */
	TERM_HAN4,
	TERM_MIXED, /* a Latin word and the two characters after it */
	TERM_COUNT
};
extern const char *const term_names[TERM_COUNT];

/* From one of the first `messages`; `out` is replaced. */
void term_pick(const struct gen *g, enum term t, struct rnd *r,
	uint64_t messages, struct buf *out);

#endif
