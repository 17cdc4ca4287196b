/* SPDX-License-Identifier: MIT */
/* The mapping process: what it makes of bodies, and what becomes of calls when
 * it hangs, dies or lies. */
#include "conn_fix.h"

#include <fcntl.h>
#include <sys/stat.h>

struct fix {
	struct manifest *m;
	struct mapper *p;
	char *helper;
	struct fix_clock t;
	struct clock clock;
};

static int setup(void **state)
{
	struct fix *f = xcalloc(1, sizeof(*f));

	f->helper = fix_helper();
	f->clock = fix_clock_of(&f->t);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fix *f = *state;

	mapper_free(f->p);
	manifest_free(f->m);
	free(f->helper);
	free(f);
	return 0;
}

static void open_map(struct fix *f, const char *map, const char *extra)
{
	char *text = fix_text(map, extra);

	f->m = fix_parse(text);
	f->p = mapper_new(f->m, f->helper, &f->clock, 20000);
	free(text);
}

static void ask(
	struct fix *f, uint64_t user, const char *body, enum wire_want mode)
{
	struct call *c = xcalloc(1, sizeof(*c));

	c->user = user;
	c->meta = xstrdup("{\"status\": 200}");
	c->body = xstrdup(body);
	c->body_len = strlen(body);
	c->body_kind = BODY_JSON;
	/* filters are numbered as they are read: map, then the probe's me */
	c->want[0] = (struct want){f->m->streams[0].map, mode};
	c->n_wants = 1;
	mapper_call(f->p, c);
}

static struct mapped *answer(struct fix *f)
{
	struct mapped *d;

	for (int i = 0; i < 3000; i++) {
		struct pollfd pfd = {.fd = mapper_fd(f->p), .events = POLLIN};

		mapper_pump(f->p);
		d = mapper_next(f->p);
		if (d)
			return d;
		(void)poll(&pfd, 1, 20);
	}
	fail_msg("no answer");
	return NULL;
}

static struct recs *records(struct fix *f, const char *body)
{
	struct recs *r = NULL;
	struct mapped *d;

	ask(f, 1, body, WANT_RECORDS);
	d = answer(f);
	if (d->failed || d->v[0].status != WIRE_OK)
		fail_msg("%s", d->failed ? d->failed : d->v[0].p);
	assert_int_equal(recs_unpack(d->v[0].p, d->v[0].len, &r), 0);
	mapped_free(d);
	return r;
}

static void types_become_what_fields_are(void **state)
{
	struct fix *f = *state;
	const struct val *v;
	struct recs *r;

	open_map(f, ".body[]", NULL);
	r = records(f,
		"[{\"e\": \"ticket\", \"rid\": 7, \"version\": \"9\", "
		"\"subject\": \"退款\", \"priority\": \"-3\", \"due\": "
		"\"2026-11-21T20:00:00+08:00\", \"created\": 1795262400, "
		"\"updated\": 1795262400123, \"closed\": null, \"tags\": "
		"[\"b\", \"a\", 3, \"b\"], \"cf\": {\"z\": 1, \"a\": \"x\"}, "
		"\"queue\": 12, \"x\": {\"k\": [1]}}]");
	assert_int_equal(r->n, 1);
	assert_int_equal(r->n_errs, 0);
	assert_string_equal(r->first->rid, "7");
	assert_string_equal(r->first->version, "9");
	assert_string_equal(r->first->x, "{\"k\":[1]}");
	assert_string_equal(rec_get(r->first, FID_TICKET_SUBJECT)->s, "退款");
	assert_int_equal(rec_get(r->first, FID_TICKET_PRIORITY)->i, -3);
	assert_int_equal(rec_get(r->first, FID_TICKET_DUE)->i, 1795262400000);
	assert_int_equal(
		rec_get(r->first, FID_TICKET_CREATED)->i, 1795262400000);
	assert_int_equal(
		rec_get(r->first, FID_TICKET_UPDATED)->i, 1795262400123);
	assert_int_equal(rec_get(r->first, FID_TICKET_CLOSED)->kind, VAL_NULL);
	v = rec_get(r->first, FID_TICKET_TAGS);
	assert_string_equal(v->s, "[\"3\",\"a\",\"b\"]");
	v = rec_get(r->first, FID_TICKET_CF);
	assert_string_equal(v->s, "{\"a\":\"x\",\"z\":1}");
	assert_string_equal(rec_get(r->first, FID_TICKET_QUEUE)->s, "12");
	assert_int_equal(rec_get(r->first, FID_TICKET_OWNER)->kind, VAL_ABSENT);
	recs_free(r);
}

/* Long ids survive: they are texts before any parser sees them. */
static void long_numbers_stay_whole(void **state)
{
	struct fix *f = *state;
	struct recs *r;

	open_map(f, "{e: \\\"queue\\\", rid: .body.id}", NULL);
	r = records(f, "{\"id\": 1499816949527975237}");
	assert_string_equal(r->first->rid, "1499816949527975237");
	recs_free(r);
}

static void bad_records_cost_themselves(void **state)
{
	static const char *const bad[] = {
		"{\"e\": \"ticket\", \"rid\": 1, \"due\": \"soon\"}",
		"{\"e\": \"ticket\", \"rid\": 1, \"priority\": \"high\"}",
		"{\"e\": \"ticket\", \"rid\": 1, \"priority\": 1.5}",
		"{\"e\": \"ticket\", \"rid\": 1, \"colour\": \"red\"}",
		"{\"e\": \"ticket\", \"rid\": 1, \"tags\": \"a\"}",
		"{\"e\": \"ticket\", \"rid\": 1, \"cf\": []}",
		"{\"e\": \"ticket\", \"rid\": 1, \"subject\": {}}",
		"{\"e\": \"ticket\", \"rid\": \"\"}",
		"{\"e\": \"ticket\", \"rid\": \" 1\"}",
		"{\"e\": \"ticket\", \"rid\": {}}",
		"{\"e\": \"ticket\"}",
		"{\"e\": \"ticket\", \"rid\": 1, \"queue\": \"\"}",
		"{\"e\": \"tickets\", \"rid\": 1}",
		"{\"rid\": 1}",
		"17",
		"{\"e\": \"_touch\", \"key\": \"1\"}",
		"{\"e\": \"_gone\", \"rid\": \"1\"}",
		"{\"e\": \"_gone\", \"entity\": \"x\", \"rid\": \"1\"}",
		"{\"e\": \"_alias\", \"entity\": \"ticket\", \"rid\": \"1\"}",
		"{\"e\": \"_what\", \"rid\": \"1\"}",
		"{\"e\": \"agent\", \"rid\": \"1\", \"active\": \"yes\"}",
	};
	struct fix *f = *state;

	open_map(f, ".body[]", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *body = xasprintf(
			"[{\"e\": \"queue\", \"rid\": \"a\"}, %s, {\"e\": "
			"\"queue\", \"rid\": \"b\"}]",
			bad[i]);
		struct recs *r = records(f, body);

		if (r->n != 2 || r->n_errs != 1)
			fail_msg("%s: %d records, %d errors", bad[i], r->n,
				r->n_errs);
		assert_non_null(strstr(r->errs->text, "record 2: "));
		recs_free(r);
		free(body);
	}
}

static void controls_are_read(void **state)
{
	struct fix *f = *state;
	struct recs *r;
	struct rec *x;

	open_map(f, ".body[]", NULL);
	r = records(f,
		"[{\"e\": \"_touch\", \"stream\": \"all\", \"key\": 5, "
		"\"version\": 8}, {\"e\": \"_poke\", \"stream\": \"all\"}, "
		"{\"e\": \"_gone\", \"entity\": \"ticket\", \"rid\": \"3\"}, "
		"{\"e\": \"_alias\", \"entity\": \"ticket\", \"rid\": \"3\", "
		"\"to\": \"4\"}, {\"e\": \"_guard\", \"name\": \"g\", "
		"\"value\": \"v\"}]");
	assert_int_equal(r->n, 5);
	x = r->first;
	assert_int_equal(x->kind, REC_TOUCH);
	assert_string_equal(x->key, "5");
	assert_string_equal(x->version, "8");
	x = x->next;
	assert_int_equal(x->kind, REC_POKE);
	assert_string_equal(x->name, "all");
	x = x->next;
	assert_int_equal(x->kind, REC_GONE);
	assert_int_equal(x->entity, ENT_TICKET);
	x = x->next;
	assert_string_equal(x->to, "4");
	x = x->next;
	assert_int_equal(x->kind, REC_GUARD);
	assert_string_equal(x->value, "v");
	recs_free(r);
}

static void bodies_that_are_no_json(void **state)
{
	static const char *const bad[] = {"<html>", "{", "{\"a\":1}x",
		"{\"a\":1,\"a\":2}", "[1,]", "\xff", "nul"};
	struct fix *f = *state;

	open_map(f, ".body", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct mapped *d;

		ask(f, i, bad[i], WANT_VALUE);
		d = answer(f);
		assert_null(d->failed);
		assert_int_equal(d->user, i);
		if (!d->body_why || !*d->body_why)
			fail_msg("accepted: %s", bad[i]);
		mapped_free(d);
	}
	/* keys that differ in case only are two keys to jq */
	ask(f, 9, "{\"type\":1,\"Type\":2}", WANT_VALUE);
	{
		struct mapped *d = answer(f);

		assert_null(d->body_why);
		assert_string_equal(d->v[0].p, "{\"type\":1,\"Type\":2}");
		mapped_free(d);
	}
}

static void errors_have_words(void **state)
{
	struct fix *f = *state;
	struct mapped *d;

	open_map(f,
		".body | if . == 1 then error(\\\"no ones\\\") else . + 1 "
		"end",
		NULL);
	ask(f, 1, "1", WANT_VALUE);
	d = answer(f);
	assert_int_equal(d->v[0].status, WIRE_ERROR);
	assert_string_equal(d->v[0].p, "no ones");
	mapped_free(d);
	ask(f, 2, "2", WANT_VALUE);
	d = answer(f);
	assert_int_equal(d->v[0].status, WIRE_OK);
	assert_string_equal(d->v[0].p, "3");
	mapped_free(d);
}

/* One body brings the process down in each known way; the calls before and
 * behind it are answered. */
static void its_death_costs_one_call(void **state)
{
	struct fix *f = *state;
	struct mapped *d;

	/* libjq 1.6: todate of a huge number aborts */
	open_map(f, ".body | if . == 0 then 1e18 | todate else . end", NULL);
	ask(f, 1, "1", WANT_VALUE);
	ask(f, 2, "0", WANT_VALUE);
	ask(f, 3, "3", WANT_VALUE);
	d = answer(f);
	assert_int_equal(d->user, 1);
	assert_null(d->failed);
	mapped_free(d);
	d = answer(f);
	assert_int_equal(d->user, 2);
	assert_non_null(d->failed);
	mapped_free(d);
	d = answer(f);
	assert_int_equal(d->user, 3);
	assert_null(d->failed);
	assert_string_equal(d->v[0].p, "3");
	mapped_free(d);
}

/* The child's own timer ends a filter that never does. */
static void endless_filters_end(void **state)
{
	struct fix *f = *state;
	struct mapped *d;
	char *text =
		fix_text(".body | def r: r; if . == 0 then r else . end", NULL);

	f->m = fix_parse(text);
	free(text);
	f->p = mapper_new(f->m, f->helper, &f->clock, 200);
	ask(f, 1, "0", WANT_VALUE);
	d = answer(f);
	assert_string_equal(d->failed, "the filters took too long");
	mapped_free(d);
}

static void what_does_not_compile_has_a_place(void **state)
{
	struct fix *f = *state;
	struct mapped *d;

	open_map(f, ".body | nosuch(1)", NULL);
	assert_int_equal(mapper_compile(f->p), E_CONFIG);
	assert_non_null(strstr(err_msg(), "test.json:5:"));
	assert_non_null(strstr(err_msg(), "nosuch/1 is not defined"));
	/* calls say so too, without starting a process each */
	ask(f, 1, "1", WANT_VALUE);
	d = answer(f);
	assert_non_null(strstr(d->failed, "nosuch/1 is not defined"));
	mapped_free(d);
}

static void definitions_have_a_place_too(void **state)
{
	struct fix *f = *state;

	open_map(f, ".body", "\"defs\": [\"def a: 1;\", \"def b: ;\"]");
	assert_int_equal(mapper_compile(f->p), E_CONFIG);
	assert_non_null(strstr(err_msg(), "test.json:6:"));
}

/* --- the sandbox ---------------------------------------------------------- */

static char *child_file(const char *name)
{
	char path[128], *out;
	FILE *fp = fopen("/proc/thread-self/children", "r");
	int pid = 0;
	size_t n;

	if (!fp || fscanf(fp, "%d", &pid) != 1)
		pid = 0;
	if (fp)
		fclose(fp);
	assert_true(pid > 0);
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fp = fopen(path, "r");
	assert_non_null(fp);
	out = xcalloc(1, 65536);
	n = fread(out, 1, 65535, fp);
	assert_true(n > 0);
	fclose(fp);
	return out;
}

static void it_is_locked_in(void **state)
{
	struct fix *f = *state;
	char *s;

	open_map(f, ".body", NULL);
	assert_int_equal(mapper_compile(f->p), 0);
	s = child_file("status");
	assert_non_null(strstr(s, "NoNewPrivs:\t1"));
	assert_non_null(strstr(s, "Seccomp:\t2"));
	free(s);
	s = child_file("limits");
	assert_non_null(strstr(s, "Max file size             0"));
	assert_non_null(strstr(s, "Max core file size        0"));
	assert_non_null(strstr(s, "Max processes             0"));
	assert_non_null(strstr(s, "Max open files            4"));
	free(s);
}

/* --- a child that lies ---------------------------------------------------- */

static char *script(struct fix *f, const char *text)
{
	char *path = xasprintf("%s/galley-test-XXXXXX", P_tmpdir);
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, 0700), 0);
	close(fd);
	free(f->helper);
	f->helper = xstrdup(path);
	return path;
}

static void liars_are_ended(void **state)
{
	static const char *const scripts[] = {
		"#!/bin/sh\nexit 0\n",
		"#!/bin/sh\nprintf 'garbage garbage' >&3\nread x <&3\n",
		/* a frame of 2 GiB */
		"#!/bin/sh\nprintf '\\377\\377\\377\\177A' >&3\nread x <&3\n",
		/* an answer to what was not asked */
		"#!/bin/sh\nprintf '\\001\\000\\000\\000A' >&3\nread x <&3\n",
		/* ready, then an answer that is too short */
		("#!/bin/sh\nprintf '\\001\\000\\000\\000R"
		 "\\005\\000\\000\\000A\\001\\000\\000\\000' >&3\nread x <&3\n"),
		/* a frame without a type */
		"#!/bin/sh\nprintf '\\000\\000\\000\\000' >&3\nread x <&3\n",
	};
	struct fix *f = *state;

	open_map(f, ".body", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		char *path = script(f, scripts[i]);
		struct mapped *d;

		mapper_free(f->p);
		f->p = mapper_new(f->m, f->helper, &f->clock, 20000);
		ask(f, 1, "1", WANT_VALUE);
		d = answer(f);
		if (!d->failed)
			fail_msg("believed: %s", scripts[i]);
		mapped_free(d);
		unlink(path);
		free(path);
	}
}

/* One that says nothing at all is ended by the parent's clock. */
static void the_silent_are_ended(void **state)
{
	struct fix *f = *state;
	char *path = script(f, "#!/bin/sh\nprintf '\\001\\000\\000\\000R' >&3\n"
			       "while read x <&3; do :; done\nsleep 1000\n");
	struct mapped *d;

	open_map(f, ".body", NULL);
	assert_int_equal(mapper_compile(f->p), 0);
	ask(f, 1, "1", WANT_VALUE);
	assert_null(mapper_next(f->p));
	f->t.mono_ms += 60000;
	d = answer(f);
	assert_string_equal(d->failed, "the filters took too long");
	mapped_free(d);
	unlink(path);
	free(path);
}

/* A valid frame with bytes changed must be refused or read, never more. */
static void spoilt_records_do_no_harm(void **state)
{
	struct buf b = BUF_INIT;
	uint32_t seed = 12345;

	(void)state;
	wire_add_u8(&b, REC_ROW);
	wire_add_u8(&b, ENT_TICKET);
	wire_add_u8(&b, TAG_RID);
	wire_add_str(&b, "12", 2);
	wire_add_u8(&b, TAG_FIELD + 1);
	wire_add_u8(&b, 't');
	wire_add_str(&b, "text", 4);
	wire_add_u8(&b, TAG_FIELD + 8);
	wire_add_u8(&b, 'i');
	buf_add_u64(&b, 77);
	wire_add_u8(&b, TAG_END);
	wire_add_u8(&b, WIRE_REC_ERROR);
	wire_add_str(&b, "words", 5);
	for (size_t cut = 0; cut <= b.len; cut++) {
		struct recs *r = NULL;

		if (recs_unpack(b.p, cut, &r) == 0)
			recs_free(r);
	}
	for (int i = 0; i < 20000; i++) {
		struct recs *r = NULL;
		char *copy = xmemdup(b.p, b.len);

		for (int k = 0; k < 2; k++) {
			seed = seed * 1664525 + 1013904223;
			copy[(seed >> 8) % b.len] = (char)(seed >> 24);
		}
		if (recs_unpack(copy, b.len, &r) == 0) {
			for (struct rec *x = r->first; x; x = x->next)
				assert_true(rec_validate(x) == 0);
			recs_free(r);
		}
		free(copy);
	}
	buf_fini(&b);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(types_become_what_fields_are),
		T(long_numbers_stay_whole),
		T(bad_records_cost_themselves),
		T(controls_are_read),
		T(bodies_that_are_no_json),
		T(errors_have_words),
		T(its_death_costs_one_call),
		T(endless_filters_end),
		T(what_does_not_compile_has_a_place),
		T(definitions_have_a_place_too),
		T(it_is_locked_in),
		T(liars_are_ended),
		T(the_silent_are_ended),
		T(spoilt_records_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
