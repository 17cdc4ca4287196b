/* SPDX-License-Identifier: MIT */
/*
 * Opening and closing: what is checked before SQLite may touch a file, how a
 * connection is hardened, and the lock that makes one process the sender.
 * Nobody in the process opens the database file but SQLite: closing any other
 * descriptor of it would drop SQLite's locks (POSIX).
 */
#include "store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"

#define QUICK_CHECK_BYTES (256ll << 20)
#define STOP_STEPS	  2000 /* tens of microseconds */

/* Local disks only: WAL needs shared memory and honest locks. */
static const struct {
	unsigned long type;
	const char *name;
} network_fs[] = {
	{0x6969, "NFS"},
	{0x517b, "SMB"},
	{0xff534d42, "CIFS"},
	{0xfe534d42, "SMB2"},
	{0x564c, "NCP"},
	{0x5346414f, "AFS"},
};

static int check_fs(const char *dir)
{
	struct statfs fs;
	size_t i;

	if (statfs(dir, &fs) < 0)
		return err_set(E_DISK, "%s: %s", dir, strerror(errno));
	for (i = 0; i < ARRAY_SIZE(network_fs); i++)
		if (((unsigned long)fs.f_type & 0xffffffffu) ==
			network_fs[i].type)
			return err_set(E_DISK,
				_("%s is on a network file system (%s); put the cache on a local disk"),
				dir, network_fs[i].name);
	return 0;
}

/* By stat, never by open. E_NOTFOUND when it is not there. */
static int check_file(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		if (errno == ENOENT)
			return err_set(E_NOTFOUND, _("%s: no cache yet"), path);
		return err_set(E_DISK, "%s: %s", path, strerror(errno));
	}
	if (!S_ISREG(st.st_mode))
		return err_set(E_PERM, _("%s is not a plain file"), path);
	if (st.st_uid != geteuid())
		return err_set(E_PERM, _("%s belongs to another user"), path);
	/* SQLite would take it for an empty file and begin anew */
	if (st.st_size > 0 && st.st_size < 512)
		return err_set(E_DB,
			_("%s is cut off after %d bytes; run `galley doctor --salvage`, or remove it"),
			path, (int)st.st_size);
	if (st.st_mode & 077)
		return err_set(E_PERM,
			_("%s can be read by others; run: chmod 600 '%s'"),
			path, path);
	return 0;
}

/* The path with its directory resolved (SQLite's NOFOLLOW then looks at the
 * file only). New string. */
static int resolve(const char *path, char **out, char **dir_out)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? xstrndup(path, (size_t)(slash - path)) : NULL;
	char *real = realpath(dir ? (*dir ? dir : "/") : ".", NULL);

	free(dir);
	if (!real)
		return err_set(errno == ENOENT ? E_NOTFOUND : E_DISK, "%s: %s",
			path, strerror(errno));
	*out = xasprintf("%s/%s", real, slash ? slash + 1 : path);
	*dir_out = real;
	return 0;
}

static int make_dir(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	int rc;

	if (!slash || slash == path)
		return 0;
	dir = xstrndup(path, (size_t)(slash - path));
	rc = path_make_private(dir);
	free(dir);
	return rc;
}

/* --- a hardened connection ------------------------------------------------ */

static int config(struct db *d)
{
	static const struct {
		int op, on;
	} switches[] = {
		{SQLITE_DBCONFIG_DEFENSIVE, 1},
		{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
		{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
		{SQLITE_DBCONFIG_ENABLE_VIEW, 0},
		{SQLITE_DBCONFIG_DQS_DML, 0},
		{SQLITE_DBCONFIG_DQS_DDL, 0},
		{SQLITE_DBCONFIG_ENABLE_FKEY, 1},
	};
	static const struct {
		int id, max;
	} limits[] = {
		{SQLITE_LIMIT_LENGTH, 64 << 20},
		{SQLITE_LIMIT_SQL_LENGTH, 100000},
		{SQLITE_LIMIT_EXPR_DEPTH, 600},
		{SQLITE_LIMIT_ATTACHED, 0},
		{SQLITE_LIMIT_VARIABLE_NUMBER, 2000},
		{SQLITE_LIMIT_TRIGGER_DEPTH, 10},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(switches); i++)
		if (sqlite3_db_config(d->h, switches[i].op, switches[i].on,
			    NULL) != SQLITE_OK)
			return db_err(d, "configure");
	for (i = 0; i < ARRAY_SIZE(limits); i++)
		sqlite3_limit(d->h, limits[i].id, limits[i].max);
	if (sqlite3_busy_timeout(d->h, 10000) != SQLITE_OK)
		return db_err(d, "configure");
	return db_exec(d, "PRAGMA cell_size_check = ON;"
			  "PRAGMA mmap_size = 0;"
			  "PRAGMA temp_store = MEMORY;"
			  "PRAGMA secure_delete = ON;");
}

/* Once a process, before SQLite's first use (later it refuses, which costs
 * nothing but time): nobody asks how much memory it has, and counting takes a
 * lock at every allocation. */
static void config_process(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int conn_open(struct db *d, const char *path, int flags, const char *vfs)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int rc;

	pthread_once(&once, config_process);
	d->path = xstrdup(path);
	d->vfs = vfs;
	rc = sqlite3_open_v2(path, &d->h,
		flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs);
	if (rc != SQLITE_OK)
		return db_err_code(rc, d->h, path, "open");
	rc = config(d);
	if (rc < 0)
		return rc;
	rc = tokenizer_register(d->h);
	return rc < 0 ? rc : functions_register(d->h);
}

void conn_close(struct db *d)
{
	memo_forget(d);
	db_fini_stmts(d);
	sqlite3_close(d->h);
	d->h = NULL;
	FREE(&d->path);
}

static int set_cache(struct db *d, int kib)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "PRAGMA cache_size = -%d", kib);
	return db_exec(d, sql);
}

/* --- the sender lock ------------------------------------------------------ */

static long lock_holder(int fd)
{
	char text[32] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return 0;
	return strtol(text, NULL, 10);
}

static int take_lock(const char *path, struct store_lock *out)
{
	struct flock fl = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char *name = xasprintf("%s.lock", path);
	char text[32];
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int n, unclean;

	if (fd < 0) {
		n = err_set(E_DISK, "%s: %s", name, strerror(errno));
		free(name);
		return n;
	}
	free(name);
	if (fcntl(fd, F_OFD_SETLK, &fl) < 0) {
		n = err_set(E_LIMIT,
			_("another galley (process %ld) delivers from this cache already"),
			lock_holder(fd));
		close(fd);
		return n;
	}
	unclean = lock_holder(fd) != 0;
	n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) != n) {
		n = err_set(E_DISK, "%s.lock: %s", path, strerror(errno));
		close(fd);
		return n;
	}
	*out = (struct store_lock){.fd = fd, .unclean = unclean};
	return 0;
}

void store_lock_drop(struct store_lock *l)
{
	if (l->fd < 0)
		return;
	/* empty: closed in good order */
	if (ftruncate(l->fd, 0) < 0)
		(void)0;
	close(l->fd);
	l->fd = -1;
}

/* --- writer --------------------------------------------------------------- */

/* The whole of small files only: a big one would keep people waiting, doctor
 * does it. What waits to be sent is short, and its indexes are looked at, too:
 * an operation that is missing in one would never leave. */
static int check_after_crash(struct db *d)
{
	int64_t bytes = 0;
	int rc;

	rc = db_int(d, &bytes,
		"SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
		"");
	if (rc > 0)
		rc = bytes < QUICK_CHECK_BYTES
			     ? db_check(d, "PRAGMA quick_check(1)")
			     : 0;
	return rc < 0 ? rc : db_check(d, "PRAGMA integrity_check('op')");
}

/* What a failed fsync has dropped is still read back from memory: the log that
 * is there looks whole and may have a gap on the disk, and what is written
 * behind a gap is lost with the power. So nothing is: the log goes into the
 * file first. A reader that is at work holds that up; then it is tried with the
 * next opening. */
static int empty_log(struct db *d)
{
	int64_t busy;
	int rc = db_int(d, &busy, "PRAGMA wal_checkpoint(TRUNCATE)", "");

	return rc < 0 ? rc : 0;
}

static int open_writer(
	struct store_rw *rw, const struct store_opts *o, const char *path)
{
	struct db *d = rw_db(rw);
	int nofollow = o->vfs ? 0 : SQLITE_OPEN_NOFOLLOW;
	int rc;

	if (o->sender && !o->no_lock && rw->lock.fd < 0) {
		rc = take_lock(path, &rw->lock);
		if (rc < 0)
			return rc;
	}
	rc = conn_open(d, path,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | nofollow, o->vfs);
	if (rc < 0)
		return rc;
	rc = set_cache(d, o->cache_kib ? o->cache_kib : 16384);
	if (rc < 0)
		return rc;
	rc = schema_open(rw, path);
	if (rc < 0)
		return rc;
	rw->sync_normal = o->sync_normal;
	rc = db_exec(d, rw->sync_normal ? "PRAGMA synchronous = NORMAL"
					: "PRAGMA synchronous = FULL");
	if (rc == 0 && rw->lock.unclean)
		rc = check_after_crash(d);
	if (rc == 0 && o->sender)
		rc = empty_log(d);
	if (rc == 0 && o->sender)
		rc = op_boot(rw);
	return rc;
}

static int prepare_file(const struct store_opts *o, char **path)
{
	char *dir;
	int rc;

	if (o->no_lock) {
		*path = xstrdup(o->path);
		return 0;
	}
	rc = make_dir(o->path);
	if (rc < 0)
		return rc;
	rc = resolve(o->path, path, &dir);
	if (rc < 0)
		return rc;
	rc = check_fs(dir);
	free(dir);
	if (rc == 0) {
		rc = check_file(*path);
		if (rc == E_NOTFOUND)
			rc = 0;
	}
	if (rc < 0)
		FREE(path);
	return rc;
}

int store_lock_take(const struct store_opts *o, struct store_lock *out)
{
	char *path;
	int rc = prepare_file(o, &path);

	if (rc < 0)
		return rc;
	rc = take_lock(path, out);
	free(path);
	return rc;
}

int store_open_rw(const struct store_opts *o, struct store_rw **out)
{
	struct store_rw *rw = xcalloc(1, sizeof(*rw));
	char *path = NULL;
	mode_t old = umask(077);
	int rc;

	rw->lock = o->lock ? *o->lock : (struct store_lock){.fd = -1};
	rw->erased = -1;
	rw->ids = xcalloc(ID_SLOTS, sizeof(*rw->ids));
	rw_db(rw)->clock = o->clock ? o->clock : clock_system();
	rw->rnd = o->rnd;
	if (!rw->rnd) {
		rnd_seed_system(&rw->own_rnd);
		rw->rnd = &rw->own_rnd;
	}
	rc = prepare_file(o, &path);
	if (rc == 0)
		rc = open_writer(rw, o, path);
	umask(old);
	free(path);
	if (rc < 0) {
		store_close_rw(rw);
		return rc;
	}
	*out = rw;
	return 0;
}

void store_close_rw(struct store_rw *rw)
{
	if (!rw)
		return;
	conn_close(rw_db(rw));
	store_lock_drop(&rw->lock);
	free(rw->ids);
	free(rw);
}

struct store_ro *store_reader(struct store_rw *rw)
{
	return &rw->ro;
}

int64_t store_changes(const struct store_rw *rw)
{
	return sqlite3_total_changes64(rw->ro.db.h);
}

int64_t store_others(struct store_rw *rw)
{
	int64_t v = 0;

	return db_int(&rw->ro.db, &v, "PRAGMA data_version", "") < 0 ? 0 : v;
}

/* --- reader --------------------------------------------------------------- */

/* With nothing in its log, the last reader leaves log and index where they
 * are: taking them away and making them again is a fifth of a short run. What
 * a writer left behind when it died is still put into the file. */
static int keep_empty_wal(struct db *d)
{
	char *name = xasprintf("%s-wal", d->path);
	struct stat st;
	int empty = lstat(name, &st) == 0 && st.st_size == 0;

	free(name);
	if (empty && sqlite3_db_config(d->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
			     1, NULL) != SQLITE_OK)
		return db_err(d, "configure");
	return 0;
}

static int open_reader(
	struct store_ro *ro, const struct store_opts *o, const char *path)
{
	struct db *d = &ro->db;
	int nofollow = o->vfs ? 0 : SQLITE_OPEN_NOFOLLOW;
	/* READWRITE: a reader may have to make the -shm file again */
	int rc = conn_open(d, path, SQLITE_OPEN_READWRITE | nofollow, o->vfs);

	if (rc < 0)
		return rc;
	rc = set_cache(d, o->cache_kib ? o->cache_kib : 8192);
	if (rc == 0)
		rc = db_schema_check(d);
	if (rc == 0)
		rc = db_exec(d, "PRAGMA query_only = ON");
	if (rc == 0 && !o->vfs)
		rc = keep_empty_wal(d);
	return rc;
}

int store_open_ro(const struct store_opts *o, struct store_ro **out)
{
	struct store_ro *ro = xcalloc(1, sizeof(*ro));
	char *path = NULL, *dir = NULL;
	mode_t old = umask(077);
	int rc = 0;

	ro->db.clock = o->clock ? o->clock : clock_system();
	if (o->no_lock)
		path = xstrdup(o->path);
	else
		rc = resolve(o->path, &path, &dir);
	if (rc == 0 && !o->no_lock)
		rc = check_file(path);
	if (rc == E_NOTFOUND)
		rc = err_set(E_NOTFOUND,
			_("%s: no cache yet; run `galley sync`"), o->path);
	if (rc == 0)
		rc = open_reader(ro, o, path);
	umask(old);
	free(path);
	free(dir);
	if (rc < 0) {
		store_close_ro(ro);
		return rc;
	}
	*out = ro;
	return 0;
}

void store_close_ro(struct store_ro *ro)
{
	if (!ro)
		return;
	conn_close(&ro->db);
	free(ro);
}

void store_on_stop(struct store_ro *ro, int (*stop)(void *u), void *u)
{
	struct db *d = &ro->db;

	sqlite3_progress_handler(d->h, stop ? STOP_STEPS : 0, stop, u);
	/* the end of a reading may have been stopped too */
	if (!stop && !d->tx && !sqlite3_get_autocommit(d->h))
		sqlite3_exec(d->h, "COMMIT", NULL, NULL, NULL);
}

int64_t store_data_version(struct store_ro *ro)
{
	int64_t v = 0;

	if (db_int(&ro->db, &v, "PRAGMA data_version", "") < 0)
		return -1;
	/* data_version is about others; our own changes are counted here */
	return v + sqlite3_total_changes64(ro->db.h);
}
