/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the store share: a cache in a directory of its own, a clock
 * that stands still until it is moved, and short ways to land records.
 */
#ifndef TEST_STORE_FIX_H
#define TEST_STORE_FIX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "galley/base/mem.h"
#include "galley/store/store.h"

#define T0 INT64_C(1790000000000)

struct fix {
	char dir[64];
	char *path;
	int64_t now;
	struct clock clock;
	struct rnd rnd;
	struct store_opts opts;
	struct store_rw *rw;
	struct store_ro *ro; /* the writer's reader */
	struct arena *a;
	int conn;
};

static int64_t fix_now(void *u)
{
	return ((struct fix *)u)->now;
}

/* Asserts and shows the message. */
#define ok(expr)                                                               \
	do {                                                                   \
		int rc_ = (expr);                                              \
		if (rc_ < 0)                                                   \
			print_error("%s: %s\n", #expr, err_msg());             \
		assert_true(rc_ >= 0);                                         \
	} while (0)

__attribute__((unused)) static void fix_reopen(struct fix *f)
{
	store_close_rw(f->rw);
	f->rw = NULL;
	ok(store_open_rw(&f->opts, &f->rw));
	f->ro = store_reader(f->rw);
}

__attribute__((unused)) static int fix_setup(void **state)
{
	struct fix *f = xcalloc(1, sizeof(*f));

	snprintf(f->dir, sizeof(f->dir), "/tmp/galley-store-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->path = xasprintf("%s/cache.db", f->dir);
	f->now = T0;
	f->clock = (struct clock){fix_now, fix_now, f};
	rnd_seed(&f->rnd, 42);
	f->opts = (struct store_opts){.path = f->path,
		.clock = &f->clock,
		.rnd = &f->rnd,
		.sender = 1};
	f->a = arena_new();
	ok(store_open_rw(&f->opts, &f->rw));
	f->ro = store_reader(f->rw);
	ok(store_connector(f->rw, "rt", "rt5", &f->conn));
	*state = f;
	return 0;
}

__attribute__((unused)) static int fix_teardown(void **state)
{
	struct fix *f = *state;

	store_close_rw(f->rw);
	arena_free(f->a);
	for (const char *const *s = (const char *const[]){"", "-wal", "-shm",
		     ".lock", ".bak", "2", "2-wal", "2-shm", "2.lock", NULL};
		*s; s++) {
		char *p = xasprintf("%s%s", f->path, *s);

		unlink(p);
		free(p);
	}
	rmdir(f->dir);
	free(f->path);
	free(f);
	return 0;
}

/* --- records -------------------------------------------------------------- */

__attribute__((unused)) static struct rec *ticket(struct recs *r,
	const char *rid, const char *version, const char *subject,
	const char *status, const char *queue, int64_t updated)
{
	struct rec *rec = recs_add(r, REC_ROW, ENT_TICKET, rid);

	rec->version = version;
	if (subject)
		rec_set_text(r, rec, FID_TICKET_SUBJECT, subject);
	if (status) {
		rec_set_text(r, rec, FID_TICKET_STATUS, status);
		rec_set_text(r, rec, FID_TICKET_PHASE,
			strcmp(status, "resolved") == 0 ? "closed" : status);
	}
	if (queue)
		rec_set_text(r, rec, FID_TICKET_QUEUE, queue);
	rec_set_int(rec, FID_TICKET_UPDATED, updated);
	return rec;
}

__attribute__((unused)) static struct rec *message(struct recs *r,
	const char *rid, const char *on, const char *kind, const char *author,
	int64_t at, const char *text)
{
	struct rec *rec = recs_add(r, REC_ROW, ENT_MESSAGE, rid);

	rec_set_text(r, rec, FID_MESSAGE_TICKET, on);
	rec_set_text(r, rec, FID_MESSAGE_KIND, kind);
	if (author)
		rec_set_text(r, rec, FID_MESSAGE_AUTHOR, author);
	rec_set_int(rec, FID_MESSAGE_AT, at);
	if (text)
		rec_set_text(r, rec, FID_MESSAGE_TEXT, text);
	return rec;
}

__attribute__((unused)) static struct rec *named(
	struct recs *r, enum field_id f, const char *rid, const char *name)
{
	struct rec *rec = recs_add(r, REC_ROW, field_desc(f)->entity, rid);

	rec_set_text(r, rec, f, name);
	return rec;
}

/* Lands and frees the records. */
__attribute__((unused)) static struct store_page_result land(
	struct fix *f, struct recs *r)
{
	struct store_page p = {
		.connector = f->conn, .stream = "tickets", .recs = r};
	struct store_page_result res;

	ok(store_page_apply(f->rw, &p, &res));
	recs_free(r);
	return res;
}

__attribute__((unused)) static int64_t id_by_rid(
	struct fix *f, enum entity e, const char *rid)
{
	struct rows rows;
	int64_t id;

	ok(store_row_rid(f->ro, e, f->conn, rid, &rows));
	id = rows.v[0].id;
	rows_free(&rows);
	return id;
}

__attribute__((unused)) static void index_all(struct fix *f)
{
	int64_t left = 1;

	while (left)
		ok(store_index_slice(f->rw, 1000, &left));
}

/* A field of a row as text in the fixture's arena; NULL when empty. */
__attribute__((unused)) static const char *field_of(
	struct fix *f, enum field_id id, int64_t row)
{
	struct rows rows;
	const struct val *v;
	const char *s = NULL;

	ok(store_row(f->ro, field_desc(id)->entity, row, &rows));
	v = row_get(&rows.v[0], id);
	if (v->kind == VAL_TEXT || (v->kind == VAL_INT && v->s))
		s = arena_strdup(f->a, v->s);
	else if (v->kind == VAL_INT)
		s = arena_printf(f->a, "%lld", (long long)v->i);
	rows_free(&rows);
	return s;
}

__attribute__((unused)) static void assert_text(const char *a, const char *b)
{
	if (!a || !b)
		assert_ptr_equal(a, b);
	else
		assert_string_equal(a, b);
}

#endif
