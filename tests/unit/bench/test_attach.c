/* SPDX-License-Identifier: MIT */
/*
 * Attachments at the bench: what came from outside is harmless where it is
 * listed, what is here opens without a network, and nobody sees or overwrites
 * what he may not.
 */
#include <poll.h>

#include "hands_fix.h"

#include "galley/app/files.h"

static void add_file(
	struct recs *r, const char *rid, const char *name, const char *mime)
{
	struct rec *f = recs_add(r, REC_ROW, ENT_FILE, rid);

	text(r, f, FID_FILE_MESSAGE, "101");
	text(r, f, FID_FILE_NAME, name);
	text(r, f, FID_FILE_MIME, mime);
	rec_set_int(f, FID_FILE_SIZE, 2048);
}

static void one_file(struct recs *r)
{
	add_file(r, "1", "notes.txt", "text/plain");
}

static void several(struct recs *r)
{
	add_file(r, "1", "notes.txt", "text/plain");
	add_file(r, "2", "stove.png", "image/png");
	add_file(r, "3", "run.sh", "application/x-sh");
}

/* As if the n-th had been opened before. */
static void put_here(struct fix *f, int n, const char *bytes)
{
	struct rows rows;
	char *path;

	assert_int_equal(store_files(desk_ro(f->desk), ENT_TICKET,
				 desk_case(f->desk)->id, 0, &rows),
		0);
	assert_in_range(n, 1, rows.n);
	path = file_place(f->session, &rows.v[n - 1]);
	assert_int_equal(files_folder(f->session), 0);
	assert_int_equal(file_write(path, bytes, strlen(bytes)), 0);
	free(path);
	rows_free(&rows);
}

static void begin(struct fix *f, void (*files)(struct recs *))
{
	unsetenv("GALLEY_OPENER");
	unsetenv("DISPLAY");
	unsetenv("WAYLAND_DISPLAY");
	land_more(files);
	start_as(f, 120, 36, "ticket");
	command(f, "open 11");
}

static int journal_has(struct fix *f, const char *what)
{
	struct arena *a = arena_new();
	struct audit_row *v;
	int n, yes = 0;

	assert_int_equal(store_audit_list(desk_ro(f->desk), 100, a, &v, &n), 0);
	for (int i = 0; i < n; i++)
		yes += strcmp(v[i].what, what) == 0;
	arena_free(a);
	return yes;
}

/* --- listing -------------------------------------------------------------- */

static void hostile(struct recs *r)
{
	add_file(r, "1", "../../etc/pass\x1b[31mwd", "text/\x1b]0;x\x07");
	add_file(r, "2", "invoice\xe2\x80\xaegpj.exe", "image/jpeg");
}

static void names_from_outside_are_harmless_where_they_are_listed(void **state)
{
	struct fix f = {0};

	(void)state;
	begin(&f, hostile);
	sees(&f, "[1] ../../etc/pass␛[31mwd  text/␛]0;x␇, 2 KiB");
	sees(&f, "[2] invoice▯gpj.exe  image/jpeg, 2 KiB");
	command(&f, "attachment.save 1");
	sees(&f, "~/pass␛[31mwd"); /* one name, in no other folder */
	sees_not(&f, "~/..");
	stop(&f);
}

static void without_any_it_says_so(void **state)
{
	struct fix f = {0};

	(void)state;
	begin(&f, one_file);
	command(&f, "open 12");
	press(&f, "g a");
	hears(&f, "nothing is attached here");
	command(&f, "open 11");
	command(&f, "attachment.open 2");
	hears(&f, "There is 1 attachment");
	stop(&f);
}

/* --- opening -------------------------------------------------------------- */

static void a_text_is_read_in_place_of_the_thread(void **state)
{
	struct fix f = {0};

	(void)state;
	begin(&f, one_file);
	sees_not(&f, "(here)");
	put_here(&f, 1, "first line\nhidden \x1b[2J text\n\nlast line\n");
	press(&f, "g a");
	sees(&f, "notes.txt");
	sees(&f, "hidden ␛[2J text");
	sees(&f, "last line");
	sees_not(&f, "ask the bank");
	assert_int_equal(journal_has(&f, "open"), 1);
	press(&f, "<Esc>");
	sees(&f, "ask the bank");
	sees_not(&f, "last line");
	/* another case ends it as well */
	press(&f, "g a");
	sees(&f, "last line");
	command(&f, "open 12");
	command(&f, "open 11");
	sees(&f, "ask the bank");
	sees(&f, "(here)");
	stop(&f);
}

static void of_several_one_is_chosen(void **state)
{
	struct fix f = {0};

	(void)state;
	begin(&f, several);
	put_here(&f, 1, "what the notes say");
	press(&f, "g a");
	sees(&f, "Attachments: type to find");
	sees(&f, "stove.png");
	type(&f, "notes");
	press(&f, "<Enter>");
	sees(&f, "what the notes say");
	stop(&f);
}

static void a_double_click_on_its_line_opens_it(void **state)
{
	struct fix f = {0};
	int x = 0, y = 0;

	(void)state;
	begin(&f, several);
	put_here(&f, 1, "what the notes say");
	find(&f, "[1] notes.txt", &x, &y);
	double_click(&f, x, y);
	sees(&f, "what the notes say");
	stop(&f);
}

static void until_said(struct fix *f, const char *s)
{
	for (int i = 0; i < 200; i++) {
		struct pollfd p = {.fd = desk_fd(f->desk), .events = POLLIN};
		const struct notice *n = desk_notice(f->desk, 0);

		if (n && strstr(n->text, s))
			return;
		if (p.fd >= 0)
			poll(&p, 1, 10000);
		turn(f);
	}
	hears(f, s);
}

/* The fixture's backend has no token: whatever the reason, one is told. */
static void what_cannot_be_fetched_is_said(void **state)
{
	struct fix f = {0};

	(void)state;
	begin(&f, one_file);
	press(&f, "g a");
	until_said(&f, "notes.txt: it could not be fetched: ");
	assert_string_equal(
		desk_notice(f.desk, 1)->text, "Fetching notes.txt, 2 KiB");
	sees_not(&f, "(here)");
	assert_int_equal(journal_has(&f, "open"), 0);
	stop(&f);
}

static void other_kinds_go_to_a_program_or_are_saved(void **state)
{
	char out[128], cp[160];
	struct fix f = {0};

	(void)state;
	begin(&f, several);
	put_here(&f, 2, "not really a picture\x01\x02\x03");
	put_here(&f, 3,
		"\x7f"
		"ELF\x01\x02\x03\x04");
	command(&f, "attachment.open 3");
	hears(&f, "run.sh is of a kind that is not opened from here");
	command(&f, "attachment.open 2");
	hears(&f, "No program shows stove.png here; g y copies its path: ");
	/* no shell: the folder's name would be two words to it */
	snprintf(out, sizeof(out), "%s/out; x", home);
	assert_int_equal(mkdir(out, 0700), 0);
	snprintf(cp, sizeof(cp), "cp -t '%s'", out);
	setenv("GALLEY_OPENER", cp, 1);
	command(&f, "attachment.open 2");
	hears(&f, "cp shows stove.png");
	unsetenv("GALLEY_OPENER");
	stop(&f);
}

/* --- saving --------------------------------------------------------------- */

static void expect_file(const char *path, const char *want)
{
	char *s;
	size_t n;

	assert_int_equal(file_read(path, 1000, &s, &n), 0);
	assert_string_equal(s, want);
	free(s);
}

static void saving_asks_before_it_overwrites(void **state)
{
	char path[128], line[160];
	struct fix f = {0};

	(void)state;
	setenv("HOME", home, 1);
	snprintf(path, sizeof(path), "%s/notes.txt", home);
	begin(&f, one_file);
	put_here(&f, 1, "new");
	press(&f, "g w");
	sees(&f, "~/notes.txt");
	press(&f, "<Enter>");
	hears(&f, "Saved: ");
	expect_file(path, "new");
	write_file("notes.txt", "mine");
	press(&f, "g w <Enter>");
	sees(&f, "This is there already");
	press(&f, "<Esc>");
	expect_file(path, "mine");
	press(&f, "g w <Enter> <Enter>");
	hears(&f, "Saved: ");
	expect_file(path, "new");
	/* in a line nobody is asked: it is not done */
	write_file("notes.txt", "mine");
	snprintf(line, sizeof(line), "attachment.save 1 %s", path);
	command(&f, line);
	hears(&f, "is there already");
	expect_file(path, "mine");
	assert_int_equal(journal_has(&f, "save"), 3);
	stop(&f);
}

/* --- who may -------------------------------------------------------------- */

static void a_reviewer_reads_without_contacts_and_takes_nothing_away(
	void **state)
{
	struct fix f = {.role = "qa"};

	(void)state;
	begin(&f, several);
	put_here(&f, 1, "call me at 13800138000 please");
	put_here(&f, 2, "\x89PNG\x01\x02\x03");
	command(&f, "attachment.open 1");
	sees(&f, "call me at");
	sees_not(&f, "13800138000");
	press(&f, "<Esc>");
	command(&f, "attachment.open 2");
	hears(&f, "your role (qa) may not do this");
	press(&f, "g w");
	hears(&f, "your role (qa) may not do this");
	press(&f, "g y");
	hears(&f, "your role (qa) may not do this");
	stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(names_from_outside_are_harmless_where_they_are_listed),
		T(without_any_it_says_so),
		T(a_text_is_read_in_place_of_the_thread),
		T(of_several_one_is_chosen),
		T(a_double_click_on_its_line_opens_it),
		T(what_cannot_be_fetched_is_said),
		T(other_kinds_go_to_a_program_or_are_saved),
		T(saving_asks_before_it_overwrites),
		T(a_reviewer_reads_without_contacts_and_takes_nothing_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
