/* SPDX-License-Identifier: MIT */
/*
 * What really goes over the wire: our net against a raw socket server that
 * lives in the same loop (net_run() waits for its descriptors too), so nothing
 * here depends on who runs first. A write must arrive once whatever the server
 * does to the connection, "not sent" must be true, credentials stay at their
 * origin, and every answer ends within its budgets.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "galley/base/buf.h"
#include "galley/base/mem.h"
#include "galley/net/net.h"

#define MAX_CONNS 24

enum when { WHEN_ACCEPT, WHEN_PEEK, WHEN_READ, WHEN_HALF };
enum how { HOW_FIN, HOW_RST, HOW_HANG };

struct conn {
	int fd;
	struct buf in, out;
	int held;    /* nothing is read from it any more */
	int endless; /* `out` is sent again and again */
	int slow;    /* a byte a turn */
	int counted; /* its write has been counted */
	int close_after;
};

struct server {
	int fd, port;
	struct conn conn[MAX_CONNS];
	int n;
	int armed; /* the fault below waits for a write */
	enum when when;
	enum how how;
	int writes, reads, accepted;
	struct buf log; /* every byte that was read */
	void (*answer)(struct server *s, struct conn *c, const char *req);
	const char *text; /* for answer functions */
	int other_port;
};

/* --- the server --- */

static void conn_drop(struct server *s, struct conn *c, int reset)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (reset)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(c->fd);
	buf_fini(&c->in);
	buf_fini(&c->out);
	*c = s->conn[--s->n];
}

static void server_open(struct server *s)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	memset(s, 0, sizeof(*s));
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(s->fd >= 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(s->fd, 16), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &len), 0);
	s->port = ntohs(a.sin_port);
}

static void server_close(struct server *s)
{
	while (s->n)
		conn_drop(s, &s->conn[0], 0);
	close(s->fd);
	buf_fini(&s->log);
}

/* 1 when the connection is gone from the table. */
static int server_fault(struct server *s, struct conn *c)
{
	switch (s->how) {
	case HOW_RST:
		conn_drop(s, c, 1);
		return 1;
	case HOW_FIN:
		/* close() with unread bytes would send RST */
		shutdown(c->fd, SHUT_WR);
		c->held = 1;
		return 0;
	default:
		c->held = 1;
		return 0;
	}
}

static void server_accept(struct server *s)
{
	struct conn *c;
	int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	assert_true(s->n < MAX_CONNS);
	s->accepted++;
	c = &s->conn[s->n++];
	memset(c, 0, sizeof(*c));
	c->fd = fd;
	if (s->armed && s->when == WHEN_ACCEPT)
		server_fault(s, c);
}

/* Bytes of the first whole request in `in`, or 0. */
static size_t request_len(const struct buf *in)
{
	const char *end = strstr(buf_str(in), "\r\n\r\n");
	const char *cl;
	size_t len;

	if (!end)
		return 0;
	len = (size_t)(end - in->p) + 4;
	cl = strcasestr(in->p, "content-length:");
	if (cl && cl < end)
		len += strtoul(cl + 15, NULL, 10);
	return len <= in->len ? len : 0;
}

static void say(struct conn *c, const char *status, const char *headers,
	const char *body)
{
	buf_addf(&c->out, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n%s",
		status, strlen(body), headers, body);
}

/* 1 when the connection is gone. */
static int server_request(struct server *s, struct conn *c, size_t len)
{
	int is_write = strncmp(c->in.p, "GET ", 4) != 0;
	char *req = xstrndup(c->in.p, len);

	memmove(c->in.p, c->in.p + len, c->in.len - len + 1);
	c->in.len -= len;
	if (is_write && !c->counted)
		s->writes++;
	if (!is_write)
		s->reads++;
	if (is_write && s->armed) {
		if (s->when == WHEN_HALF) {
			const char *part = "HTTP/1.1 200 OK\r\n"
					   "Content-Length: 99\r\n\r\n{";

			assert_int_equal(send(c->fd, part, strlen(part), 0),
				(ssize_t)strlen(part));
		}
		free(req);
		return server_fault(s, c);
	}
	if (s->answer)
		s->answer(s, c, req);
	else
		say(c, "200 OK", "", "ok");
	free(req);
	return 0;
}

static int server_read(struct server *s, struct conn *c)
{
	char tmp[16384];
	ssize_t k = recv(c->fd, tmp, sizeof(tmp), MSG_PEEK);
	size_t len;

	if (k < 0 && errno == EAGAIN)
		return 0;
	if (k <= 0) {
		conn_drop(s, c, 0);
		return 1;
	}
	if (s->armed && s->when == WHEN_PEEK && strncmp(tmp, "GET ", 4)) {
		s->writes++;
		return server_fault(s, c);
	}
	k = recv(c->fd, tmp, sizeof(tmp), 0);
	buf_add(&c->in, tmp, (size_t)k);
	buf_add(&s->log, tmp, (size_t)k);
	len = request_len(&c->in);
	return len ? server_request(s, c, len) : 0;
}

static int server_write(struct server *s, struct conn *c)
{
	size_t want = c->slow ? 1 : c->out.len;
	ssize_t k = send(c->fd, c->out.p, want, MSG_NOSIGNAL);

	if (k < 0 && errno != EAGAIN) {
		conn_drop(s, c, 0);
		return 1;
	}
	if (k <= 0 || c->endless)
		return 0;
	memmove(c->out.p, c->out.p + k, c->out.len - (size_t)k + 1);
	c->out.len -= (size_t)k;
	if (!c->out.len && c->close_after) {
		conn_drop(s, c, 0);
		return 1;
	}
	return 0;
}

static void server_step(struct server *s)
{
	server_accept(s);
	for (int i = 0; i < s->n;) {
		struct conn *c = &s->conn[i];
		int gone = 0;

		if (!c->held)
			gone = server_read(s, c);
		if (!gone && c->out.len)
			gone = server_write(s, c);
		if (!gone)
			i++;
	}
}

/* --- the loop --- */

static int add_fds(const struct server *s, int *fds, int n)
{
	fds[n++] = s->fd;
	for (int i = 0; i < s->n; i++) {
		if (!s->conn[i].held)
			fds[n++] = s->conn[i].fd;
	}
	return n;
}

/* Turns until an answer is there; every request here has a deadline. */
static void drive(
	struct net *n, struct server *a, struct server *b, struct net_resp *out)
{
	while (!net_next(n, out)) {
		int fds[2 * (MAX_CONNS + 1)];
		int k = add_fds(a, fds, 0);

		if (b)
			k = add_fds(b, fds, k);
		assert_int_equal(net_run(n, 10, fds, k), 0);
		server_step(a);
		if (b)
			server_step(b);
	}
}

static struct net *start(void)
{
	struct net *n;

	assert_int_equal(net_new(clock_system(), &n), 0);
	return n;
}

static char *url_of(const struct server *s, const char *path)
{
	return xasprintf("http://127.0.0.1:%d%s", s->port, path);
}

static void ask(struct net *n, struct server *s, struct server *other,
	struct net_req q, const char *path, struct net_resp *r)
{
	char *url = url_of(s, path);
	uint64_t id = 0;

	q.url = url;
	if (!q.method)
		q.method = "GET";
	if (!q.timeout_ms)
		q.timeout_ms = 5000;
	assert_int_equal(net_submit(n, &q, s, &id), 0);
	assert_int_equal(net_in_flight(n), 1);
	drive(n, s, other, r);
	assert_int_equal(r->id, id);
	assert_ptr_equal(r->user, s);
	assert_int_equal(net_in_flight(n), 0);
	free(url);
}

static void warm_up(struct net *n, struct server *s)
{
	struct net_resp r;

	ask(n, s, NULL, (struct net_req){0}, "/warm", &r);
	assert_int_equal(r.fault, NET_OK);
	assert_int_equal(r.status, 200);
	assert_string_equal(r.body, "ok");
	net_resp_fini(&r);
}

/* --- writes arrive once --- */

static void write_once(
	const char *method, enum when when, enum how how, int reused)
{
	struct server s;
	struct net *n = start();
	struct net_resp r;

	server_open(&s);
	if (reused)
		warm_up(n, &s);
	s.armed = 1;
	s.when = when;
	s.how = how;
	ask(n, &s, NULL,
		(struct net_req){.method = method,
			.body = strcmp(method, "DELETE") ? "{\"a\":1}" : NULL,
			.body_len = strcmp(method, "DELETE") ? 7 : 0,
			.timeout_ms = how == HOW_HANG ? 150 : 5000},
		"/ticket?secret=canary", &r);
	/* whatever was sent again would still be on its way */
	for (int i = 0; i < 5; i++) {
		assert_int_equal(net_run(n, 0, NULL, 0), 0);
		server_step(&s);
	}
	if (when != WHEN_ACCEPT) {
		assert_int_equal(s.writes, 1);
		assert_int_equal(r.fault, NET_LOST);
	} else if (how == HOW_RST) {
		/* either is true, depending on which packet was first */
		assert_true(r.fault == NET_LOST || r.fault == NET_NOT_SENT);
	} else {
		assert_int_equal(r.fault, NET_LOST);
	}
	assert_int_equal(s.accepted, 1 + reused);
	assert_non_null(r.error);
	assert_null(strstr(r.error, "canary"));
	assert_non_null(strstr(r.error, "127.0.0.1:"));
	net_resp_fini(&r);
	server_close(&s);
	net_free(n);
}

static void test_write_arrives_once(void **state)
{
	static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE"};

	(void)state;
	for (int m = 0; m < 4; m++) {
		for (int when = WHEN_ACCEPT; when <= WHEN_HALF; when++) {
			for (int reused = 0; reused < 2; reused++) {
				write_once(methods[m], when, HOW_FIN, reused);
				write_once(methods[m], when, HOW_RST, reused);
				if (m == 0)
					write_once(methods[m], when, HOW_HANG,
						reused);
			}
		}
	}
}

static size_t discard(char *p, size_t size, size_t n, void *u)
{
	(void)p;
	(void)u;
	return size * n;
}

static void multi_until_done(CURLM *m, struct server *s)
{
	int running = 1;

	while (running) {
		assert_int_equal(curl_multi_perform(m, &running), CURLM_OK);
		server_step(s);
		assert_int_equal(
			curl_multi_poll(m, NULL, 0, 1, NULL), CURLM_OK);
	}
}

/* The server above can see a second POST: libcurl alone makes one. If this
 * fails with 1, libcurl has changed, and the guards are no longer needed. */
static void test_libcurl_alone_sends_twice(void **state)
{
	struct server s;
	CURLM *m;
	CURL *e;
	char *url;

	(void)state;
	server_open(&s);
	url = url_of(&s, "/");
	assert_int_equal(curl_global_init(CURL_GLOBAL_DEFAULT), 0);
	m = curl_multi_init();
	e = curl_easy_init();
	curl_easy_setopt(e, CURLOPT_URL, url);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, 5000L);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, discard);
	curl_multi_add_handle(m, e);
	multi_until_done(m, &s);
	curl_multi_remove_handle(m, e);
	curl_easy_setopt(e, CURLOPT_POSTFIELDS, "x");
	s.armed = 1;
	s.when = WHEN_READ;
	s.how = HOW_FIN;
	curl_multi_add_handle(m, e);
	multi_until_done(m, &s);
	assert_int_equal(s.writes, 2);
	curl_multi_remove_handle(m, e);
	curl_easy_cleanup(e);
	curl_multi_cleanup(m);
	curl_global_cleanup();
	free(url);
	server_close(&s);
}

/* What a write looks like: framing of ours, no negotiation. */
static void test_write_on_the_wire(void **state)
{
	static const char *const headers[] = {
		"X-One: 1", "X-Empty:", "Content-Type: application/json", NULL};
	struct server s;
	struct net *n = start();
	struct net_resp r;

	(void)state;
	server_open(&s);
	ask(n, &s, NULL,
		(struct net_req){.method = "POST",
			.headers = headers,
			.body = "a\0b",
			.body_len = 3},
		"/x/../y%2Fz?q=1", &r);
	assert_int_equal(r.fault, NET_OK);
	buf_addc(&s.log, '\0');
	assert_non_null(strstr(s.log.p, "POST /x/../y%2Fz?q=1 HTTP/1.1\r\n"));
	assert_non_null(strstr(s.log.p, "\r\nX-One: 1\r\n"));
	assert_non_null(strstr(s.log.p, "\r\nX-Empty:\r\n"));
	assert_non_null(strstr(s.log.p, "\r\nContent-Length: 3\r\n"));
	assert_null(strcasestr(s.log.p, "expect"));
	assert_null(strcasestr(s.log.p, "transfer-encoding"));
	assert_null(strcasestr(s.log.p, "gzip"));
	assert_int_equal(memcmp(strstr(s.log.p, "\r\n\r\n") + 4, "a\0b", 3), 0);
	net_resp_fini(&r);
	/* large enough for libcurl's own idea of Expect: 100-continue */
	{
		size_t big = 3 << 20;
		char *body = xcalloc(1, big);

		buf_reset(&s.log);
		ask(n, &s, NULL,
			(struct net_req){
				.method = "PUT", .body = body, .body_len = big},
			"/big", &r);
		assert_int_equal(r.fault, NET_OK);
		assert_null(strcasestr(s.log.p, "expect"));
		assert_null(strcasestr(s.log.p, "content-type"));
		assert_int_equal(
			s.log.len, big + (size_t)(strstr(s.log.p, "\r\n\r\n") +
						  4 - s.log.p));
		net_resp_fini(&r);
		free(body);
	}
	server_close(&s);
	net_free(n);
}

static void test_reads_share_a_connection(void **state)
{
	struct server s;
	struct net *n = start();
	struct net_resp r;

	(void)state;
	server_open(&s);
	warm_up(n, &s);
	warm_up(n, &s);
	assert_int_equal(s.accepted, 1);
	ask(n, &s, NULL, (struct net_req){.method = "POST"}, "/w", &r);
	net_resp_fini(&r);
	assert_int_equal(s.accepted, 2);
	/* The idle one was shut for the write: it might have held the worker
	 * that the write needs. */
	warm_up(n, &s);
	assert_int_equal(s.accepted, 3);
	warm_up(n, &s);
	assert_int_equal(s.accepted, 3);
	server_close(&s);
	net_free(n);
	/* and what a write used is not used again */
	n = start();
	server_open(&s);
	ask(n, &s, NULL, (struct net_req){.method = "POST"}, "/w", &r);
	net_resp_fini(&r);
	warm_up(n, &s);
	assert_int_equal(s.accepted, 2);
	server_close(&s);
	net_free(n);
}

/* --- "not sent" is true --- */

static void test_refused_is_not_sent(void **state)
{
	struct server s;
	struct net *n = start();
	struct net_resp r;
	struct net_req q = {.method = "POST",
		.body = "x",
		.body_len = 1,
		.timeout_ms = 5000};
	char *url, *want;
	uint64_t id;

	(void)state;
	server_open(&s);
	url = url_of(&s, "/p?token=canary");
	want = xasprintf("connection refused by 127.0.0.1:%d", s.port);
	server_close(&s);
	q.url = url;
	assert_int_equal(net_submit(n, &q, NULL, &id), 0);
	while (!net_next(n, &r))
		assert_int_equal(net_run(n, 50, NULL, 0), 0);
	assert_int_equal(r.fault, NET_NOT_SENT);
	assert_int_equal(r.status, 0);
	assert_string_equal(r.error, want);
	net_resp_fini(&r);
	free(url);
	free(want);
	net_free(n);
}

/* A connection that never comes about: the backlog is full. */
static void test_no_connection_in_time_is_not_sent(void **state)
{
	struct server s;
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fill[64], k = 0;
	struct net *n = start();
	struct net_resp r;
	char *url;
	uint64_t id;
	struct net_req q = {.method = "POST", .timeout_ms = 200};

	(void)state;
	server_open(&s);
	assert_int_equal(listen(s.fd, 0), 0);
	a.sin_port = htons((uint16_t)s.port);
	for (; k < 8; k++) {
		fill[k] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(fill[k], (struct sockaddr *)&a, sizeof(a));
	}
	url = url_of(&s, "/");
	q.url = url;
	assert_int_equal(net_submit(n, &q, NULL, &id), 0);
	while (!net_next(n, &r))
		assert_int_equal(net_run(n, 50, NULL, 0), 0);
	assert_int_equal(r.fault, NET_NOT_SENT);
	net_resp_fini(&r);
	while (k)
		close(fill[--k]);
	free(url);
	server_close(&s);
	net_free(n);
}

static void test_cancel(void **state)
{
	struct server s;
	struct net *n = start();
	struct net_resp r;
	char *url;
	uint64_t id;
	struct net_req q = {.method = "GET", .timeout_ms = 5000};

	(void)state;
	server_open(&s);
	url = url_of(&s, "/");
	q.url = url;
	assert_int_equal(net_submit(n, &q, NULL, &id), 0);
	assert_int_equal(net_run(n, 10, NULL, 0), 0);
	net_cancel(n, id + 1);
	assert_int_equal(net_next(n, &r), 0);
	net_cancel(n, id);
	assert_int_equal(net_next(n, &r), 1);
	assert_int_equal(r.fault, NET_CANCELLED);
	net_resp_fini(&r);
	assert_int_equal(net_in_flight(n), 0);
	/* and one that is under way when everything ends */
	assert_int_equal(net_submit(n, &q, NULL, &id), 0);
	assert_int_equal(net_run(n, 10, NULL, 0), 0);
	net_free(n);
	free(url);
	server_close(&s);
}

static void test_wake(void **state)
{
	struct net *n = start();
	int64_t t0;

	(void)state;
	net_wake(n);
	t0 = clock_mono_ms(clock_system());
	/* would last a minute */
	assert_int_equal(net_run(n, 60000, NULL, 0), 0);
	assert_true(clock_mono_ms(clock_system()) - t0 < 50000);
	net_free(n);
}

/* --- redirects --- */

static void answer_redirect(struct server *s, struct conn *c, const char *req)
{
	char *h;

	if (strstr(req, " /end")) {
		say(c, "200 OK", "", "end");
		return;
	}
	if (strstr(req, " /loop")) {
		say(c, "302 Found", "Location: /loop\r\n", "");
		return;
	}
	h = xasprintf("Location: %s\r\n", s->text);
	say(c, "307 Temporary Redirect", h, "moved");
	free(h);
}

static const char *const secrets[] = {"Authorization: token canary",
	"Cookie: canary", "X-Api-Key: canary", "X-Auth-Token: canary", NULL};

static void test_redirect_same_origin(void **state)
{
	static const char *const places[] = {"/end", "end?x=1",
		"//127.0.0.1:%d/end", "http://127.0.0.1:%d/end#part"};
	struct server s;
	struct net *n = start();
	struct net_resp r;

	(void)state;
	for (int i = 0; i < 4; i++) {
		char to[64];
		const char *pc = strstr(places[i], "%d");

		server_open(&s);
		s.answer = answer_redirect;
		if (pc)
			snprintf(to, sizeof(to), "%.*s%d%s",
				(int)(pc - places[i]), places[i], s.port,
				pc + 2);
		else
			snprintf(to, sizeof(to), "%s", places[i]);
		s.text = to;
		ask(n, &s, NULL, (struct net_req){.headers = secrets}, "/start",
			&r);
		assert_int_equal(r.fault, NET_OK);
		assert_string_equal(r.body, "end");
		assert_null(r.location);
		assert_int_equal(s.reads, 2);
		net_resp_fini(&r);
		server_close(&s);
	}
	net_free(n);
}

static void test_redirect_elsewhere(void **state)
{
	static const char *const places[] = {"http://localhost:%d/end",
		"http://127.0.0.1:%d/end", "//127.0.0.1:%d/end",
		"https://127.0.0.1:%d/end", "file:///etc/passwd",
		"http://user:pw@127.0.0.1:%d/end", "ftp://127.0.0.1:%d/",
		"gopher://127.0.0.1:%d/_GET", "dict://127.0.0.1:%d/",
		"http://0x7f000001:%d/end", "http://[::1]:%d/end",
		"http://169.254.169.254/latest/meta-data/",
		"//169.254.169.254/", "ht tp://127.0.0.1:%d/", "", "http:///"};
	struct server a, b;
	struct net *n = start();
	struct net_resp r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		char to[64];
		const char *pc = strstr(places[i], "%d");

		server_open(&a);
		server_open(&b);
		if (pc)
			snprintf(to, sizeof(to), "%.*s%d%s",
				(int)(pc - places[i]), places[i], b.port,
				pc + 2);
		else
			snprintf(to, sizeof(to), "%s", places[i]);
		a.answer = answer_redirect;
		a.text = to;
		ask(n, &a, &b, (struct net_req){.headers = secrets}, "/", &r);
		assert_int_equal(r.fault, NET_REDIRECT);
		assert_int_equal(r.status, 307);
		assert_non_null(r.location);
		assert_non_null(strstr(a.log.p, "canary"));
		assert_int_equal(b.accepted, 0);
		net_resp_fini(&r);
		server_close(&a);
		server_close(&b);
	}
	net_free(n);
}

/* The same place, but with somebody's name in the address. */
static void test_redirect_with_credentials(void **state)
{
	struct server s;
	struct net *n = start();
	struct net_resp r;
	char *to;

	(void)state;
	server_open(&s);
	to = xasprintf("http://user:pw@127.0.0.1:%d/end", s.port);
	s.answer = answer_redirect;
	s.text = to;
	ask(n, &s, NULL, (struct net_req){.headers = secrets}, "/", &r);
	assert_int_equal(r.fault, NET_REDIRECT);
	assert_int_equal(s.reads, 1);
	net_resp_fini(&r);
	free(to);
	server_close(&s);
	net_free(n);
}

static void test_redirect_of_a_write(void **state)
{
	struct server s;
	struct net *n = start();
	struct net_resp r;

	(void)state;
	server_open(&s);
	s.answer = answer_redirect;
	s.text = "/end";
	ask(n, &s, NULL,
		(struct net_req){.method = "POST", .body = "x", .body_len = 1},
		"/", &r);
	assert_int_equal(r.fault, NET_REDIRECT);
	assert_int_equal(r.status, 307);
	assert_int_equal(s.writes, 1);
	assert_int_equal(s.reads, 0);
	assert_string_equal(strstr(r.location, "/end"), "/end");
	net_resp_fini(&r);
	ask(n, &s, NULL, (struct net_req){0}, "/loop", &r);
	assert_int_equal(r.fault, NET_REDIRECT);
	assert_int_equal(s.reads, 6);
	net_resp_fini(&r);
	server_close(&s);
	net_free(n);
}

/* --- budgets --- */

static void answer_endless(struct server *s, struct conn *c, const char *req)
{
	const char *head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"
			   "\r\n\r\n";

	(void)s;
	(void)req;
	assert_true(send(c->fd, head, strlen(head), 0) > 0);
	buf_adds(&c->out, "400\r\n");
	for (int i = 0; i < 1024; i++)
		buf_addc(&c->out, 'a');
	buf_adds(&c->out, "\r\n");
	c->endless = 1;
}

static void test_endless_body(void **state)
{
	struct server s;
	struct net *n = start();
	struct net_resp r;

	(void)state;
	server_open(&s);
	s.answer = answer_endless;
	ask(n, &s, NULL, (struct net_req){.max_bytes = 100000}, "/", &r);
	assert_int_equal(r.fault, NET_TOO_BIG);
	assert_int_equal(r.status, 200);
	assert_true(r.body_len <= 100000);
	net_resp_fini(&r);
	server_close(&s);
	net_free(n);
}

/* 20 MB of one byte. The zlib stream is made by hand: a deflate block that
 * repeats a match of 258 at distance 1 costs two bits a match. */
static void bomb(struct buf *out, size_t matches)
{
	static const unsigned char head[] = {
		0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
	unsigned bit = 0, acc = 0;

#define PUT(value, bits)                                                       \
	do {                                                                   \
		acc |= (unsigned)(value) << bit;                               \
		bit += (bits);                                                 \
		while (bit >= 8) {                                             \
			buf_addc(out, (char)(acc & 255));                      \
			acc >>= 8;                                             \
			bit -= 8;                                              \
		}                                                              \
	} while (0)
	buf_add(out, head, sizeof(head));
	PUT(3, 3);    /* last block, fixed codes */
	PUT(0x89, 8); /* literal 'a' (0x91), bits reversed */
	for (size_t i = 0; i < matches; i++) {
		PUT(0xa3, 8); /* length 258: code 11000101 reversed */
		PUT(0, 5);    /* distance 1 */
	}
	PUT(0, 7); /* end of block */
	PUT(0, 7);
#undef PUT
}

static void answer_bomb(struct server *s, struct conn *c, const char *req)
{
	struct buf b = BUF_INIT;

	(void)s;
	assert_non_null(strstr(req, "Accept-Encoding: gzip\r\n"));
	bomb(&b, 80000);
	buf_addf(&c->out,
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
		"Content-Length: %zu\r\n\r\n",
		b.len);
	buf_add(&c->out, b.p, b.len);
	buf_fini(&b);
}

static void test_bomb(void **state)
{
	struct server s;
	struct net *n = start();
	struct net_resp r;

	(void)state;
	server_open(&s);
	s.answer = answer_bomb;
	ask(n, &s, NULL, (struct net_req){0}, "/", &r);
	assert_int_equal(r.fault, NET_TOO_BIG);
	assert_non_null(strstr(r.error, "swells"));
	assert_true(r.body_len < (16u << 20));
	net_resp_fini(&r);
	server_close(&s);
	net_free(n);
}

static void answer_headers(struct server *s, struct conn *c, const char *req)
{
	const char *ok = "HTTP/1.1 200 OK\r\n";

	(void)req;
	if (s->text[0] == 'X')
		assert_true(send(c->fd, ok, strlen(ok), 0) > 0);
	buf_adds(&c->out, s->text);
	c->endless = 1;
}

static void test_endless_headers(void **state)
{
	static const char *const floods[] = {
		"X-A: b\r\nX-A: b\r\nX-A: b\r\n",
		"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n",
	};
	struct net *n = start();

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct server s;
		struct net_resp r;

		server_open(&s);
		s.answer = answer_headers;
		s.text = floods[i];
		ask(n, &s, NULL, (struct net_req){0}, "/", &r);
		assert_int_equal(r.fault, NET_TOO_BIG);
		net_resp_fini(&r);
		server_close(&s);
	}
	net_free(n);
}

static void answer_slow(struct server *s, struct conn *c, const char *req)
{
	(void)s;
	(void)req;
	c->slow = 1;
	buf_adds(&c->out, "HTTP/1.1 200 OK\r\nX: ");
	for (int i = 0; i < 10000; i++)
		buf_addc(&c->out, 'a');
}

static void test_slow_answer_ends(void **state)
{
	struct server s;
	struct net *n = start();
	struct net_resp r;

	(void)state;
	server_open(&s);
	s.answer = answer_slow;
	ask(n, &s, NULL, (struct net_req){.method = "POST", .timeout_ms = 200},
		"/", &r);
	assert_int_equal(r.fault, NET_LOST);
	assert_int_equal(s.writes, 1);
	net_resp_fini(&r);
	server_close(&s);
	net_free(n);
}

/* --- broken answers --- */

static void answer_text(struct server *s, struct conn *c, const char *req)
{
	(void)req;
	buf_adds(&c->out, s->text);
	c->close_after = 1;
}

static void test_broken_answers(void **state)
{
	static const struct {
		const char *text;
		enum net_fault fault;
		const char *body;
	} t[] = {
		{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", NET_LOST,
			"ab"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
			NET_LOST, "ab"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
			NET_LOST, ""},
		{"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
		 "Content-Length: 2\r\n\r\nab",
			NET_LOST, ""},
		{"hello", NET_LOST, ""},
		{"SSH-2.0-OpenSSH_9.2\r\n", NET_LOST, ""},
		/* the end of the connection is a lawful end of an answer */
		{"HTTP/1.1 200 OK\r\n\r\nab", NET_OK, "ab"},
		{"HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno", NET_OK,
			"no"},
		{"HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nno", NET_OK,
			"no"},
	};
	struct net *n = start();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct server s;
		struct net_resp r;

		server_open(&s);
		s.answer = answer_text;
		s.text = t[i].text;
		ask(n, &s, NULL, (struct net_req){0}, "/", &r);
		assert_int_equal(r.fault, t[i].fault);
		assert_string_equal(r.body, t[i].body);
		assert_int_equal(r.fault == NET_OK, r.error == NULL);
		net_resp_fini(&r);
		server_close(&s);
	}
	net_free(n);
}

static void test_headers_of_an_answer(void **state)
{
	struct server s;
	struct net *n = start();
	struct net_resp r;
	struct buf b = BUF_INIT;

	(void)state;
	server_open(&s);
	s.answer = answer_text;
	s.text = "HTTP/1.1 100 Continue\r\nETag: early\r\n\r\n"
		 "HTTP/1.1 429 Slow Down\r\n"
		 "Date: Sat, 21 Nov 2026 18:43:10 GMT\r\n"
		 "RETRY-AFTER:  Sat, 21 Nov 2026 18:44:10 GMT \r\n"
		 "X-Folded: one\r\n  two\r\n"
		 "X-Ctl: a\tb\x01"
		 "c\r\n"
		 "Bad Name: x\r\n"
		 "Transfer-Encoding: chunked\r\n\r\n"
		 "2\r\nhi\r\n0\r\nEtag: late\r\nLocation: /late\r\n\r\n";
	ask(n, &s, NULL, (struct net_req){0}, "/", &r);
	assert_int_equal(r.fault, NET_OK);
	assert_int_equal(r.status, 429);
	assert_string_equal(r.body, "hi");
	assert_null(net_header(&r, "etag", &b));
	assert_null(net_header(&r, "location", &b));
	assert_null(net_header(&r, "bad name", &b));
	assert_string_equal(net_header(&r, "x-folded", &b), "one two");
	assert_string_equal(net_header(&r, "x-ctl", &b), "a b c");
	assert_int_equal(r.date_ms, 1795286590000);
	assert_int_equal(r.retry_after_ms, 60000);
	buf_fini(&b);
	net_resp_fini(&r);
	server_close(&s);
	net_free(n);
}

/* --- jars, environment, refusals --- */

static void answer_cookie(struct server *s, struct conn *c, const char *req)
{
	(void)s;
	say(c, "200 OK", "Set-Cookie: sid=42; Path=/; HttpOnly\r\n",
		strstr(req, "Cookie: sid=42") ? "known" : "new");
}

static void jar_ask(
	struct net *n, struct server *s, const char *jar, const char *want)
{
	struct net_resp r;

	ask(n, s, NULL, (struct net_req){.method = "POST", .jar = jar}, "/",
		&r);
	assert_int_equal(r.fault, NET_OK);
	assert_string_equal(r.body, want);
	net_resp_fini(&r);
}

static void test_jars_are_apart(void **state)
{
	struct server s;
	struct net *n = start();

	(void)state;
	server_open(&s);
	s.answer = answer_cookie;
	jar_ask(n, &s, NULL, "new");
	jar_ask(n, &s, NULL, "new");
	jar_ask(n, &s, "one", "new");
	jar_ask(n, &s, "one", "known");
	jar_ask(n, &s, "two", "new");
	jar_ask(n, &s, "one", "known");
	server_close(&s);
	net_free(n);
}

static void test_environment_is_ignored(void **state)
{
	static const char *const names[] = {
		"http_proxy", "all_proxy", "ALL_PROXY"};
	struct server s, proxy;
	struct net *n;
	char *url;

	(void)state;
	server_open(&s);
	server_open(&proxy);
	url = url_of(&proxy, "");
	for (int i = 0; i < 3; i++)
		setenv(names[i], url, 1);
	n = start();
	warm_up(n, &s);
	assert_int_equal(s.reads, 1);
	server_step(&proxy);
	assert_int_equal(proxy.accepted, 0);
	for (int i = 0; i < 3; i++)
		unsetenv(names[i]);
	free(url);
	net_free(n);
	server_close(&s);
	server_close(&proxy);
}

static void test_refused_requests(void **state)
{
	static const char *const urls[] = {"", "ftp://127.0.0.1/",
		"file:///etc/passwd", "http://example.com/",
		"https://user:pw@127.0.0.1/", "http://127.0.0.1/a b",
		"http://127.0.0.1/\xe9\x80\x80", "http://127.0.0.1/a\r\nb: c",
		"127.0.0.1/", "http://[::1/", "http://127.0.0.1:99999/"};
	static const char *const bad[] = {"X: a\r\nY: b", "X: a\nb", "NoColon",
		": x", "A B: x", "Content-Length: 5",
		"transfer-encoding: chunked", "Expect: 100-continue",
		"HOST: x"};
	struct net *n = start();
	uint64_t id = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		struct net_req q = {.method = "GET", .url = urls[i]};

		assert_int_equal(net_submit(n, &q, NULL, &id), E_INPUT);
		assert_true(strlen(err_msg()) > 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const char *h[] = {"Accept: x", bad[i], NULL};
		struct net_req q = {.method = "GET",
			.url = "http://127.0.0.1/",
			.headers = h};

		assert_int_equal(net_submit(n, &q, NULL, &id), E_INPUT);
	}
	{
		struct net_req q = {
			.method = "TRACE", .url = "http://127.0.0.1/"};

		assert_int_equal(net_submit(n, &q, NULL, &id), E_INPUT);
		q.method = "GET";
		q.body = "x";
		q.body_len = 1;
		assert_int_equal(net_submit(n, &q, NULL, &id), E_INPUT);
	}
	assert_int_equal(id, 7);
	assert_int_equal(net_in_flight(n), 0);
	net_free(n);
}

/* Many at once, each answer to its own question. */
static void answer_echo(struct server *s, struct conn *c, const char *req)
{
	char *path = xstrndup(req + 4, strcspn(req + 4, " "));

	(void)s;
	say(c, "200 OK", "", path);
	free(path);
}

static void test_many_at_once(void **state)
{
	struct server s;
	struct net *n = start();
	struct net_resp r;
	uint64_t ids[16];

	(void)state;
	server_open(&s);
	s.answer = answer_echo;
	for (int i = 0; i < 16; i++) {
		char *path = xasprintf("/%d", i);
		char *url = url_of(&s, path);
		struct net_req q = {
			.method = "GET", .url = url, .timeout_ms = 5000};

		assert_int_equal(net_submit(n, &q, NULL, &ids[i]), 0);
		free(path);
		free(url);
	}
	assert_int_equal(net_in_flight(n), 16);
	for (int i = 0; i < 16; i++) {
		int k;

		drive(n, &s, NULL, &r);
		assert_int_equal(r.fault, NET_OK);
		for (k = 0; k < 16 && ids[k] != r.id; k++)
			;
		assert_true(k < 16);
		assert_int_equal(atoi(r.body + 1), k);
		ids[k] = 0;
		net_resp_fini(&r);
	}
	assert_int_equal(net_in_flight(n), 0);
	server_close(&s);
	net_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_arrives_once),
		cmocka_unit_test(test_libcurl_alone_sends_twice),
		cmocka_unit_test(test_write_on_the_wire),
		cmocka_unit_test(test_reads_share_a_connection),
		cmocka_unit_test(test_refused_is_not_sent),
		cmocka_unit_test(test_no_connection_in_time_is_not_sent),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_wake),
		cmocka_unit_test(test_redirect_same_origin),
		cmocka_unit_test(test_redirect_elsewhere),
		cmocka_unit_test(test_redirect_with_credentials),
		cmocka_unit_test(test_redirect_of_a_write),
		cmocka_unit_test(test_endless_body),
		cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_endless_headers),
		cmocka_unit_test(test_slow_answer_ends),
		cmocka_unit_test(test_broken_answers),
		cmocka_unit_test(test_headers_of_an_answer),
		cmocka_unit_test(test_jars_are_apart),
		cmocka_unit_test(test_environment_is_ignored),
		cmocka_unit_test(test_refused_requests),
		cmocka_unit_test(test_many_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
