/* SPDX-License-Identifier: MIT */
/*
 * Whom the kernel lets wait. A thread that answers a person works a moment at a
 * time; it asks for short turns, and for them soon.
 */
#ifndef GALLEY_BASE_SCHED_H
#define GALLEY_BASE_SCHED_H

#define SCHED_KEYS_US 100 /* who is typed to; the least that is taken */
#define SCHED_FIND_US 500 /* who looks for what is typed */

/* Turns of so many microseconds for the thread that calls; threads and programs
 * that it starts from now on have the usual ones, of a millisecond and more.
 * What the kernel does not know changes nothing. */
void sched_prompt(int turn_us);

#endif
