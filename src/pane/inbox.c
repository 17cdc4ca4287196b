/* SPDX-License-Identifier: MIT */
/*
 * The lists one works from: tickets or conversations by tab, each a query. The
 * one focus follows the cursor. A scenario may give "conversations", or a query
 * that is the only tab.
 */
#include "pane_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/app/codes.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

#define MAX_TABS 6
#define NO_ROOM	 10000 /* cells, of a column that gives way first */

struct tab_def {
	const char *text, *query, *sort;
};

static const struct tab_def ticket_tabs[] = {
	{N_("Mine"), "owner:me is:open -is:snoozed", "-updated"},
	{N_("Waiting"), "owner:none is:open -is:snoozed", "created"},
	{N_("Late"), "is:overdue is:open -is:snoozed", "due"},
	{N_("Open"), "is:open -is:snoozed", "-updated"},
	{N_("Done"), "phase:done", "-updated"},
	{N_("Put aside"), "is:snoozed", "-updated"},
};
static const struct tab_def talk_tabs[] = {
	{N_("Mine"), "owner:me is:open -is:snoozed", "-updated"},
	{N_("Waiting"), "owner:none is:open -is:snoozed", "updated"},
	{N_("Unread"), "unread:>0 is:open -is:snoozed", "updated"},
	{N_("Open"), "is:open -is:snoozed", "-updated"},
	{N_("Ended"), "phase:done", "-updated"},
	{N_("Put aside"), "is:snoozed", "-updated"},
};

enum { C_SIGN, C_NAME, C_SUBJECT, C_CUSTOMER, C_STATUS, C_OWNER, C_AGE, C_N };
static const struct column cols[C_N] = {
	[C_SIGN] = {.min = 2, .want = 2},
	[C_NAME] = {.min = 5, .want = 9, .drop = 2},
	[C_SUBJECT] = {.min = 12, .want = 30, .weight = 3},
	[C_CUSTOMER] = {.min = 8, .want = 16, .weight = 1, .drop = 3},
	[C_STATUS] = {.min = 7, .want = 8, .drop = 4},
	[C_OWNER] = {.min = 8, .want = 12, .drop = 5},
	[C_AGE] = {.min = 4, .want = 4, .drop = 1, .right = 1},
};
/* In a chat one knows the other by name: it stands where a ticket has its
 * number, and the number where a ticket has the customer. */
static const struct column talk_cols[C_N] = {
	[C_SIGN] = {.min = 2, .want = 2},
	[C_NAME] = {.min = 6, .want = 10, .drop = 2},
	[C_SUBJECT] = {.min = 12, .want = 30, .weight = 3},
	[C_CUSTOMER] = {.min = 6, .want = 9, .drop = 3},
	[C_STATUS] = {.min = 8, .want = 8, .drop = 4},
	[C_OWNER] = {.min = 8, .want = 12, .drop = 5},
	[C_AGE] = {.min = 4, .want = 4, .drop = 1, .right = 1},
};

struct inbox {
	struct rowlist *list;
	enum entity entity;
	struct tab_def tabs[MAX_TABS];
	int64_t counts[MAX_TABS];
	int remembered; /* the counts are those of last time */
	struct column cols[C_N];
	struct arena *arena; /* of the marks */
	struct store_mark *aside;
	int n_aside;
	int n, at;
};

static const struct inbox *own(const struct pane *p)
{
	return p->own;
}

/* --- a row ---------------------------------------------------------------- */

/* What was put aside, and came back: NULL it never was. */
static const struct store_mark *aside_of(const struct inbox *b, int64_t id)
{
	int i;

	for (i = 0; i < b->n_aside; i++)
		if (b->aside[i].id == id)
			return &b->aside[i];
	return NULL;
}

static int is_back(const struct inbox *b, int64_t id)
{
	const struct store_mark *m = aside_of(b, id);

	return m && m->woken;
}

/* "!" late, "*" unread, "~" pending, "^" back after it was put aside. */
static const char *sign(struct pane *p, const struct row *r, unsigned *style)
{
	struct desk *d = p->desk;
	enum entity e = own(p)->entity;
	const struct val *due = row_get(r, FID_TICKET_DUE);

	*style = ST_TEXT;
	if (r->pending) {
		*style = ST_PENDING;
		return "~";
	}
	if (is_back(own(p), r->id)) {
		*style = ST_NEWS;
		return "^";
	}
	if (e == ENT_TICKET && due->kind == VAL_INT && due->i &&
		due->i < desk_now(d)) {
		*style = ST_BAD;
		return "!";
	}
	if (e == ENT_CONVERSATION &&
		row_get(r, FID_CONVERSATION_UNREAD)->i > 0) {
		*style = ST_NEWS;
		return "*";
	}
	return " ";
}

static int64_t row_time(const struct row *r, enum entity e)
{
	const struct val *v =
		row_get(r, e == ENT_TICKET ? FID_TICKET_UPDATED
					   : FID_CONVERSATION_UPDATED);

	return v->kind == VAL_INT ? v->i : 0;
}

static int is_late_list(const struct inbox *b)
{
	return b->entity == ENT_TICKET &&
	       strcmp(b->tabs[b->at].sort, "due") == 0;
}

/* Instead of its age: how late it is where that is what the list is about, and
 * when it comes back by itself. */
static void until(struct pane *p, const struct row *r, char age[TIME_SAID_SIZE])
{
	const struct store_mark *m = aside_of(own(p), r->id);
	const struct val *due = row_get(r, FID_TICKET_DUE);

	if (is_late_list(own(p)) && due->kind == VAL_INT && due->i)
		words_age(p->desk, due->i, age);
	if (!m || m->woken)
		return;
	if (m->until_ms)
		words_age(p->desk, m->until_ms, age);
	else
		snprintf(age, TIME_SAID_SIZE, "...");
}

static void draw_row(
	void *u, const struct row *r, struct canvas *c, int cursor, int marked)
{
	struct pane *p = u;
	enum entity e = own(p)->entity;
	int t = e == ENT_TICKET, w[C_N], x = 0, i;
	unsigned style;
	char name[256], age[TIME_SAID_SIZE] = "";
	const char *v[C_N];

	v[C_SIGN] = sign(p, r, &style);
	v[C_NAME] = session_name(
		desk_session(p->desk), r->connector, r->rid, r->id, name);
	v[C_SUBJECT] =
		words_str(r, t ? FID_TICKET_SUBJECT : FID_CONVERSATION_SUBJECT);
	v[C_CUSTOMER] = words_str(
		r, t ? FID_TICKET_CUSTOMER : FID_CONVERSATION_CUSTOMER);
	if (!t) {
		const char *number = v[C_NAME];

		v[C_NAME] = v[C_CUSTOMER] ? v[C_CUSTOMER] : number;
		v[C_CUSTOMER] = number;
	}
	v[C_STATUS] = codes_status(
		words_str(r, t ? FID_TICKET_STATUS : FID_CONVERSATION_STATUS));
	v[C_OWNER] =
		words_str(r, t ? FID_TICKET_OWNER : FID_CONVERSATION_OWNER);
	if (row_time(r, e))
		words_age(p->desk, row_time(r, e), age);
	until(p, r, age);
	v[C_AGE] = age;
	columns_fit(own(p)->cols, C_N, c->w, w);
	for (i = 0; i < C_N; i++) {
		unsigned s = i == C_SIGN			  ? style
			     : i == C_AGE && is_late_list(own(p)) ? ST_BAD
			     : i == C_SUBJECT
				     ? (r->pending ? ST_PENDING : ST_TEXT)
				     : ST_DIM;

		if (!w[i])
			continue;
		if (cols[i].right)
			canvas_right(c, x, 0, w[i], s, v[i] ? v[i] : "");
		else
			/* the cursor stands before the sign, not on it */
			canvas_slot(c, x + (i == C_SIGN), 0,
				w[i] - (i == C_SIGN), s, v[i] ? v[i] : "", 1);
		x += w[i] + 1;
	}
	if (cursor)
		canvas_text(c, 0, 0, ST_STRONG, marked ? "*" : ">");
	else if (marked)
		canvas_text(c, 0, 0, ST_MARK, "*");
	if (cursor)
		canvas_tint(c, 0, 0, c->w, ST_ON_CURSOR);
	else if (marked)
		canvas_tint(c, 0, 0, c->w, ST_ON_MARK);
}

static const struct rowlist_ops row_ops = {.draw = draw_row};

/* --- the pane ------------------------------------------------------------- */

static int go_tab(struct pane *p, int at)
{
	struct inbox *b = p->own;

	b->at = (at + b->n) % b->n;
	return rowlist_query(
		b->list, b->tabs[b->at].query, b->tabs[b->at].sort);
}

static int inbox_open(struct pane *p)
{
	struct inbox *b = p->own;
	int talk = strcmp(p->arg, "conversations") == 0, rc;

	b->entity = talk ? ENT_CONVERSATION : ENT_TICKET;
	if (*p->arg && !talk) {
		b->tabs[0] = (struct tab_def){p->arg, p->arg, "-updated"};
		b->n = 1;
	} else {
		memcpy(b->tabs, talk ? talk_tabs : ticket_tabs,
			sizeof(ticket_tabs));
		b->n = (int)ARRAY_SIZE(ticket_tabs);
	}
	b->list = rowlist_new(p, b->entity, &row_ops, p, 1);
	rc = go_tab(p, 0);
	if (rc < 0) {
		rowlist_free(b->list);
		b->list = NULL;
	}
	return rc;
}

static void inbox_close(struct pane *p)
{
	struct inbox *b = p->own;

	rowlist_free(b->list);
	arena_free(b->arena);
}

static int count_tabs(struct pane *p)
{
	struct inbox *b = p->own;
	struct query *q;
	int i, rc = 0;

	for (i = 0; i < b->n && rc == 0; i++) {
		rc = query_parse(b->tabs[i].query, b->entity, desk_now(p->desk),
			desk_zone(p->desk), &q);
		if (rc < 0)
			return rc;
		rc = store_query_count(desk_ro(p->desk), q, desk_me(p->desk),
			COUNT_MOST, &b->counts[i]);
		query_free(q);
	}
	return rc;
}

static int read_aside(struct pane *p)
{
	struct inbox *b = p->own;

	arena_free(b->arena);
	b->arena = arena_new();
	b->n_aside = 0;
	return store_mark_list(desk_ro(p->desk), b->entity, 0, "snooze",
		desk_now(p->desk), b->arena, &b->aside, &b->n_aside);
}

/* A list of its own whose rows all have the same one, or none: its room is the
 * subject's. */
static int knows_owner(const struct inbox *b)
{
	return b->n > 1 && strncmp(b->tabs[b->at].query, "owner:", 6) == 0;
}

static int inbox_load(struct pane *p)
{
	struct inbox *b = p->own;
	int rc = b->remembered ? 0 : count_tabs(p);

	memcpy(b->cols, b->entity == ENT_TICKET ? cols : talk_cols,
		sizeof(b->cols));
	b->cols[C_AGE].min = b->cols[C_AGE].want = words_age_cells();
	if (knows_owner(b))
		b->cols[C_OWNER].min = NO_ROOM;
	if (rc == 0)
		rc = read_aside(p);
	p->h -= b->n > 1;
	if (rc == 0)
		rc = rowlist_load(b->list);
	p->h += b->n > 1;
	/* the tabs stay when a list is empty: the message is drawn below */
	if (p->state == PANE_EMPTY && b->n > 1)
		p->state = PANE_READY;
	return rc;
}

static int inbox_later(struct pane *p)
{
	struct inbox *b = p->own;
	int64_t was[MAX_TABS];

	if (!b->remembered)
		return 0;
	b->remembered = 0;
	memcpy(was, b->counts, sizeof(was));
	if (count_tabs(p) < 0)
		desk_say_err(p->desk);
	return memcmp(was, b->counts, sizeof(was)) != 0;
}

static void draw_tabs(const struct inbox *b, struct canvas *c)
{
	struct tab t[MAX_TABS];
	int i;

	for (i = 0; i < b->n; i++)
		t[i] = (struct tab){
			.text = _(b->tabs[i].text),
			.count = (int)b->counts[i],
			.alarm = b->entity == ENT_TICKET && i == 2 &&
				 b->counts[i] > 0,
		};
	tabs_draw(c, 0, t, b->n, b->at, NULL);
}

/* Below the tabs, when there are any. */
static struct canvas rows_of(const struct inbox *b, const struct canvas *c)
{
	return canvas_sub(c, 0, b->n > 1, -1, -1);
}

static void inbox_draw(const struct pane *p, struct canvas *c)
{
	const struct inbox *b = own(p);
	struct canvas rows = rows_of(b, c);

	if (b->n > 1)
		draw_tabs(b, c);
	if (rowlist_current(b->list))
		rowlist_draw(b->list, &rows);
	else
		canvas_text(&rows, 2, 1, ST_DIM,
			rowlist_filtered(b->list)
				? _("Nothing fits the filter. Esc leaves it.")
				: _("Nothing to do in this list."));
}

static int inbox_redraw(const struct pane *p, struct canvas *c)
{
	const struct inbox *b = own(p);
	struct canvas rows = rows_of(b, c);

	return rowlist_redraw(b->list, &rows);
}

static enum pane_did open_row(struct pane *p)
{
	const struct inbox *b = own(p);
	const struct row *r = rowlist_current(b->list);

	if (!r)
		return DID_DRAW;
	(void)rowlist_select(b->list, r->id); /* from now on it stays there */
	if (desk_focus(p->desk, b->entity, r->id) < 0 ||
		(is_back(b, r->id) && desk_may(p->desk, PM_WRITE) &&
			desk_unmark(p->desk, b->entity, r->id, "snooze",
				_("you had put this aside")) < 0))
		desk_say_err(p->desk);
	return DID_DRAW;
}

static enum pane_did inbox_command(
	struct pane *p, const struct command_line *cmd)
{
	struct inbox *b = p->own;
	int rc;

	switch (cmd->id) {
	case CMD_OPEN:
		return open_row(p);
	case CMD_TAB_NEXT:
	case CMD_TAB_PREV:
		p->moves++;
		rc = go_tab(p, b->at + (cmd->id == CMD_TAB_NEXT ? 1 : -1));
		if (rc < 0)
			desk_say_err(p->desk);
		return DID_LOAD;
	case CMD_SORT:
		if (rowlist_query(b->list, b->tabs[b->at].query, cmd->rest) < 0)
			desk_say_err(p->desk);
		return DID_LOAD;
	default:
		return rowlist_command(b->list, cmd);
	}
}

static enum pane_did inbox_event(struct pane *p, const struct ui_event *e)
{
	struct inbox *b = p->own;
	struct ui_event in = *e;

	if (e->kind == UI_MOUSE && b->n > 1)
		in.y--;
	if (e->kind == UI_MOUSE && e->act == MOUSE_DOWN && e->button == 0 &&
		in.y >= 0 && list_click(rowlist_list(b->list), in.y))
		return open_row(p);
	return rowlist_event(b->list, &in);
}

static int inbox_follow(struct pane *p, enum entity *e, int64_t *id)
{
	return rowlist_follow(own(p)->list, e, id);
}

static int inbox_targets(
	const struct pane *p, enum entity *e, int64_t *ids, int max)
{
	return rowlist_targets(own(p)->list, e, ids, max);
}

static int inbox_copy(const struct pane *p, struct buf *out)
{
	const struct row *r = rowlist_current(own(p)->list);
	char name[256];

	if (!r)
		return 0;
	buf_adds(out, session_name(desk_session(p->desk), r->connector, r->rid,
			      r->id, name));
	return 1;
}

static int inbox_filter(struct pane *p, const char *text)
{
	return rowlist_filter(((struct inbox *)p->own)->list, text);
}

static const char *inbox_note(const struct pane *p, struct arena *a)
{
	const char *f = rowlist_filtered(own(p)->list);
	int64_t ids[2];
	int n = list_marks(rowlist_list(own(p)->list), ids, 2);

	if (f)
		return arena_printf(a, "/%s", f);
	return n ? arena_printf(a, _("%d marked"), n) : NULL;
}

static void inbox_empty(
	const struct pane *p, const char **say, const char **hint)
{
	(void)p;
	*say = _("Nothing to do in this list.");
	*hint = _("g r asks the backends for news.");
}

static void inbox_save(const struct pane *p, struct buf *json)
{
	const struct inbox *b = own(p);
	int i;

	buf_addf(json, "{\"tab\": %d, \"counts\": [", b->at);
	for (i = 0; i < b->n; i++)
		buf_addf(json, "%s%lld", i ? "," : "", (long long)b->counts[i]);
	buf_adds(json, "]}");
}

/* They stand there until the first screen does: to count is a sixth of what it
 * would have to wait for. */
static void recall_counts(struct inbox *b, const struct json *counts)
{
	int64_t v[MAX_TABS] = {0};
	int i;

	if (json_len(counts) != (size_t)b->n)
		return;
	for (i = 0; i < b->n; i++)
		if (!json_int(json_at(counts, (size_t)i), &v[i]) || v[i] < 0 ||
			v[i] > COUNT_MOST + 1)
			return;
	memcpy(b->counts, v, sizeof(v));
	b->remembered = 1;
}

static void inbox_restore(struct pane *p, const struct json *saved)
{
	int64_t tab;

	recall_counts(p->own, json_get(saved, "counts"));
	if (json_int(json_get(saved, "tab"), &tab) && tab >= 0 &&
		tab < own(p)->n)
		(void)!go_tab(p, (int)tab);
}

const struct pane_ops pane_inbox = {
	.name = "inbox",
	.title = N_("Inbox"),
	.topics = TOPIC(ENT_TICKET) | TOPIC(ENT_CONVERSATION) | TOPIC_OPS,
	.contexts = CX_LIST | CX_CASE,
	.min_w = 24,
	.min_h = 5,
	.good_w = 60,
	.good_h = 16,
	.drop = 2,
	.state_size = sizeof(struct inbox),
	.open = inbox_open,
	.close = inbox_close,
	.load = inbox_load,
	.later = inbox_later,
	.draw = inbox_draw,
	.redraw = inbox_redraw,
	.command = inbox_command,
	.event = inbox_event,
	.note = inbox_note,
	.empty = inbox_empty,
	.follow = inbox_follow,
	.targets = inbox_targets,
	.copy = inbox_copy,
	.filter = inbox_filter,
	.save = inbox_save,
	.restore = inbox_restore,
};
