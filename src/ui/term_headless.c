/* SPDX-License-Identifier: MIT */
/*
 * The terminal without a head: keeps what is shown, gives what was pushed. For
 * frame tests; it writes nothing anywhere.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"
#include "term_priv.h"

struct headless {
	struct term t;
	struct grid *shown;
	int x, y;
	struct ui_event *events;
	size_t n, next;
	char *copied, *notified, *titled;
	int bells;
};

static struct headless *of(const struct term *t);

static void headless_close(struct term *t)
{
	struct headless *v = of(t);

	for (; v->next < v->n; v->next++)
		ui_event_fini(v->events + v->next);
	free(v->events);
	free(v->copied);
	free(v->notified);
	free(v->titled);
	grid_free(v->shown);
	free(v);
}

static void no_theme(struct term *t, const struct theme *theme)
{
	(void)t;
	(void)theme;
}

static void headless_show(struct term *t, const struct grid *g, int x, int y)
{
	struct headless *v = of(t);
	struct cell *to = NULL;
	size_t i, n = (size_t)g->w * (size_t)g->h;

	grid_resize(v->shown, g->w, g->h);
	memcpy(v->shown->cells, g->cells, n * sizeof(*g->cells));
	for (i = 0; i < n; i++) {
		to = v->shown->cells + i;
		if (to->link)
			to->link = (uint16_t)grid_link(
				v->shown, g->links[to->link]);
	}
	v->x = x;
	v->y = y;
}

static void nothing(struct term *t)
{
	(void)t;
}

static void bell(struct term *t)
{
	of(t)->bells++;
}

static void notify(struct term *t, const char *text)
{
	struct headless *v = of(t);

	free(v->notified);
	v->notified = xstrdup(text);
}

static void title(struct term *t, const char *text)
{
	struct headless *v = of(t);

	free(v->titled);
	v->titled = xstrdup(text);
}

static int no_fds(const struct term *t, int *fds, int max)
{
	(void)t;
	(void)fds;
	(void)max;
	return 0;
}

static int headless_event(struct term *t, struct ui_event *out)
{
	struct headless *v = of(t);

	if (v->next == v->n)
		return 0;
	*out = v->events[v->next++];
	return 1;
}

static int headless_wait(const struct term *t)
{
	const struct headless *v = of(t);

	return v->next < v->n ? 0 : -1;
}

static void headless_copy(struct term *t, const char *text, size_t len)
{
	struct headless *v = of(t);

	free(v->copied);
	v->copied = xstrndup(text, len);
}

static const struct term_kind headless_kind = {
	.close = headless_close,
	.set_theme = no_theme,
	.show = headless_show,
	.redraw = nothing,
	.fds = no_fds,
	.event = headless_event,
	.wait_ms = headless_wait,
	.bell = bell,
	.copy = headless_copy,
	.notify = notify,
	.title = title,
	.leave = nothing,
	.enter = nothing,
	.suspend = nothing,
};

static struct headless *of(const struct term *t)
{
	assert(t->kind == &headless_kind);
	return (struct headless *)(uintptr_t)t;
}

struct term *term_headless(int w, int h, const struct term_facts *facts)
{
	static const struct term_facts usual = {.depth = DEPTH_256,
		.glyphs = {.border = BORDER_ASCII},
		.ambiguous_cells = 1,
		.dark = 1};
	struct headless *v = xcalloc(1, sizeof(*v));

	v->t = (struct term){.kind = &headless_kind,
		.facts = facts ? *facts : usual,
		.w = w,
		.h = h};
	v->shown = grid_new(w, h);
	v->x = v->y = -1;
	return &v->t;
}

const struct grid *term_shown(const struct term *t)
{
	return of(t)->shown;
}

void term_cursor(const struct term *t, int *x, int *y)
{
	*x = of(t)->x;
	*y = of(t)->y;
}

void term_push_event(struct term *t, struct ui_event *e)
{
	struct headless *v = of(t);

	v->events = xreallocarray(v->events, v->n + 1, sizeof(*v->events));
	v->events[v->n++] = *e;
	*e = (struct ui_event){.kind = e->kind};
}

void term_push_key(struct term *t, struct key k)
{
	struct ui_event e = {.kind = UI_KEY, .key = k};

	term_push_event(t, &e);
}

void term_push_keys(struct term *t, const char *keys)
{
	struct key k[64];
	int i, n = key_parse(keys, k, ARRAY_SIZE(k));

	assert(n > 0);
	for (i = 0; i < n; i++)
		term_push_key(t, k[i]);
}

void term_resize(struct term *t, int w, int h)
{
	struct ui_event e = {.kind = UI_RESIZE};

	of(t)->t.w = w;
	of(t)->t.h = h;
	term_push_event(t, &e);
}

const char *term_notified(const struct term *t)
{
	return of(t)->notified;
}

const char *term_titled(const struct term *t)
{
	return of(t)->titled;
}

int term_bells(const struct term *t)
{
	return of(t)->bells;
}

const char *term_copied(const struct term *t)
{
	return of(t)->copied;
}
