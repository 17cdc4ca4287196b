/* SPDX-License-Identifier: MIT */
/*
 * Runs a manifest's fixtures: each drives the interpreter itself, with a clock
 * that stands still and a network that takes down the request and gives the
 * canned answer. So what passes here has gone through the same filters, the
 * same process and the same rules as in earnest. No server is asked.
 */
#include "interp_priv.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/mem.h"
#include "galley/base/timefmt.h"

#define DEF_NOW_MS 1795262400000 /* 2026-11-21T12:00:00Z */
#define MAX_SHOWN  400

struct run {
	const struct manifest *m;
	const struct json *fx, *in, *out;
	struct mapper *mapper; /* one for all */
	struct interp *c;
	struct buf why; /* what is wrong, "" while all is well */
	/* what was sent */
	int n_sent;
	struct buf method, url, body, headers;
	/* what came of it */
	struct job_result r;
	int have_result;
	int64_t now_ms;
};

static void wrong(struct run *x, const char *fmt, ...) PRINTF(2, 3);
static void wrong(struct run *x, const char *fmt, ...)
{
	va_list ap;

	if (x->why.len)
		return; /* the first is the one to mend */
	va_start(ap, fmt);
	buf_vaddf(&x->why, fmt, ap);
	va_end(ap);
}

/* --- comparing ------------------------------------------------------------ */

static int equal(const struct json *a, const struct json *b)
{
	struct buf x = BUF_INIT, y = BUF_INIT;
	const struct json *v, *w;
	int same;

	if (json_type(a) != json_type(b))
		return 0;
	switch (json_type(a)) {
	case JSON_OBJECT:
		if (json_len(a) != json_len(b))
			return 0;
		for (v = json_first(a); v; v = json_next(v)) {
			w = json_get(b, json_key(v));
			if (!w || !equal(v, w))
				return 0;
		}
		return 1;
	case JSON_ARRAY:
		if (json_len(a) != json_len(b))
			return 0;
		for (v = json_first(a), w = json_first(b); v && w;
			v = json_next(v), w = json_next(w))
			if (!equal(v, w))
				return 0;
		return 1;
	default:
		break;
	}
	json_print(&x, a);
	json_print(&y, b);
	same = strcmp(buf_str(&x), buf_str(&y)) == 0;
	buf_fini(&x);
	buf_fini(&y);
	return same;
}

static void differs(struct run *x, const char *what, const struct json *want,
	const char *got)
{
	struct buf b = BUF_INIT;

	json_print(&b, want);
	wrong(x, "%s: expected %.*s, got %.*s", what, MAX_SHOWN, buf_str(&b),
		MAX_SHOWN, got);
	buf_fini(&b);
}

/* A JSON text against the expected value. */
static void match_json(struct run *x, const char *what, const struct json *want,
	const char *got)
{
	struct json_doc *d;

	if (json_parse(got, strlen(got), &json_limits_wire, &d) < 0) {
		differs(x, what, want, got);
		return;
	}
	if (!equal(want, json_root(d)))
		differs(x, what, want, got);
	json_free(d);
}

static void match_text(struct run *x, const char *what, const struct json *want,
	const char *got)
{
	const char *s = json_str(want);

	if (json_is_null(want) ? got != NULL
			       : (!s || !got || strcmp(s, got) != 0))
		differs(x, what, want, got ? got : "nothing");
}

/* --- the two ends --------------------------------------------------------- */

static int64_t still_now(void *u)
{
	return ((struct run *)u)->now_ms;
}

static int64_t real_mono(void *u)
{
	(void)u;
	return clock_mono_ms(clock_system());
}

static int take_down(void *u, const struct net_req *q, uint64_t *id)
{
	struct run *x = u;

	buf_reset(&x->method);
	buf_reset(&x->url);
	buf_reset(&x->body);
	buf_reset(&x->headers);
	buf_adds(&x->method, q->method);
	buf_adds(&x->url, q->url);
	buf_add(&x->body, q->body ? q->body : "", q->body_len);
	for (int i = 0; q->headers[i]; i++)
		buf_addf(&x->headers, "%s\n", q->headers[i]);
	*id = (uint64_t)++x->n_sent;
	return 0;
}

/* Goes on until a request is out or the job is over. */
static void turn(struct run *x, int sent_before)
{
	while (!x->have_result && x->n_sent == sent_before) {
		struct pollfd p;

		x->have_result = x->c->conn.ops->next(&x->c->conn, &x->r);
		if (x->have_result || x->n_sent != sent_before ||
			!mapper_busy(x->c->mapper))
			return;
		p.fd = mapper_fd(x->c->mapper);
		p.events = POLLIN;
		(void)poll(&p, 1, 100);
	}
}

/* --- making the job ------------------------------------------------------- */

static char *print(const struct json *v)
{
	struct buf b = BUF_INIT;

	if (!v)
		return NULL;
	json_print(&b, v);
	return buf_take(&b);
}

/* Settings of the fixture; those that are not said are made up. */
static int connect_run(
	struct run *x, const char *helper, const struct clock *clock)
{
	const struct json *cfg = json_get(x->in, "cfg");
	struct conn_args a = {.name = "fixture",
		.clock = clock,
		.helper = helper,
		.allow_plain = 1};
	char **v = xcalloc((size_t)x->m->n_settings + 1, sizeof(*v));
	struct conn *conn = NULL;
	int rc;

	for (int i = 0; i < x->m->n_settings; i++) {
		const struct setting *s = &x->m->settings[i];
		const struct json *j = json_get(cfg, s->name);

		if (json_str(j))
			v[i] = xstrdup(json_str(j));
		else if (j)
			v[i] = print(j);
		else if (s->optional)
			continue;
		else if (s->type == SET_URL)
			v[i] = xstrdup("https://desk.example");
		else if (s->type == SET_INT)
			v[i] = xstrdup("1");
		else if (s->type == SET_BOOL)
			v[i] = xstrdup("true");
		else
			v[i] = xasprintf("the-%s", s->name);
	}
	a.values = (const char *const *)v;
	rc = manifest_connect(x->m, &a, &conn);
	for (int i = 0; i < x->m->n_settings; i++)
		free(v[i]);
	free(v);
	if (rc == 0)
		x->c = (struct interp *)(void *)conn;
	return rc;
}

static void prepare_conn(struct run *x)
{
	char *saved = print(json_get(x->in, "saved"));

	mapper_free(x->c->mapper);
	x->c->mapper = x->mapper;
	x->c->submit = take_down;
	x->c->submit_user = x;
	x->c->conn.ops->restore(&x->c->conn, saved, json_get_str(x->in, "me"));
	free(saved);
	if (!json_get(x->fx, "login"))
		x->c->login = LOGIN_OK;
	session_set(x->c, json_get(x->in, "session"));
}

static char *position(const struct run *x, int stream)
{
	const char *page = json_get_str(x->in, "page");
	const char *cursor = json_get_str(x->in, "cursor");

	if (!page)
		return NULL;
	if (x->m->streams[stream].page == PAGE_CURSOR_LOOP)
		return xstrdup(page);
	return xasprintf("%s%c%s", cursor ? cursor : "", PAGE_SEP, page);
}

static int start_pull(struct run *x)
{
	int i = manifest_stream(x->m, json_get_str(x->fx, "stream"));
	const struct json *keys = json_get(x->in, "keys");
	const char *key = json_get_str(x->in, "key"), *list[256];
	char *page = position(x, i);
	struct job j = {.kind = JOB_PULL,
		.stream = i,
		.keys = list,
		.page = page,
		.cursor = json_get_str(x->in, "cursor"),
		.limit = (int)json_get_int(x->in, "limit", 0),
		.skip = (int)json_get_int(x->in, "skip", 0)};
	int rc;

	if (key)
		list[j.n_keys++] = key;
	for (const struct json *k = json_first(keys); k && j.n_keys < 256;
		k = json_next(k))
		if (json_str(k))
			list[j.n_keys++] = json_str(k);
	rc = x->c->conn.ops->start(&x->c->conn, &j);
	free(page);
	return rc;
}

static int start_op(struct run *x)
{
	const char *uid = json_get_str(x->in, "op");
	char *args = print(json_get(x->in, "args"));
	char *base = print(json_get(x->in, "base"));
	char *row = print(json_get(x->in, "row"));
	struct op op = {.kind = op_by_name(json_get_str(x->fx, "op"))->kind,
		.target_rid = json_get_str(x->in, "target"),
		.args = args ? args : "{}",
		.base = base};
	struct job j = {.kind = JOB_OP,
		.op = &op,
		.row = row,
		.target_version = json_get_str(x->in, "version")};
	int rc;

	if (!uid)
		uid = "01TEST";
	memcpy(op.uid, uid, strnlen(uid, sizeof(op.uid) - 1));
	rc = x->c->conn.ops->start(&x->c->conn, &j);
	free(args);
	free(base);
	free(row);
	return rc;
}

static int start_step(struct run *x)
{
	int is_login = json_get(x->fx, "login") != NULL;
	int64_t n = json_get_int(x->fx, is_login ? "login" : "probe", 0);
	const struct steps *s = is_login ? &x->m->login : &x->m->probe;

	if (n >= s->n)
		return err_set(E_CONFIG, "there is no step %lld", (long long)n);
	job_step(x->c, is_login, (int)n);
	return 0;
}

static int start(struct run *x)
{
	if (json_get(x->fx, "stream"))
		return start_pull(x);
	if (json_get(x->fx, "op"))
		return start_op(x);
	return start_step(x);
}

/* --- answering ------------------------------------------------------------ */

static enum net_fault fault_named(struct run *x, const char *s)
{
	static const struct {
		const char *name;
		enum net_fault fault;
	} faults[] = {{"not-sent", NET_NOT_SENT}, {"lost", NET_LOST},
		{"too-big", NET_TOO_BIG}, {"bad-tls", NET_BAD_TLS},
		{"redirect", NET_REDIRECT}};

	for (size_t i = 0; s && i < ARRAY_SIZE(faults); i++)
		if (strcmp(faults[i].name, s) == 0)
			return faults[i].fault;
	if (s)
		wrong(x, "`fault`: there is no `%s`", s);
	return NET_OK;
}

/* `from` has status, headers, body or text, or a fault. */
static void deliver(struct run *x, const struct json *from)
{
	const char *text = json_get_str(from, "text");
	struct buf h = BUF_INIT;
	struct net_resp r = {.id = (uint64_t)x->n_sent,
		.retry_after_ms = -1,
		.status = (int)json_get_int(from, "status", 0),
		.fault = fault_named(x, json_get_str(from, "fault"))};

	for (const struct json *v = json_first(json_get(from, "headers")); v;
		v = json_next(v))
		buf_addf(&h, "%s: %s\n", json_key(v),
			json_str(v) ? json_str(v) : "");
	r.headers = buf_take(&h);
	if (r.fault == NET_OK)
		r.body = text ? xstrdup(text) : print(json_get(from, "body"));
	r.body_len = r.body ? strlen(r.body) : 0;
	manifest_conn_deliver(&x->c->conn, &r);
	free(r.headers);
	free(r.body);
}

/* --- looking -------------------------------------------------------------- */

static void put_val(
	struct jw *w, const struct field_desc *f, const struct val *v)
{
	char iso[TIME_ISO_SIZE];

	if (v->kind == VAL_ABSENT)
		return;
	jw_key(w, f->name);
	if (v->kind == VAL_NULL)
		jw_null(w);
	else if (f->type == FT_TIME) {
		time_iso(v->i, iso);
		jw_str(w, iso);
	} else if (f->type == FT_BOOL)
		jw_bool(w, v->i != 0);
	else if (v->kind == VAL_INT)
		jw_int(w, v->i);
	else if (f->type == FT_SET || f->type == FT_JSON)
		jw_raw(w, v->s);
	else
		jw_strn(w, v->s, v->len);
}

static void put_opt(struct jw *w, const char *key, const char *s)
{
	if (s)
		jw_kstr(w, key, s);
}

static void put_rec(struct jw *w, const struct rec *r)
{
	static const char *const control[] = {[REC_TOUCH] = "_touch",
		[REC_POKE] = "_poke",
		[REC_GONE] = "_gone",
		[REC_ALIAS] = "_alias",
		[REC_GUARD] = "_guard"};
	const struct entity_desc *d =
		r->entity < ENT_COUNT ? entity_desc(r->entity) : NULL;

	jw_obj(w);
	jw_kstr(w, "e", r->kind == REC_ROW ? d->name : control[r->kind]);
	if (r->kind == REC_GONE || r->kind == REC_ALIAS)
		jw_kstr(w, "entity", d->name);
	put_opt(w, "rid", r->rid);
	put_opt(w, "version", r->version);
	put_opt(w, r->kind == REC_GUARD ? "name" : "stream", r->name);
	put_opt(w, "key", r->key);
	put_opt(w, "to", r->to);
	put_opt(w, "value", r->value);
	if (r->x) {
		jw_key(w, "x");
		jw_raw(w, r->x);
	}
	for (int i = 0; r->kind == REC_ROW && i < d->n_fields; i++)
		put_val(w, &d->fields[i], &r->v[i]);
	jw_obj_end(w);
}

static void match_records(struct run *x, const struct json *want)
{
	const struct json *e = json_first(want);
	int n = 0, have = x->r.recs ? x->r.recs->n : 0;

	if ((int)json_len(want) != have)
		wrong(x, "records: expected %zu, got %d", json_len(want), have);
	for (const struct rec *r = have ? x->r.recs->first : NULL; r && e;
		r = r->next, e = json_next(e)) {
		char *what = xasprintf("record %d", ++n);
		struct buf b = BUF_INIT;
		struct jw w;

		jw_init(&w, &b);
		put_rec(&w, r);
		match_json(x, what, e, buf_str(&b));
		buf_fini(&b);
		free(what);
	}
}

static void match_errors(struct run *x, const struct json *want)
{
	const struct rec_err *e = x->r.recs ? x->r.recs->errs : NULL;
	int have = x->r.recs ? x->r.recs->n_errs : 0;

	if ((int)json_len(want) != have)
		wrong(x, "errors: expected %zu, got %d%s%s", json_len(want),
			have, e ? ": " : "", e ? e->text : "");
	for (const struct json *w = json_first(want); w && e;
		w = json_next(w), e = e->next)
		match_text(x, "errors", w, e->text);
}

static void match_headers(struct run *x, const struct json *want)
{
	for (const struct json *v = json_first(want); v; v = json_next(v)) {
		char *line = xasprintf("%s: %s\n", json_key(v),
			json_str(v) ? json_str(v) : "");
		char *name = xasprintf("%s: ", json_key(v));
		int there = strstr(buf_str(&x->headers), name) != NULL;

		if (json_is_null(v) ? there
				    : !strstr(buf_str(&x->headers), line))
			differs(x, json_key(v), v, buf_str(&x->headers));
		free(line);
		free(name);
	}
}

static void match_body(struct run *x, const struct json *want)
{
	if (json_str(want))
		match_text(x, "body", want, buf_str(&x->body));
	else
		match_json(x, "body", want, buf_str(&x->body));
}

static void match_sent(struct run *x, const struct json *v)
{
	const char *key = json_key(v);

	if (strcmp(key, "method") == 0)
		match_text(x, key, v, buf_str(&x->method));
	else if (strcmp(key, "url") == 0)
		match_text(x, key, v, buf_str(&x->url));
	else if (strcmp(key, "headers") == 0)
		match_headers(x, v);
	else if (strcmp(key, "body") == 0)
		match_body(x, v);
	else if (strcmp(key, "sent") == 0 && json_bool(v, 0) != (x->n_sent > 0))
		differs(x, key, v, x->n_sent ? "true" : "false");
}

/* The position without the cursor that it carries. */
static const char *bare_page(const char *page)
{
	const char *sep = page ? strchr(page, PAGE_SEP) : NULL;

	return sep ? sep + 1 : page;
}

static void match_wait(struct run *x, const struct json *v)
{
	char *s = xasprintf("%lld", (long long)(x->r.wait_ms / 1000));

	match_json(x, "wait_s", v, s);
	free(s);
}

static void match_result(struct run *x, const struct json *v)
{
	const struct {
		const char *key;
		const char *got;
	} texts[] = {{"outcome", outcome_name(x->r.outcome)},
		{"message", x->r.message}, {"cursor", x->r.cursor},
		{"page", bare_page(x->r.page)}, {"result", x->r.result_rid},
		{"version", x->r.version}, {"marker", x->r.marker},
		{"me", x->r.me}};
	const char *key = json_key(v);

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (strcmp(texts[i].key, key) == 0)
			match_text(x, key, v, texts[i].got);
	if (strcmp(key, "records") == 0)
		match_records(x, v);
	else if (strcmp(key, "errors") == 0)
		match_errors(x, v);
	else if (strcmp(key, "saved") == 0)
		match_json(x, key, v, x->r.saved ? x->r.saved : "null");
	else if (strcmp(key, "wait_s") == 0)
		match_wait(x, v);
}

static void check_names(struct run *x, const struct json *obj,
	const char *const *names, const char *where)
{
	for (const struct json *v = json_first(obj); v; v = json_next(v)) {
		int i = 0;

		while (names[i] && strcmp(names[i], json_key(v)) != 0)
			i++;
		if (!names[i])
			wrong(x, "`%s` is not known in `%s`", json_key(v),
				where);
	}
}

static void check_shape(struct run *x)
{
	static const char *const ins[] = {"cfg", "saved", "session", "me",
		"now", "cursor", "page", "limit", "skip", "key", "keys", "args",
		"target", "version", "row", "base", "op", "status", "headers",
		"body", "text", "fault", "confirm", NULL};
	static const char *const outs[] = {"method", "url", "headers", "body",
		"sent", "outcome", "message", "cursor", "page", "result",
		"version", "marker", "me", "records", "errors", "saved",
		"wait_s", NULL};

	check_names(x, x->in, ins, "in");
	check_names(x, x->out, outs, "out");
}

/* --- one fixture ---------------------------------------------------------- */

static void play(struct run *x)
{
	int answered = json_get(x->in, "status") || json_get(x->in, "fault");

	if (start(x) < 0) {
		wrong(x, "%s", err_msg());
		return;
	}
	turn(x, 0);
	for (const struct json *v = json_first(x->out); v; v = json_next(v))
		match_sent(x, v);
	if (!x->n_sent || !answered)
		return;
	deliver(x, x->in);
	turn(x, 1);
	if (!x->have_result && json_get(x->in, "confirm")) {
		deliver(x, json_get(x->in, "confirm"));
		turn(x, 2);
	}
	if (!x->have_result)
		x->have_result = job_step_result(x->c, &x->r);
}

/* Calls that nobody waits for any more would answer the next fixture's. */
static void drain(struct mapper *p)
{
	struct mapped *m;

	while (mapper_busy(p)) {
		struct pollfd pfd = {.fd = mapper_fd(p), .events = POLLIN};

		(void)poll(&pfd, 1, 100);
		mapper_pump(p);
		while ((m = mapper_next(p)))
			mapped_free(m);
	}
}

static void run_fixture(struct run *x, const char *helper)
{
	const struct clock clock = {
		.now_ms = still_now, .mono_ms = real_mono, .u = x};

	x->in = json_get(x->fx, "in");
	x->out = json_get(x->fx, "out");
	x->now_ms = json_get_int(x->in, "now", DEF_NOW_MS / 1000) * 1000;
	check_shape(x);
	if (connect_run(x, helper, &clock) < 0) {
		wrong(x, "%s", err_msg());
		return;
	}
	prepare_conn(x);
	play(x);
	for (const struct json *v = json_first(x->out); v && x->have_result;
		v = json_next(v))
		match_result(x, v);
	if (!x->have_result && json_get(x->out, "outcome"))
		wrong(x, "there was no outcome");
	x->c->mapper = NULL;
	x->c->conn.ops->free(&x->c->conn);
	drain(x->mapper);
}

static void name_of(const struct json *fx, int n, struct buf *out)
{
	static const char *const of[] = {"stream", "op", "probe", "login"};

	buf_addf(out, "%d", n);
	for (size_t i = 0; i < ARRAY_SIZE(of); i++)
		if (json_get(fx, of[i]))
			buf_addf(out, " %s", of[i]);
	for (size_t i = 0; i < 2; i++)
		if (json_get_str(fx, of[i]))
			buf_addf(out, " %s", json_get_str(fx, of[i]));
	if (json_get_str(fx, "name"))
		buf_addf(out, ": %s", json_get_str(fx, "name"));
}

static int one_fixture(struct mapper *p, const struct manifest *m,
	const struct json *fx, int n, const char *helper, struct buf *report)
{
	struct run x = {.m = m, .fx = fx, .mapper = p};
	struct buf name = BUF_INIT;
	int line, col, failed;

	name_of(fx, n, &name);
	run_fixture(&x, helper);
	failed = x.why.len > 0;
	json_where(m->doc, fx, &line, &col);
	if (failed)
		buf_addf(report, "FAIL %s:%d:%d: fixture %s: %s\n", m->file,
			line, col, buf_str(&name), buf_str(&x.why));
	else
		buf_addf(report, "ok   fixture %s\n", buf_str(&name));
	job_result_fini(&x.r);
	buf_fini(&name);
	buf_fini(&x.why);
	buf_fini(&x.method);
	buf_fini(&x.url);
	buf_fini(&x.body);
	buf_fini(&x.headers);
	return failed;
}

static int has_fixture(
	const struct manifest *m, const char *kind, const char *name)
{
	for (const struct json *v = json_first(m->fixtures); v;
		v = json_next(v)) {
		const char *s = json_get_str(v, kind);

		if (s && strcmp(s, name) == 0)
			return 1;
	}
	return 0;
}

static void warn_missing(const struct manifest *m, struct buf *report)
{
	for (int i = 0; i < m->desc.n_streams; i++)
		if (!has_fixture(m, "stream", m->stream_desc[i].name))
			buf_addf(report, "warn stream %s has no fixture\n",
				m->stream_desc[i].name);
	for (int i = 0; i < m->desc.n_ops; i++)
		if (!has_fixture(m, "op", op_desc(m->caps[i].kind)->name))
			buf_addf(report, "warn operation %s has no fixture\n",
				op_desc(m->caps[i].kind)->name);
}

int manifest_test(
	const struct manifest *m, const char *helper, struct buf *report)
{
	struct mapper *p = mapper_new(m, helper, clock_system(), 5000);
	int rc = mapper_compile(p), failed = 0, n = 0;

	if (rc < 0) {
		buf_addf(report, "FAIL %s\n", err_msg());
		mapper_free(p);
		return 1;
	}
	for (const struct json *v = json_first(m->fixtures); v;
		v = json_next(v))
		failed += one_fixture(p, m, v, ++n, helper, report);
	mapper_free(p);
	warn_missing(m, report);
	return failed;
}
