/* SPDX-License-Identifier: MIT */
/*
 * xoshiro256**, seeded through splitmix64 so that near seeds give far streams.
 */
#include "galley/base/rnd.h"

#include <stdlib.h>
#include <sys/random.h>

void rnd_seed(struct rnd *r, uint64_t seed)
{
	uint64_t z;
	int i;

	for (i = 0; i < 4; i++) {
		z = (seed += 0x9e3779b97f4a7c15u);
		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
		r->s[i] = z ^ (z >> 31);
	}
}

void rnd_seed_system(struct rnd *r)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		abort();
	rnd_seed(r, seed);
}

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

uint64_t rnd_u64(struct rnd *r)
{
	uint64_t *s = r->s, out = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return out;
}

uint64_t rnd_below(struct rnd *r, uint64_t n)
{
	uint64_t limit = UINT64_MAX - UINT64_MAX % n, x;

	do {
		x = rnd_u64(r);
	} while (x >= limit);
	return x % n;
}

int rnd_chance(struct rnd *r, uint32_t num, uint32_t den)
{
	return rnd_below(r, den) < num;
}
