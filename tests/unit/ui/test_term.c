/* SPDX-License-Identifier: MIT */
/*
 * The terminal on a pty: what its bytes mean to an emulator (libvterm), how
 * many they are, what is left after every kind of death, suspend, sizes,
 * questions.
 */
#include "galley/ui/term.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <vterm.h>

#include "galley/base/mem.h"
#include "galley/base/rnd.h"
#include "galley/base/utf8.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* --- a pty whose output is read by a thread ----------------------------------
 */

struct pty {
	int master, slave;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct buf out;
	int ended;
	struct termios before;
};

static void *read_all(void *arg)
{
	struct pty *p = arg;
	char b[4096];
	ssize_t n;

	do {
		n = read(p->master, b, sizeof(b));
		pthread_mutex_lock(&p->lock);
		if (n > 0)
			buf_add(&p->out, b, (size_t)n);
		else
			p->ended = 1;
		pthread_cond_broadcast(&p->more);
		pthread_mutex_unlock(&p->lock);
	} while (n > 0);
	return NULL;
}

static void pty_size(struct pty *p, int w, int h)
{
	struct winsize ws = {
		.ws_col = (unsigned short)w, .ws_row = (unsigned short)h};

	assert_int_equal(ioctl(p->master, TIOCSWINSZ, &ws), 0);
}

static void pty_open(struct pty *p, int w, int h)
{
	char name[64];

	memset(p, 0, sizeof(*p));
	p->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(p->master >= 0);
	assert_int_equal(grantpt(p->master), 0);
	assert_int_equal(unlockpt(p->master), 0);
	assert_int_equal(ptsname_r(p->master, name, sizeof(name)), 0);
	p->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(p->slave >= 0);
	pty_size(p, w, h);
	assert_int_equal(tcgetattr(p->slave, &p->before), 0);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	pthread_create(&p->thread, NULL, read_all, p);
}

/* No more comes: the last slave is closed. */
static void pty_finish(struct pty *p)
{
	if (p->slave < 0)
		return;
	close(p->slave);
	p->slave = -1;
	pthread_join(p->thread, NULL);
}

static void pty_close(struct pty *p)
{
	pty_finish(p);
	close(p->master);
	buf_fini(&p->out);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->more);
}

/* Until so many bytes have come in all; the offset of the first new one. */
static void pty_wait(struct pty *p, uint64_t bytes)
{
	pthread_mutex_lock(&p->lock);
	while (p->out.len < bytes && !p->ended)
		pthread_cond_wait(&p->more, &p->lock);
	pthread_mutex_unlock(&p->lock);
	assert_int_equal(p->out.len, bytes);
}

static void pty_type(struct pty *p, const char *s)
{
	assert_int_equal(write(p->master, s, strlen(s)), strlen(s));
}

static int same_modes(const struct pty *p)
{
	struct termios t;

	assert_int_equal(tcgetattr(p->master, &t), 0);
	return t.c_iflag == p->before.c_iflag &&
	       t.c_oflag == p->before.c_oflag &&
	       t.c_lflag == p->before.c_lflag &&
	       t.c_cflag == p->before.c_cflag &&
	       !memcmp(t.c_cc, p->before.c_cc, sizeof(t.c_cc));
}

static int64_t virtual_ms;
static int64_t read_clock(void *u)
{
	(void)u;
	return virtual_ms;
}
static const struct clock clock_virtual = {
	.now_ms = read_clock, .mono_ms = read_clock};

static struct term *open_term(struct pty *p, const char *name, int probe)
{
	struct term_opts o = {.in_fd = p->slave,
		.out_fd = p->slave,
		.term = name,
		.mouse = 1,
		.probe = probe,
		.border = BORDER_LINE,
		.clock = &clock_virtual};
	struct term *t;

	assert_int_equal(term_open(&o, &t), 0);
	return t;
}

/* --- what the bytes mean
 * ------------------------------------------------------ */

struct emulator {
	VTerm *vt;
	VTermScreen *screen;
	size_t fed;
};

static void emulator_open(struct emulator *e, int w, int h)
{
	e->vt = vterm_new(h, w);
	vterm_set_utf8(e->vt, 1);
	e->screen = vterm_obtain_screen(e->vt);
	vterm_screen_enable_altscreen(e->screen, 1);
	vterm_screen_reset(e->screen, 1);
	e->fed = 0;
}

static void emulator_feed(struct emulator *e, struct pty *p, struct term *t)
{
	pty_wait(p, term_bytes(t));
	vterm_input_write(e->vt, p->out.p + e->fed, p->out.len - e->fed);
	e->fed = p->out.len;
}

/* As the emulator has it: -1, a number, or COLOR_RGB and three bytes. */
static int32_t color_of(const VTermColor *c, int is_default)
{
	if (is_default)
		return COLOR_DEFAULT;
	if (VTERM_COLOR_IS_INDEXED(c))
		return c->indexed.idx;
	return COLOR_RGB | c->rgb.red << 16 | c->rgb.green << 8 | c->rgb.blue;
}

static void text_of(const VTermScreenCell *v, struct buf *b)
{
	char t[4];
	int i;

	buf_reset(b);
	for (i = 0; i < VTERM_MAX_CHARS_PER_CELL && v->chars[i]; i++)
		buf_add(b, t, utf8_encode(v->chars[i], t));
	if (!b->len)
		buf_addc(b, ' ');
}

/* Compares one cell; the emulator knows no dim. */
static const char *difference(const struct cell *c, const VTermScreenCell *v,
	struct look want, struct buf *b)
{
	int blank = c->len == 1 && c->t[0] == ' ';
	int seen = !blank || (want.attrs & (LOOK_REVERSE | LOOK_UNDER));

	text_of(v, b);
	if (b->len != c->len || memcmp(b->p, c->t, c->len) != 0)
		return "text";
	if (v->width != c->width)
		return "width";
	if (color_of(&v->bg, VTERM_COLOR_IS_DEFAULT_BG(&v->bg)) != want.bg)
		return "background";
	if (!!v->attrs.reverse != !!(want.attrs & LOOK_REVERSE))
		return "reverse";
	if (!!v->attrs.underline != !!(want.attrs & LOOK_UNDER))
		return "underline";
	if (!seen)
		return NULL;
	if (color_of(&v->fg, VTERM_COLOR_IS_DEFAULT_FG(&v->fg)) != want.fg)
		return "colour";
	if (blank)
		return NULL;
	if (!!v->attrs.bold != !!(want.attrs & LOOK_BOLD))
		return "bold";
	return !!v->attrs.italic != !!(want.attrs & LOOK_ITALIC) ? "italic"
								 : NULL;
}

/* The console has eight colours; bold makes them bright. */
static struct look look_on(const char *term, struct look l)
{
	if (!strcmp(term, "linux") && l.fg > 7) {
		l.fg -= 8;
		l.attrs |= LOOK_BOLD;
	}
	if (!strcmp(term, "linux") && l.bg > 7)
		l.bg -= 8;
	return l;
}

static void compare(struct emulator *e, const struct grid *g,
	const struct theme *theme, enum depth d, const char *term,
	const char *when)
{
	struct buf b = BUF_INIT;
	VTermScreenCell v;
	const struct cell *c;
	const char *what;
	VTermPos pos;

	for (pos.row = 0; pos.row < g->h; pos.row++) {
		for (pos.col = 0; pos.col < g->w; pos.col += c->width) {
			c = grid_get(g, pos.col, pos.row);
			memset(&v, 0, sizeof(v));
			vterm_screen_get_cell(e->screen, pos, &v);
			what = difference(c, &v,
				look_on(term, theme_look(theme, c->style, d)),
				&b);
			if (what)
				fail_msg("%s: %s differs at %d,%d of %dx%d: "
					 "\"%.*s\", shown \"%s\"",
					when, what, pos.col, pos.row, g->w,
					g->h, (int)c->len, c->t, buf_str(&b));
		}
	}
	buf_fini(&b);
}

/* --- random grids
 * -------------------------------------------------------------- */

static unsigned random_style(struct rnd *r)
{
	unsigned s = (unsigned)rnd_below(r, ST_COUNT);

	if (rnd_chance(r, 1, 4))
		s |= ST_ON_CURSOR;
	if (rnd_chance(r, 1, 6))
		s |= ST_ON_MARK;
	if (rnd_chance(r, 1, 8))
		s |= ST_BOLD;
	if (rnd_chance(r, 1, 8))
		s |= ST_UNDER;
	return s;
}

static void random_text(struct rnd *r, struct canvas *c)
{
	static const char *const texts[] = {"T-8812", "refund", "退款", "李娜",
		"é", "e\xcc\x81t", "  ", "               ", "x              y",
		"----------------------", "───────────────────────", "████▅▅▁",
		"⠀⣿⡇", "§°±§", "カナ", "한글", "aaaaaaaaaaaa", "。，！", "…"};
	int x = (int)rnd_below(r, (uint64_t)c->w + 4) - 3;
	int y = (int)rnd_below(r, (uint64_t)c->h);
	const char *s = texts[rnd_below(r, ARRAY_SIZE(texts))];

	if (rnd_chance(r, 1, 6))
		canvas_link(c, x, y, random_style(r), s,
			rnd_chance(r, 1, 2) ? "https://a.example/x"
					    : "https://b.example/\033bad");
	else
		canvas_text(c, x, y, random_style(r), s);
}

static void random_change(struct rnd *r, struct canvas *c)
{
	int x = (int)rnd_below(r, (uint64_t)c->w);
	int y = (int)rnd_below(r, (uint64_t)c->h);
	int w = (int)rnd_below(r, (uint64_t)c->w) + 1;

	switch (rnd_below(r, 12)) {
	case 0:
		canvas_clear(c, random_style(r));
		break;
	case 1:
		canvas_fill(c, x, y, w, 2, random_style(r));
		break;
	case 2:
		canvas_tint(c, x, y, w, ST_ON_CURSOR);
		break;
	case 3:
		canvas_restyle(c, x, y, w, ST_FIND);
		break;
	case 4:
		canvas_text(c, c->w - 1, c->h - 1, random_style(r), "#");
		break;
	case 5:
		canvas_hline(c, x, y, w, ST_FRAME);
		break;
	default:
		random_text(r, c);
	}
}

/* The emulator reads 16 characters at a time and loses a mark on the last
 * column when its letter came before. */
static void no_marks_at_the_edge(struct grid *g)
{
	const struct cell *c;
	int y;

	for (y = 0; y < g->h; y++) {
		c = grid_get(g, g->w - 1, y);
		if (c->len == 3 && c->t[0] == 'e')
			grid_put(g, g->w - 1, y, "e", 1, 1, c->style, c->link);
	}
}

/* One terminal and theme; many frames of one random run. */
static void play(const char *name, const char *theme_name, uint64_t seed)
{
	static const struct glyphs lines = {.border = BORDER_LINE};
	int w = 40, h = 9, frame, n, x, y;
	struct theme *theme;
	struct emulator e;
	struct canvas c;
	struct term *t;
	struct grid *g;
	struct pty p;
	struct rnd r;
	VTermPos at;
	char when[64];

	rnd_seed(&r, seed);
	pty_open(&p, w, h);
	t = open_term(&p, name, 0);
	assert_int_equal(theme_load(theme_name, &theme), 0);
	term_set_theme(t, theme);
	emulator_open(&e, w, h);
	g = grid_new(w, h);
	for (frame = 0; frame < 60; frame++) {
		if (frame % 10 == 9) {
			w = frame == 9	  ? 1
			    : frame == 19 ? 2
					  : 1 + (int)rnd_below(&r, 70);
			h = frame < 20 ? 1 : 1 + (int)rnd_below(&r, 20);
			grid_resize(g, w, h);
			vterm_set_size(e.vt, h, w);
			if (frame % 20 == 9)
				term_redraw(t);
		}
		c = canvas_of(g, &lines);
		for (n = (int)rnd_below(&r, 20); n; n--)
			random_change(&r, &c);
		no_marks_at_the_edge(g);
		x = (int)rnd_below(&r, (uint64_t)w);
		y = (int)rnd_below(&r, (uint64_t)h);
		term_show(t, g, x, y);
		emulator_feed(&e, &p, t);
		snprintf(when, sizeof(when), "%s, %s, seed %d, frame %d", name,
			theme_name, (int)seed, frame);
		compare(&e, g, theme, term_facts(t)->depth, name, when);
		vterm_state_get_cursorpos(vterm_obtain_state(e.vt), &at);
		assert_int_equal(at.col, x);
		assert_int_equal(at.row, y);
		/* the same again is nothing */
		term_show(t, g, x, y);
		assert_int_equal(term_bytes(t), p.out.len);
	}
	term_close(t);
	vterm_free(e.vt);
	theme_free(theme);
	grid_free(g);
	pty_close(&p);
}

static void an_emulator_shows_the_grid(void **state)
{
	static const char *const terms[] = {
		"xterm-256color", "xterm", "linux", "screen-256color", "tmux"};
	static const char *const themes[] = {"dark", "light", "mono", "safe"};
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= 40; seed++)
		play(terms[seed % 5], themes[seed / 5 % 4], seed);
	setenv("COLORTERM", "truecolor", 1);
	for (seed = 41; seed <= 48; seed++)
		play("xterm-256color", seed % 2 ? "safe" : "dark", seed);
	unsetenv("COLORTERM");
	setenv("NO_COLOR", "1", 1);
	for (seed = 49; seed <= 54; seed++)
		play("xterm-256color", seed % 2 ? "mono" : "dark", seed);
	unsetenv("NO_COLOR");
}

/* --- widths that are not certain
 * -------------------------------------------------------------- */

/* What a frame of this one row writes. */
static const char *row_bytes(
	struct term *t, struct pty *p, struct grid *g, const char *row)
{
	static char seen[400];
	struct canvas c = canvas_of(g, &(struct glyphs){.border = BORDER_LINE});
	size_t from = term_bytes(t), n;

	canvas_clear(&c, ST_TEXT);
	canvas_text(&c, 0, 0, ST_TEXT, row);
	term_show(t, g, -1, -1);
	pty_wait(p, term_bytes(t));
	n = p->out.len - from;
	assert_true(n < sizeof(seen));
	memcpy(seen, p->out.p + from, n);
	seen[n] = '\0';
	return seen;
}

/* Who draws it over two cells has drawn over the next one. */
static void a_glyph_of_uncertain_width_takes_its_neighbour_along(void **state)
{
	struct grid *g = grid_new(60, 1);
	struct theme *theme;
	struct pty p;
	struct term *t;

	(void)state;
	pty_open(&p, 60, 1);
	t = open_term(&p, "xterm-256color", 0);
	assert_int_equal(theme_load("dark", &theme), 0);
	term_set_theme(t, theme);
	row_bytes(t, &p, g, " axk");
	assert_null(strchr(row_bytes(t, &p, g, " bxk"), 'x'));
	/* it comes, it stays, it goes */
	assert_non_null(strchr(row_bytes(t, &p, g, " \xc2\xa7xk"), 'x'));
	assert_null(strchr(row_bytes(t, &p, g, "a\xc2\xa7xk"), 'x'));
	assert_non_null(strchr(row_bytes(t, &p, g, "abxk"), 'x'));
	/* one after the other */
	row_bytes(t, &p, g, "a\xc2\xa7\xc2\xa7k");
	assert_non_null(strchr(row_bytes(t, &p, g, "ab\xc2\xa7k"), 'k'));
	term_close(t);
	theme_free(theme);
	grid_free(g);
	pty_close(&p);
}

/* --- how many bytes
 * ------------------------------------------------------------ */

static void draw_list(struct canvas *c, int cursor)
{
	struct canvas row;
	int y;

	for (y = 0; y < c->h; y++) {
		row = canvas_sub(c, 0, y, c->w, 1);
		row.style = y == cursor ? ST_ON_CURSOR : 0;
		canvas_clear(&row, ST_TEXT);
		canvas_text(&row, 0, 0, ST_BAD, y % 7 ? "  " : "! ");
		canvas_printf(&row, 2, 0, ST_KEY, "T-%d", 8800 + y);
		canvas_slot(&row, 10, 0, 12, ST_IN,
			y % 2 ? "Wang Fang" : "王芳", 1);
		canvas_slot(&row, 24, 0, row.w - 32, ST_TEXT,
			y % 3 ? "The gas stove does not light any more"
			      : "退款还没有到账，已经第九天了",
			1);
		canvas_right(&row, row.w - 6, 0, 6, y % 5 ? ST_DIM : ST_WARN,
			"4h 12m");
	}
}

static void draw_reader(struct canvas *c)
{
	int y;

	for (y = 0; y < c->h; y++)
		canvas_text(c, 1, y, y % 4 ? ST_IN : ST_SYSTEM,
			y % 4 == 1 ? "我的燃气灶打不着火，已经三天没法做饭了，"
				     "请尽快安排师傅上门。"
				   : "The new igniter left the warehouse on "
				     "Friday and should be with you today.");
}

/* A bench of five panes, 200 x 60. */
static void draw_bench(struct grid *g, const struct glyphs *glyphs, int cursor)
{
	static const struct {
		int x, y, w, h;
	} v[] = {{0, 1, 90, 58}, {89, 1, 71, 38}, {89, 38, 71, 21},
		{159, 1, 41, 30}, {159, 30, 41, 29}};
	struct canvas c = canvas_of(g, glyphs), sub, in;
	int i;

	canvas_clear(&c, ST_TEXT);
	canvas_fill(&c, 0, 0, 200, 1, ST_BAR);
	canvas_text(&c, 1, 0, ST_BAR_STRONG, "1 Hotline 热线  2 IM  3 Tickets");
	canvas_fill(&c, 0, 59, 200, 1, ST_BAR);
	canvas_text(&c, 1, 59, ST_BAR, "Enter open  r reply  ^P palette");
	for (i = 0; i < 5; i++) {
		sub = canvas_sub(&c, v[i].x, v[i].y, v[i].w, v[i].h);
		in = canvas_frame(&sub, !i, "Tickets 工单", "12");
		if (i)
			draw_reader(&in);
		else
			draw_list(&in, cursor);
	}
}

static void bytes_of_a_frame(const char *name, int line)
{
	struct glyphs glyphs = {.border = line ? BORDER_LINE : BORDER_ASCII};
	struct grid *g = grid_new(200, 60);
	struct theme *theme;
	struct term *t;
	uint64_t from, full, moved;
	struct pty p;

	pty_open(&p, 200, 60);
	t = open_term(&p, name, 0);
	assert_int_equal(theme_load("dark", &theme), 0);
	term_set_theme(t, theme);
	draw_bench(g, &glyphs, 10);
	from = term_bytes(t);
	term_show(t, g, -1, -1);
	full = term_bytes(t) - from;
	draw_bench(g, &glyphs, 11);
	from = term_bytes(t);
	term_show(t, g, -1, -1);
	moved = term_bytes(t) - from;
	print_message("%s: full 200x60 %d bytes, a cursor row in 88 cells "
		      "%d bytes\n",
		name, (int)full, (int)moved);
	assert_in_range(full, 1000, 20 * 1024);
	assert_in_range(moved, 20, 300);
	term_close(t);
	theme_free(theme);
	grid_free(g);
	pty_close(&p);
}

static void bytes_are_few(void **state)
{
	(void)state;
	bytes_of_a_frame("xterm-256color", 0);
	bytes_of_a_frame("xterm-256color", 1);
	bytes_of_a_frame("tmux-256color", 0);
	bytes_of_a_frame("linux", 0);
}

/* --- deaths
 * --------------------------------------------------------------------- */

static const char enter_alt[] = "\033[?1049h";
static const char leave_alt[] = "\033[?1049l";

/* In the child: the pty as its terminal, then `what`; never returns. */
static void in_child(struct pty *p, void (*what)(struct term *t))
{
	static const int of_cmocka[] = {
		SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
	struct term_opts o = {.term = "xterm-256color", .mouse = 1};
	struct grid *g;
	struct term *t;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(of_cmocka); i++)
		signal(of_cmocka[i], SIG_DFL);
	setsid();
	ioctl(p->slave, TIOCSCTTY, 0);
	dup2(p->slave, 0);
	dup2(p->slave, 1);
	dup2(p->slave, 2);
	o.out_fd = 1;
	if (term_open(&o, &t))
		_exit(99);
	g = grid_new(10, 3);
	grid_put(g, 0, 0, "X", 1, 1, ST_TEXT, 0);
	term_show(t, g, 0, 0);
	fputs("a library's words\n", stderr);
	fflush(stderr);
	what(t);
	_exit(98);
}

/* Runs `what` in a child on a new pty; its status. The output stays in p. */
static int run_child(struct pty *p, void (*what)(struct term *t))
{
	int status;
	pid_t pid;

	pty_open(p, 10, 3);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		in_child(p, what);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* What a shell needs was written after everything else, and the modes are as
 * they were. */
static const char *assert_clean(struct pty *p)
{
	static const char *const must[] = {"\033[?1000l", "\033[?1002l",
		"\033[?1006l", "\033[?2004l", "\033[?1004l", "\033[?25h",
		"\033[?7h"};
	const char *left, *at;
	size_t i;

	assert_true(same_modes(p));
	pty_finish(p);
	buf_addc(&p->out, '\0');
	assert_non_null(strstr(p->out.p, enter_alt));
	left = strstr(p->out.p, leave_alt);
	assert_non_null(left);
	for (i = 0; i < ARRAY_SIZE(must); i++) {
		at = strstr(p->out.p, must[i]);
		if (!at || at > left)
			fail_msg("%s is not written before leaving",
				must[i] + 1);
	}
	return left + strlen(leave_alt);
}

static int deadly;
static void die(struct term *t)
{
	(void)t;
	signal(SIGALRM, SIG_DFL);
	raise(deadly);
}

static void every_death_leaves_a_clean_terminal(void **state)
{
	static const int signals[] = {
		SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGINT, SIGQUIT};
	char says[64];
	struct pty p;
	const char *after;
	size_t i;
	int status;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		deadly = signals[i];
		status = run_child(&p, die);
		after = assert_clean(&p);
		/* what it said is on the shell's screen, not in the picture */
		snprintf(says, sizeof(says),
			"a library's words\r\ngalley was ended by signal "
			"%d\r\n",
			deadly);
		assert_non_null(strstr(after, says));
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), deadly);
		pty_close(&p);
	}
}

static void *volatile nowhere;
static void deref(struct term *t)
{
	(void)t;
	*(volatile int *)nowhere = 1;
}

static void a_real_fault_too(void **state)
{
	struct pty p;
	int status;

	(void)state;
	if (SANITIZED)
		skip(); /* the sanitizer ends the process its own way */
	status = run_child(&p, deref);
	assert_clean(&p);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
	pty_close(&p);
}

/* A leak checker that runs at exit stops threads that a forked child has not:
 * it may wait for ever. The child has nothing to show to it. */
static int is_child;
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return is_child;
}

static void leave_by_exit(struct term *t)
{
	(void)t;
	is_child = 1;
	exit(3);
}

static void exit_is_a_death(void **state)
{
	struct pty p;
	int status;

	(void)state;
	status = run_child(&p, leave_by_exit);
	assert_clean(&p);
	assert_true(WIFEXITED(status));
	pty_close(&p);
}

/* Waits for the next event as a program would. */
static void next_event(struct term *t, struct ui_event *e)
{
	struct pollfd f[2];
	int fds[2], n, i;

	while (!term_event(t, e)) {
		n = term_fds(t, fds, 2);
		for (i = 0; i < n; i++)
			f[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
		poll(f, (nfds_t)n, term_wait_ms(t));
	}
}

static void end_in_order(struct term *t)
{
	struct ui_event e;

	raise(deadly);
	do
		next_event(t, &e);
	while (e.kind != UI_EOF);
	if (!term_ended(t))
		_exit(97);
	term_close(t);
	_exit(7);
}

static void do_not_listen(struct term *t)
{
	(void)t;
	raise(deadly);
	raise(deadly);
}

static void the_first_request_is_an_event(void **state)
{
	static const int signals[] = {SIGTERM, SIGHUP};
	struct pty p;
	int status;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		deadly = signals[i];
		status = run_child(&p, end_in_order);
		assert_clean(&p);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 7);
		pty_close(&p);
		status = run_child(&p, do_not_listen);
		assert_clean(&p);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), deadly);
		pty_close(&p);
	}
}

/* --- suspend
 * --------------------------------------------------------------------- */

static void suspend_once(struct term *t)
{
	struct grid *g = grid_new(10, 3);
	struct ui_event e;

	if (deadly) {
		raise(SIGTSTP);
		next_event(t, &e); /* the size, after it went on */
	} else {
		term_suspend(t);
	}
	grid_put(g, 0, 0, "Y", 1, 1, ST_TEXT, 0);
	term_show(t, g, 0, 0);
	grid_free(g);
	term_close(t);
	_exit(5);
}

/* Plays the shell of job control: 0 when all went as it should. */
static int shell(struct pty *p)
{
	struct termios t;
	pid_t job;
	int status;

	setsid();
	ioctl(p->slave, TIOCSCTTY, 0);
	signal(SIGTTOU, SIG_IGN);
	job = fork();
	if (!job) {
		setpgid(0, 0);
		tcsetpgrp(p->slave, getpid());
		signal(SIGTTOU, SIG_DFL);
		dup2(p->slave, 0);
		dup2(p->slave, 1);
		{
			struct term_opts o = {.term = "xterm-256color",
				.out_fd = 1,
				.mouse = 1};
			struct term *term;

			if (term_open(&o, &term))
				_exit(99);
			suspend_once(term);
		}
	}
	if (waitpid(job, &status, WUNTRACED) != job || !WIFSTOPPED(status))
		return 2;
	tcgetattr(p->slave, &t);
	if (t.c_lflag != p->before.c_lflag || t.c_iflag != p->before.c_iflag)
		return 3;
	if (write(p->slave, "SHELL", 5) != 5)
		return 4;
	tcsetpgrp(p->slave, job);
	kill(-job, SIGCONT);
	if (waitpid(job, &status, 0) != job || !WIFEXITED(status) ||
		WEXITSTATUS(status) != 5)
		return 6;
	return 0;
}

static void suspend_gives_the_terminal_away(void **state)
{
	const char *left, *said, *back;
	struct pty p;
	int status;
	pid_t pid;

	(void)state;
	for (deadly = 0; deadly < 2; deadly++) {
		pty_open(&p, 10, 3);
		pid = fork();
		if (!pid)
			_exit(shell(&p));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
		assert_true(same_modes(&p));
		pty_finish(&p);
		buf_addc(&p.out, '\0');
		left = strstr(p.out.p, leave_alt);
		said = strstr(p.out.p, "SHELL");
		assert_true(left && said && left < said);
		back = strstr(said, enter_alt);
		assert_non_null(back);
		assert_non_null(strchr(back, 'Y'));
		assert_non_null(strstr(back, leave_alt));
		pty_close(&p);
	}
}

/* --- sizes, questions, refusals
 * -------------------------------------------------- */

static void storms_of_sizes_are_few_events(void **state)
{
	struct ui_event e;
	struct pty p;
	struct term *t;
	int i, n = 0, w, h;

	(void)state;
	pty_open(&p, 80, 24);
	t = open_term(&p, "xterm-256color", 0);
	assert_int_equal(term_event(t, &e), 0);
	assert_int_equal(term_wait_ms(t), -1);
	for (i = 1; i <= 90; i++) {
		virtual_ms++;
		pty_size(&p, 80 + i, 24);
		raise(SIGWINCH);
		while (term_event(t, &e)) {
			assert_int_equal(e.kind, UI_RESIZE);
			n++;
		}
	}
	assert_in_range(n, 2, 3);
	i = term_wait_ms(t);
	assert_in_range(i, 1, 33);
	virtual_ms += i;
	assert_int_equal(term_event(t, &e), 1);
	term_size(t, &w, &h);
	assert_int_equal(w, 170);
	assert_int_equal(term_event(t, &e), 0);
	assert_int_equal(term_wait_ms(t), -1);
	term_close(t);
	pty_close(&p);
}

static void wait_input(struct term *t)
{
	struct pollfd f = {.events = POLLIN};
	int fds[2];

	assert_int_equal(term_fds(t, fds, 2), 2);
	f.fd = fds[1];
	assert_int_equal(poll(&f, 1, 10000), 1);
}

static void answers_change_the_facts(void **state)
{
	const struct term_facts *f;
	struct ui_event e;
	struct pty p;
	struct term *t;

	(void)state;
	pty_open(&p, 80, 24);
	t = open_term(&p, "xterm-256color", 1);
	pty_wait(&p, term_bytes(t));
	/* not before somebody listens: the shell would get the answers */
	assert_null(memmem(p.out.p, p.out.len, "\033[6n", 4));
	assert_int_equal(term_event(t, &e), 0);
	pty_wait(&p, term_bytes(t));
	assert_non_null(memmem(p.out.p, p.out.len, "\033[6n", 4));
	f = term_facts(t);
	assert_int_equal(f->dark, -1);
	assert_int_equal(f->sync_output, 0);
	pty_type(&p,
		"\033[1;3R\033[1;2R\033[1;4R\033[1;3R\033[1;2R\033[?2026;2$y"
		"\033]11;rgb:ffff/ffff/eeee\033\\");
	wait_input(t);
	virtual_ms += 100;
	assert_int_equal(term_event(t, &e), 1);
	assert_int_equal(e.kind, UI_RESIZE);
	assert_int_equal(term_event(t, &e), 0);
	assert_int_equal(f->glyphs.border, BORDER_ASCII);
	assert_int_equal(f->glyphs.blocks, 1);
	assert_int_equal(f->glyphs.braille, 0);
	assert_int_equal(f->ambiguous_cells, 2);
	assert_int_equal(utf8_width(0xa7), 2);
	assert_int_equal(f->dark, 0);
	assert_int_equal(f->sync_output, 1);
	utf8_ambiguous_cells = 1;
	term_close(t);
	pty_close(&p);
	/* never to those that cannot answer */
	pty_open(&p, 80, 24);
	t = open_term(&p, "vt100", 1);
	assert_int_equal(term_event(t, &e), 0);
	pty_wait(&p, term_bytes(t));
	assert_null(memmem(p.out.p, p.out.len, "\033[6n", 4));
	assert_null(memmem(p.out.p, p.out.len, "\033[?2", 4));
	assert_null(memmem(p.out.p, p.out.len, "\033[?100", 6));
	assert_null(memmem(p.out.p, p.out.len, "\033]", 2));
	term_close(t);
	pty_close(&p);
}

/* How long a line of borders is for a terminal that stands at a column after
 * one was repeated twice. */
static uint64_t line_bytes(int column)
{
	struct grid *g = grid_new(60, 4);
	struct canvas c = canvas_of(g, &(struct glyphs){.border = BORDER_LINE});
	char answer[64];
	struct ui_event e;
	struct pty p;
	struct term *t;
	uint64_t n;
	int i;

	pty_open(&p, 60, 4);
	t = open_term(&p, "xterm-256color", 1);
	assert_int_equal(term_event(t, &e), 0);
	snprintf(answer, sizeof(answer),
		"\033[1;2R\033[1;2R\033[1;2R\033[1;2R\033[1;%dR", column);
	pty_type(&p, answer);
	wait_input(t);
	while (term_event(t, &e))
		;
	term_show(t, g, -1, 0);
	n = term_bytes(t);
	for (i = 0; i < 50; i++)
		canvas_text(&c, i, 1, 0, "\xe2\x94\x80");
	term_show(t, g, -1, 0);
	n = term_bytes(t) - n;
	term_close(t);
	pty_close(&p);
	grid_free(g);
	return n;
}

/* Some that pass for an xterm repeat ASCII only: a border would be cut. */
static void a_border_is_repeated_where_that_is_proven(void **state)
{
	(void)state;
	assert_in_range(line_bytes(4), 1, 60);
	assert_in_range(line_bytes(2), 150, 300);
}

static void next_key(struct term *t, struct key *k)
{
	struct ui_event e;

	while (!term_event(t, &e) || e.kind != UI_KEY)
		wait_input(t);
	*k = e.key;
}

/* Somebody is faster than the program: Enter is Enter all the same. */
static void what_was_typed_before_is_keys(void **state)
{
	struct term_opts o = {.term = "xterm-256color"};
	struct term *t;
	struct pty p;
	struct key k;

	(void)state;
	pty_open(&p, 80, 24);
	pty_type(&p, "j\rk");
	pty_wait(&p, 4); /* its echo: all of it has arrived */
	o.in_fd = o.out_fd = p.slave;
	assert_int_equal(term_open(&o, &t), 0);
	next_key(t, &k);
	assert_int_equal(k.code, 'j');
	next_key(t, &k);
	assert_int_equal(k.code, KEY_ENTER);
	assert_int_equal(k.mods, 0);
	next_key(t, &k);
	assert_int_equal(k.code, 'k');
	pty_type(&p, "\n\r");
	next_key(t, &k);
	assert_int_equal(k.code, 'j');
	assert_int_equal(k.mods, KEY_CTRL);
	next_key(t, &k);
	assert_int_equal(k.code, KEY_ENTER);
	term_close(t);
	pty_close(&p);
}

static void a_lone_escape_needs_silence(void **state)
{
	struct ui_event e;
	struct pty p;
	struct term *t;

	(void)state;
	pty_open(&p, 80, 24);
	t = open_term(&p, "xterm-256color", 0);
	pty_type(&p, "j\003\033");
	wait_input(t);
	assert_int_equal(term_event(t, &e), 1);
	assert_int_equal(e.key.code, 'j');
	assert_int_equal(term_event(t, &e), 1);
	assert_true(key_same(e.key, (struct key){'c', KEY_CTRL}));
	assert_int_equal(term_event(t, &e), 0);
	assert_int_equal(term_wait_ms(t), 25);
	virtual_ms += 25;
	assert_int_equal(term_wait_ms(t), 0);
	assert_int_equal(term_event(t, &e), 1);
	assert_int_equal(e.key.code, KEY_ESC);
	assert_int_equal(term_wait_ms(t), -1);
	term_close(t);
	pty_close(&p);
}

static void refusals_write_nothing(void **state)
{
	static const char *const names[] = {
		"dumb", "", "no-such-terminal", "../../etc/passwd"};
	struct term_opts o = {0};
	struct term *t = NULL;
	struct pty p;
	int pipes[2];
	char byte;
	size_t i;

	(void)state;
	pty_open(&p, 80, 24);
	o.in_fd = o.out_fd = p.slave;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		o.term = names[i];
		assert_int_equal(term_open(&o, &t), E_INPUT);
		assert_non_null(strstr(err_msg(), "`galley ls`"));
	}
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	o.term = "xterm";
	o.out_fd = pipes[1];
	assert_int_equal(term_open(&o, &t), E_INPUT);
	assert_non_null(strstr(err_msg(), "`galley ls`"));
	assert_null(t);
	assert_true(same_modes(&p));
	pty_finish(&p);
	assert_int_equal(p.out.len, 0);
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &byte, 1), 0);
	close(pipes[0]);
	pty_close(&p);
}

static void strings_to_the_terminal(void **state)
{
	struct pty p;
	struct term *t;

	(void)state;
	pty_open(&p, 80, 24);
	t = open_term(&p, "xterm-256color", 0);
	term_copy(t, "T-8812\n\xff", 8);
	assert_int_equal(term_facts(t)->notify, NOTIFY_NONE);
	term_notify(t, "nobody knows how");
	term_notify_by(t, NOTIFY_OSC9);
	term_notify(t, "4;new\033]0;x\007");
	term_notify_by(t, NOTIFY_OSC777);
	term_notify(t, "a;b\033\\");
	term_notify_by(t, NOTIFY_OSC99);
	term_notify(t, "x;\033\\");
	term_title(t, "galley \033\\");
	term_bell(t);
	term_close(t);
	pty_finish(&p);
	buf_addc(&p.out, '\0');
	/* T-8812, LF, U+FFFD */
	assert_non_null(strstr(p.out.p, "\033]52;c;VC04ODEyCu+/vQ==\033\\"));
	assert_null(strstr(p.out.p, "nobody knows"));
	assert_non_null(
		strstr(p.out.p, "\033]9;galley: "
				"4;new\xe2\x90\x9b]0;x\xe2\x90\x87\033\\"));
	assert_non_null(strstr(
		p.out.p, "\033]777;notify;galley;a,b\xe2\x90\x9b\\\033\\"));
	assert_non_null(strstr(p.out.p, ":p=body:e=1;eDvikJtc\033\\"));
	assert_non_null(strstr(
		p.out.p, "\033[22;2t\033]2;galley \xe2\x90\x9b\\\033\\"));
	assert_non_null(strstr(p.out.p, "\033\\\007"));
	assert_non_null(strstr(p.out.p, "\033[23;2t"));
	pty_close(&p);
}

/* A tmux of that name that says this. */
static void tmux_says(const char *dir, const char *words)
{
	char path[64], *at = path;
	FILE *f;

	snprintf(path, sizeof(path), "%s/tmux", dir);
	f = fopen(at, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n[ \"$4\" = %%7 ] && echo '%s'\n", words);
	fclose(f);
	assert_int_equal(chmod(path, 0700), 0);
}

/* What a notice is in it; the next call forgets it. */
static const char *through_tmux(enum notify_by by)
{
	static struct buf said;
	struct pty p;
	struct term *t;
	uint64_t before;

	pty_open(&p, 80, 24);
	t = open_term(&p, "tmux-256color", 0);
	before = term_bytes(t);
	term_notify_by(t, by);
	term_notify(t, "Li");
	pty_wait(&p, term_bytes(t));
	buf_reset(&said);
	buf_add(&said, p.out.p + before, p.out.len - before);
	buf_addc(&said, '\0');
	term_close(t);
	pty_close(&p);
	return said.p;
}

static void notices_go_through_tmux(void **state)
{
	char dir[] = "/tmp/galley-test-XXXXXX", path[64];
	char *was = xstrdup(getenv("PATH"));

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s:/usr/bin:/bin", dir);
	setenv("PATH", path, 1);
	setenv("TMUX", "/tmp/none,1,0", 1);
	setenv("TMUX_PANE", "%7", 1);
	tmux_says(dir, "foot|foot(1.13)|1");
	assert_string_equal(through_tmux(NOTIFY_AUTO),
		"\033Ptmux;\033\033]777;notify;galley;Li\033\033\\\033\\");
	assert_string_equal(through_tmux(NOTIFY_OSC9),
		"\033Ptmux;\033\033]9;galley: Li\033\033\\\033\\");
	assert_string_equal(through_tmux(NOTIFY_NONE), "");
	/* before 3.3 nothing was held back */
	tmux_says(dir, "xterm-256color|iTerm2 3.5|");
	assert_non_null(strstr(through_tmux(NOTIFY_AUTO), "]9;galley: Li"));
	tmux_says(dir, "foot|foot(1.13)|0");
	assert_string_equal(through_tmux(NOTIFY_AUTO), "\007");
	assert_string_equal(through_tmux(NOTIFY_OSC9), "\007");
	tmux_says(dir, "xterm-256color||1"); /* who knows */
	assert_string_equal(through_tmux(NOTIFY_AUTO), "\007");
	tmux_says(dir, "odd");
	assert_string_equal(through_tmux(NOTIFY_AUTO), "\007");
	unsetenv("TMUX_PANE");
	assert_string_equal(through_tmux(NOTIFY_AUTO), "\007");
	unsetenv("TMUX");
	assert_string_equal(through_tmux(NOTIFY_AUTO), "");
	setenv("PATH", was, 1);
	free(was);
	snprintf(path, sizeof(path), "%s/tmux", dir);
	unlink(path);
	rmdir(dir);
}

static void without_a_head(void **state)
{
	struct term *t = term_headless(12, 2, NULL);
	struct canvas c;
	struct grid *g = grid_new(12, 2);
	struct ui_event e = {.kind = UI_PASTE, .text = xstrdup("x"), .len = 1};
	struct buf b = BUF_INIT;
	int x, y;

	(void)state;
	c = canvas_of(g, &term_facts(t)->glyphs);
	canvas_text(&c, 0, 1, ST_GOOD, "王芳 ok");
	term_show(t, g, 3, 1);
	grid_text(term_shown(t), &b);
	assert_string_equal(buf_str(&b), "            \n王芳 ok     \n");
	term_cursor(t, &x, &y);
	assert_int_equal(x, 3);
	assert_int_equal(y, 1);
	term_push_keys(t, "g <C-p>");
	term_push_event(t, &e);
	term_resize(t, 5, 5);
	assert_int_equal(term_wait_ms(t), 0);
	assert_int_equal(term_event(t, &e), 1);
	assert_int_equal(e.key.code, 'g');
	assert_int_equal(term_event(t, &e), 1);
	assert_int_equal(term_event(t, &e), 1);
	assert_string_equal(e.text, "x");
	ui_event_fini(&e);
	assert_int_equal(term_event(t, &e), 1);
	assert_int_equal(e.kind, UI_RESIZE);
	term_size(t, &x, &y);
	assert_int_equal(x, 5);
	assert_int_equal(term_event(t, &e), 0);
	term_copy(t, "id", 2);
	assert_string_equal(term_copied(t), "id");
	term_push_keys(t, "a b");
	term_close(t);
	buf_fini(&b);
	grid_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_emulator_shows_the_grid),
		cmocka_unit_test(
			a_glyph_of_uncertain_width_takes_its_neighbour_along),
		cmocka_unit_test(bytes_are_few),
		cmocka_unit_test(every_death_leaves_a_clean_terminal),
		cmocka_unit_test(a_real_fault_too),
		cmocka_unit_test(exit_is_a_death),
		cmocka_unit_test(the_first_request_is_an_event),
		cmocka_unit_test(suspend_gives_the_terminal_away),
		cmocka_unit_test(storms_of_sizes_are_few_events),
		cmocka_unit_test(answers_change_the_facts),
		cmocka_unit_test(a_border_is_repeated_where_that_is_proven),
		cmocka_unit_test(what_was_typed_before_is_keys),
		cmocka_unit_test(a_lone_escape_needs_silence),
		cmocka_unit_test(refusals_write_nothing),
		cmocka_unit_test(strings_to_the_terminal),
		cmocka_unit_test(notices_go_through_tmux),
		cmocka_unit_test(without_a_head),
	};

	unsetenv("NO_COLOR");
	unsetenv("COLORTERM");
	unsetenv("TERM_PROGRAM");
	unsetenv("VTE_VERSION");
	unsetenv("COLORFGBG");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
