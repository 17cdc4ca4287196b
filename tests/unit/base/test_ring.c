/* SPDX-License-Identifier: MIT */
/*
 * The ring: order, bounds, waking up, and two threads at once.
 */
#include "galley/base/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <sched.h>

#include "galley/base/mem.h"

#define ITEMS 200000

static int readable(const struct ring *r)
{
	struct pollfd p = {.fd = ring_fd(r), .events = POLLIN};

	return poll(&p, 1, 0);
}

static void order_and_bounds(void **state)
{
	struct ring *r = ring_new(3); /* four */
	int item[5], i, round;

	(void)state;
	assert_null(ring_pop(r));
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 4; i++)
			assert_int_equal(ring_push(r, &item[i]), 0);
		assert_int_equal(ring_push(r, &item[4]), E_LIMIT);
		for (i = 0; i < 4; i++)
			assert_ptr_equal(ring_pop(r), &item[i]);
		assert_null(ring_pop(r));
	}
	ring_free(r);
	ring_free(NULL);
}

static void the_descriptor_tells(void **state)
{
	struct ring *r = ring_new(8);
	int item;

	(void)state;
	assert_int_equal(readable(r), 0);
	ring_ack(r);
	assert_int_equal(ring_push(r, &item), 0);
	assert_int_equal(ring_push(r, &item), 0);
	assert_int_equal(readable(r), 1);
	ring_ack(r);
	assert_int_equal(readable(r), 0);
	/* acknowledged, not taken */
	assert_ptr_equal(ring_pop(r), &item);
	assert_ptr_equal(ring_pop(r), &item);
	ring_free(r);
}

static void *produce(void *arg)
{
	struct ring *r = arg;
	int i, *item;

	for (i = 0; i < ITEMS; i++) {
		item = xmalloc(sizeof(*item));
		*item = i;
		while (ring_push(r, item))
			sched_yield();
	}
	return NULL;
}

/* Waits on the descriptor alone: a lost wake-up would stop it. */
static void two_threads(void **state)
{
	struct ring *r = ring_new(64);
	struct pollfd p = {.fd = ring_fd(r), .events = POLLIN};
	int want = 0, bad = 0, *item;
	pthread_t t;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, produce, r), 0);
	while (want < ITEMS && poll(&p, 1, 60000) == 1) {
		ring_ack(r);
		while ((item = ring_pop(r))) {
			bad += *item != want++;
			free(item);
		}
	}
	assert_int_equal(want, ITEMS);
	assert_int_equal(pthread_join(t, NULL), 0);
	assert_int_equal(bad, 0);
	assert_null(ring_pop(r));
	ring_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_and_bounds),
		cmocka_unit_test(the_descriptor_tells),
		cmocka_unit_test(two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
