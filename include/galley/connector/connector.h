/* SPDX-License-Identifier: MIT */
/*
 * A connector as the engine sees it: a description (streams to pull,
 * operations it can do) and asynchronous jobs. The engine knows no HTTP, the
 * connector knows no store. The manifest interpreter (manifest.h) is one
 * implementation, built-in drivers and the simulator are others.
 */
#ifndef GALLEY_CONNECTOR_CONNECTOR_H
#define GALLEY_CONNECTOR_CONNECTOR_H

#include <stdint.h>
#include "galley/base/clock.h"
#include "galley/model/entity.h"
#include "galley/model/op.h"

enum stream_by {
	BY_TIME,  /* every_s */
	BY_TOUCH, /* when keys were touched, `batch` at a time */
	BY_KEY,	  /* one key, on demand (refetch, missing keys) */
};

enum cursor_type { CUR_NONE, CUR_INT, CUR_TIME, CUR_TOKEN, CUR_CLOCK };

struct stream_desc {
	const char *name;
	enum stream_by by;
	int every_s;
	const char *after;   /* runs when that stream brought something, else at
				its own every_s; NULL: only its own time */
	const char *guard;   /* runs when that guard's value changed */
	/* CUR_INT: a decimal number; CUR_TIME and CUR_CLOCK: epoch ms as a
	 * decimal number; CUR_TOKEN: opaque */
	enum cursor_type cursor;
	int cursor_per_key;
	const char *cursor_init; /* text, or NULL */
	int64_t overlap;     /* subtracted from int cursors; ms for times */
	int commit_per_run;  /* cursor moves only when the run is complete */
	int64_t retention_s; /* older cursors mean a full resync; 0 none */
	int batch;
	const char *missing; /* BY_TOUCH: keys that did not come back go there */
	int sweep;	     /* 1: a full listing whose absentees are checked
				by `missing` */
	/* records in a page, when fewer can be asked for, at any place of it;
	 * 0: the page is what it is */
	int page_size;
	int numbered; /* such a page's position is an int cursor, and the next
			 page is what is above it */
	enum entity entity;  /* what the rows, or the keys of BY_TOUCH and
				BY_KEY, are; ENT_COUNT when not said */
};

enum once_by {
	ONCE_NATIVE,	   /* K: same key, resend while the key lives        */
	ONCE_UNIQUE,	   /* CU: client id, unique: resend                  */
	ONCE_MARKER,	   /* CV: client id can be read back                 */
	ONCE_LOOKUP,	   /* N: match by content                            */
	ONCE_PRECONDITION, /* conditional write: refetch and compare         */
	ONCE_IDEMPOTENT,   /* resend is harmless                             */
	ONCE_ASK,	   /* nothing helps                                  */
};

enum conflict_policy { POLICY_MERGE, POLICY_OURS, POLICY_THEIRS, POLICY_ASK };

struct opcap {
	enum op_kind kind;
	enum once_by once;
	int64_t key_ttl_s;	/* ONCE_NATIVE */
	int64_t settle_s;	/* W: after this a lost request has no effect
				   any more; client deadline included */
	int absence_is_proof;	/* after W, "not found" means resend */
	const char *look_stream; /* stream to have read before looking */
	int refetch;		/* verify by reading the target back */
	const char *refetch_stream; /* BY_KEY or BY_TOUCH stream for it */
	const char *first;	/* stream to refresh the target before sending */
	enum conflict_policy policy;
	int64_t drop_if_older_s;
	int versioned;		/* sends the target's version as precondition */
};

struct conn_desc {
	const char *kind;  /* manifest id: "rt5" */
	const char *title;
	const struct stream_desc *streams;
	int n_streams;
	const struct opcap *ops;
	int n_ops;
	int parallel;
};

enum job_kind { JOB_PROBE, JOB_PULL, JOB_OP, JOB_FILE };

struct job {
	enum job_kind kind;
	uint64_t tag; /* the engine's, comes back in the result */
	/* JOB_PULL */
	int stream;
	const char *cursor;	/* overlap already subtracted; NULL none */
	const char *page;	/* paging position, NULL for the first */
	const char *const *keys; /* BY_TOUCH: batch, BY_KEY: one */
	int n_keys;
	/* a part of the page, where there is a page_size: so many records (0:
	 * the whole page) after leaving out so many, a multiple of `limit` */
	int limit, skip;
	/* JOB_OP; strings borrowed until conn_start returns */
	const struct op *op;
	const char *target_version;
	const char *row; /* JSON of the target's current fields, for `row` */
	/* JOB_FILE: remote id of the file, and where to put it */
	const char *file_rid;
	const char *file_path;
};

enum outcome {
	OUT_OK,
	OUT_ACCEPTED,  /* will be done later: look again                    */
	OUT_NOT_SENT,  /* offline: no byte left                             */
	OUT_RETRY,     /* not executed, try later (reads: anything that may
			  heal)                                             */
	OUT_RATE,      /* asked to wait: wait_ms                            */
	OUT_AUTH,      /* credentials: pause the connector                  */
	OUT_CONFLICT,  /* precondition failed: definitely not executed      */
	OUT_GONE,      /* the target is not there                           */
	OUT_REFUSED,   /* a clear no, with words                            */
	OUT_DUPLICATE, /* ONCE_UNIQUE: it is there already = done           */
	OUT_RESYNC,    /* the cursor is not valid any more                  */
	OUT_UNKNOWN,   /* may have been executed                            */
	OUT_BROKEN,    /* a read's answer makes no sense: page is dropped   */
	OUT_COUNT
};
const char *outcome_name(enum outcome o);
/* What it comes to for who waits for it, as E_* with `words` (NULL: the name);
 * 0 for OUT_OK. */
int outcome_error(enum outcome o, const char *words);

struct job_result {
	enum job_kind kind;
	uint64_t tag;
	enum outcome outcome;
	int http;
	char *message;	   /* the server's words or ours, raw; NULL */
	int64_t wait_ms;   /* OUT_RATE; -1 unknown */
	int64_t server_ms; /* Date of the answer, 0 unknown */
	/* JOB_PULL */
	struct recs *recs;
	char *cursor;	/* new cursor after this page, NULL unchanged */
	char *page;	/* position of the next page, NULL: run complete */
	/* JOB_OP */
	char *result_rid;
	char *version;
	char *marker;
	/* JOB_PROBE: what the connector wants to have kept, JSON */
	char *saved;
	char *me; /* the agent's remote id */
};
void job_result_fini(struct job_result *r);

struct conn;
struct conn_ops {
	const struct conn_desc *(*desc)(struct conn *c);
	/* Starts a job. E_LIMIT: too many under way or no rate left (see
	 * next_ms); the caller tries again later. */
	int (*start)(struct conn *c, const struct job *j);
	/* A finished job: 1 and *out (caller frees), or 0. */
	int (*next)(struct conn *c, struct job_result *out);
	void (*cancel)(struct conn *c, uint64_t tag);
	int (*in_flight)(struct conn *c);
	/* When start may succeed again (mono ms), 0: now. */
	int64_t (*next_ms)(struct conn *c);
	/* What probe() saved earlier, given back at start-up (JSON or NULL). */
	void (*restore)(struct conn *c, const char *saved, const char *me);
	void (*free)(struct conn *c);
	/* May be NULL. Takes in what has come: PUMP_ bits. */
	int (*pump)(struct conn *c);
	/* May be NULL. Descriptors to wait on besides the network. */
	int (*fds)(struct conn *c, int *fds, int max);
};
enum pump {
	PUMP_READY = 1, /* a finished job waits for next()             */
	PUMP_NEWS = 2,	/* a pull would bring something (or fail) now  */
};
struct conn {
	const struct conn_ops *ops;
	char *name; /* instance name, owned */
};

/* Shared by every implementation so that it is tested once: what an HTTP
 * answer to a write means when the manifest's rules have said nothing. `sent`:
 * a byte may have left; `whole`: the answer was read to its end. */
enum outcome outcome_of_write(int sent, int whole, int status);
enum outcome outcome_of_read(int sent, int whole, int status);

#endif
