/* SPDX-License-Identifier: MIT */
/*
 * galley sync: lends the process to the engine until everything that can be
 * done is done, and says on the way how far it is. Stopping it anywhere loses
 * nothing: what has landed is committed, what has not is asked for next time.
 */
#include "cli_priv.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "galley/app/files.h"
#include "galley/base/clock.h"
#include "galley/base/log.h"
#include "galley/base/timefmt.h"
#include "galley/base/utf8.h"
#include "page.h"

#define TURN_MS	 250
#define DRAW_MS	 200
#define MAX_RUNS 64
/* Of retention: how many at a time, and how long nobody looks after none was
 * found. */

/* A stream that is on its way. */
struct run {
	char conn[40], stream[64];
	int64_t done, total, first_done, first_ms;
};

struct progress {
	struct cli *c;
	int on;	     /* anything is written at all */
	int redraw;  /* one line on a terminal, never in a file */
	int drawn;   /* the line stands there */
	int trouble; /* a connector was in trouble in this run */
	int64_t last_ms, start_ms, pages, ops_done, ops_held;
	struct run runs[MAX_RUNS];
	int n_runs, newest;
};

static int64_t mono(void)
{
	return clock_mono_ms(clock_system());
}

/* --- what comes from the engine ------------------------------------------- */

static struct run *run_of(struct progress *p, const struct engine_event *e)
{
	struct run *r;
	const char *conn = e->connector_name ? e->connector_name : "";

	for (int i = 0; i < p->n_runs; i++)
		if (!strcmp(p->runs[i].conn, conn) &&
			!strcmp(p->runs[i].stream, e->stream))
			return &p->runs[i];
	if (p->n_runs == MAX_RUNS)
		return &p->runs[MAX_RUNS - 1];
	r = &p->runs[p->n_runs++];
	snprintf(r->conn, sizeof r->conn, "%s", conn);
	snprintf(r->stream, sizeof r->stream, "%s", e->stream);
	r->first_ms = mono();
	r->first_done = e->done;
	return r;
}

static void clear_line(struct progress *p)
{
	if (p->drawn)
		fprintf(stderr, "\r\033[K");
	p->drawn = 0;
}

static void say_state(struct progress *p, const struct engine_event *e)
{
	static const char *const words[] = {
		[CONN_NEW] = N_("starting"),
		[CONN_OK] = N_("connected"),
		[CONN_OFFLINE] = N_("offline"),
		[CONN_AUTH] = N_("the credentials are refused"),
		[CONN_RESYNC] = N_("everything is read anew"),
	};
	char *why = e->text ? text_gate_dup(e->text, GATE_LINE) : NULL;

	p->trouble |= e->state != CONN_NEW && e->state != CONN_OK;
	/* that all is well is no news to a log */
	if (p->on && e->state != CONN_NEW && (p->redraw || p->trouble)) {
		clear_line(p);
		fprintf(stderr, "%s: %s%s%s\n",
			e->connector_name ? e->connector_name : "",
			_(words[e->state]), why ? ": " : "", why ? why : "");
	}
	free(why);
}

static void on_event(void *u, const struct engine_event *e)
{
	struct progress *p = u;
	struct run *r;

	switch (e->kind) {
	case EV_PAGE:
		p->pages++;
		break;
	case EV_OP:
		p->ops_done += e->op_state == OPS_DONE;
		p->ops_held += e->op_state == OPS_HELD;
		break;
	case EV_PROGRESS:
		if (!e->stream)
			break;
		r = run_of(p, e);
		if (e->done < r->done) { /* a new run of it */
			r->first_ms = mono();
			r->first_done = e->done;
		}
		r->done = e->done;
		r->total = e->total;
		p->newest = (int)(r - p->runs);
		break;
	case EV_STATE:
		say_state(p, e);
		break;
	case EV_FILE: /* nobody asks for one here */
		break;
	}
}

/* --- the line ------------------------------------------------------------- */

static void add_rate(struct buf *b, const struct run *r)
{
	int64_t took = mono() - r->first_ms, n = r->done - r->first_done;
	char left[16];
	int64_t rate;

	if (took < 500 || n <= 0)
		return;
	rate = n * 1000 / took;
	buf_addf(b, _(", %lld/s"), (long long)rate);
	if (r->total > r->done && rate > 0) {
		time_span((r->total - r->done) * 1000 / rate, left);
		buf_addf(b, _(", %s left"), left);
	}
}

static void run_words(const struct progress *p, struct buf *b)
{
	const struct run *r = &p->runs[p->newest];
	int64_t left = 0;

	if (!p->n_runs) {
		buf_adds(b, _("asking"));
		return;
	}
	buf_addf(b, "%s %s: ", r->conn, r->stream);
	if (r->total)
		buf_addf(b, _("%lld of %lld"), (long long)r->done,
			(long long)r->total);
	else
		buf_addf(b, "%lld", (long long)r->done);
	if (r->total && r->done >= r->total &&
		store_index_left(p->c->ro, &left) == 0 && left)
		buf_addf(b, _("; index: %lld left"), (long long)left);
	else
		add_rate(b, r);
}

static void draw(struct progress *p)
{
	struct buf b = BUF_INIT;
	int64_t now = mono();
	size_t fit;

	if (!p->on || !p->redraw || now - p->last_ms < DRAW_MS)
		return;
	p->last_ms = now;
	run_words(p, &b);
	fit = utf8_fit(buf_str(&b), b.len, 78, NULL);
	fprintf(stderr, "\r\033[K%.*s", (int)fit, buf_str(&b));
	fflush(stderr);
	p->drawn = 1;
	buf_fini(&b);
}

/* --- the end -------------------------------------------------------------- */

enum { S_NAME, S_STATE, S_WHY, S_PULLED, S_REQUESTS, S_LEFT, S_COUNT };
static const struct col state_cols[S_COUNT] = {
	{"connector", N_("connector"), CT_TEXT, 0},
	{"state", N_("state"), CT_TEXT, 0},
	{"why", N_("why"), CT_TEXT, CF_FLEX},
	{"pulled", N_("last complete"), CT_TIME, 0},
	{"requests", N_("requests"), CT_INT, CF_RIGHT},
	{"left", N_("left to fetch"), CT_INT, CF_RIGHT},
};

static const char *state_name(enum conn_state s)
{
	static const char *const names[] = {
		"new", "ok", "offline", "auth", "resync"};

	return names[s];
}

/* Prints the connectors; gives the worst state's code, and why in the arena. */
static int say_connectors(
	struct cli *c, const struct engine *e, int *code, const char **why)
{
	struct engine_status st;
	int rc = pr_list(c->pr, "connectors", state_cols, S_COUNT);

	for (int i = 0; rc == 0 && engine_status(e, i, &st) == 0; i++) {
		pr_row(c->pr);
		pr_text(c->pr, S_NAME, st.name);
		pr_text(c->pr, S_STATE, state_name(st.state));
		pr_style(
			c->pr, S_STATE, st.state == CONN_OK ? ST_GOOD : ST_BAD);
		pr_text(c->pr, S_WHY, st.why ? st.why : st.trouble_why);
		pr_time(c->pr, S_PULLED, st.pulled_ms);
		pr_int(c->pr, S_REQUESTS, st.requests);
		pr_int(c->pr, S_LEFT, st.touches_left);
		pr_row_end(c->pr);
		if (st.state == CONN_AUTH)
			*code = E_AUTH;
		else if (st.state == CONN_OFFLINE && *code != E_AUTH)
			*code = E_OFFLINE;
		if (st.state == CONN_AUTH ||
			(st.state == CONN_OFFLINE && !*why))
			*why = arena_printf(c->arena, "%s: %s", st.name,
				st.why ? st.why : "");
	}
	if (rc == 0)
		pr_list_end(c->pr);
	return rc;
}

static void say_held(struct cli *c, const struct ops *ops)
{
	for (int i = 0; pr_human(c->pr) && i < ops->n; i++)
		if (ops->v[i].state == OPS_HELD)
			op_hint(c, &ops->v[i]);
}

/* What still waits in the outbox; *held counts what needs a person. */
static int say_outbox(struct cli *c, struct store_ro *ro, int *held)
{
	struct ops ops;
	int waiting = 0, rc = store_op_list(ro, 0, -1, 0, 100000, &ops);

	if (rc < 0)
		return rc;
	for (int i = 0; i < ops.n; i++)
		if (ops.v[i].state == OPS_HELD)
			(*held)++;
		else
			waiting++;
	say_held(c, &ops);
	ops_free(&ops);
	pr_sec(c->pr, "outbox", NULL);
	pr_kint(c->pr, "waiting", NULL, waiting);
	pr_kint(c->pr, "held", NULL, *held);
	pr_sec_end(c->pr);
	if (waiting)
		pr_line(c->pr, ST_WARN,
			P_("%d still waits in the outbox",
				"%d still wait in the outbox", waiting),
			waiting);
	if (*held)
		pr_line(c->pr, ST_BAD,
			P_("%d is held and needs you: galley outbox",
				"%d are held and need you: galley outbox",
				*held),
			*held);
	return 0;
}

static int say_end(struct cli *c, struct host *h, const struct progress *p)
{
	int held = 0, code = 0, rc;
	const char *why = NULL;
	struct store_ro *ro = store_reader(host_store(h));

	pr_begin(c->pr, "sync/1");
	rc = say_connectors(c, host_engine(h), &code, &why);
	if (rc == 0)
		rc = quarantine_say(c, ro);
	if (rc == 0)
		rc = say_outbox(c, ro, &held);
	pr_kint(c->pr, "sent", NULL, p->ops_done);
	pr_kbool(c->pr, "stopped", NULL, stop_asked);
	if (*session_skipped(c->session)) {
		pr_kstr(c->pr, "left_out", NULL, session_skipped(c->session));
		pr_para(c->pr, ST_BAD, 0, session_skipped(c->session));
	}
	if (stop_asked)
		pr_line(c->pr, ST_WARN,
			_("stopped; `galley sync` goes on from here"));
	pr_end(c->pr);
	if (rc < 0)
		return rc;
	if (stop_asked) /* there is more to do */
		return err_exit_status(E_LIMIT);
	if (code)
		return err_set(code, "%s", why);
	if (session_skipped_code(c->session))
		return err_exit_status(session_skipped_code(c->session));
	return held ? err_exit_status(E_CONFLICT) : 0;
}

/* --- the run -------------------------------------------------------------- */

static int turn_until_done(struct cli *c, struct host *h, struct progress *p)
{
	int follow = opt(c, "follow") != NULL, more = 0, rc = 0;

	while (!stop_asked &&
		(follow || more || !engine_settled(host_engine(h)))) {
		rc = host_turn(h, more ? 0 : TURN_MS, NULL, 0);
		if (rc < 0)
			break;
		draw(p);
		more = !stop_asked && host_retain(h);
	}
	clear_line(p);
	files_sweep(c->session); /* of what has left with its messages */
	return rc;
}

/* Another galley may be sending: waits for its lock when asked to. */
static int open_sender(struct cli *c, struct progress *p, struct host **h)
{
	const char *wait = opt(c, "wait");
	int64_t wait_s, until;
	int rc = opt_int(c, "wait", 0, 0, 86400, &wait_s);

	if (rc < 0)
		return rc;
	until = wait_s ? mono() + wait_s * 1000 : INT64_MAX;
	for (;;) {
		rc = session_host(c->session, on_event, p, h);
		if (rc != E_LIMIT || !wait || stop_asked || mono() >= until)
			return rc;
		poll(NULL, 0, 500);
	}
}

static int cmd_sync(struct cli *c)
{
	struct progress p = {.c = c, .start_ms = mono(), .last_ms = mono()};
	struct host *h;
	unsigned want = WANT_PULL | WANT_PUSH;
	int rc;

	p.redraw = c->tty_err;
	p.on = !opt(c, "quiet");
	stop_catch();
	rc = open_sender(c, &p, &h);
	if (rc < 0)
		return rc;
	c->ro = store_reader(host_store(h));
	if (opt(c, "full"))
		want |= WANT_FULL;
	engine_want(host_engine(h), want);
	rc = turn_until_done(c, h, &p);
	if (rc == 0)
		rc = say_end(c, h, &p);
	c->ro = NULL;
	session_host_close(c->session);
	return rc;
}

static const struct opt sync_opts[] = {
	{"follow", 'f', NULL, N_("stay and go on polling until Ctrl-C")},
	{"full", 0, NULL, N_("forget the cursors and read everything anew")},
	{"wait", 'w', "[=SECONDS]",
		N_("when another galley is sending, wait for it")},
	{"quiet", 'q', NULL, N_("no progress")},
	{NULL, 0, NULL, NULL},
};

const struct command commands_sync[] = {
	{.name = "sync",
		.group = N_("Sending"),
		.args = "",
		.text = N_("send what waits and bring what is new"),
		.more = N_(
			"Ends when everything is here and sent. Ctrl-C stops between two steps,\na second Ctrl-C at once; the next run goes on where this one stopped.\nExit status: 0 all well, 69 offline, 73 something is held and needs you,\n75 another galley is sending or you stopped it, 77 credentials refused."),
		.run = cmd_sync,
		.need = NEED_CONFIG,
		.opts = sync_opts},
	{0},
};
