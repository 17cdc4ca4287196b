/* SPDX-License-Identifier: MIT */
/*
 * Whose tickets are to become one. It says, and refuses nothing: the person may
 * know that two customers are the same one.
 */
#include "galley/app/merge.h"

/* 0: nobody is known. */
static int64_t customer_of(struct store_ro *ro, int64_t ticket, struct arena *a,
	const char **name)
{
	const struct val *v;
	struct rows rows;
	int64_t id = 0;

	*name = "?";
	if (store_row(ro, ENT_TICKET, ticket, &rows) < 0) {
		err_clear();
		return 0;
	}
	v = row_get(&rows.v[0], FID_TICKET_CUSTOMER);
	if (v->kind == VAL_INT)
		id = v->i;
	if (v->s && *v->s)
		*name = arena_strdup(a, v->s);
	rows_free(&rows);
	return id;
}

int merge_differs(struct store_ro *ro, int64_t one, int64_t other,
	struct arena *a, const char **whose, const char **others)
{
	int64_t x = customer_of(ro, one, a, whose);
	int64_t y = customer_of(ro, other, a, others);

	return x && y && x != y;
}
