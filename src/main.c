/* SPDX-License-Identifier: MIT */
/*
 * The entry: makes the process safe, sets the language, hands over to the
 * workstation or to the command line. Nothing else belongs here.
 */
#include <string.h>
#include <unistd.h>
#include "galley/base/harden.h"
#include "galley/base/i18n.h"
#include "galley/bench/bench.h"
#include "galley/cli/cli.h"

static int wants_bench(int argc, char **argv)
{
	/* options that only it has */
	static const char *const words[] = {"bench", "demo", "--linear",
		"--bench", "--theme", "--read-only"};

	if (argc < 2)
		return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(argv[1], words[i]))
			return 1;
	return argv[1][0] == ':';
}

int main(int argc, char **argv)
{
	harden_process();
	i18n_init();
	if (wants_bench(argc, argv))
		return bench_main(argc, argv);
	cli_ends_process();
	return cli_main(argc, argv);
}
