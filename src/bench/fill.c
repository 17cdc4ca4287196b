/* SPDX-License-Identifier: MIT */
/*
 * Snippets, macros and forms: chosen from a list, their fields filled in order,
 * with what will come of it below. Nothing is done before the person says so,
 * and a text goes into the composer, never out.
 */
#include "answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/app/codes.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"

#define MAX_LINES 200
#define FIELD_MAX 4096

struct fill {
	struct overlay o;
	struct macro *m;
	struct known_words known;
	struct arena *arena;
	struct macro_field asks[MACRO_MAX_FIELDS];
	struct form form;
	struct form_field fields[MACRO_MAX_FIELDS];
	int lang; /* of the text for the customer */
	struct answers answers;
	int64_t now_ms;
	int zone_min;
	struct canvas top;  /* where the fields were drawn last */
	struct canvas does; /* and the line that does it */
};

/* What it comes to: all gated, in an arena. */
struct effect {
	struct arena *arena;
	const char *text, *note; /* NULL: none */
	const char *sets[MACRO_MAX_FIELDS];
	int n_sets;
};

/* --- values -----------------------------------------------------------------
 */

static const char *known_only(void *u, const char *name, int lang)
{
	(void)lang;
	return known_value(&((const struct fill *)u)->known, name);
}

static const char *known_or_none(void *u, const char *name, int lang)
{
	const char *s = known_only(u, name, lang);

	return s ? s : "";
}

static const char *choice_in(
	const struct macro_field *q, const struct form_field *v, int lang)
{
	return v->at < 0 ? "" : macro_in(q->choices[v->at].text, lang);
}

/* "2d" as the day it means. */
static const char *day_of(const struct fill *f, const struct form_field *v)
{
	const char *s = edit_text(v->edit);
	char *day = NULL;

	if (macro_value_check(MACRO_DATE, s, f->now_ms, f->zone_min, &day) == 0)
		s = arena_strdup(f->arena, day);
	free(day);
	err_clear();
	return s;
}

/* A field's value as it is used; a wrong one is as it was typed. */
static const char *value_of(void *u, const char *name, int lang)
{
	struct fill *f = u;
	int i;

	for (i = 0; i < f->form.n; i++) {
		const struct macro_field *q = &f->asks[i];
		const struct form_field *v = &f->fields[i];

		if (strcmp(q->name, name) != 0)
			continue;
		name = q->type == MACRO_CHOICE ? choice_in(q, v, lang)
		       : q->type == MACRO_DATE ? day_of(f, v)
					       : edit_text(v->edit);
		/* what is still needed is seen by its name */
		return *name || q->optional ? name : NULL;
	}
	return known_only(u, name, lang);
}

static const char *filled(
	struct fill *f, const char *const text[3], int lang, struct arena *a)
{
	const char *template = macro_in(text, lang);
	struct buf b = BUF_INIT;
	const char *s = NULL;
	char *raw;

	if (!template)
		return NULL;
	raw = macro_fill(template, value_of, f, lang);
	buf_adds(&b, "");
	text_gate(&b, raw, strlen(raw), GATE_TEXT);
	if (b.len)
		s = arena_strdup(a, buf_str(&b));
	free(raw);
	buf_fini(&b);
	return s;
}

/* A form without a note of its own: its title, then a line a field. */
static const char *note_of_fields(struct fill *f, struct arena *a)
{
	struct buf b = BUF_INIT;
	int lang = macro_lang(), i;
	const char *s;

	buf_adds(&b, macro_in(f->m->title, lang));
	for (i = 0; i < f->form.n; i++) {
		s = value_of(f, f->asks[i].name, lang);
		if (s && *s)
			buf_addf(&b, "\n%s: %s",
				macro_in(f->asks[i].label, lang), s);
	}
	s = arena_strdup(a, buf_str(&b));
	buf_fini(&b);
	return s;
}

static void effect_of(struct fill *f, struct effect *e)
{
	const struct macro *m = f->m;
	const char *s;
	int i;

	*e = (struct effect){.arena = arena_new()};
	e->text = filled(f, m->text, f->lang, e->arena);
	e->note = filled(f, m->note, macro_lang(), e->arena);
	if (m->kind == MACRO_FORM && !m->note[0])
		e->note = note_of_fields(f, e->arena);
	for (i = 0; i < m->n_sets; i++) {
		s = filled(f, m->sets[i].value, 0, e->arena);
		if (s)
			e->sets[e->n_sets++] = arena_printf(
				e->arena, "%s=%s", m->sets[i].field, s);
	}
}

static int64_t target_of(struct bench *b, enum entity *e)
{
	const struct desk_case *k = desk_case(b->desk);

	*e = k->entity;
	if (k->entity != ENT_CONVERSATION && k->ticket) {
		*e = ENT_TICKET;
		return k->ticket;
	}
	return k->id;
}

/* Not every backend has them: what it has none of is no reason to do nothing.
 */
static int has_tags(struct bench *b)
{
	enum entity e;
	int rc;

	(void)target_of(b, &e);
	rc = session_can(desk_session(b->desk), desk_case(b->desk)->connector,
		e == ENT_CONVERSATION ? OP_CONVERSATION_TAGS : OP_TICKET_TAGS);
	err_clear();
	return rc == 0;
}

/* --- drawing
 * ------------------------------------------------------------------ */

struct paper {
	struct canvas c;
	int y;
};

static void paper_line(struct paper *p, unsigned style, const char *s)
{
	struct wrap_line v[MAX_LINES];
	int n = text_wrap(s, strlen(s), p->c.w, v, MAX_LINES), i;

	for (i = 0; i < n && i < MAX_LINES && p->y < p->c.h; i++) {
		char *line = xstrndup(s + v[i].from, v[i].len);

		canvas_text(&p->c, 0, p->y++, style, line);
		free(line);
	}
}

static int is_status(const char *set)
{
	return strncmp(set, "status=", 7) == 0;
}

static void paper_set(struct paper *p, const char *set, int can)
{
	char *field = xstrndup(set, strcspn(set, "="));
	const struct field_desc *f = field_by_name(ENT_TICKET, field);
	const char *value = set + strlen(field) + 1;
	char *s = xasprintf("%s: %s  %s", f ? _(f->label) : field,
		is_status(set) ? codes_status(value) : value,
		can ? "" : _("(a conversation has no such field)"));

	paper_line(p, can ? ST_TEXT : ST_DIM, s);
	free(field);
	free(s);
}

static void paper_text(struct paper *p, const char *head, const char *s)
{
	if (!s)
		return;
	paper_line(p, ST_LABEL, head);
	paper_line(p, ST_TEXT, s);
}

static void paper_tags(struct paper *p, const struct macro *m, int can)
{
	struct buf b = BUF_INIT;
	int i;

	for (i = 0; i < m->n_add; i++)
		buf_addf(&b, " +%s", m->add[i]);
	for (i = 0; i < m->n_remove; i++)
		buf_addf(&b, " -%s", m->remove[i]);
	if (b.len) {
		char *s = xasprintf("%s%s  %s", _("Tags:"), buf_str(&b),
			can ? "" : _("(its backend has none)"));

		paper_line(p, can ? ST_TEXT : ST_DIM, s);
		free(s);
	}
	buf_fini(&b);
}

static void draw_effect(struct bench *b, struct fill *f, struct canvas *c)
{
	static const char *const langs[3] = {"en", "zh_CN", "zh_TW"};
	const char *lang = i18n_name(langs[f->lang]);
	struct paper p = {.y = 0};
	struct effect e;
	enum entity ent;
	int i;

	(void)target_of(b, &ent);
	effect_of(f, &e);
	p.c = canvas_frame(
		c, 0, _("What it will do"), f->m->text[0] ? lang : NULL);
	canvas_clear(&p.c, ST_TEXT);
	p.c.h--;
	for (i = 0; i < e.n_sets; i++)
		paper_set(&p, e.sets[i],
			ent != ENT_CONVERSATION || is_status(e.sets[i]));
	paper_tags(&p, f->m, has_tags(b));
	paper_text(&p, _("Note to colleagues:"), e.note);
	paper_text(&p, _("Into what you write:"), e.text);
	p.c.h++;
	f->does = canvas_sub(&p.c, 0, p.c.h - 1, -1, 1);
	canvas_slot(&p.c, 0, p.c.h - 1, p.c.w, ST_DIM,
		f->m->text[0] ? _("Ctrl-S does it   Esc leaves it   Ctrl-T "
				  "another language")
			      : _("Ctrl-S does it   Esc leaves it"),
		0);
	arena_free(e.arena);
}

static int rows_of_fields(const struct fill *f)
{
	int i, n = 2;

	for (i = 0; i < f->form.n; i++)
		n += 1 + (f->fields[i].error != NULL);
	return n;
}

static void fill_draw(struct bench *b, struct overlay *o, struct canvas *screen,
	int *cx, int *cy)
{
	struct fill *f = (struct fill *)(void *)o;
	int w = screen->w > 92 ? 88 : screen->w - 2, top = rows_of_fields(f);
	int h = screen->h * 3 / 4 > 18 ? screen->h * 3 / 4 : screen->h - 2;
	struct canvas c, low;

	*cx = *cy = -1;
	c = canvas_sub(screen, (screen->w - w) / 2, (screen->h - h) / 3, w, h);
	canvas_clear(&c, ST_TEXT);
	if (top > h - 5)
		top = h - 5 > 3 ? h - 5 : 3;
	if (f->form.n) {
		f->top = canvas_sub(&c, 0, 0, -1, top);
		form_draw(&f->form, &f->top, cx, cy);
		if (*cx >= 0) {
			*cx += f->top.x;
			*cy += f->top.y;
		}
		low = canvas_sub(&c, 0, top, -1, -1);
	} else {
		low = c;
	}
	draw_effect(b, f, &low);
}

/* --- doing it
 * ----------------------------------------------------------------- */

static void free_fields(struct fill *f)
{
	int i;

	for (i = 0; i < f->form.n; i++)
		edit_free(f->fields[i].edit);
}

/* Every value becomes the one that is used; the first wrong one gets the focus.
 */
static int check_fields(struct bench *b, struct fill *f)
{
	int i, bad = -1;

	for (i = f->form.n - 1; i >= 0; i--) {
		struct form_field *v = &f->fields[i];
		char *s = NULL;

		if (!v->edit)
			continue;
		if (macro_value_check(f->asks[i].type, edit_text(v->edit),
			    desk_now(b->desk), desk_zone(b->desk), &s) < 0) {
			v->error = arena_strdup(f->arena, err_msg());
			bad = i;
		} else if (strcmp(s, edit_text(v->edit)) != 0) {
			edit_set(v->edit, s, strlen(s));
		}
		free(s);
	}
	if (bad >= 0)
		f->form.at = bad;
	return bad < 0;
}

#define MAX_CHANGES 4

/* A conversation has no fields but its status; the others are left out. */
static int changes_of(struct bench *b, const struct fill *f,
	const struct effect *e, struct intent *v, int *n)
{
	enum entity ent;
	int64_t id = target_of(b, &ent);
	int talk = ent == ENT_CONVERSATION, i;
	const struct macro *m = f->m;

	*n = 0;
	for (i = 0; talk && i < e->n_sets; i++) {
		if (!is_status(e->sets[i]))
			continue;
		v[*n] = (struct intent){.kind = OP_CONVERSATION_STATUS};
		v[(*n)++].in.status = e->sets[i] + 7;
	}
	if (!talk && e->n_sets) {
		v[*n] = (struct intent){.kind = OP_TICKET_SET};
		v[*n].in.sets = e->sets;
		v[(*n)++].in.n_sets = e->n_sets;
	}
	if (m->n_add + m->n_remove && has_tags(b)) {
		v[*n] = (struct intent){
			.kind = talk ? OP_CONVERSATION_TAGS : OP_TICKET_TAGS};
		v[*n].in.add = m->add;
		v[*n].in.n_add = m->n_add;
		v[*n].in.remove = m->remove;
		v[(*n)++].in.n_remove = m->n_remove;
	}
	if (e->note) {
		v[*n] = (struct intent){
			.kind = talk ? OP_MESSAGE_NOTE : OP_TICKET_NOTE};
		v[(*n)++].in.text = e->note;
	}
	for (i = 0; i < *n; i++)
		v[i].target = id;
	return 0;
}

/* All of them can be done, or none is begun. */
static int may_all(struct bench *b, const struct intent *v, int n)
{
	struct session *s = desk_session(b->desk);
	int connector = desk_case(b->desk)->connector, i, rc = 0;

	for (i = 0; rc == 0 && i < n; i++) {
		struct buf args = BUF_INIT;

		rc = session_can(s, connector, v[i].kind);
		if (rc == 0)
			rc = opargs_build(s, v[i].kind, connector,
				desk_now(b->desk), desk_zone(b->desk), &v[i].in,
				&args);
		buf_fini(&args);
	}
	return rc;
}

static int has_composer(const struct bench *b)
{
	int i;

	for (i = 0; i < b->n_slots; i++)
		if (strcmp(b->slots[i].pane.ops->name, "composer") == 0)
			return 1;
	return 0;
}

static void write_text(struct bench *b, const char *text)
{
	struct command_line cmd = {.id = CMD_REPLY, .rest = ""};

	input_run(b, &cmd);
	desk_insert(b->desk, text);
}

static int apply(struct bench *b, struct fill *f, struct effect *e)
{
	struct intent v[MACRO_MAX_FIELDS + MAX_CHANGES];
	int n, i, rc = changes_of(b, f, e, v, &n);

	if (rc == 0 && e->text && !has_composer(b))
		rc = err_set(E_INPUT, _("this bench has no pane to write in"));
	if (rc == 0)
		rc = may_all(b, v, n);
	if (rc < 0 || !n)
		return rc;
	desk_group(b->desk, macro_in(f->m->title, macro_lang()));
	for (i = 0; rc == 0 && i < n; i++)
		rc = desk_do(b->desk, &v[i]);
	desk_group(b->desk, NULL);
	return rc;
}

/* Frees `f`: its overlay goes before what it does can push another. */
static void fill_done(struct bench *b, struct fill *f)
{
	struct effect e;
	int rc;

	if (!check_fields(b, f))
		return;
	effect_of(f, &e);
	rc = apply(b, f, &e);
	if (rc < 0) {
		desk_say_err(b->desk);
	} else {
		answers_drop(&f->answers, b);
		overlay_pop(b);
		if (e.text)
			write_text(b, e.text);
	}
	arena_free(e.arena);
}

/* --- keys
 * --------------------------------------------------------------------- */

static int is_ctrl(const struct ui_event *e, char c)
{
	return e->kind == UI_KEY && e->key.code == (uint32_t)c &&
	       e->key.mods == KEY_CTRL;
}

static int is_click(const struct ui_event *e, const struct canvas *c)
{
	return e->kind == UI_MOUSE && e->act == MOUSE_DOWN && e->y == c->y &&
	       e->x >= c->x && e->x < c->x + c->w;
}

static enum over_did fill_event(
	struct bench *b, struct overlay *o, const struct ui_event *e)
{
	static const struct ui_event ctrl_s = {
		.kind = UI_KEY, .key = {.code = 's', .mods = KEY_CTRL}};
	struct fill *f = (struct fill *)(void *)o;
	int did = 0;

	if (is_ctrl(e, 't')) {
		f->lang = (f->lang + 1) % 3;
		return OVER_KEEP;
	}
	if (is_click(e, &f->does))
		did = f->form.n ? form_key(&f->form, &ctrl_s) : 2;
	else if (f->form.n)
		did = e->kind == UI_MOUSE ? form_mouse(&f->form, &f->top, e)
					  : form_key(&f->form, e);
	else if (e->kind == UI_KEY && e->key.code == KEY_ESC)
		did = -1;
	else if (is_ctrl(e, 's') ||
		 (e->kind == UI_KEY && e->key.code == KEY_ENTER))
		did = 2;
	if (answers_keep(&f->answers, b, &f->form, f->asks, did < 0) && did < 0)
		desk_say(b->desk, NOTICE_DONE, "%s",
			_("your answers are kept for this case"));
	if (did < 0)
		return OVER_CLOSE;
	if (did == 2)
		fill_done(b, f);
	return OVER_KEEP;
}

static void fill_free(struct overlay *o)
{
	struct fill *f = (struct fill *)(void *)o;

	free_fields(f);
	answers_end(&f->answers);
	known_fini(&f->known);
	macro_free(f->m);
	arena_free(f->arena);
}

static const struct overlay_ops fill_ops = {.draw = fill_draw,
	.event = fill_event,
	.free = fill_free,
	.hint = N_("Ctrl-S does it   Tab next field   Esc leaves")};

static void make_field(struct fill *f, int i)
{
	static const enum form_type types[] = {
		[MACRO_TEXT] = FORM_LINE,
		[MACRO_NUMBER] = FORM_LINE,
		[MACRO_DATE] = FORM_DATE,
		[MACRO_CHOICE] = FORM_CHOICE,
	};
	const struct macro_field *q = &f->asks[i];
	struct form_field *v = &f->fields[i];
	const char *first = macro_in(q->value, macro_lang());
	const char **choices;
	char *s;
	int k;

	v->label = macro_in(q->label, macro_lang());
	v->type = types[q->type];
	v->required = !q->optional;
	v->hint = q->type == MACRO_DATE ? "2026-11-30, 2d" : NULL;
	if (q->type == MACRO_CHOICE) {
		choices = arena_calloc(
			f->arena, (size_t)q->n_choices, sizeof(*choices));
		for (k = 0; k < q->n_choices; k++)
			choices[k] = macro_in(q->choices[k].text, macro_lang());
		v->choices = choices;
		v->n_choices = q->n_choices;
		v->at = -1; /* nothing is chosen unasked */
		return;
	}
	v->edit = edit_new(0, FIELD_MAX);
	if (first) {
		s = macro_fill(first, known_or_none, f, macro_lang());
		edit_set(v->edit, s, strlen(s));
		free(s);
	}
}

/* Takes `m`. A snippet that needs nothing goes straight in. */
static int fill_push(struct bench *b, struct macro *m)
{
	struct fill *f = xcalloc(1, sizeof(*f));
	enum entity ent;
	int64_t id = target_of(b, &ent);
	struct effect e;
	int i;

	f->o.ops = &fill_ops;
	f->m = m;
	f->arena = arena_new();
	f->now_ms = desk_now(b->desk);
	f->zone_min = desk_zone(b->desk);
	known_read(b->desk, &f->known);
	f->lang = f->known.lang < 0 ? macro_lang() : f->known.lang;
	f->form.title = macro_in(m->title, macro_lang());
	f->form.fields = f->fields;
	f->form.n = macro_asks(
		m, known_only, f, f->arena, f->asks, MACRO_MAX_FIELDS);
	for (i = 0; i < f->form.n; i++)
		make_field(f, i);
	answers_begin(&f->answers, m->name, ent, id, &f->form, f->asks);
	answers_take(&f->answers, b, &f->form, f->asks);
	overlay_push(b, &f->o);
	if (m->kind != MACRO_SNIPPET || f->form.n)
		return 0;
	if (!has_composer(b)) {
		overlay_pop(b);
		return err_set(
			E_INPUT, _("this bench has no pane to write in"));
	}
	effect_of(f, &e);
	overlay_pop(b);
	write_text(b, e.text ? e.text : "");
	arena_free(e.arena);
	return 0;
}

/* --- choosing
 * ----------------------------------------------------------------- */

struct picker {
	struct overlay o;
	struct menu menu;
	struct arena *arena;
	enum macro_kind kind;
	int lang; /* the customer's, -1 not known */
	struct bench *bench;
};

static void picker_draw(struct bench *b, struct overlay *o,
	struct canvas *screen, int *cx, int *cy)
{
	struct picker *p = (struct picker *)(void *)o;
	int w = screen->w > 84 ? 80 : screen->w - 2;
	int h = screen->h * 3 / 4 > 6 ? screen->h * 3 / 4 : screen->h;
	struct canvas c = canvas_sub(
		screen, (screen->w - w) / 2, (screen->h - h) / 3, w, h);

	(void)b;
	canvas_clear(&c, ST_TEXT);
	o->area = c;
	menu_draw(&p->menu, &c, cx, cy);
	if (*cx >= 0) {
		*cx += c.x;
		*cy += c.y;
	}
}

static int fill_named(struct bench *b, enum macro_kind kind, const char *name)
{
	struct macro *m;
	int rc = macro_load(kind == MACRO_FORM ? kind : MACRO_MACRO, name, &m);

	return rc < 0 ? rc : fill_push(b, m);
}

static enum over_did picker_event(
	struct bench *b, struct overlay *o, const struct ui_event *e)
{
	struct picker *p = (struct picker *)(void *)o;
	enum macro_kind kind = p->kind;
	int did = 0;
	char *name;

	if (e->kind == UI_KEY)
		did = menu_key(&p->menu, e->key);
	else if (e->kind == UI_MOUSE)
		did = menu_mouse(&p->menu, &o->area, e);
	else if (e->kind == UI_PASTE)
		(void)edit_event(p->menu.input, e);
	if (did < 0)
		return OVER_CLOSE;
	if (did != 2 || p->menu.at < 0)
		return OVER_KEEP;
	name = xstrdup(p->menu.items[p->menu.at].data);
	overlay_pop(b); /* frees p */
	if (fill_named(b, kind, name) < 0)
		desk_say_err(b->desk);
	free(name);
	return OVER_KEEP;
}

static void picker_free(struct overlay *o)
{
	struct picker *p = (struct picker *)(void *)o;

	edit_free(p->menu.input);
	arena_free(p->arena);
}

static const struct overlay_ops picker_ops = {.draw = picker_draw,
	.event = picker_event,
	.free = picker_free,
	.hint = N_("Enter chooses   Up, Down move   Esc leaves")};

/* "a,b": is `name` one of them? */
static int is_in(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (; list && *list; list += *list == ',') {
		size_t len = strcspn(list, ",");

		if (len == n && memcmp(list, name, n) == 0)
			return 1;
		list += len;
	}
	return 0;
}

/* In the words of who reads it, and of the customer where he reads others;
 * found by its title in any language and by its name. */
static void add_item(
	struct picker *p, const char *name, const struct macro *m, int fits)
{
	struct menu_item *it = &p->menu.items[p->menu.n++];
	const char *title = macro_in(m->title, macro_lang()), *note = name;
	const char *his = p->lang < 0 ? title : macro_in(m->title, p->lang);
	enum entity e;
	int64_t id = target_of(p->bench, &e);

	if (strcmp(his, title) != 0)
		note = arena_printf(p->arena, "%s  %s", his, name);
	if (answers_there(p->bench, name, e, id))
		note = arena_printf(p->arena, _("begun  %s"), note);
	*it = (struct menu_item){
		.text = arena_printf(
			p->arena, "%s%s", fits ? "* " : "  ", title),
		.note = note,
		.also = arena_printf(p->arena, "%s %s %s",
			macro_in(m->title, 0), macro_in(m->title, 1),
			macro_in(m->title, 2)),
		.data = arena_strdup(p->arena, name),
	};
}

static void add_broken(struct picker *p, const char *name)
{
	p->menu.items[p->menu.n++] = (struct menu_item){
		.text = arena_printf(p->arena, "  %s", name),
		.why_off = arena_strdup(p->arena, err_msg()),
		.data = arena_strdup(p->arena, name),
	};
}

static int may_list(const struct picker *p, const struct macro *m)
{
	return p->kind == m->kind;
}

/* Those of the situation first. */
static void add_items(struct picker *p, const char *situation)
{
	const char **v = macro_names(
		p->kind == MACRO_FORM ? MACRO_FORM : MACRO_MACRO, p->arena);
	int n = 0, turn, i;
	struct macro *m;

	while (v[n])
		n++;
	p->menu.items =
		arena_calloc(p->arena, (size_t)n + 1, sizeof(*p->menu.items));
	for (turn = 1; turn >= 0; turn--)
		for (i = 0; i < n; i++) {
			if (is_in(situation, v[i]) != turn)
				continue;
			if (macro_load(p->kind == MACRO_FORM ? MACRO_FORM
							     : MACRO_MACRO,
				    v[i], &m) < 0) {
				add_broken(p, v[i]);
				continue;
			}
			if (may_list(p, m))
				add_item(p, v[i], m, turn);
			macro_free(m);
		}
	err_clear();
}

static int may_fill(struct bench *b)
{
	enum entity e;

	if (desk_case(b->desk)->entity == ENT_COUNT)
		return err_set(
			E_INPUT, _("nothing is in focus: open a case first"));
	target_of(b, &e);
	if (e != ENT_TICKET && e != ENT_CONVERSATION)
		return err_set(E_INPUT, _("this cannot be done with that"));
	return 0;
}

int fill_choose(struct bench *b, enum macro_kind kind, const char *name)
{
	const struct desk_situation *s = desk_situation(b->desk);
	struct known_words known;
	struct picker *p;
	int rc = may_fill(b);

	if (rc < 0)
		return rc;
	if (!*name && kind == MACRO_FORM && s->form && *s->form)
		name = s->form;
	if (*name)
		return fill_named(b, kind, name);
	p = xcalloc(1, sizeof(*p));
	p->o.ops = &picker_ops;
	p->arena = arena_new();
	p->kind = kind;
	p->bench = b;
	known_read(b->desk, &known);
	p->lang = known.lang;
	known_fini(&known);
	p->menu.title = kind == MACRO_SNIPPET ? _("Snippets: type to find")
			: kind == MACRO_FORM  ? _("Forms: type to find")
					     : _("Macros: type to find; * fits "
						 "this case");
	p->menu.input = edit_new(0, 256);
	add_items(p, kind == MACRO_MACRO ? s->macros : s->form);
	overlay_push(b, &p->o);
	return 0;
}
