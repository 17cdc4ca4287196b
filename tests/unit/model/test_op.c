/* SPDX-License-Identifier: MIT */
/*
 * Operations: what may be asked for, what it does to a row, who waits for whom.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "galley/base/mem.h"
#include "galley/model/op.h"

static int validate(enum op_kind k, const char *args)
{
	struct json_doc *d;
	int rc;

	assert_int_equal(
		json_parse(args, strlen(args), &json_limits_small, &d), 0);
	rc = op_validate(k, json_root(d));
	json_free(d);
	return rc;
}

static void arguments_are_checked(void **state)
{
	static const struct {
		enum op_kind kind;
		const char *args;
		const char *wrong; /* NULL: fine; else a word of the message */
	} rows[] = {
		{ OP_TICKET_REPLY, "{\"text\":\"hello\"}", NULL },
		{ OP_TICKET_REPLY, "{\"text\":\" \\n\\t\"}", "text" },
		{ OP_TICKET_REPLY, "{}", "text" },
		{ OP_TICKET_REPLY, "{\"text\":\"a\",\"bcc\":\"b\"}", "bcc" },
		{ OP_TICKET_REPLY, "{\"text\":7}", "text" },
		{ OP_TICKET_SET, "{\"set\":{\"status\":\"open\"}}", NULL },
		{ OP_TICKET_SET, "{\"set\":{\"due\":1790000000000}}", NULL },
		{ OP_TICKET_SET, "{\"set\":{\"due\":\"soon\"}}", "due" },
		{ OP_TICKET_SET, "{\"set\":{\"due\":null}}", NULL },
		{ OP_TICKET_SET, "{\"set\":{\"number\":\"1\"}}", "number" },
		{ OP_TICKET_SET, "{\"set\":{\"colour\":\"red\"}}", "colour" },
		{ OP_TICKET_SET, "{\"set\":{\"cf.Severity\":\"low\"}}", NULL },
		{ OP_TICKET_SET, "{\"set\":{}}", "set" },
		{ OP_TICKET_TAKE, "{}", NULL },
		{ OP_TICKET_TAGS, "{\"add\":[\"vip\"]}", NULL },
		{ OP_TICKET_TAGS, "{\"add\":[]}", "nothing" },
		{ OP_TICKET_TAGS, "{\"add\":[\"\"]}", "add" },
		{ OP_TICKET_TIME, "{\"min\":-1}", "min" },
		{ OP_TICKET_CREATE, "{\"queue\":\"q\",\"subject\":\"s\"}", NULL },
		{ OP_TICKET_CREATE, "{\"queue\":\"q\"}", "subject" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int rc = validate(rows[i].kind, rows[i].args);

		if (!rows[i].wrong) {
			assert_int_equal(rc, 0);
			continue;
		}
		assert_int_equal(rc, E_INPUT);
		if (!strstr(err_msg(), rows[i].wrong))
			fail_msg("%s: %s", rows[i].args, err_msg());
	}
}

static struct op make(enum op_kind k, const char *args, enum op_state s)
{
	return (struct op){ .kind = k, .args = args, .state = s };
}

#define NOW INT64_C(1700000000000)

static void who_waits_for_whom(void **state)
{
	static const char reply[] = "{\"text\":\"a\"}";
	static const char status[] = "{\"set\":{\"status\":\"open\"}}";
	static const char prio[] = "{\"set\":{\"priority\":5}}";
	static const char cf1[] = "{\"set\":{\"cf.A\":\"1\"}}";
	static const char cf2[] = "{\"set\":{\"cf.B\":\"1\"}}";
	static const char case1[] = "{\"worked\":1,\"case\":\"ticket:1\"}";
	static const char case2[] = "{\"worked\":0,\"case\":\"ticket:2\"}";
	const struct {
		struct op later, earlier;
		int wait;
	} rows[] = {
		/* what may be on its way is finished first */
		{ make(OP_TICKET_SET, prio, OPS_QUEUED),
			make(OP_TICKET_REPLY, reply, OPS_SENDING), 1 },
		{ make(OP_TICKET_SET, prio, OPS_QUEUED),
			make(OP_TICKET_REPLY, reply, OPS_UNSURE), 1 },
		{ make(OP_TICKET_SET, prio, OPS_QUEUED),
			make(OP_TICKET_REPLY, reply, OPS_DONE), 0 },
		/* a held one stops what builds on it and nothing else */
		{ make(OP_TICKET_SET, prio, OPS_QUEUED),
			make(OP_TICKET_SET, status, OPS_HELD), 0 },
		{ make(OP_TICKET_SET, status, OPS_QUEUED),
			make(OP_TICKET_SET, status, OPS_HELD), 1 },
		{ make(OP_TICKET_SET, cf2, OPS_QUEUED),
			make(OP_TICKET_SET, cf1, OPS_HELD), 1 },
		{ make(OP_TICKET_REPLY, reply, OPS_QUEUED),
			make(OP_TICKET_REPLY, reply, OPS_HELD), 1 },
		{ make(OP_TICKET_REPLY, reply, OPS_QUEUED),
			make(OP_TICKET_SET, status, OPS_HELD), 0 },
		{ make(OP_TICKET_REPLY, reply, OPS_QUEUED),
			make(OP_TICKET_CREATE, "{}", OPS_HELD), 1 },
		/* the last word of the same case stands in the end */
		{ make(OP_ARTICLE_OUTCOME, case1, OPS_QUEUED),
			make(OP_ARTICLE_OUTCOME, case1, OPS_HELD), 1 },
		{ make(OP_ARTICLE_OUTCOME, case2, OPS_QUEUED),
			make(OP_ARTICLE_OUTCOME, case1, OPS_HELD), 0 },
		{ make(OP_ARTICLE_OUTDATED, "{}", OPS_QUEUED),
			make(OP_ARTICLE_OUTDATED, "{}", OPS_HELD), 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct op later = rows[i].later;

		later.seq = 1;
		if (op_must_wait(&later, &rows[i].earlier, NOW) !=
				rows[i].wait ||
			op_must_wait(&rows[i].earlier, &later, NOW))
			fail_msg("row %zu", i);
	}
}

/* What is for tomorrow, and what is done today. */
static void the_sleeping_hold_nobody(void **state)
{
	static const char reply[] = "{\"text\":\"a\"}";
	static const char closing[] =
		"{\"text\":\"a\",\"status\":\"resolved\"}";
	static const char status[] = "{\"set\":{\"status\":\"open\"}}";
	static const char prio[] = "{\"set\":{\"priority\":5}}";
	const struct {
		struct op asleep, today;
		int today_waits;
	} rows[] = {
		{ make(OP_TICKET_REPLY, reply, OPS_QUEUED),
			make(OP_TICKET_SET, status, OPS_QUEUED), 0 },
		{ make(OP_TICKET_REPLY, reply, OPS_QUEUED),
			make(OP_TICKET_REPLY, reply, OPS_QUEUED), 0 },
		{ make(OP_TICKET_REPLY, reply, OPS_QUEUED),
			make(OP_TICKET_MERGE, "{}", OPS_QUEUED), 0 },
		/* it builds on it */
		{ make(OP_TICKET_REPLY, closing, OPS_QUEUED),
			make(OP_TICKET_SET, status, OPS_QUEUED), 1 },
		{ make(OP_TICKET_REPLY, closing, OPS_QUEUED),
			make(OP_TICKET_SET, prio, OPS_QUEUED), 0 },
		{ make(OP_TICKET_CREATE, "{}", OPS_QUEUED),
			make(OP_TICKET_SET, prio, OPS_QUEUED), 1 },
		{ make(OP_TICKET_MERGE, "{}", OPS_QUEUED),
			make(OP_TICKET_REPLY, reply, OPS_QUEUED), 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct op asleep = rows[i].asleep, today = rows[i].today;

		today.seq = 1;
		asleep.later_ms = NOW + 1;
		if (op_must_wait(&today, &asleep, NOW) != rows[i].today_waits)
			fail_msg("row %zu", i);
		/* its time has come: order by age again */
		assert_int_equal(op_must_wait(&today, &asleep, NOW + 1), 1);
		assert_int_equal(op_must_wait(&asleep, &today, NOW + 1), 0);
		/* but what has left meanwhile is finished first */
		today.attempt = 1;
		today.state = OPS_UNSURE;
		assert_int_equal(op_must_wait(&asleep, &today, NOW + 1), 1);
		assert_int_equal(op_must_wait(&today, &asleep, NOW + 1), 0);
	}
	/* an undo window keeps the order */
	{
		struct op undo = make(OP_TICKET_REPLY, reply, OPS_QUEUED);
		struct op next = make(OP_TICKET_SET, prio, OPS_QUEUED);

		next.seq = 1;
		undo.not_before_ms = NOW + 10000;
		assert_int_equal(op_must_wait(&next, &undo, NOW), 1);
	}
}

struct seen {
	enum field_id f[8];
	char v[8][64];
	int n;
};

static void see(void *u, enum field_id f, const char *value)
{
	struct seen *s = u;

	s->f[s->n] = f;
	snprintf(s->v[s->n++], sizeof(s->v[0]), "%s", value ? value : "(null)");
}

static void effects_on_the_row(void **state)
{
	struct op set = make(OP_TICKET_SET,
		"{\"set\":{\"status\":\"open\",\"due\":null,\"priority\":50}}",
		OPS_QUEUED);
	struct op take = make(OP_TICKET_TAKE, "{}", OPS_QUEUED);
	struct seen s = { .n = 0 };

	(void)state;
	op_effect(&set, "agent01", see, &s);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.f[0], FID_TICKET_STATUS);
	assert_string_equal(s.v[1], "(null)");
	assert_string_equal(s.v[2], "50");
	s.n = 0;
	op_effect(&take, "agent01", see, &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.f[0], FID_TICKET_OWNER);
	assert_string_equal(s.v[0], "agent01");
}

static void names_go_both_ways(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < OP_COUNT; i++)
		assert_int_equal(
			op_by_name(op_desc((enum op_kind)i)->name)->kind, i);
	for (i = 0; i < OPS_STATE_COUNT; i++)
		assert_int_equal(
			op_state_by_name(op_state_name((enum op_state)i)), i);
	for (i = 0; i < OPR_COUNT; i++)
		assert_int_equal(
			op_reason_by_name(op_reason_name((enum op_reason)i)),
			i);
	assert_null(op_by_name("ticket.explode"));
	assert_int_equal(op_state_by_name("asleep"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_are_checked),
		cmocka_unit_test(who_waits_for_whom),
		cmocka_unit_test(the_sleeping_hold_nobody),
		cmocka_unit_test(effects_on_the_row),
		cmocka_unit_test(names_go_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
