/* SPDX-License-Identifier: MIT */
/*
 * Which files of a kind there are: the person's own and the shipped ones, each
 * name once.
 */
#ifndef GALLEY_SRC_SCENARIO_NAMES_H
#define GALLEY_SRC_SCENARIO_NAMES_H

#include "galley/base/arena.h"

/* Names without their suffix in the arena, sorted by `compare` (NULL: by
 * letter), NULL-ended. */
const char **names_in(struct arena *a, const char *folder, const char *suffix,
	int (*compare)(const void *, const void *));

#endif
