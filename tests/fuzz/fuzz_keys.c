/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the terminal's bytes: whatever comes, in whatever pieces, what goes
 * out are keys that have a text which reads back, pastes that are UTF-8, and a
 * mouse on the screen; after a silence nothing waits; and cutting the bytes
 * otherwise gives the same.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/utf8.h"
#include "galley/ui/key.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_key(struct key k)
{
	struct buf b = BUF_INIT;
	struct key back;

	key_format(&b, k);
	assert(utf8_valid(b.p, b.len));
	if (key_parse(b.p, &back, 1) != 1 || !key_same(k, back))
		abort();
	buf_fini(&b);
}

/* All events as bytes, to be compared. */
static void drain(struct key_parser *p, struct buf *all)
{
	struct term_answer a;
	struct ui_event e;

	while (key_parser_next(p, &e)) {
		assert(e.kind <= UI_EOF && e.kind != UI_RESIZE);
		if (e.kind == UI_KEY)
			check_key(e.key);
		if (e.kind == UI_PASTE)
			assert(e.len && utf8_valid(e.text, e.len));
		if (e.kind == UI_MOUSE)
			assert(e.x >= 0 && e.y >= 0 && e.button >= 0 &&
				e.button < 4);
		buf_addf(all, "%d %x %d %d %d %d %d ", (int)e.kind, e.key.code,
			e.key.mods, (int)e.act, e.button, e.x, e.y);
		if (e.text)
			buf_add(all, e.text, e.len);
		ui_event_fini(&e);
	}
	while (key_parser_answer(p, &a))
		;
}

static void feed(struct buf *all, const char *s, size_t len, size_t by)
{
	struct key_parser *p = key_parser_new();
	size_t i;

	for (i = 0; i < len; i += by) {
		key_parser_feed(p, s + i, len - i < by ? len - i : by);
		drain(p, all);
	}
	if (key_parser_waits(p))
		key_parser_flush(p);
	assert(!key_parser_waits(p));
	drain(p, all);
	key_parser_free(p);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct buf once = BUF_INIT, pieces = BUF_INIT;

	if (!size)
		return 0;
	feed(&once, (const char *)data + 1, size - 1, size);
	feed(&pieces, (const char *)data + 1, size - 1, 1 + data[0] % 16);
	assert(once.len == pieces.len);
	assert(!once.len || !memcmp(once.p, pieces.p, once.len));
	buf_fini(&once);
	buf_fini(&pieces);
	return 0;
}
