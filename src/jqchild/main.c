/* SPDX-License-Identifier: MIT */
/*
 * galley-jq: runs the filters of one manifest on what a backend answered, and
 * nothing else. One program, compiled once; one body, parsed once for all the
 * filters of a call. It is started by the connector with a socket as its third
 * descriptor, locks itself in before it reads, and is killed when it takes too
 * long: by its own timer, by its limits, by its parent.
 */
#include <jq.h>
#include <jv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "child_priv.h"
#include "galley/base/json.h"
#include "galley/base/mem.h"
#include "galley/jqchild/wire.h"

#define MAX_OUTPUTS 200000

struct child {
	jq_state *jq;
	struct buf said; /* what libjq complained about */
	int zone_min;
	unsigned deadline_ms;
	unsigned n_all;
};

static void take_complaint(void *u, jv msg)
{
	struct child *c = u;

	if (jv_get_kind(msg) == JV_KIND_STRING && c->said.len < 4096) {
		buf_adds(&c->said, jv_string_value(msg));
		buf_addc(&c->said, '\n');
	}
	jv_free(msg);
}

/* A new program; libjq may not be used again after a failed compile. */
static int compile(struct child *c, const char *program)
{
	if (c->jq)
		jq_teardown(&c->jq);
	buf_reset(&c->said);
	c->jq = jq_init();
	if (!c->jq)
		return 0;
	jq_set_error_cb(c->jq, take_complaint, c);
	jq_set_attr(c->jq, jv_string("JQ_LIBRARY_PATH"), jv_array());
	jq_set_attr(c->jq, jv_string("JQ_ORIGIN"), jv_string("/nonexistent"));
	jq_set_attr(
		c->jq, jv_string("PROGRAM_ORIGIN"), jv_string("/nonexistent"));
	return jq_compile(c->jq, program);
}

/* The part of libjq's complaint that a person can use. */
static void say_complaint(struct buf *out, const char *s)
{
	static const char *const prefixes[] = {"jq: error: ", "error: "};
	static const char *const ends[] = {
		" (Unix shell quoting issues?)", " at <top-level>", "\n"};
	size_t len = strlen(s);

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strncmp(s, prefixes[i], strlen(prefixes[i])) == 0) {
			s += strlen(prefixes[i]);
			len = strlen(s);
		}
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		const char *at = strstr(s, ends[i]);

		if (at && (size_t)(at - s) < len)
			len = (size_t)(at - s);
	}
	buf_add(out, s, len);
	if (!len)
		buf_adds(out, "does not compile");
}

/* Each user filter alone, to say which one is wrong. */
static int find_culprit(struct child *c, const char *prelude,
	const char **filter, unsigned n_user, struct buf *why)
{
	struct buf all = BUF_INIT, alone = BUF_INIT;
	int ok;

	say_complaint(&all, buf_str(&c->said));
	buf_addf(&alone, "%s\nnull", prelude);
	ok = compile(c, buf_str(&alone));
	buf_fini(&alone);
	if (!ok) {
		say_complaint(why, buf_str(&c->said));
		buf_fini(&all);
		return WIRE_BAD_DEFS;
	}
	for (unsigned i = 0; i < n_user; i++) {
		struct buf p = BUF_INIT;

		buf_addf(&p, "%s\n(%s\n)", prelude, filter[i]);
		ok = compile(c, buf_str(&p));
		buf_fini(&p);
		if (!ok) {
			say_complaint(why, buf_str(&c->said));
			buf_fini(&all);
			return (int)i;
		}
	}
	buf_add(why, all.p, all.len);
	buf_fini(&all);
	return -1;
}

static void program_of(
	struct buf *p, const char *prelude, const char **filter, unsigned n)
{
	buf_addf(p, "%s\n", prelude);
	for (unsigned i = 0; i < n; i++)
		buf_addf(p, "def f%u: (%s\n);\n", i, filter[i]);
	for (unsigned i = 0; i < n; i++)
		buf_addf(p, "%s .f == %u then f%u\n", i ? "elif" : "if", i, i);
	buf_adds(p, n ? "else null end" : "null");
}

static int refuse(int filter, const struct buf *why)
{
	struct buf out = BUF_INIT;
	size_t at = wire_begin(&out, WIRE_BAD);

	buf_add_u32(&out, (uint32_t)filter);
	wire_add_str(&out, buf_str(why), why->len);
	wire_end(&out, at);
	return frame_write(&out);
}

static int ready(void)
{
	struct buf out = BUF_INIT;
	int rc;

	wire_end(&out, wire_begin(&out, WIRE_READY));
	rc = frame_write(&out);
	buf_fini(&out);
	return rc;
}

/* 0 ready, -1: end the process. */
static int handle_init(struct child *c, struct wire_in *w)
{
	struct buf program = BUF_INIT, why = BUF_INIT, defs = BUF_INIT;
	const char *prelude, *own, **filter;
	unsigned n_user;

	c->zone_min = (int)wire_u32(w);
	c->deadline_ms = wire_u32(w);
	prelude = wire_str(w, NULL);
	own = wire_str(w, NULL);
	n_user = wire_u32(w);
	c->n_all = wire_u32(w);
	if (w->bad || n_user > c->n_all || c->n_all > WIRE_MAX_FILTER)
		return -1;
	filter = xcalloc((size_t)c->n_all + 1, sizeof(*filter));
	for (unsigned i = 0; i < c->n_all; i++)
		filter[i] = wire_str(w, NULL);
	if (w->bad)
		return -1;
	buf_addf(&defs, "%s\n%s", prelude, own);
	program_of(&program, buf_str(&defs), filter, c->n_all);
	if (!compile(c, buf_str(&program))) {
		int at = find_culprit(c, buf_str(&defs), filter, n_user, &why);

		(void)refuse(at, &why);
		return -1;
	}
	buf_fini(&program);
	buf_fini(&defs);
	free(filter);
	return ready();
}

static void arm(unsigned ms)
{
	struct itimerval t = {.it_value = {.tv_sec = ms / 1000,
				      .tv_usec = ms % 1000 * 1000L}};

	/* SIGALRM is not handled: it ends the process */
	setitimer(ITIMER_REAL, &t, NULL);
}

/* The body as a value; `why` says what was wrong with it. */
static jv body_of(
	enum wire_body kind, const char *s, size_t len, struct buf *why)
{
	struct json_limits lim = json_limits_wire;
	struct buf gated = BUF_INIT;
	jv v;

	lim.exact_keys =
		1; /* RT sends `type` and `Type`; jq tells them apart */
	if (kind == BODY_TEXT)
		return jv_string_sized(s, (int)len);
	if (kind == BODY_NONE || len == 0)
		return jv_null();
	if (json_gate(s, len, &lim, &gated) < 0) {
		buf_addf(why, "%s", err_msg());
		buf_fini(&gated);
		return jv_null();
	}
	v = jv_parse_sized(buf_str(&gated), (int)gated.len);
	buf_fini(&gated);
	if (!jv_is_valid(v)) {
		buf_adds(why, "the answer is not JSON");
		jv_free(v);
		return jv_null();
	}
	return v;
}

/* The words of a failed filter. */
static void say_failure(struct buf *out, jv failed)
{
	jv msg = jv_invalid_get_msg(failed);

	if (jv_get_kind(msg) != JV_KIND_STRING)
		msg = jv_dump_string(msg, 0);
	buf_adds(out, jv_string_value(msg));
	if (out->len > 400)
		out->len = 400;
	jv_free(msg);
}

static enum wire_status first_value(struct child *c, struct buf *out)
{
	jv v = jq_next(c->jq), text;

	if (!jv_is_valid(v)) {
		if (!jv_invalid_has_msg(jv_copy(v))) {
			jv_free(v);
			return WIRE_EMPTY;
		}
		say_failure(out, v);
		return WIRE_ERROR;
	}
	text = jv_dump_string(v, 0);
	buf_add(out, jv_string_value(text),
		(size_t)jv_string_length_bytes(jv_copy(text)));
	jv_free(text);
	return WIRE_OK;
}

static enum wire_status all_records(struct child *c, struct buf *out)
{
	for (int n = 1;; n++) {
		jv v = jq_next(c->jq);

		if (!jv_is_valid(v)) {
			if (!jv_invalid_has_msg(jv_copy(v))) {
				jv_free(v);
				return WIRE_OK;
			}
			buf_reset(out);
			say_failure(out, v);
			return WIRE_ERROR;
		}
		if (n > MAX_OUTPUTS) {
			jv_free(v);
			buf_reset(out);
			buf_addf(out, "more than %d records", MAX_OUTPUTS);
			return WIRE_ERROR;
		}
		record_add(out, v, n, c->zone_min);
	}
}

static void run_filter(struct child *c, jv input, unsigned filter,
	enum wire_want want, struct buf *out)
{
	struct buf payload = BUF_INIT;
	enum wire_status st;

	jq_start(c->jq,
		jv_object_set(
			jv_copy(input), jv_string("f"), jv_number(filter)),
		0);
	st = want == WANT_RECORDS ? all_records(c, &payload)
				  : first_value(c, &payload);
	wire_add_u8(out, st);
	wire_add_str(out, buf_str(&payload), payload.len);
	buf_fini(&payload);
}

static uint32_t cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint32_t)(t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

static int handle_call(struct child *c, struct wire_in *w)
{
	struct buf out = BUF_INIT, why = BUF_INIT;
	size_t meta_len = 0, body_len = 0, at, cpu_at;
	uint32_t seq = wire_u32(w), n;
	enum wire_body kind = wire_u8(w);
	const char *meta = wire_str(w, &meta_len);
	const char *body = wire_str(w, &body_len);
	jv input;
	int rc;

	n = wire_u32(w);
	if (w->bad || n > WIRE_MAX_FILTER || !c->jq)
		return -1;
	arm(c->deadline_ms);
	input = jv_parse_sized(meta, (int)meta_len);
	if (jv_get_kind(input) != JV_KIND_OBJECT)
		return -1;
	input = jv_object_set(
		input, jv_string("body"), body_of(kind, body, body_len, &why));
	at = wire_begin(&out, WIRE_ANSWER);
	buf_add_u32(&out, seq);
	cpu_at = out.len;
	buf_add_u32(&out, 0);
	wire_add_u8(&out, why.len > 0);
	wire_add_str(&out, buf_str(&why), why.len);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t filter = wire_u32(w);
		enum wire_want want = wire_u8(w);

		if (w->bad || filter >= c->n_all)
			return -1;
		run_filter(c, input, filter, want, &out);
	}
	jv_free(input);
	wire_put_u32(&out, cpu_at, cpu_ms());
	wire_end(&out, at);
	arm(0);
	rc = out.len > WIRE_MAX ? -1 : frame_write(&out);
	buf_fini(&out);
	buf_fini(&why);
	return rc;
}

int main(void)
{
	struct child c = {.deadline_ms = 5000};
	struct buf frame = BUF_INIT;

	sandbox_enter();
	for (;;) {
		struct wire_in w = {0};
		unsigned type;
		int rc = -1;

		if (frame_read(&frame) < 0)
			_exit(0);
		w.p = frame.p;
		w.len = frame.len;
		type = wire_u8(&w);
		if (type == WIRE_INIT && !c.jq)
			rc = handle_init(&c, &w);
		else if (type == WIRE_CALL)
			rc = handle_call(&c, &w);
		if (rc < 0)
			_exit(1);
	}
}
