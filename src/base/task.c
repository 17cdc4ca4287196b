/* SPDX-License-Identifier: MIT */
/*
 * One thread for one result. Signals stay with the first thread: it owns the
 * terminal.
 */
#include "galley/base/task.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "galley/base/mem.h"

struct task {
	pthread_t thread;
	int begun;
	void *(*work)(void *);
	void *u;
};

struct task *task_begin(void *(*work)(void *), void *u)
{
	struct task *t = xcalloc(1, sizeof(*t));
	sigset_t all, old;

	t->work = work;
	t->u = u;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	t->begun = pthread_create(&t->thread, NULL, work, u) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return t;
}

void *task_end(struct task *t)
{
	void *result = NULL;

	if (!t->begun || pthread_join(t->thread, &result) != 0)
		result = t->work(t->u);
	free(t);
	return result;
}
