/* SPDX-License-Identifier: MIT */
/*
 * The customer's part of an article: from a line that says "For the customer"
 * to the next heading. The line may be plain text, a heading of a wiki ("== For
 * the customer ==") or of Markdown ("## For the customer"). No other markup is
 * read here.
 */
#include "galley/app/article.h"

#include <string.h>
#include <strings.h>
#include "galley/base/mem.h"

#define BLANK " \t\r"

static const char *const begins[] = {"For the customer", "给客户", "給客戶"};
static const char *const ends[] = {"Internal", "内部", "內部"};

struct line {
	const char *s; /* without markup and colon */
	size_t len;
	char sign; /* '=', '#', or 0: plain */
	size_t level;
};

static size_t line_len(const char *s)
{
	return strcspn(s, "\n");
}

static int ends_with(const struct line *l, const char *what)
{
	size_t n = strlen(what);

	return l->len >= n && memcmp(l->s + l->len - n, what, n) == 0;
}

static void strip(struct line *l, const char *what)
{
	while (l->len && strchr(what, l->s[0])) {
		l->s++;
		l->len--;
	}
	while (l->len && strchr(what, l->s[l->len - 1]))
		l->len--;
}

static struct line read_line(const char *s)
{
	struct line l = {.s = s, .len = line_len(s)};

	strip(&l, BLANK);
	while (l.level < l.len &&
		(l.s[l.level] == '=' || l.s[l.level] == '#') &&
		l.s[l.level] == l.s[0])
		l.level++;
	/* "# one" is a numbered line of a wiki, but nothing ends with it there
	 */
	if (l.level && (l.s[0] == '#' || l.s[l.len - 1] == '='))
		l.sign = l.s[0];
	strip(&l, BLANK "=#*'");
	if (ends_with(&l, ":"))
		l.len--;
	else if (ends_with(&l, "："))
		l.len -= strlen("：");
	strip(&l, BLANK "*'");
	return l;
}

static int is_one_of(const struct line *l, const char *const *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strlen(v[i]) == l->len &&
			strncasecmp(v[i], l->s, l->len) == 0)
			return 1;
	return 0;
}

/* A heading of its own kind that is no part of it, or a plain word. */
static int is_end(const struct line *head, const struct line *l)
{
	return is_one_of(l, ends, ARRAY_SIZE(ends)) ||
	       (l->sign && l->sign == head->sign && l->level <= head->level);
}

static size_t next_line(const char *text, size_t at)
{
	at += line_len(text + at);
	return at + (text[at] == '\n');
}

int article_for_customer(const char *text, struct article_part *out)
{
	size_t at = 0, end;
	struct line head, l;

	for (;; at = next_line(text, at)) {
		if (!text[at])
			return 0;
		head = read_line(text + at);
		if (is_one_of(&head, begins, ARRAY_SIZE(begins)))
			break;
	}
	out->head = at;
	at = next_line(text, at);
	for (end = at; text[end]; end = next_line(text, end)) {
		l = read_line(text + end);
		if (is_end(&head, &l))
			break;
	}
	while (at < end && strchr(BLANK "\n", text[at]))
		at++;
	while (end > at && strchr(BLANK "\n", text[end - 1]))
		end--;
	out->from = at;
	out->len = end - at;
	return out->len > 0;
}
