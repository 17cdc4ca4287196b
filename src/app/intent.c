/* SPDX-License-Identifier: MIT */
/*
 * What the person wants done becomes an operation: for which target and through
 * which connector, how long it can be taken back, and taking it back. The desk
 * hands it to the worker.
 */
#include "app_priv.h"
#include "galley/app/desk.h"

#include <stdlib.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

int desk_may_write(const struct desk *d)
{
	if (desk_read_only(d))
		return err_set(
			E_PERM, _("you only look on: nothing can be changed"));
	if (!desk_may(d, PM_WRITE))
		return err_set(E_PERM, _("your role (%s) may not do this"),
			desk_role(d));
	return 0;
}

/* Where an operation goes: the target's connector, or for a new thing the one
 * of the case in focus. */
static int connector_for(
	struct desk *d, const struct intent *in, int64_t target, int *out)
{
	struct arena *a;
	struct row_title t;
	int rc;

	if (!target) {
		if (desk_case(d)->connector) {
			*out = desk_case(d)->connector;
			return 0;
		}
		return session_connector(desk_session(d), NULL, out);
	}
	a = arena_new();
	rc = store_title(desk_ro(d), op_desc(in->kind)->target, target, a, &t);
	if (rc == 0)
		*out = t.connector;
	arena_free(a);
	return rc;
}

static int64_t target_of(const struct desk *d, const struct intent *in)
{
	enum entity e = op_desc(in->kind)->target;

	if (in->target || op_desc(in->kind)->cls == OPC_CREATE)
		return in->target;
	if (desk_case(d)->entity == e)
		return desk_case(d)->id;
	return e == ENT_TICKET ? desk_case(d)->ticket : 0;
}

/* What only colleagues see waits while its notice stands: it offers undo. */
static int64_t hold_of(struct desk *d, const struct intent *in)
{
	int64_t hold = in->now ? 0 : session_config(desk_session(d))->undo_ms;

	if (in->not_before_ms > desk_now(d))
		return in->not_before_ms - desk_now(d);
	return op_desc(in->kind)->flags & OF_VISIBLE || hold < TOAST_MS
		       ? hold
		       : TOAST_MS;
}

/* "T-8812: assign": a verb may act on another case than the one in focus. */
static char *said_of(struct desk *d, enum op_kind k, int64_t target)
{
	const struct op_desc *op = op_desc(k);
	struct arena *a = arena_new();
	struct row_title t;
	char name[256], *said;

	if (target && store_title(desk_ro(d), op->target, target, a, &t) == 0) {
		said = xasprintf("%s: %s",
			session_name(desk_session(d), t.connector, t.rid, t.id,
				name),
			_(op->label));
	} else {
		err_clear();
		said = xstrdup(_(op->label));
	}
	arena_free(a);
	return said;
}

int desk_do(struct desk *d, const struct intent *in)
{
	int64_t target = target_of(d, in);
	struct buf args = BUF_INIT;
	struct work *w;
	char *said;
	int connector, rc = desk_may_write(d);

	if (rc == 0 && !target && op_desc(in->kind)->cls != OPC_CREATE)
		rc = err_set(E_INPUT, _("nothing is in focus: open a case "
					"first"));
	if (rc == 0)
		rc = connector_for(d, in, target, &connector);
	if (rc == 0)
		rc = session_can(desk_session(d), connector, in->kind);
	if (rc == 0)
		rc = opargs_build(desk_session(d), in->kind, connector,
			desk_now(d), desk_zone(d), &in->in, &args);
	if (rc < 0) {
		buf_fini(&args);
		return rc;
	}
	w = work_new(WORK_ENQUEUE);
	w->connector =
		xstrdup(session_connector_name(desk_session(d), connector));
	w->op = in->kind;
	w->target = target;
	w->hold_ms = hold_of(d, in);
	w->later = in->not_before_ms > desk_now(d);
	w->args = buf_take(&args);
	w->draft_key = xstrdup_null(in->draft);
	if (in->draft) /* what is typed and not saved yet goes with it */
		desk_write_drafts(d);
	desk_hand_over_quiet(d, in->if_quiet);
	said = in->said ? xstrdup(in->said) : said_of(d, in->kind, target);
	rc = desk_ask(d, w, said);
	desk_hand_over_quiet(d, 0);
	free(said);
	return rc;
}

static const char *taken_back(struct desk *d, const char *uid)
{
	struct arena *a = arena_new();
	struct op op;
	int words = 1;

	if (store_op_get(desk_ro(d), uid, a, &op) == 0)
		words = op_desc(op.kind)->cls == OPC_MESSAGE ||
			op_desc(op.kind)->cls == OPC_CREATE;
	arena_free(a);
	return words ? _("taken back; its text is a draft again")
		     : _("taken back");
}

int desk_undo(struct desk *d)
{
	struct notice *n = NULL;
	const char *said;
	struct work **undo;
	int i, rc = desk_may_write(d);

	for (i = 0; desk_notice(d, i) && !n; i++)
		if (notice_at(d, i)->n_undo)
			n = notice_at(d, i);
	if (rc == 0 && !n)
		rc = err_set(E_NOTFOUND, _("nothing can be taken back"));
	if (rc < 0)
		return rc;
	said = n->uid[0] ? taken_back(d, n->uid) : _("taken back");
	undo = n->undo;
	i = n->n_undo;
	n->undo = NULL;
	n->n_undo = 0;
	n->uid[0] = '\0';
	n->undo_until_mono = 0;
	n->until_mono = 1;
	/* the last one first: what was built on it goes before it */
	while (i-- > 0)
		if (desk_ask(d, undo[i], i ? NULL : said) < 0)
			rc = err_code();
	free(undo);
	return rc;
}

int desk_cancel(struct desk *d, const char *uid)
{
	struct work *w;
	int rc = desk_may_write(d);

	if (rc < 0)
		return rc;
	w = work_new(WORK_CANCEL);
	w->uid = xstrdup(uid);
	return desk_ask(d, w, _("taken back; its text is a draft again"));
}

/* That it goes only if the customer is silent is kept beside the drafts: should
 * the mark be lost, it is held and asked about, never sent. */
void desk_quiet_mark(struct desk *d, const char *uid, int on)
{
	char *key = xasprintf("quiet:%s", uid);

	if (on || desk_if_quiet(d, uid))
		desk_draft(d, key, on ? "1" : NULL, 1);
	free(key);
}

int desk_if_quiet(struct desk *d, const char *uid)
{
	struct arena *a = arena_new();
	const char *key = arena_printf(a, "quiet:%s", uid), *text;
	int yes = desk_draft_get(d, key, a, &text) == 0;

	if (!yes)
		err_clear();
	arena_free(a);
	return yes;
}

/* The customer has written before it left: the freshness check has held it, and
 * the person has said already what is to become of it then. */
void desk_give_way(struct desk *d)
{
	struct ops ops;
	struct work *w;
	int i;

	if (desk_read_only(d) ||
		store_op_list(desk_ro(d), 0, OPS_HELD, 0, 1000, &ops) < 0)
		return;
	for (i = 0; i < ops.n; i++) {
		if (ops.v[i].reason != OPR_STALE ||
			!desk_if_quiet(d, ops.v[i].uid))
			continue;
		desk_quiet_mark(d, ops.v[i].uid, 0);
		w = work_new(WORK_DECIDE);
		w->uid = xstrdup(ops.v[i].uid);
		w->decision = OPD_DISCARD;
		if (desk_ask(d, w,
			    _("Not sent, because the customer has written: "
			      "the text is a draft again")) < 0)
			desk_say_err(d);
	}
	ops_free(&ops);
}

int desk_decide(struct desk *d, const char *uid, enum op_decision what)
{
	struct work *w;
	int rc = desk_may_write(d);

	if (rc < 0)
		return rc;
	w = work_new(WORK_DECIDE);
	w->uid = xstrdup(uid);
	w->decision = what;
	return desk_ask(d, w, _("decided"));
}
