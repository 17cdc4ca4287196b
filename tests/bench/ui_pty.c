/* SPDX-License-Identifier: MIT */
/*
 * The pseudo terminal of the workstation's figures. Bytes are timed before they
 * are looked at, so that the price of keeping a screen is not the program's.
 */
#include "ui_pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "galley/base/mem.h"

static void child(const char *home, char *const *argv)
{
	setenv("TERM", "xterm-256color", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("LANGUAGE", "en", 1);
	setenv("HOME", home, 1);
	setenv("GALLEY_HOME", home, 1);
	unsetenv("NO_COLOR");
	unsetenv("COLORTERM");
	execvp(argv[0], argv);
	_exit(127);
}

void pty_begin(struct pty *p, int w, int h, const char *home, char *const *argv)
{
	struct winsize size = {
		.ws_row = (unsigned short)h, .ws_col = (unsigned short)w};

	*p = (struct pty){.w = w, .h = h};
	p->vt = vterm_new(h, w);
	vterm_set_utf8(p->vt, 1);
	p->screen = vterm_obtain_screen(p->vt);
	vterm_screen_reset(p->screen, 1);
	p->text = xcalloc((size_t)(w * 4 + 1) * (size_t)h + 1, 1);
	p->start_s = p->last_s = bench_wall_s();
	p->pid = forkpty(&p->fd, NULL, NULL, &size);
	if (p->pid < 0)
		bench_die("no pseudo terminal: %s", strerror(errno));
	if (!p->pid)
		child(home, argv);
}

/* 1 something came, 0 nothing within `ms`, -1 the program has gone. */
static int take(struct pty *p, double ms)
{
	struct timespec t = {.tv_sec = (time_t)(ms / 1000)};
	struct pollfd f = {.fd = p->fd, .events = POLLIN};
	char b[16384];
	ssize_t n;

	t.tv_nsec = (long)((ms - (double)t.tv_sec * 1000) * 1e6);
	if (p->ended)
		return -1;
	if (ppoll(&f, 1, &t, NULL) <= 0)
		return 0;
	n = read(p->fd, b, sizeof(b));
	if (n <= 0) {
		p->ended = 1;
		return -1;
	}
	p->last_s = bench_wall_s();
	p->bytes += (size_t)n;
	vterm_input_write(p->vt, b, (size_t)n);
	n = (ssize_t)vterm_output_read(p->vt, b, sizeof(b));
	if (n > 0 && write(p->fd, b, (size_t)n) < 0)
		p->ended = 1;
	return 1;
}

size_t pty_settle(struct pty *p, double wait_ms, double gap_ms)
{
	size_t was = p->bytes;
	double ms = wait_ms;

	while (take(p, ms) > 0)
		ms = gap_ms;
	return p->bytes - was;
}

size_t pty_once(struct pty *p, double wait_ms)
{
	size_t was = p->bytes;

	(void)take(p, wait_ms);
	return p->bytes - was;
}

void pty_read(struct pty *p, double ms)
{
	double end = bench_wall_s() + ms / 1000, left;

	while ((left = end - bench_wall_s()) > 0)
		if (take(p, left * 1000) < 0)
			bench_die("the program ended:\n%s", pty_text(p));
}

double pty_type(struct pty *p, const char *keys)
{
	double now = bench_wall_s();

	if (write(p->fd, keys, strlen(keys)) < 0)
		bench_die("cannot type: %s", strerror(errno));
	return now;
}

static size_t put_utf8(char *to, uint32_t c)
{
	size_t n = 0;

	if (c < 0x80) {
		to[n++] = (char)c;
		return n;
	}
	if (c < 0x800) {
		to[n++] = (char)(0xc0 | c >> 6);
	} else {
		to[n++] = (char)(0xe0 | (c >> 12 & 0xf));
		to[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	}
	to[n++] = (char)(0x80 | (c & 0x3f));
	return n;
}

static uint32_t cell(struct pty *p, int x, int y)
{
	VTermScreenCell c;

	vterm_screen_get_cell(p->screen, (VTermPos){.row = y, .col = x}, &c);
	return c.chars[0];
}

const char *pty_text(struct pty *p)
{
	size_t n = 0;
	uint32_t c;

	for (int y = 0; y < p->h; y++) {
		for (int x = 0; x < p->w; x++) {
			c = cell(p, x, y);
			if (c != (uint32_t)-1) /* the half of a wide one */
				n += put_utf8(p->text + n, c ? c : ' ');
		}
		p->text[n++] = '\n';
	}
	p->text[n] = '\0';
	return p->text;
}

int pty_row_of(struct pty *p, int x, uint32_t mark)
{
	for (int y = 0; y < p->h; y++)
		if (cell(p, x, y) == mark)
			return y;
	return -1;
}

void pty_sees(struct pty *p, const char *s, double limit_s)
{
	double end = bench_wall_s() + limit_s;

	while (!strstr(pty_text(p), s)) {
		if (bench_wall_s() > end || take(p, 20) < 0)
			bench_die("`%s` is not seen:\n%s", s, pty_text(p));
	}
}

void pty_end(struct pty *p, const char *keys)
{
	double end = bench_wall_s() + 10;
	int status;

	if (!p->ended)
		pty_type(p, keys);
	while (waitpid(p->pid, &status, WNOHANG) == 0) {
		if (bench_wall_s() > end) {
			kill(p->pid, SIGKILL);
			waitpid(p->pid, &status, 0);
			bench_die("it does not leave");
		}
		if (take(p, 5) < 0)
			usleep(1000);
	}
	close(p->fd);
	vterm_free(p->vt);
	free(p->text);
}
