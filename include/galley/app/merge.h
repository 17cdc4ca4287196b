/* SPDX-License-Identifier: MIT */
/*
 * What is looked at before two tickets become one: a merge cannot be taken back,
 * and one customer must not read what another one wrote.
 */
#ifndef GALLEY_APP_MERGE_H
#define GALLEY_APP_MERGE_H

#include <stdint.h>
#include "galley/base/arena.h"
#include "galley/store/store.h"

/* 1 when two tickets belong to different customers, with their names in `a`; 0
 * when it is the same one, or not known of both. */
int merge_differs(struct store_ro *ro, int64_t one, int64_t other,
	struct arena *a, const char **whose, const char **others);

#endif
