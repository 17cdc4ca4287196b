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
/* No cache has so many rows: who says so is damaged. */
#define ID_MAX (INT64_C(1) << 40)
/* A message that waits for an operation which is not there. */
#define ORPHAN                                                                 \
	"rid IS NULL AND state = 0 AND op IS NOT NULL "                        \
	"AND op NOT IN (SELECT uid FROM op)"

struct salvage {
	struct db from;
	struct store_rw *to;
	struct buf *report;
	int64_t lost; /* stretches and rows, over all tables */
};

struct table {
	const char *name;
	const char *back; /* the order from behind; NULL: ordered by rowid */
};

static const struct table first_tables[] = {
	{"connector", NULL},
	{"op", NULL},
	{"attempt", "uid DESC, n DESC"},
	{"draft", "key DESC"},
	{"audit", NULL},
	{"fact", "connector DESC, key DESC"},
	{"erased", "connector DESC, entity DESC, hash DESC"},
	{"shadow", "entity DESC, id DESC"},
	{"mark", "entity DESC, id DESC, kind DESC"},
};

static const struct table last_tables[] = {
	{"touch", NULL},
	{"quarantine", "connector DESC, stream DESC, key DESC"},
	{"cursor", "connector DESC, stream DESC, key DESC"},
};

static int has_column(struct db *d, const char *table, const char *column)
{
	int64_t has = 0;
	int rc = db_int(d, &has,
		"SELECT count(*) FROM pragma_table_info(?) WHERE name = ?",
		"tt", table, column);

	return rc < 0 ? rc : has > 0;
}

/* Those that the old file has as well: it may be of an older version. What it
 * does not have counts as lost, for it may be the damage. */
static int columns_of(
	struct salvage *s, const char *table, struct buf *out, int *n)
{
	struct db *d = rw_db(s->to);
	sqlite3_stmt *st;
	int missing = 0;
	int rc = db_query(
		d, &st, "SELECT name FROM pragma_table_info(?)", "t", table);

	*n = 0;
	if (rc < 0)
		return rc;
	while ((rc = db_step(d, st)) > 0) {
		const char *name = col_str(st, 0);

		if (has_column(&s->from, table, name) > 0)
			buf_addf(out, "%s\"%s\"", (*n)++ ? ", " : "", name);
		else
			missing = 1;
	}
	db_end(d, st);
	s->lost += missing;
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

/* From `*at` on, or from behind, until the end or the first thing that cannot
 * be read. */
static int copy_run(struct salvage *s, const struct table *t, const char *cols,
	int n, sqlite3_stmt *to, int64_t *at, int64_t *rows)
{
	struct buf sql = BUF_INIT;
	sqlite3_stmt *st;
	int rc, put;

	if (!t->back)
		buf_addf(&sql,
			"SELECT rowid, %s FROM %s NOT INDEXED WHERE rowid >= ? "
			"ORDER BY rowid",
			cols, t->name);
	else
		buf_addf(&sql, "SELECT 0, %s FROM %s WHERE ? IS NOT NULL%s%s",
			cols, t->name, *at > 0 ? " ORDER BY " : "",
			*at > 0 ? t->back : "");
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
		*rows += put ? sqlite3_changes(rw_db(s->to)->h) : 0;
		if (!t->back)
			*at = sqlite3_column_int64(st, 0) + 1;
	}
	db_end(&s->from, st);
	return rc < 0 ? 1 : 0;
}

static int copy_rows(struct salvage *s, const struct table *t, const char *cols,
	int n, int64_t *rows)
{
	int64_t at = 0, before, step = 1;
	sqlite3_stmt *to;
	int rc = prepare_insert(s, t->name, cols, n, &to);

	if (rc < 0)
		return rc;
	for (;;) {
		before = at;
		rc = copy_run(s, t, cols, n, to, &at, rows);
		if (rc <= 0)
			break;
		/* 1: unreadable here */
		s->lost += !t->back || !at;
		if ((t->back && at) || step >= STEP_MAX)
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
	int64_t rows = 0, lost = 0;
	int n, rc = tx_begin(s->to);

	if (rc < 0)
		return rc;
	rc = columns_of(s, t->name, &cols, &n);
	lost = s->lost;
	if (rc == 0 && n)
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
		struct table t = {entity_desc((enum entity)e)->name, NULL};

		rc = copy_table(s, &t);
	}
	return rc;
}

/* --- what hangs in the air --------------------------------------------------
 */

/* A backend's number must not become that of another one. */
static int keep_connectors(struct salvage *s)
{
	struct db *d = rw_db(s->to);
	int rc = tx_begin(s->to);

	if (rc == 0)
		rc = db_run(d,
			"INSERT OR IGNORE INTO connector SELECT f.connector, "
			"f.value, ifnull(k.value, '') FROM fact f LEFT JOIN "
			"fact k ON k.connector = f.connector AND "
			"k.key = 'kind' WHERE f.connector > 0 AND "
			"f.key = 'name'",
			"");
	if (rc >= 0)
		rc = db_run(d,
			"INSERT OR IGNORE INTO connector SELECT DISTINCT "
			"connector, 'lost-' || connector, '' FROM op WHERE "
			"open = 1 AND connector NOT IN "
			"(SELECT id FROM connector)",
			"");
	return tx_end(s->to, rc < 0 ? rc : 0);
}

/* The highest id of a row of `e` that something refers to. */
static int highest_named(struct db *d, enum entity e, int64_t *out)
{
	const char *name = entity_desc(e)->name;
	struct buf sql = BUF_INIT;
	int i, k, rc;

	buf_addf(&sql,
		"SELECT max(id) FROM (SELECT max(target) AS id FROM op WHERE "
		"entity = '%s' UNION ALL SELECT max(id) FROM shadow WHERE "
		"entity = '%s' UNION ALL SELECT max(id) FROM mark WHERE "
		"entity = '%s' UNION ALL SELECT max(CAST(substr(key, %d) AS "
		"INTEGER)) FROM draft WHERE key GLOB '%s:[0-9]*' "
		"UNION ALL SELECT max(alias_of) FROM %s",
		name, name, name, (int)strlen(name) + 2, name, name);
	for (i = 0; i < ENT_COUNT; i++) {
		const struct entity_desc *x = entity_desc((enum entity)i);

		for (k = 0; k < x->n_fields; k++)
			if (field_ref(x->fields[k].type) == e)
				buf_addf(&sql,
					" UNION ALL SELECT max(\"%s\") FROM %s",
					x->fields[k].name, x->name);
	}
	buf_addf(&sql, ") WHERE id < %lld", (long long)ID_MAX);
	rc = db_int(d, out, buf_str(&sql), "");
	buf_fini(&sql);
	return rc < 0 ? rc : 0;
}

/* A row that is lost must not hand its id on to one that is pulled later: a
 * reply would go to whoever has it then. */
static int keep_ids(struct salvage *s)
{
	struct db *d = rw_db(s->to);
	int64_t id;
	int e, rc = tx_begin(s->to);

	for (e = 0; e < ENT_COUNT && rc >= 0; e++) {
		const char *name = entity_desc((enum entity)e)->name;
		struct buf sql = BUF_INIT;

		id = 0;
		rc = highest_named(d, (enum entity)e, &id);
		buf_addf(&sql,
			"INSERT INTO %s (id, connector, state, seen, gen) "
			"SELECT ?1, 0, %d, 0, 0 WHERE ?1 > "
			"(SELECT ifnull(max(id), 0) FROM %s)",
			name, ROW_GONE, name);
		if (rc == 0)
			rc = db_run(d, buf_str(&sql), "i", id);
		buf_fini(&sql);
	}
	return tx_end(s->to, rc < 0 ? rc : 0);
}

/* What was said, and the operation that should say it is lost: it never leaves,
 * so it does not stand there as if it would. */
static int keep_texts(struct salvage *s)
{
	struct db *d = rw_db(s->to);
	int rc = tx_begin(s->to);

	if (rc == 0)
		rc = db_run(d,
			"INSERT OR IGNORE INTO draft SELECT 'op:' || op, text, "
			"ifnull(at, 0) FROM message WHERE " ORPHAN
			" AND text IS NOT NULL",
			"");
	if (rc > 0)
		buf_addf(s->report,
			"draft: %d texts of operations that are lost\n", rc);
	if (rc >= 0)
		rc = db_run(d,
			"UPDATE message SET state = 2, text = NULL, "
			"op = NULL WHERE " ORPHAN,
			"");
	/* a ticket that was to be made is not, either */
	if (rc >= 0)
		rc = db_run(d,
			"UPDATE ticket SET state = 2 WHERE rid IS NULL AND "
			"state = 0 AND id NOT IN (SELECT target FROM op WHERE "
			"entity = 'ticket')",
			"");
	return tx_end(s->to, rc < 0 ? rc : 0);
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
		rc = keep_connectors(s);
	if (rc == 0)
		rc = copy_entities(s);
	if (rc == 0)
		rc = keep_ids(s);
	if (rc == 0)
		rc = keep_texts(s);
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
