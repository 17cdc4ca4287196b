/* SPDX-License-Identifier: MIT */
/*
 * The cache: one SQLite file that is the only meeting place of people and
 * network. Two types keep the house honest: `struct store_ro` can only read
 * (what panes and listing commands get), `struct store_rw` can also write.
 *
 * Any process may write operations, decisions and drafts (SQLite serialises
 * them); only the one that holds the sender lock may pull and push, so an
 * operation has one sender however many programs are open.
 *
 * Layers: an entity's row is what people see. While operations on it are open,
 * the state the server last showed is kept in `shadow`; a pull replaces the
 * shadow and the open operations are replayed on top; when the last one is
 * done the shadow is the row again and goes.
 *
 * Every function that writes is one transaction unless it says otherwise; the
 * return code of COMMIT is the only truth. Errors: E_DB, E_DISK (full,
 * read-only, broken), E_LIMIT (locked by another), E_CONFIG (newer schema).
 */
#ifndef GALLEY_STORE_STORE_H
#define GALLEY_STORE_STORE_H

#include <stddef.h>
#include <stdint.h>
#include "galley/base/arena.h"
#include "galley/base/clock.h"
#include "galley/base/rnd.h"
#include "galley/model/entity.h"
#include "galley/model/op.h"
#include "galley/model/query.h"

struct store_ro;
struct store_rw;

struct store_opts {
	const char *path;	   /* of the database file */
	const struct clock *clock; /* NULL: the system's */
	struct rnd *rnd;	   /* for ULIDs; NULL: own, system-seeded */
	const char *vfs;	   /* SQLite VFS name, NULL: default */
	int sender;		   /* rw: take the sender lock, do T0 */
	int no_lock;		   /* simulator: no lock file, no dir check */
	int sync_normal;	   /* bulk tools only: synchronous=NORMAL */
	int cache_kib;		   /* 0: 16384 for rw, 8192 for ro */
	const struct store_lock *lock; /* sender: taken before; it passes on */
};

/* What makes one process the sender; taken by itself when the cache is to be
 * opened later. E_LIMIT names the pid of the holder. */
struct store_lock {
	int fd;
	int unclean; /* the last holder did not let go by itself */
};
int store_lock_take(
	const struct store_opts *o, struct store_lock *out) MUST_CHECK;
void store_lock_drop(struct store_lock *l);

/* Opens, creates or migrates (backup first, one transaction). With `sender` it
 * holds the lock file beside it (E_LIMIT names the pid of the holder) and
 * operations found `sending` become `unsure` (T0). */
int store_open_rw(const struct store_opts *o, struct store_rw **out) MUST_CHECK;
void store_close_rw(struct store_rw *rw);
/* E_NOTFOUND when there is no cache yet. */
int store_open_ro(const struct store_opts *o, struct store_ro **out) MUST_CHECK;
void store_close_ro(struct store_ro *ro);
/* What is read until store_let_go() is of one moment, and asks for no locks in
 * between; what was read under a hold before, and nobody has changed, is not
 * read again. Hold it shortly: the log file cannot be cleared meanwhile. E_*: every
 * reading has its own moment, as without. */
int store_hold(struct store_ro *ro);
void store_let_go(struct store_ro *ro);
/* Reading ends with E_CANCEL when `stop` says so: it is asked every few thousand
 * steps, in the reader's thread. NULL: never. */
void store_on_stop(struct store_ro *ro, int (*stop)(void *u), void *u);
/* Reading through the writer's own connection. Borrowed. */
struct store_ro *store_reader(struct store_rw *rw);
/* How many rows it has written since it was opened. */
int64_t store_changes(const struct store_rw *rw);
/* Another number when others have written meanwhile; 0 when not to be had. */
int64_t store_others(struct store_rw *rw);
/* Changes when any connection commits: readers poll it. */
int64_t store_data_version(struct store_ro *ro);

/* --- connectors ------------------------------------------------------------ */

/* Registers an instance name, gives its small number. Idempotent. */
int store_connector(struct store_rw *rw, const char *name, const char *kind,
	int *out) MUST_CHECK;
int store_connector_id(struct store_ro *ro, const char *name, int *out)
	MUST_CHECK;
/* Small facts per connector ("me", "saved", "offset_ms", "generation" ...). */
int store_fact_get(struct store_ro *ro, int connector, const char *key,
	struct arena *a, const char **out) MUST_CHECK; /* E_NOTFOUND */
int store_fact_set(struct store_rw *rw, int connector, const char *key,
	const char *value) MUST_CHECK; /* NULL removes */

/* --- pulling (T4) ---------------------------------------------------------- */

struct store_aside;
struct store_page {
	int connector;
	const char *stream;
	const char *cursor_key; /* "" or the key of a per-key cursor */
	const char *cursor;	/* new cursor, NULL leaves it */
	const char *run;	/* paging position to resume a run; "" ends it,
				   NULL leaves it */
	const struct recs *recs;
	/* touched keys this page answered, at the version asked for */
	const struct store_touch *answered;
	int n_answered;
	int64_t server_ms; /* 0 unknown */
	int64_t generation; /* of a sweep: rows seen are marked with it; 0 none */
	/* streams that read on when this page brought new rows: their fact
	 * "pend:<stream>" becomes "1" in the same transaction; NULL-ended */
	const char *const *wake;
	/* records that cannot be read and that the cursor passes: their rows in
	 * the quarantine are part of the page (quarantine.h) */
	const struct store_aside *aside;
	int n_aside;
};

struct store_touch {
	const char *key;
	const char *version;
};

struct store_page_result {
	int rows_new, rows_changed, rows_same, touches, gone, aliases;
	int ops_done; /* operations whose effect this page showed */
	int bad;      /* records that were refused; they are in the log table */
};

/* Everything of a page, its cursor and its touches in one transaction. A record
 * that cannot be stored is logged and counted, the rest goes on. */
int store_page_apply(struct store_rw *rw, const struct store_page *p,
	struct store_page_result *res) MUST_CHECK;

int store_cursor_get(struct store_ro *ro, int connector, const char *stream,
	const char *key, struct arena *a, const char **cursor,
	const char **run, int64_t *polled_ms) MUST_CHECK; /* E_NOTFOUND */

/* Up to n keys waiting to be fetched by `stream`, oldest first; those that
 * operations wait for come before all others. Returns how many. */
int store_touch_next(struct store_ro *ro, int connector, const char *stream,
	int n, struct arena *a, struct store_touch *out) MUST_CHECK;
int store_touch_count(struct store_ro *ro, int connector, const char *stream,
	int64_t *out) MUST_CHECK;
/* How many of them are `key` (NULL: any key), over all streams. */
int store_touch_waits(struct store_ro *ro, int connector, const char *key,
	int64_t *out) MUST_CHECK;
int store_touch_add(struct store_rw *rw, int connector, const char *stream,
	const char *key, const char *version, int urgent) MUST_CHECK;

/* A full listing is complete: rows of `entity` not marked with `generation`
 * are suspects. Fills up to `max` of them; nothing is deleted on the evidence
 * of a list (the engine fetches each by id). E_LIMIT when they are more than
 * `share_percent` of the rows and more than 20. */
int store_sweep_suspects(struct store_ro *ro, int connector, enum entity e,
	int64_t generation, int share_percent, struct arena *a,
	const char ***rids, int *n) MUST_CHECK;

/* --- full text ------------------------------------------------------------- */

/* Indexes waiting rows for at most `max_ms` (by the clock given at open);
 * `*left` is how many wait still. */
int store_index_slice(struct store_rw *rw, int64_t max_ms, int64_t *left)
	MUST_CHECK;
/* Puts what slices have left in pieces together, for at most `max_ms`; a search
 * asks every piece. Does nothing while that is not worth it. `*left` is 1 when
 * it wants to be called again. For when nothing else is to be done. */
int store_index_merge(struct store_rw *rw, int64_t max_ms, int *left)
	MUST_CHECK;
/* Called every few milliseconds while a slice is made, by whoever makes it: what
 * may not wait so long has its turn. It must leave the store alone. */
void store_on_breath(struct store_rw *rw, void (*breath)(void *u), void *u);
int store_index_left(struct store_ro *ro, int64_t *left) MUST_CHECK;

/* --- outbox ---------------------------------------------------------------- */

struct store_enqueue {
	int connector;
	enum op_kind kind;
	int64_t target; /* local id; 0 for CREATE */
	const char *args;
	int64_t seen;	   /* 0: the newest message of the target now */
	int64_t hold_ms;   /* undo window, or until the time it is for */
	int later;	   /* the person chose that time */
	int64_t expires_ms; /* absolute; 0 none */
	const char *draft; /* draft key to consume, or NULL */
	const char *me;	   /* remote id of the agent, for the overlay */
};

/* T1. The operation, its pending row on screen, the consumed draft and the
 * audit row. The new uid goes to `uid`; for CREATE the local id of the new
 * row goes to `*target` when not NULL. */
int store_op_enqueue(struct store_rw *rw, const struct store_enqueue *e,
	char uid[UID_SIZE], int64_t *target) MUST_CHECK;

struct ops {
	struct arena *arena;
	struct op *v;
	int n;
};
void ops_free(struct ops *o);

/* uid prefix of at least 4 characters is enough when it is unique. */
int store_op_get(struct store_ro *ro, const char *uid, struct arena *a,
	struct op *out) MUST_CHECK; /* E_NOTFOUND, E_INPUT ambiguous */
/* state -1: all open ones. target 0: any. Newest last. */
int store_op_list(struct store_ro *ro, int connector, int state,
	int64_t target, int limit, struct ops *out) MUST_CHECK;
/* Queued operations of a connector whose time has come and that wait for no
 * earlier one of their target, by seq. */
int store_op_ready(struct store_ro *ro, int connector, int64_t now_ms,
	int limit, struct ops *out) MUST_CHECK;
/* The clock was set: `was_ms` has become `now_ms`. What waits goes on waiting
 * for as long as it would have, but for what is to happen at a time of the day;
 * nothing leaves earlier for it. */
int store_clock_set(struct store_rw *rw, int64_t was_ms, int64_t now_ms)
	MUST_CHECK;
/* The next moment at which one becomes ready or must be looked at, or 0. */
int store_op_next_ms(struct store_ro *ro, int connector, int64_t *out)
	MUST_CHECK;

/* T2: compare-and-set queued -> sending with a new attempt. E_CONFLICT when it
 * was no longer queued. Only after success may a byte leave. */
int store_op_arm(struct store_rw *rw, const char *uid, const char *marker,
	const char *baseline, int64_t deadline_ms, int *attempt) MUST_CHECK;

struct store_outcome {
	enum op_state state; /* what it becomes */
	enum op_reason reason;
	const char *error, *evidence, *how;
	const char *result_rid; /* of the effect (message) or of the target (CREATE) */
	const char *result_version;
	int64_t not_before_ms, settle_until_ms;
	int http;
};
/* T3 and T5: compare-and-set on (uid, attempt, from). E_CONFLICT when another
 * step won. Overlay, pending row and audit move with it. */
int store_op_outcome(struct store_rw *rw, const char *uid, int attempt,
	enum op_state from, const struct store_outcome *o) MUST_CHECK;

/* T6: only before the first attempt, or on hold. The text comes back as a
 * draft. E_CONFLICT when it has left. */
int store_op_cancel(struct store_rw *rw, const char *uid) MUST_CHECK;

enum op_decision {
	OPD_SEND_ANYWAY, /* stale, old: queued again, confirmed          */
	OPD_RETRY,	 /* refused, gone, attempts, unknown: send again */
	OPD_MARK_SENT,	 /* unknown, several: a person saw it there      */
	OPD_OURS,	 /* conflict: our value on top of theirs         */
	OPD_THEIRS,	 /* conflict: give ours up                       */
	OPD_DISCARD,	 /* give up, text comes back as a draft          */
};
/* A person's decision about a held operation, audited. */
int store_op_decide(struct store_rw *rw, const char *uid,
	enum op_decision d, const char *who) MUST_CHECK;

/* Remote messages that could be the effect of `op`: same target, same kind and
 * author, above the baseline, same canonical text, not bound to another
 * operation. Returns how many (at most `max`). */
int store_op_candidates(struct store_ro *ro, const struct op *op,
	const char *author, int64_t *ids, int max) MUST_CHECK;
/* The same for who has to decide: of a creation also what has another title or
 * other words by now, newest first; of a message also what has other words,
 * or looks older than the newest one of before. */
int store_op_near(struct store_ro *ro, const struct op *op, const char *author,
	int64_t *ids, int max) MUST_CHECK;
/* Ties a remote message to an operation (T5, "found on server"). */
int store_op_bind(struct store_rw *rw, const char *uid, int64_t message,
	const char *how) MUST_CHECK;

/* The server's values of the target's fields: shadow when there is one, else
 * the row. JSON object in `a`. */
int store_base_values(struct store_ro *ro, enum entity e, int64_t id,
	struct arena *a, const char **json, const char **version) MUST_CHECK;
/* Newest message of a target: local id, remote id (may be NULL), and the newest
 * one that a customer wrote. */
int store_thread_head(struct store_ro *ro, enum entity e, int64_t target,
	struct arena *a, int64_t *newest, const char **newest_rid,
	int64_t *newest_in) MUST_CHECK;

/* That last one alone; 0 when there is none. */
int store_thread_newest_in(struct store_ro *ro, enum entity e, int64_t target,
	int64_t *out) MUST_CHECK;

/* --- drafts ---------------------------------------------------------------- */
int store_draft_put(struct store_rw *rw, const char *key, const char *text)
	MUST_CHECK;
int store_draft_get(struct store_ro *ro, const char *key, struct arena *a,
	const char **text) MUST_CHECK; /* E_NOTFOUND */
int store_draft_drop(struct store_rw *rw, const char *key) MUST_CHECK;
struct draft_row {
	const char *key, *text;
	int64_t at_ms;
};
/* The newest first, at most `limit`; in `a`. */
int store_draft_list(struct store_ro *ro, int limit, struct arena *a,
	struct draft_row **out, int *n) MUST_CHECK;

/* --- marks: what a person says here ------------------------------------------ */

/* "snooze": out of the lists (is:snoozed) until `until_ms`, 0: until the customer
 * writes; a word of the customer ends both. "outdated": an article, and why. One
 * of a kind for a row. Given: entity, id, kind, until_ms, who, text. */
struct store_mark {
	enum entity entity;
	int64_t id;
	const char *kind;
	int64_t at_ms, until_ms;
	int woken; /* a snooze that is over: the row is back */
	const char *who, *text;
};
int store_mark_put(struct store_rw *rw, const struct store_mark *m) MUST_CHECK;
int store_mark_drop(struct store_rw *rw, enum entity e, int64_t id,
	const char *kind) MUST_CHECK;
/* All of a kind on an entity, the newest first; id 0: on any row. */
int store_mark_list(struct store_ro *ro, enum entity e, int64_t id,
	const char *kind, int64_t now_ms, struct arena *a,
	struct store_mark **out, int *n) MUST_CHECK;
/* The next moment after `now_ms` at which a snooze ends by itself; 0 none. */
int store_mark_next_ms(
	struct store_ro *ro, int64_t now_ms, int64_t *out) MUST_CHECK;

/* What came of an article in a case (a ticket or a conversation), said here. It
 * counts once: saying it again replaces it. An article.outcome operation does
 * this by itself; this is for backends that do not take one. */
struct store_verdict {
	int64_t article;
	enum entity entity;
	int64_t id;
	int worked;
	const char *me; /* remote id of the agent, or NULL */
};
int store_verdict_put(
	struct store_rw *rw, const struct store_verdict *v) MUST_CHECK;
/* What was said here: E_NOTFOUND when nothing was. */
int store_verdict_get(struct store_ro *ro, int64_t article, enum entity e,
	int64_t id, int *worked) MUST_CHECK;
/* How often an article was tried and worked, each case once. */
int store_outcomes(struct store_ro *ro, int64_t article, int *worked,
	int *tried) MUST_CHECK;

/* --- log and audit --------------------------------------------------------- */
int store_log(struct store_rw *rw, int level, int connector,
	const char *stream, const char *text) MUST_CHECK;
int store_audit(struct store_rw *rw, const char *who, const char *what,
	const char *object, const char *detail) MUST_CHECK;
/* Checks the hash chain; E_DB names the first bad row. */
int store_audit_verify(struct store_ro *ro, int64_t *rows) MUST_CHECK;

/* --- reading --------------------------------------------------------------- */

/* Rows as columns by field, plus the common ones; strings in the arena. A REF
 * field is its local id in .i and the referenced row's display name in .s
 * (name, number or subject). */
struct row {
	int64_t id;
	int connector;
	const char *rid, *version, *state;
	int64_t seen_ms;
	const char *x;
	int pending; /* open operations on it */
	const char *snippet; /* text query: where it matched, or NULL */
	struct val v[ENTITY_MAX_FIELDS];
};
struct rows {
	struct arena *arena;
	struct arena *under; /* of the strings, when others have them too */
	enum entity entity;
	struct row *v;
	int n;
	int more;    /* there are further rows */
	const char *next; /* opaque key of the next page, or NULL */
};
void rows_free(struct rows *r);

const struct val *row_get(const struct row *r, enum field_id f);

/* A page of rows for a query, by key (never OFFSET). `after` is rows.next of
 * the page before or NULL. `me` resolves owner:me: pairs of connector number
 * and agent rid, ended by connector 0. */
struct store_me {
	int connector;
	const char *rid;
};
int store_query(struct store_ro *ro, const struct query *q,
	const struct store_me *me, int limit, const char *after,
	struct rows *out) MUST_CHECK;
/* How many rows match; exact up to `cap`, else cap + 1. */
int store_query_count(struct store_ro *ro, const struct query *q,
	const struct store_me *me, int64_t cap, int64_t *out) MUST_CHECK;
int store_row(struct store_ro *ro, enum entity e, int64_t id, struct rows *out)
	MUST_CHECK; /* E_NOTFOUND; follows aliases */
/* By remote id; connector 0: any (E_INPUT when several). Follows aliases. */
int store_row_rid(struct store_ro *ro, enum entity e, int connector,
	const char *rid, struct rows *out) MUST_CHECK;
/* What a row is called, without its other fields; strings in `a`. Follows
 * aliases. */
struct row_title {
	int64_t id;
	int connector;
	const char *rid, *title;
};
int store_title(struct store_ro *ro, enum entity e, int64_t id,
	struct arena *a, struct row_title *out) MUST_CHECK;
/* A thread in order, pending messages last. */
int store_thread(struct store_ro *ro, enum entity e, int64_t target, int limit,
	struct rows *out) MUST_CHECK;
/* The files of those messages, in the same order. */
int store_files(struct store_ro *ro, enum entity e, int64_t target, int limit,
	struct rows *out) MUST_CHECK;
/* 1 when there are rows of it at all, 0 when there are none. */
int store_any(struct store_ro *ro, enum entity e) MUST_CHECK;
/* Rows of `child` whose REF field `f` is `id` (files of a message, links and
 * tickets of ..., identities of a customer). */
int store_children(struct store_ro *ro, enum field_id f, int64_t id, int limit,
	struct rows *out) MUST_CHECK;
/* Customers of a connector by a part of their names, or three characters and
 * more of a contact or of their ids; who is called so first. For who is
 * choosing one. */
int store_customers_by(struct store_ro *ro, int connector, const char *text,
	int limit, struct rows *out) MUST_CHECK;
/* Full text over tickets, messages, articles, customers, newest first; each hit
 * is the entity's row with .snippet set. */
int store_search(struct store_ro *ro, const struct query *q,
	const struct store_me *me, int limit, struct rows *tickets,
	struct rows *messages, struct rows *articles, struct rows *customers)
	MUST_CHECK;

struct queue_count {
	int connector;
	int64_t queue;
	const char *queue_name;
	const char *status;
	int64_t n;
};
int store_queue_counts(struct store_ro *ro, struct arena *a,
	struct queue_count **out, int *n) MUST_CHECK;

struct log_row {
	int64_t id, at_ms;
	int level;
	const char *connector, *stream, *text;
};
int store_log_list(struct store_ro *ro, int limit, struct arena *a,
	struct log_row **out, int *n) MUST_CHECK;
struct audit_row {
	int64_t id, at_ms;
	const char *who, *what, *object, *detail, *hash;
};
int store_audit_list(struct store_ro *ro, int limit, struct arena *a,
	struct audit_row **out, int *n) MUST_CHECK;

/* Counts of rows per entity, sizes, schema, index state: for doctor. */
int store_stats(struct store_ro *ro, struct buf *json) MUST_CHECK;
/* The version of SQLite that runs, linked in or not. */
const char *store_sqlite(void);

/* --- care ------------------------------------------------------------------ */
int store_backup(struct store_ro *ro, const char *path) MUST_CHECK;
/* The file with its indexes, references, full-text index, audit chain. */
int store_check(struct store_ro *ro) MUST_CHECK;
/* Closed tickets and conversations that have not changed for age_ms leave the
 * cache, at most `max` in one transaction, never one with a draft or an open
 * operation. Their remote ids stay: a later version brings them back. `*gone`:
 * how many. */
int store_retain_slice(struct store_rw *rw, int64_t age_ms, int max, int *gone)
	MUST_CHECK;
/* Copies what can be read of a bent file into a new one: outbox, drafts and
 * audit first. `report` gets one line per table. */
int store_salvage(const char *bent, const char *fresh, struct buf *report)
	MUST_CHECK;
/* Removes a customer's data with proof: rows, full text, WAL. */
int store_erase_customer(struct store_rw *rw, int64_t customer,
	const char *who) MUST_CHECK;

#endif
