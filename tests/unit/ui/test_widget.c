/* SPDX-License-Identifier: MIT */
/*
 * Widgets: sums of columns, what fits a pattern, who may be chosen, where the
 * focus is, and what all of them look like in a few cells.
 */
#include "galley/ui/widget.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "galley/base/mem.h"

static struct grid *grid;
static struct canvas canvas;
static int cx, cy;

static struct canvas *screen(int w, int h, const struct glyphs *glyphs)
{
	grid_free(grid);
	grid = grid_new(w, h);
	canvas = canvas_of(grid, glyphs ? glyphs : &glyphs_ascii);
	cx = cy = -2;
	return &canvas;
}

/* Rows parted by line feeds, trailing spaces cut. */
static void shows(const char *want)
{
	struct buf text = BUF_INIT, b = BUF_INIT;
	const char *s, *lf;
	size_t len;

	grid_text(grid, &text);
	for (s = buf_str(&text); (lf = strchr(s, '\n')); s = lf + 1) {
		len = (size_t)(lf - s);
		while (len && s[len - 1] == ' ')
			len--;
		buf_add(&b, s, len);
		buf_addc(&b, '\n');
	}
	assert_string_equal(buf_str(&b), want);
	buf_fini(&b);
	buf_fini(&text);
	grid_free(grid);
	grid = NULL;
}

static struct key key(uint32_t code)
{
	return (struct key){.code = code};
}

static struct ui_event press(uint32_t code, int mods)
{
	return (struct ui_event){
		.kind = UI_KEY, .key = {.code = code, .mods = (uint8_t)mods}};
}

/* --- columns ----------------------------------------------------------------
 */

static void columns_share(void **state)
{
	static const struct column v[] = {
		{"No", 3, 5, 0, 0, 1},
		{"Subject", 10, 20, 2, 0, 0},
		{"Owner", 4, 8, 1, 2, 0},
		{"Age", 3, 3, 0, 1, 1},
	};
	static const struct {
		int w, out[4];
	} cases[] = {
		/* 20 and three spaces are the least */
		{23, {3, 10, 4, 3}},
		/* wants are met from the left */
		{22, {5, 12, 0, 3}},
		{17, {5, 11, 0, 0}},
		{14, {3, 10, 0, 0}},
		{8, {3, 4, 0, 0}},
		{2, {2, 0, 0, 0}},
		{0, {0, 0, 0, 0}},
		/* all that is wanted, then 9 as 2 to 1 */
		{48, {5, 26, 11, 3}},
	};
	size_t i;
	int out[4], j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int sum = 0;

		columns_fit(v, 4, cases[i].w, out);
		for (j = 0; j < 4; j++) {
			assert_int_equal(out[j], cases[i].out[j]);
			sum += out[j] ? out[j] + 1 : 0;
		}
		assert_true(sum - 1 <= cases[i].w);
	}
	columns_fit(v, 4, 30, out);
	columns_head(screen(30, 1, NULL), 0, v, 4, out);
	shows("   No Subject         Own+ Age\n");
}

/* --- menu -------------------------------------------------------------------
 */

static void patterns_fit(void **state)
{
	(void)state;
	assert_int_equal(fuzzy_score("xyz", "ticket assign"), 0);
	assert_int_equal(fuzzy_score("gt", "tg"), 0);
	assert_true(fuzzy_score("", "anything") > 0);
	assert_true(fuzzy_score("ta", "Ticket Assign") >
		    fuzzy_score("ta", "stage of it"));
	assert_true(fuzzy_score("ASS", "ticket.assign") >
		    fuzzy_score("ass", "a list of sales"));
	assert_true(fuzzy_score("open", "open") >
		    fuzzy_score("open", "open in browser"));
	/* the best place counts, not the first one */
	assert_int_equal(
		fuzzy_score("ab", "xa ab") > fuzzy_score("ab", "xa xb"), 1);
	assert_true(fuzzy_score("退款", "工单：退款超时") > 0);
	assert_true(fuzzy_score("訂單", "查订单") > 0);
	assert_true(fuzzy_score("ＡＢ", "ab") > 0);
	assert_int_equal(fuzzy_score("款退", "退款"), 0);
}

static void a_palette_filters(void **state)
{
	struct menu_item items[] = {
		{.text = "Close ticket",
			.note = "ends it",
			.key = "X",
			.also = "结案"},
		{.text = "Assign ticket", .key = "a"},
		{.text = "Merge", .key = "M", .why_off = "nothing is marked"},
		{.text = "退款"},
	};
	struct menu m = {.title = "Do",
		.input = edit_new(0, 100),
		.items = items,
		.n = 4};

	(void)state;
	menu_draw(&m, screen(34, 7, NULL), &cx, &cy);
	shows("+= Do ===========================+\n"
	      "|>                               |\n"
	      "|> Close ticket  ends it       X |\n"
	      "|  Assign ticket               a |\n"
	      "|  Merge  nothing is marked    M |\n"
	      "|  退款                          |\n"
	      "+================================+\n");
	assert_int_equal(cx, 3);
	assert_int_equal(cy, 1);
	assert_int_equal(menu_key(&m, key('a')), 1);
	assert_int_equal(menu_key(&m, key('s')), 1);
	assert_int_equal(m.at, 1);
	assert_int_equal(menu_key(&m, key(KEY_ENTER)), 2);
	assert_int_equal(menu_key(&m, key(KEY_BACKSPACE)), 1);
	assert_int_equal(menu_key(&m, key(KEY_BACKSPACE)), 1);
	/* what cannot be done is not done */
	assert_int_equal(menu_key(&m, key('m')), 1);
	assert_int_equal(menu_key(&m, key('e')), 1);
	assert_int_equal(menu_key(&m, key('r')), 1);
	assert_int_equal(m.at, 2);
	assert_int_equal(menu_key(&m, key(KEY_ENTER)), 1);
	/* nothing fits, nothing is chosen */
	assert_int_equal(menu_key(&m, key('z')), 1);
	assert_int_equal(menu_key(&m, key(KEY_ENTER)), 1);
	menu_draw(&m, screen(12, 4, NULL), &cx, &cy);
	shows("+= Do =====+\n|> merz    |\n|          |\n+==========+\n");
	assert_int_equal(menu_key(&m, key(KEY_ESC)), -1);
	edit_set(m.input, "", 0);
	assert_int_equal(menu_key(&m, key(0x7d50)), 1);
	assert_int_equal(m.at, 0); /* by what is not shown */
	edit_free(m.input);
	m.input = NULL;
	assert_int_equal(menu_key(&m, key('X')), 2);
	assert_int_equal(m.at, 0);
	assert_int_equal(menu_key(&m, key(KEY_UP)), 1);
	assert_int_equal(m.at, 0);
	assert_int_equal(menu_key(&m, key('M')), 1);
	assert_int_equal(menu_key(&m, key('q')), 0);
	assert_int_equal(menu_key(&m, key(KEY_DOWN)), 1);
	assert_int_equal(m.at, 3);
	/* it scrolls to the cursor */
	menu_draw(&m, screen(20, 4, NULL), &cx, &cy);
	shows("+= Do =============+\n|  Merge  nothi+ M |\n|> 退款            |\n"
	      "+==================+\n");
}

/* --- question ---------------------------------------------------------------
 */

static void cancel_has_the_focus(void **state)
{
	static const char *const answers[] = {"Cancel", "Discard"};
	struct ask a = {.title = "Discard",
		.text = "Discard the draft to Wang Fang?",
		.answers = answers,
		.n = 2};

	(void)state;
	ask_draw(&a, screen(26, 5, NULL), &cx, &cy);
	shows("+= Discard ==============+\n"
	      "|Discard the draft to    |\n"
	      "|Wang Fang?              |\n"
	      "|>[Cancel]  [Discard]    |\n"
	      "+========================+\n");
	assert_int_equal(cx, -1);
	assert_int_equal(ask_key(&a, key('d')), 1);
	assert_int_equal(ask_key(&a, key(KEY_ENTER)), 2);
	assert_int_equal(a.at, 0);
	assert_int_equal(ask_key(&a, key(KEY_TAB)), 1);
	assert_int_equal(ask_key(&a, key(KEY_ENTER)), 2);
	assert_int_equal(a.at, 1);
	assert_int_equal(ask_key(&a, key(KEY_ESC)), -1);
}

static void many_ask_for_their_number(void **state)
{
	static const char *const answers[] = {"Cancel", "Close"};
	struct ask a = {.title = "Close",
		.text = "Close 12 tickets?",
		.answers = answers,
		.n = 2,
		.at = 1,
		.count = 12,
		.typed = edit_new(0, 20)};

	(void)state;
	ask_draw(&a, screen(26, 5, NULL), &cx, &cy);
	shows("+= Close ================+\n"
	      "|Close 12 tickets?       |\n"
	      "|# 12                    |\n"
	      "| [Cancel] >[Close]      |\n"
	      "+========================+\n");
	assert_int_equal(cx, 3);
	assert_int_equal(cy, 2);
	assert_int_equal(ask_key(&a, key(KEY_ENTER)), 1);
	ask_key(&a, key('1'));
	ask_key(&a, key('x'));
	assert_int_equal(ask_key(&a, key(KEY_ENTER)), 1);
	ask_key(&a, key('2'));
	assert_string_equal(edit_text(a.typed), "12");
	assert_int_equal(ask_key(&a, key(KEY_ENTER)), 2);
	ask_key(&a, key('3'));
	assert_int_equal(ask_key(&a, key(KEY_ENTER)), 1);
	edit_free(a.typed);
}

/* --- form -------------------------------------------------------------------
 */

static void a_form_is_filled_in(void **state)
{
	static const char *const ways[] = {"mail", "chat"};
	struct form_field v[] = {
		{.label = "Subject",
			.type = FORM_LINE,
			.required = 1,
			.hint = "in a few words",
			.edit = edit_new(0, 100)},
		{.label = "By",
			.type = FORM_CHOICE,
			.choices = ways,
			.n_choices = 2},
		{.label = "Text",
			.type = FORM_TEXT,
			.required = 1,
			.edit = edit_new(1, 1000)},
		{.label = "Urgent", .type = FORM_CHECK},
	};
	struct form f = {.title = "New", .fields = v, .n = 4};
	struct ui_event e = press(KEY_TAB, 0);

	(void)state;
	form_draw(&f, screen(30, 9, NULL), &cx, &cy);
	shows("+= New ======================+\n"
	      "|> Subject* in a few words   |\n"
	      "|  By       < mail >         |\n"
	      "|  Text*                     |\n"
	      "|                            |\n"
	      "|                            |\n"
	      "|  Urgent   [ ]              |\n"
	      "|                            |\n"
	      "+============================+\n");
	assert_int_equal(cx, 12);
	assert_int_equal(cy, 1);
	assert_int_equal(form_key(&f, &e), 1);
	assert_int_equal(f.at, 1);
	e = press(KEY_RIGHT, 0);
	assert_int_equal(form_key(&f, &e), 1);
	assert_int_equal(v[1].at, 1);
	e = press(KEY_TAB, KEY_SHIFT);
	form_key(&f, &e);
	form_key(&f, &e);
	assert_int_equal(f.at, 3);
	e = press(' ', 0);
	form_key(&f, &e);
	assert_int_equal(v[3].at, 1);
	/* two are missing, the first has the focus */
	e = press(KEY_ENTER, 0);
	assert_int_equal(form_key(&f, &e), 1);
	assert_int_equal(f.at, 0);
	assert_non_null(v[0].error);
	assert_non_null(v[2].error);
	form_draw(&f, screen(30, 7, NULL), &cx, &cy);
	shows("+= New ======================+\n"
	      "|> Subject* in a few words   |\n"
	      "|           This is needed   |\n"
	      "|  By       < chat >         |\n"
	      "|  Text*                     |\n"
	      "|                            |\n"
	      "+============================+\n");
	e = press('x', 0);
	form_key(&f, &e);
	assert_null(v[0].error);
	f.at = 2;
	form_key(&f, &e);
	/* in a text Enter is a line */
	e = press(KEY_ENTER, 0);
	assert_int_equal(form_key(&f, &e), 1);
	assert_string_equal(edit_text(v[2].edit), "x\n");
	e = press('s', KEY_CTRL);
	assert_int_equal(form_key(&f, &e), 2);
	e = press(KEY_ESC, 0);
	assert_int_equal(form_key(&f, &e), -1);
	/* the field in focus is seen */
	f.at = 3;
	form_draw(&f, screen(30, 4, NULL), &cx, &cy);
	assert_int_equal(cy, 2);
	shows("+= New ======================+\n"
	      "|                            |\n"
	      "|> Urgent   [x]              |\n"
	      "+============================+\n");
	edit_free(v[0].edit);
	edit_free(v[2].edit);
}

/* --- lines ------------------------------------------------------------------
 */

static void tabs_and_trees(void **state)
{
	static const struct tab tabs[] = {
		{"Hotline", 0, 0}, {"IM", 4, 0}, {"工单", 12, 1}};
	static const struct tree_row rows[] = {{"Stoves", 0, 1, 0},
		{"Gas", 1, 0, 0}, {"Will not light", 2, 0, 1},
		{"deep", 40, 0, 1}};
	struct canvas *c = screen(40, 1, NULL), row;
	int x[3], i;

	(void)state;
	tabs_draw(c, 0, tabs, 3, 0, x);
	shows(" Hotline*  IM 4  工单 12!\n");
	assert_int_equal(x[0], 0);
	assert_int_equal(x[1], 10);
	assert_int_equal(x[2], 16);
	c = screen(22, 4, NULL);
	for (i = 0; i < 4; i++) {
		row = canvas_sub(c, 0, i, c->w, 1);
		tree_draw_row(&row, &rows[i]);
	}
	shows("- Stoves\n  + Gas\n      Will not light\n             deep\n");
}

static void notices_and_progress(void **state)
{
	static const struct toast v[] = {
		{"Reply goes out", "u", "undo", ST_GOOD, 5},
		{"a very long notice that cannot be shown", NULL, NULL, ST_BAD,
			0}};

	struct toast_at at[2];

	(void)state;
	at[0] = toast_draw(screen(30, 3, NULL), 2, &v[0]);
	at[1] = toast_draw(&canvas, 1, &v[1]);
	assert_int_equal(toast_cells(&v[0]), at[0].w);
	assert_int_equal(at[0].x, 3);
	assert_int_equal(at[0].y, 2);
	assert_int_equal(at[0].action, 18);
	assert_int_equal(at[1].y, 1);
	assert_int_equal(at[1].action, at[1].x + at[1].w); /* none */
	shows("\n a very long notice that can+\n"
	      "    Reply goes out [u] undo 5\n");
	progress_draw(screen(40, 2, NULL), 0, 0, 40, 30, 120, "Mails");
	progress_draw(&canvas, 0, 1, 40, 7, 0, "Mails");
	shows("Mails ######................. 25% 30/120\nMails  7\n");
}

/* --- numbers ----------------------------------------------------------------
 */

static void numbers_are_pictures(void **state)
{
	static const struct glyphs blocks = {.blocks = 1};
	static const double v[] = {0, 1, 2, 4, 8, NAN, 16};
	static const double many[] = {1, 0, 0, 8, 0, 0};

	(void)state;
	spark_draw(screen(10, 1, NULL), 0, 0, 10, v, 7, 16, ST_CHART);
	shows(" ..:= #\n");
	spark_draw(screen(10, 1, &blocks), 0, 0, 10, v, 7, 0, ST_CHART);
	shows(" ▁▁▂▄ █\n");
	/* peaks are kept */
	spark_draw(screen(2, 1, NULL), 0, 0, 2, many, 6, 8, ST_CHART);
	shows(".#\n");
	bar_draw(screen(10, 4, NULL), 0, 0, 10, 45, 100, 80, ST_CHART);
	bar_draw(&canvas, 0, 1, 10, 0.1, 100, -1, ST_CHART);
	bar_draw(&canvas, 0, 2, 10, 900, 100, 100, ST_CHART);
	bar_draw(&canvas, 0, 3, 10, NAN, 0, -1, ST_CHART);
	shows("#####...|.\n#.........\n#########|\n..........\n");
}

static void curves(void **state)
{
	static const struct glyphs braille = {.blocks = 1, .braille = 1},
				   blocks = {.blocks = 1};
	static const struct plot_point v[] = {
		{0, 0, NULL}, {0.5, 1, "!"}, {NAN, 1, NULL}, {1, 0, "x"}};
	static const struct plot_point one[] = {{0.5, 0.5, NULL}};

	(void)state;
	plot_draw(screen(9, 3, NULL), v, 4, ST_CHART);
	shows("   .!|\n  |'  |.x\n.|     '|\n");
	plot_draw(screen(4, 2, &blocks), v, 2, ST_CHART);
	shows(" ▄!\n▄██\n");
	plot_draw(screen(4, 2, &braille), v, 2, ST_CHART);
	shows(" ⡰!\n⡰⠁\n");
	plot_draw(screen(3, 1, NULL), one, 1, ST_CHART);
	shows(" -\n");
	plot_draw(screen(3, 1, NULL), NULL, 0, ST_CHART);
	shows("\n");
}

static struct ui_event mouse(enum mouse_act act, int x, int y, int clicks)
{
	return (struct ui_event){
		.kind = UI_MOUSE, .act = act, .x = x, .y = y, .clicks = clicks};
}

/* What says where a row leads is not pushed out by a long text. */
static void menu_notes_stay_in_sight(void **state)
{
	struct menu_item v[] = {
		{.text = "a text that goes on and on",
			.note = "T-1  3d",
			.found = 1},
		{.text = "short", .note = "T-12  4w", .found = 1},
		{.text = "a text that goes on and on", .note = "note"},
	};
	struct menu m = {.items = v, .n = 3};

	(void)state;
	menu_draw(&m, screen(32, 5, NULL), &cx, &cy);
	shows("+==============================+\n"
	      "|> a text that goes o+  T-1  3d|\n"
	      "|  short               T-12  4w|\n"
	      "|  a text that goes on a+  note|\n"
	      "+==============================+\n");
}

static void menu_with_the_mouse(void **state)
{
	struct menu_item v[] = {{.text = "one"}, {.text = "two"},
		{.text = "off", .why_off = "no"}, {.text = "four"},
		{.text = "five"}};
	struct menu m = {.title = "M", .items = v, .n = 5};
	struct ui_event e = mouse(MOUSE_DOWN, 3, 2, 1);
	struct canvas *c = screen(20, 5, NULL);

	(void)state;
	menu_draw(&m, c, &cx, &cy);
	assert_int_equal(menu_mouse(&m, c, &e), 1);
	assert_int_equal(m.at, 1);
	/* again on the same, and the second of a double click */
	assert_int_equal(menu_mouse(&m, c, &e), 2);
	e = mouse(MOUSE_DOWN, 3, 1, 2);
	assert_int_equal(menu_mouse(&m, c, &e), 2);
	assert_int_equal(m.at, 0);
	e = mouse(MOUSE_DOWN, 3, 3, 2);
	assert_int_equal(menu_mouse(&m, c, &e), 1); /* greyed */
	e = mouse(MOUSE_WHEEL_DOWN, 3, 3, 0);
	assert_int_equal(menu_mouse(&m, c, &e), 1);
	assert_int_equal(m.at, 4);
	/* the window has moved: rows are those that are seen, and they stay
	 * where they are when another one is clicked */
	menu_draw(&m, c, &cx, &cy);
	assert_int_equal(m.top, 2);
	e = mouse(MOUSE_DOWN, 3, 2, 1);
	assert_int_equal(menu_mouse(&m, c, &e), 1);
	assert_int_equal(m.at, 3);
	menu_draw(&m, c, &cx, &cy);
	assert_int_equal(m.top, 2);
	/* the frame does nothing, beside it leaves */
	e = mouse(MOUSE_DOWN, 0, 2, 1);
	assert_int_equal(menu_mouse(&m, c, &e), 1);
	e = mouse(MOUSE_DOWN, 30, 2, 1);
	assert_int_equal(menu_mouse(&m, c, &e), -1);
	grid_free(grid);
	grid = NULL;
}

static void answers_with_the_mouse(void **state)
{
	const char *answers[] = {"Cancel", "Merge"};
	struct ask a = {.text = "?", .answers = answers, .n = 2};
	struct canvas *c = screen(30, 5, NULL);
	struct ui_event e = mouse(MOUSE_DOWN, 12, 3, 1);

	(void)state;
	ask_draw(&a, c, &cx, &cy);
	assert_int_equal(ask_mouse(&a, c, &e), 2);
	assert_int_equal(a.at, 1);
	e.x = 3;
	assert_int_equal(ask_mouse(&a, c, &e), 2);
	assert_int_equal(a.at, 0);
	/* beside the answers, and what was meant for something else */
	e.y = 1;
	assert_int_equal(ask_mouse(&a, c, &e), 1);
	e = mouse(MOUSE_DOWN, 12, 3, 2);
	assert_int_equal(ask_mouse(&a, c, &e), 1);
	assert_int_equal(a.at, 0);
	a.count = 7; /* not typed yet */
	a.typed = edit_new(0, 10);
	e = mouse(MOUSE_DOWN, 12, 3, 1);
	assert_int_equal(ask_mouse(&a, c, &e), 1);
	edit_free(a.typed);
	grid_free(grid);
	grid = NULL;
}

static void form_with_a_secret_and_the_mouse(void **state)
{
	const char *ways[] = {"mail", "chat"};
	char secret[8] = "";
	struct form_field v[] = {
		{.label = "By",
			.type = FORM_CHOICE,
			.choices = ways,
			.n_choices = 2},
		{.label = "Key",
			.type = FORM_SECRET,
			.required = 1,
			.secret = secret,
			.secret_max = sizeof(secret)},
		{.label = "Urgent", .type = FORM_CHECK},
	};
	struct form f = {.title = "New", .fields = v, .n = 3, .at = 1};
	struct ui_event e = press('s', KEY_CTRL);
	char paste[] = "abc\n", two[] = "a\nb", longer[] = "defgh";
	struct canvas *c;

	(void)state;
	assert_int_equal(form_key(&f, &e), 1); /* it is needed */
	e = press(0xe4, 0);
	assert_int_equal(form_key(&f, &e), 1);
	e = (struct ui_event){.kind = UI_PASTE, .text = paste, .len = 4};
	assert_int_equal(form_key(&f, &e), 1);
	assert_string_equal(secret, "\xc3\xa4"
				    "abc");
	c = screen(24, 5, NULL);
	form_draw(&f, c, &cx, &cy);
	assert_int_equal(cx, 14);
	shows("+= New ================+\n"
	      "|  By     < mail >     |\n"
	      "|> Key*   ****         |\n"
	      "|  Urgent [ ]          |\n"
	      "+======================+\n");
	/* all of it or nothing */
	e = (struct ui_event){.kind = UI_PASTE, .text = longer, .len = 5};
	assert_int_equal(form_key(&f, &e), 1);
	assert_non_null(v[1].error);
	e = (struct ui_event){.kind = UI_PASTE, .text = two, .len = 3};
	assert_int_equal(form_key(&f, &e), 1);
	assert_int_equal(strlen(secret), 5);
	for (int i = 0; i < 5; i++) {
		e = press(KEY_BACKSPACE, 0);
		assert_int_equal(form_key(&f, &e), 1);
	}
	assert_string_equal(secret, "");
	e = mouse(MOUSE_DOWN, 11, 3, 1);
	c = screen(24, 5, NULL);
	form_draw(&f, c, &cx, &cy);
	assert_int_equal(form_mouse(&f, c, &e), 1);
	assert_int_equal(f.at, 2);
	assert_int_equal(v[2].at, 1);
	e = mouse(MOUSE_DOWN, 13, 1, 1);
	assert_int_equal(form_mouse(&f, c, &e), 1);
	assert_int_equal(f.at, 0);
	assert_int_equal(v[0].at, 1);
	e = mouse(MOUSE_WHEEL_DOWN, 13, 1, 0);
	assert_int_equal(form_mouse(&f, c, &e), 1);
	assert_int_equal(f.at, 1);
	grid_free(grid);
	grid = NULL;
}

static void double_clicks(void **state)
{
	struct click last = {0};
	struct ui_event e = mouse(MOUSE_DOWN, 3, 3, 0);

	(void)state;
	click_count(&last, &e, 1000);
	assert_int_equal(e.clicks, 1);
	click_count(&last, &e, 1200);
	assert_int_equal(e.clicks, 2);
	click_count(&last, &e, 1300); /* no third */
	assert_int_equal(e.clicks, 1);
	e.x = 4;
	click_count(&last, &e, 1400);
	assert_int_equal(e.clicks, 1);
	click_count(&last, &e, 1900); /* too slow */
	assert_int_equal(e.clicks, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_share),
		cmocka_unit_test(patterns_fit),
		cmocka_unit_test(a_palette_filters),
		cmocka_unit_test(cancel_has_the_focus),
		cmocka_unit_test(many_ask_for_their_number),
		cmocka_unit_test(a_form_is_filled_in),
		cmocka_unit_test(tabs_and_trees),
		cmocka_unit_test(notices_and_progress),
		cmocka_unit_test(numbers_are_pictures),
		cmocka_unit_test(curves),
		cmocka_unit_test(menu_notes_stay_in_sight),
		cmocka_unit_test(menu_with_the_mouse),
		cmocka_unit_test(answers_with_the_mouse),
		cmocka_unit_test(form_with_a_secret_and_the_mouse),
		cmocka_unit_test(double_clicks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
