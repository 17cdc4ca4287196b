/* SPDX-License-Identifier: MIT */
/*
 * Settings at the keyboard: seen with their place, changed in their file, and
 * in force at once where they can be.
 */
#include "hands_fix.h"

static const char *file_now(void)
{
	static char *text;
	char *path = path_user(PATH_CONFIG, "config");
	size_t len;

	free(text);
	assert_int_equal(file_read(path, 65536, &text, &len), 0);
	free(path);
	return text;
}

static void is_in_file(const char *s)
{
	if (!strstr(file_now(), s))
		fail_msg("`%s` is not in\n%s", s, file_now());
}

static void begin(struct fix *f)
{
	write_file("config/config",
		"# of the team\n[galley]\nundo = 7s\n# the desk\n"
		"[connector rt]\nmanifest = rt5\nbase = http://127.0.0.1:1\n"
		"token_file = /nonexistent\n");
	start_as(f, 120, 80, "ticket");
	command(f, "settings");
	command(f, "pane.zoom");
	sees(f, "(config:3)");
}

static void a_row_is_changed_with_enter(void **state)
{
	struct fix f = {0};

	(void)state;
	begin(&f);
	sees(&f, "(config:8)"); /* of the connector */
	press(&f, "j j j <Enter>");
	sees(&f, ":config undo 7s");
	press(&f, "<Backspace> <Backspace>");
	type(&f, "20s");
	press(&f, "<Enter>");
	hears(&f, "undo: kept in ");
	is_in_file("# of the team\n[galley]\nundo = 20s\n# the desk\n");
	sees(&f, "20s  (config:3)");
	assert_int_equal(session_config(f.session)->undo_ms, 20000);
	command(&f, "config undo for ever");
	hears(&f, "config:3:8: ");
	is_in_file("undo = 20s\n");
	command(&f, "config stale 3h");
	hears(&f, "it holds from the next start");
	sees(&f, "(config:9)"); /* the connector has moved down */
	command(&f, "config undo default");
	sees(&f, "10s  (built in)");
	stop(&f);
}

static void keys_and_notices_are_there(void **state)
{
	struct fix f = {0};

	(void)state;
	begin(&f);
	sees(&f, "vi  (built in)");
	sees(&f, "bell desktop mark  (built in)");
	sees(&f, "never  (built in)"); /* quiet */
	command(&f, "config message none");
	command(&f, "config quiet mon-fri 22:00-07:00, sat 00:00-24:00");
	is_in_file("\n[notices]\nmessage = none\n"
		   "quiet = mon-fri 22:00-07:00, sat 00:00-24:00\n");
	assert_int_equal(session_config(f.session)->notices.n_quiet, 2);
	assert_int_equal(
		session_config(f.session)->notices.how[ABOUT_MESSAGE], 0);
	command(&f, "config keys emacs");
	sees(&f, "emacs  (config:");
	press(&f, "<C-x> o"); /* the next pane, in emacs only */
	sees(&f, "+= Thread ");
	command(&f, "settings");
	write_file("config/keys", "all <F3> = nonsense\n");
	command(&f, "config keys vi");
	hears(&f, "keys:1:");
	sees(&f, "wrong");
	stop(&f);
}

static void a_stranger_is_refused(void **state)
{
	struct fix f = {0};

	(void)state;
	begin(&f);
	command(&f, "config role manager");
	hears(&f, "Role is changed in the file itself");
	command(&f, "config colour red");
	hears(&f, "There is no setting `colour`");
	command(&f, "config undo");
	hears(&f, "Say what undo shall be");
	press(&f, "<Enter>"); /* a head is no setting */
	sees_not(&f, ":config");
	stop(&f);
}

/* What holds now is offered for later: by a key or a click. */
static void a_language_is_kept(void **state)
{
	struct fix f = {0};

	(void)state;
	begin(&f);
	press(&f, "g k");
	hears(&f, "nothing is to be kept");
	command(&f, "language zh_TW");
	hears(&f, "for this run");
	assert_null(strstr(file_now(), "language"));
	press(&f, "g k");
	is_in_file("language = zh_TW\n");
	command(&f, "language zh_TW"); /* it is kept: nothing is offered */
	sees_not(&f, "[g k]");
	command(&f, "language en");
	click_on(&f, "[g k] keep it");
	is_in_file("language = en\n");
	stop(&f);
	unsetenv("LANGUAGE");
}

static void keys_and_themes_are_kept(void **state)
{
	struct fix f = {0};

	(void)state;
	begin(&f);
	command(&f, "keys plain");
	hears(&f, "The keys are those of plain now, for this run");
	sees(&f, "[g k] keep it");
	assert_null(strstr(file_now(), "keys ="));
	command(&f, "theme light");
	hears(&f, "The theme is light now, for this run");
	press(&f, "g k"); /* the newest */
	hears(&f, "theme: kept in");
	is_in_file("theme = light\n");
	assert_null(strstr(file_now(), "keys ="));
	sees_not(&f, "[g k]");
	command(&f, "keys plain");
	command(&f, "keep");
	is_in_file("keys = plain\n");
	command(&f, "config theme nosuch");
	hears(&f, "dark, light, safe or mono");
	is_in_file("theme = light\n");
	write_file("config/my.keys", "all <F3> = sync\n");
	{
		char *own = path_user(PATH_CONFIG, "my.keys");
		char *line = xasprintf("keys %s", own);

		command(&f, line);
		press(&f, "g k");
		is_in_file("my.keys\n");
		free(line);
		free(own);
	}
	stop(&f);
}

/* It is there at the next start; a file that is gone is no reason not to. */
static void a_theme_is_that_of_the_configuration(void **state)
{
	struct fix f = {0};

	(void)state;
	write_file("config/config",
		"[galley]\ntheme = /nonexistent.theme\n[connector rt]\n"
		"manifest = rt5\nbase = http://127.0.0.1:1\n"
		"token_file = /nonexistent\n");
	start_as(&f, 120, 36, "ticket");
	hears(&f, "/nonexistent.theme");
	sees(&f, "Inbox");
	command(&f, "config theme safe");
	sees_not(&f, "next start");
	stop(&f);
	f = (struct fix){0};
	start_as(&f, 120, 80, "ticket");
	command(&f, "settings");
	sees(&f, "safe  (config:2)");
	sees(&f, "opener       as the desktop says  (built in)");
	stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_row_is_changed_with_enter),
		T(keys_and_notices_are_there),
		T(a_stranger_is_refused),
		T(a_language_is_kept),
		T(keys_and_themes_are_kept),
		T(a_theme_is_that_of_the_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
