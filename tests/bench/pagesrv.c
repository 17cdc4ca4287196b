/* SPDX-License-Identifier: MIT */
/*
 * pagesrv TICKETS MESSAGES PORTFILE MAX_S
 *
 * A help desk that answers at once: pages of generated tickets and messages,
 * all made before the port is written to PORTFILE, so that asking costs a copy
 * through the loopback and nothing else. HTTP/1.1 with kept connections, GET
 * only, 127.0.0.1 only; it ends after MAX_S seconds whatever happens.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench.h"
#include "galley/base/mem.h"
#include "gen.h"

#define MAX_CONNS   64
#define REQUEST_MAX 4096

struct page {
	char *body;
	size_t len;
};

struct kind {
	const char *path;
	struct page *pages;
	uint64_t n;
};

struct conn {
	int fd; /* -1: free */
	char in[REQUEST_MAX + 1];
	size_t in_len;
	char head[256];
	size_t head_len, sent;
	struct page page; /* borrowed */
};

struct server {
	struct kind tickets, messages;
	struct page probe;
	struct conn conns[MAX_CONNS];
	int listen_fd, epoll_fd;
};

typedef void page_fn(
	const struct gen *g, uint64_t page, uint64_t total, struct buf *out);

static void make_pages(
	struct kind *k, const struct gen *g, uint64_t total, page_fn *make)
{
	k->n = (total + GEN_PAGE - 1) / GEN_PAGE;
	k->pages = xcalloc(k->n + 1, sizeof(*k->pages));
	for (uint64_t i = 0; i < k->n; i++) {
		struct buf b = BUF_INIT;

		make(g, i, total, &b);
		k->pages[i].len = b.len;
		k->pages[i].body = xmemdup(b.p, b.len);
		buf_fini(&b);
	}
}

static uint64_t bytes_of(const struct kind *k)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < k->n; i++)
		n += k->pages[i].len;
	return n;
}

static const struct page *page_find(const struct kind *k, const char *path)
{
	size_t len = strlen(k->path);
	uint64_t i;

	if (strncmp(path, k->path, len) != 0)
		return NULL;
	i = strtoull(path + len, NULL, 10);
	return i < k->n ? &k->pages[i] : NULL;
}

static void answer(struct server *s, struct conn *c)
{
	const struct page *p = NULL;
	char path[128] = "";

	if (sscanf(c->in, "GET %127s", path) == 1)
		p = page_find(&s->tickets, path);
	if (!p)
		p = page_find(&s->messages, path);
	if (!p && strcmp(path, "/probe") == 0)
		p = &s->probe;
	c->page = p ? *p : (struct page){NULL, 0};
	c->head_len = (size_t)snprintf(c->head, sizeof(c->head),
		"HTTP/1.1 %s\r\nContent-Type: application/json\r\n"
		"Content-Length: %zu\r\n\r\n",
		p ? "200 OK" : "404 Not Found", c->page.len);
	c->sent = 0;
}

static size_t left(const struct conn *c)
{
	return c->head_len + c->page.len - c->sent;
}

/* 0 all is sent or the socket is full, -1 the peer went. */
static int flush(struct conn *c)
{
	while (left(c)) {
		size_t in_head = c->sent < c->head_len ? c->sent : c->head_len;
		size_t in_body = c->sent - in_head;
		struct iovec v[2] = {
			{c->head + in_head, c->head_len - in_head},
			{c->page.body + in_body, c->page.len - in_body},
		};
		ssize_t n = writev(c->fd, v, 2);

		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		c->sent += (size_t)n;
	}
	return 0;
}

static int take(struct server *s, struct conn *c)
{
	ssize_t n = read(c->fd, c->in + c->in_len, REQUEST_MAX - c->in_len);
	char *end;

	if (n <= 0)
		return -1;
	c->in_len += (size_t)n;
	c->in[c->in_len] = '\0';
	end = strstr(c->in, "\r\n\r\n");
	if (!end)
		return c->in_len == REQUEST_MAX ? -1 : 0;
	answer(s, c);
	c->in_len -= (size_t)(end + 4 - c->in);
	memmove(c->in, end + 4, c->in_len + 1);
	return flush(c);
}

static void watch(struct server *s, int op, struct conn *c, unsigned events)
{
	struct epoll_event e = {.events = events, .data.ptr = c};

	epoll_ctl(s->epoll_fd, op, c ? c->fd : s->listen_fd, &e);
}

static void drop(struct conn *c)
{
	close(c->fd);
	c->fd = -1;
}

static void welcome(struct server *s)
{
	int on = 1, fd = accept4(s->listen_fd, NULL, NULL,
			    SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	for (int i = 0; i < MAX_CONNS; i++) {
		struct conn *c = &s->conns[i];

		if (c->fd >= 0)
			continue;
		*c = (struct conn){.fd = fd};
		watch(s, EPOLL_CTL_ADD, c, EPOLLIN);
		return;
	}
	close(fd);
}

static void serve(struct server *s, struct conn *c, unsigned events)
{
	int rc = 0;

	if (events & EPOLLOUT)
		rc = flush(c);
	else
		rc = take(s, c);
	if (rc < 0)
		drop(c);
	else
		watch(s, EPOLL_CTL_MOD, c, left(c) ? EPOLLOUT : EPOLLIN);
}

static int listen_on(struct server *s)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	s->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->listen_fd < 0 || s->epoll_fd < 0 ||
		bind(s->listen_fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
		listen(s->listen_fd, MAX_CONNS) < 0 ||
		getsockname(s->listen_fd, (struct sockaddr *)&a, &len) < 0)
		bench_die("pagesrv: %s", strerror(errno));
	watch(s, EPOLL_CTL_ADD, NULL, EPOLLIN);
	return ntohs(a.sin_port);
}

/* The file appears whole: readers wait for it. */
static void write_port(const char *path, int port)
{
	char *tmp = xasprintf("%s.tmp", path);
	FILE *f = fopen(tmp, "we");

	if (!f || fprintf(f, "%d\n", port) < 0 || fclose(f) != 0 ||
		rename(tmp, path) < 0)
		bench_die("%s: %s", path, strerror(errno));
	free(tmp);
}

int main(int argc, char **argv)
{
	static char me[] = "{\"id\":1,\"name\":\"Bench\"}";
	static struct server s = {
		.tickets.path = "/tickets?page=",
		.messages.path = "/messages?page=",
		.probe = {me, sizeof(me) - 1},
	};
	struct epoll_event ev[16];
	struct gen *g;
	double end;

	if (argc != 5)
		bench_die("usage: pagesrv TICKETS MESSAGES PORTFILE MAX_S");
	g = gen_new();
	make_pages(&s.tickets, g, bench_number(argv[1]), gen_ticket_page);
	make_pages(&s.messages, g, bench_number(argv[2]), gen_message_page);
	gen_free(g);
	bench_value("bytes",
		(double)(bytes_of(&s.tickets) + bytes_of(&s.messages)));
	for (int i = 0; i < MAX_CONNS; i++)
		s.conns[i].fd = -1;
	end = bench_wall_s() + (double)bench_number(argv[4]);
	write_port(argv[3], listen_on(&s));
	while (bench_wall_s() < end) {
		int n = epoll_wait(s.epoll_fd, ev, ARRAY_SIZE(ev), 1000);

		for (int i = 0; i < n; i++) {
			if (ev[i].data.ptr)
				serve(&s, ev[i].data.ptr, ev[i].events);
			else
				welcome(&s);
		}
	}
	return 0;
}
