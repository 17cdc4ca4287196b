/* SPDX-License-Identifier: MIT */
/*
 * The socket of a running galley: who may open it, what is taken, and that no
 * caller can hold up the one who listens.
 */
#include "galley/app/remote.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "home_fix.h"

#include "galley/base/mem.h"

static int64_t mono = 1000;

static int64_t fix_mono(void *u)
{
	(void)u;
	return mono;
}

static const struct clock still = {.mono_ms = fix_mono, .now_ms = fix_mono};

static void path_of(int i, char out[128])
{
	snprintf(out, 128, "%s/run/desk-%d.sock", home, i);
}

static int connect_to(int i)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char path[128];

	path_of(i, path);
	memcpy(a.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* A call in a process of its own; what came back decides how it ends. */
static pid_t call_in_child(const char *line, const char *want, int status)
{
	pid_t pid = fork();
	char *text;
	int got;

	if (pid)
		return pid;
	if (remote_call(line, 20000, &got, &text) < 0)
		_exit(101);
	_exit(got != status ? 102 : strcmp(text, want) ? 103 : 0);
}

static void ends_well(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int next(struct remote *r, const char **line)
{
	int call = -1;

	for (int i = 0; i < 10000 && call < 0; i++) {
		int fds[REMOTE_MAX_CALLS + 1];

		assert_true(remote_fds(r, fds, REMOTE_MAX_CALLS + 1) > 0);
		call = remote_next(r, line);
		if (call < 0)
			usleep(1000);
	}
	return call;
}

static void nobody_is_there(void **state)
{
	char *text;
	int status;

	(void)state;
	assert_int_equal(remote_call("help", 1000, &status, &text), E_OFFLINE);
	assert_non_null(strstr(err_msg(), "no galley"));
}

static void a_call_is_answered(void **state)
{
	struct remote *r;
	const char *line;
	char path[128];
	struct stat st;
	pid_t pid;
	int call;

	(void)state;
	assert_int_equal(remote_listen(NULL, &r), 0);
	path_of(1, path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	pid = call_in_child("open 退款 12", "gone\nfar", 73);
	call = next(r, &line);
	assert_true(call >= 0);
	assert_string_equal(line, "open 退款 12");
	remote_answer(r, call, 73, "gone\nfar");
	ends_well(pid);
	remote_free(r);
	assert_int_equal(stat(path, &st), -1);
}

static void what_is_left_is_replaced(void **state)
{
	struct remote *r, *second;
	char path[128];
	struct stat st;
	pid_t pid;

	(void)state;
	pid = fork();
	if (!pid) { /* it dies with its socket */
		_exit(remote_listen(NULL, &r) < 0);
	}
	ends_well(pid);
	path_of(1, path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(connect_to(1), -1);
	assert_int_equal(remote_listen(NULL, &r), 0);
	assert_int_equal(remote_listen(NULL, &second), 0);
	assert_true(connect_to(1) >= 0);
	assert_true(connect_to(2) >= 0);
	remote_free(second);
	remote_free(r);
}

static void refused(struct remote *r, const void *s, size_t len)
{
	int fd = connect_to(1);
	const char *line;
	char b[256];
	ssize_t n;

	assert_true(fd >= 0);
	assert_int_equal(send(fd, s, len, 0), (ssize_t)len);
	shutdown(fd, SHUT_WR);
	assert_int_equal(remote_next(r, &line), -1);
	n = recv(fd, b, sizeof(b) - 1, 0);
	assert_true(n > 2);
	b[n] = '\0';
	assert_int_equal(strncmp(b, "2\n", 2), 0);
	close(fd);
}

static void what_is_no_line_is_refused(void **state)
{
	char *longer = xcalloc(1, REMOTE_MAX_LINE + 1);
	struct remote *r;

	(void)state;
	memset(longer, 'x', REMOTE_MAX_LINE + 1);
	assert_int_equal(remote_listen(&still, &r), 0);
	refused(r, "", 0);
	refused(r, "a\0b", 3);
	refused(r, "quit\nquit", 9);
	refused(r, "\033]52;c;x", 8);
	refused(r, "\xff\xfe", 2);
	refused(r, longer, REMOTE_MAX_LINE + 1);
	remote_free(r);
	free(longer);
}

static void a_silent_caller_is_left(void **state)
{
	int fds[REMOTE_MAX_CALLS + 2];
	struct remote *r;
	const char *line;
	char b[8];

	(void)state;
	assert_int_equal(remote_listen(&still, &r), 0);
	for (int i = 0; i < REMOTE_MAX_CALLS; i++)
		fds[i] = connect_to(1);
	assert_int_equal(remote_next(r, &line), -1);
	assert_int_equal(remote_next_mono(r), mono + 5000);
	/* one too many is sent away, the others after their time */
	fds[REMOTE_MAX_CALLS] = connect_to(1);
	assert_int_equal(remote_next(r, &line), -1);
	assert_int_equal(recv(fds[REMOTE_MAX_CALLS], b, sizeof(b), 0), 0);
	assert_int_equal(recv(fds[0], b, sizeof(b), MSG_DONTWAIT), -1);
	mono += 5000;
	assert_int_equal(remote_next(r, &line), -1);
	for (int i = 0; i < REMOTE_MAX_CALLS; i++)
		assert_int_equal(recv(fds[i], b, sizeof(b), 0), 0);
	assert_int_equal(remote_next_mono(r), INT64_MAX);
	for (int i = 0; i <= REMOTE_MAX_CALLS; i++)
		close(fds[i]);
	remote_free(r);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(nobody_is_there),
		T(a_call_is_answered),
		T(what_is_left_is_replaced),
		T(what_is_no_line_is_refused),
		T(a_silent_caller_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
