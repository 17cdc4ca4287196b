/* SPDX-License-Identifier: MIT */
/*
 * Directories and whole files. Nothing here remembers anything: the
 * environment is asked each time, so that a test can change it.
 */
#include "galley/base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "galley/base/buf.h"
#include "galley/base/mem.h"

#ifndef GALLEY_PREFIX
#define GALLEY_PREFIX "/usr/local"
#endif

static int errno_code(int e)
{
	switch (e) {
	case ENOENT:
	case ENOTDIR:
		return E_NOTFOUND;
	case EACCES:
	case EPERM:
	case ELOOP:
		return E_PERM;
	case EEXIST:
		return E_EXISTS;
	default:
		return E_DISK;
	}
}

static int fail(const char *what, const char *path)
{
	int e = errno;

	return err_set(
		errno_code(e), "cannot %s %s: %s", what, path, strerror(e));
}

static char *join(const char *dir, const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

/* --- the person's directories -------------------------------------------- */

static const struct {
	const char *own;   /* below GALLEY_HOME */
	const char *xdg;   /* variable          */
	const char *below; /* below $HOME       */
} kinds[] = {
	[PATH_CONFIG] = {"config", "XDG_CONFIG_HOME", ".config"},
	[PATH_DATA] = {"data", "XDG_DATA_HOME", ".local/share"},
	[PATH_STATE] = {"state", "XDG_STATE_HOME", ".local/state"},
	[PATH_CACHE] = {"cache", "XDG_CACHE_HOME", ".cache"},
	[PATH_RUNTIME] = {"run", "XDG_RUNTIME_DIR", NULL},
};

/* The variable's value when it is an absolute path. */
static const char *env_dir(const char *name)
{
	const char *s = getenv(name);

	return s && s[0] == '/' ? s : NULL;
}

static const char *home(void)
{
	const char *dir = env_dir("HOME");
	const struct passwd *pw;

	if (dir)
		return dir;
	pw = getpwuid(geteuid());
	return pw && pw->pw_dir && pw->pw_dir[0] == '/' ? pw->pw_dir : "/";
}

static char *user_dir(enum path_kind kind)
{
	const char *dir = env_dir("GALLEY_HOME");
	char *state, *run;

	if (dir)
		return join(dir, kinds[kind].own);
	dir = env_dir(kinds[kind].xdg);
	if (dir)
		return join(dir, "galley");
	if (kinds[kind].below)
		return xasprintf("%s/%s/galley", home(), kinds[kind].below);
	state = user_dir(PATH_STATE);
	run = join(state, kinds[kind].own);
	free(state);
	return run;
}

char *path_user(enum path_kind kind, const char *name)
{
	char *dir = user_dir(kind), *path;

	if (!name)
		return dir;
	path = join(dir, name);
	free(dir);
	return path;
}

static int make_dirs(const char *dir)
{
	char *path = xstrdup(dir);
	size_t i, len = strlen(path);
	char c;
	int rc = 0;

	for (i = 1; i <= len && !rc; i++) {
		c = path[i];
		if (c && c != '/')
			continue;
		path[i] = '\0';
		if (mkdir(path, 0700) && errno != EEXIST)
			rc = fail("make the directory", path);
		path[i] = c;
	}
	free(path);
	return rc;
}

int path_make_private(const char *dir)
{
	struct stat st;

	if (stat(dir, &st)) {
		if (errno != ENOENT)
			return fail("use the directory", dir);
		if (make_dirs(dir))
			return err_code();
		if (stat(dir, &st))
			return fail("use the directory", dir);
	}
	if (!S_ISDIR(st.st_mode))
		return err_set(E_PERM, "%s is not a directory", dir);
	if (st.st_uid != geteuid())
		return err_set(E_PERM, "%s belongs to another user", dir);
	if (st.st_mode & 077)
		return err_set(E_PERM,
			"%s is open to others, close it with: chmod 700 %s",
			dir, dir);
	return 0;
}

/* --- what is shipped ------------------------------------------------------ */

/* The directory of the program that runs, NULL when /proc is not there. */
static char *exe_dir(void)
{
	char path[4096], *slash;
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	return xstrdup(path);
}

/* data/ of a source tree that the program was built in. */
static char *tree_data(void)
{
	char *dir = exe_dir(), *probe, *found = NULL, *slash;
	int up;

	for (up = 0; dir && up <= 3 && !found; up++) {
		probe = join(dir, "data/connectors");
		if (!access(probe, F_OK))
			found = join(dir, "data");
		free(probe);
		slash = strrchr(dir, '/');
		if (!slash)
			break;
		*slash = '\0';
	}
	free(dir);
	return found;
}

static char *data_dir(void)
{
	const char *dir = env_dir("GALLEY_DATA");
	char *tree = dir ? NULL : tree_data();

	if (dir)
		return xstrdup(dir);
	return tree ? tree : xstrdup(GALLEY_PREFIX "/share/galley");
}

/* Names come from files that people write. */
static int is_inside(const char *name)
{
	return name[0] && name[0] != '/' && strcmp(name, "..") &&
	       strncmp(name, "../", 3) && !strstr(name, "/../") &&
	       (strlen(name) < 3 || strcmp(name + strlen(name) - 3, "/.."));
}

int path_data(const char *name, char **out)
{
	char *dir, *path;

	if (!is_inside(name))
		return err_set(
			E_INPUT, "\"%s\" is no name of a data file", name);
	dir = data_dir();
	path = join(dir, name);
	free(dir);
	if (access(path, F_OK)) {
		(void)err_set(E_NOTFOUND, "there is no %s", path);
		free(path);
		return E_NOTFOUND;
	}
	*out = path;
	return 0;
}

static char *helper_in(const char *dir, const char *name)
{
	char *path = dir ? join(dir, name) : NULL;

	if (path && access(path, X_OK))
		FREE(&path);
	return path;
}

int path_helper(const char *name, char **out)
{
	const char *set = env_dir("GALLEY_LIBEXEC");
	char *dir, *path;

	if (!is_inside(name))
		return err_set(E_INPUT, "\"%s\" is no name of a helper", name);
	if (set) {
		path = helper_in(set, name);
	} else {
		dir = exe_dir();
		path = helper_in(dir, name);
		free(dir);
		if (!path)
			path = helper_in(GALLEY_PREFIX "/libexec/galley", name);
	}
	if (!path)
		return err_set(E_NOTFOUND,
			"the helper %s is neither beside the program nor in %s",
			name, set ? set : GALLEY_PREFIX "/libexec/galley");
	*out = path;
	return 0;
}

char *path_locale(void)
{
	char *dir = exe_dir();
	char *path = dir ? join(dir, "locale") : NULL;

	free(dir);
	if (path && !access(path, F_OK))
		return path;
	free(path);
	return xstrdup(GALLEY_PREFIX "/share/locale");
}

/* --- whole files ---------------------------------------------------------- */

/* Appends at most `max` bytes; one more tells that there are too many. */
static int read_all(int fd, size_t max, struct buf *b)
{
	char chunk[16384];
	size_t want;
	ssize_t n;

	for (;;) {
		want = max - b->len < sizeof(chunk) ? max - b->len + 1
						    : sizeof(chunk);
		n = read(
			fd, chunk, want < sizeof(chunk) ? want : sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return E_DISK;
		if (n == 0)
			return 0;
		if ((size_t)n > max - b->len)
			return E_LIMIT;
		buf_add(b, chunk, (size_t)n);
	}
}

static int open_regular(const char *path, int *out)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return fail("read", path);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(E_INPUT, "%s is not a file", path);
	}
	*out = fd;
	return 0;
}

int file_read(const char *path, size_t max, char **out, size_t *len)
{
	struct buf b = BUF_INIT;
	int fd, rc;

	rc = open_regular(path, &fd);
	if (rc)
		return rc;
	rc = read_all(fd, max, &b);
	if (rc == E_LIMIT)
		rc = err_set(E_LIMIT, "%s has more than %zu bytes", path, max);
	else if (rc)
		rc = fail("read", path);
	close(fd);
	if (rc) {
		buf_fini(&b);
		return rc;
	}
	if (len)
		*len = b.len;
	*out = buf_take(&b);
	return 0;
}

static int write_all(int fd, const char *s, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, s, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		s += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A rename is durable when its directory is. */
static int sync_dir_of(const char *path)
{
	char *dir = xstrdup(path), *slash = strrchr(dir, '/');
	int fd, rc;

	if (slash)
		slash[slash == dir] = '\0';
	fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	if (fd < 0)
		return -1;
	rc = fsync(fd);
	close(fd);
	return rc;
}

int file_write(const char *path, const char *s, size_t len)
{
	char *tmp = xasprintf("%s.XXXXXX", path);
	int fd = mkostemp(tmp, O_CLOEXEC), rc = 0;

	if (fd < 0) {
		rc = fail("write", path);
		free(tmp);
		return rc;
	}
	if (fchmod(fd, 0600) || write_all(fd, s, len) || fsync(fd))
		rc = fail("write", path);
	if (close(fd) && !rc)
		rc = fail("write", path);
	if (!rc && rename(tmp, path))
		rc = fail("write", path);
	if (rc)
		unlink(tmp);
	else if (sync_dir_of(path))
		rc = fail("make durable", path);
	free(tmp);
	return rc;
}
