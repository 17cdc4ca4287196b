/* SPDX-License-Identifier: MIT */
/*
 * Sets of keys and key files: by the configuration, by command, by an edited
 * file; what is wrong is said with its place and the old keys stay.
 */
#include "hands_fix.h"

static void configured(const char *lines)
{
	char *all = xasprintf("[galley]\n%s\n[connector rt]\n"
			      "manifest = rt5\nbase = http://127.0.0.1:1\n"
			      "token_file = /nonexistent\n",
		lines);

	write_file("config/config", all);
	free(all);
}

/* j goes down in vi only. */
static void by_the_configuration(void **state)
{
	struct fix f = {0};

	(void)state;
	configured("keys = emacs");
	start_as(&f, 120, 36, "ticket");
	press(&f, "] ] ]");
	press(&f, "j");
	sees(&f, "j means nothing here");
	press(&f, "<C-n>");
	sees(&f, "|>  12 ");
	stop(&f);
}

static void by_command(void **state)
{
	struct fix f = {0};
	char *line;

	(void)state;
	start_as(&f, 120, 36, "ticket");
	command(&f, "keys plain");
	press(&f, "j");
	sees(&f, "j means nothing here");
	command(&f, "keys vi");
	write_file("mine.keys", "list <F7> = bench online\n");
	line = xasprintf("keys %s/mine.keys", home);
	command(&f, line);
	press(&f, "<F7>");
	sees(&f, "2 Online*");
	/* wrong: where, and what held goes on */
	write_file("mine.keys",
		"list <F7> = bench ticket\nlist x = nothing-such\n");
	command(&f, line);
	sees(&f, "mine.keys:2:10:");
	press(&f, "<Esc> <F7>");
	sees(&f, "2 Online*");
	command(&f, "keys klingon");
	sees(&f, "Say vi, plain or emacs");
	free(line);
	stop(&f);
}

static void an_edited_file_holds_at_once(void **state)
{
	struct fix f = {0};

	(void)state;
	start_as(&f, 120, 36, "ticket");
	write_file("config/keys", "list <F7> = bench online\n");
	rest(&f);
	press(&f, "<F7>");
	sees(&f, "2 Online*");
	write_file("config/keys", "list <F7> =\n");
	rest(&f);
	sees(&f, "keys:1:");
	press(&f, "<Esc> 3 <F7>");
	sees(&f, "2 Online*");
	stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(by_the_configuration),
		T(by_command),
		T(an_edited_file_holds_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
