/* SPDX-License-Identifier: MIT */
/*
 * The tokenizer "galley" of the full-text tables: what fold.h calls a token is
 * a token. A word is one, a CJK character is one (queries are phrases of them).
 * Groups of digits that look like a phone number are also found written as
 * one: the joined digits stand at the place of the first group. And the SQL
 * functions that check a candidate against its text.
 */
#include "query_priv.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/fold.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"

#define WORD_BYTES   64 /* longer words are cut, here and in queries */
#define PHONE_MIN    7
#define PHONE_MAX    15
#define PHONE_GROUPS 5

typedef int token_fn(
	void *u, int flags, const char *tok, int len, int start, int end);

/* What fold_cp() says about ASCII: most text, most of the time. */
struct ascii {
	char word[256]; /* the folded character of a word, else 0 */
	uint8_t cls[128];
};

struct scan {
	const struct ascii *ascii;
	const char *s;
	size_t len, pos;
	void *u;
	token_fn *fn;
	int phones;
	char word[WORD_BYTES + 4];
	size_t word_len;
};

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline enum fold_class next_cp(struct scan *sc, uint32_t *out)
{
	unsigned char c = (unsigned char)sc->s[sc->pos];
	enum fold_class cls;

	if (c < 0x80) {
		sc->pos++;
		*out = (unsigned char)sc->ascii->word[c];
		return (enum fold_class)sc->ascii->cls[c];
	}
	sc->pos += fold_take(sc->s + sc->pos, sc->len - sc->pos, out, &cls);
	return cls;
}

/* utf8_encode(), without a call for most of what is not ASCII. */
static inline size_t put_cp(uint32_t cp, char *out)
{
	if (cp < 0x3000 || cp > 0xd7ff)
		return utf8_encode(cp, out);
	out[0] = (char)(0xe0 | cp >> 12);
	out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[2] = (char)(0x80 | (cp & 0x3f));
	return 3;
}

/* The ASCII that a word goes on with: indexing spends its time here. */
static inline size_t add_ascii(struct scan *sc)
{
	size_t pos = sc->pos, n = sc->word_len, len = sc->len;
	char c;

	while (pos < len &&
		(c = sc->ascii->word[(unsigned char)sc->s[pos]]) != 0) {
		if (n < WORD_BYTES)
			sc->word[n++] = c;
		pos++;
	}
	sc->word_len = n;
	n = pos - sc->pos;
	sc->pos = pos;
	return n;
}

static int emit(struct scan *sc, int flags, const char *t, size_t n,
	size_t start, size_t end)
{
	return sc->fn(sc->u, flags, t, (int)n, (int)start, (int)end);
}

/* At most two marks of a phone number, then a digit: where that is, else 0. */
static size_t next_group(const char *s, size_t len, size_t pos)
{
	size_t i;

	for (i = pos; i < len && i < pos + 2 && strchr("-. ()/", s[i]); i++)
		;
	return i > pos && i < len && is_digit(s[i]) ? i : 0;
}

/* Four digits, two, two: a date. */
static int is_date(const char *s, size_t len, size_t start)
{
	static const char form[] = "dddd-dd-dd";
	size_t i;

	if (len - start < 10)
		return 0;
	for (i = 0; i < 10; i++)
		if (form[i] == 'd' ? !is_digit(s[start + i])
				   : !strchr("-./", s[start + i]))
			return 0;
	return 1;
}

/* A digit word has just been read: with the groups behind it, it may be a
 * number. Every run of groups that could be one is a token. */
static int emit_phones(struct scan *sc, size_t start, size_t end)
{
	char joined[PHONE_MAX + 1];
	size_t n = end - start, pos = end, at;
	int groups = 1, rc;

	if (n != sc->word_len || n > PHONE_MAX ||
		is_date(sc->s, sc->len, start))
		return SQLITE_OK;
	memcpy(joined, sc->s + start, n);
	while (groups < PHONE_GROUPS &&
		(at = next_group(sc->s, sc->len, pos)) != 0) {
		for (pos = at; pos < sc->len && is_digit(sc->s[pos]); pos++) {
			if (n == PHONE_MAX)
				return SQLITE_OK;
			joined[n++] = sc->s[pos];
		}
		groups++;
		if (n < PHONE_MIN)
			continue;
		rc = emit(sc, FTS5_TOKEN_COLOCATED, joined, n, start, pos);
		if (rc != SQLITE_OK)
			return rc;
	}
	return SQLITE_OK;
}

/* +8613800138000 is also found without its country code, however long that
 * is. */
static int emit_national(struct scan *sc, size_t start, size_t end)
{
	size_t skip;
	int rc;

	if (start == 0 || sc->s[start - 1] != '+' || end - start > PHONE_MAX)
		return SQLITE_OK;
	for (skip = 1; skip <= 3 && end - start >= PHONE_MIN + skip; skip++) {
		rc = emit(sc, FTS5_TOKEN_COLOCATED, sc->s + start + skip,
			end - start - skip, start, end);
		if (rc != SQLITE_OK)
			return rc;
	}
	return SQLITE_OK;
}

static int all_digits(const struct scan *sc)
{
	size_t i;

	for (i = 0; i < sc->word_len && is_digit(sc->word[i]); i++)
		;
	return i == sc->word_len;
}

/* The word into sc->word; gives where it ends, which is before marks that are
 * dropped. */
static size_t gather_word(struct scan *sc)
{
	size_t end = sc->pos, before;
	enum fold_class cls;
	uint32_t cp;

	sc->word_len = 0;
	for (;;) {
		if (add_ascii(sc))
			end = sc->pos;
		if (sc->pos >= sc->len)
			return end;
		before = sc->pos;
		cls = next_cp(sc, &cp);
		if (cls == FOLD_WORD) {
			end = sc->pos;
			if (sc->word_len < WORD_BYTES)
				sc->word_len +=
					put_cp(cp, sc->word + sc->word_len);
		} else if (cls != FOLD_DROP) {
			sc->pos = before;
			return end;
		}
	}
}

static int read_word(struct scan *sc)
{
	size_t start = sc->pos, end = gather_word(sc);
	int rc = emit(sc, 0, sc->word, sc->word_len, start, end);

	if (rc == SQLITE_OK && sc->phones && all_digits(sc)) {
		rc = emit_phones(sc, start, end);
		if (rc == SQLITE_OK)
			rc = emit_national(sc, start, end);
	}
	return rc;
}

static int scan_text(struct scan *sc)
{
	uint32_t cp;
	char one[4];
	int rc = SQLITE_OK;

	while (sc->pos < sc->len && rc == SQLITE_OK) {
		size_t start = sc->pos;

		switch (next_cp(sc, &cp)) {
		case FOLD_WORD:
			sc->pos = start;
			rc = read_word(sc);
			break;
		case FOLD_CJK:
			rc = emit(sc, 0, one, put_cp(cp, one), start, sc->pos);
			break;
		case FOLD_SPACE:
		case FOLD_DROP:
			break;
		}
	}
	return rc;
}

/* --- as FTS5 wants it ----------------------------------------------------- */

static struct ascii ascii;

static void ascii_init(void)
{
	uint32_t cp, folded;

	for (cp = 0; cp < 128; cp++) {
		ascii.cls[cp] = (uint8_t)fold_cp(cp, &folded);
		ascii.word[cp] = (char)folded;
	}
}

static const struct ascii *ascii_of(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, ascii_init);
	return &ascii;
}

/* There is nothing to say of one of them. */
static int tok_create(
	void *ctx, const char **argv, int argc, Fts5Tokenizer **out)
{
	(void)ctx;
	(void)argv;
	(void)argc;
	*out = (Fts5Tokenizer *)(uintptr_t)ascii_of();
	return SQLITE_OK;
}

static void tok_delete(Fts5Tokenizer *t)
{
	(void)t;
}

static int tok_run(Fts5Tokenizer *t, void *u, int flags, const char *s, int len,
	token_fn *fn)
{
	struct scan sc = {.ascii = (const struct ascii *)t,
		.s = s,
		.len = s && len > 0 ? (size_t)len : 0,
		.u = u,
		.fn = fn,
		.phones = !(flags & FTS5_TOKENIZE_QUERY)};

	return scan_text(&sc);
}

static int take_token(
	void *u, int flags, const char *tok, int len, int start, int end)
{
	struct tokens *t = u;

	(void)flags;
	(void)start;
	(void)end;
	if (t->n == TOKENS_MAX) {
		t->more = 1;
		return SQLITE_DONE;
	}
	memcpy(t->v[t->n], tok, (size_t)len);
	t->v[t->n++][len] = '\0';
	return SQLITE_OK;
}

void tokens_of(const char *s, struct tokens *out)
{
	struct scan sc = {.ascii = ascii_of(),
		.s = s,
		.len = strlen(s),
		.u = out,
		.fn = take_token};

	out->n = out->more = 0;
	scan_text(&sc);
}

static int fts5_api_of(sqlite3 *h, fts5_api **out)
{
	sqlite3_stmt *st;

	*out = NULL;
	if (sqlite3_prepare_v2(h, "SELECT fts5(?)", -1, &st, NULL) != SQLITE_OK)
		return -1;
	sqlite3_bind_pointer(st, 1, (void *)out, "fts5_api_ptr", NULL);
	sqlite3_step(st);
	sqlite3_finalize(st);
	return *out ? 0 : -1;
}

int tokenizer_register(sqlite3 *h)
{
	fts5_tokenizer t = {tok_create, tok_delete, tok_run};
	fts5_api *api;

	if (fts5_api_of(h, &api) < 0 || api->xCreateTokenizer(api, "galley",
						NULL, &t, NULL) != SQLITE_OK)
		return err_set(E_DB, "this SQLite has no full text (FTS5)");
	return 0;
}

/* --- checking candidates -------------------------------------------------- */

static int is_word_at(const char *s, size_t len, size_t pos)
{
	uint32_t cp, out;

	if (pos >= len)
		return 0;
	utf8_decode(s + pos, len - pos, &cp);
	return fold_cp(cp, &out) == FOLD_WORD;
}

/* Marks that are dropped stand between nothing. */
static int is_word_before(const char *s, size_t pos)
{
	enum fold_class cls = FOLD_DROP;
	uint32_t out;
	size_t at;

	while (pos > 0 && cls == FOLD_DROP) {
		at = pos - 1;
		while (at > 0 && pos - at < 4 &&
			((unsigned char)s[at] & 0xc0) == 0x80)
			at--;
		fold_take(s + at, pos - at, &out, &cls);
		pos = at;
	}
	return cls == FOLD_WORD;
}

/* At the start of a number, or behind its country code. */
static int may_begin(const char *s, size_t pos)
{
	size_t back = pos;

	if (!is_digit(s[pos]))
		return 0;
	while (back > 0 && pos - back <= 3 && is_digit(s[back - 1]))
		back--;
	if (back == pos)
		return !is_word_before(s, pos);
	return back > 0 && s[back - 1] == '+' && pos - back <= 3;
}

int phone_contains(const char *hay, size_t len, const char *digits)
{
	size_t i, n = strlen(digits);

	for (i = 0; n && i < len; i++) {
		size_t pos = i, k = 0;

		if (!may_begin(hay, i))
			continue;
		while (k < n && pos < len && hay[pos] == digits[k]) {
			size_t at = 0;

			k++;
			pos++;
			if (k < n && pos < len && !is_digit(hay[pos]))
				at = next_group(hay, len, pos);
			if (at)
				pos = at;
		}
		if (k == n && !is_word_at(hay, len, pos))
			return 1;
	}
	return 0;
}

static void fold_has_fn(sqlite3_context *c, int n, sqlite3_value **v)
{
	const char *hay = (const char *)sqlite3_value_text(v[0]);
	const char *needle = (const char *)sqlite3_value_text(v[1]);

	(void)n;
	sqlite3_result_int(
		c, hay && needle &&
			   fold_contains(hay, (size_t)sqlite3_value_bytes(v[0]),
				   needle, (size_t)sqlite3_value_bytes(v[1]),
				   sqlite3_value_int(v[2])));
}

static void phone_has_fn(sqlite3_context *c, int n, sqlite3_value **v)
{
	const char *hay = (const char *)sqlite3_value_text(v[0]);
	const char *digits = (const char *)sqlite3_value_text(v[1]);

	(void)n;
	sqlite3_result_int(
		c, hay && digits &&
			   phone_contains(hay,
				   (size_t)sqlite3_value_bytes(v[0]), digits));
}

int functions_register(sqlite3 *h)
{
	int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;

	if (sqlite3_create_function(h, "fold_has", 3, flags, NULL, fold_has_fn,
		    NULL, NULL) != SQLITE_OK ||
		sqlite3_create_function(h, "phone_has", 2, flags, NULL,
			phone_has_fn, NULL, NULL) != SQLITE_OK)
		return err_set(E_DB, "cannot add SQL functions: %s",
			sqlite3_errmsg(h));
	return 0;
}
