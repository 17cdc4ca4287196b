/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the text gate: whatever goes in, what comes out is UTF-8, holds
 * nothing that a terminal obeys or that hides, does not grow beyond three
 * times, goes through again unchanged, and can be cut anywhere.
 */
#include <assert.h>
#include <string.h>
#include "galley/base/utf8.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* Said again and in another way than the gate says it. */
static int forbidden(uint32_t cp, enum gate_mode mode)
{
	if (cp == '\n')
		return mode != GATE_TEXT;
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad ||
	       cp == 0x61c || cp == 0x180e || (cp >= 0x200b && cp <= 0x200c) ||
	       cp == 0x200e || cp == 0x200f || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff ||
	       (cp >= 0xe000 && cp <= 0xf8ff) ||
	       (cp >= 0xfdd0 && cp <= 0xfdef) || (cp & 0xfffe) == 0xfffe ||
	       (cp >= 0xfff9 && cp <= 0xfffb) || cp >= 0x40000;
}

static void check_code_points(const struct buf *b, enum gate_mode mode)
{
	size_t i = 0;
	uint32_t cp;

	while (i < b->len) {
		i += utf8_decode(b->p + i, b->len - i, &cp);
		assert(!forbidden(cp, mode));
	}
}

/* Cells add up wherever whole characters are cut. */
static void check_cells(const char *s, size_t len)
{
	size_t total = utf8_cells(s, len), sum = 0, i = 0, used, n;

	while (i < len) {
		n = utf8_fit(s + i, len - i, 2 + i % 7, &used);
		assert(used <= 2 + i % 7);
		assert(utf8_cells(s + i, n) == used);
		if (!n) /* one character wider than that */
			n = utf8_fit(s + i, len - i, total, &used);
		assert(n);
		sum += used;
		i += n;
	}
	assert(sum == total);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct buf once = BUF_INIT, twice = BUF_INIT;
	enum gate_mode mode;
	size_t marks;

	if (!size)
		return 0;
	mode = (enum gate_mode)(data[0] % 3);
	marks = text_gate(&once, (const char *)data + 1, size - 1, mode);
	assert(once.len <= 3 * (size - 1));
	assert(marks <= size - 1);
	assert(utf8_valid(buf_str(&once), once.len));
	check_code_points(&once, mode);
	check_cells(buf_str(&once), once.len);
	if (mode != GATE_LOG) {
		marks = text_gate(&twice, buf_str(&once), once.len, mode);
		assert(!marks && twice.len == once.len);
		assert(!memcmp(buf_str(&twice), buf_str(&once), once.len));
	}
	buf_fini(&once);
	buf_fini(&twice);
	return 0;
}
