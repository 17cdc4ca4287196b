/* SPDX-License-Identifier: MIT */
/*
 * The rest of loading: streams, operations and files. Names that refer to
 * something that is not there are errors with their place; what an operation
 * takes over with `like` is copied first and then overridden. How the pieces
 * are read is manifest.c's.
 */
#include "load_priv.h"

#include <string.h>
#include "galley/base/mem.h"

#define MAX_BATCH 200
#define MAX_PAGE  10000

/* --- streams -------------------------------------------------------------- */

int manifest_stream(const struct manifest *m, const char *name)
{
	for (int i = 0; name && i < m->desc.n_streams; i++)
		if (strcmp(m->stream_desc[i].name, name) == 0)
			return i;
	return -1;
}

int load_stream_name(const struct manifest *m, const struct json *obj,
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

static int take_page(struct manifest *m, const struct json *v, struct stream *s)
{
	const struct json *p = json_get(v, "page");
	int rc;

	s->page_from = s->page_until = NO_JQ;
	if (!p)
		return 0;
	s->page = (enum page_type)load_word_index(
		page_type_names, json_get_str(p, "type"));
	s->page_start = json_get_int(p, "start",
		s->page == PAGE_NUMBER || s->page == PAGE_CURSOR_LOOP);
	s->page_size = json_get_int(p, "size", 0);
	rc = load_jq(m, p, "from", &s->page_from);
	if (rc == 0)
		rc = load_jq(m, p, "until", &s->page_until);
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
	if (s->page_size < 0 || s->page_size > MAX_PAGE)
		return manifest_err(
			m, json_get(p, "size"), "`size` is 1 to %d", MAX_PAGE);
	return 0;
}

static int take_cursor(struct manifest *m, const struct json *v,
	struct stream *s, struct stream_desc *d)
{
	static const char *const types[] = {[CUR_NONE] = "",
		[CUR_INT] = "int",
		[CUR_TIME] = "time",
		[CUR_TOKEN] = "token",
		[CUR_CLOCK] = "clock",
		[CUR_CLOCK + 1] = NULL};
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
	d->cursor = (enum cursor_type)load_word_index(
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
	rc = load_jq(m, c, "from", &s->cursor_from);
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

static int take_trigger(
	struct manifest *m, const struct json *v, struct stream_desc *d)
{
	const char *by = json_get_str(v, "by");
	int rc;

	d->by = !by ? BY_TIME : strcmp(by, "touch") == 0 ? BY_TOUCH : BY_KEY;
	d->every_s = (int)json_get_int(v, "every_s", 0);
	d->guard = json_get_str(v, "guard");
	d->batch = (int)json_get_int(v, "batch", 1);
	rc = load_stream_name(m, v, "after", &d->after);
	if (rc == 0)
		rc = load_stream_name(m, v, "missing", &d->missing);
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

static int take_entity(
	struct manifest *m, const struct json *v, struct stream_desc *d)
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

struct seek {
	const char *name;
	int found;
};

static int seek_name(void *u, const char *name, size_t len)
{
	struct seek *s = u;

	s->found |= strlen(s->name) == len && memcmp(s->name, name, len) == 0;
	return 0;
}

static int request_names(const struct request *r, const char *name)
{
	struct seek s = {.name = name};

	if (r->path || r->url)
		template_each(r->path ? r->path : r->url, seek_name, &s);
	for (int i = 0; i < r->query.n; i++)
		if (r->query.v[i].tpl)
			template_each(r->query.v[i].tpl, seek_name, &s);
	for (int i = 0; i < r->body_slots.n; i++)
		if (r->body_slots.v[i].tpl)
			template_each(r->body_slots.v[i].tpl, seek_name, &s);
	return s.found;
}

/* Can any record of a page be asked for by itself? Then one that breaks every
 * answer can be stepped over. */
static int take_size(struct manifest *m, const struct json *v,
	const struct stream *s, struct stream_desc *d)
{
	int places = s->page == PAGE_NUMBER || s->page == PAGE_OFFSET ||
		     (s->page == PAGE_CURSOR_LOOP && d->cursor == CUR_INT);

	if (!request_names(&s->req, "limit"))
		return 0;
	if (s->page_size < 1)
		return manifest_err(m, v,
			"`{limit}` needs a `page` with `size`: how many it is "
			"when all is well");
	if (!places || d->by != BY_TIME || !request_names(&s->req, "page"))
		return 0;
	d->page_size = (int)s->page_size;
	d->numbered = s->page == PAGE_CURSOR_LOOP;
	return 0;
}

static int take_stream(struct manifest *m, const struct json *v, int i)
{
	struct stream *s = &m->streams[i];
	struct stream_desc *d = &m->stream_desc[i];
	int rc;

	s->req = (struct request){.method = "GET", .body = NO_JQ};
	s->when = s->map = NO_JQ;
	rc = load_request(m, v, &s->req);
	if (rc == 0)
		rc = take_page(m, v, s);
	if (rc == 0)
		rc = take_cursor(m, v, s, d);
	if (rc == 0)
		rc = take_trigger(m, v, d);
	if (rc == 0)
		rc = take_size(m, v, s, d);
	if (rc == 0)
		rc = take_entity(m, v, d);
	if (rc == 0)
		rc = load_jq(m, v, "when", &s->when);
	if (rc == 0)
		rc = load_jq(m, v, "map", &s->map);
	return rc;
}

int load_streams(struct manifest *m, const struct json *root)
{
	const struct json *o = json_get(root, "streams"), *v;
	int n = (int)json_len(o), rc = 0;

	m->streams = load_many(m, (size_t)n, sizeof(*m->streams));
	m->stream_desc = load_many(m, (size_t)n, sizeof(*m->stream_desc));
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

static int take_once(
	struct manifest *m, const struct json *v, struct opcap *cap)
{
	const struct json *o = json_get(v, "once");

	if (!o)
		return 0;
	cap->once = (enum once_by)load_word_index(
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
	return load_stream_name(m, o, "stream", &cap->look_stream);
}

static int take_cap(struct manifest *m, const struct json *v, struct opcap *cap)
{
	const char *policy = json_get_str(v, "on_conflict");
	int rc;

	if (policy)
		cap->policy = (enum conflict_policy)load_word_index(
			policy_names, policy);
	cap->drop_if_older_s =
		json_get_int(v, "drop_if_older_s", cap->drop_if_older_s);
	rc = take_once(m, v, cap);
	if (rc == 0)
		rc = load_stream_name(m, v, "first", &cap->first);
	if (rc == 0)
		rc = load_stream_name(m, v, "verify", &cap->refetch_stream);
	if (rc < 0)
		return rc;
	cap->refetch = cap->refetch_stream != NULL;
	if (cap->refetch &&
		m->stream_desc[manifest_stream(m, cap->refetch_stream)].by ==
			BY_TIME)
		return manifest_err(m, json_get(v, "verify"),
			"`verify` needs a stream by touch or by key");
	if (cap->once == ONCE_PRECONDITION && !cap->refetch)
		return manifest_err(
			m, v, "once by precondition needs `verify`");
	return 0;
}

static void set_versioned(const struct action *a, struct opcap *cap)
{
	for (int i = 0; i < a->req.headers.n; i++)
		if (a->req.headers.v[i].tpl &&
			template_each(
				a->req.headers.v[i].tpl, sees_version, NULL))
			cap->versioned = 1;
	for (int i = 0; i < a->req.query.n; i++)
		if (a->req.query.v[i].tpl &&
			template_each(
				a->req.query.v[i].tpl, sees_version, NULL))
			cap->versioned = 1;
}

static int take_confirm(
	struct manifest *m, const struct json *v, struct action *a)
{
	const struct json *c = json_get(v, "confirm");
	int rc;

	if (!c)
		return 0;
	a->has_confirm = 1;
	rc = load_step(m, c, &a->confirm);
	if (rc == 0 && a->confirm.ok == NO_JQ)
		rc = manifest_err(m, c, "`ok` is missing in `confirm`");
	return rc;
}

static int take_action_jq(
	struct manifest *m, const struct json *v, struct action *a)
{
	const struct {
		const char *key;
		int *out;
	} jqs[] = {{"ok", &a->ok}, {"result", &a->result},
		{"version", &a->version}, {"marker", &a->marker},
		{"refused_message", &a->refused}};
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(jqs) && rc == 0; i++)
		rc = load_jq(m, v, jqs[i].key, jqs[i].out);
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
		return manifest_err(m, v, "`%s` is no operation", json_key(v));
	*a = (struct action){.req.body = NO_JQ,
		.ok = NO_JQ,
		.result = NO_JQ,
		.version = NO_JQ,
		.marker = NO_JQ,
		.refused = NO_JQ};
	m->caps[i] = (struct opcap){
		.once = ONCE_ASK, .policy = POLICY_ASK, .settle_s = 60};
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
		rc = load_request(m, v, &a->req);
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

int load_ops(struct manifest *m, const struct json *root)
{
	const struct json *o = json_get(root, "ops"), *v;
	int rc = 0, n = 0;

	m->actions = load_many(m, json_len(o), sizeof(*m->actions));
	m->caps = load_many(m, json_len(o), sizeof(*m->caps));
	m->desc.ops = m->caps;
	for (v = json_first(o); v && rc == 0; v = json_next(v))
		rc = take_op(m, v, n++);
	return rc;
}

int load_file(struct manifest *m, const struct json *root)
{
	const struct json *f = json_get(root, "file");

	if (!f)
		return 0;
	m->has_file = 1;
	m->file_spec.req = (struct request){.method = "GET", .body = NO_JQ};
	m->file_spec.json_member = json_get_str(f, "json");
	m->file_spec.base64 = json_get(f, "encoding") != NULL;
	return load_request(m, f, &m->file_spec.req);
}
