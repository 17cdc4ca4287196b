/* SPDX-License-Identifier: MIT */
/*
 * Who answers a person asks for short turns; what it starts has the usual ones.
 */
#include "galley/base/sched.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of who calls, as sched_getattr(2) says it; in its first size. */
struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t turn_ns, deadline_ns, period_ns;
};

static struct attr attr_now(void)
{
	struct attr a = {.size = sizeof(a)};

	assert_int_equal(syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0), 0);
	return a;
}

static void *of_a_thread(void *u)
{
	*(struct attr *)u = attr_now();
	return NULL;
}

static struct attr attr_of_new(void)
{
	struct attr a;
	pthread_t t;

	assert_int_equal(pthread_create(&t, NULL, of_a_thread, &a), 0);
	pthread_join(t, NULL);
	return a;
}

static void turns_are_not_inherited(void **state)
{
	struct attr was = attr_now(), usual = attr_of_new(), is, other;

	(void)state;
	sched_prompt(SCHED_KEYS_US);
	is = attr_now();
	other = attr_of_new();
	assert_int_equal(is.policy, was.policy);
	assert_int_equal(is.nice, was.nice);
	assert_int_equal(other.policy, usual.policy);
	assert_int_equal(other.nice, usual.nice);
	assert_int_equal(other.flags, usual.flags);
	assert_int_equal(other.turn_ns, usual.turn_ns);
	if (was.policy == SCHED_OTHER)
		assert_int_equal(is.flags, 1); /* reset on fork */
	/* 0: a kernel that knows no such number */
	if (was.policy == SCHED_OTHER && is.turn_ns)
		assert_int_equal(is.turn_ns, SCHED_KEYS_US * 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(turns_are_not_inherited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
