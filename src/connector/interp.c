/* SPDX-License-Identifier: MIT */
/*
 * A manifest and an instance's settings as a connector: jobs go through
 * "filters make the request", "the network answers", "filters read the
 * answer", each without waiting, so that one page is mapped while the next is
 * on its way and the last is being stored. What is in a request is request.c,
 * what an answer means is answer.c.
 */
#include "interp_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/log.h"
#include "galley/base/mem.h"

#define DEADLINE_MS 5000

static void send_prepared(
	struct interp *c, struct pending *p, const char *const *values);

static struct interp *interp_of(struct conn *c)
{
	return (struct interp *)(void *)c;
}

/* --- the life of a job ---------------------------------------------------- */

static struct pending *find_serial(struct interp *c, uint64_t serial)
{
	struct pending *p = c->jobs;

	while (p && p->serial != serial)
		p = p->next;
	return p;
}

static void unlink_job(struct interp *c, struct pending *p)
{
	struct pending **at = &c->jobs;

	while (*at && *at != p)
		at = &(*at)->next;
	if (*at) {
		*at = p->next;
		c->n_jobs--;
	}
	p->next = NULL;
}

void job_free(struct pending *p)
{
	job_result_fini(&p->r);
	arena_free(p->arena);
	free(p);
}

static const char *const *copy_keys(struct arena *a, const struct job *j)
{
	const char **keys =
		arena_calloc(a, (size_t)j->n_keys + 1, sizeof(*keys));

	for (int i = 0; i < j->n_keys; i++)
		keys[i] = arena_strdup(a, j->keys[i]);
	return keys;
}

static void copy_op(struct pending *p, const struct op *op)
{
	struct op *copy = arena_calloc(p->arena, 1, sizeof(*copy));

	copy->kind = op->kind;
	p->job.op = copy;
	p->op_uid = arena_strdup(p->arena, op->uid);
	p->target = arena_strdup(p->arena, op->target_rid);
	p->args = arena_strdup(p->arena, op->args);
	p->base = arena_strdup(p->arena, op->base);
}

/* A position of ours is "cursor SEP page"; of a cursor loop it is the cursor
 * itself. */
static void take_position(
	struct interp *c, struct pending *p, const struct job *j)
{
	const char *sep;

	p->cursor = arena_strdup(p->arena, j->cursor);
	if (!j->page || p->ask != ASK_PULL)
		return;
	if (c->m->streams[j->stream].page == PAGE_CURSOR_LOOP) {
		p->cursor = arena_strdup(p->arena, j->page);
		return;
	}
	sep = strchr(j->page, PAGE_SEP);
	if (!sep)
		return;
	p->cursor = sep == j->page ? NULL
				   : arena_strndup(p->arena, j->page,
					     (size_t)(sep - j->page));
	p->page = arena_strdup(p->arena, sep + 1);
}

static struct pending *job_new(
	struct interp *c, const struct job *j, enum ask ask)
{
	struct pending *p = xcalloc(1, sizeof(*p));
	struct arena *a = arena_new();

	p->arena = a;
	p->serial = ++c->serial;
	p->ask = ask;
	p->job = *j;
	p->job.keys = copy_keys(a, j);
	p->job.target_version = arena_strdup(a, j->target_version);
	p->job.row = arena_strdup(a, j->row);
	p->job.file_rid = arena_strdup(a, j->file_rid);
	p->job.file_path = arena_strdup(a, j->file_path);
	p->job.cursor = p->job.page = NULL;
	p->job.op = NULL;
	if (j->op)
		copy_op(p, j->op);
	take_position(c, p, j);
	p->r.kind = j->kind;
	p->r.tag = j->tag;
	p->r.wait_ms = -1;
	p->retry_after_ms = -1;
	p->next = c->jobs;
	c->jobs = p;
	c->n_jobs++;
	return p;
}

static void wake_login_waiters(struct interp *c, const struct pending *login);

void job_finish(struct interp *c, struct pending *p, enum outcome o,
	const char *fmt, ...)
{
	va_list ap;

	p->r.outcome = o;
	if (fmt) {
		struct buf b = BUF_INIT;

		va_start(ap, fmt);
		buf_vaddf(&b, fmt, ap);
		va_end(ap);
		free(p->r.message);
		p->r.message = b.len ? buf_take(&b) : NULL;
		buf_fini(&b);
	}
	if (o != OUT_OK) {
		recs_free(p->r.recs);
		p->r.recs = NULL;
		FREE(&p->r.cursor);
		FREE(&p->r.page);
	}
	p->state = JS_DONE;
	unlink_job(c, p);
	if (p->ask == ASK_LOGIN) {
		wake_login_waiters(c, p);
		if (c->submit) {
			job_result_fini(&c->login_result);
			c->login_result = p->r;
			memset(&p->r, 0, sizeof(p->r));
		}
		job_free(p);
		return;
	}
	if (p->ahead)
		ahead_keep(c, p);
	else
		job_deliver(c, p);
	ahead_after(c, p);
}

void job_deliver(struct interp *c, struct pending *p)
{
	if (c->done_last)
		c->done_last->next = p;
	else
		c->done = p;
	c->done_last = p;
}

/* --- logging in ----------------------------------------------------------- */

static void session_clear(struct interp *c)
{
	struct sess_value *v = c->session, *next;

	for (; v; v = next) {
		next = v->next;
		free(v->name);
		free(v->value);
		free(v);
	}
	c->session = NULL;
}

static void session_put(struct interp *c, const char *name, const char *value)
{
	struct sess_value *v = c->session;

	while (v && strcmp(v->name, name) != 0)
		v = v->next;
	if (!v) {
		v = xcalloc(1, sizeof(*v));
		v->name = xstrdup(name);
		v->next = c->session;
		c->session = v;
	}
	free(v->value);
	v->value = xstrdup(value);
	(void)!redact_add_secret(value);
}

void session_set(struct interp *c, const struct json *obj)
{
	for (const struct json *v = json_first(obj); v; v = json_next(v))
		if (json_str(v))
			session_put(c, json_key(v), json_str(v));
}

const char *session_get(const struct interp *c, const char *name, size_t len)
{
	for (const struct sess_value *v = c->session; v; v = v->next)
		if (strlen(v->name) == len && !memcmp(v->name, name, len))
			return v->value;
	return NULL;
}

static int login_valid(struct interp *c)
{
	if (!c->m->login.n)
		return 1;
	if (c->login == LOGIN_OK && c->login_until_mono &&
		clock_mono_ms(c->clock) >= c->login_until_mono)
		c->login = LOGIN_NONE;
	return c->login == LOGIN_OK;
}

static void login_start(struct interp *c)
{
	struct job j = {.kind = JOB_PROBE};

	if (c->login == LOGIN_RUNNING)
		return;
	c->login = LOGIN_RUNNING;
	session_clear(c);
	job_next(c, job_new(c, &j, ASK_LOGIN), ASK_LOGIN, 0);
}

/* All that waited: on with them, or they end as the login did. */
static void wake_login_waiters(struct interp *c, const struct pending *login)
{
	struct pending *p, *next;

	c->login = login->r.outcome == OUT_OK ? LOGIN_OK : LOGIN_NONE;
	c->login_until_mono =
		c->m->login_expires_ms
			? clock_mono_ms(c->clock) + c->m->login_expires_ms
			: 0;
	for (p = c->jobs; p; p = next) {
		next = p->next;
		if (p->state != JS_LOGIN)
			continue;
		if (login->r.outcome == OUT_OK) {
			job_next(c, p, p->ask, p->step);
			continue;
		}
		/* nothing of this job has left: the same for a write */
		p->r.wait_ms = login->r.wait_ms;
		p->r.http = login->r.http;
		job_finish(c, p,
			login->r.outcome == OUT_BROKEN ||
					login->r.outcome == OUT_UNKNOWN ||
					login->r.outcome == OUT_GONE
				? OUT_RETRY
				: login->r.outcome,
			"%s: %s", _("login"),
			login->r.message ? login->r.message : "");
	}
}

int job_relogin(struct interp *c, struct pending *p)
{
	if (!c->m->login.n || p->relogged)
		return 0;
	p->relogged = 1;
	if (c->login == LOGIN_OK)
		c->login = LOGIN_NONE;
	job_next(c, p, p->ask, p->step);
	return 1;
}

void job_step(struct interp *c, int is_login, int step)
{
	struct job j = {.kind = JOB_PROBE};
	enum ask ask = is_login ? ASK_LOGIN : ASK_PROBE;

	job_next(c, job_new(c, &j, ask), ask, step);
}

/* The step is over when the next one is on its way. */
int job_step_result(struct interp *c, struct job_result *out)
{
	struct pending *p = c->jobs;
	struct job_result *r = &c->login_result;

	if (p && p->ask != ASK_PROBE && p->ask != ASK_LOGIN)
		return 0;
	if (p)
		r = &p->r;
	*out = *r;
	memset(r, 0, sizeof(*r));
	return 1;
}

/* --- preparing ------------------------------------------------------------ */

static const struct request *request_of(
	const struct interp *c, const struct pending *p)
{
	switch (p->ask) {
	case ASK_PULL:
		return &c->m->streams[p->job.stream].req;
	case ASK_OP:
		return &c->m->actions[p->step].req;
	case ASK_CONFIRM:
		return &c->m->actions[p->step].confirm.req;
	case ASK_PROBE:
		return &c->m->probe.v[p->step].req;
	case ASK_LOGIN:
		return &c->m->login.v[p->step].req;
	case ASK_FILE:
		break;
	}
	return &c->m->file_spec.req;
}

static int when_of(const struct interp *c, const struct pending *p)
{
	switch (p->ask) {
	case ASK_PULL:
		return c->m->streams[p->job.stream].when;
	case ASK_PROBE:
		return c->m->probe.v[p->step].when;
	case ASK_LOGIN:
		return c->m->login.v[p->step].when;
	default:
		return NO_JQ;
	}
}

static void call_filters(struct interp *c, struct pending *p,
	const struct want *w, int n, struct net_resp *resp)
{
	struct call *call = xcalloc(1, sizeof(*call));

	call->user = p->serial;
	call->meta = meta_of(c, p, resp);
	call->n_wants = n;
	memcpy(call->want, w, (size_t)n * sizeof(*w));
	if (resp) {
		call->body = resp->body;
		call->body_len = resp->body ? resp->body_len : 0;
		call->body_kind = p->req->text ? BODY_TEXT : BODY_JSON;
		resp->body = NULL;
		resp->body_len = 0;
	}
	mapper_call(c->mapper, call);
}

/* What a job ends with when its steps are through. */
static int steps_over(struct interp *c, struct pending *p)
{
	int n = p->ask == ASK_PROBE   ? c->m->probe.n
		: p->ask == ASK_LOGIN ? c->m->login.n
				      : -1;

	if (n < 0 || p->step < n)
		return 0;
	if (p->ask == ASK_PROBE) {
		free(c->saved);
		free(c->me);
		c->saved = xstrdup_null(p->r.saved);
		c->me = xstrdup_null(p->r.me);
	}
	job_finish(c, p, OUT_OK, NULL);
	return 1;
}

void job_next(struct interp *c, struct pending *p, enum ask ask, int step)
{
	struct want w[MAX_WANTS];
	int n, when;

	p->ask = ask;
	p->step = step;
	if (steps_over(c, p))
		return;
	if (ask != ASK_LOGIN && !login_valid(c)) {
		p->state = JS_LOGIN;
		login_start(c);
		return;
	}
	p->req = request_of(c, p);
	p->sent_ms = clock_now_ms(c->clock);
	n = request_wants(p, w);
	when = when_of(c, p);
	if (when != NO_JQ && n < MAX_WANTS)
		w[n++] = (struct want){when, WANT_VALUE};
	p->state = JS_PREPARE;
	if (n)
		call_filters(c, p, w, n, NULL);
	else
		send_prepared(c, p, NULL);
}

/* Nothing has left: a write is held for a person, a read is dropped. */
static void prepare_failed(struct interp *c, struct pending *p, const char *why)
{
	enum outcome o = ask_is_write(p) ? OUT_REFUSED : OUT_BROKEN;

	if (p->ask == ASK_CONFIRM)
		o = OUT_UNKNOWN;
	job_finish(c, p, o, "%s: %s", _("the request could not be made"), why);
}

static void send_prepared(
	struct interp *c, struct pending *p, const char *const *values)
{
	char *why;

	p->state = JS_HTTP;
	if (request_send(c, p, values) == 0)
		return;
	why = xstrdup(err_msg());
	prepare_failed(c, p, why);
	free(why);
}

static int is_true(const struct mapped *m, int i)
{
	return m->v[i].status == WIRE_OK && strcmp(m->v[i].p, "null") != 0 &&
	       strcmp(m->v[i].p, "false") != 0;
}

/* `when` said no: an empty answer, or the next step. */
static void skip(struct interp *c, struct pending *p)
{
	if (p->ask != ASK_PULL) {
		job_next(c, p, p->ask, p->step + 1);
		return;
	}
	p->r.recs = recs_new();
	job_finish(c, p, OUT_OK, NULL);
}

static void prepared(struct interp *c, struct pending *p, struct mapped *m)
{
	const char *values[MAX_WANTS] = {NULL};
	int n = m->n;

	if (m->failed) {
		prepare_failed(c, p, m->failed);
		return;
	}
	if (when_of(c, p) != NO_JQ && n && !is_true(m, --n)) {
		skip(c, p);
		return;
	}
	for (int i = 0; i < n; i++) {
		if (m->v[i].status == WIRE_ERROR) {
			prepare_failed(c, p, m->v[i].p);
			return;
		}
		if (m->v[i].status == WIRE_OK && strcmp(m->v[i].p, "null") != 0)
			values[i] = m->v[i].p;
	}
	send_prepared(c, p, values);
}

/* --- answers -------------------------------------------------------------- */

void manifest_conn_deliver(struct conn *conn, struct net_resp *r)
{
	struct interp *c = interp_of(conn);
	struct pending *p = c->jobs;
	struct want w[MAX_WANTS];

	while (p && !(p->state == JS_HTTP && p->http_id == r->id))
		p = p->next;
	if (!p)
		return; /* cancelled meanwhile */
	p->status = r->status;
	p->body_len = r->body_len;
	p->retry_after_ms = r->retry_after_ms;
	if (r->date_ms)
		p->r.server_ms = r->date_ms;
	if (r->fault != NET_OK) {
		answer_fault(c, p, r);
		return;
	}
	if (p->ask == ASK_FILE && answer_file(c, p, r))
		return;
	p->state = JS_MAP;
	call_filters(c, p, w, answer_wants(c, p, w), r);
}

static void pump(struct interp *c)
{
	struct mapped *m;

	mapper_pump(c->mapper);
	while ((m = mapper_next(c->mapper))) {
		struct pending *p = find_serial(c, m->user);

		if (p && p->state == JS_PREPARE)
			prepared(c, p, m);
		else if (p && p->state == JS_MAP)
			answer_take(c, p, m);
		mapped_free(m);
	}
}

/* --- the face ------------------------------------------------------------- */

static const struct conn_desc *conn_desc_of(struct conn *conn)
{
	return &interp_of(conn)->m->desc;
}

static enum ask ask_of(enum job_kind k)
{
	switch (k) {
	case JOB_PULL:
		return ASK_PULL;
	case JOB_OP:
		return ASK_OP;
	case JOB_FILE:
		return ASK_FILE;
	case JOB_PROBE:
		break;
	}
	return ASK_PROBE;
}

int take_room(struct interp *c)
{
	int64_t now = clock_mono_ms(c->clock), wait;

	if (!c->m->rate_n)
		return 1;
	wait = bucket_take(&c->bucket, now);
	c->next_mono = wait ? now + wait : 0;
	return wait == 0;
}

static int check_job(const struct interp *c, const struct job *j, int *step)
{
	*step = 0;
	if (j->kind == JOB_FILE && !c->m->has_file)
		return err_set(E_INPUT, "%s gives no files", c->m->title);
	if (j->kind == JOB_PULL &&
		(j->stream < 0 || j->stream >= c->m->desc.n_streams))
		return err_set(E_BUG, "there is no stream %d", j->stream);
	if (j->kind == JOB_OP) {
		*step = manifest_action(c->m, j->op->kind);
		if (*step < 0)
			return err_set(E_INPUT, "%s cannot do `%s`",
				c->m->title, op_desc(j->op->kind)->name);
	}
	return 0;
}

static int conn_start(struct conn *conn, const struct job *j)
{
	struct interp *c = interp_of(conn);
	int step, rc = check_job(c, j, &step);

	if (rc < 0)
		return rc;
	if (ahead_take(c, j))
		return 0;
	if (c->n_jobs >= c->m->desc.parallel || !take_room(c))
		return err_set(E_LIMIT, "%s: enough is under way", conn->name);
	job_next(c, job_new(c, j, ask_of(j->kind)), ask_of(j->kind), step);
	return 0;
}

void job_ahead(struct interp *c, const struct job *j)
{
	struct pending *p = job_new(c, j, ASK_PULL);

	p->ahead = 1;
	p->position = arena_strdup(p->arena, j->page);
	job_next(c, p, ASK_PULL, 0);
}

static int conn_next(struct conn *conn, struct job_result *out)
{
	struct interp *c = interp_of(conn);
	struct pending *p;

	pump(c);
	p = c->done;
	if (!p)
		return 0;
	c->done = p->next;
	if (!c->done)
		c->done_last = NULL;
	*out = p->r;
	memset(&p->r, 0, sizeof(p->r));
	job_free(p);
	return 1;
}

void job_cancel(struct interp *c, struct pending *p)
{
	if (p->state == JS_HTTP && c->net)
		net_cancel(c->net, p->http_id);
	unlink_job(c, p);
	job_free(p);
}

static void conn_cancel(struct conn *conn, uint64_t tag)
{
	struct interp *c = interp_of(conn);
	struct pending *p = c->jobs;

	while (p && (p->r.tag != tag || p->ask == ASK_LOGIN))
		p = p->next;
	if (p)
		job_cancel(c, p);
}

/* A login is ours, not one of the engine's jobs, but it is under way for
 * them. */
static int conn_in_flight(struct conn *conn)
{
	struct interp *c = interp_of(conn);
	int n = c->n_jobs;

	for (const struct pending *p = c->done; p; p = p->next)
		n++;
	return n;
}

static int64_t conn_next_ms(struct conn *conn)
{
	return interp_of(conn)->next_mono;
}

static void conn_restore(struct conn *conn, const char *saved, const char *me)
{
	struct interp *c = interp_of(conn);

	free(c->saved);
	free(c->me);
	c->saved = xstrdup_null(saved);
	c->me = xstrdup_null(me);
}

static void conn_free(struct conn *conn)
{
	struct interp *c = interp_of(conn);
	struct pending *p;

	while (c->jobs)
		job_cancel(c, c->jobs);
	ahead_free(c);
	while ((p = c->done)) {
		c->done = p->next;
		job_free(p);
	}
	mapper_free(c->mapper);
	job_result_fini(&c->login_result);
	session_clear(c);
	settings_free(c);
	free(c->saved);
	free(c->me);
	free(c->ca_file);
	free(c->conn.name);
	free(c);
}

static const struct conn_ops ops = {
	.desc = conn_desc_of,
	.start = conn_start,
	.next = conn_next,
	.cancel = conn_cancel,
	.in_flight = conn_in_flight,
	.next_ms = conn_next_ms,
	.restore = conn_restore,
	.free = conn_free,
};

int manifest_connect(
	const struct manifest *m, const struct conn_args *a, struct conn **out)
{
	struct interp *c;
	int rc;

	if (m->connect)
		return m->connect(m, a, out);
	c = xcalloc(1, sizeof(*c));
	c->conn.ops = &ops;
	c->conn.name = xstrdup(a->name);
	c->m = m;
	c->net = a->net;
	c->clock = a->clock;
	c->allow_plain = a->allow_plain;
	c->read_ahead = a->read_ahead;
	c->ca_file = xstrdup_null(a->ca_file);
	bucket_init(&c->bucket, m->rate_n ? m->rate_n : 1, m->rate_per_ms);
	c->mapper = mapper_new(m, a->helper, a->clock, DEADLINE_MS);
	rc = settings_take(c, a->values);
	if (rc < 0) {
		conn_free(&c->conn);
		return rc;
	}
	*out = &c->conn;
	return 0;
}

int manifest_conn_pump(struct conn *conn)
{
	struct interp *c = interp_of(conn);

	if (conn->ops->pump)
		return conn->ops->pump(conn);
	if (conn->ops != &ops)
		return 0;
	pump(c);
	return c->done ? PUMP_READY : 0;
}

int manifest_conn_fds(struct conn *conn, int *fds, int max)
{
	struct interp *c = interp_of(conn);
	int fd;

	if (conn->ops->fds)
		return conn->ops->fds(conn, fds, max);
	if (conn->ops != &ops || max < 1)
		return 0;
	fd = mapper_fd(c->mapper);
	if (fd < 0)
		return 0;
	fds[0] = fd;
	return 1;
}
