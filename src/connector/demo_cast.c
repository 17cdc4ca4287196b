/* SPDX-License-Identifier: MIT */
/*
 * The cast of the demo centre: queues, colleagues, customers, what is known,
 * and which story is told of whom and when. The stories themselves are then
 * told in the order of time, as the day is later (demo_day.c).
 */
#include "demo_priv.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "galley/base/mem.h"

/* --- people and places
 * --------------------------------------------------------- */

static void cast_queues(struct demo *d)
{
	const struct d_block *b;

	for (b = d->script.first[D_QUEUE]; b; b = b->next) {
		struct d_row *r = row_new(&d->world, ENT_QUEUE, b->id);

		row_text(&d->world, r, FID_QUEUE_NAME,
			block_or(b, "name", b->id));
		row_text(&d->world, r, FID_QUEUE_ABOUT, block_get(b, "about"));
	}
}

static int cast_agents(struct demo *d)
{
	const struct d_block *b;

	for (b = d->script.first[D_AGENT]; b; b = b->next) {
		struct d_row *r = row_new(&d->world, ENT_AGENT, b->id), *p;
		const char *state = block_or(b, "state", "ready");

		row_text(&d->world, r, FID_AGENT_NAME,
			block_or(b, "name", b->id));
		row_text(&d->world, r, FID_AGENT_LOGIN,
			block_or(b, "login", b->id));
		row_text(&d->world, r, FID_AGENT_EMAIL, block_get(b, "email"));
		row_int(&d->world, r, FID_AGENT_ACTIVE,
			strcmp(state, "left") != 0);
		p = row_new(&d->world, ENT_PRESENCE, b->id);
		row_text(&d->world, p, FID_PRESENCE_AGENT, b->id);
		row_text(&d->world, p, FID_PRESENCE_STATUS, state);
		row_int(&d->world, p, FID_PRESENCE_SINCE,
			d->epoch - (int64_t)(text_hash(b->id) % 90) * MINUTE);
		if (block_get(b, "me"))
			d->me = b->id;
	}
	return d->me ? 0
		     : err_set(E_CONFIG,
			       "the demo's data say of no agent `me yes`");
}

static void cast_identity(
	struct demo *d, const struct d_block *c, const char *type)
{
	const char *v = block_get(c, type);
	char *rid;
	struct d_row *r;

	if (!v)
		return;
	rid = xasprintf("%s:%s", type, v);
	r = row_new(&d->world, ENT_IDENTITY, rid);
	row_text(&d->world, r, FID_IDENTITY_CUSTOMER, c->id);
	row_text(&d->world, r, FID_IDENTITY_TYPE, type);
	row_text(&d->world, r, FID_IDENTITY_VALUE, v);
	row_int(&d->world, r, FID_IDENTITY_VERIFIED, text_hash(v) % 5 != 0);
	free(rid);
}

static void cast_customers(struct demo *d)
{
	static const char *const types[] = {"phone", "wechat", "email", "shop"};
	const struct d_block *b;
	size_t i;

	for (b = d->script.first[D_CUSTOMER]; b; b = b->next) {
		struct d_world *w = &d->world;
		struct d_row *r = row_new(w, ENT_CUSTOMER, b->id), *m;
		char *rid = xasprintf("moment-%s", b->id);

		row_text(w, r, FID_CUSTOMER_NAME, block_or(b, "name", b->id));
		row_text(w, r, FID_CUSTOMER_LANG, block_or(b, "lang", "en"));
		row_text(w, r, FID_CUSTOMER_ORG, block_get(b, "org"));
		row_text(w, r, FID_CUSTOMER_VIP, block_get(b, "vip"));
		row_text(w, r, FID_CUSTOMER_NOTE, block_get(b, "note"));
		for (i = 0; i < ARRAY_SIZE(types); i++)
			cast_identity(d, b, types[i]);
		m = row_new(w, ENT_MOMENT, rid);
		row_text(w, m, FID_MOMENT_CUSTOMER, b->id);
		row_text(w, m, FID_MOMENT_KIND, "stage");
		row_text(w, m, FID_MOMENT_STAGE, "aware");
		row_text(w, m, FID_MOMENT_CHANNEL, "shop");
		row_int(w, m, FID_MOMENT_AT,
			d->epoch - block_span(b, "since", 600 * DAY));
		free(rid);
	}
}

static void cast_snippets(struct demo *d)
{
	const struct d_block *b;

	for (b = d->script.first[D_SNIPPET]; b; b = b->next) {
		struct d_row *r = row_new(&d->world, ENT_SNIPPET, b->id);

		row_text(&d->world, r, FID_SNIPPET_NAME,
			block_or(b, "name", b->id));
		row_text(
			&d->world, r, FID_SNIPPET_SCOPE, block_get(b, "scope"));
		row_text(&d->world, r, FID_SNIPPET_TEXT, block_get(b, "text"));
	}
}

/* "worked 41/48": so many outcomes, so many of them good, over the past. */
static void cast_outcomes(
	struct demo *d, const struct d_block *b, int64_t updated)
{
	const char *v = block_get(b, "worked");
	struct d_world *w = &d->world;
	char *end;
	long good, all, i;
	struct rnd rnd;

	if (!v)
		return;
	good = strtol(v, &end, 10);
	all = *end == '/' ? strtol(end + 1, NULL, 10) : good;
	rnd_seed(&rnd, d->seed ^ text_hash(b->id));
	for (i = 0; i < all && i < 500; i++) {
		char *rid = xasprintf("used-%s-%ld", b->id, i + 1);
		struct d_row *o = row_new(w, ENT_OUTCOME, rid);
		int64_t ago = (int64_t)rnd_below(
			&rnd, (uint64_t)(d->epoch - updated + HOUR));

		row_text(w, o, FID_OUTCOME_ARTICLE, b->id);
		row_int(w, o, FID_OUTCOME_REVISION,
			block_int(b, "revision", 1));
		row_int(w, o, FID_OUTCOME_WORKED, i < good);
		row_text(w, o, FID_OUTCOME_AGENT,
			block_at(&d->script, D_AGENT,
				(int)rnd_below(
					&rnd, (uint64_t)d->script.n[D_AGENT]))
				->id);
		row_int(w, o, FID_OUTCOME_AT, d->epoch - ago);
		free(rid);
	}
}

static void cast_articles(struct demo *d)
{
	const struct d_block *b;

	for (b = d->script.first[D_ARTICLE]; b; b = b->next) {
		struct d_world *w = &d->world;
		struct d_row *r = row_new(w, ENT_ARTICLE, b->id);
		int64_t updated = d->epoch - block_span(b, "updated", 90 * DAY);

		row_text(w, r, FID_ARTICLE_TITLE, block_or(b, "title", b->id));
		row_text(w, r, FID_ARTICLE_TEXT, block_get(b, "text"));
		row_text(w, r, FID_ARTICLE_MIME, "text/plain");
		row_text(w, r, FID_ARTICLE_LANG, block_or(b, "lang", "en"));
		row_text(w, r, FID_ARTICLE_CATEGORY, block_get(b, "category"));
		row_text(w, r, FID_ARTICLE_STATUS,
			block_or(b, "status", "published"));
		row_text(w, r, FID_ARTICLE_URL,
			arena_printf(w->arena, "https://help.shop.example/%s",
				b->id));
		row_text(w, r, FID_ARTICLE_AUTHOR, block_get(b, "author"));
		row_int(w, r, FID_ARTICLE_UPDATED, updated);
		row_text(
			w, r, FID_ARTICLE_KIND, block_or(b, "kind", "article"));
		row_text(w, r, FID_ARTICLE_PROBLEM, block_get(b, "problem"));
		row_text(w, r, FID_ARTICLE_PRODUCT, block_get(b, "product"));
		row_int(w, r, FID_ARTICLE_REVISION,
			block_int(b, "revision", 1));
		row_int(w, r, FID_ARTICLE_REVIEW,
			d->epoch + block_span(b, "review", 120 * DAY));
		cast_outcomes(d, b, updated);
	}
}

/* --- tales
 * ---------------------------------------------------------------------- */

static const struct d_block *agent_for(
	struct demo *d, const struct d_block *story, struct rnd *r)
{
	const char *fixed = block_get(story, "owner");
	const char *queue = block_or(story, "queue", "");
	const struct d_block *b, *found = NULL;
	uint64_t n = 0;

	if (fixed)
		return block_find(&d->script, D_AGENT, fixed);
	for (b = d->script.first[D_AGENT]; b; b = b->next)
		if (word_in(block_or(b, "teams", ""), queue) &&
			rnd_below(r, ++n) == 0)
			found = b;
	return found ? found : d->script.first[D_AGENT];
}

const struct d_block *customer_for(
	struct demo *d, const struct d_block *story, struct rnd *r)
{
	const char *lang = block_or(story, "lang", "en");
	const struct d_block *b, *found = NULL;
	uint64_t n = 0;

	for (b = d->script.first[D_CUSTOMER]; b; b = b->next)
		if (strcmp(block_or(b, "lang", "en"), lang) == 0 &&
			rnd_below(r, ++n) == 0)
			found = b;
	return found ? found : d->script.first[D_CUSTOMER];
}

/* A customer has one appliance of a kind, whoever asks about it. */
static const char *model_for(struct demo *d, const struct d_block *product,
	const struct d_block *customer)
{
	const char *models = block_or(product, "models", "");
	int n = 0;

	while (*word_at(d->arena, models, n))
		n++;
	if (!n)
		return NULL;
	return word_at(d->arena, models,
		(int)((text_hash(customer->id) ^ text_hash(product->id)) %
			(uint64_t)n));
}

static void tale_order(struct demo *d, struct d_tale *t)
{
	const char *order = block_get(t->story, "order");
	const char *number, *amount;
	char *end;

	t->amount_minor = price_of(t->product, &t->rnd);
	if (!order || strcmp(order, "yes") == 0)
		return;
	number = word_at(d->arena, order, 0);
	amount = word_at(d->arena, order, 1);
	t->order = number;
	if (*amount) {
		t->amount_minor = strtoll(amount, &end, 10) * 100;
		if (*end == '.')
			t->amount_minor += strtoll(end + 1, NULL, 10);
	}
}

struct d_tale *tale_new(struct demo *d, const struct d_block *story,
	const struct d_block *customer, int n)
{
	struct d_tale *t = arena_calloc(d->arena, 1, sizeof(*t));
	const char *product = block_get(story, "product");

	if (d->n_tale == d->cap_tale) {
		d->cap_tale = d->cap_tale ? d->cap_tale * 2 : 512;
		d->tale = xreallocarray(
			d->tale, (size_t)d->cap_tale, sizeof(*d->tale));
	}
	t->index = d->n_tale;
	d->tale[d->n_tale++] = t;
	rnd_seed(&t->rnd,
		d->seed ^ text_hash(story->id) ^
			((uint64_t)(n + 1) * UINT64_C(0x9e3779b97f4a7c15)));
	t->story = story;
	t->fixed = block_get(story, "customer") != NULL;
	t->customer = customer ? customer : customer_for(d, story, &t->rnd);
	t->lang = block_or(story, "lang", "en");
	t->channel = block_or(story, "channel", "mail");
	t->queue = block_or(story, "queue", "");
	t->agent = agent_for(d, story, &t->rnd)->id;
	if (product && strcmp(product, "-") != 0)
		t->product = block_find(&d->script, D_PRODUCT, product);
	t->model = block_get(story, "model");
	if (t->product && !t->model)
		t->model = model_for(d, t->product, t->customer);
	t->ending = story->n_endings ? n % story->n_endings + 1 : 0;
	t->alive = 1;
	t->next = story->events;
	while (t->next && t->next->ending && t->next->ending != t->ending)
		t->next = t->next->next;
	tale_order(d, t);
	return t;
}

/* --- when
 * ------------------------------------------------------------------------ */

static int64_t midnight(const struct demo *d)
{
	int64_t local = d->epoch + d->zone_min * MINUTE;

	return d->epoch - local % DAY;
}

/* "9d", or "9d 14:32": that many days ago at that time of the day. */
static int64_t start_fixed(struct demo *d, const char *ago)
{
	const char *span = word_at(d->arena, ago, 0);
	const char *clock = word_at(d->arena, ago, 1), *colon;
	int64_t off = 0, at;

	if (span_read(span, strlen(span), &off) < 0)
		off = DAY;
	colon = strchr(clock, ':');
	if (!colon)
		return d->epoch - off;
	at = midnight(d) - off + strtoll(clock, NULL, 10) * HOUR +
	     strtoll(colon + 1, NULL, 10) * MINUTE;
	return at < d->epoch ? at : d->epoch - MINUTE;
}

/* The k-th of n tellings: spread over two years, thicker towards today. */
static int64_t start_spread(struct demo *d, struct rnd *r, int k, int n)
{
	static const struct {
		int share;
		int from_d, to_d;
	} bands[] = {{20, 0, 3}, {20, 3, 30}, {24, 30, 180}, {36, 180, 725}};
	int64_t at, share = ((int64_t)k * 100 + (int64_t)rnd_below(r, 100)) / n;
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(bands) && share >= bands[i].share)
		share -= bands[i++].share;
	at = midnight(d) -
	     (bands[i].from_d +
		     (int64_t)rnd_below(
			     r, (uint64_t)(bands[i].to_d - bands[i].from_d))) *
		     DAY +
	     8 * HOUR + (int64_t)rnd_below(r, 13 * 60) * MINUTE +
	     (int64_t)rnd_below(r, 60) * 1000;
	while (at > d->epoch - 10 * MINUTE)
		at -= 11 * HOUR;
	return at;
}

static void begin_at(struct demo *d, struct d_tale *t, int64_t start)
{
	if (block_get(t->story, "bought") || block_get(t->story, "order"))
		order_before(d, t, start);
	tale_later(d, t, start - d->epoch);
}

static int64_t start_of(
	struct demo *d, const struct d_block *s, struct rnd *r, int k, int told)
{
	const char *ago = block_get(s, "ago");

	if (block_get(s, "today"))
		return d->epoch + block_span(s, "today", 0);
	return ago ? start_fixed(d, ago) : start_spread(d, r, k, told);
}

static void cast_story(struct demo *d, const struct d_block *s)
{
	const char *who = block_get(s, "customer");
	const struct d_block *c =
		who ? block_find(&d->script, D_CUSTOMER, who) : NULL;
	int told = (int)block_int(s, "told", 1), k;
	struct rnd r;

	rnd_seed(&r, d->seed * 31 + text_hash(s->id));
	for (k = 0; k < told; k++) {
		struct d_tale *t = tale_new(d, s, c, k);
		int64_t start = start_of(d, s, &r, k, told);

		/* the person's own desk is not empty */
		if (!block_get(s, "owner") && start > d->epoch - 3 * DAY &&
			k % 3 == 0)
			t->agent = d->me;
		begin_at(d, t, start);
	}
}

int cast_all(struct demo *d)
{
	const struct d_block *s;
	int rc;

	cast_queues(d);
	rc = cast_agents(d);
	if (rc < 0)
		return rc;
	cast_customers(d);
	cast_snippets(d);
	cast_articles(d);
	shop_history(d);
	for (s = d->script.first[D_STORY]; s; s = s->next)
		cast_story(d, s);
	return 0;
}
