/* SPDX-License-Identifier: MIT */
/*
 * The line at the bottom: it says what it acts on, offers what the cache knows,
 * and remembers what was typed.
 */
#include "hands_fix.h"

static void start(struct fix *f)
{
	start_as(f, 120, 36, "ticket");
}

/* The last row of the screen begins so. */
static void line_is(struct fix *f, const char *s)
{
	const char *text = screen(f), *last = text;

	for (const char *p = text; *p; p++)
		if (*p == '\n' && p[1])
			last = p + 1;
	if (strncmp(last, s, strlen(s)) != 0)
		fail_msg("not `%s` but `%s`", s, last);
}

static void it_names_what_it_acts_on(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f);
	press(&f, "] ] ]"); /* all that are open */
	command(&f, "open 12");
	press(&f, "s");
	line_is(&f, "status 12: ");
	press(&f, "<Esc> g g v v s");
	line_is(&f, "status 2 rows: ");
	stop(&f);
}

static void colleagues_are_offered(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f);
	command(&f, "open 13");
	press(&f, "a");
	sees(&f, "me Li Na");
	sees(&f, "chen Chen Bo");
	sees(&f, "none nobody");
	type(&f, "bo"); /* by what she is called too */
	sees_not(&f, "li Li Na");
	press(&f, "<Tab> <Enter>");
	assert_int_equal(count_ops(&f, OP_TICKET_ASSIGN), 1);
	hears(&f, "13: assign"); /* which one it was */
	sees(&f, "Owner      Chen Bo");
	stop(&f);
}

static void a_status_is_offered_and_completed(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f);
	command(&f, "open 13");
	press(&f, "s");
	sees(&f, " new "); /* those that the cache has seen */
	sees(&f, " open ");
	type(&f, "op");
	press(&f, "<Enter>"); /* the only one that begins so */
	assert_int_equal(count_ops(&f, OP_TICKET_SET), 1);
	sees(&f, "Status     open");
	stop(&f);
}

static void fields_then_their_values(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f);
	command(&f, "open 13");
	press(&f, "e");
	type(&f, "pri");
	press(&f, "<Tab>");
	line_is(&f, "change 13: priority=");
	type(&f, "70 sta");
	press(&f, "<Tab>");
	line_is(&f, "change 13: priority=70 status=");
	type(&f, "o");
	press(&f, "<Tab> <Enter>");
	assert_int_equal(count_ops(&f, OP_TICKET_SET), 1);
	sees(&f, "Status     open");
	sees(&f, "Priority   70");
	stop(&f);
}

/* Only the last word is completed, in turn and back. */
static void tab_goes_round(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f);
	press(&f, ":");
	type(&f, "theme ");
	press(&f, "<Tab>");
	line_is(&f, ":theme dark");
	press(&f, "<Tab> <Tab>");
	line_is(&f, ":theme safe");
	press(&f, "<S-Tab>");
	line_is(&f, ":theme light");
	press(&f, "<Tab> <Tab> <Tab>");
	line_is(&f, ":theme dark");
	press(&f, "<Esc>");
	stop(&f);
}

static void an_offer_is_clicked(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f);
	press(&f, ":");
	type(&f, "bench ");
	click_on(&f, "online");
	line_is(&f, ":bench online");
	press(&f, "<Enter>");
	sees(&f, "Online*");
	stop(&f);
}

static void names_with_spaces_need_no_marks(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f);
	command(&f, "open 13");
	press(&f, "a");
	type(&f, "Chen Bo");
	press(&f, "<Enter>");
	assert_int_equal(count_ops(&f, OP_TICKET_ASSIGN), 1);
	stop(&f);
}

static void what_was_typed_comes_back(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, NULL);
	press(&f, ":");
	type(&f, "theme mono");
	press(&f, "<Enter> :");
	type(&f, "theme dark");
	press(&f, "<Enter> :");
	type(&f, "hel");
	press(&f, "<Up>");
	line_is(&f, ":theme dark");
	press(&f, "<Up> <Up>");
	line_is(&f, ":theme mono");
	press(&f, "<Down> <Down>");
	line_is(&f, ":hel");
	press(&f, "<Esc>");
	stop(&f);
	/* and the next day */
	start_as(&f, 120, 36, NULL);
	press(&f, ": <Up>");
	line_is(&f, ":theme dark");
	stop(&f);
}

/* Tickets and a conversation that are called as at some backends. */
static void add_named_cases(struct recs *r)
{
	struct rec *c = recs_add(r, REC_ROW, ENT_CONVERSATION, "W-77");

	text(r, c, FID_CONVERSATION_SUBJECT, "Where is my parcel");
	text(r, c, FID_CONVERSATION_PHASE, "open");
	rec_set_int(c, FID_CONVERSATION_UPDATED, NOW);
	add_ticket(r, "T-8812", "Refund of A-20931", "open", "agent1", 1);
	add_ticket(r, "T-8820", "Noisy fan", "open", "agent1", 2);
	add_ticket(r, "T-77", "Loose plug", "open", "agent1", 3);
}

static void a_case_is_opened_by_its_bare_number(void **state)
{
	struct fix f = {0};

	(void)state;
	land_more(add_named_cases);
	start(&f);
	command(&f, "open 8812");
	assert_string_equal(desk_case(f.desk)->name, "T-8812");
	command(&f, "open t-8820"); /* as it comes to the fingers */
	assert_string_equal(desk_case(f.desk)->name, "T-8820");
	command(&f, "open rt:8812");
	assert_string_equal(desk_case(f.desk)->name, "T-8812");
	command(&f, "open 12"); /* a whole name as ever */
	assert_string_equal(desk_case(f.desk)->name, "12");
	command(&f, "open 4711");
	hears(&f, "Nothing called \"4711\"");
	stop(&f);
}

static void its_beginning_is_completed(void **state)
{
	struct fix f = {0};

	(void)state;
	land_more(add_named_cases);
	start(&f);
	press(&f, ":");
	type(&f, "open 88");
	sees(&f, "T-8812 Refund of A-20931");
	sees(&f, "T-8820 Noisy fan");
	type(&f, "2");
	sees_not(&f, "T-8812 Refund");
	press(&f, "<Tab> <Enter>");
	assert_string_equal(desk_case(f.desk)->name, "T-8820");
	stop(&f);
}

static void two_of_a_number_are_offered(void **state)
{
	struct fix f = {0};

	(void)state;
	land_more(add_named_cases);
	start(&f);
	command(&f, "open 13");
	command(&f, "open 77");
	sees(&f, "Several are called so");
	sees(&f, "Loose plug");
	sees(&f, "conversation W-77");
	assert_string_equal(desk_case(f.desk)->name, "13");
	press(&f, "<Down> <Enter>");
	assert_string_equal(desk_case(f.desk)->name, "W-77");
	/* the palette knows both, too */
	press(&f, "<C-p>");
	type(&f, "77");
	sees(&f, "ticket T-77");
	sees(&f, "conversation W-77");
	stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(it_names_what_it_acts_on),
		T(colleagues_are_offered),
		T(a_status_is_offered_and_completed),
		T(fields_then_their_values),
		T(tab_goes_round),
		T(an_offer_is_clicked),
		T(names_with_spaces_need_no_marks),
		T(what_was_typed_comes_back),
		T(a_case_is_opened_by_its_bare_number),
		T(its_beginning_is_completed),
		T(two_of_a_number_are_offered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
