/* SPDX-License-Identifier: MIT */
/*
 * What a backend cannot show. A row comes in only with the page that passes it
 * (page.c) and says when to try again; when that is, is all that is decided
 * here. Nothing leaves by age.
 */
#include "galley/store/quarantine.h"

#include "galley/base/mem.h"
#include "store_priv.h"

/* 5 minutes, 10, 20 ... a day. */
#define LATER                                                                  \
	"(?1 + min(" CPP_STR(ASIDE_CAP) ", " CPP_STR(                          \
		ASIDE_BASE) " << min(tries, 9)))"
#define CPP_STR_(x) #x
#define CPP_STR(x)  CPP_STR_(x)
#define ASIDE_BASE  300000
#define ASIDE_CAP   86400000
_Static_assert(ASIDE_BASE == ASIDE_BASE_MS && ASIDE_CAP == ASIDE_CAP_MS,
	"SQL and header say the same");

static void read_aside(
	sqlite3_stmt *st, struct arena *a, struct store_aside *out)
{
	*out = (struct store_aside){
		.connector = sqlite3_column_int(st, 0),
		.stream = col_dup_str(a, st, 1),
		.key = col_dup_str(a, st, 2),
		.by_key = sqlite3_column_int(st, 3),
		.start = col_dup(a, st, 4),
		.upto = col_dup(a, st, 5),
		.why = col_dup_str(a, st, 6),
		.since_ms = sqlite3_column_int64(st, 7),
		.tries = sqlite3_column_int(st, 8),
		.next_ms = sqlite3_column_int64(st, 9),
		.run = sqlite3_column_int64(st, 10),
	};
}

int store_aside_list(struct store_ro *ro, int connector, const char *stream,
	struct arena *a, struct store_aside **out, int *n)
{
	struct db *d = &ro->db;
	struct store_aside *v;
	sqlite3_stmt *st;
	int64_t all = 0;
	int rc, k = 0;

	rc = db_read_begin(d);
	if (rc < 0)
		return rc;
	rc = db_int(d, &all, "SELECT count(*) FROM quarantine", "");
	v = arena_calloc(a, (size_t)all + 1, sizeof(*v));
	if (rc >= 0)
		rc = db_query(d, &st,
			"SELECT connector, stream, key, by_key, start, upto, "
			"why, since, tries, next, run FROM quarantine "
			"WHERE (?1 = 0 OR connector = ?1) "
			"AND (?2 IS NULL OR stream = ?2) "
			"ORDER BY connector, stream, since, key",
			"dt", connector, stream);
	if (rc >= 0) {
		while (k < all && (rc = db_step(d, st)) > 0)
			read_aside(st, a, &v[k++]);
		db_end(d, st);
	}
	db_read_end(d);
	if (rc < 0)
		return rc;
	*out = v;
	*n = k;
	return 0;
}

int store_aside_count(struct store_ro *ro, int connector, int64_t *out)
{
	int rc = db_int(&ro->db, out,
		"SELECT count(*) FROM quarantine WHERE ?1 = 0 "
		"OR connector = ?1",
		"d", connector);

	return rc < 0 ? rc : 0;
}

int store_aside_hides(struct store_ro *ro, int connector, const char *key,
	int64_t since_ms, int64_t *out)
{
	int rc = db_int(&ro->db, out,
		"SELECT count(*) FROM quarantine WHERE connector = ?1 "
		"AND CASE WHEN by_key = 1 AND ?2 IS NOT NULL THEN key = ?2 "
		"ELSE since >= ?3 END",
		"dti", connector, key, since_ms);

	return rc < 0 ? rc : 0;
}

int store_aside_next_ms(struct store_ro *ro, int connector, int64_t *out)
{
	int rc = db_int(&ro->db, out,
		"SELECT ifnull(min(max(next, 1)), 0) FROM quarantine "
		"WHERE connector = ?",
		"d", connector);

	return rc < 0 ? rc : 0;
}

/* Within the transaction of a page. One that is met again before its time has
 * not been tried again. */
int aside_put(struct store_rw *rw, int connector, const char *stream,
	const struct store_aside *x)
{
	int rc = db_run(rw_db(rw),
		"INSERT INTO quarantine VALUES (?2, ?3, ?4, ?5, ?6, ?7, ?8, "
		"?1, 0, ?1 + " CPP_STR(
			ASIDE_BASE) ", ?9) "
				    "ON CONFLICT DO UPDATE SET why = excluded.why, "
				    "start = excluded.start, upto = excluded.upto, "
				    "run = excluded.run, "
				    "tries = tries + (next <= ?1), "
				    "next = CASE WHEN next <= ?1 THEN " LATER
				    " ELSE next END",
		"idttdttti", rw->now, connector, stream, x->key, x->by_key,
		x->start, x->upto, x->why, x->run);

	return rc < 0 ? rc : 0;
}

int aside_drop(
	struct store_rw *rw, int connector, const char *stream, const char *key)
{
	return db_run(rw_db(rw),
		"DELETE FROM quarantine WHERE connector = ? AND stream = ? "
		"AND key = ?",
		"dtt", connector, stream, key);
}

int store_aside_tried(struct store_rw *rw, int connector, const char *stream,
	const char *key, const char *why)
{
	int rc = tx_begin(rw);

	if (rc < 0)
		return rc;
	rc = db_run(rw_db(rw),
		"UPDATE quarantine SET tries = tries + 1, why = ifnull(?5, "
		"why), next = " LATER " WHERE connector = ?2 AND stream = ?3 "
		"AND key = ?4",
		"idttt", rw->now, connector, stream, key, why);
	return tx_end(rw, rc < 0 ? rc : 0);
}

int store_aside_drop(
	struct store_rw *rw, int connector, const char *stream, const char *key)
{
	int rc = tx_begin(rw);

	if (rc < 0)
		return rc;
	rc = aside_drop(rw, connector, stream, key);
	return tx_end(rw, rc < 0 ? rc : 0);
}

int store_aside_settle(struct store_rw *rw, int connector, const char *stream,
	int64_t run, const char *from, const char *to)
{
	int n = 0, rc = tx_begin(rw);

	if (rc < 0)
		return rc;
	rc = db_run(rw_db(rw),
		"DELETE FROM quarantine WHERE connector = ?1 AND stream = ?2 "
		"AND by_key = 0 AND run <> ?3 AND (?4 IS NULL "
		"OR CAST(start AS INTEGER) >= CAST(?4 AS INTEGER)) "
		"AND (?5 IS NULL "
		"OR CAST(upto AS INTEGER) <= CAST(?5 AS INTEGER))",
		"dtitt", connector, stream, run, from, to);
	if (rc > 0)
		n = rc;
	rc = tx_end(rw, rc < 0 ? rc : 0);
	return rc < 0 ? rc : n;
}

int store_aside_wake(struct store_rw *rw, int connector)
{
	int rc = tx_begin(rw);

	if (rc < 0)
		return rc;
	rc = db_run(rw_db(rw),
		"UPDATE quarantine SET next = 0 WHERE connector = ?", "d",
		connector);
	return tx_end(rw, rc < 0 ? rc : 0);
}
