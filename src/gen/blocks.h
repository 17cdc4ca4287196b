/* SPDX-License-Identifier: MIT */
/*
 * A table of something for every code point in two stages: blocks of 256, each
 * written once, and which of them stands where. A generator defines ENTRY (the
 * element's type) before it includes this, fills entry[] and calls
 * emit_blocks().
 */
#ifndef GALLEY_GEN_BLOCKS_H
#define GALLEY_GEN_BLOCKS_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define CP_COUNT 0x110000
#define BLOCK	 256
#define BLOCKS	 (CP_COUNT / BLOCK)

static ENTRY entry[CP_COUNT];

/* The index of a block in `order`, adding it when it is new. */
static unsigned find_block(unsigned *order, unsigned *count, unsigned block)
{
	const ENTRY *b = entry + (size_t)block * BLOCK;
	unsigned i;

	for (i = 0; i < *count; i++) {
		if (!memcmp(entry + (size_t)order[i] * BLOCK, b,
			    BLOCK * sizeof(*b)))
			return i;
	}
	order[(*count)++] = block;
	return i;
}

/* Writes <name>_block[] and <name>_entry[][BLOCK] of `type`. */
static void emit_blocks(const char *name, const char *type)
{
	static unsigned order[BLOCKS];
	unsigned count = 0, i, k;

	printf("static const uint16_t %s_block[%d] = {", name, BLOCKS);
	for (i = 0; i < BLOCKS; i++)
		printf("%s%u,", i % 16 ? "" : "\n",
			find_block(order, &count, i));
	printf("\n};\nstatic const %s %s_entry[%u][%d] = {\n", type, name,
		count, BLOCK);
	for (i = 0; i < count; i++) {
		printf("{");
		for (k = 0; k < BLOCK; k++)
			printf("%s0x%x,", k % 8 ? "" : "\n",
				(unsigned)entry[(size_t)order[i] * BLOCK + k]);
		printf("\n},\n");
	}
	printf("};\n");
}

#endif
