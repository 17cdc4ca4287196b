/* SPDX-License-Identifier: MIT */
/*
 * Runs while building: folds every code point once with libunistring's Unicode
 * data and the traditional-to-simplified list, proves that folding twice
 * changes nothing, and writes the result as a two-stage table. An entry is
 * class << 30 | (folded - code point) mod 2^21, so that stretches that fold to
 * themselves share a block. It does not decide how text is split (base/fold.c).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

#include "galley/base/fold.h"

#define ENTRY uint32_t
#include "blocks.h"

#define DELTA_MASK 0x1fffffu

static uint32_t hans[CP_COUNT]; /* 0: not in the list */

struct folded {
	enum fold_class cls;
	uint32_t cp;
};

static _Noreturn void die(const char *what, uint32_t cp)
{
	fprintf(stderr, "gen_fold: %s U+%04X\n", what, (unsigned)cp);
	exit(1);
}

static void read_hans(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[256];
	unsigned from, to;

	if (!f) {
		perror(path);
		exit(1);
	}
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (sscanf(line, "U+%x U+%x", &from, &to) != 2 ||
			from >= CP_COUNT || to >= CP_COUNT) {
			fprintf(stderr, "%s: bad line: %s", path, line);
			exit(1);
		}
		hans[from] = to;
	}
	fclose(f);
}

/* Letters whose stroke or dot Unicode does not take for an accent, though
 * people leave it out when they type. */
static uint32_t without_stroke(uint32_t cp)
{
	static const uint32_t pairs[][2] = {
		{0x00f8, 'o'},
		{0x0111, 'd'},
		{0x0127, 'h'},
		{0x0131, 'i'},
		{0x0142, 'l'},
		{0x0167, 't'},
		{0x00e6, 'a'},
		{0x0153, 'o'},
	};
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (pairs[i][0] == cp)
			return pairs[i][1];
	}
	return cp;
}

static int in_category(uint32_t cp, uint32_t mask)
{
	return uc_is_general_category_withtable(cp, mask);
}

static int is_letter(uint32_t cp)
{
	return in_category(cp, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N);
}

/* The first letter or digit of a sequence, else its first code point. */
static uint32_t first_letter(const uint32_t *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (is_letter(s[i]))
			return s[i];
	}
	return s[0];
}

static int is_hangul_syllable(uint32_t cp)
{
	return cp >= 0xac00 && cp <= 0xd7a3;
}

static int is_cjk(uint32_t cp)
{
	static const char *const names[] = {
		"Han", "Hiragana", "Katakana", "Hangul", "Bopomofo"};
	const uc_script_t *script;
	size_t i;

	/* Planes 2 and 3 hold ideographs, those to come as well. */
	if (cp >= 0x20000 && cp < 0x3fffe)
		return 1;
	if (cp == 0x30fc)
		return 1;
	script = is_letter(cp) ? uc_script(cp) : NULL;
	for (i = 0; script && i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(script->name, names[i]))
			return 1;
	}
	return 0;
}

static int has_script(uint32_t cp, const char *name)
{
	const uc_script_t *script = uc_script(cp);

	return script && !strcmp(script->name, name);
}

/* Accents, and what takes no place. The vowel signs of Indic and South-East
 * Asian scripts are marks as well, but are no accents: they stay. */
static int is_dropped(uint32_t cp)
{
	if (in_category(cp, UC_CATEGORY_MASK_Cf) ||
		uc_is_property_default_ignorable_code_point(cp))
		return 1;
	return in_category(cp, UC_CATEGORY_MASK_Mn | UC_CATEGORY_MASK_Me) &&
	       (uc_combining_class(cp) || has_script(cp, "Inherited") ||
		       has_script(cp, "Common"));
}

static uint32_t decompose(uint32_t cp)
{
	uint32_t out[64], first;
	size_t n = 64;

	if (is_hangul_syllable(cp))
		return cp;
	if (!u32_normalize(UNINORM_NFKD, &cp, 1, out, &n) || !n)
		die("cannot normalise", cp);
	first = first_letter(out, n);
	/* Not the letters that a symbol happens to be written with. */
	if (n > 1 && in_category(cp, UC_CATEGORY_MASK_S) && !is_cjk(first))
		return cp;
	return first;
}

static uint32_t case_fold(uint32_t cp)
{
	uint32_t out[16];
	size_t n = 16;

	if (!u32_casefold(&cp, 1, NULL, NULL, out, &n) || !n)
		die("cannot fold the case of", cp);
	return first_letter(out, n);
}

static uint32_t fold_once(uint32_t cp)
{
	int digit;

	cp = without_stroke(case_fold(decompose(cp)));
	digit = uc_decimal_value(cp);
	if (digit >= 0)
		return (uint32_t)('0' + digit);
	return hans[cp] ? hans[cp] : cp;
}

static int is_scalar(uint32_t cp)
{
	return cp < CP_COUNT && !(cp >= 0xd800 && cp <= 0xdfff);
}

static struct folded fold(uint32_t cp)
{
	uint32_t now = cp, was;
	int rounds = 0;

	if (!is_scalar(cp))
		return (struct folded){FOLD_SPACE, 0};
	if (is_dropped(cp))
		return (struct folded){FOLD_DROP, 0};
	do {
		was = now;
		now = fold_once(was);
		if (++rounds > 10)
			die("folding does not end at", cp);
	} while (now != was);
	if (is_dropped(now))
		return (struct folded){FOLD_DROP, 0};
	if (is_cjk(now))
		return (struct folded){FOLD_CJK, now};
	if (is_letter(now) || in_category(now, UC_CATEGORY_MASK_M))
		return (struct folded){FOLD_WORD, now};
	return (struct folded){FOLD_SPACE, 0};
}

static void fill(void)
{
	struct folded f, again;
	uint32_t cp, delta;

	for (cp = 0; cp < CP_COUNT; cp++) {
		f = fold(cp);
		if (f.cls == FOLD_WORD || f.cls == FOLD_CJK) {
			again = fold(f.cp);
			if (again.cls != f.cls || again.cp != f.cp)
				die("folding twice changes", cp);
			delta = (f.cp - cp) & DELTA_MASK;
		} else {
			delta = 0;
		}
		entry[cp] = (uint32_t)f.cls << 30 | delta;
	}
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: gen_fold hant-hans.txt\n");
		return 2;
	}
	read_hans(argv[1]);
	fill();
	emit_blocks("fold", "uint32_t");
	return fflush(stdout) || ferror(stdout);
}
