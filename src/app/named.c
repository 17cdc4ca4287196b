/* SPDX-License-Identifier: MIT */
/*
 * Cases by what they are called. Every backend has its own way ("T-8812", "37",
 * "W-110"), and people read the number aloud: what stands before it is learnt
 * from the newest cases, never guessed. Several that are called so are all
 * given; which one is meant is for the person to say.
 */
#include "galley/app/named.h"

#include <ctype.h>
#include <string.h>
#include "galley/base/mem.h"
#include "galley/model/query.h"

#define SAMPLE	  250 /* of the newest cases */
#define FEW	  60  /* of them tell the form of a name */
#define HEADS_MAX 16
#define HEAD_LEN  24

struct look {
	struct session *s;
	struct store_ro *ro;
	struct arena *a;
	int only; /* connector, 0 any */
	struct named *v;
	int n, max;
};

static const enum entity kinds[] = {
	ENT_TICKET, ENT_CONVERSATION, ENT_CALL, ENT_CUSTOMER};

static void add(struct look *l, enum entity e, int64_t id)
{
	struct row_title t;
	int i;

	if (l->n == l->max || store_title(l->ro, e, id, l->a, &t) < 0)
		return;
	for (i = 0; i < l->n; i++)
		if (l->v[i].entity == e && l->v[i].id == t.id)
			return;
	l->v[l->n++] = (struct named){.entity = e,
		.id = t.id,
		.connector = t.connector,
		.rid = t.rid,
		.title = t.title};
}

static int is_asked(const struct look *l, int connector)
{
	return !l->only || l->only == connector;
}

static void by_rid(
	struct look *l, enum entity e, int connector, const char *rid)
{
	struct rows rows;

	if (!is_asked(l, connector) ||
		store_row_rid(l->ro, e, connector, rid, &rows) < 0)
		return;
	add(l, e, rows.v[0].id);
	rows_free(&rows);
}

/* At every connector: each has its own 12. */
static void by_rids(struct look *l, enum entity e, const char *rid)
{
	const struct config *c = session_config(l->s);
	int i, connector;

	for (i = 0; i < c->n_conns; i++)
		if (session_connector(l->s, c->conns[i].name, &connector) == 0)
			by_rid(l, e, connector, rid);
}

static int ask(struct look *l, enum entity e, const char *text, int max,
	struct rows *out)
{
	struct query *q;
	int rc = query_parse(text, e, 0, 0, &q);

	if (rc < 0)
		return rc;
	rc = store_query(l->ro, q, session_me(l->s), max, NULL, out);
	query_free(q);
	return rc;
}

/* By the number that people read aloud, where it is not the remote id. */
static void by_number(struct look *l, const char *number)
{
	struct rows rows;
	int i;

	if (strpbrk(number, "\"\\*") ||
		ask(l, ENT_TICKET, arena_printf(l->a, "number:\"%s\"", number),
			l->max, &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++)
		if (is_asked(l, rows.v[i].connector))
			add(l, ENT_TICKET, rows.v[i].id);
	rows_free(&rows);
}

static const char *upper(const char *text, struct arena *a)
{
	char *s = arena_strdup(a, text);
	size_t i;

	for (i = 0; s[i]; i++)
		s[i] = (char)toupper((unsigned char)s[i]);
	return s;
}

/* --- what stands before a number --------------------------------------------
 */

static int newest(struct look *l, enum entity e, int max, struct rows *out)
{
	return ask(l, e,
		e == ENT_TICKET || e == ENT_CONVERSATION ? "sort:-updated" : "",
		max, out);
}

/* Bytes of "T-" in "T-8812"; 0: it is none of that form. */
static size_t head_of(const char *name)
{
	size_t n = name ? strcspn(name, "0123456789") : 0;

	return n && n < HEAD_LEN && name[n] &&
			       !name[n + strspn(name + n, "0123456789")]
		       ? n
		       : 0;
}

static const char *number_of(const struct row *r, enum entity e)
{
	return e == ENT_TICKET ? row_get(r, FID_TICKET_NUMBER)->s : NULL;
}

/* "T-" and "8812" for every connector that has cases of that form. */
static void by_heads(struct look *l, enum entity e, const char *digits)
{
	struct {
		int connector;
		char text[HEAD_LEN];
	} seen[HEADS_MAX];
	struct rows rows;
	int n = 0, i, k;

	if (newest(l, e, FEW, &rows) < 0)
		return;
	for (i = 0; i < rows.n && n < HEADS_MAX; i++) {
		const struct row *r = &rows.v[i];
		size_t len = head_of(r->rid);
		const char *name = len ? r->rid : number_of(r, e);

		len = head_of(name);
		for (k = 0; len && k < n; k++)
			if (seen[k].connector == r->connector &&
				strlen(seen[k].text) == len &&
				memcmp(seen[k].text, name, len) == 0)
				break;
		if (!len || k < n)
			continue;
		seen[n].connector = r->connector;
		memcpy(seen[n].text, name, len);
		seen[n++].text[len] = '\0';
	}
	rows_free(&rows);
	for (k = 0; k < n; k++) {
		const char *name =
			arena_printf(l->a, "%s%s", seen[k].text, digits);

		by_rid(l, e, seen[k].connector, name);
		if (e == ENT_TICKET)
			by_number(l, name);
	}
}

/* --- looking -------------------------------------------------------------- */

static void look_in(struct look *l, enum entity e, const char *text)
{
	const char *big = upper(text, l->a);

	by_rids(l, e, text);
	if (strcmp(big, text) != 0)
		by_rids(l, e, big);
	if (e == ENT_TICKET)
		by_number(l, text);
	if (!text[strspn(text, "0123456789")])
		by_heads(l, e, text);
}

/* "rt:12" names its connector. */
static const char *begin(struct look *l, const char *text)
{
	const char *colon = strchr(text, ':');

	if (colon && session_connector(l->s,
			     arena_strndup(l->a, text, (size_t)(colon - text)),
			     &l->only) == 0)
		text = colon + 1;
	return text + (*text == '#');
}

int named_find(struct session *s, struct store_ro *ro, const char *text,
	struct arena *a, struct named *out, int max)
{
	struct look l = {.s = s, .ro = ro, .a = a, .v = out, .max = max};
	int64_t id;
	size_t i;

	if (session_find(s, ENT_TICKET, text, &id, NULL) == 0)
		add(&l, ENT_TICKET, id);
	text = begin(&l, text);
	for (i = 0; *text && i < ARRAY_SIZE(kinds); i++)
		if (i < 2 || !l.n)
			look_in(&l, kinds[i], text);
	err_clear();
	return l.n;
}

static int begins(const char *name, const char *with)
{
	return name && (strncasecmp(name, with, strlen(with)) == 0 ||
			       strncasecmp(name + head_of(name), with,
				       strlen(with)) == 0);
}

int named_begin(struct session *s, struct store_ro *ro, const char *text,
	struct arena *a, struct named *out, int max)
{
	struct look l = {.s = s, .ro = ro, .a = a, .v = out, .max = max};
	struct rows rows;
	int i, k;

	text = begin(&l, text);
	for (k = 0; *text && k < 2; k++) {
		if (newest(&l, kinds[k], SAMPLE, &rows) < 0)
			continue;
		for (i = 0; i < rows.n; i++)
			if (is_asked(&l, rows.v[i].connector) &&
				(begins(rows.v[i].rid, text) ||
					begins(number_of(&rows.v[i], kinds[k]),
						text)))
				add(&l, kinds[k], rows.v[i].id);
		rows_free(&rows);
	}
	err_clear();
	return l.n;
}
