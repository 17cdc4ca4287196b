/* SPDX-License-Identifier: MIT */
/*
 * Snippets, macros and forms at the keyboard: what the case knows is there,
 * what is wrong is said, what will happen is seen before it happens.
 */
#include "hands_fix.h"

/* Nothing that a terminal would obey is in any cell. */
static void is_clean(struct fix *f)
{
	const char *s = screen(f);

	for (; *s; s++)
		if ((unsigned char)*s < 0x20 && *s != '\n')
			fail_msg("control %d on the screen", *s);
}

/* What the operation of a kind says; freed by the next call. */
static const char *op_args(struct fix *f, enum op_kind k)
{
	static char args[4096];
	struct ops ops;
	int i;

	args[0] = '\0';
	assert_int_equal(
		store_op_list(desk_ro(f->desk), 0, -1, 0, 100, &ops), 0);
	for (i = 0; i < ops.n; i++)
		if (ops.v[i].kind == k)
			snprintf(args, sizeof(args), "%s", ops.v[i].args);
	ops_free(&ops);
	return args;
}

static void has(const char *s, const char *part)
{
	if (!strstr(s, part))
		fail_msg("`%s` is not in `%s`", part, s);
}

static void own_file(const char *name, const char *s)
{
	char path[128];
	char *dir;

	snprintf(path, sizeof(path), "%.*s", (int)(strchr(name, '/') - name),
		name);
	dir = path_user(PATH_CONFIG, path);
	assert_int_equal(path_make_private(dir), 0);
	free(dir);
	snprintf(path, sizeof(path), "config/%s", name);
	write_file(path, s);
}

static void begin(struct fix *f)
{
	start_as(f, 120, 40, "ticket");
	command(f, "open 13");
}

static void a_snippet_goes_into_what_one_writes(void **state)
{
	struct fix f = {0};

	(void)state;
	begin(&f);
	press(&f, "r");
	type(&f, "A: ");
	press(&f, "<A-t>");
	sees(&f, "Snippets: type to find");
	type(&f, "greet");
	press(&f, "<Enter>");
	turn(&f);
	sees(&f, "A: Hello 王芳,"); /* known: nothing is asked */
	type(&f, " B");
	sees(&f, "A: Hello 王芳, B");
	assert_int_equal(count_ops(&f, OP_TICKET_REPLY), 0);
	stop(&f);
}

static void a_snippet_is_found_in_both_languages(void **state)
{
	struct fix f = {0};

	(void)state;
	begin(&f);
	press(&f, "<A-t>");
	sees(&f, "Greeting");
	sees(&f, "Ask for a photo");
	sees_not(&f, "Escalate"); /* a macro */
	{
		static const char zh[] = "拍照";
		struct ui_event e = {.kind = UI_PASTE};

		e.text = xmemdup(zh, sizeof(zh));
		e.len = sizeof(zh) - 1;
		term_push_event(f.term, &e);
		turn(&f);
	}
	sees(&f, "Ask for a photo");
	sees_not(&f, "Greeting");
	press(&f, "<Esc>");
	stop(&f);
}

static void add_languages(struct recs *r)
{
	static const char *const langs[] = {"en", "zh-TW"};
	char rid[8];
	int i;

	for (i = 0; i < 2; i++) {
		struct rec *c, *t;

		snprintf(rid, sizeof(rid), "c%d", i);
		c = recs_add(r, REC_ROW, ENT_CUSTOMER, rid);
		text(r, c, FID_CUSTOMER_NAME, "Ana");
		text(r, c, FID_CUSTOMER_LANG, langs[i]);
		t = recs_add(r, REC_ROW, ENT_TICKET, i ? "22" : "21");
		text(r, t, FID_TICKET_STATUS, "open");
		text(r, t, FID_TICKET_PHASE, "open");
		text(r, t, FID_TICKET_CUSTOMER, rid);
	}
}

/* A title in another language than one's own: only the customer's. */
static void a_snippet_has_the_title_of_its_readers(void **state)
{
	struct fix f = {0};

	(void)state;
	land_more(add_languages);
	own_file("macros/mine.macro",
		"snippet mine \"Mine\" zh_CN \"简体\" zh_TW \"繁體\"\n"
		"text \"x\"\n");
	begin(&f); /* 13: nobody knows what the customer reads */
	command(&f, "snippet");
	type(&f, "mine");
	sees(&f, "Mine  mine");
	press(&f, "<Esc>");
	command(&f, "open 21");
	command(&f, "snippet");
	type(&f, "mine");
	sees(&f, "Mine  mine");
	press(&f, "<Esc>");
	command(&f, "open 22");
	command(&f, "snippet");
	type(&f, "mine");
	sees(&f, "Mine  繁體  mine");
	sees_not(&f, "简体");
	press(&f, "<Esc>");
	stop(&f);
}

static void fields_are_asked_in_order(void **state)
{
	struct fix f = {0};

	(void)state;
	own_file("macros/mine.macro",
		"snippet mine \"Mine\"\nfield sum number \"Sum\"\n"
		"field day date \"Day\"\n"
		"field how choice \"How\" of \"cash\" of \"card\"\n"
		"text \"{sum} by {day}, {how}, order {order.no}\"\n");
	begin(&f);
	command(&f, "snippet mine");
	sees(&f, "{sum} by {day}, {how}, order {order.no}");
	type(&f, "A-1"); /* the order comes first: the case knows none */
	press(&f, "<Tab>");
	type(&f, "ten");
	press(&f, "<Tab>");
	type(&f, "2d");
	sees(&f, "ten by 2026-11-23, {how}, order A-1");
	press(&f, "<C-s>");
	sees(&f, "This is needed"); /* the choice */
	press(&f, "<Right> <Right> <C-s>");
	sees(&f, "Write a number");
	press(&f, "<C-u>");
	type(&f, "10");
	press(&f, "<C-s>");
	turn(&f);
	sees(&f, "10 by 2026-11-23, card, order A-1");
	sees_not(&f, "What it will do");
	sees(&f, "Reply to the customer");
	stop(&f);
}

static void a_macro_is_done_together_after_it_was_seen(void **state)
{
	struct fix f = {0};

	(void)state;
	begin(&f);
	command(&f, "macro escalate");
	sees(&f, "What it will do");
	sees(&f, "Priority: 90");
	sees(&f, "Tags: +escalated  (its backend has none)"); /* not in RT */
	sees(&f, "Escalated ({level}): {why}");
	sees(&f, "Customer: 王芳");
	assert_int_equal(count_ops(&f, OP_TICKET_SET), 0);
	type(&f, "gas");
	press(&f, "<Tab> <Right> <Right> <C-s>");
	sees_not(&f, "What it will do");
	assert_int_equal(count_ops(&f, OP_TICKET_SET), 1);
	assert_int_equal(count_ops(&f, OP_TICKET_NOTE), 1);
	has(op_args(&f, OP_TICKET_SET), "\"priority\":90");
	has(op_args(&f, OP_TICKET_NOTE), "Escalated (now): gas");
	/* nothing was given for it: its line is not there */
	assert_null(strstr(op_args(&f, OP_TICKET_NOTE), "Call back"));
	press(&f, "u"); /* together again */
	assert_int_equal(count_ops(&f, OP_TICKET_NOTE), 0);
	assert_int_equal(count_ops(&f, OP_TICKET_SET), 0);
	stop(&f);
}

static void all_of_it_by_mouse(void **state)
{
	struct fix f = {0};

	(void)state;
	begin(&f);
	command(&f, "macro");
	click_on(&f, "Close, nothing more");
	click_on(&f, "Close, nothing more"); /* on the cursor: chosen */
	sees(&f, "Status: resolved");
	assert_int_equal(count_ops(&f, OP_TICKET_SET), 0);
	click_on(&f, "Ctrl-S does it");
	sees_not(&f, "What it will do");
	assert_int_equal(count_ops(&f, OP_TICKET_SET), 1);
	stop(&f);
}

static void all_or_nothing(void **state)
{
	struct fix f = {0};

	(void)state;
	own_file("macros/bad.macro",
		"macro bad \"Bad\"\nnote \"n\"\nset nosuch \"1\"\ntext \"t\"\n");
	begin(&f);
	command(&f, "macro bad");
	press(&f, "<C-s>");
	sees(&f, "nosuch");
	sees(&f, "What it will do"); /* still there */
	assert_int_equal(count_ops(&f, OP_TICKET_NOTE), 0);
	press(&f, "<Esc>");
	sees_not(&f, "What it will do");
	assert_int_equal(count_ops(&f, OP_TICKET_NOTE), 0);
	stop(&f);
}

static void a_form_is_written_down(void **state)
{
	struct fix f = {0};

	(void)state;
	begin(&f);
	command(&f, "form cancel");
	sees(&f, "Has left the warehouse");
	type(&f, "A-77");
	press(&f, "<Tab> <Right> <C-s>");
	has(op_args(&f, OP_TICKET_NOTE), "Cancellation");
	has(op_args(&f, OP_TICKET_NOTE), "Order: A-77");
	has(op_args(&f, OP_TICKET_NOTE), "Has left the warehouse: no");
	assert_null(strstr(op_args(&f, OP_TICKET_NOTE), "Reason"));
	stop(&f);
}

/* 11: "I have not got the refund yet": the rules say so. */
static void the_situation_offers_its_own(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 40, "ticket");
	command(&f, "open 11");
	press(&f, "<A-o>");
	sees(&f, "Way"); /* the form of refunds, without asking which */
	sees(&f, "Amount");
	press(&f, "<Esc>");
	own_file("situations/default.rules",
		"situation x \"X\"\nwhen always\nbecause \"b\"\n"
		"macros \"thank,remind\"\n");
	stop(&f);
	start_as(&f, 120, 40, "ticket");
	command(&f, "open 11");
	press(&f, "<A-m>");
	sees(&f, "* Thank and pass on");
	sees(&f, "* Remind kindly");
	sees(&f, "  Escalate");
	press(&f, "<Esc> <A-o>");
	sees(&f, "Forms: type to find"); /* none is for it */
	stop(&f);
}

static void a_text_is_in_the_customers_language(void **state)
{
	struct fix f = {0};

	(void)state;
	begin(&f);
	command(&f, "macro remind");
	sees(&f, "did our last message help?");
	press(&f, "<C-t>");
	sees(&f, "我们上次的答复有帮助吗");
	press(&f, "<C-t>");
	sees(&f, "我們上次的答覆有幫助嗎");
	stop(&f);
}

static void a_broken_file_is_said(void **state)
{
	struct fix f = {0};

	(void)state;
	own_file("macros/thank.macro", "macro thank \"T\"\nfoo\n");
	begin(&f);
	command(&f, "macro thank");
	sees(&f, "thank.macro:2:1:");
	press(&f, "<A-m>");
	sees(&f, "thank"); /* in the list with its reason, the others too */
	sees(&f, "Escalate");
	press(&f, "<Esc>");
	stop(&f);
}

static void without_a_case_there_is_nothing_to_fill(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 40, "qa"); /* nothing is finished */
	command(&f, "macro escalate");
	hears(&f, "othing is in focus");
	sees_not(&f, "What it will do");
	stop(&f);
}

static void small_screens_are_survived(void **state)
{
	struct fix f = {0};
	int w, h;

	(void)state;
	begin(&f);
	command(&f, "form fault");
	for (w = 1; w <= 130; w += 9)
		for (h = 1; h <= 40; h += 4) {
			term_resize(f.term, w, h);
			f.mono += 100;
			turn(&f);
			is_clean(&f);
		}
	press(&f, "<Esc> <A-t>");
	for (h = 1; h <= 40; h += 4) {
		term_resize(f.term, h * 3, h);
		f.mono += 100;
		turn(&f);
	}
	stop(&f);
}

/* Answers come back at their field when nobody could leave in order. */
static void answers_are_kept_over_a_crash(void **state)
{
	struct fix f = {0}, g = {0};

	(void)state;
	begin(&f);
	command(&f, "macro escalate");
	type(&f, "gone");
	press(&f, "<Tab> <Right> <Right>"); /* now */
	press(&f, "<S-Tab> <Left>");
	f.mono += 1000;
	turn(&f);
	begin(&g); /* `f` ends as if it never had */
	command(&g, "macro escalate");
	sees(&g, "Escalated (now): gone");
	type(&g, "!");
	sees(&g, "Escalated (now): gon!e");
	press(&g, "<Esc>");
	hears(&g, "Your answers are kept for this case");
	command(&g, "open 12"); /* another case has others */
	command(&g, "macro escalate");
	sees(&g, "Escalated ({level}): {why}");
	press(&g, "<Esc>");
	command(&g, "open 13");
	command(&g, "macro");
	sees(&g, "begun  escalate");
	sees_not(&g, "begun  callback");
	press(&g, "<Esc>");
	command(&g, "macro escalate");
	sees(&g, "Escalated (now): gon!e");
	press(&g, "<C-s>");
	sees_not(&g, "What it will do");
	command(&g, "macro escalate"); /* it is done: nothing is left */
	sees(&g, "Escalated ({level}): {why}");
	stop(&g);
	stop(&f);
}

/* What a draft file says is data. */
static void odd_answers_are_taken_for_what_they_are(void **state)
{
	static const char *const odd[] = {"", "[]", "{\"answers\":[1]}",
		"{\"at\":7,\"answers\":{\"why\":7,\"level\":[\"never\"]}}",
		"{\"at\":\"back\",\"answers\":{\"gone\":[\"x\",1],"
		"\"why\":[\"a\\u001b[31m\",-9]}}"};
	struct fix f = {0};
	char key[64];
	size_t i;

	(void)state;
	begin(&f);
	snprintf(key, sizeof(key), "fill:escalate:ticket:%lld",
		(long long)desk_case(f.desk)->id);
	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		desk_draft(f.desk, key, odd[i], 1);
		command(&f, "macro escalate");
		sees(&f, "What it will do");
		sees(&f, "({level})");
		is_clean(&f);
		press(&f, "<Esc>");
	}
	stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(answers_are_kept_over_a_crash),
		T(odd_answers_are_taken_for_what_they_are),
		T(a_snippet_goes_into_what_one_writes),
		T(a_snippet_is_found_in_both_languages),
		T(a_snippet_has_the_title_of_its_readers),
		T(fields_are_asked_in_order),
		T(a_macro_is_done_together_after_it_was_seen),
		T(all_of_it_by_mouse),
		T(all_or_nothing),
		T(a_form_is_written_down),
		T(the_situation_offers_its_own),
		T(a_text_is_in_the_customers_language),
		T(a_broken_file_is_said),
		T(without_a_case_there_is_nothing_to_fill),
		T(small_screens_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
