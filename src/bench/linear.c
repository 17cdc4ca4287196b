/* SPDX-License-Identifier: MIT */
/*
 * The workstation as plain lines, for screen readers, braille and TERM=dumb:
 * one pane at a time as text, rows with numbers, what happens as a line of its
 * own. A line that is typed is a number, a command, the name of a pane, or
 * keys. Nothing here moves a cursor, colours or clears anything; the panes are
 * the same ones, drawn on a grid that nobody sees.
 */
#include "bench_priv.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"

#define COLUMNS 132 /* the terminal breaks lines where it wants */
#define ROWS	26
#define MAX_FDS 16

struct linear {
	struct bench *b;
	struct term *term;
	struct buf typed; /* not a whole line yet */
	struct buf shown; /* the pane as it was said last */
	const struct pane_ops *pane;
	enum entity entity; /* the case that was said last */
	int64_t id;
	uint64_t said; /* notices so far */
	int writing, prompted, opens;
	int first, cursor; /* lines of the list; cursor -1: it is none */
	int ended;
};

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	stopped = sig;
}

/* --- saying --------------------------------------------------------------- */

/* Columns are for eyes: two spaces are enough. */
static void squeeze(struct buf *out, const char *s, size_t len)
{
	size_t i, blanks = 0;

	while (len && s[len - 1] == ' ')
		len--;
	for (i = 0; i < len; i++) {
		blanks = s[i] == ' ' ? blanks + 1 : 0;
		if (blanks <= 2)
			buf_addc(out, s[i]);
	}
}

static PRINTF(1, 2) void say(const char *fmt, ...)
{
	struct buf raw = BUF_INIT, out = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&raw, fmt, ap);
	va_end(ap);
	text_gate(&out, buf_str(&raw), raw.len, GATE_LINE);
	printf("%s\n", buf_str(&out));
	buf_fini(&raw);
	buf_fini(&out);
}

static void prompt(struct linear *l)
{
	l->prompted = 1;
	fputs(l->writing ? _("text> ") : "> ", stdout);
	fflush(stdout);
}

/* --- a pane as text ------------------------------------------------------- */

static int on_cursor(const struct grid *g, const struct rect *r, int y)
{
	return (grid_get(g, r->x, r->y + y)->style & ST_ON_CURSOR) != 0;
}

static void row_text(
	const struct grid *g, const struct rect *r, int y, struct buf *out)
{
	struct buf b = BUF_INIT;
	int x;

	for (x = r->x; x < r->x + r->w && x < g->w; x++) {
		const struct cell *c = grid_get(g, x, r->y + y);

		buf_add(&b, c->t, c->len);
	}
	buf_reset(out);
	squeeze(out, buf_str(&b), b.len);
	buf_fini(&b);
}

static struct rect inside(const struct slot *s)
{
	struct rect r = s->rect;

	r.y++;
	r.h--;
	return r;
}

static int cursor_line(struct linear *l)
{
	struct rect r = inside(bench_slot(l->b));
	int y;

	for (y = 0; y < r.h && r.y + y < ROWS; y++)
		if (on_cursor(term_shown(l->term), &r, y))
			return y;
	return -1;
}

static int turn(struct linear *l)
{
	int rc = bench_turn(l->b);

	if (rc)
		l->ended = 1;
	return rc;
}

static void press(struct linear *l, const char *keys)
{
	term_push_keys(l->term, keys);
	(void)turn(l);
}

static void run(struct linear *l, const char *line)
{
	if (bench_command(l->b, line) < 0)
		desk_say_err(l->b->desk);
}

/* The first row of a list is where the cursor stands at the top: above it are
 * tabs or a heading. Looked for once a pane. */
static void find_rows(struct linear *l)
{
	int was = cursor_line(l);

	if (l->pane != bench_slot(l->b)->pane.ops)
		l->first = -1;
	l->cursor = was;
	if (was < 0 || l->first >= 0)
		return;
	run(l, "top");
	(void)turn(l);
	l->first = l->cursor = cursor_line(l);
	for (; l->cursor < was; l->cursor++)
		run(l, "down");
	(void)turn(l);
	l->cursor = cursor_line(l);
}

/* Without the sign of the cursor: the number says which row it is. */
static const char *row_only(const char *s)
{
	if (*s == '>')
		s++;
	return s + strspn(s, " ");
}

static void pane_text(struct linear *l, struct buf *out)
{
	const struct slot *s = bench_slot(l->b);
	struct rect r = inside(s);
	struct buf line = BUF_INIT;
	int y, n, list = l->cursor >= 0;

	for (y = 0; y < r.h && r.y + y < ROWS - 2; y++) {
		row_text(term_shown(l->term), &r, y, &line);
		n = y - l->first + 1;
		if (!line.len)
			list = list && y <= l->first; /* below a list */
		else if (list && n > 0)
			buf_addf(out, "%d %s\n", n, row_only(buf_str(&line)));
		else
			buf_addf(out, "%s\n", buf_str(&line));
	}
	buf_fini(&line);
}

static const char *title_of(const struct slot *s)
{
	return s->title ? s->title : _(s->pane.ops->title);
}

static void show_pane(struct linear *l)
{
	struct slot *s = bench_slot(l->b);
	struct arena *a = arena_new();
	const char *note;

	find_rows(l);
	l->pane = s->pane.ops;
	l->b->to_read = 0;
	buf_reset(&l->shown);
	pane_text(l, &l->shown);
	note = s->pane.ops->note && s->pane.state == PANE_READY
		       ? s->pane.ops->note(&s->pane, a)
		       : NULL;
	say("-- %s%s%s", title_of(s), note && *note ? ", " : "",
		note ? note : "");
	fputs(buf_str(&l->shown), stdout);
	arena_free(a);
}

/* --- overlays ------------------------------------------------------------- */

static int is_frame(const char *s)
{
	return s[strspn(s, "+-=| ")] == '\0';
}

/* A box as its text: the frame around it is not said. */
static void show_box(struct linear *l)
{
	struct grid *g = grid_new(COLUMNS, ROWS);
	struct canvas c = canvas_of(g, &glyphs_ascii);
	struct rect all = {0, 0, COLUMNS, ROWS};
	struct buf line = BUF_INIT;
	int x, y;

	l->b->over->ops->draw(l->b, l->b->over, &c, &x, &y);
	for (y = 0; y < ROWS; y++) {
		const char *s;
		size_t len;

		row_text(g, &all, y, &line);
		s = buf_str(&line);
		if (is_frame(s))
			continue;
		s += strspn(s, "+=| ");
		len = strlen(s);
		while (len && strchr("+=| -", s[len - 1]))
			len--;
		printf("%.*s\n", (int)len, s);
	}
	buf_fini(&line);
	grid_free(g);
	puts(_("(type an answer; yes agrees, an empty line leaves)"));
}

/* --- what happens --------------------------------------------------------- */

static void say_case(struct linear *l)
{
	const struct desk_case *c = desk_case(l->b->desk);
	const struct desk_situation *s = desk_situation(l->b->desk);

	if (c->entity == l->entity && c->id == l->id)
		return;
	l->entity = c->entity;
	l->id = c->id;
	if (c->entity == ENT_COUNT)
		return;
	say(_("Case %s: %s"), c->name, c->title ? c->title : "");
	if (s->because && *s->because)
		say(_("%s: %s"), s->title, s->because);
}

static void say_notices(struct linear *l)
{
	uint64_t now = desk_said(l->b->desk);
	int i = now - l->said > 20 ? 20 : (int)(now - l->said);

	l->said = now;
	if (i && l->prompted)
		putchar('\n'); /* not on the line where one types */
	l->prompted = 0;
	while (i-- > 0) {
		const struct notice *n = desk_notice(l->b->desk, i);

		if (n)
			say("* %s%s%s", n->cls >= NOTICE_WARN ? "! " : "",
				n->text,
				n->offer ? _("; `keep` writes it down") : "");
	}
	desk_seen(l->b->desk);
}

/* --- lines that are typed ------------------------------------------------- */

static int go_to_row(struct linear *l, int n)
{
	int by = l->first + n - 1 - l->cursor;

	if (l->cursor < 0 || n < 1 || n > ROWS) {
		say("%s", _("there is no such row here"));
		return 0;
	}
	l->opens = 1;
	for (; by > 0; by--)
		run(l, "down");
	for (; by < 0; by++)
		run(l, "up");
	(void)turn(l);
	run(l, "open");
	return 1;
}

static int is_pane(const struct bench *b, const char *s)
{
	int i;

	for (i = 0; i < b->n_slots; i++)
		if (strcmp(b->slots[i].pane.ops->name, s) == 0)
			return 1;
	return 0;
}

/* Characters and keys by name, when all of it is keys: "gr", "<C-p>". */
static int is_keys(const char *s)
{
	struct key k[16];

	return *s == '<' ? key_parse(s, k, 16) > 0
			 : strlen(s) <= 2 && !strchr(s, ' ');
}

static void press_line(struct linear *l, const char *s)
{
	if (*s == '<') {
		press(l, s);
		return;
	}
	for (; *s; s++)
		term_push_key(l->term, (struct key){.code = (unsigned char)*s});
	(void)turn(l);
}

/* Has no meaning in lines, or a shorter word of its own. */
static int is_for_screens(enum command c)
{
	static const enum command v[] = {CMD_HELP, CMD_DESCRIBE_KEY,
		CMD_PALETTE, CMD_LINE, CMD_QUIT, CMD_SUSPEND, CMD_REDRAW,
		CMD_BENCH_1, CMD_BENCH_2, CMD_BENCH_3, CMD_BENCH_4, CMD_BENCH_5,
		CMD_PANE_NEXT, CMD_PANE_PREV, CMD_PANE_GO, CMD_PANE_ZOOM,
		CMD_THEME, CMD_PANIC, CMD_DOWN, CMD_UP, CMD_PAGE_DOWN,
		CMD_PAGE_UP, CMD_HALF_DOWN, CMD_HALF_UP};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(v); i++)
		if (v[i] == c)
			return 1;
	return 0;
}

static void say_command(const struct command_desc *d, const char *text)
{
	say("%s%s%s: %s", d->name, *d->args ? " " : "", d->args, text);
}

static int has_word(const struct command_desc *d, const char *word)
{
	return strstr(d->name, word) || strstr(_(d->text), word) ||
	       strstr(_(d->help), word);
}

/* What a word is about, else what can be done here. */
static void help(struct linear *l, const char *word)
{
	unsigned here = bench_contexts(l->b);
	int i;

	for (i = 0; i < CMD_COUNT && *word; i++)
		if (has_word(command_desc((enum command)i), word))
			say_command(command_desc((enum command)i),
				_(command_desc((enum command)i)->help));
	if (*word)
		return;
	puts(_("A number opens that row. An empty line reads on, b goes back."));
	puts(_("help and a word says more. Panes:"));
	for (i = 0; i < l->b->n_slots; i++)
		say("%s: %s", l->b->slots[i].pane.ops->name,
			title_of(&l->b->slots[i]));
	puts(_("Commands:"));
	for (i = 0; i < CMD_COUNT; i++) {
		const struct command_desc *d = command_desc((enum command)i);

		if (d->contexts & here && !is_for_screens(d->id) &&
			!input_why_not(l->b, d->id))
			say_command(d, _(d->text));
	}
}

/* A command as it stands after ":". What changes a case is answered by a
 * notice, all else by what there is to read then. */
static int do_command(struct linear *l, const char *line)
{
	struct arena *a = arena_new();
	struct command_line cmd;
	int rc = command_parse(line, a, &cmd), show = 0;

	if (rc == 0) {
		show = command_desc(cmd.id)->permission == PM_NONE;
		if (cmd.id == CMD_OPEN || cmd.id == CMD_BACK ||
			cmd.id == CMD_FORWARD)
			l->opens = 1;
		rc = bench_command(l->b, line);
	}
	if (rc < 0) {
		desk_say_err(l->b->desk);
		show = 0;
	}
	arena_free(a);
	return show;
}

static int is_command(const char *s)
{
	struct arena *a = arena_new();
	struct command_line cmd;
	int yes = command_parse(s, a, &cmd) == 0;

	err_clear();
	arena_free(a);
	return yes;
}

static int do_line(struct linear *l, const char *s)
{
	char *end;
	long n = strtol(s, &end, 10);

	if (!*s)
		run(l, "page.down");
	else if (!strcmp(s, "b"))
		run(l, "page.up");
	else if (!strcmp(s, "q"))
		run(l, "quit");
	else if (!*end)
		return go_to_row(l, n > ROWS || n < 1 ? 0 : (int)n);
	else if (*s == ':')
		return do_command(l, s + 1);
	else if (is_pane(l->b, s))
		(void)bench_show(l->b, s);
	else if (!is_command(s) && is_keys(s) && strcmp(s, "?") != 0)
		press_line(l, s);
	else if (!strcmp(s, "?") || !strcmp(s, "help"))
		help(l, "");
	else if (!strncmp(s, "help ", 5))
		help(l, s + 5);
	else
		return do_command(l, s);
	return strcmp(s, "?") != 0 && strncmp(s, "help", 4) != 0;
}

static void push_text(struct linear *l, const char *s)
{
	struct ui_event e = {
		.kind = UI_PASTE, .text = xstrdup(s), .len = strlen(s)};

	term_push_event(l->term, &e);
}

/* A line of what is written; a dot alone sends it. */
static void write_line(struct linear *l, const char *s)
{
	if (!strcmp(s, "."))
		run(l, "send");
	else if (!strcmp(s, "~"))
		run(l, "leave");
	else if (*s) {
		push_text(l, s);
		press(l, "<Enter>");
	} else {
		press(l, "<Enter>");
	}
	(void)turn(l);
}

static void answer_box(struct linear *l, const char *s)
{
	if (!*s)
		press(l, "<Esc>");
	else if (!strcmp(s, "yes") || !strcmp(s, "y") || !strcmp(s, _("yes")))
		press(l, "<Tab> <Enter>");
	else if (*s == '<' && is_keys(s))
		press(l, s);
	else {
		push_text(l, s);
		press(l, "<Enter>");
	}
}

/* What has come of it: a box, a place to write, another case, a pane. */
static void show_after(struct linear *l, int show)
{
	int writing = !l->b->over && (bench_contexts(l->b) & CX_WRITE);

	l->prompted = 0;
	say_notices(l);
	if (l->b->over && !l->b->over->passive) {
		show_box(l);
		return;
	}
	if (writing && !l->writing)
		puts(_("Write. A dot alone sends it, a tilde (~) leaves it as "
		       "a draft."));
	l->writing = writing;
	if (writing)
		return;
	say_case(l);
	/* who opens a case wants to read it */
	if (l->opens && bench_show(l->b, "thread"))
		(void)turn(l);
	l->opens = 0;
	if (show)
		show_pane(l);
}

static void take_line(struct linear *l, const char *s)
{
	int show = 1;

	if (l->b->over && !l->b->over->passive) {
		answer_box(l, s);
	} else if (l->writing) {
		write_line(l, s);
		show = 0;
	} else {
		show = do_line(l, s);
	}
	if (!l->ended)
		(void)turn(l);
	if (!l->ended)
		show_after(l, show);
}

/* --- the loop ------------------------------------------------------------- */

static void take_lines(struct linear *l)
{
	char *line, *nl;

	while (!l->ended && l->typed.len &&
		(nl = memchr(l->typed.p, '\n', l->typed.len)) != NULL) {
		size_t len = (size_t)(nl - l->typed.p);
		struct buf gated = BUF_INIT;

		text_gate(&gated, l->typed.p, len, GATE_LINE);
		memmove(l->typed.p, nl + 1, l->typed.len - len - 1);
		l->typed.len -= len + 1;
		line = buf_take(&gated);
		while (len = strlen(line),
			len && line[len - 1] == ' ' && !l->writing)
			line[len - 1] = '\0';
		take_line(l, line);
		free(line);
		if (!l->ended)
			prompt(l);
	}
}

static void read_input(struct linear *l)
{
	char b[4096];
	ssize_t n = read(STDIN_FILENO, b, sizeof(b));

	if (n > 0)
		buf_add(&l->typed, b, (size_t)n);
	else if (n == 0 || errno != EINTR)
		l->ended = 1; /* the end of the input */
	take_lines(l);
}

static int wait_ms(const struct linear *l)
{
	int64_t next = bench_next_mono(l->b), left;

	if (next == INT64_MAX)
		return -1;
	left = next - desk_mono(l->b->desk);
	return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

static void wait_for_something(struct linear *l)
{
	struct pollfd p[MAX_FDS] = {{.fd = STDIN_FILENO, .events = POLLIN}};
	int fds[MAX_FDS], n = 0, i;

	if (desk_fd(l->b->desk) >= 0)
		fds[n++] = desk_fd(l->b->desk);
	if (watch_fd(l->b) >= 0)
		fds[n++] = watch_fd(l->b);
	n += called_fds(l->b, fds + n, MAX_FDS - 1 - n);
	for (i = 0; i < n; i++)
		p[i + 1] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	if (poll(p, (nfds_t)n + 1, wait_ms(l)) < 0)
		p[0].revents = 0;
	if (p[0].revents)
		read_input(l);
}

static void listen_to_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction sa = {.sa_handler = on_signal};
	size_t i;

	stopped = 0;
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		(void)sigaction(signals[i], &sa, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static void greet(struct linear *l)
{
	struct bench *b = l->b;
	int i;

	for (i = 0; i < b->n_names; i++)
		if (!strcmp(b->names[i], b->scenario->name))
			say(_("galley, %s. ? lists what can be done, q "
			      "leaves."),
				b->titles[i]);
	say_case(l);
	say_notices(l);
	show_pane(l);
	prompt(l);
}

struct term *linear_term(void)
{
	static const struct term_facts facts = {
		.depth = DEPTH_NONE, .ambiguous_cells = 1, .dark = -1};

	return term_headless(COLUMNS, ROWS, &facts);
}

int linear_loop(struct bench *b)
{
	struct linear l = {
		.b = b, .term = b->term, .entity = ENT_COUNT, .first = -1};

	listen_to_signals();
	desk_begin(b->desk);
	(void)turn(&l);
	greet(&l);
	while (!l.ended && !stopped && !ferror(stdout)) {
		uint64_t said = desk_said(b->desk);

		wait_for_something(&l);
		if (l.ended || turn(&l))
			break;
		say_notices(&l);
		if (b->to_read ||
			(l.cursor < 0 && l.pane == bench_slot(b)->pane.ops &&
				/* the list was empty */
				cursor_line(&l) >= 0)) {
			show_pane(&l);
			prompt(&l);
		} else if (desk_said(b->desk) != said) {
			prompt(&l);
		}
		fflush(stdout);
	}
	buf_fini(&l.typed);
	buf_fini(&l.shown);
	return 0;
}
