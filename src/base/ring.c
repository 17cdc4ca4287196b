/* SPDX-License-Identifier: MIT */
/*
 * The single-producer single-consumer ring. `head` belongs to the consumer and
 * `tail` to the producer, on cache lines of their own; an item is published by
 * a release store of `tail` before the eventfd is written, so a consumer that
 * empties the eventfd first cannot miss it.
 */
#include "galley/base/ring.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "galley/base/mem.h"

#define CACHE_LINE 64

struct ring {
	atomic_size_t head;
	char pad1[CACHE_LINE - sizeof(atomic_size_t)];
	atomic_size_t tail;
	char pad2[CACHE_LINE - sizeof(atomic_size_t)];
	size_t mask;
	int fd;
	void *slot[];
};

struct ring *ring_new(size_t slots)
{
	struct ring *r;
	size_t n = 1;

	if (slots > ((size_t)1 << 24))
		abort();
	while (n < slots)
		n *= 2;
	r = xcalloc(1, sizeof(*r) + n * sizeof(r->slot[0]));
	r->mask = n - 1;
	r->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (r->fd < 0)
		abort();
	return r;
}

void ring_free(struct ring *r)
{
	if (!r)
		return;
	close(r->fd);
	free(r);
}

int ring_push(struct ring *r, void *item)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	size_t head = atomic_load_explicit(&r->head, memory_order_acquire);
	const uint64_t one = 1;

	if (tail - head > r->mask)
		return err_set(E_LIMIT, "the ring is full");
	r->slot[tail & r->mask] = item;
	atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
	/* Refused only when 2^64-1 pushes are unread: it is readable then. */
	while (write(r->fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	return 0;
}

void *ring_pop(struct ring *r)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	size_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	void *item;

	if (head == tail)
		return NULL;
	item = r->slot[head & r->mask];
	atomic_store_explicit(&r->head, head + 1, memory_order_release);
	return item;
}

int ring_fd(const struct ring *r)
{
	return r->fd;
}

void ring_ack(struct ring *r)
{
	uint64_t count;

	while (read(r->fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}
