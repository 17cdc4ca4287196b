/* SPDX-License-Identifier: MIT */
/*
 * The file itself: who may open it, its schema against fields.def, locks, the
 * audit chain, backup, damage and salvage, and that what was erased is in no
 * file any more.
 */
#include "store_fix.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "store/store_priv.h"

/* --- schema --------------------------------------------------------------- */

static const char *column_type(enum field_type t)
{
	switch (t) {
	case FT_TEXT:
	case FT_SET:
	case FT_JSON:
		return "TEXT";
	default:
		return "INTEGER";
	}
}

static void every_field_is_a_column_of_its_type(void **state)
{
	struct fix *f = *state;
	struct db *d = &f->ro->db;
	int e, i;

	for (e = 0; e < ENT_COUNT; e++) {
		const struct entity_desc *ed = entity_desc((enum entity)e);
		int64_t n = 0;

		for (i = 0; i < ed->n_fields; i++) {
			const char *type = NULL;

			ok(db_text(d, f->a, &type,
				"SELECT type FROM pragma_table_info(?) "
				"WHERE name = ?",
				"tt", ed->name, ed->fields[i].name));
			if (!type)
				print_error("%s.%s is missing\n", ed->name,
					ed->fields[i].name);
			assert_non_null(type);
			assert_string_equal(
				type, column_type(ed->fields[i].type));
		}
		ok(db_int(d, &n, "SELECT count(*) FROM pragma_table_info(?)",
			"t", ed->name));
		assert_int_equal(n, C_FIELDS + ed->n_fields);
		ok(db_int(d, &n,
			"SELECT strict FROM pragma_table_list WHERE name = ?",
			"t", ed->name));
		assert_int_equal(n, 1);
	}
}

static void every_search_field_is_indexed(void **state)
{
	struct fix *f = *state;
	int i;

	for (i = 0; i < FID_COUNT; i++) {
		const struct field_desc *fd = field_desc((enum field_id)i);
		char *table =
			xasprintf("fts_%s", entity_desc(fd->entity)->name);
		int64_t n = 0;

		ok(db_int(&f->ro->db, &n,
			"SELECT count(*) FROM pragma_table_info(?) "
			"WHERE name = ?",
			"tt", table, fd->name));
		assert_int_equal(n, (fd->flags & FF_SEARCH) != 0);
		free(table);
	}
}

/* --- opening -------------------------------------------------------------- */

static int try_open(struct fix *f, int sender)
{
	struct store_opts o = f->opts;
	struct store_rw *rw;
	int rc;

	o.sender = sender;
	rc = store_open_rw(&o, &rw);
	if (rc == 0)
		store_close_rw(rw);
	return rc;
}

static void one_sender_many_writers(void **state)
{
	struct fix *f = *state;
	char pid[32];

	assert_int_equal(try_open(f, 1), E_LIMIT);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	assert_non_null(strstr(err_msg(), pid));
	assert_int_equal(try_open(f, 0), 0);
	store_close_rw(f->rw);
	f->rw = NULL;
	assert_int_equal(try_open(f, 1), 0);
}

static void readers_cannot_write_and_see_new_data(void **state)
{
	struct fix *f = *state;
	struct store_ro *ro;
	struct recs *r = recs_new();
	int64_t before;
	struct rows rows;

	ok(store_open_ro(&f->opts, &ro));
	before = store_data_version(ro);
	assert_true(db_run(&ro->db, "DELETE FROM draft", "") < 0);
	ticket(r, "1", "1", "A", "open", NULL, T0);
	land(f, r);
	assert_true(store_data_version(ro) != before);
	ok(store_row_rid(ro, ENT_TICKET, 0, "1", &rows));
	rows_free(&rows);
	store_close_ro(ro);
}

static void what_is_held_is_of_one_moment(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	struct store_ro *ro;
	struct rows rows;

	ok(store_open_ro(&f->opts, &ro));
	ok(store_hold(ro));
	assert_int_equal(
		store_row_rid(ro, ENT_TICKET, 0, "1", &rows), E_NOTFOUND);
	ticket(r, "1", "1", "A", "open", NULL, T0);
	land(f, r);
	assert_int_equal(
		store_row_rid(ro, ENT_TICKET, 0, "1", &rows), E_NOTFOUND);
	store_let_go(ro);
	ok(store_row_rid(ro, ENT_TICKET, 0, "1", &rows));
	rows_free(&rows);
	store_close_ro(ro);
}

/* Each who asks while it is held has rows of his own, and as many as he asked
 * for; the file is read once. */
static void what_is_held_is_read_once(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	struct store_ro *ro;
	struct rows a, b, few;
	int64_t q;
	int i;

	for (i = 0; i < 5; i++) {
		char id[2] = {(char)('1' + i), '\0'};

		ticket(r, id, "1", "A", "open", "q", T0 + i);
	}
	land(f, r);
	ok(store_open_ro(&f->opts, &ro));
	ok(store_row_rid(ro, ENT_TICKET, 0, "1", &a));
	q = row_get(&a.v[0], FID_TICKET_QUEUE)->i;
	rows_free(&a);
	ok(store_hold(ro));
	ok(store_children(ro, FID_TICKET_QUEUE, q, 2, &few));
	assert_int_equal(few.n, 2);
	assert_true(few.more);
	ok(store_children(ro, FID_TICKET_QUEUE, q, 10, &a));
	assert_int_equal(a.n, 5);
	ok(store_children(ro, FID_TICKET_QUEUE, q, 0, &b));
	assert_int_equal(b.n, 5);
	assert_true(b.v != a.v);
	for (i = 0; i < 5; i++)
		assert_ptr_equal(b.v[i].rid, a.v[i].rid);
	memset(a.v, 0, 5 * sizeof(*a.v));
	rows_free(&a);
	assert_string_equal(b.v[4].rid, "1");
	rows_free(&b);
	rows_free(&few);
	ok(store_children(ro, FID_TICKET_QUEUE, q, 2, &few));
	assert_int_equal(few.n, 2);
	assert_true(few.more);
	store_let_go(ro);
	assert_string_equal(few.v[0].rid, "5");
	ticket(r = recs_new(), "6", "1", "A", "open", "q", T0 + 9);
	land(f, r);
	ok(store_children(ro, FID_TICKET_QUEUE, q, 10, &a));
	assert_int_equal(a.n, 6);
	rows_free(&a);
	rows_free(&few);
	store_close_ro(ro);
}

/* A case that one comes back to is not read again, unless somebody wrote. */
static void what_was_held_is_known_until_a_write(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	struct store_ro *ro;
	struct rows a, b;
	int64_t id, q;

	ticket(r, "1", "1", "A", "open", "q", T0);
	land(f, r);
	ok(store_open_ro(&f->opts, &ro));
	ok(store_row_rid(ro, ENT_TICKET, 0, "1", &a));
	id = a.v[0].id;
	q = row_get(&a.v[0], FID_TICKET_QUEUE)->i;
	rows_free(&a);
	ok(store_hold(ro));
	ok(store_row(ro, ENT_TICKET, id, &a));
	store_let_go(ro);
	ok(store_row(ro, ENT_TICKET, id, &b)); /* without a hold it is read */
	assert_ptr_not_equal(b.v[0].rid, a.v[0].rid);
	rows_free(&b);
	ok(store_hold(ro));
	ok(store_row(ro, ENT_TICKET, id, &b));
	assert_ptr_equal(b.v[0].rid, a.v[0].rid);
	store_let_go(ro);
	rows_free(&b);
	ticket(r = recs_new(), "1", "2", "B", "open", "q", T0 + 9);
	land(f, r);
	ok(store_hold(ro));
	ok(store_row(ro, ENT_TICKET, id, &b));
	assert_string_equal(row_get(&b.v[0], FID_TICKET_SUBJECT)->s, "B");
	assert_string_equal(row_get(&a.v[0], FID_TICKET_SUBJECT)->s, "A");
	assert_int_equal(row_get(&b.v[0], FID_TICKET_QUEUE)->i, q);
	store_let_go(ro);
	rows_free(&a);
	rows_free(&b);
	store_close_ro(ro);
}

/* Many cases: the oldest go, what is asked for is right. */
static void of_what_was_held_the_oldest_goes(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	struct store_ro *ro;
	struct rows a;
	int64_t first;
	int i, pass;

	for (i = 0; i < 400; i++) {
		char id[8];

		snprintf(id, sizeof(id), "%d", i + 1);
		ticket(r, id, "1", id, "open", "q", T0 + i);
	}
	land(f, r);
	ok(store_open_ro(&f->opts, &ro));
	ok(store_row_rid(ro, ENT_TICKET, 0, "1", &a));
	first = a.v[0].id;
	rows_free(&a);
	ok(store_hold(ro));
	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < 400; i++) {
			ok(store_row(ro, ENT_TICKET, first + i, &a));
			assert_int_equal(atoi(a.v[0].rid), i + 1);
			assert_string_equal(
				row_get(&a.v[0], FID_TICKET_QUEUE)->s, "q");
			rows_free(&a);
		}
	store_let_go(ro);
	store_close_ro(ro);
}

static int n_messages(struct store_ro *ro, int64_t ticket)
{
	struct rows rows;
	int n;

	ok(store_children(ro, FID_MESSAGE_TICKET, ticket, 10, &rows));
	n = rows.n;
	rows_free(&rows);
	return n;
}

/* Where there is nothing, little is compiled to say so. */
static void none_is_quickly_said(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	struct store_ro *ro;
	struct rows rows;
	struct ops ops;
	int64_t one, two;

	ticket(r, "1", NULL, "A", "open", "q", T0);
	ticket(r, "2", NULL, "A", "open", "q", T0);
	land(f, r);
	one = id_by_rid(f, ENT_TICKET, "1");
	two = id_by_rid(f, ENT_TICKET, "2");
	ok(store_open_ro(&f->opts, &ro));
	assert_int_equal(n_messages(ro, one), 0);
	ok(store_files(ro, ENT_TICKET, one, 0, &rows));
	assert_int_equal(rows.n, 0);
	rows_free(&rows);
	ok(store_op_list(ro, 0, -1, 0, 10, &ops));
	assert_int_equal(ops.n, 0);
	ops_free(&ops);
	message(r = recs_new(), "a", "1", "reply", "u", T0, "text");
	land(f, r);
	assert_int_equal(n_messages(ro, one), 1);
	assert_int_equal(n_messages(ro, two), 0);
	store_close_ro(ro);
}

static void no_cache_yet_is_said(void **state)
{
	struct fix *f = *state;
	struct store_opts o = f->opts;
	struct store_ro *ro;

	o.path = "/nonexistent/galley/cache.db";
	assert_int_equal(store_open_ro(&o, &ro), E_NOTFOUND);
}

static void wrong_files_are_left_alone(void **state)
{
	struct fix *f = *state;
	sqlite3 *h;
	int fd;

	/* a newer schema */
	ok(db_exec(rw_db(f->rw), "PRAGMA user_version = 99"));
	store_close_rw(f->rw);
	f->rw = NULL;
	assert_int_equal(try_open(f, 1), E_CONFIG);
	assert_non_null(strstr(err_msg(), "newer"));
	/* readable by others */
	chmod(f->path, 0644);
	assert_int_equal(try_open(f, 1), E_PERM);
	assert_non_null(strstr(err_msg(), "chmod 600"));
	/* another program's */
	unlink(f->path);
	assert_int_equal(sqlite3_open(f->path, &h), SQLITE_OK);
	sqlite3_exec(h, "CREATE TABLE t (a)", NULL, NULL, NULL);
	sqlite3_close(h);
	chmod(f->path, 0600);
	assert_int_equal(try_open(f, 1), E_CONFIG);
	/* no database */
	unlink(f->path);
	fd = open(f->path, O_CREAT | O_WRONLY, 0600);
	for (int i = 0; i < 100; i++)
		assert_int_equal(write(fd, "this is no database ", 20), 20);
	close(fd);
	assert_int_equal(try_open(f, 1), E_DB);
	assert_non_null(strstr(err_msg(), "doctor --salvage"));
	/* a link to somewhere else */
	unlink(f->path);
	assert_int_equal(symlink("/tmp/galley-elsewhere", f->path), 0);
	assert_int_equal(try_open(f, 1), E_PERM);
	unlink(f->path);
	assert_int_equal(mkdir(f->path, 0700), 0);
	assert_int_equal(try_open(f, 1), E_PERM);
	rmdir(f->path);
}

static void open_directory_is_refused(void **state)
{
	struct fix *f = *state;

	store_close_rw(f->rw);
	f->rw = NULL;
	chmod(f->dir, 0755);
	assert_int_equal(try_open(f, 1), E_PERM);
	chmod(f->dir, 0700);
	assert_int_equal(try_open(f, 1), 0);
}

/* --- small tables --------------------------------------------------------- */

static void drafts_are_kept(void **state)
{
	struct fix *f = *state;
	const char *text;

	ok(store_draft_put(f->rw, "k", "one"));
	ok(store_draft_put(f->rw, "k", "two"));
	fix_reopen(f);
	ok(store_draft_get(f->ro, "k", f->a, &text));
	assert_string_equal(text, "two");
	ok(store_draft_drop(f->rw, "k"));
	assert_int_equal(store_draft_get(f->ro, "k", f->a, &text), E_NOTFOUND);
}

static void drafts_are_listed_newest_first(void **state)
{
	struct fix *f = *state;
	struct draft_row *v;
	int n;

	ok(store_draft_list(f->ro, 10, f->a, &v, &n));
	assert_int_equal(n, 0);
	ok(store_draft_put(f->rw, "reply 1", "older"));
	f->now += 1000;
	ok(store_draft_put(f->rw, "op:X", "newer"));
	ok(store_draft_list(f->ro, 10, f->a, &v, &n));
	assert_int_equal(n, 2);
	assert_string_equal(v[0].key, "op:X");
	assert_string_equal(v[0].text, "newer");
	assert_int_equal(v[0].at_ms, T0 + 1000);
	assert_string_equal(v[1].key, "reply 1");
	ok(store_draft_list(f->ro, 1, f->a, &v, &n));
	assert_int_equal(n, 1);
	assert_string_equal(v[0].key, "op:X");
}

static void log_is_bounded(void **state)
{
	struct fix *f = *state;
	struct log_row *v;
	int i, n;

	ok(tx_begin(f->rw));
	for (i = 0; i < 6000; i++)
		ok(log_add(f->rw, 1, f->conn, "s", "line"));
	ok(tx_end(f->rw, 0));
	ok(store_log_list(f->ro, 100000, f->a, &v, &n));
	assert_in_range(n, 5000, 5300);
	assert_int_equal(v[0].id, 6000);
}

static void sha256_vectors(void **state)
{
	/* FIPS 180-4 examples and a million times "a" */
	static const struct {
		const char *in;
		int times;
		const char *hex;
	} table[] = {
		{"", 1,
			"e3b0c44298fc1c149afbf4c8996fb924"
			"27ae41e4649b934ca495991b7852b855"},
		{"abc", 1,
			"ba7816bf8f01cfea414140de5dae2223"
			"b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
			"248d6a61d20638b8e5c026930c3e6039"
			"a33ce45964ff2167f6ecedd419db06c1"},
		{"a", 1000000,
			"cdc76e5c9914fb9281a1c7e284d73e67"
			"f1809a48a497200e046d39ccc7112cd0"},
	};
	struct sha256 s;
	char hex[65];
	size_t i;
	int k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		sha256_init(&s);
		for (k = 0; k < table[i].times; k++)
			sha256_add(&s, table[i].in, strlen(table[i].in));
		sha256_hex(&s, hex);
		assert_string_equal(hex, table[i].hex);
	}
}

static void audit_shows_tampering(void **state)
{
	static const char *const tricks[] = {
		"UPDATE audit SET detail = 'x' WHERE id = 7",
		"UPDATE audit SET at = at + 1 WHERE id = 7",
		"UPDATE audit SET who = what, what = who WHERE id = 7",
		"UPDATE audit SET who = 'meread', what = '' WHERE id = 7",
		"DELETE FROM audit WHERE id = 7",
		("UPDATE audit SET id = 99 WHERE id = 7;"
		 "UPDATE audit SET id = 7 WHERE id = 8;"
		 "UPDATE audit SET id = 8 WHERE id = 99"),
		"DELETE FROM audit WHERE id = 1",
		("INSERT INTO audit SELECT 11, at, who, what, object, detail, "
		 "hash FROM audit WHERE id = 10"),
	};
	struct fix *f = *state;
	int64_t rows;
	size_t i;

	for (i = 0; i < 10; i++)
		ok(store_audit(f->rw, "me", "read", "ticket", "10"));
	ok(store_audit_verify(f->ro, &rows));
	assert_int_equal(rows, 10);
	for (i = 0; i < ARRAY_SIZE(tricks); i++) {
		ok(tx_begin(f->rw));
		ok(db_exec(rw_db(f->rw), tricks[i]));
		assert_int_equal(store_audit_verify(f->ro, &rows), E_DB);
		assert_true(tx_end(f->rw, E_CANCEL) < 0);
	}
	ok(store_audit_verify(f->ro, &rows));
}

static void stats_count(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	struct buf b = BUF_INIT;

	ticket(r, "1", "1", "A", "open", NULL, T0);
	land(f, r);
	ok(store_stats(f->ro, &b));
	assert_non_null(strstr(buf_str(&b), "\"ticket\":1"));
	assert_non_null(strstr(buf_str(&b), "\"schema\":5"));
	assert_non_null(strstr(buf_str(&b), "\"index_left\":1"));
	buf_fini(&b);
}

/* --- backup, damage ------------------------------------------------------- */

static void fill(struct fix *f, int n)
{
	struct recs *r = recs_new();
	char rid[16];
	int i;

	for (i = 0; i < n; i++) {
		snprintf(rid, sizeof(rid), "%d", i + 1);
		ticket(r, rid, "1", "Some subject of a ticket", "open", "1",
			T0 + i);
		snprintf(rid, sizeof(rid), "m%d", i + 1);
		message(r, rid, "1", "reply", "u", T0 + i,
			"a message that is long enough to fill some pages of "
			"the file, so that damage hits something: "
			"0123456789012345678901234567890123456789");
	}
	land(f, r);
	index_all(f);
}

static void backup_opens_as_a_cache(void **state)
{
	struct fix *f = *state;
	struct store_opts o = f->opts;
	struct store_ro *ro;
	struct rows rows;
	struct stat st;
	char *path = xasprintf("%s2", f->path);

	fill(f, 50);
	ok(store_backup(f->ro, path));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 077, 0);
	o.path = path;
	ok(store_open_ro(&o, &ro));
	ok(store_row_rid(ro, ENT_TICKET, 0, "50", &rows));
	rows_free(&rows);
	ok(store_check(ro));
	store_close_ro(ro);
	free(path);
}

static void check_finds_a_wrong_index(void **state)
{
	struct fix *f = *state;
	struct store_ro *ro;

	fill(f, 20);
	ok(store_check(f->ro));
	ok(db_exec(rw_db(f->rw),
		"UPDATE message SET text = 'other' WHERE id = 3"));
	assert_int_equal(store_check(f->ro), E_DB);
	ok(store_open_ro(&f->opts, &ro));
	assert_int_equal(store_check(ro), E_DB);
	assert_true(db_run(&ro->db, "DELETE FROM draft", "") < 0);
	store_close_ro(ro);
}

static int64_t rows_of(const char *path, const char *sql)
{
	sqlite3 *h;
	sqlite3_stmt *st;
	int64_t n = -1;

	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(h, sql, -1, &st, NULL), SQLITE_OK);
	if (sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(h);
	return n;
}

static void put_op(struct fix *f)
{
	struct store_enqueue e = {.connector = f->conn,
		.kind = OP_TICKET_REPLY,
		.target = id_by_rid(f, ENT_TICKET, "1"),
		.args = "{\"text\":\"only here\"}"};
	char uid[UID_SIZE];

	ok(store_op_enqueue(f->rw, &e, uid, NULL));
	ok(store_draft_put(f->rw, "d", "a draft"));
}

static void raw_sql(const char *path, const char *sql)
{
	sqlite3 *h;

	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	if (sqlite3_exec(h, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(h));
	sqlite3_close(h);
}

/* As if who held the lock had died. */
static void end_unclean(const char *path)
{
	char *lock = xasprintf("%s.lock", path);
	int fd = open(lock, O_WRONLY);

	assert_int_equal(write(fd, "1\n", 2), 2);
	close(fd);
	free(lock);
}

/* What waits is in the table, not in the index that it is found by. */
static void an_operation_that_would_never_leave_is_noticed(void **state)
{
	struct fix *f = *state;
	struct store_ro *ro;

	fill(f, 20);
	put_op(f);
	store_close_rw(f->rw);
	f->rw = NULL;
	raw_sql(f->path,
		"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = "
		"replace(sql, 'open = 1', 'open = 2') WHERE name = 'op_open'");
	raw_sql(f->path, "REINDEX op_open");
	raw_sql(f->path,
		"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = "
		"replace(sql, 'open = 2', 'open = 1') WHERE name = 'op_open'");
	ok(store_open_ro(&f->opts, &ro));
	assert_int_equal(store_check(ro), E_DB);
	assert_non_null(strstr(err_msg(), "op_open"));
	store_close_ro(ro);
	/* and without being asked */
	end_unclean(f->path);
	assert_int_equal(try_open(f, 1), E_DB);
}

static void salvage_of_a_sound_file_is_complete(void **state)
{
	struct fix *f = *state;
	char *fresh = xasprintf("%s2", f->path);
	struct buf report = BUF_INIT;

	fill(f, 100);
	put_op(f);
	store_close_rw(f->rw);
	f->rw = NULL;
	ok(store_salvage(f->path, fresh, &report));
	assert_non_null(strstr(buf_str(&report), "op: 1 rows\n"));
	assert_non_null(strstr(buf_str(&report), "ticket: 100 rows\n"));
	assert_int_equal(rows_of(fresh, "SELECT count(*) FROM message"), 101);
	assert_int_equal(rows_of(fresh, "SELECT n FROM counter"), 100);
	assert_int_equal(store_salvage(f->path, fresh, &report), E_EXISTS);
	buf_fini(&report);
	free(fresh);
}

/* Overwrites a page in the middle of a table with rubbish. */
static void bend(const char *path, int64_t page)
{
	int fd = open(path, O_WRONLY);
	char rubbish[4096];
	int i;

	for (i = 0; i < 4096; i++)
		rubbish[i] = (char)(i * 7 + 13);
	assert_int_equal(
		pwrite(fd, rubbish, sizeof(rubbish), (page - 1) * 4096), 4096);
	close(fd);
}

/* A page of the table, far from its ends. */
static int64_t message_leaf(const char *path, int second)
{
	int64_t n = rows_of(path,
		second ? "SELECT pageno FROM dbstat WHERE name = 'message' AND "
			 "pagetype = 'leaf' ORDER BY path LIMIT 1 OFFSET 20"
		       : "SELECT pageno FROM dbstat WHERE name = 'message' AND "
			 "pagetype = 'leaf' ORDER BY path LIMIT 1 OFFSET 10");

	assert_true(n > 1);
	return n;
}

static void salvage_steps_over_damage(void **state)
{
	struct fix *f = *state;
	char *fresh = xasprintf("%s2", f->path);
	struct buf report = BUF_INIT;
	int64_t saved;

	fill(f, 2000);
	put_op(f);
	store_close_rw(f->rw);
	f->rw = NULL;
	bend(f->path, message_leaf(f->path, 0));
	bend(f->path, message_leaf(f->path, 1));
	ok(store_salvage(f->path, fresh, &report));
	assert_int_equal(rows_of(fresh, "SELECT count(*) FROM op"), 1);
	assert_int_equal(rows_of(fresh, "SELECT count(*) FROM draft"), 1);
	saved = rows_of(fresh, "SELECT (SELECT count(*) FROM message) + "
			       "(SELECT count(*) FROM ticket)");
	assert_in_range(saved, 3000, 4001);
	assert_int_equal(rows_of(fresh, "SELECT count(*) FROM cursor"), 0);
	assert_int_equal(
		rows_of(fresh, "SELECT count(*) FROM fts_todo_message"),
		rows_of(fresh, "SELECT count(*) FROM message"));
	buf_fini(&report);
	free(fresh);
}

/* Nothing is migrated before it is salvaged. */
static void salvage_reads_an_older_version(void **state)
{
	struct fix *f = *state;
	char *fresh = xasprintf("%s2", f->path);
	struct buf report = BUF_INIT;

	fill(f, 100);
	put_op(f);
	store_close_rw(f->rw);
	f->rw = NULL;
	raw_sql(f->path, "ALTER TABLE op DROP COLUMN later; DROP TABLE mark;"
			 "DROP TABLE quarantine; PRAGMA user_version = 1;"
			 "ALTER TABLE outcome DROP COLUMN conversation");
	ok(store_salvage(f->path, fresh, &report));
	assert_non_null(strstr(buf_str(&report), "op: 1 rows\n"));
	assert_int_equal(rows_of(fresh, "SELECT count(*) FROM draft"), 1);
	assert_int_equal(rows_of(fresh, "SELECT count(*) FROM ticket"), 100);
	/* what is missing may be the damage */
	assert_int_equal(rows_of(fresh, "SELECT count(*) FROM cursor"), 0);
	buf_fini(&report);
	free(fresh);
}

static int64_t last_leaf(const char *path, const char *table)
{
	char sql[160];
	int64_t n;

	snprintf(sql, sizeof(sql),
		"SELECT pageno FROM dbstat WHERE name = '%s' AND pagetype = "
		"'leaf' ORDER BY path DESC LIMIT 1",
		table);
	n = rows_of(path, sql);
	assert_true(n > 1);
	return n;
}

static void open_salvaged(struct fix *f, struct buf *report)
{
	char *fresh = xasprintf("%s2", f->path);

	ok(store_salvage(f->path, fresh, report));
	free(f->path);
	f->path = fresh;
	f->opts.path = fresh;
	ok(store_open_rw(&f->opts, &f->rw));
	f->ro = store_reader(f->rw);
}

/* What was lost is pulled again in whatever order. */
static void salvage_gives_no_id_to_another_ticket(void **state)
{
	struct fix *f = *state;
	struct store_enqueue e = {.connector = f->conn,
		.kind = OP_TICKET_REPLY,
		.args = "{\"text\":\"for one only\"}"};
	struct recs *r = recs_new();
	struct buf report = BUF_INIT;
	char uid[UID_SIZE];
	struct op op;

	fill(f, 2000);
	e.target = id_by_rid(f, ENT_TICKET, "2000");
	ok(store_op_enqueue(f->rw, &e, uid, NULL));
	store_close_rw(f->rw);
	f->rw = NULL;
	bend(f->path, last_leaf(f->path, "ticket"));
	open_salvaged(f, &report);
	ticket(r, "9999", "1", "Of somebody else", "open", "1", T0);
	land(f, r);
	ok(store_op_get(f->ro, uid, f->a, &op));
	assert_null(op.target_rid);
	assert_true(id_by_rid(f, ENT_TICKET, "9999") > e.target);
	buf_fini(&report);
}

/* In whatever order the backends are met again. */
static void salvage_gives_no_number_to_another_backend(void **state)
{
	struct fix *f = *state;
	struct store_enqueue e = {.connector = f->conn,
		.kind = OP_TICKET_REPLY,
		.args = "{\"text\":\"for one only\"}"};
	struct buf report = BUF_INIT;
	char uid[UID_SIZE], name[32];
	struct op op;
	int other, again;

	fill(f, 20);
	e.target = id_by_rid(f, ENT_TICKET, "1");
	ok(store_op_enqueue(f->rw, &e, uid, NULL));
	ok(store_op_get(f->ro, uid, f->a, &op));
	snprintf(name, sizeof(name), "%s", op.connector);
	store_close_rw(f->rw);
	f->rw = NULL;
	bend(f->path, last_leaf(f->path, "connector"));
	open_salvaged(f, &report);
	ok(store_connector(f->rw, "another", "rt5", &other));
	ok(store_connector(f->rw, name, "rt5", &again));
	assert_int_not_equal(other, f->conn);
	assert_int_equal(again, f->conn);
	buf_fini(&report);
}

static void salvage_says_what_will_never_leave(void **state)
{
	struct fix *f = *state;
	struct buf report = BUF_INIT;
	struct draft_row *v;
	struct rows rows;
	int n;

	fill(f, 20);
	put_op(f);
	store_close_rw(f->rw);
	f->rw = NULL;
	bend(f->path, last_leaf(f->path, "op"));
	open_salvaged(f, &report);
	ok(store_thread(
		f->ro, ENT_TICKET, id_by_rid(f, ENT_TICKET, "1"), 0, &rows));
	for (n = 0; n < rows.n; n++)
		assert_non_null(rows.v[n].rid);
	rows_free(&rows);
	ok(store_draft_list(f->ro, 10, f->a, &v, &n));
	assert_int_equal(n, 2);
	assert_memory_equal(v[1].key, "op:", 3);
	assert_string_equal(v[1].text, "only here");
	buf_fini(&report);
}

/* Those before the damage, and those behind it. */
static void salvage_reads_drafts_from_both_ends(void **state)
{
	struct fix *f = *state;
	struct buf report = BUF_INIT;
	char key[32], *text = xcalloc(1, 1000);
	int64_t page;
	int i;

	memset(text, 'x', 999);
	for (i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "ticket:%d", 100 + i);
		ok(store_draft_put(f->rw, key, text));
	}
	free(text);
	store_close_rw(f->rw);
	f->rw = NULL;
	page = rows_of(f->path,
		"SELECT pageno FROM dbstat WHERE name = 'draft' AND "
		"pagetype = 'leaf' ORDER BY path LIMIT 1 OFFSET 10");
	bend(f->path, page);
	open_salvaged(f, &report);
	assert_in_range(rows_of(f->path, "SELECT count(*) FROM draft"), 90, 99);
	assert_non_null(strstr(buf_str(&report), "1 places"));
	buf_fini(&report);
}

static void unclean_end_of_a_damaged_file_is_noticed(void **state)
{
	struct fix *f = *state;

	fill(f, 2000);
	store_close_rw(f->rw);
	f->rw = NULL;
	bend(f->path, message_leaf(f->path, 0));
	end_unclean(f->path);
	assert_int_equal(try_open(f, 1), E_DB);
}

/* --- erasing -------------------------------------------------------------- */

static int file_has(const char *path, const char *what)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	char *p;
	int has;

	if (fd < 0)
		return 0;
	assert_int_equal(fstat(fd, &st), 0);
	p = xmalloc((size_t)st.st_size + 1);
	assert_int_equal(read(fd, p, (size_t)st.st_size), st.st_size);
	has = memmem(p, (size_t)st.st_size, what, strlen(what)) != NULL;
	free(p);
	close(fd);
	return has;
}

static int any_file_has(struct fix *f, const char *what)
{
	char *wal = xasprintf("%s-wal", f->path);
	int has = file_has(f->path, what) | file_has(wal, what) << 1;

	free(wal);
	return has;
}

static int64_t land_customer(struct fix *f)
{
	struct recs *r = recs_new();
	struct rec *t, *i;

	named(r, FID_CUSTOMER_NAME, "cust-77", "Xanthippe Quixzarn");
	i = recs_add(r, REC_ROW, ENT_IDENTITY, NULL);
	rec_set_text(r, i, FID_IDENTITY_CUSTOMER, "cust-77");
	rec_set_text(r, i, FID_IDENTITY_TYPE, "email");
	rec_set_text(r, i, FID_IDENTITY_VALUE, "xanthippe@quixzarn.example");
	t = ticket(r, "500", "1", "Quixzarn wants her money", "open", "1", T0);
	rec_set_text(r, t, FID_TICKET_CUSTOMER, "cust-77");
	rec_set_text(r, t, FID_TICKET_CUSTOMERS, "[\"cust-77\"]");
	t = ticket(r, "501", "1", "of another", "open", "1", T0);
	rec_set_text(r, t, FID_TICKET_CUSTOMERS, "[\"cust-77\",\"other\"]");
	message(r, "x1", "500", "created", "cust-77", T0,
		"my name is Quixzarn and my number 13812340000");
	message(r, "x2", "501", "reply", "cust-77", T0, "Quixzarn here too");
	land(f, r);
	return id_by_rid(f, ENT_CUSTOMER, "cust-77");
}

static void erased_is_erased_from_every_byte(void **state)
{
	static const char *const traces[] = {"Quixzarn", "quixzarn",
		"13812340000", "xanthippe", "Xanthippe", "cust-77", "Mxyzptlk",
		"Brobdingnag"};
	struct fix *f = *state;
	struct recs *r;
	struct rec *t;
	struct rows rows;
	int64_t id;
	size_t i;

	fill(f, 300);
	id = land_customer(f);
	fill(f, 400);
	ok(store_draft_put(f->rw,
		arena_printf(f->a, "ticket:%lld",
			(long long)id_by_rid(f, ENT_TICKET, "500")),
		"0 reply\nDear Mxyzptlk"));
	ok(store_draft_put(f->rw,
		arena_printf(f->a, "ticket:%lld:note",
			(long long)id_by_rid(f, ENT_TICKET, "500")),
		"0 note\nBrobdingnag"));
	for (i = 0; i < ARRAY_SIZE(traces); i++)
		assert_true(any_file_has(f, traces[i]));
	ok(store_erase_customer(f->rw, id, "me"));
	store_close_rw(f->rw);
	f->rw = NULL;
	for (i = 0; i < ARRAY_SIZE(traces); i++) {
		if (any_file_has(f, traces[i]))
			print_error("\"%s\" is still there (%d)\n", traces[i],
				any_file_has(f, traces[i]));
		assert_false(any_file_has(f, traces[i]));
	}

	/* an old page does not bring it back */
	ok(store_open_rw(&f->opts, &f->rw));
	f->ro = store_reader(f->rw);
	r = recs_new();
	t = named(r, FID_CUSTOMER_NAME, "cust-77", "Xanthippe Quixzarn");
	t->version = "9";
	message(r, "x1", "500", "created", "cust-77", T0, "Quixzarn");
	land(f, r);
	assert_int_equal(
		store_row_rid(f->ro, ENT_MESSAGE, f->conn, "x1", &rows),
		E_NOTFOUND);
	assert_int_equal(
		store_row_rid(f->ro, ENT_CUSTOMER, f->conn, "cust-77", &rows),
		E_NOTFOUND);
	/* the other ticket is still there, without them */
	assert_text(field_of(f, FID_TICKET_CUSTOMERS,
			    id_by_rid(f, ENT_TICKET, "501")),
		"[\"other\"]");
	ok(store_check(f->ro));
	assert_int_equal(store_erase_customer(f->rw, id, "me"), E_NOTFOUND);
}

static void erasing_waits_for_open_operations(void **state)
{
	struct fix *f = *state;
	int64_t id = land_customer(f);
	struct store_enqueue e = {.connector = f->conn,
		.kind = OP_TICKET_REPLY,
		.target = id_by_rid(f, ENT_TICKET, "500"),
		.args = "{\"text\":\"Dear Quixzarn\"}"};
	char uid[UID_SIZE];

	ok(store_op_enqueue(f->rw, &e, uid, NULL));
	assert_int_equal(store_erase_customer(f->rw, id, "me"), E_CONFLICT);
	ok(store_op_cancel(f->rw, uid));
	ok(store_erase_customer(f->rw, id, "me"));
	store_close_rw(f->rw);
	f->rw = NULL;
	assert_false(any_file_has(f, "Dear Quixzarn"));
}

/* --- retention ------------------------------------------------------------ */

#define DAY INT64_C(86400000)

static void promise(struct fix *f, const char *of, const char *status)
{
	struct recs *r = recs_new();
	struct rec *p = recs_add(r, REC_ROW, ENT_PROMISE, "p1");

	rec_set_text(r, p, FID_PROMISE_TICKET, of);
	rec_set_text(r, p, FID_PROMISE_TEXT, "we call back");
	rec_set_text(r, p, FID_PROMISE_STATUS, status);
	land(f, r);
}

static void land_old(struct fix *f)
{
	static const char *const rids[] = {"1", "2", "3", "4", "5", "6"};
	struct recs *r = recs_new();

	for (size_t i = 0; i < ARRAY_SIZE(rids); i++) {
		/* the fifth is open, the sixth not old enough */
		ticket(r, rids[i], "1", "an old matter",
			i == 4 ? "open" : "resolved", "7",
			T0 - (i == 5 ? 300 : 500) * DAY);
		message(r, arena_printf(f->a, "m%s", rids[i]), rids[i], "reply",
			"a", T0 - 500 * DAY, "Zwetschgendatschi");
	}
	ticket(r, "9", "1", "news", "open", "7", T0);
	land(f, r);
	index_all(f);
}

static int live_tickets(struct fix *f)
{
	int64_t n;

	ok(db_int(&f->ro->db, &n, "SELECT count(*) FROM ticket WHERE state = 0",
		""));
	return (int)n;
}

static void old_matters_leave_the_cache(void **state)
{
	struct fix *f = *state;
	struct store_enqueue e = {.connector = f->conn,
		.kind = OP_TICKET_NOTE,
		.args = "{\"text\":\"not yet\"}"};
	struct audit_row *log;
	struct recs *r;
	char uid[UID_SIZE];
	const char *mine;
	int64_t id;
	int gone = -1, n;

	/* so that local ids are not the remote ones */
	r = recs_new();
	ticket(r, "77", "1", "news", "open", "7", T0);
	land(f, r);
	land_old(f);
	id = id_by_rid(f, ENT_TICKET, "1");
	/* 2 has an operation, 3 a draft, 4 one that was taken back */
	e.target = id_by_rid(f, ENT_TICKET, "2");
	ok(store_op_enqueue(f->rw, &e, uid, NULL));
	ok(store_draft_put(f->rw, "reply rt:3", "half a thought"));
	e.target = id_by_rid(f, ENT_TICKET, "4");
	ok(store_op_enqueue(f->rw, &e, uid, NULL));
	ok(store_op_cancel(f->rw, uid));
	/* on 1 somebody writes at the workstation */
	assert_int_not_equal(id, 1);
	mine = arena_printf(f->a, "ticket:%lld", (long long)id);
	ok(store_draft_put(f->rw, mine, "0 reply\nhalf"));
	ok(store_retain_slice(f->rw, 400 * DAY, 10, &gone));
	assert_int_equal(gone, 0);
	ok(store_draft_drop(f->rw, mine));
	mine = arena_printf(f->a, "ticket:%lld:note", (long long)id);
	ok(store_draft_put(f->rw, mine, "0 note\nhalf"));
	ok(store_retain_slice(f->rw, 400 * DAY, 10, &gone));
	assert_int_equal(gone, 0);
	ok(store_draft_drop(f->rw, mine));
	/* something was promised in it */
	promise(f, "1", "open");
	ok(store_retain_slice(f->rw, 400 * DAY, 10, &gone));
	assert_int_equal(gone, 0);
	promise(f, "1", "kept");

	ok(store_retain_slice(f->rw, 400 * DAY, 10, &gone));
	assert_int_equal(gone, 1);
	assert_int_equal(live_tickets(f), 7);
	index_all(f);
	ok(store_check(f->ro));
	ok(store_audit_list(f->ro, 1, f->a, &log, &n));
	assert_string_equal(log[0].what, "retention");
	assert_non_null(strstr(log[0].detail, ": 1"));
	ok(store_retain_slice(f->rw, 400 * DAY, 10, &gone));
	assert_int_equal(gone, 0);

	/* what held them is settled: they go, two in a slice */
	ok(store_draft_drop(f->rw, "reply rt:3"));
	ok(store_draft_drop(f->rw, arena_printf(f->a, "op:%s", uid)));
	ok(store_retain_slice(f->rw, 400 * DAY, 1, &gone));
	assert_int_equal(gone, 1);
	ok(store_retain_slice(f->rw, 400 * DAY, 1, &gone));
	assert_int_equal(gone, 1);
	ok(store_retain_slice(f->rw, 400 * DAY, 1, &gone));
	assert_int_equal(gone, 0);
	assert_int_equal(live_tickets(f), 5);

	/* the backend has something new on it: the same row */
	r = recs_new();
	ticket(r, "1", "2", "an old matter", "open", "7", T0);
	land(f, r);
	assert_int_equal(id_by_rid(f, ENT_TICKET, "1"), id);
	assert_text(field_of(f, FID_TICKET_SUBJECT, id), "an old matter");
	assert_int_equal(live_tickets(f), 6);
}

static void a_clock_ahead_empties_nothing(void **state)
{
	struct fix *f = *state;
	int gone = -1;

	land_old(f);
	f->now = T0 + 4000 * DAY;
	ok(store_retain_slice(f->rw, 600 * DAY, 10, &gone));
	assert_int_equal(gone, 0);
	assert_int_equal(live_tickets(f), 7);
}

static void retention_leaves_no_text(void **state)
{
	struct fix *f = *state;
	int64_t left;
	int gone;

	land_old(f);
	ok(store_retain_slice(f->rw, 100 * DAY, 10, &gone));
	assert_int_equal(gone, 5);
	ok(db_int(&f->ro->db, &left,
		"SELECT count(*) FROM message WHERE text IS NOT NULL", ""));
	assert_int_equal(left, 1); /* of the open one */
	ok(db_int(&f->ro->db, &left,
		"SELECT count(*) FROM fts_message WHERE fts_message MATCH "
		"'zwetschgendatschi'",
		""));
	assert_int_equal(left, 1);
	ok(store_check(f->ro));
}

/* --- what readers leave -----------------------------------------------------
 */

static void copy_file(const char *from, const char *to)
{
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	int c;

	assert_non_null(in);
	assert_non_null(out);
	while ((c = getc(in)) != EOF)
		putc(c, out);
	fclose(in);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chmod(to, 0600), 0);
}

/* -1: not there */
static long size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (long)st.st_size : -1;
}

static void see_connector(const struct store_opts *o, const char *name)
{
	struct store_ro *ro;
	int id;

	ok(store_open_ro(o, &ro));
	ok(store_connector_id(ro, name, &id));
	store_close_ro(ro);
}

static void readers_put_away_what_a_dead_writer_left(void **state)
{
	struct fix *f = *state;
	char *copy = xasprintf("%s2", f->path);
	char *copy_wal = xasprintf("%s2-wal", f->path);
	char *wal = xasprintf("%s-wal", f->path);
	struct store_opts o = {.path = copy, .clock = &f->clock};
	struct store_rw *rw;
	struct store_ro *ro;
	int id;

	/* as if it had died here: all there is, is in the log */
	assert_true(size_of(wal) > 0);
	copy_file(f->path, copy);
	copy_file(wal, copy_wal);
	see_connector(&o, "rt");
	assert_int_equal(size_of(copy_wal), -1);
	/* nothing to put away: left for the next one */
	see_connector(&o, "rt");
	assert_int_equal(size_of(copy_wal), 0);
	see_connector(&o, "rt");
	/* what is written beside a reader that ends last is not lost */
	ok(store_open_ro(&o, &ro));
	ok(store_open_rw(&o, &rw));
	ok(store_connector(rw, "desk", "rt5", &id));
	store_close_rw(rw);
	store_close_ro(ro);
	see_connector(&o, "desk");
	assert_int_equal(size_of(copy_wal), -1);
	see_connector(&o, "desk");
	/* and a writer that ends last leaves nothing */
	ok(store_open_rw(&o, &rw));
	store_close_rw(rw);
	assert_int_equal(size_of(copy_wal), -1);
	free(copy);
	free(copy_wal);
	free(wal);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fix_setup, fix_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(readers_put_away_what_a_dead_writer_left),
		T(every_field_is_a_column_of_its_type),
		T(every_search_field_is_indexed),
		T(one_sender_many_writers),
		T(readers_cannot_write_and_see_new_data),
		T(what_is_held_is_of_one_moment),
		T(what_is_held_is_read_once),
		T(none_is_quickly_said),
		T(what_was_held_is_known_until_a_write),
		T(of_what_was_held_the_oldest_goes),
		T(no_cache_yet_is_said),
		T(wrong_files_are_left_alone),
		T(open_directory_is_refused),
		T(drafts_are_kept),
		T(drafts_are_listed_newest_first),
		T(log_is_bounded),
		cmocka_unit_test(sha256_vectors),
		T(audit_shows_tampering),
		T(stats_count),
		T(backup_opens_as_a_cache),
		T(check_finds_a_wrong_index),
		T(salvage_of_a_sound_file_is_complete),
		T(salvage_steps_over_damage),
		T(salvage_reads_an_older_version),
		T(salvage_gives_no_id_to_another_ticket),
		T(salvage_gives_no_number_to_another_backend),
		T(salvage_says_what_will_never_leave),
		T(salvage_reads_drafts_from_both_ends),
		T(unclean_end_of_a_damaged_file_is_noticed),
		T(an_operation_that_would_never_leave_is_noticed),
		T(old_matters_leave_the_cache),
		T(a_clock_ahead_empties_nothing),
		T(retention_leaves_no_text),
		T(erased_is_erased_from_every_byte),
		T(erasing_waits_for_open_operations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
