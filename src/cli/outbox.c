/* SPDX-License-Identifier: MIT */
/*
 * The outbox: what waits, what hangs, and a person's decisions about it. It
 * decides nothing itself; every decision is the store's one transaction, and
 * the engine acts on it at its next step.
 */
#include "cli_priv.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "galley/app/found.h"
#include "galley/base/json.h"
#include "galley/base/timefmt.h"
#include "page.h"

/* --- hints ---------------------------------------------------------------- */

/* What can be done about a held operation, by reason. %s is its id. */
static const struct {
	enum op_reason reason;
	const char *text;
} remedies[] = {
	{OPR_REFUSED, N_("galley outbox retry %s, or discard %s")},
	{OPR_CONFLICT, N_("galley outbox resolve %s --ours, or --theirs")},
	{OPR_STALE,
		N_("read the thread, then galley outbox confirm %s, or discard %s")},
	{OPR_OLD, N_("galley outbox confirm %s, or discard %s")},
	{OPR_UNKNOWN,
		N_("did it arrive? galley outbox sent %s; if not, galley outbox retry %s")},
	{OPR_SEVERAL,
		N_("did it arrive? galley outbox sent %s; if not, galley outbox retry %s")},
	{OPR_GONE, N_("galley outbox discard %s, or retry %s")},
	{OPR_ATTEMPTS, N_("galley outbox retry %s, or discard %s")},
	{OPR_BLOCKED,
		N_("settle the one before it, then galley outbox retry %s")},
};

static void remedy_line(struct cli *c, const struct op *op)
{
	char id[16];

	for (size_t i = 0; i < ARRAY_SIZE(remedies); i++) {
		const char *f, *at;
		struct buf b = BUF_INIT;

		if (remedies[i].reason != op->reason)
			continue;
		for (f = _(remedies[i].text); (at = strstr(f, "%s")) != NULL;
			f = at + 2) {
			buf_add(&b, f, (size_t)(at - f));
			buf_adds(&b, short_uid(op->uid, id));
		}
		buf_adds(&b, f);
		pr_line(c->pr, ST_PLAIN, "    %s", buf_str(&b));
		buf_fini(&b);
	}
}

static void candidates_lines(struct cli *c, const struct found *f)
{
	pr_line(c->pr, ST_PLAIN, _("    they look like it (candidates):"));
	for (int i = 0; i < f->n; i++) {
		const struct found_one *x = &f->v[i];
		char when[32];

		pr_line(c->pr, ST_PLAIN, "      %s  %s%s%s%s%s  %s", x->name,
			x->title ? x->title : "", x->title ? "  " : "",
			when_local(x->at_ms, c->zone_min, when),
			x->author ? "  " : "", x->author ? x->author : "",
			x->text ? x->text : "");
	}
}

/* What the engine looked at before it gave up. */
static void evidence_line(struct cli *c, const struct op *op)
{
	struct found f;

	if (!found_read(c->session, c->ro, op, c->arena, &f))
		return;
	pr_line(c->pr, ST_PLAIN, "    %s", found_looked(&f, c->arena));
	pr_line(c->pr, ST_PLAIN,
		_("    newest message there when it left (baseline): %s, now: %s"),
		f.baseline ? f.baseline : "-", f.newest ? f.newest : "-");
	if (f.n)
		candidates_lines(c, &f);
}

static void conflict_lines(struct cli *c, const struct op *op)
{
	struct json_doc *d;
	const struct json *list;
	int conn = 0;

	if (!op->evidence || json_parse(op->evidence, strlen(op->evidence),
				     &json_limits_wire, &d) < 0)
		return;
	if (session_connector(c->session, op->connector, &conn) < 0)
		conn = 0;
	list = json_get(json_root(d), "conflicts");
	for (const struct json *v = json_first(list); v; v = json_next(v)) {
		const char *name = json_get_str(v, "field");
		const struct field_desc *f =
			name ? field_by_name(op_desc(op->kind)->target, name)
			     : NULL;

		pr_line(c->pr, ST_PLAIN,
			_("    %s: was %s, yours %s, theirs %s"),
			name ? name : "?",
			value_words(c, f, conn, json_get(v, "base")),
			value_words(c, f, conn, json_get(v, "ours")),
			value_words(c, f, conn, json_get(v, "theirs")));
	}
	json_free(d);
}

void op_hint(struct cli *c, const struct op *op)
{
	struct buf words = BUF_INIT;
	char id[16], target[256];

	op_words(op, c->now_ms, &words);
	pr_line(c->pr, op_style(op), "!!! %s %s %s: %s", short_uid(op->uid, id),
		op_label(op), op_target(c, op, target), buf_str(&words));
	buf_fini(&words);
	if (op->state != OPS_HELD)
		return;
	conflict_lines(c, op);
	evidence_line(c, op);
	remedy_line(c, op);
}

/* --- lists ---------------------------------------------------------------- */

enum {
	O_ID,
	O_TARGET,
	O_OP,
	O_STATE,
	O_REASON,
	O_WORDS,
	O_AGE,
	O_SUMMARY,
	O_ERROR,
	O_HOW,
	O_ATTEMPT,
	O_UID,
	O_CONN,
	O_ARGS,
	O_BASE,
	O_EVIDENCE,
	O_NOT_BEFORE,
	O_RESULT,
	O_COUNT
};
static const struct col op_cols[O_COUNT] = {
	{"id", N_("id"), CT_TEXT, 0},
	{"target", N_("for"), CT_TEXT, 0},
	{"op", N_("what"), CT_TEXT, 0},
	{"state", NULL, CT_TEXT, CF_HIDE},
	{"reason", NULL, CT_TEXT, CF_HIDE},
	{"words", N_("state"), CT_TEXT, CF_FLEX},
	{"created", N_("when"), CT_TIME, 0},
	{"summary", N_("content"), CT_TEXT, CF_FLEX},
	{"error", NULL, CT_TEXT, CF_HIDE},
	{"how", NULL, CT_TEXT, CF_HIDE},
	{"attempt", NULL, CT_INT, CF_HIDE},
	{"uid", NULL, CT_TEXT, CF_HIDE},
	{"connector", NULL, CT_TEXT, CF_HIDE},
	{"args", NULL, CT_JSON, CF_HIDE},
	{"base", NULL, CT_JSON, CF_HIDE},
	{"evidence", NULL, CT_JSON, CF_HIDE},
	{"not_before", NULL, CT_TIME, CF_HIDE},
	{"result", NULL, CT_TEXT, CF_HIDE},
};

static void op_row(struct cli *c, const struct op *op)
{
	struct buf words = BUF_INIT, summary = BUF_INIT;
	char target[256], id[16];

	op_words(op, c->now_ms, &words);
	op_summary(op, &summary);
	pr_row(c->pr);
	pr_text(c->pr, O_ID,
		pr_human(c->pr) ? short_uid(op->uid, id) : op->uid);
	pr_text(c->pr, O_TARGET, op_target(c, op, target));
	pr_text(c->pr, O_OP,
		pr_human(c->pr) ? op_label(op) : op_desc(op->kind)->name);
	pr_text(c->pr, O_STATE, op_state_name(op->state));
	pr_text(c->pr, O_REASON, op_reason_name(op->reason));
	pr_text(c->pr, O_WORDS, buf_str(&words));
	pr_style(c->pr, O_WORDS, op_style(op));
	pr_time(c->pr, O_AGE, op->created_ms);
	pr_text(c->pr, O_SUMMARY, buf_str(&summary));
	pr_text(c->pr, O_ERROR, op->error);
	pr_text(c->pr, O_HOW, op->how);
	pr_int(c->pr, O_ATTEMPT, op->attempt);
	pr_text(c->pr, O_UID, op->uid);
	pr_text(c->pr, O_CONN, op->connector);
	pr_json(c->pr, O_ARGS, op->args);
	pr_json(c->pr, O_BASE, op->base);
	pr_json(c->pr, O_EVIDENCE, op->evidence);
	pr_time(c->pr, O_NOT_BEFORE, op->not_before_ms);
	pr_text(c->pr, O_RESULT, op->result_rid);
	pr_row_end(c->pr);
	buf_fini(&words);
	buf_fini(&summary);
}

int ops_json(struct cli *c, const char *key, const struct ops *ops)
{
	int rc = pr_list(c->pr, key, op_cols, O_COUNT);

	if (rc < 0)
		return rc;
	for (int i = 0; i < ops->n; i++)
		op_row(c, &ops->v[i]);
	pr_list_end(c->pr);
	return 0;
}

static int outbox_list(struct cli *c)
{
	const char *word = opt(c, "state");
	int state = -1, held = 0, n, limit, rc = list_limit(c, 500, &limit);
	struct ops ops;

	if (rc < 0)
		return rc;
	if (word && (state = op_state_by_name(word)) < 0)
		return err_set(E_INPUT,
			_("no state \"%s\"; states are: queued, sending, sent, unsure, held, done, cancelled"),
			word);
	rc = store_op_list(c->ro, 0, state, 0, limit, &ops);
	if (rc < 0)
		return rc;
	pr_begin(c->pr, "outbox/1");
	rc = ops_json(c, "operations", &ops);
	n = ops.n;
	for (int i = 0; i < n; i++)
		held += ops.v[i].state == OPS_HELD;
	ops_free(&ops);
	if (rc < 0)
		return rc;
	if (!n)
		pr_line(c->pr, ST_DIM, _("nothing waits"));
	if (held)
		pr_line(c->pr, ST_BAD,
			P_("%d is held and needs you: galley outbox show ID",
				"%d are held and need you: galley outbox show ID",
				held),
			held);
	pr_kint(c->pr, "held", NULL, held);
	pr_end(c->pr);
	return 0;
}

/* --- one operation -------------------------------------------------------- */

static void show_text(struct cli *c, const struct op *op)
{
	struct json_doc *d;
	const char *text;

	if (!op->args || json_parse(op->args, strlen(op->args),
				 &json_limits_wire, &d) < 0)
		return;
	text = json_get_str(json_root(d), "text");
	if (text) {
		pr_gap(c->pr);
		pr_para(c->pr, ST_PLAIN, 2, text);
	}
	json_free(d);
}

static void show_op(struct cli *c, const struct op *op)
{
	struct buf words = BUF_INIT, summary = BUF_INIT;
	char target[256];

	op_words(op, c->now_ms, &words);
	op_summary(op, &summary);
	pr_kstr(c->pr, "uid", _("Operation"), op->uid);
	pr_kstr(c->pr, "op", _("What"), op_label(op));
	pr_kstr(c->pr, "target", _("For"), op_target(c, op, target));
	pr_kstr(c->pr, "words", _("State"), buf_str(&words));
	pr_kstr(c->pr, "summary", _("Content"), buf_str(&summary));
	pr_ktime(c->pr, "created", _("Written"), op->created_ms);
	pr_ktime(c->pr, "armed", _("Last sent"), op->armed_ms);
	if (op->attempt)
		pr_kint(c->pr, "attempt", _("Attempts"), op->attempt);
	pr_kstr(c->pr, "error", _("Server says"), op->error);
	pr_kstr(c->pr, "how", _("Settled by"), op->how);
	pr_kstr(c->pr, "result", _("Result"), op->result_rid);
	buf_fini(&words);
	buf_fini(&summary);
	show_text(c, op);
	if (op->state == OPS_HELD) {
		pr_gap(c->pr);
		op_hint(c, op);
	}
}

static int outbox_show(struct cli *c, const char *name)
{
	struct op op;
	struct ops one = {.v = &op, .n = 1};
	int rc = store_op_get(c->ro, name, c->arena, &op);

	if (rc < 0)
		return rc;
	pr_begin(c->pr, "operation/1");
	if (pr_human(c->pr))
		show_op(c, &op);
	else
		rc = ops_json(c, "operations", &one);
	pr_end(c->pr);
	return rc;
}

/* --- decisions ------------------------------------------------------------ */

static const char *who_am_i(void)
{
	const char *who = getlogin();

	return who ? who : getenv("USER") ? getenv("USER") : "?";
}

/* Says what became of it. */
static int say_now(struct cli *c, const char *uid)
{
	struct op op;
	struct buf words = BUF_INIT;
	struct store_rw *rw;
	int rc = session_rw(c->session, &rw);

	if (rc == 0)
		rc = store_op_get(store_reader(rw), uid, c->arena, &op);
	if (rc < 0)
		return rc;
	op_words(&op, c->now_ms, &words);
	pr_begin(c->pr, "decided/1");
	pr_kstr(c->pr, "uid", NULL, op.uid);
	pr_kstr(c->pr, "state", NULL, op_state_name(op.state));
	pr_line(c->pr, op_style(&op), "%s %s: %s", op_label(&op), op.uid,
		buf_str(&words));
	pr_end(c->pr);
	buf_fini(&words);
	return 0;
}

/* The full id of what a person named; "undo" alone means the last one. */
static int find_uid(struct cli *c, const char *name, char uid[UID_SIZE])
{
	struct op op;
	struct ops ops;
	int rc;

	if (name) {
		rc = store_op_get(c->ro, name, c->arena, &op);
		if (rc == 0)
			memcpy(uid, op.uid, UID_SIZE);
		return rc;
	}
	rc = store_op_list(c->ro, 0, OPS_QUEUED, 0, 1000, &ops);
	if (rc < 0)
		return rc;
	if (ops.n)
		memcpy(uid, ops.v[ops.n - 1].uid, UID_SIZE);
	rc = ops.n ? 0
		   : err_set(E_NOTFOUND,
			     _("nothing waits that could be taken back"));
	ops_free(&ops);
	return rc;
}

static int decide(struct cli *c, const char *name, enum op_decision d)
{
	struct store_rw *rw;
	char uid[UID_SIZE];
	int rc = find_uid(c, name, uid);

	if (rc == 0)
		rc = session_rw(c->session, &rw);
	if (rc == 0)
		rc = store_op_decide(rw, uid, d, who_am_i());
	return rc < 0 ? rc : say_now(c, uid);
}

static int undo(struct cli *c, const char *name)
{
	struct store_rw *rw;
	char uid[UID_SIZE];
	int rc = find_uid(c, name, uid);

	if (rc == 0)
		rc = session_rw(c->session, &rw);
	if (rc == 0)
		rc = store_op_cancel(rw, uid);
	if (rc == E_CONFLICT)
		err_ctx("%s", name);
	return rc < 0 ? rc : say_now(c, uid);
}

/* Same field, two people: asks on a terminal when no option says it. */
static int resolve(struct cli *c, const char *name)
{
	struct op op;
	char *answer;
	enum op_decision d;
	int rc;

	if (opt(c, "ours"))
		return decide(c, name, OPD_OURS);
	if (opt(c, "theirs"))
		return decide(c, name, OPD_THEIRS);
	rc = store_op_get(c->ro, name, c->arena, &op);
	if (rc < 0)
		return rc;
	if (op.state != OPS_HELD || op.reason != OPR_CONFLICT)
		return err_set(E_INPUT,
			_("%s is no conflict; see galley outbox show %s"), name,
			name);
	if (pr_human(c->pr))
		show_op(c, &op);
	rc = ask_line(c, _("Keep (o)urs, take (t)heirs, or (l)eave it?"), "l",
		&answer);
	if (rc < 0)
		return err_set(E_INPUT, _("say --ours or --theirs"));
	d = answer[0] == 'o' ? OPD_OURS : OPD_THEIRS;
	rc = answer[0] == 'o' || answer[0] == 't' ? decide(c, name, d) : 0;
	free(answer);
	return rc;
}

static int retry(struct cli *c, const char *name)
{
	return decide(c, name, OPD_RETRY);
}
static int discard(struct cli *c, const char *name)
{
	return decide(c, name, OPD_DISCARD);
}
static int confirm(struct cli *c, const char *name)
{
	return decide(c, name, OPD_SEND_ANYWAY);
}
static int mark_sent(struct cli *c, const char *name)
{
	return decide(c, name, OPD_MARK_SENT);
}

static const struct {
	const char *word;
	int (*run)(struct cli *, const char *name);
	int without_id; /* allowed */
} verbs[] = {
	{"show", outbox_show, 0},
	{"resolve", resolve, 0},
	{"retry", retry, 0},
	{"discard", discard, 0},
	{"confirm", confirm, 0},
	{"sent", mark_sent, 0},
	{"undo", undo, 1},
};

static int no_verb(const char *word)
{
	const char *known[ARRAY_SIZE(verbs)], *near;

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		known[i] = verbs[i].word;
	near = guess_near(word, known, (int)ARRAY_SIZE(verbs));
	return err_set(E_INPUT,
		_("no \"outbox %s\"; there are show, resolve, retry, discard, confirm, undo, sent%s%s"),
		word, near ? _("; did you mean ") : "", near ? near : "");
}

static int run_verb(struct cli *c, size_t v)
{
	const char **ids;
	int n, rc;

	if (c->n_args < 2 && verbs[v].without_id)
		return verbs[v].run(c, NULL);
	if (c->n_args < 2)
		return err_set(E_INPUT, _("which one? galley outbox %s ID"),
			verbs[v].word);
	rc = read_ids(c, 1, c->n_args, &ids, &n);
	for (int i = 0; rc == 0 && i < n; i++)
		rc = verbs[v].run(c, ids[i]);
	return rc;
}

static int cmd_outbox(struct cli *c)
{
	if (!c->n_args)
		return outbox_list(c);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(c->args[0], verbs[i].word))
			return run_verb(c, i);
	return no_verb(c->args[0]);
}

static const struct opt outbox_opts[] = {
	{"state", 0, "STATE", N_("only these: queued, held, done ...")},
	{"limit", 'n', "N", N_("at most N")},
	{"ours", 0, NULL, N_("resolve: our value on top of theirs")},
	{"theirs", 0, NULL, N_("resolve: give ours up")},
	{NULL, 0, NULL, NULL},
};

const struct command commands_outbox[] = {
	{.name = "outbox",
		.group = N_("Sending"),
		.args = "[show|resolve|retry|discard|confirm|undo|sent [ID]...]",
		.text = N_("what waits to be sent, and decisions about it"),
		.more = N_(
			"show     one of them with its evidence\nresolve  the same field was changed by somebody else: --ours or --theirs\nretry    send it again\nconfirm  send it although the customer wrote, or it is old\nsent     a person has seen that it arrived\nundo     take back what has not left; without an id the last one\ndiscard  give it up, the text comes back as a draft"),
		.run = cmd_outbox,
		.need = NEED_CACHE,
		.max_args = -1,
		.opts = outbox_opts},
	{0},
};
