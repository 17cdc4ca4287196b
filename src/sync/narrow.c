/* SPDX-License-Identifier: MIT */
/*
 * Round a record that breaks its page. A page that is refused again and again
 * while the backend answers other requests is read in parts, the parts in
 * smaller ones, down to the single record; what is refused even alone goes to
 * the quarantine, and the stream goes on behind it. All rows of the page land
 * before its cursor moves, and the cursor moves in the transaction that writes
 * the quarantine. When most of a page is refused, it is not a record that is
 * broken but the listing: then nothing is passed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "sync_priv.h"

/* A page stays where it is so long; rows move between pages. */
#define PLACE_MS (60 * 1000)
/* So many and nothing else, or more than that and than half a page: it is the
 * listing that is broken. */
#define MOST 8
/* Ids between two rows that are tried to find the one that is not shown. */
#define GALLOP_MAX (INT64_C(1) << 40)

/* Records that follow one another and are refused alone. */
struct spot {
	char *before, *after; /* cursors, or ids of rows; NULL not known */
	char *why;
};

struct narrow {
	int at, limit; /* records of the page behind us; how many now */
	int tries;     /* refusals of the one at `at` */
	int64_t oks_seen;
	int parts, broken; /* read; records passed */
	struct spot *spots;
	int n_spots;
	char *last; /* id of the last row that was read */
	char *top;  /* highest cursor that was read */
	char *next; /* the next page, as an answer has it */
	int more;   /* the last rows were not the end */
	int64_t server_ms, rows;
	/* the listing ends with what is refused: behind which number is it? */
	int galloping;
	int64_t low, high, ask; /* refused; read, or 0; now */
	char place[24];		/* `ask` as a cursor */
};

void narrow_free(struct run *r)
{
	struct narrow *n = r->narrow;
	int i;

	if (!n)
		return;
	for (i = 0; i < n->n_spots; i++) {
		free(n->spots[i].before);
		free(n->spots[i].after);
		free(n->spots[i].why);
	}
	free(n->spots);
	free(n->last);
	free(n->top);
	free(n->next);
	free(n);
	r->narrow = NULL;
}

int others_answered(const struct link *l, int64_t *oks_seen)
{
	int so = l->oks > *oks_seen;

	*oks_seen = l->oks;
	return so;
}

static int refusals(const struct engine *e)
{
	return e->lim->refusals > 0 ? e->lim->refusals : 3;
}

/* Divides it, so that parts of parts begin where parts begin. */
static int smaller(int n)
{
	int d;

	for (d = 2; d <= n / d; d++)
		if (n % d == 0)
			return n / d;
	return 1;
}

/* --- the page as a whole ----------------------------------------------------
 */

static void note_page(struct engine *e, struct run *r)
{
	const char *page = r->page ? r->page : "";

	if (r->refused && r->refused_page && !strcmp(page, r->refused_page))
		return;
	free(r->refused_page);
	r->refused_page = xstrdup(page);
	r->refused = 0;
	r->refused_mono = engine_mono(e);
}

static void narrow_begin(struct link *l, struct run *r, const char *why)
{
	struct narrow *n = xcalloc(1, sizeof(*n));

	log_warn("sync",
		"%s: %s: a page cannot be read (%s): reading it in "
		"parts",
		l->c->name, r->d->name, why);
	n->limit = smaller(r->d->page_size);
	n->oks_seen = l->oks;
	r->narrow = n;
	r->narrowed = 1;
	r->tag = 0;
	r->retry_mono = 0;
}

int narrow_refused(
	struct engine *e, struct link *l, struct run *r, const char *why)
{
	if (r->d->page_size < 1 || !r->active)
		return 0;
	note_page(e, r);
	if (others_answered(l, &r->oks_seen) || !r->refused)
		r->refused++;
	if (r->refused >= refusals(e) || r->narrowed ||
		aside_known(e, l, r->d->name, NULL)) {
		narrow_begin(l, r, why);
		return 1;
	}
	l->want_probe = 1;
	if (engine_mono(e) - r->refused_mono > PLACE_MS)
		return 0;
	log_warn("sync", "%s: %s: %s", l->c->name, r->d->name, why);
	free(r->why);
	r->why = xstrdup(why);
	r->tag = 0;
	r->retry_mono = engine_mono(e) + engine_backoff(e, r->fails++);
	return 1;
}

/* --- its parts --------------------------------------------------------------
 */

void narrow_job(const struct run *r, struct job *j)
{
	struct narrow *n = r->narrow;

	j->limit = n->limit;
	j->skip = n->at;
	if (!n->galloping)
		return;
	j->skip = 0;
	j->page = NULL;
	snprintf(n->place, sizeof(n->place), "%lld", (long long)n->ask);
	j->cursor = n->place;
}

static struct spot *open_spot(struct narrow *n)
{
	struct spot *s = n->n_spots ? &n->spots[n->n_spots - 1] : NULL;

	return s && !s->after ? s : NULL;
}

static void spot_add(struct run *r, const char *why)
{
	struct narrow *n = r->narrow;
	const char *before = n->top;
	struct spot *s;

	n->broken++;
	if (open_spot(n))
		return;
	if (!r->d->numbered)
		before = n->last;
	else if (!before)
		before = r->page ? r->page : r->ask;
	n->spots = xreallocarray(
		n->spots, (size_t)n->n_spots + 1, sizeof(*n->spots));
	s = &n->spots[n->n_spots++];
	*s = (struct spot){.before = xstrdup_null(before), .why = xstrdup(why)};
}

/* What follows a broken one is read alone, too: it says where the gap ends. */
static void next_part(struct run *r)
{
	struct narrow *n = r->narrow;
	int size = r->d->page_size;

	n->tries = 0;
	n->limit = 1;
	if (open_spot(n))
		return;
	n->limit = size;
	while (n->limit > 1 && (n->limit == size || n->at % n->limit))
		n->limit = smaller(n->limit);
}

static const char *row_of(const struct recs *recs, int last)
{
	const struct rec *x;
	const char *id = NULL;

	for (x = recs->first; x && (last || !id); x = x->next)
		if (x->kind == REC_ROW)
			id = x->rid;
		else if (x->kind == REC_TOUCH)
			id = x->key;
	return id;
}

static void note_top(struct narrow *n, const char *cursor)
{
	if (!cursor || (n->top && atoll(cursor) < atoll(n->top)))
		return;
	free(n->top);
	n->top = xstrdup(cursor);
}

/* Who stands around what is broken, and does the listing go on? */
static void note_part(struct run *r, const struct job_result *j)
{
	struct narrow *n = r->narrow;
	struct spot *s = open_spot(n);

	n->parts++;
	if (j->server_ms && !n->server_ms)
		n->server_ms = j->server_ms;
	if (!j->recs->n)
		return;
	if (s)
		s->after = xstrdup_null(
			r->d->numbered ? j->cursor : row_of(j->recs, 0));
	free(n->last);
	n->last = xstrdup_null(row_of(j->recs, 1));
	note_top(n, j->cursor);
	n->rows += j->recs->n;
	n->more = j->page != NULL;
	if (j->page) {
		free(n->next);
		n->next = xstrdup(j->page);
	}
}

/* --- the end of the page ----------------------------------------------------
 */

/* "7", or "7-9" when it is one of them; without numbers by its neighbours. */
static char *spot_key(const struct run *r, const struct spot *s)
{
	int64_t from, to;

	if (r->d->numbered && s->after) {
		from = s->before ? atoll(s->before) + 1 : 1;
		to = atoll(s->after);
		if (from >= to)
			return xasprintf("%lld", (long long)to);
		return xasprintf("%lld-%lld", (long long)from, (long long)to);
	}
	if (s->before && s->after)
		return xasprintf("between %s and %s", s->before, s->after);
	if (s->before)
		return xasprintf("after %s", s->before);
	return s->after ? xasprintf("before %s", s->after)
			: xstrdup("the only one");
}

/* The cursor behind a gap is one below the row that follows it. */
static void close_gaps(struct run *r)
{
	struct narrow *n = r->narrow;
	int i;

	for (i = 0; r->d->numbered && i < n->n_spots; i++) {
		struct spot *s = &n->spots[i];
		int64_t after = s->after ? atoll(s->after) : 0;

		if (!s->after || (n->galloping && i == n->n_spots - 1))
			continue;
		free(s->after);
		s->after = xasprintf("%lld", (long long)after - 1);
	}
}

/* Each is said once, not at every poll that meets it. */
static int log_asides(struct engine *e, struct link *l, const struct run *r,
	const struct store_aside *v, int n)
{
	int i, rc = 0;

	for (i = 0; i < n && rc == 0; i++) {
		char *text;

		if (v[i].tries)
			continue;
		text = xasprintf("`%s` cannot be read (%s): in quarantine, "
				 "the rest goes on",
			v[i].key, v[i].why);
		log_warn("sync", "%s: %s: %s", l->c->name, r->d->name, text);
		rc = store_log(e->store, LOG_WARN, l->id, r->d->name, text);
		free(text);
	}
	return rc;
}

static int is_old(
	struct engine *e, struct link *l, const struct run *r, const char *key)
{
	struct arena *a = arena_new();
	struct store_aside *v;
	int i, n = 0, old = 0;

	if (l->asides &&
		store_aside_list(e->ro, l->id, r->d->name, a, &v, &n) == 0)
		for (i = 0; i < n; i++)
			old |= strcmp(v[i].key, key) == 0;
	arena_free(a);
	return old;
}

/* The rows are here; now the cursor, and what it passes, in one. */
static int commit(struct engine *e, struct link *l, struct run *r)
{
	struct narrow *n = r->narrow;
	struct arena *a = arena_new();
	struct store_aside *v =
		arena_calloc(a, (size_t)n->n_spots + 1, sizeof(*v));
	struct recs *none = recs_new();
	int behind = r->again && r->again_to && n->top &&
		     atoll(n->top) >= atoll(r->again_to);
	struct job_result j = {.cursor = n->top, .server_ms = n->server_ms};
	struct store_page p = {.cursor_key = "",
		.recs = none,
		.server_ms = n->server_ms,
		.aside = v,
		.n_aside = n->n_spots};
	struct store_page_result res;
	const char *next;
	int i, rc;

	close_gaps(r);
	for (i = 0; i < n->n_spots; i++) {
		const struct spot *s = &n->spots[i];
		char *key = spot_key(r, s);

		v[i] = (struct store_aside){.stream = r->d->name,
			.key = arena_strdup(a, key),
			.start = r->d->numbered ? s->before : r->ask,
			.upto = r->d->numbered ? s->after : NULL,
			.why = s->why,
			.tries = is_old(e, l, r, key),
			.run = r->number};
		free(key);
	}
	next = !n->more || behind ? NULL : r->d->numbered ? n->top : n->next;
	j.page = xstrdup_null(next);
	p.cursor = page_cursor(e, l, r, &j, a);
	rc = page_land(e, l, r, &p, &res);
	if (rc == 0)
		rc = log_asides(e, l, r, v, n->n_spots);
	if (rc == 0 && n->n_spots)
		rc = aside_refresh(e, l);
	r->reached |=
		n->rows && (r->must_reach == 0 ||
				   (n->top && atoll(n->top) >= r->must_reach));
	i = (int)n->rows;
	narrow_free(r);
	if (rc == 0)
		rc = run_page_done(e, l, r, j.page, i);
	free(j.page);
	recs_free(none);
	arena_free(a);
	return rc;
}

/* Most of it is refused: that is no broken record. */
static int give_up(
	struct engine *e, struct link *l, struct run *r, const char *why)
{
	char *text = xstrdup(why);
	int rc;

	r->refused = 0;
	run_fail(e, l, r, text);
	r->forced = 1;
	rc = aside_settle(e, l, r, NULL, NULL);
	if (rc == 0)
		rc = store_log(e->store, LOG_WARN, l->id, r->d->name, text);
	free(text);
	return rc;
}

/* --- a listing that ends with it --------------------------------------------
 *
 * Nothing that could be read follows, so nothing says which number to go on
 * from: the lowest one from which the listing is readable again.
 */

static int gallop(struct engine *e, struct link *l, struct run *r)
{
	struct narrow *n = r->narrow;
	int64_t first = atoll(open_spot(n)->before);
	int64_t step = n->low - first;

	if (n->high && n->high - n->low <= 1) {
		struct spot *s = open_spot(n);

		s->after = xasprintf("%lld", (long long)n->high);
		free(n->top);
		n->top = xstrdup(s->after);
		n->more = 1;
		return commit(e, l, r);
	}
	if (!n->high && step > GALLOP_MAX)
		return give_up(e, l, r, open_spot(n)->why);
	n->ask = n->high ? n->low + (n->high - n->low) / 2
			 : n->low + (step ? step : 1);
	n->limit = 1;
	return 0;
}

/* A page that ends with what is refused is read on, record by record, until one
 * is there or the listing is at its end. */
static int page_over(
	struct engine *e, struct link *l, struct run *r, int at_end)
{
	struct narrow *n = r->narrow;
	const struct spot *s = open_spot(n);

	if (!s || (!r->d->numbered && n->parts))
		return commit(e, l, r);
	if (!n->parts && !r->d->numbered)
		return give_up(e, l, r, s->why);
	if (!at_end) {
		next_part(r);
		return 0;
	}
	n->galloping = 1;
	n->low = s->before ? atoll(s->before) : 0;
	return gallop(e, l, r);
}

/* --- answers ----------------------------------------------------------------
 */

static int part_ok(
	struct engine *e, struct link *l, struct run *r, struct job_result *j)
{
	struct narrow *n = r->narrow;
	struct store_page p = {.cursor_key = "",
		.recs = j->recs,
		.server_ms = j->server_ms,
		.generation = r->generation};
	struct store_page_result res;
	int rc = page_land(e, l, r, &p, &res);

	if (rc < 0)
		return rc;
	r->brought |= res.rows_new > 0;
	if (n->galloping) {
		n->high = n->ask;
		return gallop(e, l, r);
	}
	note_part(r, j);
	n->at += n->limit;
	if (n->at >= r->d->page_size)
		return page_over(e, l, r, !j->recs->n);
	next_part(r);
	return 0;
}

static int is_most(const struct run *r)
{
	const struct narrow *n = r->narrow;
	int half = r->d->page_size / 2;

	return n->broken > (half > MOST ? half : MOST) ||
	       (n->broken >= MOST && !n->parts);
}

static int part_refused(
	struct engine *e, struct link *l, struct run *r, const char *why)
{
	struct narrow *n = r->narrow;

	if (n->galloping) {
		n->low = n->ask;
		return gallop(e, l, r);
	}
	if (n->limit > 1) {
		n->limit = smaller(n->limit);
		n->tries = 0;
		return 0;
	}
	if (others_answered(l, &n->oks_seen) || !n->tries)
		n->tries++;
	if (n->tries < refusals(e)) {
		l->want_probe = 1;
		r->retry_mono = engine_mono(e) + engine_backoff(e, n->tries);
		return 0;
	}
	spot_add(r, why);
	if (is_most(r))
		return give_up(e, l, r, why);
	n->at++;
	if (n->at >= r->d->page_size)
		return page_over(e, l, r, 0);
	next_part(r);
	return 0;
}

int narrow_result(
	struct engine *e, struct link *l, struct run *r, struct job_result *j)
{
	const char *why = j->message ? j->message : outcome_name(j->outcome);

	switch (j->outcome) {
	case OUT_OK:
		r->tag = 0;
		return part_ok(e, l, r, j);
	case OUT_RETRY:
	case OUT_BROKEN:
		r->tag = 0;
		return part_refused(e, l, r, why);
	case OUT_REFUSED:
	case OUT_GONE:
		/* Some have no page behind their last one. */
		if (!r->narrow->parts || r->narrow->more ||
			r->narrow->galloping)
			return 1;
		r->tag = 0;
		return page_over(e, l, r, 1);
	default:
		return 1;
	}
}
