/* SPDX-License-Identifier: MIT */
/*
 * The workstation: a scenario's panes on a terminal, overlays above them, one
 * loop. bench_run() is the program; tests make a bench on a headless terminal,
 * push keys, call bench_settle() and look at the grid.
 */
#ifndef GALLEY_BENCH_BENCH_H
#define GALLEY_BENCH_BENCH_H

#include "galley/app/desk.h"
#include "galley/ui/term.h"

struct bench;

struct bench_args {
	struct desk *desk;	/* borrowed */
	struct session *session; /* NULL: the desk's */
	struct term *term;	/* borrowed */
	const struct clock *clock;
	const char *scenario;	/* NULL: as last time, else by role, "ticket" */
	const char *theme;	/* NULL: by the terminal's background */
	int linear;		/* for screen readers: plain lines, no screen */
	int called;		/* other programs may run commands in it */
	int keep;		/* come back to what was left, leave it for next time */
};
int bench_new(const struct bench_args *a, struct bench **out) MUST_CHECK;
/* The same in two steps: what needs neither desk nor cache while the cache is
 * opened, then what is shown. It may be freed after the first. */
int bench_early(const struct bench_args *a, struct bench **out) MUST_CHECK;
int bench_open(struct bench *b, const struct bench_args *a) MUST_CHECK;
void bench_free(struct bench *b);

/* Takes what the terminal and the desk have, loads, draws one frame when
 * something has changed. 0, or 1 when the person has left. */
int bench_turn(struct bench *b) MUST_CHECK;
/* When it wants to be called again without input, mono ms; INT64_MAX never. */
int64_t bench_next_mono(const struct bench *b);
/* Waits for input, news or time (at most max_ms, -1 for ever), then turns. */
int bench_wait(struct bench *b, int max_ms) MUST_CHECK;
/* A command as typed after ":". */
int bench_command(struct bench *b, const char *line) MUST_CHECK;

/* What `galley` without a sub-command does. */
struct bench_opts {
	const char *config; /* NULL: the person's own */
	const char *scenario, *theme;
	int no_color, linear, read_only, demo;
};
int bench_run(const struct bench_opts *o);
/* `galley :COMMAND ...` to one that runs. The exit status. */
int bench_call(int argc, char **argv);
/* galley [bench|demo] [--bench NAME] [--theme NAME] [--no-color] [--linear]
 * [--read-only]: galley(1). The exit status. */
int bench_main(int argc, char **argv);

#endif
