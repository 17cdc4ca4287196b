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
		T(an_edited_file_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
