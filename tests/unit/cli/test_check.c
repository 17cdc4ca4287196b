/* SPDX-License-Identifier: MIT */
/*
 * Which files `galley check` knows by their names, and that each is read by the
 * reader of its kind.
 */
#include "cli/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "galley/base/mem.h"

static void each_kind_has_its_reader(void **state)
{
	static const struct {
		const char *file, *text;
		const char *want; /* start of the message, NULL: good */
	} cases[] = {
		{"a.scenario", "scenario a \"A\"\nlayout rows { inbox }\n",
			NULL},
		{"a.scenario", "scenario a \"A\"\nlayout rows { outbx }\n",
			"a.scenario:2:15: there is no pane outbx"},
		{"b.rules", "situation a \"A\"\nwhen always\nbecause \"b\"\n",
			NULL},
		{"b.rules", "situation a \"A\"\nwhen never\nbecause \"b\"\n",
			"b.rules:2:6: there is no fact never"},
		{"a.macro", "snippet a \"A\"\ntext \"x\"\n", NULL},
		{"a.macro", "form a \"A\"\nfield x text \"X\"\n",
			"a.macro:1:1: snippet, macro is expected"},
		{"a.form", "form a \"A\"\nfield x text \"X\"\n", NULL},
		{"a.form", "form a \"A\"\nfield x txt \"X\"\n",
			"a.form:2:9: text, number"},
		{"a.script", "script a \"A\"\ntick \"X\"\n", NULL},
		{"a.script", "script a \"A\"\ntock \"X\"\n",
			"a.script:2:1: say, step, tick is expected"},
		{"dir/c.keys", "# nothing\n", NULL},
		{"dir/c.keys", "\n\nnowhere x = help\n", "dir/c.keys:3:"},
		{"d.theme", "\n\nnonsense = blue\n", "d.theme:3:"},
	};
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		rc = E_BUG;
		assert_int_equal(check_by_name(cases[i].file, cases[i].text,
					 strlen(cases[i].text), &rc),
			1);
		if (!cases[i].want) {
			assert_int_equal(rc, 0);
			continue;
		}
		assert_int_equal(rc, E_CONFIG);
		if (strncmp(err_msg(), cases[i].want, strlen(cases[i].want)))
			fail_msg("%s, not %s", err_msg(), cases[i].want);
	}
}

static void other_names_are_not_known(void **state)
{
	static const char *const names[] = {
		"config", "rt5.json", "scenario", ".rules", "a.scenario~", ""};
	size_t i;
	int rc = 42;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(check_by_name(names[i], "", 0, &rc), 0);
	assert_int_equal(rc, 42);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_its_reader),
		cmocka_unit_test(other_names_are_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
