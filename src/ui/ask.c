/* SPDX-License-Identifier: MIT */
/*
 * A question before something that cannot be taken back. The first answer
 * leaves everything as it is and has the focus; what touches many things asks
 * for their number. No letter answers: a key in flight must not decide.
 */
#include "galley/ui/widget.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"
#include "galley/base/utf8.h"

#define ASK_LINES 40

static int counted(const struct ask *a)
{
	char want[24];

	if (!a->count)
		return 1;
	snprintf(want, sizeof(want), "%" PRId64, a->count);
	return a->typed && !strcmp(edit_text(a->typed), want);
}

static int draw_text(const struct ask *a, struct canvas *c, int h)
{
	struct wrap_line v[ASK_LINES];
	char *text = text_gate_dup(a->text, GATE_TEXT);
	int n, i;

	n = text_wrap(text, strlen(text), c->w, v, ASK_LINES);
	if (n > ASK_LINES)
		n = ASK_LINES;
	for (i = 0; i < n && i < h; i++)
		canvas_textn(c, 0, i, ST_TEXT, text + v[i].from, v[i].len);
	free(text);
	return i;
}

/* The focus is a sign, not a colour alone; what is not yet allowed is grey. */
static void draw_answers(const struct ask *a, struct canvas *c, int y)
{
	int i, x = 0, ok = counted(a);

	for (i = 0; i < a->n; i++) {
		struct canvas one =
			canvas_sub(c, x, y, text_cells(a->answers[i]) + 4, 1);

		if (i == a->at)
			one.style |= ST_ON_CURSOR;
		canvas_printf(&one, 0, 0,
			i && !ok     ? ST_OFF
			: i == a->at ? ST_STRONG
				     : ST_TEXT,
			i == a->at ? ">[%s]" : " [%s]", a->answers[i]);
		x += one.w;
	}
}

void ask_draw(const struct ask *a, struct canvas *c, int *cx, int *cy)
{
	struct canvas in = canvas_frame(c, 1, a->title, NULL), line;
	int rows = a->count ? 2 : 1;
	char want[24];

	*cx = *cy = -1;
	canvas_clear(&in, ST_TEXT);
	draw_text(a, &in, in.h - rows);
	draw_answers(a, &in, in.h - 1);
	if (!a->count || !a->typed || in.h < 2)
		return;
	snprintf(want, sizeof(want), "%" PRId64, a->count);
	canvas_text(&in, 0, in.h - 2, ST_LABEL, "#");
	line = canvas_sub(&in, 2, in.h - 2, 24, 1);
	edit_draw(a->typed, &line, want, cx, cy);
	*cx += line.x - c->x;
	*cy += line.y - c->y;
}

static int step_of(struct key k)
{
	if (k.code == KEY_LEFT || (k.code == KEY_TAB && k.mods == KEY_SHIFT))
		return -1;
	return k.code == KEY_RIGHT || k.code == KEY_TAB;
}

int ask_key(struct ask *a, struct key k)
{
	int step = step_of(k);

	if (k.code == KEY_ESC || (k.code == 'c' && k.mods == KEY_CTRL))
		return -1;
	if (k.code == KEY_ENTER)
		return !a->at || counted(a) ? 2 : 1;
	if (step) {
		a->at = (a->at + step + a->n) % a->n;
		return 1;
	}
	if (a->count && a->typed &&
		(!key_types(k) || (k.code >= '0' && k.code <= '9')))
		return edit_key(a->typed, k);
	return 1; /* nothing else happens below a question */
}

int ask_mouse(struct ask *a, const struct canvas *c, const struct ui_event *e)
{
	int x = e->x - c->x - 1, from = 0, i, w;

	if (e->act != MOUSE_DOWN || e->button || e->clicks == 2)
		return 1;
	if (a->typed && edit_event(a->typed, e))
		return 1;
	if (e->y - c->y != c->h - 2)
		return 1;
	for (i = 0; i < a->n; i++, from += w) {
		w = text_cells(a->answers[i]) + 4;
		if (x < from || x >= from + w)
			continue;
		a->at = i;
		return !i || counted(a) ? 2 : 1;
	}
	return 1;
}
