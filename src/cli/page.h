/* SPDX-License-Identifier: MIT */
/*
 * Pieces that several sub-commands share.
 */
#ifndef GALLEY_CLI_PAGE_H
#define GALLEY_CLI_PAGE_H

#include "cli_priv.h"
#include "galley/base/json.h"

/* The name of what a remote id stands for, or the id itself. */
const char *ref_words(struct cli *c, const struct field_desc *f, int connector,
	const char *rid);
/* A JSON value of a field for people; `f` may be NULL. */
const char *value_words(struct cli *c, const struct field_desc *f,
	int connector, const struct json *v);

/* What is wrong with a held operation and what a person can do. */
void op_hint(struct cli *c, const struct op *op);
/* What the backends cannot show; for people nothing when there is nothing. */
int quarantine_say(struct cli *c, struct store_ro *ro) MUST_CHECK;
/* Operations as a list of the printer. */
int ops_json(struct cli *c, const char *key, const struct ops *ops) MUST_CHECK;

#endif
