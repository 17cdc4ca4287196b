/* SPDX-License-Identifier: MIT */
/*
 * A call from its ring to its end: the band stays while one talks, and its keys
 * say what they can do now. Rows land in the cache as sync would bring them.
 */
#include "hands_fix.h"

static const char *status;

static void add_call(struct recs *r)
{
	struct rec *c = recs_add(r, REC_ROW, ENT_CALL, "c1");
	struct rec *p = recs_add(r, REC_ROW, ENT_PROMISE, "p1");

	text(r, p, FID_PROMISE_STATUS, "open");
	text(r, p, FID_PROMISE_CUSTOMER, "wang@example.com");
	text(r, p, FID_PROMISE_TEXT, "a call back");
	rec_set_int(p, FID_PROMISE_DUE, NOW + 7200000);

	text(r, c, FID_CALL_STATUS, status);
	text(r, c, FID_CALL_DIR, "in");
	text(r, c, FID_CALL_CUSTOMER, "wang@example.com");
	rec_set_int(c, FID_CALL_STARTED, NOW);
	if (strcmp(status, "ringing") != 0 && strcmp(status, "missed") != 0)
		rec_set_int(c, FID_CALL_ANSWERED, NOW + 5000);
}

static void call_is(struct fix *f, const char *s)
{
	status = s;
	land_more(add_call);
	f->mono += 1000;
	f->now += 1000;
	turn(f);
}

static void the_band_stays_until_the_call_ends(void **state)
{
	/* what backends call it */
	static const char *const talking[] = {"talking", "active", "answered"};
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "hotline");
	call_is(&f, "ringing");
	sees(&f, "ringing 0:");
	for (size_t i = 0; i < ARRAY_SIZE(talking); i++) {
		call_is(&f, talking[i]);
		sees(&f, "talking 0:");
		sees(&f, "Promised  in"); /* not the first to give way */
	}
	call_is(&f, "ended");
	sees_not(&f, "talking 0:");
	stop(&f);
}

/* Its keys work from any pane, and while one types. */
static void its_keys_are_those_of_now(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "hotline");
	call_is(&f, "ringing");
	sees(&f, "F2 answer the call");
	sees(&f, "F7 decline");
	sees_not(&f, "hang up");
	press(&f, "<F6>");
	hears(&f, "nobody has answered");
	call_is(&f, "active");
	sees(&f, "F6 hang up");
	sees_not(&f, "decline");
	press(&f, "<F2>");
	hears(&f, "it is answered");
	stop(&f);
}

/* One that is gone is no riddle, and the key can be asked for before. */
static void no_call_is_said(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "ticket");
	press(&f, "<F2>");
	hears(&f, "Answer the call: there is no call");
	press(&f, "<F1> <F6>");
	sees(&f, "Hang up");
	sees(&f, "Not now: there is no call");
	/* nothing is asked there */
	sees(&f, "Enter or Esc closes it");
	stop(&f);
}

/* The band is not seen any more, and one pane alone leaves it no room: its keys
 * are those of now all the same. */
static void its_keys_need_no_room(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "hotline");
	call_is(&f, "ringing");
	call_is(&f, "missed");
	press(&f, "<F6>");
	hears(&f, "Hang up: there is no call");
	press(&f, "<F2>");
	hears(&f, "Answer the call: there is no call");
	press(&f, "z");
	call_is(&f, "ringing");
	sees_not(&f, "ringing 0:");
	sees(&f, "F2 answer the call");
	call_is(&f, "active");
	press(&f, "<F2>");
	hears(&f, "it is answered");
	call_is(&f, "ended");
	sees_not(&f, "F6 hang up");
	stop(&f);
}

/* Who was busy hears of it, once. */
static void what_nobody_took_is_said(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "hotline");
	call_is(&f, "ringing");
	hears(&f, "A call rings");
	call_is(&f, "missed");
	hears(&f, "Nobody took the call: 王芳");
	call_is(&f, "missed");
	assert_string_equal(desk_notice(f.desk, 1)->text, "A call rings: 王芳");
	stop(&f);
}

static const char *lang;

static void add_spoken_call(struct recs *r)
{
	struct rec *c = recs_add(r, REC_ROW, ENT_CALL, "c9");

	text(r, c, FID_CALL_STATUS, "ringing");
	text(r, c, FID_CALL_DIR, "in");
	text(r, c, FID_CALL_NUMBER, "13900139000");
	text(r, c, FID_CALL_LANG, lang);
	rec_set_int(c, FID_CALL_STARTED, NOW);
}

static void rings_in(struct fix *f, const char *l)
{
	lang = l;
	land_more(add_spoken_call);
	f->mono += 1000;
	f->now += 1000;
	turn(f);
}

/* In the language of who calls, whatever the screen is in. */
static void what_to_say_first_is_there(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "hotline");
	command(&f, "open 12"); /* another case is in focus */
	rings_in(&f, "zh");
	sees(&f, "Say first  您好，这里是客服中心");
	stop(&f);
	start_as(&f, 120, 36, "hotline");
	rings_in(&f, "en");
	stop(&f);
	/* who is known: by the rules, from what is open with him */
	f = (struct fix){0};
	start_as(&f, 120, 36, "hotline");
	call_is(&f, "ringing");
	sees(&f, "Likely about  ");
	sees(&f, "Promised  in");
	sees(&f, "Say first  ");
	sees_not(&f, "Say first  您好，这里是客服中心");
	stop(&f);
	/* a low screen keeps its rows for the work */
	f = (struct fix){0};
	start_as(&f, 80, 24, "hotline");
	sees(&f, "Promised  in");
	sees_not(&f, "Say first");
	stop(&f);
}

static void what_was_missed_before_is_no_news(void **state)
{
	struct fix f = {.now = NOW + 3600000};

	(void)state;
	start_as(&f, 120, 36, "hotline");
	call_is(&f, "missed");
	assert_null(desk_notice(f.desk, 0));
	stop(&f);
}

static void the_log_says_that_one_talks(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "hotline");
	command(&f, "pane.go calls");
	call_is(&f, "active");
	sees(&f, "talking  王芳");
	stop(&f);
}

static void add_late(struct recs *r)
{
	struct rec *p = recs_add(r, REC_ROW, ENT_PROMISE, "p2");

	add_ticket(r, "21", "The late one", "open", "agent1", 900);
	add_ticket(r, "22", "The new one", "open", "agent1", 1);
	text(r, p, FID_PROMISE_STATUS, "broken");
	text(r, p, FID_PROMISE_CUSTOMER, "wang@example.com");
	text(r, p, FID_PROMISE_TICKET, "21");
	text(r, p, FID_PROMISE_TEXT, "a call of yesterday");
	rec_set_int(p, FID_PROMISE_DUE, NOW - 7200000);
}

/* Whoever answers has the case that has let the customer down before him, and
 * can write down what is said. */
static void a_call_is_about_something(void **state)
{
	struct fix f = {0};
	struct ops ops;

	(void)state;
	land_more(add_late);
	start_as(&f, 160, 50, "hotline");
	call_is(&f, "ringing");
	sees(&f, "Likely about  The late one");
	f.mono += 1000; /* it arms */
	press(&f, "<F2>");
	call_is(&f, "active");
	sees(&f, "21  The late one");
	sees(&f, "Note to colleagues  21");
	press(&f, "c");
	type(&f, "she wants a date");
	press(&f, "<C-s>");
	assert_int_equal(count_ops(&f, OP_TICKET_NOTE), 1);
	assert_int_equal(store_op_list(desk_ro(f.desk), 0, -1, 0, 10, &ops), 0);
	assert_string_equal(ops.v[0].target_rid, "21");
	ops_free(&ops);
	stop(&f);
}

static void add_old(struct recs *r)
{
	struct rec *c = recs_add(r, REC_ROW, ENT_CALL, "c9");

	text(r, c, FID_CALL_STATUS, "ended");
	text(r, c, FID_CALL_CUSTOMER, "wang@example.com");
	rec_set_int(c, FID_CALL_STARTED, NOW - INT64_C(400) * 86400000);
	rec_set_int(c, FID_CALL_ANSWERED, NOW - INT64_C(400) * 86400000 + 1000);
	rec_set_int(c, FID_CALL_ENDED, NOW - INT64_C(400) * 86400000 + 301000);
}

/* The supervisor's first case is what waits longest, not an old call. */
static void an_old_call_is_no_case(void **state)
{
	struct fix f = {0};

	(void)state;
	land_more(add_old);
	start_as(&f, 200, 60, "supervisor");
	sees(&f, "-10 5m"); /* the month and how long are two words */
	assert_int_equal(desk_case(f.desk)->entity, ENT_TICKET);
	stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_band_stays_until_the_call_ends),
		T(its_keys_are_those_of_now),
		T(no_call_is_said),
		T(its_keys_need_no_room),
		T(what_nobody_took_is_said),
		T(what_to_say_first_is_there),
		T(what_was_missed_before_is_no_news),
		T(the_log_says_that_one_talks),
		T(a_call_is_about_something),
		T(an_old_call_is_no_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
