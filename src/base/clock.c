/* SPDX-License-Identifier: MIT */
/*
 * The machine's clocks. The only place that asks the kernel for the time.
 */
#include "galley/base/clock.h"

#include <stddef.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t system_now(void *u)
{
	(void)u;
	return read_clock(CLOCK_REALTIME);
}

static int64_t system_mono(void *u)
{
	(void)u;
	return read_clock(CLOCK_MONOTONIC);
}

const struct clock *clock_system(void)
{
	static const struct clock c = {
		.now_ms = system_now,
		.mono_ms = system_mono,
		.u = NULL,
	};

	return &c;
}
