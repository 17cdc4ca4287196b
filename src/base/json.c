/* SPDX-License-Identifier: MIT */
/*
 * Parsing what the gate has passed, and reading the result. The only file that
 * knows the parser: a document's values all live in its arena, handed to the
 * parser through allocation hooks and a per-thread current arena, because the
 * hooks are the process's and several threads parse. Values are never changed.
 */
#include "json_priv.h"

#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"

const struct json_limits json_limits_wire = {
	.size_bytes = (size_t)64 << 20,
	.depth = 64,
	.nodes = 1000000,
	.key_bytes = 1024,
};

const struct json_limits json_limits_file = {
	.size_bytes = (size_t)4 << 20,
	.depth = 64,
	.nodes = 200000,
	.key_bytes = 1024,
	.comments = 1,
};

const struct json_limits json_limits_small = {
	.size_bytes = (size_t)64 << 10,
	.depth = 16,
	.nodes = 8192,
	.key_bytes = 256,
};

struct where {
	const cJSON *value;
	struct json_place place;
};

struct json_doc {
	struct arena *arena;
	const cJSON *root;
	struct where *where; /* sorted by value */
	size_t nwhere;
};

static _Thread_local struct arena *current;

static void *hook_malloc(size_t size)
{
	return current ? arena_alloc(current, size) : NULL;
}

static void hook_free(void *p)
{
	(void)p; /* the arena goes as a whole */
}

static void set_hooks(void)
{
	cJSON_Hooks hooks = {
		.malloc_fn = hook_malloc,
		.free_fn = hook_free,
	};

	cJSON_InitHooks(&hooks);
}

/* `gated` is NUL-terminated. */
static const cJSON *parse(struct arena *a, const char *gated)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const cJSON *root;

	pthread_once(&once, set_hooks);
	current = a;
	root = cJSON_ParseWithOpts(gated, NULL, 1);
	current = NULL;
	return root;
}

static int compare_where(const void *a, const void *b)
{
	const struct where *x = a, *y = b;

	return (x->value > y->value) - (x->value < y->value);
}

/* Values in the order in which the gate met them. */
static void walk(
	struct json_doc *d, const cJSON *v, const struct json_places *p)
{
	for (; v && d->nwhere < p->len; v = v->next) {
		d->where[d->nwhere] = (struct where){
			.value = v,
			.place = p->at[d->nwhere],
		};
		d->nwhere++;
		walk(d, v->child, p);
	}
}

static void keep_places(struct json_doc *d, const struct json_places *p)
{
	d->where = arena_calloc(d->arena, p->len, sizeof(*d->where));
	walk(d, d->root, p);
	qsort(d->where, d->nwhere, sizeof(*d->where), compare_where);
}

int json_parse(const char *s, size_t len, const struct json_limits *lim,
	struct json_doc **out)
{
	struct json_places places = {NULL, 0, 0};
	struct buf gated = BUF_INIT;
	struct json_doc *d;
	struct arena *a;
	int rc;

	rc = json_gate_places(
		s, len, lim, &gated, lim->comments ? &places : NULL);
	if (rc)
		goto out;
	a = arena_new();
	d = arena_calloc(a, 1, sizeof(*d));
	d->arena = a;
	d->root = parse(a, buf_str(&gated));
	if (!d->root) {
		arena_free(a);
		rc = err_set(E_BUG, "the JSON gate passed what cannot be read");
		goto out;
	}
	if (lim->comments)
		keep_places(d, &places);
	*out = d;
out:
	free(places.at);
	buf_fini(&gated);
	return rc;
}

void json_free(struct json_doc *d)
{
	if (d)
		arena_free(d->arena);
}

static const cJSON *in(const struct json *v)
{
	return (const cJSON *)v;
}

static const struct json *out(const cJSON *v)
{
	return (const struct json *)v;
}

const struct json *json_root(const struct json_doc *d)
{
	return out(d->root);
}

void json_where(
	const struct json_doc *d, const struct json *v, int *line, int *col)
{
	struct where key = {.value = in(v)}, *w = NULL;

	if (v && d->nwhere)
		w = bsearch(
			&key, d->where, d->nwhere, sizeof(key), compare_where);
	*line = w ? w->place.line : 0;
	*col = w ? w->place.col : 0;
}

enum json_type json_type(const struct json *v)
{
	switch (v ? in(v)->type & 0xff : cJSON_NULL) {
	case cJSON_False:
	case cJSON_True:
		return JSON_BOOL;
	case cJSON_Number:
		return JSON_NUMBER;
	case cJSON_String:
		return JSON_STRING;
	case cJSON_Array:
		return JSON_ARRAY;
	case cJSON_Object:
		return JSON_OBJECT;
	default:
		return JSON_NULL;
	}
}

const struct json *json_first(const struct json *v)
{
	enum json_type t = json_type(v);

	if (t != JSON_ARRAY && t != JSON_OBJECT)
		return NULL;
	return out(in(v)->child);
}

const struct json *json_next(const struct json *v)
{
	return v ? out(in(v)->next) : NULL;
}

const char *json_key(const struct json *v)
{
	return v ? in(v)->string : NULL;
}

const struct json *json_get(const struct json *obj, const char *key)
{
	const struct json *v;

	if (json_type(obj) != JSON_OBJECT)
		return NULL;
	for (v = json_first(obj); v; v = json_next(v)) {
		if (!strcmp(in(v)->string, key))
			return v;
	}
	return NULL;
}

const struct json *json_at(const struct json *arr, size_t i)
{
	const struct json *v;

	if (json_type(arr) != JSON_ARRAY)
		return NULL;
	for (v = json_first(arr); v && i; i--)
		v = json_next(v);
	return v;
}

size_t json_len(const struct json *v)
{
	size_t n = 0;

	for (v = json_first(v); v; v = json_next(v))
		n++;
	return n;
}

const char *json_str(const struct json *v)
{
	return json_type(v) == JSON_STRING ? in(v)->valuestring : NULL;
}

const char *json_get_str(const struct json *obj, const char *key)
{
	return json_str(json_get(obj, key));
}

/* A whole string of digits that fits, with a minus at most. */
static int parse_int(const char *s, int64_t *out_value)
{
	int minus = *s == '-';
	uint64_t v = 0, max = (uint64_t)INT64_MAX + (minus ? 1 : 0);
	unsigned digit;

	s += minus;
	if (!*s)
		return 0;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return 0;
		digit = (unsigned)(*s - '0');
		if (v > (max - digit) / 10)
			return 0;
		v = v * 10 + digit;
	}
	*out_value = minus ? (int64_t)(0 - v) : (int64_t)v;
	return 1;
}

int json_int(const struct json *v, int64_t *out_value)
{
	double d;

	if (json_type(v) == JSON_STRING)
		return parse_int(in(v)->valuestring, out_value);
	if (json_type(v) != JSON_NUMBER)
		return 0;
	d = in(v)->valuedouble;
	/* Within 2^53 the conversion is exact for whole numbers. */
	if (!(d >= -9007199254740991.0 && d <= 9007199254740991.0) ||
		(double)(int64_t)d != d)
		return 0;
	*out_value = (int64_t)d;
	return 1;
}

int64_t json_get_int(const struct json *obj, const char *key, int64_t def)
{
	json_int(json_get(obj, key), &def);
	return def;
}

int json_bool(const struct json *v, int def)
{
	if (json_type(v) != JSON_BOOL)
		return def;
	return (in(v)->type & 0xff) == cJSON_True;
}

int json_is_null(const struct json *v)
{
	return json_type(v) == JSON_NULL;
}

/* The shortest form that reads back as the same number, with a point whatever
 * the locale says. */
static void print_number(struct buf *b, double d)
{
	char text[40], *comma;
	int digits;

	for (digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, d);
		if (strtod(text, NULL) == d)
			break;
	}
	comma = strchr(text, ',');
	if (comma)
		*comma = '.';
	buf_adds(b, text);
	/* The gate would take so long an integer for an id. */
	if (strlen(text) >= 16 && !strpbrk(text, ".e"))
		buf_adds(b, "e0");
}

static void print_string(struct buf *b, const char *s)
{
	struct jw w;

	jw_init(&w, b);
	jw_str(&w, s);
}

static void print_members(struct buf *b, const struct json *v, int keys)
{
	const struct json *m;

	buf_addc(b, keys ? '{' : '[');
	for (m = json_first(v); m; m = json_next(m)) {
		if (m != json_first(v))
			buf_addc(b, ',');
		if (keys) {
			print_string(b, json_key(m));
			buf_addc(b, ':');
		}
		json_print(b, m);
	}
	buf_addc(b, keys ? '}' : ']');
}

void json_print(struct buf *b, const struct json *v)
{
	switch (json_type(v)) {
	case JSON_NULL:
		buf_adds(b, "null");
		break;
	case JSON_BOOL:
		buf_adds(b, json_bool(v, 0) ? "true" : "false");
		break;
	case JSON_NUMBER:
		print_number(b, in(v)->valuedouble);
		break;
	case JSON_STRING:
		print_string(b, json_str(v));
		break;
	case JSON_ARRAY:
		print_members(b, v, 0);
		break;
	case JSON_OBJECT:
		print_members(b, v, 1);
		break;
	}
}
