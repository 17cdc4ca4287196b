/* SPDX-License-Identifier: MIT */
/*
 * Customers: found by id, number, address or name; the ways to reach them and
 * their open matters. Contact data is masked unless the look is written to the
 * journal.
 */
#include "cli_priv.h"

#include <stdlib.h>
#include <string.h>

static void add_customer(struct cli *c, int64_t id, int64_t *ids, int *n)
{
	(void)c;
	for (int i = 0; i < *n; i++)
		if (ids[i] == id)
			return;
	if (*n < 50)
		ids[(*n)++] = id;
}

static void by_query(
	struct cli *c, enum entity e, const char *text, int64_t *ids, int *n)
{
	struct query *q;
	struct rows rows;

	if (cli_query(c, e, text, &q) < 0)
		return;
	if (store_query(c->ro, q, session_me(c->session), 50, NULL, &rows) ==
		0) {
		for (int i = 0; i < rows.n; i++) {
			const struct val *v =
				row_get(&rows.v[i], FID_IDENTITY_CUSTOMER);

			add_customer(c,
				e == ENT_CUSTOMER ? rows.v[i].id
				: v		  ? v->i
						  : 0,
				ids, n);
		}
		rows_free(&rows);
	}
	query_free(q);
}

/* An id, then a phone number or address, then words of the name. */
static int find_customers(struct cli *c, const char *name, int64_t *ids)
{
	int n = 0;
	int64_t id;
	char *bare = xstrdup(name);

	if (session_find(c->session, ENT_CUSTOMER, name, &id, NULL) == 0)
		add_customer(c, id, ids, &n);
	for (char *p = bare; *p; p++)
		if (*p == '"' || *p == '\\')
			*p = ' ';
	if (!n)
		by_query(c, ENT_IDENTITY,
			arena_printf(c->arena, "value:\"%s\"", bare), ids, &n);
	if (!n)
		by_query(c, ENT_CUSTOMER, bare, ids, &n);
	free(bare);
	return n;
}

static void print_identities(struct cli *c, int64_t id)
{
	static const struct col cols[] = {{"type", NULL, CT_TEXT, 0},
		{"value", NULL, CT_TEXT, 0}, {"verified", NULL, CT_BOOL, 0}};
	const struct field_desc *f = field_desc(FID_IDENTITY_VALUE);
	struct rows rows;

	if (store_children(c->ro, FID_IDENTITY_CUSTOMER, id, 100, &rows) < 0)
		return;
	if (!pr_human(c->pr) && pr_list(c->pr, "identities", cols, 3) < 0)
		rows.n = 0;
	for (int i = 0; i < rows.n; i++) {
		const char *type =
			text_of(row_get(&rows.v[i], FID_IDENTITY_TYPE));
		const char *v = seen_text(
			c, f, text_of(row_get(&rows.v[i], FID_IDENTITY_VALUE)));

		if (pr_human(c->pr)) {
			pr_kstr(c->pr, type, type, v);
			continue;
		}
		pr_row(c->pr);
		pr_text(c->pr, 0, type);
		pr_text(c->pr, 1, v);
		pr_bool(c->pr, 2,
			int_of(row_get(&rows.v[i], FID_IDENTITY_VERIFIED)) !=
				0);
		pr_row_end(c->pr);
	}
	if (!pr_human(c->pr))
		pr_list_end(c->pr);
	rows_free(&rows);
}

static int print_matters(struct cli *c, int64_t id)
{
	struct entity_view v;
	struct rows rows;
	int rc = store_children(c->ro, FID_TICKET_CUSTOMER, id, 200, &rows);

	if (rc < 0)
		return rc;
	view_init(&v, ENT_TICKET, "id,pending,status,owner,updated,subject");
	pr_gap(c->pr);
	rc = pr_list(c->pr, "tickets", v.cols, v.n);
	for (int i = 0; rc == 0 && i < rows.n; i++)
		view_row(c, &v, &rows.v[i]);
	if (rc == 0)
		pr_list_end(c->pr);
	if (!rows.n)
		pr_line(c->pr, ST_DIM, _("no tickets"));
	rows_free(&rows);
	return rc;
}

static int customer_page(struct cli *c, int64_t id)
{
	struct rows rows;
	const struct entity_desc *d = entity_desc(ENT_CUSTOMER);
	int rc = store_row(c->ro, ENT_CUSTOMER, id, &rows);

	if (rc < 0)
		return rc;
	pr_begin(c->pr, "customer/1");
	pr_sec(c->pr, "customer", NULL);
	pr_kstr(c->pr, "id", _("Customer"), row_name(c, &rows.v[0]));
	for (int i = 0; i < d->n_fields; i++) {
		const char *s = text_of(&rows.v[0].v[i]);

		pr_kstr(c->pr, d->fields[i].name, gettext(d->fields[i].label),
			seen_text(c, &d->fields[i], s));
	}
	pr_sec_end(c->pr);
	rows_free(&rows);
	print_identities(c, id);
	rc = print_matters(c, id);
	pr_end(c->pr);
	return rc;
}

static int customer_list(struct cli *c, const int64_t *ids, int n)
{
	struct entity_view v;
	int rc;

	view_init(&v, ENT_CUSTOMER, "id,name,org,vip");
	pr_begin(c->pr, "customer-list/1");
	rc = pr_list(c->pr, "customers", v.cols, v.n);
	for (int i = 0; rc == 0 && i < n; i++) {
		struct rows rows;

		if (store_row(c->ro, ENT_CUSTOMER, ids[i], &rows) < 0)
			continue;
		view_row(c, &v, &rows.v[0]);
		rows_free(&rows);
	}
	if (rc == 0)
		pr_list_end(c->pr);
	pr_line(c->pr, ST_DIM, _("several match; name one by its id"));
	pr_end(c->pr);
	return rc;
}

static int cmd_customer(struct cli *c)
{
	const char *name = join_args(c, 0);
	int64_t ids[50];
	int n = find_customers(c, name, ids), rc = reveal(c, name);

	if (rc < 0)
		return rc;
	if (!n)
		return err_set(E_NOTFOUND, _("no customer \"%s\""), name);
	return n == 1 ? customer_page(c, ids[0]) : customer_list(c, ids, n);
}

static const struct opt customer_opts[] = {
	{"reveal", 0, NULL,
		N_("contact data unmasked; this is written to the journal")},
	{NULL, 0, NULL, NULL},
};

const struct command commands_customer[] = {
	{.name = "customer",
		.group = N_("Reading the cache"),
		.args = "NAME|ID|PHONE|EMAIL",
		.text = N_("a customer, the ways to reach them, their tickets"),
		.run = cmd_customer,
		.need = NEED_CACHE,
		.min_args = 1,
		.max_args = -1,
		.opts = customer_opts},
	{0},
};
