/* SPDX-License-Identifier: MIT */
/*
 * Every fault of the proxy, for a read and for a write: the word that our net
 * finds for it, whether that word is true (the upstream is in this program and
 * counts), and that everything ends by its deadline.
 * FAULTPROXY names the proxy's program.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "galley/base/buf.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/net/net.h"

#define BODY "{\"id\":\"1\",\"filler\":\"0123456789012345678901234567890\"}"

/* --- the upstream: one request a connection, counted --- */

struct upstream {
	int fd, port;
	int conn[16];
	int n;
	int seen; /* requests */
};

static void upstream_open(struct upstream *u)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	memset(u, 0, sizeof(*u));
	u->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(u->fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(u->fd, 16), 0);
	assert_int_equal(getsockname(u->fd, (struct sockaddr *)&a, &len), 0);
	u->port = ntohs(a.sin_port);
}

/* The proxy forwards a whole small request in one segment. */
static void upstream_answer(struct upstream *u, int i)
{
	char req[4096];
	ssize_t k = recv(u->conn[i], req, sizeof(req), MSG_DONTWAIT);
	char *out;

	if (k < 0)
		return;
	if (k > 0) {
		u->seen++;
		out = xasprintf("HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n"
				"Connection: close\r\n\r\n%s",
			strlen(BODY), BODY);
		assert_int_equal(send(u->conn[i], out, strlen(out), 0),
			(ssize_t)strlen(out));
		free(out);
	}
	close(u->conn[i]);
	u->conn[i] = u->conn[--u->n];
}

static void upstream_step(struct upstream *u)
{
	int fd = accept4(u->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0) {
		assert_true(u->n < 16);
		u->conn[u->n++] = fd;
	}
	for (int i = u->n - 1; i >= 0; i--)
		upstream_answer(u, i);
}

static int upstream_fds(const struct upstream *u, int *fds)
{
	fds[0] = u->fd;
	memcpy(fds + 1, u->conn, (size_t)u->n * sizeof(int));
	return u->n + 1;
}

/* --- the proxy --- */

struct proxy {
	char dir[32];
	char *port_file, *control;
	pid_t pid;
	int port;
};

static void start_program(char *const argv[], pid_t *pid)
{
	assert_int_equal(
		posix_spawn(pid, argv[0], NULL, NULL, argv, environ), 0);
}

static void proxy_start(struct proxy *p, int to, const char *rule)
{
	char *program = getenv("FAULTPROXY");
	char *target = xasprintf("127.0.0.1:%d", to);
	char *rule_copy = xstrdup(rule);
	char *text = NULL;
	size_t len;

	if (!program)
		fail_msg("FAULTPROXY is not set");
	memcpy(p->dir, "/tmp/galley-wire-XXXXXX", 24);
	assert_non_null(mkdtemp(p->dir));
	p->port_file = xasprintf("%s/port", p->dir);
	p->control = xasprintf("%s/ctl", p->dir);
	{
		char *argv[] = {program, (char[]){"--listen"},
			(char[]){"127.0.0.1:0"}, (char[]){"--to"}, target,
			(char[]){"--port-file"}, p->port_file,
			(char[]){"--control"}, p->control, (char[]){"--max-s"},
			(char[]){"60"}, (char[]){"--rule"}, rule_copy, NULL};

		start_program(argv, &p->pid);
	}
	for (int i = 0; i < 1000 && file_read(p->port_file, 64, &text, &len);
		i++)
		poll(NULL, 0, 5); /* until the file is there */
	assert_non_null(text);
	p->port = atoi(text);
	free(text);
	free(target);
	free(rule_copy);
}

static void proxy_stop(struct proxy *p)
{
	kill(p->pid, SIGTERM);
	waitpid(p->pid, NULL, 0);
	unlink(p->port_file);
	unlink(p->control);
	assert_int_equal(rmdir(p->dir), 0);
	free(p->port_file);
	free(p->control);
}

/* --- the table --- */

static const struct {
	const char *fault;
	int timeout_ms;
	enum net_fault word;
	int status;
	int seen;	  /* by the upstream, at the end */
	const char *body; /* NULL: not compared */
} t[] = {
	{"none", 5000, NET_OK, 200, 1, BODY},
	{"drop-answer", 5000, NET_LOST, 0, 1, ""},
	{"cut:9", 5000, NET_LOST, 0, 1, ""},
	{"cut:80", 5000, NET_LOST, 200, 1, NULL},
	{"rst", 5000, NET_LOST, 0, 1, ""},
	{"rst:before", 5000, NET_LOST, 0, 0, ""},
	{"refuse", 5000, NET_LOST, 0, 0, ""},
	{"stall:60000", 200, NET_LOST, 0, 1, ""},
	{"stall:50", 5000, NET_OK, 200, 1, BODY},
	/* the server acts after we have given up */
	{"delay:300", 150, NET_LOST, 0, 1, ""},
	{"dup", 5000, NET_OK, 200, 2, BODY},
	{"status:429:7", 5000, NET_OK, 429, 0, NULL},
	{"acted-status:502", 5000, NET_OK, 502, 1, NULL},
	{"garbage", 5000, NET_LOST, 0, 1, ""},
	{"slow:1", 5000, NET_OK, 200, 1, BODY},
	{"slow:50", 200, NET_LOST, 0, 1, NULL},
	{"huge", 30000, NET_TOO_BIG, 200, 1, NULL},
	{"html", 5000, NET_OK, 200, 0, NULL},
};

/* The proxy sees a request through after we have gone: wait for that. */
static void await_seen(struct upstream *u, int want)
{
	for (int i = 0; i < 1000 && (u->seen < want || u->n); i++) {
		struct pollfd p = {
			.fd = u->n ? u->conn[0] : u->fd, .events = POLLIN};

		poll(&p, 1, 10);
		upstream_step(u);
	}
}

static void one(size_t i, int is_write)
{
	struct upstream u;
	struct proxy p;
	struct net *n;
	struct net_resp r;
	struct net_req q = {.method = is_write ? "POST" : "GET",
		.timeout_ms = t[i].timeout_ms,
		.max_bytes = 1 << 20};
	char *rule = xasprintf("%s /x 1 %s", q.method, t[i].fault);
	char *url;
	uint64_t id;

	upstream_open(&u);
	proxy_start(&p, u.port, rule);
	url = xasprintf("http://127.0.0.1:%d/x?canary", p.port);
	q.url = url;
	q.body = is_write ? "{}" : NULL;
	q.body_len = is_write ? 2 : 0;
	assert_int_equal(net_new(clock_system(), &n), 0);
	assert_int_equal(net_submit(n, &q, NULL, &id), 0);
	while (!net_next(n, &r)) {
		int fds[20];
		int k = upstream_fds(&u, fds);

		assert_int_equal(net_run(n, 20, fds, k), 0);
		upstream_step(&u);
	}
	await_seen(&u, t[i].seen);
	if (r.fault != t[i].word || r.status != t[i].status ||
		u.seen != t[i].seen)
		fail_msg("%s: fault %d, status %d, seen %d", rule, r.fault,
			r.status, u.seen);
	if (t[i].body)
		assert_string_equal(r.body, t[i].body);
	if (r.status == 429)
		assert_int_equal(r.retry_after_ms, 7000);
	if (r.error)
		assert_null(strstr(r.error, "canary"));
	net_resp_fini(&r);
	net_free(n);
	proxy_stop(&p);
	close(u.fd);
	free(url);
	free(rule);
}

static void test_reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		one(i, 0);
}

static void test_writes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		one(i, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_writes),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
