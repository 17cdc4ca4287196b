/* SPDX-License-Identifier: MIT */
/*
 * A proxy that misbehaves on request, between galley and a real backend. It
 * forwards one HTTP/1.1 request a connection, whole, to one upstream on
 * loopback and can then lose, cut, delay or forge the answer. Once a request
 * goes upstream it is seen through, whatever the client does meanwhile: the
 * server acts, as a real one does. It refuses to guess: unknown rules are
 * errors, and it ends by itself after --max-s seconds.
 *
 *	faultproxy --listen HOST:PORT --to HOST:PORT [--port-file FILE]
 *		[--control SOCKET] [--log FILE] [--max-s N] [--rule RULE]...
 *	faultproxy --ctl SOCKET COMMAND...
 *
 * RULE and the commands are in README.md beside this file.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "galley/base/buf.h"
#include "galley/base/clock.h"
#include "galley/base/mem.h"

#define MAX_LINKS   200
#define MAX_RULES   100
#define MAX_STATS   2000
#define MAX_REQUEST ((size_t)64 << 20)
#define WINDOW	    ((size_t)64 << 10)

enum fault {
	F_NONE,
	F_DROP,
	F_CUT,
	F_RST,
	F_STALL,
	F_DELAY,
	F_DUP,
	F_STATUS,
	F_ACTED,
	F_GARBAGE,
	F_SLOW,
	F_REFUSE,
	F_HUGE,
	F_HTML,
};

static const struct {
	const char *name;
	int forwards; /* the server sees the request */
	int needs_arg;
} faults[] = {
	[F_NONE] = {"none", 1, 0},
	[F_DROP] = {"drop-answer", 1, 0},
	[F_CUT] = {"cut", 1, 1},
	[F_RST] = {"rst", 1, 0},
	[F_STALL] = {"stall", 1, 1},
	[F_DELAY] = {"delay", 1, 1},
	[F_DUP] = {"dup", 1, 0},
	[F_STATUS] = {"status", 0, 1},
	[F_ACTED] = {"acted-status", 1, 1},
	[F_GARBAGE] = {"garbage", 1, 0},
	[F_SLOW] = {"slow", 1, 0},
	[F_REFUSE] = {"refuse", 0, 0},
	[F_HUGE] = {"huge", 1, 0},
	[F_HTML] = {"html", 0, 0},
};

struct rule {
	char method[16], prefix[256];
	long skip, left; /* left < 0: for ever */
	enum fault fault;
	long arg, arg2;
};

struct stat_row {
	char *what; /* "METHOD PATH" */
	long n;
};

enum state { READ, WAIT, SEND, RELAY, SAY, FREE };

struct link {
	enum state state;
	int c, u; /* client, upstream; -1 closed */
	struct buf req, out;
	size_t head_len, sent, relayed;
	enum fault fault;
	long arg, arg2;
	int deaf;      /* the answer goes nowhere */
	int again;     /* forward once more after this answer */
	int last_byte; /* nothing follows `out` */
	int64_t wake_ms;
};

static struct {
	struct sockaddr_storage listen_addr, to_addr;
	socklen_t listen_len, to_len;
	int lfd, ctl;
	struct link link[MAX_LINKS];
	struct rule rule[MAX_RULES];
	size_t n_rules;
	struct stat_row stat[MAX_STATS];
	size_t n_stats;
	const char *port_file, *control;
	FILE *log;
	int64_t end_ms;
	int quit;
} px = {.lfd = -1, .ctl = -1};

static int64_t now_ms(void)
{
	return clock_mono_ms(clock_system());
}

__attribute__((noreturn, format(printf, 1, 2))) static void die(
	const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("faultproxy: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(2);
}

/* --- rules --- */

static int fault_parse(const char *s, struct rule *r)
{
	size_t n = strcspn(s, ":");
	char *end;

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		if (strlen(faults[i].name) != n ||
			strncmp(faults[i].name, s, n))
			continue;
		r->fault = (enum fault)i;
		r->arg2 = -1;
		if (!s[n])
			return faults[i].needs_arg ? -1 : 0;
		if (i == F_RST && !strcmp(s + n, ":before")) {
			r->arg = 1;
			return 0;
		}
		r->arg = strtol(s + n + 1, &end, 10);
		if (end == s + n + 1 || r->arg < 0)
			return -1;
		if (*end == ':')
			r->arg2 = strtol(end + 1, &end, 10);
		return *end ? -1 : 0;
	}
	return -1;
}

/* "3", "*" or "2+1": let two pass, then one. */
static int count_parse(const char *s, struct rule *r)
{
	char *end;

	if (!strcmp(s, "*")) {
		r->left = -1;
		return 0;
	}
	r->left = strtol(s, &end, 10);
	if (end == s || r->left < 0)
		return -1;
	if (*end == '+') {
		r->skip = r->left;
		s = end + 1;
		r->left = strtol(s, &end, 10);
		if (end == s || r->left < 0)
			return -1;
	}
	return *end ? -1 : 0;
}

static const char *rule_add(const char *line)
{
	struct rule r = {.skip = 0};
	char count[32], fault[64], more[2];

	if (px.n_rules == MAX_RULES)
		return "too many rules";
	if (sscanf(line, "%15s %255s %31s %63s %1s", r.method, r.prefix, count,
		    fault, more) != 4)
		return "METHOD PATH-PREFIX COUNT FAULT[:ARG] wanted";
	if (r.prefix[0] != '/' && strcmp(r.prefix, "*"))
		return "the path begins with / or is *";
	if (count_parse(count, &r))
		return "bad count";
	if (fault_parse(fault, &r))
		return "bad fault";
	px.rule[px.n_rules++] = r;
	return NULL;
}

static int rule_any(const struct rule *r)
{
	return r->method[0] == '*' && r->prefix[0] == '*';
}

static int rule_hits(struct rule *r, const char *method, const char *path)
{
	if (!r->left)
		return 0;
	if (r->method[0] != '*' && strcmp(r->method, method))
		return 0;
	if (r->prefix[0] != '*' && strncmp(path, r->prefix, strlen(r->prefix)))
		return 0;
	if (r->skip) {
		r->skip--;
		return 0;
	}
	if (r->left > 0)
		r->left--;
	return 1;
}

static void rule_choose(struct link *l, const char *method, const char *path)
{
	for (size_t i = 0; i < px.n_rules; i++) {
		struct rule *r = &px.rule[i];

		/* "* * N refuse" is asked at accept */
		if ((r->fault == F_REFUSE && rule_any(r)) ||
			!rule_hits(r, method, path))
			continue;
		l->fault = r->fault;
		l->arg = r->arg;
		l->arg2 = r->arg2;
		return;
	}
}

static void stat_count(const char *method, const char *path)
{
	char *what =
		xasprintf("%s %.*s", method, (int)strcspn(path, "?"), path);
	size_t i = 0;

	while (i < px.n_stats && strcmp(px.stat[i].what, what))
		i++;
	if (i == MAX_STATS)
		die("more than %d different requests", MAX_STATS);
	if (i == px.n_stats)
		px.stat[px.n_stats++].what = xstrdup(what);
	px.stat[i].n++;
	free(what);
}

/* --- links --- */

static void fd_close(int *fd, int reset)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (*fd < 0)
		return;
	if (reset)
		setsockopt(*fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(*fd);
	*fd = -1;
}

static void link_free(struct link *l)
{
	fd_close(&l->c, 0);
	fd_close(&l->u, 0);
	buf_fini(&l->req);
	buf_fini(&l->out);
	l->state = FREE;
}

static void client_gone(struct link *l, int reset)
{
	fd_close(&l->c, reset);
	l->deaf = 1;
	buf_reset(&l->out);
	if (l->state == READ || l->state == SAY ||
		(l->state == RELAY && l->u < 0))
		link_free(l);
}

static void say(struct link *l, int code, const char *type, const char *body)
{
	buf_reset(&l->out);
	buf_addf(&l->out,
		"HTTP/1.1 %d %s\r\nContent-Type: %s\r\n"
		"Content-Length: %zu\r\nConnection: close\r\n",
		code, code < 400 ? "OK" : "Fault", type, strlen(body));
	if (l->arg2 >= 0)
		buf_addf(&l->out, "Retry-After: %ld\r\n", l->arg2);
	buf_addf(&l->out, "\r\n%s", body);
	l->state = SAY;
	l->last_byte = 1;
}

static void upstream_start(struct link *l)
{
	l->u = socket(px.to_addr.ss_family,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	l->sent = 0;
	l->state = SEND;
	if (l->u < 0 ||
		(connect(l->u, (struct sockaddr *)&px.to_addr, px.to_len) &&
			errno != EINPROGRESS)) {
		fd_close(&l->u, 0);
		say(l, 502, "text/plain", "no upstream\n");
	}
}

/* --- requests --- */

/* Our own framing upstream: one request, then the end. */
static void head_rewrite(struct link *l)
{
	struct buf b = BUF_INIT;
	const char *p = l->req.p, *end = p + l->head_len - 2;
	int first = 1;

	while (p < end) {
		const char *eol = strstr(p, "\r\n");

		if (strncasecmp(p, "connection:", 11) &&
			strncasecmp(p, "keep-alive:", 11) &&
			strncasecmp(p, "expect:", 7))
			buf_add(&b, p, (size_t)(eol - p) + 2);
		if (first)
			buf_adds(&b, "Connection: close\r\n");
		first = 0;
		p = eol + 2;
	}
	buf_adds(&b, "\r\n");
	buf_add(&b, l->req.p + l->head_len, l->req.len - l->head_len);
	buf_fini(&l->req);
	l->req = b;
}

static const char *header_value(const struct link *l, const char *name)
{
	const char *p = l->req.p, *end = l->req.p + l->head_len;

	for (p = strstr(p, "\r\n") + 2; p < end; p = strstr(p, "\r\n") + 2) {
		if (!strncasecmp(p, name, strlen(name)))
			return p + strlen(name);
	}
	return NULL;
}

/* 1 when a chunked body that starts at `p` is complete. */
static int chunks_whole(const char *p, const char *end)
{
	for (;;) {
		const char *eol = memmem(p, (size_t)(end - p), "\r\n", 2);
		unsigned long n;

		if (!eol)
			return 0;
		n = strtoul(p, NULL, 16);
		if (!n) /* no trailers from our clients */
			return (size_t)(end - eol) >= 4;
		if (n > (size_t)(end - eol) || (size_t)(end - eol) - n < 4)
			return 0;
		p = eol + 2 + n + 2;
	}
}

static int request_whole(struct link *l)
{
	const char *body, *v;

	if (!l->head_len) {
		const char *end = memmem(l->req.p, l->req.len, "\r\n\r\n", 4);

		if (!end)
			return 0;
		l->head_len = (size_t)(end - l->req.p) + 4;
		if (header_value(l, "expect:")) {
			const char *go = "HTTP/1.1 100 Continue\r\n\r\n";

			(void)!send(l->c, go, strlen(go), MSG_NOSIGNAL);
		}
	}
	body = l->req.p + l->head_len;
	if (header_value(l, "transfer-encoding:"))
		return chunks_whole(body, l->req.p + l->req.len);
	v = header_value(l, "content-length:");
	return !v || l->req.len - l->head_len >= strtoul(v, NULL, 10);
}

static void log_line(const char *method, const char *path, enum fault f)
{
	int64_t t = clock_now_ms(clock_system());

	if (!px.log)
		return;
	fprintf(px.log, "%lld.%03d %s %s %s\n", (long long)(t / 1000),
		(int)(t % 1000), method, path, faults[f].name);
	fflush(px.log);
}

/* A whole request is here: which fault does it meet? */
static void request_act(struct link *l)
{
	char method[16] = "", path[2048] = "";

	if (sscanf(l->req.p, "%15s %2047s", method, path) != 2) {
		l->arg2 = -1;
		say(l, 400, "text/plain", "not HTTP\n");
		return;
	}
	l->arg2 = -1;
	rule_choose(l, method, path);
	log_line(method, path, l->fault);
	if (l->fault == F_REFUSE || (l->fault == F_RST && l->arg)) {
		client_gone(l, 1);
		return;
	}
	if (l->fault == F_STATUS) {
		say(l, (int)l->arg, "application/json",
			"{\"message\":\"fault\"}\n");
		return;
	}
	if (l->fault == F_HTML) {
		say(l, 200, "text/html",
			"<!DOCTYPE html><title>Login</title><form>\n");
		return;
	}
	stat_count(method, path);
	if (l->fault == F_DUP)
		stat_count(method, path);
	head_rewrite(l);
	l->again = l->fault == F_DUP;
	l->deaf = l->again || l->fault == F_DROP || l->fault == F_RST ||
		  l->fault == F_ACTED || l->fault == F_GARBAGE ||
		  l->fault == F_HUGE;
	if (l->fault == F_DELAY) {
		l->wake_ms = now_ms() + l->arg;
		l->state = WAIT;
	} else {
		upstream_start(l);
	}
}

/* --- answers --- */

static void huge_fill(struct link *l)
{
	while (l->out.len < WINDOW)
		buf_adds(&l->out, "20\r\n[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\r\n");
}

static void upstream_over(struct link *l)
{
	fd_close(&l->u, 0);
	if (l->again) {
		l->again = 0;
		l->deaf = l->c < 0;
		upstream_start(l);
		return;
	}
	if (l->c < 0) {
		link_free(l);
		return;
	}
	switch (l->fault) {
	case F_DROP:
		link_free(l);
		return;
	case F_RST:
		fd_close(&l->c, 1);
		link_free(l);
		return;
	case F_ACTED:
		say(l, (int)l->arg, "application/json",
			"{\"message\":\"fault after the act\"}\n");
		return;
	case F_GARBAGE:
		l->state = SAY;
		buf_add(&l->out, "\x16\x03\x01\0\xff{\"id\":\r\n\r\n\x80%s\n",
			19);
		break;
	case F_HUGE:
		l->state = SAY;
		buf_adds(&l->out, "HTTP/1.1 200 OK\r\n"
				  "Content-Type: application/json\r\n"
				  "Transfer-Encoding: chunked\r\n\r\n");
		huge_fill(l);
		return;
	default:
		break;
	}
	l->last_byte = 1;
	if (!l->out.len)
		link_free(l);
}

static void on_upstream_read(struct link *l)
{
	char tmp[16384];
	ssize_t k = recv(l->u, tmp, sizeof(tmp), 0);
	size_t n;

	if (k < 0 && errno == EAGAIN)
		return;
	if (k <= 0) {
		upstream_over(l);
		return;
	}
	if (l->deaf)
		return;
	n = (size_t)k;
	if (l->fault == F_CUT && n > (size_t)l->arg - l->relayed)
		n = (size_t)l->arg - l->relayed;
	if (l->fault == F_STALL && !l->relayed)
		l->wake_ms = now_ms() + l->arg;
	l->relayed += n;
	buf_add(&l->out, tmp, n);
}

static void on_upstream_write(struct link *l)
{
	ssize_t k = send(
		l->u, l->req.p + l->sent, l->req.len - l->sent, MSG_NOSIGNAL);

	if (k < 0 && errno == EAGAIN)
		return;
	if (k < 0) {
		fd_close(&l->u, 0);
		l->again = 0;
		if (l->c < 0)
			link_free(l);
		else
			say(l, 502, "text/plain", "upstream refused\n");
		return;
	}
	l->sent += (size_t)k;
	if (l->sent == l->req.len)
		l->state = RELAY;
}

/* How many bytes may go to the client in one turn. */
static size_t portion(const struct link *l)
{
	return l->fault == F_SLOW && l->out.len ? 1 : l->out.len;
}

static void on_client_write(struct link *l)
{
	ssize_t k = send(l->c, l->out.p, portion(l), MSG_NOSIGNAL);

	if (k < 0 && errno == EAGAIN)
		return;
	if (k < 0) {
		client_gone(l, 0);
		return;
	}
	memmove(l->out.p, l->out.p + k, l->out.len - (size_t)k);
	l->out.len -= (size_t)k;
	if (l->fault == F_SLOW)
		l->wake_ms = now_ms() + (l->arg ? l->arg : 2);
	if (l->fault == F_HUGE && l->state == SAY)
		huge_fill(l);
	else if (l->fault == F_CUT && l->state == RELAY && !l->out.len &&
		 l->relayed >= (size_t)l->arg)
		client_gone(l, 0);
	else if (l->last_byte && !l->out.len)
		link_free(l);
}

static void on_client_read(struct link *l)
{
	char tmp[16384];
	ssize_t k = recv(l->c, tmp, sizeof(tmp), 0);

	if (k < 0 && errno == EAGAIN)
		return;
	if (k <= 0 || l->req.len + (size_t)k > MAX_REQUEST) {
		link_free(l);
		return;
	}
	buf_add(&l->req, tmp, (size_t)k);
	if (request_whole(l))
		request_act(l);
}

static void on_accept(void)
{
	int fd = accept4(px.lfd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct link *l = px.link;

	if (fd < 0)
		return;
	while (l < px.link + MAX_LINKS && l->state != FREE)
		l++;
	for (size_t i = 0; i < px.n_rules; i++) {
		struct rule *r = &px.rule[i];

		if (r->fault == F_REFUSE && rule_any(r) &&
			rule_hits(r, "", "")) {
			log_line("-", "-", F_REFUSE);
			fd_close(&fd, 1);
			return;
		}
	}
	if (l == px.link + MAX_LINKS) {
		fd_close(&fd, 1);
		return;
	}
	*l = (struct link){.state = READ, .c = fd, .u = -1};
}

/* --- control --- */

static void listen_start(void)
{
	int on = 1;

	px.lfd = socket(px.listen_addr.ss_family,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (px.lfd < 0)
		die("socket: %s", strerrordesc_np(errno));
	setsockopt(px.lfd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(px.lfd, (struct sockaddr *)&px.listen_addr, px.listen_len) ||
		listen(px.lfd, 64))
		die("listen: %s", strerrordesc_np(errno));
	/* keeps the port that the kernel chose, for "up" */
	getsockname(px.lfd, (struct sockaddr *)&px.listen_addr, &px.listen_len);
}

static void cmd_down(struct buf *out)
{
	(void)out;
	fd_close(&px.lfd, 0);
	for (size_t i = 0; i < MAX_LINKS; i++) {
		if (px.link[i].state != FREE)
			client_gone(&px.link[i], 1);
	}
}

static void cmd_up(struct buf *out)
{
	(void)out;
	if (px.lfd < 0)
		listen_start();
}

static void cmd_clear(struct buf *out)
{
	(void)out;
	px.n_rules = 0;
}

static void cmd_reset(struct buf *out)
{
	(void)out;
	while (px.n_stats) {
		free(px.stat[--px.n_stats].what);
		px.stat[px.n_stats].n = 0;
	}
}

static void cmd_stats(struct buf *out)
{
	for (size_t i = 0; i < px.n_stats; i++)
		buf_addf(out, "%s %ld\n", px.stat[i].what, px.stat[i].n);
}

static void cmd_rules(struct buf *out)
{
	for (size_t i = 0; i < px.n_rules; i++)
		buf_addf(out, "%s %s %ld+%ld %s:%ld\n", px.rule[i].method,
			px.rule[i].prefix, px.rule[i].skip, px.rule[i].left,
			faults[px.rule[i].fault].name, px.rule[i].arg);
}

/* Requests that are still being seen through upstream. */
static void cmd_busy(struct buf *out)
{
	int n = 0;

	for (size_t i = 0; i < MAX_LINKS; i++)
		n += px.link[i].state != FREE;
	buf_addf(out, "%d\n", n);
}

static void cmd_quit(struct buf *out)
{
	(void)out;
	px.quit = 1;
}

static const struct {
	const char *name;
	void (*run)(struct buf *out);
} commands[] = {
	{"down", cmd_down},
	{"up", cmd_up},
	{"clear", cmd_clear},
	{"reset", cmd_reset},
	{"stats", cmd_stats},
	{"rules", cmd_rules},
	{"busy", cmd_busy},
	{"quit", cmd_quit},
};

static void command_run(char *line, struct buf *out)
{
	line[strcspn(line, "\r\n")] = '\0';
	if (!strncmp(line, "rule ", 5)) {
		const char *why = rule_add(line + 5);

		if (why)
			buf_addf(out, "err %s\n", why);
		else
			buf_adds(out, "ok\n");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(commands[i].name, line)) {
			commands[i].run(out);
			buf_adds(out, "ok\n");
			return;
		}
	}
	buf_adds(out, "err no such command\n");
}

/* One line, one answer. Who connects sends at once: it is our own --ctl. */
static void on_control(void)
{
	struct timeval patience = {.tv_sec = 1};
	struct buf out = BUF_INIT;
	char line[1024];
	size_t len = 0;
	ssize_t k = 0;
	int fd = accept4(px.ctl, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	do {
		len += (size_t)k;
		line[len] = '\0';
		if (strchr(line, '\n'))
			break;
		k = recv(fd, line + len, sizeof(line) - 1 - len, 0);
	} while (k > 0 && len < sizeof(line) - 1);
	command_run(line, &out);
	(void)!send(fd, out.p, out.len, MSG_NOSIGNAL);
	close(fd);
	buf_fini(&out);
}

static void unix_addr(struct sockaddr_un *a, const char *path)
{
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(a->sun_path))
		die("the path of the control socket is too long");
	memcpy(a->sun_path, path, strlen(path) + 1);
}

static void control_start(void)
{
	struct sockaddr_un a;

	unix_addr(&a, px.control);
	unlink(px.control);
	px.ctl = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (px.ctl < 0 || bind(px.ctl, (struct sockaddr *)&a, sizeof(a)) ||
		listen(px.ctl, 8))
		die("%s: %s", px.control, strerrordesc_np(errno));
}

/* The other end: prints the answer, 0 for ok. */
static int control_ask(const char *path, char **words)
{
	struct sockaddr_un a;
	struct buf b = BUF_INIT;
	char tmp[4096];
	ssize_t k;
	int fd, ok;

	for (; *words; words++)
		buf_addf(&b, "%s%s", *words, words[1] ? " " : "\n");
	unix_addr(&a, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) ||
		send(fd, b.p, b.len, MSG_NOSIGNAL) != (ssize_t)b.len)
		die("%s: %s", path, strerrordesc_np(errno));
	buf_reset(&b);
	while ((k = recv(fd, tmp, sizeof(tmp), 0)) > 0)
		buf_add(&b, tmp, (size_t)k);
	close(fd);
	ok = b.len >= 3 && !strcmp(b.p + b.len - 3, "ok\n");
	if (ok)
		b.p[b.len - 3] = '\0';
	fputs(buf_str(&b), ok ? stdout : stderr);
	buf_fini(&b);
	return !ok;
}

/* --- the loop --- */

static void link_events(const struct link *l, struct pollfd *c,
	struct pollfd *u, int64_t now, int64_t *next)
{
	int held = l->wake_ms > now && l->state != READ;

	*c = (struct pollfd){.fd = -1};
	*u = (struct pollfd){.fd = -1};
	if (held && l->wake_ms < *next)
		*next = l->wake_ms;
	if (l->state == READ)
		*c = (struct pollfd){.fd = l->c, .events = POLLIN};
	else if ((l->state == RELAY || l->state == SAY) && l->out.len && !held)
		*c = (struct pollfd){.fd = l->c, .events = POLLOUT};
	if (l->state == SEND)
		*u = (struct pollfd){.fd = l->u, .events = POLLOUT};
	else if (l->state == RELAY && (l->deaf || l->out.len < WINDOW))
		*u = (struct pollfd){.fd = l->u, .events = POLLIN};
}

static void link_turn(struct link *l, int c_ready, int u_ready, int64_t now)
{
	if (l->state == WAIT && l->wake_ms <= now)
		upstream_start(l);
	else if (u_ready && l->state == SEND)
		on_upstream_write(l);
	else if (u_ready && l->state == RELAY)
		on_upstream_read(l);
	if (c_ready && l->state == READ)
		on_client_read(l);
	else if (c_ready && l->c >= 0 && l->out.len &&
		 (l->state == RELAY || l->state == SAY))
		on_client_write(l);
}

static void loop(void)
{
	struct pollfd p[2 + 2 * MAX_LINKS];

	while (!px.quit && now_ms() < px.end_ms) {
		int64_t now = now_ms(), next = px.end_ms;

		p[0] = (struct pollfd){.fd = px.lfd, .events = POLLIN};
		p[1] = (struct pollfd){.fd = px.ctl, .events = POLLIN};
		for (size_t i = 0; i < MAX_LINKS; i++)
			link_events(&px.link[i], &p[2 + 2 * i], &p[3 + 2 * i],
				now, &next);
		if (poll(p, ARRAY_SIZE(p), (int)(next - now)) < 0 &&
			errno != EINTR)
			die("poll: %s", strerrordesc_np(errno));
		now = now_ms();
		for (size_t i = 0; i < MAX_LINKS; i++)
			link_turn(&px.link[i], p[2 + 2 * i].revents != 0,
				p[3 + 2 * i].revents != 0, now);
		if (p[1].revents)
			on_control();
		if (p[0].revents && px.lfd >= 0)
			on_accept();
	}
}

/* --- start --- */

static void addr_parse(
	const char *s, struct sockaddr_storage *a, socklen_t *len)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	const char *colon = strrchr(s, ':');
	struct addrinfo *ai;
	char *host;

	if (!colon)
		die("%s: HOST:PORT wanted", s);
	host = xstrndup(s, (size_t)(colon - s));
	if (getaddrinfo(host, colon + 1, &hints, &ai))
		die("%s: a numeric address is wanted", s);
	memcpy(a, ai->ai_addr, ai->ai_addrlen);
	*len = ai->ai_addrlen;
	freeaddrinfo(ai);
	free(host);
}

/* Whole or not at all: who waits for the file reads a port. */
static void port_write(void)
{
	char *tmp = xasprintf("%s.tmp", px.port_file);
	FILE *f = fopen(tmp, "we");

	if (!f ||
		fprintf(f, "%d\n",
			ntohs(((struct sockaddr_in *)&px.listen_addr)
					->sin_port)) < 0 ||
		fclose(f) || rename(tmp, px.port_file))
		die("%s: %s", px.port_file, strerrordesc_np(errno));
	free(tmp);
}

static void log_start(const char *path)
{
	px.log = fopen(path, "ae");
	if (!px.log)
		die("%s: %s", path, strerrordesc_np(errno));
}

static void option(const char *name, const char *value)
{
	const char *why;

	if (!strcmp(name, "--listen")) {
		addr_parse(value, &px.listen_addr, &px.listen_len);
	} else if (!strcmp(name, "--to")) {
		addr_parse(value, &px.to_addr, &px.to_len);
	} else if (!strcmp(name, "--port-file")) {
		px.port_file = value;
	} else if (!strcmp(name, "--control")) {
		px.control = value;
	} else if (!strcmp(name, "--log")) {
		log_start(value);
	} else if (!strcmp(name, "--max-s")) {
		px.end_ms = now_ms() + strtol(value, NULL, 10) * 1000;
	} else if (!strcmp(name, "--rule")) {
		why = rule_add(value);
		if (why)
			die("%s: %s", value, why);
	} else {
		die("no such option: %s", name);
	}
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	umask(077);
	if (argc >= 4 && !strcmp(argv[1], "--ctl"))
		return control_ask(argv[2], argv + 3);
	px.end_ms = now_ms() + 600 * 1000;
	for (size_t i = 0; i < MAX_LINKS; i++)
		px.link[i] = (struct link){.state = FREE, .c = -1, .u = -1};
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 == argc)
			die("%s wants a value", argv[i]);
		option(argv[i], argv[i + 1]);
	}
	if (!px.listen_len || !px.to_len)
		die("--listen and --to are needed");
	listen_start();
	if (px.control)
		control_start();
	if (px.port_file)
		port_write();
	loop();
	for (size_t i = 0; i < MAX_LINKS; i++)
		link_free(&px.link[i]);
	cmd_reset(NULL);
	if (px.control)
		unlink(px.control);
	if (px.log)
		fclose(px.log);
	return 0;
}
