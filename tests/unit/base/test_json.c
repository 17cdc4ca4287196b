/* SPDX-License-Identifier: MIT */
/*
 * What the JSON gate refuses and mends, what the accessors answer, and what
 * the writer writes.
 */
#include "galley/base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "galley/base/mem.h"

static const struct json_limits tight = {
	.size_bytes = 200,
	.depth = 3,
	.nodes = 8,
	.key_bytes = 5,
};

static struct json_doc *parse(const char *s, const struct json_limits *lim)
{
	struct json_doc *d = NULL;

	assert_int_equal(json_parse(s, strlen(s), lim, &d), 0);
	assert_non_null(d);
	return d;
}

static void gate_refuses(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"", "1:1: value expected"},
		{" ", "1:2: value expected"},
		{"{\"a\":1}garbage", "1:8: text after"},
		{"{\"a\":1}\n{}", "2:1: text after"},
		{"[01]", "1:2: number with a leading zero"},
		{"[1.]", "1:4: digit expected"},
		{"[1e]", "1:4: exponent without digits"},
		{"[+1]", "1:2: unexpected character"},
		{"[-]", "1:3: digit expected"},
		{"[1e999]", "1:2: number out of range"},
		{"[1,]", "1:4: unexpected character"},
		{"[1 2]", "1:4: comma or ] expected"},
		{"{\"a\" 1}", "1:6: colon expected"},
		{"{a:1}", "1:2: key in double quotes"},
		{"{\"a\":1,}", "1:8: key in double quotes"},
		{"[tru]", "1:2: unexpected character"},
		{"[nan]", "1:2: unexpected character"},
		{"{\"a\":1,\n \"b\":2, \"a\":3}", "2:9: duplicate key"},
		{"{\"Id\":1,\"iD\":2}", "1:9: duplicate key"},
		{"{\"Id\":1,\"i\\u0044\":2}", "1:9: duplicate key"},
		{"{\"a\\u0000b\":1}", "1:4: NUL in a key"},
		{"[\"\\x\"]", "1:3: unknown escape"},
		{"[\"\\u12g4\"]", "1:5: \\u needs four"},
		{"[\"a\nb\"]", "1:4: control character"},
		{"[\"a", "1:2: string without end"},
		{"[\"\xe8\xae\xa2\xc3(\"]", "1:4: not UTF-8"},
		{"[\"\xed\xa0\x80\"]", "1:3: not UTF-8"},
		{"\xef\xbb\xbf[]", "1:1: unexpected character"},
		{"// x\n[]", "1:1: comments are not allowed"},
	};
	struct buf out = BUF_INIT;
	size_t i;

	(void)state;
	buf_adds(&out, "kept");
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(json_gate(cases[i].text, strlen(cases[i].text),
					 &json_limits_wire, &out),
			E_PROTO);
		if (strncmp(err_msg(), cases[i].message,
			    strlen(cases[i].message)))
			fail_msg("%s: %s", cases[i].text, err_msg());
		assert_string_equal(out.p, "kept");
	}
	buf_fini(&out);
}

static void gate_refuses_a_raw_nul(void **state)
{
	struct buf out = BUF_INIT;

	(void)state;
	assert_int_equal(
		json_gate("[\"a\0b\"]", 7, &json_limits_wire, &out), E_PROTO);
	assert_int_equal(
		json_gate("[]\0", 3, &json_limits_wire, &out), E_PROTO);
	buf_fini(&out);
}

static void gate_keeps_budgets(void **state)
{
	static const char *const over[] = {
		"[[[[]]]]",
		"[1,2,3,4,5,6,7,8]",
		"{\"abcdef\":1}",
	};
	static const char *const within[] = {
		"[[[]]]",
		"[1,2,3,4,5,6,7]",
		"{\"abcde\":1}",
	};
	struct buf out = BUF_INIT;
	char big[300];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(over); i++) {
		assert_int_equal(
			json_gate(over[i], strlen(over[i]), &tight, &out),
			E_PROTO);
		assert_int_equal(
			json_gate(within[i], strlen(within[i]), &tight, &out),
			0);
	}
	memset(big, ' ', sizeof(big));
	big[0] = '1';
	assert_int_equal(json_gate(big, 201, &tight, &out), E_PROTO);
	assert_int_equal(json_gate(big, 200, &tight, &out), 0);
	buf_fini(&out);
}

static void gate_survives_any_depth(void **state)
{
	static const struct json_limits none = {
		.size_bytes = SIZE_MAX,
		.depth = ~0u,
		.nodes = SIZE_MAX,
		.key_bytes = SIZE_MAX,
	};
	struct buf out = BUF_INIT;
	char *s = xmalloc(1000000);

	(void)state;
	memset(s, '[', 1000000);
	assert_int_equal(json_gate(s, 1000000, &none, &out), E_PROTO);
	free(s);
	buf_fini(&out);
}

static void gate_mends(void **state)
{
	static const struct {
		const char *text, *gated;
	} cases[] = {
		{" [ 1 , 2 ] ", "[1,2]"},
		{"[123456789012345]", "[123456789012345]"},
		{"[1234567890123456]", "[\"1234567890123456\"]"},
		{"[-9007199254740993]", "[\"-9007199254740993\"]"},
		{"[\"pay\\u0000load\"]", "[\"pay\\u2400load\"]"},
		{"[\"\\ud83d\"]", "[\"\\ufffd\"]"},
		{"[\"\\ude00\\ud83d\\ude00\"]", "[\"\\ufffd\\ud83d\\ude00\"]"},
	};
	struct buf out = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		buf_reset(&out);
		assert_int_equal(json_gate(cases[i].text, strlen(cases[i].text),
					 &json_limits_wire, &out),
			0);
		assert_string_equal(out.p, cases[i].gated);
	}
	buf_fini(&out);
}

static void accessors_read(void **state)
{
	struct json_doc *d = parse("{\"id\":9007199254740993,\"n\":42,"
				   "\"f\":1.5,\"t\":true,\"z\":null,"
				   "\"s\":\"x\",\"a\":[1,\"2\",{}],\"e\":\"\"}",
		&json_limits_wire);
	const struct json *r = json_root(d), *a;
	int64_t v = -7;

	(void)state;
	assert_int_equal(json_type(r), JSON_OBJECT);
	assert_int_equal(json_len(r), 8);
	assert_string_equal(json_get_str(r, "id"), "9007199254740993");
	assert_int_equal(json_get_int(r, "id", 0), 9007199254740993);
	assert_int_equal(json_get_int(r, "n", 0), 42);
	assert_int_equal(json_int(json_get(r, "f"), &v), 0);
	assert_int_equal(json_int(json_get(r, "e"), &v), 0);
	assert_int_equal(v, -7);
	assert_int_equal(json_bool(json_get(r, "t"), 0), 1);
	assert_int_equal(json_bool(json_get(r, "n"), 5), 5);
	assert_true(json_is_null(json_get(r, "z")));
	assert_true(json_is_null(json_get(r, "none")));
	assert_null(json_get(r, "N"));
	assert_null(json_str(json_get(r, "n")));
	a = json_get(r, "a");
	assert_int_equal(json_len(a), 3);
	assert_int_equal(json_type(json_at(a, 2)), JSON_OBJECT);
	assert_null(json_at(a, 3));
	assert_null(json_get(a, "x"));
	assert_string_equal(json_key(json_next(json_first(r))), "n");
	json_free(d);
}

static void accessors_take_null(void **state)
{
	int64_t v = 3;

	(void)state;
	assert_int_equal(json_type(NULL), JSON_NULL);
	assert_null(json_get(NULL, "a"));
	assert_null(json_at(NULL, 0));
	assert_null(json_first(NULL));
	assert_null(json_next(NULL));
	assert_null(json_key(NULL));
	assert_null(json_get_str(NULL, "a"));
	assert_int_equal(json_len(NULL), 0);
	assert_int_equal(json_get_int(NULL, "a", 9), 9);
	assert_int_equal(json_int(NULL, &v), 0);
	json_free(NULL);
}

static void integers_do_not_overflow(void **state)
{
	struct json_doc *d = parse("[\"9223372036854775807\","
				   "\"-9223372036854775808\","
				   "\"9223372036854775808\",1e300,\"-\","
				   "\"12x\",\" 1\"]",
		&json_limits_wire);
	const struct json *r = json_root(d);
	int64_t v = 0;
	size_t i;

	(void)state;
	assert_int_equal(json_int(json_at(r, 0), &v), 1);
	assert_true(v == INT64_MAX);
	assert_int_equal(json_int(json_at(r, 1), &v), 1);
	assert_true(v == INT64_MIN);
	for (i = 2; i < 7; i++)
		assert_int_equal(json_int(json_at(r, i), &v), 0);
	json_free(d);
}

static void places_are_known_in_files(void **state)
{
	static const char text[] = "\xef\xbb\xbf// \xe8\xae\xa2\n"
				   "{ \"\xe8\xae\xa2\": [1, /* two */\n"
				   "\t20000000000000000,\n"
				   "  {\"b\": {}}],\n"
				   "  \"c\": null }\n";
	struct json_doc *d = parse(text, &json_limits_file);
	const struct json *r = json_root(d), *a = json_first(r);
	int line, col;

	(void)state;
	json_where(d, r, &line, &col);
	assert_int_equal(line, 2);
	assert_int_equal(col, 1);
	json_where(d, json_at(a, 0), &line, &col);
	assert_int_equal(line, 2);
	assert_int_equal(col, 9);
	json_where(d, json_at(a, 1), &line, &col);
	assert_int_equal(line, 3);
	assert_int_equal(col, 2);
	json_where(d, json_get(json_at(a, 2), "b"), &line, &col);
	assert_int_equal(line, 4);
	assert_int_equal(col, 9);
	json_where(d, json_get(r, "c"), &line, &col);
	assert_int_equal(line, 5);
	assert_int_equal(col, 8);
	json_where(d, NULL, &line, &col);
	assert_int_equal(line, 0);
	json_free(d);
}

static void printing_reads_back(void **state)
{
	static const char text[] =
		"{\"a\":[1,-0.5,0.1,1e+300,123456789012345,"
		"12340001203358778e0],"
		"\"s\":\"q\\\"\\\\\\n\\u0001\xe8\xae\xa2\",\"t\":true,"
		"\"f\":false,\"n\":null,\"o\":{},\"e\":[]}";
	struct json_doc *d = parse(text, &json_limits_wire);
	struct buf out = BUF_INIT;

	(void)state;
	json_print(&out, json_root(d));
	assert_string_equal(out.p, text);
	buf_fini(&out);
	json_free(d);
}

static void writer_puts_commas_and_quotes(void **state)
{
	struct buf out = BUF_INIT;
	struct jw w;

	(void)state;
	jw_init(&w, &out);
	jw_obj(&w);
	jw_kstr(&w, "a", "x\"\t\x7f");
	jw_kint(&w, "b", INT64_MIN);
	jw_key(&w, "c");
	jw_arr(&w);
	jw_null(&w);
	jw_obj(&w);
	jw_obj_end(&w);
	jw_strn(&w, "a\xff\0b", 4);
	jw_arr_end(&w);
	jw_kbool(&w, "d", 1);
	jw_kstr(&w, "e", NULL);
	jw_obj_end(&w);
	assert_string_equal(out.p,
		"{\"a\":\"x\\\"\\t\\u007f\",\"b\":-9223372036854775808,"
		"\"c\":[null,{},\"a\xef\xbf\xbd\\u0000b\"],\"d\":true,"
		"\"e\":null}");
	buf_fini(&out);
}

static void writer_indents(void **state)
{
	struct buf out = BUF_INIT;
	struct jw w;

	(void)state;
	jw_init(&w, &out);
	w.pretty = 1;
	jw_obj(&w);
	jw_key(&w, "a");
	jw_arr(&w);
	jw_int(&w, 1);
	jw_arr_end(&w);
	jw_key(&w, "b");
	jw_arr(&w);
	jw_arr_end(&w);
	jw_obj_end(&w);
	assert_string_equal(
		out.p, "{\n  \"a\": [\n    1\n  ],\n  \"b\": []\n}");
	buf_fini(&out);
}

static void *parse_many(void *arg)
{
	static const char text[] = "{\"a\":[1,\"two\",{\"b\":3}]}";
	struct json_doc *d;
	int i, *bad = arg;

	for (i = 0; i < 300; i++) {
		d = NULL;
		if (json_parse(text, strlen(text), &json_limits_wire, &d))
			++*bad;
		else if (json_get_int(json_at(json_get(json_root(d), "a"), 2),
				 "b", 0) != 3)
			++*bad;
		json_free(d);
	}
	return NULL;
}

static void threads_parse_at_once(void **state)
{
	pthread_t other;
	int bad[2] = {0, 0};

	(void)state;
	assert_int_equal(pthread_create(&other, NULL, parse_many, &bad[0]), 0);
	parse_many(&bad[1]);
	assert_int_equal(pthread_join(other, NULL), 0);
	assert_int_equal(bad[0] + bad[1], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gate_refuses),
		cmocka_unit_test(gate_refuses_a_raw_nul),
		cmocka_unit_test(gate_keeps_budgets),
		cmocka_unit_test(gate_survives_any_depth),
		cmocka_unit_test(gate_mends),
		cmocka_unit_test(accessors_read),
		cmocka_unit_test(accessors_take_null),
		cmocka_unit_test(integers_do_not_overflow),
		cmocka_unit_test(places_are_known_in_files),
		cmocka_unit_test(printing_reads_back),
		cmocka_unit_test(writer_puts_commas_and_quotes),
		cmocka_unit_test(writer_indents),
		cmocka_unit_test(threads_parse_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
