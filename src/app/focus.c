/* SPDX-License-Identifier: MIT */
/*
 * The one focus: which case, and the trail of those before it. What is only
 * looked at in passing leaves no trace in the trail.
 */
#include "galley/app/desk.h"
#include "app_priv.h"

#include <stdlib.h>
#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

/* The first field of a row that points to `to`. */
static int64_t points_to(const struct row *r, enum entity e, enum entity to)
{
	const struct entity_desc *ed = entity_desc(e);
	int i;

	if (e == to)
		return r->id;
	for (i = 0; i < ed->n_fields; i++)
		if (field_ref(ed->fields[i].type) == to &&
			r->v[i].kind == VAL_INT)
			return r->v[i].i;
	return 0;
}

/* New string or NULL. */
static char *name_of(struct desk *d, int64_t customer)
{
	const struct val *v;
	struct rows rows;
	char *out = NULL;

	if (store_row(desk_ro(d), ENT_CUSTOMER, customer, &rows) < 0) {
		err_clear();
		return NULL;
	}
	v = row_get(&rows.v[0], FID_CUSTOMER_NAME);
	if (v->kind == VAL_TEXT)
		out = xstrdup(v->s);
	rows_free(&rows);
	return out;
}

/* New string or NULL. */
static char *subject_of(const struct row *r, enum entity e)
{
	const struct field_desc *f = field_by_name(e, "subject");

	return f ? xstrdup_null(row_get(r, f->id)->s) : NULL;
}

/* The panes ask for the same row at once: it is kept for them. */
static int row_of_case(
	struct desk *d, enum entity e, int64_t id, struct rows *out)
{
	int rc;

	if (store_hold(desk_ro(d)) < 0)
		err_clear();
	rc = store_row(desk_ro(d), e, id, out);
	store_let_go(desk_ro(d));
	return rc;
}

/* A call has no words of its own: who, and the ticket one acts on. */
static void name_call(struct desk *d, struct desk_case *c)
{
	char *who = name_of(d, c->customer), *what;
	struct rows rows;

	if (c->ticket &&
		store_row(desk_ro(d), ENT_TICKET, c->ticket, &rows) == 0) {
		session_name(desk_session(d), rows.v[0].connector,
			rows.v[0].rid, c->ticket, c->about);
		what = subject_of(&rows.v[0], ENT_TICKET);
		rows_free(&rows);
		c->title = xasprintf("%s  %s  %s", who ? who : "", c->about,
			what ? what : "");
		free(what);
		free(who);
	} else {
		c->title = who;
	}
	err_clear();
}

static int focus_load(struct desk *d, enum entity e, int64_t id)
{
	struct desk_case c = {.entity = e};
	struct rows rows;
	int rc = row_of_case(d, e, id, &rows);

	if (rc < 0)
		return rc;
	c.id = rows.v[0].id;
	c.connector = rows.v[0].connector;
	c.customer = points_to(&rows.v[0], e, ENT_CUSTOMER);
	c.ticket = points_to(&rows.v[0], e, ENT_TICKET);
	if (e == ENT_CALL && !c.ticket)
		c.ticket = likely_of_call(d, &rows.v[0], c.customer);
	session_name(desk_session(d), c.connector, rows.v[0].rid, c.id, c.name);
	c.title = subject_of(&rows.v[0], e);
	rows_free(&rows);
	if (!c.title && c.customer)
		name_call(d, &c);
	desk_set_case(d, &c);
	return 0;
}

/* The case in focus into the trail, behind where one stands. */
static void remember(struct desk *d, int passing)
{
	struct trail *t = desk_trail(d);

	if (t->n && t->v[t->at].passing)
		t->n = t->at;
	else if (t->n)
		t->n = t->at + 1;
	if (t->n == HISTORY) {
		memmove(t->v, t->v + 1, (HISTORY - 1) * sizeof(*t->v));
		t->n--;
	}
	t->v[t->n] = (struct place){.entity = desk_case(d)->entity,
		.id = desk_case(d)->id,
		.passing = passing};
	t->at = t->n++;
}

static int turn_to(struct desk *d, enum entity e, int64_t id, int passing)
{
	struct trail *t = desk_trail(d);
	int rc;

	if (desk_case(d)->entity == e && desk_case(d)->id == id) {
		if (t->n && !passing)
			t->v[t->at].passing = 0;
		return 0;
	}
	rc = focus_load(d, e, id);
	if (rc == 0)
		remember(d, passing);
	return rc;
}

int desk_focus(struct desk *d, enum entity e, int64_t id)
{
	return turn_to(d, e, id, 0);
}

int desk_look(struct desk *d, enum entity e, int64_t id)
{
	return turn_to(d, e, id, 1);
}

static int go(struct desk *d, int by)
{
	struct trail *t = desk_trail(d);
	int at = t->at + by;
	int rc;

	if (at < 0 || at >= t->n)
		return err_set(E_NOTFOUND,
			by < 0 ? _("there is no case before this one")
			       : _("there is no case after this one"));
	rc = focus_load(d, t->v[at].entity, t->v[at].id);
	if (rc == 0)
		t->at = at;
	return rc;
}

int desk_thread(const struct desk *d, enum entity *e, int64_t *id)
{
	const struct desk_case *c = desk_case(d);

	*e = c->entity;
	*id = c->id;
	if (c->entity != ENT_CONVERSATION && c->ticket) {
		*e = ENT_TICKET;
		*id = c->ticket;
	}
	return *e == ENT_TICKET || *e == ENT_CONVERSATION;
}

int desk_back(struct desk *d)
{
	return go(d, -1);
}

int desk_forward(struct desk *d)
{
	return go(d, 1);
}
