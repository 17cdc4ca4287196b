/* SPDX-License-Identifier: MIT */
/*
 * The workstation's state: which panes, which has the focus, what has to be
 * loaded, when to draw. Panes load only when what they listen to has changed,
 * and only those that are on the screen; a frame is drawn once a turn, when
 * something has changed.
 */
#include "bench_priv.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#include "galley/app/finder.h"
#include "galley/base/i18n.h"
#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/base/proc.h"
#include "galley/store/store.h"

#define MAX_FDS	   24
#define BREATH_NS  50000
#define BAND_LEAST 5

void bench_dirty(struct bench *b)
{
	b->dirty = b->whole = 1;
}

void slot_draw(struct bench *b, struct slot *s)
{
	b->dirty = 1;
	s->draw = DRAW_ALL;
}

struct slot *bench_slot(struct bench *b)
{
	return b->n_slots ? &b->slots[b->focus] : NULL;
}

static unsigned where(const struct pane *p)
{
	return p->ops->where ? p->ops->where(p) : p->ops->contexts;
}

/* A bench with a case in focus knows the verbs of cases in every pane. */
unsigned bench_contexts(const struct bench *b)
{
	const struct desk_case *c = desk_case(b->desk);
	unsigned cx = CX_ALL;

	if (b->n_slots)
		cx |= where(&b->slots[b->focus].pane);
	if (!(cx & CX_WRITE) &&
		(c->entity == ENT_TICKET || c->entity == ENT_CONVERSATION))
		cx |= CX_CASE;
	return cx;
}

unsigned bench_aside(const struct bench *b)
{
	unsigned cx = 0;
	int i;

	for (i = 0; i < b->n_slots; i++)
		if (b->slots[i].where == PLACE_BAND && b->slots[i].opened &&
			i != b->focus)
			cx |= where(&b->slots[i].pane) & CX_CALL;
	return cx;
}

int bench_typing(const struct bench *b)
{
	return b->over ? !b->over->passive
		       : (bench_contexts(b) & CX_WRITE) != 0;
}

/* --- panes ---------------------------------------------------------------- */

static void slot_close(struct slot *s)
{
	if (s->opened && s->pane.ops->close)
		s->pane.ops->close(&s->pane);
	free(s->pane.own);
	free(s->pane.err);
	free(s->title);
	free(s->framed);
	memset(s, 0, sizeof(*s));
}

static void slot_fail(struct slot *s)
{
	free(s->pane.err);
	s->pane.err = xstrdup(err_msg());
	i18n_sentence(s->pane.err);
	s->pane.state = PANE_ERROR;
}

static void slot_open(
	struct bench *b, struct slot *s, const struct scenario_pane *sp)
{
	const struct pane_ops *ops = pane_by_name(sp->name);

	s->pane = (struct pane){
		.ops = ops,
		.desk = b->desk,
		.own = xcalloc(1, ops->state_size ? ops->state_size : 1),
		.arg = sp->arg ? sp->arg : "",
		.state = PANE_LOADING,
	};
	s->title = xstrdup_null(scenario_pane_title(sp));
	s->where = sp->place;
	s->dirty = 1;
	if (ops->open && ops->open(&s->pane) < 0) {
		slot_fail(s);
		return;
	}
	s->opened = 1;
}

void slot_argument(struct bench *b, int i, const char *arg)
{
	struct slot *s = &b->slots[i];
	struct scenario_pane sp = b->scenario->panes[i];
	struct pane was = s->pane;

	if (strcmp(was.arg, arg) == 0)
		return;
	slot_close(s);
	sp.arg = arg;
	slot_open(b, s, &sp);
	s->pane.focused = was.focused;
	s->pane.w = was.w;
	s->pane.h = was.h;
}

static void slot_load(struct slot *s)
{
	struct pane *p = &s->pane;
	enum pane_state was = p->state;

	s->dirty = 0;
	if (!s->opened)
		return;
	p->state = PANE_READY;
	if (!p->ops->load)
		return;
	if (p->ops->load(p) < 0)
		slot_fail(s);
	else
		p->loaded_ms = desk_now(p->desk);
	if (was == PANE_ERROR && p->state != PANE_ERROR)
		FREE(&p->err);
}

void slot_wake(struct slot *s)
{
	if (s->dirty && !s->rect.w)
		slot_load(s);
}

/* A band has keys also where there is no room for it, and none when what it was
 * about is over. */
static int works_unseen(const struct bench *b, const struct slot *s)
{
	return b->begun && s->where == PLACE_BAND;
}

static void load_shown(struct bench *b)
{
	int i;

	for (i = 0; i < b->n_slots; i++) {
		struct slot *s = &b->slots[i];

		if (!s->dirty || (!s->rect.w && !works_unseen(b, s)))
			continue;
		slot_load(s);
		slot_draw(b, s);
	}
}

static void tell_topics(struct bench *b, uint64_t topics)
{
	int i;

	if (!topics)
		return;
	b->dirty = 1;
	if (b->begun)
		news_topics(b, topics);
	else /* the screen first */
		b->news_late |= topics;
	if (topics & (TOPIC_FOCUS | TOPIC(ENT_MESSAGE) | TOPIC(ENT_PROMISE))) {
		facts_read(b);
		b->resized = 1;
	}
	if (topics & TOPIC_FOCUS)
		origin_read(b);
	/* what the scenario says of calls, outbox and lines may hold now */
	if (topics & (TOPIC(ENT_CALL) | TOPIC_OPS | TOPIC_CONN)) {
		b->calls_known = 0;
		b->resized = 1;
	}
	for (i = 0; i < b->n_slots; i++)
		if (b->slots[i].pane.ops->topics & topics)
			b->slots[i].dirty = 1;
}

/* --- conditions ----------------------------------------------------------- */

int bench_band(struct bench *b, int *rows)
{
	const struct scenario_when *w;

	for (w = b->scenario->when; w; w = w->next)
		if (w->then == THEN_BAND && facts_hold(b, w)) {
			*rows = w->rows;
			return w->pane;
		}
	return -1;
}

int bench_alone(struct bench *b)
{
	const struct scenario_when *w;

	for (w = b->scenario->when; w; w = w->next)
		if (w->then == THEN_ONE && facts_hold(b, w))
			return 1;
	return 0;
}

/* --- layout --------------------------------------------------------------- */

static void place(struct bench *b, int i, struct rect r)
{
	struct slot *s = &b->slots[i];
	int w = r.w > 2 ? r.w - 2 : 0, h = r.h > 2 ? r.h - 2 : 0;

	if (b->linear) {
		w = r.w;
		h = r.h > 1 ? r.h - 1 : 0;
	}
	s->rect = r;
	if (!r.w)
		return;
	if (s->pane.w != w || s->pane.h != h)
		s->dirty = 1;
	s->pane.w = w;
	s->pane.h = h;
}

/* A pane of the layout that stands for a focus that has no place of its own. */
int bench_anchor(const struct bench *b)
{
	int i;

	if (b->slots[b->focus].where == PLACE_LAYOUT)
		return b->focus;
	if (b->slots[b->home].where == PLACE_LAYOUT)
		return b->home;
	for (i = 0; i < b->n_slots; i++)
		if (b->slots[i].where == PLACE_LAYOUT)
			return i;
	return 0;
}

static void lay_one(struct bench *b, int w, int h)
{
	int i;

	memset(&b->layout, 0, sizeof(b->layout));
	b->layout.too_small = w < 20 || h < 3;
	for (i = 0; i < b->n_slots; i++)
		if (i == b->focus)
			b->layout.pane[i] = (struct rect){0, 0, w, h};
		else if (b->slots[i].where == PLACE_LAYOUT)
			b->layout.hidden[b->layout.n_hidden++] = i;
}

/* The band takes rows from the others, never their focus. */
static void lay_panes(struct bench *b, int w, int h)
{
	int band, rows = 0, at, i;

	band = bench_band(b, &rows);
	/* where there is little room, a quarter of it, but as much as tells */
	if (rows > h / 4)
		rows = h / 4 > BAND_LEAST  ? h / 4
		       : rows > BAND_LEAST ? BAND_LEAST
					   : rows;
	if (band < 0 || h - rows < 6)
		rows = 0;
	at = bench_anchor(b);
	adapt_layout(b);
	layout_solve(b->scenario->root, w, h - rows > 0 ? h - rows : 1, at,
		b->sizes->v, b->sizes->n, &b->layout);
	for (i = 0; i < b->n_slots; i++)
		b->layout.pane[i].y += rows;
	if (rows)
		b->layout.pane[band] = (struct rect){0, 0, w, rows};
	if (b->slots[b->focus].where == PLACE_TAB && at != b->focus) {
		b->layout.pane[b->focus] = b->layout.pane[at];
		b->layout.pane[at].w = 0;
	}
}

struct rect bench_place(const struct bench *b, int pane)
{
	if (!b->slots[pane].rect.w && pane == bench_anchor(b) &&
		b->slots[b->focus].where == PLACE_TAB)
		return b->slots[b->focus].rect;
	return b->slots[pane].rect;
}

/* One title line, a hint line and a status line around the panes. */
void bench_lay_out(struct bench *b)
{
	int w = b->grid->w, h = b->grid->h - 3, i;
	struct layout_result was = b->layout;

	b->resized = 0;
	b->dirty = 1;
	if (b->zoom || b->linear || bench_alone(b))
		lay_one(b, w, h);
	else
		lay_panes(b, w, h);
	for (i = 0; i < b->n_slots; i++) {
		struct rect r = b->layout.pane[i];

		if (b->layout.too_small)
			r.w = 0;
		r.y += 1;
		place(b, i, r);
	}
	if (memcmp(&was, &b->layout, sizeof(was)) != 0)
		bench_dirty(b);
}

static void set_focus(struct bench *b, int i)
{
	if (i < 0 || i >= b->n_slots || i == b->focus)
		return;
	b->slots[b->focus].pane.focused = 0;
	b->before = b->focus;
	b->home = bench_anchor(b);
	b->focus = i;
	b->slots[i].pane.focused = 1;
	bench_dirty(b);
	/* what is seen may depend on where the focus is */
	b->resized = 1;
}

/* One goes from pane to pane through those that are seen; where there is room
 * for one only, through those that have a place in the layout. */
static int is_on_the_way(struct bench *b, int i)
{
	if (b->linear)
		return 1;
	if (b->zoom || bench_alone(b))
		return b->slots[i].where == PLACE_LAYOUT;
	/* the one below a tab comes back when that is left */
	return b->slots[i].rect.w > 0 || i == bench_anchor(b);
}

void bench_focus_next(struct bench *b, int by)
{
	int i, at = b->focus;

	if (!b->n_slots)
		return;
	/* what lies over a pane of the layout stands for it */
	if (b->slots[at].where == PLACE_TAB && !b->linear)
		at = bench_anchor(b);
	for (i = 0; i < b->n_slots; i++) {
		at = (at + by + b->n_slots) % b->n_slots;
		if (at != b->focus && is_on_the_way(b, at)) {
			set_focus(b, at);
			return;
		}
	}
	/* it took the place of all others */
	set_focus(b, b->scenario->focus);
}

int bench_show(struct bench *b, const char *pane)
{
	int i;

	for (i = 0; i < b->n_slots; i++)
		if (strcmp(b->slots[i].pane.ops->name, pane) == 0) {
			set_focus(b, i);
			return 1;
		}
	return 0;
}

/* --- scenarios ------------------------------------------------------------ */

static int known(void *u, const char *name, struct scenario_sizes *s)
{
	const struct pane_ops *ops = pane_by_name(name);

	(void)u;
	if (!ops)
		return 0;
	*s = (struct scenario_sizes){
		ops->min_w, ops->min_h, ops->good_w, ops->good_h, ops->drop};
	return 1;
}

/* A bench that is not shown now, as it was left. */
struct parked {
	struct parked *next;
	char *asked;
	struct scenario *scenario;
	struct slot *slots;
	int n_slots, focus, before, zoom;
	struct adapt adapt;
};

static void slots_free(struct slot *slots, int n)
{
	int i;

	for (i = 0; i < n; i++)
		slot_close(&slots[i]);
	free(slots);
}

/* What somebody writes belongs to one composer at a time: it is in the draft,
 * and another bench may go on with it. */
static int is_composer(const struct slot *s)
{
	return strcmp(s->pane.ops->name, "composer") == 0;
}

static void park(struct bench *b)
{
	struct parked *p;
	int i;

	if (!b->scenario)
		return;
	p = xcalloc(1, sizeof(*p));
	*p = (struct parked){b->parked, b->asked, b->scenario, b->slots,
		b->n_slots, b->focus, b->before, b->zoom, b->adapt};
	for (i = 0; i < p->n_slots; i++)
		if (is_composer(&p->slots[i]))
			slot_close(&p->slots[i]);
	b->parked = p;
	b->asked = NULL;
	b->scenario = NULL;
	b->slots = xcalloc(MAX_SLOTS, sizeof(*b->slots));
	b->n_slots = 0;
}

static struct parked *take_parked(struct bench *b, const char *name)
{
	struct parked **at = &b->parked, *p;

	while (*at && strcmp((*at)->asked, name) != 0)
		at = &(*at)->next;
	p = *at;
	if (p)
		*at = p->next;
	return p;
}

void bench_drop_parked(struct bench *b)
{
	struct parked *p;

	while ((p = b->parked)) {
		b->parked = p->next;
		slots_free(p->slots, p->n_slots);
		scenario_free(p->scenario);
		free(p->asked);
		free(p);
	}
}

/* Everything is loaded anew, marks stay where they were; so do cursors, unless
 * the list has the case that one brings along. */
static void unpark(struct bench *b, struct parked *p)
{
	int i;

	free(b->slots);
	free(b->asked);
	b->asked = p->asked;
	b->scenario = p->scenario;
	b->slots = p->slots;
	b->n_slots = p->n_slots;
	b->focus = p->focus;
	b->before = b->home = p->before;
	b->zoom = p->zoom;
	b->adapt = p->adapt;
	borders_open(b);
	for (i = 0; i < b->n_slots; i++) {
		struct slot *s = &b->slots[i];

		if (!s->pane.ops) /* a composer */
			slot_open(b, s, &b->scenario->panes[i]);
		s->dirty = s->pane.to_case = 1;
	}
	b->slots[b->focus].pane.focused = 1;
	b->opened++;
	b->aimed = 0;
	bench_dirty(b);
	b->resized = 1;
	free(p);
}

/* What is wrong with it is said when it is opened. */
static void read_ahead(struct bench *b, const char *name)
{
	if (!name)
		return;
	if (scenario_load(name, known, NULL, &b->ahead) < 0)
		err_clear();
	else
		b->ahead_of = xstrdup(name);
}

static void drop_ahead(struct bench *b)
{
	scenario_free(b->ahead);
	b->ahead = NULL;
	FREE(&b->ahead_of);
}

static int load_scenario(
	struct bench *b, const char *name, struct scenario **out)
{
	if (!b->ahead || strcmp(b->ahead_of, name) != 0)
		return scenario_load(name, known, NULL, out);
	*out = b->ahead;
	b->ahead = NULL;
	return 0;
}

static int open_anew(struct bench *b, const char *name)
{
	struct scenario *sc;
	char *asked = xstrdup(name);
	int i, rc = load_scenario(b, asked, &sc);

	if (rc < 0) {
		free(asked);
		return rc;
	}
	if (b->asked && strcmp(b->asked, asked) != 0)
		park(b);
	for (i = 0; i < b->n_slots; i++)
		slot_close(&b->slots[i]);
	scenario_free(b->scenario);
	free(b->asked);
	b->asked = asked;
	b->scenario = sc;
	b->opened++;
	b->aimed = 0;
	adapt_read(b);
	borders_open(b);
	b->n_slots = sc->n_panes;
	b->focus = b->before = b->home = sc->focus;
	b->zoom = 0;
	for (i = 0; i < b->n_slots; i++)
		slot_open(b, &b->slots[i], &sc->panes[i]);
	if (b->n_slots)
		b->slots[b->focus].pane.focused = 1;
	bench_dirty(b);
	b->resized = 1;
	return 0;
}

int bench_scenario(struct bench *b, const char *name)
{
	struct parked *p = take_parked(b, name);

	if (!p)
		return open_anew(b, name);
	park(b);
	unpark(b, p);
	return 0;
}

/* --- turning -------------------------------------------------------------- */

static void resize(struct bench *b)
{
	int w, h;

	term_size(b->term, &w, &h);
	if (w < 1)
		w = 1;
	if (h < 1)
		h = 1;
	/* the terminal may have lost what it showed, or proved a glyph */
	bench_dirty(b);
	if (b->grid->w == w && b->grid->h == h)
		return;
	grid_resize(b->grid, w, h);
	b->resized = 1;
}

static int ticks(const struct bench *b)
{
	const struct notice *n[1];
	int i;

	if (desk_toasts(b->desk, n, 1))
		return 1;
	for (i = 0; i < b->n_slots; i++)
		if (b->slots[i].rect.w && b->slots[i].pane.ops->tick)
			return 1;
	return 0;
}

/* Clocks move only when they are seen. */
static void tick(struct bench *b)
{
	int64_t now = clock_mono_ms(b->clock);
	int i;

	if (now < b->tick_mono)
		return;
	b->tick_mono = now + 1000;
	for (i = 0; i < b->n_slots; i++) {
		struct slot *s = &b->slots[i];

		if (s->rect.w && s->opened && s->pane.ops->tick &&
			s->pane.ops->tick(&s->pane))
			slot_draw(b, s);
	}
	if (ticks(b))
		b->dirty = 1;
}

static int anything_dirty(const struct bench *b)
{
	int i;

	for (i = 0; i < b->n_slots; i++)
		if (b->slots[i].dirty && b->slots[i].rect.w)
			return 1;
	return 0;
}

/* What has changed is loaded, all of it as of one moment; nothing is drawn. */
static void settle(struct bench *b)
{
	uint64_t topics = desk_turn(b->desk);
	struct store_ro *ro = desk_ro(b->desk);

	if (attach_turn(b, topics))
		topics |= desk_turn(b->desk);
	if (!topics && !b->resized && !anything_dirty(b))
		return;
	if (store_hold(ro) < 0)
		err_clear();
	tell_topics(b, topics);
	if (b->resized)
		bench_lay_out(b);
	load_shown(b);
	store_let_go(ro);
}

/* --- the one focus -------------------------------------------------------- */

/* What the cursor of a pane points at; 0: no case. */
static int64_t pointed(struct bench *b, int slot, enum entity *e)
{
	struct pane *p = &b->slots[slot].pane;
	int64_t id;

	if (slot >= b->n_slots || !b->slots[slot].opened || !p->ops->follow ||
		!b->slots[slot].rect.w || !p->ops->follow(p, e, &id))
		return 0;
	return id;
}

/* The panes turn when nobody waits for the list any more: a key that is held
 * down moves the cursor at its own pace. */
static void follow(struct bench *b)
{
	enum entity e;
	int64_t id = pointed(b, b->focus, &e);

	b->follow = 0;
	if (id && desk_look(b->desk, e, id) < 0)
		desk_say_err(b->desk);
	settle(b);
}

/* A bench always has a case in focus, as long as there is one. A call that is
 * over is none: while the first rows come it may be there before the cases. */
static void find_focus(struct bench *b)
{
	enum entity e;
	int64_t id = 0;
	int i;

	if (desk_case(b->desk)->entity != ENT_COUNT)
		return;
	for (i = 0; i <= b->n_slots && !id; i++) {
		id = pointed(b, i ? i - 1 : b->focus, &e);
		if (id && e == ENT_CALL)
			id = 0;
	}
	if (!id)
		return;
	if (desk_look(b->desk, e, id) < 0)
		err_clear();
	settle(b);
}

static int same_key(const struct ui_event *e, struct key last)
{
	return e->kind == UI_KEY && e->key.code == last.code &&
	       e->key.mods == last.mods;
}

/* Only a person who moves the cursor moves the focus: a list that is read anew,
 * another pane, another bench keep the case that one works on. */
static void one_event(struct bench *b, struct ui_event *e)
{
	unsigned moves, opened = b->opened;
	int slot = b->focus;

	/* the next key means what it would mean on the screen */
	if (b->follow && !same_key(e, b->moved_by))
		follow(b);
	moves = b->slots[slot].pane.moves;
	if (e->kind == UI_RESIZE)
		resize(b);
	else
		input_event(b, e);
	settle(b);
	if (b->opened != opened || b->focus != slot ||
		b->slots[slot].pane.moves == moves)
		return;
	b->follow = 1;
	b->moved_by = e->kind == UI_KEY ? e->key : (struct key){.code = 0};
}

static void load_late(struct bench *b)
{
	int i;

	for (i = 0; i < b->n_slots; i++) {
		struct slot *s = &b->slots[i];

		if (s->opened && s->pane.ops->later &&
			s->pane.ops->later(&s->pane))
			slot_draw(b, s);
	}
}

static void look_late(struct bench *b)
{
	b->begun = 1;
	watch_begin(b);
	load_late(b);
	news_topics(b, b->news_late);
}

/* How many there were. */
static int take_events(struct bench *b)
{
	struct ui_event e;
	int n = 0;

	while (!b->quit && term_event(b->term, &e) == 1) {
		one_event(b, &e);
		ui_event_fini(&e);
		n++;
	}
	return n;
}

int bench_turn(struct bench *b)
{
	int n = take_events(b);

	if (b->quit)
		return 1;
	if (b->frames && !b->begun)
		look_late(b);
	input_tick(b);
	called_turn(b);
	watch_turn(b);
	overlay_found(b);
	tick(b);
	settle(b);
	if (b->follow && !n)
		follow(b);
	find_focus(b);
	if (!b->frames) /* what the terminal has answered meanwhile */
		take_events(b);
	news_turn(b);
	if (b->dirty) {
		const struct grid *g = frame_draw(b);

		b->dirty = 0;
		term_show(b->term, g, b->cx, b->cy);
		b->frames++;
		b->shown = 1;
	}
	overlay_ask(b);
	return b->quit;
}

void bench_breathe(struct bench *b)
{
	const struct timespec t = {.tv_nsec = BREATH_NS};

	if (b->shown) {
		/* else the kernel makes twice as much of it */
		(void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
		nanosleep(&t, NULL);
		(void)prctl(PR_SET_TIMERSLACK, 0UL, 0UL, 0UL, 0UL);
	}
	b->shown = 0;
}

int64_t bench_next_mono(const struct bench *b)
{
	int64_t next = desk_next_mono(b->desk);
	int wait = term_wait_ms(b->term);
	int64_t t;

	/* the list is drawn, the rest turns now */
	if (b->follow || (b->frames && !b->begun))
		return clock_mono_ms(b->clock);
	if (wait >= 0) {
		t = clock_mono_ms(b->clock) + wait;
		next = t < next ? t : next;
	}
	t = news_next_mono(b);
	if (t < next)
		next = t;
	t = called_next_mono(b);
	if (t < next)
		next = t;
	t = watch_next_mono(b);
	if (t < next)
		next = t;
	if (ticks(b) && b->tick_mono < next)
		next = b->tick_mono;
	if (b->n_keys && !b->which_shown && b->keys_mono + WHICH_MS < next)
		next = b->keys_mono + WHICH_MS;
	return next;
}

int bench_wait(struct bench *b, int max_ms)
{
	struct pollfd p[MAX_FDS];
	int fds[MAX_FDS], n = term_fds(b->term, fds, MAX_FDS - 3), i;
	int64_t next, wait = max_ms;

	if (desk_fd(b->desk) >= 0)
		fds[n++] = desk_fd(b->desk);
	if (b->finder)
		fds[n++] = finder_fd(b->finder);
	if (watch_fd(b) >= 0)
		fds[n++] = watch_fd(b);
	n += called_fds(b, fds + n, MAX_FDS - n);
	for (i = 0; i < n; i++)
		p[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	next = bench_next_mono(b);
	if (next != INT64_MAX) {
		next -= clock_mono_ms(b->clock);
		if (next < 0)
			next = 0;
		if (wait < 0 || next < wait)
			wait = next;
	}
	if (!wait)
		bench_breathe(b);
	b->shown = 0;
	(void)poll(p, (nfds_t)n, (int)wait);
	return bench_turn(b);
}

/* --- life ----------------------------------------------------------------- */

/* A file that is wrong is said when its bench is opened; here its name does. */
static void read_titles(struct bench *b)
{
	int i;

	b->titles = arena_calloc(
		b->names_arena, (size_t)b->n_names + 1, sizeof(*b->titles));
	for (i = 0; i < b->n_names; i++)
		b->titles[i] = scenario_title_of(b->names_arena, b->names[i]);
}

/* What was there before stays as long as the bench: a list that is open names
 * it. */
void bench_names(struct bench *b)
{
	if (!b->names_arena)
		b->names_arena = arena_new();
	b->names = scenario_names(b->names_arena);
	b->n_names = 0;
	while (b->names[b->n_names])
		b->n_names++;
	read_titles(b);
}

int bench_language(struct bench *b, const char *lang)
{
	int i;

	if (strcmp(lang, "en") != 0 && strcmp(lang, "zh_CN") != 0 &&
		strcmp(lang, "zh_TW") != 0)
		return err_set(E_INPUT, _("language is en, zh_CN or zh_TW"));
	i18n_use(lang);
	read_titles(b);
	for (i = 0; i < b->n_slots; i++) {
		free(b->slots[i].title);
		b->slots[i].title = xstrdup_null(
			scenario_pane_title(&b->scenario->panes[i]));
		b->slots[i].dirty = 1;
	}
	facts_read(b);
	bench_dirty(b);
	b->resized = 1;
	return 0;
}

int bench_keys(struct bench *b, const char *what)
{
	int set = what ? keyset_by_name(what) : (int)b->keyset;
	struct keymap *k;
	char *file;
	int rc;

	if (what && set < 0 && !strchr(what, '/'))
		return err_set(E_INPUT,
			_("say vi, plain or emacs, or the path of a key file"));
	file = xstrdup_null(what ? set < 0 ? what : NULL : b->keys_file);
	rc = config_keys(b->config, set < 0 ? (int)b->keyset : set, file, &k);
	if (rc < 0) {
		free(file);
		return rc;
	}
	free(b->keys_file);
	b->keys_file = file;
	b->aimed = 0;
	keymap_free(b->keymap);
	b->keymap = k;
	if (set >= 0)
		b->keyset = (enum keyset)set;
	b->n_keys = b->which_shown = 0;
	return 0;
}

static const char *kept_bench(const struct bench *b)
{
	return b->kept ? json_get_str(json_root(b->kept), "bench") : NULL;
}

/* The bench, the case and the lists of last time, unless others are asked for.
 */
static int come_back(struct bench *b, const char *asked)
{
	const struct json_doc *doc = b->kept;
	const char *name = asked ? asked : kept_bench(b);
	int rc = -1;

	if (doc) {
		keep_sizes(b, doc);
		keep_lines(b, doc);
	}
	if (name)
		rc = bench_scenario(b, name);
	if (rc < 0 && !asked)
		rc = bench_scenario(b, "ticket");
	if (rc == 0 && doc) {
		keep_panes(b, doc);
		keep_case(b, doc);
	}
	json_free(b->kept);
	b->kept = NULL;
	drop_ahead(b);
	return rc;
}

/* There is no desk yet that could say it. */
static void note_wrong(struct bench *b)
{
	b->wrong[b->n_wrong++] = xstrdup(err_msg());
	err_clear();
}

static void say_wrong(struct bench *b)
{
	int i;

	for (i = 0; i < b->n_wrong; i++) {
		desk_say(b->desk, NOTICE_ERROR, "%s", b->wrong[i]);
		FREE(&b->wrong[i]);
	}
	b->n_wrong = 0;
}

/* The one that is asked for, that of the configuration, that of the terminal. A
 * file that cannot be read is no reason not to work. */
static int read_theme(struct bench *b, const char *asked)
{
	const struct term_facts *f = term_facts(b->term);
	const char *kept = b->config->theme;

	if (!asked && f->depth == DEPTH_NONE)
		asked = "mono";
	b->theme_name = xstrdup_null(asked ? asked : kept);
	if (asked)
		return theme_load(asked, &b->theme);
	if (kept && theme_load(kept, &b->theme) == 0)
		return 0;
	if (kept)
		note_wrong(b);
	return theme_load(f->dark == 0 ? "light" : "dark", &b->theme);
}

/* What is wrong there is said and the shipped set holds. */
static void read_keys(struct bench *b)
{
	if (bench_keys(b, NULL) == 0)
		return;
	note_wrong(b);
	b->keymap = keymap_new(b->keyset);
}

int bench_early(const struct bench_args *a, struct bench **out)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	int w, h, rc;

	b->slots = xcalloc(MAX_SLOTS, sizeof(*b->slots));
	b->config =
		session_config(a->session ? a->session : desk_session(a->desk));
	b->term = a->term;
	b->clock = a->clock ? a->clock : clock_system();
	b->linear = a->linear;
	b->keep = a->keep;
	b->keyset = (enum keyset)b->config->keys;
	term_size(b->term, &w, &h);
	b->grid = grid_new(w > 0 ? w : 1, h > 0 ? h : 1);
	b->resized = b->dirty = b->whole = 1;
	rc = read_theme(b, a->theme);
	if (rc < 0) {
		bench_free(b);
		return rc;
	}
	term_set_theme(b->term, b->theme);
	read_keys(b);
	bench_names(b);
	b->kept = b->keep ? keep_read() : NULL;
	read_ahead(b, a->scenario ? a->scenario : kept_bench(b));
	*out = b;
	return 0;
}

int bench_open(struct bench *b, const struct bench_args *a)
{
	int rc;

	b->desk = a->desk;
	if (b->keep) /* what a crash has left of an editor */
		proc_edit_sweep();
	news_begin(b);
	attach_begin(b);
	say_wrong(b);
	rc = come_back(b, a->scenario);
	if (rc == 0 && a->called)
		called_begin(b);
	return rc;
}

int bench_new(const struct bench_args *a, struct bench **out)
{
	struct bench *b;
	int rc = bench_early(a, &b);

	if (rc < 0)
		return rc;
	rc = bench_open(b, a);
	if (rc < 0)
		bench_free(b);
	else
		*out = b;
	return rc;
}

void bench_free(struct bench *b)
{
	if (!b)
		return;
	if (b->keep && b->scenario)
		keep_write(b);
	called_end(b);
	lines_free(b);
	watch_end(b);
	while (b->over)
		overlay_pop(b);
	finder_free(b->finder);
	bench_drop_parked(b);
	slots_free(b->slots, b->n_slots);
	free(b->asked);
	scenario_free(b->scenario);
	json_free(b->kept);
	drop_ahead(b);
	rules_take(b);
	situations_free(b->situations);
	keymap_free(b->keymap);
	free(b->keys_file);
	theme_free(b->theme);
	free(b->theme_name);
	grid_free(b->grid);
	grid_free(b->top);
	arena_free(b->names_arena);
	free(b->news);
	borders_free(b);
	free(b->origin);
	frame_end(b);
	attach_end(b);
	free(b);
}
