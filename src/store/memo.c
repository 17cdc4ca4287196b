/* SPDX-License-Identifier: MIT */
/*
 * What was read while a reader is held is read once: the panes of a bench ask
 * for the same case, thread and lists of a customer, and a person goes to and
 * fro between few cases. Who asks again gets rows of his own over the same
 * strings. It is true as long as no connection has written: every hold looks,
 * and then forgets all of it. Nothing is kept without a hold, and of what is
 * kept the oldest goes when it is more than a few cases.
 */
#include "store_priv.h"

#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"

#define MEMO_SLOTS 256
#define MEMO_BYTES (1024 * 1024)

struct memo {
	struct memo *next;  /* in its slot */
	struct memo *newer; /* of all */
	enum memo_kind kind;
	int of; /* an entity or a field */
	int64_t id;
	int limit;
	struct rows rows; /* no arena: there are none */
	char *text;
	int64_t number;
	size_t bytes;
};

struct memos {
	struct memo *slot[MEMO_SLOTS];
	struct memo *oldest, *newest;
	size_t bytes;
	int64_t version;
};

static struct memo **slot_of(
	struct memos *all, enum memo_kind kind, int of, int64_t id)
{
	uint64_t h = (uint64_t)id * 31 + (uint64_t)of * 8 + (uint64_t)kind;

	return &all->slot[h % MEMO_SLOTS];
}

/* Rows that may be sorted and freed; the strings are those of `r`. */
static struct rows shared(const struct rows *r)
{
	struct rows copy = *r;
	size_t size = (size_t)r->n * sizeof(*r->v);

	copy.arena = arena_new();
	copy.under = r->arena ? arena_share(r->arena) : NULL;
	if (r->n) {
		copy.v = arena_alloc(copy.arena, size);
		memcpy(copy.v, r->v, size);
	}
	return copy;
}

/* A list that had more than was asked for answers the same question only, and
 * the files of so many messages are no list of so many. */
static int answers(const struct memo *m, int limit)
{
	if (m->limit == limit)
		return 1;
	return m->kind != MEMO_FILES && !m->rows.more &&
	       (limit <= 0 || m->rows.n <= limit);
}

static const struct memo *find(
	struct db *d, enum memo_kind kind, int of, int64_t id, int limit)
{
	const struct memo *m = NULL;

	if (d->held)
		m = *slot_of(d->memos, kind, of, id);
	while (m && (m->kind != kind || m->of != of || m->id != id ||
			    !answers(m, limit)))
		m = m->next;
	return m;
}

int memo_find(struct db *d, enum memo_kind kind, int of, int64_t id, int limit,
	struct rows *out)
{
	const struct memo *m = find(d, kind, of, id, limit);

	if (m)
		*out = shared(&m->rows);
	return m != NULL;
}

int memo_find_text(struct db *d, enum memo_kind kind, int of, int64_t id,
	struct arena *a, const char **text)
{
	const struct memo *m = find(d, kind, of, id, 0);

	if (m)
		*text = arena_strdup(a, m->text);
	return m != NULL;
}

int memo_find_number(
	struct db *d, enum memo_kind kind, int of, int64_t id, int64_t *number)
{
	const struct memo *m = find(d, kind, of, id, 0);

	if (m)
		*number = m->number;
	return m != NULL;
}

static void drop_oldest(struct memos *all)
{
	struct memo *m = all->oldest,
		    **at = slot_of(all, m->kind, m->of, m->id);

	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	all->oldest = m->newer;
	if (!all->oldest)
		all->newest = NULL;
	all->bytes -= m->bytes;
	rows_free(&m->rows);
	free(m->text);
	free(m);
}

/* NULL: nothing is kept. */
static struct memo *keep(struct db *d, const struct memo *what)
{
	struct memos *all = d->memos;
	struct memo *m, **at;

	if (!d->held)
		return NULL;
	m = xmalloc(sizeof(*m));
	*m = *what;
	at = slot_of(all, m->kind, m->of, m->id);
	m->next = *at;
	*at = m;
	if (all->newest)
		all->newest->newer = m;
	else
		all->oldest = m;
	all->newest = m;
	m->bytes = sizeof(*m) + (m->text ? strlen(m->text) : 0) +
		   (m->rows.arena ? arena_size_bytes(m->rows.arena) : 0);
	all->bytes += m->bytes;
	while (all->bytes > MEMO_BYTES && all->oldest != m)
		drop_oldest(all);
	return m;
}

void memo_keep(struct db *d, enum memo_kind kind, int of, int64_t id, int limit,
	struct rows *rows)
{
	struct memo m = {.kind = kind, .of = of, .id = id, .limit = limit};

	m.rows = *rows;
	if (!rows->n)
		m.rows.arena = NULL;
	if (keep(d, &m) && rows->n)
		*rows = shared(&m.rows);
}

void memo_keep_text(
	struct db *d, enum memo_kind kind, int of, int64_t id, const char *text)
{
	struct memo m = {.kind = kind, .of = of, .id = id};

	if (!d->held)
		return;
	m.text = xstrdup_null(text);
	(void)keep(d, &m);
}

void memo_keep_number(
	struct db *d, enum memo_kind kind, int of, int64_t id, int64_t number)
{
	(void)keep(
		d, &(struct memo){
			   .kind = kind, .of = of, .id = id, .number = number});
}

void memo_forget(struct db *d)
{
	while (d->memos && d->memos->oldest)
		drop_oldest(d->memos);
	FREE(&d->memos);
}

int store_hold(struct store_ro *ro)
{
	struct db *d = &ro->db;
	int64_t version;
	int rc = db_read_begin(d);

	if (rc < 0 || d->held++)
		return rc;
	/* it also begins the moment */
	version = store_data_version(ro);
	if (version < 0 || (d->memos && d->memos->version != version))
		memo_forget(d);
	if (!d->memos)
		d->memos = xcalloc(1, sizeof(*d->memos));
	d->memos->version = version;
	return 0;
}

void store_let_go(struct store_ro *ro)
{
	if (!ro->db.held)
		return;
	ro->db.held--;
	db_read_end(&ro->db);
}
