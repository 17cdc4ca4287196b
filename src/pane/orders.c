/* SPDX-License-Identifier: MIT */
/*
 * What the customer has bought, newest first, and how far each of it has come:
 * paid, shipped, returned, refunded.
 */
#include "journey_priv.h"
#include "pane_priv.h"

#include <stdio.h>
#include <string.h>
#include "galley/base/i18n.h"

static void money(const struct row *r, enum field_id f, const char *currency,
	char out[40])
{
	const struct val *v = row_get(r, f);

	out[0] = '\0';
	if (v->kind == VAL_INT && v->i)
		snprintf(out, 40, "%lld.%02d %s", (long long)(v->i / 100),
			(int)(v->i % 100), currency ? currency : "");
}

/* "other" says nothing that the text does not. */
static const char *kind_word(const char *kind, const char *text)
{
	if (text && kind && strcmp(kind, "other") == 0)
		return "";
	return journey_word(kind);
}

static void events(struct pane *p, int64_t order, const char *currency)
{
	struct rows rows;
	char t[24], sum[40];
	int i;

	if (pane_children(p, FID_ORDER_EVENT_PURCHASE, order,
		    FID_ORDER_EVENT_AT, 30, &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++) {
		const struct row *r = &rows.v[i];
		const char *text = words_str(r, FID_ORDER_EVENT_TEXT);
		const char *kind = words_str(r, FID_ORDER_EVENT_KIND);

		money(r, FID_ORDER_EVENT_AMOUNT_MINOR, currency, sum);
		kind = kind_word(kind, text);
		reader_line(p->own, ST_DIM, 2, order, "%s  %s%s%s %s",
			words_time(
				p->desk, row_get(r, FID_ORDER_EVENT_AT)->i, t),
			kind, *kind ? "  " : "", text ? text : "", sum);
	}
	rows_free(&rows);
}

static int orders_load(struct pane *p)
{
	int64_t id = desk_case(p->desk)->customer;
	struct rows rows;
	char sum[40], t[24];
	int i, rc;

	if (!id) {
		p->state = PANE_EMPTY;
		return 0;
	}
	rc = pane_children(
		p, FID_ORDER_CUSTOMER, id, FID_ORDER_PLACED, 20, &rows);
	if (rc < 0)
		return rc;
	reader_begin(p->own, p->w, p->h);
	for (i = 0; i < rows.n; i++) {
		const struct row *r = &rows.v[i];
		const char *number = words_str(r, FID_ORDER_NUMBER);
		const char *status = words_str(r, FID_ORDER_STATUS);
		const char *items = words_str(r, FID_ORDER_ITEMS);
		const char *cur = words_str(r, FID_ORDER_CURRENCY);

		money(r, FID_ORDER_TOTAL_MINOR, cur, sum);
		reader_line(p->own, ST_STRONG, 0, r->id, "%s  %s  %s  %s",
			number ? number : r->rid, journey_word(status), sum,
			words_time(
				p->desk, row_get(r, FID_ORDER_PLACED)->i, t));
		if (items)
			reader_text(p->own, ST_TEXT, 2, r->id, items);
		if (i < 3)
			events(p, r->id, cur);
	}
	reader_end(p->own);
	if (!rows.n)
		p->state = PANE_EMPTY;
	rows_free(&rows);
	return 0;
}

static void orders_empty(
	const struct pane *p, const char **say, const char **hint)
{
	(void)p;
	*say = _("No orders are known.");
	*hint = NULL;
}

const struct pane_ops pane_orders = {
	.name = "orders",
	.title = N_("Orders"),
	.topics = TOPIC(ENT_ORDER) | TOPIC(ENT_ORDER_EVENT) | TOPIC_FOCUS,
	.contexts = CX_TEXT | CX_CASE,
	.min_w = 24,
	.min_h = 4,
	.good_w = 38,
	.good_h = 10,
	.drop = 7,
	.state_size = sizeof(struct reader),
	TEXTPANE,
	.copy = textpane_copy,
	.load = orders_load,
	.empty = orders_empty,
};
