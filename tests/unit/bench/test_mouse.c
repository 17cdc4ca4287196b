/* SPDX-License-Identifier: MIT */
/*
 * Everything by the mouse: tabs, keys of the footer, rows, overlays, borders.
 * And borders by commands, kept for each bench.
 */
#include "hands_fix.h"

static void tabs_and_keys_are_clicked(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "ticket");
	click_on(&f, "2 Online");
	sees(&f, "2 Online*");
	click_on(&f, "? help");
	sees(&f, "type to find");
	press(&f, "<Esc>");
	stop(&f);
	/* no room for all names: a bench keeps its number, and a click on it */
	start_as(&f, 80, 24, "ticket");
	sees(&f, " 1 Hotline  2 Online  3 Tickets*  4 Quality  5   ");
	click_on(&f, " 5 ");
	sees(&f, "  3 Tickets  4  5 Supervisor*  ");
	stop(&f);
	start_as(&f, 50, 24, "ticket");
	sees(&f, " 1  2  3 Tickets*  4  5 ");
	click_on(&f, "3 Tickets*");
	sees(&f, "3 Tickets*");
	stop(&f);
}

static void a_hidden_pane_is_clicked(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 80, 24, "ticket");
	sees_not(&f, "not shown"); /* their names would take half the line */
	sees_not(&f, "= Customer");
	click_on(&f, "4 more panes: g p");
	sees(&f, "Panes without room here");
	click_on(&f, "Customer ");
	click_on(&f, "Customer ");
	sees_not(&f, "Panes without room here");
	sees(&f, "= Customer");
	stop(&f);
}

static void a_row_is_opened_by_two_clicks(void **state)
{
	struct fix f = {0};
	int x, y;

	(void)state;
	start_as(&f, 120, 36, "ticket");
	press(&f, "] ] ]");
	find(&f, "12        Late", &x, &y);
	mouse(&f, MOUSE_DOWN, x, y);
	sees(&f, "|>  12 ");
	press(&f, "<Tab>");
	double_click(&f, x, y);
	assert_string_equal(desk_case(f.desk)->name, "12");
	sees(&f, "|>  12 ");
	mouse(&f, MOUSE_WHEEL_DOWN, x, y);
	sees(&f, "|>  13 ");
	stop(&f);
}

static void overlays_take_the_mouse(void **state)
{
	struct fix f = {0};
	int x, y;

	(void)state;
	start_as(&f, 120, 36, "ticket");
	command(&f, "palette ?supervisor");
	find(&f, "> Supervisor", &x, &y);
	double_click(&f, x, y);
	sees(&f, "5 Supervisor*");
	/* a click beside it leaves */
	command(&f, "palette");
	sees(&f, "Palette");
	mouse(&f, MOUSE_DOWN, 1, 4);
	sees_not(&f, "Palette");
	/* a question: Cancel, and then not */
	command(&f, "open 13");
	command(&f, "merge 12");
	click_on(&f, "[Cancel]");
	sees_not(&f, "[Cancel]");
	command(&f, "merge 12");
	click_on(&f, "[Merge]");
	sees_not(&f, "[Cancel]");
	stop(&f);
}

/* Columns of the border between the two halves of the ticket bench. */
static int border_x(struct fix *f)
{
	int x, y;

	find(f, "+- Ticket", &x, &y);
	return x;
}

static void borders_are_dragged(void **state)
{
	struct fix f = {0};
	int x;

	(void)state;
	start_as(&f, 160, 50, "ticket");
	x = border_x(&f);
	mouse(&f, MOUSE_DOWN, x, 3);
	mouse(&f, MOUSE_DRAG, x - 7, 3);
	assert_int_equal(border_x(&f), x - 7);
	mouse(&f, MOUSE_DRAG, x - 5, 9);
	mouse(&f, MOUSE_UP, x - 5, 9);
	assert_int_equal(border_x(&f), x - 5);
	/* no button, no border */
	mouse(&f, MOUSE_DRAG, x - 20, 9);
	assert_int_equal(border_x(&f), x - 5);
	/* beyond what panes need: it stops and stays under the mouse */
	mouse(&f, MOUSE_DOWN, x - 5, 3);
	mouse(&f, MOUSE_DRAG, 1, 3);
	assert_true(border_x(&f) > 10);
	mouse(&f, MOUSE_DRAG, x - 5, 3);
	mouse(&f, MOUSE_UP, x - 5, 3);
	assert_int_equal(border_x(&f), x - 5);
	command(&f, "pane.even");
	assert_int_equal(border_x(&f), x);
	stop(&f);
}

static void borders_by_keys_are_kept(void **state)
{
	struct fix f = {0};
	int x, x2, y, y2;

	(void)state;
	start_as(&f, 160, 50, NULL);
	command(&f, "bench ticket");
	x = border_x(&f);
	press(&f, "<A-S-Left>");
	assert_int_equal(border_x(&f), x - 2);
	press(&f, "<A-S-Right> <A-S-Right>");
	assert_int_equal(border_x(&f), x + 2);
	find(&f, "Thread", &x2, &y);
	press(&f, "<A-S-Up> <A-S-Up>");
	find(&f, "Thread", &x2, &y2);
	assert_int_equal(y2, y - 2);
	/* another bench has its own, and this one keeps it */
	press(&f, "2 3");
	assert_int_equal(border_x(&f), x + 2);
	stop(&f);
	start_as(&f, 160, 50, NULL);
	sees(&f, "3 Tickets*");
	assert_int_equal(border_x(&f), x + 2);
	stop(&f);
	/* numbers that nobody moved a border by */
	write_file("state/bench.json",
		"{\"bench\":\"ticket\",\"sizes\":{\"ticket\":"
		"[99999999999,-5,\"x\",7,7,7,7,7,7,7,7,7,7,7]}}");
	start_as(&f, 160, 50, NULL);
	sees(&f, "3 Tickets*");
	stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(tabs_and_keys_are_clicked),
		T(a_hidden_pane_is_clicked),
		T(a_row_is_opened_by_two_clicks),
		T(overlays_take_the_mouse),
		T(borders_are_dragged),
		T(borders_by_keys_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
