/* SPDX-License-Identifier: MIT */
/*
 * Directories, shipped files, whole files, and starting gettext with them.
 */
#include "galley/base/paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <locale.h>
#include <sys/stat.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "tmp_dir.h"

static void expect_path(enum path_kind kind, const char *name, const char *want)
{
	char *path = path_user(kind, name);

	assert_string_equal(path, want);
	free(path);
}

static void personal_directories_follow_xdg(void **state)
{
	(void)state;
	unsetenv("GALLEY_HOME");
	unsetenv("XDG_STATE_HOME");
	unsetenv("XDG_RUNTIME_DIR");
	setenv("HOME", "/home/ann", 1);
	setenv("XDG_CONFIG_HOME", "/etc/ann", 1);
	setenv("XDG_DATA_HOME", "relative/is/ignored", 1);
	expect_path(PATH_CONFIG, NULL, "/etc/ann/galley");
	expect_path(PATH_DATA, "x", "/home/ann/.local/share/galley/x");
	expect_path(PATH_RUNTIME, NULL, "/home/ann/.local/state/galley/run");
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	expect_path(PATH_RUNTIME, "s", "/run/user/7/galley/s");
	setenv("GALLEY_HOME", "/srv/g", 1);
	expect_path(PATH_CONFIG, "a.json", "/srv/g/config/a.json");
	expect_path(PATH_RUNTIME, NULL, "/srv/g/run");
	unsetenv("GALLEY_HOME");
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_DATA_HOME");
	unsetenv("XDG_RUNTIME_DIR");
}

static void private_directories_are_ours_alone(void **state)
{
	char *path = in_dir("p/q/r"), *parent = in_dir("p"), *file;
	struct stat st;

	(void)state;
	assert_int_equal(path_make_private(path), 0);
	assert_int_equal(path_make_private(path), 0);
	assert_int_equal(stat(parent, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(chmod(path, 0750), 0);
	assert_int_equal(path_make_private(path), E_PERM);
	assert_non_null(strstr(err_msg(), "chmod 700"));
	file = in_dir("p/file");
	assert_int_equal(file_write(file, "x", 1), 0);
	assert_int_equal(path_make_private(file), E_PERM);
	free(file);
	file = in_dir("p/file/below");
	assert_int_equal(path_make_private(file), E_NOTFOUND);
	free(file);
	free(path);
	free(parent);
}

static void shipped_files_are_found(void **state)
{
	char *data = in_dir("data"), *file = in_dir("data/connectors/x.json");
	char *sub = in_dir("data/connectors"), *out = NULL;

	(void)state;
	assert_int_equal(path_make_private(sub), 0);
	assert_int_equal(file_write(file, "{}", 2), 0);
	setenv("GALLEY_DATA", data, 1);
	assert_int_equal(path_data("connectors/x.json", &out), 0);
	assert_string_equal(out, file);
	FREE(&out);
	assert_int_equal(path_data("connectors/y.json", &out), E_NOTFOUND);
	assert_int_equal(path_data("../data", &out), E_INPUT);
	assert_int_equal(path_data("connectors/../../x", &out), E_INPUT);
	assert_int_equal(path_data("connectors/..", &out), E_INPUT);
	assert_int_equal(path_data("/etc/passwd", &out), E_INPUT);
	assert_int_equal(path_data("", &out), E_INPUT);
	assert_null(out);
	unsetenv("GALLEY_DATA");
	free(data);
	free(file);
	free(sub);
}

static void helpers_must_be_programs(void **state)
{
	char *file = in_dir("helper"), *out = NULL, self[4096], *name;
	ssize_t n;

	(void)state;
	assert_int_equal(file_write(file, "x", 1), 0);
	setenv("GALLEY_LIBEXEC", dir, 1);
	assert_int_equal(path_helper("helper", &out), E_NOTFOUND);
	assert_int_equal(chmod(file, 0700), 0);
	assert_int_equal(path_helper("helper", &out), 0);
	assert_string_equal(out, file);
	FREE(&out);
	unsetenv("GALLEY_LIBEXEC");
	/* beside the program: this test itself */
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	assert_true(n > 0);
	self[n] = '\0';
	name = strrchr(self, '/') + 1;
	assert_int_equal(path_helper(name, &out), 0);
	assert_string_equal(out, self);
	FREE(&out);
	assert_int_equal(path_helper("no-such-helper", &out), E_NOTFOUND);
	free(file);
}

static void files_are_read_whole_or_not(void **state)
{
	char *path = in_dir("f"), *out = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(file_write(path, "a\0bc", 4), 0);
	assert_int_equal(file_read(path, 4, &out, &len), 0);
	assert_int_equal(len, 4);
	assert_memory_equal(out, "a\0bc\0", 5);
	FREE(&out);
	assert_int_equal(file_read(path, 3, &out, &len), E_LIMIT);
	assert_null(out);
	assert_int_equal(file_read(dir, 100, &out, &len), E_INPUT);
	assert_int_equal(file_read("/dev/zero", 100, &out, &len), E_INPUT);
	free(path);
	path = in_dir("none");
	assert_int_equal(file_read(path, 100, &out, NULL), E_NOTFOUND);
	free(path);
}

static void empty_and_large_files_come_back(void **state)
{
	char *path = in_dir("big"), *s = xmalloc(100000), *out = NULL;
	size_t len = 1;

	(void)state;
	assert_int_equal(file_write(path, "", 0), 0);
	assert_int_equal(file_read(path, 0, &out, &len), 0);
	assert_int_equal(len, 0);
	assert_string_equal(out, "");
	FREE(&out);
	memset(s, 'y', 100000);
	assert_int_equal(file_write(path, s, 100000), 0);
	assert_int_equal(file_read(path, 100000, &out, &len), 0);
	assert_int_equal(len, 100000);
	assert_memory_equal(out, s, 100000);
	free(out);
	free(s);
	free(path);
}

static void writing_replaces_and_leaves_nothing(void **state)
{
	char *path = in_dir("none/f");
	struct stat st;

	(void)state;
	assert_int_equal(file_write(path, "x", 1), E_NOTFOUND);
	free(path);
	path = in_dir("w");
	assert_int_equal(file_write(path, "one", 3), 0);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(file_write(path, "two", 3), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, 3);
	free(path);
}

static void texts_are_english_without_a_catalogue(void **state)
{
	(void)state;
	setenv("LC_ALL", "xx_YY.UTF-8", 1);
	unsetenv("LANGUAGE");
	i18n_init();
	assert_string_equal(_("Galley test text"), "Galley test text");
	assert_string_equal(P_("one", "many", 2), "many");
	/* the wish is kept although no such locale is installed */
	assert_string_equal(getenv("LANGUAGE"), "xx_YY");
	assert_string_equal(setlocale(LC_NUMERIC, NULL), "C");
	unsetenv("LC_ALL");
	unsetenv("LANGUAGE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(personal_directories_follow_xdg),
		cmocka_unit_test(private_directories_are_ours_alone),
		cmocka_unit_test(shipped_files_are_found),
		cmocka_unit_test(helpers_must_be_programs),
		cmocka_unit_test(files_are_read_whole_or_not),
		cmocka_unit_test(empty_and_large_files_come_back),
		cmocka_unit_test(writing_replaces_and_leaves_nothing),
		cmocka_unit_test(texts_are_english_without_a_catalogue),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
