/* SPDX-License-Identifier: MIT */
/*
 * Writes what is made from the table of commands and checked in: the key files
 * of the three sets, galley-commands(7) and the matrix of roles. It looks at
 * nothing but the table.
 *
 *   gen_commands write DIR   writes them below DIR
 *   gen_commands check DIR   names those that differ, exit status 1
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/app/command.h"
#include "galley/base/mem.h"

/* --- the key files -------------------------------------------------------- */

static void keys(struct buf *out, enum keyset set)
{
	struct keymap *k = keymap_new(set);

	keymap_write(k, out);
	keymap_free(k);
}

static void keys_vi(struct buf *out)
{
	keys(out, KEYS_VI);
}

static void keys_plain(struct buf *out)
{
	keys(out, KEYS_PLAIN);
}

static void keys_emacs(struct buf *out)
{
	keys(out, KEYS_EMACS);
}

/* --- the manual ----------------------------------------------------------- */

static const char man_head[] =
	".\\\" SPDX-License-Identifier: MIT\n"
	".\\\" Made from include/galley/app/commands.def by make generated.\n"
	".Dd November 22, 2026\n"
	".Dt GALLEY-COMMANDS 7\n"
	".Os\n"
	".Sh NAME\n"
	".Nm galley-commands\n"
	".Nd the commands of galley's workstation\n"
	".Sh DESCRIPTION\n"
	"Everything that the workstation does is a command with a name.\n"
	"Keys call commands; so do the palette, the line after\n"
	".Ql \\&: ,\n"
	"the mouse and the help.\n"
	"After\n"
	".Ql \\&:\n"
	"the beginning of a name is enough when no other one begins so.\n"
	"Arguments with spaces stand between quotation marks;\n"
	".Ar text ,\n"
	".Ar query\n"
	"and\n"
	".Ar subject\n"
	"take all that follows as it is typed.\n"
	".Ar <word>\n"
	"is asked for when it is not given,\n"
	".Ar [word]\n"
	"may be left out.\n"
	".Pp\n"
	"The keys are those of the sets vi, plain and emacs;\n"
	".Xr galley-keys 5\n"
	"says how to change them.\n";

static const char man_tail[] = ".Sh SEE ALSO\n"
			       ".Xr galley 1 ,\n"
			       ".Xr galley-keys 5\n";

/* Sections in the order of the table: each begins with a command. */
static const struct {
	enum command first;
	const char *title;
} sections[] = {
	{CMD_HELP, "EVERYWHERE"},
	{CMD_DOWN, "MOVING"},
	{CMD_REPLY, "A TICKET OR CONVERSATION"},
	{CMD_SEND, "WRITING"},
	{CMD_ANSWER_INSERT, "THE ANSWER"},
	{CMD_ZOOM_IN, "THE JOURNEY"},
	{CMD_CALL_ANSWER, "CALLS"},
	{CMD_OP_RETRY, "THE OUTBOX"},
};

/* A word of mdoc: what would be a macro or an escape is text. */
static void man_text(struct buf *out, const char *s)
{
	if (*s == '.' || *s == '\'')
		buf_adds(out, "\\&");
	for (; *s; s++) {
		if (*s == '\\')
			buf_adds(out, "\\e");
		else if (*s == '"')
			buf_adds(out, "\\(dq");
		else if (*s == '-')
			buf_adds(out, "\\-");
		else
			buf_addc(out, *s);
	}
}

/* A sentence ends its line in a manual. */
static void man_sentences(struct buf *out, const char *s)
{
	const char *dot;

	while ((dot = strstr(s, ". "))) {
		char *one = xstrndup(s, (size_t)(dot - s) + 1);

		man_text(out, one);
		buf_addc(out, '\n');
		free(one);
		s = dot + 2;
	}
	man_text(out, s);
	buf_addc(out, '\n');
}

static const char *keys_in(const struct command_desc *d, enum keyset set)
{
	const char *s = d->keys[set];

	return strcmp(s, "=") ? s : d->keys[KEYS_VI];
}

static void man_keys(struct buf *out, const struct command_desc *d)
{
	static const char *const names[] = {"vi", "plain", "emacs"};
	const char *vi = keys_in(d, KEYS_VI);
	int same = !strcmp(vi, keys_in(d, KEYS_PLAIN)) &&
		   !strcmp(vi, keys_in(d, KEYS_EMACS));

	if (same && !*vi)
		return;
	buf_adds(out, ".br\nKeys:\n");
	if (same) {
		man_text(out, vi);
		buf_adds(out, "\n");
		return;
	}
	for (int s = 0; s < 3; s++) {
		const char *list = keys_in(d, (enum keyset)s);

		buf_addf(out, "%s ", names[s]);
		man_text(out, *list ? list : "none");
		buf_adds(out, s < 2 ? ";\n" : "\n");
	}
}

static void man_facts(struct buf *out, const struct command_desc *d)
{
	static const struct {
		unsigned flag;
		const char *says;
	} facts[] = {
		{CF_REMOTE, "Goes to the backend."},
		{CF_UNDO, "Can be taken back with undo."},
		{CF_CONFIRM, "Asks first."},
		{CF_MARKS, "Acts on all marked rows."},
	};

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		if (d->flags & facts[i].flag)
			buf_addf(out, "%s\n", facts[i].says);
	if (d->permission != PM_NONE)
		buf_addf(out, "Needs the permission\n.Cm %s .\n",
			permission_name(d->permission));
}

static void man_command(struct buf *out, const struct command_desc *d)
{
	buf_addf(out, ".It Cm %s", d->name);
	if (*d->args) {
		buf_adds(out, " Ar \"");
		man_text(out, d->args);
		buf_addc(out, '"');
	}
	buf_addc(out, '\n');
	man_sentences(out, d->help);
	man_facts(out, d);
	man_keys(out, d);
}

static void man_commands(struct buf *out)
{
	size_t at = 0;

	buf_adds(out, man_head);
	for (int i = 0; i < CMD_COUNT; i++) {
		if (at < ARRAY_SIZE(sections) && (int)sections[at].first == i) {
			buf_addf(out, "%s.Sh %s\n.Bl -tag -width Ds\n",
				at ? ".El\n" : "", sections[at].title);
			at++;
		}
		man_command(out, command_desc((enum command)i));
	}
	buf_adds(out, ".El\n");
	buf_adds(out, man_tail);
}

/* --- who may what --------------------------------------------------------- */

static void roles(struct buf *out)
{
	buf_adds(out, "# Which role may call which command; made from "
		      "include/galley/app/commands.def\n"
		      "# and src/app/command.c by make generated. x: may, -: "
		      "may not.\n");
	buf_addf(out, "%-22s %-10s", "command", "needs");
	for (const struct role_desc *r = role_all; r->name; r++)
		buf_addf(out, " %-10s", r->name);
	while (out->p[out->len - 1] == ' ')
		out->len--;
	buf_addc(out, '\n');
	for (int i = 0; i < CMD_COUNT; i++) {
		const struct command_desc *d = command_desc((enum command)i);
		const char *needs = permission_name(d->permission);

		buf_addf(out, "%-22s %-10s", d->name, *needs ? needs : "-");
		for (const struct role_desc *r = role_all; r->name; r++)
			buf_addf(out, r[1].name ? " %-10s" : " %s",
				r->may & 1u << d->permission ? "x" : "-");
		buf_addc(out, '\n');
	}
}

/* --- files ---------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*make)(struct buf *out);
} files[] = {
	{"data/keys/vi.keys", keys_vi},
	{"data/keys/plain.keys", keys_plain},
	{"data/keys/emacs.keys", keys_emacs},
	{"man/galley-commands.7", man_commands},
	{"data/roles.txt", roles},
};

static int write_file(const char *path, const struct buf *b)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(b->p, 1, b->len, f) != b->len || fclose(f)) {
		fprintf(stderr, "gen_commands: %s: %s\n", path,
			strerror(errno));
		return 1;
	}
	return 0;
}

static int check_file(const char *path, const struct buf *b)
{
	FILE *f = fopen(path, "rb");
	char *there = xmalloc(b->len + 1);
	size_t n = f ? fread(there, 1, b->len + 1, f) : 0;
	int same = f && n == b->len && !memcmp(there, b->p, n);

	if (f)
		fclose(f);
	free(there);
	if (!same)
		fprintf(stderr, "%s is not up to date: make generated\n", path);
	return !same;
}

int main(int argc, char **argv)
{
	int bad = 0, check;

	if (argc != 3 ||
		(strcmp(argv[1], "write") && strcmp(argv[1], "check"))) {
		fprintf(stderr, "usage: gen_commands write|check DIR\n");
		return 2;
	}
	check = argv[1][0] == 'c';
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct buf b = BUF_INIT;
		char *path = xasprintf("%s/%s", argv[2], files[i].name);

		files[i].make(&b);
		bad |= check ? check_file(path, &b) : write_file(path, &b);
		free(path);
		buf_fini(&b);
	}
	return bad;
}
