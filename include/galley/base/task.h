/* SPDX-License-Identifier: MIT */
/*
 * A piece of work beside the first thread: begun early, taken when its result
 * is needed. It shares nothing with who began it until it is taken.
 */
#ifndef GALLEY_BASE_TASK_H
#define GALLEY_BASE_TASK_H

struct task;
struct task *task_begin(void *(*work)(void *u), void *u);
/* Waits for the result and frees the task. Where no thread could be started it
 * does the work now. */
void *task_end(struct task *t);

#endif
