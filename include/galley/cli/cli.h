/* SPDX-License-Identifier: MIT */
/*
 * The command line: `galley COMMAND ...`. Returns the exit status.
 */
#ifndef GALLEY_CLI_CLI_H
#define GALLEY_CLI_CLI_H

int cli_main(int argc, char **argv);
/* The process ends after cli_main(): what is only read need not be closed. */
void cli_ends_process(void);

#endif
