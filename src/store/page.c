/* SPDX-License-Identifier: MIT */
/*
 * Landing a page: its rows, touches, tombstones and its cursor in one
 * transaction, so that no cursor ever stands before what was not stored. A
 * record that cannot be stored is named in the log and the rest goes on.
 * Nothing is deleted on the evidence of a list.
 */
#include "store_priv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/i18n.h"
#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "galley/store/quarantine.h"

#define LOG_PER_PAGE 20

/* --- a record as a row ---------------------------------------------------- */

static int resolve_refs(
	struct page_ctx *c, const struct entity_desc *d, struct img *in)
{
	int i, rc;

	for (i = 0; i < d->n_fields; i++) {
		enum entity to = field_ref(d->fields[i].type);
		int64_t id;

		if (to == ENT_COUNT || in->v[i].kind != VAL_TEXT)
			continue;
		rc = id_of(c->rw, to, c->p->connector, in->v[i].s, &id);
		if (rc < 0)
			return rc;
		in->v[i] = val_int(id);
	}
	return 0;
}

static void derive_text(struct page_ctx *c, struct img *in)
{
	struct val *text = img_val(in, FID_MESSAGE_TEXT);
	const struct val *html = img_val(in, FID_MESSAGE_HTML);
	struct buf b = BUF_INIT;

	if (text->kind == VAL_TEXT || html->kind != VAL_TEXT)
		return;
	html_to_text(&b, html->s, html->len);
	*text = (struct val){.kind = VAL_TEXT,
		.s = arena_strndup(c->a, buf_str(&b), b.len),
		.len = b.len};
	buf_fini(&b);
}

/* The thread a message belongs to. */
static enum entity thread_of(struct img *in, int64_t *id)
{
	if (img_val(in, FID_MESSAGE_TICKET)->kind == VAL_INT) {
		*id = img_int(in, FID_MESSAGE_TICKET);
		return ENT_TICKET;
	}
	if (img_val(in, FID_MESSAGE_CONVERSATION)->kind == VAL_INT) {
		*id = img_int(in, FID_MESSAGE_CONVERSATION);
		return ENT_CONVERSATION;
	}
	return ENT_COUNT;
}

static int load_thread(struct page_ctx *c, enum entity e, int64_t id)
{
	int rc;

	if (c->thread_e == e && c->thread_id == id)
		return 0;
	rc = thread_customers(
		rw_db(c->rw), e, id, &c->customers, &c->thread_live);
	if (rc < 0)
		return rc;
	c->thread_e = e;
	c->thread_id = id;
	return 0;
}

static int derive_dir(struct page_ctx *c, struct img *in)
{
	struct val *dir = img_val(in, FID_MESSAGE_DIR);
	const char *kind = img_str(in, FID_MESSAGE_KIND);
	enum entity e;
	int64_t id;
	int rc;

	if (dir->kind == VAL_TEXT || !kind)
		return 0;
	if (strcmp(kind, "note") == 0) {
		*dir = val_text("note");
		return 0;
	}
	if (strcmp(kind, "reply") != 0 && strcmp(kind, "created") != 0) {
		*dir = val_text("system");
		return 0;
	}
	e = thread_of(in, &id);
	if (e == ENT_COUNT)
		return 0;
	rc = load_thread(c, e, id);
	/* not here yet: message_dirs() does it when it lands */
	if (rc == 0 && c->thread_live)
		*dir = val_text(dir_of(buf_str(&c->customers),
			img_str(in, FID_MESSAGE_AUTHOR)));
	return rc;
}

static void identity_fix(struct page_ctx *c, struct img *in)
{
	const char *type = img_str(in, FID_IDENTITY_TYPE);
	const char *value = img_str(in, FID_IDENTITY_VALUE);

	if (!type || !value)
		return;
	value = identity_normal(c->a, type, value);
	*img_val(in, FID_IDENTITY_VALUE) = val_text(value);
	if (!in->rid)
		in->rid = arena_printf(c->a, "%s:%s", type, value);
}

static int rec_to_img(struct page_ctx *c, const struct rec *rec, struct img *in)
{
	const struct entity_desc *d = entity_desc(rec->entity);
	int rc;

	*in = (struct img){.connector = c->p->connector,
		.rid = rec->rid,
		.version = rec->version,
		.state = ROW_LIVE,
		.seen = c->rw->now,
		.gen = c->p->generation,
		.x = rec->x};
	memcpy(in->v, rec->v, sizeof(in->v));
	rc = resolve_refs(c, d, in);
	if (rc < 0)
		return rc;
	if (rec->entity == ENT_IDENTITY)
		identity_fix(c, in);
	if (!in->rid)
		return err_set(E_PROTO, "no id, and no type and value");
	if (rec->entity == ENT_MESSAGE) {
		derive_text(c, in);
		return derive_dir(c, in);
	}
	return 0;
}

/* --- over what is there --------------------------------------------------- */

static int all_digits(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0';
}

/* Is version a older than b? Only where versions have an order that we know:
 * numbers, and times as text of one shape. */
static int version_older(const char *a, const char *b)
{
	size_t la, lb;

	if (!a || !b)
		return 0;
	la = strlen(a);
	lb = strlen(b);
	if (all_digits(a) && all_digits(b))
		return la != lb ? la < lb : strcmp(a, b) < 0;
	if (la != lb || la < 19 || strncmp(a, "20", 2) != 0 || a[4] != '-' ||
		b[4] != '-' || a[7] != '-' || b[7] != '-')
		return 0;
	return strcmp(a, b) < 0;
}

/* An answer that is older than what we have must not bring it back. A full
 * listing is believed: the backend may have been restored. */
static int is_late(
	const struct page_ctx *c, const struct img *old, const struct img *in)
{
	if (old->state >= ROW_GONE && c->p->server_ms &&
		c->p->server_ms < old->seen)
		return 1;
	return !c->p->generation && version_older(in->version, old->version);
}

/* Puts what the record says over `now`. 1 when something changed. */
static int merge(struct img *now, const struct img *in, enum entity e)
{
	int i, n = entity_desc(e)->n_fields;
	int changed = now->state != ROW_LIVE;

	for (i = 0; i < n; i++) {
		if (in->v[i].kind == VAL_ABSENT ||
			val_same(&now->v[i], &in->v[i]))
			continue;
		now->v[i] = in->v[i];
		changed = 1;
	}
	if (in->version &&
		(!now->version || strcmp(now->version, in->version) != 0)) {
		now->version = in->version;
		changed = 1;
	}
	if (in->x && (!now->x || strcmp(now->x, in->x) != 0)) {
		now->x = in->x;
		changed = 1;
	}
	now->state = ROW_LIVE;
	now->alias_of = 0;
	now->seen = in->seen;
	if (in->gen)
		now->gen = in->gen;
	return changed;
}

static int mark_seen(struct page_ctx *c, enum entity e, const struct img *now)
{
	struct buf sql = BUF_INIT;
	int rc;

	buf_addf(&sql, "UPDATE %s SET seen = ?, gen = ? WHERE id = ?",
		entity_desc(e)->name);
	rc = db_run(rw_db(c->rw), buf_str(&sql), "iii", now->seen, now->gen,
		now->id);
	buf_fini(&sql);
	return rc < 0 ? rc : 0;
}

/* With operations open on it: the record goes to the shadow, the row is made
 * from that. */
static int land_shadowed(struct page_ctx *c, enum entity e,
	const struct img *old, const struct img *base)
{
	struct img now = *old;
	int rc = shadow_write(c->rw, e, base, c->rw->now);

	if (rc < 0)
		return rc;
	now.version = base->version;
	now.state = base->state;
	now.alias_of = base->alias_of;
	now.seen = base->seen;
	now.gen = base->gen;
	now.x = base->x;
	rc = img_update(c->rw, e, old, &now);
	return rc < 0 ? rc : overlay_apply(c->rw, e, old->id);
}

static int after_land(
	struct page_ctx *c, enum entity e, const struct img *base, int dirs)
{
	int rc = 0;

	if (dirs) {
		c->thread_id = 0;
		rc = load_thread(c, e, base->id);
		if (rc == 0)
			rc = message_dirs(
				c->rw, e, base->id, buf_str(&c->customers));
	}
	if (rc == 0 && c->ops_open)
		rc = bind_row(c, e, base);
	return rc;
}

/* What was resolved for a message must not be emptied by its next coming. */
static void keep_derived(enum entity e, const struct img *old, struct img *in)
{
	struct val *dir, *op;

	if (e != ENT_MESSAGE)
		return;
	dir = img_val(in, FID_MESSAGE_DIR);
	if (dir->kind == VAL_NULL && img_str(old, FID_MESSAGE_DIR))
		dir->kind = VAL_ABSENT;
	op = img_val(in, FID_MESSAGE_OP);
	if (img_str(old, FID_MESSAGE_OP))
		op->kind = VAL_ABSENT;
}

static int is_thread(enum entity e)
{
	return e == ENT_TICKET || e == ENT_CONVERSATION;
}

static int land_over(struct page_ctx *c, enum entity e, const struct img *old,
	struct img *in)
{
	struct img base = *old;
	int shadowed = 0, changed, dirs, rc;

	if (is_late(c, old, in)) {
		c->res->rows_same++;
		return 0;
	}
	keep_derived(e, old, in);
	if (is_thread(e))
		c->thread_id = 0;
	if (c->shadows) {
		shadowed = shadow_read(
			rw_db(c->rw), e, old->id, c->a, &base, NULL);
		if (shadowed < 0)
			return shadowed;
	}
	dirs = is_thread(e) && old->state != ROW_LIVE;
	changed = merge(&base, in, e);
	if (!changed) {
		c->res->rows_same++;
		rc = mark_seen(c, e, &base);
	} else {
		if (old->state == ROW_STUB)
			c->res->rows_new++;
		else
			c->res->rows_changed++;
		rc = shadowed ? land_shadowed(c, e, old, &base)
			      : img_update(c->rw, e, old, &base);
	}
	return rc < 0 ? rc : after_land(c, e, &base, dirs);
}

static int land_row(struct page_ctx *c, const struct rec *rec)
{
	struct db *d = rw_db(c->rw);
	enum entity e = rec->entity;
	struct img in, old;
	int64_t id = 0;
	int rc;

	rc = rec_to_img(c, rec, &in);
	if (rc < 0)
		return rc;
	rc = was_erased(c->rw, e, c->p->connector, in.rid);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (e == ENT_MESSAGE && c->pending) {
		rc = bind_message(c, rec, &in, &id);
		if (rc < 0)
			return rc;
	}
	if (!id) {
		rc = img_insert(c->rw, e, &in);
		if (rc < 0)
			return rc;
		if (rc > 0) {
			c->res->rows_new++;
			return after_land(c, e, &in, 0);
		}
	}
	rc = id ? img_by_id(d, e, id, c->a, &old)
		: img_by_rid(d, e, c->p->connector, in.rid, c->a, &old);
	if (rc <= 0)
		return rc < 0 ? rc : err_set(E_BUG, "a row is and is not");
	return land_over(c, e, &old, &in);
}

/* --- the other kinds of records ------------------------------------------- */

static int find_row(
	struct page_ctx *c, enum entity e, const char *rid, int64_t *id)
{
	struct buf sql = BUF_INIT;
	int rc;

	buf_addf(&sql, "SELECT id FROM %s WHERE connector = ? AND rid = ?",
		entity_desc(e)->name);
	rc = db_int(
		rw_db(c->rw), id, buf_str(&sql), "dt", c->p->connector, rid);
	buf_fini(&sql);
	return rc;
}

static int64_t page_time(const struct page_ctx *c)
{
	return c->p->server_ms ? c->p->server_ms : c->rw->now;
}

static int land_gone(struct page_ctx *c, const struct rec *rec)
{
	int64_t id;
	int rc = find_row(c, rec->entity, rec->rid, &id);

	if (rc <= 0)
		return rc;
	rc = mark_gone(c->rw, rec->entity, id, page_time(c));
	if (rc > 0)
		c->res->gone++;
	return rc < 0 ? rc : 0;
}

static int land_alias(struct page_ctx *c, const struct rec *rec)
{
	int64_t id = 0, to;
	int rc = find_row(c, rec->entity, rec->rid, &id);

	if (rc == 0)
		rc = id_of(c->rw, rec->entity, c->p->connector, rec->rid, &id);
	if (rc >= 0)
		rc = id_of(c->rw, rec->entity, c->p->connector, rec->to, &to);
	if (rc < 0)
		return rc;
	c->thread_id = 0;
	rc = mark_alias(c->rw, rec->entity, id, to, page_time(c));
	if (rc > 0)
		c->res->aliases++;
	return rc < 0 ? rc : 0;
}

/* Does an open operation stand on the row that the key names? */
static int ops_wait_for(struct page_ctx *c, const char *key)
{
	int64_t one;

	return db_int(rw_db(c->rw), &one,
		"SELECT 1 FROM ticket t JOIN op o ON o.target = t.id "
		"AND o.entity = 'ticket' AND o.open = 1 "
		"WHERE t.connector = ?1 AND t.rid = ?2 "
		"UNION ALL SELECT 1 FROM conversation t JOIN op o "
		"ON o.target = t.id AND o.entity = 'conversation' "
		"AND o.open = 1 WHERE t.connector = ?1 AND t.rid = ?2 LIMIT 1",
		"dt", c->p->connector, key);
}

static int land_touch(struct page_ctx *c, const struct rec *rec)
{
	int urgent = c->ops_open ? ops_wait_for(c, rec->key) : 0;
	int rc;

	if (urgent < 0)
		return urgent;
	rc = touch_put(c->rw, c->p->connector, rec->name, rec->key,
		rec->version, urgent);
	if (rc > 0)
		c->res->touches++;
	return rc < 0 ? rc : 0;
}

static int land(struct page_ctx *c, const struct rec *rec)
{
	int rc = rec_validate(rec);

	if (rc < 0)
		return rc;
	switch (rec->kind) {
	case REC_ROW:
		return land_row(c, rec);
	case REC_TOUCH:
		return land_touch(c, rec);
	case REC_GONE:
		return land_gone(c, rec);
	case REC_ALIAS:
		return land_alias(c, rec);
	case REC_POKE: /* the engine's */
	case REC_GUARD:
		return 0;
	}
	return err_set(E_BUG, "record kind %d", rec->kind);
}

/* --- the page ------------------------------------------------------------- */

static int note_bad(struct page_ctx *c, const char *text)
{
	c->res->bad++;
	if (c->res->bad > LOG_PER_PAGE)
		return 0;
	return log_add(c->rw, LOG_WARN, c->p->connector, c->p->stream, text);
}

static int refuse(struct page_ctx *c, const struct rec *rec, int n)
{
	const char *name =
		rec->kind == REC_TOUCH ? "key" : entity_desc(rec->entity)->name;
	const char *rid = rec->kind == REC_TOUCH ? rec->key : rec->rid;
	char text[1400];

	c->lost |= rec->entity == ENT_MESSAGE || rec->entity == ENT_TICKET ||
		   rec->entity == ENT_CONVERSATION;
	snprintf(text, sizeof(text), "record %d (%s %.80s): %s", n, name,
		rid ? rid : "?", err_msg());
	return note_bad(c, text);
}

static int land_all(struct page_ctx *c)
{
	const struct rec_err *e;
	const struct rec *rec;
	char text[64];
	int n = 0, rc = 0;

	for (rec = c->p->recs ? c->p->recs->first : NULL; rec && rc >= 0;
		rec = rec->next) {
		n++;
		arena_reset(c->a);
		rc = land(c, rec);
		if (rc == E_PROTO || rc == E_INPUT)
			rc = refuse(c, rec, n);
	}
	for (e = c->p->recs ? c->p->recs->errs : NULL; e && rc >= 0;
		e = e->next)
		rc = note_bad(c, e->text);
	c->lost |= c->p->recs && c->p->recs->errs;
	if (rc >= 0 && c->lost)
		rc = db_run(rw_db(c->rw),
			"INSERT INTO fact VALUES (?1, 'lost', ?2) ON CONFLICT "
			"DO UPDATE SET value = excluded.value",
			"di", c->p->connector, c->rw->now);
	if (rc >= 0 && c->res->bad > LOG_PER_PAGE) {
		snprintf(text, sizeof(text), "and %d more",
			c->res->bad - LOG_PER_PAGE);
		rc = log_add(
			c->rw, LOG_WARN, c->p->connector, c->p->stream, text);
	}
	return rc < 0 ? rc : 0;
}

static int put_cursor(struct page_ctx *c)
{
	const struct store_page *p = c->p;
	int rc = db_run(rw_db(c->rw),
		"INSERT INTO cursor VALUES (?1, ?2, ?3, ?4, "
		"nullif(?5, ''), ?6) ON CONFLICT DO UPDATE SET "
		"cursor = ifnull(excluded.cursor, cursor), "
		"run = CASE WHEN ?5 IS NULL THEN run ELSE excluded.run END, "
		"polled = excluded.polled",
		"dtttti", p->connector, p->stream,
		p->cursor_key ? p->cursor_key : "", p->cursor, p->run,
		c->rw->now);

	return rc < 0 ? rc : 0;
}

static int put_answers(struct page_ctx *c)
{
	const struct store_page *p = c->p;
	int i, rc;

	for (i = 0; i < p->n_answered; i++) {
		rc = db_run(rw_db(c->rw),
			"UPDATE touch SET done = ?4, urgent = 0, "
			"waiting = (version IS NOT ?4) WHERE connector = ?1 "
			"AND stream = ?2 AND key = ?3",
			"dttt", p->connector, p->stream, p->answered[i].key,
			p->answered[i].version);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* A key that was answered can be read again; what cannot be read is on record
 * before the cursor passes it. */
static int put_aside(struct page_ctx *c)
{
	const struct store_page *p = c->p;
	int i, rc = 0;

	for (i = 0; !p->n_aside && i < p->n_answered && rc >= 0; i++)
		rc = aside_drop(
			c->rw, p->connector, p->stream, p->answered[i].key);
	for (i = 0; i < p->n_aside && rc >= 0; i++)
		rc = aside_put(c->rw, p->connector, p->stream, &p->aside[i]);
	return rc < 0 ? rc : 0;
}

static int put_wake(struct page_ctx *c)
{
	const char *const *s = c->p->wake;
	char key[256];
	int rc;

	for (; s && *s && c->res->rows_new > 0; s++) {
		snprintf(key, sizeof(key), "pend:%s", *s);
		rc = db_run(rw_db(c->rw),
			"INSERT INTO fact VALUES (?, ?, '1') ON CONFLICT "
			"DO UPDATE SET value = '1'",
			"dt", c->p->connector, key);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int ask_once(struct page_ctx *c)
{
	struct db *d = rw_db(c->rw);
	sqlite3_stmt *st;
	int rc = db_query(d, &st,
		"SELECT EXISTS (SELECT 1 FROM op WHERE connector = ? "
		"AND open = 1), EXISTS (SELECT 1 FROM shadow), "
		"EXISTS (SELECT 1 FROM message WHERE rid IS NULL "
		"AND state = 0), EXISTS (SELECT 1 FROM quarantine)",
		"d", c->p->connector);

	if (rc < 0)
		return rc;
	rc = db_step(d, st);
	if (rc > 0) {
		c->ops_open = sqlite3_column_int(st, 0);
		c->shadows = sqlite3_column_int(st, 1);
		c->pending = sqlite3_column_int(st, 2);
		c->aside = sqlite3_column_int(st, 3);
	}
	db_end(d, st);
	return rc < 0 ? rc : 0;
}

static int apply(struct page_ctx *c)
{
	int rc = ask_once(c);

	if (rc == 0)
		rc = land_all(c);
	if (rc == 0)
		rc = put_answers(c);
	if (rc == 0 && (c->aside || c->p->n_aside))
		rc = put_aside(c);
	if (rc == 0)
		rc = put_wake(c);
	return rc == 0 ? put_cursor(c) : rc;
}

/* A page that a power failure takes back is read again, its cursor goes with
 * it. With operations open it may say what became of one: then it stays. */
static int begin(struct store_rw *rw)
{
	int64_t open = 0;
	int rc = db_int(rw_db(rw), &open,
		"SELECT EXISTS (SELECT 1 FROM op WHERE open = 1)", "");

	if (rc < 0)
		return rc;
	return open ? tx_begin(rw) : tx_begin_soft(rw);
}

int store_page_apply(struct store_rw *rw, const struct store_page *p,
	struct store_page_result *res)
{
	struct store_page_result r = {0};
	struct page_ctx c = {
		.rw = rw, .p = p, .res = &r, .thread_e = ENT_COUNT};
	int rc = begin(rw);

	if (rc < 0)
		return rc;
	c.a = arena_new();
	rc = tx_end(rw, apply(&c));
	arena_free(c.a);
	buf_fini(&c.customers);
	if (rc == 0)
		*res = r;
	return rc;
}
