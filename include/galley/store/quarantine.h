/* SPDX-License-Identifier: MIT */
/*
 * The quarantine: records that the backend cannot show, whatever is asked. A
 * stream goes on behind one only in the transaction that writes its row here
 * (store_page.aside); the row stays until the record has been read, or its
 * place has been read again and it was not met there.
 */
#ifndef GALLEY_STORE_QUARANTINE_H
#define GALLEY_STORE_QUARANTINE_H

#include "galley/store/store.h"

struct store_aside {
	int connector;
	const char *stream;
	const char *key; /* the record's, or its place in words */
	int by_key;	 /* `key` is what a touch asks for */
	/* cursors to ask with to come before and behind it; NULL not known */
	const char *start, *upto;
	const char *why;
	int64_t since_ms, next_ms; /* not before: to be tried again */
	int tries;
	int64_t run; /* number of the reading that met it */
};

/* What the intervals between tries grow from and to. */
#define ASIDE_BASE_MS (5 * 60 * 1000)
#define ASIDE_CAP_MS  (24 * 3600 * 1000)

/* connector 0: of any; stream NULL: of any. By connector, stream, age. */
int store_aside_list(struct store_ro *ro, int connector, const char *stream,
	struct arena *a, struct store_aside **out, int *n) MUST_CHECK;
int store_aside_count(
	struct store_ro *ro, int connector, int64_t *out) MUST_CHECK;
/* Could one of them be what was sent after `since_ms`? Those that are asked for
 * by another key than `key` (NULL: any) are not. */
int store_aside_hides(struct store_ro *ro, int connector, const char *key,
	int64_t since_ms, int64_t *out) MUST_CHECK;
/* The next moment at which one is to be tried again; 0 none. */
int store_aside_next_ms(
	struct store_ro *ro, int connector, int64_t *out) MUST_CHECK;

/* Was tried again in vain. */
int store_aside_tried(struct store_rw *rw, int connector, const char *stream,
	const char *key, const char *why) MUST_CHECK;
/* It is there, or is not any more. */
int store_aside_drop(struct store_rw *rw, int connector, const char *stream,
	const char *key) MUST_CHECK;
/* The reading `run` from the cursor `from` (NULL: the beginning) to `to` (NULL:
 * the end) is complete: what it has not met, and would have, goes. How many. */
int store_aside_settle(struct store_rw *rw, int connector, const char *stream,
	int64_t run, const char *from, const char *to) MUST_CHECK;
/* All are to be tried now. */
int store_aside_wake(struct store_rw *rw, int connector) MUST_CHECK;

#endif
