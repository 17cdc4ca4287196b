/* SPDX-License-Identifier: MIT */
/*
 * Reads a jq filter word by word, so that what reaches outside (environment,
 * files, other inputs, the terminal) is refused where it is written and not
 * where it runs. Strings and comments are skipped, interpolations inside
 * strings are not. It is no parser: whether the filter means something is
 * libjq's to say.
 */
#include "manifest_priv.h"

#include <ctype.h>
#include <string.h>
#include "galley/base/mem.h"

#define MAX_NESTING 200

static const char *const forbidden[] = {"env", "import", "include", "input",
	"inputs", "input_filename", "input_line_number", "debug", "stderr",
	"halt", "halt_error", "get_search_list", "modulemeta", "now",
	"localtime", "strflocaltime", "$ENV", "$__loc__", "$__prog_args"};

struct scan {
	const char *p;
	char stack[MAX_NESTING]; /* what closes each open bracket; '"': \( */
	int depth;
};

static int check_word(const char *s, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(forbidden); i++)
		if (strlen(forbidden[i]) == len &&
			memcmp(forbidden[i], s, len) == 0)
			return err_set(E_CONFIG,
				"`%s` may not be used in a filter%s",
				forbidden[i],
				strcmp(forbidden[i], "now") == 0 ? "; use .now"
								 : "");
	return 0;
}

static int open_bracket(struct scan *s, char close)
{
	if (s->depth == MAX_NESTING)
		return err_set(E_CONFIG, "brackets nest too deeply");
	s->stack[s->depth++] = close;
	return 0;
}

/* From behind the opening quote, or behind an interpolation, up to the closing
 * quote or the next interpolation. */
static int skip_string(struct scan *s)
{
	for (; *s->p; s->p++) {
		if (*s->p == '"') {
			s->p++;
			return 0;
		}
		if (*s->p != '\\')
			continue;
		s->p++;
		if (*s->p == '(') {
			s->p++;
			return open_bracket(s, '"');
		}
		if (!*s->p)
			break;
	}
	return err_set(E_CONFIG, "a string is not closed");
}

static int close_bracket(struct scan *s, char c)
{
	char want = s->depth ? s->stack[s->depth - 1] : 0;

	if (want != c && !(want == '"' && c == ')'))
		return err_set(E_CONFIG, "`%c` closes nothing", c);
	s->depth--;
	return want == '"' ? skip_string(s) : 0;
}

static int is_word(int c)
{
	return isalnum(c) || c == '_';
}

/* Does the word before `after` name a member: `{name: ...` or `, name: ...`? In
 * a slice, `[a:b]`, it does not. */
static int is_member(const struct scan *s, const char *start, const char *word,
	const char *after)
{
	const char *before = word;

	while (isspace((unsigned char)*after))
		after++;
	while (before > start && isspace((unsigned char)before[-1]))
		before--;
	return *after == ':' && s->depth && s->stack[s->depth - 1] == '}' &&
	       before > start && (before[-1] == '{' || before[-1] == ',');
}

/* A name; `.name` and `name:` are members of objects, not words of jq. */
static int scan_word(struct scan *s, const char *start)
{
	const char *word = s->p;

	if (*s->p == '$')
		s->p++;
	while (is_word((unsigned char)*s->p) ||
		(s->p[0] == ':' && s->p[1] == ':'))
		s->p += *s->p == ':' ? 2 : 1;
	if (word > start && word[-1] == '.' &&
		!(word - 1 > start && word[-2] == '.'))
		return 0;
	if (*word != '$' && is_member(s, start, word, s->p))
		return 0;
	return check_word(word, (size_t)(s->p - word));
}

static int scan_one(struct scan *s, const char *start)
{
	char c = *s->p;

	if (c == '#') {
		s->p += strcspn(s->p, "\n");
		return 0;
	}
	if (isalpha((unsigned char)c) || c == '_' || c == '$')
		return scan_word(s, start);
	s->p++;
	if (c == '"')
		return skip_string(s);
	if (c == '(')
		return open_bracket(s, ')');
	if (c == '[')
		return open_bracket(s, ']');
	if (c == '{')
		return open_bracket(s, '}');
	if (c == ')' || c == ']' || c == '}')
		return close_bracket(s, c);
	return 0;
}

int jq_check(const char *text)
{
	struct scan s = {.p = text};
	int rc = 0;

	while (rc == 0 && *s.p)
		rc = scan_one(&s, text);
	if (rc == 0 && s.depth)
		rc = err_set(E_CONFIG, "a bracket is not closed");
	return rc;
}
