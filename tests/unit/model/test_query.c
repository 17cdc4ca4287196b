/* SPDX-License-Identifier: MIT */
/*
 * The query language: what it means, as a printed tree, and what it says about
 * mistakes. The clock stands at 2026-11-21 12:00 in Shanghai.
 */
#include "galley/model/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "galley/base/buf.h"
#include "galley/base/mem.h"
#include "galley/base/timefmt.h"

#define ZONE 480
#define NOW  INT64_C(1795233600000) /* 2026-11-21T04:00:00Z */

static void print_bound(struct buf *b, const struct query_node *n, int64_t v)
{
	char iso[TIME_ISO_SIZE];

	if (v == INT64_MIN || v == INT64_MAX) {
		buf_addc(b, '*');
	} else if (n->field && n->field->type == FT_TIME) {
		time_iso(v, iso);
		buf_adds(b, iso);
	} else {
		buf_addf(b, "%lld", (long long)v);
	}
}

static void print_values(struct buf *b, const struct query_node *n)
{
	static const char *const ops[] = {"=", "<", "<=", ">", ">=", "in"};

	buf_adds(b, ops[n->op]);
	if (n->op == QOP_RANGE) {
		buf_addc(b, '[');
		print_bound(b, n, n->lo);
		buf_addc(b, ' ');
		print_bound(b, n, n->hi);
		buf_addc(b, ']');
		return;
	}
	for (int i = 0; i < n->n_values; i++)
		buf_addf(b, "%s%s", i ? "," : "", n->values[i]);
}

static void print_node(struct buf *b, const struct query_node *n)
{
	static const char *const shapes[] = {"", "phone", "email", "id"};

	switch (n->type) {
	case Q_ALL:
		buf_adds(b, "all");
		break;
	case Q_AND:
	case Q_OR:
		buf_addf(b, "(%s ", n->type == Q_AND ? "and" : "or");
		print_node(b, n->a);
		buf_addc(b, ' ');
		print_node(b, n->b);
		buf_addc(b, ')');
		break;
	case Q_NOT:
		buf_adds(b, "(not ");
		print_node(b, n->a);
		buf_addc(b, ')');
		break;
	case Q_FIELD:
		buf_adds(b, n->field->name);
		print_values(b, n);
		break;
	case Q_CF:
		buf_addf(b, "cf.%s", n->cf);
		print_values(b, n);
		break;
	case Q_TEXT:
		buf_addf(b, "'%s'%s", n->text, n->prefix ? "*" : "");
		break;
	case Q_IS:
		buf_addf(b, "is:%s", n->text);
		break;
	case Q_SHAPED:
		buf_addf(b, "%s'%s'%s", shapes[n->shape], n->text,
			n->prefix ? "*" : "");
		break;
	}
}

static char *parsed(const char *s)
{
	struct buf b = BUF_INIT;
	struct query *q;

	if (query_parse(s, ENT_TICKET, NOW, ZONE, &q) < 0)
		return xasprintf("error: %s", err_msg());
	print_node(&b, q->root);
	if (q->sort)
		buf_addf(&b, " sort %s%s", q->sort_desc ? "-" : "",
			q->sort->name);
	query_free(q);
	return buf_take(&b);
}

static void same(const char *s, const char *want)
{
	char *got = parsed(s);

	assert_string_equal(got, want);
	free(got);
}

static void begins(const char *s, const char *want)
{
	char *got = parsed(s);

	if (strncmp(got, want, strlen(want)) != 0)
		assert_string_equal(got, want);
	free(got);
}

static void words_and_groups(void **state)
{
	(void)state;
	same("", "all");
	same("  \t ", "all");
	same("refund", "'refund'");
	same("a b", "(and 'a' 'b')");
	same("a AND b", "(and 'a' 'b')");
	same("a OR b c", "(or 'a' (and 'b' 'c'))");
	same("a | b || c", "(or (or 'a' 'b') 'c')");
	same("(a OR b) c", "(and (or 'a' 'b') 'c')");
	same("-lost NOT found", "(and (not 'lost') (not 'found'))");
	same("-(a b)", "(not (and 'a' 'b'))");
	same("well-known", "'well-known'");
	same("a - b", "(and 'a' 'b')");
	same("or and not", "(and (and 'or' 'and') 'not')");
	same("\"OR\"", "'OR'");
	same("refu*", "'refu'*");
	same("\"refu*\"", "'refu*'");
	same("\"a \\\"b\\\" c\"", "'a \"b\" c'");
}

static void chinese_input(void **state)
{
	(void)state;
	same("\"退款\"", "'退款'");
	same("“退款 到账”", "'退款 到账'");
	same("status：open　退款", "(and status=open '退款')");
	same("（退款｜换货）priority：＞5",
		"(and (or '退款' '换货') priorityin[6 *])");
	same("status:open，stalled", "status=open,stalled");
	same("问题：没有到账", "'问题：没有到账'");
	same("updated:昨天",
		"updatedin[2026-11-19T16:00:00Z 2026-11-20T15:59:59.999Z]");
}

static void fields(void **state)
{
	(void)state;
	same("queue:billing status:open,stalled owner:me",
		"(and (and queue=billing status=open,stalled) owner=me)");
	same("Queue:\"Customer Care\",b", "queue=Customer Care,b");
	same("tag:vip", "tags=vip");
	same("priority:>=50", "priorityin[50 *]");
	same("priority:<50", "priorityin[* 49]");
	same("priority:10..20", "priorityin[10 20]");
	same("priority:10..", "priorityin[10 *]");
	same("priority:..-3", "priorityin[* -3]");
	same("priority:1,5", "(or priorityin[1 1] priorityin[5 5])");
	same("due:none", "due=none");
	same("cf.Severity:high", "cf.Severity=high");
	same("cf.\"Order No\":A-1,\"A 2\"", "cf.Order No=A-1,A 2");
	same("cf.严重程度:高", "cf.严重程度=高");
	same("cf.Size:>=5", "cf.Size>=5");
	same("is:open,mine", "(or is:open is:mine)");
	same("sort:-updated", "all sort -updated");
	same("a sort:due b", "(and 'a' 'b') sort due");
	same("text:status", "'status'");
	same("https://x.org/a", "'https://x.org/a'");
	same("12:30", "'12:30'");
}

static void times(void **state)
{
	(void)state;
	same("updated:<2d", "updatedin[2026-11-19T04:00:00.001Z *]");
	same("updated:<=2d", "updatedin[2026-11-19T04:00:00Z *]");
	same("updated:>2d", "updatedin[* 2026-11-19T03:59:59.999Z]");
	same("updated:2d",
		"updatedin[2026-11-18T16:00:00Z 2026-11-19T15:59:59.999Z]");
	same("updated:today",
		"updatedin[2026-11-20T16:00:00Z 2026-11-21T15:59:59.999Z]");
	same("created:2026-11-21",
		"createdin[2026-11-20T16:00:00Z 2026-11-21T15:59:59.999Z]");
	same("created:>2026-11-21", "createdin[2026-11-21T16:00:00Z *]");
	same("created:<2026-11-21", "createdin[* 2026-11-20T15:59:59.999Z]");
	same("created:2026-12",
		"createdin[2026-11-30T16:00:00Z 2026-12-31T15:59:59.999Z]");
	same("created:>=2026-11-21T10:00:00Z",
		"createdin[2026-11-21T10:00:00Z *]");
	same("created:2026-11-01..2026-11-02",
		"createdin[2026-10-31T16:00:00Z 2026-11-02T15:59:59.999Z]");
	same("created:9d..2d",
		"createdin[2026-11-12T04:00:00Z 2026-11-19T04:00:00Z]");
	/* what is due lies ahead */
	same("due:<2d", "duein[* 2026-11-23T03:59:59.999Z]");
	same("due:>2d", "duein[2026-11-23T04:00:00.001Z *]");
	same("created:<+1d", "createdin[* 2026-11-22T03:59:59.999Z]");
}

static void shapes(void **state)
{
	(void)state;
	same("#123", "id'#123'");
	same("T-8812", "id'T-8812'");
	same("rt:123", "id'rt:123'");
	same("id:17,18", "(or id'17' id'18')");
	same("8812", "id'8812'");
	same("13800138000", "phone'13800138000'");
	same("+86-138.0013.8000", "phone'+86-138.0013.8000'");
	same("138*", "'138'*");
	same("li@x.org", "email'li@x.org'");
	same("\"8812\"", "'8812'");
	same("A-1-2", "'A-1-2'");
	same("a@b", "'a@b'");
	same("1-2-3", "'1-2-3'");
}

static void mistakes(void **state)
{
	(void)state;
	begins("prioritty:5",
		"error: column 1: no field \"prioritty\", did you mean \"priority\"?");
	begins("退款 foo:bar",
		"error: column 4: no field \"foo\"; fields are: number,");
	begins("phase:", "error: column 7: a value is missing");
	begins("status:a,,b", "error: column 10: a value is missing");
	begins("status:>open", "error: column 8: status has no order");
	begins("priority:high", "error: column 10: \"high\" is no number");
	begins("priority:>1,2",
		"error: column 10: a comparison takes one value");
	begins("priority:99999999999999999999", "error: column 10:");
	begins("updated:soon", "error: column 9: \"soon\" is no time");
	begins("updated:2026-13-01", "error: column 9:");
	begins("updated:3h", "error: column 9: \"3h\" alone is one instant");
	begins("priority:..", "error: column 10: a range needs an end");
	begins("is:late", "error: column 4: no state \"late\"");
	begins("sort:subject", "error: column 6: no field \"subject\"");
	begins("sort:due sort:due", "error: column 10: sort: stands here");
	begins("-sort:due", "error: column 1: sort: cannot");
	begins("a OR sort:due", "error: column 6: sort: cannot");
	begins("\"abc", "error: column 1: the quotation mark");
	begins("(a b", "error: column 1: the parenthesis is not closed");
	begins("a)", "error: column 2: this parenthesis was never");
	begins("OR a", "error: column 1: OR and AND stand");
	begins("a OR", "error: column 5: the query ends too early");
	begins("a AND OR b", "error: column 7: OR and AND");
	begins("NOT", "error: column 4: the query ends too early");
	begins("\"a\"b", "error: column 4: a space is missing");
	begins("cf.:x", "error: column 1: write a custom field");
	begins("!!!", "error: column 1: nothing to look for");
	begins("a\x01", "error: column 2: a control character");
	begins("退\xff", "error: column 2: this is not UTF-8");
}

static void custom_fields_need_an_entity(void **state)
{
	struct query *q;

	(void)state;
	assert_int_equal(
		query_parse("cf.a:b", ENT_ARTICLE, NOW, ZONE, &q), E_INPUT);
	assert_string_equal(
		err_msg(), "column 1: a article has no custom fields");
}

static char *repeat(const char *s, int n)
{
	struct buf b = BUF_INIT;

	while (n-- > 0)
		buf_adds(&b, s);
	return buf_take(&b);
}

static void budgets(void **state)
{
	static const struct {
		const char *unit;
		int n;
		const char *want;
	} rows[] = {
		{"(", 1000, "error: column 65: nested more than 64"},
		{"-", 1000, "error: column 64: nested more than 64"},
		{"NOT ", 1000, "error: column 253: nested more than 64"},
		{"a ", 2000, "error: column "},
		{"abcd", 3000, "error: the query is longer than"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *s = repeat(rows[i].unit, rows[i].n);

		begins(s, rows[i].want);
		free(s);
	}
}

static void text_is_known(void **state)
{
	static const struct {
		const char *s;
		int has_text;
	} rows[] = {{"status:open", 0}, {"status:open x", 1}, {"#12", 1},
		{"is:open -x", 1}, {"", 0}};
	struct query *q;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(
			query_parse(rows[i].s, ENT_TICKET, NOW, ZONE, &q), 0);
		assert_int_equal(q->has_text, rows[i].has_text);
		query_free(q);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_groups),
		cmocka_unit_test(chinese_input),
		cmocka_unit_test(fields),
		cmocka_unit_test(times),
		cmocka_unit_test(shapes),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(custom_fields_need_an_entity),
		cmocka_unit_test(budgets),
		cmocka_unit_test(text_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
