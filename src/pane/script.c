/* SPDX-License-Identifier: MIT */
/*
 * The steps of a contact as ticks: greet, verify, diagnose, resolve, wrap up,
 * with what is known already beside them. Ticks belong to the case and are kept
 * with its drafts. It says what to do, not what to say, and sends nothing.
 */
#include "pane_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

/* What a step can be helped with. */
enum known { KNOWN_NONE, KNOWN_NAME, KNOWN_ORDER, KNOWN_PROMISE, KNOWN_N };

struct tick {
	const char *step; /* NULL: of the one above */
	const char *text;
	enum known known;
};

static const struct tick spoken[] = {
	{N_("1 Greet"), N_("name back"), KNOWN_NAME},
	{NULL, N_("reason said back"), KNOWN_NONE},
	{N_("2 Verify"), N_("order number"), KNOWN_ORDER},
	{NULL, N_("last four digits"), KNOWN_NONE},
	{N_("3 Diagnose"), N_("what was promised"), KNOWN_PROMISE},
	{NULL, N_("what was tried"), KNOWN_NONE},
	{N_("4 Resolve"), N_("solution agreed"), KNOWN_NONE},
	{NULL, N_("new promise with a date"), KNOWN_NONE},
	{N_("5 Wrap up"), N_("outcome written down"), KNOWN_NONE},
	{NULL, N_("follow-up set"), KNOWN_NONE},
};
static const struct tick written[] = {
	{N_("1 Greet"), N_("by name"), KNOWN_NAME},
	{NULL, N_("question in our words"), KNOWN_NONE},
	{N_("2 Verify"), N_("order number"), KNOWN_ORDER},
	{NULL, N_("sender is the customer"), KNOWN_NONE},
	{N_("3 Diagnose"), N_("what was promised"), KNOWN_PROMISE},
	{NULL, N_("history read"), KNOWN_NONE},
	{N_("4 Resolve"), N_("every question answered"), KNOWN_NONE},
	{NULL, N_("what happens next, and when"), KNOWN_NONE},
	{N_("5 Wrap up"), N_("status and tags set"), KNOWN_NONE},
	{NULL, N_("follow-up set"), KNOWN_NONE},
};
#define TICKS ((int)ARRAY_SIZE(spoken))
_Static_assert(sizeof(spoken) == sizeof(written), "as many ticks");

struct script {
	const struct tick *of;
	char on[TICKS + 1]; /* '1' or '0' each */
	char key[64];	    /* of the draft */
	char *known[KNOWN_N];
	unsigned style[KNOWN_N];
	int at, top;
};

static struct script *own(const struct pane *p)
{
	return p->own;
}

static void forget(struct script *s)
{
	int i;

	for (i = 0; i < KNOWN_N; i++) {
		FREE(&s->known[i]);
		s->style[i] = ST_TEXT;
	}
}

/* --- what is known -------------------------------------------------------- */

static void know_name(struct pane *p, int64_t customer)
{
	struct rows rows;

	if (store_row(desk_ro(p->desk), ENT_CUSTOMER, customer, &rows) < 0)
		return;
	own(p)->known[KNOWN_NAME] =
		xstrdup_null(words_str(&rows.v[0], FID_CUSTOMER_NAME));
	rows_free(&rows);
}

static void know_order(struct pane *p, int64_t customer)
{
	struct rows rows;
	const char *number;

	if (pane_children(p, FID_ORDER_CUSTOMER, customer, FID_ORDER_PLACED, 1,
		    &rows) < 0)
		return;
	if (rows.n) {
		number = words_str(&rows.v[0], FID_ORDER_NUMBER);
		own(p)->known[KNOWN_ORDER] =
			xstrdup_null(number ? number : rows.v[0].rid);
	}
	rows_free(&rows);
}

static int is_open(const struct row *r)
{
	const char *s = words_str(r, FID_PROMISE_STATUS);

	return !s || strcmp(s, "open") == 0;
}

/* The open promise that is due first. */
static void know_promise(struct pane *p, int64_t customer)
{
	struct script *s = own(p);
	const struct row *best = NULL;
	struct rows rows;
	const char *text;
	char left[48] = "";
	int i;

	if (pane_children(p, FID_PROMISE_CUSTOMER, customer, FID_PROMISE_DUE,
		    100, &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++) /* the latest comes first */
		if (is_open(&rows.v[i]))
			best = &rows.v[i];
	if (best) {
		text = words_str(best, FID_PROMISE_TEXT);
		if (row_get(best, FID_PROMISE_DUE)->kind == VAL_INT)
			words_due(p->desk, row_get(best, FID_PROMISE_DUE)->i,
				&s->style[KNOWN_PROMISE], left);
		s->known[KNOWN_PROMISE] = xasprintf(
			"%s%s%s", left, left[0] ? "  " : "", text ? text : "");
	}
	rows_free(&rows);
}

/* --- ticks ---------------------------------------------------------------- */

static void read_ticks(struct pane *p)
{
	struct script *s = own(p);
	struct arena *a = arena_new();
	const char *text;
	int i;

	memset(s->on, '0', TICKS);
	if (desk_draft_get(p->desk, s->key, a, &text) < 0) {
		err_clear();
		text = "";
	}
	for (i = 0; i < TICKS && text[i]; i++)
		s->on[i] = text[i] == '1' ? '1' : '0';
	arena_free(a);
}

static enum pane_did toggle(struct pane *p)
{
	struct script *s = own(p);

	if (!s->key[0])
		return DID_DRAW;
	s->on[s->at] = s->on[s->at] == '1' ? '0' : '1';
	desk_draft(p->desk, s->key, strchr(s->on, '1') ? s->on : NULL, 0);
	return DID_DRAW;
}

static int count_on(const struct script *s)
{
	int i, n = 0;

	for (i = 0; i < TICKS; i++)
		n += s->on[i] == '1';
	return n;
}

/* --- load and draw -------------------------------------------------------- */

static void keep_cursor(const struct pane *p)
{
	struct script *s = own(p);

	if (s->at < 0)
		s->at = 0;
	if (s->at >= TICKS)
		s->at = TICKS - 1;
	if (s->top > s->at)
		s->top = s->at;
	if (p->h > 0 && s->at >= s->top + p->h)
		s->top = s->at - p->h + 1;
	if (s->top > TICKS - p->h)
		s->top = TICKS > p->h ? TICKS - p->h : 0;
}

static int script_load(struct pane *p)
{
	struct script *s = own(p);
	const struct desk_case *k = desk_case(p->desk);
	char key[64];

	forget(s);
	if (k->entity == ENT_COUNT) {
		s->key[0] = '\0';
		p->state = PANE_EMPTY;
		return 0;
	}
	if (k->ticket)
		snprintf(key, sizeof(key), "script:%lld", (long long)k->ticket);
	else
		snprintf(key, sizeof(key), "script:%s:%lld",
			entity_desc(k->entity)->name, (long long)k->id);
	if (strcmp(key, s->key) != 0)
		s->at = s->top = 0;
	memcpy(s->key, key, sizeof(key));
	s->of = k->entity == ENT_CALL || k->entity == ENT_CUSTOMER ? spoken
								   : written;
	read_ticks(p);
	if (k->customer) {
		know_name(p, k->customer);
		know_order(p, k->customer);
		know_promise(p, k->customer);
	}
	keep_cursor(p);
	return 0;
}

static void draw_tick(const struct script *s, int i, struct canvas *c)
{
	const struct tick *t = &s->of[i];
	int wide = c->w >= 36, x = 1, on = s->on[i] == '1';
	const char *known = t->known ? s->known[t->known] : NULL;

	if (wide)
		x += canvas_slot(c, x, 0, 12, ST_LABEL,
			     t->step ? _(t->step) : "", 1) +
		     1;
	x += canvas_text(c, x, 0, on ? ST_GOOD : ST_TEXT, on ? "[x]" : "[ ]") +
	     1;
	x += canvas_slot(
		c, x, 0, c->w - x, on ? ST_DIM : ST_TEXT, _(t->text), 0);
	if (known && x + 4 < c->w)
		canvas_slot(c, x + 2, 0, c->w - x - 2,
			on				? ST_DIM
			: s->style[t->known] == ST_TEXT ? ST_STRONG
							: s->style[t->known],
			known, 0);
}

static void script_draw(const struct pane *p, struct canvas *c)
{
	const struct script *s = own(p);
	int y;

	if (!s->of)
		return;
	for (y = 0; y < c->h && s->top + y < TICKS; y++) {
		struct canvas row = canvas_sub(c, 0, y, -1, 1);

		draw_tick(s, s->top + y, &row);
		if (s->top + y != s->at || !p->focused)
			continue;
		canvas_text(&row, 0, 0, ST_STRONG, ">");
		canvas_tint(&row, 0, 0, row.w, ST_ON_CURSOR);
	}
}

/* --- the pane ------------------------------------------------------------- */

static enum pane_did move(struct pane *p, int by)
{
	own(p)->at += by;
	keep_cursor(p);
	return DID_DRAW;
}

static enum pane_did script_command(
	struct pane *p, const struct command_line *cmd)
{
	switch (cmd->id) {
	case CMD_DOWN:
		return move(p, 1);
	case CMD_UP:
		return move(p, -1);
	case CMD_TOP:
		return move(p, -TICKS);
	case CMD_END:
		return move(p, TICKS);
	case CMD_PAGE_DOWN:
		return move(p, p->h > 1 ? p->h - 1 : 1);
	case CMD_PAGE_UP:
		return move(p, p->h > 1 ? 1 - p->h : -1);
	case CMD_OPEN:
	case CMD_MARK:
		toggle(p);
		return move(p, own(p)->on[own(p)->at] == '1');
	case CMD_MARK_NONE:
		return DID_DRAW;
	default:
		return DID_NOTHING;
	}
}

static int is_space(const struct ui_event *e)
{
	return e->kind == UI_KEY && e->key.code == ' ' && !e->key.mods;
}

static enum pane_did script_event(struct pane *p, const struct ui_event *e)
{
	struct script *s = own(p);

	if (is_space(e)) {
		toggle(p);
		return move(p, s->on[s->at] == '1');
	}
	if (e->kind != UI_MOUSE)
		return DID_NOTHING;
	if (e->act == MOUSE_WHEEL_DOWN)
		return move(p, 1);
	if (e->act == MOUSE_WHEEL_UP)
		return move(p, -1);
	if (e->act != MOUSE_DOWN || e->y < 0 || s->top + e->y >= TICKS)
		return DID_NOTHING;
	s->at = s->top + e->y;
	return toggle(p);
}

static const char *script_note(const struct pane *p, struct arena *a)
{
	return own(p)->key[0]
		       ? arena_printf(a, _("%d of %d"), count_on(own(p)), TICKS)
		       : NULL;
}

static int script_copy(const struct pane *p, struct buf *out)
{
	const struct script *s = own(p);
	enum known k = s->of ? s->of[s->at].known : KNOWN_NONE;

	if (!s->key[0])
		return 0;
	buf_adds(out, k && s->known[k] ? s->known[k] : _(s->of[s->at].text));
	return 1;
}

static void script_close(struct pane *p)
{
	forget(own(p));
}

static void script_empty(
	const struct pane *p, const char **say, const char **hint)
{
	(void)p;
	*say = _("No case is in focus.");
	*hint = _("Enter on a row of a list opens it.");
}

const struct pane_ops pane_script = {
	.name = "script",
	.title = N_("Script"),
	.topics = TOPIC_FOCUS | TOPIC_DRAFT | TOPIC(ENT_PROMISE) |
		  TOPIC(ENT_ORDER) | TOPIC(ENT_CUSTOMER),
	.contexts = CX_LIST | CX_CASE,
	.min_w = 24,
	.min_h = 4,
	.good_w = 48,
	.good_h = 12,
	.drop = 5,
	.state_size = sizeof(struct script),
	.close = script_close,
	.load = script_load,
	.draw = script_draw,
	.command = script_command,
	.event = script_event,
	.note = script_note,
	.copy = script_copy,
	.empty = script_empty,
};
