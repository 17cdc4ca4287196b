/* SPDX-License-Identifier: MIT */
#include "galley/policy/redact_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "galley/base/mem.h"

static void shows(
	const char *in, enum redact_class c, enum role role, const char *want)
{
	struct buf b = BUF_INIT;

	redact_view(&b, in, strlen(in), c, role);
	assert_string_equal(buf_str(&b), want);
	buf_fini(&b);
}

static void contact_data_is_shown_in_part(void **state)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{"13800138000", "138****8000"},
		{"+8613800138000", "+86138****8000"},
		{"+86 138-0013-8000", "+86 138-****-8000"},
		{"010-88886666", "010-****6666"},
		{"95588", "9****88"},
		{"alice@x.com", "a***@x.com"},
		{"a@x.com", "a***@x.com"},
		{"王芳@例子.cn", "王***@例子.cn"},
		{"Wang Fang", "Wang Fang"},
		{"王芳", "王芳"},
		{"1234", "1234"},
		{"", ""},
		{"@", "@"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		shows(rows[i].in, P1, ROLE_AGENT, rows[i].want);
}

static void roles_and_classes(void **state)
{
	(void)state;
	shows("call 13800138000", P0, ROLE_PASTE, "call 13800138000");
	shows("13800138000", P1, ROLE_REVEAL, "13800138000");
	shows("13800138000", P1, ROLE_PASTE, "138****8000");
	shows("I am cross", P2, ROLE_AGENT, "I am cross");
	shows("I am cross", P2, ROLE_PASTE, "[hidden]");
	shows("", P2, ROLE_PASTE, "");
	shows("diabetic", P3, ROLE_AGENT, "[hidden]");
	shows("diabetic", P3, ROLE_REVEAL, "[hidden]");
}

static void documents_show_their_end_only(void **state)
{
	static const struct {
		const char *type, *in, *want;
	} rows[] = {
		{"id", "110101199003071234", "****1234"},
		{"passport", "E1234567X", "****567X"},
		{"card", "6222021234567890123", "****0123"},
		{"iban", "DE8937", "****"},
		{"id", "证件号码一二三四", "****一二三四"},
		{"id", "", ""},
		{"phone", "13800138000", "138****8000"},
		{NULL, "13800138000", "138****8000"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf b = BUF_INIT;

		redact_typed(&b, rows[i].type, rows[i].in, strlen(rows[i].in));
		assert_string_equal(buf_str(&b), rows[i].want);
		buf_fini(&b);
	}
}

/* A reviewer reads the words without the number in them. */
static void numbers_inside_text(void **state)
{
	struct buf b = BUF_INIT;
	const char *in = "ring 13800138000 please";

	(void)state;
	redact_view(&b, in, strlen(in), P2, ROLE_REVIEWER);
	assert_null(strstr(buf_str(&b), "13800138000"));
	assert_non_null(strstr(buf_str(&b), "please"));
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contact_data_is_shown_in_part),
		cmocka_unit_test(roles_and_classes),
		cmocka_unit_test(numbers_inside_text),
		cmocka_unit_test(documents_show_their_end_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
