/* SPDX-License-Identifier: MIT */
/*
 * Records from the mapping process. It may have been taken over by what it
 * parsed, so every number and every length is checked here again; a frame that
 * is not well formed is dropped as a whole.
 */
#include "mapper_priv.h"

#include "galley/base/mem.h"

static int bad(const char *what)
{
	return err_set(E_PROTO, "the mapping process sent %s", what);
}

static int read_member(struct wire_in *w, unsigned tag, struct rec *r)
{
	const char **const at[] = {
		[TAG_RID] = &r->rid,
		[TAG_VERSION] = &r->version,
		[TAG_NAME] = &r->name,
		[TAG_KEY] = &r->key,
		[TAG_TO] = &r->to,
		[TAG_VALUE] = &r->value,
		[TAG_X] = &r->x,
	};

	if (tag == 0 || tag >= ARRAY_SIZE(at))
		return bad("an unknown member");
	*at[tag] = wire_str(w, NULL);
	return 0;
}

static int read_field(struct wire_in *w, unsigned i, struct rec *r)
{
	struct val *v;

	if (r->kind != REC_ROW ||
		i >= (unsigned)entity_desc(r->entity)->n_fields)
		return bad("an unknown field");
	v = &r->v[i];
	switch (wire_u8(w)) {
	case 'n':
		v->kind = VAL_NULL;
		return 0;
	case 'i':
		v->kind = VAL_INT;
		v->i = (int64_t)wire_uint(w, 8);
		return 0;
	case 't':
		v->kind = VAL_TEXT;
		v->s = wire_str(w, &v->len);
		return 0;
	default:
		return bad("an unknown kind of value");
	}
}

static int read_items(struct wire_in *w, struct rec *r)
{
	int rc = 0;

	while (rc == 0 && !w->bad) {
		unsigned tag = wire_u8(w);

		if (tag == TAG_END)
			return 0;
		rc = tag < TAG_FIELD ? read_member(w, tag, r)
				     : read_field(w, tag - TAG_FIELD, r);
	}
	return rc < 0 ? rc : bad("a record that ends too early");
}

static void append(struct recs *out, const struct rec *r)
{
	struct rec *at = recs_add(out, r->kind, r->entity, NULL);

	*at = *r;
}

static int read_record(struct wire_in *w, struct recs *out, int n)
{
	struct rec r = {.kind = wire_u8(w)};
	unsigned entity;
	int rc;

	if ((unsigned)r.kind == WIRE_REC_ERROR) {
		const char *s = wire_str(w, NULL);

		if (!s)
			return bad("an error without words");
		recs_error(out, "%s", s);
		return 0;
	}
	entity = wire_u8(w);
	if ((unsigned)r.kind > REC_GUARD || entity > ENT_COUNT)
		return bad("an unknown record");
	if (entity == ENT_COUNT && (r.kind == REC_ROW || r.kind == REC_GONE ||
					   r.kind == REC_ALIAS))
		return bad("a record without an entity");
	r.entity = (enum entity)entity;
	rc = read_items(w, &r);
	if (rc < 0)
		return rc;
	if (w->bad)
		return bad("a string that is too long");
	if (rec_validate(&r) < 0)
		recs_error(out, "record %d: %s", n, err_msg());
	else
		append(out, &r);
	return 0;
}

int recs_unpack(const char *p, size_t len, struct recs **out)
{
	struct recs *r = recs_new();
	char *copy = arena_alloc(r->arena, len + 1);
	struct wire_in w = {.p = copy, .len = len};
	int rc = 0;

	if (len)
		memcpy(copy, p, len);
	copy[len] = '\0';
	for (int n = 1; rc == 0 && w.at < w.len; n++)
		rc = read_record(&w, r, n);
	if (rc < 0) {
		recs_free(r);
		return rc;
	}
	*out = r;
	return 0;
}
