/* SPDX-License-Identifier: MIT */
/*
 * News and how they reach a person: what rings, what is quiet, what never
 * leaves the screen. Rows land in the cache as sync would bring them; time
 * stands still unless a test moves it.
 */
#include "hands_fix.h"

/* The cache is looked at once a second. */
static void later(struct fix *f)
{
	f->mono += 1000;
	f->now += 1000;
	assert_int_equal(bench_turn(f->bench), 0);
}

static void start(struct fix *f)
{
	f->now = NOW;
	start_as(f, 120, 36, "ticket");
	later(f);
	later(f);
}

static void focus(struct fix *f, int in)
{
	struct ui_event e = {.kind = in ? UI_FOCUS_IN : UI_FOCUS_OUT};

	term_push_event(f->term, &e);
	later(f);
}

/* --- what sync brings ----------------------------------------------------- */

static void land(struct recs *r)
{
	struct store_opts o = {0};
	struct store_rw *rw;
	struct store_page_result res;
	struct store_page p = {.stream = "feed", .cursor_key = "", .recs = r};
	char *db = path_user(PATH_DATA, "galley.db");

	o.path = db;
	assert_int_equal(store_open_rw(&o, &rw), 0);
	assert_int_equal(store_connector(rw, "rt", "rt5", &p.connector), 0);
	assert_int_equal(store_page_apply(rw, &p, &res), 0);
	assert_int_equal(res.bad, 0);
	store_close_rw(rw);
	free(db);
	recs_free(r);
}

static void a_customer_writes(const char *rid, const char *ticket,
	const char *owner, int64_t at, const char *words)
{
	struct recs *r = recs_new();
	struct rec *m;

	add_ticket(r, ticket, "Again", "open", owner, 5);
	m = recs_add(r, REC_ROW, ENT_MESSAGE, rid);
	rec_set_int(recs_add(r, REC_ROW, ENT_TICKET, ticket),
		FID_TICKET_UPDATED, at);
	text(r, m, FID_MESSAGE_TICKET, ticket);
	text(r, m, FID_MESSAGE_KIND, "reply");
	text(r, m, FID_MESSAGE_DIR, "in");
	rec_set_int(m, FID_MESSAGE_AT, at);
	text(r, m, FID_MESSAGE_TEXT, words);
	land(r);
}

static void a_call_comes(const char *rid, const char *status)
{
	struct recs *r = recs_new();
	struct rec *c = recs_add(r, REC_ROW, ENT_CALL, rid);

	text(r, c, FID_CALL_STATUS, status);
	text(r, c, FID_CALL_DIR, "in");
	text(r, c, FID_CALL_CUSTOMER, "wang@example.com");
	rec_set_int(c, FID_CALL_STARTED, NOW);
	land(r);
}

static void a_promise_is_made(const char *rid, int64_t due)
{
	struct recs *r = recs_new();
	struct rec *p = recs_add(r, REC_ROW, ENT_PROMISE, rid);

	text(r, p, FID_PROMISE_STATUS, "open");
	text(r, p, FID_PROMISE_CUSTOMER, "wang@example.com");
	rec_set_int(p, FID_PROMISE_DUE, due);
	land(r);
}

/* --- what comes of it ----------------------------------------------------- */

static void a_message_waits(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f);
	focus(&f, 0);
	a_customer_writes("901", "13", "agent1", NOW + 1000,
		"4;my secret \033]0;words\007");
	later(&f);
	sees(&f, "A customer has written");
	sees(&f, "1 unread notice  ");
	/* who and which case, never the words */
	assert_non_null(strstr(term_notified(f.term), "王芳, 13"));
	assert_null(strstr(term_notified(f.term), "secret"));
	assert_string_equal(term_titled(f.term), "(1) galley");
	assert_int_equal(term_bells(f.term), 0);
	/* once */
	a_customer_writes("901", "13", "agent1", NOW + 1000, "the same");
	later(&f);
	assert_string_equal(term_titled(f.term), "(1) galley");
	assert_int_equal(bench_command(f.bench, "messages"), 0);
	later(&f);
	sees(&f, "A customer has written"); /* kept */
	assert_string_equal(term_titled(f.term), "galley");
	stop(&f);
}

static void what_is_no_news(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f);
	focus(&f, 0);
	/* a colleague's, and what was written long before */
	a_customer_writes("902", "12", "agent2", NOW + 1000, "hello");
	a_customer_writes("903", "13", "agent1", NOW - 3600000, "hello");
	later(&f);
	assert_null(term_notified(f.term));
	assert_int_equal(desk_unseen(f.desk), 0);
	/* who looks at it needs no notice of the desktop */
	focus(&f, 1);
	a_customer_writes("904", "13", "agent1", NOW + 2000, "hello");
	later(&f);
	assert_null(term_notified(f.term));
	assert_int_equal(desk_unseen(f.desk), 1);
	stop(&f);
}

static void a_call_rings_once(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f);
	focus(&f, 0);
	a_call_comes("c1", "ringing");
	later(&f);
	assert_int_equal(term_bells(f.term), 1);
	assert_string_equal(term_notified(f.term), "A call rings: 王芳");
	a_call_comes("c1", "talking");
	later(&f);
	later(&f);
	assert_int_equal(term_bells(f.term), 1);
	stop(&f);
}

static void a_promise_falls_due(void **state)
{
	struct fix f = {0};
	const int64_t minute = 60000;

	(void)state;
	start(&f);
	focus(&f, 0);
	a_promise_is_made("p1", NOW + 40 * minute);
	a_promise_is_made("p0", NOW - 40 * minute); /* late before we came */
	for (int i = 0; i < 210; i++) { /* nor do many of them hide one */
		char rid[8];

		snprintf(rid, sizeof(rid), "o%d", i);
		a_promise_is_made(rid, NOW - (50 + i) * minute);
	}
	later(&f);
	assert_null(term_notified(f.term));
	/* it wakes by itself, a quarter of an hour before */
	assert_true(bench_next_mono(f.bench) <= f.mono + 25 * minute);
	f.now += 26 * minute;
	f.mono += 26 * minute;
	later(&f);
	assert_non_null(strstr(term_notified(f.term), "due soon: 王芳"));
	f.now += 15 * minute;
	later(&f);
	assert_non_null(strstr(term_notified(f.term), "is late: 王芳"));
	assert_int_equal(desk_unseen(f.desk), 2);
	stop(&f);
}

static void configured(const char *notices)
{
	char *all = xasprintf("[galley]\n[notices]\n%s\n[connector rt]\n"
			      "manifest = rt5\nbase = http://127.0.0.1:1\n"
			      "token_file = /nonexistent\n",
		notices);

	write_file("config/config", all);
	free(all);
}

static void as_it_is_configured(void **state)
{
	struct fix f = {0};

	(void)state;
	configured("call = mark\nmessage = bell\n");
	start(&f);
	focus(&f, 0);
	a_call_comes("c1", "ringing");
	later(&f);
	assert_int_equal(term_bells(f.term), 0);
	assert_null(term_notified(f.term));
	assert_int_equal(desk_unseen(f.desk), 1);
	a_customer_writes("905", "13", "agent1", NOW + 1000, "hello");
	later(&f);
	assert_int_equal(term_bells(f.term), 1);
	assert_int_equal(desk_unseen(f.desk), 1);
	stop(&f);
}

static void quiet_hours_leave_the_mark(void **state)
{
	struct fix f = {0};

	(void)state;
	configured("quiet = 00:00-24:00");
	start(&f);
	focus(&f, 0);
	a_call_comes("c1", "ringing");
	later(&f);
	assert_int_equal(term_bells(f.term), 0);
	assert_null(term_notified(f.term));
	assert_int_equal(desk_unseen(f.desk), 1);
	stop(&f);
}

static void what_is_unread_is_counted_in_words(void **state)
{
	static const struct {
		int w, h;
		const char *words;
	} sizes[] = {{120, 36, "2 unread notices  "}, {80, 24, "(2!)  "}};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct fix f = {0};

		start_as(&f, sizes[i].w, sizes[i].h, "ticket");
		command(&f, "open 12");
		desk_news(f.desk, ABOUT_SYNC, NOTICE_WARN, "one");
		desk_news(f.desk, ABOUT_SYNC, NOTICE_WARN, "two");
		turn(&f);
		click_on(&f, sizes[i].words);
		sees(&f, "= Notices so far");
		sees_not(&f, sizes[i].words);
		stop(&f);
	}
}

static void notices_cover_neither_keys_nor_what_one_writes(void **state)
{
	static const int sizes[][2] = {{80, 24}, {120, 36}, {200, 60}};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct fix f = {0};

		start_as(&f, sizes[i][0], sizes[i][1], "ticket");
		command(&f, "open 12");
		press(&f, "r l a s t <Enter> w o r d");
		desk_say(f.desk, NOTICE_DONE, "one");
		desk_say(f.desk, NOTICE_DONE, "two %0200d", 0);
		desk_say(f.desk, NOTICE_DONE, "three");
		turn(&f);
		sees(&f, " One ");
		sees(&f, " Two 000000");
		sees(&f, " Three ");
		sees(&f, "Ctrl-S send");
		sees(&f, "last");
		sees(&f, "word");
		stop(&f);
	}
}

static void a_toast_is_clicked(void **state)
{
	const struct notice *n[1];
	struct fix f = {0};
	struct ops ops;

	(void)state;
	start(&f);
	command(&f, "open 12");
	a_customer_writes("901", "13", "agent1", NOW + 1000, "hello");
	later(&f);
	click_on(&f, "A customer has written");
	assert_string_equal(desk_case(f.desk)->name, "13");
	assert_int_equal(desk_toasts(f.desk, n, 1), 0);
	/* one that speaks of no case: what was said */
	desk_say(f.desk, NOTICE_WARN, "something is odd");
	turn(&f);
	click_on(&f, "Something is odd");
	sees(&f, "= Notices so far");
	press(&f, "<Esc>");
	/* its key, where it has one */
	command(&f, "reply soon");
	assert_int_equal(count_ops(&f, OP_TICKET_REPLY), 1);
	click_on(&f, "[u] undo");
	assert_int_equal(
		store_op_list(desk_ro(f.desk), 0, OPS_QUEUED, 0, 10, &ops), 0);
	assert_int_equal(ops.n, 0);
	ops_free(&ops);
	stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_message_waits),
		T(what_is_unread_is_counted_in_words),
		T(notices_cover_neither_keys_nor_what_one_writes),
		T(a_toast_is_clicked),
		T(what_is_no_news),
		T(a_call_rings_once),
		T(a_promise_falls_due),
		T(as_it_is_configured),
		T(quiet_hours_leave_the_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
