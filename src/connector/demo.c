/* SPDX-License-Identifier: MIT */
/*
 * The demo centre as a connector: jobs in, results out, as if there were a
 * server with a network before it. The line may drop while an answer is on its
 * way; then nobody knows, and the engine has to find out, as in life.
 */
#include "demo_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"

#define USUAL_SEED 20261122
#define PAGE_ROWS  1000
#define WRITE_MS   180
#define MAX_SPEED  100000
/* What the clocks may drift apart before the play is tied to them anew. */
#define DRIFT_MS 5000

enum { STREAM_CHANGES, STREAM_TICKET, STREAM_TALK, STREAM_ARTICLE };

static const struct stream_desc streams[] = {
	[STREAM_CHANGES] = {.name = "changes",
		.by = BY_TIME,
		.every_s = 20,
		.cursor = CUR_TOKEN,
		.entity = ENT_COUNT},
	[STREAM_TICKET] = {.name = "ticket",
		.by = BY_KEY,
		.batch = 1,
		.entity = ENT_TICKET},
	[STREAM_TALK] = {.name = "conversation",
		.by = BY_KEY,
		.batch = 1,
		.entity = ENT_CONVERSATION},
	[STREAM_ARTICLE] = {.name = "article",
		.by = BY_KEY,
		.batch = 1,
		.entity = ENT_ARTICLE},
};

static const struct conn_desc description = {
	.kind = "demo",
	.title = "Demo centre",
	.streams = streams,
	.n_streams = (int)ARRAY_SIZE(streams),
	.ops = demo_caps,
	.parallel = 4,
};

static struct demo *demo_of(struct conn *c)
{
	return (struct demo *)(void *)c;
}

/* --- those that are open, for the controls
 * --------------------------------------------- */

static _Atomic(struct demo *) all[4];

static void enlist(struct demo *d)
{
	struct demo *none;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		none = NULL;
		if (atomic_compare_exchange_strong(&all[i], &none, d))
			return;
	}
}

static void dismiss(struct demo *d)
{
	struct demo *me;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		me = d;
		atomic_compare_exchange_strong(&all[i], &me, NULL);
	}
}

static void wake(const struct demo *d)
{
	uint64_t one = 1;

	if (d->control_fd >= 0 && write(d->control_fd, &one, sizeof(one)) < 0)
		log_warn("demo", "a control came too often");
}

static void set_all(struct conn *c, size_t member, int value)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		struct demo *d = atomic_load(&all[i]);

		if (!d || (c && &d->conn != c))
			continue;
		atomic_store((atomic_int *)(void *)((char *)d + member), value);
		wake(d);
	}
}

void demo_speed(struct conn *c, int percent)
{
	if (percent < 1)
		percent = 1;
	if (percent > MAX_SPEED)
		percent = MAX_SPEED;
	set_all(c, offsetof(struct demo, want_speed), percent);
}

void demo_pause(struct conn *c, int paused)
{
	set_all(c, offsetof(struct demo, want_pause), paused != 0);
}

void demo_line(struct conn *c, enum demo_line what)
{
	set_all(c, offsetof(struct demo, want_line), (int)what);
}

int demo_speed_now(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		struct demo *d = atomic_load(&all[i]);

		if (d)
			return atomic_load(&d->want_pause)
				       ? 0
				       : atomic_load(&d->want_speed);
	}
	return -1;
}

/* --- the clock
 * ------------------------------------------------------------------------------
 */

static int64_t play_at(const struct demo *d, int64_t mono)
{
	return d->seg_play + (mono - d->seg_mono) * d->speed / 100;
}

/* From here on the play runs at this speed from this moment. */
static void segment(struct demo *d, int speed)
{
	d->seg_play = d->play;
	d->seg_wall = clock_now_ms(d->clock);
	d->seg_mono = clock_mono_ms(d->clock);
	d->speed = speed;
	d->now = d->seg_wall;
	if (keep_segment(d) < 0)
		log_warn("demo", "%s", err_msg());
}

static void controls(struct demo *d)
{
	int speed =
		atomic_load(&d->want_pause) ? 0 : atomic_load(&d->want_speed);
	int line = atomic_exchange(&d->want_line, 0);

	if (line) {
		if (keep_line(d, (enum demo_line)line) < 0)
			log_warn("demo", "%s", err_msg());
		line_do(d, (enum demo_line)line);
	}
	if (speed != d->speed)
		segment(d, speed);
}

static void tick(struct demo *d)
{
	int64_t mono = clock_mono_ms(d->clock);
	int64_t drift =
		clock_now_ms(d->clock) - d->seg_wall - (mono - d->seg_mono);

	if (mono > d->seg_mono)
		play_to(d, play_at(d, mono));
	if (!d->speed)
		d->now = clock_now_ms(d->clock);
	if (drift > DRIFT_MS || drift < -DRIFT_MS)
		segment(d, d->speed);
	controls(d);
}

/* --- jobs
 * ------------------------------------------------------------------------------------
 */

static const struct conn_desc *conn_desc_of(struct conn *c)
{
	return &demo_of(c)->desc;
}

static void not_sent(struct job_result *r)
{
	r->outcome = OUT_NOT_SENT;
	r->message = xstrdup("the line to the demo centre is down");
}

/* "generation.seq": 1 and where to read on, 0: not ours any more. */
static int cursor_read(const struct demo *d, const char *s, int64_t *seq)
{
	char *dot;
	int64_t generation;

	*seq = 0;
	if (!s || !*s)
		return 1;
	generation = strtoll(s, &dot, 10);
	if (*dot != '.')
		return 0;
	*seq = strtoll(dot + 1, NULL, 10);
	return generation == d->generation && *seq <= d->world.seq;
}

static void pull_changes(
	struct demo *d, const struct job *j, struct job_result *r)
{
	int64_t seq;
	int more;

	if (!cursor_read(d, j->page ? j->page : j->cursor, &seq)) {
		r->outcome = OUT_RESYNC;
		r->message = xstrdup("another day at the demo centre");
		return;
	}
	/* what is shown must come back after a restart */
	if (keep_mark(d) < 0) {
		r->outcome = OUT_RETRY;
		r->message = xstrdup(err_msg());
		return;
	}
	r->recs = recs_new();
	more = world_changes(&d->world, &seq, PAGE_ROWS, r->recs);
	r->cursor = xasprintf(
		"%lld.%lld", (long long)d->generation, (long long)seq);
	if (more)
		r->page = xstrdup(r->cursor);
	else
		d->told_seq = d->world.seq;
}

static void pull_keys(struct demo *d, const struct job *j, struct job_result *r)
{
	int i;

	r->recs = recs_new();
	for (i = 0; i < j->n_keys; i++) {
		const struct d_row *row = row_find(
			&d->world, streams[j->stream].entity, j->keys[i]);

		if (row)
			row_record(row, r->recs);
		else
			recs_add(r->recs, REC_GONE, streams[j->stream].entity,
				j->keys[i]);
	}
}

static void do_op(struct demo *d, const struct job *j, struct job_result *r)
{
	struct json_doc *doc;
	struct d_op op = {
		.kind = j->op->kind,
		.uid = j->op->uid,
		.target = j->op->target_rid,
		.version = j->target_version,
	};
	int known = op_known(d, j->op->uid) != NULL;

	if (json_parse(j->op->args, strlen(j->op->args), &json_limits_wire,
		    &doc) < 0) {
		r->outcome = OUT_REFUSED;
		r->message = xstrdup(err_msg());
		return;
	}
	op.args = json_root(doc);
	op_do(d, &op, 0, r);
	json_free(doc);
	if (r->outcome == OUT_OK && !known && keep_op(d, j) < 0)
		log_warn("demo", "%s", err_msg());
}

static void do_file(struct demo *d, const struct job *j, struct job_result *r)
{
	const struct d_row *f =
		j->file_rid ? row_find(&d->world, ENT_FILE, j->file_rid) : NULL;

	if (!f || !f->body) {
		r->outcome = OUT_GONE;
		r->message = xstrdup("there is no such file");
	} else if (file_write(j->file_path, f->body, f->body_len) < 0) {
		r->outcome = OUT_RETRY;
		r->message = xstrdup(err_msg());
	}
}

static void do_job(struct demo *d, const struct job *j, struct job_result *r)
{
	if (d->offline) {
		not_sent(r);
		return;
	}
	r->server_ms = d->now;
	switch (j->kind) {
	case JOB_PROBE:
		r->me = xstrdup(d->me);
		break;
	case JOB_PULL:
		if (j->stream == STREAM_CHANGES)
			pull_changes(d, j, r);
		else
			pull_keys(d, j, r);
		break;
	case JOB_OP:
		do_op(d, j, r);
		break;
	case JOB_FILE:
		do_file(d, j, r);
		break;
	}
}

static int conn_start(struct conn *c, const struct job *j)
{
	struct demo *d = demo_of(c);
	struct d_job *x;

	if (d->n_jobs >= d->desc.parallel)
		return err_set(E_LIMIT, "%s: enough is under way", c->name);
	if (j->kind == JOB_PULL &&
		(j->stream < 0 || j->stream >= d->desc.n_streams))
		return err_set(E_BUG, "there is no stream %d", j->stream);
	tick(d);
	x = &d->jobs[d->n_jobs++];
	*x = (struct d_job){.tag = j->tag,
		.due_mono = clock_mono_ms(d->clock),
		.was_online = !d->offline,
		.r = {.kind = j->kind, .tag = j->tag, .outcome = OUT_OK}};
	if (j->kind == JOB_OP)
		x->due_mono += d->write_ms;
	do_job(d, j, &x->r);
	return 0;
}

/* The line went down while the answer was on its way. */
static void lose_answer(struct job_result *r)
{
	enum job_kind kind = r->kind;
	uint64_t tag = r->tag;

	job_result_fini(r);
	*r = (struct job_result){.kind = kind,
		.tag = tag,
		.outcome = kind == JOB_OP ? OUT_UNKNOWN : OUT_RETRY,
		.message = xstrdup("the line went down before the answer")};
}

static int conn_next(struct conn *c, struct job_result *out)
{
	struct demo *d = demo_of(c);
	int i;

	tick(d);
	for (i = 0; i < d->n_jobs; i++)
		if (d->jobs[i].due_mono <= clock_mono_ms(d->clock))
			break;
	if (i == d->n_jobs)
		return 0;
	if (d->offline && d->jobs[i].was_online && d->jobs[i].r.kind == JOB_OP)
		lose_answer(&d->jobs[i].r);
	*out = d->jobs[i].r;
	d->n_jobs--;
	memmove(&d->jobs[i], &d->jobs[i + 1],
		(size_t)(d->n_jobs - i) * sizeof(d->jobs[0]));
	return 1;
}

static void conn_cancel(struct conn *c, uint64_t tag)
{
	struct demo *d = demo_of(c);
	int i;

	for (i = 0; i < d->n_jobs && d->jobs[i].tag != tag; i++)
		;
	if (i == d->n_jobs)
		return;
	job_result_fini(&d->jobs[i].r);
	d->n_jobs--;
	memmove(&d->jobs[i], &d->jobs[i + 1],
		(size_t)(d->n_jobs - i) * sizeof(d->jobs[0]));
}

static int conn_in_flight(struct conn *c)
{
	return demo_of(c)->n_jobs;
}

static int64_t conn_next_ms(struct conn *c)
{
	(void)c;
	return 0;
}

/* Nothing is learned from a probe but who we are, and that is in the data. */
static void conn_restore(struct conn *c, const char *saved, const char *me)
{
	(void)c;
	(void)saved;
	(void)me;
}

static void conn_free(struct conn *c)
{
	struct demo *d = demo_of(c);

	dismiss(d);
	while (d->n_jobs)
		conn_cancel(c, d->jobs[0].tag);
	keep_close(d);
	if (d->timer_fd >= 0)
		close(d->timer_fd);
	if (d->control_fd >= 0)
		close(d->control_fd);
	world_fini(&d->world);
	script_free(&d->script);
	arena_free(d->arena);
	free(d->acts);
	free(d->tale);
	free(d->file);
	free(d->conn.name);
	free(d);
}

/* --- waiting
 * -----------------------------------------------------------------------------------
 */

/* When something will be there without anybody doing anything; mono. */
static int64_t next_mono(const struct demo *d)
{
	int64_t next = INT64_MAX;
	int i;

	for (i = 0; i < d->n_jobs; i++)
		if (d->jobs[i].due_mono < next)
			next = d->jobs[i].due_mono;
	if (d->n_acts && d->speed) {
		int64_t at = d->seg_mono +
			     (d->acts[d->n_acts - 1].at - d->seg_play) * 100 /
				     d->speed +
			     1;

		if (at < next)
			next = at;
	}
	return next;
}

static void arm_timer(struct demo *d)
{
	int64_t next = next_mono(d), wait;
	struct itimerspec t = {0};

	if (d->timer_fd < 0)
		return;
	if (next < INT64_MAX) {
		wait = next - clock_mono_ms(d->clock);
		if (wait < 1)
			wait = 1;
		t.it_value.tv_sec = (time_t)(wait / 1000);
		t.it_value.tv_nsec = (long)(wait % 1000) * 1000000;
	}
	if (timerfd_settime(d->timer_fd, 0, &t, NULL) < 0)
		log_warn("demo", "no timer");
}

static void drain(int fd)
{
	uint64_t n;

	if (fd >= 0 && read(fd, &n, sizeof(n)) < 0)
		return; /* nothing was there */
}

static int conn_pump(struct conn *c)
{
	struct demo *d = demo_of(c);
	int64_t mono;
	int i, ready = 0, news;

	drain(d->timer_fd);
	drain(d->control_fd);
	tick(d);
	mono = clock_mono_ms(d->clock);
	for (i = 0; i < d->n_jobs; i++)
		if (d->jobs[i].due_mono <= mono)
			ready = PUMP_READY;
	news = d->offline != d->told_offline ||
	       (!d->offline && d->told_seq < d->world.seq);
	d->told_offline = d->offline;
	if (!d->offline)
		d->told_seq = d->world.seq;
	arm_timer(d);
	return ready | (news ? PUMP_NEWS : 0);
}

static int conn_fds(struct conn *c, int *fds, int max)
{
	struct demo *d = demo_of(c);

	if (max < 2)
		return 0;
	if (d->timer_fd < 0) {
		d->timer_fd = timerfd_create(
			CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
		arm_timer(d);
	}
	if (d->timer_fd < 0 || d->control_fd < 0)
		return 0;
	fds[0] = d->timer_fd;
	fds[1] = d->control_fd;
	return 2;
}

static const struct conn_ops ops = {
	.desc = conn_desc_of,
	.start = conn_start,
	.next = conn_next,
	.cancel = conn_cancel,
	.in_flight = conn_in_flight,
	.next_ms = conn_next_ms,
	.restore = conn_restore,
	.free = conn_free,
	.pump = conn_pump,
	.fds = conn_fds,
};

/* --- opening
 * -------------------------------------------------------------------------------------
 */

/* Of everything that is told: edited stories are another world. */
static uint64_t data_hash(const struct d_script *s)
{
	uint64_t h = 0;
	int w;

	for (w = 0; w < D_WORDS; w++)
		for (const struct d_block *b = s->first[w]; b; b = b->next) {
			h = h * 31 + text_hash(b->id);
			for (const struct d_pair *p = b->pairs; p; p = p->next)
				h = h * 31 + text_hash(p->key) +
				    text_hash(p->value);
			for (const struct d_event *e = b->events; e;
				e = e->next)
				h = h * 31 + text_hash(e->word) +
				    text_hash(e->args) + text_hash(e->text) +
				    (uint64_t)e->after_ms +
				    (uint64_t)e->chance + (uint64_t)e->ending;
		}
	return h;
}

int demo_open(const struct demo_args *a, struct conn **out)
{
	struct demo *d = xcalloc(1, sizeof(*d));
	int rc;

	d->conn.ops = &ops;
	d->conn.name = xstrdup(a->name ? a->name : "demo");
	d->desc = description;
	d->desc.n_ops = demo_n_caps;
	d->clock = a->clock ? a->clock : clock_system();
	d->seed = a->seed ? a->seed : USUAL_SEED;
	d->zone_min = a->zone_min;
	d->write_ms = a->write_ms;
	d->file = xstrdup_null(a->file);
	d->fd = d->timer_fd = -1;
	d->control_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	d->arena = arena_new();
	d->n_ticket = 8560;
	world_init(&d->world);
	atomic_store(&d->want_speed, a->speed_percent ? a->speed_percent : 100);
	atomic_store(&d->want_pause, a->paused);
	rc = script_load(&d->script, a->data);
	if (rc == 0)
		rc = keep_open(d, data_hash(&d->script));
	if (rc < 0) {
		conn_free(&d->conn);
		return rc;
	}
	segment(d, a->paused ? 0 : atomic_load(&d->want_speed));
	d->told_seq = d->world.seq;
	enlist(d);
	*out = &d->conn;
	return 0;
}

/* --- as a manifest
 * -------------------------------------------------------------------------------
 */

enum { SET_SEED, SET_SPEED, SET_FILE, SET_DATA, SET_COUNT };

int demo_connect(
	const struct manifest *m, const struct conn_args *a, struct conn **out)
{
	const char *const *v = a->values;
	char *file = v[SET_FILE] ? xstrdup(v[SET_FILE]) : NULL, *name;
	const struct clock *clock = a->clock ? a->clock : clock_system();
	time_t now = (time_t)(clock_now_ms(clock) / 1000);
	struct demo_args da = {
		.name = a->name,
		.data = v[SET_DATA],
		.clock = clock,
		.seed = v[SET_SEED] ? strtoull(v[SET_SEED], NULL, 10) : 0,
		.speed_percent =
			v[SET_SPEED] ? (int)strtol(v[SET_SPEED], NULL, 10) : 0,
		.write_ms = WRITE_MS,
	};
	struct tm tm;
	int rc;

	(void)m;
	if (!file) {
		name = xasprintf("demo-%s.jsonl", a->name);
		file = path_user(PATH_DATA, name);
		free(name);
	}
	da.file = file;
	if (localtime_r(&now, &tm))
		da.zone_min = (int)(tm.tm_gmtoff / 60);
	rc = demo_open(&da, out);
	free(file);
	return rc;
}

int demo_manifest(struct manifest **out)
{
	struct manifest *m = xcalloc(1, sizeof(*m));

	m->arena = arena_new();
	m->file = xstrdup("demo");
	m->id = description.kind;
	m->title = description.title;
	m->about = "a shop for household appliances, built in; no server";
	m->desc = description;
	m->desc.n_ops = demo_n_caps;
	m->has_file = 1;
	m->connect = demo_connect;
	m->n_settings = SET_COUNT;
	m->settings = arena_calloc(m->arena, SET_COUNT, sizeof(*m->settings));
	m->settings[SET_SEED] = (struct setting){.name = "seed",
		.label = "seed",
		.type = SET_INT,
		.optional = 1};
	m->settings[SET_SPEED] = (struct setting){.name = "speed",
		.label = "speed of the play in percent",
		.type = SET_INT,
		.optional = 1};
	m->settings[SET_FILE] = (struct setting){.name = "file",
		.label = "where what was done is kept",
		.type = SET_STRING,
		.optional = 1};
	m->settings[SET_DATA] = (struct setting){.name = "data",
		.label = "directory of the stories",
		.type = SET_STRING,
		.optional = 1};
	*out = m;
	return 0;
}
