/* SPDX-License-Identifier: MIT */
/*
 * Rows as people get them: references with the name of what they point to, and
 * how many operations wait. Lists that follow a reference and threads are here;
 * lists that follow a query are in query.c.
 */
#include "store_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"

void rows_init(struct rows *r, enum entity e)
{
	*r = (struct rows){.arena = arena_new(), .entity = e};
}

void rows_free(struct rows *r)
{
	if (!r)
		return;
	arena_free(r->arena);
	arena_free(r->under);
	*r = (struct rows){0};
}

const struct val *row_get(const struct row *r, enum field_id f)
{
	return &r->v[field_index(f)];
}

static struct row *grow(struct rows *r)
{
	/* room for 4, then doubled whenever it is full */
	if (r->n == 0 || (r->n >= 4 && (r->n & (r->n - 1)) == 0)) {
		size_t cap = r->n ? (size_t)r->n * 2 : 4;
		struct row *v = arena_alloc(r->arena, cap * sizeof(*v));

		if (r->n)
			memcpy(v, r->v, (size_t)r->n * sizeof(*v));
		r->v = v;
	}
	return &r->v[r->n++];
}

struct row *rows_add(struct rows *r, sqlite3_stmt *st)
{
	struct row *row = grow(r);
	struct img im;

	img_read(st, r->entity, r->arena, &im);
	*row = (struct row){.id = im.id,
		.connector = im.connector,
		.rid = im.rid,
		.version = im.version,
		.state = row_state_name(im.state),
		.seen_ms = im.seen,
		.x = im.x};
	memcpy(row->v, im.v, sizeof(row->v));
	return row;
}

/* --- names ---------------------------------------------------------------- */

static const char *const display_sql[ENT_COUNT] = {
	[ENT_QUEUE] = "SELECT ifnull(name, rid) FROM queue WHERE id = ?",
	[ENT_AGENT] = "SELECT coalesce(nullif(name, ''), login, rid) "
		      "FROM agent WHERE id = ?",
	[ENT_CUSTOMER] = "SELECT ifnull(nullif(name, ''), rid) "
			 "FROM customer WHERE id = ?",
	[ENT_TICKET] = "SELECT coalesce(number, subject, rid) "
		       "FROM ticket WHERE id = ?",
	[ENT_CONVERSATION] = "SELECT ifnull(nullif(subject, ''), rid) "
			     "FROM conversation WHERE id = ?",
	[ENT_MESSAGE] = "SELECT rid FROM message WHERE id = ?",
	[ENT_ARTICLE] = "SELECT ifnull(nullif(title, ''), rid) "
			"FROM article WHERE id = ?",
	[ENT_ORDER] = "SELECT ifnull(number, rid) FROM purchase WHERE id = ?",
};

int row_display(struct db *d, enum entity e, int64_t id, struct arena *a,
	const char **out)
{
	*out = NULL;
	return display_sql[e] ? db_text(d, a, out, display_sql[e], "i", id) : 0;
}

/* Of many rows, most are of few queues and people. */
#define NAME_SLOTS 64

struct names {
	struct {
		int64_t id;
		enum entity e;
		const char *s;
	} slot[NAME_SLOTS];
};

static int look_up(struct db *d, enum entity e, int64_t id, struct arena *a,
	const char **out)
{
	int rc;

	if (memo_find_text(d, MEMO_NAME, (int)e, id, a, out))
		return 0;
	rc = row_display(d, e, id, a, out);
	if (rc >= 0)
		memo_keep_text(d, MEMO_NAME, (int)e, id, *out);
	return rc;
}

static int name_of(struct db *d, struct names *n, enum entity e, struct val *v,
	struct arena *a)
{
	size_t i = ((size_t)v->i * 31 + (size_t)e) % NAME_SLOTS;
	int rc;

	if (n->slot[i].id != v->i || n->slot[i].e != e) {
		rc = look_up(d, e, v->i, a, &n->slot[i].s);
		if (rc < 0)
			return rc;
		n->slot[i].id = v->i;
		n->slot[i].e = e;
	}
	v->s = n->slot[i].s;
	v->len = v->s ? strlen(v->s) : 0;
	return 0;
}

static int pending_of(struct db *d, enum entity e, struct row *row)
{
	const struct val *op = &row->v[field_index(FID_MESSAGE_OP)];
	int64_t n = 0;
	int rc;

	if (e != ENT_MESSAGE)
		rc = db_int(d, &n,
			"SELECT count(*) FROM op WHERE open = 1 AND target = ? "
			"AND entity = ?",
			"it", row->id, entity_desc(e)->name);
	else if (op->kind == VAL_TEXT)
		rc = db_int(
			d, &n, "SELECT open FROM op WHERE uid = ?", "t", op->s);
	else
		return 0;
	row->pending = (int)n;
	return rc < 0 ? rc : 0;
}

static int any_waits(struct db *d, int64_t *any)
{
	int rc;

	if (memo_find_number(d, MEMO_WAITING, 0, 0, any))
		return 0;
	rc = db_int(
		d, any, "SELECT EXISTS (SELECT 1 FROM op WHERE open = 1)", "");
	if (rc >= 0)
		memo_keep_number(d, MEMO_WAITING, 0, 0, *any);
	return rc;
}

int rows_finish(struct db *d, struct rows *r, int from)
{
	const struct entity_desc *ed = entity_desc(r->entity);
	struct names names = {0};
	int64_t any = 0;
	int i, k, rc;

	if (from >= r->n)
		return 0;
	rc = any_waits(d, &any);
	for (i = from; i < r->n && rc >= 0; i++) {
		struct row *row = &r->v[i];

		for (k = 0; k < ed->n_fields && rc >= 0; k++) {
			enum entity to = field_ref(ed->fields[k].type);

			if (to != ENT_COUNT && row->v[k].kind == VAL_INT)
				rc = name_of(
					d, &names, to, &row->v[k], r->arena);
		}
		if (rc >= 0 && any)
			rc = pending_of(d, r->entity, row);
	}
	return rc < 0 ? rc : 0;
}

/* --- one row -------------------------------------------------------------- */

/* Reads all rows of a statement (taken over) and names them. */
static int read_all(struct db *d, sqlite3_stmt *st, struct rows *r, int limit)
{
	int rc;

	while ((rc = db_step(d, st)) > 0) {
		if (limit > 0 && r->n == limit) {
			r->more = 1;
			break;
		}
		rows_add(r, st);
	}
	db_end(d, st);
	return rc < 0 ? rc : rows_finish(d, r, 0);
}

static int row_in(struct db *d, enum entity e, int64_t id, struct rows *out)
{
	struct buf sql = BUF_INIT;
	sqlite3_stmt *st;
	int rc = row_follow(d, e, &id);

	if (rc < 0)
		return rc;
	buf_adds(&sql, "SELECT ");
	row_columns(d, &sql, e);
	buf_addf(&sql, " FROM %s t WHERE t.id = ?", entity_desc(e)->name);
	rc = db_query(d, &st, buf_str(&sql), "i", id);
	buf_fini(&sql);
	if (rc == 0)
		rc = read_all(d, st, out, 0);
	if (rc == 0 && out->n == 0)
		rc = err_set(E_NOTFOUND, _("there is no such %s here"),
			entity_desc(e)->name);
	return rc;
}

int store_row(struct store_ro *ro, enum entity e, int64_t id, struct rows *out)
{
	struct rows r;
	int rc;

	if (memo_find(&ro->db, MEMO_ROW, (int)e, id, 0, out))
		return 0;
	rc = db_read_begin(&ro->db);
	if (rc < 0)
		return rc;
	rows_init(&r, e);
	rc = row_in(&ro->db, e, id, &r);
	db_read_end(&ro->db);
	if (rc < 0) {
		rows_free(&r);
		return rc;
	}
	memo_keep(&ro->db, MEMO_ROW, (int)e, id, 0, &r);
	*out = r;
	return 0;
}

static int title_of(struct db *d, const char *sql, int64_t id, struct arena *a,
	struct row_title *out)
{
	sqlite3_stmt *st;
	int rc = db_query(d, &st, sql, "i", id);

	if (rc < 0)
		return rc;
	rc = db_step(d, st);
	if (rc > 0) {
		*out = (struct row_title){.id = id,
			.connector = sqlite3_column_int(st, 0),
			.rid = col_dup(a, st, 1),
			.title = col_dup(a, st, 2)};
		rc = sqlite3_column_int(st, 3) == ROW_ALIAS ? 2 : 1;
	}
	db_end(d, st);
	return rc;
}

int store_title(struct store_ro *ro, enum entity e, int64_t id, struct arena *a,
	struct row_title *out)
{
	struct db *d = &ro->db;
	struct row_title t;
	char sql[128];
	int rc;

	snprintf(sql, sizeof(sql),
		"SELECT connector, rid, %s, state FROM %s WHERE id = ?",
		field_by_name(e, "subject") ? "subject" : "NULL",
		entity_desc(e)->name);
	rc = title_of(d, sql, id, a, &t);
	if (rc == 2) {
		rc = row_follow(d, e, &id);
		if (rc == 0)
			rc = title_of(d, sql, id, a, &t);
	}
	if (rc == 0)
		return err_set(E_NOTFOUND, _("there is no such %s here"),
			entity_desc(e)->name);
	if (rc < 0)
		return rc;
	*out = t;
	return 0;
}

int store_row_rid(struct store_ro *ro, enum entity e, int connector,
	const char *rid, struct rows *out)
{
	struct db *d = &ro->db;
	struct buf sql = BUF_INIT;
	int64_t id = 0, n = 0;
	sqlite3_stmt *st;
	int rc;

	buf_addf(&sql,
		"SELECT t.id FROM connector c JOIN %s t "
		"ON t.connector = c.id AND t.rid = ?2 "
		"WHERE ?1 = 0 OR c.id = ?1",
		entity_desc(e)->name);
	rc = db_query(d, &st, buf_str(&sql), "dt", connector, rid);
	buf_fini(&sql);
	if (rc < 0)
		return rc;
	while ((rc = db_step(d, st)) > 0) {
		id = sqlite3_column_int64(st, 0);
		n++;
	}
	db_end(d, st);
	if (rc < 0)
		return rc;
	if (n == 0)
		return err_set(E_NOTFOUND, _("no %s %s in the cache"),
			entity_desc(e)->name, rid);
	if (n > 1)
		return err_set(E_INPUT,
			_("more than one connector has a %s %s; say which: connector:%s"),
			entity_desc(e)->name, rid, rid);
	return store_row(ro, e, id, out);
}

/* --- threads and children ------------------------------------------------- */

static void reverse(struct rows *r)
{
	int i;

	for (i = 0; i < r->n / 2; i++) {
		struct row t = r->v[i];

		r->v[i] = r->v[r->n - 1 - i];
		r->v[r->n - 1 - i] = t;
	}
}

/* What waits stands at the end, whatever the clocks say. */
static void pending_last(struct rows *r)
{
	struct row *v = xcalloc((size_t)r->n + 1, sizeof(*v));
	int i, n = 0, pass;

	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < r->n; i++)
			if ((r->v[i].rid == NULL) == pass)
				v[n++] = r->v[i];
	if (n)
		memcpy(r->v, v, (size_t)n * sizeof(*v));
	free(v);
}

static int thread_in(
	struct db *d, enum entity e, int64_t target, int limit, struct rows *r)
{
	struct buf sql = BUF_INIT;
	sqlite3_stmt *st;
	int rc = row_follow(d, e, &target);

	if (rc < 0)
		return rc;
	buf_adds(&sql, "SELECT ");
	row_columns(d, &sql, ENT_MESSAGE);
	buf_addf(&sql,
		" FROM message t WHERE t.%s = ? AND t.state = 0 "
		"ORDER BY t.at DESC, t.id DESC LIMIT ?",
		e == ENT_CONVERSATION ? "conversation" : "ticket");
	rc = db_query(d, &st, buf_str(&sql), "id", target,
		limit > 0 ? limit + 1 : -1);
	buf_fini(&sql);
	if (rc == 0)
		rc = read_all(d, st, r, limit);
	if (rc == 0) {
		reverse(r);
		pending_last(r);
	}
	return rc;
}

static int of_case(struct store_ro *ro, enum memo_kind kind, enum entity e,
	int64_t target, int limit, enum entity what,
	int (*in)(struct db *, enum entity, int64_t, int, struct rows *),
	struct rows *out)
{
	struct rows r;
	int rc;

	if (e != ENT_TICKET && e != ENT_CONVERSATION)
		return err_set(
			E_INPUT, _("a %s has no thread"), entity_desc(e)->name);
	if (memo_find(&ro->db, kind, (int)e, target, limit, out))
		return 0;
	rc = db_read_begin(&ro->db);
	if (rc < 0)
		return rc;
	rows_init(&r, what);
	rc = in(&ro->db, e, target, limit, &r);
	db_read_end(&ro->db);
	if (rc < 0) {
		rows_free(&r);
		return rc;
	}
	memo_keep(&ro->db, kind, (int)e, target, limit, &r);
	*out = r;
	return 0;
}

int store_thread(struct store_ro *ro, enum entity e, int64_t target, int limit,
	struct rows *out)
{
	return of_case(
		ro, MEMO_THREAD, e, target, limit, ENT_MESSAGE, thread_in, out);
}

/* Of the messages that store_thread() gives for the same limit. */
static void files_of(struct buf *sql, enum entity e)
{
	buf_addf(sql,
		" FROM (SELECT id, at FROM message WHERE %s = ? AND state = 0 "
		"ORDER BY at DESC, id DESC LIMIT ?) m "
		"CROSS JOIN file t ON t.message = m.id AND t.state = 0 ",
		e == ENT_CONVERSATION ? "conversation" : "ticket");
}

/* 1 there is one, 0 none. */
static int any_file(struct db *d, enum entity e, int64_t target, int limit)
{
	struct buf sql = BUF_INIT;
	int64_t any;
	int rc;

	buf_adds(&sql, "SELECT 1");
	files_of(&sql, e);
	buf_adds(&sql, "LIMIT 1");
	rc = db_int(d, &any, buf_str(&sql), "id", target, limit);
	buf_fini(&sql);
	return rc;
}

static int files_in(
	struct db *d, enum entity e, int64_t target, int limit, struct rows *r)
{
	struct buf sql = BUF_INIT;
	sqlite3_stmt *st = NULL;
	int rc = row_follow(d, e, &target);

	if (rc < 0)
		return rc;
	limit = limit > 0 ? limit : -1;
	buf_adds(&sql, "SELECT ");
	row_columns(d, &sql, ENT_FILE);
	files_of(&sql, e);
	buf_adds(&sql, "ORDER BY m.at, m.id, t.id");
	rc = db_compiled(d, buf_str(&sql)) ? 1 : any_file(d, e, target, limit);
	if (rc > 0)
		rc = db_query(d, &st, buf_str(&sql), "id", target, limit);
	buf_fini(&sql);
	return rc < 0 || !st ? rc : read_all(d, st, r, 0);
}

int store_files(struct store_ro *ro, enum entity e, int64_t target, int limit,
	struct rows *out)
{
	return of_case(
		ro, MEMO_FILES, e, target, limit, ENT_FILE, files_in, out);
}

/* 1 there is one, 0 none. */
static int any_child(struct db *d, const struct field_desc *f, int64_t id)
{
	int64_t any;
	char sql[160];

	snprintf(sql, sizeof(sql),
		"SELECT 1 FROM %s WHERE %s = ? AND state = 0 LIMIT 1",
		entity_desc(f->entity)->name, f->name);
	return db_int(d, &any, sql, "i", id);
}

static int children_in(
	struct db *d, enum field_id f, int64_t id, int limit, struct rows *r)
{
	const struct field_desc *fd = field_desc(f);
	int by_time = field_by_name(fd->entity, "updated") != NULL;
	struct buf sql = BUF_INIT;
	sqlite3_stmt *st = NULL;
	int rc = row_follow(d, field_ref(fd->type), &id);

	if (rc < 0)
		return rc;
	buf_adds(&sql, "SELECT ");
	row_columns(d, &sql, fd->entity);
	buf_addf(&sql,
		" FROM %s t WHERE t.%s = ? AND t.state = 0 ORDER BY %s LIMIT ?",
		entity_desc(fd->entity)->name, fd->name,
		by_time ? "t.updated DESC, t.id DESC" : "t.id");
	rc = db_compiled(d, buf_str(&sql)) ? 1 : any_child(d, fd, id);
	if (rc > 0)
		rc = db_query(d, &st, buf_str(&sql), "id", id,
			limit > 0 ? limit + 1 : -1);
	buf_fini(&sql);
	return rc < 0 || !st ? rc : read_all(d, st, r, limit);
}

int store_children(struct store_ro *ro, enum field_id f, int64_t id, int limit,
	struct rows *out)
{
	struct rows r;
	int rc;

	if (field_ref(field_desc(f)->type) == ENT_COUNT)
		return err_set(
			E_BUG, "%s is no reference", field_desc(f)->name);
	if (memo_find(&ro->db, MEMO_CHILDREN, (int)f, id, limit, out))
		return 0;
	rc = db_read_begin(&ro->db);
	if (rc < 0)
		return rc;
	rows_init(&r, field_desc(f)->entity);
	rc = children_in(&ro->db, f, id, limit, &r);
	db_read_end(&ro->db);
	if (rc < 0) {
		rows_free(&r);
		return rc;
	}
	memo_keep(&ro->db, MEMO_CHILDREN, (int)f, id, limit, &r);
	*out = r;
	return 0;
}

/* The digits of what may be a part of a phone number, else "". */
static const char *phone_part(const char *text, struct arena *a)
{
	char *out = arena_strdup(a, text), *p = out;

	for (; *text; text++)
		if (*text >= '0' && *text <= '9')
			*p++ = *text;
		else if (!strchr(" -+()", *text))
			return "";
	*p = '\0';
	return p - out >= 3 ? out : "";
}

int store_customers_by(struct store_ro *ro, int connector, const char *text,
	int limit, struct rows *out)
{
	struct db *d = &ro->db;
	struct buf sql = BUF_INIT;
	sqlite3_stmt *st;
	struct rows r;
	int rc = db_read_begin(d);

	if (rc < 0)
		return rc;
	rows_init(&r, ENT_CUSTOMER);
	buf_adds(&sql, "SELECT ");
	row_columns(d, &sql, ENT_CUSTOMER);
	buf_adds(&sql,
		" FROM customer t WHERE t.connector = ?1 AND t.state = 0 "
		"AND t.rid IS NOT NULL AND (fold_has(t.name, ?2, 1) "
		"OR ?3 <> '' AND instr(lower(t.rid), lower(?3)) "
		"OR t.id IN (SELECT i.customer FROM identity i WHERE "
		"i.customer IS NOT NULL AND i.state = 0 AND "
		"(?3 <> '' AND instr(lower(i.value), lower(?3)) "
		"OR ?4 <> '' AND instr(i.value, ?4)))) "
		"ORDER BY fold_has(t.name, ?2, 1) DESC, t.name, t.id LIMIT ?5");
	rc = db_query(d, &st, buf_str(&sql), "dtttd", connector, text,
		strlen(text) >= 3 ? text : "", phone_part(text, r.arena),
		limit + 1);
	buf_fini(&sql);
	if (rc == 0)
		rc = read_all(d, st, &r, limit);
	db_read_end(d);
	if (rc < 0) {
		rows_free(&r);
		return rc;
	}
	*out = r;
	return 0;
}

int store_queue_counts(
	struct store_ro *ro, struct arena *a, struct queue_count **out, int *n)
{
	struct db *d = &ro->db;
	struct queue_count *v = NULL;
	sqlite3_stmt *st;
	int rc, k = 0, cap = 0;

	rc = db_query(d, &st,
		"SELECT c.connector, c.queue, ifnull(q.name, q.rid), c.status, "
		"c.n FROM counter c LEFT JOIN queue q ON q.id = c.queue "
		"WHERE c.n > 0 ORDER BY c.connector, 3, c.status",
		"");
	if (rc < 0)
		return rc;
	while ((rc = db_step(d, st)) > 0) {
		v = list_room(v, k, &cap, sizeof(*v));
		v[k++] = (struct queue_count){
			.connector = sqlite3_column_int(st, 0),
			.queue = sqlite3_column_int64(st, 1),
			.queue_name = col_dup(a, st, 2),
			.status = col_dup_str(a, st, 3),
			.n = sqlite3_column_int64(st, 4),
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
