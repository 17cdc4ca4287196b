/* SPDX-License-Identifier: MIT */
/*
 * Where a line may end: the rules of UAX #14 on whole grapheme clusters, with a
 * table of the characters that Latin and Chinese, Japanese and Korean texts
 * have. Two things are not as in the algorithm's default: Chinese quotation
 * marks open and close (LB19a of Unicode 16, in its simple form), and a hyphen
 * that begins a word stays with it. No dictionary is used: Thai, Lao and
 * Khmer break at spaces, or where the cells end. A line begins without a
 * memory of what stood before, so that lines can be found again from any of
 * them (edit_view.c relies on it).
 */
#include "galley/ui/edit.h"

#include "galley/base/mem.h"
#include "galley/base/utf8.h"
#include "ui/edit_priv.h"

/* Line_Break classes, as far as rules below tell them apart. */
enum lb {
	LB_AL,
	LB_ID,
	LB_NU,
	LB_SP,
	LB_OP,
	LB_CL, /* and CP: the narrow ones */
	LB_EX,
	LB_IS,
	LB_SY,
	LB_NS,
	LB_QU,
	LB_QI, /* opens  */
	LB_QF, /* closes */
	LB_GL,
	LB_BA,
	LB_HY,
	LB_BB, /* also a hyphen at a word's start */
	LB_B2,
	LB_IN,
	LB_PR,
	LB_PO,
};

/* Printable ASCII. */
static const uint8_t ascii_class[0x80 - 0x20] = {
	LB_SP, LB_EX, LB_QU, LB_AL, LB_PR, LB_PO, LB_AL, LB_QU, /* space */
	LB_OP, LB_CL, LB_AL, LB_PR, LB_IS, LB_HY, LB_IS, LB_SY, /* ( */
	LB_NU, LB_NU, LB_NU, LB_NU, LB_NU, LB_NU, LB_NU, LB_NU, /* 0 */
	LB_NU, LB_NU, LB_IS, LB_IS, LB_AL, LB_AL, LB_AL, LB_EX, /* 8 */
	LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, /* @ */
	LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, /* H */
	LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, /* P */
	LB_AL, LB_AL, LB_AL, LB_OP, LB_PR, LB_CL, LB_AL, LB_AL, /* X */
	LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, /* ` */
	LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, /* h */
	LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, LB_AL, /* p */
	LB_AL, LB_AL, LB_AL, LB_OP, LB_BA, LB_CL, LB_AL, LB_AL, /* x */
};

/* Source: LineBreak.txt of Unicode 15, what is neither AL nor ID by width. */
static const struct {
	uint32_t first, last;
	enum lb class;
} classes[] = {
	{0xa0, 0xa0, LB_GL},
	{0xa1, 0xa1, LB_OP},
	{0xa2, 0xa2, LB_PO},
	{0xa3, 0xa5, LB_PR},
	{0xab, 0xab, LB_QI},
	{0xb0, 0xb0, LB_PO},
	{0xb1, 0xb1, LB_PR},
	{0xb4, 0xb4, LB_BB},
	{0xbb, 0xbb, LB_QF},
	{0xbf, 0xbf, LB_OP},
	{0x60c, 0x60d, LB_IS},
	{0x61b, 0x61b, LB_EX},
	{0x61f, 0x61f, LB_EX},
	{0x660, 0x669, LB_NU},
	{0x6d4, 0x6d4, LB_EX},
	{0x6f0, 0x6f9, LB_NU},
	{0x964, 0x965, LB_BA},
	{0x966, 0x96f, LB_NU},
	{0xe3f, 0xe3f, LB_PR},
	{0xe50, 0xe59, LB_NU},
	{0x1680, 0x1680, LB_BA},
	{0x2000, 0x2006, LB_BA},
	{0x2007, 0x2007, LB_GL},
	{0x2008, 0x200a, LB_BA},
	{0x2010, 0x2010, LB_BA},
	{0x2011, 0x2011, LB_GL},
	{0x2012, 0x2013, LB_BA},
	{0x2014, 0x2014, LB_B2},
	{0x2018, 0x2018, LB_QI},
	{0x2019, 0x2019, LB_QF},
	{0x201a, 0x201a, LB_OP},
	{0x201b, 0x201c, LB_QI},
	{0x201d, 0x201d, LB_QF},
	{0x201e, 0x201e, LB_OP},
	{0x201f, 0x201f, LB_QI},
	{0x2024, 0x2026, LB_IN},
	{0x2030, 0x2037, LB_PO},
	{0x2039, 0x2039, LB_QI},
	{0x203a, 0x203a, LB_QF},
	{0x203c, 0x203d, LB_NS},
	{0x2044, 0x2044, LB_IS},
	{0x2045, 0x2045, LB_OP},
	{0x2046, 0x2046, LB_CL},
	{0x2047, 0x2049, LB_NS},
	{0x205f, 0x205f, LB_BA},
	{0x20a0, 0x20cf, LB_PR},
	{0x2103, 0x2103, LB_PO},
	{0x2109, 0x2109, LB_PO},
	{0x2116, 0x2116, LB_PR},
	{0x2212, 0x2213, LB_PR},
	{0x22ef, 0x22ef, LB_IN},
	{0x2e3a, 0x2e3b, LB_B2},
	{0x3000, 0x3000, LB_BA},
	{0x3001, 0x3002, LB_CL},
	{0x3005, 0x3005, LB_NS},
	{0x3008, 0x3008, LB_OP},
	{0x3009, 0x3009, LB_CL},
	{0x300a, 0x300a, LB_OP},
	{0x300b, 0x300b, LB_CL},
	{0x300c, 0x300c, LB_OP},
	{0x300d, 0x300d, LB_CL},
	{0x300e, 0x300e, LB_OP},
	{0x300f, 0x300f, LB_CL},
	{0x3010, 0x3010, LB_OP},
	{0x3011, 0x3011, LB_CL},
	{0x3014, 0x3014, LB_OP},
	{0x3015, 0x3015, LB_CL},
	{0x3016, 0x3016, LB_OP},
	{0x3017, 0x3017, LB_CL},
	{0x3018, 0x3018, LB_OP},
	{0x3019, 0x3019, LB_CL},
	{0x301a, 0x301a, LB_OP},
	{0x301b, 0x301b, LB_CL},
	{0x301c, 0x301c, LB_NS},
	{0x301d, 0x301d, LB_OP},
	{0x301e, 0x301f, LB_CL},
	{0x303b, 0x303c, LB_NS},
	/* small kana and marks of length: as NS (strict) */
	{0x3041, 0x3041, LB_NS},
	{0x3043, 0x3043, LB_NS},
	{0x3045, 0x3045, LB_NS},
	{0x3047, 0x3047, LB_NS},
	{0x3049, 0x3049, LB_NS},
	{0x3063, 0x3063, LB_NS},
	{0x3083, 0x3083, LB_NS},
	{0x3085, 0x3085, LB_NS},
	{0x3087, 0x3087, LB_NS},
	{0x308e, 0x308e, LB_NS},
	{0x3095, 0x3096, LB_NS},
	{0x309b, 0x309e, LB_NS},
	{0x30a0, 0x30a1, LB_NS},
	{0x30a3, 0x30a3, LB_NS},
	{0x30a5, 0x30a5, LB_NS},
	{0x30a7, 0x30a7, LB_NS},
	{0x30a9, 0x30a9, LB_NS},
	{0x30c3, 0x30c3, LB_NS},
	{0x30e3, 0x30e3, LB_NS},
	{0x30e5, 0x30e5, LB_NS},
	{0x30e7, 0x30e7, LB_NS},
	{0x30ee, 0x30ee, LB_NS},
	{0x30f5, 0x30f6, LB_NS},
	{0x30fb, 0x30fe, LB_NS},
	{0x31f0, 0x31ff, LB_NS},
	{0xfe10, 0xfe10, LB_IS},
	{0xfe11, 0xfe12, LB_CL},
	{0xfe13, 0xfe14, LB_IS},
	{0xfe15, 0xfe16, LB_EX},
	{0xfe17, 0xfe17, LB_OP},
	{0xfe18, 0xfe18, LB_CL},
	{0xfe19, 0xfe19, LB_IN},
	{0xfe35, 0xfe35, LB_OP},
	{0xfe36, 0xfe36, LB_CL},
	{0xfe50, 0xfe50, LB_CL},
	{0xfe52, 0xfe52, LB_CL},
	{0xfe54, 0xfe55, LB_NS},
	{0xfe56, 0xfe57, LB_EX},
	{0xff01, 0xff01, LB_EX},
	{0xff04, 0xff04, LB_PR},
	{0xff05, 0xff05, LB_PO},
	{0xff08, 0xff08, LB_OP},
	{0xff09, 0xff09, LB_CL},
	{0xff0c, 0xff0c, LB_CL},
	{0xff0e, 0xff0e, LB_CL},
	{0xff1a, 0xff1b, LB_NS},
	{0xff1f, 0xff1f, LB_EX},
	{0xff3b, 0xff3b, LB_OP},
	{0xff3d, 0xff3d, LB_CL},
	{0xff5b, 0xff5b, LB_OP},
	{0xff5d, 0xff5d, LB_CL},
	{0xff5f, 0xff5f, LB_OP},
	{0xff60, 0xff61, LB_CL},
	{0xff62, 0xff62, LB_OP},
	{0xff63, 0xff64, LB_CL},
	{0xff65, 0xff65, LB_NS},
	{0xff67, 0xff70, LB_NS},
	{0xff9e, 0xff9f, LB_NS},
	{0xffe0, 0xffe0, LB_PO},
	{0xffe1, 0xffe1, LB_PR},
	{0xffe5, 0xffe6, LB_PR},
};

static enum lb class_of(uint32_t cp, size_t cells)
{
	size_t low = 0, high = ARRAY_SIZE(classes), mid;

	if (cp >= 0x20 && cp < 0x7f)
		return (enum lb)ascii_class[cp - 0x20];
	if (cp >= 0x3400 && cp <= 0xd7a3)
		return LB_ID;
	while (low < high) {
		mid = low + (high - low) / 2;
		if (cp > classes[mid].last)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < ARRAY_SIZE(classes) && cp >= classes[low].first)
		return classes[low].class;
	/* kana, emoji, flags; ambiguous signs are letters (AI as AL) */
	return cells == 2 ? LB_ID : LB_AL;
}

/* What stands on both sides of a place. */
struct place {
	enum lb left, right;
	int left_wide, right_wide;
	int spaces; /* between them */
};

static int alnum(enum lb c)
{
	return c == LB_AL || c == LB_NU;
}

static int money(enum lb c)
{
	return c == LB_PR || c == LB_PO;
}

/* LB13 to LB17: what spaces do not part. */
static int stuck_over_spaces(const struct place *p)
{
	switch (p->right) {
	case LB_CL:
	case LB_EX:
	case LB_IS:
	case LB_SY:
		return 1;
	case LB_NS:
		return p->left == LB_CL;
	case LB_B2:
		return p->left == LB_B2;
	default:
		return p->left == LB_OP;
	}
}

/* LB19 and LB19a, quotation marks. -1: they say nothing. */
static int stuck_quote(const struct place *p)
{
	if (p->left == LB_QI || p->left == LB_QU || p->right == LB_QF ||
		p->right == LB_QU)
		return 1;
	if (p->right == LB_QI)
		return !p->left_wide;
	if (p->left == LB_QF)
		return !p->right_wide;
	return -1;
}

/* LB21 to LB30. */
static int stuck_pair(const struct place *p)
{
	enum lb l = p->left, r = p->right;

	switch (r) {
	case LB_BA:
	case LB_HY:
	case LB_NS:
	case LB_IN:
		return 1;
	case LB_GL:
		return l != LB_BA && l != LB_HY;
	case LB_NU:
		return alnum(l) || money(l) || l == LB_HY || l == LB_IS ||
		       l == LB_SY || (l == LB_CL && !p->left_wide);
	case LB_AL:
		return alnum(l) || money(l) || l == LB_IS ||
		       (l == LB_CL && !p->left_wide);
	case LB_OP:
		return money(l) || (alnum(l) && !p->right_wide);
	case LB_ID:
		return l == LB_PR;
	case LB_PO:
		return alnum(l) || l == LB_ID || l == LB_CL;
	case LB_PR:
		return alnum(l) || l == LB_CL;
	default:
		return 0;
	}
}

/* Whether a line may end between them. */
static int may_break(const struct place *p)
{
	int quote;

	if (stuck_over_spaces(p))
		return 0;
	if (p->spaces)
		return 1;
	if (p->left == LB_GL || p->left == LB_BB)
		return 0;
	quote = stuck_quote(p);
	return quote >= 0 ? !quote : !stuck_pair(p);
}

/* A line that is being filled. */
struct fill {
	size_t len, cells; /* what is on it */
	size_t pos;	   /* read so far: spaces may hang over the edge */
	size_t best, best_len, best_cells;
	struct place at;
	int any;
};

static void end_line(struct wrap_line *out, size_t len, size_t cells, int hard)
{
	out->len = len;
	out->cells = (int)cells;
	out->hard = hard;
}

static void fill_add(struct fill *f, size_t n, size_t cells)
{
	f->pos += n;
	f->len = f->pos;
	f->cells += cells;
}

/* A space; those that do not fit hang over the edge, nobody sees them. */
static void fill_space(struct fill *f, size_t width)
{
	f->at.spaces = 1;
	if (f->len == f->pos && f->cells < width)
		fill_add(f, 1, 1);
	else
		f->pos++;
	f->any = 1;
}

static int is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Inside of a word and of a Chinese sentence, which is most of a text, what the
 * rules say is known: never between two letters, always between ideographs.
 * `s` is what is left behind f->pos. */
static void fill_run(struct fill *f, const char *s, size_t len, size_t width)
{
	size_t i = 0;

	if (f->at.spaces || !f->any || f->len != f->pos)
		return;
	if (f->at.left == LB_AL && !f->at.left_wide) {
		while (f->cells < width && i < len && is_letter(s[i]) &&
			utf8_begins(s + i + 1, len - i - 1)) {
			fill_add(f, 1, 1);
			i++;
		}
		return;
	}
	while (f->at.left == LB_ID && f->cells + 2 <= width &&
		utf8_common(s + i, len - i) == 3 &&
		utf8_begins(s + i + 3, len - i - 3)) {
		f->best = f->best_len = f->pos;
		f->best_cells = f->cells;
		fill_add(f, 3, 2);
		f->at.left_wide = 1;
		i += 3;
	}
}

/* 0: it does not fit. */
static int fill_cluster(
	struct fill *f, const char *s, size_t n, size_t cells, size_t width)
{
	int was_space = f->at.spaces || !f->any;
	uint32_t cp;

	utf8_decode(s, n, &cp);
	f->at.right = class_of(cp, cells);
	f->at.right_wide = cells == 2;
	if (f->at.right == LB_SP && n > 1) /* with a mark on it */
		f->at.right = LB_AL;
	if (f->at.right == LB_SP) {
		fill_space(f, width);
		return 1;
	}
	if (f->any && may_break(&f->at)) {
		f->best = f->pos;
		f->best_len = f->len;
		f->best_cells = f->cells;
	}
	if (f->pos && (f->len != f->pos || f->cells + cells > width))
		return 0;
	fill_add(f, n, cells);
	f->at.left = f->at.right;
	f->at.left_wide = f->at.right_wide;
	f->at.spaces = 0;
	f->any = 1;
	if (f->at.left == LB_HY && was_space)
		f->at.left = LB_BB;
	return 1;
}

size_t wrap_next(
	const char *s, size_t len, size_t from, int w, struct wrap_line *out)
{
	struct fill f = {.at = {.left = LB_AL}};
	size_t width = w > 1 ? (size_t)w : 1, n, cells;

	out->from = from;
	while (from + f.pos < len && s[from + f.pos] != '\n') {
		n = utf8_next(s + from + f.pos, len - from - f.pos, &cells);
		if (fill_cluster(&f, s + from + f.pos, n, cells, width)) {
			fill_run(&f, s + from + f.pos, len - from - f.pos,
				width);
			continue;
		}
		if (f.best) {
			end_line(out, f.best_len, f.best_cells, 0);
			return from + f.best;
		}
		end_line(out, f.len, f.cells, 0);
		return from + f.pos;
	}
	end_line(out, f.len, f.cells, 1);
	return from + f.pos < len ? from + f.pos + 1 : WRAP_END;
}

int text_wrap(const char *s, size_t len, int w, struct wrap_line *out, int max)
{
	struct wrap_line line;
	size_t at = 0;
	int n = 0;

	while (at != WRAP_END) {
		at = wrap_next(s, len, at, w, &line);
		if (n < max)
			out[n] = line;
		n++;
	}
	return n;
}
