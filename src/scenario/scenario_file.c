/* SPDX-License-Identifier: MIT */
/*
 * From the text of a scenario to a layout tree, panes and conditions. It knows
 * what may be written where and says so with the place; what panes there are it
 * asks. It opens no file and solves no layout.
 */
#include "galley/scenario/scenario.h"

#include <stdlib.h>
#include <string.h>

#include "galley/base/buf.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "lex.h"

#define MAX_DEPTH 8
#define MAX_WHEN  64
#define MAX_CELLS 1000

/* Panes of the program, for checks without one that draws. */
static const struct {
	const char *name;
	struct scenario_sizes sizes;
} own_panes[] = {
	{"inbox", {24, 5, 40, 20, 2}},
	{"thread", {30, 5, 60, 20, 0}},
	{"composer", {30, 5, 60, 10, 0}},
	{"ticket", {24, 5, 36, 14, 4}},
	{"customer", {24, 5, 36, 12, 5}},
	{"journey", {24, 5, 40, 14, 7}},
	{"answer", {24, 5, 40, 14, 3}},
	{"orders", {24, 4, 36, 8, 8}},
	{"calls", {24, 4, 36, 8, 9}},
	{"callbox", {40, 4, 80, 6, 0}},
	{"outbox", {30, 4, 60, 10, 10}},
	{"log", {30, 4, 60, 10, 12}},
	{"settings", {30, 5, 60, 16, 13}},
	{"help", {30, 5, 60, 20, 13}},
	{"queues", {30, 5, 60, 14, 2}},
	{"sample", {24, 5, 40, 16, 2}},
	{"script", {30, 4, 48, 8, 6}},
};

static int know_own(void *u, const char *pane, struct scenario_sizes *s)
{
	size_t i;

	(void)u;
	for (i = 0; i < ARRAY_SIZE(own_panes); i++) {
		if (strcmp(own_panes[i].name, pane) != 0)
			continue;
		*s = own_panes[i].sizes;
		return 1;
	}
	return 0;
}

/* What a bench says to `when`. */
enum fact_kind { FACT_SET, FACT_TEXT, FACT_NUMBER };
static const struct {
	const char *name;
	enum fact_kind kind;
} facts[] = {
	{"width", FACT_NUMBER},
	{"height", FACT_NUMBER},
	{"call.ringing", FACT_SET},
	{"call.active", FACT_SET},
	{"writing", FACT_SET},
	{"offline", FACT_SET},
	{"outbox.held", FACT_NUMBER},
	{"situation", FACT_TEXT},
	{"case", FACT_TEXT},
	{"channel", FACT_TEXT},
};

/* A pane that is named before the whole file is known. */
struct ref {
	struct scenario_when *when; /* NULL: focus */
	struct tok at;
};
struct parse {
	struct lex lx;
	struct scenario *s;
	scenario_known *known;
	void *u;
	int depth;
	struct tok named; /* `scenario`; line 0: not yet */
	struct tok roled, focused;
	struct scenario_when **tail;
	struct ref refs[MAX_WHEN];
	int n_refs;
};

/* --- panes ------------------------------------------------------------------
 */

static int no_such_pane(struct parse *p, const struct tok *at)
{
	struct scenario_sizes sizes;
	struct buf b = BUF_INIT;
	size_t i;
	int rc;

	for (i = 0; i < ARRAY_SIZE(own_panes); i++)
		if (p->known(p->u, own_panes[i].name, &sizes))
			buf_addf(&b, "%s%s", b.len ? ", " : "",
				own_panes[i].name);
	rc = lex_err(&p->lx, at, _("there is no pane %s; there are: %s"), at->s,
		buf_str(&b));
	buf_fini(&b);
	return rc;
}

static int find_pane(const struct parse *p, const char *name)
{
	int i;

	for (i = 0; i < p->s->n_panes; i++)
		if (!strcmp(p->s->panes[i].name, name))
			return i;
	return -1;
}

static int add_pane(struct parse *p, const struct tok *at, int place, int *out)
{
	struct scenario *s = p->s;

	if (s->n_panes == LAYOUT_MAX_PANES)
		return lex_err(
			&p->lx, at, _("more than %d panes"), LAYOUT_MAX_PANES);
	s->panes[s->n_panes] = (struct scenario_pane){
		.name = at->s, .arg = "", .line = at->line, .col = at->col};
	s->panes[s->n_panes].place = place;
	*out = s->n_panes++;
	return 0;
}

/* The same pane may stand there with another argument. */
static int check_twice(struct parse *p, int pane, const struct tok *at)
{
	const struct scenario_pane *v = p->s->panes;
	int i;

	for (i = 0; i < pane; i++)
		if (!strcmp(v[i].name, v[pane].name) &&
			!strcmp(v[i].arg, v[pane].arg))
			return lex_err(&p->lx, at,
				_("the pane %s stands in line %d already"),
				at->s, v[i].line);
	return 0;
}

/* --- layout -----------------------------------------------------------------
 */

struct given {
	int size, drop, title; /* said already */
};

static int take_weight(struct parse *p, struct layout_node *n)
{
	return lex_int(&p->lx, _("a weight: *2"), 1, 100, &n->weight);
}

/* N  N..M  N..  N..*  and a weight behind: *2 */
static int take_range(struct parse *p, struct layout_node *n)
{
	const char *what = _("a number of cells");
	struct lex *lx = &p->lx;
	struct tok at = lx->tok;
	int rc = lex_int(lx, what, 1, MAX_CELLS, &n->min);

	if (rc)
		return rc;
	n->max = n->min;
	if (!lex_is(lx, TOK_MARK, ".."))
		return 0;
	rc = lex_next(lx);
	n->max = LAYOUT_FREE;
	if (!rc && lx->tok.kind == TOK_NUMBER && !lx->tok.first)
		rc = lex_int(lx, what, 1, MAX_CELLS, &n->max);
	if (!rc && n->max < n->min)
		rc = lex_err(lx, &at, _("at most %d is less than at least %d"),
			n->max, n->min);
	return rc;
}

static int take_star(struct parse *p, struct layout_node *n, int *weighed)
{
	struct lex *lx = &p->lx;
	int rc;

	if (lx->tok.first || !lex_is(lx, TOK_MARK, "*"))
		return 0;
	rc = lex_next(lx);
	*weighed = lx->tok.kind == TOK_NUMBER && !lx->tok.first;
	return rc || !*weighed ? rc : take_weight(p, n);
}

/* The star of `7..*` may be followed by the one of a weight. */
static int take_size(struct parse *p, struct layout_node *n)
{
	int rc = 0, weighed = 0;

	if (p->lx.tok.kind == TOK_NUMBER)
		rc = take_range(p, n);
	if (!rc)
		rc = take_star(p, n, &weighed);
	if (!rc && !weighed && n->min && n->max == LAYOUT_FREE)
		rc = take_star(p, n, &weighed);
	return rc;
}

static int take_drop(struct parse *p, struct layout_node *n)
{
	if (lex_is(&p->lx, TOK_NAME, "keep")) {
		n->drop = 0;
		return lex_next(&p->lx);
	}
	if (lex_next(&p->lx))
		return err_code();
	return lex_int(&p->lx, _("a place in the order of giving way"), 1, 99,
		&n->drop);
}

static int once(struct parse *p, int *said)
{
	if ((*said)++)
		return lex_err(
			&p->lx, &p->lx.tok, _("this stands here already"));
	return 0;
}

/* What follows the name of a pane, or rows and cols. */
static int take_options(
	struct parse *p, struct layout_node *n, struct scenario_pane *pane)
{
	struct given given = {0, 0, 0};
	struct lex *lx = &p->lx;
	int rc = 0;

	while (!rc && !lx->tok.first) {
		if (lx->tok.kind == TOK_NUMBER || lex_is(lx, TOK_MARK, "*")) {
			rc = once(p, &given.size);
			rc = rc ? rc : take_size(p, n);
		} else if (lex_is(lx, TOK_NAME, "drop") ||
			   lex_is(lx, TOK_NAME, "keep")) {
			rc = once(p, &given.drop);
			rc = rc ? rc : take_drop(p, n);
		} else if (pane && lex_is(lx, TOK_NAME, "title")) {
			rc = once(p, &given.title);
			rc = rc ? rc : lex_next(lx);
			rc = rc ? rc
				: lex_title(lx, _("a title in quotation marks"),
					  pane->title);
		} else {
			break;
		}
	}
	return rc;
}

static const char *after_pane(void)
{
	return _("a size (8, 8..20, 8.., *, *2), drop N, keep, title \"...\", "
		 "; or a new line");
}

/* Items are apart by a line's end or `;`. */
static int end_of_item(struct parse *p, const char *what)
{
	struct lex *lx = &p->lx;

	if (lex_is(lx, TOK_MARK, ";"))
		return lex_next(lx);
	if (lx->tok.first || lex_is(lx, TOK_MARK, "}") ||
		lx->tok.kind == TOK_END)
		return 0;
	return lex_expected(lx, what);
}

static int take_pane(struct parse *p, int place, struct layout_node **out)
{
	struct scenario_sizes sizes = {0, 0, 0, 0, 0};
	struct lex *lx = &p->lx;
	struct tok at = lx->tok;
	struct layout_node *n;
	int pane, rc;

	if (!p->known(p->u, at.s, &sizes))
		return no_such_pane(p, &at);
	rc = add_pane(p, &at, place, &pane);
	if (!rc)
		rc = lex_next(lx);
	if (!rc && lx->tok.kind == TOK_TEXT && !lx->tok.first)
		rc = lex_text(lx, "", &p->s->panes[pane].arg);
	if (!rc)
		rc = check_twice(p, pane, &at);
	if (rc)
		return rc;
	n = arena_calloc(p->s->arena, 1, sizeof(*n));
	*n = (struct layout_node){.kind = LAYOUT_PANE,
		.max = LAYOUT_FREE,
		.weight = 1,
		.min_w = sizes.min_w,
		.min_h = sizes.min_h,
		.drop = sizes.drop,
		.pane = pane,
		.name = at.s};
	rc = take_options(p, n, &p->s->panes[pane]);
	*out = n;
	return rc ? rc : end_of_item(p, after_pane());
}

static int take_group(struct parse *p, struct layout_node **out);

static int is_group(const struct lex *lx)
{
	return lex_is(lx, TOK_NAME, "rows") || lex_is(lx, TOK_NAME, "cols");
}

static int not_closed(struct parse *p, const struct tok *open)
{
	if (p->lx.tok.kind == TOK_END)
		return lex_err(&p->lx, open, _("this { has no }"));
	return lex_expected(&p->lx, _("a pane, rows, cols or }"));
}

static int take_items(struct parse *p, struct layout_node *group)
{
	struct layout_node **tail = &group->child;
	struct lex *lx = &p->lx;
	struct tok open = lx->tok;
	int rc = lex_mark(lx, "{");

	while (!rc && !lex_is(lx, TOK_MARK, "}")) {
		if (lx->tok.kind != TOK_NAME)
			return not_closed(p, &open);
		rc = is_group(lx) ? take_group(p, tail)
				  : take_pane(p, PLACE_LAYOUT, tail);
		if (!rc)
			tail = &(*tail)->next;
	}
	if (!rc && !group->child)
		rc = lex_err(lx, &lx->tok, _("there is no pane in it"));
	return rc ? rc : lex_next(lx);
}

static int take_group(struct parse *p, struct layout_node **out)
{
	struct layout_node *n = arena_calloc(p->s->arena, 1, sizeof(*n));
	struct lex *lx = &p->lx;
	int rc;

	*n = (struct layout_node){
		.max = LAYOUT_FREE, .weight = 1, .pane = -1, .name = lx->tok.s};
	n->kind = lex_is(lx, TOK_NAME, "rows") ? LAYOUT_ROWS : LAYOUT_COLS;
	if (p->depth == MAX_DEPTH)
		return lex_err(
			lx, &lx->tok, _("deeper than %d levels"), MAX_DEPTH);
	p->depth++;
	rc = lex_next(lx);
	if (!rc && out != &p->s->root)
		rc = take_options(p, n, NULL);
	if (!rc && !lex_is(lx, TOK_MARK, "{"))
		rc = lex_expected(lx,
			out == &p->s->root
				? "{"
				: _("a size (8, 8..20, 8.., *, *2), drop N, "
				    "keep or {"));
	if (!rc)
		rc = take_items(p, n);
	if (!rc)
		rc = end_of_item(p, _("; or a new line"));
	p->depth--;
	*out = n;
	return rc;
}

/* --- statements -------------------------------------------------------------
 */

static int only_once(struct parse *p, struct tok *first)
{
	if (first->line)
		return lex_err(&p->lx, &p->lx.tok,
			_("%s stands in line %d already"), p->lx.tok.s,
			first->line);
	*first = p->lx.tok;
	return 0;
}

static int say_scenario(struct parse *p)
{
	struct lex *lx = &p->lx;
	int rc = only_once(p, &p->named);

	if (!rc)
		rc = lex_next(lx);
	if (!rc && lx->tok.kind == TOK_NAME && !lex_is_file_name(lx->tok.s))
		return lex_err(lx, &lx->tok,
			_("a name has letters a to z, digits, - and _"));
	if (!rc)
		rc = lex_name(lx, _("a name"), &p->s->name);
	if (!rc)
		rc = lex_title(
			lx, _("a title in quotation marks"), p->s->title);
	return rc;
}

static int say_role(struct parse *p)
{
	static const char *const roles[] = {"agent", "qa", "supervisor"};
	struct lex *lx = &p->lx;
	int rc = only_once(p, &p->roled);
	size_t i;

	if (!rc)
		rc = lex_next(lx);
	if (rc)
		return rc;
	for (i = 0; i < ARRAY_SIZE(roles); i++)
		if (lex_is(lx, TOK_NAME, roles[i]))
			return lex_name(lx, "", &p->s->role);
	return lex_expected(lx, _("agent, qa or supervisor"));
}

static int say_layout(struct parse *p)
{
	struct lex *lx = &p->lx;

	if (p->s->root)
		return lex_err(lx, &lx->tok, _("there is a layout already"));
	if (lex_next(lx))
		return err_code();
	if (!is_group(lx))
		return lex_expected(lx, _("rows or cols"));
	return take_group(p, &p->s->root);
}

static int say_tabs(struct parse *p)
{
	struct layout_node *unused;
	struct lex *lx = &p->lx;
	struct tok open;
	int rc = lex_next(lx);

	open = lx->tok;
	if (!rc)
		rc = lex_mark(lx, "{");
	while (!rc && !lex_is(lx, TOK_MARK, "}")) {
		if (lx->tok.kind == TOK_END)
			return lex_err(lx, &open, _("this { has no }"));
		if (lx->tok.kind != TOK_NAME)
			return lex_expected(lx, _("a pane or }"));
		rc = take_pane(p, PLACE_TAB, &unused);
	}
	return rc ? rc : lex_next(lx);
}

static int say_focus(struct parse *p)
{
	const char *name;
	int rc = only_once(p, &p->focused);

	if (!rc)
		rc = lex_next(&p->lx);
	p->focused = p->lx.tok;
	return rc ? rc : lex_name(&p->lx, _("a pane"), &name);
}

/* --- when -------------------------------------------------------------------
 */

static int no_such_fact(struct parse *p)
{
	struct buf b = BUF_INIT;
	size_t i;
	int rc;

	for (i = 0; i < ARRAY_SIZE(facts); i++)
		buf_addf(&b, "%s%s", i ? ", " : "", facts[i].name);
	rc = lex_expected(&p->lx, buf_str(&b));
	buf_fini(&b);
	return rc;
}

static int take_number_is(struct parse *p, struct scenario_when *w)
{
	struct lex *lx = &p->lx;
	int rc, n = 0;

	w->op = lex_is(lx, TOK_MARK, "<") ? WHEN_LT : WHEN_GT;
	if (w->op == WHEN_GT && !lex_is(lx, TOK_MARK, ">"))
		return lex_expected(lx, _("< or > and a number"));
	rc = lex_next(lx);
	if (!rc)
		rc = lex_int(lx, _("a number"), 0, 1000000, &n);
	w->number = n;
	return rc;
}

static int take_text_is(struct parse *p, struct scenario_when *w)
{
	struct lex *lx = &p->lx;
	int rc = lex_mark(lx, "=");

	w->op = WHEN_IS;
	if (!rc && lx->tok.kind == TOK_TEXT)
		return lex_text(lx, "", &w->value);
	return rc ? rc : lex_name(lx, _("a word"), &w->value);
}

static int take_condition(struct parse *p, struct scenario_when *w)
{
	struct lex *lx = &p->lx;
	size_t i;
	int rc;

	for (i = 0; i < ARRAY_SIZE(facts); i++)
		if (lex_is(lx, TOK_NAME, facts[i].name))
			break;
	if (i == ARRAY_SIZE(facts))
		return no_such_fact(p);
	w->fact = facts[i].name;
	w->op = WHEN_SET;
	rc = lex_next(lx);
	if (!rc && facts[i].kind == FACT_NUMBER)
		rc = take_number_is(p, w);
	if (!rc && facts[i].kind == FACT_TEXT)
		rc = take_text_is(p, w);
	return rc;
}

static int refer(struct parse *p, struct scenario_when *w, const char *what)
{
	const char *name;

	if (p->lx.tok.kind != TOK_NAME || p->lx.tok.first)
		return lex_expected(&p->lx, what);
	p->refs[p->n_refs++] = (struct ref){w, p->lx.tok};
	return lex_name(&p->lx, what, &name);
}

static const struct {
	const char *name;
	int then;
} thens[] = {
	{"band", THEN_BAND},
	{"show", THEN_SHOW},
	{"hide", THEN_HIDE},
	{"one", THEN_ONE},
};

static int take_then(struct parse *p, struct scenario_when *w)
{
	const char *what = _("band PANE ROWS, show PANE, hide PANE, one, or "
			     "PANE \"...\"");
	struct lex *lx = &p->lx;
	struct scenario_sizes sizes;
	size_t i;
	int rc;

	for (i = 0; i < ARRAY_SIZE(thens); i++)
		if (lex_is(lx, TOK_NAME, thens[i].name))
			break;
	w->then = THEN_ARG;
	w->pane = -1;
	if (i < ARRAY_SIZE(thens)) {
		w->then = thens[i].then;
		rc = lex_next(lx);
		if (rc || w->then == THEN_ONE)
			return rc;
		rc = refer(p, w, _("a pane"));
		if (!rc && w->then == THEN_BAND)
			rc = lex_int(
				lx, _("a number of rows"), 3, 20, &w->rows);
		return rc;
	}
	if (lx->tok.kind != TOK_NAME || !p->known(p->u, lx->tok.s, &sizes))
		return lex_expected(lx, what);
	rc = refer(p, w, what);
	return rc ? rc
		  : lex_text(lx, _("an argument in quotation marks"), &w->arg);
}

static int say_when(struct parse *p)
{
	struct scenario_when cond = {.pane = -1}, *w;
	struct lex *lx = &p->lx;
	struct tok at = lx->tok;
	int rc = lex_next(lx);

	if (!rc)
		rc = take_condition(p, &cond);
	while (!rc) {
		if (p->n_refs == MAX_WHEN)
			return lex_err(lx, &at, _("more than %d conditions"),
				MAX_WHEN);
		w = arena_calloc(p->s->arena, 1, sizeof(*w));
		*w = cond;
		rc = take_then(p, w);
		if (rc)
			break;
		*p->tail = w;
		p->tail = &w->next;
		if (lx->tok.first || !lex_is(lx, TOK_MARK, ";"))
			break;
		rc = lex_next(lx);
	}
	return rc;
}

/* --- the whole --------------------------------------------------------------
 */

static const struct {
	const char *name;
	int (*say)(struct parse *p);
} statements[] = {
	{"scenario", say_scenario},
	{"role", say_role},
	{"layout", say_layout},
	{"tabs", say_tabs},
	{"focus", say_focus},
	{"when", say_when},
};

static int take_statement(struct parse *p)
{
	const char *what = _("scenario, role, layout, tabs, focus or when");
	struct lex *lx = &p->lx;
	size_t i;

	if (!lx->tok.first)
		return lex_expected(lx, _("a new line"));
	for (i = 0; i < ARRAY_SIZE(statements); i++)
		if (lex_is(lx, TOK_NAME, statements[i].name))
			return statements[i].say(p);
	return lex_expected(lx, what);
}

static int resolve(struct parse *p, const struct ref *r)
{
	struct scenario_sizes sizes;
	int rc, pane = find_pane(p, r->at.s);

	if (!p->known(p->u, r->at.s, &sizes))
		return no_such_pane(p, &r->at);
	if (pane < 0 && r->when && r->when->then == THEN_BAND) {
		rc = add_pane(p, &r->at, PLACE_BAND, &pane);
		if (rc)
			return rc;
	}
	if (pane < 0 || (!r->when && p->s->panes[pane].place != PLACE_LAYOUT))
		return lex_err(&p->lx, &r->at,
			_("the pane %s is not in the layout"), r->at.s);
	if (r->when && r->when->then == THEN_BAND &&
		p->s->panes[pane].place == PLACE_LAYOUT)
		return lex_err(&p->lx, &r->at,
			_("a band cannot be in the layout too"));
	if (r->when)
		r->when->pane = pane;
	else
		p->s->focus = pane;
	return 0;
}

static int finish(struct parse *p)
{
	const struct ref focus = {NULL, p->focused};
	int rc = 0, i;

	if (!p->named.line)
		return lex_err(&p->lx, &p->lx.tok,
			_("the line is missing: scenario NAME \"Title\""));
	if (!p->s->root)
		return lex_err(&p->lx, &p->lx.tok,
			_("the layout is missing: layout cols { ... }"));
	for (i = 0; !rc && i < p->n_refs; i++)
		rc = resolve(p, &p->refs[i]);
	if (!rc && p->focused.line)
		rc = resolve(p, &focus);
	return rc;
}

static struct scenario *new_scenario(const char *file)
{
	struct arena *a = arena_new();
	struct scenario *s = arena_calloc(a, 1, sizeof(*s));

	s->arena = a;
	s->file = arena_strdup(a, file);
	s->role = "agent";
	return s;
}

int scenario_parse(const char *file, const char *text, size_t len,
	scenario_known *known, void *u, struct scenario **out)
{
	struct scenario *s = new_scenario(file);
	struct parse *p = xcalloc(1, sizeof(*p));
	int rc;

	p->s = s;
	p->known = known ? known : know_own;
	p->u = u;
	p->tail = &s->when;
	rc = lex_open(&p->lx, s->arena, s->file, text, len);
	while (!rc && p->lx.tok.kind != TOK_END)
		rc = take_statement(p);
	if (!rc)
		rc = finish(p);
	free(p);
	if (rc)
		scenario_free(s);
	else
		*out = s;
	return rc;
}

void scenario_free(struct scenario *s)
{
	if (s)
		arena_free(s->arena);
}
