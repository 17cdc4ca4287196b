/* SPDX-License-Identifier: MIT */
/*
 * The connector that the engine talks to, and the road behind it: requests
 * are delayed, lost before or after they are executed, doubled where the server
 * knows them again, answered late, half or with an error that says nothing.
 * What an answer means is decided by the connector floor's own tables, so that
 * they are under test too.
 */
#include "sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct be *be_of(struct conn *c)
{
	return (struct be *)((char *)c - offsetof(struct be, conn));
}

/* --- what the connector says it can do -------------------------------------
 */

static int64_t settle_ms(const struct be_conf *c)
{
	return c->flight_ms + c->lag_ms + c->late_ms + c->stamp_ms + SEC;
}

static void describe_streams(struct be *b)
{
	static const char *const names[][STR_COUNT] = {
		[STYLE_FEED] = {"feed", "tickets", "one", "sweep"},
		[STYLE_TIME] = {"bytime", "threads", "one", "sweep"},
		[STYLE_TOKEN] = {"changes", "tickets", "one", "sweep"},
	};
	const struct be_conf *c = &b->conf;
	struct stream_desc *m = &b->streams[STR_MAIN];

	for (int i = 0; i < STR_COUNT; i++)
		b->streams[i] = (struct stream_desc){
			.name = names[c->style][i], .entity = ENT_TICKET};
	m->by = BY_TIME;
	m->every_s = c->every_s;
	if (c->style == STYLE_FEED) {
		m->cursor = CUR_INT;
		m->cursor_init = "0";
		m->overlap = c->late_ids * 3 + 3;
		m->commit_per_run = c->commit_per_run;
	} else if (c->style == STYLE_TIME) {
		m->cursor = CUR_TIME;
		m->overlap = c->late_ms + c->stamp_ms + c->lag_ms + SEC;
		m->commit_per_run = c->commit_per_run;
	} else {
		m->cursor = CUR_TOKEN;
		m->commit_per_run = 1;
	}
	b->streams[STR_TICKETS].by = BY_TOUCH;
	b->streams[STR_TICKETS].batch = c->batch;
	b->streams[STR_TICKETS].missing = "one";
	if (c->style == STYLE_TIME && c->thread_cursor) {
		b->streams[STR_TICKETS].cursor = CUR_INT;
		b->streams[STR_TICKETS].cursor_per_key = 1;
		b->streams[STR_TICKETS].cursor_init = "0";
		b->streams[STR_TICKETS].overlap = c->late_ids * 3 + 3;
	}
	b->streams[STR_ONE].by = BY_KEY;
	b->streams[STR_SWEEP].by = BY_TIME;
	b->streams[STR_SWEEP].every_s = c->sweep_s;
	b->streams[STR_SWEEP].sweep = 1;
	b->streams[STR_SWEEP].missing = "one";
	if (!c->parts)
		return;
	b->streams[STR_SWEEP].page_size = c->page;
	if (c->style == STYLE_FEED) {
		m->page_size = c->page;
		m->numbered = 1;
	}
}

static enum once_by message_once(const struct be_conf *c)
{
	switch (c->cls) {
	case CLS_K:
		return ONCE_NATIVE;
	case CLS_CU:
		return ONCE_UNIQUE;
	case CLS_CV:
		return ONCE_MARKER;
	default:
		return c->lookup ? ONCE_LOOKUP : ONCE_ASK;
	}
}

static void add_cap(struct be *b, enum op_kind kind)
{
	const struct be_conf *c = &b->conf;
	const struct op_desc *d = op_desc(kind);
	struct opcap *o = &b->caps[b->desc.n_ops++];

	*o = (struct opcap){.kind = kind, .policy = c->policy};
	o->settle_s = (settle_ms(c) + 999) / 1000;
	o->look_stream = c->style == STYLE_TIME ? b->streams[STR_TICKETS].name
						: b->streams[STR_MAIN].name;
	if (d->cls == OPC_MARK) {
		o->once = ONCE_IDEMPOTENT;
		return;
	}
	if (d->cls == OPC_MESSAGE || d->cls == OPC_CREATE) {
		o->once = message_once(c);
		o->key_ttl_s = c->cls == CLS_K ? c->ttl_ms / 1000 : 0;
		o->absence_is_proof = c->cls == CLS_CV || c->proof;
		if (d->cls == OPC_CREATE && c->cls == CLS_N)
			o->once = ONCE_ASK;
		if (d->cls == OPC_CREATE && c->style == STYLE_TIME)
			o->look_stream = b->streams[STR_MAIN].name;
		return;
	}
	o->refetch = 1;
	o->refetch_stream = b->streams[STR_TICKETS].name;
	if (d->cls == OPC_SET) {
		o->once = ONCE_IDEMPOTENT;
		return;
	}
	o->once = ONCE_PRECONDITION;
	o->versioned = c->etag;
	if (!c->etag || c->first)
		o->first = b->streams[STR_ONE].name;
}

void wire_describe(struct be *b)
{
	static const enum op_kind kinds[] = {OP_TICKET_REPLY, OP_TICKET_NOTE,
		OP_TICKET_SET, OP_TICKET_TAKE, OP_TICKET_ASSIGN, OP_TICKET_TAGS,
		OP_TICKET_CREATE, OP_ARTICLE_OUTCOME, OP_ARTICLE_OUTDATED};

	b->conn.ops = wire_ops();
	b->conn.name = xstrdup(b->name);
	describe_streams(b);
	b->desc = (struct conn_desc){.kind = "sim",
		.title = b->name,
		.streams = b->streams,
		.n_streams = STR_COUNT,
		.ops = b->caps,
		.parallel = b->conf.parallel};
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		add_cap(b, kinds[i]);
}

/* --- requests --------------------------------------------------------------
 */

static void req_free(struct wreq *q)
{
	for (int i = 0; i < q->n_keys; i++)
		free(q->keys[i]);
	free(q->keys);
	free(q->cursor);
	free(q->page);
	free(q->target_rid);
	free(q->args);
	free(q->version);
	free(q->base);
	job_result_fini(&q->res);
	free(q);
}

static void list_add(struct be *b, struct wreq *q)
{
	q->next = NULL;
	if (b->last)
		b->last->next = q;
	else
		b->first = q;
	b->last = q;
}

static void list_remove(struct be *b, struct wreq *q)
{
	struct wreq **p = &b->first, *prev = NULL;

	while (*p != q) {
		prev = *p;
		p = &(*p)->next;
	}
	*p = q->next;
	if (b->last == q)
		b->last = prev;
}

static struct wreq *req_new(struct be *b, const struct job *j)
{
	struct wreq *q = xcalloc(1, sizeof(*q));

	q->b = b;
	q->kind = j->kind;
	q->tag = j->tag;
	q->stream = j->stream;
	q->limit = j->limit;
	q->skip = j->skip;
	q->cursor = xstrdup_null(j->cursor);
	q->page = xstrdup_null(j->page);
	q->incarnation = b->s->incarnation;
	q->send_ms = b->s->now;
	q->deadline_ms = q->send_ms + b->conf.deadline_ms;
	if (j->n_keys)
		q->keys = xcalloc((size_t)j->n_keys, sizeof(*q->keys));
	for (int i = 0; i < j->n_keys; i++)
		q->keys[q->n_keys++] = xstrdup(j->keys[i]);
	if (j->kind == JOB_OP) {
		q->op = *j->op;
		q->target_rid = xstrdup_null(j->op->target_rid);
		q->args = xstrdup(j->op->args);
		q->version = xstrdup_null(j->target_version);
		q->op.target_rid = q->target_rid;
		q->op.args = q->args;
		q->base = xstrdup_null(j->op->base);
		q->op.base = q->base;
		q->op.connector = q->op.marker = NULL;
		q->op.error = q->op.evidence = q->op.how = NULL;
		q->op.baseline = q->op.result_rid = q->op.base_version = NULL;
	}
	return q;
}

static int64_t draw_delay(struct be *b, int64_t longest)
{
	struct rnd *r = &b->s->r_wire;
	int64_t d = 20 + (int64_t)rnd_below(r, 300);

	if (b->fault_rate && b->s->k.slow && sim_chance(r, 80))
		d = (int64_t)rnd_below(r, (uint64_t)longest);
	return d < longest ? d : longest;
}

static void draw_fate(struct be *b, struct wreq *q)
{
	struct rnd *r = &b->s->r_wire;
	const struct knobs *k = &b->s->k;
	int rate = b->fault_rate;

	/* a request that was handed to the road before the bound is executed
	 * before the bound, whatever its client thinks */
	q->exec_ms = q->send_ms + draw_delay(b, b->conf.flight_ms - 1);
	q->answer_ms = q->exec_ms + draw_delay(b, b->conf.deadline_ms * 2);
	q->sent = 1;
	if (!rate)
		return;
	if (k->lost && sim_chance(r, rate))
		q->lost = 1;
	if (k->lost && sim_chance(r, rate))
		q->answer_lost = 1;
	if (sim_chance(r, rate / 2))
		q->torn = 1;
	if (k->http && sim_chance(r, rate)) {
		static const int codes[] = {500, 502, 503, 504, 408};

		q->status = codes[rnd_below(r, q->kind == JOB_OP ? 4 : 5)];
		q->fault_with_effect = sim_chance(r, 500);
	}
	if (k->rate && sim_chance(r, rate / 2))
		q->status = 429;
}

/* A story says what happens to the next write. */
static void scripted(struct be *b, struct wreq *q)
{
	if (q->kind != JOB_OP)
		return;
	switch (b->script) {
	case SCRIPT_NONE:
		return;
	case SCRIPT_LOSE_REQUEST:
		q->lost = 1;
		break;
	case SCRIPT_LOSE_ANSWER:
		q->answer_lost = 1;
		break;
	case SCRIPT_LATE:
		q->exec_ms = q->deadline_ms + SEC;
		break;
	case SCRIPT_500_DONE:
	case SCRIPT_500_NOT:
		q->status = 500;
		q->fault_with_effect = b->script == SCRIPT_500_DONE;
		break;
	case SCRIPT_429:
		q->status = 429;
		break;
	}
	b->script = SCRIPT_NONE;
}

/* The road doubles a request: only where the server knows it again, for the
 * transport promises to add none. */
static void maybe_double(
	struct be *b, const struct wreq *q, const struct job *j)
{
	struct wreq *d;

	if (q->kind != JOB_OP || !b->s->k.dup || !b->fault_rate ||
		(b->conf.cls != CLS_K && b->conf.cls != CLS_CU) ||
		op_desc(q->op.kind)->cls == OPC_SCALAR ||
		op_desc(q->op.kind)->cls == OPC_SET ||
		!sim_chance(&b->s->r_wire, 150))
		return;
	sim_count(b->s, C_REQ_DUP);
	d = req_new(b, j);
	d->is_dup = d->sent = 1;
	d->incarnation = -1;
	d->exec_ms = d->send_ms + draw_delay(b, b->conf.flight_ms - 1);
	d->answer_ms = d->exec_ms;
	list_add(b, d);
}

static const char *job_word(const struct be *b, const struct job *j)
{
	switch (j->kind) {
	case JOB_PROBE:
		return "probe";
	case JOB_PULL:
		return b->streams[j->stream].name;
	case JOB_OP:
		return op_desc(j->op->kind)->name;
	default:
		return "file";
	}
}

static void trace_start(struct be *b, const struct job *j)
{
	sim_trace(b->s, "%s: ask %s %s%s%s%s%s", b->name, job_word(b, j),
		j->kind == JOB_OP ? j->op->uid : "", j->cursor ? " from " : "",
		j->cursor ? j->cursor : "",
		j->page	    ? " page "
		: j->n_keys ? " key "
			    : "",
		j->page	    ? j->page
		: j->n_keys ? j->keys[0]
			    : "");
}

static int c_start(struct conn *c, const struct job *j)
{
	struct be *b = be_of(c);
	struct wreq *q;

	if (vfs_dead())
		return 0;
	if (b->in_flight >= b->conf.parallel)
		return err_set(E_LIMIT, "%s: too much under way", b->name);
	trace_start(b, j);
	check_start(b->s, b, j);
	b->started++;
	b->in_flight++;
	sim_count(b->s, j->kind == JOB_OP ? C_REQ_WRITE : C_REQ_READ);
	q = req_new(b, j);
	if (b->s->now < b->offline_until) {
		q->exec_ms = q->answer_ms = q->send_ms + 50;
		sim_count(b->s, C_NOT_SENT);
	} else {
		draw_fate(b, q);
		scripted(b, q);
		maybe_double(b, q, j);
	}
	list_add(b, q);
	return 0;
}

/* --- the server's side -----------------------------------------------------
 */

static int server_gate(struct be *b, const struct wreq *q)
{
	if (b->s->now < b->down_until)
		return 503;
	if (b->refuses_all)
		return 500;
	if (q->kind == JOB_PULL && q->stream == STR_MAIN) {
		if (b->refuses_feed)
			return b->refuses_feed;
		if (b->s->now < b->barred_until)
			return 403;
	}
	if (b->s->now < b->auth_until)
		return 401;
	if (b->s->now < b->rate_until)
		return 429;
	if (q->status == 429)
		return 429;
	if (q->status && !(q->fault_with_effect && q->kind == JOB_OP))
		return q->status;
	return 0;
}

static void result_status(struct wreq *q, int status)
{
	q->res.http = status;
	q->res.outcome = q->kind == JOB_OP
				 ? outcome_of_write(q->sent, !q->torn, status)
				 : outcome_of_read(q->sent, !q->torn, status);
	if (status == 429) {
		q->res.wait_ms =
			sim_chance(&q->b->s->r_wire, 700)
				? (int64_t)(1 +
					    rnd_below(&q->b->s->r_wire, 60)) *
					  SEC
				: -1;
		sim_count(q->b->s, C_ANS_429);
	}
	if (status == 401)
		sim_count(q->b->s, C_ANS_401);
}

static void execute_op(struct be *b, struct wreq *q)
{
	struct reply r;

	if (q->args && strstr(q->args, "BOOM")) {
		result_status(q, 500);
		return;
	}
	if (q->incarnation != b->s->incarnation || b->s->now > q->deadline_ms)
		sim_count(b->s, C_REQ_SLOW);
	be_execute(b, &q->op, q->version, &r);
	result_status(q, q->status ? q->status : r.status);
	if (r.has_special && !q->status && !q->torn)
		q->res.outcome = r.special;
	q->res.result_rid = r.result_rid;
	q->res.version = r.version;
	q->res.message = r.message;
	if (q->status || q->torn) {
		FREE(&q->res.result_rid);
		FREE(&q->res.version);
		FREE(&q->res.message);
	} else if (q->res.outcome == OUT_OK && b->conf.cls != CLS_N) {
		q->res.marker = xstrdup(q->op.uid);
	}
	if (q->status)
		sim_count(b->s, C_ANS_5XX_DONE);
	if (q->torn)
		sim_count(b->s, C_ANS_TORN);
}

static void drop_page(struct wreq *q)
{
	recs_free(q->res.recs);
	q->res.recs = NULL;
	FREE(&q->res.cursor);
	FREE(&q->res.page);
}

static void execute_read(struct be *b, struct wreq *q)
{
	if (q->kind == JOB_PROBE) {
		result_status(q, 200);
		q->res.me = xstrdup(who_rid(WHO_ME));
		q->res.saved = xstrdup("{\"v\":1}");
		return;
	}
	if (q->kind == JOB_FILE) {
		result_status(q, 404);
		return;
	}
	be_read(b, q, &q->res);
	if (q->torn) {
		sim_count(b->s, C_ANS_TORN);
		drop_page(q);
		result_status(q, 200);
	} else if (b->s->k.broken && b->fault_rate &&
		   sim_chance(&b->s->r_wire, b->s->k.broken_share)) {
		sim_count(b->s, C_ANS_BROKEN);
		drop_page(q);
		q->res.outcome = OUT_BROKEN;
	}
}

/* Nobody heard that it was said, and what it became cannot be read. */
static void veil(struct be *b, const struct wreq *q)
{
	const struct effect *e = b->n_fx ? &b->fx[b->n_fx - 1] : NULL;

	if (q->kind == JOB_OP && e && e->msg >= 0 &&
		!strcmp(e->uid, q->op.uid) && e->attempt == q->op.attempt &&
		sim_chance(&b->s->r_world, b->s->k.veil))
		be_break(b, b->m[e->msg].id, -1, FOREVER);
}

/* The request arrives. */
static void arrive(struct be *b, struct wreq *q)
{
	int status;

	q->executed = 1;
	if (!q->sent) {
		q->res.outcome = OUT_NOT_SENT;
		return;
	}
	if (q->lost || (b->s->now < b->down_until && q->send_ms & 1)) {
		if (!q->lost)
			q->lost = 1;
		sim_count(b->s, C_REQ_LOST);
		return;
	}
	status = server_gate(b, q);
	q->res.server_ms = be_now(b);
	if (status) {
		if (status >= 500)
			sim_count(b->s, C_ANS_5XX_NOT);
		result_status(q, status);
		return;
	}
	if (q->kind == JOB_OP)
		execute_op(b, q);
	else
		execute_read(b, q);
	if (q->answer_lost && b->s->k.veil)
		veil(b, q);
	if (q->answer_lost)
		sim_count(b->s, C_ANS_LOST);
}

/* --- the client's side -----------------------------------------------------
 */

static int client_waits(const struct wreq *q)
{
	return !q->answered && !q->abandoned &&
	       q->incarnation == q->b->s->incarnation && !vfs_dead();
}

static void hand_over(struct be *b, struct wreq *q)
{
	struct wreq *done = xcalloc(1, sizeof(*done));

	q->answered = 1;
	b->in_flight--;
	q->res.kind = q->kind;
	q->res.tag = q->tag;
	done->res = q->res;
	done->b = b;
	done->stream = q->stream;
	memset(&q->res, 0, sizeof(q->res));
	if (b->results_last)
		b->results_last->next = done;
	else
		b->results = done;
	b->results_last = done;
}

static void give_up(struct wreq *q)
{
	job_result_fini(&q->res);
	memset(&q->res, 0, sizeof(q->res));
	q->res.outcome = q->kind == JOB_OP ? outcome_of_write(q->sent, 0, 0)
					   : outcome_of_read(q->sent, 0, 0);
	q->res.message = xstrdup("no answer in time");
}

static int64_t next_of(const struct wreq *q)
{
	int64_t t = FOREVER;

	if (!q->executed)
		t = q->exec_ms;
	if (client_waits(q)) {
		int64_t u = q->deadline_ms;

		if (q->executed && !q->lost && !q->answer_lost &&
			q->answer_ms < u)
			u = q->answer_ms;
		if (u < t)
			t = u;
	}
	return t;
}

static void advance(struct be *b, struct wreq *q)
{
	int64_t now = b->s->now;

	if (!q->executed && q->exec_ms <= now)
		arrive(b, q);
	if (!client_waits(q))
		return;
	if (q->executed && !q->lost && !q->answer_lost && q->answer_ms <= now)
		hand_over(b, q);
	else if (q->deadline_ms <= now) {
		if (q->executed) {
			give_up(q);
			hand_over(b, q);
		} else {
			/* it is on its way still */
			struct job_result keep = q->res;

			memset(&q->res, 0, sizeof(q->res));
			give_up(q);
			hand_over(b, q);
			q->res = keep;
		}
	}
}

static int req_over(const struct wreq *q)
{
	return q->executed && !client_waits(q);
}

int64_t wire_run(struct sim *s)
{
	for (;;) {
		struct wreq *due = NULL;
		int64_t best = FOREVER;

		for (int i = 0; i < s->n_be; i++)
			for (struct wreq *q = s->be[i].first; q; q = q->next)
				if (next_of(q) < best) {
					best = next_of(q);
					due = q;
				}
		if (!due || best > s->now)
			return best;
		advance(due->b, due);
		if (req_over(due)) {
			list_remove(due->b, due);
			req_free(due);
		}
	}
}

int wire_busy(const struct sim *s)
{
	for (int i = 0; i < s->n_be; i++)
		for (const struct wreq *q = s->be[i].first; q; q = q->next)
			if (q->kind == JOB_OP && !q->executed)
				return 1;
	return 0;
}

static void results_drop(struct be *b)
{
	while (b->results) {
		struct wreq *q = b->results;

		b->results = q->next;
		req_free(q);
	}
	b->results_last = NULL;
}

/* The desk's process is gone; what it sent is not. */
void wire_client_gone(struct sim *s)
{
	s->incarnation++;
	for (int i = 0; i < s->n_be; i++) {
		struct be *b = &s->be[i];
		struct wreq *q = b->first, *next;

		results_drop(b);
		b->in_flight = 0;
		b->asked_to_wait_until = 0;
		for (; q; q = next) {
			next = q->next;
			if (q->executed || (!q->sent)) {
				list_remove(b, q);
				req_free(q);
			}
		}
	}
}

void wire_fini(struct be *b)
{
	results_drop(b);
	while (b->first) {
		struct wreq *q = b->first;

		list_remove(b, q);
		req_free(q);
	}
}

/* --- table -----------------------------------------------------------------
 */

static const struct conn_desc *c_desc(struct conn *c)
{
	return &be_of(c)->desc;
}

static int c_next(struct conn *c, struct job_result *out)
{
	struct be *b = be_of(c);
	struct wreq *q = b->results;

	if (!q || vfs_dead())
		return 0;
	b->results = q->next;
	if (!b->results)
		b->results_last = NULL;
	*out = q->res;
	memset(&q->res, 0, sizeof(q->res));
	b->s->last_stream = q->stream;
	if (out->outcome == OUT_RATE && out->wait_ms > 0)
		b->asked_to_wait_until = b->s->now + out->wait_ms;
	sim_trace(b->s, "%s: answer %s%s%s", b->name,
		outcome_name(out->outcome), out->result_rid ? " " : "",
		out->result_rid ? out->result_rid : "");
	req_free(q);
	return 1;
}

static void c_cancel(struct conn *c, uint64_t tag)
{
	struct be *b = be_of(c);

	for (struct wreq *q = b->first; q; q = q->next)
		if (q->tag == tag && client_waits(q)) {
			q->abandoned = 1;
			b->in_flight--;
		}
}

static int c_in_flight(struct conn *c)
{
	return be_of(c)->in_flight;
}

static int64_t c_next_ms(struct conn *c)
{
	(void)c;
	return 0;
}

static void c_restore(struct conn *c, const char *saved, const char *me)
{
	(void)c;
	(void)saved;
	(void)me;
}

static void c_free(struct conn *c)
{
	(void)c;
}

const struct conn_ops *wire_ops(void)
{
	static const struct conn_ops ops = {
		.desc = c_desc,
		.start = c_start,
		.next = c_next,
		.cancel = c_cancel,
		.in_flight = c_in_flight,
		.next_ms = c_next_ms,
		.restore = c_restore,
		.free = c_free,
	};

	return &ops;
}
