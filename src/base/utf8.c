/* SPDX-License-Identifier: MIT */
/*
 * UTF-8, cell widths and whole characters. Widths are ours (width_tables.inc)
 * and cluster rules are Unicode's (UAX #29), so that a cut or a column is the
 * same on every machine; no locale is asked. It does not judge text: that is
 * the gate's (text_gate.c).
 */
#include "galley/base/utf8.h"

#include "galley/base/mem.h"
#include "galley/base/props.h"

struct range {
	uint32_t first, last;
};

#include "width_tables.inc"

int utf8_ambiguous_cells = 1;

/* Source of the limits: Unicode Standard, table 3-7. */
size_t utf8_decode(const char *s, size_t len, uint32_t *cp)
{
	const unsigned char *b = (const unsigned char *)s;
	uint32_t v = b[0], low = 0x80, high = 0xbf;
	size_t n, i;

	*cp = v;
	if (v < 0x80)
		return 1;
	*cp = UTF8_BAD;
	if (v < 0xc2 || v > 0xf4)
		return 1;
	n = v < 0xe0 ? 2 : v < 0xf0 ? 3 : 4;
	if (len < n)
		return 1;
	if (v == 0xe0)
		low = 0xa0;
	else if (v == 0xed)
		high = 0x9f;
	else if (v == 0xf0)
		low = 0x90;
	else if (v == 0xf4)
		high = 0x8f;
	if (b[1] < low || b[1] > high)
		return 1;
	v &= 0x7fu >> n;
	for (i = 1; i < n; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 1;
		v = v << 6 | (b[i] & 0x3f);
	}
	*cp = v;
	return n;
}

size_t utf8_encode(uint32_t cp, char out[4])
{
	if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		cp = UTF8_BAD;
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xe0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

int utf8_valid(const char *s, size_t len)
{
	size_t i = 0, n;
	uint32_t cp;

	while (i < len) {
		n = utf8_decode(s + i, len - i, &cp);
		if (n == 1 && (unsigned char)s[i] >= 0x80)
			return 0;
		i += n;
	}
	return 1;
}

static int in_ranges(const struct range *r, size_t n, uint32_t cp)
{
	size_t low = 0, high = n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (cp > r[mid].last)
			low = mid + 1;
		else
			high = mid;
	}
	return low < n && cp >= r[low].first;
}

int utf8_width(uint32_t cp)
{
	if (cp >= 0x20 && cp < 0x7f)
		return 1;
	if (cp >= 0x4e00 && cp <= 0x9fff)
		return 2;
	if (in_ranges(width_zero, ARRAY_SIZE(width_zero), cp))
		return 0;
	if (in_ranges(width_wide, ARRAY_SIZE(width_wide), cp))
		return 2;
	if (in_ranges(width_ambiguous, ARRAY_SIZE(width_ambiguous), cp))
		return utf8_ambiguous_cells;
	return 1;
}

const char *utf8_width_version(void)
{
	return WIDTH_VERSION;
}

/* One grapheme cluster while it is being read. */
struct cluster {
	int prev;	  /* its break property */
	int pictographic; /* ZWJ may join another picture */
	int joiner;	  /* the last code point was ZWJ */
	int flag_half;	  /* one regional indicator so far */
	int emoji_form;	  /* drawn as one picture, two cells */
	size_t cells;
};

/* Whether `cp` stays in the cluster (UAX #29, GB6 to GB13, without GB9b). */
static int cluster_joins(const struct cluster *c, unsigned props)
{
	int p = c->prev, gbp = (int)(props & PROPS_GCB);

	if (p == GCB_CONTROL || p == GCB_CR || p == GCB_LF)
		return 0;
	if (gbp == GCB_EXTEND || gbp == GCB_ZWJ || gbp == GCB_SPACINGMARK)
		return 1;
	if (p == GCB_L && (gbp == GCB_L || gbp == GCB_V || gbp == GCB_LV ||
				  gbp == GCB_LVT))
		return 1;
	if ((p == GCB_LV || p == GCB_V) && (gbp == GCB_V || gbp == GCB_T))
		return 1;
	if ((p == GCB_LVT || p == GCB_T) && gbp == GCB_T)
		return 1;
	if (gbp == GCB_RI)
		return c->flag_half;
	return (props & PROPS_PICTURE) && c->pictographic && c->joiner;
}

static void cluster_add(struct cluster *c, uint32_t cp, unsigned props)
{
	int gbp = (int)(props & PROPS_GCB);

	c->cells += (size_t)utf8_width(cp);
	if (c->pictographic && (cp == 0x200d || (props & PROPS_SKIN)))
		c->emoji_form = 1;
	if (cp == 0xfe0f && c->cells)
		c->emoji_form = 1;
	c->joiner = gbp == GCB_ZWJ;
	c->flag_half = gbp == GCB_RI && !c->flag_half;
	c->pictographic = c->pictographic || (props & PROPS_PICTURE);
	c->prev = gbp;
}

/* Reads one cluster, `len` > 0; its bytes, and its cells in `*cells`. */
static size_t cluster_next(const char *s, size_t len, size_t *cells)
{
	struct cluster c = {.prev = -1};
	size_t i = 0, n = utf8_sign(s, len) ? 3 : utf8_common(s, len);
	unsigned props;
	uint32_t cp;

	if (n && utf8_begins(s + n, len - n)) {
		*cells = n > 1 ? 2 : 1;
		return n;
	}
	while (i < len) {
		n = utf8_decode(s + i, len - i, &cp);
		props = props_of(cp);
		if (i && !cluster_joins(&c, props))
			break;
		cluster_add(&c, cp, props);
		i += n;
		if (utf8_begins(s + i, len - i))
			break;
	}
	*cells = c.emoji_form ? 2 : c.cells;
	return i;
}

size_t utf8_next(const char *s, size_t len, size_t *cells)
{
	size_t n, width;

	n = cluster_next(s, len, &width);
	if (cells)
		*cells = width;
	return n;
}

size_t utf8_cells(const char *s, size_t len)
{
	size_t i = 0, cells, sum = 0;

	while (i < len) {
		i += cluster_next(s + i, len - i, &cells);
		sum += cells;
	}
	return sum;
}

size_t utf8_fit(const char *s, size_t len, size_t cells, size_t *used)
{
	size_t i = 0, n, more, sum = 0;

	while (i < len) {
		n = cluster_next(s + i, len - i, &more);
		if (sum + more > cells)
			break;
		sum += more;
		i += n;
	}
	if (used)
		*used = sum;
	return i;
}
