/* SPDX-License-Identifier: MIT */
/*
 * A growing byte string, always NUL-terminated after the first append.
 * Zero-initialise to start, buf_fini() to end, buf_take() to hand over.
 */
#ifndef GALLEY_BASE_BUF_H
#define GALLEY_BASE_BUF_H

#include <stddef.h>
#include <stdarg.h>
#include <stdint.h>
#include "galley/base/err.h"

struct buf {
	char *p;
	size_t len;
	size_t cap;
};

#define BUF_INIT                                                               \
	{                                                                      \
		NULL, 0, 0                                                     \
	}

void buf_fini(struct buf *b);
void buf_reset(struct buf *b); /* length 0, memory kept */
void buf_grow(struct buf *b, size_t more);
void buf_add(struct buf *b, const void *p, size_t len);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_vaddf(struct buf *b, const char *fmt, va_list ap) PRINTF(2, 0);
void buf_add_dec(struct buf *b, unsigned v); /* what %u writes, sooner */
/* little-endian integers, for our own wire formats */
void buf_add_u32(struct buf *b, uint32_t v);
void buf_add_u64(struct buf *b, uint64_t v);
/* The string now belongs to the caller (never NULL), `b` is empty again. */
char *buf_take(struct buf *b) __attribute__((returns_nonnull));
/* "" instead of NULL. */
const char *buf_str(const struct buf *b);

#endif
