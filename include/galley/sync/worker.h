/* SPDX-License-Identifier: MIT */
/*
 * The worker thread: owns the network and every write to the cache. Requests go
 * in by one ring, changes come out by another; each message owns what it
 * carries and is freed by its receiver.
 */
#ifndef GALLEY_SYNC_WORKER_H
#define GALLEY_SYNC_WORKER_H

#include "galley/sync/host.h"

struct worker;

enum work_kind {
	WORK_ENQUEUE, /* an operation */
	WORK_CANCEL,  /* undo */
	WORK_DECIDE,
	WORK_DRAFT,
	WORK_WANT, /* pull, push, full */
	WORK_FETCH, /* the file `key` of `connector` to `path`; answered when it
		       is there or will not come */
	/* on the cache alone: work_local() */
	WORK_MARK,    /* word: its kind */
	WORK_UNMARK,
	WORK_VERDICT, /* article `target` in the case entity, id */
	WORK_AUDIT,   /* word, key (what it is about), text */
};
struct work {
	enum work_kind kind;
	uint64_t ticket; /* the asker's number, comes back */
	char *connector;
	enum op_kind op;
	int64_t target, seen, hold_ms;
	int later;
	char *args, *uid, *draft_key, *text, *who;
	enum entity entity;
	int64_t id, until_ms;
	char *word, *key, *path;
	int worked;
	enum op_decision decision;
	unsigned want;
};
struct work *work_new(enum work_kind k);
void work_free(struct work *w);

/* What touches the cache only, by whoever has the writer. */
int work_local(struct store_rw *rw, const struct work *w) MUST_CHECK;

struct news {
	enum { NEWS_ANSWER, NEWS_EVENT, NEWS_FAILED } kind;
	uint64_t ticket;
	int code;    /* of an answer: 0 or E_* */
	char *text;  /* error or event text */
	char *uid;   /* of the operation */
	int64_t target;
	uint64_t topics;
	enum engine_event_kind event;
	enum op_state op_state;
	enum op_reason op_reason;
	enum conn_state conn_state;
	int connector;
	int64_t done, total;
};
void news_free(struct news *n);

/* Copies what it needs of `a`; manifests must outlive the worker. Waits until
 * the cache is open (or fails with its error), or is locked when it is opened
 * late: then NEWS_FAILED says what is wrong, and it is tried again. */
int worker_start(const struct host_args *a, struct worker **out) MUST_CHECK;
/* Finishes the transaction under way, stops, joins. */
void worker_stop(struct worker *w);
/* E_LIMIT when the ring is full: `work` stays the caller's. */
int worker_send(struct worker *w, struct work *work) MUST_CHECK;
/* Poll this descriptor, then take until NULL. */
int worker_fd(const struct worker *w);
struct news *worker_next(struct worker *w);

#endif
