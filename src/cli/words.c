/* SPDX-License-Identifier: MIT */
/*
 * What operations and their states are called before people, in one place so
 * that every list says the same.
 */
#include "cli_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/json.h"

const char *text_of(const struct val *v)
{
	return v && v->s && v->kind != VAL_NULL && v->kind != VAL_ABSENT ? v->s
									 : "";
}

int64_t int_of(const struct val *v)
{
	return v && v->kind == VAL_INT ? v->i : 0;
}

const char *reason_words(enum op_reason r)
{
	static const char *const words[OPR_COUNT] = {
		[OPR_NONE] = "",
		[OPR_REFUSED] = N_("refused"),
		[OPR_CONFLICT] = N_("somebody else changed the same field"),
		[OPR_STALE] = N_("the customer wrote meanwhile"),
		[OPR_OLD] = N_("written long ago"),
		[OPR_UNKNOWN] = N_("it may have arrived, nobody can tell"),
		[OPR_SEVERAL] = N_("several on the server look like it"),
		[OPR_GONE] = N_("the target is not there any more"),
		[OPR_ATTEMPTS] = N_("tried too often"),
		[OPR_BLOCKED] = N_("waits for another held one"),
	};

	return words[r] && *words[r] ? _(words[r]) : "";
}

static void queued_words(const struct op *op, int64_t now_ms, struct buf *out)
{
	int64_t wait_s = (op->not_before_ms - now_ms + 999) / 1000;
	char when[32];

	if (wait_s <= 0)
		buf_adds(out, _("queued"));
	else if (!op->attempt && op->later_ms)
		buf_addf(out, _("waiting until %s"),
			when_local(
				op->not_before_ms, session_zone_min(), when));
	else if (!op->attempt)
		buf_addf(out, _("waiting %lld s (undo)"), (long long)wait_s);
	else
		buf_addf(out, _("queued, next try in %lld s"),
			(long long)wait_s);
}

/* The ways an operation can have come to its end, as the engine says them. */
static const struct {
	const char *how, *words;
} ways[] = {
	{"found on server", N_("sent (found on server)")},
	{"it was so already", N_("done, it was so already")},
	{"person", N_("sent, says a person")},
};

static void done_words(const struct op *op, struct buf *out)
{
	for (size_t i = 0; op->how && i < ARRAY_SIZE(ways); i++)
		if (!strcmp(op->how, ways[i].how)) {
			buf_adds(out, _(ways[i].words));
			return;
		}
	buf_adds(out, _("sent"));
}

void op_words(const struct op *op, int64_t now_ms, struct buf *out)
{
	switch (op->state) {
	case OPS_QUEUED:
		queued_words(op, now_ms, out);
		break;
	case OPS_SENDING:
		buf_adds(out, _("sending"));
		break;
	case OPS_SENT:
		buf_adds(out, _("sent, not read back yet"));
		break;
	case OPS_UNSURE:
		buf_adds(
			out, _("no answer came, looking for it on the server"));
		break;
	case OPS_HELD:
		buf_addf(out, _("held: %s"), reason_words(op->reason));
		if (op->error && *op->error && op->reason == OPR_REFUSED)
			buf_addf(out, ": %s", op->error);
		break;
	case OPS_DONE:
		done_words(op, out);
		break;
	default:
		buf_adds(out,
			op->how && !strcmp(op->how, "someone else changed it")
				? _("given up: somebody else changed it")
				: _("taken back"));
	}
}

const char *manifest_text(struct cli *c, const char *s)
{
	/* the translation of "" is the catalogue's own header */
	return s && *s && pr_human(c->pr) ? gettext(s) : s;
}

const char *op_label(const struct op *op)
{
	return _(op_desc(op->kind)->label);
}

enum style op_style(const struct op *op)
{
	switch (op->state) {
	case OPS_HELD:
		return ST_BAD;
	case OPS_UNSURE:
		return ST_WARN;
	case OPS_DONE:
		return ST_GOOD;
	case OPS_CANCELLED:
		return ST_DIM;
	default:
		return ST_PLAIN;
	}
}

const char *op_target(struct cli *c, const struct op *op, char out[256])
{
	int id;

	if (!op->target) {
		out[0] = '\0';
		return out;
	}
	if (session_connector(c->session, op->connector, &id) < 0)
		id = 0;
	return session_name(c->session, id, op->target_rid, op->target, out);
}

const char *draft_text(const char *key, const char *kept, int64_t *cursor)
{
	const char *body = strchr(kept, '\n');

	*cursor = -1;
	if ((strncmp(key, "ticket:", 7) != 0 &&
		    strncmp(key, "conversation:", 13) != 0) ||
		!body || *kept < '0' || *kept > '9')
		return kept;
	*cursor = strtoll(kept, NULL, 10);
	return body + 1;
}

static void add_set(const struct json *set, struct buf *out)
{
	const char *sep = "";

	for (const struct json *v = json_first(set); v; v = json_next(v)) {
		const struct field_desc *f =
			field_by_name(ENT_TICKET, json_key(v));
		int64_t n;

		buf_addf(out, "%s%s=", sep, json_key(v));
		sep = " ";
		if (f && f->type == FT_TIME && json_int(v, &n)) {
			char when[32];

			buf_adds(out, when_local(n, session_zone_min(), when));
		} else if (json_str(v)) {
			buf_adds(out, json_str(v));
		} else {
			json_print(out, v);
		}
	}
}

static void add_tags(const struct json *list, char sign, struct buf *out)
{
	for (const struct json *v = json_first(list); v; v = json_next(v))
		buf_addf(out, "%s%c%s", out->len ? " " : "", sign,
			json_str(v) ? json_str(v) : "");
}

void op_summary(const struct op *op, struct buf *out)
{
	static const char *const plain[] = {"subject", "text", "owner", "into",
		"kind", "target", "status", "min"};
	struct json_doc *d;
	const struct json *a;
	int64_t n;

	if (!op->args || json_parse(op->args, strlen(op->args),
				 &json_limits_wire, &d) < 0)
		return;
	a = json_root(d);
	add_set(json_get(a, "set"), out);
	add_tags(json_get(a, "add"), '+', out);
	add_tags(json_get(a, "remove"), '-', out);
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		const struct json *v = json_get(a, plain[i]);

		if (json_str(v))
			buf_addf(
				out, "%s%s", out->len ? "  " : "", json_str(v));
		else if (json_int(v, &n))
			buf_addf(out, "%s%lld min", out->len ? "  " : "",
				(long long)n);
	}
	json_free(d);
}

int op_exit(const struct op *op)
{
	switch (op->state) {
	case OPS_DONE:
	case OPS_SENT:
		return 0;
	case OPS_HELD:
		return err_exit_status(E_CONFLICT);
	case OPS_CANCELLED:
		return err_exit_status(E_CANCEL);
	default:
		return 75; /* still on its way */
	}
}

const char *short_uid(const char *uid, char out[16])
{
	snprintf(out, 16, "%.15s", uid);
	return out;
}
