/* SPDX-License-Identifier: MIT */
/*
 * The worker thread behind its rings: everything asked is answered in order,
 * a full ring loses nothing, stopping finishes what was taken. Runs under the
 * thread sanitizer too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/sync/worker.h"

struct fixture {
	char dir[64];
	char *path;
	struct store_opts opts;
	struct worker *w;
	int64_t ticket;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct store_page_result res;
	struct recs *r = recs_new();
	struct store_page p = {.stream = "tickets", .cursor_key = ""};
	struct store_rw *rw;
	struct host_args a = {.n_conns = 0};
	struct rows rows;

	snprintf(f->dir, sizeof(f->dir), "/tmp/galley-worker-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->path = xasprintf("%s/cache.db", f->dir);
	f->opts.path = f->path;
	assert_int_equal(store_open_rw(&f->opts, &rw), 0);
	assert_int_equal(store_connector(rw, "rt", "rt5", &p.connector), 0);
	recs_add(r, REC_ROW, ENT_TICKET, "1");
	p.recs = r;
	assert_int_equal(store_page_apply(rw, &p, &res), 0);
	assert_int_equal(store_row_rid(store_reader(rw), ENT_TICKET,
				 p.connector, "1", &rows),
		0);
	f->ticket = rows.v[0].id;
	rows_free(&rows);
	recs_free(r);
	store_close_rw(rw);
	a.store = &f->opts;
	assert_int_equal(worker_start(&a, &f->w), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = {"", "-wal", "-shm"};
	char *p;
	size_t i;

	worker_stop(f->w);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		p = xasprintf("%s%s", f->path, names[i]);
		unlink(p);
		free(p);
	}
	p = xasprintf("%s/cache.lock", f->dir);
	unlink(p);
	free(p);
	p = xasprintf("%s.lock", f->path);
	unlink(p);
	free(p);
	rmdir(f->dir);
	free(f->path);
	free(f);
	return 0;
}

/* The next answer; events on the way are dropped. */
static struct news *answer(struct worker *w)
{
	struct pollfd p = {.fd = worker_fd(w), .events = POLLIN};
	struct news *n;
	int i;

	for (i = 0; i < 1000; i++) {
		while ((n = worker_next(w))) {
			if (n->kind == NEWS_ANSWER)
				return n;
			news_free(n);
		}
		assert_true(poll(&p, 1, 10000) > 0);
	}
	return NULL;
}

static struct work *reply(const struct fixture *f, uint64_t ticket)
{
	struct work *k = work_new(WORK_ENQUEUE);

	k->ticket = ticket;
	k->connector = xstrdup("rt");
	k->op = OP_TICKET_REPLY;
	k->target = f->ticket;
	k->args = xasprintf("{\"text\":\"answer %d\"}", (int)ticket);
	return k;
}

static void asked_in_order_answered_in_order(void **state)
{
	struct fixture *f = *state;
	struct news *n;
	uint64_t i;

	for (i = 1; i <= 50; i++)
		assert_int_equal(worker_send(f->w, reply(f, i)), 0);
	for (i = 1; i <= 50; i++) {
		n = answer(f->w);
		assert_non_null(n);
		assert_int_equal(n->ticket, i);
		assert_int_equal(n->code, 0);
		assert_true(uid_valid(n->uid));
		news_free(n);
	}
}

static struct ops queued(const struct fixture *f)
{
	struct store_ro *ro;
	struct ops ops;

	assert_int_equal(store_open_ro(&f->opts, &ro), 0);
	assert_int_equal(store_op_list(ro, 0, -1, 0, 10, &ops), 0);
	store_close_ro(ro);
	return ops;
}

/* Nobody else can be the sender meanwhile; the first work opens the cache. */
static void a_late_one_holds_the_lock(void **state)
{
	struct fixture *f = *state;
	struct host_args a = {.store = &f->opts, .begin_ms = 60000, .late = 1};
	struct store_opts o = f->opts;
	struct store_rw *rw;
	struct news *n;
	struct ops ops;

	worker_stop(f->w);
	f->w = NULL;
	assert_int_equal(worker_start(&a, &f->w), 0);
	o.sender = 1;
	assert_int_equal(store_open_rw(&o, &rw), E_LIMIT);
	assert_int_equal(worker_send(f->w, reply(f, 1)), 0);
	n = answer(f->w);
	assert_int_equal(n->code, 0);
	news_free(n);
	assert_int_equal(store_open_rw(&o, &rw), E_LIMIT);
	ops = queued(f);
	assert_int_equal(ops.n, 1);
	ops_free(&ops);
	worker_stop(f->w);
	/* and it lets go, also when it was never opened */
	assert_int_equal(worker_start(&a, &f->w), 0);
	worker_stop(f->w);
	f->w = NULL;
	assert_int_equal(store_open_rw(&o, &rw), 0);
	store_close_rw(rw);
}

static void a_refusal_comes_back_with_its_words(void **state)
{
	struct fixture *f = *state;
	struct work *k = reply(f, 7);
	struct news *n;

	free(k->connector);
	k->connector = xstrdup("nobody");
	assert_int_equal(worker_send(f->w, k), 0);
	n = answer(f->w);
	assert_non_null(n);
	assert_true(n->code < 0);
	assert_non_null(n->text);
	assert_true(n->text[0] != '\0');
	news_free(n);
}

static void a_full_ring_gives_the_work_back(void **state)
{
	struct fixture *f = *state;
	struct work *k;
	struct news *n;
	uint64_t sent = 0, got = 0;

	while (sent < 3000) {
		k = work_new(WORK_DRAFT);
		k->ticket = sent + 1;
		k->draft_key = xstrdup("note");
		k->text = xstrdup("half a sentence");
		while (worker_send(f->w, k) < 0) {
			n = answer(f->w);
			assert_int_equal(n->ticket, ++got);
			news_free(n);
		}
		sent++;
	}
	while (got < sent) {
		n = answer(f->w);
		assert_int_equal(n->ticket, ++got);
		assert_int_equal(n->code, 0);
		news_free(n);
	}
}

static void stopping_finishes_what_was_asked(void **state)
{
	struct fixture *f = *state;
	struct store_ro *ro;
	struct ops ops;
	struct host_args a = {.store = &f->opts};

	assert_int_equal(worker_send(f->w, reply(f, 1)), 0);
	worker_stop(f->w);
	assert_int_equal(store_open_ro(&f->opts, &ro), 0);
	assert_int_equal(store_op_list(ro, 0, -1, 0, 10, &ops), 0);
	assert_int_equal(ops.n, 1);
	ops_free(&ops);
	store_close_ro(ro);
	assert_int_equal(worker_start(&a, &f->w), 0);
}

static void it_begins_with_the_first_work(void **state)
{
	struct fixture *f = *state;
	struct host_args a = {.store = &f->opts, .begin_ms = 60000};
	struct news *n;

	worker_stop(f->w);
	f->w = NULL;
	assert_int_equal(worker_start(&a, &f->w), 0);
	assert_int_equal(worker_send(f->w, reply(f, 1)), 0);
	n = answer(f->w); /* gives up after ten seconds */
	assert_non_null(n);
	assert_int_equal(n->code, 0);
	news_free(n);
	/* and one that is stopped before it began ends at once */
	worker_stop(f->w);
	f->w = NULL;
	assert_int_equal(worker_start(&a, &f->w), 0);
}

/* Does news of a page come from the worker, after `ms` without any at most? */
static int told_of_a_page(struct worker *w, int ms)
{
	struct pollfd p = {.fd = worker_fd(w), .events = POLLIN};
	struct news *n;
	int page = 0;

	do
		while ((n = worker_next(w))) {
			page |= n->kind == NEWS_EVENT && n->event == EV_PAGE;
			news_free(n);
		}
	while (!page && poll(&p, 1, ms) > 0);
	return page;
}

/* `galley reply` beside the workstation: who looks at the cache is told without
 * anybody sending anything; the worker's own writing is no such news. */
static void what_another_program_writes_is_told(void **state)
{
	struct fixture *f = *state;
	struct store_enqueue e = {.kind = OP_TICKET_REPLY,
		.target = f->ticket,
		.args = "{\"text\":\"from a shell\"}"};
	struct store_rw *rw;
	char uid[UID_SIZE];
	int64_t target;
	uint64_t i;

	for (i = 1; i <= 2; i++) {
		assert_int_equal(worker_send(f->w, reply(f, i)), 0);
		news_free(answer(f->w));
	}
	assert_int_equal(store_open_rw(&f->opts, &rw), 0);
	assert_int_equal(
		store_connector_id(store_reader(rw), "rt", &e.connector), 0);
	for (i = 0; i < 3; i++) {
		told_of_a_page(f->w, 0);
		assert_int_equal(store_op_enqueue(rw, &e, uid, &target), 0);
		assert_true(told_of_a_page(f->w, 10000));
	}
	assert_int_equal(worker_send(f->w, reply(f, 9)), 0);
	news_free(answer(f->w));
	assert_false(told_of_a_page(f->w, 0));
	store_close_rw(rw);
}

/* An old closed ticket, and one of today: a cache's time is that of its news.
 */
static void fill_old(struct fixture *f)
{
	struct store_page_result res;
	struct recs *r = recs_new();
	struct store_page p = {
		.stream = "tickets", .cursor_key = "", .recs = r};
	int64_t now = clock_now_ms(clock_system());
	struct store_rw *rw;
	struct rec *t;

	assert_int_equal(store_open_rw(&f->opts, &rw), 0);
	assert_int_equal(store_connector(rw, "rt", "rt5", &p.connector), 0);
	t = recs_add(r, REC_ROW, ENT_TICKET, "old");
	rec_set_text(r, t, FID_TICKET_PHASE, "done");
	rec_set_int(t, FID_TICKET_UPDATED, now - INT64_C(864000000));
	t = recs_add(r, REC_ROW, ENT_TICKET, "new");
	rec_set_text(r, t, FID_TICKET_PHASE, "done");
	rec_set_int(t, FID_TICKET_UPDATED, now);
	assert_int_equal(store_page_apply(rw, &p, &res), 0);
	assert_int_equal(res.bad, 0);
	recs_free(r);
	store_close_rw(rw);
}

static int there(struct store_ro *ro, const char *rid)
{
	struct rows rows;
	int rt, live, rc = store_connector_id(ro, "rt", &rt);

	if (rc == 0)
		rc = store_row_rid(ro, ENT_TICKET, rt, rid, &rows);
	if (rc == E_NOTFOUND)
		return 0;
	if (rc < 0)
		fail_msg("%s: %s", rid, err_msg());
	/* of what has left the remote id stays */
	live = strcmp(rows.v[0].state, "live") == 0;
	rows_free(&rows);
	return live;
}

static void old_matters_leave_while_it_idles(void **state)
{
	struct fixture *f = *state;
	struct host_args a = {
		.store = &f->opts, .retain_ms = INT64_C(86400000)};
	struct store_ro *ro;
	int i;

	worker_stop(f->w);
	fill_old(f);
	assert_int_equal(store_open_ro(&f->opts, &ro), 0);
	assert_true(there(ro, "old"));
	assert_int_equal(worker_start(&a, &f->w), 0);
	for (i = 0; i < 500 && there(ro, "old"); i++) {
		struct pollfd p = {.fd = worker_fd(f->w), .events = POLLIN};
		struct news *n;

		poll(&p, 1, 20);
		while ((n = worker_next(f->w)))
			news_free(n);
	}
	if (there(ro, "old"))
		fail_msg("it is still there");
	assert_true(there(ro, "new"));
	store_close_ro(ro);
}

/* A file of the demo centre; its rid is copied. */
static int64_t some_file(struct fixture *f, char rid[64])
{
	struct pollfd p = {.fd = worker_fd(f->w), .events = POLLIN};
	struct store_ro *ro;
	struct query *q;
	struct rows rows;
	struct news *n;
	int64_t size;

	assert_int_equal(store_open_ro(&f->opts, &ro), 0);
	assert_int_equal(query_parse("", ENT_FILE, 0, 0, &q), 0);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(store_query(ro, q, NULL, 1, NULL, &rows), 0);
		if (rows.n)
			break;
		rows_free(&rows);
		assert_true(poll(&p, 1, 10000) > 0);
		while ((n = worker_next(f->w)))
			news_free(n);
	}
	assert_int_equal(rows.n, 1);
	snprintf(rid, 64, "%s", rows.v[0].rid);
	size = row_get(&rows.v[0], FID_FILE_SIZE)->i;
	rows_free(&rows);
	query_free(q);
	store_close_ro(ro);
	return size;
}

static int fetch(struct fixture *f, const char *rid, const char *path)
{
	struct work *k = work_new(WORK_FETCH);
	struct news *n;
	int code;

	k->ticket = 77;
	k->connector = xstrdup("demo");
	k->key = xstrdup(rid);
	k->path = xstrdup(path);
	assert_int_equal(worker_send(f->w, k), 0);
	n = answer(f->w);
	assert_non_null(n);
	assert_int_equal(n->ticket, 77);
	code = n->code;
	news_free(n);
	return code;
}

static void a_file_is_brought_where_it_was_asked_for(void **state)
{
	struct fixture *f = *state;
	char *kept = xasprintf("%s/demo.jsonl", f->dir);
	char *to = xasprintf("%s/file", f->dir), *text, rid[64];
	const char *values[] = {NULL, NULL, kept, NULL};
	struct host_conn hc = {.args = {.name = "demo", .values = values}};
	struct host_args a = {.store = &f->opts, .conns = &hc, .n_conns = 1};
	struct manifest *m;
	int64_t size;
	size_t len;

	worker_stop(f->w);
	assert_int_equal(manifest_load("demo", &m), 0);
	hc.manifest = m;
	assert_int_equal(worker_start(&a, &f->w), 0);
	size = some_file(f, rid);
	assert_int_equal(fetch(f, rid, to), 0);
	assert_int_equal(file_read(to, 1 << 20, &text, &len), 0);
	assert_int_equal(len, size);
	free(text);
	assert_int_equal(fetch(f, "no-such", to), E_NOTFOUND);
	worker_stop(f->w);
	f->w = NULL;
	manifest_free(m);
	unlink(to);
	unlink(kept);
	free(to);
	free(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_late_one_holds_the_lock, setup, teardown),
		cmocka_unit_test_setup_teardown(
			asked_in_order_answered_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_refusal_comes_back_with_its_words, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_full_ring_gives_the_work_back, setup, teardown),
		cmocka_unit_test_setup_teardown(
			stopping_finishes_what_was_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(
			it_begins_with_the_first_work, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_another_program_writes_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(
			old_matters_leave_while_it_idles, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_file_is_brought_where_it_was_asked_for, setup,
			teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
