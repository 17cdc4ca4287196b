/* SPDX-License-Identifier: MIT */
/*
 * Children: their output, their end, their descriptors; the editor.
 */
#include "galley/base/proc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "galley/base/harden.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "tmp_dir.h"

static char sh[] = "/bin/sh", dash_c[] = "-c";

static int run(
	const char *script, int timeout_ms, size_t max, char **out, size_t *len)
{
	char *text = xstrdup(script);
	char *argv[] = {sh, dash_c, text, NULL};
	int rc = proc_output(argv, timeout_ms, max, out, len);

	free(text);
	return rc;
}

static void output_is_taken(void **state)
{
	char *out = NULL;
	size_t len;

	(void)state;
	assert_int_equal(
		run("printf 'a b\\n'; cat", 20000, 100, &out, &len), 0);
	assert_string_equal(out, "a b\n");
	assert_int_equal(len, 4);
	FREE(&out);
	assert_int_equal(run("exit 0", 20000, 100, &out, NULL), 0);
	assert_string_equal(out, "");
	free(out);
}

static void a_bad_end_is_told(void **state)
{
	char none[] = "/no/such/program", *argv[] = {none, NULL};
	char *out = NULL;

	(void)state;
	assert_int_equal(
		run("echo x; exit 3", 20000, 100, &out, NULL), E_INPUT);
	assert_non_null(strstr(err_msg(), "status 3"));
	assert_int_equal(run("kill -9 $$", 20000, 100, &out, NULL), E_INPUT);
	assert_non_null(strstr(err_msg(), "signal 9"));
	assert_int_equal(proc_output(argv, 20000, 100, &out, NULL), E_NOTFOUND);
	assert_null(out);
}

static void output_has_bounds(void **state)
{
	char *out = NULL;

	(void)state;
	assert_int_equal(run("printf 12345", 20000, 5, &out, NULL), 0);
	FREE(&out);
	assert_int_equal(run("printf 123456", 20000, 5, &out, NULL), E_LIMIT);
	assert_int_equal(run("while :; do echo xxxxxxxxxxxxxxxx; done", 20000,
				 1 << 20, &out, NULL),
		E_LIMIT);
	assert_null(out);
}

static void time_has_bounds(void **state)
{
	char *out = NULL;

	(void)state;
	/* the child of the child goes with it */
	assert_int_equal(
		run("sleep 1000 & sleep 1000", 100, 5, &out, NULL), E_TIMEOUT);
	/* a grandchild that keeps the pipe does not hold us up */
	assert_int_equal(
		run("sleep 5 >&1 & printf ok", 60000, 5, &out, NULL), 0);
	assert_string_equal(out, "ok");
	free(out);
}

static void descriptors_stay_here(void **state)
{
	char *out = NULL;
	int fd = open("/dev/null", O_RDONLY); /* not close-on-exec */

	(void)state;
	assert_true(fd > 2);
	assert_int_equal(run("for i in 3 4 5 6 7 8 9; do "
			     "[ -e /proc/$$/fd/$i ] && echo $i; done; :",
				 20000, 100, &out, NULL),
		0);
	assert_string_equal(out, "");
	free(out);
	close(fd);
}

static void a_child_has_one_descriptor_and_no_environment(void **state)
{
	char script[] = "{ env | grep -v -e '^PWD=' -e '^_=' -e '^SHLVL='; "
			"cat <&3; } >&3";
	char *argv[] = {sh, dash_c, script, NULL};
	char got[64] = "";
	int fd[2];
	pid_t pid;

	(void)state;
	setenv("PATH", "/usr/bin:/bin", 0);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
	assert_int_equal(proc_child(argv, fd[1], &pid), 0);
	close(fd[1]);
	assert_int_equal(write(fd[0], "ping", 4), 4);
	assert_int_equal(read(fd[0], got, sizeof(got)), 4);
	assert_string_equal(got, "ping");
	proc_kill(pid);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(read(fd[0], got, sizeof(got)), 0);
	close(fd[0]);
}

static void use_editor(const char *script)
{
	char *path = in_dir("editor"), *text;

	text = xasprintf("#!/bin/sh\n%s\n", script);
	assert_int_equal(file_write(path, text, strlen(text)), 0);
	assert_int_equal(chmod(path, 0700), 0);
	free(text);
	text = xasprintf("  %s --wait  now", path);
	setenv("VISUAL", text, 1);
	setenv("GALLEY_HOME", dir, 1);
	free(text);
	free(path);
}

static int files_left(void)
{
	char *edit = in_dir("state/edit"), *out = NULL, *script;
	int n;

	script = xasprintf("ls %s | wc -l", edit);
	assert_int_equal(run(script, 20000, 100, &out, NULL), 0);
	n = atoi(out);
	free(out);
	free(script);
	free(edit);
	return n;
}

static void edited_text_comes_back(void **state)
{
	char *out = NULL;

	(void)state;
	use_editor("[ $# = 3 ] && [ \"$2\" = now ] || exit 9\n"
		   "case $3 in */Re_-../*) exit 8;; esac\n"
		   "printf ' and more' >>\"$3\"");
	assert_int_equal(proc_edit("../Re: x", "text", &out), 0);
	assert_string_equal(out, "text and more");
	assert_int_equal(files_left(), 0);
	free(out);
}

static void a_failed_edit_keeps_the_text(void **state)
{
	char *out = NULL, *path, *text = NULL;

	(void)state;
	use_editor("printf ' half' >>\"$3\"; exit 1");
	assert_int_equal(proc_edit("note", "text", &out), E_CANCEL);
	assert_null(out);
	path = strstr(err_msg(), dir);
	path = strstr(path + 1, dir);
	assert_non_null(path);
	path = xstrdup(path);
	assert_int_equal(file_read(path, 100, &text, NULL), 0);
	assert_string_equal(text, "text half");
	assert_int_equal(unlink(path), 0);
	free(text);
	free(path);
	setenv("VISUAL", "/no/such/editor", 1);
	assert_int_equal(proc_edit("note", "text", &out), E_NOTFOUND);
	assert_int_equal(files_left(), 1);
}

static int exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static void a_passing_text_leaves_no_file(void **state)
{
	char *out = NULL, *run_dir = in_dir("run/edit"), *mine, *dead, *other;

	(void)state;
	use_editor("[ $(stat -c %a \"$3\") = 600 ] || exit 9\n"
		   "case $3 in */run/edit/*) ;; *) exit 8;; esac\n"
		   "printf ' more' >>\"$3\"");
	assert_int_equal(proc_edit_passing("message", "text", &out), 0);
	assert_string_equal(out, "text more");
	FREE(&out);
	use_editor("printf ' half' >>\"$3\"; kill -9 $$");
	assert_int_equal(proc_edit_passing("message", "text", &out), E_CANCEL);
	assert_null(out);
	assert_non_null(strstr(err_msg(), "signal 9"));
	use_editor("rm \"$3\"");
	assert_int_equal(
		proc_edit_passing("message", "text", &out), E_NOTFOUND);
	setenv("VISUAL", "/no/such/editor", 1);
	assert_int_equal(
		proc_edit_passing("message", "text", &out), E_NOTFOUND);
	assert_null(out);
	assert_int_equal(rmdir(run_dir), 0); /* empty */

	/* what a crash has left goes, what somebody works on stays */
	assert_int_equal(path_make_private(run_dir), 0);
	mine = xasprintf("%s/%d-message-a.txt", run_dir, (int)getpid());
	dead = xasprintf("%s/999999999-message-b.txt", run_dir);
	other = xasprintf("%s/1-message-c.txt", run_dir);
	assert_int_equal(file_write(mine, "x", 1), 0);
	assert_int_equal(file_write(dead, "x", 1), 0);
	assert_int_equal(file_write(other, "x", 1), 0);
	proc_edit_sweep();
	assert_false(exists(mine));
	assert_false(exists(dead));
	assert_true(exists(other));
	assert_int_equal(unlink(other), 0);
	free(mine);
	free(dead);
	free(other);
	free(run_dir);
}

static void secrets_have_their_own_memory(void **state)
{
	char *a = secret_dup("s3cret\0x", 8), *b = secret_dup("", 0);

	(void)state;
	assert_memory_equal(a, "s3cret\0x\0", 9);
	assert_string_equal(b, "");
	secret_free(a);
	secret_free(b);
	secret_free(NULL);
}

/* Last: it changes this process for good. */
static void hardening_takes_what_libraries_obey(void **state)
{
	int fd = open("/dev/null", O_RDONLY);
	struct stat st;
	char *path = in_dir("mode");

	(void)state;
	setenv("SSLKEYLOGFILE", "/tmp/keys", 1);
	setenv("https_proxy", "http://x", 1);
	setenv("ALL_PROXY", "http://x", 1);
	setenv("CURL_HOME", "/tmp", 1);
	setenv("CURL_CA_BUNDLE", "/tmp", 1);
	setenv("MALLOC_ARENA_MAX", "1", 1);
	setenv("GALLEY_HOME", dir, 1);
	setenv("NETRC", "x", 1);
	setenv("NETRCX", "stays", 1);
	harden_process();
	assert_null(getenv("SSLKEYLOGFILE"));
	assert_null(getenv("https_proxy"));
	assert_null(getenv("ALL_PROXY"));
	assert_null(getenv("CURL_HOME"));
	assert_null(getenv("CURL_CA_BUNDLE"));
	assert_null(getenv("MALLOC_ARENA_MAX"));
	assert_null(getenv("NETRC"));
	assert_string_equal(getenv("NETRCX"), "stays");
	assert_string_equal(getenv("GALLEY_HOME"), dir);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	fd = open(path, O_CREAT | O_WRONLY, 0666);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	close(fd);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_is_taken),
		cmocka_unit_test(a_bad_end_is_told),
		cmocka_unit_test(output_has_bounds),
		cmocka_unit_test(time_has_bounds),
		cmocka_unit_test(descriptors_stay_here),
		cmocka_unit_test(a_child_has_one_descriptor_and_no_environment),
		cmocka_unit_test(edited_text_comes_back),
		cmocka_unit_test(a_failed_edit_keeps_the_text),
		cmocka_unit_test(a_passing_text_leaves_no_file),
		cmocka_unit_test(secrets_have_their_own_memory),
		cmocka_unit_test(hardening_takes_what_libraries_obey),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
