/* SPDX-License-Identifier: MIT */
/*
 * Whole frames from and to the parent, blocking. It checks the length only;
 * what is inside is main.c's.
 */
#include "child_priv.h"

#include <errno.h>
#include <unistd.h>
#include "galley/jqchild/wire.h"

static int read_all(char *p, size_t len)
{
	while (len) {
		ssize_t n = read(WIRE_FD, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int frame_read(struct buf *out)
{
	char head[4];
	struct wire_in w = {.p = head, .len = sizeof(head)};
	uint32_t len;

	if (read_all(head, sizeof(head)) < 0)
		return -1;
	len = wire_u32(&w);
	if (len == 0 || len > WIRE_MAX)
		return -1;
	buf_reset(out);
	buf_grow(out, (size_t)len + 1);
	if (read_all(out->p, len) < 0)
		return -1;
	out->len = len;
	out->p[len] = '\0';
	return 0;
}

int frame_write(const struct buf *b)
{
	size_t at = 0;

	while (at < b->len) {
		ssize_t n = write(WIRE_FD, b->p + at, b->len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		at += (size_t)n;
	}
	return 0;
}
