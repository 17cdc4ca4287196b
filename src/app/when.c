/* SPDX-License-Identifier: MIT */
/* Times as people say them, for what is to happen later; see when.h. */
#include "galley/app/when.h"

#include <stdio.h>
#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/timefmt.h"

#define MINUTE_MS  INT64_C(60000)
#define DAY_MS	   INT64_C(86400000)
#define MORNING_MS (9 * INT64_C(3600000))

/* An input method writes it so. */
#define FULL_COLON "："

/* "9:00", since midnight. */
static int clock_time(const char *s, int64_t *ms)
{
	int h, m, end = 0;

	if ((sscanf(s, "%2d:%2d%n", &h, &m, &end) != 2 &&
		    sscanf(s, "%2d" FULL_COLON "%2d%n", &h, &m, &end) != 2) ||
		!end || s[end] || h < 0 || h > 23 || m < 0 || m > 59)
		return 0;
	*ms = (h * 60 + m) * MINUTE_MS;
	return 1;
}

/* How many days ahead a word begins with, and what follows it; -1 none. */
static int day_word(const char *s, const char **rest)
{
	static const struct {
		const char *word;
		int ahead;
	} days[] = {{"today", 0}, {"tomorrow", 1}, {"今天", 0}, {"明天", 1}};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(days); i++) {
		size_t n = strlen(days[i].word);

		if (strncmp(s, days[i].word, n) == 0) {
			*rest = s + n + strspn(s + n, " ");
			return days[i].ahead;
		}
	}
	return -1;
}

static int is_date(const char *s)
{
	int y, m, d, end = 0;

	return sscanf(s, "%4d-%2d-%2d%n", &y, &m, &d, &end) == 3 && end &&
	       !s[end];
}

static int read(const char *s, int64_t now, int zone_min, int64_t *ms)
{
	int64_t zone = zone_min * MINUTE_MS, at;
	int64_t midnight = (now + zone) / DAY_MS * DAY_MS - zone;
	const char *rest;
	int ahead = day_word(s, &rest);

	if (ahead >= 0) {
		if (!*rest)
			at = MORNING_MS;
		else if (!clock_time(rest, &at))
			return E_INPUT;
		*ms = midnight + ahead * DAY_MS + at;
		return 0;
	}
	if (clock_time(s, &at)) {
		*ms = midnight + at > now ? midnight + at
					  : midnight + at + DAY_MS;
		return 0;
	}
	s += *s == '+';
	if (time_span_parse(s, strlen(s), &at) == 0) {
		*ms = now + at;
		return 0;
	}
	if (time_parse(s, strlen(s), zone_min, ms) < 0)
		return E_INPUT;
	if (is_date(s))
		*ms += MORNING_MS;
	return 0;
}

int when_read(const char *s, int64_t now_ms, int zone_min, int64_t *ms_out)
{
	int64_t ms;

	if (read(s, now_ms, zone_min, &ms) < 0)
		return err_set(E_INPUT,
			_("\"%s\" is no time; write 2h, 14:30, tomorrow 9:00 "
			  "or 2026-11-30"),
			s);
	if (ms <= now_ms)
		return err_set(E_INPUT, _("\"%s\" has gone by already"), s);
	*ms_out = ms;
	return 0;
}
