/* SPDX-License-Identifier: MIT */
/*
 * Settings that are changed at the screen: one line of the configuration file,
 * and what can hold at once does. Who one is, and what one may see, is set in
 * the file by hand.
 */
#include "bench_priv.h"

#include <stdlib.h>
#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

static const struct config *config_of(struct bench *b)
{
	return session_config(desk_session(b->desk));
}

static int may_change(const char *key)
{
	if (!config_section(key))
		return err_set(E_NOTFOUND,
			_("there is no setting `%s`; settings shows them all"),
			key);
	if (strcmp(key, "role") == 0 || strcmp(key, "mask") == 0)
		return err_set(
			E_INPUT, _("%s is changed in the file itself"), key);
	return 0;
}

static const char *const sets[] = {"vi", "plain", "emacs"};

static int theme_now(struct bench *b, const char *name)
{
	struct theme *t;
	int rc = theme_load(name, &t);
	char *was = b->theme_name;

	if (rc < 0)
		return rc;
	term_set_theme(b->term, t);
	theme_free(b->theme);
	b->theme = t;
	b->theme_name = xstrdup(name);
	free(was);
	b->aimed = 0;
	term_redraw(b->term);
	return 0;
}

int setting_theme_again(struct bench *b)
{
	return b->theme_name ? theme_now(b, b->theme_name) : 0;
}

/* What the screen shows follows at once. */
static int hold_now(struct bench *b, const char *key)
{
	const struct config *c = config_of(b);

	if (strcmp(key, "language") == 0 && c->language)
		return bench_language(b, c->language);
	if (strcmp(key, "keys") == 0 || strcmp(key, "keys_file") == 0)
		return bench_keys(b, sets[c->keys]);
	if (strcmp(key, "theme") == 0 && c->theme)
		return theme_now(b, c->theme);
	if (strcmp(key, "desktop") == 0)
		term_notify_by(b->term, (enum notify_by)c->notices.by);
	return 0;
}

static void load_again(struct bench *b)
{
	int i;

	for (i = 0; i < b->n_slots; i++)
		if (strcmp(b->slots[i].pane.ops->name, "settings") == 0)
			b->slots[i].dirty = 1;
}

/* What was written into the file by others. */
struct reread {
	struct config_changes all;
	struct buf later; /* what holds from the next start on */
	int keys, taken;
};

static void take_change(
	struct bench *b, struct reread *r, const struct config_change *c)
{
	if (c->wrong) {
		desk_say(b->desk, NOTICE_ERROR, "%s", c->wrong);
		return;
	}
	r->taken++;
	if (!c->now)
		buf_addf(&r->later, "%s%s", r->later.len ? ", " : "", c->what);
	else if (strncmp(c->what, "keys", 4) == 0 && r->keys++)
		return; /* the set and its file are read as one */
	else if (hold_now(b, c->what) < 0)
		desk_say_err(b->desk);
}

int setting_reread(struct bench *b, int mended)
{
	struct reread r = {.later = BUF_INIT};
	struct arena *a = arena_new();
	int rc = session_reread(desk_session(b->desk), a, &r.all), i;

	for (i = 0; rc == 0 && i < r.all.n; i++)
		take_change(b, &r, &r.all.v[i]);
	if (r.later.len)
		desk_say(b->desk, NOTICE_DONE,
			_("the settings were read anew; these hold from the "
			  "next start: %s"),
			buf_str(&r.later));
	else if (rc == 0 && (r.taken || (mended && !r.all.n)))
		desk_say(b->desk, NOTICE_DONE, "%s",
			_("the settings were read anew"));
	load_again(b);
	buf_fini(&r.later);
	arena_free(a);
	return rc;
}

int setting_change(struct bench *b, const struct command_line *cmd)
{
	const char *key = cmd->argc ? cmd->argv[0] : "", *value;
	int now = 0, rc = may_change(key);

	if (rc < 0)
		return rc;
	value = cmd->rest + strlen(key);
	value += strspn(value, " \t");
	if (!*value)
		return err_set(E_INPUT,
			_("say what %s shall be, or default for what is built "
			  "in"),
			key);
	if (setting_reread(b, 0) < 0) /* what others have written there */
		err_clear();
	rc = session_change(desk_session(b->desk), key,
		strcmp(value, "default") == 0 ? NULL : value, &now);
	if (rc == 0 && now)
		rc = hold_now(b, key);
	if (rc < 0)
		return rc;
	load_again(b);
	desk_say(b->desk, NOTICE_DONE,
		now ? _("%s: kept in %s")
		    : _("%s: kept in %s, it holds from the next start"),
		key, config_of(b)->file);
	return 0;
}

int setting_row(struct bench *b)
{
	const struct slot *s = bench_slot(b);
	struct buf line = BUF_INIT;
	int there = s && s->opened && s->pane.ops->line &&
		    s->pane.ops->line(&s->pane, &line);

	if (there)
		overlay_line(b, buf_str(&line));
	buf_fini(&line);
	return there;
}

/* What holds for this run may hold from the next start on too. */
static void offer(
	struct bench *b, const char *key, const char *value, const char *kept)
{
	char *line;

	if (kept && strcmp(kept, value) == 0)
		return;
	line = xasprintf("config %s %s", key, value);
	desk_offer(b->desk, line);
	free(line);
}

int setting_language(struct bench *b, const char *lang)
{
	int rc = bench_language(b, lang);

	if (rc < 0)
		return rc;
	desk_say(b->desk, NOTICE_DONE,
		_("The language is %s now, for this run"), i18n_name(lang));
	offer(b, "language", lang, config_of(b)->language);
	return 0;
}

int setting_keys(struct bench *b, const char *what)
{
	int is_set = keyset_by_name(what) >= 0, rc = bench_keys(b, what);
	char *path = is_set ? NULL : realpath(what, NULL);

	if (rc == 0) {
		desk_say(b->desk, NOTICE_DONE,
			_("The keys are those of %s now, for this run"), what);
		offer(b, is_set ? "keys" : "keys_file", path ? path : what,
			is_set ? sets[config_of(b)->keys]
			       : config_of(b)->keys_file);
	}
	free(path);
	return rc;
}

int setting_theme(struct bench *b, const char *name)
{
	int rc = theme_now(b, name);
	char *path = strchr(name, '/') ? realpath(name, NULL) : NULL;

	if (rc == 0) {
		desk_say(b->desk, NOTICE_DONE,
			_("The theme is %s now, for this run"), name);
		offer(b, "theme", path ? path : name, config_of(b)->theme);
	}
	free(path);
	return rc;
}

int setting_keep(struct bench *b)
{
	char *line = desk_take_offer(b->desk);
	int rc = line ? bench_command(b, line)
		      : err_set(E_NOTFOUND, _("nothing is to be kept"));

	free(line);
	return rc;
}
