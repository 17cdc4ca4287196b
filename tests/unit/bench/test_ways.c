/* SPDX-License-Identifier: MIT */
/*
 * Ways out: Esc leads from whatever was opened back to where one was, and is
 * never answered with a reproach.
 */
#include "hands_fix.h"

static void silent(struct fix *f)
{
	const struct notice *n = desk_notice(f->desk, 0);

	if (n)
		fail_msg("`%s` was said", n->text);
}

static void esc_leaves_what_lies_over_the_layout(void **state)
{
	static const struct {
		const char *keys, *shows;
	} panes[] = {{"g o", "= Outbox"}, {"g s", "= Settings"}};
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "ticket");
	for (size_t i = 0; i < ARRAY_SIZE(panes); i++) {
		press(&f, panes[i].keys);
		sees(&f, panes[i].shows);
		sees_not(&f, "= Inbox");
		press(&f, "<Esc>");
		sees(&f, "= Inbox");
		sees_not(&f, panes[i].shows);
	}
	/* one came from another such pane */
	press(&f, "g o g s <Esc>");
	sees(&f, "= Inbox");
	silent(&f);
	stop(&f);
}

static void esc_takes_the_nearest_step_only(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "ticket");
	press(&f, "] ] ] v z");
	sees(&f, "1 marked");
	sees_not(&f, "- Journey");
	press(&f, "<Esc>");
	sees_not(&f, "1 marked");
	sees_not(&f, "- Journey");
	press(&f, "<Esc>");
	sees(&f, "- Journey");
	press(&f, "<Esc> <Esc>");
	silent(&f);
	stop(&f);
}

static void esc_forgets_an_unfinished_sequence(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "ticket");
	press(&f, "g <Esc>");
	silent(&f);
	press(&f, "j"); /* not "g <Esc> j" */
	silent(&f);
	stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(esc_leaves_what_lies_over_the_layout),
		T(esc_takes_the_nearest_step_only),
		T(esc_forgets_an_unfinished_sequence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
