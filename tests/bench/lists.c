/* SPDX-License-Identifier: MIT */
/*
 * lists SMALL LARGE: pages by key through a queue, and the counts of queues, in
 * turn on two caches that differ only in how many tickets they hold. The small
 * one is the peer: a list should not feel what it does not show.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "galley/base/mem.h"
#include "galley/store/store.h"

#define ROUNDS 200
#define PAGES  10 /* of a round: a person scrolls, nobody reads a million */
#define ROWS   60

struct side {
	struct store_ro *ro;
	double page_us[ROUNDS * PAGES];
	int n_pages;
	double count_us[ROUNDS];
	int64_t counted;
};

static void open_side(struct side *s, const char *path)
{
	struct store_opts o = {.path = path};

	bench_must(store_open_ro(&o, &s->ro), path);
}

static void scroll(struct side *s, const struct query *q)
{
	char *after = NULL;

	for (int i = 0; i < PAGES; i++) {
		double start = bench_wall_s();
		struct rows rows;

		bench_must(store_query(s->ro, q, NULL, ROWS, after, &rows),
			"page");
		s->page_us[s->n_pages++] = (bench_wall_s() - start) * 1e6;
		if (rows.n != ROWS)
			bench_die("lists: a page of %d rows", rows.n);
		free(after);
		after = xstrdup_null(rows.next);
		rows_free(&rows);
	}
	free(after);
}

static void count(struct side *s, int round)
{
	double start = bench_wall_s();
	struct arena *a = arena_new();
	struct queue_count *v;
	int n;

	bench_must(store_queue_counts(s->ro, a, &v, &n), "counts");
	s->count_us[round] = (bench_wall_s() - start) * 1e6;
	s->counted = 0;
	for (int i = 0; i < n; i++)
		s->counted += v[i].n;
	arena_free(a);
}

static void race(struct side *small, struct side *large, const char *text,
	const char *figure)
{
	struct query *q;

	bench_must(query_parse(text, ENT_TICKET, 0, 0, &q), text);
	small->n_pages = large->n_pages = 0;
	for (int i = 0; i < ROUNDS; i++) {
		scroll(small, q);
		scroll(large, q);
	}
	query_free(q);
	bench_row(figure, bench_median(large->page_us, large->n_pages),
		bench_median(small->page_us, small->n_pages), "us", 1.5);
}

int main(int argc, char **argv)
{
	static struct side small, large;

	if (argc != 3)
		bench_die("usage: lists SMALL LARGE");
	open_side(&small, argv[1]);
	open_side(&large, argv[2]);
	race(&small, &large, "", "lists: page, newest first");
	race(&small, &large, "queue:queue1", "lists: page of a queue");
	race(&small, &large, "queue:queue1 status:open",
		"lists: page of a queue and status");
	for (int i = 0; i < ROUNDS; i++) {
		count(&small, i);
		count(&large, i);
	}
	if (large.counted < 50 * small.counted)
		bench_die("lists: the counts are %lld and %lld",
			(long long)small.counted, (long long)large.counted);
	bench_row("lists: queue counts", bench_median(large.count_us, ROUNDS),
		bench_median(small.count_us, ROUNDS), "us", 1.5);
	store_close_ro(small.ro);
	store_close_ro(large.ro);
	return 0;
}
