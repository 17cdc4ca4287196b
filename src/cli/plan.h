/* SPDX-License-Identifier: MIT */
/*
 * A plan: one operation on many targets, as data, as a file, applied once.
 */
#ifndef GALLEY_CLI_PLAN_H
#define GALLEY_CLI_PLAN_H

#include "cli_priv.h"
#include "galley/base/json.h"

#define MAX_ITEMS   10000
#define MAX_CHANGES 64

struct item {
	const char *target;
	const char *args; /* JSON */
	enum op_kind kind;
	const char *inverse; /* JSON args of the way back, or NULL */
	enum op_kind inverse_kind;
	const char *title;
};

/* "status: open -> resolved" and how often. */
struct change {
	const char *text;
	int n;
};

struct plan {
	struct cli *c;
	char id[UID_SIZE];
	const char *query;
	enum op_kind kind;
	const char *args;
	struct item *items;
	int n, cap, unchanged;
	struct change changes[MAX_CHANGES];
	int n_changes;
	struct json_doc *args_doc;
	int from_file;
};

void plan_add(struct plan *p, const struct item *it);
void plan_count(struct plan *p, const char *text);
/* The plan, or with `inverse` the one that turns it round, to a file. */
int plan_save(const struct plan *p, const char *file, int inverse) MUST_CHECK;
int plan_read(struct plan *p, const char *file) MUST_CHECK;
/* Where plans are kept. In the arena. */
int plan_file(struct cli *c, const char *id, const char *suffix,
	const char **out) MUST_CHECK;
/* Queues what has not been queued yet. Exit status or E_*. */
int plan_apply(struct plan *p) MUST_CHECK;

#endif
