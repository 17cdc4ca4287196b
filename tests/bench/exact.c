/* SPDX-License-Identifier: MIT */
/*
 * exact DATABASE MESSAGES TERMS
 *
 * Is what search finds what is there? Terms of each kind are looked up in a
 * cache (made by fill) and scanned for in the folded bytes of every message;
 * recall and precision are over all terms of the kind. The scan shares the
 * folding with the store and nothing else.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "galley/base/fold.h"
#include "galley/base/mem.h"
#include "galley/store/store.h"
#include "terms.h"

struct exact {
	struct store_ro *ro;
	struct gen *gen;
	uint64_t n;
	struct buf *folded;
	char *found;
	int64_t both, only_found, only_there;
	char example[160];
};

static void fold_all(struct exact *x)
{
	struct buf text = BUF_INIT;

	x->folded = xcalloc(x->n, sizeof(*x->folded));
	for (uint64_t i = 0; i < x->n; i++) {
		buf_reset(&text);
		gen_body(x->gen, i, &text);
		fold_text(&x->folded[i], text.p, text.len);
	}
	buf_fini(&text);
}

static int is_word(char c)
{
	return isalnum((unsigned char)c);
}

/* Latin ends of the needle must be ends of words. */
static int scan(const struct buf *hay, const struct buf *needle, int prefix)
{
	const char *at = hay->p, *end = hay->p + hay->len, *after;

	while ((at = memmem(at, (size_t)(end - at), needle->p, needle->len))) {
		after = at + needle->len;
		if (!(at > hay->p && is_word(at[-1]) && is_word(*at)) &&
			(prefix || after == end || !is_word(*after) ||
				!is_word(after[-1])))
			return 1;
		at++;
	}
	return 0;
}

static void mark_page(struct exact *x, const struct rows *rows)
{
	for (int i = 0; i < rows->n; i++) {
		uint64_t id = bench_number(rows->v[i].rid);

		if (id < 1 || id > x->n)
			bench_die("exact: a message that is not there: %llu",
				(unsigned long long)id);
		x->found[id - 1] = 1;
	}
}

static void mark_found(struct exact *x, const char *text)
{
	struct query *q;
	char *after = NULL;
	struct rows rows;
	int more;

	memset(x->found, 0, x->n);
	bench_must(query_parse(text, ENT_MESSAGE, 0, 0, &q), text);
	do {
		bench_must(
			store_query(x->ro, q, NULL, 500, after, &rows), text);
		mark_page(x, &rows);
		more = rows.more;
		free(after);
		after = xstrdup_null(rows.next);
		rows_free(&rows);
	} while (more && after);
	free(after);
	query_free(q);
}

static void compare(
	struct exact *x, const char *text, const struct buf *needle, int prefix)
{
	for (uint64_t i = 0; i < x->n; i++) {
		int there = scan(&x->folded[i], needle, prefix);

		x->both += there && x->found[i];
		x->only_found += !there && x->found[i];
		x->only_there += there && !x->found[i];
		if (there != x->found[i] && !*x->example)
			snprintf(x->example, sizeof(x->example),
				"%s in message %llu: %s", text,
				(unsigned long long)i + 1,
				there ? "missed" : "false");
	}
}

static void check(struct exact *x, enum term t, struct rnd *r)
{
	struct buf term = BUF_INIT, folded = BUF_INIT;
	char *text;

	term_pick(x->gen, t, r, x->n, &term);
	fold_text(&folded, term.p, term.len);
	text = xasprintf(t == TERM_PREFIX ? "%s*" : "\"%s\"", term.p);
	mark_found(x, text);
	compare(x, text, &folded, t == TERM_PREFIX);
	free(text);
	buf_fini(&term);
	buf_fini(&folded);
}

static double share(int64_t part, int64_t rest)
{
	return part + rest ? (double)part / (double)(part + rest) : 1;
}

static void kind(struct exact *x, enum term t, int terms)
{
	struct rnd r;

	rnd_seed(&r, (uint64_t)t + 1);
	x->both = x->only_found = x->only_there = 0;
	*x->example = '\0';
	for (int i = 0; i < terms; i++)
		check(x, t, &r);
	printf("exact\t%s\t%d\t%.4f\t%.4f\t%s\n", term_names[t], terms,
		share(x->both, x->only_there), share(x->both, x->only_found),
		x->example);
}

int main(int argc, char **argv)
{
	struct store_opts o = {0};
	struct exact x = {0};

	if (argc != 4)
		bench_die("usage: exact DATABASE MESSAGES TERMS");
	o.path = argv[1];
	x.n = bench_number(argv[2]);
	bench_must(store_open_ro(&o, &x.ro), argv[1]);
	x.gen = gen_new();
	x.found = xcalloc(x.n, 1);
	fold_all(&x);
	for (enum term t = 0; t < TERM_COUNT; t++)
		kind(&x, t, (int)bench_number(argv[3]));
	for (uint64_t i = 0; i < x.n; i++)
		buf_fini(&x.folded[i]);
	free(x.folded);
	free(x.found);
	gen_free(x.gen);
	store_close_ro(x.ro);
	return 0;
}
