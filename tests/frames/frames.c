/* SPDX-License-Identifier: MIT */
/*
 * Every bench on the demo centre with its clock stopped, compared with what a
 * person has looked at and found right (tests/frames/golden, `make
 * frames-update` writes them anew and shows what is different). The cache is
 * filled once by the real engine on a clock of our own; each screen gets a
 * copy of it.
 *
 * What is derived needs no file: with ASCII borders a frame is the same frame
 * in other lines, without colours it is the same text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "galley/base/buf.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/base/utf8.h"
#include "galley/bench/bench.h"
#include "galley/connector/demo.h"
#include "galley/sync/engine.h"
#include "galley/ui/theme.h"

#include "eyes.h"

/* Sat 2026-11-21 14:00 in Shanghai */
#define T0   INT64_C(1795240800000)
#define ZONE 480

/* What is drawn. */
struct shot {
	const char *name; /* of its file, without size and language */
	const char *bench;
	int minute; /* of the day that is played: 0 or CALL_MINUTE */
	const char *commands[4];
	const char *keys;
	int soon; /* what is said for a moment still stands there */
};

static const struct shot shots[] = {
	{"hotline", "hotline", 1, {"open T-8812"}, NULL, 0},
	{"online", "online", 0, {NULL}, "j <Enter>", 0},
	{"ticket", "ticket", 0, {"open T-8812"}, NULL, 0},
	{"qa", "qa", 0, {NULL}, "j <Enter>", 0},
	{"supervisor", "supervisor", 0, {NULL}, "j", 0},
};

/* What opens over a bench, and the one place where one writes. */
static const struct shot boxes[] = {
	{"write", "ticket", 0, {"open T-8812"}, "r <C-e> H e l l o", 0},
	{"palette", "ticket", 0, {"open T-8812"}, "<C-p> r e", 0},
	{"help", "ticket", 0, {NULL}, "?", 0},
	{"keys", "ticket", 0, {NULL}, "g", 0},
	{"merge", "ticket", 0, {"open T-8812", "merge T-8849"}, NULL, 0},
	{"notices", "ticket", 0,
		{"open T-8849", "status pending", "open T-8812",
			"status pending"},
		"r <C-e> H e l l o", 1},
};

static char work[64], home[96];
static char *golden;
static int update;

/* --- the demo centre ------------------------------------------------------ */

struct world {
	int64_t now, mono;
	struct clock clock;
};

static int64_t world_now(void *u)
{
	return ((struct world *)u)->now;
}

static int64_t world_mono(void *u)
{
	return ((struct world *)u)->mono;
}

static void pass(struct world *w, int64_t ms)
{
	w->now += ms;
	w->mono += ms;
}

static struct world world_at(int64_t ms)
{
	return (struct world){.now = T0 + ms,
		.mono = 1000000 + ms,
		.clock = {.now_ms = world_now, .mono_ms = world_mono}};
}

#define must(expr)                                                             \
	do {                                                                   \
		if ((expr) < 0) {                                              \
			fprintf(stderr, "%s: %s\n", #expr, err_msg());         \
			exit(1);                                               \
		}                                                              \
	} while (0)

/* A call rings; until then the day goes on. */
static int rings(struct store_rw *rw)
{
	struct query *q;
	int64_t n = 0;

	must(query_parse("status:ringing", ENT_CALL, 0, ZONE, &q));
	must(store_query_count(store_reader(rw), q, NULL, 10, &n));
	query_free(q);
	return n > 0;
}

static void play(struct world *w, struct conn *demo, struct engine *e,
	struct store_rw *rw, int until_call)
{
	int64_t next, left = 1;
	int i;

	for (i = 0; i < 2400 && (i < 40 || (until_call && !rings(rw))); i++) {
		if (demo->ops->pump(demo) & PUMP_NEWS)
			engine_want(e, WANT_PULL);
		must(engine_step(e, &next));
		must(engine_step(e, &next));
		pass(w, 250);
	}
	for (i = 0; i < 12; i++) { /* what rings has come over */
		must(engine_step(e, &next));
		pass(w, 250);
	}
	while (left)
		must(store_index_slice(rw, 10000, &left));
}

/* Writes the cache of a moment; how far the clock went is returned. */
static int64_t fill(const char *path, int until_call)
{
	struct world w = world_at(0);
	struct rnd rnd;
	struct store_opts so = {
		.path = path, .clock = &w.clock, .rnd = &rnd, .sender = 1};
	struct demo_args da = {
		.name = "demo", .clock = &w.clock, .zone_min = ZONE};
	struct engine_args ea = {.clock = &w.clock, .rnd = &rnd};
	struct engine *e;
	struct conn *demo;
	int id;

	w.clock.u = &w;
	rnd_seed(&rnd, 7);
	da.paused = !until_call;
	must(store_open_rw(&so, &ea.store));
	must(demo_open(&da, &demo));
	must(engine_new(&ea, &e));
	must(engine_add(e, demo));
	must(store_connector_id(store_reader(ea.store), "demo", &id));
	play(&w, demo, e, ea.store, until_call);
	engine_free(e);
	demo->ops->free(demo);
	store_close_rw(ea.store);
	return w.now - T0;
}

static int64_t moment[2];

static void copy_file(const char *from, const char *to)
{
	char *text;
	size_t len;

	must(file_read(from, 1 << 28, &text, &len));
	must(file_write(to, text, len));
	free(text);
}

static void remove_tree(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	char child[512];

	while (d && (e = readdir(d)) != NULL) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(child, sizeof(child), "%s/%s", path, e->d_name);
		if (unlink(child) < 0)
			remove_tree(child);
	}
	if (d)
		closedir(d);
	rmdir(path);
}

/* A home of its own for every frame: nothing is left of the one before. */
static void make_home(const char *lang, int call)
{
	char from[128], path[160], text[128];

	snprintf(from, sizeof(from), "%s/%d.db", work, call);
	snprintf(home, sizeof(home), "%s/home", work);
	remove_tree(home);
	setenv("GALLEY_HOME", home, 1);
	snprintf(path, sizeof(path), "%s/config", home);
	must(path_make_private(path));
	snprintf(text, sizeof(text),
		"[galley]\nlanguage = %s\n[connector demo]\n"
		"manifest = demo\n",
		lang);
	snprintf(path, sizeof(path), "%s/config/config", home);
	must(file_write(path, text, strlen(text)));
	snprintf(path, sizeof(path), "%s/data", home);
	must(path_make_private(path));
	snprintf(path, sizeof(path), "%s/data/galley.db", home);
	copy_file(from, path);
}

/* --- a frame -------------------------------------------------------------- */

struct view {
	const char *lang;
	int w, h;
	struct term_facts facts;
};

static const struct term_facts lines = {.depth = DEPTH_256,
	.glyphs = {.border = BORDER_LINE, .blocks = 1, .braille = 1},
	.ambiguous_cells = 1,
	.dark = 1};

struct frame {
	struct world world;
	struct session *session;
	struct desk *desk;
	struct term *term;
	struct bench *bench;
};

static void turn(struct frame *f)
{
	assert_int_equal(bench_turn(f->bench), 0);
}

/* `theme` NULL: by the terminal. */
static void frame_open(struct frame *f, const struct shot *s,
	const struct view *l, const char *theme)
{
	struct desk_args da = {.no_worker = 1, .zone_min = ZONE};
	struct bench_args ba = {.scenario = s->bench, .theme = theme};
	int i;

	make_home(l->lang, s->minute);
	f->world = world_at(moment[s->minute]);
	f->world.clock.u = &f->world;
	must(session_open(NULL, &f->session));
	da.session = f->session;
	da.clock = ba.clock = &f->world.clock;
	must(desk_new(&da, &f->desk));
	ba.desk = f->desk;
	ba.term = f->term = term_headless(l->w, l->h, &l->facts);
	must(bench_new(&ba, &f->bench));
	turn(f);
	for (i = 0; i < 4 && s->commands[i]; i++) {
		must(bench_command(f->bench, s->commands[i]));
		turn(f);
	}
	if (s->keys)
		term_push_keys(f->term, s->keys);
	turn(f);
	if (!s->soon)
		pass(&f->world, 5000);
	turn(f);
	turn(f);
}

static void frame_close(struct frame *f)
{
	bench_free(f->bench);
	desk_free(f->desk);
	term_close(f->term);
	session_close(f->session);
}

/* Without spaces at the ends of lines. */
static void strip(struct buf *b, const char *s)
{
	while (*s) {
		size_t len = strcspn(s, "\n"), keep = len;

		while (keep && s[keep - 1] == ' ')
			keep--;
		buf_add(b, s, keep);
		buf_addc(b, '\n');
		s += len + (s[len] == '\n');
	}
}

static char *text_of(const struct shot *s, const struct view *l)
{
	struct frame f = {.bench = NULL};
	struct buf raw = BUF_INIT, out = BUF_INIT;

	frame_open(&f, s, l, NULL);
	grid_text(term_shown(f.term), &raw);
	strip(&out, buf_str(&raw));
	buf_fini(&raw);
	frame_close(&f);
	return buf_take(&out);
}

/* --- comparing ------------------------------------------------------------ */

static char *file_of(const struct shot *s, const struct view *l)
{
	return xasprintf("%s/%s-%s-%dx%d%s.txt", golden, s->name, l->lang, l->w,
		l->h, l->facts.glyphs.border == BORDER_ASCII ? "-ascii" : "");
}

/* The first line that is different is said with both. */
static void say_difference(const char *path, const char *was, const char *is)
{
	int line = 1;

	while (*was || *is) {
		size_t a = strcspn(was, "\n"), b = strcspn(is, "\n");

		if (a != b || memcmp(was, is, a) != 0)
			fail_msg("%s:%d\n  was %.*s\n  is  %.*s\n"
				 "right? make frames-update",
				path, line, (int)a, was, (int)b, is);
		was += a + (was[a] == '\n');
		is += b + (is[b] == '\n');
		line++;
	}
}

static void compare(const struct shot *s, const struct view *l, const char *is)
{
	char *path = file_of(s, l), *was;
	size_t len;

	if (update)
		must(file_write(path, is, strlen(is)));
	if (file_read(path, 1 << 20, &was, &len) < 0)
		fail_msg("%s: make frames-update", err_msg());
	say_difference(path, was, is);
	free(was);
	free(path);
}

/* --- the tests ------------------------------------------------------------ */

static const int sizes[][2] = {{80, 24}, {120, 36}, {200, 60}};

static void is_as_reviewed(const struct shot *s, const char *lang)
{
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct view l = {lang, sizes[i][0], sizes[i][1], lines};
		char *text = text_of(s, &l);

		compare(s, &l, text);
		free(text);
	}
}

static void in_english(void **state)
{
	is_as_reviewed(*state, "en");
}

static void in_chinese(void **state)
{
	is_as_reviewed(*state, "zh_CN");
}

static void small_in_both(void **state)
{
	static const char *const langs[] = {"en", "zh_CN"};

	for (size_t i = 0; i < ARRAY_SIZE(langs); i++) {
		struct view l = {langs[i], 80, 24, lines};
		char *text = text_of(*state, &l);

		compare(*state, &l, text);
		free(text);
	}
}

static void in_taiwan(void **state)
{
	struct view l = {"zh_TW", 120, 36, lines};
	char *text = text_of(*state, &l);

	compare(*state, &l, text);
	free(text);
}

/* --- what follows from them ----------------------------------------------- */

/* The same frame in the signs of a terminal that has proved nothing. */
static void in_ascii(struct buf *out, const char *s)
{
	static const struct {
		const char *line, *ascii;
	} signs[] = {
		{"─", "-"}, {"│", "|"}, {"═", "="}, {"║", "|"}, {"…", "+"}};
	uint32_t cp;
	size_t i, n;

	while (*s) {
		n = utf8_decode(s, strlen(s), &cp);
		for (i = 0; i < ARRAY_SIZE(signs); i++)
			if (strncmp(s, signs[i].line, n) == 0)
				break;
		if (i < ARRAY_SIZE(signs) && strlen(signs[i].line) == n)
			buf_adds(out, signs[i].ascii);
		else if (cp >= 0x2500 && cp < 0x2580) /* crossings */
			buf_addc(out, '+');
		else
			buf_add(out, s, n);
		s += n;
	}
}

static void in_ascii_lines(void **state)
{
	const struct shot *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(sizes) * 2; i++) {
		struct view l = {i % 2 ? "zh_CN" : "en", sizes[i / 2][0],
			sizes[i / 2][1], lines};
		char *with = text_of(s, &l), *without;
		struct buf want = BUF_INIT;

		l.facts.glyphs.border = BORDER_ASCII;
		without = text_of(s, &l);
		in_ascii(&want, with);
		say_difference(s->name, buf_str(&want), without);
		buf_fini(&want);
		free(with);
		free(without);
	}
}

static void in_ascii_alone(void **state)
{
	struct view l = {"en", 80, 24, lines};
	char *text;
	uint32_t cp;
	size_t i, len;

	l.facts.glyphs = glyphs_ascii;
	text = text_of(*state, &l);
	compare(*state, &l, text);
	len = strlen(text);
	for (i = 0; i < len;) {
		i += utf8_decode(text + i, len - i, &cp);
		if (cp >= 0x2500 && cp < 0x2900)
			fail_msg("U+%04X is not proved:\n%s", cp, text);
	}
	free(text);
}

static void without_colours(void **state)
{
	const struct shot *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(sizes) * 2; i++) {
		struct view l = {i % 2 ? "zh_CN" : "en", sizes[i / 2][0],
			sizes[i / 2][1], lines};
		char *with = text_of(s, &l), *without;

		l.facts.depth = DEPTH_NONE;
		without = text_of(s, &l);
		say_difference(s->name, with, without);
		free(with);
		free(without);
	}
}

/* --- nothing by colour alone ---------------------------------------------- */

static int speaks(const struct cell *c)
{
	unsigned char t = (unsigned char)c->t[0];

	return c->width == 2 || t >= 0x80 ||
	       ((t | 0x20) >= 'a' && (t | 0x20) <= 'z') || strchr("!*~>+", t);
}

static int alarms(unsigned style)
{
	return ST_ROLE(style) == ST_BAD || ST_ROLE(style) == ST_WARN ||
	       ST_ROLE(style) == ST_GOOD || ST_ROLE(style) == ST_NEWS;
}

/* Every stretch in a colour that means something has a word or a sign in it,
 * or stands in a row of its pane that has. */
static void look_at_row(const struct grid *g, int y)
{
	int x = 0, said = 0;

	while (x < g->w) {
		int from = x, words = 0, ink = 0;
		unsigned style = ST_ROLE(grid_get(g, x, y)->style);

		for (; x < g->w; x++) {
			const struct cell *c = grid_get(g, x, y);

			if (ST_ROLE(c->style) != style)
				break;
			if (c->len && c->t[0] != ' ') {
				ink = 1;
				words |= speaks(c);
			}
		}
		if (style == ST_FRAME || style == ST_FRAME_FOCUS)
			said = 0; /* another pane begins */
		else if (alarms(style) && words)
			said = 1;
		else if (alarms(style) && ink && !said)
			fail_msg("column %d, row %d: %s is said by its colour "
				 "alone",
				from, y, style_name(style));
	}
}

static void said_in_words_too(void **state)
{
	const struct shot *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct view l = {"en", sizes[i][0], sizes[i][1], lines};
		struct frame f = {.bench = NULL};
		int y;

		frame_open(&f, s, &l, NULL);
		for (y = 0; y < l.h; y++)
			look_at_row(term_shown(f.term), y);
		frame_close(&f);
	}
}

/* --- themes ----------------------------------------------------------------
 */

struct paint {
	const char *theme;
	uint32_t text, paper; /* of the terminal */
};
static const struct paint paints[] = {
	{"light", 0x202020, 0xffffff},
	{"safe", 0xd0d0d0, 0x000000},
	{"mono", 0xd0d0d0, 0x000000},
};

/* Every cell that stands there can be read, whatever it lies on; lines and what
 * is switched off may be fainter. */
static void can_be_read(const struct paint *p, struct theme *t,
	const struct cell *c, int x, int y)
{
	enum style role = ST_ROLE(c->style);
	double want = role == ST_FRAME	     ? 1.8
		      : role == ST_OFF	     ? 3.0
		      : role == ST_GHOST     ? 3.0
		      : role == ST_CHART_LOW ? 3.0
					     : 4.0;
	uint32_t ink, on;

	if (!c->len || c->t[0] == ' ' ||
		!eyes_look(theme_look(t, c->style, DEPTH_256), p->text,
			p->paper, &ink, &on))
		return;
	if (eyes_contrast(ink, on) < want)
		fail_msg("%s: column %d, row %d: %s %.1f", p->theme, x, y,
			style_name(role), eyes_contrast(ink, on));
}

/* The row under the cursor and the pane in focus are seen without a colour: by
 * a sign, and by the attributes that are left. */
static int has_sign(const struct grid *g, int y, int from)
{
	int x;

	for (x = from; x < g->w; x++) {
		const struct cell *c = grid_get(g, x, y);

		if (!(c->style & ST_ON_CURSOR))
			return 0;
		if (c->len && strchr(">*", c->t[0]))
			return 1;
	}
	return 0;
}

/* covered: a box may lie over the sign. */
static void look_at_cells(
	const struct paint *p, const struct grid *g, int covered)
{
	struct theme *t;
	int x, y, before;

	must(theme_load(p->theme, &t));
	for (y = 0; y < g->h; y++)
		for (x = before = 0; x < g->w; x++) {
			const struct cell *c = grid_get(g, x, y);
			int on = (c->style & ST_ON_CURSOR) != 0;

			can_be_read(p, t, c, x, y);
			if (on && !before && !covered && !has_sign(g, y, x))
				fail_msg("%s: column %d, row %d: the cursor "
					 "has no sign",
					p->theme, x, y);
			before = on;
		}
	theme_free(t);
}

/* The same words, and all of them can be read. */
static void in_every_theme(void **state)
{
	const struct shot *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(paints) * 2; i++) {
		const struct paint *p = &paints[i / 2];
		struct view l = {i % 2 ? "zh_CN" : "en", sizes[i % 2][0],
			sizes[i % 2][1], lines};
		char *want = text_of(s, &l);
		struct buf raw = BUF_INIT, is = BUF_INIT;
		struct frame f = {.bench = NULL};

		l.facts.dark = p->paper == 0;
		frame_open(&f, s, &l, p->theme);
		grid_text(term_shown(f.term), &raw);
		strip(&is, buf_str(&raw));
		say_difference(s->name, want, buf_str(&is));
		look_at_cells(p, term_shown(f.term),
			s < shots || s >= shots + ARRAY_SIZE(shots));
		frame_close(&f);
		buf_fini(&raw);
		buf_fini(&is);
		free(want);
	}
}

static void add(struct CMUnitTest *t, const struct shot *s, const char *what,
	void (*fn)(void **))
{
	*t = (struct CMUnitTest){.name = xasprintf("%s %s", s->name, what),
		.test_func = fn,
		.initial_state = (void *)(uintptr_t)s};
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[ARRAY_SIZE(shots) * 8 + ARRAY_SIZE(boxes) * 2];
	size_t n = 0, i;
	int rc;
	char path[128];

	i18n_init();
	golden = xstrdup(argc > 1 ? argv[argc - 1] : "tests/frames/golden");
	update = argc > 1 && !strcmp(argv[1], "--update");
	strcpy(work, "/tmp/galley-frames-XXXXXX");
	if (!mkdtemp(work))
		return 1;
	setenv("TZ", "Asia/Shanghai", 1);
	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%zu.db", work, i);
		moment[i] = fill(path, (int)i);
	}
	for (i = 0; i < ARRAY_SIZE(shots); i++) {
		add(&tests[n++], &shots[i], "in English", in_english);
		add(&tests[n++], &shots[i], "in Chinese", in_chinese);
		add(&tests[n++], &shots[i], "in Taiwan", in_taiwan);
		add(&tests[n++], &shots[i], "in ASCII", in_ascii_alone);
		if (update)
			continue;
		add(&tests[n++], &shots[i], "in ASCII lines", in_ascii_lines);
		add(&tests[n++], &shots[i], "without colours", without_colours);
		add(&tests[n++], &shots[i], "in words too", said_in_words_too);
		add(&tests[n++], &shots[i], "in every theme", in_every_theme);
	}
	for (i = 0; i < ARRAY_SIZE(boxes); i++) {
		add(&tests[n++], &boxes[i], "in both", small_in_both);
		if (!update)
			add(&tests[n++], &boxes[i], "in every theme",
				in_every_theme);
	}
	rc = _cmocka_run_group_tests("frames", tests, n, NULL, NULL);
	for (i = 0; i < n; i++)
		free((char *)(uintptr_t)tests[i].name);
	remove_tree(work);
	free(golden);
	return rc;
}
