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
	turn(&f);
	press(&f, "3");
	sees_not(&f, "Thread");
	sees(&f, "Log");
	stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_bench_keeps_its_place),
		T(a_draft_goes_along),
		T(a_new_bench_begins_at_the_case),
		T(a_bench_of_before_turns_to_the_case),
		T(a_case_of_no_list_stays),
		T(an_edited_file_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
