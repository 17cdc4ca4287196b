/* SPDX-License-Identifier: MIT */
/*
 * The customer's journey: how it felt and which stages it went through on one
 * time axis, below it every touch of every channel as a ladder, at the foot
 * what is still promised. From two years to one conversation. It reads; what is
 * to be done about it is done in the case that Enter opens.
 */
#include "journey_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/fold.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

#define DAY_MS	 (INT64_C(24) * 3600 * 1000)
#define FOOT_MAX 3
#define SCALE_W	 2 /* "5 " before the curve */

static const struct {
	const char *text;
	int64_t span_ms; /* 0: the conversation in focus */
} zooms[] = {
	{N_("2 years"), 730 * DAY_MS},
	{N_("1 year"), 365 * DAY_MS},
	{N_("90 days"), 90 * DAY_MS},
	{N_("14 days"), 14 * DAY_MS},
	{N_("2 days"), 2 * DAY_MS},
	{N_("one case"), 0},
};
enum { ZOOM_FIRST = 2, ZOOM_CASE = (int)ARRAY_SIZE(zooms) - 1 };

struct journey {
	struct travel t;
	int64_t customer;
	int zoom;
	int64_t from, to;
	int to_now; /* the window ends now */
	int *show;  /* places in t.v */
	int n, earlier;
	int at, top;
	int h, w;
	char *filter;
};

static struct journey *own(const struct pane *p)
{
	return p->own;
}

/* --- how the rows are divided --------------------------------------------- */

struct parts {
	int curve, stages, axis, foot, ladder, ladder_y;
};

static struct parts parts_of(const struct journey *j, int w, int h)
{
	struct parts s = {0};

	if (j->t.n_promise)
		s.foot = h >= 14 ? FOOT_MAX : h >= 4 ? 1 : 0;
	if (s.foot > j->t.n_promise)
		s.foot = j->t.n_promise;
	if (w >= 20) {
		s.curve = h >= 24 ? 6 : h >= 15 ? 4 : h >= 9 ? 3 : 0;
		if (!j->t.n_mood)
			s.curve = 0;
		s.axis = h >= 9 && (s.curve || j->t.n_stage);
		s.stages = h >= 6 && j->t.n_stage;
	}
	s.ladder_y = s.curve + s.stages + s.axis;
	s.ladder = h - s.ladder_y - s.foot;
	if (s.ladder < 0)
		s.ladder = 0;
	return s;
}

/* --- what is shown -------------------------------------------------------- */

static int of_case(const struct desk_case *k, const struct touch *x)
{
	if (k->ticket && x->ticket == k->ticket)
		return 1;
	return x->entity == k->entity && x->id == k->id;
}

static int fits(const struct journey *j, const struct touch *x)
{
	struct buf hay = BUF_INIT, needle = BUF_INIT;
	int has;

	if (!j->filter || !*j->filter)
		return 1;
	buf_addf(&needle, "%s %s", x->channel, journey_word(x->channel));
	buf_addf(&needle, " %s", x->text);
	fold_text(&hay, buf_str(&needle), needle.len);
	buf_reset(&needle);
	fold_text(&needle, j->filter, strlen(j->filter));
	has = strstr(buf_str(&hay), buf_str(&needle)) != NULL;
	buf_fini(&hay);
	buf_fini(&needle);
	return has;
}

/* The window ends now, or where the case in focus is when that is longer ago
 * than the window is wide. */
static void find_window(struct pane *p)
{
	struct journey *j = own(p);
	const struct desk_case *k = desk_case(p->desk);
	int64_t now = desk_now(p->desk), span = zooms[j->zoom].span_ms;
	int64_t first = 0, last = 0;
	int i;

	for (i = 0; i < j->t.n; i++) {
		if (!of_case(k, &j->t.v[i]))
			continue;
		first = j->t.v[i].at;
		if (!last)
			last = first;
	}
	j->to_now = 0;
	if (!span) {
		j->to = last ? last : now;
		j->from = first ? first : now - 2 * DAY_MS;
		if (j->to - j->from < 3600 * 1000)
			j->from = j->to - 3600 * 1000;
		return;
	}
	j->to_now = !last || last >= now - span;
	j->to = j->to_now ? now : last + span / 10;
	j->from = j->to - span;
}

static void choose(struct pane *p)
{
	struct journey *j = own(p);
	const struct desk_case *k = desk_case(p->desk);
	int i, all = zooms[j->zoom].span_ms != 0;

	free(j->show);
	j->show = xcalloc((size_t)j->t.n + 1, sizeof(*j->show));
	j->n = j->earlier = 0;
	for (i = 0; i < j->t.n; i++) {
		const struct touch *x = &j->t.v[i];

		if (!fits(j, x) || (!all && !of_case(k, x)))
			continue;
		if (all && x->at < j->from)
			j->earlier++;
		else if (!all || x->at <= j->to)
			j->show[j->n++] = i;
	}
}

static void keep_cursor_seen(struct journey *j)
{
	struct parts s = parts_of(j, j->w, j->h);

	if (j->at >= j->n)
		j->at = j->n - 1;
	if (j->at < 0)
		j->at = 0;
	if (j->top > j->at)
		j->top = j->at;
	if (s.ladder && j->at >= j->top + s.ladder)
		j->top = j->at - s.ladder + 1;
	if (j->top < 0)
		j->top = 0;
}

static const struct touch *current(const struct journey *j)
{
	return j->at < j->n ? &j->t.v[j->show[j->at]] : NULL;
}

static void select_same(struct journey *j, const struct touch *old)
{
	int i;

	for (i = 0; i < j->n; i++) {
		const struct touch *x = &j->t.v[j->show[i]];

		if (x->at > old->at)
			continue;
		/* the same, or what is now in its place */
		j->at = i;
		if (x->at < old->at ||
			(x->entity == old->entity && x->id == old->id))
			return;
	}
}

/* --- load ----------------------------------------------------------------- */

static int read_all(struct pane *p, int64_t customer)
{
	struct journey *j = own(p);
	const struct desk_case *k = desk_case(p->desk);
	int64_t talk = k->entity == ENT_CONVERSATION ? k->id : 0;
	struct travel t;
	int rc = travel_read(p, customer, &t), whole = j->zoom == ZOOM_CASE;

	if (rc < 0)
		return rc;
	travel_fini(&j->t);
	j->t = t;
	find_window(p);
	/* the case's own messages say how long it took */
	rc = travel_said(p, &j->t, j->from, j->to, whole ? k->ticket : 0,
		whole ? talk : 0, whole);
	if (rc == 0 && whole)
		find_window(p);
	return rc;
}

static int journey_load(struct pane *p)
{
	struct journey *j = own(p);
	int64_t customer = desk_case(p->desk)->customer;
	const struct touch *at = current(j);
	struct touch old = at ? *at : (struct touch){0};
	int same = customer == j->customer && at, rc;

	j->w = p->w;
	j->h = p->h;
	if (!customer) {
		travel_fini(&j->t);
		j->n = j->at = j->top = 0;
		j->customer = 0;
		p->state = PANE_EMPTY;
		return 0;
	}
	j->n = 0;
	rc = read_all(p, customer);
	if (rc < 0)
		return rc;
	choose(p);
	if (j->customer != customer)
		j->at = j->top = 0;
	else if (same)
		select_same(j, &old);
	j->customer = customer;
	keep_cursor_seen(j);
	if (!j->t.n && !j->t.n_mood && !j->t.n_stage)
		p->state = PANE_EMPTY;
	return 0;
}

/* --- curve, stages, axis -------------------------------------------------- */

static double place(const struct journey *j, int64_t at)
{
	double from = (double)j->from, to = (double)j->to;

	return to > from ? ((double)at - from) / (to - from) : 0;
}

static void draw_curve(const struct journey *j, struct canvas *c)
{
	struct plot_point *v = xcalloc((size_t)j->t.n_mood + 1, sizeof(*v));
	struct canvas plot = canvas_sub(c, SCALE_W, 0, -1, -1);
	const struct mood *before = NULL;
	int i, n = 0, worst = 5;

	for (i = 0; i < j->t.n_mood; i++) {
		const struct mood *m = &j->t.mood[i];

		if (m->at < j->from) {
			before = m;
			continue;
		}
		if (m->at > j->to)
			break;
		if (!n && before) /* how it was when the window begins */
			v[n++] = (struct plot_point){
				.y = (before->score - 1) / 4.0};
		worst = m->score < worst ? m->score : worst;
		v[n++] = (struct plot_point){
			.x = place(j, m->at),
			.y = (m->score - 1) / 4.0,
			.mark = !m->moment	? NULL
				: m->score <= 2 ? "!"
						: "*",
		};
	}
	if (!n && before) {
		v[n++] = (struct plot_point){.y = (before->score - 1) / 4.0};
		v[n] = v[0];
		v[n++].x = 1;
	}
	canvas_text(c, 0, 0, ST_DIM, "5");
	canvas_text(c, 0, c->h - 1, ST_DIM, "1");
	plot_draw(&plot, v, n, worst <= 2 ? ST_CHART_LOW : ST_CHART);
	free(v);
}

/* Each name from its place to the next one; the one before the window stands at
 * its beginning. */
static void draw_stages(const struct journey *j, struct canvas *c)
{
	int w = c->w - SCALE_W, i, first = 0;

	for (i = 0; i < j->t.n_stage; i++)
		if (j->t.stage[i].at <= j->from)
			first = i;
	canvas_hline(c, SCALE_W, 0, w, ST_DIM);
	for (i = first; i < j->t.n_stage; i++) {
		const struct stage *s = &j->t.stage[i];
		const struct stage *next = i + 1 < j->t.n_stage ? s + 1 : NULL;
		double from = place(j, s->at);
		double to = next ? place(j, next->at) : 1;
		int x = (int)((from < 0 ? 0 : from) * (w - 1));
		int end = next && to < 1 ? (int)(to * (w - 1)) : w;

		if (from > 1)
			break;
		if (end <= x)
			continue; /* the next one hides it */
		canvas_text(c, SCALE_W + x, 0, ST_LABEL, "|");
		canvas_slot(c, SCALE_W + x + 1, 0, end - x - 1, ST_LABEL,
			journey_word(s->name), 0);
	}
}

static const char *axis_time(const struct pane *p, int64_t at, char out[32])
{
	char t[24];

	if (own(p)->to - own(p)->from <= 3 * DAY_MS)
		return words_time_long(p->desk, at, out);
	snprintf(out, 32, "%s", words_time(p->desk, at, t));
	return out;
}

static void draw_axis(const struct pane *p, struct canvas *c)
{
	const struct journey *j = own(p);
	char t[32];
	int w;

	axis_time(p, j->from, t);
	w = SCALE_W + canvas_text(c, SCALE_W, 0, ST_DIM, t);
	if (j->to_now)
		snprintf(t, sizeof(t), "%s", _("now"));
	else
		axis_time(p, j->to, t);
	if (w + 2 + text_cells(t) > c->w)
		return;
	canvas_right(c, w, 0, c->w - w, ST_DIM, t);
	if (c->w - w < 60)
		return;
	axis_time(p, j->from + (j->to - j->from) / 2, t);
	canvas_text(c, SCALE_W + (c->w - SCALE_W - text_cells(t)) / 2, 0,
		ST_DIM, t);
}

/* --- the ladder ----------------------------------------------------------- */

/* So wide that the channels that are shown are not cut. */
static int channel_cells(const struct journey *j, int rows)
{
	int i, w, most = 4;

	for (i = j->top; i < j->n && i < j->top + rows; i++) {
		w = text_cells(journey_word(j->t.v[j->show[i]].channel));
		most = w > most ? w : most;
	}
	return most < 6 ? most : 6;
}

static void draw_touch(const struct pane *p, const struct touch *x,
	struct canvas *c, int channel, int cursor)
{
	const struct journey *j = own(p);
	int long_time = c->w >= 44 && j->to - j->from <= 20 * DAY_MS, at = 1;
	int cells = words_time_cells();
	char t[24], tl[32], sign[2] = {x->sign, '\0'};
	const char *s = long_time ? words_time_long(p->desk, x->at, tl)
				  : words_time(p->desk, x->at, t);

	canvas_text(c, 0, 0, ST_STRONG, cursor ? ">" : " ");
	at += canvas_slot(c, at, 0, long_time && cells > 7 ? cells + 6
			       : long_time	    ? 12
						    : cells,
		      ST_DIM, s, 1) +
	      1;
	if (c->w >= 24)
		at += canvas_slot(c, at, 0, channel, ST_LABEL,
			      journey_word(x->channel), 1) +
		      1;
	at += canvas_text(c, at, 0,
		      x->sign == '!'   ? ST_BAD
		      : x->sign == '*' ? ST_STRONG
				       : ST_DIM,
		      sign) +
	      1;
	canvas_slot(c, at, 0, c->w - at, x->style, x->text, 0);
	if (cursor)
		canvas_tint(c, 0, 0, c->w, ST_ON_CURSOR);
}

static void draw_earlier(const struct pane *p, struct canvas *c, int y)
{
	const struct journey *j = own(p);
	char t[24];

	words_time(p->desk, j->t.v[j->t.n - 1].at, t);
	canvas_printf(c, 1, y, ST_DIM, _("-- %d earlier, back to %s --"),
		j->earlier, t);
}

static void draw_ladder(const struct pane *p, struct canvas *c)
{
	const struct journey *j = own(p);
	int y, channel = channel_cells(j, c->h);

	for (y = 0; y < c->h && j->top + y < j->n; y++) {
		struct canvas row = canvas_sub(c, 0, y, -1, 1);

		draw_touch(p, &j->t.v[j->show[j->top + y]], &row, channel,
			j->top + y == j->at);
	}
	if (!j->n && y < c->h)
		canvas_text(c, 1, y++, ST_DIM,
			j->filter && *j->filter ? _("Nothing fits the filter.")
						: _("Nothing in this time."));
	if (y < c->h && j->earlier)
		draw_earlier(p, c, y);
}

static void draw_promises(const struct pane *p, struct canvas *c)
{
	const struct journey *j = own(p);
	int y, x;

	for (y = 0; y < c->h && y < j->t.n_promise; y++) {
		const struct open_promise *o = &j->t.promise[y];
		int64_t left = o->due - desk_now(p->desk);
		unsigned style = ST_TEXT;
		char due[48] = "", span[TIME_SAID_SIZE];

		if (o->due && left < 0) {
			style = ST_BAD;
			snprintf(due, sizeof(due), _("OVERDUE by %s"),
				words_age(p->desk, o->due, span));
		} else if (o->due) {
			words_due(p->desk, o->due, &style, due);
		}
		x = canvas_text(c, 0, y, ST_LABEL | ST_BOLD,
			    c->w >= 40 ? _("Promise") : "!") +
		    1;
		x += canvas_text(c, x, y, style | ST_BOLD, due) + 1;
		canvas_slot(c, x, y, c->w - x, style, o->text, 0);
	}
}

static void journey_draw(const struct pane *p, struct canvas *c)
{
	const struct journey *j = own(p);
	struct parts s = parts_of(j, c->w, c->h);
	struct canvas part;

	if (s.curve) {
		part = canvas_sub(c, 0, 0, -1, s.curve);
		draw_curve(j, &part);
	}
	if (s.stages) {
		part = canvas_sub(c, 0, s.curve, -1, 1);
		draw_stages(j, &part);
	}
	if (s.axis) {
		part = canvas_sub(c, 0, s.curve + s.stages, -1, 1);
		draw_axis(p, &part);
	}
	part = canvas_sub(c, 0, s.ladder_y, -1, s.ladder);
	draw_ladder(p, &part);
	part = canvas_sub(c, 0, s.ladder_y + s.ladder, -1, s.foot);
	draw_promises(p, &part);
}

/* --- commands ------------------------------------------------------------- */

static enum pane_did move(struct journey *j, int by)
{
	int64_t to = (int64_t)j->at + by;

	j->at = to < 0 ? 0 : to >= j->n ? j->n - 1 : (int)to;
	keep_cursor_seen(j);
	return DID_DRAW;
}

static enum pane_did zoom(struct journey *j, int by)
{
	int to = j->zoom + by;

	if (to < 0 || to > ZOOM_CASE)
		return DID_DRAW;
	j->zoom = to;
	return DID_LOAD;
}

static enum pane_did open_touch(struct pane *p)
{
	const struct touch *x = current(own(p));

	if (!x)
		return DID_DRAW;
	if (x->entity == ENT_COUNT)
		desk_say(p->desk, NOTICE_WARN,
			_("this belongs to no case; orders have a pane of "
			  "their own"));
	else if (desk_focus(p->desk, x->entity, x->id) < 0)
		desk_say_err(p->desk);
	return DID_DRAW;
}

static enum pane_did journey_command(
	struct pane *p, const struct command_line *cmd)
{
	struct journey *j = own(p);
	struct parts s = parts_of(j, j->w, j->h);
	int page = s.ladder > 2 ? s.ladder - 1 : 1;

	switch (cmd->id) {
	case CMD_ZOOM_IN:
		return zoom(j, 1);
	case CMD_ZOOM_OUT:
		return zoom(j, -1);
	case CMD_DOWN:
		return move(j, 1);
	case CMD_UP:
		return move(j, -1);
	case CMD_PAGE_DOWN:
		return move(j, page);
	case CMD_PAGE_UP:
		return move(j, -page);
	case CMD_HALF_DOWN:
		return move(j, page / 2 + 1);
	case CMD_HALF_UP:
		return move(j, -(page / 2 + 1));
	case CMD_TOP:
		return move(j, -j->n);
	case CMD_END:
		return move(j, j->n);
	case CMD_OPEN:
		return open_touch(p);
	default:
		return DID_NOTHING;
	}
}

static const char *journey_why_not(const struct pane *p, enum command c)
{
	if (c == CMD_ZOOM_IN && own(p)->zoom == ZOOM_CASE)
		return _("it is as near as it gets");
	if (c == CMD_ZOOM_OUT && own(p)->zoom == 0)
		return _("two years is as far as it gets");
	return NULL;
}

static enum pane_did journey_event(struct pane *p, const struct ui_event *e)
{
	struct journey *j = own(p);
	struct parts s = parts_of(j, j->w, j->h);
	int row = e->y - s.ladder_y;

	if (e->kind != UI_MOUSE)
		return DID_NOTHING;
	if (e->act == MOUSE_WHEEL_DOWN)
		return move(j, 3);
	if (e->act == MOUSE_WHEEL_UP)
		return move(j, -3);
	if (e->act != MOUSE_DOWN || row < 0 || row >= s.ladder ||
		j->top + row >= j->n)
		return DID_NOTHING;
	/* a second click on the same row opens it */
	if (j->at == j->top + row)
		return open_touch(p);
	j->at = j->top + row;
	return DID_DRAW;
}

static int journey_filter(struct pane *p, const char *text)
{
	struct journey *j = own(p);

	free(j->filter);
	j->filter = xstrdup_null(text);
	if (j->customer)
		choose(p);
	keep_cursor_seen(j);
	return 0;
}

static const char *journey_note(const struct pane *p, struct arena *a)
{
	const struct journey *j = own(p);

	return arena_printf(a, P_("%s, %d touch", "%s, %d touches", j->n),
		_(zooms[j->zoom].text), j->n);
}

static int journey_targets(
	const struct pane *p, enum entity *e, int64_t *ids, int max)
{
	const struct touch *x = current(own(p));

	if (!x || max < 1 || x->entity == ENT_COUNT)
		return 0;
	*e = x->entity;
	ids[0] = x->id;
	return 1;
}

static int journey_copy(const struct pane *p, struct buf *out)
{
	const struct touch *x = current(own(p));
	char t[32];

	if (!x)
		return 0;
	buf_addf(out, "%s  %s  %s", words_time_long(p->desk, x->at, t),
		journey_word(x->channel), x->text);
	return 1;
}

static void journey_empty(
	const struct pane *p, const char **say, const char **hint)
{
	if (!desk_case(p->desk)->customer) {
		*say = _("No customer is known for this case.");
		*hint = NULL;
	} else {
		*say = _("Nothing is known of this customer's way yet.");
		*hint = _("g r asks the backends for news.");
	}
}

static void journey_save(const struct pane *p, struct buf *json)
{
	buf_addf(json, "{\"zoom\": %d}", own(p)->zoom);
}

static void journey_restore(struct pane *p, const struct json *saved)
{
	int64_t z;

	if (json_int(json_get(saved, "zoom"), &z) && z >= 0 && z <= ZOOM_CASE)
		own(p)->zoom = (int)z;
}

static int journey_open(struct pane *p)
{
	own(p)->zoom = ZOOM_FIRST;
	return 0;
}

static void journey_close(struct pane *p)
{
	travel_fini(&own(p)->t);
	free(own(p)->show);
	free(own(p)->filter);
}

const struct pane_ops pane_journey = {
	.name = "journey",
	.title = N_("Journey"),
	.topics = TOPIC(ENT_MOMENT) | TOPIC(ENT_CALL) | TOPIC(ENT_TICKET) |
		  TOPIC(ENT_CONVERSATION) | TOPIC(ENT_MESSAGE) |
		  TOPIC(ENT_ORDER) | TOPIC(ENT_ORDER_EVENT) |
		  TOPIC(ENT_PROMISE) | TOPIC_FOCUS,
	.contexts = CX_JOURNEY | CX_TEXT | CX_CASE,
	.min_w = 22,
	.min_h = 4,
	.good_w = 48,
	.good_h = 18,
	.drop = 4,
	.state_size = sizeof(struct journey),
	.open = journey_open,
	.close = journey_close,
	.load = journey_load,
	.draw = journey_draw,
	.command = journey_command,
	.why_not = journey_why_not,
	.event = journey_event,
	.note = journey_note,
	.empty = journey_empty,
	.targets = journey_targets,
	.copy = journey_copy,
	.filter = journey_filter,
	.save = journey_save,
	.restore = journey_restore,
};
