/* SPDX-License-Identifier: MIT */
/*
 * Where things are: XDG directories for what belongs to the person, and the
 * shipped data beside the program (a build tree needs no install) or under the
 * install prefix. GALLEY_HOME puts all personal directories under one place,
 * GALLEY_DATA and GALLEY_LIBEXEC say where shipped files and helpers are.
 */
#ifndef GALLEY_BASE_PATHS_H
#define GALLEY_BASE_PATHS_H

#include <stddef.h>
#include "galley/base/err.h"

enum path_kind { PATH_CONFIG, PATH_DATA, PATH_STATE, PATH_CACHE, PATH_RUNTIME };

/* A new string: the directory, joined with `name` when not NULL. */
char *path_user(enum path_kind kind, const char *name);

/* Makes the directory (0700, parents too) and checks that it is ours and
 * closed to others: E_PERM says what to chmod. */
int path_make_private(const char *dir) MUST_CHECK;

/* A shipped file such as "connectors/rt5.json", or E_NOTFOUND. New string. */
int path_data(const char *name, char **out) MUST_CHECK;

/* A program of ours that is not on PATH, such as "galley-jq". New string. */
int path_helper(const char *name, char **out) MUST_CHECK;

/* The locale directory for gettext. New string. */
char *path_locale(void);

/* Reads a whole file, at most `max` bytes (E_LIMIT beyond). New string. */
int file_read(const char *path, size_t max, char **out, size_t *len)
	MUST_CHECK;
/* Writes through a temporary file and rename, mode 0600, synced. */
int file_write(const char *path, const char *s, size_t len) MUST_CHECK;

#endif
