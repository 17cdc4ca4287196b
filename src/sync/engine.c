/* SPDX-License-Identifier: MIT */
/*
 * The engine's frame: connectors, the order of things in a step, and what an
 * answer says about a connector as a whole. It never waits and never asks for
 * the time itself; it does not know what HTTP is.
 */
#include "galley/sync/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "galley/net/net.h"
#include "sync_priv.h"

/* How soon to look again at what could not start. */
#define IDLE_MS 500
/* Less is how clocks are; undo windows are longer. */
#define CLOCK_MS 2000

const struct engine_limits engine_limits_default = {
	.backoff_base_ms = 1000,
	.backoff_cap_ms = 5 * 60 * 1000,
	.max_attempts = 12,
	.max_age_ms = 24 * 3600 * 1000,
	.stale_after_ms = 2 * 3600 * 1000,
	.fresh_ms = 5000,
	.look_every_ms = 5000,
	.auth_pause_ms = 60 * 1000,
	.index_slice_ms = 100,
	.index_lag_rows = 4000,
	.index_lag_ms = 2000,
	.sweep_share_percent = 2,
	.op_batch = 16,
	.refusals = 3,
};

int64_t engine_mono(const struct engine *e)
{
	return clock_mono_ms(e->clock);
}

int64_t engine_now(const struct engine *e)
{
	return clock_now_ms(e->clock);
}

void engine_trace(struct engine *e, const char *step)
{
	e->moves++;
	if (e->trace)
		e->trace(e->trace_user, step);
}

void engine_emit(struct engine *e, struct link *l, struct engine_event *ev)
{
	if (!e->event)
		return;
	ev->connector = l->id;
	ev->connector_name = l->c->name;
	e->event(e->event_user, ev);
}

int64_t engine_backoff(struct engine *e, int fails)
{
	return backoff_ms(e->rnd, fails > 20 ? 20 : fails,
		e->lim->backoff_base_ms, e->lim->backoff_cap_ms);
}

int engine_new(const struct engine_args *a, struct engine **out)
{
	struct engine *e = xcalloc(1, sizeof(*e));

	e->store = a->store;
	e->ro = store_reader(a->store);
	e->clock = a->clock ? a->clock : clock_system();
	e->rnd = a->rnd;
	if (!e->rnd) {
		rnd_seed_system(&e->own_rnd);
		e->rnd = &e->own_rnd;
	}
	e->lim = a->limits ? a->limits : &engine_limits_default;
	e->event = a->event;
	e->event_user = a->event_user;
	e->trace = a->trace;
	e->trace_user = a->trace_user;
	e->last_tag = a->first_tag;
	e->index_left = 1; /* not known: the first slice tells */
	e->merge_left = 1;
	e->clock_off = engine_now(e) - engine_mono(e);
	*out = e;
	return 0;
}

uint64_t engine_last_tag(const struct engine *e)
{
	return e->last_tag;
}

static void link_free(struct engine *e, struct link *l)
{
	struct flight *f, *fn;
	struct watch *w, *wn;

	fetch_free(e, l);
	pull_free(l);
	for (f = l->flights; f; f = fn) {
		fn = f->next;
		free(f);
	}
	for (w = l->watches; w; w = wn) {
		wn = w->next;
		watch_free(w);
	}
	free(l->why);
	free(l->me);
}

void engine_free(struct engine *e)
{
	int i;

	if (!e)
		return;
	for (i = 0; i < e->n_links; i++)
		link_free(e, &e->links[i]);
	free(e->links);
	free(e);
}

/* What earlier runs learned about the connector. */
static int link_restore(struct engine *e, struct link *l)
{
	struct arena *a = arena_new();
	const char *saved = NULL, *me = NULL, *probed = NULL;
	int rc;

	rc = store_fact_get(e->ro, l->id, "saved", a, &saved);
	if (rc == 0 || rc == E_NOTFOUND)
		rc = store_fact_get(e->ro, l->id, "me", a, &me);
	if (rc == 0 || rc == E_NOTFOUND)
		rc = store_fact_get(e->ro, l->id, "probed", a, &probed);
	if (rc == 0 || rc == E_NOTFOUND) {
		l->c->ops->restore(l->c, saved, me);
		l->me = xstrdup_null(me);
		/* A day-old probe is good enough: an idle poll stays small. */
		l->probed = me && probed &&
			    engine_now(e) - atoll(probed) < 24 * 3600 * 1000 &&
			    engine_now(e) >= atoll(probed);
		rc = 0;
	}
	arena_free(a);
	return rc;
}

static int runs_new(struct engine *e, struct link *l)
{
	struct arena *a = arena_new();
	int64_t polled, age;
	int i, rc = 0;

	l->runs = xcalloc((size_t)l->d->n_streams, sizeof(*l->runs));
	for (i = 0; i < l->d->n_streams && rc == 0; i++) {
		struct run *r = &l->runs[i];
		const char *cursor, *pos, *pend;

		r->d = &l->d->streams[i];
		r->index = i;
		r->batch = r->d->batch > 0 ? r->d->batch : 1;
		rc = store_cursor_get(e->ro, l->id, r->d->name, "", a, &cursor,
			&pos, &polled);
		if (rc == 0) {
			/* Slow listings keep their rhythm over restarts. */
			age = engine_now(e) - polled;
			if (age >= 0 && age < (int64_t)r->d->every_s * 1000)
				r->due_mono = engine_mono(e) +
					      (int64_t)r->d->every_s * 1000 -
					      age;
		} else if (rc != E_NOTFOUND) {
			break;
		}
		if (r->d->after)
			r->due_mono = INT64_MAX;
		rc = 0;
		if (r->d->after) {
			char *key = xasprintf("pend:%s", r->d->name);

			rc = store_fact_get(e->ro, l->id, key, a, &pend);
			free(key);
			r->forced = rc == 0;
			rc = rc == E_NOTFOUND ? 0 : rc;
		}
	}
	arena_free(a);
	return rc;
}

int engine_add(struct engine *e, struct conn *c)
{
	struct link *l;
	int rc, id;

	rc = store_connector(e->store, c->name, c->ops->desc(c)->kind, &id);
	if (rc < 0)
		return rc;
	e->links = xreallocarray(
		e->links, (size_t)e->n_links + 1, sizeof(*e->links));
	l = &e->links[e->n_links];
	memset(l, 0, sizeof(*l));
	l->c = c;
	l->d = c->ops->desc(c);
	l->id = id;
	l->pass_done_mono = INT64_MIN;
	l->pass_start_mono = INT64_MIN;
	rc = link_restore(e, l);
	if (rc == 0)
		rc = runs_new(e, l);
	if (rc == 0)
		rc = aside_refresh(e, l);
	if (rc < 0) {
		link_free(e, l);
		return rc;
	}
	e->n_links++;
	return 0;
}

void engine_want(struct engine *e, unsigned want)
{
	e->want |= want;
}

static int apply_wants(struct engine *e)
{
	int i, k, rc;

	for (i = 0; i < e->n_links && e->want; i++) {
		struct link *l = &e->links[i];

		l->pause_mono = 0;
		for (k = 0; k < l->d->n_streams; k++) {
			struct run *r = &l->runs[k];

			r->retry_mono = 0;
			if ((e->want & WANT_FULL) && r->d->by == BY_TIME) {
				rc = pull_forget(e, l, r);
				if (rc < 0)
					return rc;
				r->forced = 1;
			}
		}
		if ((e->want & WANT_FULL) && l->asides) {
			rc = store_aside_wake(e->store, l->id);
			if (rc == 0)
				rc = aside_refresh(e, l);
			if (rc < 0)
				return rc;
		}
		if (e->want & (WANT_PULL | WANT_FULL))
			pass_want(l);
	}
	e->want = 0;
	return 0;
}

int link_room(const struct engine *e, const struct link *l)
{
	return l->pause_mono <= engine_mono(e) &&
	       l->c->ops->in_flight(l->c) < l->d->parallel &&
	       l->c->ops->next_ms(l->c) <= engine_mono(e);
}

int link_start(struct engine *e, struct link *l, struct job *j)
{
	int rc;

	j->tag = ++e->last_tag;
	rc = l->c->ops->start(l->c, j);
	if (rc == E_LIMIT)
		return 0;
	if (rc < 0)
		return rc;
	l->requests++;
	e->moves++;
	return 1;
}

void link_state(
	struct engine *e, struct link *l, enum conn_state s, const char *why)
{
	struct engine_event ev = {.kind = EV_STATE, .state = s, .text = why};
	char *copy = xstrdup_null(why);

	if (l->state == s && ((!why && !l->why) ||
				     (why && l->why && !strcmp(why, l->why)))) {
		free(copy);
		return;
	}
	free(l->why);
	l->why = copy;
	l->state = s;
	ev.text = copy;
	if (s == CONN_OK)
		log_info("sync", "%s: connected", l->c->name);
	else if (why)
		log_warn("sync", "%s: %s", l->c->name, why);
	engine_emit(e, l, &ev);
}

static int note_server_time(struct engine *e, struct link *l, int64_t server_ms)
{
	int64_t offset = server_ms - engine_now(e);
	char text[32];

	if (!server_ms || llabs(offset - l->offset_ms) < 2000)
		return 0;
	l->offset_ms = offset;
	snprintf(text, sizeof(text), "%lld", (long long)offset);
	return store_fact_set(e->store, l->id, "offset_ms", text);
}

/* Of several reasons to wait the longest counts. */
static void pause_for(struct engine *e, struct link *l, int64_t ms)
{
	if (l->pause_mono < engine_mono(e) + ms)
		l->pause_mono = engine_mono(e) + ms;
}

void link_outcome(struct engine *e, struct link *l, const struct job_result *r)
{
	int64_t wait;

	l->tried = 1;
	l->oks += r->outcome == OUT_OK;
	switch (r->outcome) {
	case OUT_NOT_SENT:
		pause_for(e, l, engine_backoff(e, l->fails++));
		link_state(e, l, CONN_OFFLINE,
			r->message ? r->message : "no connection");
		return;
	case OUT_RATE:
		wait = r->wait_ms >= 0 ? r->wait_ms
				       : engine_backoff(e, l->fails++);
		if (wait > 3600 * 1000)
			wait = 3600 * 1000;
		pause_for(e, l, wait);
		return;
	case OUT_AUTH:
		l->probed = 0;
		pause_for(e, l, e->lim->auth_pause_ms);
		link_state(e, l, CONN_AUTH,
			r->message ? r->message : "credentials are refused");
		return;
	case OUT_OK:
	case OUT_ACCEPTED:
	case OUT_CONFLICT:
	case OUT_GONE:
	case OUT_REFUSED:
	case OUT_DUPLICATE:
		l->fails = 0;
		link_state(e, l, CONN_OK, NULL);
		return;
	case OUT_RETRY:
	case OUT_RESYNC:
	case OUT_UNKNOWN:
	case OUT_BROKEN:
	case OUT_COUNT:
		return;
	}
}

static int probe_result(struct engine *e, struct link *l, struct job_result *r)
{
	char now[32];
	int rc;

	l->probe_tag = 0;
	if (r->outcome != OUT_OK) {
		if (r->outcome != OUT_NOT_SENT && r->outcome != OUT_RATE &&
			r->outcome != OUT_AUTH) {
			pause_for(e, l, engine_backoff(e, l->fails++));
			link_state(e, l, CONN_OFFLINE,
				r->message ? r->message
					   : outcome_name(r->outcome));
		}
		return 0;
	}
	l->probed = 1;
	if (r->me) {
		free(l->me);
		l->me = xstrdup(r->me);
	}
	snprintf(now, sizeof(now), "%lld", (long long)engine_now(e));
	rc = store_fact_set(e->store, l->id, "saved", r->saved);
	if (rc == 0 && r->me)
		rc = store_fact_set(e->store, l->id, "me", r->me);
	if (rc == 0)
		rc = store_fact_set(e->store, l->id, "probed", now);
	return rc;
}

static int take_results(struct engine *e, struct link *l)
{
	struct job_result r;
	int rc = 0;

	while (rc == 0 && l->c->ops->next(l->c, &r) == 1) {
		link_outcome(e, l, &r);
		rc = note_server_time(e, l, r.server_ms);
		if (rc == 0 && r.kind == JOB_PROBE && r.tag == l->probe_tag)
			rc = probe_result(e, l, &r);
		else if (rc == 0 && r.kind == JOB_PULL)
			rc = pull_result(e, l, &r);
		else if (rc == 0 && r.kind == JOB_OP)
			rc = push_result(e, l, &r);
		else if (rc == 0 && r.kind == JOB_FILE)
			fetch_result(e, l, &r);
		job_result_fini(&r);
	}
	return rc;
}

static int start_probe(struct engine *e, struct link *l)
{
	struct job j = {.kind = JOB_PROBE};
	int rc;

	if (l->probe_tag || !link_room(e, l))
		return 0;
	rc = link_start(e, l, &j);
	if (rc == 1) {
		l->probe_tag = j.tag;
		l->want_probe = 0;
	}
	return rc < 0 ? rc : 0;
}

static int link_step(struct engine *e, struct link *l)
{
	int rc = take_results(e, l);

	if (rc < 0)
		return rc;
	fetch_start(e, l);
	/* Until the backend has answered once, and after it was away, a
	 * harmless read goes first: no operation is armed into a dead line. */
	if (!l->probed || l->state == CONN_OFFLINE || l->state == CONN_AUTH)
		return start_probe(e, l);
	rc = settle_start(e, l);
	if (rc == 0)
		rc = push_start(e, l);
	if (rc == 0)
		rc = pull_start(e, l);
	if (rc == 0 && l->want_probe)
		rc = start_probe(e, l);
	return rc;
}

static int64_t min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t link_next_mono(struct engine *e, struct link *l)
{
	int64_t next = INT64_MAX, op_ms = 0, start;

	if (!l->probed || l->state == CONN_OFFLINE || l->state == CONN_AUTH) {
		if (l->probe_tag)
			return INT64_MAX;
		start = l->c->ops->next_ms(l->c);
		return l->pause_mono > start ? l->pause_mono : start;
	}
	next = min64(next, pull_next_mono(e, l));
	next = min64(next, settle_next_mono(e, l));
	next = min64(next, aside_next_mono(e, l));
	if (l->want_probe)
		next = engine_mono(e);
	if (store_op_next_ms(e->ro, l->id, &op_ms) == 0 && op_ms)
		next = min64(next,
			engine_mono(e) + (op_ms > engine_now(e)
							 ? op_ms - engine_now(e)
							 : 0));
	if (next == INT64_MAX)
		return next;
	/* Nothing can start before the pause ends and there is room. */
	start = l->c->ops->next_ms(l->c);
	if (l->pause_mono > start)
		start = l->pause_mono;
	if (next < start)
		next = start;
	if (l->c->ops->in_flight(l->c) >= l->d->parallel)
		return INT64_MAX;
	return next;
}

void engine_to_index(struct engine *e, int64_t rows)
{
	if (!e->index_left && rows)
		e->index_late_mono = engine_mono(e) + e->lim->index_lag_ms;
	e->index_left += rows;
}

/* Rows first: while pages are on their way, the index waits until there is
 * enough for a slice that is worth its commit, but nobody searches in vain for
 * what came long ago. */
static int index_now(const struct engine *e)
{
	int i;

	if (!e->index_left || e->index_left >= e->lim->index_lag_rows ||
		engine_mono(e) >= e->index_late_mono)
		return e->index_left > 0;
	for (i = 0; i < e->n_links; i++)
		if (e->links[i].c->ops->in_flight(e->links[i].c))
			return 0;
	return 1;
}

static int index_step(struct engine *e)
{
	int rc;

	if (!index_now(e))
		return 0;
	engine_trace(e, "index");
	rc = store_index_slice(
		e->store, e->lim->index_slice_ms, &e->index_left);
	e->index_late_mono = engine_mono(e) + e->lim->index_lag_ms;
	e->merge_left = 1;
	return rc;
}

/* When nothing else is to be done: nobody who waits for an answer waits for
 * this, and `galley sync` ends without it. */
static int merge_step(struct engine *e)
{
	if (!e->merge_left || !engine_idle(e))
		return 0;
	engine_trace(e, "merge");
	return store_index_merge(
		e->store, e->lim->index_slice_ms, &e->merge_left);
}

/* When the index has to be seen to without an answer arriving. */
static int64_t index_next_mono(const struct engine *e)
{
	if (e->merge_left && engine_idle(e))
		return engine_mono(e);
	if (!e->index_left)
		return INT64_MAX;
	return index_now(e) ? engine_mono(e) : e->index_late_mono;
}

/* The wall clock went another way than time did: it was set, or the machine
 * slept. What happens after a while happens after that while all the same. */
static int follow_clock(struct engine *e)
{
	int64_t now = engine_now(e);
	int64_t went = now - engine_mono(e) - e->clock_off;
	int rc;

	if (llabs(went) < CLOCK_MS)
		return 0;
	log_warn("sync", "the clock went by %lld s", (long long)(went / 1000));
	rc = store_clock_set(e->store, now - went, now);
	if (rc == 0)
		e->clock_off += went;
	return rc;
}

int engine_step(struct engine *e, int64_t *next_ms)
{
	int64_t next = INT64_MAX, n;
	uint64_t moves = e->moves;
	int i, rc;

	rc = follow_clock(e);
	if (rc == 0)
		rc = apply_wants(e);
	for (i = 0; i < e->n_links && rc == 0; i++)
		rc = link_step(e, &e->links[i]);
	if (rc == 0)
		rc = index_step(e);
	if (rc == 0 && e->moves == moves)
		rc = merge_step(e);
	if (rc < 0)
		return rc;
	for (i = 0; i < e->n_links; i++) {
		n = min64(link_next_mono(e, &e->links[i]),
			fetch_next_mono(&e->links[i]));
		/* What is due and could not start waits for an answer, which
		 * wakes us: no need to ask in a tight loop. */
		if (n <= engine_mono(e))
			n = engine_mono(e) + (e->moves == moves ? IDLE_MS : 1);
		next = min64(next, n);
	}
	*next_ms = min64(next, index_next_mono(e));
	return 0;
}

static int link_open_ops(
	const struct engine *e, const struct link *l, int *waiting)
{
	struct ops ops;
	int i, rc;

	*waiting = 0;
	rc = store_op_list(e->ro, l->id, -1, 0, 1000, &ops);
	if (rc < 0)
		return rc;
	for (i = 0; i < ops.n; i++) {
		const struct op *op = &ops.v[i];

		if (op->state == OPS_SENDING || op->state == OPS_SENT ||
			op->state == OPS_UNSURE)
			*waiting = 1;
		if (op->state == OPS_QUEUED &&
			op->not_before_ms - engine_now(e) <= 60 * 1000)
			*waiting = 1;
	}
	/* Those that wait for a held one wait for a person, those that wait
	 * for one asleep for another day. */
	if (*waiting) {
		int held = 0, moving = 0;

		for (i = 0; i < ops.n; i++) {
			held |= ops.v[i].state == OPS_HELD ||
				op_asleep(&ops.v[i], engine_now(e));
			moving |= ops.v[i].state != OPS_HELD &&
				  ops.v[i].state != OPS_QUEUED;
		}
		if (held && !moving) {
			struct ops ready;

			if (store_op_ready(e->ro, l->id,
				    engine_now(e) + 60 * 1000, 1,
				    &ready) == 0) {
				*waiting = ready.n > 0;
				ops_free(&ready);
			}
		}
	}
	ops_free(&ops);
	return 0;
}

int engine_settled(const struct engine *e)
{
	int i, waiting;

	if (e->want)
		return 0;
	for (i = 0; i < e->n_links; i++) {
		const struct link *l = &e->links[i];

		if (l->state == CONN_OFFLINE || l->state == CONN_AUTH)
			continue;
		if (!l->probed || l->probe_tag || pull_busy(l) ||
			pull_due(e, l) || l->flights)
			return 0;
		if (link_open_ops(e, l, &waiting) < 0 || waiting)
			return 0;
	}
	return e->index_left == 0;
}

int engine_idle(const struct engine *e)
{
	int i;

	for (i = 0; i < e->n_links; i++) {
		const struct link *l = &e->links[i];

		if (l->c->ops->in_flight(l->c) || pull_busy(l) || l->probe_tag)
			return 0;
	}
	return e->index_left == 0 && !e->want;
}

int engine_status(const struct engine *e, int i, struct engine_status *out)
{
	const char *trouble = NULL, *trouble_why = NULL;
	const struct link *l;
	int64_t n, left = 0;
	int k;

	if (i < 0 || i >= e->n_links)
		return E_NOTFOUND; /* the end of a walk, not a mishap */
	l = &e->links[i];
	for (k = 0; k < l->d->n_streams && !trouble; k++)
		if (run_in_trouble(&l->runs[k])) {
			trouble = l->d->streams[k].name;
			trouble_why = l->runs[k].why;
		}
	for (k = 0; k < l->d->n_streams; k++)
		if (l->d->streams[k].by != BY_TIME &&
			store_touch_count(
				e->ro, l->id, l->d->streams[k].name, &n) == 0)
			left += n;
	*out = (struct engine_status){
		.name = l->c->name,
		.state = l->state,
		.why = l->why,
		.trouble = trouble,
		.trouble_why = trouble_why,
		.pulled_ms = l->pulled_ms,
		.retry_ms = l->pause_mono,
		.requests = l->requests,
		.touches_left = left,
		.asides = l->asides,
	};
	return 0;
}
