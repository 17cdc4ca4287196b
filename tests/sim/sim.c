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
#include <time.h>

static struct {
	uint64_t from, to;
	const char *seeds_file;
	int trace, ops, until_fail, no_weak, quiet;
	const char *self, *mutant;
} arg = {.from = 1, .to = 1};

static struct {
	int passed, failed, runs;
	int64_t counts[C_COUNT];
	int64_t ops, turns, crashes, virtual_ms;
} sum;

static void usage(void)
{
	fputs("usage: sim [--seed N | --seeds A-B] [--file SEEDS] [--ops N]\n"
	      "           [--trace] [--until-fail] [--no-weak] [--mutant NAME]\n",
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
		} else if (!strcmp(argv[i - 1], "--mutant")) {
			arg.mutant = v;
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
	struct sim *s = one(seed, arg.ops, arg.trace);
	int failed = s->failed;

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

static void summary(double cpu_s)
{
	if (sum.runs < 2 && !arg.trace)
		return;
	for (int c = 0; c < C_COUNT; c++)
		printf("  %8" PRId64 "  %s\n", sum.counts[c], counter_text(c));
	printf("%d seeds, %" PRId64 " operations, %" PRId64 " crashes, %" PRId64
	       " engine turns, %.0f hours of their time\n",
		sum.runs, sum.ops, sum.crashes, sum.turns,
		(double)sum.virtual_ms / 3600e3);
	printf("%.1f CPU s, %.1f seeds per CPU s\n", cpu_s,
		sum.runs / (cpu_s > 0 ? cpu_s : 1));
}

int main(int argc, char **argv)
{
	parse(argc, argv);
	/* one thread: locks would only cost */
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	vfs_register();
	if (arg.seeds_file)
		run_file(arg.seeds_file);
	for (uint64_t seed = arg.from; seed <= arg.to; seed++)
		if (run_seed(seed) && arg.until_fail)
			break;
	check_weak();
	summary((double)clock() / CLOCKS_PER_SEC);
	printf("%d passed, %d failed\n", sum.passed, sum.failed);
	return sum.failed != 0;
}
