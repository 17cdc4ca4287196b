/* SPDX-License-Identifier: MIT */
/*
 * race N OURS... -- PEER...
 *
 * Whole processes in turn, N times each after two rounds to warm up; prints
 * the medians of their wall time in ms from before the start to after the end.
 * Their output goes to /dev/null. A command that fails ends the race: a fast
 * error is no result.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "galley/base/mem.h"

#define WARM_UP 2

static double run(char **argv)
{
	posix_spawn_file_actions_t fa;
	double start = bench_wall_s(), took;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, argv[0], &fa, NULL, argv, environ) != 0 ||
		waitpid(pid, &status, 0) != pid)
		bench_die("race: cannot run %s", argv[0]);
	took = bench_wall_s() - start;
	posix_spawn_file_actions_destroy(&fa);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		bench_die("race: %s failed with status %d", argv[0],
			WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return took * 1000;
}

int main(int argc, char **argv)
{
	int n = argc > 4 ? (int)bench_number(argv[1]) : 0, at = 2;
	double *ours, *peer;

	while (at < argc && strcmp(argv[at], "--") != 0)
		at++;
	if (n < 1 || at + 1 >= argc)
		bench_die("usage: race N OURS... -- PEER...");
	argv[at] = NULL;
	ours = xcalloc((size_t)n, sizeof(*ours));
	peer = xcalloc((size_t)n, sizeof(*peer));
	for (int i = -WARM_UP; i < n; i++) {
		double a = run(argv + 2), b = run(argv + at + 1);

		if (i < 0)
			continue;
		ours[i] = a;
		peer[i] = b;
	}
	bench_value("ours_ms", bench_median(ours, n));
	bench_value("peer_ms", bench_median(peer, n));
	free(ours);
	free(peer);
	return 0;
}
