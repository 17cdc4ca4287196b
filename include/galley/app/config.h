/* SPDX-License-Identifier: MIT */
/*
 * The configuration file, galley-config(5): sections of `key = value` lines.
 *
 *   [galley]
 *   language = zh_CN
 *   undo = 10s
 *   [notices]
 *   message = desktop mark
 *   [connector rt]
 *   manifest = rt5
 *   base = https://rt.example.org
 *   token_command = secret-tool lookup service rt
 *
 * A secret never stands in it: `<setting>_command` (an argument vector, no
 * shell), `<setting>_file` (0600), or the secret service. Unknown sections and
 * keys are errors with file:line:column.
 */
#ifndef GALLEY_APP_CONFIG_H
#define GALLEY_APP_CONFIG_H

#include "galley/app/notices.h"
#include "galley/base/err.h"
#include "galley/connector/manifest.h"

struct config_value {
	const char *key, *value;
	int line, col;
};

struct config_conn {
	const char *name;     /* "rt" */
	const char *manifest; /* "rt5" or a path */
	struct config_value *values;
	int n_values;
	int line;
};

struct config {
	const char *file;
	const char *language; /* NULL: the locale's */
	int64_t undo_ms;      /* undo window of visible sends */
	int64_t stale_ms;     /* visible sends older than this ask */
	int retention_days;   /* 0: keep */
	const char *editor;
	const char *opener;   /* of attachments; NULL: as the desktop says */
	int keys;	      /* enum keyset (command.h) */
	const char *keys_file; /* NULL: the person's own */
	const char *theme;     /* name or path; NULL: by the terminal */
	struct notices notices;
	const char *role;     /* one of role_all */
	int unmasked;	      /* contacts whole, for who may reveal */
	struct config_conn *conns;
	int n_conns;
	struct arena *arena;
};

/* NULL path: the person's own. E_NOTFOUND when there is none. */
int config_load(const char *path, struct config **out) MUST_CHECK;
int config_parse(const char *file, const char *text, size_t len,
	struct config **out) MUST_CHECK;
void config_free(struct config *c);

/* --- changing it: config_edit.c --- */

/* "galley" or "notices", whose keys differ; NULL: no such key. */
const char *config_section(const char *key);
/* One line of that section: a new value, or with NULL what is built in. The
 * rest of the file stays as it is. E_CONFIG says what is allowed. */
int config_set(
	const char *file, const char *key, const char *value) MUST_CHECK;
/* The value of a key as it stands in the text of a file, new; NULL: nowhere. */
char *config_raw(const char *text, const char *key);

/* --- it was changed: config_diff.c --- */

struct config_change {
	const char *what; /* "role", "connector rt" */
	const struct config_conn *conn; /* that section as it is now, or NULL */
	int now;	   /* it holds; else from the next start on */
	const char *wrong; /* what is, with its place, or NULL */
};
struct config_changes {
	struct config_change *v; /* in the arena */
	int n;
};
/* `what` and `conn` of all that is not the same in `b` as in `a`. */
void config_diff(const struct config *a, const struct config *b,
	struct arena *arena, struct config_changes *out);

/* A set of keys (enum keyset) with a file on top, galley-keys(5); NULL: the
 * person's own, when there is one. E_* of that file. */
struct keymap;
int config_keys(const struct config *c, int set, const char *file,
	struct keymap **out) MUST_CHECK;
/* keys_file, else ~/.config/galley/keys when it is there, else NULL. New. */
char *config_keys_path(const struct config *c);

/* The values of one connector in the order of the manifest's settings, secrets
 * fetched. Free with conn_values_free. E_CONFIG, E_AUTH. */
int config_conn_values(const struct config *c, const struct config_conn *cc,
	const struct manifest *m, char ***values) MUST_CHECK;
/* Are its keys and values those of its manifest? No secret is fetched. */
int config_conn_check(
	const struct config *c, const struct config_conn *cc) MUST_CHECK;
void conn_values_free(const struct manifest *m, char **values);

#endif
