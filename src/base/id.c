/* SPDX-License-Identifier: MIT */
/*
 * ULIDs. Uniqueness comes from 80 random bits, not from the clock, so a clock
 * that jumps back costs order and nothing else.
 */
#include "galley/base/id.h"

#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void uid_new(const struct clock *c, struct rnd *r, char out[UID_SIZE])
{
	uint64_t ms = (uint64_t)clock_now_ms(c) & 0xffffffffffffu;
	uint64_t a = rnd_u64(r), b = rnd_u64(r);
	int i;

	for (i = 9; i >= 0; i--, ms >>= 5)
		out[i] = alphabet[ms & 31];
	for (i = 10; i < 18; i++, a >>= 5)
		out[i] = alphabet[a & 31];
	for (; i < UID_LEN; i++, b >>= 5)
		out[i] = alphabet[b & 31];
	out[UID_LEN] = '\0';
}

int uid_valid(const char *s)
{
	return strlen(s) == UID_LEN && strspn(s, alphabet) == UID_LEN &&
	       s[0] <= '7';
}
