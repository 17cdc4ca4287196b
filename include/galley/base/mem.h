/* SPDX-License-Identifier: MIT */
/*
 * Allocators that never return NULL. When memory ends, the hook (set once by
 * the host: it saves drafts and restores the terminal) runs and the process
 * exits with status 70. Sizes are overflow-checked.
 */
#ifndef GALLEY_BASE_MEM_H
#define GALLEY_BASE_MEM_H

#include <stddef.h>
#include "galley/base/err.h"

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *p, size_t size) __attribute__((returns_nonnull));
void *xreallocarray(void *p, size_t n, size_t size)
	__attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((returns_nonnull));
/* NULL stays NULL. */
char *xstrdup_null(const char *s);
char *xstrndup(const char *s, size_t len) __attribute__((returns_nonnull));
void *xmemdup(const void *p, size_t len) __attribute__((returns_nonnull));
char *xasprintf(const char *fmt, ...) PRINTF(1, 2)
	__attribute__((returns_nonnull));

/* free() and forget: FREE(&p). */
#define FREE(pp)                                                               \
	do {                                                                   \
		free(*(pp));                                                   \
		*(pp) = NULL;                                                  \
	} while (0)

void mem_set_oom_hook(void (*hook)(void));

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
