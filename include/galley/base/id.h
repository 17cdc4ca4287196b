/* SPDX-License-Identifier: MIT */
/*
 * ULIDs: 26 characters of Crockford base 32, 48 bits of milliseconds and 80
 * random bits, so that sorting by text is sorting by time.
 * Format: https://github.com/ulid/spec
 */
#ifndef GALLEY_BASE_ID_H
#define GALLEY_BASE_ID_H

#include "galley/base/clock.h"
#include "galley/base/rnd.h"

#define UID_LEN 26
#define UID_SIZE (UID_LEN + 1)

void uid_new(const struct clock *c, struct rnd *r, char out[UID_SIZE]);
/* 1 when `s` is a well-formed ULID. */
int uid_valid(const char *s);

#endif
