/* SPDX-License-Identifier: MIT */
/*
 * Attachments on this disk: names from outside do no harm, what is here belongs
 * to a row of the cache, nothing that the person has is overwritten.
 */
#include "galley/app/files.h"

#include <fcntl.h>
#include <time.h>
#include "galley/base/mem.h"
#include "home_fix.h"

static void a_name_from_outside_is_one_plain_name(void **state)
{
	static const struct {
		const char *from, *to;
	} names[] = {
		{"photo.jpg", "photo.jpg"},
		{"照片.png", "照片.png"},
		{"../../.ssh/authorized_keys", "authorized_keys"},
		{"/etc/passwd", "passwd"},
		{"..", "attachment-7"},
		{"", "attachment-7"},
		{"-rf", "rf"},
		{".bashrc", "bashrc"},
		{"a\\b:c*?\"<>|d", "a_b_c______d"},
		{"a\nb\x1b[31m.txt", "a␊b␛[31m.txt"},
		{"invoice\xe2\x80\xaegpj.exe", "invoice▯gpj.exe"},
		{"\xff\xfe.bin", "\xef\xbf\xbd\xef\xbf\xbd.bin"},
	};
	char *s;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		s = file_plain_name(names[i].from, "7");
		assert_string_equal(s, names[i].to);
		free(s);
	}
	s = file_plain_name("", "../../x");
	assert_string_equal(s, "attachment");
	free(s);
	s = xmalloc(1001);
	memset(s, 'x', 1000);
	s[1000] = '\0';
	char *cut = file_plain_name(s, "7");
	assert_int_equal(strlen(cut), 100);
	free(cut);
	free(s);
}

/* --- the folder ----------------------------------------------------------- */

static void land(enum rec_kind kind, const char *rid, const char *name)
{
	char *db = path_user(PATH_DATA, "galley.db");
	struct store_opts o = {.path = db};
	struct recs *r = recs_new();
	struct store_page p = {
		.connector = 1, .stream = "files", .cursor_key = "", .recs = r};
	struct store_page_result res;
	struct store_rw *rw;
	struct rec *f = recs_add(r, kind, ENT_FILE, rid);

	if (name) {
		rec_set_text(r, f, FID_FILE_MESSAGE, "101");
		rec_set_text(r, f, FID_FILE_NAME, name);
	}
	assert_int_equal(store_open_rw(&o, &rw), 0);
	assert_int_equal(store_page_apply(rw, &p, &res), 0);
	assert_int_equal(res.bad, 0);
	store_close_rw(rw);
	recs_free(r);
	free(db);
}

static void row_of(struct session *s, const char *rid, struct rows *out)
{
	struct store_ro *ro;

	assert_int_equal(session_ro(s, &ro), 0);
	assert_int_equal(store_row_rid(ro, ENT_FILE, 1, rid, out), 0);
}

/* As if it had been fetched. */
static char *put(struct session *s, const char *rid)
{
	struct rows rows;
	char *path;

	row_of(s, rid, &rows);
	path = file_place(s, &rows.v[0]);
	rows_free(&rows);
	assert_int_equal(files_folder(s), 0);
	assert_int_equal(file_write(path, "content", 7), 0);
	return path;
}

static int is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static void what_is_kept_belongs_to_a_row(void **state)
{
	struct timespec old[2] = {{0}, {.tv_sec = time(NULL) - 31 * 86400}};
	struct session *s;
	struct rows rows;
	struct stat st;
	char *a, *b, *c, *dir, *other;
	int64_t bytes = 0;

	(void)state;
	land(REC_ROW, "1", "a.png");
	land(REC_ROW, "2", "b.sh");
	land(REC_ROW, "3", "c.pdf");
	assert_int_equal(session_open(NULL, &s), 0);
	files_sweep(s); /* nothing is there yet */
	a = put(s, "1");
	b = put(s, "2");
	c = put(s, "3");
	assert_string_equal(a + strlen(a) - 4, ".png");
	assert_null(strchr(strrchr(b, '/'), '.'));
	dir = xstrndup(a, (size_t)(strrchr(a, '/') - a));
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(a, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	row_of(s, "1", &rows);
	assert_true(file_is_here(s, &rows.v[0], &bytes));
	assert_int_equal(bytes, 7);
	assert_true(file_may_open(&rows.v[0]));
	rows_free(&rows);
	row_of(s, "2", &rows);
	assert_false(file_may_open(&rows.v[0]));
	rows_free(&rows);
	/* of another number, of another backend, or long ago: it goes */
	other = xasprintf("%s/1-0123456789abcdef.png", dir);
	assert_int_equal(file_write(other, "x", 1), 0);
	land(REC_GONE, "2", NULL);
	assert_int_equal(utimensat(AT_FDCWD, c, old, 0), 0);
	files_sweep(s);
	assert_true(is_there(a));
	assert_false(is_there(b));
	assert_false(is_there(c));
	assert_false(is_there(other));
	/* what stands in its place is no file of ours */
	assert_int_equal(unlink(a), 0);
	assert_int_equal(symlink("/etc/passwd", a), 0);
	row_of(s, "1", &rows);
	assert_false(file_is_here(s, &rows.v[0], NULL));
	rows_free(&rows);
	free(other);
	free(dir);
	free(a);
	free(b);
	free(c);
	session_close(s);
}

static void expect_content(const char *path, const char *want)
{
	char *s;
	size_t n;

	assert_int_equal(file_read(path, 100, &s, &n), 0);
	assert_string_equal(s, want);
	free(s);
}

static void saving_overwrites_nothing_unasked(void **state)
{
	char from[128], to[128], link[128];

	(void)state;
	write_file("from", "new");
	write_file("to", "mine");
	snprintf(from, sizeof(from), "%s/from", home);
	snprintf(to, sizeof(to), "%s/to", home);
	snprintf(link, sizeof(link), "%s/link", home);
	assert_int_equal(file_copy(from, to, 0), E_EXISTS);
	expect_content(to, "mine");
	assert_int_equal(symlink(to, link), 0);
	assert_int_equal(file_copy(from, link, 0), E_EXISTS);
	assert_int_equal(file_copy(from, link, 1), 0);
	expect_content(to, "mine"); /* the link gave way, not what it named */
	assert_int_equal(file_copy(from, to, 1), 0);
	expect_content(to, "new");
	snprintf(to, sizeof(to), "%s/no/such", home);
	assert_true(file_copy(from, to, 0) < 0);
}

/* --- contents ------------------------------------------------------------- */

static void text_is_told_from_what_is_none(void **state)
{
	static const struct {
		const char *mime, *bytes;
		size_t len;
		int text;
		const char *read;
	} v[] = {
		{"text/plain", "hello\n", 6, 1, "hello\n"},
		{"application/json", "{}", 2, 1, "{}"},
		{"", "发票", 6, 1, "发票"},
		{"text/plain", "\xb7\xa2\xc6\xb1", 4, 1, "发票"}, /* GB18030 */
		{"text/plain", "\xff\xfe\xd1\x53", 4, 1, "发"},	  /* UTF-16 */
		{"application/pdf", "%PDF\xb7\xa2", 6, 0, NULL},
		{"text/plain", "a\0b", 3, 0, NULL},
		{"image/png", "\x89PNG\r\n\x1a\n\0\0", 10, 0, NULL},
	};
	struct session *s;
	struct rows rows;

	(void)state;
	land(REC_ROW, "1", "x");
	assert_int_equal(session_open(NULL, &s), 0);
	row_of(s, "1", &rows);
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		struct val *m = (struct val *)(uintptr_t)row_get(
			&rows.v[0], FID_FILE_MIME);
		char *bytes = xmemdup(v[i].bytes, v[i].len + 1), *t;

		*m = (struct val){.kind = VAL_TEXT,
			.s = v[i].mime,
			.len = strlen(v[i].mime)};
		if (file_is_text(&rows.v[0], bytes, v[i].len) != v[i].text)
			fail_msg("%zu", i);
		if (v[i].read) {
			t = file_text(bytes, v[i].len);
			assert_string_equal(t, v[i].read);
			free(t);
		}
		free(bytes);
	}
	rows_free(&rows);
	session_close(s);
}

static void the_head_of_a_text_ends_with_a_character(void **state)
{
	static const size_t max[] = {3, 4, 5, 6, 7, 100},
			    want[] = {1, 1, 4, 4, 7, 7};
	char path[128], *s;
	int64_t whole;
	size_t len;

	(void)state;
	write_file("text", "a发票");
	snprintf(path, sizeof(path), "%s/text", home);
	for (size_t i = 0; i < ARRAY_SIZE(max); i++) {
		assert_int_equal(file_head(path, max[i], &s, &len, &whole), 0);
		assert_int_equal(len, want[i]);
		assert_int_equal(whole, 7);
		free(s);
	}
	assert_true(file_head(home, 10, &s, &len, &whole) < 0);
}

static void open_with(const char *configured, const char *want)
{
	struct config c = {.opener = configured};
	struct arena *a = arena_new();
	struct buf b = BUF_INIT;
	char **argv;
	int rc = file_opener(&c, "/tmp/a b", a, &argv);

	if (!want) {
		assert_int_equal(rc, E_NOTFOUND);
	} else {
		assert_int_equal(rc, 0);
		for (int i = 0; argv[i]; i++)
			buf_addf(&b, "[%s]", argv[i]);
		assert_string_equal(buf_str(&b), want);
	}
	buf_fini(&b);
	arena_free(a);
}

static void who_shows_a_picture(void **state)
{
	(void)state;
	unsetenv("SSH_CONNECTION");
	unsetenv("SSH_TTY");
	unsetenv("DISPLAY");
	unsetenv("WAYLAND_DISPLAY");
	unsetenv("GALLEY_OPENER");
	open_with(NULL, NULL);
	setenv("DISPLAY", ":0", 1);
	open_with(NULL, "[xdg-open][/tmp/a b]");
	setenv("SSH_TTY", "/dev/pts/1", 1);
	open_with(NULL, NULL);
	setenv("GALLEY_OPENER", "feh -F", 1);
	open_with(NULL, "[feh][-F][/tmp/a b]");
	open_with("view 'a b'", "[view][a b][/tmp/a b]");
	open_with("none", NULL);
	unsetenv("GALLEY_OPENER");
	unsetenv("SSH_TTY");
	unsetenv("DISPLAY");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_name_from_outside_is_one_plain_name),
		T(what_is_kept_belongs_to_a_row),
		T(saving_overwrites_nothing_unasked),
		T(text_is_told_from_what_is_none),
		T(the_head_of_a_text_ends_with_a_character),
		T(who_shows_a_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
