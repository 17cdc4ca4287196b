/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes folding: folding twice changes nothing, and a second search, which
 * cuts both texts into tokens first, agrees with fold_contains(). The input is
 * a text and a needle, parted by the last byte 0xff.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/fold.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

struct token {
	const char *s;
	size_t len;
	int word;
	int gap; /* something stands before it */
};

struct tokens {
	struct buf text; /* folded */
	struct token *at;
	size_t n;
};

static void cut(struct tokens *t, const char *s, size_t len)
{
	enum fold_class cls, before = FOLD_SPACE;
	size_t i = 0, n;
	uint32_t cp, out;

	*t = (struct tokens){.text = BUF_INIT};
	fold_text(&t->text, s, len);
	t->at = xcalloc(t->text.len + 1, sizeof(*t->at));
	for (; i < t->text.len; i += n, before = cls) {
		n = utf8_decode(t->text.p + i, t->text.len - i, &cp);
		cls = fold_cp(cp, &out);
		assert(cls != FOLD_DROP);
		assert(cls != FOLD_SPACE || cp == ' ');
		if (cls == FOLD_SPACE)
			assert(i && before != FOLD_SPACE &&
				i + 1 < t->text.len);
		else if (cls == FOLD_WORD && before == FOLD_WORD)
			t->at[t->n - 1].len += n;
		else
			t->at[t->n++] = (struct token){
				t->text.p + i, n, cls == FOLD_WORD,
				before == FOLD_SPACE};
	}
}

static int same(const struct token *a, const struct token *b, int prefix)
{
	if (prefix && b->word ? a->len < b->len : a->len != b->len)
		return 0;
	return !memcmp(a->s, b->s, b->len);
}

static int found(
	const struct tokens *hay, const struct tokens *needle, int prefix)
{
	size_t i, k;

	if (!needle->n)
		return 0;
	for (i = 0; i + needle->n <= hay->n; i++) {
		for (k = 0; k < needle->n; k++) {
			if (!same(&hay->at[i + k], &needle->at[k],
				    prefix && k + 1 == needle->n))
				break;
			if (k && hay->at[i + k].gap && !needle->at[k].gap)
				break;
		}
		if (k == needle->n)
			return 1;
	}
	return 0;
}

static void check_twice(const struct tokens *t)
{
	struct buf again = BUF_INIT;

	assert(utf8_valid(buf_str(&t->text), t->text.len));
	fold_text(&again, buf_str(&t->text), t->text.len);
	assert(again.len == t->text.len);
	assert(!memcmp(again.p, t->text.p, again.len));
	buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const char *s = (const char *)data;
	const unsigned char *part = size ? memrchr(data, 0xff, size) : NULL;
	size_t hay_len = part ? (size_t)(part - data) : size;
	const char *n = part ? s + hay_len + 1 : s;
	size_t n_len = part ? size - hay_len - 1 : size;
	struct tokens hay, needle;
	int whole, prefix;

	cut(&hay, s, hay_len);
	cut(&needle, n, n_len);
	check_twice(&hay);
	whole = fold_contains(s, hay_len, n, n_len, 0);
	prefix = fold_contains(s, hay_len, n, n_len, 1);
	assert(whole == found(&hay, &needle, 0));
	assert(prefix == found(&hay, &needle, 1));
	assert(prefix || !whole);
	if (!part)
		assert(whole == (hay.n > 0));
	free(hay.at);
	free(needle.at);
	buf_fini(&hay.text);
	buf_fini(&needle.text);
	return 0;
}
