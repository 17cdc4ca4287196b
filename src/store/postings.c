/* SPDX-License-Identifier: MIT */
/*
 * Which rows may hold the words of a query, from the lists that FTS5 keeps.
 * FTS5 goes through a list entry by entry, and unites all lists of a prefix
 * before it gives the first row: with a million messages that takes three
 * times as long as this for a pair of common characters that seldom stand
 * together, and ten times as long for a common beginning.
 * It gives candidates only: what was deleted or replaced is among them, and the
 * asker looks at the text. What it does not know, it refuses, and FTS5 has to
 * be asked: another version, a broken page.
 * The format: ext/fts5/fts5_index.c of SQLite, version 4.
 */
#include "query_priv.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"

#define VERSION	     4
#define STRUCTURE    10 /* the row that names the segments */
#define SEGMENT_BITS 37 /* below a segment's number: its pages */
#define SEGMENTS     64
#define ROWS	     (INT64_C(64) << 20) /* 8 MiB of bits */
#define CHUNK	     8000 /* bytes of a list at a time: 4 pages */
#define PAD	     72	  /* readable behind what is read: a short entry */
#define LAST	     INT64_MAX
#define NO_ID	     UINT32_MAX
#define REFUSED	     1

struct segment {
	int64_t id, first, last;
};

/* --- bits ----------------------------------------------------------------- */

static size_t bits_words(const struct bits *b)
{
	return (size_t)(b->hi - b->lo) / 64 + 1;
}

static void bits_init(struct bits *b, int64_t lo, int64_t hi)
{
	*b = (struct bits){.lo = lo, .hi = hi};
	b->w = xcalloc(bits_words(b), sizeof(*b->w));
}

void bits_fini(struct bits *b)
{
	FREE(&b->w);
}

static inline void bits_set(struct bits *b, int64_t id)
{
	if (id >= b->lo && id < b->hi)
		b->w[(id - b->lo) / 64] |= UINT64_C(1) << (id - b->lo) % 64;
}

static void bits_join(struct bits *b, const struct bits *with, int both)
{
	size_t i;

	for (i = 0; i < bits_words(b); i++)
		b->w[i] = both ? b->w[i] & with->w[i] : b->w[i] | with->w[i];
}

int64_t bits_below(const struct bits *b, int64_t id)
{
	int64_t at = id - b->lo, i = at / 64;
	uint64_t w;

	if (at <= 0)
		return 0;
	w = b->w[i] & ((UINT64_C(1) << at % 64) - 1);
	while (!w && i > 0)
		w = b->w[--i];
	return w ? b->lo + i * 64 + 63 - __builtin_clzll(w) : 0;
}

/* --- pages ---------------------------------------------------------------- */

static inline const uint8_t *varint(const uint8_t *p, uint64_t *v)
{
	uint64_t x = 0;
	int i;

	if (*p < 0x80) {
		*v = *p;
		return p + 1;
	}
	for (i = 0; i < 8; i++) {
		x = x << 7 | (p[i] & 0x7f);
		if (p[i] < 0x80) {
			*v = x;
			return p + i + 1;
		}
	}
	*v = x << 8 | p[8];
	return p + 9;
}

static void pad(struct buf *b)
{
	buf_grow(b, PAD);
	memset(b->p + b->len, 0, PAD);
}

static void take_blob(struct buf *b, sqlite3_stmt *st, int col)
{
	const void *p = sqlite3_column_blob(st, col);

	buf_reset(b);
	if (p)
		buf_add(b, p, (size_t)sqlite3_column_bytes(st, col));
	pad(b);
}

static const uint8_t *bytes(const struct buf *b)
{
	return (const uint8_t *)b->p;
}

/* A leaf: what goes on from the page before, then terms with their lists, then
 * where the terms begin. */
struct page {
	struct buf b;
	size_t end;   /* of the lists */
	size_t rowid; /* the first whole entry that goes on, or 0 */
	size_t term;  /* where the next term begins, or `end` */
	size_t foot;  /* what says where the one after it begins */
	int first;    /* no term was read yet */
};

static int page_read(struct page *pg, sqlite3_stmt *st)
{
	const uint8_t *p;
	uint64_t at;

	take_blob(&pg->b, st, 1);
	p = bytes(&pg->b);
	pg->rowid = (size_t)p[0] << 8 | p[1];
	pg->end = (size_t)p[2] << 8 | p[3];
	if (pg->end < 4 || pg->end > pg->b.len)
		return REFUSED;
	pg->first = 1;
	pg->foot = pg->term = pg->end;
	if (pg->end == pg->b.len)
		return 0;
	pg->foot = (size_t)(varint(p + pg->end, &at) - p);
	if (at < 4 || at >= pg->end)
		return REFUSED;
	pg->term = (size_t)at;
	return 0;
}

/* The first row that the page has a whole entry of, before its first term. */
static int64_t page_id(const struct page *pg)
{
	uint64_t id;

	if (pg->rowid < 4 || pg->rowid >= pg->term)
		return LAST;
	varint(bytes(&pg->b) + pg->rowid, &id);
	return id < LAST ? (int64_t)id : LAST;
}

/* The term at pg->term into `term`; its list stands from *from to *to. */
static int page_term(
	struct page *pg, struct buf *term, size_t *from, size_t *to)
{
	const uint8_t *base = bytes(&pg->b), *p = base + pg->term;
	uint64_t keep = 0, n, step = 0;
	size_t next = pg->end;

	if (pg->foot < pg->b.len) {
		pg->foot = (size_t)(varint(base + pg->foot, &step) - base);
		if (step == 0 || step >= pg->end - pg->term)
			return REFUSED;
		next = pg->term + (size_t)step;
	}
	if (!pg->first)
		p = varint(p, &keep);
	p = varint(p, &n);
	if (p > base + next || n > (size_t)(base + next - p) ||
		keep > term->len)
		return REFUSED;
	term->len = (size_t)keep;
	buf_add(term, p, (size_t)n);
	pg->first = 0;
	pg->term = next;
	*from = (size_t)(p - base) + (size_t)n;
	*to = next;
	return 0;
}

/* --- lists ---------------------------------------------------------------- */

/* An id, and where the size of its places stands. */
struct entry {
	uint32_t id, at;
};

/* The list of one term in one segment, or a part of it, joined from its pages;
 * then what stands in it. */
struct list {
	struct buf raw;
	/* the first entry of a page has its id in full: where */
	size_t *whole;
	int n_whole, cap_whole;
	struct entry *v;
	size_t n, cap;
	int down; /* some id is below the one before it */
};

static void list_fini(struct list *l)
{
	buf_fini(&l->raw);
	free(l->whole);
	free(l->v);
}

static void list_reset(struct list *l)
{
	buf_reset(&l->raw);
	l->n_whole = l->down = 0;
	l->n = 0;
}

static void list_add(struct list *l, const struct page *pg, size_t from,
	size_t to, size_t rowid)
{
	if (from >= to)
		return;
	if (rowid >= from && rowid < to) {
		l->whole = list_room(
			l->whole, l->n_whole, &l->cap_whole, sizeof(*l->whole));
		l->whole[l->n_whole++] = l->raw.len + rowid - from;
	}
	buf_add(&l->raw, bytes(&pg->b) + from, to - from);
}

static inline const uint8_t *short_varint(const uint8_t *p, uint64_t *v)
{
	if (*p >= 0x80)
		return varint(p, v);
	*v = *p;
	return p + 1;
}

/* The entries from one that has its id in full to the next such one. */
struct part {
	const uint8_t *p, *to;
	uint64_t id;
	size_t n; /* where the next one goes */
};

static struct part part_of(const struct list *l, int i, size_t n)
{
	const uint8_t *base = bytes(&l->raw);
	size_t to = i + 1 < l->n_whole ? l->whole[i + 1] : l->raw.len;

	return (struct part){.p = base + l->whole[i], .to = base + to, .n = n};
}

/* Of each entry: the distance of its id, the size of its places and a bit that
 * says deleted, its places. */
static int part_step(struct list *l, struct part *s)
{
	const uint8_t *p = s->p, *end = bytes(&l->raw) + l->raw.len;
	uint64_t v;

	p = short_varint(p, &v);
	s->id += v;
	if (v >= NO_ID || s->id >= NO_ID)
		return REFUSED;
	l->v[s->n++] =
		(struct entry){(uint32_t)s->id, (uint32_t)(p - bytes(&l->raw))};
	p = short_varint(p, &v);
	v /= 2;
	/* behind the end of what is broken, `end - p` is negative */
	if ((int64_t)v > end - p)
		return REFUSED;
	s->p = p + v;
	return 0;
}

static inline unsigned two_bytes(const uint8_t *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

/* Both numbers are of one byte almost always. Where an entry begins is known
 * when the one before it is read: of two parts at a time none waits for the
 * other. To the end of one, or to what is longer. */
static void short_steps(struct list *l, struct part *first, struct part *second)
{
	const uint8_t *base = bytes(&l->raw);
	struct part a = *first, b = *second; /* in registers */
	struct entry *v = l->v + a.n, *w = l->v + b.n;
	unsigned x, y;
	size_t n;

	for (n = 0; a.p < a.to && b.p < b.to; n++) {
		x = two_bytes(a.p);
		y = two_bytes(b.p);
		if ((x | y) & 0x8080)
			break;
		a.id += x & 0xff;
		b.id += y & 0xff;
		v[n] = (struct entry){
			(uint32_t)a.id, (uint32_t)(a.p - base) + 1};
		w[n] = (struct entry){
			(uint32_t)b.id, (uint32_t)(b.p - base) + 1};
		a.p += 2 + (x >> 9);
		b.p += 2 + (y >> 9);
	}
	a.n += n;
	b.n += n;
	*first = a;
	*second = b;
}

static int part_rest(struct list *l, struct part *s)
{
	int rc = 0;

	while (rc == 0 && s->p < s->to)
		rc = part_step(l, s);
	return rc == 0 && s->p == s->to && s->id < NO_ID ? 0 : REFUSED;
}

/* A part of entries up to `to` stands behind those that were read. */
static void part_end(struct list *l, size_t to)
{
	if (l->n && l->n < to)
		l->down |= l->v[l->n].id < l->v[l->n - 1].id;
	l->n = to;
}

static int read_two(struct list *l, int i)
{
	struct part a = part_of(l, i, l->n), b;
	size_t from;
	int rc = 0;

	/* an entry is of two bytes and more */
	from = a.n + (size_t)(a.to - a.p) / 2 + 1;
	b = part_of(l, i + 1, from);
	while (rc == 0 && a.p < a.to && b.p < b.to) {
		short_steps(l, &a, &b);
		if (a.p < a.to && b.p < b.to)
			rc = part_step(l, &a) | part_step(l, &b);
	}
	if (rc != 0 || part_rest(l, &a) != 0 || part_rest(l, &b) != 0)
		return REFUSED;
	memmove(l->v + a.n, l->v + from, (b.n - from) * sizeof(*l->v));
	part_end(l, a.n);
	part_end(l, a.n + b.n - from);
	return 0;
}

static int read_one(struct list *l, int i)
{
	struct part a = part_of(l, i, l->n);
	int rc = part_rest(l, &a);

	part_end(l, a.n);
	return rc;
}

static int list_read(struct list *l)
{
	/* and one more for each part */
	size_t most = l->raw.len / 2 + (size_t)l->n_whole + 1;
	int i, rc = 0;

	if (l->raw.len > UINT32_MAX ||
		(l->raw.len && (!l->n_whole || l->whole[0])))
		return REFUSED;
	if (most > l->cap) {
		l->cap = most + most / 2;
		l->v = xreallocarray(l->v, l->cap, sizeof(*l->v));
	}
	pad(&l->raw);
	for (i = 0; i + 1 < l->n_whole && rc == 0; i += 2)
		rc = read_two(l, i);
	if (i < l->n_whole && rc == 0)
		rc = read_one(l, i);
	return rc;
}

/* --- one segment ---------------------------------------------------------- */

/* Reads the list of one term, or those of all terms with a beginning one behind
 * the other, a chunk at a time. */
struct scan {
	struct buf want;
	int prefix;
	const struct segment *s;
	sqlite3_stmt *st;
	int64_t next; /* the page that has to come */
	struct page pg;
	struct buf term;
	struct list list;
	size_t pos; /* what has been taken of it */
	int open;   /* the list goes on */
	int cut;    /* from the next page's first whole entry */
	int held;   /* the rest of the page belongs to the next chunk */
	int done;
};

/* The lists of one term in all segments, as runs of ascending ids: a run is
 * what one segment has before the others. */
struct feed {
	struct scan *scan; /* one for each */
	struct scan *from; /* of this run */
	size_t at, end;
	uint32_t behind; /* what stands there: NO_ID stands in its place */
};

struct postings {
	struct db *d;
	const char *name;
	struct segment seg[SEGMENTS];
	int n;
	int columns;
	int64_t lo, hi; /* ids that are looked at */
	int many;	/* some list goes on on other pages */
	struct feed feed[2];
};

/* Below 0: terms to come may be wanted. */
static int compare(const struct scan *sc)
{
	const struct buf *t = &sc->term, *w = &sc->want;
	int c = memcmp(t->p, w->p, t->len < w->len ? t->len : w->len);

	if (c != 0 || t->len == w->len)
		return c;
	if (t->len < w->len)
		return -1;
	return sc->prefix ? 0 : 1;
}

static int scan_terms(struct scan *sc)
{
	struct page *pg = &sc->pg;
	size_t from = 0, to = 0;
	int c, rc = 0;

	while (rc == 0 && !sc->done && pg->term < pg->end) {
		if (sc->open && !sc->prefix) {
			sc->done = 1;
			break;
		}
		rc = page_term(pg, &sc->term, &from, &to);
		c = compare(sc);
		sc->open = rc == 0 && c == 0;
		sc->done = rc == 0 && c > 0;
		if (sc->open)
			list_add(&sc->list, pg, from, to, from);
	}
	return rc;
}

/* Where the page's first whole entry begins, or its first term. */
static size_t page_split(const struct page *pg)
{
	return page_id(pg) == LAST ? pg->term : pg->rowid;
}

static int page_rest(struct scan *sc)
{
	const struct page *pg = &sc->pg;

	sc->held = 0;
	if (sc->open)
		list_add(&sc->list, pg, page_split(pg), pg->term, pg->rowid);
	return scan_terms(sc);
}

static int scan_page(const struct postings *x, struct scan *sc)
{
	const struct page *pg = &sc->pg;
	int rc = page_read(&sc->pg, sc->st);

	if (rc != 0)
		return rc;
	if (sc->open && !sc->cut)
		list_add(&sc->list, pg, 4, page_split(pg), 0);
	sc->cut = 0;
	if (!sc->prefix && sc->open && page_id(pg) != LAST &&
		page_id(pg) >= x->hi)
		sc->done = 1;
	/* an entry may be longer than a page */
	else if (sc->list.raw.len >= CHUNK && page_split(pg) < pg->end)
		sc->held = 1;
	else
		rc = page_rest(sc);
	return rc;
}

static int pages(const struct postings *x, const struct scan *sc, int64_t from,
	int64_t to, sqlite3_stmt **st)
{
	int64_t id = sc->s->id << SEGMENT_BITS;
	struct buf sql = BUF_INIT;
	int rc;

	buf_addf(&sql,
		"SELECT id, block FROM fts_%s_data WHERE id BETWEEN ? AND ? "
		"ORDER BY id",
		x->name);
	rc = db_query(x->d, st, buf_str(&sql), "ii", id + from, id + to);
	buf_fini(&sql);
	return rc;
}

static int scan_step(const struct postings *x, struct scan *sc)
{
	int64_t id = sc->s->id << SEGMENT_BITS;
	int rc = db_step(x->d, sc->st);

	if (rc < 0)
		return rc;
	if (rc == 0) {
		sc->done = 1;
		return sc->next == sc->s->last + 1 ? 0 : REFUSED;
	}
	if (sqlite3_column_int64(sc->st, 0) != id + sc->next++)
		return REFUSED;
	return scan_page(x, sc);
}

static int scan_from(const struct postings *x, struct scan *sc, int64_t page)
{
	sc->next = page;
	return pages(x, sc, page, sc->s->last, &sc->st);
}

static void scan_stop(const struct postings *x, struct scan *sc)
{
	db_end(x->d, sc->st);
	sc->st = NULL;
}

/* The page on which `want` stands, if it is there; or the first behind it that
 * begins with a term. */
static int page_of(const struct postings *x, const struct scan *sc, int behind,
	int64_t *page)
{
	struct buf sql = BUF_INIT;
	sqlite3_stmt *st;
	int rc;

	buf_addf(&sql,
		"SELECT pgno FROM fts_%s_idx WHERE segid = ? AND term %s ? "
		"ORDER BY term %s LIMIT 1",
		x->name, behind ? ">" : "<=", behind ? "" : "DESC");
	rc = db_query(x->d, &st, buf_str(&sql), "i", sc->s->id);
	buf_fini(&sql);
	if (rc < 0)
		return rc;
	sqlite3_bind_blob64(st, 2, sc->want.p, sc->want.len, SQLITE_STATIC);
	rc = db_step(x->d, st);
	*page = behind ? sc->s->last + 1 : 0;
	if (rc > 0)
		*page = sqlite3_column_int64(st, 0) >> 1;
	/* a merge has taken the first ones away */
	if (*page < sc->s->first)
		*page = sc->s->first;
	db_end(x->d, st);
	return rc < 0 ? rc : 0;
}

/* 1: the page's first whole entry is of a row that is not above x->lo. */
static int is_before(const struct postings *x, struct scan *sc, int64_t page)
{
	sqlite3_stmt *st;
	int rc = pages(x, sc, page, page, &st);

	if (rc < 0)
		return rc;
	rc = db_step(x->d, st);
	if (rc > 0)
		rc = page_read(&sc->pg, st) == 0 && page_id(&sc->pg) <= x->lo;
	db_end(x->d, st);
	return rc;
}

/* All pages up to the next one with a term are of this list: goes on with the
 * last one that has all rows from x->lo on behind it. */
static int skip_pages(struct postings *x, struct scan *sc)
{
	int64_t first = sc->next, end, mid;
	int rc = page_of(x, sc, 1, &end);

	scan_stop(x, sc);
	x->many |= first < end;
	while (rc >= 0 && first < end) {
		mid = first + (end - first) / 2;
		rc = is_before(x, sc, mid);
		if (rc > 0)
			first = mid + 1;
		else
			end = mid;
	}
	if (rc < 0)
		return rc;
	if (first > sc->next) {
		first--;
		sc->cut = 1;
		list_reset(&sc->list);
	}
	return scan_from(x, sc, first);
}

static void scan_want(struct scan *sc, const char *term, int prefix)
{
	sc->prefix = prefix;
	buf_reset(&sc->want);
	buf_addf(&sc->want, "0%s", term);
}

static int scan_start(struct postings *x, struct scan *sc, int seg)
{
	int64_t page;
	int rc;

	sc->s = &x->seg[seg];
	sc->open = sc->cut = sc->held = sc->done = 0;
	list_reset(&sc->list);
	sc->pos = 0;
	buf_reset(&sc->term);
	pad(&sc->term);
	rc = page_of(x, sc, 0, &page);
	if (rc == 0)
		rc = scan_from(x, sc, page);
	if (rc == 0)
		rc = scan_step(x, sc);
	if (rc == 0 && sc->open && !sc->done && !sc->prefix && x->lo > 1)
		rc = skip_pages(x, sc);
	return rc;
}

/* The next chunk; none is left when the list is empty. */
static int scan_fill(const struct postings *x, struct scan *sc)
{
	int rc = sc->held ? page_rest(sc) : 0;

	while (rc == 0 && !sc->done && !sc->held)
		rc = scan_step(x, sc);
	if (rc == 0)
		rc = list_read(&sc->list);
	/* of several terms each begins anew */
	return rc == 0 && sc->list.down && !sc->prefix ? REFUSED : rc;
}

static void scan_fini(struct scan *sc)
{
	buf_fini(&sc->want);
	buf_fini(&sc->term);
	buf_fini(&sc->pg.b);
	list_fini(&sc->list);
}

static int scan_all(struct postings *x, struct scan *sc, struct bits *b)
{
	size_t i;
	int rc = scan_fill(x, sc);

	while (rc == 0 && sc->list.n) {
		for (i = 0; i < sc->list.n; i++)
			bits_set(b, sc->list.v[i].id);
		list_reset(&sc->list);
		rc = scan_fill(x, sc);
	}
	return rc;
}

/* --- phrases -------------------------------------------------------------- */

/* Where a term stands in a row: the column above, the token below. */
static inline const uint8_t *place(const uint8_t *p, uint64_t *at)
{
	uint64_t v;

	p = short_varint(p, &v);
	if (v == 1) { /* another column */
		p = varint(p, &v);
		*at = v << 32;
		p = varint(p, &v);
	}
	*at += v - 2;
	return p;
}

/* The places of one entry. */
struct places {
	const uint8_t *p, *end;
};

static inline struct places places_of(const struct list *l, size_t i)
{
	struct places out;
	uint64_t size;

	out.p = short_varint(bytes(&l->raw) + l->v[i].at, &size);
	out.end = out.p + size / 2;
	return out;
}

/* The places by 64, in bits. Of a number only the last byte counts then, the
 * one below 0x80; and which one that is cannot be foretold: no jump depends on
 * it. Four bytes are enough for most; those behind the end never end a number.
 */
static inline uint64_t marks(struct places s)
{
	size_t n = (size_t)(s.end - s.p);
	uint64_t seen = 0, keep;
	uint32_t w, last, sum, at = 0;

	for (; n > 4; n--, s.p++) {
		last = (*s.p >> 7) ^ 1;
		at += (*s.p - 2u) & -last;
		seen |= (uint64_t)last << at % 64;
	}
	memcpy(&w, s.p, 4);
	keep = (UINT64_C(1) << 8 * n) - 1;
	w = (le32toh(w) & (uint32_t)keep) | (0x80808080 & ~(uint32_t)keep);
	last = (~w & 0x80808080) >> 7;
	/* each by 64, then with all before it: no byte overflows */
	sum = ((w & 0x3f3f3f3f) + 0x3e3e3e3e) & last * 0x3f;
	sum = sum * 0x01010101;
	seen |= (uint64_t)(last & 1) << (at + sum) % 64;
	seen |= (uint64_t)(last >> 8 & 1) << (at + (sum >> 8)) % 64;
	seen |= (uint64_t)(last >> 16 & 1) << (at + (sum >> 16)) % 64;
	seen |= (uint64_t)(last >> 24) << (at + (sum >> 24)) % 64;
	return seen;
}

/* Does some place of `b` follow one of `a`? Most often not. */
static int follows(struct places a, struct places b, int columns)
{
	uint64_t x = 0, y = 0, seen = marks(a);

	if (columns < 2 && !((seen << 1 | seen >> 63) & marks(b)))
		return 0;
	if (b.p < b.end)
		b.p = place(b.p, &y);
	while (a.p < a.end) {
		a.p = place(a.p, &x);
		while (y <= x && b.p < b.end)
			b.p = place(b.p, &y);
		if (y == x + 1)
			return 1;
	}
	return 0;
}

#define PAIRS 512
#define BLOCK 8192  /* ids at a time */
#define RUN   60000 /* entries; more are another run */

/* Runs of two terms, and entries of theirs for the same row. */
struct join {
	struct bits *out;
	struct feed *a, *b;
	int columns;
	struct pair {
		uint32_t a, b;
	} pair[PAIRS];
	size_t n;
	size_t before; /* one before the first entry of a's run */
	/* by id: the entry of `a`, counted from there; 0 none */
	uint16_t entry[BLOCK];
};

static void check_pairs(struct join *j)
{
	const struct list *a = &j->a->from->list, *b = &j->b->from->list;
	size_t i;

	for (i = 0; i < j->n; i++) {
		size_t at = j->before + j->pair[i].a;

		if (follows(places_of(a, at), places_of(b, j->pair[i].b),
			    j->columns))
			bits_set(j->out, a->v[at].id);
	}
	j->n = 0;
}

/* The entries from `from` up to `top`. Which of two ids is lower cannot be
 * foretold: no jump depends on it. */
static void join_block(struct join *j, uint32_t from, uint32_t top)
{
	const struct entry *a = j->a->from->list.v, *b = j->b->from->list.v;
	size_t i, k = j->b->at, n = j->n;

	for (i = j->a->at; a[i].id < top; i++)
		j->entry[a[i].id - from] = (uint16_t)(i - j->before);
	for (; b[k].id < top; k++) {
		uint16_t at = j->entry[b[k].id - from];

		j->pair[n].a = at;
		j->pair[n].b = (uint32_t)k;
		n += at != 0;
		if (n == PAIRS) {
			j->n = n;
			check_pairs(j);
			n = 0;
		}
	}
	j->n = n;
	j->a->at = i;
	j->b->at = k;
	memset(j->entry, 0, (top - from) * sizeof(*j->entry));
}

static void feed_skip(struct feed *f, uint32_t id)
{
	const struct entry *v = f->from->list.v;

	while (v[f->at].id < id)
		f->at++;
}

static uint32_t feed_id(const struct feed *f, size_t at)
{
	return f->from->list.v[at].id;
}

/* To the end of one of the runs. */
static void join_runs(struct join *j)
{
	uint32_t a = feed_id(j->a, j->a->end - 1);
	uint32_t b = feed_id(j->b, j->b->end - 1), last = a < b ? a : b;

	j->before = j->a->at - 1;
	for (;;) {
		a = feed_id(j->a, j->a->at);
		b = feed_id(j->b, j->b->at);
		if (a < b)
			a = b;
		feed_skip(j->a, a <= last ? a : last + 1);
		feed_skip(j->b, a <= last ? a : last + 1);
		if (a > last)
			break;
		join_block(j, a, last - a < BLOCK ? last + 1 : a + BLOCK);
	}
	check_pairs(j);
}

/* The run of what begins lowest, up to where another one begins. A chunk holds
 * less than RUN, whatever the size of a page. */
static void feed_choose(const struct postings *x, struct feed *f)
{
	uint32_t low = NO_ID, bound = NO_ID;
	struct scan *sc;
	int i;

	f->from = NULL;
	for (i = 0; i < x->n; i++) {
		uint32_t id;

		sc = &f->scan[i];
		if (sc->pos == sc->list.n)
			continue;
		id = sc->list.v[sc->pos].id;
		if (id < low) {
			bound = low;
			low = id;
			f->from = sc;
		} else if (id < bound) {
			bound = id;
		}
	}
	if (!f->from)
		return;
	sc = f->from;
	f->at = sc->pos;
	f->end = sc->list.n - f->at > RUN ? f->at + RUN : sc->list.n;
	if (bound != NO_ID)
		for (f->end = f->at; f->end - f->at < RUN &&
				     f->end < sc->list.n &&
				     sc->list.v[f->end].id <= bound;)
			f->end++;
	f->behind = sc->list.v[f->end].id;
	sc->list.v[f->end].id = NO_ID;
}

/* The next run, when this one has been taken. A row of two runs was changed, or
 * deleted: it is a candidate whatever its entries say. */
static int feed_next(const struct postings *x, struct feed *f, struct bits *out)
{
	struct scan *sc = f->from;
	uint32_t last;
	int rc = 0;

	if (f->at < f->end)
		return 0;
	last = sc->list.v[f->end - 1].id;
	sc->list.v[f->end].id = f->behind;
	sc->pos = f->end;
	if (sc->pos == sc->list.n) {
		list_reset(&sc->list);
		sc->pos = 0;
		rc = scan_fill(x, sc);
	}
	feed_choose(x, f);
	if (f->from && f->from->list.v[f->at].id == last)
		bits_set(out, last);
	return rc;
}

static void feed_stop(const struct postings *x, struct feed *f)
{
	int i;

	for (i = 0; i < x->n; i++)
		scan_stop(x, &f->scan[i]);
}

static int feed_start(struct postings *x, struct feed *f, const char *term)
{
	int i, rc = 0;

	for (i = 0; i < x->n && rc == 0; i++) {
		scan_want(&f->scan[i], term, 0);
		rc = scan_start(x, &f->scan[i], i);
		if (rc == 0)
			rc = scan_fill(x, &f->scan[i]);
	}
	feed_choose(x, f);
	return rc;
}

static int join(struct postings *x, struct bits *out)
{
	struct join j;
	int rc = 0;

	memset(&j, 0, sizeof(j));
	j.out = out;
	j.columns = x->columns;
	j.a = &x->feed[0];
	j.b = &x->feed[1];
	while (rc == 0 && j.a->from && j.b->from) {
		join_runs(&j);
		rc = feed_next(x, j.a, out);
		if (rc == 0)
			rc = feed_next(x, j.b, out);
	}
	return rc;
}

/* Rows in which `b` follows `a`. While segments are being put together, the
 * terms of a row stand in several. */
static int find_pair(
	struct postings *x, const char *a, const char *b, struct bits *out)
{
	int rc = feed_start(x, &x->feed[0], a);

	if (rc == 0)
		rc = feed_start(x, &x->feed[1], b);
	if (rc == 0)
		rc = join(x, out);
	feed_stop(x, &x->feed[0]);
	feed_stop(x, &x->feed[1]);
	return rc;
}

/* Each two neighbours: together they name little more than the phrase. */
static int find_phrase(
	struct postings *x, const struct tokens *t, int n, struct bits *b)
{
	struct bits all, two;
	int i, rc;

	bits_init(&all, b->lo, b->hi);
	rc = find_pair(x, t->v[0], t->v[1], &all);
	for (i = 1; i + 1 < n && rc == 0; i++) {
		bits_init(&two, b->lo, b->hi);
		rc = find_pair(x, t->v[i], t->v[i + 1], &two);
		bits_join(&all, &two, 1);
		bits_fini(&two);
	}
	bits_join(b, &all, 0);
	bits_fini(&all);
	return rc;
}

static int find_term(
	struct postings *x, const char *term, int prefix, struct bits *b)
{
	struct scan *sc = x->feed[0].scan;
	int i, rc = 0;

	for (i = 0; i < x->n && rc == 0; i++) {
		scan_want(sc, term, prefix);
		rc = scan_start(x, sc, i);
		if (rc == 0)
			rc = scan_all(x, sc, b);
		scan_stop(x, sc);
	}
	return rc;
}

/* --- the tree ------------------------------------------------------------- */

static int find_text(
	struct postings *x, const char *s, int prefix, struct bits *b)
{
	struct tokens t;

	tokens_of(s, &t);
	/* of several words the last one may go on: the others name more */
	if (prefix && t.n > 1 && !t.more) {
		t.n--;
		prefix = 0;
	}
	if (t.n < 2)
		return t.n ? find_term(x, t.v[0], prefix, b) : 0;
	return find_phrase(x, &t, t.n, b);
}

static int find_word(
	struct postings *x, const struct query_node *n, struct bits *b)
{
	char forms[4][16];
	int i, k = 0, rc;

	rc = find_text(x, word_text(n), word_goes_on(n), b);
	if (n->shape == SHAPE_PHONE)
		k = phone_forms(n->text, forms);
	for (i = 0; i < k && rc == 0; i++)
		rc = find_text(x, forms[i], 0, b);
	return rc;
}

static int find(struct postings *x, const struct query_node *n, struct bits *b);

/* As cover() does; `b` is empty. */
static int find_two(
	struct postings *x, const struct query_node *n, struct bits *b)
{
	struct bits other;
	int rc = find(x, n->a, b);

	if (rc != 0)
		return rc;
	bits_init(&other, b->lo, b->hi);
	rc = find(x, n->b, &other);
	bits_join(b, &other, n->type == Q_AND);
	bits_fini(&other);
	return rc;
}

static int find(struct postings *x, const struct query_node *n, struct bits *b)
{
	switch (n->type) {
	case Q_TEXT:
	case Q_SHAPED:
		return find_word(x, n, b);
	case Q_AND:
		if (!is_covered(n->a))
			return find(x, n->b, b);
		if (!is_covered(n->b))
			return find(x, n->a, b);
		return find_two(x, n, b);
	case Q_OR:
		return find_two(x, n, b);
	default:
		return REFUSED;
	}
}

/* --- what there is -------------------------------------------------------- */

/* Reads `n` numbers; gives where they end, NULL when the record ends before. */
static const uint8_t *numbers(
	const uint8_t *p, const uint8_t *end, int64_t *out, int n)
{
	uint64_t v;
	int i;

	for (i = 0; i < n && p; i++) {
		p = varint(p, &v);
		out[i] = v <= INT32_MAX ? (int64_t)v : -1;
		if (p > end || out[i] < 0)
			p = NULL;
	}
	return p;
}

static const uint8_t *read_level(
	struct postings *x, const uint8_t *p, const uint8_t *end)
{
	int64_t v[3], n;

	p = numbers(p, end, v, 2);
	for (n = v[1]; p && n > 0; n--) {
		p = numbers(p, end, v, 3);
		if (!p || x->n == SEGMENTS || v[0] < 1 || v[0] > UINT16_MAX ||
			v[1] > v[2])
			return NULL;
		/* from page 0 on: a merge has emptied it */
		if (v[1])
			x->seg[x->n++] = (struct segment){v[0], v[1], v[2]};
	}
	return p;
}

/* Behind a cookie of 4 bytes: levels, segments, writes, then each level. */
static int read_structure(struct postings *x, const struct buf *b)
{
	const uint8_t *p = bytes(b), *end = p + b->len;
	int64_t v[3], i;

	p = numbers(p + 4, end, v, 2);
	if (!p || v[0] > SEGMENTS)
		return REFUSED;
	p = varint(p, &(uint64_t){0});
	for (i = 0; i < v[0] && p; i++)
		p = read_level(x, p, end);
	return p == end ? 0 : REFUSED;
}

static int index_open(struct postings *x)
{
	struct buf sql = BUF_INIT, b = BUF_INIT;
	sqlite3_stmt *st;
	int rc;

	buf_addf(&sql,
		"SELECT block, (SELECT v FROM fts_%s_config "
		"WHERE k = 'version') FROM fts_%s_data WHERE id = %d",
		x->name, x->name, STRUCTURE);
	rc = db_query(x->d, &st, buf_str(&sql), "");
	buf_fini(&sql);
	if (rc < 0)
		return rc;
	rc = db_step(x->d, st);
	if (rc > 0) {
		take_blob(&b, st, 0);
		rc = sqlite3_column_int(st, 1) == VERSION
			     ? read_structure(x, &b)
			     : REFUSED;
		buf_fini(&b);
	} else if (rc == 0) {
		rc = REFUSED;
	}
	db_end(x->d, st);
	return rc;
}

void postings_close(struct postings *x)
{
	int i;

	for (i = 0; i < 2 * x->n && x->feed[0].scan; i++)
		scan_fini(&x->feed[0].scan[i]);
	free(x->feed[0].scan);
	free(x);
}

int postings_open(struct db *d, enum entity e, struct postings **out)
{
	const struct entity_desc *desc = entity_desc(e);
	struct postings *x = xcalloc(1, sizeof(*x));
	int i, rc;

	x->d = d;
	x->name = desc->name;
	for (i = 0; i < desc->n_fields; i++)
		x->columns += (desc->fields[i].flags & FF_SEARCH) != 0;
	rc = index_open(x);
	if (rc == 0) {
		x->feed[0].scan =
			xcalloc((size_t)x->n, 2 * sizeof(struct scan));
		x->feed[1].scan = x->feed[0].scan + x->n;
		*out = x;
	} else {
		postings_close(x);
	}
	return rc < 0 ? rc : rc != REFUSED;
}

int postings_find(struct postings *x, const struct query_node *root, int64_t lo,
	int64_t hi, struct bits *out)
{
	struct bits b;
	int rc;

	if (hi - lo > ROWS)
		return 0;
	x->lo = lo;
	x->hi = hi;
	x->many = 0;
	bits_init(&b, lo, hi);
	rc = find(x, root, &b);
	if (rc == 0)
		*out = b;
	else
		bits_fini(&b);
	return rc < 0 ? rc : rc != REFUSED;
}

int postings_short(const struct postings *x)
{
	return !x->many;
}
