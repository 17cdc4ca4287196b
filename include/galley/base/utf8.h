/* SPDX-License-Identifier: MIT */
/*
 * UTF-8, cell widths and the text gate.
 *
 * The gate is the one way for foreign bytes to a screen, a log, a file name, a
 * clipboard or an exported table (../reliability: what the terminal obeys and
 * what lies about its place is replaced by a visible mark). The store keeps the
 * raw text; the gate works on the copy that is shown.
 *
 * Widths come from our own table (Unicode East Asian Width and general
 * category, version in utf8_width_version()), never from the locale.
 */
#ifndef GALLEY_BASE_UTF8_H
#define GALLEY_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>
#include "galley/base/buf.h"

#define UTF8_BAD 0xFFFDu

/* Decodes one code point strictly (no overlong forms, no surrogates, nothing
 * above U+10FFFF). Returns the bytes used (>= 1); a bad byte gives UTF8_BAD and
 * 1. `len` > 0. */
size_t utf8_decode(const char *s, size_t len, uint32_t *cp);

/* Writes 1 to 4 bytes, returns how many. */
size_t utf8_encode(uint32_t cp, char out[4]);

/* 1 when the whole string is valid UTF-8. */
int utf8_valid(const char *s, size_t len);

/* Cells of one code point: 0, 1 or 2. Ambiguous characters are
 * utf8_ambiguous_cells wide (1 unless the terminal has shown otherwise). */
int utf8_width(uint32_t cp);
extern int utf8_ambiguous_cells;
const char *utf8_width_version(void);

/* Bytes of the character at `s` when it is of the common kinds that nobody need
 * look up: printable ASCII (1, one cell) and U+4E00 to U+9FFF (3, two cells);
 * else 0. */
static inline size_t utf8_common(const char *s, size_t len)
{
	const unsigned char *b = (const unsigned char *)s;

	if (len && b[0] >= 0x20 && b[0] < 0x7f)
		return 1;
	return len > 2 && b[0] >= 0xe4 && b[0] <= 0xe9 &&
			       (b[1] & 0xc0) == 0x80 && (b[2] & 0xc0) == 0x80 &&
			       (b[0] > 0xe4 || b[1] >= 0xb8)
		       ? 3
		       : 0;
}

/* Whether a sign of Chinese texts stands at `s`: U+3001 to U+3029 or U+FF01 to
 * U+FF60. They have 3 bytes and two cells. */
static inline int utf8_sign(const char *s, size_t len)
{
	const unsigned char *b = (const unsigned char *)s;

	if (len < 3)
		return 0;
	if (b[0] == 0xe3)
		return b[1] == 0x80 && b[2] > 0x80 && b[2] < 0xaa;
	if (b[0] != 0xef)
		return 0;
	return (b[1] == 0xbc && b[2] > 0x80 && b[2] < 0xc0) ||
	       (b[1] == 0xbd && b[2] >= 0x80 && b[2] <= 0xa0);
}

/* Whether it is soon told that a cluster begins at `s` whatever stands before
 * it: the end, ASCII, U+4000 to U+9FFF by the first byte, and those signs (and
 * what is no UTF-8: U+FFFD joins nothing). */
static inline int utf8_begins(const char *s, size_t len)
{
	unsigned char b = len ? (unsigned char)*s : 0;

	return b < 0x80 || (b >= 0xe4 && b <= 0xe9) || utf8_sign(s, len);
}

/* Bytes of the grapheme cluster that begins at `s` (`len` > 0, gives 1 or
 * more); its cells go to `*cells` when not NULL. */
size_t utf8_next(const char *s, size_t len, size_t *cells);

/* Cells of a gated string. Additive over grapheme clusters. */
size_t utf8_cells(const char *s, size_t len);

/* Bytes of the longest prefix of whole grapheme clusters that fits in `cells`;
 * the cells it takes go to `*used` when not NULL. */
size_t utf8_fit(const char *s, size_t len, size_t cells, size_t *used);

enum gate_mode {
	GATE_LINE, /* one line: LF becomes a mark, TAB one space     */
	GATE_TEXT, /* LF is kept, CR dropped, TAB becomes two spaces */
	GATE_LOG,  /* GATE_LINE, and backslash is doubled            */
};

/* Appends the safe form of `s` to `out`. Always valid UTF-8, at most three
 * times as long, idempotent (but for GATE_LOG's backslashes). Returns the
 * number of marks made: U+FFFD for a byte that is no UTF-8, the control picture
 * U+2400 + c for a control, U+25AF (a hollow upright rectangle, one cell) for
 * what hides: bidi controls, zero-width and private characters, combining
 * marks at the start or beyond four. U+200D and U+FE0F stay within an emoji. */
size_t text_gate(
	struct buf *out, const char *s, size_t len, enum gate_mode mode);

/* The same as a new string. */
char *text_gate_dup(const char *s, enum gate_mode mode);

#endif
