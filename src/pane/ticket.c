/* SPDX-License-Identifier: MIT */
/*
 * The fields of the ticket in focus with what waits to be sent, its clocks and
 * promises, its links and files.
 */
#include "pane_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/app/codes.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

#define LABEL_W 10

struct ticket {
	struct reader r;
	int64_t id;
	char *origin;
};

static struct ticket *own(const struct pane *p)
{
	return p->own;
}

static int ticket_open(struct pane *p)
{
	reader_init(&own(p)->r);
	return 0;
}

static void ticket_close(struct pane *p)
{
	reader_fini(&own(p)->r);
	free(own(p)->origin);
}

/* --- parts ---------------------------------------------------------------- */

/* What the server has, where a change of ours waits on top of it. */
static const char *with_server(const struct json *base,
	const struct field_desc *f, const char *ours, struct arena *a)
{
	const struct json *v = base ? json_get(base, f->name) : NULL;
	const char *theirs = json_str(v);
	int64_t i;

	if (!v || field_ref(f->type) != ENT_COUNT || f->type == FT_TIME ||
		f->type == FT_SET)
		return ours;
	if (!theirs && json_int(v, &i))
		theirs = arena_printf(a, "%lld", (long long)i);
	if (f->id == FID_TICKET_STATUS)
		theirs = codes_status(theirs);
	if (!theirs || strcmp(theirs, ours) == 0)
		return ours;
	return arena_printf(a, _("%s ~ (there: %s)"), ours, theirs);
}

static struct json_doc *server_values(
	struct pane *p, const struct row *row, struct arena *a)
{
	const char *json = NULL, *version;
	struct json_doc *doc;

	if (!row->pending ||
		store_base_values(desk_ro(p->desk), ENT_TICKET, row->id, a,
			&json, &version) < 0 ||
		!json ||
		json_parse(json, strlen(json), &json_limits_wire, &doc) < 0)
		return NULL;
	return doc;
}

static void clocks(struct pane *p, const struct row *row)
{
	const struct val *due = row_get(row, FID_TICKET_DUE);
	const char *phase = words_str(row, FID_TICKET_PHASE);
	unsigned style = ST_TEXT;
	char when[32], left[48];
	struct buf b = BUF_INIT;

	if (due->kind != VAL_INT || !due->i)
		return;
	words_due(p->desk, due->i, &style, left);
	if (phase && strcmp(phase, "done") == 0) {
		style = ST_DIM;
		left[0] = '\0';
	}
	buf_addf(&b, "%s  %s", words_time_long(p->desk, due->i, when), left);
	reader_field(&own(p)->r, LABEL_W, _("Due"), style, buf_str(&b));
	buf_fini(&b);
}

static void fields(struct pane *p, const struct row *row, struct arena *a)
{
	static const enum field_id shown[] = {FID_TICKET_STATUS,
		FID_TICKET_QUEUE, FID_TICKET_OWNER, FID_TICKET_CUSTOMER,
		FID_TICKET_PRIORITY, FID_TICKET_CREATED, FID_TICKET_UPDATED,
		FID_TICKET_WORKED_MIN, FID_TICKET_TAGS};
	struct json_doc *base = server_values(p, row, a);
	struct ticket *t = own(p);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(shown); i++) {
		const struct field_desc *f = field_desc(shown[i]);
		const char *ours = words_val(p->desk, row, shown[i], a);
		const char *v =
			with_server(base ? json_root(base) : NULL, f, ours, a);
		int changed = v != ours;

		if (f->type == FT_SET && !*v)
			continue;
		if (f->id == FID_TICKET_WORKED_MIN && *v)
			v = arena_printf(a, _("%s min"), v);
		reader_field(&t->r, LABEL_W,
			f->id == FID_TICKET_WORKED_MIN ? _("Time spent")
						       : _(f->label),
			changed ? ST_PENDING : ST_TEXT, v);
		if (f->id == FID_TICKET_STATUS)
			clocks(p, row);
	}
	json_free(base);
}

static void custom_fields(
	struct pane *p, const struct row *row, struct arena *a)
{
	const char *cf = words_str(row, FID_TICKET_CF);
	const struct json *v;
	struct json_doc *d;
	char num[32];
	int64_t i;

	if (!cf || json_parse(cf, strlen(cf), &json_limits_small, &d) < 0)
		return;
	for (v = json_first(json_root(d)); v; v = json_next(v)) {
		const char *s = json_str(v);

		if (!s && json_int(v, &i)) {
			snprintf(num, sizeof(num), "%lld", (long long)i);
			s = num;
		}
		reader_field(&own(p)->r, LABEL_W, codes_field(json_key(v)),
			ST_TEXT, codes_value(json_key(v), s, a));
	}
	json_free(d);
}

static void promises(struct pane *p, int64_t id)
{
	struct rows rows;
	int i;

	if (store_children(
		    desk_ro(p->desk), FID_PROMISE_TICKET, id, 10, &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++) {
		const struct row *r = &rows.v[i];
		const char *state = words_str(r, FID_PROMISE_STATUS);
		const struct val *due = row_get(r, FID_PROMISE_DUE);
		const char *text = words_str(r, FID_PROMISE_TEXT);
		unsigned style = ST_GOOD;
		char left[48] = "";

		if (state && strcmp(state, "open") == 0 && due->kind == VAL_INT)
			words_due(p->desk, due->i, &style, left);
		else if (state && strcmp(state, "broken") == 0)
			style = ST_BAD;
		if (i == 0)
			reader_line(&own(p)->r, ST_LABEL, 0, 0, "%s",
				_("Promises"));
		reader_line(&own(p)->r, style, 2, 0, "%s  %s",
			left[0] ? left
			: state ? codes_promise(state)
				: "",
			text ? text : "");
	}
	rows_free(&rows);
}

static void links(struct pane *p, int64_t id)
{
	struct rows rows;
	int i;

	if (store_children(desk_ro(p->desk), FID_LINK_TICKET, id, 20, &rows) <
		0)
		return;
	if (rows.n)
		reader_line(&own(p)->r, ST_LABEL, 0, 0, "%s", _("Links"));
	for (i = 0; i < rows.n; i++) {
		const char *kind = words_str(&rows.v[i], FID_LINK_KIND);
		const char *to = words_str(&rows.v[i], FID_LINK_TARGET);

		reader_line(&own(p)->r, ST_TEXT, 2, 0, "%s  %s",
			kind ? codes_link(kind) : "", to ? to : "");
	}
	rows_free(&rows);
}

static void waiting(struct pane *p, int64_t id)
{
	struct ops ops;
	int i, shown = 0;

	if (store_op_list(desk_ro(p->desk), 0, -1, id, 20, &ops) < 0)
		return;
	for (i = 0; i < ops.n; i++) {
		const struct op *op = &ops.v[i];

		if (op_desc(op->kind)->target != ENT_TICKET)
			continue;
		if (!shown++)
			reader_line(&own(p)->r, ST_LABEL, 0, 0, "%s",
				_("On its way"));
		reader_line(&own(p)->r,
			op->state == OPS_HELD ? ST_WARN : ST_PENDING, 2, 0,
			"%s  %s%s%s", _(op_desc(op->kind)->label), words_op(op),
			op->error ? ": " : "", op->error ? op->error : "");
	}
	ops_free(&ops);
}

/* --- the pane ------------------------------------------------------------- */

static int ticket_load(struct pane *p)
{
	struct ticket *t = own(p);
	const struct desk_case *k = desk_case(p->desk);
	struct rows rows;
	struct arena *a;
	int rc;

	if (!k->ticket) {
		p->state = PANE_EMPTY;
		return 0;
	}
	rc = store_row(desk_ro(p->desk), ENT_TICKET, k->ticket, &rows);
	if (rc < 0)
		return rc;
	a = arena_new();
	if (t->id != k->ticket)
		t->r.top = 0;
	t->id = k->ticket;
	reader_begin(&t->r, p->w, p->h);
	reader_text(&t->r, ST_STRONG, 0, 0,
		words_str(&rows.v[0], FID_TICKET_SUBJECT)
			? words_str(&rows.v[0], FID_TICKET_SUBJECT)
			: "");
	fields(p, &rows.v[0], a);
	custom_fields(p, &rows.v[0], a);
	promises(p, t->id);
	links(p, t->id);
	waiting(p, t->id);
	reader_end(&t->r);
	p->stale_ms = rows.v[0].seen_ms;
	arena_free(a);
	rows_free(&rows);
	return 0;
}

static void ticket_draw(const struct pane *p, struct canvas *c)
{
	reader_draw(&own(p)->r, c);
}

static enum pane_did ticket_command(
	struct pane *p, const struct command_line *cmd)
{
	return reader_command(&own(p)->r, cmd);
}

static enum pane_did ticket_event(struct pane *p, const struct ui_event *e)
{
	return reader_event(&own(p)->r, e);
}

static const char *ticket_note(const struct pane *p, struct arena *a)
{
	char age[TIME_SAID_SIZE];

	if (!p->stale_ms)
		return NULL;
	return arena_printf(
		a, _("read %s ago"), words_age(p->desk, p->stale_ms, age));
}

static int ticket_copy(const struct pane *p, struct buf *out)
{
	if (!desk_case(p->desk)->name[0])
		return 0;
	buf_adds(out, desk_case(p->desk)->name);
	return 1;
}

static void ticket_empty(
	const struct pane *p, const char **say, const char **hint)
{
	(void)p;
	*say = _("No ticket is in focus.");
	*hint = _("Enter on a row of a list opens it.");
}

const struct pane_ops pane_ticket = {
	.name = "ticket",
	.title = N_("Ticket"),
	.topics = TOPIC(ENT_TICKET) | TOPIC(ENT_LINK) | TOPIC(ENT_PROMISE) |
		  TOPIC_FOCUS | TOPIC_OPS,
	.contexts = CX_TEXT | CX_CASE,
	.min_w = 24,
	.min_h = 5,
	.good_w = 38,
	.good_h = 14,
	.drop = 3,
	.state_size = sizeof(struct ticket),
	.open = ticket_open,
	.close = ticket_close,
	.load = ticket_load,
	.draw = ticket_draw,
	.command = ticket_command,
	.event = ticket_event,
	.note = ticket_note,
	.copy = ticket_copy,
	.empty = ticket_empty,
};
