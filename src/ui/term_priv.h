/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the terminal have in common: the two kinds behind one type,
 * the capabilities (term_info.c, the one file that knows terminfo), the painter
 * (term_paint.c: grids to bytes) and the rescue (term_rescue.c: signals).
 */
#ifndef GALLEY_UI_TERM_PRIV_H
#define GALLEY_UI_TERM_PRIV_H

#include "galley/base/buf.h"
#include "galley/ui/term.h"

/* --- capabilities ------------------------------------------------------------
 */

enum cap {
	CAP_ENTER_ALT,
	CAP_LEAVE_ALT,
	CAP_HIDE,
	CAP_SHOW,
	CAP_CLEAR,
	CAP_EL,
	CAP_RESET,
	CAP_BOLD,
	CAP_DIM,
	CAP_ITALIC,
	CAP_UNDER,
	CAP_REVERSE,
	CAP_WRAP_OFF,
	CAP_WRAP_ON,
	CAP_LOCAL_KEYS,
	CAP_BELL,
	/* with parameters */
	CAP_CUP,
	CAP_UP,
	CAP_DOWN,
	CAP_LEFT,
	CAP_RIGHT,
	CAP_COLUMN,
	CAP_ECH,
	CAP_FG,
	CAP_BG,
	CAP_COUNT
};

/* What terminfo does not say, by name and environment. */
enum {
	KNOWN_LINKS = 1,   /* OSC 8 */
	KNOWN_STRINGS = 2, /* swallows OSC that it does not know */
	KNOWN_MODES = 4,   /* answers CSI ? n $ p, or swallows it */
	KNOWN_SYNC = 8,	   /* ?2026 */
	KNOWN_777 = 16,	   /* notices by OSC 777 */
	KNOWN_XTERM = 32,  /* title stack, ?1004, ?2004, SGR mouse */
	KNOWN_CPR = 64,	   /* answers ESC [ 6 n */
	KNOWN_9 = 128,	   /* notices by OSC 9 */
	KNOWN_99 = 256
}; /* notices by OSC 99 */

struct caps {
	char *s[CAP_COUNT]; /* NULL: has it not */
	int ansi;	    /* moves and attributes are those of ECMA-48 */
	int colors;
	int bce; /* erasing fills with the present background */
	/* ESC [ n b repeats a character: many a terminal that passes for an
	 * xterm knows it for ASCII only (tmux before 3.5) */
	enum { REP_NONE, REP_ASCII, REP_ALL } rep;
	int down_lf;   /* LF goes down and keeps the column */
	int auto_wrap; /* the last column wraps at once */
	int truecolor;
	unsigned known;
	void *library; /* its own record, to be freed */
};

/* Reads terminfo: E_INPUT when there is no such terminal or it can only print.
 */
int caps_load(struct caps *c, const char *term, int fd) MUST_CHECK;
void caps_free(struct caps *c);
enum notify_by notify_known(unsigned known);
/* By $TERM and by what a terminal calls itself ("iTerm2 3.5"). */
enum notify_by notify_of(const char *term, const char *type);

/* --- tmux, term_tmux.c --- */
int tmux_around(const char *term);
/* Does a notice come through to the terminal, and how? */
int tmux_passes(enum notify_by *by);
/* For the terminal in front of it. */
void tmux_wrap(struct buf *b);

void cap_add(struct buf *out, const struct caps *c, enum cap cap);
void cap_add1(struct buf *out, const struct caps *c, enum cap cap, int a);
void cap_add2(
	struct buf *out, const struct caps *c, enum cap cap, int a, int b);

/* --- painter -----------------------------------------------------------------
 */

struct painter;
struct painter *painter_new(
	const struct caps *c, const struct term_facts *facts);
void painter_free(struct painter *p);
void painter_set_theme(struct painter *p, const struct theme *theme);
/* Everything anew; the screen may hold anything. */
void painter_forget(struct painter *p);
/* Appends the bytes that turn what is shown into the grid; none when nothing
 * differs. The cursor is hidden when x < 0. */
void painter_show(
	struct painter *p, const struct grid *g, int x, int y, struct buf *out);

/* --- rescue ------------------------------------------------------------------
 */

struct termios;
/* From now on death puts back `was` and writes `bytes` (copied; at most 512) to
 * fd, then the end of what err_fd holds (-1 none). */
void rescue_arm(int fd, const struct termios *was, const char *bytes,
	size_t len, int err_fd);
void rescue_disarm(void);
/* Handlers for all signals that concern a terminal; what was there before comes
 * back with rescue_fini(). */
void rescue_init(void);
void rescue_fini(void);
/* Readable when a signal has come. */
int rescue_fd(void);
enum { RESCUE_WINCH = 1, RESCUE_CONT = 2, RESCUE_STOP = 4, RESCUE_END = 8 };
/* Which have come since the last call. */
unsigned rescue_take(void);
/* Stops the process group as Ctrl-Z would; returns when it goes on. */
void rescue_stop(void);
/* Text for a screen that is no longer ours: controls become `?`. */
void rescue_copy(int from_fd, int to_fd);

/* --- kinds -------------------------------------------------------------------
 */

struct term_kind {
	void (*close)(struct term *t);
	void (*set_theme)(struct term *t, const struct theme *theme);
	void (*show)(struct term *t, const struct grid *g, int x, int y);
	void (*redraw)(struct term *t);
	int (*fds)(const struct term *t, int *fds, int max);
	int (*event)(struct term *t, struct ui_event *out);
	int (*wait_ms)(const struct term *t);
	void (*bell)(struct term *t);
	/* gated already */
	void (*copy)(struct term *t, const char *text, size_t len);
	void (*notify)(struct term *t, const char *text);
	void (*title)(struct term *t, const char *text);
	void (*leave)(struct term *t);
	void (*enter)(struct term *t);
	void (*suspend)(struct term *t);
};

/* First in both kinds. */
struct term {
	const struct term_kind *kind;
	struct term_facts facts;
	int w, h;
	uint64_t bytes;
	int ended;
};

#endif
