/* SPDX-License-Identifier: MIT */
/*
 * Terminals that are small, poor, absent or lost: the program says so in one
 * sentence or goes on, and leaves behind what it found.
 */
#include "prog.h"

static char raw[4 << 20];
static size_t n_raw;

/* As the program writes it, for the screen and for us. */
static void pump_raw(struct prog *p)
{
	struct pollfd f = {.fd = p->fd, .events = POLLIN};
	ssize_t n;

	if (p->ended || poll(&f, 1, 100) <= 0)
		return;
	n = read(p->fd, raw + n_raw, sizeof(raw) - 1 - n_raw);
	if (n <= 0) {
		p->ended = 1;
		return;
	}
	vterm_input_write(p->vt, raw + n_raw, (size_t)n);
	n_raw += (size_t)n;
	raw[n_raw] = '\0';
}

static void sees_raw(struct prog *p, const char *s)
{
	double end = now_s() + LIMIT_S;

	while (!strstr(screen(p), s)) {
		if (p->ended || now_s() > end)
			fail_msg("`%s` does not come:\n%s", s, screen(p));
		pump_raw(p);
	}
}

static void begin_plain(struct prog *p, const char *bench)
{
	struct winsize size = {.ws_row = 36, .ws_col = 120};
	char name[] = "galley", demo[] = "demo", opt[] = "--bench", *b;
	char *argv[] = {name, demo, opt, NULL, NULL};

	memset(p, 0, sizeof(*p));
	n_raw = 0;
	p->w = 120;
	p->h = 36;
	p->vt = vterm_new(36, 120);
	vterm_set_utf8(p->vt, 1);
	p->screen = vterm_obtain_screen(p->vt);
	vterm_screen_reset(p->screen, 1);
	argv[3] = b = strdup(bench);
	p->pid = forkpty(&p->fd, NULL, NULL, &size);
	assert_true(p->pid >= 0);
	if (!p->pid) {
		setenv("TERM", "xterm-256color", 1);
		setenv("COLORTERM", "truecolor", 1);
		setenv("LC_ALL", "C.UTF-8", 1);
		setenv("LANGUAGE", "en", 1);
		setenv("GALLEY_HOME", home, 1);
		setenv("NO_COLOR", "1", 1);
		execv(program, argv);
		_exit(127);
	}
	free(b);
}

/* One number of an SGR sequence. */
static int is_colour(long n)
{
	return (n >= 30 && n <= 38) || (n >= 40 && n <= 48) ||
	       (n >= 90 && n <= 107);
}

static void has_no_colours(const char *bench)
{
	const char *s = raw;

	while ((s = strstr(s, "\x1b[")) != NULL) {
		const char *at = s += 2;

		s += strspn(s, "0123456789;:");
		while (*s == 'm' && at < s) {
			char *end;

			if (is_colour(strtol(at, &end, 10)))
				fail_msg("%s: a colour: %.*s", bench,
					(int)(s - at), at);
			at = end + 1;
		}
	}
}

static void no_color_means_none(void **state)
{
	static const char *const benches[] = {
		"hotline", "online", "ticket", "qa", "supervisor"};
	struct prog p;

	(void)state;
	for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
		begin_plain(&p, benches[i]);
		sees_raw(&p, "? help");
		sees_raw(&p, "T-");
		assert_non_null(strstr(raw, "\x1b["));
		has_no_colours(benches[i]);
		quit(&p);
	}
}

static void resize(struct prog *p, int w, int h)
{
	struct winsize s = {
		.ws_row = (unsigned short)h, .ws_col = (unsigned short)w};

	p->w = w;
	p->h = h;
	vterm_set_size(p->vt, h, w);
	ioctl(p->fd, TIOCSWINSZ, &s);
}

static void two_cells_are_survived(void **state)
{
	struct prog p;

	(void)state;
	begin(&p, 2, 1, "xterm-256color", "en", NULL);
	type(&p, "jj");
	resize(&p, 80, 24);
	sees(&p, "T-88");
	type(&p, "r");
	sees(&p, "Ctrl-S send");
	resize(&p, 1, 1);
	type(&p, "\x1b");
	resize(&p, 80, 24);
	sees(&p, "r reply");
	resize(&p, 1, 1);
	type(&p, "jk");
	resize(&p, 80, 24);
	sees(&p, "? help");
	quit(&p);
}

/* Without a terminal: one sentence, and what works without one. */
static void no_terminal_is_told(void **state)
{
	static const struct {
		int in, out; /* is it the terminal? */
	} v[] = {{0, 0}, {1, 0}, {0, 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		char name[] = "galley", demo[] = "demo", b[8192];
		char *argv[] = {name, demo, NULL};
		struct prog p = {.ended = 0};
		int fds[2], status;
		size_t len = 0;
		ssize_t n;

		assert_int_equal(pipe(fds), 0);
		p.pid = forkpty(&p.fd, NULL, NULL, NULL);
		assert_true(p.pid >= 0);
		if (!p.pid) {
			int null = open("/dev/null", O_RDWR);

			dup2(fds[1], 2);
			if (!v[i].in)
				dup2(null, 0);
			if (!v[i].out)
				dup2(null, 1);
			child("xterm", "en", argv);
		}
		close(fds[1]);
		while (len < sizeof(b) - 1 &&
			(n = read(fds[0], b + len, sizeof(b) - 1 - len)) > 0)
			len += (size_t)n;
		b[len] = '\0';
		close(fds[0]);
		waitpid(p.pid, &status, 0);
		close(p.fd);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 2);
		assert_non_null(strstr(b, "galley ls"));
		assert_ptr_equal(strchr(b, '\n'), b + len - 1);
	}
}

/* What the shell finds afterwards. */
static void is_clean(struct prog *p, const struct termios *was)
{
	static const char *const off[] = {
		"\x1b[?1049l", "\x1b[?2004l", "\x1b[?25h"};
	struct termios is;

	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++)
		if (!strstr(raw, off[i]))
			fail_msg("%s was not sent", off[i] + 1);
	/* the mouse is given back when it was taken */
	if (strstr(raw, "\x1b[?1002h") || strstr(raw, "\x1b[?1000h"))
		assert_non_null(strstr(raw, "\x1b[?100"));
	assert_int_equal(tcgetattr(p->fd, &is), 0);
	assert_int_equal(is.c_lflag & (ECHO | ICANON | ISIG),
		was->c_lflag & (ECHO | ICANON | ISIG));
	assert_int_equal(is.c_oflag & OPOST, was->c_oflag & OPOST);
}

static void death_leaves_a_clean_terminal(void **state)
{
	static const int signals[] = {
		SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGQUIT};
	struct termios was;
	struct prog p;

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		int status, keep;

		/* as a shell's terminal: this end stays open */
		begin_plain(&p, "ticket");
		keep = dup(p.fd);
		tcgetattr(p.fd, &was);
		was.c_lflag |= ECHO | ICANON | ISIG;
		was.c_oflag |= OPOST;
		sees_raw(&p, "? help");
		type(&p, "r");
		kill(p.pid, signals[i]);
		while (!p.ended)
			pump_raw(&p);
		assert_int_equal(waitpid(p.pid, &status, 0), p.pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), signals[i]);
		is_clean(&p, &was);
		close(keep);
		close(p.fd);
		vterm_free(p.vt);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
		T(no_color_means_none),
		T(two_cells_are_survived),
		T(no_terminal_is_told),
		T(death_leaves_a_clean_terminal),
	};

	if (argc < 1 || !find_program(argv[0]))
		return 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
