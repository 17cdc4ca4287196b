/* SPDX-License-Identifier: MIT */
/* Retry-After, the bucket and the backoff: arithmetic at its edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "galley/base/mem.h"
#include "galley/base/rnd.h"
#include "net/net_priv.h"

#define DATE_MS INT64_C(1795286590000) /* Sat, 21 Nov 2026 18:43:10 GMT */

static void test_retry_after(void **state)
{
	static const struct {
		const char *value;
		int64_t ms;
	} t[] = {
		{"0", 0},
		{"7", 7000},
		{"0007", 7000},
		{"3600", 3600000},
		{"86400", 86400000},
		{"86401", 86400000},
		{"99999999999999999999999999", 86400000},
		{"Sat, 21 Nov 2026 18:43:40 GMT", 30000},
		{"Sat, 21 Nov 2026 18:43:10 GMT", 0},
		{"Sat, 21 Nov 2026 18:43:09 GMT", 0},
		{"Sun, 21 Nov 2027 18:43:10 GMT", 86400000},
		{"", -1},
		{"-1", -1},
		{"1.5", -1},
		{"7 ", -1},
		{"soon", -1},
		{"7x", -1},
		{"Sat, 21 Nov 2026", -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		assert_int_equal(
			retry_after_parse(t[i].value, DATE_MS), t[i].ms);
}

static void read_times(const char *headers, int64_t now_ms, int64_t want_date,
	int64_t want_after)
{
	char *copy = xstrdup(headers);
	struct net_resp r = {.headers = copy};

	resp_read_times(&r, now_ms);
	assert_int_equal(r.date_ms, want_date);
	assert_int_equal(r.retry_after_ms, want_after);
	free(copy);
}

/* The server's own Date is what its Retry-After counts from, whatever our
 * clock says. */
static void test_times_of_an_answer(void **state)
{
	static const char both[] = "date: Sat, 21 Nov 2026 18:43:10 GMT\n"
				   "retry-after: "
				   "Sat, 21 Nov 2026 18:43:40 GMT\n";
	static const char no_date[] = "retry-after: "
				      "Sat, 21 Nov 2026 18:43:40 GMT\n";

	(void)state;
	read_times(both, 0, DATE_MS, 30000);
	read_times(both, DATE_MS + 86400000, DATE_MS, 30000);
	read_times(no_date, DATE_MS + 10000, 0, 20000);
	read_times("date: nonsense\nretry-after: 5\n", 1, 0, 5000);
	read_times("x-retry-after: 5\n", 1, 0, -1);
	read_times("", 1, 0, -1);
}

static void test_bucket_bursts_and_refills(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 3, 1000);
	for (int i = 0; i < 3; i++)
		assert_int_equal(bucket_take(&b, 5000), 0);
	assert_int_equal(bucket_take(&b, 5000), 334);
	assert_int_equal(bucket_take(&b, 5333), 1);
	assert_int_equal(bucket_take(&b, 5334), 0);
	assert_true(bucket_take(&b, 5334) > 0);
	/* a long rest fills it to the brim and not above */
	for (int i = 0; i < 3; i++)
		assert_int_equal(bucket_take(&b, 900000), 0);
	assert_true(bucket_take(&b, 900000) > 0);
}

static void test_bucket_never_gives_more(void **state)
{
	struct bucket b;
	int64_t t = -77;
	int given = 0;

	(void)state;
	bucket_init(&b, 5, 1000);
	/* who waits as told is never told to wait again */
	for (; t < 60000 - 77; t++) {
		int64_t wait = bucket_take(&b, t);

		if (!wait) {
			given++;
			continue;
		}
		assert_true(wait <= 200);
		t += wait - 1;
		if (t + 1 < 60000 - 77) {
			t++;
			assert_int_equal(bucket_take(&b, t), 0);
			given++;
		}
	}
	assert_true(given >= 300 && given <= 305);
}

static void test_bucket_and_a_clock_that_goes_back(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 1, 1000);
	assert_int_equal(bucket_take(&b, 10000), 0);
	assert_int_equal(bucket_take(&b, 0), 1000);
	assert_int_equal(bucket_take(&b, 10500), 500);
	assert_int_equal(bucket_take(&b, 11000), 0);
}

static void test_backoff_bounds(void **state)
{
	struct rnd r;
	int64_t top = 1000;

	(void)state;
	rnd_seed(&r, 1);
	for (int attempt = 0; attempt < 80; attempt++) {
		int64_t low = INT64_MAX, high = 0;

		for (int i = 0; i < 2000; i++) {
			int64_t ms = backoff_ms(&r, attempt, 1000, 300000);

			assert_true(ms >= 500 && ms <= top);
			low = ms < low ? ms : low;
			high = ms > high ? ms : high;
		}
		/* the whole range is used */
		assert_true(low < 500 + (top - 500) / 20);
		assert_true(high > top - (top - 500) / 20);
		top = top * 2 > 300000 ? 300000 : top * 2;
	}
	assert_int_equal(top, 300000);
}

static void test_backoff_at_its_edges(void **state)
{
	struct rnd r;

	(void)state;
	rnd_seed(&r, 2);
	for (int i = 0; i < 100; i++) {
		int64_t ms = backoff_ms(&r, 5, 1000, 100);

		assert_true(ms >= 0 && ms <= 100);
		ms = backoff_ms(&r, INT32_MAX, 1, INT64_MAX);
		assert_true(ms >= 0);
		assert_true(backoff_ms(&r, 0, 1, 1) <= 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_times_of_an_answer),
		cmocka_unit_test(test_bucket_bursts_and_refills),
		cmocka_unit_test(test_bucket_never_gives_more),
		cmocka_unit_test(test_bucket_and_a_clock_that_goes_back),
		cmocka_unit_test(test_backoff_bounds),
		cmocka_unit_test(test_backoff_at_its_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
