/* SPDX-License-Identifier: MIT */
/*
 * galley do: one operation on everything a query finds. First a plan with
 * counts, then a question, then one outbox row per target. A plan is a file
 * and can be applied, resumed and turned round. What makes resuming exact:
 * before the first operation a mark per item is kept in the cache (a draft),
 * and queueing an item takes its mark away in the same transaction.
 */
#include "cli_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include "galley/base/json.h"
#include "galley/base/paths.h"
#include "galley/base/timefmt.h"
#include "page.h"

#define MAX_ITEMS     10000
#define ASK_NUMBER    20 /* more than this: the number is to be typed */
#define MAX_CHANGES   64
#define CHANGES_SHOWN 12

struct item {
	const char *target;
	const char *args; /* JSON */
	enum op_kind kind;
	const char *inverse; /* JSON args of the way back, or NULL */
	enum op_kind inverse_kind;
	const char *title;
};

/* "status: open -> resolved" and how often. */
struct change {
	const char *text;
	int n;
};

struct plan {
	struct cli *c;
	char id[UID_SIZE];
	const char *query;
	enum op_kind kind;
	const char *args;
	struct item *items;
	int n, cap, unchanged;
	struct change changes[MAX_CHANGES];
	int n_changes;
	struct json_doc *args_doc;
	int from_file;
};

static void add_item(struct plan *p, const struct item *it)
{
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 128;
		p->items = xreallocarray(
			p->items, (size_t)p->cap, sizeof *p->items);
	}
	p->items[p->n++] = *it;
}

static void count_change(struct plan *p, const char *text)
{
	for (int i = 0; i < p->n_changes; i++)
		if (!strcmp(p->changes[i].text, text)) {
			p->changes[i].n++;
			return;
		}
	if (p->n_changes < MAX_CHANGES)
		p->changes[p->n_changes++] = (struct change){text, 1};
}

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
	count_change(d->p, arena_printf(c->arena, "%s: %s -> %s", f->name,
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
		count_change(d->p, arena_printf(d->p->c->arena, "%s: %s -> %s",
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
		count_change(d->p, arena_printf(d->p->c->arena, "%s %s",
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

static int plan_other(struct plan *p, struct item *it)
{
	if (p->kind == OP_TICKET_LINK || p->kind == OP_TICKET_UNLINK) {
		it->inverse_kind = p->kind == OP_TICKET_LINK ? OP_TICKET_UNLINK
							     : OP_TICKET_LINK;
		it->inverse = p->args;
	}
	count_change(p, _(op_desc(p->kind)->label));
	return 1;
}

static void plan_row(struct plan *p, const struct row *r)
{
	struct cli *c = p->c;
	struct item it = {.args = p->args, .kind = p->kind};
	enum op_class cls = op_desc(p->kind)->cls;
	int changes = cls == OPC_SCALAR ? plan_scalar(p, r, &it)
		      : cls == OPC_SET	? plan_tags(p, r, &it)
					: plan_other(p, &it);

	if (!changes || !r->rid) {
		p->unchanged++;
		return;
	}
	it.target = arena_printf(c->arena, "%s:%s",
		session_connector_name(c->session, r->connector), r->rid);
	it.title =
		arena_strdup(c->arena, text_of(row_get(r, FID_TICKET_SUBJECT)));
	add_item(p, &it);
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

/* --- files ---------------------------------------------------------------- */

static void write_op(struct jw *w, enum op_kind kind, const char *args)
{
	jw_kstr(w, "op", op_desc(kind)->name);
	jw_key(w, "args");
	jw_raw(w, args);
}

/* An item holds its own way back, so that a plan can be turned round whenever
 * it was applied. */
static void write_item(struct jw *w, const struct item *it, int inverse)
{
	jw_obj(w);
	jw_kstr(w, "target", it->target);
	if (inverse)
		write_op(w, it->inverse_kind, it->inverse);
	else
		write_op(w, it->kind, it->args);
	if (it->inverse) {
		jw_key(w, "inverse");
		jw_obj(w);
		if (inverse)
			write_op(w, it->kind, it->args);
		else
			write_op(w, it->inverse_kind, it->inverse);
		jw_obj_end(w);
	}
	jw_kstr(w, "title", it->title);
	jw_obj_end(w);
}

static void plan_json(
	const struct plan *p, const char *id, int inverse, struct buf *out)
{
	char iso[TIME_ISO_SIZE];
	struct jw w;

	time_iso(p->c->now_ms, iso);
	jw_init(&w, out);
	w.pretty = 1;
	jw_obj(&w);
	jw_kint(&w, "galley", 1);
	jw_kstr(&w, "schema", "plan/1");
	jw_kstr(&w, "id", id);
	jw_kstr(&w, "made", iso);
	jw_kstr(&w, "query", p->query);
	jw_key(&w, "items");
	jw_arr(&w);
	for (int i = 0; i < p->n; i++)
		if (!inverse || p->items[i].inverse)
			write_item(&w, &p->items[i], inverse);
	jw_arr_end(&w);
	jw_obj_end(&w);
	buf_addc(out, '\n');
}

static int save_plan(const struct plan *p, const char *file, int inverse)
{
	struct buf b = BUF_INIT;
	char id[UID_SIZE];
	struct rnd r;
	int rc;

	memcpy(id, p->id, sizeof id);
	if (inverse) {
		rnd_seed_system(&r);
		uid_new(clock_system(), &r, id);
	}
	plan_json(p, id, inverse, &b);
	rc = file_write(file, b.p, b.len);
	buf_fini(&b);
	return rc;
}

static int plan_file(
	struct cli *c, const char *id, const char *suffix, const char **out)
{
	char *dir = path_user(PATH_DATA, "plans");
	int rc = path_make_private(dir);

	*out = arena_printf(c->arena, "%s/%s%s", dir, id, suffix);
	free(dir);
	return rc;
}

static int has_inverse(const struct plan *p)
{
	for (int i = 0; i < p->n; i++)
		if (p->items[i].inverse)
			return 1;
	return 0;
}

/* --- reading a plan ------------------------------------------------------- */

static int bad_plan(const char *file, const char *what, int i)
{
	return err_set(E_CONFIG, _("%s: item %d: %s"), file, i + 1, what);
}

/* {"op": ..., "args": {...}}. E_CONFIG says what is wrong. */
static int read_op(struct plan *p, const struct json *v, enum op_kind *kind,
	const char **args)
{
	const char *op = json_get_str(v, "op");
	const struct op_desc *d = op ? op_by_name(op) : NULL;
	struct buf b = BUF_INIT;

	if (!d || d->target != ENT_TICKET || d->cls == OPC_CREATE)
		return err_set(E_CONFIG, _("no operation on tickets"));
	if (op_validate(d->kind, json_get(v, "args")) < 0)
		return E_CONFIG;
	json_print(&b, json_get(v, "args"));
	*kind = d->kind;
	*args = arena_strdup(p->c->arena, buf_str(&b));
	buf_fini(&b);
	return 0;
}

static int read_item(
	struct plan *p, const char *file, const struct json *v, int i)
{
	struct item it = {0};
	const struct json *inv = json_get(v, "inverse");

	it.target = arena_strdup(p->c->arena, json_get_str(v, "target"));
	it.title = arena_strdup(p->c->arena, json_get_str(v, "title"));
	if (!it.target)
		return bad_plan(file, _("no target"), i);
	if (read_op(p, v, &it.kind, &it.args) < 0 ||
		(inv && read_op(p, inv, &it.inverse_kind, &it.inverse) < 0))
		return bad_plan(file, arena_strdup(p->c->arena, err_msg()), i);
	count_change(p, _(op_desc(it.kind)->label));
	add_item(p, &it);
	return 0;
}

static int read_doc(struct plan *p, const char *file, const struct json *root)
{
	const char *schema = json_get_str(root, "schema");
	const char *id = json_get_str(root, "id");
	int i = 0, rc = 0;

	if (!schema || strcmp(schema, "plan/1") != 0)
		return err_set(E_CONFIG, _("%s is no plan of galley do"), file);
	if (!id || !uid_valid(id))
		return err_set(
			E_CONFIG, _("%s: the plan's id is damaged"), file);
	memcpy(p->id, id, UID_SIZE);
	for (const struct json *v = json_first(json_get(root, "items"));
		v && rc == 0; v = json_next(v))
		rc = read_item(p, file, v, i++);
	if (rc == 0 && p->n > MAX_ITEMS)
		rc = err_set(E_LIMIT, _("%s has more than %d items"), file,
			MAX_ITEMS);
	return rc;
}

static int read_plan(struct plan *p, const char *file)
{
	struct json_doc *d;
	char *text;
	size_t len;
	int rc = file_read(file, 64u << 20, &text, &len);

	if (rc < 0)
		return rc;
	rc = json_parse(text, len, &json_limits_wire, &d);
	free(text);
	if (rc < 0)
		return err_ctx("%s", file);
	rc = read_doc(p, file, json_root(d));
	json_free(d);
	return rc;
}

/* --- applying ------------------------------------------------------------- */

static const char *mark_key(struct cli *c, const struct plan *p, int i)
{
	if (i < 0)
		return arena_printf(c->arena, "plan:%s", p->id);
	return arena_printf(c->arena, "plan:%s:%d", p->id, i);
}

/* A mark per item, then the mark that they are complete. Only before the
 * first item was queued, so doing it again after a crash is harmless. */
static int arm(struct plan *p, struct store_rw *rw)
{
	struct store_ro *ro = store_reader(rw);
	const char *state;
	int rc =
		store_draft_get(ro, mark_key(p->c, p, -1), p->c->arena, &state);

	if (rc == 0) {
		if (!strcmp(state, "done"))
			pr_line(p->c->pr, ST_DIM,
				_("this plan was applied already"));
		return 0;
	}
	if (rc != E_NOTFOUND)
		return rc;
	rc = 0;
	for (int i = 0; rc == 0 && i < p->n; i++)
		rc = store_draft_put(
			rw, mark_key(p->c, p, i), p->items[i].target);
	return rc < 0 ? rc
		      : store_draft_put(rw, mark_key(p->c, p, -1), "armed");
}

/* 1 queued, 0 was queued before. */
static int apply_item(struct plan *p, struct store_rw *rw, int i, char *uid)
{
	struct cli *c = p->c;
	const struct item *it = &p->items[i];
	struct intent in = {.kind = it->kind,
		.args = it->args,
		.draft = mark_key(c, p, i),
		.hold_ms = hold_ms(c, it->kind)};
	const char *mark;
	int rc = store_draft_get(store_reader(rw), in.draft, c->arena, &mark);

	if (rc == E_NOTFOUND)
		return 0;
	if (rc == 0)
		rc = session_find(c->session, ENT_TICKET, it->target,
			&in.target, &in.connector);
	if (rc == 0)
		rc = enqueue(c, &in, uid, NULL);
	return rc < 0 ? rc : 1;
}

struct tally {
	int queued, before, failed;
	char (*uids)[UID_SIZE];
};

static int apply_items(struct plan *p, struct store_rw *rw, struct tally *t)
{
	t->uids = xcalloc((size_t)p->n + 1, sizeof *t->uids);
	for (int i = 0; i < p->n && !stop_asked; i++) {
		int rc = apply_item(p, rw, i, t->uids[t->queued]);

		if (rc == E_DB || rc == E_DISK || rc == E_LIMIT)
			return rc;
		if (rc < 0) {
			fprintf(stderr, "galley: %s: %s\n", p->items[i].target,
				err_msg());
			t->failed++;
		} else if (rc) {
			t->queued++;
		} else {
			t->before++;
		}
	}
	return 0;
}

static int say_tally(struct plan *p, const struct tally *t, const char *inverse)
{
	struct cli *c = p->c;

	pr_kstr(c->pr, "plan", NULL, p->id);
	pr_kint(c->pr, "queued", NULL, t->queued);
	pr_kint(c->pr, "queued_before", NULL, t->before);
	pr_kint(c->pr, "failed", NULL, t->failed);
	pr_kstr(c->pr, "inverse", NULL, inverse);
	pr_kbool(c->pr, "stopped", NULL, stop_asked);
	pr_line(c->pr, ST_GOOD,
		P_("queued %d operation", "queued %d operations", t->queued),
		t->queued);
	if (t->before)
		pr_line(c->pr, ST_DIM, _("%d were queued before"), t->before);
	if (t->failed)
		pr_line(c->pr, ST_BAD, _("%d could not be queued"), t->failed);
	if (stop_asked)
		pr_line(c->pr, ST_WARN,
			_("stopped; go on with galley do --resume %s"), p->id);
	if (inverse)
		pr_line(c->pr, ST_PLAIN,
			_("to turn it round: galley do --apply %s"), inverse);
	if (stop_asked)
		return err_exit_status(E_CANCEL);
	return t->failed ? err_exit_status(E_CONFLICT) : 0;
}

/* Two runs of one plan at the same time would both see a mark. */
static int lock_plan(const char *file, int *fd)
{
	*fd = open(file, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return err_set(E_DISK, "%s: %s", file, strerror(errno));
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	close(*fd);
	*fd = -1;
	return err_set(
		E_LIMIT, _("this plan is being applied by another galley"));
}

static int run_items(struct plan *p, struct tally *t)
{
	struct store_rw *rw;
	const char *file;
	int fd = -1, rc = plan_file(p->c, p->id, ".json", &file);

	if (rc == 0 && access(file, F_OK) != 0)
		rc = save_plan(p, file, 0);
	if (rc == 0)
		rc = lock_plan(file, &fd);
	if (rc == 0)
		rc = session_rw(p->c->session, &rw);
	if (rc == 0)
		rc = arm(p, rw);
	if (rc == 0)
		rc = apply_items(p, rw, t);
	if (rc == 0 && !stop_asked && !t->failed)
		rc = store_draft_put(rw, mark_key(p->c, p, -1), "done");
	if (fd >= 0)
		close(fd);
	return rc;
}

static int apply(struct plan *p)
{
	struct cli *c = p->c;
	const char *inverse = NULL;
	struct tally t = {0};
	int64_t wait_s;
	int rc = opt_int(c, "wait", 0, 0, 86400, &wait_s);

	if (rc == 0 && has_inverse(p)) {
		rc = plan_file(c, p->id, ".inverse.json", &inverse);
		if (rc == 0 && opt(c, "inverse"))
			inverse = opt(c, "inverse");
		if (rc == 0)
			rc = save_plan(p, inverse, 1);
	}
	stop_catch();
	if (rc == 0)
		rc = run_items(p, &t);
	if (rc == 0)
		rc = say_tally(p, &t, inverse);
	if (rc == 0 && opt(c, "wait") && t.queued)
		rc = wait_ops(c, (const char(*)[UID_SIZE])t.uids, t.queued,
			wait_s * 1000);
	free(t.uids);
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
		count_change(p, text);
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
		rc = save_plan(p, out, 0);
		pr_line(c->pr, ST_PLAIN,
			_("apply it with galley do --apply %s"), out);
	}
	if (rc == 0 && dry && opt(c, "inverse"))
		rc = save_plan(p, opt(c, "inverse"), 1);
	if (rc == 0 && !dry) {
		rc = agreed(p);
		if (rc == 0)
			rc = apply(p);
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
		rc = file ? read_plan(&p, file) : from_query(&p);
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
