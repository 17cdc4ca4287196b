/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes situation rules, and the facts of a case on them: rules and, after a
 * NUL, what a customer wrote. Rules are read or answered with a place; a reason
 * is one line of valid UTF-8 without controls.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/mem.h"
#include "galley/base/utf8.h"
#include "galley/scenario/scenario.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_reason(const char *s)
{
	const unsigned char *p;

	assert(utf8_valid(s, strlen(s)));
	for (p = (const unsigned char *)s; *p; p++)
		assert(*p >= 0x20 && *p != 0x7f);
}

static void find(const struct situations *s, const char *words)
{
	const struct situation_fact f[] = {
		{"words", words, 0, 0},
		{"last", words, 0, 0},
		{"customer", words, 0, 0},
		{"vip", "gold", 0, 0},
		{"cf.A", words, 0, 0},
		{"priority", NULL, 3, 0},
		{"waiting", NULL, INT64_MIN, 1},
		{"promise.late", NULL, 5, 1},
		{"unknown", NULL, 5, 1},
	};
	struct arena *a = arena_new();
	struct situation out;

	if (situation_find(s, f, ARRAY_SIZE(f), a, &out)) {
		assert(out.name && out.title && out.script && out.articles);
		check_reason(out.because);
	}
	arena_free(a);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const unsigned char *cut = size ? memchr(data, 0, size) : NULL;
	size_t len = cut ? (size_t)(cut - data) : size;
	struct situations *s = NULL;
	char *words;

	words = cut ? xstrndup((const char *)cut + 1, size - len - 1)
		    : xstrdup("我要投诉 gold");
	if (situations_parse("x", (const char *)data, len, &s) == 0)
		find(s, words);
	else
		assert(!s && err_code() == E_CONFIG &&
			(!strncmp(err_msg(), "x:", 2) || len > 262144));
	situations_free(s);
	free(words);
	return 0;
}
