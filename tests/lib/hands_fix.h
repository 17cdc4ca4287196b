/* SPDX-License-Identifier: MIT */
/*
 * A workstation on a terminal without a head, on the cache of home_fix.h, with
 * hands: keys, words, clicks. Time stands still unless a test moves it.
 */
#ifndef GALLEY_TESTS_HANDS_FIX_H
#define GALLEY_TESTS_HANDS_FIX_H

#include "galley/bench/bench.h"

#include "home_fix.h"

#include "galley/base/buf.h"
#include "galley/base/mem.h"

struct fix {
	int64_t now, mono;
	struct clock clock;
	struct session *session;
	struct desk *desk;
	struct term *term;
	struct bench *bench;
	const char *role; /* NULL: as configured */
};

static int64_t fix_now(void *u)
{
	return ((struct fix *)u)->now;
}

static int64_t fix_mono(void *u)
{
	return ((struct fix *)u)->mono;
}

/* Until nothing is left to do: the list first, then what follows its cursor. */
static void turn(struct fix *f)
{
	for (int i = 0; i < 4; i++)
		assert_int_equal(bench_turn(f->bench), 0);
}

static void start_as(struct fix *f, int w, int h, const char *scenario)
{
	struct term_facts facts = {.depth = DEPTH_256,
		.glyphs = {.border = BORDER_ASCII},
		.ambiguous_cells = 1,
		.dark = 1};
	struct desk_args da = {.no_worker = 1, .role = f->role};
	struct bench_args ba = {.scenario = scenario, .keep = !scenario};

	f->now = f->now ? f->now : NOW;
	f->mono = f->mono ? f->mono : 1000000;
	f->clock =
		(struct clock){.now_ms = fix_now, .mono_ms = fix_mono, .u = f};
	assert_int_equal(session_open(NULL, &f->session), 0);
	da.session = f->session;
	da.clock = &f->clock;
	assert_int_equal(desk_new(&da, &f->desk), 0);
	f->term = term_headless(w, h, &facts);
	ba.desk = f->desk;
	ba.term = f->term;
	ba.clock = &f->clock;
	if (bench_new(&ba, &f->bench) < 0)
		fail_msg("%s", err_msg());
	turn(f);
}

static void stop(struct fix *f)
{
	bench_free(f->bench);
	desk_free(f->desk);
	term_close(f->term);
	session_close(f->session);
}

SOMETIMES static void press(struct fix *f, const char *keys)
{
	term_push_keys(f->term, keys);
	turn(f);
}

SOMETIMES static void type(struct fix *f, const char *ascii)
{
	for (; *ascii; ascii++)
		term_push_key(
			f->term, (struct key){.code = (unsigned char)*ascii});
	turn(f);
}

/* Files were written, and have come to rest. */
SOMETIMES static void rest(struct fix *f)
{
	turn(f);
	f->mono += 1000;
	turn(f);
}

SOMETIMES static void command(struct fix *f, const char *line)
{
	if (bench_command(f->bench, line) < 0)
		fail_msg("%s: %s", line, err_msg());
	turn(f);
}

SOMETIMES static void mouse(struct fix *f, enum mouse_act act, int x, int y)
{
	struct ui_event e = {.kind = UI_MOUSE, .act = act, .x = x, .y = y};

	f->mono += 1000; /* no double click by chance */
	term_push_event(f->term, &e);
	turn(f);
}

SOMETIMES static void double_click(struct fix *f, int x, int y)
{
	mouse(f, MOUSE_DOWN, x, y);
	f->mono -= 900;
	mouse(f, MOUSE_DOWN, x, y);
}

/* The screen as text; freed by the next call. */
static const char *screen(struct fix *f)
{
	static struct buf b;

	buf_reset(&b);
	grid_text(term_shown(f->term), &b);
	return buf_str(&b);
}

SOMETIMES static void sees(struct fix *f, const char *s)
{
	if (!strstr(screen(f), s))
		fail_msg("`%s` is not on the screen:\n%s", s, screen(f));
}

SOMETIMES static void sees_not(struct fix *f, const char *s)
{
	if (strstr(screen(f), s))
		fail_msg("`%s` is on the screen:\n%s", s, screen(f));
}

/* The cell where a text (ASCII) begins. */
SOMETIMES static void find(struct fix *f, const char *s, int *x, int *y)
{
	const struct grid *g = term_shown(f->term);
	int n = (int)strlen(s), i;

	for (*y = 0; *y < g->h; ++*y)
		for (*x = 0; *x + n <= g->w; ++*x) {
			for (i = 0; i < n; i++) {
				const struct cell *c = grid_get(g, *x + i, *y);

				if (c->len != 1 || c->t[0] != s[i])
					break;
			}
			if (i == n)
				return;
		}
	fail_msg("`%s` is not on the screen:\n%s", s, screen(f));
}

SOMETIMES static void click_on(struct fix *f, const char *s)
{
	int x = 0, y = 0;

	find(f, s, &x, &y);
	mouse(f, MOUSE_DOWN, x, y);
}

/* The newest notice says it. */
SOMETIMES static void hears(struct fix *f, const char *s)
{
	const struct notice *n = desk_notice(f->desk, 0);

	if (!n || !strstr(n->text, s))
		fail_msg("`%s` was not said but `%s`", s, n ? n->text : "");
}

SOMETIMES static int count_ops(struct fix *f, enum op_kind k)
{
	struct ops ops;
	int i, n = 0;

	assert_int_equal(
		store_op_list(desk_ro(f->desk), 0, -1, 0, 1000, &ops), 0);
	for (i = 0; i < ops.n; i++)
		n += ops.v[i].kind == k;
	ops_free(&ops);
	return n;
}

/* The only operation, as the engine leaves it when a person has to decide. */
SOMETIMES static void hold_it(enum op_reason why, const char *evidence)
{
	char *db = path_user(PATH_DATA, "galley.db");
	struct store_opts o = {.path = db};
	struct store_outcome held = {
		.state = OPS_HELD, .reason = why, .evidence = evidence};
	struct store_rw *rw;
	struct ops ops;

	assert_int_equal(store_open_rw(&o, &rw), 0);
	assert_int_equal(store_op_list(store_reader(rw), 0, -1, 0, 9, &ops), 0);
	assert_int_equal(ops.n, 1);
	assert_int_equal(store_op_outcome(rw, ops.v[0].uid, ops.v[0].attempt,
				 OPS_QUEUED, &held),
		0);
	ops_free(&ops);
	store_close_rw(rw);
	free(db);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

#endif
