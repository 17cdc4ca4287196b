/* SPDX-License-Identifier: MIT */
/*
 * fill DATABASE TICKETS MESSAGES QUEUES [stage]
 *
 * A cache of generated tickets and messages made through the store alone, for
 * figures that need a large one. With `stage` it does what the store's part of
 * a landing is: pages of the size and slices of the index that the engine
 * would use, durable as the engine's are, and prints the time within the store.
 */
#include <string.h>

#include "bench.h"
#include "galley/base/mem.h"
#include "galley/store/store.h"
#include "galley/sync/engine.h"
#include "records.h"

#define BATCH 2000

struct fill {
	struct store_rw *store;
	struct gen *gen;
	int connector, stage;
	unsigned queues;
	double in_store_s;
	int64_t left;
};

static void land(struct fill *f, const char *stream, struct recs *recs)
{
	struct store_page p = {.connector = f->connector,
		.stream = stream,
		.cursor_key = "",
		.recs = recs};
	struct store_page_result res;
	double start = bench_wall_s();

	bench_must(store_page_apply(f->store, &p, &res), "page");
	if (f->stage)
		bench_must(
			store_index_slice(f->store,
				engine_limits_default.index_slice_ms, &f->left),
			"index");
	f->in_store_s += bench_wall_s() - start;
	if (res.bad)
		bench_die(
			"fill: %d records of %s were refused", res.bad, stream);
	recs_free(recs);
}

static void add_ticket(struct fill *f, struct recs *recs, uint64_t i)
{
	records_add_ticket(recs, f->gen, i, f->queues);
}

static void add_message(struct fill *f, struct recs *recs, uint64_t i)
{
	records_add_message(recs, f->gen, i);
}

static void fill_all(struct fill *f, const char *stream, uint64_t n,
	void (*add)(struct fill *, struct recs *, uint64_t))
{
	uint64_t batch = f->stage ? GEN_PAGE : BATCH;

	for (uint64_t i = 0; i < n;) {
		struct recs *recs = recs_new();

		do {
			add(f, recs, i++);
		} while (i < n && i % batch);
		land(f, stream, recs);
	}
}

static void index_rest(struct fill *f)
{
	double start = bench_wall_s();
	int64_t slice = f->stage ? engine_limits_default.index_slice_ms : 500;

	do {
		bench_must(
			store_index_slice(f->store, slice, &f->left), "index");
	} while (f->left > 0);
	f->in_store_s += bench_wall_s() - start;
}

/* As an engine does that has nothing else to do. */
static void merge(struct fill *f)
{
	int left = 1;

	while (left)
		bench_must(store_index_merge(f->store, 500, &left), "merge");
}

int main(int argc, char **argv)
{
	struct fill f = {.gen = gen_new(), .left = 1};
	struct store_opts o = {.sender = 1};
	struct recs *queues = recs_new();
	uint64_t messages;

	if (argc < 5)
		bench_die("usage: fill DATABASE TICKETS MESSAGES QUEUES "
			  "[stage]");
	o.path = argv[1];
	messages = bench_number(argv[3]);
	f.queues = (unsigned)bench_number(argv[4]);
	f.stage = argc > 5 && strcmp(argv[5], "stage") == 0;
	o.sync_normal = !f.stage;
	o.cache_kib = f.stage ? 0 : 65536;
	if (!f.queues)
		bench_die("fill: one queue at least");
	bench_must(store_open_rw(&o, &f.store), argv[1]);
	bench_must(store_connector(f.store, "desk", "bench", &f.connector),
		"connector");
	records_add_queues(queues, f.queues);
	land(&f, "queues", queues);
	fill_all(&f, "tickets", bench_number(argv[2]), add_ticket);
	bench_value("tickets_s", f.in_store_s);
	fill_all(&f, "messages", messages, add_message);
	bench_value("rows_s", f.in_store_s);
	if (messages)
		index_rest(&f);
	bench_value("store_s", f.in_store_s);
	if (!f.stage)
		merge(&f);
	store_close_rw(f.store);
	gen_free(f.gen);
	return 0;
}
