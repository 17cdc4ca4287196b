/* SPDX-License-Identifier: MIT */
/*
 * Search while somebody types: a thread with a reader of its own looks for the
 * last text that was asked for. A newer one interrupts it; nobody ever waits
 * for it. It knows no screen.
 */
#ifndef GALLEY_APP_FINDER_H
#define GALLEY_APP_FINDER_H

#include "galley/store/store.h"

struct finder;

/* A row that was found, and the case that it opens. */
struct found_row {
	enum entity entity;
	int connector;
	int64_t id;
	const char *rid;
	const char *text; /* where it matched, or its title; may be NULL */
	int64_t at_ms;	  /* when it was said or changed; 0 unknown */
	enum entity opens;
	int64_t opens_id;
	const char *opens_rid;
};
struct finds {
	char *text; /* that was asked for */
	int code;   /* 0 or E_* */
	char *why;  /* of an error */
	struct arena *arena;
	struct found_row *rows;
	int n;
};
void finds_free(struct finds *f);

/* `path` of the cache. Its thread begins with the first question. */
struct finder *finder_new(const char *path);
void finder_free(struct finder *f);
/* Looks for `text` in the query language, in place of what it looks for now.
 * Who types has not finished the last word: its beginning is enough. */
void finder_ask(struct finder *f, const char *text, const struct store_me *me,
	int64_t now_ms, int zone_min);
/* Nobody waits for the answer any more. */
void finder_stop(struct finder *f);
/* Poll this, then take until NULL (caller frees); answers to questions that are
 * no longer asked do not come. */
int finder_fd(const struct finder *f);
struct finds *finder_take(struct finder *f);

#endif
