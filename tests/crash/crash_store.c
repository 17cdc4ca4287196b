/* SPDX-License-Identifier: MIT */
/*
 * Ends a small story (migration, a page that passes what cannot be read,
 * enqueue, arm, answer, echo, index) at every write to the disk, once for each
 * way a disk can let one down, and looks at what is left: what was acknowledged
 * is there, nothing is there by halves, and going on from there ends where the
 * undisturbed story ends.
 *
 * The disk is in memory: what was not synced is lost, kept, or kept in part and
 * torn at 512 bytes when the power goes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"
#include "galley/store/quarantine.h"
#include "galley/store/store.h"

#define T0     INT64_C(1790000000000)
#define SECTOR 512
#define FILES  8

/* --- the disk ------------------------------------------------------------- */

enum fault {
	KILL,	     /* the process ends, the page cache lives      */
	POWER_NONE,  /* nothing unsynced survives                   */
	POWER_SOME,  /* some of it, torn                            */
	POWER_OTHER, /* some other part of it                       */
	IOERR_ONCE,
	IOERR_STAYS,
	FULL_ONCE,
	FULL_STAYS,
	FAULTS
};

struct bytes {
	unsigned char *p;
	sqlite3_int64 len;
};

struct disk_file {
	char name[64];
	struct bytes now;     /* as the programs see it */
	struct bytes durable; /* as of the last sync */
	int used;
	/* WAL index: of the running process */
	void *shm[64];
};

static struct {
	struct disk_file file[FILES];
	int at, fail_at; /* writes counted; 0: never */
	enum fault fault;
	int dead;
	uint64_t rnd;
} disk;

struct handle {
	sqlite3_file base;
	struct disk_file *f;
	int temp;
};

static uint64_t disk_rnd(void)
{
	disk.rnd ^= disk.rnd << 13;
	disk.rnd ^= disk.rnd >> 7;
	disk.rnd ^= disk.rnd << 17;
	return disk.rnd;
}

static void bytes_set(struct bytes *b, const struct bytes *from)
{
	free(b->p);
	b->p = xmalloc((size_t)from->len + 1);
	if (from->len)
		memcpy(b->p, from->p, (size_t)from->len);
	b->len = from->len;
}

static void bytes_size(struct bytes *b, sqlite3_int64 len)
{
	if (len > b->len) {
		b->p = xrealloc(b->p, (size_t)len + 1);
		memset(b->p + b->len, 0, (size_t)(len - b->len));
	}
	b->len = len;
}

/* Counts a write; SQLITE_OK when it may happen. */
static int disk_write(void)
{
	int stays;

	if (disk.dead)
		return SQLITE_IOERR_WRITE;
	disk.at++;
	stays = disk.fault == IOERR_STAYS || disk.fault == FULL_STAYS;
	if (!disk.fail_at || disk.at < disk.fail_at ||
		(disk.at > disk.fail_at && !stays))
		return SQLITE_OK;
	switch (disk.fault) {
	case IOERR_ONCE:
	case IOERR_STAYS:
		return SQLITE_IOERR_WRITE;
	case FULL_ONCE:
	case FULL_STAYS:
		return SQLITE_FULL;
	default:
		disk.dead = 1;
		return SQLITE_IOERR_WRITE;
	}
}

/* Sectors that differ from the synced state survive by chance. */
static void tear(struct disk_file *f)
{
	sqlite3_int64 at, n;

	if (disk_rnd() % 2)
		bytes_size(&f->durable, f->now.len);
	for (at = 0; at < f->now.len && at < f->durable.len; at += SECTOR) {
		n = f->now.len - at < SECTOR ? f->now.len - at : SECTOR;
		if (at + n > f->durable.len)
			n = f->durable.len - at;
		if (disk_rnd() % 2)
			memcpy(f->durable.p + at, f->now.p + at, (size_t)n);
	}
}

/* What the next process finds. */
static void disk_restart(void)
{
	int i, k;

	for (i = 0; i < FILES; i++) {
		struct disk_file *f = &disk.file[i];

		for (k = 0; k < 64; k++) {
			free(f->shm[k]);
			f->shm[k] = NULL;
		}
		if (!f->used || !disk.dead)
			continue;
		if (disk.fault == POWER_SOME || disk.fault == POWER_OTHER)
			tear(f);
		if (disk.fault != KILL)
			bytes_set(&f->now, &f->durable);
	}
	disk.dead = 0;
	disk.fail_at = 0;
}

static void disk_clear(void)
{
	int i, k;

	for (i = 0; i < FILES; i++) {
		free(disk.file[i].now.p);
		free(disk.file[i].durable.p);
		for (k = 0; k < 64; k++)
			free(disk.file[i].shm[k]);
	}
	memset(&disk, 0, sizeof(disk));
}

static void bytes_drop(struct bytes *b)
{
	free(b->p);
	*b = (struct bytes){NULL, 0};
}

/* What the disk begins with, when not with nothing. */
static struct bytes migrated;

static struct disk_file *disk_find(const char *name, int make);

static void disk_start(void)
{
	struct disk_file *f;

	disk_clear();
	if (!migrated.len)
		return;
	f = disk_find("cache.db", 1);
	bytes_set(&f->now, &migrated);
	bytes_set(&f->durable, &migrated);
}

/* --- as SQLite wants it --------------------------------------------------- */

static struct disk_file *file_of(sqlite3_file *h)
{
	return ((struct handle *)h)->f;
}

static int f_close(sqlite3_file *h)
{
	struct handle *x = (struct handle *)h;

	if (x->temp) {
		free(x->f->now.p);
		free(x->f->durable.p);
		free(x->f);
	}
	return SQLITE_OK;
}

static int f_read(sqlite3_file *h, void *p, int n, sqlite3_int64 at)
{
	struct bytes *b = &file_of(h)->now;
	sqlite3_int64 have = at < b->len ? b->len - at : 0;

	if (disk.dead)
		return SQLITE_IOERR_READ;
	if (have > n)
		have = n;
	if (have)
		memcpy(p, b->p + at, (size_t)have);
	if (have == n)
		return SQLITE_OK;
	memset((char *)p + have, 0, (size_t)(n - have));
	return SQLITE_IOERR_SHORT_READ;
}

static int f_write(sqlite3_file *h, const void *p, int n, sqlite3_int64 at)
{
	struct bytes *b = &file_of(h)->now;
	int rc = disk_write();

	if (rc != SQLITE_OK)
		return rc;
	if (at + n > b->len)
		bytes_size(b, at + n);
	memcpy(b->p + at, p, (size_t)n);
	return SQLITE_OK;
}

static int f_truncate(sqlite3_file *h, sqlite3_int64 size)
{
	int rc = disk_write();

	if (rc == SQLITE_OK)
		bytes_size(&file_of(h)->now, size);
	return rc;
}

static int f_sync(sqlite3_file *h, int flags)
{
	int rc = disk_write();

	(void)flags;
	if (rc == SQLITE_OK)
		bytes_set(&file_of(h)->durable, &file_of(h)->now);
	return rc == SQLITE_OK ? rc : SQLITE_IOERR_FSYNC;
}

static int f_size(sqlite3_file *h, sqlite3_int64 *out)
{
	*out = file_of(h)->now.len;
	return SQLITE_OK;
}

static int f_lock(sqlite3_file *h, int level)
{
	(void)h;
	(void)level;
	return SQLITE_OK;
}

static int f_check(sqlite3_file *h, int *out)
{
	(void)h;
	*out = 0;
	return SQLITE_OK;
}

static int f_control(sqlite3_file *h, int op, void *arg)
{
	(void)h;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int f_sector(sqlite3_file *h)
{
	(void)h;
	return SECTOR;
}

static int f_traits(sqlite3_file *h)
{
	(void)h;
	return 0;
}

static int shm_map(
	sqlite3_file *h, int region, int size, int extend, void volatile **out)
{
	struct disk_file *f = file_of(h);

	if (region >= 64)
		return SQLITE_IOERR_SHMMAP;
	if (!f->shm[region] && extend)
		f->shm[region] = xcalloc(1, (size_t)size);
	*out = f->shm[region];
	return SQLITE_OK;
}

static int shm_lock(sqlite3_file *h, int offset, int n, int flags)
{
	(void)h;
	(void)offset;
	(void)n;
	(void)flags;
	return SQLITE_OK;
}

static void shm_barrier(sqlite3_file *h)
{
	(void)h;
}

static int shm_unmap(sqlite3_file *h, int drop)
{
	(void)h;
	(void)drop;
	return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = f_close,
	.xRead = f_read,
	.xWrite = f_write,
	.xTruncate = f_truncate,
	.xSync = f_sync,
	.xFileSize = f_size,
	.xLock = f_lock,
	.xUnlock = f_lock,
	.xCheckReservedLock = f_check,
	.xFileControl = f_control,
	.xSectorSize = f_sector,
	.xDeviceCharacteristics = f_traits,
	.xShmMap = shm_map,
	.xShmLock = shm_lock,
	.xShmBarrier = shm_barrier,
	.xShmUnmap = shm_unmap,
};

static struct disk_file *disk_find(const char *name, int make)
{
	struct disk_file *spare = NULL;
	int i;

	for (i = 0; i < FILES; i++) {
		struct disk_file *f = &disk.file[i];

		if (f->used && strcmp(f->name, name) == 0)
			return f;
		if (!f->used && !spare)
			spare = f;
	}
	if (!make || !spare)
		return NULL;
	snprintf(spare->name, sizeof(spare->name), "%s", name);
	spare->used = 1;
	return spare;
}

static int v_open(
	sqlite3_vfs *v, const char *name, sqlite3_file *h, int flags, int *out)
{
	struct handle *x = (struct handle *)h;

	(void)v;
	x->base.pMethods = NULL;
	x->temp = name == NULL;
	if (name)
		x->f = disk_find(name, (flags & SQLITE_OPEN_CREATE) != 0);
	else
		x->f = xcalloc(1, sizeof(*x->f));
	if (!x->f)
		return SQLITE_CANTOPEN;
	x->base.pMethods = &methods;
	if (out)
		*out = flags;
	return SQLITE_OK;
}

static int v_delete(sqlite3_vfs *v, const char *name, int sync_dir)
{
	struct disk_file *f = disk_find(name, 0);
	int rc = disk_write();

	(void)v;
	(void)sync_dir;
	if (rc != SQLITE_OK)
		return SQLITE_IOERR_DELETE;
	if (!f)
		return SQLITE_IOERR_DELETE_NOENT;
	bytes_size(&f->now, 0);
	bytes_size(&f->durable, 0);
	f->used = 0;
	return SQLITE_OK;
}

static int v_access(sqlite3_vfs *v, const char *name, int flags, int *out)
{
	(void)v;
	(void)flags;
	*out = disk_find(name, 0) != NULL;
	return SQLITE_OK;
}

static int v_path(sqlite3_vfs *v, const char *name, int n, char *out)
{
	(void)v;
	sqlite3_snprintf(n, out, "%s", name);
	return SQLITE_OK;
}

static int v_random(sqlite3_vfs *v, int n, char *out)
{
	(void)v;
	memset(out, 7, (size_t)n);
	return n;
}

static int v_sleep(sqlite3_vfs *v, int us)
{
	(void)v;
	return us;
}

static int v_time(sqlite3_vfs *v, sqlite3_int64 *out)
{
	(void)v;
	*out = T0 + INT64_C(210866760000000);
	return SQLITE_OK;
}

static int v_error(sqlite3_vfs *v, int n, char *out)
{
	(void)v;
	(void)n;
	(void)out;
	return 0;
}

static sqlite3_vfs vfs = {
	.iVersion = 2,
	.szOsFile = sizeof(struct handle),
	.mxPathname = 60,
	.zName = "crash",
	.xOpen = v_open,
	.xDelete = v_delete,
	.xAccess = v_access,
	.xFullPathname = v_path,
	.xRandomness = v_random,
	.xSleep = v_sleep,
	.xGetLastError = v_error,
	.xCurrentTimeInt64 = v_time,
};

/* --- the story ------------------------------------------------------------ */

enum step { OPEN, PAGE, DRAFT, ENQUEUE, ARM, SENT, ECHO, INDEX, STEPS };

struct story {
	struct store_rw *rw;
	struct store_ro *ro;
	struct rnd rnd;
	int conn;
	unsigned done; /* steps that were acknowledged */
	char uid[UID_SIZE];
};

static int64_t fixed_now(void *u)
{
	(void)u;
	return T0;
}

static const struct clock fixed = {fixed_now, fixed_now, NULL};

static int do_open(struct story *s)
{
	struct store_opts o = {.path = "cache.db",
		.clock = &fixed,
		.rnd = &s->rnd,
		.vfs = "crash",
		.no_lock = 1,
		.sender = 1,
		.cache_kib = 256};
	int rc = store_open_rw(&o, &s->rw);

	if (rc < 0)
		return rc;
	s->ro = store_reader(s->rw);
	return store_connector(s->rw, "rt", "rt5", &s->conn);
}

static struct recs *records(int echo)
{
	struct recs *r = recs_new();
	struct rec *t = recs_add(r, REC_ROW, ENT_TICKET, "1"), *m;

	t->version = echo ? "2" : "1";
	rec_set_text(r, t, FID_TICKET_SUBJECT, "No refund");
	rec_set_text(r, t, FID_TICKET_STATUS, "open");
	rec_set_text(r, t, FID_TICKET_QUEUE, "7");
	m = recs_add(r, REC_ROW, ENT_MESSAGE, echo ? "m2" : "m1");
	rec_set_text(r, m, FID_MESSAGE_TICKET, "1");
	rec_set_text(r, m, FID_MESSAGE_KIND, "reply");
	rec_set_text(r, m, FID_MESSAGE_TEXT, echo ? "sent" : "where is it");
	return r;
}

/* The first page passes a record that the backend cannot show. */
static int do_page(struct story *s, const char *cursor, int echo)
{
	const struct store_aside x = {
		.key = "99", .start = "98", .upto = "99", .why = "HTTP 500"};
	struct recs *r = records(echo);
	struct store_page p = {.connector = s->conn,
		.stream = "tickets",
		.cursor = cursor,
		.recs = r,
		.aside = &x,
		.n_aside = !echo};
	struct store_page_result res;
	int rc = store_page_apply(s->rw, &p, &res);

	recs_free(r);
	return rc;
}

static int ticket_id(struct story *s, int64_t *id)
{
	struct rows rows;
	int rc = store_row_rid(s->ro, ENT_TICKET, s->conn, "1", &rows);

	if (rc == 0) {
		*id = rows.v[0].id;
		rows_free(&rows);
	}
	return rc;
}

static int do_enqueue(struct story *s)
{
	struct store_enqueue e = {.connector = s->conn,
		.kind = OP_TICKET_REPLY,
		.args = "{\"text\":\"sent\",\"status\":\"resolved\"}",
		.draft = "reply:1",
		.me = "me"};
	int rc = ticket_id(s, &e.target);

	return rc < 0 ? rc : store_op_enqueue(s->rw, &e, s->uid, NULL);
}

static int do_step(struct story *s, enum step step)
{
	struct store_outcome sent = {.state = OPS_SENT, .result_rid = "m2"};
	int64_t left;
	int n;

	switch (step) {
	case OPEN:
		return do_open(s);
	case PAGE:
		return do_page(s, "100", 0);
	case DRAFT:
		return store_draft_put(s->rw, "reply:1", "sent");
	case ENQUEUE:
		return do_enqueue(s);
	case ARM:
		return store_op_arm(s->rw, s->uid, s->uid, "m1", T0 + 1000, &n);
	case SENT:
		return store_op_outcome(s->rw, s->uid, 1, OPS_SENDING, &sent);
	case ECHO:
		return do_page(s, "200", 1);
	case INDEX:
		return store_index_slice(s->rw, 1000, &left);
	case STEPS:
		break;
	}
	return 0;
}

static void run_from(struct story *s, enum step from)
{
	int i;

	for (i = from; i < STEPS; i++) {
		if (do_step(s, (enum step)i) < 0)
			return;
		s->done |= 1u << i;
	}
}

static void story_end(struct story *s)
{
	store_close_rw(s->rw);
	s->rw = NULL;
}

/* --- what is left --------------------------------------------------------- */

#define ok(expr)                                                               \
	do {                                                                   \
		int rc_ = (expr);                                              \
		if (rc_ < 0)                                                   \
			print_error("write %d: %s: %s\n", where, #expr,        \
				err_msg());                                    \
		assert_true(rc_ >= 0);                                         \
	} while (0)

struct left {
	int page, echo, draft, op, message;
	enum op_state state;
};

static void look(struct story *s, struct left *l, int where)
{
	const char *cursor = NULL, *run, *text;
	struct arena *a = arena_new();
	struct rows rows;
	struct ops ops;
	int64_t polled, id, passed = 0;
	int i, rc;

	memset(l, 0, sizeof(*l));
	rc = store_cursor_get(
		s->ro, s->conn, "tickets", "", a, &cursor, &run, &polled);
	l->page = rc == 0;
	l->echo = rc == 0 && strcmp(cursor, "200") == 0;
	/* the rows are there exactly when the cursor is, and what it passed */
	assert_int_equal(ticket_id(s, &id) == 0, l->page);
	ok(store_aside_count(s->ro, s->conn, &passed));
	assert_int_equal(passed, l->page);
	l->draft = store_draft_get(s->ro, "reply:1", a, &text) == 0;
	for (i = 0; i < OPS_STATE_COUNT; i++) {
		ok(store_op_list(s->ro, s->conn, i, 0, 0, &ops));
		if (ops.n) {
			l->op += ops.n;
			l->state = ops.v[0].state;
			snprintf(s->uid, sizeof(s->uid), "%s", ops.v[0].uid);
		}
		ops_free(&ops);
	}
	if (l->page) {
		ok(store_thread(s->ro, ENT_TICKET, id, 0, &rows));
		l->message = rows.n;
		rows_free(&rows);
	}
	arena_free(a);
}

static int was(const struct story *s, enum step step)
{
	return s->done >> step & 1;
}

/* All or nothing, and nothing that was acknowledged is missing. A page without
 * open operations may be taken back by a power failure, with its cursor, until
 * the next thing that a person did is on the disk. */
static void check_left(
	const struct story *before, const struct left *l, enum fault fault)
{
	assert_true(l->page >= was(before, fault == KILL ? PAGE : DRAFT));
	assert_true(l->echo >= was(before, ECHO));
	assert_true(l->draft || l->op || !was(before, DRAFT));
	assert_true(l->op >= was(before, ENQUEUE));
	assert_in_range(l->op, 0, 1);
	if (l->op) {
		assert_false(l->draft);
		assert_int_equal(l->message, 2);
		assert_true(l->state != OPS_SENDING);
		if (was(before, ARM))
			assert_true(l->state != OPS_QUEUED);
		if (was(before, SENT) && !l->echo)
			assert_int_equal(l->state, OPS_SENT);
		assert_int_equal(l->state == OPS_DONE, l->echo);
	} else if (l->page) {
		assert_int_equal(l->message, 1);
	}
}

static int find(struct story *s)
{
	struct arena *a = arena_new();
	struct op op;
	int64_t id;
	int rc = store_op_get(s->ro, s->uid, a, &op);

	if (rc == 0)
		rc = store_op_candidates(s->ro, &op, NULL, &id, 1);
	if (rc > 0)
		rc = store_op_bind(s->rw, s->uid, id, "found on server");
	arena_free(a);
	return rc;
}

/* Goes on from what is left, as the engine would. */
static void go_on(struct story *s, const struct left *l, int where)
{
	if (!l->page)
		ok(do_step(s, PAGE));
	if (!l->op) {
		if (!l->draft)
			ok(do_step(s, DRAFT));
		ok(do_step(s, ENQUEUE));
	}
	if (l->op && l->state == OPS_UNSURE) {
		/* the reply did leave in this story: it is looked for */
		ok(do_step(s, ECHO));
		ok(find(s));
	} else if (!l->echo) {
		if (!l->op || l->state == OPS_QUEUED) {
			ok(do_step(s, ARM));
			ok(do_step(s, SENT));
		}
		ok(do_step(s, ECHO));
	}
	ok(do_step(s, INDEX));
}

static char *dump(struct story *s, int where)
{
	struct buf b = BUF_INIT;
	struct rows rows;
	struct ops ops;
	struct query *q;
	int64_t id, left = 0;
	int i;

	ok(ticket_id(s, &id));
	ok(store_row(s->ro, ENT_TICKET, id, &rows));
	buf_addf(&b, "%s %s %s pending %d\n", rows.v[0].version,
		row_get(&rows.v[0], FID_TICKET_SUBJECT)->s,
		row_get(&rows.v[0], FID_TICKET_STATUS)->s, rows.v[0].pending);
	rows_free(&rows);
	ok(store_thread(s->ro, ENT_TICKET, id, 0, &rows));
	for (i = 0; i < rows.n; i++)
		buf_addf(&b, "%s %s\n", rows.v[i].rid,
			row_get(&rows.v[i], FID_MESSAGE_TEXT)->s);
	rows_free(&rows);
	ok(store_op_list(s->ro, s->conn, OPS_DONE, 0, 0, &ops));
	for (i = 0; i < ops.n; i++)
		buf_addf(&b, "done, attempt %d, %s\n", ops.v[i].attempt,
			ops.v[i].result_rid);
	ops_free(&ops);
	ok(query_parse("sent", ENT_MESSAGE, T0, 0, &q));
	ok(store_query(s->ro, q, NULL, 10, NULL, &rows));
	buf_addf(&b, "found %d", rows.n);
	rows_free(&rows);
	query_free(q);
	ok(store_index_left(s->ro, &left));
	buf_addf(&b, ", left %d\n", (int)left);
	return buf_take(&b);
}

static void check_after(
	const struct story *before, const char *want, enum fault fault, int n)
{
	struct story s = {.rw = NULL};
	struct left l;
	int where = n;
	char *got;

	rnd_seed(&s.rnd, (uint64_t)n + 1000);
	ok(do_open(&s));
	ok(store_check(s.ro));
	look(&s, &l, where);
	check_left(before, &l, fault);
	go_on(&s, &l, where);
	ok(store_check(s.ro));
	got = dump(&s, where);
	if (strcmp(got, want) != 0)
		print_error("fault %d at write %d:\n%swanted:\n%s", fault, n,
			got, want);
	assert_string_equal(got, want);
	free(got);
	story_end(&s);
}

/* The story with its disk failing at write n; 0 when it ended before that. */
static int crash_at(enum fault fault, int n, const char *want)
{
	struct story s = {.rw = NULL};
	int hit;

	disk_start();
	disk.fault = fault;
	disk.fail_at = n;
	disk.rnd = (uint64_t)n * 7919 + fault + 1;
	rnd_seed(&s.rnd, 1);
	run_from(&s, OPEN);
	story_end(&s);
	hit = disk.at >= n;
	disk_restart();
	if (hit)
		check_after(&s, want, fault, n);
	return hit;
}

static char *undisturbed(int *writes)
{
	struct story s = {.rw = NULL};
	int where = 0;
	char *out;

	disk_start();
	disk.rnd = 1;
	rnd_seed(&s.rnd, 1);
	run_from(&s, OPEN);
	assert_int_equal(s.done, (1u << STEPS) - 1);
	out = dump(&s, where);
	story_end(&s);
	*writes = disk.at;
	return out;
}

static void at_every_write(enum fault fault)
{
	int n = 0, writes;
	char *want = undisturbed(&writes);

	while (crash_at(fault, n + 1, want))
		n++;
	/* every write was hit */
	assert_int_equal(n, writes);
	print_message("%d writes\n", n);
	free(want);
}

/* From the first file on, so most writes are the migration's. */
static void from_nothing(void **state)
{
	bytes_drop(&migrated);
	at_every_write((enum fault)(intptr_t)*state);
}

/* From a cache that is there: all writes are the story's. */
static void from_a_cache(void **state)
{
	struct story s = {.rw = NULL};
	int where = 0;

	bytes_drop(&migrated);
	disk_start();
	rnd_seed(&s.rnd, 1);
	ok(do_open(&s));
	story_end(&s);
	bytes_set(&migrated, &disk_find("cache.db", 0)->durable);
	at_every_write((enum fault)(intptr_t)*state);
}

/* --- retention ------------------------------------------------------------ */

#define DAY INT64_C(86400000)
#define OLD 3

static int count(struct story *s, enum entity e, const char *word, int where)
{
	struct rows rows;
	struct query *q;
	int n;

	ok(query_parse(word, e, T0, 0, &q));
	ok(store_query(s->ro, q, NULL, 10, NULL, &rows));
	n = rows.n;
	rows_free(&rows);
	query_free(q);
	return n;
}

static void land_old(struct story *s, int where)
{
	static const char *const rids[] = {"11", "12", "13", "14"};
	struct recs *r = recs_new();
	struct store_page p = {
		.connector = s->conn, .stream = "tickets", .recs = r};
	struct store_page_result res;
	int64_t left;

	for (int i = 0; i <= OLD; i++) {
		struct rec *t = recs_add(r, REC_ROW, ENT_TICKET, rids[i]), *m;

		rec_set_text(r, t, FID_TICKET_SUBJECT, "quince");
		rec_set_text(
			r, t, FID_TICKET_PHASE, i < OLD ? "closed" : "open");
		rec_set_int(
			t, FID_TICKET_UPDATED, i < OLD ? T0 - 500 * DAY : T0);
		m = recs_add(r, REC_ROW, ENT_MESSAGE, rids[i]);
		rec_set_text(r, m, FID_MESSAGE_TICKET, rids[i]);
		rec_set_text(r, m, FID_MESSAGE_KIND, "reply");
		rec_set_text(r, m, FID_MESSAGE_TEXT, "apricot");
	}
	ok(store_page_apply(s->rw, &p, &res));
	recs_free(r);
	ok(store_index_slice(s->rw, 1000, &left));
	assert_int_equal(left, 0);
}

/* All of a slice or nothing of it, and the journal knows which. */
static void check_retained(int where)
{
	struct arena *a = arena_new();
	struct story s = {.rw = NULL};
	struct audit_row *log;
	int n, rows, gone = 0;

	rnd_seed(&s.rnd, 7);
	ok(do_open(&s));
	ok(store_check(s.ro));
	n = count(&s, ENT_TICKET, "quince", where);
	assert_true(n == 1 || n == 1 + OLD);
	assert_int_equal(count(&s, ENT_MESSAGE, "apricot", where), n);
	ok(store_audit_list(s.ro, 10, a, &log, &rows));
	assert_int_equal(rows, n == 1);
	ok(store_retain_slice(s.rw, 400 * DAY, 10, &gone));
	assert_int_equal(gone, n - 1);
	assert_int_equal(count(&s, ENT_TICKET, "quince", where), 1);
	assert_int_equal(count(&s, ENT_MESSAGE, "apricot", where), 1);
	ok(store_check(s.ro));
	story_end(&s);
	arena_free(a);
}

static void a_slice_of_retention(void **state)
{
	enum fault fault = (enum fault)(intptr_t)*state;
	struct story s = {.rw = NULL};
	int hit = 1, where = 0, gone;

	bytes_drop(&migrated);
	disk_start();
	rnd_seed(&s.rnd, 1);
	ok(do_open(&s));
	land_old(&s, where);
	story_end(&s);
	bytes_set(&migrated, &disk_find("cache.db", 0)->durable);
	for (where = 1; hit; where++) {
		disk_start();
		disk.fault = fault;
		disk.fail_at = where;
		disk.rnd = (uint64_t)where * 7919 + fault + 1;
		s = (struct story){.rw = NULL};
		rnd_seed(&s.rnd, 1);
		if (do_open(&s) == 0)
			hit = store_retain_slice(s.rw, 400 * DAY, 10, &gone) <
			      0;
		story_end(&s);
		hit |= disk.at >= where;
		disk_restart();
		check_retained(where);
	}
	assert_true(where > 10);
}

#define AT(name, fn, fault)                                                    \
	{                                                                      \
		name, fn, NULL, NULL, (void *)(intptr_t)fault                  \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AT("new: the process is killed", from_nothing, KILL),
		AT("new: power goes, nothing unsynced stays", from_nothing,
			POWER_NONE),
		AT("new: power goes, something torn stays", from_nothing,
			POWER_SOME),
		AT("new: the disk is full from there on", from_nothing,
			FULL_STAYS),
		AT("the process is killed", from_a_cache, KILL),
		AT("power goes, nothing unsynced stays", from_a_cache,
			POWER_NONE),
		AT("power goes, something torn stays", from_a_cache,
			POWER_SOME),
		AT("power goes, something else stays", from_a_cache,
			POWER_OTHER),
		AT("one write fails", from_a_cache, IOERR_ONCE),
		AT("writes fail from there on", from_a_cache, IOERR_STAYS),
		AT("the disk is full for one write", from_a_cache, FULL_ONCE),
		AT("the disk is full from there on", from_a_cache, FULL_STAYS),
		AT("retention: the process is killed", a_slice_of_retention,
			KILL),
		AT("retention: power goes, nothing unsynced stays",
			a_slice_of_retention, POWER_NONE),
		AT("retention: power goes, something torn stays",
			a_slice_of_retention, POWER_SOME),
		AT("retention: writes fail from there on", a_slice_of_retention,
			IOERR_STAYS),
		AT("retention: the disk is full for one write",
			a_slice_of_retention, FULL_ONCE),
	};
	int rc;

	sqlite3_vfs_register(&vfs, 0);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	disk_clear();
	bytes_drop(&migrated);
	return rc;
}
