/* SPDX-License-Identifier: MIT */
/*
 * The cache of a session, opened when it is asked for or begun before that.
 */
#include "home_fix.h"

#include "galley/app/session.h"

static int tickets(struct store_ro *ro)
{
	struct query *q;
	int64_t n = 0;

	assert_int_equal(query_parse("", ENT_TICKET, NOW, 0, &q), 0);
	assert_int_equal(store_query_count(ro, q, NULL, 100, &n), 0);
	query_free(q);
	return (int)n;
}

static void the_cache_is_opened_ahead(void **state)
{
	struct store_ro *ro, *again;
	struct session *s;

	(void)state;
	assert_int_equal(session_open(NULL, &s), 0);
	session_ro_begin(s);
	session_ro_begin(s); /* it is under way */
	assert_int_equal(session_ro(s, &ro), 0);
	assert_int_equal(tickets(ro), 3);
	session_ro_begin(s); /* it is there */
	assert_int_equal(session_ro(s, &again), 0);
	assert_ptr_equal(ro, again);
	session_close(s);
}

static void nobody_has_to_ask_for_it(void **state)
{
	struct session *s;

	(void)state;
	assert_int_equal(session_open(NULL, &s), 0);
	session_ro_begin(s);
	session_close(s);
}

static void what_is_wrong_is_said_to_who_asks(void **state)
{
	char *db = path_user(PATH_DATA, "galley.db");
	char *kept = path_user(PATH_DATA, "kept.db");
	struct store_ro *ro;
	struct session *s;

	(void)state;
	assert_int_equal(rename(db, kept), 0);
	assert_int_equal(session_open(NULL, &s), 0);
	session_ro_begin(s);
	assert_int_equal(session_ro(s, &ro), E_NOTFOUND);
	assert_non_null(strstr(err_msg(), "galley sync"));
	/* it may have come meanwhile */
	assert_int_equal(rename(kept, db), 0);
	assert_int_equal(session_ro(s, &ro), 0);
	session_close(s);
	free(kept);
	free(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cache_is_opened_ahead),
		cmocka_unit_test(nobody_has_to_ask_for_it),
		cmocka_unit_test(what_is_wrong_is_said_to_who_asks),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
