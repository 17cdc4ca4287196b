/* SPDX-License-Identifier: MIT */
/*
 * Orders of the demo's shop: what customers bought over the years, and what was
 * ordered before a story begins. Returns and refunds that matter are told by
 * the stories.
 */
#include "demo_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"

#define PER_DAY 14

/* Numbers grow with time. */
const char *order_number(struct demo *d, int64_t placed)
{
	int64_t n = 21211 - (d->epoch - placed) * PER_DAY / DAY;
	char rid[32];

	do {
		snprintf(rid, sizeof(rid), "A-%lld", (long long)n++);
	} while (row_find(&d->world, ENT_ORDER, rid) ||
		 strcmp(rid, "A-20931") == 0);
	return arena_strdup(d->world.arena, rid);
}

int64_t price_of(const struct d_block *product, struct rnd *r)
{
	const char *v = block_or(product, "price", "99-399");
	char *end;
	int64_t lo = strtoll(v, &end, 10);
	int64_t hi = *end == '-' ? strtoll(end + 1, NULL, 10) : lo;

	if (hi <= lo)
		return lo * 100;
	/* prices end in 9 */
	return ((lo + (int64_t)rnd_below(r, (uint64_t)(hi - lo))) / 10 * 10 +
		       9) *
	       100;
}

struct leg {
	int64_t after;
	const char *kind, *status, *zh, *en;
};

static const struct leg way[] = {
	{0, "placed", "placed", "网店下单", "ordered in the web shop"},
	{3 * MINUTE, "paid", "paid", "支付宝支付成功", "paid by card"},
	{20 * HOUR, "shipped", "shipped", "已出库，顺丰承运",
		"left the warehouse"},
	{16 * HOUR, "depot", NULL, "到达转运中心", "at the regional depot"},
	{19 * HOUR, "delivered", "delivered", "已签收",
		"delivered, signed for"},
};

static const struct leg back[] = {
	{4 * DAY, "returned", "returned", "七天无理由退货，已寄回",
		"sent back within seven days"},
	{3 * DAY, "received", NULL, "仓库收到退货，外观完好",
		"return received at the warehouse, in good order"},
	{6 * HOUR, "refund_requested", "refunding", "已提交退款",
		"refund requested"},
	{2 * DAY, "refunded", "refunded", "退款已原路退回",
		"refunded to the card"},
};

static void event(struct demo *d, struct d_row *o, const struct leg *s,
	int64_t at, int zh, int money)
{
	struct d_world *w = &d->world;
	char *rid = xasprintf("shop-%s-%s", o->rid, s->kind);
	struct d_row *x = row_find(w, ENT_ORDER_EVENT, rid);

	if (!x)
		x = row_new(w, ENT_ORDER_EVENT, rid);
	row_text(w, x, FID_ORDER_EVENT_PURCHASE, o->rid);
	row_text(w, x, FID_ORDER_EVENT_KIND, s->kind);
	row_int(w, x, FID_ORDER_EVENT_AT, at);
	row_text(w, x, FID_ORDER_EVENT_TEXT, zh ? s->zh : s->en);
	if (money)
		row_int(w, x, FID_ORDER_EVENT_AMOUNT_MINOR,
			row_num(o, FID_ORDER_TOTAL_MINOR));
	if (s->status)
		row_text(w, o, FID_ORDER_STATUS, s->status);
	free(rid);
}

/* As far as the order has come by `until`. Gives the moment of the last step.
 */
static int64_t walk(struct demo *d, struct d_row *o, const struct leg *steps,
	size_t n, int64_t at, int64_t until, int zh)
{
	int64_t last = at;
	size_t i;

	for (i = 0; i < n; i++) {
		at += steps[i].after;
		if (at >= until)
			break;
		event(d, o, &steps[i], at, zh,
			strcmp(steps[i].kind, "paid") == 0 ||
				strcmp(steps[i].kind, "refunded") == 0);
		last = at;
	}
	return last;
}

static struct d_row *order_row(struct demo *d, const char *number,
	const char *customer, int64_t placed, int64_t minor, const char *items)
{
	struct d_world *w = &d->world;
	struct d_row *o = row_new(w, ENT_ORDER, number);

	row_text(w, o, FID_ORDER_NUMBER, number);
	row_text(w, o, FID_ORDER_CUSTOMER, customer);
	row_int(w, o, FID_ORDER_TOTAL_MINOR, minor);
	row_text(w, o, FID_ORDER_CURRENCY, "CNY");
	row_int(w, o, FID_ORDER_PLACED, placed);
	row_text(w, o, FID_ORDER_ITEMS, items);
	return o;
}

void order_before(struct demo *d, struct d_tale *t, int64_t start)
{
	const char *lang = t->lang;
	int64_t placed = start - block_span(t->story, "bought", 12 * DAY);
	int zh = strncmp(lang, "zh", 2) == 0;

	if (!t->order)
		t->order = order_number(d, placed);
	t->purchase = row_find(&d->world, ENT_ORDER, t->order);
	if (t->purchase)
		return;
	t->purchase = order_row(d, t->order, t->customer->id, placed,
		t->amount_minor,
		tell(d, t, block_or(t->story, "item", "{product} {model}")));
	walk(d, t->purchase, way, ARRAY_SIZE(way), placed, start, zh);
}

static void one_order(
	struct demo *d, const struct d_block *c, struct rnd *r, int64_t since)
{
	const struct d_block *p = block_at(&d->script, D_PRODUCT,
		(int)rnd_below(r, (uint64_t)d->script.n[D_PRODUCT]));
	int zh = strncmp(block_or(c, "lang", "en"), "zh", 2) == 0;
	int64_t placed = d->epoch - 2 * HOUR -
			 (int64_t)rnd_below(r, (uint64_t)since) / HOUR * HOUR -
			 (int64_t)rnd_below(r, 3600) * 1000;
	char *items = xasprintf("%s %s", block_or(p, zh ? "zh" : "en", p->id),
		word_at(d->arena, block_or(p, "models", ""), 0));
	struct d_row *o = order_row(d, order_number(d, placed), c->id, placed,
		price_of(p, r), items);
	int64_t last = walk(d, o, way, ARRAY_SIZE(way), placed, d->epoch, zh);

	if (rnd_chance(r, 1, 12))
		walk(d, o, back, ARRAY_SIZE(back), last, d->epoch, zh);
	free(items);
}

void shop_history(struct demo *d)
{
	const struct d_block *c;
	struct rnd r;

	for (c = d->script.first[D_CUSTOMER]; c; c = c->next) {
		int64_t since = block_span(c, "since", 600 * DAY);
		uint64_t n;

		rnd_seed(&r, d->seed ^ text_hash(c->id));
		if (since > 720 * DAY)
			since = 720 * DAY;
		for (n = 1 + rnd_below(&r, 4); n; n--)
			one_order(d, c, &r, since);
	}
}
