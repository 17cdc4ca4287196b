/* SPDX-License-Identifier: MIT */
/*
 * Bad certificates, old protocols and broken handshakes against `openssl
 * s_server`: refused, called by their name, and not one byte of the request
 * is decrypted at the other end. One good certificate shows that the server
 * would have seen it. Keys and certificates are made when the test runs.
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
#include "galley/base/proc.h"
#include "galley/net/net.h"

static char dir[] = "/tmp/galley-tls-XXXXXX";
static char *keylog;

static char *in_dir(const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

/* --- certificates --- */

static int openssl(const char *const *args)
{
	char *argv[32];
	size_t n = 0;
	char *out = NULL;
	size_t len;
	int err;

	argv[n++] = xstrdup("openssl");
	for (; *args; args++) {
		int is_file = strchr(*args, '.') && !strchr(*args, '=');

		argv[n++] = is_file ? in_dir(*args) : xstrdup(*args);
	}
	argv[n] = NULL;
	err = proc_output(argv, 20000, 1 << 16, &out, &len);
	if (err)
		fprintf(stderr, "openssl: %s\n", err_msg());
	while (n)
		free(argv[--n]);
	free(out);
	return err;
}

#define OPENSSL(...) openssl((const char *const[]){__VA_ARGS__, NULL})

static int write_ext(const char *name, const char *san)
{
	char *path = in_dir(name);
	FILE *f = fopen(path, "we");

	free(path);
	if (!f)
		return -1;
	fprintf(f, "subjectAltName=%s\n", san);
	return fclose(f);
}

static int make_ca(const char *key, const char *cert)
{
	return OPENSSL("req", "-x509", "-newkey", "ec", "-pkeyopt",
		"ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
		"-out", cert, "-days", "2", "-subj", "/CN=ca", "-batch");
}

static int sign(const char *cert, const char *ext, const char *days)
{
	return OPENSSL("x509", "-req", "-in", "s.csr", "-CA", "ca.pem",
		"-CAkey", "ca.key", "-set_serial", "7", "-days", days,
		"-extfile", ext, "-out", cert);
}

static int make_certificates(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	keylog = in_dir("keylog.txt");
	setenv("SSLKEYLOGFILE", keylog, 1);
	return write_ext("ip.ext", "IP:127.0.0.1") ||
	       write_ext("other.ext", "DNS:other.example") ||
	       make_ca("ca.key", "ca.pem") || make_ca("ca2.key", "ca2.pem") ||
	       OPENSSL("req", "-newkey", "ec", "-pkeyopt",
		       "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
		       "s.key", "-out", "s.csr", "-subj", "/CN=x", "-batch") ||
	       sign("good.pem", "ip.ext", "2") ||
	       sign("other.pem", "other.ext", "2") ||
	       /* it ended yesterday */
	       sign("expired.pem", "ip.ext", "-1") ||
	       OPENSSL("req", "-x509", "-key", "s.key", "-out", "self.pem",
		       "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
		       "subjectAltName=IP:127.0.0.1", "-batch");
}

static int remove_certificates(void **state)
{
	static const char *const names[] = {"ip.ext", "other.ext", "ca.key",
		"ca.pem", "ca2.key", "ca2.pem", "s.key", "s.csr", "good.pem",
		"other.pem", "expired.pem", "self.pem", "keylog.txt"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *path = in_dir(names[i]);

		unlink(path);
		free(path);
	}
	free(keylog);
	return rmdir(dir);
}

/* --- the server --- */

struct tls_server {
	pid_t pid;
	int in, out; /* its stdin and stdout */
	int port;
	struct buf seen; /* what it decrypted, among its own words */
	int answered;
};

static void spawn(struct tls_server *s, const char *cert, const char *proto)
{
	char *c = in_dir(cert), *k = in_dir("s.key");
	const char *argv[] = {"openssl", "s_server", "-accept", "127.0.0.1:0",
		"-naccept", "1", "-cert", c, "-key", k, proto,
		proto ? "-cipher" : NULL, "DEFAULT@SECLEVEL=0", NULL};
	posix_spawn_file_actions_t fa;
	int to[2], from[2];

	assert_int_equal(pipe2(to, O_CLOEXEC), 0);
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, to[0], 0);
	posix_spawn_file_actions_adddup2(&fa, from[1], 1);
	posix_spawn_file_actions_addopen(&fa, 2, "/dev/null", O_WRONLY, 0);
	assert_int_equal(posix_spawnp(&s->pid, "openssl", &fa, NULL,
				 (char *const *)(uintptr_t)argv, environ),
		0);
	posix_spawn_file_actions_destroy(&fa);
	close(to[0]);
	close(from[1]);
	s->in = to[1];
	s->out = from[0];
	free(c);
	free(k);
}

/* 0 at the end of its output. */
static int read_some(struct tls_server *s, int timeout_ms)
{
	struct pollfd p = {.fd = s->out, .events = POLLIN};
	char tmp[4096];
	ssize_t k;

	if (poll(&p, 1, timeout_ms) <= 0)
		return 1;
	k = read(s->out, tmp, sizeof(tmp));
	if (k <= 0)
		return 0;
	buf_add(&s->seen, tmp, (size_t)k);
	return 1;
}

static void tls_start(struct tls_server *s, const char *cert, const char *proto)
{
	const char *p = NULL;

	memset(s, 0, sizeof(*s));
	spawn(s, cert, proto);
	for (int i = 0; i < 100 && !p; i++) {
		assert_int_equal(read_some(s, 100), 1);
		p = strstr(buf_str(&s->seen), "ACCEPT 127.0.0.1:");
		if (p && !strchr(p, '\n'))
			p = NULL;
	}
	assert_non_null(p);
	s->port = atoi(p + 17);
}

static void tls_stop(struct tls_server *s)
{
	/* one connection and it ends; kill only what does not */
	for (int i = 0; i < 50 && read_some(s, 100); i++)
		;
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	close(s->in);
	close(s->out);
}

static void answer_once(struct tls_server *s)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
				   "Connection: close\r\n\r\nok";

	if (s->answered || !strstr(buf_str(&s->seen), "canary-body"))
		return;
	s->answered = 1;
	assert_int_equal(write(s->in, text, sizeof(text) - 1),
		(ssize_t)sizeof(text) - 1);
}

static void post(
	struct net *n, int port, const char *ca, int timeout_ms, uint64_t *id)
{
	static const char *const headers[] = {
		"Authorization: canary-token", NULL};
	char *url = xasprintf("https://127.0.0.1:%d/canary-path", port);
	char *ca_file = ca ? in_dir(ca) : NULL;
	struct net_req q = {.method = "POST",
		.url = url,
		.headers = headers,
		.body = "canary-body\n",
		.body_len = 12,
		.timeout_ms = timeout_ms,
		.ca_file = ca_file};

	assert_int_equal(net_submit(n, &q, NULL, id), 0);
	free(url);
	free(ca_file);
}

/* --- the matrix --- */

static void test_matrix(void **state)
{
	static const struct {
		const char *cert, *ca, *proto;
		enum net_fault fault;
		const char *says;
	} t[] = {
		{"good.pem", "ca.pem", NULL, NET_OK, NULL},
		{"good.pem", NULL, NULL, NET_BAD_TLS, "issuer"},
		{"good.pem", "ca2.pem", NULL, NET_BAD_TLS, "certificate"},
		{"good.pem", "missing.pem", NULL, NET_BAD_TLS,
			"cannot be read"},
		{"self.pem", NULL, NULL, NET_BAD_TLS, "self-signed"},
		{"self.pem", "ca.pem", NULL, NET_BAD_TLS, "self-signed"},
		{"other.pem", "ca.pem", NULL, NET_BAD_TLS, "127.0.0.1"},
		{"expired.pem", "ca.pem", NULL, NET_BAD_TLS, "expired"},
		{"good.pem", "ca.pem", "-tls1_1", NET_BAD_TLS, "protocol"},
		{"good.pem", "ca.pem", "-tls1", NET_BAD_TLS, "protocol"},
		{"good.pem", "ca.pem", "-tls1_2", NET_OK, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct tls_server s;
		struct net *n;
		struct net_resp r;
		uint64_t id;

		assert_int_equal(net_new(clock_system(), &n), 0);
		tls_start(&s, t[i].cert, t[i].proto);
		post(n, s.port, t[i].ca, 10000, &id);
		while (!net_next(n, &r)) {
			assert_int_equal(net_run(n, 50, &s.out, 1), 0);
			read_some(&s, 0);
			answer_once(&s);
		}
		assert_int_equal(r.fault, t[i].fault);
		if (r.fault != NET_OK) {
			assert_non_null(strstr(r.error, t[i].says));
			assert_null(strstr(r.error, "canary"));
		}
		/* a file that is missing is found before connecting: let the
		 * server end too */
		net_resp_fini(&r);
		net_free(n);
		if (t[i].ca && !strcmp(t[i].ca, "missing.pem"))
			kill(s.pid, SIGTERM);
		tls_stop(&s);
		assert_int_equal(!strstr(buf_str(&s.seen), "canary"),
			t[i].fault != NET_OK);
		buf_fini(&s.seen);
	}
	assert_int_equal(access(keylog, F_OK), -1);
}

/* --- not TLS at all --- */

static void handshake(const char *answer, int hang, enum net_fault want)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), c;
	struct net *n;
	struct net_resp r;
	uint64_t id;

	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	assert_int_equal(net_new(clock_system(), &n), 0);
	post(n, ntohs(a.sin_port), NULL, hang ? 200 : 10000, &id);
	assert_int_equal(net_run(n, 0, NULL, 0), 0);
	c = accept(fd, NULL, NULL); /* the backlog connects without us */
	assert_true(c >= 0);
	if (answer)
		assert_int_equal(write(c, answer, strlen(answer)),
			(ssize_t)strlen(answer));
	if (!hang)
		shutdown(c, SHUT_WR);
	while (!net_next(n, &r))
		assert_int_equal(net_run(n, 50, NULL, 0), 0);
	assert_int_equal(r.fault, want);
	net_resp_fini(&r);
	net_free(n);
	close(c);
	close(fd);
}

static void test_no_tls_there(void **state)
{
	(void)state;
	handshake("HTTP/1.1 400 Bad Request\r\n\r\n", 0, NET_BAD_TLS);
	/* nobody refused anything: the connection broke */
	handshake(NULL, 0, NET_NOT_SENT);
	/* connected, but the request never began */
	handshake(NULL, 1, NET_NOT_SENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matrix),
		cmocka_unit_test(test_no_tls_there),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(
		tests, make_certificates, remove_certificates);
}
