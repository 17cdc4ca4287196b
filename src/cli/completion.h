/* SPDX-License-Identifier: MIT */
/*
 * Completion scripts for shells, from the table of commands.
 */
#ifndef GALLEY_SRC_CLI_COMPLETION_H
#define GALLEY_SRC_CLI_COMPLETION_H

#include <stdio.h>
#include "galley/base/err.h"

/* "bash", "zsh" or "fish"; E_INPUT for others. */
int completion_print(const char *shell, FILE *out) MUST_CHECK;

#endif
