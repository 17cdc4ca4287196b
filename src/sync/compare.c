/* SPDX-License-Identifier: MIT */
/*
 * Three values per field: what the person saw (base), what the person wants
 * (ours), what the server shows now (theirs). Disjoint changes pass; the same
 * field changed by someone else is shown to the person with all three.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sync_priv.h"

#define MAX_CHANGES 64

struct change {
	const char *name;
	const char *ours;
};

struct changes {
	struct arena *a;
	struct change v[MAX_CHANGES];
	int n;
};

static void change_add(struct changes *c, const char *name, const char *ours)
{
	if (c->n == MAX_CHANGES)
		return;
	c->v[c->n].name = name;
	c->v[c->n].ours = ours;
	c->n++;
}

/* A JSON value as people would write it: lists joined by commas. */
static const char *value_text(struct arena *a, const struct json *v)
{
	struct buf b = BUF_INIT;
	const struct json *x;
	const char *s;

	if (json_is_null(v))
		return "";
	if (json_str(v))
		return arena_strdup(a, json_str(v));
	if (json_type(v) == JSON_ARRAY) {
		for (x = json_first(v); x; x = json_next(x)) {
			if (b.len)
				buf_addc(&b, ',');
			buf_adds(&b, value_text(a, x));
		}
	} else {
		json_print(&b, v);
	}
	s = arena_strdup(a, buf_str(&b));
	buf_fini(&b);
	return s;
}

static void effect_change(void *u, enum field_id f, const char *value)
{
	struct changes *c = u;

	change_add(
		c, field_desc(f)->name, value ? arena_strdup(c->a, value) : "");
}

static int changes_of(const struct op *op, const char *me, struct changes *c)
{
	const struct json *v;
	struct json_doc *doc;
	int rc;

	rc = json_parse(op->args, strlen(op->args), &json_limits_wire, &doc);
	if (rc < 0)
		return rc;
	if (op->kind == OP_TICKET_SET)
		for (v = json_first(json_get(json_root(doc), "set")); v;
			v = json_next(v))
			change_add(c, arena_strdup(c->a, json_key(v)),
				value_text(c->a, v));
	else
		op_effect(op, me ? me : "", effect_change, c);
	json_free(doc);
	return 0;
}

static const struct json *field_of(const struct json *doc, const char *name)
{
	if (strncmp(name, "cf.", 3) == 0)
		return json_get(json_get(doc, "cf"), name + 3);
	return json_get(doc, name);
}

/* Names of queues, people and states are compared as people read them;
 * nothing, an empty text and zero are one. */
static int same(const char *a, const char *b)
{
	if (!*a || !*b)
		return (!*a || strcmp(a, "0") == 0) &&
		       (!*b || strcmp(b, "0") == 0);
	return strcasecmp(a, b) == 0;
}

/* Does the server show what we want? A reference may have been given by its
 * id or by its name; a backend may keep times in seconds only. */
static int shows(struct changes *c, const struct op *op, const struct json *now,
	const struct change *x)
{
	const struct field_desc *f =
		field_by_name(op_desc(op->kind)->target, x->name);
	const char *is = value_text(c->a, field_of(now, x->name));
	char name[64];

	if (same(is, x->ours))
		return 1;
	if (f && f->type == FT_TIME)
		return *is && *x->ours &&
		       strtoll(is, NULL, 10) / 1000 ==
			       strtoll(x->ours, NULL, 10) / 1000;
	if (!f || field_ref(f->type) == ENT_COUNT)
		return 0;
	snprintf(name, sizeof(name), "%s_name", x->name);
	return same(value_text(c->a, field_of(now, name)), x->ours);
}

static void evidence_add(struct jw *w, const char *name, const char *base,
	const char *ours, const char *theirs)
{
	jw_obj(w);
	jw_kstr(w, "field", name);
	jw_kstr(w, "base", base);
	jw_kstr(w, "ours", ours);
	jw_kstr(w, "theirs", theirs);
	jw_obj_end(w);
}

static enum verdict judge(struct changes *c, const struct op *op,
	const struct json *base, const struct json *now, struct buf *evidence)
{
	int i, already = 0, conflicts = 0;
	struct jw w;

	jw_init(&w, evidence);
	jw_obj(&w);
	jw_key(&w, "conflicts");
	jw_arr(&w);
	for (i = 0; i < c->n; i++) {
		const struct json *b = field_of(base, c->v[i].name);
		const char *was = value_text(c->a, b);
		const char *is = value_text(c->a, field_of(now, c->v[i].name));

		if (shows(c, op, now, &c->v[i])) {
			already++;
		} else if (b && !same(is, was)) {
			conflicts++;
			evidence_add(&w, c->v[i].name, was, c->v[i].ours, is);
		}
	}
	jw_arr_end(&w);
	jw_obj_end(&w);
	if (conflicts)
		return CMP_CONFLICT;
	return c->n && already == c->n ? CMP_ALREADY : CMP_CLEAN;
}

int compare_fields(struct engine *e, const struct op *op, const char *me,
	struct arena *a, enum verdict *v, const char **evidence)
{
	struct json_doc *base = NULL, *now = NULL;
	struct changes c = {.a = a};
	const char *text, *version;
	struct buf b = BUF_INIT;
	int rc;

	rc = store_base_values(e->ro, op_desc(op->kind)->target, op->target, a,
		&text, &version);
	if (rc == 0)
		rc = changes_of(op, me, &c);
	if (rc == 0)
		rc = json_parse(text, strlen(text), &json_limits_wire, &now);
	if (rc == 0 && op->base)
		rc = json_parse(
			op->base, strlen(op->base), &json_limits_wire, &base);
	if (rc == 0) {
		*v = judge(&c, op, base ? json_root(base) : NULL,
			json_root(now), &b);
		*evidence = arena_strdup(a, buf_str(&b));
	}
	buf_fini(&b);
	json_free(base);
	json_free(now);
	return rc;
}
