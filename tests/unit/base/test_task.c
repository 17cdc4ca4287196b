/* SPDX-License-Identifier: MIT */
/*
 * Work beside the first thread: its result, and that signals are not its own.
 */
#include "galley/base/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

struct sum {
	int a, b, result, others, masked;
	pthread_t by;
};

static void *add(void *u)
{
	struct sum *s = u;
	sigset_t now;

	pthread_sigmask(SIG_SETMASK, NULL, &now);
	s->masked = sigismember(&now, SIGINT) && sigismember(&now, SIGWINCH);
	s->others = !pthread_equal(pthread_self(), s->by);
	s->result = s->a + s->b;
	return &s->result;
}

static void it_gives_its_result(void **state)
{
	struct sum s = {.a = 2, .b = 3, .by = pthread_self()};
	sigset_t before, after;
	struct task *t;

	(void)state;
	pthread_sigmask(SIG_SETMASK, NULL, &before);
	t = task_begin(add, &s);
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	assert_ptr_equal(task_end(t), &s.result);
	assert_int_equal(s.result, 5);
	assert_true(s.others);
	assert_true(s.masked);
	assert_int_equal(
		sigismember(&after, SIGINT), sigismember(&before, SIGINT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_gives_its_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
