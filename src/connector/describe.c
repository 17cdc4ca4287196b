/* SPDX-License-Identifier: MIT */
/*
 * What a backend can and cannot do, as the manifest says it: one line per
 * operation of ours. For the administrator who decides whether this connector
 * may be trusted with customers.
 */
#include "manifest_priv.h"

#include "galley/base/i18n.h"
#include "galley/base/mem.h"

static const char *const settle_words[] = {
	[ONCE_NATIVE] = N_("sent again with the same key"),
	[ONCE_UNIQUE] = N_("sent again, the backend drops doubles"),
	[ONCE_MARKER] = N_("looked for by our mark"),
	[ONCE_LOOKUP] = N_("looked for by what it says"),
	[ONCE_PRECONDITION] = N_("read back and compared"),
	[ONCE_IDEMPOTENT] = N_("sent again, twice does no harm"),
	[ONCE_ASK] = N_("a person is asked"),
};

static const char *conflict_words(const struct opcap *c)
{
	static const char *const words[] = {
		[POLICY_MERGE] =
			N_("other fields are kept, the same field asks"),
		[POLICY_OURS] = N_("ours wins"),
		[POLICY_THEIRS] = N_("theirs wins"),
		[POLICY_ASK] = N_("a person is asked"),
	};

	return op_desc(c->kind)->cls == OPC_SCALAR ? _(words[c->policy]) : "-";
}

static const char *verify_words(
	const struct manifest *m, const struct opcap *c, const struct action *a)
{
	if (a->has_confirm)
		return _("looks at once");
	if (op_desc(c->kind)->cls == OPC_SCALAR && c->refetch)
		return _("reads it back");
	if (op_desc(c->kind)->cls == OPC_MESSAGE && c->look_stream)
		return _("waits until it is in the feed");
	(void)m;
	return _("believes the answer");
}

static void describe_op(
	const struct manifest *m, enum op_kind k, struct buf *out)
{
	int i = manifest_action(m, k);
	const struct opcap *c;

	buf_addf(out, "%-22s", op_desc(k)->name);
	if (i < 0) {
		buf_addf(out, "%s\n", _("cannot"));
		return;
	}
	c = &m->caps[i];
	buf_addf(out, "%s\n", _("can"));
	buf_addf(out, "    %s: %s\n", _("answer lost"),
		_(settle_words[c->once]));
	if (c->once == ONCE_MARKER || c->once == ONCE_LOOKUP)
		buf_addf(out, "    %s: %s\n", _("not found"),
			c->absence_is_proof ? _("sent again")
					    : _("a person is asked"));
	buf_addf(out, "    %s: %s\n", _("success"),
		verify_words(m, c, &m->actions[i]));
	buf_addf(out, "    %s: %s%s\n", _("conflict"), conflict_words(c),
		c->versioned ? _(", the backend checks the version") : "");
}

void manifest_describe(const struct manifest *m, struct buf *out)
{
	buf_addf(out, "%s (%s)", m->title, m->id);
	if (*m->about)
		buf_addf(out, ": %s", m->about);
	buf_addc(out, '\n');
	for (int k = 0; k < OP_COUNT; k++)
		describe_op(m, (enum op_kind)k, out);
}
