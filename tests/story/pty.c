/* SPDX-License-Identifier: MIT */
/*
 * Plays a person at a terminal: runs a program on a pseudo-terminal and goes
 * through a script of what must be seen and what is typed. It waits for
 * conditions, never for a time; when one does not come within the bound it
 * says which and what was on the screen instead.
 *
 *   pty [--limit SECONDS] SCRIPT COMMAND [ARG...]
 *
 *   see TEXT     until TEXT comes, after what was seen before
 *   never TEXT   it must not be in anything written so far
 *   send TEXT    types TEXT and Enter
 *   type TEXT    types TEXT; `ctrl M` is Enter where keys are read one by one
 *   ctrl LETTER  types Ctrl-LETTER
 *   echo on|off  until the terminal shows, or hides, what is typed
 *   end STATUS   until the program ends, with that status
 *
 * Everything the program wrote goes to standard output as it came.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>
#include "galley/base/buf.h"

struct play {
	int master, slave;
	pid_t pid;
	int status;	  /* of the program, -1 while it runs */
	struct buf out;	  /* all it wrote */
	size_t seen;	  /* up to here a "see" has looked */
	int64_t end_ms;	  /* nothing may take longer */
	const char *line; /* of the script */
	int line_no;
};

static int64_t mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

__attribute__((noreturn, format(printf, 2, 3))) static void fail(
	struct play *p, const char *fmt, ...)
{
	va_list ap;

	fwrite(buf_str(&p->out), 1, p->out.len, stdout);
	fflush(stdout);
	va_start(ap, fmt);
	fprintf(stderr, "line %d: %s: ", p->line_no, p->line);
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "; on the screen: ...%s\n",
		buf_str(&p->out) + (p->out.len > 400 ? p->out.len - 400 : 0));
	va_end(ap);
	if (p->pid > 0)
		kill(p->pid, SIGKILL);
	exit(1);
}

/* Takes what has come, or waits a little for it. Time is up: says so. */
static void turn(struct play *p)
{
	struct pollfd fd = {.fd = p->master, .events = POLLIN};
	char chunk[4096];
	ssize_t n = 0;
	int status;

	if (mono_ms() > p->end_ms)
		fail(p, "it does not come");
	if (poll(&fd, 1, 20) > 0)
		n = read(p->master, chunk, sizeof(chunk));
	if (n > 0)
		buf_add(&p->out, chunk, (size_t)n);
	else if (p->status < 0 && waitpid(p->pid, &status, WNOHANG) == p->pid)
		p->status = WIFEXITED(status) ? WEXITSTATUS(status)
					      : 128 + WTERMSIG(status);
}

static const char *find(struct play *p, size_t from, const char *text)
{
	return memmem(
		buf_str(&p->out) + from, p->out.len - from, text, strlen(text));
}

static void do_see(struct play *p, const char *text)
{
	const char *at;
	int ended = 0;

	while (!(at = find(p, p->seen, text))) {
		if (ended)
			fail(p, "the program ended with %d", p->status);
		ended = p->status >= 0;
		turn(p);
	}
	p->seen = (size_t)(at - buf_str(&p->out)) + strlen(text);
}

static void do_never(struct play *p, const char *text)
{
	if (find(p, 0, text))
		fail(p, "it is there");
}

static void type(struct play *p, const char *s, size_t len)
{
	if (write(p->master, s, len) != (ssize_t)len)
		fail(p, "%s", strerror(errno));
}

static void do_send(struct play *p, const char *text)
{
	type(p, text, strlen(text));
	type(p, "\n", 1);
}

static void do_type(struct play *p, const char *text)
{
	type(p, text, strlen(text));
}

static void do_ctrl(struct play *p, const char *letter)
{
	char c = (char)(*letter & 0x1f);

	type(p, &c, 1);
}

static void do_echo(struct play *p, const char *word)
{
	struct termios t;

	for (;;) {
		if (tcgetattr(p->slave, &t) < 0)
			fail(p, "%s", strerror(errno));
		if (!(t.c_lflag & ECHO) == !strcmp(word, "off"))
			return;
		turn(p);
	}
}

static void do_end(struct play *p, const char *status)
{
	while (p->status < 0)
		turn(p);
	if (p->status != atoi(status))
		fail(p, "it ended with %d", p->status);
}

static const struct {
	const char *word;
	void (*run)(struct play *, const char *);
} verbs[] = {
	{"see", do_see},
	{"never", do_never},
	{"send", do_send},
	{"type", do_type},
	{"ctrl", do_ctrl},
	{"echo", do_echo},
	{"end", do_end},
};

static void play_line(struct play *p, char *line)
{
	char *arg = strchr(line, ' ');

	p->line = line;
	if (!*line || *line == '#')
		return;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		size_t n = strlen(verbs[i].word);

		if (!strncmp(line, verbs[i].word, n) &&
			(!line[n] || line[n] == ' ')) {
			verbs[i].run(p, arg ? arg + 1 : "");
			return;
		}
	}
	fail(p, "not a word of the script");
}

static void begin(struct play *p, char **argv)
{
	struct winsize size = {.ws_row = 24, .ws_col = 80};

	if (openpty(&p->master, &p->slave, NULL, NULL, &size) < 0) {
		perror("openpty");
		exit(2);
	}
	fcntl(p->master, F_SETFD, FD_CLOEXEC);
	p->pid = fork();
	if (p->pid == 0) {
		login_tty(p->slave);
		execv(argv[0], argv);
		_exit(127);
	}
	p->status = -1;
}

int main(int argc, char **argv)
{
	struct play p = {.out = BUF_INIT};
	int limit = 60, at = 1;
	char *script, *line;

	if (argc > 3 && !strcmp(argv[1], "--limit")) {
		limit = atoi(argv[2]);
		at = 3;
	}
	if (argc < at + 2) {
		fprintf(stderr, "pty [--limit SECONDS] SCRIPT COMMAND...\n");
		return 2;
	}
	script = argv[at];
	p.end_ms = mono_ms() + limit * 1000;
	begin(&p, argv + at + 1);
	while ((line = strsep(&script, "\n")) != NULL) {
		p.line_no++;
		play_line(&p, line + strspn(line, " \t"));
	}
	if (p.status < 0)
		do_end(&p, "0");
	fwrite(buf_str(&p.out), 1, p.out.len, stdout);
	buf_fini(&p.out);
	return 0;
}
