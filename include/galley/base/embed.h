/* SPDX-License-Identifier: MIT */
/*
 * The shipped schema and connector files, built into the program, so that the
 * shipped default is the built-in default. Names are as below data/, such as
 * "schema/0001.sql".
 */
#ifndef GALLEY_BASE_EMBED_H
#define GALLEY_BASE_EMBED_H

#include <stddef.h>

/* The file's bytes, NUL-terminated; NULL when there is no such file. `len` may
 * be NULL. */
const char *embed_get(const char *name, size_t *len);

/* The i-th name, sorted by name; NULL after the last and for i < 0. */
const char *embed_name(int i);

#endif
