/* SPDX-License-Identifier: MIT */
/*
 * Commands that intend a change: they write an outbox row and return. Nothing
 * here talks to a server; --wait lends the process to the sender afterwards.
 */
#include "cli_priv.h"

#include <stdlib.h>
#include <string.h>
#include "galley/app/merge.h"
#include "galley/base/json.h"

#define MAX_TARGETS 10000

/* One run of a writing command. */
struct batch {
	struct cli *c;
	enum op_kind kind;
	struct opargs in;
	const char *draft; /* key to consume, when the text was one */
	char (*uids)[UID_SIZE];
	int n;
	int listed;	  /* the printer's list is open */
	const char *here; /* said when it is kept here only, or NULL */
};

int64_t hold_ms(const struct cli *c, enum op_kind k)
{
	if (opt(c, "now") || !(op_desc(k)->flags & OF_VISIBLE))
		return 0;
	return session_config(c->session)->undo_ms;
}

int enqueue(struct cli *c, const struct intent *in, char uid[UID_SIZE],
	int64_t *target)
{
	struct store_rw *rw;
	struct store_enqueue q = {
		.connector = in->connector,
		.kind = in->kind,
		.target = in->target,
		.args = in->args,
		.hold_ms = in->hold_ms,
		.draft = in->draft,
		.me = session_me_rid(c->session, in->connector),
	};
	int rc = session_rw(c->session, &rw);

	return rc < 0 ? rc : store_op_enqueue(rw, &q, uid, target);
}

/* --- saying what happened ------------------------------------------------- */

enum { C_UID, C_OP, C_TARGET, C_SUMMARY, C_DRY, C_COUNT };
static const struct col queued_cols[C_COUNT] = {
	{"uid", NULL, CT_TEXT, 0},
	{"op", NULL, CT_TEXT, 0},
	{"target", NULL, CT_TEXT, 0},
	{"args", NULL, CT_JSON, 0},
	{"dry_run", NULL, CT_BOOL, 0},
};

static int begin_list(struct batch *w)
{
	int rc;

	if (w->listed)
		return 0;
	pr_begin(w->c->pr, "queued/1");
	rc = pr_human(w->c->pr)
		     ? 0
		     : pr_list(w->c->pr, "queued", queued_cols, C_COUNT);
	w->listed = rc == 0;
	return rc;
}

static void end_list(struct batch *w)
{
	if (w->listed && !pr_human(w->c->pr))
		pr_list_end(w->c->pr);
}

static void say_human(
	struct batch *w, const char *uid, const char *target, const char *args)
{
	struct op op = {.kind = w->kind, .args = args};
	struct buf sum = BUF_INIT;

	op_summary(&op, &sum);
	if (!uid)
		pr_line(w->c->pr, ST_PLAIN, _("would queue: %s %s  %s"),
			op_label(&op), target, buf_str(&sum));
	else if (hold_ms(w->c, w->kind))
		pr_line(w->c->pr, ST_PLAIN,
			_("queued %s %s %s, leaves in %lld s (galley outbox undo)"),
			uid, op_label(&op), target,
			(long long)hold_ms(w->c, w->kind) / 1000);
	else
		pr_line(w->c->pr, ST_PLAIN, _("queued %s %s %s"), uid,
			op_label(&op), target);
	buf_fini(&sum);
}

static int say(struct batch *w, const char *uid, int dry, const char *target,
	const char *args)
{
	int rc = begin_list(w);

	if (rc < 0)
		return rc;
	if (pr_human(w->c->pr)) {
		if (uid || dry)
			say_human(w, uid, target, args);
		else
			pr_line(w->c->pr, ST_PLAIN, "%s  %s", target, w->here);
		return 0;
	}
	pr_row(w->c->pr);
	pr_text(w->c->pr, C_UID, uid);
	pr_text(w->c->pr, C_OP, op_desc(w->kind)->name);
	pr_text(w->c->pr, C_TARGET, target);
	pr_json(w->c->pr, C_SUMMARY, args);
	pr_bool(w->c->pr, C_DRY, dry);
	pr_row_end(w->c->pr);
	return 0;
}

/* --- doing ---------------------------------------------------------------- */

static const char *name_of(
	struct cli *c, enum entity e, int connector, int64_t id)
{
	struct rows rows;
	const char *s;
	char name[256];

	if (store_row(c->ro, e, id, &rows) < 0)
		return arena_strdup(c->arena,
			session_name(c->session, connector, NULL, id, name));
	s = row_name(c, &rows.v[0]);
	rows_free(&rows);
	return s;
}

/* What is said of an article counts here when its backend does not take it. */
static int keep_here(struct batch *w, int connector, int64_t article)
{
	struct cli *c = w->c;
	struct store_rw *rw;
	struct store_verdict v = {.article = article,
		.entity = w->in.case_entity,
		.id = w->in.case_id,
		.me = session_me_rid(c->session, connector)};
	struct store_mark m = {.entity = ENT_ARTICLE,
		.id = article,
		.kind = "outdated",
		.who = v.me,
		.text = w->in.text};
	int rc = session_rw(c->session, &rw);

	if (rc < 0)
		return rc;
	if (w->kind == OP_ARTICLE_OUTDATED)
		return store_mark_put(rw, &m);
	v.worked = w->in.worked[0] == '1';
	return store_verdict_put(rw, &v);
}

/* Queues one operation on one target (0: what the operation creates). */
static int queue_one(struct batch *w, int connector, int64_t target)
{
	struct cli *c = w->c;
	struct buf args = BUF_INIT;
	struct intent in = {.kind = w->kind,
		.connector = connector,
		.target = target,
		.draft = w->draft,
		.hold_ms = hold_ms(c, w->kind)};
	char uid[UID_SIZE];
	int dry = opt(c, "dry-run") != NULL;
	int rc = session_can(c->session, connector, w->kind);
	int here = rc == E_INPUT && w->here;

	if (rc == 0 || here)
		rc = opargs_build(c->session, w->kind, connector, c->now_ms,
			c->zone_min, &w->in, &args);

	in.args = buf_str(&args);
	if (rc == 0 && !dry)
		rc = here ? keep_here(w, connector, target)
			  : enqueue(c, &in, uid, &target);
	if (rc == 0)
		rc = say(w, dry || here ? NULL : uid, dry,
			target ? name_of(c, op_desc(w->kind)->target, connector,
					 target)
			       : "",
			in.args);
	if (rc == 0 && !dry && !here)
		memcpy(w->uids[w->n++], uid, UID_SIZE);
	buf_fini(&args);
	return rc;
}

static int finish(struct batch *w, int rc)
{
	struct cli *c = w->c;
	const char *wait = opt(c, "wait");
	int64_t wait_s;
	int n = w->n;

	end_list(w);
	if (rc == 0 && wait && n) {
		rc = opt_int(c, "wait", 0, 0, 86400, &wait_s);
		if (rc == 0)
			rc = wait_ops(c, (const char(*)[UID_SIZE])w->uids, n,
				wait_s * 1000);
	}
	if (w->listed)
		pr_end(c->pr);
	free(w->uids);
	return rc;
}

/* Who reads what another customer wrote is asked about; that the two are one is
 * for the person to know. */
static int same_customers(struct batch *w, const int64_t *ids, int n)
{
	const struct field_desc *f = field_desc(FID_TICKET_CUSTOMER);
	struct cli *c = w->c;
	const char *whose, *others, *text = NULL;
	int64_t into;
	int rc = session_find(c->session, ENT_TICKET, w->in.other, &into, NULL);

	for (int i = 0; rc == 0 && i < n && !text; i++)
		if (merge_differs(
			    c->ro, ids[i], into, c->arena, &whose, &others))
			text = arena_printf(c->arena,
				_("they are of different customers: %s and %s"),
				seen_text(c, f, whose),
				seen_text(c, f, others));
	if (rc < 0 || !text || opt(c, "yes"))
		return rc;
	if (opt(c, "dry-run")) {
		fprintf(stderr, "galley: %s\n", text);
		return 0;
	}
	if (!c->tty_in || !c->tty_err)
		return err_set(E_INPUT,
			_("%s; say --yes to merge them all the same"), text);
	fprintf(stderr, "galley: %s\n", text);
	rc = ask_yes(c, _("Merge them all the same?"));
	if (rc < 0)
		return rc;
	return rc ? 0 : err_set(E_CANCEL, _("nothing was done"));
}

/* Every target is looked up before the first operation is written: a mistyped
 * id in a list leaves nothing half done. */
static int queue_all(struct batch *w, const char **ids, int n)
{
	struct cli *c = w->c;
	int64_t *found = arena_calloc(c->arena, (size_t)n, sizeof *found);
	int *conns = arena_calloc(c->arena, (size_t)n, sizeof *conns);
	int rc = 0;

	if (n > MAX_TARGETS)
		return err_set(E_INPUT,
			_("more than %d tickets; use galley do with a query"),
			MAX_TARGETS);
	for (int i = 0; rc == 0 && i < n; i++)
		rc = session_find(c->session, op_desc(w->kind)->target, ids[i],
			&found[i], &conns[i]);
	if (rc == 0 && w->kind == OP_TICKET_MERGE)
		rc = same_customers(w, found, n);
	w->uids = xcalloc((size_t)n, sizeof *w->uids);
	for (int i = 0; rc == 0 && i < n; i++)
		rc = queue_one(w, conns[i], found[i]);
	return finish(w, rc);
}

/* --- texts and drafts ----------------------------------------------------- */

static const char *draft_key(struct cli *c, const char *id, const char *what)
{
	return arena_printf(c->arena, "%s %s", what, id);
}

/* A text that could not be queued stays as a draft. */
static void keep_draft(struct batch *w, const char *key)
{
	struct cli *c = w->c;
	struct store_rw *rw;
	int code = err_code();
	const char *msg = arena_strdup(c->arena, err_msg());

	if (session_rw(c->session, &rw) == 0 &&
		store_draft_put(rw, key, w->in.text) == 0)
		fprintf(stderr,
			_("galley: the text is kept: galley draft show \"%s\"\n"),
			key);
	err_set(code, "%s", msg);
}

static int message(struct cli *c, enum op_kind kind, const char *what)
{
	struct batch w = {.c = c, .kind = kind};
	const char **ids, *start = NULL, *key;
	int64_t cursor;
	int n, rc;

	if (opt(c, "conversation"))
		w.kind = kind == OP_TICKET_REPLY ? OP_MESSAGE_SEND
						 : OP_MESSAGE_NOTE;
	rc = read_ids(c, 0, 1, &ids, &n);
	if (rc < 0)
		return rc;
	key = opt(c, "draft") && *opt(c, "draft") ? opt(c, "draft")
						  : draft_key(c, ids[0], what);
	if (store_draft_get(c->ro, key, c->arena, &start) == 0) {
		start = draft_text(key, start, &cursor);
		w.draft = key;
	}
	if (opt(c, "draft") && !w.draft)
		rc = err_set(E_NOTFOUND, _("no draft \"%s\""), key);
	else if (opt(c, "draft"))
		w.in.text = start;
	else
		rc = read_text(c, 1, what, start, &w.in.text);
	if (rc < 0)
		return rc;
	w.in.cc = opt(c, "cc");
	w.in.status = opt(c, "status");
	w.in.minutes = opt(c, "time");
	rc = queue_all(&w, ids, n);
	if (rc < 0 && !w.n && !opt(c, "dry-run"))
		keep_draft(&w, key);
	return rc;
}

static int cmd_reply(struct cli *c)
{
	return message(c, OP_TICKET_REPLY, "reply");
}

static int cmd_note(struct cli *c)
{
	return message(c, OP_TICKET_NOTE, "note");
}

/* --- the other operations ------------------------------------------------- */

static int on_ids(struct batch *w, int from, int to)
{
	const char **ids;
	int n, rc = read_ids(w->c, from, to, &ids, &n);

	return rc < 0 ? rc : queue_all(w, ids, n);
}

static int cmd_set(struct cli *c)
{
	struct batch w = {.c = c, .kind = OP_TICKET_SET};

	w.in.sets = (const char *const *)c->args + 1;
	w.in.n_sets = c->n_args - 1;
	return on_ids(&w, 0, 1);
}

static int cmd_take(struct cli *c)
{
	struct batch w = {.c = c, .kind = OP_TICKET_TAKE};

	return on_ids(&w, 0, c->n_args);
}

static int cmd_assign(struct cli *c)
{
	struct batch w = {.c = c, .kind = OP_TICKET_ASSIGN};

	w.in.owner = c->args[c->n_args - 1];
	return on_ids(&w, 0, c->n_args - 1);
}

static int link_work(struct cli *c, enum op_kind kind)
{
	struct batch w = {.c = c, .kind = kind};

	w.in.other = c->args[c->n_args - 1];
	w.in.link_kind = c->n_args == 3 ? c->args[1] : NULL;
	return on_ids(&w, 0, 1);
}

static int cmd_link(struct cli *c)
{
	return link_work(c, OP_TICKET_LINK);
}

static int cmd_unlink(struct cli *c)
{
	return link_work(c, OP_TICKET_UNLINK);
}

static int cmd_merge(struct cli *c)
{
	struct batch w = {.c = c, .kind = OP_TICKET_MERGE};

	w.in.other = c->args[c->n_args - 1];
	return on_ids(&w, 0, c->n_args - 1);
}

static int cmd_time(struct cli *c)
{
	struct batch w = {.c = c, .kind = OP_TICKET_TIME};

	w.in.minutes = c->args[1];
	w.in.text = c->n_args > 2 ? join_args(c, 2) : NULL;
	return on_ids(&w, 0, 1);
}

/* "+vip" and "vip" add, "-lost" removes. */
static int cmd_tags(struct cli *c)
{
	struct batch w = {.c = c, .kind = OP_TICKET_TAGS};
	const char **add =
		arena_calloc(c->arena, (size_t)c->n_args + 1, sizeof *add);
	const char **remove =
		arena_calloc(c->arena, (size_t)c->n_args + 1, sizeof *remove);

	for (int i = 1; i < c->n_args; i++) {
		const char *t = c->args[i];

		if (*t == '-')
			remove[w.in.n_remove++] = t + 1;
		else
			add[w.in.n_add++] = t + (*t == '+');
	}
	w.in.add = add;
	w.in.remove = remove;
	return on_ids(&w, 0, 1);
}

static int cmd_create(struct cli *c)
{
	struct batch w = {.c = c, .kind = OP_TICKET_CREATE};
	const char *sets[MAX_OPT_VALUES];
	const char *s;
	int connector, rc;

	rc = session_connector(c->session, opt(c, "connector"), &connector);
	if (rc < 0)
		return rc;
	while ((s = opt_nth(c, "set", w.in.n_sets)) != NULL)
		sets[w.in.n_sets++] = s;
	w.in.sets = sets;
	w.in.queue = opt(c, "queue");
	w.in.customer = opt(c, "customer");
	w.in.subject = c->args[0];
	if (c->n_args > 1 || !c->tty_in || c->tty_out)
		rc = read_text(c, 1, "create", NULL, &w.in.text);
	if (rc < 0)
		return rc;
	w.uids = xcalloc(1, sizeof *w.uids);
	return finish(&w, queue_one(&w, connector, 0));
}

/* galley articles edit ARTICLE [TEXT|-]: the whole new text; the editor begins
 * with the old one. */
int article_edit(struct cli *c)
{
	struct batch w = {.c = c, .kind = OP_ARTICLE_EDIT};
	const char **ids, *old = "";
	struct rows rows;
	int64_t id;
	int n, rc;

	if (c->n_args < 2)
		return err_set(E_INPUT, _("something is missing: galley %s %s"),
			"articles", "edit ARTICLE [TEXT|-]");
	rc = read_ids(c, 1, 2, &ids, &n);
	if (rc == 0 && n != 1)
		rc = err_set(E_INPUT, _("one article at a time"));
	if (rc == 0)
		rc = session_find(c->session, ENT_ARTICLE, ids[0], &id, NULL);
	if (rc == 0)
		rc = store_row(c->ro, ENT_ARTICLE, id, &rows);
	if (rc < 0)
		return rc;
	old = arena_strdup(
		c->arena, text_of(row_get(&rows.v[0], FID_ARTICLE_TEXT)));
	rows_free(&rows);
	rc = read_text(c, 2, "article", old, &w.in.text);
	if (rc < 0)
		return rc;
	w.in.summary = opt(c, "summary");
	return queue_all(&w, ids, 1);
}

/* galley articles worked|failed ARTICLE CASE */
int article_worked(struct cli *c, int worked)
{
	struct batch w = {.c = c, .kind = OP_ARTICLE_OUTCOME};
	int rc;

	if (c->n_args != 3)
		return err_set(E_INPUT, _("something is missing: galley %s %s"),
			"articles",
			worked ? "worked ARTICLE CASE" : "failed ARTICLE CASE");
	w.here = worked ? _("counted: it worked")
			: _("counted: it did not work");
	w.in.worked = worked ? "1" : "0";
	w.in.case_entity =
		opt(c, "conversation") ? ENT_CONVERSATION : ENT_TICKET;
	rc = session_find(
		c->session, w.in.case_entity, c->args[2], &w.in.case_id, NULL);
	return rc < 0 ? rc : on_ids(&w, 1, 2);
}

/* galley articles outdated ARTICLE WHY */
int article_outdated(struct cli *c)
{
	struct batch w = {.c = c,
		.kind = OP_ARTICLE_OUTDATED,
		.here = _("marked as out of date here; its backend does not "
			  "take it")};

	if (c->n_args < 3)
		return err_set(E_INPUT, _("something is missing: galley %s %s"),
			"articles", "outdated ARTICLE WHY");
	w.in.text = join_args(c, 2);
	return on_ids(&w, 1, 2);
}

/* --- the table ------------------------------------------------------------ */

#define WRITE_OPTS                                                             \
	{"dry-run", 'n', NULL, N_("say what would be queued, write nothing")}, \
		{"wait", 'w', "[=SECONDS]",                                    \
			N_("send now and stay until it has settled")},         \
	{                                                                      \
		NULL, 0, NULL, NULL                                            \
	}

static const struct opt write_opts[] = {WRITE_OPTS};
static const struct opt merge_opts[] = {
	{"yes", 'y', NULL, N_("also when their customers differ")},
	WRITE_OPTS,
};
static const struct opt message_opts[] = {
	{"status", 's', "STATUS", N_("set the status too")},
	{"time", 't', "MINUTES", N_("time worked")},
	{"cc", 0, "ADDRESS", N_("copy to")},
	{"draft", 0, "[=KEY]", N_("send a draft that is kept (galley draft)")},
	{"conversation", 0, NULL, N_("to a conversation, not a ticket")},
	{"now", 0, NULL, N_("without the time for undo")},
	WRITE_OPTS,
};
static const struct opt create_opts[] = {
	{"queue", 'q', "QUEUE", N_("where it goes")},
	{"customer", 'c', "ADDRESS", N_("whose matter it is")},
	{"set", 0, "FIELD=VALUE", N_("other fields; may be repeated")},
	{"connector", 0, "NAME", N_("which backend, when there are several")},
	WRITE_OPTS,
};

#define WRITING N_("Working on tickets")

const struct command commands_write[] = {
	{.name = "reply",
		.group = WRITING,
		.args = "TICKET [TEXT|-]",
		.text = N_("answer the customer"),
		.more = N_(
			"Without a text the editor opens ($VISUAL, $EDITOR); an empty text\nabandons. TICKET may be several ids with commas, or - to read them\nfrom standard input."),
		.run = cmd_reply,
		.need = NEED_CACHE,
		.min_args = 1,
		.max_args = -1,
		.opts = message_opts},
	{.name = "note",
		.group = WRITING,
		.args = "TICKET [TEXT|-]",
		.text = N_("add a note that the customer does not see"),
		.run = cmd_note,
		.need = NEED_CACHE,
		.min_args = 1,
		.max_args = -1,
		.opts = message_opts},
	{.name = "set",
		.group = WRITING,
		.args = "TICKET FIELD=VALUE...",
		.text = N_("change fields: status=open priority=50 due=2d"),
		.run = cmd_set,
		.need = NEED_CACHE,
		.min_args = 2,
		.max_args = -1,
		.opts = write_opts},
	{.name = "take",
		.group = WRITING,
		.args = "TICKET...",
		.text = N_("make it yours"),
		.run = cmd_take,
		.need = NEED_CACHE,
		.min_args = 1,
		.max_args = -1,
		.opts = write_opts},
	{.name = "assign",
		.group = WRITING,
		.args = "TICKET... WHO",
		.text = N_("give it to somebody: a login, a name, me, none"),
		.run = cmd_assign,
		.need = NEED_CACHE,
		.min_args = 2,
		.max_args = -1,
		.opts = write_opts},
	{.name = "tags",
		.dashes = 1,
		.group = WRITING,
		.args = "TICKET [+TAG|-TAG]...",
		.text = N_("add and take off tags"),
		.run = cmd_tags,
		.need = NEED_CACHE,
		.min_args = 2,
		.max_args = -1,
		.opts = write_opts},
	{.name = "link",
		.group = WRITING,
		.args = "TICKET [KIND] OTHER",
		.text = N_("link with another ticket or an address"),
		.more = N_(
			"KIND is refers-to (default), referred-by, depends-on, depended-on-by,\nparent or child."),
		.run = cmd_link,
		.need = NEED_CACHE,
		.min_args = 2,
		.max_args = 3,
		.opts = write_opts},
	{.name = "unlink",
		.group = WRITING,
		.args = "TICKET [KIND] OTHER",
		.text = N_("take a link off"),
		.run = cmd_unlink,
		.need = NEED_CACHE,
		.min_args = 2,
		.max_args = 3,
		.opts = write_opts},
	{.name = "merge",
		.group = WRITING,
		.args = "TICKET... INTO",
		.text = N_("merge tickets into another; this cannot be undone"),
		.run = cmd_merge,
		.need = NEED_CACHE,
		.min_args = 2,
		.max_args = -1,
		.opts = merge_opts},
	{.name = "create",
		.group = WRITING,
		.args = "SUBJECT [TEXT|-]",
		.text = N_("make a new ticket"),
		.run = cmd_create,
		.need = NEED_CACHE,
		.min_args = 1,
		.max_args = -1,
		.opts = create_opts},
	{.name = "time",
		.group = WRITING,
		.args = "TICKET MINUTES [TEXT]",
		.text = N_("add time worked"),
		.run = cmd_time,
		.need = NEED_CACHE,
		.min_args = 2,
		.max_args = -1,
		.opts = write_opts},
	{0},
};
