/* SPDX-License-Identifier: MIT */
/*
 * HTTP without surprises, on one curl_multi loop, for one thread.
 *
 * Writes (anything but GET and HEAD) go out exactly once: a fresh connection, a
 * body that refuses to be read twice, no redirect, no Expect, no reuse after.
 * (libcurl resends a POST by itself on a reused connection that dies:
 * lib/transfer.c, Curl_retry_request; the wire test counts.) Whether a byte of
 * the request may have left is part of the answer.
 *
 * Budgets: bytes after decompression, ratio of decompression, a total deadline
 * always. Redirects are followed here, for reads, on the same origin only.
 * TLS is verified, 1.2 at least; plain http only to loopback unless allowed.
 * No proxy, no netrc, no cookies of libcurl's unless asked for.
 */
#ifndef GALLEY_NET_NET_H
#define GALLEY_NET_NET_H

#include <stddef.h>
#include <stdint.h>
#include "galley/base/buf.h"
#include "galley/base/clock.h"
#include "galley/base/err.h"

struct net_req {
	const char *method;	    /* "GET", "POST", "PUT", "PATCH", "DELETE" */
	const char *url;	    /* absolute */
	const char *const *headers; /* "Name: value", ended by NULL */
	const char *body;
	size_t body_len;
	int timeout_ms;		/* whole request */
	size_t max_bytes;	/* of the answer, decompressed; 0: 64 MiB */
	const char *jar;	/* cookie jar name (see net_jar), or NULL */
	int allow_plain;	/* http to other hosts than loopback */
	const char *ca_file;	/* NULL: the system's */
};

enum net_fault {
	NET_OK,		/* a whole answer was read                          */
	NET_NOT_SENT,	/* no byte of the request left the machine          */
	NET_LOST,	/* bytes may have left, no whole answer came        */
	NET_TOO_BIG,	/* the answer passed a budget                       */
	NET_BAD_TLS,	/* certificate or protocol refused; nothing left    */
	NET_REDIRECT,	/* a redirect that is not followed                  */
	NET_CANCELLED,
};

struct net_resp {
	uint64_t id;
	void *user;
	enum net_fault fault;
	int status;		/* HTTP status, 0 when none */
	char *headers;		/* lower-case names, "name: value\n" lines */
	char *body;		/* NUL-terminated */
	size_t body_len;
	const char *location;	/* of a redirect that was not followed */
	int64_t date_ms;	/* the server's Date, 0 when absent */
	int64_t retry_after_ms; /* from Retry-After against Date; -1 absent */
	int64_t took_ms;
	char *error; /* for people: "connection refused by 127.0.0.1:80" */
};
void net_resp_fini(struct net_resp *r);
/* Value of a header (lower-case name) in `buf`, or NULL. */
const char *net_header(const struct net_resp *r, const char *name,
	struct buf *buf);

struct net;

int net_new(const struct clock *c, struct net **out) MUST_CHECK;
void net_free(struct net *n); /* cancels what is under way */

/* Copies everything it needs. E_INPUT for a URL that is not allowed. */
int net_submit(struct net *n, const struct net_req *q, void *user,
	uint64_t *id) MUST_CHECK;
void net_cancel(struct net *n, uint64_t id);

/* Moves bytes, at most one poll of `timeout_ms`; also wakes when one of the
 * extra descriptors is readable or net_wake() was called. */
int net_run(struct net *n, int timeout_ms, const int *fds, int n_fds)
	MUST_CHECK;
/* Callable from any thread, before the first request too. */
void net_wake(struct net *n);
/* The next finished request: 1 and *out (caller frees), or 0. */
int net_next(struct net *n, struct net_resp *out);
int net_in_flight(const struct net *n);

/* Record every exchange to a file (secrets redacted), or answer from one. */
int net_record(struct net *n, const char *path) MUST_CHECK;
int net_replay(struct net *n, const char *path) MUST_CHECK;

/* A token bucket: `n` requests per `per_ms`, bursts of n. */
struct bucket {
	double tokens, cap, per_ms;
	int64_t last_ms;
};
void bucket_init(struct bucket *b, int n, int64_t per_ms);
/* 0 when a request may go now (and is counted), else ms to wait. */
int64_t bucket_take(struct bucket *b, int64_t mono_ms);

/* Full jitter: uniform in [0, min(cap, base * 2^attempt)], at least base/2. */
struct rnd;
int64_t backoff_ms(struct rnd *r, int attempt, int64_t base_ms, int64_t cap_ms);

/* Percent-encoding and URLs. */
void url_encode(struct buf *out, const char *s, size_t len); /* all but
								unreserved */
/* scheme://host:port equal */
int url_same_origin(const char *a, const char *b);
int url_is_loopback(const char *url);

#endif
