/* SPDX-License-Identifier: MIT */
/*
 * The tape: what was recorded answers again without a network, and no secret
 * is in the file.
 */
#include <netinet/in.h>
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "net/net_priv.h"

static char dir[] = "/tmp/galley-tape-XXXXXX";
static char *path;

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	path = xasprintf("%s/tape", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	free(path);
	return rmdir(dir);
}

/* --- a server that answers each connection with the next text --- */

static int listen_any(int *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static void ask(struct net *n, const struct net_req *q, int lfd,
	const char *answer, size_t answer_len, struct net_resp *r)
{
	uint64_t id;
	int c = -1;

	assert_int_equal(net_submit(n, q, NULL, &id), 0);
	while (!net_next(n, r)) {
		int fds[2] = {lfd, c};
		char tmp[4096];

		assert_int_equal(net_run(n, 50, fds,
					 lfd < 0 ? 0
					 : c < 0 ? 1
						 : 2),
			0);
		if (lfd >= 0 && c < 0)
			c = accept(lfd, NULL, NULL);
		if (c >= 0 && answer_len &&
			recv(c, tmp, sizeof(tmp), MSG_DONTWAIT) > 0) {
			assert_int_equal(send(c, answer, answer_len, 0),
				(ssize_t)answer_len);
			answer_len = 0;
			shutdown(c, SHUT_WR);
		}
	}
	assert_int_equal(r->id, id);
	if (c >= 0)
		close(c);
}

static const char *const headers[] = {"Authorization: token canary-auth",
	"X-Api-Key: canary-key", "Accept: application/json", NULL};

#define FORM "Content-Type: application/x-www-form-urlencoded"
static const char *const form[] = {FORM, NULL};

/* The requests of the test; `url_of` puts the port in. */
static const struct {
	const char *method, *path;
	const char *const *headers;
	const char *body;
	const char *answer;
	size_t answer_len; /* 0: strlen */
	enum net_fault fault;
	int status;
	const char *want;
	size_t want_len;
} t[] = {
	{"GET", "/a?q=1&token=canary-param", headers, NULL,
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nETag: \"e\"\r\n"
		"Set-Cookie: sid=canary-cookie\r\n"
		"X-CSRF-Token: canary-csrf\r\n\r\n{\"n\":\"1\"}",
		0, NET_OK, 200, "{\"n\":\"1\"}", 9},
	/* the same question again has another answer */
	{"GET", "/a?q=1&token=canary-param", headers, NULL,
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"n\":\"2\"}", 0,
		NET_OK, 200, "{\"n\":\"2\"}", 9},
	{"POST", "/login", form, "user=ann&lgpassword=canary-form",
		"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
		"Location: /next?session=canary-session\r\n\r\n",
		0, NET_REDIRECT, 302, "", 0},
	{"GET", "/bytes", headers, NULL,
		"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\xff\0\x80"
		"a",
		42, NET_OK, 200,
		"\xff\0\x80"
		"a",
		4},
	{"PUT", "/live", NULL, "my canary-live one",
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"n\":", 0,
		NET_LOST, 200, "{\"n\":", 5},
};

static void run_all(struct net *n, int lfd, int port, const char *secret)
{
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char *url = xasprintf("http://127.0.0.1:%d%s", port, t[i].path);
		struct net_req q = {.method = t[i].method,
			.url = url,
			.headers = t[i].headers,
			.body = t[i].body,
			.body_len = t[i].body ? strlen(t[i].body) : 0,
			.timeout_ms = 5000};
		struct net_resp r;
		struct buf b = BUF_INIT;

		ask(n, &q, lfd, t[i].answer,
			t[i].answer_len ? t[i].answer_len : strlen(t[i].answer),
			&r);
		assert_int_equal(r.fault, t[i].fault);
		assert_int_equal(r.status, t[i].status);
		assert_int_equal(r.body_len, t[i].want_len);
		assert_memory_equal(r.body, t[i].want, t[i].want_len);
		assert_int_equal(r.error == NULL, r.fault == NET_OK);
		if (i == 0) {
			assert_string_equal(
				net_header(&r, "etag", &b), "\"e\"");
			assert_non_null(strstr(
				net_header(&r, "set-cookie", &b), secret));
		}
		assert_int_equal(r.location == NULL, i != 2);
		if (r.location)
			assert_non_null(strstr(r.location, "/next?session="));
		buf_fini(&b);
		net_resp_fini(&r);
		free(url);
	}
}

static void test_round_trip(void **state)
{
	struct net *n;
	int port, fd = listen_any(&port);
	char *text;
	size_t len;
	struct stat st;

	(void)state;
	assert_int_equal(redact_add_secret("canary-live"), 0);
	assert_int_equal(net_new(clock_system(), &n), 0);
	assert_int_equal(net_record(n, path), 0);
	run_all(n, fd, port, "canary-cookie");
	net_free(n);
	close(fd);

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(file_read(path, 1 << 20, &text, &len), 0);
	assert_null(strstr(text, "canary"));
	assert_non_null(strstr(text, "/a?q=1&token="));
	assert_non_null(strstr(text, "user=ann"));
	free(text);

	/* nothing listens any more; the tape answers, in the same order */
	assert_int_equal(net_new(clock_system(), &n), 0);
	assert_int_equal(net_replay(n, path), 0);
	run_all(n, -1, port, "[redacted]");
	{
		char *url = xasprintf("http://127.0.0.1:%d/bytes", port);
		struct net_req q = {.method = "GET", .url = url};
		struct net_resp r;

		/* used up: an answer is given once */
		ask(n, &q, -1, NULL, 0, &r);
		assert_int_equal(r.fault, NET_NOT_SENT);
		assert_non_null(r.error);
		net_resp_fini(&r);
		free(url);
	}
	assert_int_equal(net_in_flight(n), 0);
	net_free(n);
	redact_forget_secrets();
}

static void test_bad_tapes(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"{\n", "tape:1"},
		{"\n{\"method\":\"GET\",\"url\":\"u\",\"fault\":\"ok\"}\n{}\n",
			"tape:3"},
		{"{\"method\":\"GET\",\"url\":\"u\",\"fault\":\"odd\"}\n",
			"fault"},
		{"{\"method\":\"GET\",\"url\":\"u\",\"fault\":\"ok\","
		 "\"answer_hex\":\"0g\"}\n",
			"hex"},
		{"{\"method\":\"GET\",\"url\":\"u\",\"fault\":\"ok\","
		 "\"body_hex\":\"0\"}\n",
			"hex"},
		{"[1]\n", "tape:1"},
	};
	struct net *n;

	(void)state;
	assert_int_equal(net_new(clock_system(), &n), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(
			file_write(path, bad[i].text, strlen(bad[i].text)), 0);
		assert_true(net_replay(n, path) < 0);
		assert_non_null(strstr(err_msg(), bad[i].says));
	}
	unlink(path);
	assert_int_equal(net_replay(n, path), E_NOTFOUND);
	assert_int_equal(net_record(n, "/nonexistent/x"), E_DISK);
	/* not through a link that someone left there */
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(net_record(n, path), E_DISK);
	net_free(n);
}

static void test_secret_names(void **state)
{
	static const char *const yes[] = {"Authorization", "Cookie",
		"SET-COOKIE", "X-Auth-Token", "x-api-key", "access_token",
		"lgpassword", "client_secret", "pass", "X-Session-Id"};
	static const char *const no[] = {"accept", "etag", "page", "query",
		"passed", "content-type", ""};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		assert_true(tape_is_secret_name(yes[i], strlen(yes[i])));
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		assert_false(tape_is_secret_name(no[i], strlen(no[i])));
}

/* A screen does not wait for thirty libraries. */
static void test_a_loop_needs_no_libcurl_yet(void **state)
{
	struct net *n;
	void *h;

	(void)state;
	assert_int_equal(net_new(clock_system(), &n), 0);
	net_wake(n);
	/* would last a minute */
	assert_int_equal(net_run(n, 60000, NULL, 0), 0);
	assert_int_equal(net_run(n, 0, NULL, 0), 0);
	h = dlopen("libcurl.so.4", RTLD_NOW | RTLD_NOLOAD);
	assert_null(h);
	net_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_loop_needs_no_libcurl_yet),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_bad_tapes),
		cmocka_unit_test(test_secret_names),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
