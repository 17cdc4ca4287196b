/* SPDX-License-Identifier: MIT */
/*
 * JSON: a gate in front of cJSON, and accessors that cannot be misused.
 *
 * The gate checks size, depth, node and key budgets, UTF-8, duplicate keys
 * (also those that differ in case only), NUL and what follows the document,
 * and quotes integers of 16 and more digits so that no parser rounds an id.
 * Messages carry line and column, both from 1, column in characters.
 *
 * A document lives in its own arena; values are borrowed until json_free().
 */
#ifndef GALLEY_BASE_JSON_H
#define GALLEY_BASE_JSON_H

#include <stddef.h>
#include <stdint.h>
#include "galley/base/arena.h"
#include "galley/base/buf.h"
#include "galley/base/err.h"

struct json;	 /* a value (borrowed)         */
struct json_doc; /* a parsed document (owned)  */

struct json_limits {
	size_t size_bytes;
	unsigned depth;
	size_t nodes;
	size_t key_bytes; /* length of one key */
	int comments;	  /* allow // and block comments: files people write */
	int exact_keys;	  /* keys that differ in case only are two keys: for
			     readers that compare exactly */
};

extern const struct json_limits json_limits_wire;  /* 64 MiB, 64 deep */
extern const struct json_limits json_limits_file;  /* 4 MiB, comments */
extern const struct json_limits json_limits_small; /* 64 KiB, 16 deep */

enum json_type {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

/* Checks `s` and appends the form that a parser may see. E_PROTO with
 * "line:col: what" in the message. */
int json_gate(const char *s, size_t len, const struct json_limits *lim,
	struct buf *out) MUST_CHECK;

/* Gate and parse. */
int json_parse(const char *s, size_t len, const struct json_limits *lim,
	struct json_doc **out) MUST_CHECK;
void json_free(struct json_doc *d); /* NULL is allowed */
const struct json *json_root(const struct json_doc *d);
/* Line and column of a value in the source, for messages about files. Only for
 * documents parsed with `comments` set; 0:0 otherwise. */
void json_where(const struct json_doc *d, const struct json *v, int *line,
	int *col);

/* All accessors take NULL and answer "not there". */
enum json_type json_type(const struct json *v);
const struct json *json_get(const struct json *obj, const char *key);
const struct json *json_at(const struct json *arr, size_t i);
size_t json_len(const struct json *v); /* members of an array or object */
const struct json *json_first(const struct json *v);
const struct json *json_next(const struct json *v);
const char *json_key(const struct json *v); /* of an object's member */
/* NULL when it is not a string. */
const char *json_str(const struct json *v);
const char *json_get_str(const struct json *obj, const char *key);
/* Numbers, and strings that are whole integers. 0 and untouched when not. */
int json_int(const struct json *v, int64_t *out);
int64_t json_get_int(const struct json *obj, const char *key, int64_t def);
int json_bool(const struct json *v, int def);
int json_is_null(const struct json *v); /* absent counts as null */

/* Compact text of a value, appended. */
void json_print(struct buf *out, const struct json *v);

/* Writing: a small state machine that puts commas and quotes. */
struct jw {
	struct buf *out;
	unsigned depth;
	uint64_t first; /* bit per depth: nothing written yet */
	int after_key;
	int pretty;
};

void jw_init(struct jw *w, struct buf *out);
void jw_obj(struct jw *w);
void jw_obj_end(struct jw *w);
void jw_arr(struct jw *w);
void jw_arr_end(struct jw *w);
void jw_key(struct jw *w, const char *key);
void jw_str(struct jw *w, const char *s); /* NULL writes null; bad UTF-8
					     is replaced */
void jw_strn(struct jw *w, const char *s, size_t len);
void jw_int(struct jw *w, int64_t v);
void jw_bool(struct jw *w, int v);
void jw_null(struct jw *w);
void jw_raw(struct jw *w, const char *json); /* already JSON */
void jw_json(struct jw *w, const struct json *v);
/* key and value in one call */
void jw_kstr(struct jw *w, const char *key, const char *s);
void jw_kint(struct jw *w, const char *key, int64_t v);
void jw_kbool(struct jw *w, const char *key, int v);

#endif
