/* SPDX-License-Identifier: MIT */
/*
 * The rules of the engine, one story each, on a simulated server without
 * chance. They read as a description of what galley promises; the simulator
 * (tests/sim) looks for what the stories did not think of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../sim/sim.h"
#include "galley/store/quarantine.h"

#define TEXT "{\"text\":\"We are sorry, it is on its way\"}"

static struct be_conf plain(enum be_class cls)
{
	return (struct be_conf){
		.cls = cls,
		.style = STYLE_FEED,
		.etag = 1,
		.lookup = 1,
		.deadline_ms = 10 * SEC,
		.flight_ms = 20 * SEC,
		.late_ids = 2,
		.ttl_ms = 20 * MIN,
		.page = 5,
		.stamp_ms = 1,
		.parallel = 2,
		.every_s = 20,
		.sweep_s = 1800,
		.batch = 3,
	};
}

static struct sim *desk(const struct be_conf *c)
{
	struct sim *s = xcalloc(1, sizeof(*s));

	vfs_register();
	sim_quiet(s, c, 3);
	sim_for(s, MIN);
	return s;
}

static struct sim *desk_of(enum be_class cls)
{
	struct be_conf c = plain(cls);

	return desk(&c);
}

/* Both sides must agree and no rule may be broken. */
static void leave(struct sim *s)
{
	if (!s->failed)
		check_final(s);
	if (s->failed)
		fail_msg("%s", s->fail);
	sim_quiet_end(s);
}

static struct op op_of(struct sim *s, const char *uid, struct arena *a)
{
	struct op op;

	assert_int_equal(store_op_get(store_reader(s->rw), uid, a, &op), 0);
	return op;
}

static void expect(struct sim *s, const char *uid, enum op_state state,
	enum op_reason reason)
{
	struct arena *a = arena_new();
	struct op op = op_of(s, uid, a);

	assert_string_equal(op_state_name(op.state), op_state_name(state));
	assert_string_equal(op_reason_name(op.reason), op_reason_name(reason));
	arena_free(a);
}

static void expect_how(struct sim *s, const char *uid, const char *how)
{
	struct arena *a = arena_new();
	struct op op = op_of(s, uid, a);

	assert_non_null(op.how);
	assert_string_equal(op.how, how);
	arena_free(a);
}

/* The list of operations may move: the number is copied. */
static void write_op(char uid[UID_SIZE], struct sim *s, enum op_kind kind,
	int ticket, const char *args, int64_t hold_ms)
{
	memcpy(uid, sim_write(s, kind, ticket, args, hold_ms)->uid, UID_SIZE);
}

static int effects(const struct sim *s)
{
	return s->be[0].n_fx;
}

/* --- sending ---------------------------------------------------------------
 */

static void test_a_reply_arrives_once_and_is_read_back(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	char uid[UID_SIZE];

	(void)state;
	write_op(uid, s, OP_TICKET_REPLY, 0, TEXT, 0);
	sim_for(s, 2 * MIN);
	expect(s, uid, OPS_DONE, OPR_NONE);
	assert_int_equal(effects(s), 1);
	leave(s);
}

static void test_nothing_leaves_within_the_undo_window(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	char uid[UID_SIZE];

	(void)state;
	write_op(uid, s, OP_TICKET_REPLY, 0, TEXT, 30 * SEC);
	sim_for(s, 29 * SEC);
	expect(s, uid, OPS_QUEUED, OPR_NONE);
	assert_int_equal(effects(s), 0);
	assert_int_equal(store_op_cancel(s->desk, uid), 0);
	s->ops[0].cancelled = 1;
	sim_for(s, 5 * MIN);
	expect(s, uid, OPS_CANCELLED, OPR_NONE);
	assert_int_equal(effects(s), 0);
	leave(s);
}

static void test_undo_is_refused_once_it_has_left(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	char uid[UID_SIZE];

	(void)state;
	s->be[0].script = SCRIPT_LOSE_ANSWER;
	write_op(uid, s, OP_TICKET_REPLY, 0, TEXT, 0);
	sim_for(s, 5 * SEC);
	assert_int_equal(effects(s), 1);
	assert_int_equal(store_op_cancel(s->desk, uid), E_CONFLICT);
	sim_for(s, 3 * MIN);
	expect(s, uid, OPS_DONE, OPR_NONE);
	leave(s);
}

static void test_order_is_kept_within_a_ticket(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	char a[UID_SIZE], b[UID_SIZE];

	(void)state;
	s->be[0].script = SCRIPT_LOSE_REQUEST;
	write_op(a, s, OP_TICKET_NOTE, 0, "{\"text\":\"first\"}", 0);
	write_op(b, s, OP_TICKET_NOTE, 0, "{\"text\":\"second\"}", 0);
	sim_for(s, 5 * SEC);
	expect(s, b, OPS_QUEUED, OPR_NONE);
	sim_for(s, 5 * MIN);
	expect(s, a, OPS_DONE, OPR_NONE);
	expect(s, b, OPS_DONE, OPR_NONE);
	assert_string_equal(s->be[0].fx[0].uid, a);
	leave(s);
}

static void test_what_is_for_later_holds_up_what_builds_on_it(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	char later[UID_SIZE], now[UID_SIZE], onit[UID_SIZE];

	(void)state;
	write_op(later, s, OP_TICKET_SET, 0, "{\"set\":{\"priority\":7}}",
		2 * HOUR);
	write_op(
		now, s, OP_TICKET_SET, 0, "{\"set\":{\"status\":\"open\"}}", 0);
	write_op(onit, s, OP_TICKET_SET, 0, "{\"set\":{\"priority\":8}}", 0);
	sim_for(s, 5 * MIN);
	expect(s, now, OPS_DONE, OPR_NONE);
	expect(s, onit, OPS_QUEUED, OPR_NONE);
	/* nobody waits for tomorrow, `galley sync` neither */
	assert_int_equal(engine_settled(s->eng), 1);
	sim_for(s, 2 * HOUR);
	expect(s, later, OPS_DONE, OPR_NONE);
	expect(s, onit, OPS_DONE, OPR_NONE);
	assert_int_equal(effects(s), 3);
	assert_string_equal(s->be[0].fx[1].uid, later);
	leave(s);
}

/* Nothing but their place in the thread tells the two apart. */
static void test_the_same_words_now_and_later(void **state)
{
	struct sim *s = desk_of(CLS_N);
	char later[UID_SIZE], now[UID_SIZE];

	(void)state;
	write_op(later, s, OP_TICKET_NOTE, 0, TEXT, HOUR);
	sim_for(s, HOUR - 3 * SEC);
	s->be[0].script = SCRIPT_LOSE_ANSWER;
	write_op(now, s, OP_TICKET_NOTE, 0, TEXT, 0);
	sim_for(s, 2 * SEC); /* it is on its way when the other's time comes */
	s->be[0].script = SCRIPT_LOSE_ANSWER;
	sim_for(s, 10 * MIN);
	expect_how(s, now, "found on server");
	expect_how(s, later, "found on server");
	assert_int_equal(effects(s), 2);
	assert_string_equal(s->be[0].fx[0].uid, now);
	leave(s);
}

static void test_a_reply_for_the_day_after_is_young_then(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	char uid[UID_SIZE];

	(void)state;
	write_op(uid, s, OP_TICKET_REPLY, 0, TEXT, 48 * HOUR);
	sim_for(s, 48 * HOUR - MIN);
	s->be[0].script = SCRIPT_429;
	sim_for(s, 30 * MIN);
	expect(s, uid, OPS_DONE, OPR_NONE);
	leave(s);
}

static void test_a_refused_one_delays_no_other_ticket(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	char bad[UID_SIZE], same[UID_SIZE], other[UID_SIZE];

	(void)state;
	write_op(bad, s, OP_TICKET_NOTE, 0, "{\"text\":\"POISON\"}", 0);
	write_op(same, s, OP_TICKET_NOTE, 0, "{\"text\":\"behind it\"}", 0);
	write_op(other, s, OP_TICKET_NOTE, 1, "{\"text\":\"elsewhere\"}", 0);
	sim_for(s, MIN);
	expect(s, bad, OPS_HELD, OPR_REFUSED);
	expect(s, same, OPS_QUEUED, OPR_NONE);
	expect(s, other, OPS_DONE, OPR_NONE);
	leave(s);
}

static void test_a_429_is_waited_for_and_is_no_failure(void **state)
{
	struct sim *s = desk_of(CLS_N);
	char uid[UID_SIZE];

	(void)state;
	s->be[0].script = SCRIPT_429;
	write_op(uid, s, OP_TICKET_REPLY, 0, TEXT, 0);
	sim_for(s, 4 * MIN);
	expect(s, uid, OPS_DONE, OPR_NONE);
	assert_int_equal(effects(s), 1);
	leave(s);
}

static void test_offline_operations_wait_and_then_go_in_order(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	char uid[10][UID_SIZE], args[64];

	(void)state;
	s->be[0].offline_until = s->now + 10 * MIN;
	for (int i = 0; i < 10; i++) {
		snprintf(args, sizeof(args), "{\"text\":\"note %d\"}", i);
		write_op(uid[i], s, OP_TICKET_NOTE, i % 3, args, 0);
	}
	sim_for(s, 9 * MIN);
	assert_int_equal(effects(s), 0);
	sim_for(s, 10 * MIN);
	for (int i = 0; i < 10; i++)
		expect(s, uid[i], OPS_DONE, OPR_NONE);
	assert_int_equal(effects(s), 10);
	leave(s);
}

static void answers_file(struct sim *s, int64_t ms, int n, int code)
{
	sim_for(s, ms);
	assert_int_equal(s->n_files, n);
	assert_int_equal(s->file_code, code);
}

static void test_who_waits_for_a_file_is_answered_once(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	const char *name = s->be[0].conn.name;

	(void)state;
	assert_int_equal(
		engine_fetch(s->eng, "nobody", "9", "x", 1), E_NOTFOUND);
	assert_int_equal(engine_fetch(s->eng, name, "9", "x", 1), 0);
	answers_file(s, MIN, 1, E_NOTFOUND);
	/* deep in the pause after a failure it is tried all the same */
	s->be[0].offline_until = s->now + 60 * MIN;
	sim_for(s, 30 * MIN);
	assert_int_equal(engine_fetch(s->eng, name, "9", "x", 2), 0);
	answers_file(s, 3 * SEC, 2, E_OFFLINE);
	/* and the engine's end leaves nobody waiting */
	assert_int_equal(engine_fetch(s->eng, name, "9", "x", 3), 0);
	sim_kill(s, SEC);
	assert_int_equal(s->n_files, 3);
	assert_int_equal(s->file_code, E_CANCEL);
	s->be[0].offline_until = 0;
	sim_for(s, 2 * MIN);
	leave(s);
}

/* What is new cannot be read any more: that is not the same as nothing. */
static void test_a_reply_waits_while_its_feed_is_refused(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	char uid[UID_SIZE];

	(void)state;
	s->limits.stale_after_ms = 4 * HOUR;
	s->be[0].refuses_feed = 403;
	sim_for(s, MIN);
	be_say(&s->be[0], 0, WHO_CUSTOMER, "reply", "in", "it has come");
	write_op(uid, s, OP_TICKET_REPLY, 0, TEXT, 0);
	sim_for(s, 90 * MIN);
	expect(s, uid, OPS_QUEUED, OPR_NONE);
	assert_int_equal(effects(s), 0);
	s->be[0].refuses_feed = 0;
	sim_for(s, 15 * MIN);
	expect(s, uid, OPS_HELD, OPR_STALE);
	leave(s);
}

/* What is read of ratings has nothing to do with it. */
static void test_a_reply_does_not_wait_for_what_is_not_ours(void **state)
{
	struct be_conf c = plain(CLS_CV);
	struct sim *s;
	char uid[UID_SIZE];

	(void)state;
	c.style = STYLE_TIME;
	s = desk(&c);
	s->be[0].streams[STR_MAIN].entity = ENT_CSAT;
	s->be[0].refuses_feed = 403;
	sim_for(s, MIN);
	write_op(uid, s, OP_TICKET_REPLY, 0, TEXT, 0);
	sim_for(s, 2 * MIN);
	assert_int_equal(effects(s), 1);
	s->be[0].refuses_feed = 0;
	sim_for(s, 12 * MIN);
	expect(s, uid, OPS_DONE, OPR_NONE);
	leave(s);
}

/* What is written down as from tomorrow stands before what is said today. */
static void test_a_message_from_tomorrow_hides_nothing(void **state)
{
	struct be_conf c = plain(CLS_N);
	struct arena *a = arena_new();
	struct be *b;
	struct sim *s;
	char uid[UID_SIZE];
	int64_t m;

	(void)state;
	c.proof = 1;
	s = desk(&c);
	b = &s->be[0];
	m = be_say(b, 0, WHO_CUSTOMER, "reply", "in", "from tomorrow");
	b->m[m].at += 24 * HOUR;
	sim_for(s, MIN);
	b->script = SCRIPT_LOSE_ANSWER;
	write_op(uid, s, OP_TICKET_REPLY, 0, TEXT, 0);
	sim_for(s, 2 * MIN);
	assert_int_equal(effects(s), 1);
	sim_for(s, 20 * MIN);
	assert_int_equal(effects(s), 1);
	expect(s, uid, OPS_HELD, OPR_UNKNOWN);
	/* and the person is shown it */
	assert_non_null(strstr(op_of(s, uid, a).evidence, "candidates\":["));
	assert_null(strstr(op_of(s, uid, a).evidence, "candidates\":[]"));
	arena_free(a);
	sim_quiet_end(s);
}

/* Its target was to be read once more before it is sent again with its key. */
static void test_what_may_have_happened_is_not_called_refused(void **state)
{
	struct sim *s = desk_of(CLS_K);
	struct be *b = &s->be[0];
	char uid[UID_SIZE];

	(void)state;
	for (int i = 0; i < b->desc.n_ops; i++)
		b->caps[i].first = b->streams[STR_ONE].name;
	b->script = SCRIPT_LOSE_ANSWER;
	write_op(uid, s, OP_TICKET_NOTE, 0, TEXT, 0);
	sim_for(s, 5 * SEC);
	assert_int_equal(effects(s), 1);
	be_break(b, 0, 0, FOREVER);
	sim_for(s, 40 * MIN);
	assert_int_equal(effects(s), 1);
	expect(s, uid, OPS_DONE, OPR_NONE); /* it was found */
	sim_quiet_end(s);
}

/* It was said, the answer is lost, and the backend shows it as something else:
 * nobody but a person can know. */
static void asked_of_what_is_shown(int garbles, int signs)
{
	struct be_conf c = plain(CLS_N);
	struct sim *s;
	char uid[UID_SIZE];

	c.proof = 1;
	s = desk(&c);
	s->be[0].garbles = garbles;
	s->be[0].signs = signs;
	s->be[0].script = SCRIPT_LOSE_ANSWER;
	write_op(uid, s, OP_TICKET_NOTE, 0, TEXT, 0);
	sim_for(s, 20 * MIN);
	assert_int_equal(effects(s), 1);
	expect(s, uid, OPS_HELD, OPR_UNKNOWN);
	sim_quiet_end(s);
}

/* A record that could not be stored may be just what is looked for. */
static void test_what_makes_no_sense_proves_nothing(void **state)
{
	(void)state;
	asked_of_what_is_shown(1, 0);
}

/* A signature below it, and the words are not those that are looked for. */
static void test_other_words_of_ours_are_no_absence(void **state)
{
	(void)state;
	asked_of_what_is_shown(0, 1);
}

/* --- a clock that is set ----------------------------------------------------
 */

static void test_a_clock_put_ahead_cuts_no_undo_window(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	char uid[UID_SIZE];

	(void)state;
	write_op(uid, s, OP_TICKET_REPLY, 0, TEXT, 30 * SEC);
	sim_for(s, 10 * SEC);
	s->wall_off += 40 * MIN;
	sim_for(s, 19 * SEC);
	expect(s, uid, OPS_QUEUED, OPR_NONE);
	assert_int_equal(effects(s), 0);
	sim_for(s, 2 * MIN);
	expect(s, uid, OPS_DONE, OPR_NONE);
	leave(s);
}

static void test_a_clock_put_back_delays_nothing(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	char a[UID_SIZE], b[UID_SIZE], c[UID_SIZE], later[UID_SIZE];

	(void)state;
	s->be[0].script = SCRIPT_LOSE_REQUEST;
	write_op(a, s, OP_TICKET_NOTE, 0, "{\"text\":\"first\"}", 0);
	write_op(b, s, OP_TICKET_NOTE, 0, "{\"text\":\"behind it\"}", 0);
	write_op(c, s, OP_TICKET_NOTE, 1, TEXT, 30 * SEC);
	write_op(later, s, OP_TICKET_NOTE, 2, TEXT, 26 * HOUR);
	sim_for(s, 12 * SEC);
	s->wall_off -= 24 * HOUR;
	sim_for(s, 17 * SEC);
	expect(s, c, OPS_QUEUED, OPR_NONE);
	sim_for(s, 3 * MIN);
	expect(s, a, OPS_DONE, OPR_NONE);
	expect(s, b, OPS_DONE, OPR_NONE);
	expect(s, c, OPS_DONE, OPR_NONE);
	/* what a person chose is a time of the day */
	sim_for(s, 27 * HOUR);
	expect(s, later, OPS_QUEUED, OPR_NONE);
	sim_for(s, 24 * HOUR);
	expect(s, later, OPS_DONE, OPR_NONE);
	leave(s);
}

/* It is no younger for it. */
static void test_a_clock_put_back_makes_nothing_young(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	char uid[UID_SIZE];

	(void)state;
	s->be[0].offline_until = s->now + 90 * MIN;
	sim_for(s, MIN);
	write_op(uid, s, OP_TICKET_REPLY, 0, TEXT, 0);
	sim_for(s, 10 * MIN);
	s->wall_off -= 24 * HOUR;
	sim_for(s, 2 * HOUR);
	expect(s, uid, OPS_HELD, OPR_OLD);
	leave(s);
}

/* The request may still be on its way, whatever the clock says. */
static void test_a_clock_put_ahead_is_no_time_that_passed(void **state)
{
	struct be_conf c = plain(CLS_N);
	struct sim *s;
	char uid[UID_SIZE];

	(void)state;
	c.proof = 1;
	c.flight_ms = 40 * SEC;
	c.every_s = 3600;
	s = desk(&c);
	s->be[0].script = SCRIPT_LATE;
	write_op(uid, s, OP_TICKET_NOTE, 0, TEXT, 0);
	sim_for(s, 5 * SEC);
	s->be[0].first->exec_ms += 10 * SEC;
	sim_for(s, 5500);
	expect(s, uid, OPS_UNSURE, OPR_NONE);
	s->wall_off += 40 * MIN;
	sim_for(s, 5 * MIN);
	expect(s, uid, OPS_DONE, OPR_NONE);
	assert_int_equal(effects(s), 1);
	leave(s);
}

/* --- when the answer is lost -----------------------------------------------
 */

struct lost_case {
	const char *name;
	enum be_class cls;
	enum script script;
	int ask; /* class N without look-up */
	enum op_state state;
	enum op_reason reason;
	int effects;
};

static const struct lost_case lost_cases[] = {
	{"key, answer lost", CLS_K, SCRIPT_LOSE_ANSWER, 0, OPS_DONE, 0, 1},
	{"key, request lost", CLS_K, SCRIPT_LOSE_REQUEST, 0, OPS_DONE, 0, 1},
	{"key, 500 with effect", CLS_K, SCRIPT_500_DONE, 0, OPS_DONE, 0, 1},
	{"key, executed late", CLS_K, SCRIPT_LATE, 0, OPS_DONE, 0, 1},
	{"unique, answer lost", CLS_CU, SCRIPT_LOSE_ANSWER, 0, OPS_DONE, 0, 1},
	{"unique, request lost", CLS_CU, SCRIPT_LOSE_REQUEST, 0, OPS_DONE, 0,
		1},
	{"unique, executed late", CLS_CU, SCRIPT_LATE, 0, OPS_DONE, 0, 1},
	{"marker, answer lost", CLS_CV, SCRIPT_LOSE_ANSWER, 0, OPS_DONE, 0, 1},
	{"marker, request lost", CLS_CV, SCRIPT_LOSE_REQUEST, 0, OPS_DONE, 0,
		1},
	{"marker, 500 with effect", CLS_CV, SCRIPT_500_DONE, 0, OPS_DONE, 0, 1},
	{"marker, 500 without", CLS_CV, SCRIPT_500_NOT, 0, OPS_DONE, 0, 1},
	{"marker, executed late", CLS_CV, SCRIPT_LATE, 0, OPS_DONE, 0, 1},
	{"look-up, answer lost", CLS_N, SCRIPT_LOSE_ANSWER, 0, OPS_DONE, 0, 1},
	{"look-up, request lost", CLS_N, SCRIPT_LOSE_REQUEST, 0, OPS_HELD,
		OPR_UNKNOWN, 0},
	{"look-up, executed late", CLS_N, SCRIPT_LATE, 0, OPS_DONE, 0, 1},
	{"nothing, answer lost", CLS_N, SCRIPT_LOSE_ANSWER, 1, OPS_HELD,
		OPR_UNKNOWN, 1},
	{"nothing, request lost", CLS_N, SCRIPT_LOSE_REQUEST, 1, OPS_HELD,
		OPR_UNKNOWN, 0},
};

static void test_a_lost_answer_is_settled_by_class(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lost_cases); i++) {
		const struct lost_case *c = &lost_cases[i];
		struct be_conf conf = plain(c->cls);
		struct sim *s;
		struct arena *a = arena_new();
		struct op op;
		char uid[UID_SIZE];

		conf.lookup = !c->ask;
		s = desk(&conf);
		s->be[0].script = c->script;
		write_op(uid, s, OP_TICKET_REPLY, 0, TEXT, 0);
		sim_for(s, 5 * MIN);
		op = op_of(s, uid, a);
		if (op.state != c->state || op.reason != c->reason ||
			effects(s) != c->effects)
			fail_msg("%s: %s %s with %d effects", c->name,
				op_state_name(op.state),
				op_reason_name(op.reason), effects(s));
		arena_free(a);
		leave(s);
	}
}

/* The answer is lost, and the feed says for so long that nothing is new. */
static void test_an_empty_feed_proves_nothing(void **state)
{
	struct be_conf conf = plain(CLS_CV);
	struct sim *s;
	char uid[UID_SIZE];

	(void)state;
	s = desk(&conf);
	s->k.empty_feeds = 1;
	s->be[0].script = SCRIPT_LOSE_ANSWER;
	write_op(uid, s, OP_TICKET_REPLY, 0, TEXT, 0);
	for (int n = 0; n < 200 && !effects(s); n++)
		sim_for(s, 50);
	assert_int_equal(effects(s), 1);
	s->be[0].empty_until = s->now + 8 * MIN;
	sim_for(s, 4 * MIN);
	expect(s, uid, OPS_UNSURE, OPR_NONE);
	sim_for(s, 3 * MIN);
	expect(s, uid, OPS_HELD, OPR_UNKNOWN);
	sim_for(s, 3 * MIN);
	expect(s, uid, OPS_DONE, OPR_NONE);
	assert_int_equal(effects(s), 1);
	leave(s);
}

/* A reply whose answer or request is lost, where absence is proof and what is
 * new comes by tokens. */
static struct sim *lost_reply(
	const struct be_conf *c, enum script script, char uid[UID_SIZE])
{
	struct be_conf conf = *c;
	struct sim *s;

	conf.style = STYLE_TOKEN;
	conf.proof = 1;
	s = desk(&conf);
	s->k.empty_feeds = 2;
	s->be[0].script = script;
	write_op(uid, s, OP_TICKET_REPLY, 0, TEXT, 0);
	for (int n = 0; n < 200 && !effects(s); n++)
		sim_for(s, 50);
	assert_int_equal(effects(s), script == SCRIPT_LOSE_ANSWER);
	return s;
}

/* The position of a token may be right: an empty feed shows nothing that it
 * would have to show. */
static void test_an_empty_feed_of_tokens_proves_nothing(void **state)
{
	struct be_conf conf = plain(CLS_CV);
	char uid[UID_SIZE];
	struct sim *s = lost_reply(&conf, SCRIPT_LOSE_ANSWER, uid);

	(void)state;
	s->be[0].empty_until = s->now + 8 * MIN;
	sim_for(s, 4 * MIN);
	expect(s, uid, OPS_UNSURE, OPR_NONE);
	sim_for(s, 3 * MIN);
	expect(s, uid, OPS_HELD, OPR_UNKNOWN);
	sim_for(s, 3 * MIN);
	expect(s, uid, OPS_DONE, OPR_NONE);
	assert_int_equal(effects(s), 1);
	leave(s);
}

/* Where nothing happens at all, a person is asked, unless the thread itself can
 * be read: it shows what was known of it, and not the reply. */
static void test_a_quiet_feed_of_tokens_and_the_thread(void **state)
{
	struct be_conf conf = plain(CLS_CV);
	char uid[UID_SIZE];
	struct sim *s = lost_reply(&conf, SCRIPT_LOSE_REQUEST, uid);

	(void)state;
	sim_for(s, 8 * MIN);
	expect(s, uid, OPS_HELD, OPR_UNKNOWN);
	assert_int_equal(effects(s), 0);
	leave(s);
	conf.key_threads = 1;
	s = lost_reply(&conf, SCRIPT_LOSE_REQUEST, uid);
	sim_for(s, 3 * MIN);
	expect(s, uid, OPS_DONE, OPR_NONE);
	assert_int_equal(effects(s), 1);
	leave(s);
}

/* Merged while everything is read anew: nothing tells that what was said stands
 * on another ticket now. It is looked for there, or asked about. */
static void test_what_went_with_its_ticket_is_not_sent_again(void **state)
{
	struct be_conf conf = plain(CLS_N);
	char uid[UID_SIZE];

	(void)state;
	for (int gone = 0; gone < 2; gone++) {
		struct sim *s = lost_reply(&conf, SCRIPT_LOSE_ANSWER, uid);
		struct be *b = &s->be[0];

		be_merge(b, 0, 1);
		if (gone)
			be_delete(b, 1);
		b->log_min = b->n_log;
		sim_for(s, 8 * MIN);
		if (gone)
			expect(s, uid, OPS_HELD, OPR_UNKNOWN);
		else
			expect(s, uid, OPS_DONE, OPR_NONE);
		assert_int_equal(effects(s), 1);
		leave(s);
	}
}

/* A ticket is made, and the answer is lost. */
static void create_unanswered(struct sim *s, char uid[UID_SIZE])
{
	s->be[0].script = SCRIPT_LOSE_ANSWER;
	write_op(uid, s, OP_TICKET_CREATE, -1,
		"{\"queue\":\"q1\",\"subject\":\"Subject 7\",\"text\":\"please\"}",
		0);
	for (int n = 0; n < 200 && !effects(s); n++)
		sim_for(s, 50);
	assert_int_equal(effects(s), 1);
}

/* Deleted before it was ever read: where nothing tells of it any more, nobody
 * can know, and it is not made again. */
static void test_a_creation_that_is_not_there_may_have_been_deleted(
	void **state)
{
	struct be_conf conf = plain(CLS_CV);
	struct sim *s;
	char uid[UID_SIZE];

	(void)state;
	conf.style = STYLE_TIME;
	s = desk(&conf);
	create_unanswered(s, uid);
	be_delete(&s->be[0], s->be[0].n_t - 1);
	sim_for(s, 5 * MIN);
	expect(s, uid, OPS_HELD, OPR_UNKNOWN);
	assert_int_equal(effects(s), 1);
	leave(s);
}

/* Renamed before it was ever read: its words do not show it, but whoever is
 * asked is shown what it may be. */
static void test_a_creation_that_was_renamed_is_shown_to_who_decides(
	void **state)
{
	struct be_conf conf = plain(CLS_N);
	struct arena *a = arena_new();
	struct tval v;
	struct sim *s;
	char uid[UID_SIZE];

	(void)state;
	s = desk(&conf);
	s->be[0].caps[6].once = ONCE_LOOKUP;
	assert_int_equal(s->be[0].caps[6].kind, OP_TICKET_CREATE);
	create_unanswered(s, uid);
	v = tick_now(&s->be[0].t[s->be[0].n_t - 1])->v;
	v.subject = 8;
	be_change(&s->be[0], s->be[0].n_t - 1, &v, WHO_COLLEAGUE);
	sim_for(s, 5 * MIN);
	expect(s, uid, OPS_HELD, OPR_UNKNOWN);
	assert_null(strstr(op_of(s, uid, a).evidence, "\"candidates\":[]"));
	arena_free(a);
	leave(s);
}

static void test_a_crash_after_sending_leaves_nothing_to_guess(void **state)
{
	static const enum be_class classes[] = {CLS_K, CLS_CU, CLS_CV};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		struct sim *s = desk_of(classes[i]);
		char uid[UID_SIZE];

		s->be[0].script = SCRIPT_LOSE_ANSWER;
		write_op(uid, s, OP_TICKET_REPLY, 0, TEXT, 0);
		for (int n = 0; n < 200 && !effects(s); n++)
			sim_for(s, 50);
		assert_int_equal(effects(s), 1);
		sim_kill(s, 10 * SEC);
		sim_for(s, 5 * MIN);
		expect(s, uid, OPS_DONE, OPR_NONE);
		assert_int_equal(effects(s), 1);
		leave(s);
	}
}

static void test_the_person_is_asked_and_the_answer_is_obeyed(void **state)
{
	struct be_conf conf = plain(CLS_N);
	struct sim *s;
	char uid[UID_SIZE];

	(void)state;
	conf.lookup = 0;
	s = desk(&conf);
	s->be[0].script = SCRIPT_LOSE_REQUEST;
	write_op(uid, s, OP_TICKET_REPLY, 0, TEXT, 0);
	sim_for(s, 3 * MIN);
	expect(s, uid, OPS_HELD, OPR_UNKNOWN);
	assert_int_equal(store_op_decide(s->desk, uid, OPD_RETRY, "person"), 0);
	s->ops[0].decided_ms = s->now;
	sim_for(s, 3 * MIN);
	expect(s, uid, OPS_DONE, OPR_NONE);
	assert_int_equal(effects(s), 1);
	leave(s);
}

/* --- fields ----------------------------------------------------------------
 */

/* What a person says was sent stands on another ticket by now: what waited and
 * what is there become one as soon as that is known. */
static void test_marked_as_sent_and_merged_is_there_once(void **state)
{
	(void)state;
	for (int style = STYLE_FEED; style <= STYLE_TOKEN; style++) {
		struct be_conf conf = plain(CLS_N);
		struct sim *s;
		struct be *b;
		char uid[UID_SIZE];

		conf.style = (enum be_style)style;
		conf.lookup = 0;
		conf.stamp_ms = SEC;
		s = desk(&conf);
		b = &s->be[0];
		b->script = SCRIPT_LOSE_ANSWER;
		write_op(uid, s, OP_TICKET_REPLY, 0, TEXT, 0);
		for (int n = 0; n < 200 && !effects(s); n++)
			sim_for(s, 50);
		b->offline_until = s->now + 3 * MIN;
		be_merge(b, 0, 1);
		b->log_min = b->n_log;
		while (s->now < b->offline_until)
			sim_for(s, SEC);
		sim_for(s, 2 * MIN);
		expect(s, uid, OPS_HELD, OPR_UNKNOWN);
		assert_int_equal(
			store_op_decide(s->desk, uid, OPD_MARK_SENT, "person"),
			0);
		sim_for(s, 40 * MIN);
		expect(s, uid, OPS_DONE, OPR_NONE);
		assert_int_equal(effects(s), 1);
		leave(s); /* the thread has it once */
	}
}

static void foreign_change(struct sim *s, enum scalar f, int v)
{
	struct be *b = &s->be[0];
	struct tval now = tick_now(&b->t[0])->v;

	tval_set(&now, f, v);
	be_change(b, 0, &now, WHO_COLLEAGUE);
}

static void test_disjoint_changes_merge(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	char uid[UID_SIZE];

	(void)state;
	write_op(uid, s, OP_TICKET_SET, 0, "{\"set\":{\"priority\":77}}", 0);
	foreign_change(s, SC_STATUS, 2);
	sim_for(s, 3 * MIN);
	expect(s, uid, OPS_DONE, OPR_NONE);
	assert_int_equal(tick_now(&s->be[0].t[0])->v.priority, 77);
	assert_int_equal(tick_now(&s->be[0].t[0])->v.status, 2);
	leave(s);
}

static void test_the_same_field_asks_and_overwrites_nothing(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	char uid[UID_SIZE];

	(void)state;
	write_op(
		uid, s, OP_TICKET_SET, 0, "{\"set\":{\"status\":\"open\"}}", 0);
	foreign_change(s, SC_STATUS, 2);
	sim_for(s, 3 * MIN);
	expect(s, uid, OPS_HELD, OPR_CONFLICT);
	assert_int_equal(tick_now(&s->be[0].t[0])->v.status, 2);
	assert_int_equal(store_op_decide(s->desk, uid, OPD_OURS, "person"), 0);
	s->ops[0].decided_ms = s->now;
	sim_for(s, 3 * MIN);
	expect(s, uid, OPS_DONE, OPR_NONE);
	assert_int_equal(tick_now(&s->be[0].t[0])->v.status, 1);
	leave(s);
}

static void test_what_is_so_already_is_not_sent(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	char uid[UID_SIZE];
	int64_t version;

	(void)state;
	foreign_change(s, SC_STATUS, 1);
	write_op(uid, s, OP_TICKET_SET, 0, "{\"set\":{\"status\":\"open\"}}",
		2 * MIN);
	version = tick_now(&s->be[0].t[0])->version;
	sim_for(s, 4 * MIN);
	expect(s, uid, OPS_DONE, OPR_NONE);
	expect_how(s, uid, "it was so already");
	assert_int_equal(tick_now(&s->be[0].t[0])->version, version);
	leave(s);
}

static void test_a_late_tag_does_not_come_back(void **state)
{
	struct sim *s = desk_of(CLS_N);
	char add[UID_SIZE], del[UID_SIZE];

	(void)state;
	s->be[0].script = SCRIPT_LATE;
	write_op(add, s, OP_TICKET_TAGS, 0, "{\"add\":[\"t1\"]}", 0);
	write_op(del, s, OP_TICKET_TAGS, 0, "{\"remove\":[\"t1\"]}", 0);
	sim_for(s, 5 * MIN);
	expect(s, add, OPS_DONE, OPR_NONE);
	expect(s, del, OPS_DONE, OPR_NONE);
	assert_int_equal(tick_now(&s->be[0].t[0])->v.tags, 0);
	leave(s);
}

/* --- before it leaves ------------------------------------------------------
 */

static void test_a_reply_to_a_newer_customer_message_asks(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	char uid[UID_SIZE];

	(void)state;
	write_op(uid, s, OP_TICKET_REPLY, 0, TEXT, 10 * SEC);
	be_say(&s->be[0], 0, WHO_CUSTOMER, "reply", "in", "Forget it");
	sim_for(s, 2 * MIN);
	expect(s, uid, OPS_HELD, OPR_STALE);
	assert_int_equal(effects(s), 0);
	assert_int_equal(
		store_op_decide(s->desk, uid, OPD_SEND_ANYWAY, "person"), 0);
	s->ops[0].decided_ms = s->now;
	sim_for(s, 2 * MIN);
	expect(s, uid, OPS_DONE, OPR_NONE);
	leave(s);
}

static void test_an_old_reply_asks(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	char uid[UID_SIZE];

	(void)state;
	s->be[0].offline_until = s->now + 2 * HOUR;
	write_op(uid, s, OP_TICKET_REPLY, 0, TEXT, 0);
	sim_for(s, 3 * HOUR);
	expect(s, uid, OPS_HELD, OPR_OLD);
	assert_int_equal(effects(s), 0);
	leave(s);
}

/* --- pulling ---------------------------------------------------------------
 */

static void test_a_change_there_is_here_at_the_next_poll(void **state)
{
	static const enum be_style styles[] = {
		STYLE_FEED, STYLE_TIME, STYLE_TOKEN};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(styles); i++) {
		struct be_conf conf = plain(CLS_CV);
		struct sim *s;

		conf.style = styles[i];
		s = desk(&conf);
		be_say(&s->be[0], 1, WHO_CUSTOMER, "reply", "in", "Hello?");
		foreign_change(s, SC_SUBJECT, 42);
		sim_for(s, MIN);
		leave(s); /* compares everything */
	}
}

static void test_an_idle_poll_is_one_request(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	int64_t before;

	(void)state;
	sim_for(s, MIN);
	before = s->be[0].started;
	sim_for(s, 10 * MIN);
	assert_in_range(s->be[0].started - before, 25, 35);
	leave(s);
}

static void test_a_deleted_and_a_merged_ticket_are_noticed(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	struct rows r;

	(void)state;
	be_delete(&s->be[0], 1);
	be_merge(&s->be[0], 2, 0);
	sim_for(s, 2 * MIN);
	assert_int_equal(store_row_rid(store_reader(s->rw), ENT_TICKET,
				 s->be[0].connector, "103", &r),
		0);
	assert_string_equal(r.v[0].state, "gone");
	rows_free(&r);
	assert_int_equal(store_row_rid(store_reader(s->rw), ENT_TICKET,
				 s->be[0].connector, "106", &r),
		0);
	assert_string_equal(r.v[0].rid, "100");
	rows_free(&r);
	leave(s);
}

static void test_an_empty_listing_deletes_nothing(void **state)
{
	struct be_conf conf = plain(CLS_CV);
	struct sim *s;

	(void)state;
	conf.sweep_s = 120;
	s = desk(&conf);
	s->be[0].empty_until = s->now + 10 * MIN;
	sim_for(s, 10 * MIN);
	check_now(s);
	assert_true(s->counts[C_ANS_EMPTY] > 0);
	sim_for(s, 10 * MIN);
	leave(s);
}

static void test_a_refused_cursor_means_everything_again(void **state)
{
	struct be_conf conf = plain(CLS_CV);
	struct sim *s;

	(void)state;
	conf.style = STYLE_TOKEN;
	conf.retention = 10;
	s = desk(&conf);
	s->be[0].offline_until = s->now + 10 * MIN;
	for (int i = 0; i < 30; i++)
		be_say(&s->be[0], i % 3, WHO_CUSTOMER, "reply", "in", "?");
	sim_for(s, 15 * MIN);
	assert_int_equal(s->counts[C_ANS_RESYNC], 1);
	leave(s);
}

/* --- creating --------------------------------------------------------------
 */

static void test_work_on_a_new_ticket_waits_for_its_number(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	struct store_enqueue e = {.connector = s->be[0].connector,
		.kind = OP_TICKET_NOTE,
		.args = "{\"text\":\"and one more thing\"}",
		.me = "u1"};
	char make[UID_SIZE], note[UID_SIZE];
	struct simop *o;

	(void)state;
	s->be[0].offline_until = s->now + MIN;
	o = sim_write(s, OP_TICKET_CREATE, -1,
		"{\"queue\":\"q1\",\"subject\":\"Subject 7\",\"text\":\"It "
		"broke\"}",
		0);
	memcpy(make, o->uid, UID_SIZE);
	e.target = o->target;
	assert_int_equal(store_op_enqueue(s->desk, &e, note, NULL), 0);
	o = &s->ops[s->n_ops++];
	*o = (struct simop){.kind = OP_TICKET_NOTE,
		.cls = OPC_MESSAGE,
		.fate = FATE_OPEN,
		.ticket = -1,
		.target = e.target,
		.at = s->now,
		.seq = s->n_ops};
	memcpy(o->uid, note, UID_SIZE);
	sim_for(s, 5 * MIN);
	expect(s, make, OPS_DONE, OPR_NONE);
	expect(s, note, OPS_DONE, OPR_NONE);
	assert_int_equal(effects(s), 2);
	leave(s);
}

/* --- records that break every answer they are in ----------------------------
 */

static struct sim *desk_in_parts(enum be_style style, int page)
{
	struct be_conf c = plain(CLS_CV);

	c.style = style;
	c.page = page;
	c.parts = 1;
	return desk(&c);
}

static int asides(struct sim *s, struct arena *a, struct store_aside **v)
{
	int n;

	assert_int_equal(store_aside_list(store_reader(s->rw),
				 s->be[0].connector, NULL, a, v, &n),
		0);
	return n;
}

/* So many customers write; gives the number of the first message. */
static int64_t mail(struct sim *s, int n)
{
	int64_t first = s->be[0].n_m;

	for (int i = 0; i < n; i++)
		be_say(&s->be[0], i % 3, WHO_CUSTOMER, "reply", "in", "Hello?");
	return first;
}

static void one_broken_in_pages_of(int page)
{
	struct arena *a = arena_new();
	struct store_aside *v;

	/* the first of a page, one in its middle, the very last of all */
	for (int at = 0; at < 23; at += 11) {
		struct sim *s = desk_in_parts(STYLE_FEED, page);
		int64_t id = s->be[0].m[mail(s, 23) + at].id;

		be_break(&s->be[0], id, -1, FOREVER);
		sim_for(s, 2 * MIN);
		assert_int_equal(asides(s, a, &v), 1);
		/* its number, or the gap that it is in */
		assert_true(atoll(v[0].start) < id && atoll(v[0].upto) >= id);
		assert_int_equal(atoll(v[0].key), atoll(v[0].start) + 1);
		assert_string_equal(v[0].stream, "feed");
		assert_int_equal(v[0].by_key, 0);
		/* what comes later is here as well */
		mail(s, 3);
		sim_for(s, MIN);
		assert_int_equal(asides(s, a, &v), 1);
		leave(s); /* all but this one are here */
	}
	arena_free(a);
}

static void test_one_broken_message_stops_no_other(void **state)
{
	(void)state;
	one_broken_in_pages_of(12);
	/* there is no smaller part, and still it is passed */
	one_broken_in_pages_of(1);
}

static void test_broken_messages_side_by_side_and_apart(void **state)
{
	struct sim *s = desk_in_parts(STYLE_FEED, 12);
	struct arena *a = arena_new();
	int64_t at = mail(s, 30);
	struct store_aside *v;

	(void)state;
	be_break(&s->be[0], s->be[0].m[at + 2].id, -1, FOREVER);
	be_break(&s->be[0], s->be[0].m[at + 3].id, -1, FOREVER);
	be_break(&s->be[0], s->be[0].m[at + 5].id, -1, FOREVER);
	be_break(&s->be[0], s->be[0].m[at + 29].id, -1, FOREVER);
	sim_for(s, 3 * MIN);
	assert_int_equal(asides(s, a, &v), 3);
	arena_free(a);
	leave(s);
}

static void test_what_can_be_read_again_leaves_the_quarantine(void **state)
{
	struct sim *s = desk_in_parts(STYLE_FEED, 6);
	struct arena *a = arena_new();
	int64_t at = mail(s, 20);
	struct store_aside *v;

	(void)state;
	be_break(&s->be[0], s->be[0].m[at + 7].id, -1, s->now + 8 * MIN);
	sim_for(s, 2 * MIN);
	assert_int_equal(asides(s, a, &v), 1);
	sim_for(s, 5 * MIN); /* tried once, in vain */
	assert_int_equal(asides(s, a, &v), 1);
	assert_int_equal(v[0].tries, 1);
	sim_for(s, 12 * MIN);
	assert_int_equal(asides(s, a, &v), 0);
	arena_free(a);
	leave(s);
}

static void test_a_full_sync_tries_again_at_once(void **state)
{
	struct sim *s = desk_in_parts(STYLE_FEED, 6);
	struct arena *a = arena_new();
	int64_t at = mail(s, 20);
	struct store_aside *v;

	(void)state;
	be_break(&s->be[0], s->be[0].m[at + 7].id, -1, s->now + 2 * MIN);
	sim_for(s, 2 * MIN);
	assert_int_equal(asides(s, a, &v), 1);
	engine_want(s->eng, WANT_FULL | WANT_PULL);
	sim_for(s, 10 * SEC);
	assert_int_equal(asides(s, a, &v), 0);
	arena_free(a);
	leave(s);
}

static void test_a_backend_in_trouble_has_no_broken_record(void **state)
{
	struct sim *s = desk_in_parts(STYLE_FEED, 6);
	struct arena *a = arena_new();
	struct store_aside *v;

	(void)state;
	mail(s, 20);
	s->be[0].refuses_all = 1; /* 500 to everything */
	sim_for(s, 20 * MIN);
	assert_int_equal(asides(s, a, &v), 0);
	s->be[0].refuses_all = 0;
	sim_for(s, 6 * MIN);
	assert_int_equal(asides(s, a, &v), 0);
	arena_free(a);
	leave(s);
}

static void test_a_listing_in_trouble_has_no_broken_record(void **state)
{
	struct sim *s = desk_in_parts(STYLE_FEED, 24);
	struct arena *a = arena_new();
	struct engine_status st;
	int64_t at = mail(s, 40);
	struct store_aside *v;

	(void)state;
	s->be[0].refuses_feed = 500; /* all else is answered */
	sim_for(s, 20 * MIN);
	assert_int_equal(asides(s, a, &v), 0);
	assert_int_equal(engine_status(s->eng, 0, &st), 0);
	assert_string_equal(st.trouble, "feed");
	s->be[0].refuses_feed = 0;
	sim_for(s, 6 * MIN);
	assert_int_equal(asides(s, a, &v), 0);
	(void)at;
	arena_free(a);
	leave(s);
}

static void test_without_parts_the_stream_waits_and_says_so(void **state)
{
	struct sim *s = desk_of(CLS_CV);
	struct arena *a = arena_new();
	struct engine_status st;
	int64_t at = mail(s, 12);
	struct store_aside *v;

	(void)state;
	be_break(&s->be[0], s->be[0].m[at + 7].id, -1, s->now + 10 * MIN);
	sim_for(s, 5 * MIN);
	assert_int_equal(asides(s, a, &v), 0);
	assert_int_equal(engine_status(s->eng, 0, &st), 0);
	assert_string_equal(st.trouble, "feed");
	sim_for(s, 11 * MIN);
	arena_free(a);
	leave(s);
}

static void test_a_broken_key_stops_no_other(void **state)
{
	struct sim *s = desk_in_parts(STYLE_TIME, 6);
	struct arena *a = arena_new();
	int64_t at = mail(s, 12);
	struct engine_status st;
	struct store_aside *v;

	(void)state;
	be_break(&s->be[0], s->be[0].m[at + 3].id, -1, s->now + 12 * MIN);
	sim_for(s, 4 * MIN);
	assert_int_equal(asides(s, a, &v), 1);
	assert_int_equal(v[0].by_key, 1);
	assert_string_equal(v[0].stream, "one");
	assert_int_equal(engine_status(s->eng, 0, &st), 0);
	assert_null(st.trouble);
	assert_int_equal(st.asides, 1);
	assert_int_equal(st.touches_left, 0);
	assert_true(engine_settled(s->eng));
	sim_for(s, 20 * MIN);
	assert_int_equal(asides(s, a, &v), 0);
	arena_free(a);
	leave(s);
}

/* A change of a ticket that breaks every answer it is in: where it is to be
 * read first nothing leaves, where it was sent nobody says what became of it.
 */
static void change_unread(int etag, enum op_reason reason)
{
	struct be_conf c = plain(CLS_CV);
	struct arena *a = arena_new();
	char uid[UID_SIZE];
	struct sim *s;

	c.etag = etag;
	s = desk(&c);
	be_break(&s->be[0], 0, 0, FOREVER);
	write_op(uid, s, OP_TICKET_SET, 0, "{\"set\":{\"priority\":8}}", 0);
	sim_for(s, 30 * SEC);
	assert_int_equal(op_of(s, uid, a).state, etag ? OPS_SENT : OPS_QUEUED);
	sim_for(s, 30 * MIN);
	expect(s, uid, OPS_HELD, reason);
	assert_int_equal(effects(s), etag);
	assert_non_null(strstr(op_of(s, uid, a).error, "cannot be read"));
	assert_non_null(strstr(op_of(s, uid, a).evidence, "\"looks\":"));
	/* what the person says is done */
	assert_int_equal(store_op_decide(s->desk, uid,
				 etag ? OPD_MARK_SENT : OPD_RETRY, "me"),
		0);
	sim_for(s, 30 * MIN);
	if (etag)
		expect(s, uid, OPS_DONE, OPR_NONE);
	else
		expect(s, uid, OPS_HELD, reason);
	arena_free(a);
	sim_quiet_end(s);
}

static void test_a_change_of_what_cannot_be_read_asks(void **state)
{
	(void)state;
	change_unread(0, OPR_REFUSED);
	change_unread(1, OPR_UNKNOWN);
}

static void test_nobody_answers_what_cannot_be_read_unasked(void **state)
{
	struct sim *s = desk_in_parts(STYLE_FEED, 6);
	char uid[UID_SIZE];

	(void)state;
	write_op(uid, s, OP_TICKET_REPLY, 0, TEXT, 2 * MIN);
	be_break(&s->be[0], s->be[0].m[mail(s, 1)].id, -1, FOREVER);
	sim_for(s, 5 * MIN);
	expect(s, uid, OPS_HELD, OPR_STALE);
	assert_int_equal(effects(s), 0);
	s->ops[0].left_alone = 1;
	leave(s);
}

static void test_what_cannot_be_read_proves_nothing(void **state)
{
	struct be_conf c = plain(CLS_CV);
	struct sim *s;
	char uid[UID_SIZE];

	(void)state;
	c.parts = 1;
	s = desk(&c);
	s->be[0].script = SCRIPT_LOSE_ANSWER;
	write_op(uid, s, OP_TICKET_NOTE, 0, TEXT, 0);
	while (!effects(s))
		sim_for(s, 50);
	be_break(&s->be[0], s->be[0].m[s->be[0].fx[0].msg].id, -1, FOREVER);
	sim_for(s, 20 * MIN);
	expect(s, uid, OPS_HELD, OPR_UNKNOWN);
	assert_int_equal(effects(s), 1);
	s->ops[0].left_alone = 1;
	leave(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_reply_arrives_once_and_is_read_back),
		cmocka_unit_test(test_nothing_leaves_within_the_undo_window),
		cmocka_unit_test(test_undo_is_refused_once_it_has_left),
		cmocka_unit_test(test_order_is_kept_within_a_ticket),
		cmocka_unit_test(
			test_what_is_for_later_holds_up_what_builds_on_it),
		cmocka_unit_test(test_the_same_words_now_and_later),
		cmocka_unit_test(test_a_reply_for_the_day_after_is_young_then),
		cmocka_unit_test(test_a_refused_one_delays_no_other_ticket),
		cmocka_unit_test(test_a_429_is_waited_for_and_is_no_failure),
		cmocka_unit_test(
			test_offline_operations_wait_and_then_go_in_order),
		cmocka_unit_test(test_a_reply_waits_while_its_feed_is_refused),
		cmocka_unit_test(
			test_a_reply_does_not_wait_for_what_is_not_ours),
		cmocka_unit_test(test_a_message_from_tomorrow_hides_nothing),
		cmocka_unit_test(
			test_what_may_have_happened_is_not_called_refused),
		cmocka_unit_test(test_what_makes_no_sense_proves_nothing),
		cmocka_unit_test(test_other_words_of_ours_are_no_absence),
		cmocka_unit_test(test_a_clock_put_ahead_cuts_no_undo_window),
		cmocka_unit_test(test_a_clock_put_back_delays_nothing),
		cmocka_unit_test(test_a_clock_put_back_makes_nothing_young),
		cmocka_unit_test(test_a_clock_put_ahead_is_no_time_that_passed),
		cmocka_unit_test(test_who_waits_for_a_file_is_answered_once),
		cmocka_unit_test(test_a_lost_answer_is_settled_by_class),
		cmocka_unit_test(test_an_empty_feed_proves_nothing),
		cmocka_unit_test(test_marked_as_sent_and_merged_is_there_once),
		cmocka_unit_test(
			test_a_creation_that_was_renamed_is_shown_to_who_decides),
		cmocka_unit_test(test_an_empty_feed_of_tokens_proves_nothing),
		cmocka_unit_test(test_a_quiet_feed_of_tokens_and_the_thread),
		cmocka_unit_test(
			test_what_went_with_its_ticket_is_not_sent_again),
		cmocka_unit_test(
			test_a_creation_that_is_not_there_may_have_been_deleted),
		cmocka_unit_test(
			test_a_crash_after_sending_leaves_nothing_to_guess),
		cmocka_unit_test(
			test_the_person_is_asked_and_the_answer_is_obeyed),
		cmocka_unit_test(test_disjoint_changes_merge),
		cmocka_unit_test(
			test_the_same_field_asks_and_overwrites_nothing),
		cmocka_unit_test(test_what_is_so_already_is_not_sent),
		cmocka_unit_test(test_a_late_tag_does_not_come_back),
		cmocka_unit_test(test_a_reply_to_a_newer_customer_message_asks),
		cmocka_unit_test(test_an_old_reply_asks),
		cmocka_unit_test(test_a_change_there_is_here_at_the_next_poll),
		cmocka_unit_test(test_an_idle_poll_is_one_request),
		cmocka_unit_test(
			test_a_deleted_and_a_merged_ticket_are_noticed),
		cmocka_unit_test(test_an_empty_listing_deletes_nothing),
		cmocka_unit_test(test_a_refused_cursor_means_everything_again),
		cmocka_unit_test(
			test_work_on_a_new_ticket_waits_for_its_number),
		cmocka_unit_test(test_one_broken_message_stops_no_other),
		cmocka_unit_test(test_broken_messages_side_by_side_and_apart),
		cmocka_unit_test(
			test_what_can_be_read_again_leaves_the_quarantine),
		cmocka_unit_test(test_a_full_sync_tries_again_at_once),
		cmocka_unit_test(
			test_a_backend_in_trouble_has_no_broken_record),
		cmocka_unit_test(
			test_a_listing_in_trouble_has_no_broken_record),
		cmocka_unit_test(
			test_without_parts_the_stream_waits_and_says_so),
		cmocka_unit_test(test_a_broken_key_stops_no_other),
		cmocka_unit_test(test_a_change_of_what_cannot_be_read_asks),
		cmocka_unit_test(
			test_nobody_answers_what_cannot_be_read_unasked),
		cmocka_unit_test(test_what_cannot_be_read_proves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
