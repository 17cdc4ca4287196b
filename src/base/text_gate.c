/* SPDX-License-Identifier: MIT */
/*
 * The text gate: what a terminal obeys and what lies about its place becomes a
 * visible mark. The screen library is no such gate: it obeys CR, BS, LF and TAB
 * and passes bidi controls and zero-width characters through.
 *
 * Whether something is kept depends only on what has already been written and
 * on the next code point, which makes the gate idempotent and one pass.
 */
#include "galley/base/utf8.h"

#include <string.h>

#include "galley/base/props.h"

#define MARK_BAD     UTF8_BAD
#define MARK_HIDDEN  0x25afu /* white vertical rectangle, one cell */
#define MARK_CONTROL 0x2400u /* control pictures: + the control's number */
#define MARK_DEL     0x2421u

#define ZWJ  0x200du
#define VS16 0xfe0fu
#define CAP  0x20e3u /* combining enclosing keycap */

#define MAX_COMBINING 4
#define MAX_EMOJI     10

enum emoji_state {
	EMOJI_NONE,
	EMOJI_BASE,   /* a picture, maybe with a skin tone */
	EMOJI_STYLED, /* the same after U+FE0F             */
	EMOJI_JOINER, /* after a ZWJ                       */
};

struct gate {
	struct buf *out;
	enum gate_mode mode;
	size_t marks;
	int at_start;  /* nothing to combine with */
	int combining; /* marks on the present base */
	enum emoji_state emoji;
	int emoji_len;
	uint32_t prev; /* last code point written */
};

static void put(struct gate *g, uint32_t cp)
{
	char b[4];

	buf_add(g->out, b, utf8_encode(cp, b));
	g->prev = cp;
}

static void put_base(struct gate *g, uint32_t cp)
{
	put(g, cp);
	g->at_start = 0;
	g->combining = 0;
	g->emoji = EMOJI_NONE;
	g->emoji_len = 0;
}

static void put_mark(struct gate *g, uint32_t cp)
{
	put_base(g, cp);
	g->marks++;
}

static void put_newline(struct gate *g)
{
	put_base(g, '\n');
	g->at_start = 1;
}

/* `next` is the code point that follows, 0 at the end. */
static void control(struct gate *g, uint32_t cp, uint32_t next)
{
	if (cp == '\n' && g->mode == GATE_TEXT) {
		put_newline(g);
	} else if (cp == '\r' && (g->mode == GATE_TEXT || next == '\n')) {
		return;
	} else if (cp == '\t') {
		put_base(g, ' ');
		if (g->mode == GATE_TEXT)
			put_base(g, ' ');
	} else if (cp < 0x20) {
		put_mark(g, MARK_CONTROL + cp);
	} else {
		put_mark(g, cp == 0x7f ? MARK_DEL : MARK_HIDDEN);
	}
}

static int is_picture(uint32_t cp)
{
	return cp > 0x7f && (props_of(cp) & (PROPS_PICTURE | PROPS_SKIN));
}

/* Keeps a ZWJ or a U+FE0F that belongs to an emoji, gives 0 for others. */
static int emoji_part(struct gate *g, uint32_t cp, uint32_t next)
{
	enum emoji_state to;

	if (cp == ZWJ) {
		if ((g->emoji != EMOJI_BASE && g->emoji != EMOJI_STYLED) ||
			!is_picture(next) || g->emoji_len + 2 > MAX_EMOJI)
			return 0;
		to = EMOJI_JOINER;
	} else if (g->emoji == EMOJI_BASE && g->emoji_len < MAX_EMOJI) {
		to = EMOJI_STYLED;
	} else if (next == CAP && g->prev < 0x80 && g->prev &&
		   strchr("0123456789#*", (int)g->prev)) {
		to = EMOJI_NONE;
	} else {
		return 0;
	}
	put(g, cp);
	g->emoji = to;
	g->emoji_len++;
	return 1;
}

static void picture(struct gate *g, uint32_t cp)
{
	int more = g->emoji == EMOJI_JOINER ||
		   (g->emoji == EMOJI_BASE && (props_of(cp) & PROPS_SKIN));
	int len = more ? g->emoji_len : 0;

	put_base(g, cp);
	g->emoji = EMOJI_BASE;
	g->emoji_len = len + 1;
}

static void combining(struct gate *g, uint32_t cp)
{
	if (g->at_start || g->combining >= MAX_COMBINING) {
		put_mark(g, MARK_HIDDEN);
		/* More of them would start over on the mark. */
		g->combining = MAX_COMBINING;
		return;
	}
	put(g, cp);
	g->combining++;
	g->emoji = EMOJI_NONE;
}

/* Takes no place, changes the direction, or means nothing to anyone. */
static int is_hidden(uint32_t cp)
{
	/* Noncharacters; beyond plane 3 nothing is there to be seen. */
	if ((cp & 0xfffe) == 0xfffe || (cp >= 0xfdd0 && cp <= 0xfdef) ||
		cp >= 0x40000)
		return 1;
	return (props_of(cp) & PROPS_HIDDEN) != 0;
}

static void other(struct gate *g, uint32_t cp, uint32_t next)
{
	if (cp == ZWJ || cp == VS16) {
		if (!emoji_part(g, cp, next))
			put_mark(g, MARK_HIDDEN);
	} else if (cp < 0xa0) {
		control(g, cp, next);
	} else if (is_hidden(cp)) {
		put_mark(g, MARK_HIDDEN);
	} else if (props_of(cp) & PROPS_MARK) {
		combining(g, cp);
	} else if (is_picture(cp)) {
		picture(g, cp);
	} else {
		put_base(g, cp);
	}
}

static int is_plain(uint32_t cp)
{
	return (cp >= 0x20 && cp < 0x7f) || (cp >= 0x4e00 && cp <= 0x9fff);
}

/* Characters that no rule is about, as one stretch; its bytes. */
static size_t put_common(struct gate *g, const char *s, size_t len)
{
	size_t i = 0, n = 0, k;

	while ((k = utf8_common(s + i, len - i)) > 0) {
		n = k;
		i += k;
	}
	if (!i)
		return 0;
	/* the last one sets the state, as if it had come alone */
	buf_add(g->out, s, i - n);
	utf8_decode(s + i - n, n, &g->prev);
	put_base(g, g->prev);
	return i;
}

size_t text_gate(
	struct buf *out, const char *s, size_t len, enum gate_mode mode)
{
	struct gate g = {.out = out, .mode = mode, .at_start = 1};
	size_t i = 0, n, m;
	uint32_t cp, next;

	buf_grow(out, len);
	while (i < len) {
		if (mode != GATE_LOG)
			i += put_common(&g, s + i, len - i);
		if (i == len)
			break;
		n = utf8_decode(s + i, len - i, &cp);
		if (n == 1 && cp == UTF8_BAD) {
			put_mark(&g, MARK_BAD);
		} else if (is_plain(cp)) {
			put_base(&g, cp);
			if (cp == '\\' && mode == GATE_LOG)
				put_base(&g, cp);
		} else {
			m = i + n;
			next = 0;
			if (m < len)
				utf8_decode(s + m, len - m, &next);
			other(&g, cp, next);
		}
		i += n;
	}
	return g.marks;
}

char *text_gate_dup(const char *s, enum gate_mode mode)
{
	struct buf b = BUF_INIT;

	text_gate(&b, s, strlen(s), mode);
	return buf_take(&b);
}
