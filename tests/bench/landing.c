/* SPDX-License-Identifier: MIT */
/*
 * landing URL DATABASE MANIFEST HELPER TICKETS MESSAGES
 *
 * The whole engine as `galley sync` hosts it, from an empty cache to settled
 * and searchable: network, sandboxed mapping, store, index. Prints the times
 * and what memory it took, and ends with an error unless every ticket and every
 * message is there and the planted words are found.
 */
#include <sys/resource.h>

#include "bench.h"
#include "galley/base/clock.h"
#include "galley/sync/host.h"
#include "gen.h"

#define DEADLINE_MS (10 * 60 * 1000)

struct landing {
	const char *path;
	double start, first_s;
};

/* Are rows readable by somebody else? */
static int readable(const char *path)
{
	struct store_opts o = {.path = path};
	struct store_ro *ro;
	struct query *q;
	struct rows rows;
	int n;

	bench_must(store_open_ro(&o, &ro), path);
	bench_must(query_parse("", ENT_TICKET, 0, 0, &q), "query");
	bench_must(store_query(ro, q, NULL, 50, NULL, &rows), "query");
	n = rows.n;
	rows_free(&rows);
	query_free(q);
	store_close_ro(ro);
	return n;
}

static void on_event(void *u, const struct engine_event *e)
{
	struct landing *l = u;

	if (e->kind != EV_PAGE || l->first_s > 0 ||
		!(e->topics & UINT64_C(1) << ENT_TICKET))
		return;
	if (readable(l->path))
		l->first_s = bench_wall_s() - l->start;
}

static void expect(
	struct store_ro *ro, enum entity e, const char *text, int64_t want)
{
	struct query *q;
	int64_t n;

	bench_must(query_parse(text, e, 0, 0, &q), text);
	bench_must(store_query_count(ro, q, NULL, 10000000, &n), text);
	query_free(q);
	if (n != want)
		bench_die("landing: %lld rows for `%s`, expected %lld",
			(long long)n, text, (long long)want);
}

static void check(struct store_ro *ro, uint64_t tickets, uint64_t messages)
{
	int64_t left;

	bench_must(store_index_left(ro, &left), "index");
	if (left)
		bench_die(
			"landing: %lld rows are not indexed", (long long)left);
	expect(ro, ENT_TICKET, "", (int64_t)tickets);
	expect(ro, ENT_MESSAGE, "", (int64_t)messages);
	expect(ro, ENT_MESSAGE, GEN_RARE_EN,
		(int64_t)(messages + 49982) / 50000);
	expect(ro, ENT_MESSAGE, GEN_RARE_ZH,
		(int64_t)(messages + 49976) / 50000);
}

static double children_cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double host_run(struct landing *l, const struct host_args *a,
	uint64_t tickets, uint64_t messages)
{
	struct host *h;
	double wall;

	l->start = bench_wall_s();
	bench_must(host_new(a, &h), "host");
	bench_must(host_settle(h, NULL,
			   clock_mono_ms(clock_system()) + DEADLINE_MS),
		"settle");
	wall = bench_wall_s() - l->start;
	check(store_reader(host_store(h)), tickets, messages);
	host_free(h);
	return wall;
}

int main(int argc, char **argv)
{
	struct landing l = {0};
	struct store_opts store = {0};
	const char *values[1];
	struct manifest *m;
	struct host_conn conn = {0};
	struct host_args args = {.store = &store,
		.conns = &conn,
		.n_conns = 1,
		.event = on_event,
		.event_user = &l};
	double wall;

	if (argc != 7)
		bench_die("usage: landing URL DATABASE MANIFEST HELPER "
			  "TICKETS MESSAGES");
	bench_must(manifest_load(argv[3], &m), argv[3]);
	values[0] = argv[1];
	l.path = store.path = argv[2];
	conn.manifest = m;
	conn.args = (struct conn_args){
		.name = "desk", .values = values, .helper = argv[4]};
	wall = host_run(
		&l, &args, bench_number(argv[5]), bench_number(argv[6]));
	bench_value("wall_s", wall);
	bench_value("first_s", l.first_s);
	bench_value("cpu_s", bench_cpu_s());
	bench_value("mapping_cpu_s", children_cpu_s());
	bench_value("peak_mib", bench_peak_mib());
	bench_value("mapping_peak_mib", bench_children_peak_mib());
	manifest_free(m);
	return 0;
}
