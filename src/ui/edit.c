/* SPDX-License-Identifier: MIT */
/*
 * The text of an editor and what keys do to it. The text is one string: moving
 * the bytes behind the cursor costs less than drawing, up to the megabyte that
 * is asked for. Every change goes through change_apply(), so that undo, the
 * lines and the revision cannot miss one. What comes in passes the text gate;
 * cuts are made between grapheme clusters only.
 */
#include "galley/ui/edit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/fold.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"
#include "ui/edit_priv.h"

#define STEPS_MAX  1000
#define STEP_BYTES (8u << 20)

enum change_kind { CHANGE_OTHER, CHANGE_TYPE, CHANGE_BACK, CHANGE_DELETE };
struct change {
	enum change_kind kind;
	size_t at;
	struct buf cut, put;
	size_t cursor; /* before */
};

static const char *text_of(const struct edit *e)
{
	return buf_str(&e->text);
}

/* --- boundaries -------------------------------------------------------------
 */

/* A cluster begins here whatever stands before: the start, a line feed and
 * what follows it, printable ASCII, the common Han by their first byte. */
static int surely_begins(const char *s, size_t at)
{
	unsigned char b = (unsigned char)s[at];

	return !at || b == '\n' || s[at - 1] == '\n' ||
	       (b >= 0x20 && b < 0x7f) || (b >= 0xe5 && b <= 0xe8);
}

/* The boundary at or before `at`. */
static size_t boundary_before(const struct edit *e, size_t at)
{
	const char *s = text_of(e);
	size_t from, n;

	if (at >= e->text.len)
		return e->text.len;
	for (from = at; !surely_begins(s, from); from--)
		;
	while (from < at) {
		n = utf8_next(s + from, e->text.len - from, NULL);
		if (from + n > at)
			break;
		from += n;
	}
	return from;
}

static size_t next_boundary(const struct edit *e, size_t at)
{
	if (at >= e->text.len)
		return e->text.len;
	return at + utf8_next(text_of(e) + at, e->text.len - at, NULL);
}

static size_t previous_boundary(const struct edit *e, size_t at)
{
	return at ? boundary_before(e, at - 1) : 0;
}

static enum fold_class class_at(const struct edit *e, size_t at)
{
	uint32_t cp, folded;

	utf8_decode(text_of(e) + at, e->text.len - at, &cp);
	return fold_cp(cp, &folded);
}

/* Past separators, then past one word or one character of CJK. */
static size_t word_right(const struct edit *e, size_t at)
{
	while (at < e->text.len && class_at(e, at) == FOLD_SPACE)
		at = next_boundary(e, at);
	if (at < e->text.len && class_at(e, at) != FOLD_WORD)
		return next_boundary(e, at);
	while (at < e->text.len && class_at(e, at) == FOLD_WORD)
		at = next_boundary(e, at);
	return at;
}

static size_t word_left(const struct edit *e, size_t at)
{
	size_t p;

	for (; at; at = p) {
		p = previous_boundary(e, at);
		if (class_at(e, p) != FOLD_SPACE)
			break;
	}
	if (at && class_at(e, previous_boundary(e, at)) != FOLD_WORD)
		return previous_boundary(e, at);
	for (; at; at = p) {
		p = previous_boundary(e, at);
		if (class_at(e, p) != FOLD_WORD)
			break;
	}
	return at;
}

static size_t hard_line_end(const struct edit *e, size_t at)
{
	const char *lf = memchr(text_of(e) + at, '\n', e->text.len - at);

	return lf ? (size_t)(lf - text_of(e)) : e->text.len;
}

static size_t hard_line_start(const struct edit *e, size_t at)
{
	const char *s = text_of(e);

	while (at && s[at - 1] != '\n')
		at--;
	return at;
}

/* --- changes ----------------------------------------------------------------
 */

static void change_fini(struct change *c)
{
	buf_fini(&c->cut);
	buf_fini(&c->put);
}

static void drop_steps(struct edit *e, int from, int to)
{
	int i;

	for (i = from; i < to; i++) {
		e->step_bytes -= e->steps[i].cut.len + e->steps[i].put.len;
		change_fini(&e->steps[i]);
	}
	if (e->n_steps > to)
		memmove(e->steps + from, e->steps + to,
			(size_t)(e->n_steps - to) * sizeof(*e->steps));
	e->n_steps -= to - from;
	if (e->done >= to)
		e->done -= to - from;
}

/* The bytes themselves. */
static void splice(
	struct edit *e, size_t at, size_t cut, const char *put, size_t len)
{
	size_t tail = e->text.len - at - cut;

	if (len > cut)
		buf_grow(&e->text, len - cut + 1);
	if (e->text.p) {
		memmove(e->text.p + at + len, e->text.p + at + cut, tail);
		if (len)
			memcpy(e->text.p + at, put, len);
		e->text.len = at + len + tail;
		e->text.p[e->text.len] = '\0';
	}
	view_changed(e, at, cut, len);
	e->revision++;
}

static void set_cursor(struct edit *e, size_t at)
{
	size_t b = boundary_before(e, at);

	/* what was joined by a change is not parted by the cursor */
	e->cursor = b < at ? next_boundary(e, b) : b;
	e->at_line_end = 0;
}

/* Whether it goes on with the last step; then it is part of it. */
static int step_grows(struct edit *e, enum change_kind kind, size_t at,
	size_t cut, const char *put, size_t len)
{
	struct change *c = e->done ? &e->steps[e->done - 1] : NULL;
	struct buf b = BUF_INIT;

	if (!c || e->sealed || kind == CHANGE_OTHER || c->kind != kind ||
		e->done != e->n_steps)
		return 0;
	if (kind == CHANGE_TYPE) {
		if (cut || at != c->at + c->put.len)
			return 0;
		buf_add(&c->put, put, len);
	} else if (kind == CHANGE_DELETE) {
		if (at != c->at)
			return 0;
		buf_add(&c->cut, text_of(e) + at, cut);
	} else {
		if (at + cut != c->at)
			return 0;
		buf_add(&b, text_of(e) + at, cut);
		buf_add(&b, buf_str(&c->cut), c->cut.len);
		buf_fini(&c->cut);
		c->cut = b;
		c->at = at;
	}
	e->step_bytes += cut + len;
	return 1;
}

static void step_new(struct edit *e, enum change_kind kind, size_t at,
	size_t cut, const char *put, size_t len)
{
	struct change *c;

	drop_steps(e, e->done, e->n_steps);
	while (e->n_steps && (e->n_steps >= STEPS_MAX ||
				     e->step_bytes + cut + len > STEP_BYTES))
		drop_steps(e, 0, 1);
	e->steps = xreallocarray(
		e->steps, (size_t)e->n_steps + 1, sizeof(*e->steps));
	c = &e->steps[e->n_steps++];
	*c = (struct change){.kind = kind, .at = at, .cursor = e->cursor};
	buf_add(&c->cut, text_of(e) + at, cut);
	buf_add(&c->put, put, len);
	e->step_bytes += cut + len;
	e->done = e->n_steps;
}

static void change_apply(struct edit *e, enum change_kind kind, size_t at,
	size_t cut, const char *put, size_t len)
{
	if (!cut && !len)
		return;
	if (!step_grows(e, kind, at, cut, put, len))
		step_new(e, kind, at, cut, put, len);
	e->sealed = kind == CHANGE_OTHER;
	splice(e, at, cut, put, len);
	e->selecting = 0;
	e->goal = -1;
	set_cursor(e, at + len);
}

int edit_undo(struct edit *e)
{
	const struct change *c;

	if (!e->done)
		return 0;
	c = &e->steps[--e->done];
	splice(e, c->at, c->put.len, buf_str(&c->cut), c->cut.len);
	e->selecting = 0;
	e->goal = -1;
	e->sealed = 1;
	set_cursor(e, c->cursor);
	return 1;
}

int edit_redo(struct edit *e)
{
	const struct change *c;

	if (e->done == e->n_steps)
		return 0;
	c = &e->steps[e->done++];
	splice(e, c->at, c->cut.len, buf_str(&c->put), c->put.len);
	e->selecting = 0;
	e->goal = -1;
	e->sealed = 1;
	set_cursor(e, c->at + c->put.len);
	return 1;
}

int edit_selection(const struct edit *e, size_t *from, size_t *to)
{
	if (!e->selecting || e->mark == e->cursor)
		return 0;
	*from = e->mark < e->cursor ? e->mark : e->cursor;
	*to = e->mark < e->cursor ? e->cursor : e->mark;
	return 1;
}

static void clip_take(struct edit *e, size_t from, size_t to)
{
	free(e->clip);
	e->clip = xstrndup(text_of(e) + from, to - from);
}

/* Cuts into the clip. */
static void kill_range(struct edit *e, size_t from, size_t to)
{
	if (from == to)
		return;
	clip_take(e, from, to);
	change_apply(e, CHANGE_OTHER, from, to - from, "", 0);
}

/* --- putting in -------------------------------------------------------------
 */

/* Line feeds of what goes into a single line are spaces, none at the end. */
static void gate_in(
	const struct edit *e, struct buf *out, const char *s, size_t len)
{
	char *copy;
	size_t i;

	if (e->multiline) {
		text_gate(out, s, len, GATE_TEXT);
		return;
	}
	while (len && (s[len - 1] == '\n' || s[len - 1] == '\r'))
		len--;
	copy = xstrndup("", 0);
	if (len) {
		free(copy);
		copy = xmemdup(s, len);
	}
	for (i = 0; i < len; i++)
		if (copy[i] == '\n' || copy[i] == '\r')
			copy[i] = ' ';
	text_gate(out, copy, len, GATE_LINE);
	free(copy);
}

/* Puts gated text in place of the selection. */
static int put(struct edit *e, enum change_kind kind, const char *s, size_t len)
{
	size_t from = e->cursor, to = e->cursor;

	edit_selection(e, &from, &to);
	if (e->text.len - (to - from) + len > e->max_bytes)
		return err_set(E_LIMIT,
			"the text would be longer than %zu bytes, shorten it",
			e->max_bytes);
	change_apply(e, kind, from, to - from, s, len);
	return 0;
}

int edit_insert(struct edit *e, const char *s, size_t len)
{
	struct buf b = BUF_INIT;
	int rc;

	gate_in(e, &b, s, len);
	e->sealed = 1;
	e->joiner = 0;
	rc = put(e, CHANGE_OTHER, buf_str(&b), b.len);
	buf_fini(&b);
	return rc;
}

int edit_change(struct edit *e, const char *text)
{
	struct buf b = BUF_INIT;
	size_t from = 0, tail = 0, was = e->text.len;
	const char *old = text_of(e), *s;
	int rc = 0;

	gate_in(e, &b, text, strlen(text));
	s = buf_str(&b);
	while (from < was && from < b.len && old[from] == s[from])
		from++;
	while (from && ((unsigned char)s[from] & 0xc0) == 0x80)
		from--;
	while (tail < was - from && tail < b.len - from &&
		old[was - tail - 1] == s[b.len - tail - 1])
		tail++;
	while (tail && ((unsigned char)s[b.len - tail] & 0xc0) == 0x80)
		tail--;
	if (b.len > e->max_bytes) {
		rc = err_set(E_LIMIT,
			"the text would be longer than %zu bytes, shorten it",
			e->max_bytes);
	} else if (from < was || from < b.len) {
		e->sealed = 1;
		change_apply(e, CHANGE_OTHER, from, was - from - tail, s + from,
			b.len - from - tail);
	}
	buf_fini(&b);
	return rc;
}

/* A step of undo is a word with the spaces after it. */
static void seal_between_words(struct edit *e, uint32_t cp)
{
	uint32_t folded;
	size_t before = previous_boundary(e, e->cursor);

	if (e->selecting || cp == '\n' ||
		(e->cursor && class_at(e, before) == FOLD_SPACE &&
			fold_cp(cp, &folded) != FOLD_SPACE))
		e->sealed = 1;
}

/* Combining marks, joiners and tones of skin come as keys of their own: they
 * are judged by the gate together with what they belong to. 1 when done. */
static int type_onto(struct edit *e, const char *s, size_t len)
{
	size_t before = previous_boundary(e, e->cursor), n = e->cursor - before;
	struct buf raw = BUF_INIT, b = BUF_INIT;
	int done = 0;

	if (!n || e->selecting || text_of(e)[before] == '\n')
		return 0;
	buf_add(&raw, text_of(e) + before, n);
	buf_add(&raw, s, len);
	gate_in(e, &b, raw.p, raw.len);
	if (b.len == raw.len && !memcmp(b.p, raw.p, b.len) &&
		utf8_next(b.p, b.len, NULL) == b.len) {
		(void)put(e, CHANGE_TYPE, s, len);
		done = 1;
	}
	buf_fini(&raw);
	buf_fini(&b);
	return done;
}

static void type_code(struct edit *e, uint32_t cp)
{
	struct buf b = BUF_INIT;
	char s[8];
	size_t n = 0;

	if (cp == 0x200d) {
		e->joiner = cp; /* alone it would only hide */
		return;
	}
	seal_between_words(e, cp);
	if (e->joiner)
		n = utf8_encode(e->joiner, s);
	n += utf8_encode(cp, s + n);
	if (cp >= 0x80 && type_onto(e, s, n)) {
		e->joiner = 0;
		return;
	}
	e->joiner = 0;
	n = utf8_encode(cp, s);
	if (cp == '\n')
		buf_addc(&b, '\n');
	else
		gate_in(e, &b, s, n);
	(void)put(e, CHANGE_TYPE, buf_str(&b), b.len);
	buf_fini(&b);
}

/* --- the face ---------------------------------------------------------------
 */

struct edit *edit_new(int multiline, size_t max_bytes)
{
	struct edit *e = xcalloc(1, sizeof(*e));

	assert(max_bytes < UINT32_MAX / 2);
	e->multiline = multiline;
	e->max_bytes = max_bytes;
	e->goal = -1;
	e->clip = xstrdup("");
	e->view = xcalloc(1, sizeof(*e->view));
	return e;
}

void edit_free(struct edit *e)
{
	if (!e)
		return;
	drop_steps(e, 0, e->n_steps);
	free(e->steps);
	buf_fini(&e->text);
	free(e->clip);
	view_fini(e->view);
	free(e->view);
	free(e);
}

const char *edit_text(const struct edit *e)
{
	return text_of(e);
}

size_t edit_len(const struct edit *e)
{
	return e->text.len;
}

/* The longest beginning of whole clusters within the limit. */
static size_t cut_to_limit(const struct edit *e, const struct buf *b)
{
	size_t at = 0, n;

	while (b->len > e->max_bytes && at < b->len) {
		n = utf8_next(b->p + at, b->len - at, NULL);
		if (at + n > e->max_bytes)
			return at;
		at += n;
	}
	return b->len;
}

void edit_set(struct edit *e, const char *text, size_t cursor)
{
	struct buf b = BUF_INIT, head = BUF_INIT;
	size_t len = strlen(text), limit;

	gate_in(e, &b, text, len);
	gate_in(e, &head, text, cursor < len ? cursor : len);
	limit = cut_to_limit(e, &b);
	drop_steps(e, 0, e->n_steps);
	buf_reset(&e->text);
	buf_add(&e->text, buf_str(&b), limit);
	e->revision++;
	view_reset(e);
	edit_move_to(e, cursor < len ? head.len : limit);
	e->joiner = 0;
	buf_fini(&b);
	buf_fini(&head);
}

size_t edit_cursor(const struct edit *e)
{
	return e->cursor;
}

void edit_move_to(struct edit *e, size_t cursor)
{
	e->selecting = 0;
	e->goal = -1;
	e->sealed = 1;
	e->at_line_end = 0;
	e->cursor = boundary_before(e, cursor);
}

uint64_t edit_revision(const struct edit *e)
{
	return e->revision;
}

const char *edit_clip(const struct edit *e)
{
	return e->clip;
}

/* --- keys -------------------------------------------------------------------
 */

/* A motion to `at`; with Shift it selects. */
static void move(struct edit *e, size_t at, int select)
{
	if (!select)
		e->selecting = 0;
	else if (!e->selecting) {
		e->selecting = 1;
		e->mark = e->cursor;
	}
	e->cursor = at;
	e->at_line_end = 0;
	e->sealed = 1;
	e->goal = -1;
}

static void move_lines(struct edit *e, long by, int select)
{
	long line = (long)view_line_of_cursor(e),
	     last = (long)view_lines(e) - 1;
	int goal = e->goal >= 0 ? e->goal : view_cells_before_cursor(e);
	int at_end = 0;

	line += by;
	if (line < 0)
		move(e, 0, select);
	else if (line > last)
		move(e, e->text.len, select);
	else {
		move(e, view_at(e, (size_t)line, goal, &at_end), select);
		e->at_line_end = at_end;
	}
	e->goal = goal;
}

static void move_home(struct edit *e, int select)
{
	move(e, view_line(e, view_line_of_cursor(e)).from, select);
}

static void move_end(struct edit *e, int select)
{
	size_t n = view_line_of_cursor(e);
	struct wrap_line l = view_line(e, n);

	move(e, l.from + l.len, select);
	e->at_line_end =
		n + 1 < view_lines(e) && view_line(e, n + 1).from == e->cursor;
}

/* Left and Right without Shift leave a selection at its end. */
static void move_step(struct edit *e, int dir, int select)
{
	size_t from, to;

	if (!select && edit_selection(e, &from, &to))
		move(e, dir < 0 ? from : to, 0);
	else
		move(e,
			dir < 0 ? previous_boundary(e, e->cursor)
				: next_boundary(e, e->cursor),
			select);
}

static void erase(struct edit *e, enum change_kind kind, size_t from, size_t to)
{
	size_t a, b;

	if (edit_selection(e, &a, &b))
		change_apply(e, CHANGE_OTHER, a, b - a, "", 0);
	else
		change_apply(e, kind, from, to - from, "", 0);
}

static int key_line(struct edit *e, struct key k)
{
	int select = k.mods & KEY_SHIFT;

	if (!e->multiline)
		return 0;
	switch (k.code) {
	case KEY_UP:
		move_lines(e, -1, select);
		return 1;
	case KEY_DOWN:
		move_lines(e, 1, select);
		return 1;
	case KEY_PGUP:
		move_lines(e, e->view->h > 1 ? 1L - e->view->h : -1L, select);
		return 1;
	case KEY_PGDN:
		move_lines(e, e->view->h > 1 ? e->view->h - 1L : 1L, select);
		return 1;
	case KEY_ENTER:
		type_code(e, '\n');
		return 1;
	default:
		return 0;
	}
}

static int key_plain(struct edit *e, struct key k)
{
	int select = k.mods & KEY_SHIFT;

	switch (k.code) {
	case KEY_LEFT:
		move_step(e, -1, select);
		return 1;
	case KEY_RIGHT:
		move_step(e, 1, select);
		return 1;
	case KEY_HOME:
		move_home(e, select);
		return 1;
	case KEY_END:
		move_end(e, select);
		return 1;
	case KEY_BACKSPACE:
		erase(e, CHANGE_BACK, previous_boundary(e, e->cursor),
			e->cursor);
		return 1;
	case KEY_DELETE:
		erase(e, CHANGE_DELETE, e->cursor, next_boundary(e, e->cursor));
		return 1;
	default:
		return key_line(e, k);
	}
}

static void kill_to_line_end(struct edit *e)
{
	size_t to = hard_line_end(e, e->cursor);

	if (to == e->cursor)
		to = next_boundary(e, to); /* the line feed */
	kill_range(e, e->cursor, to);
}

static void kill_to_line_start(struct edit *e)
{
	size_t from = hard_line_start(e, e->cursor);

	if (from == e->cursor)
		from = previous_boundary(e, from);
	kill_range(e, from, e->cursor);
}

static int copy_selection(struct edit *e, int cut)
{
	size_t from, to;

	if (!edit_selection(e, &from, &to))
		return 0;
	if (cut)
		kill_range(e, from, to);
	else
		clip_take(e, from, to);
	return 1;
}

static int yank(struct edit *e)
{
	if (*e->clip) {
		e->sealed = 1;
		(void)put(e, CHANGE_OTHER, e->clip, strlen(e->clip));
	}
	return 1;
}

static int key_ctrl_letter(struct edit *e, uint32_t code)
{
	switch (code) {
	case 'a':
		move_home(e, 0);
		return 1;
	case 'e':
		move_end(e, 0);
		return 1;
	case 'k':
		kill_to_line_end(e);
		return 1;
	case 'u':
		kill_to_line_start(e);
		return 1;
	case 'w':
		if (!copy_selection(e, 1))
			kill_range(e, word_left(e, e->cursor), e->cursor);
		return 1;
	case 'y':
		return yank(e);
	case 'z':
		edit_undo(e);
		return 1;
	case 'c':
		return copy_selection(e, 0);
	case 'x':
		return copy_selection(e, 1);
	default:
		return 0;
	}
}

static int key_ctrl(struct edit *e, struct key k)
{
	int select = k.mods & KEY_SHIFT;

	switch (k.code) {
	case KEY_LEFT:
		move(e, word_left(e, e->cursor), select);
		return 1;
	case KEY_RIGHT:
		move(e, word_right(e, e->cursor), select);
		return 1;
	case KEY_HOME:
		move(e, 0, select);
		return 1;
	case KEY_END:
		move(e, e->text.len, select);
		return 1;
	case KEY_BACKSPACE:
		kill_range(e, word_left(e, e->cursor), e->cursor);
		return 1;
	case KEY_DELETE:
		kill_range(e, e->cursor, word_right(e, e->cursor));
		return 1;
	default:
		return select ? 0 : key_ctrl_letter(e, k.code);
	}
}

static int key_alt(struct edit *e, struct key k)
{
	switch (k.code) {
	case 'b':
		move(e, word_left(e, e->cursor), 0);
		return 1;
	case 'f':
		move(e, word_right(e, e->cursor), 0);
		return 1;
	case 'd':
		kill_range(e, e->cursor, word_right(e, e->cursor));
		return 1;
	case 'w':
		return copy_selection(e, 0);
	case 'z':
		edit_redo(e);
		return 1;
	case KEY_BACKSPACE:
		kill_range(e, word_left(e, e->cursor), e->cursor);
		return 1;
	case KEY_ENTER:
		return key_line(e, (struct key){.code = KEY_ENTER});
	default:
		return 0;
	}
}

static int types(struct key k)
{
	return !(k.mods & (KEY_CTRL | KEY_ALT)) && k.code >= 0x20 &&
	       k.code < KEY_BASE && k.code != 0x7f;
}

int edit_key(struct edit *e, struct key k)
{
	if (types(k)) {
		type_code(e, k.code);
		return 1;
	}
	e->joiner = 0;
	if (!(k.mods & (KEY_CTRL | KEY_ALT)))
		return key_plain(e, k);
	if ((k.mods & (KEY_CTRL | KEY_ALT)) == KEY_CTRL)
		return key_ctrl(e, k);
	return k.mods == KEY_ALT ? key_alt(e, k) : 0;
}

static int mouse(struct edit *e, const struct ui_event *ev)
{
	const struct edit_view *v = e->view;
	int x = ev->x - v->x, y = ev->y - v->y, at_end = 0;
	size_t line, at;

	if (ev->button > 1 || x < 0 || y < 0 || x >= v->w || y >= v->h)
		return 0;
	if (ev->act != MOUSE_DOWN && ev->act != MOUSE_DRAG)
		return 0;
	line = v->top + (size_t)y;
	if (line >= view_lines(e))
		line = view_lines(e) - 1;
	at = view_at(e, line, x + (int)v->left, &at_end);
	move(e, at, ev->act == MOUSE_DRAG);
	e->at_line_end = at_end;
	return 1;
}

int edit_event(struct edit *e, const struct ui_event *ev)
{
	switch (ev->kind) {
	case UI_KEY:
		return edit_key(e, ev->key);
	case UI_PASTE:
		/* too long: nothing is put in, err_msg() says it */
		(void)!edit_insert(e, ev->text, ev->len);
		return 1;
	case UI_MOUSE:
		return mouse(e, ev);
	default:
		return 0;
	}
}
