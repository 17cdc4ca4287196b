/* SPDX-License-Identifier: MIT */
/*
 * The first screen: there is no configuration yet, so it offers the demo centre
 * or asks for one backend, tries it and writes the file. It knows no bench and
 * no case; what it writes goes through app/setup.h. Who leaves has written
 * nothing.
 */
#ifndef GALLEY_BENCH_FIRST_H
#define GALLEY_BENCH_FIRST_H

#include "galley/base/clock.h"
#include "galley/ui/term.h"

enum first_did {
	FIRST_ASKING,
	FIRST_LEFT,  /* nothing was written        */
	FIRST_DEMO,  /* the demo centre is wanted   */
	FIRST_READY, /* there is a configuration now */
};

struct first;
/* NULL clock: the system's. The configuration is the person's own. */
int first_new(struct term *t, const struct clock *clock, const char *theme,
	struct first **out) MUST_CHECK;
void first_free(struct first *f);
/* Takes what the terminal has and draws when something has changed. */
enum first_did first_turn(struct first *f);
/* Waits for input or the end of a trial (at most max_ms, -1 for ever), then
 * turns. */
enum first_did first_wait(struct first *f, int max_ms);
/* "rt answers; you are 14 there", or "". */
const char *first_news(const struct first *f);

#endif
