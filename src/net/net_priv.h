/* SPDX-License-Identifier: MIT */
/*
 * What the files of net/ share: one request under way (struct xfer), what its
 * answer may cost (struct sink), and the tape. Nothing outside net/ and its
 * tests includes this.
 */
#ifndef GALLEY_SRC_NET_PRIV_H
#define GALLEY_SRC_NET_PRIV_H

#include "curl_api.h"

#include "galley/net/net.h"

#define NET_TIMEOUT_MS	       60000
#define NET_TIMEOUT_MAX_MS     3600000
#define NET_CONNECT_TIMEOUT_MS 10000
#define NET_MAX_BYTES	       ((size_t)64 << 20)
#define NET_MAX_HOPS	       5
#define NET_BUFFER_BYTES       32768
#define NET_RATIO	       100
#define NET_HEADER_BYTES       ((size_t)64 << 10)
#define NET_HEADERS	       200
#define NET_URL_BYTES	       8192
#define NET_RETRY_AFTER_MAX_MS (24 * 3600 * (int64_t)1000)

/* --- budget.c: an answer as it arrives, and what it may cost --- */

enum over { OVER_NOTHING, OVER_BYTES, OVER_RATIO, OVER_HEADERS };

struct sink {
	CURL *easy; /* asked for the bytes on the wire; NULL in tests */
	size_t max_bytes;
	struct buf headers; /* of the last answer, lower-case names */
	struct buf body;
	size_t header_bytes; /* all that came, informational ones too */
	unsigned header_count;
	int status;	 /* of the last status line */
	int header_over; /* the headers of the final answer are complete */
	enum over over;
};
void sink_fini(struct sink *s);
void sink_reset(struct sink *s);
/* One header line as it came. -1 when a budget is used up. */
int sink_header(struct sink *s, const char *p, size_t len) MUST_CHECK;
/* Decompressed bytes; `wire_bytes` is what came for them up to now. */
int sink_body(struct sink *s, const char *p, size_t len,
	uint64_t wire_bytes) MUST_CHECK;
size_t sink_on_header(char *p, size_t size, size_t n, void *u);
size_t sink_on_body(char *p, size_t size, size_t n, void *u);

/* --- one request --- */

struct jar {
	struct jar *next;
	char *name;
	CURLSH *share;
};

struct sock;
struct socks {
	struct sock *first;
};

struct xfer {
	struct xfer *next;
	struct net *net;
	struct socks *socks;
	uint64_t id;
	void *user;

	char *method;
	char *url;
	char *where; /* host:port, for texts */
	char **headers;
	char *body;
	size_t body_len;
	int timeout_ms;
	size_t max_bytes;
	int allow_plain;
	char *ca_file;
	struct jar *jar;
	int is_write;

	CURL *easy;
	struct curl_slist *slist;
	size_t body_off;
	unsigned begun; /* requests that libcurl was about to send */
	int hops;
	int64_t start_ms;
	char errbuf[CURL_ERROR_SIZE];
	struct sink sink;
	struct net_resp resp;
};

struct tape;

/* --- easy.c --- */

/* Makes x->easy with every option of this transfer. */
int easy_setup(struct xfer *x) MUST_CHECK;
/* The same transfer to x->url again, `left_ms` before its deadline. */
int easy_aim(struct xfer *x, int left_ms) MUST_CHECK;
void easy_fini(struct xfer *x);
int headers_check(const char *const *headers) MUST_CHECK;

/* --- socks.c --- */

/* Lets libcurl tell of this transfer's connections. */
CURLcode socks_watch(struct xfer *x);
/* The transfer is about to use a connection; it is done with them. */
void socks_take(struct xfer *x);
void socks_leave(struct xfer *x);
void socks_shut_idle(struct socks *s);
void socks_fini(struct socks *s);

/* --- fault.c --- */

/* Sets resp.fault and resp.error from what libcurl said. */
void fault_from_curl(struct xfer *x, CURLcode rc);
void fault_set(struct net_resp *r, enum net_fault f, char *error_take);

/* --- url.c --- */

/* E_INPUT unless `url` may be asked; "host:port" to *where (new string). */
int url_check(const char *url, int allow_plain, char **where) MUST_CHECK;
/* `ref` seen from `base`, without a fragment. New string, NULL when it makes
 * no URL. */
char *url_resolve(const char *base, const char *ref);

/* --- retry.c --- */

/* -1 when it says nothing; else 0 .. NET_RETRY_AFTER_MAX_MS. */
int64_t retry_after_parse(const char *value, int64_t server_now_ms);
/* date_ms and retry_after_ms of a finished answer. */
void resp_read_times(struct net_resp *r, int64_t now_ms);

/* --- tape.c --- */

int tape_record(const char *path, struct tape **out) MUST_CHECK;
int tape_replay(const char *path, struct tape **out) MUST_CHECK;
void tape_free(struct tape *t);
void tape_write(struct tape *t, const struct xfer *x);
/* Fills x->resp from the first unused exchange that matches. */
void tape_answer(struct tape *t, struct xfer *x);
int tape_is_secret_name(const char *name, size_t len);

/* --- net.c --- */

/* Headers, body and times of x->sink into x->resp. */
void xfer_take_answer(struct xfer *x, const char *location);

#endif
