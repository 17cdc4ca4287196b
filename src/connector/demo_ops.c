/* SPDX-License-Identifier: MIT */
/*
 * What the demo centre does with an operation: it checks versions as a careful
 * backend does, says no with words where its rules are broken, and does nothing
 * twice that has the same uid.
 */
#include "demo_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"

#define SETTLE_S 30

/* clang-format off */
#define MESSAGE_CAP(op, look)                                                  \
	{.kind = op, .once = ONCE_UNIQUE, .settle_s = SETTLE_S,                \
		.look_stream = look}
#define SCALAR_CAP(op, back)                                                   \
	{.kind = op, .once = ONCE_UNIQUE, .settle_s = SETTLE_S,                \
		.refetch = 1, .refetch_stream = back,                          \
		.policy = POLICY_MERGE, .versioned = 1}
const struct opcap demo_caps[] = {
	MESSAGE_CAP(OP_TICKET_REPLY, "changes"),
	MESSAGE_CAP(OP_TICKET_NOTE, "changes"),
	SCALAR_CAP(OP_TICKET_SET, "ticket"),
	SCALAR_CAP(OP_TICKET_TAKE, "ticket"),
	SCALAR_CAP(OP_TICKET_ASSIGN, "ticket"),
	{.kind = OP_TICKET_TAGS, .once = ONCE_UNIQUE, .settle_s = SETTLE_S,
		.refetch = 1, .refetch_stream = "ticket"},
	{.kind = OP_TICKET_LINK, .once = ONCE_UNIQUE, .settle_s = SETTLE_S},
	{.kind = OP_TICKET_UNLINK, .once = ONCE_UNIQUE, .settle_s = SETTLE_S},
	{.kind = OP_TICKET_MERGE, .once = ONCE_UNIQUE, .settle_s = SETTLE_S,
		.refetch_stream = "ticket"},
	MESSAGE_CAP(OP_TICKET_CREATE, "changes"),
	MESSAGE_CAP(OP_TICKET_TIME, "changes"),
	MESSAGE_CAP(OP_MESSAGE_SEND, "changes"),
	MESSAGE_CAP(OP_MESSAGE_NOTE, "changes"),
	SCALAR_CAP(OP_CONVERSATION_ASSIGN, "conversation"),
	SCALAR_CAP(OP_CONVERSATION_STATUS, "conversation"),
	{.kind = OP_CONVERSATION_TAGS, .once = ONCE_UNIQUE,
		.settle_s = SETTLE_S, .refetch = 1,
		.refetch_stream = "conversation"},
	{.kind = OP_CONVERSATION_READ, .once = ONCE_IDEMPOTENT,
		.settle_s = SETTLE_S, .drop_if_older_s = 600},
	SCALAR_CAP(OP_ARTICLE_EDIT, "article"),
	{.kind = OP_ARTICLE_OUTCOME, .once = ONCE_IDEMPOTENT,
		.settle_s = SETTLE_S},
	{.kind = OP_ARTICLE_OUTDATED, .once = ONCE_IDEMPOTENT,
		.settle_s = SETTLE_S, .refetch_stream = "article"},
	{.kind = OP_AGENT_PRESENCE, .once = ONCE_IDEMPOTENT,
		.settle_s = SETTLE_S, .drop_if_older_s = 300},
};
/* clang-format on */
const int demo_n_caps = ARRAY_SIZE(demo_caps);

/* --- what was done already
 * -------------------------------------------------------------- */

static struct d_done **done_slot(const struct demo *d, const char *uid)
{
	struct d_done *const *p =
		&d->done[text_hash(uid) % ARRAY_SIZE(d->done)];

	return (struct d_done **)(uintptr_t)p;
}

const char *op_known(const struct demo *d, const char *uid)
{
	const struct d_done *x = *done_slot(d, uid);

	while (x && strcmp(x->uid, uid) != 0)
		x = x->next;
	return x ? x->rid : NULL;
}

void op_note(struct demo *d, const char *uid, const char *rid)
{
	struct d_done **p = done_slot(d, uid);
	struct d_done *x = arena_calloc(d->arena, 1, sizeof(*x));

	x->uid = arena_strdup(d->arena, uid);
	x->rid = arena_strdup(d->arena, rid ? rid : "");
	x->next = *p;
	*p = x;
}

/* --- pieces
 * -------------------------------------------------------------------------------
 */

struct doing {
	struct demo *d;
	const struct d_op *op;
	struct d_row *row; /* the target */
	int replay;
	struct job_result *r;
	const char *made; /* rid of what was made */
};

static int no(struct doing *x, const char *fmt, ...) PRINTF(2, 3);
static int no(struct doing *x, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	free(x->r->message);
	x->r->message = buf_take(&b);
	x->r->outcome = OUT_REFUSED;
	return 0;
}

static const char *arg(const struct doing *x, const char *name)
{
	return json_get_str(x->op->args, name);
}

static int is_done(const struct d_row *r)
{
	const char *p =
		row_str(r, r->e == ENT_CONVERSATION ? FID_CONVERSATION_PHASE
						    : FID_TICKET_PHASE);

	return p && strcmp(p, "done") == 0;
}

static struct d_row *speak(
	struct doing *x, const char *kind, const char *dir, const char *text)
{
	struct demo *d = x->d;
	struct d_row *m = say(d, x->row, kind, dir, d->me, text);

	row_text(&d->world, m, FID_MESSAGE_OP, x->op->uid);
	if (x->row->e == ENT_CONVERSATION && strcmp(dir, "out") == 0)
		row_text(&d->world, m, FID_MESSAGE_DELIVERY, "sent");
	x->made = m->rid;
	return m;
}

static void worked(struct doing *x, int64_t min)
{
	if (min > 0)
		row_int(&x->d->world, x->row, FID_TICKET_WORKED_MIN,
			row_num(x->row, FID_TICKET_WORKED_MIN) + min);
}

static int status_allowed(struct doing *x, const char *status)
{
	if (!status || status_known(status))
		return 1;
	return no(x,
		"the lifecycle has no status \"%s\"; it has new, open, "
		"waiting, resolved, closed, rejected",
		status);
}

static int agent_allowed(struct doing *x, const char *who)
{
	const struct d_row *a = row_find(&x->d->world, ENT_AGENT, who);

	if (!a)
		return no(x, "nobody here is called \"%s\"", who);
	if (!row_num(a, FID_AGENT_ACTIVE))
		return no(x, "%s does not work here any more",
			row_str(a, FID_AGENT_NAME));
	return 1;
}

/* --- messages
 * ------------------------------------------------------------------------------
 */

static int do_reply(struct doing *x)
{
	const char *status = arg(x, "status");
	struct d_tale *t = tale_of(x->d, x->row);

	if (!status_allowed(x, status))
		return 0;
	speak(x, "reply", "out", arg(x, "text"));
	worked(x, json_get_int(x->op->args, "time_min", 0));
	if (status)
		set_status(x->d, x->row, status, x->d->me);
	else if (strcmp(row_str(x->row, FID_TICKET_PHASE), "new") == 0)
		set_status(x->d, x->row, "open", x->d->me);
	if (t)
		t->answers++;
	answer_soon(x->d, x->row, x->op->uid);
	return 1;
}

static int do_note(struct doing *x)
{
	const char *status = arg(x, "status");

	if (!status_allowed(x, status))
		return 0;
	speak(x, "note", "note", arg(x, "text"));
	worked(x, json_get_int(x->op->args, "time_min", 0));
	if (status)
		set_status(x->d, x->row, status, x->d->me);
	return 1;
}

static int do_time(struct doing *x)
{
	const char *text = arg(x, "text");
	int64_t min = json_get_int(x->op->args, "min", 0);

	speak(x, "time", "system", text ? text : "");
	worked(x, min);
	return 1;
}

static int do_send(struct doing *x)
{
	struct d_tale *t = tale_of(x->d, x->row);

	if (is_done(x->row) && !x->replay)
		return no(x, "the conversation has ended; the customer can be "
			     "reached by telephone or mail");
	speak(x, "reply", "out", arg(x, "text"));
	if (!row_str(x->row, FID_CONVERSATION_OWNER))
		set_owner(x->d, x->row, x->d->me, x->d->me);
	if (t)
		t->answers++;
	answer_soon(x->d, x->row, x->op->uid);
	return 1;
}

static int do_remark(struct doing *x)
{
	speak(x, "note", "note", arg(x, "text"));
	return 1;
}

/* --- fields
 * ---------------------------------------------------------------------------------
 */

static char *text_of(const struct json *v)
{
	struct buf b = BUF_INIT;

	if (json_is_null(v))
		return xstrdup("");
	if (json_str(v))
		return xstrdup(json_str(v));
	json_print(&b, v);
	return buf_take(&b);
}

static int field_allowed(
	struct doing *x, const struct json *v, const struct field_desc *f)
{
	const char *s = json_str(v);

	if (!f)
		return 1;
	if (f->id == FID_TICKET_STATUS)
		return status_allowed(x, s);
	if (f->id == FID_TICKET_QUEUE &&
		(!s || !row_find(&x->d->world, ENT_QUEUE, s)))
		return no(x, "there is no queue \"%s\"", s ? s : "");
	if (f->id == FID_TICKET_OWNER && s)
		return agent_allowed(x, s);
	return 1;
}

static void set_cf(struct doing *x, const char *name, const char *value)
{
	struct d_world *w = &x->d->world;
	const char *old = row_str(x->row, FID_TICKET_CF);
	struct json_doc *doc = NULL;
	struct buf b = BUF_INIT;
	const struct json *v;
	struct jw j;

	if (old && json_parse(old, strlen(old), &json_limits_small, &doc) < 0)
		doc = NULL;
	jw_init(&j, &b);
	jw_obj(&j);
	for (v = doc ? json_first(json_root(doc)) : NULL; v; v = json_next(v))
		if (strcmp(json_key(v), name) != 0) {
			jw_key(&j, json_key(v));
			jw_json(&j, v);
		}
	if (*value)
		jw_kstr(&j, name, value);
	jw_obj_end(&j);
	row_text(w, x->row, FID_TICKET_CF, buf_str(&b));
	buf_fini(&b);
	json_free(doc);
}

static void set_field(struct doing *x, const struct json *v)
{
	struct demo *d = x->d;
	const struct field_desc *f = field_by_name(ENT_TICKET, json_key(v));
	char *now = text_of(v), old[32] = "";
	const char *was = old;
	int64_t n;

	if (!f && strncmp(json_key(v), "cf.", 3) == 0) {
		note_field(d, x->row, json_key(v), d->me, NULL, now);
		set_cf(x, json_key(v) + 3, now);
	} else if (f && f->id == FID_TICKET_STATUS) {
		set_status(d, x->row, now, d->me);
	} else if (f && f->id == FID_TICKET_OWNER) {
		set_owner(d, x->row, *now ? now : NULL, d->me);
	} else if (f && json_int(v, &n) &&
		   (f->type == FT_INT || f->type == FT_TIME)) {
		snprintf(old, sizeof(old), "%lld",
			(long long)row_num(x->row, f->id));
		note_field(d, x->row, f->name, d->me, old, now);
		row_int(&d->world, x->row, f->id, n);
	} else if (f) {
		was = row_str(x->row, f->id);
		note_field(d, x->row, f->name, d->me, was, now);
		row_text(&d->world, x->row, f->id, now);
	}
	free(now);
}

static int do_set(struct doing *x)
{
	const struct json *set = json_get(x->op->args, "set"), *v;

	for (v = json_first(set); v; v = json_next(v))
		if (!field_allowed(
			    x, v, field_by_name(ENT_TICKET, json_key(v))))
			return 0;
	for (v = json_first(set); v; v = json_next(v))
		set_field(x, v);
	return 1;
}

static int do_take(struct doing *x)
{
	const char *owner = row_str(x->row, FID_TICKET_OWNER);

	if (!x->replay && owner && strcmp(owner, x->d->me) != 0)
		return no(x, "%s belongs to %s already", x->row->rid,
			row_str(row_find(&x->d->world, ENT_AGENT, owner),
				FID_AGENT_NAME));
	set_owner(x->d, x->row, x->d->me, x->d->me);
	if (strcmp(row_str(x->row, FID_TICKET_PHASE), "new") == 0)
		set_status(x->d, x->row, "open", x->d->me);
	return 1;
}

static int do_assign(struct doing *x)
{
	if (!agent_allowed(x, arg(x, "owner")))
		return 0;
	set_owner(x->d, x->row, arg(x, "owner"), x->d->me);
	return 1;
}

static int do_talk_status(struct doing *x)
{
	if (!status_allowed(x, arg(x, "status")))
		return 0;
	set_status(x->d, x->row, arg(x, "status"), x->d->me);
	return 1;
}

static int do_tags(struct doing *x)
{
	enum field_id f = x->row->e == ENT_CONVERSATION ? FID_CONVERSATION_TAGS
							: FID_TICKET_TAGS;
	const struct json *v;

	for (v = json_first(json_get(x->op->args, "add")); v; v = json_next(v))
		row_set(&x->d->world, x->row, f, json_str(v), 1);
	for (v = json_first(json_get(x->op->args, "remove")); v;
		v = json_next(v))
		row_set(&x->d->world, x->row, f, json_str(v), 0);
	return 1;
}

static int do_read(struct doing *x)
{
	row_int(&x->d->world, x->row, FID_CONVERSATION_UNREAD, 0);
	return 1;
}

static int do_edit(struct doing *x)
{
	struct d_world *w = &x->d->world;
	const char *status = row_str(x->row, FID_ARTICLE_STATUS);

	if (status && strcmp(status, "locked") == 0)
		return no(x, "%s is locked by its editor", x->row->rid);
	row_text(w, x->row, FID_ARTICLE_TEXT, arg(x, "text"));
	row_int(w, x->row, FID_ARTICLE_REVISION,
		row_num(x->row, FID_ARTICLE_REVISION) + 1);
	row_int(w, x->row, FID_ARTICLE_UPDATED, x->d->now);
	row_text(w, x->row, FID_ARTICLE_AUTHOR,
		row_str(row_find(w, ENT_AGENT, x->d->me), FID_AGENT_NAME));
	return 1;
}

/* One of each agent for an article and a case: another word replaces it. */
static int do_outcome(struct doing *x)
{
	struct d_world *w = &x->d->world;
	const char *ticket = arg(x, "ticket"), *talk = arg(x, "conversation");
	const char *on = ticket ? ticket : talk ? talk : arg(x, "case");
	char *rid = xasprintf("said-%s-%s-%s", x->d->me, x->row->rid, on);
	struct d_row *o = row_find(w, ENT_OUTCOME, rid);

	if (!o)
		o = row_new(w, ENT_OUTCOME, rid);
	row_text(w, o, FID_OUTCOME_ARTICLE, x->row->rid);
	row_int(w, o, FID_OUTCOME_REVISION,
		row_num(x->row, FID_ARTICLE_REVISION));
	if (ticket)
		row_text(w, o, FID_OUTCOME_TICKET, ticket);
	if (talk)
		row_text(w, o, FID_OUTCOME_CONVERSATION, talk);
	row_int(w, o, FID_OUTCOME_WORKED,
		json_get_int(x->op->args, "worked", 0) != 0);
	row_text(w, o, FID_OUTCOME_AGENT, x->d->me);
	row_int(w, o, FID_OUTCOME_AT, x->d->now);
	x->made = o->rid;
	free(rid);
	return 1;
}

/* It waits for its owner: its review is due now. */
static int do_outdated(struct doing *x)
{
	struct d_world *w = &x->d->world;

	row_text(w, x->row, FID_ARTICLE_STATUS, "outdated");
	row_int(w, x->row, FID_ARTICLE_REVIEW, x->d->now);
	return 1;
}

/* --- structure
 * -------------------------------------------------------------------------------
 */

static char *link_rid(const struct doing *x)
{
	return xasprintf(
		"%s:%s:%s", x->row->rid, arg(x, "kind"), arg(x, "target"));
}

static int do_link(struct doing *x)
{
	struct d_world *w = &x->d->world;
	char *rid;
	struct d_row *l;

	if (strcmp(arg(x, "target"), x->row->rid) == 0)
		return no(x, "%s cannot be linked to itself", x->row->rid);
	rid = link_rid(x);
	l = row_find(w, ENT_LINK, rid);
	if (!l)
		l = row_new(w, ENT_LINK, rid);
	l->gone = 0;
	row_text(w, l, FID_LINK_TICKET, x->row->rid);
	row_text(w, l, FID_LINK_KIND, arg(x, "kind"));
	row_text(w, l, FID_LINK_TARGET, arg(x, "target"));
	note_field(x->d, x->row, "link", x->d->me, NULL, arg(x, "target"));
	free(rid);
	return 1;
}

static int do_unlink(struct doing *x)
{
	char *rid = link_rid(x);
	struct d_row *l = row_find(&x->d->world, ENT_LINK, rid);

	free(rid);
	if (!l)
		return no(x, "%s has no such link", x->row->rid);
	row_gone(&x->d->world, l);
	note_field(x->d, x->row, "link", x->d->me, arg(x, "target"), NULL);
	return 1;
}

static int do_merge(struct doing *x)
{
	struct d_world *w = &x->d->world;
	const char *into = arg(x, "into");
	struct d_row *to = row_find(w, ENT_TICKET, into);
	size_t i;

	if (!to || to->to)
		return no(x, "there is no ticket %s", into);
	if (to == x->row)
		return no(x, "%s cannot be merged into itself", into);
	for (i = 0; i < w->n_log; i++) {
		struct d_row *m = w->log[i].row;
		const char *on = m->e == ENT_MESSAGE
					 ? row_str(m, FID_MESSAGE_TICKET)
					 : NULL;

		if (on && strcmp(on, x->row->rid) == 0)
			row_text(w, m, FID_MESSAGE_TICKET, into);
	}
	row_merge(w, x->row, into);
	note_field(x->d, to, "merge", x->d->me, x->row->rid, into);
	return 1;
}

static int do_create(struct doing *x)
{
	struct demo *d = x->d;
	struct d_world *w = &d->world;
	const char *customer = arg(x, "customer"), *text = arg(x, "text");
	const struct json *set = json_get(x->op->args, "set"), *v;
	struct d_row *r;
	char rid[32];

	if (!row_find(w, ENT_QUEUE, arg(x, "queue")))
		return no(x, "there is no queue \"%s\"", arg(x, "queue"));
	if (customer && !row_find(w, ENT_CUSTOMER, customer))
		return no(x, "there is no customer \"%s\"", customer);
	for (v = json_first(set); v; v = json_next(v))
		if (!field_allowed(
			    x, v, field_by_name(ENT_TICKET, json_key(v))))
			return 0;
	snprintf(rid, sizeof(rid), "T-%lld", (long long)++d->n_ticket);
	r = x->row = row_new(w, ENT_TICKET, rid);
	row_text(w, r, FID_TICKET_NUMBER, rid);
	row_text(w, r, FID_TICKET_SUBJECT, arg(x, "subject"));
	row_text(w, r, FID_TICKET_STATUS, "new");
	row_text(w, r, FID_TICKET_PHASE, "new");
	row_text(w, r, FID_TICKET_QUEUE, arg(x, "queue"));
	row_text(w, r, FID_TICKET_CUSTOMER, customer);
	row_int(w, r, FID_TICKET_PRIORITY, 30);
	row_int(w, r, FID_TICKET_WORKED_MIN, 0);
	row_int(w, r, FID_TICKET_CREATED, d->now);
	row_int(w, r, FID_TICKET_UPDATED, d->now);
	row_int(w, r, FID_TICKET_DUE, d->now + 2 * DAY);
	if (text && *text)
		speak(x, "created", "out", text);
	for (v = json_first(set); v; v = json_next(v))
		set_field(x, v);
	x->made = r->rid;
	return 1;
}

static int do_presence(struct doing *x)
{
	struct d_world *w = &x->d->world;
	struct d_row *p = row_find(w, ENT_PRESENCE, x->row->rid);

	if (!p)
		return no(x, "nobody here is called \"%s\"", x->row->rid);
	row_text(w, p, FID_PRESENCE_STATUS, arg(x, "status"));
	row_int(w, p, FID_PRESENCE_SINCE, x->d->now);
	return 1;
}

static int (*const doers[OP_COUNT])(struct doing *x) = {
	[OP_TICKET_REPLY] = do_reply,
	[OP_TICKET_NOTE] = do_note,
	[OP_TICKET_SET] = do_set,
	[OP_TICKET_TAKE] = do_take,
	[OP_TICKET_ASSIGN] = do_assign,
	[OP_TICKET_TAGS] = do_tags,
	[OP_TICKET_LINK] = do_link,
	[OP_TICKET_UNLINK] = do_unlink,
	[OP_TICKET_MERGE] = do_merge,
	[OP_TICKET_CREATE] = do_create,
	[OP_TICKET_TIME] = do_time,
	[OP_MESSAGE_SEND] = do_send,
	[OP_MESSAGE_NOTE] = do_remark,
	[OP_CONVERSATION_ASSIGN] = do_assign,
	[OP_CONVERSATION_STATUS] = do_talk_status,
	[OP_CONVERSATION_TAGS] = do_tags,
	[OP_CONVERSATION_READ] = do_read,
	[OP_ARTICLE_EDIT] = do_edit,
	[OP_ARTICLE_OUTCOME] = do_outcome,
	[OP_ARTICLE_OUTDATED] = do_outdated,
	[OP_AGENT_PRESENCE] = do_presence,
};

/* The target, and whether the person saw it as it is. */
static int find_target(struct doing *x)
{
	const struct op_desc *od = op_desc(x->op->kind);

	if (od->cls == OPC_CREATE)
		return 1;
	x->row = x->op->target
			 ? row_find(&x->d->world, od->target, x->op->target)
			 : NULL;
	if (!x->row || x->row->to || x->row->gone) {
		x->r->outcome = OUT_GONE;
		x->r->message = xasprintf("%s is not there any more",
			x->op->target ? x->op->target : "it");
		return 0;
	}
	if (!x->replay && od->cls == OPC_SCALAR && x->op->version &&
		strtoll(x->op->version, NULL, 10) != x->row->version) {
		x->r->outcome = OUT_CONFLICT;
		x->r->message = xasprintf(
			"%s was changed by someone else", x->row->rid);
		return 0;
	}
	return 1;
}

void op_do(
	struct demo *d, const struct d_op *op, int replay, struct job_result *r)
{
	struct doing x = {.d = d, .op = op, .replay = replay, .r = r};
	const char *known = op_known(d, op->uid);

	r->outcome = OUT_OK;
	if (known) {
		r->outcome = OUT_DUPLICATE;
		r->result_rid = *known ? xstrdup(known) : NULL;
		return;
	}
	world_step(&d->world);
	if (!find_target(&x) || !doers[op->kind](&x))
		return;
	op_note(d, op->uid, x.made);
	r->result_rid = xstrdup_null(x.made);
	if (x.row)
		r->version = xasprintf("%lld", (long long)x.row->version);
	r->marker = xstrdup(op->uid);
}
