/* SPDX-License-Identifier: MIT */
/*
 * A term is cut out of a random message at a random place; when the message has
 * none of the kind, another message is tried.
 */
#include "terms.h"

#include <string.h>

#include "galley/base/utf8.h"

const char *const term_names[TERM_COUNT] = {
	[TERM_WORD] = "Latin word",
	[TERM_PREFIX] = "Latin prefix",
	[TERM_HAN1] = "one Chinese character",
	[TERM_HAN2] = "two Chinese characters",
	[TERM_HAN4] = "four Chinese characters",
	[TERM_MIXED] = "mixed phrase",
};

static size_t letters(const char *s)
{
	size_t n = 0;

	while ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= 'A' && s[n] <= 'Z'))
		n++;
	return n;
}

static int is_han(uint32_t cp)
{
	return cp >= 0x4e00 && cp <= 0x9fff;
}

/* Bytes of `n` Chinese characters at `s`, 0 when there are fewer. */
static size_t han(const char *s, size_t len, int n)
{
	size_t at = 0;
	uint32_t cp;

	for (int i = 0; i < n; i++) {
		if (at >= len)
			return 0;
		at += utf8_decode(s + at, len - at, &cp);
		if (!is_han(cp))
			return 0;
	}
	return at;
}

static size_t mixed(const char *s, size_t len)
{
	size_t at = letters(s), two;

	if (at < 2)
		return 0;
	while (at < len && strchr(" .,\n", s[at]))
		at++;
	two = han(s + at, len - at, 2);
	return two ? at + two : 0;
}

static size_t length_at(enum term t, const char *s, size_t len)
{
	switch (t) {
	case TERM_WORD:
		return letters(s) >= 4 ? letters(s) : 0;
	case TERM_PREFIX:
		return letters(s) >= 6 ? 4 : 0;
	case TERM_HAN1:
		return han(s, len, 1);
	case TERM_HAN2:
		return han(s, len, 2);
	case TERM_HAN4:
		return han(s, len, 4);
	case TERM_MIXED:
		return mixed(s, len);
	default:
		return 0;
	}
}

static int token_starts(const char *s, size_t at)
{
	return at == 0 || s[at - 1] == ' ' || s[at - 1] == '\n' ||
	       ((unsigned char)s[at] & 0x80);
}

/* The first one from `from` on. */
static size_t find(
	enum term t, const struct buf *text, size_t from, size_t *len)
{
	for (size_t i = from; i < text->len; i++) {
		if (((unsigned char)text->p[i] & 0xc0) == 0x80 ||
			!token_starts(text->p, i))
			continue;
		*len = length_at(t, text->p + i, text->len - i);
		if (*len)
			return i;
	}
	*len = 0;
	return 0;
}

void term_pick(const struct gen *g, enum term t, struct rnd *r,
	uint64_t messages, struct buf *out)
{
	struct buf text = BUF_INIT;
	size_t at, len = 0;

	while (!len) {
		buf_reset(&text);
		gen_body(g, rnd_below(r, messages), &text);
		/* The order's number at the end is no word. */
		text.len = (size_t)(strrchr(text.p, '#') - text.p);
		text.p[text.len] = '\0';
		/* The only border of languages is near the middle. */
		at = t == TERM_MIXED ? 0 : rnd_below(r, text.len);
		at = find(t, &text, at, &len);
	}
	buf_reset(out);
	buf_add(out, text.p + at, len);
	buf_fini(&text);
}
