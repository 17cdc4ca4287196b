/* SPDX-License-Identifier: MIT */
/*
 * What asks for a decision in the outbox, with what was found there: cases,
 * titles and names, as people know them.
 */
#include "hands_fix.h"

/* As the engine does when the answer was lost and it cannot know. */
static void is_held(enum op_reason why, const char *evidence)
{
	char *db = path_user(PATH_DATA, "galley.db");
	struct store_opts o = {.path = db};
	struct store_outcome held = {
		.state = OPS_HELD, .reason = why, .evidence = evidence};
	struct store_rw *rw;
	struct ops ops;

	assert_int_equal(store_open_rw(&o, &rw), 0);
	assert_int_equal(store_op_list(store_reader(rw), 0, -1, 0, 9, &ops), 0);
	assert_int_equal(ops.n, 1);
	assert_int_equal(store_op_outcome(rw, ops.v[0].uid, ops.v[0].attempt,
				 OPS_QUEUED, &held),
		0);
	ops_free(&ops);
	store_close_rw(rw);
	free(db);
}

static long long message(struct fix *f, const char *rid)
{
	struct rows rows;
	long long id;

	assert_int_equal(
		store_row_rid(desk_ro(f->desk), ENT_MESSAGE, 0, rid, &rows), 0);
	id = rows.v[0].id;
	rows_free(&rows);
	return id;
}

static void what_was_found_is_seen(void **state)
{
	struct fix f = {0};
	char *evidence;

	(void)state;
	start_as(&f, 120, 40, "ticket");
	command(&f, "open 11");
	press(&f, "r");
	type(&f, "the same");
	command(&f, "send");
	evidence = xasprintf("{\"looks\":3,\"armed_ms\":%lld,"
			     "\"until_ms\":%lld,\"baseline\":\"100\","
			     "\"candidates\":[%lld,%lld]}",
		(long long)NOW, (long long)NOW + 120000, message(&f, "101"),
		message(&f, "102"));
	stop(&f);
	is_held(OPR_SEVERAL, evidence);
	start_as(&f, 120, 40, "ticket");
	command(&f, "outbox");
	sees(&f, "looked 3 times in 2m");
	sees(&f, "What looks like it:");
	sees(&f, "11  \xe7\x8e\x8b\xe8\x8a\xb3  Nov 21 03:00"); /* by name */
	sees(&f, "ask the bank");
	sees_not(&f, "candidates");
	sees_not(&f, "before"); /* it changes no field */
	sees_not(&f, "1795");
	sees_not(&f, "wang@example.com  Nov");
	stop(&f);
	free(evidence);
}

/* A creation has a title of its own there, another one perhaps. */
static void a_creation_is_known_by_its_title(void **state)
{
	struct fix f = {0};
	char *evidence;

	(void)state;
	start_as(&f, 120, 40, "ticket");
	command(&f, "open 11");
	command(&f, "create Where is it");
	press(&f, "<C-s>");
	assert_int_equal(count_ops(&f, OP_TICKET_CREATE), 1);
	evidence = xasprintf(
		"{\"looks\":1,\"candidates\":[%lld]}", message(&f, "101"));
	stop(&f);
	is_held(OPR_UNKNOWN, evidence);
	start_as(&f, 120, 40, "ticket");
	command(&f, "outbox");
	sees(&f, "looked 1 time in 0");
	sees(&f, "11  \xe9\x80\x80\xe6\xac\xbe"); /* 11  退款 */
	stop(&f);
	free(evidence);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_was_found_is_seen),
		T(a_creation_is_known_by_its_title),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
