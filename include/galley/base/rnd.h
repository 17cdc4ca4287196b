/* SPDX-License-Identifier: MIT */
/*
 * Randomness that is handed in: xoshiro256** seeded from the system or from a
 * number (then the same seed gives the same run). Not for secrets.
 * Source of the generator: Blackman and Vigna, https://prng.di.unimi.it/
 */
#ifndef GALLEY_BASE_RND_H
#define GALLEY_BASE_RND_H

#include <stdint.h>

struct rnd {
	uint64_t s[4];
};

void rnd_seed(struct rnd *r, uint64_t seed);
void rnd_seed_system(struct rnd *r);
uint64_t rnd_u64(struct rnd *r);
/* Uniform in [0, n), n > 0. */
uint64_t rnd_below(struct rnd *r, uint64_t n);
/* True in `num` of `den` calls. */
int rnd_chance(struct rnd *r, uint32_t num, uint32_t den);

#endif
