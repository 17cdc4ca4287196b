/* SPDX-License-Identifier: MIT */
/*
 * Search while somebody types. One question waits at most, the newest; the one
 * under way is interrupted by it. What crosses over owns all it carries.
 */
#include "galley/app/finder.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/buf.h"
#include "galley/base/mem.h"
#include "galley/base/ring.h"
#include "galley/base/sched.h"

#define ANSWERS	  64
#define CACHE_KIB 2048
/* Of each kind. */
#define LIMIT 30

struct question {
	char *text;
	struct store_me *me;
	int64_t now_ms;
	int zone_min;
	unsigned number;
};

struct finder {
	char *path;
	pthread_t thread;
	int begun;
	pthread_mutex_t lock; /* of next, ended */
	pthread_cond_t asked;
	struct question *next;
	int ended;
	atomic_uint number; /* of the newest question */
	struct ring *answers;
	struct store_ro *ro; /* the thread's */
};

struct answer {
	struct finds *found;
	unsigned number;
};

/* --- what is carried over ------------------------------------------------- */

void finds_free(struct finds *f)
{
	if (!f)
		return;
	free(f->text);
	free(f->why);
	arena_free(f->arena);
	free(f);
}

static void question_free(struct question *q)
{
	if (!q)
		return;
	free(q->text);
	free(q->me);
	free(q);
}

/* The list may grow meanwhile; the ids live as long as the session. */
static struct store_me *me_dup(const struct store_me *me)
{
	size_t n = 0;

	while (me && me[n].connector)
		n++;
	return n ? xmemdup(me, (n + 1) * sizeof(*me)) : NULL;
}

static void answer_free(struct answer *a)
{
	finds_free(a->found);
	free(a);
}

/* --- looking -------------------------------------------------------------- */

struct look {
	struct finder *finder;
	const struct question *q;
	struct finds *out;
	int cap;
};

/* Is another question asked by now? */
static int outdated(void *u)
{
	const struct look *l = u;

	return atomic_load(&l->finder->number) != l->q->number;
}

/* A message opens what it belongs to; 0 when that is not known. */
static int64_t opens(
	const struct rows *rows, const struct row *r, enum entity *e)
{
	const struct val *v;

	*e = rows->entity;
	if (rows->entity != ENT_MESSAGE)
		return r->id;
	*e = ENT_TICKET;
	v = row_get(r, FID_MESSAGE_TICKET);
	if (v->kind == VAL_INT)
		return v->i;
	*e = ENT_CONVERSATION;
	v = row_get(r, FID_MESSAGE_CONVERSATION);
	return v->kind == VAL_INT ? v->i : 0;
}

static int64_t time_of(const struct rows *rows, const struct row *r)
{
	static const struct {
		enum entity e;
		enum field_id f;
	} times[] = {
		{ENT_MESSAGE, FID_MESSAGE_AT},
		{ENT_TICKET, FID_TICKET_UPDATED},
		{ENT_ARTICLE, FID_ARTICLE_UPDATED},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(times); i++)
		if (times[i].e == rows->entity &&
			row_get(r, times[i].f)->kind == VAL_INT)
			return row_get(r, times[i].f)->i;
	return 0;
}

static void add_row(
	struct look *l, const struct rows *rows, const struct row *r)
{
	struct arena *a = l->out->arena;
	struct found_row f = {.entity = rows->entity,
		.connector = r->connector,
		.id = r->id,
		.rid = r->rid ? arena_strdup(a, r->rid) : NULL,
		.at_ms = time_of(rows, r)};
	struct row_title t;

	f.opens_id = opens(rows, r, &f.opens);
	if (!f.opens_id)
		return;
	f.opens_rid = f.rid;
	/* people know the case, nobody knows the number of a message */
	if (f.opens != rows->entity &&
		store_title(l->finder->ro, f.opens, f.opens_id, a, &t) == 0)
		f.opens_rid = t.rid;
	if (r->snippet)
		f.text = arena_strdup(a, r->snippet);
	else if (store_title(l->finder->ro, rows->entity, r->id, a, &t) == 0)
		f.text = t.title;
	l->out->rows[l->out->n++] = f;
}

static void add_rows(struct look *l, struct rows *rows, int max)
{
	int i;

	for (i = 0; i < rows->n && i < max; i++)
		add_row(l, rows, &rows->v[i]);
	rows_free(rows);
}

static int is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The word that is being typed: three letters say enough to ask for all that
 * begin so. New string. */
static char *unfinished(const char *text)
{
	size_t n = strlen(text), at = n;

	while (at && is_letter(text[at - 1]))
		at--;
	if (n - at < 3 || (at && text[at - 1] != ' ') || strchr(text, '"') ||
		!strcmp(text + at, "AND") || !strcmp(text + at, "NOT"))
		return xstrdup(text);
	return xasprintf("%s*", text);
}

static int look(struct look *l)
{
	char *text = unfinished(l->q->text);
	struct rows t, m, r, u;
	struct query *q = NULL;
	int rc = query_parse(
		text, ENT_MESSAGE, l->q->now_ms, l->q->zone_min, &q);

	free(text);
	if (rc == 0)
		rc = store_search(
			l->finder->ro, q, l->q->me, LIMIT, &t, &m, &r, &u);
	query_free(q);
	if (rc < 0)
		return rc;
	l->out->rows =
		arena_calloc(l->out->arena, 4 * LIMIT, sizeof(*l->out->rows));
	add_rows(l, &u, 10);
	add_rows(l, &t, LIMIT);
	add_rows(l, &m, LIMIT);
	add_rows(l, &r, 20);
	return 0;
}

static int open_reader(struct finder *f)
{
	struct store_opts o = {.path = f->path, .cache_kib = CACHE_KIB};

	return f->ro ? 0 : store_open_ro(&o, &f->ro);
}

static struct answer *find(struct finder *f, const struct question *q)
{
	struct answer *a = xcalloc(1, sizeof(*a));
	struct look l = {.finder = f, .q = q};
	int rc = open_reader(f);

	a->number = q->number;
	a->found = l.out = xcalloc(1, sizeof(*l.out));
	l.out->text = xstrdup(q->text);
	l.out->arena = arena_new();
	if (rc == 0) {
		store_on_stop(f->ro, outdated, &l);
		rc = look(&l);
		store_on_stop(f->ro, NULL, NULL);
	}
	if (rc < 0) {
		l.out->code = rc;
		l.out->why = xstrdup(err_msg());
	}
	return a;
}

/* --- the thread ----------------------------------------------------------- */

/* NULL when it is to end. */
static struct question *next(struct finder *f)
{
	struct question *q;

	pthread_mutex_lock(&f->lock);
	while (!f->next && !f->ended)
		pthread_cond_wait(&f->asked, &f->lock);
	q = f->next;
	f->next = NULL;
	if (f->ended) {
		question_free(q);
		q = NULL;
	}
	pthread_mutex_unlock(&f->lock);
	return q;
}

static void *run(void *u)
{
	struct finder *f = u;
	struct question *q;
	struct answer *a;

	sched_prompt(SCHED_FIND_US);
	while ((q = next(f))) {
		a = find(f, q);
		/* full only of what nobody waits for any more */
		if (a->found->code == E_CANCEL || ring_push(f->answers, a) < 0)
			answer_free(a);
		question_free(q);
	}
	store_close_ro(f->ro);
	f->ro = NULL;
	return NULL;
}

/* Signals are the first thread's. */
static void begin(struct finder *f)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	f->begun = pthread_create(&f->thread, NULL, run, f) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* --- the asker's side ----------------------------------------------------- */

struct finder *finder_new(const char *path)
{
	struct finder *f = xcalloc(1, sizeof(*f));

	f->path = xstrdup(path);
	f->answers = ring_new(ANSWERS);
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->asked, NULL);
	return f;
}

static void put(struct finder *f, struct question *q, int end)
{
	struct question *old;

	pthread_mutex_lock(&f->lock);
	old = f->next;
	f->next = q;
	f->ended = end;
	pthread_cond_signal(&f->asked);
	pthread_mutex_unlock(&f->lock);
	question_free(old);
}

void finder_free(struct finder *f)
{
	struct answer *a;

	if (!f)
		return;
	atomic_fetch_add(&f->number, 1);
	put(f, NULL, 1);
	if (f->begun)
		pthread_join(f->thread, NULL);
	while ((a = ring_pop(f->answers)))
		answer_free(a);
	ring_free(f->answers);
	pthread_cond_destroy(&f->asked);
	pthread_mutex_destroy(&f->lock);
	free(f->path);
	free(f);
}

void finder_ask(struct finder *f, const char *text, const struct store_me *me,
	int64_t now_ms, int zone_min)
{
	struct question *q = xcalloc(1, sizeof(*q));

	q->text = xstrdup(text);
	q->me = me_dup(me);
	q->now_ms = now_ms;
	q->zone_min = zone_min;
	q->number = atomic_fetch_add(&f->number, 1) + 1;
	if (!f->begun)
		begin(f);
	put(f, q, 0);
}

void finder_stop(struct finder *f)
{
	atomic_fetch_add(&f->number, 1);
}

int finder_fd(const struct finder *f)
{
	return ring_fd(f->answers);
}

struct finds *finder_take(struct finder *f)
{
	struct finds *found = NULL;
	struct answer *a;

	ring_ack(f->answers);
	while (!found && (a = ring_pop(f->answers))) {
		if (a->number == atomic_load(&f->number)) {
			found = a->found;
			a->found = NULL;
		}
		answer_free(a);
	}
	return found;
}
