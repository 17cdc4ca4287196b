/* SPDX-License-Identifier: MIT */
/*
 * Dates of many makes, and what is no date.
 */
#include "galley/base/timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "galley/base/mem.h"

#define T 1795286590000 /* 2026-11-21T18:43:10Z */

static void dates_are_read(void **state)
{
	static const struct {
		const char *text;
		int zone_min;
		int64_t ms;
	} cases[] = {
		{"2026-11-21T18:43:10Z", 60, T},
		{"2026-11-21t18:43:10z", 0, T},
		{"2026-11-21T18:43:10.5Z", 0, T + 500},
		{"2026-11-21T18:43:10.123456789Z", 0, T + 123},
		{"2026-11-22T02:43:10+08:00", 0, T},
		{"2026-11-22T02:43:10+0800", 0, T},
		{"2026-11-21T13:13:10-05:30", 0, T},
		{"2026-11-22 02:43:10", 480, T},
		{"2026-11-21 18:43", 0, T - 10000},
		{"2026-11-21", 0, T - 67390000},
		{"2026-11-21 18:43:10 UTC", 60, T},
		{" 2026-11-21T18:43:10Z ", 0, T},
		{"Sat, 21 Nov 2026 18:43:10 GMT", 60, T},
		{"Sat, 21 Nov 2026 19:43:10 +0100", 0, T},
		{"21 Nov 2026 13:43:10 EST", 0, T},
		{"Saturday, 21-Nov-26 18:43:10 GMT", 0, T},
		{"Sat Nov 21 18:43:10 2026", 0, T},
		{"Sat Nov 21 18:43:10 2026", 60, T - 3600000},
		{"Sun Nov  6 08:49:37 1994", 0, 784111777000},
		{"20261121184310", 0, T},
		{"1795286590", 0, T},
		{"1795286590.25", 0, T + 250},
		{"1795286590123", 0, T + 123},
		{"0", 0, 0},
		{"1970-01-01T00:00:00Z", 0, 0},
		{"2000-02-29", 0, 951782400000},
		{"2016-12-31T23:59:60Z", 0, 1483228800000},
		{"9999-12-31T23:59:59.999Z", 0, 253402300799999},
	};
	int64_t ms;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ms = -1;
		if (time_parse(cases[i].text, strlen(cases[i].text),
			    cases[i].zone_min, &ms))
			fail_msg("%s", err_msg());
		if (ms != cases[i].ms)
			fail_msg("%s: %lld", cases[i].text, (long long)ms);
	}
}

static void no_dates_are_refused(void **state)
{
	static const char *const cases[] = {"", " ", "yesterday", "2026-13-01",
		"2026-00-01", "2026-02-29", "2100-02-29", "2026-11-31",
		"2026-11-21T24:00:00Z", "2026-11-21T18:60Z",
		"2026-11-21T18:43:61Z", "2026-11-21T18",
		"2026-11-21T18:43:10.Z", "2026-11-21T18:43:10Zx",
		"2026-11-21T18:43:10+25:00", "2026-11-21T18:43:10 XYZ",
		"1969-12-31", "-5", "1970-01-01T00:00:00+01:00",
		"99999999999999999999", "20261321184310",
		"Sat, 21 Foo 2026 18:43:10 GMT", "Sat, 21 Nov 2026",
		"2026-11-21T18:43:10Z 2026"};
	int64_t ms = 77;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		if (time_parse(cases[i], strlen(cases[i]), 0, &ms) != E_INPUT)
			fail_msg("\"%s\" was read", cases[i]);
		assert_int_equal(ms, 77);
	}
	assert_int_equal(time_parse("2026-11-21\0", 11, 0, &ms), E_INPUT);
}

static void http_dates_have_one_form(void **state)
{
	int64_t ms = 0;

	(void)state;
	assert_int_equal(
		time_parse_http("Sat, 21 Nov 2026 18:43:10 GMT", &ms), 0);
	assert_true(ms == T);
	assert_int_equal(
		time_parse_http("Sat, 21 Nov 2026 18:43:10 +0000", &ms),
		E_INPUT);
	assert_int_equal(
		time_parse_http("Saturday, 21-Nov-26 18:43:10 GMT", &ms),
		E_INPUT);
	assert_int_equal(time_parse_http("", &ms), E_INPUT);
}

static void dates_are_written(void **state)
{
	char out[TIME_ISO_SIZE];
	int64_t ms, back;
	int i;

	(void)state;
	time_iso(T, out);
	assert_string_equal(out, "2026-11-21T18:43:10Z");
	time_iso(T + 7, out);
	assert_string_equal(out, "2026-11-21T18:43:10.007Z");
	time_sql(T, out);
	assert_string_equal(out, "2026-11-21 18:43:10");
	time_iso(INT64_MAX, out);
	assert_string_equal(out, "9999-12-31T23:59:59.999Z");
	time_iso(-1, out);
	assert_string_equal(out, "1970-01-01T00:00:00Z");
	/* every 37th day or so up to the year 9999 */
	for (i = 0; i < 79000; i++) {
		ms = (int64_t)i * 3203456789;
		time_iso(ms, out);
		assert_int_equal(time_parse(out, strlen(out), 0, &back), 0);
		assert_true(back == ms);
	}
}

static void spans_are_read_and_written(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {
		{"90s", 90000},
		{"15min", 900000},
		{"3h", 10800000},
		{"2d", 172800000},
		{"1w", 604800000},
		{"1h30min", 5400000},
		{" 1 h 30 m ", 5400000},
		{"250ms", 250},
	};
	static const char *const bad[] = {"", "5", "h", "-5s", "5 parsecs",
		"1h x", "99999999999d", "999999999y"};
	static const struct {
		int64_t ms;
		const char *text;
	} out[] = {
		{0, "0s"},
		{59999, "59s"},
		{60000, "1m"},
		{-7200000, "2h"},
		{9 * 86400000LL, "9d"},
		{35 * 86400000LL, "5w"},
		{800 * 86400000LL, "2y"},
		{INT64_MIN, "292471208y"},
	};
	char text[16];
	int64_t ms;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(time_span_parse(good[i].text,
					 strlen(good[i].text), &ms),
			0);
		assert_true(ms == good[i].ms);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(
			time_span_parse(bad[i], strlen(bad[i]), &ms), E_INPUT);
	for (i = 0; i < ARRAY_SIZE(out); i++) {
		time_span(out[i].ms, text);
		assert_string_equal(text, out[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_read),
		cmocka_unit_test(no_dates_are_refused),
		cmocka_unit_test(http_dates_have_one_form),
		cmocka_unit_test(dates_are_written),
		cmocka_unit_test(spans_are_read_and_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
