/* SPDX-License-Identifier: MIT */
/*
 * A real terminal: raw mode, one write a frame, signals, sizes, questions. It
 * never blocks on input and asks the kernel for nothing while nothing happens.
 * Questions (how wide are these glyphs, which background) are sent when
 * somebody listens and answered when they are answered: no start waits for
 * them.
 */
#include "term_priv.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"

#define RESIZE_MS 33 /* thirty a second */
#define KEY_MS	  25
#define LONG_MS	  2000

enum question {
	ASK_BORDER,
	ASK_BLOCK,
	ASK_BRAILLE,
	ASK_AMBIGUOUS,
	ASK_REPEAT, /* of those that say that they repeat */
	ASK_GLYPHS
};

struct tty {
	struct term t;
	int in, out;
	const struct clock *clock;
	struct caps caps;
	struct painter *painter;
	struct key_parser *keys;
	struct termios was;
	int active; /* the terminal is ours now */
	int in_gone, out_gone;
	int mouse;
	int in_tmux;
	int titled;
	int err_fd, real_err; /* stderr is kept there meanwhile; -1 */
	int64_t fed_ms;	      /* when the last bytes came */
	int64_t sized_ms;     /* when the last UI_RESIZE was given */
	int resize;	      /* one is due */
	int cooked; /* so many bytes to read had come before raw mode */
	int told_end;
	int probe;  /* not asked yet: somebody has to listen first */
	int asking; /* an enum question, ASK_GLYPHS: no more */
};

static struct tty *of(const struct term *t);

static int64_t now(const struct tty *v)
{
	return clock_mono_ms(v->clock);
}

/* --- writing -----------------------------------------------------------------
 */

static void put(struct tty *v, const char *s, size_t len)
{
	struct pollfd p = {.fd = v->out, .events = POLLOUT};
	ssize_t n;

	v->t.bytes += len;
	while (len && !v->out_gone) {
		n = write(v->out, s, len);
		if (n >= 0) {
			s += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			poll(&p, 1, -1);
		} else if (errno != EINTR) {
			v->out_gone = v->t.ended = 1;
		}
	}
}

static void put_buf(struct tty *v, struct buf *b)
{
	if (b->len)
		put(v, b->p, b->len);
	buf_fini(b);
}

/* --- modes -------------------------------------------------------------------
 */

static void add_enter(const struct tty *v, struct buf *b)
{
	cap_add(b, &v->caps, CAP_ENTER_ALT);
	cap_add(b, &v->caps, CAP_LOCAL_KEYS);
	cap_add(b, &v->caps, CAP_WRAP_OFF);
	if (!(v->caps.known & KNOWN_XTERM))
		return;
	buf_adds(b, "\033[?1004h\033[?2004h");
	if (v->mouse)
		buf_adds(b, "\033[?1000h\033[?1002h\033[?1006h");
}

static void add_leave(const struct tty *v, struct buf *b)
{
	if (v->t.facts.sync_output)
		buf_adds(b, "\033[?2026l");
	if (v->t.facts.hyperlinks)
		buf_adds(b, "\033]8;;\033\\");
	if (v->caps.known & KNOWN_XTERM) {
		if (v->mouse)
			buf_adds(b, "\033[?1006l\033[?1002l\033[?1000l");
		buf_adds(b, "\033[?2004l\033[?1004l");
	}
	if (v->titled)
		buf_adds(b, "\033[23;2t");
	cap_add(b, &v->caps, CAP_RESET);
	cap_add(b, &v->caps, CAP_WRAP_ON);
	cap_add(b, &v->caps, CAP_SHOW);
	cap_add(b, &v->caps, CAP_LEAVE_ALT);
}

static void arm(struct tty *v)
{
	struct buf b = BUF_INIT;

	add_leave(v, &b);
	rescue_arm(v->out, &v->was, buf_str(&b), b.len, v->err_fd);
	buf_fini(&b);
}

/* Every byte as it comes: Ctrl-C, Ctrl-S and Ctrl-Z are keys. */
static void make_raw(struct tty *v)
{
	struct termios raw = v->was;

	raw.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR |
				   IGNCR | ICRNL | IXON | IXOFF);
	raw.c_oflag &= ~(tcflag_t)OPOST;
	raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	raw.c_cflag &= ~(tcflag_t)(CSIZE | PARENB);
	raw.c_cflag |= CS8;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	(void)tcsetattr(v->in, TCSANOW, &raw);
}

/* What libraries write to stderr would spoil the picture; it is kept and shown
 * when the screen is the shell's again. */
static void keep_stderr(struct tty *v)
{
	if (!isatty(STDERR_FILENO))
		return;
	v->err_fd = memfd_create("galley-stderr", MFD_CLOEXEC);
	if (v->err_fd < 0)
		return;
	v->real_err = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (v->real_err >= 0)
		dup2(v->err_fd, STDERR_FILENO);
}

static void release_stderr(struct tty *v)
{
	if (v->real_err >= 0) {
		dup2(v->real_err, STDERR_FILENO);
		close(v->real_err);
	}
	if (v->err_fd >= 0) {
		rescue_copy(v->err_fd, STDERR_FILENO);
		close(v->err_fd);
	}
	v->err_fd = v->real_err = -1;
}

static void set_size(struct tty *v)
{
	struct winsize ws = {0};

	if (ioctl(v->out, TIOCGWINSZ, &ws) || !ws.ws_col || !ws.ws_row) {
		ws.ws_col = 80;
		ws.ws_row = 24;
	}
	v->t.w = ws.ws_col > 1000 ? 1000 : ws.ws_col;
	v->t.h = ws.ws_row > 1000 ? 1000 : ws.ws_row;
}

static void tty_enter(struct term *t)
{
	struct tty *v = of(t);
	struct buf b = BUF_INIT;

	if (v->active)
		return;
	v->active = 1;
	keep_stderr(v);
	/* armed before the first byte: dying in between must leave too */
	arm(v);
	make_raw(v);
	if (ioctl(v->in, FIONREAD, &v->cooked) < 0)
		v->cooked = 0;
	add_enter(v, &b);
	put_buf(v, &b);
	painter_forget(v->painter);
	v->resize = 1;
	v->sized_ms = now(v) - RESIZE_MS;
}

static void tty_leave(struct term *t)
{
	struct tty *v = of(t);
	struct buf b = BUF_INIT;

	if (!v->active)
		return;
	add_leave(v, &b);
	put_buf(v, &b);
	/* what was typed in haste is not for the shell, nor late answers */
	(void)tcflush(v->in, TCIFLUSH);
	(void)tcsetattr(v->in, TCSANOW, &v->was);
	rescue_disarm();
	release_stderr(v);
	v->titled = 0;
	v->active = 0;
}

static void tty_suspend(struct term *t)
{
	struct tty *v = of(t);
	int was_active = v->active;

	tty_leave(t);
	rescue_stop();
	/* the shell may have changed them */
	(void)tcgetattr(v->in, &v->was);
	if (was_active)
		tty_enter(t);
}

/* Stopped by what cannot be caught, then continued. */
static void come_back(struct tty *v)
{
	struct buf b = BUF_INIT;

	if (!v->active)
		return;
	make_raw(v);
	add_enter(v, &b);
	put_buf(v, &b);
	painter_forget(v->painter);
	v->resize = 1;
	v->sized_ms = now(v) - RESIZE_MS;
}

/* --- questions ---------------------------------------------------------------
 */

/* Each of them is written, and where the cursor is then says how wide it is. */
static const char *const samples[ASK_GLYPHS] = {
	[ASK_BORDER] = "\xe2\x94\x80",	/* U+2500 */
	[ASK_BLOCK] = "\xe2\x96\x85",	/* U+2585 */
	[ASK_BRAILLE] = "\xe2\xa3\xbf", /* U+28FF */
	[ASK_AMBIGUOUS] = "\xc2\xa7",	/* U+00A7 */
	[ASK_REPEAT] = "\xe2\x94\x80\033[2b",
};

static void ask(struct tty *v)
{
	struct buf b = BUF_INIT;
	int i, n = v->caps.rep ? ASK_GLYPHS : ASK_REPEAT;

	v->probe = v->asking = 0;
	key_parser_expect(v->keys, n);
	cap_add2(&b, &v->caps, CAP_CUP, 0, 0);
	for (i = 0; i < n; i++)
		buf_addf(&b, "\r%s\033[6n", samples[i]);
	buf_adds(&b, "\r");
	cap_add(&b, &v->caps, CAP_EL);
	if (v->caps.known & KNOWN_MODES)
		buf_adds(&b, "\033[?2026$p");
	if (v->caps.known & KNOWN_STRINGS)
		buf_adds(&b, "\033]11;?\033\\");
	put_buf(v, &b);
}

static void take_width(struct tty *v, int cells)
{
	struct term_facts *f = &v->t.facts;

	switch (v->asking++) {
	case ASK_BORDER:
		f->glyphs.border = cells == 1 ? BORDER_LINE : BORDER_ASCII;
		break;
	case ASK_BLOCK:
		f->glyphs.blocks = cells == 1;
		break;
	case ASK_BRAILLE:
		f->glyphs.braille = cells == 1;
		break;
	case ASK_AMBIGUOUS:
		if (cells == 1 || cells == 2)
			f->ambiguous_cells = cells;
		utf8_ambiguous_cells = f->ambiguous_cells;
		break;
	case ASK_REPEAT:
		if (v->caps.rep && cells == 3)
			v->caps.rep = REP_ALL;
		break;
	}
}

/* Source of the weights: ITU-R BT.601. */
static int is_dark(const int rgb[3])
{
	return 299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] < 127500;
}

static void take_answer(struct tty *v, const struct term_answer *a)
{
	switch (a->kind) {
	case ANSWER_CURSOR:
		if (v->asking < ASK_GLYPHS)
			take_width(v, a->v[1] - 1);
		break;
	case ANSWER_BG:
		v->t.facts.dark = is_dark(a->v);
		break;
	case ANSWER_MODE:
		if (a->v[0] == 2026 && a->v[1] >= 1 && a->v[1] <= 3)
			v->t.facts.sync_output = 1;
		break;
	case ANSWER_DA:
		break;
	}
}

static int same_facts(const struct term_facts *a, const struct term_facts *b)
{
	return a->glyphs.border == b->glyphs.border &&
	       a->glyphs.blocks == b->glyphs.blocks &&
	       a->glyphs.braille == b->glyphs.braille &&
	       a->ambiguous_cells == b->ambiguous_cells && a->dark == b->dark &&
	       a->sync_output == b->sync_output;
}

static void take_answers(struct tty *v)
{
	struct term_facts before = v->t.facts;
	struct term_answer a;
	int any = 0;

	while (key_parser_answer(v->keys, &a)) {
		take_answer(v, &a);
		any = 1;
	}
	if (!any || same_facts(&before, &v->t.facts))
		return;
	if (v->active)
		arm(v);
	painter_forget(v->painter);
	v->resize = 1;
}

/* --- events ------------------------------------------------------------------
 */

static void take_signals(struct tty *v)
{
	unsigned came = rescue_take();

	if (came & RESCUE_END)
		v->t.ended = 1;
	if (came & RESCUE_WINCH) {
		/* what was cut off meanwhile is lost, even when the size is
		 * what it was */
		painter_forget(v->painter);
		v->resize = 1;
	}
	if (came & RESCUE_STOP)
		tty_suspend(&v->t);
	else if (came & RESCUE_CONT)
		come_back(v);
}

/* What was typed before the keys were ours, as termios(3) had it changed: Enter
 * has become a line feed. */
static void uncook(struct tty *v, char *b, ssize_t n)
{
	ssize_t i;

	for (i = 0; i < n && v->cooked > 0; i++, v->cooked--)
		if (b[i] == '\n')
			b[i] = '\r';
}

static void take_input(struct tty *v)
{
	char b[4096];
	ssize_t n = read(v->in, b, sizeof(b));

	if (n > 0) {
		uncook(v, b, n);
		v->fed_ms = now(v);
		key_parser_feed(v->keys, b, (size_t)n);
		take_answers(v);
	} else if (!n || (errno != EINTR && errno != EAGAIN)) {
		v->in_gone = v->t.ended = 1;
	}
}

static void take_in(struct tty *v)
{
	struct pollfd p[2] = {{.fd = rescue_fd(), .events = POLLIN},
		{.fd = v->active && !v->in_gone ? v->in : -1,
			.events = POLLIN}};

	if (poll(p, 2, 0) <= 0)
		return;
	if (p[0].revents)
		take_signals(v);
	if (p[1].revents && v->active)
		take_input(v);
}

static int key_wait(const struct tty *v)
{
	int kind = key_parser_waits(v->keys);

	return !kind ? -1 : kind == 1 ? KEY_MS : LONG_MS;
}

static int until(const struct tty *v, int64_t from, int ms)
{
	int64_t left = from + ms - now(v);

	return left < 0 ? 0 : left > ms ? ms : (int)left;
}

static int take_resize(struct tty *v, struct ui_event *out)
{
	if (!v->resize || until(v, v->sized_ms, RESIZE_MS))
		return 0;
	v->resize = 0;
	v->sized_ms = now(v);
	set_size(v);
	*out = (struct ui_event){.kind = UI_RESIZE};
	return 1;
}

static int take_end(struct tty *v, struct ui_event *out)
{
	if (!v->t.ended || v->told_end)
		return 0;
	v->told_end = 1;
	*out = (struct ui_event){.kind = UI_EOF};
	return 1;
}

static int tty_event(struct term *t, struct ui_event *out)
{
	struct tty *v = of(t);
	int ms;

	if (v->probe && v->active)
		ask(v);
	if (key_parser_next(v->keys, out))
		return 1;
	take_in(v);
	if (take_resize(v, out) || key_parser_next(v->keys, out))
		return 1;
	ms = key_wait(v);
	if (ms >= 0 && !until(v, v->fed_ms, ms)) {
		key_parser_flush(v->keys);
		if (key_parser_next(v->keys, out))
			return 1;
	}
	return take_end(v, out);
}

static int tty_wait(const struct term *t)
{
	const struct tty *v = of(t);
	int ms = -1, key = key_wait(v), left;

	if (v->t.ended && !v->told_end)
		return 0;
	if (v->resize)
		ms = until(v, v->sized_ms, RESIZE_MS);
	if (key >= 0) {
		left = until(v, v->fed_ms, key);
		if (ms < 0 || left < ms)
			ms = left;
	}
	return ms;
}

static int tty_fds(const struct term *t, int *fds, int max)
{
	const struct tty *v = of(t);
	int n = 0;

	if (n < max)
		fds[n++] = rescue_fd();
	if (n < max && v->active && !v->in_gone)
		fds[n++] = v->in;
	return n;
}

/* --- the rest ----------------------------------------------------------------
 */

static void tty_show(struct term *t, const struct grid *g, int x, int y)
{
	struct tty *v = of(t);
	struct buf b = BUF_INIT;

	if (!v->active)
		return;
	painter_show(v->painter, g, x, y, &b);
	put_buf(v, &b);
}

static void tty_redraw(struct term *t)
{
	painter_forget(of(t)->painter);
}

static void tty_set_theme(struct term *t, const struct theme *theme)
{
	painter_set_theme(of(t)->painter, theme);
}

static void tty_bell(struct term *t)
{
	struct tty *v = of(t);
	struct buf b = BUF_INIT;

	if (!v->active)
		return;
	cap_add(&b, &v->caps, CAP_BELL);
	put_buf(v, &b);
}

/* RFC 4648. */
static void add_base64(struct buf *b, const char *s, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t v;
	size_t i, k, n;

	for (i = 0; i < len; i += 3) {
		n = len - i < 3 ? len - i : 3;
		for (v = 0, k = 0; k < 3; k++)
			v = v << 8 | (k < n ? (unsigned char)s[i + k] : 0);
		for (k = 0; k < 4; k++)
			buf_addc(b,
				k > n ? '=' : digits[v >> (18 - 6 * k) & 63]);
	}
}

static void tty_copy(struct term *t, const char *text, size_t len)
{
	struct tty *v = of(t);
	struct buf b = BUF_INIT;

	if (!v->active || !(v->caps.known & KNOWN_STRINGS))
		return;
	buf_adds(&b, "\033]52;c;");
	add_base64(&b, text, len);
	buf_adds(&b, "\033\\");
	put_buf(v, &b);
}

static void add_notice(struct buf *b, enum notify_by by, const char *text)
{
	const char *s;

	switch (by) {
	case NOTIFY_OSC9:
		/* what begins with a number is a command to some */
		buf_addf(b, "\033]9;galley: %s\033\\", text);
		break;
	case NOTIFY_OSC777:
		buf_adds(b, "\033]777;notify;galley;");
		for (s = text; *s; s++) /* a semicolon ends a field */
			buf_addc(b, *s == ';' ? ',' : *s);
		buf_adds(b, "\033\\");
		break;
	case NOTIFY_OSC99:
		buf_adds(b, "\033]99;i=galley:d=0;galley\033\\"
			    "\033]99;i=galley:p=body:e=1;");
		add_base64(b, text, strlen(text));
		buf_adds(b, "\033\\");
		break;
	case NOTIFY_AUTO:
	case NOTIFY_NONE:
		break;
	}
}

/* What tmux holds back is a bell at least: that it hands on, or marks the
 * window with. */
static void notify_through(struct tty *v, const char *text)
{
	enum notify_by by = v->t.facts.notify, known = NOTIFY_NONE;
	struct buf b = BUF_INIT;

	if (by == NOTIFY_NONE)
		return;
	if (tmux_passes(&known))
		add_notice(&b, by == NOTIFY_AUTO ? known : by, text);
	if (b.len)
		tmux_wrap(&b);
	else
		cap_add(&b, &v->caps, CAP_BELL);
	put_buf(v, &b);
}

static void tty_notify(struct term *t, const char *text)
{
	struct tty *v = of(t);
	struct buf b = BUF_INIT;

	if (!v->active)
		return;
	if (v->in_tmux) {
		notify_through(v, text);
		return;
	}
	add_notice(&b, v->t.facts.notify, text);
	put_buf(v, &b);
}

static void tty_title(struct term *t, const char *text)
{
	struct tty *v = of(t);
	struct buf b = BUF_INIT;

	if (!v->active || !(v->caps.known & KNOWN_XTERM))
		return;
	if (!v->titled) {
		v->titled = 1;
		arm(v);
		buf_adds(&b, "\033[22;2t");
	}
	buf_addf(&b, "\033]2;%s\033\\", text);
	put_buf(v, &b);
}

static void tty_close(struct term *t)
{
	struct tty *v = of(t);

	tty_leave(t);
	rescue_fini();
	painter_free(v->painter);
	key_parser_free(v->keys);
	caps_free(&v->caps);
	free(v);
}

static const struct term_kind tty_kind = {
	.close = tty_close,
	.set_theme = tty_set_theme,
	.show = tty_show,
	.redraw = tty_redraw,
	.fds = tty_fds,
	.event = tty_event,
	.wait_ms = tty_wait,
	.bell = tty_bell,
	.copy = tty_copy,
	.notify = tty_notify,
	.title = tty_title,
	.leave = tty_leave,
	.enter = tty_enter,
	.suspend = tty_suspend,
};

static struct tty *of(const struct term *t)
{
	assert(t->kind == &tty_kind);
	return (struct tty *)(uintptr_t)t;
}

static enum depth depth_of(const struct caps *c, const struct term_opts *o)
{
	const char *no_color = getenv("NO_COLOR");

	if (o->no_color || (no_color && *no_color) || c->colors < 8)
		return DEPTH_NONE;
	if (c->truecolor && c->ansi)
		return DEPTH_TRUE;
	return c->colors >= 256 ? DEPTH_256 : DEPTH_16;
}

/* rxvt and konsole say it as "15;0": dark when the last number is. */
static int dark_by_environment(void)
{
	const char *s = getenv("COLORFGBG"), *last = s ? strrchr(s, ';') : NULL;
	int v;

	if (!last || last[1] < '0' || last[1] > '9')
		return -1;
	v = atoi(last + 1);
	return v <= 6 || v == 8;
}

static struct term_facts facts_of(
	const struct caps *c, const struct term_opts *o)
{
	int line = o->border == BORDER_LINE;

	return (struct term_facts){
		.depth = depth_of(c, o),
		.glyphs = {.border = o->border,
			.blocks = line,
			.braille = line},
		.ambiguous_cells = utf8_ambiguous_cells,
		.dark = dark_by_environment(),
		.hyperlinks = !!(c->known & KNOWN_LINKS),
		.sync_output = !!(c->known & KNOWN_SYNC),
		.bracketed_paste = !!(c->known & KNOWN_XTERM),
		.notify = notify_known(c->known),
	};
}

static int no_tty(void)
{
	return err_set(E_INPUT,
		_("there is no terminal to draw on; --linear gives plain "
		  "lines, `galley ls` and the other commands need none"));
}

static int check_tty(const struct term_opts *o, struct termios *was)
{
	if (!isatty(o->in_fd) || !isatty(o->out_fd) || tcgetattr(o->in_fd, was))
		return no_tty();
	return 0;
}

int term_open(const struct term_opts *o, struct term **out)
{
	const char *name = o->term ? o->term : getenv("TERM");
	struct termios was;
	struct caps caps;
	struct tty *v;
	int rc = check_tty(o, &was);

	if (rc)
		return rc;
	if (!name || !*name)
		return err_set(E_INPUT,
			_("TERM is not set, so galley cannot draw; `galley ls` "
			  "and the other commands work without it"));
	rc = caps_load(&caps, name, o->out_fd);
	if (rc)
		return rc;
	v = xcalloc(1, sizeof(*v));
	v->t = (struct term){.kind = &tty_kind, .facts = facts_of(&caps, o)};
	v->in = o->in_fd;
	v->out = o->out_fd;
	v->clock = o->clock ? o->clock : clock_system();
	v->caps = caps;
	v->was = was;
	v->mouse = o->mouse;
	v->in_tmux = tmux_around(name);
	if (v->in_tmux) /* who is in front of it is seen then */
		v->t.facts.notify = NOTIFY_AUTO;
	v->err_fd = v->real_err = -1;
	v->asking = ASK_GLYPHS;
	v->painter = painter_new(&v->caps, &v->t.facts);
	v->keys = key_parser_new();
	set_size(v);
	rescue_init();
	tty_enter(&v->t);
	v->resize = 0; /* the caller asks for the size anyway */
	v->probe = o->probe && (v->caps.known & KNOWN_CPR);
	*out = &v->t;
	return 0;
}
