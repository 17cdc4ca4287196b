/* SPDX-License-Identifier: MIT */
/*
 * Reads files that people edit as the program would, so that `galley check`
 * says file:line:column of the first mistake. A further kind is a row of the
 * table. It changes nothing.
 */
#include "check.h"

#include <string.h>
#include "galley/app/command.h"
#include "galley/base/mem.h"
#include "galley/scenario/macro.h"
#include "galley/scenario/scenario.h"
#include "galley/ui/theme.h"

static int check_scenario(const char *file, const char *text, size_t len)
{
	struct scenario *s;
	int rc = scenario_parse(file, text, len, NULL, NULL, &s);

	if (rc == 0)
		scenario_free(s);
	return rc;
}

static int check_rules(const char *file, const char *text, size_t len)
{
	struct situations *s;
	int rc = situations_parse(file, text, len, &s);

	if (rc == 0)
		situations_free(s);
	return rc;
}

static int check_macro(
	const char *file, const char *text, size_t len, enum macro_kind kind)
{
	struct macro *m;
	int rc = macro_parse(file, text, len, (int)kind, &m);

	if (rc == 0)
		macro_free(m);
	return rc;
}

static int check_text(const char *file, const char *text, size_t len)
{
	return check_macro(file, text, len, MACRO_MACRO);
}

static int check_form(const char *file, const char *text, size_t len)
{
	return check_macro(file, text, len, MACRO_FORM);
}

static int check_script(const char *file, const char *text, size_t len)
{
	return check_macro(file, text, len, MACRO_SCRIPT);
}

static int check_keys(const char *file, const char *text, size_t len)
{
	struct keymap *k = keymap_new(KEYS_VI);
	int rc = keymap_read(k, file, text, len);

	keymap_free(k);
	return rc;
}

static int check_theme(const char *file, const char *text, size_t len)
{
	struct theme *t;
	int rc = theme_parse(file, text, len, &t);

	if (rc == 0)
		theme_free(t);
	return rc;
}

static const struct {
	const char *suffix;
	int (*check)(const char *file, const char *text, size_t len);
} kinds[] = {
	{".scenario", check_scenario},
	{".rules", check_rules},
	{".macro", check_text},
	{".form", check_form},
	{".script", check_script},
	{".keys", check_keys},
	{".theme", check_theme},
};

int check_by_name(const char *file, const char *text, size_t len, int *rc)
{
	size_t n = strlen(file), i, cut;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		cut = strlen(kinds[i].suffix);
		if (n <= cut || strcmp(file + n - cut, kinds[i].suffix) != 0)
			continue;
		*rc = kinds[i].check(file, text, len);
		return 1;
	}
	return 0;
}
