/* SPDX-License-Identifier: MIT */
/*
 * One job of one connector on a network loop of its own. It writes no cache.
 */
#include "galley/app/fetch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "app_priv.h"
#include "galley/base/clock.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

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

/* The connector remembers what its probe found. */
static void restore(struct session *s, struct conn *c, int connector)
{
	struct arena *a = arena_new();
	struct store_ro *ro;
	const char *saved = NULL;

	if (session_ro(s, &ro) == 0 &&
		store_fact_get(ro, connector, "saved", a, &saved) == 0 &&
		c->ops->restore)
		c->ops->restore(c, saved, session_me_rid(s, connector));
	arena_free(a);
}

static int truth(const struct config_value *v)
{
	return v && (!strcmp(v->value, "yes") || !strcmp(v->value, "true"));
}

static int fetch(struct session *s, const struct config_conn *cc,
	const struct manifest *m, int connector, const struct job *j,
	volatile const int *stop)
{
	const struct config_value *ca = conn_value(cc, "ca_file");
	struct conn_args a = {.name = cc->name,
		.clock = clock_system(),
		.allow_plain = truth(conn_value(cc, "allow_plain")),
		.ca_file = ca ? ca->value : NULL};
	struct job_result res = {0};
	struct conn *c = NULL;
	char **values;
	int rc = config_conn_values(session_config(s), cc, m, &values);

	if (rc < 0)
		return rc;
	a.values = (const char *const *)values;
	rc = net_new(a.clock, &a.net);
	if (rc == 0)
		rc = manifest_connect(m, &a, &c);
	if (rc == 0) {
		restore(s, c, connector);
		rc = run_job(a.net, c, j, stop, &res);
		if (rc == 1)
			rc = outcome_error(res.outcome, res.message);
		job_result_fini(&res);
		c->ops->free(c);
	}
	if (a.net)
		net_free(a.net);
	conn_values_free(m, values);
	return rc;
}

int session_fetch(struct session *s, int connector, const char *rid,
	const char *path, volatile const int *stop)
{
	const struct config *conf = session_config(s);
	const char *name = session_connector_name(s, connector);
	struct job j = {
		.kind = JOB_FILE, .tag = 1, .file_rid = rid, .file_path = path};
	const struct manifest *m;
	int rc;

	if (access(path, F_OK) == 0 || errno != ENOENT)
		return err_set(E_EXISTS, _("%s is there already"), path);
	for (int i = 0; i < conf->n_conns; i++) {
		if (strcmp(conf->conns[i].name, name) != 0)
			continue;
		rc = session_manifest(s, i, &m);
		return rc < 0 ? rc
			      : fetch(s, &conf->conns[i], m, connector, &j,
					stop);
	}
	return err_set(E_CONFIG, _("the connector is not configured any more"));
}
