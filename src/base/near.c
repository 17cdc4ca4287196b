/* SPDX-License-Identifier: MIT */
/*
 * How far two names lie apart. For names of programs and fields: bytes, not
 * characters, and nothing longer than a name is compared.
 */
#include "galley/base/near.h"

#include <string.h>

enum { LONGEST = 40 };

struct near near_to(const char *word, size_t len)
{
	return (struct near){
		.word = word, .len = len, .limit = len < 4 ? 2 : 3};
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

static int distance(const char *a, size_t la, const char *b, size_t lb)
{
	int d[LONGEST + 1][LONGEST + 1];

	for (size_t i = 0; i <= la; i++) {
		for (size_t j = 0; j <= lb; j++) {
			if (!i || !j) {
				d[i][j] = (int)(i + j);
				continue;
			}
			d[i][j] = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			d[i][j] = least(d[i][j], d[i - 1][j] + 1);
			d[i][j] = least(d[i][j], d[i][j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
				a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[la][lb];
}

void near_try(struct near *n, const char *known)
{
	size_t len = strlen(known);
	int d;

	if (n->len > LONGEST || len > LONGEST)
		return;
	d = distance(n->word, n->len, known, len);
	if (d >= n->limit)
		return;
	n->limit = d;
	n->best = known;
}
