/* SPDX-License-Identifier: MIT */
/*
 * Templates: `{name}` stands for a value, every other brace for itself. Which
 * names there are and how values are written is the caller's.
 */
#include "template_priv.h"

#include <string.h>
#include "galley/net/net.h"
#include "manifest_priv.h"

static size_t name_len(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz_");

	return n && s[n] == '}' ? n : 0;
}

int template_each(const char *tpl,
	int (*fn)(void *u, const char *name, size_t len), void *u)
{
	int rc = 0;

	for (const char *p = tpl; rc == 0 && (p = strchr(p, '{')); p++) {
		size_t n = name_len(p + 1);

		if (n)
			rc = fn(u, p + 1, n);
	}
	return rc;
}

int template_render(struct buf *out, const char *tpl, enum escape esc,
	template_value_fn *value, void *u)
{
	const char *p = tpl;

	while (*p) {
		size_t n = *p == '{' ? name_len(p + 1) : 0;
		int is_url = 0;
		const char *v;

		if (!n) {
			buf_addc(out, *p++);
			continue;
		}
		v = value(u, p + 1, n, &is_url);
		if (!v)
			return err_set(E_NOTFOUND, "`{%.*s}` has no value",
				(int)n, p + 1);
		if (esc == ESC_NONE || (p == tpl && is_url))
			buf_adds(out, v);
		else
			url_encode(out, v, strlen(v));
		p += n + 2;
	}
	return 0;
}
