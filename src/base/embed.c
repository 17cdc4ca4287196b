/* SPDX-License-Identifier: MIT */
/*
 * Look-up in the table that src/gen/gen_embed.c wrote. Few files, few look-ups:
 * a linear search is enough.
 */
#include "galley/base/embed.h"

#include <string.h>

#include "galley/base/mem.h"

#include "embedded.inc"

const char *embed_get(const char *name, size_t *len)
{
	const struct embedded *e;

	for (e = embedded_files; e->name; e++) {
		if (strcmp(e->name, name))
			continue;
		if (len)
			*len = e->len;
		return (const char *)e->data;
	}
	return NULL;
}

const char *embed_name(int i)
{
	if (i < 0 || (size_t)i >= ARRAY_SIZE(embedded_files))
		return NULL;
	return embedded_files[i].name;
}
