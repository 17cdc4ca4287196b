/* SPDX-License-Identifier: MIT */
/*
 * Whom the kernel lets wait. A thread that answers a person works a moment at a
 * time; it asks for short turns, and for them soon.
 */
#ifndef GALLEY_BASE_SCHED_H
#define GALLEY_BASE_SCHED_H

/* Of the thread that calls; threads and programs that it starts from now on
 * have the usual turns. What the kernel does not know changes nothing. */
void sched_prompt(void);

#endif
