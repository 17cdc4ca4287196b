/* SPDX-License-Identifier: MIT */
/*
 * Secrets come from a program, a file that only its owner can read, or the
 * secret service, and are kept in locked memory. They never stand in the
 * configuration file and never in the environment, where other programs and
 * process lists would see them.
 */
#include "app_priv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "galley/base/harden.h"
#include "galley/base/i18n.h"
#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/base/proc.h"

#define SECRET_MAX	  65536
#define SECRET_TIMEOUT_MS 60000
#define MAX_ARGS	  64

struct splitter {
	const char *p;
	struct buf word;
	int bad;
};

/* One character inside or outside quotes; returns the new quote state. */
static char split_char(struct splitter *sp, char quote)
{
	char c = *sp->p++;

	if (c == '\\' && quote != '\'') {
		if (*sp->p)
			buf_addc(&sp->word, *sp->p++);
		else
			sp->bad = 1;
		return quote;
	}
	if (quote ? c == quote : c == '"' || c == '\'')
		return quote ? 0 : c;
	buf_addc(&sp->word, c);
	return quote;
}

static int is_space(char c)
{
	return c == ' ' || c == '\t';
}

int argv_split(struct arena *a, const char *s, char ***argv)
{
	struct splitter sp = {.p = s};
	char **v = arena_calloc(a, MAX_ARGS + 1, sizeof *v);
	int n = 0;

	for (;;) {
		char quote = 0;

		while (is_space(*sp.p))
			sp.p++;
		if (!*sp.p || n == MAX_ARGS)
			break;
		buf_reset(&sp.word);
		while (*sp.p && (quote || !is_space(*sp.p)))
			quote = split_char(&sp, quote);
		sp.bad |= quote != 0;
		v[n++] = arena_strdup(a, buf_str(&sp.word));
	}
	buf_fini(&sp.word);
	if (sp.bad)
		return err_set(E_CONFIG, _("a quotation mark is not closed"));
	if (!n)
		return err_set(E_CONFIG, _("no program is named"));
	if (*sp.p)
		return err_set(E_CONFIG, _("more than %d arguments"), MAX_ARGS);
	*argv = v;
	return 0;
}

static int from_command(
	struct arena *a, const char *spec, char **text, size_t *len)
{
	char **argv;
	int rc = argv_split(a, spec, &argv);

	if (rc < 0)
		return rc;
	if (proc_output(argv, SECRET_TIMEOUT_MS, SECRET_MAX, text, len) < 0)
		return err_set(E_AUTH, _("no secret from `%s`: %s"), argv[0],
			arena_strdup(a, err_msg()));
	return 0;
}

static int check_private(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_set(E_AUTH, _("no secret file %s"), path);
	if (!S_ISREG(st.st_mode))
		return err_set(E_AUTH, _("%s is not a file"), path);
	if (st.st_uid != geteuid())
		return err_set(E_AUTH, _("%s belongs to somebody else"), path);
	if (st.st_mode & 077)
		return err_set(E_AUTH,
			_("others can read %s; run chmod 600 on it"), path);
	return 0;
}

static int from_file(
	struct arena *a, const char *spec, char **text, size_t *len)
{
	const char *home = getenv("HOME");
	const char *path = spec;
	int rc;

	if (spec[0] == '~' && spec[1] == '/' && home)
		path = arena_printf(a, "%s%s", home, spec + 1);
	if (path[0] != '/')
		return err_set(E_CONFIG,
			_("give the whole path of the secret file, or ~/..."));
	rc = check_private(path);
	if (rc < 0)
		return rc;
	return file_read(path, SECRET_MAX, text, len);
}

static int from_service(
	struct arena *a, const char *spec, char **text, size_t *len)
{
	return from_command(
		a, arena_printf(a, "secret-tool lookup %s", spec), text, len);
}

static const struct {
	const char *how;
	int (*fetch)(struct arena *, const char *, char **, size_t *);
} ways[] = {
	{"command", from_command},
	{"file", from_file},
	{"secret", from_service},
};

int secret_fetch(struct arena *a, const char *how, const char *spec, char **out)
{
	char *text = NULL, *secret;
	size_t len = 0;
	int rc = err_set(E_BUG, "no way \"%s\" to a secret", how);

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		if (!strcmp(how, ways[i].how))
			rc = ways[i].fetch(a, spec, &text, &len);
	if (rc < 0)
		return rc;
	while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	secret = len && !memchr(text, '\0', len) ? secret_dup(text, len) : NULL;
	explicit_bzero(text, len);
	free(text);
	if (!secret)
		return err_set(E_AUTH, _("the secret is empty"));
	if (strchr(secret, '\n')) {
		secret_free(secret);
		return err_set(E_AUTH, _("the secret has more than one line"));
	}
	if (redact_add_secret(secret) < 0)
		log_warn("secret", "shorter than 6 characters, not masked");
	*out = secret;
	return 0;
}
