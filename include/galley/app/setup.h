/* SPDX-License-Identifier: MIT */
/*
 * A backend for the configuration, from the answers of a person to the file on
 * disk. Used by `galley init` and by the first screen. Nothing is written
 * before setup_write() but the files of typed secrets, which a trial needs;
 * setup_free() takes those away again when it was not written.
 */
#ifndef GALLEY_APP_SETUP_H
#define GALLEY_APP_SETUP_H

#include "galley/app/config.h"
#include "galley/app/probe.h"

struct setup;

/* The i-th shipped manifest by name, NULL after the last. New string. */
char *setup_shipped(int i);

/* NULL path: the person's own. E_CONFIG when the file that is there is wrong.
 */
int setup_new(const char *path, struct setup **out) MUST_CHECK;
void setup_free(struct setup *s);
const char *setup_path(const struct setup *s);
int setup_is_first(const struct setup *s); /* there is no such file yet */

/* E_EXISTS when there is a connector of that name already. */
int setup_name_free(const struct setup *s, const char *name) MUST_CHECK;
/* Begins a connector, forgetting the one begun before and its secrets. A
 * manifest with a `/` is a path. `language` is for a new file; NULL or "": the
 * system's. */
int setup_begin(struct setup *s, const char *manifest, const char *name,
	const char *language) MUST_CHECK;
const struct manifest *setup_manifest(const struct setup *s); /* or NULL */
const char *setup_manifest_name(const struct setup *s);
/* One line of the section, as it stands in the file. */
void setup_value(struct setup *s, const char *key, const char *value);
/* Keeps a typed secret in a file that only its owner can read, and names that
 * file in the section. E_EXISTS when there is one and not `force`. */
int setup_secret(struct setup *s, const char *key, const char *secret,
	int force) MUST_CHECK;

/* Is what stands there a right configuration? E_CONFIG with its place. */
int setup_check(struct setup *s) MUST_CHECK;
/* setup_check(), then probe_connector(). */
int setup_try(struct setup *s, volatile const int *stop,
	struct probe_result *out) MUST_CHECK;
/* setup_check(), then the file; from now on the secrets stay. */
int setup_write(struct setup *s) MUST_CHECK;

/* The same trial without waiting for it: in a thread of its own, one at a time.
 */
struct trial;
int trial_begin(struct setup *s, struct trial **out) MUST_CHECK;
int trial_fd(const struct trial *t); /* readable when it is over */
/* Stops it if it is not over yet, and gives what came of it. */
int trial_end(struct trial *t, struct probe_result *out) MUST_CHECK;

#endif
