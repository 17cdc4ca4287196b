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
	free(r->wraps);
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

/* --- addresses in texts --------------------------------------------------- */

/* Only what leads to the web, and only ASCII: in Chinese a text goes on right
 * behind an address. */
static size_t address_at(const char *s, size_t left)
{
	static const char ends[] = ".,;:!?'*";
	size_t n, scheme;
	int open = 0;

	if (left > 8 && !strncmp(s, "https://", 8))
		scheme = 8;
	else if (left > 7 && !strncmp(s, "http://", 7))
		scheme = 7;
	else
		return 0;
	for (n = scheme; n < left && s[n] > 0x20 && s[n] < 0x7f &&
			 !strchr("<>\"`{}|\\^", s[n]);
		n++) {
		/* a bracket around it is not its own */
		open += (s[n] == '(') - (s[n] == ')');
		if (open < 0)
			break;
	}
	while (n > scheme && strchr(ends, s[n - 1]))
		n--;
	return n > scheme ? n : 0;
}

/* The part of an address that stands in a line. */
static void link_line(struct reader *r, struct reader_line *l, size_t from,
	size_t len, const char *text, size_t at, size_t n)
{
	size_t begin = at > from ? at : from;
	size_t end = at + n < from + len ? at + n : from + len;
	struct reader_link *v;

	if (begin >= end)
		return;
	v = arena_calloc(r->arena, (size_t)l->n_links + 1, sizeof(*v));
	if (l->n_links)
		memcpy(v, l->links, (size_t)l->n_links * sizeof(*v));
	v[l->n_links++] = (struct reader_link){.from = begin - from,
		.len = end - begin,
		.text = arena_strndup(r->arena, text + begin, end - begin),
		.address = arena_strndup(r->arena, text + at, n)};
	l->links = v;
}

static void draw_links(
	const struct reader_line *l, struct canvas *c, int x, int y)
{
	int i;

	for (i = 0; i < l->n_links; i++) {
		char *before = xstrndup(l->text, l->links[i].from);

		canvas_link(c, x + text_cells(before), y, ST_LINK,
			l->links[i].text, l->links[i].address);
		free(before);
	}
}

#define WRAP_LINES 4000 /* of one text */

/* Into r->wraps; how many. */
static int wrap(struct reader *r, const char *t, int w)
{
	size_t len = strlen(t);
	int n = text_wrap(t, len, w, r->wraps, r->max_wraps);

	if (n > WRAP_LINES)
		n = WRAP_LINES;
	if (n <= r->max_wraps)
		return n;
	r->max_wraps = n;
	r->wraps = xreallocarray(r->wraps, (size_t)n, sizeof(*r->wraps));
	(void)text_wrap(t, len, w, r->wraps, n);
	return n;
}

/* Every address in the lines from `first` on. */
static void link_all(struct reader *r, const char *t, int first,
	const struct wrap_line *l, int n)
{
	size_t len = strlen(t), at = 0, size;
	const char *next;
	int i;

	while ((next = strstr(t + at, "http")) != NULL) {
		at = (size_t)(next - t);
		size = address_at(next, len - at);
		for (i = 0; i < n && size; i++)
			link_line(r, &r->v[first + i], l[i].from, l[i].len, t,
				at, size);
		at += size ? size : 4;
	}
}

void reader_text(
	struct reader *r, unsigned style, int indent, int64_t id, const char *s)
{
	const char *t = gated(r, s, GATE_TEXT);
	int n = wrap(r, t, r->w - indent > 4 ? r->w - indent : 4);
	const struct wrap_line *l = r->wraps;
	int first = r->n, i;

	for (i = 0; i < n; i++) {
		struct reader_line *x = add(r);

		x->text = arena_strndup(r->arena, t + l[i].from, l[i].len);
		x->style = style;
		x->indent = indent;
		x->id = id;
	}
	link_all(r, t, first, l, n);
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
			struct reader_line value = *l;

			canvas_textn(&label, 0, 0, ST_LABEL, l->text,
				(size_t)(sep - l->text));
			canvas_text(c, l->indent, y, l->style, sep + 1);
			value.text = sep + 1;
			draw_links(&value, c, l->indent, y);
		} else if (l->link) {
			canvas_link(
				c, l->indent, y, l->style, l->text, l->link);
		} else {
			canvas_slot(c, l->indent, y, c->w - l->indent, l->style,
				l->text, 0);
			draw_links(l, c, l->indent, y);
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

int reader_copy(const struct reader *r, struct buf *out)
{
	int from = r->hit >= 0 ? r->hit : r->top;
	int to = r->hit >= 0 ? r->hit + 1 : r->top + r->h, i;

	for (i = from; i < to && i < r->n; i++) {
		const char *s = r->v[i].text;
		const char *sep = r->v[i].id == -1 ? strchr(s, '\x1f') : NULL;

		if (sep) /* a label and its value */
			buf_addf(out, "%.*s: %s\n", (int)(sep - s), s, sep + 1);
		else
			buf_addf(out, "%s\n", s);
	}
	return out->len > 0;
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

int textpane_copy(const struct pane *p, struct buf *out)
{
	return reader_copy(own(p), out);
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
