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
		"--bench", "--theme", "--read-only", "--no-color"};
	const char *word = argc < 2 ? "" : argv[1];
	size_t len = strcspn(word, "=");

	if (argc < 2)
		return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	if (!strcmp(word, "help")) /* galley help demo */
		return argc > 2 && argv[2][0] != '-' &&
		       wants_bench(2, argv + 1);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == len && !strncmp(word, words[i], len))
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
