/* SPDX-License-Identifier: MIT */
/*
 * Completion scripts: they know every command and option of the table, bash
 * takes its one, and it offers what fits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "cli/cli_priv.h"
#include "cli/completion.h"

static char *script(const char *shell)
{
	char *p = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&p, &n);

	assert_non_null(f);
	assert_int_equal(completion_print(shell, f), 0);
	fclose(f);
	return p;
}

static void every_command_and_option_is_in(void **state)
{
	static const char *const shells[] = {"bash", "zsh", "fish"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		char *s = script(shells[i]);

		for (const struct command *const *t = command_tables(); *t; t++)
			for (const struct command *c = *t; c->name; c++) {
				char *name = xasprintf(i == 0	? "\t%s"
						       : i == 1 ? "'%s:"
								: " -a %s -d",
					c->name);

				if (!strstr(s, name))
					fail_msg("%s: %s", shells[i], c->name);
				free(name);
				for (const struct opt *o = c->opts;
					o && o->name; o++) {
					name = xasprintf(
						i < 2 ? "--%s" : " -l %s",
						o->name);
					if (!strstr(s, name))
						fail_msg("%s: %s", shells[i],
							name);
					free(name);
				}
			}
		free(s);
	}
}

/* What bash would offer for these words, in a shell where `galley` prints two
 * ids. */
static void offered(const char *words, char *out, size_t size)
{
	char *s = script("bash");
	char *text = xasprintf("%s\ngalley() { echo rt:12; echo rt:13; }\n"
			       "COMP_WORDS=(galley %s)\n"
			       "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
			       "_galley\necho \"${COMPREPLY[*]}\"\n",
		s, words);
	int p[2], status;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	assert_int_equal(pipe(p), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		dup2(p[1], 1);
		close(p[0]);
		execlp("bash", "bash", "--norc", "-c", text, (char *)NULL);
		_exit(127);
	}
	close(p[1]);
	while (n < size - 1 && (got = read(p[0], out + n, size - 1 - n)) > 0)
		n += (size_t)got;
	out[n] = '\0';
	close(p[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	free(s);
	free(text);
}

static void bash_offers_what_fits(void **state)
{
	static const struct {
		const char *words, *says;
	} v[] = {
		{"sho", "show\n"},
		{"show ''", "rt:12 rt:13\n"},
		{"outbox ret", "retry\n"},
		{"articles ''", "show edit worked failed outdated\n"},
		{"ls --js", "--json --jsonl\n"},
		{"help sea", "search\n"},
		{"nonesuch x", "\n"},
	};
	char out[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		offered(v[i].words, out, sizeof(out));
		assert_string_equal(out, v[i].says);
	}
}

static void other_shells_are_an_error(void **state)
{
	(void)state;
	assert_int_equal(completion_print("ksh", stdout), E_INPUT);
	assert_string_equal(err_msg(), "--completion takes bash, zsh or fish");
	assert_int_equal(completion_print("", stdout), E_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_and_option_is_in),
		cmocka_unit_test(bash_offers_what_fits),
		cmocka_unit_test(other_shells_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
