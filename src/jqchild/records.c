/* SPDX-License-Identifier: MIT */
/*
 * From what a filter put out to a typed record: names become numbers of
 * fields.def, dates are parsed, sets sorted, and what does not fit becomes a
 * sentence that names the record and the field. Nothing is guessed: an unknown
 * name or a wrong type costs the record, never the page.
 */
#include "child_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/err.h"
#include "galley/base/json.h"
#include "galley/base/mem.h"
#include "galley/base/timefmt.h"
#include "galley/jqchild/wire.h"
#include "galley/model/entity.h"

#define MAX_EXACT 9007199254740992.0 /* 2^53 */

/* The start of a value, for messages. */
static const char *glimpse(jv v, char *out, size_t size)
{
	jv text = jv_dump_string(jv_copy(v), 0);
	const char *s = jv_string_value(text);
	size_t len = strlen(s);

	if (len >= size)
		len = size - 1;
	while (len && len < strlen(s) && ((unsigned char)s[len] & 0xc0) == 0x80)
		len--;
	memcpy(out, s, len);
	out[len] = '\0';
	jv_free(text);
	return out;
}

static int wrong(jv v, const char *expected)
{
	char seen[48];

	return err_set(E_PROTO, "expected %s, got %s", expected,
		glimpse(v, seen, sizeof(seen)));
}

static int exact_int(jv v, int64_t *out)
{
	double d;

	if (jv_get_kind(v) != JV_KIND_NUMBER)
		return 0;
	d = jv_number_value(v);
	if (!(fabs(d) <= MAX_EXACT) || d != floor(d))
		return 0;
	*out = (int64_t)d;
	return 1;
}

/* Texts and ids; whole numbers count as texts, because backends cannot agree
 * on the type of an id. */
static int text_of(struct buf *out, jv v, const char *expected)
{
	int64_t i;

	if (jv_get_kind(v) == JV_KIND_STRING) {
		wire_add_str(out, jv_string_value(v),
			(size_t)jv_string_length_bytes(jv_copy(v)));
		return 0;
	}
	if (exact_int(v, &i)) {
		char *s = xasprintf("%lld", (long long)i);

		wire_add_str(out, s, strlen(s));
		free(s);
		return 0;
	}
	return wrong(v, expected);
}

static int put_text(struct buf *out, jv v, int zone_min)
{
	(void)zone_min;
	wire_add_u8(out, 't');
	return text_of(out, v, "a text");
}

static int put_ref(struct buf *out, jv v, int zone_min)
{
	(void)zone_min;
	wire_add_u8(out, 't');
	return text_of(out, v, "an id");
}

static int add_i64(struct buf *out, int64_t i)
{
	wire_add_u8(out, 'i');
	buf_add_u64(out, (uint64_t)i);
	return 0;
}

static int put_int(struct buf *out, jv v, int zone_min)
{
	int64_t i;
	char *end;

	(void)zone_min;
	if (exact_int(v, &i))
		return add_i64(out, i);
	if (jv_get_kind(v) == JV_KIND_STRING) {
		const char *s = jv_string_value(v);

		i = strtoll(s, &end, 10);
		if (end != s && !*end)
			return add_i64(out, i);
	}
	return wrong(v, "a whole number");
}

static int put_bool(struct buf *out, jv v, int zone_min)
{
	int64_t i;

	(void)zone_min;
	if (jv_get_kind(v) == JV_KIND_TRUE || jv_get_kind(v) == JV_KIND_FALSE)
		return add_i64(out, jv_get_kind(v) == JV_KIND_TRUE);
	if (exact_int(v, &i) && (i == 0 || i == 1))
		return add_i64(out, i);
	return wrong(v, "true or false");
}

/* Epoch seconds or, when that would be after the year 5138, milliseconds. */
static int put_time(struct buf *out, jv v, int zone_min)
{
	int64_t ms;
	double d;
	int rc;

	if (jv_get_kind(v) == JV_KIND_STRING) {
		rc = time_parse(jv_string_value(v),
			(size_t)jv_string_length_bytes(jv_copy(v)), zone_min,
			&ms);
		return rc < 0 ? rc : add_i64(out, ms);
	}
	if (jv_get_kind(v) != JV_KIND_NUMBER)
		return wrong(v, "a date");
	d = jv_number_value(v);
	if (!(d >= 0 && d < 2.5e14))
		return wrong(v, "a date");
	return add_i64(out, llround(d < 1e11 ? d * 1000 : d));
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int set_members(jv v, char **member, int n)
{
	for (int i = 0; i < n; i++) {
		jv e = jv_array_get(jv_copy(v), i);
		int64_t num;
		int rc = 0;

		if (jv_get_kind(e) == JV_KIND_STRING)
			member[i] = xstrdup(jv_string_value(e));
		else if (exact_int(e, &num))
			member[i] = xasprintf("%lld", (long long)num);
		else
			rc = wrong(e, "a text in the list");
		jv_free(e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* A sorted list without doubles, as JSON text. */
static int put_set(struct buf *out, jv v, int zone_min)
{
	struct buf text = BUF_INIT;
	struct jw w;
	char **member;
	int n, rc;

	(void)zone_min;
	if (jv_get_kind(v) != JV_KIND_ARRAY)
		return wrong(v, "a list of texts");
	n = jv_array_length(jv_copy(v));
	member = xcalloc((size_t)n + 1, sizeof(*member));
	rc = set_members(v, member, n);
	if (rc == 0) {
		qsort(member, (size_t)n, sizeof(*member), by_bytes);
		jw_init(&w, &text);
		jw_arr(&w);
		for (int i = 0; i < n; i++)
			if (i == 0 || strcmp(member[i], member[i - 1]) != 0)
				jw_str(&w, member[i]);
		jw_arr_end(&w);
		wire_add_u8(out, 't');
		wire_add_str(out, buf_str(&text), text.len);
	}
	for (int i = 0; i < n; i++)
		free(member[i]);
	free(member);
	buf_fini(&text);
	return rc;
}

static int object_of(struct buf *out, jv v)
{
	jv text;

	if (jv_get_kind(v) != JV_KIND_OBJECT)
		return wrong(v, "an object");
	text = jv_dump_string(jv_copy(v), JV_PRINT_SORTED);
	wire_add_str(out, jv_string_value(text),
		(size_t)jv_string_length_bytes(jv_copy(text)));
	jv_free(text);
	return 0;
}

static int put_json(struct buf *out, jv v, int zone_min)
{
	(void)zone_min;
	wire_add_u8(out, 't');
	return object_of(out, v);
}

static int (*const put[])(struct buf *out, jv v, int zone_min) = {
	[FT_TEXT] = put_text,
	[FT_INT] = put_int,
	[FT_TIME] = put_time,
	[FT_BOOL] = put_bool,
	[FT_SET] = put_set,
	[FT_JSON] = put_json,
	[FT_REF_QUEUE] = put_ref,
	[FT_REF_AGENT] = put_ref,
	[FT_REF_CUSTOMER] = put_ref,
	[FT_REF_TICKET] = put_ref,
	[FT_REF_CONVERSATION] = put_ref,
	[FT_REF_MESSAGE] = put_ref,
	[FT_REF_ARTICLE] = put_ref,
	[FT_REF_PURCHASE] = put_ref,
};

/* Members that are no fields. */
struct member {
	const char *key;
	enum wire_tag tag;
	int required;
};

static const struct shape {
	const char *name; /* "e"; NULL: an entity's row */
	enum rec_kind kind;
	int has_entity; /* names one in "entity" */
	struct member member[4];
} shapes[] = {
	{NULL, REC_ROW, 0,
		{{"rid", TAG_RID, 0}, {"version", TAG_VERSION, 0},
			{"x", TAG_X, 0}}},
	{"_touch", REC_TOUCH, 0,
		{{"stream", TAG_NAME, 1}, {"key", TAG_KEY, 1},
			{"version", TAG_VERSION, 0}}},
	{"_poke", REC_POKE, 0, {{"stream", TAG_NAME, 1}}},
	{"_gone", REC_GONE, 1, {{"rid", TAG_RID, 1}}},
	{"_alias", REC_ALIAS, 1, {{"rid", TAG_RID, 1}, {"to", TAG_TO, 1}}},
	{"_guard", REC_GUARD, 0,
		{{"name", TAG_NAME, 1}, {"value", TAG_VALUE, 1}}},
};

static const struct shape *shape_of(const char *e)
{
	for (size_t i = 1; i < ARRAY_SIZE(shapes); i++)
		if (strcmp(shapes[i].name, e) == 0)
			return &shapes[i];
	return &shapes[0];
}

static int entity_named(jv v, const char *key, enum entity *out)
{
	jv name = jv_object_get(jv_copy(v), jv_string(key));
	const struct entity_desc *d = NULL;
	int rc = 0;

	if (jv_get_kind(name) == JV_KIND_STRING)
		d = entity_by_name(jv_string_value(name));
	if (d)
		*out = d->id;
	else if (jv_is_valid(name))
		rc = wrong(name, "the name of an entity");
	else
		rc = err_set(E_PROTO, "`%s` is missing", key);
	jv_free(name);
	return rc;
}

static const struct member *member_of(const struct shape *s, const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(s->member) && s->member[i].key; i++)
		if (strcmp(s->member[i].key, key) == 0)
			return &s->member[i];
	return NULL;
}

static int add_member(struct buf *out, const struct member *m, jv v)
{
	if (jv_get_kind(v) == JV_KIND_NULL && !m->required)
		return 0;
	wire_add_u8(out, m->tag);
	if (m->tag == TAG_X)
		return object_of(out, v);
	return text_of(out, v, "a text");
}

static int add_field(
	struct buf *out, enum entity e, const char *key, jv v, int zone_min)
{
	const struct field_desc *f = field_by_name(e, key);

	if (!f)
		return err_set(
			E_PROTO, "%s has no such field", entity_desc(e)->name);
	wire_add_u8(out, TAG_FIELD + (unsigned)field_index(f->id));
	if (jv_get_kind(v) == JV_KIND_NULL) {
		wire_add_u8(out, 'n');
		return 0;
	}
	return put[f->type](out, v, zone_min);
}

/* One member of the object. `*seen` counts the required ones. */
static int add_item(struct buf *out, const struct shape *s, enum entity e,
	const char *key, jv v, int zone_min, int *seen)
{
	const struct member *m = member_of(s, key);
	int rc;

	if (strcmp(key, "e") == 0 ||
		(s->has_entity && strcmp(key, "entity") == 0))
		return 0;
	if (m) {
		*seen += m->required;
		rc = add_member(out, m, v);
	} else if (s->kind == REC_ROW) {
		rc = add_field(out, e, key, v, zone_min);
	} else {
		rc = err_set(E_PROTO, "not known in %s", s->name);
	}
	return rc < 0 ? err_ctx("field `%s`", key) : 0;
}

static int add_items(struct buf *out, const struct shape *s, enum entity e,
	jv obj, int zone_min)
{
	int seen = 0, need = 0, rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(s->member); i++)
		need += s->member[i].required;
	for (int it = jv_object_iter(obj);
		rc == 0 && jv_object_iter_valid(obj, it);
		it = jv_object_iter_next(obj, it)) {
		jv key = jv_object_iter_key(obj, it);
		jv val = jv_object_iter_value(obj, it);

		rc = add_item(
			out, s, e, jv_string_value(key), val, zone_min, &seen);
		jv_free(key);
		jv_free(val);
	}
	if (rc == 0 && seen < need)
		rc = err_set(E_PROTO, "%s lacks a member", s->name);
	return rc;
}

static int add_record(struct buf *out, jv v, int zone_min)
{
	const struct shape *s;
	enum entity e = ENT_COUNT;
	jv name;
	int rc = 0;

	if (jv_get_kind(v) != JV_KIND_OBJECT)
		return wrong(v, "an object");
	name = jv_object_get(jv_copy(v), jv_string("e"));
	if (jv_get_kind(name) != JV_KIND_STRING) {
		jv_free(name);
		return err_set(E_PROTO, "`e` is missing");
	}
	s = shape_of(jv_string_value(name));
	jv_free(name);
	if (s->kind == REC_ROW)
		rc = entity_named(v, "e", &e);
	else if (s->has_entity)
		rc = entity_named(v, "entity", &e);
	if (rc < 0)
		return rc;
	wire_add_u8(out, s->kind);
	wire_add_u8(out, e);
	rc = add_items(out, s, e, v, zone_min);
	if (rc == 0)
		wire_add_u8(out, TAG_END);
	return rc;
}

void record_add(struct buf *out, jv v, int n, int zone_min)
{
	size_t start = out->len;

	if (add_record(out, v, zone_min) < 0) {
		char *text = xasprintf("record %d: %s", n, err_msg());

		out->len = start;
		wire_add_u8(out, WIRE_REC_ERROR);
		wire_add_str(out, text, strlen(text));
		free(text);
	}
	jv_free(v);
}
