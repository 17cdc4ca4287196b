/* SPDX-License-Identifier: MIT */
/*
 * The text of what was taken back goes where it was written: a reply to the
 * composer of its case, the form of a new ticket to its customer. What is being
 * written there already is never lost.
 */
#include "app_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/json.h"
#include "galley/base/mem.h"

void desk_draft_key(enum entity e, int64_t id, int note, char out[64])
{
	snprintf(out, 64, "%s:%lld%s", entity_desc(e)->name, (long long)id,
		note ? ":note" : "");
}

/* The form of a new ticket: its arguments are its draft. */
static void create_home(struct desk *d, const struct op *op)
{
	struct json_doc *doc;
	const char *customer;
	char *key;

	if (json_parse(op->args, strlen(op->args), &json_limits_wire, &doc) < 0)
		return;
	customer = json_get_str(json_root(doc), "customer");
	key = xasprintf("create:%s", customer ? customer : "");
	desk_draft(d, key, op->args, 1);
	free(key);
	json_free(doc);
}

/* What is being written there already stays, the other stands behind it. */
static void put_behind(
	struct desk *d, const char *key, const char *text, struct arena *a)
{
	const char *was;

	if (desk_draft_get(d, key, a, &was) == 0)
		text = arena_printf(a, "%s\n\n%s", was, text);
	else
		err_clear();
	desk_draft(d, key, text, 1);
}

void draft_come_home(struct desk *d, const char *uid)
{
	struct arena *a = arena_new();
	char *from = xasprintf("op:%s", uid), to[64];
	const char *text;
	struct op op;

	if (store_op_get(desk_ro(d), uid, a, &op) < 0) {
		err_clear();
	} else if (op.kind == OP_TICKET_CREATE) {
		create_home(d, &op);
		desk_draft(d, from, NULL, 1);
	} else if (store_draft_get(desk_ro(d), from, a, &text) == 0 &&
		   op.target) {
		desk_draft_key(op_desc(op.kind)->target, op.target,
			op.kind == OP_TICKET_NOTE || op.kind == OP_MESSAGE_NOTE,
			to);
		put_behind(d, to, text, a);
		desk_draft(d, from, NULL, 1);
	}
	free(from);
	arena_free(a);
}
