/* SPDX-License-Identifier: MIT */
/*
 * Which connections are open and which of them are idle. A kept connection
 * pins a worker of a preforking server until it times out there; with all
 * workers pinned by our idle connections our own write would wait for them. So
 * idle ones are shut before a write starts and whenever nothing is under way;
 * libcurl finds a shut connection dead and opens another.
 */
#include "net_priv.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "galley/base/mem.h"

struct sock {
	struct sock *next;
	curl_socket_t fd;
	ino_t inode; /* which socket it was: descriptors are used again */
	struct xfer *owner; /* NULL: idle */
};

static ino_t inode_of(curl_socket_t fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

/* libcurl does not tell of every socket that it closes. */
static void forget(struct socks *s, curl_socket_t fd)
{
	struct sock **p = &s->first, *k;

	while (*p && (*p)->fd != fd)
		p = &(*p)->next;
	k = *p;
	if (!k)
		return;
	*p = k->next;
	free(k);
}

static struct sock *find(const struct socks *s, curl_socket_t fd)
{
	struct sock *k;

	for (k = s->first; k; k = k->next)
		if (k->fd == fd)
			return k;
	return NULL;
}

static curl_socket_t on_open(
	void *u, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct xfer *x = u;
	struct sock *k;
	curl_socket_t fd =
		socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);

	(void)purpose;
	if (fd == CURL_SOCKET_BAD)
		return fd;
	forget(x->socks, fd);
	k = xcalloc(1, sizeof(*k));
	k->fd = fd;
	k->inode = inode_of(fd);
	k->owner = x;
	k->next = x->socks->first;
	x->socks->first = k;
	return fd;
}

static int on_close(void *u, curl_socket_t fd)
{
	forget(u, fd);
	return close(fd);
}

CURLcode socks_watch(struct xfer *x)
{
	CURLcode rc = curl_easy_setopt(
		x->easy, CURLOPT_OPENSOCKETFUNCTION, on_open);

	if (!rc)
		rc = curl_easy_setopt(x->easy, CURLOPT_OPENSOCKETDATA, x);
	if (!rc)
		rc = curl_easy_setopt(
			x->easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	if (!rc)
		rc = curl_easy_setopt(
			x->easy, CURLOPT_CLOSESOCKETDATA, x->socks);
	return rc;
}

void socks_take(struct xfer *x)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	struct sock *k;

	curl_easy_getinfo(x->easy, CURLINFO_ACTIVESOCKET, &fd);
	k = find(x->socks, fd);
	if (k)
		k->owner = x;
}

void socks_leave(struct xfer *x)
{
	struct sock *k;

	for (k = x->socks->first; k; k = k->next)
		if (k->owner == x)
			k->owner = NULL;
}

void socks_shut_idle(struct socks *s)
{
	struct sock *k, *next;

	for (k = s->first; k; k = next) {
		next = k->next;
		if (k->owner)
			continue;
		if (inode_of(k->fd) == k->inode)
			shutdown(k->fd, SHUT_RDWR);
		else
			forget(s, k->fd);
	}
}

void socks_fini(struct socks *s)
{
	while (s->first)
		forget(s, s->first->fd);
}
