/* SPDX-License-Identifier: MIT */
/*
 * Words of a query: full text and what words shaped like a phone number, an
 * e-mail address or an id name directly. The index gives candidates, the text
 * decides (fold_has), so a hit is a hit. Few hits become a list of ids; many
 * mean that walking the list finds a page of them sooner.
 */
#include "query_priv.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "galley/base/fold.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"

/* --- the words themselves ------------------------------------------------- */

int phone_forms(const char *text, char out[4][16])
{
	int abroad = text[0] == '+' || strncmp(text, "00", 2) == 0;
	size_t n = 0, skip, least;
	char all[64];
	int k = 0;

	for (; *text && n < sizeof(all) - 1; text++)
		if (isdigit((unsigned char)*text))
			all[n++] = *text;
	all[n] = '\0';
	/* With a country code, of one to three digits, it may be written
	 * without; a number that is no longer than a national one has none. */
	least = abroad ? 7 : 10;
	for (skip = 0; skip <= 3; skip++)
		if (n - skip <= 15 && (skip == 0 || ((abroad || n > 11) &&
							    n >= skip + least)))
			snprintf(out[k++], 16, "%s", all + skip);
	return k;
}

const char *word_text(const struct query_node *n)
{
	const char *s = n->text;

	if (n->shape == SHAPE_ID && *s == '#')
		s++;
	return s;
}

static void fts_string(struct buf *out, const char *s)
{
	buf_addc(out, '"');
	for (; *s; s++) {
		if (*s == '"')
			buf_addc(out, '"');
		buf_addc(out, *s);
	}
	buf_addc(out, '"');
}

/* A star behind a CJK character would cost much and mean nothing. */
static int ends_in_word(const char *s)
{
	enum fold_class last = FOLD_SPACE, c;
	size_t i, len = strlen(s);
	uint32_t cp, folded;

	for (i = 0; i < len;) {
		i += utf8_decode(s + i, len - i, &cp);
		c = fold_cp(cp, &folded);
		if (c == FOLD_WORD || c == FOLD_CJK)
			last = c;
	}
	return last == FOLD_WORD;
}

int word_goes_on(const struct query_node *n)
{
	return n->prefix && ends_in_word(n->text);
}

static void cover_word(struct buf *out, const struct query_node *n)
{
	char forms[4][16];
	int i, k;

	buf_addc(out, '(');
	fts_string(out, word_text(n));
	if (word_goes_on(n))
		buf_adds(out, " *");
	if (n->shape == SHAPE_PHONE) {
		k = phone_forms(n->text, forms);
		for (i = 0; i < k; i++)
			buf_addf(out, " OR \"%s\"", forms[i]);
	}
	buf_addc(out, ')');
}

int cover(struct buf *out, const struct query_node *n)
{
	size_t was = out->len, mid;
	int a, b;

	switch (n->type) {
	case Q_TEXT:
	case Q_SHAPED:
		cover_word(out, n);
		return 1;
	case Q_AND:
	case Q_OR:
		buf_addc(out, '(');
		a = cover(out, n->a);
		mid = out->len;
		if (a)
			buf_adds(out, n->type == Q_AND ? " AND " : " OR ");
		b = cover(out, n->b);
		if (!b && a)
			out->len = mid;
		buf_addc(out, ')');
		if (n->type == Q_AND ? a || b : a && b)
			return 1;
		break;
	default:
		break;
	}
	out->len = was;
	return 0;
}

int is_covered(const struct query_node *n)
{
	struct buf b = BUF_INIT;
	int yes = cover(&b, n);

	buf_fini(&b);
	return yes;
}

/* --- the row's own text --------------------------------------------------- */

static void own_field(
	struct gen *g, const char *field, const struct query_node *n)
{
	char forms[4][16];
	int i, k;

	buf_addf(&g->sql, "fold_has(%s.\"%s\", ", g->alias, field);
	gen_text(g, word_text(n));
	buf_addf(&g->sql, ", %d)", n->prefix);
	if (n->shape != SHAPE_PHONE)
		return;
	k = phone_forms(n->text, forms);
	for (i = 0; i < k; i++) {
		buf_addf(&g->sql, " OR phone_has(%s.\"%s\", ", g->alias, field);
		gen_text(g, arena_strdup(g->a, forms[i]));
		buf_addc(&g->sql, ')');
	}
}

int gen_own_text(struct gen *g, const struct query_node *n)
{
	const struct entity_desc *d = entity_desc(g->at);
	unsigned want = has_fts(g->at) ? FF_SEARCH : FF_FILTER;
	int i, any = 0;

	buf_addc(&g->sql, '(');
	for (i = 0; i < d->n_fields; i++) {
		if (d->fields[i].type != FT_TEXT ||
			!(d->fields[i].flags & want))
			continue;
		if (any++)
			buf_adds(&g->sql, " OR ");
		own_field(g, d->fields[i].name, n);
	}
	buf_adds(&g->sql, any ? ")" : "0)");
	return 0;
}

/* --- what a shaped word names --------------------------------------------- */

#define PHONE_IS                                                               \
	"i.type <> 'email' AND substr(i.value, -7) = substr(?1, -7) "          \
	"AND (substr(i.value, -length(?1)) = ?1 OR substr(?1, "                \
	"-length(ltrim(i.value, '+'))) = ltrim(i.value, '+'))"
#define EMAIL_IS "i.value = lower(?1)"
#define OF_TICKETS                                                             \
	"SELECT t.id FROM identity i JOIN ticket t "                           \
	"ON t.customer = i.customer WHERE "
#define OF_TALKS                                                               \
	"SELECT t.id FROM identity i JOIN conversation t "                     \
	"ON t.customer = i.customer WHERE "
#define OF_CUSTOMERS                                                           \
	"SELECT i.customer FROM identity i WHERE i.customer IS NOT NULL AND "
#define OF_IDENTITIES "SELECT i.id FROM identity i WHERE "

static const struct {
	enum entity e;
	enum query_shape shape;
	const char *sql;
} direct[] = {
	{ENT_TICKET, SHAPE_EMAIL, OF_TICKETS EMAIL_IS},
	{ENT_TICKET, SHAPE_PHONE, OF_TICKETS PHONE_IS},
	{ENT_CONVERSATION, SHAPE_EMAIL, OF_TALKS EMAIL_IS},
	{ENT_CONVERSATION, SHAPE_PHONE, OF_TALKS PHONE_IS},
	{ENT_CUSTOMER, SHAPE_EMAIL, OF_CUSTOMERS EMAIL_IS},
	{ENT_CUSTOMER, SHAPE_PHONE, OF_CUSTOMERS PHONE_IS},
	{ENT_IDENTITY, SHAPE_EMAIL, OF_IDENTITIES EMAIL_IS},
	{ENT_IDENTITY, SHAPE_PHONE, OF_IDENTITIES PHONE_IS},
	{ENT_TICKET, SHAPE_ID,
		"SELECT id FROM ticket WHERE number = ?1 COLLATE NOCASE"},
};

static int read_ids(struct gen *g, sqlite3_stmt *st, struct ids *out)
{
	int64_t id;
	int rc;

	while ((rc = db_step(g->d, st)) > 0 && out->n <= HITS_MAX) {
		id = sqlite3_column_int64(st, 0);
		rc = row_follow(g->d, g->e, &id);
		if (rc < 0)
			break;
		ids_add(g, out, id);
	}
	db_end(g->d, st);
	return rc < 0 ? rc : 0;
}

static int direct_sql(
	struct gen *g, const char *sql, const char *word, struct ids *out)
{
	sqlite3_stmt *st;
	int rc = db_query(g->d, &st, sql, "t", word);

	return rc < 0 ? rc : read_ids(g, st, out);
}

/* "123" of any connector, "rt:123" of that one. */
static int by_rid(struct gen *g, const char *word, struct ids *out)
{
	const char *colon = strchr(word, ':');
	struct buf sql = BUF_INIT;
	sqlite3_stmt *st;
	char *name;
	int rc;

	buf_addf(&sql,
		"SELECT t.id FROM connector c JOIN %s t "
		"ON t.connector = c.id AND t.rid = ?1 "
		"WHERE ?2 IS NULL OR c.name = ?2",
		entity_desc(g->e)->name);
	rc = db_query(g->d, &st, buf_str(&sql), "tt", word, NULL);
	if (rc == 0)
		rc = read_ids(g, st, out);
	if (rc == 0 && colon) {
		name = arena_strndup(g->a, word, (size_t)(colon - word));
		rc = db_query(g->d, &st, buf_str(&sql), "tt", colon + 1, name);
		if (rc == 0)
			rc = read_ids(g, st, out);
	}
	buf_fini(&sql);
	return rc;
}

int direct_ids(struct gen *g, const struct query_node *n, struct ids *out)
{
	char forms[4][16];
	const char *word = word_text(n);
	size_t i;
	int rc = 0;

	if (n->type != Q_SHAPED)
		return 0;
	if (n->shape == SHAPE_ID)
		rc = by_rid(g, word, out);
	if (n->shape == SHAPE_PHONE && phone_forms(n->text, forms) > 0)
		word = arena_strdup(g->a, forms[0]);
	for (i = 0; i < ARRAY_SIZE(direct) && rc == 0; i++)
		if (direct[i].e == g->e && direct[i].shape == n->shape)
			rc = direct_sql(g, direct[i].sql, word, out);
	return rc;
}

/* --- hits ----------------------------------------------------------------- */

/* The id that a hit on `e` gives for rows of g->e. */
static const char *hit_id(enum entity from, enum entity for_e)
{
	if (from == for_e)
		return "t.id";
	return for_e == ENT_TICKET ? "t.ticket" : "t.conversation";
}

/* Hits on `from`: from its index (todo = 0), or among what is not indexed yet.
 */
static int hits(struct gen *g, const struct query_node *n, enum entity from,
	int todo, struct ids *out)
{
	const char *name = entity_desc(from)->name;
	const char *id = hit_id(from, g->e);
	struct buf expr = BUF_INIT;
	struct gen h;
	sqlite3_stmt *st;
	int rc;

	gen_init(&h, g->d, g->a, from, g->me);
	if (todo) {
		buf_addf(&h.sql,
			"SELECT DISTINCT %s FROM fts_todo_%s f JOIN %s t "
			"ON t.id = f.id WHERE ",
			id, name, name);
	} else {
		buf_addf(&h.sql,
			"SELECT DISTINCT %s FROM fts_%s f JOIN %s t "
			"ON t.id = f.rowid WHERE fts_%s MATCH ",
			id, name, name, name);
		cover_word(&expr, n);
		gen_text(&h, arena_strdup(g->a, buf_str(&expr)));
		buf_adds(&h.sql, " AND ");
		buf_fini(&expr);
	}
	rc = gen_own_text(&h, n);
	buf_addf(&h.sql, " AND t.state = 0 AND %s IS NOT NULL LIMIT %d", id,
		HITS_MAX + 1);
	if (rc == 0)
		rc = gen_query(&h, &st);
	if (rc == 0)
		rc = read_ids(g, st, out);
	gen_fini(&h);
	return rc;
}

int todo_is_small(struct db *d, enum entity e)
{
	struct buf sql = BUF_INIT;
	int64_t n = 0;
	int rc;

	buf_addf(&sql,
		"SELECT count(*) FROM (SELECT 1 FROM fts_todo_%s LIMIT %d)",
		entity_desc(e)->name, HITS_MAX + 1);
	rc = db_int(d, &n, buf_str(&sql), "");
	buf_fini(&sql);
	return rc < 0 ? rc : n > 0 && n <= HITS_MAX;
}

/* Counting without looking at the texts is cheap; 1: more than can be named. */
static int too_many(struct gen *g, const struct query_node *n, enum entity from)
{
	const char *name = entity_desc(from)->name;
	struct buf sql = BUF_INIT, expr = BUF_INIT;
	int64_t count = 0;
	int rc;

	buf_addf(&sql,
		"SELECT count(*) FROM (SELECT 1 FROM fts_%s WHERE fts_%s "
		"MATCH ? LIMIT %d)",
		name, name, HITS_MAX + 1);
	cover_word(&expr, n);
	rc = db_int(g->d, &count, buf_str(&sql), "t", buf_str(&expr));
	buf_fini(&sql);
	buf_fini(&expr);
	return rc < 0 ? rc : count > HITS_MAX;
}

static int hits_of(struct gen *g, const struct query_node *n, enum entity from,
	struct ids *out)
{
	int rc = too_many(g, n, from);

	if (rc > 0) {
		while (out->n <= HITS_MAX)
			ids_add(g, out, 0);
		return 0;
	}
	if (rc == 0)
		rc = hits(g, n, from, 0, out);

	if (rc == 0)
		rc = todo_is_small(g->d, from);
	if (rc > 0)
		rc = hits(g, n, from, 1, out);
	return rc;
}

static int has_thread(const struct gen *g)
{
	return !g->own && (g->e == ENT_TICKET || g->e == ENT_CONVERSATION);
}

static int all_hits(struct gen *g, const struct query_node *n, struct ids *out)
{
	int rc = direct_ids(g, n, out);

	if (rc == 0 && out->n <= HITS_MAX)
		rc = hits_of(g, n, g->e, out);
	if (rc == 0 && out->n <= HITS_MAX && has_thread(g))
		rc = hits_of(g, n, ENT_MESSAGE, out);
	return rc;
}

static void write_ids(struct gen *g, const struct ids *l)
{
	int i;

	buf_addf(&g->sql, "%s.id IN (", g->alias);
	for (i = 0; i < l->n; i++)
		buf_addf(&g->sql, "%s%lld", i ? "," : "", (long long)l->v[i]);
	buf_addc(&g->sql, ')');
}

/* Too many to name: ask each row that the walk comes to. */
static int gen_walk(struct gen *g, const struct query_node *n)
{
	struct ids named = {0};
	int rc = direct_ids(g, n, &named);

	if (rc < 0)
		return rc;
	buf_addc(&g->sql, '(');
	rc = gen_own_text(g, n);
	if (named.n) {
		buf_adds(&g->sql, " OR ");
		write_ids(g, &named);
	}
	if (rc == 0 && has_thread(g)) {
		const char *alias = g->alias;
		enum entity at = g->at;

		buf_addf(&g->sql,
			" OR EXISTS (SELECT 1 FROM message m WHERE "
			"m.%s = %s.id AND m.state = 0 AND ",
			entity_desc(g->e)->name, alias);
		g->alias = "m";
		g->at = ENT_MESSAGE;
		rc = gen_own_text(g, n);
		g->alias = alias;
		g->at = at;
		buf_addc(&g->sql, ')');
	}
	buf_addc(&g->sql, ')');
	return rc;
}

int gen_word(struct gen *g, const struct query_node *n)
{
	struct ids l = {0};
	int rc;

	if (!has_fts(g->e) || g->walk)
		return gen_walk(g, n);
	rc = all_hits(g, n, &l);
	if (rc < 0)
		return rc;
	if (l.n > HITS_MAX)
		return gen_walk(g, n);
	g->ids = 1;
	write_ids(g, &l);
	return 0;
}
