/* SPDX-License-Identifier: MIT */
/*
 * Files that somebody waits for: one job each, no state that outlives the
 * engine. They go before all else, and not even a line that is down is left
 * untried; each is answered once, also when the engine ends before it came.
 */
#include "sync_priv.h"

#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"

struct wanted {
	struct wanted *next;
	uint64_t tag, ticket; /* tag 0: not started */
	char *rid, *path;
};

/* What stands in err is what is told. */
static void wanted_end(
	struct engine *e, struct link *l, struct wanted *w, int code)
{
	struct engine_event ev = {.kind = EV_FILE,
		.ticket = w->ticket,
		.code = code,
		.text = code < 0 ? err_msg() : NULL};

	engine_emit(e, l, &ev);
	free(w->rid);
	free(w->path);
	free(w);
}

void fetch_free(struct engine *e, struct link *l)
{
	struct wanted *w;

	while ((w = l->wanted)) {
		l->wanted = w->next;
		wanted_end(e, l, w,
			err_set(E_CANCEL, "stopped before it was here"));
	}
}

int engine_fetch(struct engine *e, const char *connector, const char *rid,
	const char *path, uint64_t ticket)
{
	struct wanted *w, **at;
	int i;

	for (i = 0; i < e->n_links; i++)
		if (strcmp(e->links[i].c->name, connector) == 0)
			break;
	if (i == e->n_links)
		return err_set(E_NOTFOUND, "%s is not connected", connector);
	for (at = &e->links[i].wanted; *at; at = &(*at)->next)
		;
	w = *at = xcalloc(1, sizeof(*w));
	w->ticket = ticket;
	w->rid = xstrdup(rid);
	w->path = xstrdup(path);
	return 0;
}

/* A pause that was asked for is kept, one after a failure is not. */
static int64_t start_mono(const struct link *l)
{
	int64_t room = l->c->ops->next_ms(l->c);

	return l->state == CONN_OK && l->pause_mono > room ? l->pause_mono
							   : room;
}

int64_t fetch_next_mono(const struct link *l)
{
	const struct wanted *w = l->wanted;

	while (w && w->tag)
		w = w->next;
	if (!w || l->c->ops->in_flight(l->c) >= l->d->parallel)
		return INT64_MAX;
	return start_mono(l);
}

void fetch_start(struct engine *e, struct link *l)
{
	struct wanted **at = &l->wanted, *w;
	int rc;

	while ((w = *at) && fetch_next_mono(l) <= engine_mono(e)) {
		struct job j = {.kind = JOB_FILE,
			.file_rid = w->rid,
			.file_path = w->path};

		rc = w->tag ? 1 : link_start(e, l, &j);
		if (!rc)
			return;
		if (rc < 0) {
			*at = w->next;
			wanted_end(e, l, w, rc);
			continue;
		}
		if (!w->tag)
			w->tag = j.tag;
		at = &w->next;
	}
}

void fetch_result(struct engine *e, struct link *l, const struct job_result *r)
{
	struct wanted **at = &l->wanted, *w;

	while (*at && (*at)->tag != r->tag)
		at = &(*at)->next;
	w = *at;
	if (!w)
		return;
	*at = w->next;
	wanted_end(e, l, w, outcome_error(r->outcome, r->message));
}
