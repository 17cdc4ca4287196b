/* SPDX-License-Identifier: MIT */
/*
 * The engine: pulls streams, pushes the outbox, settles what is unsure, checks
 * conflicts and freshness, resumes wherever it was stopped. A library without
 * threads, without clocks, without network: a host gives time, connectors and a
 * store and calls engine_step() until it says when to come back.
 *
 * Hosts: the worker thread (worker.h), the command line (`galley sync`) and the
 * simulator.
 */
#ifndef GALLEY_SYNC_ENGINE_H
#define GALLEY_SYNC_ENGINE_H

#include <stdint.h>
#include "galley/base/clock.h"
#include "galley/base/rnd.h"
#include "galley/connector/connector.h"
#include "galley/store/store.h"

/* All limits, so that the simulator can make them tiny. */
struct engine_limits {
	int64_t backoff_base_ms, backoff_cap_ms;
	int max_attempts;	  /* then held */
	int64_t max_age_ms;	  /* of an operation in trouble, then held */
	int64_t stale_after_ms;	  /* visible sends older than this ask */
	int64_t fresh_ms;	  /* a visible send wants a pull this young */
	int64_t look_every_ms;	  /* between looks for an unsure effect */
	int64_t auth_pause_ms;
	int64_t index_slice_ms;	  /* per step */
	/* while pages are on their way: wait for so many rows or so long */
	int64_t index_lag_rows, index_lag_ms;
	int sweep_share_percent;
	int op_batch;
	/* of the same page or key, while others are answered: then it is read
	 * in parts, and what still breaks is put in quarantine; 0: 3 */
	int refusals;
};
extern const struct engine_limits engine_limits_default;

enum engine_event_kind {
	EV_PAGE,     /* rows landed: topics                                 */
	EV_OP,	     /* an operation changed its state                      */
	EV_PROGRESS, /* a long run moved on                                 */
	EV_STATE,    /* connector online, offline, auth, resync             */
	EV_FILE,     /* what became of engine_fetch()                       */
};
enum conn_state { CONN_NEW, CONN_OK, CONN_OFFLINE, CONN_AUTH, CONN_RESYNC };
struct engine_event {
	enum engine_event_kind kind;
	int connector;
	const char *connector_name;
	uint64_t topics;   /* EV_PAGE: bit per entity */
	const char *uid;   /* EV_OP */
	enum op_state op_state;
	enum op_reason op_reason;
	enum conn_state state;
	const char *stream; /* EV_PROGRESS */
	int64_t done, total; /* total 0 unknown */
	const char *text;
	uint64_t ticket; /* EV_FILE */
	int code;	 /* EV_FILE: 0 it is there, else E_* and text */
};
typedef void engine_event_fn(void *u, const struct engine_event *e);

struct engine;

struct engine_args {
	struct store_rw *store;
	const struct clock *clock;
	struct rnd *rnd;
	const struct engine_limits *limits; /* NULL: default; borrowed */
	engine_event_fn *event;		    /* or NULL */
	void *event_user;
	/* tests: a step name before and after each durable or visible step
	 * ("arm", "armed", "send", "outcome", "page" ...) */
	void (*trace)(void *u, const char *step);
	void *trace_user;
	/* an engine that follows another one on the same connectors starts
	 * above engine_last_tag() of the old one; late answers are dropped */
	uint64_t first_tag;
};
int engine_new(const struct engine_args *a, struct engine **out) MUST_CHECK;
void engine_free(struct engine *e);
uint64_t engine_last_tag(const struct engine *e);
/* The engine borrows the connector; it must outlive the engine. */
int engine_add(struct engine *e, struct conn *c) MUST_CHECK;

enum engine_want {
	WANT_PULL = 1, /* every stream that is due counts as due now */
	WANT_FULL = 2, /* forget cursors: full resync                 */
	WANT_PUSH = 4,
};
void engine_want(struct engine *e, unsigned want);

/* Brings a file to `path` as soon as its connector has room; EV_FILE tells what
 * became of it, once, also when the engine ends before. E_NOTFOUND. */
int engine_fetch(struct engine *e, const char *connector, const char *rid,
	const char *path, uint64_t ticket) MUST_CHECK;

/* Does what can be done now without waiting. `*next_ms` is when (mono ms) it
 * wants to be called again without any answer arriving; INT64_MAX: only when
 * something arrives. Errors are the store's (E_DB, E_DISK): the host closes,
 * reopens and goes on. */
int engine_step(struct engine *e, int64_t *next_ms) MUST_CHECK;

/* Nothing under way, nothing due now, nothing queued that could go now. */
int engine_idle(const struct engine *e);
/* Still something that `galley sync` should wait for: runs in progress, touched
 * keys, operations queued, sending, sent, or unsure within their window. */
int engine_settled(const struct engine *e);

struct engine_status {
	const char *name;
	enum conn_state state;
	const char *why;     /* last error in words, or NULL */
	const char *trouble; /* a stream that cannot be read now, or NULL */
	const char *trouble_why;
	int64_t pulled_ms;   /* last complete pull, wall; 0 never */
	int64_t retry_ms;    /* mono; when offline */
	int64_t requests;    /* since start */
	int64_t touches_left;
	int64_t asides; /* in quarantine (store/quarantine.h) */
};
int engine_status(const struct engine *e, int i, struct engine_status *out);

#endif
