/* SPDX-License-Identifier: MIT */
/*
 * The outbox: enqueueing, lanes, arming, outcomes, undo, decisions, the overlay
 * over the server's rows and the one row that a pending message and its echo
 * are.
 */
#include "store_fix.h"

#define ME "agent1"

static int64_t make_ticket(struct fix *f)
{
	struct recs *r = recs_new();
	struct rec *t;

	named(r, FID_QUEUE_NAME, "1", "billing");
	named(r, FID_QUEUE_NAME, "2", "tech");
	named(r, FID_AGENT_LOGIN, ME, "agent01");
	named(r, FID_AGENT_LOGIN, "agent2", "agent02");
	t = ticket(r, "10", "1", "No refund", "new", "1", T0);
	rec_set_text(r, t, FID_TICKET_CUSTOMERS, "[\"wang\"]");
	rec_set_text(r, t, FID_TICKET_TAGS, "[\"a\",\"b\"]");
	message(r, "m1", "10", "created", "wang", T0, "help");
	land(f, r);
	return id_by_rid(f, ENT_TICKET, "10");
}

struct queued {
	char uid[UID_SIZE];
	int64_t target;
};

static struct queued put(
	struct fix *f, enum op_kind k, int64_t target, const char *args)
{
	struct store_enqueue e = {.connector = f->conn,
		.kind = k,
		.target = target,
		.args = args,
		.me = ME};
	struct queued q = {.target = 0};

	ok(store_op_enqueue(f->rw, &e, q.uid, &q.target));
	return q;
}

static struct op get(struct fix *f, const char *uid)
{
	struct op op;

	ok(store_op_get(f->ro, uid, f->a, &op));
	return op;
}

static int arm(struct fix *f, const char *uid)
{
	int attempt = 0;

	ok(store_op_arm(f->rw, uid, NULL, NULL, f->now + 60000, &attempt));
	return attempt;
}

static void settle(struct fix *f, const char *uid, enum op_state to,
	enum op_reason reason, const char *rid)
{
	struct op op = get(f, uid);
	struct store_outcome o = {
		.state = to, .reason = reason, .result_rid = rid};

	ok(store_op_outcome(f->rw, uid, op.attempt, op.state, &o));
}

static int ready(struct fix *f)
{
	struct ops o;
	int n;

	ok(store_op_ready(f->ro, f->conn, f->now, 100, &o));
	n = o.n;
	ops_free(&o);
	return n;
}

static int thread_len(struct fix *f, int64_t ticket_id)
{
	struct rows rows;
	int n;

	ok(store_thread(f->ro, ENT_TICKET, ticket_id, 0, &rows));
	n = rows.n;
	rows_free(&rows);
	return n;
}

static void enqueue_shows_at_once_and_takes_the_draft(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f);
	struct store_enqueue e = {.connector = f->conn,
		.kind = OP_TICKET_REPLY,
		.target = t,
		.args = "{\"text\":\"we are on it\"}",
		.hold_ms = 5000,
		.draft = "reply:10",
		.me = ME};
	char uid[UID_SIZE];
	struct rows rows;
	const char *text;
	struct op op;

	ok(store_draft_put(f->rw, "reply:10", "we are on it"));
	ok(store_op_enqueue(f->rw, &e, uid, NULL));
	assert_int_equal(
		store_draft_get(f->ro, "reply:10", f->a, &text), E_NOTFOUND);
	op = get(f, uid);
	assert_int_equal(op.state, OPS_QUEUED);
	assert_string_equal(op.target_rid, "10");
	assert_int_equal(op.not_before_ms, T0 + 5000);
	assert_int_equal(op.seen, id_by_rid(f, ENT_MESSAGE, "m1"));
	ok(store_thread(f->ro, ENT_TICKET, t, 0, &rows));
	assert_int_equal(rows.n, 2);
	assert_null(rows.v[1].rid);
	assert_int_equal(rows.v[1].pending, 1);
	assert_text(row_get(&rows.v[1], FID_MESSAGE_TEXT)->s, "we are on it");
	assert_text(row_get(&rows.v[1], FID_MESSAGE_DIR)->s, "out");
	rows_free(&rows);
	/* not within the undo window */
	assert_int_equal(ready(f), 0);
	f->now += 5000;
	assert_int_equal(ready(f), 1);
}

static void wrong_arguments_are_refused(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f);
	struct store_enqueue e = {.connector = f->conn,
		.kind = OP_TICKET_REPLY,
		.target = t,
		.args = "{\"text\":\"  \"}"};
	char uid[UID_SIZE];

	assert_int_equal(store_op_enqueue(f->rw, &e, uid, NULL), E_INPUT);
	e.args = "{\"text\":";
	assert_int_equal(store_op_enqueue(f->rw, &e, uid, NULL), E_PROTO);
	e.args = "{\"text\":\"x\"}";
	e.target = 4711;
	assert_int_equal(store_op_enqueue(f->rw, &e, uid, NULL), E_NOTFOUND);
	assert_int_equal(thread_len(f, t), 1);
}

static void only_one_arms(void **state)
{
	struct fix *f = *state;
	struct queued q =
		put(f, OP_TICKET_REPLY, make_ticket(f), "{\"text\":\"x\"}");
	int attempt;

	assert_int_equal(arm(f, q.uid), 1);
	assert_int_equal(store_op_arm(f->rw, q.uid, NULL, NULL, 0, &attempt),
		E_CONFLICT);
	assert_int_equal(get(f, q.uid).state, OPS_SENDING);
	/* back after "not sent", then a second attempt */
	settle(f, q.uid, OPS_QUEUED, OPR_NONE, NULL);
	assert_int_equal(arm(f, q.uid), 2);
}

static void outcome_of_a_past_attempt_changes_nothing(void **state)
{
	struct fix *f = *state;
	struct queued q =
		put(f, OP_TICKET_REPLY, make_ticket(f), "{\"text\":\"x\"}");
	struct store_outcome o = {.state = OPS_DONE};

	arm(f, q.uid);
	settle(f, q.uid, OPS_QUEUED, OPR_NONE, NULL);
	arm(f, q.uid);
	assert_int_equal(
		store_op_outcome(f->rw, q.uid, 1, OPS_SENDING, &o), E_CONFLICT);
	assert_int_equal(
		store_op_outcome(f->rw, q.uid, 2, OPS_UNSURE, &o), E_CONFLICT);
	assert_int_equal(get(f, q.uid).state, OPS_SENDING);
}

static void messages_of_a_ticket_leave_in_order(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f);
	struct queued a = put(f, OP_TICKET_REPLY, t, "{\"text\":\"one\"}");
	struct queued b = put(f, OP_TICKET_REPLY, t, "{\"text\":\"two\"}");
	struct ops o;

	ok(store_op_ready(f->ro, f->conn, f->now, 100, &o));
	assert_int_equal(o.n, 1);
	assert_string_equal(o.v[0].uid, a.uid);
	ops_free(&o);
	/* a held one stops what builds on it */
	arm(f, a.uid);
	settle(f, a.uid, OPS_HELD, OPR_REFUSED, NULL);
	assert_int_equal(ready(f), 0);
	ok(store_op_decide(f->rw, a.uid, OPD_DISCARD, "me"));
	ok(store_op_ready(f->ro, f->conn, f->now, 100, &o));
	assert_int_equal(o.n, 1);
	assert_string_equal(o.v[0].uid, b.uid);
	ops_free(&o);
}

static void what_is_for_later_is_no_undo_window(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f), next;
	struct store_enqueue e = {.connector = f->conn,
		.kind = OP_TICKET_REPLY,
		.target = t,
		.args = "{\"text\":\"tomorrow\"}",
		.hold_ms = 5000,
		.later = 1,
		.me = ME};
	char uid[UID_SIZE];
	struct queued a;

	ok(store_op_enqueue(f->rw, &e, uid, NULL));
	assert_int_equal(get(f, uid).later_ms, T0 + 5000);
	a = put(f, OP_TICKET_NOTE, t, "{\"text\":\"today\"}");
	assert_int_equal(get(f, a.uid).later_ms, 0);
	assert_int_equal(ready(f), 1);
	ok(store_op_next_ms(f->ro, f->conn, &next));
	assert_int_equal(next, T0);
	arm(f, a.uid);
	/* its time has come, but the note is on its way */
	f->now += 5000;
	assert_int_equal(ready(f), 0);
	settle(f, a.uid, OPS_DONE, OPR_NONE, "m9");
	assert_int_equal(ready(f), 1);
	f->now -= 5000;
	ok(store_op_next_ms(f->ro, f->conn, &next));
	assert_int_equal(next, T0 + 5000);
}

static void next_time_ignores_what_waits_for_another(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f), next;
	struct queued a = put(f, OP_TICKET_REPLY, t, "{\"text\":\"one\"}");

	put(f, OP_TICKET_REPLY, t, "{\"text\":\"two\"}");
	arm(f, a.uid);
	settle(f, a.uid, OPS_HELD, OPR_REFUSED, NULL);
	ok(store_op_next_ms(f->ro, f->conn, &next));
	assert_int_equal(next, 0);
}

static void echo_with_marker_is_the_same_row(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f);
	struct queued q = put(f, OP_TICKET_REPLY, t, "{\"text\":\"x\"}");
	struct recs *r = recs_new();
	struct store_page_result res;
	struct rec *m;
	struct op op;

	arm(f, q.uid);
	settle(f, q.uid, OPS_UNSURE, OPR_NONE, NULL);
	m = message(r, "m2", "10", "reply", ME, T0 + 1, "x\n");
	rec_set_text(r, m, FID_MESSAGE_OP, q.uid);
	res = land(f, r);
	assert_int_equal(res.ops_done, 1);
	assert_int_equal(thread_len(f, t), 2);
	op = get(f, q.uid);
	assert_int_equal(op.state, OPS_DONE);
	assert_string_equal(op.result_rid, "m2");
	assert_string_equal(op.how, "found on server");
}

static void echo_by_result_is_the_same_row(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f);
	struct queued q = put(f, OP_TICKET_REPLY, t, "{\"text\":\"x\"}");
	struct recs *r = recs_new();

	arm(f, q.uid);
	settle(f, q.uid, OPS_SENT, OPR_NONE, "m2");
	message(r, "m2", "10", "reply", ME, T0 + 1, "x");
	assert_int_equal(land(f, r).ops_done, 1);
	assert_int_equal(thread_len(f, t), 2);
	assert_int_equal(get(f, q.uid).state, OPS_DONE);
	assert_string_equal(get(f, q.uid).how, "read back");
}

static void pull_before_the_answer_is_the_same_row(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f), m2;
	struct queued q = put(f, OP_TICKET_REPLY, t, "{\"text\":\"x\"}");
	struct recs *r = recs_new();

	arm(f, q.uid);
	message(r, "m2", "10", "reply", ME, T0 + 1, "x");
	land(f, r);
	m2 = id_by_rid(f, ENT_MESSAGE, "m2");
	assert_int_equal(thread_len(f, t), 3);
	settle(f, q.uid, OPS_DONE, OPR_NONE, "m2");
	assert_int_equal(thread_len(f, t), 2);
	assert_int_equal(id_by_rid(f, ENT_MESSAGE, "m2"), m2);
}

static void done_without_id_takes_the_same_words(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f);
	struct queued q = put(f, OP_TICKET_REPLY, t, "{\"text\":\"x  y\"}");
	struct recs *r = recs_new();

	arm(f, q.uid);
	settle(f, q.uid, OPS_DONE, OPR_NONE, NULL);
	message(r, "m2", "10", "reply", ME, T0 + 1, "other");
	message(r, "m3", "10", "reply", ME, T0 + 1, "x y ");
	land(f, r);
	assert_int_equal(thread_len(f, t), 3);
}

static void candidates_are_above_the_baseline_and_unbound(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f), ids[4];
	struct recs *r = recs_new();
	struct queued q;
	struct op op;
	int attempt;

	message(r, "m2", "10", "reply", ME, T0 + 1, "x");
	land(f, r);
	q = put(f, OP_TICKET_REPLY, t, "{\"text\":\"x\"}");
	ok(store_op_arm(f->rw, q.uid, NULL, "m2", f->now + 1000, &attempt));
	settle(f, q.uid, OPS_UNSURE, OPR_NONE, NULL);
	op = get(f, q.uid);
	assert_int_equal(store_op_candidates(f->ro, &op, ME, ids, 4), 0);
	r = recs_new();
	message(r, "m3", "10", "reply", "agent2", T0 + 2, "x");
	message(r, "m4", "10", "note", ME, T0 + 2, "x");
	message(r, "m5", "10", "reply", ME, T0 + 2, "y");
	message(r, "m6", "10", "reply", ME, T0 + 2, "x");
	land(f, r);
	assert_int_equal(store_op_candidates(f->ro, &op, ME, ids, 4), 1);
	assert_int_equal(ids[0], id_by_rid(f, ENT_MESSAGE, "m6"));
	ok(store_op_bind(f->rw, q.uid, ids[0], "found by content"));
	assert_int_equal(get(f, q.uid).state, OPS_DONE);
	assert_string_equal(get(f, q.uid).result_rid, "m6");
	/* m1..m6, the pending row has become m6 */
	assert_int_equal(thread_len(f, t), 6);
	/* it is taken now */
	assert_int_equal(store_op_candidates(f->ro, &op, ME, ids, 4), 0);
}

static void overlay_survives_pulls_and_goes_with_its_operation(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f);
	struct queued q = put(f, OP_TICKET_SET, t,
		"{\"set\":{\"queue\":\"TECH\",\"priority\":50}}");
	const char *json, *version;
	struct recs *r;

	assert_text(field_of(f, FID_TICKET_QUEUE, t), "tech");
	assert_text(field_of(f, FID_TICKET_PRIORITY, t), "50");
	/* a pull changes another field: both show */
	r = recs_new();
	ticket(r, "10", "2", "Subject of theirs", "open", "1", T0 + 1);
	land(f, r);
	assert_text(field_of(f, FID_TICKET_QUEUE, t), "tech");
	assert_text(field_of(f, FID_TICKET_STATUS, t), "open");
	assert_text(field_of(f, FID_TICKET_SUBJECT, t), "Subject of theirs");
	ok(store_base_values(f->ro, ENT_TICKET, t, f->a, &json, &version));
	assert_non_null(strstr(json, "\"queue\":\"1\""));
	assert_non_null(strstr(json, "\"queue_name\":\"billing\""));
	assert_string_equal(version, "2");
	/* undone: the server's value is back */
	ok(store_op_cancel(f->rw, q.uid));
	assert_text(field_of(f, FID_TICKET_QUEUE, t), "billing");
	assert_null(field_of(f, FID_TICKET_PRIORITY, t));
}

static void two_changes_replay_in_order(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f);
	struct queued a =
		put(f, OP_TICKET_SET, t, "{\"set\":{\"status\":\"open\"}}");
	struct queued b =
		put(f, OP_TICKET_SET, t, "{\"set\":{\"status\":\"stalled\"}}");

	assert_text(field_of(f, FID_TICKET_STATUS, t), "stalled");
	/* what the second one's writer saw was the first one's value */
	assert_non_null(strstr(get(f, b.uid).base, "\"status\":\"open\""));
	assert_non_null(strstr(get(f, a.uid).base, "\"status\":\"new\""));
	ok(store_op_cancel(f->rw, b.uid));
	assert_text(field_of(f, FID_TICKET_STATUS, t), "open");
	ok(store_op_cancel(f->rw, a.uid));
	assert_text(field_of(f, FID_TICKET_STATUS, t), "new");
}

static void sent_change_is_done_when_a_page_shows_it(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f);
	struct queued q =
		put(f, OP_TICKET_ASSIGN, t, "{\"owner\":\"agent02\"}");
	struct recs *r;
	struct rec *rec;

	assert_text(field_of(f, FID_TICKET_OWNER, t), "agent02");
	arm(f, q.uid);
	settle(f, q.uid, OPS_SENT, OPR_NONE, NULL);
	r = recs_new();
	ticket(r, "10", "2", "No refund", "new", "1", T0 + 1);
	assert_int_equal(land(f, r).ops_done, 0);
	assert_int_equal(get(f, q.uid).state, OPS_SENT);
	assert_text(field_of(f, FID_TICKET_OWNER, t), "agent02");
	r = recs_new();
	rec = ticket(r, "10", "3", "No refund", "new", "1", T0 + 1);
	rec_set_text(r, rec, FID_TICKET_OWNER, "agent2");
	assert_int_equal(land(f, r).ops_done, 1);
	assert_int_equal(get(f, q.uid).state, OPS_DONE);
	assert_text(field_of(f, FID_TICKET_OWNER, t), "agent02");
}

static void name_that_is_not_here_is_not_shown_as_done(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f);
	struct queued q =
		put(f, OP_TICKET_ASSIGN, t, "{\"owner\":\"nobody-knows\"}");
	struct recs *r;

	arm(f, q.uid);
	settle(f, q.uid, OPS_SENT, OPR_NONE, NULL);
	r = recs_new();
	ticket(r, "10", "2", "No refund", "new", "1", T0 + 1);
	assert_int_equal(land(f, r).ops_done, 0);
	assert_int_equal(get(f, q.uid).state, OPS_SENT);
}

static void tags_are_added_and_removed(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f);
	struct queued q = put(f, OP_TICKET_TAGS, t,
		"{\"add\":[\"vip\",\"a\"],\"remove\":[\"b\"]}");
	struct recs *r;
	struct rec *rec;

	assert_text(field_of(f, FID_TICKET_TAGS, t), "[\"a\",\"vip\"]");
	/* someone else's tag comes in between */
	r = recs_new();
	rec = ticket(r, "10", "2", NULL, NULL, NULL, T0 + 1);
	rec_set_text(r, rec, FID_TICKET_TAGS, "[\"a\",\"b\",\"z\"]");
	land(f, r);
	assert_text(field_of(f, FID_TICKET_TAGS, t), "[\"a\",\"vip\",\"z\"]");
	arm(f, q.uid);
	settle(f, q.uid, OPS_SENT, OPR_NONE, NULL);
	r = recs_new();
	rec = ticket(r, "10", "3", NULL, NULL, NULL, T0 + 1);
	rec_set_text(r, rec, FID_TICKET_TAGS, "[\"a\",\"vip\"]");
	assert_int_equal(land(f, r).ops_done, 1);
}

static void custom_fields_overlay(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f);

	put(f, OP_TICKET_SET, t, "{\"set\":{\"cf.Severity\":\"high\"}}");
	assert_text(field_of(f, FID_TICKET_CF, t), "{\"Severity\":\"high\"}");
}

static void yes_without_reading_back_stays_until_a_pull(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f);
	struct queued q =
		put(f, OP_TICKET_SET, t, "{\"set\":{\"status\":\"stalled\"}}");

	f->now += 10;
	arm(f, q.uid);
	settle(f, q.uid, OPS_DONE, OPR_NONE, NULL);
	assert_text(field_of(f, FID_TICKET_STATUS, t), "stalled");
}

static void create_shows_and_becomes_the_backends_row(void **state)
{
	struct fix *f = *state;
	struct queued q;
	struct queued note;
	struct recs *r;
	struct rows rows;

	make_ticket(f);
	q = put(f, OP_TICKET_CREATE, 0,
		"{\"queue\":\"billing\",\"subject\":\"New one\","
		"\"text\":\"please\"}");
	assert_text(field_of(f, FID_TICKET_SUBJECT, q.target), "New one");
	assert_text(field_of(f, FID_TICKET_QUEUE, q.target), "billing");
	assert_int_equal(thread_len(f, q.target), 1);
	note = put(f, OP_TICKET_NOTE, q.target, "{\"text\":\"later\"}");
	assert_int_equal(ready(f), 1);
	arm(f, q.uid);
	settle(f, q.uid, OPS_SENT, OPR_NONE, "11");
	assert_string_equal(get(f, note.uid).target_rid, "11");
	r = recs_new();
	ticket(r, "11", "1", "New one", "new", "1", T0);
	message(r, "c11", "11", "created", ME, T0, "please\n");
	assert_int_equal(land(f, r).ops_done, 1);
	ok(store_row(f->ro, ENT_TICKET, q.target, &rows));
	assert_string_equal(rows.v[0].rid, "11");
	rows_free(&rows);
	/* the first message is one row, the note still waits */
	assert_int_equal(thread_len(f, q.target), 2);
	assert_int_equal(get(f, q.uid).state, OPS_DONE);
	assert_int_equal(ready(f), 1);
}

/* The body of a ticket we made may land, as a row that nobody can place, before
 * the feed tells that it is the first message of our ticket. */
static void create_whose_text_comes_before_its_event(void **state)
{
	struct fix *f = *state;
	struct queued q;
	struct recs *r;
	struct rec *m;
	struct rows rows;
	int64_t id;

	make_ticket(f);
	q = put(f, OP_TICKET_CREATE, 0,
		"{\"queue\":\"billing\",\"subject\":\"New one\","
		"\"text\":\"please\"}");
	arm(f, q.uid);
	settle(f, q.uid, OPS_SENT, OPR_NONE, "11");
	r = recs_new();
	m = recs_add(r, REC_ROW, ENT_MESSAGE, "c11");
	rec_set_text(r, m, FID_MESSAGE_TEXT, "please");
	land(f, r);
	id = id_by_rid(f, ENT_MESSAGE, "c11");
	assert_int_equal(thread_len(f, q.target), 1);
	r = recs_new();
	ticket(r, "11", "1", "New one", "new", "1", T0);
	message(r, "c11", "11", "created", ME, T0, NULL);
	land(f, r);
	ok(store_thread(f->ro, ENT_TICKET, q.target, 10, &rows));
	assert_int_equal(rows.n, 1);
	assert_int_equal(rows.v[0].id, id);
	assert_string_equal(rows.v[0].rid, "c11");
	assert_text(row_get(&rows.v[0], FID_MESSAGE_OP)->s, q.uid);
	assert_text(row_get(&rows.v[0], FID_MESSAGE_TEXT)->s, "please");
	rows_free(&rows);
}

/* "It was sent", says the person; the message is on the ticket that this one
 * was merged into, which nobody here knows yet. */
static void marked_as_sent_and_found_when_threads_are_one(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f), other;
	struct queued a, b;
	struct recs *r = recs_new();
	struct rows rows;
	int n = 0;

	ticket(r, "20", "1", "The other", "new", "1", T0);
	message(r, "m5", "20", "reply", ME, T0, "words");
	land(f, r);
	other = id_by_rid(f, ENT_TICKET, "20");
	a = put(f, OP_TICKET_REPLY, t, "{\"text\":\"words\"}");
	b = put(f, OP_TICKET_REPLY, t, "{\"text\":\"words\"}");
	arm(f, a.uid);
	settle(f, a.uid, OPS_HELD, OPR_UNKNOWN, NULL);
	ok(store_op_decide(f->rw, a.uid, OPD_MARK_SENT, "me"));
	arm(f, b.uid);
	settle(f, b.uid, OPS_HELD, OPR_UNKNOWN, NULL);
	ok(store_op_decide(f->rw, b.uid, OPD_MARK_SENT, "me"));
	r = recs_new();
	message(r, "m6", "20", "reply", "agent2", T0, "words");
	message(r, "m7", "20", "reply", ME, T0, "words");
	message(r, "m8", "20", "reply", ME, T0, "words ");
	land(f, r);
	r = recs_new();
	recs_add(r, REC_ALIAS, ENT_TICKET, "10")->to = "20";
	land(f, r);
	ok(store_thread(f->ro, ENT_TICKET, other, 20, &rows));
	/* what was there before and what a colleague said are not ours */
	for (int i = 0; i < rows.n; i++) {
		const char *rid = rows.v[i].rid;
		const struct val *op = row_get(&rows.v[i], FID_MESSAGE_OP);
		const char *of = op && op->kind == VAL_TEXT ? op->s : NULL;

		assert_non_null(rid);
		if (!strcmp(rid, "m7"))
			assert_text(of, a.uid);
		else if (!strcmp(rid, "m8"))
			assert_text(of, b.uid);
		else
			assert_null(of);
		n++;
	}
	assert_int_equal(n, 5);
	rows_free(&rows);
}

/* What was said on the one that went lies below the position up to which the
 * other was read. */
static void merged_threads_are_read_from_their_beginning(void **state)
{
	struct fix *f = *state;
	struct store_page p = {.connector = f->conn,
		.stream = "threads",
		.cursor_key = "20",
		.cursor = "55"};
	struct store_page_result res;
	struct store_touch touch;
	const char *cursor = NULL, *pos;
	struct recs *r;
	int64_t polled;

	make_ticket(f);
	r = recs_new();
	ticket(r, "20", "1", "The other", "new", "1", T0);
	p.recs = r;
	ok(store_page_apply(f->rw, &p, &res));
	recs_free(r);
	ok(store_cursor_get(
		f->ro, f->conn, "threads", "20", f->a, &cursor, &pos, &polled));
	assert_string_equal(cursor, "55");
	r = recs_new();
	recs_add(r, REC_ALIAS, ENT_TICKET, "10")->to = "20";
	land(f, r);
	assert_int_equal(store_cursor_get(f->ro, f->conn, "threads", "20", f->a,
				 &cursor, &pos, &polled),
		E_NOTFOUND);
	assert_int_equal(
		store_touch_next(f->ro, f->conn, "threads", 1, f->a, &touch),
		1);
	assert_string_equal(touch.key, "20");
}

static void create_whose_row_was_pulled_first(void **state)
{
	struct fix *f = *state;
	struct queued q, note;
	struct recs *r;
	int64_t there;

	make_ticket(f);
	q = put(f, OP_TICKET_CREATE, 0,
		"{\"queue\":\"billing\",\"subject\":\"New one\"}");
	note = put(f, OP_TICKET_NOTE, q.target, "{\"text\":\"later\"}");
	arm(f, q.uid);
	r = recs_new();
	ticket(r, "11", "1", "New one", "new", "1", T0);
	land(f, r);
	there = id_by_rid(f, ENT_TICKET, "11");
	settle(f, q.uid, OPS_DONE, OPR_NONE, "11");
	assert_int_equal(id_by_rid(f, ENT_TICKET, "11"), there);
	assert_int_equal(get(f, note.uid).target, there);
	assert_int_equal(thread_len(f, q.target), 1);
	assert_text(field_of(f, FID_TICKET_NUMBER, q.target), NULL);
}

static void cancelled_create_takes_all_back(void **state)
{
	struct fix *f = *state;
	struct queued q, note;
	const char *text;
	char key[40];
	struct rows rows;

	make_ticket(f);
	q = put(f, OP_TICKET_CREATE, 0,
		"{\"queue\":\"billing\",\"subject\":\"S\",\"text\":\"body\"}");
	note = put(f, OP_TICKET_NOTE, q.target, "{\"text\":\"later\"}");
	ok(store_op_cancel(f->rw, q.uid));
	assert_int_equal(get(f, note.uid).state, OPS_CANCELLED);
	snprintf(key, sizeof(key), "op:%s", q.uid);
	ok(store_draft_get(f->ro, key, f->a, &text));
	assert_string_equal(text, "body");
	snprintf(key, sizeof(key), "op:%s", note.uid);
	ok(store_draft_get(f->ro, key, f->a, &text));
	assert_string_equal(text, "later");
	ok(store_row(f->ro, ENT_TICKET, q.target, &rows));
	assert_string_equal(rows.v[0].state, "gone");
	rows_free(&rows);
	assert_int_equal(thread_len(f, q.target), 0);
}

static void undo_only_before_it_left(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f);
	struct queued q = put(f, OP_TICKET_REPLY, t, "{\"text\":\"x\"}");
	const char *text;
	char key[40];

	arm(f, q.uid);
	assert_int_equal(store_op_cancel(f->rw, q.uid), E_CONFLICT);
	settle(f, q.uid, OPS_QUEUED, OPR_NONE, NULL);
	assert_int_equal(store_op_cancel(f->rw, q.uid), E_CONFLICT);
	arm(f, q.uid);
	settle(f, q.uid, OPS_HELD, OPR_REFUSED, NULL);
	ok(store_op_cancel(f->rw, q.uid));
	snprintf(key, sizeof(key), "op:%s", q.uid);
	ok(store_draft_get(f->ro, key, f->a, &text));
	assert_string_equal(text, "x");
	assert_int_equal(thread_len(f, t), 1);
}

static void decisions_answer_their_reasons(void **state)
{
	static const struct {
		enum op_reason reason;
		enum op_decision d;
		int rc;
		enum op_state to;
	} table[] = {
		{OPR_STALE, OPD_SEND_ANYWAY, 0, OPS_QUEUED},
		{OPR_OLD, OPD_SEND_ANYWAY, 0, OPS_QUEUED},
		{OPR_REFUSED, OPD_SEND_ANYWAY, E_INPUT, OPS_HELD},
		{OPR_REFUSED, OPD_RETRY, 0, OPS_QUEUED},
		{OPR_UNKNOWN, OPD_RETRY, 0, OPS_QUEUED},
		{OPR_UNKNOWN, OPD_MARK_SENT, 0, OPS_DONE},
		{OPR_SEVERAL, OPD_MARK_SENT, 0, OPS_DONE},
		{OPR_STALE, OPD_MARK_SENT, E_INPUT, OPS_HELD},
		{OPR_CONFLICT, OPD_OURS, 0, OPS_QUEUED},
		{OPR_CONFLICT, OPD_THEIRS, 0, OPS_CANCELLED},
		{OPR_REFUSED, OPD_THEIRS, E_INPUT, OPS_HELD},
		{OPR_CONFLICT, OPD_DISCARD, 0, OPS_CANCELLED},
	};
	struct fix *f = *state;
	int64_t t = make_ticket(f);
	struct queued q;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		q = put(f, OP_TICKET_NOTE, t, "{\"text\":\"x\"}");
		assert_int_equal(
			store_op_decide(f->rw, q.uid, table[i].d, "me"),
			E_CONFLICT);
		arm(f, q.uid);
		settle(f, q.uid, OPS_HELD, table[i].reason, NULL);
		assert_int_equal(
			store_op_decide(f->rw, q.uid, table[i].d, "me"),
			table[i].rc);
		assert_int_equal(get(f, q.uid).state, table[i].to);
	}
}

static void ours_takes_the_servers_value_as_its_base(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f);
	struct queued q =
		put(f, OP_TICKET_SET, t, "{\"set\":{\"status\":\"open\"}}");
	struct recs *r = recs_new();

	ticket(r, "10", "2", NULL, "stalled", NULL, T0);
	land(f, r);
	settle(f, q.uid, OPS_HELD, OPR_CONFLICT, NULL);
	ok(store_op_decide(f->rw, q.uid, OPD_OURS, "me"));
	assert_non_null(strstr(get(f, q.uid).base, "\"status\":\"stalled\""));
	assert_string_equal(get(f, q.uid).base_version, "2");
	assert_int_equal(get(f, q.uid).confirmed, 1);
}

static void what_was_being_sent_when_it_died_is_unsure(void **state)
{
	struct fix *f = *state;
	struct queued q =
		put(f, OP_TICKET_NOTE, make_ticket(f), "{\"text\":\"x\"}");
	struct op op;

	arm(f, q.uid);
	fix_reopen(f);
	op = get(f, q.uid);
	assert_int_equal(op.state, OPS_UNSURE);
	assert_int_equal(op.settle_until_ms, T0 + 60000);
}

static void prefix_of_an_id_is_enough_when_it_is_unique(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f);
	struct queued a = put(f, OP_TICKET_NOTE, t, "{\"text\":\"x\"}");
	struct op op;
	char part[16];

	snprintf(part, sizeof(part), "%.6s", a.uid);
	ok(store_op_get(f->ro, part, f->a, &op));
	put(f, OP_TICKET_NOTE, t, "{\"text\":\"x\"}");
	assert_int_equal(store_op_get(f->ro, part, f->a, &op), E_INPUT);
	assert_int_equal(store_op_get(f->ro, "abc", f->a, &op), E_INPUT);
	assert_int_equal(store_op_get(f->ro, "ZZZZZ", f->a, &op), E_NOTFOUND);
}

static void touched_rows_with_operations_are_urgent(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f);
	struct store_touch touch[4];

	ok(store_touch_add(f->rw, f->conn, "ticket", "7", "x", 0));
	ok(store_touch_add(f->rw, f->conn, "ticket", "10", "x", 0));
	put(f, OP_TICKET_NOTE, t, "{\"text\":\"x\"}");
	assert_int_equal(
		store_touch_next(f->ro, f->conn, "ticket", 4, f->a, touch), 2);
	assert_string_equal(touch[0].key, "10");
}

static void every_step_is_in_the_audit(void **state)
{
	struct fix *f = *state;
	struct queued q =
		put(f, OP_TICKET_NOTE, make_ticket(f), "{\"text\":\"secret\"}");
	struct audit_row *v;
	int64_t rows;
	int i, n;

	arm(f, q.uid);
	settle(f, q.uid, OPS_DONE, OPR_NONE, "m9");
	ok(store_audit_list(f->ro, 10, f->a, &v, &n));
	assert_int_equal(n, 3);
	assert_string_equal(v[2].what, "enqueue");
	assert_string_equal(v[1].what, "arm");
	assert_string_equal(v[0].what, "done");
	for (i = 0; i < n; i++) {
		assert_string_equal(v[i].object, q.uid);
		assert_null(strstr(v[i].detail, "secret"));
	}
	ok(store_audit_verify(f->ro, &rows));
	assert_int_equal(rows, 3);
}

static void operation_follows_a_merge(void **state)
{
	struct fix *f = *state;
	int64_t t = make_ticket(f);
	struct queued q =
		put(f, OP_TICKET_SET, t, "{\"set\":{\"status\":\"stalled\"}}");
	struct recs *r = recs_new();
	struct rec *alias;

	ticket(r, "12", "1", "Other", "open", "1", T0);
	alias = recs_add(r, REC_ALIAS, ENT_TICKET, "10");
	alias->to = "12";
	land(f, r);
	assert_string_equal(get(f, q.uid).target_rid, "12");
	assert_text(
		field_of(f, FID_TICKET_STATUS, id_by_rid(f, ENT_TICKET, "12")),
		"stalled");
	ok(store_op_cancel(f->rw, q.uid));
	assert_text(
		field_of(f, FID_TICKET_STATUS, id_by_rid(f, ENT_TICKET, "12")),
		"open");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fix_setup, fix_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(enqueue_shows_at_once_and_takes_the_draft),
		T(wrong_arguments_are_refused),
		T(only_one_arms),
		T(outcome_of_a_past_attempt_changes_nothing),
		T(messages_of_a_ticket_leave_in_order),
		T(next_time_ignores_what_waits_for_another),
		T(what_is_for_later_is_no_undo_window),
		T(echo_with_marker_is_the_same_row),
		T(echo_by_result_is_the_same_row),
		T(pull_before_the_answer_is_the_same_row),
		T(done_without_id_takes_the_same_words),
		T(candidates_are_above_the_baseline_and_unbound),
		T(overlay_survives_pulls_and_goes_with_its_operation),
		T(two_changes_replay_in_order),
		T(sent_change_is_done_when_a_page_shows_it),
		T(name_that_is_not_here_is_not_shown_as_done),
		T(tags_are_added_and_removed),
		T(custom_fields_overlay),
		T(yes_without_reading_back_stays_until_a_pull),
		T(create_shows_and_becomes_the_backends_row),
		T(create_whose_text_comes_before_its_event),
		T(marked_as_sent_and_found_when_threads_are_one),
		T(merged_threads_are_read_from_their_beginning),
		T(create_whose_row_was_pulled_first),
		T(cancelled_create_takes_all_back),
		T(undo_only_before_it_left),
		T(decisions_answer_their_reasons),
		T(ours_takes_the_servers_value_as_its_base),
		T(what_was_being_sent_when_it_died_is_unsure),
		T(prefix_of_an_id_is_enough_when_it_is_unique),
		T(touched_rows_with_operations_are_urgent),
		T(every_step_is_in_the_audit),
		T(operation_follows_a_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
