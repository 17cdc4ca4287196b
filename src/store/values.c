/* SPDX-License-Identifier: MIT */
/*
 * A row's values for those who compare: as JSON, references as remote ids with
 * the display name beside them ("queue":"1","queue_name":"billing"), once as
 * the server showed them and once as people see them. And the head of a thread.
 */
#include "store_priv.h"

#include <stdio.h>
#include <string.h>

#include "galley/base/i18n.h"
#include "galley/base/json.h"
#include "galley/base/mem.h"

static int print_ref(struct db *d, struct jw *w, const struct field_desc *f,
	int64_t id, struct arena *a)
{
	enum entity to = field_ref(f->type);
	const char *rid = NULL, *name = NULL;
	struct buf sql = BUF_INIT;
	char key[64];
	int rc;

	buf_addf(
		&sql, "SELECT rid FROM %s WHERE id = ?", entity_desc(to)->name);
	rc = db_text(d, a, &rid, buf_str(&sql), "i", id);
	buf_fini(&sql);
	if (rc >= 0)
		rc = row_display(d, to, id, a, &name);
	if (rc < 0)
		return rc;
	jw_kstr(w, f->name, rid);
	snprintf(key, sizeof(key), "%s_name", f->name);
	jw_kstr(w, key, name);
	return 0;
}

static void print_json_text(struct jw *w, const char *key, const char *s)
{
	struct json_doc *doc;

	if (json_parse(s, strlen(s), &json_limits_wire, &doc) < 0) {
		jw_kstr(w, key, s);
		return;
	}
	jw_key(w, key);
	jw_json(w, json_root(doc));
	json_free(doc);
}

static int print_field(struct db *d, struct jw *w, const struct field_desc *f,
	const struct val *v, struct arena *a)
{
	if (v->kind == VAL_INT && field_ref(f->type) != ENT_COUNT)
		return print_ref(d, w, f, v->i, a);
	if (v->kind == VAL_INT)
		jw_kint(w, f->name, v->i);
	else if (v->kind == VAL_TEXT &&
		 (f->type == FT_SET || f->type == FT_JSON))
		print_json_text(w, f->name, v->s);
	else
		jw_kstr(w, f->name, v->kind == VAL_TEXT ? v->s : NULL);
	return 0;
}

static int print_values(struct db *d, enum entity e, const struct img *im,
	struct arena *a, const char **out)
{
	const struct entity_desc *ed = entity_desc(e);
	struct buf b = BUF_INIT;
	struct jw w;
	int i, rc = 0;

	jw_init(&w, &b);
	jw_obj(&w);
	for (i = 0; i < ed->n_fields && rc == 0; i++)
		rc = print_field(d, &w, &ed->fields[i], &im->v[i], a);
	jw_obj_end(&w);
	if (rc == 0)
		*out = arena_strdup(a, buf_str(&b));
	buf_fini(&b);
	return rc;
}

static int read_row(struct db *d, enum entity e, int64_t id, struct arena *a,
	struct img *im)
{
	int rc = img_by_id(d, e, id, a, im);

	if (rc == 0)
		return err_set(E_NOTFOUND, _("there is no such %s here"),
			entity_desc(e)->name);
	return rc < 0 ? rc : 0;
}

int seen_values(struct db *d, enum entity e, int64_t id, struct arena *a,
	const char **json)
{
	struct img im;
	int rc = read_row(d, e, id, a, &im);

	return rc < 0 ? rc : print_values(d, e, &im, a, json);
}

int store_base_values(struct store_ro *ro, enum entity e, int64_t id,
	struct arena *a, const char **json, const char **version)
{
	struct db *d = &ro->db;
	struct img im;
	int rc = row_follow(d, e, &id);

	if (rc == 0)
		rc = read_row(d, e, id, a, &im);
	if (rc == 0)
		rc = shadow_read(d, e, id, a, &im, NULL);
	if (rc >= 0)
		rc = print_values(d, e, &im, a, json);
	if (rc == 0)
		*version = im.version;
	return rc;
}

int store_thread_newest_in(
	struct store_ro *ro, enum entity e, int64_t target, int64_t *out)
{
	struct db *d = &ro->db;
	int rc;

	*out = 0;
	if ((e != ENT_CONVERSATION && e != ENT_TICKET) ||
		memo_find_number(d, MEMO_NEWEST_IN, (int)e, target, out))
		return 0;
	rc = db_int(d, out,
		e == ENT_CONVERSATION
			? "SELECT ifnull(max(id), 0) FROM message "
			  "WHERE conversation = ? AND state = 0 AND dir = 'in'"
			: "SELECT ifnull(max(id), 0) FROM message "
			  "WHERE ticket = ? AND state = 0 AND dir = 'in'",
		"i", target);
	if (rc < 0)
		return rc;
	memo_keep_number(d, MEMO_NEWEST_IN, (int)e, target, *out);
	return 0;
}

int store_thread_head(struct store_ro *ro, enum entity e, int64_t target,
	struct arena *a, int64_t *newest, const char **newest_rid,
	int64_t *newest_in)
{
	struct db *d = &ro->db;
	const char *col = e == ENT_CONVERSATION ? "conversation" : "ticket";
	struct buf sql = BUF_INIT;
	sqlite3_stmt *st;
	int rc;

	if (e != ENT_CONVERSATION && e != ENT_TICKET) {
		*newest = *newest_in = 0;
		*newest_rid = NULL;
		return 0;
	}
	/* By local id, which is the order of landing: what landed after the
	 * writer looked is what the writer has not seen. */
	buf_addf(&sql,
		"SELECT ifnull(max(id), 0), "
		"ifnull(max(CASE dir WHEN 'in' THEN id END), 0), "
		"(SELECT rid FROM message WHERE %s = ?1 AND state = 0 "
		"AND rid IS NOT NULL ORDER BY +id DESC LIMIT 1) "
		"FROM message WHERE %s = ?1 AND state = 0",
		col, col);
	rc = db_query(d, &st, buf_str(&sql), "i", target);
	buf_fini(&sql);
	if (rc < 0)
		return rc;
	rc = db_step(d, st);
	if (rc > 0) {
		*newest = sqlite3_column_int64(st, 0);
		*newest_in = sqlite3_column_int64(st, 1);
		*newest_rid = col_dup(a, st, 2);
	}
	db_end(d, st);
	return rc < 0 ? rc : 0;
}
