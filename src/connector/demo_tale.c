/* SPDX-License-Identifier: MIT */
/*
 * What each event of a story does to the rows. The moment is d->now; whether an
 * event comes at all (it may not, once the person at the desk has taken over)
 * is decided by its caller.
 */
#include "demo_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "b64.h"
#include "galley/base/mem.h"

/* --- threads -----------------------------------------------------------------
 */

static const struct {
	const char *status, *phase;
} statuses[] = {
	{"new", "new"},
	{"open", "open"},
	{"waiting", "waiting"},
	{"pending", "waiting"},
	{"resolved", "done"},
	{"closed", "done"},
	{"rejected", "done"},
};

const char *phase_of(const char *status)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(statuses); i++)
		if (strcmp(statuses[i].status, status) == 0)
			return statuses[i].phase;
	return "open";
}

int status_known(const char *status)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(statuses); i++)
		if (strcmp(statuses[i].status, status) == 0)
			return 1;
	return 0;
}

static int is_talk(const struct d_row *r)
{
	return r->e == ENT_CONVERSATION;
}

static void touch_thread(struct demo *d, struct d_row *thread)
{
	row_int(&d->world, thread,
		is_talk(thread) ? FID_CONVERSATION_UPDATED : FID_TICKET_UPDATED,
		d->now);
}

static struct d_row *message_on(struct demo *d, struct d_row *thread)
{
	char rid[32];
	struct d_row *m;

	snprintf(rid, sizeof(rid), "m%lld", (long long)++d->n_message);
	m = row_new(&d->world, ENT_MESSAGE, rid);
	row_text(&d->world, m,
		is_talk(thread) ? FID_MESSAGE_CONVERSATION : FID_MESSAGE_TICKET,
		thread->rid);
	row_int(&d->world, m, FID_MESSAGE_AT, d->now);
	touch_thread(d, thread);
	return m;
}

struct d_row *say(struct demo *d, struct d_row *thread, const char *kind,
	const char *dir, const char *author, const char *text)
{
	struct d_row *m = message_on(d, thread);
	int in = strcmp(dir, "in") == 0;

	row_text(&d->world, m, FID_MESSAGE_KIND, kind);
	row_text(&d->world, m, FID_MESSAGE_DIR, dir);
	row_text(&d->world, m, FID_MESSAGE_AUTHOR, author);
	row_text(&d->world, m, FID_MESSAGE_TEXT, text);
	if (is_talk(thread) && in)
		row_int(&d->world, thread, FID_CONVERSATION_UNREAD,
			row_num(thread, FID_CONVERSATION_UNREAD) + 1);
	if (is_talk(thread) && strcmp(dir, "out") == 0) {
		row_text(&d->world, m, FID_MESSAGE_DELIVERY, "read");
		row_int(&d->world, thread, FID_CONVERSATION_UNREAD, 0);
	}
	return m;
}

void note_field(struct demo *d, struct d_row *thread, const char *field,
	const char *author, const char *old, const char *now)
{
	struct d_row *m = message_on(d, thread);
	const char *kind = strcmp(field, "status") == 0	 ? "status"
			   : strcmp(field, "owner") == 0 ? "assign"
							 : "field";

	row_text(&d->world, m, FID_MESSAGE_KIND, kind);
	row_text(&d->world, m, FID_MESSAGE_DIR, "system");
	row_text(&d->world, m, FID_MESSAGE_AUTHOR, author);
	row_text(&d->world, m, FID_MESSAGE_FIELD_, field);
	row_text(&d->world, m, FID_MESSAGE_OLD, old);
	row_text(&d->world, m, FID_MESSAGE_NEW, now);
}

void set_status(struct demo *d, struct d_row *thread, const char *status,
	const char *author)
{
	enum field_id f =
		is_talk(thread) ? FID_CONVERSATION_STATUS : FID_TICKET_STATUS;
	const char *old = row_str(thread, f);
	int was_done = old && strcmp(phase_of(old), "done") == 0;
	int done = strcmp(phase_of(status), "done") == 0;

	if (old && strcmp(old, status) == 0)
		return;
	if (old)
		note_field(d, thread, "status", author, old, status);
	row_text(&d->world, thread, f, status);
	row_text(&d->world, thread,
		is_talk(thread) ? FID_CONVERSATION_PHASE : FID_TICKET_PHASE,
		phase_of(status));
	if (is_talk(thread)) {
		row_int(&d->world, thread, FID_CONVERSATION_CAN_REPLY, !done);
		return;
	}
	if (done)
		row_int(&d->world, thread, FID_TICKET_CLOSED, d->now);
	else if (was_done)
		row_null(&d->world, thread, FID_TICKET_CLOSED);
}

void set_owner(struct demo *d, struct d_row *thread, const char *owner,
	const char *author)
{
	enum field_id f =
		is_talk(thread) ? FID_CONVERSATION_OWNER : FID_TICKET_OWNER;
	const char *old = row_str(thread, f);

	if (old && owner && strcmp(old, owner) == 0)
		return;
	note_field(d, thread, "owner", author, old, owner);
	row_text(&d->world, thread, f, owner);
}

struct d_tale *tale_of(struct demo *d, const struct d_row *thread)
{
	int i;

	for (i = d->n_tale - 1; i >= 0; i--)
		if (d->tale[i]->ticket == thread || d->tale[i]->talk == thread)
			return d->tale[i];
	return NULL;
}

const struct d_block *customer_of(struct demo *d, const struct d_row *row)
{
	const char *id = row_str(row,
		is_talk(row) ? FID_CONVERSATION_CUSTOMER : FID_TICKET_CUSTOMER);

	return id ? block_find(&d->script, D_CUSTOMER, id) : NULL;
}

/* --- making them
 * -------------------------------------------------------------- */

static struct d_row *ticket_new(struct demo *d, struct d_tale *t)
{
	struct d_world *w = &d->world;
	const struct d_block *s = t->story;
	const char *tags = block_or(s, "tags", ""), *problem, *p;
	const char *number = block_get(s, "number");
	struct buf cf = BUF_INIT;
	struct d_row *r;
	char rid[32];
	struct jw j;

	if (!number) {
		do {
			snprintf(rid, sizeof(rid), "T-%lld",
				(long long)++d->n_ticket);
		} while (row_find(w, ENT_TICKET, rid) ||
			 strcmp(rid, "T-8812") == 0);
		number = rid;
	} else {
		d->n_ticket = strtoll(number + 2, NULL, 10);
	}
	r = row_new(w, ENT_TICKET, number);
	row_text(w, r, FID_TICKET_NUMBER, r->rid);
	row_text(w, r, FID_TICKET_SUBJECT,
		tell(d, t, block_or(s, "subject", "{product}")));
	row_text(w, r, FID_TICKET_STATUS, "new");
	row_text(w, r, FID_TICKET_PHASE, "new");
	row_text(w, r, FID_TICKET_QUEUE, t->queue);
	row_text(w, r, FID_TICKET_CUSTOMER, t->customer->id);
	row_text(w, r, FID_TICKET_CHANNEL, t->channel);
	row_int(w, r, FID_TICKET_PRIORITY, block_int(s, "priority", 30));
	row_int(w, r, FID_TICKET_CREATED, d->now);
	row_int(w, r, FID_TICKET_UPDATED, d->now);
	row_int(w, r, FID_TICKET_DUE, d->now + block_span(s, "due", 2 * DAY));
	row_int(w, r, FID_TICKET_WORKED_MIN, 0);
	for (p = tags; *p; p += strcspn(p, ",")) {
		char *one;
		size_t n;

		p += strspn(p, ", ");
		n = strcspn(p, ",");
		one = xstrndup(p, n);
		if (n)
			row_set(w, r, FID_TICKET_TAGS, one, 1);
		free(one);
	}
	jw_init(&j, &cf);
	jw_obj(&j);
	jw_kstr(&j, "Class", block_or(s, "class", "enquiry"));
	if (t->product)
		jw_kstr(&j, "Product", t->product->id);
	if (t->model)
		jw_kstr(&j, "Model", t->model);
	if (t->order)
		jw_kstr(&j, "Order", t->order);
	problem = block_get(s, "problem");
	if (problem)
		jw_kstr(&j, "Problem", problem);
	jw_obj_end(&j);
	row_text(w, r, FID_TICKET_CF, buf_str(&cf));
	buf_fini(&cf);
	t->ticket = r;
	if (t->call && !row_str(t->call, FID_CALL_TICKET))
		row_text(w, t->call, FID_CALL_TICKET, r->rid);
	if (t->talk)
		row_text(w, t->talk, FID_CONVERSATION_TICKET, r->rid);
	return r;
}

static struct d_row *talk_new(struct demo *d, struct d_tale *t)
{
	struct d_world *w = &d->world;
	struct d_row *r;
	char rid[32];

	snprintf(rid, sizeof(rid), "W-%lld", (long long)++d->n_talk);
	r = row_new(w, ENT_CONVERSATION, rid);
	row_text(w, r, FID_CONVERSATION_SUBJECT,
		tell(d, t, block_or(t->story, "subject", "{product}")));
	row_text(w, r, FID_CONVERSATION_STATUS, "open");
	row_text(w, r, FID_CONVERSATION_PHASE, "open");
	row_text(w, r, FID_CONVERSATION_QUEUE, t->queue);
	row_text(w, r, FID_CONVERSATION_CUSTOMER, t->customer->id);
	row_text(w, r, FID_CONVERSATION_CHANNEL, t->channel);
	row_text(w, r, FID_CONVERSATION_TEAM, "online");
	/* what comes today is nobody's until somebody takes it */
	if (d->play < 0 || strcmp(t->agent, d->me) != 0)
		row_text(w, r, FID_CONVERSATION_OWNER, t->agent);
	row_int(w, r, FID_CONVERSATION_UNREAD, 0);
	row_int(w, r, FID_CONVERSATION_CAN_REPLY, 1);
	row_int(w, r, FID_CONVERSATION_CREATED, d->now);
	row_int(w, r, FID_CONVERSATION_UPDATED, d->now);
	if (t->ticket)
		row_text(w, r, FID_CONVERSATION_TICKET, t->ticket->rid);
	t->talk = r;
	return r;
}

static struct d_row *ticket_for(struct demo *d, struct d_tale *t)
{
	return t->ticket ? t->ticket : ticket_new(d, t);
}

static struct d_row *talk_for(struct demo *d, struct d_tale *t)
{
	/* a chat that has ended is not reopened: a new one begins */
	if (!t->talk ||
		strcmp(row_str(t->talk, FID_CONVERSATION_PHASE), "done") == 0)
		return talk_new(d, t);
	return t->talk;
}

static struct d_row *other_new(struct demo *d, enum entity e, const char *kind)
{
	char rid[48];

	snprintf(rid, sizeof(rid), "%s%lld", kind, (long long)++d->n_other);
	return row_new(&d->world, e, rid);
}

/* --- events: who says what ---------------------------------------------------
 */

typedef void event_fn(
	struct demo *d, struct d_tale *t, const struct d_event *e);

/* A colleague who has an answer to give has the case. */
static const char *owner_for(struct demo *d, struct d_tale *t,
	struct d_row *thread, const struct d_event *e)
{
	const char *who = word_at(d->arena, e->args, 0);

	if (!*who || !block_find(&d->script, D_AGENT, who))
		who = t->agent;
	if (!row_str(thread, is_talk(thread) ? FID_CONVERSATION_OWNER
					     : FID_TICKET_OWNER))
		set_owner(d, thread, who, who);
	return who;
}

static void on_mail(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	struct d_row *ticket = t->ticket;
	const char *text = tell(d, t, e->text);
	int first = !ticket;

	if (first)
		ticket = ticket_new(d, t);
	t->message = say(d, ticket, first ? "created" : "reply", "in",
		t->customer->id, text);
	if (!first && strcmp(row_str(ticket, FID_TICKET_PHASE), "waiting") == 0)
		set_status(d, ticket, "open", "system");
}

static void on_chat(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	t->message = say(d, talk_for(d, t), "reply", "in", t->customer->id,
		tell(d, t, e->text));
}

static void on_reply(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	struct d_row *ticket = ticket_for(d, t);
	const char *who = owner_for(d, t, ticket, e);

	t->message = say(d, ticket, "reply", "out", who, tell(d, t, e->text));
	row_int(&d->world, ticket, FID_TICKET_WORKED_MIN,
		row_num(ticket, FID_TICKET_WORKED_MIN) + 4 +
			(int64_t)rnd_below(&t->rnd, 9));
	if (strcmp(row_str(ticket, FID_TICKET_PHASE), "new") == 0)
		set_status(d, ticket, "open", who);
}

static void on_answer(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	struct d_row *talk = talk_for(d, t);
	const char *who = owner_for(d, t, talk, e);

	t->message = say(d, talk, "reply", "out", who, tell(d, t, e->text));
}

static void on_note(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	struct d_row *ticket = ticket_for(d, t);

	t->message = say(d, ticket, "note", "note", owner_for(d, t, ticket, e),
		tell(d, t, e->text));
}

static void on_remark(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	struct d_row *talk = talk_for(d, t);

	t->message = say(d, talk, "note", "note", owner_for(d, t, talk, e),
		tell(d, t, e->text));
}

/* What the ticket was opened after. */
static const char *where_from(struct demo *d, const struct d_tale *t)
{
	int zh = strncmp(t->lang, "zh", 2) == 0;

	if (t->talk)
		return arena_printf(d->world.arena,
			zh ? "\n来自会话 %s" : "\nFrom chat %s", t->talk->rid);
	if (t->call)
		return arena_printf(d->world.arena,
			zh ? "\n来自通话 %s" : "\nFrom %s", t->call->rid);
	return "";
}

/* We open a ticket ourselves, after a call or a chat. */
static void on_open(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	struct d_row *ticket = ticket_for(d, t);
	const char *who = owner_for(d, t, ticket, e);

	t->message = say(d, ticket, "created", "note", who,
		arena_printf(d->world.arena, "%s%s", tell(d, t, e->text),
			where_from(d, t)));
}

static void on_end(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	(void)e;
	if (t->talk)
		set_status(d, t->talk, "resolved", t->agent);
}

/* --- events: calls
 * ------------------------------------------------------------ */

static struct d_row *call_new(struct demo *d, const struct d_block *customer,
	const struct d_row *ticket, const char *queue, const char *dir)
{
	struct d_world *w = &d->world;
	struct d_row *c;
	char rid[32];

	snprintf(rid, sizeof(rid), "call-%lld", (long long)++d->n_call);
	c = row_new(w, ENT_CALL, rid);
	row_text(w, c, FID_CALL_CUSTOMER, customer->id);
	row_text(w, c, FID_CALL_DIR, dir);
	row_text(w, c, FID_CALL_NUMBER, block_get(customer, "phone"));
	row_text(w, c, FID_CALL_LANG, block_get(customer, "lang"));
	row_text(w, c, FID_CALL_QUEUE, queue);
	row_int(w, c, FID_CALL_STARTED, d->now);
	if (ticket)
		row_text(w, c, FID_CALL_TICKET, ticket->rid);
	return c;
}

/* "call in 4m10s REPAIR/ADVICE: note"; "call out ..." */
static void on_call(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	struct d_world *w = &d->world;
	const char *dir = word_at(d->arena, e->args, 0);
	const char *span = word_at(d->arena, e->args, 1);
	const char *code = word_at(d->arena, e->args, 2);
	struct d_row *c = call_new(d, t->customer, t->ticket, t->queue, dir);
	int64_t talked = 3 * MINUTE, waited;

	if (span_read(span, strlen(span), &talked) < 0)
		talked = 3 * MINUTE;
	talked += (int64_t)rnd_below(&t->rnd, 40) * 1000;
	waited = 4000 + (int64_t)rnd_below(&t->rnd, 50) * 1000;
	row_text(w, c, FID_CALL_STATUS, "ended");
	row_text(w, c, FID_CALL_AGENT, t->agent);
	row_int(w, c, FID_CALL_ANSWERED, d->now + waited);
	row_int(w, c, FID_CALL_ENDED, d->now + waited + talked);
	row_text(w, c, FID_CALL_DISPOSITION, code);
	row_text(w, c, FID_CALL_RECORDING,
		arena_printf(w->arena, "rec/%s.opus", c->rid));
	row_text(w, c, FID_CALL_NOTE, tell(d, t, e->text));
	t->call = c;
}

static void on_missed(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	struct d_world *w = &d->world;
	struct d_row *c = call_new(d, t->customer, t->ticket, t->queue, "in");
	int64_t waited = 40000;

	if (span_read(e->args, strlen(e->args), &waited) < 0)
		waited = 40000;
	row_text(w, c, FID_CALL_STATUS, "abandoned");
	row_int(w, c, FID_CALL_ENDED, d->now + waited);
	row_text(w, c, FID_CALL_NOTE, tell(d, t, e->text));
}

void ring(struct demo *d, const struct d_block *customer, struct d_row *ticket,
	const char *text)
{
	struct d_row *c;

	if (d->line) /* one line only */
		return;
	c = call_new(d, customer, ticket,
		ticket ? row_str(ticket, FID_TICKET_QUEUE) : "repair", "in");
	row_text(&d->world, c, FID_CALL_STATUS, "ringing");
	row_text(&d->world, c, FID_CALL_AGENT, d->me);
	row_text(&d->world, c, FID_CALL_NOTE, text);
	d->line = c;
	act_add(d, &(struct d_act){
			   .at = d->play +
				 25 * (int64_t)10 * (d->speed ? d->speed : 100),
			   .kind = ACT_UNHEARD,
			   .row = c});
}

static void on_ring(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	ring(d, t->customer, t->ticket, tell(d, t, e->text));
}

/* --- events: fields
 * ----------------------------------------------------------- */

static void on_status(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	set_status(d, ticket_for(d, t), e->args, t->agent);
}

static void on_take(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	struct d_row *ticket = ticket_for(d, t);
	const char *who = *e->args ? e->args : t->agent;

	t->agent = who;
	set_owner(d, ticket, who, who);
	if (strcmp(row_str(ticket, FID_TICKET_PHASE), "new") == 0)
		set_status(d, ticket, "open", who);
	if (t->talk)
		set_owner(d, t->talk, who, who);
}

static void on_assign(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	const char *by = t->agent;

	t->agent = e->args;
	set_owner(d, ticket_for(d, t), e->args, by);
}

static void on_queue(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	struct d_row *ticket = ticket_for(d, t);

	note_field(d, ticket, "queue", t->agent,
		row_str(ticket, FID_TICKET_QUEUE), e->args);
	row_text(&d->world, ticket, FID_TICKET_QUEUE, e->args);
	t->queue = e->args;
}

static void on_priority(
	struct demo *d, struct d_tale *t, const struct d_event *e)
{
	struct d_row *ticket = ticket_for(d, t);
	char old[24];

	snprintf(old, sizeof(old), "%lld",
		(long long)row_num(ticket, FID_TICKET_PRIORITY));
	note_field(d, ticket, "priority", t->agent, old, e->args);
	row_int(&d->world, ticket, FID_TICKET_PRIORITY,
		strtoll(e->args, NULL, 10));
}

static void on_due(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	int64_t off;

	if (span_read(e->args, strlen(e->args), &off) == 0)
		row_int(&d->world, ticket_for(d, t), FID_TICKET_DUE,
			d->now + off);
}

static void on_tag(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	row_set(&d->world, ticket_for(d, t), FID_TICKET_TAGS, e->args, 1);
}

/* --- events: promises and the journey
 * ------------------------------------------ */

static void on_promise(
	struct demo *d, struct d_tale *t, const struct d_event *e)
{
	struct d_world *w = &d->world;
	struct d_row *p = other_new(d, ENT_PROMISE, "promise-");
	int64_t off = DAY;

	if (span_read(e->args, strlen(e->args), &off) < 0)
		off = DAY;
	row_text(w, p, FID_PROMISE_CUSTOMER, t->customer->id);
	row_text(w, p, FID_PROMISE_TICKET, ticket_for(d, t)->rid);
	row_text(w, p, FID_PROMISE_AGENT, t->agent);
	row_text(w, p, FID_PROMISE_TEXT, tell(d, t, e->text));
	row_int(w, p, FID_PROMISE_MADE, d->now);
	row_int(w, p, FID_PROMISE_DUE, d->now + off);
	row_text(w, p, FID_PROMISE_STATUS, "open");
	t->promise = p;
}

static void end_promise(struct demo *d, struct d_tale *t, const char *how)
{
	if (!t->promise)
		return;
	row_text(&d->world, t->promise, FID_PROMISE_STATUS, how);
	if (strcmp(how, "kept") == 0)
		row_int(&d->world, t->promise, FID_PROMISE_KEPT, d->now);
}

static void on_kept(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	(void)e;
	end_promise(d, t, "kept");
}

static void on_broken(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	(void)e;
	end_promise(d, t, "broken");
}

static void on_withdrawn(
	struct demo *d, struct d_tale *t, const struct d_event *e)
{
	(void)e;
	end_promise(d, t, "withdrawn");
}

static struct d_row *moment_new(struct demo *d, struct d_tale *t,
	const char *kind, const struct d_event *e)
{
	struct d_world *w = &d->world;
	struct d_row *m = other_new(d, ENT_MOMENT, "moment-");

	row_text(w, m, FID_MOMENT_CUSTOMER, t->customer->id);
	if (t->ticket)
		row_text(w, m, FID_MOMENT_TICKET, t->ticket->rid);
	row_text(w, m, FID_MOMENT_KIND, kind);
	row_int(w, m, FID_MOMENT_AT, d->now);
	row_text(w, m, FID_MOMENT_CHANNEL, t->channel);
	row_text(w, m, FID_MOMENT_STAGE, block_get(t->story, "stage"));
	row_text(w, m, FID_MOMENT_TEXT, tell(d, t, e->text));
	return m;
}

static void on_mood(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	row_int(&d->world, moment_new(d, t, "emotion", e), FID_MOMENT_SCORE,
		strtoll(e->args, NULL, 10));
}

static void on_moment(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	row_int(&d->world, moment_new(d, t, "moment", e), FID_MOMENT_SCORE,
		strtoll(e->args, NULL, 10));
}

static void on_stage(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	row_text(&d->world, moment_new(d, t, "stage", e), FID_MOMENT_STAGE,
		e->args);
}

static void on_touch(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	row_text(&d->world, moment_new(d, t, "touchpoint", e),
		FID_MOMENT_CHANNEL, e->args);
}

/* --- events: the shop
 * ---------------------------------------------------------- */

static int64_t minor_of(const char *s)
{
	char *end;
	int64_t n = strtoll(s, &end, 10) * 100;

	if (*end == '.' && end[1] && end[2])
		n += strtoll(end + 1, NULL, 10);
	return n;
}

static struct d_row *order_for(struct demo *d, struct d_tale *t)
{
	struct d_world *w = &d->world;
	struct d_row *o;
	char rid[32];

	if (t->purchase)
		return t->purchase;
	if (!t->order) {
		snprintf(rid, sizeof(rid), "A-%lld", (long long)++d->n_order);
		t->order = arena_strdup(w->arena, rid);
	}
	o = row_find(w, ENT_ORDER, t->order);
	t->purchase = o ? o : row_new(w, ENT_ORDER, t->order);
	if (o)
		return o;
	o = t->purchase;
	row_text(w, o, FID_ORDER_NUMBER, t->order);
	row_text(w, o, FID_ORDER_CUSTOMER, t->customer->id);
	row_text(w, o, FID_ORDER_STATUS, "placed");
	row_int(w, o, FID_ORDER_TOTAL_MINOR, t->amount_minor);
	row_text(w, o, FID_ORDER_CURRENCY, "CNY");
	row_int(w, o, FID_ORDER_PLACED, d->now);
	row_text(w, o, FID_ORDER_ITEMS,
		tell(d, t, block_or(t->story, "item", "{product} {model}")));
	return o;
}

/* What an event makes of the order; others leave it. */
static const struct {
	const char *kind, *status;
} order_states[] = {
	{"paid", "paid"},
	{"shipped", "shipped"},
	{"delivered", "delivered"},
	{"returned", "returned"},
	{"refund_requested", "refunding"},
	{"refunded", "refunded"},
	{"cancelled", "cancelled"},
};

/* "order refunded 899.00: text" */
static void on_order(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	struct d_world *w = &d->world;
	struct d_row *o = order_for(d, t);
	const char *kind = word_at(d->arena, e->args, 0);
	const char *amount = word_at(d->arena, e->args, 1);
	struct d_row *x = other_new(d, ENT_ORDER_EVENT, "shop-");
	size_t i;

	row_text(w, x, FID_ORDER_EVENT_PURCHASE, o->rid);
	row_text(w, x, FID_ORDER_EVENT_KIND, kind);
	row_int(w, x, FID_ORDER_EVENT_AT, d->now);
	row_text(w, x, FID_ORDER_EVENT_TEXT, tell(d, t, e->text));
	if (*amount)
		row_int(w, x, FID_ORDER_EVENT_AMOUNT_MINOR,
			strcmp(amount, "all") == 0 ? t->amount_minor
						   : minor_of(amount));
	for (i = 0; i < ARRAY_SIZE(order_states); i++)
		if (strcmp(order_states[i].kind, kind) == 0)
			row_text(
				w, o, FID_ORDER_STATUS, order_states[i].status);
}

/* --- events: knowledge, ratings, files
 * ------------------------------------------ */

static void add_outcome(
	struct demo *d, struct d_tale *t, const char *article, int worked)
{
	struct d_world *w = &d->world;
	const struct d_row *a = row_find(w, ENT_ARTICLE, article);
	struct d_row *o;

	if (!a)
		return;
	o = other_new(d, ENT_OUTCOME, "used-");
	row_text(w, o, FID_OUTCOME_ARTICLE, article);
	row_int(w, o, FID_OUTCOME_REVISION, row_num(a, FID_ARTICLE_REVISION));
	if (t->ticket)
		row_text(w, o, FID_OUTCOME_TICKET, t->ticket->rid);
	row_int(w, o, FID_OUTCOME_WORKED, worked);
	row_text(w, o, FID_OUTCOME_AGENT, t->agent);
	row_int(w, o, FID_OUTCOME_AT, d->now);
}

static void on_works(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	add_outcome(d, t, e->args, 1);
}

static void on_fails(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	add_outcome(d, t, e->args, 0);
}

static void on_rating(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	struct d_world *w = &d->world;
	struct d_row *c = other_new(d, ENT_CSAT, "rate-");

	row_int(w, c, FID_CSAT_SCORE, strtoll(e->args, NULL, 10));
	row_int(w, c, FID_CSAT_SCALE, 5);
	row_text(w, c, FID_CSAT_TEXT, tell(d, t, e->text));
	if (t->ticket)
		row_text(w, c, FID_CSAT_TICKET, t->ticket->rid);
	if (t->talk)
		row_text(w, c, FID_CSAT_CONVERSATION, t->talk->rid);
	row_text(w, c, FID_CSAT_AGENT, t->agent);
	row_text(w, c, FID_CSAT_CUSTOMER, t->customer->id);
	row_int(w, c, FID_CSAT_AT, d->now);
}

static int is_picture(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && strcmp(name + n - 4, ".png") == 0;
}

/* A picture is told in base 64. */
static void fill_file(struct d_world *w, struct d_row *f, const char *name,
	const char *text)
{
	struct buf b = BUF_INIT;
	char *bytes;

	f->body = text;
	f->body_len = strlen(text);
	if (is_picture(name) && b64_decode(&b, text) == 0) {
		bytes = arena_alloc(w->arena, b.len + 1);
		memcpy(bytes, buf_str(&b), b.len);
		f->body = bytes;
		f->body_len = b.len;
	}
	buf_fini(&b);
}

/* "file fapiao.txt: what is in it", with the message before. */
static void on_file(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	struct d_world *w = &d->world;
	const char *text = tell(d, t, e->text), *name;
	struct d_row *f;

	if (!t->message)
		return;
	name = tell(d, t, e->args);
	f = other_new(d, ENT_FILE, "file-");
	row_text(w, f, FID_FILE_MESSAGE, t->message->rid);
	row_text(w, f, FID_FILE_NAME, name);
	row_text(w, f, FID_FILE_MIME,
		is_picture(name) ? "image/png" : "text/plain");
	fill_file(w, f, name, text);
	row_int(w, f, FID_FILE_SIZE, (int64_t)f->body_len);
}

/* Time goes by and nothing else happens. */
static void on_wait(struct demo *d, struct d_tale *t, const struct d_event *e)
{
	(void)d;
	(void)t;
	(void)e;
}

static const struct {
	const char *word;
	event_fn *fn;
} events[] = {
	{"mail", on_mail},
	{"chat", on_chat},
	{"reply", on_reply},
	{"answer", on_answer},
	{"note", on_note},
	{"remark", on_remark},
	{"open", on_open},
	{"end", on_end},
	{"call", on_call},
	{"missed", on_missed},
	{"ring", on_ring},
	{"status", on_status},
	{"take", on_take},
	{"assign", on_assign},
	{"queue", on_queue},
	{"priority", on_priority},
	{"due", on_due},
	{"tag", on_tag},
	{"promise", on_promise},
	{"kept", on_kept},
	{"broken", on_broken},
	{"withdrawn", on_withdrawn},
	{"mood", on_mood},
	{"moment", on_moment},
	{"stage", on_stage},
	{"touch", on_touch},
	{"order", on_order},
	{"works", on_works},
	{"fails", on_fails},
	{"rating", on_rating},
	{"file", on_file},
	{"wait", on_wait},
};

static int comes(struct d_tale *t, const struct d_event *e)
{
	if (e->ending && e->ending != t->ending)
		return 0;
	return e->chance >= 100 ||
	       rnd_chance(&t->rnd, (uint32_t)e->chance, 100);
}

int tale_step(struct demo *d, struct d_tale *t)
{
	const struct d_event *e = t->next;
	size_t i;
	int take;

	if (!e)
		return 0;
	t->next = e->next;
	take = comes(t, e);
	for (i = 0; i < ARRAY_SIZE(events) && take; i++)
		if (strcmp(events[i].word, e->word) == 0)
			events[i].fn(d, t, e);
	/* another ending's events take no time */
	while (t->next && t->next->ending && t->next->ending != t->ending)
		t->next = t->next->next;
	return t->next != NULL;
}
