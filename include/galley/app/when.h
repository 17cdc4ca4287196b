/* SPDX-License-Identifier: MIT */
/*
 * What a person means by a time that lies ahead: "2h", "14:30" (the next one),
 * "today 17:00", "tomorrow", "tomorrow 9:00", "2026-11-30", "2026-11-30 09:00",
 * and the same with 今天 and 明天 and full-width colons. A day without a time
 * is its morning, nine o'clock.
 */
#ifndef GALLEY_APP_WHEN_H
#define GALLEY_APP_WHEN_H

#include <stdint.h>
#include "galley/base/err.h"

/* In the zone, minutes east of UTC. E_INPUT: it is none, or has gone by. */
int when_read(const char *s, int64_t now_ms, int zone_min,
	int64_t *ms_out) MUST_CHECK;

#endif
