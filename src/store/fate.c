/* SPDX-License-Identifier: MIT */
/*
 * What becomes of rows: gone, merged into another, emptied, erased. A row is
 * never deleted: its id stays taken, so that nothing that remembers an id
 * (an operation's `seen`, a screen) can come to mean another row.
 */
#include "store_priv.h"

#include <string.h>

#include "galley/base/mem.h"

static int set_state(struct store_rw *rw, enum entity e, int64_t id, int state,
	int64_t alias_of, int64_t at)
{
	struct buf sql = BUF_INIT;
	int rc;

	buf_addf(&sql,
		"UPDATE %s SET state = ?2, alias_of = nullif(?3, 0), seen = ?4 "
		"WHERE id = ?1 AND state <> ?2",
		entity_desc(e)->name);
	rc = db_run(rw_db(rw), buf_str(&sql), "idii", id, state, alias_of, at);
	buf_fini(&sql);
	return rc;
}

int mark_gone(struct store_rw *rw, enum entity e, int64_t id, int64_t at)
{
	struct buf sql = BUF_INIT;
	int64_t state = ROW_GONE;
	int rc;

	buf_addf(&sql, "SELECT state FROM %s WHERE id = ?",
		entity_desc(e)->name);
	rc = db_int(rw_db(rw), &state, buf_str(&sql), "i", id);
	buf_fini(&sql);
	/* a merged row's id does not answer any more: that is no news */
	if (rc <= 0 || state >= ROW_GONE)
		return rc < 0 ? rc : 0;
	return set_state(rw, e, id, ROW_GONE, 0, at);
}

/* Everything that refers to `id` refers to `to`. */
static int move_refs(struct db *d, enum entity e, int64_t id, int64_t to)
{
	int k, i, rc;

	for (k = 0; k < ENT_COUNT; k++) {
		const struct entity_desc *ed = entity_desc((enum entity)k);

		for (i = 0; i < ed->n_fields; i++) {
			struct buf sql = BUF_INIT;

			if (field_ref(ed->fields[i].type) != e)
				continue;
			buf_addf(&sql, "UPDATE %s SET %s = ?2 WHERE %s = ?1",
				ed->name, ed->fields[i].name,
				ed->fields[i].name);
			rc = db_run(d, buf_str(&sql), "ii", id, to);
			buf_fini(&sql);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

static int drop_shadow(struct store_rw *rw, enum entity e, int64_t id)
{
	int rc = db_run(rw_db(rw),
		"DELETE FROM shadow WHERE entity = ? AND id = ?", "ti",
		entity_desc(e)->name, id);

	return rc < 0 ? rc : 0;
}

/* Operations go with the row they were meant for. */
static int move_ops(struct store_rw *rw, enum entity e, int64_t id, int64_t to)
{
	int n = db_run(rw_db(rw),
		"UPDATE op SET target = ?3 WHERE entity = ?1 AND target = ?2 "
		"AND open = 1",
		"tii", entity_desc(e)->name, id, to);
	int rc = n;

	if (rc >= 0)
		rc = drop_shadow(rw, e, id);
	if (rc >= 0 && n > 0)
		rc = shadow_ensure(rw, e, to);
	if (rc >= 0 && n > 0)
		rc = overlay_apply(rw, e, to);
	return rc < 0 ? rc : 0;
}

/* What was said on the other one lies below the position up to which this one
 * was read, and we may not have seen all of it: what is read key by key is read
 * from its beginning. */
static int read_again(struct store_rw *rw, enum entity e, int64_t id)
{
	struct db *d = rw_db(rw);
	struct arena *a = arena_new();
	const char *streams[8];
	struct buf sql = BUF_INIT;
	const char *rid = NULL;
	int64_t connector = 0;
	sqlite3_stmt *st;
	int rc, n = 0;

	buf_addf(&sql,
		"SELECT c.connector, c.stream, c.key FROM cursor c JOIN %s t "
		"ON t.connector = c.connector AND t.rid = c.key "
		"WHERE t.id = ? AND c.key <> ''",
		entity_desc(e)->name);
	rc = db_query(d, &st, buf_str(&sql), "i", id);
	while (rc >= 0 && n < (int)ARRAY_SIZE(streams) &&
		(rc = db_step(d, st)) > 0) {
		connector = sqlite3_column_int64(st, 0);
		streams[n++] = col_dup_str(a, st, 1);
		rid = col_dup_str(a, st, 2);
	}
	db_end(d, st);
	for (int i = 0; i < n && rc >= 0; i++) {
		rc = db_run(d,
			"DELETE FROM cursor WHERE connector = ? AND stream = ? "
			"AND key = ?",
			"dtt", (int)connector, streams[i], rid);
		if (rc >= 0)
			rc = touch_put(
				rw, (int)connector, streams[i], rid, NULL, 0);
	}
	buf_fini(&sql);
	arena_free(a);
	return rc < 0 ? rc : 0;
}

int mark_alias(
	struct store_rw *rw, enum entity e, int64_t id, int64_t to, int64_t at)
{
	struct db *d = rw_db(rw);
	int rc = row_follow(d, e, &to);
	int moved;

	if (rc < 0 || id == to)
		return rc;
	moved = rc = set_state(rw, e, id, ROW_ALIAS, to, at);
	if (rc == 0) /* an alias already, perhaps of another row now */
		return 0;
	if (rc >= 0)
		rc = move_refs(d, e, id, to);
	if (rc >= 0)
		rc = move_ops(rw, e, id, to);
	if (rc >= 0)
		rc = bind_joined(rw, e, to);
	if (rc >= 0)
		rc = read_again(rw, e, to);
	ids_forget(rw);
	return rc < 0 ? rc : moved;
}

int row_blank(struct store_rw *rw, enum entity e, int64_t id)
{
	struct arena *a = arena_new();
	struct img old, now;
	int i, rc = img_by_id(rw_db(rw), e, id, a, &old);

	if (rc > 0) {
		now = (struct img){.id = id,
			.connector = old.connector,
			.state = ROW_GONE,
			.seen = rw->now};
		for (i = 0; i < ENTITY_MAX_FIELDS; i++)
			now.v[i].kind = VAL_NULL;
		rc = img_update(rw, e, &old, &now);
	}
	if (rc >= 0)
		rc = drop_shadow(rw, e, id);
	arena_free(a);
	return rc;
}

/* --- erasure -------------------------------------------------------------- */

int erase_note(
	struct store_rw *rw, enum entity e, int connector, const char *rid)
{
	char hash[65];
	int rc;

	if (!rid)
		return 0;
	rc = salted_hash(rw_db(rw), rid, hash);
	if (rc < 0)
		return rc;
	rw->erased = 1;
	rc = db_run(rw_db(rw),
		"INSERT INTO erased VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
		"dtt", connector, entity_desc(e)->name, hash);
	return rc < 0 ? rc : 0;
}

int was_erased(
	struct store_rw *rw, enum entity e, int connector, const char *rid)
{
	struct db *d = rw_db(rw);
	int64_t one = 0;
	char hash[65];
	int rc;

	if (rw->erased < 0) {
		rc = db_int(
			d, &one, "SELECT EXISTS (SELECT 1 FROM erased)", "");
		if (rc < 0)
			return rc;
		rw->erased = (int)one;
	}
	if (!rw->erased)
		return 0;
	rc = salted_hash(d, rid, hash);
	if (rc < 0)
		return rc;
	return db_int(d, &one,
		"SELECT 1 FROM erased WHERE connector = ? AND entity = ? "
		"AND hash = ?",
		"dtt", connector, entity_desc(e)->name, hash);
}
