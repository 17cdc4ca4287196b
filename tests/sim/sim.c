/* SPDX-License-Identifier: MIT */
/*
 * The simulator's command line: one seed, a file of seeds that once failed, or
 * a range; what was met; how fast. A seed that fails prints the one command
 * that replays it. It refuses to call a run good that met too little.
 */
#include "sim.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
	uint64_t from, to;
	const char *seeds_file;
	int trace, ops, until_fail, no_weak, jobs, job;
	const char *self;
} arg = {.from = 1, .to = 1, .jobs = 1};

static struct {
	int passed, failed, runs;
	int64_t counts[C_COUNT];
	int64_t ops, turns, crashes, virtual_ms;
} sum;

static void usage(void)
{
	fputs("usage: sim [--seed N | --seeds A-B] [--file SEEDS] [--ops N]\n"
	      "           [--jobs N] [--trace] [--until-fail] [--no-weak]\n",
		stderr);
	exit(2);
}

static void parse(int argc, char **argv)
{
	arg.self = argv[0];
	for (int i = 1; i < argc; i++) {
		const char *v = i + 1 < argc ? argv[i + 1] : NULL;

		if (!strcmp(argv[i], "--trace")) {
			arg.trace++;
			continue;
		}
		if (!strcmp(argv[i], "--until-fail")) {
			arg.until_fail = 1;
			continue;
		}
		if (!strcmp(argv[i], "--no-weak")) {
			arg.no_weak = 1;
			continue;
		}
		if (!v)
			usage();
		i++;
		if (!strcmp(argv[i - 1], "--seed")) {
			arg.from = arg.to = strtoull(v, NULL, 10);
		} else if (!strcmp(argv[i - 1], "--seeds")) {
			if (sscanf(v, "%" SCNu64 "-%" SCNu64, &arg.from,
				    &arg.to) != 2)
				usage();
		} else if (!strcmp(argv[i - 1], "--ops")) {
			arg.ops = atoi(v);
		} else if (!strcmp(argv[i - 1], "--file")) {
			arg.seeds_file = v;
		} else if (!strcmp(argv[i - 1], "--jobs")) {
			arg.jobs = atoi(v);
		} else {
			usage();
		}
	}
}

static struct sim *one(uint64_t seed, int ops, int trace)
{
	struct sim *s = xcalloc(1, sizeof(*s));

	s->n_ops_wanted = ops;
	s->trace = trace;
	sim_run(s, seed);
	return s;
}

static void add_up(const struct sim *s)
{
	sum.runs++;
	sum.ops += s->n_ops;
	sum.turns += s->turns;
	sum.crashes += s->crashes;
	sum.virtual_ms += s->virtual_ms;
	for (int c = 0; c < C_COUNT; c++)
		sum.counts[c] += s->counts[c];
}

/* Fewer operations often fail as well and are easier to read. */
static int fewest_ops(uint64_t seed, int from)
{
	for (int n = 1; n < from; n = n * 3 / 2 + 1) {
		struct sim *s = one(seed, n, 0);
		int failed = s->failed;

		free(s);
		if (failed)
			return n;
	}
	return 0;
}

static void report(const struct sim *s, uint64_t seed)
{
	int n = arg.ops || arg.until_fail ? 0 : fewest_ops(seed, s->k.n_ops);

	printf("FAILED seed %" PRIu64 ": %s\n", seed, s->fail);
	printf("  replay: %s --seed %" PRIu64, arg.self, seed);
	if (n || arg.ops)
		printf(" --ops %d", n ? n : arg.ops);
	printf(" --trace\n");
	fflush(stdout);
}

/* Every hundredth seed runs twice: the same seed must be the same run. */
static void again(const struct sim *first, uint64_t seed)
{
	struct sim *s;

	if (seed % 100 != 7 || arg.trace)
		return;
	s = one(seed, arg.ops, 0);
	if (s->hash != first->hash) {
		printf("FAILED seed %" PRIu64
		       ": two runs of it differ, chance comes from outside\n",
			seed);
		sum.failed++;
	} else {
		sum.passed++;
	}
	free(s);
}

static int run_seed(uint64_t seed)
{
	struct sim *s;
	int failed;

	/* should it crash, one knows where */
	if (arg.until_fail) {
		printf("seed %" PRIu64 "\n", seed);
		fflush(stdout);
	}
	s = one(seed, arg.ops, arg.trace);
	failed = s->failed;
	add_up(s);
	if (failed) {
		sum.failed++;
		report(s, seed);
	} else {
		sum.passed++;
		again(s, seed);
	}
	free(s);
	return failed;
}

static void run_file(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[200];

	if (!f) {
		fprintf(stderr, "sim: cannot read %s\n", path);
		exit(2);
	}
	while (fgets(line, sizeof(line), f))
		if (line[0] >= '0' && line[0] <= '9')
			run_seed(strtoull(line, NULL, 10));
	fclose(f);
}

/* Many seeds that never met a state prove nothing about it. */
static void check_weak(void)
{
	int least = sum.runs >= 200 ? sum.runs / 100 : 0;

	for (int c = 0; c < C_COUNT && least && !arg.no_weak; c++) {
		if (sum.counts[c] >= least) {
			sum.passed++;
			continue;
		}
		printf("FAILED too weak: %" PRId64 " times `%s` in %d seeds\n",
			sum.counts[c], counter_text(c), sum.runs);
		sum.failed++;
	}
}

static void summary(double cpu)
{
	if (sum.runs < 2 && !arg.trace)
		return;
	for (int c = 0; c < C_COUNT; c++)
		printf("  %8" PRId64 "  %s\n", sum.counts[c], counter_text(c));
	printf("%d seeds, %" PRId64 " operations, %" PRId64 " crashes, %" PRId64
	       " engine turns, %.0f hours of their time\n",
		sum.runs, sum.ops, sum.crashes, sum.turns,
		(double)sum.virtual_ms / 3600e3);
	printf("%.1f CPU s, %.1f seeds per CPU s\n", cpu,
		sum.runs / (cpu > 0 ? cpu : 1));
}

/* Seeds are dealt out to the jobs in turn. */
static int run_mine(void)
{
	for (uint64_t seed = arg.from; seed <= arg.to; seed++) {
		if ((int)(seed % (uint64_t)arg.jobs) != arg.job)
			continue;
		if (run_seed(seed) && arg.until_fail)
			break;
	}
	return 0;
}

/* The simulated world is one per process; several processes share the seeds and
 * hand their sums back through a pipe each. */
static int run_jobs(void)
{
	int fds[64], lost = 0;

	for (int j = 0; j < arg.jobs; j++) {
		int p[2];

		if (pipe(p) < 0)
			return 1;
		fflush(stdout);
		if (fork() == 0) {
			arg.job = j;
			memset(&sum, 0, sizeof(sum));
			run_mine();
			fflush(stdout);
			_exit(write(p[1], &sum, sizeof(sum)) != sizeof(sum));
		}
		close(p[1]);
		fds[j] = p[0];
	}
	for (int j = 0; j < arg.jobs; j++) {
		__typeof__(sum) part;

		if (read(fds[j], &part, sizeof(part)) != sizeof(part)) {
			printf("FAILED: job %d died\n", j);
			sum.failed++;
			lost = 1;
			continue;
		}
		sum.passed += part.passed;
		sum.failed += part.failed;
		sum.runs += part.runs;
		sum.ops += part.ops;
		sum.turns += part.turns;
		sum.crashes += part.crashes;
		sum.virtual_ms += part.virtual_ms;
		for (int c = 0; c < C_COUNT; c++)
			sum.counts[c] += part.counts[c];
	}
	while (wait(NULL) > 0)
		;
	return lost;
}

static double cpu_s(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	parse(argc, argv);
	if (arg.jobs < 1 || arg.jobs > 64)
		usage();
	/* one thread: locks would only cost */
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	vfs_register();
	if (arg.seeds_file)
		run_file(arg.seeds_file);
	if (arg.jobs > 1)
		run_jobs();
	else
		run_mine();
	check_weak();
	summary(cpu_s(RUSAGE_SELF) + cpu_s(RUSAGE_CHILDREN));
	printf("%d passed, %d failed\n", sum.passed, sum.failed);
	return sum.failed != 0;
}
