/* SPDX-License-Identifier: MIT */
/*
 * What operations are: their table, what their arguments must look like, what
 * they do to a row while they are open, and which must wait for which. Pure;
 * the outbox is the store's, the sending is the engine's.
 */
#include "galley/model/op.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/timefmt.h"

static const struct op_desc ops[] = {
#define OP(sym, nm, ent, cl, fl, lb)                                           \
	[OP_##sym] = {.kind = OP_##sym,                                        \
		.name = nm,                                                    \
		.target = ENT_##ent,                                           \
		.cls = OPC_##cl,                                               \
		.flags = fl,                                                   \
		.label = lb},
#include "galley/model/ops.def"
};

static const char *const state_names[OPS_STATE_COUNT] = {
	[OPS_QUEUED] = "queued",
	[OPS_SENDING] = "sending",
	[OPS_SENT] = "sent",
	[OPS_UNSURE] = "unsure",
	[OPS_HELD] = "held",
	[OPS_DONE] = "done",
	[OPS_CANCELLED] = "cancelled",
};

static const char *const reason_names[OPR_COUNT] = {
	[OPR_NONE] = "",
	[OPR_REFUSED] = "refused",
	[OPR_CONFLICT] = "conflict",
	[OPR_STALE] = "stale",
	[OPR_OLD] = "old",
	[OPR_UNKNOWN] = "unknown",
	[OPR_SEVERAL] = "several",
	[OPR_GONE] = "gone",
	[OPR_ATTEMPTS] = "attempts",
	[OPR_BLOCKED] = "blocked",
};

const struct op_desc *op_desc(enum op_kind k)
{
	assert((unsigned)k < OP_COUNT);
	return &ops[k];
}

const struct op_desc *op_by_name(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		if (strcmp(ops[i].name, name) == 0)
			return &ops[i];
	return NULL;
}

const char *op_state_name(enum op_state s)
{
	assert((unsigned)s < OPS_STATE_COUNT);
	return state_names[s];
}

const char *op_reason_name(enum op_reason r)
{
	assert((unsigned)r < OPR_COUNT);
	return reason_names[r];
}

static int find_name(const char *const *names, size_t n, const char *s)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(names[i], s) == 0)
			return (int)i;
	return -1;
}

int op_state_by_name(const char *s)
{
	return find_name(state_names, OPS_STATE_COUNT, s);
}

int op_reason_by_name(const char *s)
{
	return find_name(reason_names, OPR_COUNT, s);
}

int op_open(enum op_state s)
{
	return s != OPS_DONE && s != OPS_CANCELLED;
}

/* --- arguments --------------------------------------------------------------
 */

enum arg_type { ARG_TEXT, ARG_ID, ARG_INT, ARG_SET, ARG_LIST };

struct arg_rule {
	enum op_kind kind;
	const char *name;
	enum arg_type type;
	int required;
};

static const struct arg_rule rules[] = {
	{OP_TICKET_REPLY, "text", ARG_TEXT, 1},
	{OP_TICKET_REPLY, "cc", ARG_TEXT, 0},
	{OP_TICKET_REPLY, "status", ARG_ID, 0},
	{OP_TICKET_REPLY, "time_min", ARG_INT, 0},
	{OP_TICKET_NOTE, "text", ARG_TEXT, 1},
	{OP_TICKET_NOTE, "status", ARG_ID, 0},
	{OP_TICKET_NOTE, "time_min", ARG_INT, 0},
	{OP_TICKET_SET, "set", ARG_SET, 1},
	{OP_TICKET_ASSIGN, "owner", ARG_ID, 1},
	{OP_TICKET_TAGS, "add", ARG_LIST, 0},
	{OP_TICKET_TAGS, "remove", ARG_LIST, 0},
	{OP_TICKET_LINK, "kind", ARG_ID, 1},
	{OP_TICKET_LINK, "target", ARG_ID, 1},
	{OP_TICKET_UNLINK, "kind", ARG_ID, 1},
	{OP_TICKET_UNLINK, "target", ARG_ID, 1},
	{OP_TICKET_MERGE, "into", ARG_ID, 1},
	{OP_TICKET_CREATE, "queue", ARG_ID, 1},
	{OP_TICKET_CREATE, "subject", ARG_TEXT, 1},
	{OP_TICKET_CREATE, "customer", ARG_ID, 0},
	{OP_TICKET_CREATE, "text", ARG_TEXT, 0},
	{OP_TICKET_CREATE, "set", ARG_SET, 0},
	{OP_TICKET_TIME, "min", ARG_INT, 1},
	{OP_TICKET_TIME, "text", ARG_TEXT, 0},
	{OP_MESSAGE_SEND, "text", ARG_TEXT, 1},
	{OP_MESSAGE_NOTE, "text", ARG_TEXT, 1},
	{OP_CONVERSATION_ASSIGN, "owner", ARG_ID, 1},
	{OP_CONVERSATION_STATUS, "status", ARG_ID, 1},
	{OP_CONVERSATION_TAGS, "add", ARG_LIST, 0},
	{OP_CONVERSATION_TAGS, "remove", ARG_LIST, 0},
	{OP_ARTICLE_EDIT, "text", ARG_TEXT, 1},
	{OP_ARTICLE_EDIT, "summary", ARG_TEXT, 0},
	{OP_ARTICLE_OUTCOME, "worked", ARG_INT, 1},
	{OP_ARTICLE_OUTCOME, "case", ARG_ID, 1},
	{OP_ARTICLE_OUTCOME, "ticket", ARG_ID, 0},
	{OP_ARTICLE_OUTCOME, "conversation", ARG_ID, 0},
	{OP_ARTICLE_OUTCOME, "revision", ARG_INT, 0},
	{OP_ARTICLE_OUTDATED, "why", ARG_TEXT, 1},
	{OP_AGENT_PRESENCE, "status", ARG_ID, 1},
};

static const struct arg_rule *rule_find(enum op_kind k, const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].kind == k && strcmp(rules[i].name, name) == 0)
			return &rules[i];
	return NULL;
}

static int has_ink(const char *s)
{
	return s[strspn(s, " \t\r\n")] != '\0';
}

static int set_field_check(enum entity e, const struct json *v)
{
	const struct field_desc *f = field_by_name(e, json_key(v));
	int64_t n;

	if (strncmp(json_key(v), "cf.", 3) == 0)
		return json_type(v) == JSON_STRING || json_is_null(v)
			       ? 0
			       : err_set(E_INPUT, _("`%s` takes a text"),
					 json_key(v));
	if (!f || !(f->flags & FF_EDIT))
		return err_set(E_INPUT,
			_("`%s` is not a field that can be set"), json_key(v));
	if (json_is_null(v))
		return 0;
	if (f->type == FT_INT || f->type == FT_TIME || f->type == FT_BOOL)
		return json_int(v, &n)
			       ? 0
			       : err_set(E_INPUT, _("`%s` takes a number"),
					 f->name);
	if (json_type(v) != JSON_STRING)
		return err_set(E_INPUT, _("`%s` takes a text"), f->name);
	return 0;
}

static int set_check(enum entity e, const struct json *set)
{
	const struct json *v;
	int rc;

	if (json_type(set) != JSON_OBJECT || !json_len(set))
		return err_set(E_INPUT, _("say what to set: field=value"));
	for (v = json_first(set); v; v = json_next(v)) {
		rc = set_field_check(e, v);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int arg_check(const struct arg_rule *r, const struct json *v)
{
	const struct json *e;
	int64_t n;

	switch (r->type) {
	case ARG_TEXT:
	case ARG_ID:
		if (!json_str(v))
			return err_set(
				E_INPUT, _("`%s` takes a text"), r->name);
		if (!has_ink(json_str(v)))
			return err_set(E_INPUT, _("`%s` is empty"), r->name);
		return 0;
	case ARG_INT:
		return json_int(v, &n) && n >= 0
			       ? 0
			       : err_set(E_INPUT, _("`%s` takes a number"),
					 r->name);
	case ARG_SET:
		return set_check(op_desc(r->kind)->target, v);
	case ARG_LIST:
		if (json_type(v) != JSON_ARRAY)
			return err_set(
				E_INPUT, _("`%s` takes a list"), r->name);
		for (e = json_first(v); e; e = json_next(e))
			if (!json_str(e) || !has_ink(json_str(e)))
				return err_set(E_INPUT,
					_("`%s` has an empty member"), r->name);
		return 0;
	}
	return err_set(E_BUG, "argument type %d", r->type);
}

int op_validate(enum op_kind k, const struct json *args)
{
	const struct json *v;
	size_t i;
	int rc;

	if (json_type(args) != JSON_OBJECT)
		return err_set(E_INPUT, _("no arguments"));
	for (v = json_first(args); v; v = json_next(v)) {
		const struct arg_rule *r = rule_find(k, json_key(v));

		if (!r)
			return err_set(E_INPUT, _("%s has no argument `%s`"),
				op_desc(k)->name, json_key(v));
		rc = arg_check(r, v);
		if (rc < 0)
			return rc;
	}
	for (i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].kind == k && rules[i].required &&
			!json_get(args, rules[i].name))
			return err_set(E_INPUT, _("%s needs `%s`"),
				op_desc(k)->name, rules[i].name);
	if (op_desc(k)->cls == OPC_SET && !json_len(json_get(args, "add")) &&
		!json_len(json_get(args, "remove")))
		return err_set(
			E_INPUT, _("nothing to add and nothing to remove"));
	return 0;
}

/* --- effect -----------------------------------------------------------------
 */

static void set_effect(const struct op_desc *d, const struct json *set,
	op_effect_fn *fn, void *u)
{
	const struct json *v;

	for (v = json_first(set); v; v = json_next(v)) {
		const struct field_desc *f =
			field_by_name(d->target, json_key(v));
		char number[32];
		int64_t n;

		if (!f)
			continue; /* a custom field: shown from the operation */
		if (json_is_null(v)) {
			fn(u, f->id, NULL);
		} else if (json_str(v)) {
			fn(u, f->id, json_str(v));
		} else if (json_int(v, &n)) {
			snprintf(number, sizeof(number), "%lld", (long long)n);
			fn(u, f->id, number);
		}
	}
}

static enum field_id owner_field(const struct op_desc *d)
{
	return d->target == ENT_CONVERSATION ? FID_CONVERSATION_OWNER
					     : FID_TICKET_OWNER;
}

void op_effect(const struct op *op, const char *me, op_effect_fn *set, void *u)
{
	const struct op_desc *d = op_desc(op->kind);
	const struct json *args;
	struct json_doc *doc;

	if (json_parse(op->args, strlen(op->args), &json_limits_wire, &doc) < 0)
		return; /* op_validate() has seen them: nothing to show */
	args = json_root(doc);
	switch (op->kind) {
	case OP_TICKET_SET:
	case OP_TICKET_CREATE:
		set_effect(d, json_get(args, "set"), set, u);
		break;
	case OP_TICKET_TAKE:
		set(u, FID_TICKET_OWNER, me);
		break;
	case OP_TICKET_ASSIGN:
	case OP_CONVERSATION_ASSIGN:
		set(u, owner_field(d), json_get_str(args, "owner"));
		break;
	case OP_TICKET_REPLY:
	case OP_TICKET_NOTE:
		if (json_get_str(args, "status"))
			set(u, FID_TICKET_STATUS, json_get_str(args, "status"));
		break;
	case OP_CONVERSATION_STATUS:
		set(u, FID_CONVERSATION_STATUS, json_get_str(args, "status"));
		break;
	case OP_ARTICLE_EDIT:
		set(u, FID_ARTICLE_TEXT, json_get_str(args, "text"));
		break;
	case OP_ARTICLE_OUTDATED:
		set(u, FID_ARTICLE_STATUS, "outdated");
		break;
	case OP_TICKET_TAGS:
	case OP_TICKET_LINK:
	case OP_TICKET_UNLINK:
	case OP_TICKET_MERGE:
	case OP_TICKET_TIME:
	case OP_MESSAGE_SEND:
	case OP_MESSAGE_NOTE:
	case OP_CONVERSATION_TAGS:
	case OP_CONVERSATION_READ:
	case OP_ARTICLE_OUTCOME:
	case OP_AGENT_PRESENCE:
	case OP_COUNT:
		break;
	}
	json_free(doc);
}

static void add_field(void *u, enum field_id f, const char *value)
{
	uint64_t *bits = u;

	(void)value;
	*bits |= UINT64_C(1) << field_index(f);
}

/* Custom fields share one bit: two operations on them wait for each other. */
static int sets_cf(const struct op *op)
{
	return strstr(op->args, "\"cf.") != NULL;
}

uint64_t op_fields(const struct op *op)
{
	const struct op_desc *d = op_desc(op->kind);
	uint64_t bits = 0;

	op_effect(op, "", add_field, &bits);
	if (d->target == ENT_TICKET && sets_cf(op))
		bits |= UINT64_C(1) << field_index(FID_TICKET_CF);
	if (op->kind == OP_TICKET_TAGS)
		bits |= UINT64_C(1) << field_index(FID_TICKET_TAGS);
	if (op->kind == OP_CONVERSATION_TAGS)
		bits |= UINT64_C(1) << field_index(FID_CONVERSATION_TAGS);
	return bits;
}

int op_asleep(const struct op *op, int64_t now_ms)
{
	return op->later_ms > now_ms && op->state == OPS_QUEUED && !op->attempt;
}

static char *case_of(const struct op *op)
{
	struct json_doc *doc;
	char *name;

	if (json_parse(op->args, strlen(op->args), &json_limits_wire, &doc) < 0)
		return NULL;
	name = xstrdup_null(json_get_str(json_root(doc), "case"));
	json_free(doc);
	return name;
}

/* Of two words about the same, the last one must stand in the end. */
static int same_matter(const struct op *x, const struct op *y)
{
	char *a, *b;
	int same;

	if (x->kind != y->kind || op_desc(x->kind)->cls != OPC_MARK)
		return 0;
	a = case_of(x);
	b = case_of(y);
	same = a && b ? strcmp(a, b) == 0 : a == b;
	free(a);
	free(b);
	return same;
}

static int under_way(const struct op *op)
{
	return op->state != OPS_QUEUED && op->state != OPS_HELD;
}

/* What may be on its way is finished first, also when it has overtaken one that
 * was asleep or held; then what has been tried, then by age. */
static int comes_first(const struct op *x, const struct op *y)
{
	if (under_way(x) != under_way(y))
		return under_way(x);
	if (!x->attempt != !y->attempt)
		return x->attempt > 0;
	return x->seq < y->seq;
}

int op_must_wait(const struct op *op, const struct op *other, int64_t now_ms)
{
	enum op_class a = op_desc(other->kind)->cls;
	enum op_class b = op_desc(op->kind)->cls;

	if (!op_open(other->state) || !comes_first(other, op))
		return 0;
	if (other->state != OPS_HELD && !op_asleep(other, now_ms))
		return 1;
	/* A held one stops only what builds on it, and so does one asleep:
	 * what is said now is not said after what is said tomorrow. */
	if (a == OPC_CREATE || a == OPC_STRUCT)
		return 1;
	if (a == OPC_MESSAGE && b == OPC_MESSAGE)
		return other->state == OPS_HELD;
	return same_matter(op, other) ||
	       (op_fields(op) & op_fields(other)) != 0;
}
