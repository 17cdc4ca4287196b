/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes key files: whatever a file holds, it is taken or refused with a place,
 * a refused one changes nothing, one that is taken can be written and read
 * back, and no sequence of keys leads astray.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "galley/app/command.h"
#include "galley/base/mem.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* Walks wherever prefixes lead; every continuation that is offered exists. */
static void walk(
	const struct keymap *k, unsigned contexts, struct key *keys, int n)
{
	struct key_next next[64];
	int count = keymap_next(k, contexts, keys, n, next, 64);

	assert(n < 5);
	for (int i = 0; i < count; i++) {
		struct key_hit hit;
		enum key_answer a;

		keys[n] = next[i].key;
		a = keymap_find(k, contexts, 0, keys, n + 1, &hit);
		if (next[i].id != CMD_COUNT) {
			assert(a == KEY_COMMAND && hit.id == next[i].id);
			assert(hit.context & contexts);
		} else {
			assert(a == KEY_PREFIX);
			walk(k, contexts, keys, n + 1);
		}
	}
}

static void written_reads_back(const struct keymap *k, enum keyset set)
{
	struct keymap *again = keymap_new(set);
	struct buf one = BUF_INIT, two = BUF_INIT;

	keymap_write(k, &one);
	if (keymap_read(again, "again", one.p, one.len) == 0)
		keymap_write(again, &two);
	else
		abort();
	assert(!strcmp(buf_str(&one), buf_str(&two)));
	buf_fini(&one);
	buf_fini(&two);
	keymap_free(again);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	enum keyset set;
	struct keymap *k;
	struct buf before = BUF_INIT, after = BUF_INIT;
	struct key keys[8];

	if (size < 1)
		return 0;
	set = (enum keyset)(data[0] % 3);
	k = keymap_new(set);
	keymap_write(k, &before);
	if (keymap_read(k, "f", (const char *)data + 1, size - 1) == 0) {
		walk(k, data[0], keys, 0);
		written_reads_back(k, set);
	} else {
		assert(err_code() == E_CONFIG && !strncmp(err_msg(), "f:", 2));
		keymap_write(k, &after);
		assert(!strcmp(buf_str(&before), buf_str(&after)));
	}
	buf_fini(&before);
	buf_fini(&after);
	keymap_free(k);
	return 0;
}
