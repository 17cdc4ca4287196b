/* SPDX-License-Identifier: MIT */
/*
 * The call that rings or is under way: who, probably why, what was promised,
 * what to say first, which key. It takes rows of the screen and never the focus
 * of who is writing, and it arms a moment after it appears, so that a key that
 * was on its way cannot answer.
 */
#include "pane_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/timefmt.h"
#include "galley/pane/facts.h"
#include "galley/scenario/macro.h"

#define ARM_MS 300

struct callbox {
	struct reader r;
	struct desk_case at; /* what it is about */
	char *say;	     /* what to say first, or NULL */
	int64_t call;
	int ringing;
	int64_t since, shown_mono;
};

static struct callbox *own(const struct pane *p)
{
	return p->own;
}

/* The newest call that is not over. */
static int find_call(struct pane *p, struct rows *rows)
{
	struct query *q;
	int rc = query_parse("status:ringing,talking,answered,active", ENT_CALL,
		desk_now(p->desk), desk_zone(p->desk), &q);

	if (rc < 0)
		return rc;
	rc = store_query(desk_ro(p->desk), q, desk_me(p->desk), 1, NULL, rows);
	query_free(q);
	return rc;
}

static void promise_line(struct pane *p, int64_t customer)
{
	struct rows rows;
	int i;

	if (!customer || pane_children(p, FID_PROMISE_CUSTOMER, customer,
				 FID_PROMISE_DUE, 20, &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++) {
		const char *s = words_str(&rows.v[i], FID_PROMISE_STATUS);
		const char *text = words_str(&rows.v[i], FID_PROMISE_TEXT);
		unsigned style;
		char left[48];

		if (!s || (strcmp(s, "open") != 0 && strcmp(s, "broken") != 0))
			continue;
		words_due(p->desk, row_get(&rows.v[i], FID_PROMISE_DUE)->i,
			&style, left);
		reader_line(p->own, style, 0, 0, _("Promised  %s  %s"), left,
			text ? text : "");
		break;
	}
	rows_free(&rows);
}

static void why_line(struct pane *p, const struct desk_case *k)
{
	struct rows rows;

	/* none is open: it may be about the last one all the same */
	if (!k->customer ||
		(k->ticket ? store_row(desk_ro(p->desk), ENT_TICKET, k->ticket,
				     &rows)
			   : pane_children(p, FID_TICKET_CUSTOMER, k->customer,
				     FID_TICKET_UPDATED, 1, &rows)) < 0)
		return;
	if (rows.n) {
		const char *s = words_str(&rows.v[0], FID_TICKET_SUBJECT);

		reader_line(p->own, ST_TEXT, 0, rows.v[0].id,
			_("Likely about  %s"), s ? s : "");
	}
	rows_free(&rows);
}

/* --- what to say first ---------------------------------------------------- */

/* -1: nobody knows. */
static int lang_of(struct pane *p, const struct desk_case *k, const char *call)
{
	int lang = call ? macro_lang_of(call) : -1;
	struct rows rows;

	if (k->customer && store_row(desk_ro(p->desk), ENT_CUSTOMER,
				   k->customer, &rows) == 0) {
		const char *s = words_str(&rows.v[0], FID_CUSTOMER_LANG);

		if (s && macro_lang_of(s) >= 0)
			lang = macro_lang_of(s);
		rows_free(&rows);
	}
	return lang;
}

/* A script's first sentence, new; NULL when it has none. */
static char *first_of(const char *script, int lang)
{
	struct macro *m;
	char *out = NULL;

	if (!script || !*script || macro_load(MACRO_SCRIPT, script, &m) < 0) {
		err_clear();
		return NULL;
	}
	if (m->say[0])
		out = xstrdup_null(
			macro_in(m->say, lang < 0 ? macro_lang() : lang));
	macro_free(m);
	return out;
}

/* By the rules, as if the call were in focus: it rings while one works on
 * another case. That of any call else. */
static void find_say(struct pane *p, const char *call_lang)
{
	struct callbox *b = own(p);
	struct situation_fact v[FACTS_MAX];
	struct situation s = {.name = NULL};
	struct situations *rules;
	struct arena *a = arena_new();
	int lang = lang_of(p, &b->at, call_lang), n;

	FREE(&b->say);
	n = facts_of(p->desk, &b->at, a, v);
	if (situations_load("default", &rules) < 0) {
		err_clear(); /* the bench says it */
	} else {
		if (situation_find(rules, v, n, a, &s))
			b->say = first_of(s.script, lang);
		situations_free(rules);
	}
	if (!b->say)
		b->say = first_of("spoken", lang);
	arena_free(a);
}

static void turn_to(struct pane *p, const struct row *r)
{
	struct callbox *b = own(p);
	struct desk_case at = {.entity = ENT_CALL,
		.id = r->id,
		.connector = r->connector,
		.customer = row_get(r, FID_CALL_CUSTOMER)->i,
		.ticket = row_get(r, FID_CALL_TICKET)->i};
	int same;

	if (!at.ticket)
		at.ticket = desk_likely(p->desk, at.customer);
	same = b->at.id == at.id && b->at.customer == at.customer &&
	       b->at.ticket == at.ticket;

	b->at = at;
	if (!same)
		find_say(p, words_str(r, FID_CALL_LANG));
}

/* --- the pane ------------------------------------------------------------- */

static int callbox_load(struct pane *p)
{
	struct callbox *b = own(p);
	struct rows rows;
	const struct row *r;
	struct arena *a;
	const char *status, *number, *who;
	int rc = find_call(p, &rows);

	if (rc < 0)
		return rc;
	if (!rows.n) {
		b->call = b->at.id = 0;
		p->state = PANE_EMPTY;
		rows_free(&rows);
		return 0;
	}
	a = arena_new();
	r = &rows.v[0];
	if (b->call != r->id)
		b->shown_mono = desk_mono(p->desk);
	b->call = r->id;
	status = words_str(r, FID_CALL_STATUS);
	number = words_str(r, FID_CALL_NUMBER);
	who = words_str(r, FID_CALL_CUSTOMER);
	b->ringing = status && strcmp(status, "ringing") == 0;
	b->since = row_get(r, b->ringing ? FID_CALL_STARTED : FID_CALL_ANSWERED)
			   ->i;
	turn_to(p, r);
	reader_begin(p->own, p->w, p->h);
	reader_line(p->own, b->ringing ? ST_RING : ST_STRONG, 0, 0,
		"%s  %s  %s", who ? who : _("unknown caller"),
		number ? words_contact(p->desk, number, a) : "",
		words_str(r, FID_CALL_QUEUE) ? words_str(r, FID_CALL_QUEUE)
					     : "");
	why_line(p, &b->at);
	promise_line(p, b->at.customer);
	if (b->say)
		reader_line(
			p->own, ST_STRONG, 0, 0, _("Say first  %s"), b->say);
	reader_end(p->own);
	arena_free(a);
	rows_free(&rows);
	return 0;
}

static void callbox_close(struct pane *p)
{
	FREE(&own(p)->say);
	textpane_close(p);
}

static int callbox_tick(struct pane *p)
{
	return own(p)->call != 0;
}

static const char *callbox_note(const struct pane *p, struct arena *a)
{
	const struct callbox *b = own(p);
	int64_t s = (desk_now(p->desk) - b->since) / 1000;

	return arena_printf(a,
		b->ringing ? _("ringing %d:%02d") : _("talking %d:%02d"),
		(int)(s / 60), (int)(s % 60));
}

static unsigned callbox_where(const struct pane *p)
{
	return CX_TEXT | (own(p)->call ? CX_CALL : 0);
}

static enum pane_did callbox_command(
	struct pane *p, const struct command_line *cmd)
{
	const struct callbox *b = own(p);

	if (!b->call)
		return DID_NOTHING;
	if (cmd->id != CMD_CALL_ANSWER && cmd->id != CMD_CALL_ANSWER_TYPING &&
		cmd->id != CMD_CALL_REJECT && cmd->id != CMD_CALL_END)
		return textpane_command(p, cmd);
	if (desk_mono(p->desk) < b->shown_mono + ARM_MS)
		return DID_DRAW;
	if (cmd->id == CMD_CALL_REJECT || cmd->id == CMD_CALL_END)
		desk_line(p->desk,
			cmd->id == CMD_CALL_END ? LINE_HANG_UP : LINE_REJECT);
	else
		desk_line(p->desk, LINE_ANSWER);
	if (cmd->id != CMD_CALL_REJECT &&
		desk_focus(p->desk, ENT_CALL, b->call) < 0)
		desk_say_err(p->desk);
	return DID_DRAW;
}

static const char *callbox_why_not(const struct pane *p, enum command c)
{
	const struct callbox *b = own(p);

	if (!b->call)
		return NULL;
	if (c == CMD_CALL_END && b->ringing)
		return _("nobody has answered it yet");
	if (!b->ringing &&
		(c == CMD_CALL_ANSWER || c == CMD_CALL_ANSWER_TYPING ||
			c == CMD_CALL_REJECT))
		return _("it is answered");
	return NULL;
}

static void callbox_empty(
	const struct pane *p, const char **say, const char **hint)
{
	(void)p;
	*say = _("No call.");
	*hint = NULL;
}

const struct pane_ops pane_callbox = {
	.name = "callbox",
	.title = N_("Call"),
	.topics = TOPIC(ENT_CALL) | TOPIC(ENT_PROMISE),
	.contexts = CX_TEXT,
	.min_w = 24,
	.min_h = 3,
	.good_w = 80,
	.good_h = 6,
	.drop = 8,
	.state_size = sizeof(struct callbox),
	.open = textpane_open,
	.close = callbox_close,
	.draw = textpane_draw,
	.command = callbox_command,
	.event = textpane_event,
	.load = callbox_load,
	.where = callbox_where,
	.note = callbox_note,
	.tick = callbox_tick,
	.why_not = callbox_why_not,
	.empty = callbox_empty,
};
