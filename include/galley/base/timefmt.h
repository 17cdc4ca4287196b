/* SPDX-License-Identifier: MIT */
/*
 * Dates of the outside world to epoch milliseconds and back. Understood:
 * RFC 3339 with fraction and offset, "YYYY-MM-DD[ hh:mm[:ss]]", RFC 9110 HTTP
 * dates, RFC 5322 dates, MediaWiki's YYYYMMDDhhmmss, and epoch seconds or
 * milliseconds (told apart by magnitude). What has no zone is read in the zone
 * given as minutes east of UTC. Years 1970 to 9999.
 */
#ifndef GALLEY_BASE_TIMEFMT_H
#define GALLEY_BASE_TIMEFMT_H

#include <stddef.h>
#include <stdint.h>
#include "galley/base/err.h"

int time_parse(const char *s, size_t len, int zone_min, int64_t *ms_out)
	MUST_CHECK;
/* "Fri, 21 Nov 2026 18:43:10 GMT" only. */
int time_parse_http(const char *s, int64_t *ms_out) MUST_CHECK;

#define TIME_ISO_SIZE 32
/* 2026-11-21T18:43:10Z, or with .mmm when the value has a fraction. */
void time_iso(int64_t ms, char out[TIME_ISO_SIZE]);
/* "2026-11-21 18:43:10" in UTC. */
void time_sql(int64_t ms, char out[TIME_ISO_SIZE]);

/* "2d", "3h", "15min", "1w", "90s" -> milliseconds. */
int time_span_parse(const char *s, size_t len, int64_t *ms_out) MUST_CHECK;
/* The shortest of "12s" "4m" "3h" "9d" "5w" "2y" for a distance. */
void time_span(int64_t ms, char out[16]);
/* The same for people, in their language: "3小时". */
#define TIME_SAID_SIZE 24
void time_span_said(int64_t ms, char out[TIME_SAID_SIZE]);

#endif
