/* SPDX-License-Identifier: MIT */
/*
 * `galley :COMMAND` to a workstation that runs: what is done, what is refused,
 * and what the caller hears of it.
 */
#include "galley/bench/bench.h"

#include <sys/wait.h>

#include "home_fix.h"

#include "galley/base/buf.h"
#include "galley/base/mem.h"

struct fix {
	struct session *session;
	struct desk *desk;
	struct term *term;
	struct bench *bench;
};

static void start(struct fix *f, int read_only)
{
	struct term_facts facts = {.depth = DEPTH_256,
		.glyphs = {.border = BORDER_ASCII},
		.ambiguous_cells = 1,
		.dark = 1};
	struct desk_args da = {.no_worker = 1, .read_only = read_only};
	struct bench_args ba = {.scenario = "ticket", .called = 1};

	assert_int_equal(session_open(NULL, &f->session), 0);
	da.session = f->session;
	assert_int_equal(desk_new(&da, &f->desk), 0);
	f->term = term_headless(120, 36, &facts);
	ba.desk = f->desk;
	ba.term = f->term;
	if (bench_new(&ba, &f->bench) < 0)
		fail_msg("%s", err_msg());
	assert_int_equal(bench_turn(f->bench), 0);
}

static void stop(struct fix *f)
{
	bench_free(f->bench);
	desk_free(f->desk);
	term_close(f->term);
	session_close(f->session);
}

static struct buf heard;

/* `galley WORD ...` in a process of its own while the workstation turns; what
 * it wrote is in `heard`. Returns its exit status. */
static int call(struct fix *f, const char *a, const char *b, const char *c)
{
	char name[] = "galley",
	     *words[4] = {name, xstrdup(a), b ? xstrdup(b) : NULL,
		     c ? xstrdup(c) : NULL};
	int fds[2], status, argc = 2 + (b != NULL) + (c != NULL);
	char out[4096];
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		dup2(fds[1], 1);
		dup2(fds[1], 2);
		status = bench_call(argc, words);
		fflush(NULL);
		_exit(status);
	}
	close(fds[1]);
	while (waitpid(pid, &status, WNOHANG) == 0)
		assert_int_equal(bench_wait(f->bench, 20), 0);
	buf_reset(&heard);
	buf_adds(&heard, "");
	while ((n = read(fds[0], out, sizeof(out))) > 0)
		buf_add(&heard, out, (size_t)n);
	close(fds[0]);
	for (int i = 1; i < 4; i++)
		free(words[i]);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void hears(const char *s)
{
	if (!strstr(buf_str(&heard), s))
		fail_msg("`%s` was not said: %s", s, buf_str(&heard));
}

static int count_ops(struct fix *f)
{
	struct ops ops;
	int n;

	assert_int_equal(
		store_op_list(desk_ro(f->desk), 0, -1, 0, 100, &ops), 0);
	n = ops.n;
	ops_free(&ops);
	return n;
}

static void a_command_is_run(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 0);
	assert_int_equal(call(&f, ":open", "13", NULL), 0);
	assert_int_equal(desk_case(f.desk)->entity, ENT_TICKET);
	assert_string_equal(desk_case(f.desk)->name, "13");
	/* a word of a shell is one word, a text is all that follows */
	assert_int_equal(call(&f, ":assign", "Chen Bo", NULL), 0);
	hears("assign");
	assert_int_equal(call(&f, ":note", "\"quoted\" and", " the rest"), 0);
	assert_int_equal(count_ops(&f), 2);
	stop(&f);
}

static void reasons_are_given(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 0);
	assert_int_equal(call(&f, ":open", "4711", NULL), 2);
	hears("4711");
	assert_int_equal(call(&f, ":no-such-thing", NULL, NULL), 2);
	hears("no-such-thing");
	assert_int_equal(call(&f, ":open", "13", NULL), 0);
	assert_int_equal(call(&f, ":assign", NULL, NULL), 2);
	hears("<agent>");
	/* asks first, or needs the keyboard */
	assert_int_equal(call(&f, ":merge", "12", NULL), 77);
	assert_int_equal(call(&f, ":suspend", NULL, NULL), 2);
	assert_int_equal(count_ops(&f), 0);
	stop(&f);
}

static void who_writes_is_not_disturbed(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 0);
	assert_int_equal(call(&f, ":open", "13", NULL), 0);
	term_push_keys(f.term, "r h a l f");
	assert_int_equal(bench_turn(f.bench), 0);
	assert_int_equal(call(&f, ":open", "12", NULL), 75);
	hears("someone is writing");
	assert_int_equal(call(&f, ":send", NULL, NULL), 75);
	assert_int_equal(call(&f, ":redraw", NULL, NULL), 0);
	assert_string_equal(desk_case(f.desk)->name, "13");
	assert_int_equal(count_ops(&f), 0);
	stop(&f);
}

static void a_role_holds_outside_too(void **state)
{
	struct fix f = {0};

	(void)state;
	start(&f, 1);
	assert_int_equal(call(&f, ":open", "13", NULL), 0);
	assert_int_equal(call(&f, ":assign", "Chen Bo", NULL), 77);
	assert_int_equal(call(&f, ":reply", "hello", NULL), 77);
	assert_int_equal(count_ops(&f), 0);
	stop(&f);
}

static void nobody_runs(void **state)
{
	char name[] = "galley", word[] = ":sync", *argv[] = {name, word, NULL};

	(void)state;
	assert_int_equal(bench_call(2, argv), 69);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

static int started(const char *a, const char *b)
{
	char name[] = "galley", x[64], y[64];
	char *argv[] = {name, x, y, NULL};

	snprintf(x, sizeof(x), "%s", a);
	snprintf(y, sizeof(y), "%s", b ? b : "");
	return bench_main(b ? 3 : 2, argv);
}

/* What it is started with is said on a page of its own; a mistake is named. */
static void how_it_is_started(void **state)
{
	(void)state;
	assert_int_equal(started("demo", "--help"), 0);
	assert_int_equal(started("help", "demo"), 0);
	assert_int_equal(started("demo", "--theme"), 2);
	assert_non_null(strstr(err_msg(), "--theme needs a value"));
	assert_int_equal(started("demo", "--nosuch"), 2);
	assert_non_null(strstr(err_msg(), "no option --nosuch"));
	assert_int_equal(started("demo", "here"), 2);
	assert_non_null(strstr(err_msg(), "one word too many"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_command_is_run),
		T(reasons_are_given),
		T(who_writes_is_not_disturbed),
		T(a_role_holds_outside_too),
		T(nobody_runs),
		T(how_it_is_started),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
