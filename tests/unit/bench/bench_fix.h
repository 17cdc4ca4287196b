/* SPDX-License-Identifier: MIT */
/*
 * A workstation on a terminal without a head, on the small cache of home_fix.h.
 * Time stands still unless a test moves it.
 */
#ifndef GALLEY_TESTS_BENCH_FIX_H
#define GALLEY_TESTS_BENCH_FIX_H

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
	const char *role;
};

static int64_t fix_now(void *u)
{
	return ((struct fix *)u)->now;
}

static int64_t fix_mono(void *u)
{
	return ((struct fix *)u)->mono;
}

static void turn(struct fix *f)
{
	assert_int_equal(bench_turn(f->bench), 0);
	/* the list first, then what follows its cursor */
	if (bench_next_mono(f->bench) <= f->mono)
		assert_int_equal(bench_turn(f->bench), 0);
}

static void start(struct fix *f, int w, int h, const char *scenario)
{
	struct term_facts facts = {.depth = DEPTH_256,
		.glyphs = {.border = BORDER_ASCII},
		.ambiguous_cells = 1,
		.dark = 1};
	struct desk_args da = {.no_worker = 1, .role = f->role};
	struct bench_args ba = {.scenario = scenario};

	f->now = f->now ? f->now : NOW;
	f->mono = 1000000;
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

static void press(struct fix *f, const char *keys)
{
	term_push_keys(f->term, keys);
	turn(f);
}

__attribute__((unused)) static void type(struct fix *f, const char *ascii)
{
	for (; *ascii; ascii++)
		term_push_key(
			f->term, (struct key){.code = (unsigned char)*ascii});
	turn(f);
}

static void run(struct fix *f, const char *line)
{
	if (bench_command(f->bench, line) < 0)
		fail_msg("%s: %s", line, err_msg());
	turn(f);
}

/* The screen as text; freed by the next call. */
static const char *screen(struct fix *f)
{
	static struct buf b;

	buf_reset(&b);
	grid_text(term_shown(f->term), &b);
	return buf_str(&b);
}

static void sees(struct fix *f, const char *s)
{
	if (!strstr(screen(f), s))
		fail_msg("`%s` is not on the screen:\n%s", s, screen(f));
}

static void sees_not(struct fix *f, const char *s)
{
	if (strstr(screen(f), s))
		fail_msg("`%s` is on the screen:\n%s", s, screen(f));
}

/* The newest notice says it. */
static void hears(struct fix *f, const char *s)
{
	const struct notice *n = desk_notice(f->desk, 0);

	if (!n || !strstr(n->text, s))
		fail_msg("`%s` was not said but `%s`", s, n ? n->text : "");
}

__attribute__((unused)) static int count_ops(struct fix *f, enum op_kind k)
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

/* More than home_fix.h has: lands what `add` makes. */
__attribute__((unused)) static void land_more(void (*add)(struct recs *r))
{
	char *db = path_user(PATH_DATA, "galley.db");
	struct store_opts o = {.path = db};
	struct recs *r = recs_new();
	struct store_page_result res;
	struct store_page p = {
		.connector = 1, .stream = "more", .cursor_key = "", .recs = r};
	struct store_rw *rw;
	int64_t left = 1;

	assert_int_equal(store_open_rw(&o, &rw), 0);
	add(r);
	assert_int_equal(store_page_apply(rw, &p, &res), 0);
	assert_int_equal(res.bad, 0);
	while (left)
		assert_int_equal(store_index_slice(rw, 1000, &left), 0);
	store_close_rw(rw);
	recs_free(r);
	free(db);
}

#endif
