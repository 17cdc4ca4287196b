/* SPDX-License-Identifier: MIT */
/*
 * Benches keep the place of their panes while one is at another one.
 */
#include "hands_fix.h"

static void a_bench_keeps_its_place(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "ticket");
	press(&f, "] ] ]");
	press(&f, "g g j v");
	sees(&f, "|*  12        Late parcel");
	sees(&f, "|>  13        Invoice");
	press(&f, "2");
	sees(&f, "2 Online*");
	press(&f, "3");
	sees(&f, "3 Tickets*");
	sees(&f, "Open 3*"); /* the same list, mark and cursor */
	sees(&f, "|*  12        Late parcel");
	sees(&f, "|>  13        Invoice");
	stop(&f);
}

static void a_draft_goes_along(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 160, 50, "ticket");
	command(&f, "open 13");
	press(&f, "r");
	type(&f, "half a thought");
	press(&f, "<A-2>");
	press(&f, "<Esc>");
	command(&f, "bench online");
	sees(&f, "half a thought");
	press(&f, "r");
	type(&f, " more");
	press(&f, "<Esc>");
	command(&f, "bench ticket");
	sees(&f, "more");
	stop(&f);
}

/* What was begun for colleagues and for the customer are two texts. */
static void a_note_is_never_a_reply(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "ticket");
	command(&f, "open 13");
	press(&f, "r");
	type(&f, "dear customer");
	press(&f, "<Esc> c");
	sees(&f, "Note to colleagues");
	sees(&f, "a reply was begun too");
	sees_not(&f, "dear customer");
	type(&f, "among us");
	press(&f, "<A-n>"); /* it would fall upon the reply */
	hears(&f, "A reply was begun too");
	press(&f, "<Esc> r");
	sees(&f, "dear customer");
	sees_not(&f, "among us");
	press(&f, "<Esc> c <C-s>");
	assert_int_equal(count_ops(&f, OP_TICKET_NOTE), 1);
	assert_int_equal(count_ops(&f, OP_TICKET_REPLY), 0);
	sees(&f, "dear customer");
	/* taken back it is a note again, beside the reply */
	press(&f, "u");
	sees(&f, "dear customer");
	sees(&f, "a note was begun too");
	press(&f, "c");
	sees(&f, "Note to colleagues");
	sees(&f, "among us");
	sees_not(&f, "dear customer");
	stop(&f);
}

static void a_kind_is_turned(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "ticket");
	command(&f, "open 13");
	press(&f, "c");
	type(&f, "it turns");
	press(&f, "<A-n>");
	sees(&f, "Reply to the customer");
	sees(&f, "it turns");
	press(&f, "<Esc>");
	command(&f, "open 12");
	sees_not(&f, "it turns");
	command(&f, "open 13");
	sees(&f, "Reply to the customer");
	sees(&f, "it turns");
	sees_not(&f, "a note was begun too");
	/* a note that was taken back is one also where replies are usual */
	press(&f, "r <A-n> <C-s> u");
	assert_int_equal(count_ops(&f, OP_TICKET_NOTE), 0);
	sees(&f, "Note to colleagues");
	sees(&f, "it turns");
	stop(&f);
}

/* Going on by a click or Enter does not turn a note into a reply. */
static void going_on_keeps_the_kind(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 160, 50, "hotline");
	command(&f, "open 13");
	sees(&f, "Note to colleagues");
	click_on(&f, "Note to colleagues");
	sees(&f, "Write here");
	sees(&f, "Note to colleagues");
	stop(&f);
}

static void add_hundreds(struct recs *r)
{
	char rid[16];
	int i;

	for (i = 200; i < 600; i++) {
		snprintf(rid, sizeof(rid), "%d", i);
		add_ticket(r, rid, "One of many", "open", "agent1", i);
	}
}

/* The row under the cursor of a new list is the case, not another one. */
static void a_new_bench_begins_at_the_case(void **state)
{
	struct fix f = {0};

	(void)state;
	land_more(add_hundreds);
	start_as(&f, 120, 36, "online");
	command(&f, "open 487"); /* far below the first page */
	command(&f, "bench ticket");
	sees(&f, "|>  487 ");
	sees(&f, "  486 ");
	sees(&f, "  488 ");
	press(&f, "j");
	sees(&f, "   488  One of many");
	sees(&f, "|>  488 ");
	stop(&f);
}

/* What was passed by elsewhere is found again where one was before. */
static void a_bench_of_before_turns_to_the_case(void **state)
{
	struct fix f = {0};

	(void)state;
	land_more(add_hundreds);
	start_as(&f, 120, 36, "ticket");
	command(&f, "open 487");
	press(&f, "g g");
	command(&f, "bench online");
	command(&f, "open 487"); /* far below the first page */
	press(&f, "3");
	sees(&f, "|>  487 ");
	/* in none of its lists: cursor and title say what they are about */
	press(&f, "2");
	command(&f, "open 11");
	press(&f, "3");
	sees(&f, "|>  487 ");
	sees(&f, "   11  退款到哪了");
	stop(&f);
}

/* A case that is in no list stays in focus, and is what a key acts on. */
static void a_case_of_no_list_stays(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "online");
	command(&f, "open 11");
	command(&f, "bench ticket");
	sees(&f, "|>  13 "); /* mine; 11 is not */
	sees(&f, "   11  退款到哪了");
	press(&f, "r");
	type(&f, "to eleven");
	press(&f, "<C-s>");
	sees(&f, "to eleven");
	sees(&f, "   11  退款到哪了");
	stop(&f);
}

/* On 80 columns the right column has no room. */
static void the_tab_key_stays_among_what_is_seen(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 80, 24, "ticket");
	sees(&f, "+= Inbox ");
	sees(&f, "4 more panes: g p");
	press(&f, "<Tab>");
	sees(&f, "+= Thread ");
	press(&f, "<Tab>");
	sees(&f, "+= Write ");
	press(&f, "<Tab>");
	sees(&f, "+= Inbox ");
	press(&f, "<S-Tab>");
	sees(&f, "+= Write ");
	/* the others by name; then on from the pane that gave way */
	press(&f, "g p");
	type(&f, "customer");
	press(&f, "<Enter>");
	sees(&f, "+= Customer ");
	press(&f, "<Tab>");
	sees(&f, "+= Inbox ");
	sees_not(&f, "= Customer ");
	command(&f, "pane.go outbox");
	sees(&f, "+= Outbox ");
	press(&f, "<Tab>");
	sees_not(&f, "= Outbox ");
	stop(&f);
}

static void the_tab_key_goes_on_where_one_pane_is_seen(void **state)
{
	static const char *const panes[] = {"Thread", "Write", "Ticket",
		"Answer", "Customer", "Journey", "Inbox"};
	struct fix f = {0};
	char head[32];
	size_t i;

	(void)state;
	start_as(&f, 80, 24, "ticket");
	press(&f, "z");
	for (i = 0; i < ARRAY_SIZE(panes); i++) {
		press(&f, "<Tab>");
		snprintf(head, sizeof(head), "+= %s ", panes[i]);
		sees(&f, head);
	}
	stop(&f);
}

static void an_edited_file_begins_anew(void **state)
{
	static const char good[] = "scenario ticket \"Mine own\"\n"
				   "role agent\n"
				   "layout cols {\n inbox *\n log *\n}\n"
				   "focus inbox\n";
	struct fix f = {0};
	char *dir = path_user(PATH_CONFIG, "scenarios");

	(void)state;
	assert_int_equal(path_make_private(dir), 0);
	free(dir);
	start_as(&f, 120, 36, "ticket");
	press(&f, "2");
	write_file("config/scenarios/ticket.scenario", good);
	rest(&f);
	press(&f, "3");
	sees_not(&f, "Thread");
	sees(&f, "Log");
	stop(&f);
}

/* Also the first one, for which the folder is made. */
static void a_first_file_is_seen(void **state)
{
	struct fix f = {0};
	char *dir = path_user(PATH_CONFIG, "scenarios");

	(void)state;
	start_as(&f, 120, 36, "ticket");
	assert_int_equal(path_make_private(dir), 0);
	free(dir);
	turn(&f);
	write_file("config/scenarios/ticket.scenario",
		"scenario ticket\nlayuot inbox\n");
	rest(&f);
	hears(&f, "ticket.scenario:2:1");
	sees(&f, "Thread");
	write_file("config/scenarios/ticket.scenario",
		"scenario ticket \"Mine own\"\nrole agent\n"
		"layout cols {\n inbox *\n log *\n}\nfocus inbox\n");
	rest(&f);
	sees_not(&f, "Thread");
	sees(&f, "Log");
	stop(&f);
}

static const char *phase_now;

static void add_answered(struct recs *r)
{
	struct rec *m = recs_add(r, REC_ROW, ENT_MESSAGE, "901");

	add_ticket(r, "31", "An answer was given", "resolved", "agent1", 50);
	text(r, r->last, FID_TICKET_PHASE, phase_now);
	text(r, r->last, FID_TICKET_CUSTOMER, "quiet@example.com");
	text(r, m, FID_MESSAGE_TICKET, "31");
	text(r, m, FID_MESSAGE_KIND, "reply");
	text(r, m, FID_MESSAGE_DIR, "out");
	text(r, m, FID_MESSAGE_TEXT, "that was it");
	rec_set_int(m, FID_MESSAGE_AT, NOW - INT64_C(5) * 86400000);
}

/* Silence is a matter of what is open: who has his answer need not write. */
static void what_is_done_is_not_silent(void **state)
{
	struct fix f = {0};

	(void)state;
	phase_now = "waiting";
	land_more(add_answered);
	start_as(&f, 120, 36, "ticket");
	command(&f, "open 31");
	sees(&f, "Silent customer");
	phase_now = "done";
	land_more(add_answered);
	turn(&f);
	command(&f, "open 13");
	command(&f, "open 31");
	sees_not(&f, "Silent customer");
	stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_bench_keeps_its_place),
		T(a_draft_goes_along),
		T(a_note_is_never_a_reply),
		T(a_kind_is_turned),
		T(going_on_keeps_the_kind),
		T(a_new_bench_begins_at_the_case),
		T(a_bench_of_before_turns_to_the_case),
		T(a_case_of_no_list_stays),
		T(the_tab_key_stays_among_what_is_seen),
		T(the_tab_key_goes_on_where_one_pane_is_seen),
		T(an_edited_file_begins_anew),
		T(a_first_file_is_seen),
		T(what_is_done_is_not_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
