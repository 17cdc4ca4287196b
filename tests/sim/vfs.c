/* SPDX-License-Identifier: MIT */
/*
 * The disk of the simulator: a SQLite VFS over memory that knows the
 * difference between written and synced. A process death keeps what was
 * written; a power loss keeps what was synced and a random part of the rest,
 * sector by sector. It can run full, err once or until healed, and lose what a
 * failed sync had promised. It refuses to be clever about locks between
 * processes: all connections live in one thread.
 */
#include "sim.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct wrec { /* not synced yet; off < 0: cut to `len` */
	struct wrec *next;
	int64_t off, len;
	unsigned char data[];
};

struct image {
	unsigned char *p;
	int64_t len, cap;
};

enum { SHM_MAX = 64, SHM_LOCKS = 8 };

struct node {
	struct node *next;
	char name[128];
	struct image cur, dur;
	int exists, exists_dur;
	struct wrec *first, *last;
	int opens;
	int shared, reserved, pending, exclusive;
	void *shm[SHM_MAX];
	int n_shm, shm_refs;
	int shm_shared[SHM_LOCKS], shm_excl[SHM_LOCKS];
};

struct handle {
	sqlite3_file base;
	struct node *n;
	int temp;
	int lock;
	int shm;
	unsigned shm_s, shm_x;
};

static struct {
	struct node *nodes;
	struct rnd *rnd;
	struct disk_faults f;
	int dead, erring;
	int64_t calls;
	int opens;
	sqlite3_vfs vfs;
} disk;

static void image_size(struct image *m, int64_t len)
{
	if (len > m->cap) {
		int64_t cap = m->cap ? m->cap : 8192;

		while (cap < len)
			cap *= 2;
		m->p = xrealloc(m->p, (size_t)cap);
		m->cap = cap;
	}
	if (len > m->len)
		memset(m->p + m->len, 0, (size_t)(len - m->len));
	m->len = len;
}

static void image_put(struct image *m, int64_t off, const void *p, int64_t len)
{
	if (!len)
		return;
	if (off + len > m->len)
		image_size(m, off + len);
	memcpy(m->p + off, p, (size_t)len);
}

static void pend_drop(struct node *n)
{
	while (n->first) {
		struct wrec *w = n->first;

		n->first = w->next;
		free(w);
	}
	n->last = NULL;
}

static void pend_add(struct node *n, int64_t off, const void *p, int64_t len)
{
	struct wrec *w = xmalloc(sizeof(*w) + (p ? (size_t)len : 0));

	w->next = NULL;
	w->off = p ? off : -1;
	w->len = len;
	if (p)
		memcpy(w->data, p, (size_t)len);
	if (n->last)
		n->last->next = w;
	else
		n->first = w;
	n->last = w;
}

static void shm_free(struct node *n)
{
	for (int i = 0; i < n->n_shm; i++)
		free(n->shm[i]);
	n->n_shm = 0;
	memset(n->shm_shared, 0, sizeof(n->shm_shared));
	memset(n->shm_excl, 0, sizeof(n->shm_excl));
}

static void node_free(struct node *n)
{
	pend_drop(n);
	shm_free(n);
	free(n->cur.p);
	free(n->dur.p);
	free(n);
}

static struct node *node_find(const char *name)
{
	for (struct node *n = disk.nodes; n; n = n->next)
		if (n->exists && !strcmp(n->name, name))
			return n;
	return NULL;
}

static struct node *node_new(const char *name)
{
	struct node *n;

	/* a file that was unlinked and not forgotten by the disk */
	for (n = disk.nodes; n; n = n->next)
		if (!n->opens && name && !strcmp(n->name, name)) {
			n->exists = 1;
			pend_drop(n);
			image_size(&n->cur, 0);
			pend_add(n, 0, NULL, 0);
			return n;
		}
	n = xcalloc(1, sizeof(*n));
	snprintf(n->name, sizeof(n->name), "%s", name ? name : "");
	n->exists = 1;
	n->next = disk.nodes;
	disk.nodes = n;
	return n;
}

/* Counts a call that has an effect; says whether it may have it. */
static int may_act(int rc_error)
{
	if (disk.dead)
		return SQLITE_IOERR;
	disk.calls++;
	if (disk.f.crash_after >= 0 && disk.f.crash_after-- == 0) {
		disk.f.crash_after = -1;
		sim_count(sim_current, C_CRASH_VFS);
		sim_trace(sim_current, "disk: the process dies");
		vfs_kill();
		return SQLITE_IOERR;
	}
	if (disk.erring) {
		sim_count(sim_current, C_IOERR);
		return rc_error;
	}
	if (disk.f.error_after >= 0 && disk.f.error_after-- == 0) {
		disk.f.error_after = -1;
		disk.erring = disk.f.sticky;
		sim_count(sim_current, C_IOERR);
		sim_trace(sim_current, "disk: error %d%s", rc_error,
			disk.f.sticky ? ", it stays" : "");
		return rc_error;
	}
	return SQLITE_OK;
}

/* --- files -----------------------------------------------------------------
 */

static int f_close(sqlite3_file *f)
{
	struct handle *h = (struct handle *)f;

	h->n->opens--;
	disk.opens--;
	if (h->temp)
		h->n->exists = h->n->exists_dur = 0;
	return SQLITE_OK;
}

static int f_read(sqlite3_file *f, void *p, int len, sqlite3_int64 off)
{
	struct handle *h = (struct handle *)f;
	const struct image *m = &h->n->cur;
	int64_t have = m->len - off;

	if (disk.dead || disk.erring)
		return SQLITE_IOERR_READ;
	if (have >= len) {
		memcpy(p, m->p + off, (size_t)len);
		return SQLITE_OK;
	}
	if (have < 0)
		have = 0;
	if (have)
		memcpy(p, m->p + off, (size_t)have);
	memset((char *)p + have, 0, (size_t)(len - have));
	return SQLITE_IOERR_SHORT_READ;
}

static int is_full(const struct node *n, int64_t end)
{
	if (!disk.f.limit_bytes || end <= n->cur.len)
		return 0;
	return vfs_bytes() + end - n->cur.len > disk.f.limit_bytes;
}

static int f_write(sqlite3_file *f, const void *p, int len, sqlite3_int64 off)
{
	struct handle *h = (struct handle *)f;
	int was_dead = disk.dead;
	int rc = may_act(SQLITE_IOERR_WRITE);

	if (!rc && is_full(h->n, off + len)) {
		sim_count(sim_current, C_DISK_FULL);
		return SQLITE_FULL;
	}
	if (rc && !was_dead && len > N_CHUNK) {
		/* the front of it got through */
		len = (int)rnd_below(disk.rnd, (uint64_t)len / N_CHUNK) *
		      N_CHUNK;
	} else if (rc) {
		return rc;
	}
	if (len) {
		image_put(&h->n->cur, off, p, len);
		if (!h->temp)
			pend_add(h->n, off, p, len);
	}
	return rc;
}

static int f_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct handle *h = (struct handle *)f;
	int rc = may_act(SQLITE_IOERR_TRUNCATE);

	if (rc)
		return rc;
	image_size(&h->n->cur, size);
	if (!h->temp)
		pend_add(h->n, 0, NULL, size);
	return SQLITE_OK;
}

static void apply_whole(struct node *n, const struct wrec *w)
{
	if (w->off < 0)
		image_size(&n->dur, w->len);
	else
		image_put(&n->dur, w->off, w->data, w->len);
}

/* Some sectors of what was not synced reach the disk, others do not. */
static void apply_some(struct node *n, int per_mille)
{
	for (const struct wrec *w = n->first; w; w = w->next) {
		if (w->off < 0) {
			if (sim_chance(disk.rnd, per_mille))
				image_size(&n->dur, w->len);
			continue;
		}
		for (int64_t at = 0; at < w->len; at += N_CHUNK) {
			int64_t len = w->len - at;

			if (len > N_CHUNK)
				len = N_CHUNK;
			if (sim_chance(disk.rnd, per_mille))
				image_put(&n->dur, w->off + at, w->data + at,
					len);
			else
				sim_count(sim_current, C_TORN_SECTOR);
		}
	}
	pend_drop(n);
}

static int f_sync(sqlite3_file *f, int flags)
{
	struct handle *h = (struct handle *)f;
	int was_dead = disk.dead;
	int rc = may_act(SQLITE_IOERR_FSYNC);

	(void)flags;
	if (rc) {
		/* the pages are clean now and on no disk */
		if (!was_dead && !disk.dead) {
			sim_count(sim_current, C_SYNC_ERR);
			apply_some(h->n, 500);
		}
		return rc;
	}
	for (const struct wrec *w = h->n->first; w; w = w->next)
		apply_whole(h->n, w);
	pend_drop(h->n);
	h->n->exists_dur = 1;
	/* unlinked names go with the directory */
	for (struct node *n = disk.nodes; n; n = n->next)
		if (!n->exists)
			n->exists_dur = 0;
	return SQLITE_OK;
}

static int f_size(sqlite3_file *f, sqlite3_int64 *size)
{
	*size = ((struct handle *)f)->n->cur.len;
	return SQLITE_OK;
}

static int f_lock(sqlite3_file *f, int want)
{
	struct handle *h = (struct handle *)f;
	struct node *n = h->n;

	if (h->lock >= want)
		return SQLITE_OK;
	if (want == SQLITE_LOCK_SHARED) {
		if (n->pending || n->exclusive)
			return SQLITE_BUSY;
		n->shared++;
	} else if (want == SQLITE_LOCK_RESERVED) {
		if (n->reserved)
			return SQLITE_BUSY;
		n->reserved = 1;
	} else {
		if (h->lock < SQLITE_LOCK_RESERVED) {
			if (n->reserved)
				return SQLITE_BUSY;
			n->reserved = 1;
		}
		n->pending = 1;
		h->lock = SQLITE_LOCK_PENDING;
		if (n->shared > 1)
			return SQLITE_BUSY;
		n->exclusive = 1;
	}
	h->lock = want;
	return SQLITE_OK;
}

static int f_unlock(sqlite3_file *f, int want)
{
	struct handle *h = (struct handle *)f;
	struct node *n = h->n;

	if (h->lock <= want)
		return SQLITE_OK;
	if (h->lock >= SQLITE_LOCK_RESERVED)
		n->reserved = n->pending = n->exclusive = 0;
	if (want == SQLITE_LOCK_NONE)
		n->shared--;
	h->lock = want;
	return SQLITE_OK;
}

static int f_reserved(sqlite3_file *f, int *out)
{
	*out = ((struct handle *)f)->n->reserved;
	return SQLITE_OK;
}

static int f_control(sqlite3_file *f, int op, void *arg)
{
	(void)f;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int f_sector(sqlite3_file *f)
{
	(void)f;
	return N_CHUNK;
}

static int f_character(sqlite3_file *f)
{
	(void)f;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* --- shared memory of the write-ahead log ----------------------------------
 */

static int f_shm_map(
	sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
	struct handle *h = (struct handle *)f;
	struct node *n = h->n;

	*out = NULL;
	if (!h->shm) {
		h->shm = 1;
		n->shm_refs++;
	}
	if (page >= SHM_MAX)
		return SQLITE_IOERR_SHMSIZE;
	if (page >= n->n_shm && !extend)
		return SQLITE_OK;
	while (n->n_shm <= page)
		n->shm[n->n_shm++] = xcalloc(1, (size_t)size);
	*out = n->shm[page];
	return SQLITE_OK;
}

static int shm_take(struct handle *h, int i, int exclusive)
{
	struct node *n = h->n;
	unsigned bit = 1u << i;

	if (exclusive) {
		if (n->shm_excl[i] || n->shm_shared[i] > !!(h->shm_s & bit))
			return SQLITE_BUSY;
		n->shm_excl[i] = 1;
		h->shm_x |= bit;
	} else if (!(h->shm_s & bit)) {
		if (n->shm_excl[i])
			return SQLITE_BUSY;
		n->shm_shared[i]++;
		h->shm_s |= bit;
	}
	return SQLITE_OK;
}

static void shm_give(struct handle *h, int i)
{
	unsigned bit = 1u << i;

	if (h->shm_x & bit)
		h->n->shm_excl[i] = 0;
	if (h->shm_s & bit)
		h->n->shm_shared[i]--;
	h->shm_x &= ~bit;
	h->shm_s &= ~bit;
}

static int f_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	struct handle *h = (struct handle *)f;

	if (flags & SQLITE_SHM_UNLOCK) {
		for (int i = at; i < at + n; i++)
			shm_give(h, i);
		return SQLITE_OK;
	}
	for (int i = at; i < at + n; i++)
		if (shm_take(h, i, flags & SQLITE_SHM_EXCLUSIVE)) {
			while (--i >= at)
				shm_give(h, i);
			return SQLITE_BUSY;
		}
	return SQLITE_OK;
}

static void f_shm_barrier(sqlite3_file *f)
{
	(void)f;
}

static int f_shm_unmap(sqlite3_file *f, int delete)
{
	struct handle *h = (struct handle *)f;

	if (!h->shm)
		return SQLITE_OK;
	for (int i = 0; i < SHM_LOCKS; i++)
		shm_give(h, i);
	h->shm = 0;
	if (!--h->n->shm_refs && delete)
		shm_free(h->n);
	return SQLITE_OK;
}

static const sqlite3_io_methods file_methods = {
	.iVersion = 2,
	.xClose = f_close,
	.xRead = f_read,
	.xWrite = f_write,
	.xTruncate = f_truncate,
	.xSync = f_sync,
	.xFileSize = f_size,
	.xLock = f_lock,
	.xUnlock = f_unlock,
	.xCheckReservedLock = f_reserved,
	.xFileControl = f_control,
	.xSectorSize = f_sector,
	.xDeviceCharacteristics = f_character,
	.xShmMap = f_shm_map,
	.xShmLock = f_shm_lock,
	.xShmBarrier = f_shm_barrier,
	.xShmUnmap = f_shm_unmap,
};

/* --- names -----------------------------------------------------------------
 */

static int v_open(
	sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
	struct handle *h = (struct handle *)f;
	struct node *n = name ? node_find(name) : NULL;

	(void)v;
	memset(h, 0, sizeof(*h));
	if (disk.dead)
		return SQLITE_CANTOPEN;
	if (!n && !(flags & SQLITE_OPEN_CREATE))
		return SQLITE_CANTOPEN;
	h->n = n ? n : node_new(name);
	h->temp = !name;
	h->n->opens++;
	disk.opens++;
	h->base.pMethods = &file_methods;
	if (out)
		*out = flags;
	return SQLITE_OK;
}

static int v_delete(sqlite3_vfs *v, const char *name, int sync_dir)
{
	struct node *n = node_find(name);
	int rc;

	(void)v;
	if (!n)
		return SQLITE_IOERR_DELETE_NOENT;
	rc = may_act(SQLITE_IOERR_DELETE);
	if (rc)
		return rc;
	n->exists = 0;
	if (sync_dir)
		n->exists_dur = 0;
	return SQLITE_OK;
}

static int v_access(sqlite3_vfs *v, const char *name, int flags, int *out)
{
	const struct node *n = node_find(name);

	(void)v;
	*out = n && (flags != SQLITE_ACCESS_EXISTS || n->cur.len);
	return SQLITE_OK;
}

static int v_full(sqlite3_vfs *v, const char *name, int size, char *out)
{
	(void)v;
	snprintf(out, (size_t)size, "%s", name);
	return SQLITE_OK;
}

static int v_random(sqlite3_vfs *v, int n, char *out)
{
	(void)v;
	for (int i = 0; i < n; i++)
		out[i] = (char)rnd_u64(disk.rnd);
	return n;
}

static int v_sleep(sqlite3_vfs *v, int us)
{
	(void)v;
	return us;
}

static int v_time64(sqlite3_vfs *v, sqlite3_int64 *out)
{
	(void)v;
	/* days from -4713-11-24 12:00 to 1970 in ms */
	*out = INT64_C(210866760000000) + sim_current->now;
	return SQLITE_OK;
}

static int v_time(sqlite3_vfs *v, double *out)
{
	sqlite3_int64 ms;

	v_time64(v, &ms);
	*out = (double)ms / 86400000.0;
	return SQLITE_OK;
}

static int v_last_error(sqlite3_vfs *v, int n, char *out)
{
	(void)v;
	(void)n;
	(void)out;
	return 0;
}

void vfs_register(void)
{
	disk.vfs = (sqlite3_vfs){
		.iVersion = 2,
		.szOsFile = sizeof(struct handle),
		.mxPathname = 100,
		.zName = SIM_VFS,
		.xOpen = v_open,
		.xDelete = v_delete,
		.xAccess = v_access,
		.xFullPathname = v_full,
		.xRandomness = v_random,
		.xSleep = v_sleep,
		.xCurrentTime = v_time,
		.xGetLastError = v_last_error,
		.xCurrentTimeInt64 = v_time64,
	};
	sqlite3_vfs_register(&disk.vfs, 0);
}

void vfs_reset(struct rnd *r)
{
	while (disk.nodes) {
		struct node *n = disk.nodes;

		disk.nodes = n->next;
		node_free(n);
	}
	disk.rnd = r;
	disk.dead = disk.erring = 0;
	disk.calls = 0;
	disk.f = (struct disk_faults){.crash_after = -1, .error_after = -1};
	/* or a seed replays differently alone than in a series */
	sqlite3_randomness(0, NULL);
}

struct disk_faults *vfs_faults(void)
{
	return &disk.f;
}

void vfs_heal(void)
{
	disk.erring = 0;
	disk.f = (struct disk_faults){.crash_after = -1, .error_after = -1};
}

void vfs_kill(void)
{
	disk.dead = 1;
}

int vfs_dead(void)
{
	return disk.dead;
}

int64_t vfs_calls(void)
{
	return disk.calls;
}

int64_t vfs_bytes(void)
{
	int64_t sum = 0;

	for (const struct node *n = disk.nodes; n; n = n->next)
		if (n->exists)
			sum += n->cur.len;
	return sum;
}

int vfs_connections(void)
{
	return disk.opens;
}

static void lose_power(struct node *n)
{
	static const int share[] = {0, 100, 500, 900, 1000};
	int per_mille = share[rnd_below(disk.rnd, ARRAY_SIZE(share))];

	apply_some(n, per_mille);
	if (n->exists && !n->exists_dur) /* its name was never synced */
		n->exists = n->exists_dur = sim_chance(disk.rnd, per_mille);
	else if (!n->exists && n->exists_dur) /* unlinked, perhaps */
		n->exists = n->exists_dur = sim_chance(disk.rnd, 300);
	image_size(&n->cur, 0);
	if (n->exists)
		image_put(&n->cur, 0, n->dur.p, n->dur.len);
}

void vfs_revive(int power_loss)
{
	for (struct node *n = disk.nodes; n; n = n->next) {
		shm_free(n);
		n->shared = n->reserved = n->pending = n->exclusive = 0;
		n->opens = n->shm_refs = 0;
		if (power_loss)
			lose_power(n);
	}
	disk.opens = 0;
	disk.dead = 0;
	disk.erring = 0;
	disk.f.crash_after = disk.f.error_after = -1;
	disk.f.sticky = 0;
}
