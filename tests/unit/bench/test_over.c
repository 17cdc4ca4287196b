/* SPDX-License-Identifier: MIT */
/*
 * What opens over the panes says its own keys, and tells all that it has to.
 */
#include "hands_fix.h"

/* The keys below are not offered while something above takes them. */
static void the_line_of_keys_is_that_of_what_takes_keys(void **state)
{
	static const char *const opens[] = {
		"<C-p>", "?", "g m", "g /", ":", "/", "C", "<A-t>"};
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "ticket");
	command(&f, "open 13");
	for (size_t i = 0; i < ARRAY_SIZE(opens); i++) {
		press(&f, opens[i]);
		sees(&f, "Esc ");
		sees_not(&f, "r reply");
		press(&f, "<Esc> <Esc>");
		sees(&f, "r reply");
	}
	command(&f, "merge 12");
	sees(&f, "Esc leaves it as it is");
	press(&f, "<Esc>");
	sees(&f, "r reply");
	stop(&f);
}

static void what_follows_has_a_frame_of_its_own(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 80, 24, "ticket");
	press(&f, "g");
	f.mono += 500;
	turn(&f);
	sees(&f, "+= g =");
	sees(&f, "| o outbox");
	stop(&f);
}

/* Nothing of what a key does is cut. */
static void a_key_is_described_in_full(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 80, 24, "ticket");
	press(&f, "<F1> g v");
	sees(&f, "= Show in full =");
	sees(&f, "for 30 seconds");
	sees(&f, "looked.");
	sees(&f, ":reveal [n]");
	press(&f, "<Enter>");
	sees_not(&f, "looked.");
	stop(&f);
}

/* Whose they are is said where one says yes; Enter alone leaves them. */
static void a_merge_names_both_customers(void **state)
{
	struct fix f = {0};

	(void)state;
	land_more(add_stranger);
	start_as(&f, 80, 24, "ticket");
	command(&f, "open 12");
	command(&f, "merge 11");
	sees(&f, ">[Cancel]");
	sees_not(&f, "different customers");
	press(&f, "<Esc>");
	command(&f, "open 14");
	command(&f, "merge 11");
	sees(&f, "different customers: Li Lei and 王芳.");
	sees(&f, "cannot be taken back");
	sees(&f, ">[Cancel]  [Merge]");
	press(&f, "<Enter>");
	assert_int_equal(count_ops(&f, OP_TICKET_MERGE), 0);
	command(&f, "merge 11");
	press(&f, "<Right> <Enter>");
	assert_int_equal(count_ops(&f, OP_TICKET_MERGE), 1);
	stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_line_of_keys_is_that_of_what_takes_keys),
		T(what_follows_has_a_frame_of_its_own),
		T(a_key_is_described_in_full),
		T(a_merge_names_both_customers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
