/* SPDX-License-Identifier: MIT */
/*
 * Folding for search: compatibility forms (full width, ligatures), case,
 * accents, and traditional Chinese characters to simplified ones. Search text
 * and searched text go through the same fold, so each finds the other.
 * The tables are generated while building (src/gen/gen_fold.c) from
 * libunistring's Unicode data and data/fold/hant-hans.txt.
 */
#ifndef GALLEY_BASE_FOLD_H
#define GALLEY_BASE_FOLD_H

#include <stddef.h>
#include <stdint.h>
#include "galley/base/buf.h"

enum fold_class {
	FOLD_SPACE, /* separates tokens                                  */
	FOLD_WORD,  /* letter or digit: runs of them are one token       */
	FOLD_CJK,   /* Han, kana, hangul: each is a token of its own     */
	FOLD_DROP,  /* combining mark, zero width: as if it were not there */
};

/* Folds one code point. Returns the class; the folded code point (0 for
 * FOLD_DROP and FOLD_SPACE) goes to `*out`. One to one by design: what
 * decomposes into more keeps its first base letter. */
enum fold_class fold_cp(uint32_t cp, uint32_t *out);

/* As utf8_decode() and fold_cp() in one: reads one character (`len` > 0) and
 * gives its bytes. */
size_t fold_take(
	const char *s, size_t len, uint32_t *out, enum fold_class *cls);

/* Appends the folded text: words and CJK characters as they follow, every run
 * of separators as one space, none at either end. Folding it again changes
 * nothing. */
void fold_text(struct buf *out, const char *s, size_t len);

/* 1 when the tokens of `needle` follow each other in `hay`, both folded: a run
 * of WORD characters is a token, a CJK character is one. What stands together
 * in the needle must stand together in the text; a separator in the needle
 * parts words and may be missing beside a CJK character ("\u8ba2 \u5355" finds
 * "\u8ba2\u5355", not the other way round). With `prefix` a word at the end of
 * the needle may go on. A needle without tokens is in nothing. This is the
 * truth that the index, which sees no separators, is checked against. */
int fold_contains(const char *hay, size_t hay_len, const char *needle,
	size_t needle_len, int prefix);
/* Whether they do so from byte `at` on, where a character begins. */
int fold_stands_at(const char *hay, size_t hay_len, size_t at,
	const char *needle, size_t needle_len, int prefix);

#endif
