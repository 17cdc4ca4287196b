/* SPDX-License-Identifier: MIT */
/*
 * Snippets, macros, forms and scripts: from a file to plain data, with the
 * place of what is wrong. What is asked and how names are replaced is in
 * macro_fill.c. It opens no case and sends nothing.
 */
#include "galley/scenario/macro.h"

#include <stdlib.h>
#include <string.h>

#include "galley/base/buf.h"
#include "galley/base/embed.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "lex.h"
#include "names.h"

#define MAX_CHOICES 30
#define MAX_SETS    10
#define MAX_TAGS    10

struct lines { /* of a text or a note, joined */
	struct buf lang[3];
	int n;
};
struct parse {
	struct lex lx;
	struct macro *m;
	struct lines text, note;
};

static const char *const kind_words[] = {
	[MACRO_SNIPPET] = "snippet",
	[MACRO_MACRO] = "macro",
	[MACRO_FORM] = "form",
	[MACRO_SCRIPT] = "script",
};
static const struct {
	const char *folder, *suffix;
} places[] = {
	[MACRO_SNIPPET] = {"macros", ".macro"},
	[MACRO_MACRO] = {"macros", ".macro"},
	[MACRO_FORM] = {"forms", ".form"},
	[MACRO_SCRIPT] = {"scripts", ".script"},
};

/* --- templates --------------------------------------------------------------
 */

static int is_field(const struct macro *m, const char *name)
{
	int i;

	for (i = 0; i < m->n_fields; i++)
		if (!strcmp(m->fields[i].name, name))
			return 1;
	return 0;
}

static int is_known(const char *name)
{
	const char *s;
	int i;

	for (i = 0; (s = macro_known(i, NULL)); i++)
		if (!strcmp(s, name))
			return 1;
	return 0;
}

static int no_such_name(struct parse *p, const struct tok *at, const char *name)
{
	struct buf b = BUF_INIT;
	const char *s;
	int i, rc;

	for (i = 0; i < p->m->n_fields; i++)
		buf_addf(&b, "%s, ", p->m->fields[i].name);
	for (i = 0; (s = macro_known(i, NULL)); i++)
		buf_addf(&b, "%s%s", i ? ", " : "", s);
	rc = lex_err(&p->lx, at, _("nothing is called {%s}; there are: %s"),
		name, buf_str(&b));
	buf_fini(&b);
	return rc;
}

/* Every name in braces is a field that stands above, or known of a case. */
static int check_template(struct parse *p, const struct tok *at, const char *s)
{
	char name[64];
	size_t n;

	for (; s && *s; s++) {
		if (*s != '{')
			continue;
		if (s[1] == '{') {
			s++;
			continue;
		}
		n = strcspn(s + 1, "}{");
		if (s[1 + n] != '}' || !n || n >= sizeof(name))
			return lex_err(&p->lx, at,
				_("a name in braces is not ended; {{ is a "
				  "brace"));
		memcpy(name, s + 1, n);
		name[n] = '\0';
		if (!is_field(p->m, name) && !is_known(name))
			return no_such_name(p, at, name);
		s += n + 1;
	}
	return 0;
}

static int take_template(struct parse *p, const char *what, const char *out[3])
{
	struct tok at = p->lx.tok;
	int rc = lex_title(&p->lx, what, out), i;

	for (i = 0; !rc && i < 3; i++)
		rc = check_template(p, &at, out[i]);
	return rc;
}

static int take_line(struct parse *p, struct lines *to)
{
	const char *s[3];
	int rc = take_template(p, _("a text in quotation marks"), s), i;

	if (rc)
		return rc;
	for (i = 0; i < 3; i++)
		buf_addf(&to->lang[i], "%s%s", to->n ? "\n" : "",
			lex_choose_in(s, i));
	to->n++;
	return 0;
}

static void end_lines(struct parse *p, struct lines *l, const char *out[3])
{
	int i;

	for (i = 0; i < 3; i++) {
		if (l->n)
			out[i] =
				arena_strdup(p->m->arena, buf_str(&l->lang[i]));
		buf_fini(&l->lang[i]);
	}
}

/* --- statements -------------------------------------------------------------
 */

static int do_text(struct parse *p)
{
	return take_line(p, &p->text);
}

static int do_note(struct parse *p)
{
	return take_line(p, &p->note);
}

static int take_choice(struct parse *p, struct macro_field *f)
{
	if (f->n_choices == MAX_CHOICES)
		return lex_err(&p->lx, &p->lx.tok, _("more than %d choices"),
			MAX_CHOICES);
	if (!f->choices)
		f->choices = arena_calloc(
			p->m->arena, MAX_CHOICES, sizeof(*f->choices));
	return lex_title(&p->lx, _("a text in quotation marks"),
		f->choices[f->n_choices++].text);
}

/* `is "..."`, `of "..."` once or more, `optional` */
static int take_details(struct parse *p, struct macro_field *f)
{
	struct lex *lx = &p->lx;
	int rc = 0;

	while (!rc) {
		int of = lex_is(lx, TOK_NAME, "of");

		if (lex_is(lx, TOK_NAME, "optional")) {
			f->optional = 1;
			rc = lex_next(lx);
			continue;
		}
		if (!of && !lex_is(lx, TOK_NAME, "is"))
			break;
		if (of && f->type != MACRO_CHOICE)
			return lex_err(lx, &lx->tok,
				_("only a choice has one of several"));
		rc = lex_next(lx);
		if (!rc && of)
			rc = take_choice(p, f);
		else if (!rc)
			rc = take_template(
				p, _("a text in quotation marks"), f->value);
	}
	return rc;
}

static int take_type(struct parse *p, enum macro_type *out)
{
	static const char *const words[] = {
		[MACRO_TEXT] = "text",
		[MACRO_NUMBER] = "number",
		[MACRO_DATE] = "date",
		[MACRO_CHOICE] = "choice",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (lex_is(&p->lx, TOK_NAME, words[i])) {
			*out = (enum macro_type)i;
			return lex_next(&p->lx);
		}
	return lex_expected(&p->lx, "text, number, date, choice");
}

static int do_field(struct parse *p)
{
	struct macro *m = p->m;
	struct macro_field f = {.name = NULL};
	struct tok at = p->lx.tok;
	int rc;

	if (m->n_fields == MACRO_MAX_FIELDS)
		return lex_err(&p->lx, &at, _("more than %d fields"),
			MACRO_MAX_FIELDS);
	rc = lex_name(&p->lx, _("the name of a field"), &f.name);
	if (!rc && (is_field(m, f.name) || is_known(f.name)))
		return lex_err(
			&p->lx, &at, _("there is a {%s} already"), f.name);
	if (!rc)
		rc = take_type(p, &f.type);
	if (!rc)
		rc = lex_title(&p->lx, _("a text in quotation marks"), f.label);
	if (!rc)
		rc = take_details(p, &f);
	if (!rc && f.type == MACRO_CHOICE && !f.n_choices)
		return lex_err(&p->lx, &at,
			_("a choice needs its texts: of \"...\" of \"...\""));
	if (!rc)
		m->fields[m->n_fields++] = f;
	return rc;
}

static int do_set(struct parse *p)
{
	struct macro *m = p->m;
	struct macro_set *s;
	int rc;

	if (m->n_sets == MAX_SETS)
		return lex_err(&p->lx, &p->lx.tok, _("more than %d changes"),
			MAX_SETS);
	if (!m->sets)
		m->sets = arena_calloc(m->arena, MAX_SETS, sizeof(*m->sets));
	s = &m->sets[m->n_sets];
	rc = lex_name(&p->lx, _("the name of a field"), &s->field);
	if (!rc)
		rc = take_template(p, _("a text in quotation marks"), s->value);
	m->n_sets += !rc;
	return rc;
}

static int take_tag(struct parse *p, const char ***v, int *n)
{
	if (*n == MAX_TAGS)
		return lex_err(
			&p->lx, &p->lx.tok, _("more than %d tags"), MAX_TAGS);
	if (!*v)
		*v = arena_calloc(p->m->arena, MAX_TAGS, sizeof(**v));
	return lex_text(&p->lx, _("a text in quotation marks"), &(*v)[(*n)++]);
}

static int do_tag(struct parse *p)
{
	return take_tag(p, &p->m->add, &p->m->n_add);
}

static int do_untag(struct parse *p)
{
	return take_tag(p, &p->m->remove, &p->m->n_remove);
}

static int do_say(struct parse *p)
{
	return take_template(p, _("a text in quotation marks"), p->m->say);
}

static struct macro_tick *new_tick(struct parse *p)
{
	struct macro *m = p->m;

	if (m->n_ticks == MACRO_MAX_TICKS)
		return NULL;
	if (!m->ticks)
		m->ticks = arena_calloc(
			m->arena, MACRO_MAX_TICKS, sizeof(*m->ticks));
	return &m->ticks[m->n_ticks];
}

static int do_tick(struct parse *p)
{
	struct macro_tick *t = new_tick(p);
	struct lex *lx = &p->lx;
	int rc;

	if (!t)
		return lex_err(
			lx, &lx->tok, _("more than %d ticks"), MACRO_MAX_TICKS);
	rc = lex_title(lx, _("a text in quotation marks"), t->text);
	if (!rc && lex_is(lx, TOK_NAME, "known")) {
		rc = lex_next(lx);
		if (!rc && (lx->tok.kind != TOK_NAME || !is_known(lx->tok.s)))
			return no_such_name(p, &lx->tok, lx->tok.s);
		t->known = lx->tok.s;
		rc = rc ? rc : lex_next(lx);
	}
	p->m->n_ticks += !rc;
	return rc;
}

/* The step belongs to the tick that comes next. */
static int do_step(struct parse *p)
{
	struct macro_tick *t = new_tick(p);
	int rc;

	if (!t)
		return lex_err(&p->lx, &p->lx.tok, _("more than %d ticks"),
			MACRO_MAX_TICKS);
	rc = lex_title(&p->lx, _("a text in quotation marks"), t->step);
	if (!rc && !lex_is(&p->lx, TOK_NAME, "tick"))
		return lex_expected(&p->lx, "tick");
	return rc;
}

#define IN(kind)  (1u << MACRO_##kind)
#define IN_CHANGE (IN(MACRO) | IN(FORM))

static const struct {
	const char *word;
	unsigned kinds;
	int (*take)(struct parse *p);
} statements[] = {
	{"field", IN(SNIPPET) | IN_CHANGE, do_field},
	{"text", IN(SNIPPET) | IN(MACRO), do_text},
	{"note", IN_CHANGE, do_note},
	{"set", IN_CHANGE, do_set},
	{"tag", IN_CHANGE, do_tag},
	{"untag", IN_CHANGE, do_untag},
	{"say", IN(SCRIPT), do_say},
	{"step", IN(SCRIPT), do_step},
	{"tick", IN(SCRIPT), do_tick},
};

static int wrong_word(struct parse *p)
{
	struct buf b = BUF_INIT;
	size_t i;
	int rc;

	for (i = 0; i < ARRAY_SIZE(statements); i++)
		if (statements[i].kinds & (1u << p->m->kind))
			buf_addf(&b, "%s%s", b.len ? ", " : "",
				statements[i].word);
	rc = lex_expected(&p->lx, buf_str(&b));
	buf_fini(&b);
	return rc;
}

static int take_statement(struct parse *p)
{
	size_t i;
	int rc;

	for (i = 0; i < ARRAY_SIZE(statements); i++) {
		if (!p->lx.tok.first ||
			!lex_is(&p->lx, TOK_NAME, statements[i].word) ||
			!(statements[i].kinds & (1u << p->m->kind)))
			continue;
		rc = lex_next(&p->lx);
		return rc ? rc : statements[i].take(p);
	}
	return wrong_word(p);
}

static int take_head(struct parse *p, int kind)
{
	struct lex *lx = &p->lx;
	struct buf b = BUF_INIT;
	int i, rc;

	for (i = 0; i < (int)ARRAY_SIZE(kind_words); i++) {
		if (kind >= 0 && strcmp(places[i].folder, places[kind].folder))
			continue;
		buf_addf(&b, "%s%s", b.len ? ", " : "", kind_words[i]);
		if (lex_is(lx, TOK_NAME, kind_words[i]))
			break;
	}
	if (i == (int)ARRAY_SIZE(kind_words)) {
		rc = lex_expected(lx, buf_str(&b));
	} else {
		p->m->kind = (enum macro_kind)i;
		rc = lex_next(lx);
		if (!rc)
			rc = lex_name(lx, _("a name"), &p->m->name);
		if (!rc)
			rc = lex_title(lx, _("a title in quotation marks"),
				p->m->title);
	}
	buf_fini(&b);
	return rc;
}

/* Something has to come of it. */
static int check_whole(struct parse *p)
{
	const struct macro *m = p->m;
	int does = m->n_sets + m->n_add + m->n_remove + p->text.n + p->note.n;

	if (m->kind == MACRO_SCRIPT	? m->n_ticks > 0
		: m->kind == MACRO_FORM ? m->n_fields > 0
					: does > 0)
		return 0;
	return wrong_word(p);
}

int macro_parse(const char *file, const char *text, size_t len, int kind,
	struct macro **out)
{
	struct arena *a = arena_new();
	struct parse p = {.m = arena_calloc(a, 1, sizeof(*p.m))};
	int rc;

	p.m->arena = a;
	rc = lex_open(&p.lx, a, file, text, len);
	if (!rc)
		rc = take_head(&p, kind);
	while (!rc && p.lx.tok.kind != TOK_END)
		rc = take_statement(&p);
	if (!rc)
		rc = check_whole(&p);
	end_lines(&p, &p.text, p.m->text);
	end_lines(&p, &p.note, p.m->note);
	if (rc)
		macro_free(p.m);
	else
		*out = p.m;
	return rc;
}

void macro_free(struct macro *m)
{
	if (m)
		arena_free(m->arena);
}

/* --- files ------------------------------------------------------------------
 */

int macro_load(enum macro_kind kind, const char *name, struct macro **out)
{
	char *file = NULL, *text = NULL;
	struct macro *m = NULL;
	size_t len = 0;
	int rc = E_NOTFOUND;

	if (lex_is_file_name(name))
		rc = lex_read(places[kind].folder, name, places[kind].suffix,
			&file, &text, &len);
	if (rc == E_NOTFOUND)
		return err_set(rc, _("there is no %s %.64s"), kind_words[kind],
			lex_is_file_name(name) ? name : "?");
	if (!rc)
		rc = macro_parse(file, text, len, (int)kind, &m);
	if (!rc && strcmp(m->name, name) != 0)
		rc = err_set(E_CONFIG, _("%s: it is called %s in it, not %s"),
			file, m->name, name);
	free(file);
	free(text);
	if (rc)
		macro_free(m);
	else
		*out = m;
	return rc;
}

const char **macro_names(enum macro_kind kind, struct arena *a)
{
	return names_in(a, places[kind].folder, places[kind].suffix, NULL);
}

int macro_lang(void)
{
	return lex_lang();
}

/* "zh", "zh-CN", "zh_Hans": the mainland's; with TW, HK or Hant the other. */
int macro_lang_of(const char *tag)
{
	if (!tag || !*tag)
		return -1;
	if (!strncasecmp(tag, "en", 2))
		return 0;
	if (strncasecmp(tag, "zh", 2) != 0)
		return -1;
	return strcasestr(tag, "tw") || strcasestr(tag, "hk") ||
			       strcasestr(tag, "hant")
		       ? 2
		       : 1;
}

const char *macro_in(const char *const text[3], int lang)
{
	return lex_choose_in(text, lang < 0 || lang > 2 ? 0 : lang);
}
