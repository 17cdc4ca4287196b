/* SPDX-License-Identifier: MIT */
/*
 * The lists of the index as we read them against FTS5's own answers: every hit
 * is a candidate, through segments, merges that have stopped half way, lists
 * over many pages, changed and deleted rows; and a broken page harms nobody.
 */
#include "store_fix.h"

#include "store/query_priv.h"

#define N_TEXTS 800

static const char *const pieces[] = {"退", "款", "退款", "订单", "我", "的",
	"，", " ", "refund", "refunds", "relay", "cafe", "a", "12",
	"138-0013-8000"};

static const char *const alike[] = {"退", "退款", "款退", "单我", "refund",
	"refund refunds", "re*", "c*", "zebra", "的的", "12", "a OR relay"};

static const char *const wider[] = {"退款订单", "我的退款", "\"退款 refund\"",
	"refund cafe", "relay re*", "a-re*", "款re*", "13800138000",
	"订单我的退款订单我的退款", "退款 (cafe OR relay)", "退款 queue:none"};

static void make_text(struct rnd *rnd, struct buf *out)
{
	/* lists of several chunks, some entries longer than a page */
	int n = rnd_chance(rnd, 1, 10) ? 1000 : 1 + (int)rnd_below(rnd, 12);

	buf_reset(out);
	while (n-- > 0)
		buf_adds(out, pieces[rnd_below(rnd, ARRAY_SIZE(pieces))]);
}

/* Every `step`th message, new or again. */
static void land_texts(struct fix *f, struct rnd *rnd, int n, int step)
{
	struct recs *r = recs_new();
	struct buf text = BUF_INIT;
	char rid[16];
	int i;

	for (i = 0; i < n; i += step) {
		make_text(rnd, &text);
		snprintf(rid, sizeof(rid), "m%d", i);
		message(r, rid, "1", "reply", "u", T0 + i, buf_str(&text));
	}
	assert_int_equal(land(f, r).bad, 0);
	buf_fini(&text);
}

static void page_size(struct fix *f, int bytes)
{
	ok(db_run(rw_db(f->rw),
		"INSERT INTO fts_message (fts_message, rank) "
		"VALUES ('pgsz', ?)",
		"d", bytes));
}

static void index_in_slices(struct fix *f)
{
	int64_t left = 1;

	while (left)
		ok(store_index_slice(f->rw, 0, &left));
}

static int64_t last_id(struct fix *f)
{
	int64_t id = 0;

	ok(db_int(rw_db(f->rw), &id, "SELECT max(id) FROM message", ""));
	return id;
}

static int has(const struct bits *b, int64_t id)
{
	return bits_below(b, id + 1) == id;
}

/* From `lo` to below `hi`, as FTS5 says; `same`: and no other ones. */
static void compare(
	struct fix *f, const char *text, int64_t lo, int64_t hi, int same)
{
	struct buf expr = BUF_INIT;
	struct postings *x;
	struct bits b;
	struct query *q;
	sqlite3_stmt *st;
	int64_t id = hi, want = 0, found = 0;

	ok(query_parse(text, ENT_TICKET, T0, 0, &q));
	assert_int_equal(postings_open(rw_db(f->rw), ENT_MESSAGE, &x), 1);
	assert_int_equal(postings_find(x, q->root, lo, hi, &b), 1);
	assert_true(cover(&expr, q->root));
	ok(db_query(rw_db(f->rw), &st,
		"SELECT rowid FROM fts_message WHERE fts_message MATCH ? "
		"AND rowid >= ? AND rowid < ?",
		"tii", buf_str(&expr), lo, hi));
	for (; db_step(rw_db(f->rw), st) > 0; want++)
		if (!has(&b, sqlite3_column_int64(st, 0))) {
			print_error("%s: row %lld of %lld to %lld is missing\n",
				text, (long long)sqlite3_column_int64(st, 0),
				(long long)lo, (long long)hi);
			fail();
		}
	db_end(rw_db(f->rw), st);
	while ((id = bits_below(&b, id)) > 0) {
		assert_in_range(id, lo, hi - 1);
		found++;
	}
	if (same)
		assert_int_equal(found, want);
	bits_fini(&b);
	postings_close(x);
	buf_fini(&expr);
	query_free(q);
}

static void compare_all(struct fix *f, int same)
{
	int64_t last = last_id(f), lo, hi;
	size_t i;
	int k;

	for (i = 0; i < ARRAY_SIZE(alike) + ARRAY_SIZE(wider); i++) {
		int is_alike = i < ARRAY_SIZE(alike);
		const char *text =
			is_alike ? alike[i] : wider[i - ARRAY_SIZE(alike)];

		compare(f, text, 1, last + 1, same && is_alike);
		for (k = 0; k < 4; k++) {
			lo = 1 + (int64_t)rnd_below(&f->rnd, (uint64_t)last);
			hi = lo + 1 +
			     (int64_t)rnd_below(
				     &f->rnd, (uint64_t)(last - lo + 1));
			compare(f, text, lo, hi, same && is_alike);
		}
	}
}

static int64_t segments(struct fix *f)
{
	int64_t n = 0;

	ok(db_int(rw_db(f->rw), &n,
		"SELECT count(DISTINCT segid) FROM fts_message_idx", ""));
	return n;
}

static void candidates_hold_every_hit(void **state)
{
	static const int sizes[] = {4050, 64, 300};
	struct fix *f = *state;
	struct rnd rnd;
	int left = 1;
	size_t i;

	rnd_seed(&rnd, 21);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		page_size(f, sizes[i]);
		land_texts(f, &rnd, N_TEXTS, 1);
		index_in_slices(f);
		assert_true(segments(f) > 1);
		compare_all(f, i == 0);
		/* changed texts leave old entries behind */
		land_texts(f, &rnd, N_TEXTS, 3);
		index_in_slices(f);
		compare_all(f, 0);
		while (left)
			ok(store_index_merge(f->rw, 0, &left));
		left = 1;
		compare_all(f, 0);
	}
}

static void far_apart(struct fix *f, const char *table)
{
	struct buf sql = BUF_INIT;

	buf_addf(&sql, "UPDATE %s SET id = -id * 97", table);
	ok(db_run(rw_db(f->rw), buf_str(&sql), ""));
	buf_reset(&sql);
	buf_addf(&sql, "UPDATE %s SET id = -id", table);
	ok(db_run(rw_db(f->rw), buf_str(&sql), ""));
	buf_fini(&sql);
}

/* Two lists are joined a block of ids at a time. */
static void rows_may_be_far_apart(void **state)
{
	struct fix *f = *state;
	struct rnd rnd;

	rnd_seed(&rnd, 24);
	land_texts(f, &rnd, N_TEXTS, 1);
	far_apart(f, "message");
	far_apart(f, "fts_todo_message");
	index_all(f);
	assert_true(last_id(f) > 60000);
	compare_all(f, 1);
}

/* Each state of a merge: some terms have moved, the others have not. */
static void merges_hide_nothing(void **state)
{
	struct fix *f = *state;
	int64_t before, after = 0;
	int steps = 0, half = 0;
	struct rnd rnd;

	rnd_seed(&rnd, 22);
	page_size(f, 128);
	land_texts(f, &rnd, 400, 1);
	index_in_slices(f);
	before = segments(f);
	assert_true(before > 3);
	for (; after != 1; steps++) {
		ok(db_run(rw_db(f->rw),
			"INSERT INTO fts_message (fts_message, rank) "
			"VALUES ('merge', -8)",
			""));
		after = segments(f);
		/* one more than before: the one that is being written */
		half += after > before;
		compare(f, "退款", 1, last_id(f) + 1, 1);
		compare(f, "的我", 1, last_id(f) + 1, 1);
		compare(f, "re*", 1, last_id(f) + 1, 1);
		compare(f, "refund cafe", 1, last_id(f) + 1, 0);
		assert_true(steps < 1000);
	}
	assert_true(half > 5);
	compare_all(f, 1);
}

static void try_broken(struct fix *f)
{
	struct postings *x;
	struct query *q;
	struct bits b;
	size_t i;

	if (postings_open(rw_db(f->rw), ENT_MESSAGE, &x) != 1)
		return;
	for (i = 0; i < ARRAY_SIZE(wider); i++) {
		ok(query_parse(wider[i], ENT_TICKET, T0, 0, &q));
		if (postings_find(x, q->root, 300, 600, &b) == 1)
			bits_fini(&b);
		if (postings_find(x, q->root, 1, 801, &b) == 1)
			bits_fini(&b);
		query_free(q);
	}
	postings_close(x);
}

/* One page at a time with some bytes changed, or cut off. */
static void broken_pages_harm_nobody(void **state)
{
	struct fix *f = *state;
	sqlite3_stmt *get, *put;
	struct rnd rnd;
	sqlite3 *h;
	int i, k;

	rnd_seed(&rnd, 23);
	page_size(f, 200);
	land_texts(f, &rnd, N_TEXTS, 1);
	index_all(f);
	assert_int_equal(sqlite3_open(f->path, &h), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(h,
			"SELECT id, block FROM fts_message_data "
			"WHERE id = 10 OR id > 1000 ORDER BY random() LIMIT 1",
			-1, &get, NULL),
		SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(h,
			"UPDATE fts_message_data SET block = ? WHERE id = ?",
			-1, &put, NULL),
		SQLITE_OK);
	for (i = 0; i < 200; i++) {
		struct buf was = BUF_INIT, now = BUF_INIT;
		int64_t id;

		assert_int_equal(sqlite3_step(get), SQLITE_ROW);
		id = sqlite3_column_int64(get, 0);
		buf_add(&was, sqlite3_column_blob(get, 1),
			(size_t)sqlite3_column_bytes(get, 1));
		buf_add(&now, was.p, was.len);
		sqlite3_reset(get);
		for (k = 0; k < 4; k++)
			now.p[rnd_below(&rnd, now.len)] =
				(char)rnd_below(&rnd, 256);
		if (i % 4 == 0)
			now.len = (size_t)rnd_below(&rnd, now.len);
		for (k = 0; k < 2; k++) {
			sqlite3_bind_blob64(put, 1, k ? was.p : now.p,
				k ? was.len : now.len, SQLITE_STATIC);
			sqlite3_bind_int64(put, 2, id);
			assert_int_equal(sqlite3_step(put), SQLITE_DONE);
			sqlite3_reset(put);
			try_broken(f);
		}
		buf_fini(&was);
		buf_fini(&now);
	}
	sqlite3_finalize(get);
	sqlite3_finalize(put);
	sqlite3_close(h);
	compare_all(f, 1);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fix_setup, fix_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(candidates_hold_every_hit),
		T(rows_may_be_far_apart),
		T(merges_hide_nothing),
		T(broken_pages_harm_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
