/* SPDX-License-Identifier: MIT */
/*
 * One job of one connector on a network loop of its own. It writes no cache.
 * The session is asked before; what runs needs none.
 */
#include "galley/app/fetch.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "app_priv.h"
#include "galley/base/clock.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/ring.h"

#define FETCH_MS (10 * 60 * 1000)
#define TURN_MS	 200
#define MAX_FDS	 8

static void deliver(struct net *net)
{
	struct net_resp r;

	while (net_next(net, &r) == 1) {
		manifest_conn_deliver(r.user, &r);
		net_resp_fini(&r);
	}
}

static int turn(struct net *net, struct conn *c)
{
	int fds[MAX_FDS], n = manifest_conn_fds(c, fds, MAX_FDS);
	int rc = net_run(net, TURN_MS, fds, n);

	if (rc == 0)
		deliver(net);
	return rc;
}

/* 1 and *res when the job has come back. */
static int run_job(struct net *net, struct conn *c, const struct job *j,
	volatile const int *stop, struct job_result *res)
{
	int64_t until = clock_mono_ms(clock_system()) + FETCH_MS;
	int started = 0, rc;

	for (;;) {
		if (!started) {
			rc = c->ops->start(c, j);
			if (rc < 0 && rc != E_LIMIT)
				return rc;
			started = rc == 0;
		}
		rc = turn(net, c);
		if (rc < 0)
			return rc;
		if (c->ops->next(c, res))
			return 1;
		if (stop && *stop)
			return err_set(E_CANCEL, _("stopped"));
		if (clock_mono_ms(clock_system()) > until)
			return err_set(E_TIMEOUT, _("no answer within %d s"),
				FETCH_MS / 1000);
	}
}

static int truth(const struct config_value *v)
{
	return v && (!strcmp(v->value, "yes") || !strcmp(v->value, "true"));
}

/* What it takes, without a session: another thread may do it. */
struct errand {
	const struct config *conf;
	const struct config_conn *cc;
	const struct manifest *m;
	char *saved, *me; /* the connector remembers what its probe found */
	char *rid, *path;
};

static void errand_fini(struct errand *e)
{
	free(e->saved);
	free(e->me);
	free(e->rid);
	free(e->path);
}

static void remember(struct session *s, int connector, struct errand *e)
{
	struct arena *a = arena_new();
	struct store_ro *ro;
	const char *saved;

	if (session_ro(s, &ro) == 0 &&
		store_fact_get(ro, connector, "saved", a, &saved) == 0)
		e->saved = xstrdup_null(saved);
	e->me = xstrdup_null(session_me_rid(s, connector));
	arena_free(a);
}

static int prepare(struct session *s, int connector, const char *rid,
	const char *path, struct errand *e)
{
	const struct config *conf = session_config(s);
	const char *name = session_connector_name(s, connector);
	int i, rc;

	if (access(path, F_OK) == 0 || errno != ENOENT)
		return err_set(E_EXISTS, _("%s is there already"), path);
	for (i = 0; i < conf->n_conns; i++)
		if (strcmp(conf->conns[i].name, name) == 0)
			break;
	if (i == conf->n_conns)
		return err_set(E_CONFIG,
			_("the connector is not configured any more"));
	*e = (struct errand){.conf = conf, .cc = &conf->conns[i]};
	rc = session_manifest(s, i, &e->m);
	if (rc < 0)
		return rc;
	remember(s, connector, e);
	e->rid = xstrdup(rid);
	e->path = xstrdup(path);
	return 0;
}

static int connected(
	const struct errand *e, struct conn_args *a, volatile const int *stop)
{
	struct job j = {.kind = JOB_FILE,
		.tag = 1,
		.file_rid = e->rid,
		.file_path = e->path};
	struct job_result res = {0};
	struct conn *c = NULL;
	int rc = manifest_connect(e->m, a, &c);

	if (rc < 0)
		return rc;
	if (c->ops->restore)
		c->ops->restore(c, e->saved, e->me);
	rc = run_job(a->net, c, &j, stop, &res);
	if (rc == 1)
		rc = outcome_error(res.outcome, res.message);
	job_result_fini(&res);
	c->ops->free(c);
	return rc;
}

static int run(const struct errand *e, volatile const int *stop)
{
	const struct config_value *ca = conn_value(e->cc, "ca_file");
	struct conn_args a = {.name = e->cc->name,
		.clock = clock_system(),
		.allow_plain = truth(conn_value(e->cc, "allow_plain")),
		.ca_file = ca ? ca->value : NULL};
	char **values;
	int rc = config_conn_values(e->conf, e->cc, e->m, &values);

	if (rc < 0)
		return rc;
	a.values = (const char *const *)values;
	rc = net_new(a.clock, &a.net);
	if (rc == 0)
		rc = connected(e, &a, stop);
	if (a.net)
		net_free(a.net);
	conn_values_free(e->m, values);
	return rc;
}

int session_fetch(struct session *s, int connector, const char *rid,
	const char *path, volatile const int *stop)
{
	struct errand e = {0};
	int rc = prepare(s, connector, rid, path, &e);

	if (rc == 0)
		rc = run(&e, stop);
	errand_fini(&e);
	return rc;
}

/* --- in a thread of its own ------------------------------------------------
 */

struct fetch {
	struct errand e;
	pthread_t thread;
	struct ring *done; /* itself, when it has ended */
	volatile int stop;
	int code;
	char *text;
};

static void *run_fetch(void *u)
{
	struct fetch *f = u;

	f->code = run(&f->e, &f->stop);
	if (f->code < 0)
		f->text = xstrdup(err_msg());
	if (ring_push(f->done, f) < 0)
		abort(); /* nothing else is in it */
	return NULL;
}

static void fetch_free(struct fetch *f)
{
	ring_free(f->done);
	errand_fini(&f->e);
	free(f->text);
	free(f);
}

/* Signals are the first thread's. */
static int begin(struct fetch *f)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&f->thread, NULL, run_fetch, f);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc ? err_set(E_LIMIT, "no thread can be started") : 0;
}

int fetch_begin(struct session *s, int connector, const char *rid,
	const char *path, struct fetch **out)
{
	struct fetch *f = xcalloc(1, sizeof(*f));
	int rc = prepare(s, connector, rid, path, &f->e);

	f->done = ring_new(2);
	if (rc == 0)
		rc = begin(f);
	if (rc < 0) {
		fetch_free(f);
		return rc;
	}
	*out = f;
	return 0;
}

int fetch_fd(const struct fetch *f)
{
	return ring_fd(f->done);
}

int fetch_take(struct fetch *f, int *code, char **text)
{
	ring_ack(f->done);
	if (!ring_pop(f->done))
		return 0;
	*code = f->code;
	*text = f->text;
	f->text = NULL;
	pthread_join(f->thread, NULL);
	fetch_free(f);
	return 1;
}

void fetch_stop(struct fetch *f)
{
	if (!f)
		return;
	f->stop = 1;
	pthread_join(f->thread, NULL);
	fetch_free(f);
}
