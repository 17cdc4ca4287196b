/* SPDX-License-Identifier: MIT */
/*
 * The parser of the query language (galley-query(7)). It turns words into a
 * tree whose numbers and times are resolved, so that what reads the tree has
 * no syntax and no clock to think of. It refuses to guess: a word that looks
 * like a field but is none is an error with the column and what is allowed.
 * It knows no SQL.
 */
#include "query_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "galley/base/buf.h"
#include "galley/base/fold.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/near.h"
#include "galley/base/utf8.h"

#define MAX_BYTES  8192
#define MAX_NODES  512
#define MAX_DEPTH  64
#define MAX_VALUES 64

/* What input methods produce when nobody switches to half width. */
static const struct wide {
	uint32_t cp;
	char ascii;
} wide_forms[] = {
	{0xFF1A, ':'},
	{0xFF08, '('},
	{0xFF09, ')'},
	{0x201C, '"'},
	{0x201D, '"'},
	{0xFF5C, '|'},
	{0xFF0C, ','},
	{0x3000, ' '},
	{0xFF1C, '<'},
	{0xFF1E, '>'},
};

/* The character at p as syntax sees it: full-width punctuation as ASCII, any
 * other as itself. `*n` is its length in bytes. */
static uint32_t syntax_at(const struct parser *ps, const char *p, size_t *n)
{
	uint32_t cp;

	*n = 0;
	if (p >= ps->end)
		return 0;
	if ((unsigned char)*p < 0x80) {
		*n = 1;
		return *p == '\t' || *p == '\n' || *p == '\r' ? ' '
							      : (uint32_t)*p;
	}
	*n = utf8_decode(p, (size_t)(ps->end - p), &cp);
	for (size_t i = 0; i < ARRAY_SIZE(wide_forms); i++)
		if (wide_forms[i].cp == cp)
			return (unsigned char)wide_forms[i].ascii;
	return cp;
}

static uint32_t peek(const struct parser *ps)
{
	size_t n;

	return syntax_at(ps, ps->p, &n);
}

static void step(struct parser *ps)
{
	size_t n;

	syntax_at(ps, ps->p, &n);
	ps->p += n;
	ps->col++;
}

int query_fail(int col, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	err_set(E_INPUT, _("column %d: %s"), col, buf_str(&b));
	buf_fini(&b);
	return E_INPUT;
}

static int is_break(uint32_t c)
{
	return c == 0 || c == ' ' || c == '(' || c == ')' || c == '|';
}

/* An upper-case word of its own such as OR. */
static int at_keyword(const struct parser *ps, const char *kw)
{
	size_t len = strlen(kw), n;

	if ((size_t)(ps->end - ps->p) < len || memcmp(ps->p, kw, len) != 0)
		return 0;
	return is_break(syntax_at(ps, ps->p + len, &n));
}

static void skip(struct parser *ps, int n)
{
	while (n-- > 0)
		step(ps);
}

/* Finds out what comes next; a word itself is read by parse_term(). */
static void next_token(struct parser *ps)
{
	static const struct {
		const char *kw;
		enum tok tok;
	} keywords[] = {{"OR", T_OR}, {"AND", T_AND}, {"NOT", T_NOT}};
	uint32_t c;

	while (peek(ps) == ' ')
		step(ps);
	ps->tok_p = ps->p;
	ps->tok_col = ps->col;
	c = peek(ps);
	ps->tok = c == 0     ? T_END
		  : c == '(' ? T_OPEN
		  : c == ')' ? T_CLOSE
		  : c == '|' ? T_OR
		  : c == '-' ? T_NOT
			     : T_WORD;
	if (ps->tok == T_END || ps->tok == T_WORD) {
		for (size_t i = 0; i < ARRAY_SIZE(keywords); i++)
			if (at_keyword(ps, keywords[i].kw)) {
				ps->tok = keywords[i].tok;
				skip(ps, (int)strlen(keywords[i].kw));
				return;
			}
		return;
	}
	step(ps);
	if (c == '|' && peek(ps) == '|')
		step(ps);
	/* a dash between spaces is punctuation, not a negation */
	if (c == '-' && (peek(ps) == ' ' || peek(ps) == 0))
		next_token(ps);
}

static struct query_node *node_new(
	struct parser *ps, enum query_type t, int col)
{
	struct query_node *n = arena_calloc(ps->q->arena, 1, sizeof *n);

	n->type = t;
	n->col = col;
	ps->nodes++;
	return n;
}

static struct query_node *join(struct parser *ps, enum query_type t,
	struct query_node *a, struct query_node *b)
{
	struct query_node *n;

	if (!a)
		return b;
	if (!b)
		return a;
	n = node_new(ps, t, a->col);
	n->a = a;
	n->b = b;
	return n;
}
/* --- names ---------------------------------------------------------------- */

static const char *const is_words[] = {
	"open", "closed", "unread", "mine", "overdue", "pending", "snoozed"};

/* Words of the language that are no fields. */
static const char *const pseudo[] = {"is", "sort", "id", "text"};

/* The known word that is meant, or NULL. */
static const char *guess_word(
	const char *w, const struct entity_desc *d, unsigned flag)
{
	struct near near = near_to(w, strlen(w));

	for (int i = 0; i < d->n_fields; i++)
		if (d->fields[i].flags & flag)
			near_try(&near, d->fields[i].name);
	return near.best;
}

static void list_fields(
	struct buf *b, const struct entity_desc *d, unsigned flag)
{
	const char *sep = "";

	for (int i = 0; i < d->n_fields; i++)
		if (d->fields[i].flags & flag) {
			buf_addf(b, "%s%s", sep, d->fields[i].name);
			sep = ", ";
		}
}

static int no_such_field(
	const struct parser *ps, const char *name, int col, unsigned flag)
{
	const struct entity_desc *d = entity_desc(ps->q->entity);
	const char *near = guess_word(name, d, flag);
	struct buf b = BUF_INIT;
	int rc;

	list_fields(&b, d, flag);
	if (flag == FF_FILTER)
		for (size_t i = 0; i < ARRAY_SIZE(pseudo); i++)
			buf_addf(&b, ", %s", pseudo[i]);
	if (near)
		rc = query_fail(col,
			_("no field \"%s\", did you mean \"%s\"? Fields are: %s"),
			name, near, buf_str(&b));
	else
		rc = query_fail(col, _("no field \"%s\"; fields are: %s"), name,
			buf_str(&b));
	buf_fini(&b);
	return rc;
}
/* --- values --------------------------------------------------------------- */

/* A quoted string; stands on the opening mark. */
static int read_quoted(struct parser *ps, struct value *v)
{
	struct buf b = BUF_INIT;
	int col = ps->col;

	step(ps);
	for (;;) {
		const char *from = ps->p;
		uint32_t c = peek(ps);

		if (c == 0) {
			buf_fini(&b);
			return query_fail(
				col, _("the quotation mark is not closed"));
		}
		step(ps);
		if (c == '"')
			break;
		if (c == '\\' && (peek(ps) == '"' || peek(ps) == '\\')) {
			from = ps->p;
			step(ps);
		}
		buf_add(&b, from, (size_t)(ps->p - from));
	}
	*v = (struct value){
		.s = arena_strndup(ps->q->arena, buf_str(&b), b.len),
		.col = col,
		.quoted = 1,
	};
	buf_fini(&b);
	return 0;
}

/* A bare word up to a space, a parenthesis or a bar, and up to a comma when
 * `list`. */
static void read_bare(struct parser *ps, int list, struct value *v)
{
	const char *from = ps->p;
	int col = ps->col;

	while (!is_break(peek(ps)) && !(list && peek(ps) == ','))
		step(ps);
	*v = (struct value){
		.s = arena_strndup(ps->q->arena, from, (size_t)(ps->p - from)),
		.col = col,
	};
}

static int read_values(struct parser *ps, struct value *v, int *n)
{
	*n = 0;
	for (;;) {
		if (*n == MAX_VALUES)
			return query_fail(ps->col,
				_("more than %d values; make two queries"),
				MAX_VALUES);
		if (peek(ps) == '"') {
			int rc = read_quoted(ps, &v[*n]);

			if (rc < 0)
				return rc;
			if (!is_break(peek(ps)) && peek(ps) != ',')
				return query_fail(ps->col,
					_("a space or a comma is missing after the quotation mark"));
		} else {
			read_bare(ps, 1, &v[*n]);
		}
		if (!v[*n].s[0])
			return query_fail(v[*n].col,
				_("a value is missing; write field:value, or quote the colon's word to look for it as text"));
		(*n)++;
		if (peek(ps) != ',')
			return 0;
		step(ps);
	}
}

static enum query_op read_op(struct parser *ps)
{
	uint32_t c = peek(ps);
	int eq;

	if (c != '<' && c != '>')
		return QOP_IS;
	step(ps);
	eq = peek(ps) == '=';
	if (eq)
		step(ps);
	if (c == '<')
		return eq ? QOP_LE : QOP_LT;
	return eq ? QOP_GE : QOP_GT;
}
/* --- terms ---------------------------------------------------------------- */

static int number_node(struct parser *ps, const struct field_desc *f,
	enum query_op op, const struct value *v, int col,
	struct query_node **out)
{
	struct query_node *n = node_new(ps, Q_FIELD, col);
	struct moment m;
	int rc;

	n->field = f;
	n->n_values = 1;
	n->values = arena_calloc(ps->q->arena, 1, sizeof *n->values);
	n->values[0] = v->s;
	if (op == QOP_IS && !v->quoted && !strcasecmp(v->s, "none")) {
		n->op = QOP_IS;
		*out = n;
		return 0;
	}
	n->op = QOP_RANGE;
	rc = op == QOP_IS && f->type != FT_BOOL ? query_range(ps, n, v) : 0;
	if (rc == 0) {
		rc = query_point(ps, f, v, &m);
		if (rc == 0)
			rc = query_bounds(ps, n, op, m, v, &n->lo, &n->hi);
	}
	if (rc < 0)
		return rc;
	*out = n;
	return 0;
}
static struct query_node *values_node(struct parser *ps, enum query_type t,
	enum query_op op, const struct value *v, int n, int col)
{
	struct query_node *node = node_new(ps, t, col);
	struct moment m;

	node->op = op;
	node->n_values = n;
	node->values =
		arena_calloc(ps->q->arena, (size_t)n, sizeof *node->values);
	for (int i = 0; i < n; i++)
		node->values[i] = v[i].s;
	if (query_number(&v[0], &m) == 0)
		node->lo = node->hi = m.lo;
	return node;
}

static int field_term(struct parser *ps, const struct field_desc *f, int col,
	struct query_node **out)
{
	struct value v[MAX_VALUES];
	struct query_node *all = NULL, *one;
	int n, rc, op_col = ps->col;
	enum query_op op = read_op(ps);

	rc = read_values(ps, v, &n);
	if (rc < 0)
		return rc;
	if (op != QOP_IS && !query_ordered(f))
		return query_fail(op_col,
			_("%s has no order; write %s:value or %s:one,other"),
			f->name, f->name, f->name);
	if (op != QOP_IS && n > 1)
		return query_fail(op_col, _("a comparison takes one value"));
	if (!query_ordered(f)) {
		*out = values_node(ps, Q_FIELD, op, v, n, col);
		(*out)->field = f;
		return 0;
	}
	for (int i = 0; i < n; i++) {
		rc = number_node(ps, f, op, &v[i], col, &one);
		if (rc < 0)
			return rc;
		all = join(ps, Q_OR, all, one);
	}
	*out = all;
	return 0;
}

static int is_term(struct parser *ps, int col, struct query_node **out)
{
	struct value v[MAX_VALUES];
	struct query_node *all = NULL;
	int n, rc = read_values(ps, v, &n);

	if (rc < 0)
		return rc;
	for (int i = 0; i < n; i++) {
		struct query_node *one = node_new(ps, Q_IS, col);

		one->lo = one->hi = ps->now_ms;
		for (size_t k = 0; k < ARRAY_SIZE(is_words); k++)
			if (!strcasecmp(v[i].s, is_words[k]))
				one->text = is_words[k];
		if (!one->text)
			return query_fail(v[i].col,
				_("no state \"%s\"; after is: comes open, closed, unread, mine, overdue, pending or snoozed"),
				v[i].s);
		all = join(ps, Q_OR, all, one);
	}
	*out = all;
	return 0;
}

static int sort_term(struct parser *ps, int col)
{
	struct value v;
	const struct field_desc *f;
	struct query *q = ps->q;
	int desc = peek(ps) == '-';

	if (desc)
		step(ps);
	read_bare(ps, 0, &v);
	f = field_by_name(q->entity, v.s);
	if (!f || !(f->flags & FF_SORT))
		return no_such_field(ps, v.s, v.col, FF_SORT);
	if (q->sort)
		return query_fail(col, _("sort: stands here a second time"));
	q->sort = f;
	q->sort_desc = desc;
	return 0;
}

static int cf_term(
	struct parser *ps, const char *name, int col, struct query_node **out)
{
	struct value v[MAX_VALUES];
	enum query_op op;
	int n, rc;

	if (!field_by_name(ps->q->entity, "cf"))
		return query_fail(col, _("a %s has no custom fields"),
			entity_desc(ps->q->entity)->name);
	op = read_op(ps);
	rc = read_values(ps, v, &n);
	if (rc < 0)
		return rc;
	if (op != QOP_IS && n > 1)
		return query_fail(col, _("a comparison takes one value"));
	*out = values_node(ps, Q_CF, op, v, n, col);
	(*out)->cf = name;
	return 0;
}

/* Anything that the index can find at all? */
static int searchable(const char *s)
{
	size_t len = strlen(s);

	for (size_t i = 0; i < len;) {
		uint32_t cp, folded;
		enum fold_class c;

		i += utf8_decode(s + i, len - i, &cp);
		c = fold_cp(cp, &folded);
		if (c == FOLD_WORD || c == FOLD_CJK)
			return 1;
	}
	return 0;
}

static int all_digits(const char *s)
{
	return s[0] && strspn(s, "0123456789") == strlen(s);
}

/* +86 138-0013-8000 without its spaces: 7 to 15 digits, marks between. */
static int is_phone(const char *s)
{
	int digits = 0;

	for (const char *p = s; *p; p++) {
		if (*p >= '0' && *p <= '9')
			digits++;
		else if (*p == '+' ? p != s : !strchr("-.", *p) || p == s)
			return 0;
	}
	return digits >= 7 && digits <= 15;
}

static int is_email(const char *s)
{
	const char *at = strchr(s, '@');

	return at && at != s && at[1] && !strchr(at + 1, '@') &&
	       strchr(at + 1, '.') && at[1] != '.';
}

/* #123, T-8812, 123 */
static int is_id(const char *s)
{
	const char *p = s;

	if (*p == '#')
		return all_digits(p + 1) && strlen(p) <= 21;
	if (all_digits(s))
		return strlen(s) < 7;
	while ((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z'))
		p++;
	return p != s && p - s <= 8 && *p == '-' && all_digits(p + 1) &&
	       strlen(p) <= 21;
}

static enum query_shape shape_of(const char *s)
{
	if (is_id(s))
		return SHAPE_ID;
	if (is_email(s))
		return SHAPE_EMAIL;
	if (is_phone(s))
		return SHAPE_PHONE;
	return SHAPE_NONE;
}

static int text_node(
	struct parser *ps, const struct value *v, struct query_node **out)
{
	size_t len = strlen(v->s);
	enum query_shape shape = v->quoted ? SHAPE_NONE : shape_of(v->s);
	struct query_node *n =
		node_new(ps, shape == SHAPE_NONE ? Q_TEXT : Q_SHAPED, v->col);

	n->text = v->s;
	n->shape = shape;
	if (!v->quoted && len > 1 && v->s[len - 1] == '*') {
		n->prefix = 1;
		n->text = arena_strndup(ps->q->arena, v->s, len - 1);
	}
	if (!searchable(n->text))
		return query_fail(v->col,
			_("nothing to look for in \"%s\": a letter, a digit or a character is needed"),
			v->s);
	ps->q->has_text = 1;
	*out = n;
	return 0;
}

static int id_node(
	struct parser *ps, const char *text, int col, struct query_node **out)
{
	struct query_node *n = node_new(ps, Q_SHAPED, col);

	n->shape = SHAPE_ID;
	n->text = text;
	ps->q->has_text = 1;
	*out = n;
	return 0;
}

static int id_term(struct parser *ps, int col, struct query_node **out)
{
	struct value v[MAX_VALUES];
	struct query_node *all = NULL, *one;
	int n, rc = read_values(ps, v, &n);

	if (rc < 0)
		return rc;
	for (int i = 0; i < n; i++) {
		rc = id_node(ps, v[i].s, col, &one);
		if (rc < 0)
			return rc;
		all = join(ps, Q_OR, all, one);
	}
	*out = all;
	return 0;
}

/* The name before a colon, lower-cased, in `name`; moves behind the colon.
 * 0 when the word has no such beginning. */
static int read_name(struct parser *ps, char *name, size_t size, int *wide)
{
	const char *p = ps->p;
	size_t len = 0, n;
	uint32_t c;

	for (; (c = syntax_at(ps, p, &n)) && c < 128; p += n) {
		char ch = (char)c;
		int letter =
			(ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
		int other = (ch >= '0' && ch <= '9') || ch == '_' || ch == '-';

		if (!letter && !(other && len))
			break;
		if (len + 1 >= size)
			return 0;
		name[len++] = letter ? (char)(ch | 0x20) : ch;
	}
	if (!len || c != ':')
		return 0;
	*wide = n > 1;
	/* an address, not a field */
	if (p + n + 1 < ps->end && p[n] == '/' && p[n + 1] == '/')
		return 0;
	name[len] = '\0';
	skip(ps, (int)len + 1);
	return 1;
}

/* cf.Name:  cf."A name":  in any script. */
static int read_cf_name(struct parser *ps, const char **name)
{
	struct value v;
	const char *from;
	int col = ps->col, rc;

	*name = NULL;
	if (strncasecmp(ps->p, "cf.", 3) != 0)
		return 0;
	skip(ps, 3);
	if (peek(ps) == '"') {
		rc = read_quoted(ps, &v);
		if (rc < 0)
			return rc;
		*name = v.s;
	} else {
		for (from = ps->p; !is_break(peek(ps)) && peek(ps) != ':';)
			step(ps);
		*name = arena_strndup(
			ps->q->arena, from, (size_t)(ps->p - from));
	}
	if (!(*name)[0] || peek(ps) != ':')
		return query_fail(col,
			_("write a custom field as cf.Name:value or cf.\"A name\":value"));
	step(ps);
	return 1;
}

/* rt:123 names a row of a connector; a mistyped field does not. */
static int is_row_name(const struct parser *ps, const char *name)
{
	size_t n, digits = 0;
	const char *p = ps->p;

	while (p < ps->end && *p >= '0' && *p <= '9') {
		p++;
		digits++;
	}
	if (!digits || digits > 20 || !is_break(syntax_at(ps, p, &n)))
		return 0;
	return strlen(name) < 4 ||
	       !guess_word(name, entity_desc(ps->q->entity), FF_FILTER);
}

static const struct field_desc *find_field(
	const struct parser *ps, const char *name)
{
	const struct field_desc *f;

	if (!strcmp(name, "tag"))
		name = "tags";
	f = field_by_name(ps->q->entity, name);
	return f && (f->flags & FF_FILTER) ? f : NULL;
}

static int text_term(struct parser *ps, struct query_node **out)
{
	struct value v;
	int rc;

	if (peek(ps) == '"') {
		rc = read_quoted(ps, &v);
		if (rc < 0)
			return rc;
	} else {
		read_bare(ps, 0, &v);
	}
	return text_node(ps, &v, out);
}

/* A word with a field in front. 0: it was none, nothing was read. */
static int named_term(struct parser *ps, int col, struct query_node **out)
{
	char name[64];
	const char *start = ps->p;
	const struct field_desc *f;
	int start_col = ps->col, wide, rc;

	if (!read_name(ps, name, sizeof name, &wide))
		return 0;
	f = find_field(ps, name);
	if (f)
		rc = field_term(ps, f, col, out);
	else if (!strcmp(name, "is"))
		rc = is_term(ps, col, out);
	else if (!strcmp(name, "sort"))
		rc = sort_term(ps, col);
	else if (!strcmp(name, "id"))
		rc = id_term(ps, col, out);
	else if (!strcmp(name, "text"))
		rc = text_term(ps, out);
	else if (is_row_name(ps, name)) {
		struct value v;

		read_bare(ps, 0, &v);
		rc = id_node(ps, arena_printf(ps->q->arena, "%s:%s", name, v.s),
			col, out);
	} else if (wide) {
		/* running text may hold a full-width colon */
		ps->p = start;
		ps->col = start_col;
		return 0;
	} else {
		rc = no_such_field(ps, name, col, FF_FILTER);
	}
	return rc < 0 ? rc : 1;
}

/* *out stays NULL for sort:, which is no condition. */
static int parse_term(struct parser *ps, struct query_node **out)
{
	const char *cf;
	int col = ps->col, rc;

	*out = NULL;
	if (ps->nodes > MAX_NODES)
		return query_fail(col, _("the query has too many words"));
	rc = read_cf_name(ps, &cf);
	if (rc < 0)
		return rc;
	if (rc)
		return cf_term(ps, cf, col, out);
	rc = named_term(ps, col, out);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	return text_term(ps, out);
}
/* --- grammar -------------------------------------------------------------- */

static int parse_or(struct parser *ps, struct query_node **out);

static int parse_group(struct parser *ps, struct query_node **out)
{
	int col = ps->tok_col, rc;

	next_token(ps);
	rc = parse_or(ps, out);
	if (rc < 0)
		return rc;
	if (ps->tok != T_CLOSE)
		return query_fail(col, _("the parenthesis is not closed"));
	next_token(ps);
	return 0;
}

static int parse_not(struct parser *ps, struct query_node **out);

static int parse_unary(struct parser *ps, struct query_node **out)
{
	int rc;

	switch (ps->tok) {
	case T_NOT:
		return parse_not(ps, out);
	case T_OPEN:
		return parse_group(ps, out);
	case T_WORD:
		rc = parse_term(ps, out);
		if (rc < 0)
			return rc;
		if (!is_break(peek(ps)))
			return query_fail(
				ps->col, _("a space is missing here"));
		next_token(ps);
		return 0;
	case T_CLOSE:
		return query_fail(
			ps->tok_col, _("this parenthesis was never opened"));
	case T_END:
		return query_fail(ps->tok_col, _("the query ends too early"));
	default:
		return query_fail(
			ps->tok_col, _("OR and AND stand between two words"));
	}
}

static int parse_not(struct parser *ps, struct query_node **out)
{
	struct query_node *n, *a;
	int col = ps->tok_col, rc;

	if (++ps->depth > MAX_DEPTH)
		return query_fail(
			col, _("nested more than %d deep"), MAX_DEPTH);
	next_token(ps);
	rc = parse_unary(ps, &a);
	ps->depth--;
	if (rc < 0)
		return rc;
	if (!a)
		return query_fail(col, _("sort: cannot be negated"));
	n = node_new(ps, Q_NOT, col);
	n->a = a;
	*out = n;
	return 0;
}

static int ends_and(enum tok t)
{
	return t == T_END || t == T_CLOSE || t == T_OR;
}

static int parse_and(struct parser *ps, struct query_node **out)
{
	struct query_node *all = NULL, *one;
	int rc;

	do {
		one = NULL;
		rc = parse_unary(ps, &one);
		if (rc < 0)
			return rc;
		all = join(ps, Q_AND, all, one);
		if (ps->tok == T_AND) {
			next_token(ps);
			if (ends_and(ps->tok))
				return query_fail(ps->tok_col,
					_("OR and AND stand between two words"));
		}
	} while (!ends_and(ps->tok));
	*out = all;
	return 0;
}

static int parse_or(struct parser *ps, struct query_node **out)
{
	struct query_node *all = NULL, *one;
	int rc;

	if (++ps->depth > MAX_DEPTH)
		return query_fail(
			ps->tok_col, _("nested more than %d deep"), MAX_DEPTH);
	for (;;) {
		int col = ps->tok_col;

		one = NULL;
		rc = parse_and(ps, &one);
		if (rc < 0)
			return rc;
		if (!one && (all || ps->tok == T_OR))
			return query_fail(
				col, _("sort: cannot stand beside OR"));
		all = join(ps, Q_OR, all, one);
		if (ps->tok != T_OR)
			break;
		next_token(ps);
	}
	ps->depth--;
	*out = all;
	return 0;
}

static int check_text(const char *s, size_t len)
{
	int col = 1;

	if (len > MAX_BYTES)
		return err_set(E_INPUT, _("the query is longer than %d bytes"),
			MAX_BYTES);
	for (size_t i = 0; i < len; col++) {
		uint32_t cp;
		size_t n = utf8_decode(s + i, len - i, &cp);

		if (cp == UTF8_BAD && n == 1)
			return query_fail(col, _("this is not UTF-8"));
		if ((cp < 32 && cp != '\t' && cp != '\n' && cp != '\r') ||
			cp == 127)
			return query_fail(col, _("a control character"));
		i += n;
	}
	return 0;
}

static int parse_all(struct parser *ps)
{
	struct query_node *root = NULL;
	int rc;

	next_token(ps);
	if (ps->tok != T_END) {
		rc = parse_or(ps, &root);
		if (rc < 0)
			return rc;
		if (ps->tok == T_CLOSE)
			return query_fail(ps->tok_col,
				_("this parenthesis was never opened"));
	}
	ps->q->root = root ? root : node_new(ps, Q_ALL, 1);
	return 0;
}

int query_parse(const char *s, enum entity e, int64_t now_ms, int zone_min,
	struct query **out)
{
	struct parser ps = {.s = s,
		.p = s,
		.end = s + strlen(s),
		.col = 1,
		.now_ms = now_ms,
		.zone_min = zone_min};
	struct query *q;
	int rc = check_text(s, strlen(s));

	if (rc < 0)
		return rc;
	q = xcalloc(1, sizeof *q);
	q->arena = arena_new();
	q->entity = e;
	ps.q = q;
	rc = parse_all(&ps);
	if (rc < 0) {
		query_free(q);
		return rc;
	}
	*out = q;
	return 0;
}

void query_free(struct query *q)
{
	if (!q)
		return;
	arena_free(q->arena);
	free(q);
}
