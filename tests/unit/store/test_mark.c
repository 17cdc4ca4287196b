/* SPDX-License-Identifier: MIT */
/*
 * What a person says here: rows put aside and when they come back, articles
 * that are out of date, and outcomes that count once however often they are
 * said, with and without an operation.
 */
#include "store_fix.h"

#include "galley/base/embed.h"
#include "store/store_priv.h"

static int64_t id_of_rid(struct fix *f, enum entity e, const char *rid)
{
	struct rows rows;
	int64_t id;

	ok(store_row_rid(f->ro, e, f->conn, rid, &rows));
	id = rows.v[0].id;
	rows_free(&rows);
	return id;
}

static void land_page(struct fix *f, struct recs *r)
{
	struct store_page p = {.connector = f->conn,
		.stream = "feed",
		.cursor_key = "",
		.recs = r};
	struct store_page_result res;

	ok(store_page_apply(f->rw, &p, &res));
	assert_int_equal(res.bad, 0);
	recs_free(r);
}

static void two_tickets(struct fix *f)
{
	struct recs *r = recs_new();
	struct rec *m;

	ticket(r, "1", "1", "Late", "open", NULL, T0 - 5000);
	ticket(r, "2", "1", "Broken", "open", NULL, T0 - 4000);
	/* the backend's clock is behind by an hour */
	m = message(r, "m1", "1", "reply", "wang", T0 - 3600000, "hello?");
	rec_set_text(r, m, FID_MESSAGE_DIR, "in");
	land_page(f, r);
}

static int count_at(struct fix *f, const char *text, int64_t now)
{
	struct query *q;
	int64_t n = 0;

	ok(query_parse(text, ENT_TICKET, now, 0, &q));
	ok(store_query_count(f->ro, q, NULL, 1000, &n));
	query_free(q);
	return (int)n;
}

static int count(struct fix *f, const char *text)
{
	return count_at(f, text, f->now);
}

static void put(struct fix *f, int64_t id, int64_t until)
{
	struct store_mark m = {.entity = ENT_TICKET,
		.id = id,
		.kind = "snooze",
		.until_ms = until,
		.who = "me",
		.text = ""};

	ok(store_mark_put(f->rw, &m));
}

static int is_woken(struct fix *f, int64_t id)
{
	struct store_mark *v;
	int n;

	ok(store_mark_list(
		f->ro, ENT_TICKET, id, "snooze", f->now, f->a, &v, &n));
	assert_int_equal(n, 1);
	assert_true(v[0].id == id);
	return v[0].woken;
}

static void time_ends_a_snooze(void **state)
{
	struct fix *f = *state;
	int64_t id, next = 1;

	two_tickets(f);
	id = id_of_rid(f, ENT_TICKET, "1");
	ok(store_mark_next_ms(f->ro, f->now, &next));
	assert_int_equal(next, 0);
	put(f, id, f->now + 60000);
	assert_int_equal(count(f, "is:open -is:snoozed"), 1);
	assert_int_equal(count(f, "is:snoozed"), 1);
	assert_false(is_woken(f, id));
	ok(store_mark_next_ms(f->ro, f->now, &next));
	assert_true(next == f->now + 60000);
	/* a process that ends loses nothing */
	fix_reopen(f);
	assert_int_equal(count(f, "is:snoozed"), 1);
	f->now += 60000;
	assert_int_equal(count(f, "is:open -is:snoozed"), 2);
	assert_true(is_woken(f, id));
	ok(store_mark_next_ms(f->ro, f->now, &next));
	assert_int_equal(next, 0);
	ok(store_mark_drop(f->rw, ENT_TICKET, id, "snooze"));
	assert_int_equal(count(f, "is:snoozed"), 0);
}

static void say(struct fix *f, const char *rid, const char *dir, int64_t at)
{
	struct recs *r = recs_new();
	struct rec *m = message(r, rid, "1", "reply", "wang", at, "again");

	rec_set_text(r, m, FID_MESSAGE_DIR, dir);
	land_page(f, r);
}

static void a_word_of_the_customer_ends_a_snooze(void **state)
{
	static const int64_t untils[] = {0, T0 + 86400000};
	struct fix *f = *state;
	char rid[8];
	int64_t id;
	size_t i;

	two_tickets(f);
	id = id_of_rid(f, ENT_TICKET, "1");
	for (i = 0; i < 2; i++) {
		int64_t at = T0 - 3600000 + (int64_t)(i + 1) * 60000;

		put(f, id, untils[i]);
		assert_int_equal(count(f, "is:snoozed"), 1);
		/* our own word and one from before do not */
		snprintf(rid, sizeof(rid), "o%d", (int)i);
		say(f, rid, "out", at);
		snprintf(rid, sizeof(rid), "p%d", (int)i);
		say(f, rid, "in", T0 - 7200000);
		assert_int_equal(count(f, "is:snoozed"), 1);
		snprintf(rid, sizeof(rid), "i%d", (int)i);
		say(f, rid, "in", at + 1000);
		assert_int_equal(count(f, "is:snoozed"), 0);
		assert_true(is_woken(f, id));
	}
}

/* Who asks brings the time, be it the one of a test or of a demo day. */
static void a_question_has_its_own_time(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	struct rec *t;

	t = ticket(r, "1", "1", "Late", "open", NULL, T0);
	rec_set_int(t, FID_TICKET_DUE, T0 + 5000);
	land_page(f, r);
	assert_int_equal(count_at(f, "is:overdue", T0), 0);
	assert_int_equal(count_at(f, "is:overdue", T0 + 5001), 1);
	put(f, id_of_rid(f, ENT_TICKET, "1"), T0 + 5000);
	assert_int_equal(count_at(f, "is:snoozed", T0), 1);
	assert_int_equal(count_at(f, "is:snoozed", T0 + 5001), 0);
}

/* Few are named in the statement, many are looked for. */
static void many_can_be_put_aside(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	char rid[8];
	int i;

	for (i = 0; i < 210; i++) {
		snprintf(rid, sizeof(rid), "%d", i);
		ticket(r, rid, "1", "T", "open", NULL, T0);
	}
	land_page(f, r);
	for (i = 0; i < 205; i++) {
		snprintf(rid, sizeof(rid), "%d", i);
		put(f, id_of_rid(f, ENT_TICKET, rid), 0);
		if (i != 199 && i != 200 && i != 204)
			continue;
		assert_int_equal(count(f, "is:snoozed"), i + 1);
		assert_int_equal(count(f, "is:open -is:snoozed"), 209 - i);
	}
}

/* --- outcomes ------------------------------------------------------------- */

static int64_t an_article(struct fix *f)
{
	struct recs *r = recs_new();
	struct rec *a = recs_add(r, REC_ROW, ENT_ARTICLE, "K1"), *o;
	int i;

	rec_set_text(r, a, FID_ARTICLE_TITLE, "Refunds");
	rec_set_int(a, FID_ARTICLE_REVISION, 3);
	a = recs_add(r, REC_ROW, ENT_AGENT, "me");
	rec_set_text(r, a, FID_AGENT_NAME, "Me");
	for (i = 0; i < 3; i++) {
		o = recs_add(r, REC_ROW, ENT_OUTCOME,
			i == 0	 ? "u1"
			: i == 1 ? "u2"
				 : "u3");
		rec_set_text(r, o, FID_OUTCOME_ARTICLE, "K1");
		rec_set_int(o, FID_OUTCOME_WORKED, i != 0);
		rec_set_int(o, FID_OUTCOME_AT, T0 - 1000 * i);
	}
	land_page(f, r);
	return id_of_rid(f, ENT_ARTICLE, "K1");
}

static void counts(struct fix *f, int64_t article, int worked, int tried)
{
	int w = -1, t = -1;

	ok(store_outcomes(f->ro, article, &w, &t));
	assert_int_equal(w, worked);
	assert_int_equal(t, tried);
}

static void an_outcome_counts_once(void **state)
{
	struct fix *f = *state;
	struct store_verdict v = {.entity = ENT_TICKET, .me = "me"};
	int worked = -1;

	two_tickets(f);
	v.article = an_article(f);
	v.id = id_of_rid(f, ENT_TICKET, "1");
	counts(f, v.article, 2, 3);
	assert_int_equal(
		store_verdict_get(f->ro, v.article, ENT_TICKET, v.id, &worked),
		E_NOTFOUND);
	v.worked = 1;
	ok(store_verdict_put(f->rw, &v));
	ok(store_verdict_put(f->rw, &v));
	counts(f, v.article, 3, 4);
	v.worked = 0;
	ok(store_verdict_put(f->rw, &v));
	counts(f, v.article, 2, 4);
	ok(store_verdict_get(f->ro, v.article, ENT_TICKET, v.id, &worked));
	assert_int_equal(worked, 0);
	v.id = id_of_rid(f, ENT_TICKET, "2");
	ok(store_verdict_put(f->rw, &v));
	counts(f, v.article, 2, 5);
	fix_reopen(f);
	counts(f, v.article, 2, 5);
	v.entity = ENT_CUSTOMER;
	assert_int_equal(store_verdict_put(f->rw, &v), E_INPUT);
}

static void queue(struct fix *f, int64_t article, int64_t on, int worked,
	char uid[UID_SIZE])
{
	struct store_enqueue e = {.connector = f->conn,
		.kind = OP_ARTICLE_OUTCOME,
		.target = article,
		.me = "me"};
	char args[128];

	snprintf(args, sizeof(args),
		"{\"worked\":%d,\"case\":\"ticket:%lld\",\"ticket\":\"1\"}",
		worked, (long long)on);
	e.args = args;
	ok(store_op_enqueue(f->rw, &e, uid, NULL));
}

static void an_outcome_travels_and_can_be_taken_back(void **state)
{
	struct fix *f = *state;
	struct store_outcome done = {.state = OPS_DONE, .result_rid = "said"};
	char uid[UID_SIZE], uid2[UID_SIZE];
	int64_t article, on;
	struct ops ops;
	int attempt = 0;

	two_tickets(f);
	article = an_article(f);
	on = id_of_rid(f, ENT_TICKET, "1");
	queue(f, article, on, 1, uid);
	counts(f, article, 3, 4);
	ok(store_op_arm(f->rw, uid, NULL, NULL, 0, &attempt));
	ok(store_op_outcome(f->rw, uid, attempt, OPS_SENDING, &done));
	counts(f, article, 3, 4);
	/* another mind: the second waits while the first is under way */
	queue(f, article, on, 0, uid);
	queue(f, article, on, 1, uid2);
	counts(f, article, 3, 4);
	ok(store_op_ready(f->ro, f->conn, f->now, 10, &ops));
	assert_int_equal(ops.n, 1);
	assert_string_equal(ops.v[0].uid, uid);
	ops_free(&ops);
	ok(store_op_cancel(f->rw, uid2));
	counts(f, article, 2, 4);
	ok(store_op_cancel(f->rw, uid));
	counts(f, article, 3, 4);
}

static void the_first_outcome_taken_back_was_never_said(void **state)
{
	struct fix *f = *state;
	char uid[UID_SIZE];
	int64_t article, on;
	int worked;

	two_tickets(f);
	article = an_article(f);
	on = id_of_rid(f, ENT_TICKET, "1");
	queue(f, article, on, 1, uid);
	ok(store_op_cancel(f->rw, uid));
	counts(f, article, 2, 3);
	assert_int_equal(
		store_verdict_get(f->ro, article, ENT_TICKET, on, &worked),
		E_NOTFOUND);
}

/* One of several is taken back, whichever: what was said under it comes back
 * only when it stands itself. */
static void an_outcome_is_taken_back_from_between(void **state)
{
	struct fix *f = *state;
	char a[UID_SIZE], b[UID_SIZE], c[UID_SIZE];
	int64_t article, on;
	int worked;

	two_tickets(f);
	article = an_article(f);
	on = id_of_rid(f, ENT_TICKET, "1");
	queue(f, article, on, 1, a);
	queue(f, article, on, 0, b);
	queue(f, article, on, 1, c);
	ok(store_op_cancel(f->rw, b));
	counts(f, article, 3, 4);
	ok(store_op_cancel(f->rw, a));
	counts(f, article, 3, 4);
	ok(store_op_cancel(f->rw, c));
	counts(f, article, 2, 3);
	assert_int_equal(
		store_verdict_get(f->ro, article, ENT_TICKET, on, &worked),
		E_NOTFOUND);
}

static void our_own_word_hides_its_echo(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	char uid[UID_SIZE];
	int64_t article, on;
	struct rec *o;

	two_tickets(f);
	article = an_article(f);
	on = id_of_rid(f, ENT_TICKET, "1");
	queue(f, article, on, 1, uid);
	/* the echo, by a clock that is ahead */
	o = recs_add(r, REC_ROW, ENT_OUTCOME, "said");
	rec_set_text(r, o, FID_OUTCOME_ARTICLE, "K1");
	rec_set_text(r, o, FID_OUTCOME_TICKET, "1");
	rec_set_text(r, o, FID_OUTCOME_AGENT, "me");
	rec_set_int(o, FID_OUTCOME_WORKED, 1);
	rec_set_int(o, FID_OUTCOME_AT, T0 + 3600000);
	land_page(f, r);
	counts(f, article, 3, 4);
	queue(f, article, on, 0, uid);
	counts(f, article, 2, 4);
	/* a colleague saw it work in the same case, later */
	r = recs_new();
	o = recs_add(r, REC_ROW, ENT_OUTCOME, "hers");
	rec_set_text(r, o, FID_OUTCOME_ARTICLE, "K1");
	rec_set_text(r, o, FID_OUTCOME_TICKET, "1");
	rec_set_text(r, o, FID_OUTCOME_AGENT, "her");
	rec_set_int(o, FID_OUTCOME_WORKED, 1);
	rec_set_int(o, FID_OUTCOME_AT, T0 + 7200000);
	land_page(f, r);
	counts(f, article, 3, 4);
}

static void outdated_is_seen_at_once_and_can_be_taken_back(void **state)
{
	struct fix *f = *state;
	struct store_enqueue e = {.connector = f->conn,
		.kind = OP_ARTICLE_OUTDATED,
		.args = "{\"why\":\"the bank has moved\"}",
		.me = "me"};
	struct store_mark *v;
	char uid[UID_SIZE], uid2[UID_SIZE];
	struct rows rows;
	int n;

	e.target = an_article(f);
	ok(store_op_enqueue(f->rw, &e, uid, NULL));
	ok(store_row(f->ro, ENT_ARTICLE, e.target, &rows));
	assert_string_equal(
		row_get(&rows.v[0], FID_ARTICLE_STATUS)->s, "outdated");
	rows_free(&rows);
	ok(store_mark_list(f->ro, ENT_ARTICLE, e.target, "outdated", f->now,
		f->a, &v, &n));
	assert_int_equal(n, 1);
	assert_string_equal(v[0].text, "the bank has moved");
	e.args = "{\"why\":\"and its name is new\"}";
	ok(store_op_enqueue(f->rw, &e, uid2, NULL));
	ok(store_op_cancel(f->rw, uid2));
	ok(store_mark_list(f->ro, ENT_ARTICLE, e.target, "outdated", f->now,
		f->a, &v, &n));
	assert_int_equal(n, 1);
	assert_string_equal(v[0].text, "the bank has moved");
	ok(store_op_cancel(f->rw, uid));
	ok(store_row(f->ro, ENT_ARTICLE, e.target, &rows));
	assert_int_equal(
		row_get(&rows.v[0], FID_ARTICLE_STATUS)->kind, VAL_NULL);
	rows_free(&rows);
	ok(store_mark_list(f->ro, ENT_ARTICLE, e.target, "outdated", f->now,
		f->a, &v, &n));
	assert_int_equal(n, 0);
}

/* --- the file ------------------------------------------------------------- */

static void a_cache_of_version_1_grows(void **state)
{
	struct fix *f = *state;
	int64_t v = 0;
	char *bak, next[32];

	two_tickets(f);
	ok(db_exec(rw_db(f->rw),
		"DROP TABLE mark; DROP TABLE quarantine; "
		"ALTER TABLE outcome DROP COLUMN "
		"conversation; "
		"ALTER TABLE op DROP COLUMN later; PRAGMA user_version = 1"));
	fix_reopen(f);
	ok(db_int(&f->ro->db, &v, "PRAGMA user_version", ""));
	assert_int_equal(v, SCHEMA_LAST);
	snprintf(next, sizeof(next), "schema/%03d.sql", SCHEMA_LAST + 1);
	assert_null(embed_get(next, NULL)); /* there is none behind it */
	put(f, id_of_rid(f, ENT_TICKET, "1"), 0);
	assert_int_equal(count(f, "is:snoozed"), 1);
	bak = xasprintf("%s.v1.bak", f->path);
	assert_int_equal(unlink(bak), 0); /* what was there was kept first */
	free(bak);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fix_setup, fix_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(time_ends_a_snooze),
		T(a_word_of_the_customer_ends_a_snooze),
		T(a_question_has_its_own_time),
		T(many_can_be_put_aside),
		T(an_outcome_counts_once),
		T(an_outcome_travels_and_can_be_taken_back),
		T(the_first_outcome_taken_back_was_never_said),
		T(an_outcome_is_taken_back_from_between),
		T(our_own_word_hides_its_echo),
		T(outdated_is_seen_at_once_and_can_be_taken_back),
		T(a_cache_of_version_1_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
