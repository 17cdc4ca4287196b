/* SPDX-License-Identifier: MIT */
/*
 * What the files of app/ share and nobody else needs.
 */
#ifndef GALLEY_APP_PRIV_H
#define GALLEY_APP_PRIV_H

#include "galley/app/config.h"
#include "galley/base/arena.h"

/* The value of `key`, or NULL. */
const struct config_value *conn_value(
	const struct config_conn *cc, const char *key);

/* Fetches one secret: `how` is "command", "file" or "secret", `spec` what the
 * file says. New string of secret_dup(). E_CONFIG, E_AUTH. */
int secret_fetch(struct arena *a, const char *how, const char *spec,
	char **out) MUST_CHECK;

/* Splits like a shell would, without being one: quotes and backslashes, no
 * variables, no patterns. NULL-terminated, in the arena. E_CONFIG. */
int argv_split(struct arena *a, const char *s, char ***argv) MUST_CHECK;

/* The desk asks the worker, or the cache itself. Takes `w`; `said` is for the
 * notice when it is done, or NULL. */
struct desk;
struct work;
int desk_ask(struct desk *d, struct work *w, const char *said) MUST_CHECK;
/* The number of what was asked last. */
uint64_t desk_asked(const struct desk *d);
/* E_PERM with words when this desk may not write. */
int desk_may_write(const struct desk *d) MUST_CHECK;

#endif
