/* SPDX-License-Identifier: MIT */
/*
 * From answers to a configuration file: what is written, what is taken back
 * when the person leaves, and a trial that nobody waits for.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include "home_fix.h"

#include "galley/app/setup.h"
#include "galley/base/mem.h"

static char *read_config(void)
{
	char *path = path_user(PATH_CONFIG, "config"), *text;
	size_t len;

	assert_int_equal(file_read(path, 65536, &text, &len), 0);
	free(path);
	return text;
}

static int is_there(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", home, name);
	return access(path, F_OK) == 0;
}

static void begin(struct setup *s, const char *manifest, const char *name)
{
	if (setup_begin(s, manifest, name, "zh_CN") < 0)
		fail_msg("%s", err_msg());
}

static void a_backend_is_added(void **state)
{
	struct setup *s;
	struct stat st;
	char *text, path[256];

	(void)state;
	assert_int_equal(setup_new(NULL, &s), 0);
	assert_false(setup_is_first(s));
	begin(s, "rt5", "help");
	setup_value(s, "base", "http://127.0.0.1:1");
	assert_int_equal(setup_secret(s, "token", "s3cret-token", 0), 0);
	assert_int_equal(setup_write(s), 0);
	setup_free(s);
	text = read_config();
	assert_non_null(strstr(text, "[connector rt]\n"));
	assert_non_null(strstr(text, "[connector help]\nmanifest = rt5\n"));
	assert_non_null(strstr(text, "token_file = "));
	assert_null(strstr(text, "s3cret"));
	assert_null(strstr(text, "language")); /* the file was there before */
	free(text);
	snprintf(path, sizeof(path), "%s/config/secrets/help.token", home);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void who_leaves_has_written_nothing(void **state)
{
	char *before = read_config(), *after;
	struct setup *s;

	(void)state;
	assert_int_equal(setup_new(NULL, &s), 0);
	begin(s, "rt5", "help");
	assert_int_equal(setup_secret(s, "token", "s3cret-token", 0), 0);
	assert_true(is_there("config/secrets/help.token"));
	/* begun anew: the first one is forgotten */
	begin(s, "rt5", "desk");
	assert_false(is_there("config/secrets/help.token"));
	assert_int_equal(setup_secret(s, "token", "s3cret-token", 0), 0);
	setup_free(s);
	assert_false(is_there("config/secrets/desk.token"));
	after = read_config();
	assert_string_equal(before, after);
	free(before);
	free(after);
}

static void a_first_file_names_the_language(void **state)
{
	struct setup *s;
	char *text;

	(void)state;
	remove_tree(home);
	assert_int_equal(mkdir(home, 0700), 0);
	assert_int_equal(setup_new(NULL, &s), 0);
	assert_true(setup_is_first(s));
	begin(s, "demo", "demo");
	assert_int_equal(setup_write(s), 0);
	setup_free(s);
	text = read_config();
	assert_non_null(strstr(text, "[galley]\nlanguage = zh_CN\n"));
	free(text);
}

static void names_and_mistakes(void **state)
{
	struct setup *s;
	char *text;

	(void)state;
	assert_int_equal(setup_new(NULL, &s), 0);
	assert_int_equal(setup_name_free(s, "rt"), E_EXISTS);
	assert_int_equal(setup_name_free(s, "other"), 0);
	assert_int_equal(setup_begin(s, "rt5", "rt", NULL), E_EXISTS);
	assert_int_equal(setup_begin(s, "no-such", "x", NULL), E_CONFIG);
	/* a name that the file could not hold is refused with its place */
	begin(s, "rt5", "two words");
	assert_int_equal(setup_check(s), E_CONFIG);
	assert_int_equal(setup_write(s), E_CONFIG);
	/* values that would be read otherwise */
	begin(s, "rt5", "q");
	setup_value(s, "base", " \"quoted\" \\ ");
	assert_int_equal(setup_check(s), 0);
	assert_int_equal(setup_write(s), 0);
	setup_free(s);
	text = read_config();
	assert_non_null(strstr(text, "base = \" \\\"quoted\\\" \\\\ \"\n"));
	free(text);
}

static void a_trial_goes_on_by_itself(void **state)
{
	struct probe_result res = {.requests = -1};
	struct pollfd p;
	struct setup *s;
	struct trial *t;

	(void)state;
	assert_int_equal(setup_new(NULL, &s), 0);
	begin(s, "demo", "demo");
	assert_int_equal(trial_begin(s, &t), 0);
	p = (struct pollfd){.fd = trial_fd(t), .events = POLLIN};
	assert_int_equal(poll(&p, 1, 30000), 1);
	assert_int_equal(trial_end(t, &res), 0);
	assert_true(res.requests >= 0);
	/* and one that fails says why */
	begin(s, "rt5", "help");
	setup_value(s, "base", "http://127.0.0.1:1");
	assert_int_equal(setup_secret(s, "token", "s3cret-token", 0), 0);
	assert_int_equal(trial_begin(s, &t), 0);
	p.fd = trial_fd(t);
	assert_int_equal(poll(&p, 1, 30000), 1);
	assert_int_not_equal(trial_end(t, &res), 0);
	assert_true(err_msg()[0]);
	setup_free(s);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_backend_is_added),
		T(who_leaves_has_written_nothing),
		T(a_first_file_names_the_language),
		T(names_and_mistakes),
		T(a_trial_goes_on_by_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
