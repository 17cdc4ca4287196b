/* SPDX-License-Identifier: MIT */
/*
 * What comes from people and pipes: ids, message texts, answers to questions.
 * Without a terminal nothing is ever asked: a missing answer is an error that
 * names the option that gives it.
 */
#include "cli_priv.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "galley/base/harden.h"
#include "galley/base/proc.h"

#define STDIN_MAX      (16u << 20)
#define LINE_MAX_BYTES 65536

int read_stdin(char **out)
{
	struct buf b = BUF_INIT;
	char chunk[65536];
	ssize_t n;

	for (;;) {
		n = read(STDIN_FILENO, chunk, sizeof chunk);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		buf_add(&b, chunk, (size_t)n);
		if (b.len > STDIN_MAX) {
			buf_fini(&b);
			return err_set(E_LIMIT,
				_("more than 16 MiB on standard input"));
		}
	}
	if (n < 0) {
		buf_fini(&b);
		return err_set(
			E_DISK, _("standard input: %s"), strerror(errno));
	}
	/* NUL ends records of ids; nothing else may hold one */
	for (size_t i = 0; i < b.len; i++)
		if (!b.p[i])
			b.p[i] = '\n';
	*out = buf_take(&b);
	return 0;
}

struct id_list {
	struct cli *c;
	const char **v;
	int n, cap;
};

static void add_id(struct id_list *l, const char *s, size_t len)
{
	while (len && (*s == ' ' || *s == '\t' || *s == '\r')) {
		s++;
		len--;
	}
	while (len && strchr(" \t\r", s[len - 1]))
		len--;
	if (!len)
		return;
	if (l->n == l->cap) {
		int cap = l->cap ? l->cap * 2 : 16;
		const char **v =
			arena_calloc(l->c->arena, (size_t)cap, sizeof *v);

		if (l->n)
			memcpy(v, l->v, (size_t)l->n * sizeof *v);
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = arena_strndup(l->c->arena, s, len);
}

static void add_ids(struct id_list *l, const char *s, char sep)
{
	const char *p;

	for (; (p = strchr(s, sep)) != NULL; s = p + 1)
		add_id(l, s, (size_t)(p - s));
	add_id(l, s, strlen(s));
}

int read_ids(struct cli *c, int from, int to, const char ***out, int *n)
{
	struct id_list l = {.c = c};
	char *text;
	int rc;

	for (int i = from; i < to && i < c->n_args; i++) {
		if (strcmp(c->args[i], "-") != 0) {
			add_ids(&l, c->args[i], ',');
			continue;
		}
		rc = read_stdin(&text);
		if (rc < 0)
			return rc;
		add_ids(&l, text, '\n');
		free(text);
	}
	if (!l.n)
		return err_set(E_INPUT, _("no ids were given"));
	*out = l.v;
	*n = l.n;
	return 0;
}

static int blank(const char *s)
{
	return !s[strspn(s, " \t\r\n")];
}

/* Trailing newlines are the editor's and echo's, not the writer's. */
static const char *keep_text(struct cli *c, const char *s)
{
	size_t len = strlen(s);

	while (len && (s[len - 1] == '\n' || s[len - 1] == '\r'))
		len--;
	return arena_strndup(c->arena, s, len);
}

static int edited_text(
	struct cli *c, const char *key, const char *start, const char **out)
{
	char *text;
	int rc = proc_edit(key, start ? start : "", &text);

	if (rc < 0)
		return rc;
	*out = keep_text(c, text);
	free(text);
	return blank(*out)
		       ? err_set(E_CANCEL, _("the text is empty: abandoned"))
		       : 0;
}

int read_text(struct cli *c, int from, const char *key, const char *start,
	const char **out)
{
	int dash = c->n_args == from + 1 && !strcmp(c->args[from], "-");
	char *text;
	int rc;

	if (c->n_args > from && !dash) {
		*out = join_args(c, from);
		return blank(*out) ? err_set(E_INPUT, _("the text is empty"))
				   : 0;
	}
	if (c->tty_in && !dash) {
		if (c->tty_out)
			return edited_text(c, key, start, out);
		return err_set(E_INPUT,
			_("no text; give it as an argument or on standard input"));
	}
	rc = read_stdin(&text);
	if (rc < 0)
		return rc;
	*out = keep_text(c, text);
	free(text);
	return blank(*out) ? err_set(E_INPUT, _("the text is empty")) : 0;
}

const char *join_args(struct cli *c, int from)
{
	struct buf b = BUF_INIT;
	const char *s;

	for (int i = from; i < c->n_args; i++)
		buf_addf(&b, "%s%s", i > from ? " " : "", c->args[i]);
	s = arena_strdup(c->arena, buf_str(&b));
	buf_fini(&b);
	return s;
}

/* --- questions ------------------------------------------------------------ */

static int need_terminal(struct cli *c, const char *question)
{
	if (c->tty_in && c->tty_err) {
		pr_flush(c->pr);
		return 0;
	}
	return err_set(E_INPUT,
		_("\"%s\" cannot be asked without a terminal; answer with an option"),
		question);
}

/* Signals come through only while we wait, so none can slip in between
 * looking at `stop_asked` and waiting, nor while the terminal hides what is
 * typed: a second Ctrl-C would end us and leave it so. */
static void hold_signals(sigset_t *was)
{
	static const int ours[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
	sigset_t hold;

	sigemptyset(&hold);
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		sigaddset(&hold, ours[i]);
	sigprocmask(SIG_BLOCK, &hold, was);
}

/* 1 when there is something to read, 0 when the person wants to stop. */
static int wait_typed(const sigset_t *was)
{
	struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
	sigset_t mask = *was;
	int n;

	sigaddset(&mask, SIGQUIT);
	sigaddset(&mask, SIGTSTP);
	do {
		if (stop_asked)
			return 0;
		n = ppoll(&fd, 1, NULL, &mask);
	} while (n < 0 && errno == EINTR);
	return n > 0 && !stop_asked;
}

/* A terminal gives a line at a time. Not through stdio, whose buffer would
 * keep a secret. */
static int read_line(char **out, const sigset_t *was)
{
	char *line = xcalloc(1, LINE_MAX_BYTES + 1);
	size_t len = 0;
	ssize_t n = 0;
	int rc = 0;

	do {
		if (!wait_typed(was))
			rc = err_set(E_CANCEL, _("no answer: stopped"));
		else
			n = read(
				STDIN_FILENO, line + len, LINE_MAX_BYTES - len);
		if (rc == 0 && n <= 0)
			rc = err_set(E_CANCEL, _("no answer: stopped"));
		else if (rc == 0)
			len += (size_t)n;
		if (len == LINE_MAX_BYTES)
			rc = err_set(E_INPUT, _("the answer is too long"));
	} while (rc == 0 && line[len - 1] != '\n');
	while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		line[--len] = '\0';
	if (rc < 0) {
		explicit_bzero(line, len);
		free(line);
		return rc;
	}
	*out = line;
	return 0;
}

int ask_line(struct cli *c, const char *question, const char *def, char **out)
{
	char *line;
	sigset_t was;
	int rc = need_terminal(c, question);

	if (rc < 0)
		return rc;
	fprintf(stderr, def && *def ? "%s [%s] " : "%s ", question,
		def ? def : "");
	fflush(stderr);
	hold_signals(&was);
	rc = read_line(&line, &was);
	sigprocmask(SIG_SETMASK, &was, NULL);
	if (rc < 0) {
		fprintf(stderr, "\n");
		return rc;
	}
	if (!*line && def) {
		free(line);
		line = xstrdup(def);
	}
	*out = line;
	return 0;
}

int ask_secret(struct cli *c, const char *question, char **out)
{
	struct termios was, now;
	sigset_t mask;
	char *line;
	int rc = need_terminal(c, question);

	if (rc < 0)
		return rc;
	if (tcgetattr(STDIN_FILENO, &was) < 0)
		return err_set(
			E_INPUT, _("the terminal cannot hide the secret"));
	now = was;
	now.c_lflag &= ~(tcflag_t)ECHO;
	fprintf(stderr, "%s ", question);
	fflush(stderr);
	stop_catch();
	hold_signals(&mask);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
	rc = read_line(&line, &mask);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	fprintf(stderr, "\n");
	if (rc < 0)
		return rc;
	*out = secret_dup(line, strlen(line));
	explicit_bzero(line, strlen(line));
	free(line);
	return 0;
}

int ask_yes(struct cli *c, const char *question)
{
	char *line;
	int rc = ask_line(c, question, _("no"), &line), yes;

	if (rc < 0)
		return rc;
	yes = !strcmp(line, "y") || !strcmp(line, "yes") ||
	      !strcmp(line, _("yes")) || !strcmp(line, "Y");
	free(line);
	return yes;
}
