/* SPDX-License-Identifier: MIT */
/*
 * The real program on a pty, its screen kept by libvterm, on the demo centre:
 * what the tests at a keyboard share. Everything is waited for, with a limit;
 * nothing sleeps.
 */
#ifndef GALLEY_TESTS_E2E_PROG_H
#define GALLEY_TESTS_E2E_PROG_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>
#include <cmocka.h>

#define LIMIT_S 30

#define SOMETIMES __attribute__((unused))

static char program[4096], home[64];

struct prog {
	pid_t pid;
	int fd, w, h;
	VTerm *vt;
	VTermScreen *screen;
	char text[65536];
	int ended, status;
};

/* --- the screen ----------------------------------------------------------- */

static size_t put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	to[0] = (char)(0xe0 | (c >> 12 & 0xf));
	to[1] = (char)(0x80 | (c >> 6 & 0x3f));
	to[2] = (char)(0x80 | (c & 0x3f));
	return 3;
}

static const char *screen(struct prog *p)
{
	size_t n = 0;

	for (int y = 0; y < p->h; y++) {
		for (int x = 0; x < p->w && n < sizeof(p->text) - 64; x++) {
			VTermScreenCell c;
			VTermPos pos = {.row = y, .col = x};

			vterm_screen_get_cell(p->screen, pos, &c);
			if (c.chars[0] == (uint32_t)-1)
				continue; /* right half of a wide one */
			if (!c.chars[0])
				p->text[n++] = ' ';
			for (int i = 0; i < 4 && c.chars[0] && c.chars[i]; i++)
				n += put_utf8(p->text + n, c.chars[i]);
		}
		p->text[n++] = '\n';
	}
	p->text[n] = '\0';
	return p->text;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Takes what has arrived, waiting for it at most so long. */
static void pump_ms(struct prog *p, int ms)
{
	struct pollfd f = {.fd = p->fd, .events = POLLIN};
	char b[8192];
	ssize_t n;

	if (p->ended || poll(&f, 1, ms) <= 0)
		return;
	n = read(p->fd, b, sizeof(b));
	if (n <= 0) {
		p->ended = 1;
		return;
	}
	vterm_input_write(p->vt, b, (size_t)n);
	/* what the terminal answers to questions */
	n = (ssize_t)vterm_output_read(p->vt, b, sizeof(b));
	if (n > 0 && write(p->fd, b, (size_t)n) < 0)
		p->ended = 1;
}

static void pump(struct prog *p)
{
	pump_ms(p, 100);
}

static void until(struct prog *p, const char *s, int there)
{
	double end = now_s() + LIMIT_S;

	while ((strstr(screen(p), s) != NULL) != there) {
		if (p->ended || now_s() > end)
			fail_msg("`%s` %s:\n%s", s,
				there ? "does not come" : "does not go",
				screen(p));
		pump(p);
	}
}

static SOMETIMES void sees(struct prog *p, const char *s)
{
	until(p, s, 1);
}

static void type(struct prog *p, const char *s)
{
	if (write(p->fd, s, strlen(s)) < 0)
		fail_msg("write: %s", strerror(errno));
}

/* Opens a case by its number and waits until one would write to it: on the
 * first start it may not have come yet. `head` is what stands above the
 * composer. */
static SOMETIMES void open_number(
	struct prog *p, const char *number, const char *head)
{
	double end = now_s() + LIMIT_S, again = 0;
	char line[64], want[128];

	snprintf(line, sizeof(line), ":open %s\r", number);
	snprintf(want, sizeof(want), "%s  %s", head, number);
	do { /* always asked for: another may be in focus by itself */
		if (p->ended || now_s() > end)
			fail_msg("%s is not opened:\n%s", number, screen(p));
		if (now_s() > again) {
			type(p, line);
			again = now_s() + 2;
		}
		pump(p);
	} while (!strstr(screen(p), want));
}

/* --- the program ---------------------------------------------------------- */

static void child(const char *term, const char *lang, char *const *argv)
{
	setenv("TERM", term, 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("LANGUAGE", lang, 1);
	setenv("GALLEY_HOME", home, 1);
	unsetenv("NO_COLOR");
	execv(program, argv);
	_exit(127);
}

static void begin(struct prog *p, int w, int h, const char *term,
	const char *lang, const char *arg)
{
	struct winsize size = {
		.ws_row = (unsigned short)h, .ws_col = (unsigned short)w};
	char name[] = "galley", demo[] = "demo", *a = strdup(arg ? arg : "");
	char *argv[] = {name, demo, *a ? a : NULL, NULL};

	memset(p, 0, sizeof(*p));
	p->w = w;
	p->h = h;
	p->vt = vterm_new(h, w);
	vterm_set_utf8(p->vt, 1);
	p->screen = vterm_obtain_screen(p->vt);
	vterm_screen_reset(p->screen, 1);
	p->pid = forkpty(&p->fd, NULL, NULL, &size);
	assert_true(p->pid >= 0);
	if (!p->pid)
		child(term, lang, argv);
	free(a);
}

static int finish(struct prog *p)
{
	double end = now_s() + LIMIT_S;
	int status = 0;

	while (waitpid(p->pid, &status, WNOHANG) == 0) {
		if (now_s() > end) {
			kill(p->pid, SIGKILL);
			waitpid(p->pid, &status, 0);
			fail_msg("it does not end");
		}
		pump(p);
	}
	while (!p->ended)
		pump(p);
	close(p->fd);
	vterm_free(p->vt);
	return status;
}

static SOMETIMES void quit(struct prog *p)
{
	type(p, "\x11");
	assert_int_equal(finish(p), 0);
}

/* What another process sees: `galley draft` beside the workstation. */
static SOMETIMES int drafts_have(const char *s)
{
	char out[65536], name[] = "galley", draft[] = "draft",
			 json[] = "--json", *argv[] = {name, draft, json, NULL};
	size_t len = 0;
	ssize_t n;
	int pipe_fd[2];
	pid_t pid;

	assert_int_equal(pipe(pipe_fd), 0);
	pid = fork();
	if (!pid) {
		dup2(pipe_fd[1], 1);
		close(pipe_fd[0]);
		close(pipe_fd[1]);
		child("dumb", "en", argv);
	}
	close(pipe_fd[1]);
	while (len < sizeof(out) - 1 &&
		(n = read(pipe_fd[0], out + len, sizeof(out) - 1 - len)) > 0)
		len += (size_t)n;
	close(pipe_fd[0]);
	waitpid(pid, NULL, 0);
	out[len] = '\0';
	return strstr(out, s) != NULL;
}

static SOMETIMES void until_drafts(struct prog *p, const char *s, int there)
{
	double end = now_s() + LIMIT_S;

	while (drafts_have(s) != there) {
		if (p->ended || now_s() > end)
			fail_msg("`%s` is %s a draft", s, there ? "not" : "");
		pump(p);
	}
}

static int set_up(void **state)
{
	(void)state;
	strcpy(home, "/tmp/galley-e2e-XXXXXX");
	return mkdtemp(home) ? 0 : -1;
}

static int tear_down(void **state)
{
	pid_t pid = fork();
	char rm[] = "rm", rf[] = "-rf";
	char *argv[] = {rm, rf, home, NULL};

	(void)state;
	if (!pid) {
		execvp("rm", argv);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	return 0;
}

/* Which program; 0 when nobody says. */
static int find_program(const char *name)
{
	const char *s = getenv("GALLEY_PROGRAM");

	if (!s)
		fprintf(stderr, "%s: set GALLEY_PROGRAM\n", name);
	else
		snprintf(program, sizeof(program), "%s", s);
	return s != NULL;
}

#endif
