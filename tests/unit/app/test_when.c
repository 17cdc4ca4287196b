/* SPDX-License-Identifier: MIT */
/*
 * What people mean by a time that lies ahead, in a zone east of UTC.
 */
#include "galley/app/when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "galley/base/timefmt.h"

#define ZONE 480

static int64_t at(const char *s)
{
	int64_t ms;

	assert_int_equal(time_parse(s, strlen(s), ZONE, &ms), 0);
	return ms;
}

static void what_people_write_is_read(void **state)
{
	static const char *const v[][2] = {
		{"2h", "2026-11-21 14:15"},
		{"+2h", "2026-11-21 14:15"},
		{"14:30", "2026-11-21 14:30"},
		{"9:00", "2026-11-22 09:00"},
		{"12:15", "2026-11-22 12:15"},
		{"today 17:00", "2026-11-21 17:00"},
		{"今天17:00", "2026-11-21 17:00"},
		{"tomorrow", "2026-11-22 09:00"},
		{"tomorrow 8:05", "2026-11-22 08:05"},
		{"明天", "2026-11-22 09:00"},
		{"明天 8：05", "2026-11-22 08:05"},
		{"2026-11-30", "2026-11-30 09:00"},
		{"2026-11-30 08:00", "2026-11-30 08:00"},
		{"3d", "2026-11-24 12:15"},
	};
	int64_t now = at("2026-11-21 12:15"), ms;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(*v); i++) {
		if (when_read(v[i][0], now, ZONE, &ms) < 0)
			fail_msg("%s: %s", v[i][0], err_msg());
		if (ms != at(v[i][1]))
			fail_msg("%s is not %s", v[i][0], v[i][1]);
	}
}

static void what_is_none_is_said(void **state)
{
	static const char *const none[] = {"soon", "", "25:00", "9:60",
		"tomorrow at nine", "tomorrow 25:00", "明天上午", "2026-13-01"};
	static const char *const past[] = {
		"today", "today 9:00", "2026-11-20", "2026-11-21 12:15"};
	int64_t now = at("2026-11-21 12:15"), ms = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(none) / sizeof(*none); i++) {
		assert_int_equal(when_read(none[i], now, ZONE, &ms), E_INPUT);
		assert_non_null(strstr(err_msg(), "is no time"));
	}
	for (i = 0; i < sizeof(past) / sizeof(*past); i++) {
		assert_int_equal(when_read(past[i], now, ZONE, &ms), E_INPUT);
		assert_non_null(strstr(err_msg(), "has gone by"));
	}
	assert_int_equal(ms, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_people_write_is_read),
		cmocka_unit_test(what_is_none_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
