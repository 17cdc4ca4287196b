/* SPDX-License-Identifier: MIT */
/*
 * The entry: makes the process safe, sets the language, hands over to the
 * command line. Nothing else belongs here.
 */
#include "galley/base/harden.h"
#include "galley/base/i18n.h"
#include "galley/cli/cli.h"

int main(int argc, char **argv)
{
	harden_process();
	i18n_init();
	return cli_main(argc, argv);
}
