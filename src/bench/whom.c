/* SPDX-License-Identifier: MIT */
/*
 * A customer in a form. His id at the backend says nothing to anybody, and two
 * may have one name: he is shown with a contact, and never taken by a name that
 * several have.
 */
#include "whom.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"
#include "galley/policy/redact_view.h"

void whom_init(struct whom *w, int connector)
{
	*w = (struct whom){.arena = arena_new(),
		.connector = connector,
		.at = -1,
		.top = -1};
}

void whom_fini(struct whom *w)
{
	free(w->rid);
	free(w->shown);
	free(w->asked);
	arena_free(w->arena);
}

static const char *str(const struct row *r, enum field_id f)
{
	const struct val *v = row_get(r, f);

	return v->kind == VAL_TEXT && v->s && *v->s ? v->s : NULL;
}

/* The one that is typed, a phone number, an address, any other. */
static int rank(const char *type, const char *value, const char *text)
{
	if (strlen(text) >= 3 && strcasestr(value, text))
		return -1;
	return !type ? 3 : !strcmp(type, "phone") ? 0 : !strcmp(type, "email");
}

/* 1: one of them is `text`. */
static int add_contact(
	struct bench *b, int64_t customer, const char *text, struct buf *out)
{
	const char *best = NULL;
	struct rows rows;
	int i, least = 9, exact = 0;

	if (store_children(desk_ro(b->desk), FID_IDENTITY_CUSTOMER, customer,
		    50, &rows) < 0) {
		err_clear();
		return 0;
	}
	for (i = 0; i < rows.n; i++) {
		const char *s = str(&rows.v[i], FID_IDENTITY_VALUE);
		int n = s ? rank(str(&rows.v[i], FID_IDENTITY_TYPE), s, text)
			  : 9;

		exact |= s && !strcasecmp(s, text);
		if (n < least) {
			least = n;
			best = s;
		}
	}
	if (best) {
		buf_adds(out, out->len ? "  " : "");
		if (desk_masks(b->desk))
			redact_contact(out, best, strlen(best));
		else
			buf_adds(out, best);
	}
	rows_free(&rows);
	return exact;
}

/* "Wang Fang  138****8000", of the row for `text`. */
static struct whom_one one_of(
	struct bench *b, struct whom *w, const struct row *r, const char *text)
{
	const char *name = str(r, FID_CUSTOMER_NAME);
	struct buf out = BUF_INIT, gated = BUF_INIT;
	struct whom_one one = {.rid = arena_strdup(w->arena, r->rid)};

	if (name)
		buf_adds(&out, name);
	one.exact = add_contact(b, r->id, text, &out) ||
		    !strcasecmp(r->rid, text) ||
		    (name && !strcasecmp(name, text));
	if (!out.len)
		buf_adds(&out, r->rid);
	text_gate(&gated, buf_str(&out), out.len, GATE_LINE);
	one.shown = arena_strdup(w->arena, buf_str(&gated));
	buf_fini(&out);
	buf_fini(&gated);
	return one;
}

static void forget(struct whom *w)
{
	w->n = w->more = 0;
	w->at = -1;
	FREE(&w->asked);
}

static const char *choose(struct whom *w, const struct whom_one *one)
{
	free(w->rid);
	free(w->shown);
	w->rid = xstrdup(one->rid);
	w->shown = xstrdup(one->shown);
	forget(w);
	return w->shown;
}

const char *whom_set(struct bench *b, struct whom *w, const char *rid)
{
	struct whom_one one;
	struct rows rows;

	if (!rid || !*rid)
		return NULL;
	if (store_row_rid(desk_ro(b->desk), ENT_CUSTOMER, w->connector, rid,
		    &rows) < 0) {
		err_clear();
		return rid;
	}
	one = one_of(b, w, &rows.v[0], rid);
	rows_free(&rows);
	return choose(w, &one);
}

void whom_look(struct bench *b, struct whom *w, const char *text)
{
	struct rows rows;
	int i;

	text += strspn(text, " ");
	if (w->asked && strcmp(w->asked, text) == 0)
		return;
	forget(w);
	w->asked = xstrdup(text);
	if (!*text || (w->shown && strcmp(w->shown, text) == 0) ||
		store_customers_by(desk_ro(b->desk), w->connector, text,
			WHOM_MAX, &rows) < 0) {
		err_clear();
		return;
	}
	for (i = 0; i < rows.n; i++)
		w->v[w->n++] = one_of(b, w, &rows.v[i], text);
	w->more = rows.more;
	w->at = w->n ? 0 : -1;
	rows_free(&rows);
}

const char *whom_pick(struct whom *w, int i)
{
	return choose(w, &w->v[i]);
}

/* Who is meant without a doubt: the only one that fits, the only one that is
 * called so; -1 nobody. A whole address of nobody known is a new one. */
static int only_one(const struct whom *w, const char *text)
{
	int i, at = -1, exact = 0;

	for (i = 0; i < w->n; i++)
		if (w->v[i].exact && !exact++)
			at = i;
	if (exact)
		return exact == 1 ? at : -1;
	return w->n == 1 && !strchr(text, '@') ? 0 : -1;
}

int whom_take(
	struct bench *b, struct whom *w, const char *text, const char **rid)
{
	int i;

	*rid = NULL;
	if (!text[strspn(text, " ")])
		return 0;
	if (!w->shown || strcmp(w->shown, text) != 0) {
		whom_look(b, w, text);
		i = only_one(w, text);
		if (i < 0 && w->n && !strchr(text, '@'))
			return err_set(E_INPUT,
				_("several customers fit: Up and Down choose, Enter takes one"));
		if (i < 0) { /* a new address; anything else is refused */
			*rid = text;
			return 0;
		}
		whom_pick(w, i);
	}
	*rid = w->rid;
	return 0;
}

void whom_draw(struct whom *w, struct canvas *c, int y)
{
	int i;

	w->top = w->n ? c->y + y : -1;
	for (i = 0; i < w->n && y + i < c->h; i++) {
		canvas_text(c, 0, y + i, ST_STRONG, i == w->at ? ">" : " ");
		canvas_slot(c, 2, y + i, c->w - 2, ST_TEXT, w->v[i].shown, 0);
		if (i == w->at)
			canvas_tint(c, 0, y + i, c->w, ST_ON_CURSOR);
	}
	if (w->more && y + i < c->h)
		canvas_text(c, 2, y + i, ST_DIM, _("more fit: type on"));
}
