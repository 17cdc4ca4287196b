/* SPDX-License-Identifier: MIT */
/*
 * Files whose kind is told by the end of their names: scenarios, situation
 * rules, keys, themes. Apart from cli_priv.h, whose commands are others than
 * those of key files.
 */
#ifndef GALLEY_CLI_CHECK_H
#define GALLEY_CLI_CHECK_H

#include <stddef.h>
#include "galley/base/err.h"

/* 1 when there is such a kind; what came of it goes to `*rc`, with the message
 * in err_msg(). */
int check_by_name(const char *file, const char *text, size_t len, int *rc);

#endif
