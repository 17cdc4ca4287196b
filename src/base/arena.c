/* SPDX-License-Identifier: MIT */
/*
 * Bump allocation in blocks that grow with use. Nothing is freed singly.
 */
#include "galley/base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"

#define FIRST_BLOCK 4096
#define LAST_BLOCK  (256 * 1024)
#define ALIGN	    16

struct block {
	struct block *next;
	size_t used, cap;
	_Alignas(ALIGN) char data[];
};

struct arena {
	struct block *head;  /* the one being filled */
	struct block *first; /* kept by arena_reset */
	size_t total;
	int others; /* that have it too */
};

static struct block *block_new(struct arena *a, size_t cap)
{
	struct block *b = xmalloc(sizeof(*b) + cap);

	b->next = NULL;
	b->used = 0;
	b->cap = cap;
	a->total += sizeof(*b) + cap;
	return b;
}

struct arena *arena_new(void)
{
	struct arena *a = xcalloc(1, sizeof(*a));

	a->first = a->head = block_new(a, FIRST_BLOCK);
	return a;
}

void arena_free(struct arena *a)
{
	struct block *b, *next;

	if (!a || a->others-- > 0)
		return;
	for (b = a->first; b; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
}

struct arena *arena_share(struct arena *a)
{
	a->others++;
	return a;
}

void arena_reset(struct arena *a)
{
	struct block *b = a->first->next, *next;

	for (; b; b = next) {
		next = b->next;
		a->total -= sizeof(*b) + b->cap;
		free(b);
	}
	a->first->next = NULL;
	a->first->used = 0;
	a->head = a->first;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct block *b = a->head;
	size_t cap;
	void *p;

	if (size > SIZE_MAX / 2)
		abort();
	size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (b->cap - b->used < size) {
		cap = b->cap < LAST_BLOCK ? b->cap * 2 : LAST_BLOCK;
		b->next = block_new(a, size > cap ? size : cap);
		b = a->head = b->next;
	}
	p = b->data + b->used;
	b->used += size;
	return p;
}

void *arena_calloc(struct arena *a, size_t n, size_t size)
{
	void *p;

	if (size && n > SIZE_MAX / 2 / size)
		abort();
	p = arena_alloc(a, n * size);
	memset(p, 0, n * size);
	return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *p = arena_alloc(a, len + 1);

	if (len)
		memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	struct block *b = a->head;
	char *at = b->data + b->used, *p;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(at, b->cap - b->used, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	p = arena_alloc(a, (size_t)n + 1);
	if (p == at) /* there was room for it */
		return p;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

size_t arena_size_bytes(const struct arena *a)
{
	return a->total;
}
