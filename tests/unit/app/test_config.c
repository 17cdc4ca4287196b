/* SPDX-License-Identifier: MIT */
/*
 * The configuration file: what it means, and that every mistake is named with
 * its place.
 */
#include "galley/app/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "app/app_priv.h"
#include "galley/base/harden.h"
#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"

static void reads_everything(void **state)
{
	static const char text[] = "\xEF\xBB\xBF# a comment\r\n"
				   "[galley]\n"
				   "language = zh_CN\n"
				   "undo = 30s\n"
				   "stale = 0\n"
				   "retention = 400d\n"
				   "editor = vim -c \"set tw=72\"\n"
				   "; another\n"
				   "[connector rt]   # the help desk\n"
				   "  manifest = rt5\n"
				   "base=https://rt.example.org\n"
				   "note = \" kept \\\"as is\\\" \"\n"
				   "[connector wiki]\n"
				   "manifest = /etc/galley/wiki.json";
	struct config *c;

	(void)state;
	assert_int_equal(config_parse("f", text, strlen(text), &c), 0);
	assert_string_equal(c->language, "zh_CN");
	assert_int_equal(c->undo_ms, 30000);
	assert_int_equal(c->stale_ms, 0);
	assert_int_equal(c->retention_days, 400);
	assert_string_equal(c->editor, "vim -c \"set tw=72\"");
	assert_int_equal(c->n_conns, 2);
	assert_string_equal(c->conns[0].name, "rt");
	assert_string_equal(c->conns[0].manifest, "rt5");
	assert_int_equal(c->conns[0].n_values, 2);
	assert_string_equal(
		c->conns[0].values[0].value, "https://rt.example.org");
	assert_int_equal(c->conns[0].values[0].line, 11);
	assert_string_equal(c->conns[0].values[1].value, " kept \"as is\" ");
	assert_string_equal(c->conns[1].manifest, "/etc/galley/wiki.json");
	config_free(c);
}

static void empty_has_defaults(void **state)
{
	struct config *c;

	(void)state;
	assert_int_equal(config_parse("f", "", 0, &c), 0);
	assert_int_equal(c->n_conns, 0);
	assert_int_equal(c->undo_ms, 10000);
	assert_int_equal(c->stale_ms, 86400000);
	assert_int_equal(c->retention_days, 0);
	assert_null(c->language);
	config_free(c);
}

static void mistakes_have_a_place(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"[galley]\nlangauge = en\n",
			"f:2:1: no key \"langauge\" in [galley]; keys are: language,"},
		{"[galley]\nlanguage = de\n",
			"f:2:12: language is en, zh_CN or zh_TW"},
		{"[galley]\nundo = soon\n", "f:2:8: \"soon\" is no time span"},
		{"[galley]\nundo = 2h\n",
			"f:2:8: \"2h\" is no time span in range"},
		{"[galley]\nretention = 36h\n",
			"f:2:13: retention counts whole days"},
		{"[galley]\neditor = vi \"x\n",
			"f:2:10: a quotation mark is not closed"},
		{"[server]\n", "f:1:2: no section [server]"},
		{"[connector]\n", "f:1:11: a connector needs a short name"},
		{"[connector new1]\nmanifest = a\n",
			"f:1:12: a connector's name must not begin"},
		{"[connector a]\nmanifest = b\n[connector a]\n",
			"f:3:12: there is a connector \"a\" already, line 1"},
		{"[connector a]\nbase = b\n[galley]\n",
			"f:1:1: [connector a] needs manifest"},
		{"[connector a]\n", "f:1:1: [connector a] needs manifest"},
		{"[connector a]\nmanifest = b\nx = 1\nx = 2\n",
			"f:4:1: x stands here a second time"},
		{"[galley\n", "f:1:8: ] is missing"},
		{"[galley] x\n", "f:1:10: nothing may follow"},
		{"undo = 1s\n", "f:1:1: a section must come first"},
		{"[galley]\nundo\n", "f:2:5: = is missing"},
		{"[galley]\n= 3\n", "f:2:1: expected [section]"},
		{"[galley]\nundo =\n", "f:2:7: the value of \"undo\""},
		{"[galley]\neditor = \"vi\n",
			"f:2:10: the quotation mark is not closed"},
		{"[galley]\n退款 = 1\n", "f:2:1: expected"},
		{"[galley]\nx\xff = 1\n", "f:2:2: this is not UTF-8"},
		{"[galley]\neditor = 退\x01\n", "f:2:11: a control character"},
	};
	struct config *c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int rc = config_parse(
			"f", rows[i].text, strlen(rows[i].text), &c);

		assert_int_equal(rc, E_CONFIG);
		if (strncmp(err_msg(), rows[i].want, strlen(rows[i].want)) != 0)
			assert_string_equal(err_msg(), rows[i].want);
	}
}

/* A NUL ends nothing quietly. */
static void a_nul_is_named(void **state)
{
	struct config *c;

	(void)state;
	assert_int_equal(
		config_parse("f", "[galley]\nun\0do = 1s\n", 19, &c), E_CONFIG);
	assert_non_null(strstr(err_msg(), "f:2:3: a control character"));
}

static void splits_without_a_shell(void **state)
{
	struct arena *a = arena_new();
	char **v;

	(void)state;
	assert_int_equal(
		argv_split(a, "  pass show 'my $HOME' \"a\\\"b\" c\\ d *", &v),
		0);
	assert_string_equal(v[0], "pass");
	assert_string_equal(v[1], "show");
	assert_string_equal(v[2], "my $HOME");
	assert_string_equal(v[3], "a\"b");
	assert_string_equal(v[4], "c d");
	assert_string_equal(v[5], "*");
	assert_null(v[6]);
	assert_int_equal(argv_split(a, "   ", &v), E_CONFIG);
	assert_int_equal(argv_split(a, "a 'b", &v), E_CONFIG);
	assert_int_equal(argv_split(a, "a \\", &v), E_CONFIG);
	arena_free(a);
}

/* --- secrets -------------------------------------------------------------- */

struct dir {
	char path[64];
	char file[96];
};

static void write_secret(
	struct dir *d, const char *text, size_t len, mode_t mode)
{
	FILE *f;

	strcpy(d->path, "/tmp/galley-test-XXXXXX");
	assert_non_null(mkdtemp(d->path));
	snprintf(d->file, sizeof d->file, "%s/token", d->path);
	f = fopen(d->file, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
	assert_int_equal(chmod(d->file, mode), 0);
}

static void remove_secret(const struct dir *d)
{
	unlink(d->file);
	rmdir(d->path);
}

static int fetch_file(const char *text, size_t len, mode_t mode, char **out)
{
	struct arena *a = arena_new();
	struct dir d;
	int rc;

	write_secret(&d, text, len, mode);
	rc = secret_fetch(a, "file", d.file, out);
	remove_secret(&d);
	arena_free(a);
	return rc;
}

static void a_private_file_gives_the_secret(void **state)
{
	char *s;

	(void)state;
	assert_int_equal(fetch_file("hunter22\n", 9, 0600, &s), 0);
	assert_string_equal(s, "hunter22");
	secret_free(s);
	redact_forget_secrets();
}

static void an_open_file_does_not(void **state)
{
	char *s;

	(void)state;
	assert_int_equal(fetch_file("hunter22\n", 9, 0640, &s), E_AUTH);
	assert_non_null(strstr(err_msg(), "chmod 600"));
	assert_int_equal(fetch_file("\n", 1, 0600, &s), E_AUTH);
	assert_int_equal(fetch_file("ab\0cdef", 7, 0600, &s), E_AUTH);
	assert_int_equal(fetch_file("secret\nsecond", 13, 0600, &s), E_AUTH);
}

static void a_program_gives_the_secret(void **state)
{
	struct arena *a = arena_new();
	char *s;

	(void)state;
	assert_int_equal(
		secret_fetch(a, "command", "printf 'open %s' sesame", &s), 0);
	assert_string_equal(s, "open sesame");
	secret_free(s);
	redact_forget_secrets();
	assert_int_equal(secret_fetch(a, "command", "false", &s), E_AUTH);
	assert_int_equal(
		secret_fetch(a, "command", "/nonexistent/x", &s), E_AUTH);
	assert_int_equal(secret_fetch(a, "file", "token", &s), E_CONFIG);
	assert_int_equal(
		secret_fetch(a, "file", "/nonexistent/token", &s), E_AUTH);
	arena_free(a);
}

/* What was fetched is masked wherever it would be written. */
static void a_fetched_secret_is_masked(void **state)
{
	struct buf b = BUF_INIT;
	char *s;

	(void)state;
	assert_int_equal(fetch_file("hunter22\n", 9, 0600, &s), 0);
	redact(&b, "token hunter22 sent", 19, 0);
	assert_string_equal(buf_str(&b), "token [secret] sent");
	buf_fini(&b);
	secret_free(s);
	redact_forget_secrets();
}

/* What a line becomes in a file, and what the file is then; NULL: refused. */
static const char *set_in(const char *was, const char *key, const char *value)
{
	static char *is;
	char path[] = "/tmp/galley-test-XXXXXX";
	int fd = mkstemp(path), rc;
	size_t len;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, was, strlen(was)), strlen(was));
	close(fd);
	rc = config_set(path, key, value);
	free(is);
	assert_int_equal(file_read(path, 4096, &is, &len), 0);
	unlink(path);
	if (rc < 0)
		assert_string_equal(is, was);
	return rc < 0 ? NULL : is;
}

#define CONN "[connector rt]\nmanifest = rt5\nundo = 1\n"

static void one_line_is_changed(void **state)
{
	(void)state;
	assert_string_equal(set_in("# mine\n[galley]\n  undo   =  5s\n# why\n"
				   "\n" CONN,
				    "undo", "30s"),
		"# mine\n[galley]\n  undo   =  30s\n# why\n\n" CONN);
	/* a new one after the last of its section, not after its comments */
	assert_string_equal(set_in("[galley]\r\nundo = 5s\r\n\n# rt\n" CONN,
				    "keys", "emacs"),
		"[galley]\r\nundo = 5s\r\nkeys = emacs\n\n# rt\n" CONN);
	assert_string_equal(set_in("\xEF\xBB\xBF[galley]", "keys", "plain"),
		"\xEF\xBB\xBF[galley]\nkeys = plain\n");
	assert_string_equal(set_in(CONN, "quiet", "22:00-07:00"),
		CONN "\n[notices]\nquiet = 22:00-07:00\n");
	assert_string_equal(set_in("", "language", "zh_TW"),
		"[galley]\nlanguage = zh_TW\n");
	/* the last one holds */
	assert_string_equal(
		set_in("[galley]\nundo = 1s\nundo = 2s\n", "undo", "3s"),
		"[galley]\nundo = 1s\nundo = 3s\n");
	assert_string_equal(
		set_in("[galley]\nundo = 1s\n# x\nundo = 2s\n", "undo", NULL),
		"[galley]\n# x\n");
}

static void what_would_not_be_read_is_not_written(void **state)
{
	(void)state;
	assert_null(set_in("[galley]\n", "undo", "soon"));
	assert_non_null(strstr(err_msg(), ":2:8: "));
	assert_null(set_in("[galley]\n", "undo", "1s\nrole = manager"));
	assert_null(set_in("[galley]\n", "undo", ""));
	assert_null(set_in("[galley]\n", "base", "x"));
	assert_null(set_in("[galley]\nwrong\n", "undo", "1s"));
	assert_int_equal(
		config_set("/nonexistent/config", "undo", "1s"), E_NOTFOUND);
}

static void a_link_stays_a_link(void **state)
{
	char dir[] = "/tmp/galley-test-XXXXXX", at[64], link_at[64], *is;
	struct stat st;
	size_t len;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(at, sizeof(at), "%s/real", dir);
	snprintf(link_at, sizeof(link_at), "%s/config", dir);
	assert_int_equal(file_write(at, "[galley]\n", 9), 0);
	assert_int_equal(symlink(at, link_at), 0);
	assert_int_equal(config_set(link_at, "keys", "vi"), 0);
	assert_int_equal(lstat(link_at, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(file_read(at, 4096, &is, &len), 0);
	assert_string_equal(is, "[galley]\nkeys = vi\n");
	free(is);
	unlink(link_at);
	unlink(at);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_everything),
		cmocka_unit_test(empty_has_defaults),
		cmocka_unit_test(mistakes_have_a_place),
		cmocka_unit_test(a_nul_is_named),
		cmocka_unit_test(one_line_is_changed),
		cmocka_unit_test(what_would_not_be_read_is_not_written),
		cmocka_unit_test(a_link_stays_a_link),
		cmocka_unit_test(splits_without_a_shell),
		cmocka_unit_test(a_private_file_gives_the_secret),
		cmocka_unit_test(an_open_file_does_not),
		cmocka_unit_test(a_program_gives_the_secret),
		cmocka_unit_test(a_fetched_secret_is_masked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
