/* SPDX-License-Identifier: MIT */
/*
 * Remote rows and the operations that made them: a pending message and the one
 * the backend shows are one row, whichever came first; an operation whose
 * effect a page shows is done. And the direction of messages, which depends on
 * who the customers of the ticket are.
 */
#include "store_priv.h"

#include <ctype.h>
#include <string.h>

#include "galley/base/json.h"
#include "galley/base/mem.h"

/* --- direction ------------------------------------------------------------ */

const char *dir_of(const char *customers, const char *author)
{
	struct buf quoted = BUF_INIT;
	struct jw w;
	int in;

	if (!author)
		return "out";
	jw_init(&w, &quoted);
	jw_str(&w, author);
	in = strstr(customers, buf_str(&quoted)) != NULL;
	buf_fini(&quoted);
	return in ? "in" : "out";
}

int thread_customers(
	struct db *d, enum entity e, int64_t id, struct buf *out, int *live)
{
	sqlite3_stmt *st;
	struct jw w;
	int rc;

	buf_reset(out);
	*live = 0;
	rc = db_query(d, &st,
		e == ENT_TICKET
			? "SELECT t.state, c.rid, t.customers FROM ticket t "
			  "LEFT JOIN customer c ON c.id = t.customer "
			  "WHERE t.id = ?"
			: "SELECT t.state, c.rid, NULL FROM conversation t "
			  "LEFT JOIN customer c ON c.id = t.customer "
			  "WHERE t.id = ?",
		"i", id);
	if (rc < 0)
		return rc;
	rc = db_step(d, st);
	if (rc > 0) {
		*live = sqlite3_column_int(st, 0) == ROW_LIVE;
		jw_init(&w, out);
		if (col_text(st, 1))
			jw_str(&w, col_text(st, 1));
		if (col_text(st, 2))
			buf_adds(out, col_text(st, 2));
	}
	db_end(d, st);
	return rc < 0 ? rc : 0;
}

int message_dirs(
	struct store_rw *rw, enum entity e, int64_t id, const char *customers)
{
	struct db *d = rw_db(rw);
	sqlite3_stmt *st;
	int rc = db_query(d, &st,
		e == ENT_TICKET
			? "SELECT id, author FROM message WHERE ticket = ? "
			  "AND dir IS NULL AND kind IN ('created', 'reply')"
			: "SELECT id, author FROM message "
			  "WHERE conversation = ? AND dir IS NULL "
			  "AND kind IN ('created', 'reply')",
		"i", id);

	if (rc < 0)
		return rc;
	while ((rc = db_step(d, st)) > 0) {
		rc = db_run(d, "UPDATE message SET dir = ? WHERE id = ?", "ti",
			dir_of(customers, col_text(st, 1)),
			sqlite3_column_int64(st, 0));
		if (rc < 0)
			break;
	}
	db_end(d, st);
	return rc < 0 ? rc : 0;
}

/* --- texts ---------------------------------------------------------------- */

static const unsigned char *skip_blank(const unsigned char *s)
{
	while (*s && isspace(*s))
		s++;
	return s;
}

int text_same(const char *a, const char *b)
{
	const unsigned char *p, *q;

	if (!a || !b)
		return a == b;
	p = skip_blank((const unsigned char *)a);
	q = skip_blank((const unsigned char *)b);
	while (*p && *q) {
		int blank = isspace(*p) != 0;

		if (blank != (isspace(*q) != 0) || (!blank && *p != *q))
			break;
		p = blank ? skip_blank(p) : p + 1;
		q = blank ? skip_blank(q) : q + 1;
	}
	return !*skip_blank(p) && !*skip_blank(q);
}

/* --- messages ------------------------------------------------------------- */

static int set_rid(struct store_rw *rw, int64_t id, const char *rid)
{
	int rc = db_run(rw_db(rw), "UPDATE message SET rid = ? WHERE id = ?",
		"ti", rid, id);

	return rc < 0 ? rc : 0;
}

/* The pending row of an operation: 1 when it still has no remote id. */
static int pending_row(struct db *d, const char *uid, int64_t *id)
{
	return db_int(d, id,
		"SELECT id FROM message WHERE op = ? AND rid IS NULL "
		"AND state = 0",
		"t", uid);
}

static int op_by_marker(struct db *d, int connector, const char *marker,
	struct arena *a, const char **uid)
{
	int rc = db_text(d, a, uid,
		"SELECT uid FROM op WHERE uid = ?2 AND connector = ?1 "
		"AND attempt > 0",
		"dt", connector, marker);

	if (rc != 0)
		return rc;
	return db_text(d, a, uid,
		"SELECT uid FROM op WHERE marker = ?2 AND connector = ?1 "
		"AND open = 1 AND attempt > 0",
		"dt", connector, marker);
}

static int op_by_result(struct db *d, int connector, const char *rid,
	struct arena *a, const char **uid)
{
	return db_text(d, a, uid,
		"SELECT uid FROM op WHERE result_rid = ?2 AND connector = ?1 "
		"AND open = 1 AND kind NOT IN ('ticket.create')",
		"dt", connector, rid);
}

/* Operations that are done but were never tied to a remote row (a person said
 * so, or the backend gives no id): the same words close the gap. The first
 * message of a ticket that we made needs no words. */
static int same_words(struct db *d, const struct img *in, int64_t *id)
{
	struct img im = *in;
	const char *kind = img_str(&im, FID_MESSAGE_KIND);
	sqlite3_stmt *st;
	int rc;

	if (!kind)
		return 0;
	rc = db_query(d, &st,
		"SELECT m.id, m.text, m.kind, o.open FROM message m "
		"JOIN op o ON o.uid = m.op WHERE m.rid IS NULL "
		"AND m.state = 0 AND m.ticket IS ?1 AND m.conversation IS ?2 "
		"AND (o.open = 0 OR m.kind = 'created') AND m.kind = ?3",
		"iit", img_int(&im, FID_MESSAGE_TICKET),
		img_int(&im, FID_MESSAGE_CONVERSATION), kind);
	if (rc < 0)
		return rc;
	if (img_val(&im, FID_MESSAGE_TICKET)->kind != VAL_INT)
		sqlite3_bind_null(st, 1);
	if (img_val(&im, FID_MESSAGE_CONVERSATION)->kind != VAL_INT)
		sqlite3_bind_null(st, 2);
	while ((rc = db_step(d, st)) > 0) {
		*id = sqlite3_column_int64(st, 0);
		if (strcmp(kind, "created") == 0 ||
			text_same(col_text(st, 1),
				img_str(&im, FID_MESSAGE_TEXT)))
			break;
	}
	db_end(d, st);
	return rc;
}

/* The echo of a pending row is here as a row of its own: that one stays, it has
 * the thread's order, and the pending one goes. 0 when the echo is another
 * operation's. */
static int join(struct store_rw *rw, int64_t pending, int64_t echo)
{
	int rc = db_run(rw_db(rw),
		"UPDATE message SET op = (SELECT op FROM message WHERE id = ?1) "
		"WHERE id = ?2 AND op IS NULL",
		"ii", pending, echo);

	if (rc <= 0)
		return rc;
	rc = row_blank(rw, ENT_MESSAGE, pending);
	return rc < 0 ? rc : 1;
}

/* A row that is here already turns out to be the first message of a ticket
 * that we made: the pending one goes. Always 1 or an error. */
static int join_pending(struct page_ctx *c, const struct img *in, int64_t there)
{
	const char *kind = img_str(in, FID_MESSAGE_KIND);
	int64_t pending;
	int rc;

	if (!kind || strcmp(kind, "created") != 0)
		return 1;
	rc = same_words(rw_db(c->rw), in, &pending);
	if (rc > 0)
		rc = join(c->rw, pending, there);
	return rc < 0 ? rc : 1;
}

/* One pair of a thread that may be a pending row and its echo. */
static int next_pair(struct db *d, enum entity e, int64_t thread, int64_t after,
	int64_t *pending, int64_t *echo)
{
	sqlite3_stmt *st;
	int rc;

	rc = db_query(d, &st,
		e == ENT_TICKET
			? "SELECT p.id, m.id, p.text, m.text FROM message p "
			  "JOIN op o ON o.uid = p.op AND o.open = 0 "
			  "JOIN message m ON m.ticket = p.ticket "
			  "AND m.kind = p.kind AND m.id > p.id "
			  "WHERE p.ticket = ?1 AND p.rid IS NULL "
			  "AND p.state = 0 AND p.id > ?2 AND m.state = 0 "
			  "AND m.rid IS NOT NULL AND m.op IS NULL "
			  "AND (m.author IS NULL OR p.author IS NULL "
			  "OR m.author = p.author) ORDER BY p.id, m.id"
			: "SELECT p.id, m.id, p.text, m.text FROM message p "
			  "JOIN op o ON o.uid = p.op AND o.open = 0 "
			  "JOIN message m ON m.conversation = p.conversation "
			  "AND m.kind = p.kind AND m.id > p.id "
			  "WHERE p.conversation = ?1 AND p.rid IS NULL "
			  "AND p.state = 0 AND p.id > ?2 AND m.state = 0 "
			  "AND m.rid IS NOT NULL AND m.op IS NULL "
			  "AND (m.author IS NULL OR p.author IS NULL "
			  "OR m.author = p.author) ORDER BY p.id, m.id",
		"ii", thread, after);
	if (rc < 0)
		return rc;
	while ((rc = db_step(d, st)) > 0)
		if (text_same(col_text(st, 2), col_text(st, 3))) {
			*pending = sqlite3_column_int64(st, 0);
			*echo = sqlite3_column_int64(st, 1);
			break;
		}
	db_end(d, st);
	return rc;
}

int bind_joined(struct store_rw *rw, enum entity e, int64_t thread)
{
	int64_t pending = 0, echo = 0;
	int rc;

	if (e != ENT_TICKET && e != ENT_CONVERSATION)
		return 0;
	while ((rc = next_pair(
			rw_db(rw), e, thread, pending, &pending, &echo)) > 0) {
		rc = join(rw, pending, echo);
		if (rc < 0)
			break;
	}
	return rc < 0 ? rc : 0;
}

int bind_message(
	struct page_ctx *c, const struct rec *rec, struct img *in, int64_t *id)
{
	struct db *d = rw_db(c->rw);
	const char *marker = img_str(in, FID_MESSAGE_OP), *uid = NULL;
	int64_t there;
	int rc;

	/* it came before: the row knows its operation, unless only its text
	 * came and nobody could tell whose it was */
	rc = db_int(d, &there,
		"SELECT id FROM message WHERE connector = ? AND rid = ?", "dt",
		c->p->connector, rec->rid);
	if (rc > 0)
		rc = join_pending(c, in, there);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (marker)
		rc = op_by_marker(d, c->p->connector, marker, c->a, &uid);
	if (rc == 0)
		rc = op_by_result(d, c->p->connector, rec->rid, c->a, &uid);
	if (rc > 0) {
		*img_val(in, FID_MESSAGE_OP) = val_text(uid);
		rc = pending_row(d, uid, id);
	} else if (rc == 0) {
		rc = same_words(d, in, id);
	}
	if (rc <= 0) {
		*id = 0;
		return rc;
	}
	rc = set_rid(c->rw, *id, rec->rid);
	return rc < 0 ? rc : 1;
}

int bind_pending(
	struct store_rw *rw, const char *uid, int connector, const char *rid)
{
	struct db *d = rw_db(rw);
	int64_t pending, there;
	int rc = pending_row(d, uid, &pending);

	if (rc <= 0)
		return rc;
	rc = db_int(d, &there,
		"SELECT id FROM message WHERE connector = ? AND rid = ?", "dt",
		connector, rid);
	if (rc == 0)
		return set_rid(rw, pending, rid);
	if (rc < 0)
		return rc;
	/* the pull was faster: its row stays, it has the thread's order */
	rc = row_blank(rw, ENT_MESSAGE, pending);
	if (rc >= 0)
		rc = db_run(d, "UPDATE message SET op = ? WHERE id = ?", "ti",
			uid, there);
	return rc < 0 ? rc : 0;
}

int bind_created(struct store_rw *rw, enum entity e, int64_t id, int connector,
	const char *rid)
{
	struct db *d = rw_db(rw);
	struct buf sql = BUF_INIT;
	int64_t there = 0;
	int rc;

	buf_addf(&sql, "SELECT id FROM %s WHERE connector = ? AND rid = ?",
		entity_desc(e)->name);
	rc = db_int(d, &there, buf_str(&sql), "dt", connector, rid);
	buf_reset(&sql);
	if (rc > 0 && there != id) {
		rc = mark_alias(rw, e, id, there, rw->now);
	} else if (rc == 0) {
		buf_addf(&sql, "UPDATE %s SET rid = ? WHERE id = ?",
			entity_desc(e)->name);
		rc = db_run(d, buf_str(&sql), "ti", rid, id);
	}
	buf_fini(&sql);
	return rc < 0 ? rc : 0;
}

/* --- done by what was pulled ---------------------------------------------- */

static int op_seen_done(struct page_ctx *c, const struct op_row *r,
	const char *rid, const char *how)
{
	struct store_outcome o = {
		.state = OPS_DONE, .how = how, .result_rid = rid};
	int rc = op_move(c->rw, r, &o, NULL);

	if (rc < 0)
		return rc;
	c->res->ops_done++;
	return 0;
}

static int bind_echo(struct page_ctx *c, const struct img *base)
{
	const char *uid = img_str(base, FID_MESSAGE_OP);
	struct op_row r;
	int rc;

	if (!uid)
		return 0;
	rc = op_row_get(rw_db(c->rw), uid, c->a, &r);
	if (rc <= 0 || !op_open(r.op.state) || r.op.attempt == 0)
		return rc < 0 ? rc : 0;
	return op_seen_done(c, &r, base->rid,
		r.op.state == OPS_SENT ? "read back" : "found on server");
}

static int shows(
	struct page_ctx *c, const struct op_row *r, const struct img *base)
{
	enum op_class cls = op_desc(r->op.kind)->cls;

	if (r->op.state != OPS_SENT)
		return 0;
	if (cls == OPC_CREATE)
		return base->rid != NULL;
	if (cls != OPC_SCALAR && cls != OPC_SET)
		return 0;
	return op_shown(rw_db(c->rw), r, c->a, base);
}

int bind_row(struct page_ctx *c, enum entity e, const struct img *base)
{
	struct op_row *ops;
	int n, i, rc;

	if (e == ENT_MESSAGE)
		return bind_echo(c, base);
	rc = ops_of_row(rw_db(c->rw), e, base->id, c->a, &ops, &n);
	for (i = 0; i < n && rc >= 0; i++) {
		rc = shows(c, &ops[i], base);
		if (rc > 0)
			rc = op_seen_done(c, &ops[i],
				op_desc(ops[i].op.kind)->cls == OPC_CREATE
					? base->rid
					: NULL,
				"read back");
	}
	return rc < 0 ? rc : 0;
}
