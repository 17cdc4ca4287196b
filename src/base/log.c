/* SPDX-License-Identifier: MIT */
/*
 * The log file. One write() a line, so that lines of several processes do not
 * mix; turned over by size; never follows a link and never fails its caller:
 * a log that cannot be written is no reason to stop work.
 */
#include "galley/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "galley/base/mem.h"
#include "galley/base/timefmt.h"
#include "galley/base/utf8.h"

#define MAX_FILE_BYTES (1024 * 1024)
#define OLD_FILES      2 /* beside the one that is written */

static struct {
	pthread_mutex_t lock;
	int fd;
	char *path; /* NULL: standard error */
	enum log_level level;
	const struct clock *clock;
} state = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.fd = -1,
};

static int open_file(const char *path)
{
	struct stat st;
	int fd;

	fd = open(path,
		O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC |
			O_NOCTTY | O_NONBLOCK,
		0600);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_uid != geteuid()) {
		close(fd);
		errno = EPERM;
		return -1;
	}
	if (st.st_mode & 077 && fchmod(fd, 0600)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void forget(void)
{
	if (state.path && state.fd >= 0)
		close(state.fd);
	FREE(&state.path);
	state.fd = -1;
}

int log_open(const char *path, enum log_level level, const struct clock *c)
{
	int fd = path ? open_file(path) : STDERR_FILENO;

	if (fd < 0)
		return err_set(
			errno == EACCES || errno == EPERM || errno == ELOOP
				? E_PERM
				: E_DISK,
			"cannot open the log %s: %s", path, strerror(errno));
	pthread_mutex_lock(&state.lock);
	forget();
	state.fd = fd;
	state.path = xstrdup_null(path);
	state.level = level;
	state.clock = c;
	pthread_mutex_unlock(&state.lock);
	return 0;
}

void log_close(void)
{
	pthread_mutex_lock(&state.lock);
	forget();
	pthread_mutex_unlock(&state.lock);
}

void log_set_level(enum log_level level)
{
	pthread_mutex_lock(&state.lock);
	state.level = level;
	pthread_mutex_unlock(&state.lock);
}

static char *old_name(int i)
{
	return i ? xasprintf("%s.%d", state.path, i) : xstrdup(state.path);
}

/* log.1 -> log.2, log -> log.1 */
static void shift_files(void)
{
	char *from, *to;
	int i;

	for (i = OLD_FILES; i > 0; i--) {
		from = old_name(i - 1);
		to = old_name(i);
		if (rename(from, to) && errno != ENOENT)
			i = 0; /* leave the rest as it is */
		free(from);
		free(to);
	}
}

/* Another process may have turned the file over: then only open the new one. */
static void turn_over(void)
{
	struct stat mine, named;
	int fd;

	if (fstat(state.fd, &mine) || mine.st_size < MAX_FILE_BYTES)
		return;
	if (!lstat(state.path, &named) && named.st_ino == mine.st_ino &&
		named.st_dev == mine.st_dev)
		shift_files();
	fd = open_file(state.path);
	if (fd < 0)
		return;
	close(state.fd);
	state.fd = fd;
}

static void put_line(const struct buf *line)
{
	size_t done = 0;
	ssize_t n;

	if (state.path)
		turn_over();
	while (done < line->len) {
		n = write(state.fd, line->p + done, line->len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		done += (size_t)n;
	}
}

/* Secrets twice: the gate changes bytes that a secret may have. */
static void add_safe(struct buf *line, const struct buf *text)
{
	struct buf raw = BUF_INIT, gated = BUF_INIT;

	redact(&raw, buf_str(text), text->len, 0);
	text_gate(&gated, buf_str(&raw), raw.len, GATE_LOG);
	redact(line, buf_str(&gated), gated.len, 1);
	buf_fini(&raw);
	buf_fini(&gated);
}

void log_write(enum log_level level, const char *subject, const char *fmt, ...)
{
	static const char *const names[] = {"error", "warn", "info", "debug"};
	struct buf text = BUF_INIT, line = BUF_INIT;
	char when[TIME_ISO_SIZE];
	va_list ap;
	int saved = errno;

	pthread_mutex_lock(&state.lock);
	if (state.fd < 0 || level > state.level)
		goto out;
	time_iso(clock_now_ms(state.clock), when);
	buf_addf(&line, "%s %s ", when, names[level]);
	buf_addf(&text, "%s: ", subject);
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	add_safe(&line, &text);
	buf_addc(&line, '\n');
	put_line(&line);
out:
	pthread_mutex_unlock(&state.lock);
	buf_fini(&text);
	buf_fini(&line);
	errno = saved;
}
