/* SPDX-License-Identifier: MIT */
/*
 * The conditions of a query as SQL. A field that the selected entity does not
 * have is asked of what it belongs to (a message's ticket), or holds for
 * nothing. NOT means "is not true": a ticket without an owner is not owned by
 * me.
 */
#include "query_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"

#define OPEN_PHASES "('new', 'open', 'waiting')"
#define ASIDE_MAX   200 /* ids that are written into a statement */

void gen_init(struct gen *g, struct db *d, struct arena *a, enum entity e,
	const struct store_me *me)
{
	*g = (struct gen){
		.d = d, .a = a, .e = e, .at = e, .alias = "t", .me = me};
}

void gen_fini(struct gen *g)
{
	buf_fini(&g->sql);
	FREE(&g->params);
}

static struct param *add_param(struct gen *g)
{
	/* beyond the limit the count grows and gen_query() refuses */
	if (g->n >= GEN_PARAMS) {
		g->n = GEN_PARAMS + 1;
		return &g->params[GEN_PARAMS - 1];
	}
	if (g->n == g->cap) {
		g->cap = g->cap ? g->cap * 2 : 16;
		g->params = xreallocarray(
			g->params, (size_t)g->cap, sizeof(*g->params));
	}
	return &g->params[g->n++];
}

void gen_int(struct gen *g, int64_t v)
{
	*add_param(g) = (struct param){.kind = 'i', .i = v};
	buf_addc(&g->sql, '?');
}

void gen_text(struct gen *g, const char *s)
{
	*add_param(g) = (struct param){.kind = 't', .s = s};
	buf_addc(&g->sql, '?');
}

int gen_query(struct gen *g, sqlite3_stmt **st)
{
	int i, rc;

	if (g->n > GEN_PARAMS)
		return err_set(E_INPUT, _("the query has too many words"));
	rc = db_prepare(g->d, buf_str(&g->sql), st);
	if (rc < 0)
		return rc;
	for (i = 0; i < g->n; i++) {
		const struct param *p = &g->params[i];

		if (p->kind == 'i')
			sqlite3_bind_int64(*st, i + 1, p->i);
		else
			sqlite3_bind_text(*st, i + 1, p->s, -1, SQLITE_STATIC);
	}
	return 0;
}

void ids_add(struct gen *g, struct ids *l, int64_t id)
{
	if (l->n == l->cap) {
		int cap = l->cap ? l->cap * 2 : 16;
		int64_t *v = arena_alloc(g->a, (size_t)cap * sizeof(*v));

		if (l->n)
			memcpy(v, l->v, (size_t)l->n * sizeof(*v));
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = id;
}

/* --- references ----------------------------------------------------------- */

static const char *const ref_sql[ENT_COUNT] = {
	[ENT_QUEUE] = "SELECT id FROM queue WHERE rid = ?1 "
		      "OR name = ?1 COLLATE NOCASE",
	[ENT_AGENT] = "SELECT id FROM agent WHERE rid = ?1 "
		      "OR login = ?1 COLLATE NOCASE "
		      "OR name = ?1 COLLATE NOCASE "
		      "OR email = ?1 COLLATE NOCASE",
	[ENT_TICKET] = "SELECT id FROM ticket "
		       "WHERE number = ?1 COLLATE NOCASE UNION "
		       "SELECT t.id FROM connector c JOIN ticket t "
		       "ON t.connector = c.id AND t.rid = ?1",
	[ENT_CONVERSATION] = "SELECT t.id FROM connector c JOIN conversation t "
			     "ON t.connector = c.id AND t.rid = ?1",
	[ENT_MESSAGE] = "SELECT t.id FROM connector c JOIN message t "
			"ON t.connector = c.id AND t.rid = ?1",
	[ENT_ARTICLE] = "SELECT t.id FROM connector c JOIN article t "
			"ON t.connector = c.id AND t.rid = ?1",
	[ENT_ORDER] = "SELECT id FROM purchase "
		      "WHERE number = ?1 COLLATE NOCASE UNION "
		      "SELECT t.id FROM connector c JOIN purchase t "
		      "ON t.connector = c.id AND t.rid = ?1",
	[ENT_CUSTOMER] =
		"SELECT t.id FROM connector c JOIN customer t "
		"ON t.connector = c.id AND t.rid = ?1 UNION "
		"SELECT customer FROM identity WHERE value = lower(?1) "
		"AND customer IS NOT NULL UNION "
		"SELECT id FROM customer WHERE fold_has(name, ?1, 0) LIMIT 500",
};

static int ids_of(
	struct gen *g, const char *sql, const char *value, struct ids *out)
{
	sqlite3_stmt *st;
	int rc = db_query(g->d, &st, sql, "t", value);

	if (rc < 0)
		return rc;
	while ((rc = db_step(g->d, st)) > 0)
		ids_add(g, out, sqlite3_column_int64(st, 0));
	db_end(g->d, st);
	return rc;
}

static int ids_of_me(struct gen *g, struct ids *out)
{
	const struct store_me *m;
	int64_t id;
	int rc;

	for (m = g->me; m && m->connector; m++) {
		rc = db_int(g->d, &id,
			"SELECT id FROM agent WHERE connector = ? AND rid = ?",
			"dt", m->connector, m->rid);
		if (rc < 0)
			return rc;
		if (rc > 0)
			ids_add(g, out, id);
	}
	return 0;
}

int gen_refs(
	struct gen *g, const struct query_node *n, struct ids *out, int *none)
{
	enum entity to = field_ref(n->field->type);
	int i, rc = 0;

	*none = 0;
	for (i = 0; i < n->n_values && rc == 0; i++) {
		if (strcasecmp(n->values[i], "none") == 0)
			*none = 1;
		else if (to == ENT_AGENT && strcasecmp(n->values[i], "me") == 0)
			rc = ids_of_me(g, out);
		else
			rc = ids_of(g, ref_sql[to], n->values[i], out);
	}
	return rc;
}

static void gen_id_list(struct gen *g, const struct ids *l)
{
	int i;

	buf_addc(&g->sql, '(');
	for (i = 0; i < l->n; i++)
		buf_addf(&g->sql, "%s%lld", i ? "," : "", (long long)l->v[i]);
	buf_addc(&g->sql, ')');
}

static int gen_ref(struct gen *g, const struct query_node *n)
{
	struct ids l = {0};
	int none, rc = gen_refs(g, n, &l, &none);

	if (rc < 0)
		return rc;
	if (none && !l.n) { /* alone, an index knows it */
		buf_addf(&g->sql, "%s.%s IS NULL", g->alias, n->field->name);
		return 0;
	}
	buf_addf(&g->sql, "(%s.%s IN ", g->alias, n->field->name);
	gen_id_list(g, &l);
	if (none)
		buf_addf(
			&g->sql, " OR %s.%s IS NULL", g->alias, n->field->name);
	buf_addc(&g->sql, ')');
	return 0;
}

/* --- values --------------------------------------------------------------- */

static void column(struct gen *g, const struct query_node *n)
{
	buf_addf(&g->sql, "%s.\"%s\"", g->alias, n->field->name);
}

/* `50*` is the beginning of a text. */
static int is_prefix(const char *v)
{
	size_t n = strlen(v);

	return n > 1 && v[n - 1] == '*';
}

static void gen_like(struct gen *g, const char *v)
{
	struct buf b = BUF_INIT;
	size_t i, n = strlen(v) - 1;

	for (i = 0; i < n; i++) {
		if (strchr("%_\\", v[i]))
			buf_addc(&b, '\\');
		buf_addc(&b, v[i]);
	}
	buf_addc(&b, '%');
	buf_adds(&g->sql, " LIKE ");
	gen_text(g, arena_strdup(g->a, buf_str(&b)));
	buf_adds(&g->sql, " ESCAPE '\\'");
	buf_fini(&b);
}

/* They are ours and written so in the cache: an index knows them. */
static int is_phase(const struct query_node *n, const char *v)
{
	return strcmp(n->field->name, "phase") == 0 &&
	       (strcmp(v, "done") == 0 || strcmp(v, "new") == 0 ||
		       strcmp(v, "open") == 0 || strcmp(v, "waiting") == 0);
}

static void gen_text_value(
	struct gen *g, const struct query_node *n, const char *v)
{
	if (strcasecmp(v, "none") == 0) {
		column(g, n);
		buf_adds(&g->sql, " IS NULL OR ");
		column(g, n);
		buf_adds(&g->sql, " = ''");
	} else if (n->field->flags & FF_SEARCH) {
		int prefix = is_prefix(v);

		buf_adds(&g->sql, "fold_has(");
		column(g, n);
		buf_adds(&g->sql, ", ");
		gen_text(g, prefix ? arena_strndup(g->a, v, strlen(v) - 1) : v);
		buf_addf(&g->sql, ", %d)", prefix);
	} else if (is_prefix(v)) {
		column(g, n);
		gen_like(g, v);
	} else {
		column(g, n);
		buf_adds(&g->sql, " = ");
		gen_text(g, v);
		if (!is_phase(n, v))
			buf_adds(&g->sql, " COLLATE NOCASE");
	}
}

static void gen_set_value(
	struct gen *g, const struct query_node *n, const char *v)
{
	if (strcasecmp(v, "none") == 0) {
		column(g, n);
		buf_adds(&g->sql, " IS NULL OR ");
		column(g, n);
		buf_adds(&g->sql, " = '[]'");
		return;
	}
	buf_adds(&g->sql, "EXISTS (SELECT 1 FROM json_each(iif(json_valid(");
	column(g, n);
	buf_adds(&g->sql, "), ");
	column(g, n);
	buf_adds(&g->sql, ", '[]')) j WHERE j.value = ");
	gen_text(g, v);
	buf_adds(&g->sql, " COLLATE NOCASE)");
}

static void gen_json_value(
	struct gen *g, const struct query_node *n, const char *v)
{
	buf_adds(&g->sql, "EXISTS (SELECT 1 FROM json_tree(iif(json_valid(");
	column(g, n);
	buf_adds(&g->sql, "), ");
	column(g, n);
	buf_adds(&g->sql, ", '{}')) j WHERE CAST(j.atom AS TEXT) = ");
	gen_text(g, v);
	buf_adds(&g->sql, " COLLATE NOCASE)");
}

typedef void value_fn(struct gen *g, const struct query_node *n, const char *v);

static int gen_values(struct gen *g, const struct query_node *n, value_fn *fn)
{
	int i;

	buf_addc(&g->sql, '(');
	for (i = 0; i < n->n_values; i++) {
		buf_adds(&g->sql, i ? " OR (" : "(");
		fn(g, n, n->values[i]);
		buf_addc(&g->sql, ')');
	}
	buf_addc(&g->sql, ')');
	return 0;
}

/* Numbers and times come as a range, both ends included. */
static int gen_range(struct gen *g, const struct query_node *n)
{
	if (n->op == QOP_IS) {
		column(g, n);
		buf_adds(&g->sql, " IS NULL");
		return 0;
	}
	buf_addc(&g->sql, '(');
	if (n->field->type == FT_BOOL) {
		buf_adds(&g->sql, "ifnull(");
		column(g, n);
		buf_adds(&g->sql, ", 0) BETWEEN ");
		gen_int(g, n->lo);
		buf_adds(&g->sql, " AND ");
		gen_int(g, n->hi);
	} else {
		column(g, n);
		buf_adds(&g->sql, " IS NOT NULL");
		if (n->lo != INT64_MIN) {
			buf_adds(&g->sql, " AND ");
			column(g, n);
			buf_adds(&g->sql, " >= ");
			gen_int(g, n->lo);
		}
		if (n->hi != INT64_MAX) {
			buf_adds(&g->sql, " AND ");
			column(g, n);
			buf_adds(&g->sql, " <= ");
			gen_int(g, n->hi);
		}
	}
	buf_addc(&g->sql, ')');
	return 0;
}

static int gen_plain_field(struct gen *g, const struct query_node *n)
{
	switch (n->field->type) {
	case FT_TEXT:
		return gen_values(g, n, gen_text_value);
	case FT_SET:
		return gen_values(g, n, gen_set_value);
	case FT_JSON:
		return gen_values(g, n, gen_json_value);
	case FT_INT:
	case FT_TIME:
	case FT_BOOL:
		return gen_range(g, n);
	default:
		return gen_ref(g, n);
	}
}

/* --- whose field ---------------------------------------------------------- */

/* How rows of one entity reach the other: a condition on alias k. */
static const struct {
	enum entity from, to;
	const char *join; /* %s is the alias asked from */
} paths[] = {
	{ENT_MESSAGE, ENT_TICKET, "k.id = %s.ticket"},
	{ENT_MESSAGE, ENT_CONVERSATION, "k.id = %s.conversation"},
	{ENT_FILE, ENT_MESSAGE, "k.id = %s.message"},
	{ENT_LINK, ENT_TICKET, "k.id = %s.ticket"},
	{ENT_CSAT, ENT_TICKET, "k.id = %s.ticket"},
	{ENT_IDENTITY, ENT_CUSTOMER, "k.id = %s.customer"},
};

static const char *path_to(enum entity from, enum entity to)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(paths); i++)
		if (paths[i].from == from && paths[i].to == to)
			return paths[i].join;
	return NULL;
}

static int gen_elsewhere(struct gen *g, const struct query_node *n,
	enum entity to, int (*fn)(struct gen *, const struct query_node *))
{
	const char *join = path_to(g->at, to), *alias = g->alias;
	enum entity at = g->at;
	const char *mark;
	int rc;

	if (!join) {
		buf_addc(&g->sql, '0');
		return 0;
	}
	mark = strstr(join, "%s");
	buf_addf(&g->sql, "EXISTS (SELECT 1 FROM %s k WHERE %.*s%s%s AND ",
		entity_desc(to)->name, (int)(mark - join), join, alias,
		mark + 2);
	g->alias = "k";
	g->at = to;
	rc = fn(g, n);
	g->alias = alias;
	g->at = at;
	buf_addc(&g->sql, ')');
	return rc;
}

static int gen_field(struct gen *g, const struct query_node *n)
{
	const struct field_desc *same;
	struct query_node own = *n;

	if (n->field->entity == g->at)
		return gen_plain_field(g, n);
	if (path_to(g->at, n->field->entity))
		return gen_elsewhere(g, n, n->field->entity, gen_plain_field);
	/* `customer:` and the like mean the same on other entities */
	same = field_by_name(g->at, n->field->name);
	if (!same || same->type != n->field->type ||
		!(same->flags & FF_FILTER)) {
		buf_addc(&g->sql, '0');
		return 0;
	}
	own.field = same;
	return gen_plain_field(g, &own);
}

/* --- custom fields -------------------------------------------------------- */

static void gen_cf_value(
	struct gen *g, const struct query_node *n, const char *v)
{
	static const char *const ops[] = {
		[QOP_IS] = "=",
		[QOP_LT] = "<",
		[QOP_LE] = "<=",
		[QOP_GT] = ">",
		[QOP_GE] = ">=",
		[QOP_RANGE] = "=",
	};
	int number = n->op != QOP_IS && v[strspn(v, "0123456789-")] == '\0';

	buf_addf(&g->sql,
		number ? "CAST(w.value AS REAL) %s "
		       : "CAST(w.value AS TEXT) %s ",
		ops[n->op]);
	if (number)
		gen_int(g, n->lo);
	else
		gen_text(g, v);
	buf_adds(&g->sql, number ? "" : " COLLATE NOCASE");
}

static int gen_cf_here(struct gen *g, const struct query_node *n)
{
	int i;

	buf_addf(&g->sql,
		"EXISTS (SELECT 1 FROM json_each(iif(json_valid(%s.cf), %s.cf, "
		"'{}')) c, json_each(CASE c.type WHEN 'array' THEN c.value "
		"ELSE json_array(c.value) END) w WHERE c.key = ",
		g->alias, g->alias);
	gen_text(g, n->cf);
	buf_adds(&g->sql, " COLLATE NOCASE AND (");
	for (i = 0; i < n->n_values; i++) {
		if (i)
			buf_adds(&g->sql, " OR ");
		gen_cf_value(g, n, n->values[i]);
	}
	buf_adds(&g->sql, "))");
	return 0;
}

static int gen_cf(struct gen *g, const struct query_node *n)
{
	if (field_by_name(g->at, "cf"))
		return gen_cf_here(g, n);
	return gen_elsewhere(g, n, ENT_TICKET, gen_cf_here);
}

/* --- is: ------------------------------------------------------------------ */

static int is_needs(const char *word, enum entity e)
{
	static const struct {
		const char *word, *field;
	} needs[] = {
		{"open", "phase"},
		{"closed", "phase"},
		{"unread", "unread"},
		{"mine", "owner"},
		{"overdue", "due"},
		{"snoozed", "phase"},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(needs); i++)
		if (strcmp(needs[i].word, word) == 0)
			return field_by_name(e, needs[i].field) != NULL;
	return 1; /* pending: anything can have operations */
}

static int gen_mine(struct gen *g)
{
	struct ids l = {0};
	int rc = ids_of_me(g, &l);

	buf_addf(&g->sql, "%s.owner IN ", g->alias);
	gen_id_list(g, &l);
	return rc;
}

/* Not a condition on each row: what is put aside is few, rows are many. */
static void gen_snoozed_inside(struct gen *g, int64_t now)
{
	const char *e = entity_desc(g->at)->name;

	buf_addf(&g->sql,
		"%s.id IN (SELECT s.id FROM mark s WHERE s.entity = '%s' "
		"AND s.kind = 'snooze' AND (s.until = 0 OR s.until > ",
		g->alias, e);
	gen_int(g, now);
	buf_addf(&g->sql,
		") AND NOT EXISTS (SELECT 1 FROM message m WHERE m.%s = s.id "
		"AND m.at > s.seen AND m.dir = 'in' AND m.state = 0))",
		e);
}

/* Mostly it is nothing at all: asked once, the statement stays a short one. */
static int gen_snoozed(struct gen *g, int64_t now)
{
	struct store_mark *v;
	struct ids l = {0};
	int i, n, rc = mark_list(g->d, g->at, 0, "snooze", now, g->a, &v, &n);

	if (rc < 0)
		return rc;
	for (i = 0; i < n; i++)
		if (!v[i].woken)
			ids_add(g, &l, v[i].id);
	if (l.n > ASIDE_MAX) {
		gen_snoozed_inside(g, now);
		return 0;
	}
	buf_addf(&g->sql, "%s.id IN ", g->alias);
	gen_id_list(g, &l);
	return 0;
}

void gen_open(struct gen *g)
{
	buf_addf(&g->sql, " AND %s.phase IN " OPEN_PHASES, g->alias);
}

/* Are these the rows of which it is known? */
static int are_open(const struct gen *g)
{
	return g->open && strcmp(g->alias, "t") == 0;
}

static int gen_is_here(struct gen *g, const struct query_node *n)
{
	const char *a = g->alias, *w = n->text;

	if (strcmp(w, "mine") == 0)
		return gen_mine(g);
	if (strcmp(w, "open") == 0 && are_open(g))
		buf_addc(&g->sql, '1');
	else if (strcmp(w, "open") == 0)
		buf_addf(&g->sql, "%s.phase IN " OPEN_PHASES, a);
	else if (strcmp(w, "closed") == 0)
		buf_addf(&g->sql, "%s.phase NOT IN " OPEN_PHASES, a);
	else if (strcmp(w, "unread") == 0)
		buf_addf(&g->sql, "%s.unread > 0", a);
	else if (strcmp(w, "overdue") == 0) {
		buf_addc(&g->sql, '(');
		if (!are_open(g))
			buf_addf(
				&g->sql, "%s.phase IN " OPEN_PHASES " AND ", a);
		buf_addf(&g->sql, "%s.due < ", a);
		gen_int(g, n->lo);
		buf_addc(&g->sql, ')');
	} else if (strcmp(w, "snoozed") == 0) {
		return gen_snoozed(g, n->lo);
	} else if (g->at == ENT_MESSAGE) {
		buf_addf(&g->sql,
			"EXISTS (SELECT 1 FROM op o WHERE o.uid = %s.op "
			"AND o.open = 1)",
			a);
	} else {
		buf_addf(&g->sql,
			"EXISTS (SELECT 1 FROM op o WHERE o.open = 1 "
			"AND o.target = %s.id AND o.entity = '%s')",
			a, entity_desc(g->at)->name);
	}
	return 0;
}

static int gen_is(struct gen *g, const struct query_node *n)
{
	if (is_needs(n->text, g->at))
		return gen_is_here(g, n);
	if (g->at == ENT_MESSAGE && is_needs(n->text, ENT_TICKET))
		return gen_elsewhere(g, n, ENT_TICKET, gen_is_here);
	buf_addc(&g->sql, '0');
	return 0;
}

/* --- the tree ------------------------------------------------------------- */

static int gen_pair(
	struct gen *g, const struct query_node *n, const char *between)
{
	int rc;

	buf_addc(&g->sql, '(');
	rc = gen_node(g, n->a);
	buf_adds(&g->sql, between);
	if (rc == 0)
		rc = gen_node(g, n->b);
	buf_addc(&g->sql, ')');
	return rc;
}

int gen_bool(struct gen *g, const struct query_node *n)
{
	int rc;

	buf_addc(&g->sql, '(');
	rc = gen_node(g, n);
	buf_adds(&g->sql, ") IS TRUE");
	return rc;
}

int gen_node(struct gen *g, const struct query_node *n)
{
	int rc;

	switch (n->type) {
	case Q_ALL:
		buf_addc(&g->sql, '1');
		return 0;
	case Q_AND:
		return gen_pair(g, n, " AND ");
	case Q_OR:
		return gen_pair(g, n, " OR ");
	case Q_NOT:
		buf_addc(&g->sql, '(');
		rc = gen_bool(g, n->a);
		buf_adds(&g->sql, " IS NOT TRUE)");
		return rc;
	case Q_FIELD:
		return gen_field(g, n);
	case Q_CF:
		return gen_cf(g, n);
	case Q_IS:
		return gen_is(g, n);
	case Q_TEXT:
	case Q_SHAPED:
		return gen_word(g, n);
	}
	return err_set(E_BUG, "query node %d", n->type);
}
