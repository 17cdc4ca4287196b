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

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_line_of_keys_is_that_of_what_takes_keys),
		T(what_follows_has_a_frame_of_its_own),
		T(a_key_is_described_in_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
