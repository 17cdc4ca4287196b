/* SPDX-License-Identifier: MIT */
/*
 * Which class reaches a person how, and when it is quiet.
 */
#include "galley/app/config.h"
#include "galley/ui/term.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define MIN INT64_C(60000)
/* 2026-11-23, a Monday, 00:00 UTC */
#define MONDAY INT64_C(1795392000000)

static struct config *parsed(const char *text)
{
	struct config *c;

	if (config_parse("c", text, strlen(text), &c) < 0)
		fail_msg("%s", err_msg());
	return c;
}

static void refused(const char *text, const char *why)
{
	struct config *c;

	assert_int_equal(config_parse("c", text, strlen(text), &c), E_CONFIG);
	if (!strstr(err_msg(), why))
		fail_msg("`%s` is not in: %s", why, err_msg());
}

static unsigned at(const struct config *c, enum about a, int day, int hour)
{
	return notices_how(
		&c->notices, a, MONDAY + (day * 24 + hour) * 60 * MIN, 0);
}

static void classes(void **state)
{
	struct config *c = parsed("[notices]\nmessage = bell, mark\n"
				  "call = none\ndesktop = osc99\n");

	(void)state;
	assert_int_equal(at(c, ABOUT_MESSAGE, 0, 12), ALERT_BELL | ALERT_MARK);
	assert_int_equal(at(c, ABOUT_CALL, 0, 12), 0);
	assert_int_equal(at(c, ABOUT_SYNC, 0, 12), ALERT_MARK); /* default */
	assert_int_equal(at(c, ABOUT_NONE, 0, 12), 0);
	assert_int_equal(c->notices.by, NOTIFY_OSC99);
	config_free(c);
}

static void quiet_hours(void **state)
{
	struct config *c = parsed(
		"[notices]\nquiet = mon-fri 20:00-07:30,sat-sun 00:00-24:00, sun 10:00-11:00\n");
	unsigned all = ALERT_BELL | ALERT_DESKTOP | ALERT_MARK;

	(void)state;
	assert_int_equal(at(c, ABOUT_CALL, 0, 12), all);
	assert_int_equal(at(c, ABOUT_CALL, 0, 20), ALERT_MARK);
	assert_int_equal(at(c, ABOUT_CALL, 1, 7), ALERT_MARK);
	assert_int_equal(at(c, ABOUT_CALL, 1, 8), all);
	/* Sunday's night does not go on into Monday */
	assert_int_equal(at(c, ABOUT_CALL, 6, 23), ALERT_MARK);
	assert_int_equal(at(c, ABOUT_CALL, 7, 3), all);
	/* the night of Friday goes on into Saturday, which is quiet anyway */
	assert_int_equal(at(c, ABOUT_CALL, 5, 3), ALERT_MARK);
	/* in the zone of the person */
	assert_int_equal(notices_how(&c->notices, ABOUT_CALL,
				 MONDAY + 12 * 60 * MIN, 8 * 60),
		ALERT_MARK);
	config_free(c);
	c = parsed("[notices]\nquiet = 22:00-06:00\n");
	assert_int_equal(at(c, ABOUT_CALL, 3, 23), ALERT_MARK);
	assert_int_equal(at(c, ABOUT_CALL, 3, 5), ALERT_MARK);
	assert_int_equal(at(c, ABOUT_CALL, 3, 6), all);
	config_free(c);
}

static void mistakes(void **state)
{
	(void)state;
	refused("[notices]\ncal = bell\n", "c:2:1: no key \"cal\"");
	refused("[notices]\ncall = loud\n", "c:2:8: write bell");
	refused("[notices]\nquiet = 25:00-07:00\n", "c:2:9: write quiet");
	refused("[notices]\nquiet = 22-7\n", "write quiet");
	refused("[notices]\nquiet = xyz 22:00-07:00\n", "write quiet");
	refused("[notices]\nquiet = 22:00-07:00 mon\n", "write quiet");
	refused("[notices]\nquiet = mon\n", "write quiet");
	refused("[notices]\ndesktop = email\n", "desktop is auto");
	refused("[notice]\n", "[notices]");
}

/* What is printed is what would be written. */
static void values_are_printed_as_they_are_read(void **state)
{
	static const char *const lines[][2] = {
		{"call", "bell desktop mark"},
		{"held", "none"},
		{"sync", "mark"},
		{"desktop", "osc99"},
		{"quiet", "22:00-07:00"},
		{"quiet", "mon-fri 20:00-08:00, sat-sun 00:00-24:00"},
		{"quiet", "fri-mon 01:30-02:00, wed 12:00-13:00"},
	};
	struct buf b = BUF_INIT;
	struct notices n;
	size_t i;

	(void)state;
	notices_default(&n);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		buf_reset(&b);
		assert_int_equal(notices_set(&n, lines[i][0], lines[i][1]), 0);
		notices_print(&n, lines[i][0], &b);
		assert_string_equal(buf_str(&b), lines[i][1]);
	}
	buf_fini(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes),
		cmocka_unit_test(quiet_hours),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(values_are_printed_as_they_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
