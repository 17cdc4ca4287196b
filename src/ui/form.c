/* SPDX-License-Identifier: MIT */
/*
 * Fields one below the other with their labels, errors where they belong. It
 * checks that what is required is there; what a value means is its owner's.
 */
#include "galley/ui/widget.h"

#include <string.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"

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
	return most < w / 3 ? most : w / 3;
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
				canvas_slot(&in, left, y + value_rows(v, w), w,
					ST_BAD, v->error, 0);
		}
		y += field_rows(v, w);
	}
}

/* --- keys -------------------------------------------------------------------
 */

static int is_edit(const struct form_field *v)
{
	return v->type != FORM_CHOICE && v->type != FORM_CHECK;
}

static int is_blank(const struct form_field *v)
{
	if (v->type == FORM_CHOICE)
		return v->at < 0 || v->at >= v->n_choices;
	if (v->type == FORM_CHECK)
		return !v->at;
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

/* A click goes to the field that takes it. */
static int click(struct form *f, const struct ui_event *e)
{
	int i;

	for (i = 0; i < f->n; i++)
		if (is_edit(&f->fields[i]) && to_edit(&f->fields[i], e)) {
			f->at = i;
			return 1;
		}
	return 0;
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
		return click(f, e);
	if (is_edit(v) && to_edit(v, e))
		return 1;
	if (e->kind != UI_KEY)
		return 0;
	if (!is_edit(v) && key_choice(v, k))
		return 1;
	return key_between(f, k);
}
