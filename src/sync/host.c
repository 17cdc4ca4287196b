/* SPDX-License-Identifier: MIT */
/*
 * The engine among real things: one network loop, the mapping processes, the
 * cache. It owns them all and is used from one thread. A disk that fails is
 * answered by closing and reopening the cache, never by trying the same write
 * again (a failed fsync may have dropped the pages it was asked for).
 */
#include "galley/sync/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "galley/base/log.h"
#include "galley/base/mem.h"

#define MAX_FDS	  32
#define RETAIN_N  20
#define RETAIN_MS (3600 * 1000) /* to look again when nothing was old */

struct host {
	struct store_opts opts;
	struct store_lock lock; /* until opts.lock is NULL */
	char *path;
	struct store_rw *store;
	struct engine *engine;
	struct net *net;
	struct conn **conns;
	int n_conns;
	struct engine_args eargs;
	int64_t step, die_at;
	int settling;
	int64_t retain_ms, retain_mono; /* age; not before */
	int news;	 /* PUMP_NEWS that nobody has acted on yet */
	int64_t version; /* of the data, to notice other programs' writes */
};

/* Crash tests: the process ends at the n-th step, before or after something
 * durable or visible, without any cleaning up. */
static void host_trace(void *u, const char *step)
{
	struct host *h = u;

	(void)step;
	if (++h->step == h->die_at)
		_exit(137);
}

static void deliver(struct host *h)
{
	struct net_resp r;

	while (net_next(h->net, &r) == 1) {
		manifest_conn_deliver(r.user, &r);
		net_resp_fini(&r);
	}
}

/* While the index is made, answers are taken in and mapped. */
static void host_breath(void *u)
{
	struct host *h = u;
	int i;

	if (net_run(h->net, 0, NULL, 0) < 0)
		return; /* said by the next turn */
	deliver(h);
	for (i = 0; i < h->n_conns; i++)
		h->news |= manifest_conn_pump(h->conns[i]) & PUMP_NEWS;
}

static int host_open(struct host *h)
{
	int i, rc;

	rc = store_open_rw(&h->opts, &h->store);
	h->opts.lock = NULL;
	if (rc < 0)
		return rc;
	store_on_breath(h->store, host_breath, h);
	h->eargs.store = h->store;
	rc = engine_new(&h->eargs, &h->engine);
	for (i = 0; i < h->n_conns && rc == 0; i++)
		rc = engine_add(h->engine, h->conns[i]);
	return rc;
}

static void host_close(struct host *h)
{
	if (h->engine)
		h->eargs.first_tag = engine_last_tag(h->engine);
	engine_free(h->engine);
	h->engine = NULL;
	if (h->store)
		store_close_rw(h->store);
	h->store = NULL;
}

static int host_lock(struct host *h)
{
	int rc = store_lock_take(&h->opts, &h->lock);

	if (rc == 0)
		h->opts.lock = &h->lock;
	return rc;
}

static int tapes(struct host *h, const struct host_args *a)
{
	if (a->record)
		return net_record(h->net, a->record);
	if (a->replay)
		return net_replay(h->net, a->replay);
	return 0;
}

static int connect_all(struct host *h, const struct host_args *a)
{
	struct conn_args ca;
	int i, rc = 0;

	h->conns = xcalloc((size_t)a->n_conns + 1, sizeof(struct conn *));
	for (i = 0; i < a->n_conns && rc == 0; i++) {
		ca = a->conns[i].args;
		ca.net = h->net;
		ca.read_ahead = 1;
		ca.clock = h->eargs.clock;
		rc = manifest_connect(a->conns[i].manifest, &ca, &h->conns[i]);
		if (rc == 0)
			h->n_conns++;
	}
	return rc;
}

static int64_t die_at_env(void)
{
	const char *s = getenv("GALLEY_DIE_AT");

	return s ? strtoll(s, NULL, 10) : 0;
}

int host_new(const struct host_args *a, struct host **out)
{
	struct host *h = xcalloc(1, sizeof(*h));
	int rc;

	h->opts = *a->store;
	h->path = xstrdup(a->store->path);
	h->opts.path = h->path;
	h->opts.sender = 1;
	h->die_at = a->die_at ? a->die_at : die_at_env();
	h->eargs.clock = a->store->clock ? a->store->clock : clock_system();
	h->eargs.rnd = a->store->rnd;
	h->eargs.limits = a->limits;
	h->retain_ms = a->retain_ms;
	h->eargs.event = a->event;
	h->eargs.event_user = a->event_user;
	h->eargs.trace = host_trace;
	h->eargs.trace_user = h;
	rc = net_new(h->eargs.clock, &h->net);
	if (rc == 0)
		rc = tapes(h, a);
	if (rc == 0)
		rc = connect_all(h, a);
	if (rc == 0)
		rc = a->late ? host_lock(h) : host_open(h);
	if (rc < 0) {
		host_free(h);
		return rc;
	}
	*out = h;
	return 0;
}

void host_free(struct host *h)
{
	int i;

	if (!h)
		return;
	host_close(h);
	if (h->opts.lock)
		store_lock_drop(&h->lock);
	for (i = 0; i < h->n_conns; i++)
		h->conns[i]->ops->free(h->conns[i]);
	free(h->conns);
	if (h->net)
		net_free(h->net);
	free(h->path);
	free(h);
}

struct engine *host_engine(struct host *h)
{
	return h->engine;
}

struct store_rw *host_store(struct host *h)
{
	return h->store;
}

struct net *host_net(struct host *h)
{
	return h->net;
}

static int gather_fds(struct host *h, int *all, const int *fds, int n_fds)
{
	int i, n = 0;

	for (i = 0; i < n_fds && n < MAX_FDS; i++)
		all[n++] = fds[i];
	for (i = 0; i < h->n_conns && n < MAX_FDS; i++)
		n += manifest_conn_fds(h->conns[i], all + n, MAX_FDS - n);
	return n;
}

static int any_ready(struct host *h)
{
	int i, ready = 0;

	for (i = 0; i < h->n_conns; i++)
		ready |= manifest_conn_pump(h->conns[i]);
	ready |= h->news;
	h->news = 0;
	if (ready & PUMP_NEWS)
		engine_want(h->engine, WANT_PULL);
	return ready;
}

int host_begin(struct host *h)
{
	int rc = host_open(h);

	if (rc < 0)
		host_close(h);
	return rc < 0 ? rc : store_changes(h->store) > 0;
}

int host_turn(struct host *h, int64_t max_wait_ms, const int *fds, int n_fds)
{
	int64_t next, wait;
	int all[MAX_FDS], n, rc;

	if (!h->engine) {
		rc = host_open(h);
		if (rc < 0) {
			host_close(h);
			return rc;
		}
	}
	rc = engine_step(h->engine, &next);
	if (rc < 0) {
		log_error("sync", "%s", err_msg());
		host_close(h);
		return rc;
	}
	wait = next == INT64_MAX ? max_wait_ms
				 : next - clock_mono_ms(h->eargs.clock);
	if (wait > max_wait_ms)
		wait = max_wait_ms;
	if (wait < 0 || any_ready(h) ||
		(h->settling && engine_settled(h->engine)))
		wait = 0;
	n = gather_fds(h, all, fds, n_fds);
	rc = net_run(h->net, (int)wait, all, n);
	if (rc < 0)
		return rc;
	deliver(h);
	return 0;
}

int host_retain(struct host *h)
{
	int64_t now = clock_mono_ms(h->eargs.clock);
	int gone = 0;

	if (!h->retain_ms || now < h->retain_mono || !h->engine ||
		!engine_idle(h->engine))
		return 0;
	if (store_retain_slice(h->store, h->retain_ms, RETAIN_N, &gone) < 0)
		log_warn("sync", "retention: %s", err_msg());
	if (!gone)
		h->retain_mono = now + RETAIN_MS;
	return gone > 0;
}

/* Settled, but was everything reached? */
static int reached(struct host *h)
{
	struct engine_status s;
	int i;

	for (i = 0; i < h->n_conns; i++) {
		if (engine_status(h->engine, i, &s) < 0)
			continue;
		if (s.state == CONN_OFFLINE)
			return err_set(E_OFFLINE, "%s: %s", s.name,
				s.why ? s.why : "no connection");
		if (s.state == CONN_AUTH)
			return err_set(E_AUTH, "%s: %s", s.name,
				s.why ? s.why : "credentials are refused");
		if (s.trouble)
			return err_set(E_PROTO,
				"%s: %s cannot be read: %s; all else is here",
				s.name, s.trouble,
				s.trouble_why ? s.trouble_why : "no answer");
	}
	return 0;
}

int host_settle(struct host *h, volatile const int *stop, int64_t deadline_ms)
{
	int64_t left;
	int rc = 0;

	h->settling = 1;
	while (rc == 0) {
		left = 500;
		if (stop && *stop) {
			rc = err_set(E_CANCEL, "stopped");
			break;
		}
		if (deadline_ms) {
			left = deadline_ms - clock_mono_ms(h->eargs.clock);
			if (left <= 0) {
				rc = err_set(E_TIMEOUT,
					"not finished within the time given");
				break;
			}
		}
		rc = host_turn(h, left < 500 ? left : 500, NULL, 0);
		if (rc == 0 && engine_settled(h->engine)) {
			rc = reached(h);
			break;
		}
	}
	h->settling = 0;
	return rc;
}
