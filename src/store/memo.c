/* SPDX-License-Identifier: MIT */
/*
 * While a reader is held, what was read is true until it is let go: the panes
 * of a bench ask for the same case, thread and lists of a customer, and only
 * the first of them reads the file. Who asks again gets rows of his own over
 * the same strings. Nothing is kept for longer, nothing is kept without a hold.
 */
#include "store_priv.h"

#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"

struct memo {
	struct memo *next;
	enum memo_kind kind;
	int of; /* an entity or a field */
	int64_t id;
	struct rows rows;
};

static struct rows shared(const struct rows *r)
{
	struct rows copy = *r;
	size_t size = (size_t)r->n * sizeof(*r->v);

	copy.arena = arena_share(r->arena);
	if (r->n) {
		copy.v = arena_alloc(r->arena, size);
		memcpy(copy.v, r->v, size);
	}
	return copy;
}

/* A list that had more than was asked for answers nobody else. */
int memo_find(struct store_ro *ro, enum memo_kind kind, int of, int64_t id,
	int limit, struct rows *out)
{
	const struct memo *m;

	for (m = ro->memo; m; m = m->next) {
		if (m->kind != kind || m->of != of || m->id != id ||
			m->rows.more || (limit > 0 && m->rows.n > limit))
			continue;
		*out = shared(&m->rows);
		return 1;
	}
	return 0;
}

void memo_keep(struct store_ro *ro, enum memo_kind kind, int of, int64_t id,
	const struct rows *rows)
{
	struct memo *m;

	if (!ro->held)
		return;
	m = xmalloc(sizeof(*m));
	*m = (struct memo){ro->memo, kind, of, id, shared(rows)};
	ro->memo = m;
}

static void forget(struct store_ro *ro)
{
	struct memo *m;

	while ((m = ro->memo)) {
		ro->memo = m->next;
		rows_free(&m->rows);
		free(m);
	}
}

int store_hold(struct store_ro *ro)
{
	int rc = db_read_begin(&ro->db);

	if (rc == 0)
		ro->held++;
	return rc;
}

void store_let_go(struct store_ro *ro)
{
	if (!ro->held)
		return;
	if (--ro->held == 0)
		forget(ro);
	db_read_end(&ro->db);
}
