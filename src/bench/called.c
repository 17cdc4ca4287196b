/* SPDX-License-Identifier: MIT */
/*
 * Commands from other programs: `galley :open 12` of a telephone's hook, a
 * script, another window. They are the commands of the `:` line with the same
 * checks, and less: what would disturb somebody who types, needs the keyboard,
 * or asks before it acts is not done from outside. The answer is what the
 * command made the workstation say, or why it was not done.
 */
#include "bench_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/app/remote.h"
#include "galley/base/i18n.h"
#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"

/* So long an answer of the worker is waited for, and the other side a bit
 * longer for ours. */
#define ANSWER_MS 10000
#define CALL_MS	  15000
#define MAX_SAID  20

struct pending {
	int on;
	uint64_t said; /* notices before it */
	int64_t until_mono;
};
struct called {
	struct remote *remote;
	struct pending pending[REMOTE_MAX_CALLS];
};

/* --- what may be done ----------------------------------------------------- */

/* Needs hands on the keys. */
static const enum command by_hand[] = {
	CMD_SUSPEND, CMD_DESCRIBE_KEY, CMD_LINE, CMD_FILTER};
/* Leaves text, focus and overlays as they are. */
static const enum command harmless[] = {
	CMD_SYNC, CMD_REDRAW, CMD_DEMO, CMD_THEME, CMD_PANIC};

static int among(const enum command *v, size_t n, enum command c)
{
	while (n--)
		if (v[n] == c)
			return 1;
	return 0;
}

static int may_come_in(const struct bench *b, const struct command_line *cmd)
{
	const struct command_desc *d = command_desc(cmd->id);

	if (among(by_hand, ARRAY_SIZE(by_hand), cmd->id))
		return err_set(E_INPUT,
			_("`%s` is for the keyboard of the workstation"),
			d->name);
	if (d->flags & CF_CONFIRM)
		return err_set(E_PERM,
			_("`%s` asks before it acts; run it at the workstation"),
			d->name);
	if (!among(harmless, ARRAY_SIZE(harmless), cmd->id) &&
		(bench_typing(b) || b->blank))
		return err_set(E_AGAIN,
			_("someone is writing there just now; try again later"));
	return 0;
}

static int run_line(struct bench *b, const char *line)
{
	struct arena *a = arena_new();
	struct command_line cmd;
	int rc = command_parse(line, a, &cmd);

	if (rc == 0)
		rc = may_come_in(b, &cmd);
	if (rc == 0)
		rc = input_do(b, &cmd);
	arena_free(a);
	return rc;
}

/* --- answers -------------------------------------------------------------- */

/* What has been said since then, the oldest first; a failure among it decides
 * the status. */
static void answer_said(struct bench *b, int call)
{
	struct called *c = b->called;
	uint64_t n = desk_said(b->desk) - c->pending[call].said;
	struct buf text = BUF_INIT;
	int status = 0;

	if (n > MAX_SAID)
		n = MAX_SAID;
	while (n) {
		const struct notice *x = desk_notice(b->desk, (int)--n);

		if (!x)
			continue;
		buf_addf(&text, "%s\n", x->text);
		if (x->cls == NOTICE_ERROR)
			status = err_exit_status(E_INPUT);
	}
	c->pending[call].on = 0;
	remote_answer(c->remote, call, status, buf_str(&text));
	buf_fini(&text);
}

static void answer_error(struct bench *b, int call, int rc)
{
	char *text = xasprintf("%s\n", err_msg());

	remote_answer(b->called->remote, call, err_exit_status(rc), text);
	free(text);
}

static void take_call(struct bench *b, int call, const char *line)
{
	struct pending *p = &b->called->pending[call];
	int rc;

	*p = (struct pending){.on = 1,
		.said = desk_said(b->desk),
		.until_mono = clock_mono_ms(b->clock) + ANSWER_MS};
	/* its arguments may be what a customer is told */
	log_info("called", "%.*s", (int)strcspn(line, " "), line);
	rc = run_line(b, line);
	if (rc < 0) {
		p->on = 0;
		answer_error(b, call, rc);
	}
}

void called_turn(struct bench *b)
{
	struct called *c = b->called;
	const char *line;
	int i;

	if (!c)
		return;
	for (i = 0; i < REMOTE_MAX_CALLS; i++)
		if (c->pending[i].on &&
			(!desk_waits(b->desk) ||
				clock_mono_ms(b->clock) >=
					c->pending[i].until_mono))
			answer_said(b, i);
	while ((i = remote_next(c->remote, &line)) >= 0) {
		take_call(b, i, line);
		if (c->pending[i].on && !desk_waits(b->desk))
			answer_said(b, i);
	}
}

int called_fds(const struct bench *b, int *fds, int max)
{
	return b->called ? remote_fds(b->called->remote, fds, max) : 0;
}

int64_t called_next_mono(const struct bench *b)
{
	int64_t next;
	int i;

	if (!b->called)
		return INT64_MAX;
	next = remote_next_mono(b->called->remote);
	for (i = 0; i < REMOTE_MAX_CALLS; i++) {
		const struct pending *p = &b->called->pending[i];

		if (p->on && p->until_mono < next)
			next = p->until_mono;
	}
	return next;
}

/* A workstation that nobody can call is one all the same. */
void called_begin(struct bench *b)
{
	struct remote *r;

	if (remote_listen(b->clock, &r) < 0) {
		log_warn("called", "%s", err_msg());
		err_clear();
		return;
	}
	b->called = xcalloc(1, sizeof(*b->called));
	b->called->remote = r;
}

void called_end(struct bench *b)
{
	int i;

	if (!b->called)
		return;
	for (i = 0; i < REMOTE_MAX_CALLS; i++)
		if (b->called->pending[i].on)
			answer_said(b, i);
	remote_free(b->called->remote);
	FREE(&b->called);
}

/* --- the other side ------------------------------------------------------- */

/* Does the command take the rest of its line as it is? */
static int is_free_text(const char *name)
{
	enum command c = command_by_name(name);
	const char *args = c == CMD_COUNT ? "" : command_desc(c)->args;

	return strstr(args, "[text]") || strstr(args, "[query]") ||
	       strstr(args, "[subject]");
}

/* A word of a shell is one word of the line. */
static void add_word(struct buf *out, const char *s, int raw)
{
	if (raw || (*s && !strpbrk(s, " \t'\"\\"))) {
		buf_adds(out, s);
		return;
	}
	buf_addc(out, '"');
	for (; *s; s++)
		buf_addf(out, "%s%c", *s == '"' || *s == '\\' ? "\\" : "", *s);
	buf_addc(out, '"');
}

int bench_call(int argc, char **argv)
{
	const char *name = argv[1] + 1;
	struct buf line = BUF_INIT;
	char *text, *safe;
	int i, status, rc, raw = is_free_text(name);

	buf_adds(&line, name);
	for (i = 2; i < argc; i++) {
		buf_addc(&line, ' ');
		add_word(&line, argv[i], raw);
	}
	rc = remote_call(buf_str(&line), CALL_MS, &status, &text);
	buf_fini(&line);
	if (rc < 0) {
		fprintf(stderr, "galley: %s\n", err_msg());
		return err_exit_status(rc);
	}
	safe = text_gate_dup(text, GATE_TEXT);
	fputs(safe, status ? stderr : stdout);
	free(safe);
	free(text);
	return status;
}
