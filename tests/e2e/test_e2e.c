/* SPDX-License-Identifier: MIT */
/*
 * The real program on a pty, its screen kept by libvterm, on the demo centre.
 * Every step waits for what it expects to see, with a limit; nothing sleeps.
 */
#include "prog.h"

/* --- what a person does --------------------------------------------------- */

static void opens_on_the_demo_centre(void **state)
{
	static const int sizes[][2] = {{80, 24}, {120, 36}, {200, 60}};
	struct prog p;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		begin(&p, sizes[i][0], sizes[i][1], "xterm-256color", "en",
			NULL);
		sees(&p, "Done 2"); /* hundreds are, at any hour */
		sees(&p, "? help");
		quit(&p);
	}
}

static void speaks_chinese(void **state)
{
	struct prog p;

	(void)state;
	begin(&p, 120, 36, "xterm-256color", "zh_CN", NULL);
	sees(&p, "我的");
	sees(&p, "帮助");
	quit(&p);
}

static void a_case_is_opened_and_answered(void **state)
{
	struct prog p;

	(void)state;
	begin(&p, 120, 36, "xterm-256color", "en", NULL);
	sees(&p, "Done 2");
	type(&p, "gg\r");
	sees(&p, "Reply to the customer");
	type(&p, "r");
	sees(&p, "Write here.");
	type(&p, "Good day, 您好.");
	sees(&p, "Good day, 您好.");
	type(&p, "\x13");
	sees(&p, "Reply goes out");
	sees(&p, "waits to be sent");
	/* what was sent is no draft any more, neither kept nor shown */
	until_drafts(&p, "您好", 0);
	sees(&p, "r writes to the customer");
	type(&p, "u");
	sees(&p, "Taken back");
	sees(&p, "Good day, 您好.");
	quit(&p);
}

static void an_attachment_is_opened(void **state)
{
	struct prog p;

	(void)state;
	begin(&p, 120, 36, "xterm-256color", "en", NULL);
	open_number(&p, "T-8812", "Reply to the customer");
	type(&p, "ga");
	sees(&p, "Esc: the thread");
	sees(&p, "退货验收单（示例）：订单 A-20931");
	type(&p, "\x1b");
	until(&p, "Esc: the thread", 0);
	quit(&p);
}

static void a_resize_storm_is_survived(void **state)
{
	struct prog p;

	(void)state;
	begin(&p, 120, 36, "xterm-256color", "en", NULL);
	sees(&p, "Done 2");
	for (int i = 0; i < 60; i++) {
		struct winsize s = {.ws_row = (unsigned short)(1 + i * 7 % 50),
			.ws_col = (unsigned short)(1 + i * 13 % 190)};

		ioctl(p.fd, TIOCSWINSZ, &s);
		pump(&p);
	}
	{
		struct winsize s = {.ws_row = 36, .ws_col = 120};

		ioctl(p.fd, TIOCSWINSZ, &s);
	}
	type(&p, "\x0c");
	sees(&p, "Done 2");
	quit(&p);
}

static void a_dumb_terminal_is_told(void **state)
{
	struct prog p;
	int status;

	(void)state;
	begin(&p, 80, 24, "dumb", "en", NULL);
	sees(&p, "galley ls");
	status = finish(&p);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 2);
}

static void a_hangup_leaves_in_order(void **state)
{
	struct prog p;

	(void)state;
	begin(&p, 80, 24, "xterm-256color", "en", NULL);
	sees(&p, "Done 2");
	kill(p.pid, SIGTERM);
	assert_int_equal(finish(&p), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
		T(opens_on_the_demo_centre),
		T(speaks_chinese),
		T(a_case_is_opened_and_answered),
		T(an_attachment_is_opened),
		T(a_resize_storm_is_survived),
		T(a_dumb_terminal_is_told),
		T(a_hangup_leaves_in_order),
	};

	if (argc < 1 || !find_program(argv[0]))
		return 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
