/* SPDX-License-Identifier: MIT */
/*
 * galley init: asks for one backend, tries it, writes the configuration. Every
 * answer can be an option, so scripts need no terminal. A typed secret goes to
 * a file that only its owner can read; the configuration names the file.
 */
#include "setup.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "galley/app/probe.h"
#include "galley/base/embed.h"
#include "galley/base/harden.h"
#include "galley/base/paths.h"

struct init {
	struct cli *c;
	char *path;	 /* of the configuration */
	char *old;	 /* its text, "" when new */
	struct buf text; /* what it becomes */
	struct manifest *m;
	const char *name, *manifest;
	/* secret files this run has made, to be taken back on failure */
	const char *made[16];
	int n_made;
};

char *shipped_manifest(int want)
{
	const char *name;

	for (int i = 0; (name = embed_name(i)) != NULL; i++) {
		size_t len = strlen(name);

		if (strncmp(name, "connectors/", 11) != 0 || len < 17 ||
			strcmp(name + len - 5, ".json") != 0)
			continue;
		if (want-- == 0)
			return xstrndup(name + 11, len - 16);
	}
	return NULL;
}

static void list_manifests(struct cli *c)
{
	char *name;

	for (int i = 0; (name = shipped_manifest(i)) != NULL; i++) {
		struct manifest *m;

		if (manifest_load(name, &m) == 0) {
			fprintf(stderr, "  %-12s %s%s%s\n", name,
				manifest_title(m),
				*manifest_about(m) ? ", " : "",
				manifest_text(c, manifest_about(m)));
			manifest_free(m);
		}
		free(name);
	}
}

/* Nobody is there to answer: what has a default takes it. */
static int silent(const struct cli *c)
{
	return opt(c, "yes") || !c->tty_in || !c->tty_err;
}

/* An option's value, or an answer; in the arena. */
static int answer(struct cli *c, const char *option, const char *question,
	const char *def, const char **out)
{
	const char *v = opt(c, option);
	char *line;
	int rc;

	if (v && *v) {
		*out = v;
		return 0;
	}
	if (silent(c)) {
		if (!def)
			return err_set(E_INPUT, _("--%s is needed"), option);
		*out = def;
		return 0;
	}
	rc = ask_line(c, question, def, &line);
	if (rc < 0)
		return rc;
	*out = arena_strdup(c->arena, line);
	free(line);
	return 0;
}

/* "key=value" among the values of a repeated option. */
static const char *keyed(struct cli *c, const char *option, const char *key)
{
	size_t n = strlen(key);
	const char *v;

	for (int i = 0; (v = opt_nth(c, option, i)) != NULL; i++)
		if (!strncmp(v, key, n) && v[n] == '=')
			return v + n + 1;
	return NULL;
}

/* Is "key=value" this setting? A secret is named by its own options, or as
 * in the file: token_file=PATH, token_command=..., token_secret=... */
static int names_setting(const struct setting *s, const char *v, int secret)
{
	static const char *const ways[] = {"_file=", "_command=", "_secret="};
	size_t n = strlen(s->name);

	if (strncmp(v, s->name, n) != 0)
		return 0;
	if (v[n] == '=')
		return (s->type == SET_SECRET) == secret;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		if (s->type == SET_SECRET && !secret &&
			!strncmp(v + n, ways[i], strlen(ways[i])))
			return 1;
	return 0;
}

static int check_keys(struct init *in)
{
	static const char *const options[] = {
		"set", "secret-file", "secret-command", "secret"};
	int n;
	const struct setting *s = manifest_settings(in->m, &n);

	for (size_t o = 0; o < ARRAY_SIZE(options); o++)
		for (int i = 0; opt_nth(in->c, options[o], i); i++) {
			const char *v = opt_nth(in->c, options[o], i);
			int known = !strncmp(v, "ca_file=", 8) ||
				    !strncmp(v, "allow_plain=", 12);

			for (int k = 0; k < n; k++)
				known |= names_setting(&s[k], v, o > 0);
			if (!known)
				return err_set(E_INPUT,
					_("--%s %s: no such setting; galley connector show %s lists them"),
					options[o], v, in->manifest);
		}
	return 0;
}

static void add_value(struct init *in, const char *key, const char *v)
{
	/* a value that begins with a quotation mark or ends in a space would
	 * be read otherwise */
	if (*v == '"' || *v == ' ' || (*v && v[strlen(v) - 1] == ' ')) {
		buf_addf(&in->text, "%s = \"", key);
		for (; *v; v++)
			buf_addf(&in->text, "%s%c",
				*v == '"' || *v == '\\' ? "\\" : "", *v);
		buf_adds(&in->text, "\"\n");
	} else {
		buf_addf(&in->text, "%s = %s\n", key, v);
	}
}

/* --- secrets -------------------------------------------------------------- */

static int keep_secret(
	struct init *in, const struct setting *s, const char *secret)
{
	struct cli *c = in->c;
	char *dir = path_user(PATH_CONFIG, "secrets");
	const char *file =
		arena_printf(c->arena, "%s/%s.%s", dir, in->name, s->name);
	int rc = path_make_private(dir);

	if (rc == 0 && access(file, F_OK) == 0 && !opt(c, "force"))
		rc = err_set(E_EXISTS,
			_("%s is there already; --force replaces it"), file);
	if (rc == 0)
		rc = file_write(file, secret, strlen(secret));
	free(dir);
	if (rc < 0)
		return rc;
	if (in->n_made < (int)ARRAY_SIZE(in->made))
		in->made[in->n_made++] = file;
	add_value(in, arena_printf(c->arena, "%s_file", s->name), file);
	return 0;
}

static int ask_for_secret(struct init *in, const struct setting *s)
{
	struct cli *c = in->c;
	char *secret;
	int rc;

	if (silent(c))
		return s->optional
			       ? 0
			       : err_set(E_INPUT,
					 _("--secret-file %s=FILE or --secret-command %s=COMMAND is needed"),
					 s->name, s->name);
	rc = ask_secret(c,
		arena_printf(c->arena, _("%s (not shown while you type):"),
			manifest_text(c, s->label)),
		&secret);
	if (rc < 0)
		return rc;
	if (*secret)
		rc = keep_secret(in, s, secret);
	else if (!s->optional)
		rc = err_set(
			E_INPUT, _("%s is needed"), manifest_text(c, s->label));
	secret_free(secret);
	return rc;
}

static int secret_value(struct init *in, const struct setting *s)
{
	static const struct {
		const char *option, *way;
	} ways[] = {{"secret-file", "file"}, {"secret-command", "command"},
		{"secret", "secret"}};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		const char *key = arena_printf(
			in->c->arena, "%s_%s", s->name, ways[i].way);
		const char *v = keyed(in->c, ways[i].option, s->name);

		if (!v)
			v = keyed(in->c, "set", key);
		if (!v)
			continue;
		if (!strcmp(ways[i].way, "file")) {
			char *full = realpath(v, NULL);

			if (!full)
				return err_set(E_INPUT, _("no file %s"), v);
			v = arena_strdup(in->c->arena, full);
			free(full);
		}
		add_value(in, key, v);
		return 0;
	}
	return ask_for_secret(in, s);
}

/* --- settings ------------------------------------------------------------- */

static int plain_value(struct init *in, const struct setting *s)
{
	struct cli *c = in->c;
	const char *v = keyed(c, "set", s->name);
	char *line;
	int rc;

	if (v) {
		if (*v)
			add_value(in, s->name, v);
		return 0;
	}
	if (silent(c))
		return s->optional
			       ? 0
			       : err_set(E_INPUT, _("--set %s=... is needed"),
					 s->name);
	rc = ask_line(c,
		arena_printf(c->arena,
			s->optional ? _("%s (may be empty):") : "%s:",
			manifest_text(c, s->label)),
		NULL, &line);
	if (rc < 0)
		return rc;
	if (*line)
		add_value(in, s->name, line);
	else if (!s->optional)
		rc = err_set(
			E_INPUT, _("%s is needed"), manifest_text(c, s->label));
	free(line);
	return rc;
}

static int all_settings(struct init *in)
{
	static const char *const extra[] = {"ca_file", "allow_plain"};
	int n, rc = 0;
	const struct setting *s = manifest_settings(in->m, &n);

	for (int i = 0; rc == 0 && i < n; i++)
		rc = s[i].type == SET_SECRET ? secret_value(in, &s[i])
					     : plain_value(in, &s[i]);
	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(extra); i++)
		if (keyed(in->c, "set", extra[i]))
			add_value(in, extra[i], keyed(in->c, "set", extra[i]));
	return rc;
}

/* --- the file ------------------------------------------------------------- */

static int read_old(struct init *in)
{
	size_t len;
	int rc = file_read(in->path, 1 << 20, &in->old, &len);

	if (rc == E_NOTFOUND) {
		in->old = xstrdup("");
		return 0;
	}
	return rc;
}

static int head(struct init *in)
{
	const char *lang;
	int rc;

	if (*in->old) {
		size_t len = strlen(in->old);

		buf_adds(&in->text, in->old);
		if (in->old[len - 1] != '\n')
			buf_addc(&in->text, '\n');
		return 0;
	}
	rc = answer(in->c, "language",
		_("Language (en, zh_CN, zh_TW; empty: the system's):"), "",
		&lang);
	if (rc < 0)
		return rc;
	buf_adds(&in->text,
		"# galley-config(5) explains every line\n[galley]\n");
	if (*lang)
		add_value(in, "language", lang);
	return 0;
}

/* Said now, not after all the other questions. */
static int name_is_free(struct init *in, const struct config *old)
{
	for (int i = 0; old && i < old->n_conns; i++)
		if (!strcmp(old->conns[i].name, in->name))
			return err_set(E_INPUT,
				_("there is a connector \"%s\" in %s already; choose another name"),
				in->name, in->path);
	return 0;
}

static int choose_name(struct init *in)
{
	struct cli *c = in->c;
	struct config *old = NULL;
	int again, rc = 0;

	if (*in->old)
		rc = config_parse(in->path, in->old, strlen(in->old), &old);
	if (rc < 0)
		return rc;
	do {
		rc = answer(c, "name", _("What shall it be called here?"),
			manifest_id(in->m), &in->name);
		if (rc < 0)
			break;
		rc = name_is_free(in, old);
		again = rc < 0 && !silent(c) && !opt(c, "name");
		if (again)
			fprintf(stderr, "%s\n", err_msg());
	} while (again);
	config_free(old);
	return rc;
}

static int choose_backend(struct init *in)
{
	struct cli *c = in->c;
	int rc;

	if (!opt(c, "manifest") && c->tty_in && c->tty_err) {
		fprintf(stderr, "%s\n", _("Backends:"));
		list_manifests(c);
	}
	rc = answer(c, "manifest", _("Which backend?"), NULL, &in->manifest);
	if (rc == 0)
		rc = manifest_load(in->manifest, &in->m);
	if (rc == 0)
		rc = choose_name(in);
	if (rc == 0)
		rc = check_keys(in);
	if (rc < 0)
		return rc;
	/* a path must hold from any directory */
	if (strchr(in->manifest, '/')) {
		char *full = realpath(in->manifest, NULL);

		in->manifest =
			arena_strdup(c->arena, full ? full : in->manifest);
		free(full);
	}
	return 0;
}

static int compose(struct init *in)
{
	int rc = head(in);

	if (rc == 0)
		rc = choose_backend(in);
	if (rc < 0)
		return rc;
	buf_addf(&in->text, "\n[connector %s]\n", in->name);
	add_value(in, "manifest", in->manifest);
	return all_settings(in);
}

static int try_it(struct init *in, const struct config *conf)
{
	struct probe_result res;
	const struct config_conn *cc = &conf->conns[conf->n_conns - 1];
	struct cli *c = in->c;
	int rc, code;

	if (opt(c, "no-test"))
		return 0;
	if (pr_human(c->pr))
		fprintf(stderr, _("trying %s ...\n"), in->name);
	rc = probe_connector(conf, cc, in->m, &stop_asked, &res);
	if (rc == 0) {
		pr_line(c->pr, ST_GOOD, _("%s answers; you are %s there"),
			in->name, *res.me ? res.me : "?");
		pr_kstr(c->pr, "me", NULL, res.me);
		return 0;
	}
	if (silent(c) || stop_asked)
		return rc;
	code = rc;
	fprintf(stderr, "%s\n", err_msg());
	rc = ask_yes(c, _("Write the configuration all the same?"));
	return rc == 1	? 0
	       : rc < 0 ? rc
			: err_set(code, _("nothing was written"));
}

static int write_it(struct init *in)
{
	char *dir = xstrdup(in->path);
	char *slash = strrchr(dir, '/');
	int rc = 0;

	if (slash && slash != dir) {
		*slash = '\0';
		/* a directory of the person's own choice is theirs to close */
		if (!in->c->config_path)
			rc = path_make_private(dir);
	}
	free(dir);
	return rc < 0 ? rc : file_write(in->path, in->text.p, in->text.len);
}

static int init_run(struct init *in)
{
	struct config *conf = NULL;
	int rc = read_old(in);

	if (rc == 0)
		rc = compose(in);
	if (rc == 0)
		rc = config_parse(
			in->path, buf_str(&in->text), in->text.len, &conf);
	if (rc == 0) {
		pr_begin(in->c->pr, "init/1");
		rc = try_it(in, conf);
	}
	if (rc == 0)
		rc = write_it(in);
	config_free(conf);
	if (rc < 0)
		return rc;
	pr_kstr(in->c->pr, "file", NULL, in->path);
	pr_kstr(in->c->pr, "connector", NULL, in->name);
	pr_line(in->c->pr, ST_PLAIN, _("wrote %s; now run `galley sync`"),
		in->path);
	pr_end(in->c->pr);
	return 0;
}

int cmd_init(struct cli *c)
{
	struct init in = {.c = c};
	int rc;

	stop_catch();
	in.path = c->config_path ? xstrdup(c->config_path)
				 : path_user(PATH_CONFIG, "config");
	rc = init_run(&in);
	if (rc < 0)
		for (int i = 0; i < in.n_made; i++)
			unlink(in.made[i]);
	manifest_free(in.m);
	buf_fini(&in.text);
	free(in.old);
	free(in.path);
	return rc;
}

const struct opt init_opts[] = {
	{"manifest", 'm', "NAME|FILE", N_("which kind of backend")},
	{"name", 'n', "NAME", N_("what it is called here")},
	{"set", 0, "KEY=VALUE", N_("a setting of it; may be repeated")},
	{"secret-file", 0, "KEY=FILE",
		N_("a secret is in this file (mode 600)")},
	{"secret-command", 0, "KEY=COMMAND",
		N_("a secret comes from a program")},
	{"secret", 0, "KEY=ATTRIBUTES",
		N_("a secret is in the secret service (secret-tool)")},
	{"language", 0, "LANG", N_("en, zh_CN or zh_TW")},
	{"no-test", 0, NULL, N_("do not try the server")},
	{"force", 0, NULL, N_("replace kept secrets")},
	{"yes", 'y', NULL, N_("ask nothing")},
	{NULL, 0, NULL, NULL},
};
