/* SPDX-License-Identifier: MIT */
/*
 * The folder of attachments. A file is called by the number of its row and a
 * hash of whose it is, so that a number which is given anew finds nothing of
 * another; only an ending that is known goes along, for the program that shows
 * it.
 */
#include "galley/app/files.h"
#include "app_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "galley/base/clock.h"
#include "galley/base/i18n.h"
#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/base/utf8.h"

#define NAME_CELLS  100
#define KEEP_S	    (30 * 24 * 3600)
#define KEEP_BYTES  (INT64_C(256) << 20)
#define MAX_ENTRIES 20000
#define FILE_MAX    ((size_t)256 << 20)

/* --- names ---------------------------------------------------------------- */

char *file_plain_name(const char *name, const char *rid)
{
	char *g = text_gate_dup(name ? name : "", GATE_LINE), *out;
	char *at = g;
	size_t fit;

	for (char *p = g; *p; p++)
		if (*p == '/')
			at = p + 1;
		else if (strchr("\\:*?\"<>|", *p))
			*p = '_';
	while (*at == '.' || *at == '-' || *at == ' ')
		at++;
	fit = utf8_fit(at, strlen(at), NAME_CELLS, NULL);
	if (fit)
		out = xstrndup(at, fit);
	else if (rid && strchr(rid, '/'))
		out = xstrdup("attachment");
	else
		out = xasprintf("attachment-%s", rid ? rid : "new");
	free(g);
	return out;
}

const char *file_size_words(int64_t n, char out[FILE_SIZE_SIZE])
{
	if (n <= 0)
		*out = '\0';
	else if (n < 1024)
		snprintf(out, FILE_SIZE_SIZE, "%lld B", (long long)n);
	else if (n < 1024 * 1024)
		snprintf(out, FILE_SIZE_SIZE, "%lld KiB", (long long)n / 1024);
	else
		snprintf(out, FILE_SIZE_SIZE, "%.1f MiB", (double)n / 1048576);
	return out;
}

/* What other programs show and do not run. */
static const char *const endings[] = {"png", "jpg", "jpeg", "gif", "webp",
	"bmp", "tif", "tiff", "heic", "pdf", "mp3", "m4a", "amr", "ogg", "wav",
	"mp4", "mov", "webm", "doc", "docx", "xls", "xlsx", "ppt", "pptx",
	"odt", "ods", "odp", "rtf", "csv", "txt", "zip"};

static const char *text_of(const struct row *f, enum field_id id)
{
	const struct val *v = row_get(f, id);

	return v && v->kind == VAL_TEXT && v->s ? v->s : "";
}

static const char *ending(const struct row *f)
{
	const char *dot = strrchr(text_of(f, FID_FILE_NAME), '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(endings); i++)
		if (strcasecmp(dot + 1, endings[i]) == 0)
			return endings[i];
	return NULL;
}

int file_may_open(const struct row *file)
{
	return ending(file) != NULL;
}

/* --- the folder ----------------------------------------------------------- */

static char *folder(struct session *s)
{
	return xasprintf("%s-files", session_db_path(s));
}

/* FNV-1a */
static uint64_t whose(const struct row *f)
{
	char *s = xasprintf("%d:%s", f->connector, f->rid ? f->rid : "");
	uint64_t h = UINT64_C(14695981039346656037);

	for (const char *p = s; *p; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
	free(s);
	return h;
}

char *file_place(struct session *s, const struct row *f)
{
	char *dir = folder(s);
	const char *end = ending(f);
	char *out = xasprintf("%s/%lld-%016llx%s%s", dir, (long long)f->id,
		(unsigned long long)whose(f), end ? "." : "", end ? end : "");

	free(dir);
	return out;
}

int file_is_here(struct session *s, const struct row *f, int64_t *bytes)
{
	char *path = file_place(s, f);
	struct stat st;
	int here = lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
		   st.st_uid == geteuid();

	if (here && bytes)
		*bytes = st.st_size;
	free(path);
	return here;
}

int files_folder(struct session *s)
{
	char *dir = folder(s);
	int rc = path_make_private(dir);

	free(dir);
	return rc;
}

/* --- sweeping ------------------------------------------------------------- */

struct kept {
	char *name;
	int64_t bytes, at_s;
};

/* Of a row that is in the cache, and of no other; also while it is written,
 * when more stands behind its name. */
static int has_row(struct session *s, const char *name)
{
	struct store_ro *ro;
	struct rows rows;
	char *path, *end;
	const char *base;
	int64_t id = strtoll(name, &end, 10);
	int yes = 0;

	if (*end != '-' || session_ro(s, &ro) < 0 ||
		store_row(ro, ENT_FILE, id, &rows) < 0)
		return 0;
	path = file_place(s, &rows.v[0]);
	base = strrchr(path, '/') + 1;
	yes = strcmp(rows.v[0].state, "live") == 0 &&
	      strncmp(name, base, strlen(base)) == 0;
	free(path);
	rows_free(&rows);
	return yes;
}

static int newest_first(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	return x->at_s > y->at_s ? -1 : x->at_s < y->at_s;
}

static int read_kept(DIR *d, struct kept *v)
{
	struct dirent *e;
	struct stat st;
	int n = 0;

	while (n < MAX_ENTRIES && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 ||
			strcmp(e->d_name, "..") == 0 ||
			fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) <
				0)
			continue;
		v[n++] = (struct kept){.name = xstrdup(e->d_name),
			.bytes = st.st_size,
			.at_s = st.st_mtime};
	}
	return n;
}

void files_sweep(struct session *s)
{
	int64_t now = clock_now_ms(clock_system()) / 1000, sum = 0;
	char *dir = folder(s);
	DIR *d = opendir(dir);
	struct kept *v;
	int i, n;

	free(dir);
	if (!d)
		return;
	v = xcalloc(MAX_ENTRIES, sizeof(*v));
	n = read_kept(d, v);
	qsort(v, (size_t)n, sizeof(*v), newest_first);
	for (i = 0; i < n; i++) {
		sum += v[i].bytes;
		if ((v[i].at_s < now - KEEP_S || sum > KEEP_BYTES ||
			    !has_row(s, v[i].name)) &&
			unlinkat(dirfd(d), v[i].name, 0) < 0)
			log_warn("files", "%s: %s", v[i].name, strerror(errno));
		free(v[i].name);
	}
	err_clear();
	free(v);
	closedir(d);
}

/* Without the beginning of a character whose rest was cut off. */
static size_t whole_characters(const char *s, size_t n)
{
	size_t k = n;

	while (k && k + 3 > n && (s[k - 1] & 0xc0) == 0x80)
		k--;
	return k && (unsigned char)s[k - 1] >= 0xc0 ? k - 1 : n;
}

int file_head(
	const char *path, size_t max, char **out, size_t *len, int64_t *whole)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	char *s;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		err_set(E_DISK, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return E_DISK;
	}
	s = xmalloc(max + 1);
	n = read(fd, s, max);
	close(fd);
	if (n < 0) {
		free(s);
		return err_set(E_DISK, "%s: %s", path, strerror(errno));
	}
	*len = n < st.st_size ? whole_characters(s, (size_t)n) : (size_t)n;
	s[*len] = '\0';
	*out = s;
	*whole = st.st_size;
	return 0;
}

/* --- what is in it -------------------------------------------------------- */

/* Letters, lines and tabs, but for a few that some programs leave behind. */
static int is_clean(const char *s, size_t len)
{
	size_t odd = 0, i;

	for (i = 0; i < len; i++)
		odd += (unsigned char)s[i] < 0x20 && !strchr("\t\n\r\f", s[i]);
	return !memchr(s, '\0', len) && odd <= 2 + len / 50;
}

static int is_utf16(const char *s, size_t len)
{
	return len > 2 &&
	       (memcmp(s, "\xff\xfe", 2) == 0 || memcmp(s, "\xfe\xff", 2) == 0);
}

int file_is_text(const struct row *file, const char *s, size_t len)
{
	const char *mime = text_of(file, FID_FILE_MIME);
	int said = strncmp(mime, "text/", 5) == 0;

	if (said && is_utf16(s, len))
		return 1;
	return is_clean(s, len) && (said || utf8_valid(s, len));
}

/* New string, or NULL when it is not all of that set. */
static char *from_set(const char *set, const char *s, size_t len)
{
	iconv_t cd = iconv_open("UTF-8", set);
	size_t room = len * 3 + 1, left = room;
	char *in = xmemdup(s, len + 1), *at = in;
	char *out = xmalloc(room + 1), *to = out;
	int ok;

	/* cut off at its end is all right */
	ok = cd != (iconv_t)-1 &&
	     (iconv(cd, &at, &len, &to, &left) != (size_t)-1 ||
		     errno == EINVAL);
	if (ok)
		*to = '\0';
	else
		FREE(&out);
	if (cd != (iconv_t)-1)
		iconv_close(cd);
	free(in);
	return out;
}

char *file_text(const char *s, size_t len)
{
	char *out = NULL;

	if (is_utf16(s, len))
		out = from_set("UTF-16", s, len);
	else if (!utf8_valid(s, len))
		out = from_set("GB18030", s, len);
	return out ? out : xstrndup(s, len);
}

/* --- other programs ------------------------------------------------------- */

static const char *given(const char *name)
{
	const char *s = getenv(name);

	return s && *s ? s : NULL;
}

int file_opener(
	const struct config *c, const char *path, struct arena *a, char ***argv)
{
	const char *words = c->opener ? c->opener : given("GALLEY_OPENER");
	char **v, **out;
	int n = 0, rc;

	if (!words && !given("SSH_CONNECTION") && !given("SSH_TTY") &&
		(given("DISPLAY") || given("WAYLAND_DISPLAY")))
		words = "xdg-open";
	if (!words || strcmp(words, "none") == 0)
		return err_set(E_NOTFOUND, _("no program shows it here"));
	rc = argv_split(a, words, &v);
	if (rc < 0)
		return rc;
	while (v[n])
		n++;
	out = arena_calloc(a, (size_t)n + 2, sizeof(*out));
	memcpy(out, v, (size_t)n * sizeof(*out));
	out[n] = arena_strdup(a, path);
	*argv = out;
	return 0;
}

/* --- saving --------------------------------------------------------------- */

static int put_new(const char *to, const char *s, size_t len)
{
	int fd = open(
		to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	ssize_t n = 0;

	if (fd < 0)
		return errno == EEXIST
			       ? err_set(E_EXISTS, _("%s is there already"), to)
			       : err_set(errno == EACCES ? E_PERM : E_DISK,
					 "%s: %s", to, strerror(errno));
	for (; len && n >= 0; s += n, len -= (size_t)n)
		n = write(fd, s, len);
	if (n < 0 || fsync(fd) < 0) {
		err_set(E_DISK, "%s: %s", to, strerror(errno));
		close(fd);
		unlink(to);
		return E_DISK;
	}
	close(fd);
	return 0;
}

int file_copy(const char *from, const char *to, int over)
{
	char *s;
	size_t len;
	int rc = file_read(from, FILE_MAX, &s, &len);

	if (rc < 0)
		return rc;
	rc = over ? file_write(to, s, len) : put_new(to, s, len);
	free(s);
	return rc;
}
