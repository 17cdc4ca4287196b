/* SPDX-License-Identifier: MIT */
/*
 * Starting other programs. A child gets default signals, the descriptors named
 * here and no others, and never a shell. Nothing is left behind: whoever takes
 * too long is killed with its group and reaped.
 */
#include "galley/base/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "galley/base/buf.h"
#include "galley/base/clock.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"

#define MAX_EDITED_BYTES ((size_t)4 << 20)
#define MAX_EDITOR_WORDS 16

extern char **environ;

struct spawn {
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
};

/* `own_group`: signals of the terminal pass the child by. */
static void spawn_init(struct spawn *sp, int own_group)
{
	short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
	sigset_t set;

	if (posix_spawn_file_actions_init(&sp->files) ||
		posix_spawnattr_init(&sp->attr))
		abort();
	sigfillset(&set);
	posix_spawnattr_setsigdefault(&sp->attr, &set);
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&sp->attr, &set);
	if (own_group) {
		flags |= POSIX_SPAWN_SETPGROUP;
		posix_spawnattr_setpgroup(&sp->attr, 0);
	}
	posix_spawnattr_setflags(&sp->attr, flags);
}

static void spawn_fini(struct spawn *sp)
{
	posix_spawn_file_actions_destroy(&sp->files);
	posix_spawnattr_destroy(&sp->attr);
}

static void open_null(struct spawn *sp, int fd, int flags)
{
	if (posix_spawn_file_actions_addopen(
		    &sp->files, fd, "/dev/null", flags, 0))
		abort();
}

static void move_fd(struct spawn *sp, int from, int to)
{
	if (posix_spawn_file_actions_adddup2(&sp->files, from, to))
		abort();
}

static int start(struct spawn *sp, char *const argv[], char *const env[],
	int first_closed, pid_t *pid)
{
	pid_t child;
	int e;

	if (posix_spawn_file_actions_addclosefrom_np(&sp->files, first_closed))
		abort();
	e = posix_spawnp(&child, argv[0], &sp->files, &sp->attr, argv, env);
	if (e)
		return err_set(e == ENOENT ? E_NOTFOUND : E_PERM,
			"cannot start %s: %s", argv[0], strerror(e));
	*pid = child;
	return 0;
}

static int reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -1;
	}
	return status;
}

/* Those that were left alone and have ended since. */
static pid_t left_alone[8];

static void reap_left(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(left_alone); i++)
		if (left_alone[i] && waitpid(left_alone[i], NULL, WNOHANG) != 0)
			left_alone[i] = 0;
}

int proc_leave(char *const argv[])
{
	struct spawn sp;
	pid_t pid;
	size_t i;
	int rc;

	reap_left();
	for (i = 0; i < ARRAY_SIZE(left_alone) && left_alone[i]; i++)
		;
	if (i == ARRAY_SIZE(left_alone))
		return err_set(E_LIMIT, "too many programs run already");
	spawn_init(&sp, 1);
	open_null(&sp, 0, O_RDONLY);
	open_null(&sp, 1, O_WRONLY);
	open_null(&sp, 2, O_WRONLY);
	rc = start(&sp, argv, environ, 3, &pid);
	spawn_fini(&sp);
	if (rc == 0)
		left_alone[i] = pid;
	return rc;
}

/* Children lead a group: what they started goes with them. */
void proc_kill(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	(void)reap(pid);
}

static int check_status(const char *name, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status))
		return err_set(E_INPUT, "%s ended with status %d", name,
			WEXITSTATUS(status));
	return err_set(E_INPUT, "%s was ended by signal %d", name,
		WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

/* Takes what there is: 1 at the end, 0 when more may come. */
static int drain(int fd, size_t max, struct buf *b)
{
	char chunk[4096];
	ssize_t n;

	for (;;) {
		n = read(fd, chunk, sizeof(chunk));
		if (n == 0)
			return 1;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : E_DISK;
		if ((size_t)n > max - b->len)
			return E_LIMIT;
		buf_add(b, chunk, (size_t)n);
	}
}

/* Until the child has closed its output or has ended: a grandchild that keeps
 * the pipe open does not count. */
static int collect(int fd, int pidfd, int timeout_ms, size_t max, struct buf *b)
{
	struct pollfd p[2] = {
		{.fd = fd, .events = POLLIN},
		{.fd = pidfd, .events = POLLIN},
	};
	int64_t end = clock_mono_ms(clock_system()) + timeout_ms, left;
	int rc, at_end = 0;

	for (;;) {
		left = end - clock_mono_ms(clock_system());
		if (left <= 0)
			return E_TIMEOUT;
		rc = poll(p, 2, (int)left);
		if (rc < 0 && errno != EINTR)
			return E_DISK;
		if (rc <= 0)
			continue;
		if (p[0].revents) {
			rc = drain(fd, max, b);
			if (rc < 0)
				return rc;
			if (rc) {
				at_end = 1;
				p[0].fd = -1;
			}
		}
		if (p[1].revents) {
			rc = at_end ? 0 : drain(fd, max, b);
			return rc < 0 ? rc : 0;
		}
	}
}

static int output_error(int rc, const char *name, int timeout_ms, size_t max)
{
	if (rc == E_TIMEOUT)
		return err_set(
			rc, "%s has not answered in %d ms", name, timeout_ms);
	if (rc == E_LIMIT)
		return err_set(
			rc, "%s has written more than %zu bytes", name, max);
	return err_set(rc, "cannot read from %s: %s", name, strerror(errno));
}

static int wait_output(char *const argv[], pid_t pid, int fd, int timeout_ms,
	size_t max, struct buf *b)
{
	int pidfd = pidfd_open(pid, 0), rc;

	rc = pidfd < 0 ? E_DISK : collect(fd, pidfd, timeout_ms, max, b);
	if (pidfd >= 0)
		close(pidfd);
	if (!rc)
		return check_status(argv[0], reap(pid));
	rc = output_error(rc, argv[0], timeout_ms, max);
	proc_kill(pid);
	return rc;
}

int proc_output(
	char *const argv[], int timeout_ms, size_t max, char **out, size_t *len)
{
	struct buf b = BUF_INIT;
	struct spawn sp;
	int pipe_fd[2], rc;
	pid_t pid;

	if (pipe2(pipe_fd, O_CLOEXEC))
		return err_set(
			E_DISK, "cannot make a pipe: %s", strerror(errno));
	fcntl(pipe_fd[0], F_SETFL, O_NONBLOCK);
	spawn_init(&sp, 1);
	move_fd(&sp, pipe_fd[1], STDOUT_FILENO);
	open_null(&sp, STDIN_FILENO, O_RDONLY);
	rc = start(&sp, argv, environ, STDERR_FILENO + 1, &pid);
	spawn_fini(&sp);
	close(pipe_fd[1]);
	if (!rc)
		rc = wait_output(argv, pid, pipe_fd[0], timeout_ms, max, &b);
	close(pipe_fd[0]);
	if (rc) {
		/* It may be half a secret. */
		if (b.p)
			explicit_bzero(b.p, b.cap);
		buf_fini(&b);
		return rc;
	}
	if (len)
		*len = b.len;
	*out = buf_take(&b);
	return 0;
}

int proc_child(char *const argv[], int fd, pid_t *pid)
{
	char *const no_env[] = {NULL};
	struct spawn sp;
	int rc;

	spawn_init(&sp, 1);
	/* First: the number may be one that is opened below. */
	move_fd(&sp, fd, STDERR_FILENO + 1);
	open_null(&sp, STDIN_FILENO, O_RDONLY);
	open_null(&sp, STDOUT_FILENO, O_WRONLY);
	open_null(&sp, STDERR_FILENO, O_WRONLY);
	rc = start(&sp, argv, no_env, STDERR_FILENO + 2, pid);
	spawn_fini(&sp);
	return rc;
}

/* --- the editor ----------------------------------------------------------- */

static const char *editor_command(void)
{
	const char *s = getenv("VISUAL");

	if (!s || !*s)
		s = getenv("EDITOR");
	return s && *s ? s : "vi";
}

/* Words at blanks; quotes are part of a word: no shell is imitated. `words`
 * is changed and pointed into. */
static int split(char *words, char *argv[], int max)
{
	int n = 0;
	char *p = words;

	while (n < max) {
		p += strspn(p, " \t");
		if (!*p)
			break;
		argv[n++] = p;
		p += strcspn(p, " \t");
		if (!*p)
			break;
		*p++ = '\0';
	}
	argv[n] = NULL;
	return n;
}

/* The editor is in our process group, and so in the foreground. Keys that
 * interrupt are its own while it runs; one that stops the group stops us too,
 * or the shell would never come back. */
static const struct {
	int sig;
	void (*does)(int);
} while_editing[] = {
	{SIGINT, SIG_IGN},
	{SIGQUIT, SIG_IGN},
	{SIGTSTP, SIG_DFL},
	{SIGCONT, SIG_DFL},
};
#define N_EDITING ARRAY_SIZE(while_editing)

/* A shell in the place of an editor may leave the terminal to a group that is
 * gone: who is not in the foreground may not even put it back in order. */
static void take_terminal(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, was;

	if (!isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) == getpgrp())
		return;
	sigaction(SIGTTOU, &ignore, &was);
	(void)tcsetpgrp(STDIN_FILENO, getpgrp());
	sigaction(SIGTTOU, &was, NULL);
}

static int wait_for_editor(struct spawn *sp, char *const argv[], int *status)
{
	struct sigaction was[N_EDITING];
	pid_t pid;
	size_t i;
	int rc;

	for (i = 0; i < N_EDITING; i++) {
		struct sigaction a = {.sa_handler = while_editing[i].does};

		sigaction(while_editing[i].sig, &a, &was[i]);
	}
	rc = start(sp, argv, environ, STDERR_FILENO + 1, &pid);
	if (!rc) {
		*status = reap(pid);
		take_terminal();
	}
	for (i = 0; i < N_EDITING; i++)
		sigaction(while_editing[i].sig, &was[i], NULL);
	return rc;
}

static int run_editor(char *path)
{
	static char fallback[] = "vi";
	char *argv[MAX_EDITOR_WORDS + 2], *words = xstrdup(editor_command());
	struct spawn sp;
	int n, rc, status = 0;

	n = split(words, argv, MAX_EDITOR_WORDS);
	if (!n)
		argv[n++] = fallback;
	argv[n++] = path;
	argv[n] = NULL;
	spawn_init(&sp, 0);
	rc = wait_for_editor(&sp, argv, &status);
	spawn_fini(&sp);
	if (!rc && check_status(argv[0], status))
		rc = err_set(E_CANCEL, "%s", err_msg());
	free(words);
	return rc;
}

/* A file name from a foreign one: a letter or digit first, then those, dots,
 * dashes and underscores. */
static void add_name(struct buf *b, const char *name)
{
	size_t i;
	char c;

	for (i = 0; name[i] && i < 60; i++) {
		c = name[i];
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || (i && strchr("._-", c)))
			buf_addc(b, c);
		else
			buf_addc(b, i ? '_' : 'x');
	}
}

/* `passing`: of this process only, see proc_edit_sweep(). */
static int make_text_file(
	const char *name, const char *text, int passing, char **out)
{
	char *dir = path_user(passing ? PATH_RUNTIME : PATH_STATE, "edit");
	struct buf b = BUF_INIT;
	int fd, rc;

	rc = path_make_private(dir);
	buf_addf(&b, "%s/", dir);
	free(dir);
	if (rc)
		goto out;
	if (passing)
		buf_addf(&b, "%ld-", (long)getpid());
	add_name(&b, name);
	buf_adds(&b, "-XXXXXX.txt");
	fd = mkostemps(b.p, 4, O_CLOEXEC);
	if (fd < 0) {
		rc = err_set(
			E_DISK, "cannot make %s: %s", b.p, strerror(errno));
		goto out;
	}
	close(fd);
	rc = file_write(b.p, text, strlen(text));
	if (!rc)
		*out = buf_take(&b);
	else
		unlink(b.p);
out:
	buf_fini(&b);
	return rc;
}

int proc_edit(const char *name, const char *text, char **out)
{
	char *path, *edited;
	int rc;

	rc = make_text_file(name, text, 0, &path);
	if (rc)
		return rc;
	rc = run_editor(path);
	if (!rc)
		rc = file_read(path, MAX_EDITED_BYTES, &edited, NULL);
	if (rc) {
		rc = err_set(rc, "%s; the text is kept in %s", err_msg(), path);
	} else {
		unlink(path);
		*out = edited;
	}
	free(path);
	return rc;
}

int proc_edit_passing(const char *name, const char *text, char **out)
{
	char *path, *edited = NULL;
	int rc;

	rc = make_text_file(name, text, 1, &path);
	if (rc)
		return rc;
	rc = run_editor(path);
	if (!rc)
		rc = file_read(path, MAX_EDITED_BYTES, &edited, NULL);
	unlink(path);
	free(path);
	if (!rc)
		*out = edited;
	return rc;
}

/* "4711-...": of a process that has ended. */
static int is_left_over(const char *name)
{
	char *end;
	long pid = strtol(name, &end, 10);

	if (pid <= 0 || *end != '-')
		return 0;
	return pid == (long)getpid() ||
	       (kill((pid_t)pid, 0) < 0 && errno == ESRCH);
}

void proc_edit_sweep(void)
{
	char *dir = path_user(PATH_RUNTIME, "edit");
	DIR *d = opendir(dir);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (is_left_over(e->d_name))
			(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	free(dir);
}
