/* SPDX-License-Identifier: MIT */
/*
 * From the words of the command line to a command: the tables of commands and
 * options are the only list, from which parsing, `galley help`, --help and
 * the suggestions after a mistake come. It prompts nobody and knows no
 * command by name.
 */
#include "galley/cli/cli.h"
#include "cli_priv.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "completion.h"
#include "galley/base/clock.h"
#include "galley/base/near.h"

#define ERR_USAGE 2

static const struct opt global_opts[] = {
	{"json", 0, NULL, N_("one JSON document, versioned")},
	{"jsonl", 0, NULL, N_("one JSON object a line")},
	{"csv", 0, NULL, N_("comma-separated values")},
	{"format", 0, "FORMAT", N_("a line per row: '{id}\\t{subject}'")},
	{"fields", 0, "A,B", N_("which columns, in this order")},
	{"null", '0', NULL, N_("end lines with NUL; alone: ids only")},
	{"color", 0, "WHEN", N_("auto, always or never")},
	{"config", 0, "FILE", N_("another configuration file")},
	{"help", 'h', NULL, N_("this page")},
	{NULL, 0, NULL, NULL},
};

const struct opt *opts_of_all(void)
{
	return global_opts;
}

const struct command *const *command_tables(void)
{
	static const struct command *const tables[] = {commands_read,
		commands_show, commands_customer, commands_write, commands_do,
		commands_outbox, commands_sync, commands_setup, commands_misc,
		NULL};

	return tables;
}

const struct command *command_find(const char *name)
{
	for (const struct command *const *t = command_tables(); *t; t++)
		for (const struct command *cmd = *t; cmd->name; cmd++)
			if (!strcmp(cmd->name, name) ||
				(cmd->alias && !strcmp(cmd->alias, name)))
				return cmd;
	return NULL;
}

/* --- suggestions ---------------------------------------------------------- */

const char *guess_near(const char *word, const char *const *known, int n)
{
	struct near near = near_to(word, strlen(word));

	for (int i = 0; i < n; i++)
		near_try(&near, known[i]);
	return near.best;
}

static int no_command(const char *word)
{
	const char *known[128];
	const char *near;
	int n = 0;

	for (const struct command *const *t = command_tables(); *t; t++)
		for (const struct command *cmd = *t; cmd->name && n < 126;
			cmd++)
			known[n++] = cmd->name;
	near = guess_near(word, known, n);
	fprintf(stderr, _("galley: no command \"%s\""), word);
	if (near)
		fprintf(stderr, _(", did you mean \"%s\"?"), near);
	fprintf(stderr, "\n");
	fprintf(stderr, _("galley help lists them.\n"));
	return ERR_USAGE;
}

/* --- help ----------------------------------------------------------------- */

static void help_opts(const struct opt *o, FILE *out)
{
	for (; o && o->name; o++) {
		char left[64], letter[8] = "";

		if (o->letter)
			snprintf(letter, sizeof letter, "-%c, ", o->letter);
		snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name,
			o->arg && o->arg[0] != '[' ? "=" : "",
			o->arg ? o->arg : "");
		fprintf(out, "  %-24s %s\n", left, _(o->text));
	}
}

void command_help(const struct command *cmd, FILE *out)
{
	fprintf(out, _("usage: galley %s %s\n"), cmd->name, cmd->args);
	fprintf(out, "\n%s\n", _(cmd->text));
	if (cmd->more)
		fprintf(out, "\n%s\n", _(cmd->more));
	if (cmd->opts && cmd->opts->name) {
		fprintf(out, "\n%s\n", _("Options"));
		help_opts(cmd->opts, out);
	}
	fprintf(out, "\n%s\n", _("Options of every command"));
	help_opts(global_opts, out);
}

static void help_all(FILE *out)
{
	const char *group = "";

	fprintf(out, "%s\n", _("galley: the back kitchen of customer service"));
	fprintf(out, "\n%s\n",
		_("usage: galley COMMAND [OPTION]... [ARGUMENT]..."));
	fprintf(out, "\n%s\n", _("At a terminal"));
	fprintf(out, "  %-12s %s\n", "bench",
		_("the workstation; it opens without a command too"));
	fprintf(out, "  %-12s %s\n", "demo",
		_("the workstation on a demo centre: try everything"));
	fprintf(out, "  %-12s %s\n", ":COMMAND",
		_("a command in the workstation that is open"));
	for (const struct command *const *t = command_tables(); *t; t++)
		for (const struct command *cmd = *t; cmd->name; cmd++) {
			if (strcmp(group, cmd->group) != 0) {
				group = cmd->group;
				fprintf(out, "\n%s\n", _(group));
			}
			fprintf(out, "  %-12s %s\n", cmd->name, _(cmd->text));
		}
	fprintf(out, "\n%s\n",
		_("galley COMMAND --help tells more; galley(1) tells all."));
}

static int help_command(int argc, char **argv)
{
	const struct command *cmd;

	if (argc < 3) {
		help_all(stdout);
		return 0;
	}
	cmd = command_find(argv[2]);
	if (!cmd)
		return no_command(argv[2]);
	command_help(cmd, stdout);
	return 0;
}

/* --- options -------------------------------------------------------------- */

const char *opt_nth(const struct cli *c, const char *name, int n)
{
	for (int i = 0; i < c->n_values; i++)
		if (!strcmp(c->values[i].name, name) && n-- == 0)
			return c->values[i].value;
	return NULL;
}

const char *opt(const struct cli *c, const char *name)
{
	const char *found = NULL;

	for (int i = 0; i < c->n_values; i++)
		if (!strcmp(c->values[i].name, name))
			found = c->values[i].value;
	return found;
}

int opt_int(const struct cli *c, const char *name, int64_t def, int64_t min,
	int64_t max, int64_t *out)
{
	const char *v = opt(c, name);
	char *end;
	long long n;

	if (!v || !*v) {
		*out = def;
		return 0;
	}
	n = strtoll(v, &end, 10);
	if (*end || n < min || n > max)
		return err_set(E_INPUT,
			_("--%s takes a number from %lld to %lld, not \"%s\""),
			name, (long long)min, (long long)max, v);
	*out = n;
	return 0;
}

static const struct opt *find_in(
	const struct opt *o, const char *name, size_t len, char letter)
{
	for (; o && o->name; o++)
		if (letter ? o->letter == letter
			   : strlen(o->name) == len &&
					!memcmp(o->name, name, len))
			return o;
	return NULL;
}

static const struct opt *find_opt(
	const struct cli *c, const char *name, size_t len, char letter)
{
	const struct opt *o =
		find_in(c->cmd ? c->cmd->opts : NULL, name, len, letter);

	return o ? o : find_in(global_opts, name, len, letter);
}

static int add_value(struct cli *c, const struct opt *o, const char *v)
{
	if (c->n_values == MAX_OPT_VALUES)
		return err_set(E_INPUT, _("too many options"));
	c->values[c->n_values++] = (struct opt_value){o->name, v};
	return 0;
}

static int no_option(const struct cli *c, const char *word)
{
	const char *known[64];
	const char *near;
	int n = 0;
	size_t len = strcspn(word, "=");
	char *name = xstrndup(word, len);

	for (const struct opt *o = c->cmd->opts; o && o->name && n < 40; o++)
		known[n++] = o->name;
	for (const struct opt *o = global_opts; o->name; o++)
		known[n++] = o->name;
	near = guess_near(name, known, n);
	free(name);
	if (near)
		return err_set(E_INPUT,
			_("no option --%.*s, did you mean --%s?"), (int)len,
			word, near);
	return err_set(E_INPUT, _("no option --%.*s; see galley %s --help"),
		(int)len, word, c->cmd->name);
}

/* --name, --name=value, --name value. Moves *i over what it took. */
static int long_opt(struct cli *c, int argc, char **argv, int *i)
{
	const char *word = argv[*i] + 2;
	size_t len = strcspn(word, "=");
	const struct opt *o = find_opt(c, word, len, 0);

	if (!o)
		return no_option(c, word);
	if (!o->arg)
		return word[len] ? err_set(E_INPUT, _("--%s takes no value"),
					   o->name)
				 : add_value(c, o, "");
	if (word[len] == '=')
		return add_value(c, o, word + len + 1);
	if (o->arg[0] == '[')
		return add_value(c, o, "");
	if (*i + 1 >= argc)
		return err_set(
			E_INPUT, _("--%s needs a value: %s"), o->name, o->arg);
	return add_value(c, o, argv[++*i]);
}

/* -0, -m TEXT, -mTEXT, -0m TEXT */
static int short_opts(struct cli *c, int argc, char **argv, int *i)
{
	for (const char *p = argv[*i] + 1; *p; p++) {
		const struct opt *o = find_opt(c, NULL, 0, *p);
		int rc;

		if (!o)
			return err_set(E_INPUT,
				_("no option -%c; see galley %s --help"), *p,
				c->cmd->name);
		if (!o->arg || o->arg[0] == '[') {
			rc = add_value(c, o, "");
		} else if (p[1]) {
			return add_value(c, o, p + 1);
		} else if (*i + 1 < argc) {
			return add_value(c, o, argv[++*i]);
		} else {
			rc = err_set(E_INPUT, _("-%c needs a value: %s"), *p,
				o->arg);
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* "-lost" is a word of a query and "-vip" a tag to take off, so a dash begins
 * an option only when the command knows the letter; commands without short
 * options of their own have nothing to confuse. */
static int is_short(const struct cli *c, const char *w)
{
	const struct opt *o;

	if (w[0] != '-' || !w[1] || w[1] == '-')
		return 0;
	o = find_opt(c, NULL, 0, w[1]);
	/* where no word has a reason to begin with a dash, "-q" is a mistake
	 * and must not become part of a message to a customer */
	if (!o && !w[2] && !c->cmd->dashes)
		return 1;
	return o && (!w[2] || (o->arg && o->arg[0] != '['));
}

static int parse_opts(struct cli *c, int argc, char **argv)
{
	int only_args = 0, rc = 0;

	c->args = arena_calloc(c->arena, (size_t)argc + 1, sizeof *c->args);
	for (int i = 0; rc == 0 && i < argc; i++) {
		char *w = argv[i];

		if (!only_args && !strcmp(w, "--"))
			only_args = 1;
		else if (!only_args && w[0] == '-' && w[1] == '-')
			rc = long_opt(c, argc, argv, &i);
		else if (!only_args && is_short(c, w))
			rc = short_opts(c, argc, argv, &i);
		else
			c->args[c->n_args++] = w;
	}
	return rc;
}

static int check_args(const struct cli *c)
{
	const struct command *cmd = c->cmd;

	if (c->n_args < cmd->min_args)
		return err_set(E_INPUT, _("something is missing: galley %s %s"),
			cmd->name, cmd->args);
	if (cmd->max_args >= 0 && c->n_args > cmd->max_args)
		return err_set(E_INPUT, _("\"%s\" is too much: galley %s %s"),
			c->args[cmd->max_args], cmd->name, cmd->args);
	return 0;
}

/* --- the run -------------------------------------------------------------- */

static int color_wanted(const struct cli *c, int *out)
{
	const char *when = opt(c, "color");
	const char *no = getenv("NO_COLOR");

	if (!when || !strcmp(when, "auto"))
		*out = c->tty_out && !(no && *no);
	else if (!strcmp(when, "always") || !strcmp(when, "never"))
		*out = when[0] == 'a';
	else
		return err_set(
			E_INPUT, _("--color takes auto, always or never"));
	return 0;
}

static int terminal_width(void)
{
	struct winsize ws;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col >= 20)
		return ws.ws_col;
	return 80;
}

static enum pr_form chosen_form(const struct cli *c)
{
	if (opt(c, "json"))
		return PF_JSON;
	if (opt(c, "jsonl"))
		return PF_JSONL;
	if (opt(c, "csv"))
		return PF_CSV;
	if (opt(c, "format") || opt(c, "null"))
		return PF_FORMAT;
	return PF_TABLE;
}

static int open_printer(struct cli *c)
{
	struct pr_opts o = {
		.out = stdout,
		.form = chosen_form(c),
		.format = opt(c, "format"),
		.fields = opt(c, "fields"),
		.zero = opt(c, "null") != NULL,
		.relative = c->tty_out,
		.width = c->tty_out ? terminal_width() : 0,
		.now_ms = c->now_ms,
		.zone_min = c->zone_min,
	};
	int forms = !!opt(c, "json") + !!opt(c, "jsonl") + !!opt(c, "csv") +
		    !!opt(c, "format");
	int rc = color_wanted(c, &o.color);

	if (rc < 0)
		return rc;
	if (forms > 1)
		return err_set(E_INPUT,
			_("choose one of --json, --jsonl, --csv and --format"));
	if (!o.format)
		o.format = "{id}";
	c->pr = pr_new(&o);
	return 0;
}

static int open_needs(struct cli *c)
{
	int rc;

	if (c->cmd->need == NEED_NOTHING)
		return 0;
	rc = session_open(c->config_path, &c->session);
	if (rc == 0 && c->cmd->need == NEED_CACHE)
		rc = session_ro(c->session, &c->ro);
	return rc;
}

/* A negative code becomes the message and its status. */
static int report(struct cli *c, int rc)
{
	if (rc >= 0)
		return rc;
	fprintf(stderr, "galley: %s\n", err_msg());
	if (c->pr && opt(c, "json") && !pr_used(c->pr)) {
		pr_begin(c->pr, "error/1");
		pr_kstr(c->pr, "error", NULL, err_name(rc));
		pr_kstr(c->pr, "message", NULL, err_msg());
		pr_end(c->pr);
	}
	return err_exit_status(rc);
}

static int ends_process;

static int run(struct cli *c, int argc, char **argv)
{
	int rc, end;

	rc = parse_opts(c, argc, argv);
	if (rc == 0 && opt(c, "help")) {
		command_help(c->cmd, stdout);
		return 0;
	}
	if (rc == 0)
		rc = check_args(c);
	if (rc == 0)
		rc = open_printer(c);
	c->config_path = opt(c, "config");
	if (rc == 0)
		rc = open_needs(c);
	if (rc == 0)
		rc = c->cmd->run(c);
	rc = report(c, rc);
	end = pr_free(c->pr);
	c->pr = NULL;
	if (end < 0 && rc == 0)
		rc = report(c, end);
	if (ends_process)
		session_leave(c->session);
	else
		session_close(c->session);
	return rc;
}

void cli_ends_process(void)
{
	ends_process = 1;
}

int cli_main(int argc, char **argv)
{
	struct cli c = {
		.now_ms = clock_now_ms(clock_system()),
		.zone_min = session_zone_min(),
		.tty_in = isatty(STDIN_FILENO),
		.tty_out = isatty(STDOUT_FILENO),
		.tty_err = isatty(STDERR_FILENO),
	};
	const char *word = argc > 1 ? argv[1] : "help";
	int rc;

	/* a reader that has gone shows as a write error */
	signal(SIGPIPE, SIG_IGN);
	if (!strcmp(word, "help") || !strcmp(word, "--help") ||
		!strcmp(word, "-h"))
		return help_command(argc, argv);
	/* for make install, so in no list */
	if (!strcmp(word, "--completion"))
		return report(
			&c, completion_print(argc > 2 ? argv[2] : "", stdout));
	if (!strcmp(word, "--version"))
		word = "version";
	c.cmd = command_find(word);
	if (!c.cmd)
		return no_command(word);
	c.arena = arena_new();
	rc = run(&c, argc - 2, argv + 2);
	arena_free(c.arena);
	return rc;
}
