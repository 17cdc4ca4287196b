/* SPDX-License-Identifier: MIT */
/*
 * What is made from the table of commands and checked in is up to date; when
 * it is not, `make generated` mends it and the names are printed.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "galley/app/command.h"
#include "galley/base/mem.h"

/* The program beside which this one was built: B/unit/app/x -> B/gen_commands
 */
static char *generator(void)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(n > 0);
	self[n] = '\0';
	for (int up = 0; up < 3; up++)
		*strrchr(self, '/') = '\0';
	return xasprintf("%s/gen_commands", self);
}

static int run(const char *verb, const char *dir)
{
	char *program = generator();
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		execl(program, program, verb, dir, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	free(program);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void files_are_up_to_date(void **state)
{
	(void)state;
	assert_int_equal(run("check", "."), 0);
}

/* The check looks at the files: where there are none it fails, and what was
 * written passes. */
static void the_check_looks(void **state)
{
	static const char *const parts[] = {"data/keys/vi.keys",
		"data/keys/plain.keys", "data/keys/emacs.keys",
		"man/galley-commands.7", "data/roles.txt", "data/keys", "data",
		"man", ""};
	char dir[] = "/tmp/galley-generated-XXXXXX";
	char *sub[3];

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(run("check", dir), 1);
	sub[0] = xasprintf("%s/data", dir);
	sub[1] = xasprintf("%s/data/keys", dir);
	sub[2] = xasprintf("%s/man", dir);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(mkdir(sub[i], 0700), 0);
		free(sub[i]);
	}
	assert_int_equal(run("write", dir), 0);
	assert_int_equal(run("check", dir), 0);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		char *path = xasprintf("%s/%s", dir, parts[i]);

		assert_int_equal(remove(path), 0);
		free(path);
	}
}

/* A shipped key file is a key file. */
static void key_files_are_read(void **state)
{
	static const char *const names[] = {"vi", "plain", "emacs"};

	(void)state;
	for (int s = 0; s < 3; s++) {
		char *path = xasprintf("data/keys/%s.keys", names[s]);
		struct keymap *k = keymap_new((enum keyset)s);
		static char text[100000];
		FILE *f = fopen(path, "rb");
		size_t n;

		assert_non_null(f);
		n = fread(text, 1, sizeof(text), f);
		assert_true(n > 0 && n < sizeof(text));
		fclose(f);
		if (keymap_read(k, path, text, n) < 0)
			fail_msg("%s", err_msg());
		keymap_free(k);
		free(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_up_to_date),
		cmocka_unit_test(the_check_looks),
		cmocka_unit_test(key_files_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
