/* SPDX-License-Identifier: MIT */
/*
 * The word that somebody probably meant: of the known ones the nearest, by
 * Damerau's distance (changed, missing, added characters, neighbours that
 * changed places), and only when it is near enough to be offered.
 *
 *	struct near n = near_to(word, strlen(word));
 *	for (each known word)
 *		near_try(&n, known);
 *	if (n.best) ...
 */
#ifndef GALLEY_BASE_NEAR_H
#define GALLEY_BASE_NEAR_H

#include <stddef.h>

struct near {
	const char *word;
	size_t len;
	const char *best; /* one of the tried words, or NULL */
	int limit;	  /* only what takes fewer changes than this */
};

/* `word` must live as long as it is compared. */
struct near near_to(const char *word, size_t len);
void near_try(struct near *n, const char *known);

#endif
