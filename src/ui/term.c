/* SPDX-License-Identifier: MIT */
/*
 * The terminal as its users see it: hands over to one of the two kinds. Texts
 * pass the gate here, once for both.
 */
#include "galley/ui/term.h"

#include <stdlib.h>
#include <string.h>

#include "galley/base/utf8.h"
#include "term_priv.h"

/* Bytes of a notice or a title: more is cut by most terminals anyway. */
#define MAX_NOTE 300

void term_close(struct term *t)
{
	if (t)
		t->kind->close(t);
}

const struct term_facts *term_facts(const struct term *t)
{
	return &t->facts;
}

void term_set_theme(struct term *t, const struct theme *theme)
{
	t->kind->set_theme(t, theme);
}

void term_size(const struct term *t, int *w, int *h)
{
	*w = t->w;
	*h = t->h;
}

void term_show(struct term *t, const struct grid *g, int x, int y)
{
	t->kind->show(t, g, x, y);
}

void term_redraw(struct term *t)
{
	t->kind->redraw(t);
}

uint64_t term_bytes(const struct term *t)
{
	return t->bytes;
}

int term_ended(const struct term *t)
{
	return t->ended;
}

int term_fds(const struct term *t, int *fds, int max)
{
	return t->kind->fds(t, fds, max);
}

int term_event(struct term *t, struct ui_event *out)
{
	return t->kind->event(t, out);
}

int term_wait_ms(const struct term *t)
{
	return t->kind->wait_ms(t);
}

void term_bell(struct term *t)
{
	t->kind->bell(t);
}

void term_copy(struct term *t, const char *text, size_t len)
{
	struct buf b = BUF_INIT;

	text_gate(&b, text, len, GATE_TEXT);
	t->kind->copy(t, buf_str(&b), b.len);
	buf_fini(&b);
}

static char *note_text(const char *text)
{
	struct buf b = BUF_INIT;

	text_gate(&b, text, strlen(text), GATE_LINE);
	if (b.len > MAX_NOTE) {
		b.len = MAX_NOTE;
		while (b.len && (b.p[b.len] & 0xc0) == 0x80)
			b.len--;
		b.p[b.len] = '\0';
	}
	return buf_take(&b);
}

void term_notify_by(struct term *t, enum notify_by by)
{
	if (by != NOTIFY_AUTO)
		t->facts.notify = by;
}

void term_notify(struct term *t, const char *text)
{
	char *s = note_text(text);

	t->kind->notify(t, s);
	free(s);
}

void term_title(struct term *t, const char *text)
{
	char *s = note_text(text);

	t->kind->title(t, s);
	free(s);
}

void term_leave(struct term *t)
{
	t->kind->leave(t);
}

void term_enter(struct term *t)
{
	t->kind->enter(t);
}

void term_suspend(struct term *t)
{
	t->kind->suspend(t);
}
