/* SPDX-License-Identifier: MIT */
/*
 * The UI thread's side of everything: news of the worker become topics and
 * notices, wishes become work for the worker (or, when another galley sends,
 * rows in the cache that it will find). It draws nothing and waits for nobody.
 */
#include "galley/app/desk.h"
#include "app_priv.h"
#include "galley/app/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/log.h"
#include "galley/base/mem.h"

/* Held longer than this it is sent at a time, not after an undo window. */
#define LATER_MS (INT64_C(5) * 60000)
/* A draft is written so soon after its first unsaved key. */
#define DRAFT_MS 300
/* Progress that does not go on is over. */
#define PROGRESS_MS 3000
/* What could not be kept is tried again after this. */
#define DRAFT_AGAIN_MS 2000
/* How often other programs' writes are looked for. */
#define LOOK_MS 1000
/* While page after page lands, what they bring is told so often: who works does
 * not wait for twenty readings a second. */
#define PAGE_MS 250

/* What was asked of the worker and is not answered yet. */
struct asked {
	struct asked *next;
	uint64_t ticket;
	enum work_kind kind;
	char *said, *uid; /* uid: of WORK_CANCEL */
	char *draft;	  /* that WORK_ENQUEUE consumes */
	char *key, *text; /* of WORK_DRAFT */
	int if_quiet;
	struct work *undo;
	uint64_t group;
	int64_t hold_ms;
};

struct draft {
	struct draft *next;
	char *key, *text; /* NULL text: drop it */
	int64_t due_mono;
};

struct desk {
	struct session *session;
	struct store_ro *ro;
	struct worker *worker; /* NULL: written through the session */
	const struct clock *clock;
	const struct role_desc *role;
	char *may_not; /* the reason, and the words it was made of */
	const char *may_not_of;
	int64_t wake_ms; /* the next row that was put aside; 0 none */
	int wake_known;
	int zone_min, read_only, no_worker;
	struct desk_case focus;
	struct trail trail;
	struct notes notes;
	struct asked *asked;
	uint64_t last_ticket;
	uint64_t group, last_group, failed_group;
	int64_t remind_mono; /* 0 none */
	uint64_t remind_topics;
	uint64_t audited; /* the last row of the journal that is there */
	struct draft *drafts;
	int if_quiet;	 /* of what is handed over now */
	int not_kept;	 /* a draft could not be written, and that was said */
	uint64_t topics; /* not told yet */
	uint64_t page_topics; /* of pages; told when page_mono has come */
	int64_t page_mono;
	int64_t version, looked_mono;
	struct desk_state state;
	int state_known;
	uint64_t offline; /* a bit for each connector that is not reached */
	char *progress_of;
	int64_t progress_mono;
	char *insert, *edit, *edited;
	enum { WRITE_NOTHING, WRITE_REPLY, WRITE_NOTE } write;
	struct attached attached;
	struct desk_situation situation; /* owned texts */
};

struct notes *desk_notes(struct desk *d)
{
	return &d->notes;
}

const struct notes *desk_notes_ro(const struct desk *d)
{
	return &d->notes;
}

struct trail *desk_trail(struct desk *d)
{
	return &d->trail;
}

const struct desk_case *desk_case(const struct desk *d)
{
	return &d->focus;
}

void desk_set_case(struct desk *d, const struct desk_case *c)
{
	free(d->focus.title);
	d->focus = *c;
	d->topics |= TOPIC_FOCUS;
}

void desk_tell(struct desk *d, uint64_t topics)
{
	d->topics |= topics;
}

int64_t desk_now(const struct desk *d)
{
	return clock_now_ms(d->clock);
}

int64_t desk_mono(const struct desk *d)
{
	return clock_mono_ms(d->clock);
}

struct session *desk_session(struct desk *d)
{
	return d->session;
}

struct store_ro *desk_ro(struct desk *d)
{
	return d->ro;
}

const struct store_me *desk_me(struct desk *d)
{
	return session_me(d->session);
}

int desk_zone(const struct desk *d)
{
	return d->zone_min;
}

int desk_sends(const struct desk *d)
{
	return d->worker != NULL;
}

int desk_is_sender(const struct desk *d)
{
	return d->worker || d->no_worker;
}

int desk_read_only(const struct desk *d)
{
	return d->read_only;
}

int desk_may(const struct desk *d, enum permission p)
{
	return p == PM_NONE || (!d->read_only && (d->role->may >> p & 1));
}

const char *desk_may_not(struct desk *d, enum permission p)
{
	const char *text;

	if (desk_may(d, p))
		return NULL;
	if (d->read_only)
		return _("you only look on");
	text = _("your role (%s) may not do this");
	if (d->may_not_of == text) /* lists hold on to it */
		return d->may_not;
	free(d->may_not);
	d->may_not =
		xasprintf(_("your role (%s) may not do this"), d->role->name);
	d->may_not_of = text;
	return d->may_not;
}

int desk_masks(const struct desk *d)
{
	return !session_config(d->session)->unmasked || !desk_may(d, PM_REVEAL);
}

uint64_t desk_asked(const struct desk *d)
{
	return d->last_ticket;
}

uint64_t desk_number(struct desk *d)
{
	return ++d->last_ticket;
}

uint64_t desk_audited(const struct desk *d)
{
	return d->audited;
}

const char *desk_role(const struct desk *d)
{
	return d->role->name;
}

/* --- asking the worker ---------------------------------------------------- */

static void asked_free(struct asked *a)
{
	work_free(a->undo);
	free(a->said);
	free(a->uid);
	free(a->draft);
	free(a->key);
	free(a->text);
	free(a);
}

/* Its own, or the one of all that was done with it. */
static struct notice *notice_of(struct desk *d, const struct asked *a)
{
	int i;

	if (!a->group)
		return notice_add(d, NOTICE_DONE, a->said ? a->said : "");
	for (i = 0; desk_notice(d, i); i++)
		if (notice_at(d, i)->group == a->group)
			return notice_at(d, i);
	return NULL;
}

static struct work *work_copy(const struct work *w, const char *uid)
{
	struct work *out = work_new(w->kind);

	out->entity = w->entity;
	out->id = w->id;
	out->word = xstrdup_null(w->word);
	out->uid = xstrdup_null(uid);
	return out;
}

/* What would take it back; NULL nothing does. */
static struct work *undo_for(const struct work *w)
{
	struct work *out;

	if (w->kind == WORK_ENQUEUE)
		return work_new(WORK_CANCEL);
	if (w->kind != WORK_MARK)
		return NULL;
	out = work_new(WORK_UNMARK);
	out->entity = w->entity;
	out->id = w->id;
	out->word = xstrdup(w->word);
	return out;
}

/* Said when it is done: what the person did, and how to take it back. */
static void say_queued(struct desk *d, const struct asked *a, const char *uid)
{
	struct notice *n = notice_of(d, a);

	if (!n)
		return;
	if (uid)
		snprintf(n->uid, sizeof(n->uid), "%s", uid);
	if (a->undo)
		notice_undo(n, work_copy(a->undo, uid));
	n->undo_until_mono = desk_mono(d) + a->hold_ms;
	/* it can still be taken back while it has not left; nobody watches a
	 * countdown of days */
	if (!a->hold_ms || a->hold_ms > LATER_MS)
		n->undo_until_mono = desk_mono(d) + TOAST_MS;
}

static struct draft *draft_put(
	struct desk *d, const char *key, const char *text, int64_t due_mono)
{
	struct draft *x = xcalloc(1, sizeof(*x));

	x->key = xstrdup(key);
	x->text = xstrdup_null(text);
	x->due_mono = due_mono;
	x->next = d->drafts;
	d->drafts = x;
	return x;
}

static void say_not_kept(struct desk *d)
{
	if (!d->not_kept)
		desk_say(d, NOTICE_ERROR,
			_("the draft is not kept yet, it is tried again: %s"),
			err_msg());
	d->not_kept = 1;
}

/* A full disk must not cost what was typed: unless something newer is on its
 * way, it is tried again. */
static void draft_answered(struct desk *d, const struct asked *a, int code)
{
	const struct draft *x = d->drafts;
	const struct asked *n = d->asked;

	if (code == 0) {
		if (d->not_kept)
			desk_say(d, NOTICE_DONE, _("drafts are kept again"));
		d->not_kept = 0;
		return;
	}
	say_not_kept(d);
	while (x && strcmp(x->key, a->key) != 0)
		x = x->next;
	while (n && (!n->key || strcmp(n->key, a->key) != 0))
		n = n->next;
	if (!x && !n)
		draft_put(d, a->key, a->text, desk_mono(d) + DRAFT_AGAIN_MS);
}

static void answered(
	struct desk *d, const struct asked *a, int code, const char *uid)
{
	if (a->kind == WORK_FETCH) {
		attached_put(d, a->ticket, code, err_msg());
		return;
	}
	if (a->kind == WORK_DRAFT)
		draft_answered(d, a, code);
	else if (code < 0 && (!a->group || d->failed_group != a->group))
		desk_say_err(d); /* of many the first */
	if (code < 0) {
		d->failed_group = a->group;
		d->topics |= TOPIC_DRAFT; /* it is one again */
		return;
	}
	if (a->kind == WORK_AUDIT)
		d->audited = a->ticket;
	if (a->undo && (a->kind == WORK_ENQUEUE || a->said || a->group))
		say_queued(d, a, uid);
	else if (a->said)
		desk_say(d, NOTICE_DONE, "%s", a->said);
	if (a->kind != WORK_WANT && a->kind != WORK_DRAFT)
		d->topics |= TOPIC_OPS | TOPIC_ROWS;
	if (a->uid) {
		draft_come_home(d, a->uid);
		desk_quiet_mark(d, a->uid, 0);
	}
	if (a->if_quiet && uid)
		desk_quiet_mark(d, uid, 1);
	if (a->kind == WORK_DRAFT || a->uid)
		d->topics |= TOPIC_DRAFT;
}

/* Without a worker: through the session's own writer. */
static int write_here(struct desk *d, const struct work *w, char *uid)
{
	struct store_rw *rw;
	struct store_enqueue q = {.kind = w->op,
		.target = w->target,
		.args = w->args,
		.seen = w->seen,
		.hold_ms = w->hold_ms,
		.later = w->later,
		.draft = w->draft_key};
	int rc = session_rw(d->session, &rw);

	if (rc < 0)
		return rc;
	switch (w->kind) {
	case WORK_ENQUEUE:
		rc = store_connector_id(d->ro, w->connector, &q.connector);
		if (rc == 0)
			q.me = session_me_rid(d->session, q.connector);
		return rc < 0 ? rc : store_op_enqueue(rw, &q, uid, NULL);
	case WORK_CANCEL:
		return store_op_cancel(rw, w->uid);
	case WORK_DECIDE:
		return store_op_decide(
			rw, w->uid, w->decision, w->who ? w->who : "agent");
	case WORK_DRAFT:
		return w->text ? store_draft_put(rw, w->draft_key, w->text)
			       : store_draft_drop(rw, w->draft_key);
	case WORK_WANT:
		return 0;
	case WORK_FETCH: /* desk_fetch() has its own way */
		break;
	case WORK_MARK:
	case WORK_UNMARK:
	case WORK_VERDICT:
	case WORK_AUDIT:
		return work_local(rw, w);
	}
	return err_set(E_BUG, "work %d", w->kind);
}

/* Takes `w`. `said` is for the notice when it is done, or NULL. */
static int ask(struct desk *d, struct work *w, const char *said)
{
	struct asked *a = xcalloc(1, sizeof(*a));
	char uid[UID_SIZE] = "";
	int rc;

	w->ticket = a->ticket = ++d->last_ticket;
	a->kind = w->kind;
	a->hold_ms = w->hold_ms;
	a->said = xstrdup_null(said);
	a->undo = undo_for(w);
	a->group = a->undo ? d->group : 0;
	if (w->kind == WORK_CANCEL ||
		(w->kind == WORK_DECIDE && w->decision == OPD_DISCARD))
		a->uid = xstrdup_null(w->uid); /* its text comes back */
	if (w->kind == WORK_ENQUEUE) {
		a->draft = xstrdup_null(w->draft_key);
		a->if_quiet = d->if_quiet;
	}
	if (w->kind == WORK_DRAFT) {
		a->key = xstrdup(w->draft_key);
		a->text = xstrdup_null(w->text);
	}
	if (d->worker) {
		rc = worker_send(d->worker, w);
		if (rc < 0) {
			work_free(w);
			asked_free(a);
			return rc;
		}
		a->next = d->asked;
		d->asked = a;
		return 0;
	}
	rc = write_here(d, w, uid);
	if (rc == 0)
		answered(d, a, 0, uid[0] ? uid : NULL);
	work_free(w);
	asked_free(a);
	return rc;
}

void desk_hand_over_quiet(struct desk *d, int on)
{
	d->if_quiet = on;
}

int desk_ask(struct desk *d, struct work *w, const char *said)
{
	return ask(d, w, said);
}

struct attached *desk_attached(struct desk *d)
{
	return &d->attached;
}

int desk_reached(const struct desk *d, int connector)
{
	return !(d->offline >> (connector & 63) & 1);
}

int desk_waits(const struct desk *d)
{
	const struct asked *a;

	for (a = d->asked; a; a = a->next)
		if (a->kind != WORK_DRAFT && a->kind != WORK_WANT)
			return 1;
	return 0;
}

static struct asked *take_asked(struct desk *d, uint64_t ticket)
{
	struct asked **at = &d->asked, *a;

	while (*at && (*at)->ticket != ticket)
		at = &(*at)->next;
	a = *at;
	if (a)
		*at = a->next;
	return a;
}

/* --- news ----------------------------------------------------------------- */

static const char *reason_words(enum op_reason r)
{
	switch (r) {
	case OPR_REFUSED:
		return _("refused by the backend");
	case OPR_CONFLICT:
		return _("someone else changed the same field");
	case OPR_STALE:
		return _("the customer has written since");
	case OPR_UNKNOWN:
		return _("it is not known whether it arrived");
	default:
		return _("it asks for a decision");
	}
}

/* One whose answer got lost has arrived after all: people stop worrying. */
static void say_found(struct desk *d, const char *uid)
{
	struct arena *a = arena_new();
	struct op op;

	if (store_op_get(d->ro, uid, a, &op) < 0)
		err_clear();
	else if (op.how && strcmp(op.how, "found on server") == 0)
		desk_say(d, NOTICE_DONE,
			_("found on the server, so it is not sent again: %s"),
			_(op_desc(op.kind)->label));
	arena_free(a);
}

static void on_op(struct desk *d, const struct news *n)
{
	d->topics |= TOPIC_OPS | TOPIC_ROWS;
	if (n->op_state == OPS_DONE && n->uid)
		desk_quiet_mark(d, n->uid, 0);
	if (n->op_state == OPS_UNSURE)
		desk_say(d, NOTICE_WARN,
			_("The answer got lost: it is looked for on the "
			  "server."));
	else if (n->op_state == OPS_DONE && n->uid)
		say_found(d, n->uid);
	if (n->op_state == OPS_HELD)
		desk_news(d, ABOUT_HELD, NOTICE_WARN,
			_("An operation is held: %s"),
			reason_words(n->op_reason));
}

static void set_text(char **at, const char *s)
{
	free(*at);
	*at = xstrdup_null(s);
}

static void on_link(struct desk *d, const struct news *n)
{
	uint64_t bit = UINT64_C(1) << (n->connector & 63);

	uint64_t was = d->offline;
	const char *name = session_connector_name(d->session, n->connector);

	if (n->conn_state == CONN_OFFLINE || n->conn_state == CONN_AUTH)
		d->offline |= bit;
	else
		d->offline &= ~bit;
	if (d->offline & ~was)
		desk_news(d, ABOUT_SYNC, NOTICE_WARN,
			n->conn_state == CONN_AUTH
				? _("%s refuses the credentials")
				: _("%s is not reached; work goes on here"),
			name ? name : "?");
	else if (was & ~d->offline)
		desk_news(d, ABOUT_SYNC, NOTICE_DONE, _("%s is reached again"),
			name ? name : "?");
}

static void on_event(struct desk *d, const struct news *n)
{
	switch (n->event) {
	case EV_PAGE:
		d->page_topics |= n->topics | TOPIC_OPS;
		return;
	case EV_OP:
		on_op(d, n);
		return;
	case EV_PROGRESS:
		d->state.progress_done = n->done;
		d->state.progress_total = n->total;
		set_text(&d->progress_of, n->text);
		d->progress_mono = desk_mono(d);
		d->page_topics |= TOPIC_CONN;
		return;
	case EV_STATE:
		on_link(d, n);
		d->topics |= TOPIC_CONN;
		return;
	case EV_FILE: /* an answer: attached_put() */
		return;
	}
}

static void on_news(struct desk *d, const struct news *n)
{
	struct asked *a;

	switch (n->kind) {
	case NEWS_ANSWER:
		a = take_asked(d, n->ticket);
		if (!a)
			return;
		if (n->code < 0)
			err_set(n->code, "%s", n->text ? n->text : "");
		answered(d, a, n->code, n->uid);
		asked_free(a);
		return;
	case NEWS_EVENT:
		on_event(d, n);
		return;
	case NEWS_FAILED:
		desk_say(d, NOTICE_ERROR, "%s", n->text ? n->text : "");
		return;
	}
}

/* Other programs on the same cache. */
static void look_for_others(struct desk *d)
{
	int64_t v, now = desk_mono(d);

	if (d->worker || now - d->looked_mono < LOOK_MS)
		return;
	d->looked_mono = now;
	v = store_data_version(d->ro);
	if (v != d->version)
		d->topics |= TOPIC_ROWS | TOPIC_OPS | TOPIC_DRAFT;
	d->version = v;
}

/* --- drafts --------------------------------------------------------------- */

static void draft_free(struct draft *x)
{
	free(x->key);
	free(x->text);
	free(x);
}

static void drafts_write(struct desk *d, int all)
{
	struct draft **at = &d->drafts, *x;

	while ((x = *at)) {
		struct work *w;

		if (!all && x->due_mono > desk_mono(d)) {
			at = &x->next;
			continue;
		}
		w = work_new(WORK_DRAFT);
		w->draft_key = xstrdup(x->key);
		w->text = xstrdup_null(x->text);
		if (ask(d, w, NULL) < 0) {
			/* it stays here and is tried again */
			say_not_kept(d);
			x->due_mono = desk_mono(d) + DRAFT_AGAIN_MS;
			if (all)
				return;
			at = &x->next;
			continue;
		}
		*at = x->next;
		draft_free(x);
	}
}

void desk_write_drafts(struct desk *d)
{
	drafts_write(d, 1);
}

void desk_draft(struct desk *d, const char *key, const char *text, int now)
{
	struct draft *x = d->drafts;

	if (d->read_only)
		return;
	while (x && strcmp(x->key, key) != 0)
		x = x->next;
	if (!x)
		x = draft_put(d, key, NULL, desk_mono(d) + DRAFT_MS);
	set_text(&x->text, text);
	if (now) {
		x->due_mono = 0;
		drafts_write(d, 0);
	}
}

/* Is it the text of an operation that is being queued right now? What was sent
 * must not look like something to send. */
static int is_leaving(const struct desk *d, const char *key)
{
	const struct asked *a;

	for (a = d->asked; a; a = a->next)
		if (a->draft && strcmp(a->draft, key) == 0)
			return 1;
	return 0;
}

/* A draft that the worker has not written yet; the newest comes first. */
static const struct asked *on_its_way(const struct desk *d, const char *key)
{
	const struct asked *n = d->asked;

	while (n && (!n->key || strcmp(n->key, key) != 0))
		n = n->next;
	return n;
}

int desk_draft_get(
	struct desk *d, const char *key, struct arena *a, const char **text)
{
	const struct draft *x = d->drafts;
	const char *kept;

	while (x && strcmp(x->key, key) != 0)
		x = x->next;
	if (!x && is_leaving(d, key))
		return err_set(E_NOTFOUND, "it is being sent");
	kept = x ? x->text : NULL;
	if (!x) {
		const struct asked *n = on_its_way(d, key);

		if (!n)
			return store_draft_get(d->ro, key, a, text);
		kept = n->text;
	}
	if (!kept)
		return err_set(E_NOTFOUND, "there is no draft");
	*text = arena_strdup(a, kept);
	return 0;
}

void desk_insert(struct desk *d, const char *text)
{
	set_text(&d->insert, text);
	d->topics |= TOPIC_DRAFT;
}

void desk_write(struct desk *d, int note)
{
	d->write = note ? WRITE_NOTE : WRITE_REPLY;
	d->topics |= TOPIC_DRAFT;
}

int desk_take_write(struct desk *d, int *note)
{
	int is = d->write != WRITE_NOTHING;

	if (is)
		*note = d->write == WRITE_NOTE;
	d->write = WRITE_NOTHING;
	return is;
}

static char *take_text(char **at)
{
	char *text = *at;

	*at = NULL;
	return text;
}

char *desk_take_insert(struct desk *d)
{
	return take_text(&d->insert);
}

void desk_edit(struct desk *d, const char *text)
{
	set_text(&d->edit, text);
}

char *desk_take_edit(struct desk *d)
{
	return take_text(&d->edit);
}

void desk_edited(struct desk *d, const char *text)
{
	set_text(&d->edited, text);
	d->topics |= TOPIC_DRAFT;
}

char *desk_take_edited(struct desk *d)
{
	return take_text(&d->edited);
}

void desk_begin(struct desk *d)
{
	if (d->worker && ask(d, work_new(WORK_WANT), NULL) < 0)
		log_info("desk", "%s", err_msg());
}

/* --- the turn ------------------------------------------------------------- */

int desk_fd(const struct desk *d)
{
	if (d->attached.fetch)
		return fetch_fd(d->attached.fetch);
	return d->worker ? worker_fd(d->worker) : -1;
}

static void end_progress(struct desk *d)
{
	if (d->state.progress_done < 0 ||
		desk_mono(d) < d->progress_mono + PROGRESS_MS)
		return;
	d->state.progress_done = -1;
	d->topics |= TOPIC_CONN;
}

void desk_remind(struct desk *d, int64_t mono, uint64_t topics)
{
	if (!d->remind_mono || mono < d->remind_mono)
		d->remind_mono = mono;
	d->remind_topics |= topics;
}

static void remind(struct desk *d)
{
	if (!d->remind_mono || d->remind_mono > desk_mono(d))
		return;
	d->topics |= d->remind_topics;
	d->remind_mono = 0;
	d->remind_topics = 0;
}

/* What was put aside comes back by itself. */
static void look_for_sleepers(struct desk *d)
{
	if (d->wake_ms && d->wake_ms <= desk_now(d)) {
		d->topics |= TOPIC(ENT_TICKET) | TOPIC(ENT_CONVERSATION);
		desk_say(d, NOTICE_NEWS, "%s",
			_("What you had put aside is back."));
		d->wake_known = 0;
	}
	if (d->wake_known && !(d->topics & TOPIC_ROWS))
		return;
	d->wake_ms = 0;
	d->wake_known =
		store_mark_next_ms(d->ro, desk_now(d), &d->wake_ms) == 0;
}

static void tell_pages(struct desk *d)
{
	if (!d->page_topics || desk_mono(d) < d->page_mono)
		return;
	d->topics |= d->page_topics;
	d->page_topics = 0;
	d->page_mono = desk_mono(d) + PAGE_MS;
}

uint64_t desk_turn(struct desk *d)
{
	struct news *n;
	uint64_t topics;

	while (d->worker && (n = worker_next(d->worker))) {
		on_news(d, n);
		news_free(n);
	}
	attached_look(d);
	tell_pages(d);
	look_for_others(d);
	end_progress(d);
	look_for_sleepers(d);
	remind(d);
	if (d->topics & TOPIC_OPS)
		desk_give_way(d);
	drafts_write(d, 0);
	topics = d->topics;
	d->topics = 0;
	if (topics & (TOPIC_OPS | TOPIC_CONN))
		d->state_known = 0;
	return topics;
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t desk_next_mono(const struct desk *d)
{
	const struct draft *x;
	int64_t next = INT64_MAX;

	for (x = d->drafts; x; x = x->next)
		next = sooner(next, x->due_mono);
	if (!d->worker)
		next = sooner(next, d->looked_mono + LOOK_MS);
	if (d->state.progress_done >= 0)
		next = sooner(next, d->progress_mono + PROGRESS_MS);
	if (d->page_topics)
		next = sooner(next, d->page_mono);
	if (d->remind_mono)
		next = sooner(next, d->remind_mono);
	if (d->wake_ms)
		next = sooner(next, desk_mono(d) + d->wake_ms - desk_now(d));
	return next;
}

/* --- situation ------------------------------------------------------------ */

static void situation_fini(struct desk_situation *s)
{
	free((char *)(uintptr_t)s->name);
	free((char *)(uintptr_t)s->title);
	free((char *)(uintptr_t)s->because);
	free((char *)(uintptr_t)s->articles);
	free((char *)(uintptr_t)s->script);
	free((char *)(uintptr_t)s->form);
	free((char *)(uintptr_t)s->macros);
}

const struct desk_situation *desk_situation(const struct desk *d)
{
	return &d->situation;
}

void desk_set_situation(struct desk *d, const struct desk_situation *s)
{
	struct desk_situation was = d->situation;

	d->situation = (struct desk_situation){
		.name = xstrdup_null(s->name),
		.title = xstrdup_null(s->title),
		.because = xstrdup_null(s->because),
		.articles = xstrdup_null(s->articles),
		.script = xstrdup_null(s->script),
		.form = xstrdup_null(s->form),
		.macros = xstrdup_null(s->macros),
	};
	situation_fini(&was);
}

/* --- several as one, and news --------------------------------------------- */

void desk_group(struct desk *d, const char *said)
{
	struct notice *n;

	d->group = 0;
	if (!said)
		return;
	d->group = ++d->last_group;
	n = notice_add(d, NOTICE_DONE, said);
	n->group = d->group;
}

void desk_sync(struct desk *d, unsigned want)
{
	struct work *w = work_new(WORK_WANT);

	w->want = want;
	if (!d->worker)
		desk_say(d, NOTICE_WARN,
			_("Another galley talks to the backends."));
	if (ask(d, w, d->worker ? _("asking for news") : NULL) < 0)
		desk_say_err(d);
}

/* --- state ---------------------------------------------------------------- */

static void count_ops(struct desk *d)
{
	struct ops ops;
	int i;

	d->state.open_ops = d->state.held_ops = 0;
	if (store_op_list(d->ro, 0, -1, 0, 1000, &ops) < 0)
		return;
	for (i = 0; i < ops.n; i++) {
		d->state.open_ops++;
		d->state.held_ops += ops.v[i].state == OPS_HELD;
	}
	ops_free(&ops);
}

const struct desk_state *desk_state(struct desk *d)
{
	if (!d->state_known)
		count_ops(d);
	d->state_known = 1;
	d->state.offline = __builtin_popcountll(d->offline);
	d->state.offline_name = d->offline
					? session_connector_name(d->session,
						  __builtin_ctzll(d->offline))
					: NULL;
	d->state.progress_of = d->progress_of;
	return &d->state;
}

/* --- life ----------------------------------------------------------------- */

static int start_worker(struct desk *d, const struct desk_args *a)
{
	int rc;

	if (a->no_worker || a->read_only)
		return 0;
	rc = session_worker(d->session, &d->worker);
	if (rc != E_LIMIT)
		return rc;
	/* another galley sends: it finds what we write */
	log_info("desk", "%s", err_msg());
	d->worker = NULL;
	return 0;
}

/* Who does not say what he is handles cases. */
static const struct role_desc *role_of(const struct desk_args *a)
{
	const char *name = a->role ? a->role : session_config(a->session)->role;
	const struct role_desc *r = name ? role_by_name(name) : NULL;

	return r ? r : role_by_name("agent");
}

int desk_new(const struct desk_args *a, struct desk **out)
{
	struct desk *d = xcalloc(1, sizeof(*d));
	int rc;

	d->session = a->session;
	d->clock = a->clock ? a->clock : clock_system();
	d->zone_min = a->zone_min;
	d->read_only = a->read_only;
	d->role = role_of(a);
	d->no_worker = a->no_worker;
	d->focus.entity = ENT_COUNT;
	d->state.progress_done = -1;
	/* the worker makes the cache, or brings it to its schema */
	if (session_ro(d->session, &d->ro) < 0)
		err_clear();
	rc = start_worker(d, a);
	if (rc == 0 && !d->ro)
		rc = session_ro(d->session, &d->ro);
	if (rc < 0) {
		desk_free(d);
		return rc;
	}
	d->version = store_data_version(d->ro);
	d->topics = TOPIC_ROWS | TOPIC_FOCUS | TOPIC_OPS | TOPIC_CONN;
	*out = d;
	return 0;
}

void desk_free(struct desk *d)
{
	struct asked *a;
	struct draft *x;

	if (!d)
		return;
	if (d->ro)
		drafts_write(d, 1);
	worker_stop(d->worker);
	attached_fini(&d->attached);
	while ((a = d->asked)) {
		d->asked = a->next;
		asked_free(a);
	}
	while ((x = d->drafts)) {
		d->drafts = x->next;
		draft_free(x);
	}
	notes_fini(&d->notes);
	free(d->focus.title);
	free(d->progress_of);
	free(d->insert);
	free(d->may_not);
	free(d->edit);
	free(d->edited);
	situation_fini(&d->situation);
	free(d);
}
