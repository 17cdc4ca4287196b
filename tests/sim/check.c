/* SPDX-License-Identifier: MIT */
/*
 * What must hold. The checker sees both sides at once: what the cache says and
 * what the servers did. Rules are named as in the design: I1 nothing
 * acknowledged is lost, I2 nothing happens twice, I3 what is said is true, I4
 * undo is real, I5 order, I6 both sides end equal, I7 one row per remote id, I8
 * nobody's value is overwritten unseen, I9 no page is skipped, I10 drafts, I11
 * the file is sound, I12 the audit log, I13 nothing goes back, I14 politeness,
 * I15 it ends, I16 the quarantine names what cannot be read, and only that, I17
 * what is for later holds up only what builds on it, and is no older for it,
 * I18 what is said of an article counts once a case, at once, until it is taken
 * back.
 */
#include "sim.h"

#include "galley/store/quarantine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/json.h"

static struct store_ro *ro(const struct sim *s)
{
	return store_reader(s->rw);
}

static int effects(const struct sim *s, const struct simop *o)
{
	const struct be *b = &s->be[o->be];
	int n = 0;

	for (int i = 0; i < b->n_fx; i++)
		n += !strcmp(b->fx[i].uid, o->uid);
	return n;
}

static int is_message(const struct simop *o)
{
	return o->cls == OPC_MESSAGE || o->cls == OPC_CREATE;
}

/* --- while it runs ---------------------------------------------------------
 */

/* L1: what leaves was durable first. */
static void check_armed(
	struct sim *s, struct be *b, const struct job *j, struct simop *o)
{
	struct arena *a = arena_new();
	struct op op;

	if (store_op_get(ro(s), j->op->uid, a, &op) < 0)
		sim_fail(s, "L1", "%s leaves and is not in the outbox",
			j->op->uid);
	else if (op.state != OPS_SENDING)
		sim_fail(s, "L1", "%s leaves as `%s`", j->op->uid,
			op_state_name(op.state));
	else if (!op.confirmed && op_desc(op.kind)->flags & OF_VISIBLE &&
		 s->now - o->at > s->limits.stale_after_ms + o->hold_ms + SEC)
		sim_fail(s, "stale", "%s leaves at the age of %" PRId64 " s",
			op.uid, (s->now - o->at) / SEC);
	(void)b;
	arena_free(a);
}

/* A customer wrote, anybody could have read it, and the reply leaves all the
 * same. */
static void check_overtaken(
	struct sim *s, struct be *b, const struct job *j, const struct simop *o)
{
	int64_t slack =
		s->limits.fresh_ms + b->conf.lag_ms + SEC + b->conf.deadline_ms;
	struct rows rows;
	char rid[24];
	int root, rc;

	if (!(op_desc(o->kind)->flags & OF_VISIBLE) || j->op->confirmed)
		return;
	/* a feed that lies hides what a customer wrote as well */
	if (o->ticket < 0 || !j->op->target_rid || b->lied)
		return;
	root = be_root(b, o->ticket);
	if (tick_now(&b->t[root])->deleted || root != o->ticket)
		return; /* it cannot be read any more, or elsewhere only */
	for (int64_t i = 0; i < b->n_m; i++) {
		const struct bmsg *m = &b->m[i];

		if (m->who != WHO_CUSTOMER || m->ticket != o->ticket ||
			m->at < o->at || m->visible_ms + slack > s->now)
			continue;
		snprintf(rid, sizeof(rid), "%" PRId64, m->id);
		rc = store_row_rid(
			ro(s), ENT_MESSAGE, b->connector, rid, &rows);
		if (rc == 0 && rows.v[0].id <= j->op->seen) {
			rows_free(&rows);
			continue;
		}
		if (rc == 0)
			rows_free(&rows);
		sim_fail(s, "stale",
			"%s leaves, but a customer wrote message %s on %d "
			"%" PRId64 " s ago (seen %" PRId64 ", here: %d)",
			o->uid, rid, b->t[m->ticket].rid,
			(s->now - m->visible_ms) / SEC, j->op->seen, rc == 0);
		return;
	}
}

static void check_no_other(struct sim *s, struct be *b, const struct simop *o)
{
	for (const struct wreq *q = b->first; q; q = q->next)
		if (q->kind == JOB_OP && !q->is_dup && !q->executed &&
			!strcmp(q->op.uid, o->uid) && is_message(o) &&
			(b->conf.cls == CLS_CV || b->conf.cls == CLS_N))
			sim_fail(s, "I2",
				"%s leaves while an older request of it may "
				"still be executed",
				o->uid);
}

/* One at a time on a ticket: who could tell whose effect it is? */
static void check_alone(struct sim *s, const struct job *j)
{
	struct ops ops;

	if (store_op_list(ro(s), 0, -1, j->op->target, 10000, &ops) < 0)
		return;
	for (int i = 0; i < ops.n; i++) {
		const struct op *x = &ops.v[i];

		if (strcmp(x->uid, j->op->uid) && x->state != OPS_QUEUED &&
			x->state != OPS_HELD &&
			op_desc(x->kind)->target ==
				op_desc(j->op->kind)->target)
			sim_fail(s, "I5", "%s leaves while %s is `%s`",
				j->op->uid, x->uid, op_state_name(x->state));
	}
	ops_free(&ops);
}

static void check_key_age(struct sim *s, struct be *b, const struct simop *o)
{
	/* where absence is proof a look may have said that it is safe */
	if (b->conf.cls == CLS_K && is_message(o) && o->first_sent_ms &&
		!b->conf.proof &&
		s->now + b->conf.flight_ms - o->first_sent_ms > b->conf.ttl_ms)
		sim_fail(s, "I2",
			"%s leaves with a key that may be forgotten on the way",
			o->uid);
}

void check_start(struct sim *s, struct be *b, const struct job *j)
{
	struct simop *o;

	if (s->now < b->asked_to_wait_until)
		sim_fail(s, "I14",
			"%s asked %" PRId64 " ms before it allowed to", b->name,
			b->asked_to_wait_until - s->now);
	if (j->kind != JOB_OP)
		return;
	o = sim_op(s, j->op->uid);
	if (!o) {
		sim_fail(s, "I1", "%s leaves, nobody wrote it", j->op->uid);
		return;
	}
	if (o->cancelled || o->discarded)
		sim_fail(s, "I4", "%s leaves after it was %s", o->uid,
			o->cancelled ? "undone" : "given up");
	if (s->now < o->at + o->hold_ms && !o->decided_ms)
		sim_fail(s, "I4", "%s leaves within its undo window", o->uid);
	check_armed(s, b, j, o);
	check_overtaken(s, b, j, o);
	check_no_other(s, b, o);
	check_alone(s, j);
	check_key_age(s, b, o);
	if (!o->first_sent_ms)
		o->first_sent_ms = s->now;
	o->last_sent_ms = s->now;
	if (++o->sent_requests > s->limits.max_attempts * 2 + 2)
		sim_fail(s, "I14", "%s was sent %d times", o->uid,
			o->sent_requests);
}

static int was_asleep(const struct simop *o, int64_t ms)
{
	return o->later && ms < o->at + o->hold_ms;
}

/* Order: nothing of a lane happens after something later of it. */
static void check_order(struct sim *s, struct be *b, const struct effect *e,
	const struct simop *o)
{
	for (int i = 0; i < b->n_fx; i++) {
		const struct simop *x;

		if (!strcmp(b->fx[i].uid, e->uid) || &b->fx[i] == e)
			continue;
		x = sim_op(s, b->fx[i].uid);
		if (!x || x->target != o->target || x->seq < o->seq)
			continue;
		if (x->cls == OPC_MESSAGE && o->cls == OPC_MESSAGE &&
			!was_asleep(o, x->first_sent_ms))
			sim_fail(s, "I5", "%s happens after %s, written later",
				o->uid, x->uid);
		if (o->cls == OPC_MARK && x->cls == OPC_MARK &&
			x->of_case == o->of_case)
			sim_fail(s, "I5", "%s is said after %s, said later",
				o->uid, x->uid);
		if (!is_message(o) && (x->fields & o->fields))
			sim_fail(s, "I5",
				"%s changes a field after %s, written later",
				o->uid, x->uid);
	}
}

/* Said by the cache that it cannot have happened, and now it happens. */
static void check_denied(struct sim *s, const struct simop *o)
{
	struct arena *a;
	struct op op;

	if (!s->up || vfs_dead() || !is_message(o))
		return;
	a = arena_new();
	if (store_op_get(ro(s), o->uid, a, &op) == 0 &&
		(op.state == OPS_HELD || op.state == OPS_CANCELLED))
		sim_fail(s, "I3b", "%s happens while it is `%s` (%s)", o->uid,
			op_state_name(op.state), op_reason_name(op.reason));
	arena_free(a);
}

void check_effect(struct sim *s, struct be *b, const struct effect *e)
{
	struct simop *o = sim_op(s, e->uid);

	if (!o) {
		sim_fail(s, "I1", "effect of %s, nobody wrote it", e->uid);
		return;
	}
	if (o->cls == OPC_CREATE && o->ticket < 0)
		o->ticket = e->ticket;
	if (is_message(o) && effects(s, o) > 1)
		sim_fail(s, "I2", "%s happened %d times at %s (class %d)",
			o->uid, effects(s, o), b->name, b->conf.cls);
	if (o->cancelled)
		sim_fail(s, "I4", "%s happens after it was undone", o->uid);
	else if (o->discarded && is_message(o))
		sim_fail(s, "I4", "%s happens after it was given up", o->uid);
	if (e->msg >= 0 && o->text && strcmp(b->m[e->msg].text, o->text))
		sim_fail(s, "I3c", "%s arrived with other words", o->uid);
	check_order(s, b, e, o);
	check_denied(s, o);
}

/* The value in the outbox as an integer of our world; -2 when not there. */
static int base_value(const struct json *base, enum scalar f)
{
	const struct json *v = json_get(base, scalar_name[f]);
	int64_t n;

	if (!v)
		return -2;
	if (json_is_null(v))
		return 0;
	if (f == SC_PRIORITY && json_int(v, &n))
		return (int)n;
	return json_str(v) ? scalar_parse(f, json_str(v)) : -3;
}

void check_overwrite(struct sim *s, struct be *b, const struct op *op,
	int ticket, enum scalar f, int theirs, int ours)
{
	struct simop *o = sim_op(s, op->uid);
	struct json_doc *doc;
	int base;

	if (theirs == ours || b->conf.policy == POLICY_OURS || !o)
		return;
	if (!op->base || json_parse(op->base, strlen(op->base),
				 &json_limits_wire, &doc) < 0) {
		sim_fail(s, "I8", "%s changes %s without a base", op->uid,
			scalar_name[f]);
		return;
	}
	base = base_value(json_root(doc), f);
	json_free(doc);
	if (base == theirs)
		return;
	if (o->ours && o->theirs_seen[f] == theirs)
		return;
	sim_fail(s, "I8",
		"%s overwrites %s of %d: it was %d, the person saw %d", op->uid,
		scalar_name[f], b->t[ticket].rid, theirs, base);
}

/* A field was so at the server at some time around the wish. */
static int was_so(const struct sim *s, const struct simop *o)
{
	const struct be *b = &s->be[o->be];
	const struct tick *t;

	if (o->ticket < 0)
		return 1;
	t = &b->t[be_root(b, o->ticket)];
	for (int i = 0; i < t->n_hist; i++) {
		const struct tval *v = &t->hist[i].v;
		int all = 1;

		for (int f = 0; f < SC_N; f++)
			if (o->fields >> f & 1)
				all &= tval_get(v, f) == tval_get(&o->want, f);
		if (all)
			return 1;
	}
	return t != &b->t[o->ticket];
}

static void check_done(struct sim *s, struct simop *o)
{
	int n = effects(s, o);

	if (o->done_checked)
		return;
	o->done_checked = 1;
	if (is_message(o) && n != 1)
		sim_fail(
			s, "I3", "%s is done and happened %d times", o->uid, n);
	else if (o->cls == OPC_SCALAR && !n && !was_so(s, o))
		sim_fail(s, "I3", "%s is done and never happened", o->uid);
	else if ((o->cls == OPC_SET || o->cls == OPC_MARK) && !n)
		sim_fail(s, "I3", "%s is done and never happened", o->uid);
	if (o->cancelled)
		sim_fail(s, "I4", "%s was undone and is done", o->uid);
}

/* "Nobody can know" is said only when nobody could have read it. */
static void check_unknown(struct sim *s, const struct simop *o)
{
	const struct be *b = &s->be[o->be];
	int t = o->ticket;

	if (o->cls != OPC_MESSAGE || t < 0 || b->lied || b->n_bad ||
		(b->conf.cls == CLS_N && !b->conf.lookup) ||
		be_root(b, t) != t || tick_now(&b->t[t])->deleted)
		return;
	for (int i = 0; i < b->n_fx; i++)
		if (!strcmp(b->fx[i].uid, o->uid) && b->fx[i].msg >= 0 &&
			b->m[b->fx[i].msg].visible_ms + b->conf.lag_ms +
					b->conf.flight_ms <
				s->now - MIN)
			sim_fail(s, "I3b",
				"%s is held as unknown, but has long been there "
				"to be read",
				o->uid);
}

/* It has changed what it was to change, and nobody has since. */
static int stands_there(const struct sim *s, const struct simop *o)
{
	const struct be *b = &s->be[o->be];
	const struct tval *v;

	if (o->ticket < 0 || !effects(s, o) || o->sent_requests > 1)
		return 0;
	v = &tick_now(&b->t[be_root(b, o->ticket)])->v;
	for (int f = 0; f < SC_N; f++)
		if (o->fields >> f & 1 &&
			tval_get(v, f) != tval_get(&o->want, f))
			return 0;
	return 1;
}

static int64_t age_of(const struct sim *s, const struct simop *o)
{
	return s->now - o->at - o->hold_ms;
}

static void check_held(struct sim *s, const struct simop *o, enum op_reason why)
{
	static const enum counter by[OPR_COUNT] = {
		[OPR_REFUSED] = C_HELD_REFUSED,
		[OPR_CONFLICT] = C_HELD_CONFLICT,
		[OPR_STALE] = C_HELD_STALE,
		[OPR_OLD] = C_HELD_OLD,
		[OPR_UNKNOWN] = C_HELD_UNKNOWN,
		[OPR_SEVERAL] = C_HELD_UNKNOWN,
		[OPR_GONE] = C_HELD_GONE,
		[OPR_ATTEMPTS] = C_HELD_ATTEMPTS,
		[OPR_BLOCKED] = C_HELD_GONE,
	};

	sim_count(s, by[why]);
	if (o->later && !o->decided_ms &&
		((why == OPR_OLD && age_of(s, o) < s->limits.stale_after_ms) ||
			(why == OPR_ATTEMPTS &&
				o->sent_requests < s->limits.max_attempts &&
				age_of(s, o) < s->limits.max_age_ms)))
		sim_fail(s, "I17",
			"%s is held for `%s` %" PRId64 " s after its time",
			o->uid, op_reason_name(why), age_of(s, o) / SEC);
	if (o->cls == OPC_SCALAR && why == OPR_REFUSED && stands_there(s, o))
		sim_fail(s, "I3d", "%s is held as refused, but it stands there",
			o->uid);
	if (!is_message(o) || !effects(s, o))
		return;
	if (why == OPR_UNKNOWN)
		check_unknown(s, o);
	if (why == OPR_REFUSED || why == OPR_STALE || why == OPR_OLD ||
		why == OPR_ATTEMPTS || why == OPR_CONFLICT ||
		why == OPR_BLOCKED)
		sim_fail(s, "I3d", "%s is held for `%s`, but it has happened",
			o->uid, op_reason_name(why));
}

void check_state(
	struct sim *s, struct simop *o, enum op_state st, enum op_reason why)
{
	if (st != o->last_state)
		sim_count(s, C_ST_QUEUED + (enum counter)st);
	if (st == OPS_DONE)
		check_done(s, o);
	if (st == OPS_HELD && o->last_state != OPS_HELD)
		check_held(s, o, why);
	o->last_state = st;
}

static void each_op(struct sim *s)
{
	struct arena *a = arena_new();
	struct op op;
	int rc;

	for (int i = 0; i < s->n_ops && !s->failed; i++) {
		struct simop *o = &s->ops[i];

		if (o->fate != FATE_OPEN || o->last_state == OPS_CANCELLED)
			continue;
		arena_reset(a);
		rc = store_op_get(ro(s), o->uid, a, &op);
		if (rc == E_NOTFOUND) {
			sim_fail(s, "I1", "%s was acknowledged and is lost",
				o->uid);
			break;
		}
		if (rc < 0)
			break;
		if (o->last_state == OPS_DONE && op.state != OPS_DONE)
			sim_fail(s, "I1", "%s was done and is `%s`", o->uid,
				op_state_name(op.state));
		if (o->cancelled && op.state != OPS_CANCELLED)
			sim_fail(s, "I4", "%s was undone and is `%s`", o->uid,
				op_state_name(op.state));
		check_state(s, o, op.state, op.reason);
	}
	arena_free(a);
}

/* Nothing is called gone that is not. */
static void check_alive(struct sim *s, struct be *b)
{
	for (int i = 0; i < b->n_t && !s->failed; i++) {
		const struct tstate *st = tick_now(&b->t[i]);
		struct rows r;
		char rid[16];

		if (st->deleted || st->merged_to >= 0)
			continue;
		snprintf(rid, sizeof(rid), "%d", b->t[i].rid);
		if (store_row_rid(ro(s), ENT_TICKET, b->connector, rid, &r) < 0)
			continue;
		if (!strcmp(r.v[0].state, "gone"))
			sim_fail(s, "I6", "%s: ticket %s is called gone",
				b->name, rid);
		rows_free(&r);
	}
}

/* An answer that was long on its way must not bring back what was there when it
 * left. Only a full listing is believed whatever it says. */
void check_paged(struct sim *s)
{
	for (int i = 0; i < s->n_be && !s->failed; i++) {
		struct be *b = &s->be[i];

		for (int t = 0; t < b->n_t && !s->failed; t++) {
			struct rows r;
			char rid[16];
			int64_t v;

			snprintf(rid, sizeof(rid), "%d", b->t[t].rid);
			if (store_row_rid(ro(s), ENT_TICKET, b->connector, rid,
				    &r) < 0)
				continue;
			v = r.v[0].version && r.v[0].rid &&
					    !strcmp(r.v[0].rid, rid)
				    ? atoll(r.v[0].version)
				    : 0;
			if (v && v < b->t[t].shown &&
				s->last_stream != STR_SWEEP)
				sim_fail(s, "I13",
					"%s: %s was shown at version %" PRId64
					" and is at %" PRId64,
					b->name, rid, b->t[t].shown, v);
			b->t[t].shown = v;
			rows_free(&r);
		}
	}
}

/* --- what came of articles --------------------------------------------------
 */

static int is_taken_back(const struct simop *o)
{
	return o->cancelled || o->discarded || o->fate != FATE_OPEN;
}

/* What was said last of it there and not taken back, or NULL. */
static const struct simop *said_last(const struct sim *s, int art, int of_case)
{
	for (int i = s->n_ops - 1; i >= 0; i--) {
		const struct simop *o = &s->ops[i];

		if (o->cls == OPC_MARK && o->art == art &&
			o->of_case == of_case && !is_taken_back(o))
			return o;
	}
	return NULL;
}

static void check_article(struct sim *s, const struct be *b, int art)
{
	int tried = 0, worked = 0, n = 0, w = 0, n_marks = 0;
	struct store_mark *marks;
	struct arena *a;
	struct rows r;
	char rid[16];

	snprintf(rid, sizeof(rid), "k%d", art);
	if (store_row_rid(ro(s), ENT_ARTICLE, b->connector, rid, &r) < 0)
		return;
	for (int t = 0; t < b->n_t; t++) {
		const struct simop *o = said_last(s, art, t);

		n += o != NULL;
		w += o && o->worked;
	}
	if (store_outcomes(ro(s), r.v[0].id, &worked, &tried) == 0 &&
		(tried != n || worked != w))
		sim_fail(s, "I18",
			"%s: worked %d of %d here, %d of %d were said", rid,
			worked, tried, w, n);
	a = arena_new();
	if (store_mark_list(ro(s), ENT_ARTICLE, r.v[0].id, "outdated", s->now,
		    a, &marks, &n_marks) == 0 &&
		!n_marks && said_last(s, art, -1))
		sim_fail(s, "I18", "%s: nobody says here that it is old", rid);
	arena_free(a);
	rows_free(&r);
}

void check_marks(struct sim *s)
{
	for (int art = 0; s->k.marks && art < N_ARTS && !s->failed; art++)
		check_article(s, &s->be[0], art);
}

/* The server has what was said last. */
static void final_marks(struct sim *s)
{
	const struct be *b = &s->be[0];

	for (int art = 0; s->k.marks && art < N_ARTS; art++)
		for (int t = -1; t < b->n_t && !s->failed; t++) {
			const struct simop *o = said_last(s, art, t);
			int has = t < 0 ? b->outdated[art] : b->worked[art][t];

			if (o && o->last_state == OPS_DONE &&
				has != (t < 0 ? 1 : 1 + o->worked))
				sim_fail(s, "I18",
					"%s was said last, the server has %d",
					o->uid, has);
		}
}

void check_now(struct sim *s)
{
	each_op(s);
	check_marks(s);
	for (int i = 0; i < s->n_be && !s->failed; i++)
		check_alive(s, &s->be[i]);
}

/* --- after a crash ---------------------------------------------------------
 */

static struct simop *match_maybe(struct sim *s, const struct op *op, int be)
{
	for (int i = 0; i < s->n_ops; i++) {
		struct simop *o = &s->ops[i];

		if (o->fate != FATE_MAYBE || o->kind != op->kind || o->be != be)
			continue;
		if (o->text && !strstr(op->args, "POISON") &&
			!strstr(op->args, "BOOM") && o->poison + o->boom)
			continue;
		if (o->cls != OPC_CREATE && o->target != op->target)
			continue;
		return o;
	}
	return NULL;
}

/* Operations in the cache that the person does not know the number of. */
static void adopt(struct sim *s, int be, const struct op *op)
{
	struct simop *o = sim_op(s, op->uid);

	if (o)
		return;
	o = match_maybe(s, op, be);
	if (!o) {
		sim_fail(s, "I1", "%s is in the outbox, nobody wrote it",
			op->uid);
		return;
	}
	memcpy(o->uid, op->uid, UID_SIZE);
	o->fate = FATE_OPEN;
	o->seq = (int64_t)(o - s->ops) + 1;
	o->target = op->target;
	sim_trace(s, "found %s after all", o->uid);
}

static void resolve_cancels(struct sim *s)
{
	struct arena *a = arena_new();
	struct op op;

	for (int i = 0; i < s->n_ops; i++) {
		struct simop *o = &s->ops[i];

		if (o->fate != FATE_OPEN ||
			!(o->cancel_maybe || o->decide_maybe))
			continue;
		if (store_op_get(ro(s), o->uid, a, &op) < 0)
			continue;
		if (op.state == OPS_CANCELLED && o->cancel_maybe)
			o->cancelled = 1;
		else if (op.state == OPS_CANCELLED)
			o->discarded = 1;
		if (o->decide_maybe && op.state != OPS_HELD) {
			o->decided_ms = s->now;
			o->sent_requests = 0;
		}
		o->cancel_maybe = o->decide_maybe = 0;
	}
	arena_free(a);
}

static void check_draft(struct sim *s, struct draft *d)
{
	struct arena *a = arena_new();
	const char *text = NULL;
	int rc = store_draft_get(ro(s), d->key, a, &text);

	if (rc < 0 && rc != E_NOTFOUND)
		goto out;
	/* it goes with the operation that used it, or not at all */
	if (d->used_by && s->ops[d->used_by - 1].fate == FATE_OPEN)
		d->maybe_gone = 1;
	if (rc == E_NOTFOUND && d->acked && !d->maybe_gone)
		sim_fail(s, "I10", "draft %s is lost", d->key);
	else if (rc == 0 && d->acked && strcmp(text, d->acked) &&
		 !(d->maybe && !strcmp(text, d->maybe)) && !d->maybe_gone)
		sim_fail(s, "I10", "draft %s went back to `%s`", d->key, text);
	if (rc == E_NOTFOUND) {
		draft_forget(d);
	} else if (d->acked || d->maybe) {
		char *copy = xstrdup(text);

		draft_forget(d);
		d->acked = copy;
		d->maybe_gone = 0;
	}
out:
	arena_free(a);
}

void check_reopened(struct sim *s)
{
	struct ops ops;

	for (int i = 0; i < s->n_be && !s->failed; i++)
		for (int st = 0; st < OPS_STATE_COUNT; st++) {
			if (store_op_list(ro(s), s->be[i].connector, st, 0,
				    10000, &ops) < 0)
				return;
			for (int k = 0; k < ops.n && !s->failed; k++)
				adopt(s, i, &ops.v[k]);
			ops_free(&ops);
		}
	for (int i = 0; i < s->n_ops; i++)
		if (s->ops[i].fate == FATE_MAYBE)
			s->ops[i].fate = FATE_NOT;
	resolve_cancels(s);
	for (int i = 0; i < s->n_drafts && !s->failed; i++)
		check_draft(s, &s->drafts[i]);
	if (!s->failed)
		each_op(s);
	if (!s->failed && sim_chance(&s->r_person, 200) &&
		store_check(ro(s)) < 0)
		sim_fail(s, "I11", "after a crash: %s", err_msg());
}

/* --- at the end ------------------------------------------------------------
 */

/* Waits for a held one before it, so for a person. */
static int waits_for_held(struct sim *s, const struct op *op)
{
	struct ops ops;
	int yes = 0;

	if (store_op_list(ro(s), 0, -1, 0, 10000, &ops) < 0)
		return 0;
	for (int i = 0; i < ops.n; i++)
		yes |= ops.v[i].target == op->target &&
		       (ops.v[i].seq < op->seq ||
			       op_must_wait(op, &ops.v[i], s->now));
	ops_free(&ops);
	return yes;
}

static int builds_on(const struct simop *o, const struct simop *x)
{
	return x->cls == OPC_CREATE || x->cls == OPC_STRUCT ||
	       (x->fields & o->fields);
}

/* Nothing but sleepers is before it, and it builds on none of them. */
static int is_free(struct sim *s, const struct simop *o, const struct op *op)
{
	struct ops ops;
	int yes = 1;

	if (store_op_list(ro(s), 0, -1, op->target, 10000, &ops) < 0)
		return 0;
	for (int i = 0; i < ops.n; i++) {
		const struct simop *x = sim_op(s, ops.v[i].uid);

		if (x && x != o)
			yes &= was_asleep(x, s->now) && !builds_on(o, x);
	}
	ops_free(&ops);
	return yes;
}

void check_awake(struct sim *s)
{
	struct arena *a = arena_new();
	struct op op;

	for (int i = 0; i < s->n_ops && !s->failed; i++) {
		struct simop *o = &s->ops[i];

		arena_reset(a);
		if (o->fate != FATE_OPEN || o->last_state != OPS_QUEUED ||
			was_asleep(o, s->now) ||
			store_op_get(ro(s), o->uid, a, &op) < 0)
			continue;
		if (op.state != OPS_QUEUED || !is_free(s, o, &op))
			o->free_ms = 0;
		else if (!o->free_ms)
			o->free_ms = s->now;
		else if (s->now - o->free_ms > 15 * MIN)
			sim_fail(s, "I17", "%s waits for what is for later",
				o->uid);
	}
	arena_free(a);
}

int check_open_ops(struct sim *s, int complain)
{
	struct arena *a = arena_new();
	struct op op;
	int moving = 0;

	for (int i = 0; i < s->n_ops && !moving; i++) {
		struct simop *o = &s->ops[i];

		arena_reset(a);
		if (o->fate != FATE_OPEN ||
			store_op_get(ro(s), o->uid, a, &op) < 0 ||
			!op_open(op.state))
			continue;
		moving = op.state == OPS_HELD ? !o->left_alone
					      : !waits_for_held(s, &op);
		if (moving && complain)
			sim_fail(s, "I15", "%s is `%s` (%s) for ever", o->uid,
				op_state_name(op.state),
				op_reason_name(op.reason));
	}
	arena_free(a);
	return moving;
}

static void final_held(
	struct sim *s, const struct simop *o, const struct op *op)
{
	const struct be *b = &s->be[o->be];
	const struct opcap *cap = NULL;
	int seen = effects(s, o);

	for (int i = 0; i < b->desc.n_ops; i++)
		if (b->caps[i].kind == o->kind)
			cap = &b->caps[i];
	if (!is_message(o) || !seen || !cap || cap->once == ONCE_ASK ||
		b->lied || b->n_bad)
		return;
	if (op->reason == OPR_UNKNOWN && o->cls == OPC_MESSAGE &&
		o->ticket >= 0 &&
		!tick_now(&b->t[be_root(b, o->ticket)])->deleted)
		sim_fail(s, "I3b",
			"%s is held as unknown, but it is there for all to see",
			o->uid);
}

static void final_ops(struct sim *s)
{
	struct arena *a = arena_new();
	struct op op;

	each_op(s);
	for (int i = 0; i < s->n_ops && !s->failed; i++) {
		const struct simop *o = &s->ops[i];

		arena_reset(a);
		if (o->fate != FATE_OPEN ||
			store_op_get(ro(s), o->uid, a, &op) < 0)
			continue;
		if (op.state == OPS_HELD)
			final_held(s, o, &op);
		if (op.state == OPS_CANCELLED && o->cancelled && effects(s, o))
			sim_fail(s, "I4", "%s was undone and happened", o->uid);
	}
	arena_free(a);
}

/* Open operations of a row change what is shown of it. */
static int has_open_ops(struct sim *s, int64_t target)
{
	struct ops ops;
	int n = 0;

	if (store_op_list(ro(s), 0, -1, target, 100, &ops) < 0)
		return 1;
	n = ops.n;
	ops_free(&ops);
	return n;
}

static void final_values(
	struct sim *s, struct be *b, int t, const struct row *row)
{
	const struct tval *want = &tick_now(&b->t[t])->v;
	struct tval have;

	if (has_open_ops(s, row->id))
		return;
	row_values(s, row, &have);
	for (int f = 0; f < SC_N; f++)
		if (tval_get(&have, f) != tval_get(want, f))
			sim_fail(s, "I6", "%s: %s of %d is %d here, %d there",
				b->name, scalar_name[f], b->t[t].rid,
				tval_get(&have, f), tval_get(want, f));
	if (have.tags != want->tags)
		sim_fail(s, "I6", "%s: tags of %d are %x here, %x there",
			b->name, b->t[t].rid, have.tags, want->tags);
}

/* --- what breaks the answers it is in --------------------------------------
 */

static int is_between(const struct store_aside *x, int64_t id)
{
	return (!x->start || atoll(x->start) < id) &&
	       (!x->upto || id <= atoll(x->upto));
}

static int is_of_ticket(
	const struct be *b, const struct store_aside *x, int ticket)
{
	int t = x->by_key ? be_ticket_by_rid(b, x->key) : -1;

	return t >= 0 && ticket >= 0 && be_root(b, t) == be_root(b, ticket);
}

/* Does a row of the quarantine stand for the message (or, 0, the ticket)? */
static int stands_for(const struct be *b, const struct store_aside *x,
	int64_t msg, int ticket)
{
	if (x->by_key)
		return is_of_ticket(b, x, ticket);
	if (!strcmp(x->stream, b->streams[STR_MAIN].name))
		return msg && is_between(x, msg);
	return !msg; /* a listing: by its neighbours */
}

/* Is it named in the quarantine? */
static int is_named(struct sim *s, const struct be *b, int64_t msg, int ticket)
{
	struct arena *a = arena_new();
	struct store_aside *v;
	int n = 0, named = 0;

	if (store_aside_list(ro(s), b->connector, NULL, a, &v, &n) < 0)
		n = 0;
	for (int i = 0; i < n; i++)
		named |= stands_for(b, &v[i], msg, ticket);
	arena_free(a);
	return named;
}

static int is_unreadable(const struct be *b, const struct store_aside *x)
{
	for (int64_t i = 0; i < b->n_m; i++)
		if (be_is_bad(b, b->m[i].id, -1) &&
			stands_for(b, x, b->m[i].id, b->m[i].ticket))
			return 1;
	for (int t = 0; t < b->n_t; t++)
		if (be_is_bad(b, 0, t) && stands_for(b, x, 0, t))
			return 1;
	return 0;
}

int check_asides(struct sim *s, int complain)
{
	int kept = 0;

	for (int i = 0; i < s->n_be && !s->failed; i++) {
		struct arena *a = arena_new();
		struct store_aside *v;
		int n = 0;

		if (store_aside_list(
			    ro(s), s->be[i].connector, NULL, a, &v, &n) < 0)
			n = 0;
		for (int k = 0; k < n; k++) {
			sim_count(s, C_ASIDE);
			if (is_unreadable(&s->be[i], &v[k]))
				continue;
			kept++;
			if (complain)
				sim_fail(s, "I16",
					"%s: %s `%s` can be read and is still "
					"in quarantine",
					s->be[i].name, v[k].stream, v[k].key);
		}
		arena_free(a);
	}
	return kept;
}

/* What cannot be read need not be here, but then it is named. */
static int is_excused(struct sim *s, const struct be *b, const struct bmsg *m)
{
	return be_is_bad(b, m->id, -1) && is_named(s, b, m->id, m->ticket);
}

static void final_message(struct sim *s, struct be *b, const struct bmsg *m,
	const struct rows *thread)
{
	int found = 0;
	char rid[24];

	snprintf(rid, sizeof(rid), "%" PRId64, m->id);
	for (int i = 0; i < thread->n; i++) {
		const struct row *r = &thread->v[i];
		const struct val *text = row_get(r, FID_MESSAGE_TEXT);

		if (!r->rid || strcmp(r->rid, rid))
			continue;
		found++;
		if (m->text && (!text || !text->s || strcmp(text->s, m->text)))
			sim_fail(s, "I6", "%s: words of message %s differ",
				b->name, rid);
	}
	if (found != 1 && !is_excused(s, b, m))
		sim_fail(s, found ? "I7" : "I9",
			"%s: message %s of %d (%s, at %.1f, visible %.1f) is "
			"here %d times",
			b->name, rid, b->t[m->ticket].rid, m->kind,
			(double)(m->at - s->t0) / 1000.0,
			(double)(m->visible_ms - s->t0) / 1000.0, found);
}

/* A person said that it was sent, and what it became cannot be read. */
static int is_veiled(struct sim *s, const struct be *b, const struct val *uid)
{
	for (int64_t i = 0; i < b->n_m && uid && uid->s; i++)
		if (!strcmp(b->m[i].uid, uid->s) && is_excused(s, b, &b->m[i]))
			return 1;
	return 0;
}

static void final_thread(struct sim *s, struct be *b, int t, int64_t id)
{
	struct rows thread;
	int there = 0, here = 0, may_lack = 0;

	if (store_thread(ro(s), ENT_TICKET, id, 10000, &thread) < 0) {
		sim_fail(s, "I6", "no thread: %s", err_msg());
		return;
	}
	for (int64_t i = 0; i < b->n_m && !s->failed; i++) {
		if (be_root(b, b->m[i].ticket) != t)
			continue;
		there++;
		final_message(s, b, &b->m[i], &thread);
		may_lack += is_excused(s, b, &b->m[i]);
	}
	for (int i = 0; i < thread.n; i++)
		here += thread.v[i].rid != NULL;
	if (!s->failed && (here > there || here < there - may_lack))
		sim_fail(s, "I7", "%s: %d messages on %d here, %d there",
			b->name, here, b->t[t].rid, there);
	/* what is only here must be waiting */
	for (int i = 0; i < thread.n && !s->failed; i++)
		if (!thread.v[i].rid && !has_open_ops(s, id)) {
			const struct val *v =
				row_get(&thread.v[i], FID_MESSAGE_OP);

			if (is_veiled(s, b, v))
				continue;
			sim_fail(s, "I6",
				"%s: ticket %d shows a message that waits for "
				"nothing, of %s",
				b->name, b->t[t].rid, v && v->s ? v->s : "-");
		}
	rows_free(&thread);
}

static void final_ticket(struct sim *s, struct be *b, int t)
{
	const struct tstate *st = tick_now(&b->t[t]);
	struct rows r;
	char rid[16];
	int rc;

	snprintf(rid, sizeof(rid), "%d", b->t[t].rid);
	if (be_is_bad(b, 0, t) && is_named(s, b, 0, t))
		return; /* what is shown of it is old, and it is said */
	rc = store_row_rid(ro(s), ENT_TICKET, b->connector, rid, &r);
	if (rc < 0) {
		/* one that came and went between two looks is no loss */
		if (!st->deleted && st->merged_to < 0)
			sim_fail(s, "I9", "%s: ticket %s is not here: %s",
				b->name, rid, err_msg());
		return;
	}
	if (st->merged_to >= 0) {
		const struct be *x = b;
		int root = be_root(x, t);

		if (!tick_now(&b->t[root])->deleted &&
			(!r.v[0].rid || atoi(r.v[0].rid) != b->t[root].rid))
			sim_fail(s, "I6", "%s: ticket %s leads to %s, not %d",
				b->name, rid, r.v[0].rid ? r.v[0].rid : "none",
				b->t[root].rid);
	} else if (st->deleted) {
		if (!strcmp(r.v[0].state, "live"))
			sim_fail(s, "I6", "%s: ticket %s is gone there",
				b->name, rid);
	} else if (strcmp(r.v[0].state, "live")) {
		sim_fail(s, "I6", "%s: ticket %s is `%s`", b->name, rid,
			r.v[0].state);
	} else {
		final_values(s, b, t, &r.v[0]);
		if (!s->failed)
			final_thread(s, b, t, r.v[0].id);
	}
	rows_free(&r);
}

static void final_audit(struct sim *s)
{
	struct audit_row *rows;
	struct arena *a = arena_new();
	int64_t n_rows;
	int n;

	if (store_audit_verify(ro(s), &n_rows) < 0)
		sim_fail(s, "I12", "%s", err_msg());
	else if (store_audit_list(ro(s), 100000, a, &rows, &n) < 0)
		sim_fail(s, "I12", "%s", err_msg());
	for (int i = 0; i < s->n_ops && !s->failed; i++) {
		const struct simop *o = &s->ops[i];
		int found = 0;

		if (o->fate != FATE_OPEN)
			continue;
		for (int k = 0; k < n; k++)
			found += rows[k].object &&
				 strstr(rows[k].object, o->uid) != NULL;
		if (found < 1 + 2 * !!effects(s, o))
			sim_fail(s, "I12", "%s: %d audit rows, %d effects",
				o->uid, found, effects(s, o));
	}
	arena_free(a);
}

void check_final(struct sim *s)
{
	final_ops(s);
	for (int i = 0; i < s->n_be && !s->failed; i++)
		for (int t = 0; t < s->be[i].n_t && !s->failed; t++)
			final_ticket(s, &s->be[i], t);
	for (int i = 0; i < s->n_drafts && !s->failed; i++)
		check_draft(s, &s->drafts[i]);
	check_marks(s);
	final_marks(s);
	if (!s->failed)
		final_audit(s);
	if (!s->failed && store_check(ro(s)) < 0)
		sim_fail(s, "I11", "%s", err_msg());
}
