/* SPDX-License-Identifier: MIT */
/* The part of an article that is for the customer, in each kind of markup. */
#include "galley/app/article.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "galley/base/mem.h"

static const struct {
	const char *text, *part; /* NULL: none */
} rows[] = {
	{"Ask for the number.\nFor the customer:\nPlease call us.\n",
		"Please call us."},
	{"先核对订单。\n给客户：\n您好，请稍等。\n\n谢谢。\n",
		"您好，请稍等。\n\n谢谢。"},
	{"給客戶\n您好。\n內部：\n先查紀錄。", "您好。"},
	{"for the customer\nYes.\nInternal\nNo.", "Yes."},
	/* a wiki: smaller headings and numbered lines belong to it */
	{"== Check ==\n# one\n== For the customer ==\n# Call us.\n"
	 "=== When ===\nToday.\n== Sources ==\nA book.",
		"# Call us.\n=== When ===\nToday."},
	{"===给客户===\n您好。\n== 其他 ==\n内部资料", "您好。"},
	/* Markdown */
	{"# Refund\n## For the customer\nIt is on its way.\n## More\nx",
		"It is on its way."},
	{"**For the customer:**\nHello.", "Hello."},
	{"'''For the customer'''\nHello.", "Hello."},
	{"\r\nFor the customer:\r\nHello.\r\n", "Hello."},
	/* none */
	{"", NULL},
	{"Ask the customer to wait.", NULL},
	{"For the customer: say nothing.", NULL},
	{"For the customer:\n  \n", NULL},
	{"== For the customer ==\n== More ==\nx", NULL},
};

static void parts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct article_part p;
		int yes = article_for_customer(rows[i].text, &p);

		if (yes != (rows[i].part != NULL))
			fail_msg("row %zu: %d", i, yes);
		if (!yes)
			continue;
		if (p.len != strlen(rows[i].part) ||
			memcmp(rows[i].text + p.from, rows[i].part, p.len) != 0)
			fail_msg("row %zu: `%.*s`", i, (int)p.len,
				rows[i].text + p.from);
		assert_true(p.head < p.from);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
