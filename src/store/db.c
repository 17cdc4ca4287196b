/* SPDX-License-Identifier: MIT */
/*
 * One SQLite connection: prepared statements kept by their text, parameters by
 * format, and result codes turned into what a person can do about them. It
 * never builds SQL from values.
 */
#include "store_priv.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"

int64_t db_now(const struct db *d)
{
	return clock_now_ms(d->clock);
}

int db_err_code(int rc, sqlite3 *h, const char *path, const char *what)
{
	const char *why = h ? sqlite3_errmsg(h) : sqlite3_errstr(rc);

	if (!path)
		path = "?";
	switch (rc & 0xff) {
	case SQLITE_FULL:
		return err_set(E_DISK,
			_("%s: the disk is full (%s); make room, nothing was changed"),
			path, what);
	case SQLITE_READONLY:
		return err_set(E_DISK, _("%s is read-only (%s)"), path, what);
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		return err_set(E_DISK,
			_("%s: the disk refused (%s, code %d): %s"), path, what,
			rc, why);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(E_LIMIT,
			_("%s is locked by another program (%s); try again"),
			path, what);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return err_set(E_DB,
			_("%s is damaged (%s): %s; run `galley doctor --salvage`"),
			path, what, why);
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
		return err_set(E_PROTO, "does not fit the cache: %s", why);
	case SQLITE_INTERRUPT:
		return err_set(E_CANCEL, _("stopped (%s)"), what);
	case SQLITE_TOOBIG:
		return err_set(E_INPUT, _("too big for the cache (%s)"), what);
	default:
		return err_set(E_DB, "%s: %s: %s (%d)", path, what, why, rc);
	}
}

int db_err(struct db *d, const char *what)
{
	return db_err_code(sqlite3_extended_errcode(d->h), d->h, d->path, what);
}

/* Eight bytes at a time: it is asked at every statement. */
static uint64_t hash_text(const char *s)
{
	size_t n = strlen(s), i;
	uint64_t h = n * UINT64_C(0x9e3779b97f4a7c15), w;

	for (i = 0; i < n; i += 8) {
		w = 0;
		memcpy(&w, s + i, n - i < 8 ? n - i : 8);
		h = (h ^ w) * UINT64_C(0x9fb21c651e98df25);
		h ^= h >> 32;
	}
	return h;
}

static void stmt_fini(struct db_stmt *s)
{
	sqlite3_finalize(s->st);
	free(s->sql);
	memset(s, 0, sizeof(*s));
}

void db_fini_stmts(struct db *d)
{
	int i, k;

	for (i = 0; i < DB_STMTS; i++)
		stmt_fini(&d->stmts[i]);
	for (i = 0; i < ENT_COUNT; i++)
		for (k = 0; k < ROW_SQLS; k++)
			FREE(&d->row_sql[i][k]);
}

/* A set of 8 neighbouring slots is searched, the one used longest ago goes. */
static struct db_stmt *stmt_slot(struct db *d, const char *sql, uint64_t h)
{
	struct db_stmt *victim = NULL;
	int i;

	for (i = 0; i < 8; i++) {
		struct db_stmt *s = &d->stmts[(h + (uint64_t)i) % DB_STMTS];

		if (s->st && s->hash == h && !s->busy && !strcmp(s->sql, sql))
			return s;
		if (!s->busy && (!victim || s->used < victim->used))
			victim = s;
	}
	return victim;
}

int db_compiled(const struct db *d, const char *sql)
{
	uint64_t h = hash_text(sql);
	int i;

	for (i = 0; i < 8; i++) {
		const struct db_stmt *s =
			&d->stmts[(h + (uint64_t)i) % DB_STMTS];

		if (s->st && s->hash == h && !strcmp(s->sql, sql))
			return 1;
	}
	return 0;
}

static int stmt_compile(struct db *d, const char *sql, sqlite3_stmt **out)
{
	if (sqlite3_prepare_v3(d->h, sql, -1, SQLITE_PREPARE_PERSISTENT, out,
		    NULL) != SQLITE_OK)
		return db_err(d, "prepare");
	assert(*out);
	return 0;
}

int db_prepare(struct db *d, const char *sql, sqlite3_stmt **out)
{
	uint64_t h = hash_text(sql);
	struct db_stmt *s = stmt_slot(d, sql, h);
	sqlite3_stmt *st;
	int rc;

	if (!s) /* all busy: one for this time only, see db_end() */
		return stmt_compile(d, sql, out);
	if (!s->st || s->hash != h || strcmp(s->sql, sql)) {
		rc = stmt_compile(d, sql, &st);
		if (rc < 0)
			return rc;
		stmt_fini(s);
		s->sql = xstrdup(sql);
		s->hash = h;
		s->st = st;
	}
	s->used = ++d->tick;
	s->busy = 1;
	*out = s->st;
	return 0;
}

void db_end(struct db *d, sqlite3_stmt *st)
{
	uint64_t h;
	int i;

	if (!st)
		return;
	h = hash_text(sqlite3_sql(st));
	for (i = 0; i < 8; i++) {
		struct db_stmt *s = &d->stmts[(h + (uint64_t)i) % DB_STMTS];

		if (s->st != st)
			continue;
		sqlite3_reset(st);
		sqlite3_clear_bindings(st);
		s->busy = 0;
		return;
	}
	sqlite3_finalize(st);
}

static int bind_one(sqlite3_stmt *st, int i, char f, va_list *ap)
{
	const char *s;
	size_t len;

	switch (f) {
	case 'i':
		return sqlite3_bind_int64(st, i, va_arg(*ap, int64_t));
	case 'd':
		return sqlite3_bind_int(st, i, va_arg(*ap, int));
	case 't':
		return sqlite3_bind_text(
			st, i, va_arg(*ap, const char *), -1, SQLITE_STATIC);
	case 's':
		s = va_arg(*ap, const char *);
		len = va_arg(*ap, size_t);
		return sqlite3_bind_text64(
			st, i, s, len, SQLITE_STATIC, SQLITE_UTF8);
	default:
		assert(!"binding format");
		return SQLITE_MISUSE;
	}
}

static int query_va(struct db *d, sqlite3_stmt **out, const char *sql,
	const char *fmt, va_list *ap)
{
	sqlite3_stmt *st;
	int i, rc = db_prepare(d, sql, &st);

	if (rc < 0)
		return rc;
	for (i = 0; fmt[i]; i++)
		if (bind_one(st, i + 1, fmt[i], ap) != SQLITE_OK) {
			rc = db_err(d, "bind");
			db_end(d, st);
			return rc;
		}
	*out = st;
	return 0;
}

int db_query(
	struct db *d, sqlite3_stmt **out, const char *sql, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = query_va(d, out, sql, fmt, &ap);
	va_end(ap);
	return rc;
}

int db_step(struct db *d, sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	return db_err(d, "step");
}

int db_run(struct db *d, const char *sql, const char *fmt, ...)
{
	sqlite3_stmt *st;
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = query_va(d, &st, sql, fmt, &ap);
	va_end(ap);
	if (rc < 0)
		return rc;
	while ((rc = db_step(d, st)) > 0)
		;
	if (rc == 0)
		rc = sqlite3_changes(d->h);
	db_end(d, st);
	return rc;
}

int db_int(struct db *d, int64_t *out, const char *sql, const char *fmt, ...)
{
	sqlite3_stmt *st;
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = query_va(d, &st, sql, fmt, &ap);
	va_end(ap);
	if (rc < 0)
		return rc;
	rc = db_step(d, st);
	if (rc > 0)
		*out = sqlite3_column_int64(st, 0);
	db_end(d, st);
	return rc;
}

int db_text(struct db *d, struct arena *a, const char **out, const char *sql,
	const char *fmt, ...)
{
	sqlite3_stmt *st;
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = query_va(d, &st, sql, fmt, &ap);
	va_end(ap);
	if (rc < 0)
		return rc;
	rc = db_step(d, st);
	if (rc > 0)
		*out = col_dup(a, st, 0);
	db_end(d, st);
	return rc;
}

void *list_room(void *v, int n, int *cap, size_t size)
{
	if (n < *cap)
		return v;
	*cap = *cap ? *cap * 2 : 64;
	return xreallocarray(v, (size_t)*cap, size);
}

void *list_keep(struct arena *a, void *v, int n, size_t size)
{
	void *out = arena_alloc(a, (size_t)(n + 1) * size);

	if (n)
		memcpy(out, v, (size_t)n * size);
	free(v);
	return out;
}

int db_exec(struct db *d, const char *sql)
{
	if (sqlite3_exec(d->h, sql, NULL, NULL, NULL) != SQLITE_OK)
		return db_err(d, "exec");
	return 0;
}

const char *col_text(sqlite3_stmt *st, int i)
{
	return (const char *)sqlite3_column_text(st, i);
}

const char *col_dup(struct arena *a, sqlite3_stmt *st, int i)
{
	const char *s = col_text(st, i);

	return s ? arena_strndup(a, s, (size_t)sqlite3_column_bytes(st, i))
		 : NULL;
}

const char *col_str(sqlite3_stmt *st, int i)
{
	const char *s = col_text(st, i);

	return s ? s : "";
}

const char *col_dup_str(struct arena *a, sqlite3_stmt *st, int i)
{
	const char *s = col_dup(a, st, i);

	return s ? s : "";
}

int db_read_begin(struct db *d)
{
	int rc = 0;

	if (d->tx == 0 && sqlite3_get_autocommit(d->h)) {
		rc = db_run(d, "BEGIN", "");
		if (rc < 0)
			return rc;
		d->tx = 1;
	} else if (d->tx > 0) {
		d->tx++;
	}
	return 0;
}

void db_read_end(struct db *d)
{
	if (d->tx > 0 && --d->tx == 0)
		sqlite3_exec(d->h, "COMMIT", NULL, NULL, NULL);
}

/* --- writing transactions ------------------------------------------------- */

int tx_begin(struct store_rw *rw)
{
	struct db *d = rw_db(rw);
	int rc;

	assert(!rw->in_tx);
	rc = db_run(d, "BEGIN IMMEDIATE", "");
	if (rc < 0)
		return rc;
	rw->in_tx = 1;
	rw->now = db_now(d);
	return 0;
}

/* The next transaction is to be on the disk when it ends. */
static int harden(struct store_rw *rw, int rc)
{
	int end = 0;

	if (rw->soft && !rw->sync_normal)
		end = db_exec(rw_db(rw), "PRAGMA synchronous = FULL");
	rw->soft = 0;
	return rc < 0 ? rc : end;
}

int tx_begin_soft(struct store_rw *rw)
{
	int rc = 0;

	if (!rw->sync_normal)
		rc = db_exec(rw_db(rw), "PRAGMA synchronous = NORMAL");
	if (rc < 0)
		return rc;
	rw->soft = 1;
	rc = tx_begin(rw);
	if (rc < 0)
		(void)!harden(rw, rc);
	return rc;
}

int tx_end(struct store_rw *rw, int rc)
{
	struct db *d = rw_db(rw);
	int end;

	rw->in_tx = 0;
	if (rc >= 0) {
		end = db_run(d, "COMMIT", "");
		if (end >= 0) {
			end = harden(rw, 0);
			return end < 0 ? end : rc;
		}
		rc = end;
	}
	/* Ids given out by what did not happen must not be remembered. */
	ids_forget(rw);
	rw->erased = -1;
	if (!sqlite3_get_autocommit(d->h))
		sqlite3_exec(d->h, "ROLLBACK", NULL, NULL, NULL);
	return harden(rw, rc);
}
