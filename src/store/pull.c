/* SPDX-License-Identifier: MIT */
/*
 * Where pulling stands: cursors, keys that wait to be fetched, and the suspects
 * of a full listing. Decides nothing; the engine does.
 */
#include "store_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"

#define SWEEP_ALWAYS 20

int store_cursor_get(struct store_ro *ro, int connector, const char *stream,
	const char *key, struct arena *a, const char **cursor, const char **run,
	int64_t *polled_ms)
{
	struct db *d = &ro->db;
	sqlite3_stmt *st;
	int rc;

	rc = db_query(d, &st,
		"SELECT cursor, run, polled FROM cursor WHERE connector = ? "
		"AND stream = ? AND key = ?",
		"dtt", connector, stream, key ? key : "");
	if (rc < 0)
		return rc;
	rc = db_step(d, st);
	if (rc > 0) {
		*cursor = col_dup(a, st, 0);
		*run = col_dup(a, st, 1);
		*polled_ms = sqlite3_column_int64(st, 2);
	}
	db_end(d, st);
	if (rc == 0)
		return err_set(E_NOTFOUND, "no cursor of %s yet", stream);
	return rc < 0 ? rc : 0;
}

/* 1 when the key waits now and did not before, or at another version. */
/* Is the version we hear of older than `x`? Known for numbers and for times
 * as text of one shape; the overlap of a feed tells old ones again. */
#define HEARD_BEFORE(x)                                                        \
	"(CASE WHEN excluded.version NOT GLOB '*[^0-9]*' "                     \
	"AND " x                                                               \
	" NOT GLOB '*[^0-9]*' THEN CAST(excluded.version AS INTEGER) "         \
	"< CAST(" x                                                            \
	" AS INTEGER) WHEN excluded.version GLOB '20[0-9][0-9]-*' "            \
	"AND length(excluded.version) = length(" x ") "                        \
	"THEN excluded.version < " x " ELSE 0 END)"

int touch_put(struct store_rw *rw, int connector, const char *stream,
	const char *key, const char *version, int urgent)
{
	char nonce[24];
	int rc;

	if (!version) {
		/* No version: every touch is one of its own, so that one that
		 * comes while the key is being fetched is not answered by
		 * that fetch. */
		snprintf(nonce, sizeof(nonce), "~%016llx",
			(unsigned long long)rnd_u64(rw->rnd));
		version = nonce;
	}
	rc = db_run(rw_db(rw),
		"INSERT INTO touch (connector, stream, key, version, waiting, "
		"urgent, at) VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6) "
		"ON CONFLICT (connector, stream, key) DO UPDATE SET "
		"version = excluded.version, waiting = 1, "
		"at = CASE WHEN waiting = 1 THEN at ELSE excluded.at END, "
		"urgent = max(urgent, excluded.urgent) "
		"WHERE done IS NOT excluded.version AND (waiting = 0 "
		"OR version <> excluded.version OR urgent < excluded.urgent) "
		"AND NOT ifnull(" HEARD_BEFORE(
			"done") ", 0) "
				"AND NOT (waiting = 1 AND urgent >= excluded.urgent "
				"AND ifnull(" HEARD_BEFORE("version") ", 0))",
		"dtttdi", connector, stream, key, version, urgent != 0,
		rw->now);
	return rc;
}

int store_touch_add(struct store_rw *rw, int connector, const char *stream,
	const char *key, const char *version, int urgent)
{
	int rc = tx_begin(rw);

	if (rc < 0)
		return rc;
	rc = touch_put(rw, connector, stream, key, version, urgent);
	return tx_end(rw, rc < 0 ? rc : 0);
}

int store_touch_next(struct store_ro *ro, int connector, const char *stream,
	int n, struct arena *a, struct store_touch *out)
{
	struct db *d = &ro->db;
	sqlite3_stmt *st;
	int k = 0, rc;

	rc = db_query(d, &st,
		"SELECT key, version FROM touch WHERE connector = ? "
		"AND stream = ? AND waiting = 1 "
		"ORDER BY urgent DESC, at, id LIMIT ?",
		"dtd", connector, stream, n);
	if (rc < 0)
		return rc;
	while ((rc = db_step(d, st)) > 0) {
		out[k].key = col_dup_str(a, st, 0);
		out[k++].version = col_dup_str(a, st, 1);
	}
	db_end(d, st);
	return rc < 0 ? rc : k;
}

int store_touch_count(
	struct store_ro *ro, int connector, const char *stream, int64_t *out)
{
	int rc = db_int(&ro->db, out,
		"SELECT count(*) FROM touch WHERE connector = ? "
		"AND stream = ? AND waiting = 1",
		"dt", connector, stream);

	return rc < 0 ? rc : 0;
}

int store_touch_waits(
	struct store_ro *ro, int connector, const char *key, int64_t *out)
{
	int rc = db_int(&ro->db, out,
		"SELECT count(*) FROM touch WHERE connector = ?1 "
		"AND waiting = 1 AND (?2 IS NULL OR key = ?2)",
		"dt", connector, key);

	return rc < 0 ? rc : 0;
}

/* What a full listing should show: what lives, and what others were merged
 * into though it was never read itself. */
#define LISTED                                                                 \
	"connector = ?1 AND rid IS NOT NULL AND (state = 0 OR (state = 1 "     \
	"AND id IN (SELECT alias_of FROM %s WHERE state = 3))) "

static int count_rows(struct db *d, const char *table, const char *cond,
	int connector, int64_t generation, int64_t *out)
{
	struct buf sql = BUF_INIT;
	int rc;

	buf_addf(&sql, "SELECT count(*) FROM %s WHERE " LISTED "AND %s", table,
		table, cond);
	rc = db_int(d, out, buf_str(&sql), "di", connector, generation);
	buf_fini(&sql);
	return rc < 0 ? rc : 0;
}

static int read_rids(struct db *d, const char *table, int connector,
	int64_t generation, struct arena *a, const char **v, int max, int *n)
{
	struct buf sql = BUF_INIT;
	sqlite3_stmt *st;
	int rc, k = 0;

	buf_addf(&sql,
		"SELECT rid FROM %s WHERE " LISTED
		"AND gen <> ?2 ORDER BY id LIMIT ?3",
		table, table);
	rc = db_query(d, &st, buf_str(&sql), "did", connector, generation, max);
	buf_fini(&sql);
	if (rc < 0)
		return rc;
	while ((rc = db_step(d, st)) > 0)
		v[k++] = col_dup_str(a, st, 0);
	db_end(d, st);
	*n = k;
	return rc;
}

int store_sweep_suspects(struct store_ro *ro, int connector, enum entity e,
	int64_t generation, int share_percent, struct arena *a,
	const char ***rids, int *n)
{
	struct db *d = &ro->db;
	const char *table = entity_desc(e)->name, **v = NULL;
	int64_t all = 0, missing = 0;
	int rc, k = 0;

	rc = db_read_begin(d);
	if (rc < 0)
		return rc;
	rc = count_rows(d, table, "?2 = ?2", connector, generation, &all);
	if (rc == 0)
		rc = count_rows(
			d, table, "gen <> ?2", connector, generation, &missing);
	if (rc == 0 && missing > SWEEP_ALWAYS &&
		missing * 100 > all * share_percent)
		rc = err_set(E_LIMIT,
			_("%lld of %lld rows (%s) are missing from the full listing: too many to believe"),
			(long long)missing, (long long)all, table);
	if (rc == 0) {
		v = arena_calloc(a, (size_t)missing + 1, sizeof(*v));
		rc = read_rids(d, table, connector, generation, a, v,
			(int)missing, &k);
	}
	db_read_end(d);
	if (rc < 0)
		return rc;
	*rids = v;
	*n = k;
	return 0;
}
