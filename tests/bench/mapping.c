/* SPDX-License-Identifier: MIT */
/*
 * mapping HELPER ROUNDS
 *
 * Pages of Request Tracker's tickets through the shipped manifest's filter in
 * the mapping process, unpacked into records, against cJSON and a mapper
 * written by hand that makes such records. The filter is a general one and a
 * process away; the ratio says what that costs.
 */
#include <cjson/cJSON.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "connector/mapper_priv.h"
#include "galley/base/mem.h"
#include "galley/base/timefmt.h"
#include "gen.h"

#define PAGES 20

struct mapping {
	struct manifest *m;
	struct mapper *mapper;
	int filter;
	struct buf page[PAGES];
};

/* --- ours ------------------------------------------------------------------
 */

static void start(struct mapping *x, int page)
{
	struct call *c = xcalloc(1, sizeof(*c));

	c->user = (uint64_t)page;
	c->meta = xstrdup("{\"status\":200,\"headers\":{},\"cfg\":{},"
			  "\"saved\":{},\"keys\":[]}");
	c->body = xmemdup(x->page[page].p, x->page[page].len + 1);
	c->body_len = x->page[page].len;
	c->body_kind = BODY_JSON;
	c->want[0].filter = x->filter;
	c->want[0].mode = WANT_RECORDS;
	c->n_wants = 1;
	mapper_call(x->mapper, c);
}

static struct recs *finish(struct mapping *x)
{
	struct mapped *d;
	struct recs *recs;

	while (!(d = mapper_next(x->mapper))) {
		struct pollfd p = {
			.fd = mapper_fd(x->mapper), .events = POLLIN};

		poll(&p, 1, 1000);
		mapper_pump(x->mapper);
	}
	if (d->failed || d->body_why || d->v[0].status != WIRE_OK)
		bench_die("mapping: %s", d->failed     ? d->failed
					 : d->body_why ? d->body_why
						       : d->v[0].p);
	bench_must(recs_unpack(d->v[0].p, d->v[0].len, &recs), "unpack");
	mapped_free(d);
	return recs;
}

static struct recs *map_ours(struct mapping *x, int page)
{
	start(x, page);
	mapper_pump(x->mapper);
	return finish(x);
}

/* --- by hand ---------------------------------------------------------------
 */

static const cJSON *get(const cJSON *o, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(o, key);
}

static const cJSON *first(const cJSON *list)
{
	return list ? list->child : NULL;
}

static const char *str(const cJSON *o, const char *key)
{
	return cJSON_GetStringValue(get(o, key));
}

static void set(
	struct recs *recs, struct rec *r, enum field_id f, const char *s)
{
	if (s && *s)
		rec_set_text(recs, r, f, s);
	else
		rec_set_null(r, f);
}

static void set_time(struct rec *r, enum field_id f, const char *s)
{
	int64_t ms;

	if (s && time_parse(s, strlen(s), 0, &ms) == 0 && ms > 0)
		rec_set_int(r, f, ms);
	else
		rec_set_null(r, f);
}

static void hand_customer(struct recs *recs, const cJSON *user)
{
	struct rec *r = recs_add(recs, REC_ROW, ENT_CUSTOMER, str(user, "id"));
	char *id = xasprintf("email:%s", str(user, "EmailAddress"));

	set(recs, r, FID_CUSTOMER_NAME, str(user, "RealName"));
	r = recs_add(recs, REC_ROW, ENT_IDENTITY, id);
	set(recs, r, FID_IDENTITY_CUSTOMER, str(user, "id"));
	rec_set_text(recs, r, FID_IDENTITY_TYPE, "email");
	set(recs, r, FID_IDENTITY_VALUE, str(user, "EmailAddress"));
	free(id);
}

static void hand_custom_fields(
	struct recs *recs, struct rec *r, const cJSON *list)
{
	cJSON *out = cJSON_CreateObject();
	const cJSON *cf;
	char *text;

	for (cf = first(list); cf; cf = cf->next)
		cJSON_AddItemToObject(out, str(cf, "name"),
			cJSON_Duplicate(get(cf, "values"), 1));
	text = cJSON_PrintUnformatted(out);
	rec_set_text(recs, r, FID_TICKET_CF, text);
	free(text);
	cJSON_Delete(out);
}

static void hand_ticket(struct recs *recs, const cJSON *o)
{
	struct rec *r = recs_add(recs, REC_ROW, ENT_TICKET, str(o, "id"));
	const cJSON *who = get(o, "Requestor");
	const char *status = str(o, "Status");

	set(recs, r, FID_TICKET_NUMBER, str(o, "id"));
	set(recs, r, FID_TICKET_SUBJECT, str(o, "Subject"));
	set(recs, r, FID_TICKET_STATUS, status);
	set(recs, r, FID_TICKET_PHASE,
		status && strcmp(status, "resolved") == 0 ? "done" : "open");
	set(recs, r, FID_TICKET_QUEUE, str(get(o, "Queue"), "id"));
	set(recs, r, FID_TICKET_OWNER, str(get(o, "Owner"), "id"));
	rec_set_int(
		r, FID_TICKET_PRIORITY, strtoll(str(o, "Priority"), NULL, 10));
	set_time(r, FID_TICKET_CREATED, str(o, "Created"));
	set_time(r, FID_TICKET_UPDATED, str(o, "LastUpdated"));
	set_time(r, FID_TICKET_DUE, str(o, "Due"));
	hand_custom_fields(recs, r, get(o, "CustomFields"));
	for (o = first(who); o; o = o->next) {
		if (!r->v[field_index(FID_TICKET_CUSTOMER)].kind)
			set(recs, r, FID_TICKET_CUSTOMER, str(o, "id"));
		hand_customer(recs, o);
	}
}

static struct recs *map_hand(struct mapping *x, int page)
{
	cJSON *doc = cJSON_ParseWithLength(x->page[page].p, x->page[page].len);
	struct recs *recs = recs_new();
	const cJSON *o;

	if (!doc)
		bench_die("mapping: page %d is not JSON", page);
	for (o = first(get(doc, "items")); o; o = o->next)
		hand_ticket(recs, o);
	cJSON_Delete(doc);
	return recs;
}

/* --- the race --------------------------------------------------------------
 */

static int tickets(const struct recs *recs)
{
	int n = 0;

	for (const struct rec *r = recs->first; r; r = r->next)
		n += r->kind == REC_ROW && r->entity == ENT_TICKET;
	return n;
}

/* Tickets a second. */
static double rate(
	struct mapping *x, struct recs *(*map)(struct mapping *, int))
{
	double start_s = bench_wall_s();
	int n = 0;

	for (int i = 0; i < PAGES; i++) {
		struct recs *recs = map(x, i);

		if (recs->n_errs)
			bench_die("mapping: %s", recs->errs->text);
		n += tickets(recs);
		recs_free(recs);
	}
	if (n != PAGES * GEN_PAGE)
		bench_die("mapping: %d tickets of %d", n, PAGES * GEN_PAGE);
	return n / (bench_wall_s() - start_s);
}

static void make_pages(struct mapping *x)
{
	struct gen *g = gen_new();

	for (int i = 0; i < PAGES; i++)
		gen_rt_page(g, (uint64_t)i, &x->page[i]);
	gen_free(g);
}

int main(int argc, char **argv)
{
	struct mapping x = {0};
	double ours[32], hand[32];
	int rounds;

	if (argc != 3)
		bench_die("usage: mapping HELPER ROUNDS");
	rounds = (int)bench_number(argv[2]);
	if (rounds < 1 || rounds > 32)
		bench_die("mapping: 1 to 32 rounds");
	bench_must(manifest_load("rt5", &x.m), "rt5");
	x.filter = x.m->streams[manifest_stream(x.m, "tickets")].map;
	x.mapper = mapper_new(x.m, argv[1], clock_system(), 10000);
	bench_must(mapper_compile(x.mapper), "filters");
	/* The manifest was read into arenas; by hand it is malloc's turn. */
	cJSON_InitHooks(NULL);
	make_pages(&x);
	for (int i = -1; i < rounds; i++) {
		double a = rate(&x, map_ours), b = rate(&x, map_hand);

		if (i < 0)
			continue;
		ours[i] = a;
		hand[i] = b;
	}
	bench_row("mapping: us a ticket, filter",
		1e6 / bench_median(ours, rounds),
		1e6 / bench_median(hand, rounds), "us", 0);
	mapper_free(x.mapper);
	manifest_free(x.m);
	for (int i = 0; i < PAGES; i++)
		buf_fini(&x.page[i]);
	return 0;
}
