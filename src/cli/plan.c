/* SPDX-License-Identifier: MIT */
/*
 * Plans as files, and applying them. What makes resuming exact: before the
 * first operation a mark per item is kept in the cache (a draft), and queueing
 * an item takes its mark away in the same transaction.
 */
#include "plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include "galley/base/paths.h"
#include "galley/base/timefmt.h"

void plan_add(struct plan *p, const struct item *it)
{
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 128;
		p->items = xreallocarray(
			p->items, (size_t)p->cap, sizeof *p->items);
	}
	p->items[p->n++] = *it;
}

void plan_count(struct plan *p, const char *text)
{
	for (int i = 0; i < p->n_changes; i++)
		if (!strcmp(p->changes[i].text, text)) {
			p->changes[i].n++;
			return;
		}
	if (p->n_changes < MAX_CHANGES)
		p->changes[p->n_changes++] = (struct change){text, 1};
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

int plan_save(const struct plan *p, const char *file, int inverse)
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

int plan_file(
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
	plan_count(p, _(op_desc(it.kind)->label));
	plan_add(p, &it);
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

int plan_read(struct plan *p, const char *file)
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
		rc = plan_save(p, file, 0);
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

int plan_apply(struct plan *p)
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
			rc = plan_save(p, inverse, 1);
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
