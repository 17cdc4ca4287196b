/* SPDX-License-Identifier: MIT */
/*
 * A request of the manifest becomes one of net's: templates filled, filters'
 * values put in their places, percent-encoded where they stand in a URL.
 * Secrets are put in here, after the filters have run. A value that is not
 * there leaves its header or parameter out; in a path it is an error.
 */
#include "interp_priv.h"

#include <stdlib.h>
#include <string.h>
#include "galley/base/mem.h"
#include "galley/base/timefmt.h"

#define MAX_HEADERS 40
#define MAX_FILE    (64u << 20)

int ask_is_write(const struct pending *p)
{
	return p->ask == ASK_OP;
}

/* --- values --------------------------------------------------------------- */

static const char *cursor_text(const struct interp *c, const struct pending *p)
{
	enum cursor_type t = p->ask == ASK_PULL
				     ? c->m->stream_desc[p->job.stream].cursor
				     : CUR_NONE;
	char iso[TIME_ISO_SIZE];

	if (!p->cursor || (t != CUR_TIME && t != CUR_CLOCK))
		return p->cursor;
	time_iso(strtoll(p->cursor, NULL, 10), iso);
	return arena_strdup(p->arena, iso);
}

/* 0: pages of this stream have no size of ours. */
int64_t page_limit(const struct interp *c, const struct pending *p)
{
	if (p->ask != ASK_PULL)
		return 0;
	return p->job.limit ? p->job.limit
			    : c->m->streams[p->job.stream].page_size;
}

static const char *limit_text(const struct interp *c, const struct pending *p)
{
	int64_t n = page_limit(c, p);

	return n ? arena_printf(p->arena, "%lld", (long long)n) : NULL;
}

/* In pages of `limit` the part of a page that is asked for is one as well. */
static int64_t page_number(const struct interp *c, const struct pending *p,
	const struct stream *s, int64_t at)
{
	int64_t limit = page_limit(c, p);

	if (s->page == PAGE_OFFSET)
		return at + p->job.skip;
	if (!p->job.limit || limit < 1)
		return at;
	return s->page_start +
	       ((at - s->page_start) * s->page_size + p->job.skip) / limit;
}

static const char *page_text(const struct interp *c, const struct pending *p)
{
	const struct stream *s;
	int64_t at;

	if (p->ask != ASK_PULL)
		return p->page;
	s = &c->m->streams[p->job.stream];
	if (s->page != PAGE_NUMBER && s->page != PAGE_OFFSET &&
		s->page != PAGE_CURSOR_LOOP)
		return p->page;
	at = p->page ? strtoll(p->page, NULL, 10) : s->page_start;
	return arena_printf(
		p->arena, "%lld", (long long)page_number(c, p, s, at));
}

static const char *key_text(const struct interp *c, const struct pending *p)
{
	(void)c;
	if (p->job.kind == JOB_FILE)
		return p->job.file_rid;
	return p->job.n_keys ? p->job.keys[0] : NULL;
}

static const char *target_text(const struct interp *c, const struct pending *p)
{
	(void)c;
	return p->target;
}

static const char *version_text(const struct interp *c, const struct pending *p)
{
	(void)c;
	return p->job.target_version;
}

static const char *op_text(const struct interp *c, const struct pending *p)
{
	(void)c;
	return p->op_uid;
}

static const char *me_text(const struct interp *c, const struct pending *p)
{
	return p->r.me ? p->r.me : c->me;
}

static const struct {
	const char *name;
	const char *(*get)(const struct interp *c, const struct pending *p);
} builtins[] = {
	{"cursor", cursor_text},
	{"page", page_text},
	{"limit", limit_text},
	{"key", key_text},
	{"target", target_text},
	{"version", version_text},
	{"op", op_text},
	{"me", me_text},
};

struct ctx {
	const struct interp *c;
	const struct pending *p;
};

static int named(const char *s, const char *name, size_t len)
{
	return strlen(s) == len && memcmp(s, name, len) == 0;
}

/* What a probe has saved: texts and whole numbers. */
static const char *saved_text(const struct ctx *x, const char *name, size_t len)
{
	const char *saved = x->p->r.saved ? x->p->r.saved : x->c->saved;
	const struct json *v;
	struct json_doc *d;
	const char *s = NULL;
	int64_t i;

	if (!saved || json_parse(saved, strlen(saved), &json_limits_wire, &d))
		return NULL;
	for (v = json_first(json_root(d)); v && !s; v = json_next(v)) {
		if (!named(json_key(v), name, len))
			continue;
		if (json_str(v))
			s = arena_strdup(x->p->arena, json_str(v));
		else if (json_int(v, &i))
			s = arena_printf(x->p->arena, "%lld", (long long)i);
	}
	json_free(d);
	return s;
}

static const char *value_of(void *u, const char *name, size_t len, int *is_url)
{
	const struct ctx *x = u;
	const struct manifest *m = x->c->m;

	for (size_t i = 0; i < ARRAY_SIZE(builtins); i++)
		if (named(builtins[i].name, name, len))
			return builtins[i].get(x->c, x->p);
	for (int i = 0; i < m->n_settings; i++)
		if (named(m->settings[i].name, name, len)) {
			*is_url = m->settings[i].type == SET_URL;
			return x->c->values[i];
		}
	for (int i = 0; i < m->n_derived; i++)
		if (named(m->derived[i].name, name, len))
			return x->c->derived[i];
	return session_get(x->c, name, len) ? session_get(x->c, name, len)
					    : saved_text(x, name, len);
}

/* --- wants ---------------------------------------------------------------- */

static void want_slots(const struct slots *s, struct want *w, int *n)
{
	for (int i = 0; i < s->n && *n < MAX_WANTS; i++)
		if (!s->v[i].tpl)
			w[(*n)++] = (struct want){s->v[i].jq, WANT_VALUE};
}

int request_wants(const struct pending *p, struct want *w)
{
	int n = 0;

	want_slots(&p->req->headers, w, &n);
	want_slots(&p->req->query, w, &n);
	if (p->req->body_kind == REQ_JQ && n < MAX_WANTS)
		w[n++] = (struct want){p->req->body, WANT_VALUE};
	if (p->req->body_kind == REQ_JSON || p->req->body_kind == REQ_FORM)
		want_slots(&p->req->body_slots, w, &n);
	return n;
}

/* --- building ------------------------------------------------------------- */

struct build {
	struct ctx x;
	const char *const *values; /* of the filters, in order */
	int at;
	const char *headers[MAX_HEADERS + 1];
	int n_headers;
	struct buf url, body;
};

/* What a filter gave, as plain text: 1, 0 for null, E_* for lists and
 * objects. */
static int plain(const struct slot *s, const struct json *v, struct buf *out)
{
	switch (json_type(v)) {
	case JSON_NULL:
		return 0;
	case JSON_STRING:
		buf_adds(out, json_str(v));
		return 1;
	case JSON_BOOL:
	case JSON_NUMBER:
		json_print(out, v);
		return 1;
	default:
		return err_set(
			E_CONFIG, "`%s`: expected a text or a number", s->name);
	}
}

/* The text of a slot: 1, or 0 when it is left out, or E_*. */
static int slot_text(struct build *b, const struct slot *s, struct buf *out)
{
	struct json_doc *doc;
	const char *json;
	int rc;

	if (s->tpl) {
		rc = template_render(out, s->tpl, ESC_NONE, value_of, &b->x);
		return rc == E_NOTFOUND ? 0 : rc < 0 ? rc : 1;
	}
	json = b->values[b->at++];
	if (!json)
		return 0;
	rc = json_parse(json, strlen(json), &json_limits_wire, &doc);
	if (rc < 0)
		return rc;
	rc = plain(s, json_root(doc), out);
	json_free(doc);
	return rc;
}

static int add_header(struct build *b, const char *name, const char *value)
{
	for (const char *v = value; *v; v++)
		if ((unsigned char)*v < 0x20 || *v == 0x7f)
			return err_set(E_INPUT,
				"header `%s`: the value has a control "
				"character",
				name);
	if (b->n_headers == MAX_HEADERS)
		return err_set(E_CONFIG, "more than %d headers", MAX_HEADERS);
	b->headers[b->n_headers++] =
		arena_printf(b->x.p->arena, "%s: %s", name, value);
	return 0;
}

static int add_headers(struct build *b, const struct slots *s)
{
	int rc = 0;

	for (int i = 0; i < s->n && rc >= 0; i++) {
		struct buf v = BUF_INIT;

		rc = slot_text(b, &s->v[i], &v);
		if (rc == 1)
			rc = add_header(b, s->v[i].name, buf_str(&v));
		buf_fini(&v);
	}
	return rc < 0 ? rc : 0;
}

/* name=value pairs, for a query and for a form. */
static int add_pairs(struct build *b, const struct slots *s, struct buf *out)
{
	int rc = 0;

	for (int i = 0; i < s->n && rc >= 0; i++) {
		struct buf v = BUF_INIT;

		rc = slot_text(b, &s->v[i], &v);
		if (rc == 1) {
			if (out->len)
				buf_addc(out, '&');
			url_encode(out, s->v[i].name, strlen(s->v[i].name));
			buf_addc(out, '=');
			url_encode(out, buf_str(&v), v.len);
		}
		buf_fini(&v);
	}
	return rc < 0 ? rc : 0;
}

static int add_members(struct build *b, const struct slots *s)
{
	struct jw w;
	int rc = 0;

	jw_init(&w, &b->body);
	jw_obj(&w);
	for (int i = 0; i < s->n && rc >= 0; i++) {
		struct buf v = BUF_INIT;

		if (!s->v[i].tpl) {
			const char *json = b->values[b->at++];

			if (json) {
				jw_key(&w, s->v[i].name);
				jw_raw(&w, json);
			}
			continue;
		}
		rc = slot_text(b, &s->v[i], &v);
		if (rc == 1)
			jw_kstr(&w, s->v[i].name, buf_str(&v));
		buf_fini(&v);
	}
	jw_obj_end(&w);
	return rc < 0 ? rc : 0;
}

/* Where the listing goes on is what the last answer said. One that was kept
 * while the backend moved is of no use: the credentials are for the address in
 * the configuration, and the listing begins again there. */
static int is_next_url(const struct build *b)
{
	const struct pending *p = b->x.p;

	return p->ask == ASK_PULL && p->page &&
	       b->x.c->m->streams[p->job.stream].page == PAGE_NEXT_URL &&
	       url_same_origin(p->page, b->x.c->base_url);
}

static int build_url(struct build *b)
{
	const struct request *r = b->x.p->req;
	struct buf q = BUF_INIT;
	int rc;

	if (is_next_url(b)) {
		buf_adds(&b->url, b->x.p->page);
		rc = add_pairs(b, &r->query, &q); /* keeps the count right */
		buf_fini(&q);
		return rc;
	}
	if (r->path)
		buf_adds(&b->url, b->x.c->base_url);
	rc = template_render(
		&b->url, r->path ? r->path : r->url, ESC_URL, value_of, &b->x);
	if (rc == 0)
		rc = add_pairs(b, &r->query, &q);
	if (rc == 0 && q.len) {
		buf_addc(&b->url, strchr(buf_str(&b->url), '?') ? '&' : '?');
		buf_adds(&b->url, buf_str(&q));
	}
	buf_fini(&q);
	return rc;
}

static int build_body(struct build *b)
{
	const struct request *r = b->x.p->req;
	const char *json;

	switch (r->body_kind) {
	case REQ_NO_BODY:
		return 0;
	case REQ_JQ:
		json = b->values[b->at++];
		buf_adds(&b->body, json ? json : "null");
		break;
	case REQ_JSON:
		if (add_members(b, &r->body_slots) < 0)
			return err_ctx("body");
		break;
	case REQ_FORM:
		if (add_pairs(b, &r->body_slots, &b->body) < 0)
			return err_ctx("body");
		return add_header(
			b, "Content-Type", "application/x-www-form-urlencoded");
	}
	return add_header(b, "Content-Type", "application/json");
}

static int build(struct build *b)
{
	const struct manifest *m = b->x.c->m;
	int rc = add_headers(b, &m->headers);

	if (rc == 0 && b->x.p->ask != ASK_LOGIN)
		rc = add_headers(b, &m->login_headers);
	if (rc == 0)
		rc = add_headers(b, &b->x.p->req->headers);
	if (rc == 0 && !b->x.p->req->text && b->x.p->ask != ASK_FILE)
		rc = add_header(b, "Accept", "application/json");
	if (rc == 0)
		rc = build_url(b);
	if (rc == 0)
		rc = build_body(b);
	return rc;
}

static int submit(struct interp *c, struct pending *p, const struct build *b)
{
	struct net_req q = {
		.method = p->req->method,
		.url = buf_str(&b->url),
		.headers = b->headers,
		.body = b->body.len ? b->body.p : NULL,
		.body_len = b->body.len,
		.timeout_ms = c->m->timeout_ms,
		.max_bytes =
			p->ask == ASK_FILE ? MAX_FILE : (size_t)c->m->max_bytes,
		.jar = c->m->cookies ? c->conn.name : NULL,
		.allow_plain = c->allow_plain,
		.ca_file = c->ca_file,
	};

	p->sent_ms = clock_now_ms(c->clock);
	if (c->submit)
		return c->submit(c->submit_user, &q, &p->http_id);
	return net_submit(c->net, &q, c, &p->http_id);
}

int request_send(struct interp *c, struct pending *p, const char *const *values)
{
	struct build b = {.x = {c, p}, .values = values};
	int rc = build(&b);

	if (rc == 0)
		rc = submit(c, p, &b);
	buf_fini(&b.url);
	buf_fini(&b.body);
	return rc;
}
