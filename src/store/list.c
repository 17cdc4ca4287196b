/* SPDX-License-Identifier: MIT */
/*
 * Lists by key, never by offset. A page is the first `limit` keys (sort value,
 * id) behind the last one shown; the rows are read afterwards. Where one index
 * walk would have to pass over most of a big table, the list is several walks
 * (one for each queue and status, or owner and phase) that are merged.
 */
#include "query_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/i18n.h"
#include "galley/base/json.h"
#include "galley/base/mem.h"

#define CONDS_MAX    64
#define BRANCHES_MAX 64
#define SKIP_MAX     10000 /* more than that is not asked for its own sake */

/* A place in the order: rows without a sort value come last. */
struct key {
	struct val v;
	int64_t id;
};

struct keys {
	struct key *v;
	int n, cap;
};

/* One walk: up to two columns with one value each. */
struct branch {
	struct val a, b;
};

struct plan {
	struct gen g;
	const struct query *q;
	const struct query_node *conds[CONDS_MAX];
	int n_conds;
	const char *sort; /* column, NULL: by id */
	int desc;
	int limit;
	struct key after;
	int has_after;
	/* merged walks */
	const char *col_a, *col_b;
	struct branch branches[BRANCHES_MAX];
	int n_branches;
	struct buf where; /* of all conditions, with the gen's parameters */
};

/* --- the order ------------------------------------------------------------ */

static const char *default_sort(enum entity e)
{
	switch (e) {
	case ENT_TICKET:
	case ENT_CONVERSATION:
	case ENT_ARTICLE:
		return "updated";
	default:
		return NULL;
	}
}

static int key_compare(
	const struct plan *p, const struct key *a, const struct key *b)
{
	int c = 0;

	if ((a->v.kind == VAL_NULL) != (b->v.kind == VAL_NULL))
		return a->v.kind == VAL_NULL ? 1 : -1;
	if (a->v.kind == VAL_INT && b->v.kind == VAL_INT)
		c = a->v.i < b->v.i ? -1 : a->v.i > b->v.i;
	else if (a->v.kind == VAL_TEXT && b->v.kind == VAL_TEXT)
		c = strcmp(a->v.s, b->v.s);
	if (c == 0)
		c = a->id < b->id ? -1 : a->id > b->id;
	return p->desc ? -c : c;
}

static const char *key_print(struct arena *a, const struct key *k)
{
	struct buf b = BUF_INIT;
	const char *out;
	struct jw w;

	jw_init(&w, &b);
	jw_arr(&w);
	jw_int(&w, k->id);
	if (k->v.kind == VAL_INT)
		jw_int(&w, k->v.i);
	else if (k->v.kind == VAL_TEXT)
		jw_str(&w, k->v.s);
	jw_arr_end(&w);
	out = arena_strdup(a, buf_str(&b));
	buf_fini(&b);
	return out;
}

static int key_parse(struct arena *a, const char *s, int is_int, struct key *k)
{
	const struct json *v;
	struct json_doc *d;
	int ok;

	if (json_parse(s, strlen(s), &json_limits_small, &d) < 0)
		return err_set(E_INPUT, _("not a position in a list"));
	v = json_at(json_root(d), 1);
	k->v = (struct val){.kind = VAL_NULL};
	ok = json_int(json_at(json_root(d), 0), &k->id);
	if (v && is_int) {
		k->v.kind = VAL_INT;
		ok &= json_int(v, &k->v.i);
	} else if (v) {
		ok &= json_str(v) != NULL;
		k->v = val_text(arena_strdup(a, json_str(v)));
	}
	json_free(d);
	return ok ? 0 : err_set(E_INPUT, _("not a position in a list"));
}

/* --- planning ------------------------------------------------------------- */

static void flatten(struct plan *p, const struct query_node *n)
{
	if (n->type == Q_AND && p->n_conds < CONDS_MAX - 1) {
		flatten(p, n->a);
		flatten(p, n->b);
	} else if (p->n_conds < CONDS_MAX) {
		p->conds[p->n_conds++] = n;
	}
}

static int count_nodes(const struct query_node *n)
{
	return n->type == Q_AND ? count_nodes(n->a) + count_nodes(n->b) : 1;
}

static const struct query_node *cond_on(const struct plan *p, enum field_id f)
{
	int i;

	for (i = 0; i < p->n_conds; i++)
		if (p->conds[i]->type == Q_FIELD && p->conds[i]->field->id == f)
			return p->conds[i];
	return NULL;
}

static int is_cond(const struct plan *p, const char *word)
{
	int i;

	for (i = 0; i < p->n_conds; i++)
		if (p->conds[i]->type == Q_IS &&
			strcmp(p->conds[i]->text, word) == 0)
			return 1;
	return 0;
}

static int same_val(const struct val *a, const struct val *b)
{
	if (a->kind != b->kind)
		return 0;
	return a->kind == VAL_INT    ? a->i == b->i
	       : a->kind == VAL_TEXT ? strcmp(a->s, b->s) == 0
				     : 1;
}

/* `owner:me,ana` may name one of them twice: its rows come once. */
static int has_branch(const struct plan *p, struct val a, struct val b)
{
	int i;

	for (i = 0; i < p->n_branches && i < BRANCHES_MAX; i++)
		if (same_val(&p->branches[i].a, &a) &&
			same_val(&p->branches[i].b, &b))
			return 1;
	return 0;
}

static void add_branch(struct plan *p, struct val a, struct val b)
{
	if (has_branch(p, a, b))
		return;
	if (p->n_branches < BRANCHES_MAX)
		p->branches[p->n_branches] = (struct branch){a, b};
	p->n_branches++;
}

/* Queue and status: the pairs that exist are in the counters. */
static int plan_queues(struct plan *p, const struct query_node *queue,
	const struct query_node *status)
{
	struct gen c;
	sqlite3_stmt *st;
	struct ids l = {0};
	int i, none = 0, rc = 0;

	gen_init(&c, p->g.d, p->g.a, ENT_TICKET, p->g.me);
	if (queue)
		rc = gen_refs(&c, queue, &l, &none);
	buf_adds(&c.sql, "SELECT DISTINCT queue, status FROM counter "
			 "WHERE n > 0");
	if (queue) {
		buf_addf(&c.sql, " AND queue IN (%s", none ? "0" : "-1");
		for (i = 0; i < l.n; i++)
			buf_addf(&c.sql, ",%lld", (long long)l.v[i]);
		buf_addc(&c.sql, ')');
	}
	for (i = 0; status && i < status->n_values; i++) {
		buf_adds(&c.sql, i ? " OR " : " AND (");
		buf_adds(&c.sql, "status = ");
		gen_text(&c, strcmp(status->values[i], "none") == 0
				     ? ""
				     : status->values[i]);
		buf_adds(&c.sql, " COLLATE NOCASE");
	}
	buf_adds(&c.sql, status ? ")" : "");
	if (rc == 0)
		rc = gen_query(&c, &st);
	if (rc == 0) {
		while ((rc = db_step(c.d, st)) > 0) {
			int64_t q = sqlite3_column_int64(st, 0);
			const char *s = col_dup_str(c.a, st, 1);

			add_branch(p,
				q ? val_int(q) : (struct val){.kind = VAL_NULL},
				*s ? val_text(s)
				   : (struct val){.kind = VAL_NULL});
		}
		db_end(c.d, st);
	}
	gen_fini(&c);
	p->col_a = "queue";
	p->col_b = "status";
	return rc;
}

static const char *const open_phases[] = {"new", "open", "waiting"};

/* The phases that a condition names, for one owner or for all. */
static void plan_phases(struct plan *p, const struct val *owner)
{
	const struct query_node *n = cond_on(p, FID_TICKET_PHASE);
	struct val none = {.kind = VAL_ABSENT};
	size_t i;

	if (is_cond(p, "open")) {
		for (i = 0; i < ARRAY_SIZE(open_phases); i++)
			add_branch(p, owner ? *owner : none,
				val_text(open_phases[i]));
	} else if (n) {
		for (i = 0; i < (size_t)n->n_values; i++)
			add_branch(p, owner ? *owner : none,
				val_text(n->values[i]));
	} else if (owner) {
		add_branch(p, *owner, none);
	}
}

static int plan_owners(struct plan *p, const struct query_node *owner)
{
	struct ids l = {0};
	struct val v;
	int i, none, rc = gen_refs(&p->g, owner, &l, &none);

	for (i = 0; i < l.n; i++) {
		v = val_int(l.v[i]);
		plan_phases(p, &v);
	}
	v.kind = VAL_NULL;
	if (none)
		plan_phases(p, &v);
	p->col_a = "owner";
	p->col_b = "phase";
	return rc;
}

/* Are there conditions that an index order can be had for? */
static int plan_walks(struct plan *p)
{
	const struct query_node *queue = cond_on(p, FID_TICKET_QUEUE);
	const struct query_node *status = cond_on(p, FID_TICKET_STATUS);
	const struct query_node *owner = cond_on(p, FID_TICKET_OWNER);
	int rc = 0;

	p->n_branches = -1;
	if (p->g.e != ENT_TICKET || !p->sort || p->g.ids)
		return 0;
	if (strcmp(p->sort, "due") == 0 && is_cond(p, "open")) {
		p->col_b = "phase";
		p->n_branches = 0;
		plan_phases(p, NULL);
		return 0;
	}
	if (strcmp(p->sort, "updated"))
		return 0;
	if (!owner && !queue && !status && !is_cond(p, "open") &&
		!cond_on(p, FID_TICKET_PHASE))
		return 0;
	p->n_branches = 0;
	if (owner) {
		rc = plan_owners(p, owner);
	} else if (queue || status) {
		rc = plan_queues(p, queue, status);
	} else {
		p->col_a = "owner";
		p->col_b = "phase";
		plan_phases(p, NULL);
	}
	if (p->n_branches > BRANCHES_MAX)
		p->n_branches = -1;
	return rc;
}

/* --- conditions ----------------------------------------------------------- */

static int write_conds(struct plan *p)
{
	int i, ids = 0, rc = 0;

	for (i = 0; i < p->n_conds && rc == 0; i++) {
		enum query_type t = p->conds[i]->type;

		p->g.ids = 0;
		buf_adds(&p->g.sql, " AND ");
		rc = gen_node(&p->g, p->conds[i]);
		ids |= p->g.ids && (t == Q_TEXT || t == Q_SHAPED);
	}
	p->g.ids = ids;
	return rc;
}

/* The conditions are written once (words ask the index), then used by every
 * walk. */
static int plan_init(struct plan *p, struct db *d, const struct query *q,
	const struct store_me *me, struct arena *a)
{
	int rc;

	memset(p, 0, sizeof(*p));
	gen_init(&p->g, d, a, q->entity, me);
	p->q = q;
	p->sort = q->sort ? q->sort->name : default_sort(q->entity);
	p->desc = q->sort ? q->sort_desc : 1;
	if (count_nodes(q->root) <= CONDS_MAX)
		flatten(p, q->root);
	else
		p->conds[p->n_conds++] = q->root;
	p->g.open = is_cond(p, "open") && field_by_name(q->entity, "phase");
	rc = write_conds(p);
	p->where = p->g.sql;
	p->g.sql = (struct buf)BUF_INIT;
	return rc;
}

static void plan_fini(struct plan *p)
{
	buf_fini(&p->where);
	gen_fini(&p->g);
}

static void eq(struct gen *g, const char *col, const struct val *v)
{
	if (v->kind == VAL_ABSENT)
		return;
	buf_addf(&g->sql, " AND t.%s ", col);
	if (v->kind == VAL_NULL) {
		buf_adds(&g->sql, "IS NULL");
	} else {
		buf_adds(&g->sql, "= ");
		if (v->kind == VAL_INT)
			gen_int(g, v->i);
		else
			gen_text(g, v->s);
	}
}

/* Behind the last key, in this half of the order (with a value, or without).
 */
static void write_after(struct plan *p, int nulls)
{
	const char *op = p->desc ? "<" : ">";
	struct gen *g = &p->g;

	if (p->sort)
		buf_addf(&g->sql, " AND t.\"%s\" IS %s", p->sort,
			nulls ? "NULL" : "NOT NULL");
	if (!p->has_after || (!nulls && p->sort && p->after.v.kind == VAL_NULL))
		return;
	if (p->sort && !nulls) {
		buf_addf(&g->sql, " AND (t.\"%s\", t.id) %s (", p->sort, op);
		if (p->after.v.kind == VAL_INT)
			gen_int(g, p->after.v.i);
		else
			gen_text(g, p->after.v.s);
		buf_adds(&g->sql, ", ");
		gen_int(g, p->after.id);
		buf_addc(&g->sql, ')');
	} else if (!p->sort || p->after.v.kind == VAL_NULL) {
		buf_addf(&g->sql, " AND t.id %s ", op);
		gen_int(g, p->after.id);
	}
}

/* What is open is mostly walked by its phase. */
static void write_open(struct plan *p, const struct branch *b)
{
	int known = b && p->col_b && strcmp(p->col_b, "phase") == 0;

	if (p->g.open && !known)
		gen_open(&p->g);
}

static void write_select(struct plan *p, const struct branch *b, int nulls)
{
	struct gen *g = &p->g;
	const char *dir = p->desc ? " DESC" : "";

	buf_reset(&g->sql);
	buf_addf(&g->sql, "SELECT t.id, %s%s%s FROM %s t WHERE t.state = 0%s",
		p->sort ? "t.\"" : "NULL", p->sort ? p->sort : "",
		p->sort ? "\"" : "", entity_desc(g->e)->name,
		buf_str(&p->where));
	if (b) {
		eq(g, p->col_a, &b->a);
		eq(g, p->col_b, &b->b);
	}
	write_open(p, b);
	write_after(p, nulls);
	buf_adds(&g->sql, " ORDER BY ");
	if (p->sort && !nulls)
		buf_addf(&g->sql, "t.\"%s\"%s, ", p->sort, dir);
	buf_addf(&g->sql, "t.id%s LIMIT %d", dir, p->limit + 1);
}

/* --- walking -------------------------------------------------------------- */

static void keys_add(struct plan *p, struct keys *l, sqlite3_stmt *st)
{
	struct key *k;

	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 128;
		l->v = xreallocarray(l->v, (size_t)l->cap, sizeof(*l->v));
	}
	k = &l->v[l->n++];
	k->id = sqlite3_column_int64(st, 0);
	k->v = (struct val){.kind = VAL_NULL};
	if (sqlite3_column_type(st, 1) == SQLITE_INTEGER)
		k->v = val_int(sqlite3_column_int64(st, 1));
	else if (sqlite3_column_type(st, 1) == SQLITE_TEXT)
		k->v = val_text(col_dup(p->g.a, st, 1));
}

static int walk(
	struct plan *p, const struct branch *b, int nulls, struct keys *out)
{
	int n = p->g.n, rc;
	sqlite3_stmt *st;

	write_select(p, b, nulls);
	rc = gen_query(&p->g, &st);
	p->g.n = n;
	if (rc < 0)
		return rc;
	while ((rc = db_step(p->g.d, st)) > 0)
		keys_add(p, out, st);
	db_end(p->g.d, st);
	return rc;
}

/* Rows already merged are sorted; the new walk's rows are too. */
static void merge(struct plan *p, struct keys *all, const struct keys *more)
{
	struct key *v = xcalloc((size_t)(all->n + more->n) + 1, sizeof(*v));
	int i = 0, k = 0, n = 0;

	while (n <= p->limit && (i < all->n || k < more->n)) {
		int first = k == more->n ||
			    (i < all->n && key_compare(p, &all->v[i],
						   &more->v[k]) <= 0);

		v[n++] = first ? all->v[i++] : more->v[k++];
	}
	free(all->v);
	all->v = v;
	all->cap = all->n = n;
}

static int walk_half(struct plan *p, int nulls, struct keys *all)
{
	struct keys one = {0};
	int i, rc = 0;

	if (p->n_branches < 0 || nulls) {
		rc = walk(p, NULL, nulls, &one);
		if (rc == 0)
			for (i = 0; i < one.n && all->n <= p->limit; i++) {
				all->v = xreallocarray(all->v,
					(size_t)all->n + 1, sizeof(*all->v));
				all->v[all->n++] = one.v[i];
			}
		free(one.v);
		return rc;
	}
	for (i = 0; i < p->n_branches && rc == 0; i++) {
		one.n = 0;
		rc = walk(p, &p->branches[i], 0, &one);
		if (rc == 0)
			merge(p, all, &one);
	}
	free(one.v);
	return rc;
}

static int walk_all(struct plan *p, struct keys *all)
{
	int rc = 0;

	if (!p->has_after || !p->sort || p->after.v.kind != VAL_NULL)
		rc = walk_half(p, 0, all);
	/* what has no time is not late */
	if (p->sort && strcmp(p->sort, "due") == 0 && is_cond(p, "overdue"))
		return rc;
	if (rc == 0 && p->sort && all->n <= p->limit)
		rc = walk_half(p, 1, all);
	return rc;
}

/* --- pages ---------------------------------------------------------------- */

static int read_rows(struct plan *p, const struct keys *l, struct rows *out)
{
	struct buf sql = BUF_INIT;
	sqlite3_stmt *st;
	int i, rc = 0;

	buf_adds(&sql, "SELECT ");
	row_columns(p->g.d, &sql, p->g.e);
	buf_addf(&sql, " FROM %s t WHERE t.id = ?", entity_desc(p->g.e)->name);
	for (i = 0; i < l->n && i < p->limit && rc == 0; i++) {
		rc = db_query(p->g.d, &st, buf_str(&sql), "i", l->v[i].id);
		if (rc < 0)
			break;
		rc = db_step(p->g.d, st);
		if (rc > 0)
			rows_add(out, st);
		db_end(p->g.d, st);
		rc = rc < 0 ? rc : 0;
	}
	buf_fini(&sql);
	out->more = l->n > p->limit;
	if (out->more)
		out->next = key_print(out->arena, &l->v[p->limit - 1]);
	return rc < 0 ? rc : rows_finish(p->g.d, out, 0);
}

static int sort_is_int(const struct plan *p)
{
	const struct field_desc *f =
		p->sort ? field_by_name(p->g.e, p->sort) : NULL;

	return !f ||
	       (f->type != FT_TEXT && f->type != FT_SET && f->type != FT_JSON);
}

static int query_page(struct db *d, const struct query *q,
	const struct store_me *me, int limit, const char *after,
	struct arena *a, struct rows *out)
{
	struct keys all = {0};
	struct plan p;
	int rc = plan_init(&p, d, q, me, a);

	p.limit = limit > 0 ? limit : 100000;
	if (rc == 0 && after) {
		p.has_after = 1;
		rc = key_parse(a, after, sort_is_int(&p), &p.after);
	}
	if (rc == 0)
		rc = plan_walks(&p);
	if (rc == 0)
		rc = walk_all(&p, &all);
	if (rc == 0)
		rc = read_rows(&p, &all, out);
	free(all.v);
	plan_fini(&p);
	return rc;
}

int store_query(struct store_ro *ro, const struct query *q,
	const struct store_me *me, int limit, const char *after,
	struct rows *out)
{
	struct arena *a;
	struct rows r;
	int rc = db_read_begin(&ro->db);

	if (rc < 0)
		return rc;
	a = arena_new();
	rows_init(&r, q->entity);
	if (can_stream(q))
		rc = stream_page(&ro->db, q, me, limit, after, a, &r);
	else
		rc = query_page(&ro->db, q, me, limit, after, a, &r);
	db_read_end(&ro->db);
	arena_free(a);
	if (rc < 0)
		rows_free(&r);
	else
		*out = r;
	return rc;
}

/* How many rows of one walk, or of all, there are behind the first `skip`. */
static int count_rows(struct plan *p, const struct branch *b, int64_t skip,
	int64_t limit, int64_t *out)
{
	struct gen *g = &p->g;
	sqlite3_stmt *st;
	int n = g->n, rc;

	buf_reset(&g->sql);
	buf_addf(&g->sql, "SELECT 1 FROM %s t WHERE t.state = 0%s",
		entity_desc(g->e)->name, buf_str(&p->where));
	if (b) {
		eq(g, p->col_a, &b->a);
		eq(g, p->col_b, &b->b);
	}
	write_open(p, b);
	buf_adds(&g->sql, " LIMIT ");
	gen_int(g, limit);
	buf_adds(&g->sql, " OFFSET ");
	gen_int(g, skip);
	rc = gen_query(g, &st);
	g->n = n;
	if (rc < 0)
		return rc;
	*out = 0;
	while ((rc = db_step(g->d, st)) > 0)
		++*out;
	db_end(g->d, st);
	return rc;
}

/* Up to `limit`. That there are so many is known soonest: rows that are passed
 * over are not handed out. */
static int count_walk(
	struct plan *p, const struct branch *b, int64_t limit, int64_t *out)
{
	int64_t n = 0;
	int rc = 0;

	if (limit > 1 && limit <= SKIP_MAX)
		rc = count_rows(p, b, limit - 1, 1, &n);
	if (rc < 0 || !n)
		return rc < 0 ? rc : count_rows(p, b, 0, limit, out);
	*out = limit;
	return 0;
}

/* By the same walks as the pages, in whatever order finds them soonest. */
static int count_all(struct plan *p, int64_t cap, int64_t *out)
{
	int64_t n = 0, one;
	int i, rc;

	p->sort = is_cond(p, "overdue") ? "due" : "updated";
	rc = plan_walks(p);
	if (rc == 0 && p->n_branches < 0)
		rc = count_walk(p, NULL, cap + 1, &n);
	for (i = 0; rc == 0 && i < p->n_branches && n <= cap; i++) {
		one = 0;
		rc = count_walk(p, &p->branches[i], cap + 1 - n, &one);
		n += one;
	}
	*out = n;
	return rc;
}

int store_query_count(struct store_ro *ro, const struct query *q,
	const struct store_me *me, int64_t cap, int64_t *out)
{
	struct arena *a = arena_new();
	struct plan p;
	int64_t n = 0;
	int rc = plan_init(&p, &ro->db, q, me, a);

	if (rc == 0)
		rc = count_all(&p, cap, &n);
	plan_fini(&p);
	arena_free(a);
	if (rc < 0)
		return rc;
	*out = n;
	return 0;
}
