/* SPDX-License-Identifier: MIT */
/*
 * The gate in front of the JSON parser: a strict RFC 8259 reader that builds
 * nothing and copies what it has accepted. It exists because the parser behind
 * it rounds long integers, keeps duplicate keys, cuts strings at a NUL, lets
 * bad UTF-8 and trailing garbage pass, and has no budgets.
 *
 * Two things that honest servers do send are mended, visibly, and not refused,
 * so that one customer's text cannot stop a whole page: an escaped NUL in a
 * string becomes U+2400, half a surrogate pair becomes U+FFFD.
 */
#include "json_priv.h"

#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"
#include "galley/base/utf8.h"

#define MAX_DEPTH	 256
#define LONG_INT_DIGITS	 16
#define MAX_NUMBER_BYTES 60  /* the parser's own buffer holds 63 */
#define MAX_EXPONENT	 308 /* of a double */

struct key {
	size_t off, len; /* in gate.text: decoded, lower case */
	size_t pos;	 /* in the source */
};

struct gate {
	const char *s;
	size_t len, pos;
	const struct json_limits *lim;
	struct buf *out;
	struct json_places *places;
	size_t nodes;
	unsigned depth;
	struct key *keys; /* of all objects that are open */
	size_t nkeys, keys_cap;
	struct buf text;
	/* how far lines have been counted */
	size_t seen;
	int line, col;
};

static int value(struct gate *g);

static void locate(struct gate *g, size_t pos)
{
	for (; g->seen < pos && g->seen < g->len; g->seen++) {
		if (g->s[g->seen] == '\n') {
			g->line++;
			g->col = 1;
		} else if (((unsigned char)g->s[g->seen] & 0xc0) != 0x80) {
			g->col++;
		}
	}
}

static int fail_at(struct gate *g, size_t pos, const char *what)
{
	/* A place before the counted one: count again. */
	if (pos < g->seen) {
		g->seen = 0;
		g->line = g->col = 1;
	}
	locate(g, pos);
	return err_set(E_PROTO, "%d:%d: %s", g->line, g->col, what);
}

static int fail(struct gate *g, const char *what)
{
	return fail_at(g, g->pos, what);
}

/* The byte at hand, -1 at the end. */
static int peek(const struct gate *g)
{
	return g->pos < g->len ? (unsigned char)g->s[g->pos] : -1;
}

static int is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static int skip_comment(struct gate *g)
{
	const char *end;

	if (!g->lim->comments)
		return fail(g, "comments are not allowed here");
	if (g->len - g->pos >= 2 && g->s[g->pos + 1] == '/') {
		end = memchr(g->s + g->pos, '\n', g->len - g->pos);
		g->pos = end ? (size_t)(end - g->s) : g->len;
		return 0;
	}
	if (g->len - g->pos < 2 || g->s[g->pos + 1] != '*')
		return fail(g, "stray slash");
	end = memmem(g->s + g->pos + 2, g->len - g->pos - 2, "*/", 2);
	if (!end)
		return fail(g, "comment without end");
	g->pos = (size_t)(end - g->s) + 2;
	return 0;
}

static int skip(struct gate *g)
{
	int c;

	for (;;) {
		c = peek(g);
		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			g->pos++;
		else if (c != '/')
			return 0;
		else if (skip_comment(g))
			return E_PROTO;
	}
}

static int hex4(const struct gate *g, size_t pos, uint32_t *out)
{
	uint32_t v = 0;
	size_t i;
	int c;

	if (g->len - pos < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		c = (unsigned char)g->s[pos + i];
		if (is_digit(c))
			v = v << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v = v << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return -1;
	}
	*out = v;
	return 0;
}

/* After `\u`. The code point, with its pair when it has one. */
static int unicode_escape(struct gate *g, uint32_t *cp)
{
	uint32_t hi, lo;

	if (hex4(g, g->pos, &hi))
		return fail(g, "\\u needs four hexadecimal digits");
	g->pos += 4;
	if (hi >= 0xd800 && hi <= 0xdbff && g->len - g->pos >= 6 &&
		g->s[g->pos] == '\\' && g->s[g->pos + 1] == 'u' &&
		!hex4(g, g->pos + 2, &lo) && lo >= 0xdc00 && lo <= 0xdfff) {
		g->pos += 6;
		*cp = 0x10000 + ((hi - 0xd800) << 10) + (lo - 0xdc00);
		return 0;
	}
	if (hi >= 0xd800 && hi <= 0xdfff)
		hi = UTF8_BAD;
	*cp = hi ? hi : 0x2400;
	return 0;
}

/* Adds a decoded code point to the key that is being read. */
static void key_add(struct gate *g, uint32_t cp)
{
	char b[4];

	if (cp >= 'A' && cp <= 'Z' && !g->lim->exact_keys)
		cp += 'a' - 'A';
	buf_add(&g->text, b, utf8_encode(cp, b));
}

static int escape(struct gate *g, int is_key)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	size_t start = g->pos++;
	int c = peek(g);
	const char *p;
	uint32_t cp = 0, first = 1;

	p = c > 0 ? memchr(from, c, sizeof(from) - 1) : NULL;
	if (p) {
		g->pos++;
		buf_add(g->out, g->s + start, 2);
		cp = (unsigned char)to[p - from];
	} else if (c == 'u') {
		g->pos++;
		(void)hex4(g, g->pos, &first);
		if (unicode_escape(g, &cp))
			return E_PROTO;
		if (is_key && !first)
			return fail_at(g, start, "NUL in a key");
		if (cp == UTF8_BAD || !first)
			buf_addf(g->out, "\\u%04x", (unsigned)cp);
		else
			buf_add(g->out, g->s + start, g->pos - start);
	} else {
		return fail_at(g, start, "unknown escape");
	}
	if (is_key)
		key_add(g, cp);
	return 0;
}

/* Bytes that need no care. */
static void plain_run(struct gate *g, int is_key)
{
	size_t start = g->pos, i;
	int c;

	for (;; g->pos++) {
		c = peek(g);
		if (c < 0x20 || c == '"' || c == '\\')
			break;
	}
	buf_add(g->out, g->s + start, g->pos - start);
	if (!is_key)
		return;
	for (i = start; i < g->pos; i++) {
		c = (unsigned char)g->s[i];
		if (c >= 'A' && c <= 'Z' && !g->lim->exact_keys)
			c += 'a' - 'A';
		buf_addc(&g->text, (char)c);
	}
}

static int string(struct gate *g, int is_key)
{
	size_t start = g->pos++;
	int c;

	buf_addc(g->out, '"');
	for (;;) {
		plain_run(g, is_key);
		c = peek(g);
		if (c == '"')
			break;
		if (c < 0)
			return fail_at(g, start, "string without end");
		if (c != '\\')
			return fail(g, "control character in a string");
		if (escape(g, is_key))
			return E_PROTO;
	}
	g->pos++;
	buf_addc(g->out, '"');
	return 0;
}

static size_t digits(struct gate *g)
{
	size_t start = g->pos;

	while (is_digit(peek(g)))
		g->pos++;
	return g->pos - start;
}

/* Reads "[eE][+-]digits"; the value is capped, its sign kept. */
static int exponent(struct gate *g, long *out)
{
	int minus = 0;
	long v = 0;
	size_t i, n;

	g->pos++;
	if (peek(g) == '+' || peek(g) == '-')
		minus = g->s[g->pos++] == '-';
	n = digits(g);
	if (!n)
		return fail(g, "exponent without digits");
	for (i = g->pos - n; i < g->pos && v < 100000; i++)
		v = v * 10 + (g->s[i] - '0');
	*out = minus ? -v : v;
	return 0;
}

static int number(struct gate *g)
{
	size_t start = g->pos, whole;
	int is_int = 1;
	long exp = 0;

	if (peek(g) == '-')
		g->pos++;
	if (peek(g) == '0') {
		g->pos++;
		whole = 0;
		if (is_digit(peek(g)))
			return fail_at(g, start, "number with a leading zero");
	} else {
		whole = digits(g);
		if (!whole)
			return fail(g, "digit expected");
	}
	if (peek(g) == '.') {
		g->pos++;
		is_int = 0;
		if (!digits(g))
			return fail(g, "digit expected");
	}
	if (peek(g) == 'e' || peek(g) == 'E') {
		is_int = 0;
		if (exponent(g, &exp))
			return E_PROTO;
	}
	if (is_int && whole >= LONG_INT_DIGITS) {
		buf_addc(g->out, '"');
		buf_add(g->out, g->s + start, g->pos - start);
		buf_addc(g->out, '"');
		return 0;
	}
	if (g->pos - start > MAX_NUMBER_BYTES)
		return fail_at(g, start, "number with too many digits");
	if ((long)whole + exp > MAX_EXPONENT)
		return fail_at(g, start, "number out of range");
	buf_add(g->out, g->s + start, g->pos - start);
	return 0;
}

static int literal(struct gate *g, const char *word)
{
	size_t n = strlen(word);

	if (g->len - g->pos < n || memcmp(g->s + g->pos, word, n))
		return fail(g, "unexpected character");
	g->pos += n;
	buf_add(g->out, word, n);
	return 0;
}

static int compare_text(
	const struct gate *g, const struct key *a, const struct key *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int d = n ? memcmp(g->text.p + a->off, g->text.p + b->off, n) : 0;

	if (d)
		return d;
	return (a->len > b->len) - (a->len < b->len);
}

static int compare_keys(const void *a, const void *b, void *g)
{
	const struct key *x = a, *y = b;
	int d = compare_text(g, x, y);

	return d ? d : (x->pos > y->pos) - (x->pos < y->pos);
}

/* Closes an object: its keys from `first` on must all differ. */
static int check_keys(struct gate *g, size_t first)
{
	struct key *k = g->keys + first;
	size_t n = g->nkeys - first, i;

	if (!n)
		return 0;
	qsort_r(k, n, sizeof(*k), compare_keys, g);
	for (i = 1; i < n; i++) {
		if (!compare_text(g, &k[i - 1], &k[i]))
			return fail_at(g, k[i].pos, "duplicate key");
	}
	for (i = 0; i < n; i++) {
		if (k[i].off < g->text.len)
			g->text.len = k[i].off;
	}
	g->nkeys = first;
	return 0;
}

static int key(struct gate *g)
{
	struct key *k;

	if (peek(g) != '"')
		return fail(g, "key in double quotes expected");
	if (g->nkeys == g->keys_cap) {
		g->keys_cap = g->keys_cap ? g->keys_cap * 2 : 32;
		g->keys = xreallocarray(g->keys, g->keys_cap, sizeof(*k));
	}
	k = &g->keys[g->nkeys++];
	k->pos = g->pos;
	k->off = g->text.len;
	if (string(g, 1))
		return E_PROTO;
	k->len = g->text.len - k->off;
	if (k->len > g->lim->key_bytes)
		return fail_at(g, k->pos, "key too long");
	if (skip(g))
		return E_PROTO;
	if (peek(g) != ':')
		return fail(g, "colon expected");
	g->pos++;
	buf_addc(g->out, ':');
	return skip(g);
}

static int member(struct gate *g, int close)
{
	if (close == '}' && key(g))
		return E_PROTO;
	if (value(g))
		return E_PROTO;
	return skip(g);
}

static int container(struct gate *g, int close)
{
	size_t first = g->nkeys;

	if (g->depth >= g->lim->depth || g->depth >= MAX_DEPTH)
		return fail(g, "nested too deeply");
	g->depth++;
	buf_addc(g->out, g->s[g->pos++]);
	if (skip(g))
		return E_PROTO;
	if (peek(g) != close) {
		for (;;) {
			if (member(g, close))
				return E_PROTO;
			if (peek(g) != ',')
				break;
			buf_addc(g->out, ',');
			g->pos++;
			if (skip(g))
				return E_PROTO;
		}
	}
	if (peek(g) != close)
		return fail(g, close == '}' ? "comma or } expected"
					    : "comma or ] expected");
	g->pos++;
	buf_addc(g->out, (char)close);
	g->depth--;
	return close == '}' ? check_keys(g, first) : 0;
}

static void note_place(struct gate *g)
{
	struct json_places *p = g->places;

	if (p->len == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 64;
		p->at = xreallocarray(p->at, p->cap, sizeof(*p->at));
	}
	locate(g, g->pos);
	p->at[p->len++] = (struct json_place){.line = g->line, .col = g->col};
}

static int value(struct gate *g)
{
	int c = peek(g);

	if (g->nodes++ >= g->lim->nodes)
		return fail(g, "too many values");
	if (g->places)
		note_place(g);
	switch (c) {
	case '{':
		return container(g, '}');
	case '[':
		return container(g, ']');
	case '"':
		return string(g, 0);
	case 't':
		return literal(g, "true");
	case 'f':
		return literal(g, "false");
	case 'n':
		return literal(g, "null");
	case -1:
		return fail(g, "value expected, the text ends here");
	default:
		if (c == '-' || is_digit(c))
			return number(g);
		return fail(g, "unexpected character");
	}
}

static int check_utf8(struct gate *g)
{
	size_t i = 0, n;
	uint32_t cp;

	while (i < g->len) {
		if ((unsigned char)g->s[i] < 0x80) {
			i++;
			continue;
		}
		n = utf8_decode(g->s + i, g->len - i, &cp);
		if (n == 1)
			return fail_at(g, i, "not UTF-8");
		i += n;
	}
	return 0;
}

static int document(struct gate *g)
{
	if (g->len > g->lim->size_bytes)
		return err_set(E_PROTO, "1:1: %zu bytes are more than %zu",
			g->len, g->lim->size_bytes);
	if (check_utf8(g))
		return E_PROTO;
	/* Editors put a byte order mark into files; servers must not. */
	if (g->lim->comments && g->len >= 3 &&
		!memcmp(g->s, "\xef\xbb\xbf", 3)) {
		g->s += 3;
		g->len -= 3;
	}
	if (skip(g) || value(g) || skip(g))
		return E_PROTO;
	if (g->pos != g->len)
		return fail(g, "text after the document");
	return 0;
}

int json_gate_places(const char *s, size_t len, const struct json_limits *lim,
	struct buf *out, struct json_places *places)
{
	struct gate g = {
		.s = s,
		.len = len,
		.lim = lim,
		.out = out,
		.places = places,
		.line = 1,
		.col = 1,
	};
	size_t before = out->len;
	int rc;

	rc = document(&g);
	if (rc && out->p) {
		out->len = before;
		out->p[before] = '\0';
	}
	free(g.keys);
	buf_fini(&g.text);
	return rc;
}

int json_gate(const char *s, size_t len, const struct json_limits *lim,
	struct buf *out)
{
	return json_gate_places(s, len, lim, out, NULL);
}
