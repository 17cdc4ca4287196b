/* SPDX-License-Identifier: MIT */
/*
 * The desk behind a worker that reads the demo centre: what panes are told, and
 * when. The desk's clock stands still, the worker's goes on.
 */
#include <poll.h>

#include "home_fix.h"

#include "galley/app/desk.h"

struct fix {
	struct clock clock;
	int64_t mono;
	struct session *session;
	struct desk *desk;
};

static int64_t fix_now(void *u)
{
	(void)u;
	return NOW;
}

static int64_t fix_mono(void *u)
{
	return ((struct fix *)u)->mono;
}

static int begin(void **state)
{
	struct fix *f = calloc(1, sizeof(*f));
	struct desk_args a = {.clock = &f->clock};

	set_up(state);
	write_file("config/config", "[galley]\n[connector demo]\n"
				    "manifest = demo\n");
	f->clock =
		(struct clock){.now_ms = fix_now, .mono_ms = fix_mono, .u = f};
	f->mono = 1000000;
	assert_int_equal(session_open(NULL, &f->session), 0);
	a.session = f->session;
	assert_int_equal(desk_new(&a, &f->desk), 0);
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fix *f = *state;

	desk_free(f->desk);
	session_close(f->session);
	free(f);
	return tear_down(state);
}

/* Were panes told of what pages bring, or of how far reading is? */
static int told(struct fix *f)
{
	return (desk_turn(f->desk) & (TOPIC_OPS | TOPIC_CONN)) != 0;
}

static int waits_to_tell(const struct fix *f)
{
	return desk_next_mono(f->desk) <= f->mono + 250;
}

/* The first at once, the others together a quarter of a second later. */
static void pages_are_told_four_times_a_second(void **state)
{
	struct fix *f = *state;
	struct pollfd p = {.fd = desk_fd(f->desk), .events = POLLIN};
	int n = 0, turns = 0;

	assert_true(told(f)); /* to read at all, whatever came before */
	while (!waits_to_tell(f)) {
		assert_true(turns++ < 30 && poll(&p, 1, 30000) > 0);
		n += (desk_turn(f->desk) & TOPIC_OPS) != 0;
	}
	assert_true(n <= 1);
	f->mono += 249;
	assert_false(told(f));
	f->mono += 1;
	assert_true(told(f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			pages_are_told_four_times_a_second, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
