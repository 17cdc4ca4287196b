/* SPDX-License-Identifier: MIT */
/*
 * What the case in focus knows of the names in texts, galley-macro(5). What the
 * role sees only in part is not known here: half a number helps nobody.
 */
#include "bench_priv.h"

#include <string.h>
#include "galley/base/mem.h"
#include "galley/base/timefmt.h"
#include "galley/base/utf8.h"
#include "galley/policy/redact_view.h"

struct read {
	struct known_words *k;
	struct desk *d;
};

static void put(struct read *r, const char *name, const char *s)
{
	struct buf b = BUF_INIT;

	if (!s || !*s || r->k->n == KNOWN_MAX)
		return;
	buf_adds(&b, "");
	text_gate(&b, s, strlen(s), GATE_LINE);
	r->k->v[r->k->n].name = name;
	r->k->v[r->k->n++].text = arena_strdup(r->k->arena, buf_str(&b));
	buf_fini(&b);
}

static const char *str(const struct row *r, enum field_id id)
{
	const struct val *v = row_get(r, id);

	return v->kind == VAL_TEXT ? v->s : NULL;
}

static int64_t num(const struct row *r, enum field_id id)
{
	const struct val *v = row_get(r, id);

	return v->kind == VAL_INT ? v->i : 0;
}

static void put_day(struct read *r, const char *name, int64_t ms)
{
	char day[TIME_ISO_SIZE];

	time_sql(ms + (int64_t)desk_zone(r->d) * 60000, day);
	day[strlen("2026-11-30")] = '\0';
	put(r, name, day);
}

static void of_contacts(struct read *r, int64_t customer)
{
	struct buf b = BUF_INIT;
	struct rows rows;
	int i;

	if (store_children(desk_ro(r->d), FID_IDENTITY_CUSTOMER, customer, 50,
		    &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++) {
		const char *type = str(&rows.v[i], FID_IDENTITY_TYPE);
		const char *s = str(&rows.v[i], FID_IDENTITY_VALUE);

		buf_reset(&b);
		if (!type || !s)
			continue;
		redact_view(&b, s, strlen(s), P1, ROLE_AGENT);
		if (strcmp(buf_str(&b), s) != 0)
			continue;
		if (strcmp(type, "phone") == 0)
			put(r, "customer.phone", s);
		else if (strcmp(type, "email") == 0)
			put(r, "customer.email", s);
	}
	buf_fini(&b);
	rows_free(&rows);
}

static void of_customer(struct read *r, int64_t id)
{
	struct rows rows;

	if (store_row(desk_ro(r->d), ENT_CUSTOMER, id, &rows) < 0)
		return;
	put(r, "customer.name", str(&rows.v[0], FID_CUSTOMER_NAME));
	put(r, "customer.level", str(&rows.v[0], FID_CUSTOMER_VIP));
	r->k->lang = macro_lang_of(str(&rows.v[0], FID_CUSTOMER_LANG));
	rows_free(&rows);
	of_contacts(r, id);
}

/* The newest. */
static void of_orders(struct read *r, int64_t customer)
{
	const struct row *at = NULL;
	struct rows rows;
	int i;

	if (store_children(desk_ro(r->d), FID_ORDER_CUSTOMER, customer, 100,
		    &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++)
		if (!at || num(&rows.v[i], FID_ORDER_PLACED) >
				   num(at, FID_ORDER_PLACED))
			at = &rows.v[i];
	if (at) {
		const char *no = str(at, FID_ORDER_NUMBER);

		put(r, "order.no", no ? no : at->rid);
		put(r, "order.status", str(at, FID_ORDER_STATUS));
		put(r, "product", str(at, FID_ORDER_ITEMS));
	}
	rows_free(&rows);
}

/* The open one that is due first. */
static void of_promises(struct read *r, int64_t customer)
{
	const struct row *at = NULL;
	struct rows rows;
	int i;

	if (store_children(desk_ro(r->d), FID_PROMISE_CUSTOMER, customer, 100,
		    &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++) {
		const struct row *x = &rows.v[i];
		const char *s = str(x, FID_PROMISE_STATUS);

		if ((!s || strcmp(s, "open") == 0) && num(x, FID_PROMISE_DUE) &&
			(!at || num(x, FID_PROMISE_DUE) <
					num(at, FID_PROMISE_DUE)))
			at = x;
	}
	if (at) {
		put(r, "promise.text", str(at, FID_PROMISE_TEXT));
		put_day(r, "promise.due", num(at, FID_PROMISE_DUE));
	}
	rows_free(&rows);
}

static void of_ticket(struct read *r, int64_t id)
{
	struct rows rows;

	if (store_row(desk_ro(r->d), ENT_TICKET, id, &rows) < 0)
		return;
	put(r, "ticket.no", str(&rows.v[0], FID_TICKET_NUMBER));
	put(r, "ticket.subject", str(&rows.v[0], FID_TICKET_SUBJECT));
	rows_free(&rows);
}

static void of_me(struct read *r, int connector)
{
	const char *rid = session_me_rid(desk_session(r->d), connector);
	struct rows rows;

	if (!rid || store_row_rid(desk_ro(r->d), ENT_AGENT, connector, rid,
			    &rows) < 0)
		return;
	put(r, "agent.name", str(&rows.v[0], FID_AGENT_NAME));
	rows_free(&rows);
}

void known_read(struct desk *d, struct known_words *out)
{
	const struct desk_case *k = desk_case(d);
	struct read r = {.k = out, .d = d};

	*out = (struct known_words){.arena = arena_new(), .lang = -1};
	put_day(&r, "today", desk_now(d));
	if (k->entity == ENT_COUNT)
		return;
	of_me(&r, k->connector);
	if (k->ticket)
		of_ticket(&r, k->ticket);
	if (k->customer) {
		of_customer(&r, k->customer);
		of_orders(&r, k->customer);
		of_promises(&r, k->customer);
	}
	err_clear();
}

void known_fini(struct known_words *k)
{
	arena_free(k->arena);
	k->arena = NULL;
}

const char *known_value(const struct known_words *k, const char *name)
{
	int i;

	for (i = 0; i < k->n; i++)
		if (strcmp(k->v[i].name, name) == 0)
			return k->v[i].text;
	return NULL;
}
