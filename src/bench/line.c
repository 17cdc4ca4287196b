/* SPDX-License-Identifier: MIT */
/*
 * One line at the bottom: commands, the argument that one lacks, the live
 * filter. It says what it acts on, offers what can follow (offer.h's words) and
 * remembers commands; what the line means is for others.
 */
#include "bench_priv.h"

#include <stdlib.h>
#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

#define LINES_MAX 50
#define LINE_LEN  512 /* longer ones are not remembered */

enum line_for { LINE_COMMAND, LINE_ARGUMENT, LINE_FILTER };
struct line {
	struct overlay o;
	enum line_for what;
	enum command cmd; /* LINE_ARGUMENT */
	char *prompt;
	struct edit *edit;
	uint64_t seen;	     /* revision that was acted on */
	struct arena *arena; /* of the offers */
	struct offer *offers;
	struct span spans[OFFERS_MAX]; /* of the last drawing */
	size_t word;   /* where the word begins that is offered */
	int n, picked; /* picked: -1 none yet */
	int connector; /* of what it acts on, 0 any */
	int back;      /* how far back in what was typed; 0: the line itself */
	char *own;     /* the line itself, meanwhile */
	int y;	       /* of the row of offers */
};

/* --- what can follow --------------------------------------------------------
 */

static void look(struct bench *b, struct line *l)
{
	l->n = 0;
	l->picked = -1;
	arena_reset(l->arena);
	if (l->what == LINE_COMMAND && edit_len(l->edit))
		l->n = offers_find(b, CMD_COUNT, edit_text(l->edit), 0,
			l->arena, &l->offers, &l->word);
	else if (l->what == LINE_ARGUMENT)
		l->n = offers_find(b, l->cmd, edit_text(l->edit), l->connector,
			l->arena, &l->offers, &l->word);
}

static void pick(struct line *l, int i)
{
	char *text = xasprintf(
		"%.*s%s", (int)l->word, edit_text(l->edit), l->offers[i].word);

	edit_set(l->edit, text, strlen(text));
	free(text);
	l->picked = i;
	l->seen = edit_revision(l->edit);
}

static void pick_next(struct line *l, int by)
{
	if (l->n)
		pick(l, l->picked < 0 ? (by > 0 ? 0 : l->n - 1)
				      : (l->picked + by + l->n) % l->n);
}

static int offer_cells(const struct offer *v)
{
	return text_cells(v->word) + (v->note ? 1 + text_cells(v->note) : 0) +
	       2;
}

/* The one that Tab takes is always seen. */
static void draw_offers(struct line *l, struct canvas *screen)
{
	struct canvas c = canvas_sub(screen, 0, screen->h - 2, -1, 1);
	int at = l->picked < 0 ? 0 : l->picked, from = at, room = c.w - 2, i;
	int x = 1;

	memset(l->spans, 0, sizeof(l->spans));
	l->y = screen->h - 2;
	canvas_clear(&c, ST_BAR);
	while (from >= 0 && (room -= offer_cells(&l->offers[from])) > 0)
		from--;
	for (i = from + 1 < at ? from + 1 : at; i < l->n && x < c.w; i++) {
		const struct offer *v = &l->offers[i];

		l->spans[i] = (struct span){x, offer_cells(v) - 2};
		x += canvas_text(
			&c, x, 0, i == at ? ST_BAR_STRONG : ST_BAR, v->word);
		if (v->note)
			x += canvas_printf(&c, x, 0, ST_BAR, " %s", v->note);
		x += 2;
	}
}

static void line_draw(struct bench *b, struct overlay *o, struct canvas *screen,
	int *cx, int *cy)
{
	struct line *l = (struct line *)(void *)o;
	struct canvas c = canvas_sub(screen, 0, screen->h - 1, -1, 1), in;
	int x;

	(void)b;
	canvas_clear(&c, ST_INPUT);
	x = canvas_text(&c, 0, 0, ST_KEY, l->prompt);
	in = canvas_sub(&c, x, 0, -1, 1);
	edit_draw(l->edit, &in,
		l->what == LINE_ARGUMENT && !l->n ? command_desc(l->cmd)->args
						  : NULL,
		cx, cy);
	*cx += in.x;
	*cy += in.y;
	if (l->n)
		draw_offers(l, screen);
}

/* --- what was typed before --------------------------------------------------
 */

void line_remember(struct bench *b, const char *text)
{
	int i;

	if (!*text || strlen(text) > LINE_LEN)
		return;
	if (!b->lines)
		b->lines = xcalloc(LINES_MAX, sizeof(*b->lines));
	for (i = 0; i < b->n_lines && strcmp(b->lines[i], text) != 0; i++)
		;
	if (i == LINES_MAX)
		i--;
	if (i < b->n_lines)
		free(b->lines[i]);
	else
		b->n_lines++;
	memmove(b->lines + 1, b->lines, (size_t)i * sizeof(*b->lines));
	b->lines[0] = xstrdup(text);
}

void lines_free(struct bench *b)
{
	while (b->n_lines)
		free(b->lines[--b->n_lines]);
	free(b->lines);
}

static void go_back(struct bench *b, struct line *l, int by)
{
	const char *text;
	int to = l->back + by;

	if (l->what != LINE_COMMAND || to < 0 || to > b->n_lines)
		return;
	if (!l->back) {
		free(l->own);
		l->own = xstrdup(edit_text(l->edit));
	}
	l->back = to;
	text = to ? b->lines[to - 1] : l->own;
	edit_set(l->edit, text, strlen(text));
}

/* --- events -----------------------------------------------------------------
 */

static void filter_pane(struct bench *b, const char *text)
{
	struct slot *s = bench_slot(b);

	if (s && s->opened && s->pane.ops->filter &&
		s->pane.ops->filter(&s->pane, text) < 0)
		desk_say_err(b->desk);
	if (s)
		s->dirty = 1;
}

static void run(struct bench *b, const char *line)
{
	if (bench_command(b, line) < 0)
		desk_say_err(b->desk);
}

/* A beginning that only one word has stands for it. */
static void finish_word(struct line *l)
{
	const char *typed = edit_text(l->edit) + l->word;

	if (l->what == LINE_ARGUMENT && l->picked < 0 && l->n == 1 && *typed &&
		strncmp(l->offers[0].word, typed, strlen(typed)) == 0)
		pick(l, 0);
}

static void line_done(struct bench *b, struct line *l)
{
	enum line_for what = l->what;
	enum command cmd = l->cmd;
	char *text, *s = NULL;

	finish_word(l);
	text = xstrdup(edit_text(l->edit));
	overlay_pop(b); /* frees l: what runs may push another */
	if (what == LINE_COMMAND && *text) {
		line_remember(b, text);
		run(b, text);
	} else if (what == LINE_ARGUMENT && *text) {
		s = xasprintf("%s %s", command_desc(cmd)->name, text);
		run(b, s);
	}
	free(s);
	free(text);
}

static void click(struct line *l, const struct ui_event *e)
{
	int i;

	if (e->act != MOUSE_DOWN || !l->n || e->y != l->y)
		return;
	for (i = 0; i < l->n; i++)
		if (l->spans[i].w && e->x >= l->spans[i].x &&
			e->x < l->spans[i].x + l->spans[i].w)
			pick(l, i);
}

static int is_key(const struct ui_event *e, uint32_t code, unsigned mods)
{
	return e->kind == UI_KEY && e->key.code == code && e->key.mods == mods;
}

static enum over_did line_event(
	struct bench *b, struct overlay *o, const struct ui_event *e)
{
	struct line *l = (struct line *)(void *)o;

	if (is_key(e, KEY_ESC, 0)) {
		if (l->what == LINE_FILTER)
			filter_pane(b, NULL);
		return OVER_CLOSE;
	}
	if (is_key(e, KEY_ENTER, 0)) {
		line_done(b, l);
		return OVER_KEEP;
	}
	if (e->kind == UI_MOUSE)
		click(l, e);
	else if (is_key(e, KEY_TAB, 0) || is_key(e, KEY_TAB, KEY_SHIFT))
		pick_next(l, e->key.mods ? -1 : 1);
	else if (is_key(e, KEY_UP, 0) || is_key(e, KEY_DOWN, 0))
		go_back(b, l, e->key.code == KEY_UP ? 1 : -1);
	else
		(void)edit_event(l->edit, e);
	if (edit_revision(l->edit) == l->seen)
		return OVER_KEEP;
	l->seen = edit_revision(l->edit);
	if (l->what == LINE_FILTER)
		filter_pane(b, edit_text(l->edit));
	look(b, l);
	return OVER_KEEP;
}

static void line_free(struct overlay *o)
{
	struct line *l = (struct line *)(void *)o;

	edit_free(l->edit);
	arena_free(l->arena);
	free(l->prompt);
	free(l->own);
}

static const struct overlay_ops line_ops = {.draw = line_draw,
	.event = line_event,
	.free = line_free,
	.hint = N_("Enter does it   Tab completes   Esc leaves")};

static struct line *line_push(
	struct bench *b, enum line_for what, char *prompt, const char *text)
{
	struct line *l = xcalloc(1, sizeof(*l));

	l->o.ops = &line_ops;
	l->what = what;
	l->prompt = prompt;
	l->arena = arena_new();
	l->edit = edit_new(0, 4096);
	if (text && *text)
		edit_set(l->edit, text, strlen(text));
	l->seen = edit_revision(l->edit);
	overlay_push(b, &l->o);
	return l;
}

void overlay_line(struct bench *b, const char *text)
{
	look(b, line_push(b, LINE_COMMAND, xstrdup(":"), text));
}

void overlay_filter(struct bench *b)
{
	line_push(b, LINE_FILTER, xstrdup("/"), NULL);
}

/* "assign T-8812: ": nobody need guess what it will act on. */
void overlay_argument(struct bench *b, enum command c)
{
	struct buf on = BUF_INIT;
	int connector = input_aim(b, c, &on);
	const char *text = _(command_desc(c)->text);
	struct line *l;

	l = line_push(b, LINE_ARGUMENT,
		on.len ? xasprintf(_("%s %s: "), text, buf_str(&on))
		       : xasprintf(_("%s: "), text),
		NULL);
	buf_fini(&on);
	l->cmd = c;
	l->connector = connector;
	look(b, l);
}
