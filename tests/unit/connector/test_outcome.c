/* SPDX-License-Identifier: MIT */
/* What may be sent again, and what may not, by what came back. */
#include "conn_fix.h"

struct row {
	int status;
	enum outcome write, read;
};

/* Written down from the rules for sending again, not from the code. */
static const struct row rows[] = {
	{200, OUT_OK, OUT_OK},
	{201, OUT_OK, OUT_OK},
	{204, OUT_OK, OUT_OK},
	{202, OUT_ACCEPTED, OUT_RETRY},
	{206, OUT_UNKNOWN, OUT_BROKEN},
	{301, OUT_REFUSED, OUT_REFUSED},
	{302, OUT_REFUSED, OUT_REFUSED},
	{307, OUT_REFUSED, OUT_REFUSED},
	{304, OUT_UNKNOWN, OUT_BROKEN},
	{400, OUT_REFUSED, OUT_REFUSED},
	{401, OUT_AUTH, OUT_AUTH},
	{403, OUT_REFUSED, OUT_REFUSED},
	{404, OUT_GONE, OUT_GONE},
	{408, OUT_RETRY, OUT_RETRY},
	{409, OUT_CONFLICT, OUT_RETRY},
	{410, OUT_GONE, OUT_GONE},
	{412, OUT_CONFLICT, OUT_REFUSED},
	{413, OUT_REFUSED, OUT_REFUSED},
	{421, OUT_RETRY, OUT_RETRY},
	{422, OUT_REFUSED, OUT_REFUSED},
	{425, OUT_RETRY, OUT_RETRY},
	{428, OUT_CONFLICT, OUT_REFUSED},
	{429, OUT_RATE, OUT_RATE},
	{500, OUT_UNKNOWN, OUT_RETRY},
	{502, OUT_UNKNOWN, OUT_RETRY},
	{503, OUT_UNKNOWN, OUT_RATE},
	{504, OUT_UNKNOWN, OUT_RETRY},
	{520, OUT_UNKNOWN, OUT_RETRY},
	{0, OUT_UNKNOWN, OUT_BROKEN},
	{99, OUT_UNKNOWN, OUT_BROKEN},
	{700, OUT_UNKNOWN, OUT_BROKEN},
};

static void whole_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];

		if (outcome_of_write(1, 1, r->status) != r->write)
			fail_msg("write %d: %s", r->status,
				outcome_name(
					outcome_of_write(1, 1, r->status)));
		if (outcome_of_read(1, 1, r->status) != r->read)
			fail_msg("read %d: %s", r->status,
				outcome_name(outcome_of_read(1, 1, r->status)));
	}
}

/* Once a byte may have left, no status makes half an answer a no or a yes. */
static void half_answers(void **state)
{
	(void)state;
	for (int s = 0; s < 600; s++) {
		assert_int_equal(outcome_of_write(1, 0, s), OUT_UNKNOWN);
		assert_int_equal(outcome_of_read(1, 0, s), OUT_RETRY);
	}
}

static void nothing_left(void **state)
{
	(void)state;
	assert_int_equal(outcome_of_write(0, 0, 0), OUT_NOT_SENT);
	assert_int_equal(outcome_of_read(0, 0, 0), OUT_NOT_SENT);
}

/* What is sent again without a look must be one of these answers. */
static void few_writes_go_again(void **state)
{
	static const int again[] = {408, 421, 425, 429};

	(void)state;
	for (int s = 0; s < 1000; s++) {
		enum outcome o = outcome_of_write(1, 1, s);
		int listed = 0;

		for (size_t i = 0; i < ARRAY_SIZE(again); i++)
			listed |= again[i] == s;
		if ((o == OUT_RETRY || o == OUT_RATE || o == OUT_NOT_SENT) !=
			listed)
			fail_msg("%d is %s", s, outcome_name(o));
	}
}

static void names_differ(void **state)
{
	(void)state;
	for (int i = 0; i < OUT_COUNT; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(outcome_name((enum outcome)i),
				outcome_name((enum outcome)j));
	assert_string_equal(outcome_name((enum outcome)99), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_answers),
		cmocka_unit_test(half_answers),
		cmocka_unit_test(nothing_left),
		cmocka_unit_test(few_writes_go_again),
		cmocka_unit_test(names_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
