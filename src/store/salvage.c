/* SPDX-License-Identifier: MIT */
/*
 * Saving what can be read of a damaged file into a new one: first what exists
 * nowhere else (outbox, drafts, audit), then the cache. The damaged file is
 * only read. Where a stretch cannot be read it is stepped over. Cursors are
 * taken only when nothing was lost, otherwise everything is pulled again.
 */
#include "store_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"

/* Rows behind a broken stretch are looked for in steps that double. */
#define STEP_MAX (INT64_C(1) << 40)

struct salvage {
	struct db from;
	struct store_rw *to;
	struct buf *report;
	int64_t lost; /* stretches and rows, over all tables */
};

struct table {
	const char *name;
	int rowid; /* ordered by rowid */
};

static const struct table first_tables[] = {
	{"connector", 1},
	{"op", 1},
	{"attempt", 0},
	{"draft", 0},
	{"audit", 1},
	{"fact", 0},
	{"erased", 0},
	{"shadow", 0},
	{"mark", 0},
};

static const struct table last_tables[] = {
	{"touch", 1},
	{"quarantine", 0},
	{"cursor", 0},
};

static int columns_of(struct db *d, const char *table, struct buf *out, int *n)
{
	sqlite3_stmt *st;
	int rc = db_query(
		d, &st, "SELECT name FROM pragma_table_info(?)", "t", table);

	*n = 0;
	if (rc < 0)
		return rc;
	while ((rc = db_step(d, st)) > 0)
		buf_addf(out, "%s\"%s\"", (*n)++ ? ", " : "", col_str(st, 0));
	db_end(d, st);
	return rc;
}

static int prepare_insert(struct salvage *s, const char *table,
	const char *cols, int n, sqlite3_stmt **out)
{
	struct buf sql = BUF_INIT;
	int i, rc;

	buf_addf(&sql, "INSERT OR IGNORE INTO %s (%s) VALUES (?", table, cols);
	for (i = 1; i < n; i++)
		buf_adds(&sql, ", ?");
	buf_addc(&sql, ')');
	rc = db_prepare(rw_db(s->to), buf_str(&sql), out);
	buf_fini(&sql);
	return rc;
}

/* One row over. A value that does not fit its column loses the row, no more. */
static int put_row(struct salvage *s, sqlite3_stmt *from, int skip, int n,
	sqlite3_stmt *to)
{
	int i, rc;

	for (i = 0; i < n; i++)
		sqlite3_bind_value(
			to, i + 1, sqlite3_column_value(from, i + skip));
	rc = db_step(rw_db(s->to), to);
	sqlite3_reset(to);
	if (rc == E_PROTO) {
		s->lost++;
		return 0;
	}
	return rc < 0 ? rc : 1;
}

/* From `*at` on, until the end or the first thing that cannot be read. */
static int copy_run(struct salvage *s, const struct table *t, const char *cols,
	int n, sqlite3_stmt *to, int64_t *at, int64_t *rows)
{
	struct buf sql = BUF_INIT;
	sqlite3_stmt *st;
	int rc, put;

	if (t->rowid)
		buf_addf(&sql,
			"SELECT rowid, %s FROM %s NOT INDEXED WHERE rowid >= ? "
			"ORDER BY rowid",
			cols, t->name);
	else
		buf_addf(&sql, "SELECT 0, %s FROM %s WHERE ? IS NOT NULL", cols,
			t->name);
	rc = db_query(&s->from, &st, buf_str(&sql), "i", *at);
	buf_fini(&sql);
	if (rc < 0)
		return 1;
	while ((rc = db_step(&s->from, st)) > 0) {
		put = put_row(s, st, 1, n, to);
		if (put < 0) {
			db_end(&s->from, st);
			return put;
		}
		*rows += put;
		*at = sqlite3_column_int64(st, 0) + 1;
	}
	db_end(&s->from, st);
	return rc < 0 ? 1 : 0;
}

static int copy_rows(struct salvage *s, const struct table *t, const char *cols,
	int n, int64_t *rows)
{
	int64_t at = INT64_MIN + 1, before, step = 1;
	sqlite3_stmt *to;
	int rc = prepare_insert(s, t->name, cols, n, &to);

	if (rc < 0)
		return rc;
	if (t->rowid)
		at = 0;
	for (;;) {
		before = at;
		rc = copy_run(s, t, cols, n, to, &at, rows);
		if (rc <= 0)
			break;
		/* 1: unreadable here */
		s->lost++;
		if (!t->rowid || step >= STEP_MAX)
			break;
		step = at > before ? 1 : step * 2;
		at += step;
	}
	db_end(rw_db(s->to), to);
	return rc < 0 ? rc : 0;
}

static int copy_table(struct salvage *s, const struct table *t)
{
	struct buf cols = BUF_INIT;
	int64_t rows = 0, lost = s->lost;
	int n, rc = tx_begin(s->to);

	if (rc < 0)
		return rc;
	rc = columns_of(rw_db(s->to), t->name, &cols, &n);
	if (rc == 0)
		rc = copy_rows(s, t, buf_str(&cols), n, &rows);
	rc = tx_end(s->to, rc);
	buf_fini(&cols);
	if (rc == 0) {
		buf_addf(s->report, "%s: %lld rows", t->name, (long long)rows);
		if (s->lost > lost)
			buf_addf(s->report, ", %lld places could not be read",
				(long long)(s->lost - lost));
		buf_addc(s->report, '\n');
	}
	return rc;
}

static int copy_tables(struct salvage *s, const struct table *t, size_t n)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < n && rc == 0; i++)
		rc = copy_table(s, &t[i]);
	return rc;
}

static int copy_entities(struct salvage *s)
{
	int e, rc = 0;

	for (e = 0; e < ENT_COUNT && rc == 0; e++) {
		struct table t = {entity_desc((enum entity)e)->name, 1};

		rc = copy_table(s, &t);
	}
	return rc;
}

/* All text waits for the index again. */
static int queue_texts(struct salvage *s)
{
	int e, rc = tx_begin(s->to);

	for (e = 0; e < ENT_COUNT && rc >= 0; e++) {
		struct buf sql = BUF_INIT;

		if (!has_fts((enum entity)e))
			continue;
		buf_addf(&sql,
			"INSERT OR IGNORE INTO fts_todo_%s SELECT id FROM %s",
			entity_desc((enum entity)e)->name,
			entity_desc((enum entity)e)->name);
		rc = db_run(rw_db(s->to), buf_str(&sql), "");
		buf_fini(&sql);
	}
	return tx_end(s->to, rc < 0 ? rc : 0);
}

static int salvage(struct salvage *s)
{
	int rc = db_exec(rw_db(s->to), "PRAGMA foreign_keys = OFF");

	/* the new file's own salt must not stand before the old one's */
	if (rc == 0)
		rc = db_exec(rw_db(s->to), "DELETE FROM fact");
	if (rc == 0)
		rc = copy_tables(s, first_tables, ARRAY_SIZE(first_tables));
	if (rc == 0)
		rc = copy_entities(s);
	if (rc == 0)
		rc = queue_texts(s);
	if (rc == 0)
		rc = db_exec(rw_db(s->to),
			"INSERT OR IGNORE INTO fact VALUES "
			"(0, 'salt', lower(hex(randomblob(16))))");
	if (rc < 0)
		return rc;
	if (s->lost) {
		buf_adds(s->report,
			"cursors were left behind: everything is pulled again\n");
		return 0;
	}
	return copy_tables(s, last_tables, ARRAY_SIZE(last_tables));
}

int store_salvage(const char *bent, const char *fresh, struct buf *report)
{
	struct store_opts o = {.path = fresh};
	struct salvage s = {.report = report};
	int64_t tables = 0;
	int rc;

	if (access(fresh, F_OK) == 0)
		return err_set(E_EXISTS, _("%s is there already"), fresh);
	s.from.clock = clock_system();
	rc = conn_open(&s.from, bent, SQLITE_OPEN_READONLY, NULL);
	if (rc == 0)
		rc = db_int(&s.from, &tables,
			"SELECT count(*) FROM sqlite_schema", "");
	if (rc >= 0 && tables == 0)
		rc = err_set(E_NOTFOUND, _("%s is empty"), bent);
	if (rc < 0) {
		conn_close(&s.from);
		return err_ctx(_("nothing can be read"));
	}
	rc = store_open_rw(&o, &s.to);
	if (rc == 0)
		rc = salvage(&s);
	conn_close(&s.from);
	store_close_rw(s.to);
	return rc;
}
