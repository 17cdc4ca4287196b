/* SPDX-License-Identifier: MIT */
/*
 * Scenario files and the key file, which a person edits while galley runs. A
 * mistake is said with its place and the old layout and keys stay. Where the
 * kernel gives no watch, nothing is watched.
 */
#include "bench_priv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>
#include "galley/base/i18n.h"
#include "galley/base/paths.h"

#define CHANGES (IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_CREATE)

static int watch(int fd, const char *name)
{
	char *dir = path_user(PATH_CONFIG, name);
	int ok = access(dir, R_OK) == 0 &&
		 inotify_add_watch(fd, dir, CHANGES) >= 0;

	free(dir);
	return ok;
}

int watch_begin(void)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), any;

	if (fd < 0)
		return -1;
	any = watch(fd, NULL); /* the key file */
	any |= watch(fd, "scenarios");
	if (!any) {
		close(fd);
		fd = -1;
	}
	return fd;
}

enum { CHANGED_BENCH = 1, CHANGED_OTHER = 2, CHANGED_KEYS = 4 };

static unsigned what_is(const struct bench *b, const char *name)
{
	size_t len = strlen(name);
	char *file;
	unsigned what;

	if (strcmp(name, "keys") == 0)
		return CHANGED_KEYS;
	if (len < 9 || strcmp(name + len - 9, ".scenario") != 0)
		return 0;
	file = scenario_own_path(b->scenario->name);
	what = strcmp(strrchr(file, '/') + 1, name) == 0 ? CHANGED_BENCH
							 : CHANGED_OTHER;
	free(file);
	return what;
}

/* The folder for own benches is made when it is needed first. */
static unsigned new_folder(const struct bench *b)
{
	char *file = scenario_own_path(b->scenario->name);
	int there = access(file, F_OK) == 0;

	free(file);
	(void)watch(b->watch_fd, "scenarios");
	return there ? CHANGED_BENCH : CHANGED_OTHER;
}

static unsigned changes(const struct bench *b, const char *p, ssize_t n)
{
	unsigned what = 0;

	while (n >= (ssize_t)sizeof(struct inotify_event)) {
		struct inotify_event e;
		size_t len;

		memcpy(&e, p, sizeof(e));
		len = sizeof(e) + e.len;
		if ((ssize_t)len > n)
			break;
		if (e.len && (e.mask & IN_ISDIR) &&
			strcmp(p + sizeof(e), "scenarios") == 0)
			what |= new_folder(b);
		else if (e.len && !(e.mask & IN_CREATE)) /* not whole yet */
			what |= what_is(b, p + sizeof(e));
		p += len;
		n -= (ssize_t)len;
	}
	return what;
}

static void read_bench(struct bench *b)
{
	char *name = strdup(b->asked);

	if (name && bench_scenario(b, name) < 0)
		desk_say_err(b->desk);
	else
		desk_say(b->desk, NOTICE_DONE, "%s",
			_("the bench was read anew"));
	free(name);
}

void watch_turn(struct bench *b)
{
	char events[4096];
	unsigned what = 0;
	ssize_t n;

	if (b->watch_fd < 0)
		return;
	while ((n = read(b->watch_fd, events, sizeof(events))) > 0)
		what |= changes(b, events, n);
	if (!what)
		return;
	if (what & (CHANGED_BENCH | CHANGED_OTHER))
		bench_drop_parked(b);
	if (what & CHANGED_BENCH)
		read_bench(b);
	if ((what & CHANGED_KEYS) && bench_keys(b, NULL) < 0)
		desk_say_err(b->desk);
	else if (what & CHANGED_KEYS)
		desk_say(b->desk, NOTICE_DONE, "%s",
			_("the keys were read anew"));
	bench_dirty(b);
}
