/* SPDX-License-Identifier: MIT */
/*
 * Verbs of the workstation from the keyboard to the cache: outcomes of answers,
 * and what each role may do.
 */
#include "hands_fix.h"

#include <libintl.h>
#include <stdint.h>

/* --- answers -------------------------------------------------------------- */

static void add_articles(struct recs *r)
{
	static const char *const titles[] = {
		"Invoice missing", "Invoice wrong"};
	char rid[8];
	int i;

	for (i = 0; i < 2; i++) {
		struct rec *a;

		snprintf(rid, sizeof(rid), "K%d", i + 1);
		a = recs_add(r, REC_ROW, ENT_ARTICLE, rid);
		text(r, a, FID_ARTICLE_TITLE, titles[i]);
		text(r, a, FID_ARTICLE_TEXT, "the invoice comes again");
		rec_set_int(a, FID_ARTICLE_UPDATED, NOW - 1000 + i);
	}
}

/* Where on the screen; -1 nowhere. */
static long at(struct fix *f, const char *s)
{
	const char *text = screen(f), *p = strstr(text, s);

	return p ? (long)(p - text) : -1;
}

static void start_with_articles(struct fix *f)
{
	land_more(add_articles);
	start_as(f, 160, 50, "ticket");
	command(f, "open 13");
	sees(f, "1  Invoice");
	sees(f, "2  Invoice");
}

static void an_outcome_is_counted_once_and_seen(void **state)
{
	struct fix f = {0};

	(void)state;
	start_with_articles(&f);
	sees(&f, "not tried yet");
	sees_not(&f, "worked here");
	press(&f, "+");
	sees(&f, "helped 1 of 1 time");
	sees(&f, "worked here");
	press(&f, "+");
	sees(&f, "helped 1 of 1 time");
	press(&f, "_");
	sees(&f, "helped 0 of 1 time");
	sees(&f, "did not work here");
	/* rt takes no outcomes: nothing waits that would never leave */
	assert_int_equal(count_ops(&f, OP_ARTICLE_OUTCOME), 0);
	stop(&f);
	/* it is in the cache */
	start_as(&f, 160, 50, "ticket");
	command(&f, "open 13");
	sees(&f, "did not work here");
	/* another case is another outcome */
	command(&f, "open 12");
	sees_not(&f, "did not work here");
	stop(&f);
}

/* Who puts an answer in goes on writing, from wherever he took it. */
static void an_answer_is_put_in_and_written_on(void **state)
{
	struct fix f = {0};

	(void)state;
	start_with_articles(&f);
	press(&f, "<A-a>");
	sees(&f, "the invoice comes again");
	hears(&f, "The whole article is put in"); /* it marks no part */
	sees(&f, "Ctrl-S send");
	type(&f, ", says r");
	sees(&f, "comes again, says r");
	press(&f, "<Esc>");
	command(&f, "pane.go answer");
	press(&f, "<A-k>");
	sees(&f, "Ctrl-S send");
	stop(&f);
}

/* The arguments of the only operation of a kind; freed by the next call. */
static const char *args_of(struct fix *f, enum op_kind k)
{
	static char out[1024];
	struct ops ops;
	int i;

	out[0] = '\0';
	assert_int_equal(
		store_op_list(desk_ro(f->desk), 0, -1, 0, 100, &ops), 0);
	for (i = 0; i < ops.n; i++)
		if (ops.v[i].kind == k)
			snprintf(out, sizeof(out), "%s", ops.v[i].args);
	ops_free(&ops);
	return out;
}

static void add_marked_article(struct recs *r)
{
	struct rec *a = recs_add(r, REC_ROW, ENT_ARTICLE, "K9");

	text(r, a, FID_ARTICLE_TITLE, "Invoice missing");
	text(r, a, FID_ARTICLE_TEXT,
		"Invoice: ask for the number.\n== For the customer ==\n"
		"Please tell me your tax number.\n== More ==\nOld rules.");
	rec_set_int(a, FID_ARTICLE_UPDATED, NOW);
}

/* What is written for colleagues stays among them. */
static void the_part_for_the_customer_is_put_in(void **state)
{
	struct fix f = {0};

	(void)state;
	land_more(add_marked_article);
	start_as(&f, 160, 50, "ticket");
	command(&f, "open 13");
	sees(&f, "Invoice: ask for the number."); /* in the pane */
	sees(&f, "For the customer:");
	sees(&f, "Old rules.");
	press(&f, "<A-a>");
	command(&f, "send");
	assert_int_equal(count_ops(&f, OP_TICKET_REPLY), 1);
	assert_string_equal(args_of(&f, OP_TICKET_REPLY),
		"{\"text\":\"Please tell me your tax number.\"}");
	stop(&f);
}

/* Where there is no room for its pane, too. */
static void an_unseen_answer_is_put_in(void **state)
{
	struct fix f = {0};

	(void)state;
	land_more(add_marked_article);
	start_as(&f, 80, 24, "ticket");
	command(&f, "open 13");
	sees_not(&f, "- Answer");
	press(&f, "<A-a>");
	sees(&f, "Please tell me your tax number.");
	press(&f, "<Esc>");
	command(&f, "open 12");
	press(&f, "<A-a>");
	hears(&f, "No answer fits this case");
	stop(&f);
}

/* It does not run on behind what stands there already. */
static void an_answer_begins_a_line(void **state)
{
	struct fix f = {0};

	(void)state;
	start_with_articles(&f);
	press(&f, "r");
	type(&f, "Dear Wang,");
	press(&f, "<A-a>");
	sees_not(&f, "Dear Wang,t");
	sees(&f, "|the invoice comes again");
	stop(&f);
}

static void an_outcome_needs_a_case(void **state)
{
	struct fix f = {0};

	(void)state;
	land_more(add_articles);
	start_as(&f, 160, 50, "qa"); /* nothing is finished */
	assert_true(desk_verdict(f.desk, 1, 1) == E_INPUT);
	assert_non_null(strstr(err_msg(), "open a ticket"));
	stop(&f);
}

static void an_outdated_answer_stands_lower(void **state)
{
	struct fix f = {0};
	long first, second;
	const char *top, *other;

	(void)state;
	start_with_articles(&f);
	first = at(&f, "Invoice missing");
	second = at(&f, "Invoice wrong");
	top = first < second ? "Invoice missing" : "Invoice wrong";
	other = first < second ? "Invoice wrong" : "Invoice missing";
	command(&f, "answer.outdated the address has changed, since May");
	sees(&f, "out of date: the address has changed, since May");
	assert_true(at(&f, other) < at(&f, top));
	/* asked in one line */
	command(&f, "answer.outdated");
	type(&f, "too");
	press(&f, "<Enter>");
	sees(&f, "out of date: too");
	stop(&f);
}

static void add_near_and_far(struct recs *r)
{
	static const char *const articles[][2] = {
		{"退款到哪了", "还没有收到退款时，先查退款单号"},
		{"还没睡醒", "没有关系"}, /* two words of the customer's too */
	};
	char rid[8];
	int i;

	for (i = 0; i < 2; i++) {
		struct rec *a;

		snprintf(rid, sizeof(rid), "K%d", i + 1);
		a = recs_add(r, REC_ROW, ENT_ARTICLE, rid);
		text(r, a, FID_ARTICLE_TITLE, articles[i][0]);
		text(r, a, FID_ARTICLE_TEXT, articles[i][1]);
	}
}

static void what_is_about_else_is_no_answer(void **state)
{
	struct fix f = {0};

	(void)state;
	land_more(add_near_and_far);
	start_as(&f, 160, 50, "ticket");
	command(&f, "open 11");
	sees(&f, "1  退款到哪了");
	sees_not(&f, "还没睡醒");
	stop(&f);
}

/* --- new tickets ---------------------------------------------------------- */

static void a_new_ticket_is_filled_from_the_case(void **state)
{
	struct fix f = {0};
	const char *args;

	(void)state;
	start_as(&f, 120, 36, "ticket");
	command(&f, "open 13");
	press(&f, "C");
	sees(&f, "New ticket");
	sees(&f, "Billing");
	sees(&f, "\xe7\x8e\x8b\xe8\x8a\xb3  138****8000"); /* by name */
	sees_not(&f, "wang@example.com");
	press(&f, "<C-s>");
	sees(&f, "This is needed"); /* the subject */
	type(&f, "Second invoice");
	press(&f, "<Tab>");
	type(&f, "please");
	press(&f, "<C-s>");
	sees_not(&f, "= New ticket");
	assert_int_equal(count_ops(&f, OP_TICKET_CREATE), 1);
	args = args_of(&f, OP_TICKET_CREATE);
	assert_non_null(strstr(args, "\"subject\":\"Second invoice\""));
	assert_non_null(strstr(args, "\"text\":\"please\""));
	assert_non_null(strstr(args, "\"queue\":\"3\""));
	assert_non_null(strstr(args, "\"customer\":\"wang@example.com\""));
	assert_non_null(strstr(args, "\"priority\":30"));
	/* what was sent is no draft, what is taken back is one */
	press(&f, "C");
	sees_not(&f, "please");
	press(&f, "<Esc> u C");
	assert_int_equal(count_ops(&f, OP_TICKET_CREATE), 0);
	sees(&f, "Second invoice");
	sees(&f, "please");
	stop(&f);
}

static void add_customer(
	struct recs *r, const char *rid, const char *name, const char *phone)
{
	struct rec *c = recs_add(r, REC_ROW, ENT_CUSTOMER, rid);

	text(r, c, FID_CUSTOMER_NAME, name);
	c = recs_add(r, REC_ROW, ENT_IDENTITY, phone);
	text(r, c, FID_IDENTITY_CUSTOMER, rid);
	text(r, c, FID_IDENTITY_TYPE, "phone");
	text(r, c, FID_IDENTITY_VALUE, phone);
}

static void add_customers(struct recs *r)
{
	struct rec *i = recs_add(r, REC_ROW, ENT_IDENTITY, "bertha");

	add_customer(r, "C-1", "Anna Frost", "+4930111222");
	add_customer(r, "C-2", "Anna Stone", "+4930333444");
	add_customer(r, "C-3", "Bert Stone", "+4930555666");
	text(r, i, FID_IDENTITY_CUSTOMER, "C-1");
	text(r, i, FID_IDENTITY_TYPE, "shop");
	text(r, i, FID_IDENTITY_VALUE, "bertha");
}

/* To the customer's field of a new ticket of somebody else. */
static void go_to_customer(struct fix *f)
{
	command(f, "open 13");
	press(f, "C");
	type(f, "It hums");
	press(f, "<Tab> <Tab> <Tab>");
}

static int created_for(struct fix *f, const char *customer)
{
	char *want = xasprintf("\"customer\":\"%s\"", customer);
	int n = count_ops(f, OP_TICKET_CREATE);
	int yes = n && strstr(args_of(f, OP_TICKET_CREATE), want) != NULL;

	free(want);
	return yes;
}

static void another_customer_is_chosen_by_a_part_of_the_name(void **state)
{
	struct fix f = {0};

	(void)state;
	land_more(add_customers);
	start_as(&f, 80, 24, "ticket");
	go_to_customer(&f);
	type(&f, "anna"); /* in place of who was chosen */
	sees_not(&f, "138****8000");
	sees(&f, "> Anna Frost  ");
	sees(&f, "  Anna Stone  ");
	sees_not(&f, "Bert Stone");
	/* two fit: none of them is taken unasked */
	press(&f, "<C-s>");
	sees(&f, "Several customers fit");
	assert_int_equal(count_ops(&f, OP_TICKET_CREATE), 0);
	press(&f, "<Down> <Enter>");
	sees(&f, "Anna Stone  ");
	sees_not(&f, "Anna Frost");
	sees_not(&f, "Several customers fit");
	press(&f, "<C-s>");
	assert_true(created_for(&f, "C-2"));
	/* what is taken back is hers, by name again */
	press(&f, "u");
	command(&f, "open C-2");
	press(&f, "C");
	sees(&f, "It hums");
	sees(&f, "Anna Stone  ");
	stop(&f);
}

static void a_customer_is_found_by_a_part_of_his_number(void **state)
{
	struct fix f = {0};

	(void)state;
	land_more(add_customers);
	start_as(&f, 120, 36, "ticket");
	go_to_customer(&f);
	type(&f, "bert"); /* also a part of her account */
	sees(&f, "> Bert Stone  ");
	sees(&f, "  Anna Frost  bertha");
	press(&f, "<C-a> <C-k>");
	type(&f, "555 6");
	sees(&f, "> Bert Stone  ");
	press(&f, "<C-s>"); /* the only one */
	assert_true(created_for(&f, "C-3"));
	stop(&f);
}

static void a_click_takes_a_customer(void **state)
{
	struct fix f = {0};

	(void)state;
	land_more(add_customers);
	start_as(&f, 120, 36, "ticket");
	go_to_customer(&f);
	type(&f, "stone");
	click_on(&f, "Bert Stone");
	press(&f, "<C-s>");
	assert_true(created_for(&f, "C-3"));
	stop(&f);
}

static void a_new_address_stays_as_it_is(void **state)
{
	struct fix f = {0};

	(void)state;
	land_more(add_customers);
	start_as(&f, 120, 36, "ticket");
	go_to_customer(&f);
	type(&f, "new@example.com");
	press(&f, "<C-s>");
	assert_true(created_for(&f, "new@example.com"));
	press(&f, "u");
	/* a name of nobody is said where it stands */
	command(&f, "open 12");
	press(&f, "C");
	press(&f, "<Tab> <Tab> <Tab> <Backspace>");
	type(&f, "nobody");
	press(&f, "<C-s>");
	assert_int_equal(count_ops(&f, OP_TICKET_CREATE), 0);
	sees(&f, "New ticket");
	stop(&f);
}

static void what_was_typed_of_a_new_ticket_stays(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "ticket");
	command(&f, "open 13");
	press(&f, "C");
	type(&f, "half a subject");
	press(&f, "<Esc>");
	hears(&f, "Kept as a draft");
	assert_int_equal(count_ops(&f, OP_TICKET_CREATE), 0);
	stop(&f);
	start_as(&f, 120, 36, "ticket");
	command(&f, "open 12"); /* the same customer */
	press(&f, "C");
	sees(&f, "half a subject");
	/* a mistake is said where it is */
	press(&f, "<Tab> <Tab> <C-a> <C-k>");
	type(&f, "soon");
	press(&f, "<C-s>");
	sees(&f, "Priority takes a number");
	assert_int_equal(count_ops(&f, OP_TICKET_CREATE), 0);
	stop(&f);
}

/* --- put aside ------------------------------------------------------------ */

static void a_row_is_put_aside_and_comes_back(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "ticket");
	sees(&f, "Invoice");
	press(&f, "g z");
	type(&f, "half an hour");
	press(&f, "<Enter>");
	hears(&f, "is no time");
	press(&f, "g z");
	type(&f, "2h");
	press(&f, "<Enter>");
	hears(&f, "Put aside until 2026-11-21 06:00");
	sees(&f, "Nothing to do in this list");
	press(&f, "[");
	sees(&f, "Invoice"); /* the last tab */
	press(&f, "] u");
	sees(&f, "Invoice");
	command(&f, "snooze 2h");
	sees(&f, "Nothing to do in this list");
	stop(&f);
	/* it comes back by itself, also to who was not there */
	start_as(&f, 120, 36, "ticket");
	sees(&f, "Nothing to do in this list");
	f.now += 7200000 - 1;
	turn(&f);
	sees(&f, "Nothing to do in this list");
	assert_true(bench_next_mono(f.bench) <= f.mono + 1);
	f.now += 1;
	turn(&f);
	press(&f, "] ] ] g g j"); /* the cursor hides the sign */
	sees(&f, "^ 13");
	hears(&f, "back");
	press(&f, "G <Enter>");
	hears(&f, "You had put this aside");
	press(&f, "k");
	sees_not(&f, "^ 13");
	stop(&f);
}

static void the_customer_ends_it(void **state)
{
	struct store_rw *rw;
	struct fix f = {0};
	struct recs *r = recs_new();
	struct store_page p = {
		.connector = 1, .stream = "feed", .cursor_key = "", .recs = r};
	struct store_page_result res;

	(void)state;
	start_as(&f, 120, 36, "ticket");
	press(&f, "] ] ] g g j"); /* open: 12 under the cursor or 11 */
	command(&f, "open 11");
	press(&f, "<Tab> g z"); /* the case in focus, no row */
	type(&f, "reply");
	press(&f, "<Enter>");
	hears(&f, "until the customer writes");
	command(&f, "pane.go inbox");
	press(&f, "g g");
	sees_not(&f, "* 11");
	add_message(r, "103", "11", "in", "and now?");
	rec_set_int(r->last, FID_MESSAGE_AT, NOW);
	assert_int_equal(session_rw(f.session, &rw), 0);
	assert_int_equal(store_page_apply(rw, &p, &res), 0);
	recs_free(r);
	f.mono += 2000; /* what others write is looked for once a second */
	turn(&f);
	sees(&f, "^ 11");
	stop(&f);
}

static void unsnooze_takes_it_up_again(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "ticket");
	command(&f, "snooze tomorrow");
	hears(&f, "Put aside until 2026-11-22 09:00");
	press(&f, "[ g Z");
	hears(&f, "Taken up again");
	press(&f, "]");
	sees(&f, "Invoice");
	stop(&f);
}

/* --- many rows ------------------------------------------------------------ */

static void add_many(struct recs *r)
{
	char rid[8];
	int i;

	for (i = 0; i < 40; i++) {
		snprintf(rid, sizeof(rid), "%d", 100 + i);
		add_ticket(r, rid, "Same matter", i < 10 ? "stalled" : "open",
			"agent1", 40 + i);
	}
}

static void all_rows_are_marked_and_a_plan_is_shown(void **state)
{
	struct fix f = {0};

	(void)state;
	land_more(add_many);
	start_as(&f, 80, 24, "ticket");
	press(&f, "V");
	hears(&f, "41 rows are marked");
	sees(&f, "41 marked");
	command(&f, "status stalled");
	sees(&f, "31 rows change");
	sees(&f, "10 stay as they are");
	assert_int_equal(count_ops(&f, OP_TICKET_SET), 0);
	/* leaving it is what Enter does at first */
	press(&f, "<Enter>");
	assert_int_equal(count_ops(&f, OP_TICKET_SET), 0);
	command(&f, "status stalled");
	press(&f, "<Tab> <Enter>"); /* the number was not typed */
	assert_int_equal(count_ops(&f, OP_TICKET_SET), 0);
	press(&f, "<Esc>");
	command(&f, "status stalled");
	type(&f, "31");
	press(&f, "<Tab> <Enter>");
	assert_int_equal(count_ops(&f, OP_TICKET_SET), 31);
	hears(&f, "Status stalled: 31 rows");
	/* one thing, taken back as one */
	press(&f, "u");
	assert_int_equal(count_ops(&f, OP_TICKET_SET), 0);
	press(&f, "u");
	hears(&f, "Nothing can be taken back");
	/* all of them are mine */
	press(&f, "t");
	hears(&f, "Nothing changes: all of them are so already");
	stop(&f);
}

static int64_t waits_ms(struct fix *f)
{
	struct ops ops;
	int64_t t;

	assert_int_equal(
		store_op_list(desk_ro(f->desk), 0, -1, 0, 10, &ops), 0);
	assert_int_equal(ops.n, 1);
	t = ops.v[0].not_before_ms - ops.v[0].created_ms;
	ops_free(&ops);
	return t;
}

/* A change has not left while its notice says that it can be taken back. */
static void what_undo_is_offered_for_waits(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "ticket");
	command(&f, "set priority=80");
	sees(&f, "[u] undo 4");
	assert_int_equal(waits_ms(&f), 4000);
	press(&f, "u");
	assert_int_equal(count_ops(&f, OP_TICKET_SET), 0);
	command(&f, "config undo 0");
	command(&f, "set priority=80");
	assert_int_equal(waits_ms(&f), 0);
	stop(&f);
}

static void only_what_a_list_shows_is_marked(void **state)
{
	struct fix f = {0};

	(void)state;
	land_more(add_many);
	start_as(&f, 120, 36, "ticket");
	press(&f, "/");
	type(&f, "invoice");
	press(&f, "<Enter> V");
	hears(&f, "1 row is marked");
	stop(&f);
}

/* --- masked data ---------------------------------------------------------- */

/* Rows of the journal about looking. */
static int looks(struct fix *f, const char *detail)
{
	struct arena *a = arena_new();
	struct audit_row *v;
	int i, n, k = 0;

	assert_int_equal(store_audit_list(desk_ro(f->desk), 100, a, &v, &n), 0);
	for (i = 0; i < n; i++) {
		if (strcmp(v[i].what, "reveal") != 0)
			continue;
		k++;
		assert_string_equal(v[i].who, "agent1");
		assert_non_null(strstr(v[i].object, "customer #"));
		assert_string_equal(v[i].detail, detail);
	}
	arena_free(a);
	return k;
}

static void a_number_is_shown_for_a_while_and_written_down(void **state)
{
	struct fix f = {.role = "senior"};

	(void)state;
	start_as(&f, 160, 50, "hotline");
	command(&f, "open 13");
	sees(&f, "138****8000");
	sees_not(&f, "13800138000");
	assert_int_equal(looks(&f, "phone"), 0);
	command(&f, "reveal");
	sees(&f, "13800138000  (30 s)");
	assert_int_equal(looks(&f, "phone"), 1);
	command(&f, "reveal");
	hears(&f, "nothing more to show");
	f.mono += 1000;
	turn(&f);
	sees(&f, "13800138000  (29 s)");
	/* nothing else has to happen for it to go */
	assert_true(bench_next_mono(f.bench) <= f.mono + 1000);
	f.mono += 29000;
	turn(&f);
	sees_not(&f, "13800138000");
	sees(&f, "138****8000");
	command(&f, "reveal 1");
	sees(&f, "13800138000");
	assert_int_equal(looks(&f, "phone"), 2);
	command(&f, "reveal 7");
	assert_int_equal(looks(&f, "phone"), 2);
	stop(&f);
}

static void who_may_not_look_sees_a_part(void **state)
{
	struct fix f = {.role = "agent"};

	(void)state;
	/* not by the configuration either */
	write_file("config/config",
		"[galley]\nmask = no\n[connector rt]\nmanifest = rt5\n"
		"base = http://127.0.0.1:1\ntoken_file = /nonexistent\n");
	start_as(&f, 160, 50, "hotline");
	command(&f, "open 13");
	sees(&f, "138****8000");
	command(&f, "reveal");
	hears(&f, "your role (agent) may not do this");
	sees_not(&f, "13800138000");
	assert_int_equal(looks(&f, "phone"), 0);
	stop(&f);
	f.role = "supervisor";
	start_as(&f, 160, 50, "hotline");
	command(&f, "open 13");
	sees(&f, "13800138000");
	stop(&f);
}

/* --- languages ------------------------------------------------------------ */

static void the_language_changes_under_what_one_writes(void **state)
{
	struct fix f = {0};

	(void)state;
	write_catalogue("zh_CN", "Inbox", "收件箱");
	write_catalogue("zh_TW", "Inbox", "收件匣");
	start_as(&f, 160, 50, "ticket");
	sees(&f, "3 Tickets*");
	command(&f, "open 12");
	press(&f, "r");
	type(&f, "half a sentence");
	command(&f, "language zh_CN");
	sees(&f, "3 工单*");
	sees_not(&f, "Tickets");
	sees(&f, "收件箱");
	sees_not(&f, "Inbox");
	type(&f, ", and the rest"); /* the cursor is where it was */
	sees(&f, "half a sentence, and the rest");
	assert_true(desk_case(f.desk)->id != 0);
	assert_string_equal(desk_case(f.desk)->name, "12");
	command(&f, "language zh_TW");
	sees(&f, "3 工單*");
	sees(&f, "收件匣");
	command(&f, "language en");
	sees(&f, "3 Tickets*");
	sees(&f, "half a sentence, and the rest");
	command(&f, "language fr");
	hears(&f, "en, zh_CN or zh_TW");
	stop(&f);
	unsetenv("LANGUAGE");
}

/* --- pages at the backend ------------------------------------------------- */

static int links_to(struct fix *f, const char *url)
{
	const struct grid *g = term_shown(f->term);
	int i;

	for (i = 1; i < g->n_links; i++)
		if (strcmp(g->links[i], url) == 0)
			return 1;
	return 0;
}

static void a_case_opens_in_its_system(void **state)
{
	static const char url[] =
		"http://127.0.0.1:1/Ticket/Display.html?id=13";
	struct fix f = {0};

	(void)state;
	unsetenv("DISPLAY");
	unsetenv("WAYLAND_DISPLAY");
	unsetenv("BROWSER");
	setenv("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22", 1);
	start_as(&f, 160, 36, "ticket");
	command(&f, "open 13");
	assert_true(links_to(&f, url));
	press(&f, "g x");
	hears(&f, "Copied");
	hears(&f, url);
	/* a browser here is not the person's */
	setenv("BROWSER", "/nonexistent/browser", 1);
	press(&f, "g x");
	hears(&f, "Copied");
	unsetenv("SSH_CONNECTION");
	unsetenv("SSH_TTY");
	press(&f, "g x");
	hears(&f, "/nonexistent/browser");
	setenv("BROWSER", "true:other", 1);
	press(&f, "g x");
	hears(&f, "Opened");
	unsetenv("BROWSER");
	stop(&f);
}

static void what_the_backend_does_not_know_has_no_page(void **state)
{
	struct fix f = {0};
	int64_t id = 0;
	int i, conn;

	(void)state;
	start_as(&f, 160, 36, "ticket");
	command(&f, "open 13");
	press(&f, "C");
	type(&f, "New");
	press(&f, "<C-s>");
	for (i = 20; i > 0 && !id; i--) {
		char *name = xasprintf("new%d", i);

		if (session_find(f.session, ENT_TICKET, name, &id, &conn) < 0)
			id = 0;
		free(name);
	}
	assert_int_not_equal(id, 0);
	assert_int_equal(desk_focus(f.desk, ENT_TICKET, id), 0);
	command(&f, "pane.go thread");
	command(&f, "origin");
	hears(&f, "does not know it yet");
	stop(&f);
}

/* --- roles ---------------------------------------------------------------- */

/* Every command in every role: refused in words when the role may not, and
 * nothing has happened. */
static void a_role_does_what_it_may(void **state)
{
	const struct role_desc *r;
	int c;

	(void)state;
	for (r = role_all; r->name; r++) {
		struct fix f = {.role = r->name};

		start_as(&f, 120, 36, "ticket");
		assert_string_equal(desk_role(f.desk), r->name);
		command(&f, "open 13");
		for (c = 0; c < CMD_COUNT; c++) {
			const struct command_desc *d =
				command_desc((enum command)c);
			int may = (r->may >> d->permission & 1) != 0;

			assert_int_equal(desk_may(f.desk, d->permission), may);
			if (may)
				continue;
			command(&f, d->name);
			hears(&f, "your role");
			hears(&f, r->name);
		}
		assert_int_equal(
			desk_may(f.desk, PM_WRITE), (r->may >> PM_WRITE) & 1);
		if (!desk_may(f.desk, PM_WRITE)) {
			struct intent in = {.kind = OP_TICKET_TAKE};

			press(&f, "t");
			hears(&f, "your role");
			assert_int_equal(count_ops(&f, OP_TICKET_TAKE), 0);
			/* not by the back door either */
			assert_int_equal(desk_do(f.desk, &in), E_PERM);
			assert_int_equal(desk_undo(f.desk), E_PERM);
		}
		stop(&f);
	}
}

static void a_role_comes_from_the_configuration(void **state)
{
	struct fix f = {0};
	struct session *s;

	(void)state;
	write_file("config/config",
		"[galley]\nrole = qa\n[connector rt]\nmanifest = rt5\n"
		"base = http://127.0.0.1:1\ntoken_file = /nonexistent\n");
	start_as(&f, 120, 36, "ticket");
	assert_string_equal(desk_role(f.desk), "qa");
	assert_false(desk_may(f.desk, PM_WRITE));
	assert_true(desk_may(f.desk, PM_JUDGE));
	stop(&f);
	write_file("config/config", "[galley]\nrole = boss\n");
	assert_int_equal(session_open(NULL, &s), E_CONFIG);
	assert_non_null(strstr(err_msg(), "supervisor"));
}

static void a_role_that_may_not_is_told_in_the_palette(void **state)
{
	struct fix f = {.role = "auditor"};

	(void)state;
	start_as(&f, 120, 36, "ticket");
	command(&f, "open 13");
	press(&f, "<C-p>");
	type(&f, ">take");
	sees(&f, "your role (auditor) may not do this");
	stop(&f);
}

/* What cannot be taken back is named before it is done. */
static void a_merge_says_what_goes_into_what(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "ticket");
	command(&f, "open 12");
	command(&f, "merge 13");
	sees(&f, "= Merge =");
	sees(&f, "12 Late parcel");
	sees(&f, "goes into 13 Invoice");
	sees(&f, ">[Cancel]  [Merge]");
	press(&f, "<Enter>");
	assert_int_equal(count_ops(&f, OP_TICKET_MERGE), 0);
	/* no question about what does not exist */
	assert_int_equal(bench_command(f.bench, "merge 4711"), 0);
	turn(&f);
	sees_not(&f, "[Cancel]");
	hears(&f, "4711");
	command(&f, "merge 12");
	sees_not(&f, "[Cancel]");
	hears(&f, "itself");
	stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_outcome_is_counted_once_and_seen),
		T(an_answer_is_put_in_and_written_on),
		T(the_part_for_the_customer_is_put_in),
		T(an_unseen_answer_is_put_in),
		T(an_answer_begins_a_line),
		T(an_outcome_needs_a_case),
		T(an_outdated_answer_stands_lower),
		T(what_is_about_else_is_no_answer),
		T(a_new_ticket_is_filled_from_the_case),
		T(another_customer_is_chosen_by_a_part_of_the_name),
		T(a_customer_is_found_by_a_part_of_his_number),
		T(a_click_takes_a_customer),
		T(a_new_address_stays_as_it_is),
		T(what_was_typed_of_a_new_ticket_stays),
		T(a_row_is_put_aside_and_comes_back),
		T(the_customer_ends_it),
		T(unsnooze_takes_it_up_again),
		T(all_rows_are_marked_and_a_plan_is_shown),
		T(what_undo_is_offered_for_waits),
		T(only_what_a_list_shows_is_marked),
		T(a_case_opens_in_its_system),
		T(what_the_backend_does_not_know_has_no_page),
		T(a_number_is_shown_for_a_while_and_written_down),
		T(who_may_not_look_sees_a_part),
		T(the_language_changes_under_what_one_writes),
		T(a_role_does_what_it_may),
		T(a_role_comes_from_the_configuration),
		T(a_role_that_may_not_is_told_in_the_palette),
		T(a_merge_says_what_goes_into_what),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
