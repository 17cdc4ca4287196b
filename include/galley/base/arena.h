/* SPDX-License-Identifier: MIT */
/*
 * An arena: many small allocations that are freed at once. A query's rows, a
 * page of records, a parsed JSON document each live in one.
 */
#ifndef GALLEY_BASE_ARENA_H
#define GALLEY_BASE_ARENA_H

#include <stddef.h>
#include "galley/base/err.h"

struct arena;

struct arena *arena_new(void) __attribute__((returns_nonnull));
void arena_free(struct arena *a); /* NULL is allowed */
/* One more who frees it: it is gone with the last. Of one thread. */
struct arena *arena_share(struct arena *a);
/* Keeps the first block, forgets all contents. */
void arena_reset(struct arena *a);

/* 16-byte aligned, not zeroed. */
void *arena_alloc(struct arena *a, size_t size)
	__attribute__((returns_nonnull));
void *arena_calloc(struct arena *a, size_t n, size_t size)
	__attribute__((returns_nonnull));
char *arena_strdup(struct arena *a, const char *s);	/* NULL stays NULL */
char *arena_strndup(struct arena *a, const char *s, size_t len);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);

/* Bytes taken from the system. */
size_t arena_size_bytes(const struct arena *a);

#endif
