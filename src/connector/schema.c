/* SPDX-License-Identifier: MIT */
/*
 * The shape of a manifest as tables: which keys an object may have, of which
 * type, which must be there. galley-connector(5) says what they mean. A key
 * that is not in a table is an error with its place and what would be allowed;
 * whether names refer to something is manifest.c's to check.
 */
#include "manifest_priv.h"

#include <string.h>
#include "galley/base/mem.h"

enum want {
	W_STR,
	W_JQ,  /* a filter: a text or a list of lines */
	W_INT, /* 0 or more */
	W_BOOL,
	W_WORD,	 /* one of `words` */
	W_SLOTS, /* { name: template or {"jq": filter} } */
	W_ONE,	 /* an object of `shape` */
	W_LIST,	 /* a list of them */
	W_MAP,	 /* { name: object of `shape` } */
	W_ANY,
};

struct shape;
struct key {
	const char *name;
	enum want want;
	int required;
	const struct shape *shape;
	const char *const *words;
};
struct shape {
	const char *what;
	struct key keys[20];
};

static const char *const method_words[] = {
	"GET", "POST", "PUT", "PATCH", "DELETE", NULL};
static const char *const answer_words[] = {"json", "text", NULL};
static const char *const setting_words[] = {
	"string", "url", "int", "bool", "secret", NULL};
static const char *const of_words[] = {"read", "write", NULL};
static const char *const by_words[] = {"touch", "key", NULL};
static const char *const per_words[] = {"key", NULL};
static const char *const commit_words[] = {"page", "run", NULL};
static const char *const cursor_words[] = {
	"int", "time", "token", "clock", NULL};
static const char *const encoding_words[] = {"base64", NULL};

const char *const page_type_names[] = {
	"none", "next_url", "number", "offset", "token", "cursor_loop", NULL};
const char *const err_class_names[] = {"auth", "rate", "retry", "not_executed",
	"conflict", "gone", "reject", "resync", "duplicate", "unknown", NULL};
const char *const once_names[] = {"native", "unique", "marker", "lookup",
	"precondition", "idempotent", "ask", NULL};
const char *const policy_names[] = {"merge", "ours", "theirs", "ask", NULL};

static const struct shape jq_slot = {
	"a filtered value", {{"jq", W_JQ, 1, NULL, NULL}}};

static const struct shape request = {"a request",
	{{"method", W_WORD, 0, NULL, method_words},
		{"path", W_STR, 0, NULL, NULL}, {"url", W_STR, 0, NULL, NULL},
		{"headers", W_SLOTS, 0, NULL, NULL},
		{"query", W_SLOTS, 0, NULL, NULL},
		{"body", W_JQ, 0, NULL, NULL}, {"json", W_SLOTS, 0, NULL, NULL},
		{"form", W_SLOTS, 0, NULL, NULL},
		{"answer", W_WORD, 0, NULL, answer_words}}};

static const struct shape derive = {"a derived setting",
	{{"from", W_STR, 1, NULL, NULL}, {"regex", W_STR, 1, NULL, NULL}}};

static const struct shape setting = {
	"a setting", {{"type", W_WORD, 0, NULL, setting_words},
			     {"label", W_STR, 0, NULL, NULL},
			     {"optional", W_BOOL, 0, NULL, NULL},
			     {"derive", W_ONE, 0, &derive, NULL}}};

static const struct shape rate = {"a rate",
	{{"n", W_INT, 1, NULL, NULL}, {"per_s", W_INT, 1, NULL, NULL}}};

static const struct shape http = {"http",
	{{"base", W_STR, 1, NULL, NULL}, {"headers", W_SLOTS, 0, NULL, NULL},
		{"parallel", W_INT, 0, NULL, NULL},
		{"rate", W_ONE, 0, &rate, NULL},
		{"timeout_s", W_INT, 0, NULL, NULL},
		{"max_mb", W_INT, 0, NULL, NULL},
		{"cookies", W_BOOL, 0, NULL, NULL}}};

static const struct shape zone = {"time", {{"zone", W_STR, 1, NULL, NULL}}};

static const struct shape web = {"web",
	{{"ticket", W_STR, 0, NULL, NULL},
		{"conversation", W_STR, 0, NULL, NULL},
		{"article", W_STR, 0, NULL, NULL},
		{"customer", W_STR, 0, NULL, NULL}}};

static const struct shape step = {"a step",
	{{"request", W_ONE, 1, &request, NULL}, {"when", W_JQ, 0, NULL, NULL},
		{"ok", W_JQ, 0, NULL, NULL},
		{"optional", W_BOOL, 0, NULL, NULL},
		{"save", W_JQ, 0, NULL, NULL}, {"me", W_JQ, 0, NULL, NULL}}};

static const struct shape login = {"login",
	{{"steps", W_LIST, 1, &step, NULL}, {"headers", W_SLOTS, 0, NULL, NULL},
		{"expires_s", W_INT, 0, NULL, NULL}}};

static const struct shape rule = {
	"an error rule", {{"when", W_JQ, 1, NULL, NULL},
				 {"class", W_WORD, 1, NULL, err_class_names},
				 {"of", W_WORD, 0, NULL, of_words},
				 {"message", W_JQ, 0, NULL, NULL},
				 {"wait_s", W_JQ, 0, NULL, NULL}}};

static const struct shape page = {"page",
	{{"type", W_WORD, 1, NULL, page_type_names},
		{"from", W_JQ, 0, NULL, NULL}, {"until", W_JQ, 0, NULL, NULL},
		{"start", W_INT, 0, NULL, NULL},
		{"size", W_INT, 0, NULL, NULL}}};

static const struct shape cursor = {"cursor",
	{{"type", W_WORD, 1, NULL, cursor_words},
		{"init", W_STR, 0, NULL, NULL}, {"from", W_JQ, 0, NULL, NULL},
		{"per", W_WORD, 0, NULL, per_words},
		{"overlap", W_INT, 0, NULL, NULL},
		{"overlap_s", W_INT, 0, NULL, NULL},
		{"commit", W_WORD, 0, NULL, commit_words},
		{"retention_s", W_INT, 0, NULL, NULL}}};

static const struct shape stream = {"a stream",
	{{"every_s", W_INT, 0, NULL, NULL}, {"by", W_WORD, 0, NULL, by_words},
		{"after", W_STR, 0, NULL, NULL},
		{"guard", W_STR, 0, NULL, NULL}, {"when", W_JQ, 0, NULL, NULL},
		{"request", W_ONE, 1, &request, NULL},
		{"page", W_ONE, 0, &page, NULL},
		{"cursor", W_ONE, 0, &cursor, NULL},
		{"batch", W_INT, 0, NULL, NULL},
		{"missing", W_STR, 0, NULL, NULL},
		{"sweep", W_BOOL, 0, NULL, NULL},
		{"entity", W_STR, 0, NULL, NULL},
		{"map", W_JQ, 1, NULL, NULL}}};

static const struct shape file = {"file",
	{{"request", W_ONE, 1, &request, NULL}, {"json", W_STR, 0, NULL, NULL},
		{"encoding", W_WORD, 0, NULL, encoding_words}}};

static const struct shape once = {
	"once", {{"by", W_WORD, 1, NULL, once_names},
			{"key_ttl_s", W_INT, 0, NULL, NULL},
			{"settle_s", W_INT, 0, NULL, NULL},
			{"absence_is_proof", W_BOOL, 0, NULL, NULL},
			{"stream", W_STR, 0, NULL, NULL}}};

static const struct shape confirm = {"confirm",
	{{"request", W_ONE, 1, &request, NULL}, {"ok", W_JQ, 1, NULL, NULL}}};

static const struct shape op = {"an operation",
	{{"like", W_STR, 0, NULL, NULL}, {"request", W_ONE, 0, &request, NULL},
		{"first", W_STR, 0, NULL, NULL}, {"ok", W_JQ, 0, NULL, NULL},
		{"result", W_JQ, 0, NULL, NULL},
		{"version", W_JQ, 0, NULL, NULL},
		{"marker", W_JQ, 0, NULL, NULL},
		{"refused_message", W_JQ, 0, NULL, NULL},
		{"confirm", W_ONE, 0, &confirm, NULL},
		{"verify", W_STR, 0, NULL, NULL},
		{"once", W_ONE, 0, &once, NULL},
		{"on_conflict", W_WORD, 0, NULL, policy_names},
		{"drop_if_older_s", W_INT, 0, NULL, NULL}}};

static const struct shape fixture = {"a fixture",
	{{"name", W_STR, 0, NULL, NULL}, {"stream", W_STR, 0, NULL, NULL},
		{"op", W_STR, 0, NULL, NULL}, {"probe", W_INT, 0, NULL, NULL},
		{"login", W_INT, 0, NULL, NULL}, {"in", W_ANY, 1, NULL, NULL},
		{"out", W_ANY, 1, NULL, NULL}}};

static const struct shape top = {"a manifest",
	{{"galley_connector", W_INT, 1, NULL, NULL},
		{"id", W_STR, 1, NULL, NULL}, {"title", W_STR, 1, NULL, NULL},
		{"version", W_STR, 0, NULL, NULL},
		{"about", W_STR, 0, NULL, NULL},
		{"config", W_MAP, 1, &setting, NULL},
		{"http", W_ONE, 1, &http, NULL},
		{"time", W_ONE, 0, &zone, NULL},
		{"web", W_ONE, 0, &web, NULL},
		{"login", W_ONE, 0, &login, NULL},
		{"defs", W_JQ, 0, NULL, NULL},
		{"errors", W_LIST, 0, &rule, NULL},
		{"probe", W_LIST, 1, &step, NULL},
		{"streams", W_MAP, 1, &stream, NULL},
		{"file", W_ONE, 0, &file, NULL}, {"ops", W_MAP, 0, &op, NULL},
		{"fixtures", W_LIST, 0, &fixture, NULL}}};

static int check_shape(
	const struct manifest *m, const struct shape *s, const struct json *v);

static void list_keys(struct buf *out, const struct shape *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(s->keys) && s->keys[i].name; i++)
		buf_addf(out, "%s%s", i ? ", " : "", s->keys[i].name);
}

static void list_words(struct buf *out, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		buf_addf(out, "%s%s", i ? ", " : "", words[i]);
}

static int bad_type(const struct manifest *m, const struct key *k,
	const struct json *v, const char *expected)
{
	return manifest_err(m, v, "`%s` must be %s", k->name, expected);
}

static int check_slots(
	const struct manifest *m, const struct key *k, const struct json *v)
{
	if (json_type(v) != JSON_OBJECT)
		return bad_type(m, k, v, "an object of names and values");
	for (const struct json *e = json_first(v); e; e = json_next(e)) {
		int rc = 0;

		if (json_type(e) == JSON_OBJECT)
			rc = check_shape(m, &jq_slot, e);
		else if (json_type(e) != JSON_STRING)
			rc = manifest_err(m, e,
				"`%s` must be a text or {\"jq\": filter}",
				json_key(e));
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int check_many(
	const struct manifest *m, const struct key *k, const struct json *v)
{
	int is_list = k->want == W_LIST;

	if (json_type(v) != (is_list ? JSON_ARRAY : JSON_OBJECT))
		return bad_type(m, k, v,
			is_list ? "a list of objects"
				: "an object of names and objects");
	for (const struct json *e = json_first(v); e; e = json_next(e)) {
		int rc = check_shape(m, k->shape, e);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static int check_word(
	const struct manifest *m, const struct key *k, const struct json *v)
{
	const char *s = json_str(v);
	struct buf allowed = BUF_INIT;
	int rc;

	for (size_t i = 0; s && k->words[i]; i++)
		if (strcmp(k->words[i], s) == 0)
			return 0;
	list_words(&allowed, k->words);
	rc = manifest_err(
		m, v, "`%s` must be one of: %s", k->name, buf_str(&allowed));
	buf_fini(&allowed);
	return rc;
}

static int is_lines(const struct json *v)
{
	if (json_type(v) != JSON_ARRAY)
		return json_str(v) != NULL;
	for (const struct json *e = json_first(v); e; e = json_next(e))
		if (!json_str(e))
			return 0;
	return 1;
}

static int check_scalar(
	const struct manifest *m, const struct key *k, const struct json *v)
{
	int64_t i;

	switch (k->want) {
	case W_STR:
		if (!json_str(v))
			return bad_type(m, k, v, "a text");
		return 0;
	case W_JQ:
		if (!is_lines(v))
			return bad_type(m, k, v, "a text or a list of texts");
		return 0;
	case W_INT:
		if (json_type(v) != JSON_NUMBER || !json_int(v, &i) || i < 0)
			return bad_type(m, k, v, "a whole number, 0 or more");
		return 0;
	case W_BOOL:
		if (json_type(v) != JSON_BOOL)
			return bad_type(m, k, v, "true or false");
		return 0;
	default:
		return 0;
	}
}

static int check_value(
	const struct manifest *m, const struct key *k, const struct json *v)
{
	switch (k->want) {
	case W_WORD:
		return check_word(m, k, v);
	case W_SLOTS:
		return check_slots(m, k, v);
	case W_ONE:
		return check_shape(m, k->shape, v);
	case W_LIST:
	case W_MAP:
		return check_many(m, k, v);
	default:
		return check_scalar(m, k, v);
	}
}

static const struct key *find_key(const struct shape *s, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(s->keys) && s->keys[i].name; i++)
		if (strcmp(s->keys[i].name, name) == 0)
			return &s->keys[i];
	return NULL;
}

static int unknown_key(
	const struct manifest *m, const struct shape *s, const struct json *e)
{
	struct buf allowed = BUF_INIT;
	int rc;

	list_keys(&allowed, s);
	rc = manifest_err(m, e, "`%s` is not known in %s; allowed: %s",
		json_key(e), s->what, buf_str(&allowed));
	buf_fini(&allowed);
	return rc;
}

static int check_shape(
	const struct manifest *m, const struct shape *s, const struct json *v)
{
	if (json_type(v) != JSON_OBJECT)
		return manifest_err(m, v, "%s must be an object", s->what);
	for (const struct json *e = json_first(v); e; e = json_next(e)) {
		const struct key *k = find_key(s, json_key(e));
		int rc = k ? check_value(m, k, e) : unknown_key(m, s, e);

		if (rc < 0)
			return rc;
	}
	for (size_t i = 0; i < ARRAY_SIZE(s->keys) && s->keys[i].name; i++)
		if (s->keys[i].required && !json_get(v, s->keys[i].name))
			return manifest_err(m, v, "`%s` is missing in %s",
				s->keys[i].name, s->what);
	return 0;
}

int schema_check(const struct manifest *m)
{
	return check_shape(m, &top, json_root(m->doc));
}
