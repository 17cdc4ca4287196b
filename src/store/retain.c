/* SPDX-License-Identifier: MIT */
/*
 * Retention: closed tickets and conversations that nobody has touched for long
 * leave the cache, a few in each transaction. The backend is not asked and not
 * told. What stays is the remote id, so that references hold and a later
 * version from the backend lands on the same row again. It never takes anything
 * that a person has open here: a draft, an operation, a row that waits.
 */
#include "store_priv.h"

#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"
#include "galley/base/timefmt.h"

struct retain {
	struct store_rw *rw;
	int64_t before_ms;
	struct arena *a;
	int64_t *ids;
	int n, cap;
};

/* ?1: older than this, ?2: how many. The draft of a text that was not queued
 * is named after its ticket: by the command line as a person names it ("reply
 * rt:11"), by the workstation by its row ("ticket:42"); that of one taken back
 * after the operation. */
#define DUE(e, more)                                                           \
	"SELECT t.id FROM " e " t WHERE t.state = 0 AND t.updated < ?1 "       \
	"AND t.phase NOT IN ('new', 'open', 'waiting') AND t.rid NOT NULL "    \
	"AND NOT EXISTS (SELECT 1 FROM op WHERE open = 1 AND entity = '" e     \
	"' AND target = t.id) "                                                \
	"AND NOT EXISTS (SELECT 1 FROM shadow WHERE entity = '" e              \
	"' AND id = t.id) "                                                    \
	"AND NOT EXISTS (SELECT 1 FROM message m WHERE m." e                   \
	" = t.id AND m.rid IS NULL AND m.state = 0) "                          \
	"AND NOT EXISTS (SELECT 1 FROM draft d WHERE "                         \
	"substr(d.key, -1 - length(t.rid)) IN (' ' || t.rid, ':' || t.rid) "   \
	"OR d.key IN ('" e ":' || t.id, '" e ":' || t.id || ':note') "         \
	"OR d.key IN (SELECT 'op:' || uid FROM op WHERE entity = '" e          \
	"' AND target = t.id)) " more "ORDER BY t.updated LIMIT ?2"
/* What was promised in it and is not kept yet is not over. */
#define UNPROMISED                                                             \
	"AND NOT EXISTS (SELECT 1 FROM promise p WHERE p.ticket = t.id "       \
	"AND p.state = 0 AND p.status = 'open') "

/* What hangs on one, before what it hangs on. ?1: its id. */
static const struct {
	enum entity of, e;
	const char *sql;
} parts[] = {
	{ENT_TICKET, ENT_FILE,
		"SELECT id FROM file WHERE message IN "
		"(SELECT id FROM message WHERE ticket = ?1)"},
	{ENT_TICKET, ENT_CSAT, "SELECT id FROM csat WHERE ticket = ?1"},
	{ENT_TICKET, ENT_LINK, "SELECT id FROM link WHERE ticket = ?1"},
	{ENT_TICKET, ENT_MESSAGE, "SELECT id FROM message WHERE ticket = ?1"},
	{ENT_CONVERSATION, ENT_FILE,
		"SELECT id FROM file WHERE message IN "
		"(SELECT id FROM message WHERE conversation = ?1)"},
	{ENT_CONVERSATION, ENT_CSAT,
		"SELECT id FROM csat WHERE conversation = ?1"},
	{ENT_CONVERSATION, ENT_MESSAGE,
		"SELECT id FROM message WHERE conversation = ?1"},
};

static int collect(struct retain *x, const char *sql, const char *fmt,
	int64_t p1, int limit)
{
	struct db *d = rw_db(x->rw);
	sqlite3_stmt *st;
	int rc = db_query(d, &st, sql, fmt, p1, limit);

	x->n = 0;
	if (rc < 0)
		return rc;
	while ((rc = db_step(d, st)) > 0) {
		if (x->n == x->cap) {
			x->cap = x->cap ? x->cap * 2 : 64;
			x->ids = xreallocarray(
				x->ids, (size_t)x->cap, sizeof(*x->ids));
		}
		x->ids[x->n++] = sqlite3_column_int64(st, 0);
	}
	db_end(d, st);
	return rc;
}

/* Its text would have to be fetched anew, should it ever come again. */
static int forget_touch(struct retain *x, enum entity e, int64_t id)
{
	struct img im;
	int rc;

	arena_reset(x->a);
	rc = img_by_id(rw_db(x->rw), e, id, x->a, &im);
	if (rc > 0 && im.rid)
		rc = db_run(rw_db(x->rw),
			"DELETE FROM touch WHERE connector = ? AND key = ? "
			"AND waiting = 0",
			"dt", im.connector, im.rid);
	return rc < 0 ? rc : 0;
}

static int drop_parts(struct retain *x, enum entity of, int64_t id)
{
	size_t k;
	int i, rc = 0;

	for (k = 0; k < ARRAY_SIZE(parts) && rc >= 0; k++) {
		if (parts[k].of != of)
			continue;
		rc = collect(x, parts[k].sql, "i", id, 0);
		for (i = 0; i < x->n && rc >= 0; i++) {
			if (parts[k].e == ENT_MESSAGE)
				rc = forget_touch(x, ENT_MESSAGE, x->ids[i]);
			if (rc >= 0)
				rc = row_blank(x->rw, parts[k].e, x->ids[i]);
		}
	}
	return rc < 0 ? rc : 0;
}

/* Only what refers to it and what would bring it back is kept. */
static int shrink(
	struct retain *x, enum entity e, int64_t id, struct buf *names)
{
	struct img old, now;
	int i, rc;

	arena_reset(x->a);
	rc = img_by_id(rw_db(x->rw), e, id, x->a, &old);
	if (rc <= 0)
		return rc;
	now = (struct img){.id = id,
		.connector = old.connector,
		.rid = old.rid,
		.state = ROW_STUB,
		.seen = old.seen};
	for (i = 0; i < ENTITY_MAX_FIELDS; i++)
		now.v[i].kind = VAL_NULL;
	buf_addf(names, "%s%s", names->len ? " " : "", old.rid);
	return img_update(x->rw, e, &old, &now);
}

static int drop_one(
	struct retain *x, enum entity e, int64_t id, struct buf *names)
{
	int rc = drop_parts(x, e, id);

	/* finished operations carry texts too; that they were is kept */
	if (rc == 0)
		rc = db_run(rw_db(x->rw),
			"UPDATE op SET args = '{}', base = NULL, error = NULL, "
			"evidence = NULL WHERE entity = ? AND target = ? "
			"AND open = 0",
			"ti", entity_desc(e)->name, id);
	if (rc >= 0)
		rc = db_run(rw_db(x->rw),
			"DELETE FROM mark WHERE entity = ? AND id = ?", "ti",
			entity_desc(e)->name, id);
	if (rc >= 0)
		rc = shrink(x, e, id, names);
	return rc < 0 ? rc : 0;
}

static int drop_due(struct retain *x, enum entity e, int max, int *gone)
{
	const char *sql = e == ENT_TICKET ? DUE("ticket", UNPROMISED)
					  : DUE("conversation", "");
	struct buf names = BUF_INIT, detail = BUF_INIT;
	char before[TIME_ISO_SIZE];
	int64_t *due;
	int i, n, rc = collect(x, sql, "id", x->before_ms, max);

	if (rc < 0 || !x->n)
		return rc;
	n = x->n;
	due = xcalloc((size_t)n, sizeof(*due));
	memcpy(due, x->ids, (size_t)n * sizeof(*due));
	for (i = 0; i < n && rc == 0; i++)
		rc = drop_one(x, e, due[i], &names);
	free(due);
	if (rc == 0) {
		time_iso(x->before_ms, before);
		buf_addf(&detail, "closed, unchanged since %s: %s", before,
			buf_str(&names));
		rc = audit_add(x->rw, "galley", "retention",
			entity_desc(e)->name, buf_str(&detail));
	}
	buf_fini(&names);
	buf_fini(&detail);
	if (rc == 0)
		*gone += n;
	return rc;
}

/* A clock that jumped ahead must not empty the cache: time is no later than
 * the newest thing that the backends have shown. */
static int limit_by_news(struct retain *x, int64_t age_ms)
{
	int64_t news = 0;
	int rc = db_int(rw_db(x->rw), &news,
		"SELECT max(ifnull((SELECT max(updated) FROM ticket WHERE "
		"state = 0), 0), ifnull((SELECT max(updated) FROM conversation "
		"WHERE state = 0), 0))",
		"");

	x->before_ms = (news < x->rw->now ? news : x->rw->now) - age_ms;
	return rc < 0 ? rc : 0;
}

int store_retain_slice(struct store_rw *rw, int64_t age_ms, int max, int *gone)
{
	struct retain x = {.rw = rw};
	int n = 0, rc = tx_begin(rw);

	if (rc < 0)
		return rc;
	x.a = arena_new();
	rc = limit_by_news(&x, age_ms);
	if (rc == 0)
		rc = drop_due(&x, ENT_TICKET, max, &n);
	if (rc == 0 && n < max)
		rc = drop_due(&x, ENT_CONVERSATION, max - n, &n);
	rc = tx_end(rw, rc);
	arena_free(x.a);
	free(x.ids);
	if (rc == 0)
		*gone = n;
	return rc;
}
