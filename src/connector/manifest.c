/* SPDX-License-Identifier: MIT */
/*
 * From the text of a manifest to what the interpreter walks: filters numbered,
 * names resolved, descriptions for the engine built. schema.c has checked the
 * shape; here it is checked that every name refers to something and that no
 * filter reaches outside. Nothing is read from a server and no filter is run.
 */
#include "manifest_priv.h"

#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/embed.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"

#define FORMAT	      1
#define MAX_FILE      (4u << 20)
#define MAX_BATCH     200
#define MAX_SLOTS     20
#define DEF_TIMEOUT_S 30
#define DEF_MAX_MB    16
#define DEF_PARALLEL  2

int manifest_err(
	const struct manifest *m, const struct json *at, const char *fmt, ...)
{
	int line = 0, col = 0;
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	json_where(m->doc, at, &line, &col);
	err_set(E_CONFIG, "%s:%d:%d: %s", m->file, line, col,
		text ? text : "wrong");
	free(text);
	return E_CONFIG;
}

/* --- pieces --------------------------------------------------------------- */

static void *many(struct manifest *m, size_t n, size_t size)
{
	return arena_calloc(m->arena, n ? n : 1, size);
}

static int add_filter(struct manifest *m, const char *text,
	const struct json *at)
{
	if (m->n_filters == m->cap_filters) {
		m->cap_filters = m->cap_filters ? m->cap_filters * 2 : 64;
		m->filters = xreallocarray(m->filters,
			(size_t)m->cap_filters, sizeof(*m->filters));
	}
	m->filters[m->n_filters].text = text;
	m->filters[m->n_filters].at = at;
	return m->n_filters++;
}

/* A text, or a list of lines. */
static const char *lines_of(struct manifest *m, const struct json *v)
{
	struct buf b = BUF_INIT;
	const char *s;

	if (json_str(v))
		return json_str(v);
	for (const struct json *e = json_first(v); e; e = json_next(e))
		buf_addf(&b, "%s\n", json_str(e));
	s = arena_strdup(m->arena, buf_str(&b));
	buf_fini(&b);
	return s;
}

static int jq_text(struct manifest *m, const struct json *obj, const char *key,
	const char **out)
{
	const struct json *v = json_get(obj, key);
	const char *s = lines_of(m, v);
	int rc = jq_check(s);

	if (rc < 0) {
		char *why = xstrdup(err_msg());

		rc = manifest_err(m, v, "`%s`: %s", key, why);
		free(why);
		return rc;
	}
	*out = s;
	return 0;
}

/* `*out` stays as it is when the member is not there. */
static int take_jq(struct manifest *m, const struct json *obj, const char *key,
	int *out)
{
	const char *text;
	int rc;

	if (!json_get(obj, key))
		return 0;
	rc = jq_text(m, obj, key, &text);
	if (rc < 0)
		return rc;
	*out = add_filter(m, text, json_get(obj, key));
	return 0;
}

/* Definitions for all filters. */
static int take_defs(struct manifest *m, const struct json *root)
{
	m->defs = "";
	m->defs_at = json_get(root, "defs");
	return m->defs_at ? jq_text(m, root, "defs", &m->defs) : 0;
}

static int word_index(const char *const *words, const char *s)
{
	for (int i = 0; s && words[i]; i++)
		if (strcmp(words[i], s) == 0)
			return i;
	return -1;
}

static int take_slots(struct manifest *m, const struct json *obj,
	const char *key, struct slots *out)
{
	const struct json *v = json_get(obj, key), *e;
	int rc = 0;

	if (!v)
		return 0;
	if (json_len(v) > MAX_SLOTS)
		return manifest_err(
			m, v, "`%s` has more than %d members", key, MAX_SLOTS);
	out->v = many(m, json_len(v), sizeof(*out->v));
	out->n = 0;
	for (e = json_first(v); e && rc == 0; e = json_next(e)) {
		struct slot *s = &out->v[out->n++];

		s->name = json_key(e);
		s->tpl = json_str(e);
		s->jq = NO_JQ;
		if (!s->tpl)
			rc = take_jq(m, e, "jq", &s->jq);
	}
	return rc;
}

/* Names of headers: what HTTP allows. */
static int check_headers(const struct manifest *m, const struct json *obj,
	const struct slots *s)
{
	static const char token[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

	for (int i = 0; i < s->n; i++)
		if (!s->v[i].name[0] ||
			s->v[i].name[strspn(s->v[i].name, token)])
			return manifest_err(m, json_get(obj, "headers"),
				"`%s` is no name of a header", s->v[i].name);
	return 0;
}

static int take_body(struct manifest *m, const struct json *r,
	struct request *out)
{
	int n = !!json_get(r, "body") + !!json_get(r, "json") +
		!!json_get(r, "form");

	if (n > 1)
		return manifest_err(m, r,
			"only one of `body`, `json` and `form` can be sent");
	if (json_get(r, "body")) {
		out->body_kind = REQ_JQ;
		return take_jq(m, r, "body", &out->body);
	}
	if (json_get(r, "json")) {
		out->body_kind = REQ_JSON;
		return take_slots(m, r, "json", &out->body_slots);
	}
	if (json_get(r, "form")) {
		out->body_kind = REQ_FORM;
		return take_slots(m, r, "form", &out->body_slots);
	}
	return 0;
}

/* Overrides what `out` has with what the object says. */
static int take_request(struct manifest *m, const struct json *owner,
	struct request *out)
{
	const struct json *r = json_get(owner, "request");
	const char *s;
	int rc;

	if (!r)
		return 0;
	if (json_get(r, "path") && json_get(r, "url"))
		return manifest_err(
			m, r, "either `path` or `url`, not both");
	s = json_get_str(r, "path");
	if (s && *s != '/')
		return manifest_err(m, json_get(r, "path"),
			"a path begins with a slash");
	if (s || json_get(r, "url")) {
		out->path = s;
		out->url = json_get_str(r, "url");
	}
	if (!out->path && !out->url)
		return manifest_err(m, r, "`path` or `url` is missing");
	if (json_get(r, "method"))
		out->method = json_get_str(r, "method");
	if (json_get(r, "answer"))
		out->text = strcmp(json_get_str(r, "answer"), "text") == 0;
	rc = take_slots(m, r, "headers", &out->headers);
	if (rc == 0)
		rc = check_headers(m, r, &out->headers);
	if (rc == 0)
		rc = take_slots(m, r, "query", &out->query);
	if (rc == 0)
		rc = take_body(m, r, out);
	return rc;
}

/* --- config and http ------------------------------------------------------ */

static int take_derived(struct manifest *m, const struct json *v)
{
	const struct json *d = json_get(v, "derive");
	struct derived *x = &m->derived[m->n_derived++];
	regex_t re;

	x->name = json_key(v);
	x->from = json_get_str(d, "from");
	x->regex = json_get_str(d, "regex");
	if (regcomp(&re, x->regex, REG_EXTENDED) != 0)
		return manifest_err(m, json_get(d, "regex"),
			"not a regular expression");
	regfree(&re);
	return 0;
}

static int is_name(const char *s)
{
	return *s && !s[strspn(s, "abcdefghijklmnopqrstuvwxyz_")];
}

static int take_setting(struct manifest *m, const struct json *v)
{
	static const char *const types[] = { [SET_STRING] = "string",
		[SET_URL] = "url", [SET_INT] = "int", [SET_BOOL] = "bool",
		[SET_SECRET] = "secret", [SET_SECRET + 1] = NULL };
	struct setting *s;

	if (!is_name(json_key(v)))
		return manifest_err(m, v,
			"`%s`: a setting's name has small letters and `_` only",
			json_key(v));
	if (json_get(v, "derive")) {
		if (json_get(v, "type"))
			return manifest_err(
				m, v, "a derived setting has no type");
		return take_derived(m, v);
	}
	if (!json_get(v, "type"))
		return manifest_err(m, v, "`type` is missing in a setting");
	s = &m->settings[m->n_settings++];
	s->name = json_key(v);
	s->label = json_get_str(v, "label");
	if (!s->label)
		s->label = s->name;
	s->type = (enum setting_type)word_index(
		types, json_get_str(v, "type"));
	s->optional = json_bool(json_get(v, "optional"), 0);
	return 0;
}

static const struct setting *setting_named(const struct manifest *m,
	const char *name)
{
	for (int i = 0; i < m->n_settings; i++)
		if (strcmp(m->settings[i].name, name) == 0)
			return &m->settings[i];
	return NULL;
}

static int take_config(struct manifest *m, const struct json *root)
{
	const struct json *c = json_get(root, "config"), *v;
	int rc = 0;

	m->settings = many(m, json_len(c), sizeof(*m->settings));
	m->derived = many(m, json_len(c), sizeof(*m->derived));
	for (v = json_first(c); v && rc == 0; v = json_next(v))
		rc = take_setting(m, v);
	for (int i = 0; i < m->n_derived && rc == 0; i++)
		if (!setting_named(m, m->derived[i].from))
			rc = manifest_err(m,
				json_get(c, m->derived[i].name),
				"`from`: there is no setting `%s`",
				m->derived[i].from);
	return rc;
}

/* Headers of every request are made without running a filter. */
static int only_templates(
	const struct manifest *m, const struct json *obj, const struct slots *s)
{
	for (int i = 0; i < s->n; i++)
		if (!s->v[i].tpl)
			return manifest_err(m, json_get(obj, "headers"),
				"`%s`: headers of every request are texts, not "
				"filters",
				s->v[i].name);
	return check_headers(m, obj, s);
}

static int take_http(struct manifest *m, const struct json *root)
{
	const struct json *h = json_get(root, "http");
	const struct json *rate = json_get(h, "rate");
	int rc;

	m->base = json_get_str(h, "base");
	m->cookies = json_bool(json_get(h, "cookies"), 0);
	m->desc.parallel = (int)json_get_int(h, "parallel", DEF_PARALLEL);
	m->timeout_ms = (int)json_get_int(h, "timeout_s", DEF_TIMEOUT_S) * 1000;
	m->max_bytes = json_get_int(h, "max_mb", DEF_MAX_MB) << 20;
	m->rate_n = (int)json_get_int(rate, "n", 0);
	m->rate_per_ms = json_get_int(rate, "per_s", 1) * 1000;
	if (m->desc.parallel < 1 || m->desc.parallel > 16)
		return manifest_err(m, json_get(h, "parallel"),
			"`parallel` is 1 to 16");
	if (m->timeout_ms < 1000 || m->timeout_ms > 600000)
		return manifest_err(m, json_get(h, "timeout_s"),
			"`timeout_s` is 1 to 600");
	if (m->max_bytes < 1 << 20 || m->max_bytes > 64 << 20)
		return manifest_err(
			m, json_get(h, "max_mb"), "`max_mb` is 1 to 64");
	if (rate && (m->rate_n < 1 || m->rate_per_ms < 1000))
		return manifest_err(m, rate, "`n` and `per_s` are 1 or more");
	rc = take_slots(m, h, "headers", &m->headers);
	return rc == 0 ? only_templates(m, h, &m->headers) : rc;
}

/* "UTC" or "+08:00". */
static int take_time(struct manifest *m, const struct json *root)
{
	const struct json *v = json_get(json_get(root, "time"), "zone");
	const char *s = json_str(v);
	int h, min, n = 0;
	char sign;

	if (!s || strcmp(s, "UTC") == 0)
		return 0;
	if (sscanf(s, "%c%2d:%2d%n", &sign, &h, &min, &n) != 3 || s[n] ||
		(sign != '+' && sign != '-') || h < 0 || h > 14 || min < 0 ||
		min > 59)
		return manifest_err(
			m, v, "`zone` is UTC or an offset such as +08:00");
	m->zone_min = (sign == '-' ? -1 : 1) * (h * 60 + min);
	return 0;
}

/* --- steps and errors ----------------------------------------------------- */

static int take_step(struct manifest *m, const struct json *v, struct step *s)
{
	int rc;

	*s = (struct step){ .when = NO_JQ, .ok = NO_JQ, .save = NO_JQ,
		.me = NO_JQ, .req.method = "GET", .req.body = NO_JQ };
	s->optional = json_bool(json_get(v, "optional"), 0);
	rc = take_request(m, v, &s->req);
	if (rc == 0)
		rc = take_jq(m, v, "when", &s->when);
	if (rc == 0)
		rc = take_jq(m, v, "ok", &s->ok);
	if (rc == 0)
		rc = take_jq(m, v, "save", &s->save);
	if (rc == 0)
		rc = take_jq(m, v, "me", &s->me);
	return rc;
}

static int take_steps(struct manifest *m, const struct json *list,
	struct steps *out)
{
	int rc = 0;

	out->v = many(m, json_len(list), sizeof(*out->v));
	for (const struct json *v = json_first(list); v && rc == 0;
		v = json_next(v))
		rc = take_step(m, v, &out->v[out->n++]);
	return rc;
}

static int take_login(struct manifest *m, const struct json *root)
{
	const struct json *l = json_get(root, "login");
	int rc;

	if (!l)
		return 0;
	m->login_expires_ms = json_get_int(l, "expires_s", 0) * 1000;
	rc = take_slots(m, l, "headers", &m->login_headers);
	if (rc == 0)
		rc = only_templates(m, l, &m->login_headers);
	return rc == 0 ? take_steps(m, json_get(l, "steps"), &m->login) : rc;
}

static int take_rule(struct manifest *m, const struct json *v,
	struct err_rule *r)
{
	const char *of = json_get_str(v, "of");
	int rc;

	*r = (struct err_rule){ .when = NO_JQ, .message = NO_JQ,
		.wait_s = NO_JQ, .on_read = !of || strcmp(of, "read") == 0,
		.on_write = !of || strcmp(of, "write") == 0 };
	r->class = (enum err_class)word_index(
		err_class_names, json_get_str(v, "class"));
	rc = take_jq(m, v, "when", &r->when);
	if (rc == 0)
		rc = take_jq(m, v, "message", &r->message);
	if (rc == 0)
		rc = take_jq(m, v, "wait_s", &r->wait_s);
	return rc;
}

static int take_errors(struct manifest *m, const struct json *root)
{
	const struct json *list = json_get(root, "errors");
	int rc = 0;

	m->errors = many(m, json_len(list), sizeof(*m->errors));
	for (const struct json *v = json_first(list); v && rc == 0;
		v = json_next(v))
		rc = take_rule(m, v, &m->errors[m->n_errors++]);
	return rc;
}

/* One filter that answers which rule matches first: { c, m, w } or null. A
 * `when` that fails on this body does not match. */
static void glue_errors(struct manifest *m)
{
	struct buf b = BUF_INIT;

	for (int i = 0; i < m->n_errors; i++) {
		const struct err_rule *r = &m->errors[i];

		buf_addf(&b,
			"%s (.is_%s as $on | $on and ((try f%d catch false) // "
			"false)) then {c: %d, ",
			i ? "elif" : "if",
			r->on_read && r->on_write ? "any"
			: r->on_read		  ? "read"
						  : "write",
			r->when, i);
		if (r->message != NO_JQ)
			buf_addf(&b, "m: ((try f%d catch null) // null), ",
				r->message);
		if (r->wait_s != NO_JQ)
			buf_addf(&b, "w: ((try f%d catch null) // null), ",
				r->wait_s);
		buf_adds(&b, "}\n");
	}
	buf_adds(&b, m->n_errors ? "else null end" : "null");
	m->errors_filter = add_filter(
		m, arena_strdup(m->arena, buf_str(&b)), NULL);
	buf_fini(&b);
}

/* --- streams -------------------------------------------------------------- */

int manifest_stream(const struct manifest *m, const char *name)
{
	for (int i = 0; name && i < m->desc.n_streams; i++)
		if (strcmp(m->stream_desc[i].name, name) == 0)
			return i;
	return -1;
}

static int need_stream(const struct manifest *m, const struct json *obj,
	const char *key, const char **out)
{
	const struct json *v = json_get(obj, key);

	if (!v)
		return 0;
	if (manifest_stream(m, json_str(v)) < 0)
		return manifest_err(m, v, "`%s`: there is no stream `%s`", key,
			json_str(v));
	*out = json_str(v);
	return 0;
}

static int take_page(struct manifest *m, const struct json *v,
	struct stream *s)
{
	const struct json *p = json_get(v, "page");
	int rc;

	s->page_from = s->page_until = NO_JQ;
	if (!p)
		return 0;
	s->page = (enum page_type)word_index(
		page_type_names, json_get_str(p, "type"));
	s->page_start = json_get_int(p, "start", s->page == PAGE_NUMBER);
	s->page_size = json_get_int(p, "size", 0);
	rc = take_jq(m, p, "from", &s->page_from);
	if (rc == 0)
		rc = take_jq(m, p, "until", &s->page_until);
	if (rc < 0)
		return rc;
	if ((s->page == PAGE_NEXT_URL || s->page == PAGE_TOKEN) &&
		s->page_from == NO_JQ)
		return manifest_err(m, p, "this type of page needs `from`");
	if ((s->page == PAGE_NUMBER || s->page == PAGE_OFFSET ||
		    s->page == PAGE_CURSOR_LOOP) &&
		s->page_until == NO_JQ)
		return manifest_err(m, p, "this type of page needs `until`");
	if (s->page == PAGE_OFFSET && s->page_size < 1)
		return manifest_err(m, p, "this type of page needs `size`");
	return 0;
}

static int take_cursor(struct manifest *m, const struct json *v,
	struct stream *s, struct stream_desc *d)
{
	static const char *const types[] = { [CUR_NONE] = "", [CUR_INT] = "int",
		[CUR_TIME] = "time", [CUR_TOKEN] = "token",
		[CUR_CLOCK] = "clock", [CUR_CLOCK + 1] = NULL };
	const struct json *c = json_get(v, "cursor");
	const char *commit = json_get_str(c, "commit");
	int rc;

	s->cursor_from = NO_JQ;
	if (!c) {
		if (s->page == PAGE_CURSOR_LOOP)
			return manifest_err(
				m, v, "a cursor_loop needs a cursor");
		return 0;
	}
	d->cursor = (enum cursor_type)word_index(
		types, json_get_str(c, "type"));
	d->cursor_per_key = json_get(c, "per") != NULL;
	d->cursor_init = json_get_str(c, "init");
	d->commit_per_run = commit && strcmp(commit, "run") == 0;
	d->retention_s = json_get_int(c, "retention_s", 0);
	d->overlap = d->cursor == CUR_INT
			     ? json_get_int(c, "overlap", 0)
			     : json_get_int(c, "overlap_s", 0) * 1000;
	if (json_get(c, d->cursor == CUR_INT ? "overlap_s" : "overlap"))
		return manifest_err(m, c,
			"`overlap` is for int cursors, `overlap_s` for times");
	rc = take_jq(m, c, "from", &s->cursor_from);
	if (rc < 0)
		return rc;
	if ((d->cursor == CUR_CLOCK) != (s->cursor_from == NO_JQ))
		return manifest_err(m, c,
			"`from` says where the cursor is in an answer; only a "
			"clock cursor has none");
	if (s->page == PAGE_CURSOR_LOOP && d->cursor == CUR_CLOCK)
		return manifest_err(
			m, c, "a clock cursor cannot move a cursor_loop");
	return 0;
}

static int take_trigger(struct manifest *m, const struct json *v,
	struct stream_desc *d)
{
	const char *by = json_get_str(v, "by");
	int rc;

	d->by = !by ? BY_TIME : strcmp(by, "touch") == 0 ? BY_TOUCH : BY_KEY;
	d->every_s = (int)json_get_int(v, "every_s", 0);
	d->guard = json_get_str(v, "guard");
	d->batch = (int)json_get_int(v, "batch", 1);
	rc = need_stream(m, v, "after", &d->after);
	if (rc == 0)
		rc = need_stream(m, v, "missing", &d->missing);
	if (rc < 0)
		return rc;
	if (d->batch < 1 || d->batch > MAX_BATCH)
		return manifest_err(m, json_get(v, "batch"),
			"`batch` is 1 to %d", MAX_BATCH);
	if (d->by == BY_TIME && !d->every_s && !d->guard && !d->after)
		return manifest_err(m, v,
			"a stream needs one of: every_s, by, after, guard");
	if (d->by != BY_TIME && d->every_s)
		return manifest_err(m, v, "`by` and `every_s` exclude");
	if (d->cursor_per_key && d->batch != 1)
		return manifest_err(
			m, v, "a cursor per key needs a batch of 1");
	if (d->cursor_per_key && d->by != BY_TOUCH)
		return manifest_err(
			m, v, "a cursor per key needs `by`: \"touch\"");
	return 0;
}

static int take_entity(struct manifest *m, const struct json *v,
	struct stream_desc *d)
{
	const struct json *name = json_get(v, "entity");
	const struct entity_desc *e;

	d->entity = ENT_COUNT;
	d->sweep = json_bool(json_get(v, "sweep"), 0);
	if (!name)
		return d->sweep ? manifest_err(m, v,
					  "a sweep needs `entity`: what it "
					  "lists")
				: 0;
	e = entity_by_name(json_str(name));
	if (!e)
		return manifest_err(
			m, name, "there is no entity `%s`", json_str(name));
	d->entity = e->id;
	return 0;
}

static int take_stream(struct manifest *m, const struct json *v, int i)
{
	struct stream *s = &m->streams[i];
	struct stream_desc *d = &m->stream_desc[i];
	int rc;

	s->req = (struct request){ .method = "GET", .body = NO_JQ };
	s->when = s->map = NO_JQ;
	rc = take_request(m, v, &s->req);
	if (rc == 0)
		rc = take_page(m, v, s);
	if (rc == 0)
		rc = take_cursor(m, v, s, d);
	if (rc == 0)
		rc = take_trigger(m, v, d);
	if (rc == 0)
		rc = take_entity(m, v, d);
	if (rc == 0)
		rc = take_jq(m, v, "when", &s->when);
	if (rc == 0)
		rc = take_jq(m, v, "map", &s->map);
	return rc;
}

static int take_streams(struct manifest *m, const struct json *root)
{
	const struct json *o = json_get(root, "streams"), *v;
	int n = (int)json_len(o), rc = 0;

	m->streams = many(m, (size_t)n, sizeof(*m->streams));
	m->stream_desc = many(m, (size_t)n, sizeof(*m->stream_desc));
	m->desc.streams = m->stream_desc;
	for (v = json_first(o); v; v = json_next(v))
		m->stream_desc[m->desc.n_streams++].name = json_key(v);
	for (v = json_first(o), n = 0; v && rc == 0; v = json_next(v))
		rc = take_stream(m, v, n++);
	return rc;
}

/* --- operations ----------------------------------------------------------- */

int manifest_action(const struct manifest *m, enum op_kind k)
{
	for (int i = 0; i < m->desc.n_ops; i++)
		if (m->caps[i].kind == k)
			return i;
	return -1;
}

static int sees_version(void *u, const char *name, size_t len)
{
	(void)u;
	return len == 7 && memcmp(name, "version", 7) == 0;
}

static int take_once(struct manifest *m, const struct json *v,
	struct opcap *cap)
{
	const struct json *o = json_get(v, "once");

	if (!o)
		return 0;
	cap->once = (enum once_by)word_index(
		once_names, json_get_str(o, "by"));
	cap->key_ttl_s = json_get_int(o, "key_ttl_s", 0);
	cap->settle_s = json_get_int(o, "settle_s", 60);
	cap->absence_is_proof = json_bool(json_get(o, "absence_is_proof"), 0);
	cap->look_stream = NULL;
	if ((cap->once == ONCE_MARKER || cap->once == ONCE_LOOKUP) &&
		!json_get(o, "stream"))
		return manifest_err(
			m, o, "to look for the effect, `stream` must be named");
	if (cap->once == ONCE_NATIVE && !cap->key_ttl_s)
		return manifest_err(m, o,
			"`key_ttl_s` is missing: how long the key is kept");
	return need_stream(m, o, "stream", &cap->look_stream);
}

static int take_cap(struct manifest *m, const struct json *v,
	struct opcap *cap)
{
	const char *policy = json_get_str(v, "on_conflict");
	int rc;

	if (policy)
		cap->policy = (enum conflict_policy)word_index(
			policy_names, policy);
	cap->drop_if_older_s =
		json_get_int(v, "drop_if_older_s", cap->drop_if_older_s);
	rc = take_once(m, v, cap);
	if (rc == 0)
		rc = need_stream(m, v, "first", &cap->first);
	if (rc == 0)
		rc = need_stream(m, v, "verify", &cap->refetch_stream);
	if (rc < 0)
		return rc;
	cap->refetch = cap->refetch_stream != NULL;
	if (cap->refetch &&
		m->stream_desc[manifest_stream(m, cap->refetch_stream)].by ==
			BY_TIME)
		return manifest_err(m, json_get(v, "verify"),
			"`verify` needs a stream by touch or by key");
	if (cap->once == ONCE_PRECONDITION && !cap->refetch)
		return manifest_err(m, v,
			"once by precondition needs `verify`");
	return 0;
}

static void set_versioned(const struct action *a, struct opcap *cap)
{
	for (int i = 0; i < a->req.headers.n; i++)
		if (a->req.headers.v[i].tpl &&
			template_each(a->req.headers.v[i].tpl, sees_version,
				NULL))
			cap->versioned = 1;
	for (int i = 0; i < a->req.query.n; i++)
		if (a->req.query.v[i].tpl &&
			template_each(
				a->req.query.v[i].tpl, sees_version, NULL))
			cap->versioned = 1;
}

static int take_confirm(struct manifest *m, const struct json *v,
	struct action *a)
{
	const struct json *c = json_get(v, "confirm");
	int rc;

	if (!c)
		return 0;
	a->has_confirm = 1;
	rc = take_step(m, c, &a->confirm);
	if (rc == 0 && a->confirm.ok == NO_JQ)
		rc = manifest_err(m, c, "`ok` is missing in `confirm`");
	return rc;
}

static int take_action_jq(struct manifest *m, const struct json *v,
	struct action *a)
{
	const struct {
		const char *key;
		int *out;
	} jqs[] = { { "ok", &a->ok }, { "result", &a->result },
		{ "version", &a->version }, { "marker", &a->marker },
		{ "refused_message", &a->refused } };
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(jqs) && rc == 0; i++)
		rc = take_jq(m, v, jqs[i].key, jqs[i].out);
	return rc;
}

/* What `like` names must be written before it. */
static int start_action(struct manifest *m, const struct json *v, int i)
{
	const struct json *like = json_get(v, "like");
	const struct op_desc *od = op_by_name(json_key(v)), *ld;
	struct action *a = &m->actions[i];
	int from;

	if (!od)
		return manifest_err(
			m, v, "`%s` is no operation", json_key(v));
	*a = (struct action){ .req.body = NO_JQ, .ok = NO_JQ, .result = NO_JQ,
		.version = NO_JQ, .marker = NO_JQ, .refused = NO_JQ };
	m->caps[i] = (struct opcap){ .once = ONCE_ASK, .policy = POLICY_ASK,
		.settle_s = 60 };
	if (like) {
		ld = op_by_name(json_str(like));
		from = ld ? manifest_action(m, ld->kind) : -1;
		if (from < 0)
			return manifest_err(m, like,
				"`like`: there is no operation `%s` before "
				"this one",
				json_str(like));
		*a = m->actions[from];
		m->caps[i] = m->caps[from];
	} else if (!json_get(v, "request")) {
		return manifest_err(
			m, v, "`request` is missing in an operation");
	}
	m->caps[i].kind = od->kind;
	return 0;
}

static int take_op(struct manifest *m, const struct json *v, int i)
{
	struct action *a = &m->actions[i];
	int rc = start_action(m, v, i);

	if (rc == 0)
		rc = take_request(m, v, &a->req);
	if (rc == 0 && (!a->req.method || strcmp(a->req.method, "GET") == 0))
		rc = manifest_err(m, json_get(v, "request"),
			"an operation's request needs a `method` that writes");
	if (rc == 0)
		rc = take_action_jq(m, v, a);
	if (rc == 0)
		rc = take_confirm(m, v, a);
	if (rc == 0)
		rc = take_cap(m, v, &m->caps[i]);
	if (rc == 0) {
		set_versioned(a, &m->caps[i]);
		m->desc.n_ops = i + 1;
	}
	return rc;
}

static int take_ops(struct manifest *m, const struct json *root)
{
	const struct json *o = json_get(root, "ops"), *v;
	int rc = 0, n = 0;

	m->actions = many(m, json_len(o), sizeof(*m->actions));
	m->caps = many(m, json_len(o), sizeof(*m->caps));
	m->desc.ops = m->caps;
	for (v = json_first(o); v && rc == 0; v = json_next(v))
		rc = take_op(m, v, n++);
	return rc;
}

static int take_file(struct manifest *m, const struct json *root)
{
	const struct json *f = json_get(root, "file");

	if (!f)
		return 0;
	m->has_file = 1;
	m->file_spec.req = (struct request){ .method = "GET", .body = NO_JQ };
	m->file_spec.json_member = json_get_str(f, "json");
	m->file_spec.base64 = json_get(f, "encoding") != NULL;
	return take_request(m, f, &m->file_spec.req);
}

/* --- the whole ------------------------------------------------------------ */

static int take_fixtures(struct manifest *m, const struct json *root)
{
	const struct json *v;

	m->fixtures = json_get(root, "fixtures");
	for (v = json_first(m->fixtures); v; v = json_next(v)) {
		const char *op = json_get_str(v, "op"), *none;
		int n = !!json_get(v, "stream") + !!op +
			!!json_get(v, "probe") + !!json_get(v, "login");
		int rc = need_stream(m, v, "stream", &none);

		if (rc < 0)
			return rc;
		if (n != 1)
			return manifest_err(m, v,
				"a fixture is of one of: stream, op, probe, "
				"login");
		if (op && (!op_by_name(op) ||
				  manifest_action(m, op_by_name(op)->kind) < 0))
			return manifest_err(m, json_get(v, "op"),
				"there is no operation `%s`", op);
	}
	return 0;
}

static int take_head(struct manifest *m, const struct json *root)
{
	if (json_get_int(root, "galley_connector", 0) != FORMAT)
		return manifest_err(m, json_get(root, "galley_connector"),
			"this is not format %d", FORMAT);
	m->id = json_get_str(root, "id");
	m->title = json_get_str(root, "title");
	m->about = json_get_str(root, "about");
	if (!m->about)
		m->about = "";
	if (!m->id[0] ||
		m->id[strspn(m->id, "abcdefghijklmnopqrstuvwxyz0123456789_-")])
		return manifest_err(m, json_get(root, "id"),
			"`id` has small letters, digits, `_` and `-`");
	m->desc.kind = m->id;
	m->desc.title = m->title;
	return 0;
}

static int (*const parts[])(struct manifest *m, const struct json *root) = {
	take_head,
	take_config,
	take_http,
	take_time,
	take_login,
	take_defs,
	take_errors,
	take_streams,
	take_file,
	take_ops,
	take_fixtures,
};

static int take_all(struct manifest *m)
{
	const struct json *root = json_root(m->doc);
	int rc = schema_check(m);

	for (size_t i = 0; i < ARRAY_SIZE(parts) && rc == 0; i++)
		rc = parts[i](m, root);
	if (rc == 0)
		rc = take_steps(m, json_get(root, "probe"), &m->probe);
	if (rc < 0)
		return rc;
	m->n_user = m->n_filters;
	glue_errors(m);
	return 0;
}

int manifest_parse(
	const char *file, const char *text, size_t len, struct manifest **out)
{
	struct manifest *m = xcalloc(1, sizeof(*m));
	struct json_limits lim = json_limits_file;
	int rc;

	lim.exact_keys = 1; /* fixtures are what backends really send */
	m->arena = arena_new();
	m->file = xstrdup(file);
	m->prelude = embed_get("connectors/prelude.jq", NULL);
	rc = json_parse(text, len, &lim, &m->doc);
	if (rc < 0) {
		char *why = xstrdup(err_msg());

		rc = err_set(E_CONFIG, "%s:%s", file, why);
		free(why);
	} else if (!m->prelude) {
		rc = err_set(E_BUG, "prelude.jq is not built in");
	} else {
		rc = take_all(m);
	}
	if (rc < 0) {
		manifest_free(m);
		return rc;
	}
	*out = m;
	return 0;
}

static int load_shipped(const char *name, struct manifest **out)
{
	char *path = xasprintf("connectors/%s.json", name);
	size_t len = 0;
	const char *text = embed_get(path, &len);
	int rc;

	if (text)
		rc = manifest_parse(path, text, len, out);
	else
		rc = err_set(E_CONFIG, "there is no connector `%s`", name);
	free(path);
	return rc;
}

int manifest_load(const char *path_or_name, struct manifest **out)
{
	char *text;
	size_t len;
	int rc;

	if (!strchr(path_or_name, '/') && !strstr(path_or_name, ".json"))
		return load_shipped(path_or_name, out);
	rc = file_read(path_or_name, MAX_FILE, &text, &len);
	if (rc < 0)
		return rc;
	rc = manifest_parse(path_or_name, text, len, out);
	free(text);
	return rc;
}

void manifest_free(struct manifest *m)
{
	if (!m)
		return;
	json_free(m->doc);
	arena_free(m->arena);
	free(m->filters);
	free(m->file);
	free(m);
}

const char *manifest_id(const struct manifest *m)
{
	return m->id;
}

const char *manifest_title(const struct manifest *m)
{
	return m->title;
}

const char *manifest_about(const struct manifest *m)
{
	return m->about;
}

const struct conn_desc *manifest_desc(const struct manifest *m)
{
	return &m->desc;
}

const struct setting *manifest_settings(const struct manifest *m, int *n)
{
	*n = m->n_settings;
	return m->settings;
}
