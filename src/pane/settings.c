/* SPDX-License-Identifier: MIT */
/*
 * What is set and where it is set: file and line of each value, or that it is
 * built in. Enter on one begins the command that changes it; connectors, and
 * who one is, are changed in the file, and a secret is shown by no name of it.
 */
#include "pane_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/base/timefmt.h"

#define LABEL_W	   12
#define MAX_CONFIG (1024 * 1024)

#define MAX_KEYS 32

/* A setting that can be changed, and where it is shown. */
struct setting_row {
	const char *key;
	char *now;    /* as the file has it */
	int from, to; /* lines */
};
struct settings {
	struct reader r; /* first */
	int at;
	struct setting_row keys[MAX_KEYS];
	int n_keys;
};

static struct settings *own(const struct pane *p)
{
	return p->own;
}

/* --- where a value stands ------------------------------------------------- */

/* Line of `key` in its section, 0 when it is not there. */
static int line_of(const char *text, const char *key)
{
	const char *section = config_section(key), *s = text;
	size_t n = strlen(key), k = strlen(section);
	int line = 1, in = 0;

	while (s && *s) {
		s += strspn(s, " \t");
		if (*s == '[')
			in = strncmp(s + 1, section, k) == 0 && s[1 + k] == ']';
		else if (in && strncmp(s, key, n) == 0 &&
			 s[n + strspn(s + n, " \t")] == '=')
			return line;
		s = strchr(s, '\n');
		if (s)
			s++;
		line++;
	}
	return 0;
}

static void forget_keys(struct settings *s)
{
	while (s->n_keys)
		free(s->keys[--s->n_keys].now);
}

/* The file the values are from, and its text; NULL: none. */
struct source {
	const char *file;
	char *text;
};

static const char *file_name(const struct source *src)
{
	const char *base = src->file ? strrchr(src->file, '/') : NULL;

	return base ? base + 1 : src->file ? src->file : "";
}

/* `shown` for people, `now` as the file would have it; NULL: it is not to be
 * changed here. */
static void value(struct pane *p, const struct source *src, const char *key,
	const char *shown, const char *now)
{
	int line = src->text ? line_of(src->text, key) : 0;
	struct settings *s = own(p);
	struct buf b = BUF_INIT;
	int from = s->r.n;

	buf_adds(&b, shown);
	if (line)
		buf_addf(&b, "  (%s:%d)", file_name(src), line);
	else
		buf_addf(&b, "  (%s)", _("built in"));
	reader_field(p->own, LABEL_W, key, ST_TEXT, buf_str(&b));
	buf_fini(&b);
	if (now && s->n_keys < MAX_KEYS)
		s->keys[s->n_keys++] = (struct setting_row){key,
			line ? config_raw(src->text, key) : xstrdup(now), from,
			s->r.n};
}

static void head(struct pane *p, const char *text)
{
	if (((struct reader *)p->own)->n)
		reader_line(p->own, ST_TEXT, 0, 0, "%s", "");
	reader_line(p->own, ST_STRONG, 0, 0, "%s", text);
}

/* --- parts ---------------------------------------------------------------- */

static const char *days_of(const struct config *c, char out[40])
{
	snprintf(out, 40, P_("%d day", "%d days", c->retention_days),
		c->retention_days);
	return c->retention_days ? out : _("everything is kept");
}

static void galley_values(
	struct pane *p, const struct config *c, const struct source *src)
{
	char span[16], days[40], raw[16];

	head(p, _("Settings"));
	reader_field(p->own, LABEL_W, _("file"), ST_TEXT,
		src->file ? src->file : _("there is none"));
	value(p, src, "language",
		c->language ? i18n_name(c->language) : _("as the system's"),
		"zh_CN");
	time_span(c->undo_ms, span);
	value(p, src, "undo", span, span);
	time_span(c->stale_ms, span);
	value(p, src, "stale", span, span);
	snprintf(raw, sizeof(raw), "%dd", c->retention_days);
	value(p, src, "retention", days_of(c, days), raw);
	value(p, src, "editor", c->editor ? c->editor : "$EDITOR",
		c->editor ? c->editor : "vi");
	value(p, src, "opener",
		c->opener ? c->opener : _("as the desktop says"),
		c->opener ? c->opener : "xdg-open");
	value(p, src, "theme", c->theme ? c->theme : _("as the terminal is"),
		c->theme ? c->theme : "dark");
	value(p, src, "role", desk_role(p->desk), NULL);
	value(p, src, "mask", c->unmasked ? "no" : "yes", NULL);
}

/* Which keys hold; a file of one's own that is wrong holds in no part. */
static void key_values(
	struct pane *p, const struct config *c, const struct source *src)
{
	static const char *const sets[] = {"vi", "plain", "emacs"};
	char *path = config_keys_path(c);
	struct keymap *k;

	head(p, _("Keys"));
	value(p, src, "keys", sets[c->keys], sets[c->keys]);
	value(p, src, "keys_file", path ? path : _("there is none"),
		path ? path : "~/.config/galley/keys");
	if (config_keys(c, c->keys, NULL, &k) < 0)
		reader_field(p->own, LABEL_W, _("wrong"), ST_BAD, err_msg());
	else
		keymap_free(k);
	err_clear();
	free(path);
}

static void notice_values(
	struct pane *p, const struct config *c, const struct source *src)
{
	static const char *const keys[] = {"call", "message", "promise", "held",
		"sync", "quiet", "desktop"};
	struct buf b = BUF_INIT;
	size_t i;

	head(p, _("Notices"));
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		buf_reset(&b);
		buf_adds(&b, "");
		notices_print(&c->notices, keys[i], &b);
		value(p, src, keys[i], b.len ? buf_str(&b) : _("never"),
			b.len ? buf_str(&b) : "22:00-07:00");
	}
	buf_fini(&b);
}

static int ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

/* The configuration takes no secrets; one that stands there all the same is not
 * for a screen that others see. */
static int is_secret(const char *key)
{
	static const char *const words[] = {
		"token", "password", "secret", "key"};
	size_t i;

	if (ends_with(key, "_command") || ends_with(key, "_file"))
		return 0;
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(key, words[i]))
			return 1;
	return 0;
}

static void connectors(
	struct pane *p, const struct config *c, const struct source *src)
{
	const struct manifest *m;
	struct buf b = BUF_INIT;
	int i, k;

	for (i = 0; i < c->n_conns; i++) {
		const struct config_conn *cc = &c->conns[i];

		buf_reset(&b);
		buf_addf(&b, _("Connector %s"), cc->name);
		head(p, buf_str(&b));
		buf_reset(&b);
		buf_addf(&b, "%s  (%s:%d)", cc->manifest ? cc->manifest : "",
			file_name(src), cc->line);
		reader_field(p->own, LABEL_W, "manifest", ST_TEXT, buf_str(&b));
		if (session_manifest(desk_session(p->desk), i, &m) == 0)
			reader_field(p->own, LABEL_W, _("about"), ST_DIM,
				manifest_about(m));
		else
			reader_field(
				p->own, LABEL_W, _("wrong"), ST_BAD, err_msg());
		for (k = 0; k < cc->n_values; k++) {
			const struct config_value *v = &cc->values[k];

			buf_reset(&b);
			buf_addf(&b, "%s  (%s:%d)",
				is_secret(v->key) ? _("(not shown)") : v->value,
				file_name(src), v->line);
			reader_field(
				p->own, LABEL_W, v->key, ST_TEXT, buf_str(&b));
		}
	}
	buf_fini(&b);
	err_clear();
}

static void left_out(struct pane *p)
{
	const char *s = session_skipped(desk_session(p->desk));

	if (!s || !*s)
		return;
	head(p, _("Left out"));
	reader_text(p->own, ST_WARN, 0, 0, s);
}

static void places(struct pane *p)
{
	static const struct {
		enum path_kind kind;
		const char *label;
	} dirs[] = {
		{PATH_CONFIG, N_("settings")},
		{PATH_DATA, N_("data")},
		{PATH_STATE, N_("state")},
		{PATH_CACHE, N_("scratch")},
		{PATH_RUNTIME, N_("running")},
	};
	char *s;
	size_t i;

	head(p, _("Places"));
	reader_field(p->own, LABEL_W, _("cache"), ST_TEXT,
		session_db_path(desk_session(p->desk)));
	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		s = path_user(dirs[i].kind, NULL);
		reader_field(p->own, LABEL_W, _(dirs[i].label), ST_TEXT, s);
		free(s);
	}
	if (path_data("themes/dark.theme", &s) == 0) {
		if (ends_with(s, "/themes/dark.theme"))
			s[strlen(s) - strlen("/themes/dark.theme")] = '\0';
		reader_field(p->own, LABEL_W, _("Program"), ST_TEXT, s);
		free(s);
	} else {
		err_clear();
	}
}

/* What the terminal says of itself; themes and colours follow from it. */
static void screen(struct pane *p)
{
	static const char *const names[] = {
		"TERM", "COLORTERM", "NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG"};
	struct buf b = BUF_INIT;
	size_t i;

	head(p, _("Screen"));
	for (i = 0; i < ARRAY_SIZE(names); i++)
		reader_field(
			p->own, LABEL_W, names[i], ST_TEXT, getenv(names[i]));
	buf_addf(&b, "UTC%+03d:%02d", desk_zone(p->desk) / 60,
		abs(desk_zone(p->desk)) % 60);
	reader_field(p->own, LABEL_W, _("zone"), ST_TEXT, buf_str(&b));
	reader_field(p->own, LABEL_W, _("sending"), ST_TEXT,
		desk_is_sender(p->desk) ? _("by this program")
					: _("by another program, or not at "
					    "all"));
	buf_fini(&b);
}

/* --- the pane ------------------------------------------------------------- */

static void keep_cursor(struct settings *s)
{
	if (s->at >= s->r.n)
		s->at = s->r.n - 1;
	if (s->at < 0)
		s->at = 0;
	if (s->r.top > s->at)
		s->r.top = s->at;
	if (s->at >= s->r.top + s->r.h)
		s->r.top = s->at - s->r.h + 1;
}

static int settings_load(struct pane *p)
{
	const struct config *c = session_config(desk_session(p->desk));
	struct source src = {.file = c->file};
	size_t len;

	if (c->file && file_read(c->file, MAX_CONFIG, &src.text, &len) < 0) {
		err_clear();
		src.text = NULL;
	}
	forget_keys(own(p));
	reader_begin(p->own, p->w, p->h);
	galley_values(p, c, &src);
	key_values(p, c, &src);
	notice_values(p, c, &src);
	free(src.text);
	connectors(p, c, &src);
	left_out(p);
	places(p);
	screen(p);
	reader_end(p->own);
	keep_cursor(own(p));
	return 0;
}

static void settings_draw(const struct pane *p, struct canvas *c)
{
	const struct settings *s = own(p);

	reader_draw(&s->r, c);
	if (p->focused && s->at >= s->r.top && s->at - s->r.top < c->h)
		canvas_tint(c, 0, s->at - s->r.top, c->w, ST_ON_CURSOR);
}

static enum pane_did settings_command(
	struct pane *p, const struct command_line *cmd)
{
	struct settings *s = own(p);
	int top = s->r.top;
	enum pane_did did;

	if (cmd->id == CMD_DOWN || cmd->id == CMD_UP) {
		s->at += cmd->id == CMD_DOWN ? 1 : -1;
		keep_cursor(s);
		return DID_DRAW;
	}
	did = textpane_command(p, cmd);
	if (cmd->id == CMD_TOP)
		s->at = 0;
	else if (cmd->id == CMD_END)
		s->at = s->r.n - 1;
	else if (s->r.hit >= 0)
		s->at = s->r.hit;
	else
		s->at += s->r.top - top;
	keep_cursor(s);
	return did;
}

static enum pane_did settings_event(struct pane *p, const struct ui_event *e)
{
	struct settings *s = own(p);
	enum pane_did did;

	if (e->kind == UI_MOUSE && e->act == MOUSE_DOWN && e->y >= 0 &&
		s->r.top + e->y < s->r.n) {
		s->at = s->r.top + e->y;
		return DID_DRAW;
	}
	did = textpane_event(p, e);
	/* the wheel moves the window, the cursor stays in it */
	if (s->at < s->r.top)
		s->at = s->r.top;
	if (s->at >= s->r.top + s->r.h)
		s->at = s->r.top + s->r.h - 1;
	return did;
}

static int settings_line(const struct pane *p, struct buf *out)
{
	const struct settings *s = own(p);
	int i;

	for (i = 0; i < s->n_keys; i++)
		if (s->at >= s->keys[i].from && s->at < s->keys[i].to) {
			buf_addf(out, "config %s %s", s->keys[i].key,
				s->keys[i].now);
			return 1;
		}
	return 0;
}

static void settings_close(struct pane *p)
{
	forget_keys(own(p));
	textpane_close(p);
}

static int settings_copy(const struct pane *p, struct buf *out)
{
	const struct settings *s = own(p);
	const char *text, *sep;

	if (s->at >= s->r.n)
		return 0;
	text = s->r.v[s->at].text;
	sep = strchr(text, '\x1f'); /* between label and value */
	if (sep)
		buf_addf(out, "%.*s = %s", (int)(sep - text), text, sep + 1);
	else
		buf_adds(out, text);
	return out->len > 0;
}

const struct pane_ops pane_settings = {
	.name = "settings",
	.title = N_("Settings"),
	.topics = TOPIC_CONN,
	.contexts = CX_TEXT,
	.min_w = 28,
	.min_h = 4,
	.good_w = 64,
	.good_h = 20,
	.drop = 9,
	.state_size = sizeof(struct settings),
	.open = textpane_open,
	.close = settings_close,
	.load = settings_load,
	.draw = settings_draw,
	.command = settings_command,
	.event = settings_event,
	.filter = textpane_filter,
	.copy = settings_copy,
	.line = settings_line,
};
