/* SPDX-License-Identifier: MIT */
/*
 * Evidence of an operation that may have arrived, read for people. It holds
 * row ids of the cache, which say nothing to anybody: here they become cases,
 * titles and names.
 */
#include "galley/app/found.h"

#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/json.h"
#include "galley/base/mem.h"
#include "galley/base/timefmt.h"
#include "galley/base/utf8.h"

#define TEXT_CELLS 160

static const char *str(const struct row *r, enum field_id f, struct arena *a)
{
	const struct val *v = row_get(r, f);

	return v->kind != VAL_ABSENT && v->kind != VAL_NULL && v->s && *v->s
		       ? arena_strdup(a, v->s)
		       : NULL;
}

/* As much of a text as tells it from others, on one line. */
static const char *some_of(const char *s, struct arena *a)
{
	char *t;
	size_t used, i;

	if (!s)
		return NULL;
	t = arena_strndup(a, s, utf8_fit(s, strlen(s), TEXT_CELLS, &used));
	for (i = 0; t[i]; i++)
		if (t[i] == '\n' || t[i] == '\r')
			t[i] = ' ';
	return t;
}

/* Agents and customers by name, else as it is. */
static const char *person(
	struct store_ro *ro, int connector, const char *rid, struct arena *a)
{
	static const struct {
		enum entity e;
		enum field_id name;
	} kinds[] = {
		{ENT_AGENT, FID_AGENT_NAME},
		{ENT_CUSTOMER, FID_CUSTOMER_NAME},
	};
	const char *name = NULL;
	struct rows rows;
	size_t i;

	for (i = 0; rid && !name && i < ARRAY_SIZE(kinds); i++) {
		if (store_row_rid(ro, kinds[i].e, connector, rid, &rows) < 0)
			continue;
		name = str(&rows.v[0], kinds[i].name, a);
		rows_free(&rows);
	}
	err_clear();
	return name ? name : rid;
}

/* The case it is in. A creation may have another title by now; of anything else
 * the title is known already. */
static void read_case(struct session *s, struct store_ro *ro,
	const struct op *op, const struct row *m, struct arena *a,
	struct found_one *out)
{
	enum entity e = op_desc(op->kind)->target;
	const struct val *v =
		row_get(m, e == ENT_CONVERSATION ? FID_MESSAGE_CONVERSATION
						 : FID_MESSAGE_TICKET);
	struct row_title t;
	char name[256];

	out->name = "?";
	if (v->kind != VAL_INT || store_title(ro, e, v->i, a, &t) < 0) {
		err_clear();
		return;
	}
	out->name = arena_strdup(
		a, session_name(s, t.connector, t.rid, t.id, name));
	if (op_desc(op->kind)->cls == OPC_CREATE)
		out->title = t.title;
}

static int read_one(struct session *s, struct store_ro *ro, const struct op *op,
	int64_t id, struct arena *a, struct found_one *out)
{
	struct rows rows;
	const struct row *m;

	if (store_row(ro, ENT_MESSAGE, id, &rows) < 0) {
		err_clear();
		return 0;
	}
	m = &rows.v[0];
	*out = (struct found_one){.author = person(ro, m->connector,
					  str(m, FID_MESSAGE_AUTHOR, a), a),
		.text = some_of(str(m, FID_MESSAGE_TEXT, a), a)};
	if (row_get(m, FID_MESSAGE_AT)->kind == VAL_INT)
		out->at_ms = row_get(m, FID_MESSAGE_AT)->i;
	read_case(s, ro, op, m, a, out);
	rows_free(&rows);
	return 1;
}

int found_read(struct session *s, struct store_ro *ro, const struct op *op,
	struct arena *a, struct found *out)
{
	const struct json *e, *list, *v;
	struct json_doc *d;
	int64_t id;

	*out = (struct found){0};
	if (!op->evidence || json_parse(op->evidence, strlen(op->evidence),
				     &json_limits_small, &d) < 0) {
		err_clear();
		return 0;
	}
	e = json_root(d);
	list = json_get(e, "candidates");
	out->looks = json_get_int(e, "looks", -1);
	out->span_ms =
		json_get_int(e, "until_ms", 0) - json_get_int(e, "armed_ms", 0);
	if (json_get_str(e, "baseline"))
		out->baseline = arena_strdup(a, json_get_str(e, "baseline"));
	if (json_get_str(e, "newest_rid"))
		out->newest = arena_strdup(a, json_get_str(e, "newest_rid"));
	out->v = arena_calloc(a, json_len(list) + 1, sizeof(*out->v));
	for (v = json_first(list); out->looks >= 0 && v; v = json_next(v))
		if (json_int(v, &id))
			out->n += read_one(s, ro, op, id, a, &out->v[out->n]);
	json_free(d);
	return out->looks >= 0;
}

const char *found_looked(const struct found *f, struct arena *a)
{
	char span[TIME_SAID_SIZE];

	time_span_said(f->span_ms > 0 ? f->span_ms : 0, span);
	return arena_printf(a,
		P_("looked %lld time in %s", "looked %lld times in %s",
			f->looks),
		(long long)f->looks, span);
}
