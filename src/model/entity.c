/* SPDX-License-Identifier: MIT */
/*
 * The descriptions that fields.def expands to, and records. Everything that
 * walks an entity's fields walks these tables; nobody lists fields again.
 */
#include "galley/model/entity.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "galley/base/i18n.h"
#include "galley/base/json.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"

#define RID_MAX	 200
#define TEXT_MAX (16 * 1024 * 1024)

static const struct field_desc fields[] = {
#define FIELD(ent, sym, nm, ty, red, fl, lb)                                   \
	{.id = FID_##ent##_##sym,                                              \
		.entity = ENT_##ent,                                           \
		.name = nm,                                                    \
		.type = FT_##ty,                                               \
		.redact = red,                                                 \
		.flags = fl,                                                   \
		.label = lb},
#include "galley/model/fields.def"
};

static struct entity_desc entities[] = {
#define ENTITY(sym, nm, lb)                                                    \
	[ENT_##sym] = {.id = ENT_##sym, .name = nm, .label = lb},
#include "galley/model/fields.def"
};

/* fields[] is in entity order, so an entity's fields are one run of it. */
__attribute__((constructor)) static void entities_link(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		struct entity_desc *e = &entities[fields[i].entity];

		if (!e->fields)
			e->fields = &fields[i];
		e->n_fields++;
		assert(e->n_fields <= ENTITY_MAX_FIELDS);
	}
}

const struct entity_desc *entity_desc(enum entity e)
{
	assert((unsigned)e < ENT_COUNT);
	return &entities[e];
}

const struct entity_desc *entity_by_name(const char *name)
{
	size_t i;

	for (i = 0; i < ENT_COUNT; i++)
		if (strcmp(entities[i].name, name) == 0)
			return &entities[i];
	return NULL;
}

const struct field_desc *field_by_name(enum entity e, const char *name)
{
	const struct entity_desc *d = entity_desc(e);
	int i;

	for (i = 0; i < d->n_fields; i++)
		if (strcmp(d->fields[i].name, name) == 0)
			return &d->fields[i];
	return NULL;
}

const struct field_desc *field_desc(enum field_id id)
{
	assert((unsigned)id < FID_COUNT);
	return &fields[id];
}

int field_index(enum field_id id)
{
	const struct field_desc *f = field_desc(id);

	return (int)(f - entity_desc(f->entity)->fields);
}

enum entity field_ref(enum field_type t)
{
	switch (t) {
	case FT_REF_QUEUE:
		return ENT_QUEUE;
	case FT_REF_AGENT:
		return ENT_AGENT;
	case FT_REF_CUSTOMER:
		return ENT_CUSTOMER;
	case FT_REF_TICKET:
		return ENT_TICKET;
	case FT_REF_CONVERSATION:
		return ENT_CONVERSATION;
	case FT_REF_MESSAGE:
		return ENT_MESSAGE;
	case FT_REF_ARTICLE:
		return ENT_ARTICLE;
	case FT_REF_PURCHASE:
		return ENT_ORDER;
	case FT_TEXT:
	case FT_INT:
	case FT_TIME:
	case FT_BOOL:
	case FT_SET:
	case FT_JSON:
		break;
	}
	return ENT_COUNT;
}

struct recs *recs_new(void)
{
	struct arena *a = arena_new();
	struct recs *r = arena_calloc(a, 1, sizeof(*r));

	r->arena = a;
	return r;
}

void recs_free(struct recs *r)
{
	if (r)
		arena_free(r->arena);
}

struct rec *recs_add(
	struct recs *r, enum rec_kind kind, enum entity e, const char *rid)
{
	struct rec *rec = arena_calloc(r->arena, 1, sizeof(*rec));

	rec->kind = kind;
	rec->entity = e;
	rec->rid = arena_strdup(r->arena, rid);
	if (r->last)
		r->last->next = rec;
	else
		r->first = rec;
	r->last = rec;
	r->n++;
	return rec;
}

void recs_error(struct recs *r, const char *fmt, ...)
{
	struct rec_err *e = arena_calloc(r->arena, 1, sizeof(*e));
	struct rec_err **tail = &r->errs;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	e->text = arena_strdup(r->arena, text);
	while (*tail)
		tail = &(*tail)->next;
	*tail = e;
	r->n_errs++;
}

void rec_set_text(
	struct recs *r, struct rec *rec, enum field_id f, const char *s)
{
	struct val *v = &rec->v[field_index(f)];

	assert(field_desc(f)->entity == rec->entity);
	if (!s) {
		v->kind = VAL_NULL;
		return;
	}
	v->kind = VAL_TEXT;
	v->len = strlen(s);
	v->s = arena_strndup(r->arena, s, v->len);
}

void rec_set_int(struct rec *rec, enum field_id f, int64_t i)
{
	struct val *v = &rec->v[field_index(f)];

	assert(field_desc(f)->entity == rec->entity);
	v->kind = VAL_INT;
	v->i = i;
}

void rec_set_null(struct rec *rec, enum field_id f)
{
	rec->v[field_index(f)].kind = VAL_NULL;
}

const struct val *rec_get(const struct rec *rec, enum field_id f)
{
	assert(field_desc(f)->entity == rec->entity);
	return &rec->v[field_index(f)];
}

/* Ids go into URLs, logs and keys: short, valid UTF-8, no control characters,
 * no blank at either end. */
static int rid_check(const char *what, const char *s)
{
	size_t len = s ? strlen(s) : 0;
	size_t i;

	if (!len || len > RID_MAX)
		return err_set(E_PROTO,
			"%s: an id has 1 to %d bytes, this one has %zu", what,
			RID_MAX, len);
	if (!utf8_valid(s, len))
		return err_set(E_PROTO, "%s: the id is not valid UTF-8", what);
	for (i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return err_set(E_PROTO,
				"%s: the id has a control character", what);
	if (s[0] == ' ' || s[len - 1] == ' ')
		return err_set(E_PROTO,
			"%s: the id begins or ends with a blank", what);
	return 0;
}

/* A set travels as a JSON array of strings. */
static int set_check(const char *name, const struct val *v)
{
	struct json_doc *d;
	const struct json *e;
	int bad;

	if (json_parse(v->s, v->len, &json_limits_small, &d) < 0)
		return err_ctx("field `%s`", name);
	bad = json_type(json_root(d)) != JSON_ARRAY;
	for (e = json_first(json_root(d)); e && !bad; e = json_next(e))
		bad = json_type(e) != JSON_STRING;
	json_free(d);
	if (bad)
		return err_set(
			E_PROTO, "field `%s`: expected a list of texts", name);
	return 0;
}

static int val_check(const struct field_desc *f, const struct val *v)
{
	int wants_int =
		f->type == FT_INT || f->type == FT_TIME || f->type == FT_BOOL;

	if (v->kind == VAL_ABSENT || v->kind == VAL_NULL)
		return 0;
	if (wants_int != (v->kind == VAL_INT))
		return err_set(E_PROTO, "field `%s`: expected %s", f->name,
			wants_int ? "a number" : "a text");
	if (v->kind == VAL_INT)
		return 0;
	if (v->len > TEXT_MAX)
		return err_set(E_PROTO, "field `%s`: longer than %d bytes",
			f->name, TEXT_MAX);
	if (memchr(v->s, '\0', v->len))
		return err_set(E_PROTO, "field `%s`: has a NUL byte", f->name);
	if (!utf8_valid(v->s, v->len))
		return err_set(E_PROTO, "field `%s`: not valid UTF-8", f->name);
	if (f->type == FT_SET)
		return set_check(f->name, v);
	if (field_ref(f->type) != ENT_COUNT)
		return rid_check(f->name, v->s);
	return 0;
}

int rec_validate(const struct rec *rec)
{
	const struct entity_desc *d;
	int i, rc;

	switch (rec->kind) {
	case REC_POKE:
	case REC_GUARD:
		return rec->name ? 0 : err_set(E_PROTO, "no name");
	case REC_TOUCH:
		if (!rec->name)
			return err_set(E_PROTO, "no stream");
		return rid_check("key", rec->key);
	case REC_ALIAS:
		rc = rid_check("to", rec->to);
		if (rc < 0)
			return rc;
		return rid_check("rid", rec->rid);
	case REC_GONE:
		return rid_check("rid", rec->rid);
	case REC_ROW:
		break;
	}
	/* An identity is known by what it says. */
	if (rec->entity != ENT_IDENTITY || rec->rid) {
		rc = rid_check("rid", rec->rid);
		if (rc < 0)
			return rc;
	}
	d = entity_desc(rec->entity);
	for (i = 0; i < d->n_fields; i++) {
		rc = val_check(&d->fields[i], &rec->v[i]);
		if (rc < 0)
			return rc;
	}
	return 0;
}
