/* SPDX-License-Identifier: MIT */
/*
 * Snippets, macros, forms and scripts: the shipped ones in three languages, the
 * place of a mistake, what is asked, and names replaced by values.
 */
#include "galley/scenario/macro.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/scenario/scenario.h"

static const enum macro_kind folders[] = {
	MACRO_MACRO, MACRO_FORM, MACRO_SCRIPT};

static struct macro *parse(const char *text)
{
	struct macro *m = NULL;

	if (macro_parse("f", text, strlen(text), -1, &m) < 0)
		fail_msg("%s", err_msg());
	return m;
}

/* --- what is shipped --------------------------------------------------------
 */

static void has_all(const char *name, const char *const text[3])
{
	int i;

	for (i = 0; i < 3; i++)
		if (!text[i] || (!*text[i] && *text[0]))
			fail_msg("%s: `%s` is not in all languages", name,
				text[0] ? text[0] : "");
}

static void in_all_languages(const struct macro *m)
{
	int i, k;

	has_all(m->name, m->title);
	for (i = 0; i < m->n_fields; i++) {
		has_all(m->name, m->fields[i].label);
		for (k = 0; k < m->fields[i].n_choices; k++)
			has_all(m->name, m->fields[i].choices[k].text);
	}
	if (m->say[0])
		has_all(m->name, m->say);
	for (i = 0; i < m->n_ticks; i++) {
		has_all(m->name, m->ticks[i].text);
		if (m->ticks[i].step[0])
			has_all(m->name, m->ticks[i].step);
	}
	/* Han characters in both, and not the same in a text of words */
	if (m->text[0] && !strcmp(m->text[0], m->text[1]))
		fail_msg("%s: its text is not translated", m->name);
	if (m->note[0] && !strcmp(m->note[0], m->note[2]))
		fail_msg("%s: its note is not translated", m->name);
}

static void every_shipped_one_is_whole(void **state)
{
	struct arena *a = arena_new();
	const char **v;
	struct macro *m;
	size_t i;
	int n = 0;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(folders); i++)
		for (v = macro_names(folders[i], a); *v; v++, n++) {
			if (macro_load(folders[i], *v, &m) < 0)
				fail_msg("%s", err_msg());
			in_all_languages(m);
			macro_free(m);
		}
	assert_true(n > 40);
	arena_free(a);
}

static void is_there(const char *rule, enum macro_kind kind, const char *name)
{
	struct macro *m;

	if (!*name)
		return;
	if (macro_load(kind, name, &m) < 0)
		fail_msg("situation %s: %s", rule, err_msg());
	macro_free(m);
}

static void every_name_of_the_rules_is_there(void **state)
{
	struct situations *s;
	struct situation x;
	char list[256], *name, *rest;
	int i, n = 0;

	(void)state;
	assert_int_equal(situations_load("default", &s), 0);
	for (i = 0; situation_at(s, i, &x); i++) {
		is_there(x.name, MACRO_SCRIPT, x.script);
		is_there(x.name, MACRO_FORM, x.form);
		snprintf(list, sizeof(list), "%s", x.macros);
		for (name = strtok_r(list, ",", &rest); name;
			name = strtok_r(NULL, ",", &rest), n++)
			is_there(x.name, MACRO_MACRO, name);
	}
	assert_true(i > 20 && n > 8);
	situations_free(s);
}

/* --- mistakes ---------------------------------------------------------------
 */

static void a_mistake_is_said_with_its_place(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"", "f:1:1: snippet, macro, form, script is expected"},
		{"makro a \"A\"", "f:1:1: snippet, macro, form, script is"},
		{"macro a", "f:1:8: a title in quotation marks is expected"},
		{"snippet a \"A\"\n", "f:2:1: field, text is expected"},
		{"snippet a \"A\"\nset status \"open\"\n",
			"f:2:1: field, text is expected here, not set"},
		{"macro a \"A\"\ntext \"{foo}\"\n",
			"f:2:6: nothing is called {foo}; there are: customer"},
		{"macro a \"A\"\ntext \"x\" zh_CN \"{foo}\"\n",
			"f:2:6: nothing"},
		{"macro a \"A\"\ntext \"an {open brace\"\n",
			"f:2:6: a name in braces is not ended"},
		{"macro a \"A\"\ntext \"{x}\"\nfield x text \"X\"\n",
			"f:2:6: nothing is called {x}"},
		{"macro a \"A\"\nfield x word \"X\"\n",
			"f:2:9: text, number, date, choice is expected"},
		{"macro a \"A\"\nfield x choice \"X\"\ntext \"x\"\n",
			"f:2:7: a choice needs its texts"},
		{"macro a \"A\"\nfield x text \"X\" of \"1\"\n",
			"f:2:18: only a choice"},
		{"macro a \"A\"\nfield x text \"X\"\nfield x text \"X\"\n",
			"f:3:7: there is a {x} already"},
		{"macro a \"A\"\nfield today date \"X\"\n",
			"f:2:7: there is a {today} already"},
		{"script a \"A\"\nstep \"S\"\nsay \"x\"\n",
			"f:3:1: tick is expected here"},
		{"script a \"A\"\ntick \"T\" known bar\n",
			"f:2:16: nothing is called {bar}"},
		{"form a \"A\"\nnote \"x\"\n", "f:3:1: field, note"},
		{"macro a \"A\" zh_CN \"\xff\"", "f:1:20: this byte is no"},
	};
	struct macro *m = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(macro_parse("f", cases[i].text,
					 strlen(cases[i].text), -1, &m),
			E_CONFIG);
		if (strncmp(err_msg(), cases[i].want, strlen(cases[i].want)))
			fail_msg("%s\nnot %s", err_msg(), cases[i].want);
	}
	assert_null(m);
	/* a file says what its folder is for */
	assert_int_equal(macro_parse("f", "form a \"A\"", 10, MACRO_MACRO, &m),
		E_CONFIG);
}

static void any_bytes_are_survived(void **state)
{
	static const char good[] =
		"macro a \"A\" zh_CN \"甲\"\nfield x choice \"X\" of \"1\"\n"
		"text \"{x} {{ {order.no}\"\nset status \"{x}\"\ntag \"t\"\n";
	struct macro *m;
	char text[sizeof(good)];
	size_t i;
	int c;

	(void)state;
	for (i = 0; i < sizeof(good) - 1; i++) {
		if (macro_parse("f", good, i, -1, &m) == 0)
			macro_free(m);
		for (c = 0; c < 256; c += 7) {
			memcpy(text, good, sizeof(good));
			text[i] = (char)c;
			if (macro_parse("f", text, sizeof(good) - 1, -1, &m) ==
				0)
				macro_free(m);
		}
	}
}

/* --- filling in -------------------------------------------------------------
 */

static const char *value(void *u, const char *name, int lang)
{
	const char *const *v = u;

	for (; *v; v += 2)
		if (!strcmp(*v, name))
			return !strcmp(v[1], "lang") ? (lang == 1 ? "中" : "en")
						     : v[1];
	return NULL;
}

static void what_is_not_known_is_asked_in_order(void **state)
{
	static const char *known[] = {"customer.name", "Wang", NULL};
	struct macro_field v[8];
	struct arena *a = arena_new();
	struct macro *m = parse(
		"macro a \"A\"\nfield why text \"Why\"\nfield day date \"D\"\n"
		"text \"{customer.name} {product} {why} {{x}\" zh_CN \"{order.no}\"\n"
		"note \"{product}\"\nset due \"{day} {promise.due}\"\n");

	(void)state;
	assert_int_equal(macro_asks(m, value, known, a, v, 8), 5);
	assert_string_equal(v[0].name, "product");
	assert_string_equal(v[1].name, "order.no");
	assert_string_equal(v[2].name, "promise.due");
	assert_string_equal(v[2].label[0], "Promised for");
	assert_string_equal(v[3].name, "why");
	assert_string_equal(v[4].name, "day");
	assert_int_equal(macro_asks(m, value, known, a, v, 2), 2);
	macro_free(m);
	arena_free(a);
}

static void fills(const char *template, const char *want)
{
	static const char *values[] = {
		"a", "A", "b", "{a}", "none", "", "l", "lang", NULL};
	char *s = macro_fill(template, value, values, 1);

	assert_string_equal(s, want);
	free(s);
}

static void names_become_values(void **state)
{
	(void)state;
	fills("", "");
	fills("{a}{a} {l}", "AA 中");
	fills("{b}", "{a}"); /* a value is no template */
	fills("{{a} {", "{a} {");
	fills("{unknown} {a", "{unknown} {a");
	fills("one\n\ntwo {a}\n", "one\n\ntwo A\n");
	/* a line with an empty value is left out */
	fills("one\nby {none} {a}\ntwo", "one\ntwo");
	fills("{none}", "");
}

static void a_language_may_be_missing(void **state)
{
	struct macro *m = parse("snippet a \"A\" zh_CN \"甲\"\n"
				"text \"one\" zh_CN \"一\"\ntext \"\"\n"
				"text \"two\"\n");

	(void)state;
	assert_string_equal(m->text[0], "one\n\ntwo");
	assert_string_equal(m->text[1], "一\n\ntwo");
	assert_string_equal(m->text[2], "一\n\ntwo");
	assert_string_equal(macro_in(m->title, 2), "甲");
	assert_int_equal(macro_lang_of("zh-Hant"), 2);
	assert_int_equal(macro_lang_of("zh"), 1);
	assert_int_equal(macro_lang_of("en_GB"), 0);
	assert_int_equal(macro_lang_of("de"), -1);
	macro_free(m);
}

static void values_are_looked_at(void **state)
{
	static const struct {
		enum macro_type type;
		const char *text, *want; /* NULL: refused */
	} cases[] = {
		{MACRO_TEXT, "  as it is ", "as it is"},
		{MACRO_NUMBER, "19.90", "19.90"},
		{MACRO_NUMBER, " -3 ", "-3"},
		{MACRO_NUMBER, "", ""},
		{MACRO_NUMBER, "3.", NULL},
		{MACRO_NUMBER, "3a", NULL},
		{MACRO_NUMBER, "1234567890123456", NULL},
		{MACRO_DATE, "2026-11-30", "2026-11-30"},
		{MACRO_DATE, "2026-11-30 18:00", "2026-11-30 18:00"},
		{MACRO_DATE, "2d", "2026-11-24"},
		{MACRO_DATE, "tomorrow", NULL},
		{MACRO_DATE, "2026-13-01", NULL},
	};
	/* 2026-11-22 20:00 UTC is the 23rd in the zone of +8 */
	int64_t now = INT64_C(1795377600000);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		char *out = NULL;
		int rc = macro_value_check(
			cases[i].type, cases[i].text, now, 0, &out);

		if ((rc == 0) != (cases[i].want != NULL) ||
			(out && strcmp(out, cases[i].want) != 0))
			fail_msg("`%s` gave `%s`", cases[i].text,
				out ? out : err_msg());
		free(out);
	}
	{
		char *out = NULL;

		assert_int_equal(
			macro_value_check(MACRO_DATE, "1d", now, 480, &out), 0);
		assert_string_equal(out, "2026-11-24");
		free(out);
	}
}

/* --- the person's own -------------------------------------------------------
 */

static void own(const char *path, const char *text)
{
	char *file = path_user(PATH_CONFIG, path), *end;

	end = strrchr(file, '/');
	*end = '\0';
	assert_int_equal(path_make_private(file), 0);
	*end = '/';
	assert_int_equal(file_write(file, text, strlen(text)), 0);
	free(file);
}

static void ones_own_replaces_the_shipped_one(void **state)
{
	char home[] = "/tmp/galley-macro-XXXXXX", *path;
	struct arena *a = arena_new();
	struct macro *m;
	const char **v;
	int found = 0;

	(void)state;
	assert_non_null(mkdtemp(home));
	setenv("GALLEY_HOME", home, 1);
	own("macros/thank.macro", "snippet thank \"Mine\"\ntext \"x\"\n");
	own("macros/zz.macro", "snippet other \"Other\"\ntext \"x\"\n");
	assert_int_equal(macro_load(MACRO_MACRO, "thank", &m), 0);
	assert_string_equal(m->title[0], "Mine");
	macro_free(m);
	assert_int_equal(macro_load(MACRO_MACRO, "zz", &m), E_CONFIG);
	assert_int_equal(macro_load(MACRO_FORM, "thank", &m), E_NOTFOUND);
	assert_int_equal(macro_load(MACRO_MACRO, "../x", &m), E_NOTFOUND);
	for (v = macro_names(MACRO_MACRO, a); *v; v++)
		found += !strcmp(*v, "zz") + !strcmp(*v, "thank");
	assert_int_equal(found, 2);
	path = path_user(PATH_CONFIG, "macros/thank.macro");
	unlink(path);
	free(path);
	path = path_user(PATH_CONFIG, "macros/zz.macro");
	unlink(path);
	free(path);
	path = path_user(PATH_CONFIG, "macros");
	rmdir(path);
	free(path);
	path = path_user(PATH_CONFIG, NULL);
	rmdir(path);
	free(path);
	rmdir(home);
	arena_free(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shipped_one_is_whole),
		cmocka_unit_test(every_name_of_the_rules_is_there),
		cmocka_unit_test(a_mistake_is_said_with_its_place),
		cmocka_unit_test(any_bytes_are_survived),
		cmocka_unit_test(what_is_not_known_is_asked_in_order),
		cmocka_unit_test(names_become_values),
		cmocka_unit_test(a_language_may_be_missing),
		cmocka_unit_test(values_are_looked_at),
		cmocka_unit_test(ones_own_replaces_the_shipped_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
