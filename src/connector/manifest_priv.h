/* SPDX-License-Identifier: MIT */
#ifndef GALLEY_SRC_CONNECTOR_MANIFEST_PRIV_H
#define GALLEY_SRC_CONNECTOR_MANIFEST_PRIV_H

#include "galley/base/json.h"
#include "galley/connector/manifest.h"

#define NO_JQ (-1)

/* A jq filter of the file: fN of the program. */
struct filter {
	const char *text;
	const struct json *at; /* for messages; NULL: glue of ours */
};

/* A name with a template or a filter; both absent: left out. */
struct slot {
	const char *name;
	const char *tpl; /* NULL when jq */
	int jq;
};
struct slots {
	struct slot *v;
	int n;
};

enum body_kind { REQ_NO_BODY, REQ_JQ, REQ_JSON, REQ_FORM };

struct request {
	const char *method; /* NULL: not given */
	const char *path;
	const char *url;
	struct slots headers, query;
	enum body_kind body_kind;
	int body;		 /* REQ_JQ */
	struct slots body_slots; /* REQ_JSON, REQ_FORM */
	int text;		 /* the answer is text, not JSON */
};

enum page_type {
	PAGE_NONE,
	PAGE_NEXT_URL,
	PAGE_NUMBER,
	PAGE_OFFSET,
	PAGE_TOKEN,
	PAGE_CURSOR_LOOP,
};

struct stream {
	struct request req;
	enum page_type page;
	int page_from, page_until;
	int64_t page_start, page_size;
	int cursor_from; /* NO_JQ: the Date of the first request's answer */
	int map, when;
};

/* One request of a login or a probe, or one that looks after a write. */
struct step {
	struct request req;
	int when, ok, save, me;
	int optional; /* a no is no failure */
};

struct action {
	struct request req;
	int ok, result, version, marker, refused;
	int has_confirm;
	struct step confirm;
};

struct steps {
	struct step *v;
	int n;
};

enum err_class {
	CLASS_AUTH,
	CLASS_RATE,
	CLASS_RETRY,
	CLASS_NOT_EXECUTED,
	CLASS_CONFLICT,
	CLASS_GONE,
	CLASS_REJECT,
	CLASS_RESYNC,
	CLASS_DUPLICATE,
	CLASS_UNKNOWN,
	CLASS_COUNT
};

struct err_rule {
	int when, message, wait_s;
	enum err_class class;
	int on_read, on_write;
};

struct derived {
	const char *name, *from, *regex;
};

struct file_spec {
	struct request req;
	const char *json_member; /* NULL: the body is the file */
	int base64;
};

struct manifest {
	struct arena *arena;
	struct json_doc *doc;
	char *file;
	const char *id, *title, *about;
	struct setting *settings;
	int n_settings;
	struct derived *derived;
	int n_derived;
	const char *base;
	struct slots headers; /* of every request */
	int cookies;
	int rate_n;
	int64_t rate_per_ms;
	int timeout_ms;
	int64_t max_bytes;
	int zone_min;
	const char *web[ENT_COUNT]; /* templates of pages, or NULL */
	struct slots login_headers; /* of every request after a login */
	struct steps login, probe;
	int64_t login_expires_ms;
	struct err_rule *errors;
	int n_errors;
	struct stream *streams;
	struct action *actions;
	struct file_spec file_spec;
	int has_file;
	struct conn_desc desc;
	struct stream_desc *stream_desc;
	struct opcap *caps;
	const struct json *fixtures;
	struct filter *filters;
	int n_user, n_filters, cap_filters;
	int errors_filter; /* glue: { c: rule number, m:, w: } or null */
	/* a driver that is built in: no file, no filters */
	int (*connect)(const struct manifest *m, const struct conn_args *a,
		struct conn **out);
	const char *prelude, *defs;
	const struct json *defs_at;
};

/* web.c: the part `web` */
int load_web(struct manifest *m, const struct json *root) MUST_CHECK;
/* schema.c: keys, types, required ones. E_CONFIG with the place. */
int schema_check(const struct manifest *m) MUST_CHECK;
/* "file:line:col: ..." */
int manifest_err(const struct manifest *m, const struct json *at,
	const char *fmt, ...) PRINTF(3, 4);

/* jqtokens.c: E_CONFIG when the filter uses what a filter may not use or when
 * its brackets do not pair. The message has no place. */
int jq_check(const char *s) MUST_CHECK;

/* Index of a stream by name, -1. */
int manifest_stream(const struct manifest *m, const char *name);
int manifest_action(const struct manifest *m, enum op_kind k);

/* template.c: every `{name}` of `tpl`; 0 stops and is returned. */
int template_each(const char *tpl,
	int (*fn)(void *u, const char *name, size_t len), void *u);

extern const char *const page_type_names[];
extern const char *const err_class_names[];
extern const char *const once_names[];
extern const char *const policy_names[];

#endif
