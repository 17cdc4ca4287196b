/* SPDX-License-Identifier: MIT */
/*
 * The workstation as plain lines (galley demo --linear): what a screen reader
 * gets to read on a terminal that can do nothing, and through a pipe.
 */
#include "prog.h"

/* Everything that was written, as it came; what was seen is not seen again. */
static char said[1 << 20];
static size_t len, seen;

static void read_on(struct prog *p)
{
	struct pollfd f = {.fd = p->fd, .events = POLLIN};
	ssize_t n;

	if (p->ended || poll(&f, 1, 100) <= 0)
		return;
	n = read(p->fd, said + len, sizeof(said) - 1 - len);
	if (n <= 0)
		p->ended = 1;
	else
		len += (size_t)n;
	said[len] = '\0';
}

static void hears(struct prog *p, const char *s)
{
	double end = now_s() + LIMIT_S;
	const char *at;

	while (!(at = strstr(said + seen, s))) {
		if (p->ended || now_s() > end)
			fail_msg("`%s` is not said after:\n%s", s, said + seen);
		read_on(p);
	}
	seen = (size_t)(at - said) + strlen(s);
}

static void begin_lines(struct prog *p, const char *lang)
{
	char name[] = "galley", demo[] = "demo", linear[] = "--linear";
	char *argv[] = {name, demo, linear, NULL};

	memset(p, 0, sizeof(*p));
	len = seen = 0;
	said[0] = '\0';
	p->pid = forkpty(&p->fd, NULL, NULL, NULL);
	assert_true(p->pid >= 0);
	if (!p->pid)
		child("dumb", lang, argv);
}

static int ends(struct prog *p)
{
	int status;

	while (!p->ended)
		read_on(p);
	waitpid(p->pid, &status, 0);
	close(p->fd);
	return status;
}

/* Nothing that moves, colours or clears. */
static void is_plain(void)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)said[i] < ' ' && said[i] != '\n' &&
			said[i] != '\r' && said[i] != '\a')
			fail_msg("control %d at %zu: %.60s", said[i], i,
				said + (i > 30 ? i - 30 : 0));
}

/* On the first start it may not have come yet. */
static void open_it(struct prog *p, const char *number)
{
	double end = now_s() + LIMIT_S, again = 0;
	char line[64], want[64];
	const char *at;

	snprintf(line, sizeof(line), "open %s\n", number);
	snprintf(want, sizeof(want), "Case %s: ", number);
	while (!(at = strstr(said + seen, want))) {
		if (p->ended || now_s() > end)
			fail_msg("%s is not opened:\n%s", number, said + seen);
		if (now_s() > again) {
			type(p, line);
			again = now_s() + 2;
		}
		read_on(p);
	}
	seen = (size_t)(at - said) + strlen(want);
}

static void a_case_is_read_and_answered(void **state)
{
	struct prog p;

	(void)state;
	begin_lines(&p, "en");
	hears(&p, "? lists what can be done");
	hears(&p, "-- Inbox");
	hears(&p, "\n1 T-"); /* said when it has come */
	hears(&p, "\n2 T-");
	hears(&p, "> ");
	open_it(&p, "T-8812");
	hears(&p, "-- Thread, ");
	hears(&p, "Chen Bo");
	type(&p, "reply\n");
	hears(&p, "A dot alone sends it");
	type(&p, "Good day, 您好.\nA second line.\n.\n");
	hears(&p, "* Reply goes out");
	type(&p, "outbox\n");
	hears(&p, "-- Outbox");
	hears(&p, "\n1 ~ ");
	type(&p, "undo\n");
	hears(&p, "* Taken back");
	type(&p, "status nosuch thing\n"); /* whatever it says, it says it */
	hears(&p, "* ");
	type(&p, "nonsense\n");
	hears(&p, "No command \"nonsense\"");
	type(&p, "q\n");
	assert_int_equal(ends(&p), 0);
	is_plain();
}

static void rows_have_numbers(void **state)
{
	struct prog p;
	char third[16] = "", want[64];
	const char *at;

	(void)state;
	begin_lines(&p, "en");
	hears(&p, "\n3 T-");
	at = said + seen;
	hears(&p, " ");
	snprintf(third, sizeof(third), "%.4s", at);
	hears(&p, "> ");
	type(&p, "3\n");
	snprintf(want, sizeof(want), "Case T-%s: ", third);
	hears(&p, want);
	type(&p, "inbox\n");
	hears(&p, "-- Inbox");
	type(&p, "]\n");      /* keys are keys */
	hears(&p, "*  Late"); /* the tab before it */
	type(&p, "99\n");
	hears(&p, "no such row");
	type(&p, "?\n");
	hears(&p, "Commands:");
	hears(&p, "reply [text]");
	type(&p, "q\n");
	assert_int_equal(ends(&p), 0);
	is_plain();
}

static void what_happens_is_said(void **state)
{
	struct prog p;

	(void)state;
	begin_lines(&p, "zh_CN");
	hears(&p, "-- 收件箱");
	hears(&p, "\n1 T-");
	type(&p, "demo faster\ndemo faster\ndemo faster\ndemo faster\n"
		 "demo faster\ndemo faster\n");
	/* somebody calls or writes, without a key being pressed */
	hears(&p, "来电");
	type(&p, "q\n");
	assert_int_equal(ends(&p), 0);
	is_plain();
}

static void signals_and_the_end_of_input_leave(void **state)
{
	struct prog p;

	(void)state;
	begin_lines(&p, "en");
	hears(&p, "> ");
	kill(p.pid, SIGTERM);
	assert_int_equal(ends(&p), 0);
	begin_lines(&p, "en");
	hears(&p, "> ");
	type(&p, "\x04");
	assert_int_equal(ends(&p), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
		T(a_case_is_read_and_answered),
		T(rows_have_numbers),
		T(what_happens_is_said),
		T(signals_and_the_end_of_input_leave),
	};

	(void)begin;
	(void)finish;
	if (argc < 1 || !find_program(argv[0]))
		return 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
