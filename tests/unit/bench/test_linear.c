/* SPDX-License-Identifier: MIT */
/*
 * The workstation in plain lines on a cache without a server: what is typed
 * comes from a pipe, what is said goes into a file.
 */
#include "galley/bench/bench.h"

#include <fcntl.h>

#include "home_fix.h"

#include "galley/base/mem.h"

/* What is said to these lines; freed by the next call. */
static const char *hears(const char *lines)
{
	static char *said;
	char name[] = "galley", opt[] = "--linear", ro[] = "--read-only";
	char *argv[] = {name, opt, ro, NULL};
	int in[2], out, keep_in = dup(0), keep_out = dup(1), rc;
	char path[128];
	size_t len;

	free(said);
	fflush(stdout);
	snprintf(path, sizeof(path), "%s/said", home);
	assert_int_equal(pipe(in), 0);
	assert_int_equal(
		write(in[1], lines, strlen(lines)), (ssize_t)strlen(lines));
	close(in[1]);
	out = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	dup2(in[0], 0);
	dup2(out, 1);
	rc = bench_main(3, argv);
	fflush(stdout);
	dup2(keep_in, 0);
	dup2(keep_out, 1);
	close(in[0]);
	close(out);
	close(keep_in);
	close(keep_out);
	assert_int_equal(rc, 0);
	assert_int_equal(file_read(path, 1 << 20, &said, &len), 0);
	return said;
}

static void has(const char *said, const char *s)
{
	if (!strstr(said, s))
		fail_msg("`%s` is not said:\n%s", s, said);
}

static void rows_have_numbers(void **state)
{
	const char *said = hears("]\n]\n]\ninbox\n3\nq\n");

	(void)state;
	has(said, "-- Inbox");
	has(said, "\n1 ");
	has(said, "\n3 ");
	has(said, "Case 1"); /* one of 11, 12, 13 */
	has(said, "-- Thread");
}

static void nothing_for_a_terminal_is_said(void **state)
{
	const char *said = hears("]\n]\n]\n\x1b[31m\nq\n"), *s;

	(void)state;
	has(said, "[31m"); /* of a subject, without what makes it work */
	for (s = said; *s; s++)
		if ((unsigned char)*s < ' ' && *s != '\n')
			fail_msg("control %d in:\n%s", *s, said);
}

/* There is no key and nothing to click: the command is named. */
static void what_is_offered_is_named(void **state)
{
	const char *said = hears("language zh_TW\nlanguage en\nkeep\nq\n");
	char *path = path_user(PATH_CONFIG, "config"), *text;
	size_t len;

	(void)state;
	has(said, "The language is English now, for this run; `keep` writes");
	assert_int_equal(file_read(path, 65536, &text, &len), 0);
	has(text, "language = en");
	free(text);
	free(path);
	unsetenv("LANGUAGE");
}

static void what_cannot_be_says_why(void **state)
{
	(void)state;
	has(hears("99\nq\n"), "no such row");
	has(hears("open 12\ntake\nq\n"), "look on");
	has(hears("nonsense here\nq\n"), "nonsense");
	has(hears("open 4711\nq\n"), "4711");
}

static void help_is_text(void **state)
{
	const char *said = hears("?\nq\n");

	(void)state;
	has(said, "\nCommands:\n");
	has(said, "\nfilter [query]: ");
	assert_null(strstr(said, "pane.zoom")); /* for screens */
	has(hears("help snooze\nq\n"), "> snooze <when>: ");
}

static void the_end_of_the_input_leaves(void **state)
{
	(void)state;
	has(hears(""), "? lists what can be done");
	has(hears("open 13"), "-- Inbox"); /* no line: not done */
	assert_null(strstr(hears("open 13"), "Case 13: Invoice\n-- Thread"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
		T(rows_have_numbers),
		T(nothing_for_a_terminal_is_said),
		T(what_is_offered_is_named),
		T(what_cannot_be_says_why),
		T(help_is_text),
		T(the_end_of_the_input_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
