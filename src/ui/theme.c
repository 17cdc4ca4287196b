/* SPDX-License-Identifier: MIT */
/*
 * Theme files: lines of "role = words", read strictly. All looks are worked out
 * when the file has been read (parents, depths, colours that a terminal lacks),
 * so that asking for one is a look into a table.
 */
#include "galley/ui/theme.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "galley/base/embed.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"

#define MAX_FILE (64 * 1024)
#define DEPTHS	 4
#define PLAIN	 DEPTH_NONE /* where a line without a depth is kept */

struct theme {
	struct look look[ST_COUNT][DEPTHS];
};

/* What the file says, by role and depth. */
struct said {
	struct look look;
	int given;
};

struct reader {
	const char *file;
	int line_no;
	const char *line; /* its first byte */
	struct said said[ST_COUNT][DEPTHS];
};

struct word {
	const char *s;
	size_t len;
};

/* --- colours ----------------------------------------------------------------
 */

static int level_of(int i)
{
	return i ? 55 + 40 * i : 0;
}

/* The usual sixteen, as xterm has them. */
static const uint32_t sixteen[16] = {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00,
	0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00,
	0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff};

/* Colour 0..255 as rrggbb: 16 names, a cube of 6, 24 greys (xterm). */
static uint32_t rgb_of(int i)
{
	int c = i - 16, grey = 8 + 10 * (i - 232);

	if (i < 16)
		return sixteen[i];
	if (i >= 232)
		return (uint32_t)(grey << 16 | grey << 8 | grey);
	return (uint32_t)(level_of(c / 36) << 16 | level_of(c / 6 % 6) << 8 |
			  level_of(c % 6));
}

static int distance(uint32_t a, uint32_t b)
{
	int r = (int)(a >> 16 & 255) - (int)(b >> 16 & 255);
	int g = (int)(a >> 8 & 255) - (int)(b >> 8 & 255);
	int u = (int)(a & 255) - (int)(b & 255);

	return 2 * r * r + 4 * g * g + 3 * u * u;
}

static int nearest(uint32_t rgb, int from, int to)
{
	int i, d, best = from, least = distance(rgb, rgb_of(from));

	for (i = from + 1; i < to; i++) {
		d = distance(rgb, rgb_of(i));
		if (d < least) {
			least = d;
			best = i;
		}
	}
	return best;
}

/* A colour that a terminal of depth `d` has. */
static int32_t fit_color(int32_t c, enum depth d)
{
	if (c == COLOR_DEFAULT || d == DEPTH_NONE)
		return COLOR_DEFAULT;
	if (c & COLOR_RGB)
		return d == DEPTH_TRUE ? c
		       : d == DEPTH_256
			       ? nearest((uint32_t)c & 0xffffff, 16, 256)
			       : nearest((uint32_t)c & 0xffffff, 0, 16);
	if (d == DEPTH_16 && c > 15)
		return nearest(rgb_of(c), 0, 16);
	return c;
}

/* --- reading ----------------------------------------------------------------
 */

/* What the message says of a word of the file. */
static char *shown(struct word w)
{
	struct buf b = BUF_INIT;

	text_gate(&b, w.s, w.len > 60 ? 60 : w.len, GATE_LINE);
	return buf_take(&b);
}

static int at_word(const struct reader *r, struct word w, const char *what)
{
	char *text = shown(w);
	int rc = err_set(E_CONFIG, "%s:%d:%d: %s: \"%s\"", r->file, r->line_no,
		(int)(w.s - r->line) + 1, what, text);

	free(text);
	return rc;
}

static int at_place(const struct reader *r, const char *at, const char *what)
{
	return err_set(E_CONFIG, "%s:%d:%d: %s", r->file, r->line_no,
		(int)(at - r->line) + 1, what);
}

static int is_word(struct word w, const char *s)
{
	return strlen(s) == w.len && !memcmp(s, w.s, w.len);
}

static int is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* The next word of the stretch; 0 when there is none. */
static int next_word(const char **at, const char *end, struct word *out)
{
	while (*at < end && is_space(**at))
		(*at)++;
	out->s = *at;
	while (*at < end && !is_space(**at))
		(*at)++;
	out->len = (size_t)(*at - out->s);
	return out->len > 0;
}

static int hex_color(struct word w, int32_t *out)
{
	char digits[7];
	size_t i;

	if (w.len != 7 || w.s[0] != '#')
		return 0;
	for (i = 1; i < 7; i++) {
		if (!isxdigit((unsigned char)w.s[i]))
			return 0;
	}
	memcpy(digits, w.s + 1, 6);
	digits[6] = '\0';
	*out = COLOR_RGB | (int32_t)strtol(digits, NULL, 16);
	return 1;
}

static int numbered_color(struct word w, int32_t *out)
{
	int v = 0;
	size_t i;

	if (w.len > 3)
		return 0;
	for (i = 0; i < w.len; i++) {
		if (w.s[i] < '0' || w.s[i] > '9')
			return 0;
		v = v * 10 + (w.s[i] - '0');
	}
	if (v > 255)
		return 0;
	*out = v;
	return 1;
}

static int named_color(struct word w, int32_t *out)
{
	static const char *const colors[] = {"black", "red", "green", "yellow",
		"blue", "magenta", "cyan", "white"};
	int bright = w.len > 7 && !memcmp(w.s, "bright-", 7) ? 8 : 0;
	size_t i;

	if (is_word(w, "default")) {
		*out = COLOR_DEFAULT;
		return 1;
	}
	if (bright) {
		w.s += 7;
		w.len -= 7;
	}
	for (i = 0; i < ARRAY_SIZE(colors); i++) {
		if (is_word(w, colors[i])) {
			*out = (int32_t)i + bright;
			return 1;
		}
	}
	return 0;
}

static int parse_color(struct word w, int32_t *out)
{
	return hex_color(w, out) || numbered_color(w, out) ||
	       named_color(w, out);
}

static int parse_attr(struct word w)
{
	static const struct {
		const char *name;
		int attr;
	} attrs[] = {{"bold", LOOK_BOLD}, {"dim", LOOK_DIM},
		{"italic", LOOK_ITALIC}, {"underline", LOOK_UNDER},
		{"reverse", LOOK_REVERSE}};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(attrs); i++) {
		if (is_word(w, attrs[i].name))
			return attrs[i].attr;
	}
	return 0;
}

static int parse_look(const struct reader *r, const char *s, const char *end,
	struct look *out)
{
	struct look look = {.fg = COLOR_DEFAULT, .bg = COLOR_DEFAULT};
	int colors = 0, on = 0, words = 0, attr;
	struct word w = {s, 0};
	int32_t color;

	for (; next_word(&s, end, &w); words++) {
		attr = on ? 0 : parse_attr(w);
		if (attr) {
			look.attrs |= (uint8_t)attr;
		} else if (!on && is_word(w, "on")) {
			on = 1;
			continue;
		} else if (!parse_color(w, &color)) {
			return at_word(r, w, _("no colour and no attribute"));
		} else if (on) {
			look.bg = color;
			on = 0;
			colors |= 2;
			continue;
		} else if (colors) {
			return at_word(
				r, w, _("a second colour comes after \"on\""));
		} else {
			look.fg = color;
			colors |= 1;
		}
	}
	if (on)
		return at_place(r, w.s, _("a colour must follow \"on\""));
	if (!words)
		return at_place(r, w.s,
			_("a colour or an attribute must follow \"=\""));
	*out = look;
	return 0;
}

/* "role" or "role.16": what it is about. */
static int parse_role(const struct reader *r, struct word w, enum style *role,
	enum depth *depth)
{
	static const struct {
		const char *suffix;
		enum depth depth;
	} depths[] = {
		{".16", DEPTH_16}, {".256", DEPTH_256}, {".true", DEPTH_TRUE}};
	char name[32];
	size_t i, n, len = w.len;

	*depth = PLAIN;
	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		n = strlen(depths[i].suffix);
		if (len > n && !memcmp(w.s + len - n, depths[i].suffix, n)) {
			*depth = depths[i].depth;
			len -= n;
			break;
		}
	}
	if (len < sizeof(name) && !memchr(w.s, '\0', len)) {
		memcpy(name, w.s, len);
		name[len] = '\0';
		*role = style_by_name(name);
		if (*role < ST_COUNT)
			return 0;
	}
	return at_word(r, w, _("no such role; galley-theme(5) lists them"));
}

static int parse_line(struct reader *r, const char *s, const char *end)
{
	const char *equals = memchr(s, '=', (size_t)(end - s));
	struct word w, more;
	enum style role = ST_TEXT;
	enum depth depth = PLAIN;
	struct said *said;
	int rc;

	if (!next_word(&s, equals ? equals : end, &w)) {
		if (!equals)
			return 0; /* blank */
		return at_place(r, equals, _("a role must stand before \"=\""));
	}
	if (w.s[0] == '#')
		return 0;
	if (!equals)
		return at_place(r, end, _("\"=\" is missing"));
	if (next_word(&s, equals, &more))
		return at_word(r, more, _("one role stands before \"=\""));
	rc = parse_role(r, w, &role, &depth);
	if (rc)
		return rc;
	said = &r->said[role][depth];
	if (said->given)
		return at_word(r, w, _("this role was given before"));
	rc = parse_look(r, equals + 1, end, &said->look);
	if (!rc)
		said->given = 1;
	return rc;
}

static int parse_lines(struct reader *r, const char *text, size_t len)
{
	const char *s = text, *stop = text + len, *end, *next;
	int rc = 0;

	while (!rc && s < stop) {
		end = memchr(s, '\n', (size_t)(stop - s));
		next = end ? end + 1 : stop;
		if (!end)
			end = stop;
		r->line = s;
		r->line_no++;
		if (end > s && end[-1] == '\r')
			end--;
		rc = parse_line(r, s, end);
		s = next;
	}
	return rc;
}

/* --- working out -------------------------------------------------------------
 */

/* What the file says of a role at a depth: the deepest line that the terminal
 * can show, the plain one else. */
static const struct said *said_of(
	const struct reader *r, enum style role, enum depth d)
{
	int i;

	for (i = (int)d; i > PLAIN; i--) {
		if (r->said[role][i].given)
			return &r->said[role][i];
	}
	return r->said[role][PLAIN].given ? &r->said[role][PLAIN] : NULL;
}

static enum style parent_of(enum style role)
{
	const char *name = style_name(role), *dot = strrchr(name, '.');
	char parent[32];

	if (!dot || (size_t)(dot - name) >= sizeof(parent))
		return ST_TEXT;
	memcpy(parent, name, (size_t)(dot - name));
	parent[dot - name] = '\0';
	role = style_by_name(parent);
	return role < ST_COUNT ? role : ST_TEXT;
}

static struct look work_out(
	const struct reader *r, enum style role, enum depth d)
{
	struct look look = {.fg = COLOR_DEFAULT, .bg = COLOR_DEFAULT};
	const struct said *said = said_of(r, role, d);

	while (!said && role != ST_TEXT) {
		role = parent_of(role);
		said = said_of(r, role, d);
	}
	if (said)
		look = said->look;
	look.fg = fit_color(look.fg, d);
	look.bg = fit_color(look.bg, d);
	return look;
}

int theme_parse(
	const char *file, const char *text, size_t len, struct theme **out)
{
	struct reader r = {.file = file, .line = text};
	struct theme *t;
	int role, d, rc;

	if (len > MAX_FILE)
		return err_set(E_CONFIG, "%s:1:1: %s", file,
			_("a theme has at most 64 KB"));
	rc = parse_lines(&r, text, len);
	if (rc)
		return rc;
	t = xcalloc(1, sizeof(*t));
	for (role = 0; role < ST_COUNT; role++) {
		for (d = 0; d < DEPTHS; d++)
			t->look[role][d] =
				work_out(&r, (enum style)role, (enum depth)d);
	}
	*out = t;
	return 0;
}

/* One byte more than allowed is read, so that theme_parse() can say so. */
static int read_file(const char *path, char **out, size_t *len)
{
	char *text;
	ssize_t n = 0;
	size_t got = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return err_set(
			E_CONFIG, _("theme %s: %s"), path, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(E_CONFIG, _("theme %s: this is no file"), path);
	}
	text = xmalloc(MAX_FILE + 1);
	while (got <= MAX_FILE &&
		(n = read(fd, text + got, MAX_FILE + 1 - got)) > 0)
		got += (size_t)n;
	close(fd);
	if (n < 0) {
		free(text);
		return err_set(E_CONFIG, _("theme %s: cannot be read"), path);
	}
	*out = text;
	*len = got;
	return 0;
}

int theme_load(const char *name, struct theme **out)
{
	char *embedded = xasprintf("themes/%s.theme", name), *text;
	size_t len;
	const char *shipped = embed_get(embedded, &len);
	int rc;

	free(embedded);
	if (shipped)
		return theme_parse(name, shipped, len, out);
	if (!strchr(name, '/') && access(name, F_OK))
		return err_set(E_CONFIG,
			_("theme %s: there is no such file, and the shipped "
			  "ones are dark, light, mono and safe"),
			name);
	rc = read_file(name, &text, &len);
	if (rc)
		return rc;
	rc = theme_parse(name, text, len, out);
	free(text);
	return rc;
}

void theme_free(struct theme *t)
{
	free(t);
}

/* The row of the cursor or of a mark: its background and attributes, and its
 * colour of text where the role has none of its own. */
static struct look over(struct look look, struct look row, struct look text)
{
	/* a role with a background of its own keeps it: what was found, a call
	 * that rings */
	if (look.bg != COLOR_DEFAULT && look.bg != text.bg) {
		look.attrs |= row.attrs & (uint8_t)~LOOK_REVERSE;
		return look;
	}
	if (row.bg != COLOR_DEFAULT)
		look.bg = row.bg;
	if (look.fg == text.fg && row.fg != COLOR_DEFAULT)
		look.fg = row.fg;
	if (look.fg == look.bg && look.bg != COLOR_DEFAULT)
		look.fg = row.fg;
	look.attrs |= row.attrs;
	return look;
}

struct look theme_look(const struct theme *t, unsigned style, enum depth d)
{
	enum style role = ST_ROLE(style);
	const struct look *text = &t->look[ST_TEXT][d];
	struct look look;

	assert(role < ST_COUNT);
	look = t->look[role][d];
	if (style & ST_ON_MARK)
		look = over(look, t->look[ST_MARK][d], *text);
	if (style & ST_ON_CURSOR)
		look = over(look, t->look[ST_CURSOR][d], *text);
	if (style & ST_BOLD)
		look.attrs |= LOOK_BOLD;
	if (style & ST_UNDER)
		look.attrs |= LOOK_UNDER;
	return look;
}
