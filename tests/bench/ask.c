/* SPDX-License-Identifier: MIT */
/*
 * ask DATABASE MESSAGES ROUNDS: searches for the newest 50 within a process, as
 * a bench would while somebody types, kinds of terms in turn; prints the median
 * and the 99th percentile of each kind in ms.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "galley/base/mem.h"
#include "galley/store/store.h"
#include "terms.h"

enum kind { RARE, COMMON, PREFIX, HAN2, HAN2_COMMON, KINDS };

static const char *const names[KINDS] = {"rare word", "common word",
	"prefix of 4", "two characters", "two characters, common"};
static const char *const common[] = {"order", "refund", "please", "delivery",
	"account", "payment", "invoice", "package"};
static const char *const common_han[] = {
	"退款", "订单", "快递", "客服", "收到", "商品", "发货", "物流"};

static void term_of(enum kind k, const struct gen *g, struct rnd *r, uint64_t n,
	struct buf *out)
{
	switch (k) {
	case COMMON:
		buf_adds(out, common[rnd_below(r, ARRAY_SIZE(common))]);
		break;
	case PREFIX:
		term_pick(g, TERM_PREFIX, r, n, out);
		buf_addc(out, '*');
		break;
	case HAN2:
		term_pick(g, TERM_HAN2, r, n, out);
		break;
	case HAN2_COMMON:
		buf_adds(out, common_han[rnd_below(r, ARRAY_SIZE(common_han))]);
		break;
	default:
		buf_adds(out, rnd_chance(r, 1, 2) ? GEN_RARE_EN : GEN_RARE_ZH);
		break;
	}
}

static double search_ms(struct store_ro *ro, const char *text)
{
	struct rows tickets, messages, articles, customers;
	double start = bench_wall_s();
	struct query *q;

	bench_must(query_parse(text, ENT_TICKET, 0, 0, &q), text);
	bench_must(store_search(ro, q, NULL, 50, &tickets, &messages, &articles,
			   &customers),
		text);
	rows_free(&tickets);
	rows_free(&messages);
	rows_free(&articles);
	rows_free(&customers);
	query_free(q);
	return (bench_wall_s() - start) * 1000;
}

int main(int argc, char **argv)
{
	struct store_opts o = {0};
	struct store_ro *ro;
	struct gen *g = gen_new();
	struct buf term = BUF_INIT;
	double *ms[KINDS];
	struct rnd r;
	uint64_t n;
	int rounds;

	if (argc != 4)
		bench_die("usage: ask DATABASE MESSAGES ROUNDS");
	o.path = argv[1];
	n = bench_number(argv[2]);
	rounds = (int)bench_number(argv[3]);
	rnd_seed(&r, 7);
	bench_must(store_open_ro(&o, &ro), argv[1]);
	for (int k = 0; k < KINDS; k++)
		ms[k] = xcalloc((size_t)rounds, sizeof(**ms));
	for (int i = 0; i < rounds; i++)
		for (enum kind k = 0; k < KINDS; k++) {
			buf_reset(&term);
			term_of(k, g, &r, n, &term);
			ms[k][i] = search_ms(ro, buf_str(&term));
		}
	for (int k = 0; k < KINDS; k++) {
		printf("ask\t%s\t%.3f\t%.3f\n", names[k],
			bench_percentile(ms[k], rounds, 50),
			bench_percentile(ms[k], rounds, 99));
		free(ms[k]);
	}
	buf_fini(&term);
	gen_free(g);
	store_close_ro(ro);
	return 0;
}
