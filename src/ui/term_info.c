/* SPDX-License-Identifier: MIT */
/*
 * What the terminal can do, from terminfo and from what is known of terminals
 * by name. The one file that knows the library (its terminfo level only: no
 * window, no screen). It is loaded when a terminal is opened: a search from the
 * shell is a process of its own and must not pay for it.
 */
#include "term_priv.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <curses.h>
/* Its type of that name is not ours. */
#define term terminfo_term
#include <term.h>
#undef term

#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"

static const char *const names[CAP_COUNT] = {
	[CAP_ENTER_ALT] = "smcup",
	[CAP_LEAVE_ALT] = "rmcup",
	[CAP_HIDE] = "civis",
	[CAP_SHOW] = "cnorm",
	[CAP_CLEAR] = "clear",
	[CAP_EL] = "el",
	[CAP_RESET] = "sgr0",
	[CAP_BOLD] = "bold",
	[CAP_DIM] = "dim",
	[CAP_ITALIC] = "sitm",
	[CAP_UNDER] = "smul",
	[CAP_REVERSE] = "rev",
	[CAP_WRAP_OFF] = "rmam",
	[CAP_WRAP_ON] = "smam",
	[CAP_LOCAL_KEYS] = "rmkx",
	[CAP_BELL] = "bel",
	[CAP_CUP] = "cup",
	[CAP_UP] = "cuu",
	[CAP_DOWN] = "cud",
	[CAP_LEFT] = "cub",
	[CAP_RIGHT] = "cuf",
	[CAP_COLUMN] = "hpa",
	[CAP_ECH] = "ech",
	[CAP_FG] = "setaf",
	[CAP_BG] = "setab",
};

#define MODERN                                                                 \
	(KNOWN_LINKS | KNOWN_STRINGS | KNOWN_MODES | KNOWN_XTERM | KNOWN_CPR)

/* By the beginning of $TERM, the longest first. */
static const struct {
	const char *term;
	unsigned known;
} terms[] = {
	{"xterm-kitty", MODERN | KNOWN_SYNC | KNOWN_99},
	{"xterm-ghostty", MODERN | KNOWN_SYNC | KNOWN_777},
	{"xterm", MODERN},
	{"kitty", MODERN | KNOWN_SYNC | KNOWN_99},
	{"ghostty", MODERN | KNOWN_SYNC | KNOWN_777},
	{"foot", MODERN | KNOWN_SYNC | KNOWN_777},
	{"alacritty", MODERN | KNOWN_SYNC},
	{"wezterm", MODERN | KNOWN_SYNC | KNOWN_777},
	{"contour", MODERN | KNOWN_SYNC},
	{"vte", MODERN | KNOWN_777},
	{"gnome", MODERN | KNOWN_777},
	{"konsole", MODERN},
	{"iterm", MODERN | KNOWN_9},
	{"mintty", MODERN | KNOWN_SYNC},
	{"st-", KNOWN_STRINGS | KNOWN_XTERM | KNOWN_CPR},
	{"tmux", MODERN},
	{"screen", KNOWN_STRINGS | KNOWN_XTERM | KNOWN_CPR},
	{"rxvt", KNOWN_STRINGS | KNOWN_XTERM | KNOWN_777 | KNOWN_CPR},
	{"linux", KNOWN_CPR},
};

/* By $TERM_PROGRAM. */
static const struct {
	const char *name;
	unsigned known;
} programs[] = {
	{"iTerm.app", KNOWN_9},
	{"WezTerm", KNOWN_777},
	{"ghostty", KNOWN_777},
};

/* By the beginning of what XTVERSION answers. */
static const struct {
	const char *type;
	unsigned known;
} types[] = {
	{"iTerm2", KNOWN_9},
	{"WezTerm", KNOWN_777},
	{"ghostty", KNOWN_777},
	{"foot", KNOWN_777},
	{"VTE", KNOWN_777},
	{"kitty", KNOWN_99},
};

enum notify_by notify_known(unsigned known)
{
	return known & KNOWN_99	   ? NOTIFY_OSC99
	       : known & KNOWN_777 ? NOTIFY_OSC777
	       : known & KNOWN_9   ? NOTIFY_OSC9
				   : NOTIFY_NONE;
}

enum notify_by notify_of(const char *term, const char *type)
{
	unsigned known = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(terms) && !known; i++)
		if (!strncmp(term, terms[i].term, strlen(terms[i].term)))
			known = terms[i].known;
	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (!strncmp(type, types[i].type, strlen(types[i].type)))
			known |= types[i].known;
	return notify_known(known);
}

static unsigned known_of(const char *term)
{
	const char *program = getenv("TERM_PROGRAM");
	unsigned known = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(terms); i++) {
		if (!strncmp(term, terms[i].term, strlen(terms[i].term))) {
			known = terms[i].known;
			break;
		}
	}
	/* It prints the last byte of the question. */
	if (program && !strcmp(program, "Apple_Terminal"))
		known &= ~(unsigned)(KNOWN_MODES | KNOWN_LINKS);
	/* Terminals that call themselves xterm say here who they are. */
	if (!(known & KNOWN_XTERM) || !strncmp(term, "tmux", 4) ||
		!strncmp(term, "screen", 6))
		return known;
	if (getenv("VTE_VERSION"))
		known |= KNOWN_777;
	if (getenv("KITTY_WINDOW_ID"))
		known |= KNOWN_99;
	for (i = 0; program && i < ARRAY_SIZE(programs); i++)
		if (!strcmp(program, programs[i].name))
			known |= programs[i].known;
	return known;
}

/* Padding ($<5>) is for terminals that need time; none is left that does. */
static char *without_padding(const char *s)
{
	struct buf b = BUF_INIT;
	const char *end;

	for (; *s; s++) {
		end = s[0] == '$' && s[1] == '<' ? strchr(s, '>') : NULL;
		if (end)
			s = end;
		else
			buf_addc(&b, *s);
	}
	return b.len ? buf_take(&b) : NULL;
}

/* --- the library ---------------------------------------------------------- */

/* Its version is part of the name: what was compiled against is loaded. */
#define LIBRARY "libtinfo.so.6"

static struct {
	void *handle;
	__typeof__(&setupterm) setup;
	__typeof__(&tigetstr) str;
	__typeof__(&tigetnum) num;
	__typeof__(&tigetflag) flag;
	__typeof__(&tiparm) parm;
	__typeof__(&del_curterm) del;
	TERMINAL **current;
} ti;

static int find(void *to, const char *name)
{
	void *at = dlsym(ti.handle, name);

	memcpy(to, &at, sizeof(at));
	return at != NULL;
}

static int load_library(void)
{
	if (ti.handle)
		return 0;
	ti.handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!ti.handle)
		return err_set(E_CONFIG, _("%s is missing: install libtinfo6"),
			LIBRARY);
	if (find(&ti.setup, "setupterm") && find(&ti.str, "tigetstr") &&
		find(&ti.num, "tigetnum") && find(&ti.flag, "tigetflag") &&
		find(&ti.parm, "tiparm") && find(&ti.del, "del_curterm") &&
		find(&ti.current, "cur_term"))
		return 0;
	dlclose(ti.handle);
	ti.handle = NULL;
	return err_set(E_CONFIG, _("%s is not the one expected"), LIBRARY);
}

/* --- what it says --------------------------------------------------------- */

/* The library asks for strings that can be changed, and changes none. */
static char *name_arg(const char *name)
{
	return (char *)(uintptr_t)name;
}

static char *cap_string(const char *name)
{
	char *s = ti.str(name_arg(name));

	return !s || s == (char *)-1 ? NULL : without_padding(s);
}

static int starts(const char *s, const char *with)
{
	return s && !strncmp(s, with, strlen(with));
}

static int has_truecolor(const char *term)
{
	const char *s = getenv("COLORTERM"), *dash = strrchr(term, '-');

	if (s && (!strcmp(s, "truecolor") || !strcmp(s, "24bit")))
		return 1;
	return (dash && !strcmp(dash, "-direct")) ||
	       ti.flag(name_arg("RGB")) > 0 || ti.flag(name_arg("Tc")) > 0;
}

static void read_caps(struct caps *c, const char *term)
{
	char *s;
	int i;

	for (i = 0; i < CAP_COUNT; i++)
		c->s[i] = cap_string(names[i]);
	c->ansi = starts(c->s[CAP_CUP], "\033[%i%p1%d;%p2%dH");
	c->colors = ti.num(name_arg("colors"));
	c->bce = ti.flag(name_arg("bce")) > 0;
	c->auto_wrap =
		ti.flag(name_arg("am")) > 0 && ti.flag(name_arg("xenl")) <= 0;
	c->truecolor = has_truecolor(term);
	c->known = known_of(term);
	s = cap_string("rep");
	c->rep = s && !strcmp(s, "%p1%c\033[%p2%{1}%-%db") ? REP_ASCII
							   : REP_NONE;
	free(s);
	s = cap_string("cud1");
	c->down_lf = s && !strcmp(s, "\n");
	free(s);
}

static int no_terminal(const char *term)
{
	char *shown = text_gate_dup(term, GATE_LINE);
	int rc = err_set(E_INPUT,
		_("the terminal \"%s\" (TERM) cannot be drawn on; --linear "
		  "gives plain lines, `galley ls` and the other commands work "
		  "everywhere"),
		shown);

	free(shown);
	return rc;
}

int caps_load(struct caps *c, const char *term, int fd)
{
	char *name;
	int err, usable;

	memset(c, 0, sizeof(*c));
	if (strlen(term) > 64 || strchr(term, '/'))
		return no_terminal(term);
	err = load_library();
	if (err < 0)
		return err;
	name = xstrdup(term);
	err = ti.setup(name, fd, &usable);
	free(name);
	if (err != OK)
		return no_terminal(term);
	c->library = *ti.current;
	read_caps(c, term);
	if (!c->s[CAP_CUP] || !c->s[CAP_CLEAR]) {
		caps_free(c);
		return no_terminal(term);
	}
	return 0;
}

void caps_free(struct caps *c)
{
	int i;

	for (i = 0; i < CAP_COUNT; i++)
		FREE(&c->s[i]);
	if (c->library)
		ti.del(c->library);
	c->library = NULL;
}

void cap_add(struct buf *out, const struct caps *c, enum cap cap)
{
	if (c->s[cap])
		buf_adds(out, c->s[cap]);
}

void cap_add1(struct buf *out, const struct caps *c, enum cap cap, int a)
{
	cap_add2(out, c, cap, a, 0);
}

void cap_add2(struct buf *out, const struct caps *c, enum cap cap, int a, int b)
{
	const char *s = c->s[cap] ? ti.parm(c->s[cap], a, b) : NULL;

	if (s)
		buf_adds(out, s);
}
