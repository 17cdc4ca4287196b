/* SPDX-License-Identifier: MIT */
/*
 * The first screen without a head: what it asks, what it shows of a secret,
 * and that who leaves has written nothing. The trial against a server is in
 * tests/story.
 */
#include "galley/bench/first.h"

#include "home_fix.h"

#include "galley/base/buf.h"
#include "galley/base/mem.h"

static struct term *term;
static struct first *first;

static int no_home(void **state)
{
	(void)state;
	strcpy(home, "/tmp/galley-test-XXXXXX");
	assert_non_null(mkdtemp(home));
	setenv("GALLEY_HOME", home, 1);
	return 0;
}

static void begin(int w, int h)
{
	struct term_facts facts = {.depth = DEPTH_256,
		.glyphs = {.border = BORDER_ASCII},
		.ambiguous_cells = 1,
		.dark = 1};

	term = term_headless(w, h, &facts);
	if (first_new(term, NULL, NULL, &first) < 0)
		fail_msg("%s", err_msg());
	assert_int_equal(first_turn(first), FIRST_ASKING);
}

static void end(void)
{
	first_free(first);
	term_close(term);
}

static enum first_did press(const char *keys)
{
	term_push_keys(term, keys);
	return first_turn(first);
}

static void type(const char *ascii)
{
	for (; *ascii; ascii++)
		term_push_key(
			term, (struct key){.code = (unsigned char)*ascii});
	assert_int_equal(first_turn(first), FIRST_ASKING);
}

static const char *screen(void)
{
	static struct buf b;

	buf_reset(&b);
	grid_text(term_shown(term), &b);
	return buf_str(&b);
}

static void sees(const char *s)
{
	if (!strstr(screen(), s))
		fail_msg("`%s` is not on the screen:\n%s", s, screen());
}

static void sees_not(const char *s)
{
	if (strstr(screen(), s))
		fail_msg("`%s` is on the screen:\n%s", s, screen());
}

static int files(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char child[512];
	int n = 0;

	while (d && (e = readdir(d)) != NULL) {
		struct stat st;

		if (e->d_name[0] == '.')
			continue;
		snprintf(child, sizeof(child), "%s/%s", dir, e->d_name);
		if (stat(child, &st) == 0)
			n += S_ISDIR(st.st_mode) ? files(child) : 1;
	}
	if (d)
		closedir(d);
	return n;
}

static void click(int x, int y)
{
	struct ui_event e = {
		.kind = UI_MOUSE, .act = MOUSE_DOWN, .x = x, .y = y};

	term_push_event(term, &e);
}

/* Where a text stands on the screen. */
static void click_on(const char *s)
{
	const char *at = strstr(screen(), s), *line = screen();
	int y = 0;

	assert_non_null(at);
	for (const char *p = line; p < at; p++)
		if (*p == '\n') {
			y++;
			line = p + 1;
		}
	click((int)(at - line) + 1, y);
	click((int)(at - line) + 1, y);
}

static void offers_the_demo_centre(void **state)
{
	(void)state;
	begin(80, 24);
	sees("no configuration");
	assert_int_equal(press("<Enter>"), FIRST_DEMO);
	end();
	begin(80, 24);
	assert_int_equal(press("q"), FIRST_LEFT);
	end();
	begin(80, 24);
	assert_int_equal(press("<Esc>"), FIRST_LEFT);
	end();
	assert_int_equal(files(home), 0);
}

static void to_the_settings(void)
{
	press("c");
	sees("Request Tracker 5");
	type("tracker");
	press("<Enter>");
	sees("Address of RT");
}

static void settings_are_asked_and_tried(void **state)
{
	(void)state;
	begin(80, 24);
	to_the_settings();
	/* what is needed is named */
	assert_int_equal(press("<C-s>"), FIRST_ASKING);
	sees("This is needed");
	type("no-address");
	press("<Tab>");
	type("very-secret-1");
	sees("*************");
	sees_not("very-secret");
	press("<Tab>");
	type("pass show it");
	press("<C-s>");
	sees("One of the two");
	sees_not("very-secret");
	press("<Tab> <C-u>");
	assert_int_equal(press("<C-s>"), FIRST_ASKING);
	while (strstr(screen(), "trying rt5"))
		assert_int_equal(first_wait(first, 1000), FIRST_ASKING);
	sees("It did not work");
	sees("https://..."); /* why */
	/* back: what was typed is still there */
	press("<Esc>");
	sees("no-address");
	sees("*************");
	assert_int_equal(press("<Esc> <Esc> <Esc>"), FIRST_LEFT);
	end();
	assert_int_equal(files(home), 0);
}

static void a_trial_is_stopped(void **state)
{
	(void)state;
	begin(80, 24);
	to_the_settings();
	press("<Tab>");
	type("http://127.0.0.1:1");
	press("<Tab>");
	type("very-secret-1");
	press("<C-s> <Esc>");
	sees("127.0.0.1");
	/* while one goes on the person leaves altogether */
	press("<C-s>");
	end();
	assert_int_equal(files(home), 0);
}

static void written_all_the_same(void **state)
{
	char path[128], *text;
	size_t len;

	(void)state;
	begin(80, 24);
	to_the_settings();
	press("<Tab>");
	type("http://127.0.0.1:1");
	press("<Tab>");
	type("very-secret-1");
	press("<C-s>");
	while (strstr(screen(), "trying rt5"))
		assert_int_equal(first_wait(first, 1000), FIRST_ASKING);
	assert_int_equal(press("w"), FIRST_READY);
	end();
	snprintf(path, sizeof(path), "%s/config/config", home);
	assert_int_equal(file_read(path, 65536, &text, &len), 0);
	assert_non_null(strstr(text, "[connector rt5]\nmanifest = rt5\n"));
	assert_null(strstr(text, "very-secret"));
	free(text);
	assert_int_equal(files(home), 2); /* and the secret */
}

static void by_mouse_and_at_any_size(void **state)
{
	(void)state;
	begin(80, 24);
	click_on("Connect a backend");
	assert_int_equal(first_turn(first), FIRST_ASKING);
	sees("MediaWiki");
	click_on("MediaWiki");
	assert_int_equal(first_turn(first), FIRST_ASKING);
	sees("Name here");
	for (int w = 1; w < 90; w += 11)
		for (int h = 1; h < 30; h += 3) {
			term_resize(term, w, h);
			assert_int_equal(first_turn(first), FIRST_ASKING);
		}
	end();
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, no_home, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(offers_the_demo_centre),
		T(settings_are_asked_and_tried),
		T(a_trial_is_stopped),
		T(written_all_the_same),
		T(by_mouse_and_at_any_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
