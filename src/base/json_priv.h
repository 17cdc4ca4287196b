/* SPDX-License-Identifier: MIT */
/*
 * Between the gate and the parser: where each value began in the source, in
 * the order in which they began.
 */
#ifndef GALLEY_BASE_JSON_PRIV_H
#define GALLEY_BASE_JSON_PRIV_H

#include "galley/base/json.h"

struct json_place {
	int line, col;
};

struct json_places {
	struct json_place *at;
	size_t len, cap;
};

/* json_gate(), noting places when `places` is not NULL. */
int json_gate_places(const char *s, size_t len, const struct json_limits *lim,
	struct buf *out, struct json_places *places) MUST_CHECK;

#endif
