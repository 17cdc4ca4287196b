/* SPDX-License-Identifier: MIT */
/*
 * The table of commands as data, names and their near misses, and a line as a
 * person types it. It runs no command and knows none by itself: whatever is
 * special about one stands in commands.def.
 */
#include "galley/app/command.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/near.h"
#include "galley/base/utf8.h"
#include "galley/ui/widget.h"

static const struct command_desc table[CMD_COUNT] = {
#define CMD(sym, nm, cx, perm, fl, ar, vi, plain, emacs, rk, txt, hlp)         \
	[CMD_##sym] = {.id = CMD_##sym,                                        \
		.name = (nm),                                                  \
		.contexts = (cx),                                              \
		.permission = (perm),                                          \
		.flags = (fl),                                                 \
		.args = (ar),                                                  \
		.keys = {(vi), (plain), (emacs)},                              \
		.rank = (rk),                                                  \
		.text = (txt),                                                 \
		.help = (hlp)},
#include "galley/app/commands.def"
};

const struct command_desc *command_desc(enum command c)
{
	assert((unsigned)c < CMD_COUNT);
	return &table[c];
}

/* --- who may what --------------------------------------------------------- */

#define MAY(p) (1u << PM_##p)

/* Whoever decides about settings or looks into the journal need not write to
 * customers, and so may not. */
const struct role_desc role_all[] = {
	{"agent", MAY(NONE) | MAY(WRITE)},
	{"senior", MAY(NONE) | MAY(WRITE) | MAY(REVEAL)},
	{"supervisor", MAY(NONE) | MAY(WRITE) | MAY(REVEAL) | MAY(SUPERVISE) |
			       MAY(JUDGE)},
	{"qa", MAY(NONE) | MAY(JUDGE)},
	{"admin", MAY(NONE) | MAY(SUPERVISE)},
	{"auditor", MAY(NONE) | MAY(REVEAL)},
	{NULL, 0},
};

const struct role_desc *role_by_name(const char *name)
{
	for (const struct role_desc *r = role_all; r->name; r++)
		if (!strcmp(r->name, name))
			return r;
	return NULL;
}

const char *permission_name(enum permission p)
{
	static const char *const names[PM_COUNT] = {
		"", "write", "reveal", "supervise", "judge"};

	assert((unsigned)p < PM_COUNT);
	return names[p];
}

const char *context_name(unsigned context)
{
	static const char *const names[] = {"all", "case", "list", "text",
		"journey", "outbox", "call", "write"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (context == 1u << i)
			return names[i];
	return NULL;
}

/* --- names ---------------------------------------------------------------- */

static int is_start(const char *s, size_t len, const char *name)
{
	return !strncmp(s, name, len);
}

/* Exact, or the only one that begins so; else how many do goes to *n. */
static enum command by_name(const char *s, size_t len, int *n)
{
	enum command found = CMD_COUNT;

	*n = 0;
	for (int i = 0; len && i < CMD_COUNT; i++) {
		if (!is_start(s, len, table[i].name))
			continue;
		if (!table[i].name[len])
			return table[i].id;
		found = table[i].id;
		++*n;
	}
	return *n == 1 ? found : CMD_COUNT;
}

enum command command_by_name(const char *name)
{
	int n;

	return by_name(name, strlen(name), &n);
}

static const char *near_name(const char *s, size_t len)
{
	struct near n = near_to(s, len);

	for (int i = 0; i < CMD_COUNT; i++)
		near_try(&n, table[i].name);
	return n.best;
}

/* "outbox, outbox.retry, outbox.ours ..." */
static void several(struct buf *out, const char *s, size_t len)
{
	int n = 0;

	for (int i = 0; i < CMD_COUNT && n <= 5; i++) {
		if (!is_start(s, len, table[i].name))
			continue;
		if (n == 5)
			buf_adds(out, " ...");
		else
			buf_addf(out, "%s%s", n ? ", " : "", table[i].name);
		n++;
	}
}

static int no_command(const char *s, size_t len, int n)
{
	const char *near = near_name(s, len);
	struct buf word = BUF_INIT, names = BUF_INIT;
	int rc;

	/* no name is so long; what is shown must be one line */
	text_gate(&word, s, len < 60 ? len : 60, GATE_LINE);
	several(&names, s, len);
	if (n > 1)
		rc = err_set(E_INPUT, _("\"%s\" may be %s"), buf_str(&word),
			buf_str(&names));
	else if (near)
		rc = err_set(E_INPUT,
			_("no command \"%s\", did you mean \"%s\"?"),
			buf_str(&word), near);
	else
		rc = err_set(E_INPUT, _("no command \"%s\"; help lists them"),
			buf_str(&word));
	buf_fini(&word);
	buf_fini(&names);
	return rc;
}

/* --- a line --------------------------------------------------------------- */

static int is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* One word from *p on, unquoted; *p moves behind it. E_INPUT when a quotation
 * mark is not closed. */
static int one_word(const char *begin, const char **p, struct buf *out)
{
	const char *s = *p, *open = NULL;

	for (; *s && (open || !is_space(*s)); s++) {
		if (open && *s == *open)
			open = NULL;
		else if (!open && (*s == '"' || *s == '\''))
			open = s;
		else if (*s == '\\' && s[1] && (!open || *open == '"'))
			buf_addc(out, *++s);
		else
			buf_addc(out, *s);
	}
	if (open)
		return err_set(E_INPUT,
			_("the quotation mark in column %d is not closed"),
			(int)(open - begin) + 1);
	*p = s;
	return 0;
}

static int split(const char *begin, const char *rest, struct arena *a,
	struct command_line *l)
{
	struct buf word = BUF_INIT;
	int rc = 0;

	/* no more words than every second byte */
	l->argv = arena_calloc(a, strlen(rest) / 2 + 2, sizeof(*l->argv));
	while (rc == 0) {
		while (is_space(*rest))
			rest++;
		if (!*rest)
			break;
		buf_reset(&word);
		rc = one_word(begin, &rest, &word);
		if (rc == 0)
			l->argv[l->argc++] = arena_strdup(a, buf_str(&word));
	}
	buf_fini(&word);
	return rc;
}

static int takes_all(const char *args)
{
	return !strcmp(args, "[text]") || !strcmp(args, "[query]") ||
	       !strcmp(args, "[subject]") || !strcmp(args, "<why>");
}

static int check_count(const struct command_desc *d, int argc)
{
	if (argc && !*d->args)
		return err_set(
			E_INPUT, _("\"%s\" takes nothing after it"), d->name);
	return 0;
}

static int arguments(const char *begin, const char *rest, struct arena *a,
	struct command_line *l)
{
	const struct command_desc *d = &table[l->id];
	size_t len = strlen(rest);
	int rc;

	while (len && is_space(rest[len - 1]))
		len--;
	l->rest = arena_strndup(a, rest, len);
	if (takes_all(d->args)) {
		l->argv = arena_calloc(a, 2, sizeof(*l->argv));
		if (len)
			l->argv[l->argc++] = arena_strndup(a, rest, len);
		return 0;
	}
	rc = split(begin, rest, a, l);
	return rc < 0 ? rc : check_count(d, l->argc);
}

int command_parse(const char *s, struct arena *a, struct command_line *out)
{
	struct command_line l = {.id = CMD_COUNT};
	const char *p = s;
	size_t len = 0;
	int n, rc;

	if (!utf8_valid(s, strlen(s)))
		return err_set(E_INPUT, _("the command is not valid UTF-8"));
	while (is_space(*p) || *p == ':')
		p++;
	while (p[len] && !is_space(p[len]))
		len++;
	if (!len)
		return err_set(E_INPUT, _("type a command; help lists them"));
	l.id = by_name(p, len, &n);
	if (l.id == CMD_COUNT)
		return no_command(p, len, n);
	for (p += len; is_space(*p); p++)
		;
	rc = arguments(s, p, a, &l);
	if (rc == 0)
		*out = l;
	return rc;
}

/* --- completion ----------------------------------------------------------- */

struct candidate {
	const char *word;
	int score;
	int place; /* in the table: keeps equals in order */
};

static int better(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return x->place < y->place ? -1 : x->place > y->place;
}

/* A beginning beats whatever fits somehow, a name beats a text. */
static int score(const char *typed, const struct command_desc *d)
{
	int by_name_score, by_text;

	if (!*typed)
		return 1;
	if (is_start(typed, strlen(typed), d->name))
		return 1000000;
	by_name_score = fuzzy_score(typed, d->name);
	by_text = fuzzy_score(typed, _(d->text));
	return by_name_score * 2 > by_text ? by_name_score * 2 : by_text;
}

static int complete_name(const char *typed, struct arena *a, const char ***out)
{
	struct candidate v[CMD_COUNT];
	int n = 0;

	for (int i = 0; i < CMD_COUNT; i++) {
		int points = score(typed, &table[i]);

		if (points > 0)
			v[n++] = (struct candidate){table[i].name, points, i};
	}
	qsort(v, (size_t)n, sizeof(*v), better);
	*out = arena_calloc(a, (size_t)n + 1, sizeof(**out));
	for (int i = 0; i < n; i++)
		(*out)[i] = v[i].word;
	return n;
}

/* "<faster|slower|pause>": the words that begin as typed. */
static int complete_choice(
	const char *args, const char *typed, struct arena *a, const char ***out)
{
	size_t len = strlen(typed);
	int n = 0;

	*out = arena_calloc(a, strlen(args) + 1, sizeof(**out));
	if (!strchr(args, '|'))
		return 0;
	for (const char *p = args + 1; *p; p++) {
		size_t word = strcspn(p, "|>]");

		if (word >= len && !strncmp(p, typed, len))
			(*out)[n++] = arena_strndup(a, p, word);
		p += word;
	}
	return n;
}

int command_complete(const char *s, struct arena *a, const char ***out)
{
	const char *last;
	size_t len;
	enum command c;
	int n;

	while (is_space(*s) || *s == ':')
		s++;
	for (len = 0; s[len] && !is_space(s[len]); len++)
		;
	if (!s[len])
		return complete_name(s, a, out);
	c = by_name(s, len, &n);
	for (last = s + strlen(s); !is_space(last[-1]); last--)
		;
	if (c == CMD_HELP)
		return complete_name(last, a, out);
	return complete_choice(
		c == CMD_COUNT ? "" : table[c].args, last, a, out);
}
