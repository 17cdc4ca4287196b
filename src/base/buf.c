/* SPDX-License-Identifier: MIT */
/*
 * The growing byte string. Growth is geometric; lengths are checked so that a
 * hostile size cannot wrap.
 */
#include "galley/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"

void buf_fini(struct buf *b)
{
	free(b->p);
	*b = (struct buf)BUF_INIT;
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	if (b->p)
		b->p[0] = '\0';
}

void buf_grow(struct buf *b, size_t more)
{
	size_t cap;

	if (b->cap - b->len > more)
		return;
	if (more > SIZE_MAX / 4 || b->len > SIZE_MAX / 4)
		abort();
	cap = b->cap ? b->cap * 2 : 64;
	while (cap <= b->len + more)
		cap *= 2;
	b->p = xrealloc(b->p, cap);
	b->cap = cap;
	b->p[b->len] = '\0';
}

void buf_add(struct buf *b, const void *p, size_t len)
{
	buf_grow(b, len);
	if (len)
		memcpy(b->p + b->len, p, len);
	b->len += len;
	b->p[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
	buf_grow(b, 1);
	b->p[b->len++] = c;
	b->p[b->len] = '\0';
}

void buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	size_t room;
	int n;

	buf_grow(b, 120); /* mostly enough */
	room = b->cap - b->len;
	va_copy(again, ap);
	n = vsnprintf(b->p + b->len, room, fmt, again);
	va_end(again);
	if (n < 0)
		abort();
	if ((size_t)n >= room) {
		buf_grow(b, (size_t)n);
		vsnprintf(b->p + b->len, (size_t)n + 1, fmt, ap);
	}
	b->len += (size_t)n;
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(b, fmt, ap);
	va_end(ap);
}

void buf_add_dec(struct buf *b, unsigned v)
{
	char s[12];
	size_t i = sizeof(s);

	do {
		s[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	buf_add(b, s + i, sizeof(s) - i);
}

void buf_add_u32(struct buf *b, uint32_t v)
{
	unsigned char x[4] = {(unsigned char)v, (unsigned char)(v >> 8),
		(unsigned char)(v >> 16), (unsigned char)(v >> 24)};

	buf_add(b, x, sizeof(x));
}

void buf_add_u64(struct buf *b, uint64_t v)
{
	buf_add_u32(b, (uint32_t)v);
	buf_add_u32(b, (uint32_t)(v >> 32));
}

char *buf_take(struct buf *b)
{
	char *p;

	buf_grow(b, 0);
	b->p[b->len] = '\0';
	p = b->p;
	*b = (struct buf)BUF_INIT;
	return p;
}

const char *buf_str(const struct buf *b)
{
	return b->p ? b->p : "";
}
