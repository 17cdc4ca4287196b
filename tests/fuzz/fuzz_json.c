/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the JSON gate, the parser behind it and the writer: a second, simple
 * reader must agree on what is JSON; what is accepted prints and reads back to
 * the same text; what is refused says where.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/json.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* --- the second reader: RFC 8259 without budgets, -1 or the place after --- */

static long value(const char *s, long n, long i, int depth);

static long blank(const char *s, long n, long i)
{
	while (i < n && s[i] && strchr(" \t\r\n", s[i]))
		i++;
	return i;
}

static long text(const char *s, long n, long i)
{
	int k;

	if (i >= n || s[i] != '"')
		return -1;
	for (i++; i < n && s[i] != '"'; i++) {
		if ((unsigned char)s[i] < 0x20)
			return -1;
		if (s[i] != '\\')
			continue;
		if (++i >= n || !s[i] || !strchr("\"\\/bfnrtu", s[i]))
			return -1;
		for (k = 0; s[i] == 'u' && k < 4; k++) {
			if (i + 1 + k >= n || !s[i + 1 + k] ||
				!strchr("0123456789abcdefABCDEF", s[i + 1 + k]))
				return -1;
		}
	}
	return i < n ? i + 1 : -1;
}

static long digits(const char *s, long n, long i)
{
	long start = i;

	while (i < n && s[i] >= '0' && s[i] <= '9')
		i++;
	return i > start ? i : -1;
}

static long number(const char *s, long n, long i)
{
	long start;

	if (i < n && s[i] == '-')
		i++;
	start = i;
	i = digits(s, n, i);
	if (i < 0 || (s[start] == '0' && i > start + 1))
		return -1;
	if (i < n && s[i] == '.' && (i = digits(s, n, i + 1)) < 0)
		return -1;
	if (i < n && (s[i] == 'e' || s[i] == 'E')) {
		i++;
		if (i < n && (s[i] == '+' || s[i] == '-'))
			i++;
		i = digits(s, n, i);
	}
	return i;
}

static long list(const char *s, long n, long i, int depth, char close)
{
	i = blank(s, n, i + 1);
	if (i < n && s[i] == close)
		return i + 1;
	for (;;) {
		if (close == '}') {
			i = text(s, n, blank(s, n, i));
			if (i < 0)
				return -1;
			i = blank(s, n, i);
			if (i >= n || s[i++] != ':')
				return -1;
		}
		i = value(s, n, blank(s, n, i), depth);
		if (i < 0)
			return -1;
		i = blank(s, n, i);
		if (i >= n || (s[i] != ',' && s[i] != close))
			return -1;
		if (s[i++] == close)
			return i;
	}
}

static long value(const char *s, long n, long i, int depth)
{
	static const char *const words[] = {"true", "false", "null"};
	size_t k;

	if (i >= n || depth > 500)
		return -1;
	if (s[i] == '{' || s[i] == '[')
		return list(s, n, i, depth + 1, s[i] == '{' ? '}' : ']');
	if (s[i] == '"')
		return text(s, n, i);
	for (k = 0; k < 3; k++) {
		if ((size_t)(n - i) >= strlen(words[k]) &&
			!memcmp(s + i, words[k], strlen(words[k])))
			return i + (long)strlen(words[k]);
	}
	return number(s, n, i);
}

static int is_json(const char *s, size_t len)
{
	long n = (long)len, i = value(s, n, blank(s, n, 0), 0);

	return i >= 0 && blank(s, n, i) == n;
}

/* --- properties ----------------------------------------------------------- */

/* What the gate may refuse though it is JSON. */
static void check_refusal(void)
{
	static const char *const reasons[] = {"duplicate key", "too many",
		"nested too deeply", "key too long", "out of range",
		"NUL in a key", "not UTF-8", "more than"};
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strstr(err_msg(), reasons[i]))
			return;
	}
	fprintf(stderr, "refused: %s\n", err_msg());
	abort();
}

static void check_places(
	const struct json_doc *d, const struct json *v, int known)
{
	const struct json *m;
	int line, col;

	json_where(d, v, &line, &col);
	assert(known ? line >= 1 && col >= 1 : line == 0 && col == 0);
	for (m = json_first(v); m; m = json_next(m))
		check_places(d, m, known);
}

static void check_print(const struct json_doc *d, const struct json_limits *lim)
{
	struct buf first = BUF_INIT, second = BUF_INIT;
	struct json_limits wide = *lim;
	struct json_doc *again = NULL;

	wide.size_bytes *= 10; /* escapes and marks are longer */
	json_print(&first, json_root(d));
	if (json_parse(first.p, first.len, &wide, &again))
		abort();
	json_print(&second, json_root(again));
	assert(first.len == second.len);
	assert(!memcmp(first.p, second.p, first.len));
	json_free(again);
	buf_fini(&first);
	buf_fini(&second);
}

static void check_gate_again(
	const struct buf *gated, const struct json_limits *lim)
{
	struct json_limits wide = *lim;
	struct buf again = BUF_INIT;

	wide.size_bytes *= 10;
	if (json_gate(gated->p, gated->len, &wide, &again))
		abort();
	assert(again.len == gated->len);
	assert(!memcmp(again.p, gated->p, gated->len));
	buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct json_limits lim = json_limits_small;
	struct buf gated = BUF_INIT;
	struct json_doc *d = NULL;
	const char *s = (const char *)data + 1;
	size_t len = size - 1;
	int rc;

	if (!size)
		return 0;
	lim.comments = data[0] & 1;
	rc = json_gate(s, len, &lim, &gated);
	if (!lim.comments && is_json(s, len) && rc)
		check_refusal();
	if (!lim.comments && !rc)
		assert(is_json(s, len));
	if (json_parse(s, len, &lim, &d) != rc)
		abort();
	if (!rc) {
		check_gate_again(&gated, &lim);
		check_places(d, json_root(d), lim.comments);
		check_print(d, &lim);
	}
	json_free(d);
	buf_fini(&gated);
	return 0;
}
