/* SPDX-License-Identifier: MIT */
/*
 * What has not reached its backend: waiting, on its way, and what asks for a
 * decision, with the evidence: the server's words, base, ours and theirs, what
 * was found there. A decision is one key; each says what it will do.
 */
#include "pane_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/app/found.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

#define MAX_OPS 500

struct outbox {
	struct ops ops;
	int have;
	int at, top;
	struct reader why; /* of the operation under the cursor */
};

static struct outbox *own(const struct pane *p)
{
	return p->own;
}

static const struct op *current(const struct outbox *o)
{
	return o->have && o->at >= 0 && o->at < o->ops.n ? &o->ops.v[o->at]
							 : NULL;
}

/* --- words ---------------------------------------------------------------- */

static const char *question(enum op_reason r)
{
	switch (r) {
	case OPR_REFUSED:
		return _("The backend said no, in the words below. X takes it "
			 "back: its text is a draft again. R sends it once "
			 "more as it is.");
	case OPR_CONFLICT:
		return _("Someone else changed the same field meanwhile. O "
			 "keeps ours, H theirs.");
	case OPR_STALE:
		return _("The customer has written since you wrote this. "
			 "R sends it all the same.");
	case OPR_OLD:
		return _("This was written long ago. R sends it all the "
			 "same.");
	case OPR_UNKNOWN:
		return _("The answer was lost: it may have arrived or not, and "
			 "the backend cannot tell. Is it there? S: yes, R: "
			 "no, send it again.");
	case OPR_SEVERAL:
		return _("Several messages there look like this one. Is yours "
			 "among them? S: yes, R: no, send it again.");
	case OPR_GONE:
		return _("What it was for does not exist any more. X takes it "
			 "back.");
	case OPR_ATTEMPTS:
		return _("It was tried too often. R tries it again, X takes it "
			 "back.");
	case OPR_BLOCKED:
		return _("It waits for an operation that did not go through. "
			 "Decide on that one first, or X takes this back.");
	default:
		return "";
	}
}

/* "subject" in the words of the ticket pane; base, ours and theirs in ours. */
static const char *key_word(const char *key)
{
	static const struct {
		const char *key, *text;
	} words[] = {
		{"base", N_("before")},
		{"ours", N_("ours")},
		{"theirs", N_("theirs")},
		{"text", N_("text")},
	};
	const struct field_desc *f = field_by_name(ENT_TICKET, key);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i].key, key) == 0)
			return _(words[i].text);
	return f ? _(f->label) : key;
}

static void show_value(
	struct reader *r, const char *label, const struct json *v)
{
	struct buf b = BUF_INIT;
	char *k = xasprintf(
		"%s%s%s", label, *label ? " " : "", key_word(json_key(v)));

	if (!*label)
		i18n_sentence(k);
	if (json_str(v))
		buf_adds(&b, json_str(v));
	else
		json_print(&b, v);
	reader_field(r, 18, k, ST_TEXT, buf_str(&b));
	free(k);
	buf_fini(&b);
}

/* What "set" holds, or what a conflict has for one field. */
static void show_values(
	struct reader *r, const char *label, const struct json *obj)
{
	const char *field = json_str(json_get(obj, "field"));
	const struct json *v;

	for (v = json_first(obj); v; v = json_next(v))
		if (!field || strcmp(json_key(v), "field") != 0)
			show_value(r, field ? key_word(field) : label, v);
}

/* Values one below the other, those of fields with the field's name. */
static void show_json(struct reader *r, const char *label, const char *text)
{
	const struct json *v, *in;
	struct json_doc *d;

	if (!text || !*text)
		return;
	if (json_parse(text, strlen(text), &json_limits_wire, &d) < 0) {
		reader_field(r, 9, label, ST_TEXT, text);
		return;
	}
	for (v = json_first(json_root(d)); v; v = json_next(v)) {
		if (json_type(v) == JSON_OBJECT) {
			show_values(r, label, v);
			continue;
		}
		if (json_type(json_first(v)) != JSON_OBJECT) {
			show_value(r, label, v);
			continue;
		}
		for (in = json_first(v); in; in = json_next(in))
			show_values(r, label, in);
	}
	json_free(d);
}

/* What it was before, of the fields that it changes. */
static void show_base(struct reader *r, const struct op *op)
{
	uint64_t fields = op_fields(op);
	const struct json *v;
	struct json_doc *d;

	if (!fields || !op->base ||
		json_parse(op->base, strlen(op->base), &json_limits_wire, &d) <
			0) {
		err_clear();
		return;
	}
	for (v = json_first(json_root(d)); v; v = json_next(v)) {
		const struct field_desc *f =
			field_by_name(op_desc(op->kind)->target, json_key(v));

		if (f && (fields >> field_index(f->id) & 1))
			show_value(r, _("before"), v);
	}
	json_free(d);
}

/* What there looks like it, as the command line shows it too. */
static void show_found(struct pane *p, const struct op *op)
{
	struct reader *r = &own(p)->why;
	struct arena *a = arena_new();
	struct found f;
	char at[32];
	int i;

	if (!found_read(desk_session(p->desk), desk_ro(p->desk), op, a, &f)) {
		show_json(r, _("found"), op->evidence);
		arena_free(a);
		return;
	}
	if (f.n)
		reader_line(r, ST_LABEL, 0, 0, "%s", _("What looks like it:"));
	for (i = 0; i < f.n; i++) {
		const struct found_one *x = &f.v[i];

		reader_text(r, ST_TEXT, 2, 0,
			arena_printf(a, "%s%s%s%s%s  %s  %s", x->name,
				x->title ? "  " : "", x->title ? x->title : "",
				x->author ? "  " : "",
				x->author ? x->author : "",
				words_time_long(p->desk, x->at_ms, at),
				x->text ? x->text : ""));
	}
	reader_line(r, ST_DIM, 0, 0, "%s", found_looked(&f, a));
	arena_free(a);
}

/* The list takes what it needs, at most two fifths: what one decides by stands
 * below it. */
static int list_rows(const struct outbox *o, int h)
{
	int rows = o->have && o->ops.n < h * 2 / 5 ? o->ops.n : h * 2 / 5;

	return rows > 0 ? rows : 1;
}

static void explain(struct pane *p)
{
	struct outbox *o = own(p);
	const struct op *op = current(o);
	int h = p->h - list_rows(o, p->h) - 1;

	reader_begin(&o->why, p->w, h > 0 ? h : 1);
	if (!op)
		return;
	if (op->state == OPS_HELD)
		reader_text(&o->why, ST_WARN, 0, 0, question(op->reason));
	if (op->state == OPS_HELD && op->reason == OPR_CONFLICT &&
		op->evidence && *op->evidence) { /* has all three values */
		show_json(&o->why, "", op->evidence);
		reader_end(&o->why);
		return;
	}
	if (words_is_later(op))
		reader_text(&o->why, ST_DIM, 0, 0,
			_("It waits for its time. Should the customer write "
			  "before, it is not sent. X takes it back, E changes "
			  "it: its text is a draft of the case then."));
	if (op->error)
		reader_field(&o->why, 9, _("Error"), ST_BAD, op->error);
	if (op->state == OPS_HELD)
		show_found(p, op);
	/* nobody else says anything of what only waits */
	show_json(&o->why, op->state == OPS_HELD ? _("ours") : "", op->args);
	if (op->state == OPS_HELD)
		show_base(&o->why, op);
	reader_end(&o->why);
}

/* --- the pane ------------------------------------------------------------- */

static int outbox_open(struct pane *p)
{
	reader_init(&own(p)->why);
	return 0;
}

static void outbox_close(struct pane *p)
{
	if (own(p)->have)
		ops_free(&own(p)->ops);
	reader_fini(&own(p)->why);
}

/* Those that ask come first, what is for later last, by its time. */
static int by_need(const void *a, const void *b)
{
	const struct op *x = a, *y = b;
	int hx = x->state == OPS_HELD, hy = y->state == OPS_HELD;
	int lx = words_is_later(x), ly = words_is_later(y);

	if (hx != hy)
		return hy - hx;
	if (lx != ly)
		return lx - ly;
	if (lx && x->not_before_ms != y->not_before_ms)
		return x->not_before_ms < y->not_before_ms ? -1 : 1;
	return x->seq < y->seq ? -1 : 1;
}

static int outbox_load(struct pane *p)
{
	struct outbox *o = own(p);
	char uid[UID_SIZE] = "";
	struct ops ops;
	int i, rc;

	if (current(o))
		memcpy(uid, current(o)->uid, sizeof(uid));
	rc = store_op_list(desk_ro(p->desk), 0, -1, 0, MAX_OPS, &ops);
	if (rc < 0)
		return rc;
	if (o->have)
		ops_free(&o->ops);
	o->ops = ops;
	o->have = 1;
	qsort(ops.v, (size_t)ops.n, sizeof(*ops.v), by_need);
	for (i = 0; i < ops.n; i++)
		if (strcmp(ops.v[i].uid, uid) == 0)
			o->at = i;
	if (o->at >= ops.n)
		o->at = ops.n ? ops.n - 1 : 0;
	explain(p);
	if (!ops.n)
		p->state = PANE_EMPTY;
	return 0;
}

/* As it is called everywhere else. */
static const char *case_word(
	const struct pane *p, const struct op *op, char out[256])
{
	struct session *s = desk_session(p->desk);
	int connector;

	if (!op->target || !op->target_rid)
		return _("new");
	if (session_connector(s, op->connector, &connector) < 0) {
		err_clear();
		connector = 0;
	}
	return session_name(s, connector, op->target_rid, op->target, out);
}

static void draw_op(const struct pane *p, const struct op *op, struct canvas *c,
	int y, int cursor)
{
	unsigned style = op->state == OPS_HELD ? ST_WARN : ST_PENDING;
	char age[TIME_SAID_SIZE], at[80], name[256];
	int x, w = words_age_cells();

	canvas_text(c, 0, y, ST_STRONG, cursor ? ">" : " ");
	canvas_text(c, 1, y, style, op->state == OPS_HELD ? "!" : "~");
	x = 3 + canvas_text(c, 3, y, ST_TEXT, _(op_desc(op->kind)->label));
	x += canvas_text(c, x + 1, y, ST_DIM, case_word(p, op, name)) + 2;
	canvas_slot(c, x, y, c->w - x - w - 1, style,
		words_is_later(op) ? words_later(p->desk, op, at)
				   : words_op(op),
		0);
	canvas_right(c, c->w - w, y, w, ST_DIM,
		words_age(p->desk, op->created_ms, age));
	if (cursor)
		canvas_tint(c, 0, y, c->w, ST_ON_CURSOR);
}

static void outbox_draw(const struct pane *p, struct canvas *c)
{
	const struct outbox *o = own(p);
	int rows = list_rows(o, c->h), i, top;
	struct canvas in;

	top = o->at >= rows ? o->at - rows + 1 : 0;
	for (i = 0; i < rows && top + i < o->ops.n; i++)
		draw_op(p, &o->ops.v[top + i], c, i, top + i == o->at);
	canvas_hline(c, 0, rows, c->w, ST_FRAME);
	in = canvas_sub(c, 0, rows + 1, -1, -1);
	reader_draw(&o->why, &in);
}

static enum pane_did decide(struct pane *p, enum op_decision what)
{
	const struct op *op = current(own(p));

	if (!op)
		desk_say(p->desk, NOTICE_WARN, _("the outbox is empty"));
	else if (desk_decide(p->desk, op->uid, what) < 0)
		desk_say_err(p->desk);
	return DID_LOAD;
}

static enum pane_did move(struct pane *p, int by)
{
	struct outbox *o = own(p);

	o->at += by;
	if (o->at >= o->ops.n)
		o->at = o->ops.n - 1;
	if (o->at < 0)
		o->at = 0;
	return DID_LOAD; /* what was found is read for the one at hand */
}

/* What waits is taken back; what asks is thrown away. */
static enum pane_did discard(struct pane *p)
{
	const struct op *op = current(own(p));

	if (!op || op->state != OPS_QUEUED)
		return decide(p, OPD_DISCARD);
	if (desk_cancel(p->desk, op->uid) < 0)
		desk_say_err(p->desk);
	return DID_LOAD;
}

/* Taken back, with its case in focus: there it is written anew. */
static enum pane_did change(struct pane *p)
{
	const struct op *op = current(own(p));

	if (!op)
		return decide(p, OPD_DISCARD);
	if ((op->target && desk_focus(p->desk, op_desc(op->kind)->target,
				   op->target) < 0) ||
		desk_cancel(p->desk, op->uid) < 0)
		desk_say_err(p->desk);
	else if (op_desc(op->kind)->cls == OPC_MESSAGE)
		desk_write(p->desk, op->kind == OP_TICKET_NOTE ||
					    op->kind == OP_MESSAGE_NOTE);
	return DID_LOAD;
}

static enum pane_did open_target(struct pane *p)
{
	const struct op *op = current(own(p));

	if (op && op->target &&
		desk_focus(p->desk, op_desc(op->kind)->target, op->target) < 0)
		desk_say_err(p->desk);
	return DID_DRAW;
}

static enum op_decision again(const struct op *op)
{
	return op && (op->reason == OPR_STALE || op->reason == OPR_OLD)
		       ? OPD_SEND_ANYWAY
		       : OPD_RETRY;
}

static enum pane_did outbox_command(
	struct pane *p, const struct command_line *cmd)
{
	switch (cmd->id) {
	case CMD_DOWN:
		return move(p, 1);
	case CMD_UP:
		return move(p, -1);
	case CMD_TOP:
		return move(p, -MAX_OPS);
	case CMD_END:
		return move(p, MAX_OPS);
	case CMD_OPEN:
		return open_target(p);
	case CMD_OP_RETRY:
		return decide(p, again(current(own(p))));
	case CMD_OP_OURS:
		return decide(p, OPD_OURS);
	case CMD_OP_THEIRS:
		return decide(p, OPD_THEIRS);
	case CMD_OP_SENT:
		return decide(p, OPD_MARK_SENT);
	case CMD_OP_DISCARD:
		return discard(p);
	case CMD_OP_CHANGE:
		return change(p);
	case CMD_PAGE_DOWN:
	case CMD_PAGE_UP:
		return reader_command(&own(p)->why, cmd);
	default:
		return DID_NOTHING;
	}
}

static const char *outbox_why_not(const struct pane *p, enum command c)
{
	const struct op *op = current(own(p));

	if (c != CMD_OP_RETRY && c != CMD_OP_OURS && c != CMD_OP_THEIRS &&
		c != CMD_OP_SENT && c != CMD_OP_DISCARD && c != CMD_OP_CHANGE)
		return NULL;
	if (!op)
		return _("the outbox is empty");
	if (c == CMD_OP_CHANGE)
		return op->state == OPS_QUEUED ? NULL
					       : _("it does not wait any more");
	if (c == CMD_OP_DISCARD && op->state == OPS_QUEUED)
		return NULL;
	if (op->state != OPS_HELD)
		return _("it does not ask for anything");
	if ((c == CMD_OP_OURS || c == CMD_OP_THEIRS) &&
		op->reason != OPR_CONFLICT)
		return _("nobody else has changed it");
	if (c == CMD_OP_SENT && op->reason != OPR_UNKNOWN &&
		op->reason != OPR_SEVERAL)
		return _("it is certain that it is not there");
	return NULL;
}

static const char *outbox_note(const struct pane *p, struct arena *a)
{
	return arena_printf(a, "%d", own(p)->ops.n);
}

static void outbox_empty(
	const struct pane *p, const char **say, const char **hint)
{
	(void)p;
	*say = _("Everything has reached its backend.");
	*hint = NULL;
}

static int outbox_copy(const struct pane *p, struct buf *out)
{
	const struct op *op = current(own(p));

	if (!op)
		return 0;
	buf_adds(out, op->uid);
	return 1;
}

const struct pane_ops pane_outbox = {
	.name = "outbox",
	.title = N_("Outbox"),
	.topics = TOPIC_OPS,
	.contexts = CX_OUTBOX | CX_LIST,
	.min_w = 28,
	.min_h = 6,
	.good_w = 60,
	.good_h = 14,
	.drop = 6,
	.state_size = sizeof(struct outbox),
	.open = outbox_open,
	.close = outbox_close,
	.load = outbox_load,
	.draw = outbox_draw,
	.command = outbox_command,
	.why_not = outbox_why_not,
	.note = outbox_note,
	.copy = outbox_copy,
	.empty = outbox_empty,
};
