/* SPDX-License-Identifier: MIT */
/*
 * The people and the weather: what the person at the desk does, what
 * colleagues and customers do meanwhile, which faults there are, when the
 * process dies and how it comes back. Everything is drawn from the seed; each
 * seed draws first which kinds of trouble it has at all, because many kinds at
 * once hide each other.
 */
#include "sim.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/buf.h"
#include "galley/base/json.h"

#define ME     "u1"
#define CANNED "Please send us the number of your order"

struct sim *sim_current;

const char *counter_text(enum counter c)
{
	static const char *const texts[] = {
#define X(sym, text) [C_##sym] = text,
		COUNTERS(X)
#undef X
	};

	return texts[c];
}

void sim_count(struct sim *s, enum counter c)
{
	s->counts[c]++;
}

int sim_chance(struct rnd *r, int per_mille)
{
	return rnd_chance(r, (uint32_t)per_mille, 1000);
}

static int64_t below(struct rnd *r, int64_t n)
{
	return (int64_t)rnd_below(r, (uint64_t)n);
}

void sim_trace(struct sim *s, const char *fmt, ...)
{
	char line[400];
	va_list ap;
	int n;

	n = snprintf(line, sizeof(line), "%10.3f ",
		(double)(s->now - s->t0) / 1000.0);
	va_start(ap, fmt);
	vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
	va_end(ap);
	for (const char *p = line; *p; p++)
		s->hash =
			(s->hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
	if (s->trace)
		puts(line);
}

void sim_fail(struct sim *s, const char *rule, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (s->failed)
		return;
	s->failed = 1;
	n = snprintf(s->fail, sizeof(s->fail), "%s: ", rule);
	va_start(ap, fmt);
	vsnprintf(s->fail + n, sizeof(s->fail) - (size_t)n, fmt, ap);
	va_end(ap);
	sim_trace(s, "FAILED %s", s->fail);
}

struct simop *sim_op(struct sim *s, const char *uid)
{
	for (int i = 0; i < s->n_ops; i++)
		if (!strcmp(s->ops[i].uid, uid))
			return &s->ops[i];
	return NULL;
}

static int64_t clock_now(void *u)
{
	const struct sim *s = u;

	return s->now + s->wall_off;
}

static int64_t clock_mono(void *u)
{
	const struct sim *s = u;

	return s->now - s->t0 + 5000;
}

/* --- the program: open, close, die -----------------------------------------
 */

static void on_event(void *u, const struct engine_event *e)
{
	struct sim *s = u;
	struct simop *o;

	if (e->kind == EV_FILE) {
		s->n_files++;
		s->file_code = e->code;
	}
	if (e->kind != EV_OP || !e->uid)
		return;
	sim_trace(s, "op %s is %s%s%s", e->uid, op_state_name(e->op_state),
		e->op_reason ? " " : "", op_reason_name(e->op_reason));
	o = sim_op(s, e->uid);
	if (o && !vfs_dead())
		check_state(s, o, e->op_state, e->op_reason);
}

/* Did the page that just landed go past a row that nobody could see, and does
 * the listing go on after it? */
static int landed_past_gap(const struct sim *s, const char *step)
{
	return !strcmp(step, "paged") && s->last_stream == STR_MAIN &&
	       s->be[0].past_gap;
}

static void on_step(void *u, const char *step)
{
	struct sim *s = u;

	s->steps++;
	if (s->trace > 1)
		sim_trace(s, "step %s", step);
	if (s->k.watch && !strcmp(step, "paged"))
		check_paged(s);
	if (s->k.step_crash && s->crashes < 12 && !s->healed &&
		s->steps_crash_after < 0 &&
		sim_chance(&s->r_disk, strncmp(step, "page", 4)
					       ? s->k.step_crash
					       : 5 * s->k.step_crash))
		s->steps_crash_after = 0;
	if (s->k.gap_crash && s->crashes < 12 && !s->healed &&
		landed_past_gap(s, step) &&
		sim_chance(&s->r_disk, s->k.gap_crash))
		s->steps_crash_after = 0;
	if (s->steps_crash_after >= 0 && s->steps_crash_after-- == 0) {
		s->steps_crash_after = -1;
		sim_count(s, C_CRASH_STEP);
		sim_trace(s, "the process dies at `%s`", step);
		vfs_kill();
	}
}

static void program_close(struct sim *s)
{
	engine_free(s->eng);
	s->eng = NULL;
	if (s->desk && s->desk != s->rw)
		store_close_rw(s->desk);
	if (s->rw)
		store_close_rw(s->rw);
	s->rw = s->desk = NULL;
	s->up = 0;
}

static int open_stores(struct sim *s)
{
	struct store_opts o = {.path = SIM_DB,
		.clock = &s->clock,
		.rnd = &s->r_store,
		.vfs = SIM_VFS,
		.no_lock = 1,
		.sender = 1,
		.cache_kib = 2048};
	int rc = store_open_rw(&o, &s->rw);

	if (rc < 0)
		return rc;
	s->desk = s->rw;
	if (!s->k.second_conn)
		return 0;
	o.sender = 0;
	s->desk = NULL;
	return store_open_rw(&o, &s->desk);
}

static int open_engine(struct sim *s, uint64_t first_tag)
{
	struct engine_args a = {.store = s->rw,
		.clock = &s->clock,
		.rnd = &s->r_engine,
		.limits = &s->limits,
		.event = on_event,
		.event_user = s,
		.trace = on_step,
		.trace_user = s,
		.first_tag = first_tag};
	int rc = engine_new(&a, &s->eng);

	for (int i = 0; i < s->n_be && rc == 0; i++) {
		rc = engine_add(s->eng, &s->be[i].conn);
		if (rc == 0)
			rc = store_connector_id(store_reader(s->rw),
				s->be[i].name, &s->be[i].connector);
	}
	return rc;
}

static void program_lost(struct sim *s);

/* A start that fails is tried again a little later, as a person would. */
static void program_open(struct sim *s, uint64_t first_tag)
{
	int rc = open_stores(s);

	if (rc == 0)
		rc = open_engine(s, first_tag);
	if (vfs_dead()) {
		program_lost(s);
		return;
	}
	if (rc < 0) {
		sim_trace(s, "cannot open: %s", err_msg());
		program_close(s);
		if (s->healed)
			sim_fail(s, "P9", "cannot open on a sound disk: %s",
				err_msg());
		s->up_at = s->now + SEC + below(&s->r_person, 20 * SEC);
		return;
	}
	s->up = 1;
	check_reopened(s);
}

/* The process is dead: what is on the disk, and for how long is it away? */
static void program_lost(struct sim *s)
{
	int power = s->k.power && sim_chance(&s->r_disk, 500);
	int64_t down = 1 + below(&s->r_disk, 20 * SEC);

	program_close(s);
	wire_client_gone(s);
	s->crashes++;
	if (power)
		sim_count(s, C_POWER_LOSS);
	if (s->k.downtime && sim_chance(&s->r_disk, s->k.down)) {
		down = below(&s->r_disk, s->k.down_ms);
		sim_count(s, C_DOWNTIME);
	}
	vfs_revive(power);
	sim_trace(s, "%s, back in %" PRId64 " s", power ? "power lost" : "died",
		down / SEC);
	s->up_at = s->now + down;
	s->heal_disk_at = FOREVER;
	s->steps_crash_after = -1;
}

/* The store said no: close, reopen, go on. */
static void program_reopen(struct sim *s, const char *why)
{
	uint64_t tag = engine_last_tag(s->eng);

	sim_trace(s, "reopen: %s", why);
	sim_count(s, C_REOPEN);
	program_close(s);
	/* who asked for patience is forgotten with the engine */
	for (int i = 0; i < s->n_be; i++)
		s->be[i].asked_to_wait_until = 0;
	s->first_tag = tag;
	s->up_at = s->now + SEC + below(&s->r_person, 20 * SEC);
}

static void program_restart(struct sim *s)
{
	sim_trace(s, "clean restart");
	sim_count(s, C_RESTART);
	program_close(s);
	wire_client_gone(s);
	s->first_tag = 0;
	s->up_at = s->now + below(&s->r_person, 30 * SEC);
}

/* Any call into the store may have met the end. */
static int survived(struct sim *s, int rc)
{
	if (vfs_dead()) {
		program_lost(s);
		return 0;
	}
	if (rc == E_DB || rc == E_DISK) {
		program_reopen(s, err_msg());
		return 0;
	}
	return 1;
}

/* --- the person ------------------------------------------------------------
 */

static struct simop *op_new(struct sim *s)
{
	struct simop *o;

	if (s->n_ops == s->cap_ops) {
		s->cap_ops = s->cap_ops ? 2 * s->cap_ops : 64;
		s->ops = xreallocarray(
			s->ops, (size_t)s->cap_ops, sizeof(*s->ops));
	}
	o = &s->ops[s->n_ops++];
	*o = (struct simop){.ticket = -1,
		.on_create = -1,
		.fate = FATE_MAYBE,
		.at = s->now,
		.last_state = OPS_QUEUED};
	return o;
}

/* A ticket as the person sees it. */
struct seen {
	int64_t id;
	struct tval v;
	int ticket; /* at the backend, -1 */
	int on_create;
};

static int rid_of_ref(struct sim *s, enum entity e, const struct val *v)
{
	struct rows r;
	int n = 0;

	if (!v || v->kind != VAL_INT)
		return 0;
	if (store_row(store_reader(s->desk), e, v->i, &r) < 0)
		return 0;
	if (r.v[0].rid)
		n = atoi(r.v[0].rid + 1);
	rows_free(&r);
	return n;
}

unsigned tags_from_json(const char *text)
{
	unsigned bits = 0;

	for (const char *p = text; p && *p; p++)
		if (*p == 't' && p[1] >= '0' && p[1] < '0' + N_TAGS)
			bits |= 1u << (p[1] - '0');
	return bits;
}

void row_values(struct sim *s, const struct row *r, struct tval *v)
{
	const struct val *x;

	x = row_get(r, FID_TICKET_SUBJECT);
	v->subject = x && x->s ? scalar_parse(SC_SUBJECT, x->s) : 0;
	x = row_get(r, FID_TICKET_STATUS);
	v->status = x && x->s ? scalar_parse(SC_STATUS, x->s) : 0;
	v->owner = rid_of_ref(s, ENT_AGENT, row_get(r, FID_TICKET_OWNER));
	v->queue = rid_of_ref(s, ENT_QUEUE, row_get(r, FID_TICKET_QUEUE));
	x = row_get(r, FID_TICKET_PRIORITY);
	v->priority = x && x->kind == VAL_INT ? (int)x->i : 0;
	x = row_get(r, FID_TICKET_TAGS);
	v->tags = x && x->s ? tags_from_json(x->s) : 0;
}

static int see_ticket(struct sim *s, struct be *b, struct seen *out)
{
	struct rows r;
	int t = (int)below(&s->r_person, b->n_t), rc;
	char rid[16];

	/* a creation of our own, perhaps not made yet */
	if (sim_chance(&s->r_person, s->k.own))
		for (int i = s->n_ops - 1; i >= 0; i--) {
			const struct simop *o = &s->ops[i];

			if (o->be != b->idx || o->cls != OPC_CREATE ||
				o->fate != FATE_OPEN || !o->target ||
				o->discarded || o->cancelled)
				continue;
			*out = (struct seen){
				.id = o->target, .ticket = -1, .on_create = i};
			return 1;
		}
	snprintf(rid, sizeof(rid), "%d", b->t[t].rid);
	rc = store_row_rid(
		store_reader(s->desk), ENT_TICKET, b->connector, rid, &r);
	if (rc < 0)
		return 0;
	rc = !strcmp(r.v[0].state, "live");
	*out = (struct seen){.id = r.v[0].id, .ticket = t, .on_create = -1};
	row_values(s, &r.v[0], &out->v);
	rows_free(&r);
	return rc;
}

static char *words(struct sim *s, struct simop *o)
{
	const struct simop *last = o > s->ops ? o - 1 : NULL;

	if (s->k.twin && last && last->text && last->cls == OPC_MESSAGE &&
		last->target == o->target && sim_chance(&s->r_person, 400)) {
		sim_count(s, C_OP_TWIN);
		return xstrdup(last->text);
	}
	if (s->k.canned && sim_chance(&s->r_person, 400))
		return xstrdup(CANNED);
	if (s->k.poison && sim_chance(&s->r_person, 40)) {
		o->poison = 1;
		sim_count(s, C_OP_POISON);
		return xasprintf("POISON %" PRId64, ++s->text_no);
	}
	if (s->k.poison && sim_chance(&s->r_person, 25)) {
		o->boom = 1;
		sim_count(s, C_OP_BOOM);
		return xasprintf("BOOM %" PRId64, ++s->text_no);
	}
	return xasprintf("Dear customer, this is answer %" PRId64
			 ".\nWith kind regards \xe4\xbd\xa0\xe5\xa5\xbd",
		++s->text_no);
}

static void args_message(struct simop *o, struct jw *w)
{
	jw_kstr(w, "text", o->text);
}

/* Wants something that is not there already. */
static void args_scalar(struct sim *s, struct simop *o, struct jw *w)
{
	struct rnd *r = &s->r_person;
	char buf[32];

	o->want = o->base;
	jw_key(w, "set");
	jw_obj(w);
	for (int f = 0; f < SC_N; f++) {
		static const int range[SC_N] = {900, 4, 4, 2, 100};
		int v = (int)below(r, range[f]) + (f == SC_QUEUE);

		if (!sim_chance(r, 350) && !(f == SC_STATUS && !o->fields))
			continue;
		if (v == tval_get(&o->base, f))
			v = f == SC_QUEUE ? 3 - v : (v + 1) % range[f];
		if (f == SC_STATUS && s->k.poison && sim_chance(r, 60)) {
			v = 4;
			o->poison = 1;
			sim_count(s, C_OP_POISON);
		}
		tval_set(&o->want, f, v);
		o->fields |= UINT64_C(1) << f;
		if (f == SC_PRIORITY)
			jw_kint(w, scalar_name[f], v);
		else
			jw_kstr(w, scalar_name[f],
				scalar_text(f, v, buf, sizeof(buf)));
	}
	jw_obj_end(w);
}

static void args_tags(struct sim *s, struct simop *o, struct jw *w)
{
	for (int i = 0; i < N_TAGS; i++)
		if (sim_chance(&s->r_person, 250)) {
			if (o->base.tags >> i & 1)
				o->remove |= 1u << i;
			else
				o->add |= 1u << i;
		}
	if (!o->add && !o->remove)
		o->add = 1;
	o->fields = UINT64_C(1) << SC_N;
	for (int k = 0; k < 2; k++) {
		jw_key(w, k ? "remove" : "add");
		jw_arr(w);
		for (int i = 0; i < N_TAGS; i++) {
			const char name[] = {'t', (char)('0' + i), 0};

			if ((k ? o->remove : o->add) >> i & 1)
				jw_str(w, name);
		}
		jw_arr_end(w);
	}
}

static void args_create(struct sim *s, struct simop *o, struct jw *w)
{
	char buf[32];

	o->want.subject = (int)(1000 + s->text_no);
	jw_kstr(w, "queue", "q1");
	jw_kstr(w, "subject",
		scalar_text(SC_SUBJECT, o->want.subject, buf, sizeof(buf)));
	jw_kstr(w, "text", o->text);
}

static void count_kind(struct sim *s, const struct simop *o)
{
	if (o->kind == OP_TICKET_REPLY)
		sim_count(s, C_OP_REPLY);
	else if (o->cls == OPC_MESSAGE)
		sim_count(s, C_OP_NOTE);
	else if (o->cls == OPC_CREATE)
		sim_count(s, C_OP_CREATE);
	else if (o->cls == OPC_SET)
		sim_count(s, C_OP_TAGS);
	else if (o->cls == OPC_MARK)
		sim_count(s, C_OP_MARK);
	else
		sim_count(s, C_OP_SCALAR);
}

static void make_args(struct sim *s, struct simop *o, struct buf *out)
{
	struct jw w;

	if (o->cls == OPC_MESSAGE || o->cls == OPC_CREATE)
		o->text = words(s, o);
	jw_init(&w, out);
	jw_obj(&w);
	if (o->cls == OPC_MESSAGE) {
		args_message(o, &w);
	} else if (o->cls == OPC_CREATE) {
		args_create(s, o, &w);
	} else if (o->cls == OPC_SET) {
		args_tags(s, o, &w);
	} else if (o->kind == OP_TICKET_SET) {
		args_scalar(s, o, &w);
	} else {
		o->want = o->base;
		o->want.owner = o->kind == OP_TICKET_TAKE ? 1 : 2;
		o->fields = UINT64_C(1) << SC_OWNER;
		if (o->kind == OP_TICKET_ASSIGN)
			jw_kstr(&w, "owner", "u2");
	}
	jw_obj_end(&w);
}

static enum op_kind draw_one_kind(struct rnd *r)
{
	static const struct {
		enum op_kind kind;
		int share;
	} kinds[] = {{OP_TICKET_REPLY, 380}, {OP_TICKET_NOTE, 150},
		{OP_TICKET_SET, 220}, {OP_TICKET_TAKE, 40},
		{OP_TICKET_ASSIGN, 40}, {OP_TICKET_TAGS, 120},
		{OP_TICKET_CREATE, 50}};
	int x = (int)below(r, 1000);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		x -= kinds[i].share;
		if (x < 0)
			return kinds[i].kind;
	}
	return OP_TICKET_REPLY;
}

static enum op_kind draw_kind(struct sim *s)
{
	enum op_kind kind = draw_one_kind(&s->r_person);

	while (s->k.kinds && !(s->k.kinds >> kind & 1))
		kind = draw_one_kind(&s->r_person);
	return kind;
}

static struct draft *draft_for(struct sim *s, const struct seen *t)
{
	char key[32];

	snprintf(key, sizeof(key), "ticket:%" PRId64, t->id);
	for (int i = 0; i < s->n_drafts; i++)
		if (!strcmp(s->drafts[i].key, key))
			return &s->drafts[i];
	return NULL;
}

static void enqueued(
	struct sim *s, struct simop *o, int rc, const char *uid, int64_t target)
{
	if (rc < 0) {
		sim_trace(s, "enqueue said no: %s", err_msg());
		if (rc != E_DB && rc != E_DISK && !vfs_dead())
			sim_fail(s, "I1", "enqueue of %s refused: %s",
				op_desc(o->kind)->name, err_msg());
		return;
	}
	memcpy(o->uid, uid, UID_SIZE);
	o->fate = FATE_OPEN;
	o->seq = s->n_ops;
	if (o->cls == OPC_CREATE)
		o->target = target;
	count_kind(s, o);
	sim_trace(s, "person: %s %s on %d (%" PRId64 ") at be%d",
		op_desc(o->kind)->name, uid,
		o->ticket >= 0 ? s->be[o->be].t[o->ticket].rid : 0, o->target,
		o->be);
}

/* The disk fails in the middle of what the person does. */
static void aim(struct sim *s)
{
	struct disk_faults *f = vfs_faults();

	if (!s->k.aim || !sim_chance(&s->r_disk, s->k.aim))
		return;
	if (sim_chance(&s->r_disk, 500)) {
		f->crash_after = below(&s->r_disk, 40);
		return;
	}
	f->error_after = below(&s->r_disk, 40);
	s->heal_disk_at = s->now + SEC;
}

/* "Send it tomorrow." */
static void choose_time(struct sim *s, struct simop *o)
{
	if (!s->k.later || !sim_chance(&s->r_person, s->k.later))
		return;
	o->later = 1;
	o->hold_ms = MIN + below(&s->r_person, sim_chance(&s->r_person, 700)
						       ? 10 * MIN
						       : 2 * HOUR);
	sim_count(s, C_OP_LATER);
}

static void person_enqueue(struct sim *s)
{
	struct be *b = &s->be[below(&s->r_person, s->n_be)];
	struct seen t = {.ticket = -1, .on_create = -1};
	enum op_kind kind = draw_kind(s);
	struct store_enqueue e = {
		.connector = b->connector, .kind = kind, .me = ME};
	struct buf args = BUF_INIT;
	struct draft *d = NULL;
	struct simop *o;
	char uid[UID_SIZE] = "";
	int64_t target = 0;
	int rc;

	if (kind == OP_TICKET_CREATE && b->n_t > MAX_TICKETS - 8)
		return;
	if (kind != OP_TICKET_CREATE && !see_ticket(s, b, &t))
		return;
	o = op_new(s);
	o->be = b->idx;
	o->kind = kind;
	o->cls = op_desc(kind)->cls;
	o->ticket = t.ticket;
	o->on_create = t.on_create;
	o->target = t.id;
	o->base = t.v;
	if (op_desc(kind)->flags & OF_VISIBLE)
		o->hold_ms = sim_chance(&s->r_person, 500) ? 10 * SEC : 0;
	choose_time(s, o);
	make_args(s, o, &args);
	e.later = o->later;
	e.args = buf_str(&args);
	e.target = t.id;
	e.hold_ms = o->hold_ms;
	if (o->cls == OPC_MESSAGE)
		d = draft_for(s, &t);
	if (d && d->acked)
		e.draft = d->key;
	s->ops_left--;
	aim(s);
	rc = store_op_enqueue(s->desk, &e, uid, &target);
	buf_fini(&args);
	if (d && e.draft) {
		d->used_by = (int)(o - s->ops) + 1;
		if (rc == 0)
			draft_forget(d);
	}
	enqueued(s, o, rc, uid, target);
	survived(s, rc);
}

static int64_t local_id(
	struct sim *s, const struct be *b, enum entity e, const char *rid)
{
	struct rows r;
	int64_t id;

	if (store_row_rid(store_reader(s->desk), e, b->connector, rid, &r) < 0)
		return 0;
	id = r.v[0].id;
	rows_free(&r);
	return id;
}

/* "It worked", "it did not", "it is out of date". */
static void person_marks(struct sim *s)
{
	struct rnd *r = &s->r_person;
	struct be *b = &s->be[0];
	struct store_enqueue e = {.connector = b->connector, .me = ME};
	int art = (int)below(r, N_ARTS), t = (int)below(r, b->n_t);
	int outdated = sim_chance(r, 200), poison = sim_chance(r, 150);
	char uid[UID_SIZE] = "", rid[16], args[128];
	int64_t target = 0, of;
	struct simop *o;
	int rc;

	snprintf(rid, sizeof(rid), "%d", b->t[t].rid);
	of = local_id(s, b, ENT_TICKET, rid);
	snprintf(rid, sizeof(rid), "k%d", art);
	e.target = local_id(s, b, ENT_ARTICLE, rid);
	if (!e.target || !of)
		return;
	o = op_new(s);
	o->kind = e.kind = outdated ? OP_ARTICLE_OUTDATED : OP_ARTICLE_OUTCOME;
	o->cls = OPC_MARK;
	o->target = e.target;
	o->art = art;
	o->of_case = outdated ? -1 : t;
	o->worked = sim_chance(r, 500);
	o->poison = poison;
	o->hold_ms = e.hold_ms = sim_chance(r, 300) ? 20 * SEC : 0;
	if (outdated)
		snprintf(args, sizeof(args), "{\"why\":\"%s old\"}",
			poison ? "POISON" : "is");
	else
		snprintf(args, sizeof(args),
			"{\"worked\":%d,\"case\":\"ticket:%" PRId64
			"\",\"ticket\":\"%d\"%s}",
			o->worked, of, b->t[t].rid,
			poison ? ",\"conversation\":\"POISON\"" : "");
	e.args = args;
	s->ops_left--;
	aim(s);
	rc = store_op_enqueue(s->desk, &e, uid, &target);
	enqueued(s, o, rc, uid, target);
	if (survived(s, rc) && rc == 0)
		check_marks(s);
}

static void person_undo(struct sim *s)
{
	struct simop *o;
	int rc;

	if (!s->n_ops)
		return;
	o = &s->ops[s->n_ops - 1 -
		    below(&s->r_person, s->n_ops > 4 ? 4 : s->n_ops)];
	if (o->fate != FATE_OPEN || o->cancelled || o->discarded)
		return;
	if (o->last_state == OPS_HELD)
		return; /* that is a decision, made elsewhere */
	rc = store_op_cancel(s->desk, o->uid);
	sim_trace(
		s, "person: undo %s: %s", o->uid, rc ? err_name(rc) : "undone");
	if (rc == 0) {
		o->cancelled = 1;
		sim_count(s, C_OP_CANCEL);
	} else if (rc == E_CONFLICT) {
		sim_count(s, C_OP_CANCEL_LATE);
	} else {
		o->cancel_maybe = 1;
	}
	survived(s, rc);
}

static int effects_of(const struct sim *s, const struct simop *o)
{
	const struct be *b = &s->be[o->be];
	int n = 0;

	for (int i = 0; i < b->n_fx; i++)
		n += !strcmp(b->fx[i].uid, o->uid);
	return n;
}

/* Could a request of this operation still be executed? */
static int may_land(const struct sim *s, const struct simop *o)
{
	for (const struct wreq *q = s->be[o->be].first; q; q = q->next)
		if (q->kind == JOB_OP && !q->executed &&
			!strcmp(q->op.uid, o->uid))
			return 1;
	return 0;
}

/* The truth table: what a careful person decides. 0: leaves it. */
static int person_choice(
	struct sim *s, struct simop *o, enum op_reason why, enum op_decision *d)
{
	int coin = sim_chance(&s->r_person, 500);

	switch (why) {
	case OPR_UNKNOWN:
	case OPR_SEVERAL:
		if (may_land(s, o))
			return 0;
		if (effects_of(s, o))
			*d = OPD_MARK_SENT;
		else
			*d = coin ? OPD_RETRY : OPD_DISCARD;
		return 1;
	case OPR_STALE:
	case OPR_OLD:
		*d = coin ? OPD_SEND_ANYWAY : OPD_DISCARD;
		return 1;
	case OPR_CONFLICT:
		*d = coin ? OPD_OURS : OPD_THEIRS;
		return 1;
	case OPR_ATTEMPTS:
		*d = coin ? OPD_RETRY : OPD_DISCARD;
		return 1;
	default:
		*d = coin && !s->healed ? OPD_RETRY : OPD_DISCARD;
		return 1;
	}
}

static void note_decision(
	struct sim *s, struct simop *o, enum op_decision d, enum op_reason why)
{
	sim_count(s, C_DECIDED);
	o->decided_ms = s->now;
	o->sent_requests = 0;
	switch (d) {
	case OPD_DISCARD:
		o->discarded = 1;
		o->discarded_unknown = why == OPR_UNKNOWN || why == OPR_SEVERAL;
		break;
	case OPD_THEIRS:
		o->discarded = o->theirs = 1;
		break;
	case OPD_OURS:
		o->ours = 1;
		if (o->ticket < 0)
			break;
		for (int f = 0; f < SC_N; f++)
			o->theirs_seen[f] = tval_get(
				&tick_now(&s->be[o->be].t[be_root(
						  &s->be[o->be], o->ticket)])
					 ->v,
				f);
		break;
	case OPD_MARK_SENT:
		o->marked = 1;
		break;
	case OPD_RETRY:
		o->first_sent_ms = 0; /* a new life */
		o->confirmed_ms = s->now;
		break;
	case OPD_SEND_ANYWAY:
		o->confirmed_ms = s->now;
		break;
	}
}

static void person_decide(struct sim *s)
{
	struct ops held;
	int rc;

	for (int i = 0; i < s->n_be; i++) {
		rc = store_op_list(store_reader(s->desk), s->be[i].connector,
			OPS_HELD, 0, 100, &held);
		if (rc < 0) {
			survived(s, rc);
			return;
		}
		for (int k = 0; k < held.n; k++) {
			struct simop *o = sim_op(s, held.v[k].uid);
			enum op_decision d = OPD_DISCARD;
			enum op_reason why = held.v[k].reason;

			if (!o || o->left_alone ||
				!sim_chance(&s->r_person, 300))
				continue;
			if (sim_chance(&s->r_person, 80)) {
				o->left_alone = 1;
				continue;
			}
			if (!person_choice(s, o, why, &d))
				continue;
			o->decide_maybe = 1;
			rc = store_op_decide(s->desk, o->uid, d, "person");
			sim_trace(s, "person: %s held for %s: decision %d %s",
				o->uid, op_reason_name(why), d,
				rc ? err_msg() : "");
			if (rc == 0) {
				o->decide_maybe = 0;
				note_decision(s, o, d, why);
			} else if (rc != E_DB && rc != E_DISK && !vfs_dead() &&
				   rc != E_CONFLICT) {
				sim_fail(s, "I1", "decision on %s refused: %s",
					o->uid, err_msg());
			}
			if (!survived(s, rc)) {
				ops_free(&held);
				return;
			}
		}
		ops_free(&held);
	}
}

void draft_forget(struct draft *d)
{
	FREE(&d->acked);
	FREE(&d->maybe);
	d->maybe_gone = 1;
	d->used_by = 0;
}

static void person_draft(struct sim *s)
{
	struct be *b = &s->be[below(&s->r_person, s->n_be)];
	struct seen t;
	struct draft *d;
	char *text;
	int rc;

	if (!see_ticket(s, b, &t))
		return;
	d = draft_for(s, &t);
	if (!d && s->n_drafts == (int)ARRAY_SIZE(s->drafts))
		return;
	if (!d) {
		d = &s->drafts[s->n_drafts++];
		snprintf(d->key, sizeof(d->key), "ticket:%" PRId64, t.id);
	}
	text = xasprintf("draft %" PRId64, ++s->text_no);
	rc = store_draft_put(s->desk, d->key, text);
	sim_trace(s, "person: draft %s: %s", d->key,
		rc < 0 ? err_msg() : "saved");
	if (rc == 0) {
		draft_forget(d);
		d->acked = text;
		d->maybe_gone = 0;
		sim_count(s, C_DRAFT);
	} else {
		free(d->maybe);
		d->maybe = text;
	}
	survived(s, rc);
}

static void person_acts(struct sim *s)
{
	int x = (int)below(&s->r_person, 1000), undo = 120 + s->k.undo,
	    draft = undo + s->k.draft;

	if (x < 120 || s->healed) {
		person_decide(s);
	} else if (x < undo) {
		person_undo(s);
	} else if (x < draft && s->k.drafts) {
		person_draft(s);
	} else if (x < draft + 20) {
		engine_want(s->eng, WANT_PULL | WANT_PUSH);
		for (int i = 0; i < s->n_be; i++)
			s->be[i].asked_to_wait_until = 0;
	} else if (x < draft + 25 && s->k.resync) {
		sim_count(s, C_FULL_SYNC);
		engine_want(s->eng, WANT_FULL);
		for (int i = 0; i < s->n_be; i++)
			s->be[i].asked_to_wait_until = 0;
	} else if (x < draft + 35 && s->k.restart) {
		program_restart(s);
	} else if (s->ops_left > 0 && s->k.marks &&
		   sim_chance(&s->r_person, s->k.marks)) {
		person_marks(s);
	} else if (s->ops_left > 0) {
		person_enqueue(s);
	}
}

/* --- the others ------------------------------------------------------------
 */

static int live_ticket(struct sim *s, struct be *b)
{
	for (int tries = 0; tries < 8; tries++) {
		int t = (int)below(&s->r_world, b->n_t);
		const struct tstate *st = tick_now(&b->t[t]);

		if (!st->deleted && st->merged_to < 0)
			return t;
	}
	return -1;
}

/* What we made and do not know of yet is left alone: nobody could tell a
 * creation whose ticket was renamed or deleted at once from one that never
 * happened. */
static int is_unsettled(struct sim *s, const struct be *b, int t)
{
	const char *uid = b->t[t].create_uid;
	const struct simop *o = *uid ? sim_op(s, uid) : NULL;

	return o && o->last_state != OPS_DONE;
}

static void colleague_changes(struct sim *s, struct be *b, int t)
{
	static const int range[SC_N] = {900, 4, 4, 2, 100};
	struct tval v = tick_now(&b->t[t])->v;
	enum scalar f = (enum scalar)below(&s->r_world, SC_N);

	if (sim_chance(&s->r_world, 250))
		v.tags ^= 1u << below(&s->r_world, N_TAGS);
	else
		tval_set(&v, f,
			(int)below(&s->r_world, range[f]) + (f == SC_QUEUE));
	sim_count(s, C_FOREIGN);
	sim_trace(s, "colleague: %s of %d at %s", scalar_name[f], b->t[t].rid,
		b->name);
	be_change(b, t, &v, WHO_COLLEAGUE);
}

/* I am at two desks, and say the same at the other one. Where the server tells
 * what an operation was called nobody may take it for ours. */
static void other_desk(struct sim *s)
{
	char uid[UID_SIZE];

	for (int i = s->n_ops - 1; i >= 0 && i >= s->n_ops - 3; i--) {
		const struct simop *o = &s->ops[i];
		struct be *b = &s->be[o->be];
		int note = o->kind == OP_TICKET_NOTE;

		if (o->fate != FATE_OPEN || o->cls != OPC_MESSAGE ||
			o->ticket < 0 || !sim_chance(&s->r_world, 400))
			continue;
		snprintf(uid, sizeof(uid), "01ELSEWHERE%015" PRId64,
			++s->text_no);
		be_say_as(b, be_root(b, o->ticket), WHO_ME,
			note ? "note" : "reply", note ? "note" : "out", o->text,
			uid);
		return;
	}
}

/* A colleague is faster than our reading: what we made is renamed or deleted
 * before we know of it. */
static void meddle(struct sim *s, struct be *b)
{
	for (int t = b->n_t - 1; t >= 0; t--) {
		struct tval v = tick_now(&b->t[t])->v;

		if (tick_now(&b->t[t])->deleted || !is_unsettled(s, b, t))
			continue;
		sim_trace(s, "colleague meddles with %d at %s", b->t[t].rid,
			b->name);
		if (sim_chance(&s->r_world, 500)) {
			sim_count(s, C_DELETE);
			be_delete(b, t);
		} else {
			sim_count(s, C_FOREIGN);
			v.subject = 900 + (int)below(&s->r_world, 90);
			be_change(b, t, &v, WHO_COLLEAGUE);
		}
		return;
	}
}

static int sim_chance_of(struct sim *s, int per_mille)
{
	return per_mille && sim_chance(&s->r_world, per_mille);
}

/* What we have just said is what cannot be read. */
static int hide_ours(struct sim *s, struct be *b, int64_t until)
{
	for (int64_t i = b->n_m - 1; i >= 0 && i >= b->n_m - 4; i--) {
		const struct simop *o = sim_op(s, b->m[i].uid);

		if (!b->m[i].uid[0] || !o || o->last_state == OPS_DONE)
			continue;
		be_break(b, b->m[i].id, -1, until);
		return 1;
	}
	return 0;
}

/* One record breaks every answer that it is in: mostly a new message, for that
 * is what is read next. A ticket does so for good only where that is what the
 * world is about. */
static void something_breaks(struct sim *s, struct be *b, int t)
{
	int64_t until = s->now + MIN + below(&s->r_world, 40 * MIN);
	int64_t i = b->n_m - 1;

	if (b->conf.style == STYLE_TOKEN)
		return;
	if (b->conf.style == STYLE_FEED) {
		if (sim_chance(&s->r_world, 300)) {
			if (sim_chance_of(s, s->k.unread))
				until = FOREVER;
			be_break(b, 0, t, until);
			return;
		}
		if (sim_chance(&s->r_world, s->k.bad_forever))
			until = FOREVER;
	}
	if (s->k.hide && hide_ours(s, b, until))
		return;
	if (sim_chance(&s->r_world, 300))
		i = below(&s->r_world, b->n_m);
	else if (sim_chance(&s->r_world, 700))
		i = be_say(b, t, WHO_CUSTOMER, "reply", "in",
			"what cannot be shown");
	if (i >= 0)
		be_break(b, b->m[i].id, -1, until);
}

static int few_left(const struct sim *s, const struct be *b)
{
	int n = 0;

	for (int t = 0; t < b->n_t; t++)
		n += !tick_now(&b->t[t])->deleted &&
		     tick_now(&b->t[t])->merged_to < 0;
	return n <= s->k.keep;
}

static void world_acts(struct sim *s)
{
	struct be *b = &s->be[below(&s->r_world, s->n_be)];
	int t = live_ticket(s, b), u, x = (int)below(&s->r_world, 1000);
	char text[64];

	if (t < 0)
		return;
	if (s->k.desks && sim_chance(&s->r_world, 400)) {
		other_desk(s);
		return;
	}
	if (s->k.meddle && sim_chance(&s->r_world, s->k.meddle)) {
		meddle(s, b);
		return;
	}
	if (s->k.bad && sim_chance(&s->r_world, s->k.bad)) {
		something_breaks(s, b, t);
		return;
	}
	snprintf(text, sizeof(text), "words of others %" PRId64, ++s->text_no);
	if (x >= s->k.customers && is_unsettled(s, b, t))
		return;
	if (x < s->k.customers) {
		sim_count(s, C_CUSTOMER);
		sim_trace(
			s, "customer writes on %d at %s", b->t[t].rid, b->name);
		be_say(b, t, WHO_CUSTOMER, "reply", "in", text);
	} else if (x < 750) {
		colleague_changes(s, b, t);
	} else if (x < 900) {
		int note = sim_chance(&s->r_world, 500);

		sim_count(s, C_FOREIGN);
		sim_trace(s, "colleague writes on %d at %s", b->t[t].rid,
			b->name);
		be_say(b, t, WHO_COLLEAGUE, note ? "note" : "reply",
			note ? "note" : "out", text);
	} else if (x < 920 && b->n_t < MAX_TICKETS - 16) {
		struct tval v = {.subject = (int)s->text_no, .queue = 2};

		t = be_ticket_new(b, &v, WHO_CUSTOMER, NULL);
		be_say(b, t, WHO_CUSTOMER, "created", "in", text);
	} else if (few_left(s, b)) {
		return;
	} else if (x < 940 && s->k.deletes) {
		sim_count(s, C_DELETE);
		sim_trace(
			s, "colleague deletes %d at %s", b->t[t].rid, b->name);
		be_delete(b, t);
	} else if (x < 940 + s->k.merge && s->k.merges) {
		u = live_ticket(s, b);
		if (u < 0 || u == t)
			return;
		sim_count(s, C_MERGE);
		sim_trace(s, "colleague merges %d into %d at %s", b->t[t].rid,
			b->t[u].rid, b->name);
		be_merge(b, t, u);
	}
}

/* --- the weather -----------------------------------------------------------
 */

static int64_t some_time(struct sim *s)
{
	return sim_chance(&s->r_world, s->k.long_trouble)
		       ? below(&s->r_world, 25 * MIN)
		       : below(&s->r_world, 90 * SEC);
}

static void net_weather(struct sim *s, struct be *b)
{
	static const int rates[] = {0, 20, 60, 150, 350};
	int x = (int)below(&s->r_world, 1000);

	b->fault_rate = rates[below(&s->r_world, ARRAY_SIZE(rates))];
	if (s->k.harsh) /* most answers to writes are lost */
		b->fault_rate = 450;
	if (x < 150 && s->k.outage) {
		sim_count(s, C_OUTAGE);
		b->offline_until = s->now + some_time(s);
	} else if (x < 250 && s->k.outage) {
		sim_count(s, C_SERVER_RESTART);
		b->down_until = s->now + some_time(s);
	} else if (x < 300 && s->k.auth) {
		b->auth_until = s->now + below(&s->r_world, 90 * SEC);
	} else if (x < 350 && s->k.rate) {
		b->rate_until = s->now + below(&s->r_world, 60 * SEC);
	} else if (x < 420 && s->k.empty) {
		b->empty_until = s->now + below(&s->r_world, 10 * MIN);
	}
	if (s->k.clock && sim_chance(&s->r_world, s->k.clock)) {
		s->wall_off += below(&s->r_world, 3 * HOUR) - 90 * MIN;
		sim_trace(s, "the clock is off by %" PRId64 " s",
			s->wall_off / SEC);
	}
	if (s->k.bar && sim_chance(&s->r_world, s->k.bar))
		b->barred_until = s->now + below(&s->r_world, 3 * HOUR);
}

static void disk_weather(struct sim *s)
{
	struct disk_faults *f = vfs_faults();
	struct rnd *r = &s->r_disk;
	int x = (int)below(r, 1000);

	if (x < 330 && s->k.crash) {
		if (sim_chance(r, 600))
			f->crash_after = below(r, 400);
		else
			s->steps_crash_after = below(r, 60);
	} else if (x < 480 && s->k.ioerr) {
		f->error_after = below(r, 300);
		f->sticky = sim_chance(r, 400);
		s->heal_disk_at = s->now + below(r, 2 * MIN);
	} else if (x < 560 && s->k.full) {
		f->limit_bytes = vfs_bytes() + below(r, 64 * 1024);
		s->heal_disk_at = s->now + below(r, 3 * MIN);
	}
}

static void weather(struct sim *s)
{
	for (int i = 0; i < s->n_be; i++)
		net_weather(s, &s->be[i]);
	disk_weather(s);
}

/* From now on nothing goes wrong and nobody interferes. */
static void heal(struct sim *s)
{
	sim_trace(s, "healed");
	s->healed = 1;
	s->next_world = s->next_fault = s->heal_disk_at = FOREVER;
	s->steps_crash_after = -1;
	vfs_heal();
	for (int i = 0; i < s->n_be; i++) {
		struct be *b = &s->be[i];

		b->fault_rate = 0;
		for (int k = 0; k < b->n_bad; k++)
			if (b->bad[k].until < FOREVER)
				b->bad[k].until = 0;
		b->offline_until = b->down_until = b->auth_until = 0;
		b->barred_until = 0;
		b->rate_until = b->empty_until = 0;
	}
	s->quiet_since = s->healed_at = s->now;
}

/* --- drawing a world -------------------------------------------------------
 */

static void draw_knobs(struct sim *s, struct rnd *r)
{
	struct knobs *k = &s->k;
	int *const flags[] = {&k->crash, &k->power, &k->ioerr, &k->full,
		&k->outage, &k->downtime, &k->late, &k->lag, &k->slow, &k->lost,
		&k->dup, &k->http, &k->deletes, &k->merges, &k->empty, &k->rate,
		&k->auth, &k->twin, &k->poison, &k->broken, &k->second_conn,
		&k->drafts, &k->resync, &k->restart};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		*flags[i] = sim_chance(r, 550);
	k->n_ops = 20 + (int)below(r, 50);
	if (s->n_ops_wanted)
		k->n_ops = s->n_ops_wanted;
	k->n_be = 1 + (int)below(r, MAX_BE);
	k->n_tickets = 2 + (int)below(r, 5);
	k->pace_ms = (2 + below(r, 100)) * SEC;
	k->harsh = sim_chance(r, 200);
	k->customers = 350;
	k->merge = 20;
	k->undo = k->draft = 100;
	k->broken_share = 10;
	k->late_share = 250;
	k->down = 150;
	k->down_ms = HOUR;
	k->own = 150;
	k->long_trouble = 150;
	k->fault_ms = 3 * MIN;
}

static void draw_backend(struct sim *s, struct rnd *r, struct be *b)
{
	static const int64_t stamps[] = {1, 1000};
	static const enum conflict_policy policies[] = {POLICY_ASK, POLICY_ASK,
		POLICY_ASK, POLICY_MERGE, POLICY_OURS, POLICY_THEIRS};
	struct be_conf *c = &b->conf;

	c->cls = (enum be_class)below(r, 4);
	c->style = (enum be_style)below(r, 3);
	c->etag = sim_chance(r, 500);
	c->lookup = sim_chance(r, 700);
	c->proof = sim_chance(r, 300);
	c->version_on_msg = sim_chance(r, 500);
	c->deadline_ms = (5 + below(r, 26)) * SEC;
	c->flight_ms = c->deadline_ms + (10 + below(r, 50)) * SEC;
	c->lag_ms = s->k.lag ? below(r, 20 * SEC) : 0;
	c->late_ms = s->k.late ? 1 + below(r, 30 * SEC) : 0;
	if (c->style == STYLE_TOKEN)
		c->late_ms = 0; /* a log is written when it is visible */
	c->late_ids = 1 + below(r, 4);
	c->ttl_ms = c->flight_ms * 3 + (3 + below(r, 20)) * MIN;
	c->page = 1 + (int)below(r, 8);
	c->retention = sim_chance(r, 400) ? 30 + (int)below(r, 60) : 0;
	c->skew_ms = sim_chance(r, 300) ? below(r, 2 * HOUR) - HOUR : 0;
	c->stamp_ms = stamps[below(r, 2)];
	c->commit_per_run = sim_chance(r, 500);
	c->parallel = 1 + (int)below(r, 4);
	c->every_s = 15 + (int)below(r, 60);
	c->sweep_s = 300 + (int)below(r, 1200);
	c->batch = 1 + (int)below(r, 5);
	c->first = sim_chance(r, 500);
	c->thread_cursor = sim_chance(r, 500);
	c->policy = policies[below(r, ARRAY_SIZE(policies))];
	sim_count(s, C_CLS_K + (int)c->cls);
	sim_count(s, c->etag ? C_ETAG : C_NO_ETAG);
}

static void draw_limits(struct sim *s, struct rnd *r)
{
	s->limits = (struct engine_limits){
		.backoff_base_ms = 500,
		.backoff_cap_ms = 30 * SEC,
		.max_attempts = 5 + (int)below(r, 6),
		.max_age_ms = 3 * HOUR,
		.stale_after_ms = 30 * MIN + below(r, 2 * HOUR),
		.fresh_ms = 1000 + below(r, 20 * SEC),
		.look_every_ms = 2000 + below(r, 8 * SEC),
		.auth_pause_ms = 20 * SEC,
		.index_slice_ms = 1000,
		.index_lag_rows = 4,
		.index_lag_ms = 2 * SEC,
		.sweep_share_percent = 30,
		.op_batch = 1 + (int)below(r, 8),
	};
}

/* --- kinds of worlds ---------------------------------------------------------
 *
 * A world with every trouble rarely has the few things at once that one rule is
 * for. Seeds from 1000 on are small worlds about one matter each: the thousands
 * say which.
 */

#define K(kind)	 (1u << OP_TICKET_##kind)
#define MESSAGES (K(REPLY) | K(NOTE) | K(CREATE))
#define FIELDS	 (K(SET) | K(TAKE) | K(ASSIGN) | K(TAGS))

static void only(struct sim *s, int n_ops, int64_t pace_ms)
{
	s->k = (struct knobs){
		.n_ops = s->n_ops_wanted ? s->n_ops_wanted : n_ops,
		.n_be = 1,
		.n_tickets = 2,
		.pace_ms = pace_ms,
		.customers = 350,
		.merge = 20,
		.undo = 100,
		.draft = 100,
		.broken_share = 10,
		.late_share = 250,
		.down = 150,
		.down_ms = HOUR,
		.own = 150,
		.long_trouble = 150,
		.fault_ms = MIN};
}

static void late_and_lagging(struct sim *s, struct rnd *r)
{
	struct be_conf *c = &s->be[0].conf;

	c->lag_ms = s->k.lag ? below(r, 20 * SEC) : 0;
	c->late_ms = s->k.late ? 1 + below(r, 30 * SEC) : 0;
	if (c->style == STYLE_TOKEN)
		c->late_ms = 0;
}

/* The process dies between any two steps, the server knows nothing again. */
static void about_crashes(struct sim *s, struct rnd *r)
{
	struct be_conf *c = &s->be[0].conf;

	only(s, 30, 15 * SEC);
	s->k.kinds = MESSAGES;
	s->k.crash = s->k.drafts = 1;
	s->k.second_conn = sim_chance(r, 500);
	s->k.power = sim_chance(r, 500);
	s->k.lost = s->k.http = sim_chance(r, 500);
	s->k.step_crash = 10;
	s->k.aim = 150;
	s->k.undo = s->k.draft = 200;
	s->k.down = 100;
	s->k.fault_ms = 40 * SEC;
	c->cls = sim_chance(r, 500) ? CLS_CV : CLS_N;
	if (sim_chance(r, 500))
		c->style = STYLE_TOKEN;
	c->page = 5 + (int)below(r, 4);
	c->every_s = 15;
}

/* Answers are lost again and again until the server forgets the key. */
static void about_keys(struct sim *s, struct rnd *r)
{
	struct be_conf *c = &s->be[0].conf;

	only(s, 20, 60 * SEC);
	s->k.kinds = MESSAGES;
	s->k.n_tickets = 8;
	s->k.customers = 50;
	s->k.lost = s->k.outage = s->k.http = 1;
	s->k.harsh = sim_chance(r, 600);
	s->k.downtime = s->k.crash = sim_chance(r, 600);
	s->k.down = 500;
	s->k.down_ms = 15 * MIN;
	s->k.slow = sim_chance(r, 500);
	s->k.long_trouble = 500;
	c->cls = CLS_K;
	c->ttl_ms = c->flight_ms * 3 + 3 * MIN + below(r, MIN);
	c->proof = sim_chance(r, 500);
	s->limits.max_attempts = 10;
	if (c->proof) {
		/* each attempt sees what the one before it did */
		s->k.kinds = K(REPLY);
		s->limits.max_attempts = 2;
		s->limits.fresh_ms = SEC;
	}
}

/* Nobody but the words says whether it happened. */
static void about_looks(struct sim *s, struct rnd *r)
{
	struct be_conf *c = &s->be[0].conf;

	only(s, 30, 15 * SEC);
	s->k.n_tickets = 8;
	s->k.customers = 50;
	s->k.undo = 200;
	s->k.kinds = K(REPLY) | K(NOTE);
	s->k.lost = s->k.slow = s->k.twin = s->k.canned = 1;
	s->k.http = sim_chance(r, 500);
	s->k.lag = sim_chance(r, 500);
	s->k.late = sim_chance(r, 500);
	s->k.harsh = sim_chance(r, 500);
	c->cls = sim_chance(r, 300) ? CLS_CV : CLS_N;
	c->lookup = 1;
	c->proof = sim_chance(r, 700);
	late_and_lagging(s, r);
	if (sim_chance(r, 300)) {
		c->cls = CLS_CU;
		s->k.desks = 1;
		s->k.twin = s->k.canned = 0;
		s->limits.max_attempts = 3;
	}
}

/* Rows come late, out of order, in small pages, or not. */
static void about_reading(struct sim *s, struct rnd *r)
{
	struct be_conf *c = &s->be[0].conf;

	only(s, 40, 8 * SEC);
	s->k.n_tickets = 12;
	s->k.late = s->k.lag = s->k.slow = 1;
	s->k.lost = s->k.http = sim_chance(r, 700);
	s->k.harsh = sim_chance(r, 300);
	s->k.broken = sim_chance(r, 700);
	s->k.broken_share = 150;
	s->k.step_crash = sim_chance(r, 500) ? 10 : 0;
	s->k.empty = sim_chance(r, 500);
	s->k.deletes = s->k.merges = sim_chance(r, 500);
	s->k.restart = s->k.crash = s->k.downtime = sim_chance(r, 500);
	s->k.down = 500;
	s->k.down_ms = 4 * MIN;
	s->k.resync = sim_chance(r, 300);
	s->k.fault_ms = 30 * SEC;
	c->page = 1 + (int)below(r, 3);
	c->parallel = 4;
	c->every_s = 15;
	c->sweep_s = 60;
	if (sim_chance(r, 600))
		c->style = STYLE_TIME;
	late_and_lagging(s, r);
}

/* What we have just made is not on the replica yet. */
static void about_replicas(struct sim *s, struct rnd *r)
{
	struct be_conf *c = &s->be[0].conf;

	only(s, 40, 2 * SEC);
	s->k.kinds = K(CREATE) | FIELDS;
	s->k.own = 900;
	s->k.customers = 50;
	s->k.lag = 1;
	s->k.http = sim_chance(r, 500);
	c->every_s = 75;
	c->page = 8;
	late_and_lagging(s, r);
	c->lag_ms = 15 * SEC + below(r, 30 * SEC);
}

/* The program dies in the middle of reading what is much and comes late. */
static void about_restarts(struct sim *s, struct rnd *r)
{
	struct be_conf *c = &s->be[0].conf;

	only(s, 60, 3 * SEC);
	s->k.n_tickets = 4;
	s->k.kinds = K(NOTE);
	s->k.customers = 700;
	s->k.late = s->k.crash = s->k.downtime = 1;
	s->k.step_crash = 30;
	s->k.down = 700;
	s->k.down_ms = 3 * MIN;
	if (c->style == STYLE_TOKEN)
		c->style = STYLE_FEED;
	c->page = 1 + (int)below(r, 2);
	c->every_s = 15;
	late_and_lagging(s, r);
	c->late_ms = 30 * SEC;
}

/* It dies between two pages, and while it is away for long rows come to light
 * below where it was. */
static void about_pages(struct sim *s, struct rnd *r)
{
	struct be_conf *c = &s->be[0].conf;

	only(s, 25, 3 * SEC);
	s->k.kinds = K(NOTE);
	s->k.customers = 900;
	s->k.late = s->k.crash = s->k.downtime = 1;
	s->k.late_share = 700;
	s->k.gap_crash = 300;
	s->k.down = 900;
	s->k.down_ms = 4 * MIN;
	c->style = STYLE_FEED;
	c->page = 1 + (int)below(r, 3);
	c->every_s = 5;
	c->lag_ms = 0;
	c->late_ms = 30 * SEC;
	c->late_ids = 2 + below(r, 2);
}

/* Records that break every answer they are in. */
static void about_broken(struct sim *s, struct rnd *r)
{
	struct be_conf *c = &s->be[0].conf;

	only(s, 30, 20 * SEC);
	s->k.customers = 700;
	s->k.bad = 150;
	s->k.bad_forever = 400;
	s->k.lost = sim_chance(r, 300);
	s->k.http = sim_chance(r, 300);
	s->k.outage = sim_chance(r, 300);
	s->k.late = sim_chance(r, 300);
	s->k.broken = sim_chance(r, 300);
	s->k.crash = sim_chance(r, 500);
	s->k.resync = sim_chance(r, 200);
	s->k.restart = sim_chance(r, 300);
	s->k.deletes = sim_chance(r, 300);
	s->k.step_crash = s->k.crash ? 3 : 0;
	c->style = sim_chance(r, 800) ? STYLE_FEED : STYLE_TIME;
	c->page = 2 + (int)below(r, 11);
	c->parts = 1;
	c->retention = 0;
	late_and_lagging(s, r);
}

/* Answers are lost while feeds say that nothing is new. */
static void about_lies(struct sim *s, struct rnd *r)
{
	struct be_conf *c = &s->be[0].conf;

	only(s, 30, 15 * SEC);
	s->k.kinds = K(REPLY) | K(NOTE);
	s->k.lost = s->k.empty = s->k.empty_feeds = 1;
	s->k.harsh = sim_chance(r, 500);
	s->k.slow = s->k.lag = sim_chance(r, 300);
	s->k.deletes = sim_chance(r, 300);
	s->k.fault_ms = 40 * SEC;
	c->cls = sim_chance(r, 500) ? CLS_CV : CLS_N;
	c->style = sim_chance(r, 600) ? STYLE_FEED : STYLE_TIME;
	c->lookup = c->proof = 1;
	c->every_s = 15;
	c->deadline_ms = 5 * SEC;
	c->flight_ms = 15 * SEC;
	late_and_lagging(s, r);
}

/* What we make is renamed or deleted before we know of it. */
static void about_creations(struct sim *s, struct rnd *r)
{
	struct be_conf *c = &s->be[0].conf;

	only(s, 15, 6 * SEC);
	s->k.kinds = K(CREATE);
	s->k.n_tickets = 1;
	s->k.customers = 100;
	s->k.lost = s->k.deletes = 1;
	s->k.meddle = 600;
	s->k.http = s->k.slow = sim_chance(r, 300);
	s->k.harsh = sim_chance(r, 500);
	c->cls = sim_chance(r, 500) ? CLS_CV : CLS_K;
	c->ttl_ms = c->flight_ms * 3 + 3 * MIN;
	c->proof = 1;
	c->every_s = 60;
	late_and_lagging(s, r);
}

/* Several people change the same fields. */
static void about_fields(struct sim *s, struct rnd *r)
{
	struct be_conf *c = &s->be[0].conf;

	only(s, 40, 6 * SEC);
	s->k.kinds = FIELDS;
	s->k.customers = 50;
	s->k.lost = s->k.slow = s->k.http = 1;
	s->k.watch = 1;
	s->k.lag = sim_chance(r, 500);
	s->k.late = sim_chance(r, 500);
	late_and_lagging(s, r);
	c->parallel = 4;
	c->policy = POLICY_ASK;
}

/* Threads become one while nobody knows what became of a message. */
static void about_merges(struct sim *s, struct rnd *r)
{
	struct be_conf *c = &s->be[0].conf;

	only(s, 40, 8 * SEC);
	s->k.n_tickets = 8;
	s->k.kinds = K(REPLY) | K(NOTE);
	s->k.lost = s->k.merges = s->k.harsh = 1;
	s->k.merge = 60;
	s->k.lag = sim_chance(r, 500);
	c->cls = CLS_N;
	c->lookup = c->proof = 0;
	late_and_lagging(s, r);
	c->deadline_ms = 5 * SEC;
	c->flight_ms = 15 * SEC;
}

/* Customers write while the answer waits. */
static void about_customers(struct sim *s, struct rnd *r)
{
	struct be_conf *c = &s->be[0].conf;

	only(s, 30, 12 * SEC);
	s->k.kinds = K(REPLY);
	s->k.customers = 800;
	s->k.outage = 1;
	s->k.lost = s->k.http = sim_chance(r, 800);
	s->k.harsh = sim_chance(r, 200);
	s->k.broken = s->k.slow = sim_chance(r, 500);
	s->k.downtime = s->k.crash = sim_chance(r, 400);
	s->k.long_trouble = 400;
	s->limits.stale_after_ms = MIN + below(r, 4 * MIN);
	if (sim_chance(r, 500))
		c->cls = CLS_K;
	c->every_s = 60;
	c->lag_ms = c->late_ms = 0;
	c->deadline_ms = 5 * SEC;
	c->flight_ms = 20 * SEC;
}

/* The server asks for patience. */
static void about_patience(struct sim *s, struct rnd *r)
{
	struct be_conf *c = &s->be[0].conf;

	only(s, 40, 10 * SEC);
	s->k.rate = s->k.http = 1;
	s->k.auth = sim_chance(r, 500);
	s->k.slow = sim_chance(r, 300);
	s->k.poison = sim_chance(r, 600);
	s->k.fault_ms = 40 * SEC;
	c->parallel = 4;
}

/* What is for later, and what is done on the same tickets meanwhile. */
static void about_later(struct sim *s, struct rnd *r)
{
	struct be_conf *c = &s->be[0].conf;

	only(s, 40, 30 * SEC);
	s->k.later = 350;
	s->k.undo = 50;
	s->k.twin = s->k.lost = 1;
	s->k.http = s->k.outage = s->k.crash = sim_chance(r, 500);
	s->k.slow = sim_chance(r, 300);
	s->k.rate = sim_chance(r, 600);
	s->k.merges = sim_chance(r, 300);
	s->k.harsh = sim_chance(r, 600);
	s->k.customers = sim_chance(r, 300) ? 300 : 30;
	s->limits.stale_after_ms = 3 * MIN + below(r, 5 * MIN);
	if (sim_chance(r, 400)) {
		c->cls = CLS_N;
		c->lookup = 1;
		c->proof = sim_chance(r, 700);
	}
	late_and_lagging(s, r);
}

/* What is to be changed cannot be read, for a while or for good. */
static void about_unread(struct sim *s, struct rnd *r)
{
	about_broken(s, r);
	s->k.bad = 120;
	s->k.unread = 600;
	s->k.customers = 200;
	s->k.n_tickets = 5;
	s->k.kinds = FIELDS;
	s->be[0].conf.style = STYLE_FEED;
}

/* What came of articles in cases, said again and taken back. */
static void about_marks(struct sim *s, struct rnd *r)
{
	struct be_conf *c = &s->be[0].conf;

	only(s, 50, 12 * SEC);
	s->k.marks = 900;
	s->k.undo = 250;
	s->k.n_tickets = 3;
	s->k.lost = 1;
	s->k.http = s->k.slow = sim_chance(r, 500);
	s->k.crash = s->k.power = sim_chance(r, 500);
	s->k.aim = s->k.crash ? 100 : 0;
	s->k.step_crash = s->k.crash ? 5 : 0;
	s->k.second_conn = sim_chance(r, 500);
	s->k.restart = sim_chance(r, 300);
	s->k.harsh = sim_chance(r, 500);
	c->sweep_s = 60;
	late_and_lagging(s, r);
}

/* What is looked for is not there: it went elsewhere with its ticket, or the
 * listing shows nothing. */
static void about_absence(struct sim *s, struct rnd *r)
{
	struct be_conf *c = &s->be[0].conf;

	only(s, 40, 8 * SEC);
	s->k.n_tickets = 6;
	s->k.kinds = K(REPLY) | K(NOTE);
	s->k.lost = 1;
	s->k.harsh = sim_chance(r, 500);
	s->k.slow = s->k.lag = sim_chance(r, 300);
	s->k.merges = s->k.deletes = sim_chance(r, 600);
	s->k.merge = 60;
	s->k.keep = 2;
	s->k.resync = s->k.restart = sim_chance(r, 500);
	s->k.customers = sim_chance(r, 500) ? 350 : 30;
	if (!s->k.merges || sim_chance(r, 300)) {
		s->k.empty = 1;
		s->k.empty_feeds = 2;
		s->k.fault_ms = 40 * SEC;
	}
	c->cls = sim_chance(r, 500) ? CLS_CV : CLS_N;
	if (sim_chance(r, 500))
		c->style = STYLE_TOKEN;
	c->key_threads = c->style == STYLE_TOKEN && sim_chance(r, 500);
	c->lookup = c->proof = 1;
	c->retention = sim_chance(r, 500) ? 10 + (int)below(r, 20) : 0;
	c->page = 1 + (int)below(r, 3);
	c->every_s = 15;
	c->deadline_ms = 5 * SEC;
	c->flight_ms = 15 * SEC;
	late_and_lagging(s, r);
	if (c->style == STYLE_FEED && sim_chance(r, 700)) {
		s->k.bad = 300;
		s->k.hide = s->k.bad_forever = 1000;
		c->parts = 1;
	}
}

/* It was said, the answer is lost, and the record of it cannot be read: what
 * follows is, and it is not in there. */
static void about_veils(struct sim *s, struct rnd *r)
{
	struct be_conf *c = &s->be[0].conf;

	only(s, 30, 10 * SEC);
	s->k.n_tickets = 4;
	s->k.kinds = K(REPLY) | K(NOTE);
	s->k.lost = 1;
	s->k.harsh = sim_chance(r, 500);
	s->k.slow = s->k.lag = sim_chance(r, 300);
	s->k.late = sim_chance(r, 300);
	s->k.crash = s->k.restart = sim_chance(r, 300);
	s->k.veil = 700;
	s->k.twin = sim_chance(r, 300);
	c->cls = sim_chance(r, 500) ? CLS_CV : CLS_N;
	c->style = STYLE_FEED;
	c->lookup = c->proof = c->parts = 1;
	c->retention = 0;
	c->page = 1 + (int)below(r, 6);
	c->every_s = 15;
	c->deadline_ms = 5 * SEC;
	c->flight_ms = 15 * SEC;
	late_and_lagging(s, r);
}

/* What is new may not be read, for hours, while all else is answered. */
static void about_barred(struct sim *s, struct rnd *r)
{
	struct be_conf *c = &s->be[0].conf;

	only(s, 20, 2 * MIN);
	s->k.n_tickets = 4;
	s->k.kinds = K(REPLY) | K(NOTE);
	s->k.customers = 700;
	s->k.bar = 500;
	s->k.lost = sim_chance(r, 500);
	s->k.restart = s->k.crash = sim_chance(r, 300);
	s->k.fault_ms = 15 * MIN;
	s->limits.stale_after_ms = 6 * HOUR;
	s->limits.max_age_ms = 12 * HOUR;
	c->retention = 0;
	c->every_s = 60;
	c->lag_ms = c->late_ms = 0;
	c->deadline_ms = 5 * SEC;
	c->flight_ms = 15 * SEC;
	late_and_lagging(s, r);
}

/* Somebody sets the clock again and again. */
static void about_clocks(struct sim *s, struct rnd *r)
{
	struct be_conf *c = &s->be[0].conf;

	only(s, 40, 20 * SEC);
	s->k.n_tickets = 8;
	s->k.kinds = MESSAGES;
	s->k.customers = 30;
	s->k.undo = 300;
	s->k.lost = s->k.slow = 1;
	s->k.http = sim_chance(r, 500);
	s->k.harsh = sim_chance(r, 500);
	s->k.rate = sim_chance(r, 300);
	s->k.clock = 500;
	s->k.fault_ms = 20 * SEC;
	s->limits.stale_after_ms = s->limits.max_age_ms = 72 * HOUR;
	c->cls = (enum be_class)below(r, 4);
	c->lookup = c->proof = 1;
	late_and_lagging(s, r);
}

static void about(struct sim *s, struct rnd *r, uint64_t seed)
{
	static void (*const kinds[])(struct sim * s, struct rnd * r) = {
		NULL,
		about_crashes,
		about_keys,
		about_looks,
		about_reading,
		about_fields,
		about_customers,
		about_patience,
		about_merges,
		about_replicas,
		about_restarts,
		about_pages,
		about_lies,
		about_creations,
		about_broken,
		about_later,
		about_unread,
		about_marks,
		about_absence,
		about_veils,
		about_barred,
		about_clocks,
	};
	uint64_t kind = seed / 1000;

	if (kind < ARRAY_SIZE(kinds) && kinds[kind])
		kinds[kind](s, r);
}

static void populate(struct sim *s, struct be *b)
{
	for (int i = 0; i < s->k.n_tickets; i++) {
		struct tval v = {.subject = i + 1,
			.queue = 1 + (i & 1),
			.priority = 10 * i,
			.status = i & 1};
		int t = be_ticket_new(b, &v, WHO_CUSTOMER, NULL);

		be_say(b, t, WHO_CUSTOMER, "created", "in", "Help please");
		if (!s->k.canned)
			continue;
		/* what I once said elsewhere, for all to see before I begin */
		for (int k = 0; k < 2; k++)
			b->m[be_say(b, t, WHO_ME, k ? "note" : "reply",
				     k ? "note" : "out", CANNED)]
				.visible_ms = s->now;
	}
}

static void rnd_stream(struct rnd *r, uint64_t seed, uint64_t which)
{
	rnd_seed(r, seed * UINT64_C(0x9e3779b97f4a7c15) + which);
}

static void world_new(struct sim *s, uint64_t seed)
{
	struct rnd r;

	s->seed = seed;
	s->t0 = s->now = INT64_C(1700000000000);
	s->clock = (struct clock){
		.now_ms = clock_now, .mono_ms = clock_mono, .u = s};
	s->hash = UINT64_C(1469598103934665603);
	rnd_stream(&r, seed, 1);
	rnd_stream(&s->r_world, seed, 2);
	rnd_stream(&s->r_wire, seed, 3);
	rnd_stream(&s->r_disk, seed, 4);
	rnd_stream(&s->r_person, seed, 5);
	rnd_stream(&s->r_engine, seed, 6);
	rnd_stream(&s->r_store, seed, 7);
	vfs_reset(&s->r_disk);
	draw_knobs(s, &r);
	draw_limits(s, &r);
	for (int i = 0; i < s->k.n_be; i++)
		draw_backend(s, &r, &s->be[i]);
	about(s, &r, seed);
	s->n_be = s->k.n_be;
	for (int i = 0; i < s->n_be; i++) {
		be_init(&s->be[i], s, i);
		populate(s, &s->be[i]);
	}
	s->ops_left = s->k.n_ops;
	s->steps_crash_after = -1;
	s->heal_disk_at = s->next_check = FOREVER;
	s->next_person = s->now + 30 * SEC;
	s->next_world = s->now + s->k.pace_ms;
	s->next_fault = s->now + 40 * SEC;
	s->next_check = s->now + MIN;
}

static void world_free(struct sim *s)
{
	for (int i = 0; i < s->n_be; i++)
		be_fini(&s->be[i]);
	for (int i = 0; i < s->n_ops; i++)
		free(s->ops[i].text);
	for (int i = 0; i < s->n_drafts; i++) {
		free(s->drafts[i].acked);
		free(s->drafts[i].maybe);
	}
	free(s->ops);
}

/* --- the loop --------------------------------------------------------------
 */

static int64_t min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t after(struct rnd *r, int64_t now, int64_t mean)
{
	return now + 1 + below(r, 2 * mean);
}

/* Everybody whose time has come. */
static void act(struct sim *s)
{
	if (s->now >= s->heal_disk_at) {
		vfs_heal();
		s->heal_disk_at = FOREVER;
	}
	if (!s->up && s->now >= s->up_at && !s->failed)
		program_open(s, s->first_tag);
	if (s->now >= s->next_world) {
		world_acts(s);
		s->next_world = after(&s->r_world, s->now, s->k.pace_ms);
	}
	if (s->now >= s->next_fault) {
		weather(s);
		s->next_fault = after(&s->r_world, s->now, s->k.fault_ms);
	}
	if (s->now >= s->next_person) {
		if (s->up)
			person_acts(s);
		s->next_person = after(&s->r_person, s->now, s->k.pace_ms);
	}
	if (s->now >= s->next_check) {
		if (s->up)
			check_now(s);
		if (s->up && s->healed)
			check_awake(s);
		s->next_check = s->now + 2 * MIN;
	}
}

static int64_t engine_turn(struct sim *s)
{
	int64_t next = FOREVER;
	int rc = engine_step(s->eng, &next);

	s->turns++;
	if (!survived(s, rc))
		return s->up_at;
	if (rc < 0) {
		sim_fail(s, "I15", "the engine gave up: %s", err_msg());
		return FOREVER;
	}
	return next == FOREVER ? FOREVER : next + s->t0 - 5000;
}

/* Long enough for every listing and look to have come round. */
static int64_t calm_ms(const struct sim *s)
{
	int64_t ms = 0;

	for (int i = 0; i < s->n_be; i++) {
		const struct be_conf *c = &s->be[i].conf;
		int64_t x = (c->sweep_s + c->every_s * 3) * SEC +
			    3 * (c->flight_ms + c->lag_ms + c->late_ms);

		if (x > ms)
			ms = x;
	}
	return ms + 5 * MIN;
}

static int is_over(struct sim *s)
{
	if (s->failed)
		return 1;
	if (!s->healed) {
		if (s->ops_left <= 0 && s->up && !vfs_dead())
			heal(s);
		return 0;
	}
	if (!s->up || s->now - s->quiet_since < calm_ms(s))
		return 0;
	if (s->now - s->healed_at > calm_ms(s) + 12 * HOUR) {
		check_open_ops(s, 1);
		if (!s->failed)
			check_asides(s, 1);
		return 1;
	}
	return !wire_busy(s) && !check_open_ops(s, 0) && !check_asides(s, 0);
}

static void run(struct sim *s)
{
	while (!is_over(s)) {
		int64_t next, wire = wire_run(s);

		act(s);
		next = min64(wire, min64(s->next_person, s->next_world));
		next = min64(next, min64(s->next_fault, s->heal_disk_at));
		next = min64(next, s->next_check);
		if (s->up && !s->failed)
			next = min64(next, engine_turn(s));
		if (!s->up)
			next = min64(next, s->up_at);
		next = min64(next, wire_run(s));
		if (next <= s->now) {
			next = s->now;
			if (++s->spin > 100000)
				sim_fail(s, "I15", "time stands still");
		} else {
			s->spin = 0;
		}
		s->now = next;
		if (s->turns > 3000000)
			sim_fail(s, "I15", "too many turns");
	}
}

int sim_run(struct sim *s, uint64_t seed)
{
	sim_current = s;
	world_new(s, seed);
	program_open(s, 0);
	run(s);
	if (!s->failed)
		check_final(s);
	program_close(s);
	s->virtual_ms = s->now - s->t0;
	world_free(s);
	return s->failed;
}

/* --- a world without chance, for stories -----------------------------------
 */

void sim_quiet(struct sim *s, const struct be_conf *c, int n_tickets)
{
	sim_current = s;
	s->seed = 1;
	s->t0 = s->now = INT64_C(1700000000000);
	s->clock = (struct clock){
		.now_ms = clock_now, .mono_ms = clock_mono, .u = s};
	rnd_stream(&s->r_world, 1, 2);
	rnd_stream(&s->r_wire, 1, 3);
	rnd_stream(&s->r_disk, 1, 4);
	rnd_stream(&s->r_person, 1, 5);
	rnd_stream(&s->r_engine, 1, 6);
	rnd_stream(&s->r_store, 1, 7);
	vfs_reset(&s->r_disk);
	s->limits = (struct engine_limits){
		.backoff_base_ms = 500,
		.backoff_cap_ms = 30 * SEC,
		.max_attempts = 5,
		.max_age_ms = 3 * HOUR,
		.stale_after_ms = HOUR,
		.fresh_ms = 2 * SEC,
		.look_every_ms = 5 * SEC,
		.auth_pause_ms = 20 * SEC,
		.index_slice_ms = 1000,
		.index_lag_rows = 4,
		.index_lag_ms = 2 * SEC,
		.sweep_share_percent = 30,
		.op_batch = 8,
	};
	s->k.n_tickets = n_tickets;
	s->k.late_share = 250;
	s->n_be = s->k.n_be = 1;
	s->be[0].conf = *c;
	be_init(&s->be[0], s, 0);
	populate(s, &s->be[0]);
	s->healed = 1;
	s->heal_disk_at = s->next_check = s->next_person = s->next_world =
		s->next_fault = FOREVER;
	s->steps_crash_after = -1;
	program_open(s, 0);
}

/* Lets time pass: the engine, the road and the server, nobody else. */
void sim_for(struct sim *s, int64_t ms)
{
	int64_t end = s->now + ms;

	while (!s->failed && s->now < end) {
		int64_t next = wire_run(s);

		if (!s->up && s->now >= s->up_at)
			program_open(s, s->first_tag);
		if (s->up)
			next = min64(next, engine_turn(s));
		else
			next = min64(next, s->up_at);
		next = min64(next, wire_run(s));
		if (next <= s->now)
			next = s->now + (++s->spin > 1000);
		s->now = min64(next, end);
	}
}

/* The process is killed here and now; it is back after `down_ms`. */
void sim_kill(struct sim *s, int64_t down_ms)
{
	vfs_kill();
	program_lost(s);
	s->up_at = s->now + down_ms;
}

void sim_quiet_end(struct sim *s)
{
	program_close(s);
	world_free(s);
	free(s);
}

/* The person writes; the operation is known to the checker. */
struct simop *sim_write(struct sim *s, enum op_kind kind, int ticket,
	const char *args, int64_t hold_ms)
{
	struct store_enqueue e = {.connector = s->be[0].connector,
		.kind = kind,
		.args = args,
		.hold_ms = hold_ms,
		.me = ME};
	struct simop *o = op_new(s);
	struct rows r;
	char rid[16];
	int rc = 0;

	o->kind = kind;
	o->cls = op_desc(kind)->cls;
	o->ticket = ticket;
	o->hold_ms = hold_ms;
	o->later = e.later = hold_ms >= HOUR; /* no undo window is so long */
	if (ticket >= 0) {
		snprintf(rid, sizeof(rid), "%d", s->be[0].t[ticket].rid);
		rc = store_row_rid(store_reader(s->desk), ENT_TICKET,
			e.connector, rid, &r);
		if (rc == 0) {
			e.target = o->target = r.v[0].id;
			rows_free(&r);
		}
	}
	if (rc == 0)
		rc = store_op_enqueue(s->desk, &e, o->uid, &o->target);
	if (rc < 0)
		sim_fail(s, "story", "cannot write: %s", err_msg());
	o->fate = FATE_OPEN;
	o->seq = s->n_ops;
	return o;
}
