/* SPDX-License-Identifier: MIT */
/*
 * Servers as the world has them: tickets with fields, sets and threads that
 * several people change at once; four ways of knowing a request again (key,
 * unique id, visible id, nothing), versions or none; three ways of telling what
 * changed (a feed of numbered events, tickets by time, a log with tokens);
 * replicas that lag and rows that show up late. This file is the truth that the
 * checker compares the cache with; it knows nothing of the engine.
 */
#include "sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/buf.h"
#include "galley/base/json.h"

const enum field_id scalar_field[SC_N] = {FID_TICKET_SUBJECT, FID_TICKET_STATUS,
	FID_TICKET_OWNER, FID_TICKET_QUEUE, FID_TICKET_PRIORITY};
const char *const scalar_name[SC_N] = {
	"subject", "status", "owner", "queue", "priority"};

static const char *const statuses[] = {
	"new", "open", "stalled", "resolved", "bogus"};

const char *pick_status(int i)
{
	return statuses[i];
}

const char *who_rid(enum who w)
{
	static const char *const rids[] = {"u1", "u2", "c1", "sys"};

	return rids[w];
}

/* NULL is an empty owner. */
const char *scalar_text(enum scalar f, int v, char *buf, size_t size)
{
	switch (f) {
	case SC_SUBJECT:
		snprintf(buf, size, "Subject %d", v);
		break;
	case SC_STATUS:
		return statuses[v];
	case SC_OWNER:
		if (!v)
			return NULL;
		snprintf(buf, size, "u%d", v);
		break;
	case SC_QUEUE:
		snprintf(buf, size, "q%d", v);
		break;
	default:
		snprintf(buf, size, "%d", v);
		break;
	}
	return buf;
}

int scalar_parse(enum scalar f, const char *s)
{
	if (!s)
		return 0;
	switch (f) {
	case SC_SUBJECT:
		return atoi(s + strlen("Subject "));
	case SC_STATUS:
		for (int i = 0; i < (int)ARRAY_SIZE(statuses); i++)
			if (!strcmp(s, statuses[i]))
				return i;
		return -1;
	case SC_OWNER:
	case SC_QUEUE:
		return *s ? atoi(s + 1) : 0;
	default:
		return atoi(s);
	}
}

int tval_get(const struct tval *v, enum scalar f)
{
	const int all[SC_N] = {
		v->subject, v->status, v->owner, v->queue, v->priority};

	return all[f];
}

void tval_set(struct tval *v, enum scalar f, int x)
{
	int *const all[SC_N] = {
		&v->subject, &v->status, &v->owner, &v->queue, &v->priority};

	*all[f] = x;
}

/* --- state -----------------------------------------------------------------
 */

int64_t be_now(const struct be *b)
{
	return b->s->now + b->conf.skew_ms;
}

struct tstate *tick_now(const struct tick *t)
{
	return &t->hist[t->n_hist - 1];
}

/* What a replica knew then, or NULL when the ticket was not there. */
const struct tstate *tick_at(const struct tick *t, int64_t as_of)
{
	for (int i = t->n_hist - 1; i >= 0; i--)
		if (t->hist[i].visible_ms <= as_of)
			return &t->hist[i];
	return NULL;
}

int be_ticket_by_rid(const struct be *b, const char *rid)
{
	int n = rid ? atoi(rid) : 0;

	for (int i = 0; i < b->n_t; i++)
		if (b->t[i].rid == n)
			return i;
	return -1;
}

int be_root(const struct be *b, int ticket)
{
	while (tick_now(&b->t[ticket])->merged_to >= 0)
		ticket = tick_now(&b->t[ticket])->merged_to;
	return ticket;
}

static int root_at(const struct be *b, int ticket, int64_t as_of)
{
	for (;;) {
		const struct tstate *st = tick_at(&b->t[ticket], as_of);

		if (!st || st->merged_to < 0)
			return ticket;
		ticket = st->merged_to;
	}
}

static int64_t stamp(const struct be *b)
{
	return b->s->now - b->s->now % b->conf.stamp_ms;
}

/* When a row of now can be read: late for some, but never later than the
 * bounds that the connector declares. */
static int64_t visible(struct be *b, int64_t after)
{
	int64_t at = b->s->now;

	if (b->conf.late_ms && sim_chance(&b->s->r_world, b->s->k.late_share)) {
		at += (int64_t)rnd_below(
			&b->s->r_world, (uint64_t)b->conf.late_ms);
		sim_count(b->s, C_LATE_ROW);
	}
	return at > after ? at : after;
}

static void log_add(struct be *b, int ticket, int64_t msg)
{
	if (b->conf.style != STYLE_TOKEN)
		return;
	if (b->n_log == b->cap_log) {
		b->cap_log = b->cap_log ? 2 * b->cap_log : 64;
		b->log = xreallocarray(
			b->log, (size_t)b->cap_log, sizeof(*b->log));
	}
	b->log[b->n_log++] =
		(struct bchange){.ticket = ticket, .msg = msg, .at = b->s->now};
	if (b->conf.retention && b->n_log - b->log_min > b->conf.retention)
		b->log_min = b->n_log - b->conf.retention;
}

static struct tstate *state_push(struct be *b, int ticket, int64_t visible_ms)
{
	struct tick *t = &b->t[ticket];
	struct tstate st = {.merged_to = -1, .v = {.queue = 1}};

	if (t->n_hist == t->cap_hist) {
		t->cap_hist = t->cap_hist ? 2 * t->cap_hist : 8;
		t->hist = xreallocarray(
			t->hist, (size_t)t->cap_hist, sizeof(*t->hist));
	}
	if (t->n_hist) {
		st = *tick_now(t);
		if (visible_ms < st.visible_ms)
			visible_ms = st.visible_ms;
	}
	st.at = stamp(b);
	st.visible_ms = visible_ms;
	t->hist[t->n_hist++] = st;
	log_add(b, ticket, -1);
	return tick_now(t);
}

static void show_now(struct be *b, struct bmsg *m)
{
	struct tick *t = &b->t[m->on];

	if (m->visible_ms <= b->s->now)
		return;
	m->visible_ms = b->s->now;
	for (int i = 0; i < t->n_hist; i++)
		if (t->hist[i].visible_ms > b->s->now)
			t->hist[i].visible_ms = b->s->now;
}

/* Rows within `late_ids` of a new one must be readable by now: that is the
 * bound that the overlap in ids relies on. */
static void close_gaps(struct be *b)
{
	int64_t far = b->n_m - b->conf.late_ids;

	for (int64_t i = far - 1; i >= 0 && i >= far - 20; i--)
		show_now(b, &b->m[i]);
}

int64_t be_msg_new(struct be *b, int ticket, int on, enum who who,
	const char *kind, const char *dir, const char *text, const char *uid)
{
	struct bmsg *m;

	if (b->n_m == b->cap_m) {
		b->cap_m = b->cap_m ? 2 * b->cap_m : 64;
		b->m = xreallocarray(b->m, (size_t)b->cap_m, sizeof(*b->m));
	}
	m = &b->m[b->n_m];
	*m = (struct bmsg){.id = b->next_id,
		.at = stamp(b),
		.ticket = ticket,
		.on = on,
		.who = who,
		.kind = kind,
		.dir = dir,
		.text = xstrdup_null(text)};
	b->next_id += 1 + (int64_t)rnd_below(&b->s->r_world, 3);
	/* what is said on a ticket is not seen before the ticket */
	m->visible_ms =
		visible(b, b->t[on].n_hist ? b->t[on].hist[0].visible_ms : 0);
	if (uid)
		snprintf(m->uid, sizeof(m->uid), "%s", uid);
	b->n_m++;
	close_gaps(b);
	log_add(b, -1, b->n_m - 1);
	return b->n_m - 1;
}

/* A feed reports every change as an event. */
static int64_t event(struct be *b, int ticket, enum who who, const char *kind)
{
	int64_t m;

	if (b->conf.style != STYLE_FEED)
		return visible(b, 0);
	m = be_msg_new(b, ticket, ticket, who, kind, "system", NULL, NULL);
	return b->m[m].visible_ms;
}

int be_ticket_new(
	struct be *b, const struct tval *v, enum who who, const char *uid)
{
	struct tick *t;
	struct tstate *st;
	int i = b->n_t;
	int64_t seen;

	if (b->n_t == MAX_TICKETS)
		return -1;
	if (!b->t)
		b->t = xcalloc(MAX_TICKETS, sizeof(*b->t));
	t = &b->t[b->n_t++];
	*t = (struct tick){.rid = 100 + i * 3};
	if (uid)
		snprintf(t->create_uid, sizeof(t->create_uid), "%s", uid);
	seen = uid ? visible(b, 0) : event(b, i, who, "created");
	st = state_push(b, i, seen);
	st->v = *v;
	st->version = ++b->version;
	return i;
}

void be_change(struct be *b, int ticket, const struct tval *v, enum who who)
{
	struct tstate *st;

	st = state_push(b, ticket, event(b, ticket, who, "field"));
	st->v = *v;
	st->version = ++b->version;
}

/* A message: the ticket has changed too. */
int64_t be_say_as(struct be *b, int ticket, enum who who, const char *kind,
	const char *dir, const char *text, const char *uid)
{
	int64_t m = be_msg_new(b, ticket, ticket, who, kind, dir, text, uid);
	struct tstate *st = state_push(b, ticket, b->m[m].visible_ms);

	if (b->conf.version_on_msg)
		st->version = ++b->version;
	return m;
}

int64_t be_say(struct be *b, int ticket, enum who who, const char *kind,
	const char *dir, const char *text)
{
	return be_say_as(b, ticket, who, kind, dir, text, NULL);
}

void be_delete(struct be *b, int ticket)
{
	struct tstate *st;

	st = state_push(b, ticket, event(b, ticket, WHO_COLLEAGUE, "status"));
	st->deleted = 1;
	st->version = ++b->version;
}

void be_merge(struct be *b, int from, int to)
{
	struct tstate *st;
	int64_t seen = event(b, from, WHO_COLLEAGUE, "merge");

	st = state_push(b, from, seen);
	st->merged_to = to;
	st->version = ++b->version;
	st = state_push(b, to, event(b, to, WHO_COLLEAGUE, "merge"));
	st->version = ++b->version;
	/* a thread moves with its ticket: the log tells it again */
	for (int64_t i = 0; i < b->n_m; i++)
		if (root_at(b, b->m[i].ticket, FOREVER) == to)
			log_add(b, -1, i);
}

void effect_add(struct be *b, const char *uid, int attempt, int ticket,
	int64_t msg, uint64_t fields)
{
	struct effect *e;

	if (b->n_fx == b->cap_fx) {
		b->cap_fx = b->cap_fx ? 2 * b->cap_fx : 64;
		b->fx = xreallocarray(b->fx, (size_t)b->cap_fx, sizeof(*b->fx));
	}
	e = &b->fx[b->n_fx++];
	*e = (struct effect){.at = b->s->now,
		.msg = msg,
		.attempt = attempt,
		.ticket = ticket,
		.fields = fields,
		.number = ++b->s->effects};
	snprintf(e->uid, sizeof(e->uid), "%s", uid);
	sim_trace(b->s, "%s: effect of %s on %d", b->name, uid,
		ticket >= 0 ? b->t[ticket].rid : 0);
	b->s->quiet_since = b->s->now;
	check_effect(b->s, b, e);
}

/* --- writing ---------------------------------------------------------------
 */

static uint64_t fnv(const char *s)
{
	uint64_t h = UINT64_C(1469598103934665603);

	for (; s && *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
	return h;
}

static struct bkey *key_find(struct be *b, const char *uid)
{
	for (int i = 0; i < b->n_keys; i++)
		if (!strcmp(b->keys[i].uid, uid))
			return &b->keys[i];
	return NULL;
}

static void key_add(struct be *b, const struct op *op, int ticket, int64_t msg)
{
	struct bkey *k;

	if (b->n_keys == b->cap_keys) {
		b->cap_keys = b->cap_keys ? 2 * b->cap_keys : 64;
		b->keys = xreallocarray(
			b->keys, (size_t)b->cap_keys, sizeof(*b->keys));
	}
	k = &b->keys[b->n_keys++];
	*k = (struct bkey){.payload = fnv(op->args),
		.at = b->s->now,
		.msg = msg,
		.ticket = ticket};
	snprintf(k->uid, sizeof(k->uid), "%s", op->uid);
}

static void answer(struct reply *r, int status)
{
	*r = (struct reply){.status = status};
}

static void answer_special(struct reply *r, int status, enum outcome o)
{
	*r = (struct reply){.status = status, .special = o, .has_special = 1};
}

static void say_result(struct be *b, enum op_kind kind, int ticket, int64_t msg,
	struct reply *r)
{
	if (kind == OP_TICKET_CREATE)
		r->result_rid = xasprintf("%d", b->t[ticket].rid);
	else if (msg >= 0)
		r->result_rid = xasprintf("%" PRId64, b->m[msg].id);
}

/* 1 when the server knew the request again and has answered. */
static int known_again(struct be *b, const struct op *op, struct reply *r)
{
	struct bkey *k = key_find(b, op->uid);

	if (!k || (b->conf.cls != CLS_K && b->conf.cls != CLS_CU))
		return 0;
	if (b->conf.cls == CLS_K && b->s->now - k->at > b->conf.ttl_ms) {
		*k = b->keys[--b->n_keys];
		return 0;
	}
	if (k->payload != fnv(op->args))
		sim_fail(b->s, "I3c", "%s: key %s came with other words",
			b->name, op->uid);
	if (b->conf.cls == CLS_K) {
		sim_count(b->s, C_ANS_REPLAY);
		answer(r, 201);
	} else {
		sim_count(b->s, C_ANS_DUP);
		answer_special(r, 409, OUT_DUPLICATE);
	}
	say_result(b, op->kind, k->ticket, k->msg, r);
	return 1;
}

static void do_message(struct be *b, const struct op *op, int ticket,
	const struct json *args, struct reply *r)
{
	const char *text = json_get_str(args, "text");
	int note = op->kind == OP_TICKET_NOTE;
	int64_t m;

	m = be_say_as(b, ticket, WHO_ME, note ? "note" : "reply",
		note ? "note" : "out", text ? text : "", op->uid);
	key_add(b, op, ticket, m);
	effect_add(b, op->uid, op->attempt, ticket, m, 0);
	answer(r, 201);
	say_result(b, op->kind, ticket, m, r);
}

static void do_create(struct be *b, const struct op *op,
	const struct json *args, struct reply *r)
{
	const char *subject = json_get_str(args, "subject");
	const char *text = json_get_str(args, "text");
	struct tval v = {.subject = scalar_parse(SC_SUBJECT, subject),
		.queue = 1,
		.status = 0};
	int t = be_ticket_new(b, &v, WHO_ME, op->uid);
	int64_t m;

	if (t < 0) {
		answer(r, 422);
		return;
	}
	m = be_say_as(b, t, WHO_ME, "created", "out", text, op->uid);
	key_add(b, op, t, m);
	effect_add(b, op->uid, op->attempt, t, m, 0);
	answer(r, 201);
	say_result(b, op->kind, t, m, r);
}

static const char *value_text(const struct json *v, char *buf, size_t size)
{
	int64_t n;

	if (json_str(v))
		return json_str(v);
	if (!json_int(v, &n))
		return NULL;
	snprintf(buf, size, "%" PRId64, n);
	return buf;
}

/* The values that an operation wants; returns the fields. */
static uint64_t wanted(
	const struct op *op, const struct json *args, struct tval *v)
{
	const struct json *set = json_get(args, "set");
	uint64_t fields = 0;
	char buf[32];

	if (op->kind == OP_TICKET_TAKE) {
		v->owner = 1;
		return UINT64_C(1) << SC_OWNER;
	}
	if (op->kind == OP_TICKET_ASSIGN && !set) {
		v->owner = scalar_parse(SC_OWNER, json_get_str(args, "owner"));
		return UINT64_C(1) << SC_OWNER;
	}
	for (int f = 0; f < SC_N; f++) {
		const struct json *x = json_get(set, scalar_name[f]);

		if (!x)
			continue;
		tval_set(
			v, f, scalar_parse(f, value_text(x, buf, sizeof(buf))));
		fields |= UINT64_C(1) << f;
	}
	return fields;
}

static void do_scalar(struct be *b, const struct op *op, int ticket,
	const struct json *args, struct reply *r)
{
	struct tval old = tick_now(&b->t[ticket])->v, v = old;
	uint64_t fields = wanted(op, args, &v);

	if (v.status < 0 || v.status == 4) {
		answer(r, 422);
		r->message = xstrdup("status 'bogus' is not a valid status");
		return;
	}
	for (int f = 0; f < SC_N; f++)
		if (fields >> f & 1 && b->conf.etag)
			check_overwrite(b->s, b, op, ticket, f,
				tval_get(&old, f), tval_get(&v, f));
	be_change(b, ticket, &v, WHO_ME);
	effect_add(b, op->uid, op->attempt, ticket, -1, fields);
	answer(r, 200);
	r->version = xasprintf("%" PRId64, tick_now(&b->t[ticket])->version);
}

static unsigned tags_of(const struct json *list)
{
	unsigned bits = 0;

	for (const struct json *v = json_first(list); v; v = json_next(v))
		if (json_str(v) && json_str(v)[0] == 't')
			bits |= 1u << atoi(json_str(v) + 1);
	return bits;
}

static void do_tags(struct be *b, const struct op *op, int ticket,
	const struct json *args, struct reply *r)
{
	struct tval v = tick_now(&b->t[ticket])->v;

	v.tags |= tags_of(json_get(args, "add"));
	v.tags &= ~tags_of(json_get(args, "remove"));
	be_change(b, ticket, &v, WHO_ME);
	effect_add(b, op->uid, op->attempt, ticket, -1, UINT64_C(1) << SC_N);
	answer(r, 200);
	r->version = xasprintf("%" PRId64, tick_now(&b->t[ticket])->version);
}

static int version_fits(const struct be *b, const struct op *op, int ticket,
	const char *version)
{
	if (!b->conf.etag || !version || op_desc(op->kind)->cls != OPC_SCALAR)
		return 1;
	return atoll(version) == tick_now(&b->t[ticket])->version;
}

/* Of one speaker the last holds: twice is once. */
static void do_mark(struct be *b, const struct op *op, const struct json *args,
	struct reply *r)
{
	int art = op->target_rid ? atoi(op->target_rid + 1) : -1;
	int t = be_ticket_by_rid(b, json_get_str(args, "ticket"));

	if (art < 0 || art >= N_ARTS) {
		answer(r, 404);
		return;
	}
	if (op->kind == OP_ARTICLE_OUTDATED)
		b->outdated[art] = 1;
	else if (t >= 0)
		b->worked[art][t] = 1 + (int)json_get_int(args, "worked", 0);
	effect_add(b, op->uid, op->attempt, -1, -1, 0);
	answer(r, 200);
}

static void execute(struct be *b, const struct op *op, const char *version,
	const struct json *args, struct reply *r)
{
	const struct op_desc *d = op_desc(op->kind);
	int t;

	if (known_again(b, op, r))
		return;
	if (op->args && strstr(op->args, "POISON")) {
		answer(r, 422);
		r->message = xstrdup("this cannot be processed");
		return;
	}
	if (d->cls == OPC_CREATE) {
		do_create(b, op, args, r);
		return;
	}
	if (d->cls == OPC_MARK) {
		do_mark(b, op, args, r);
		return;
	}
	t = be_ticket_by_rid(b, op->target_rid);
	if (t >= 0)
		t = be_root(b, t);
	if (t < 0 || tick_now(&b->t[t])->deleted) {
		sim_count(b->s, C_ANS_GONE);
		answer(r, 404);
		return;
	}
	if (!version_fits(b, op, t, version)) {
		sim_count(b->s, C_ANS_412);
		answer(r, 412);
		return;
	}
	if (d->cls == OPC_MESSAGE)
		do_message(b, op, t, args, r);
	else if (d->cls == OPC_SET)
		do_tags(b, op, t, args, r);
	else
		do_scalar(b, op, t, args, r);
}

void be_execute(
	struct be *b, const struct op *op, const char *version, struct reply *r)
{
	struct json_doc *doc;

	answer(r, 400);
	if (json_parse(op->args, strlen(op->args), &json_limits_wire, &doc)) {
		sim_fail(b->s, "I3c", "%s: arguments of %s are no JSON: %s",
			b->name, op->uid, err_msg());
		return;
	}
	execute(b, op, version, json_root(doc), r);
	json_free(doc);
}

/* --- reading ---------------------------------------------------------------
 */

int64_t be_read_time(struct be *b)
{
	int64_t t = b->s->now;

	if (b->conf.lag_ms) {
		t -= (int64_t)rnd_below(
			&b->s->r_world, (uint64_t)b->conf.lag_ms);
		sim_count(b->s, C_LAG_READ);
	}
	if (t < b->as_of)
		t = b->as_of;
	b->as_of = t;
	return t;
}

static void tags_json(unsigned tags, struct buf *out)
{
	struct jw w;

	jw_init(&w, out);
	jw_arr(&w);
	for (int i = 0; i < N_TAGS; i++) {
		const char name[] = {'t', (char)('0' + i), 0};

		if (tags >> i & 1)
			jw_str(&w, name);
	}
	jw_arr_end(&w);
}

static void ticket_rec(
	struct be *b, struct recs *rs, int ticket, const struct tstate *st)
{
	char rid[16], version[24], buf[32];
	struct buf tags = BUF_INIT;
	struct rec *rec;

	snprintf(rid, sizeof(rid), "%d", b->t[ticket].rid);
	snprintf(version, sizeof(version), "%" PRId64, st->version);
	rec = recs_add(rs, REC_ROW, ENT_TICKET, rid);
	rec->version = arena_strdup(rs->arena, version);
	rec_set_text(rs, rec, FID_TICKET_NUMBER, rid);
	for (int f = 0; f < SC_N; f++) {
		const char *s =
			scalar_text(f, tval_get(&st->v, f), buf, sizeof(buf));

		if (f == SC_PRIORITY)
			rec_set_int(rec, scalar_field[f], st->v.priority);
		else if (s)
			rec_set_text(rs, rec, scalar_field[f], s);
		else
			rec_set_null(rec, scalar_field[f]);
	}
	rec_set_int(rec, FID_TICKET_UPDATED, st->at);
	tags_json(st->v.tags, &tags);
	rec_set_text(rs, rec, FID_TICKET_TAGS, buf_str(&tags));
	buf_fini(&tags);
}

static void message_rec(
	struct be *b, struct recs *rs, const struct bmsg *m, int64_t as_of)
{
	char rid[24], ticket[16];
	struct rec *rec;
	int root = root_at(b, m->ticket, as_of);

	snprintf(rid, sizeof(rid), "%" PRId64, m->id);
	if (b->garbles && m->uid[0]) {
		recs_error(rs, "record %s: makes no sense", rid);
		return;
	}
	snprintf(ticket, sizeof(ticket), "%d", b->t[root].rid);
	rec = recs_add(rs, REC_ROW, ENT_MESSAGE, rid);
	rec_set_text(rs, rec, FID_MESSAGE_TICKET, ticket);
	rec_set_text(rs, rec, FID_MESSAGE_KIND, m->kind);
	rec_set_text(rs, rec, FID_MESSAGE_DIR, m->dir);
	rec_set_text(rs, rec, FID_MESSAGE_AUTHOR, who_rid(m->who));
	rec_set_int(rec, FID_MESSAGE_AT, m->at);
	if (m->text)
		rec_set_text(rs, rec, FID_MESSAGE_TEXT,
			b->signs && m->uid[0]
				? arena_printf(rs->arena, "%s -- us", m->text)
				: m->text);
	if (m->uid[0] && (b->conf.cls == CLS_CV || b->conf.cls == CLS_CU))
		rec_set_text(rs, rec, FID_MESSAGE_OP, m->uid);
}

static void touch_rec(struct be *b, struct recs *rs, const char *stream,
	int ticket, int64_t version)
{
	struct rec *rec = recs_add(rs, REC_TOUCH, ENT_TICKET, NULL);

	rec->name = stream;
	rec->key = arena_printf(rs->arena, "%d", b->t[ticket].rid);
	rec->version = arena_printf(rs->arena, "%" PRId64, version);
}

static int live_at(const struct be *b, int ticket, int64_t as_of)
{
	const struct tstate *st = tick_at(&b->t[ticket], as_of);

	return st && !st->deleted && st->merged_to < 0;
}

/* Events above a number; each one touches its ticket. */
static void read_feed(
	struct be *b, const struct wreq *q, int64_t as_of, struct job_result *r)
{
	int64_t above = q->page	    ? atoll(q->page)
			: q->cursor ? atoll(q->cursor)
				    : 0;
	int64_t last = -1;
	int n = 0, hidden = 0, gap = 0;

	int want = q->limit ? q->limit : b->conf.page, skip = q->skip;

	for (int64_t i = 0; i < b->n_m && n < want; i++) {
		const struct bmsg *m = &b->m[i];

		hidden |= m->visible_ms > as_of;
		if (m->id <= above || m->visible_ms > as_of || skip-- > 0)
			continue;
		gap = hidden;
		message_rec(b, r->recs, m, as_of);
		touch_rec(b, r->recs, "tickets", m->on, m->id);
		last = m->id;
		n++;
	}
	if (last >= 0)
		r->cursor = xasprintf("%" PRId64, last);
	if (n == want)
		r->page = xasprintf("%" PRId64, last);
	b->past_gap = gap && n == want;
}

static void thread_rec(struct be *b, int ticket, int64_t as_of, struct recs *rs)
{
	for (int64_t i = 0; i < b->n_m; i++)
		if (b->m[i].visible_ms <= as_of &&
			root_at(b, b->m[i].ticket, as_of) == ticket)
			message_rec(b, rs, &b->m[i], as_of);
}

static void read_keys(
	struct be *b, const struct wreq *q, int64_t as_of, struct job_result *r)
{
	for (int i = 0; i < q->n_keys; i++) {
		int t = be_ticket_by_rid(b, q->keys[i]);

		if (t < 0 || !live_at(b, t, as_of))
			continue;
		ticket_rec(b, r->recs, t, tick_at(&b->t[t], as_of));
		if (b->conf.key_threads)
			thread_rec(b, t, as_of, r->recs);
	}
}

/* One ticket's messages above a number. */
static void thread_page(struct be *b, const struct wreq *q, int ticket,
	int64_t as_of, struct job_result *r)
{
	int64_t above = 0, last = -1;
	int n = 0;

	if (q->page)
		above = atoll(q->page);
	else if (q->cursor)
		above = atoll(q->cursor);
	for (int64_t i = 0; i < b->n_m && n < b->conf.page; i++) {
		const struct bmsg *m = &b->m[i];

		if (m->id <= above || m->visible_ms > as_of ||
			root_at(b, m->ticket, as_of) != ticket)
			continue;
		message_rec(b, r->recs, m, as_of);
		last = m->id;
		n++;
	}
	if (last >= 0)
		r->cursor = xasprintf("%" PRId64, last);
	if (n == b->conf.page)
		r->page = xasprintf("%" PRId64, last);
}

static void read_threads(
	struct be *b, const struct wreq *q, int64_t as_of, struct job_result *r)
{
	for (int i = 0; i < q->n_keys; i++) {
		int t = be_ticket_by_rid(b, q->keys[i]);

		if (t < 0 || !live_at(b, t, as_of))
			continue;
		ticket_rec(b, r->recs, t, tick_at(&b->t[t], as_of));
		if (b->conf.thread_cursor)
			thread_page(b, q, t, as_of, r);
		else
			thread_rec(b, t, as_of, r->recs);
	}
}

static void read_one(
	struct be *b, const struct wreq *q, int64_t as_of, struct job_result *r)
{
	const char *key = q->n_keys ? q->keys[0] : "0";
	int t = be_ticket_by_rid(b, key);
	const struct tstate *st = t >= 0 ? tick_at(&b->t[t], as_of) : NULL;
	struct rec *rec;

	if (st && st->merged_to >= 0) {
		int root = root_at(b, t, as_of);

		rec = recs_add(r->recs, REC_ALIAS, ENT_TICKET, key);
		rec->to = arena_printf(r->recs->arena, "%d", b->t[root].rid);
		st = tick_at(&b->t[root], as_of);
		if (st && !st->deleted)
			ticket_rec(b, r->recs, root, st);
		return;
	}
	if (st && !st->deleted) {
		ticket_rec(b, r->recs, t, st);
		if (b->conf.style == STYLE_TIME)
			thread_rec(b, t, as_of, r->recs);
		return;
	}
	if (st && b->conf.style == STYLE_FEED) {
		recs_add(r->recs, REC_GONE, ENT_TICKET, key);
		return;
	}
	sim_count(b->s, C_ANS_GONE);
	r->outcome = OUT_GONE;
	r->http = 404;
}

static int by_updated(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;

	if (a[0] != b[0])
		return a[0] < b[0] ? -1 : 1;
	return a[1] < b[1] ? -1 : a[1] > b[1];
}

/* Tickets in the order of their stamps, from a stamp on; the page is where the
 * last one ended. */
static void read_by_time(
	struct be *b, const struct wreq *q, int64_t as_of, struct job_result *r)
{
	int64_t rows[MAX_TICKETS][2], from[2] = {0, -1};
	int n = 0, out = 0;

	if (q->cursor)
		from[0] = atoll(q->cursor);
	if (q->page)
		sscanf(q->page, "%" SCNd64 ":%" SCNd64, &from[0], &from[1]);
	for (int i = 0; i < b->n_t; i++) {
		int64_t row[2] = {0, i};

		if (!live_at(b, i, as_of))
			continue;
		row[0] = tick_at(&b->t[i], as_of)->at;
		if (by_updated(row, from) > 0)
			memcpy(rows[n++], row, sizeof(row));
	}
	qsort(rows, (size_t)n, sizeof(rows[0]), by_updated);
	for (; out < n && out < b->conf.page; out++) {
		int t = (int)rows[out][1];
		const struct tstate *st = tick_at(&b->t[t], as_of);

		ticket_rec(b, r->recs, t, st);
		touch_rec(b, r->recs, "threads", t,
			st - b->t[t].hist + st->version * 1000);
	}
	if (out)
		r->cursor = xasprintf("%" PRId64, rows[out - 1][0]);
	if (out < n)
		r->page = xasprintf("%" PRId64 ":%" PRId64, rows[out - 1][0],
			rows[out - 1][1]);
}

static void article_recs(struct be *b, struct recs *rs)
{
	for (int i = 0; i < N_ARTS; i++) {
		char rid[8];
		struct rec *rec;

		snprintf(rid, sizeof(rid), "k%d", i);
		rec = recs_add(rs, REC_ROW, ENT_ARTICLE, rid);
		rec_set_text(rs, rec, FID_ARTICLE_TITLE, "How to");
		rec_set_text(rs, rec, FID_ARTICLE_STATUS,
			b->outdated[i] ? "outdated" : "current");
	}
}

static void read_listing(
	struct be *b, const struct wreq *q, int64_t as_of, struct job_result *r)
{
	int from = q->page ? atoi(q->page) : 0, n = 0, i;
	int last = q->limit ? q->skip + q->limit : b->conf.page;

	if (b->s->k.marks && !from)
		article_recs(b, r->recs);
	for (i = from; i < b->n_t && n < b->conf.page; i++)
		if (live_at(b, i, as_of)) {
			if (n >= q->skip && n < last)
				ticket_rec(b, r->recs, i,
					tick_at(&b->t[i], as_of));
			n++;
		}
	if (i < b->n_t)
		r->page = xasprintf("%d", i);
}

/* Nothing known: everything, then the log from where it was at the start. */
static void read_all(
	struct be *b, const struct wreq *q, int64_t as_of, struct job_result *r)
{
	int64_t pos = 0;
	int from = 0, n = 0, i;

	if (q->page)
		sscanf(q->page, "L%" SCNd64 ":%d", &pos, &from);
	else
		while (pos < b->n_log && b->log[pos].at <= as_of)
			pos++;
	for (i = from; i < b->n_t && n < b->conf.page; i++)
		if (live_at(b, i, as_of)) {
			ticket_rec(b, r->recs, i, tick_at(&b->t[i], as_of));
			thread_rec(b, i, as_of, r->recs);
			n++;
		}
	if (i < b->n_t)
		r->page = xasprintf("L%" PRId64 ":%d", pos, i);
	else
		r->cursor = xasprintf("k%" PRId64, pos);
}

static void change_rec(
	struct be *b, const struct bchange *c, int64_t as_of, struct recs *rs)
{
	const struct tstate *st;
	char rid[16];

	if (c->msg >= 0) {
		message_rec(b, rs, &b->m[c->msg], as_of);
		return;
	}
	st = tick_at(&b->t[c->ticket], as_of);
	if (!st)
		return;
	snprintf(rid, sizeof(rid), "%d", b->t[c->ticket].rid);
	if (st->merged_to >= 0) {
		struct rec *rec = recs_add(rs, REC_ALIAS, ENT_TICKET, rid);

		rec->to = arena_printf(rs->arena, "%d",
			b->t[root_at(b, c->ticket, as_of)].rid);
	} else if (st->deleted) {
		recs_add(rs, REC_GONE, ENT_TICKET, rid);
	} else {
		ticket_rec(b, rs, c->ticket, st);
	}
}

static void read_log(
	struct be *b, const struct wreq *q, int64_t as_of, struct job_result *r)
{
	const char *at = q->page ? q->page : q->cursor;
	int64_t pos;
	int n = 0;

	if (!at || *at != 'k') {
		read_all(b, q, as_of, r);
		return;
	}
	pos = atoll(at + 1);
	if (pos < b->log_min) {
		sim_count(b->s, C_ANS_RESYNC);
		r->outcome = OUT_RESYNC;
		r->http = 410;
		return;
	}
	for (; pos < b->n_log && n < b->conf.page; pos++, n++) {
		if (b->log[pos].at > as_of)
			break;
		change_rec(b, &b->log[pos], as_of, r->recs);
	}
	r->cursor = xasprintf("k%" PRId64, pos);
	if (n == b->conf.page)
		r->page = xasprintf("k%" PRId64, pos);
}

/* A listing that comes back empty: of everything, or of what is new. */
static int may_lie(const struct be *b, const struct wreq *q)
{
	return q->stream == STR_SWEEP ||
	       (b->s->k.empty_feeds > (b->conf.style == STYLE_TOKEN) &&
		       q->stream == STR_MAIN && !q->page);
}

void be_break(struct be *b, int64_t msg, int ticket, int64_t until)
{
	if (b->n_bad == MAX_BAD)
		return;
	sim_trace(b->s, "%s: message %" PRId64 " of ticket %d breaks", b->name,
		msg, ticket < 0 ? -1 : b->t[ticket].rid);
	b->bad[b->n_bad++] =
		(struct bad){.msg = msg, .ticket = ticket, .until = until};
}

int be_is_bad(const struct be *b, int64_t msg, int ticket)
{
	for (int i = 0; i < b->n_bad; i++)
		if (b->s->now < b->bad[i].until &&
			((msg && b->bad[i].msg == msg) ||
				(!msg && b->bad[i].ticket == ticket &&
					!b->bad[i].msg)))
			return 1;
	return 0;
}

static int is_broken(const struct be *b, const struct recs *recs)
{
	for (const struct rec *x = recs->first; x && b->n_bad; x = x->next) {
		if (x->kind != REC_ROW || !x->rid)
			continue;
		if (x->entity == ENT_MESSAGE && be_is_bad(b, atoll(x->rid), -1))
			return 1;
		if (x->entity == ENT_TICKET &&
			be_is_bad(b, 0, be_ticket_by_rid(b, x->rid)))
			return 1;
	}
	return 0;
}

static void answer_bad(struct be *b, struct job_result *r)
{
	if (r->outcome != OUT_OK || !is_broken(b, r->recs))
		return;
	sim_count(b->s, C_ANS_BAD);
	recs_free(r->recs);
	r->recs = NULL;
	FREE(&r->cursor);
	FREE(&r->page);
	r->http = 500;
	r->outcome = outcome_of_read(1, 1, 500);
}

void be_read(struct be *b, const struct wreq *q, struct job_result *r)
{
	int64_t as_of = be_read_time(b);

	r->recs = recs_new();
	r->outcome = OUT_OK;
	r->http = 200;
	if (b->s->now < b->empty_until && may_lie(b, q)) {
		sim_count(b->s, C_ANS_EMPTY);
		b->lied |= q->stream != STR_SWEEP;
		return;
	}
	if (q->stream == STR_ONE)
		read_one(b, q, as_of, r);
	else if (q->stream == STR_SWEEP)
		read_listing(b, q, as_of, r);
	else if (q->stream == STR_TICKETS && b->conf.style == STYLE_TIME)
		read_threads(b, q, as_of, r);
	else if (q->stream == STR_TICKETS)
		read_keys(b, q, as_of, r);
	else if (b->conf.style == STYLE_FEED)
		read_feed(b, q, as_of, r);
	else if (b->conf.style == STYLE_TIME)
		read_by_time(b, q, as_of, r);
	else
		read_log(b, q, as_of, r);
	answer_bad(b, r);
}

void be_init(struct be *b, struct sim *s, int idx)
{
	b->s = s;
	b->idx = idx;
	b->next_id = 10;
	b->version = 1;
	snprintf(b->name, sizeof(b->name), "be%d", idx);
	wire_describe(b);
}

void be_fini(struct be *b)
{
	wire_fini(b);
	for (int i = 0; i < b->n_t; i++)
		free(b->t[i].hist);
	for (int64_t i = 0; i < b->n_m; i++)
		free(b->m[i].text);
	free(b->t);
	free(b->m);
	free(b->log);
	free(b->keys);
	free(b->fx);
	free(b->conn.name);
}
