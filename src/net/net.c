/* SPDX-License-Identifier: MIT */
/*
 * The loop and its queue: requests go into one curl_multi, finished ones wait
 * in the order in which they ended. Decides on redirects; knows no retry, no
 * entity, no thread but its own (net_wake() excepted).
 */
#include "net_priv.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"

/* A wait of this length with nothing under way is a pause between polls. */
#define IDLE_MS 100

struct net {
	CURLM *multi; /* NULL before the first request */
	int wake_fd;
	const struct clock *clock;
	uint64_t last_id;
	struct socks socks;
	struct xfer *active;
	struct xfer *done, **done_end;
	int n_open; /* submitted and not yet given out */
	struct jar *jars;
	struct tape *record, *replay;
};

/* --- one request --- */

static void strv_free(char **v)
{
	for (size_t i = 0; v && v[i]; i++)
		free(v[i]);
	free(v);
}

static char **strv_dup(const char *const *v)
{
	size_t n = 0;
	char **out;

	while (v && v[n])
		n++;
	out = xcalloc(n + 1, sizeof(*out));
	for (size_t i = 0; i < n; i++)
		out[i] = xstrdup(v[i]);
	return out;
}

static void wipe_free(char *s, size_t len)
{
	if (s)
		explicit_bzero(s, len);
	free(s);
}

static void xfer_free(struct xfer *x)
{
	if (!x)
		return;
	easy_fini(x);
	sink_fini(&x->sink);
	net_resp_fini(&x->resp);
	for (size_t i = 0; x->headers && x->headers[i]; i++)
		explicit_bzero(x->headers[i], strlen(x->headers[i]));
	strv_free(x->headers);
	wipe_free(x->body, x->body_len);
	free(x->method);
	free(x->url);
	free(x->where);
	free(x->ca_file);
	free(x);
}

static int clamp_timeout(int ms)
{
	if (ms <= 0)
		return NET_TIMEOUT_MS;
	return ms > NET_TIMEOUT_MAX_MS ? NET_TIMEOUT_MAX_MS : ms;
}

static struct xfer *xfer_new(
	struct net *n, const struct net_req *q, void *user, char *where_take)
{
	struct xfer *x = xcalloc(1, sizeof(*x));
	size_t body_len = q->body ? q->body_len : 0;

	x->net = n;
	x->socks = &n->socks;
	x->id = ++n->last_id;
	x->user = user;
	x->method = xstrdup(q->method);
	x->url = xstrdup(q->url);
	x->where = where_take;
	x->headers = strv_dup(q->headers);
	x->body = body_len ? xmemdup(q->body, body_len) : NULL;
	x->body_len = body_len;
	x->timeout_ms = clamp_timeout(q->timeout_ms);
	x->allow_plain = q->allow_plain;
	x->ca_file = xstrdup_null(q->ca_file);
	x->is_write = strcmp(q->method, "GET") && strcmp(q->method, "HEAD");
	x->sink.max_bytes = q->max_bytes ? q->max_bytes : NET_MAX_BYTES;
	x->start_ms = clock_mono_ms(n->clock);
	x->resp.id = x->id;
	x->resp.user = user;
	x->resp.retry_after_ms = -1;
	return x;
}

/* --- jars --- */

static struct jar *jar_get(struct net *n, const char *name)
{
	struct jar *j;

	for (j = n->jars; j; j = j->next) {
		if (!strcmp(j->name, name))
			return j;
	}
	j = xcalloc(1, sizeof(*j));
	j->name = xstrdup(name);
	j->share = curl_share_init();
	if (!j->share)
		abort(); /* libcurl is out of memory: as our own allocators */
	curl_share_setopt(j->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
	j->next = n->jars;
	n->jars = j;
	return j;
}

static void jars_free(struct jar *j)
{
	while (j) {
		struct jar *next = j->next;

		curl_share_cleanup(j->share);
		free(j->name);
		free(j);
		j = next;
	}
}

/* --- life --- */

int net_new(const struct clock *c, struct net **out)
{
	struct net *n;

	/* libcurl would write every session key to that file */
	unsetenv("SSLKEYLOGFILE");
	n = xcalloc(1, sizeof(*n));
	n->clock = c;
	n->done_end = &n->done;
	n->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (n->wake_fd < 0) {
		free(n);
		return err_set(E_LIMIT, "no descriptor: %s", strerror(errno));
	}
	*out = n;
	return 0;
}

/* libcurl comes with the first request: whoever opens a loop early shows its
 * screen six milliseconds sooner. */
static int begin(struct net *n)
{
	if (n->multi)
		return 0;
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return err_set(E_BUG, "libcurl does not start");
	n->multi = curl_multi_init();
	if (!n->multi) {
		curl_global_cleanup();
		return err_set(E_BUG, "libcurl gives no loop");
	}
	curl_multi_setopt(
		n->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	curl_multi_setopt(n->multi, CURLMOPT_MAXCONNECTS, 16L);
	return 0;
}

static void list_free(struct net *n, struct xfer *x)
{
	while (x) {
		struct xfer *next = x->next;

		if (x->easy)
			curl_multi_remove_handle(n->multi, x->easy);
		xfer_free(x);
		x = next;
	}
}

void net_free(struct net *n)
{
	if (!n)
		return;
	list_free(n, n->active);
	list_free(n, n->done);
	if (n->multi)
		curl_multi_cleanup(n->multi);
	socks_fini(&n->socks);
	jars_free(n->jars);
	tape_free(n->record);
	tape_free(n->replay);
	if (n->multi)
		curl_global_cleanup();
	close(n->wake_fd);
	free(n);
}

/* --- ending --- */

void xfer_take_answer(struct xfer *x, const char *location)
{
	struct net_resp *r = &x->resp;
	size_t headers_len = x->sink.headers.len;

	/* the location lives behind the headers, in their block */
	buf_addc(&x->sink.headers, '\0');
	if (location)
		buf_adds(&x->sink.headers, location);
	r->status = x->sink.status;
	r->body_len = x->sink.body.len;
	r->body = buf_take(&x->sink.body);
	r->headers = buf_take(&x->sink.headers);
	r->location = location ? r->headers + headers_len + 1 : NULL;
	r->took_ms = clock_mono_ms(x->net->clock) - x->start_ms;
	resp_read_times(r, clock_now_ms(x->net->clock));
}

static void put_done(struct net *n, struct xfer *x)
{
	if (n->record)
		tape_write(n->record, x);
	easy_fini(x);
	x->next = NULL;
	*n->done_end = x;
	n->done_end = &x->next;
}

static void unlink_active(struct net *n, struct xfer *x)
{
	struct xfer **p = &n->active;

	while (*p != x)
		p = &(*p)->next;
	*p = x->next;
	x->next = NULL;
	socks_leave(x);
}

static int is_redirect(int status)
{
	return (status >= 301 && status <= 303) || status == 307 ||
	       status == 308;
}

/* Where the answer sends us (new string), or NULL: it is an answer. */
static char *redirect_target(struct xfer *x)
{
	struct net_resp probe = {.headers = x->sink.headers.p};
	struct buf b = BUF_INIT;
	const char *v;
	char *to = NULL;

	if (!is_redirect(x->sink.status))
		return NULL;
	v = net_header(&probe, "location", &b);
	if (v)
		to = url_resolve(x->url, v);
	if (v && !to)
		to = xstrdup(""); /* sends us nowhere: still not an answer */
	buf_fini(&b);
	return to;
}

/* The same rules as for a first address: no credentials in it, and so on. */
static int may_follow(const struct xfer *x, const char *to)
{
	char *where = NULL;
	int ok = url_same_origin(x->url, to) &&
		 !url_check(to, x->allow_plain, &where);

	free(where);
	return ok;
}

static char *refuse_redirect(const struct xfer *x, const char *to)
{
	if (x->is_write)
		return xasprintf(_("%s sends the request elsewhere, which is "
				   "not followed"),
			x->where);
	if (x->hops >= NET_MAX_HOPS)
		return xasprintf(_("%s redirects more than %d times"), x->where,
			NET_MAX_HOPS);
	if (!may_follow(x, to))
		return xasprintf(_("%s redirects to another place, which is "
				   "not followed"),
			x->where);
	return NULL;
}

/* 1 when the transfer goes on at `to`: the same origin, so the headers may. */
static int follow(struct xfer *x, const char *to)
{
	int64_t spent = clock_mono_ms(x->net->clock) - x->start_ms;

	if (spent >= x->timeout_ms)
		return 0;
	free(x->url);
	x->url = xstrdup(to);
	x->hops++;
	sink_reset(&x->sink);
	return !easy_aim(x, x->timeout_ms - (int)spent) &&
	       !curl_multi_add_handle(x->net->multi, x->easy);
}

static void end_redirect(struct net *n, struct xfer *x, const char *to)
{
	char *no = refuse_redirect(x, to);

	if (!no && follow(x, to))
		return;
	if (no)
		fault_set(&x->resp, NET_REDIRECT, no);
	else
		fault_from_curl(x, CURLE_OPERATION_TIMEDOUT);
	unlink_active(n, x);
	xfer_take_answer(x, to);
	put_done(n, x);
}

static void end_transfer(struct net *n, struct xfer *x, CURLcode rc)
{
	char *to = rc || x->sink.over ? NULL : redirect_target(x);

	curl_multi_remove_handle(n->multi, x->easy);
	if (to) {
		end_redirect(n, x, to);
		free(to);
		return;
	}
	fault_from_curl(x, rc);
	unlink_active(n, x);
	xfer_take_answer(x, NULL);
	put_done(n, x);
}

/* --- asking --- */

static const char *const methods[] = {
	"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};

static int req_check(const struct net_req *q, char **where)
{
	size_t i = 0;
	int err;

	while (i < ARRAY_SIZE(methods) && strcmp(methods[i], q->method))
		i++;
	if (i == ARRAY_SIZE(methods))
		return err_set(E_INPUT, _("no such method: %s"), q->method);
	if (i < 2 && q->body && q->body_len)
		return err_set(E_INPUT, _("%s has no body"), q->method);
	err = headers_check(q->headers);
	if (err)
		return err;
	return url_check(q->url, q->allow_plain, where);
}

int net_submit(struct net *n, const struct net_req *q, void *user, uint64_t *id)
{
	char *where = NULL;
	struct xfer *x;
	int err = req_check(q, &where);

	if (err)
		return err;
	x = xfer_new(n, q, user, where);
	if (n->replay) {
		tape_answer(n->replay, x);
		put_done(n, x);
	} else {
		if (x->is_write)
			socks_shut_idle(&n->socks);
		err = begin(n);
		if (!err && q->jar)
			x->jar = jar_get(n, q->jar);
		if (!err)
			err = easy_setup(x);
		if (!err && curl_multi_add_handle(n->multi, x->easy))
			err = err_set(E_BUG, "libcurl takes no transfer");
		if (err) {
			xfer_free(x);
			return err;
		}
		x->next = n->active;
		n->active = x;
	}
	n->n_open++;
	*id = x->id;
	return 0;
}

void net_cancel(struct net *n, uint64_t id)
{
	struct xfer *x = n->active;

	while (x && x->id != id)
		x = x->next;
	if (!x)
		return;
	curl_multi_remove_handle(n->multi, x->easy);
	fault_set(&x->resp, NET_CANCELLED,
		xasprintf(_("the request to %s was cancelled"), x->where));
	unlink_active(n, x);
	xfer_take_answer(x, NULL);
	put_done(n, x);
}

/* --- the loop --- */

static int turn(struct net *n)
{
	CURLMsg *m;
	CURLMcode mc;
	int running, left;

	if (!n->multi)
		return 0;
	mc = curl_multi_perform(n->multi, &running);
	if (mc)
		return err_set(E_BUG, "libcurl: %s", curl_multi_strerror(mc));
	while ((m = curl_multi_info_read(n->multi, &left))) {
		CURLcode rc = m->data.result;
		void *x = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &x);
		end_transfer(n, x, rc); /* `m` is gone after this */
	}
	return 0;
}

static void forget_wake(struct net *n)
{
	uint64_t woken;

	while (read(n->wake_fd, &woken, sizeof(woken)) < 0 && errno == EINTR)
		;
}

/* Without libcurl: nothing was asked yet. */
static void wait_alone(struct net *n, int timeout_ms, const int *fds, int n_fds)
{
	struct pollfd *p = xcalloc((size_t)n_fds + 1, sizeof(*p));

	p[0] = (struct pollfd){.fd = n->wake_fd, .events = POLLIN};
	for (int i = 0; i < n_fds; i++)
		p[i + 1] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	if (poll(p, (nfds_t)n_fds + 1, timeout_ms) > 0 && p[0].revents)
		forget_wake(n);
	free(p);
}

static int wait_curl(struct net *n, int timeout_ms, const int *fds, int n_fds)
{
	struct curl_waitfd *w = xcalloc((size_t)n_fds + 1, sizeof(*w));
	CURLMcode mc;

	w[0].fd = n->wake_fd;
	w[0].events = CURL_WAIT_POLLIN;
	for (int i = 0; i < n_fds; i++) {
		w[i + 1].fd = fds[i];
		w[i + 1].events = CURL_WAIT_POLLIN;
	}
	mc = curl_multi_poll(
		n->multi, w, (unsigned)n_fds + 1, timeout_ms, NULL);
	if (w[0].revents)
		forget_wake(n);
	free(w);
	if (mc)
		return err_set(E_BUG, "libcurl: %s", curl_multi_strerror(mc));
	return 0;
}

static int wait_bytes(struct net *n, int timeout_ms, const int *fds, int n_fds)
{
	if (n->multi)
		return wait_curl(n, timeout_ms, fds, n_fds);
	wait_alone(n, timeout_ms, fds, n_fds);
	return 0;
}

int net_run(struct net *n, int timeout_ms, const int *fds, int n_fds)
{
	int err = turn(n);

	if (err)
		return err;
	if (n->done || timeout_ms < 0)
		timeout_ms = 0;
	if (!n->active && timeout_ms >= IDLE_MS)
		socks_shut_idle(&n->socks);
	err = wait_bytes(n, timeout_ms, fds, n_fds);
	return err ? err : turn(n);
}

void net_wake(struct net *n)
{
	const uint64_t one = 1;

	/* refused only when it is readable anyway */
	while (write(n->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

int net_next(struct net *n, struct net_resp *out)
{
	struct xfer *x = n->done;

	if (!x)
		return 0;
	n->done = x->next;
	if (!n->done)
		n->done_end = &n->done;
	*out = x->resp;
	x->resp = (struct net_resp){.id = 0};
	xfer_free(x);
	n->n_open--;
	assert(n->n_open >= 0);
	return 1;
}

int net_in_flight(const struct net *n)
{
	return n->n_open;
}

int net_record(struct net *n, const char *path)
{
	struct tape *t;
	int err = tape_record(path, &t);

	if (err)
		return err;
	tape_free(n->record);
	n->record = t;
	return 0;
}

int net_replay(struct net *n, const char *path)
{
	struct tape *t;
	int err = tape_replay(path, &t);

	if (err)
		return err;
	tape_free(n->replay);
	n->replay = t;
	return 0;
}

/* --- answers --- */

void net_resp_fini(struct net_resp *r)
{
	free(r->headers);
	free(r->body);
	free(r->error);
	*r = (struct net_resp){.id = 0};
}

const char *net_header(
	const struct net_resp *r, const char *name, struct buf *buf)
{
	size_t n = strlen(name);

	for (const char *p = r->headers; p && *p;) {
		const char *eol = strchr(p, '\n');
		size_t len = eol ? (size_t)(eol - p) : strlen(p);

		if (len >= n + 2 && !memcmp(p, name, n) &&
			!memcmp(p + n, ": ", 2)) {
			buf_reset(buf);
			buf_add(buf, p + n + 2, len - n - 2);
			return buf_str(buf);
		}
		p = eol ? eol + 1 : NULL;
	}
	return NULL;
}
