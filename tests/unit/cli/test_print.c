/* SPDX-License-Identifier: MIT */
/*
 * One list, every form: what people, JSON readers, scripts and spreadsheets
 * get, with hostile text in it.
 */
#include "cli/print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "galley/base/mem.h"
#include "galley/base/utf8.h"

#define NOW INT64_C(1795233600000) /* 2026-11-21T04:00:00Z */

enum { ID, WHEN, N, TITLE, EXTRA };
static const struct col cols[] = {
	{"id", "id", CT_TEXT, 0},
	{"at", "when", CT_TIME, 0},
	{"n", "n", CT_INT, CF_RIGHT},
	{"title", "title", CT_TEXT, CF_FLEX},
	{"extra", "extra", CT_JSON, CF_HIDE},
};

static void rows(struct printer *p)
{
	pr_row(p);
	pr_text(p, ID, "1");
	pr_time(p, WHEN, NOW - 3 * 3600000);
	pr_int(p, N, 7);
	pr_text(p, TITLE, "退款到哪了");
	pr_json(p, EXTRA, "{\"a\":1}");
	pr_row_end(p);
	pr_row(p);
	pr_text(p, ID, "=2\x1b[31m");
	pr_int(p, N, 12345);
	pr_text(p, TITLE, "say \"hi\"\nnow");
	pr_row_end(p);
}

/* Prints the two rows and gives back what was written. */
static char *print(struct pr_opts o, size_t *len)
{
	char *s = NULL;
	size_t n = 0;
	struct printer *p;

	o.out = open_memstream(&s, &n);
	o.now_ms = NOW;
	o.zone_min = 480;
	p = pr_new(&o);
	pr_begin(p, "test/1");
	assert_int_equal(pr_list(p, "rows", cols, ARRAY_SIZE(cols)), 0);
	rows(p);
	pr_list_end(p);
	pr_kint(p, "total", NULL, 2);
	pr_line(p, ST_DIM, "for people: %s", "\x1b[2J");
	pr_end(p);
	assert_int_equal(pr_free(p), 0);
	fclose(o.out);
	if (len)
		*len = n;
	return s;
}

static void same(struct pr_opts o, const char *want)
{
	char *got = print(o, NULL);

	assert_string_equal(got, want);
	free(got);
}

static void json_keeps_raw_text_escaped(void **state)
{
	(void)state;
	same((struct pr_opts){.form = PF_JSON},
		"{\"galley\":1,\"schema\":\"test/1\",\"rows\":["
		"{\"id\":\"1\",\"at\":\"2026-11-21T01:00:00Z\",\"n\":7,"
		"\"title\":\"退款到哪了\",\"extra\":{\"a\":1}},"
		"{\"id\":\"=2\\u001b[31m\",\"at\":null,\"n\":12345,"
		"\"title\":\"say \\\"hi\\\"\\nnow\",\"extra\":null}],"
		"\"total\":2}\n");
}

static void jsonl_has_a_document_a_line(void **state)
{
	(void)state;
	same((struct pr_opts){.form = PF_JSONL, .fields = "n,id"},
		"{\"n\":7,\"id\":\"1\"}\n"
		"{\"n\":12345,\"id\":\"=2\\u001b[31m\"}\n");
}

static void csv_computes_nothing(void **state)
{
	char *got = print(
		(struct pr_opts){.form = PF_CSV, .fields = "id,title"}, NULL);

	(void)state;
	assert_true(strncmp(got,
			    "\"id\",\"title\"\r\n\"1\",\"退款到哪了\"\r\n\"'=2",
			    40) == 0);
	assert_null(strchr(got, '\x1b'));
	assert_non_null(strstr(got, "say \"\"hi\"\""));
	free(got);
}

static void formats_and_nul(void **state)
{
	size_t len;
	char *got = print((struct pr_opts){.form = PF_FORMAT,
				  .format = "{n}\\t{at}\\{x",
				  .zero = 1},
		&len);

	(void)state;
	assert_int_equal(len,
		strlen("7\t2026-11-21 09:00{x") + 1 + strlen("12345\t{x") + 1);
	assert_string_equal(got, "7\t2026-11-21 09:00{x");
	assert_string_equal(got + strlen(got) + 1, "12345\t{x");
	free(got);
}

static void a_table_measures_cells(void **state)
{
	char *got =
		print((struct pr_opts){.form = PF_TABLE, .relative = 1}, NULL);
	char *line = got, *end;
	size_t at = 0;

	(void)state;
	assert_null(strchr(got, '\x1b'));
	/* the title column begins at the same cell on every row */
	for (int i = 0; i < 3; i++, line = end + 1) {
		const char *mark = i == 0 ? "title" : i == 1 ? "退" : "say";
		char *t = strstr(line, mark);

		end = strchr(line, '\n');
		assert_non_null(t);
		assert_true(t < end);
		if (i)
			assert_int_equal(
				utf8_cells(line, (size_t)(t - line)), at);
		at = utf8_cells(line, (size_t)(t - line));
	}
	assert_non_null(strstr(got, "3h"));
	assert_non_null(strstr(got, "for people"));
	free(got);
}

static void a_narrow_table_cuts_between_characters(void **state)
{
	char *got = print(
		(struct pr_opts){.form = PF_TABLE, .relative = 1, .width = 34},
		NULL);
	char *rest = got, *line;

	(void)state;
	assert_true(utf8_valid(got, strlen(got)));
	for (int i = 0; i < 3; i++) {
		line = strsep(&rest, "\n");
		assert_true(utf8_cells(line, strlen(line)) <= 34);
	}
	free(got);
}

static void colours_only_when_asked(void **state)
{
	char *plain = print((struct pr_opts){.form = PF_TABLE}, NULL);
	char *color =
		print((struct pr_opts){.form = PF_TABLE, .color = 1}, NULL);

	(void)state;
	assert_null(strstr(plain, "\033["));
	assert_non_null(strstr(color, "\033[1mtitle\033[0m"));
	/* the text's own escape is not among them */
	assert_null(strstr(color, "\033[31m"));
	free(plain);
	free(color);
}

static void an_unknown_field_is_named(void **state)
{
	static const struct pr_opts opts[] = {
		{.form = PF_TABLE, .fields = "id,nope"},
		{.form = PF_FORMAT, .format = "{id} {nope}"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(opts); i++) {
		struct pr_opts o = opts[i];
		struct printer *p;

		o.out = tmpfile();
		p = pr_new(&o);
		assert_int_equal(
			pr_list(p, "rows", cols, ARRAY_SIZE(cols)), E_INPUT);
		assert_string_equal(err_msg(),
			"no field \"nope\" here; fields are: id, at, n, title, extra");
		assert_int_equal(pr_free(p), 0);
		fclose(o.out);
	}
}

static void paragraphs_wrap(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	wrap_text(&b, "one two three four five\n\n退款退款退款退款退款退款", 2,
		14);
	assert_string_equal(buf_str(&b),
		"  one two\n  three four\n  five\n\n  退款退款退款\n  退款退款退款\n");
	buf_fini(&b);
	/* no space to break at, no width at all */
	wrap_text(&b, "abcdefghijklmnop", 0, 10);
	assert_string_equal(buf_str(&b), "abcdefghij\nklmnop\n");
	buf_reset(&b);
	wrap_text(&b, "abc def", 1, 0);
	assert_string_equal(buf_str(&b), " abc def\n");
	buf_fini(&b);
}

static void a_full_disk_is_an_error(void **state)
{
	struct pr_opts o = {.form = PF_JSON};
	struct printer *p;

	(void)state;
	o.out = fopen("/dev/full", "w");
	assert_non_null(o.out);
	setvbuf(o.out, NULL, _IONBF, 0);
	p = pr_new(&o);
	pr_begin(p, "test/1");
	pr_end(p);

	assert_int_equal(pr_free(p), E_DISK);
	fclose(o.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_keeps_raw_text_escaped),
		cmocka_unit_test(jsonl_has_a_document_a_line),
		cmocka_unit_test(csv_computes_nothing),
		cmocka_unit_test(formats_and_nul),
		cmocka_unit_test(a_table_measures_cells),
		cmocka_unit_test(a_narrow_table_cuts_between_characters),
		cmocka_unit_test(colours_only_when_asked),
		cmocka_unit_test(an_unknown_field_is_named),
		cmocka_unit_test(paragraphs_wrap),
		cmocka_unit_test(a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
