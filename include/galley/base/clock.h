/* SPDX-License-Identifier: MIT */
/*
 * Time is handed in. now_ms is wall time (epoch milliseconds, UTC), mono_ms
 * never goes back and has no meaning but differences. The simulator gives its
 * own pair; nothing below main() calls time().
 */
#ifndef GALLEY_BASE_CLOCK_H
#define GALLEY_BASE_CLOCK_H

#include <stdint.h>

struct clock {
	int64_t (*now_ms)(void *u);
	int64_t (*mono_ms)(void *u);
	void *u;
};

/* The machine's clocks. */
const struct clock *clock_system(void);

static inline int64_t clock_now_ms(const struct clock *c)
{
	return c->now_ms(c->u);
}
static inline int64_t clock_mono_ms(const struct clock *c)
{
	return c->mono_ms(c->u);
}

#endif
