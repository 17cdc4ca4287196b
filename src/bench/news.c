/* SPDX-License-Identifier: MIT */
/*
 * What happens around the person: a call rings, a customer waits, a promise
 * falls due; found in the cache when its rows have changed. And how all news
 * reach him, by class: bell, desktop, mark in the title. What was there before
 * the workstation opened is no news. Texts of customers never leave the screen:
 * a notice of the desktop says who and which case.
 */
#include "bench_priv.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

#define MAX_KNOWN 64 /* things that were said, of a kind */
#define MAX_NEW	  20
#define SOON_MS	  (INT64_C(15) * 60 * 1000)
/* Clocks of backends differ; what was written shortly before is news too. */
#define BEFORE_MS (INT64_C(2) * 60 * 1000)

struct known_ids {
	int64_t id[MAX_KNOWN];
	int n, next; /* a ring */
};
struct news_state {
	struct known_ids calls, missed, messages, soon, late;
	int64_t began_ms;
	int64_t since_ms;   /* what was written before is no news */
	int64_t promise_ms; /* when the next one is to be said, 0 none */
	uint64_t said;
	int away; /* the terminal window is known not to have the focus */
	int marked;
};

static int is_known(struct known_ids *k, int64_t id)
{
	int i;

	for (i = 0; i < k->n; i++)
		if (k->id[i] == id)
			return 1;
	k->id[k->next] = id;
	k->next = (k->next + 1) % MAX_KNOWN;
	if (k->n < MAX_KNOWN)
		k->n++;
	return 0;
}

static int64_t num(const struct row *r, enum field_id f)
{
	const struct val *v = row_get(r, f);

	return v->kind == VAL_INT ? v->i : 0;
}

static int ask(struct bench *b, enum entity e, const char *text, int limit,
	struct rows *out)
{
	struct query *q;
	int rc =
		query_parse(text, e, desk_now(b->desk), desk_zone(b->desk), &q);

	if (rc < 0)
		return rc;
	rc = store_query(
		desk_ro(b->desk), q, desk_me(b->desk), limit, NULL, out);
	query_free(q);
	return rc;
}

/* "王芳, T-8812": who, and what it is called; never what was written. */
static void who(struct bench *b, enum entity e, int64_t id, struct buf *out)
{
	struct rows rows;
	const struct row *r;
	const struct val *v;
	char name[256];

	if (store_row(desk_ro(b->desk), e, id, &rows) < 0) {
		err_clear();
		return;
	}
	r = &rows.v[0];
	v = row_get(r, e == ENT_TICKET	  ? FID_TICKET_CUSTOMER
		       : e == ENT_CALL	  ? FID_CALL_CUSTOMER
		       : e == ENT_PROMISE ? FID_PROMISE_CUSTOMER
					  : FID_CONVERSATION_CUSTOMER);
	if (v->s && *v->s)
		buf_adds(out, v->s);
	if (e == ENT_TICKET || e == ENT_CONVERSATION) {
		session_name(
			desk_session(b->desk), r->connector, r->rid, id, name);
		buf_addf(out, "%s%s", out->len ? ", " : "", name);
	}
	rows_free(&rows);
}

/* --- calls ---------------------------------------------------------------- */

static void say_call(struct bench *b, int64_t id, int missed)
{
	struct buf t = BUF_INIT;

	who(b, ENT_CALL, id, &t);
	if (t.len)
		desk_news(b->desk, ABOUT_CALL, NOTICE_NEWS,
			missed ? _("Nobody took the call: %s")
			       : _("A call rings: %s"),
			buf_str(&t));
	else
		desk_news(b->desk, ABOUT_CALL, NOTICE_NEWS, "%s",
			missed ? _("Nobody took the call")
			       : _("A call rings"));
	desk_news_case(b->desk, ENT_CALL, id);
	buf_fini(&t);
}

static void look_at_calls(struct bench *b)
{
	struct news_state *s = b->news;
	struct rows rows;
	int i;

	if (ask(b, ENT_CALL, "status:ringing", MAX_NEW, &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++)
		if (!is_known(&s->calls, rows.v[i].id))
			say_call(b, rows.v[i].id, 0);
	rows_free(&rows);
	if (ask(b, ENT_CALL, "status:missed", MAX_NEW, &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++)
		if (num(&rows.v[i], FID_CALL_STARTED) >= s->since_ms &&
			!is_known(&s->missed, rows.v[i].id))
			say_call(b, rows.v[i].id, 1);
	rows_free(&rows);
}

/* --- messages ------------------------------------------------------------- */

/* Mine or nobody's: what a colleague has is his. */
static int concerns_me(struct bench *b, enum entity e, int64_t id)
{
	struct rows rows, me;
	const struct val *v;
	const char *rid;
	int yes = 0;

	if (store_row(desk_ro(b->desk), e, id, &rows) < 0)
		return 0;
	v = row_get(&rows.v[0],
		e == ENT_TICKET ? FID_TICKET_OWNER : FID_CONVERSATION_OWNER);
	rid = session_me_rid(desk_session(b->desk), rows.v[0].connector);
	if (v->kind != VAL_INT)
		yes = 1;
	else if (rid && store_row_rid(desk_ro(b->desk), ENT_AGENT,
				rows.v[0].connector, rid, &me) == 0) {
		yes = me.v[0].id == v->i;
		rows_free(&me);
	}
	rows_free(&rows);
	return yes;
}

/* The newest word of a case is the customer's, and was not said yet. */
static int is_news(struct bench *b, enum entity e, int64_t id)
{
	struct news_state *s = b->news;
	struct rows rows;
	const struct row *m;
	const char *dir;
	int yes;

	if (store_thread(desk_ro(b->desk), e, id, 1, &rows) < 0)
		return 0;
	m = rows.n ? &rows.v[rows.n - 1] : NULL;
	dir = m ? row_get(m, FID_MESSAGE_DIR)->s : NULL;
	yes = dir && strcmp(dir, "in") == 0 &&
	      num(m, FID_MESSAGE_AT) >= s->since_ms &&
	      !is_known(&s->messages, m->id);
	rows_free(&rows);
	return yes && concerns_me(b, e, id);
}

/* Cases that have changed lately, by their index; how many are news. */
static int new_cases(
	struct bench *b, enum entity e, struct buf *first, int64_t *id)
{
	enum field_id f =
		e == ENT_TICKET ? FID_TICKET_UPDATED : FID_CONVERSATION_UPDATED;
	struct rows rows;
	int i, n = 0;

	if (ask(b, e, "sort:-updated", MAX_NEW, &rows) < 0)
		return 0;
	for (i = 0; i < rows.n && num(&rows.v[i], f) >= b->news->since_ms;
		i++) {
		if (!is_news(b, e, rows.v[i].id))
			continue;
		if (!first->len)
			who(b, e, rows.v[i].id, first);
		*id = rows.v[i].id;
		n++;
	}
	rows_free(&rows);
	return n;
}

static void look_at_messages(struct bench *b)
{
	struct buf t = BUF_INIT;
	int64_t ticket = 0, talk = 0;
	int n;

	/* a first sync brings the past */
	if (desk_state(b->desk)->progress_done >= 0)
		return;
	n = new_cases(b, ENT_TICKET, &t, &ticket) +
	    new_cases(b, ENT_CONVERSATION, &t, &talk);
	if (n == 1) {
		desk_news(b->desk, ABOUT_MESSAGE, NOTICE_NEWS,
			_("A customer has written: %s"), buf_str(&t));
		desk_news_case(b->desk, ticket ? ENT_TICKET : ENT_CONVERSATION,
			ticket ? ticket : talk);
	} else if (n)
		desk_news(b->desk, ABOUT_MESSAGE, NOTICE_NEWS,
			P_("%d customer has written",
				"%d customers have written", n),
			n);
	buf_fini(&t);
}

/* --- promises ------------------------------------------------------------- */

static void say_promise(struct bench *b, const struct row *r, int late)
{
	struct buf t = BUF_INIT;

	who(b, ENT_PROMISE, r->id, &t);
	desk_news(b->desk, ABOUT_PROMISE, NOTICE_WARN,
		late ? _("A promise is late: %s")
		     : _("A promise is due soon: %s"),
		t.len ? buf_str(&t) : "?");
	desk_news_case(b->desk, ENT_TICKET, num(r, FID_PROMISE_TICKET));
	buf_fini(&t);
}

static void next_at(struct news_state *s, int64_t ms)
{
	if (!s->promise_ms || ms < s->promise_ms)
		s->promise_ms = ms;
}

/* Open promises from when we came on: however many were late before. */
static int ask_promises(struct bench *b, struct rows *out)
{
	time_t t = (time_t)(b->news->began_ms / 1000 + desk_zone(b->desk) * 60);
	char text[64];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text),
		"status:open due:>=%Y-%m-%dT%H:%M sort:due", &tm);
	return ask(b, ENT_PROMISE, text, 200, out);
}

static void look_at_promises(struct bench *b)
{
	struct news_state *s = b->news;
	int64_t now = desk_now(b->desk);
	struct rows rows;
	int i;

	s->promise_ms = 0;
	if (ask_promises(b, &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++) {
		int64_t due = num(&rows.v[i], FID_PROMISE_DUE);

		if (due <= s->began_ms)
			continue;
		if (due <= now) {
			if (!is_known(&s->late, rows.v[i].id))
				say_promise(b, &rows.v[i], 1);
		} else if (due - SOON_MS <= now) {
			if (!is_known(&s->soon, rows.v[i].id))
				say_promise(b, &rows.v[i], 0);
			next_at(s, due);
		} else {
			next_at(s, due - SOON_MS);
		}
	}
	rows_free(&rows);
}

/* --- telling -------------------------------------------------------------- */

/* "(2) galley": a window list shows it. */
static void mark_title(struct bench *b)
{
	struct news_state *s = b->news;
	int n = desk_unseen(b->desk);
	struct buf t = BUF_INIT;

	if (n == s->marked)
		return;
	s->marked = n;
	b->dirty = 1;
	if (n)
		buf_addf(&t, "(%d) galley", n);
	else
		buf_adds(&t, "galley");
	term_title(b->term, buf_str(&t));
	buf_fini(&t);
}

void news_turn(struct bench *b)
{
	struct news_state *s = b->news;
	const struct notices *conf =
		&session_config(desk_session(b->desk))->notices;
	uint64_t n;
	int rang = 0;

	if (s->promise_ms && desk_now(b->desk) >= s->promise_ms)
		look_at_promises(b);
	n = desk_said(b->desk) - s->said;
	s->said += n;
	while (n) {
		const struct notice *x = desk_notice(b->desk, (int)--n);
		unsigned how =
			x ? notices_how(conf, x->about, desk_now(b->desk),
				    desk_zone(b->desk))
			  : 0;

		if ((how & ALERT_BELL) && !rang++)
			term_bell(b->term);
		/* who looks at it needs no notice beside it */
		if ((how & ALERT_DESKTOP) && s->away)
			term_notify(b->term, x->text);
	}
	mark_title(b);
}

void news_topics(struct bench *b, uint64_t topics)
{
	if (topics & TOPIC(ENT_CALL))
		look_at_calls(b);
	if (topics & TOPIC(ENT_MESSAGE))
		look_at_messages(b);
	if (topics & TOPIC(ENT_PROMISE))
		look_at_promises(b);
	err_clear();
}

void news_away(struct bench *b, int away)
{
	b->news->away = away;
}

int64_t news_next_mono(const struct bench *b)
{
	int64_t left;

	if (!b->news || !b->news->promise_ms)
		return INT64_MAX;
	left = b->news->promise_ms - desk_now(b->desk);
	return clock_mono_ms(b->clock) + (left > 0 ? left : 0);
}

void news_begin(struct bench *b)
{
	struct news_state *s = xcalloc(1, sizeof(*s));

	s->began_ms = desk_now(b->desk);
	s->since_ms = s->began_ms - BEFORE_MS;
	s->said = desk_said(b->desk);
	/* not every terminal says where the focus is: then it is told */
	s->away = 1;
	b->news = s;
	term_notify_by(
		b->term, session_config(desk_session(b->desk))->notices.by);
}
