/* SPDX-License-Identifier: MIT */
/*
 * The smaller commands: log, audit, drafts, attachments, version.
 */
#include "cli_priv.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "galley/app/fetch.h"
#include "galley/app/files.h"
#include "galley/app/opargs.h"
#include "galley/base/json.h"
#include "galley/base/log.h"

/* --- log ------------------------------------------------------------------ */

enum { L_AT, L_LEVEL, L_CONN, L_STREAM, L_TEXT, L_COUNT };
static const struct col log_cols[L_COUNT] = {
	{"at", N_("when"), CT_TIME, 0},
	{"level", N_("level"), CT_TEXT, 0},
	{"connector", N_("connector"), CT_TEXT, 0},
	{"stream", N_("stream"), CT_TEXT, 0},
	{"text", N_("what"), CT_TEXT, CF_FLEX},
};

static int cmd_log(struct cli *c)
{
	static const char *const levels[] = {"error", "warn", "info", "debug"};
	struct log_row *rows;
	int limit, n, rc = list_limit(c, 50, &limit);

	if (rc == 0)
		rc = store_log_list(c->ro, limit, c->arena, &rows, &n);
	if (rc < 0)
		return rc;
	pr_begin(c->pr, "log/1");
	rc = pr_list(c->pr, "log", log_cols, L_COUNT);
	for (int i = 0; rc == 0 && i < n; i++) {
		int level = rows[i].level & 3;

		pr_row(c->pr);
		pr_time(c->pr, L_AT, rows[i].at_ms);
		pr_text(c->pr, L_LEVEL, levels[level]);
		pr_style(c->pr, L_LEVEL,
			level == LOG_ERROR  ? ST_BAD
			: level == LOG_WARN ? ST_WARN
					    : ST_DIM);
		pr_text(c->pr, L_CONN, rows[i].connector);
		pr_text(c->pr, L_STREAM, rows[i].stream);
		pr_text(c->pr, L_TEXT, rows[i].text);
		pr_row_end(c->pr);
	}
	if (rc < 0)
		return rc;
	pr_list_end(c->pr);
	if (!n)
		pr_line(c->pr, ST_DIM, _("the log is empty"));
	pr_end(c->pr);
	return 0;
}

/* --- audit ---------------------------------------------------------------- */

enum { A_ID, A_AT, A_WHO, A_WHAT, A_OBJECT, A_DETAIL, A_HASH, A_COUNT };
static const struct col audit_cols[A_COUNT] = {
	{"id", N_("id"), CT_INT, CF_RIGHT},
	{"at", N_("when"), CT_TIME, 0},
	{"who", N_("who"), CT_TEXT, 0},
	{"what", N_("what"), CT_TEXT, 0},
	{"object", N_("for"), CT_TEXT, CF_FLEX},
	{"detail", N_("detail"), CT_TEXT, CF_FLEX},
	{"hash", NULL, CT_TEXT, CF_HIDE},
};

static int audit_verify(struct cli *c)
{
	int64_t rows;
	int rc = store_audit_verify(c->ro, &rows);

	if (rc < 0)
		return rc;
	pr_begin(c->pr, "audit-verify/1");
	pr_kint(c->pr, "rows", NULL, rows);
	pr_kbool(c->pr, "ok", NULL, 1);
	pr_line(c->pr, ST_GOOD,
		P_("the journal is whole: %lld row",
			"the journal is whole: %lld rows", rows),
		(long long)rows);
	pr_end(c->pr);
	return 0;
}

static int cmd_audit(struct cli *c)
{
	struct audit_row *rows;
	int limit, n, rc = list_limit(c, 50, &limit);

	if (rc == 0 && opt(c, "verify"))
		return audit_verify(c);
	if (rc == 0)
		rc = store_audit_list(c->ro, limit, c->arena, &rows, &n);
	if (rc < 0)
		return rc;
	pr_begin(c->pr, "audit/1");
	rc = pr_list(c->pr, "audit", audit_cols, A_COUNT);
	for (int i = 0; rc == 0 && i < n; i++) {
		pr_row(c->pr);
		pr_int(c->pr, A_ID, rows[i].id);
		pr_time(c->pr, A_AT, rows[i].at_ms);
		pr_text(c->pr, A_WHO, rows[i].who);
		pr_text(c->pr, A_WHAT, rows[i].what);
		pr_text(c->pr, A_OBJECT, rows[i].object);
		pr_text(c->pr, A_DETAIL, rows[i].detail);
		pr_text(c->pr, A_HASH, rows[i].hash);
		pr_row_end(c->pr);
	}
	if (rc < 0)
		return rc;
	pr_list_end(c->pr);
	pr_end(c->pr);
	return 0;
}

/* --- drafts --------------------------------------------------------------- */

enum { D_KEY, D_AT, D_TARGET, D_OP, D_CURSOR, D_TEXT, D_COUNT };
static const struct col draft_cols[D_COUNT] = {
	{"id", N_("draft"), CT_TEXT, 0},
	{"at", N_("when"), CT_TIME, 0},
	{"target", N_("for"), CT_TEXT, 0},
	{"op", N_("what"), CT_TEXT, 0},
	{"cursor", NULL, CT_INT, CF_HIDE},
	{"text", N_("content"), CT_TEXT, CF_FLEX},
};

/* "ticket:42", "conversation:7:note": the workstation's, by row. */
static const struct op_desc *draft_of_row(struct cli *c, const char *key)
{
	const char *id = strchr(key, ':'), *kind;
	const struct entity_desc *e =
		id ? entity_by_name(
			     arena_strndup(c->arena, key, (size_t)(id - key)))
		   : NULL;
	struct rows rows;
	char name[256];
	int note;

	if (!e || (e->id != ENT_TICKET && e->id != ENT_CONVERSATION))
		return NULL;
	if (store_row(c->ro, e->id, atoll(id + 1), &rows) < 0)
		return NULL;
	pr_text(c->pr, D_TARGET,
		session_name(c->session, rows.v[0].connector, rows.v[0].rid,
			rows.v[0].id, name));
	rows_free(&rows);
	kind = strchr(id + 1, ':');
	note = kind && strcmp(kind, ":note") == 0;
	return op_desc(e->id == ENT_TICKET
			       ? (note ? OP_TICKET_NOTE : OP_TICKET_REPLY)
			       : (note ? OP_MESSAGE_NOTE : OP_MESSAGE_SEND));
}

/* What a draft was for is in its key: "op:UID" came back from the outbox,
 * "reply rt:11" was never queued. */
static void draft_purpose(struct cli *c, const char *key)
{
	const char *name = strchr(key, ' ');
	const struct op_desc *d = NULL;
	char target[256];
	struct op op;

	if (!strncmp(key, "op:", 3) &&
		store_op_get(c->ro, key + 3, c->arena, &op) == 0) {
		d = op_desc(op.kind);
		pr_text(c->pr, D_TARGET, op_target(c, &op, target));
	} else if (name) {
		d = opargs_kind(
			arena_strndup(c->arena, key, (size_t)(name - key)));
		pr_text(c->pr, D_TARGET, d ? name + 1 : NULL);
	} else {
		d = draft_of_row(c, key);
	}
	if (d)
		pr_text(c->pr, D_OP, pr_human(c->pr) ? _(d->label) : d->name);
}

/* Ticks and marks of the workstation are kept beside the drafts; they are no
 * texts. */
static int is_a_text(const char *key)
{
	return strncmp(key, "script:", 7) != 0 &&
	       strncmp(key, "quiet:", 6) != 0;
}

static int draft_list(struct cli *c)
{
	struct draft_row *v;
	const char *text;
	int64_t cursor;
	int limit, n, shown = 0, rc = list_limit(c, 500, &limit);

	if (rc == 0)
		rc = store_draft_list(c->ro, limit, c->arena, &v, &n);
	if (rc < 0)
		return rc;
	pr_begin(c->pr, "draft-list/1");
	rc = pr_list(c->pr, "drafts", draft_cols, D_COUNT);
	for (int i = 0; rc == 0 && i < n; i++) {
		if (!is_a_text(v[i].key))
			continue;
		shown++;
		pr_row(c->pr);
		pr_text(c->pr, D_KEY, v[i].key);
		pr_time(c->pr, D_AT, v[i].at_ms);
		draft_purpose(c, v[i].key);
		text = draft_text(v[i].key, v[i].text, &cursor);
		if (cursor >= 0)
			pr_int(c->pr, D_CURSOR, cursor);
		pr_text(c->pr, D_TEXT, text);
		pr_row_end(c->pr);
	}
	if (rc < 0)
		return rc;
	pr_list_end(c->pr);
	if (!shown)
		pr_line(c->pr, ST_DIM, _("no drafts"));
	pr_end(c->pr);
	return 0;
}

static int draft_show(struct cli *c, const char *key)
{
	const char *text;
	int64_t cursor;
	int rc = store_draft_get(c->ro, key, c->arena, &text);

	if (rc < 0)
		return rc;
	text = draft_text(key, text, &cursor);
	pr_begin(c->pr, "draft/1");
	pr_kstr(c->pr, "text", NULL, text);
	pr_para(c->pr, ST_PLAIN, 0, text);
	pr_end(c->pr);
	return 0;
}

static int draft_drop(struct cli *c, const char *key)
{
	struct store_rw *rw;
	const char *text;
	int rc = store_draft_get(c->ro, key, c->arena, &text);

	if (rc == 0)
		rc = session_rw(c->session, &rw);
	if (rc == 0)
		rc = store_draft_drop(rw, key);
	if (rc == 0)
		pr_line(c->pr, ST_PLAIN, _("dropped %s"), key);
	return rc;
}

static int cmd_draft(struct cli *c)
{
	if (!c->n_args || !strcmp(c->args[0], "list"))
		return draft_list(c);
	if (c->n_args == 2 && !strcmp(c->args[0], "show"))
		return draft_show(c, c->args[1]);
	if (c->n_args == 2 && !strcmp(c->args[0], "drop"))
		return draft_drop(c, c->args[1]);
	return err_set(E_INPUT, _("galley draft [list | show KEY | drop KEY]"));
}

/* --- files ---------------------------------------------------------------- */

static int file_get(struct cli *c, const char *name)
{
	struct rows rows;
	const char *path = opt(c, "output");
	char *own;
	int64_t id;
	int connector;
	int rc = session_find(c->session, ENT_FILE, name, &id, &connector);

	if (rc == 0)
		rc = store_row(c->ro, ENT_FILE, id, &rows);
	if (rc < 0)
		return rc;
	own = file_plain_name(
		text_of(row_get(&rows.v[0], FID_FILE_NAME)), rows.v[0].rid);
	if (!path)
		path = own;
	stop_catch();
	rc = session_fetch(
		c->session, connector, rows.v[0].rid, path, &stop_asked);
	rows_free(&rows);
	if (rc == 0) {
		pr_begin(c->pr, "file/1");
		pr_kstr(c->pr, "path", NULL, path);
		pr_line(c->pr, ST_PLAIN, "%s", path);
		pr_end(c->pr);
	}
	free(own);
	return rc;
}

static int cmd_file(struct cli *c)
{
	if (strcmp(c->args[0], "get") != 0)
		return err_set(
			E_INPUT, _("galley file get FILE [--output PATH]"));
	return file_get(c, c->args[1]);
}

/* --- version -------------------------------------------------------------- */

static int cmd_version(struct cli *c)
{
	pr_begin(c->pr, "version/1");
	pr_kstr(c->pr, "version", NULL, GALLEY_VERSION);
	pr_line(c->pr, ST_PLAIN, "galley %s", GALLEY_VERSION);
	pr_end(c->pr);
	return 0;
}

/* Listed for `galley help`; dispatch answers it before any table. */
static int cmd_help(struct cli *c)
{
	command_help(c->cmd, stdout);
	return 0;
}

static const struct opt log_opts[] = {
	{"limit", 'n', "N", N_("at most N")},
	{NULL, 0, NULL, NULL},
};
static const struct opt audit_opts[] = {
	{"limit", 'n', "N", N_("at most N")},
	{"verify", 0, NULL, N_("check the chain from its first row")},
	{NULL, 0, NULL, NULL},
};
static const struct opt file_opts[] = {
	{"output", 'o', "PATH", N_("where it goes; must not be there yet")},
	{NULL, 0, NULL, NULL},
};

#define LOOKING N_("Looking back")

const struct command commands_misc[] = {
	{.name = "log",
		.group = LOOKING,
		.args = "",
		.text = N_("what sync met: warnings and refused records"),
		.run = cmd_log,
		.need = NEED_CACHE,
		.opts = log_opts},
	{.name = "audit",
		.group = LOOKING,
		.args = "",
		.text = N_("the journal of everything that was done here"),
		.run = cmd_audit,
		.need = NEED_CACHE,
		.opts = audit_opts},
	{.name = "draft",
		.group = LOOKING,
		.args = "[list | show KEY | drop KEY]",
		.text = N_(
			"texts that are kept: not sent, or back from the outbox"),
		.run = cmd_draft,
		.need = NEED_CACHE,
		.max_args = 2,
		.opts = log_opts},
	{.name = "file",
		.group = LOOKING,
		.args = "get FILE",
		.text = N_("fetch an attachment"),
		.run = cmd_file,
		.need = NEED_CACHE,
		.min_args = 2,
		.max_args = 2,
		.opts = file_opts},
	{.name = "version",
		.group = LOOKING,
		.args = "",
		.text = N_("the version"),
		.run = cmd_version},
	{.name = "help",
		.group = LOOKING,
		.args = "[COMMAND]",
		.text = N_("this list, or one command"),
		.run = cmd_help,
		.max_args = 1},
	{0},
};
