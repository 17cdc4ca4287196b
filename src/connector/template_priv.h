/* SPDX-License-Identifier: MIT */
#ifndef GALLEY_SRC_CONNECTOR_TEMPLATE_PRIV_H
#define GALLEY_SRC_CONNECTOR_TEMPLATE_PRIV_H

#include <stddef.h>
#include "galley/base/buf.h"

enum escape {
	ESC_NONE,
	ESC_URL, /* percent-encoded, but a url setting at the very start */
};

/* A name's value, NULL: it has none (the whole template has none). `*is_url`
 * when it is a setting of type url. */
typedef const char *template_value_fn(
	void *u, const char *name, size_t len, int *is_url);

/* Appends; E_NOTFOUND when a name has no value. */
int template_render(struct buf *out, const char *tpl, enum escape esc,
	template_value_fn *value, void *u) MUST_CHECK;

#endif
