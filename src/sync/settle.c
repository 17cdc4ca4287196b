/* SPDX-License-Identifier: MIT */
/*
 * Settling: what became of an operation whose answer was lost, and whether one
 * that was answered really had its effect. Nothing unsure is sent again unless
 * its class proves that this is safe; where nobody can know, a person is asked
 * and given what was seen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"
#include "sync_priv.h"

#define KEY_MARGIN_MS (120 * 1000)
/* So long a listing may stay without what it must show before a person is
 * asked. */
#define BLIND_MS (300 * 1000)
/* Looks at a target that cannot be read, at growing distances, before a person
 * is asked. */
#define UNREAD_LOOKS 5

static int move(struct engine *e, struct link *l, const struct op *op,
	enum op_state to, enum op_reason reason, const char *how,
	const char *evidence)
{
	struct store_outcome o = {.state = to,
		.reason = reason,
		.error = op->error,
		.how = how,
		.evidence = evidence,
		.settle_until_ms = op->settle_until_ms};

	if (to == OPS_QUEUED && op->attempt >= e->lim->max_attempts) {
		o.state = OPS_HELD;
		o.reason = OPR_ATTEMPTS;
	} else if (to == OPS_QUEUED) {
		o.not_before_ms =
			engine_now(e) + engine_backoff(e, op->attempt);
	}
	return push_outcome(e, l, op->uid, op->attempt, op->state, &o);
}

static int window_over(const struct engine *e, const struct op *op)
{
	return engine_now(e) >= op->settle_until_ms;
}

/* Has a pass that began after we asked come to its end? Asks for one if not. */
static int looked(
	struct engine *e, struct link *l, struct watch *w, const struct op *op)
{
	if (w->look_mono > engine_mono(e))
		return 0;
	if (w->asked_mono == INT64_MIN) {
		w->asked_mono = engine_mono(e);
		w->late = window_over(e, op);
		w->shown = w->newest_shown = 0;
		pass_want(l);
		return 0;
	}
	if (l->pass_done_mono < w->asked_mono) {
		if (!l->pass_running && !l->pass_wanted)
			pass_want(l);
		return 0;
	}
	return 1;
}

static void looked_once(struct engine *e, struct watch *w)
{
	w->looks++;
	w->asked_mono = INT64_MIN;
	w->look_mono = engine_mono(e) + e->lim->look_every_ms;
}

/* The pass is over; is what it pointed at read as well? */
static int caught_up(
	const struct engine *e, const struct link *l, const struct op *op)
{
	if (op_desc(op->kind)->cls == OPC_CREATE || !op->target_rid)
		return pull_caught_up(e, l, NULL);
	return pull_caught_up(e, l, op->target_rid);
}

/* Does "not there" mean "never happened"? What was said stays; what was made
 * may have been renamed before we saw it, so that its words do not show it, or
 * deleted, so that only a feed of events tells of it. */
static int absence_proves(
	struct link *l, const struct opcap *cap, const struct op *op)
{
	const struct run *r;

	if (!cap->absence_is_proof || op_desc(op->kind)->cls != OPC_CREATE)
		return cap->absence_is_proof;
	r = run_find(l, cap->look_stream);
	return cap->once == ONCE_MARKER && r && r->d->cursor == CUR_INT;
}

/* What the person is shown when nobody can know. */
static const char *evidence_of(struct engine *e, const char *me,
	const struct op *op, const struct watch *w, const int64_t *ids, int n,
	struct arena *a)
{
	struct buf b = BUF_INIT;
	int64_t newest = 0, newest_in = 0;
	const char *rid = NULL, *text;
	int64_t near[8];
	struct jw j;
	int i;

	if (!n) {
		n = store_op_near(e->ro, op, me, near, (int)ARRAY_SIZE(near));
		ids = near;
	}
	jw_init(&j, &b);
	jw_obj(&j);
	jw_kint(&j, "looks", w->looks);
	jw_kint(&j, "armed_ms", op->armed_ms);
	jw_kint(&j, "until_ms", engine_now(e));
	if (op_desc(op->kind)->cls == OPC_MESSAGE &&
		store_thread_head(e->ro, op_desc(op->kind)->target, op->target,
			a, &newest, &rid, &newest_in) == 0)
		jw_kstr(&j, "newest_rid", rid);
	jw_kstr(&j, "baseline", op->baseline);
	jw_key(&j, "candidates");
	jw_arr(&j);
	for (i = 0; i < n; i++)
		jw_int(&j, ids[i]);
	jw_arr_end(&j);
	jw_obj_end(&j);
	text = arena_strdup(a, buf_str(&b));
	buf_fini(&b);
	return text;
}

static int bind_found(
	struct engine *e, struct link *l, const struct op *op, int64_t id)
{
	struct engine_event ev = {
		.kind = EV_OP, .uid = op->uid, .op_state = OPS_DONE};
	int rc;

	engine_trace(e, "bind");
	rc = store_op_bind(e->store, op->uid, id, "found on server");
	if (rc == E_CONFLICT)
		return 0;
	if (rc < 0)
		return rc;
	engine_trace(e, "bound");
	watch_drop(l, op->uid);
	engine_emit(e, l, &ev);
	return 0;
}

/* The stream that reads the target of an operation by its key, or NULL. */
static const char *target_stream(
	const struct link *l, const struct opcap *cap, const struct op *op)
{
	int i;

	if (cap->refetch_stream)
		return cap->refetch_stream;
	for (i = 0; i < l->d->n_streams; i++)
		if (l->d->streams[i].by != BY_TIME &&
			l->d->streams[i].entity == op_desc(op->kind)->target)
			return l->d->streams[i].name;
	return NULL;
}

/* What nobody finds may have gone elsewhere with its target, or is kept from
 * us: before absence counts, the target is read by itself. 1: it was. */
static int read_target(struct engine *e, struct link *l, struct watch *w,
	const struct opcap *cap, const struct op *op, struct arena *a)
{
	const char *stream = target_stream(l, cap, op), *rid = NULL;
	int64_t newest, newest_in;
	int rc;

	if (!w->late || !cap->absence_is_proof ||
		op_desc(op->kind)->cls != OPC_MESSAGE || !stream ||
		!op->target_rid || w->refetched_mono >= w->asked_mono)
		return 1;
	if (w->refetching || !link_room(e, l))
		return 0;
	rc = store_thread_head(e->ro, op_desc(op->kind)->target, op->target, a,
		&newest, &rid, &newest_in);
	if (rc == 0)
		rc = pull_refetch(e, l, stream, op->target_rid, op->uid);
	if (rc != 1)
		return rc;
	free(w->newest);
	w->newest = xstrdup_null(rid);
	w->shown = w->newest_shown = 0;
	w->refetching = w->reading = 1;
	return 0;
}

void settle_shown(struct link *l, const char *uid, const char *key,
	const struct recs *recs)
{
	struct watch *w = watch_find(l, uid);
	const struct rec *r;

	for (r = recs->first; w && w->reading && r; r = r->next) {
		if (r->kind != REC_ROW || !r->rid)
			continue;
		if (r->entity == ENT_MESSAGE)
			w->newest_shown |=
				w->newest && strcmp(r->rid, w->newest) == 0;
		else if (r->entity == ENT_TICKET ||
			 r->entity == ENT_CONVERSATION)
			w->shown |= strcmp(r->rid, key) == 0;
	}
}

/* Would what is not there have been seen, if it were there? */
static int saw(const struct engine *e, const struct link *l,
	const struct watch *w, const struct opcap *cap, const struct op *op)
{
	int64_t id;

	if (op_desc(op->kind)->cls == OPC_MESSAGE && !w->shown)
		return 0;
	if (cap->once != ONCE_MARKER &&
		store_op_near(e->ro, op, l->me, &id, 1) != 0)
		return 0;
	return pull_saw(e, l, cap->look_stream, op, w->newest_shown);
}

/* Look for the effect in what was pulled: by marker the store has found it
 * already while pulling; by content here. */
static int look(struct engine *e, struct link *l, const struct opcap *cap,
	const struct op *op, struct arena *a)
{
	struct watch *w = watch_get(l, op->uid);
	int64_t ids[8];
	int n;

	n = looked(e, l, w, op);
	if (n == 1)
		n = read_target(e, l, w, cap, op, a);
	if (n == 1)
		n = caught_up(e, l, op);
	if (n != 1)
		return n;
	looked_once(e, w);
	n = 0;
	if (cap->once != ONCE_MARKER) {
		n = store_op_candidates(
			e->ro, op, l->me, ids, (int)ARRAY_SIZE(ids));
		if (n < 0)
			return n;
		if (n == 1)
			return bind_found(e, l, op, ids[0]);
		if (n > 1)
			return move(e, l, op, OPS_HELD, OPR_SEVERAL, NULL,
				evidence_of(e, l->me, op, w, ids, n, a));
	}
	if (!w->late)
		return 0;
	if (absence_proves(l, cap, op) && !saw(e, l, w, cap, op)) {
		if (engine_now(e) < op->settle_until_ms + BLIND_MS)
			return 0;
		return move(e, l, op, OPS_HELD, OPR_UNKNOWN, NULL,
			evidence_of(e, l->me, op, w, NULL, 0, a));
	}
	if (!absence_proves(l, cap, op))
		return move(e, l, op, OPS_HELD, OPR_UNKNOWN, NULL,
			evidence_of(e, l->me, op, w, NULL, 0, a));
	if (w->ask)
		return move(e, l, op, OPS_HELD, w->ask, NULL, NULL);
	w->proven = 1;
	return move(e, l, op, OPS_QUEUED, OPR_NONE, NULL, NULL);
}

static int reread(struct engine *e, struct link *l, const struct opcap *cap,
	const struct op *op)
{
	struct watch *w = watch_get(l, op->uid);
	int rc;

	if (w->refetching || w->look_mono > engine_mono(e) || !link_room(e, l))
		return 0;
	if (!cap->refetch_stream || !op->target_rid)
		return 0;
	rc = pull_refetch(e, l, cap->refetch_stream, op->target_rid, op->uid);
	if (rc == 1) {
		w->refetching = 1;
		w->looks++;
	}
	return rc < 0 ? rc : 0;
}

static int key_alive(
	const struct engine *e, const struct opcap *cap, const struct op *op)
{
	int64_t age = engine_now(e) - op->first_armed_ms;

	return !cap->key_ttl_s ||
	       (age >= 0 && age < cap->key_ttl_s * 1000 - cap->settle_s * 1000 -
					    KEY_MARGIN_MS);
}

static int unsure(struct engine *e, struct link *l, const struct opcap *cap,
	const struct op *op, struct arena *a)
{
	/* The server would know it again, but it has had its chances, or
	 * should not be sent any more. */
	const struct watch *w = watch_find(l, op->uid);
	int tired = op->attempt >= e->lim->max_attempts || (w && w->ask);

	switch (cap->once) {
	case ONCE_NATIVE:
		if (key_alive(e, cap, op) && !tired)
			return move(e, l, op, OPS_QUEUED, OPR_NONE, NULL, NULL);
		return look(e, l, cap, op, a);
	case ONCE_UNIQUE:
		if (tired)
			return look(e, l, cap, op, a);
		return move(e, l, op, OPS_QUEUED, OPR_NONE, NULL, NULL);
	case ONCE_MARKER:
	case ONCE_LOOKUP:
		return look(e, l, cap, op, a);
	case ONCE_PRECONDITION:
		return reread(e, l, cap, op);
	case ONCE_IDEMPOTENT:
		/* Harmless twice, but not late: the first may still land. */
		if (cap->refetch && cap->refetch_stream)
			return reread(e, l, cap, op);
		if (!window_over(e, op))
			return 0;
		return move(e, l, op, OPS_QUEUED, OPR_NONE, NULL, NULL);
	case ONCE_ASK:
		break;
	}
	if (!window_over(e, op))
		return 0;
	return move(e, l, op, OPS_HELD, OPR_UNKNOWN, NULL,
		evidence_of(e, l->me, op, watch_get(l, op->uid), NULL, 0, a));
}

/* The server said yes; wait until the effect is seen. */
static int sent(struct engine *e, struct link *l, const struct opcap *cap,
	const struct op *op)
{
	struct watch *w;

	if (op_desc(op->kind)->cls == OPC_SCALAR && cap->refetch_stream)
		return reread(e, l, cap, op);
	w = watch_get(l, op->uid);
	if (!looked(e, l, w, op) || caught_up(e, l, op) != 1)
		return 0;
	looked_once(e, w);
	/* It gave us the id: not seeing it may be a matter of rights. */
	if (window_over(e, op))
		return move(e, l, op, OPS_DONE, OPR_NONE, "answer", NULL);
	return 0;
}

static int each(struct engine *e, struct link *l, enum op_state s)
{
	struct ops ops;
	int i, rc;

	rc = store_op_list(e->ro, l->id, (int)s, 0, 200, &ops);
	if (rc < 0)
		return rc;
	for (i = 0; i < ops.n && rc == 0; i++) {
		const struct opcap *cap = opcap_find(l, ops.v[i].kind);

		if (!cap)
			rc = move(e, l, &ops.v[i], OPS_HELD, OPR_UNKNOWN, NULL,
				NULL);
		else if (s == OPS_UNSURE)
			rc = unsure(e, l, cap, &ops.v[i], ops.arena);
		else
			rc = sent(e, l, cap, &ops.v[i]);
	}
	ops_free(&ops);
	return rc;
}

int settle_start(struct engine *e, struct link *l)
{
	int rc = each(e, l, OPS_UNSURE);

	return rc < 0 ? rc : each(e, l, OPS_SENT);
}

/* --- after a refetch ---------------------------------------------------------
 */

static int refetched_sent(struct engine *e, struct link *l, struct watch *w,
	const struct op *op, enum verdict v, const char *evidence)
{
	if (v == CMP_ALREADY)
		return move(e, l, op, OPS_DONE, OPR_NONE, "answer", NULL);
	/* With the server's words in hand, an unchanged row is a refusal;
	 * without them it may be a read that lags behind. */
	if (!(op->error && *op->error) && !window_over(e, op)) {
		w->look_mono = engine_mono(e) + e->lim->look_every_ms;
		return 0;
	}
	if (v == CMP_CONFLICT)
		return move(e, l, op, OPS_HELD, OPR_CONFLICT, NULL, evidence);
	return move(e, l, op, OPS_HELD, OPR_REFUSED, NULL, NULL);
}

static int refetched_unsure(struct engine *e, struct link *l, struct watch *w,
	const struct op *op, enum verdict v, const char *evidence)
{
	if (op_desc(op->kind)->cls != OPC_SCALAR) {
		if (!window_over(e, op)) {
			w->look_mono = engine_mono(e) + e->lim->look_every_ms;
			return 0;
		}
		return move(e, l, op, OPS_QUEUED, OPR_NONE, NULL, NULL);
	}
	if (v == CMP_ALREADY)
		return move(
			e, l, op, OPS_DONE, OPR_NONE, "found on server", NULL);
	if (!window_over(e, op)) {
		w->look_mono = engine_mono(e) + e->lim->look_every_ms;
		return 0;
	}
	if (v == CMP_CONFLICT)
		return move(e, l, op, OPS_HELD, OPR_CONFLICT, NULL, evidence);
	return move(e, l, op, OPS_QUEUED, OPR_NONE, NULL, NULL);
}

/* It was deleted there, perhaps after we had changed it. */
static int is_gone(const struct engine *e, const struct op *op)
{
	struct rows r;
	int gone;

	if (op->state == OPS_QUEUED || op_desc(op->kind)->cls != OPC_SCALAR ||
		store_row(e->ro, op_desc(op->kind)->target, op->target, &r) < 0)
		return 0;
	gone = strcmp(r.v[0].state, "gone") == 0;
	rows_free(&r);
	return gone;
}

int settle_refetched(struct engine *e, struct link *l, const char *uid)
{
	struct watch *w = watch_find(l, uid);
	struct arena *a = arena_new();
	const char *evidence = NULL;
	enum verdict v = CMP_CLEAN;
	struct op op;
	int rc, reading = 0;

	if (w) {
		reading = w->reading;
		w->refetching = w->reading = w->unread = 0;
		w->refetched_mono = engine_mono(e);
	}
	rc = store_op_get(e->ro, uid, a, &op);
	if (rc < 0 || !op_open(op.state)) {
		/* The page itself has settled it, or a person has. */
		struct engine_event ev = {
			.kind = EV_OP, .uid = uid, .op_state = OPS_DONE};

		if (rc == 0) {
			ev.op_state = op.state;
			engine_emit(e, l, &ev);
		}
		watch_drop(l, uid);
		arena_free(a);
		return rc == E_NOTFOUND ? 0 : rc;
	}
	if (reading && op.state == OPS_UNSURE) {
		arena_free(a);
		return 0; /* the look goes on */
	}
	if (w && op_desc(op.kind)->cls == OPC_SCALAR)
		rc = compare_fields(e, &op, l->me, a, &v, &evidence);
	if (w && rc == 0 && v != CMP_ALREADY && is_gone(e, &op))
		rc = move(e, l, &op, OPS_HELD, OPR_GONE, NULL,
			evidence_of(e, l->me, &op, w, NULL, 0, a));
	else if (w && rc == 0 && op.state == OPS_SENT)
		rc = refetched_sent(e, l, w, &op, v, evidence);
	else if (w && rc == 0 && op.state == OPS_UNSURE)
		rc = refetched_unsure(e, l, w, &op, v, evidence);
	else if (w)
		w->need_first = 0; /* still queued: the check goes on */
	arena_free(a);
	return rc;
}

/* Nothing is changed unseen, and nothing is said of a change that nobody saw.
 * Where the target was read only to let time pass, it goes on. */
int settle_unread(struct engine *e, struct link *l, const char *uid, int gone,
	const char *why)
{
	struct watch *w = watch_get(l, uid);
	struct arena *a = arena_new();
	const char *seen;
	struct op op;
	int rc = store_op_get(e->ro, uid, a, &op);

	if (rc < 0 || !op_open(op.state) ||
		(op.state != OPS_QUEUED &&
			op_desc(op.kind)->cls != OPC_SCALAR)) {
		rc = settle_refetched(e, l, uid);
	} else if (!gone && ++w->unread < UNREAD_LOOKS) {
		w->refetching = 0;
		w->look_mono =
			engine_mono(e) + engine_backoff(e, w->unread + 3);
	} else {
		w->looks += w->unread;
		op.error =
			arena_printf(a, "its target cannot be read: %s", why);
		seen = evidence_of(e, l->me, &op, w, NULL, 0, a);
		if (!gone && op.state == OPS_QUEUED)
			rc = push_ask(e, l, &op, OPR_REFUSED, op.error, seen);
		else
			rc = move(e, l, &op, OPS_HELD,
				gone ? OPR_GONE : OPR_UNKNOWN, NULL, seen);
	}
	arena_free(a);
	return rc;
}

int64_t settle_next_mono(const struct engine *e, const struct link *l)
{
	const struct watch *w;
	int64_t next = INT64_MAX;

	for (w = l->watches; w; w = w->next)
		if (w->look_mono > engine_mono(e) && w->look_mono < next)
			next = w->look_mono;
	return next;
}
