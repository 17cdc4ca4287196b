/* SPDX-License-Identifier: MIT */
/*
 * Scenario files that a person edits while galley runs. A mistake is said with
 * its place and the old layout stays. Where the kernel gives no watch, nothing
 * is watched.
 */
#include "bench_priv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>
#include "galley/base/i18n.h"
#include "galley/base/paths.h"

int watch_begin(void)
{
	char *dir = path_user(PATH_CONFIG, "scenarios");
	int fd = -1;

	if (access(dir, R_OK) == 0) {
		fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
		if (fd >= 0 &&
			inotify_add_watch(fd, dir,
				IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE) < 0) {
			close(fd);
			fd = -1;
		}
	}
	free(dir);
	return fd;
}

/* Is the bench's own file among what has changed? */
static int concerns(const struct bench *b, const char *p, ssize_t n)
{
	char *file = scenario_own_path(b->scenario->name);
	const char *name = strrchr(file, '/');
	int yes = 0;

	while (n >= (ssize_t)sizeof(struct inotify_event)) {
		struct inotify_event e;
		size_t len;

		memcpy(&e, p, sizeof(e));
		len = sizeof(e) + e.len;
		if ((ssize_t)len > n)
			break;
		if (e.len && name && strcmp(p + sizeof(e), name + 1) == 0)
			yes = 1;
		p += len;
		n -= (ssize_t)len;
	}
	free(file);
	return yes;
}

void watch_turn(struct bench *b)
{
	char events[4096], *name;
	ssize_t n;
	int changed = 0, any = 0;

	if (b->watch_fd < 0)
		return;
	while ((n = read(b->watch_fd, events, sizeof(events))) > 0) {
		changed |= concerns(b, events, n);
		any = 1;
	}
	if (any)
		bench_drop_parked(b);
	if (!changed)
		return;
	name = strdup(b->scenario->name);
	if (name && bench_scenario(b, name) < 0)
		desk_say_err(b->desk);
	else
		desk_say(b->desk, NOTICE_DONE, _("the bench was read anew"));
	bench_dirty(b);
	free(name);
}
