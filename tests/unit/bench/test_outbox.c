/* SPDX-License-Identifier: MIT */
/*
 * What asks for a decision in the outbox, with what was found there: cases,
 * titles and names, as people know them.
 */
#include "hands_fix.h"

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
	hold_it(OPR_SEVERAL, evidence);
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
	hold_it(OPR_UNKNOWN, evidence);
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
