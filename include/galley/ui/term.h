/* SPDX-License-Identifier: MIT */
/*
 * The terminal. One type with two kinds behind it: a real one (terminfo of
 * ncurses, raw mode, our own difference of grids) and one without a head for
 * tests. It takes grids and gives events; it knows nothing of panes.
 *
 * A real terminal is put back by term_close(), by every deadly signal (from an
 * async-signal-safe byte string made at opening) and on suspend. Nothing is
 * ever written to what is no terminal.
 */
#ifndef GALLEY_UI_TERM_H
#define GALLEY_UI_TERM_H

#include "galley/base/clock.h"
#include "galley/ui/canvas.h"
#include "galley/ui/key.h"
#include "galley/ui/theme.h"

struct term;

struct term_opts {
	int in_fd, out_fd;
	const char *term;     /* NULL: $TERM */
	int no_color;	      /* NO_COLOR, --color=never */
	int mouse;
	int probe;	      /* ask for glyph widths and the background */
	enum border border;   /* used when not probed */
	const struct clock *clock; /* NULL: the machine's */
};
/* How notices reach the desk of the person; AUTO: as the terminal is known to
 * do it, by no means when that is not known. */
enum notify_by { NOTIFY_AUTO, NOTIFY_NONE, NOTIFY_OSC9, NOTIFY_OSC777,
	NOTIFY_OSC99 };
/* What is known. Questions are answered while the first frames are shown
 * already; when an answer changes something, a UI_RESIZE comes. */
struct term_facts {
	enum depth depth;
	struct glyphs glyphs;
	int ambiguous_cells; /* 1 or 2 */
	int dark;	     /* -1 unknown */
	int hyperlinks, sync_output, bracketed_paste;
	enum notify_by notify;
};

/* One real terminal at a time. E_INPUT in one sentence (no terminal, TERM=dumb, unknown TERM) that names the
 * command-line form. */
int term_open(const struct term_opts *o, struct term **out) MUST_CHECK;
/* Tests: a grid in memory and scripted events. */
struct term *term_headless(int w, int h, const struct term_facts *facts);
void term_close(struct term *t);

const struct term_facts *term_facts(const struct term *t);
/* Borrowed until the next one or term_close(). NULL: no colours. */
void term_set_theme(struct term *t, const struct theme *theme);
void term_size(const struct term *t, int *w, int *h);

/* Shows the grid: writes what differs from what is shown, in one write. The
 * hardware cursor goes to x, y (input methods), or is hidden when x < 0. */
void term_show(struct term *t, const struct grid *g, int x, int y);
/* Forget what is shown: the next term_show() writes everything. */
void term_redraw(struct term *t);
/* Bytes written since opening. */
uint64_t term_bytes(const struct term *t);

/* Descriptors to poll for input: at most `max`, returns how many. */
int term_fds(const struct term *t, int *fds, int max);
/* Takes in what has arrived; never blocks. 1 and an event, or 0. */
int term_event(struct term *t, struct ui_event *out);
/* How long poll() may wait before term_event() must be called again without
 * input (an unfinished sequence, a resize storm that settles): -1 for ever. */
int term_wait_ms(const struct term *t);

void term_bell(struct term *t);
/* OSC 52; only what the person asked to copy. */
void term_copy(struct term *t, const char *text, size_t len);
/* OSC 9 / 777 / 99 notice and window title, gated. */
void term_notify_by(struct term *t, enum notify_by by);
void term_notify(struct term *t, const char *text);
void term_title(struct term *t, const char *text);
/* Gives the terminal away ($EDITOR, suspend) and takes it back. */
void term_leave(struct term *t);
void term_enter(struct term *t);
void term_suspend(struct term *t); /* Ctrl-Z: stops the process group */
/* What SIGTERM and SIGHUP have asked for, or the terminal's end: 1. */
int term_ended(const struct term *t);

/* --- headless ------------------------------------------------------------- */
const struct grid *term_shown(const struct term *t);
void term_cursor(const struct term *t, int *x, int *y);
void term_push_key(struct term *t, struct key k);
/* Keys as text: "j j <Enter> g t". Asserts that they parse. */
void term_push_keys(struct term *t, const char *keys);
void term_push_event(struct term *t, struct ui_event *e); /* takes it */
void term_resize(struct term *t, int w, int h);
const char *term_copied(const struct term *t); /* last, or NULL */
const char *term_notified(const struct term *t);
const char *term_titled(const struct term *t);
int term_bells(const struct term *t); /* how many there were */

#endif
