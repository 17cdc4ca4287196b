/* SPDX-License-Identifier: MIT */
/* What a backend cannot show stands in the cache as long as it cannot. */
#include "store_fix.h"

#include "galley/base/buf.h"
#include "galley/store/quarantine.h"
#include "store/store_priv.h"

static struct store_aside message_7(void)
{
	return (struct store_aside){.key = "7",
		.start = "6",
		.upto = "7",
		.why = "HTTP 500",
		.run = 1};
}

static int put(struct fix *f, const struct store_aside *x, const char *cursor)
{
	struct store_page p = {.connector = f->conn,
		.stream = "feed",
		.cursor_key = "",
		.cursor = cursor,
		.aside = x,
		.n_aside = 1};
	struct store_page_result res;

	return store_page_apply(f->rw, &p, &res);
}

static struct store_aside *list(struct fix *f, int n)
{
	struct store_aside *v;
	int have;

	ok(store_aside_list(f->ro, f->conn, NULL, f->a, &v, &have));
	assert_int_equal(have, n);
	return v;
}

static void the_cursor_passes_with_the_row_or_not_at_all(void **state)
{
	struct fix *f = *state;
	struct store_aside x = message_7(), *v;
	const char *cursor = NULL, *run;
	int64_t polled;

	/* what cannot be written takes the cursor back */
	x.why = NULL;
	assert_true(put(f, &x, "7") < 0);
	assert_int_equal(store_cursor_get(f->ro, f->conn, "feed", "", f->a,
				 &cursor, &run, &polled),
		E_NOTFOUND);
	list(f, 0);
	x = message_7();
	ok(put(f, &x, "7"));
	ok(store_cursor_get(
		f->ro, f->conn, "feed", "", f->a, &cursor, &run, &polled));
	assert_string_equal(cursor, "7");
	fix_reopen(f);
	v = list(f, 1);
	assert_string_equal(v[0].stream, "feed");
	assert_string_equal(v[0].key, "7");
	assert_string_equal(v[0].start, "6");
	assert_string_equal(v[0].upto, "7");
	assert_string_equal(v[0].why, "HTTP 500");
	assert_int_equal(v[0].by_key, 0);
	assert_int_equal(v[0].tries, 0);
	assert_true(v[0].since_ms == T0);
	assert_true(v[0].next_ms == T0 + ASIDE_BASE_MS);
}

static void tries_come_at_growing_distances(void **state)
{
	struct fix *f = *state;
	struct store_aside x = message_7();
	int64_t want = ASIDE_BASE_MS, next = 0;

	ok(put(f, &x, "7"));
	/* to meet it before its time is no try */
	f->now += ASIDE_BASE_MS / 2;
	ok(put(f, &x, "7"));
	assert_int_equal(list(f, 1)[0].tries, 0);
	f->now = list(f, 1)[0].next_ms;
	for (int i = 1; i <= 12; i++) {
		ok(store_aside_tried(f->rw, f->conn, "feed", "7", "HTTP 502"));
		assert_int_equal(list(f, 1)[0].tries, i);
		assert_true(list(f, 1)[0].next_ms == f->now + want);
		assert_true(list(f, 1)[0].since_ms == T0);
		want = want * 2 < ASIDE_CAP_MS ? want * 2 : ASIDE_CAP_MS;
		f->now = list(f, 1)[0].next_ms;
	}
	assert_string_equal(list(f, 1)[0].why, "HTTP 502");
	ok(store_aside_next_ms(f->ro, f->conn, &next));
	assert_true(next == f->now);
	ok(store_aside_wake(f->rw, f->conn));
	ok(store_aside_next_ms(f->ro, f->conn, &next));
	assert_int_equal(next, 1); /* now */
	ok(store_aside_drop(f->rw, f->conn, "feed", "7"));
	ok(store_aside_next_ms(f->ro, f->conn, &next));
	assert_int_equal(next, 0); /* none */
}

static void an_answered_key_leaves(void **state)
{
	struct fix *f = *state;
	const struct store_touch key = {.key = "12", .version = "1"};
	struct store_aside x = {
		.key = "12", .by_key = 1, .why = "HTTP 500", .run = 1};
	struct store_page p = {.connector = f->conn,
		.stream = "tickets",
		.cursor_key = "",
		.answered = &key,
		.n_answered = 1,
		.aside = &x,
		.n_aside = 1};
	struct store_page_result res;
	int64_t waits;

	ok(store_touch_add(f->rw, f->conn, "tickets", "12", "1", 0));
	ok(store_page_apply(f->rw, &p, &res));
	assert_int_equal(list(f, 1)[0].by_key, 1);
	ok(store_touch_count(f->ro, f->conn, "tickets", &waits));
	assert_int_equal(waits, 0);
	/* the same key of another stream is another matter */
	p.aside = NULL;
	p.n_aside = 0;
	p.stream = "threads";
	ok(store_page_apply(f->rw, &p, &res));
	list(f, 1);
	p.stream = "tickets";
	ok(store_page_apply(f->rw, &p, &res));
	list(f, 0);
}

static void a_reading_that_did_not_meet_it_lets_it_go(void **state)
{
	struct fix *f = *state;
	struct store_aside x = message_7();

	ok(put(f, &x, "7"));
	/* one that began behind it says nothing, nor one that met it */
	assert_int_equal(
		store_aside_settle(f->rw, f->conn, "feed", 2, "7", NULL), 0);
	assert_int_equal(
		store_aside_settle(f->rw, f->conn, "feed", 1, "0", NULL), 0);
	assert_int_equal(
		store_aside_settle(f->rw, f->conn, "files", 2, NULL, NULL), 0);
	/* nor one that stopped before it */
	assert_int_equal(
		store_aside_settle(f->rw, f->conn, "feed", 2, "0", "6"), 0);
	list(f, 1);
	assert_int_equal(
		store_aside_settle(f->rw, f->conn, "feed", 2, "6", "7"), 1);
	list(f, 0);
	ok(put(f, &x, "7"));
	assert_int_equal(
		store_aside_settle(f->rw, f->conn, "feed", 2, NULL, NULL), 1);
}

static void it_may_hide_what_came_after_it(void **state)
{
	struct fix *f = *state;
	struct store_aside x = message_7();
	struct store_aside key = {
		.key = "12", .by_key = 1, .why = "HTTP 500", .run = 1};
	int64_t n;

	ok(put(f, &x, "7"));
	/* sent before it was met: it may be the effect */
	ok(store_aside_hides(f->ro, f->conn, "9", T0 - 1, &n));
	assert_int_equal(n, 1);
	ok(store_aside_hides(f->ro, f->conn, "9", T0 + 1, &n));
	assert_int_equal(n, 0);
	ok(put(f, &key, NULL));
	ok(store_aside_hides(f->ro, f->conn, "9", T0 + 1, &n));
	assert_int_equal(n, 0);
	ok(store_aside_hides(f->ro, f->conn, "12", T0 + 1, &n));
	assert_int_equal(n, 1);
	ok(store_aside_count(f->ro, 0, &n));
	assert_int_equal(n, 2);
}

static void a_cache_of_version_2_grows(void **state)
{
	struct fix *f = *state;
	struct store_aside x = message_7();
	char *bak;

	ok(db_exec(rw_db(f->rw),
		"DROP TABLE quarantine; ALTER TABLE op DROP COLUMN later; "
		"PRAGMA user_version = 2"));
	fix_reopen(f);
	ok(put(f, &x, "7"));
	list(f, 1);
	bak = xasprintf("%s.v2.bak", f->path);
	assert_int_equal(unlink(bak), 0);
	free(bak);
}

static void salvage_takes_it_with_its_cursor(void **state)
{
	struct fix *f = *state;
	struct store_aside x = message_7();
	char *fresh = xasprintf("%s2", f->path);
	struct store_opts o = f->opts;
	struct buf report = BUF_INIT;
	struct store_ro *ro;
	int64_t n;

	ok(put(f, &x, "7"));
	store_close_rw(f->rw);
	ok(store_salvage(f->path, fresh, &report));
	o.path = fresh;
	ok(store_open_ro(&o, &ro));
	ok(store_aside_count(ro, 0, &n));
	assert_int_equal(n, 1);
	store_close_ro(ro);
	ok(store_open_rw(&f->opts, &f->rw));
	f->ro = store_reader(f->rw);
	buf_fini(&report);
	free(fresh);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fix_setup, fix_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_cursor_passes_with_the_row_or_not_at_all),
		T(tries_come_at_growing_distances),
		T(an_answered_key_leaves),
		T(a_reading_that_did_not_meet_it_lets_it_go),
		T(it_may_hide_what_came_after_it),
		T(a_cache_of_version_2_grows),
		T(salvage_takes_it_with_its_cursor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
