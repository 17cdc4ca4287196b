/* SPDX-License-Identifier: MIT */
/*
 * Text to read: lines made at load for the width at hand, scrolled by lines,
 * searched by words. Everything that comes from outside is gated when a line is
 * made, so drawing only copies.
 */
#include "pane_priv.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/fold.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"

void reader_init(struct reader *r)
{
	memset(r, 0, sizeof(*r));
	r->arena = arena_new();
	r->hit = -1;
}

void reader_fini(struct reader *r)
{
	arena_free(r->arena);
	free(r->v);
	free(r->find);
	memset(r, 0, sizeof(*r));
}

void reader_begin(struct reader *r, int w, int h)
{
	arena_reset(r->arena);
	r->n = 0;
	r->w = w > 0 ? w : 1;
	r->h = h > 0 ? h : 1;
}

static struct reader_line *add(struct reader *r)
{
	if (r->n == r->max) {
		r->max = r->max ? r->max * 2 : 64;
		r->v = xreallocarray(r->v, (size_t)r->max, sizeof(*r->v));
	}
	memset(&r->v[r->n], 0, sizeof(*r->v));
	return &r->v[r->n++];
}

static const char *gated(struct reader *r, const char *s, enum gate_mode m)
{
	struct buf b = BUF_INIT;
	const char *out;

	text_gate(&b, s, strlen(s), m);
	out = arena_strdup(r->arena, buf_str(&b));
	buf_fini(&b);
	return out;
}

void reader_line(struct reader *r, unsigned style, int indent, int64_t id,
	const char *fmt, ...)
{
	struct reader_line *l = add(r);
	struct buf b = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	l->text = gated(r, buf_str(&b), GATE_LINE);
	l->style = style;
	l->indent = indent;
	l->id = id;
	buf_fini(&b);
}

#define WRAP_LINES 4000

void reader_text(
	struct reader *r, unsigned style, int indent, int64_t id, const char *s)
{
	const char *t = gated(r, s, GATE_TEXT);
	int w = r->w - indent > 4 ? r->w - indent : 4, i, n;
	struct wrap_line *l = xcalloc(WRAP_LINES, sizeof(*l));

	n = text_wrap(t, strlen(t), w, l, WRAP_LINES);
	if (n > WRAP_LINES)
		n = WRAP_LINES;
	for (i = 0; i < n; i++) {
		struct reader_line *x = add(r);

		x->text = arena_strndup(r->arena, t + l[i].from, l[i].len);
		x->style = style;
		x->indent = indent;
		x->id = id;
	}
	free(l);
}

void reader_field(struct reader *r, int w, const char *label, unsigned style,
	const char *value)
{
	struct reader_line *l;
	int first;

	if (!value || !*value)
		return;
	first = r->n;
	reader_text(r, style, w + 1, 0, value);
	if (r->n == first)
		return;
	/* the label is drawn in the indent of the first line */
	l = &r->v[first];
	l->link = NULL;
	l->id = -1;
	l->text = arena_printf(
		r->arena, "%s\x1f%s", gated(r, label, GATE_LINE), l->text);
}

void reader_end(struct reader *r)
{
	if (r->top > r->n - r->h)
		r->top = r->n - r->h;
	if (r->top < 0)
		r->top = 0;
	if (r->hit >= r->n)
		r->hit = -1;
}

void reader_draw(const struct reader *r, struct canvas *c)
{
	int y;

	for (y = 0; y < c->h && r->top + y < r->n; y++) {
		const struct reader_line *l = &r->v[r->top + y];
		const char *sep = l->id == -1 ? strchr(l->text, '\x1f') : NULL;

		if (sep) {
			struct canvas label =
				canvas_sub(c, 0, y, l->indent - 1, 1);

			canvas_textn(&label, 0, 0, ST_LABEL, l->text,
				(size_t)(sep - l->text));
			canvas_text(c, l->indent, y, l->style, sep + 1);
		} else if (l->link) {
			canvas_link(
				c, l->indent, y, l->style, l->text, l->link);
		} else {
			canvas_slot(c, l->indent, y, c->w - l->indent, l->style,
				l->text, 0);
		}
		if (r->top + y == r->hit)
			canvas_restyle(c, 0, y, c->w, ST_FIND);
	}
}

static int line_has(const struct reader *r, int i)
{
	struct buf hay = BUF_INIT, needle = BUF_INIT;
	int has;

	fold_text(&hay, r->v[i].text, strlen(r->v[i].text));
	fold_text(&needle, r->find, strlen(r->find));
	has = needle.len && strstr(buf_str(&hay), buf_str(&needle)) != NULL;
	buf_fini(&hay);
	buf_fini(&needle);
	return has;
}

static int find(struct reader *r, int from, int dir)
{
	int i;

	if (!r->find || !*r->find)
		return 0;
	for (i = from; i >= 0 && i < r->n; i += dir)
		if (line_has(r, i)) {
			r->hit = i;
			if (i < r->top || i >= r->top + r->h)
				r->top = i - r->h / 3;
			reader_end(r);
			return 1;
		}
	return 0;
}

int reader_filter(struct reader *r, const char *text)
{
	free(r->find);
	r->find = xstrdup_null(text);
	r->hit = -1;
	(void)find(r, r->top, 1);
	return 0;
}

static void scroll(struct reader *r, int by)
{
	r->top += by;
	reader_end(r);
}

enum pane_did reader_command(struct reader *r, const struct command_line *cmd)
{
	int page = r->h > 2 ? r->h - 2 : 1;

	switch (cmd->id) {
	case CMD_DOWN:
		scroll(r, 1);
		return DID_DRAW;
	case CMD_UP:
		scroll(r, -1);
		return DID_DRAW;
	case CMD_PAGE_DOWN:
		scroll(r, page);
		return DID_DRAW;
	case CMD_PAGE_UP:
		scroll(r, -page);
		return DID_DRAW;
	case CMD_HALF_DOWN:
		scroll(r, page / 2);
		return DID_DRAW;
	case CMD_HALF_UP:
		scroll(r, -page / 2);
		return DID_DRAW;
	case CMD_TOP:
		scroll(r, -r->n);
		return DID_DRAW;
	case CMD_END:
		scroll(r, r->n);
		return DID_DRAW;
	case CMD_FIND_NEXT:
		(void)find(r, r->hit + 1, 1);
		return DID_DRAW;
	case CMD_FIND_PREV:
		(void)find(r, r->hit - 1, -1);
		return DID_DRAW;
	default:
		return DID_NOTHING;
	}
}

enum pane_did reader_event(struct reader *r, const struct ui_event *e)
{
	if (e->kind != UI_MOUSE)
		return DID_NOTHING;
	if (e->act == MOUSE_WHEEL_DOWN)
		scroll(r, 3);
	else if (e->act == MOUSE_WHEEL_UP)
		scroll(r, -3);
	else
		return DID_NOTHING;
	return DID_DRAW;
}

/* --- panes that are a reader ---------------------------------------------- */

static struct reader *own(const struct pane *p)
{
	return p->own;
}

int textpane_open(struct pane *p)
{
	reader_init(own(p));
	return 0;
}

void textpane_close(struct pane *p)
{
	reader_fini(own(p));
}

void textpane_draw(const struct pane *p, struct canvas *c)
{
	reader_draw(own(p), c);
}

enum pane_did textpane_command(struct pane *p, const struct command_line *cmd)
{
	return reader_command(own(p), cmd);
}

enum pane_did textpane_event(struct pane *p, const struct ui_event *e)
{
	return reader_event(own(p), e);
}

int textpane_filter(struct pane *p, const char *text)
{
	return reader_filter(own(p), text);
}

/* --- rows around a case --------------------------------------------------- */

static enum field_id sort_by;

static int newest_first(const void *a, const void *b)
{
	int64_t x = row_get(a, sort_by)->i, y = row_get(b, sort_by)->i;

	return x > y ? -1 : x < y;
}

/* Children without a time of change come in the order of their arrival, so the
 * newest of them are known only when all have been looked at. */
#define MAX_CHILDREN 5000

int pane_children(struct pane *p, enum field_id f, int64_t id, enum field_id by,
	int limit, struct rows *out)
{
	int rc = store_children(desk_ro(p->desk), f, id, MAX_CHILDREN, out);

	if (rc < 0)
		return rc;
	sort_by = by;
	if (out->n)
		qsort(out->v, (size_t)out->n, sizeof(*out->v), newest_first);
	if (out->n > limit) {
		out->n = limit;
		out->more = 1;
	}
	return 0;
}
