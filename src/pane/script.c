/* SPDX-License-Identifier: MIT */
/*
 * The steps of a contact as ticks, with what is known already beside them, and
 * what to say first: a file that the situation names, galley-macro(5). Ticks
 * belong to the case and its script and are kept with its drafts. It sends
 * nothing.
 */
#include "pane_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/scenario/macro.h"
#include "galley/ui/edit.h"

#define KNOWN_MAX 12

/* What is known of the case, by the names of galley-macro(5). */
struct known {
	const char *name; /* not owned */
	char *text;
	unsigned style;
};

struct script {
	struct macro *m; /* NULL: none */
	char name[65];	 /* of it */
	char bad[65];	 /* could not be read, and that was said */
	char chosen[65]; /* by hand, for this case; "" as the rules say */
	char on[MACRO_MAX_TICKS + 1]; /* '1' or '0' each */
	char key[64];		      /* of the draft */
	char *kept; /* ticks of other scripts of the case: lines */
	struct known known[KNOWN_MAX];
	int n_known;
	int lang; /* the customer's */
	int at, top;
};

static struct script *own(const struct pane *p)
{
	return p->own;
}

static int ticks(const struct script *s)
{
	return s->m ? s->m->n_ticks : 0;
}

/* --- what is known -------------------------------------------------------- */

static void forget(struct script *s)
{
	while (s->n_known)
		free(s->known[--s->n_known].text);
}

static struct known *know(struct script *s, const char *name, const char *text)
{
	struct known *k;

	if (!text || !*text || s->n_known == KNOWN_MAX)
		return NULL;
	k = &s->known[s->n_known++];
	*k = (struct known){
		.name = name, .text = xstrdup(text), .style = ST_TEXT};
	return k;
}

static const struct known *known_of(const struct script *s, const char *name)
{
	int i;

	for (i = 0; name && i < s->n_known; i++)
		if (strcmp(s->known[i].name, name) == 0)
			return &s->known[i];
	return NULL;
}

/* As the role may see them: the last digits are enough to compare. */
static void know_contacts(struct pane *p, int64_t customer)
{
	struct arena *a = arena_new();
	struct rows rows;
	int i;

	if (store_children(desk_ro(p->desk), FID_IDENTITY_CUSTOMER, customer,
		    50, &rows) == 0) {
		for (i = 0; i < rows.n; i++) {
			const char *t =
				words_str(&rows.v[i], FID_IDENTITY_TYPE);
			const char *v =
				words_str(&rows.v[i], FID_IDENTITY_VALUE);

			if (!t || !v)
				continue;
			v = words_contact(p->desk, v, a);
			if (strcmp(t, "phone") == 0)
				know(own(p), "customer.phone", v);
			else if (strcmp(t, "email") == 0)
				know(own(p), "customer.email", v);
		}
		rows_free(&rows);
	}
	arena_free(a);
}

static void know_customer(struct pane *p, int64_t customer)
{
	struct script *s = own(p);
	struct rows rows;

	if (store_row(desk_ro(p->desk), ENT_CUSTOMER, customer, &rows) < 0)
		return;
	know(s, "customer.name", words_str(&rows.v[0], FID_CUSTOMER_NAME));
	know(s, "customer.level", words_str(&rows.v[0], FID_CUSTOMER_VIP));
	s->lang = macro_lang_of(words_str(&rows.v[0], FID_CUSTOMER_LANG));
	rows_free(&rows);
	know_contacts(p, customer);
}

static void know_order(struct pane *p, int64_t customer)
{
	struct script *s = own(p);
	struct rows rows;
	const char *number;

	if (pane_children(p, FID_ORDER_CUSTOMER, customer, FID_ORDER_PLACED, 1,
		    &rows) < 0)
		return;
	if (rows.n) {
		number = words_str(&rows.v[0], FID_ORDER_NUMBER);
		know(s, "order.no", number ? number : rows.v[0].rid);
		know(s, "order.status",
			words_str(&rows.v[0], FID_ORDER_STATUS));
		know(s, "product", words_str(&rows.v[0], FID_ORDER_ITEMS));
	}
	rows_free(&rows);
}

static int is_open(const struct row *r)
{
	const char *s = words_str(r, FID_PROMISE_STATUS);

	return !s || strcmp(s, "open") == 0;
}

static void know_due(struct pane *p, const struct row *r)
{
	const char *text = words_str(r, FID_PROMISE_TEXT);
	unsigned style = ST_TEXT;
	struct known *k;
	char left[48] = "", *s;

	if (row_get(r, FID_PROMISE_DUE)->kind == VAL_INT)
		words_due(
			p->desk, row_get(r, FID_PROMISE_DUE)->i, &style, left);
	k = know(own(p), "promise.due", left);
	if (k)
		k->style = style;
	s = xasprintf("%s%s%s", left, left[0] ? "  " : "", text ? text : "");
	k = know(own(p), "promise.text", s);
	if (k)
		k->style = style;
	free(s);
}

/* The open promise that is due first. */
static void know_promise(struct pane *p, int64_t customer)
{
	const struct row *best = NULL;
	struct rows rows;
	int i;

	if (pane_children(p, FID_PROMISE_CUSTOMER, customer, FID_PROMISE_DUE,
		    100, &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++) /* the latest comes first */
		if (is_open(&rows.v[i]))
			best = &rows.v[i];
	if (best)
		know_due(p, best);
	rows_free(&rows);
}

/* --- ticks ---------------------------------------------------------------- */

/* A draft is a line for each script: its name, a space, a digit a tick. */
static void read_ticks(struct pane *p)
{
	struct script *s = own(p);
	struct arena *a = arena_new();
	struct buf kept = BUF_INIT;
	const char *text, *line;
	size_t n = strlen(s->name), len;
	int i;

	memset(s->on, '0', sizeof(s->on) - 1);
	s->on[ticks(s)] = '\0';
	buf_adds(&kept, "");
	if (desk_draft_get(p->desk, s->key, a, &text) < 0) {
		err_clear();
		text = "";
	}
	for (line = text; *line; line += len + (line[len] == '\n')) {
		len = strcspn(line, "\n");
		if (len <= n || strncmp(line, s->name, n) != 0 ||
			line[n] != ' ') {
			buf_addf(&kept, "%.*s\n", (int)len, line);
			continue;
		}
		for (i = 0; i < ticks(s) && n + 1 + (size_t)i < len; i++)
			s->on[i] = line[n + 1 + (size_t)i] == '1' ? '1' : '0';
	}
	free(s->kept);
	s->kept = buf_take(&kept);
	arena_free(a);
}

static enum pane_did toggle(struct pane *p)
{
	struct script *s = own(p);
	char *text;

	if (!s->key[0] || s->at >= ticks(s))
		return DID_DRAW;
	s->on[s->at] = s->on[s->at] == '1' ? '0' : '1';
	text = strchr(s->on, '1')
		       ? xasprintf("%s%s %s", s->kept, s->name, s->on)
		       : xstrdup(s->kept);
	desk_draft(p->desk, s->key, *text ? text : NULL, 0);
	free(text);
	return DID_DRAW;
}

static int count_on(const struct script *s)
{
	int i, n = 0;

	for (i = 0; i < ticks(s); i++)
		n += s->on[i] == '1';
	return n;
}

/* --- which script --------------------------------------------------------- */

/* 1 when it is there: the one that is read stays otherwise. */
static int take_script(struct pane *p, const char *name)
{
	struct script *s = own(p);
	struct macro *m;
	int same;

	if (!name || !*name || strlen(name) >= sizeof(s->name))
		return 0;
	same = s->m && strcmp(s->name, name) == 0;
	if (same && !p->anew)
		return 1;
	if (macro_load(MACRO_SCRIPT, name, &m) < 0) {
		if (strcmp(s->bad, name) != 0 || p->anew)
			desk_say_err(p->desk);
		snprintf(s->bad, sizeof(s->bad), "%s", name);
		return same; /* as it was */
	}
	s->bad[0] = '\0';
	macro_free(s->m);
	s->m = m;
	snprintf(s->name, sizeof(s->name), "%s", name);
	if (!same)
		s->at = s->top = 0;
	return 1;
}

/* The one that was chosen, that of the situation, the general one. */
static void choose(struct pane *p)
{
	const struct desk_case *k = desk_case(p->desk);
	const char *any = k->entity == ENT_CALL || k->entity == ENT_CUSTOMER
				  ? "spoken"
				  : "written";

	if (take_script(p, own(p)->chosen) ||
		take_script(p, desk_situation(p->desk)->script))
		return;
	(void)take_script(p, any);
}

/* Without a name: from that of the situation to the general one and back. */
static enum pane_did by_hand(struct pane *p, const char *name)
{
	struct script *s = own(p);
	const struct desk_case *k = desk_case(p->desk);

	if (!s->key[0])
		return DID_NOTHING;
	if (*name && !take_script(p, name))
		return DID_DRAW;
	if (!*name && !s->chosen[0])
		name = k->entity == ENT_CALL ? "spoken" : "written";
	snprintf(s->chosen, sizeof(s->chosen), "%s", name);
	return DID_LOAD;
}

/* --- load and draw -------------------------------------------------------- */

/* What to say stands above the ticks. */
static const char *say(const struct script *s)
{
	return s->m && s->m->say[0]
		       ? macro_in(s->m->say,
				 s->lang < 0 ? macro_lang() : s->lang)
		       : NULL;
}

#define SAY_ROWS 3

static int say_lines(const struct script *s, int w, struct wrap_line *v)
{
	const char *text = say(s);
	int n = text && w > 4
			? text_wrap(text, strlen(text), w - 2, v, SAY_ROWS)
			: 0;

	return n > SAY_ROWS ? SAY_ROWS : n;
}

/* Rows for ticks: what is to be said gives way first. */
static int tick_rows(const struct pane *p)
{
	struct wrap_line v[SAY_ROWS];
	int n = say_lines(own(p), p->w, v);

	return p->h > n + 3 ? p->h - n : p->h;
}

static void keep_cursor(const struct pane *p)
{
	struct script *s = own(p);
	int n = ticks(s), h = tick_rows(p);

	if (s->at >= n)
		s->at = n - 1;
	if (s->at < 0)
		s->at = 0;
	if (s->top > s->at)
		s->top = s->at;
	if (h > 0 && s->at >= s->top + h)
		s->top = s->at - h + 1;
	if (s->top > n - h)
		s->top = n > h ? n - h : 0;
}

static void case_key(const struct desk_case *k, char out[64])
{
	if (k->ticket)
		snprintf(out, 64, "script:%lld", (long long)k->ticket);
	else
		snprintf(out, 64, "script:%s:%lld",
			entity_desc(k->entity)->name, (long long)k->id);
}

static int script_load(struct pane *p)
{
	struct script *s = own(p);
	const struct desk_case *k = desk_case(p->desk);
	char key[64];

	forget(s);
	s->lang = -1;
	if (k->entity == ENT_COUNT) {
		s->key[0] = '\0';
		p->state = PANE_EMPTY;
		return 0;
	}
	case_key(k, key);
	if (strcmp(key, s->key) != 0) {
		s->at = s->top = 0;
		s->chosen[0] = '\0';
	}
	memcpy(s->key, key, sizeof(key));
	choose(p);
	p->anew = 0;
	read_ticks(p);
	if (k->customer) {
		know_customer(p, k->customer);
		know_order(p, k->customer);
		know_promise(p, k->customer);
	}
	keep_cursor(p);
	return 0;
}

/* "2 Verify" beside the first tick of a step. */
static void draw_step(const struct script *s, int i, struct canvas *c)
{
	int n = 0, k;

	if (!s->m->ticks[i].step[0])
		return;
	for (k = 0; k <= i; k++)
		n += s->m->ticks[k].step[0] != NULL;
	canvas_printf(c, 1, 0, ST_LABEL, "%d %s", n,
		macro_in(s->m->ticks[i].step, macro_lang()));
}

static void draw_tick(const struct script *s, int i, struct canvas *c)
{
	const struct macro_tick *t = &s->m->ticks[i];
	const struct known *k = known_of(s, t->known);
	int wide = c->w >= 36, x = wide ? 14 : 1, on = s->on[i] == '1';
	struct canvas step = canvas_sub(c, 0, 0, 13, 1);

	if (wide)
		draw_step(s, i, &step);
	x += canvas_text(c, x, 0, on ? ST_GOOD : ST_TEXT, on ? "[x]" : "[ ]") +
	     1;
	x += canvas_slot(c, x, 0, c->w - x, on ? ST_DIM : ST_TEXT,
		macro_in(t->text, macro_lang()), 0);
	if (k && x + 4 < c->w)
		canvas_slot(c, x + 2, 0, c->w - x - 2,
			on		      ? ST_DIM
			: k->style == ST_TEXT ? ST_STRONG
					      : k->style,
			k->text, 0);
}

static void draw_say(const struct script *s, struct canvas *c)
{
	struct wrap_line v[SAY_ROWS];
	int n = say_lines(s, c->w, v), i;

	for (i = 0; i < n; i++) {
		char *line = xstrndup(say(s) + v[i].from, v[i].len);

		canvas_text(c, 1, i, ST_STRONG, line);
		free(line);
	}
}

static void script_draw(const struct pane *p, struct canvas *c)
{
	const struct script *s = own(p);
	int y, head = p->h - tick_rows(p);

	if (!s->m)
		return;
	if (head)
		draw_say(s, c);
	for (y = 0; y < c->h - head && s->top + y < ticks(s); y++) {
		struct canvas row = canvas_sub(c, 0, head + y, -1, 1);

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
		return move(p, -MACRO_MAX_TICKS);
	case CMD_END:
		return move(p, MACRO_MAX_TICKS);
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
	case CMD_SCRIPT:
		return by_hand(p, cmd->rest ? cmd->rest : "");
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
	int row;

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
	row = e->y - (p->h - tick_rows(p));
	if (e->act != MOUSE_DOWN || row < 0 || s->top + row >= ticks(s))
		return DID_NOTHING;
	s->at = s->top + row;
	return toggle(p);
}

static const char *script_note(const struct pane *p, struct arena *a)
{
	const struct script *s = own(p);
	const char *done;

	if (!s->key[0] || !s->m)
		return NULL;
	done = arena_printf(a, _("%d of %d"), count_on(s), ticks(s));
	return arena_printf(
		a, "%s  %s", macro_in(s->m->title, macro_lang()), done);
}

static int script_copy(const struct pane *p, struct buf *out)
{
	const struct script *s = own(p);
	const struct known *k;

	if (!s->key[0] || !ticks(s))
		return 0;
	k = known_of(s, s->m->ticks[s->at].known);
	buf_adds(out,
		k ? k->text : macro_in(s->m->ticks[s->at].text, macro_lang()));
	return 1;
}

static void script_close(struct pane *p)
{
	forget(own(p));
	macro_free(own(p)->m);
	free(own(p)->kept);
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
	.topics = TOPIC_FOCUS | TOPIC_DRAFT | TOPIC(ENT_MESSAGE) |
		  TOPIC(ENT_PROMISE) | TOPIC(ENT_ORDER) | TOPIC(ENT_CUSTOMER),
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
