/* SPDX-License-Identifier: MIT */
/*
 * Scenario files: what a text means as a tree, what mistakes are answered with,
 * and that the shipped benches leave the work on small screens.
 */
#include "galley/scenario/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "galley/base/buf.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"

static struct scenario *parse(const char *text)
{
	struct scenario *s = NULL;

	if (scenario_parse("x", text, strlen(text), NULL, NULL, &s))
		fail_msg("%s", err_msg());
	return s;
}

/* --- what a text means ------------------------------------------------------
 */

static void print_node(struct buf *b, const struct layout_node *n)
{
	static const char *const kinds[] = {"rows", "cols", "pane"};
	const struct layout_node *c;

	buf_addf(b, "%s", n->kind == LAYOUT_PANE ? n->name : kinds[n->kind]);
	if (n->min)
		buf_addf(b, " %d", n->min);
	if (n->max != LAYOUT_FREE)
		buf_addf(b, "..%d", n->max);
	if (n->weight != 1)
		buf_addf(b, " *%d", n->weight);
	if (n->drop)
		buf_addf(b, " d%d", n->drop);
	if (n->kind == LAYOUT_PANE) {
		buf_addf(b, " #%d", n->pane);
		return;
	}
	buf_addc(b, '{');
	for (c = n->child; c; c = c->next) {
		print_node(b, c);
		if (c->next)
			buf_addc(b, ' ');
	}
	buf_addc(b, '}');
}

static void text_becomes_a_tree(void **state)
{
	static const char *const cases[][2] = {
		{"rows{thread}", "rows{thread #0}"},
		{"cols { inbox ; thread }", "cols{inbox d2 #0 thread #1}"},
		{"cols {\n inbox\n thread\n}", "cols{inbox d2 #0 thread #1}"},
		{"rows { inbox 8 keep ; thread * }",
			"rows{inbox 8..8 #0 thread #1}"},
		{"rows { inbox 8..12 drop 9 ; thread *3 keep ; }",
			"rows{inbox 8..12 d9 #0 thread *3 #1}"},
		{"rows { inbox keep 7.. ; thread 7..* *2 ; log 7.. *3 "
		 "; help 7..* }",
			"rows{inbox 7 #0 thread 7 *2 #1 log 7 *3 d12 #2 "
			"help 7 d13 #3}"},
		{"cols { rows 30..40 *2 drop 7 { thread } rows * { "
		 "composer } }",
			NULL},
		{"cols { rows 30..40 *2 drop 7 { thread } ; rows * { "
		 "composer } }",
			"cols{rows 30..40 *2 d7{thread #0} "
			"rows{composer #1}}"},
		{"cols { thread \"a\" ; thread \"b\" }",
			"cols{thread #0 thread #1}"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text =
			xasprintf("scenario a \"A\"\nlayout %s\n", cases[i][0]);
		struct scenario *s = NULL;
		struct buf b = BUF_INIT;

		if (!cases[i][1]) {
			assert_int_equal(scenario_parse("x", text, strlen(text),
						 NULL, NULL, &s),
				E_CONFIG);
			free(text);
			continue;
		}
		s = parse(text);
		print_node(&b, s->root);
		assert_string_equal(buf_str(&b), cases[i][1]);
		buf_fini(&b);
		scenario_free(s);
		free(text);
	}
}

static void statements_are_kept(void **state)
{
	struct scenario *s = parse(
		"\xef\xbb\xbf# a comment\r\n"
		"scenario my-1 \"A \\\"b\\\" \\\\\" zh_TW \"丙\" zh_CN \"乙\"\r\n"
		"focus thread # here\n"
		"role qa\n"
		"when width < 60 one\n"
		"when call.ringing band callbox 6 ; hide inbox ; show log\n"
		"when situation = complaint.delay inbox \"phase:open\"\n"
		"when outbox.held > 3 show thread\n"
		"layout rows { inbox \"mine\" title \"Q\" zh_CN \"队列\"\n"
		"thread }\n"
		"tabs { log\n settings ; help }");
	const struct scenario_when *w = s->when;

	(void)state;
	assert_string_equal(s->name, "my-1");
	assert_string_equal(s->role, "qa");
	assert_string_equal(s->title[0], "A \"b\" \\");
	assert_string_equal(s->title[1], "乙");
	assert_string_equal(s->title[2], "丙");
	assert_string_equal(scenario_title(s), s->title[0]);
	assert_int_equal(s->n_panes, 6);
	assert_string_equal(s->panes[0].arg, "mine");
	assert_string_equal(scenario_pane_title(&s->panes[0]), "Q");
	assert_int_equal(s->panes[0].line, 9);
	assert_int_equal(s->panes[0].col, 15);
	assert_null(scenario_pane_title(&s->panes[1]));
	assert_int_equal(s->focus, 1);
	assert_int_equal(s->panes[4].place, PLACE_TAB);
	assert_string_equal(s->panes[5].name, "callbox");
	assert_int_equal(s->panes[5].place, PLACE_BAND);

	assert_int_equal(w->op, WHEN_LT);
	assert_int_equal(w->number, 60);
	assert_int_equal(w->then, THEN_ONE);
	assert_int_equal(w->pane, -1);
	w = w->next;
	assert_string_equal(w->fact, "call.ringing");
	assert_int_equal(w->then, THEN_BAND);
	assert_int_equal(w->pane, 5);
	assert_int_equal(w->rows, 6);
	w = w->next;
	assert_string_equal(w->fact, "call.ringing");
	assert_int_equal(w->then, THEN_HIDE);
	assert_int_equal(w->pane, 0);
	w = w->next;
	assert_int_equal(w->then, THEN_SHOW);
	assert_string_equal(s->panes[w->pane].name, "log");
	w = w->next;
	assert_int_equal(w->op, WHEN_IS);
	assert_int_equal(w->then, THEN_ARG);
	assert_string_equal(w->value, "complaint.delay");
	assert_string_equal(w->arg, "phase:open");
	w = w->next;
	assert_int_equal(w->op, WHEN_GT);
	assert_null(w->next);
	scenario_free(s);
}

static void conditions_hold(void **state)
{
	static const struct situation_fact yes[] = {
		{"width", NULL, 59, 0},
		{"call.ringing", NULL, 1, 0},
		{"situation", "complaint.delay", 0, 0},
		{"outbox.held", NULL, 4, 0},
		{"writing", "", 0, 0},
	};
	static const struct {
		const char *cond;
		int with, without;
	} cases[] = {
		{"width < 60", 1, 0},
		{"width < 59", 0, 0},
		{"width > 58", 1, 0},
		{"width > 59", 0, 0},
		{"call.ringing", 1, 0},
		{"call.active", 0, 0},
		{"writing", 0, 0},
		{"situation = complaint", 1, 0},
		{"situation = complaint.delay", 1, 0},
		{"situation = complain", 0, 0},
		{"situation = \"complaint.del\"", 0, 0},
		{"outbox.held > 0", 1, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = xasprintf("scenario a \"A\"\nlayout rows { inbox "
				       "}\nwhen %s one\n",
			cases[i].cond);
		struct scenario *s = parse(text);

		assert_int_equal(
			scenario_when_holds(s->when, yes, ARRAY_SIZE(yes)),
			cases[i].with);
		assert_int_equal(
			scenario_when_holds(s->when, yes, 0), cases[i].without);
		scenario_free(s);
		free(text);
	}
}

/* --- mistakes ---------------------------------------------------------------
 */

#define HEAD "scenario a \"A\"\n"
#define PANES                                                                  \
	"inbox, thread, composer, ticket, customer, journey, answer, "         \
	"orders, calls, callbox, outbox, log, settings, help, queues, "        \
	"sample, script"
#define AFTER_PANE                                                             \
	"a size (8, 8..20, 8.., *, *2), drop N, keep, title \"...\", ; or a "  \
	"new line is expected here, not "
#define STATEMENT                                                              \
	"scenario, role, layout, tabs, focus or when is expected here, not "
#define THEN                                                                   \
	"band PANE ROWS, show PANE, hide PANE, one, or PANE \"...\" is "       \
	"expected here, not "

static void mistakes_have_a_place(void **state)
{
	static const char *const cases[][2] = {
		{"", "x:1:1: the line is missing: scenario NAME \"Title\""},
		{HEAD, "x:2:1: the layout is missing: layout cols { ... }"},
		{"scenarios a", "x:1:1: " STATEMENT "scenarios"},
		{"\"text\"", "x:1:1: " STATEMENT "\"text\""},
		{"scenario", "x:1:9: a name is expected here, not the end of "
			     "the file"},
		{"scenario ../a \"A\"",
			"x:1:10: a name is expected here, not .."},
		{"scenario a.b \"A\"", "x:1:10: a name has letters a to z, "
				       "digits, - and _"},
		{"scenario a", "x:1:11: a title in quotation marks is expected "
			       "here, not the end of the file"},
		{"scenario a \"A", "x:1:12: this text has no \" at its end"},
		{"scenario a \"A\nB\"",
			"x:1:12: this text has no \" at its end"},
		{"scenario a \"A\\n\"", "x:1:14: after \\ stands \" or \\"},
		{"scenario a “A”",
			"x:1:12: the character U+201C is not understood, "
			"write '\"'"},
		{HEAD "scenario b \"B\"",
			"x:2:1: scenario stands in line 1 already"},
		{HEAD "role boss", "x:2:6: agent, qa or supervisor is "
				   "expected here, not boss"},
		{HEAD "role agent role qa",
			"x:2:12: a new line is expected here, not role"},
		{HEAD "layout inbox",
			"x:2:8: rows or cols is expected here, not inbox"},
		{HEAD "layout rows 12 { inbox }",
			"x:2:13: { is expected here, not 12"},
		{HEAD "layout rows { }", "x:2:15: there is no pane in it"},
		{HEAD "layout rows { inbox", "x:2:13: this { has no }"},
		{HEAD "layout rows { inbox ; 客户 }",
			"x:2:23: there is no pane 客户; there are: " PANES},
		{HEAD "layout rows { inbox；log }",
			"x:2:20: the character U+FF1B is not understood, "
			"write ';'"},
		{HEAD "layout rows {\n  inbox\n  tread 4..\n}",
			"x:4:3: there is no pane tread; there are: " PANES},
		{HEAD "layout rows { inbox thread }",
			"x:2:21: " AFTER_PANE "thread"},
		{HEAD "layout rows { inbox drop }",
			"x:2:26: a place in the order of giving way is "
			"expected here, not }"},
		{HEAD "layout rows { inbox drop 100 }",
			"x:2:26: this number goes from 1 to 99"},
		{HEAD "layout rows { inbox drop 1 keep }",
			"x:2:28: this stands here already"},
		{HEAD "layout rows { inbox 0 }",
			"x:2:21: this number goes from 1 to 1000"},
		{HEAD "layout rows { inbox 12..8 }",
			"x:2:21: at most 8 is less than at least 12"},
		{HEAD "layout rows { inbox 8..12 9 }",
			"x:2:27: this stands here already"},
		{HEAD "layout rows { inbox 8x }",
			"x:2:21: a time is written 30s, 15min, 3h, 2d or 1w"},
		{HEAD "layout rows { inbox * *2 }",
			"x:2:23: this stands here already"},
		{HEAD "layout rows { inbox 12345678901234567 }",
			"x:2:21: this number is too large"},
		{HEAD "layout rows { inbox\n inbox }",
			"x:3:2: the pane inbox stands in line 2 already"},
		{HEAD "layout cols { rows 4 inbox }",
			"x:2:22: a size (8, 8..20, 8.., *, *2), drop N, keep "
			"or { is expected here, not inbox"},
		{HEAD "layout rows{rows{rows{rows{rows{rows{rows{rows{rows{"
		      "inbox}}}}}}}}}",
			"x:2:48: deeper than 8 levels"},
		{HEAD "layout rows { inbox }\nlayout rows { log }",
			"x:3:1: there is a layout already"},
		{HEAD "layout rows { inbox }\ntabs { 4 }",
			"x:3:8: a pane or } is expected here, not 4"},
		{HEAD "layout rows { inbox }\ntabs { log",
			"x:3:6: this { has no }"},
		{HEAD "layout rows { inbox } }",
			"x:2:23: a new line is expected here, not }"},
		{HEAD "focus log\nlayout rows { inbox }\ntabs { log }",
			"x:2:7: the pane log is not in the layout"},
		{HEAD "focus fog\nlayout rows { inbox }",
			"x:2:7: there is no pane fog; there are: " PANES},
		{HEAD "layout rows { inbox }\nwhen raining one",
			"x:3:6: width, height, call.ringing, call.active, "
			"writing, offline, outbox.held, situation, case, "
			"channel is expected here, not raining"},
		{HEAD "layout rows { inbox }\nwhen width = 60 one",
			"x:3:12: < or > and a number is expected here, not ="},
		{HEAD "layout rows { inbox }\nwhen width < wide one",
			"x:3:14: a number is expected here, not wide"},
		{HEAD "layout rows { inbox }\nwhen situation one",
			"x:3:16: = is expected here, not one"},
		{HEAD "layout rows { inbox }\nwhen offline explode",
			"x:3:14: " THEN "explode"},
		{HEAD "layout rows { inbox }\nwhen offline show",
			"x:3:18: a pane is expected here, not the end of the "
			"file"},
		{HEAD "layout rows { inbox }\nwhen offline show log",
			"x:3:19: the pane log is not in the layout"},
		{HEAD "layout rows { inbox }\nwhen offline band inbox 6",
			"x:3:19: a band cannot be in the layout too"},
		{HEAD "layout rows { inbox }\nwhen offline band callbox 2",
			"x:3:27: this number goes from 3 to 20"},
		{HEAD "layout rows { inbox }\nwhen offline inbox\n",
			"x:4:1: an argument in quotation marks is expected "
			"here, not the end of the file"},
		{HEAD "热线 \xff", "x:2:4: this byte is no UTF-8"},
		{HEAD "\x1b[2J", "x:2:1: a control character (U+001B)"},
		{HEAD "@", "x:2:1: '@' is not understood"},
		{HEAD "\xe2\x80\xae",
			"x:2:1: the character U+202E is not understood"},
	};
	struct scenario *s = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int rc = scenario_parse(
			"x", cases[i][0], strlen(cases[i][0]), NULL, NULL, &s);

		if (rc != E_CONFIG || strcmp(err_msg(), cases[i][1]) != 0)
			fail_msg("%s\n gives %d: %s\n  wanted: %s", cases[i][0],
				rc, rc ? err_msg() : "no error", cases[i][1]);
		assert_null(s);
	}
}

static void limits_hold(void **state)
{
	struct scenario *s = NULL;
	struct buf b = BUF_INIT;
	int i;

	(void)state;
	assert_int_equal(scenario_parse("x", HEAD "\0", strlen(HEAD) + 1, NULL,
				 NULL, &s),
		E_CONFIG);
	assert_string_equal(err_msg(), "x:2:1: a control character (U+0000)");
	buf_adds(&b, HEAD "layout rows {\n");
	for (i = 0; i < LAYOUT_MAX_PANES; i++)
		buf_addf(&b, "inbox \"%d\"\n", i);
	buf_adds(&b, "log }");
	assert_int_equal(
		scenario_parse("x", b.p, b.len, NULL, NULL, &s), E_CONFIG);
	assert_string_equal(err_msg(), "x:35:1: more than 32 panes");
	buf_reset(&b);
	buf_adds(&b, HEAD "layout rows { inbox }\n");
	for (i = 0; i < 65; i++)
		buf_adds(&b, "when offline show inbox\n");
	assert_int_equal(
		scenario_parse("x", b.p, b.len, NULL, NULL, &s), E_CONFIG);
	assert_string_equal(err_msg(), "x:67:1: more than 64 conditions");
	buf_reset(&b);
	while (b.len <= 256 * 1024)
		buf_adds(&b, "# more\n");
	assert_int_equal(
		scenario_parse("x", b.p, b.len, NULL, NULL, &s), E_CONFIG);
	assert_string_equal(err_msg(), "x has more than 262144 bytes");
	buf_fini(&b);
	assert_null(s);
}

/* --- the shipped ones -------------------------------------------------------
 */

struct bench {
	const char *name;
	const char *focus;
	const char *small, *middle; /* panes at 80x24, at 120x36; all at 200 */
};
static const struct bench benches[] = {
	{"hotline", "inbox", "script composer thread inbox answer orders",
		"customer journey script composer thread inbox answer orders"},
	{"online", "inbox", "inbox thread composer",
		"inbox thread composer answer customer journey"},
	{"ticket", "inbox", "inbox thread composer",
		"inbox thread composer ticket answer customer journey"},
	{"qa", "sample", "sample thread composer",
		"sample thread composer ticket customer journey answer"},
	{"supervisor", "queues", "queues inbox calls sample log",
		"queues inbox thread calls sample outbox log"},
};

/* The title takes a line, keys and status two; the band its rows. */
static void solve(
	const struct scenario *s, int w, int h, int focus, struct buf *shown)
{
	struct layout_result r;
	int i;

	layout_solve(s->root, w, h, focus, NULL, 0, &r);
	assert_false(r.too_small);
	assert_true(r.pane[focus].w >= 20 && r.pane[focus].h >= 5);
	buf_reset(shown);
	for (i = 0; i < s->n_panes; i++)
		if (r.pane[i].w)
			buf_addf(shown, "%s%s", shown->len ? " " : "",
				s->panes[i].name);
}

static void shipped_benches_fit(void **state)
{
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(benches); i++) {
		struct scenario *s = NULL;
		struct buf all = BUF_INIT;
		int k;

		if (scenario_load(benches[i].name, NULL, NULL, &s))
			fail_msg("%s", err_msg());
		assert_string_equal(s->name, benches[i].name);
		assert_string_equal(s->panes[s->focus].name, benches[i].focus);
		for (k = 0; k < 3; k++)
			assert_non_null(s->title[k]);
		for (k = 0; k < s->n_panes; k++) {
			const struct scenario_pane *p = &s->panes[k];

			if (p->place == PLACE_LAYOUT)
				buf_addf(&all, "%s%s", all.len ? " " : "",
					p->name);
			assert_true(
				!p->title[0] || (p->title[1] && p->title[2]));
		}
		solve(s, 80, 21, s->focus, &b);
		assert_string_equal(buf_str(&b), benches[i].small);
		solve(s, 120, 33, s->focus, &b);
		assert_string_equal(buf_str(&b), benches[i].middle);
		solve(s, 200, 57, s->focus, &b);
		assert_string_equal(buf_str(&b), buf_str(&all));
		buf_fini(&all);
		scenario_free(s);
	}
	buf_fini(&b);
}

/* Whatever has the focus, it is there at every size that is large enough. */
static void every_pane_can_have_the_focus(void **state)
{
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(benches); i++) {
		struct scenario *s = NULL;
		int pane;

		assert_int_equal(
			scenario_load(benches[i].name, NULL, NULL, &s), 0);
		for (pane = 0; pane < s->n_panes; pane++) {
			if (s->panes[pane].place != PLACE_LAYOUT)
				continue;
			solve(s, 20, 5, pane, &b);
			assert_string_equal(buf_str(&b), s->panes[pane].name);
			solve(s, 80, 21, pane, &b);
			solve(s, 300, 90, pane, &b);
		}
		scenario_free(s);
	}
	buf_fini(&b);
}

/* A call takes six rows of a small screen: queue and note are still there. */
static void a_band_leaves_the_work(void **state)
{
	struct scenario *s = NULL;
	struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(scenario_load("hotline", NULL, NULL, &s), 0);
	assert_string_equal(s->when->fact, "call.ringing");
	assert_int_equal(s->when->then, THEN_BAND);
	assert_int_equal(s->panes[s->when->pane].place, PLACE_BAND);
	solve(s, 80, 21 - s->when->rows, s->focus, &b);
	assert_string_equal(
		buf_str(&b), "script composer thread inbox answer orders");
	buf_fini(&b);
	scenario_free(s);
}

/* --- the person's own -------------------------------------------------------
 */

static char *make_own(const char *dir, const char *name, const char *text)
{
	char *path;

	setenv("GALLEY_HOME", dir, 1);
	path = path_user(PATH_CONFIG, "scenarios");
	assert_int_equal(path_make_private(path), 0);
	free(path);
	path = scenario_own_path(name);
	assert_int_equal(file_write(path, text, strlen(text)), 0);
	return path;
}

static void own_files_come_first(void **state)
{
	char dir[] = "/tmp/galley-scenario-XXXXXX";
	struct arena *a = arena_new();
	struct scenario *s = NULL;
	const char **names;
	char *mine, *other, *path, *want;

	(void)state;
	assert_non_null(mkdtemp(dir));
	other = make_own(dir, "back-office",
		"scenario wrong \"W\"\nlayout "
		"rows { inbox }\n");
	mine = make_own(dir, "ticket",
		"scenario ticket \"Mine\"\nlayout rows { inbox }\n");

	names = scenario_names(a);
	assert_string_equal(names[0], "hotline");
	assert_string_equal(names[2], "ticket");
	assert_string_equal(names[4], "supervisor");
	assert_string_equal(names[5], "back-office");
	assert_null(names[6]);

	assert_int_equal(scenario_load("ticket", NULL, NULL, &s), 0);
	assert_string_equal(s->title[0], "Mine");
	assert_string_equal(scenario_title_of(a, "ticket"), "Mine");
	assert_string_equal(scenario_title_of(a, "qa"), "Quality");
	assert_string_equal(scenario_title_of(a, "back-office"), "back-office");
	assert_string_equal(scenario_title_of(a, "none"), "none");
	assert_string_equal(s->file, mine);
	scenario_free(s);
	assert_int_equal(scenario_load(mine, NULL, NULL, &s), 0);
	scenario_free(s);
	s = NULL;

	assert_int_equal(
		scenario_load("back-office", NULL, NULL, &s), E_CONFIG);
	want = xasprintf("%s: the scenario in it is called wrong, not "
			 "back-office",
		other);
	assert_string_equal(err_msg(), want);
	free(want);
	assert_int_equal(unlink(mine), 0);
	assert_int_equal(scenario_load("ticket", NULL, NULL, &s), 0);
	assert_string_equal(s->file, "scenarios/ticket.scenario");
	scenario_free(s);
	s = NULL;

	assert_int_equal(scenario_load("tickets", NULL, NULL, &s), E_NOTFOUND);
	assert_string_equal(err_msg(),
		"there is no scenario tickets; there are: hotline, online, "
		"ticket, qa, supervisor, back-office");
	assert_int_equal(scenario_load("a\x1b[2J", NULL, NULL, &s), E_NOTFOUND);
	assert_null(strchr(err_msg(), 0x1b));
	assert_int_equal(scenario_load("", NULL, NULL, &s), E_NOTFOUND);
	assert_int_equal(scenario_load("..", NULL, NULL, &s), E_NOTFOUND);
	assert_int_equal(
		scenario_load("/nonexistent/x", NULL, NULL, &s), E_NOTFOUND);
	assert_null(s);

	assert_int_equal(unlink(other), 0);
	path = path_user(PATH_CONFIG, "scenarios");
	assert_int_equal(rmdir(path), 0);
	free(path);
	path = path_user(PATH_CONFIG, NULL);
	assert_int_equal(rmdir(path), 0);
	free(path);
	assert_int_equal(rmdir(dir), 0);
	unsetenv("GALLEY_HOME");
	free(mine);
	free(other);
	arena_free(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_becomes_a_tree),
		cmocka_unit_test(statements_are_kept),
		cmocka_unit_test(conditions_hold),
		cmocka_unit_test(mistakes_have_a_place),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(shipped_benches_fit),
		cmocka_unit_test(every_pane_can_have_the_focus),
		cmocka_unit_test(a_band_leaves_the_work),
		cmocka_unit_test(own_files_come_first),
	};

	/* no files of whoever runs this */
	setenv("GALLEY_HOME", "/nonexistent", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
