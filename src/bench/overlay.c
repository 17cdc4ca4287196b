/* SPDX-License-Identifier: MIT */
/*
 * What stands above the panes: questions, the palette, search everywhere, help,
 * messages, and the continuations of an unfinished sequence. An overlay takes
 * all keys while it is there; nothing of what a composer holds is touched.
 */
#include "bench_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/app/finder.h"
#include "galley/app/merge.h"
#include "galley/app/named.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/timefmt.h"

#define MAX_ITEMS 200
#define NAMED_MAX 8

void overlay_push(struct bench *b, struct overlay *o)
{
	o->below = b->over;
	b->over = o;
	b->dirty = 1;
}

/* Nobody waits for it any more. */
static void stop_seeking(struct bench *b)
{
	if (b->finder)
		finder_stop(b->finder);
	FREE(&b->sought);
}

void overlay_pop(struct bench *b)
{
	struct overlay *o = b->over;

	stop_seeking(b);
	b->over = o->below;
	if (o->ops->free)
		o->ops->free(o);
	free(o);
	b->dirty = 1;
}

/* A box in the middle, at most w x h; cleared. */
static struct canvas box(struct canvas *screen, int w, int h)
{
	struct canvas c;

	if (w > screen->w - 2)
		w = screen->w - 2;
	if (h > screen->h - 2)
		h = screen->h - 2;
	c = canvas_sub(screen, (screen->w - w) / 2, (screen->h - h) / 3, w, h);
	canvas_clear(&c, ST_TEXT);
	return c;
}

/* --- questions ------------------------------------------------------------ */

struct question {
	struct overlay o;
	struct ask ask;
	const char *answers[2];
	char *title, *text, *line;
};

#define QUESTION_W     60
#define QUESTION_LINES 40

static void question_draw(struct bench *b, struct overlay *o,
	struct canvas *screen, int *cx, int *cy)
{
	struct question *q = (struct question *)(void *)o;
	struct wrap_line v[QUESTION_LINES];
	int n = text_wrap(
		q->text, strlen(q->text), QUESTION_W - 2, v, QUESTION_LINES);
	struct canvas c = box(screen, QUESTION_W, n + 4 > 9 ? n + 4 : 9);

	(void)b;
	o->area = c;
	ask_draw(&q->ask, &c, cx, cy);
}

static enum over_did question_event(
	struct bench *b, struct overlay *o, const struct ui_event *e)
{
	struct question *q = (struct question *)(void *)o;
	struct arena *a;
	struct command_line cmd;
	char *line;
	int did;

	if (e->kind == UI_MOUSE)
		did = ask_mouse(&q->ask, &o->area, e);
	else if (e->kind == UI_KEY)
		did = ask_key(&q->ask, e->key);
	else
		return OVER_KEEP;
	if (did < 0 || (did == 2 && q->ask.at == 0))
		return OVER_CLOSE;
	if (did != 2)
		return OVER_KEEP;
	line = xstrdup(q->line);
	overlay_pop(b);
	a = arena_new();
	if (command_parse(line, a, &cmd) == 0)
		input_run(b, &cmd);
	else
		desk_say_err(b->desk);
	arena_free(a);
	free(line);
	return OVER_KEEP;
}

static void question_free(struct overlay *o)
{
	struct question *q = (struct question *)(void *)o;

	free(q->title);
	free(q->text);
	free(q->line);
}

static const struct overlay_ops question_ops = {.draw = question_draw,
	.event = question_event,
	.free = question_free,
	.hint = N_(
		"Enter answers   Left, Right choose   Esc leaves it as it is")};

static const struct overlay_ops told_ops = {.draw = question_draw,
	.event = question_event,
	.free = question_free,
	.hint = N_("Enter or Esc closes it")};

char *words_title(const char *s)
{
	char *out = xstrdup(s);

	if (*out >= 'a' && *out <= 'z')
		*out = (char)(*out - 'a' + 'A');
	return out;
}

/* "T-8812 Refund is late" */
static int add_ticket(struct bench *b, int64_t id, struct buf *out)
{
	struct arena *a = arena_new();
	struct row_title t;
	char name[256];
	int rc = store_title(desk_ro(b->desk), ENT_TICKET, id, a, &t);

	if (rc == 0)
		buf_addf(out, "%s %s",
			session_name(desk_session(b->desk), t.connector, t.rid,
				t.id, name),
			t.title ? t.title : "");
	arena_free(a);
	return rc;
}

static void add_customers(
	struct bench *b, int64_t from, int64_t into, struct buf *out)
{
	struct arena *a = arena_new();
	const char *whose, *others;

	if (merge_differs(desk_ro(b->desk), from, into, a, &whose, &others))
		buf_addf(out,
			_("They are of different customers: %s and %s.\n"),
			whose, others);
	arena_free(a);
}

static int merge_words(
	struct bench *b, const struct command_line *cmd, struct buf *out)
{
	int64_t from = desk_case(b->desk)->ticket, into;
	struct buf one = BUF_INIT, other = BUF_INIT;
	int connector, rc;

	rc = session_find(desk_session(b->desk), ENT_TICKET, cmd->argv[0],
		&into, &connector);
	if (rc == 0 && into == from)
		rc = err_set(E_INPUT, _("a ticket cannot go into itself"));
	if (rc == 0)
		rc = add_ticket(b, from, &one);
	if (rc == 0)
		rc = add_ticket(b, into, &other);
	if (rc == 0) {
		add_customers(b, from, into, out);
		buf_addf(out,
			_("%s\ngoes into %s.\nThis cannot be taken back once "
			  "it is sent."),
			buf_str(&one), buf_str(&other));
	}
	buf_fini(&one);
	buf_fini(&other);
	return rc;
}

void overlay_confirm(struct bench *b, const struct command_line *cmd)
{
	struct question *q;
	const struct command_desc *d = command_desc(cmd->id);
	struct buf text = BUF_INIT;

	if (cmd->id == CMD_MERGE && cmd->argc == 1) {
		if (merge_words(b, cmd, &text) < 0) {
			desk_say_err(b->desk);
			buf_fini(&text);
			return;
		}
	} else {
		buf_adds(&text, _(d->help));
	}
	q = xcalloc(1, sizeof(*q));
	q->o.ops = &question_ops;
	q->line = xasprintf("%s %s", d->name, cmd->rest ? cmd->rest : "");
	q->text = buf_take(&text);
	q->title = words_title(_(d->text));
	q->answers[0] = _("Cancel");
	q->answers[1] = q->title;
	q->ask = (struct ask){.title = q->title,
		.text = q->text,
		.answers = q->answers,
		.n = 2,
		.at = 0};
	overlay_push(b, &q->o);
}

void overlay_tell(struct bench *b, const char *title, const char *text)
{
	struct question *q = xcalloc(1, sizeof(*q));

	q->o.ops = &told_ops;
	q->text = xstrdup(text);
	q->title = xstrdup(title);
	q->answers[0] = _("OK");
	q->ask = (struct ask){.title = q->title,
		.text = q->text,
		.answers = q->answers,
		.n = 1};
	overlay_push(b, &q->o);
}

/* --- lists with typing: palette, search, help, messages ------------------- */

struct item {
	enum { IT_COMMAND, IT_ROW, IT_BENCH, IT_TEXT, IT_LINE } kind;
	enum command cmd;
	enum entity entity;
	int64_t id;
	const char *bench; /* or the line */
};
struct chooser {
	struct overlay o;
	struct menu menu;
	struct arena *arena; /* of the items */
	void (*fill)(struct bench *b, struct chooser *c, const char *text);
	uint64_t seen;
	char narrow;	     /* '#' what cases hold, '@' customers, '\0' all */
	struct named *named; /* cases that stand there by their name */
	int n_named;
	int w;
	struct choice *choices; /* of overlay_choose() */
	int n_choices;
	char *asked;	     /* of the finder, or NULL */
	struct finds *found; /* its newest answer, maybe of a text before */
};

static struct menu_item *add_item(struct chooser *c, const char *text,
	const char *note, const struct item *it)
{
	struct menu_item *m;

	if (c->menu.n >= MAX_ITEMS)
		return NULL;
	m = &c->menu.items[c->menu.n++];
	*m = (struct menu_item){.text = arena_strdup(c->arena, text),
		.note = arena_strdup(c->arena, note)};
	if (it) {
		struct item *copy = arena_alloc(c->arena, sizeof(*copy));

		*copy = *it;
		m->data = copy;
	}
	return m;
}

static void refill(struct bench *b, struct chooser *c)
{
	arena_reset(c->arena);
	c->menu.items =
		arena_calloc(c->arena, MAX_ITEMS, sizeof(*c->menu.items));
	c->menu.n = c->menu.at = c->menu.top = 0;
	c->fill(b, c, edit_text(c->menu.input));
	c->seen = edit_revision(c->menu.input);
}

static void chooser_draw(struct bench *b, struct overlay *o,
	struct canvas *screen, int *cx, int *cy)
{
	struct chooser *c = (struct chooser *)(void *)o;
	struct canvas in = box(screen, c->w, screen->h * 3 / 4);

	(void)b;
	o->area = in;
	menu_draw(&c->menu, &in, cx, cy);
}

static void choose(struct bench *b, const struct item *it)
{
	struct command_line cmd = {.id = it->cmd, .rest = ""};
	int rc = 0;

	switch (it->kind) {
	case IT_COMMAND:
		if (command_desc(it->cmd)->flags & CF_CONFIRM &&
			!*command_desc(it->cmd)->args)
			overlay_confirm(b, &cmd);
		else if (command_desc(it->cmd)->flags & CF_CONFIRM)
			overlay_argument(b, it->cmd);
		else
			input_run(b, &cmd);
		return;
	case IT_ROW:
		rc = desk_focus(b->desk, it->entity, it->id);
		break;
	case IT_BENCH:
		rc = bench_scenario(b, it->bench);
		break;
	case IT_LINE:
		rc = bench_command(b, it->bench);
		break;
	case IT_TEXT:
		return;
	}
	if (rc < 0)
		desk_say_err(b->desk);
}

static enum over_did chooser_event(
	struct bench *b, struct overlay *o, const struct ui_event *e)
{
	struct chooser *c = (struct chooser *)(void *)o;
	struct item it;
	int did = 0;

	if (e->kind == UI_KEY)
		did = menu_key(&c->menu, e->key);
	else if (e->kind == UI_MOUSE)
		did = menu_mouse(&c->menu, &o->area, e);
	else if (e->kind == UI_PASTE)
		(void)edit_event(c->menu.input, e);
	if (did < 0)
		return OVER_CLOSE;
	if (did == 2) {
		const struct menu_item *m;

		if (c->menu.at < 0)
			return OVER_KEEP;
		m = &c->menu.items[c->menu.at];
		if (!m->data)
			return OVER_CLOSE;
		it = *(const struct item *)m->data;
		if (it.kind == IT_BENCH || it.kind == IT_LINE)
			it.bench = xstrdup(it.bench);
		overlay_pop(b);
		choose(b, &it);
		if (it.kind == IT_BENCH || it.kind == IT_LINE)
			free((void *)(uintptr_t)it.bench);
		return OVER_KEEP;
	}
	if (edit_revision(c->menu.input) != c->seen)
		refill(b, c);
	return OVER_KEEP;
}

static void chooser_free(struct overlay *o)
{
	struct chooser *c = (struct chooser *)(void *)o;
	int i;

	edit_free(c->menu.input);
	arena_free(c->arena);
	free(c->asked);
	finds_free(c->found);
	for (i = 0; i < c->n_choices; i++) {
		free((void *)(uintptr_t)c->choices[i].text);
		free((void *)(uintptr_t)c->choices[i].note);
		free((void *)(uintptr_t)c->choices[i].line);
	}
	free(c->choices);
}

static const struct overlay_ops chooser_ops = {.draw = chooser_draw,
	.event = chooser_event,
	.free = chooser_free,
	.hint = N_("Enter chooses   Up, Down move   Esc leaves")};

static struct chooser *chooser_new(const char *title, int w,
	void (*fill)(struct bench *, struct chooser *, const char *))
{
	struct chooser *c = xcalloc(1, sizeof(*c));

	c->o.ops = &chooser_ops;
	c->arena = arena_new();
	c->fill = fill;
	c->w = w;
	c->menu.title = title;
	c->menu.input = edit_new(0, 1024);
	return c;
}

static void chooser_push(struct bench *b, const char *title, int w,
	void (*fill)(struct bench *, struct chooser *, const char *),
	const char *text)
{
	struct chooser *c = chooser_new(title, w, fill);

	if (text && *text)
		edit_set(c->menu.input, text, strlen(text));
	refill(b, c);
	overlay_push(b, &c->o);
}

static void fill_choices(struct bench *b, struct chooser *c, const char *text)
{
	int i;

	(void)b;
	for (i = 0; i < c->n_choices; i++) {
		const struct choice *x = &c->choices[i];
		struct item it = {.kind = x->line ? IT_LINE : IT_ROW,
			.entity = x->entity,
			.id = x->id,
			.bench = x->line};

		if (!*text || fuzzy_score(text, x->text))
			add_item(c, x->text, x->note, &it);
	}
}

void overlay_choose(
	struct bench *b, const char *title, const struct choice *v, int n)
{
	struct chooser *c = chooser_new(title, 84, fill_choices);
	int i;

	c->choices = xcalloc((size_t)n, sizeof(*c->choices));
	c->n_choices = n;
	for (i = 0; i < n; i++)
		c->choices[i] = (struct choice){.text = xstrdup(v[i].text),
			.note = xstrdup(v[i].note),
			.line = xstrdup_null(v[i].line),
			.entity = v[i].entity,
			.id = v[i].id};
	refill(b, c);
	overlay_push(b, &c->o);
}

/* --- commands as items ---------------------------------------------------- */

struct found {
	enum command id;
	int score;
};

static int better(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->score != y->score)
		return y->score - x->score;
	return (int)x->id - (int)y->id;
}

static int find_commands(const char *text, unsigned only, struct found *v)
{
	int i, n = 0;

	for (i = 0; i < CMD_COUNT; i++) {
		const struct command_desc *d = command_desc((enum command)i);
		int s1, s2;

		if (only && !(d->contexts & only))
			continue;
		s1 = *text ? fuzzy_score(text, d->name) : 1;
		s2 = *text ? fuzzy_score(text, _(d->text)) : 1;
		/* what it does, in other words: behind all of those */
		if (!s1 && !s2 && strcasestr(_(d->help), text))
			s2 = 1;
		if (s1 || s2)
			v[n++] = (struct found){d->id, s1 > s2 ? s1 : s2};
	}
	qsort(v, (size_t)n, sizeof(*v), better);
	return n;
}

static void add_commands(
	struct bench *b, struct chooser *c, const char *text, unsigned only)
{
	struct found v[CMD_COUNT];
	int n = find_commands(text, only, v), i;

	for (i = 0; i < n; i++) {
		const struct command_desc *d = command_desc(v[i].id);
		struct item it = {.kind = IT_COMMAND, .cmd = d->id};
		struct menu_item *m = add_item(c, _(d->text), _(d->help), &it);

		if (!m)
			return;
		m->found = 2; /* also by its name, and by what it does */
		m->key = keymap_key(b->keymap, d->id,
			only ? only | CX_ALL : bench_contexts(b));
		m->why_off = input_why_not(b, d->id);
	}
}

/* --- rows as items -------------------------------------------------------- */

static void add_row(
	struct bench *b, struct chooser *c, const struct found_row *r)
{
	struct item it = {
		.kind = IT_ROW, .entity = r->opens, .id = r->opens_id};
	char name[256], age[TIME_SAID_SIZE] = "";
	struct menu_item *m;

	session_name(desk_session(b->desk), r->connector, r->opens_rid,
		r->opens_id, name);
	if (r->at_ms && r->at_ms < desk_now(b->desk))
		time_span_said(desk_now(b->desk) - r->at_ms, age);
	m = add_item(c, r->text ? r->text : name,
		arena_printf(c->arena, "%s %s%s%s", entity_word(r->entity),
			name, *age ? "  " : "", age),
		&it);
	if (m) /* a query need not stand in what it finds */
		m->found = 1;
}

/* Not a row: how it goes. */
static void add_word(struct chooser *c, const char *text)
{
	struct menu_item *m = add_item(c, text, NULL, NULL);

	if (m)
		m->found = 1;
}

static int is_wanted(const struct chooser *c, const struct found_row *r)
{
	int i;

	for (i = 0; i < c->n_named; i++)
		if (r->entity == c->named[i].entity && r->id == c->named[i].id)
			return 0;
	if (c->narrow == '@')
		return r->entity == ENT_CUSTOMER;
	if (c->narrow == '#')
		return r->opens == ENT_TICKET || r->opens == ENT_CONVERSATION;
	return 1;
}

static void add_found(struct bench *b, struct chooser *c, const struct finds *f)
{
	int i;

	if (!f)
		add_word(c, _("Reading ..."));
	else if (f->code < 0)
		add_word(c, f->why);
	for (i = 0; f && i < f->n; i++)
		if (is_wanted(c, &f->rows[i]))
			add_row(b, c, &f->rows[i]);
	if (f && f->code == 0 && !c->menu.n)
		add_word(c, _("Nothing is found."));
}

static void fill_search(struct bench *b, struct chooser *c, const char *text)
{
	if (c->asked && strcmp(c->asked, text) == 0) {
		add_found(b, c, c->found);
		return;
	}
	stop_seeking(b);
	FREE(&c->asked);
	if (!*text) {
		finds_free(c->found);
		c->found = NULL;
		return;
	}
	/* what was found last stands there until the answer comes */
	c->asked = xstrdup(text);
	add_found(b, c, c->found);
}

static void take_found(struct bench *b, struct finds *f)
{
	struct chooser *c = (struct chooser *)(void *)b->over;
	int at;

	if (!b->over || b->over->ops != &chooser_ops || !c->asked ||
		strcmp(c->asked, f->text) != 0) {
		finds_free(f);
		return;
	}
	finds_free(c->found);
	c->found = f;
	at = c->menu.at;
	refill(b, c);
	if (at > 0 && at < c->menu.n)
		c->menu.at = at;
	b->dirty = 1;
}

void overlay_found(struct bench *b)
{
	struct finds *f;

	while (b->finder && (f = finder_take(b->finder)))
		take_found(b, f);
}

/* Behind the frame: what is typed is seen before anything is looked for. */
void overlay_ask(struct bench *b)
{
	struct chooser *c = (struct chooser *)(void *)b->over;

	if (!b->over || b->over->ops != &chooser_ops || !c->asked ||
		(b->sought && strcmp(b->sought, c->asked) == 0))
		return;
	free(b->sought);
	b->sought = xstrdup(c->asked);
	if (!b->finder)
		b->finder = finder_new(session_db_path(desk_session(b->desk)));
	finder_ask(b->finder, c->asked, desk_me(b->desk), desk_now(b->desk),
		desk_zone(b->desk));
}

void overlay_search(struct bench *b, const char *text)
{
	chooser_push(b, _("Search everywhere"), 100, fill_search, text);
}

/* A number is no word of the text: the cases that it is the name of. */
static void add_named(struct bench *b, struct chooser *c, const char *text)
{
	struct named *v = arena_calloc(c->arena, NAMED_MAX, sizeof(*v));
	int n, i;

	c->named = v;
	if (!text[strcspn(text, "0123456789")] || strchr(text, ' '))
		return;
	n = named_find(desk_session(b->desk), desk_ro(b->desk), text, c->arena,
		v, NAMED_MAX);
	for (i = 0; i < n; i++) {
		struct found_row r = {.entity = v[i].entity,
			.connector = v[i].connector,
			.id = v[i].id,
			.text = v[i].title,
			.opens = v[i].entity,
			.opens_id = v[i].id,
			.opens_rid = v[i].rid};

		add_row(b, c, &r);
	}
	c->n_named = n;
}

static void add_benches(struct bench *b, struct chooser *c, const char *text)
{
	int i;

	for (i = 0; i < b->n_names; i++) {
		struct item it = {.kind = IT_BENCH, .bench = b->names[i]};
		struct menu_item *m;

		if (*text && !fuzzy_score(text, b->names[i]) &&
			!fuzzy_score(text, b->titles[i]))
			continue;
		m = add_item(c, b->titles[i], _("bench"), &it);
		if (m)
			m->found = 1;
	}
}

/* `>` commands, `#` tickets and messages, `@` customers, `?` benches. */
static void fill_palette(struct bench *b, struct chooser *c, const char *text)
{
	char narrow = *text && strchr(">#@?", *text) ? *text : '\0';

	if (narrow)
		text++;
	while (*text == ' ')
		text++;
	c->narrow = narrow;
	c->n_named = 0;
	if (!narrow || narrow == '#')
		add_named(b, c, text);
	if (!narrow || narrow == '>')
		add_commands(b, c, text, 0);
	if (!narrow || narrow == '?')
		add_benches(b, c, text);
	if (narrow == '#' || narrow == '@' || (!narrow && strlen(text) > 2))
		fill_search(b, c, text);
}

void overlay_palette(struct bench *b, const char *text)
{
	chooser_push(b,
		_("Palette   > commands  # tickets  @ customers  "
		  "? benches"),
		84, fill_palette, text);
}

/* The pane in focus first, then everything. */
static void fill_help(struct bench *b, struct chooser *c, const char *text)
{
	unsigned here = bench_contexts(b) & ~(unsigned)CX_ALL;

	if (here) {
		add_commands(b, c, text, here);
		add_item(c, "", NULL, NULL);
	}
	add_commands(b, c, text, CX_ALL);
}

void overlay_help(struct bench *b, const char *word)
{
	chooser_push(b, _("Help: type to find, Enter runs the line"), 110,
		fill_help, word);
}

static void fill_messages(struct bench *b, struct chooser *c, const char *text)
{
	const struct notice *n;
	int i;

	for (i = 0; (n = desk_notice(b->desk, i)); i++) {
		int64_t min = n->at_ms / 60000 + desk_zone(b->desk);

		if (*text && !fuzzy_score(text, n->text))
			continue;
		add_item(c, n->text,
			arena_printf(c->arena, "%02d:%02d",
				(int)(min / 60 % 24), (int)(min % 60)),
			NULL);
	}
}

void overlay_messages(struct bench *b)
{
	chooser_push(b, _("Notices so far"), 100, fill_messages, NULL);
}

/* --- which key ------------------------------------------------------------ */

static void add_key(struct buf *out, struct key k)
{
	struct buf form = BUF_INIT;
	char words[KEY_WORDS_SIZE];

	key_format(&form, k);
	key_words(buf_str(&form), words);
	buf_adds(out, words);
	buf_fini(&form);
}

/* What was pressed is its title: the box is not taken for the list below it. */
void which_draw(struct bench *b, struct canvas *screen)
{
	struct key_next v[64];
	int n = keymap_next(
		b->keymap, bench_contexts(b), b->keys, b->n_keys, v, 64);
	struct buf title = BUF_INIT, k = BUF_INIT;
	const char *text[64];
	struct canvas c;
	int i, w = 0;

	if (n > screen->h - 6)
		n = screen->h - 6;
	for (i = 0; i < n; i++) {
		text[i] = v[i].id == CMD_COUNT ? "..."
					       : _(command_desc(v[i].id)->text);
		buf_reset(&k);
		add_key(&k, v[i].key);
		if (text_cells(buf_str(&k)) + text_cells(text[i]) > w)
			w = text_cells(buf_str(&k)) + text_cells(text[i]);
	}
	w = w + 6 < screen->w ? w + 6 : screen->w;
	for (i = 0; i < b->n_keys; i++) {
		buf_adds(&title, i ? " " : "");
		add_key(&title, b->keys[i]);
	}
	if (n > 0) {
		c = canvas_sub(
			screen, screen->w - w, screen->h - 4 - n, w, n + 2);
		canvas_clear(&c, ST_TEXT);
		c = canvas_frame(&c, 1, buf_str(&title), NULL);
	}
	for (i = 0; i < n; i++) {
		int x;

		buf_reset(&k);
		add_key(&k, v[i].key);
		x = canvas_text(&c, 1, i, ST_KEY, buf_str(&k)) + 2;
		canvas_text(&c, x, i, ST_TEXT, text[i]);
	}
	buf_fini(&k);
	buf_fini(&title);
}
