/* SPDX-License-Identifier: MIT */
/*
 * Keeping the full-text tables: rows land first, their text is indexed behind
 * them in slices. A row is indexed when it has text and is not in
 * fts_todo_<entity>; what is taken out of the index is taken out with the very
 * text that went in.
 */
#include "store_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"

#define CLOCK_ROWS  32
#define SLICE_ROWS  8192
#define MERGE_PAGES 32 /* a few milliseconds */
#define MERGE_STEPS 64
#define MERGE_ROWS  32 /* fewer new ones are not worth it */

struct fts {
	enum entity e;
	const char *todo_add, *todo_drop, *forget, *read, *put, *taken, *left,
		*any;
	const char *optimize, *check, *merge, *newest, *merged;
	int n_fields;
	enum field_id field[3];
};

#define FTS(SYM, name, cols, marks, from, ...)                                 \
	{                                                                      \
		.e = ENT_##SYM,                                                \
		.todo_add = "INSERT INTO fts_todo_" name                       \
			    " VALUES (?) ON CONFLICT DO NOTHING",              \
		.todo_drop = "DELETE FROM fts_todo_" name " WHERE id = ?",     \
		.forget =                                                      \
			"INSERT INTO fts_" name " (fts_" name ", rowid, " cols \
			") VALUES ('delete', ?, " marks ")",                   \
		.read = "SELECT t.id, " from " FROM fts_todo_" name            \
			" q CROSS JOIN " name                                  \
			" t ON t.id = q.id ORDER BY q.id",                     \
		.put = "INSERT INTO fts_" name " (rowid, " cols                \
		       ") VALUES (?, " marks ")",                              \
		.taken = "DELETE FROM fts_todo_" name " WHERE id <= ?",        \
		.left = "SELECT count(*) FROM fts_todo_" name,                 \
		.any = "SELECT EXISTS (SELECT 1 FROM fts_todo_" name ")",      \
		.optimize = "INSERT INTO fts_" name " (fts_" name              \
			    ") VALUES ('optimize')",                           \
		.check = "INSERT INTO fts_" name " (fts_" name                 \
			 ", rank) VALUES ('integrity-check', ?)",              \
		.merge = "INSERT INTO fts_" name " (fts_" name                 \
			 ", rank) VALUES ('merge', ?)",                        \
		.newest = "SELECT ifnull(max(id), 0) FROM " name,              \
		.merged = "merged:" name,                                      \
		.n_fields = sizeof((enum field_id[]){__VA_ARGS__}) /           \
			    sizeof(enum field_id),                             \
		.field = {                                                     \
			__VA_ARGS__                                            \
		}                                                              \
	}

static const struct fts tables[] = {
	FTS(MESSAGE, "message", "text", "?", "t.text", FID_MESSAGE_TEXT),
	FTS(TICKET, "ticket", "subject", "?", "t.subject", FID_TICKET_SUBJECT),
	FTS(CUSTOMER, "customer", "name, org, note", "?, ?, ?",
		"t.name, t.org, t.note", FID_CUSTOMER_NAME, FID_CUSTOMER_ORG,
		FID_CUSTOMER_NOTE),
	FTS(CONVERSATION, "conversation", "subject", "?", "t.subject",
		FID_CONVERSATION_SUBJECT),
	FTS(ARTICLE, "article", "title, text", "?, ?", "t.title, t.text",
		FID_ARTICLE_TITLE, FID_ARTICLE_TEXT),
	FTS(SNIPPET, "snippet", "text", "?", "t.text", FID_SNIPPET_TEXT),
};

static const struct fts *fts_of(enum entity e)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		if (tables[i].e == e)
			return &tables[i];
	return NULL;
}

int has_fts(enum entity e)
{
	return fts_of(e) != NULL;
}

static int has_text(const struct fts *f, const struct img *im)
{
	int i;

	for (i = 0; i < f->n_fields; i++) {
		const struct val *v = &im->v[field_index(f->field[i])];

		if (v->kind == VAL_TEXT && v->len)
			return 1;
	}
	return 0;
}

static int same_text(
	const struct fts *f, const struct img *a, const struct img *b)
{
	int i;

	for (i = 0; i < f->n_fields; i++) {
		int k = field_index(f->field[i]);

		if (!val_same(&a->v[k], &b->v[k]))
			return 0;
	}
	return 1;
}

static int queue_row(struct store_rw *rw, const struct fts *f, int64_t id)
{
	int rc = db_run(rw_db(rw), f->todo_add, "i", id);

	return rc < 0 ? rc : 0;
}

int fts_added(struct store_rw *rw, enum entity e, const struct img *im)
{
	const struct fts *f = fts_of(e);

	return f && has_text(f, im) ? queue_row(rw, f, im->id) : 0;
}

/* Out of the index, with the text that went in. */
static int forget(
	struct store_rw *rw, const struct fts *f, const struct img *old)
{
	struct db *d = rw_db(rw);
	sqlite3_stmt *st;
	int i, rc = db_query(d, &st, f->forget, "i", old->id);

	if (rc < 0)
		return rc;
	for (i = 0; i < f->n_fields; i++) {
		const struct val *v = &old->v[field_index(f->field[i])];

		if (v->kind == VAL_TEXT)
			sqlite3_bind_text64(st, i + 2, v->s, v->len,
				SQLITE_STATIC, SQLITE_UTF8);
	}
	rc = db_step(d, st);
	db_end(d, st);
	return rc < 0 ? rc : 0;
}

int fts_changed(struct store_rw *rw, enum entity e, const struct img *old,
	const struct img *now)
{
	const struct fts *f = fts_of(e);
	int rc = 0;

	if (!f || same_text(f, old, now))
		return 0;
	if (has_text(f, old)) {
		rc = db_run(rw_db(rw), f->todo_drop, "i", old->id);
		if (rc == 0) /* it did not wait: it is in the index */
			rc = forget(rw, f, old);
	}
	if (rc >= 0 && has_text(f, now))
		rc = queue_row(rw, f, old->id);
	return rc < 0 ? rc : 0;
}

/* --- slices --------------------------------------------------------------- */

struct slice {
	struct store_rw *rw;
	int64_t end_ms;
	int rows;
	int full;
};

/* One row a statement: a statement of many rows would open a savepoint, and
 * FTS5 writes out all it has gathered whenever one is opened. */
static int put_row(
	struct db *d, const struct fts *f, sqlite3_stmt *from, sqlite3_stmt *to)
{
	int i, rc;

	for (i = 0; i <= f->n_fields; i++)
		sqlite3_bind_value(to, i + 1, sqlite3_column_value(from, i));
	rc = db_step(d, to);
	sqlite3_reset(to);
	return rc;
}

static void look_at_clock(struct slice *s)
{
	struct db *d = rw_db(s->rw);

	if (s->rows % CLOCK_ROWS)
		return;
	s->full = clock_mono_ms(d->clock) >= s->end_ms ||
		  /* the clock of a simulation may stand still */
		  s->rows >= SLICE_ROWS;
	if (s->rw->breath)
		s->rw->breath(s->rw->breath_user);
}

static int put_rows(struct slice *s, const struct fts *f, int64_t *last)
{
	struct db *d = rw_db(s->rw);
	sqlite3_stmt *from, *to;
	int rc = db_query(d, &from, f->read, "");

	if (rc < 0)
		return rc;
	rc = db_prepare(d, f->put, &to);
	while (rc >= 0 && !s->full && (rc = db_step(d, from)) > 0) {
		*last = sqlite3_column_int64(from, 0);
		rc = put_row(d, f, from, to);
		s->rows++;
		look_at_clock(s);
	}
	if (rc >= 0)
		db_end(d, to);
	db_end(d, from);
	return rc < 0 ? rc : 0;
}

static int index_some(struct store_rw *rw, int64_t max_ms)
{
	struct db *d = rw_db(rw);
	struct slice s = {.rw = rw, .end_ms = clock_mono_ms(d->clock) + max_ms};
	size_t i;
	int rc = 0;

	for (i = 0; i < ARRAY_SIZE(tables) && !s.full && rc >= 0; i++) {
		int64_t last = 0;

		rc = put_rows(&s, &tables[i], &last);
		if (rc == 0 && last)
			rc = db_run(d, tables[i].taken, "i", last);
	}
	return rc < 0 ? rc : 0;
}

void store_on_breath(struct store_rw *rw, void (*breath)(void *u), void *u)
{
	rw->breath = breath;
	rw->breath_user = u;
}

int store_index_left(struct store_ro *ro, int64_t *left)
{
	struct buf sql = BUF_INIT;
	int64_t sum = 0;
	size_t i;
	int rc;

	/* in one statement: each search asks this, and it is short */
	buf_adds(&sql, "SELECT ");
	for (i = 0; i < ARRAY_SIZE(tables); i++)
		buf_addf(&sql, "%s(%s)", i ? " + " : "", tables[i].left);
	rc = db_int(&ro->db, &sum, buf_str(&sql), "");
	buf_fini(&sql);
	if (rc < 0)
		return rc;
	*left = sum;
	return 0;
}

static int any_left(struct db *d)
{
	int64_t any = 0;
	size_t i;
	int rc;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		rc = db_int(d, &any, tables[i].any, "");
		if (rc < 0 || any)
			return rc < 0 ? rc : 1;
	}
	return 0;
}

int store_index_slice(struct store_rw *rw, int64_t max_ms, int64_t *left)
{
	int rc = any_left(rw_db(rw));

	if (rc == 0)
		*left = 0;
	if (rc <= 0)
		return rc;
	rc = tx_begin_soft(rw);
	if (rc < 0)
		return rc;
	rc = tx_end(rw, index_some(rw, max_ms));
	return rc < 0 ? rc : store_index_left(&rw->ro, left);
}

/* --- fewer pieces --------------------------------------------------------- */

/* Each slice leaves a piece of its own, and a search asks every piece. All are
 * put into one when the rows have grown by half since that was done last: a
 * text is then written about three times more, however large the cache
 * becomes. In between FTS5 keeps their number down by itself. */
static int merge_due(struct db *d, const struct fts *f, int64_t *rows)
{
	int64_t merged = 0;
	int rc = db_int(d, rows, f->newest, "");

	if (rc >= 0)
		rc = db_int(d, &merged,
			"SELECT CAST(value AS INTEGER) FROM fact "
			"WHERE connector = 0 AND key = ?",
			"t", f->merged);
	return rc < 0 ? rc : *rows >= merged + merged / 2 + MERGE_ROWS;
}

/* 1: there is one piece now. */
static int merge_some(struct store_rw *rw, const struct fts *f, int64_t max_ms)
{
	struct db *d = rw_db(rw);
	int64_t end_ms = clock_mono_ms(d->clock) + max_ms, before;
	int i, rc;

	/* the clock of a simulation may stand still */
	for (i = 0; i < MERGE_STEPS; i++) {
		before = sqlite3_total_changes64(d->h);
		/* below zero: also pieces of unlike age */
		rc = db_run(d, f->merge, "i", (int64_t)-MERGE_PAGES);
		if (rc < 0)
			return rc;
		/* one change is the command itself */
		if (sqlite3_total_changes64(d->h) - before < 2)
			return 1;
		if (rw->breath)
			rw->breath(rw->breath_user);
		if (clock_mono_ms(d->clock) >= end_ms)
			break;
	}
	return 0;
}

static int merge_slice(
	struct store_rw *rw, const struct fts *f, int64_t max_ms, int64_t rows)
{
	char text[32];
	int rc = merge_some(rw, f, max_ms);

	if (rc <= 0)
		return rc;
	snprintf(text, sizeof(text), "%lld", (long long)rows);
	return db_run(rw_db(rw),
		"INSERT INTO fact VALUES (0, ?, ?) "
		"ON CONFLICT DO UPDATE SET value = excluded.value",
		"tt", f->merged, text);
}

int store_index_merge(struct store_rw *rw, int64_t max_ms, int *left)
{
	int64_t rows = 0;
	size_t i;
	int due = 0, rc;

	for (i = 0; i < ARRAY_SIZE(tables) && due == 0; i++) {
		due = merge_due(rw_db(rw), &tables[i], &rows);
		if (due > 0)
			break;
	}
	if (due == 0)
		*left = 0;
	if (due <= 0)
		return due;
	rc = tx_begin(rw);
	if (rc < 0)
		return rc;
	rc = merge_slice(rw, &tables[i], max_ms, rows);
	rc = tx_end(rw, rc < 0 ? rc : 0);
	if (rc == 0)
		*left = 1;
	return rc;
}

/* --- care ----------------------------------------------------------------- */

int fts_optimize(struct store_rw *rw)
{
	size_t i;
	int rc;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		rc = db_run(rw_db(rw), tables[i].optimize, "");
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Against the text when everything is indexed, else the index alone. */
int fts_check(struct db *d)
{
	int64_t any = 0;
	size_t i;
	int rc;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		rc = db_int(d, &any, tables[i].any, "");
		if (rc >= 0)
			rc = db_run(d, tables[i].check, "d", !any);
		if (rc < 0)
			return err_set(E_DB,
				_("the search index (%s) does not agree with the texts; run `galley doctor --salvage`"),
				entity_desc(tables[i].e)->name);
	}
	return 0;
}
