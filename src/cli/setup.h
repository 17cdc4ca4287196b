/* SPDX-License-Identifier: MIT */
/*
 * The commands of the "Setting up" group, one file each.
 */
#ifndef GALLEY_CLI_SETUP_H
#define GALLEY_CLI_SETUP_H

#include "cli_priv.h"

extern const struct opt init_opts[], doctor_opts[];

int cmd_init(struct cli *c);
int cmd_doctor(struct cli *c);
int cmd_connector(struct cli *c);
int cmd_check(struct cli *c);

#endif
