/* SPDX-License-Identifier: MIT */
/*
 * What is set and where it is set: file and line of each value, or that it is
 * built in. To read; a setting is changed in its file, and a secret is shown by
 * no name of it.
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

struct settings {
	struct reader r; /* first */
	int at;
};

static struct settings *own(const struct pane *p)
{
	return p->own;
}

/* --- where a value stands ------------------------------------------------- */

/* Line of `key` in the section [galley], 0 when it is not there. */
static int line_of(const char *text, const char *key)
{
	size_t n = strlen(key);
	int line = 1, in = 0;
	const char *s = text;

	while (s && *s) {
		s += strspn(s, " \t");
		if (*s == '[')
			in = strncmp(s, "[galley]", 8) == 0;
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

static void value(struct pane *p, const char *file, const char *text,
	const char *key, const char *v)
{
	int line = text ? line_of(text, key) : 0;
	const char *base = file ? strrchr(file, '/') : NULL;
	struct buf b = BUF_INIT;

	buf_adds(&b, v);
	if (line)
		buf_addf(&b, "  (%s:%d)", base ? base + 1 : file, line);
	else
		buf_addf(&b, "  (%s)", _("built in"));
	reader_field(p->own, LABEL_W, key, ST_TEXT, buf_str(&b));
	buf_fini(&b);
}

static void head(struct pane *p, const char *text)
{
	if (((struct reader *)p->own)->n)
		reader_line(p->own, ST_TEXT, 0, 0, "%s", "");
	reader_line(p->own, ST_STRONG, 0, 0, "%s", text);
}

/* --- parts ---------------------------------------------------------------- */

static void galley_values(struct pane *p, const struct config *c)
{
	char span[16], *text = NULL, days[40];
	const char *f = c->file;
	size_t len;

	if (f && file_read(f, MAX_CONFIG, &text, &len) < 0) {
		err_clear();
		text = NULL;
	}
	head(p, _("Settings"));
	reader_field(p->own, LABEL_W, _("file"), ST_TEXT,
		f ? f : _("there is none"));
	value(p, f, text, "language",
		c->language ? c->language : _("as the system's"));
	time_span(c->undo_ms, span);
	value(p, f, text, "undo", span);
	time_span(c->stale_ms, span);
	value(p, f, text, "stale", span);
	snprintf(days, sizeof(days), P_("%d day", "%d days", c->retention_days),
		c->retention_days);
	value(p, f, text, "retention",
		c->retention_days ? days : _("everything is kept"));
	value(p, f, text, "editor", c->editor ? c->editor : "$EDITOR");
	value(p, f, text, "opener",
		c->opener ? c->opener : _("as the desktop's"));
	value(p, f, text, "role", desk_role(p->desk));
	value(p, f, text, "mask", c->unmasked ? "no" : "yes");
	free(text);
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

static void connectors(struct pane *p, const struct config *c)
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
			_("line"), cc->line);
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
				_("line"), v->line);
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

	reader_begin(p->own, p->w, p->h);
	galley_values(p, c);
	connectors(p, c);
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
	.close = textpane_close,
	.load = settings_load,
	.draw = settings_draw,
	.command = settings_command,
	.event = settings_event,
	.filter = textpane_filter,
	.copy = settings_copy,
};
