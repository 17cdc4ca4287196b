/* SPDX-License-Identifier: MIT */
/*
 * Looking after the file: sizes and counts, checks, backup, and erasing a
 * person. What is erased is gone from rows, index and write-ahead log when the
 * function says so, and an old page cannot bring it back.
 */
#include "store_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "galley/base/i18n.h"
#include "galley/base/json.h"
#include "galley/base/mem.h"

/* --- figures -------------------------------------------------------------- */

static int put_int(struct db *d, struct jw *w, const char *key, const char *sql)
{
	int64_t n = 0;
	int rc = db_int(d, &n, sql, "");

	if (rc >= 0)
		jw_kint(w, key, n);
	return rc < 0 ? rc : 0;
}

static int put_rows(struct db *d, struct jw *w)
{
	struct buf sql = BUF_INIT;
	int e, rc = 0;

	jw_key(w, "rows");
	jw_obj(w);
	for (e = 0; e < ENT_COUNT && rc == 0; e++) {
		const char *name = entity_desc((enum entity)e)->name;

		buf_reset(&sql);
		buf_addf(&sql, "SELECT count(*) FROM %s WHERE state = 0", name);
		rc = put_int(d, w, name, buf_str(&sql));
	}
	jw_obj_end(w);
	buf_fini(&sql);
	return rc;
}

static int put_ops(struct db *d, struct jw *w)
{
	sqlite3_stmt *st;
	int rc = db_query(d, &st,
		"SELECT state, count(*) FROM op GROUP BY state ORDER BY state",
		"");

	if (rc < 0)
		return rc;
	jw_key(w, "operations");
	jw_obj(w);
	while ((rc = db_step(d, st)) > 0)
		jw_kint(w, col_str(st, 0), sqlite3_column_int64(st, 1));
	jw_obj_end(w);
	db_end(d, st);
	return rc;
}

static const struct {
	const char *key, *sql;
} figures[] = {
	{"schema", "PRAGMA user_version"},
	{"bytes", "SELECT page_count * page_size FROM pragma_page_count, "
		  "pragma_page_size"},
	{"free_bytes", "SELECT freelist_count * page_size FROM "
		       "pragma_freelist_count, pragma_page_size"},
	{"connectors", "SELECT count(*) FROM connector"},
	{"stubs", "SELECT count(*) FROM ticket WHERE state = 1"},
	{"touches", "SELECT count(*) FROM touch WHERE waiting = 1"},
	{"shadows", "SELECT count(*) FROM shadow"},
	{"drafts", "SELECT count(*) FROM draft"},
	{"audit", "SELECT count(*) FROM audit"},
	{"log", "SELECT count(*) FROM log"},
	{"erased", "SELECT count(*) FROM erased"},
};

const char *store_sqlite(void)
{
	return sqlite3_libversion();
}

int store_stats(struct store_ro *ro, struct buf *json)
{
	struct db *d = &ro->db;
	struct buf b = BUF_INIT;
	int64_t left = 0;
	struct jw w;
	size_t i;
	int rc = db_read_begin(d);

	if (rc < 0)
		return rc;
	jw_init(&w, &b);
	jw_obj(&w);
	for (i = 0; i < ARRAY_SIZE(figures) && rc == 0; i++)
		rc = put_int(d, &w, figures[i].key, figures[i].sql);
	if (rc == 0)
		rc = put_rows(d, &w);
	if (rc == 0)
		rc = put_ops(d, &w);
	if (rc == 0)
		rc = store_index_left(ro, &left);
	jw_kint(&w, "index_left", left);
	jw_kstr(&w, "sqlite", store_sqlite());
	jw_obj_end(&w);
	db_read_end(d);
	if (rc == 0)
		buf_adds(json, buf_str(&b));
	buf_fini(&b);
	return rc;
}

/* --- checks --------------------------------------------------------------- */

int db_check(struct db *d, const char *pragma)
{
	struct arena *a = arena_new();
	const char *answer = "?";
	int rc = db_text(d, a, &answer, pragma, "");

	if (rc >= 0 && strcmp(answer, "ok") != 0)
		rc = err_set(E_DB,
			_("%s is damaged: %s; run `galley doctor --salvage`"),
			d->path, answer);
	arena_free(a);
	return rc < 0 ? rc : 0;
}

/* Operations whose connector is missing, attempts without their operation. */
static int check_references(struct db *d)
{
	int64_t one = 0;
	int rc = db_int(
		d, &one, "SELECT 1 FROM pragma_foreign_key_check LIMIT 1", "");

	if (rc > 0)
		return err_set(E_DB,
			_("%s is damaged: rows refer to rows that are missing; run `galley doctor --salvage`"),
			d->path);
	return rc;
}

int store_check(struct store_ro *ro)
{
	struct db *d = &ro->db;
	int64_t query_only = 0, rows;
	/* with the indexes: what is missing in one is not found, and a reply
	 * that is not found is not sent */
	int rc = db_check(d, "PRAGMA integrity_check(1)");

	if (rc == 0)
		rc = check_references(d);
	if (rc == 0)
		rc = db_int(d, &query_only, "PRAGMA query_only", "");
	if (rc < 0)
		return rc;
	/* the index is checked by a command that looks like a write */
	rc = db_exec(d, "PRAGMA query_only = OFF");
	if (rc == 0)
		rc = fts_check(d);
	if (query_only && db_exec(d, "PRAGMA query_only = ON") < 0)
		rc = err_code();
	return rc < 0 ? rc : store_audit_verify(ro, &rows);
}

/* --- backup --------------------------------------------------------------- */

static int copy_pages(struct db *d, sqlite3 *to, const char *path)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", d->h, "main");
	int rc, tries = 0;

	if (!b)
		return db_err_code(
			sqlite3_extended_errcode(to), to, path, "backup");
	do {
		rc = sqlite3_backup_step(b, 4096);
		if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
			sqlite3_sleep(10);
	} while (
		rc == SQLITE_OK ||
		((rc == SQLITE_BUSY || rc == SQLITE_LOCKED) && ++tries < 1000));
	sqlite3_backup_finish(b);
	return rc == SQLITE_DONE ? 0 : db_err_code(rc, to, path, "backup");
}

int store_backup(struct store_ro *ro, const char *path)
{
	struct db *d = &ro->db;
	char *tmp = xasprintf("%s.tmp", path);
	sqlite3 *to = NULL;
	mode_t old = umask(077);
	int rc;

	unlink(tmp);
	rc = sqlite3_open_v2(tmp, &to,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
			SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
		d->vfs);
	if (rc != SQLITE_OK)
		rc = db_err_code(rc, to, tmp, "open");
	else
		rc = copy_pages(d, to, tmp);
	if (sqlite3_close(to) != SQLITE_OK && rc == 0)
		rc = err_set(E_DISK, _("%s: cannot finish the backup"), tmp);
	if (rc == 0 && rename(tmp, path) < 0)
		rc = err_set(E_DISK, "%s: %s", path, strerror(errno));
	if (rc < 0)
		unlink(tmp);
	umask(old);
	free(tmp);
	return rc;
}

/* --- erasing -------------------------------------------------------------- */

struct erase {
	struct store_rw *rw;
	int64_t customer;
	int connector;
	char *rid;
	struct arena *a; /* for one row */
};

static int collect(struct erase *x, const char *sql, const char *fmt,
	int64_t **out, size_t *n)
{
	struct db *d = rw_db(x->rw);
	sqlite3_stmt *st;
	size_t cap = 0;
	int rc = db_query(d, &st, sql, fmt, x->customer, x->rid);

	if (rc < 0)
		return rc;
	while ((rc = db_step(d, st)) > 0) {
		if (*n == cap) {
			cap = cap ? cap * 2 : 64;
			*out = xreallocarray(*out, cap, sizeof(**out));
		}
		(*out)[(*n)++] = sqlite3_column_int64(st, 0);
	}
	db_end(d, st);
	return rc;
}

/* The row loses everything; its remote id becomes a hash that is refused for
 * ever. */
static int erase_row(struct erase *x, enum entity e, int64_t id)
{
	struct img im;
	int rc;

	arena_reset(x->a);
	rc = img_by_id(rw_db(x->rw), e, id, x->a, &im);
	if (rc > 0)
		rc = erase_note(x->rw, e, im.connector, im.rid);
	return rc < 0 ? rc : row_blank(x->rw, e, id);
}

static int erase_rows(
	struct erase *x, enum entity e, const char *sql, const char *fmt)
{
	int64_t *ids = NULL;
	size_t n = 0, i;
	int rc = collect(x, sql, fmt, &ids, &n);

	for (i = 0; i < n && rc >= 0; i++)
		rc = erase_row(x, e, ids[i]);
	free(ids);
	return rc < 0 ? rc : 0;
}

#define THEIR_TICKETS "SELECT id FROM ticket WHERE customer = ?1"
#define THEIR_TALKS   "SELECT id FROM conversation WHERE customer = ?1"
/* What stands behind the name of a draft: of a reply, of a note. */
#define KINDS "SELECT '' AS kind UNION ALL SELECT ':note'"
#define THEIR_MESSAGES                                                         \
	"SELECT id FROM message WHERE ticket IN (" THEIR_TICKETS               \
	") OR conversation IN (" THEIR_TALKS ") OR author = ?2"

/* What hangs on others goes before them. */
static const struct {
	enum entity e;
	const char *sql, *fmt;
} erase_order[] = {
	{ENT_FILE, "SELECT id FROM file WHERE message IN (" THEIR_MESSAGES ")",
		"it"},
	{ENT_CSAT,
		"SELECT id FROM csat WHERE customer = ?1 OR ticket IN "
		"(" THEIR_TICKETS ")",
		"i"},
	{ENT_LINK, "SELECT id FROM link WHERE ticket IN (" THEIR_TICKETS ")",
		"i"},
	{ENT_CALL,
		"SELECT id FROM call WHERE customer = ?1 OR ticket IN "
		"(" THEIR_TICKETS ")",
		"i"},
	{ENT_PROMISE,
		"SELECT id FROM promise WHERE customer = ?1 OR ticket IN "
		"(" THEIR_TICKETS ")",
		"i"},
	{ENT_MOMENT,
		"SELECT id FROM moment WHERE customer = ?1 OR ticket IN "
		"(" THEIR_TICKETS ")",
		"i"},
	{ENT_ORDER_EVENT,
		"SELECT id FROM purchase_event WHERE purchase IN "
		"(SELECT id FROM purchase WHERE customer = ?1)",
		"i"},
	{ENT_ORDER, "SELECT id FROM purchase WHERE customer = ?1", "i"},
	{ENT_MESSAGE, THEIR_MESSAGES, "it"},
	{ENT_TICKET, THEIR_TICKETS, "i"},
	{ENT_CONVERSATION, THEIR_TALKS, "i"},
	{ENT_IDENTITY, "SELECT id FROM identity WHERE customer = ?1", "i"},
	{ENT_CUSTOMER, "SELECT id FROM customer WHERE id = ?1", "i"},
};

/* Operations carry text: finished ones lose it, open ones stop the erasure. */
static int erase_ops(struct erase *x)
{
	struct db *d = rw_db(x->rw);
	int64_t n = 0;
	int rc;

	rc = db_int(d, &n,
		"SELECT count(*) FROM op WHERE open = 1 AND "
		"((entity = 'ticket' AND target IN (" THEIR_TICKETS
		")) OR (entity = 'conversation' AND target IN (" THEIR_TALKS
		")))",
		"i", x->customer);
	if (rc >= 0 && n)
		return err_set(E_CONFLICT,
			_("%lld operations on this customer's tickets still wait; cancel or settle them first"),
			(long long)n);
	if (rc >= 0)
		rc = db_run(d,
			"DELETE FROM draft WHERE key IN (SELECT 'op:' || uid "
			"FROM op WHERE (entity = 'ticket' AND target IN "
			"(" THEIR_TICKETS ")) OR (entity = 'conversation' "
			"AND target IN (" THEIR_TALKS ")))",
			"i", x->customer);
	if (rc >= 0)
		rc = db_run(d,
			"DELETE FROM draft WHERE key IN (SELECT 'ticket:' || "
			"id || kind FROM (" THEIR_TICKETS "), (" KINDS ") "
			"UNION SELECT 'conversation:' || id || kind FROM "
			"(" THEIR_TALKS "), (" KINDS "))",
			"i", x->customer);
	if (rc >= 0)
		rc = db_run(d,
			"UPDATE op SET args = '{}', base = NULL, error = NULL, "
			"evidence = NULL WHERE (entity = 'ticket' AND target "
			"IN (" THEIR_TICKETS ")) OR (entity = 'conversation' "
			"AND target IN (" THEIR_TALKS "))",
			"i", x->customer);
	return rc < 0 ? rc : 0;
}

/* What we said about their cases. */
static int erase_marks(struct erase *x)
{
	int rc = db_run(rw_db(x->rw),
		"DELETE FROM mark WHERE (entity = 'ticket' AND id IN "
		"(" THEIR_TICKETS ")) OR (entity = 'conversation' AND id IN "
		"(" THEIR_TALKS ")) OR (entity = 'customer' AND id = ?1)",
		"i", x->customer);

	return rc < 0 ? rc : 0;
}

/* Where the person is one of several. */
static int erase_mentions(struct erase *x)
{
	struct db *d = rw_db(x->rw);
	int rc = 0;

	if (x->rid)
		rc = db_run(d,
			"UPDATE ticket SET customers = (SELECT "
			"json_group_array(value) FROM json_each(customers) "
			"WHERE value <> ?1) WHERE instr(customers, ?1) > 0 "
			"AND json_valid(customers)",
			"t", x->rid);
	if (rc >= 0)
		rc = db_run(d, "DELETE FROM log", "");
	if (rc >= 0 && x->rid)
		rc = db_run(d, "DELETE FROM draft WHERE key = 'create:' || ?",
			"t", x->rid);
	if (rc >= 0 && x->rid)
		rc = db_run(d,
			"DELETE FROM touch WHERE connector = ? AND key = ?",
			"dt", x->connector, x->rid);
	return rc < 0 ? rc : 0;
}

static int erase_in(struct erase *x, const char *who)
{
	struct db *d = rw_db(x->rw);
	char hash[65];
	struct img im;
	size_t i;
	int rc;

	rc = img_by_id(d, ENT_CUSTOMER, x->customer, x->a, &im);
	if (rc == 0 || (rc > 0 && im.state == ROW_GONE && !im.rid))
		return err_set(E_NOTFOUND, _("there is no such customer here"));
	if (rc < 0)
		return rc;
	x->connector = im.connector;
	x->rid = xstrdup_null(im.rid);
	rc = salted_hash(d, im.rid ? im.rid : "", hash);
	if (rc == 0)
		rc = erase_ops(x);
	if (rc == 0)
		rc = erase_marks(x);
	for (i = 0; i < ARRAY_SIZE(erase_order) && rc == 0; i++)
		rc = erase_rows(x, erase_order[i].e, erase_order[i].sql,
			erase_order[i].fmt);
	if (rc == 0)
		rc = erase_mentions(x);
	return rc == 0 ? audit_add(x->rw, who, "erase", "customer", hash) : rc;
}

/* The log file must be empty, or the text is still in it. */
static int truncate_wal(struct db *d)
{
	int64_t busy = 1;
	int rc = db_int(d, &busy, "PRAGMA wal_checkpoint(TRUNCATE)", "");

	if (rc < 0)
		return rc;
	if (busy)
		return err_set(E_LIMIT,
			_("erased, but another program reads the cache and the old text is still in its log; close it and run this again"));
	return 0;
}

int store_erase_customer(struct store_rw *rw, int64_t customer, const char *who)
{
	struct erase x = {.rw = rw, .customer = customer};
	int rc = tx_begin(rw);

	if (rc < 0)
		return rc;
	x.a = arena_new();
	rc = tx_end(rw, erase_in(&x, who));
	arena_free(x.a);
	free(x.rid);
	if (rc < 0)
		return rc;
	ids_forget(rw);
	rc = tx_begin(rw);
	if (rc == 0)
		rc = tx_end(rw, fts_optimize(rw));
	return rc < 0 ? rc : truncate_wal(rw_db(rw));
}
