/* SPDX-License-Identifier: MIT */
/*
 * The socket of a running galley. A lock beside it says whether it lives: a
 * socket without its lock is what a killed one has left and is replaced. No
 * call can hold up the workstation: everything is non-blocking, bounded in size
 * and in time.
 */
#include "galley/app/remote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "galley/base/buf.h"
#include "galley/base/i18n.h"
#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/base/utf8.h"

#define PLACES	8
#define LATE_MS 5000 /* a line that has not come by then does not */
#define BACKLOG 8

/* One who calls. */
struct caller {
	int fd; /* -1: free */
	struct buf in;
	int given; /* its line is with the owner */
	int64_t until_mono;
};

struct remote {
	const struct clock *clock;
	int fd, lock_fd;
	char *path;
	struct caller calls[REMOTE_MAX_CALLS];
};

static char *place_path(int i, const char *end)
{
	char name[32];

	snprintf(name, sizeof(name), "desk-%d.%s", i, end);
	return path_user(PATH_RUNTIME, name);
}

static int address_of(const char *path, struct sockaddr_un *a)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(a->sun_path))
		return err_set(E_DISK,
			_("the path %s is too long for a socket"), path);
	memcpy(a->sun_path, path, strlen(path));
	return 0;
}

/* Who is at the other end must be this user. */
static int is_mine(int fd)
{
	struct ucred c;
	socklen_t len = sizeof(c);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &len) == 0 &&
	       c.uid == geteuid();
}

/* --- listening ------------------------------------------------------------ */

/* A descriptor that holds the lock of a place, or -1. */
static int lock_place(int i)
{
	char *path = place_path(i, "lock");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	free(path);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int open_socket(struct remote *r)
{
	struct sockaddr_un a;
	mode_t was;
	int rc = address_of(r->path, &a);

	if (rc < 0)
		return rc;
	(void)unlink(r->path); /* of one that was killed */
	r->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	was = umask(0177);
	if (r->fd < 0 || bind(r->fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
		listen(r->fd, BACKLOG) < 0)
		rc = err_set(E_DISK, "%s: %s", r->path, strerror(errno));
	umask(was);
	return rc;
}

static int take_place(struct remote *r)
{
	int i;

	for (i = 1; i <= PLACES; i++) {
		r->lock_fd = lock_place(i);
		if (r->lock_fd < 0)
			continue;
		r->path = place_path(i, "sock");
		return open_socket(r);
	}
	return err_set(E_LIMIT, "no place for another socket");
}

int remote_listen(const struct clock *clock, struct remote **out)
{
	struct remote *r = xcalloc(1, sizeof(*r));
	char *dir = path_user(PATH_RUNTIME, NULL);
	int i, rc = path_make_private(dir);

	free(dir);
	r->clock = clock ? clock : clock_system();
	r->fd = r->lock_fd = -1;
	for (i = 0; i < REMOTE_MAX_CALLS; i++)
		r->calls[i].fd = -1;
	if (rc == 0)
		rc = take_place(r);
	if (rc < 0) {
		remote_free(r);
		return rc;
	}
	*out = r;
	return 0;
}

static void hang_up(struct caller *c)
{
	if (c->fd >= 0)
		close(c->fd);
	buf_fini(&c->in);
	*c = (struct caller){.fd = -1};
}

void remote_free(struct remote *r)
{
	int i;

	if (!r)
		return;
	for (i = 0; i < REMOTE_MAX_CALLS; i++)
		hang_up(&r->calls[i]);
	if (r->fd >= 0) {
		close(r->fd);
		(void)unlink(r->path);
	}
	/* the lock file stays: another one may be waiting to open it */
	if (r->lock_fd >= 0)
		close(r->lock_fd);
	free(r->path);
	free(r);
}

/* --- calls ---------------------------------------------------------------- */

int remote_fds(const struct remote *r, int *fds, int max)
{
	int i, n = 0;

	if (n < max)
		fds[n++] = r->fd;
	for (i = 0; i < REMOTE_MAX_CALLS && n < max; i++)
		if (r->calls[i].fd >= 0 && !r->calls[i].given)
			fds[n++] = r->calls[i].fd;
	return n;
}

int64_t remote_next_mono(const struct remote *r)
{
	int64_t next = INT64_MAX;
	int i;

	for (i = 0; i < REMOTE_MAX_CALLS; i++) {
		const struct caller *c = &r->calls[i];

		if (c->fd >= 0 && !c->given && c->until_mono < next)
			next = c->until_mono;
	}
	return next;
}

void remote_answer(struct remote *r, int call, int status, const char *text)
{
	struct caller *c = &r->calls[call];
	struct buf b = BUF_INIT;

	buf_addf(&b, "%d\n%.*s", status, REMOTE_MAX_ANSWER - 16, text);
	/* all of it or what fits: nobody waits for a slow reader */
	if (send(c->fd, b.p, b.len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_debug("remote", "%s", strerror(errno));
	buf_fini(&b);
	hang_up(c);
}

static void accept_all(struct remote *r)
{
	int fd, i;

	while ((fd = accept4(r->fd, NULL, NULL,
			SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		for (i = 0; i < REMOTE_MAX_CALLS && r->calls[i].fd >= 0; i++)
			;
		if (i == REMOTE_MAX_CALLS || !is_mine(fd)) {
			close(fd);
			continue;
		}
		r->calls[i] = (struct caller){.fd = fd,
			.until_mono = clock_mono_ms(r->clock) + LATE_MS};
	}
}

/* One line of text: no control but one line feed at its end. */
static int is_line(struct buf *b)
{
	size_t i;

	if (b->len && b->p[b->len - 1] == '\n')
		b->p[--b->len] = '\0';
	for (i = 0; i < b->len; i++)
		if ((unsigned char)b->p[i] < 0x20 || b->p[i] == 0x7f)
			return 0;
	return b->len > 0 && utf8_valid(b->p, b->len);
}

/* 1 when all of the line is there; what cannot become one is refused. */
static int take_in(struct remote *r, int i)
{
	struct caller *c = &r->calls[i];
	char b[4096];
	ssize_t n;

	while ((n = recv(c->fd, b, sizeof(b), 0)) > 0) {
		buf_add(&c->in, b, (size_t)n);
		if (c->in.len > REMOTE_MAX_LINE) {
			remote_answer(r, i, 2, _("the line is too long"));
			return 0;
		}
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		hang_up(c);
		return 0;
	}
	if (n < 0) {
		if (clock_mono_ms(r->clock) >= c->until_mono)
			hang_up(c);
		return 0;
	}
	if (!is_line(&c->in)) {
		remote_answer(r, i, 2, _("this is not one line of text"));
		return 0;
	}
	return 1;
}

int remote_next(struct remote *r, const char **line)
{
	int i;

	accept_all(r);
	for (i = 0; i < REMOTE_MAX_CALLS; i++) {
		struct caller *c = &r->calls[i];

		if (c->fd < 0 || c->given || !take_in(r, i))
			continue;
		c->given = 1;
		*line = buf_str(&c->in);
		return i;
	}
	return -1;
}

/* --- calling -------------------------------------------------------------- */

/* Connected to the first one that lives, or -1. */
static int find_desk(void)
{
	struct sockaddr_un a;
	int i, fd;

	for (i = 1; i <= PLACES; i++) {
		char *path = place_path(i, "sock");
		int ok = address_of(path, &a) == 0;

		free(path);
		fd = ok ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
		if (fd >= 0 &&
			connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
			is_mine(fd))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	err_clear();
	return -1;
}

static int read_answer(int fd, int limit_ms, struct buf *out)
{
	int64_t until = clock_mono_ms(clock_system()) + limit_ms;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char b[4096];
	ssize_t n;

	for (;;) {
		int64_t left = until - clock_mono_ms(clock_system());

		if (left <= 0 || poll(&p, 1, (int)left) == 0)
			return err_set(E_TIMEOUT,
				_("galley is there but does not answer"));
		n = recv(fd, b, sizeof(b), MSG_DONTWAIT);
		if (n > 0 && out->len + (size_t)n <= REMOTE_MAX_ANSWER)
			buf_add(out, b, (size_t)n);
		else if (n >= 0)
			return 0;
		else if (errno != EAGAIN && errno != EINTR)
			return err_set(E_OFFLINE, "%s", strerror(errno));
	}
}

static int take_apart(const struct buf *b, int *status, char **text)
{
	const char *s = buf_str(b), *lf = strchr(s, '\n');
	char *end;
	long v = strtol(s, &end, 10);

	if (!lf || end != lf || v < 0 || v > 255)
		return err_set(E_OFFLINE, _("galley ended before it answered"));
	*status = (int)v;
	*text = xstrdup(lf + 1);
	return 0;
}

int remote_call(const char *line, int limit_ms, int *status, char **text)
{
	struct buf b = BUF_INIT;
	size_t len = strlen(line);
	int rc, fd;

	if (len > REMOTE_MAX_LINE)
		return err_set(E_INPUT, _("the line is too long"));
	fd = find_desk();
	if (fd < 0)
		return err_set(E_OFFLINE,
			_("no galley is running here; start it first"));
	/* smaller than what the kernel takes at once */
	if (send(fd, line, len, MSG_NOSIGNAL) != (ssize_t)len)
		rc = err_set(E_OFFLINE, "%s", strerror(errno));
	else
		rc = shutdown(fd, SHUT_WR) < 0
			     ? err_set(E_OFFLINE, "%s", strerror(errno))
			     : read_answer(fd, limit_ms, &b);
	close(fd);
	if (rc == 0)
		rc = take_apart(&b, status, text);
	buf_fini(&b);
	return rc;
}
