/* SPDX-License-Identifier: MIT */
/*
 * What the files of the store share: the connection with its prepared
 * statements, rows in memory, and the steps that several transactions are made
 * of. Nothing above the store includes this.
 */
#ifndef GALLEY_STORE_PRIV_H
#define GALLEY_STORE_PRIV_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>
#include "galley/base/arena.h"
#include "galley/base/buf.h"
#include "galley/store/store.h"

#define APPLICATION_ID 0x47616c79 /* "Galy" */
#define SCHEMA_LAST    5

/* --- db.c: one connection ------------------------------------------------- */

#define DB_STMTS 192

struct db_stmt {
	char *sql;
	uint64_t hash;
	uint64_t used;
	sqlite3_stmt *st;
	int busy;
};

enum row_sql {
	SQL_INSERT,
	SQL_UPDATE,
	SQL_BY_ID,
	SQL_BY_RID,
	SQL_COLUMNS,
	ROW_SQLS
};

struct db {
	sqlite3 *h;
	char *path;
	const char *vfs; /* or NULL */
	const struct clock *clock;
	struct db_stmt stmts[DB_STMTS];
	uint64_t tick;
	char *row_sql[ENT_COUNT][ROW_SQLS]; /* made when first asked for */
	int tx; /* depth of reading transactions */
	int held;
	struct memos *memos;
};

struct store_ro {
	struct db db;
};

/* memo.c: 1, and the answer to the same question, for at most `limit` rows (0:
 * all). `of`: the entity, or the field of the children. */
enum memo_kind {
	MEMO_ROW,
	MEMO_CHILDREN,
	MEMO_THREAD,
	MEMO_FILES,
	MEMO_NAME,    /* text, or NULL */
	MEMO_ALIAS,   /* the id it leads to */
	MEMO_WAITING, /* whether any operation is open */
	MEMO_NEWEST_IN,
};
int memo_find(struct db *d, enum memo_kind kind, int of, int64_t id, int limit,
	struct rows *out);
int memo_find_text(struct db *d, enum memo_kind kind, int of, int64_t id,
	struct arena *a, const char **text);
int memo_find_number(
	struct db *d, enum memo_kind kind, int of, int64_t id, int64_t *number);
/* While the reader is held, else nothing. `rows` become rows over the kept ones. */
void memo_keep(struct db *d, enum memo_kind kind, int of, int64_t id, int limit,
	struct rows *rows);
void memo_keep_text(struct db *d, enum memo_kind kind, int of, int64_t id,
	const char *text);
void memo_keep_number(
	struct db *d, enum memo_kind kind, int of, int64_t id, int64_t number);
void memo_forget(struct db *d);

/* The error that a result code means, with its message. */
int db_err(struct db *d, const char *what) MUST_CHECK;
int db_err_code(int sqlite_rc, sqlite3 *h, const char *path,
	const char *what) MUST_CHECK;

/* Binding formats, one letter an argument: i int64_t, d int, t const char * or
 * NULL (borrowed until db_end), s const char * and size_t. */
int db_query(struct db *d, sqlite3_stmt **out, const char *sql, const char *fmt,
	...) MUST_CHECK;
int db_prepare(struct db *d, const char *sql, sqlite3_stmt **out) MUST_CHECK;
/* Whether a statement has been compiled. All columns of a row cost as much to
 * compile as to read a thousand times: until then it is asked with a small one
 * whether there is any. */
int db_compiled(const struct db *d, const char *sql);
/* 1 a row, 0 the end, or an error. */
int db_step(struct db *d, sqlite3_stmt *st) MUST_CHECK;
void db_end(struct db *d, sqlite3_stmt *st);
/* Runs to the end; how many rows changed, or an error. */
int db_run(struct db *d, const char *sql, const char *fmt, ...) MUST_CHECK;
/* The first column of the first row: 1, 0 when there is no row, or an error. */
int db_int(struct db *d, int64_t *out, const char *sql, const char *fmt,
	...) MUST_CHECK;
int db_text(struct db *d, struct arena *a, const char **out, const char *sql,
	const char *fmt, ...) MUST_CHECK;
/* A check by SQLite: "PRAGMA quick_check(1)"; damage is E_DB and says so. */
int db_check(struct db *d, const char *pragma) MUST_CHECK;
/* Several statements without parameters. */
int db_exec(struct db *d, const char *sql) MUST_CHECK;
void db_fini_stmts(struct db *d);
int64_t db_now(const struct db *d);

const char *col_text(sqlite3_stmt *st, int i);		       /* borrowed */
const char *col_dup(struct arena *a, sqlite3_stmt *st, int i); /* or NULL */
/* "" for NULL: a damaged file has NULL where the schema forbids it. */
const char *col_str(sqlite3_stmt *st, int i);
const char *col_dup_str(struct arena *a, sqlite3_stmt *st, int i);

/* An array of what a query gives: room for element `n`, then all of them into
 * the arena (one more than n, so never NULL). */
void *list_room(void *v, int n, int *cap, size_t size);
void *list_keep(struct arena *a, void *v, int n, size_t size);

/* A snapshot for functions that read with several statements. Nests. */
int db_read_begin(struct db *d) MUST_CHECK;
void db_read_end(struct db *d);

/* --- writer --------------------------------------------------------------- */

/* Remote ids seen lately with their local ids; a slot is overwritten when
 * another id falls on it, so it never grows. */
#define ID_SLOTS 16384
#define ID_BYTES 40
struct id_slot {
	int64_t id;
	int16_t connector;
	int8_t entity;
	uint8_t len;
	char rid[ID_BYTES];
};

struct store_rw {
	struct store_ro ro; /* first: store_reader() */
	struct rnd *rnd;
	struct rnd own_rnd;
	struct store_lock lock;
	int in_tx;
	struct id_slot *ids;
	int64_t now; /* of the running transaction */
	int erased;  /* -1 unknown, else whether anything was erased */
	int soft; /* the running transaction need not be on the disk yet */
	int sync_normal; /* all of them */
	void (*breath)(void *u);
	void *breath_user;
};

static inline struct db *rw_db(struct store_rw *rw)
{
	return &rw->ro.db;
}

int tx_begin(struct store_rw *rw) MUST_CHECK;
/* For what can be had again: whole or not at all as any transaction, but a
 * power failure may take the last ones back. Not while operations are open. */
int tx_begin_soft(struct store_rw *rw) MUST_CHECK;
/* rc < 0 rolls back and gives rc; else COMMIT, whose error wins. */
int tx_end(struct store_rw *rw, int rc) MUST_CHECK;

/* --- schema.c ------------------------------------------------------------- */

int schema_open(struct store_rw *rw, const char *path) MUST_CHECK;
/* E_CONFIG when the file's schema is not ours. */
int db_schema_check(struct db *d) MUST_CHECK;
int schema_backup_name(const char *path, int version, char **out) MUST_CHECK;

/* --- open.c --------------------------------------------------------------- */

/* Opens and hardens a connection; no schema, no lock. */
int conn_open(
	struct db *d, const char *path, int flags, const char *vfs) MUST_CHECK;
void conn_close(struct db *d);

/* --- row.c: rows and records ---------------------------------------------- */

enum row_state { ROW_LIVE, ROW_STUB, ROW_GONE, ROW_ALIAS };

/* A row as it is in its table. Values are NULL, INT or TEXT; references are
 * local ids. */
struct img {
	int64_t id, alias_of, seen, gen;
	int connector, state;
	const char *rid, *version, *x;
	struct val v[ENTITY_MAX_FIELDS];
};


/* Columns before the fields in every SELECT of a whole row. */
enum {
	C_ID,
	C_CONNECTOR,
	C_RID,
	C_VERSION,
	C_STATE,
	C_ALIAS,
	C_SEEN,
	C_GEN,
	C_X,
	C_FIELDS
};

/* "t.id, t.connector, ..." in that order. */
void row_columns(struct db *d, struct buf *b, enum entity e);
const char *row_state_name(int state);
void img_read(
	sqlite3_stmt *st, enum entity e, struct arena *a, struct img *out);
/* 1 found, 0 none, or an error. */
int img_by_id(struct db *d, enum entity e, int64_t id, struct arena *a,
	struct img *out) MUST_CHECK;
int img_by_rid(struct db *d, enum entity e, int connector, const char *rid,
	struct arena *a, struct img *out) MUST_CHECK;
/* 1 inserted (im->id is set), 0 that rid is there already. */
int img_insert(struct store_rw *rw, enum entity e, struct img *im) MUST_CHECK;
/* Writes `now` over `old`; moves the full text along. */
int img_update(struct store_rw *rw, enum entity e, const struct img *old,
	const struct img *now) MUST_CHECK;
int val_same(const struct val *a, const struct val *b);
struct val val_text(const char *s);
struct val val_int(int64_t i);
static inline struct val *img_val(struct img *im, enum field_id f)
{
	return &im->v[field_index(f)];
}
/* NULL unless it is text. */
static inline const char *img_str(const struct img *im, enum field_id f)
{
	const struct val *v = &im->v[field_index(f)];

	return v->kind == VAL_TEXT ? v->s : NULL;
}
/* 0 unless it is a number. */
static inline int64_t img_int(const struct img *im, enum field_id f)
{
	const struct val *v = &im->v[field_index(f)];

	return v->kind == VAL_INT ? v->i : 0;
}

/* Values as a JSON object, references as local ids; and back over `im`. */
void img_to_doc(const struct img *im, enum entity e, struct buf *out);
int img_from_doc(struct img *im, enum entity e, const char *doc,
	struct arena *a) MUST_CHECK;

/* --- read.c --------------------------------------------------------------- */

/* An empty result, and one more row from a statement that selects
 * row_columns(). */
void rows_init(struct rows *r, enum entity e);
struct row *rows_add(struct rows *r, sqlite3_stmt *st);
/* Names of references and counts of open operations, for rows from `from` on.
 */
int rows_finish(struct db *d, struct rows *r, int from) MUST_CHECK;
/* What people call a row: name, number or subject. 1, 0, error. */
int row_display(struct db *d, enum entity e, int64_t id, struct arena *a,
	const char **out) MUST_CHECK;
/* The end of a chain of aliases. */
int row_follow(struct db *d, enum entity e, int64_t *id) MUST_CHECK;

/* --- ids.c ---------------------------------------------------------------- */

int id_cached(struct store_rw *rw, enum entity e, int connector,
	const char *rid, size_t len, int64_t *out);
void id_cache(struct store_rw *rw, enum entity e, int connector,
	const char *rid, size_t len, int64_t id);
void ids_forget(struct store_rw *rw);
/* Local id of a remote one; makes a stub when there is no row. */
int id_of(struct store_rw *rw, enum entity e, int connector, const char *rid,
	int64_t *out) MUST_CHECK;
/* A person's word for a row: rid, login or name. 1 found, 0 none. */
int id_by_word(struct db *d, enum entity e, int connector, const char *word,
	int64_t *out) MUST_CHECK;
char *identity_normal(struct arena *a, const char *type, const char *value);

/* --- page.c --------------------------------------------------------------- */

struct page_ctx {
	struct store_rw *rw;
	const struct store_page *p;
	struct store_page_result *res;
	struct arena *a; /* reset for each record */
	/* is there any? asked once a page, they are rare */
	int ops_open, shadows, pending, aside;
	int lost; /* a record could not be used, it may be of a thread */
	/* whose customers are in `customers` */
	enum entity thread_e;
	int64_t thread_id;
	int thread_live;
	struct buf customers;
};

int touch_put(struct store_rw *rw, int connector, const char *stream,
	const char *key, const char *version, int urgent) MUST_CHECK;

/* --- quarantine.c: within the transaction of a page ------------------------ */

struct store_aside;
int aside_put(struct store_rw *rw, int connector, const char *stream,
	const struct store_aside *x) MUST_CHECK;
int aside_drop(struct store_rw *rw, int connector, const char *stream,
	const char *key) MUST_CHECK;

/* --- fate.c: what becomes of rows ----------------------------------------- */

int mark_gone(
	struct store_rw *rw, enum entity e, int64_t id, int64_t at) MUST_CHECK;
/* The row lives on as `to`: what refers to it moves there. */
int mark_alias(struct store_rw *rw, enum entity e, int64_t id, int64_t to,
	int64_t at) MUST_CHECK;
/* A row that was never at the backend is emptied and goes out of sight. */
int row_blank(struct store_rw *rw, enum entity e, int64_t id) MUST_CHECK;
int was_erased(struct store_rw *rw, enum entity e, int connector,
	const char *rid) MUST_CHECK;
int erase_note(struct store_rw *rw, enum entity e, int connector,
	const char *rid) MUST_CHECK;

/* --- bind.c: remote rows and the operations that made them ---------------- */

/* A message of the page that may be the effect of an operation: its pending
 * row gets the rid. 1 when there was one (then *id is the row). */
int bind_message(struct page_ctx *c, const struct rec *rec, struct img *in,
	int64_t *id) MUST_CHECK;
/* After a row landed: operations whose effect it shows are done. */
int bind_row(
	struct page_ctx *c, enum entity e, const struct img *base) MUST_CHECK;
/* The pending row of an operation takes the remote id of its effect. */
int bind_pending(struct store_rw *rw, const char *uid, int connector,
	const char *rid) MUST_CHECK;
/* The row of a CREATE takes the remote id that the backend gave. */
int bind_created(struct store_rw *rw, enum entity e, int64_t id, int connector,
	const char *rid) MUST_CHECK;
/* Rows came into a thread: among them may be the echo of what waits for it. */
int bind_joined(struct store_rw *rw, enum entity e, int64_t thread) MUST_CHECK;
/* Same text but for blanks. */
int text_same(const char *a, const char *b);
/* Direction of messages that came before their ticket. */
int message_dirs(struct store_rw *rw, enum entity e, int64_t id,
	const char *customers) MUST_CHECK;
/* "in" or "out" of what `author` wrote. */
const char *dir_of(const char *customers, const char *author);
/* {"customers"} and the customer's own id, as text to search in; *live. */
int thread_customers(struct db *d, enum entity e, int64_t id, struct buf *out,
	int *live) MUST_CHECK;

/* --- overlay.c ------------------------------------------------------------ */

/* Makes the row = shadow + open operations, or drops the shadow with the last
 * of them. */
int overlay_apply(struct store_rw *rw, enum entity e, int64_t id) MUST_CHECK;
/* Keeps what the server showed, before the first operation changes the row. */
int shadow_ensure(struct store_rw *rw, enum entity e, int64_t id) MUST_CHECK;
int shadow_write(struct store_rw *rw, enum entity e, const struct img *base,
	int64_t at) MUST_CHECK;
/* Puts the server's values over im->v: 1, 0 when there is no shadow. */
int shadow_read(struct db *d, enum entity e, int64_t id, struct arena *a,
	struct img *im, int64_t *at) MUST_CHECK;
struct op_row;
/* The server said yes after the shadow was read: put the effect there. */
int shadow_fold(struct store_rw *rw, const struct op_row *r) MUST_CHECK;
/* Applies one operation to values; how many names it has that are not here. */
int op_apply(struct db *d, const struct op_row *r, struct arena *a,
	struct img *im) MUST_CHECK;
/* Does `base` show what the operation sets? */
int op_shown(struct db *d, const struct op_row *r, struct arena *a,
	const struct img *base) MUST_CHECK;

/* --- values.c ------------------------------------------------------------- */

/* As people see the row, pending operations included. */
int seen_values(struct db *d, enum entity e, int64_t id, struct arena *a,
	const char **json) MUST_CHECK;

/* --- outbox.c, outcome.c -------------------------------------------------- */

struct op_row {
	struct op op;
	int connector;
	enum entity entity;
	const char *me;
};
#define OP_COLUMNS                                                                       \
	"o.uid, o.seq, ifnull(c.name, ''), o.kind, o.entity, o.target, o.args, o.base, " \
	"o.base_version, o.seen, o.state, o.reason, o.error, o.evidence, "               \
	"o.how, o.result_rid, o.marker, o.baseline, o.attempt, o.confirmed, "            \
	"o.created, o.not_before, o.first_armed, o.armed, o.settle_until, "              \
	"o.expires, o.updated, o.later, o.connector, o.me "
/* LEFT: no damage elsewhere may hide an operation. */
#define OP_FROM "FROM op o LEFT JOIN connector c ON c.id = o.connector "
int op_read(struct db *d, sqlite3_stmt *st, struct arena *a,
	struct op_row *out) MUST_CHECK;
/* By its whole uid: 1, 0, error. */
int op_row_get(struct db *d, const char *uid, struct arena *a,
	struct op_row *out) MUST_CHECK;
/* Open operations on a row, by seq. */
int ops_of_row(struct db *d, enum entity e, int64_t target, struct arena *a,
	struct op_row **out, int *n) MUST_CHECK;
/* The one place where an operation changes its state (but for arming): row,
 * attempt, overlay, pending message, audit. */
int op_move(struct store_rw *rw, const struct op_row *r,
	const struct store_outcome *o, const char *who) MUST_CHECK;
/* The text that would be lost goes back to a draft "op:<uid>". */
int op_text_to_draft(struct store_rw *rw, const struct op *op) MUST_CHECK;
int op_boot(struct store_rw *rw) MUST_CHECK;

/* --- mark.c --------------------------------------------------------------- */

/* What came of an article in a case, said by an operation: our own row. */
struct json;
int verdict_of_op(struct store_rw *rw, const struct store_enqueue *e,
	const char *uid, int64_t article, const struct json *args) MUST_CHECK;
/* That operation is taken back: what was said before holds again. */
int verdict_undo(
	struct store_rw *rw, const char *uid, int64_t article) MUST_CHECK;
int outdated_of_op(struct store_rw *rw, const struct store_enqueue *e,
	int64_t article, const struct json *args) MUST_CHECK;
int outdated_undo(struct store_rw *rw, int64_t article) MUST_CHECK;
int mark_list(struct db *d, enum entity e, int64_t id, const char *kind,
	int64_t now_ms, struct arena *a, struct store_mark **out,
	int *n) MUST_CHECK;

/* --- fts.c, tokenizer.c, html.c ------------------------------------------- */

int tokenizer_register(sqlite3 *h) MUST_CHECK;
int functions_register(sqlite3 *h) MUST_CHECK;
int has_fts(enum entity e);
int fts_added(
	struct store_rw *rw, enum entity e, const struct img *im) MUST_CHECK;
int fts_changed(struct store_rw *rw, enum entity e, const struct img *old,
	const struct img *now) MUST_CHECK;
int fts_optimize(struct store_rw *rw) MUST_CHECK;
int fts_check(struct db *d) MUST_CHECK;
void html_to_text(struct buf *out, const char *s, size_t len);
/* Digits of `needle` in `hay`, with at most the marks of phone numbers
 * between them. */
int phone_contains(const char *hay, size_t len, const char *digits);

/* --- audit.c, sha256.c ---------------------------------------------------- */

int audit_add(struct store_rw *rw, const char *who, const char *what,
	const char *object, const char *detail) MUST_CHECK;
/* Hex of the salted hash of a text, so that logs can name content. */
int salted_hash(struct db *d, const char *s, char out[65]) MUST_CHECK;
int log_add(struct store_rw *rw, int level, int connector, const char *stream,
	const char *text) MUST_CHECK;
int draft_put(
	struct store_rw *rw, const char *key, const char *text) MUST_CHECK;

struct sha256 {
	uint32_t h[8];
	uint64_t len_bytes;
	unsigned char block[64];
};
void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *p, size_t len);
void sha256_hex(struct sha256 *s, char out[65]);

#endif
