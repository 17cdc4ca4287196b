/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the readers of dates and spans: what is read is in range, its written
 * forms read back to the same moment, and zones only shift.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/timefmt.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_forms(int64_t ms)
{
	char out[TIME_ISO_SIZE], span[16];
	int64_t back = -1;

	assert(ms >= 0 && ms <= 253402300799999);
	time_iso(ms, out);
	if (time_parse(out, strlen(out), 333, &back) || back != ms)
		abort();
	time_sql(ms, out);
	if (time_parse(out, strlen(out), 0, &back) || back != ms - ms % 1000)
		abort();
	time_span(ms, span);
	assert(strlen(span) >= 2);
}

static void check_date(const char *s, size_t len, int zone_min)
{
	int64_t ms = -1, shifted = -1;

	if (time_parse(s, len, zone_min, &ms)) {
		assert(ms == -1);
		return;
	}
	check_forms(ms);
	/* a date has a zone, or takes the one it is given */
	if (!time_parse(s, len, zone_min - 1, &shifted))
		assert(shifted == ms || shifted == ms + 60000);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char text[64] = "";
	int64_t ms = -1;

	if (!size)
		return 0;
	check_date((const char *)data + 1, size - 1,
		(int)(signed char)data[0] * 6);
	if (!time_span_parse((const char *)data + 1, size - 1, &ms))
		assert(ms >= 0 && ms <= 253402300799999);
	memcpy(text, data, size < 63 ? size : 63);
	if (!time_parse_http(text, &ms))
		check_forms(ms);
	return 0;
}
