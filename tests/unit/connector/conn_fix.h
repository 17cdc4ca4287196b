/* SPDX-License-Identifier: MIT */
/*
 * What the tests of this floor share: where the built mapping process is, a
 * clock that is moved by hand, and manifests made from pieces.
 */
#ifndef GALLEY_TESTS_CONN_FIX_H
#define GALLEY_TESTS_CONN_FIX_H

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "connector/interp_priv.h"
#include "galley/base/mem.h"

/* B/unit/connector/test_x -> B/galley-jq */
static inline char *fix_helper(void)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	assert_true(n > 0);
	exe[n] = '\0';
	for (int i = 0; i < 3; i++)
		*strrchr(exe, '/') = '\0';
	return xasprintf("%s/galley-jq", exe);
}

struct fix_clock {
	int64_t now_ms, mono_ms;
};

static inline int64_t fix_now(void *u)
{
	return ((struct fix_clock *)u)->now_ms;
}

static inline int64_t fix_mono(void *u)
{
	return ((struct fix_clock *)u)->mono_ms;
}

static inline struct clock fix_clock_of(struct fix_clock *c)
{
	return (struct clock){.now_ms = fix_now, .mono_ms = fix_mono, .u = c};
}

static inline struct manifest *fix_parse(const char *text)
{
	struct manifest *m = NULL;
	int rc = manifest_parse("test.json", text, strlen(text), &m);

	if (rc < 0)
		fail_msg("%s", err_msg());
	return m;
}

/* A manifest with one stream whose map is `map`, and `extra` members. */
static inline char *fix_text(const char *map, const char *extra)
{
	return xasprintf(
		"{\"galley_connector\": 1, \"id\": \"t\", \"title\": \"T\",\n"
		"\"config\": {\"base\": {\"type\": \"url\"}, \"token\": "
		"{\"type\": \"secret\"}},\n"
		"\"http\": {\"base\": \"{base}/api\", \"headers\": "
		"{\"X-Token\": \"{token}\"}},\n"
		"\"probe\": [{\"request\": {\"path\": \"/me\"}, \"me\": "
		"\".body.id\"}],\n"
		"\"streams\": {\"all\": {\"every_s\": 60, \"request\": "
		"{\"path\": \"/all\"}, \"map\": \"%s\"}}%s%s}",
		map, extra && *extra ? ",\n" : "", extra ? extra : "");
}

#endif
