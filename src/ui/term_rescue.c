/* SPDX-License-Identifier: MIT */
/*
 * Leaves a usable terminal whatever kills us. Deadly signals write a byte
 * string that was made before, put the old settings back, say which signal it
 * was, and then do what they did before us. The first SIGTERM or SIGHUP only
 * asks for an end; a second one does not wait for it. Only async-signal-safe
 * calls here (signal-safety(7)).
 */
#include "term_priv.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"

#define MAX_BYTES 512
#define MAX_ERR	  4096 /* of what was written to stderr, its end */

static struct {
	atomic_int armed;
	int fd, err_fd;
	struct termios was;
	char bytes[MAX_BYTES];
	size_t len;
	char words[128]; /* before the signal's number */
	int wake_fd;
	atomic_uint came;
	atomic_int ends; /* SIGTERM and SIGHUP so far */
	void *stack;
	stack_t old_stack;
} rescue = {.wake_fd = -1};

static void on_death(int sig);
static void on_end(int sig);
static void on_news(int sig);

static struct {
	int sig;
	void (*handler)(int sig);
	struct sigaction old;
} handled[] = {
	{.sig = SIGSEGV, .handler = on_death},
	{.sig = SIGABRT, .handler = on_death},
	{.sig = SIGBUS, .handler = on_death},
	{.sig = SIGFPE, .handler = on_death},
	{.sig = SIGILL, .handler = on_death},
	{.sig = SIGINT, .handler = on_death},
	{.sig = SIGQUIT, .handler = on_death},
	{.sig = SIGTERM, .handler = on_end},
	{.sig = SIGHUP, .handler = on_end},
	{.sig = SIGTSTP, .handler = on_news},
	{.sig = SIGCONT, .handler = on_news},
	{.sig = SIGWINCH, .handler = on_news},
};

static void put(int fd, const char *s, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, s, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		s += n;
		len -= (size_t)n;
	}
}

void rescue_copy(int from_fd, int to_fd)
{
	char b[512];
	off_t size = lseek(from_fd, 0, SEEK_END), at;
	ssize_t n, i;

	at = size > MAX_ERR ? size - MAX_ERR : 0;
	while ((n = pread(from_fd, b, sizeof(b), at)) > 0) {
		for (i = 0; i < n; i++) {
			if (((unsigned char)b[i] < 0x20 && b[i] != '\n' &&
				    b[i] != '\t') ||
				b[i] == 0x7f)
				b[i] = '?';
		}
		put(to_fd, b, (size_t)n);
		at += n;
	}
}

/* 1 when there was something to put back. */
static int put_back(void)
{
	if (!atomic_exchange(&rescue.armed, 0))
		return 0;
	put(rescue.fd, rescue.bytes, rescue.len);
	(void)tcsetattr(rescue.fd, TCSANOW, &rescue.was);
	if (rescue.err_fd >= 0)
		rescue_copy(rescue.err_fd, rescue.fd);
	return 1;
}

static void say(int sig)
{
	char b[4] = {(char)('0' + sig / 10), (char)('0' + sig % 10), '\n'};
	size_t from = sig < 10;

	put(rescue.fd, rescue.words, strlen(rescue.words));
	put(rescue.fd, b + from, 3 - from);
}

static void on_death(int sig)
{
	int saved = errno;
	size_t i;

	if (put_back())
		say(sig);
	for (i = 0; i < ARRAY_SIZE(handled); i++) {
		if (handled[i].sig == sig)
			sigaction(sig, &handled[i].old, NULL);
	}
	/* It is blocked here and comes when we return. */
	raise(sig);
	errno = saved;
}

static void wake(unsigned what)
{
	uint64_t one = 1;
	int saved = errno;

	atomic_fetch_or(&rescue.came, what);
	if (write(rescue.wake_fd, &one, sizeof(one)) < 0)
		(void)0; /* full: it is readable already */
	errno = saved;
}

static void on_end(int sig)
{
	if (atomic_fetch_add(&rescue.ends, 1))
		on_death(sig);
	else
		wake(RESCUE_END);
}

static void on_news(int sig)
{
	wake(sig == SIGWINCH	 ? RESCUE_WINCH
		: sig == SIGCONT ? RESCUE_CONT
				 : RESCUE_STOP);
}

/* What a caller has told us to ignore (nohup) stays ignored. */
static void install(size_t i)
{
	struct sigaction sa = {.sa_handler = handled[i].handler,
		.sa_flags = SA_RESTART | SA_ONSTACK};

	/* SIGTTOU must not stop us while we put back a terminal */
	sigfillset(&sa.sa_mask);
	sigaction(handled[i].sig, NULL, &handled[i].old);
	if (handled[i].old.sa_handler != SIG_IGN)
		sigaction(handled[i].sig, &sa, NULL);
}

static void at_exit(void)
{
	put_back();
}

/* So that a stack that has run out is no obstacle. */
static void own_stack(void)
{
	size_t size = (size_t)sysconf(_SC_SIGSTKSZ);
	stack_t st = {.ss_size = size < 65536 ? 65536 : size};

	sigaltstack(NULL, &rescue.old_stack);
	rescue.stack = xmalloc(st.ss_size);
	st.ss_sp = rescue.stack;
	sigaltstack(&st, NULL);
}

void rescue_init(void)
{
	static int once;
	size_t i;

	assert(rescue.wake_fd < 0);
	rescue.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert(rescue.wake_fd >= 0);
	atomic_store(&rescue.came, 0);
	atomic_store(&rescue.ends, 0);
	snprintf(rescue.words, sizeof(rescue.words), "%s ",
		_("galley was ended by signal"));
	if (!once++)
		atexit(at_exit);
	own_stack();
	for (i = 0; i < ARRAY_SIZE(handled); i++)
		install(i);
}

void rescue_fini(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(handled); i++)
		sigaction(handled[i].sig, &handled[i].old, NULL);
	sigaltstack(&rescue.old_stack, NULL);
	FREE(&rescue.stack);
	close(rescue.wake_fd);
	rescue.wake_fd = -1;
}

void rescue_arm(int fd, const struct termios *was, const char *bytes,
	size_t len, int err_fd)
{
	assert(len <= MAX_BYTES);
	atomic_store(&rescue.armed, 0);
	rescue.fd = fd;
	rescue.err_fd = err_fd;
	rescue.was = *was;
	memcpy(rescue.bytes, bytes, len);
	rescue.len = len;
	atomic_store(&rescue.armed, 1);
}

void rescue_disarm(void)
{
	atomic_store(&rescue.armed, 0);
}

int rescue_fd(void)
{
	return rescue.wake_fd;
}

unsigned rescue_take(void)
{
	uint64_t n;

	if (read(rescue.wake_fd, &n, sizeof(n)) < 0)
		(void)0; /* nothing has come */
	return atomic_exchange(&rescue.came, 0);
}

void rescue_stop(void)
{
	struct sigaction was, usual = {.sa_handler = SIG_DFL};

	sigaction(SIGTSTP, &usual, &was);
	/* The main thread gets it before this returns; an orphaned process
	 * group is not stopped at all. */
	kill(0, SIGTSTP);
	sigaction(SIGTSTP, &was, NULL);
	atomic_fetch_and(&rescue.came, ~(unsigned)(RESCUE_CONT | RESCUE_STOP));
}
