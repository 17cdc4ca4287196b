/* SPDX-License-Identifier: MIT */
/*
 * Touched keys: fetched in batches, looked at one by one when a batch fails, so
 * that one bad row never stops the others. A key's touch goes in the same
 * transaction that lands what was fetched for it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "sync_priv.h"

void group_free(struct group *g)
{
	int i;

	for (i = 0; i < g->n; i++) {
		free((char *)(uintptr_t)g->keys[i].key);
		free((char *)(uintptr_t)g->keys[i].version);
	}
	free(g->keys);
	free(g->found);
	free(g->page);
	free(g);
}

/* --- doubts -----------------------------------------------------------------
 */

static struct doubt **doubt_find(
	struct link *l, const struct run *r, const char *key)
{
	struct doubt **p = &l->doubts;

	while (*p && ((*p)->run != r || strcmp((*p)->key, key) != 0))
		p = &(*p)->next;
	return p;
}

static void doubt_drop(struct link *l, const struct run *r, const char *key)
{
	struct doubt **p = doubt_find(l, r, key), *d = *p;

	if (!d)
		return;
	*p = d->next;
	free(d->key);
	free(d);
}

void doubts_free(struct link *l)
{
	while (l->doubts)
		doubt_drop(l, l->doubts->run, l->doubts->key);
}

/* The longest time after which what was done must be visible. */
static int64_t settle_ms(const struct link *l)
{
	int64_t ms = 0;
	int i;

	for (i = 0; i < l->d->n_ops; i++)
		if (l->d->ops[i].settle_s * 1000 > ms)
			ms = l->d->ops[i].settle_s * 1000;
	return ms;
}

static int doubt_young(
	struct engine *e, struct link *l, const struct run *r, const char *key)
{
	const struct doubt *d = *doubt_find(l, r, key);

	return d && engine_mono(e) - d->since_mono < settle_ms(l);
}

static struct doubt *doubt_get(
	struct engine *e, struct link *l, const struct run *r, const char *key)
{
	struct doubt *d = *doubt_find(l, r, key);

	if (d)
		return d;
	d = xcalloc(1, sizeof(*d));
	d->run = r;
	d->key = xstrdup(key);
	d->since_mono = engine_mono(e);
	d->next = l->doubts;
	l->doubts = d;
	return d;
}

/* Refused while others were answered, so often or once more: then it is this
 * key. */
static int doubt_refused(
	struct engine *e, struct link *l, const struct run *r, struct doubt *d)
{
	int most = e->lim->refusals > 0 ? e->lim->refusals : 3;

	if (others_answered(l, &d->oks_seen) || !d->refused)
		d->refused++;
	d->since_mono = engine_mono(e) - settle_ms(l);
	if (d->refused < most && !aside_known(e, l, r->d->name, d->key)) {
		l->want_probe = 1;
		return 0;
	}
	doubt_drop(l, r, d->key);
	return 1;
}

/* Notes how reading one key went wrong; 1 when that is final. */
static int doubt_note(struct engine *e, struct link *l, const struct run *r,
	const char *key, enum outcome o)
{
	struct doubt *d = doubt_get(e, l, r, key);
	int old = engine_mono(e) - d->since_mono >= settle_ms(l);
	int final;

	if (o == OUT_RETRY)
		return doubt_refused(e, l, r, d);
	if (o == OUT_GONE)
		final = d->gone && old;
	else
		final = o == OUT_REFUSED || (o == OUT_BROKEN && d->broken == 2);
	d->broken += o == OUT_BROKEN;
	if (old || d->gone != (o == OUT_GONE))
		d->since_mono = engine_mono(e);
	d->gone = o == OUT_GONE;
	if (final)
		doubt_drop(l, r, key);
	return final;
}

/* --- groups -----------------------------------------------------------------
 */

static int key_in_flight(
	const struct link *l, const struct run *r, const char *key)
{
	const struct group *g;
	int i;

	for (g = l->groups; g; g = g->next)
		for (i = 0; g->run == r && i < g->n; i++)
			if (strcmp(g->keys[i].key, key) == 0)
				return 1;
	return 0;
}

int keys_in_flight(const struct link *l, const struct run *r)
{
	const struct group *g;
	int n = 0;

	for (g = l->groups; g; g = g->next)
		if (g->run == r)
			n += g->n;
	return n;
}

static struct group *group_new(struct link *l, struct run *r, int n)
{
	struct group *g = xcalloc(1, sizeof(*g));

	g->run = r;
	g->keys = xcalloc((size_t)n, sizeof(*g->keys));
	g->found = xcalloc((size_t)n, sizeof(*g->found));
	g->next = l->groups;
	l->groups = g;
	return g;
}

static void group_drop(struct link *l, struct group *g)
{
	struct group **p = &l->groups;

	while (*p != g)
		p = &(*p)->next;
	*p = g->next;
	group_free(g);
}

static int group_page(struct engine *e, struct link *l, struct group *g)
{
	struct job j = {.kind = JOB_PULL, .stream = g->run->index};
	struct arena *a = arena_new();
	const char **keys = arena_calloc(a, (size_t)g->n, sizeof(*keys));
	int i, rc = 0;

	for (i = 0; i < g->n; i++)
		keys[i] = g->keys[i].key;
	j.keys = keys;
	j.n_keys = g->n;
	j.page = g->page;
	if (!g->page && g->run->d->cursor_per_key)
		rc = run_cursor(e, l, g->run, keys[0], a, &j.cursor, NULL);
	if (rc == 0)
		rc = link_start(e, l, &j);
	if (rc == 1)
		g->tag = j.tag;
	arena_free(a);
	return rc;
}

/* A key in doubt is asked for alone. */
static int group_full(
	struct link *l, struct run *r, const struct group *g, const char *key)
{
	return g &&
	       (*doubt_find(l, r, key) || *doubt_find(l, r, g->keys[0].key));
}

static int doubts_of(const struct link *l, const struct run *r)
{
	const struct doubt *d;
	int n = 0;

	for (d = l->doubts; d; d = d->next)
		n += d->run == r;
	return n;
}

/* Takes the next keys of a stream into a new group: 1, or 0 when none wait. */
static int group_take(struct engine *e, struct link *l, struct run *r)
{
	int want = r->d->by == BY_KEY || r->d->cursor_per_key ? 1 : r->batch;
	int busy = keys_in_flight(l, r) + doubts_of(l, r), n, i;
	struct store_touch *t;
	struct arena *a = arena_new();
	struct group *g = NULL;

	t = arena_calloc(a, (size_t)(want + busy), sizeof(*t));
	n = store_touch_next(e->ro, l->id, r->d->name, want + busy, a, t);
	for (i = 0; i < n && (!g || g->n < want); i++) {
		if (key_in_flight(l, r, t[i].key) ||
			doubt_young(e, l, r, t[i].key) ||
			group_full(l, r, g, t[i].key))
			continue;
		if (!g)
			g = group_new(l, r, want);
		g->keys[g->n].key = xstrdup(t[i].key);
		g->keys[g->n].version = xstrdup_null(t[i].version);
		g->n++;
	}
	arena_free(a);
	if (n < 0)
		return n;
	return g != NULL;
}

int groups_start(struct engine *e, struct link *l, struct run *r)
{
	int rc;

	if (r->d->by == BY_TIME || r->retry_mono > engine_mono(e))
		return 1;
	for (;;) {
		if (!link_room(e, l))
			return 0;
		rc = group_take(e, l, r);
		if (rc <= 0)
			return rc < 0 ? rc : 1;
		rc = group_page(e, l, l->groups);
		if (rc != 1) {
			group_drop(l, l->groups);
			return rc;
		}
	}
}

static void mark_found(struct group *g, const struct recs *recs)
{
	const struct rec *r;
	int i;

	for (i = 0; i < g->n; i++)
		for (r = recs->first; r && !g->found[i]; r = r->next)
			if (r->rid &&
				(r->kind == REC_ROW || r->kind == REC_GONE ||
					r->kind == REC_ALIAS))
				g->found[i] =
					strcmp(r->rid, g->keys[i].key) == 0;
}

/* Reading the target of an operation did not bring it: another stream is asked
 * what became of it, and until that has answered an old row proves nothing. 1:
 * the operation waits; 0: nobody knows more, it goes on. */
static int target_missed(struct engine *e, struct link *l, struct group *g)
{
	struct watch *w = g->uid[0] ? watch_find(l, g->uid) : NULL;
	int rc;

	if (!w || !g->run->d->missing || g->found[0]) {
		if (w)
			w->missed = 0;
		return 0;
	}
	rc = w->missed ? pull_caught_up(e, l, g->keys[0].key) : 0;
	if (rc < 0)
		return rc;
	w->missed = !rc;
	if (rc)
		return 0;
	w->refetching = 0;
	w->look_mono = engine_mono(e) + e->lim->look_every_ms;
	return 1;
}

/* Keys that the answer did not bring go to the stream that looks at one. */
static int send_missing(struct engine *e, struct link *l, struct group *g)
{
	int i, rc = 0;

	for (i = 0; i < g->n && rc == 0; i++)
		if (g->run->d->missing && !g->found[i])
			rc = store_touch_add(e->store, l->id,
				g->run->d->missing, g->keys[i].key,
				g->keys[i].version, g->uid[0] != '\0');
	return rc;
}

static int group_ok(
	struct engine *e, struct link *l, struct group *g, struct job_result *j)
{
	struct run *r = g->run;
	struct store_page_result res;
	struct store_page p = {
		.cursor_key = r->d->cursor_per_key ? g->keys[0].key : "",
		.cursor = r->d->cursor_per_key ? j->cursor : NULL,
		.recs = j->recs,
		.server_ms = j->server_ms,
	};
	char uid[UID_SIZE];
	int64_t left = 0;
	int i, rc, wait = 0;

	mark_found(g, j->recs);
	if (g->uid[0])
		settle_shown(l, g->uid, g->keys[0].key, j->recs);
	for (i = 0; l->doubts && i < g->n; i++)
		if (g->found[i])
			doubt_drop(l, r, g->keys[i].key);
	if (!j->page) {
		/* Before the touch goes, the next look at it is on record. */
		wait = target_missed(e, l, g);
		rc = wait < 0 ? wait : send_missing(e, l, g);
		if (rc < 0)
			return rc;
		p.answered = g->keys;
		p.n_answered = g->n;
	}
	rc = page_land(e, l, r, &p, &res);
	if (rc == 0 && l->asides && p.n_answered)
		rc = aside_refresh(e, l);
	if (rc < 0)
		return rc;
	g->tag = 0;
	free(g->page);
	g->page = xstrdup_null(j->page);
	r->fails = 0;
	r->retry_mono = 0;
	if (r->d->batch > r->batch)
		r->batch =
			r->batch * 2 < r->d->batch ? r->batch * 2 : r->d->batch;
	if (g->page)
		return 0;
	r->n_rows += g->n;
	if (store_touch_count(e->ro, l->id, r->d->name, &left) == 0 && left)
		run_progress(e, l, r, r->n_rows, r->n_rows + left);
	else
		r->n_rows = 0;
	memcpy(uid, g->uid, sizeof(uid));
	group_drop(l, g);
	return uid[0] && !wait ? settle_refetched(e, l, uid) : 0;
}

/* The only key of a group is not there any more, or cannot be read at all: what
 * may heal goes to the quarantine, unless another stream looks at it now. */
static int group_give_up(struct engine *e, struct link *l, struct group *g,
	enum outcome o, const char *why)
{
	int gone = o == OUT_GONE;
	struct store_aside x = {.stream = g->run->d->name,
		.key = g->keys[0].key,
		.by_key = 1,
		.why = why,
		.run = engine_now(e)};
	struct recs *recs = recs_new();
	struct store_page_result res;
	struct store_page p = {
		.cursor_key = "",
		.recs = recs,
		.answered = g->keys,
		.n_answered = g->n,
	};
	char uid[UID_SIZE];
	char *text;
	int rc, wait = 0;

	if ((o == OUT_RETRY || o == OUT_BROKEN) && !g->run->d->missing) {
		p.aside = &x;
		p.n_aside = 1;
	}
	if (gone && g->run->d->entity != ENT_COUNT) {
		recs_add(recs, REC_GONE, g->run->d->entity, g->keys[0].key);
		g->found[0] = 1;
	}
	if (!gone)
		wait = target_missed(e, l, g);
	rc = gone || wait < 0 ? wait : send_missing(e, l, g);
	text = xasprintf("key %s: %s", g->keys[0].key, why);
	if (rc == 0)
		rc = page_land(e, l, g->run, &p, &res);
	if (rc == 0 && p.n_aside) {
		rc = aside_refresh(e, l);
		g->run->fails = 0;
		g->run->retry_mono = 0;
	}
	if (rc == 0)
		rc = store_log(
			e->store, LOG_WARN, l->id, g->run->d->name, text);
	log_warn("sync", "%s: %s: %s", l->c->name, g->run->d->name, text);
	recs_free(recs);
	memcpy(uid, g->uid, sizeof(uid));
	group_drop(l, g);
	if (rc == 0 && uid[0] && !wait)
		rc = settle_unread(e, l, uid, gone, text);
	free(text);
	return rc;
}

/* Was not read: the operation that asked for it looks again later. */
static void group_unread(struct engine *e, struct link *l, struct group *g)
{
	struct watch *w = g->uid[0] ? watch_find(l, g->uid) : NULL;

	if (w) {
		w->refetching = 0;
		w->look_mono =
			engine_mono(e) + engine_backoff(e, g->run->fails);
	}
	group_drop(l, g);
}

static void run_later(struct engine *e, struct run *r)
{
	r->retry_mono = engine_mono(e) + engine_backoff(e, r->fails);
	r->fails++;
}

/* One key that could not be read. */
static int group_doubt(struct engine *e, struct link *l, struct group *g,
	enum outcome o, const char *why)
{
	struct run *r = g->run;

	if (doubt_note(e, l, r, g->keys[0].key, o))
		return group_give_up(e, l, g, o, why);
	if (o == OUT_RETRY)
		run_later(e, r);
	group_unread(e, l, g);
	return 0;
}

int group_result(
	struct engine *e, struct link *l, struct group *g, struct job_result *j)
{
	const char *why = j->message ? j->message : outcome_name(j->outcome);
	struct run *r = g->run;
	int hard = j->outcome == OUT_BROKEN || j->outcome == OUT_REFUSED ||
		   (j->outcome == OUT_RETRY && r->fails >= 3);

	if (j->outcome == OUT_OK)
		return group_ok(e, l, g, j);
	if (j->outcome != OUT_RATE && j->outcome != OUT_AUTH)
		log_warn("sync", "%s: %s: %s", l->c->name, r->d->name, why);
	if (g->n == 1 && (hard || j->outcome == OUT_GONE ||
				 (j->outcome == OUT_RETRY && !g->uid[0])))
		return group_doubt(e, l, g, j->outcome, why);
	/* One bad key must not stop the others: smaller groups find it. */
	if (hard || j->outcome == OUT_GONE)
		r->batch = r->batch > 4 ? r->batch / 4 : 1;
	else if (j->outcome != OUT_RATE && j->outcome != OUT_AUTH)
		run_later(e, r);
	group_unread(e, l, g);
	return 0;
}

int pull_refetch(struct engine *e, struct link *l, const char *stream,
	const char *key, const char *uid)
{
	struct run *r = run_find(l, stream);
	struct group *g;
	int rc;

	if (!r)
		return err_set(
			E_BUG, "%s has no stream `%s`", l->c->name, stream);
	g = group_new(l, r, 1);
	g->keys[0].key = xstrdup(key);
	g->n = 1;
	memcpy(g->uid, uid, strlen(uid) + 1);
	rc = group_page(e, l, g);
	if (rc != 1)
		group_drop(l, g);
	return rc;
}

int groups_continue(struct engine *e, struct link *l)
{
	struct group *g;
	int rc;

	for (g = l->groups; g; g = g->next) {
		if (g->tag || g->run->retry_mono > engine_mono(e))
			continue;
		if (!link_room(e, l))
			return 0;
		rc = group_page(e, l, g);
		if (rc != 1)
			return rc;
	}
	return 1;
}
