/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes a bent cache file: the input is a list of changes to a sound one, and
 * perhaps a write-ahead log. Opening, reading, checking and salvaging it end
 * in an answer or an error, and a file that passes its check has lost nothing.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "galley/base/mem.h"
#include "galley/store/store.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static char dir[64], path[80], fresh[80];
static char *sound;
static size_t sound_len;

static void must(int rc)
{
	if (rc < 0) {
		fprintf(stderr, "%s\n", err_msg());
		abort();
	}
}

static void remove_all(const char *name)
{
	static const char *const tails[] = {
		"", "-wal", "-shm", "-journal", ".lock"};
	char full[112];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tails); i++) {
		snprintf(full, sizeof(full), "%s%s", name, tails[i]);
		unlink(full);
	}
}

static void remove_dir(void)
{
	remove_all(path);
	remove_all(fresh);
	rmdir(dir);
}

/* In memory where there is such a place: the disk would be the brake. */
static void make_dir(void)
{
	atexit(remove_dir);
	snprintf(dir, sizeof(dir), "/dev/shm/galley-fuzz-XXXXXX");
	if (mkdtemp(dir))
		return;
	snprintf(dir, sizeof(dir), "/tmp/galley-fuzz-XXXXXX");
	if (!mkdtemp(dir))
		abort();
}

static void write_rows(struct store_rw *rw)
{
	struct recs *r = recs_new();
	struct store_page p = {
		.connector = 1, .stream = "s", .cursor = "9", .recs = r};
	struct store_page_result res;
	struct rec *rec;
	char rid[16];
	int i;

	for (i = 0; i < 30; i++) {
		snprintf(rid, sizeof(rid), "%d", i + 1);
		rec = recs_add(r, REC_ROW, ENT_TICKET, rid);
		rec_set_text(r, rec, FID_TICKET_SUBJECT, "Where is it?");
		rec_set_text(r, rec, FID_TICKET_STATUS, "open");
		rec = recs_add(r, REC_ROW, ENT_MESSAGE, rid);
		rec_set_text(r, rec, FID_MESSAGE_TICKET, "1");
		rec_set_text(r, rec, FID_MESSAGE_TEXT, "a few words 退款");
	}
	must(store_page_apply(rw, &p, &res));
	recs_free(r);
}

static void make_sound(void)
{
	struct store_opts o = {.path = path};
	struct store_enqueue e = {.connector = 1,
		.kind = OP_TICKET_NOTE,
		.target = 1,
		.args = "{\"text\":\"only here\"}"};
	struct store_rw *rw;
	char uid[UID_SIZE];
	int64_t left;
	int conn, fd;

	must(store_open_rw(&o, &rw));
	must(store_connector(rw, "x", "x", &conn));
	write_rows(rw);
	must(store_index_slice(rw, 1000, &left));
	must(store_op_enqueue(rw, &e, uid, NULL));
	store_close_rw(rw);
	fd = open(path, O_RDONLY);
	sound_len = (size_t)lseek(fd, 0, SEEK_END);
	sound = xmalloc(sound_len);
	if (pread(fd, sound, sound_len, 0) != (ssize_t)sound_len)
		abort();
	close(fd);
}

static void put_file(const char *name, const char *p, size_t len)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, p, len) != (ssize_t)len)
		abort();
	close(fd);
}

static int count_ops(struct store_ro *ro)
{
	struct ops ops;
	int i, n = 0;

	for (i = 0; i < OPS_STATE_COUNT; i++) {
		if (store_op_list(ro, 0, i, 0, 0, &ops) < 0)
			return -1;
		n += ops.n;
		ops_free(&ops);
	}
	return n;
}

static void read_all(struct store_ro *ro)
{
	struct arena *a = arena_new();
	struct buf b = BUF_INIT;
	struct rows rows;
	struct query *q;
	int e;

	for (e = 0; e < ENT_COUNT; e++) {
		must(query_parse("", (enum entity)e, 0, 0, &q));
		if (store_query(ro, q, NULL, 50, NULL, &rows) == 0)
			rows_free(&rows);
		query_free(q);
	}
	must(query_parse("words 退款", ENT_MESSAGE, 0, 0, &q));
	if (store_query(ro, q, NULL, 50, NULL, &rows) == 0)
		rows_free(&rows);
	query_free(q);
	if (store_stats(ro, &b) < 0)
		assert(err_msg()[0]);
	buf_fini(&b);
	arena_free(a);
}

static void try_open(void)
{
	struct store_opts o = {.path = path, .sender = 1};
	struct store_rw *rw;
	struct store_ro *ro;

	if (store_open_rw(&o, &rw) < 0) {
		assert(err_msg()[0]);
		return;
	}
	ro = store_reader(rw);
	read_all(ro);
	/* the same pages read again: what passes the check has it all */
	if (store_check(ro) == 0)
		assert(count_ops(ro) == 1);
	store_close_rw(rw);
}

static void try_salvage(void)
{
	struct buf report = BUF_INIT;

	if (store_salvage(path, fresh, &report) < 0)
		assert(err_msg()[0]);
	buf_fini(&report);
	remove_all(fresh);
}

static uint32_t u24(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

/* Records of 5 bytes: what, place (3), value. */
static size_t bend(char *file, const unsigned char *data, size_t size)
{
	size_t len = sound_len, i, at, n;

	for (i = 0; i + 5 <= size; i += 5) {
		at = u24(data + i + 1) % sound_len;
		switch (data[i] & 7) {
		case 0:
			/* never to nothing: that would be a new file */
			len = at + 1;
			break;
		case 1: /* a page of another place */
			n = (size_t)data[i + 4] % (sound_len / 4096);
			memcpy(file + at / 4096 * 4096, sound + n * 4096, 4096);
			break;
		case 2: /* within the header and the schema */
			file[at % 8192] = (char)data[i + 4];
			break;
		default:
			file[at] = (char)data[i + 4];
		}
	}
	return len;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	size_t len, changes;
	char *file, beside[96];

	if (!sound) {
		make_dir();
		snprintf(path, sizeof(path), "%s/cache.db", dir);
		snprintf(fresh, sizeof(fresh), "%s/fresh.db", dir);
		make_sound();
	}
	if (size < 6)
		return 0;
	changes = (size_t)(data[0] & 0x3f) * 5;
	if (changes > size - 1)
		changes = size - 1;
	file = xmemdup(sound, sound_len);
	len = bend(file, data + 1, changes);
	remove_all(path);
	put_file(path, file, len);
	if (size - 1 > changes) {
		snprintf(beside, sizeof(beside), "%s-wal", path);
		put_file(beside, (const char *)data + 1 + changes,
			size - 1 - changes);
	}
	if (data[0] & 0x40) { /* who held it has died: it is looked at */
		snprintf(beside, sizeof(beside), "%s.lock", path);
		put_file(beside, "1\n", 2);
	}
	free(file);
	/* it makes a new cache, which takes its time */
	if (data[0] >= 0xc0)
		try_salvage();
	try_open();
	return 0;
}
