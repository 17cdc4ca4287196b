/* SPDX-License-Identifier: MIT */
/*
 * From an answer and what the filters made of it to the job's result. The
 * manifest's error rules speak first, then the status (outcome.c), then `ok`
 * and what must be in the answer of a write. A doubt about a write is
 * "unknown", never "it worked" and never "try again".
 */
#include "interp_priv.h"
#include "b64.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/base/timefmt.h"

#define MAX_WAIT_MS 3600000

/* --- what is asked of the filters ----------------------------------------- */

struct wants {
	struct want *w;
	int n;
	int *slot;
};

static void ask_for(
	struct wants *x, enum answer_slot at, int filter, enum wire_want mode)
{
	x->slot[at] = -1;
	if (filter == NO_JQ)
		return;
	x->slot[at] = x->n;
	x->w[x->n++] = (struct want){filter, mode};
}

static const struct step *step_of(
	const struct interp *c, const struct pending *p)
{
	switch (p->ask) {
	case ASK_PROBE:
		return &c->m->probe.v[p->step];
	case ASK_LOGIN:
		return &c->m->login.v[p->step];
	case ASK_CONFIRM:
		return &c->m->actions[p->step].confirm;
	default:
		return NULL;
	}
}

static void want_pull(
	const struct interp *c, const struct pending *p, struct wants *x)
{
	const struct stream *s = &c->m->streams[p->job.stream];

	ask_for(x, AS_MAP, s->map, WANT_RECORDS);
	ask_for(x, AS_CURSOR, s->cursor_from, WANT_VALUE);
	ask_for(x, AS_FROM, s->page_from, WANT_VALUE);
	ask_for(x, AS_UNTIL, s->page_until, WANT_VALUE);
}

static void want_op(
	const struct interp *c, const struct pending *p, struct wants *x)
{
	const struct action *a = &c->m->actions[p->step];

	ask_for(x, AS_OK, a->ok, WANT_VALUE);
	ask_for(x, AS_RESULT, a->result, WANT_VALUE);
	ask_for(x, AS_VERSION, a->version, WANT_VALUE);
	ask_for(x, AS_MARKER, a->marker, WANT_VALUE);
	ask_for(x, AS_REFUSED, a->refused, WANT_VALUE);
}

int answer_wants(const struct interp *c, struct pending *p, struct want *w)
{
	struct wants x = {.w = w, .slot = p->slot};
	const struct step *s = step_of(c, p);

	for (int i = 0; i < AS_COUNT; i++)
		p->slot[i] = -1;
	ask_for(&x, AS_ERROR, c->m->errors_filter, WANT_VALUE);
	if (p->ask == ASK_PULL)
		want_pull(c, p, &x);
	if (p->ask == ASK_OP)
		want_op(c, p, &x);
	if (s) {
		ask_for(&x, AS_OK, s->ok, WANT_VALUE);
		ask_for(&x, AS_SAVE, s->save, WANT_VALUE);
		ask_for(&x, AS_ME, s->me, WANT_VALUE);
	}
	return x.n;
}

/* --- reading values ------------------------------------------------------- */

static int asked(const struct pending *p, enum answer_slot at)
{
	return p->slot[at] >= 0;
}

/* The value's document, NULL for null, nothing, failure and nonsense. */
static struct json_doc *value_doc(
	const struct pending *p, const struct mapped *m, enum answer_slot at)
{
	struct json_doc *doc;
	int i = p->slot[at];

	if (i < 0 || m->v[i].status != WIRE_OK)
		return NULL;
	if (json_parse(m->v[i].p, m->v[i].len, &json_limits_wire, &doc) < 0)
		return NULL;
	if (json_is_null(json_root(doc))) {
		json_free(doc);
		return NULL;
	}
	return doc;
}

static int value_true(
	const struct pending *p, const struct mapped *m, enum answer_slot at)
{
	struct json_doc *d = value_doc(p, m, at);
	int yes = d && !(json_type(json_root(d)) == JSON_BOOL &&
			       !json_bool(json_root(d), 0));

	json_free(d);
	return yes;
}

/* Texts, and whole numbers as texts. New string or NULL. */
static char *text_of(const struct json *v)
{
	int64_t i;

	if (json_str(v))
		return json_str(v)[0] ? xstrdup(json_str(v)) : NULL;
	if (json_type(v) == JSON_NUMBER && json_int(v, &i))
		return xasprintf("%lld", (long long)i);
	return NULL;
}

static char *value_text(
	const struct pending *p, const struct mapped *m, enum answer_slot at)
{
	struct json_doc *d = value_doc(p, m, at);
	char *s = d ? text_of(json_root(d)) : NULL;

	json_free(d);
	return s;
}

static const char *failure_of(
	const struct pending *p, const struct mapped *m, enum answer_slot at)
{
	int i = p->slot[at];

	return i >= 0 && m->v[i].status == WIRE_ERROR ? m->v[i].p : NULL;
}

/* --- error rules ---------------------------------------------------------- */

static const enum outcome read_class[CLASS_COUNT] = {
	[CLASS_AUTH] = OUT_AUTH,
	[CLASS_RATE] = OUT_RATE,
	[CLASS_RETRY] = OUT_RETRY,
	[CLASS_NOT_EXECUTED] = OUT_RETRY,
	[CLASS_CONFLICT] = OUT_RETRY,
	[CLASS_GONE] = OUT_GONE,
	[CLASS_REJECT] = OUT_REFUSED,
	[CLASS_RESYNC] = OUT_RESYNC,
	[CLASS_DUPLICATE] = OUT_BROKEN,
	[CLASS_UNKNOWN] = OUT_RETRY,
};

static const enum outcome write_class[CLASS_COUNT] = {
	[CLASS_AUTH] = OUT_AUTH,
	[CLASS_RATE] = OUT_RATE,
	[CLASS_RETRY] = OUT_RETRY,
	[CLASS_NOT_EXECUTED] = OUT_RETRY,
	[CLASS_CONFLICT] = OUT_CONFLICT,
	[CLASS_GONE] = OUT_GONE,
	[CLASS_REJECT] = OUT_REFUSED,
	[CLASS_RESYNC] = OUT_REFUSED,
	[CLASS_DUPLICATE] = OUT_DUPLICATE,
	[CLASS_UNKNOWN] = OUT_UNKNOWN,
};

static enum outcome class_outcome(const struct pending *p, enum err_class k)
{
	if (!ask_is_write(p))
		return read_class[k];
	/* "try again" is no promise that a server in trouble did nothing;
	 * "not_executed" is one */
	if (k == CLASS_RETRY && p->status >= 500)
		return OUT_UNKNOWN;
	return write_class[k];
}

static void set_wait(struct pending *p, const struct json *w)
{
	struct buf b = BUF_INIT;
	double s = -1;

	if (w && (json_type(w) == JSON_NUMBER || json_str(w))) {
		if (json_str(w))
			buf_adds(&b, json_str(w));
		else
			json_print(&b, w);
		s = strtod(buf_str(&b), NULL);
	}
	buf_fini(&b);
	p->r.wait_ms = p->retry_after_ms;
	if (w && s >= 0 && s < 1e9)
		p->r.wait_ms = (int64_t)(s * 1000);
	if (p->r.wait_ms > MAX_WAIT_MS)
		p->r.wait_ms = MAX_WAIT_MS;
}

/* A rule that matched: 1 and the outcome with words. */
static int by_rule(const struct interp *c, struct pending *p,
	const struct mapped *m, enum outcome *out, char **words)
{
	struct json_doc *d = value_doc(p, m, AS_ERROR);
	int64_t i = d ? json_get_int(json_root(d), "c", -1) : -1;

	if (i < 0 || i >= c->m->n_errors) {
		json_free(d);
		return 0;
	}
	*out = class_outcome(p, c->m->errors[i].class);
	*words = text_of(json_get(json_root(d), "m"));
	if (*out == OUT_RATE)
		set_wait(p, json_get(json_root(d), "w"));
	json_free(d);
	return 1;
}

/* The outcome by rules and status alone, and words for it. */
static enum outcome first_look(const struct interp *c, struct pending *p,
	const struct mapped *m, char **words)
{
	enum outcome o;

	*words = NULL;
	if (by_rule(c, p, m, &o, words)) {
		if (!*words)
			*words = xasprintf("HTTP %d", p->status);
		return o;
	}
	o = ask_is_write(p) ? outcome_of_write(1, 1, p->status)
			    : outcome_of_read(1, 1, p->status);
	if (o == OUT_RATE)
		set_wait(p, NULL);
	if (o != OUT_OK && o != OUT_ACCEPTED)
		*words = xasprintf("HTTP %d", p->status);
	return o;
}

/* --- pulls ---------------------------------------------------------------- */

/* A cursor as the engine keeps it; 0 and NULL: unchanged. */
static int cursor_of(const struct interp *c, const struct pending *p,
	const struct mapped *m, char **out)
{
	const struct stream_desc *d = &c->m->stream_desc[p->job.stream];
	char *s = value_text(p, m, AS_CURSOR);
	const char *why = failure_of(p, m, AS_CURSOR);
	int64_t ms;
	int rc = 0;

	*out = NULL;
	if (why) {
		free(s);
		return err_set(E_PROTO, "cursor: %s", why);
	}
	if (!s)
		return 0;
	if (d->cursor == CUR_TIME) {
		rc = time_parse(s, strlen(s), c->m->zone_min, &ms);
		free(s);
		s = rc == 0 ? xasprintf("%lld", (long long)ms) : NULL;
	} else if (d->cursor == CUR_INT && s[strspn(s, "0123456789")]) {
		rc = err_set(E_PROTO, "cursor: `%s` is not a number", s);
		FREE(&s);
	}
	*out = s;
	return rc;
}

/* An address in an answer, only on the server that we talk to. */
static char *same_origin(const struct interp *c, const char *s)
{
	const char *host = strstr(c->base_url, "://") + 3;
	char *url;

	if (*s == '/' && s[1] != '/')
		url = xasprintf("%.*s%s",
			(int)(host + strcspn(host, "/") - c->base_url),
			c->base_url, s);
	else
		url = xstrdup(s);
	if (!url_same_origin(url, c->base_url)) {
		free(url);
		return NULL;
	}
	return url;
}

/* The next position by the kind of paging; NULL: the end. */
static int next_page(const struct interp *c, const struct pending *p,
	const struct mapped *m, const char *cursor, char **out)
{
	const struct stream *s = &c->m->streams[p->job.stream];
	int64_t at = p->page ? strtoll(p->page, NULL, 10) : s->page_start;
	char *from;

	*out = NULL;
	if (failure_of(p, m, AS_UNTIL) || failure_of(p, m, AS_FROM))
		return err_set(E_PROTO, "page: %s",
			failure_of(p, m, AS_UNTIL) ? failure_of(p, m, AS_UNTIL)
						   : failure_of(p, m, AS_FROM));
	if (s->page == PAGE_NONE ||
		(asked(p, AS_UNTIL) && value_true(p, m, AS_UNTIL)))
		return 0;
	switch (s->page) {
	case PAGE_NUMBER:
		*out = xasprintf("%lld", (long long)at + 1);
		return 0;
	case PAGE_OFFSET:
		*out = xasprintf("%lld", (long long)(at + s->page_size));
		return 0;
	case PAGE_CURSOR_LOOP:
		*out = xstrdup_null(cursor);
		break;
	case PAGE_TOKEN:
		*out = value_text(p, m, AS_FROM);
		break;
	case PAGE_NEXT_URL:
		from = value_text(p, m, AS_FROM);
		*out = from ? same_origin(c, from) : NULL;
		if (from && !*out)
			err_set(E_PROTO,
				"the next page is on another server: %s", from);
		free(from);
		if (!*out && from)
			return E_PROTO;
		break;
	case PAGE_NONE:
		break;
	}
	if (s->page == PAGE_CURSOR_LOOP && !*out)
		return err_set(
			E_PROTO, "the listing goes on, but there is no cursor");
	if (*out && ((p->page && strcmp(*out, p->page) == 0) ||
			    (s->page == PAGE_CURSOR_LOOP && p->cursor &&
				    strcmp(*out, p->cursor) == 0))) {
		FREE(out);
		return err_set(E_PROTO, "the listing does not move on");
	}
	return 0;
}

/* Positions carry the cursor of their run: the engine gives back only them. */
static char *pack_page(
	const struct interp *c, const struct pending *p, char *page)
{
	const struct stream *s = &c->m->streams[p->job.stream];
	char *packed;

	if (!page || s->page == PAGE_CURSOR_LOOP)
		return page;
	packed =
		xasprintf("%s%c%s", p->cursor ? p->cursor : "", PAGE_SEP, page);
	free(page);
	return packed;
}

static void take_pull(struct interp *c, struct pending *p, struct mapped *m)
{
	char *words, *cursor = NULL, *page = NULL;
	enum outcome o = first_look(c, p, m, &words);
	int i = p->slot[AS_MAP], rc;

	if (o != OUT_OK) {
		job_finish(c, p, o, "%s", words);
		free(words);
		return;
	}
	if (m->body_why) {
		job_finish(c, p, OUT_BROKEN, "%s", m->body_why);
		return;
	}
	if (m->v[i].status == WIRE_ERROR) {
		job_finish(c, p, OUT_BROKEN, "map: %s", m->v[i].p);
		return;
	}
	rc = recs_unpack(m->v[i].p, m->v[i].len, &p->r.recs);
	if (rc == 0)
		rc = cursor_of(c, p, m, &cursor);
	if (rc == 0)
		rc = next_page(c, p, m, cursor, &page);
	p->r.cursor = cursor;
	p->r.page = pack_page(c, p, page);
	if (rc < 0)
		job_finish(c, p, OUT_BROKEN, "%s", err_msg());
	else
		job_finish(c, p, OUT_OK, NULL);
}

/* --- operations ----------------------------------------------------------- */

/* A yes by status: is it one by what the manifest wants to see? */
static enum outcome check_yes(const struct interp *c, struct pending *p,
	const struct mapped *m, enum outcome o, const char **why)
{
	const struct action *a = &c->m->actions[p->step];

	*why = NULL;
	if (m->body_why)
		*why = m->body_why;
	else if (a->ok != NO_JQ && !value_true(p, m, AS_OK))
		*why = _("the answer does not say that it was done");
	else if (a->result != NO_JQ && !p->r.result_rid)
		*why = _("the answer has no id");
	return *why ? OUT_UNKNOWN : o;
}

static void take_op(struct interp *c, struct pending *p, struct mapped *m)
{
	const struct action *a = &c->m->actions[p->step];
	char *words, *said;
	const char *why;
	enum outcome o = first_look(c, p, m, &words);

	if (o == OUT_AUTH && job_relogin(c, p)) {
		free(words);
		return;
	}
	if (o != OUT_OK && o != OUT_ACCEPTED && o != OUT_DUPLICATE) {
		job_finish(c, p, o, "%s", words);
		free(words);
		return;
	}
	p->r.result_rid = value_text(p, m, AS_RESULT);
	p->r.version = value_text(p, m, AS_VERSION);
	p->r.marker = value_text(p, m, AS_MARKER);
	said = value_text(p, m, AS_REFUSED);
	if (o != OUT_DUPLICATE)
		o = check_yes(c, p, m, o, &why);
	else
		why = NULL;
	p->r.message = said ? said : xstrdup_null(why ? why : words);
	free(words);
	if (o == OUT_OK && a->has_confirm)
		job_next(c, p, ASK_CONFIRM, p->step);
	else
		job_finish(c, p, o, NULL);
}

/* The write is done; this reads whether it had its effect. */
static void take_confirm(struct interp *c, struct pending *p, struct mapped *m)
{
	char *words;
	enum outcome o = first_look(c, p, m, &words);

	if (o != OUT_OK || m->body_why)
		job_finish(c, p, OUT_UNKNOWN, NULL);
	else if (value_true(p, m, AS_OK))
		job_finish(c, p, OUT_OK, NULL);
	else
		job_finish(c, p, OUT_REFUSED, NULL);
	free(words);
}

/* --- steps ---------------------------------------------------------------- */

static void merge_saved(struct pending *p, const struct json *add)
{
	struct json_doc *old = NULL;
	struct buf b = BUF_INIT;
	struct jw w;

	if (p->r.saved)
		(void)!json_parse(p->r.saved, strlen(p->r.saved),
			&json_limits_wire, &old);
	jw_init(&w, &b);
	jw_obj(&w);
	for (const struct json *v = json_first(old ? json_root(old) : NULL); v;
		v = json_next(v))
		if (!json_get(add, json_key(v))) {
			jw_key(&w, json_key(v));
			jw_json(&w, v);
		}
	for (const struct json *v = json_first(add); v; v = json_next(v)) {
		jw_key(&w, json_key(v));
		jw_json(&w, v);
	}
	jw_obj_end(&w);
	json_free(old);
	free(p->r.saved);
	p->r.saved = buf_take(&b);
}

static void keep_saved(
	struct interp *c, struct pending *p, const struct mapped *m)
{
	struct json_doc *d = value_doc(p, m, AS_SAVE);
	char *me = value_text(p, m, AS_ME);

	if (d && json_type(json_root(d)) == JSON_OBJECT) {
		if (p->ask == ASK_LOGIN)
			session_set(c, json_root(d));
		merge_saved(p, json_root(d));
	}
	json_free(d);
	if (me) {
		free(p->r.me);
		p->r.me = me;
	}
}

/* What a step that need not work may end with. */
static int is_refusal(enum outcome o)
{
	return o == OUT_REFUSED || o == OUT_GONE;
}

static void take_step(struct interp *c, struct pending *p, struct mapped *m)
{
	const struct step *s = step_of(c, p);
	const char *failed = failure_of(p, m, AS_SAVE);
	char *words;
	enum outcome o = first_look(c, p, m, &words);

	if (o == OUT_AUTH && p->ask != ASK_LOGIN && job_relogin(c, p)) {
		free(words);
		return;
	}
	if (!failed)
		failed = failure_of(p, m, AS_ME);
	if (s->optional && p->ask == ASK_PROBE && is_refusal(o))
		job_next(c, p, p->ask, p->step + 1);
	else if (o != OUT_OK)
		job_finish(c, p, o, "%s", words);
	else if (m->body_why)
		job_finish(c, p, OUT_BROKEN, "%s", m->body_why);
	else if (s->ok != NO_JQ && !value_true(p, m, AS_OK))
		job_finish(c, p, p->ask == ASK_LOGIN ? OUT_AUTH : OUT_BROKEN,
			"%s",
			p->ask == ASK_LOGIN
				? _("the server did not accept the login")
				: _("the answer is not of this kind of "
				    "backend"));
	else if (failed)
		job_finish(c, p, OUT_BROKEN, "%s", failed);
	else {
		keep_saved(c, p, m);
		job_next(c, p, p->ask, p->step + 1);
	}
	free(words);
}

/* --- files ---------------------------------------------------------------- */

static int file_bytes(
	const struct file_spec *f, const struct net_resp *r, struct buf *out)
{
	struct json_doc *d;
	const char *s;
	int rc;

	if (!f->json_member) {
		buf_add(out, r->body ? r->body : "", r->body_len);
		return 0;
	}
	rc = json_parse(
		r->body ? r->body : "", r->body_len, &json_limits_wire, &d);
	if (rc < 0)
		return rc;
	s = json_get_str(json_root(d), f->json_member);
	if (!s)
		rc = err_set(E_PROTO, "the answer has no `%s`", f->json_member);
	else if (f->base64)
		rc = b64_decode(out, s);
	else
		buf_adds(out, s);
	json_free(d);
	return rc;
}

/* A whole answer with status 200: the bytes never see a filter. */
int answer_file(struct interp *c, struct pending *p, struct net_resp *r)
{
	struct buf b = BUF_INIT;
	int rc;

	if (r->status != 200)
		return 0;
	rc = file_bytes(&c->m->file_spec, r, &b);
	if (rc == 0)
		rc = file_write(p->job.file_path, buf_str(&b), b.len);
	buf_fini(&b);
	if (rc < 0)
		job_finish(c, p, rc == E_PROTO ? OUT_BROKEN : OUT_RETRY, "%s",
			err_msg());
	else
		job_finish(c, p, OUT_OK, NULL);
	return 1;
}

static void take_file_error(
	struct interp *c, struct pending *p, struct mapped *m)
{
	char *words;
	enum outcome o = first_look(c, p, m, &words);

	if (o != OUT_AUTH || !job_relogin(c, p))
		job_finish(c, p, o == OUT_OK ? OUT_BROKEN : o, "%s",
			words ? words : "");
	free(words);
}

/* --- the face ------------------------------------------------------------- */

/* The mapping process gave nothing: what the status alone says. */
static void take_failed(
	struct interp *c, struct pending *p, const struct mapped *m)
{
	enum outcome o;

	if (p->ask == ASK_CONFIRM) {
		job_finish(c, p, OUT_UNKNOWN, NULL);
		return;
	}
	if (!ask_is_write(p)) {
		job_finish(c, p, OUT_BROKEN, "%s", m->failed);
		return;
	}
	o = outcome_of_write(1, 1, p->status);
	if (o == OUT_RATE)
		set_wait(p, NULL);
	job_finish(c, p, o == OUT_OK || o == OUT_ACCEPTED ? OUT_UNKNOWN : o,
		"%s", m->failed);
}

void answer_take(struct interp *c, struct pending *p, struct mapped *m)
{
	p->r.http = p->status;
	if (m->failed) {
		take_failed(c, p, m);
		return;
	}
	switch (p->ask) {
	case ASK_PULL:
		take_pull(c, p, m);
		break;
	case ASK_OP:
		take_op(c, p, m);
		break;
	case ASK_CONFIRM:
		take_confirm(c, p, m);
		break;
	case ASK_PROBE:
	case ASK_LOGIN:
		take_step(c, p, m);
		break;
	case ASK_FILE:
		take_file_error(c, p, m);
		break;
	}
}

/* No whole answer. `sent` decides everything for a write. */
void answer_fault(struct interp *c, struct pending *p, struct net_resp *r)
{
	int sent = r->fault != NET_NOT_SENT && r->fault != NET_BAD_TLS;
	enum outcome o;

	p->r.http = r->status;
	if (p->ask == ASK_CONFIRM)
		o = OUT_UNKNOWN;
	else if (r->fault == NET_REDIRECT)
		o = OUT_REFUSED;
	else if (ask_is_write(p))
		o = outcome_of_write(sent, 0, r->status);
	else if (r->fault == NET_TOO_BIG)
		o = OUT_BROKEN;
	else
		o = outcome_of_read(sent, 0, r->status);
	job_finish(c, p, o, "%s", r->error ? r->error : "");
}
