/* SPDX-License-Identifier: MIT */
/*
 * galley do: one operation on everything a query finds. First a plan with
 * counts, then a question, then one outbox row per target. Files and
 * applying are plan.c.
 */
#include "plan.h"

#include <stdlib.h>
#include <string.h>
#include "galley/app/merge.h"
#include "page.h"

#define ASK_NUMBER    20 /* more than this: the number is to be typed */
#define CHANGES_SHOWN 12

/* --- what an operation would change on a row ------------------------------ */

struct diff {
	struct plan *p;
	const struct row *row;
	struct jw *old; /* the values before, as args of the way back */
	int changed;
};

/* The value as it would stand in args: references as remote ids. NULL empty. */
static const char *arg_value(
	struct cli *c, const struct field_desc *f, const struct val *v)
{
	struct rows rows;
	const char *s = NULL;

	if (v->kind == VAL_ABSENT || v->kind == VAL_NULL)
		return NULL;
	if (field_ref(f->type) != ENT_COUNT) {
		if (store_row(c->ro, field_ref(f->type), v->i, &rows) < 0)
			return NULL;
		s = arena_strdup(c->arena, rows.v[0].rid);
		rows_free(&rows);
		return s;
	}
	if (v->kind == VAL_INT)
		return arena_printf(c->arena, "%lld", (long long)v->i);
	return arena_strdup(c->arena, v->s);
}

static const char *words_of(struct cli *c, const struct field_desc *f,
	int connector, const char *arg)
{
	char when[32];

	if (!arg)
		return "-";
	if (f->type == FT_TIME)
		return arena_strdup(c->arena,
			when_local(strtoll(arg, NULL, 10), c->zone_min, when));
	return ref_words(c, f, connector, arg);
}

static void put_old(struct diff *d, const struct field_desc *f, const char *old)
{
	jw_key(d->old, f->name);
	if (!old)
		jw_null(d->old);
	else if (f->type == FT_INT || f->type == FT_TIME)
		jw_int(d->old, strtoll(old, NULL, 10));
	else
		jw_str(d->old, old);
}

static void on_effect(void *u, enum field_id id, const char *value)
{
	struct diff *d = u;
	struct cli *c = d->p->c;
	const struct field_desc *f = field_desc(id);
	const char *old = arg_value(c, f, &d->row->v[field_index(id)]);

	if (value && !*value)
		value = NULL;
	if (old == value || (old && value && !strcmp(old, value)))
		return;
	d->changed = 1;
	put_old(d, f, old);
	plan_count(d->p, arena_printf(c->arena, "%s: %s -> %s", f->name,
				 words_of(c, f, d->row->connector, old),
				 words_of(c, f, d->row->connector, value)));
}

/* Custom fields are no columns: their old values are in the row's cf. */
static void diff_cf(struct diff *d)
{
	const struct val *cf = row_get(d->row, FID_TICKET_CF);
	const struct json *set = json_get(json_root(d->p->args_doc), "set");
	struct json_doc *now = NULL;

	if (*text_of(cf) &&
		json_parse(cf->s, strlen(cf->s), &json_limits_wire, &now) < 0)
		now = NULL;
	for (const struct json *v = json_first(set); v; v = json_next(v)) {
		const char *key = json_key(v), *old;

		if (strncmp(key, "cf.", 3) != 0)
			continue;
		old = json_str(json_get(json_root(now), key + 3));
		if (old && json_str(v) && !strcmp(old, json_str(v)))
			continue;
		d->changed = 1;
		jw_key(d->old, key);
		jw_str(d->old, old ? old : "");
		plan_count(d->p, arena_printf(d->p->c->arena, "%s: %s -> %s",
					 key, old ? old : "-",
					 json_str(v) ? json_str(v) : "-"));
	}
	json_free(now);
}

static int in_set(const struct json *set, const char *s)
{
	for (const struct json *v = json_first(set); v; v = json_next(v))
		if (json_str(v) && !strcmp(json_str(v), s))
			return 1;
	return 0;
}

/* Tags of `list` that the row has (or has not) become `key` of the inverse. */
static void diff_tags(struct diff *d, const struct json *have, const char *list,
	const char *key, int present)
{
	const struct json *l = json_get(json_root(d->p->args_doc), list);
	int open = 0;

	for (const struct json *v = json_first(l); v; v = json_next(v)) {
		if (!json_str(v) || in_set(have, json_str(v)) != present)
			continue;
		if (!open) {
			jw_key(d->old, key);
			jw_arr(d->old);
			open = 1;
		}
		jw_str(d->old, json_str(v));
		d->changed = 1;
		plan_count(d->p, arena_printf(d->p->c->arena, "%s %s",
					 present ? "-" : "+", json_str(v)));
	}
	if (open)
		jw_arr_end(d->old);
}

static void both_tags(struct diff *d)
{
	const struct val *tags = row_get(d->row, FID_TICKET_TAGS);
	struct json_doc *have = NULL;

	if (*text_of(tags) && json_parse(tags->s, strlen(tags->s),
				      &json_limits_wire, &have) < 0)
		have = NULL;
	diff_tags(d, json_root(have), "add", "remove", 0);
	diff_tags(d, json_root(have), "remove", "add", 1);
	json_free(have);
}

/* Fills the item's way back. 0: nothing would change. */
static int plan_scalar(struct plan *p, const struct row *r, struct item *it)
{
	struct op op = {.kind = p->kind, .args = p->args};
	struct buf old = BUF_INIT;
	struct jw w;
	struct diff d = {.p = p, .row = r, .old = &w};
	struct json_doc *doc;

	jw_init(&w, &old);
	jw_obj(&w);
	op_effect(&op, session_me_rid(p->c->session, r->connector), on_effect,
		&d);
	if (p->kind == OP_TICKET_SET)
		diff_cf(&d);
	jw_obj_end(&w);
	if (d.changed && p->kind == OP_TICKET_SET) {
		it->inverse_kind = OP_TICKET_SET;
		it->inverse = arena_printf(
			p->c->arena, "{\"set\":%s}", buf_str(&old));
	} else if (d.changed && json_parse(buf_str(&old), old.len,
					&json_limits_wire, &doc) == 0) {
		/* take and assign: back to whoever had it */
		if (json_get_str(json_root(doc), "owner")) {
			it->inverse_kind = OP_TICKET_ASSIGN;
			it->inverse = arena_strdup(p->c->arena, buf_str(&old));
		}
		json_free(doc);
	}
	buf_fini(&old);
	return d.changed;
}

static int plan_tags(struct plan *p, const struct row *r, struct item *it)
{
	struct buf old = BUF_INIT;
	struct jw w;
	struct diff d = {.p = p, .row = r, .old = &w};

	jw_init(&w, &old);
	jw_obj(&w);
	both_tags(&d);
	jw_obj_end(&w);
	it->inverse_kind = OP_TICKET_TAGS;
	it->inverse = arena_strdup(p->c->arena, buf_str(&old));
	buf_fini(&old);
	return d.changed;
}

/* One customer must not read what another one wrote unnoticed. */
static int goes_to_another(struct plan *p, const struct row *r)
{
	struct cli *c = p->c;
	const char *whose, *others;
	int64_t into;

	if (p->kind != OP_TICKET_MERGE || p->from_file)
		return 0;
	if (session_find(c->session, ENT_TICKET, c->args[c->n_args - 1], &into,
		    NULL) < 0) {
		err_clear();
		return 0;
	}
	return merge_differs(c->ro, r->id, into, c->arena, &whose, &others);
}

static int plan_other(struct plan *p, const struct row *r, struct item *it)
{
	if (p->kind == OP_TICKET_LINK || p->kind == OP_TICKET_UNLINK) {
		it->inverse_kind = p->kind == OP_TICKET_LINK ? OP_TICKET_UNLINK
							     : OP_TICKET_LINK;
		it->inverse = p->args;
	}
	plan_count(p, _(op_desc(p->kind)->label));
	if (goes_to_another(p, r))
		plan_count(p, _("of another customer than what it goes into"));
	return 1;
}

static void plan_row(struct plan *p, const struct row *r)
{
	struct cli *c = p->c;
	struct item it = {.args = p->args, .kind = p->kind};
	enum op_class cls = op_desc(p->kind)->cls;
	int changes = cls == OPC_SCALAR ? plan_scalar(p, r, &it)
		      : cls == OPC_SET	? plan_tags(p, r, &it)
					: plan_other(p, r, &it);

	if (!changes || !r->rid) {
		p->unchanged++;
		return;
	}
	it.target = arena_printf(c->arena, "%s:%s",
		session_connector_name(c->session, r->connector), r->rid);
	it.title =
		arena_strdup(c->arena, text_of(row_get(r, FID_TICKET_SUBJECT)));
	plan_add(p, &it);
}

/* --- making a plan -------------------------------------------------------- */

static void split_tags(struct cli *c, struct opargs *in)
{
	const char **add =
		arena_calloc(c->arena, (size_t)c->n_args, sizeof *add);
	const char **del =
		arena_calloc(c->arena, (size_t)c->n_args, sizeof *del);

	for (int i = 1; i < c->n_args; i++)
		if (c->args[i][0] == '-')
			del[in->n_remove++] = c->args[i] + 1;
		else
			add[in->n_add++] = c->args[i] + (c->args[i][0] == '+');
	in->add = add;
	in->remove = del;
}

/* The words after the operation, as the single commands take them. */
static void words_to_args(struct cli *c, enum op_kind k, struct opargs *in)
{
	const char *last = c->n_args > 1 ? c->args[c->n_args - 1] : NULL;

	in->sets = (const char *const *)c->args + 1;
	in->n_sets = k == OP_TICKET_SET ? c->n_args - 1 : 0;
	in->owner = last;
	in->other = last;
	in->link_kind = c->n_args > 2 ? c->args[1] : NULL;
	in->minutes = k == OP_TICKET_TIME && c->n_args > 1 ? c->args[1] : NULL;
	in->text = c->n_args > 1 ? join_args(c, 1) : NULL;
	if (k == OP_TICKET_TIME)
		in->text = c->n_args > 2 ? join_args(c, 2) : NULL;
	if (k == OP_TICKET_TAGS)
		split_tags(c, in);
}

static int build_args(struct plan *p, int connector)
{
	struct opargs in = {0};
	struct buf args = BUF_INIT;
	int rc;

	words_to_args(p->c, p->kind, &in);
	rc = session_can(p->c->session, connector, p->kind);
	if (rc == 0)
		rc = opargs_build(p->c->session, p->kind, connector,
			p->c->now_ms, p->c->zone_min, &in, &args);
	if (rc == 0) {
		p->args = arena_strdup(p->c->arena, buf_str(&args));
		rc = json_parse(
			p->args, args.len, &json_limits_wire, &p->args_doc);
	}
	buf_fini(&args);
	return rc;
}

/* Names mean remote ids of one backend: a plan is for one connector. */
static int plan_page(struct plan *p, const struct rows *rows, int *connector)
{
	for (int i = 0; i < rows->n; i++) {
		int rc = 0;

		if (!*connector) {
			*connector = rows->v[i].connector;
			rc = build_args(p, *connector);
		} else if (*connector != rows->v[i].connector) {
			rc = err_set(E_INPUT,
				_("the query finds tickets of several backends; make one plan for each"));
		}
		if (rc < 0)
			return rc;
		plan_row(p, &rows->v[i]);
		if (p->n > MAX_ITEMS)
			return err_set(E_LIMIT,
				_("more than %d tickets; narrow the query"),
				MAX_ITEMS);
	}
	return 0;
}

static int make_plan(struct plan *p)
{
	struct cli *c = p->c;
	const char *after = NULL;
	struct query *q;
	int connector = 0, rc = cli_query(c, ENT_TICKET, p->query, &q);

	if (rc < 0)
		return rc;
	do {
		struct rows rows;

		rc = store_query(
			c->ro, q, session_me(c->session), 500, after, &rows);
		if (rc < 0)
			break;
		rc = plan_page(p, &rows, &connector);
		after = rows.more ? arena_strdup(c->arena, rows.next) : NULL;
		rows_free(&rows);
	} while (rc == 0 && after);
	query_free(q);
	return rc;
}

/* --- asking --------------------------------------------------------------- */

static const struct col item_cols[] = {{"target", N_("for"), CT_TEXT, 0},
	{"op", N_("what"), CT_TEXT, 0}, {"args", NULL, CT_JSON, CF_HIDE},
	{"title", N_("Subject"), CT_TEXT, CF_FLEX}};

/* "priority: 3 -> 90" and a hundred like it become "priority: ... -> 90". */
static void fold_changes(struct plan *p)
{
	struct change was[MAX_CHANGES];
	int n = p->n_changes;

	memcpy(was, p->changes, sizeof was);
	p->n_changes = 0;
	for (int i = 0; i < n; i++) {
		const char *colon = strstr(was[i].text, ": ");
		const char *arrow = strstr(was[i].text, " -> ");
		const char *text = was[i].text;

		if (colon && arrow)
			text = arena_printf(p->c->arena, "%.*s: ...%s",
				(int)(colon - text), text, arrow);
		plan_count(p, text);
		for (int k = 0; k < p->n_changes; k++)
			if (!strcmp(p->changes[k].text, text))
				p->changes[k].n += was[i].n - 1;
	}
}

static int say_plan(struct plan *p)
{
	struct cli *c = p->c;
	int most = pr_human(c->pr) && p->n > 20 ? 10 : p->n;
	int rc = pr_list(c->pr, "items", item_cols, 4);

	for (int i = 0; rc == 0 && i < most; i++) {
		pr_row(c->pr);
		pr_text(c->pr, 0, p->items[i].target);
		pr_text(c->pr, 1, op_desc(p->items[i].kind)->name);
		pr_json(c->pr, 2, p->items[i].args);
		pr_text(c->pr, 3, p->items[i].title);
		pr_row_end(c->pr);
	}
	if (rc < 0)
		return rc;
	pr_list_end(c->pr);
	if (most < p->n)
		pr_line(c->pr, ST_DIM, _("... and %d more"), p->n - most);
	pr_gap(c->pr);
	if (p->n_changes > CHANGES_SHOWN)
		fold_changes(p);
	for (int i = 0; i < p->n_changes; i++)
		pr_line(c->pr, ST_PLAIN, "%6d  %s", p->changes[i].n,
			p->changes[i].text);
	if (p->unchanged)
		pr_line(c->pr, ST_DIM,
			P_("%6d  is so already", "%6d  are so already",
				p->unchanged),
			p->unchanged);
	pr_kint(c->pr, "changes", NULL, p->n);
	pr_kint(c->pr, "unchanged", NULL, p->unchanged);
	pr_kstr(c->pr, "id", NULL, p->id);
	return 0;
}

static int typed_number(struct cli *c, int n)
{
	char *line;
	int same, rc;

	rc = ask_line(c,
		arena_printf(c->arena,
			_("This changes %d tickets. Type the number to go on:"),
			n),
		NULL, &line);
	if (rc < 0)
		return rc;
	same = !strcmp(line, arena_printf(c->arena, "%d", n));
	free(line);
	return same;
}

static int agreed(struct plan *p)
{
	struct cli *c = p->c;
	int rc;

	/* who names a plan has seen it */
	if (opt(c, "yes") || (p->from_file && !c->tty_in))
		return 0;
	if (!c->tty_in || !c->tty_err)
		return err_set(E_INPUT,
			_("%d tickets would change; say --yes, or look with --dry-run"),
			p->n);
	rc = p->n > ASK_NUMBER
		     ? typed_number(c, p->n)
		     : ask_yes(c, arena_printf(c->arena,
					  P_("Change %d ticket?",
						  "Change %d tickets?", p->n),
					  p->n));
	if (rc < 0)
		return rc;
	return rc ? 0 : err_set(E_CANCEL, _("nothing was done"));
}

static int plan_or_apply(struct plan *p)
{
	struct cli *c = p->c;
	/* --plan with an operation writes one, without applies one */
	const char *out = opt(c, "plan-out") ? opt(c, "plan-out")
			  : p->from_file     ? NULL
					     : opt(c, "plan");
	int dry = opt(c, "dry-run") || out, rc;

	if (!p->n) {
		pr_begin(c->pr, "do/1");
		pr_kint(c->pr, "changes", NULL, 0);
		pr_kint(c->pr, "unchanged", NULL, p->unchanged);
		pr_line(c->pr, ST_DIM, _("nothing to change"));
		pr_end(c->pr);
		return 1;
	}
	pr_begin(c->pr, dry ? "plan/1" : "do/1");
	rc = say_plan(p);
	if (rc == 0 && out) {
		rc = plan_save(p, out, 0);
		pr_line(c->pr, ST_PLAIN,
			_("apply it with galley do --apply %s"), out);
	}
	if (rc == 0 && dry && opt(c, "inverse"))
		rc = plan_save(p, opt(c, "inverse"), 1);
	if (rc == 0 && !dry) {
		rc = agreed(p);
		if (rc == 0)
			rc = plan_apply(p);
	}
	pr_end(c->pr);
	return rc;
}

static void new_id(struct plan *p)
{
	struct rnd r;

	rnd_seed_system(&r);
	uid_new(clock_system(), &r, p->id);
}

static int from_query(struct plan *p)
{
	struct cli *c = p->c;
	const struct op_desc *d;

	if (!c->n_args)
		return err_set(E_INPUT,
			_("which operation? galley do set status=open --query ..."));
	d = opargs_kind(c->args[0]);
	if (!d || d->target != ENT_TICKET || d->cls == OPC_CREATE)
		return err_set(E_INPUT,
			_("no operation \"%s\"; there are reply, note, set, take, assign, tags, link, unlink, merge, time"),
			c->args[0]);
	p->query = opt(c, "query");
	if (!p->query || !*p->query)
		return err_set(
			E_INPUT, _("--query is needed; it says which tickets"));
	p->kind = d->kind;
	new_id(p);
	return make_plan(p);
}

static int cmd_do(struct cli *c)
{
	struct plan p = {.c = c};
	const char *file = opt(c, "apply");
	int rc = 0;

	if (!file && !c->n_args)
		file = opt(c, "plan");

	if (opt(c, "resume")) {
		if (!uid_valid(opt(c, "resume")))
			return err_set(
				E_INPUT, _("--resume takes the id of a plan"));
		rc = plan_file(c, opt(c, "resume"), ".json", &file);
	}
	p.from_file = file != NULL;
	if (rc == 0)
		rc = file ? plan_read(&p, file) : from_query(&p);
	if (rc == 0)
		rc = plan_or_apply(&p);
	json_free(p.args_doc);
	free(p.items);
	return rc;
}

static const struct opt do_opts[] = {
	{"query", 'q', "QUERY", N_("which tickets (galley-query(7))")},
	{"dry-run", 'n', NULL, N_("print the plan, change nothing")},
	{"yes", 'y', NULL, N_("ask nothing")},
	{"plan-out", 0, "FILE", N_("write the plan to a file and stop")},
	{"plan", 0, "FILE",
		N_("with an operation as --plan-out, without as --apply")},
	{"apply", 0, "FILE", N_("apply a plan from a file")},
	{"resume", 0, "ID", N_("go on with a plan that was stopped")},
	{"inverse", 0, "FILE", N_("write the plan that turns it round here")},
	{"wait", 'w', "[=SECONDS]",
		N_("send now and stay until it has settled")},
	{"now", 0, NULL, N_("without the time for undo")},
	{NULL, 0, NULL, NULL},
};

const struct command commands_do[] = {
	{.name = "do",
		.dashes = 1,
		.group = N_("Working on tickets"),
		.args = "OPERATION [ARGUMENT]... --query QUERY",
		.text = N_("one operation on every ticket that a query finds"),
		.more = N_(
			"galley do set status=resolved --query 'queue:billing updated:>90d'\ngalley do tags +vip -lost --query 'customer:wang'\ngalley do assign alice --query 'is:open owner:none'\n\nPrints the plan, asks, and queues one operation for each. The plan that\nturns it round is kept and named at the end."),
		.run = cmd_do,
		.need = NEED_CACHE,
		.max_args = -1,
		.opts = do_opts},
	{0},
};
