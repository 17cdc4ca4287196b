/* SPDX-License-Identifier: MIT */
/*
 * The quarantine: what could not be read is tried again when its time has come,
 * by its key, or by a run of its stream over the place where it stands. It
 * leaves when it was read, or when its place was and it was not met there.
 */
#include <stdlib.h>
#include <string.h>

#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "sync_priv.h"

/* To look at what could not start yet. */
#define AGAIN_MS 5000

int aside_refresh(struct engine *e, struct link *l)
{
	int rc = store_aside_count(e->ro, l->id, &l->asides);

	if (rc == 0)
		rc = store_aside_next_ms(e->ro, l->id, &l->aside_ms);
	return rc;
}

int aside_known(const struct engine *e, const struct link *l,
	const char *stream, const char *key)
{
	struct store_aside *v;
	struct arena *a;
	int i, n = 0, found = 0;

	if (!l->asides)
		return 0;
	a = arena_new();
	if (store_aside_list(e->ro, l->id, stream, a, &v, &n) == 0)
		for (i = 0; i < n; i++)
			found |= key ? v[i].by_key && !strcmp(v[i].key, key)
				     : !v[i].by_key;
	arena_free(a);
	return found;
}

/* Tried in vain, or nobody can try: later. */
static int later(struct engine *e, struct link *l, const struct store_aside *x)
{
	return store_aside_tried(e->store, l->id, x->stream, x->key, NULL);
}

int aside_settle(struct engine *e, struct link *l, struct run *r,
	const char *from, const char *to)
{
	struct store_aside *v;
	struct arena *a;
	int i, n, rc = 0;

	if (!l->asides)
		return 0;
	/* a run that got nowhere says nothing, but it was a try */
	if (r->active)
		rc = store_aside_settle(
			e->store, l->id, r->d->name, r->number, from, to);
	if (rc > 0)
		log_info("sync", "%s: %s: %d out of quarantine", l->c->name,
			r->d->name, rc);
	if (rc < 0)
		return rc;
	a = arena_new();
	rc = store_aside_list(e->ro, l->id, r->d->name, a, &v, &n);
	for (i = 0; r->again && rc == 0 && i < n; i++)
		if (!v[i].by_key && v[i].next_ms <= engine_now(e))
			rc = later(e, l, &v[i]);
	arena_free(a);
	if (!r->active)
		r->again = 0;
	return rc < 0 ? rc : aside_refresh(e, l);
}

/* A row is read again from its own place, all of a stream in one run. */
static void widen(struct run *r, const struct store_aside *x)
{
	int first = !r->again;

	r->again = r->forced = 1;
	if (first || !x->start ||
		(r->again_from && atoll(x->start) < atoll(r->again_from))) {
		free(r->again_from);
		r->again_from = xstrdup_null(x->start);
	}
	if (first || !x->upto ||
		(r->again_to && atoll(x->upto) > atoll(r->again_to))) {
		free(r->again_to);
		r->again_to = xstrdup_null(x->upto);
	}
}

static int try_key(struct engine *e, struct link *l, const struct run *r,
	const struct store_aside *x)
{
	int rc = store_touch_add(e->store, l->id, r->d->name, x->key, NULL, 0);

	return rc < 0 ? rc : later(e, l, x);
}

static int try_again(
	struct engine *e, struct link *l, const struct store_aside *v, int n)
{
	int i, rc = 0;

	for (i = 0; i < n && rc == 0; i++) {
		struct run *r = run_find(l, v[i].stream);

		if (v[i].next_ms > engine_now(e))
			continue;
		if (!r)
			rc = later(e, l, &v[i]);
		else if (v[i].by_key)
			rc = try_key(e, l, r, &v[i]);
		else if (!r->active && r->retry_mono <= engine_mono(e))
			widen(r, &v[i]);
	}
	return rc;
}

int aside_start(struct engine *e, struct link *l)
{
	struct store_aside *v;
	struct arena *a;
	int n, rc;

	if (!l->aside_ms || l->aside_ms > engine_now(e) ||
		l->aside_mono > engine_mono(e))
		return 0;
	l->aside_mono = engine_mono(e) + AGAIN_MS;
	a = arena_new();
	rc = store_aside_list(e->ro, l->id, NULL, a, &v, &n);
	if (rc == 0)
		rc = try_again(e, l, v, n);
	arena_free(a);
	return rc < 0 ? rc : aside_refresh(e, l);
}

int64_t aside_next_mono(const struct engine *e, const struct link *l)
{
	int64_t t;

	if (!l->aside_ms)
		return INT64_MAX;
	t = l->aside_ms - engine_now(e);
	t = engine_mono(e) + (t > 0 ? t : 0);
	return t > l->aside_mono ? t : l->aside_mono;
}
