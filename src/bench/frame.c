/* SPDX-License-Identifier: MIT */
/*
 * One frame: the title line (benches, who is in focus, how things are), the
 * panes in their borders with the states that every pane can be in, the line of
 * keys, the status line, notices, overlays. Reads, never changes, the panes.
 */
#include "bench_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

/* --- the lines ------------------------------------------------------------ */

/* Whether a line, drawn from what `says` holds, stands there already; `all`: it
 * is drawn whatever it says. */
static int stands_there(
	struct bench *b, enum frame_line line, struct buf *says, int all)
{
	char *now = buf_take(says);
	int same = b->said[line] && strcmp(b->said[line], now) == 0;

	free(b->said[line]);
	b->said[line] = now;
	return same && !all;
}

void frame_end(struct bench *b)
{
	int i;

	for (i = 0; i < LINES; i++)
		free(b->said[i]);
}

/* Texts side by side. */
static void add_said(struct buf *says, const char *s)
{
	buf_adds(says, s ? s : "");
	buf_addc(says, '\x1f');
}

/* --- the title line ------------------------------------------------------- */

static int is_on(const struct bench *b, int i)
{
	return strcmp(b->names[i], b->scenario->name) == 0;
}

static int tab_text(const struct bench *b, int i, int named, struct buf *out)
{
	buf_reset(out);
	buf_addf(out, " %d%s%s%s ", i + 1, named ? " " : "",
		named ? b->titles[i] : "", is_on(b, i) ? "*" : "");
	return text_cells(buf_str(out));
}

/* Of the first `named` benches and of the one that is shown there are names, of
 * the others numbers. */
static int tabs_cells(const struct bench *b, int named)
{
	struct buf t = BUF_INIT;
	int i, sum = 0;

	for (i = 0; i < b->n_names; i++)
		sum += tab_text(b, i, i < named || is_on(b, i), &t);
	buf_fini(&t);
	return sum;
}

/* What has no room for its name is still there, by its number, and takes that
 * of the case for it. */
static int draw_tabs(struct bench *b, struct canvas *c, int room, int most)
{
	struct buf t = BUF_INIT;
	int named = b->n_names, i, x = 0;

	while (named && tabs_cells(b, named) > room)
		named--;
	memset(b->tabs, 0, sizeof(b->tabs));
	for (i = 0; i < b->n_names; i++) {
		int on = is_on(b, i);
		int w = tab_text(b, i, i < named || on, &t);

		if (!on && x + w > most)
			continue;
		canvas_text(c, x, 0, on ? ST_BAR_STRONG : ST_BAR, buf_str(&t));
		if (i < MAX_TABS)
			b->tabs[i] = (struct span){x, w};
		x += w;
	}
	buf_fini(&t);
	return x;
}

/* The one of `n` spans that has a cell; -1 none. */
static int span_at(const struct span *v, int n, int x)
{
	int i;

	for (i = 0; i < n; i++)
		if (x >= v[i].x && x < v[i].x + v[i].w)
			return i;
	return -1;
}

int frame_tab_at(const struct bench *b, int x)
{
	return span_at(b->tabs, MAX_TABS, x);
}

int frame_hint_at(const struct bench *b, int x)
{
	return span_at(b->hints, CMD_COUNT, x);
}

int frame_more_at(const struct bench *b, int x)
{
	return span_at(&b->more, 1, x) == 0;
}

int frame_hidden_at(const struct bench *b, int x)
{
	int i = span_at(b->hidden, b->layout.n_hidden, x);

	return i < 0 ? -1 : b->layout.hidden[i];
}

/* In words, or where there is no room for them as a number; it stands first. */
static void unread_text(int n, int words, struct buf *out)
{
	if (n && words)
		buf_addf(
			out, P_("%d unread notice", "%d unread notices", n), n);
	else if (n)
		buf_addf(out, "(%d!)", n);
}

static void state_text(struct bench *b, int words, struct buf *out)
{
	const struct desk_state *s = desk_state(b->desk);
	int64_t min = desk_now(b->desk) / 60000 + desk_zone(b->desk);
	char n[16];

	buf_reset(out);
	unread_text(desk_unseen(b->desk), words, out);
	b->unread.w = text_cells(buf_str(out));
	if (out->len)
		buf_adds(out, "  ");
	if (s->held_ops)
		buf_addf(out,
			P_("%s asks for a decision  ",
				"%s ask for a decision  ", s->held_ops),
			count_words(s->held_ops, n));
	else if (s->open_ops)
		buf_addf(out, _("outbox %s  "), count_words(s->open_ops, n));
	if (s->offline)
		buf_addf(out, _("%s offline  "),
			s->offline_name ? s->offline_name : "");
	else if (desk_read_only(b->desk))
		buf_adds(out, _("read only  "));
	else if (!desk_is_sender(b->desk))
		buf_adds(out, _("second window  "));
	buf_addf(out, "%02d:%02d ", (int)(min / 60 % 24), (int)(min % 60));
}

int frame_unread_at(const struct bench *b, int x)
{
	return span_at(&b->unread, 1, x) == 0;
}

#define CASE_CELLS 24 /* what the case in focus needs to be known by */

/* The case's name leads to its page at the backend. */
static void title_link(struct bench *b, struct canvas *c, int x, int w)
{
	const char *name = desk_case(b->desk)->name;

	if (b->origin && text_cells(name) <= w)
		canvas_link(c, x, 0, ST_BAR_STRONG, name, b->origin);
}

static int title_stands(struct bench *b, int all)
{
	const struct desk_case *k = desk_case(b->desk);
	struct span unread = b->unread;
	struct buf says = BUF_INIT;

	state_text(b, 1, &says);
	b->unread = unread;
	if (k->entity != ENT_COUNT) {
		add_said(&says, k->name);
		add_said(&says, k->title);
		add_said(&says, b->origin);
	}
	return stands_there(b, LINE_TITLE, &says, all);
}

static void draw_title(struct bench *b, struct canvas *screen, int all)
{
	struct canvas c = canvas_sub(screen, 0, 0, -1, 1);
	const struct desk_case *k = desk_case(b->desk);
	int x, w, name = k->entity == ENT_COUNT ? 0 : CASE_CELLS;
	struct buf right = BUF_INIT, who = BUF_INIT;

	if (title_stands(b, all))
		return;
	canvas_clear(&c, ST_BAR);
	state_text(b, 1, &right);
	if (tabs_cells(b, b->n_names) + name + text_cells(buf_str(&right)) >
		c.w)
		state_text(b, 0, &right);
	w = text_cells(buf_str(&right));
	b->unread.x = c.w - w;
	x = draw_tabs(b, &c, c.w - w - name, c.w - w);
	if (k->entity != ENT_COUNT) {
		buf_addf(&who, " %s  %s", k->name, k->title ? k->title : "");
		canvas_slot(&c, x + 1, 0, c.w - w - x - 2, ST_BAR_STRONG,
			buf_str(&who), 0);
		title_link(b, &c, x + 2, c.w - w - x - 3);
	}
	canvas_right(&c, c.w - w > 0 ? c.w - w : 0, 0, w < c.w ? w : c.w,
		desk_state(b->desk)->held_ops || desk_state(b->desk)->offline
			? ST_WARN
			: ST_BAR,
		buf_str(&right));
	buf_fini(&right);
	buf_fini(&who);
}

/* --- panes ---------------------------------------------------------------- */

static void middle(struct canvas *c, int y, unsigned style, const char *s)
{
	struct wrap_line l[8];
	int i, n;

	if (!s || c->w < 1)
		return;
	n = text_wrap(s, strlen(s), c->w > 2 ? c->w - 2 : c->w, l, 8);
	for (i = 0; i < n && i < 8; i++) {
		int x = (c->w - l[i].cells) / 2;

		canvas_textn(c, x > 0 ? x : 0, y + i, style, s + l[i].from,
			l[i].len);
	}
}

static void draw_state(const struct slot *s, struct canvas *c)
{
	const struct pane *p = &s->pane;
	const char *say = NULL, *hint = NULL;
	int y = c->h > 4 ? c->h / 2 - 1 : 0;

	switch (p->state) {
	case PANE_READY:
		return;
	case PANE_EMPTY:
		if (p->ops->empty)
			p->ops->empty(p, &say, &hint);
		middle(c, y, ST_DIM, say ? say : _("Nothing here."));
		middle(c, y + 2, ST_DIM, hint);
		return;
	case PANE_LOADING:
		middle(c, y, ST_DIM, _("Reading ..."));
		return;
	case PANE_FORBIDDEN:
		middle(c, y, ST_DIM, _("Your role does not see this."));
		return;
	case PANE_ERROR:
		middle(c, y, ST_BAD, p->err ? p->err : "");
		middle(c, y + 3, ST_DIM, _("The rest goes on."));
		return;
	}
}

static const char *pane_title(const struct slot *s, int w)
{
	const char *t[2] = {_(s->pane.ops->title),
		s->pane.ops->title_short ? _(s->pane.ops->title_short)
					 : _(s->pane.ops->title)};

	if (s->title)
		return s->title;
	return slot_pick(w - 6, t, 2);
}

/* What stands in the frame itself. */
struct framed {
	const char *title, *note;
};

static struct framed framed(const struct slot *s, struct arena *a)
{
	const struct pane *p = &s->pane;
	struct framed f = {.title = pane_title(s, s->rect.w)};

	if (p->ops->note && p->state == PANE_READY)
		f.note = p->ops->note(p, a);
	if (!f.note)
		f.note = "";
	return f;
}

static struct canvas draw_frame(
	struct bench *b, int i, struct canvas *c, struct arena *a)
{
	struct slot *s = &b->slots[i];
	struct framed f = framed(s, a);

	free(s->framed);
	s->framed = xasprintf("%s\x1f%s", f.title, f.note);
	return canvas_frame(c, i == b->focus, f.title, f.note);
}

static void draw_inside(const struct slot *s, struct canvas *in)
{
	if (s->pane.state == PANE_READY)
		s->pane.ops->draw(&s->pane, in);
	else
		draw_state(s, in);
}

static void draw_slot(
	struct bench *b, struct canvas *screen, int i, struct arena *a)
{
	struct slot *s = &b->slots[i];
	struct canvas c =
		canvas_sub(screen, s->rect.x, s->rect.y, s->rect.w, s->rect.h);
	struct canvas in;

	if (b->linear) {
		canvas_text(&c, 0, 0, ST_TITLE_FOCUS, pane_title(s, c.w));
		in = canvas_sub(&c, 0, 1, -1, -1);
	} else {
		in = draw_frame(b, i, &c, a);
	}
	draw_inside(s, &in);
	s->draw = DRAW_NOTHING;
}

/* Only what is inside, and after a key perhaps only a part of that. */
static void redraw_slot(struct slot *s, struct canvas *screen)
{
	struct canvas in = canvas_sub(screen, s->rect.x + 1, s->rect.y + 1,
		s->rect.w - 2, s->rect.h - 2);

	if (s->draw == DRAW_KEY && s->pane.state == PANE_READY &&
		s->pane.ops->redraw && s->pane.ops->redraw(&s->pane, &in)) {
		s->draw = DRAW_NOTHING;
		return;
	}
	canvas_clear(&in, 0);
	draw_inside(s, &in);
	s->draw = DRAW_NOTHING;
}

static int says_something_else(const struct slot *s, struct arena *a)
{
	struct framed f = framed(s, a);
	size_t n = strlen(f.title);

	return !s->framed || strncmp(s->framed, f.title, n) != 0 ||
	       s->framed[n] != '\x1f' || strcmp(s->framed + n + 1, f.note) != 0;
}

/* The line with title and note of pane `i`. Frames share lines: whoever has a
 * part in it draws it. */
static void reframe(
	struct bench *b, struct canvas *screen, int i, struct arena *a)
{
	struct rect r = b->slots[i].rect;
	int k;

	canvas_fill(screen, r.x + 1, r.y, r.w - 2, 1, 0);
	for (k = 0; k < b->n_slots; k++) {
		struct slot *s = &b->slots[k];
		struct canvas c = canvas_sub(
			screen, s->rect.x, s->rect.y, s->rect.w, s->rect.h);

		if (!s->rect.w || r.y < s->rect.y ||
			r.y >= s->rect.y + s->rect.h)
			continue;
		(void)draw_frame(b, k, &c, a);
	}
}

/* The panes that have changed since the last frame. */
static void redraw_panes(struct bench *b, struct canvas *screen)
{
	struct arena *a = arena_new();
	int i, n = 0, frames[MAX_SLOTS];

	for (i = 0; i < b->n_slots; i++) {
		if (!b->slots[i].rect.w)
			continue;
		if (b->slots[i].draw)
			redraw_slot(&b->slots[i], screen);
		if (says_something_else(&b->slots[i], a))
			frames[n++] = i;
	}
	while (n > 0)
		reframe(b, screen, frames[--n], a);
	arena_free(a);
}

static void draw_panes(struct bench *b, struct canvas *screen)
{
	struct arena *a = arena_new();
	int i;

	if (b->layout.too_small) {
		struct canvas c = canvas_sub(screen, 0, 1, -1, -1);

		middle(&c, 0, ST_WARN,
			_("This window is too small: make it larger."));
		arena_free(a);
		return;
	}
	/* the focused one last: its border is on top of what it shares */
	for (i = 0; i < b->n_slots; i++)
		if (b->slots[i].rect.w && i != b->focus)
			draw_slot(b, screen, i, a);
	if (b->n_slots && b->slots[b->focus].rect.w)
		draw_slot(b, screen, b->focus, a);
	arena_free(a);
}

/* --- the line of keys ----------------------------------------------------- */

/* Commands of `only` by keys that work in `cx`. */
static void add_hints(struct bench *b, unsigned cx, unsigned only)
{
	enum command ids[CMD_COUNT];
	int i, k = keymap_hints(b->keymap, cx, ids, CMD_COUNT);

	for (i = 0; i < k && b->n_hint < CMD_COUNT; i++) {
		const struct command_desc *d = command_desc(ids[i]);
		struct hint *h = &b->hint[b->n_hint];

		if (!(d->contexts & only) || !desk_may(b->desk, d->permission))
			continue;
		*h = (struct hint){.id = d->id, .text = _(d->text)};
		key_words(keymap_key(b->keymap, d->id, cx), h->key);
		h->cells = text_cells(h->key) + text_cells(h->text) + 4;
		b->n_hint++;
	}
}

/* A call in the band stands before what is at hand. What they are changes with
 * the place only: other keys or another language draw everything. 0: they are
 * what they were. */
static int gather_hints(struct bench *b)
{
	unsigned aside = bench_aside(b);
	unsigned here = bench_contexts(b);

	if (!b->whole && aside == b->hint_aside && here == b->hint_cx)
		return 0;
	b->hint_aside = aside;
	b->hint_cx = here;
	b->n_hint = 0;
	if (aside)
		add_hints(b, aside | CX_WRITE, aside);
	add_hints(b, here, here);
	return 1;
}

static int hints_stand(struct bench *b, int all)
{
	struct buf says = BUF_INIT;
	int i;

	if (b->over && !b->over->passive) {
		buf_addc(&says, 'o');
		add_said(&says, b->over->ops->hint);
	}
	for (i = 0; i < b->n_hint; i++)
		buf_addc(&says, input_why_not(b, b->hint[i].id) ? '-' : '+');
	return stands_there(b, LINE_HINTS, &says, all);
}

static void draw_hints(struct bench *b, struct canvas *screen, int all)
{
	struct canvas c = canvas_sub(screen, 0, screen->h - 2, -1, 1);
	int i, x = 1, last;

	if (gather_hints(b))
		all = 1;
	if (hints_stand(b, all))
		return;
	canvas_clear(&c, ST_BAR);
	memset(b->hints, 0, sizeof(b->hints));
	if (b->over && !b->over->passive) {
		if (b->over->ops->hint)
			canvas_text(&c, 1, 0, ST_BAR, _(b->over->ops->hint));
		return;
	}
	/* help stands at the right end and goes last */
	last = c.w;
	for (i = 0; i < b->n_hint; i++) {
		const struct hint *h = &b->hint[i];
		int w = h->cells, at = x;
		int off = input_why_not(b, h->id) != NULL;

		/* what a call or an operation cannot be told now only takes
		 * room */
		if (off && (command_desc(h->id)->contexts == CX_CALL ||
				   command_desc(h->id)->contexts == CX_OUTBOX))
			continue;
		if (h->id == CMD_HELP) {
			if (w > c.w)
				continue;
			at = last = c.w - w + 1;
		} else if (x + w > last) {
			continue;
		} else {
			x += w;
		}
		b->hints[h->id] = (struct span){at, w - 2};
		at += canvas_text(&c, at, 0, off ? ST_OFF : ST_KEY, h->key);
		canvas_text(&c, at + 1, 0, off ? ST_OFF : ST_BAR, h->text);
	}
}

/* --- the status line ------------------------------------------------------ */

static void action_key(
	const struct bench *b, enum command c, char out[KEY_WORDS_SIZE])
{
	/* another one where letters are text */
	const char *key = keymap_key(b->keymap, c, bench_contexts(b));

	key_words(key ? key : "", out);
}

/* How many panes have no room, and the key that names them: for a line on which
 * their names would leave little to anything else. */
static void hidden_count(struct bench *b, struct buf *out)
{
	int n = b->layout.n_hidden, at = text_cells(buf_str(out));
	char key[KEY_WORDS_SIZE], more[64];

	action_key(b, CMD_PANE_GO, key);
	snprintf(more, sizeof(more), P_("%d more pane", "%d more panes", n), n);
	if (*key)
		buf_addf(out, _("%s: %s"), more, key);
	else
		buf_adds(out, more);
	b->more = (struct span){at, text_cells(buf_str(out)) - at};
	memset(b->hidden, 0, sizeof(b->hidden));
}

/* The names of panes without room, and where each stands in them. */
static void hidden_panes(struct bench *b, int w, struct buf *out)
{
	struct buf names = BUF_INIT, before = BUF_INIT;
	int i, at;

	b->more = (struct span){0};
	for (i = 0; i < b->layout.n_hidden; i++) {
		const char *t = pane_title(&b->slots[b->layout.hidden[i]], 20);

		buf_adds(&names, i ? _(", ") : "");
		b->hidden[i].x = text_cells(buf_str(&names));
		b->hidden[i].w = text_cells(t);
		buf_adds(&names, t);
	}
	buf_addf(&before, _("not shown: %s"), "");
	at = text_cells(buf_str(&before));
	if (names.len && at + text_cells(buf_str(&names)) > w / 3) {
		hidden_count(b, out);
	} else if (names.len) {
		at += text_cells(buf_str(out));
		for (i = 0; i < b->layout.n_hidden; i++)
			b->hidden[i].x += at;
		buf_addf(out, _("not shown: %s"), buf_str(&names));
	}
	buf_fini(&before);
	buf_fini(&names);
}

static struct toast toast_of(
	const struct bench *b, const struct notice *n, char key[KEY_WORDS_SIZE])
{
	static const unsigned styles[] = {[NOTICE_DONE] = ST_GOOD,
		[NOTICE_NEWS] = ST_NEWS,
		[NOTICE_WARN] = ST_WARN,
		[NOTICE_ERROR] = ST_BAD};
	int64_t left = n->undo_until_mono - clock_mono_ms(b->clock);
	struct toast t = {.text = n->text, .style = styles[n->cls]};
	enum command c = CMD_UNDO;

	if (n->n_undo && left > 0)
		t.seconds = (int)((left + 999) / 1000);
	else if (n == desk_offered(b->desk))
		c = CMD_KEEP;
	else
		return t;
	action_key(b, c, key);
	t.action_key = *key ? key : NULL;
	t.action = _(command_desc(c)->text);
	return t;
}

/* What it says on its left, and how. */
static unsigned status_text(struct bench *b, struct buf *out)
{
	const struct desk_situation *why = desk_situation(b->desk);
	const struct notice *n = desk_notice(b->desk, 0), *toast;

	if (b->describing) {
		buf_adds(out, _("Press the key that you want described."));
		return ST_BAR_STRONG;
	}
	if (n && desk_toasts(b->desk, &toast, 1)) /* it is one of them */
		n = NULL;
	if (why->because && *why->because &&
		(!n || n->at_ms < desk_now(b->desk) - 30000)) {
		buf_addf(out, _("%s: %s"), why->title, why->because);
		return ST_BAR_STRONG;
	}
	if (n)
		buf_adds(out, n->text);
	return n && n->cls >= NOTICE_WARN ? ST_WARN : ST_BAR;
}

static void status_right(struct bench *b, int w, struct buf *out)
{
	const struct desk_state *s = desk_state(b->desk);
	const struct notice *n;

	if (s->progress_done >= 0 && s->progress_of)
		buf_addf(out, _("%s: %lld read  "), s->progress_of,
			(long long)s->progress_done);
	if (!desk_toasts(b->desk, &n, 1)) /* they would stand on it */
		hidden_panes(b, w, out);
	buf_adds(out, " ");
}

#define STATUS_LEAST 12

/* Cells on its right that hold something, the notice on it included: a few
 * letters that look out beside that would be no text. */
static int status_taken(struct bench *b, int right)
{
	char key[KEY_WORDS_SIZE];
	const struct notice *n;
	struct toast t;
	int w = 0;

	if (desk_toasts(b->desk, &n, 1)) {
		t = toast_of(b, n, key);
		w = toast_cells(&t);
	}
	return w > right ? w : right;
}

static void draw_status(struct bench *b, struct canvas *screen, int all)
{
	struct canvas c = canvas_sub(screen, 0, screen->h - 1, -1, 1);
	struct buf right = BUF_INIT, left = BUF_INIT, says = BUF_INIT;
	unsigned style = status_text(b, &left);
	int w, i, room;

	status_right(b, c.w, &right);
	w = text_cells(buf_str(&right));
	if (w > c.w * 2 / 3)
		w = c.w * 2 / 3;
	for (i = 0; i < b->layout.n_hidden; i++)
		b->hidden[i].x += c.w - w;
	b->more.x += c.w - w;
	room = c.w - status_taken(b, w) - 2;
	buf_add_dec(&says, style);
	buf_addc(&says, ' ');
	buf_add_dec(&says, room);
	add_said(&says, buf_str(&left));
	add_said(&says, buf_str(&right));
	if (!stands_there(b, LINE_STATUS, &says, all)) {
		canvas_clear(&c, ST_BAR);
		canvas_slot(&c, c.w - w, 0, w, ST_BAR, buf_str(&right), 0);
		if (room >= STATUS_LEAST)
			canvas_slot(&c, 1, 0, room, style, buf_str(&left), 0);
	}
	buf_fini(&right);
	buf_fini(&left);
}

/* --- notices -------------------------------------------------------------- */

/* Whether a row holds what one writes, under the last `w` cells. */
static int is_written(
	const struct bench *b, const struct canvas *c, int y, int w)
{
	int i;

	for (i = 0; i < b->n_slots; i++) {
		const struct rect *r = &b->slots[i].rect;

		if (r->w && r->x + r->w > c->w - w && y >= r->y &&
			y < r->y + r->h - 1 &&
			!strcmp(b->slots[i].pane.ops->name, "composer"))
			return 1;
	}
	return 0;
}

/* The first one stands on the status line, the others on borders and on panes
 * that are read: the next row for one of `w` cells above y, 0 none. */
static int toast_row(
	const struct bench *b, const struct canvas *c, int y, int w)
{
	for (y--; y > 0; y--)
		if (y != c->h - 2 && !is_written(b, c, y, w))
			return y;
	return 0;
}

static void draw_toasts(struct bench *b, struct canvas *screen)
{
	const struct notice *n[MAX_TOASTS];
	char key[KEY_WORDS_SIZE];
	int i, y = screen->h, k = desk_toasts(b->desk, n, MAX_TOASTS);

	/* what finds no row is nowhere, for the mouse, too */
	memset(b->toasts, 0, sizeof(b->toasts));
	for (i = 0; i < k; i++) {
		struct toast t = toast_of(b, n[i], key);

		y = toast_row(b, screen, y, toast_cells(&t));
		if (!y)
			break;
		b->toast_texts[i] = n[i]->text;
		b->toasts[i] = toast_draw(screen, y, &t);
	}
}

const struct notice *frame_toast_at(
	const struct bench *b, int x, int y, int *action)
{
	const struct notice *n[MAX_TOASTS];
	int i, m, k = desk_toasts(b->desk, n, MAX_TOASTS);

	for (i = 0; i < MAX_TOASTS; i++) {
		const struct toast_at *at = &b->toasts[i];

		if (y != at->y || x < at->x || x >= at->x + at->w)
			continue;
		for (m = 0; m < k; m++)
			if (n[m]->text == b->toast_texts[i]) {
				*action = x >= at->action;
				return n[m];
			}
	}
	return NULL;
}

/* --- all of it ------------------------------------------------------------ */

int frame_slot_at(const struct bench *b, int x, int y)
{
	int i;

	for (i = 0; i < b->n_slots; i++) {
		const struct rect *r = &b->slots[i].rect;

		if (r->w && x >= r->x && x < r->x + r->w && y >= r->y &&
			y < r->y + r->h)
			return i;
	}
	return -1;
}

static void find_cursor(struct bench *b)
{
	const struct slot *s = bench_slot(b);
	int x, y;

	b->cx = b->cy = -1;
	if (!s || !s->rect.w || s->pane.state != PANE_READY ||
		!s->pane.ops->cursor || !s->pane.ops->cursor(&s->pane, &x, &y))
		return;
	b->cx = s->rect.x + x + (b->linear ? 0 : 1);
	b->cy = s->rect.y + y + 1;
}

static void draw_overlays(
	struct bench *b, struct overlay *o, struct canvas *screen)
{
	if (!o)
		return;
	draw_overlays(b, o->below, screen);
	o->ops->draw(b, o, screen, &b->cx, &b->cy);
}

static void draw_whole(struct bench *b, struct grid *g)
{
	struct canvas c = canvas_of(g, &term_facts(b->term)->glyphs);

	grid_clear(g);
	if (b->blank)
		canvas_text(&c, 0, 0, ST_DIM, _("Press any key."));
	else
		draw_panes(b, &c);
}

static void draw_lines(struct bench *b, struct grid *g, int all)
{
	struct canvas c = canvas_of(g, &term_facts(b->term)->glyphs);

	if (b->blank)
		return;
	draw_title(b, &c, all);
	draw_hints(b, &c, all);
	draw_status(b, &c, all);
}

/* Addresses of panes that are gone stay in a grid that is kept. */
#define MANY_LINKS 1000

static int must_be_whole(const struct bench *b, int64_t minute)
{
	return b->whole || b->blank || b->linear || b->layout.too_small ||
	       b->minute != minute || b->grid->n_links > MANY_LINKS;
}

static const char *name_at(const struct bench *b, int x, int y)
{
	int i = frame_slot_at(b, x, y);

	return i < 0 ? "the lines" : b->slots[i].pane.ops->name;
}

/* A pane that draws what it was not told of leaves something old behind. */
static void check_kept(struct bench *b)
{
	struct grid *g = grid_new(b->grid->w, b->grid->h);
	int x, y;

	draw_whole(b, g);
	draw_lines(b, g, 1);
	if (!grid_same(b->grid, g, &x, &y)) {
		const struct cell *is = grid_get(b->grid, x, y);
		const struct cell *should = grid_get(g, x, y);

		fprintf(stderr,
			"galley: %s keeps `%.*s` (style %x) at %d, %d, not "
			"`%.*s` (%x)\n",
			name_at(b, x, y), is->len, is->t, is->style, x, y,
			should->len, should->t, should->style);
		abort();
	}
	grid_free(g);
}

static int has_top(const struct bench *b)
{
	const struct notice *n;

	return b->over || b->which_shown || desk_toasts(b->desk, &n, 1) > 0;
}

/* What stands above the panes; they stay as they are below it. */
static const struct grid *draw_top(struct bench *b)
{
	struct canvas c;

	if (b->blank || !has_top(b))
		return b->grid;
	if (!b->top)
		b->top = grid_new(b->grid->w, b->grid->h);
	grid_copy(b->top, b->grid);
	c = canvas_of(b->top, &term_facts(b->term)->glyphs);
	draw_toasts(b, &c);
	if (b->which_shown)
		which_draw(b, &c);
	draw_overlays(b, b->over, &c);
	return b->top;
}

const struct grid *frame_draw(struct bench *b)
{
	struct canvas c = canvas_of(b->grid, &term_facts(b->term)->glyphs);
	int64_t minute = desk_now(b->desk) / 60000;
	int whole = must_be_whole(b, minute);

	if (whole) {
		draw_whole(b, b->grid);
		b->minute = minute;
	} else {
		redraw_panes(b, &c);
	}
	draw_lines(b, b->grid, whole);
	b->whole = 0;
	if (getenv("GALLEY_CHECK_FRAMES"))
		check_kept(b);
	b->cx = b->cy = -1;
	if (!b->blank)
		find_cursor(b);
	return draw_top(b);
}
