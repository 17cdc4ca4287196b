/* SPDX-License-Identifier: MIT */
/*
 * How operations move on after they were armed: outcomes, cancelling, a
 * person's decisions, what was found at the backend. Every move is a
 * compare-and-set, and takes the pending row, the overlay and the audit chain
 * with it. Nothing here retries anything.
 */
#include "store_priv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/i18n.h"
#include "galley/base/json.h"
#include "galley/base/mem.h"

/* --- the move ------------------------------------------------------------- */

static int cas(struct store_rw *rw, const struct op_row *r,
	const struct store_outcome *o)
{
	int rc = db_run(rw_db(rw),
		"UPDATE op SET state = ?4, open = ?5, reason = ?6, error = ?7, "
		"evidence = ifnull(?8, evidence), how = ifnull(?9, how), "
		"result_rid = ifnull(?10, result_rid), "
		"result_version = ifnull(?11, result_version), "
		"not_before = ?12, "
		"settle_until = CASE ?13 WHEN 0 THEN settle_until ELSE ?13 END, "
		"updated = ?14 "
		"WHERE uid = ?1 AND attempt = ?2 AND state = ?3",
		"tdttdttttttiii", r->op.uid, r->op.attempt,
		op_state_name(r->op.state), op_state_name(o->state),
		op_open(o->state), op_reason_name(o->reason), o->error,
		o->evidence, o->how, o->result_rid, o->result_version,
		o->not_before_ms, o->settle_until_ms, rw->now);

	if (rc < 0)
		return rc;
	if (rc != 1)
		return err_set(E_CONFLICT,
			_("operation %s has moved on meanwhile"), r->op.uid);
	return 0;
}

static int end_attempt(struct store_rw *rw, const struct op_row *r,
	const struct store_outcome *o)
{
	int rc;

	if (r->op.state != OPS_SENDING)
		return 0;
	rc = db_run(rw_db(rw),
		"UPDATE attempt SET ended = ?, outcome = ?, http = ?, "
		"error = ? WHERE uid = ? AND n = ?",
		"itdttd", rw->now, op_state_name(o->state), o->http, o->error,
		r->op.uid, r->op.attempt);
	return rc < 0 ? rc : 0;
}

static int blank_pending(struct store_rw *rw, const char *uid)
{
	int64_t id;
	int rc = db_int(rw_db(rw), &id,
		"SELECT id FROM message WHERE op = ? AND rid IS NULL "
		"AND state = 0",
		"t", uid);

	return rc > 0 ? row_blank(rw, ENT_MESSAGE, id) : rc;
}

/* What was to be done to a row that will not come to be. */
static int cancel_dependents(struct store_rw *rw, const struct op_row *r)
{
	struct store_outcome o = {
		.state = OPS_CANCELLED, .how = "its target was cancelled"};
	struct arena *a = arena_new();
	struct op_row *ops;
	int n, i, rc;

	rc = ops_of_row(rw_db(rw), r->entity, r->op.target, a, &ops, &n);
	for (i = 0; i < n && rc >= 0; i++) {
		rc = op_text_to_draft(rw, &ops[i].op);
		if (rc == 0)
			rc = op_move(rw, &ops[i], &o, NULL);
	}
	arena_free(a);
	return rc;
}

static int undo_effect(struct store_rw *rw, const struct op_row *r)
{
	int rc = blank_pending(rw, r->op.uid);

	if (rc >= 0 && r->op.kind == OP_ARTICLE_OUTCOME)
		rc = verdict_undo(rw, r->op.uid, r->op.target);
	if (rc >= 0 && r->op.kind == OP_ARTICLE_OUTDATED)
		rc = outdated_undo(rw, r->op.target);
	if (rc >= 0 && op_desc(r->op.kind)->cls == OPC_CREATE &&
		!r->op.target_rid) {
		rc = cancel_dependents(rw, r);
		if (rc >= 0)
			rc = row_blank(rw, r->entity, r->op.target);
	}
	return rc;
}

/* The new row has a name at the backend; when a pull was faster, its first
 * message is here twice and becomes one. */
static int take_created(
	struct store_rw *rw, const struct op_row *r, const char *rid)
{
	struct arena *a = arena_new();
	const char *first = NULL;
	int rc = bind_created(rw, r->entity, r->op.target, r->connector, rid);

	if (rc == 0 && r->entity == ENT_TICKET)
		rc = db_text(rw_db(rw), a, &first,
			"SELECT m.rid FROM ticket t JOIN message m "
			"ON m.ticket = t.id AND m.kind = 'created' "
			"AND m.rid IS NOT NULL AND m.op IS NULL "
			"WHERE t.connector = ? AND t.rid = ?",
			"dt", r->connector, rid);
	if (rc > 0)
		rc = bind_pending(rw, r->op.uid, r->connector, first);
	arena_free(a);
	return rc < 0 ? rc : 0;
}

/* The rid that the backend gave: of the new row, or of the message. */
static int take_rid(
	struct store_rw *rw, const struct op_row *r, const char *rid)
{
	if (!rid)
		return 0;
	if (op_desc(r->op.kind)->cls == OPC_CREATE)
		return take_created(rw, r, rid);
	if (op_desc(r->op.kind)->cls == OPC_MESSAGE)
		return bind_pending(rw, r->op.uid, r->connector, rid);
	return 0;
}

static int move_audit(struct store_rw *rw, const struct op_row *r,
	const struct store_outcome *o, const char *who)
{
	char detail[256];

	snprintf(detail, sizeof(detail),
		"%s from %s attempt %d%s%s%s%.60s%s%.60s",
		op_desc(r->op.kind)->name, op_state_name(r->op.state),
		r->op.attempt, o->reason ? " reason " : "",
		op_reason_name(o->reason), o->how ? " how " : "",
		o->how ? o->how : "", o->result_rid ? " rid " : "",
		o->result_rid ? o->result_rid : "");
	return audit_add(rw, who, op_state_name(o->state), r->op.uid, detail);
}

int op_move(struct store_rw *rw, const struct op_row *r,
	const struct store_outcome *o, const char *who)
{
	int rc = cas(rw, r, o);

	if (rc == 0)
		rc = end_attempt(rw, r, o);
	if (rc == 0)
		rc = take_rid(rw, r, o->result_rid);
	if (rc == 0 && o->state == OPS_DONE)
		rc = shadow_fold(rw, r);
	if (rc == 0 && o->state == OPS_CANCELLED)
		rc = undo_effect(rw, r);
	if (rc >= 0 && !op_open(o->state))
		rc = overlay_apply(rw, r->entity, r->op.target);
	return rc < 0 ? rc : move_audit(rw, r, o, who);
}

int op_text_to_draft(struct store_rw *rw, const struct op *op)
{
	struct json_doc *args;
	const char *text;
	char key[UID_SIZE + 8];
	int rc = 0;

	if (json_parse(op->args, strlen(op->args), &json_limits_wire, &args) <
		0)
		return 0;
	text = json_get_str(json_root(args), "text");
	if (!text && op_desc(op->kind)->cls == OPC_CREATE)
		text = json_get_str(json_root(args), "subject");
	snprintf(key, sizeof(key), "op:%s", op->uid);
	if (text)
		rc = draft_put(rw, key, text);
	json_free(args);
	return rc;
}

/* --- one operation, one transaction --------------------------------------- */

typedef int step_fn(struct store_rw *rw, const struct op_row *r, void *u);

static int with_op(struct store_rw *rw, const char *uid, step_fn *step, void *u)
{
	struct arena *a;
	struct op_row r;
	int rc = tx_begin(rw);

	if (rc < 0)
		return rc;
	a = arena_new();
	rc = op_row_get(rw_db(rw), uid, a, &r);
	if (rc == 0)
		rc = err_set(E_NOTFOUND, _("no operation %s"), uid);
	if (rc > 0)
		rc = step(rw, &r, u);
	rc = tx_end(rw, rc < 0 ? rc : 0);
	arena_free(a);
	return rc;
}

struct outcome_args {
	int attempt;
	enum op_state from;
	const struct store_outcome *o;
};

static int outcome_step(struct store_rw *rw, const struct op_row *r, void *u)
{
	const struct outcome_args *x = u;

	if (r->op.attempt != x->attempt || r->op.state != x->from)
		return err_set(E_CONFLICT,
			_("operation %s has moved on meanwhile"), r->op.uid);
	return op_move(rw, r, x->o, NULL);
}

int store_op_outcome(struct store_rw *rw, const char *uid, int attempt,
	enum op_state from, const struct store_outcome *o)
{
	struct outcome_args x = {attempt, from, o};

	return with_op(rw, uid, outcome_step, &x);
}

static int cancel_step(struct store_rw *rw, const struct op_row *r, void *u)
{
	struct store_outcome o = {.state = OPS_CANCELLED, .how = "undone"};
	int may = (r->op.state == OPS_QUEUED && r->op.attempt == 0) ||
		  r->op.state == OPS_HELD;
	int rc;

	(void)u;
	if (!may)
		return err_set(E_CONFLICT, _("too late: it has left already"));
	rc = op_text_to_draft(rw, &r->op);
	return rc < 0 ? rc : op_move(rw, r, &o, r->me);
}

int store_op_cancel(struct store_rw *rw, const char *uid)
{
	return with_op(rw, uid, cancel_step, NULL);
}

/* --- decisions ------------------------------------------------------------ */

#define R(reason) (1u << OPR_##reason)

static const struct {
	const char *name;
	unsigned reasons; /* 0: any */
	enum op_state to;
} decisions[] = {
	[OPD_SEND_ANYWAY] = {"send anyway", R(STALE) | R(OLD), OPS_QUEUED},
	[OPD_RETRY] = {"send again",
		R(REFUSED) | R(GONE) | R(ATTEMPTS) | R(UNKNOWN) | R(SEVERAL) |
			R(BLOCKED),
		OPS_QUEUED},
	[OPD_MARK_SENT] = {"marked as sent", R(UNKNOWN) | R(SEVERAL), OPS_DONE},
	[OPD_OURS] = {"ours", R(CONFLICT), OPS_QUEUED},
	[OPD_THEIRS] = {"theirs", R(CONFLICT), OPS_CANCELLED},
	[OPD_DISCARD] = {"discarded", 0, OPS_CANCELLED},
};

struct decide_args {
	enum op_decision d;
	const char *who;
};

struct bind_args {
	int64_t message;
	const char *how, *who;
};
static int bind_step(struct store_rw *rw, const struct op_row *r, void *u);

/* What the server shows now is what the person has seen now. */
static int rebase(struct store_rw *rw, const struct op_row *r)
{
	struct db *d = rw_db(rw);
	struct arena *a = arena_new();
	const char *base = NULL, *version = NULL, *rid;
	int64_t newest = r->op.seen, in;
	int rc = store_base_values(
		&rw->ro, r->entity, r->op.target, a, &base, &version);

	if (rc == 0)
		rc = store_thread_head(&rw->ro, r->entity, r->op.target, a,
			&newest, &rid, &in);
	if (rc == 0)
		rc = db_run(d,
			"UPDATE op SET base = ?, base_version = ?, seen = ?, "
			"confirmed = 1 WHERE uid = ?",
			"ttit", base, version, newest, r->op.uid);
	arena_free(a);
	return rc < 0 ? rc : 0;
}

static int confirm(struct store_rw *rw, const struct op_row *r)
{
	/* the person has seen that it is not there: earlier attempts do not
	 * count any more, nor does the age of a key */
	int rc = db_run(rw_db(rw),
		"UPDATE op SET confirmed = 1, first_armed = 0 WHERE uid = ?",
		"t", r->op.uid);

	return rc < 0 ? rc : 0;
}

/* The person has seen it there; if it is here already, that is the row. */
static int mark_sent(struct store_rw *rw, const struct op_row *r,
	const struct store_outcome *o, const char *who)
{
	struct bind_args x = {.how = o->how, .who = who};
	int rc = store_op_candidates(&rw->ro, &r->op, r->me, &x.message, 1);

	if (rc < 0)
		return rc;
	return rc ? bind_step(rw, r, &x) : op_move(rw, r, o, who);
}

static int decide_step(struct store_rw *rw, const struct op_row *r, void *u)
{
	const struct decide_args *x = u;
	struct store_outcome o = {.state = decisions[x->d].to,
		.how = decisions[x->d].name,
		.not_before_ms = rw->now};
	unsigned reasons = decisions[x->d].reasons;
	int rc = 0;

	if (r->op.state != OPS_HELD)
		return err_set(E_CONFLICT,
			_("operation %s is not held, it is %s"), r->op.uid,
			op_state_name(r->op.state));
	if (reasons && !(reasons >> r->op.reason & 1))
		return err_set(E_INPUT,
			_("\"%s\" is no answer to an operation held because: %s"),
			decisions[x->d].name, op_reason_name(r->op.reason));
	if (x->d == OPD_DISCARD || x->d == OPD_THEIRS)
		rc = op_text_to_draft(rw, &r->op);
	else if (x->d == OPD_OURS || x->d == OPD_SEND_ANYWAY)
		rc = rebase(rw, r);
	else if (x->d == OPD_RETRY)
		rc = confirm(rw, r);
	else if (x->d == OPD_MARK_SENT)
		return mark_sent(rw, r, &o, x->who);
	return rc < 0 ? rc : op_move(rw, r, &o, x->who);
}

int store_op_decide(struct store_rw *rw, const char *uid, enum op_decision d,
	const char *who)
{
	struct decide_args x = {d, who};

	assert((unsigned)d < ARRAY_SIZE(decisions));
	return with_op(rw, uid, decide_step, &x);
}

/* --- found at the backend ------------------------------------------------- */

static const char *effect_kind(const struct op *op)
{
	switch (op->kind) {
	case OP_TICKET_REPLY:
	case OP_MESSAGE_SEND:
		return "reply";
	case OP_TICKET_NOTE:
	case OP_MESSAGE_NOTE:
		return "note";
	case OP_TICKET_TIME:
		return "time";
	default:
		return NULL;
	}
}

/* Above the baseline, no older by what the server says, and with our words;
 * `near`: or not, for the baseline may come from tomorrow, and a server may put
 * a signature below. */
static int candidates(struct db *d, const struct op *op, const char *author,
	const char *kind, const char *text, int near, int64_t *ids, int max)
{
	sqlite3_stmt *st;
	int rc, n = 0;

	rc = db_query(d, &st,
		op_desc(op->kind)->target == ENT_TICKET
			? "SELECT m.id, m.text FROM message m LEFT JOIN "
			  "(SELECT b.id AS id, b.at AS at FROM message b "
			  "WHERE b.rid = ?4 AND b.ticket = ?1) s "
			  "WHERE m.ticket = ?1 AND m.kind = ?2 "
			  "AND m.rid IS NOT NULL AND m.op IS NULL "
			  "AND m.state = 0 AND (?3 IS NULL OR m.author = ?3) "
			  "AND (s.id IS NULL OR (m.id > s.id "
			  "AND (?5 OR ifnull(m.at >= s.at, 1)))) "
			  "ORDER BY m.id"
			: "SELECT m.id, m.text FROM message m LEFT JOIN "
			  "(SELECT b.id AS id, b.at AS at FROM message b "
			  "WHERE b.rid = ?4 AND b.conversation = ?1) s "
			  "WHERE m.conversation = ?1 AND m.kind = ?2 "
			  "AND m.rid IS NOT NULL AND m.op IS NULL "
			  "AND m.state = 0 AND (?3 IS NULL OR m.author = ?3) "
			  "AND (s.id IS NULL OR (m.id > s.id "
			  "AND (?5 OR ifnull(m.at >= s.at, 1)))) "
			  "ORDER BY m.id",
		"itttd", op->target, kind, author, op->baseline, near);
	if (rc < 0)
		return rc;
	while (n < max && (rc = db_step(d, st)) > 0)
		if (near || !text || text_same(text, col_text(st, 1)))
			ids[n++] = sqlite3_column_int64(st, 0);
	db_end(d, st);
	return rc < 0 ? rc : n;
}

/* Is `rid` not above the newest one known when the operation was armed? */
static int below_baseline(const char *rid, const char *baseline)
{
	size_t a, b;

	if (!rid || !baseline || !*baseline)
		return 0;
	rid += strspn(rid, "0");
	baseline += strspn(baseline, "0");
	a = strspn(rid, "0123456789");
	b = strspn(baseline, "0123456789");
	if (rid[a] || baseline[b])
		return 0;
	return a < b || (a == b && strcmp(rid, baseline) <= 0);
}

/* Clocks may differ by so much. */
#define NEAR_MS (3600 * 1000)

/* A ticket that we may have made: its first message is by us, newer than what
 * we knew, with our subject and our text; `near`: of about that time. */
static int created_candidates(struct db *d, const struct op *op,
	const char *author, const struct json *args, int near, int64_t *ids,
	int max)
{
	const char *text = json_get_str(args, "text");
	sqlite3_stmt *st;
	int rc, n = 0;

	rc = db_query(d, &st,
		"SELECT m.id, m.rid, m.text, t.subject FROM ticket s "
		"JOIN message m ON m.connector = s.connector "
		"JOIN ticket t ON t.id = m.ticket WHERE s.id = ?1 "
		"AND m.kind = 'created' AND m.rid IS NOT NULL "
		"AND m.op IS NULL AND m.state = 0 "
		"AND (?2 IS NULL OR m.author = ?2) "
		"AND ifnull(m.at >= ?3, 1) ORDER BY m.id DESC LIMIT 500",
		"iti", op->target, author,
		near ? op->first_armed_ms - NEAR_MS : INT64_C(0));
	if (rc < 0)
		return rc;
	while (n < max && (rc = db_step(d, st)) > 0)
		if (!below_baseline(col_text(st, 1), op->baseline) &&
			(near || (text_same(json_get_str(args, "subject"),
					  col_text(st, 3)) &&
					 (!text || text_same(text,
							   col_text(st, 2))))))
			ids[n++] = sqlite3_column_int64(st, 0);
	db_end(d, st);
	return rc < 0 ? rc : n;
}

static int op_found(struct store_ro *ro, const struct op *op,
	const char *author, int near, int64_t *ids, int max)
{
	const char *kind = effect_kind(op);
	struct json_doc *args;
	int rc;

	if (!kind && op->kind != OP_TICKET_CREATE)
		return 0;
	if (json_parse(op->args, strlen(op->args), &json_limits_wire, &args) <
		0)
		return err_code();
	rc = kind ? candidates(&ro->db, op, author, kind,
			    json_get_str(json_root(args), "text"), near, ids,
			    max)
		  : created_candidates(&ro->db, op, author, json_root(args),
			    near, ids, max);
	json_free(args);
	return rc;
}

int store_op_candidates(struct store_ro *ro, const struct op *op,
	const char *author, int64_t *ids, int max)
{
	return op_found(ro, op, author, 0, ids, max);
}

int store_op_near(struct store_ro *ro, const struct op *op, const char *author,
	int64_t *ids, int max)
{
	return op_found(ro, op, author, 1, ids, max);
}

static int bind_step(struct store_rw *rw, const struct op_row *r, void *u)
{
	const struct bind_args *x = u;
	struct store_outcome o = {.state = OPS_DONE, .how = x->how};
	struct arena *a = arena_new();
	struct img im = {0};
	int rc;

	rc = img_by_id(rw_db(rw), ENT_MESSAGE, x->message, a, &im);
	if (rc == 0)
		rc = err_set(E_NOTFOUND, _("no message %lld"),
			(long long)x->message);
	else if (rc > 0 && (!op_open(r->op.state) || !r->op.attempt))
		rc = err_set(E_CONFLICT, _("operation %s is %s"), r->op.uid,
			op_state_name(r->op.state));
	else if (rc > 0 && img_str(&im, FID_MESSAGE_OP) &&
		 strcmp(img_str(&im, FID_MESSAGE_OP), r->op.uid) != 0)
		rc = err_set(E_CONFLICT,
			_("that message is the effect of another operation"));
	o.result_rid = im.rid;
	if (rc > 0 && op_desc(r->op.kind)->cls == OPC_CREATE)
		rc = db_text(rw_db(rw), a, &o.result_rid,
			"SELECT rid FROM ticket WHERE id = ?", "i",
			img_int(&im, FID_MESSAGE_TICKET));
	if (rc > 0)
		rc = op_move(rw, r, &o, x->who);
	if (rc == 0)
		rc = db_run(rw_db(rw), "UPDATE message SET op = ? WHERE id = ?",
			"ti", r->op.uid, x->message);
	arena_free(a);
	return rc;
}

int store_op_bind(
	struct store_rw *rw, const char *uid, int64_t message, const char *how)
{
	struct bind_args x = {.message = message, .how = how};

	return with_op(rw, uid, bind_step, &x);
}

/* --- T0 ------------------------------------------------------------------- */

static int boot(struct store_rw *rw)
{
	struct db *d = rw_db(rw);
	sqlite3_stmt *st;
	int rc = db_query(d, &st,
		"SELECT uid FROM op WHERE state = 'sending' ORDER BY seq", "");

	if (rc < 0)
		return rc;
	while ((rc = db_step(d, st)) > 0) {
		rc = audit_add(rw, NULL, "unsure", col_text(st, 0),
			"the program ended while it was being sent");
		if (rc < 0)
			break;
	}
	db_end(d, st);
	if (rc == 0)
		rc = db_run(d,
			"UPDATE op SET state = 'unsure', updated = ?1, "
			"not_before = 0, settle_until = max(settle_until, "
			"ifnull((SELECT deadline FROM attempt a WHERE "
			"a.uid = op.uid AND a.n = op.attempt), 0)) "
			"WHERE state = 'sending'",
			"i", rw->now);
	return rc < 0 ? rc : 0;
}

int op_boot(struct store_rw *rw)
{
	int64_t any = 0;
	int rc = db_int(rw_db(rw), &any,
		"SELECT EXISTS (SELECT 1 FROM op WHERE open = 1 "
		"AND state = 'sending')",
		"");

	if (rc < 0 || !any)
		return rc < 0 ? rc : 0;
	rc = tx_begin(rw);
	return rc < 0 ? rc : tx_end(rw, boot(rw));
}
