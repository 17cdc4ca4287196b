/* SPDX-License-Identifier: MIT */
/*
 * Pushing: the checks before an operation may leave, the step that commits
 * `sending` before the first byte, and what each answer makes of it. Nothing
 * is ever sent from a state that was not durable first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "sync_priv.h"

/* So often a reply waits for a younger look, where reading takes longer than a
 * look stays young. */
#define FRESH_ASKS 5
/* A native key is used only while this much of its life is left. */
#define KEY_MARGIN_MS (120 * 1000)

const struct opcap *opcap_find(const struct link *l, enum op_kind k)
{
	int i;

	for (i = 0; i < l->d->n_ops; i++)
		if (l->d->ops[i].kind == k)
			return &l->d->ops[i];
	return NULL;
}

struct watch *watch_find(const struct link *l, const char *uid)
{
	struct watch *w;

	for (w = l->watches; w; w = w->next)
		if (strcmp(w->uid, uid) == 0)
			return w;
	return NULL;
}

struct watch *watch_get(struct link *l, const char *uid)
{
	struct watch *w = watch_find(l, uid);

	if (w)
		return w;
	w = xcalloc(1, sizeof(*w));
	memcpy(w->uid, uid, UID_SIZE);
	w->asked_mono = INT64_MIN;
	w->refetched_mono = INT64_MIN;
	w->next = l->watches;
	l->watches = w;
	return w;
}

void watch_free(struct watch *w)
{
	free(w->newest);
	free(w);
}

void watch_drop(struct link *l, const char *uid)
{
	struct watch **p = &l->watches, *w;

	while (*p && strcmp((*p)->uid, uid) != 0)
		p = &(*p)->next;
	w = *p;
	if (!w)
		return;
	*p = w->next;
	watch_free(w);
}

/* Moves an operation; that another step was faster is not an error. */
int push_outcome(struct engine *e, struct link *l, const char *uid, int attempt,
	enum op_state from, struct store_outcome *o)
{
	struct engine_event ev = {.kind = EV_OP,
		.uid = uid,
		.op_state = o->state,
		.op_reason = o->reason,
		.text = o->error};
	int rc;

	engine_trace(e, "outcome");
	rc = store_op_outcome(e->store, uid, attempt, from, o);
	if (rc == E_CONFLICT)
		return 0;
	if (rc < 0)
		return rc;
	engine_trace(e, "settled");
	if (o->state == OPS_DONE || o->state == OPS_HELD ||
		o->state == OPS_CANCELLED)
		watch_drop(l, uid);
	engine_emit(e, l, &ev);
	return 0;
}

static int hold(struct engine *e, struct link *l, const struct op *op,
	enum op_reason reason, const char *error, const char *evidence)
{
	struct store_outcome o = {.state = OPS_HELD,
		.reason = reason,
		.error = error,
		.evidence = evidence};

	return push_outcome(e, l, op->uid, op->attempt, op->state, &o);
}

static int is_proven(const struct link *l, const char *uid)
{
	const struct watch *w = watch_find(l, uid);

	return w && w->proven;
}

/* An attempt before `ms` may have been executed, and only sending it again
 * would tell. (A person who says "again" has looked: the count begins anew.) */
static int may_have_happened(
	const struct opcap *cap, const struct op *op, int64_t ms)
{
	return op->first_armed_ms && op->first_armed_ms < ms && cap &&
	       (cap->once == ONCE_NATIVE || cap->once == ONCE_UNIQUE);
}

int push_ask(struct engine *e, struct link *l, const struct op *op,
	enum op_reason reason, const char *error, const char *evidence)
{
	const struct opcap *cap = opcap_find(l, op->kind);
	struct store_outcome o = {
		.state = OPS_UNSURE, .error = error, .evidence = evidence};

	if (!may_have_happened(cap, op, INT64_MAX) || is_proven(l, op->uid))
		return hold(e, l, op, reason, error, evidence);
	o.settle_until_ms = engine_now(e) + cap->settle_s * 1000;
	watch_get(l, op->uid)->ask = reason;
	return push_outcome(e, l, op->uid, op->attempt, op->state, &o);
}

/* --- checks ------------------------------------------------------------------
 */

/* Each check answers: 1 go on, 0 not now (or settled otherwise), E_*. */
struct check {
	struct engine *e;
	struct link *l;
	const struct op *op;
	const struct opcap *cap;
	struct arena *a;
};

static int hold_unsent(
	struct check *c, enum op_reason reason, const char *evidence)
{
	return push_ask(c->e, c->l, c->op, reason, NULL, evidence);
}

static int check_known(struct check *c)
{
	char *text;
	int rc;

	if (c->cap)
		return 1;
	text = xasprintf("%s cannot do `%s`", c->l->d->title,
		op_desc(c->op->kind)->name);
	rc = hold(c->e, c->l, c->op, OPR_REFUSED, text, NULL);
	free(text);
	return rc;
}

static int check_target(struct check *c)
{
	if (op_desc(c->op->kind)->cls == OPC_CREATE || c->op->target_rid)
		return 1;
	return hold(c->e, c->l, c->op, OPR_BLOCKED,
		"its target was never made at the backend", NULL);
}

/* What is for a later time is young then. */
static int64_t born_ms(const struct op *op)
{
	if (op->later_ms > op->created_ms)
		return op->later_ms;
	if (op->attempt || op->created_ms > op->not_before_ms)
		return op->created_ms;
	return op->not_before_ms;
}

static int check_age(struct check *c)
{
	const struct op_desc *d = op_desc(c->op->kind);
	int64_t age = engine_now(c->e) - born_ms(c->op);
	struct store_outcome o = {
		.state = OPS_CANCELLED, .how = "too old to matter"};

	if (d->cls == OPC_SIGNAL && c->cap->drop_if_older_s &&
		age > c->cap->drop_if_older_s * 1000)
		return push_outcome(c->e, c->l, c->op->uid, c->op->attempt,
			c->op->state, &o);
	if (!(d->flags & OF_VISIBLE) || c->op->confirmed)
		return 1;
	if (age > c->e->lim->stale_after_ms ||
		(c->op->expires_ms && engine_now(c->e) > c->op->expires_ms))
		return hold_unsent(c, OPR_OLD, NULL);
	return 1;
}

/* The thread that is answered cannot be read, or something that came since the
 * answer was written: nobody knows what is new. */
static int is_aside(const struct check *c)
{
	int64_t n = 0;

	return c->l->asides && c->op->target_rid &&
	       (store_aside_hides(c->e->ro, c->l->id, c->op->target_rid,
			c->op->created_ms, &n) < 0 ||
		       n > 0);
}

/* What the customer will see leaves only when we have just looked. */
static int check_fresh(struct check *c)
{
	const struct op_desc *d = op_desc(c->op->kind);
	struct watch *w;
	int64_t newest, newest_in;
	const char *rid;
	char text[64];
	int rc;

	if (!(d->flags & OF_VISIBLE) || c->op->confirmed)
		return 1;
	w = watch_get(c->l, c->op->uid);
	if (pull_hidden(c->l, c->op)) {
		w->asked_mono = INT64_MIN;
		return 0;
	}
	if (w->asked_mono == INT64_MIN)
		w->asked_mono = engine_mono(c->e);
	if (c->l->pass_done_mono < w->asked_mono &&
		c->l->pass_done_mono <
			engine_mono(c->e) - c->e->lim->fresh_ms) {
		if (!c->l->pass_running ||
			c->l->pass_start_mono < w->asked_mono)
			pass_want(c->l);
		return 0;
	}
	/* what the feeds have shown of it must have been read as well */
	rc = c->op->target_rid ? pull_caught_up(c->e, c->l, c->op->target_rid)
			       : 1;
	if (rc != 1)
		return rc;
	/* reading it took so long that somebody may have written meanwhile */
	if (c->l->pass_done_mono < engine_mono(c->e) - c->e->lim->fresh_ms &&
		w->asks < FRESH_ASKS) {
		w->asks++;
		w->asked_mono = engine_mono(c->e);
		pass_want(c->l);
		return 0;
	}
	w->asks = 0;
	w->asked_mono = INT64_MIN;
	rc = store_thread_head(c->e->ro, d->target, c->op->target, c->a,
		&newest, &rid, &newest_in);
	if (rc < 0)
		return rc;
	if (newest_in <= c->op->seen && !is_aside(c))
		return 1;
	snprintf(text, sizeof(text), "{\"seen\":%lld,\"newest_in\":%lld}",
		(long long)c->op->seen, (long long)newest_in);
	return hold_unsent(c, OPR_STALE, text);
}

/* What we made and have not read since has no version to hold on to. */
static int no_version(struct check *c)
{
	const char *values, *version = NULL;
	int rc;

	if (c->cap->once != ONCE_PRECONDITION || !c->op->target_rid ||
		op_desc(c->op->kind)->cls != OPC_SCALAR)
		return 0;
	rc = store_base_values(c->e->ro, op_desc(c->op->kind)->target,
		c->op->target, c->a, &values, &version);
	return rc < 0 ? rc : !version || !*version;
}

/* Reads the target when the backend has no precondition, or refused ours, or
 * there is nothing to make one of. */
static int check_first(struct check *c)
{
	struct watch *w = watch_find(c->l, c->op->uid);
	const char *stream = c->cap->first;
	int rc = 0;

	if (!stream && !(w && w->need_first))
		rc = no_version(c);
	if (rc < 0)
		return rc;
	if (!stream && (rc || (w && w->need_first)))
		stream = c->cap->refetch_stream;
	if (!stream || !c->op->target_rid)
		return 1;
	w = watch_get(c->l, c->op->uid);
	if (w->refetching)
		return 0;
	if (w->refetched_mono != INT64_MIN &&
		w->refetched_mono >= engine_mono(c->e) - c->e->lim->fresh_ms)
		return 1;
	if (w->look_mono > engine_mono(c->e) || !link_room(c->e, c->l))
		return 0;
	rc = pull_refetch(c->e, c->l, stream, c->op->target_rid, c->op->uid);
	if (rc == 1)
		w->refetching = 1;
	return rc < 0 ? rc : 0;
}

static int check_conflict(struct check *c)
{
	struct store_outcome done = {
		.state = OPS_DONE, .how = "it was so already"};
	struct store_outcome theirs = {
		.state = OPS_CANCELLED, .how = "someone else changed it"};
	const char *evidence = NULL;
	enum verdict v;
	int rc;

	if (op_desc(c->op->kind)->cls != OPC_SCALAR)
		return 1;
	rc = compare_fields(c->e, c->op, c->l->me, c->a, &v, &evidence);
	if (rc < 0)
		return rc;
	if (v == CMP_ALREADY)
		return push_outcome(c->e, c->l, c->op->uid, c->op->attempt,
			c->op->state, &done);
	if (v == CMP_CLEAN || c->cap->policy == POLICY_OURS)
		return 1;
	if (c->cap->policy == POLICY_THEIRS)
		return push_outcome(c->e, c->l, c->op->uid, c->op->attempt,
			c->op->state, &theirs);
	return hold(c->e, c->l, c->op, OPR_CONFLICT, NULL, evidence);
}

/* A key that may have been forgotten protects nobody: look instead. */
static int check_key(struct check *c)
{
	struct store_outcome o = {.state = OPS_UNSURE};

	if (c->cap->once != ONCE_NATIVE || !c->op->first_armed_ms ||
		!c->cap->key_ttl_s || is_proven(c->l, c->op->uid))
		return 1;
	if (engine_now(c->e) - c->op->first_armed_ms <
			c->cap->key_ttl_s * 1000 - c->cap->settle_s * 1000 -
				KEY_MARGIN_MS &&
		engine_now(c->e) >= c->op->first_armed_ms)
		return 1;
	o.settle_until_ms = engine_now(c->e) + c->cap->settle_s * 1000;
	return push_outcome(
		c->e, c->l, c->op->uid, c->op->attempt, c->op->state, &o);
}

static int (*const checks[])(struct check *c) = {
	check_known,
	check_target,
	check_age,
	check_key,
	check_fresh,
	check_first,
	check_conflict,
};

/* --- sending -----------------------------------------------------------------
 */

static int baseline_of(struct check *c, const char **out)
{
	int64_t newest, newest_in, polled;
	const struct run *look;
	const char *pos;
	int rc;

	*out = NULL;
	if (op_desc(c->op->kind)->cls == OPC_MESSAGE)
		return store_thread_head(c->e->ro, op_desc(c->op->kind)->target,
			c->op->target, c->a, &newest, out, &newest_in);
	if (op_desc(c->op->kind)->cls != OPC_CREATE || !c->cap->look_stream)
		return 0;
	/* only numbers can be compared with the ids of what comes later */
	look = run_find(c->l, c->cap->look_stream);
	if (!look || look->d->cursor != CUR_INT)
		return 0;
	rc = store_cursor_get(c->e->ro, c->l->id, c->cap->look_stream, "", c->a,
		out, &pos, &polled);
	return rc == E_NOTFOUND ? 0 : rc;
}

static void flight_add(
	struct link *l, uint64_t tag, const char *uid, int attempt)
{
	struct flight *f = xcalloc(1, sizeof(*f));

	f->tag = tag;
	f->attempt = attempt;
	memcpy(f->uid, uid, UID_SIZE);
	f->next = l->flights;
	l->flights = f;
}

static int send(struct check *c)
{
	struct job j = {.kind = JOB_OP, .op = c->op};
	struct store_outcome back = {.state = OPS_QUEUED};
	const char *baseline;
	int rc, attempt;

	rc = baseline_of(c, &baseline);
	if (rc == 0 && op_desc(c->op->kind)->cls != OPC_CREATE &&
		op_desc(c->op->kind)->cls != OPC_SIGNAL)
		rc = store_base_values(c->e->ro, op_desc(c->op->kind)->target,
			c->op->target, c->a, &j.row, &j.target_version);
	if (rc < 0)
		return rc;
	engine_trace(c->e, "arm");
	rc = store_op_arm(c->e->store, c->op->uid, c->op->uid, baseline,
		engine_now(c->e) + c->cap->settle_s * 1000, &attempt);
	if (rc == E_CONFLICT)
		return 0;
	if (rc < 0)
		return rc;
	engine_trace(c->e, "armed");
	rc = link_start(c->e, c->l, &j);
	if (rc == 1) {
		struct watch *w = watch_find(c->l, c->op->uid);

		if (w)
			w->proven = 0;
		engine_trace(c->e, "send");
		flight_add(c->l, j.tag, c->op->uid, attempt);
		return 1;
	}
	if (rc == 0)
		back.not_before_ms = engine_now(c->e);
	else
		back.not_before_ms =
			engine_now(c->e) + engine_backoff(c->e, attempt);
	if (rc < 0) {
		/* It cannot even be said: a person must look. */
		back.state = OPS_HELD;
		back.reason = OPR_REFUSED;
		back.error = err_msg();
	}
	return push_outcome(
		c->e, c->l, c->op->uid, attempt, OPS_SENDING, &back);
}

static int push_one(
	struct engine *e, struct link *l, const struct op *op, struct arena *a)
{
	struct check c = {.e = e,
		.l = l,
		.op = op,
		.cap = opcap_find(l, op->kind),
		.a = a};
	size_t i;
	int rc;

	for (i = 0; i < ARRAY_SIZE(checks); i++) {
		rc = checks[i](&c);
		if (rc != 1)
			return rc;
	}
	return send(&c);
}

int push_start(struct engine *e, struct link *l)
{
	struct ops ops;
	int i, rc;

	if (!link_room(e, l))
		return 0;
	rc = store_op_ready(
		e->ro, l->id, engine_now(e), e->lim->op_batch, &ops);
	if (rc < 0)
		return rc;
	for (i = 0, rc = 0; i < ops.n && rc >= 0; i++) {
		if (!link_room(e, l))
			break;
		rc = push_one(e, l, &ops.v[i], ops.arena);
	}
	ops_free(&ops);
	return rc < 0 ? rc : 0;
}

/* --- answers -----------------------------------------------------------------
 */

struct answer {
	struct engine *e;
	struct link *l;
	const struct op *op;
	const struct opcap *cap;
	const struct job_result *r;
	struct store_outcome *o;
};

static void answer_ok(struct answer *x)
{
	enum op_class cls = op_desc(x->op->kind)->cls;
	struct watch *w;

	x->o->how = "answer";
	x->o->result_rid = x->r->result_rid;
	x->o->result_version = x->r->version;
	x->o->settle_until_ms = engine_now(x->e) + x->cap->settle_s * 1000;
	x->o->state = OPS_DONE;
	if (cls == OPC_MESSAGE && x->r->result_rid && x->cap->look_stream) {
		x->o->state = OPS_SENT;
		pass_want(x->l);
	}
	if (cls == OPC_SCALAR && x->cap->refetch) {
		x->o->state = OPS_SENT;
		x->o->error = x->r->message;
		w = watch_get(x->l, x->op->uid);
		w->refetching = 0;
		w->look_mono = 0;
	}
}

static void answer_again(struct answer *x, int64_t wait_ms)
{
	x->o->state = OPS_QUEUED;
	x->o->error = x->r->message;
	x->o->not_before_ms = engine_now(x->e) + wait_ms;
}

static void answer_unsure(struct answer *x)
{
	x->o->state = OPS_UNSURE;
	x->o->error = x->r->message;
	x->o->settle_until_ms = engine_now(x->e) + x->cap->settle_s * 1000;
}

static void answer_held(struct answer *x, enum op_reason reason)
{
	if (may_have_happened(x->cap, x->op, x->op->armed_ms) &&
		reason != OPR_GONE) {
		answer_unsure(x);
		watch_get(x->l, x->op->uid)->ask = reason;
		return;
	}
	x->o->state = OPS_HELD;
	x->o->reason = reason;
	x->o->error = x->r->message;
}

static void answer_retry(struct answer *x)
{
	if (x->op->attempt >= x->e->lim->max_attempts ||
		engine_now(x->e) - born_ms(x->op) > x->e->lim->max_age_ms) {
		answer_held(x, OPR_ATTEMPTS);
		return;
	}
	answer_again(x, engine_backoff(x->e, x->op->attempt));
}

static void answer_rate(struct answer *x)
{
	answer_again(x, x->r->wait_ms >= 0
				? x->r->wait_ms
				: engine_backoff(x->e, x->op->attempt));
}

static void answer_conflict(struct answer *x)
{
	struct watch *w = watch_get(x->l, x->op->uid);

	if (x->op->attempt >= x->e->lim->max_attempts) {
		answer_retry(x);
		return;
	}
	/* Not executed: read the target, compare, try on top of it. */
	w->need_first = 1;
	w->refetched_mono = INT64_MIN;
	pass_want(x->l);
	answer_again(x, 0);
}

static void answer(struct answer *x)
{
	switch (x->r->outcome) {
	case OUT_OK:
		answer_ok(x);
		break;
	case OUT_DUPLICATE:
		answer_ok(x);
		x->o->how = "found on server";
		break;
	case OUT_NOT_SENT:
	case OUT_AUTH:
		answer_again(x, 0); /* the connector's pause is the wait */
		break;
	case OUT_RETRY:
		answer_retry(x);
		break;
	case OUT_RATE:
		answer_rate(x);
		break;
	case OUT_CONFLICT:
		answer_conflict(x);
		break;
	case OUT_GONE:
		answer_held(x, OPR_GONE);
		break;
	case OUT_REFUSED:
		answer_held(x, OPR_REFUSED);
		break;
	case OUT_ACCEPTED:
	case OUT_UNKNOWN:
	case OUT_RESYNC:
	case OUT_BROKEN:
	case OUT_COUNT:
		answer_unsure(x);
		break;
	}
}

/* After the fact: the target is read soon, so that the row shows the truth. */
static int touch_target(struct answer *x)
{
	const char *rid = op_desc(x->op->kind)->cls == OPC_CREATE
				  ? x->r->result_rid
				  : x->op->target_rid;
	struct run *r = run_find(x->l, x->cap->refetch_stream);

	if (x->o->state != OPS_DONE || !rid || !r || r->d->by == BY_TIME)
		return 0;
	return store_touch_add(x->e->store, x->l->id, r->d->name, rid, NULL, 1);
}

static int flight_take(struct link *l, uint64_t tag, struct flight *out)
{
	struct flight **p = &l->flights, *f;

	while (*p && (*p)->tag != tag)
		p = &(*p)->next;
	f = *p;
	if (!f)
		return 0;
	*p = f->next;
	*out = *f;
	free(f);
	return 1;
}

int push_result(struct engine *e, struct link *l, struct job_result *r)
{
	struct store_outcome o = {.http = r->http};
	struct arena *a;
	struct flight f;
	struct op op;
	int rc;

	if (!flight_take(l, r->tag, &f))
		return 0;
	a = arena_new();
	rc = store_op_get(e->ro, f.uid, a, &op);
	if (rc == 0) {
		struct answer x = {.e = e,
			.l = l,
			.op = &op,
			.cap = opcap_find(l, op.kind),
			.r = r,
			.o = &o};

		answer(&x);
		rc = touch_target(&x);
		if (rc == 0)
			rc = push_outcome(
				e, l, f.uid, f.attempt, OPS_SENDING, &o);
	}
	arena_free(a);
	return rc;
}
