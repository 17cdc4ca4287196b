/* SPDX-License-Identifier: MIT */
/*
 * Connectors and files that people write: listing, describing, testing,
 * checking. init and doctor have files of their own.
 */
#include "setup.h"

#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "galley/app/setup.h"
#include "galley/base/paths.h"

/* --- connector ------------------------------------------------------------ */

static const struct col manifest_cols[] = {
	{"name", N_("name"), CT_TEXT, 0},
	{"title", N_("title"), CT_TEXT, 0},
	{"about", N_("remark"), CT_TEXT, CF_FLEX},
	{"instance", N_("used as"), CT_TEXT, 0},
};

/* The configuration is a help here, not a need. */
static const char *instances(struct cli *c, const char *manifest)
{
	struct buf b = BUF_INIT;
	const struct config *conf;
	const char *s;

	if (!c->session)
		return NULL;
	conf = session_config(c->session);
	for (int i = 0; i < conf->n_conns; i++)
		if (!strcmp(conf->conns[i].manifest, manifest))
			buf_addf(&b, "%s%s", b.len ? ", " : "",
				conf->conns[i].name);
	s = b.len ? arena_strdup(c->arena, buf_str(&b)) : NULL;
	buf_fini(&b);
	return s;
}

static void manifest_row(struct cli *c, const char *name)
{
	struct manifest *m;

	pr_row(c->pr);
	pr_text(c->pr, 0, name);
	if (manifest_load(name, &m) == 0) {
		pr_text(c->pr, 1, manifest_title(m));
		pr_text(c->pr, 2, manifest_text(c, manifest_about(m)));
		manifest_free(m);
	} else {
		pr_text(c->pr, 2, err_msg());
		pr_style(c->pr, 2, ST_BAD);
	}
	pr_text(c->pr, 3, instances(c, name));
	pr_row_end(c->pr);
}

static int connector_list(struct cli *c, const char *name)
{
	char *m;
	int rc;

	(void)name;
	pr_begin(c->pr, "connector-list/1");
	rc = pr_list(c->pr, "manifests", manifest_cols,
		(int)ARRAY_SIZE(manifest_cols));
	for (int i = 0; rc == 0 && (m = setup_shipped(i)) != NULL; i++) {
		manifest_row(c, m);
		free(m);
	}
	if (rc == 0)
		pr_list_end(c->pr);
	pr_end(c->pr);
	return rc;
}

/* A file, a shipped name, or a connector of the configuration. */
static int load_named(struct cli *c, const char *name, struct manifest **m)
{
	const struct config *conf =
		c->session ? session_config(c->session) : NULL;

	for (int i = 0; conf && i < conf->n_conns; i++)
		if (!strcmp(conf->conns[i].name, name))
			name = conf->conns[i].manifest;
	return manifest_load(name, m);
}

static int connector_show(struct cli *c, const char *name)
{
	static const char *const types[] = {
		"string", "url", "int", "bool", "secret"};
	static const struct col cols[] = {
		{"setting", N_("setting"), CT_TEXT, 0},
		{"type", N_("type"), CT_TEXT, 0},
		{"optional", N_("optional"), CT_BOOL, 0},
		{"label", N_("label"), CT_TEXT, CF_FLEX}};
	struct manifest *m;
	struct buf b = BUF_INIT;
	const struct setting *s;
	int n, rc = load_named(c, name, &m);

	if (rc < 0)
		return rc;
	pr_begin(c->pr, "connector/1");
	pr_kstr(c->pr, "id", _("Manifest"), manifest_id(m));
	pr_kstr(c->pr, "title", _("Title"), manifest_title(m));
	pr_kstr(c->pr, "about", _("Remark"),
		manifest_text(c, manifest_about(m)));
	pr_gap(c->pr);
	s = manifest_settings(m, &n);
	rc = pr_list(c->pr, "settings", cols, (int)ARRAY_SIZE(cols));
	for (int i = 0; rc == 0 && i < n; i++) {
		pr_row(c->pr);
		pr_text(c->pr, 0, s[i].name);
		pr_text(c->pr, 1, types[s[i].type]);
		pr_bool(c->pr, 2, s[i].optional);
		pr_text(c->pr, 3, manifest_text(c, s[i].label));
		pr_row_end(c->pr);
	}
	if (rc == 0)
		pr_list_end(c->pr);
	manifest_describe(m, &b);
	pr_gap(c->pr);
	pr_para(c->pr, ST_PLAIN, 0, buf_str(&b));
	pr_kstr(c->pr, "operations", NULL, buf_str(&b));
	pr_end(c->pr);
	buf_fini(&b);
	manifest_free(m);
	return rc;
}

static int connector_test(struct cli *c, const char *name)
{
	struct manifest *m;
	struct buf report = BUF_INIT;
	int failed, rc = load_named(c, name, &m);

	if (rc < 0)
		return rc;
	failed = manifest_test(m, NULL, &report);
	manifest_free(m);
	if (failed >= 0) {
		pr_begin(c->pr, "connector-test/1");
		pr_para(c->pr, ST_PLAIN, 0, buf_str(&report));
		pr_kstr(c->pr, "report", NULL, buf_str(&report));
		pr_kint(c->pr, "failed", NULL, failed);
		pr_line(c->pr, failed ? ST_BAD : ST_GOOD,
			P_("%d fixture failed", "%d fixtures failed", failed),
			failed);
		pr_end(c->pr);
	}
	buf_fini(&report);
	return failed > 0 ? err_exit_status(E_PROTO) : failed;
}

static int try_conn(struct cli *c, const struct config *conf, int i)
{
	struct probe_result res;
	const struct config_conn *cc = &conf->conns[i];
	const struct manifest *m;
	struct buf b = BUF_INIT;
	int rc = session_manifest(c->session, i, &m);

	stop_catch();
	if (rc == 0)
		rc = probe_connector(conf, cc, m, &stop_asked, &res);
	if (rc < 0)
		return rc;
	pr_begin(c->pr, "connector-try/1");
	pr_kstr(c->pr, "name", NULL, cc->name);
	pr_kstr(c->pr, "me", NULL, res.me);
	pr_kint(c->pr, "requests", NULL, res.requests);
	pr_line(c->pr, ST_GOOD, _("%s answers; you are %s there"), cc->name,
		*res.me ? res.me : "?");
	manifest_describe(m, &b);
	pr_gap(c->pr);
	pr_para(c->pr, ST_PLAIN, 0, buf_str(&b));
	pr_kstr(c->pr, "operations", NULL, buf_str(&b));
	pr_end(c->pr);
	buf_fini(&b);
	return 0;
}

static int connector_try(struct cli *c, const char *name)
{
	const struct config *conf;

	if (!c->session)
		return session_open(c->config_path, &c->session);
	conf = session_config(c->session);
	for (int i = 0; i < conf->n_conns; i++)
		if (!strcmp(conf->conns[i].name, name))
			return try_conn(c, conf, i);
	return err_set(E_INPUT,
		_("no connector \"%s\" in %s; galley init --manifest %s adds one and tries it"),
		name, conf->file, name);
}

static const struct {
	const char *word;
	int (*run)(struct cli *, const char *);
	int needs_name;
} verbs[] = {
	{"list", connector_list, 0},
	{"show", connector_show, 1},
	{"test", connector_test, 1},
	{"try", connector_try, 1},
};

int cmd_connector(struct cli *c)
{
	const char *word = c->n_args ? c->args[0] : "list";

	if (session_open(c->config_path, &c->session) < 0)
		c->session = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(word, verbs[i].word) != 0)
			continue;
		if (verbs[i].needs_name && c->n_args != 2)
			return err_set(E_INPUT,
				_("which one? galley connector %s NAME|FILE"),
				word);
		return verbs[i].run(c, c->n_args > 1 ? c->args[1] : NULL);
	}
	return err_set(E_INPUT,
		_("no \"connector %s\"; there are list, show, test, try"),
		word);
}

/* --- check ---------------------------------------------------------------- */

static int check_config(const char *file)
{
	struct config *c;
	int rc = config_load(file, &c);

	if (rc < 0)
		return rc;
	for (int i = 0; rc == 0 && i < c->n_conns; i++)
		rc = config_conn_check(c, &c->conns[i]);
	config_free(c);
	return rc;
}

static int check_manifest(const char *file)
{
	struct manifest *m;
	int rc = manifest_load(file, &m);

	if (rc == 0)
		manifest_free(m);
	return rc;
}

/* By its name's end, else by its first character that is no space: JSON begins
 * with { or a comment. */
static int check_file(const char *file)
{
	char *text;
	size_t len, at;
	int rc = file_read(file, 8u << 20, &text, &len);
	char first;

	if (rc < 0)
		return rc;
	at = strspn(text, " \t\r\n");
	first = text[at];
	if (check_by_name(file, text, len, &rc)) {
		free(text);
		return rc;
	}
	free(text);
	/* a bare name would be looked up among the shipped ones */
	if (first == '{' || first == '/') {
		char *path = realpath(file, NULL);

		rc = check_manifest(path ? path : file);
		free(path);
		return rc;
	}
	return check_config(file);
}

int cmd_check(struct cli *c)
{
	static const struct col cols[] = {{"file", N_("file"), CT_TEXT, 0},
		{"ok", N_("ok"), CT_BOOL, 0},
		{"message", N_("what"), CT_TEXT, 0}};
	int bad = 0, rc;

	pr_begin(c->pr, "check/1");
	rc = pr_list(c->pr, "files", cols, 3);
	for (int i = 0; rc == 0 && i < c->n_args; i++) {
		int one = check_file(c->args[i]);

		pr_row(c->pr);
		pr_text(c->pr, 0, c->args[i]);
		pr_bool(c->pr, 1, one == 0);
		pr_text(c->pr, 2, one == 0 ? NULL : err_msg());
		pr_style(c->pr, 2, ST_BAD);
		pr_row_end(c->pr);
		bad += one != 0;
	}
	if (rc < 0)
		return rc;
	pr_list_end(c->pr);
	pr_end(c->pr);
	return bad ? err_exit_status(E_CONFIG) : 0;
}

#define SETTING_UP N_("Setting up")

const struct command commands_setup[] = {
	{.name = "init",
		.group = SETTING_UP,
		.args = "",
		.text = N_(
			"connect a backend: ask, try, write the configuration"),
		.more = N_(
			"Without a terminal every answer must be an option:\n  galley init --manifest rt5 --name rt --set base=https://rt.example.org \\\n    --secret-file token=/home/me/rt.token --yes"),
		.run = cmd_init,
		.opts = init_opts},
	{.name = "doctor",
		.group = SETTING_UP,
		.args = "",
		.text = N_("one page about this installation, safe to paste"),
		.run = cmd_doctor,
		.opts = doctor_opts},
	{.name = "connector",
		.group = SETTING_UP,
		.args = "list | show NAME | test NAME|FILE | try NAME",
		.text = N_(
			"backends: what there is, what they can, does it work"),
		.run = cmd_connector,
		.max_args = 2},
	{.name = "check",
		.group = SETTING_UP,
		.args = "FILE...",
		.text = N_("look for mistakes in files that you have written"),
		.more = N_("Configuration, manifests, and by their names "
			   "scenarios (.scenario), situation rules (.rules), "
			   "texts and changes ready to use (.macro), forms "
			   "(.form), scripts (.script), keys (.keys) and "
			   "themes (.theme) are read as galley reads them."),
		.run = cmd_check,
		.min_args = 1,
		.max_args = -1},
	{0},
};
