/* SPDX-License-Identifier: MIT */
/*
 * Two layers: what the server last showed (`shadow`, only while operations are
 * open on a row) and what people see (the row = shadow + those operations, in
 * order). No merge code: a pull replaces the shadow and the operations are
 * replayed.
 */
#include "store_priv.h"

#include <stdlib.h>
#include <string.h>

#include "galley/base/json.h"
#include "galley/base/mem.h"

int shadow_read(struct db *d, enum entity e, int64_t id, struct arena *a,
	struct img *im, int64_t *at)
{
	sqlite3_stmt *st;
	int rc = db_query(d, &st,
		"SELECT doc, at FROM shadow WHERE entity = ? AND id = ?", "ti",
		entity_desc(e)->name, id);

	if (rc < 0)
		return rc;
	rc = db_step(d, st);
	if (rc > 0) {
		if (at)
			*at = sqlite3_column_int64(st, 1);
		if (img_from_doc(im, e, col_str(st, 0), a) < 0)
			rc = E_DB;
	}
	db_end(d, st);
	return rc;
}

int shadow_write(
	struct store_rw *rw, enum entity e, const struct img *base, int64_t at)
{
	struct buf doc = BUF_INIT;
	int rc;

	img_to_doc(base, e, &doc);
	rc = db_run(rw_db(rw),
		"INSERT INTO shadow VALUES (?, ?, ?, ?, ?) ON CONFLICT DO "
		"UPDATE SET version = excluded.version, at = excluded.at, "
		"doc = excluded.doc",
		"titit", entity_desc(e)->name, base->id, base->version, at,
		buf_str(&doc));
	buf_fini(&doc);
	return rc < 0 ? rc : 0;
}

static int touches_row(const struct op *op)
{
	return op_desc(op->kind)->cls != OPC_CREATE && op_fields(op) != 0;
}

int shadow_ensure(struct store_rw *rw, enum entity e, int64_t id)
{
	struct db *d = rw_db(rw);
	struct arena *a = arena_new();
	struct img im, shadow;
	int rc = img_by_id(d, e, id, a, &im);

	shadow = im;
	if (rc > 0)
		rc = shadow_read(d, e, id, a, &shadow, NULL) == 0
			     ? shadow_write(rw, e, &im, im.seen)
			     : 0;
	arena_free(a);
	return rc;
}

/* --- effects -------------------------------------------------------------- */

struct effect {
	struct db *db;
	const struct op_row *r;
	struct arena *a;
	struct img *im;
	int unknown; /* words that name no row here */
	int rc;
};

/* An effect's text as the value a column takes. 0: it means nothing here. */
static int effect_val(struct effect *u, const struct field_desc *f,
	const char *text, struct val *out)
{
	enum entity to = field_ref(f->type);
	int64_t id;
	int rc;

	if (!text) {
		*out = (struct val){.kind = VAL_NULL};
		return 1;
	}
	if (to != ENT_COUNT) {
		rc = id_by_word(u->db, to, u->r->connector, text, &id);
		if (rc > 0)
			*out = val_int(id);
		u->unknown += rc == 0;
		return rc;
	}
	if (f->type == FT_INT || f->type == FT_TIME || f->type == FT_BOOL)
		*out = val_int(strtoll(text, NULL, 10));
	else
		*out = val_text(arena_strdup(u->a, text));
	return 1;
}

static void put_effect(void *user, enum field_id f, const char *text)
{
	struct effect *u = user;
	struct val v;
	int rc;

	if (u->rc < 0 || field_desc(f)->entity != u->r->entity)
		return;
	rc = effect_val(u, field_desc(f), text, &v);
	if (rc < 0)
		u->rc = rc;
	else if (rc > 0)
		u->im->v[field_index(f)] = v;
}

static int set_has(const struct json *set, const char *s)
{
	const struct json *v;

	for (v = json_first(set); v; v = json_next(v))
		if (json_str(v) && strcmp(json_str(v), s) == 0)
			return 1;
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* (set - remove) + add, in the canonical form: sorted, each once. */
static void set_print(struct buf *out, const struct json *set,
	const struct json *add, const struct json *remove)
{
	size_t cap = json_len(set) + json_len(add) + 1, n = 0, i;
	const char **v = xcalloc(cap, sizeof(*v));
	const struct json *e;
	struct jw w;

	for (e = json_first(set); e; e = json_next(e))
		if (json_str(e) && !set_has(remove, json_str(e)))
			v[n++] = json_str(e);
	for (e = json_first(add); e; e = json_next(e))
		if (json_str(e))
			v[n++] = json_str(e);
	qsort(v, n, sizeof(*v), by_text);
	jw_init(&w, out);
	jw_arr(&w);
	for (i = 0; i < n; i++)
		if (i == 0 || strcmp(v[i], v[i - 1]) != 0)
			jw_str(&w, v[i]);
	jw_arr_end(&w);
	free(v);
}

static enum field_id tags_field(enum entity e)
{
	return e == ENT_CONVERSATION ? FID_CONVERSATION_TAGS : FID_TICKET_TAGS;
}

static int parse(const char *s, struct json_doc **out)
{
	return json_parse(s, strlen(s), &json_limits_wire, out);
}

static int apply_set(const struct op_row *r, struct arena *a, struct img *im)
{
	struct val *tags = img_val(im, tags_field(r->entity));
	struct json_doc *args, *now;
	struct buf b = BUF_INIT;

	if (parse(r->op.args, &args) < 0)
		return 0;
	if (parse(tags->kind == VAL_TEXT ? tags->s : "[]", &now) == 0) {
		set_print(&b, json_root(now), json_get(json_root(args), "add"),
			json_get(json_root(args), "remove"));
		*tags = val_text(arena_strdup(a, buf_str(&b)));
		json_free(now);
	}
	buf_fini(&b);
	json_free(args);
	return 0;
}

/* Custom fields of args.set: members "cf.NAME" of the `cf` object. */
static void print_cf(
	struct buf *b, const struct json *cf, const struct json *set)
{
	const struct json *v;
	struct jw w;

	jw_init(&w, b);
	jw_obj(&w);
	for (v = json_first(cf); v; v = json_next(v)) {
		struct buf key = BUF_INIT;

		buf_addf(&key, "cf.%s", json_key(v));
		if (!json_get(set, buf_str(&key))) {
			jw_key(&w, json_key(v));
			jw_json(&w, v);
		}
		buf_fini(&key);
	}
	for (v = json_first(set); v; v = json_next(v))
		if (strncmp(json_key(v), "cf.", 3) == 0 && !json_is_null(v)) {
			jw_key(&w, json_key(v) + 3);
			jw_json(&w, v);
		}
	jw_obj_end(&w);
}

static void apply_cf(const struct op_row *r, struct arena *a, struct img *im)
{
	struct val *cf;
	struct json_doc *args, *now;
	struct buf b = BUF_INIT;

	if (r->entity != ENT_TICKET || !strstr(r->op.args, "\"cf."))
		return;
	cf = img_val(im, FID_TICKET_CF);
	if (parse(r->op.args, &args) < 0)
		return;
	if (parse(cf->kind == VAL_TEXT ? cf->s : "{}", &now) == 0) {
		print_cf(&b, json_root(now), json_get(json_root(args), "set"));
		*cf = val_text(arena_strdup(a, buf_str(&b)));
		json_free(now);
	}
	buf_fini(&b);
	json_free(args);
}

/* CREATE says subject and queue beside `set`. */
static void apply_create(struct effect *u)
{
	static const struct {
		const char *arg;
		enum field_id f;
	} fields[] = {
		{"queue", FID_TICKET_QUEUE},
		{"subject", FID_TICKET_SUBJECT},
		{"customer", FID_TICKET_CUSTOMER},
	};
	struct json_doc *args;
	size_t i;

	if (u->r->op.kind != OP_TICKET_CREATE ||
		parse(u->r->op.args, &args) < 0)
		return;
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		const char *s = json_get_str(json_root(args), fields[i].arg);

		if (s)
			put_effect(u, fields[i].f, s);
	}
	json_free(args);
}

int op_apply(
	struct db *d, const struct op_row *r, struct arena *a, struct img *im)
{
	struct effect u = {.db = d, .r = r, .a = a, .im = im};

	op_effect(&r->op, r->me, put_effect, &u);
	apply_create(&u);
	apply_cf(r, a, im);
	if (u.rc == 0 && op_desc(r->op.kind)->cls == OPC_SET)
		u.rc = apply_set(r, a, im);
	return u.rc < 0 ? u.rc : u.unknown;
}

/* --- rows ----------------------------------------------------------------- */

static int replay(struct db *d, struct arena *a, const struct op_row *ops,
	int n, struct img *im, int *any)
{
	int i, rc;

	*any = 0;
	for (i = 0; i < n; i++) {
		if (!touches_row(&ops[i].op))
			continue;
		*any = 1;
		rc = op_apply(d, &ops[i], a, im);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int overlay_in(
	struct store_rw *rw, enum entity e, int64_t id, struct arena *a)
{
	struct db *d = rw_db(rw);
	struct img old, now;
	struct op_row *ops;
	int n, any, i, same = 1, rc;

	rc = img_by_id(d, e, id, a, &old);
	if (rc <= 0)
		return rc;
	now = old;
	rc = shadow_read(d, e, id, a, &now, NULL);
	if (rc <= 0)
		return rc;
	rc = ops_of_row(d, e, id, a, &ops, &n);
	if (rc == 0)
		rc = replay(d, a, ops, n, &now, &any);
	if (rc == 0 && !any)
		rc = db_run(d, "DELETE FROM shadow WHERE entity = ? AND id = ?",
			"ti", entity_desc(e)->name, id);
	for (i = 0; i < entity_desc(e)->n_fields; i++)
		same &= val_same(&old.v[i], &now.v[i]);
	if (rc >= 0 && !same)
		rc = img_update(rw, e, &old, &now);
	return rc < 0 ? rc : 0;
}

int overlay_apply(struct store_rw *rw, enum entity e, int64_t id)
{
	struct arena *a = arena_new();
	int rc = overlay_in(rw, e, id, a);

	arena_free(a);
	return rc;
}

int shadow_fold(struct store_rw *rw, const struct op_row *r)
{
	struct db *d = rw_db(rw);
	struct arena *a;
	struct img im;
	int64_t at = 0;
	int rc;

	if (!touches_row(&r->op))
		return 0;
	a = arena_new();
	rc = img_by_id(d, r->entity, r->op.target, a, &im);
	if (rc > 0)
		rc = shadow_read(d, r->entity, im.id, a, &im, &at);
	/* what was pulled after the server's yes knows better */
	if (rc > 0 && at <= r->op.armed_ms) {
		rc = op_apply(d, r, a, &im);
		if (rc >= 0)
			rc = shadow_write(rw, r->entity, &im, at);
	}
	arena_free(a);
	return rc < 0 ? rc : 0;
}

/* A backend may keep seconds only. */
static int near_same(
	enum field_type t, const struct val *a, const struct val *b)
{
	if (t == FT_TIME && a->kind == VAL_INT && b->kind == VAL_INT)
		return a->i / 1000 == b->i / 1000;
	if (t == FT_TEXT && a->kind == VAL_TEXT && b->kind == VAL_TEXT)
		return text_same(a->s, b->s);
	/* nothing and an empty text, nothing and zero */
	if (a->kind == VAL_NULL && b->kind == VAL_INT)
		return b->i == 0;
	if (a->kind == VAL_NULL && b->kind == VAL_TEXT)
		return b->len == 0;
	return val_same(a, b);
}

int op_shown(struct db *d, const struct op_row *r, struct arena *a,
	const struct img *base)
{
	const struct entity_desc *ed = entity_desc(r->entity);
	struct img want = *base;
	uint64_t bits = op_fields(&r->op);
	int i, rc = op_apply(d, r, a, &want);

	if (rc < 0)
		return rc;
	if (rc > 0 || !bits) /* a name that is not here cannot be shown */
		return 0;
	for (i = 0; i < ed->n_fields; i++) {
		if (!(bits >> i & 1))
			continue;
		if (!near_same(ed->fields[i].type, &want.v[i], &base->v[i]) &&
			!near_same(ed->fields[i].type, &base->v[i], &want.v[i]))
			return 0;
	}
	return 1;
}
