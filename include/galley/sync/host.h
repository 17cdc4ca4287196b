/* SPDX-License-Identifier: MIT */
/*
 * The real world for the engine: the network loop, manifest connectors and the
 * store, joined. Used in the foreground by `galley sync` and in the worker
 * thread by the benches.
 */
#ifndef GALLEY_SYNC_HOST_H
#define GALLEY_SYNC_HOST_H

#include "galley/connector/manifest.h"
#include "galley/sync/engine.h"

struct host;

struct host_conn {
	const struct manifest *manifest;
	struct conn_args args; /* net and clock are filled in */
};
struct host_args {
	const struct store_opts *store;
	const struct host_conn *conns;
	int n_conns;
	const struct engine_limits *limits;
	engine_event_fn *event;
	void *event_user;
	int64_t retain_ms; /* closed matters older than this leave; 0 none */
	const char *record, *replay; /* files, or NULL */
	/* crash tests: exit hard before step N (GALLEY_DIE_AT), 0 never */
	int64_t die_at;
	/* A worker's: it begins with the first work, or after so long. */
	int begin_ms;
	/* The cache is there and is opened by the first turn: until then only
	 * its lock is held, host_engine() and host_store() are NULL. */
	int late;
};
int host_new(const struct host_args *a, struct host **out) MUST_CHECK;
void host_free(struct host *h);
struct engine *host_engine(struct host *h);
struct store_rw *host_store(struct host *h);
struct net *host_net(struct host *h);

/* Opens the cache that was to be opened late; 1 when that has changed rows. */
int host_begin(struct host *h) MUST_CHECK;
/* One turn: step, wait for network, mapping, `fds` or the next time, at most
 * max_wait_ms; deliver answers. */
int host_turn(struct host *h, int64_t max_wait_ms, const int *fds, int n_fds)
	MUST_CHECK;
/* While nothing else is to be done old matters leave the cache, a few at a time:
 * a reader or a sender never waits long. 1 when there may be more. */
int host_retain(struct host *h);
/* Turns until settled, *stop becomes non-zero (E_CANCEL), or deadline_ms (mono,
 * 0 none: E_TIMEOUT). */
int host_settle(struct host *h, volatile const int *stop, int64_t deadline_ms)
	MUST_CHECK;

#endif
