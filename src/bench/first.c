/* SPDX-License-Identifier: MIT */
/*
 * Pages of the first screen, one after the other: what do you want, which
 * backend, its settings, the trial, and what to do when it failed. Esc goes one
 * page back. A typed secret stands in locked memory and is drawn as stars.
 */
#include "galley/bench/first.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include "galley/app/setup.h"
#include "galley/base/harden.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"
#include "galley/ui/widget.h"

#define MAX_BACKENDS 32
#define MAX_FIELDS   40
#define SECRET_MAX   1024
#define VALUE_MAX    2048
#define MAX_FDS	     8

enum page {
	PAGE_WELCOME,
	PAGE_BACKENDS,
	PAGE_SETTINGS,
	PAGE_TRIAL,
	PAGE_FAILED
};

/* What a field of the form stands for. */
struct meaning {
	enum {
		MEANS_NAME,
		MEANS_VALUE,
		MEANS_SECRET,
		MEANS_COMMAND,
		MEANS_LANGUAGE
	} kind;
	char *key; /* of the setting */
	int optional;
};

struct first {
	struct term *term;
	const struct clock *clock;
	struct theme *theme;
	struct grid *grid;
	struct setup *setup;
	enum first_did did;
	enum page page;
	struct canvas box; /* of the last drawing */
	struct click click;
	int dirty, cx, cy;
	struct buf news, why; /* why: below the page, what is wrong */
	/* menus: welcome, backends, failed */
	struct menu menu;
	struct menu_item items[MAX_BACKENDS];
	struct arena *arena; /* of the backends */
	char *backends[MAX_BACKENDS];
	int n_backends;
	char *backend; /* the one that was chosen */
	/* settings */
	struct form form;
	struct form_field fields[MAX_FIELDS];
	struct meaning means[MAX_FIELDS];
	/* the trial */
	struct trial *trial;
	int64_t began_mono, ticked_mono;
};

/* --- what stands on the pages --------------------------------------------- */

static const char *const languages[] = {"", "en", "zh_CN", "zh_TW"};

static void menu_clear(struct first *f)
{
	edit_free(f->menu.input);
	f->menu = (struct menu){.items = f->items};
}

static void show_welcome(struct first *f)
{
	menu_clear(f);
	f->page = PAGE_WELCOME;
	f->menu.title = "galley";
	f->items[0] =
		(struct menu_item){.text = _("Look around in the demo centre"),
			.note = _("no server, no network"),
			.key = "d"};
	f->items[1] = (struct menu_item){.text = _("Connect a backend"),
		.note = _("asks, tries, writes the configuration"),
		.key = "c"};
	f->items[2] = (struct menu_item){.text = _("Leave"), .key = "q"};
	f->menu.n = 3;
}

static const char *translated(const char *s)
{
	/* the translation of "" is the catalogue's own header */
	return s && *s ? gettext(s) : "";
}

static void add_backend(struct first *f, char *name)
{
	struct manifest *m;
	struct menu_item *it = &f->items[f->menu.n];

	if (manifest_load(name, &m) < 0) {
		free(name);
		return;
	}
	*it = (struct menu_item){
		.text = arena_strdup(f->arena, manifest_title(m)),
		.note = arena_strdup(f->arena, translated(manifest_about(m)))};
	f->backends[f->menu.n++] = name;
	manifest_free(m);
}

static void forget_backends(struct first *f)
{
	int i;

	for (i = 0; i < f->n_backends; i++)
		free(f->backends[i]);
	f->n_backends = 0;
	arena_reset(f->arena);
}

static void show_backends(struct first *f)
{
	char *name;
	int i;

	menu_clear(f);
	forget_backends(f);
	f->page = PAGE_BACKENDS;
	f->menu.title = _("Which backend? Type to find");
	f->menu.input = edit_new(0, 100);
	for (i = 0; f->menu.n < MAX_BACKENDS && (name = setup_shipped(i)); i++)
		add_backend(f, name);
	f->n_backends = f->menu.n;
}

static void show_failed(struct first *f)
{
	menu_clear(f);
	f->page = PAGE_FAILED;
	f->menu.title = _("It did not work");
	f->items[0] = (struct menu_item){
		.text = _("Back to the settings"), .key = "b"};
	f->items[1] = (struct menu_item){
		.text = _("Write the configuration all the same"), .key = "w"};
	f->items[2] = (struct menu_item){
		.text = _("Leave, nothing is written"), .key = "q"};
	f->menu.n = 3;
}

static void say(struct first *f, const char *why)
{
	buf_reset(&f->why);
	buf_adds(&f->why, why);
	if (*why)
		i18n_sentence(f->why.p);
	f->dirty = 1;
}

/* --- the form ------------------------------------------------------------- */

static void form_clear(struct first *f)
{
	int i;

	for (i = 0; i < f->form.n; i++) {
		edit_free(f->fields[i].edit);
		secret_free(f->fields[i].secret);
		free(f->means[i].key);
	}
	memset(f->fields, 0, sizeof(f->fields));
	memset(f->means, 0, sizeof(f->means));
	f->form = (struct form){.fields = f->fields};
}

static struct form_field *add_field(
	struct first *f, const char *label, struct meaning what)
{
	struct form_field *v;

	if (f->form.n == MAX_FIELDS) {
		free(what.key);
		return NULL;
	}
	v = &f->fields[f->form.n];
	v->label = label;
	v->type = FORM_LINE;
	f->means[f->form.n++] = what;
	return v;
}

static void add_line(struct first *f, const char *label, const char *hint,
	struct meaning what)
{
	struct form_field *v = add_field(f, label, what);

	if (!v)
		return;
	v->edit = edit_new(0, VALUE_MAX);
	v->hint = hint;
	v->required = what.kind != MEANS_COMMAND && !what.optional;
}

/* A secret is typed, or a program gives it. */
static void add_secret(
	struct first *f, const char *label, const struct setting *s)
{
	static const char nothing[SECRET_MAX];
	struct form_field *v = add_field(f, label,
		(struct meaning){MEANS_SECRET, xstrdup(s->name), s->optional});

	if (!v)
		return;
	v->type = FORM_SECRET;
	v->secret = secret_dup(nothing, sizeof(nothing) - 1);
	v->secret_max = sizeof(nothing);
	v->hint = _("not shown while you type");
	add_line(f, _("or a command for it"), _("such as: pass show galley"),
		(struct meaning){MEANS_COMMAND, xstrdup(s->name), 1});
}

static void add_setting(struct first *f, const struct setting *s)
{
	static const char *yes_no[3];
	const char *label = translated(s->label);
	struct form_field *v;

	switch (s->type) {
	case SET_SECRET:
		add_secret(f, label, s);
		return;
	case SET_BOOL:
		yes_no[0] = _("as usual");
		yes_no[1] = _("yes");
		yes_no[2] = _("no");
		v = add_field(f, label,
			(struct meaning){MEANS_VALUE, xstrdup(s->name), 1});
		if (v) {
			v->type = FORM_CHOICE;
			v->choices = yes_no;
			v->n_choices = 3;
		}
		return;
	default:
		add_line(f, label,
			s->type == SET_URL   ? "https://"
			: s->type == SET_INT ? _("a number")
			: s->optional	     ? _("may be empty")
					     : NULL,
			(struct meaning){
				MEANS_VALUE, xstrdup(s->name), s->optional});
	}
}

static void add_language(struct first *f)
{
	static const char *names[4];
	struct form_field *v;

	if (!setup_is_first(f->setup))
		return;
	names[0] = _("as the system");
	names[1] = "English";
	names[2] = "简体中文";
	names[3] = "繁體中文";
	v = add_field(
		f, _("Language"), (struct meaning){.kind = MEANS_LANGUAGE});
	if (!v)
		return;
	v->type = FORM_CHOICE;
	v->choices = names;
	v->n_choices = 4;
}

static void show_settings(struct first *f)
{
	const struct setting *s;
	struct manifest *m;
	int i, n;

	form_clear(f);
	if (manifest_load(f->backend, &m) < 0) {
		say(f, err_msg());
		return;
	}
	f->page = PAGE_SETTINGS;
	f->form.title = arena_strdup(f->arena, manifest_title(m));
	add_line(f, _("Name here"), NULL,
		(struct meaning){.kind = MEANS_NAME});
	edit_set(f->fields[0].edit, manifest_id(m), strlen(manifest_id(m)));
	s = manifest_settings(m, &n);
	for (i = 0; i < n; i++) {
		struct setting mine = s[i];

		/* the manifest goes, its labels stay */
		mine.label = arena_strdup(f->arena, s[i].label);
		add_setting(f, &mine);
	}
	add_language(f);
	manifest_free(m);
}

static const char *language_of(const struct first *f)
{
	int i;

	for (i = 0; i < f->form.n; i++)
		if (f->means[i].kind == MEANS_LANGUAGE)
			return languages[f->fields[i].at];
	return NULL;
}

/* The field of a key with this meaning. */
static struct form_field *field_of(struct first *f, int kind, const char *key)
{
	int i;

	for (i = 0; i < f->form.n; i++)
		if ((int)f->means[i].kind == kind &&
			strcmp(f->means[i].key, key) == 0)
			return &f->fields[i];
	return NULL;
}

static int wrong(struct first *f, int i, const char *why)
{
	f->fields[i].error = arena_strdup(f->arena, why);
	f->form.at = i;
	return err_set(E_INPUT, "%s", f->fields[i].error);
}

/* Typed or by a command, not both. */
static int take_secret(struct first *f, int i)
{
	const struct meaning *m = &f->means[i];
	const struct form_field *c = field_of(f, MEANS_COMMAND, m->key);
	const char *typed = f->fields[i].secret;
	const char *command = c ? edit_text(c->edit) : "";

	if (*typed && *command)
		return wrong(f, i, _("one of the two: type it, or a command"));
	if (*command) {
		setup_value(f->setup,
			arena_printf(f->arena, "%s_command", m->key), command);
		return 0;
	}
	if (*typed)
		return setup_secret(f->setup, m->key, typed, 1);
	return m->optional ? 0 : wrong(f, i, _("this is needed"));
}

static int take_value(struct first *f, int i)
{
	const struct form_field *v = &f->fields[i];
	const char *s = v->type == FORM_CHOICE ? v->at == 1   ? "yes"
						 : v->at == 2 ? "no"
							      : ""
					       : edit_text(v->edit);

	if (*s)
		setup_value(f->setup, f->means[i].key, s);
	return 0;
}

static int take_answers(struct first *f)
{
	const char *name = edit_text(f->fields[0].edit);
	int i, rc;

	if (setup_name_free(f->setup, name) < 0)
		return wrong(f, 0, err_msg());
	if (strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789_-") != strlen(name))
		return wrong(f, 0, _("letters, digits, - and _ only"));
	rc = setup_begin(f->setup, f->backend, name, language_of(f));
	for (i = 1; rc == 0 && i < f->form.n; i++)
		if (f->means[i].kind == MEANS_SECRET)
			rc = take_secret(f, i);
		else if (f->means[i].kind == MEANS_VALUE)
			rc = take_value(f, i);
	return rc < 0 ? rc : setup_check(f->setup);
}

/* --- the trial ------------------------------------------------------------ */

static void begin_trial(struct first *f)
{
	say(f, "");
	if (take_answers(f) < 0 || trial_begin(f->setup, &f->trial) < 0) {
		say(f, err_msg());
		return;
	}
	f->page = PAGE_TRIAL;
	f->began_mono = f->ticked_mono = clock_mono_ms(f->clock);
}

static void write_it(struct first *f)
{
	if (setup_write(f->setup) < 0)
		say(f, err_msg());
	else
		f->did = FIRST_READY;
}

static void end_trial(struct first *f, int stopped)
{
	struct probe_result res;
	int rc = trial_end(f->trial, &res);

	f->trial = NULL;
	f->dirty = 1;
	if (stopped) {
		say(f, "");
		f->page = PAGE_SETTINGS;
	} else if (rc < 0) {
		say(f, err_msg());
		show_failed(f);
	} else {
		buf_addf(&f->news, _("%s answers; you are %s there"),
			edit_text(f->fields[0].edit), *res.me ? res.me : "?");
		write_it(f);
	}
}

static void look_at_trial(struct first *f)
{
	struct pollfd p = {.events = POLLIN};

	if (!f->trial)
		return;
	p.fd = trial_fd(f->trial);
	if (poll(&p, 1, 0) == 1)
		end_trial(f, 0);
	else if (clock_mono_ms(f->clock) - f->ticked_mono >= 1000) {
		f->ticked_mono = clock_mono_ms(f->clock);
		f->dirty = 1;
	}
}

/* --- going from page to page ---------------------------------------------- */

static void back(struct first *f)
{
	say(f, "");
	switch (f->page) {
	case PAGE_WELCOME:
		f->did = FIRST_LEFT;
		return;
	case PAGE_BACKENDS:
		show_welcome(f);
		return;
	case PAGE_SETTINGS:
		form_clear(f);
		show_backends(f);
		return;
	case PAGE_TRIAL:
		end_trial(f, 1);
		return;
	case PAGE_FAILED:
		f->page = PAGE_SETTINGS;
		return;
	}
}

static void chosen(struct first *f)
{
	int at = f->menu.at;

	say(f, "");
	if (f->page == PAGE_WELCOME) {
		if (at == 0)
			f->did = FIRST_DEMO;
		else if (at == 1)
			show_backends(f);
		else
			f->did = FIRST_LEFT;
	} else if (f->page == PAGE_BACKENDS) {
		free(f->backend);
		f->backend = xstrdup(f->backends[at]);
		show_settings(f);
	} else if (at == 0) {
		f->page = PAGE_SETTINGS;
	} else if (at == 1) {
		write_it(f);
	} else {
		f->did = FIRST_LEFT;
	}
}

static int is_menu(const struct first *f)
{
	return f->page == PAGE_WELCOME || f->page == PAGE_BACKENDS ||
	       f->page == PAGE_FAILED;
}

static int to_page(struct first *f, const struct ui_event *e)
{
	if (f->page == PAGE_SETTINGS)
		return e->kind == UI_MOUSE ? form_mouse(&f->form, &f->box, e)
					   : form_key(&f->form, e);
	if (is_menu(f) && e->kind == UI_KEY)
		return menu_key(&f->menu, e->key);
	if (is_menu(f) && e->kind == UI_MOUSE) {
		int did = menu_mouse(&f->menu, &f->box, e);

		return did < 0 ? 0 : did; /* beside it is nothing here */
	}
	if (is_menu(f) && e->kind == UI_PASTE && f->menu.input)
		return edit_event(f->menu.input, e);
	return e->kind == UI_KEY && e->key.code == KEY_ESC ? -1 : 0;
}

static void take(struct first *f, struct ui_event *e)
{
	int did;

	f->dirty = 1;
	if (e->kind == UI_EOF) {
		f->did = FIRST_LEFT;
		return;
	}
	click_count(&f->click, e, clock_mono_ms(f->clock));
	did = to_page(f, e);
	if (did < 0)
		back(f);
	else if (did == 2 && f->page == PAGE_SETTINGS)
		begin_trial(f);
	else if (did == 2)
		chosen(f);
}

/* --- drawing -------------------------------------------------------------- */

static int text(struct canvas *c, int y, unsigned style, const char *s)
{
	struct wrap_line v[8];
	int i, n = text_wrap(s, strlen(s), c->w > 4 ? c->w - 2 : c->w, v, 8);

	for (i = 0; i < n && i < 8; i++)
		canvas_textn(c, 1, y + i, style, s + v[i].from, v[i].len);
	return i;
}

static const char *heading(const struct first *f)
{
	switch (f->page) {
	case PAGE_WELCOME:
		return _("Good day. There is no configuration yet.");
	case PAGE_BACKENDS:
		return _(
			"galley works beside the system that you have. Which one is it?");
	case PAGE_SETTINGS:
		return _(
			"Where it is and who you are there. What is marked with * is needed.");
	case PAGE_TRIAL:
		return _("It is asked now whether it is there and knows you.");
	case PAGE_FAILED:
		return _("Nothing is written yet.");
	}
	return "";
}

static const char *keys_of(const struct first *f)
{
	switch (f->page) {
	case PAGE_WELCOME:
		return _("Enter choose   Esc leave");
	case PAGE_SETTINGS:
		return _("Tab next field   Ctrl-S try it   Esc back");
	case PAGE_TRIAL:
		return _("Esc stop");
	default:
		return _("Enter choose   Esc back");
	}
}

static void draw_trial(const struct first *f, struct canvas *c)
{
	struct canvas in = canvas_frame(c, 1, _("Trial"), NULL);
	struct buf b = BUF_INIT;

	canvas_clear(&in, ST_TEXT);
	buf_addf(&b, _("trying %s ... %d s"), edit_text(f->fields[0].edit),
		(int)((clock_mono_ms(f->clock) - f->began_mono) / 1000));
	text(&in, in.h / 2, ST_TEXT, buf_str(&b));
	buf_fini(&b);
}

static void draw(struct first *f)
{
	struct canvas c = canvas_of(f->grid, &term_facts(f->term)->glyphs);
	struct canvas in, bar;
	int y, h, w = c.w < 78 ? c.w : 78;

	grid_clear(f->grid);
	f->cx = f->cy = -1;
	in = canvas_sub(&c, (c.w - w) / 2, c.h > 20 ? 2 : 0, w, -1);
	y = text(&in, 0, ST_STRONG, heading(f)) + 1;
	h = in.h - y - 3;
	if (f->page == PAGE_WELCOME || f->page == PAGE_FAILED)
		h = h < 7 ? h : 7;
	f->box = canvas_sub(&in, 0, y, -1, h > 0 ? h : 0);
	if (f->page == PAGE_SETTINGS)
		form_draw(&f->form, &f->box, &f->cx, &f->cy);
	else if (f->page == PAGE_TRIAL)
		draw_trial(f, &f->box);
	else
		menu_draw(&f->menu, &f->box, &f->cx, &f->cy);
	if (f->cx >= 0) {
		f->cx += f->box.x;
		f->cy += f->box.y;
	}
	if (f->why.len) {
		char *s = text_gate_dup(buf_str(&f->why), GATE_LINE);

		text(&in, y + h, ST_BAD, s);
		free(s);
	}
	bar = canvas_sub(&c, 0, c.h - 1, -1, 1);
	canvas_clear(&bar, ST_BAR);
	canvas_text(&bar, 1, 0, ST_BAR, keys_of(f));
}

/* --- turning -------------------------------------------------------------- */

static void resize(struct first *f)
{
	int w, h;

	term_size(f->term, &w, &h);
	grid_resize(f->grid, w > 0 ? w : 1, h > 0 ? h : 1);
	f->dirty = 1;
}

enum first_did first_turn(struct first *f)
{
	struct ui_event e;

	while (f->did == FIRST_ASKING && term_event(f->term, &e) == 1) {
		if (e.kind == UI_RESIZE)
			resize(f);
		else
			take(f, &e);
		ui_event_fini(&e);
		/* the next click is on what one would see */
		if (f->dirty)
			draw(f);
	}
	if (f->did != FIRST_ASKING)
		return f->did;
	look_at_trial(f);
	if (f->dirty) {
		f->dirty = 0;
		draw(f);
		term_show(f->term, f->grid, f->cx, f->cy);
	}
	return f->did;
}

enum first_did first_wait(struct first *f, int max_ms)
{
	int fds[MAX_FDS], n = term_fds(f->term, fds, MAX_FDS - 1), i;
	int wait = term_wait_ms(f->term);
	struct pollfd p[MAX_FDS];

	if (f->trial) {
		fds[n++] = trial_fd(f->trial);
		wait = wait < 0 || wait > 1000 ? 1000 : wait;
	}
	if (max_ms >= 0 && (wait < 0 || wait > max_ms))
		wait = max_ms;
	for (i = 0; i < n; i++)
		p[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	(void)poll(p, (nfds_t)n, wait);
	return first_turn(f);
}

const char *first_news(const struct first *f)
{
	return buf_str(&f->news);
}

/* --- life ----------------------------------------------------------------- */

static int set_theme(struct first *f, const char *theme)
{
	const struct term_facts *t = term_facts(f->term);
	int rc;

	if (!theme)
		theme = t->depth == DEPTH_NONE ? "mono"
			: t->dark == 0	       ? "light"
					       : "dark";
	rc = theme_load(theme, &f->theme);
	if (rc == 0)
		term_set_theme(f->term, f->theme);
	return rc;
}

int first_new(struct term *t, const struct clock *clock, const char *theme,
	struct first **out)
{
	struct first *f = xcalloc(1, sizeof(*f));
	int rc;

	f->term = t;
	f->clock = clock ? clock : clock_system();
	f->arena = arena_new();
	f->grid = grid_new(1, 1);
	f->form.fields = f->fields;
	rc = setup_new(NULL, &f->setup);
	if (rc == 0)
		rc = set_theme(f, theme);
	if (rc < 0) {
		first_free(f);
		return rc;
	}
	resize(f);
	show_welcome(f);
	*out = f;
	return 0;
}

void first_free(struct first *f)
{
	struct probe_result res;

	if (!f)
		return;
	if (f->trial && trial_end(f->trial, &res) < 0)
		err_clear();
	term_set_theme(f->term, NULL);
	theme_free(f->theme);
	form_clear(f);
	edit_free(f->menu.input);
	forget_backends(f);
	setup_free(f->setup);
	grid_free(f->grid);
	arena_free(f->arena);
	buf_fini(&f->news);
	buf_fini(&f->why);
	free(f->backend);
	free(f);
}
