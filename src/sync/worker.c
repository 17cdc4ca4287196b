/* SPDX-License-Identifier: MIT */
/*
 * The engine's host in a thread of its own. What crosses the rings owns all it
 * carries; there is no other shared state, and no lock.
 */
#include "galley/sync/worker.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "galley/base/ring.h"

#define RING_SLOTS    1024
#define DISK_RETRY_MS 3000
/* How long nothing may happen: a clock that was set, a machine that slept. */
#define REST_MS (60 * 1000)
/* To look for what other programs wrote, where the kernel does not tell. */
#define LOOK_MS 1000
/* After a touch of the log it looks again so soon, and until then. */
#define AGAIN_MS     4
#define AGAIN_MAX_MS 5000
#define AGAIN_OWN_MS 200

struct worker {
	pthread_t thread;
	struct ring *in, *out;
	struct host_args args;
	struct store_opts opts;
	struct host_conn *conns;
	struct host *host;
	char *path;
	struct waiting *first, *last;
	int64_t touched_mono; /* when the log was last written into */
	int64_t changes;      /* by the worker itself, until then */
	int again_ms;	      /* so long it looks again */
	int watch;	      /* inotify of the cache's log, or -1 */
	int64_t others; /* counts what other programs wrote, 0 not known */
	atomic_int stop;
};

struct work *work_new(enum work_kind k)
{
	struct work *w = xcalloc(1, sizeof(*w));

	w->kind = k;
	return w;
}

void work_free(struct work *w)
{
	if (!w)
		return;
	free(w->connector);
	free(w->args);
	free(w->uid);
	free(w->draft_key);
	free(w->text);
	free(w->who);
	free(w->word);
	free(w->key);
	free(w->path);
	free(w);
}

int work_local(struct store_rw *rw, const struct work *w)
{
	struct store_mark m = {.entity = w->entity,
		.id = w->id,
		.kind = w->word,
		.until_ms = w->until_ms,
		.who = w->who,
		.text = w->text};
	struct store_verdict v = {.article = w->target,
		.entity = w->entity,
		.id = w->id,
		.worked = w->worked,
		.me = w->who};

	switch (w->kind) {
	case WORK_MARK:
		return store_mark_put(rw, &m);
	case WORK_UNMARK:
		return store_mark_drop(rw, w->entity, w->id, w->word);
	case WORK_VERDICT:
		return store_verdict_put(rw, &v);
	case WORK_AUDIT:
		return store_audit(rw, w->who ? w->who : "agent", w->word,
			w->key ? w->key : "", w->text ? w->text : "");
	default:
		return err_set(E_BUG, "work %d", w->kind);
	}
}

void news_free(struct news *n)
{
	if (!n)
		return;
	free(n->text);
	free(n->uid);
	free(n);
}

/* News never block the worker: what does not fit waits here, in order. */
struct waiting {
	struct news *news;
	struct waiting *next;
};

static void flush_waiting(struct worker *w)
{
	struct waiting *x;

	while ((x = w->first) && ring_push(w->out, x->news) == 0) {
		w->first = x->next;
		if (!w->first)
			w->last = NULL;
		free(x);
	}
}

static void send_news(struct worker *w, const struct news *n)
{
	struct waiting *x = xcalloc(1, sizeof(*x));

	x->news = xmemdup(n, sizeof(*n));
	if (w->last)
		w->last->next = x;
	else
		w->first = x;
	w->last = x;
	flush_waiting(w);
}

static void on_event(void *u, const struct engine_event *e)
{
	struct news n = {
		.kind = e->kind == EV_FILE ? NEWS_ANSWER : NEWS_EVENT,
		.ticket = e->ticket,
		.code = e->code,
		.topics = e->topics,
		.event = e->kind,
		.op_state = e->op_state,
		.op_reason = e->op_reason,
		.conn_state = e->state,
		.connector = e->connector,
		.done = e->done,
		.total = e->total,
		.text = xstrdup_null(e->text ? e->text : e->stream),
		.uid = xstrdup_null(e->uid),
	};

	send_news(u, &n);
}

static int connector_of(struct worker *w, const char *name, int *out)
{
	return store_connector_id(
		store_reader(host_store(w->host)), name ? name : "", out);
}

static int do_enqueue(
	struct worker *w, const struct work *k, char *uid, int64_t *target)
{
	struct store_enqueue q = {
		.kind = k->op,
		.target = k->target,
		.args = k->args,
		.seen = k->seen,
		.hold_ms = k->hold_ms,
		.later = k->later,
		.draft = k->draft_key,
	};
	struct arena *a = arena_new();
	int rc = connector_of(w, k->connector, &q.connector);

	if (rc == 0 && store_fact_get(store_reader(host_store(w->host)),
			       q.connector, "me", a, &q.me) < 0)
		q.me = NULL;
	if (rc == 0)
		rc = store_op_enqueue(host_store(w->host), &q, uid, target);
	arena_free(a);
	return rc;
}

static int do_work(
	struct worker *w, const struct work *k, char *uid, int64_t *target)
{
	struct store_rw *rw = host_store(w->host);

	if (!rw)
		return err_set(E_DISK, "the cache cannot be written now");
	switch (k->kind) {
	case WORK_ENQUEUE:
		return do_enqueue(w, k, uid, target);
	case WORK_CANCEL:
		return store_op_cancel(rw, k->uid);
	case WORK_DECIDE:
		return store_op_decide(
			rw, k->uid, k->decision, k->who ? k->who : "agent");
	case WORK_DRAFT:
		return k->text ? store_draft_put(rw, k->draft_key, k->text)
			       : store_draft_drop(rw, k->draft_key);
	case WORK_WANT:
		engine_want(host_engine(w->host), k->want);
		return 0;
	case WORK_FETCH:
		return engine_fetch(host_engine(w->host), k->connector, k->key,
			k->path, k->ticket);
	case WORK_MARK:
	case WORK_UNMARK:
	case WORK_VERDICT:
	case WORK_AUDIT:
		return work_local(rw, k);
	}
	return err_set(E_BUG, "work %d", k->kind);
}

static void take_work(struct worker *w)
{
	struct work *k;

	ring_ack(w->in);
	while ((k = ring_pop(w->in))) {
		struct news n = {.kind = NEWS_ANSWER, .ticket = k->ticket};
		char uid[UID_SIZE] = "";

		n.code = do_work(w, k, uid, &n.target);
		if (k->kind == WORK_FETCH && n.code == 0) {
			work_free(k); /* answered when it is there */
			continue;
		}
		if (n.code < 0)
			n.text = xstrdup(err_msg());
		if (uid[0])
			n.uid = xstrdup(uid);
		send_news(w, &n);
		work_free(k);
	}
}

/* Wishes of other programs are rows in the cache: every write to it goes
 * through its log. */
static void watch_begin(struct worker *w)
{
	char *wal = xasprintf("%s-wal", w->path);

	w->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->watch >= 0 && inotify_add_watch(w->watch, wal, IN_MODIFY) < 0) {
		close(w->watch);
		w->watch = -1;
	}
	free(wal);
}

static void watch_end(struct worker *w)
{
	if (w->watch >= 0)
		close(w->watch);
	w->watch = -1;
}

/* The log is touched before what is written into it counts, and nothing tells
 * of that: after a touch the worker looks again, less and less often. */
static void watch_forget(struct worker *w)
{
	char events[4096];
	int touched = 0;

	while (w->watch >= 0 && read(w->watch, events, sizeof(events)) > 0)
		touched = 1;
	if (!touched)
		return;
	w->touched_mono = clock_mono_ms(clock_system());
	/* most likely by the worker itself */
	w->again_ms = host_store(w->host) && store_changes(host_store(
						     w->host)) != w->changes
			      ? AGAIN_OWN_MS
			      : AGAIN_MAX_MS;
	w->changes =
		host_store(w->host) ? store_changes(host_store(w->host)) : 0;
}

/* What another program has written is no step of the engine: who looks at the
 * cache is told all the same. */
static void tell_of_others(struct worker *w)
{
	struct news n = {.kind = NEWS_EVENT,
		.event = EV_PAGE,
		.topics = (UINT64_C(1) << ENT_COUNT) - 1};
	int64_t v = store_others(host_store(w->host));

	if (w->others && v != w->others)
		send_news(w, &n);
	w->others = v;
}

static int64_t rest_ms(const struct worker *w, int more)
{
	int64_t age;

	if (more)
		return 0;
	if (w->first)
		return 20;
	age = clock_mono_ms(clock_system()) - w->touched_mono;
	if (w->watch >= 0 && age >= 0 && age < w->again_ms)
		return age < AGAIN_MS ? AGAIN_MS : age;
	return w->watch >= 0 ? REST_MS : LOOK_MS;
}

/* The screen first: it is the one who waits. */
static void wait_to_begin(const struct worker *w)
{
	int fd = ring_fd(w->in);

	if (w->args.begin_ms &&
		net_run(host_net(w->host), w->args.begin_ms, &fd, 1) < 0)
		log_warn("worker", "%s", err_msg());
}

/* What opening has changed may have been read before: an operation that was
 * being sent is unsure now. What fails is tried again, and said, by a turn. */
static void open_late(struct worker *w)
{
	struct news n = {.kind = NEWS_EVENT,
		.event = EV_PAGE,
		.topics = (UINT64_C(1) << ENT_COUNT) - 1};

	if (host_begin(w->host) > 0)
		send_news(w, &n);
}

static void *run(void *u)
{
	struct worker *w = u;
	int fds[2], more = 0, rc;

	wait_to_begin(w);
	if (w->args.late)
		open_late(w);
	watch_begin(w);
	fds[0] = ring_fd(w->in);
	while (!atomic_load(&w->stop)) {
		flush_waiting(w);
		fds[1] = w->watch;
		rc = host_turn(
			w->host, rest_ms(w, more), fds, w->watch >= 0 ? 2 : 1);
		watch_forget(w);
		if (rc < 0) {
			struct news n = {.kind = NEWS_FAILED,
				.code = rc,
				.text = xstrdup(err_msg())};
			struct pollfd p = {.fd = fds[0], .events = POLLIN};

			send_news(w, &n);
			/* The person sees it; the disk gets time to heal. */
			poll(&p, 1, DISK_RETRY_MS);
			/* it was closed: the log may be another one */
			watch_end(w);
			watch_begin(w);
			w->others = 0;
		} else {
			tell_of_others(w);
		}
		take_work(w);
		more = rc == 0 && host_retain(w->host);
	}
	take_work(w);
	watch_end(w);
	return NULL;
}

static void worker_fini(struct worker *w)
{
	struct waiting *x;
	struct news *n;
	struct work *k;

	host_free(w->host);
	if (w->in) {
		while ((k = ring_pop(w->in)))
			work_free(k);
		ring_free(w->in);
	}
	if (w->out) {
		while ((n = ring_pop(w->out)))
			news_free(n);
		ring_free(w->out);
	}
	while ((x = w->first)) {
		w->first = x->next;
		news_free(x->news);
		free(x);
	}
	free(w->conns);
	free(w->path);
	free(w);
}

/* Signals are the first thread's: it owns the terminal. */
static int begin_thread(struct worker *w)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc ? err_set(E_LIMIT, "no thread can be started") : 0;
}

int worker_start(const struct host_args *a, struct worker **out)
{
	struct worker *w = xcalloc(1, sizeof(*w));
	int rc;

	w->in = ring_new(RING_SLOTS);
	w->out = ring_new(RING_SLOTS);
	w->args = *a;
	w->path = xstrdup(a->store->path);
	w->args.event = on_event;
	w->args.event_user = w;
	/* Opened here, so that the caller hears what is wrong; from then on
	 * only the thread touches it. */
	rc = host_new(&w->args, &w->host);
	if (rc == 0)
		rc = begin_thread(w);
	if (rc < 0) {
		worker_fini(w);
		return rc;
	}
	*out = w;
	return 0;
}

void worker_stop(struct worker *w)
{
	struct work *k;

	if (!w)
		return;
	atomic_store(&w->stop, 1);
	/* net_wake() could be taken in by a turn that looks at its descriptors
	 * in passing; the ring is emptied by nobody but who then asks for stop
	 */
	k = work_new(WORK_WANT);
	if (ring_push(w->in, k) < 0) /* full: it is readable */
		work_free(k);
	pthread_join(w->thread, NULL);
	worker_fini(w);
}

int worker_send(struct worker *w, struct work *work)
{
	return ring_push(w->in, work);
}

int worker_fd(const struct worker *w)
{
	return ring_fd(w->out);
}

struct news *worker_next(struct worker *w)
{
	ring_ack(w->out);
	return ring_pop(w->out);
}
