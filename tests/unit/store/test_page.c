/* SPDX-License-Identifier: MIT */
/*
 * Landing pages: new, changed and same rows, stubs, cursors and touches in the
 * same transaction, tombstones, aliases, late answers, bad records.
 */
#include "store_fix.h"

static void lands_new_changed_and_same_rows(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	struct store_page_result res;

	named(r, FID_QUEUE_NAME, "1", "billing");
	ticket(r, "10", "v1", "No refund", "new", "1", T0);
	res = land(f, r);
	assert_int_equal(res.rows_new, 2);

	r = recs_new();
	ticket(r, "10", "v1", "No refund", "new", "1", T0);
	res = land(f, r);
	assert_int_equal(res.rows_same, 1);
	assert_int_equal(res.rows_changed, 0);

	r = recs_new();
	ticket(r, "10", "v2", NULL, "open", NULL, T0 + 1);
	res = land(f, r);
	assert_int_equal(res.rows_changed, 1);
	/* what the record does not say stays */
	assert_text(
		field_of(f, FID_TICKET_SUBJECT, id_by_rid(f, ENT_TICKET, "10")),
		"No refund");
	assert_text(
		field_of(f, FID_TICKET_QUEUE, id_by_rid(f, ENT_TICKET, "10")),
		"billing");
	assert_text(
		field_of(f, FID_TICKET_STATUS, id_by_rid(f, ENT_TICKET, "10")),
		"open");
}

static void null_empties_absent_does_not(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	struct rec *rec;

	ticket(r, "1", NULL, "A", "open", "q", T0);
	land(f, r);
	r = recs_new();
	rec = recs_add(r, REC_ROW, ENT_TICKET, "1");
	rec_set_null(rec, FID_TICKET_SUBJECT);
	land(f, r);
	assert_null(
		field_of(f, FID_TICKET_SUBJECT, id_by_rid(f, ENT_TICKET, "1")));
	assert_text(
		field_of(f, FID_TICKET_STATUS, id_by_rid(f, ENT_TICKET, "1")),
		"open");
}

static void reference_before_its_row_makes_a_stub(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	struct store_page_result res;
	struct rows rows;
	int64_t stub;

	message(r, "m1", "77", "reply", "u1", T0, "hello");
	land(f, r);
	ok(store_row_rid(f->ro, ENT_TICKET, f->conn, "77", &rows));
	assert_string_equal(rows.v[0].state, "stub");
	stub = rows.v[0].id;
	rows_free(&rows);

	r = recs_new();
	ticket(r, "77", "1", "Late", "open", NULL, T0);
	res = land(f, r);
	assert_int_equal(res.rows_new, 1);
	ok(store_row_rid(f->ro, ENT_TICKET, f->conn, "77", &rows));
	assert_string_equal(rows.v[0].state, "live");
	assert_int_equal(rows.v[0].id, stub);
	rows_free(&rows);
	ok(store_thread(f->ro, ENT_TICKET, stub, 10, &rows));
	assert_int_equal(rows.n, 1);
	rows_free(&rows);
}

static void direction_waits_for_the_later_of_ticket_and_message(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	struct rec *t;

	message(r, "m1", "5", "created", "wang@example.com", T0, "help");
	message(r, "m2", "5", "reply", "agent1", T0, "yes");
	message(r, "m3", "5", "note", "agent1", T0, "hm");
	message(r, "m4", "5", "status", "agent1", T0, NULL);
	land(f, r);
	assert_null(
		field_of(f, FID_MESSAGE_DIR, id_by_rid(f, ENT_MESSAGE, "m1")));
	assert_text(
		field_of(f, FID_MESSAGE_DIR, id_by_rid(f, ENT_MESSAGE, "m3")),
		"note");
	assert_text(
		field_of(f, FID_MESSAGE_DIR, id_by_rid(f, ENT_MESSAGE, "m4")),
		"system");

	r = recs_new();
	t = ticket(r, "5", "1", "S", "open", NULL, T0);
	rec_set_text(r, t, FID_TICKET_CUSTOMERS, "[\"wang@example.com\"]");
	land(f, r);
	assert_text(
		field_of(f, FID_MESSAGE_DIR, id_by_rid(f, ENT_MESSAGE, "m1")),
		"in");
	assert_text(
		field_of(f, FID_MESSAGE_DIR, id_by_rid(f, ENT_MESSAGE, "m2")),
		"out");

	r = recs_new();
	message(r, "m5", "5", "reply", "wang@example.com", T0, "thanks");
	/* part of an id is not the id */
	message(r, "m6", "5", "reply", "example.com", T0, "thanks");
	land(f, r);
	assert_text(
		field_of(f, FID_MESSAGE_DIR, id_by_rid(f, ENT_MESSAGE, "m5")),
		"in");
	assert_text(
		field_of(f, FID_MESSAGE_DIR, id_by_rid(f, ENT_MESSAGE, "m6")),
		"out");
}

static void text_is_made_of_html(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	struct rec *m = message(r, "m", "5", "reply", "a", T0, NULL);

	rec_set_text(r, m, FID_MESSAGE_HTML,
		"<p>One &amp; two</p><script>x()</script><p>three</p>");
	land(f, r);
	assert_text(
		field_of(f, FID_MESSAGE_TEXT, id_by_rid(f, ENT_MESSAGE, "m")),
		"One & two\n\nthree");
}

static void cursor_and_rows_are_one_transaction(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	struct store_page p = {.connector = f->conn,
		.stream = "tickets",
		.cursor_key = "",
		.cursor = "100",
		.run = "page2",
		.recs = r};
	struct store_page_result res;
	const char *cursor, *run;
	int64_t polled;

	ticket(r, "1", "1", "A", "open", NULL, T0);
	ok(store_page_apply(f->rw, &p, &res));
	ok(store_cursor_get(
		f->ro, f->conn, "tickets", "", f->a, &cursor, &run, &polled));
	assert_string_equal(cursor, "100");
	assert_string_equal(run, "page2");
	assert_int_equal(polled, T0);

	/* NULL leaves both, "" ends the run */
	p.cursor = NULL;
	p.run = NULL;
	ok(store_page_apply(f->rw, &p, &res));
	ok(store_cursor_get(
		f->ro, f->conn, "tickets", "", f->a, &cursor, &run, &polled));
	assert_string_equal(cursor, "100");
	assert_string_equal(run, "page2");
	p.run = "";
	ok(store_page_apply(f->rw, &p, &res));
	ok(store_cursor_get(
		f->ro, f->conn, "tickets", "", f->a, &cursor, &run, &polled));
	assert_null(run);
	assert_int_equal(store_cursor_get(f->ro, f->conn, "other", "", f->a,
				 &cursor, &run, &polled),
		E_NOTFOUND);
	recs_free(r);
}

static int next_touches(struct fix *f, struct store_touch out[8])
{
	int n = store_touch_next(f->ro, f->conn, "ticket", 8, f->a, out);

	ok(n);
	return n;
}

static struct rec *touch(struct recs *r, const char *key, const char *version)
{
	struct rec *rec = recs_add(r, REC_TOUCH, ENT_TICKET, NULL);

	rec->name = "ticket";
	rec->key = key;
	rec->version = version;
	return rec;
}

static void answer(struct fix *f, const char *key, const char *version)
{
	struct store_touch t = {key, version};
	struct store_page p = {.connector = f->conn,
		.stream = "ticket",
		.answered = &t,
		.n_answered = 1};
	struct store_page_result res;

	ok(store_page_apply(f->rw, &p, &res));
}

static void touches_wait_until_answered_at_their_version(void **state)
{
	struct fix *f = *state;
	struct store_touch t[8];
	struct recs *r = recs_new();

	touch(r, "1", "a");
	touch(r, "2", "a");
	assert_int_equal(land(f, r).touches, 2);
	assert_int_equal(next_touches(f, t), 2);
	assert_string_equal(t[0].key, "1");

	/* it moved on while it was being fetched: still waiting */
	r = recs_new();
	touch(r, "1", "b");
	land(f, r);
	answer(f, "1", "a");
	answer(f, "2", "a");
	assert_int_equal(next_touches(f, t), 1);
	assert_string_equal(t[0].version, "b");
	answer(f, "1", "b");
	assert_int_equal(next_touches(f, t), 0);

	/* the same version again costs nothing */
	r = recs_new();
	touch(r, "1", "b");
	assert_int_equal(land(f, r).touches, 0);
	assert_int_equal(next_touches(f, t), 0);
}

static void touch_without_version_is_not_answered_by_an_earlier_fetch(
	void **state)
{
	struct fix *f = *state;
	struct store_touch t[8], u[8];

	ok(store_touch_add(f->rw, f->conn, "ticket", "9", NULL, 0));
	assert_int_equal(next_touches(f, t), 1);
	ok(store_touch_add(f->rw, f->conn, "ticket", "9", NULL, 0));
	answer(f, "9", t[0].version);
	assert_int_equal(next_touches(f, u), 1);
	answer(f, "9", u[0].version);
	assert_int_equal(next_touches(f, u), 0);
}

static void urgent_touches_come_first(void **state)
{
	struct fix *f = *state;
	struct store_touch t[8];

	ok(store_touch_add(f->rw, f->conn, "ticket", "1", "x", 0));
	ok(store_touch_add(f->rw, f->conn, "ticket", "2", "x", 1));
	assert_int_equal(next_touches(f, t), 2);
	assert_string_equal(t[0].key, "2");
}

static void gone_rows_stay_and_late_answers_do_not_bring_them_back(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	struct store_page p = {.connector = f->conn, .stream = "tickets"};
	struct store_page_result res;
	struct rows rows;

	ticket(r, "1", NULL, "A", "open", NULL, T0);
	land(f, r);
	r = recs_new();
	recs_add(r, REC_GONE, ENT_TICKET, "1");
	p.recs = r;
	p.server_ms = T0 + 5000;
	ok(store_page_apply(f->rw, &p, &res));
	assert_int_equal(res.gone, 1);
	recs_free(r);
	ok(store_row_rid(f->ro, ENT_TICKET, f->conn, "1", &rows));
	assert_string_equal(rows.v[0].state, "gone");
	rows_free(&rows);

	/* an answer the server gave before that */
	p.recs = r = recs_new();
	ticket(r, "1", NULL, "A", "open", NULL, T0);
	p.server_ms = T0 + 1000;
	ok(store_page_apply(f->rw, &p, &res));
	ok(store_row_rid(f->ro, ENT_TICKET, f->conn, "1", &rows));
	assert_string_equal(rows.v[0].state, "gone");
	rows_free(&rows);
	/* and one it gave later */
	p.server_ms = T0 + 9000;
	ok(store_page_apply(f->rw, &p, &res));
	ok(store_row_rid(f->ro, ENT_TICKET, f->conn, "1", &rows));
	assert_string_equal(rows.v[0].state, "live");
	rows_free(&rows);
	recs_free(r);
}

static void older_version_does_not_overwrite(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	struct store_page p = {.connector = f->conn, .stream = "t"};
	struct store_page_result res;

	ticket(r, "1", "10", "new words", "open", NULL, T0);
	land(f, r);
	r = recs_new();
	ticket(r, "1", "9", "old words", "open", NULL, T0);
	assert_int_equal(land(f, r).rows_same, 1);
	assert_text(
		field_of(f, FID_TICKET_SUBJECT, id_by_rid(f, ENT_TICKET, "1")),
		"new words");
	/* a full listing is believed */
	p.recs = r = recs_new();
	p.generation = 7;
	ticket(r, "1", "9", "old words", "open", NULL, T0);
	ok(store_page_apply(f->rw, &p, &res));
	recs_free(r);
	assert_text(
		field_of(f, FID_TICKET_SUBJECT, id_by_rid(f, ENT_TICKET, "1")),
		"old words");
}

static void merged_ticket_takes_its_thread_along(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	struct rec *alias;
	struct row_title title;
	struct rows rows;
	int64_t five;

	ticket(r, "3", "1", "Three", "open", NULL, T0);
	ticket(r, "5", "1", "Five", "open", NULL, T0);
	message(r, "m", "5", "reply", "a", T0, "hello");
	land(f, r);
	five = id_by_rid(f, ENT_TICKET, "5");
	r = recs_new();
	alias = recs_add(r, REC_ALIAS, ENT_TICKET, "5");
	alias->to = "3";
	assert_int_equal(land(f, r).aliases, 1);

	ok(store_row(f->ro, ENT_TICKET, five, &rows));
	assert_string_equal(rows.v[0].rid, "3");
	ok(store_title(f->ro, ENT_TICKET, five, f->a, &title));
	assert_int_equal(title.id, rows.v[0].id);
	assert_int_equal(title.connector, f->conn);
	assert_string_equal(title.rid, "3");
	assert_text(title.title, field_of(f, FID_TICKET_SUBJECT, five));
	assert_int_equal(
		store_title(f->ro, ENT_TICKET, 9999, f->a, &title), E_NOTFOUND);
	rows_free(&rows);
	ok(store_thread(f->ro, ENT_TICKET, five, 0, &rows));
	assert_int_equal(rows.n, 1);
	rows_free(&rows);
	/* what is said about 5 later lands on 3 */
	r = recs_new();
	message(r, "m2", "5", "reply", "a", T0 + 1, "again");
	/* and a ring of aliases does no harm */
	alias = recs_add(r, REC_ALIAS, ENT_TICKET, "3");
	alias->to = "5";
	land(f, r);
	ok(store_thread(
		f->ro, ENT_TICKET, id_by_rid(f, ENT_TICKET, "3"), 0, &rows));
	assert_int_equal(rows.n, 2);
	rows_free(&rows);
}

static void bad_records_are_named_and_the_rest_lands(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	struct store_page_result res;
	struct log_row *log;
	const char *when;
	int n;

	ticket(r, "1", "1", "A", "open", NULL, T0);
	ticket(r, "bad\x01id", "1", "B", "open", NULL, T0);
	rec_set_text(r, ticket(r, "2", "1", "C", "open", NULL, T0),
		FID_TICKET_TAGS, "not a set");
	ticket(r, "3", "1", "D", "open", NULL, T0);
	recs_error(r, "record 9: field `due`: no date");
	res = land(f, r);
	assert_int_equal(res.rows_new, 2);
	assert_int_equal(res.bad, 3);
	ok(store_log_list(f->ro, 10, f->a, &log, &n));
	assert_int_equal(n, 3);
	assert_non_null(strstr(log[1].text, "record 3 (ticket 2)"));
	assert_non_null(strstr(log[1].text, "tags"));
	assert_string_equal(log[1].connector, "rt");
	assert_string_equal(log[0].text, "record 9: field `due`: no date");
	/* what is not found now may be one of them */
	ok(store_fact_get(f->ro, f->conn, "lost", f->a, &when));
	assert_int_equal(atoll(when), f->now);
}

static void identities_get_an_id_and_one_form(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	const char *when;
	struct rec *rec = recs_add(r, REC_ROW, ENT_IDENTITY, NULL);

	rec_set_text(r, rec, FID_IDENTITY_CUSTOMER, "u1");
	rec_set_text(r, rec, FID_IDENTITY_TYPE, "email");
	rec_set_text(r, rec, FID_IDENTITY_VALUE, "Wang@Example.COM");
	rec = recs_add(r, REC_ROW, ENT_IDENTITY, NULL);
	rec_set_text(r, rec, FID_IDENTITY_CUSTOMER, "u1");
	rec_set_text(r, rec, FID_IDENTITY_TYPE, "phone");
	rec_set_text(r, rec, FID_IDENTITY_VALUE, "0086 (138) 0013-8000");
	rec = recs_add(r, REC_ROW, ENT_IDENTITY, NULL);
	rec_set_text(r, rec, FID_IDENTITY_TYPE, "phone");
	assert_int_equal(land(f, r).bad, 1);
	/* no thread has lost anything */
	assert_int_equal(store_fact_get(f->ro, f->conn, "lost", f->a, &when),
		E_NOTFOUND);
	assert_text(
		field_of(f, FID_IDENTITY_VALUE,
			id_by_rid(f, ENT_IDENTITY, "email:wang@example.com")),
		"wang@example.com");
	assert_text(field_of(f, FID_IDENTITY_VALUE,
			    id_by_rid(f, ENT_IDENTITY, "phone:+8613800138000")),
		"+8613800138000");
}

static void wakes_streams_only_for_new_rows(void **state)
{
	struct fix *f = *state;
	const char *wake[] = {"history", NULL}, *value;
	struct store_page p = {
		.connector = f->conn, .stream = "t", .wake = wake};
	struct store_page_result res;
	struct recs *r = recs_new();

	ticket(r, "1", "1", "A", "open", NULL, T0);
	p.recs = r;
	ok(store_page_apply(f->rw, &p, &res));
	ok(store_fact_get(f->ro, f->conn, "pend:history", f->a, &value));
	assert_string_equal(value, "1");
	ok(store_fact_set(f->rw, f->conn, "pend:history", NULL));
	ok(store_page_apply(f->rw, &p, &res));
	assert_int_equal(
		store_fact_get(f->ro, f->conn, "pend:history", f->a, &value),
		E_NOTFOUND);
	recs_free(r);
}

static void sweep_names_suspects_and_doubts_too_many(void **state)
{
	struct fix *f = *state;
	struct store_page p = {
		.connector = f->conn, .stream = "sweep", .generation = 5};
	struct store_page_result res;
	struct recs *r = recs_new();
	const char **rids;
	char rid[16];
	int i, n;

	for (i = 0; i < 60; i++) {
		snprintf(rid, sizeof(rid), "%d", i);
		ticket(r, rid, "1", "A", "open", NULL, T0);
	}
	land(f, r);
	p.recs = r = recs_new();
	for (i = 0; i < 57; i++) {
		snprintf(rid, sizeof(rid), "%d", i);
		ticket(r, rid, "1", "A", "open", NULL, T0);
	}
	ok(store_page_apply(f->rw, &p, &res));
	recs_free(r);
	ok(store_sweep_suspects(
		f->ro, f->conn, ENT_TICKET, 5, 2, f->a, &rids, &n));
	assert_int_equal(n, 3);
	assert_string_equal(rids[0], "57");
	/* nobody has ever read what one of them was merged into */
	r = recs_new();
	recs_add(r, REC_ALIAS, ENT_TICKET, "59")->to = "900";
	land(f, r);
	ok(store_sweep_suspects(
		f->ro, f->conn, ENT_TICKET, 5, 2, f->a, &rids, &n));
	assert_int_equal(n, 3);
	assert_string_equal(rids[1], "58");
	assert_string_equal(rids[2], "900");
	/* another generation has seen nothing */
	assert_int_equal(store_sweep_suspects(f->ro, f->conn, ENT_TICKET, 6, 2,
				 f->a, &rids, &n),
		E_LIMIT);
}

static int64_t count_of(struct fix *f, const char *queue, const char *status)
{
	struct queue_count *c;
	int i, n;

	ok(store_queue_counts(f->ro, f->a, &c, &n));
	for (i = 0; i < n; i++)
		if (c[i].queue_name && strcmp(c[i].queue_name, queue) == 0 &&
			strcmp(c[i].status, status) == 0)
			return c[i].n;
	return 0;
}

static void counters_follow_every_change(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();

	named(r, FID_QUEUE_NAME, "1", "billing");
	named(r, FID_QUEUE_NAME, "2", "tech");
	ticket(r, "1", "1", "A", "open", "1", T0);
	ticket(r, "2", "1", "B", "open", "1", T0);
	message(r, "m", "99", "reply", NULL, T0, "a stub does not count");
	land(f, r);
	assert_int_equal(count_of(f, "billing", "open"), 2);
	r = recs_new();
	ticket(r, "2", "2", "B", "resolved", "2", T0);
	land(f, r);
	assert_int_equal(count_of(f, "billing", "open"), 1);
	assert_int_equal(count_of(f, "tech", "resolved"), 1);
	r = recs_new();
	recs_add(r, REC_GONE, ENT_TICKET, "1");
	land(f, r);
	assert_int_equal(count_of(f, "billing", "open"), 0);
	r = recs_new();
	ticket(r, "1", "3", "A", "open", "1", T0);
	land(f, r);
	assert_int_equal(count_of(f, "billing", "open"), 1);
}

static void file(struct recs *r, const char *rid, const char *on)
{
	struct rec *rec = recs_add(r, REC_ROW, ENT_FILE, rid);

	rec_set_text(r, rec, FID_FILE_MESSAGE, on);
	rec_set_text(r, rec, FID_FILE_NAME, rid);
}

static void expect_files(struct fix *f, int limit, const char *want)
{
	struct buf got = BUF_INIT;
	struct rows rows;

	ok(store_files(f->ro, ENT_TICKET, id_by_rid(f, ENT_TICKET, "1"), limit,
		&rows));
	for (int i = 0; i < rows.n; i++)
		buf_addf(&got, "%s ", rows.v[i].rid);
	assert_text(buf_str(&got), want);
	buf_fini(&got);
	rows_free(&rows);
}

/* However they came, and of the messages that a thread shows. */
static void files_come_in_the_order_of_their_thread(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	struct rows rows;

	ticket(r, "1", NULL, "A", "open", "q", T0);
	ticket(r, "2", NULL, "B", "open", "q", T0);
	message(r, "old", "1", "reply", "u", T0, "first");
	message(r, "new", "1", "reply", "u", T0 + 1, "second");
	message(r, "other", "2", "reply", "u", T0, "elsewhere");
	file(r, "n1", "new");
	file(r, "n2", "new");
	file(r, "x", "other");
	file(r, "o", "old");
	land(f, r);
	expect_files(f, 0, "o n1 n2 ");
	expect_files(f, 1, "n1 n2 ");
	r = recs_new();
	recs_add(r, REC_GONE, ENT_FILE, "n1");
	land(f, r);
	expect_files(f, 0, "o n2 ");
	assert_int_equal(store_files(f->ro, ENT_QUEUE, 1, 0, &rows), E_INPUT);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fix_setup, fix_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(lands_new_changed_and_same_rows),
		T(null_empties_absent_does_not),
		T(reference_before_its_row_makes_a_stub),
		T(direction_waits_for_the_later_of_ticket_and_message),
		T(text_is_made_of_html),
		T(cursor_and_rows_are_one_transaction),
		T(touches_wait_until_answered_at_their_version),
		T(touch_without_version_is_not_answered_by_an_earlier_fetch),
		T(urgent_touches_come_first),
		T(gone_rows_stay_and_late_answers_do_not_bring_them_back),
		T(older_version_does_not_overwrite),
		T(merged_ticket_takes_its_thread_along),
		T(bad_records_are_named_and_the_rest_lands),
		T(identities_get_an_id_and_one_form),
		T(wakes_streams_only_for_new_rows),
		T(sweep_names_suspects_and_doubts_too_many),
		T(counters_follow_every_change),
		T(files_come_in_the_order_of_their_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
