/* SPDX-License-Identifier: MIT */
/*
 * The log's file, its lines, and what is kept out of them.
 */
#include "galley/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "tmp_dir.h"

static int64_t zero(void *u)
{
	(void)u;
	return 0;
}

static const struct clock at_zero = {zero, zero, NULL};

static char *read_log(const char *path)
{
	char *s = NULL;

	assert_int_equal(file_read(path, 4 << 20, &s, NULL), 0);
	return s;
}

static void lines_are_gated_and_redacted(void **state)
{
	char *path = in_dir("a.log"), *s;
	struct stat st;

	(void)state;
	assert_int_equal(redact_add_secret("tok\\en-123"), 0);
	assert_int_equal(log_open(path, LOG_INFO, &at_zero), 0);
	log_info("net", "GET %s\n2020 error x: forged", "tok\\en-123");
	log_debug("net", "not at this level");
	log_warn("sync", "mail ann@example.com, call 13812345678\x1b[2J");
	log_close();
	log_error("sync", "after the end");
	redact_forget_secrets();
	s = read_log(path);
	assert_string_equal(s,
		"1970-01-01T00:00:00Z info net: GET [secret]\xe2\x90\x8a"
		"2020 error x: forged\n"
		"1970-01-01T00:00:00Z warn sync: mail [email], call "
		"[phone]\xe2\x90\x9b[2J\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	free(s);
	free(path);
}

static void a_link_is_not_followed(void **state)
{
	char *path = in_dir("link.log"), *target = in_dir("target");

	(void)state;
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(log_open(path, LOG_INFO, &at_zero), E_PERM);
	assert_int_not_equal(access(target, F_OK), 0);
	free(path);
	free(target);
}

static void an_open_file_is_closed_to_others(void **state)
{
	char *path = in_dir("open.log");
	struct stat st;

	(void)state;
	assert_int_equal(file_write(path, "", 0), 0);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(log_open(path, LOG_INFO, &at_zero), 0);
	log_close();
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	free(path);
}

static void files_are_turned_over(void **state)
{
	char *path = in_dir("big.log"), *name, line[1000];
	struct stat st;
	int i;

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	assert_int_equal(log_open(path, LOG_INFO, &at_zero), 0);
	for (i = 0; i < 5000; i++)
		log_info("t", "%s", line);
	log_close();
	for (i = 0; i < 3; i++) {
		name = i ? xasprintf("%s.%d", path, i) : xstrdup(path);
		assert_int_equal(stat(name, &st), 0);
		assert_true(st.st_size <= (1 << 20) + 1100);
		free(name);
	}
	name = xasprintf("%s.3", path);
	assert_int_not_equal(access(name, F_OK), 0);
	free(name);
	free(path);
}

static void a_log_that_cannot_be_is_told(void **state)
{
	char *path = in_dir("none/x.log");

	(void)state;
	assert_int_equal(log_open(path, LOG_INFO, &at_zero), E_DISK);
	assert_non_null(strstr(err_msg(), path));
	free(path);
}

static void personal_data_is_masked(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"call 13812345678 now", "call [phone] now"},
		{"+44 20 7946 0958.", "[phone]."},
		{"(415) 555-2671", "([phone]"},
		{"010-88886666", "[phone]"},
		{"13812345678 1234567890123 12345", "[phone] 1234567890123 "
						    "12345"},
		{"card 4111 1111 1111 1111", "card [card]"},
		{"card 4111111111111111,", "card [card],"},
		{"card 4111111111111112", "card 4111111111111112"},
		{"id 11010519491231002X", "id [id]"},
		{"id 110105194912310021", "id 110105194912310021"},
		{"a.b+c@mail.example.co.uk!", "[email]!"},
		{"<x@y.cn>", "<[email]>"},
		{"not @ mail, x@y", "not @ mail, x@y"},
		{"at 2026-11-21 18:43:10", "at 2026-11-21 18:43:10"},
		{"ticket 12345, 3 of 17", "ticket 12345, 3 of 17"},
		{"ms 1795286590123", "ms 1795286590123"},
		{"01ARYZ6S4113812345678", "01ARYZ6S4113812345678"},
		{"", ""},
	};
	struct buf out = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		buf_reset(&out);
		redact(&out, cases[i].in, strlen(cases[i].in), 1);
		assert_string_equal(buf_str(&out), cases[i].out);
		buf_reset(&out);
		redact(&out, cases[i].in, strlen(cases[i].in), 0);
		assert_string_equal(buf_str(&out), cases[i].in);
	}
	buf_fini(&out);
}

static void secrets_are_masked_longest_first(void **state)
{
	static const char text[] = "a hunter2-long b hunter2 c hunter";
	struct buf out = BUF_INIT;

	(void)state;
	assert_int_equal(redact_add_secret("short"), E_INPUT);
	assert_int_equal(redact_add_secret("hunter2"), 0);
	assert_int_equal(redact_add_secret("hunter2-long"), 0);
	assert_int_equal(redact_add_secret("hunter2"), 0);
	redact(&out, text, strlen(text), 0);
	assert_string_equal(out.p, "a [secret] b [secret] c hunter");
	redact_forget_secrets();
	buf_reset(&out);
	redact(&out, text, strlen(text), 0);
	assert_string_equal(out.p, text);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_gated_and_redacted),
		cmocka_unit_test(a_link_is_not_followed),
		cmocka_unit_test(an_open_file_is_closed_to_others),
		cmocka_unit_test(files_are_turned_over),
		cmocka_unit_test(a_log_that_cannot_be_is_told),
		cmocka_unit_test(personal_data_is_masked),
		cmocka_unit_test(secrets_are_masked_longest_first),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
