/* SPDX-License-Identifier: MIT */
/*
 * Reading ahead: when a page has told where the next one is, it is fetched and
 * mapped while the engine still stores what it has, so that network, mapping
 * and store work side by side. The engine does not know: it asks for the page
 * and finds it there. A page is given out once, and only to who asks for
 * exactly this position soon after; a run that begins anew starts from nothing.
 * One slot is always left to the engine: no operation waits for a page that
 * nobody has asked for.
 */
#include "interp_priv.h"

#include <string.h>

#include "galley/base/mem.h"

#define MAX_PAGES  16
#define MAX_BYTES  (4 * 1024 * 1024)
#define MAX_AGE_MS 30000

static int is_for(const struct pending *p, int stream)
{
	return p->ahead && p->job.stream == stream;
}

static struct pending *in_flight(const struct interp *c, int stream)
{
	struct pending *p = c->jobs;

	while (p && !is_for(p, stream))
		p = p->next;
	return p;
}

static int has_space(const struct interp *c, int stream)
{
	const struct pending *p;
	size_t bytes = 0;
	int n = 0;

	for (p = c->kept; p; p = p->next) {
		n += is_for(p, stream);
		bytes += p->body_len;
	}
	return n < MAX_PAGES && bytes < MAX_BYTES;
}

static void go_on(struct interp *c, int stream, const char *page)
{
	struct job j = {.kind = JOB_PULL, .stream = stream, .page = page};

	if (!c->read_ahead || !page || in_flight(c, stream) ||
		!has_space(c, stream) || c->n_jobs + 2 > c->m->desc.parallel ||
		!take_room(c))
		return;
	job_ahead(c, &j);
}

void ahead_after(struct interp *c, const struct pending *p)
{
	if (p->ask == ASK_PULL && p->r.outcome == OUT_OK && !p->job.n_keys &&
		!p->job.limit)
		go_on(c, p->job.stream, p->r.page);
}

void ahead_keep(struct interp *c, struct pending *p)
{
	struct pending **at = &c->kept;

	p->kept_mono = clock_mono_ms(c->clock);
	while (*at)
		at = &(*at)->next;
	*at = p;
}

static int is_wanted(
	const struct interp *c, const struct pending *p, const struct job *j)
{
	return is_for(p, j->stream) && j->page && !j->n_keys &&
	       strcmp(p->position, j->page) == 0 &&
	       (p->state != JS_DONE ||
		       clock_mono_ms(c->clock) - p->kept_mono <= MAX_AGE_MS);
}

static struct pending *find(
	struct pending *p, const struct interp *c, const struct job *j)
{
	while (p && !is_wanted(c, p, j))
		p = p->next;
	return p;
}

static void drop(struct interp *c, int stream)
{
	struct pending **at = &c->kept, *p;

	while ((p = *at)) {
		if (!is_for(p, stream)) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		job_free(p);
	}
	while ((p = in_flight(c, stream)))
		job_cancel(c, p);
}

/* From the last page that is here: taking one has made room. */
static void follow(struct interp *c, int stream)
{
	const struct pending *p, *last = NULL;

	for (p = c->kept; p; p = p->next)
		if (is_for(p, stream))
			last = p;
	if (last && last->r.outcome == OUT_OK)
		go_on(c, stream, last->r.page);
}

int ahead_take(struct interp *c, const struct job *j)
{
	struct pending *p, **at = &c->kept;

	if (j->kind != JOB_PULL || j->limit)
		return 0;
	p = find(c->jobs, c, j);
	if (!p)
		p = find(c->kept, c, j);
	if (!p) {
		if (!j->n_keys)
			drop(c, j->stream);
		return 0;
	}
	p->ahead = 0;
	p->job.tag = p->r.tag = j->tag;
	if (p->state != JS_DONE)
		return 1;
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	p->next = NULL;
	job_deliver(c, p);
	if (c->kept)
		follow(c, j->stream);
	else
		ahead_after(c, p);
	return 1;
}

void ahead_free(struct interp *c)
{
	struct pending *p;

	while ((p = c->kept)) {
		c->kept = p->next;
		job_free(p);
	}
}
