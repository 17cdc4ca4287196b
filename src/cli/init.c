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
#include "galley/app/setup.h"
#include "galley/base/harden.h"

struct init {
	struct cli *c;
	struct setup *s;
	const struct manifest *m;
	const char *name;
};

static void list_manifests(struct cli *c)
{
	char *name;

	for (int i = 0; (name = setup_shipped(i)) != NULL; i++) {
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
					options[o], v,
					setup_manifest_name(in->s));
		}
	return 0;
}

/* --- secrets -------------------------------------------------------------- */

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
		rc = setup_secret(
			in->s, s->name, secret, opt(c, "force") != NULL);
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
		setup_value(in->s, key, v);
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
			setup_value(in->s, s->name, v);
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
		setup_value(in->s, s->name, line);
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
			setup_value(
				in->s, extra[i], keyed(in->c, "set", extra[i]));
	return rc;
}

/* --- the file ------------------------------------------------------------- */

static int choose_language(struct init *in, const char **lang)
{
	*lang = "";
	if (!setup_is_first(in->s))
		return 0;
	return answer(in->c, "language",
		_("Language (en, zh_CN, zh_TW; empty: the system's):"), "",
		lang);
}

/* Said now, not after all the other questions. */
static int choose_name(struct init *in, const char *def)
{
	struct cli *c = in->c;
	int again, rc;

	do {
		rc = answer(c, "name", _("What shall it be called here?"), def,
			&in->name);
		if (rc < 0)
			break;
		rc = setup_name_free(in->s, in->name);
		again = rc < 0 && !silent(c) && !opt(c, "name");
		if (again)
			fprintf(stderr, "%s\n", err_msg());
	} while (again);
	return rc == E_EXISTS ? err_set(E_INPUT, "%s",
					arena_strdup(c->arena, err_msg()))
			      : rc;
}

static int choose_backend(struct init *in)
{
	struct cli *c = in->c;
	const char *lang, *name, *id;
	struct manifest *m;
	int rc = choose_language(in, &lang);

	if (rc < 0)
		return rc;
	if (!opt(c, "manifest") && c->tty_in && c->tty_err) {
		fprintf(stderr, "%s\n", _("Backends:"));
		list_manifests(c);
	}
	rc = answer(c, "manifest", _("Which backend?"), NULL, &name);
	if (rc == 0)
		rc = manifest_load(name, &m);
	if (rc < 0)
		return rc;
	id = arena_strdup(c->arena, manifest_id(m));
	manifest_free(m);
	rc = choose_name(in, id);
	if (rc == 0)
		rc = setup_begin(in->s, name, in->name, lang);
	if (rc < 0)
		return rc;
	in->m = setup_manifest(in->s);
	return check_keys(in);
}

static int try_it(struct init *in)
{
	struct probe_result res;
	struct cli *c = in->c;
	int rc, code;

	if (opt(c, "no-test"))
		return 0;
	if (pr_human(c->pr))
		fprintf(stderr, _("trying %s ...\n"), in->name);
	rc = setup_try(in->s, &stop_asked, &res);
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

static int init_run(struct init *in)
{
	int rc = choose_backend(in);

	if (rc == 0)
		rc = all_settings(in);
	if (rc == 0)
		rc = setup_check(in->s);
	if (rc == 0) {
		pr_begin(in->c->pr, "init/1");
		rc = try_it(in);
	}
	if (rc == 0)
		rc = setup_write(in->s);
	if (rc < 0)
		return rc;
	pr_kstr(in->c->pr, "file", NULL, setup_path(in->s));
	pr_kstr(in->c->pr, "connector", NULL, in->name);
	pr_line(in->c->pr, ST_PLAIN, _("wrote %s; now run `galley sync`"),
		setup_path(in->s));
	pr_end(in->c->pr);
	return 0;
}

int cmd_init(struct cli *c)
{
	struct init in = {.c = c};
	int rc;

	stop_catch();
	rc = setup_new(c->config_path, &in.s);
	if (rc == 0)
		rc = init_run(&in);
	setup_free(in.s);
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
