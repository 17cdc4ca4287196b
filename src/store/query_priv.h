/* SPDX-License-Identifier: MIT */
/*
 * From a query's tree to SQL: what query.c (lists) and search.c (full text)
 * share. Values are always parameters; the only names in the SQL are those of
 * fields.def.
 */
#ifndef GALLEY_STORE_QUERY_PRIV_H
#define GALLEY_STORE_QUERY_PRIV_H

#include "store_priv.h"

#define GEN_PARAMS 1500
/* Full-text hits that are looked at before a list is read the other way. */
#define HITS_MAX 3000

struct param {
	char kind; /* i or t */
	int64_t i;
	const char *s;
};

/* SQL text being written, with its parameters in order. */
struct gen {
	struct db *d;
	struct arena *a;
	enum entity e;	   /* of the rows that are selected */
	const char *alias; /* of the table that fields belong to now */
	enum entity at;	   /* the entity of `alias` */
	const struct store_me *me;
	struct buf sql;
	struct param *params;
	int n, cap;
	int open; /* the rows `t` are known to be: gen_open() says it */
	int ids;  /* a condition names rows by id: few, no walk needed */
	int own;  /* text means the row's own text only */
	int walk; /* words are asked of each row, the index was asked before */
};

void gen_init(struct gen *g, struct db *d, struct arena *a, enum entity e,
	const struct store_me *me);
void gen_fini(struct gen *g);
void gen_int(struct gen *g, int64_t v); /* writes ? */
void gen_open(struct gen *g);
void gen_text(struct gen *g, const char *s);
/* Prepares `sql` and binds the parameters. */
int gen_query(struct gen *g, sqlite3_stmt **st) MUST_CHECK;

/* A condition that is true, false or NULL (= false). */
int gen_node(struct gen *g, const struct query_node *n) MUST_CHECK;
/* The same as true or false only. */
int gen_bool(struct gen *g, const struct query_node *n) MUST_CHECK;

struct ids {
	int64_t *v;
	int n, cap;
};
void ids_add(struct gen *g, struct ids *l, int64_t id);
/* Rows that the values of a reference field name. */
int gen_refs(struct gen *g, const struct query_node *n, struct ids *out,
	int *none) MUST_CHECK;

/* --- text.c --------------------------------------------------------------- */

/* The condition for a Q_TEXT or Q_SHAPED node. */
int gen_word(struct gen *g, const struct query_node *n) MUST_CHECK;
/* Text of the row itself (or its alias) holds it. */
int gen_own_text(struct gen *g, const struct query_node *n) MUST_CHECK;
/* Rows that a shaped word names directly (number, id, identity). */
int direct_ids(
	struct gen *g, const struct query_node *n, struct ids *out) MUST_CHECK;
/* An FTS5 expression that every hit of the tree matches; 0 when there is none
 * (then only a scan finds them). */
int cover(struct buf *out, const struct query_node *n);
int is_covered(const struct query_node *n);
/* What of a word is looked for, and whether as a beginning. */
const char *word_text(const struct query_node *n);
int word_goes_on(const struct query_node *n);
/* Digits of a shaped phone and of its national forms. */
int phone_forms(const char *text, char out[4][16]);

/* Does so little wait for the index that it can be looked through? */
int todo_is_small(struct db *d, enum entity e) MUST_CHECK;

/* --- tokenizer.c ---------------------------------------------------------- */

#define TOKENS_MAX 8

/* What FTS5 makes of a word in a query. */
struct tokens {
	char v[TOKENS_MAX][80];
	int n, more; /* more: these are only the first */
};
void tokens_of(const char *s, struct tokens *out);

/* --- postings.c ----------------------------------------------------------- */

/* Ids from `lo` on, below `hi`. */
struct bits {
	uint64_t *w;
	int64_t lo, hi;
};
void bits_fini(struct bits *b);
/* The highest one below `id` (at most `hi`), 0 when there is none. */
int64_t bits_below(const struct bits *b, int64_t id);

/* All in one reading transaction. 0: this index cannot be read so. */
struct postings;
int postings_open(
	struct db *d, enum entity e, struct postings **out) MUST_CHECK;
void postings_close(struct postings *x);
/* Of the rows from `lo` (above 0) to below `hi`, all of which the index holds
 * the tree are among those given; cover() is 1. */
int postings_find(struct postings *x, const struct query_node *root, int64_t lo,
	int64_t hi, struct bits *out) MUST_CHECK;
/* The lists of that were read whole: all rows would have cost no more. */
int postings_short(const struct postings *x);

/* --- search.c ------------------------------------------------------------- */

/* Lists whose words the index can give in their own order. */
int can_stream(const struct query *q);
int stream_page(struct db *d, const struct query *q, const struct store_me *me,
	int limit, const char *after, struct arena *a,
	struct rows *out) MUST_CHECK;

#endif
