/* SPDX-License-Identifier: MIT */
/*
 * What is typed is found by a thread of its own: only the newest question is
 * answered, an older one stops.
 */
#include "galley/app/finder.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "galley/base/mem.h"

#define ROWS 3000

struct fixture {
	char dir[64], *path;
	struct store_rw *rw;
	struct finder *finder;
};

static void fill(struct store_rw *rw)
{
	struct store_page p = {.stream = "tickets", .cursor_key = ""};
	struct recs *r = recs_new();
	struct store_page_result res;
	int64_t left = 1;
	char rid[16], said[16], text[64];

	assert_int_equal(store_connector(rw, "desk", "x", &p.connector), 0);
	for (int i = 0; i < ROWS; i++) {
		struct rec *t;

		snprintf(rid, sizeof(rid), "%d", i);
		snprintf(said, sizeof(said), "m%d", i);
		snprintf(text, sizeof(text), "refund number%d %s", i,
			i == 7 ? "quillfeather" : "");
		t = recs_add(r, REC_ROW, ENT_TICKET, rid);
		rec_set_text(r, t, FID_TICKET_SUBJECT, text);
		t = recs_add(r, REC_ROW, ENT_MESSAGE, said);
		rec_set_int(t, FID_MESSAGE_AT, 1000 + i);
		rec_set_text(r, t, FID_MESSAGE_TICKET, rid);
		rec_set_text(r, t, FID_MESSAGE_TEXT, text);
	}
	p.recs = r;
	assert_int_equal(store_page_apply(rw, &p, &res), 0);
	assert_int_equal(res.bad, 0);
	recs_free(r);
	while (left)
		assert_int_equal(store_index_slice(rw, 1000, &left), 0);
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct store_opts o = {.sender = 0};

	strcpy(f->dir, "/tmp/galley-finder-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	f->path = xasprintf("%s/galley.db", f->dir);
	o.path = f->path;
	assert_int_equal(store_open_rw(&o, &f->rw), 0);
	fill(f->rw);
	f->finder = finder_new(f->path);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {"", "-wal", "-shm"};
	struct fixture *f = *state;

	finder_free(f->finder);
	store_close_rw(f->rw);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *p = xasprintf("%s%s", f->path, names[i]);

		unlink(p);
		free(p);
	}
	rmdir(f->dir);
	free(f->path);
	free(f);
	return 0;
}

static void ask(struct fixture *f, const char *text)
{
	finder_ask(f->finder, text, NULL, 0, 0);
}

/* The next answer; fails when none comes. */
static struct finds *answer(struct fixture *f)
{
	struct pollfd p = {.fd = finder_fd(f->finder), .events = POLLIN};
	struct finds *x;

	while (!(x = finder_take(f->finder)))
		assert_true(poll(&p, 1, 20000) > 0);
	return x;
}

static void a_text_is_found(void **state)
{
	struct fixture *f = *state;
	struct finds *x;
	int tickets = 0, messages = 0;

	ask(f, "quillfeather");
	x = answer(f);
	assert_string_equal(x->text, "quillfeather");
	assert_int_equal(x->code, 0);
	assert_int_equal(x->n, 2);
	for (int i = 0; i < x->n; i++) {
		/* the message by the case that it belongs to */
		assert_string_equal(x->rows[i].opens_rid, "7");
		if (x->rows[i].entity == ENT_MESSAGE)
			assert_int_equal(x->rows[i].at_ms, 1007);
		assert_int_equal(x->rows[i].opens, ENT_TICKET);
		assert_true(x->rows[i].opens_id > 0);
		assert_non_null(strstr(x->rows[i].text, "quillfeather"));
		tickets += x->rows[i].entity == ENT_TICKET;
		messages += x->rows[i].entity == ENT_MESSAGE;
	}
	assert_int_equal(tickets, 1);
	assert_int_equal(messages, 1);
	finds_free(x);
}

/* Who types has not finished the word; a space says that he has. */
static void the_beginning_of_the_last_word_is_enough(void **state)
{
	static const struct {
		const char *text;
		int n;
	} t[] = {{"quillf", 2}, {"refund quillf", 2}, {"quillf ", 0}, {"qu", 0},
		{"\"quillf\"", 0}, {"nothingso", 0}};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct finds *x;

		ask(f, t[i].text);
		x = answer(f);
		assert_int_equal(x->code, 0);
		if (x->n != t[i].n)
			fail_msg("`%s`: %d", t[i].text, x->n);
		finds_free(x);
	}
}

static void a_mistake_is_an_answer(void **state)
{
	struct fixture *f = *state;
	struct finds *x;

	ask(f, "status:\"");
	x = answer(f);
	assert_true(x->code < 0);
	assert_true(x->why[0] != '\0');
	assert_int_equal(x->n, 0);
	finds_free(x);
}

static void only_the_newest_question_is_answered(void **state)
{
	struct fixture *f = *state;
	struct finds *x;

	for (int i = 0; i < 200; i++)
		ask(f, i % 2 ? "refund" : "number*");
	ask(f, "quillfeather");
	x = answer(f);
	assert_string_equal(x->text, "quillfeather");
	assert_int_equal(x->n, 2);
	finds_free(x);
	assert_null(finder_take(f->finder));
}

static void what_nobody_waits_for_does_not_come(void **state)
{
	struct fixture *f = *state;
	struct finds *x;

	for (int i = 0; i < 50; i++) {
		ask(f, "refund");
		finder_stop(f->finder);
		assert_null(finder_take(f->finder));
	}
	ask(f, "quillfeather");
	x = answer(f);
	assert_string_equal(x->text, "quillfeather");
	finds_free(x);
}

static int at_once(void *u)
{
	++*(int *)u;
	return 1;
}

/* A reading that is stopped says so, and the next one sees what is new. */
static void a_reader_can_be_stopped(void **state)
{
	struct fixture *f = *state;
	struct store_opts o = {.path = f->path};
	struct store_ro *ro;
	struct query *q;
	int64_t n = 0;
	int asked = 0;

	assert_int_equal(store_open_ro(&o, &ro), 0);
	assert_int_equal(query_parse("queue:none", ENT_TICKET, 0, 0, &q), 0);
	store_on_stop(ro, at_once, &asked);
	assert_int_equal(store_query_count(ro, q, NULL, 10000, &n), E_CANCEL);
	assert_true(asked > 0);
	store_on_stop(ro, NULL, NULL);
	assert_int_equal(store_query_count(ro, q, NULL, 10000, &n), 0);
	assert_int_equal(n, ROWS);
	query_free(q);
	store_close_ro(ro);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_text_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_beginning_of_the_last_word_is_enough, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			a_mistake_is_an_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(
			only_the_newest_question_is_answered, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_nobody_waits_for_does_not_come, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_reader_can_be_stopped, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
