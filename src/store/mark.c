/* SPDX-License-Identifier: MIT */
/*
 * What a person says here about a row: that it is put aside for a while, that
 * an article is out of date, what came of an article in a case. It is durable
 * whether or not a backend is told. It never changes what a backend has shown.
 */
#include "store_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/i18n.h"
#include "galley/base/json.h"
#include "galley/base/mem.h"

/* --- marks ---------------------------------------------------------------- */

/* The newest word in a thread, by the clock of its backend. */
static int newest_word(struct db *d, enum entity e, int64_t id, int64_t *out)
{
	int rc = 0;

	*out = 0;
	if (e == ENT_TICKET)
		rc = db_int(d, out,
			"SELECT ifnull(max(at), 0) FROM message WHERE "
			"ticket = ? AND state = 0",
			"i", id);
	else if (e == ENT_CONVERSATION)
		rc = db_int(d, out,
			"SELECT ifnull(max(at), 0) FROM message WHERE "
			"conversation = ? AND state = 0",
			"i", id);
	return rc < 0 ? rc : 0;
}

static int mark_put(struct store_rw *rw, const struct store_mark *m)
{
	struct db *d = rw_db(rw);
	int64_t id = m->id, seen = 0;
	char object[64];
	int rc = row_follow(d, m->entity, &id);

	if (rc >= 0)
		rc = newest_word(d, m->entity, id, &seen);
	if (rc >= 0)
		rc = db_run(d,
			"INSERT OR REPLACE INTO mark VALUES "
			"(?, ?, ?, ?, ?, ?, ?, ?)",
			"titiiitt", entity_desc(m->entity)->name, id, m->kind,
			rw->now, m->until_ms, seen, m->who ? m->who : "",
			m->text ? m->text : "");
	if (rc < 0)
		return rc;
	snprintf(object, sizeof(object), "%s #%lld",
		entity_desc(m->entity)->name, (long long)id);
	return audit_add(rw, m->who, m->kind, object, "");
}

int store_mark_put(struct store_rw *rw, const struct store_mark *m)
{
	int rc = tx_begin(rw);

	return rc < 0 ? rc : tx_end(rw, mark_put(rw, m));
}

static int mark_drop(
	struct store_rw *rw, enum entity e, int64_t id, const char *kind)
{
	int rc = db_run(rw_db(rw),
		"DELETE FROM mark WHERE entity = ? AND id = ? AND kind = ?",
		"tit", entity_desc(e)->name, id, kind);

	return rc < 0 ? rc : 0;
}

int store_mark_drop(
	struct store_rw *rw, enum entity e, int64_t id, const char *kind)
{
	int rc = tx_begin(rw);

	return rc < 0 ? rc : tx_end(rw, mark_drop(rw, e, id, kind));
}

int outdated_of_op(struct store_rw *rw, const struct store_enqueue *e,
	int64_t article, const struct json *args)
{
	struct store_mark m = {.entity = ENT_ARTICLE,
		.id = article,
		.kind = "outdated",
		.who = e->me,
		.text = json_get_str(args, "why")};

	return mark_put(rw, &m);
}

/* An earlier word of it stands. */
int outdated_undo(struct store_rw *rw, int64_t article)
{
	int rc = db_run(rw_db(rw),
		"UPDATE mark SET text = o.why FROM (SELECT "
		"json_extract(args, '$.why') AS why FROM op WHERE target = ?1 "
		"AND kind = 'article.outdated' AND state <> 'cancelled' "
		"ORDER BY seq DESC LIMIT 1) o WHERE entity = 'article' "
		"AND id = ?1 AND kind = 'outdated'",
		"i", article);

	return rc ? rc < 0 ? rc : 0
		  : mark_drop(rw, ENT_ARTICLE, article, "outdated");
}

/* Mostly nothing is put aside, and that is quickly said. 1, 0, or an error. */
static int any_mark(struct db *d)
{
	int64_t any;

	return db_int(d, &any, "SELECT 1 FROM mark LIMIT 1", "");
}

int mark_list(struct db *d, enum entity e, int64_t id, const char *kind,
	int64_t now_ms, struct arena *a, struct store_mark **out, int *n)
{
	struct store_mark *v = NULL;
	sqlite3_stmt *st = NULL;
	int k = 0, cap = 0;
	int rc = any_mark(d);

	if (rc > 0)
		rc = db_query(d, &st,
			"SELECT id, at, until, who, text, (until > 0 AND until <= ?4) "
			"OR EXISTS (SELECT 1 FROM message m WHERE ?1 = 'ticket' AND "
			"m.ticket = s.id AND m.at > s.seen AND m.dir = 'in' AND "
			"m.state = 0) OR EXISTS (SELECT 1 FROM message m WHERE "
			"?1 = 'conversation' AND m.conversation = s.id AND "
			"m.at > s.seen AND m.dir = 'in' AND m.state = 0) "
			"FROM mark s WHERE entity = ?1 AND kind = ?2 "
			"AND (?3 = 0 OR id = ?3) ORDER BY at DESC, id",
			"ttii", entity_desc(e)->name, kind, id, now_ms);
	if (rc < 0)
		return rc;
	while (st && (rc = db_step(d, st)) > 0) {
		v = list_room(v, k, &cap, sizeof(*v));
		v[k++] = (struct store_mark){
			.entity = e,
			.id = sqlite3_column_int64(st, 0),
			.kind = arena_strdup(a, kind),
			.at_ms = sqlite3_column_int64(st, 1),
			.until_ms = sqlite3_column_int64(st, 2),
			.who = col_dup_str(a, st, 3),
			.text = col_dup_str(a, st, 4),
			.woken = sqlite3_column_int(st, 5),
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

int store_mark_list(struct store_ro *ro, enum entity e, int64_t id,
	const char *kind, int64_t now_ms, struct arena *a,
	struct store_mark **out, int *n)
{
	return mark_list(&ro->db, e, id, kind, now_ms, a, out, n);
}

int store_mark_next_ms(struct store_ro *ro, int64_t now_ms, int64_t *out)
{
	int rc = db_int(&ro->db, out,
		"SELECT ifnull(min(until), 0) FROM mark WHERE kind = 'snooze' "
		"AND until > ?",
		"i", now_ms);

	return rc < 0 ? rc : 0;
}

/* --- verdicts ------------------------------------------------------------- */

static int own_row(
	struct db *d, int64_t article, enum entity e, int64_t id, int64_t *out)
{
	int rc = e == ENT_TICKET
			 ? db_int(d, out,
				   "SELECT id FROM outcome WHERE article = ? "
				   "AND rid IS NULL AND state = 0 "
				   "AND ticket = ?",
				   "ii", article, id)
			 : db_int(d, out,
				   "SELECT id FROM outcome WHERE article = ? "
				   "AND rid IS NULL AND state = 0 "
				   "AND ticket IS NULL AND conversation = ?",
				   "ii", article, id);

	return rc;
}

#define NOTE_BYTES 600

/* What was said before, and by which operation it was changed: kept with the
 * row, so that one operation after the other can be taken back. */
static const char *note_of(
	struct arena *a, const char *uid, const struct img *old)
{
	const char *before = old && old->x ? old->x : "null";

	if (!uid)
		return NULL;
	if (!old)
		return arena_printf(a, "{\"op\":\"%s\"}", uid);
	return arena_printf(a, "{\"op\":\"%s\",\"was\":%d,\"before\":%s}", uid,
		(int)img_int(old, FID_OUTCOME_WORKED),
		strlen(before) < NOTE_BYTES ? before : "null");
}

static int verdict_fill(struct store_rw *rw, const struct store_verdict *v,
	struct arena *a, struct img *im)
{
	struct db *d = rw_db(rw);
	struct img article;
	int64_t agent = 0;
	int rc = img_by_id(d, ENT_ARTICLE, v->article, a, &article);

	if (rc == 0)
		return err_set(E_NOTFOUND, _("there is no such article here"));
	if (rc > 0 && v->me)
		rc = id_by_word(d, ENT_AGENT, article.connector, v->me, &agent);
	if (rc < 0)
		return rc;
	im->connector = article.connector;
	im->state = ROW_LIVE;
	im->seen = rw->now;
	*img_val(im, FID_OUTCOME_ARTICLE) = val_int(v->article);
	*img_val(im, FID_OUTCOME_REVISION) =
		*img_val(&article, FID_ARTICLE_REVISION);
	if (v->entity == ENT_TICKET)
		*img_val(im, FID_OUTCOME_TICKET) = val_int(v->id);
	else
		*img_val(im, FID_OUTCOME_CONVERSATION) = val_int(v->id);
	*img_val(im, FID_OUTCOME_WORKED) = val_int(v->worked != 0);
	if (agent)
		*img_val(im, FID_OUTCOME_AGENT) = val_int(agent);
	*img_val(im, FID_OUTCOME_AT) = val_int(rw->now);
	return 0;
}

static int verdict_put(struct store_rw *rw, const struct store_verdict *v,
	const char *uid, struct arena *a)
{
	struct db *d = rw_db(rw);
	struct img old, now = {.id = 0};
	int64_t id = 0;
	int i, rc, had;

	if (v->entity != ENT_TICKET && v->entity != ENT_CONVERSATION)
		return err_set(E_INPUT,
			_("an outcome belongs to a ticket or a conversation"));
	had = own_row(d, v->article, v->entity, v->id, &id);
	if (had < 0)
		return had;
	for (i = 0; i < ENTITY_MAX_FIELDS; i++)
		now.v[i].kind = VAL_NULL;
	rc = had ? img_by_id(d, ENT_OUTCOME, id, a, &old) : 0;
	if (rc > 0)
		now = old;
	if (rc >= 0)
		rc = verdict_fill(rw, v, a, &now);
	if (rc < 0)
		return rc;
	now.x = note_of(a, uid, had ? &old : NULL);
	rc = had ? img_update(rw, ENT_OUTCOME, &old, &now)
		 : img_insert(rw, ENT_OUTCOME, &now);
	return rc < 0 ? rc : 0;
}

static int verdict_here(struct store_rw *rw, const struct store_verdict *v)
{
	struct arena *a = arena_new();
	char object[64];
	int rc = verdict_put(rw, v, NULL, a);

	snprintf(
		object, sizeof(object), "article #%lld", (long long)v->article);
	if (rc == 0)
		rc = audit_add(rw, v->me, "outcome", object,
			v->worked ? "worked" : "failed");
	arena_free(a);
	return rc;
}

int store_verdict_put(struct store_rw *rw, const struct store_verdict *v)
{
	int rc = tx_begin(rw);

	return rc < 0 ? rc : tx_end(rw, verdict_here(rw, v));
}

int verdict_of_op(struct store_rw *rw, const struct store_enqueue *e,
	const char *uid, int64_t article, const struct json *args)
{
	struct store_verdict v = {.article = article, .me = e->me};
	const char *name = json_get_str(args, "case");
	const char *colon = name ? strchr(name, ':') : NULL;
	struct arena *a;
	int rc;

	v.worked = json_get_int(args, "worked", 0) != 0;
	v.entity = colon && strncmp(name, "conversation:", 13) == 0
			   ? ENT_CONVERSATION
			   : ENT_TICKET;
	v.id = colon ? strtoll(colon + 1, NULL, 10) : 0;
	if (v.id <= 0)
		return err_set(E_INPUT, _("`case` names no case: ticket:42"));
	a = arena_new();
	rc = verdict_put(rw, &v, uid, a);
	arena_free(a);
	return rc;
}

static const char *note_before(struct arena *a, const struct json *note)
{
	const struct json *before = json_get(note, "before");
	struct buf b = BUF_INIT;
	const char *out = NULL;

	if (before && !json_is_null(before)) {
		json_print(&b, before);
		out = arena_strdup(a, buf_str(&b));
	}
	buf_fini(&b);
	return out;
}

/* The note without what `uid` said: what was said on top of it replaces what
 * was before it. */
static void note_without(struct jw *w, const struct json *note, const char *uid)
{
	const struct json *before = json_get(note, "before");
	const char *under = json_get_str(before, "op");
	const struct json *from = note;
	int64_t was;

	if (under && strcmp(under, uid) == 0) {
		from = before;
		under = NULL;
	}
	jw_obj(w);
	jw_kstr(w, "op", json_get_str(note, "op"));
	if (json_int(json_get(from, "was"), &was)) {
		jw_kint(w, "was", was);
		jw_key(w, "before");
		if (under)
			note_without(w, before, uid);
		else if (json_type(json_get(from, "before")) == JSON_OBJECT)
			jw_json(w, json_get(from, "before"));
		else
			jw_null(w);
	}
	jw_obj_end(w);
}

static int undo_under(struct store_rw *rw, const struct img *old,
	const struct json *note, const char *uid, struct arena *a)
{
	struct buf b = BUF_INIT;
	struct img now = *old;
	struct jw w;

	jw_init(&w, &b);
	note_without(&w, note, uid);
	now.x = arena_strdup(a, buf_str(&b));
	buf_fini(&b);
	return img_update(rw, ENT_OUTCOME, old, &now);
}

/* What was said last stands; what was said under it never was. */
static int undo_row(struct store_rw *rw, const struct img *old,
	const struct json *note, const char *uid, struct arena *a)
{
	const char *op = json_get_str(note, "op");
	struct img now = *old;
	int64_t was;

	if (!op || strcmp(op, uid) != 0)
		return undo_under(rw, old, note, uid, a);
	if (!json_int(json_get(note, "was"), &was))
		return row_blank(rw, ENT_OUTCOME, old->id);
	now.x = note_before(a, note);
	*img_val(&now, FID_OUTCOME_WORKED) = val_int(was);
	return img_update(rw, ENT_OUTCOME, old, &now);
}

static int undo_by_id(
	struct store_rw *rw, int64_t id, const char *uid, struct arena *a)
{
	struct json_doc *note;
	struct img old;
	int rc = img_by_id(rw_db(rw), ENT_OUTCOME, id, a, &old);

	if (rc <= 0 || !old.x ||
		json_parse(old.x, strlen(old.x), &json_limits_small, &note) < 0)
		return rc < 0 ? rc : 0;
	rc = undo_row(rw, &old, json_root(note), uid, a);
	json_free(note);
	return rc;
}

int verdict_undo(struct store_rw *rw, const char *uid, int64_t article)
{
	struct db *d = rw_db(rw);
	struct arena *a = arena_new();
	sqlite3_stmt *st;
	int64_t ids[64];
	int n = 0, i;
	int rc = db_query(d, &st,
		"SELECT id FROM outcome WHERE article = ? AND rid IS NULL "
		"AND state = 0 AND instr(x, ?) > 0",
		"it", article, uid);

	if (rc == 0) {
		while (n < 64 && (rc = db_step(d, st)) > 0)
			ids[n++] = sqlite3_column_int64(st, 0);
		db_end(d, st);
	}
	for (i = 0; i < n && rc >= 0; i++)
		rc = undo_by_id(rw, ids[i], uid, a);
	arena_free(a);
	return rc < 0 ? rc : 0;
}

int store_verdict_get(struct store_ro *ro, int64_t article, enum entity e,
	int64_t id, int *worked)
{
	int64_t row = 0, w = 0;
	int rc = own_row(&ro->db, article, e, id, &row);

	if (rc > 0)
		rc = db_int(&ro->db, &w,
			"SELECT ifnull(worked, 0) FROM outcome WHERE id = ?",
			"i", row);
	if (rc == 0)
		return err_set(E_NOTFOUND, "nothing was said of it here");
	if (rc > 0)
		*worked = w != 0;
	return rc < 0 ? rc : 0;
}

/* Of several about one case the newest counts; what we say ourselves hides the
 * echo of it that the backend shows. */
int store_outcomes(
	struct store_ro *ro, int64_t article, int *worked, int *tried)
{
	struct db *d = &ro->db;
	sqlite3_stmt *st;
	int rc = db_query(d, &st,
		"SELECT count(*), ifnull(sum(w), 0) FROM (SELECT "
		"ifnull(o.worked, 0) <> 0 AS w, max(o.at) FROM outcome o "
		"WHERE o.article = ?1 AND o.state = 0 AND NOT (o.rid NOT NULL "
		"AND ifnull(o.ticket, o.conversation) NOT NULL AND EXISTS ("
		"SELECT 1 FROM outcome m WHERE m.article = ?1 AND m.rid IS "
		"NULL AND m.state = 0 AND m.ticket IS o.ticket "
		"AND m.conversation IS o.conversation AND "
		"(m.agent IS o.agent OR m.agent IS NULL))) "
		"GROUP BY CASE WHEN o.ticket NOT NULL THEN 't' || o.ticket "
		"WHEN o.conversation NOT NULL THEN 'c' || o.conversation "
		"ELSE 'r' || o.id END)",
		"i", article);

	if (rc < 0)
		return rc;
	rc = db_step(d, st);
	if (rc > 0) {
		*tried = sqlite3_column_int(st, 0);
		*worked = sqlite3_column_int(st, 1);
	}
	db_end(d, st);
	return rc < 0 ? rc : 0;
}
