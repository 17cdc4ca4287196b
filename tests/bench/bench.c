/* SPDX-License-Identifier: MIT */
/*
 * Clocks and medians for the bench programs, and their two kinds of lines.
 */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double clock_s(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double bench_wall_s(void)
{
	return clock_s(CLOCK_MONOTONIC);
}

double bench_cpu_s(void)
{
	return clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

/* ru_maxrss would count what the process was before exec. */
double bench_peak_mib(void)
{
	char line[256];
	long kib = 0;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "VmHWM:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	if (f)
		fclose(f);
	return (double)kib / 1024;
}

double bench_children_peak_mib(void)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	return (double)u.ru_maxrss / 1024;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double bench_percentile(double *v, int n, double p)
{
	int i = (int)(p / 100 * n);

	if (n <= 0)
		return 0;
	qsort(v, (size_t)n, sizeof(*v), by_value);
	return v[i < n ? i : n - 1];
}

double bench_median(double *v, int n)
{
	return bench_percentile(v, n, 50);
}

void bench_value(const char *name, double value)
{
	printf("%s %.6g\n", name, value);
	fflush(stdout);
}

void bench_row(const char *figure, double ours, double peer, const char *unit,
	double limit)
{
	printf("row\t%s\t%.4g\t%.4g\t%s\t%.3f\t%.3g\n", figure, ours, peer,
		unit, peer > 0 ? ours / peer : 0.0, limit);
	fflush(stdout);
}

void bench_own(const char *figure, double ours, const char *unit, double limit)
{
	printf("row\t%s\t%.4g\t-\t%s\t-\t%.3g\n", figure, ours, unit, limit);
	fflush(stdout);
}

void bench_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

void bench_must(int rc, const char *what)
{
	if (rc < 0)
		bench_die("%s: %s: %s", what, err_name(rc), err_msg());
}

uint64_t bench_number(const char *text)
{
	char *end;
	uint64_t n = text ? strtoull(text, &end, 10) : 0;

	if (!text || end == text || *end)
		bench_die("`%s` is not a number", text ? text : "");
	return n;
}
