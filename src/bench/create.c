/* SPDX-License-Identifier: MIT */
/*
 * A new ticket for whoever is in focus: a form filled from the case. What is
 * typed is a draft of that customer from the first key on; sending takes it,
 * leaving keeps it. It decides nothing that the backend decides.
 */
#include "whom.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/json.h"
#include "galley/base/mem.h"

#define MAX_QUEUES 200
#define TEXT_MAX   65536

enum { F_QUEUE, F_SUBJECT, F_TEXT, F_PRIORITY, F_CUSTOMER, F_N };

struct create {
	struct overlay o;
	struct form form;
	struct form_field fields[F_N];
	struct arena *arena;
	const char *queues[MAX_QUEUES], *names[MAX_QUEUES]; /* rid, name */
	int n_queues;
	char *key; /* of the draft */
	uint64_t seen;
	struct whom whom;
	struct canvas box; /* of the last drawing */
};

/* --- where it comes from -------------------------------------------------- */

static int connector_of(struct bench *b, int *out)
{
	const struct desk_case *k = desk_case(b->desk);

	if (k->connector) {
		*out = k->connector;
		return 0;
	}
	return session_connector(desk_session(b->desk), NULL, out);
}

static int read_queues(struct bench *b, struct create *c, int connector)
{
	struct query *q;
	struct rows rows;
	int i, rc;

	rc = query_parse("sort:name", ENT_QUEUE, 0, 0, &q);
	if (rc < 0)
		return rc;
	rc = store_query(
		desk_ro(b->desk), q, desk_me(b->desk), MAX_QUEUES, NULL, &rows);
	query_free(q);
	if (rc < 0)
		return rc;
	for (i = 0; i < rows.n; i++) {
		const struct row *r = &rows.v[i];
		const struct val *name = row_get(r, FID_QUEUE_NAME);

		if (r->connector != connector || !r->rid)
			continue;
		c->queues[c->n_queues] = arena_strdup(c->arena, r->rid);
		c->names[c->n_queues++] = arena_strdup(c->arena,
			name->kind == VAL_TEXT && name->s ? name->s : r->rid);
	}
	rows_free(&rows);
	return c->n_queues ? 0
			   : err_set(E_NOTFOUND,
				     _("no queue is known here that a ticket "
				       "could go to"));
}

static void pick_queue(struct create *c, const char *rid)
{
	int i;

	for (i = 0; rid && i < c->n_queues; i++)
		if (strcmp(c->queues[i], rid) == 0)
			c->fields[F_QUEUE].at = i;
}

static void put(struct create *c, int field, const char *s)
{
	if (s && *s)
		edit_set(c->fields[field].edit, s, strlen(s));
}

/* The remote id of a row, in the arena; NULL none. */
static const char *rid_of(
	struct bench *b, struct create *c, enum entity e, int64_t id)
{
	struct arena *a;
	struct row_title t;
	const char *rid = NULL;

	if (!id)
		return NULL;
	a = arena_new();
	if (store_title(desk_ro(b->desk), e, id, a, &t) == 0 && t.rid)
		rid = arena_strdup(c->arena, t.rid);
	else
		err_clear();
	arena_free(a);
	return rid;
}

/* Queue and priority of the ticket; what is not a ticket yet gives its words.
 */
static void fill_from_case(struct bench *b, struct create *c)
{
	const struct desk_case *k = desk_case(b->desk);
	const struct val *v;
	struct rows rows;
	char n[32];

	put(c, F_CUSTOMER,
		whom_set(b, &c->whom, rid_of(b, c, ENT_CUSTOMER, k->customer)));
	if (k->entity == ENT_CONVERSATION)
		put(c, F_SUBJECT, k->title);
	if (!k->ticket ||
		store_row(desk_ro(b->desk), ENT_TICKET, k->ticket, &rows) < 0)
		return;
	v = row_get(&rows.v[0], FID_TICKET_QUEUE);
	if (v->kind == VAL_INT)
		pick_queue(c, rid_of(b, c, ENT_QUEUE, v->i));
	v = row_get(&rows.v[0], FID_TICKET_PRIORITY);
	if (v->kind == VAL_INT) {
		snprintf(n, sizeof(n), "%lld", (long long)v->i);
		put(c, F_PRIORITY, n);
	}
	rows_free(&rows);
}

/* --- the draft ------------------------------------------------------------ */

static const char *customer_text(const struct create *c)
{
	return edit_text(c->fields[F_CUSTOMER].edit);
}

static int is_chosen(const struct create *c)
{
	return c->whom.shown && strcmp(c->whom.shown, customer_text(c)) == 0;
}

/* By id; what is typed still, as it is. */
static const char *customer_kept(const struct create *c)
{
	return is_chosen(c) ? c->whom.rid : customer_text(c);
}

/* The same words as the operation's arguments: what is taken back fits. */
static void draft_print(const struct create *c, struct buf *out)
{
	struct jw w;

	jw_init(&w, out);
	jw_obj(&w);
	jw_kstr(&w, "queue", c->queues[c->fields[F_QUEUE].at]);
	jw_kstr(&w, "subject", edit_text(c->fields[F_SUBJECT].edit));
	jw_kstr(&w, "text", edit_text(c->fields[F_TEXT].edit));
	jw_kstr(&w, "customer", customer_kept(c));
	jw_key(&w, "set");
	jw_obj(&w);
	jw_kstr(&w, "priority", edit_text(c->fields[F_PRIORITY].edit));
	jw_obj_end(&w);
	jw_key(&w, "at");
	jw_int(&w, c->form.at);
	jw_obj_end(&w);
}

static void draft_put(struct bench *b, struct create *c, int now)
{
	struct buf out = BUF_INIT;

	draft_print(c, &out);
	desk_draft(b->desk, c->key, buf_str(&out), now);
	buf_fini(&out);
}

static int draft_read(struct bench *b, struct create *c)
{
	const struct json *v;
	struct json_doc *doc;
	const char *text;
	char number[32];
	int64_t n, at;

	if (desk_draft_get(b->desk, c->key, c->arena, &text) < 0 ||
		json_parse(text, strlen(text), &json_limits_wire, &doc) < 0) {
		err_clear();
		return 0;
	}
	pick_queue(c, json_get_str(json_root(doc), "queue"));
	put(c, F_SUBJECT, json_get_str(json_root(doc), "subject"));
	put(c, F_TEXT, json_get_str(json_root(doc), "text"));
	put(c, F_CUSTOMER,
		whom_set(
			b, &c->whom, json_get_str(json_root(doc), "customer")));
	v = json_get(json_get(json_root(doc), "set"), "priority");
	if (json_int(v, &n)) {
		snprintf(number, sizeof(number), "%lld", (long long)n);
		put(c, F_PRIORITY, number);
	} else {
		put(c, F_PRIORITY, v ? json_str(v) : NULL);
	}
	if (json_int(json_get(json_root(doc), "at"), &at) && at >= 0 &&
		at < F_N)
		c->form.at = (int)at;
	json_free(doc);
	return 1;
}

/* Every change counts, also of what has no text, and where one is. */
static uint64_t revision(const struct create *c)
{
	uint64_t n = (uint64_t)c->fields[F_QUEUE].at << 48 |
		     (uint64_t)c->form.at << 40;
	int i;

	for (i = 0; i < F_N; i++)
		if (c->fields[i].edit)
			n += edit_revision(c->fields[i].edit);
	return n;
}

/* --- sending -------------------------------------------------------------- */

static const char *field_text(const struct create *c, int field)
{
	const char *s = edit_text(c->fields[field].edit);

	return s[strspn(s, " \n")] ? s : NULL;
}

static void say_at(struct create *c, int field, const char *said)
{
	c->fields[field].error = arena_strdup(c->arena, said);
	c->form.at = field;
}

/* Does it belong to a field? Then it is said there. */
static void show_error(struct bench *b, struct create *c, const char *customer)
{
	const char *said = err_msg();
	int field = -1;

	if (strstr(said, "priority"))
		field = F_PRIORITY;
	else if (customer && strstr(said, customer))
		field = F_CUSTOMER;
	if (field < 0) {
		desk_say_err(b->desk);
		return;
	}
	say_at(c, field, said);
}

static int send(struct bench *b, struct create *c, const char *customer)
{
	const char *priority = field_text(c, F_PRIORITY);
	const char *sets[1];
	char *said = xasprintf(
		_("new ticket: %s"), edit_text(c->fields[F_SUBJECT].edit));
	struct intent in = {.kind = OP_TICKET_CREATE,
		.in = {.queue = c->queues[c->fields[F_QUEUE].at],
			.subject = edit_text(c->fields[F_SUBJECT].edit),
			.text = field_text(c, F_TEXT),
			.customer = customer,
			.sets = sets},
		.draft = c->key,
		.said = said};
	int rc;

	if (priority) {
		sets[0] = arena_printf(c->arena, "priority=%s", priority);
		in.in.n_sets = 1;
	}
	draft_put(b, c, 1);
	rc = desk_do(b->desk, &in);
	free(said);
	return rc;
}

/* 1 when it has gone. */
static int try_send(struct bench *b, struct create *c)
{
	const char *customer;

	if (whom_take(b, &c->whom, customer_text(c), &customer) < 0) {
		say_at(c, F_CUSTOMER, err_msg());
		return 0;
	}
	if (c->whom.rid && customer == c->whom.rid)
		put(c, F_CUSTOMER, c->whom.shown);
	if (send(b, c, customer) == 0)
		return 1;
	show_error(b, c, customer);
	return 0;
}

/* --- choosing the customer ------------------------------------------------ */

static void take(struct create *c, int i)
{
	const char *s = whom_pick(&c->whom, i);

	edit_set(c->fields[F_CUSTOMER].edit, s, strlen(s));
	c->fields[F_CUSTOMER].error = NULL;
}

static int whom_key(struct create *c, struct key k)
{
	struct whom *w = &c->whom;

	switch (k.code) {
	case KEY_DOWN:
		w->at = w->at + 1 < w->n ? w->at + 1 : w->at;
		return 1;
	case KEY_UP:
		if (!w->at)
			return 0; /* back to the field before */
		w->at--;
		return 1;
	case KEY_ENTER:
		take(c, w->at);
		return 1;
	case KEY_TAB:
		if (w->n == 1)
			take(c, 0);
		return 0;
	default:
		return 0;
	}
}

static int whom_click(struct create *c, const struct ui_event *e)
{
	struct whom *w = &c->whom;

	if (e->act != MOUSE_DOWN || w->top < 0 || e->y < w->top ||
		e->y >= w->top + w->n || e->y >= c->box.y + c->box.h - 1 ||
		e->x <= c->box.x || e->x >= c->box.x + c->box.w - 1)
		return 0;
	take(c, e->y - w->top);
	return 1;
}

/* Who is chosen is one thing: the first character that changes him takes his
 * place. */
static void begin_anew(struct create *c, const struct ui_event *e)
{
	if (!is_chosen(c) ||
		(e->kind != UI_PASTE &&
			!(e->kind == UI_KEY &&
				(key_types(e->key) ||
					e->key.code == KEY_BACKSPACE))))
		return;
	edit_set(c->fields[F_CUSTOMER].edit, "", 0);
}

/* 1: it was about who fits. */
static int whom_event(struct create *c, const struct ui_event *e)
{
	if (e->kind == UI_MOUSE)
		return whom_click(c, e);
	if (c->form.at != F_CUSTOMER)
		return 0;
	if (e->kind == UI_KEY && c->whom.n && whom_key(c, e->key))
		return 1;
	begin_anew(c, e);
	return 0;
}

/* --- the overlay ---------------------------------------------------------- */

static void create_draw(struct bench *b, struct overlay *o,
	struct canvas *screen, int *cx, int *cy)
{
	struct create *c = (struct create *)(void *)o;
	int w = screen->w - 2 < 76 ? screen->w - 2 : 76;
	int h = screen->h - 2 < 18 ? screen->h - 2 : 18;
	struct canvas in;

	(void)b;
	c->box = canvas_sub(
		screen, (screen->w - w) / 2, (screen->h - h) / 3, w, h);
	canvas_clear(&c->box, ST_TEXT);
	form_draw(&c->form, &c->box, cx, cy);
	c->whom.top = -1;
	if (*cx < 0)
		return;
	if (c->form.at == F_CUSTOMER) {
		in = canvas_sub(&c->box, 1, *cy + 1, -1, h - *cy - 2);
		in.w--;
		whom_draw(&c->whom, &in, c->fields[F_CUSTOMER].error ? 1 : 0);
	}
	*cx += c->box.x;
	*cy += c->box.y;
}

static enum over_did create_event(
	struct bench *b, struct overlay *o, const struct ui_event *e)
{
	struct create *c = (struct create *)(void *)o;
	int did = whom_event(c, e);

	if (!did)
		did = e->kind == UI_MOUSE ? form_mouse(&c->form, &c->box, e)
					  : form_key(&c->form, e);
	if (did < 0) {
		draft_put(b, c, 1);
		desk_say(b->desk, NOTICE_DONE, "%s", _("kept as a draft"));
		return OVER_CLOSE;
	}
	if (did == 2 && try_send(b, c))
		return OVER_CLOSE;
	if (c->form.at == F_CUSTOMER)
		whom_look(b, &c->whom, customer_text(c));
	if (revision(c) != c->seen)
		draft_put(b, c, 0);
	c->seen = revision(c);
	return OVER_KEEP;
}

static void create_free(struct overlay *o)
{
	struct create *c = (struct create *)(void *)o;
	int i;

	for (i = 0; i < F_N; i++)
		edit_free(c->fields[i].edit);
	whom_fini(&c->whom);
	arena_free(c->arena);
	free(c->key);
}

static const struct overlay_ops create_ops = {.draw = create_draw,
	.event = create_event,
	.free = create_free,
	.hint = N_("Ctrl-S sends   Tab next field   Esc keeps it as a draft")};

static void make_form(struct create *c)
{
	c->fields[F_QUEUE] = (struct form_field){.label = _("Queue"),
		.type = FORM_CHOICE,
		.choices = c->names,
		.n_choices = c->n_queues,
		.required = 1};
	c->fields[F_SUBJECT] = (struct form_field){.label = _("Subject"),
		.type = FORM_LINE,
		.required = 1,
		.edit = edit_new(0, 1024)};
	c->fields[F_TEXT] = (struct form_field){.label = _("Text"),
		.type = FORM_TEXT,
		.edit = edit_new(1, TEXT_MAX)};
	c->fields[F_PRIORITY] = (struct form_field){.label = _("Priority"),
		.hint = _("a number"),
		.type = FORM_LINE,
		.edit = edit_new(0, 16)};
	c->fields[F_CUSTOMER] = (struct form_field){.label = _("Customer"),
		.hint = _("a part of the name, phone or e-mail"),
		.type = FORM_LINE,
		.edit = edit_new(0, 256)};
	c->form = (struct form){.title = _("New ticket: Ctrl-S sends"),
		.fields = c->fields,
		.n = F_N,
		.at = F_SUBJECT};
}

int create_push(struct bench *b, const char *subject)
{
	struct create *c = xcalloc(1, sizeof(*c));
	const char *customer;
	int connector, rc = connector_of(b, &connector);

	c->o.ops = &create_ops;
	c->arena = arena_new();
	whom_init(&c->whom, rc == 0 ? connector : 0);
	if (rc == 0)
		rc = session_can(
			desk_session(b->desk), connector, OP_TICKET_CREATE);
	if (rc == 0)
		rc = read_queues(b, c, connector);
	if (rc < 0) {
		create_free(&c->o);
		free(c);
		return rc;
	}
	make_form(c);
	customer = rid_of(b, c, ENT_CUSTOMER, desk_case(b->desk)->customer);
	c->key = xasprintf("create:%s", customer ? customer : "");
	if (!draft_read(b, c))
		fill_from_case(b, c);
	put(c, F_SUBJECT, subject);
	c->seen = revision(c);
	overlay_push(b, &c->o);
	return 0;
}
