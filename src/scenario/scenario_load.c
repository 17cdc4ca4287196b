/* SPDX-License-Identifier: MIT */
/*
 * Which scenarios there are and where they come from: the person's own files
 * replace the shipped ones, which are in the program. And what is asked of a
 * scenario once it is there: titles, conditions. It parses titles only.
 */
#include "galley/scenario/scenario.h"

#include <stdlib.h>
#include <string.h>

#include "galley/base/embed.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/base/utf8.h"
#include "lex.h"
#include "names.h"

#define FOLDER "scenarios"
#define SUFFIX ".scenario"

/* --- names ------------------------------------------------------------------
 */

static const char *const first[] = {
	"hotline", "online", "ticket", "qa", "supervisor"};

static int rank(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(first); i++)
		if (!strcmp(name, first[i]))
			break;
	return (int)i;
}

static int by_rank(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	int d = rank(x) - rank(y);

	return d ? d : strcmp(x, y);
}

const char **scenario_names(struct arena *a)
{
	return names_in(a, FOLDER, SUFFIX, by_rank);
}

/* --- loading ----------------------------------------------------------------
 */

char *scenario_own_path(const char *name)
{
	char *rel = xasprintf(FOLDER "/%s" SUFFIX, name);
	char *path = path_user(PATH_CONFIG, rel);

	free(rel);
	return path;
}

static int is_path(const char *name)
{
	size_t len = strlen(name), cut = strlen(SUFFIX);

	return strchr(name, '/') ||
	       (len > cut && !strcmp(name + len - cut, SUFFIX));
}

static int no_such(const char *name)
{
	struct arena *a = arena_new();
	const char **v = scenario_names(a);
	struct buf list = BUF_INIT, shown = BUF_INIT;

	buf_adds(&shown, ""); /* a name may be empty */
	text_gate(&shown, name, utf8_fit(name, strlen(name), 64, NULL),
		GATE_LINE);
	for (; *v; v++)
		buf_addf(&list, "%s%s", list.len ? ", " : "", *v);
	err_set(E_NOTFOUND, _("there is no scenario %s; there are: %s"),
		buf_str(&shown), buf_str(&list));
	buf_fini(&list);
	buf_fini(&shown);
	arena_free(a);
	return E_NOTFOUND;
}

int scenario_load(
	const char *name, scenario_known *known, void *u, struct scenario **out)
{
	char *file = NULL, *text = NULL;
	struct scenario *s = NULL;
	size_t len = 0;
	int rc;

	if (is_path(name)) {
		rc = file_read(name, LEX_MAX_BYTES, &text, &len);
		file = xstrdup(name);
	} else if (!lex_is_file_name(name)) {
		return no_such(name);
	} else {
		rc = lex_read(FOLDER, name, SUFFIX, &file, &text, &len);
		if (rc == E_NOTFOUND)
			rc = no_such(name);
	}
	if (!rc)
		rc = scenario_parse(file, text, len, known, u, &s);
	if (!rc && !is_path(name) && strcmp(s->name, name) != 0)
		rc = err_set(E_CONFIG,
			_("%s: the scenario in it is called %s, not %s"), file,
			s->name, name);
	free(file);
	free(text);
	if (rc)
		scenario_free(s);
	else
		*out = s;
	return rc;
}

/* --- titles and conditions --------------------------------------------------
 */

const char *scenario_title(const struct scenario *s)
{
	return lex_choose(s->title);
}

/* To the line "scenario NAME TITLE", wherever it stands. */
static int find_title(struct lex *lx, const char *name, const char *out[3])
{
	int rc = 0;

	while (!rc && lx->tok.kind != TOK_END &&
		!(lx->tok.first && lex_is(lx, TOK_NAME, "scenario")))
		rc = lex_next(lx);
	if (!rc)
		rc = lex_next(lx);
	if (!rc && !lex_is(lx, TOK_NAME, name))
		rc = lex_expected(lx, name);
	if (!rc)
		rc = lex_next(lx);
	return rc ? rc : lex_title(lx, _("a title in quotation marks"), out);
}

const char *scenario_title_of(struct arena *a, const char *name)
{
	char *file = NULL, *text = NULL;
	const char *title[3], *out = name;
	struct arena *own = arena_new();
	size_t len = 0;
	struct lex lx;
	int rc = lex_read(FOLDER, name, SUFFIX, &file, &text, &len);

	if (!rc)
		rc = lex_open(&lx, own, file, text, len);
	if (!rc)
		rc = find_title(&lx, name, title);
	if (rc)
		err_clear();
	else if (lex_choose(title))
		out = lex_choose(title);
	out = arena_strdup(a, out);
	free(file);
	free(text);
	arena_free(own);
	return out;
}

const char *scenario_pane_title(const struct scenario_pane *p)
{
	return lex_choose(p->title);
}

static int is_or_below(const char *text, const char *value)
{
	size_t n = strlen(value);

	return !strncmp(text, value, n) && (!text[n] || text[n] == '.');
}

int scenario_when_holds(
	const struct scenario_when *w, const struct situation_fact *f, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (!strcmp(f[i].name, w->fact))
			break;
	if (i == n)
		return 0;
	f += i;
	switch (w->op) {
	case WHEN_SET:
		return f->text ? f->text[0] != '\0' : f->number != 0;
	case WHEN_LT:
		return !f->text && f->number < w->number;
	case WHEN_GT:
		return !f->text && f->number > w->number;
	case WHEN_IS:
		return f->text && is_or_below(f->text, w->value);
	}
	return 0;
}
