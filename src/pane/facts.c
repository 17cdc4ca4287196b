/* SPDX-License-Identifier: MIT */
/*
 * What is known of a case, as facts for situation rules. Read when the case or
 * its rows change; nothing is guessed: a fact that is not known is not given.
 */
#include "galley/pane/facts.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_WORDS (16 * 1024)
#define MAX_TEXT  4000 /* of one message */
#define WEEK_MS	  (INT64_C(7) * 24 * 3600 * 1000)

struct facts {
	struct situation_fact *v;
	int n;
	struct arena *a;
	struct desk *d;
};

static void text(struct facts *f, const char *name, const char *s)
{
	if (s && *s && f->n < FACTS_MAX)
		f->v[f->n++] = (struct situation_fact){
			.name = name, .text = arena_strdup(f->a, s)};
}

static void number(struct facts *f, const char *name, int64_t n)
{
	if (f->n < FACTS_MAX)
		f->v[f->n++] =
			(struct situation_fact){.name = name, .number = n};
}

static void span(struct facts *f, const char *name, int64_t ms)
{
	if (ms > 0 && f->n < FACTS_MAX)
		f->v[f->n++] = (struct situation_fact){
			.name = name, .number = ms, .is_ms = 1};
}

static const char *str(const struct row *r, enum field_id id)
{
	const struct val *v = row_get(r, id);

	return v->s && *v->s ? v->s : NULL;
}

static int64_t num(const struct row *r, enum field_id id)
{
	const struct val *v = row_get(r, id);

	return v->kind == VAL_INT ? v->i : 0;
}

/* --- the case itself ------------------------------------------------------ */

/* Rules know two: galley-situation(5). */
static const char *open_or_closed(const char *phase)
{
	if (!phase)
		return NULL;
	return desk_phase_open(phase) ? "open" : "closed";
}

static void of_ticket(struct facts *f, int64_t id)
{
	int64_t now = desk_now(f->d), due;
	const char *phase;
	struct rows rows;
	const struct row *r;

	if (store_row(desk_ro(f->d), ENT_TICKET, id, &rows) < 0)
		return;
	r = &rows.v[0];
	text(f, "channel", str(r, FID_TICKET_CHANNEL));
	phase = open_or_closed(str(r, FID_TICKET_PHASE));
	text(f, "phase", phase);
	text(f, "status", str(r, FID_TICKET_STATUS));
	text(f, "queue", str(r, FID_TICKET_QUEUE));
	text(f, "owner", str(r, FID_TICKET_OWNER));
	text(f, "subject", str(r, FID_TICKET_SUBJECT));
	text(f, "tags", str(r, FID_TICKET_TAGS));
	number(f, "priority", num(r, FID_TICKET_PRIORITY));
	due = num(r, FID_TICKET_DUE);
	if (due && !(phase && strcmp(phase, "closed") == 0))
		span(f, "due.late", now - due);
	if (num(r, FID_TICKET_CREATED))
		span(f, "age", now - num(r, FID_TICKET_CREATED));
	rows_free(&rows);
}

static void of_conversation(struct facts *f, int64_t id)
{
	struct rows rows;
	const struct row *r;

	if (store_row(desk_ro(f->d), ENT_CONVERSATION, id, &rows) < 0)
		return;
	r = &rows.v[0];
	text(f, "channel", str(r, FID_CONVERSATION_CHANNEL));
	text(f, "phase", open_or_closed(str(r, FID_CONVERSATION_PHASE)));
	text(f, "status", str(r, FID_CONVERSATION_STATUS));
	text(f, "queue", str(r, FID_CONVERSATION_QUEUE));
	text(f, "owner", str(r, FID_CONVERSATION_OWNER));
	text(f, "subject", str(r, FID_CONVERSATION_SUBJECT));
	rows_free(&rows);
}

/* What the customer wrote, and how long he has waited for an answer. */
static void of_thread(struct facts *f, enum entity e, int64_t id, int calls)
{
	struct buf words = BUF_INIT;
	struct rows rows;
	int64_t asked = 0, last = 0;
	const char *newest = NULL;
	int i, said = 0, unanswered = 0;

	if (store_thread(desk_ro(f->d), e, id, 200, &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++) {
		const struct row *m = &rows.v[i];
		const char *dir = str(m, FID_MESSAGE_DIR);
		const char *t = str(m, FID_MESSAGE_TEXT);

		if (!dir || strcmp(dir, "system") == 0)
			continue;
		said++;
		last = num(m, FID_MESSAGE_AT);
		if (strcmp(dir, "out") == 0)
			asked = unanswered = 0;
		if (strcmp(dir, "in") != 0 || !t)
			continue;
		unanswered++;
		asked = asked ? asked : last;
		newest = t;
		if (words.len < MAX_WORDS) {
			buf_add(&words, t, strnlen(t, MAX_TEXT));
			buf_addc(&words, '\n');
		}
	}
	text(f, "words", buf_str(&words));
	text(f, "last", newest);
	number(f, "messages", said);
	if (unanswered) /* a reason must not speak of none */
		number(f, "unanswered", unanswered);
	if (asked)
		span(f, "waiting", desk_now(f->d) - asked);
	if (last && !calls) /* who calls is not silent */
		span(f, "silent", desk_now(f->d) - last);
	buf_fini(&words);
	rows_free(&rows);
}

/* --- the person ----------------------------------------------------------- */

static void of_customer(struct facts *f, int64_t id)
{
	struct rows rows;

	if (store_row(desk_ro(f->d), ENT_CUSTOMER, id, &rows) < 0)
		return;
	text(f, "customer", str(&rows.v[0], FID_CUSTOMER_NAME));
	text(f, "lang", str(&rows.v[0], FID_CUSTOMER_LANG));
	text(f, "vip", str(&rows.v[0], FID_CUSTOMER_VIP));
	rows_free(&rows);
}

static void due_text(struct facts *f, int64_t ms)
{
	char day[16];
	time_t t = (time_t)(ms / 1000 + desk_zone(f->d) * 60);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	text(f, "promise.due", day);
}

/* The open promise that is due first. */
static void of_promises(struct facts *f, int64_t customer)
{
	int64_t now = desk_now(f->d), first = INT64_MAX;
	const struct row *at = NULL;
	struct rows rows;
	int i, broken = 0;

	if (store_children(desk_ro(f->d), FID_PROMISE_CUSTOMER, customer, 100,
		    &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++) {
		const char *s = str(&rows.v[i], FID_PROMISE_STATUS);
		int64_t due = num(&rows.v[i], FID_PROMISE_DUE);

		broken += s && strcmp(s, "broken") == 0;
		if (s && strcmp(s, "open") == 0 && due && due < first) {
			first = due;
			at = &rows.v[i];
		}
	}
	number(f, "promises.broken", broken);
	if (at) {
		text(f, "promise.text", str(at, FID_PROMISE_TEXT));
		due_text(f, first);
		span(f, "promise.late", now - first);
		span(f, "promise.left", first - now);
	}
	rows_free(&rows);
}

static void of_contacts(struct facts *f, int64_t customer)
{
	int64_t since = desk_now(f->d) - WEEK_MS;
	struct rows rows;
	int i, week = 0, open = 0;

	if (store_children(desk_ro(f->d), FID_TICKET_CUSTOMER, customer, 200,
		    &rows) == 0) {
		for (i = 0; i < rows.n; i++) {
			const char *p = str(&rows.v[i], FID_TICKET_PHASE);

			open += !p || strcmp(p, "done") != 0;
			week += num(&rows.v[i], FID_TICKET_CREATED) > since;
		}
		rows_free(&rows);
	}
	if (store_children(desk_ro(f->d), FID_CALL_CUSTOMER, customer, 200,
		    &rows) == 0) {
		for (i = 0; i < rows.n; i++)
			week += num(&rows.v[i], FID_CALL_STARTED) > since;
		rows_free(&rows);
	}
	number(f, "contacts.week", week);
	number(f, "open", open);
}

static void of_mood(struct facts *f, int64_t customer)
{
	int64_t newest = 0, before = 0, at = 0, at2 = 0;
	struct rows rows;
	int i;

	if (store_children(desk_ro(f->d), FID_MOMENT_CUSTOMER, customer, 500,
		    &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++) {
		int64_t t = num(&rows.v[i], FID_MOMENT_AT);
		int64_t s = num(&rows.v[i], FID_MOMENT_SCORE);

		if (!s)
			continue;
		if (t >= at) {
			before = newest;
			at2 = at;
			newest = s;
			at = t;
		} else if (t >= at2) {
			before = s;
			at2 = t;
		}
	}
	if (newest)
		number(f, "emotion", newest);
	if (newest && before > newest)
		number(f, "emotion.fall", before - newest);
	rows_free(&rows);
}

static void of_orders(struct facts *f, int64_t customer)
{
	int64_t placed = 0;
	const char *status = NULL;
	struct rows rows;
	int i;

	if (store_children(desk_ro(f->d), FID_ORDER_CUSTOMER, customer, 100,
		    &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++)
		if (num(&rows.v[i], FID_ORDER_PLACED) >= placed) {
			placed = num(&rows.v[i], FID_ORDER_PLACED);
			status = str(&rows.v[i], FID_ORDER_STATUS);
		}
	number(f, "orders", rows.n);
	text(f, "order.status", status);
	if (placed)
		span(f, "order.age", desk_now(f->d) - placed);
	rows_free(&rows);
}

int facts_of(struct desk *d, const struct desk_case *k, struct arena *a,
	struct situation_fact v[FACTS_MAX])
{
	struct facts f = {.v = v, .a = a, .d = d};

	if (k->entity == ENT_COUNT)
		return 0;
	text(&f, "case", entity_desc(k->entity)->name);
	if (k->entity == ENT_CONVERSATION) {
		of_conversation(&f, k->id);
		of_thread(&f, k->entity, k->id, 0);
	} else if (k->ticket) {
		of_ticket(&f, k->ticket);
		of_thread(&f, ENT_TICKET, k->ticket, k->entity == ENT_CALL);
	}
	if (!k->customer)
		return f.n;
	of_customer(&f, k->customer);
	of_promises(&f, k->customer);
	of_contacts(&f, k->customer);
	of_mood(&f, k->customer);
	of_orders(&f, k->customer);
	return f.n;
}
