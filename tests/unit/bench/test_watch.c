/* SPDX-License-Identifier: MIT */
/*
 * The person's own files while the workstation runs: what is written into them
 * holds, a mistake is said once with its place, and what galley writes itself
 * is nothing new.
 */
#include "hands_fix.h"

#define CONNECTOR                                                              \
	"[connector rt]\nmanifest = rt5\nbase = http://127.0.0.1:1\n"          \
	"token_file = /nonexistent\n"

static void make_folder(const char *name)
{
	char *dir = path_user(PATH_CONFIG, name);

	assert_int_equal(path_make_private(dir), 0);
	free(dir);
}

static char *own(const char *name)
{
	static char *path;

	free(path);
	path = path_user(PATH_CONFIG, name);
	return path;
}

/* Nothing was said but this, once. */
static void hears_only(struct fix *f, uint64_t before, const char *s)
{
	hears(f, s);
	assert_int_equal(desk_said(f->desk) - before, 1);
}

static void hears_nothing(struct fix *f, uint64_t before)
{
	if (desk_said(f->desk) != before)
		hears(f, "nothing");
}

/* --- rules ---------------------------------------------------------------- */

#define RULE(title) "situation x \"" title "\"\nwhen always\nbecause \"b\"\n"

static void is_in(struct fix *f, const char *title)
{
	assert_string_equal(desk_situation(f->desk)->title, title);
}

static void rules_hold_when_they_are_written(void **state)
{
	struct fix f = {0};
	uint64_t said;

	(void)state;
	make_folder("situations");
	start_as(&f, 120, 36, "ticket");
	write_file("config/situations/default.rules", RULE("Odd weather"));
	rest(&f);
	hears(&f, "The rules were read anew");
	is_in(&f, "Odd weather");
	said = desk_said(f.desk);
	write_file("config/situations/default.rules",
		RULE("Snow") "situation y\n");
	rest(&f);
	hears_only(&f, said, "default.rules:5:1: ");
	press(&f, "j");
	is_in(&f, "Odd weather"); /* and it stays */
	sees(&f, "default.rules:5:1: ");
	write_file("config/situations/default.rules", RULE("Snow") "whan\n");
	rest(&f);
	sees(&f, "default.rules:4:1: ");
	sees_not(&f, "default.rules:5:1: "); /* that was before */
	write_file("config/situations/default.rules", RULE("Snow"));
	rest(&f);
	is_in(&f, "Snow");
	sees_not(&f, "default.rules:");
	/* without it those that are built in hold */
	assert_int_equal(unlink(own("situations/default.rules")), 0);
	rest(&f);
	assert_null(strstr(desk_situation(f.desk)->title, "Snow"));
	stop(&f);
}

/* Wrong from the start: said once, not for each case. */
static void wrong_rules_are_mended(void **state)
{
	struct fix f = {0};
	uint64_t said;

	(void)state;
	make_folder("situations");
	write_file("config/situations/default.rules", "situation\n");
	start_as(&f, 120, 36, "ticket");
	hears(&f, "default.rules:2:1: ");
	said = desk_said(f.desk);
	press(&f, "j j");
	hears_nothing(&f, said);
	write_file("config/situations/default.rules", RULE("Snow"));
	rest(&f);
	is_in(&f, "Snow");
	stop(&f);
}

static void a_folder_of_rules_is_made(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "ticket");
	make_folder("situations");
	turn(&f);
	write_file("config/situations/default.rules", RULE("Snow"));
	rest(&f);
	is_in(&f, "Snow");
	stop(&f);
}

/* It may come with all that is in it. */
static void a_folder_is_moved_there(void **state)
{
	struct fix f = {0};
	char *to = path_user(PATH_CONFIG, "situations");

	(void)state;
	make_folder("elsewhere");
	write_file("config/elsewhere/default.rules", RULE("Snow"));
	start_as(&f, 120, 36, "ticket");
	assert_int_equal(rename(own("elsewhere"), to), 0);
	rest(&f);
	is_in(&f, "Snow");
	stop(&f);
	free(to);
}

/* --- scripts --- */

static void a_script_is_read_when_it_is_written(void **state)
{
	struct fix f = {0};
	uint64_t said;

	(void)state;
	make_folder("scripts");
	make_folder("situations");
	write_file("config/situations/default.rules", RULE("Snow"));
	start_as(&f, 120, 36, "ticket");
	command(&f, "pane.go script");
	write_file("config/scripts/written.script",
		"script written \"Mine\"\ntick \"Look at the sky\"\n");
	rest(&f);
	sees(&f, "Look at the sky");
	said = desk_said(f.desk);
	write_file("config/scripts/written.script",
		"script written \"Mine\"\ntock \"Look down\"\n");
	rest(&f);
	hears_only(&f, said, "written.script:2:1: ");
	sees(&f, "Look at the sky");
	write_file("config/scripts/written.script",
		"script written \"Mine\"\ntick \"Look down\"\n");
	rest(&f);
	sees(&f, "Look down");
	sees_not(&f, "Look at the sky");
	stop(&f);
}

/* --- settings ------------------------------------------------------------- */

static void settings_hold_when_they_are_written(void **state)
{
	struct fix f = {0};
	uint64_t said;

	(void)state;
	start_as(&f, 120, 36, "ticket");
	said = desk_said(f.desk);
	write_file("config/config",
		"[galley]\nundo = 33s\nkeys = emacs\nlanguage = zh_TW\n"
		"[notices]\ncall = none\n" CONNECTOR);
	rest(&f);
	assert_int_equal(session_config(f.session)->undo_ms, 33000);
	assert_int_equal(session_config(f.session)->notices.how[ABOUT_CALL], 0);
	assert_int_equal(desk_said(f.desk) - said, 1);
	assert_string_equal(getenv("LANGUAGE"), "zh_TW");
	write_file("config/config", "[galley]\nlanguage = en\n" CONNECTOR);
	rest(&f);
	hears(&f, "The settings were read anew");
	assert_int_equal(session_config(f.session)->undo_ms, 10000);
	said = desk_said(f.desk);
	write_file(
		"config/config", "# mine\n[galley]\nlanguage=en\n" CONNECTOR);
	rest(&f);
	hears_nothing(&f, said); /* nothing is different */
	stop(&f);
	unsetenv("LANGUAGE");
}

static void a_wrong_setting_is_said_with_its_place(void **state)
{
	struct fix f = {0};
	uint64_t said;

	(void)state;
	start_as(&f, 120, 36, "ticket");
	said = desk_said(f.desk);
	write_file("config/config", "[galley]\nundo = 3s\nundoo = 4s\n");
	rest(&f);
	hears_only(&f, said, "config:3:1: ");
	assert_int_equal(session_config(f.session)->undo_ms, 10000);
	said = desk_said(f.desk);
	/* as it was before: it is right again */
	write_file("config/config", "[galley]\n" CONNECTOR);
	rest(&f);
	hears_only(&f, said, "The settings were read anew");
	said = desk_said(f.desk);
	assert_int_equal(unlink(own("config")), 0);
	rest(&f);
	hears_only(&f, said, "No configuration");
	press(&f, "j");
	sees(&f, "Inbox");
	stop(&f);
}

static void the_next_start_is_named(void **state)
{
	struct fix f = {0};
	uint64_t said;

	(void)state;
	start_as(&f, 120, 36, "ticket");
	said = desk_said(f.desk);
	write_file("config/config",
		"[galley]\nrole = senior\nstale = 2d\nundo = 5s\n" CONNECTOR
		"allow_plain = yes\n[connector play]\nmanifest = demo\n");
	rest(&f);
	hears_only(&f, said,
		"from the next start: stale, role, connector rt, connector play");
	assert_int_equal(session_config(f.session)->undo_ms, 5000);
	assert_null(session_config(f.session)->role);
	said = desk_said(f.desk);
	/* what is taken back need not wait for a start */
	write_file("config/config", "[galley]\nundo = 5s\n" CONNECTOR);
	rest(&f);
	hears_only(&f, said, "The settings were read anew");
	stop(&f);
}

/* The rest of the file holds, as it would from the start. */
static void a_wrong_connector_is_said_with_its_place(void **state)
{
	struct fix f = {0};
	uint64_t said;

	(void)state;
	start_as(&f, 120, 36, "ticket");
	said = desk_said(f.desk);
	write_file("config/config", "[galley]\n" CONNECTOR "bass = x\n");
	rest(&f);
	hears_only(&f, said, "config:6:1: ");
	said = desk_said(f.desk);
	write_file("config/config",
		"[galley]\n[connector rt]\nmanifest = no-such\n");
	rest(&f);
	hears_only(&f, said, "config:2: [connector rt]");
	said = desk_said(f.desk);
	write_file("config/config",
		"[galley]\nundo = 5s\n[connector rt]\nmanifest = no-such\n");
	rest(&f);
	hears_only(&f, said, "The settings were read anew");
	assert_int_equal(session_config(f.session)->undo_ms, 5000);
	stop(&f);
}

static void what_it_writes_itself_is_no_news(void **state)
{
	struct fix f = {0};
	uint64_t said;

	(void)state;
	start_as(&f, 120, 36, "ticket");
	command(&f, "theme light");
	press(&f, "g k");
	hears(&f, "theme: kept in");
	command(&f, "config stale 3h");
	hears(&f, "it holds from the next start");
	said = desk_said(f.desk);
	rest(&f);
	hears_nothing(&f, said);
	/* nor does it hide what somebody else has written just before */
	write_file("config/config", "[galley]\nundo = 9s\n" CONNECTOR);
	command(&f, "config stale 4h");
	assert_int_equal(session_config(f.session)->undo_ms, 9000);
	rest(&f);
	assert_int_equal(desk_said(f.desk) - said, 2);
	stop(&f);
}

/* --- keys and themes ------------------------------------------------------ */

/* Wherever they lie, also behind a link. */
static void files_of_the_settings_are_watched(void **state)
{
	struct fix f = {0};
	uint64_t said;
	char *keys, *theme, *link, *config;

	(void)state;
	make_folder("far");
	make_folder("near");
	write_file("config/far/my.keys", "list <F7> = bench online\n");
	write_file("config/far/my.theme", "text = default\n");
	keys = path_user(PATH_CONFIG, "far/my.keys");
	theme = path_user(PATH_CONFIG, "far/my.theme");
	link = path_user(PATH_CONFIG, "near/my.theme");
	assert_int_equal(symlink(theme, link), 0);
	config = xasprintf(
		"[galley]\nkeys_file = %s\ntheme = %s\n" CONNECTOR, keys, link);
	write_file("config/config", config);
	start_as(&f, 120, 36, "ticket");
	write_file("config/far/my.keys", "list <F8> = bench online\n");
	write_file("config/far/my.theme", "text = bold\n");
	rest(&f);
	hears(&f, "The theme was read anew");
	press(&f, "<F8>");
	sees(&f, "2 Online*");
	said = desk_said(f.desk);
	write_file("config/far/my.theme", "text = bold\nbar = nonsense\n");
	rest(&f);
	hears_only(&f, said, "my.theme:2:");
	said = desk_said(f.desk);
	write_file("config/far/my.keys", "list <F8> =\n");
	rest(&f);
	hears_only(&f, said, "my.keys:1:");
	press(&f, "3 <F8>");
	sees(&f, "2 Online*");
	stop(&f);
	free(keys);
	free(theme);
	free(link);
	free(config);
}

/* A file that is tried stays the one that is edited. */
static void files_of_this_run_are_watched(void **state)
{
	struct fix f = {0};
	char *line;

	(void)state;
	make_folder("far");
	write_file("config/far/my.keys", "list <F7> = bench online\n");
	start_as(&f, 120, 36, "ticket");
	line = xasprintf("keys %s", own("far/my.keys"));
	command(&f, line);
	free(line);
	write_file("config/far/my.keys", "list <F8> = bench online\n");
	rest(&f);
	hears(&f, "The keys were read anew");
	press(&f, "<F8>");
	sees(&f, "2 Online*");
	stop(&f);
}

/* --- how files are written ------------------------------------------------ */

static void append(const char *name, const char *s)
{
	FILE *to = fopen(own(name), "a");

	assert_non_null(to);
	fputs(s, to);
	assert_int_equal(fclose(to), 0);
}

/* Half of it, the other half, moved away and back, again and again. */
static void a_burst_is_one_notice(void **state)
{
	struct fix f = {0};
	char *away = path_user(PATH_CONFIG, "away");
	uint64_t said;
	int i;

	(void)state;
	start_as(&f, 120, 36, "ticket");
	said = desk_said(f.desk);
	for (i = 0; i < 50; i++) {
		write_file("config/config", "[galley]\nundo =");
		turn(&f);
		append("config", i < 49 ? "" : " 8s\n" CONNECTOR);
		f.mono += 100;
		turn(&f);
		assert_int_equal(rename(own("config"), away), 0);
		turn(&f);
		assert_int_equal(rename(away, own("config")), 0);
		turn(&f);
	}
	hears_nothing(&f, said);
	rest(&f);
	hears_only(&f, said, "The settings were read anew");
	assert_int_equal(session_config(f.session)->undo_ms, 8000);
	/* what is being written has no mistakes yet */
	said = desk_said(f.desk);
	{
		FILE *half = fopen(own("keys"), "w");

		assert_non_null(half);
		fputs("list <F7> =", half);
		fflush(half);
		rest(&f);
		hears_nothing(&f, said);
		fputs(" bench online\n", half);
		assert_int_equal(fclose(half), 0);
	}
	rest(&f);
	hears_only(&f, said, "The keys were read anew");
	stop(&f);
	free(away);
}

static void other_files_are_nobodys_business(void **state)
{
	struct fix f = {0};
	uint64_t said;

	(void)state;
	make_folder("situations");
	start_as(&f, 120, 36, "ticket");
	said = desk_said(f.desk);
	write_file("config/config~", "[nonsense]\n");
	write_file("config/situations/default.rules.swp", "nonsense\n");
	write_file("config/situations/keys", "nonsense\n");
	make_folder("keys");
	rest(&f);
	hears_nothing(&f, said);
	stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(rules_hold_when_they_are_written),
		T(wrong_rules_are_mended),
		T(a_folder_of_rules_is_made),
		T(a_folder_is_moved_there),
		T(a_script_is_read_when_it_is_written),
		T(settings_hold_when_they_are_written),
		T(a_wrong_setting_is_said_with_its_place),
		T(the_next_start_is_named),
		T(a_wrong_connector_is_said_with_its_place),
		T(what_it_writes_itself_is_no_news),
		T(files_of_the_settings_are_watched),
		T(files_of_this_run_are_watched),
		T(a_burst_is_one_notice),
		T(other_files_are_nobodys_business),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
