/* SPDX-License-Identifier: MIT */
/*
 * The same host and engine as everywhere, on a throw-away cache, stopped as
 * soon as the connector has said that it is there. It keeps nothing.
 */
#include "galley/app/probe.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "app_priv.h"
#include "galley/base/clock.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"

#define PROBE_MS 60000
#define TURN_MS	 200

static int make_dir(char **out)
{
	char *runtime = path_user(PATH_RUNTIME, NULL);
	char *dir = xasprintf("%s/probe-XXXXXX", runtime);
	int rc = path_make_private(runtime);

	if (rc == 0 && !mkdtemp(dir))
		rc = err_set(E_DISK, _("no room for a trial in %s"), runtime);
	free(runtime);
	if (rc < 0) {
		free(dir);
		return rc;
	}
	*out = dir;
	return 0;
}

static void remove_dir(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	rmdir(dir);
}

static int verdict(const struct engine_status *st)
{
	switch (st->state) {
	case CONN_OK:
	case CONN_RESYNC:
		return 0;
	case CONN_AUTH:
		return err_set(E_AUTH, _("the credentials are refused: %s"),
			st->why ? st->why : "");
	default:
		return err_set(
			E_OFFLINE, _("no answer: %s"), st->why ? st->why : "");
	}
}

static int run(struct host *h, volatile const int *stop)
{
	int64_t until = clock_mono_ms(clock_system()) + PROBE_MS;
	struct engine_status st;
	int rc = 0;

	engine_want(host_engine(h), WANT_PULL);
	for (;;) {
		rc = host_turn(h, TURN_MS, NULL, 0);
		if (rc == 0)
			rc = engine_status(host_engine(h), 0, &st);
		if (rc < 0)
			return rc;
		if (st.state != CONN_NEW)
			return verdict(&st);
		if (stop && *stop)
			return err_set(E_CANCEL, _("stopped"));
		if (clock_mono_ms(clock_system()) > until)
			return err_set(E_TIMEOUT, _("no answer within %d s"),
				PROBE_MS / 1000);
	}
}

static void find_me(struct host *h, const char *name, struct probe_result *out)
{
	struct store_ro *ro = store_reader(host_store(h));
	struct arena *a = arena_new();
	struct engine_status st;
	const char *me;
	int id;

	if (engine_status(host_engine(h), 0, &st) == 0)
		out->requests = st.requests;
	if (store_connector_id(ro, name, &id) == 0 &&
		store_fact_get(ro, id, "me", a, &me) == 0)
		snprintf(out->me, sizeof out->me, "%s", me);
	arena_free(a);
}

static int truth(const struct config_value *v)
{
	return v && (!strcmp(v->value, "yes") || !strcmp(v->value, "true"));
}

static int try_in(const char *dir, const struct config_conn *cc,
	const struct manifest *m, char **values, volatile const int *stop,
	struct probe_result *out)
{
	char *path = xasprintf("%s/trial.db", dir);
	const struct config_value *ca = conn_value(cc, "ca_file");
	struct store_opts o = {.path = path, .sender = 1};
	struct host_conn hc = {
		.manifest = m,
		.args = {.name = cc->name,
			.values = (const char *const *)values,
			.allow_plain = truth(conn_value(cc, "allow_plain")),
			.ca_file = ca ? ca->value : NULL},
	};
	struct host_args a = {.store = &o, .conns = &hc, .n_conns = 1};
	struct host *h;
	int rc = host_new(&a, &h);

	if (rc == 0) {
		rc = run(h, stop);
		if (rc == 0)
			find_me(h, cc->name, out);
		host_free(h);
	}
	free(path);
	return rc;
}

int probe_connector(const struct config *c, const struct config_conn *cc,
	const struct manifest *m, volatile const int *stop,
	struct probe_result *out)
{
	char *dir, **values;
	int rc = config_conn_values(c, cc, m, &values);

	if (rc < 0)
		return rc;
	memset(out, 0, sizeof *out);
	rc = make_dir(&dir);
	if (rc == 0) {
		rc = try_in(dir, cc, m, values, stop, out);
		remove_dir(dir);
		free(dir);
	}
	conn_values_free(m, values);
	return rc;
}
