/* SPDX-License-Identifier: MIT */
/*
 * What states are called, and with which status a wait for them ends.
 */
#include "cli/cli_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define NOW INT64_C(1795233600000)

static const struct {
	struct op op;
	const char *words;
	int status;
} rows[] = {
	{{.state = OPS_QUEUED, .not_before_ms = NOW - 5}, "queued", 75},
	{{.state = OPS_QUEUED, .not_before_ms = NOW + 7400},
		"waiting 8 s (undo)", 75},
	{{.state = OPS_QUEUED,
		 .not_before_ms = NOW + 3600000,
		 .later_ms = NOW + 3600000},
		"waiting until 2026-11-21 05:00", 75},
	{{.state = OPS_QUEUED, .not_before_ms = NOW + 2000, .attempt = 3},
		"queued, next try in 2 s", 75},
	{{.state = OPS_SENDING}, "sending", 75},
	{{.state = OPS_SENT}, "sent, not read back yet", 0},
	{{.state = OPS_UNSURE}, "no answer came, looking for it on the server",
		75},
	{{.state = OPS_HELD, .reason = OPR_STALE},
		"held: the customer wrote meanwhile", 73},
	{{.state = OPS_HELD, .reason = OPR_REFUSED, .error = "no such status"},
		"held: refused: no such status", 73},
	{{.state = OPS_HELD, .reason = OPR_REFUSED}, "held: refused", 73},
	{{.state = OPS_HELD, .reason = OPR_UNKNOWN, .error = "timeout"},
		"held: it may have arrived, nobody can tell", 73},
	{{.state = OPS_DONE, .how = "answer"}, "sent", 0},
	{{.state = OPS_DONE, .how = "found on server"},
		"sent (found on server)", 0},
	{{.state = OPS_DONE}, "sent", 0},
	{{.state = OPS_CANCELLED}, "taken back", 130},
	{{.state = OPS_CANCELLED, .how = "someone else changed it"},
		"given up: somebody else changed it", 130},
};

static void states(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf b = BUF_INIT;

		op_words(&rows[i].op, NOW, &b);
		assert_string_equal(buf_str(&b), rows[i].words);
		assert_int_equal(op_exit(&rows[i].op), rows[i].status);
		buf_fini(&b);
	}
}

/* Every reason that holds an operation is told in words. */
static void reasons(void **state)
{
	(void)state;
	for (int r = OPR_NONE + 1; r < OPR_COUNT; r++)
		assert_true(strlen(reason_words((enum op_reason)r)) > 5);
	assert_string_equal(reason_words(OPR_NONE), "");
}

static void summaries(void **state)
{
	static const struct {
		const char *args, *want;
	} sums[] = {
		{"{\"set\":{\"status\":\"open\",\"due\":1795233600000,"
		 "\"cf.Size\":\"5\"}}",
			"status=open due=2026-11-21 04:00 cf.Size=5"},
		{"{\"add\":[\"vip\"],\"remove\":[\"lost\"]}", "+vip -lost"},
		{"{\"text\":\"hello\"}", "hello"},
		{"{\"min\":15,\"text\":\"call\"}", "call  15 min"},
		{"{}", ""},
		{"{bent", ""},
	};

	(void)state;
	setenv("TZ", "UTC", 1);
	for (size_t i = 0; i < ARRAY_SIZE(sums); i++) {
		struct op op = {.kind = OP_TICKET_SET, .args = sums[i].args};
		struct buf b = BUF_INIT;

		op_summary(&op, &b);
		assert_string_equal(buf_str(&b), sums[i].want);
		buf_fini(&b);
	}
}

static void near_words(void **state)
{
	static const char *const known[] = {"reply", "search", "ls", "log"};

	(void)state;
	assert_string_equal(guess_near("replay", known, 4), "reply");
	assert_string_equal(guess_near("serch", known, 4), "search");
	assert_string_equal(guess_near("lss", known, 4), "ls");
	assert_null(guess_near("purge", known, 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states),
		cmocka_unit_test(reasons),
		cmocka_unit_test(summaries),
		cmocka_unit_test(near_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
