/* SPDX-License-Identifier: MIT */
/*
 * The parent side of galley-jq: starts it, gives it one call at a time, takes
 * answers, and ends it when it takes too long, dies or says nonsense. The call
 * that was being answered then fails with words and is not tried again; those
 * behind it go to a new process. What the answers mean is not known here.
 */
#include "mapper_priv.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "galley/base/clock.h"
#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/base/proc.h"

#define INIT_DEADLINE_MS 20000
#define GRACE_MS	 2000 /* after the child's own timer */
#define WRITE_WAIT_MS	 2000
#define RENEW_CPU_MS	 300000
#define REST_MS		 30000 /* after a process that would not start */

struct mapper {
	const struct manifest *m;
	char *helper;
	const struct clock *clock;
	int deadline_ms;
	pid_t pid;
	int fd; /* -1: no process */
	int ready;
	int useful;	    /* this process has answered a call */
	int64_t until_mono; /* of what it is doing */
	struct call *first, *last;
	int sent; /* the first call is with the process */
	uint32_t seq;
	struct buf in;
	struct mapped *done, *done_last;
	char *broken; /* why it does not start */
	int64_t rest_until_mono;
};

static void call_free(struct call *c)
{
	if (!c)
		return;
	free(c->meta);
	free(c->body);
	free(c);
}

void mapped_free(struct mapped *m)
{
	if (!m)
		return;
	free(m->failed);
	buf_fini(&m->frame);
	free(m);
}

struct mapper *mapper_new(const struct manifest *m, const char *helper,
	const struct clock *clock, int deadline_ms)
{
	struct mapper *p = xcalloc(1, sizeof(*p));

	p->m = m;
	p->helper = xstrdup_null(helper);
	p->clock = clock;
	p->deadline_ms = deadline_ms;
	p->fd = -1;
	return p;
}

static void add_done(struct mapper *p, struct mapped *d)
{
	if (p->done_last)
		p->done_last->next = d;
	else
		p->done = d;
	p->done_last = d;
}

static void drop_first(struct mapper *p)
{
	struct call *c = p->first;

	p->first = c->next;
	if (!p->first)
		p->last = NULL;
	p->sent = 0;
	call_free(c);
}

static void fail_first(struct mapper *p, const char *why)
{
	struct mapped *d = xcalloc(1, sizeof(*d));

	d->user = p->first->user;
	d->failed = xstrdup(why);
	add_done(p, d);
	drop_first(p);
}

static const struct {
	int sig;
	const char *words;
} deaths[] = {
	{SIGALRM, "the filters took too long"},
	{SIGXCPU, "the filters took too long"},
	{SIGABRT, "the filters ran out of memory or libjq gave up"},
	{SIGSYS, "the mapping process tried what it may not do"},
	{SIGSEGV, "libjq crashed"},
};

/* Ends the process; the words for how it ended by itself, or NULL. */
static const char *reap(struct mapper *p)
{
	int status = 0;
	const char *words = NULL;

	if (p->fd < 0)
		return NULL;
	close(p->fd);
	p->fd = -1;
	kill(p->pid, SIGKILL);
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		;
	for (size_t i = 0; i < ARRAY_SIZE(deaths); i++)
		if (WIFSIGNALED(status) && WTERMSIG(status) == deaths[i].sig)
			words = deaths[i].words;
	buf_reset(&p->in);
	p->ready = p->useful = 0;
	return words;
}

/* The process is of no use any more. Its call fails. One that ended between
 * calls is replaced; one that never answered any is not, for a while: then all
 * calls fail. */
static void give_up(struct mapper *p, const char *why)
{
	int had_call = p->ready && p->first && p->sent;
	int was_useful = p->useful;
	const char *words = reap(p);
	char *text = xstrdup(words ? words : why);

	log_warn("mapping", "%s: %s", p->m->id, text);
	if (had_call)
		fail_first(p, text);
	if (had_call || was_useful) {
		free(text);
		return;
	}
	free(p->broken);
	p->broken = text;
	p->rest_until_mono = clock_mono_ms(p->clock) + REST_MS;
}

void mapper_free(struct mapper *p)
{
	struct mapped *d;

	if (!p)
		return;
	(void)reap(p);
	while (p->first)
		drop_first(p);
	while ((d = mapper_next(p)))
		mapped_free(d);
	buf_fini(&p->in);
	free(p->broken);
	free(p->helper);
	free(p);
}

static int spawn(struct mapper *p)
{
	int sv[2], rc;
	char *path = NULL;

	if (p->helper)
		path = xstrdup(p->helper);
	else if ((rc = path_helper("galley-jq", &path)) < 0)
		return rc;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) < 0) {
		free(path);
		return err_set(E_LIMIT, "no socket: %s", strerror(errno));
	}
	rc = proc_child((char *[]){path, NULL}, sv[1], &p->pid);
	close(sv[1]);
	free(path);
	if (rc < 0) {
		close(sv[0]);
		return rc;
	}
	p->fd = sv[0];
	return 0;
}

/* All of it, waiting for the child to take it in, but not for long: it is
 * reading when it is given something. */
static int send_frame(struct mapper *p, const struct buf *b)
{
	size_t at = 0;

	while (at < b->len) {
		ssize_t n = send(p->fd, b->p + at, b->len - at,
			MSG_NOSIGNAL | MSG_DONTWAIT);
		struct pollfd pfd = {.fd = p->fd, .events = POLLOUT};

		if (n > 0) {
			at += (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return -1;
		if (poll(&pfd, 1, WRITE_WAIT_MS) == 0)
			return -1;
	}
	return 0;
}

static void send_init(struct mapper *p)
{
	struct buf b = BUF_INIT;
	size_t at = wire_begin(&b, WIRE_INIT);

	buf_add_u32(&b, (uint32_t)p->m->zone_min);
	buf_add_u32(&b, (uint32_t)p->deadline_ms);
	wire_add_str(&b, p->m->prelude, strlen(p->m->prelude));
	wire_add_str(&b, p->m->defs, strlen(p->m->defs));
	buf_add_u32(&b, (uint32_t)p->m->n_user);
	buf_add_u32(&b, (uint32_t)p->m->n_filters);
	for (int i = 0; i < p->m->n_filters; i++)
		wire_add_str(&b, p->m->filters[i].text,
			strlen(p->m->filters[i].text));
	wire_end(&b, at);
	p->until_mono = clock_mono_ms(p->clock) + INIT_DEADLINE_MS;
	if (send_frame(p, &b) < 0)
		give_up(p, "the mapping process does not listen");
	buf_fini(&b);
}

static void send_call(struct mapper *p)
{
	struct call *c = p->first;
	struct buf b = BUF_INIT;
	size_t at = wire_begin(&b, WIRE_CALL);

	buf_add_u32(&b, ++p->seq);
	wire_add_u8(&b, c->body_kind);
	wire_add_str(&b, c->meta, strlen(c->meta));
	wire_add_str(&b, c->body ? c->body : "", c->body_len);
	buf_add_u32(&b, (uint32_t)c->n_wants);
	for (int i = 0; i < c->n_wants; i++) {
		buf_add_u32(&b, (uint32_t)c->want[i].filter);
		wire_add_u8(&b, c->want[i].mode);
	}
	wire_end(&b, at);
	p->sent = 1;
	p->until_mono = clock_mono_ms(p->clock) + p->deadline_ms + GRACE_MS;
	if (send_frame(p, &b) < 0)
		give_up(p, "the mapping process does not listen");
	buf_fini(&b);
}

/* --- answers -------------------------------------------------------------- */

static void take_bad(struct mapper *p, struct wire_in *w)
{
	int filter = (int)wire_u32(w);
	const char *why = wire_str(w, NULL);
	const struct json *at = NULL;

	if (!why)
		why = "the filters do not compile";
	if (filter >= 0 && filter < p->m->n_user)
		at = p->m->filters[filter].at;
	else if (filter == WIRE_BAD_DEFS)
		at = p->m->defs_at;
	manifest_err(p->m, at, "jq: %s", why);
	give_up(p, err_msg());
}

/* 0, or -1 when it is no answer to the call that was made. */
static int take_answer(struct mapper *p, struct wire_in *w, struct mapped *d)
{
	uint32_t seq = wire_u32(w), cpu_ms = wire_u32(w);
	int body_bad = (int)wire_u8(w);
	const char *why = wire_str(w, NULL);

	if (w->bad || !p->first || !p->sent || seq != p->seq)
		return -1;
	d->user = p->first->user;
	d->body_why = body_bad ? why : NULL;
	d->n = p->first->n_wants;
	for (int i = 0; i < d->n; i++) {
		d->v[i].status = wire_u8(w);
		d->v[i].p = wire_str(w, &d->v[i].len);
		if (d->v[i].status > WIRE_ERROR)
			return -1;
	}
	if (w->bad || w->at != w->len)
		return -1;
	add_done(p, d);
	drop_first(p);
	p->useful = 1;
	if (cpu_ms > RENEW_CPU_MS)
		(void)reap(p);
	return 0;
}

/* One whole frame at the start of `in`. */
static void take_frame(struct mapper *p, size_t len)
{
	struct mapped *d = xcalloc(1, sizeof(*d));
	struct wire_in w;
	unsigned type;

	buf_add(&d->frame, p->in.p + 4, len);
	memmove(p->in.p, p->in.p + 4 + len, p->in.len - 4 - len);
	p->in.len -= 4 + len;
	w = (struct wire_in){.p = d->frame.p, .len = len};
	type = wire_u8(&w);
	if (type == WIRE_READY && !p->ready) {
		p->ready = 1;
	} else if (type == WIRE_BAD && !p->ready) {
		take_bad(p, &w);
	} else if (type == WIRE_ANSWER && p->ready &&
		   take_answer(p, &w, d) == 0) {
		return;
	} else {
		give_up(p, "the mapping process sent nonsense");
	}
	mapped_free(d);
}

static void take_frames(struct mapper *p)
{
	while (p->fd >= 0 && p->in.len >= 4) {
		struct wire_in w = {.p = p->in.p, .len = 4};
		size_t len = wire_u32(&w);

		if (len == 0 || len > WIRE_MAX) {
			give_up(p, "the mapping process sent nonsense");
			return;
		}
		if (p->in.len - 4 < len)
			return;
		take_frame(p, len);
	}
}

static void receive(struct mapper *p)
{
	char chunk[65536];

	while (p->fd >= 0) {
		ssize_t n = recv(p->fd, chunk, sizeof(chunk), MSG_DONTWAIT);

		if (n > 0) {
			buf_add(&p->in, chunk, (size_t)n);
			take_frames(p);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		give_up(p, "the mapping process ended");
	}
}

/* --- the face ------------------------------------------------------------- */

void mapper_call(struct mapper *p, struct call *c)
{
	c->next = NULL;
	if (p->last)
		p->last->next = c;
	else
		p->first = c;
	p->last = c;
	mapper_pump(p);
}

/* Starts a process, unless the last one would not start a moment ago. */
static void start(struct mapper *p)
{
	if (p->broken && clock_mono_ms(p->clock) < p->rest_until_mono) {
		while (p->first)
			fail_first(p, p->broken);
		return;
	}
	FREE(&p->broken);
	if (spawn(p) < 0)
		give_up(p, err_msg());
	else
		send_init(p);
}

static void advance(struct mapper *p)
{
	receive(p);
	if (p->fd >= 0 && (p->sent || !p->ready) &&
		clock_mono_ms(p->clock) > p->until_mono)
		give_up(p, "the filters took too long");
	if (!p->first)
		return;
	if (p->fd < 0)
		start(p);
	if (p->fd >= 0 && p->ready && p->first && !p->sent)
		send_call(p);
}

void mapper_pump(struct mapper *p)
{
	advance(p);
	/* a process that failed just now has calls waiting behind it */
	if (p->first && p->fd < 0)
		advance(p);
}

struct mapped *mapper_next(struct mapper *p)
{
	struct mapped *d = p->done;

	if (!d)
		return NULL;
	p->done = d->next;
	if (!p->done)
		p->done_last = NULL;
	return d;
}

int mapper_fd(const struct mapper *p)
{
	return p->first ? p->fd : -1;
}

int mapper_busy(const struct mapper *p)
{
	return p->first || p->done;
}

int mapper_compile(struct mapper *p)
{
	if (p->fd < 0)
		start(p);
	while (p->fd >= 0 && !p->ready) {
		struct pollfd pfd = {.fd = p->fd, .events = POLLIN};

		(void)poll(&pfd, 1, 1000);
		receive(p);
		if (p->fd >= 0 && !p->ready &&
			clock_mono_ms(p->clock) > p->until_mono)
			give_up(p, "the filters do not compile in time");
	}
	return p->ready ? 0 : err_set(E_CONFIG, "%s", p->broken);
}
