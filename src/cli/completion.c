/* SPDX-License-Identifier: MIT */
/*
 * `galley --completion bash|zsh|fish`: scripts made from the table of commands
 * and options, so that they cannot know less than the program. Ids come from
 * the cache when they are asked for; a missing cache means no ids, never an
 * error on somebody's command line.
 */
#include "cli_priv.h"

#include <stdlib.h>
#include <string.h>
#include "completion.h"

/* What stands after a command. */
static const struct {
	const char *args; /* begins so */
	const char *call; /* prints candidates */
} sources[] = {
	{"TICKET", "galley ls --limit=50 --format={id}"},
	{"[show|resolve", "galley outbox --format={id}"},
	{"[list | show KEY", "galley draft --format={id}"},
};

static const char *source_of(const struct command *cmd)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (!strncmp(cmd->args, sources[i].args,
			    strlen(sources[i].args)))
			return sources[i].call;
	return NULL;
}

/* Between single quotation marks. Shells differ in how one is written there. */
static void quoted(FILE *out, const char *s, const char *mark)
{
	for (; *s; s++) {
		if (*s == '\'')
			fputs(mark, out);
		else if (*s == '\n')
			fputc(' ', out);
		else
			fputc(*s, out);
	}
}

#define SH_MARK	  "'\\''"
#define FISH_MARK "\\'"

static void all_names(FILE *out)
{
	for (const struct command *const *t = command_tables(); *t; t++)
		for (const struct command *c = *t; c->name; c++)
			fprintf(out, "%s ", c->name);
}

/* "[list | show KEY | drop KEY]": the small words, and what else is known. */
static void sub_words(FILE *out, const struct command *cmd)
{
	const char *p = cmd->args;

	if (!strcmp(p, "[COMMAND]"))
		all_names(out);
	if (!strncmp(p, "OPERATION", 9))
		for (int i = 0; i < OP_COUNT; i++)
			fprintf(out, "%s ", op_desc((enum op_kind)i)->name);
	while (*p) {
		size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz");

		if (n > 1 && (p == cmd->args || strchr("[| ", p[-1])) &&
			(!p[n] || strchr("]| ", p[n])))
			fprintf(out, "%.*s ", (int)n, p);
		p += n ? n : 1;
	}
}

static void option_words(FILE *out, const struct opt *o)
{
	for (; o && o->name; o++)
		fprintf(out, "--%s%s ", o->name,
			o->arg && o->arg[0] != '[' ? "=" : "");
}

/* --- bash ----------------------------------------------------------------- */

static void bash_command(FILE *out, const struct command *c)
{
	const char *ids = source_of(c);

	fprintf(out, "\t%s%s%s)\n\t\topts='", c->name, c->alias ? "|" : "",
		c->alias ? c->alias : "");
	option_words(out, c->opts);
	fputs("'\n\t\tsubs='", out);
	sub_words(out, c);
	fprintf(out, "'\n\t\tids='%s'\n\t\t;;\n", ids ? ids : "");
}

static void bash(FILE *out)
{
	fputs("# galley: completion for bash, made by the program itself\n"
	      "_galley() {\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} cword=$COMP_CWORD\n"
	      "\tlocal opts='' subs='' ids=''\n"
	      "\tlocal -a words=(\"${COMP_WORDS[@]}\")\n"
	      "\tdeclare -F _get_comp_words_by_ref >/dev/null &&\n"
	      "\t\t_get_comp_words_by_ref -n := cur cword words\n"
	      "\tCOMPREPLY=()\n"
	      "\tif ((cword == 1)); then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W '",
		out);
	all_names(out);
	fputs("' -- \"$cur\")\n\t\treturn\n\tfi\n\tcase ${words[1]} in\n", out);
	for (const struct command *const *t = command_tables(); *t; t++)
		for (const struct command *c = *t; c->name; c++)
			bash_command(out, c);
	fputs("\tesac\n"
	      "\tif [[ $cur == -* ]]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W \"$opts ",
		out);
	option_words(out, opts_of_all());
	fputs("\" -- \"$cur\")\n"
	      "\t\t[[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\t((cword == 2)) || subs=\n"
	      "\t[[ $ids ]] && subs+=\" $($ids 2>/dev/null)\"\n"
	      "\tmapfile -t COMPREPLY < <(compgen -W \"$subs\" -- \"$cur\")\n"
	      "\tdeclare -F __ltrim_colon_completions >/dev/null &&\n"
	      "\t\t__ltrim_colon_completions \"$cur\"\n"
	      "}\n"
	      "complete -o default -F _galley galley\n",
		out);
}

/* --- zsh ------------------------------------------------------------------ */

static void zsh_options(FILE *out, const struct opt *o)
{
	for (; o && o->name; o++) {
		fprintf(out, "\t\t'--%s%s:", o->name,
			o->arg && o->arg[0] != '[' ? "=" : "");
		quoted(out, _(o->text), SH_MARK);
		fputs("'\n", out);
	}
}

static void zsh_command(FILE *out, const struct command *c)
{
	const char *ids = source_of(c);

	fprintf(out, "\t%s%s%s)\n\t\topts+=(\n", c->name, c->alias ? "|" : "",
		c->alias ? c->alias : "");
	zsh_options(out, c->opts);
	fputs("\t\t)\n\t\tsubs=(", out);
	sub_words(out, c);
	fputs(")\n", out);
	if (ids)
		fprintf(out, "\t\tids='%s'\n", ids);
	fputs("\t\t;;\n", out);
}

static void zsh(FILE *out)
{
	fputs("#compdef galley\n"
	      "# completion for zsh, made by the program itself\n"
	      "_galley() {\n"
	      "\tlocal -a commands opts subs\n"
	      "\tlocal ids=\n"
	      "\tcommands=(\n",
		out);
	for (const struct command *const *t = command_tables(); *t; t++)
		for (const struct command *c = *t; c->name; c++) {
			fprintf(out, "\t\t'%s:", c->name);
			quoted(out, _(c->text), SH_MARK);
			fputs("'\n", out);
		}
	fputs("\t)\n"
	      "\tif ((CURRENT == 2)); then\n"
	      "\t\t_describe command commands\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\topts=(\n",
		out);
	zsh_options(out, opts_of_all());
	fputs("\t)\n\tcase $words[2] in\n", out);
	for (const struct command *const *t = command_tables(); *t; t++)
		for (const struct command *c = *t; c->name; c++)
			zsh_command(out, c);
	fputs("\tesac\n"
	      "\tif [[ $PREFIX == -* ]]; then\n"
	      "\t\t_describe -o option opts -S ''\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\t((CURRENT == 3)) && (($#subs)) && compadd -- $subs\n"
	      "\t[[ -n $ids ]] && compadd -- "
	      "${(f)\"$(${(z)ids} 2>/dev/null)\"}\n"
	      "\t_files\n"
	      "}\n"
	      "_galley \"$@\"\n",
		out);
}

/* --- fish ----------------------------------------------------------------- */

static void fish_options(FILE *out, const char *when, const struct opt *o)
{
	for (; o && o->name; o++) {
		fprintf(out, "complete -c galley%s -l %s", when, o->name);
		if (o->letter)
			fprintf(out, " -s %c", o->letter);
		if (o->arg && o->arg[0] != '[')
			fputs(" -r", out);
		fputs(" -d '", out);
		quoted(out, _(o->text), FISH_MARK);
		fputs("'\n", out);
	}
}

static void fish_command(FILE *out, const struct command *c)
{
	const char *ids = source_of(c);
	char *when = xasprintf(" -n '__fish_seen_subcommand_from %s%s%s'",
		c->name, c->alias ? " " : "", c->alias ? c->alias : "");

	fprintf(out,
		"complete -c galley -n __fish_use_subcommand -f -a %s -d '",
		c->name);
	quoted(out, _(c->text), FISH_MARK);
	fputs("'\n", out);
	fish_options(out, when, c->opts);
	fprintf(out, "complete -c galley%s -a '", when);
	sub_words(out, c);
	fputs("'\n", out);
	if (ids)
		fprintf(out, "complete -c galley%s -f -a '(%s 2>/dev/null)'\n",
			when, ids);
	free(when);
}

static void fish(FILE *out)
{
	fputs("# galley: completion for fish, made by the program itself\n",
		out);
	fish_options(out, "", opts_of_all());
	for (const struct command *const *t = command_tables(); *t; t++)
		for (const struct command *c = *t; c->name; c++)
			fish_command(out, c);
}

int completion_print(const char *shell, FILE *out)
{
	static const struct {
		const char *name;
		void (*print)(FILE *out);
	} shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

	for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
		if (!strcmp(shell, shells[i].name)) {
			shells[i].print(out);
			return 0;
		}
	return err_set(E_INPUT, _("--completion takes bash, zsh or fish"));
}
