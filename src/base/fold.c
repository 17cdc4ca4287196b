/* SPDX-License-Identifier: MIT */
/*
 * Folding for search, from the generated table. One look-up a code point: this
 * is the inner loop of indexing. What a token is, is decided here and nowhere
 * else.
 */
#include "galley/base/fold.h"

#include <stdlib.h>

#include "galley/base/mem.h"
#include "galley/base/utf8.h"

#include "fold_tables.inc"

enum fold_class fold_cp(uint32_t cp, uint32_t *out)
{
	enum fold_class cls;
	uint32_t e;

	if (cp > 0x10ffff) {
		*out = 0;
		return FOLD_SPACE;
	}
	e = fold_entry[fold_block[cp >> 8]][cp & 0xff];
	cls = (enum fold_class)(e >> 30);
	*out = cls == FOLD_WORD || cls == FOLD_CJK ? (cp + e) & 0x1fffff : 0;
	return cls;
}

/* As utf8_decode(), without a call for most of what people write. */
static inline size_t decode(const char *s, size_t len, uint32_t *cp)
{
	const unsigned char *b = (const unsigned char *)s;

	switch (utf8_common(s, len)) {
	case 1:
		*cp = b[0];
		return 1;
	case 3:
		*cp = (b[0] & 0x0fu) << 12 | (b[1] & 0x3fu) << 6 |
		      (b[2] & 0x3fu);
		return 3;
	default:
		return utf8_decode(s, len, cp);
	}
}

static size_t take_rare(
	const char *s, size_t len, uint32_t *out, enum fold_class *cls)
{
	uint32_t cp;
	size_t n = utf8_decode(s, len, &cp);

	*cls = fold_cp(cp, out);
	return n;
}

size_t fold_take(const char *s, size_t len, uint32_t *out, enum fold_class *cls)
{
	const unsigned char *b = (const unsigned char *)s;
	uint32_t cp, e;

	if (utf8_common(s, len) != 3)
		return take_rare(s, len, out, cls);
	cp = (b[0] & 0x0fu) << 12 | (b[1] & 0x3fu) << 6 | (b[2] & 0x3fu);
	e = fold_entry[fold_block[cp >> 8]][cp & 0xff];
	*cls = (enum fold_class)(e >> 30);
	*out = *cls == FOLD_WORD || *cls == FOLD_CJK ? (cp + e) & 0x1fffff : 0;
	return 3;
}

/* The next folded code point that is not dropped; 0 at the end. */
static inline int fold_next(const char *s, size_t len, size_t *pos,
	uint32_t *out, enum fold_class *cls)
{
	uint32_t cp, e;

	while (*pos < len) {
		*pos += decode(s + *pos, len - *pos, &cp);
		/* never above U+10FFFF: it has been decoded */
		e = fold_entry[fold_block[cp >> 8]][cp & 0xff];
		*cls = (enum fold_class)(e >> 30);
		if (*cls == FOLD_DROP)
			continue;
		*out = *cls == FOLD_SPACE ? 0 : (cp + e) & 0x1fffff;
		return 1;
	}
	return 0;
}

/* Indexing spends its time here: no call for the common, short ones. */
static void add_cp(struct buf *out, uint32_t cp)
{
	if (out->cap - out->len < 8)
		buf_grow(out, 8);
	if (cp < 0x80)
		out->p[out->len++] = (char)cp;
	else
		out->len += utf8_encode(cp, out->p + out->len);
}

/* As many letters and digits of ASCII as follow each other; their bytes. */
static size_t add_ascii(struct buf *out, const char *s, size_t len)
{
	const uint32_t *ascii = fold_entry[fold_block[0]];
	char *p = out->p + out->len;
	size_t i, room = out->cap - out->len;

	if (len >= room)
		len = room ? room - 1 : 0;
	for (i = 0; i < len && (unsigned char)s[i] < 0x80; i++) {
		uint32_t e = ascii[(unsigned char)s[i]];

		if (e >> 30 != FOLD_WORD)
			break;
		p[i] = (char)((unsigned char)s[i] + e);
	}
	out->len += i;
	return i;
}

void fold_text(struct buf *out, const char *s, size_t len)
{
	enum fold_class cls;
	size_t pos = 0, start = out->len;
	int space = 0;
	uint32_t cp;

	buf_grow(out, len);
	for (;;) {
		if (!space)
			pos += add_ascii(out, s + pos, len - pos);
		if (!fold_next(s, len, &pos, &cp, &cls))
			break;
		if (cls == FOLD_SPACE) {
			space = out->len > start;
			continue;
		}
		if (space)
			add_cp(out, ' ');
		space = 0;
		add_cp(out, cp);
	}
	buf_grow(out, 0);
	out->p[out->len] = '\0';
}

/* The code points of a needle, with a 0 where something stands between two. */
struct needle {
	uint32_t *cp;
	size_t len;
	enum fold_class last;
};

static void needle_init(struct needle *n, const char *s, size_t len)
{
	enum fold_class cls, before = FOLD_CJK;
	size_t pos = 0;
	uint32_t cp;

	n->cp = xreallocarray(NULL, len + 1, 2 * sizeof(*n->cp));
	n->len = 0;
	n->last = FOLD_SPACE;
	while (fold_next(s, len, &pos, &cp, &cls)) {
		if (cls != FOLD_SPACE && before == FOLD_SPACE && n->len)
			n->cp[n->len++] = 0;
		before = cls;
		if (cls == FOLD_SPACE)
			continue;
		n->cp[n->len++] = cp;
		n->last = cls;
	}
}

/* A text and how far it has been read. */
struct stream {
	const char *s;
	size_t len, pos;
};

/* Reads one code point over separators; FOLD_SPACE at the end. */
static size_t skip_spaces(const struct stream *st, uint32_t *cp,
	enum fold_class *cls, int *spaces)
{
	size_t pos = st->pos;

	*spaces = 0;
	*cls = FOLD_SPACE;
	while (fold_next(st->s, st->len, &pos, cp, cls)) {
		if (*cls != FOLD_SPACE)
			return pos;
		*spaces = 1;
	}
	*cls = FOLD_SPACE;
	return pos;
}

/* Whether the stream goes on with the needle. `st` stands at a token's start.
 */
static int matches_here(struct stream st, const struct needle *n, int prefix)
{
	enum fold_class cls, before = FOLD_SPACE;
	int spaces, want_space;
	size_t i = 0, pos;
	uint32_t cp;

	while (i < n->len) {
		want_space = n->cp[i] == 0;
		i += (size_t)want_space;
		pos = skip_spaces(&st, &cp, &cls, &spaces);
		if (cls == FOLD_SPACE || cp != n->cp[i])
			return 0;
		/* What stands together in the needle stands together. */
		if (i && spaces && !want_space)
			return 0;
		/* Two words are two; by a CJK character a gap is no matter. */
		if (want_space && !spaces && before == FOLD_WORD &&
			cls == FOLD_WORD)
			return 0;
		before = cls;
		st.pos = pos;
		i++;
	}
	if (n->last != FOLD_WORD || prefix)
		return 1;
	skip_spaces(&st, &cp, &cls, &spaces);
	return spaces || cls != FOLD_WORD;
}

int fold_contains(const char *hay, size_t hay_len, const char *needle,
	size_t needle_len, int prefix)
{
	const uint32_t *ascii = fold_entry[fold_block[0]];
	struct stream st = {.s = hay, .len = hay_len};
	enum fold_class cls, before = FOLD_SPACE;
	struct needle n;
	size_t pos = 0;
	uint32_t cp, e;
	int found = 0;

	needle_init(&n, needle, needle_len);
	/* A page of hits reads a hundred thousand characters here, so this is
	 * fold_next() written out; what is no letter equals no letter. */
	while (n.len && pos < hay_len) {
		st.pos = pos;
		cp = (unsigned char)hay[pos];
		if (cp < 0x80) {
			e = ascii[cp];
			pos++;
		} else {
			pos += decode(hay + pos, hay_len - pos, &cp);
			e = fold_entry[fold_block[cp >> 8]][cp & 0xff];
		}
		cls = (enum fold_class)(e >> 30);
		if (cls == FOLD_DROP)
			continue;
		if (((cp + e) & 0x1fffff) == n.cp[0] &&
			!(cls == FOLD_WORD && before == FOLD_WORD)) {
			found = matches_here(st, &n, prefix);
			if (found)
				break;
		}
		before = cls;
	}
	free(n.cp);
	return found;
}

int fold_stands_at(const char *hay, size_t hay_len, size_t at,
	const char *needle, size_t needle_len, int prefix)
{
	const struct stream st = {.s = hay, .len = hay_len, .pos = at};
	enum fold_class cls, before;
	struct needle n;
	size_t from = at;
	uint32_t cp;
	int yes;

	if (at >= hay_len)
		return 0;
	(void)fold_take(hay + at, hay_len - at, &cp, &cls);
	while (from && (hay[--from] & 0xc0) == 0x80)
		;
	if (at && cls == FOLD_WORD) {
		(void)fold_take(hay + from, at - from, &cp, &before);
		if (before == FOLD_WORD) /* in the middle of one */
			return 0;
	}
	needle_init(&n, needle, needle_len);
	yes = n.len && matches_here(st, &n, prefix);
	free(n.cp);
	return yes;
}
