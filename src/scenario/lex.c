/* SPDX-License-Identifier: MIT */
/*
 * One pass over the bytes, no look-ahead but the current word. A file comes
 * from a person's editor or from a colleague: bad UTF-8, control characters and
 * marks of a Chinese input method are said by name and place, never skipped.
 */
#include "lex.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/embed.h"
#include "galley/base/fold.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/base/timefmt.h"
#include "galley/base/utf8.h"

/* --- messages ---------------------------------------------------------------
 */

int lex_err(const struct lex *lx, const struct tok *at, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	err_set(E_CONFIG, "%s:%d:%d: %s", lx->file, at->line, at->col,
		buf_str(&b));
	buf_fini(&b);
	return E_CONFIG;
}

/* The current word as it is shown in a message. */
static void show_tok(const struct lex *lx, struct buf *out)
{
	const struct tok *t = &lx->tok;
	size_t len, fit;

	if (t->kind == TOK_END) {
		buf_adds(out, _("the end of the file"));
		return;
	}
	len = strlen(t->s);
	fit = utf8_fit(t->s, len, 40, NULL);
	if (t->kind == TOK_TEXT)
		buf_addc(out, '"');
	text_gate(out, t->s, fit, GATE_LINE);
	if (fit < len)
		buf_adds(out, "...");
	if (t->kind == TOK_TEXT)
		buf_addc(out, '"');
}

int lex_expected(const struct lex *lx, const char *what)
{
	struct buf b = BUF_INIT;
	int rc;

	show_tok(lx, &b);
	rc = lex_err(lx, &lx->tok, _("%s is expected here, not %s"), what,
		buf_str(&b));
	buf_fini(&b);
	return rc;
}

/* --- characters -------------------------------------------------------------
 */

static int peek(const struct lex *lx, size_t ahead)
{
	return (size_t)(lx->end - lx->p) > ahead ? (unsigned char)lx->p[ahead]
						 : -1;
}

/* The text has been looked at: after a first byte come its others. */
static void step(struct lex *lx)
{
	lx->col++;
	if (*lx->p++ == '\n') {
		lx->line++;
		lx->col = 1;
		lx->first = 1;
	}
	while ((peek(lx, 0) & ~0x3f) == 0x80)
		lx->p++;
}

static int is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static int is_control(uint32_t cp)
{
	return (cp < 0x20 && cp != '\t' && cp != '\n' && cp != '\r') ||
	       cp == 0x7f;
}

/* Everything is looked at before anything is understood. */
static int check_text(const struct lex *lx)
{
	struct tok at = {.line = 1, .col = 1};
	const char *p = lx->p;
	uint32_t cp;
	size_t n;

	for (; p < lx->end; p += n) {
		n = utf8_decode(p, (size_t)(lx->end - p), &cp);
		if (n == 1 && cp == UTF8_BAD)
			return lex_err(lx, &at, _("this byte is no UTF-8"));
		if (is_control(cp))
			return lex_err(lx, &at,
				_("a control character (U+%04X)"),
				(unsigned)cp);
		at.line += cp == '\n';
		at.col = cp == '\n' ? 1 : at.col + 1;
	}
	return 0;
}

static void skip_blanks(struct lex *lx)
{
	int c;

	for (c = peek(lx, 0); c >= 0; c = peek(lx, 0)) {
		if (c == '#')
			while (peek(lx, 0) >= 0 && peek(lx, 0) != '\n')
				step(lx);
		else if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			step(lx);
		else
			break;
	}
}

/* --- words ------------------------------------------------------------------
 */

static int is_name_char(const struct lex *lx, int start)
{
	int c = peek(lx, 0);
	enum fold_class cls;
	uint32_t cp, folded;

	if (c < 0)
		return 0;
	if (c < 0x80)
		return (c | 0x20) >= 'a' && (c | 0x20) <= 'z' ? 1
		       : start				      ? c == '_'
			       : is_digit(c) || c == '_' || c == '-' ||
					 (c == '.' && peek(lx, 1) != '.');
	utf8_decode(lx->p, (size_t)(lx->end - lx->p), &cp);
	cls = fold_cp(cp, &folded);
	/* full-width forms fold to ASCII: they are a slip of the keyboard */
	return (cls == FOLD_WORD && folded >= 0x80) || cls == FOLD_CJK;
}

static int take_name(struct lex *lx)
{
	const char *start = lx->p;

	while (is_name_char(lx, lx->p == start))
		step(lx);
	lx->tok.kind = TOK_NAME;
	lx->tok.s = arena_strndup(lx->arena, start, (size_t)(lx->p - start));
	return 0;
}

/* 12, -3, and with letters behind it a time: 2d */
static int take_number(struct lex *lx)
{
	const char *start = lx->p;
	struct tok *t = &lx->tok;
	size_t len;

	if (peek(lx, 0) == '-')
		step(lx);
	while (is_digit(peek(lx, 0)))
		step(lx);
	len = (size_t)(lx->p - start);
	if (len > 15)
		return lex_err(lx, t, _("this number is too large"));
	t->kind = TOK_NUMBER;
	t->s = arena_strndup(lx->arena, start, len);
	t->number = strtoll(t->s, NULL, 10);
	if (!is_name_char(lx, 1))
		return 0;
	while (is_name_char(lx, 0))
		step(lx);
	len = (size_t)(lx->p - start);
	t->kind = TOK_SPAN;
	t->s = arena_strndup(lx->arena, start, len);
	if (time_span_parse(start, len, &t->number))
		return lex_err(
			lx, t, _("a time is written 30s, 15min, 3h, 2d or 1w"));
	return 0;
}

/* Up to what means something in a text. */
static void take_plain(struct lex *lx, struct buf *out)
{
	const char *from = lx->p;
	int c;

	for (c = peek(lx, 0); c >= 0 && c != '"' && c != '\\' && c != '\n';
		c = peek(lx, 0))
		step(lx);
	buf_add(out, from, (size_t)(lx->p - from));
}

static int take_escaped(struct lex *lx, struct buf *out)
{
	struct tok at = {.line = lx->line, .col = lx->col};
	int c;

	step(lx);
	c = peek(lx, 0);
	if (c != '"' && c != '\\')
		return lex_err(lx, &at, _("after \\ stands \" or \\"));
	step(lx);
	buf_addc(out, (char)c);
	return 0;
}

static int take_text(struct lex *lx)
{
	struct buf b = BUF_INIT;
	int rc = 0;

	step(lx);
	take_plain(lx, &b);
	while (!rc && peek(lx, 0) != '"') {
		if (peek(lx, 0) != '\\')
			rc = lex_err(lx, &lx->tok,
				_("this text has no \" at its end"));
		else
			rc = take_escaped(lx, &b);
		take_plain(lx, &b);
	}
	if (!rc) {
		step(lx);
		lx->tok.kind = TOK_TEXT;
		lx->tok.s = arena_strdup(lx->arena, buf_str(&b));
	}
	buf_fini(&b);
	return rc;
}

/* What an input method writes for a mark that is meant. */
static const struct {
	uint32_t cp;
	const char *meant;
} slips[] = {
	{0x201c, "\""},
	{0x201d, "\""},
	{0x300c, "\""},
	{0x300d, "\""},
	{0xff02, "\""},
	{0xff1b, ";"},
	{0xff08, "("},
	{0xff09, ")"},
	{0xff5b, "{"},
	{0xff5d, "}"},
	{0xff0a, "*"},
	{0x3002, "."},
	{0x2026, ".."},
	{0xff1d, "="},
	{0xff1c, "<"},
	{0xff1e, ">"},
	{0xff5e, "~"},
	{0xff03, "#"},
	{0x3000, " "},
	{0x00a0, " "},
};

static int unknown_char(struct lex *lx)
{
	char s[8] = "";
	uint32_t cp;
	size_t n, i;

	n = utf8_decode(lx->p, (size_t)(lx->end - lx->p), &cp);
	memcpy(s, lx->p, n);
	for (i = 0; i < ARRAY_SIZE(slips); i++)
		if (slips[i].cp == cp)
			return lex_err(lx, &lx->tok,
				_("the character U+%04X is not understood, "
				  "write \'%s\'"),
				(unsigned)cp, slips[i].meant);
	if (utf8_width(cp) < 1)
		return lex_err(lx, &lx->tok,
			_("the character U+%04X is not understood"),
			(unsigned)cp);
	return lex_err(lx, &lx->tok, _("\'%s\' is not understood"), s);
}

static int take_mark(struct lex *lx)
{
	static const char *const marks[] = {"..", "!=", "<=", ">=", "{", "}",
		"(", ")", ";", "*", "=", "<", ">", "~"};
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		n = strlen(marks[i]);
		if ((size_t)(lx->end - lx->p) < n ||
			memcmp(lx->p, marks[i], n) != 0)
			continue;
		while (n--)
			step(lx);
		lx->tok.kind = TOK_MARK;
		lx->tok.s = marks[i];
		return 0;
	}
	return unknown_char(lx);
}

int lex_next(struct lex *lx)
{
	int c;

	skip_blanks(lx);
	c = peek(lx, 0);
	lx->tok = (struct tok){.kind = TOK_END,
		.s = "",
		.first = lx->first,
		.line = lx->line,
		.col = lx->col};
	lx->first = 0;
	if (c < 0)
		return 0;
	if (is_digit(c) || (c == '-' && is_digit(peek(lx, 1))))
		return take_number(lx);
	if (c == '"')
		return take_text(lx);
	if (is_name_char(lx, 1))
		return take_name(lx);
	return take_mark(lx);
}

int lex_open(struct lex *lx, struct arena *a, const char *file,
	const char *text, size_t len)
{
	int rc;

	*lx = (struct lex){.arena = a,
		.file = file,
		.p = text,
		.end = text + len,
		.line = 1,
		.col = 1};
	if (len > LEX_MAX_BYTES)
		return err_set(E_CONFIG, _("%s has more than %zu bytes"), file,
			LEX_MAX_BYTES);
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		lx->p += 3;
	rc = check_text(lx);
	lx->first = 1;
	return rc ? rc : lex_next(lx);
}

int lex_is(const struct lex *lx, enum tok_kind kind, const char *s)
{
	return lx->tok.kind == kind && (!s || !strcmp(lx->tok.s, s));
}

/* --- what statements are made of --------------------------------------------
 */

static int take(
	struct lex *lx, enum tok_kind kind, const char *what, const char **out)
{
	const char *s = lx->tok.s;
	int rc;

	if (lx->tok.kind != kind)
		return lex_expected(lx, what);
	rc = lex_next(lx);
	if (!rc)
		*out = s;
	return rc;
}

int lex_name(struct lex *lx, const char *what, const char **out)
{
	return take(lx, TOK_NAME, what, out);
}

int lex_text(struct lex *lx, const char *what, const char **out)
{
	return take(lx, TOK_TEXT, what, out);
}

int lex_int(struct lex *lx, const char *what, int min, int max, int *out)
{
	int64_t n = lx->tok.number;
	int rc;

	if (lx->tok.kind != TOK_NUMBER)
		return lex_expected(lx, what);
	if (n < min || n > max)
		return lex_err(lx, &lx->tok,
			_("this number goes from %d to %d"), min, max);
	rc = lex_next(lx);
	if (!rc)
		*out = (int)n;
	return rc;
}

int lex_mark(struct lex *lx, const char *mark)
{
	const char *s;

	if (!lex_is(lx, TOK_MARK, mark))
		return lex_expected(lx, mark);
	return take(lx, TOK_MARK, mark, &s);
}

/* --- languages --------------------------------------------------------------
 */

static const char *const langs[3] = {"en", "zh_CN", "zh_TW"};

static int lang_index(const char *s)
{
	int i;

	for (i = 0; i < 3; i++)
		if (!strcmp(s, langs[i]))
			return i;
	return -1;
}

int lex_title(struct lex *lx, const char *what, const char *out[3])
{
	const char *text[3] = {NULL, NULL, NULL};
	int rc = lex_text(lx, what, &text[0]), i;

	while (!rc && lx->tok.kind == TOK_NAME) {
		i = lang_index(lx->tok.s);
		if (i < 0)
			break;
		if (text[i])
			return lex_err(lx, &lx->tok,
				_("the text in %s stands here already"),
				langs[i]);
		rc = lex_next(lx);
		if (!rc)
			rc = lex_text(
				lx, _("a text in quotation marks"), &text[i]);
	}
	if (!rc)
		memcpy(out, text, sizeof(text));
	return rc;
}

/* The catalogue in use says which language it is in: that is right whatever
 * LANGUAGE, LC_ALL and the installed locales are. */
int lex_lang(void)
{
	static const char head_id[] = "";
	const char *head = gettext(head_id);
	const char *s = strstr(head, "Language: ");
	char name[8];
	size_t n;
	int i;

	if (!s)
		return 0;
	s += strlen("Language: ");
	n = strcspn(s, "\n");
	if (n >= sizeof(name))
		return 0;
	memcpy(name, s, n);
	name[n] = '\0';
	i = lang_index(name);
	return i < 0 ? 0 : i;
}

const char *lex_choose_in(const char *const text[3], int lang)
{
	static const int order[3][3] = {{0, 1, 2}, {1, 2, 0}, {2, 1, 0}};
	int i;

	for (i = 0; i < 3; i++)
		if (text[order[lang][i]])
			return text[order[lang][i]];
	return NULL;
}

const char *lex_choose(const char *const text[3])
{
	return lex_choose_in(text, lex_lang());
}

/* --- files ------------------------------------------------------------------
 */

int lex_is_file_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	return n > 0 && n <= 64 && !s[n];
}

int lex_read(const char *folder, const char *name, const char *suffix,
	char **file, char **text, size_t *len)
{
	char *rel = xasprintf("%s/%s%s", folder, name, suffix);
	char *own = path_user(PATH_CONFIG, rel);
	size_t n;
	const char *shipped = embed_get(rel, &n);
	int rc = file_read(own, LEX_MAX_BYTES, text, len);

	if (!rc) {
		*file = own;
		own = NULL;
	} else if (rc == E_NOTFOUND && shipped) {
		*text = xmemdup(shipped, n + 1);
		*len = n;
		*file = rel;
		rel = NULL;
		rc = 0;
	}
	free(own);
	free(rel);
	return rc;
}
