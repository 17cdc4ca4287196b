/* SPDX-License-Identifier: MIT */
/*
 * HTML to text, for reading and searching: block elements become lines,
 * entities characters, scripts and styles nothing. It is tolerant (mail is no
 * valid HTML), linear, and does not try to look like a browser.
 */
#include "store_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "galley/base/mem.h"
#include "galley/base/utf8.h"

struct html {
	const char *s;
	size_t len, pos;
	struct buf *out;
	size_t start; /* of out */
	int pre, space, lines;
	/* found once to be missing: not looked for again, so it stays linear */
	int no_quotes, no_ends;
};

/* Elements that begin a line, with how many line ends. */
static const struct {
	const char *name;
	int lines;
} blocks[] = {
	{"address", 1},
	{"article", 1},
	{"aside", 1},
	{"blockquote", 2},
	{"br", 1},
	{"dd", 1},
	{"div", 1},
	{"dl", 1},
	{"dt", 1},
	{"fieldset", 1},
	{"figure", 1},
	{"footer", 1},
	{"form", 1},
	{"h1", 2},
	{"h2", 2},
	{"h3", 2},
	{"h4", 2},
	{"h5", 2},
	{"h6", 2},
	{"header", 1},
	{"hr", 1},
	{"li", 1},
	{"main", 1},
	{"nav", 1},
	{"ol", 1},
	{"p", 2},
	{"pre", 1},
	{"section", 1},
	{"table", 1},
	{"tr", 1},
	{"ul", 1},
};

/* Elements whose content is no text. */
static const char *const silent[] = {"script", "style", "head", "title",
	"template", "noscript", "svg", "math", "object", "iframe", "select"};

static const struct {
	const char *name;
	uint32_t cp;
} entities[] = {
	{"amp", '&'},
	{"lt", '<'},
	{"gt", '>'},
	{"quot", '"'},
	{"apos", '\''},
	{"nbsp", ' '},
	{"copy", 0xa9},
	{"reg", 0xae},
	{"trade", 0x2122},
	{"hellip", 0x2026},
	{"mdash", 0x2014},
	{"ndash", 0x2013},
	{"lsquo", 0x2018},
	{"rsquo", 0x2019},
	{"ldquo", 0x201c},
	{"rdquo", 0x201d},
	{"laquo", 0xab},
	{"raquo", 0xbb},
	{"bull", 0x2022},
	{"middot", 0xb7},
	{"euro", 0x20ac},
	{"pound", 0xa3},
	{"yen", 0xa5},
	{"cent", 0xa2},
	{"sect", 0xa7},
	{"deg", 0xb0},
	{"times", 0xd7},
	{"auml", 0xe4},
	{"ouml", 0xf6},
	{"uuml", 0xfc},
	{"Auml", 0xc4},
	{"Ouml", 0xd6},
	{"Uuml", 0xdc},
	{"szlig", 0xdf},
	{"eacute", 0xe9},
	{"egrave", 0xe8},
	{"agrave", 0xe0},
	{"aacute", 0xe1},
	{"ccedil", 0xe7},
	{"ntilde", 0xf1},
	{"oacute", 0xf3},
	{"iacute", 0xed},
	{"uacute", 0xfa},
	{"shy", 0},
	{"zwnj", 0},
	{"zwj", 0},
	{"ensp", ' '},
	{"emsp", ' '},
	{"thinsp", ' '},
	{"larr", 0x2190},
	{"rarr", 0x2192},
	{"check", 0x2713},
};

static void put(struct html *h, const char *p, size_t n)
{
	int at_start = h->out->len == h->start;

	if (h->lines && !at_start)
		buf_add(h->out, "\n\n", (size_t)(h->lines > 2 ? 2 : h->lines));
	else if (h->space && !at_start)
		buf_addc(h->out, ' ');
	h->lines = h->space = 0;
	buf_add(h->out, p, n);
}

static void put_blank(struct html *h, char c)
{
	if (h->pre && c == '\n')
		h->lines++;
	else if (h->pre)
		put(h, " ", 1);
	else
		h->space = 1;
}

static void need_lines(struct html *h, int n)
{
	if (h->lines < n)
		h->lines = n;
}

static int is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static int is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int is_alnum(char c)
{
	return is_alpha(c) || (c >= '0' && c <= '9');
}

/* &#8212; &#x2014; : 0 when it is none. */
static uint32_t numeric(const char *p, size_t n)
{
	int hex = n > 1 && (p[1] == 'x' || p[1] == 'X');
	char digits[12] = "";
	unsigned long v;
	char *end;

	p += hex ? 2 : 1;
	n -= hex ? 2 : 1;
	if (!n || n >= sizeof(digits))
		return 0;
	memcpy(digits, p, n);
	v = strtoul(digits, &end, hex ? 16 : 10);
	if (*end || v == 0 || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return UTF8_BAD;
	return (uint32_t)v;
}

static int named(const char *p, size_t n, uint32_t *cp)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(entities); i++)
		if (strlen(entities[i].name) == n &&
			memcmp(entities[i].name, p, n) == 0) {
			*cp = entities[i].cp;
			return 1;
		}
	return 0;
}

static void put_cp(struct html *h, uint32_t cp)
{
	char b[4];

	if (cp == 0)
		return;
	if (cp < 0x80 && (is_blank((char)cp) || cp < 0x20))
		put_blank(h, (char)cp);
	else
		put(h, b, utf8_encode(cp, b));
}

static void read_entity(struct html *h)
{
	const char *p = h->s + h->pos + 1;
	size_t max = h->len - h->pos - 1, n = 0;
	uint32_t cp = 0;
	int ok;

	if (n < max && p[n] == '#')
		n++;
	while (n < max && n < 12 && is_alnum(p[n]))
		n++;
	if (n && p[0] == '#')
		ok = (cp = numeric(p, n)) != 0;
	else
		ok = n && named(p, n, &cp);
	if (!ok) {
		put(h, "&", 1);
		h->pos++;
		return;
	}
	put_cp(h, cp);
	h->pos += 1 + n + (n < max && p[n] == ';');
}

/* Case-insensitive search; linear. len when it is not there. */
static size_t find(const struct html *h, size_t from, const char *what)
{
	size_t n = strlen(what), i;

	for (i = from; i + n <= h->len; i++)
		if (strncasecmp(h->s + i, what, n) == 0)
			return i;
	return h->len;
}

/* Past the '>' of the tag at pos; quoted values may hold one. 0: no end. */
static size_t tag_end(struct html *h, size_t pos)
{
	size_t from = pos;
	const char *gt;
	char quote = 0;

	for (; pos < h->len && !h->no_quotes; pos++) {
		char c = h->s[pos];

		if (quote) {
			if (c == quote)
				quote = 0;
		} else if ((c == '"' || c == '\'') && h->s[pos - 1] == '=') {
			quote = c;
		} else if (c == '>') {
			return pos + 1;
		}
	}
	if (quote)
		h->no_quotes = 1;
	gt = h->no_ends ? NULL : memchr(h->s + from, '>', h->len - from);
	if (!gt) {
		h->no_ends = 1;
		return 0;
	}
	return (size_t)(gt - h->s) + 1;
}

static int skip_silent(struct html *h, const char *name, size_t end)
{
	char close[24];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(silent); i++) {
		if (strcmp(name, silent[i]) != 0)
			continue;
		snprintf(close, sizeof(close), "</%s", name);
		h->pos = find(h, end, close);
		end = h->pos < h->len ? tag_end(h, h->pos + 1) : 0;
		h->pos = end ? end : h->len;
		return 1;
	}
	return 0;
}

static void open_or_close(struct html *h, const char *name, int closing)
{
	size_t i;

	if (strcmp(name, "pre") == 0)
		h->pre = !closing;
	if (strcmp(name, "td") == 0 || strcmp(name, "th") == 0)
		h->space = 1;
	if (strcmp(name, "br") == 0) {
		h->lines++;
		return;
	}
	for (i = 0; i < ARRAY_SIZE(blocks); i++)
		if (strcmp(name, blocks[i].name) == 0)
			need_lines(h, blocks[i].lines);
	if (!closing && strcmp(name, "li") == 0)
		put(h, "- ", 2);
}

static void read_tag(struct html *h)
{
	size_t p = h->pos + 1, n = 0, end;
	int closing = p < h->len && h->s[p] == '/';
	char name[16];

	if (h->len - h->pos >= 4 && !memcmp(h->s + h->pos, "<!--", 4)) {
		h->pos = find(h, h->pos + 4, "-->");
		h->pos = h->pos < h->len ? h->pos + 3 : h->len;
		return;
	}
	p += (size_t)closing;
	if (h->no_ends || p >= h->len ||
		(!is_alpha(h->s[p]) && h->s[p] != '!' && h->s[p] != '?')) {
		put(h, "<", 1);
		h->pos++;
		return;
	}
	for (; p < h->len && n < sizeof(name) - 1 && is_alnum(h->s[p]); p++)
		name[n++] =
			(char)(is_alpha(h->s[p]) ? h->s[p] | 0x20 : h->s[p]);
	name[n] = '\0';
	end = tag_end(h, p);
	if (!end) {
		put(h, "<", 1);
		h->pos++;
		return;
	}
	if (!closing && skip_silent(h, name, end))
		return;
	h->pos = end;
	open_or_close(h, name, closing);
}

void html_to_text(struct buf *out, const char *s, size_t len)
{
	struct html h = {.s = s, .len = len, .out = out, .start = out->len};

	while (h.pos < len) {
		char c = s[h.pos];
		size_t n = h.pos;

		if (c == '<') {
			read_tag(&h);
		} else if (c == '&') {
			read_entity(&h);
		} else if (is_blank(c)) {
			put_blank(&h, c);
			h.pos++;
		} else {
			while (n < len && s[n] != '<' && s[n] != '&' &&
				!is_blank(s[n]))
				n++;
			put(&h, s + h.pos, n - h.pos);
			h.pos = n;
		}
	}
}
