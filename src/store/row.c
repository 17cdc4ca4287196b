/* SPDX-License-Identifier: MIT */
/*
 * Rows between their tables and memory, driven by fields.def: nobody else binds
 * or reads the columns of an entity. Writing a row takes its full text along.
 */
#include "store_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/json.h"
#include "galley/base/mem.h"

static const char *const common[C_FIELDS] = {
	[C_ID] = "id",
	[C_CONNECTOR] = "connector",
	[C_RID] = "rid",
	[C_VERSION] = "version",
	[C_STATE] = "state",
	[C_ALIAS] = "alias_of",
	[C_SEEN] = "seen",
	[C_GEN] = "gen",
	[C_X] = "x",
};

const char *row_state_name(int state)
{
	static const char *const names[] = {"live", "stub", "gone", "alias"};

	return state >= 0 && state < 4 ? names[state] : "?";
}

static const char *column(const struct entity_desc *d, int i)
{
	return i < C_FIELDS ? common[i] : d->fields[i - C_FIELDS].name;
}

/* Every column from `from` on, each with something before and after. */
static void columns(struct buf *b, const struct entity_desc *d, int from,
	const char *before, const char *after)
{
	int i;

	/* each search writes these: no formatting */
	for (i = from; i < C_FIELDS + d->n_fields; i++) {
		buf_adds(b, i == from ? "" : ", ");
		buf_adds(b, before);
		buf_adds(b, "\"");
		buf_adds(b, column(d, i));
		buf_adds(b, "\"");
		buf_adds(b, after);
	}
}

static void build_sql(struct buf *b, enum entity e, enum row_sql k)
{
	const struct entity_desc *d = entity_desc(e);
	int i;

	switch (k) {
	case SQL_INSERT:
		buf_addf(b, "INSERT INTO %s (", d->name);
		columns(b, d, 1, "", "");
		buf_adds(b, ") VALUES (?");
		for (i = 2; i < C_FIELDS + d->n_fields; i++)
			buf_adds(b, ", ?");
		buf_adds(b, ") ON CONFLICT (connector, rid) DO NOTHING");
		break;
	case SQL_UPDATE:
		buf_addf(b, "UPDATE %s SET ", d->name);
		columns(b, d, 1, "", " = ?");
		buf_adds(b, " WHERE id = ?");
		break;
	case SQL_BY_ID:
	case SQL_BY_RID:
		buf_adds(b, "SELECT ");
		columns(b, d, 0, "t.", "");
		buf_addf(b, " FROM %s t WHERE %s", d->name,
			k == SQL_BY_ID ? "id = ?"
				       : "connector = ? AND rid = ?");
		break;
	case SQL_COLUMNS:
		columns(b, d, 0, "t.", "");
		break;
	case ROW_SQLS:
		break;
	}
}

static const char *row_sql(struct db *d, enum entity e, enum row_sql k)
{
	struct buf b = BUF_INIT;

	if (!d->row_sql[e][k]) {
		build_sql(&b, e, k);
		d->row_sql[e][k] = buf_take(&b);
	}
	return d->row_sql[e][k];
}

void row_columns(struct db *d, struct buf *b, enum entity e)
{
	buf_adds(b, row_sql(d, e, SQL_COLUMNS));
}

/* --- values --------------------------------------------------------------- */

int val_same(const struct val *a, const struct val *b)
{
	if (a->kind != b->kind)
		return 0;
	if (a->kind == VAL_INT)
		return a->i == b->i;
	if (a->kind == VAL_TEXT)
		return a->len == b->len && !memcmp(a->s, b->s, a->len);
	return 1;
}

struct val val_text(const char *s)
{
	if (!s)
		return (struct val){.kind = VAL_NULL};
	return (struct val){.kind = VAL_TEXT, .s = s, .len = strlen(s)};
}

struct val val_int(int64_t i)
{
	return (struct val){.kind = VAL_INT, .i = i};
}

static struct val read_val(sqlite3_stmt *st, int i, struct arena *a)
{
	switch (sqlite3_column_type(st, i)) {
	case SQLITE_INTEGER:
		return val_int(sqlite3_column_int64(st, i));
	case SQLITE_TEXT:
		return (struct val){.kind = VAL_TEXT,
			.s = col_dup(a, st, i),
			.len = (size_t)sqlite3_column_bytes(st, i)};
	default:
		return (struct val){.kind = VAL_NULL};
	}
}

void img_read(sqlite3_stmt *st, enum entity e, struct arena *a, struct img *out)
{
	int i, n = entity_desc(e)->n_fields;

	*out = (struct img){
		.id = sqlite3_column_int64(st, C_ID),
		.connector = sqlite3_column_int(st, C_CONNECTOR),
		.rid = col_dup(a, st, C_RID),
		.version = col_dup(a, st, C_VERSION),
		.state = sqlite3_column_int(st, C_STATE),
		.alias_of = sqlite3_column_int64(st, C_ALIAS),
		.seen = sqlite3_column_int64(st, C_SEEN),
		.gen = sqlite3_column_int64(st, C_GEN),
		.x = col_dup(a, st, C_X),
	};
	for (i = 0; i < n; i++)
		out->v[i] = read_val(st, C_FIELDS + i, a);
}

static int img_one(struct db *d, sqlite3_stmt *st, enum entity e,
	struct arena *a, struct img *out)
{
	int rc = db_step(d, st);

	if (rc > 0)
		img_read(st, e, a, out);
	db_end(d, st);
	return rc;
}

int img_by_id(struct db *d, enum entity e, int64_t id, struct arena *a,
	struct img *out)
{
	sqlite3_stmt *st;
	int rc = db_query(d, &st, row_sql(d, e, SQL_BY_ID), "i", id);

	return rc < 0 ? rc : img_one(d, st, e, a, out);
}

int img_by_rid(struct db *d, enum entity e, int connector, const char *rid,
	struct arena *a, struct img *out)
{
	sqlite3_stmt *st;
	int rc = db_query(
		d, &st, row_sql(d, e, SQL_BY_RID), "dt", connector, rid);

	return rc < 0 ? rc : img_one(d, st, e, a, out);
}

/* --- writing -------------------------------------------------------------- */

static int bind_val(sqlite3_stmt *st, int i, const struct val *v)
{
	switch (v->kind) {
	case VAL_INT:
		return sqlite3_bind_int64(st, i, v->i);
	case VAL_TEXT:
		return sqlite3_bind_text64(
			st, i, v->s, v->len, SQLITE_STATIC, SQLITE_UTF8);
	default:
		return sqlite3_bind_null(st, i);
	}
}

/* Parameters are the columns without the id. */
static int bind_img(sqlite3_stmt *st, enum entity e, const struct img *im)
{
	int i, n = entity_desc(e)->n_fields, rc = 0;

	rc |= sqlite3_bind_int(st, C_CONNECTOR, im->connector);
	rc |= sqlite3_bind_text(st, C_RID, im->rid, -1, SQLITE_STATIC);
	rc |= sqlite3_bind_text(st, C_VERSION, im->version, -1, SQLITE_STATIC);
	rc |= sqlite3_bind_int(st, C_STATE, im->state);
	if (im->alias_of)
		rc |= sqlite3_bind_int64(st, C_ALIAS, im->alias_of);
	rc |= sqlite3_bind_int64(st, C_SEEN, im->seen);
	rc |= sqlite3_bind_int64(st, C_GEN, im->gen);
	rc |= sqlite3_bind_text(st, C_X, im->x, -1, SQLITE_STATIC);
	for (i = 0; i < n; i++)
		rc |= bind_val(st, C_FIELDS + i, &im->v[i]);
	return rc;
}

static int write_img(
	struct db *d, enum entity e, enum row_sql k, const struct img *im)
{
	sqlite3_stmt *st;
	int rc = db_prepare(d, row_sql(d, e, k), &st);

	if (rc < 0)
		return rc;
	if (bind_img(st, e, im) != SQLITE_OK ||
		(k == SQL_UPDATE && sqlite3_bind_int64(st,
					    C_FIELDS + entity_desc(e)->n_fields,
					    im->id) != SQLITE_OK))
		rc = db_err(d, "bind");
	if (rc == 0)
		rc = db_step(d, st);
	if (rc == 0)
		rc = sqlite3_changes(d->h);
	db_end(d, st);
	return rc;
}

int img_insert(struct store_rw *rw, enum entity e, struct img *im)
{
	struct db *d = rw_db(rw);
	int rc = write_img(d, e, SQL_INSERT, im);

	if (rc <= 0)
		return rc;
	im->id = sqlite3_last_insert_rowid(d->h);
	rc = fts_added(rw, e, im);
	return rc < 0 ? rc : 1;
}

int img_update(struct store_rw *rw, enum entity e, const struct img *old,
	const struct img *now)
{
	int rc = fts_changed(rw, e, old, now);

	if (rc == 0)
		rc = write_img(rw_db(rw), e, SQL_UPDATE, now);
	return rc < 0 ? rc : 0;
}

/* --- documents ------------------------------------------------------------ */

void img_to_doc(const struct img *im, enum entity e, struct buf *out)
{
	const struct entity_desc *d = entity_desc(e);
	struct jw w;
	int i;

	jw_init(&w, out);
	jw_obj(&w);
	for (i = 0; i < d->n_fields; i++) {
		const struct val *v = &im->v[i];

		if (v->kind == VAL_INT) {
			jw_kint(&w, d->fields[i].name, v->i);
		} else if (v->kind == VAL_TEXT) {
			jw_key(&w, d->fields[i].name);
			jw_strn(&w, v->s, v->len);
		}
	}
	jw_obj_end(&w);
}

static struct val doc_val(
	const struct field_desc *f, const struct json *v, struct arena *a)
{
	int is_text =
		f->type == FT_TEXT || f->type == FT_SET || f->type == FT_JSON;
	int64_t i;

	if (is_text)
		return val_text(arena_strdup(a, json_str(v)));
	return json_int(v, &i) ? val_int(i) : (struct val){.kind = VAL_NULL};
}

int img_from_doc(
	struct img *im, enum entity e, const char *doc, struct arena *a)
{
	const struct entity_desc *d = entity_desc(e);
	struct json_doc *j;
	int i, rc;

	rc = json_parse(doc, strlen(doc), &json_limits_wire, &j);
	if (rc < 0)
		return err_ctx("shadow");
	for (i = 0; i < d->n_fields; i++)
		im->v[i] = doc_val(&d->fields[i],
			json_get(json_root(j), d->fields[i].name), a);
	json_free(j);
	return 0;
}
