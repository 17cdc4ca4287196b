/* SPDX-License-Identifier: MIT */
/*
 * The workstation on a terminal without a head: keys in, cells out, on a cache
 * without a server. Time stands still unless a test moves it.
 */
#include "hands_fix.h"

#include "galley/base/paths.h"

static void start(struct fix *f, int w, int h)
{
	start_as(f, w, h, "ticket");
}

/* One turn, whatever is left to do. */
static void press_only(struct fix *f, const char *keys)
{
	term_push_keys(f->term, keys);
	assert_int_equal(bench_turn(f->bench), 0);
}

/* Nothing that a terminal would obey is in any cell. */
static void is_clean(struct fix *f)
{
	const char *s = screen(f);

	for (; *s; s++)
		if ((unsigned char)*s < 0x20 && *s != '\n')
			fail_msg("control %d on the screen", *s);
}

/* --- what one sees ---------------------------------------------------------
 */

static void first_screen(void **state)
{
	static const struct {
		int w, h;
	} sizes[] = {{80, 24}, {120, 36}, {200, 60}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fix f = {0};

		start(&f, sizes[i].w, sizes[i].h);
		sees(&f, "Inbox");
		sees(&f, "Mine 1*");
		sees(&f, "13  Invoice"); /* mine, and in focus */
		sees(&f, "? help");
		is_clean(&f);
		stop(&f);
	}
}

static void tabs_are_lists(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 120, 36);
	press(&f, "] ] ]");
	sees(&f, "Open 3*");
	sees(&f, "   12 ");
	sees(&f, "   13 ");
	is_clean(&f); /* the subject with an escape is among them */
	press(&f, "[ [ [");
	sees(&f, "Mine 1*");
	sees(&f, ">  13 ");
	sees_not(&f, "   12 ");
	stop(&f);
}

static void every_pane_turns_to_the_case(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 160, 50);
	sees_not(&f, "ask the bank");
	press(&f, "] ] ] j j <Enter>");
	press(&f, "G <Enter>");
	press(&f, "g g <Enter>");
	sees(&f, "ask the bank"); /* the thread */
	sees(&f, "Billing");	  /* the ticket */
	sees(&f, "Chen Bo");
	press(&f, "G <Enter>");
	sees(&f, "Invoice");
	sees_not(&f, "ask the bank");
	press(&f, "<A-Left>");
	sees(&f, "ask the bank");
	press(&f, "<A-Right>");
	sees_not(&f, "ask the bank");
	stop(&f);
}

static void the_focus_follows_the_cursor(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 160, 50);
	press(&f, "] ] ] G");
	sees(&f, "Billing");
	sees_not(&f, "ask the bank");
	/* the list moves first, then what follows it */
	press_only(&f, "g g");
	sees_not(&f, "ask the bank");
	assert_true(bench_next_mono(f.bench) <= f.mono);
	turn(&f);
	sees(&f, "ask the bank");
	assert_true(bench_next_mono(f.bench) > f.mono);
	/* what one types next is meant for what the cursor shows */
	term_push_keys(f.term, "j r");
	turn(&f);
	type(&f, "for twelve");
	press(&f, "<C-s>");
	assert_int_equal(count_ops(&f, OP_TICKET_REPLY), 1);
	sees(&f, "12  Late parcel");
	sees(&f, "for twelve");
	stop(&f);
}

static void what_one_passes_by_is_no_way_back(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 160, 50);
	press(&f, "] ] ] g g <Enter>"); /* 11: worked on */
	press(&f, "j");			/* 12: passed by */
	press(&f, "j");
	sees(&f, "13  Invoice");
	press(&f, "<A-Left>");
	sees(&f, "ask the bank");
	stop(&f);
}

static void another_pane_does_not_move_the_focus(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 160, 50);
	press(&f, "] ] ] g g");
	assert_int_equal(bench_command(f.bench, "open 13"), 0);
	turn(&f); /* the cursor is still on 11 */
	sees(&f, "13  Invoice");
	press(&f, "<Tab>");
	press(&f, "<S-Tab>");
	sees(&f, "13  Invoice");
	press(&f, "j");
	sees(&f, "12  Late parcel");
	press(&f, "g g 5 3"); /* to another bench and back */
	sees(&f, "11  退款");
	stop(&f);
}

/* Somebody types before the first list is read. */
static void the_first_key_keeps_the_case(void **state)
{
	struct bench_args ba = {.scenario = "ticket"};
	struct fix f = {0};

	(void)state;
	start(&f, 160, 50);
	assert_int_equal(bench_command(f.bench, "open 12"), 0);
	bench_free(f.bench);
	ba.desk = f.desk;
	ba.term = f.term;
	ba.clock = &f.clock;
	assert_int_equal(bench_new(&ba, &f.bench), 0);
	term_push_keys(f.term, "<C-l> r");
	turn(&f);
	sees(&f, "12  Late parcel");
	type(&f, "about it");
	press(&f, "<C-s>");
	assert_int_equal(count_ops(&f, OP_TICKET_REPLY), 1);
	sees(&f, "12  Late parcel");
	stop(&f);
}

/* --- what one does ---------------------------------------------------------
 */

static void open_mine(struct fix *f)
{
	press(f, "<Enter>");
	sees(f, "Invoice");
}

static void a_reply_goes_out_and_comes_back(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 120, 36);
	open_mine(&f);
	press(&f, "r");
	type(&f, "jk q?:/1 text");
	sees(&f, "jk q?:/1 text");
	assert_int_equal(count_ops(&f, OP_TICKET_REPLY), 0);
	press(&f, "<C-s>");
	assert_int_equal(count_ops(&f, OP_TICKET_REPLY), 1);
	press(&f, "u");
	assert_int_equal(count_ops(&f, OP_TICKET_REPLY), 0);
	sees(&f, "jk q?:/1 text"); /* a draft again */
	stop(&f);
}

/* The terminal's cursor is where the next character goes, in the same frame: an
 * input method opens its window there. */
static void the_cursor_is_where_one_writes(void **state)
{
	struct fix f = {.now = 0};
	int x = 0, y = 0, cx, cy;

	(void)state;
	start(&f, 100, 30);
	open_mine(&f);
	press_only(&f, "r");
	find(&f, "Write here.", &x, &y);
	term_cursor(f.term, &cx, &cy);
	assert_int_equal(cx, x);
	assert_int_equal(cy, y);
	press_only(&f, "h e");
	term_cursor(f.term, &cx, &cy);
	assert_int_equal(cx, x + 2);
	assert_int_equal(cy, y);
	press_only(&f, "<Esc>");
	term_cursor(f.term, &cx, &cy);
	assert_int_equal(cx, -1);
	stop(&f);
}

static void nothing_is_sent_empty(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 120, 36);
	open_mine(&f);
	press(&f, "r");
	type(&f, "   ");
	press(&f, "<C-s>");
	assert_int_equal(count_ops(&f, OP_TICKET_REPLY), 0);
	stop(&f);
}

static void editor_is(const char *script)
{
	char path[128], text[256];

	snprintf(path, sizeof(path), "%s/ed", home);
	snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", script);
	write_file("ed", text);
	assert_int_equal(chmod(path, 0700), 0);
	setenv("VISUAL", path, 1);
}

static void an_editor_gives_its_text_back(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 120, 36);
	open_mine(&f);
	press(&f, "r");
	type(&f, "some");
	editor_is("echo ' and more' >>\"$1\"");
	press(&f, "<A-e>");
	turn(&f);
	sees(&f, "some and more");
	/* ends well and leaves nothing; fails; is not there */
	editor_is(": >\"$1\"");
	press(&f, "<A-e>");
	sees(&f, "The editor left no text");
	sees(&f, "some and more");
	editor_is("echo bad >\"$1\"; exit 3");
	press(&f, "<A-e>");
	sees(&f, "Your text stays as it was: ");
	sees(&f, "some and more");
	editor_is("echo bad >\"$1\"; kill -9 $$");
	press(&f, "<A-e>");
	sees(&f, "was ended by signal 9");
	setenv("VISUAL", "/nonexistent/editor", 1);
	press(&f, "<A-e>");
	sees(&f, "cannot start /nonexistent/editor");
	sees(&f, "some and more");
	/* and one goes on typing; the editor's part is one step of undo */
	type(&f, "!");
	sees(&f, "some and more!");
	press(&f, "<C-z> <C-z>");
	sees_not(&f, "and more");
	sees(&f, "some");
	stop(&f);
}

static void a_card_number_is_asked_about(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 120, 36);
	open_mine(&f);
	press(&f, "r");
	type(&f, "your card 4111 1111 1111 1111");
	sees(&f, "may hold a bank card number");
	press(&f, "<C-s>");
	assert_int_equal(count_ops(&f, OP_TICKET_REPLY), 0);
	press(&f, "<C-s>");
	assert_int_equal(count_ops(&f, OP_TICKET_REPLY), 1);
	stop(&f);
}

static void a_draft_survives(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 120, 36);
	open_mine(&f);
	press(&f, "c");
	type(&f, "half a thought");
	f.mono += 500; /* nothing else has happened */
	turn(&f);
	/* gone without a word: nothing is closed */
	term_close(f.term);
	{
		struct fix g = {0};

		start(&g, 120, 36);
		open_mine(&g);
		sees(&g, "half a thought");
		sees(&g, "Note to colleagues");
		stop(&g);
	}
	f.term = term_headless(10, 5, &(struct term_facts){0});
	stop(&f);
}

static void drafts_belong_to_cases(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 120, 36);
	press(&f, "] ] ] <Enter> r");
	type(&f, "for the first");
	press(&f, "<Esc>");
	press(&f, "g g G <Enter>");
	sees_not(&f, "for the first");
	press(&f, "g g <Enter>");
	sees(&f, "for the first");
	stop(&f);
}

static void marked_rows_are_taken_together(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 120, 36);
	press(&f, "] ] ] v v t");
	assert_int_equal(count_ops(&f, OP_TICKET_TAKE), 2);
	stop(&f);
}

/* What the title line names is what a verb acts on: a case that was opened by
 * its number or found by a search is not the row under the cursor. */
static void a_verb_acts_on_what_is_shown(void **state)
{
	struct fix f = {0};
	struct ops ops;

	(void)state;
	start(&f, 120, 36);
	press(&f, "] ] ] g g");
	assert_int_equal(bench_command(f.bench, "open 12"), 0);
	turn(&f);
	sees(&f, " 12  Late parcel");
	press(&f, "t");
	assert_int_equal(store_op_list(desk_ro(f.desk), 0, -1, 0, 10, &ops), 0);
	assert_int_equal(ops.n, 1);
	assert_string_equal(ops.v[0].target_rid, "12");
	ops_free(&ops);
	/* the cursor moves: its row is the case again */
	press(&f, "G t");
	assert_int_equal(store_op_list(desk_ro(f.desk), 0, -1, 0, 10, &ops), 0);
	assert_int_equal(ops.n, 2);
	assert_string_not_equal(ops.v[1].target_rid, "12");
	ops_free(&ops);
	stop(&f);
}

static void a_filter_is_live(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 120, 36);
	press(&f, "] ] ] /");
	type(&f, "parcel");
	sees(&f, ">  12 ");
	sees_not(&f, "   13 ");
	press(&f, "<Esc>");
	sees(&f, "   13 ");
	stop(&f);
}

static void the_palette_finds_commands(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 120, 36);
	open_mine(&f);
	press(&f, "<C-p>");
	type(&f, "take");
	press(&f, "<Enter>");
	assert_int_equal(count_ops(&f, OP_TICKET_TAKE), 1);
	stop(&f);
}

/* Also by what they do in other words, and with the mark that asks for them. */
static void the_palette_says_what_commands_do(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 120, 36);
	press(&f, "<C-p>");
	type(&f, ">take back");
	sees(&f, "> undo  Take back the last operation");
	press(&f, "<C-u>");
	type(&f, "?onl");
	sees(&f, "> Online");
	press(&f, "<C-u>");
	type(&f, "?nosuchbench");
	sees_not(&f, "> Online");
	stop(&f);
}

/* Nobody waits for what is searched: it comes when it has been found. */
static void wait_to_see(struct fix *f, const char *s)
{
	int i;

	for (i = 0; i < 500 && !strstr(screen(f), s); i++)
		assert_int_equal(bench_wait(f->bench, 20), 0);
	sees(f, s);
}

/* "#" is for cases, by their number too; "@" for customers only. */
static void the_palette_keeps_to_what_is_asked(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 120, 36);
	press(&f, "<C-p>");
	type(&f, "#12");
	sees(&f, "> Late parcel");
	sees(&f, "ticket 12");
	press(&f, "<C-u>");
	type(&f, "@invoice");
	wait_to_see(&f, "Nothing is found.");
	press(&f, "<C-u>");
	type(&f, "#invoice");
	wait_to_see(&f, "> Invoice");
	press(&f, "<Enter>");
	sees(&f, "   13  Invoice");
	stop(&f);
}

static void what_is_typed_is_found(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 120, 36);
	press(&f, "g /");
	type(&f, "parc");
	sees(&f, "> parc");
	wait_to_see(&f, "  ticket 12");
	press(&f, "<Enter>");
	sees_not(&f, "Search everywhere");
	sees(&f, "parcel");
	/* the words of a query need not stand in what it finds */
	press(&f, "g /");
	type(&f, "dir:note bank");
	wait_to_see(&f, "  message 11");
	press(&f, "<C-u>");
	type(&f, "owner:(");
	wait_to_see(&f, "column");
	press(&f, "<C-u>");
	type(&f, "quillfeather");
	wait_to_see(&f, "Nothing is found.");
	stop(&f);
}

static void a_line_runs_a_command(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 120, 36);
	open_mine(&f);
	press(&f, ":");
	type(&f, "set priority=50");
	press(&f, "<Enter>");
	assert_int_equal(count_ops(&f, OP_TICKET_SET), 1);
	press(&f, ":");
	type(&f, "nonsense");
	press(&f, "<Enter>");
	sees(&f, "nonsense"); /* said what is wrong */
	stop(&f);
}

static void a_change_that_waits_shows_both(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 160, 50);
	open_mine(&f);
	assert_int_equal(bench_command(f.bench, "status stalled"), 0);
	turn(&f);
	sees(&f, "stalled ~ (there: new)");
	press(&f, "u");
	sees_not(&f, "(there:");
	stop(&f);
}

static void without_a_case_a_verb_says_why(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "qa"); /* nothing is finished */
	assert_int_equal(bench_command(f.bench, "assign chen"), 0);
	turn(&f);
	sees(&f, "nothing is in focus");
	stop(&f);
}

static void an_unfinished_sequence_is_explained(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 120, 36);
	press(&f, "g");
	sees_not(&f, "search everywhere");
	f.mono += 450;
	turn(&f);
	sees(&f, "search everywhere");
	press(&f, "g");
	sees_not(&f, "search everywhere");
	stop(&f);
}

static void any_size_is_survived(void **state)
{
	struct fix f = {0};
	int w, h;

	(void)state;
	start(&f, 120, 36);
	press(&f, "] ] ] <Enter> r");
	type(&f, "kept");
	for (w = 1; w <= 130; w += 7)
		for (h = 1; h <= 40; h += 3) {
			term_resize(f.term, w, h);
			f.mono += 100;
			turn(&f);
		}
	term_resize(f.term, 120, 36);
	f.mono += 100;
	turn(&f);
	sees(&f, "kept");
	stop(&f);
}

static void it_comes_back_as_it_was(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, NULL);
	press(&f, "2");
	assert_int_equal(bench_command(f.bench, "open 12"), 0);
	turn(&f);
	stop(&f);
	start_as(&f, 120, 36, NULL);
	sees(&f, "2 Online*");
	sees(&f, "12  Late parcel");
	stop(&f);
	/* a damaged file is no reason not to start */
	write_file("state/bench.json", "{\"bench\": 7, [");
	start_as(&f, 120, 36, NULL);
	sees(&f, "3 Tickets*");
	stop(&f);
}

/* The numbers of last time stand in the first screen, then the true ones. */
static void tabs_are_counted_behind_the_first_screen(void **state)
{
	struct fix f = {0};
	struct bench_args ba = {.keep = 1, .clock = &f.clock};

	(void)state;
	start_as(&f, 120, 36, NULL);
	bench_free(f.bench);
	write_file("state/bench.json",
		"{\"bench\":\"ticket\",\"panes\":{\"inbox\":{\"tab\":3,"
		"\"counts\":[41,42,43,44,45,46]}}}");
	ba.desk = f.desk;
	ba.term = f.term;
	assert_int_equal(bench_new(&ba, &f.bench), 0);
	assert_int_equal(bench_turn(f.bench), 0);
	sees(&f, "Open 44");
	sees(&f, "Late parcel");
	turn(&f);
	sees(&f, "Open 3");
	sees_not(&f, "41");
	stop(&f);
	start_as(&f, 120, 36, NULL);
	sees(&f, "Open 3");
	stop(&f);
}

static void a_bench_is_edited_while_it_runs(void **state)
{
	static const char good[] = "scenario ticket \"Mine own\"\n"
				   "role agent\n"
				   "layout cols {\n inbox *\n log *\n}\n"
				   "focus inbox\n";
	struct fix f = {0};
	char *dir;

	(void)state;
	dir = path_user(PATH_CONFIG, "scenarios");
	assert_int_equal(path_make_private(dir), 0);
	free(dir);
	start(&f, 120, 36);
	sees(&f, "Thread");
	write_file("config/scenarios/ticket.scenario", good);
	rest(&f);
	sees_not(&f, "Thread");
	sees(&f, "Log");
	write_file("config/scenarios/ticket.scenario", "scenario ticket {");
	rest(&f);
	sees(&f, "ticket.scenario:1:"); /* where, and the old one stays */
	sees(&f, "Log");
	/* a new name and a new bench are tabs at once */
	write_file("config/scenarios/ticket.scenario",
		"scenario ticket \"My desk\"\nlayout cols {\n inbox *\n}\n");
	write_file("config/scenarios/night.scenario",
		"scenario night \"Nights\"\nlayout cols {\n inbox *\n}\n");
	rest(&f);
	sees(&f, "3 My desk*");
	sees(&f, "6 Nights");
	command(&f, "bench night");
	sees(&f, "6 Nights*");
	write_file("config/scenarios/later.scenario",
		"scenario later \"Later\"\nlayout cols {\n inbox *\n}\n");
	rest(&f);
	sees(&f, "Later");
	stop(&f);
}

/* Three panes above each other in what has room for two. */
static void bench_with(struct fix *f, int h, const char *when)
{
	char *dir = path_user(PATH_CONFIG, "scenarios");
	struct buf file = BUF_INIT;

	assert_int_equal(path_make_private(dir), 0);
	free(dir);
	buf_addf(&file,
		"scenario ticket \"Tickets\"\n"
		"layout rows { inbox 6.. drop 1 ; thread 6.. drop 2 ;\n"
		"customer 6.. drop 3 }\n"
		"tabs { log }\nfocus inbox\n%s\n",
		when);
	write_file("config/scenarios/ticket.scenario", buf_str(&file));
	buf_fini(&file);
	start(f, 100, h);
}

/* Is there a frame of that name? Beside the focus its line is a double one. */
static int framed(struct fix *f, const char *title)
{
	char line[2][40];

	snprintf(line[0], sizeof(line[0]), "- %s -", title);
	snprintf(line[1], sizeof(line[1]), "= %s =", title);
	return strstr(screen(f), line[0]) || strstr(screen(f), line[1]);
}

static void a_case_recombines_its_bench(void **state)
{
	struct fix f = {0};

	(void)state;
	bench_with(&f, 17, "");
	assert_true(framed(&f, "Inbox"));
	assert_true(framed(&f, "Thread"));
	assert_false(framed(&f, "Customer"));
	stop(&f);
	/* what the case needs gives way last */
	bench_with(&f, 17, "when case = ticket show customer");
	assert_true(framed(&f, "Inbox"));
	assert_true(framed(&f, "Customer"));
	assert_false(framed(&f, "Thread"));
	stop(&f);
	/* what it does not need is a tab, and comes when it is asked for */
	bench_with(&f, 40, "when case = ticket hide thread");
	assert_true(framed(&f, "Customer"));
	assert_false(framed(&f, "Thread"));
	assert_int_equal(bench_command(f.bench, "pane.go thread"), 0);
	turn(&f);
	assert_true(framed(&f, "Thread"));
	stop(&f);
	/* and only while it holds */
	bench_with(&f, 40, "when case = call hide thread");
	assert_true(framed(&f, "Thread"));
	stop(&f);
	bench_with(&f, 40, "when case = ticket inbox \"owner:chen\"");
	sees_not(&f, "Mine 1*"); /* one list, of its own query */
	sees(&f, "Late parcel");
	stop(&f);
}

static void every_bench_opens(void **state)
{
	static const char *const names[] = {
		"hotline", "online", "ticket", "qa", "supervisor"};
	struct fix f = {0};

	(void)state;
	start(&f, 120, 36);
	for (size_t i = 0; i < 5; i++) {
		char *line = xasprintf("bench %s", names[i]);

		if (bench_command(f.bench, line) < 0)
			fail_msg("%s: %s", names[i], err_msg());
		turn(&f);
		is_clean(&f);
		sees(&f, "? help");
		free(line);
	}
	stop(&f);
}

/* The last notice says that nobody knew the command. */
static int was_unknown(struct fix *f)
{
	const struct notice *n = desk_notice(f->desk, 0);

	return n && strstr(n->text, "does nothing here") != NULL;
}

/* Every command of the table, with a case in focus, in every bench: the screen
 * stays whole, and in one bench at least it does something or says why not. */
static void every_command_everywhere(void **state)
{
	static const char *const names[] = {
		"hotline", "online", "ticket", "qa", "supervisor"};

	(void)state;
	for (int c = 0; c < CMD_COUNT; c++) {
		const char *name = command_desc((enum command)c)->name;
		int unknown = 0;

		if (c == CMD_QUIT || c == CMD_SUSPEND)
			continue;
		for (size_t i = 0; i < 5; i++) {
			struct fix f = {0};

			start_as(&f, 100, 30, names[i]);
			assert_int_equal(bench_command(f.bench, "open 13"), 0);
			turn(&f);
			if (bench_command(f.bench, name) < 0)
				fail_msg("%s: %s", name, err_msg());
			turn(&f);
			is_clean(&f);
			unknown += was_unknown(&f);
			press(&f, "<Esc>");
			stop(&f);
		}
		if (unknown == 5)
			fail_msg("`%s` does nothing in any bench", name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(first_screen),
		T(tabs_are_lists),
		T(every_pane_turns_to_the_case),
		T(the_focus_follows_the_cursor),
		T(what_one_passes_by_is_no_way_back),
		T(another_pane_does_not_move_the_focus),
		T(the_first_key_keeps_the_case),
		T(a_reply_goes_out_and_comes_back),
		T(the_cursor_is_where_one_writes),
		T(nothing_is_sent_empty),
		T(an_editor_gives_its_text_back),
		T(a_card_number_is_asked_about),
		T(a_draft_survives),
		T(drafts_belong_to_cases),
		T(marked_rows_are_taken_together),
		T(a_verb_acts_on_what_is_shown),
		T(a_filter_is_live),
		T(the_palette_finds_commands),
		T(the_palette_says_what_commands_do),
		T(the_palette_keeps_to_what_is_asked),
		T(what_is_typed_is_found),
		T(a_line_runs_a_command),
		T(a_change_that_waits_shows_both),
		T(without_a_case_a_verb_says_why),
		T(an_unfinished_sequence_is_explained),
		T(any_size_is_survived),
		T(it_comes_back_as_it_was),
		T(tabs_are_counted_behind_the_first_screen),
		T(a_bench_is_edited_while_it_runs),
		T(a_case_recombines_its_bench),
		T(every_bench_opens),
		T(every_command_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
