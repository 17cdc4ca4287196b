/* SPDX-License-Identifier: MIT */
/*
 * What a backend cannot show, named: for `galley sync` and `galley doctor`. It
 * only says; trying again is the engine's.
 */
#include "galley/store/quarantine.h"

#include "page.h"

enum { Q_CONN, Q_STREAM, Q_KEY, Q_WHY, Q_SINCE, Q_TRIES, Q_NEXT, Q_COUNT };
static const struct col cols[Q_COUNT] = {
	{"connector", N_("connector"), CT_TEXT, 0},
	{"stream", N_("stream"), CT_TEXT, 0},
	{"key", N_("record"), CT_TEXT, 0},
	{"why", N_("why"), CT_TEXT, CF_FLEX},
	{"since", N_("since"), CT_TIME, 0},
	{"tries", N_("tries"), CT_INT, CF_RIGHT},
	{"next", N_("again"), CT_TIME, 0},
};

static void say_one(struct cli *c, const struct store_aside *x)
{
	pr_row(c->pr);
	pr_text(c->pr, Q_CONN,
		session_connector_name(c->session, x->connector));
	pr_text(c->pr, Q_STREAM, x->stream);
	pr_text(c->pr, Q_KEY, x->key);
	pr_text(c->pr, Q_WHY, x->why);
	pr_time(c->pr, Q_SINCE, x->since_ms);
	pr_int(c->pr, Q_TRIES, x->tries);
	pr_time(c->pr, Q_NEXT, x->next_ms);
	pr_row_end(c->pr);
}

int quarantine_say(struct cli *c, struct store_ro *ro)
{
	struct store_aside *v;
	int i, n, rc;

	rc = store_aside_list(ro, 0, NULL, c->arena, &v, &n);
	if (rc < 0 || (!n && pr_human(c->pr)))
		return rc;
	if (n)
		pr_line(c->pr, ST_WARN,
			P_("%d record cannot be read at the backend: in quarantine, tried again by itself",
				"%d records cannot be read at the backend: in quarantine, tried again by themselves",
				n),
			n);
	rc = pr_list(c->pr, "quarantine", cols, Q_COUNT);
	for (i = 0; rc == 0 && i < n; i++)
		say_one(c, &v[i]);
	if (rc == 0)
		pr_list_end(c->pr);
	return rc;
}
