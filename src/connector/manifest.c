/* SPDX-License-Identifier: MIT */
/*
 * From the text of a manifest to what the interpreter walks: filters numbered,
 * names resolved, descriptions for the engine built. schema.c has checked the
 * shape; here it is checked that every name refers to something and that no
 * filter reaches outside. Nothing is read from a server and no filter is run.
 */
#include "load_priv.h"
#include "demo_priv.h"

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

void *load_many(struct manifest *m, size_t n, size_t size)
{
	return arena_calloc(m->arena, n ? n : 1, size);
}

static int add_filter(
	struct manifest *m, const char *text, const struct json *at)
{
	if (m->n_filters == m->cap_filters) {
		m->cap_filters = m->cap_filters ? m->cap_filters * 2 : 64;
		m->filters = xreallocarray(m->filters, (size_t)m->cap_filters,
			sizeof(*m->filters));
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
int load_jq(
	struct manifest *m, const struct json *obj, const char *key, int *out)
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

int load_word_index(const char *const *words, const char *s)
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
	out->v = load_many(m, json_len(v), sizeof(*out->v));
	out->n = 0;
	for (e = json_first(v); e && rc == 0; e = json_next(e)) {
		struct slot *s = &out->v[out->n++];

		s->name = json_key(e);
		s->tpl = json_str(e);
		s->jq = NO_JQ;
		if (!s->tpl)
			rc = load_jq(m, e, "jq", &s->jq);
	}
	return rc;
}

/* Names of headers: what HTTP allows. */
static int check_headers(
	const struct manifest *m, const struct json *obj, const struct slots *s)
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

static int take_body(
	struct manifest *m, const struct json *r, struct request *out)
{
	int n = !!json_get(r, "body") + !!json_get(r, "json") +
		!!json_get(r, "form");

	if (n > 1)
		return manifest_err(m, r,
			"only one of `body`, `json` and `form` can be sent");
	if (json_get(r, "body")) {
		out->body_kind = REQ_JQ;
		return load_jq(m, r, "body", &out->body);
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
int load_request(
	struct manifest *m, const struct json *owner, struct request *out)
{
	const struct json *r = json_get(owner, "request");
	const char *s;
	int rc;

	if (!r)
		return 0;
	if (json_get(r, "path") && json_get(r, "url"))
		return manifest_err(m, r, "either `path` or `url`, not both");
	s = json_get_str(r, "path");
	if (s && *s != '/')
		return manifest_err(
			m, json_get(r, "path"), "a path begins with a slash");
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
		return manifest_err(
			m, json_get(d, "regex"), "not a regular expression");
	regfree(&re);
	return 0;
}

static int is_name(const char *s)
{
	return *s && !s[strspn(s, "abcdefghijklmnopqrstuvwxyz_")];
}

/* What templates know beside settings (request.c). */
static int is_taken(const char *name)
{
	static const char *const words[] = {"cursor", "page", "limit", "key",
		"target", "version", "op", "me"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i], name) == 0)
			return 1;
	return 0;
}

static int take_setting(struct manifest *m, const struct json *v)
{
	static const char *const types[] = {[SET_STRING] = "string",
		[SET_URL] = "url",
		[SET_INT] = "int",
		[SET_BOOL] = "bool",
		[SET_SECRET] = "secret",
		[SET_SECRET + 1] = NULL};
	struct setting *s;

	if (!is_name(json_key(v)))
		return manifest_err(m, v,
			"`%s`: a setting's name has small letters and `_` only",
			json_key(v));
	if (is_taken(json_key(v)))
		return manifest_err(m, v,
			"`%s`: templates know that name already, the setting "
			"needs another",
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
	s->type = (enum setting_type)load_word_index(
		types, json_get_str(v, "type"));
	s->optional = json_bool(json_get(v, "optional"), 0);
	return 0;
}

static const struct setting *setting_named(
	const struct manifest *m, const char *name)
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

	m->settings = load_many(m, json_len(c), sizeof(*m->settings));
	m->derived = load_many(m, json_len(c), sizeof(*m->derived));
	for (v = json_first(c); v && rc == 0; v = json_next(v))
		rc = take_setting(m, v);
	for (int i = 0; i < m->n_derived && rc == 0; i++)
		if (!setting_named(m, m->derived[i].from))
			rc = manifest_err(m, json_get(c, m->derived[i].name),
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
		return manifest_err(
			m, json_get(h, "parallel"), "`parallel` is 1 to 16");
	if (m->timeout_ms < 1000 || m->timeout_ms > 600000)
		return manifest_err(
			m, json_get(h, "timeout_s"), "`timeout_s` is 1 to 600");
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

int load_step(struct manifest *m, const struct json *v, struct step *s)
{
	int rc;

	*s = (struct step){.when = NO_JQ,
		.ok = NO_JQ,
		.save = NO_JQ,
		.me = NO_JQ,
		.req.method = "GET",
		.req.body = NO_JQ};
	s->optional = json_bool(json_get(v, "optional"), 0);
	rc = load_request(m, v, &s->req);
	if (rc == 0)
		rc = load_jq(m, v, "when", &s->when);
	if (rc == 0)
		rc = load_jq(m, v, "ok", &s->ok);
	if (rc == 0)
		rc = load_jq(m, v, "save", &s->save);
	if (rc == 0)
		rc = load_jq(m, v, "me", &s->me);
	return rc;
}

static int take_steps(
	struct manifest *m, const struct json *list, struct steps *out)
{
	int rc = 0;

	out->v = load_many(m, json_len(list), sizeof(*out->v));
	for (const struct json *v = json_first(list); v && rc == 0;
		v = json_next(v))
		rc = load_step(m, v, &out->v[out->n++]);
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

static int take_rule(
	struct manifest *m, const struct json *v, struct err_rule *r)
{
	const char *of = json_get_str(v, "of");
	int rc;

	*r = (struct err_rule){.when = NO_JQ,
		.message = NO_JQ,
		.wait_s = NO_JQ,
		.on_read = !of || strcmp(of, "read") == 0,
		.on_write = !of || strcmp(of, "write") == 0};
	r->class = (enum err_class)load_word_index(
		err_class_names, json_get_str(v, "class"));
	rc = load_jq(m, v, "when", &r->when);
	if (rc == 0)
		rc = load_jq(m, v, "message", &r->message);
	if (rc == 0)
		rc = load_jq(m, v, "wait_s", &r->wait_s);
	return rc;
}

static int take_errors(struct manifest *m, const struct json *root)
{
	const struct json *list = json_get(root, "errors");
	int rc = 0;

	m->errors = load_many(m, json_len(list), sizeof(*m->errors));
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
	m->errors_filter =
		add_filter(m, arena_strdup(m->arena, buf_str(&b)), NULL);
	buf_fini(&b);
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
		int rc = load_stream_name(m, v, "stream", &none);

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
	load_web,
	take_login,
	take_defs,
	take_errors,
	load_streams,
	load_file,
	load_ops,
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
	char *path;
	size_t len = 0;
	const char *text;
	int rc;

	if (strcmp(name, "demo") == 0)
		return demo_manifest(out);
	path = xasprintf("connectors/%s.json", name);
	text = embed_get(path, &len);

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
