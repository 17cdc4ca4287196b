/* SPDX-License-Identifier: MIT */
/*
 * --wait: stays until operations have settled. Either this process sends, or,
 * when another galley holds the sender lock, it looks on.
 */
#include "cli_priv.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "galley/base/clock.h"
#include "galley/base/log.h"

#define LOOK_MS 200

volatile int stop_asked;

/* The first Ctrl-C asks; the second takes the default: out at once. What was
 * committed stays, that is the store's promise. */
static void on_stop(int sig)
{
	stop_asked = 1;
	signal(sig, SIG_DFL);
}

void stop_catch(void)
{
	struct sigaction sa = {.sa_handler = on_stop};

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

struct wait {
	struct cli *c;
	const char (*uids)[UID_SIZE];
	int n;
	int64_t until_mono; /* 0: no end */
	enum conn_state state;
	char why[256];
};

static void on_event(void *u, const struct engine_event *e)
{
	struct wait *w = u;

	if (e->kind != EV_STATE)
		return;
	w->state = e->state;
	if (e->text)
		snprintf(w->why, sizeof w->why, "%s", e->text);
}

static int is_settled(const struct op *op)
{
	return op->state == OPS_DONE || op->state == OPS_HELD ||
	       op->state == OPS_CANCELLED;
}

/* How many of them have not settled; E_* on errors. */
static int left(struct wait *w, struct store_ro *ro)
{
	struct arena *a = arena_new();
	int n = 0, rc = 0;

	for (int i = 0; rc == 0 && i < w->n; i++) {
		struct op op;

		rc = store_op_get(ro, w->uids[i], a, &op);
		if (rc == 0)
			n += !is_settled(&op);
	}
	arena_free(a);
	return rc < 0 ? rc : n;
}

static int64_t mono(void)
{
	return clock_mono_ms(clock_system());
}

static int time_is_up(const struct wait *w)
{
	return stop_asked || (w->until_mono && mono() >= w->until_mono);
}

/* Offline or locked out: no use in waiting for what time alone does not heal
 * within this run, unless a time was given. */
static int is_hopeless(const struct wait *w)
{
	return !w->until_mono &&
	       (w->state == CONN_OFFLINE || w->state == CONN_AUTH);
}

static int wait_sending(struct wait *w, struct host *h)
{
	int n = 1, rc = 0;

	engine_want(host_engine(h), WANT_PUSH);
	while (rc == 0 && n > 0 && !time_is_up(w) && !is_hopeless(w)) {
		rc = host_turn(h, LOOK_MS, NULL, 0);
		if (rc == 0)
			n = left(w, store_reader(host_store(h)));
	}
	return rc < 0 ? rc : n;
}

static int wait_looking(struct wait *w)
{
	int n = 1;

	while (n > 0 && !time_is_up(w)) {
		n = left(w, w->c->ro);
		if (n > 0)
			poll(NULL, 0, LOOK_MS);
	}
	return n;
}

static void say_one(struct cli *c, const struct op *op)
{
	struct buf words = BUF_INIT;
	char target[256];

	op_words(op, clock_now_ms(clock_system()), &words);
	pr_line(c->pr, op_style(op), "%s  %s %s: %s", op->uid, op_label(op),
		op_target(c, op, target), buf_str(&words));
	buf_fini(&words);
}

enum { W_UID, W_STATE, W_REASON, W_ERROR, W_HOW, W_RESULT, W_COUNT };
static const struct col cols[W_COUNT] = {
	{"uid", NULL, CT_TEXT, 0},
	{"state", NULL, CT_TEXT, 0},
	{"reason", NULL, CT_TEXT, 0},
	{"error", NULL, CT_TEXT, 0},
	{"how", NULL, CT_TEXT, 0},
	{"result", NULL, CT_TEXT, 0},
};

static void row_one(struct cli *c, const struct op *op)
{
	pr_row(c->pr);
	pr_text(c->pr, W_UID, op->uid);
	pr_text(c->pr, W_STATE, op_state_name(op->state));
	pr_text(c->pr, W_REASON, op_reason_name(op->reason));
	pr_text(c->pr, W_ERROR, op->error);
	pr_text(c->pr, W_HOW, op->how);
	pr_text(c->pr, W_RESULT, op->result_rid);
	pr_row_end(c->pr);
}

/* The worst status of all: held before waiting before done. */
static int say_all(struct wait *w)
{
	struct cli *c = w->c;
	int status = 0, rc = 0;

	if (!pr_human(c->pr))
		rc = pr_list(c->pr, "settled", cols, W_COUNT);
	for (int i = 0; rc == 0 && i < w->n; i++) {
		struct op op;

		rc = store_op_get(c->ro, w->uids[i], c->arena, &op);
		if (rc < 0)
			break;
		if (pr_human(c->pr))
			say_one(c, &op);
		else
			row_one(c, &op);
		if (status != err_exit_status(E_CONFLICT) && op_exit(&op))
			status = op_exit(&op);
	}
	if (rc == 0 && !pr_human(c->pr))
		pr_list_end(c->pr);
	return rc < 0 ? rc : status;
}

static int why_not(const struct wait *w, int status)
{
	if (status != 75)
		return status;
	if (w->state == CONN_OFFLINE)
		return err_set(E_OFFLINE,
			_("not sent yet, it stays in the outbox: %s"),
			*w->why ? w->why : _("offline"));
	if (w->state == CONN_AUTH)
		return err_set(E_AUTH,
			_("not sent yet, it stays in the outbox: %s"),
			*w->why ? w->why : _("the credentials are refused"));
	return status;
}

int wait_ops(
	struct cli *c, const char (*uids)[UID_SIZE], int n, int64_t wait_ms)
{
	struct wait w = {
		.c = c,
		.uids = uids,
		.n = n,
		.until_mono = wait_ms ? mono() + wait_ms : 0,
	};
	struct host *h;
	int rc;

	stop_catch();
	pr_flush(c->pr);
	rc = session_host(c->session, on_event, &w, &h);
	if (rc == 0) {
		rc = wait_sending(&w, h);
		session_host_close(c->session);
	} else if (rc == E_LIMIT) {
		rc = wait_looking(&w);
	}
	if (rc < 0) {
		/* it is safe in the outbox whatever went wrong here */
		log_warn("wait", "%s", err_msg());
		return rc;
	}
	rc = say_all(&w);
	return rc < 0 ? rc : why_not(&w, rc);
}
