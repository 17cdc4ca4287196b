/* SPDX-License-Identifier: MIT */
/*
 * Full text, newest first: hits stream from the index from the highest id down
 * and each is checked against its text, so the first page of a common word
 * costs as little as that of a rare one. What is not indexed yet is looked
 * through when it is little. And where a hit matched, for reading.
 */
#include "query_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/fold.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"

#define SNIPPET_BEFORE 40
#define SNIPPET_AFTER  120
#define SNIPPET_LOOK   65536

/* --- streams -------------------------------------------------------------- */

int can_stream(const struct query *q)
{
	return q->has_text && !q->sort &&
	       (q->entity == ENT_MESSAGE || q->entity == ENT_ARTICLE ||
		       q->entity == ENT_CUSTOMER) &&
	       is_covered(q->root);
}

enum source { FROM_INDEX, FROM_TODO, FROM_NAMED, FROM_ONE, FROM_ALL };

struct stream {
	struct gen g;
	const struct query *q;
	int limit;
	int64_t after; /* 0, or only ids below */
	int64_t floor; /* 0, or only ids above */
	int no_todo;   /* known: all there is, is in the index */
	int64_t all;   /* the highest id, or 0: not known yet */
};

/* Messages of a ticket that is gone are not shown. */
static void write_shown(struct gen *g)
{
	buf_adds(&g->sql, " AND t.state = 0");
	if (g->e == ENT_MESSAGE)
		buf_adds(&g->sql, " AND NOT EXISTS (SELECT 1 FROM ticket z "
				  "WHERE z.id = t.ticket AND z.state = 2)");
}

static void write_from(struct stream *s, enum source from, const char *names)
{
	const char *name = entity_desc(s->g.e)->name;
	struct gen *g = &s->g;
	struct buf expr = BUF_INIT;

	buf_adds(&g->sql, "SELECT ");
	row_columns(g->d, &g->sql, g->e);
	switch (from) {
	case FROM_INDEX:
		buf_addf(&g->sql,
			" FROM fts_%s f CROSS JOIN %s t ON t.id = f.rowid "
			"WHERE fts_%s MATCH ",
			name, name, name);
		cover(&expr, s->q->root);
		gen_text(g, arena_strdup(g->a, buf_str(&expr)));
		buf_fini(&expr);
		break;
	case FROM_TODO:
		buf_addf(&g->sql,
			" FROM fts_todo_%s f CROSS JOIN %s t ON t.id = f.id "
			"WHERE 1",
			name, name);
		break;
	case FROM_ALL:
	case FROM_ONE:
		buf_addf(&g->sql, " FROM %s t WHERE 1", name);
		break;
	case FROM_NAMED:
		buf_addf(&g->sql, " FROM %s t WHERE t.id IN (%s)", name, names);
		break;
	}
}

static int write_stream(struct stream *s, enum source from, const char *names)
{
	struct gen *g = &s->g;
	const char *id = from == FROM_INDEX ? "f.rowid" : "t.id";
	int rc;

	buf_reset(&g->sql);
	g->n = 0;
	write_from(s, from, names);
	buf_adds(&g->sql, " AND ");
	rc = gen_bool(g, s->q->root);
	write_shown(g);
	if (from == FROM_ONE) {
		buf_adds(&g->sql, " AND t.id = ");
		gen_int(g, 0);
		return rc;
	}
	if (s->after) {
		buf_addf(&g->sql, " AND %s < ", id);
		gen_int(g, s->after);
	}
	if (s->floor) {
		buf_addf(&g->sql, " AND %s > ", id);
		gen_int(g, s->floor);
	}
	buf_addf(&g->sql, " ORDER BY %s DESC LIMIT %d", id, s->limit + 1);
	return rc;
}

static int stream_from(
	struct stream *s, enum source from, const char *names, struct rows *out)
{
	struct gen *g = &s->g;
	sqlite3_stmt *st;
	int n = 0, rc = write_stream(s, from, names);

	if (rc == 0)
		rc = gen_query(g, &st);
	if (rc < 0)
		return rc;
	while (n++ <= s->limit && (rc = db_step(g->d, st)) > 0)
		rows_add(out, st);
	db_end(g->d, st);
	return rc < 0 ? rc : 0;
}

/* Rows that shaped words of the tree name. */
static int collect_named(
	struct gen *g, const struct query_node *n, struct ids *out)
{
	int rc;

	if (n->type == Q_SHAPED)
		return direct_ids(g, n, out);
	if (n->type != Q_AND && n->type != Q_OR)
		return 0;
	rc = collect_named(g, n->a, out);
	return rc < 0 ? rc : collect_named(g, n->b, out);
}

static int stream_named(struct stream *s, struct rows *out)
{
	struct ids l = {0};
	struct buf b = BUF_INIT;
	int i, rc = collect_named(&s->g, s->q->root, &l);

	for (i = 0; i < l.n; i++)
		buf_addf(&b, "%s%lld", i ? "," : "", (long long)l.v[i]);
	if (rc == 0 && l.n)
		rc = stream_from(s, FROM_NAMED, buf_str(&b), out);
	buf_fini(&b);
	return rc;
}

static int by_id_down(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return x->id < y->id ? 1 : x->id > y->id ? -1 : 0;
}

/* Three sources, each newest first: into one order, each row once. */
static void unite(struct rows *r, int limit)
{
	int i, n = 0;

	if (r->n > 1)
		qsort(r->v, (size_t)r->n, sizeof(*r->v), by_id_down);
	for (i = 0; i < r->n; i++)
		if (n == 0 || r->v[n - 1].id != r->v[i].id)
			r->v[n++] = r->v[i];
	r->more = n > limit;
	r->n = r->more ? limit : n;
	if (r->more)
		r->next = arena_printf(
			r->arena, "%lld", (long long)r->v[limit - 1].id);
}

/* --- lists of words ------------------------------------------------------- */

/* For `plea*` FTS5 unites the lists of all such words before it gives the first
 * hit, and a pair of common characters that seldom stand together takes it
 * through all of both lists. So the newest rows are looked at first for a
 * beginning, which is all there is to do for what is common; for the rest the
 * lists are read without it. For a plain word that is no slower, and nothing of
 * FTS5 has to be opened for it. */
#define SAMPLE	   96	/* rows looked through */
#define LEAST	   4096 /* with fewer rows FTS5 is quick enough */
#define WINDOW_MIN 4096 /* ids looked up at a time, at first */
#define GROWTH	   4	/* ... then by what was seen, at most */
#define WALK_COST  700	/* of looking through a row against an entry */

static int has_prefix(const struct query_node *n)
{
	switch (n->type) {
	case Q_TEXT:
	case Q_SHAPED:
		return word_goes_on(n);
	case Q_AND:
	case Q_OR:
		return has_prefix(n->a) || has_prefix(n->b);
	default:
		return 0;
	}
}

/* Words that must stand in a row, or beside each other. */
static int words(const struct query_node *n)
{
	struct tokens t;
	int a, b;

	switch (n->type) {
	case Q_TEXT:
	case Q_SHAPED:
		tokens_of(word_text(n), &t);
		return t.n;
	case Q_AND:
	case Q_OR:
		a = words(n->a);
		b = words(n->b);
		return n->type == Q_AND ? a + b : a > b ? a : b;
	default:
		return 0;
	}
}

/* Looks at `rows` ids below s->after, and moves it. */
static int go_down(struct stream *s, int64_t rows, struct rows *out)
{
	int rc;

	s->floor = s->after > rows ? s->after - rows - 1 : 0;
	rc = stream_from(s, FROM_ALL, NULL, out);
	s->after = s->floor + 1;
	s->floor = 0;
	return rc;
}

static int walk_newest(struct stream *s, int64_t all, struct rows *out)
{
	int64_t need = (int64_t)s->limit + 1, hits;
	int rc = go_down(s, SAMPLE, out);

	hits = out->n;
	/* a page costs need * WALK_COST / density here, density * all there */
	if (rc < 0 || need > all || hits >= need ||
		hits * hits * all < need * WALK_COST * SAMPLE * SAMPLE)
		return rc;
	return go_down(s, 2 * need * SAMPLE / hits, out);
}

/* Asks for one row. Many a word stands nowhere: made when there is a row. */
static int one_row(struct stream *s, sqlite3_stmt **st)
{
	int rc = *st ? 0 : write_stream(s, FROM_ONE, NULL);

	return rc == 0 && !*st ? gen_query(&s->g, st) : rc;
}

/* The rows that are named and hold the words. */
static int add_listed(struct stream *s, sqlite3_stmt **st, const struct bits *b,
	struct rows *out)
{
	int64_t id = b->hi;
	int rc = 0;

	while (rc >= 0 && out->n <= s->limit && (id = bits_below(b, id)) > 0) {
		rc = one_row(s, st);
		if (rc < 0)
			break;
		sqlite3_bind_int64(*st, s->g.n, id);
		rc = db_step(s->g.d, *st);
		if (rc > 0)
			rows_add(out, *st);
		sqlite3_reset(*st);
	}
	return rc < 0 ? rc : 0;
}

/* As many rows as promise to fill the page, when there were `hits` in `seen`.
 */
static int64_t next_window(const struct stream *s, int64_t hits, int64_t seen)
{
	int64_t need = (int64_t)s->limit + 1 - hits;
	int64_t rows = hits ? seen / hits * need + seen / 4 : 4 * seen;

	if (has_prefix(s->q->root))
		return s->after;
	/* few hits promise little */
	if (seen && rows > GROWTH * seen)
		rows = GROWTH * seen;
	return rows < WINDOW_MIN ? WINDOW_MIN : rows;
}

/* Down from s->after, which moves; 0: FTS5 is asked for what is below. */
static int stream_windows(struct stream *s, struct postings *x,
	sqlite3_stmt **st, struct rows *out)
{
	int64_t size = next_window(s, 0, 0), top = s->after;
	int had = out->n, rc = 1;
	struct bits b;

	while (rc > 0 && s->after > 1 && out->n <= s->limit) {
		int64_t lo = s->after > size ? s->after - size : 1;

		rc = postings_find(x, s->q->root, lo, s->after, &b);
		if (rc <= 0)
			break;
		rc = add_listed(s, st, &b, out);
		bits_fini(&b);
		rc = rc < 0 ? rc : 1;
		s->after = lo;
		size = next_window(s, out->n - had, top - lo);
		if (postings_short(x))
			size = s->after;
	}
	return rc;
}

static int stream_listed(struct stream *s, struct rows *out)
{
	struct postings *x;
	sqlite3_stmt *st = NULL;
	int rc = postings_open(s->g.d, s->g.e, &x);

	if (rc <= 0)
		return rc;
	rc = stream_windows(s, x, &st, out);
	db_end(s->g.d, st);
	postings_close(x);
	return rc;
}

static int stream_hard(struct stream *s, int64_t all, struct rows *out)
{
	int rc = 0;

	if (!s->after || s->after > all)
		s->after = all + 1;
	if (has_prefix(s->q->root))
		rc = walk_newest(s, all, out);
	if (rc < 0 || out->n > s->limit)
		return rc;
	rc = stream_listed(s, out);
	return rc == 0 ? stream_from(s, FROM_INDEX, NULL, out) : rc;
}

static int stream_index(struct stream *s, struct rows *out)
{
	struct buf sql = BUF_INIT;
	int64_t after = s->after;
	int rc = 0;

	if (!s->all) {
		buf_addf(&sql, "SELECT max(id) FROM %s",
			entity_desc(s->g.e)->name);
		rc = db_int(s->g.d, &s->all, buf_str(&sql), "");
		buf_fini(&sql);
	}
	if (rc < 0)
		return rc;
	if (s->all < LEAST || !words(s->q->root))
		return stream_from(s, FROM_INDEX, NULL, out);
	rc = stream_hard(s, s->all, out);
	s->after = after;
	return rc < 0 ? rc : 0;
}

static int stream_sources(struct stream *s, struct rows *out)
{
	int rc;

	/* `a OR queue:b`: the index does not know all of them */
	if (!is_covered(s->q->root))
		return stream_from(s, FROM_ALL, NULL, out);
	rc = stream_index(s, out);
	if (rc == 0 && !s->no_todo)
		rc = todo_is_small(s->g.d, s->g.e);
	if (rc > 0)
		rc = stream_from(s, FROM_TODO, NULL, out);
	return rc < 0 ? rc : stream_named(s, out);
}

static int stream_all(struct stream *s, struct rows *out)
{
	int rc = stream_sources(s, out);

	if (rc < 0)
		return rc;
	unite(out, s->limit);
	return rows_finish(s->g.d, out, 0);
}

static int stream_open(struct stream *s, struct db *d, enum entity e,
	const struct store_me *me, struct arena *a, struct rows *out)
{
	int rc;

	if (s->limit <= 0)
		s->limit = 100000;
	gen_init(&s->g, d, a, e, me);
	s->g.own = s->g.walk = 1;
	rc = stream_all(s, out);
	gen_fini(&s->g);
	return rc;
}

static int has_rows(struct db *d, enum entity e)
{
	char sql[64];
	int64_t any = 0;
	int rc;

	snprintf(sql, sizeof(sql), "SELECT EXISTS (SELECT 1 FROM %s)",
		entity_desc(e)->name);
	rc = db_int(d, &any, sql, "");
	return rc < 0 ? rc : any > 0;
}

int store_any(struct store_ro *ro, enum entity e)
{
	return has_rows(&ro->db, e);
}

int stream_page(struct db *d, const struct query *q, const struct store_me *me,
	int limit, const char *after, struct arena *a, struct rows *out)
{
	struct stream s = {.q = q, .limit = limit};
	int any = has_rows(d, q->entity);
	char *end;

	if (any <= 0) /* many a desk has no articles */
		return any;
	if (after) {
		s.after = strtoll(after, &end, 10);
		if (*end || s.after <= 0)
			return err_set(E_INPUT, _("not a position in a list"));
	}
	return stream_open(&s, d, q->entity, me, a, out);
}

/* --- snippets ------------------------------------------------------------- */

static const struct query_node *first_word(const struct query_node *n)
{
	const struct query_node *w;

	switch (n->type) {
	case Q_TEXT:
	case Q_SHAPED:
		return n;
	case Q_AND:
	case Q_OR:
		w = first_word(n->a);
		return w ? w : first_word(n->b);
	default:
		return NULL;
	}
}

/* The folded characters of a word, without what separates them. */
struct folded {
	uint32_t cp[128];
	int n;
	int word_first;
};

static void fold_needle(struct folded *f, const char *s)
{
	size_t len = strlen(s), i;
	enum fold_class cls;
	uint32_t cp, out;

	f->n = f->word_first = 0;
	for (i = 0; i < len && f->n < (int)ARRAY_SIZE(f->cp);) {
		i += utf8_decode(s + i, len - i, &cp);
		cls = fold_cp(cp, &out);
		if (cls != FOLD_WORD && cls != FOLD_CJK)
			continue;
		if (f->n == 0)
			f->word_first = cls == FOLD_WORD;
		f->cp[f->n++] = out;
	}
}

static int matches_at(
	const char *s, size_t len, size_t pos, const struct folded *f)
{
	enum fold_class cls;
	uint32_t cp, out;
	int i = 0;

	while (i < f->n && pos < len) {
		pos += utf8_decode(s + pos, len - pos, &cp);
		cls = fold_cp(cp, &out);
		if (cls != FOLD_WORD && cls != FOLD_CJK)
			continue;
		if (out != f->cp[i])
			return 0;
		i++;
	}
	return i == f->n;
}

/* Where the word stands in the text, near enough for showing it; -1. */
static long find_word(const char *s, size_t len, const struct folded *f)
{
	enum fold_class cls, before = FOLD_SPACE;
	uint32_t cp, out;
	size_t i, step;

	if (len > SNIPPET_LOOK)
		len = SNIPPET_LOOK;
	for (i = 0; f->n && i < len; i += step) {
		step = utf8_decode(s + i, len - i, &cp);
		cls = fold_cp(cp, &out);
		if (out == f->cp[0] && cls != FOLD_SPACE && cls != FOLD_DROP &&
			!(f->word_first && before == FOLD_WORD) &&
			matches_at(s, len, i, f))
			return (long)i;
		if (cls != FOLD_DROP)
			before = cls;
	}
	return -1;
}

static int is_start(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

static const char *cut(struct arena *a, const char *s, size_t len, size_t at)
{
	size_t from = at > SNIPPET_BEFORE ? at - SNIPPET_BEFORE : 0;
	size_t to = len - at > SNIPPET_AFTER ? at + SNIPPET_AFTER : len;
	char *out;
	size_t i;

	while (from > 0 && !is_start(s[from]))
		from--;
	while (to < len && !is_start(s[to]))
		to++;
	out = arena_printf(a, "%s%.*s%s", from ? "..." : "", (int)(to - from),
		s + from, to < len ? "..." : "");
	for (i = 0; out[i]; i++)
		if (out[i] == '\n' || out[i] == '\r' || out[i] == '\t')
			out[i] = ' ';
	return out;
}

static const char *snippet(
	struct rows *r, struct row *row, const struct folded *f)
{
	const struct entity_desc *d = entity_desc(r->entity);
	const struct val *first = NULL;
	int i;

	for (i = 0; i < d->n_fields; i++) {
		const struct val *v = &row->v[i];
		long at;

		if (!(d->fields[i].flags & FF_SEARCH) || v->kind != VAL_TEXT)
			continue;
		at = find_word(v->s, v->len, f);
		if (at >= 0)
			return cut(r->arena, v->s, v->len, (size_t)at);
		if (!first)
			first = v;
	}
	return first ? cut(r->arena, first->s, first->len, 0) : NULL;
}

static void add_snippets(struct rows *r, const struct query *q)
{
	const struct query_node *w = first_word(q->root);
	struct folded f;
	int i;

	if (!w)
		return;
	fold_needle(&f, w->text);
	for (i = 0; i < r->n; i++)
		r->v[i].snippet = snippet(r, &r->v[i], &f);
}

/* --- search --------------------------------------------------------------- */

static int by_at_down(const void *a, const void *b)
{
	const struct val *x = row_get(a, FID_MESSAGE_AT);
	const struct val *y = row_get(b, FID_MESSAGE_AT);

	if (x->i != y->i)
		return x->i < y->i ? 1 : -1;
	return by_id_down(a, b);
}

/* What is searched, in the order of store_search()'s arguments. */
static const enum entity kinds[] = {
	ENT_TICKET, ENT_MESSAGE, ENT_ARTICLE, ENT_CUSTOMER};

struct kind_state {
	int64_t all; /* the highest id; 0: there is nothing to search */
	int todo;    /* some of it is not in the index */
};

/* In one statement: opening an index costs more than the whole of this, and a
 * desk without articles need not. */
static int look_ahead(struct db *d, struct kind_state *st)
{
	struct buf sql = BUF_INIT;
	sqlite3_stmt *q;
	size_t i;
	int rc;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *name = entity_desc(kinds[i])->name;

		buf_addf(&sql,
			"%s (SELECT max(id) FROM %s), "
			"EXISTS (SELECT 1 FROM fts_todo_%s)",
			i ? "," : "SELECT", name, name);
	}
	rc = db_query(d, &q, buf_str(&sql), "");
	buf_fini(&sql);
	if (rc < 0)
		return rc;
	rc = db_step(d, q);
	for (i = 0; i < ARRAY_SIZE(kinds) && rc > 0; i++)
		st[i] = (struct kind_state){
			.all = sqlite3_column_int64(q, 2 * (int)i),
			.todo = sqlite3_column_int(q, 2 * (int)i + 1)};
	db_end(d, q);
	return rc < 0 ? rc : 0;
}

static int search_one(struct db *d, const struct query *q, enum entity e,
	const struct kind_state *st, const struct store_me *me, int limit,
	struct arena *a, struct rows *out)
{
	struct stream s = {
		.q = q, .limit = limit, .no_todo = !st->todo, .all = st->all};
	int rc;

	rows_init(out, e);
	if (!st->all)
		return 0;
	rc = stream_open(&s, d, e, me, a, out);
	if (rc == 0 && e == ENT_MESSAGE && out->n > 1)
		qsort(out->v, (size_t)out->n, sizeof(*out->v), by_at_down);
	if (rc == 0)
		add_snippets(out, q);
	return rc;
}

static int search_kinds(struct db *d, const struct query *q,
	const struct store_me *me, int limit, struct rows *const *out,
	struct rows *r)
{
	struct kind_state st[ARRAY_SIZE(kinds)] = {{0}};
	struct arena *a = arena_new();
	int rc = look_ahead(d, st);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds) && rc == 0; i++)
		if (out[i])
			rc = search_one(
				d, q, kinds[i], &st[i], me, limit, a, &r[i]);
	arena_free(a);
	return rc;
}

int store_search(struct store_ro *ro, const struct query *q,
	const struct store_me *me, int limit, struct rows *tickets,
	struct rows *messages, struct rows *articles, struct rows *customers)
{
	struct rows *out[] = {tickets, messages, articles, customers};
	struct rows r[ARRAY_SIZE(kinds)] = {{0}};
	size_t i;
	int rc;

	if (!q->has_text)
		return err_set(E_INPUT, _("say what to look for"));
	rc = db_read_begin(&ro->db);
	if (rc < 0)
		return rc;
	rc = search_kinds(&ro->db, q, me, limit, out, r);
	db_read_end(&ro->db);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (rc == 0 && out[i])
			*out[i] = r[i];
		else
			rows_free(&r[i]);
	}
	return rc;
}
