/* SPDX-License-Identifier: MIT */
/*
 * What the bench programs share: clocks, medians, and how a figure is handed
 * to tests/bench/run. A program measures and prints; it never judges.
 */
#ifndef GALLEY_BENCH_BENCH_H
#define GALLEY_BENCH_BENCH_H

#include <stdint.h>
#include "galley/base/err.h"

double bench_wall_s(void);
double bench_cpu_s(void); /* of this process, all threads */
/* Peak of resident memory: of this program, and of children that were waited
 * for. */
double bench_peak_mib(void);
double bench_children_peak_mib(void);

/* Sort `v`. */
double bench_median(double *v, int n);
double bench_percentile(double *v, int n, double p);

/* A value for the runner: "name value". */
void bench_value(const char *name, double value);
/* A row of the table: what ours and the peer's are, in `unit`. The ratio is
 * ours / peer; limit 0: none, the ratio is only stated. */
void bench_row(const char *figure, double ours, double peer, const char *unit,
	double limit);

/* A row without a peer: the limit is ours's own. */
void bench_own(const char *figure, double ours, const char *unit, double limit);

_Noreturn void bench_die(const char *fmt, ...) PRINTF(1, 2);
/* Ends the program with the error's message. */
void bench_must(int rc, const char *what);
uint64_t bench_number(const char *text);

#endif
