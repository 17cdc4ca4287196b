/* SPDX-License-Identifier: MIT */
/*
 * A customer's way through all channels, gathered from the cache: calls,
 * tickets, conversations, orders, promises, moments and, of what was said, the
 * first message of each day and direction. Everything is bounded, so a customer
 * with ten years of letters costs no more than one with one.
 */
#include "journey_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/app/codes.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

#define MAX_ROWS    500
#define MAX_ORDERS  100
#define WITH_EVENTS 20
#define MAX_EVENTS  30
#define MAX_MOMENTS 1000
/* Threads that are looked into, and messages of all of them. */
#define MAX_THREADS 20
#define MAX_ALL	    1000
#define MAX_EVERY   500
#define TEXT_BYTES  240

/* --- words ---------------------------------------------------------------- */

const char *journey_word(const char *s)
{
	static const struct {
		const char *word, *text;
	} words[] = {
		/* channels: short, they stand in a narrow column */
		{"call", N_("call")},
		{"phone", N_("call")},
		{"mail", N_("mail")},
		{"email", N_("mail")},
		{"chat", N_("chat")},
		{"livechat", N_("chat")},
		{"web", N_("web")},
		{"form", N_("web")},
		{"shop", N_("shop")},
		{"store", N_("shop")},
		{"ship", N_("ship")},
		{"visit", N_("visit")},
		{"sms", N_("SMS")},
		{"wechat", N_("WeChat")},
		{"app", N_("app")},
		{"social", N_("social")},
		{"nps", N_("rated")},
		{"ticket", N_("case")},
		/* TRANSLATORS: a promise: "gave his word" */
		{"promise", N_("word")},
		{"note", N_("note")},
		/* stages */
		{"aware", N_("aware")},
		{"consider", N_("considers")},
		{"buy", N_("buys")},
		{"delivery", N_("delivery")},
		{"receive", N_("receives")},
		{"install", N_("installs")},
		{"use", N_("uses")},
		{"help", N_("needs help")},
		{"repair", N_("repair")},
		{"service", N_("service")},
		{"return", N_("returns")},
		{"refund", N_("refund")},
		{"renew", N_("buys again")},
		{"recommend", N_("recommends")},
		{"leave", N_("leaves")},
		/* events of an order */
		{"placed", N_("placed")},
		{"paid", N_("paid")},
		{"shipped", N_("shipped")},
		{"depot", N_("at the depot")},
		{"delivered", N_("delivered")},
		{"installed", N_("installed")},
		{"returned", N_("returned")},
		{"received", N_("received back")},
		{"refund_requested", N_("refund asked for")},
		{"refunding", N_("refund under way")},
		{"refunded", N_("refunded")},
		{"cancelled", N_("cancelled")},
		{"credit", N_("credit")},
	};
	size_t i;

	for (i = 0; s && i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i].word, s) == 0)
			return _(words[i].text);
	return s ? s : "";
}

/* The beginning of a text in one line. */
static const char *one_line(struct arena *a, const char *s)
{
	struct buf b = BUF_INIT;
	const char *out;
	size_t n = s ? strnlen(s, TEXT_BYTES + 1) : 0, i, k;

	if (n > TEXT_BYTES) {
		n = TEXT_BYTES;
		while (n && ((unsigned char)s[n] & 0xc0) == 0x80)
			n--;
	}
	for (i = 0; i < n; i += k) {
		k = strcspn(s + i, " \t\r\n");
		if (k > n - i)
			k = n - i;
		buf_add(&b, s + i, k);
		if (i + k == n)
			break;
		if (b.len && b.p[b.len - 1] != ' ')
			buf_addc(&b, ' ');
		k++;
	}
	out = arena_strdup(a, buf_str(&b));
	buf_fini(&b);
	return out;
}

static const char *money(struct arena *a, const struct val *v, const char *cur)
{
	int64_t minor = v->kind == VAL_INT ? v->i : 0;

	if (!minor)
		return "";
	return arena_printf(a, "%s%lld.%02d %s", minor < 0 ? "-" : "",
		(long long)llabs(minor / 100), (int)llabs(minor % 100),
		cur ? cur : "");
}

/* --- collecting ----------------------------------------------------------- */

static int64_t when(const struct row *r, enum field_id f)
{
	const struct val *v = row_get(r, f);

	return v && v->kind == VAL_INT ? v->i : 0;
}

static const char *keep(struct travel *t, const struct row *r, enum field_id f)
{
	const char *s = words_str(r, f);

	return s ? one_line(t->arena, s) : NULL;
}

/* What has no time has no place on the ladder: it is written to nowhere. */
static struct touch *add(struct travel *t, int64_t at, enum entity e,
	int64_t id, const char *channel)
{
	static struct touch nowhere;
	struct touch *x;

	if (!at)
		return &nowhere;
	if (t->n == t->max) {
		t->max = t->max ? t->max * 2 : 128;
		t->v = xreallocarray(t->v, (size_t)t->max, sizeof(*t->v));
	}
	x = &t->v[t->n++];
	*x = (struct touch){
		.at = at,
		.entity = e,
		.id = id,
		.ticket = e == ENT_TICKET ? id : 0,
		.style = ST_TEXT,
		.sign = 'o',
		.channel = channel,
		.text = "",
	};
	return x;
}

/* What belongs to a ticket opens it. */
static struct touch *add_of_ticket(
	struct travel *t, int64_t at, int64_t ticket, const char *channel)
{
	return add(t, at, ticket ? ENT_TICKET : ENT_COUNT, ticket, channel);
}

static int read_calls(struct pane *p, int64_t customer, struct travel *t)
{
	struct rows rows;
	int i, rc = pane_children(p, FID_CALL_CUSTOMER, customer,
		       FID_CALL_STARTED, MAX_ROWS, &rows);

	if (rc < 0)
		return rc;
	for (i = 0; i < rows.n; i++) {
		const struct row *r = &rows.v[i];
		const char *status = words_str(r, FID_CALL_STATUS);
		const char *dir = words_str(r, FID_CALL_DIR);
		const char *who = keep(t, r, FID_CALL_AGENT);
		const char *why =
			codes_words(keep(t, r, FID_CALL_DISPOSITION), t->arena);
		const char *note = keep(t, r, FID_CALL_NOTE);
		int64_t from = when(r, FID_CALL_ANSWERED);
		int64_t s = (when(r, FID_CALL_ENDED) - from) / 1000;
		struct touch *x = add(
			t, when(r, FID_CALL_STARTED), ENT_CALL, r->id, "call");
		const char *how;

		x->ticket = when(r, FID_CALL_TICKET);
		if (status && strcmp(status, "ringing") == 0) {
			how = _("ringing now");
			x->style = ST_RING;
		} else if (from && s >= 0) {
			how = arena_printf(t->arena, "%d:%02d", (int)(s / 60),
				(int)(s % 60));
		} else if (from) {
			how = _("talking now");
		} else {
			how = _("missed");
			x->style = ST_WARN;
			x->sign = '!';
		}
		x->text = arena_printf(t->arena, "%s%s%s%s%s%s%s%s",
			dir && strcmp(dir, "out") == 0 ? _("by us ") : "", how,
			who ? " " : "", who ? who : "", why ? "  " : "",
			why ? why : "", note ? "  " : "", note ? note : "");
	}
	rows_free(&rows);
	return 0;
}

static void add_thread(struct travel *t, const struct thread_ref *x)
{
	if (t->n_thread % 64 == 0)
		t->thread = xreallocarray(t->thread, (size_t)t->n_thread + 64,
			sizeof(*t->thread));
	t->thread[t->n_thread++] = *x;
}

static int read_tickets(struct pane *p, int64_t customer, struct travel *t)
{
	struct rows rows;
	int i, rc = pane_children(p, FID_TICKET_CUSTOMER, customer,
		       FID_TICKET_UPDATED, MAX_ROWS, &rows);

	if (rc < 0)
		return rc;
	for (i = 0; i < rows.n; i++) {
		const struct row *r = &rows.v[i];
		const char *subject = keep(t, r, FID_TICKET_SUBJECT);
		const char *phase = words_str(r, FID_TICKET_PHASE);
		int done = phase && strcmp(phase, "done") == 0;
		int64_t made = when(r, FID_TICKET_CREATED);
		struct touch *x = add(t, made, ENT_TICKET, r->id, "ticket");
		char name[256];

		session_name(desk_session(p->desk), r->connector, r->rid, r->id,
			name);
		/* TRANSLATORS: a ticket: its number, what it is about */
		x->text = arena_printf(t->arena, _("%s opened: %s"), name,
			subject ? subject : "");
		if (done) {
			x = add(t, when(r, FID_TICKET_CLOSED), ENT_TICKET,
				r->id, "ticket");
			x->text = arena_printf(t->arena, _("%s closed: %s"),
				name, subject ? subject : "");
			x->style = ST_GOOD;
		}
		add_thread(
			t, &(struct thread_ref){.entity = ENT_TICKET,
				   .id = r->id,
				   .ticket = r->id,
				   .from = made,
				   .to = when(r, FID_TICKET_UPDATED),
				   .channel = keep(t, r, FID_TICKET_CHANNEL)});
	}
	rows_free(&rows);
	return 0;
}

static int read_talks(struct pane *p, int64_t customer, struct travel *t)
{
	struct rows rows;
	int i, rc = pane_children(p, FID_CONVERSATION_CUSTOMER, customer,
		       FID_CONVERSATION_UPDATED, MAX_ROWS, &rows);

	if (rc < 0)
		return rc;
	for (i = 0; i < rows.n; i++) {
		const struct row *r = &rows.v[i];
		const char *channel = keep(t, r, FID_CONVERSATION_CHANNEL);
		const char *subject = keep(t, r, FID_CONVERSATION_SUBJECT);
		struct touch *x = add(t, when(r, FID_CONVERSATION_CREATED),
			ENT_CONVERSATION, r->id, channel ? channel : "chat");

		x->ticket = when(r, FID_CONVERSATION_TICKET);
		x->text =
			subject ? arena_printf(t->arena,
					  _("conversation begins: %s"), subject)
				: _("conversation begins");
		add_thread(
			t, &(struct thread_ref){.entity = ENT_CONVERSATION,
				   .id = r->id,
				   .ticket = when(r, FID_CONVERSATION_TICKET),
				   .from = when(r, FID_CONVERSATION_CREATED),
				   .to = when(r, FID_CONVERSATION_UPDATED),
				   .channel = channel ? channel : "chat"});
	}
	rows_free(&rows);
	return 0;
}

static int order_events(struct pane *p, struct travel *t, int64_t order,
	const char *number, const char *currency)
{
	struct rows rows;
	int i, rc = pane_children(p, FID_ORDER_EVENT_PURCHASE, order,
		       FID_ORDER_EVENT_AT, MAX_EVENTS, &rows);

	if (rc < 0)
		return rc;
	for (i = 0; i < rows.n; i++) {
		const struct row *r = &rows.v[i];
		const char *kind = words_str(r, FID_ORDER_EVENT_KIND);
		const char *text = keep(t, r, FID_ORDER_EVENT_TEXT);
		struct touch *x;

		/* the order's own line says so */
		if (kind && strcmp(kind, "placed") == 0)
			continue;
		x = add(t, when(r, FID_ORDER_EVENT_AT), ENT_COUNT, 0, "shop");
		x->text = arena_printf(t->arena, "%s %s  %s  %s", number,
			journey_word(kind ? one_line(t->arena, kind) : NULL),
			text ? text : "",
			money(t->arena,
				row_get(r, FID_ORDER_EVENT_AMOUNT_MINOR),
				currency));
	}
	rows_free(&rows);
	return 0;
}

static int read_orders(struct pane *p, int64_t customer, struct travel *t)
{
	struct rows rows;
	int i, rc = pane_children(p, FID_ORDER_CUSTOMER, customer,
		       FID_ORDER_PLACED, MAX_ORDERS, &rows);

	if (rc < 0)
		return rc;
	for (i = 0; i < rows.n && rc == 0; i++) {
		const struct row *r = &rows.v[i];
		const char *number = keep(t, r, FID_ORDER_NUMBER);
		const char *items = keep(t, r, FID_ORDER_ITEMS);
		const char *cur = keep(t, r, FID_ORDER_CURRENCY);
		struct touch *x =
			add(t, when(r, FID_ORDER_PLACED), ENT_COUNT, 0, "shop");

		if (!number)
			number = one_line(t->arena, r->rid ? r->rid : "");
		x->text = arena_printf(t->arena, _("%s ordered  %s  %s"),
			number,
			money(t->arena, row_get(r, FID_ORDER_TOTAL_MINOR), cur),
			items ? items : "");
		if (i < WITH_EVENTS)
			rc = order_events(p, t, r->id, number, cur);
	}
	rows_free(&rows);
	return rc;
}

/* --- promises ------------------------------------------------------------- */

static void promise_open(
	struct pane *p, struct travel *t, const struct row *r, const char *text)
{
	int64_t due = when(r, FID_PROMISE_DUE);
	struct touch *x;
	char late[TIME_SAID_SIZE];

	if (t->n_promise % 16 == 0)
		t->promise = xreallocarray(t->promise,
			(size_t)t->n_promise + 16, sizeof(*t->promise));
	t->promise[t->n_promise++] = (struct open_promise){.due = due,
		.ticket = when(r, FID_PROMISE_TICKET),
		.text = text};
	if (!due || due > desk_now(p->desk))
		return;
	x = add_of_ticket(t, due, when(r, FID_PROMISE_TICKET), "promise");
	x->style = ST_BAD;
	x->sign = '!';
	x->text = arena_printf(t->arena, _("overdue by %s: %s"),
		words_age(p->desk, due, late), text);
}

static void promise_ended(struct travel *t, const struct row *r,
	const char *status, const char *text)
{
	int kept = strcmp(status, "kept") == 0;
	int broken = strcmp(status, "broken") == 0;
	int64_t at = kept && when(r, FID_PROMISE_KEPT)
			     ? when(r, FID_PROMISE_KEPT)
			     : when(r, FID_PROMISE_DUE);
	struct touch *x;

	if (!kept && !broken)
		return;
	x = add_of_ticket(t, at, when(r, FID_PROMISE_TICKET), "promise");
	x->style = kept ? ST_GOOD : ST_BAD;
	x->sign = kept ? 'o' : '!';
	x->text = arena_printf(
		t->arena, kept ? _("kept: %s") : _("broken: %s"), text);
}

static int most_urgent(const void *a, const void *b)
{
	const struct open_promise *x = a, *y = b;
	/* one without a date comes last */
	int64_t l = x->due ? x->due : INT64_MAX;
	int64_t r = y->due ? y->due : INT64_MAX;

	return l < r ? -1 : l > r;
}

static int read_promises(struct pane *p, int64_t customer, struct travel *t)
{
	struct rows rows;
	int i, rc = pane_children(p, FID_PROMISE_CUSTOMER, customer,
		       FID_PROMISE_DUE, MAX_ROWS, &rows);

	if (rc < 0)
		return rc;
	for (i = 0; i < rows.n; i++) {
		const struct row *r = &rows.v[i];
		const char *status = words_str(r, FID_PROMISE_STATUS);
		const char *text = keep(t, r, FID_PROMISE_TEXT);
		struct touch *x = add_of_ticket(t, when(r, FID_PROMISE_MADE),
			when(r, FID_PROMISE_TICKET), "promise");
		char due[24] = "";

		text = text ? text : "";
		if (when(r, FID_PROMISE_DUE))
			words_time(p->desk, when(r, FID_PROMISE_DUE), due);
		x->text = due[0] ? arena_printf(t->arena,
					   _("promised for %s: %s"), due, text)
				 : arena_printf(
					   t->arena, _("promised: %s"), text);
		if (!status || strcmp(status, "open") == 0)
			promise_open(p, t, r, text);
		else
			promise_ended(t, r, status, text);
	}
	if (t->n_promise)
		qsort(t->promise, (size_t)t->n_promise, sizeof(*t->promise),
			most_urgent);
	rows_free(&rows);
	return 0;
}

/* --- moments -------------------------------------------------------------- */

static int is_score(int64_t score)
{
	return score >= 1 && score <= 5;
}

static void add_mood(struct travel *t, int64_t at, int64_t score, int moment)
{
	t->mood[t->n_mood++] =
		(struct mood){.at = at, .score = (int)score, .moment = moment};
}

static void moment_of_truth(struct travel *t, const struct row *r, int64_t at)
{
	int64_t score = when(r, FID_MOMENT_SCORE);
	const char *text = keep(t, r, FID_MOMENT_TEXT);
	const char *channel = keep(t, r, FID_MOMENT_CHANNEL);
	struct touch *x = add_of_ticket(
		t, at, when(r, FID_MOMENT_TICKET), channel ? channel : "");

	x->style = is_score(score) && score <= 2 ? ST_BAD : ST_STRONG;
	x->sign = is_score(score) && score <= 2 ? '!' : '*';
	if (is_score(score))
		x->text = arena_printf(t->arena, _("moment of truth %d/5: %s"),
			(int)score, text ? text : "");
	else
		x->text = arena_printf(
			t->arena, _("moment of truth: %s"), text ? text : "");
	/* without a score it stands on the curve as it was: see below */
	add_mood(t, at, is_score(score) ? score : 0, 1);
}

static void one_moment(struct travel *t, const struct row *r)
{
	const char *kind = words_str(r, FID_MOMENT_KIND);
	const char *channel;
	int64_t at = when(r, FID_MOMENT_AT);
	struct touch *x;

	if (!kind || !at)
		return;
	if (strcmp(kind, "emotion") == 0) {
		if (is_score(when(r, FID_MOMENT_SCORE)))
			add_mood(t, at, when(r, FID_MOMENT_SCORE), 0);
	} else if (strcmp(kind, "moment") == 0) {
		moment_of_truth(t, r, at);
	} else if (strcmp(kind, "stage") == 0) {
		if (keep(t, r, FID_MOMENT_STAGE))
			t->stage[t->n_stage++] = (struct stage){
				at, keep(t, r, FID_MOMENT_STAGE)};
	} else {
		channel = keep(t, r, FID_MOMENT_CHANNEL);
		x = add_of_ticket(t, at, when(r, FID_MOMENT_TICKET),
			channel ? channel : "");
		x->text = keep(t, r, FID_MOMENT_TEXT);
		if (!x->text)
			x->text = "";
	}
}

static int read_moments(struct pane *p, int64_t customer, struct travel *t)
{
	struct rows rows;
	int i, rc = pane_children(p, FID_MOMENT_CUSTOMER, customer,
		       FID_MOMENT_AT, MAX_MOMENTS, &rows);

	if (rc < 0)
		return rc;
	t->mood = xcalloc((size_t)rows.n + 1, sizeof(*t->mood));
	t->stage = xcalloc((size_t)rows.n + 1, sizeof(*t->stage));
	/* they come newest first */
	for (i = rows.n - 1; i >= 0; i--)
		one_moment(t, &rows.v[i]);
	rows_free(&rows);
	for (i = 0; i < t->n_mood; i++)
		if (!t->mood[i].score)
			t->mood[i].score = i ? t->mood[i - 1].score : 3;
	return 0;
}

/* --- what was said -------------------------------------------------------- */

static int direction(const struct row *m)
{
	const char *dir = words_str(m, FID_MESSAGE_DIR);
	static const char *const dirs[] = {"in", "out", "note"};
	size_t i;

	if (row_get(m, FID_MESSAGE_DELETED)->i)
		return -1;
	for (i = 0; dir && i < ARRAY_SIZE(dirs); i++)
		if (strcmp(dir, dirs[i]) == 0)
			return (int)i;
	return -1;
}

/* An agent by name, else as it is. */
static const char *agent_name(
	struct pane *p, struct travel *t, const struct row *m, const char *rid)
{
	const char *name;
	struct rows rows;

	if (!rid || store_row_rid(desk_ro(p->desk), ENT_AGENT, m->connector,
			    rid, &rows) < 0) {
		err_clear();
		return rid;
	}
	name = keep(t, &rows.v[0], FID_AGENT_NAME);
	rows_free(&rows);
	return name ? name : rid;
}

static void add_said(struct pane *p, struct travel *t,
	const struct thread_ref *th, const struct row *m, int dir, int times)
{
	static const unsigned styles[] = {ST_IN, ST_OUT, ST_NOTE};
	const char *text = keep(t, m, FID_MESSAGE_TEXT);
	const char *who =
		dir ? agent_name(p, t, m, keep(t, m, FID_MESSAGE_AUTHOR))
		    : NULL;
	struct touch *x = add(t, when(m, FID_MESSAGE_AT), th->entity, th->id,
		dir == 2      ? "note"
		: th->channel ? th->channel
			      : "mail");
	char count[16] = "";

	x->ticket = th->ticket;
	x->style = styles[dir];
	if (times > 1)
		snprintf(count, sizeof(count), "x%d ", times);
	x->text = arena_printf(t->arena, "%s%s%s\"%s\"", count,
		who ? who : "", who ? ": " : "",
		text ? text : "");
}

/* The first of each day and direction stands for the others of that day. */
static void said_by_day(struct pane *p, struct travel *t,
	const struct thread_ref *th, const struct rows *rows)
{
	const struct row *first[2] = {NULL, NULL};
	int times[2] = {0, 0}, i, k, dir;
	int64_t day = INT64_MIN, d;

	for (i = 0; i <= rows->n; i++) {
		d = i < rows->n ? (when(&rows->v[i], FID_MESSAGE_AT) / 60000 +
					  desk_zone(p->desk)) /
					  (24 * 60)
				: INT64_MAX;
		for (k = 0; d != day && k < 2; k++) {
			if (first[k])
				add_said(p, t, th, first[k], k, times[k]);
			first[k] = NULL;
			times[k] = 0;
		}
		day = d;
		dir = i < rows->n ? direction(&rows->v[i]) : -1;
		if (dir != 0 && dir != 1)
			continue;
		if (!first[dir])
			first[dir] = &rows->v[i];
		times[dir]++;
	}
}

/* What is not read is said. */
static void add_gap(
	struct travel *t, const struct thread_ref *th, const struct rows *rows)
{
	struct touch *x = add(t, when(&rows->v[0], FID_MESSAGE_AT) - 1,
		th->entity, th->id, th->channel ? th->channel : "mail");

	x->ticket = th->ticket;
	x->style = ST_DIM;
	x->text = _("more was said before; the thread has it");
}

static int read_thread(struct pane *p, struct travel *t,
	const struct thread_ref *th, int every, int max)
{
	struct rows rows;
	int i, rc = store_thread(
		       desk_ro(p->desk), th->entity, th->id, max, &rows);

	if (rc < 0)
		return rc;
	for (i = 0; every && i < rows.n; i++)
		if (direction(&rows.v[i]) >= 0)
			add_said(p, t, th, &rows.v[i],
				direction(&rows.v[i]), 1);
	if (!every)
		said_by_day(p, t, th, &rows);
	if (rows.more && rows.n)
		add_gap(t, th, &rows);
	rows_free(&rows);
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct touch *x = a, *y = b;

	if (x->at != y->at)
		return x->at > y->at ? -1 : 1;
	/* the same order at every reading */
	if (x->entity != y->entity)
		return x->entity < y->entity ? -1 : 1;
	return x->id > y->id ? -1 : x->id < y->id;
}

static int changed_last(const void *a, const void *b)
{
	const struct thread_ref *x = a, *y = b;

	return x->to > y->to ? -1 : x->to < y->to;
}

static void sort_touches(struct travel *t)
{
	if (t->n)
		qsort(t->v, (size_t)t->n, sizeof(*t->v), newest_first);
}

int travel_said(struct pane *p, struct travel *t, int64_t from, int64_t to,
	int64_t ticket, int64_t talk, int every)
{
	const struct thread_ref *in[MAX_THREADS];
	int i, n = 0, rc = 0;

	for (i = 0; i < t->n_thread && n < MAX_THREADS; i++) {
		const struct thread_ref *th = &t->thread[i];
		int mine = (ticket && th->ticket == ticket) ||
			   (talk && th->entity == ENT_CONVERSATION &&
				   th->id == talk);

		if (every ? mine : th->to >= from && th->from <= to)
			in[n++] = th;
	}
	for (i = 0; i < n && rc == 0; i++)
		rc = read_thread(
			p, t, in[i], every, every ? MAX_EVERY : MAX_ALL / n);
	sort_touches(t);
	return rc;
}

/* --- all of it ------------------------------------------------------------ */

void travel_fini(struct travel *t)
{
	arena_free(t->arena);
	free(t->v);
	free(t->mood);
	free(t->stage);
	free(t->promise);
	free(t->thread);
	memset(t, 0, sizeof(*t));
}

int travel_read(struct pane *p, int64_t customer, struct travel *out)
{
	static int (*const readers[])(struct pane *, int64_t,
		struct travel *) = {read_calls, read_tickets, read_talks,
		read_orders, read_promises, read_moments};
	struct travel t = {.arena = arena_new()};
	size_t i;
	int rc = 0;

	for (i = 0; i < ARRAY_SIZE(readers) && rc == 0; i++)
		rc = readers[i](p, customer, &t);
	if (rc < 0) {
		travel_fini(&t);
		return rc;
	}
	if (t.n_thread)
		qsort(t.thread, (size_t)t.n_thread, sizeof(*t.thread),
			changed_last);
	sort_touches(&t);
	*out = t;
	return 0;
}
