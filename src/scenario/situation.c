/* SPDX-License-Identifier: MIT */
/*
 * Rules on the facts of a case: the first that holds names the situation and
 * says why. Facts are handed in; nothing here reads a cache, remembers a case
 * or decides what a bench makes of a situation. Words are matched folded, so
 * that full-width forms and traditional characters are found too.
 */
#include "galley/scenario/scenario.h"

#include <stdlib.h>
#include <string.h>

#include "galley/base/fold.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/base/utf8.h"
#include "galley/model/query.h"
#include "lex.h"

#define MAX_RULES   500
#define MAX_DEPTH   32
#define MAX_TESTS   100 /* of a rule */
#define MAX_WORDS   100
#define MAX_REASON  4
#define SHOWN_CELLS 40

/* --- what there is to know of a case ----------------------------------------
 */

enum fact_kind { FACT_TEXT, FACT_NUMBER, FACT_SPAN };
static const struct {
	const char *name;
	enum fact_kind kind;
} facts[] = {
	{"case", FACT_TEXT},
	{"channel", FACT_TEXT},
	{"phase", FACT_TEXT},
	{"status", FACT_TEXT},
	{"queue", FACT_TEXT},
	{"owner", FACT_TEXT},
	{"subject", FACT_TEXT},
	{"words", FACT_TEXT},
	{"last", FACT_TEXT},
	{"tags", FACT_TEXT},
	{"class", FACT_TEXT},
	{"product", FACT_TEXT},
	{"stage", FACT_TEXT},
	{"lang", FACT_TEXT},
	{"customer", FACT_TEXT},
	{"vip", FACT_TEXT},
	{"order.status", FACT_TEXT},
	{"promise.text", FACT_TEXT},
	{"promise.due", FACT_TEXT},
	{"priority", FACT_NUMBER},
	{"emotion", FACT_NUMBER},
	{"emotion.fall", FACT_NUMBER},
	{"messages", FACT_NUMBER},
	{"unanswered", FACT_NUMBER},
	{"contacts.week", FACT_NUMBER},
	{"open", FACT_NUMBER},
	{"orders", FACT_NUMBER},
	{"promises.broken", FACT_NUMBER},
	{"csat", FACT_NUMBER},
	{"waiting", FACT_SPAN},
	{"silent", FACT_SPAN},
	{"age", FACT_SPAN},
	{"due.late", FACT_SPAN},
	{"promise.late", FACT_SPAN},
	{"promise.left", FACT_SPAN},
	{"refund.age", FACT_SPAN},
	{"delivery.late", FACT_SPAN},
	{"order.age", FACT_SPAN},
	{"known", FACT_SPAN},
};
#define N_FACTS	   ((int)ARRAY_SIZE(facts))
#define FACT_CF	   N_FACTS	 /* a custom field: by its name */
#define FACT_MATCH (N_FACTS + 1) /* what has been found, in a reason */

/* --- rules ------------------------------------------------------------------
 */

enum node_kind { NODE_AND, NODE_OR, NODE_NOT, NODE_TEST, NODE_ALWAYS };
enum test_op { OP_SET, OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_WORDS };

struct word {
	const char *shown;  /* as in the file */
	const char *folded; /* all of it */
	size_t len;
	size_t first; /* bytes up to the first space */
	int prefix;
};
struct node {
	enum node_kind kind;
	struct node *a, *b;
	enum test_op op;
	int fact;
	const char *cf; /* FACT_CF: "cf.NAME" */
	int64_t number;
	struct word *words;
	int n_words;
};
struct part { /* of a reason: a text, then a fact */
	const char *text;
	int fact; /* -1 none */
	const char *cf;
};
struct reason {
	struct {
		struct part *v;
		int n;
	} lang[3];
	const char *there[3]; /* for lex_choose() */
	int line;
};
struct rule {
	const char *name;
	const char *title[3];
	struct node *when;
	struct reason reason[MAX_REASON];
	int n_reasons;
	const char *text[4]; /* script, articles, form, macros */
	int line;
};
struct situations {
	struct arena *arena;
	const char *file;
	struct rule *rule;
	int n, room;
};
struct parse {
	struct lex lx;
	struct situations *s;
	struct rule *rule; /* being read */
	int depth, tests;
};

/* --- parsing: facts and values ----------------------------------------------
 */

static int fact_by_name(const char *name, size_t len)
{
	int i;

	for (i = 0; i < N_FACTS; i++)
		if (strlen(facts[i].name) == len &&
			!memcmp(facts[i].name, name, len))
			return i;
	if (len > 3 && !memcmp(name, "cf.", 3))
		return FACT_CF;
	return -1;
}

static int no_such_fact(struct parse *p, const struct tok *at, const char *name)
{
	struct buf b = BUF_INIT, shown = BUF_INIT;
	int rc, i;

	for (i = 0; i < N_FACTS; i++)
		buf_addf(&b, "%s, ", facts[i].name);
	buf_adds(&shown, ""); /* nothing is a text too */
	text_gate(&shown, name, utf8_fit(name, strlen(name), 40, NULL),
		GATE_LINE);
	rc = lex_err(&p->lx, at,
		_("there is no fact %s; there are: %sand cf.NAME"),
		buf_str(&shown), buf_str(&b));
	buf_fini(&b);
	buf_fini(&shown);
	return rc;
}

static enum fact_kind kind_of(int fact)
{
	return fact < N_FACTS ? facts[fact].kind : FACT_TEXT;
}

/* One of "a|b c|d*". */
static int add_word(struct parse *p, const struct tok *at, struct node *n,
	const char *s, size_t len)
{
	struct buf b = BUF_INIT;
	struct word *w;

	w = &n->words[n->n_words++];
	w->prefix = len > 1 && s[len - 1] == '*';
	len -= (size_t)w->prefix;
	fold_text(&b, s, len);
	w->shown = arena_strndup(p->lx.arena, s, len);
	w->folded = arena_strdup(p->lx.arena, buf_str(&b));
	w->len = b.len;
	w->first = strcspn(w->folded, " ");
	buf_fini(&b);
	if (!w->len)
		return lex_err(&p->lx, at,
			_("nothing to look for stands between two |"));
	return 0;
}

static size_t count_bars(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += *s == '|';
	return n;
}

static int take_words(struct parse *p, struct node *n)
{
	struct lex *lx = &p->lx;
	struct tok at = lx->tok;
	const char *s = at.s, *bar;
	size_t max;
	int rc = 0;

	if (at.kind != TOK_TEXT && at.kind != TOK_NAME && at.kind != TOK_NUMBER)
		return lex_expected(lx, _("a word or a text in quotation "
					  "marks"));
	max = count_bars(s) + 1;
	if (max > MAX_WORDS)
		return lex_err(lx, &at, _("more than %d words"), MAX_WORDS);
	n->words = arena_calloc(lx->arena, max, sizeof(*n->words));
	do {
		bar = strchr(s, '|');
		rc = add_word(
			p, &at, n, s, bar ? (size_t)(bar - s) : strlen(s));
		s = bar ? bar + 1 : NULL;
	} while (!rc && s);
	return rc ? rc : lex_next(lx);
}

static int take_number(struct parse *p, struct node *n)
{
	struct lex *lx = &p->lx;

	n->number = lx->tok.number;
	if (kind_of(n->fact) == FACT_SPAN && lx->tok.kind != TOK_SPAN &&
		(lx->tok.kind != TOK_NUMBER || n->number))
		return lex_expected(lx, _("a time (30s, 15min, 3h, 2d, 1w)"));
	if (kind_of(n->fact) == FACT_NUMBER && lx->tok.kind != TOK_NUMBER)
		return lex_expected(lx, _("a number"));
	return lex_next(lx);
}

/* --- parsing: conditions ----------------------------------------------------
 */

static struct node *new_node(struct parse *p, enum node_kind kind)
{
	struct node *n = arena_calloc(p->lx.arena, 1, sizeof(*n));

	n->kind = kind;
	return n;
}

static const struct {
	const char *mark;
	enum test_op op;
} ops[] = {
	{"=", OP_EQ},
	{"!=", OP_NE},
	{"<", OP_LT},
	{"<=", OP_LE},
	{">", OP_GT},
	{">=", OP_GE},
	{"~", OP_WORDS},
};

static int take_op(struct parse *p, struct node *n)
{
	struct lex *lx = &p->lx;
	int is_text = kind_of(n->fact) == FACT_TEXT, may;
	size_t i;

	n->op = OP_SET;
	if (lx->tok.kind != TOK_MARK || lex_is(lx, TOK_MARK, ")"))
		return 0;
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		if (lex_is(lx, TOK_MARK, ops[i].mark))
			break;
	may = i < ARRAY_SIZE(ops) &&
	      (ops[i].op <= OP_NE || (ops[i].op == OP_WORDS) == is_text);
	if (!may)
		return lex_expected(lx,
			is_text ? _("=, != or ~") : _("=, !=, <, <=, > or >="));
	n->op = ops[i].op;
	return lex_next(lx);
}

static int take_test(struct parse *p, struct node **out)
{
	struct lex *lx = &p->lx;
	struct node *n = new_node(p, NODE_TEST);
	int rc;

	*out = n;
	if (lx->tok.kind != TOK_NAME)
		return lex_expected(lx, _("a fact, not or ("));
	if (++p->tests > MAX_TESTS)
		return lex_err(
			lx, &lx->tok, _("more than %d conditions"), MAX_TESTS);
	n->fact = fact_by_name(lx->tok.s, strlen(lx->tok.s));
	if (n->fact < 0)
		return no_such_fact(p, &lx->tok, lx->tok.s);
	n->cf = n->fact == FACT_CF ? lx->tok.s : NULL;
	rc = lex_next(lx);
	if (!rc)
		rc = take_op(p, n);
	if (rc || n->op == OP_SET)
		return rc;
	return kind_of(n->fact) == FACT_TEXT ? take_words(p, n)
					     : take_number(p, n);
}

static int take_or(struct parse *p, struct node **out);
static int take_not(struct parse *p, struct node **out);

static int take_inner(struct parse *p, struct node **out)
{
	struct lex *lx = &p->lx;
	struct tok open = lx->tok;
	struct node *n;
	int rc;

	if (lex_is(lx, TOK_NAME, "not")) {
		n = *out = new_node(p, NODE_NOT);
		rc = lex_next(lx);
		return rc ? rc : take_not(p, &n->a);
	}
	if (!lex_is(lx, TOK_MARK, "("))
		return take_test(p, out);
	rc = lex_next(lx);
	if (!rc)
		rc = take_or(p, out);
	if (rc || lex_is(lx, TOK_MARK, ")"))
		return rc ? rc : lex_next(lx);
	if (lx->tok.kind == TOK_END)
		return lex_err(lx, &open, _("this ( has no )"));
	return lex_expected(lx, _("and, or or )"));
}

/* `not` and parentheses come back here. */
static int take_not(struct parse *p, struct node **out)
{
	int rc;

	if (p->depth == MAX_DEPTH)
		return lex_err(&p->lx, &p->lx.tok, _("deeper than %d levels"),
			MAX_DEPTH);
	p->depth++;
	rc = take_inner(p, out);
	p->depth--;
	return rc;
}

static int take_chain(struct parse *p, const char *join, enum node_kind kind,
	int (*operand)(struct parse *p, struct node **out), struct node **out)
{
	struct node *n, *all;
	int rc = operand(p, &all);

	while (!rc && lex_is(&p->lx, TOK_NAME, join)) {
		n = new_node(p, kind);
		n->a = all;
		all = n;
		rc = lex_next(&p->lx);
		if (!rc)
			rc = operand(p, &n->b);
	}
	if (!rc)
		*out = all;
	return rc;
}

static int take_and(struct parse *p, struct node **out)
{
	return take_chain(p, "and", NODE_AND, take_not, out);
}

static int take_or(struct parse *p, struct node **out)
{
	return take_chain(p, "or", NODE_OR, take_and, out);
}

/* --- parsing: reasons -------------------------------------------------------
 */

struct parts {
	struct part v[32];
	int n;
};

static int add_part(struct parse *p, const struct tok *at, struct parts *all,
	struct buf *text, const char *name, size_t len)
{
	struct part *part;
	char *shown;
	int rc = 0;

	if (all->n == (int)ARRAY_SIZE(all->v))
		return lex_err(&p->lx, at, _("more than %zu facts in a text"),
			ARRAY_SIZE(all->v) - 1);
	part = &all->v[all->n++];
	part->text = arena_strdup(p->lx.arena, buf_str(text));
	buf_reset(text);
	part->fact = -1;
	part->cf = NULL;
	if (!name)
		return 0;
	shown = arena_strndup(p->lx.arena, name, len);
	part->fact =
		!strcmp(shown, "match") ? FACT_MATCH : fact_by_name(name, len);
	if (part->fact == FACT_CF)
		part->cf = shown;
	if (part->fact < 0)
		rc = no_such_fact(p, at, shown);
	return rc;
}

/* "late by {promise.late}"; {{ is a brace. */
static int split_reason(
	struct parse *p, const struct tok *at, const char *s, struct parts *all)
{
	struct buf text = BUF_INIT;
	size_t len;
	int rc = 0;

	for (; *s && !rc; s++) {
		if (*s != '{' || s[1] == '{') {
			buf_addc(&text, *s);
			s += *s == '{';
			continue;
		}
		len = strcspn(s + 1, "}");
		if (!s[1 + len])
			rc = lex_err(&p->lx, at,
				_("a { in this text has no }; a brace itself "
				  "is {{"));
		else
			rc = add_part(p, at, all, &text, s + 1, len);
		s += len + 1;
		if (!*s)
			break;
	}
	if (!rc)
		rc = add_part(p, at, all, &text, NULL, 0);
	buf_fini(&text);
	return rc;
}

static int say_because(struct parse *p)
{
	struct rule *r = p->rule;
	struct reason *why = &r->reason[r->n_reasons];
	const char *text[3];
	struct tok at = p->lx.tok;
	int rc, i;

	if (r->n_reasons == MAX_REASON)
		return lex_err(
			&p->lx, &at, _("more than %d reasons"), MAX_REASON);
	rc = lex_next(&p->lx);
	at = p->lx.tok;
	if (!rc)
		rc = lex_title(
			&p->lx, _("a sentence in quotation marks"), text);
	for (i = 0; !rc && i < 3; i++) {
		struct parts all = {.n = 0};

		if (!text[i])
			continue;
		rc = split_reason(p, &at, text[i], &all);
		why->there[i] = text[i];
		why->lang[i].n = all.n;
		why->lang[i].v = arena_calloc(
			p->lx.arena, (size_t)all.n + 1, sizeof(*all.v));
		memcpy(why->lang[i].v, all.v, (size_t)all.n * sizeof(*all.v));
	}
	r->n_reasons += !rc;
	return rc;
}

/* --- parsing: the lines of a rule -------------------------------------------
 */

static int say_when(struct parse *p)
{
	struct lex *lx = &p->lx;
	struct tok at = lx->tok;
	int rc = lex_next(lx);

	if (p->rule->when)
		return lex_err(lx, &at, _("this stands here already"));
	if (!rc && lex_is(lx, TOK_NAME, "always")) {
		p->rule->when = new_node(p, NODE_ALWAYS);
		return lex_next(lx);
	}
	return rc ? rc : take_or(p, &p->rule->when);
}

enum { TEXT_SCRIPT, TEXT_ARTICLES, TEXT_FORM, TEXT_MACROS };
static const char *const text_names[4] = {
	"script", "articles", "form", "macros"};

/* The query is read here so that a mistake in it is found with the file. */
static int check_query(struct parse *p, const struct tok *at, const char *s)
{
	struct query *q = NULL;
	char *why;
	int rc;

	if (query_parse(s, ENT_ARTICLE, 0, 0, &q) == 0) {
		query_free(q);
		return 0;
	}
	why = xstrdup(err_msg());
	rc = lex_err(&p->lx, at, _("this is no query for articles: %s"), why);
	free(why);
	return rc;
}

static int say_text(struct parse *p, int which)
{
	struct lex *lx = &p->lx;
	struct tok at = lx->tok;
	int rc = lex_next(lx);

	if (p->rule->text[which][0])
		return lex_err(lx, &at, _("this stands here already"));
	at = lx->tok;
	if (rc)
		return rc;
	if (at.kind != TOK_NAME && at.kind != TOK_TEXT)
		return lex_expected(lx, _("a word or a text in quotation "
					  "marks"));
	p->rule->text[which] = at.s;
	rc = which == TEXT_ARTICLES ? check_query(p, &at, at.s) : 0;
	return rc ? rc : lex_next(lx);
}

static int say_line(struct parse *p)
{
	struct lex *lx = &p->lx;
	int i;

	if (!lx->tok.first)
		return lex_expected(lx, p->rule->when && !p->rule->n_reasons
						? _("and, or, or a new line")
						: _("a new line"));
	if (lex_is(lx, TOK_NAME, "when"))
		return say_when(p);
	if (lex_is(lx, TOK_NAME, "because"))
		return say_because(p);
	for (i = 0; i < 4; i++)
		if (lex_is(lx, TOK_NAME, text_names[i]))
			return say_text(p, i);
	return lex_expected(lx, _("when, because, script, articles, form, "
				  "macros or situation"));
}

static int check_rule(struct parse *p, const struct tok *at)
{
	const struct rule *r = p->rule;
	int i;

	if (!r->when)
		return lex_err(&p->lx, at,
			_("the situation %s has no line: when ..."), r->name);
	if (!r->n_reasons)
		return lex_err(&p->lx, at,
			_("the situation %s has no line: because \"...\""),
			r->name);
	for (i = 0; i < p->s->n; i++)
		if (!strcmp(p->s->rule[i].name, r->name))
			return lex_err(&p->lx, at,
				_("the situation %s stands in line %d already"),
				r->name, p->s->rule[i].line);
	return 0;
}

static void grow_rules(struct situations *s)
{
	struct rule *more;

	if (s->n < s->room)
		return;
	s->room = s->room ? s->room * 2 : 8;
	more = arena_calloc(s->arena, (size_t)s->room, sizeof(*more));
	if (s->n)
		memcpy(more, s->rule, (size_t)s->n * sizeof(*more));
	s->rule = more;
}

static int take_rule(struct parse *p)
{
	struct lex *lx = &p->lx;
	struct tok at = lx->tok;
	struct rule *r;
	int rc;

	if (!lex_is(lx, TOK_NAME, "situation"))
		return lex_expected(lx, "situation");
	if (p->s->n == MAX_RULES)
		return lex_err(lx, &at, _("more than %d rules"), MAX_RULES);
	grow_rules(p->s);
	p->tests = 0;
	r = p->rule = &p->s->rule[p->s->n];
	*r = (struct rule){.line = at.line, .text = {"", "", "", ""}};
	rc = lex_next(lx);
	if (!rc)
		rc = lex_name(lx, _("a name"), &r->name);
	if (!rc)
		rc = lex_title(lx, _("a title in quotation marks"), r->title);
	while (!rc && lx->tok.kind != TOK_END &&
		!(lx->tok.first && lex_is(lx, TOK_NAME, "situation")))
		rc = say_line(p);
	if (!rc)
		rc = check_rule(p, &at);
	p->s->n += !rc;
	return rc;
}

int situations_parse(
	const char *file, const char *text, size_t len, struct situations **out)
{
	struct arena *a = arena_new();
	struct situations *s = arena_calloc(a, 1, sizeof(*s));
	struct parse p = {.s = s};
	int rc;

	s->arena = a;
	s->file = arena_strdup(a, file);
	rc = lex_open(&p.lx, a, s->file, text, len);
	if (!rc && p.lx.tok.kind == TOK_END)
		rc = lex_expected(&p.lx, "situation");
	while (!rc && p.lx.tok.kind != TOK_END)
		rc = take_rule(&p);
	if (rc)
		situations_free(s);
	else
		*out = s;
	return rc;
}

void situations_free(struct situations *s)
{
	if (s)
		arena_free(s->arena);
}

/* --- loading ----------------------------------------------------------------
 */

int situations_load(const char *name, struct situations **out)
{
	size_t n = strlen(name), cut = strlen(".rules"), len = 0;
	char *file = NULL, *text = NULL;
	int rc;

	if (strchr(name, '/') ||
		(n > cut && !strcmp(name + n - cut, ".rules"))) {
		rc = file_read(name, LEX_MAX_BYTES, &text, &len);
		file = xstrdup(name);
	} else if (!lex_is_file_name(name)) {
		return err_set(E_INPUT,
			_("a name has letters a to z, digits, - and _"));
	} else {
		rc = lex_read("situations", name, ".rules", &file, &text, &len);
	}
	if (!rc)
		rc = situations_parse(file, text, len, out);
	free(file);
	free(text);
	return rc;
}

/* --- finding ----------------------------------------------------------------
 */

#define TRIPLES 16384 /* bits */
struct hay {
	struct buf text;  /* folded */
	uint8_t *triples; /* which three bytes stand side by side in it */
	int made;
};
struct look {
	const struct situation_fact *f;
	int n;
	const struct situation_fact *have[ARRAY_SIZE(facts)];
	struct hay hay[ARRAY_SIZE(facts)];
	const char *match; /* the word that was found last */
};

static const struct situation_fact *get(
	const struct look *l, int fact, const char *cf)
{
	int i;

	if (fact < N_FACTS)
		return l->have[fact];
	for (i = 0; cf && i < l->n; i++)
		if (!strcmp(l->f[i].name, cf))
			return &l->f[i];
	return NULL;
}

/* What is noted of three bytes when the third has come. */
static unsigned triple(unsigned of_two, char third)
{
	return (of_two << 5 ^ (uint8_t)third) % TRIPLES;
}

static void note_triples(struct hay *h)
{
	const char *s = h->text.p;
	unsigned t = 0;
	size_t i;

	h->triples = xcalloc(TRIPLES / 8, 1);
	for (i = 0; i < h->text.len; i++) {
		t = triple(t, s[i]);
		if (i > 1)
			h->triples[t / 8] |= (uint8_t)(1 << t % 8);
	}
}

/* Most words of most rules are nowhere in a text: told without reading it. */
static int may_have(const struct hay *h, const char *s, size_t len)
{
	unsigned t = 0;
	size_t i;

	for (i = 0; h->triples && i < len; i++) {
		t = triple(t, s[i]);
		if (i > 1 && !(h->triples[t / 8] & 1 << t % 8))
			return 0;
	}
	return 1;
}

/* The text of a fact, folded once however many rules look at it. `own` is for
 * custom fields, which are short. */
static const struct hay *folded(struct look *l, const struct node *t,
	const struct situation_fact *f, struct hay *own)
{
	struct hay *h = t->fact < N_FACTS ? &l->hay[t->fact] : NULL;

	if (!h) {
		fold_text(&own->text, f->text, strlen(f->text));
		return own;
	}
	if (!h->made) {
		fold_text(&h->text, f->text, strlen(f->text));
		note_triples(h);
	}
	h->made = 1;
	return h;
}

/* A look for the bytes of the first word spares most of the work. */
static int has_word(const struct hay *h, const struct word *w)
{
	const char *s = h->text.p, *at = s;
	size_t len = h->text.len;

	if (!len || !may_have(h, w->folded, w->first))
		return 0;
	while ((at = memmem(at, len - (size_t)(at - s), w->folded, w->first))) {
		if (fold_stands_at(s, len, (size_t)(at - s), w->folded, w->len,
			    w->prefix))
			return 1;
		at++;
	}
	return 0;
}

static int is_word(const struct buf *hay, const struct word *w)
{
	if (!hay->len || hay->len < w->len || memcmp(hay->p, w->folded, w->len))
		return 0;
	return w->prefix || hay->len == w->len;
}

static int test_text(
	struct look *l, const struct node *t, const struct situation_fact *f)
{
	struct hay own = {.text = BUF_INIT};
	const struct hay *hay;
	int found = 0, i;

	if (t->op == OP_SET)
		return f && f->text && f->text[0];
	if (!f || !f->text)
		return t->op == OP_NE;
	hay = folded(l, t, f, &own);
	for (i = 0; i < t->n_words && !found; i++)
		found = t->op == OP_WORDS ? has_word(hay, &t->words[i])
					  : is_word(&hay->text, &t->words[i]);
	if (found && t->op == OP_WORDS)
		l->match = t->words[i - 1].shown;
	buf_fini(&own.text);
	return t->op == OP_NE ? !found : found;
}

static int test_number(const struct node *t, const struct situation_fact *f)
{
	if (!f || f->text)
		return t->op == OP_NE;
	switch (t->op) {
	case OP_SET:
		return f->number != 0;
	case OP_EQ:
		return f->number == t->number;
	case OP_NE:
		return f->number != t->number;
	case OP_LT:
		return f->number < t->number;
	case OP_LE:
		return f->number <= t->number;
	case OP_GT:
		return f->number > t->number;
	case OP_GE:
		return f->number >= t->number;
	case OP_WORDS:
		break;
	}
	return 0;
}

static int holds(struct look *l, const struct node *t);

static int holds_inner(struct look *l, const struct node *t)
{
	switch (t->kind) {
	case NODE_AND:
		return holds(l, t->a) && holds(l, t->b);
	case NODE_OR:
		return holds(l, t->a) || holds(l, t->b);
	case NODE_NOT:
		return !holds(l, t->a);
	case NODE_TEST:
		if (kind_of(t->fact) == FACT_TEXT)
			return test_text(l, t, get(l, t->fact, t->cf));
		return test_number(t, get(l, t->fact, t->cf));
	case NODE_ALWAYS:
		return 1;
	}
	return 0;
}

static int holds(struct look *l, const struct node *t)
{
	const char *match = l->match;
	int yes = holds_inner(l, t);

	/* what was found where it did not help is no reason */
	if (!yes || t->kind == NODE_NOT)
		l->match = match;
	return yes;
}

/* --- saying why -------------------------------------------------------------
 */

#define SECOND INT64_C(1000)
#define DAY    (86400 * SECOND)

static void add_span(struct buf *out, int64_t ms)
{
	long long n;

	if (ms < 0)
		ms = ms == INT64_MIN ? INT64_MAX : -ms;
	if (ms < 60 * SECOND) {
		n = ms / SECOND;
		buf_addf(out, P_("%lld second", "%lld seconds", n), n);
	} else if (ms < 3600 * SECOND) {
		n = ms / (60 * SECOND);
		buf_addf(out, P_("%lld minute", "%lld minutes", n), n);
	} else if (ms < DAY) {
		n = ms / (3600 * SECOND);
		buf_addf(out, P_("%lld hour", "%lld hours", n), n);
	} else if (ms < 60 * DAY) {
		n = ms / DAY;
		buf_addf(out, P_("%lld day", "%lld days", n), n);
	} else if (ms < 730 * DAY) {
		n = ms / (30 * DAY);
		buf_addf(out, P_("%lld month", "%lld months", n), n);
	} else {
		n = ms / (365 * DAY);
		buf_addf(out, P_("%lld year", "%lld years", n), n);
	}
}

static void add_text(struct buf *out, const char *s)
{
	struct buf b = BUF_INIT;
	size_t fit;

	buf_adds(&b, "");
	/* a long one is a message: its beginning is enough */
	text_gate(&b, s, strnlen(s, SHOWN_CELLS * 8), GATE_LINE);
	fit = utf8_fit(buf_str(&b), b.len, SHOWN_CELLS, NULL);
	buf_add(out, buf_str(&b), fit);
	if (fit < b.len || strnlen(s, SHOWN_CELLS * 8) == SHOWN_CELLS * 8)
		buf_adds(out, "...");
	buf_fini(&b);
}

static void add_fact(
	struct buf *out, const struct look *l, const struct part *p)
{
	const struct situation_fact *f;

	if (p->fact == FACT_MATCH) {
		add_text(out, l->match ? l->match : "?");
		return;
	}
	f = get(l, p->fact, p->cf);
	if (!f)
		buf_addc(out, '?');
	else if (f->text)
		add_text(out, f->text);
	else if (f->is_ms)
		add_span(out, f->number);
	else
		buf_addf(out, "%lld", (long long)f->number);
}

static int lang_of(const struct reason *why)
{
	const char *s = lex_choose(why->there);
	int i;

	for (i = 0; i < 2 && why->there[i] != s; i++)
		;
	return i;
}

static int can_be_said(const struct reason *why, int lang, const struct look *l)
{
	const struct part *p = why->lang[lang].v;
	int i;

	for (i = 0; i < why->lang[lang].n; i++)
		if (p[i].fact == FACT_MATCH
				? !l->match
				: p[i].fact >= 0 && !get(l, p[i].fact, p[i].cf))
			return 0;
	return 1;
}

/* The first reason whose facts are all there, else the first. */
static const char *because(
	const struct rule *r, const struct look *l, struct arena *a)
{
	const struct reason *why = &r->reason[0];
	struct buf b = BUF_INIT, gated = BUF_INIT;
	const char *s;
	int i, lang;

	for (i = 0; i < r->n_reasons; i++) {
		if (!can_be_said(&r->reason[i], lang_of(&r->reason[i]), l))
			continue;
		why = &r->reason[i];
		break;
	}
	lang = lang_of(why);
	for (i = 0; i < why->lang[lang].n; i++) {
		buf_adds(&b, why->lang[lang].v[i].text);
		if (why->lang[lang].v[i].fact >= 0)
			add_fact(&b, l, &why->lang[lang].v[i]);
	}
	buf_adds(&gated, "");
	text_gate(&gated, buf_str(&b), b.len, GATE_LINE);
	s = arena_strdup(a, buf_str(&gated));
	buf_fini(&b);
	buf_fini(&gated);
	return s;
}

static void give(const struct rule *r, struct situation *out)
{
	*out = (struct situation){.name = r->name,
		.title = lex_choose(r->title),
		.because = "",
		.script = r->text[TEXT_SCRIPT],
		.articles = r->text[TEXT_ARTICLES],
		.form = r->text[TEXT_FORM],
		.macros = r->text[TEXT_MACROS]};
}

int situation_find(const struct situations *s, const struct situation_fact *f,
	int n, struct arena *a, struct situation *out)
{
	struct look l = {.f = f, .n = n};
	int i, fact;

	for (i = 0; i < n; i++) {
		fact = fact_by_name(f[i].name, strlen(f[i].name));
		if (fact >= 0 && fact < N_FACTS)
			l.have[fact] = &f[i];
	}
	for (i = 0; i < s->n; i++) {
		l.match = NULL;
		if (holds(&l, s->rule[i].when))
			break;
	}
	if (i < s->n) {
		give(&s->rule[i], out);
		out->because = because(&s->rule[i], &l, a);
	}
	for (fact = 0; fact < N_FACTS; fact++) {
		buf_fini(&l.hay[fact].text);
		free(l.hay[fact].triples);
	}
	return i < s->n;
}

int situation_at(const struct situations *s, int i, struct situation *out)
{
	if (i < 0 || i >= s->n)
		return 0;
	give(&s->rule[i], out);
	return 1;
}
