/* SPDX-License-Identifier: MIT */
/*
 * Pulling: which stream runs when, pages and their cursors, touched keys in
 * batches, sweeps. A page lands in one transaction with its cursor, or not at
 * all; a paging position is never kept over a restart (rows move between
 * pages), so an interrupted run begins again from its cursor.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "sync_priv.h"

#define MAX_PAGES 1000000
/* Failures in a row after which a stream is in trouble. */
#define TROUBLE 4
/* What we are not let in to is asked for so often. */
#define BARRED_MS (600 * 1000)

struct run *run_find(struct link *l, const char *name)
{
	int i;

	for (i = 0; name && i < l->d->n_streams; i++)
		if (strcmp(l->runs[i].d->name, name) == 0)
			return &l->runs[i];
	return NULL;
}

static void run_reset(struct run *r)
{
	free(r->page);
	free(r->cursor);
	free(r->ask);
	r->page = r->cursor = r->ask = NULL;
	r->active = 0;
	r->tag = 0;
	narrow_free(r);
}

void pull_free(struct link *l)
{
	struct group *g, *next;
	int i;

	for (g = l->groups; g; g = next) {
		next = g->next;
		group_free(g);
	}
	for (i = 0; l->runs && i < l->d->n_streams; i++) {
		run_reset(&l->runs[i]);
		free(l->runs[i].why);
		free(l->runs[i].refused_page);
		free(l->runs[i].again_from);
		free(l->runs[i].again_to);
	}
	free(l->runs);
	doubts_free(l);
}

/* --- passes -----------------------------------------------------------------
 */

/* A pass reads every feed from its cursor to its end: after it, what the
 * backend had shown when it began is here. */
void pass_want(struct link *l)
{
	l->pass_wanted = 1;
}

static int is_feed(const struct run *r)
{
	return r->d->by == BY_TIME && !r->d->after && !r->d->sweep &&
	       r->d->cursor != CUR_NONE;
}

static void pass_begin(struct engine *e, struct link *l)
{
	int i;

	if (!l->pass_wanted || l->pass_running)
		return;
	for (i = 0; i < l->d->n_streams; i++) {
		struct run *r = &l->runs[i];

		r->in_pass = is_feed(r) &&
			     (!r->barred || r->retry_mono <= engine_mono(e));
		/* One that is under way may have read its first page long
		 * ago: it is run again. */
		if (r->in_pass)
			r->forced = 1;
	}
	l->pass_wanted = 0;
	l->pass_running = 1;
	l->pass_start_mono = engine_mono(e);
}

int pull_caught_up(
	const struct engine *e, const struct link *l, const char *key)
{
	int64_t n = 0;
	int rc = store_touch_waits(e->ro, l->id, key, &n);

	return rc < 0 ? rc : n == 0;
}

/* Would it show what became of the operation, or what a customer said to that?
 * Not when it says that it is of something else. */
static int may_show(const struct run *r, const struct op *op)
{
	return is_feed(r) &&
	       (r->d->entity == ENT_COUNT || r->d->entity == ENT_MESSAGE ||
		       r->d->entity == op_desc(op->kind)->target);
}

/* What cannot be read may be just what is looked for. */
static int may_be_aside(
	const struct engine *e, const struct link *l, const struct op *op)
{
	int64_t n = 0;

	return l->asides && (store_aside_hides(e->ro, l->id, op->target_rid,
				     op->first_armed_ms, &n) < 0 ||
				    n > 0);
}

/* Nor can what came as a record that could not be used. */
static int may_be_lost(
	const struct engine *e, const struct link *l, const struct op *op)
{
	struct arena *a = arena_new();
	const char *when = NULL;
	int rc = store_fact_get(e->ro, l->id, "lost", a, &when);
	int lost =
		rc == 0 ? atoll(when) >= op->first_armed_ms : rc != E_NOTFOUND;

	arena_free(a);
	return lost;
}

int pull_saw(const struct engine *e, const struct link *l, const char *look,
	const struct op *op, int thread)
{
	int i, only = 0;

	if (may_be_aside(e, l, op))
		return 0;
	if (may_be_lost(e, l, op))
		return 0;
	for (i = 0; look && i < l->d->n_streams; i++)
		only |= is_feed(&l->runs[i]) &&
			strcmp(l->d->streams[i].name, look) == 0;
	for (i = 0; i < l->d->n_streams; i++) {
		const struct run *r = &l->runs[i];

		if (may_show(r, op) && (r->blind || (r->mute && !thread)) &&
			(!only || strcmp(r->d->name, look) == 0))
			return 0;
	}
	return 1;
}

int pull_hidden(const struct link *l, const struct op *op)
{
	int i, hidden = 0;

	for (i = 0; i < l->d->n_streams; i++)
		hidden |= may_show(&l->runs[i], op) && l->runs[i].barred == 2;
	return hidden;
}

static void pass_check(struct engine *e, struct link *l)
{
	int i;

	if (!l->pass_running)
		return;
	for (i = 0; i < l->d->n_streams; i++) {
		struct run *r = &l->runs[i];

		if (r->in_pass && (r->forced || r->active))
			return;
		if (r->d->after && (r->forced || r->active) &&
			!run_in_trouble(r))
			return;
	}
	l->pass_running = 0;
	l->pass_done_mono = l->pass_start_mono;
	l->pulled_ms = engine_now(e);
	engine_trace(e, "pass");
}

/* --- runs -------------------------------------------------------------------
 */

void run_fail(struct engine *e, struct link *l, struct run *r, const char *why)
{
	log_warn("sync", "%s: %s: %s", l->c->name, r->d->name, why);
	free(r->why);
	r->why = xstrdup(why);
	run_reset(r);
	r->retry_mono = engine_mono(e) + engine_backoff(e, r->fails++);
}

int pull_forget(struct engine *e, struct link *l, struct run *r)
{
	struct recs *none = recs_new();
	struct store_page p = {
		.connector = l->id,
		.stream = r->d->name,
		.cursor_key = "",
		.cursor = "",
		.recs = none,
	};
	struct store_page_result res;
	int rc = store_page_apply(e->store, &p, &res);

	recs_free(none);
	run_reset(r);
	return rc;
}

/* The overlap is for rows that come late. Where it reaches back over a record
 * that cannot be read, it has done so long enough after this time. */
#define LATE_MS (120 * 1000)

/* Not before what is in quarantine and not due: each look would end there. */
static int64_t after_asides(struct engine *e, struct link *l, struct run *r,
	int64_t from, struct arena *a)
{
	struct store_aside *v;
	int i, n;

	if (!l->asides || !r->d->numbered ||
		store_aside_list(e->ro, l->id, r->d->name, a, &v, &n) < 0)
		return from;
	for (i = 0; i < n; i++)
		if (v[i].upto && atoll(v[i].upto) > from &&
			v[i].next_ms > engine_now(e) &&
			v[i].since_ms < engine_now(e) - LATE_MS)
			from = atoll(v[i].upto);
	return from;
}

/* The cursor to ask with: what is stored, less the overlap. */
int run_cursor(struct engine *e, struct link *l, struct run *r, const char *key,
	struct arena *a, const char **out, int64_t *must_reach)
{
	const char *cursor = NULL, *pos;
	int64_t polled = 0, n, stored, none;
	char *end;
	int rc;

	*out = NULL;
	if (!must_reach)
		must_reach = &none;
	*must_reach = -1;
	if (r->d->cursor == CUR_NONE)
		return 0;
	rc = store_cursor_get(
		e->ro, l->id, r->d->name, key, a, &cursor, &pos, &polled);
	if (rc < 0 && rc != E_NOTFOUND)
		return rc;
	if (rc == 0 && cursor && *cursor && r->d->retention_s &&
		engine_now(e) - polled > r->d->retention_s * 1000) {
		link_state(e, l, CONN_RESYNC,
			"away longer than the server remembers: reading "
			"everything again");
		cursor = NULL;
	}
	if (!cursor || !*cursor) {
		*out = r->d->cursor_init;
		*must_reach = 0;
		return 0;
	}
	if (r->d->cursor == CUR_TOKEN || !r->d->overlap) {
		*out = cursor;
		return 0;
	}
	n = strtoll(cursor, &end, 10);
	if (*end)
		return err_set(E_DB, "%s: cursor `%s` is not a number",
			r->d->name, cursor);
	/* A clock's position is not that of a row. */
	if (r->d->cursor != CUR_CLOCK)
		*must_reach = n;
	stored = n;
	n = n > r->d->overlap ? n - r->d->overlap : 0;
	n = after_asides(e, l, r, n, a);
	if (n > stored)
		n = stored;
	*out = arena_printf(a, "%lld", (long long)n);
	return 0;
}

static int run_ask(struct engine *e, struct link *l, struct run *r)
{
	struct arena *a = arena_new();
	const char *cursor = NULL;
	int rc = 0;

	r->must_reach = -1;
	if (!r->again)
		rc = run_cursor(e, l, r, "", a, &cursor, &r->must_reach);
	else
		cursor = r->again_from ? r->again_from : r->d->cursor_init;
	free(r->ask);
	r->ask = xstrdup_null(cursor);
	arena_free(a);
	return rc;
}

static int run_page(struct engine *e, struct link *l, struct run *r)
{
	struct job j = {.kind = JOB_PULL,
		.stream = r->index,
		.cursor = r->page ? NULL : r->ask,
		.page = r->page};
	int rc;

	if (r->narrow)
		narrow_job(r, &j);
	rc = link_start(e, l, &j);
	if (rc == 1)
		r->tag = j.tag;
	return rc;
}

static int run_begin(struct engine *e, struct link *l, struct run *r)
{
	int rc = run_ask(e, l, r);

	if (rc == 0)
		rc = run_page(e, l, r);
	if (rc != 1)
		return rc;
	r->active = 1;
	r->forced = 0;
	r->n_pages = r->n_rows = 0;
	r->brought = r->reached = r->narrowed = 0;
	r->number = engine_now(e);
	r->generation = r->d->sweep ? engine_now(e) : 0;
	return 1;
}

static int run_is_due(const struct engine *e, const struct run *r)
{
	if (r->d->by != BY_TIME || r->active || r->retry_mono > engine_mono(e))
		return 0;
	return r->forced || r->due_mono <= engine_mono(e);
}

static int run_start(struct engine *e, struct link *l, struct run *r)
{
	int rc;

	if (r->active && !r->tag && r->retry_mono <= engine_mono(e))
		return run_page(e, l, r);
	if (!run_is_due(e, r))
		return 1;
	rc = run_begin(e, l, r);
	return rc;
}

/* NULL-ended names of the streams that read on after `r`. */
static const char **followers(
	struct link *l, const struct run *r, struct arena *a)
{
	const char **v =
		arena_calloc(a, (size_t)l->d->n_streams + 1, sizeof(*v));
	int i, n = 0;

	for (i = 0; i < l->d->n_streams; i++)
		if (l->d->streams[i].after &&
			strcmp(l->d->streams[i].after, r->d->name) == 0)
			v[n++] = l->d->streams[i].name;
	return v;
}

static void wake_followers(struct link *l, const char *const *names)
{
	struct run *f;

	for (; *names; names++) {
		f = run_find(l, *names);
		if (f)
			f->forced = 1;
	}
}

static uint64_t topics_of(const struct recs *recs)
{
	const struct rec *r;
	uint64_t t = 0;

	for (r = recs->first; r; r = r->next)
		if (r->kind == REC_ROW || r->kind == REC_GONE ||
			r->kind == REC_ALIAS)
			t |= UINT64_C(1) << r->entity;
	return t;
}

static void pokes(struct link *l, const struct recs *recs)
{
	const struct rec *r;
	struct run *p;

	for (r = recs->first; r; r = r->next) {
		if (r->kind != REC_POKE)
			continue;
		p = run_find(l, r->name);
		if (p)
			p->forced = 1;
	}
}

/* Guards: a stream with `guard` runs when the guard's value is a new one. */
static int guards(struct engine *e, struct link *l, const struct recs *recs)
{
	const struct rec *r;
	int i, rc = 0;

	for (r = recs->first; r && rc == 0; r = r->next) {
		struct arena *a;
		const char *old = NULL;
		char *key;

		if (r->kind != REC_GUARD)
			continue;
		a = arena_new();
		key = xasprintf("guard:%s", r->name);
		rc = store_fact_get(e->ro, l->id, key, a, &old);
		if (rc == 0 || rc == E_NOTFOUND) {
			rc = 0;
			if (!old || !r->value || strcmp(old, r->value) != 0) {
				for (i = 0; i < l->d->n_streams; i++)
					if (l->d->streams[i].guard &&
						!strcmp(l->d->streams[i].guard,
							r->name))
						l->runs[i].forced = 1;
				rc = store_fact_set(
					e->store, l->id, key, r->value);
			}
		}
		free(key);
		arena_free(a);
	}
	return rc;
}

static int log_bad(struct engine *e, struct link *l, const struct run *r,
	const struct recs *recs)
{
	const struct rec_err *x;
	int rc = 0;

	for (x = recs->errs; x && rc == 0; x = x->next) {
		log_warn("sync", "%s: %s: %s", l->c->name, r->d->name, x->text);
		rc = store_log(e->store, LOG_WARN, l->id, r->d->name, x->text);
	}
	return rc;
}

int page_land(struct engine *e, struct link *l, struct run *r,
	struct store_page *p, struct store_page_result *res)
{
	struct engine_event ev = {.kind = EV_PAGE};
	struct arena *a = arena_new();
	const char **names = followers(l, r, a);
	int rc;

	p->connector = l->id;
	p->stream = r->d->name;
	p->wake = names;
	engine_trace(e, "page");
	rc = store_page_apply(e->store, p, res);
	if (rc == 0) {
		engine_trace(e, "paged");
		if (res->rows_new)
			wake_followers(l, names);
		engine_to_index(e, res->rows_new + res->rows_changed);
		rc = log_bad(e, l, r, p->recs);
		if (rc == 0)
			rc = guards(e, l, p->recs);
		pokes(l, p->recs);
		ev.topics = topics_of(p->recs);
		if (res->rows_new || res->rows_changed || res->gone ||
			res->aliases || res->ops_done)
			engine_emit(e, l, &ev);
	}
	arena_free(a);
	return rc;
}

void run_progress(struct engine *e, struct link *l, const struct run *r,
	int64_t done, int64_t total)
{
	struct engine_event ev = {.kind = EV_PROGRESS,
		.stream = r->d->name,
		.done = done,
		.total = total};

	engine_emit(e, l, &ev);
}

static int sweep_finish(struct engine *e, struct link *l, struct run *r)
{
	struct arena *a = arena_new();
	const char **rids;
	int i, n, rc;

	rc = store_sweep_suspects(e->ro, l->id, r->d->entity, r->generation,
		e->lim->sweep_share_percent, a, &rids, &n);
	if (rc == E_LIMIT) {
		log_warn("sync", "%s: %s: %s", l->c->name, r->d->name,
			err_msg());
		rc = store_log(
			e->store, LOG_WARN, l->id, r->d->name, err_msg());
		n = 0;
	}
	for (i = 0; rc == 0 && i < n; i++) {
		if (r->d->missing)
			rc = store_touch_add(e->store, l->id, r->d->missing,
				rids[i], NULL, 0);
		else
			log_info("sync", "%s: %s: `%s` is no longer listed",
				l->c->name, r->d->name, rids[i]);
	}
	arena_free(a);
	return rc;
}

/* What was in quarantine has been tried; the run itself is still to come. */
static int again_finish(struct engine *e, struct link *l, struct run *r)
{
	int rc = aside_settle(e, l, r, r->ask, r->again_to);

	run_reset(r);
	r->again = 0;
	FREE(&r->again_from);
	FREE(&r->again_to);
	r->forced = 1;
	return rc;
}

int run_finish(struct engine *e, struct link *l, struct run *r)
{
	int rc = 0;

	FREE(&r->why);
	r->fails = 0;
	r->retry_mono = 0;
	if (r->again)
		return again_finish(e, l, r);
	if (r->d->sweep && r->d->entity != ENT_COUNT)
		rc = sweep_finish(e, l, r);
	if (rc == 0)
		rc = aside_settle(e, l, r, r->ask, NULL);
	if (rc == 0 && r->d->after && !r->forced) {
		char *key = xasprintf("pend:%s", r->d->name);

		rc = store_fact_set(e->store, l->id, key, NULL);
		free(key);
	}
	r->blind = r->must_reach >= 0 && !r->reached;
	r->mute = r->must_reach < 0 && !r->reached;
	r->barred = 0;
	run_reset(r);
	r->due_mono = r->d->after || !r->d->every_s
			      ? INT64_MAX
			      : engine_mono(e) + (int64_t)r->d->every_s * 1000;
	if (l->state == CONN_RESYNC)
		link_state(e, l, CONN_OK, NULL);
	return rc;
}

/* Which cursor this page may commit, or NULL. */
const char *page_cursor(struct engine *e, struct link *l, struct run *r,
	const struct job_result *j, struct arena *a)
{
	const char *stored = NULL, *pos;
	int64_t polled;

	if (r->d->cursor == CUR_CLOCK) {
		/* The server's time when the run began. */
		if (!r->cursor && j->server_ms)
			r->cursor = xasprintf("%lld", (long long)j->server_ms);
	} else if (j->cursor) {
		free(r->cursor);
		r->cursor = xstrdup(j->cursor);
	}
	if (!r->cursor ||
		((r->d->commit_per_run || r->d->cursor == CUR_CLOCK) &&
			j->page))
		return NULL;
	if (r->d->cursor == CUR_TOKEN)
		return r->cursor;
	/* The overlap re-reads old rows: a number never goes back. */
	if (store_cursor_get(e->ro, l->id, r->d->name, "", a, &stored, &pos,
		    &polled) == 0 &&
		stored && *stored && atoll(r->cursor) < atoll(stored))
		return stored;
	return r->cursor;
}

/* Did this page show the row that the cursor was taken from, or one after; any,
 * where that cannot be told? */
static int shows_known(const struct run *r, const struct job_result *j)
{
	if (!j->recs->n)
		return 0;
	return r->must_reach <= 0 ||
	       (j->cursor && atoll(j->cursor) >= r->must_reach);
}

int run_page_done(struct engine *e, struct link *l, struct run *r,
	const char *next, int64_t rows)
{
	r->tag = 0;
	r->refused = 0;
	r->n_pages++;
	r->n_rows += rows;
	free(r->page);
	r->page = xstrdup_null(next);
	if (r->n_pages > 1 || r->page)
		run_progress(e, l, r, r->n_rows, 0);
	if (r->page && r->n_pages >= MAX_PAGES) {
		run_fail(e, l, r, "the listing does not end");
		return 0;
	}
	return r->page ? 0 : run_finish(e, l, r);
}

/* Is the run there only for the quarantine, and past what is in it? */
static int has_tried(const struct run *r, const struct job_result *j)
{
	return r->again && r->again_to && j->cursor &&
	       atoll(j->cursor) >= atoll(r->again_to);
}

static int run_ok(
	struct engine *e, struct link *l, struct run *r, struct job_result *j)
{
	struct store_page_result res;
	struct arena *a = arena_new();
	struct store_page p = {
		.cursor_key = "",
		.cursor = page_cursor(e, l, r, j, a),
		.recs = j->recs,
		.server_ms = j->server_ms,
		.generation = r->generation,
	};
	int rc = page_land(e, l, r, &p, &res);

	arena_free(a);
	if (rc < 0)
		return rc;
	r->brought |= res.rows_new > 0;
	r->reached |= shows_known(r, j);
	if (has_tried(r, j))
		FREE(&j->page);
	return run_page_done(e, l, r, j->page, j->recs->n);
}

/* Not ours to read: asked again, but not soon. */
static int run_barred(
	struct engine *e, struct link *l, struct run *r, const char *why)
{
	struct arena *a = arena_new();
	const char *cursor, *pos;
	int64_t polled;
	int rc = store_cursor_get(
		e->ro, l->id, r->d->name, "", a, &cursor, &pos, &polled);

	arena_free(a);
	if (rc < 0 && rc != E_NOTFOUND)
		return rc;
	run_fail(e, l, r, why);
	r->blind = 1;
	r->barred = rc == 0 ? 2 : 1;
	if (rc == 0 && r->fails < TROUBLE)
		r->fails = TROUBLE;
	r->retry_mono = engine_mono(e) + BARRED_MS;
	r->forced = 0;
	return store_log(e->store, LOG_WARN, l->id, r->d->name, why);
}

static int run_result(
	struct engine *e, struct link *l, struct run *r, struct job_result *j)
{
	const char *why = j->message ? j->message : outcome_name(j->outcome);
	int rc;

	if (r->narrow) {
		rc = narrow_result(e, l, r, j);
		if (rc != 1)
			return rc;
	} else if (j->outcome == OUT_RETRY || j->outcome == OUT_BROKEN) {
		rc = narrow_refused(e, l, r, why);
		if (rc != 0)
			return rc < 0 ? rc : 0;
	}
	switch (j->outcome) {
	case OUT_OK:
		return run_ok(e, l, r, j);
	case OUT_RESYNC:
		link_state(e, l, CONN_RESYNC, why);
		r->forced = 1;
		return pull_forget(e, l, r);
	case OUT_RATE:
	case OUT_AUTH:
		/* The connector pauses; the run begins again after it. */
		run_reset(r);
		r->forced = 1;
		return 0;
	case OUT_REFUSED:
	case OUT_GONE:
		return run_barred(e, l, r, why);
	case OUT_BROKEN:
		run_fail(e, l, r, why);
		r->forced = 1;
		return store_log(e->store, LOG_WARN, l->id, r->d->name, why);
	case OUT_NOT_SENT:
	case OUT_RETRY:
	case OUT_UNKNOWN:
	case OUT_ACCEPTED:
	case OUT_CONFLICT:
	case OUT_DUPLICATE:
	case OUT_COUNT:
		break;
	}
	run_fail(e, l, r, why);
	r->forced = 1;
	return 0;
}

/* --- the face ---------------------------------------------------------------
 */

int pull_start(struct engine *e, struct link *l)
{
	int i, rc;

	pass_begin(e, l);
	rc = aside_start(e, l);
	if (rc < 0)
		return rc;
	rc = groups_continue(e, l);
	for (i = 0; i < l->d->n_streams && rc == 1; i++) {
		if (!link_room(e, l))
			return 0;
		rc = run_start(e, l, &l->runs[i]);
	}
	for (i = 0; i < l->d->n_streams && rc == 1; i++)
		rc = groups_start(e, l, &l->runs[i]);
	pass_check(e, l);
	return rc < 0 ? rc : 0;
}

int pull_result(struct engine *e, struct link *l, struct job_result *j)
{
	struct group *g;
	int i;

	for (i = 0; i < l->d->n_streams; i++)
		if (l->runs[i].tag && l->runs[i].tag == j->tag)
			return run_result(e, l, &l->runs[i], j);
	for (g = l->groups; g; g = g->next)
		if (g->tag && g->tag == j->tag)
			return group_result(e, l, g, j);
	return 0;
}

int pull_busy(const struct link *l)
{
	int i;

	for (i = 0; i < l->d->n_streams; i++)
		if (l->runs[i].active && !run_in_trouble(&l->runs[i]))
			return 1;
	return l->groups != NULL || l->pass_running || l->pass_wanted;
}

static int has_touches(
	const struct engine *e, const struct link *l, const struct run *r)
{
	int64_t n;

	return r->d->by != BY_TIME &&
	       store_touch_count(e->ro, l->id, r->d->name, &n) == 0 && n > 0;
}

int run_in_trouble(const struct run *r)
{
	return r->fails >= TROUBLE;
}

int pull_due(const struct engine *e, const struct link *l)
{
	int i;

	for (i = 0; i < l->d->n_streams; i++) {
		const struct run *r = &l->runs[i];

		if (!run_in_trouble(r) &&
			(r->forced || run_is_due(e, r) || has_touches(e, l, r)))
			return 1;
	}
	return 0;
}

int64_t pull_next_mono(const struct engine *e, const struct link *l)
{
	int64_t next = INT64_MAX, t;
	int i;

	for (i = 0; i < l->d->n_streams; i++) {
		const struct run *r = &l->runs[i];

		if (r->tag)
			continue;
		if (r->d->by == BY_TIME)
			t = r->active || r->forced ? 0 : r->due_mono;
		else if (has_touches(e, l, r) && !keys_in_flight(l, r))
			t = 0;
		else
			continue;
		if (t < r->retry_mono)
			t = r->retry_mono;
		if (t < next)
			next = t;
	}
	if (l->pass_wanted && !l->pass_running)
		next = engine_mono(e);
	return next;
}
