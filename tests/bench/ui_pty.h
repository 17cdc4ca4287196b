/* SPDX-License-Identifier: MIT */
/*
 * A program on a pseudo terminal for the figures of the workstation: what it
 * writes is timed when it is read, and its questions to the terminal are
 * answered as a terminal does (libvterm). It knows no program.
 */
#ifndef GALLEY_BENCH_UI_PTY_H
#define GALLEY_BENCH_UI_PTY_H

#include <stddef.h>
#include <sys/types.h>
#include <vterm.h>

struct pty {
	pid_t pid;
	int fd, w, h, ended;
	VTerm *vt;
	VTermScreen *screen;
	char *text;		/* of pty_text() */
	double start_s, last_s; /* of the program, of the last byte read */
	size_t bytes;		/* read so far */
};

/* `home`: GALLEY_HOME and HOME of the program, which is found in PATH. */
void pty_begin(
	struct pty *p, int w, int h, const char *home, char *const *argv);
/* Waits for the first byte, then reads until nothing has come for `gap_ms`. The
 * number of bytes; p->last_s is when the last of them came. */
size_t pty_settle(struct pty *p, double wait_ms, double gap_ms);
/* One reading: what a single write has put there. The number of bytes. */
size_t pty_once(struct pty *p, double wait_ms);
/* Reads what comes within `ms`. */
void pty_read(struct pty *p, double ms);
/* Writes and gives the time just before. */
double pty_type(struct pty *p, const char *keys);
/* The screen as lines; valid until the next call. */
const char *pty_text(struct pty *p);
/* The row that begins with `mark` at column x, -1. */
int pty_row_of(struct pty *p, int x, uint32_t mark);
/* Reads until `s` is seen; ends the program with an error after `limit_s`. */
void pty_sees(struct pty *p, const char *s, double limit_s);
/* Types the keys that leave, waits for the end, frees. */
void pty_end(struct pty *p, const char *keys);

#endif
