/* SPDX-License-Identifier: MIT */
/*
 * Builds the arguments of operations. One builder per operation, a table of
 * them; names are looked up in the cache, so that a mistyped colleague or
 * queue is found before anything is queued. It writes nothing.
 */
#include "galley/app/opargs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/timefmt.h"

struct build {
	struct session *s;
	int connector;
	int64_t now_ms;
	int zone_min;
	const struct opargs *in;
	struct jw *w;
};

/* --- names to remote ids -------------------------------------------------- */

static int no_ref(
	struct session *s, enum entity e, int connector, const char *name)
{
	return err_set(E_INPUT,
		_("no %s \"%s\" at %s; `galley sync` may bring it"),
		entity_word(e), name, session_connector_name(s, connector));
}

static int same_word(const struct val *v, const char *name)
{
	return v && v->kind == VAL_TEXT && !strcasecmp(v->s, name);
}

/* Does one of the row's names equal `name`? */
static int row_is(const struct row *r, enum entity e, const char *name)
{
	if (e == ENT_AGENT)
		return same_word(row_get(r, FID_AGENT_LOGIN), name) ||
		       same_word(row_get(r, FID_AGENT_NAME), name) ||
		       same_word(row_get(r, FID_AGENT_EMAIL), name);
	if (e == ENT_CUSTOMER)
		return same_word(row_get(r, FID_CUSTOMER_NAME), name);
	return same_word(row_get(r, FID_QUEUE_NAME), name);
}

static int ref_by_name(struct session *s, struct store_ro *ro, enum entity e,
	int connector, const char *name, char **rid)
{
	char *text;
	struct query *q;
	struct rows rows;
	int rc, found = -1, n = 0;

	if (strpbrk(name, "\"\\"))
		return no_ref(s, e, connector, name);
	text = e == ENT_AGENT
		       ? xasprintf(
				 "login:\"%s\" OR name:\"%s\" OR email:\"%s\"",
				 name, name, name)
		       : xasprintf("name:\"%s\"", name);
	rc = query_parse(text, e, 0, 0, &q);
	free(text);
	if (rc < 0)
		return rc;
	rc = store_query(ro, q, session_me(s), 200, NULL, &rows);
	query_free(q);
	if (rc < 0)
		return rc;
	for (int i = 0; i < rows.n; i++)
		if (rows.v[i].connector == connector && rows.v[i].rid &&
			row_is(&rows.v[i], e, name)) {
			found = i;
			n++;
		}
	if (n == 1)
		*rid = xstrdup(rows.v[found].rid);
	rows_free(&rows);
	if (n == 1)
		return 0;
	return n ? err_set(E_INPUT,
			   _("%d times %s \"%s\" at %s; name it by its id"), n,
			   entity_word(e), name,
			   session_connector_name(s, connector))
		 : no_ref(s, e, connector, name);
}

int session_ref(struct session *s, enum entity e, int connector,
	const char *name, char **rid)
{
	struct store_ro *ro;
	struct rows rows;
	int rc = session_ro(s, &ro);

	if (rc < 0)
		return rc;
	if (e == ENT_AGENT && !strcmp(name, "me")) {
		const char *me = session_me_rid(s, connector);

		if (!me)
			return err_set(E_INPUT,
				_("%s has not said who you are; run `galley sync`"),
				session_connector_name(s, connector));
		*rid = xstrdup(me);
		return 0;
	}
	if (e == ENT_AGENT && !strcmp(name, "none"))
		name = "Nobody";
	rc = store_row_rid(ro, e, connector, name, &rows);
	if (rc == 0) {
		*rid = xstrdup(rows.v[0].rid);
		rows_free(&rows);
		return 0;
	}
	if (rc != E_NOTFOUND)
		return rc;
	return ref_by_name(s, ro, e, connector, name, rid);
}

static int put_ref(
	struct build *b, const char *key, enum entity e, const char *name)
{
	char *rid;
	int rc = session_ref(b->s, e, b->connector, name, &rid);

	if (rc < 0)
		return rc;
	jw_kstr(b->w, key, rid);
	free(rid);
	return 0;
}

/* A customer is an address, or somebody known. */
static int put_customer(struct build *b, const char *name)
{
	if (strchr(name, '@')) {
		jw_kstr(b->w, "customer", name);
		return 0;
	}
	return put_ref(b, "customer", ENT_CUSTOMER, name);
}

/* Another ticket of the same connector. */
static int put_ticket(struct build *b, const char *key, const char *name)
{
	struct store_ro *ro;
	struct rows rows;
	int64_t id;
	int connector,
		rc = session_find(b->s, ENT_TICKET, name, &id, &connector);

	if (rc == 0 && connector != b->connector)
		return err_set(E_INPUT, _("%s is at %s, not at %s"), name,
			session_connector_name(b->s, connector),
			session_connector_name(b->s, b->connector));
	if (rc == 0)
		rc = session_ro(b->s, &ro);
	if (rc == 0)
		rc = store_row(ro, ENT_TICKET, id, &rows);
	if (rc < 0)
		return rc;
	if (rows.v[0].rid)
		jw_kstr(b->w, key, rows.v[0].rid);
	else
		rc = err_set(E_INPUT,
			_("%s has not been sent yet; send it first"), name);
	rows_free(&rows);
	return rc;
}

/* --- field=value ---------------------------------------------------------- */

static int parse_when(const struct build *b, const char *v, int64_t *out)
{
	int plus = v[0] == '+';
	int64_t t;

	if (time_span_parse(v + plus, strlen(v + plus), &t) == 0) {
		*out = b->now_ms + t;
		return 0;
	}
	if (time_parse(v, strlen(v), b->zone_min, out) == 0)
		return 0;
	return err_set(E_INPUT,
		_("\"%s\" is no time; write 2026-11-30, \"2026-11-30 18:00\" or 2d (in two days)"),
		v);
}

static int put_number(
	struct build *b, const struct field_desc *f, const char *v)
{
	char *end;
	long long n = strtoll(v, &end, 10);

	if (!*v || *end)
		return err_set(E_INPUT, _("%s takes a number, not \"%s\""),
			f->name, v);
	jw_kint(b->w, f->name, n);
	return 0;
}

static int put_field(struct build *b, const struct field_desc *f, const char *v)
{
	int64_t t;
	int rc;

	if (!*v || (!strcmp(v, "none") && field_ref(f->type) == ENT_COUNT)) {
		jw_key(b->w, f->name);
		jw_null(b->w);
		return 0;
	}
	if (field_ref(f->type) != ENT_COUNT)
		return put_ref(b, f->name, field_ref(f->type), v);
	switch (f->type) {
	case FT_TIME:
		rc = parse_when(b, v, &t);
		if (rc == 0)
			jw_kint(b->w, f->name, t);
		return rc;
	case FT_INT:
		return put_number(b, f, v);
	case FT_BOOL:
		jw_kint(b->w, f->name, !strcmp(v, "yes") || !strcmp(v, "1"));
		return 0;
	case FT_SET:
		return err_set(E_INPUT, _("%s is changed with `galley tags`"),
			f->name);
	default:
		jw_kstr(b->w, f->name, v);
		return 0;
	}
}

static int no_field(enum entity e, const char *name)
{
	const struct entity_desc *d = entity_desc(e);
	struct buf b = BUF_INIT;
	int rc;

	for (int i = 0; i < d->n_fields; i++)
		if ((d->fields[i].flags & FF_EDIT) &&
			d->fields[i].type != FT_SET &&
			d->fields[i].type != FT_JSON)
			buf_addf(&b, "%s, ", d->fields[i].name);
	rc = err_set(E_INPUT,
		_("\"%s\" is no field that can be set; these can: %scf.NAME"),
		name, buf_str(&b));
	buf_fini(&b);
	return rc;
}

static int put_set(struct build *b, enum entity e, const char *pair)
{
	const char *eq = strchr(pair, '=');
	const struct field_desc *f;
	char *name;
	int rc;

	if (!eq || eq == pair)
		return err_set(E_INPUT, _("\"%s\": write field=value"), pair);
	name = xstrndup(pair, (size_t)(eq - pair));
	f = field_by_name(e, name);
	if (!strncmp(name, "cf.", 3) && name[3]) {
		jw_kstr(b->w, name, eq + 1);
		rc = 0;
	} else if (!f || !(f->flags & FF_EDIT) || f->type == FT_JSON) {
		rc = no_field(e, name);
	} else {
		rc = put_field(b, f, eq + 1);
	}
	free(name);
	return rc;
}

static int put_sets(struct build *b, enum entity e)
{
	int rc = 0;

	if (!b->in->n_sets)
		return 0;
	jw_key(b->w, "set");
	jw_obj(b->w);
	for (int i = 0; rc == 0 && i < b->in->n_sets; i++)
		rc = put_set(b, e, b->in->sets[i]);
	jw_obj_end(b->w);
	return rc;
}

static void put_list(
	struct build *b, const char *key, const char *const *v, int n)
{
	jw_key(b->w, key);
	jw_arr(b->w);
	for (int i = 0; i < n; i++)
		jw_str(b->w, v[i]);
	jw_arr_end(b->w);
}

static int put_minutes(struct build *b, const char *key, const char *v)
{
	int64_t ms;
	char *end;
	long long n = strtoll(v, &end, 10);

	if (*v && *end && time_span_parse(v, strlen(v), &ms) == 0)
		n = ms / 60000;
	else if (!*v || *end)
		n = 0;
	if (n < 1 || n > 100000)
		return err_set(E_INPUT,
			_("\"%s\" is no working time; write 15, 15min or 2h"),
			v);
	jw_kint(b->w, key, n);
	return 0;
}

static void put_text(struct build *b, const char *key, const char *v)
{
	if (v)
		jw_kstr(b->w, key, v);
}

/* --- one builder per operation -------------------------------------------- */

static int build_message(struct build *b)
{
	put_text(b, "text", b->in->text);
	put_text(b, "cc", b->in->cc);
	put_text(b, "status", b->in->status);
	return b->in->minutes ? put_minutes(b, "time_min", b->in->minutes) : 0;
}

static int build_set(struct build *b)
{
	return put_sets(b, ENT_TICKET);
}

static int build_none(struct build *b)
{
	(void)b;
	return 0;
}

static int build_assign(struct build *b)
{
	if (!b->in->owner)
		return err_set(E_INPUT, _("assign it to whom?"));
	return put_ref(b, "owner", ENT_AGENT, b->in->owner);
}

static int build_tags(struct build *b)
{
	if (b->in->n_add)
		put_list(b, "add", b->in->add, b->in->n_add);
	if (b->in->n_remove)
		put_list(b, "remove", b->in->remove, b->in->n_remove);
	return 0;
}

/* kinds of links, as the backends' manifests know them */
static const char *const link_kinds[] = {"refers-to", "referred-by",
	"depends-on", "depended-on-by", "parent", "child"};

static int build_link(struct build *b)
{
	const char *kind = b->in->link_kind ? b->in->link_kind : "refers-to";
	int known = 0;

	for (size_t i = 0; i < ARRAY_SIZE(link_kinds); i++)
		known |= !strcmp(kind, link_kinds[i]);
	if (!known)
		return err_set(E_INPUT,
			_("no link \"%s\"; links are: refers-to, referred-by, depends-on, depended-on-by, parent, child"),
			kind);
	if (!b->in->other)
		return err_set(E_INPUT, _("link it with what?"));
	jw_kstr(b->w, "kind", kind);
	if (strstr(b->in->other, "://")) {
		jw_kstr(b->w, "target", b->in->other);
		return 0;
	}
	return put_ticket(b, "target", b->in->other);
}

static int build_merge(struct build *b)
{
	if (!b->in->other)
		return err_set(E_INPUT, _("merge it into which?"));
	return put_ticket(b, "into", b->in->other);
}

static int build_create(struct build *b)
{
	int rc = 0;

	if (!b->in->queue)
		return err_set(E_INPUT, _("in which queue? --queue NAME"));
	rc = put_ref(b, "queue", ENT_QUEUE, b->in->queue);
	put_text(b, "subject", b->in->subject);
	put_text(b, "text", b->in->text);
	if (rc == 0 && b->in->customer)
		rc = put_customer(b, b->in->customer);
	return rc < 0 ? rc : put_sets(b, ENT_TICKET);
}

static int build_time(struct build *b)
{
	if (!b->in->minutes)
		return err_set(E_INPUT, _("how long? write 15, 15min or 2h"));
	put_text(b, "text", b->in->text);
	return put_minutes(b, "min", b->in->minutes);
}

static int build_status(struct build *b)
{
	put_text(b, "status", b->in->status);
	return 0;
}

static int build_article(struct build *b)
{
	put_text(b, "text", b->in->text);
	put_text(b, "summary", b->in->summary);
	return 0;
}

/* The backend's own name of the case, when it is one of its cases. */
static int put_case_rid(struct build *b)
{
	const char *key = entity_desc(b->in->case_entity)->name;
	struct store_ro *ro;
	struct rows rows;
	int rc = session_ro(b->s, &ro);

	if (rc == 0)
		rc = store_row(ro, b->in->case_entity, b->in->case_id, &rows);
	if (rc < 0)
		return rc;
	if (rows.v[0].rid && rows.v[0].connector == b->connector)
		jw_kstr(b->w, key, rows.v[0].rid);
	rows_free(&rows);
	return 0;
}

static int build_outcome(struct build *b)
{
	char name[64];

	if (!b->in->worked || !b->in->case_id)
		return err_set(E_INPUT, _("in which case did it work?"));
	snprintf(name, sizeof(name), "%s:%lld",
		entity_desc(b->in->case_entity)->name,
		(long long)b->in->case_id);
	jw_kint(b->w, "worked", b->in->worked[0] == '1');
	jw_kstr(b->w, "case", name);
	return put_case_rid(b);
}

static int build_outdated(struct build *b)
{
	put_text(b, "why", b->in->text);
	return 0;
}

static const struct builder {
	enum op_kind kind;
	int (*build)(struct build *);
} builders[] = {
	{OP_TICKET_REPLY, build_message},
	{OP_TICKET_NOTE, build_message},
	{OP_TICKET_SET, build_set},
	{OP_TICKET_TAKE, build_none},
	{OP_TICKET_ASSIGN, build_assign},
	{OP_TICKET_TAGS, build_tags},
	{OP_TICKET_LINK, build_link},
	{OP_TICKET_UNLINK, build_link},
	{OP_TICKET_MERGE, build_merge},
	{OP_TICKET_CREATE, build_create},
	{OP_TICKET_TIME, build_time},
	{OP_MESSAGE_SEND, build_message},
	{OP_MESSAGE_NOTE, build_message},
	{OP_CONVERSATION_ASSIGN, build_assign},
	{OP_CONVERSATION_STATUS, build_status},
	{OP_CONVERSATION_TAGS, build_tags},
	{OP_CONVERSATION_READ, build_none},
	{OP_ARTICLE_EDIT, build_article},
	{OP_ARTICLE_OUTCOME, build_outcome},
	{OP_ARTICLE_OUTDATED, build_outdated},
	{OP_AGENT_PRESENCE, build_status},
};

static int check(enum op_kind kind, const struct buf *json)
{
	struct json_doc *d;
	int rc = json_parse(buf_str(json), json->len, &json_limits_wire, &d);

	if (rc < 0)
		return rc;
	rc = op_validate(kind, json_root(d));
	json_free(d);
	return rc;
}

int opargs_build(struct session *s, enum op_kind kind, int connector,
	int64_t now_ms, int zone_min, const struct opargs *in, struct buf *out)
{
	struct buf json = BUF_INIT;
	struct jw w;
	struct build b = {s, connector, now_ms, zone_min, in, &w};
	int rc = err_set(E_BUG, "no builder for operation %d", kind);

	jw_init(&w, &json);
	jw_obj(&w);
	for (size_t i = 0; i < ARRAY_SIZE(builders); i++)
		if (builders[i].kind == kind)
			rc = builders[i].build(&b);
	if (rc == 0) {
		jw_obj_end(&w);
		rc = check(kind, &json);
	}
	if (rc == 0)
		buf_add(out, json.p, json.len);
	buf_fini(&json);
	return rc;
}

const struct op_desc *opargs_kind(const char *word)
{
	char *full;
	const struct op_desc *d = op_by_name(word);

	if (d)
		return d;
	full = xasprintf("ticket.%s", word);
	d = op_by_name(full);
	free(full);
	return d;
}
