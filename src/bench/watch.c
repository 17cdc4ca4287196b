/* SPDX-License-Identifier: MIT */
/*
 * Files that a person edits while galley runs: settings, keys, themes, benches,
 * rules, scripts (texts, changes and forms are read when they are used). A
 * mistake is said with its place and what was read before stays. What is
 * written in several goes is read when it has come to rest. Where the kernel
 * gives no watch, nothing is watched; nothing is ever looked for by the clock.
 */
#include "bench_priv.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"

#define CHANGES                                                                \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |            \
		IN_CREATE | IN_ONLYDIR)
#define REST_MS	 150 /* an editor writes, moves and deletes in one */
#define MAX_AIMS 16
#define SUFFIX	 ".scenario"

enum {
	CHANGED_SETTINGS = 1,
	CHANGED_KEYS = 2,
	CHANGED_THEME = 4,
	CHANGED_RULES = 8,
	CHANGED_BENCH = 16,
	CHANGED_BENCHES = 32, /* others than the one that is shown */
	CHANGED_SCRIPTS = 64,
	CHANGED_ALL = 127,
	IS_FOLDER = 128, /* that is watched itself when it is made */
};

/* A name in a folder that is watched, or all that end like "*.script". */
struct aim {
	int wd;
	char *path;
	unsigned what;
};
#define MAX_READERS 8
struct watch {
	int fd;
	struct aim v[MAX_AIMS];
	int n;
	unsigned what; /* has changed, and is read at */
	int64_t rest_mono;
	int wrong; /* the settings are, as they stand in their file */
	struct {
		uint64_t from, to;
	} said[MAX_READERS]; /* when each was read last, of desk_said() */
};

/* --- what is looked at ---------------------------------------------------- */

static void aim_at(struct watch *w, const char *path, unsigned what)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? xstrndup(path, (size_t)(slash - path) + 1)
			     : xstrdup(".");
	int wd = inotify_add_watch(w->fd, folder, CHANGES);

	if (wd >= 0 && w->n < MAX_AIMS)
		w->v[w->n++] = (struct aim){wd, xstrdup(path), what};
	free(folder);
}

/* Also where a link leads to. */
static void aim_at_file(struct watch *w, const char *path, unsigned what)
{
	char real[PATH_MAX];

	aim_at(w, path, what);
	if (readlink(path, real, 1) > 0 && realpath(path, real))
		aim_at(w, real, what);
}

static void aim_at_own(struct watch *w, const char *name, unsigned what)
{
	char *path = path_user(PATH_CONFIG, name);

	if (what & IS_FOLDER)
		aim_at(w, path, what);
	else
		aim_at_file(w, path, what);
	free(path);
}

static int ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

static void aim_at_bench(const struct bench *b)
{
	int is_path = strchr(b->asked, '/') || ends_with(b->asked, SUFFIX);
	char *own = is_path ? NULL : scenario_own_path(b->asked);

	aim_at_file(b->watch, own ? own : b->asked, CHANGED_BENCH);
	free(own);
}

static void forget(struct watch *w)
{
	while (w->n)
		free(w->v[--w->n].path);
}

/* One that was looked at before is no cost but its events. */
static void aim(struct bench *b)
{
	struct watch *w = b->watch;
	const char *keys = b->keys_file ? b->keys_file : b->config->keys_file;
	const char *theme = b->theme_name;

	forget(w);
	aim_at_own(w, "scenarios", IS_FOLDER);
	aim_at_own(w, "situations", IS_FOLDER);
	aim_at_own(w, "scripts", IS_FOLDER);
	aim_at_own(w, "scenarios/*" SUFFIX, CHANGED_BENCHES);
	aim_at_own(w, "scripts/*.script", CHANGED_SCRIPTS);
	aim_at_own(w, "situations/default.rules", CHANGED_RULES);
	aim_at_file(w, b->config->file, CHANGED_SETTINGS);
	if (keys)
		aim_at_file(w, keys, CHANGED_KEYS);
	else
		aim_at_own(w, "keys", CHANGED_KEYS);
	if (theme && (strchr(theme, '/') || ends_with(theme, ".theme")))
		aim_at_file(w, theme, CHANGED_THEME);
	if (b->asked)
		aim_at_bench(b);
	b->aimed = 1;
}

void watch_begin(struct bench *b)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return;
	b->watch = xcalloc(1, sizeof(*b->watch));
	b->watch->fd = fd;
	aim(b);
}

void watch_end(struct bench *b)
{
	if (!b->watch)
		return;
	close(b->watch->fd);
	forget(b->watch);
	FREE(&b->watch);
}

int watch_fd(const struct bench *b)
{
	return b->watch ? b->watch->fd : -1;
}

int64_t watch_next_mono(const struct bench *b)
{
	return b->watch && b->watch->what ? b->watch->rest_mono : INT64_MAX;
}

/* --- what has changed ----------------------------------------------------- */

/* A folder was made, or moved here: what is in it already counts. */
static unsigned new_folder(struct bench *b, const char *name)
{
	const struct watch *w = b->watch;
	char *path = path_user(PATH_CONFIG, name);
	size_t n = strlen(path);
	unsigned what = 0;
	int i;

	aim(b);
	for (i = 0; i < w->n; i++)
		if (strncmp(w->v[i].path, path, n) == 0 &&
			w->v[i].path[n] == '/' &&
			access(w->v[i].path, F_OK) == 0)
			what |= w->v[i].what;
	free(path);
	return what;
}

static int is_of(const struct aim *a, const char *name)
{
	const char *slash = strrchr(a->path, '/');
	const char *own = slash ? slash + 1 : a->path;

	return *own == '*' ? ends_with(name, own + 1) : !strcmp(own, name);
}

static unsigned of_event(
	struct bench *b, const struct inotify_event *e, const char *name)
{
	const struct watch *w = b->watch;
	unsigned what = 0;
	int i;

	if (e->mask & IN_Q_OVERFLOW)
		return CHANGED_ALL;
	for (i = 0; e->len && i < w->n; i++)
		if (w->v[i].wd == e->wd && is_of(&w->v[i], name))
			what |= w->v[i].what;
	if (what & IS_FOLDER)
		return e->mask & IN_ISDIR ? new_folder(b, name) : 0;
	return e->mask & IN_CREATE ? 0 : what; /* it is not whole yet */
}

static unsigned of_events(struct bench *b, const char *p, ssize_t n)
{
	unsigned what = 0;

	while (n >= (ssize_t)sizeof(struct inotify_event)) {
		struct inotify_event e;
		size_t len;

		memcpy(&e, p, sizeof(e));
		len = sizeof(e) + e.len;
		if ((ssize_t)len > n)
			break;
		what |= of_event(b, &e, p + sizeof(e));
		p += len;
		n -= (ssize_t)len;
	}
	return what;
}

static void take_events(struct bench *b)
{
	struct watch *w = b->watch;
	char events[4096];
	unsigned what = 0;
	ssize_t n;

	while ((n = read(w->fd, events, sizeof(events))) > 0)
		what |= of_events(b, events, n);
	if (what)
		w->rest_mono = clock_mono_ms(b->clock) + REST_MS;
	w->what |= what;
}

/* --- reading it anew ------------------------------------------------------ */

static int read_bench(struct bench *b)
{
	char *name = xstrdup(b->asked);
	int rc = bench_scenario(b, name);

	free(name);
	return rc;
}

static int read_keys(struct bench *b)
{
	return bench_keys(b, NULL);
}

/* They are seen to be: the pane has them now. */
static int read_scripts(struct bench *b)
{
	int i;

	for (i = 0; i < b->n_slots; i++)
		b->slots[i].dirty = b->slots[i].pane.anew = 1;
	return 0;
}

static int read_settings(struct bench *b)
{
	int rc = setting_reread(b, b->watch->wrong);

	b->watch->wrong = rc < 0;
	return rc;
}

static const struct {
	unsigned what;
	int (*read)(struct bench *b);
	const char *done;
} readers[] = {
	{CHANGED_SETTINGS, read_settings, NULL},
	{CHANGED_KEYS, read_keys, N_("the keys were read anew")},
	{CHANGED_THEME, setting_theme_again, N_("the theme was read anew")},
	{CHANGED_RULES, rules_reread, N_("the rules were read anew")},
	{CHANGED_SCRIPTS, read_scripts, NULL},
	{CHANGED_BENCH, read_bench, N_("the bench was read anew")},
};

_Static_assert(ARRAY_SIZE(readers) <= MAX_READERS, "no room for what they say");

/* What was wrong in a file before it was saved again is for `messages` only. */
static void end_errors(struct bench *b, uint64_t from, uint64_t to)
{
	for (; from < to; from++) {
		uint64_t ago = desk_said(b->desk) - 1 - from;
		const struct notice *n = desk_notice(b->desk, (int)ago);

		if (n && n->cls == NOTICE_ERROR)
			desk_end_toast(b->desk, n);
	}
}

static void read_one(struct bench *b, size_t i)
{
	struct watch *w = b->watch;
	uint64_t before = desk_said(b->desk);

	if (readers[i].read(b) < 0)
		desk_say_err(b->desk);
	else if (readers[i].done)
		desk_say(b->desk, NOTICE_DONE, "%s", _(readers[i].done));
	if (desk_said(b->desk) == before)
		return;
	end_errors(b, w->said[i].from, w->said[i].to);
	w->said[i].from = before;
	w->said[i].to = desk_said(b->desk);
}

static void read_anew(struct bench *b, unsigned what)
{
	size_t i;

	if (what & (CHANGED_BENCH | CHANGED_BENCHES | CHANGED_SCRIPTS))
		bench_drop_parked(b);
	if (what & (CHANGED_BENCH | CHANGED_BENCHES))
		bench_names(b);
	for (i = 0; i < ARRAY_SIZE(readers); i++)
		if (what & readers[i].what)
			read_one(b, i);
	aim(b); /* a link may lead elsewhere now */
	bench_dirty(b);
}

void watch_turn(struct bench *b)
{
	struct watch *w = b->watch;
	unsigned what;

	if (!w)
		return;
	if (!b->aimed)
		aim(b);
	take_events(b);
	if (!w->what || clock_mono_ms(b->clock) < w->rest_mono)
		return;
	what = w->what;
	w->what = 0;
	read_anew(b, what);
}
