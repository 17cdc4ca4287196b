/* SPDX-License-Identifier: MIT */
/*
 * The audit chain, the log table, drafts and facts: small rows that many
 * transactions add. The chain holds who did what to which object and hashes of
 * content, never content, so that erasing a person breaks nothing.
 */
#include "store_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"

#define LOG_KEEP 5000

static void hash_field(struct sha256 *s, const char *text)
{
	char len[24];
	size_t n = strlen(text);

	/* lengths, so that no two rows read the same */
	snprintf(len, sizeof(len), "%zu:", n);
	sha256_add(s, len, strlen(len));
	sha256_add(s, text, n);
}

static void chain_hash(const char *prev, int64_t id, int64_t at,
	const char *const text[4], char out[65])
{
	struct sha256 s;
	char head[64];
	int i;

	sha256_init(&s);
	snprintf(
		head, sizeof(head), "%lld %lld ", (long long)id, (long long)at);
	sha256_add(&s, head, strlen(head));
	hash_field(&s, prev);
	for (i = 0; i < 4; i++)
		hash_field(&s, text[i]);
	sha256_hex(&s, out);
}

int audit_add(struct store_rw *rw, const char *who, const char *what,
	const char *object, const char *detail)
{
	struct db *d = rw_db(rw);
	const char *text[4] = {who ? who : "", what, object ? object : "",
		detail ? detail : ""};
	char hash[65], prev[65] = "";
	sqlite3_stmt *st;
	int64_t id = 1;
	int rc;

	rc = db_query(d, &st,
		"SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1", "");
	if (rc < 0)
		return rc;
	rc = db_step(d, st);
	if (rc > 0) {
		id = sqlite3_column_int64(st, 0) + 1;
		snprintf(prev, sizeof(prev), "%s", col_str(st, 1));
	}
	db_end(d, st);
	if (rc < 0)
		return rc;
	chain_hash(prev, id, rw->now, text, hash);
	rc = db_run(d, "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)",
		"iittttt", id, rw->now, text[0], text[1], text[2], text[3],
		hash);
	return rc < 0 ? rc : 0;
}

int store_audit(struct store_rw *rw, const char *who, const char *what,
	const char *object, const char *detail)
{
	int rc = tx_begin(rw);

	return rc < 0 ? rc
		      : tx_end(rw, audit_add(rw, who, what, object, detail));
}

int store_audit_verify(struct store_ro *ro, int64_t *rows)
{
	struct db *d = &ro->db;
	char hash[65], prev[65] = "";
	sqlite3_stmt *st;
	int64_t n = 0;
	int rc;

	rc = db_query(d, &st,
		"SELECT id, at, who, what, object, detail, hash FROM audit "
		"ORDER BY id",
		"");
	if (rc < 0)
		return rc;
	while ((rc = db_step(d, st)) > 0) {
		const char *text[4] = {col_str(st, 2), col_str(st, 3),
			col_str(st, 4), col_str(st, 5)};
		int64_t id = sqlite3_column_int64(st, 0);

		n++;
		chain_hash(prev, id, sqlite3_column_int64(st, 1), text, hash);
		if (id != n || strcmp(hash, col_str(st, 6)) != 0) {
			rc = err_set(E_DB,
				_("the audit log was changed at row %lld"),
				(long long)id);
			break;
		}
		memcpy(prev, hash, sizeof(prev));
	}
	db_end(d, st);
	if (rc < 0)
		return rc;
	*rows = n;
	return 0;
}

int store_audit_list(struct store_ro *ro, int limit, struct arena *a,
	struct audit_row **out, int *n)
{
	struct db *d = &ro->db;
	struct audit_row *v = NULL;
	sqlite3_stmt *st;
	int cap = 0, rc, k = 0;

	rc = db_query(d, &st,
		"SELECT id, at, who, what, object, detail, hash FROM audit "
		"ORDER BY id DESC LIMIT ?",
		"d", limit > 0 ? limit : -1);
	if (rc < 0)
		return rc;
	while ((rc = db_step(d, st)) > 0) {
		v = list_room(v, k, &cap, sizeof(*v));
		v[k++] = (struct audit_row){
			.id = sqlite3_column_int64(st, 0),
			.at_ms = sqlite3_column_int64(st, 1),
			.who = col_dup_str(a, st, 2),
			.what = col_dup_str(a, st, 3),
			.object = col_dup_str(a, st, 4),
			.detail = col_dup_str(a, st, 5),
			.hash = col_dup_str(a, st, 6),
		};
	}
	db_end(d, st);
	if (rc < 0) {
		free(v);
		return rc;
	}
	*out = list_keep(a, v, k, sizeof(*v));
	*n = k;
	return 0;
}

int salted_hash(struct db *d, const char *s, char out[65])
{
	struct arena *a = arena_new();
	const char *salt = "";
	struct sha256 h;
	int rc = db_text(d, a, &salt,
		"SELECT value FROM fact WHERE connector = 0 AND key = 'salt'",
		"");

	if (rc >= 0) {
		sha256_init(&h);
		hash_field(&h, salt ? salt : "");
		hash_field(&h, s);
		sha256_hex(&h, out);
	}
	arena_free(a);
	return rc < 0 ? rc : 0;
}

/* --- log ------------------------------------------------------------------ */

int log_add(struct store_rw *rw, int level, int connector, const char *stream,
	const char *text)
{
	struct db *d = rw_db(rw);
	int64_t id;
	int rc;

	rc = db_run(d,
		"INSERT INTO log (at, level, connector, stream, text) "
		"VALUES (?, ?, ?, ?, ?)",
		"iddtt", rw->now, level, connector, stream, text);
	if (rc < 0)
		return rc;
	id = sqlite3_last_insert_rowid(d->h);
	if (id % 256 == 0)
		rc = db_run(
			d, "DELETE FROM log WHERE id <= ?", "i", id - LOG_KEEP);
	return rc < 0 ? rc : 0;
}

int store_log(struct store_rw *rw, int level, int connector, const char *stream,
	const char *text)
{
	int rc = tx_begin(rw);

	return rc < 0 ? rc
		      : tx_end(rw, log_add(rw, level, connector, stream, text));
}

int store_log_list(struct store_ro *ro, int limit, struct arena *a,
	struct log_row **out, int *n)
{
	struct db *d = &ro->db;
	struct log_row *v;
	sqlite3_stmt *st;
	int rc, k = 0;

	if (limit <= 0 || limit > LOG_KEEP + 256)
		limit = LOG_KEEP + 256;
	v = xcalloc((size_t)limit, sizeof(*v));
	rc = db_query(d, &st,
		"SELECT l.id, l.at, l.level, c.name, l.stream, l.text "
		"FROM log l LEFT JOIN connector c ON c.id = l.connector "
		"ORDER BY l.id DESC LIMIT ?",
		"d", limit);
	while (rc >= 0 && (rc = db_step(d, st)) > 0)
		v[k++] = (struct log_row){
			.id = sqlite3_column_int64(st, 0),
			.at_ms = sqlite3_column_int64(st, 1),
			.level = sqlite3_column_int(st, 2),
			.connector = col_dup(a, st, 3),
			.stream = col_dup(a, st, 4),
			.text = col_dup_str(a, st, 5),
		};
	if (rc == 0) {
		db_end(d, st);
		*out = arena_alloc(a, (size_t)(k + 1) * sizeof(*v));
		memcpy(*out, v, (size_t)k * sizeof(*v));
		*n = k;
	}
	free(v);
	return rc;
}

/* --- drafts --------------------------------------------------------------- */

int draft_put(struct store_rw *rw, const char *key, const char *text)
{
	int rc = db_run(rw_db(rw),
		"INSERT INTO draft VALUES (?, ?, ?) ON CONFLICT DO UPDATE "
		"SET text = excluded.text, at = excluded.at",
		"tti", key, text, rw->now);

	return rc < 0 ? rc : 0;
}

int store_draft_put(struct store_rw *rw, const char *key, const char *text)
{
	int rc = tx_begin(rw);

	return rc < 0 ? rc : tx_end(rw, draft_put(rw, key, text));
}

int store_draft_get(struct store_ro *ro, const char *key, struct arena *a,
	const char **text)
{
	int rc = db_text(&ro->db, a, text,
		"SELECT ifnull(text, '') FROM draft WHERE key = ?", "t", key);

	if (rc == 0)
		return err_set(E_NOTFOUND, _("no draft for %s"), key);
	return rc < 0 ? rc : 0;
}

int store_draft_drop(struct store_rw *rw, const char *key)
{
	int rc = tx_begin(rw);

	if (rc < 0)
		return rc;
	rc = db_run(rw_db(rw), "DELETE FROM draft WHERE key = ?", "t", key);
	return tx_end(rw, rc < 0 ? rc : 0);
}

int store_draft_list(struct store_ro *ro, int limit, struct arena *a,
	struct draft_row **out, int *n)
{
	struct draft_row *v;
	sqlite3_stmt *st;
	int k = 0, rc;

	if (limit < 0)
		limit = 0;
	rc = db_query(&ro->db, &st,
		"SELECT key, text, at FROM draft ORDER BY at DESC, key LIMIT ?",
		"d", limit);
	if (rc < 0)
		return rc;
	v = xcalloc((size_t)limit + 1, sizeof(*v));
	while (k < limit && (rc = db_step(&ro->db, st)) > 0)
		v[k++] = (struct draft_row){
			.key = col_dup_str(a, st, 0),
			.text = col_dup_str(a, st, 1),
			.at_ms = sqlite3_column_int64(st, 2),
		};
	db_end(&ro->db, st);
	if (rc >= 0) {
		*out = arena_alloc(a, (size_t)(k + 1) * sizeof(*v));
		memcpy(*out, v, (size_t)k * sizeof(*v));
		*n = k;
	}
	free(v);
	return rc < 0 ? rc : 0;
}

/* --- connectors and facts ------------------------------------------------- */

int store_connector_id(struct store_ro *ro, const char *name, int *out)
{
	int64_t id;
	int rc = db_int(&ro->db, &id, "SELECT id FROM connector WHERE name = ?",
		"t", name);

	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(E_NOTFOUND,
			_("nothing is cached for a connector \"%s\""), name);
	*out = (int)id;
	return 0;
}

static int connector_add(
	struct store_rw *rw, const char *name, const char *kind)
{
	int rc = tx_begin(rw);

	if (rc < 0)
		return rc;
	rc = db_run(rw_db(rw),
		"INSERT INTO connector (name, kind) VALUES (?, ?) "
		"ON CONFLICT DO NOTHING",
		"tt", name, kind);
	/* once more elsewhere: should this page be damaged, an operation must
	 * not go to another backend that has its number then */
	if (rc >= 0)
		rc = db_run(rw_db(rw),
			"INSERT INTO fact SELECT id, 'name', name FROM "
			"connector WHERE name = ?1 UNION ALL "
			"SELECT id, 'kind', kind FROM connector WHERE "
			"name = ?1 ON CONFLICT DO NOTHING",
			"t", name);
	return tx_end(rw, rc < 0 ? rc : 0);
}

int store_connector(
	struct store_rw *rw, const char *name, const char *kind, int *out)
{
	int64_t known;
	int rc = db_int(rw_db(rw), &known,
		"SELECT 1 FROM connector c JOIN fact f ON f.connector = c.id "
		"AND f.key = 'name' WHERE c.name = ?",
		"t", name);

	if (rc == 0)
		rc = connector_add(rw, name, kind);
	return rc < 0 ? rc : store_connector_id(&rw->ro, name, out);
}

int store_fact_get(struct store_ro *ro, int connector, const char *key,
	struct arena *a, const char **out)
{
	int rc = db_text(&ro->db, a, out,
		"SELECT ifnull(value, '') FROM fact WHERE connector = ? "
		"AND key = ?",
		"dt", connector, key);

	if (rc == 0)
		return err_set(E_NOTFOUND, "no fact \"%s\"", key);
	return rc < 0 ? rc : 0;
}

int store_fact_set(
	struct store_rw *rw, int connector, const char *key, const char *value)
{
	struct db *d = rw_db(rw);
	int rc = tx_begin(rw);

	if (rc < 0)
		return rc;
	if (value)
		rc = db_run(d,
			"INSERT INTO fact VALUES (?, ?, ?) ON CONFLICT "
			"DO UPDATE SET value = excluded.value",
			"dtt", connector, key, value);
	else
		rc = db_run(d,
			"DELETE FROM fact WHERE connector = ? AND key = ?",
			"dt", connector, key);
	return tx_end(rw, rc < 0 ? rc : 0);
}
