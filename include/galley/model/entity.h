/* SPDX-License-Identifier: MIT */
/*
 * The entities as data: an enum per entity and per field, and descriptions
 * that the store, the connectors and the printers walk (fields.def). A record
 * is one entity's values as they travel from a backend to the store: absent
 * fields are left as they are, null ones are emptied.
 */
#ifndef GALLEY_MODEL_ENTITY_H
#define GALLEY_MODEL_ENTITY_H

#include <stddef.h>
#include <stdint.h>
#include "galley/base/arena.h"
#include "galley/base/err.h"

enum entity {
#define ENTITY(sym, name, label) ENT_##sym,
#include "galley/model/fields.def"
	ENT_COUNT
};

/* Fields are numbered within their entity: F_TICKET_SUBJECT ... The number of
 * fields of an entity is entity_desc(e)->n_fields. */
enum field_id {
#define FIELD(ent, sym, name, type, redact, flags, label) FID_##ent##_##sym,
#include "galley/model/fields.def"
	FID_COUNT
};

enum field_type {
	FT_TEXT,
	FT_INT,
	FT_TIME,
	FT_BOOL,
	FT_SET,
	FT_JSON,
	FT_REF_QUEUE,
	FT_REF_AGENT,
	FT_REF_CUSTOMER,
	FT_REF_TICKET,
	FT_REF_CONVERSATION,
	FT_REF_MESSAGE,
	FT_REF_ARTICLE,
	FT_REF_PURCHASE,
};

enum redact_class { P0, P1, P2, P3 };

enum field_flag {
	FF_FILTER = 1,
	FF_SORT = 2,
	FF_SEARCH = 4,
	FF_EDIT = 8,
	FF_RAW = 16,
};

struct field_desc {
	enum field_id id;
	enum entity entity;
	const char *name; /* column, JSON key, query word */
	enum field_type type;
	enum redact_class redact;
	unsigned flags;
	const char *label; /* untranslated: show _(label) */
};

struct entity_desc {
	enum entity id;
	const char *name; /* table, "e" of a mapped record */
	const char *label;
	const struct field_desc *fields;
	int n_fields;
};

const struct entity_desc *entity_desc(enum entity e);
const struct entity_desc *entity_by_name(const char *name); /* or NULL */
/* By name within an entity, or NULL. */
const struct field_desc *field_by_name(enum entity e, const char *name);
const struct field_desc *field_desc(enum field_id id);
/* Position of a field within its entity. */
int field_index(enum field_id id);
/* The entity a reference points to, or ENT_COUNT for other types. */
enum entity field_ref(enum field_type t);

/* The most fields an entity has. */
#define ENTITY_MAX_FIELDS 24

struct val {
	enum { VAL_ABSENT, VAL_NULL, VAL_INT, VAL_TEXT } kind;
	int64_t i;
	const char *s; /* VAL_TEXT: NUL-terminated too */
	size_t len;
};

/* What a mapped record can be besides an entity's row. */
enum rec_kind {
	REC_ROW,
	REC_TOUCH, /* fetch `key` by stream `name`, it is at `version` */
	REC_POKE,  /* poll stream `name` now                          */
	REC_GONE,  /* entity `rid` does not exist any more            */
	REC_ALIAS, /* entity `rid` was merged into `to`               */
	REC_GUARD, /* guard `name` has `value`: streams may be skipped */
};

struct rec {
	enum rec_kind kind;
	enum entity entity;
	const char *rid;     /* opaque, 1..200 bytes of [A-Za-z0-9._:@/+=~-] or
				any printable UTF-8 without spaces at the ends */
	const char *version; /* NULL when the backend has none */
	const char *name;    /* stream or guard */
	const char *key;
	const char *to;
	const char *value;
	const char *x; /* JSON text of what is not modelled, or NULL */
	struct val v[ENTITY_MAX_FIELDS];
	struct rec *next;
};

/* A page of records, owned by its arena. */
struct recs {
	struct arena *arena;
	struct rec *first, *last;
	int n;
	/* records that could not be used: "record 17: field `due`: ..." */
	struct rec_err {
		const char *text;
		struct rec_err *next;
	} *errs;
	int n_errs;
};

struct recs *recs_new(void);
void recs_free(struct recs *r);
struct rec *recs_add(struct recs *r, enum rec_kind kind, enum entity e,
	const char *rid);
void recs_error(struct recs *r, const char *fmt, ...) PRINTF(2, 3);
/* Typed setters used by built-in drivers and tests; strings are copied. */
void rec_set_text(struct recs *r, struct rec *rec, enum field_id f,
	const char *s);
void rec_set_int(struct rec *rec, enum field_id f, int64_t v);
void rec_set_null(struct rec *rec, enum field_id f);
const struct val *rec_get(const struct rec *rec, enum field_id f);

/* Checks ids, lengths, value types and set form. E_PROTO names the field. */
int rec_validate(const struct rec *rec) MUST_CHECK;

#endif
