/* SPDX-License-Identifier: MIT */
/*
 * The outbox: reading operations and putting them in. An operation, its pending
 * row, the draft it was written in and its audit row are one transaction: when
 * it is not committed nothing was queued, when it is nothing is lost.
 */
#include "store_priv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/i18n.h"
#include "galley/base/json.h"
#include "galley/base/mem.h"

/* --- reading -------------------------------------------------------------- */

static const char *rid_sql(enum entity e)
{
	switch (e) {
	case ENT_TICKET:
		return "SELECT rid FROM ticket WHERE id = ?";
	case ENT_CONVERSATION:
		return "SELECT rid FROM conversation WHERE id = ?";
	case ENT_ARTICLE:
		return "SELECT rid FROM article WHERE id = ?";
	case ENT_AGENT:
		return "SELECT rid FROM agent WHERE id = ?";
	default:
		return NULL;
	}
}

static const char *not_null(const char *s)
{
	return s ? s : "";
}

static int op_columns(sqlite3_stmt *st, struct arena *a, struct op_row *out)
{
	const struct op_desc *d = op_by_name(not_null(col_text(st, 3)));
	const struct entity_desc *e = entity_by_name(not_null(col_text(st, 4)));
	int state = op_state_by_name(not_null(col_text(st, 10)));
	int reason = op_reason_by_name(not_null(col_text(st, 11)));
	struct op *o = &out->op;

	if (!d || !e || state < 0 || reason < 0)
		return err_set(E_DB, _("operation %s is of an unknown kind"),
			not_null(col_text(st, 0)));
	*out = (struct op_row){.connector = sqlite3_column_int(st, 28),
		.entity = e->id,
		.me = col_dup(a, st, 29)};
	snprintf(o->uid, sizeof(o->uid), "%s", not_null(col_text(st, 0)));
	o->seq = sqlite3_column_int64(st, 1);
	o->connector = col_dup_str(a, st, 2);
	o->kind = d->kind;
	o->target = sqlite3_column_int64(st, 5);
	o->args = col_dup_str(a, st, 6);
	o->base = col_dup(a, st, 7);
	o->base_version = col_dup(a, st, 8);
	o->seen = sqlite3_column_int64(st, 9);
	o->state = (enum op_state)state;
	o->reason = (enum op_reason)reason;
	o->error = col_dup(a, st, 12);
	o->evidence = col_dup(a, st, 13);
	o->how = col_dup(a, st, 14);
	o->result_rid = col_dup(a, st, 15);
	o->marker = col_dup(a, st, 16);
	o->baseline = col_dup(a, st, 17);
	o->attempt = sqlite3_column_int(st, 18);
	o->confirmed = sqlite3_column_int(st, 19);
	o->created_ms = sqlite3_column_int64(st, 20);
	o->not_before_ms = sqlite3_column_int64(st, 21);
	o->first_armed_ms = sqlite3_column_int64(st, 22);
	o->armed_ms = sqlite3_column_int64(st, 23);
	o->settle_until_ms = sqlite3_column_int64(st, 24);
	o->expires_ms = sqlite3_column_int64(st, 25);
	o->updated_ms = sqlite3_column_int64(st, 26);
	o->later_ms = sqlite3_column_int64(st, 27);
	return 0;
}

int op_read(struct db *d, sqlite3_stmt *st, struct arena *a, struct op_row *out)
{
	const char *sql, *rid = NULL;
	int rc = op_columns(st, a, out);

	if (rc < 0)
		return rc;
	sql = rid_sql(out->entity);
	if (sql && out->op.target) {
		rc = db_text(d, a, &rid, sql, "i", out->op.target);
		out->op.target_rid = rid;
	}
	return rc < 0 ? rc : 0;
}

int op_row_get(
	struct db *d, const char *uid, struct arena *a, struct op_row *out)
{
	sqlite3_stmt *st;
	int rc = db_query(d, &st,
		"SELECT " OP_COLUMNS OP_FROM "WHERE o.uid = ?", "t", uid);

	if (rc < 0)
		return rc;
	rc = db_step(d, st);
	if (rc > 0 && op_read(d, st, a, out) < 0)
		rc = err_code();
	db_end(d, st);
	return rc;
}

struct op_list {
	struct op_row *v;
	int n, cap;
};

static struct op_row *list_add(struct op_list *l)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 16;
		l->v = xreallocarray(l->v, (size_t)l->cap, sizeof(*l->v));
	}
	return &l->v[l->n++];
}

/* Takes the statement over. */
static int list_read(
	struct db *d, sqlite3_stmt *st, struct arena *a, struct op_list *l)
{
	int rc;

	while ((rc = db_step(d, st)) > 0) {
		rc = op_read(d, st, a, list_add(l));
		if (rc < 0)
			break;
	}
	db_end(d, st);
	return rc;
}

int ops_of_row(struct db *d, enum entity e, int64_t target, struct arena *a,
	struct op_row **out, int *n)
{
	struct op_list l = {0};
	sqlite3_stmt *st;
	int rc = db_query(d, &st,
		"SELECT " OP_COLUMNS OP_FROM "WHERE o.open = 1 "
		"AND o.target = ? AND o.entity = ? ORDER BY o.seq",
		"it", target, entity_desc(e)->name);

	*n = 0;
	if (rc < 0)
		return rc;
	rc = list_read(d, st, a, &l);
	if (rc == 0) {
		*out = arena_alloc(a, (size_t)(l.n + 1) * sizeof(*l.v));
		if (l.n)
			memcpy(*out, l.v, (size_t)l.n * sizeof(*l.v));
		*n = l.n;
	}
	free(l.v);
	return rc;
}

void ops_free(struct ops *o)
{
	if (!o)
		return;
	arena_free(o->arena);
	*o = (struct ops){0};
}

static void ops_fill(struct ops *out, struct arena *a, const struct op_list *l)
{
	int i;

	*out = (struct ops){.arena = a,
		.v = arena_alloc(a, (size_t)(l->n + 1) * sizeof(struct op)),
		.n = l->n};
	for (i = 0; i < l->n; i++)
		out->v[i] = l->v[i].op;
}

int store_op_get(
	struct store_ro *ro, const char *uid, struct arena *a, struct op *out)
{
	struct db *d = &ro->db;
	char high[UID_SIZE + 1], low[UID_SIZE + 1];
	struct op_list l = {0};
	sqlite3_stmt *st;
	size_t n = strlen(uid), i;
	int rc;

	if (n < 4 || n > UID_LEN)
		return err_set(E_INPUT,
			_("an operation is named by 4 to %d characters"),
			UID_LEN);
	for (i = 0; i <= n; i++)
		low[i] = (char)(uid[i] >= 'a' && uid[i] <= 'z' ? uid[i] - 32
							       : uid[i]);
	memcpy(high, low, n);
	high[n] = '~'; /* after every character of an id */
	high[n + 1] = '\0';
	rc = db_query(d, &st,
		"SELECT " OP_COLUMNS OP_FROM
		"WHERE o.uid >= ? AND o.uid < ? LIMIT 2",
		"tt", low, high);
	if (rc < 0)
		return rc;
	rc = list_read(d, st, a, &l);
	if (rc == 0 && l.n == 1)
		*out = l.v[0].op;
	else if (rc == 0)
		rc = l.n ? err_set(E_INPUT,
				   _("%s names more than one operation"), uid)
			 : err_set(E_NOTFOUND, _("no operation %s"), uid);
	free(l.v);
	return rc;
}

/* Mostly nothing waits, and that is quickly said. 1, 0, or an error. */
static int may_be_some(struct db *d, int state)
{
	int64_t open = 1;
	int rc = 0;

	if (state != OPS_DONE && state != OPS_CANCELLED)
		rc = db_int(d, &open,
			"SELECT EXISTS (SELECT 1 FROM op WHERE open = 1)", "");
	return rc < 0 ? rc : open != 0;
}

int store_op_list(struct store_ro *ro, int connector, int state, int64_t target,
	int limit, struct ops *out)
{
	struct db *d = &ro->db;
	struct arena *a = arena_new();
	struct op_list l = {0};
	sqlite3_stmt *st = NULL;
	int rc = may_be_some(d, state);

	if (rc > 0)
		rc = db_query(d, &st,
			"SELECT * FROM (SELECT " OP_COLUMNS OP_FROM
			"WHERE (?1 = 0 OR o.connector = ?1) "
			"AND (?2 = 0 OR o.target = ?2) "
			"AND CASE WHEN ?3 IS NULL THEN o.open = 1 ELSE o.state = ?3 "
			"END ORDER BY o.seq DESC LIMIT ?4) ORDER BY 2",
			"ditd", connector, target,
			state < 0 ? NULL : op_state_name((enum op_state)state),
			limit > 0 ? limit : -1);

	if (rc == 0 && st)
		rc = list_read(d, st, a, &l);
	if (rc == 0)
		ops_fill(out, a, &l);
	else
		arena_free(a);
	free(l.v);
	return rc;
}

/* --- lanes ---------------------------------------------------------------- */

/* Does another open operation of the same target hold it up? */
static int must_wait(struct db *d, const struct op_row *r, int64_t now_ms)
{
	struct arena *a = arena_new();
	struct op_row *ops;
	int n, i, rc = 0;

	rc = ops_of_row(d, r->entity, r->op.target, a, &ops, &n);
	for (i = 0; i < n && rc == 0; i++)
		if (ops[i].op.seq != r->op.seq)
			rc = op_must_wait(&r->op, &ops[i].op, now_ms);
	arena_free(a);
	return rc;
}

static int ready_in(struct db *d, int connector, int64_t now_ms, int limit,
	struct arena *a, struct op_list *l)
{
	sqlite3_stmt *st;
	struct op_row r;
	int rc = db_query(d, &st,
		"SELECT " OP_COLUMNS OP_FROM "WHERE o.open = 1 "
		"AND o.connector = ? AND o.state = 'queued' "
		"AND o.not_before <= ? ORDER BY o.seq",
		"di", connector, now_ms);

	if (rc < 0)
		return rc;
	while (l->n < limit && (rc = db_step(d, st)) > 0) {
		rc = op_read(d, st, a, &r);
		if (rc == 0)
			rc = must_wait(d, &r, now_ms);
		if (rc < 0)
			break;
		if (rc == 0)
			*list_add(l) = r;
	}
	db_end(d, st);
	return rc < 0 ? rc : 0;
}

int store_op_ready(struct store_ro *ro, int connector, int64_t now_ms,
	int limit, struct ops *out)
{
	struct db *d = &ro->db;
	struct arena *a;
	struct op_list l = {0};
	int rc = db_read_begin(d);

	if (rc < 0)
		return rc;
	a = arena_new();
	rc = ready_in(d, connector, now_ms, limit > 0 ? limit : 1000000, a, &l);
	db_read_end(d);
	if (rc == 0)
		ops_fill(out, a, &l);
	else
		arena_free(a);
	free(l.v);
	return rc;
}

/* As long as an undo window mostly is. */
#define UNDO_MS (300 * 1000)

/* What is due after a while is due after that while all the same. One that was
 * made when the clock had been put back already is not told from one made long
 * before: what looks so waits on, for a few minutes at most. When bytes left is
 * what the life of a key counts from: it may look older than it is, but not
 * younger. */
int store_clock_set(struct store_rw *rw, int64_t was_ms, int64_t now_ms)
{
	int rc = tx_begin(rw);

	if (rc < 0)
		return rc;
	rc = db_run(rw_db(rw),
		"UPDATE op SET "
		"not_before = CASE "
		"WHEN later > 0 AND attempt = 0 THEN not_before "
		"WHEN ?2 > ?1 THEN not_before + "
		"iif(not_before > ?1, ?2 - ?1, 0) "
		"WHEN attempt = 0 AND created <= ?2 THEN min(not_before, "
		"max(not_before + ?2 - ?1, ?2 + ?3)) "
		"WHEN not_before <= ?1 THEN min(not_before, ?2) "
		"ELSE not_before + ?2 - ?1 END, "
		"settle_until = CASE "
		"WHEN settle_until > ?1 THEN settle_until + ?2 - ?1 "
		"ELSE min(settle_until, ?2) END, "
		"first_armed = first_armed + "
		"iif(first_armed > 0, min(?2 - ?1, 0), 0), "
		"armed = armed + iif(armed > 0, min(?2 - ?1, 0), 0), "
		"created = iif(created > ?2, created + ?2 - ?1, created) "
		"WHERE open = 1 AND (?2 < ?1 OR created <= ?1)",
		"iii", was_ms, now_ms, (int64_t)UNDO_MS);
	if (rc >= 0)
		rc = db_run(rw_db(rw),
			"UPDATE quarantine SET since = min(since, ?2), "
			"next = min(next, ?2) WHERE ?2 < ?1",
			"ii", was_ms, now_ms);
	return tx_end(rw, rc < 0 ? rc : 0);
}

static int next_in(struct db *d, int connector, struct arena *a, int64_t *best)
{
	sqlite3_stmt *st;
	struct op_row r;
	int rc = db_query(d, &st,
		"SELECT " OP_COLUMNS OP_FROM "WHERE o.open = 1 "
		"AND o.connector = ? "
		"AND o.state IN ('queued', 'sent', 'unsure')",
		"d", connector);

	if (rc < 0)
		return rc;
	while ((rc = db_step(d, st)) > 0) {
		int64_t at;

		rc = op_read(d, st, a, &r);
		if (rc < 0)
			break;
		at = r.op.not_before_ms ? r.op.not_before_ms
					: r.op.settle_until_ms;
		if (*best && at >= *best)
			continue;
		rc = r.op.state == OPS_QUEUED
			     ? must_wait(d, &r, clock_now_ms(d->clock))
			     : 0;
		if (rc < 0)
			break;
		if (rc == 0)
			*best = at ? at : 1;
	}
	db_end(d, st);
	return rc < 0 ? rc : 0;
}

int store_op_next_ms(struct store_ro *ro, int connector, int64_t *out)
{
	struct db *d = &ro->db;
	struct arena *a;
	int64_t best = 0;
	int rc = db_read_begin(d);

	if (rc < 0)
		return rc;
	a = arena_new();
	rc = next_in(d, connector, a, &best);
	arena_free(a);
	db_read_end(d);
	if (rc == 0)
		*out = best;
	return rc;
}

/* --- T1: enqueue ---------------------------------------------------------- */

struct enqueue {
	struct store_rw *rw;
	const struct store_enqueue *e;
	const struct op_desc *desc;
	const struct json *args;
	struct arena *a;
	char uid[UID_SIZE];
	int64_t target, seen;
	const char *base, *base_version;
};

static int add_create_row(struct enqueue *q)
{
	struct img im = {
		.connector = q->e->connector, .state = ROW_LIVE, .seen = 0};
	int i, rc;

	for (i = 0; i < ENTITY_MAX_FIELDS; i++)
		im.v[i].kind = VAL_NULL;
	if (q->desc->target == ENT_TICKET) {
		*img_val(&im, FID_TICKET_CREATED) = val_int(q->rw->now);
		*img_val(&im, FID_TICKET_UPDATED) = val_int(q->rw->now);
		*img_val(&im, FID_TICKET_PHASE) = val_text("new");
	}
	rc = img_insert(q->rw, q->desc->target, &im);
	if (rc < 0)
		return rc;
	q->target = im.id;
	return 0;
}

/* The fields of a new row come from its operation, which is written by now. */
static int fill_create_row(struct enqueue *q)
{
	struct db *d = rw_db(q->rw);
	struct op_row r;
	struct img old, now;
	int rc = op_row_get(d, q->uid, q->a, &r);

	if (rc > 0)
		rc = img_by_id(d, r.entity, r.op.target, q->a, &old);
	if (rc <= 0)
		return rc < 0 ? rc : err_set(E_BUG, "the new row is not there");
	now = old;
	rc = op_apply(d, &r, q->a, &now);
	return rc < 0 ? rc : img_update(q->rw, r.entity, &old, &now);
}

static const struct {
	enum op_kind op;
	const char *kind, *dir;
} pending_kinds[] = {
	{OP_TICKET_REPLY, "reply", "out"},
	{OP_TICKET_NOTE, "note", "note"},
	{OP_TICKET_TIME, "time", "system"},
	{OP_TICKET_CREATE, "created", "out"},
	{OP_MESSAGE_SEND, "reply", "out"},
	{OP_MESSAGE_NOTE, "note", "note"},
};

/* What will be in the thread is in it at once. */
static int add_pending_message(struct enqueue *q)
{
	struct img im = {.connector = q->e->connector,
		.state = ROW_LIVE,
		.seen = q->rw->now};
	const char *text = json_get_str(q->args, "text");
	size_t i;
	int k;

	for (i = 0; i < ARRAY_SIZE(pending_kinds); i++)
		if (pending_kinds[i].op == q->e->kind)
			break;
	if (i == ARRAY_SIZE(pending_kinds) ||
		(q->e->kind == OP_TICKET_CREATE && !text))
		return 0;
	for (k = 0; k < ENTITY_MAX_FIELDS; k++)
		im.v[k].kind = VAL_NULL;
	*img_val(&im, q->desc->target == ENT_TICKET
			      ? FID_MESSAGE_TICKET
			      : FID_MESSAGE_CONVERSATION) = val_int(q->target);
	*img_val(&im, FID_MESSAGE_KIND) = val_text(pending_kinds[i].kind);
	*img_val(&im, FID_MESSAGE_DIR) = val_text(pending_kinds[i].dir);
	*img_val(&im, FID_MESSAGE_AUTHOR) = val_text(q->e->me);
	*img_val(&im, FID_MESSAGE_AT) = val_int(q->rw->now);
	*img_val(&im, FID_MESSAGE_TEXT) = val_text(text);
	*img_val(&im, FID_MESSAGE_OP) = val_text(q->uid);
	k = img_insert(q->rw, ENT_MESSAGE, &im);
	return k < 0 ? k : 0;
}

static int add_op(struct enqueue *q)
{
	const struct store_enqueue *e = q->e;
	int rc = db_run(rw_db(q->rw),
		"INSERT INTO op (uid, connector, kind, entity, target, args, "
		"base, base_version, me, seen, state, open, reason, attempt, "
		"confirmed, created, not_before, first_armed, armed, "
		"settle_until, expires, updated, later) VALUES (?1, ?2, ?3, "
		"?4, ?5, ?6, ?7, ?8, ?9, ?10, 'queued', 1, '', 0, 0, ?11, "
		"?12, 0, 0, 0, ?13, ?11, ?14)",
		"tdttittttiiiii", q->uid, e->connector, q->desc->name,
		entity_desc(q->desc->target)->name, q->target, e->args, q->base,
		q->base_version, e->me, q->seen, q->rw->now,
		q->rw->now + e->hold_ms, e->expires_ms,
		e->later ? q->rw->now + e->hold_ms : 0);

	return rc < 0 ? rc : 0;
}

static int add_audit(struct enqueue *q)
{
	char hash[65], detail[128];
	int rc = salted_hash(rw_db(q->rw), q->e->args, hash);

	if (rc < 0)
		return rc;
	snprintf(detail, sizeof(detail), "%s #%lld %s", q->desc->name,
		(long long)q->target, hash);
	return audit_add(q->rw, q->e->me, "enqueue", q->uid, detail);
}

/* Keys of the row that operations wait for go first. */
static int hurry_touches(struct enqueue *q)
{
	int rc;

	if (!rid_sql(q->desc->target) || !q->target)
		return 0;
	rc = db_run(rw_db(q->rw),
		q->desc->target == ENT_CONVERSATION
			? "UPDATE touch SET urgent = 1 WHERE waiting = 1 "
			  "AND connector = ?1 AND key = (SELECT rid FROM "
			  "conversation WHERE id = ?2)"
			: "UPDATE touch SET urgent = 1 WHERE waiting = 1 "
			  "AND connector = ?1 AND key = (SELECT rid FROM "
			  "ticket WHERE id = ?2)",
		"di", q->e->connector, q->target);
	return rc < 0 ? rc : 0;
}

static int find_target(struct enqueue *q)
{
	struct db *d = rw_db(q->rw);
	const char *rid = NULL;
	int64_t in;
	int rc;

	q->target = q->e->target;
	rc = row_follow(d, q->desc->target, &q->target);
	if (rc < 0)
		return rc;
	rc = store_base_values(&q->rw->ro, q->desc->target, q->target, q->a,
		&q->base, &q->base_version);
	if (rc < 0)
		return rc;
	/* what the person saw: the row with what is pending already */
	rc = seen_values(d, q->desc->target, q->target, q->a, &q->base);
	if (rc < 0)
		return rc;
	q->seen = q->e->seen;
	if (q->seen)
		return 0;
	return store_thread_head(&q->rw->ro, q->desc->target, q->target, q->a,
		&q->seen, &rid, &in);
}

static int enqueue(struct enqueue *q)
{
	int rc, create = q->desc->cls == OPC_CREATE;

	rc = create ? add_create_row(q) : find_target(q);
	if (rc == 0)
		rc = add_op(q);
	if (rc == 0 && create)
		rc = fill_create_row(q);
	if (rc == 0 && !create)
		rc = shadow_ensure(q->rw, q->desc->target, q->target);
	if (rc >= 0 && !create)
		rc = overlay_apply(q->rw, q->desc->target, q->target);
	if (rc >= 0)
		rc = add_pending_message(q);
	if (rc == 0 && q->e->kind == OP_ARTICLE_OUTCOME)
		rc = verdict_of_op(q->rw, q->e, q->uid, q->target, q->args);
	if (rc == 0 && q->e->kind == OP_ARTICLE_OUTDATED)
		rc = outdated_of_op(q->rw, q->e, q->target, q->args);
	if (rc == 0)
		rc = hurry_touches(q);
	if (rc == 0 && q->e->draft) {
		rc = db_run(rw_db(q->rw), "DELETE FROM draft WHERE key = ?",
			"t", q->e->draft);
		rc = rc < 0 ? rc : 0;
	}
	return rc == 0 ? add_audit(q) : rc;
}

int store_op_enqueue(struct store_rw *rw, const struct store_enqueue *e,
	char uid[UID_SIZE], int64_t *target)
{
	struct enqueue q = {.rw = rw, .e = e, .desc = op_desc(e->kind)};
	struct json_doc *args;
	int rc;

	rc = json_parse(e->args, strlen(e->args), &json_limits_wire, &args);
	if (rc < 0)
		return rc;
	q.args = json_root(args);
	q.a = arena_new();
	rc = op_validate(e->kind, q.args);
	if (rc == 0)
		rc = tx_begin(rw);
	if (rc == 0) {
		uid_new(rw_db(rw)->clock, rw->rnd, q.uid);
		rc = tx_end(rw, enqueue(&q));
	}
	json_free(args);
	arena_free(q.a);
	if (rc < 0)
		return rc;
	memcpy(uid, q.uid, UID_SIZE);
	if (target)
		*target = q.target;
	return 0;
}

/* --- T2: arm -------------------------------------------------------------- */

static int arm(struct store_rw *rw, const char *uid, const char *marker,
	const char *baseline, int64_t deadline_ms, int *attempt)
{
	struct db *d = rw_db(rw);
	int64_t n = 0;
	char detail[32];
	int rc = db_run(d,
		"UPDATE op SET state = 'sending', reason = '', "
		"attempt = attempt + 1, armed = ?2, first_armed = "
		"CASE first_armed WHEN 0 THEN ?2 ELSE first_armed END, "
		"marker = ifnull(?3, marker), "
		/* what an earlier attempt did lies above the first one's */
		"baseline = CASE first_armed WHEN 0 THEN ?4 ELSE baseline END, "
		"updated = ?2 "
		"WHERE uid = ?1 AND state = 'queued'",
		"titt", uid, rw->now, marker, baseline);

	if (rc < 0)
		return rc;
	if (rc != 1)
		return err_set(E_CONFLICT,
			_("operation %s is not waiting any more"), uid);
	rc = db_int(d, &n, "SELECT attempt FROM op WHERE uid = ?", "t", uid);
	if (rc > 0)
		rc = db_run(d,
			"INSERT INTO attempt (uid, n, armed, deadline) "
			"VALUES (?, ?, ?, ?)",
			"tiii", uid, n, rw->now, deadline_ms);
	if (rc < 0)
		return rc;
	*attempt = (int)n;
	snprintf(detail, sizeof(detail), "attempt %d", (int)n);
	return audit_add(rw, NULL, "arm", uid, detail);
}

int store_op_arm(struct store_rw *rw, const char *uid, const char *marker,
	const char *baseline, int64_t deadline_ms, int *attempt)
{
	int n = 0, rc = tx_begin(rw);

	if (rc < 0)
		return rc;
	rc = tx_end(rw, arm(rw, uid, marker, baseline, deadline_ms, &n));
	if (rc == 0)
		*attempt = n;
	return rc;
}
