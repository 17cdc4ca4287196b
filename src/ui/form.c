/* SPDX-License-Identifier: MIT */
/*
 * Fields one below the other with their labels, errors where they belong. It
 * checks that what is required is there; what a value means is its owner's.
 */
#include "galley/ui/widget.h"

#include <stdlib.h>
#include <string.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"

#define TEXT_ROWS_MIN 3
#define TEXT_ROWS_MAX 8

/* --- drawing ----------------------------------------------------------------
 */

static int label_cells(const struct form *f, int w)
{
	int i, n, most = 0;

	for (i = 0; i < f->n; i++) {
		n = text_cells(f->fields[i].label) + f->fields[i].required;
		most = n > most ? n : most;
	}
	return most < w * 2 / 5 ? most : w * 2 / 5;
}

static int value_rows(const struct form_field *v, int w)
{
	int rows;

	if (v->type != FORM_TEXT)
		return 1;
	rows = edit_rows(v->edit, w);
	return rows < TEXT_ROWS_MIN   ? TEXT_ROWS_MIN
	       : rows > TEXT_ROWS_MAX ? TEXT_ROWS_MAX
				      : rows;
}

static int field_rows(const struct form_field *v, int w)
{
	return value_rows(v, w) + (v->error ? 1 : 0);
}

static void draw_choice(const struct form_field *v, struct canvas *c)
{
	const char *text =
		v->at >= 0 && v->at < v->n_choices ? v->choices[v->at] : "";
	int x = canvas_text(c, 0, 0, ST_KEY, "< ");

	x += canvas_slot(c, x, 0, c->w - 4, ST_INPUT, text, 0);
	canvas_text(c, x, 0, ST_KEY, " >");
}

/* A star for each character, up to the edge. */
static void draw_secret(const struct form_field *v, struct canvas *c, int *cx)
{
	const char *p;
	int n = 0, i;

	for (p = v->secret; *p; p++)
		n += (*p & 0xc0) != 0x80;
	canvas_clear(c, ST_INPUT);
	if (!n && v->hint)
		canvas_slot(c, 0, 0, c->w, ST_GHOST, v->hint, 0);
	for (i = 0; i < n && i < c->w - 1; i++)
		canvas_text(c, i, 0, ST_INPUT, "*");
	*cx = i;
}

static void draw_value(
	const struct form_field *v, struct canvas *c, int *cx, int *cy)
{
	*cx = *cy = 0;
	switch (v->type) {
	case FORM_CHECK:
		canvas_text(c, 0, 0, ST_INPUT, v->at ? "[x]" : "[ ]");
		if (v->hint)
			canvas_slot(c, 4, 0, c->w - 4, ST_DIM, v->hint, 0);
		*cx = 1;
		break;
	case FORM_CHOICE:
		draw_choice(v, c);
		break;
	case FORM_SECRET:
		draw_secret(v, c, cx);
		break;
	default:
		edit_draw(v->edit, c, v->hint, cx, cy);
	}
}

/* `>` at the focus, an asterisk where something is required. */
static void draw_label(
	const struct form_field *v, struct canvas *c, int y, int w, int focus)
{
	int x;

	canvas_text(c, 0, y, ST_STRONG, focus ? ">" : " ");
	x = 2 + canvas_slot(c, 2, y, w - v->required, ST_LABEL, v->label, 0);
	if (v->required)
		canvas_text(c, x, y, ST_STRONG, "*");
}

/* The rows above the window: all of the field in focus is seen. */
static int rows_above(const struct form *f, int w, int h)
{
	int above = 0, end = 0, i;

	for (i = 0; i <= f->at && i < f->n; i++) {
		above = end;
		end += field_rows(&f->fields[i], w);
	}
	return end <= h ? 0 : end - h < above ? end - h : above;
}

static void draw_error(const char *error, struct canvas *c, int x, int y, int w)
{
	char *s = xstrdup(error);

	i18n_sentence(s);
	canvas_slot(c, x, y, w, ST_BAD, s, 0);
	free(s);
}

void form_draw(const struct form *f, struct canvas *c, int *cx, int *cy)
{
	struct canvas in = canvas_frame(c, 1, f->title, NULL), value;
	int label = label_cells(f, in.w), left = label + 3, w = in.w - left;
	int y = -rows_above(f, w, in.h), i, x1, y1;

	*cx = *cy = -1;
	canvas_clear(&in, ST_TEXT);
	for (i = 0; i < f->n; i++) {
		const struct form_field *v = &f->fields[i];

		if (y >= 0 && y < in.h && w > 0) {
			draw_label(v, &in, y, label, i == f->at);
			value = canvas_sub(&in, left, y, w, value_rows(v, w));
			draw_value(v, &value, &x1, &y1);
			if (i == f->at) {
				*cx = x1 + value.x - c->x;
				*cy = y1 + value.y - c->y;
			}
			if (v->error)
				draw_error(v->error, &in, left,
					y + value_rows(v, w), w);
		}
		y += field_rows(v, w);
	}
}

/* --- keys -------------------------------------------------------------------
 */

static int is_edit(const struct form_field *v)
{
	return v->type != FORM_CHOICE && v->type != FORM_CHECK &&
	       v->type != FORM_SECRET;
}

static int is_blank(const struct form_field *v)
{
	if (v->type == FORM_CHOICE)
		return v->at < 0 || v->at >= v->n_choices;
	if (v->type == FORM_CHECK)
		return !v->at;
	if (v->type == FORM_SECRET)
		return !*v->secret;
	return !edit_text(v->edit)[strspn(edit_text(v->edit), " \n")];
}

static int finish(struct form *f)
{
	int i, first = -1;

	for (i = f->n - 1; i >= 0; i--) {
		if (!f->fields[i].required || !is_blank(&f->fields[i]))
			continue;
		f->fields[i].error = _("this is needed");
		first = i;
	}
	if (first < 0)
		return 2;
	f->at = first;
	return 1;
}

static void set_at(struct form_field *v, int at)
{
	v->at = at;
	v->error = NULL;
}

static int key_choice(struct form_field *v, struct key k)
{
	int n = v->type == FORM_CHECK ? 2 : v->n_choices;

	if (!n)
		return 0;
	if (k.code == KEY_RIGHT || k.code == ' ')
		set_at(v, (v->at + 1) % n);
	else if (k.code == KEY_LEFT)
		set_at(v, (v->at + n - 1) % n);
	else
		return 0;
	return 1;
}

static int go(struct form *f, int by)
{
	f->at = (f->at + by + f->n) % f->n;
	return 1;
}

/* Keys that lead from field to field; those that a field wants came first. */
static int key_between(struct form *f, struct key k)
{
	switch (k.code) {
	case KEY_TAB:
		return go(f, k.mods & KEY_SHIFT ? -1 : 1);
	case KEY_UP:
		return go(f, -1);
	case KEY_DOWN:
		return go(f, 1);
	case KEY_ENTER:
		return f->at == f->n - 1 ? finish(f) : go(f, 1);
	default:
		return 0;
	}
}

static int to_edit(struct form_field *v, const struct ui_event *e)
{
	uint64_t before = edit_revision(v->edit);
	int used = edit_event(v->edit, e);

	if (edit_revision(v->edit) != before)
		v->error = NULL;
	return used;
}

/* --- secrets ----------------------------------------------------------------
 */

/* One line, and all of it or nothing: half a password is a wrong one. */
static void secret_add(struct form_field *v, const char *s, size_t len)
{
	size_t had = strlen(v->secret);

	while (len && (s[len - 1] == '\n' || s[len - 1] == '\r'))
		len--;
	if (memchr(s, '\n', len) || memchr(s, '\0', len)) {
		v->error = _("a secret has one line");
		return;
	}
	if (len >= v->secret_max - had) {
		v->error = _("this is too long");
		return;
	}
	memcpy(v->secret + had, s, len);
	v->secret[had + len] = '\0';
	v->error = NULL;
}

static void secret_cut(struct form_field *v)
{
	size_t n = strlen(v->secret);

	while (n && (v->secret[n - 1] & 0xc0) == 0x80)
		v->secret[--n] = '\0';
	if (n)
		v->secret[n - 1] = '\0';
	v->error = NULL;
}

static int key_secret(struct form_field *v, const struct ui_event *e)
{
	struct key k = e->key;
	char one[8];

	if (e->kind == UI_PASTE) {
		secret_add(v, e->text, e->len);
		return 1;
	}
	if (k.code == KEY_BACKSPACE) {
		secret_cut(v);
		return 1;
	}
	if (k.code == 'u' && k.mods == KEY_CTRL) {
		explicit_bzero(v->secret, v->secret_max);
		return 1;
	}
	if (!key_types(k))
		return 0;
	secret_add(v, one, utf8_encode(k.code, one));
	return 1;
}

/* --- the mouse --------------------------------------------------------------
 */

/* The left arrow of a choice goes back, the rest of it on. */
static void click_value(struct form_field *v, int x)
{
	if (v->type == FORM_CHECK)
		set_at(v, !v->at);
	else if (v->type == FORM_CHOICE && v->n_choices)
		set_at(v, (v->at + (x < 2 ? v->n_choices - 1 : 1)) %
				  v->n_choices);
}

int form_mouse(struct form *f, const struct canvas *c, const struct ui_event *e)
{
	int in_w = c->w - 2, label = label_cells(f, in_w), left = label + 3;
	int w = in_w - left, row = e->y - c->y - 1, y, i, rows;

	if (e->act == MOUSE_WHEEL_UP || e->act == MOUSE_WHEEL_DOWN) {
		i = f->at + (e->act == MOUSE_WHEEL_UP ? -1 : 1);
		if (i >= 0 && i < f->n)
			f->at = i;
		return 1;
	}
	if (e->act == MOUSE_DRAG && f->n && is_edit(&f->fields[f->at]))
		return to_edit(&f->fields[f->at], e);
	if (e->act != MOUSE_DOWN || e->button)
		return 1;
	y = -rows_above(f, w, c->h - 2);
	for (i = 0; i < f->n; i++, y += rows) {
		struct form_field *v = &f->fields[i];

		rows = field_rows(v, w);
		if (row < 0 || row >= c->h - 2 || row < y || row >= y + rows)
			continue;
		f->at = i;
		if (is_edit(v))
			(void)to_edit(v, e);
		else if (e->x - c->x - 1 >= left)
			click_value(v, e->x - c->x - 1 - left);
		break;
	}
	return 1;
}

int form_key(struct form *f, const struct ui_event *e)
{
	struct form_field *v = f->n ? &f->fields[f->at] : NULL;
	struct key k = e->key;

	if (e->kind == UI_KEY && k.code == KEY_ESC)
		return -1;
	if (!v)
		return 0;
	if (e->kind == UI_KEY && k.code == 's' && k.mods == KEY_CTRL)
		return finish(f);
	if (e->kind == UI_MOUSE)
		return 0; /* form_mouse() */
	if (is_edit(v) && to_edit(v, e))
		return 1;
	if (v->type == FORM_SECRET && key_secret(v, e))
		return 1;
	if (e->kind != UI_KEY)
		return 0;
	if (v->type != FORM_SECRET && !is_edit(v) && key_choice(v, k))
		return 1;
	return key_between(f, k);
}
