/* SPDX-License-Identifier: MIT */
/*
 * The demo centre through the real engine and a real cache: the whole world
 * comes over, what is done to it travels, conflicts and a line that drops are
 * met, and a restart finds everything again. The clock stands still until the
 * test moves it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/base/utf8.h"
#include "galley/connector/demo.h"
#include "galley/connector/manifest.h"
#include "galley/sync/engine.h"
#include "galley/sync/host.h"

#define T0     INT64_C(1790000000000)
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)

struct desk {
	char dir[64];
	char *path, *file;
	int64_t now;
	struct clock clock;
	struct rnd rnd;
	struct store_opts opts;
	struct store_rw *rw;
	struct store_ro *ro;
	struct conn *demo;
	struct engine *engine;
	struct arena *a;
	int conn;
	uint64_t last_tag;
	int paused;
};

static int64_t desk_now(void *u)
{
	return ((struct desk *)u)->now;
}

#define ok(expr)                                                               \
	do {                                                                   \
		int rc_ = (expr);                                              \
		if (rc_ < 0)                                                   \
			print_error("%s: %s\n", #expr, err_msg());             \
		assert_true(rc_ >= 0);                                         \
	} while (0)

static void desk_open(struct desk *k)
{
	struct demo_args da = {.file = k->file,
		.clock = &k->clock,
		.zone_min = 480,
		.paused = k->paused,
		.write_ms = 200};
	struct engine_args ea = {.clock = &k->clock, .rnd = &k->rnd};

	ok(store_open_rw(&k->opts, &k->rw));
	k->ro = store_reader(k->rw);
	ok(demo_open(&da, &k->demo));
	ea.store = k->rw;
	ea.first_tag = k->last_tag;
	ok(engine_new(&ea, &k->engine));
	ok(engine_add(k->engine, k->demo));
	ok(store_connector_id(k->ro, "demo", &k->conn));
}

static void desk_close(struct desk *k)
{
	k->last_tag = engine_last_tag(k->engine);
	engine_free(k->engine);
	k->demo->ops->free(k->demo);
	store_close_rw(k->rw);
}

/* What a host does, on a clock of our own. */
static void turn(struct desk *k)
{
	int64_t next;

	if (k->demo->ops->pump(k->demo) & PUMP_NEWS)
		engine_want(k->engine, WANT_PULL);
	ok(engine_step(k->engine, &next));
}

static void run_for(struct desk *k, int64_t ms)
{
	int64_t end = k->now + ms;

	do {
		turn(k);
		turn(k);
		turn(k);
		k->now += ms < 5 * MINUTE ? 250 : SECOND;
	} while (k->now < end);
}

static int setup_at(void **state, int paused)
{
	struct desk *k = xcalloc(1, sizeof(*k));

	snprintf(k->dir, sizeof(k->dir), "/tmp/galley-demo-XXXXXX");
	assert_non_null(mkdtemp(k->dir));
	k->path = xasprintf("%s/cache.db", k->dir);
	k->file = xasprintf("%s/demo.jsonl", k->dir);
	k->now = T0;
	k->clock = (struct clock){desk_now, desk_now, k};
	rnd_seed(&k->rnd, 7);
	k->opts = (struct store_opts){.path = k->path,
		.clock = &k->clock,
		.rnd = &k->rnd,
		.sender = 1};
	k->a = arena_new();
	k->paused = paused;
	desk_open(k);
	run_for(k, 10 * SECOND);
	*state = k;
	return 0;
}

static int setup(void **state)
{
	return setup_at(state, 1);
}

static int setup_playing(void **state)
{
	return setup_at(state, 0);
}

static int teardown(void **state)
{
	static const char *const names[] = {"cache.db", "cache.db-wal",
		"cache.db-shm", "cache.db.lock", "cache.lock", "demo.jsonl",
		"got.txt"};
	struct desk *k = *state;
	size_t i;

	desk_close(k);
	arena_free(k->a);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		char *p = xasprintf("%s/%s", k->dir, names[i]);

		unlink(p);
		free(p);
	}
	assert_int_equal(rmdir(k->dir), 0);
	free(k->path);
	free(k->file);
	free(k);
	return 0;
}

/* --- asking
 * -------------------------------------------------------------------- */

static int64_t count(struct desk *k, enum entity e, const char *words)
{
	struct query *q;
	int64_t n = 0;

	ok(query_parse(words, e, k->now, 480, &q));
	ok(store_query_count(k->ro, q, NULL, 100000, &n));
	query_free(q);
	return n;
}

static struct rows pick(struct desk *k, enum entity e, const char *words, int n)
{
	struct rows rows;
	struct query *q;

	ok(query_parse(words, e, k->now, 480, &q));
	ok(store_query(k->ro, q, NULL, n, NULL, &rows));
	query_free(q);
	return rows;
}

static int64_t id_of(struct desk *k, enum entity e, const char *rid)
{
	struct rows rows;
	int64_t id;

	ok(store_row_rid(k->ro, e, k->conn, rid, &rows));
	id = rows.v[0].id;
	rows_free(&rows);
	return id;
}

static const char *text_of(struct desk *k, enum field_id f, int64_t id)
{
	const struct val *v;
	const char *s = "";
	struct rows rows;

	ok(store_row(k->ro, field_desc(f)->entity, id, &rows));
	v = row_get(&rows.v[0], f);
	if (v->kind == VAL_TEXT || (v->kind == VAL_INT && v->s))
		s = arena_strdup(k->a, v->s);
	else if (v->kind == VAL_INT)
		s = arena_printf(k->a, "%lld", (long long)v->i);
	rows_free(&rows);
	return s;
}

/* The first ticket that is open and nobody's of ours. */
static int64_t open_ticket(struct desk *k)
{
	struct rows rows = pick(k, ENT_TICKET, "status:open", 1);
	int64_t id;

	assert_int_equal(rows.n, 1);
	id = rows.v[0].id;
	rows_free(&rows);
	return id;
}

static const char *put(
	struct desk *k, enum op_kind kind, int64_t target, const char *args)
{
	struct store_enqueue e = {.connector = k->conn,
		.kind = kind,
		.target = target,
		.args = args,
		.me = "lina"};
	char *uid = arena_alloc(k->a, UID_SIZE);

	ok(store_op_enqueue(k->rw, &e, uid, NULL));
	return uid;
}

static struct op op_of(struct desk *k, const char *uid)
{
	struct op op;

	ok(store_op_get(k->ro, uid, k->a, &op));
	return op;
}

static void expect(struct desk *k, const char *uid, enum op_state state,
	enum op_reason reason)
{
	struct op op = op_of(k, uid);

	if (op.state != state || op.reason != reason)
		fail_msg("%s is %s %s (%s)", op_desc(op.kind)->name,
			op_state_name(op.state), op_reason_name(op.reason),
			op.error ? op.error : "");
}

/* Messages of a ticket that are what `uid` made. */
static int made_by(struct desk *k, enum entity e, int64_t id, const char *uid)
{
	struct rows rows;
	int i, n = 0;

	ok(store_thread(k->ro, e, id, 1000, &rows));
	for (i = 0; i < rows.n; i++) {
		const struct val *v = row_get(&rows.v[i], FID_MESSAGE_OP);

		n += v->kind == VAL_TEXT && strcmp(v->s, uid) == 0;
	}
	rows_free(&rows);
	return n;
}

/* --- the world
 * ------------------------------------------------------------------ */

static void the_whole_world_comes_over(void **state)
{
	struct desk *k = *state;

	assert_in_range(count(k, ENT_CUSTOMER, ""), 58, 80);
	assert_in_range(count(k, ENT_TICKET, ""), 290, 420);
	assert_in_range(count(k, ENT_ARTICLE, ""), 78, 120);
	assert_in_range(count(k, ENT_CALL, ""), 240, 450);
	assert_true(count(k, ENT_ORDER, "") > 150);
	assert_true(count(k, ENT_ORDER_EVENT, "") > 600);
	assert_true(count(k, ENT_PROMISE, "") > 60);
	assert_true(count(k, ENT_PROMISE, "status:broken") > 5);
	assert_true(count(k, ENT_PROMISE, "status:kept") > 20);
	assert_true(count(k, ENT_PROMISE, "status:open") > 2);
	assert_true(count(k, ENT_MOMENT, "kind:emotion") > 200);
	assert_true(count(k, ENT_MOMENT, "kind:moment") > 40);
	assert_true(count(k, ENT_OUTCOME, "") > 300);
	assert_true(count(k, ENT_ARTICLE, "kind:solution") > 30);
	assert_in_range(count(k, ENT_TICKET, "is:open"), 25, 150);
	assert_true(count(k, ENT_SNIPPET, "") > 8);
}

static void chats_and_threads_are_long(void **state)
{
	struct desk *k = *state;
	struct rows talks = pick(k, ENT_CONVERSATION, "", 5000), thread;
	int i, said = 0, longest = 0;

	for (i = 0; i < talks.n; i++) {
		ok(store_thread(
			k->ro, ENT_CONVERSATION, talks.v[i].id, 1000, &thread));
		said += thread.n;
		if (thread.n > longest)
			longest = thread.n;
		rows_free(&thread);
	}
	rows_free(&talks);
	assert_true(said >= 800);
	assert_true(longest >= 8);
}

/* Every text is whole: no hole of a story is left unfilled. */
static void texts_are_told_to_the_end(void **state)
{
	struct desk *k = *state;
	struct rows rows = pick(k, ENT_MESSAGE, "", 20000);
	int i, zh = 0, en = 0;

	assert_true(rows.n > 1500);
	for (i = 0; i < rows.n; i++) {
		const struct val *v = row_get(&rows.v[i], FID_MESSAGE_TEXT);

		if (v->kind != VAL_TEXT)
			continue;
		if (strpbrk(v->s, "{}[]|"))
			fail_msg("%s: %s", rows.v[i].rid, v->s);
		assert_true(utf8_valid(v->s, v->len));
		if (strstr(v->s, "的") || strstr(v->s, "您"))
			zh++;
		if (strstr(v->s, " the ") || strstr(v->s, " you"))
			en++;
	}
	rows_free(&rows);
	assert_true(zh > 500);
	assert_true(en > 500);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void no_two_threads_are_the_same(void **state)
{
	struct desk *k = *state;
	struct rows rows = pick(k, ENT_TICKET, "", 5000), thread;
	char **all = xcalloc((size_t)rows.n + 1, sizeof(*all));
	int i, j;

	for (i = 0; i < rows.n; i++) {
		struct buf b = BUF_INIT;

		ok(store_thread(
			k->ro, ENT_TICKET, rows.v[i].id, 1000, &thread));
		for (j = 0; j < thread.n; j++) {
			const struct val *v =
				row_get(&thread.v[j], FID_MESSAGE_TEXT);

			if (v->kind == VAL_TEXT)
				buf_adds(&b, v->s);
		}
		rows_free(&thread);
		all[i] = buf_take(&b);
	}
	qsort(all, (size_t)rows.n, sizeof(*all), by_text);
	for (i = 1; i < rows.n; i++)
		if (*all[i] && strcmp(all[i], all[i - 1]) == 0)
			fail_msg("twice: %.300s", all[i]);
	for (i = 0; i < rows.n; i++)
		free(all[i]);
	free(all);
	rows_free(&rows);
}

static void search_finds_both_languages(void **state)
{
	struct desk *k = *state;
	int64_t left = 1;

	while (left)
		ok(store_index_slice(k->rw, 1000, &left));
	assert_true(count(k, ENT_MESSAGE, "退款") > 10);
	assert_true(count(k, ENT_MESSAGE, "thermocouple") > 3);
	assert_true(count(k, ENT_MESSAGE, "熱水器") > 3); /* either script */
	assert_true(count(k, ENT_ARTICLE, "打不着") > 0);
}

static void wang_fang_waits_for_her_refund(void **state)
{
	struct desk *k = *state;
	int64_t t = id_of(k, ENT_TICKET, "T-8812");
	int64_t o = id_of(k, ENT_ORDER, "A-20931");
	struct rows p;

	assert_string_equal(text_of(k, FID_TICKET_CUSTOMER, t), "王芳");
	assert_string_equal(text_of(k, FID_ORDER_STATUS, o), "refunding");
	assert_string_equal(text_of(k, FID_ORDER_TOTAL_MINOR, o), "89900");
	ok(store_children(k->ro, FID_PROMISE_TICKET, t, 10, &p));
	assert_true(p.n >= 2);
	rows_free(&p);
}

static void a_kept_promise_was_kept_in_time(void **state)
{
	struct desk *k = *state;
	struct rows p = pick(k, ENT_PROMISE, "status:kept", 2000);
	int i, late = 0;

	assert_true(p.n > 100);
	for (i = 0; i < p.n; i++)
		late += row_get(&p.v[i], FID_PROMISE_KEPT)->i >
			row_get(&p.v[i], FID_PROMISE_DUE)->i;
	rows_free(&p);
	assert_int_equal(late, 0);
}

static void the_same_seed_gives_the_same_world(void **state)
{
	struct desk *k = *state;
	struct demo_args da = {
		.clock = &k->clock, .zone_min = 480, .paused = 1};
	struct conn *c[3];
	struct buf text[3] = {BUF_INIT, BUF_INIT, BUF_INIT};
	int i;

	for (i = 0; i < 3; i++) {
		struct job j = {.kind = JOB_PULL};
		struct job_result r;
		const struct rec *rec;

		da.seed = i == 2 ? 99 : 5;
		ok(demo_open(&da, &c[i]));
		ok(c[i]->ops->start(c[i], &j));
		assert_int_equal(c[i]->ops->next(c[i], &r), 1);
		for (rec = r.recs->first; rec; rec = rec->next) {
			const struct val *v;
			int f;

			for (f = 0; f < entity_desc(rec->entity)->n_fields;
				f++) {
				v = &rec->v[f];
				buf_addf(&text[i], "%s %lld %s\n", rec->rid,
					(long long)v->i,
					v->kind == VAL_TEXT ? v->s : "");
			}
		}
		job_result_fini(&r);
		c[i]->ops->free(c[i]);
	}
	assert_string_equal(buf_str(&text[0]), buf_str(&text[1]));
	assert_string_not_equal(buf_str(&text[0]), buf_str(&text[2]));
	for (i = 0; i < 3; i++)
		buf_fini(&text[i]);
}

static void nothing_lies_in_the_future(void **state)
{
	struct desk *k = *state;
	struct rows rows = pick(k, ENT_MESSAGE, "", 20000);
	int64_t oldest = k->now;
	int i;

	for (i = 0; i < rows.n; i++) {
		int64_t at = row_get(&rows.v[i], FID_MESSAGE_AT)->i;

		assert_true(at <= k->now);
		if (at < oldest)
			oldest = at;
	}
	rows_free(&rows);
	assert_true(k->now - oldest > INT64_C(600) * 24 * 60 * MINUTE);
}

/* --- operations
 * ------------------------------------------------------------------- */

static void an_operation_of_each_kind_travels(void **state)
{
	struct desk *k = *state;
	int64_t t = open_ticket(k), talk, art = id_of(k, ENT_ARTICLE, "KB-118");
	struct rows rows = pick(k, ENT_TICKET, "status:waiting", 1);
	struct rows talks = pick(k, ENT_CONVERSATION, "status:open", 1);
	const char *u[16];
	int n = 0, i;

	talk = talks.v[0].id;
	u[n++] = put(k, OP_TICKET_NOTE, t, "{\"text\":\"call back\"}");
	u[n++] = put(k, OP_TICKET_SET, t,
		"{\"set\":{\"priority\":77,\"cf.Problem\":\"x\"}}");
	u[n++] = put(k, OP_TICKET_ASSIGN, t, "{\"owner\":\"wutao\"}");
	u[n++] = put(k, OP_TICKET_TAGS, t, "{\"add\":[\"hot\"]}");
	u[n++] = put(k, OP_TICKET_TIME, t, "{\"min\":5}");
	u[n++] = put(k, OP_TICKET_LINK, t,
		"{\"kind\":\"refers\",\"target\":\"T-8812\"}");
	u[n++] = put(k, OP_TICKET_REPLY, t, "{\"text\":\"On its way\"}");
	u[n++] = put(k, OP_TICKET_CREATE, 0,
		"{\"queue\":\"repair\",\"subject\":\"Noise\",\"customer\":"
		"\"C-5512\",\"text\":\"It hums\"}");
	u[n++] = put(k, OP_MESSAGE_SEND, talk, "{\"text\":\"您好\"}");
	u[n++] = put(k, OP_MESSAGE_NOTE, talk, "{\"text\":\"VIP\"}");
	u[n++] = put(k, OP_CONVERSATION_ASSIGN, talk, "{\"owner\":\"lina\"}");
	u[n++] = put(k, OP_CONVERSATION_READ, talk, "{}");
	u[n++] = put(k, OP_ARTICLE_EDIT, art, "{\"text\":\"Shorter\"}");
	u[n++] = put(k, OP_TICKET_MERGE, rows.v[0].id, "{\"into\":\"T-8812\"}");
	rows_free(&rows);
	rows_free(&talks);
	run_for(k, 3 * MINUTE);
	for (i = 0; i < n; i++)
		expect(k, u[i], OPS_DONE, OPR_NONE);
	assert_int_equal(made_by(k, ENT_TICKET, t, u[6]), 1);
	assert_int_equal(made_by(k, ENT_CONVERSATION, talk, u[8]), 1);
	assert_string_equal(text_of(k, FID_TICKET_PRIORITY, t), "77");
	assert_string_equal(text_of(k, FID_TICKET_OWNER, t), "Wu Tao 吴涛");
	assert_string_equal(text_of(k, FID_ARTICLE_TEXT, art), "Shorter");
	assert_int_equal(count(k, ENT_TICKET, "tags:hot"), 1);
}

/* The centre counts it once for the case, however often one changes one's
 * mind, and so does the cache, before the answer and after. */
static void an_outcome_of_an_article_travels_and_counts_once(void **state)
{
	struct desk *k = *state;
	int64_t t = open_ticket(k), art = id_of(k, ENT_ARTICLE, "KB-118");
	int64_t before = count(k, ENT_OUTCOME, "");
	int w0, t0, w, tried, i;
	const char *rid, *args[2], *u;
	struct rows rows;

	ok(store_row(k->ro, ENT_TICKET, t, &rows));
	rid = arena_strdup(k->a, rows.v[0].rid);
	rows_free(&rows);
	for (i = 0; i < 2; i++)
		args[i] = arena_printf(k->a,
			"{\"worked\":%d,\"case\":\"ticket:%lld\","
			"\"ticket\":\"%s\"}",
			i, (long long)t, rid);
	ok(store_outcomes(k->ro, art, &w0, &t0));
	for (i = 1; i >= 0; i--) {
		u = put(k, OP_ARTICLE_OUTCOME, art, args[i]);
		ok(store_outcomes(k->ro, art, &w, &tried));
		assert_int_equal(w, w0 + i);
		assert_int_equal(tried, t0 + 1);
		run_for(k, 3 * MINUTE);
		expect(k, u, OPS_DONE, OPR_NONE);
		ok(store_outcomes(k->ro, art, &w, &tried));
		assert_int_equal(w, w0 + i);
		assert_int_equal(tried, t0 + 1);
	}
	/* ours and the centre's one; the play may have brought others */
	ok(store_row_rid(k->ro, ENT_OUTCOME, k->conn,
		arena_printf(k->a, "said-lina-KB-118-%s", rid), &rows));
	assert_int_equal(row_get(&rows.v[0], FID_OUTCOME_WORKED)->i, 0);
	rows_free(&rows);
	assert_true(count(k, ENT_OUTCOME, "") >= before + 2);
}

static void an_outdated_article_waits_for_its_owner(void **state)
{
	struct desk *k = *state;
	int64_t art = id_of(k, ENT_ARTICLE, "KB-118");
	const char *u = put(k, OP_ARTICLE_OUTDATED, art,
		"{\"why\":\"the bank has moved\"}");

	assert_string_equal(text_of(k, FID_ARTICLE_STATUS, art), "outdated");
	run_for(k, 3 * MINUTE);
	expect(k, u, OPS_DONE, OPR_NONE);
	assert_string_equal(text_of(k, FID_ARTICLE_STATUS, art), "outdated");
}

static void a_rule_that_is_broken_is_refused_with_words(void **state)
{
	struct desk *k = *state;
	int64_t t = open_ticket(k);
	const char *bad =
		put(k, OP_TICKET_SET, t, "{\"set\":{\"status\":\"stalled\"}}");
	const char *gone = put(k, OP_TICKET_CREATE, 0,
		"{\"queue\":\"nowhere\",\"subject\":\"Noise\"}");

	run_for(k, MINUTE);
	expect(k, bad, OPS_HELD, OPR_REFUSED);
	assert_non_null(strstr(op_of(k, bad).error, "stalled"));
	assert_non_null(strstr(op_of(k, bad).error, "waiting"));
	expect(k, gone, OPS_HELD, OPR_REFUSED);
}

/* Two desks at one centre: ours was written before theirs was seen. */
static void the_same_field_changed_by_a_colleague_asks(void **state)
{
	struct desk *k = *state;
	int64_t t = id_of(k, ENT_TICKET, "T-8812");
	const char *uid;
	int i;

	demo_pause(k->demo, 0);
	/* the plan of the day has a colleague raise the priority */
	for (i = 0; i < 3600; i++) {
		char *before = xstrdup(text_of(k, FID_TICKET_PRIORITY, t));

		k->now += SECOND;
		/* the centre plays on, our cache has not looked */
		(void)k->demo->ops->pump(k->demo);
		uid = NULL;
		if (i == 150)
			uid = put(k, OP_TICKET_SET, t,
				"{\"set\":{\"priority\":11}}");
		free(before);
		if (uid)
			break;
	}
	run_for(k, MINUTE);
	expect(k, uid, OPS_HELD, OPR_CONFLICT);
	ok(store_op_decide(k->rw, uid, OPD_OURS, "person"));
	run_for(k, MINUTE);
	expect(k, uid, OPS_DONE, OPR_NONE);
	assert_string_equal(text_of(k, FID_TICKET_PRIORITY, t), "11");
}

static void a_reply_is_answered(void **state)
{
	struct desk *k = *state;
	int64_t t = id_of(k, ENT_TICKET, "T-8812");
	struct rows before, after;
	const char *uid = NULL;
	int i, in = 0;

	ok(store_thread(k->ro, ENT_TICKET, t, 1000, &before));
	/* four of five are answered, so one of several is */
	for (i = 0; i < 6; i++) {
		struct store_enqueue e = {.connector = k->conn,
			.kind = OP_TICKET_NOTE,
			.target = t,
			.args = "{\"text\":\"x\"}"};

		(void)e;
		uid = put(k, OP_TICKET_REPLY, t,
			"{\"text\":\"The bank has it\"}");
		run_for(k, 5 * MINUTE);
		if (op_of(k, uid).state == OPS_HELD)
			ok(store_op_decide(
				k->rw, uid, OPD_SEND_ANYWAY, "person"));
	}
	run_for(k, 5 * MINUTE);
	ok(store_thread(k->ro, ENT_TICKET, t, 1000, &after));
	for (i = 0; i < after.n; i++) {
		const struct val *dir = row_get(&after.v[i], FID_MESSAGE_DIR);

		in += i >= before.n && dir->kind == VAL_TEXT &&
		      strcmp(dir->s, "in") == 0;
	}
	assert_true(in >= 1);
	rows_free(&before);
	rows_free(&after);
}

static void the_day_brings_messages_calls_and_a_dead_line(void **state)
{
	struct desk *k = *state;
	int64_t messages = count(k, ENT_MESSAGE, "");
	int64_t calls = count(k, ENT_CALL, "");
	int rang = 0, answered = 0, offline = 0, healed = 0, i;
	struct engine_status s;

	for (i = 0; i < 40 * 60; i++) {
		run_for(k, SECOND);
		rang += count(k, ENT_CALL, "status:ringing") > 0;
		ok(engine_status(k->engine, 0, &s));
		if (s.state == CONN_OFFLINE)
			offline = 1;
		else
			healed |= offline;
		if (rang && !answered) {
			demo_line(k->demo, DEMO_ANSWER);
			run_for(k, SECOND);
			answered = count(k, ENT_CALL, "status:active") == 1;
		}
	}
	demo_line(k->demo, DEMO_HANG_UP);
	run_for(k, 2 * SECOND);
	assert_true(count(k, ENT_MESSAGE, "") > messages + 20);
	assert_true(count(k, ENT_CALL, "") > calls);
	assert_true(rang && answered);
	assert_int_equal(count(k, ENT_CALL, "status:active"), 0);
	assert_true(offline && healed);
}

static void what_was_written_offline_arrives_once(void **state)
{
	struct desk *k = *state;
	int64_t t = id_of(k, ENT_TICKET, "T-8812");
	struct engine_status s;
	const char *uid = NULL;
	int i;

	for (i = 0; i < 60 * 60 && !uid; i++) {
		run_for(k, SECOND);
		ok(engine_status(k->engine, 0, &s));
		if (s.state == CONN_OFFLINE)
			uid = put(k, OP_TICKET_NOTE, t,
				"{\"text\":\"written without a line\"}");
	}
	assert_non_null(uid);
	run_for(k, 10 * SECOND);
	assert_int_not_equal(op_of(k, uid).state, OPS_DONE);
	run_for(k, 5 * MINUTE);
	expect(k, uid, OPS_DONE, OPR_NONE);
	assert_int_equal(made_by(k, ENT_TICKET, t, uid), 1);
}

/* --- restarts
 * -------------------------------------------------------------------- */

/* Which world the cache has read so far. */
static int64_t generation(struct desk *k)
{
	const char *cursor, *pos;
	int64_t polled;

	ok(store_cursor_get(
		k->ro, k->conn, "changes", "", k->a, &cursor, &pos, &polled));
	return strtoll(cursor, NULL, 10);
}

static void a_restart_finds_everything_again(void **state)
{
	struct desk *k = *state;
	int64_t t = id_of(k, ENT_TICKET, "T-8812"), n, calls;
	int64_t world = generation(k);
	const char *uid = put(k, OP_TICKET_NOTE, t, "{\"text\":\"kept\"}");
	const char *late;

	run_for(k, 12 * MINUTE);
	expect(k, uid, OPS_DONE, OPR_NONE);
	n = count(k, ENT_MESSAGE, "");
	calls = count(k, ENT_CALL, "");
	late = put(k, OP_TICKET_NOTE, t, "{\"text\":\"sent, not answered\"}");
	/* it arrives, the answer does not */
	turn(k);
	turn(k);
	desk_close(k);
	k->now += 5 * MINUTE;
	k->paused = 1;
	desk_open(k);
	run_for(k, 2 * MINUTE);
	expect(k, late, OPS_DONE, OPR_NONE);
	assert_int_equal(made_by(k, ENT_TICKET, t, uid), 1);
	assert_int_equal(made_by(k, ENT_TICKET, t, late), 1);
	assert_int_equal(count(k, ENT_MESSAGE, ""), n + 1);
	assert_int_equal(count(k, ENT_CALL, ""), calls);
	/* nothing had to be read again */
	assert_int_equal(generation(k), world);
	/* a new cache sees the same */
	desk_close(k);
	unlink(k->path);
	desk_open(k);
	run_for(k, MINUTE);
	t = id_of(k, ENT_TICKET, "T-8812");
	assert_int_equal(count(k, ENT_MESSAGE, ""), n + 1);
	assert_int_equal(made_by(k, ENT_TICKET, t, late), 1);
}

static void days_later_it_is_today_again(void **state)
{
	struct desk *k = *state;
	int64_t t = id_of(k, ENT_TICKET, "T-8812"), before, after, n;

	before = strtoll(text_of(k, FID_TICKET_CREATED, t), NULL, 10);
	n = count(k, ENT_TICKET, "");
	desk_close(k);
	k->now += 3 * 24 * 60 * MINUTE + 5 * MINUTE;
	desk_open(k);
	run_for(k, MINUTE);
	after = strtoll(text_of(k, FID_TICKET_CREATED, t), NULL, 10);
	assert_int_equal(after - before, 3 * 24 * 60 * MINUTE);
	assert_int_equal(count(k, ENT_TICKET, ""), n);
}

static void a_torn_line_of_the_file_is_left_out(void **state)
{
	struct desk *k = *state;
	FILE *f;

	desk_close(k);
	f = fopen(k->file, "ae");
	assert_non_null(f);
	fputs("{\"op\":\"01", f);
	fclose(f);
	desk_open(k);
	run_for(k, 10 * SECOND);
	assert_string_equal(
		text_of(k, FID_TICKET_CUSTOMER, id_of(k, ENT_TICKET, "T-8812")),
		"王芳");
}

static void a_file_of_something_else_is_refused(void **state)
{
	struct desk *k = *state;
	struct demo_args da = {.clock = &k->clock};
	char *other = xasprintf("%s/got.txt", k->dir);
	struct conn *c;

	ok(file_write(other, "{\"x\":1}\n", 8));
	da.file = other;
	assert_int_equal(demo_open(&da, &c), E_CONFIG);
	assert_non_null(strstr(err_msg(), "got.txt:1"));
	ok(file_write(other, "not json\n", 9));
	assert_int_equal(demo_open(&da, &c), E_CONFIG);
	free(other);
}

static void a_fault_in_a_story_is_named_with_its_line(void **state)
{
	static const struct {
		const char *text, *where, *what;
	} bad[] = {
		{"queue repair\n\tname X\n\tcolour red\n", ":3:", "colour"},
		{"banana split\n", ":1:", "banana"},
		{"queue q\nstory s\n\tlang en\n\tqueue q\n\t+2x mail: a\n",
			":5:", "+2x"},
		{"queue q\nstory s\n\tlang en\n\tqueue q\n\t+2h shout: a\n",
			":5:", "shout"},
		{"\tname X\n", ":1:", "before"},
		{"queue q\n\tname \xff\n", ":1:", "UTF-8"},
	};
	struct desk *k = *state;
	char *dir = xasprintf("%s/data", k->dir);
	char *file = xasprintf("%s/x.demo", dir);
	struct demo_args da = {.clock = &k->clock, .data = dir};
	struct conn *c;
	size_t i;

	ok(path_make_private(dir));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ok(file_write(file, bad[i].text, strlen(bad[i].text)));
		assert_int_equal(demo_open(&da, &c), E_CONFIG);
		if (!strstr(err_msg(), bad[i].where) ||
			!strstr(err_msg(), bad[i].what))
			fail_msg("%s", err_msg());
	}
	unlink(file);
	rmdir(dir);
	free(file);
	free(dir);
}

/* New string. */
static char *fetched(struct desk *k, const char *query)
{
	struct rows rows = pick(k, ENT_FILE, query, 1);
	char *to = xasprintf("%s/got", k->dir), *text;
	struct job j = {.kind = JOB_FILE, .file_path = to};
	struct job_result r;
	size_t len;

	assert_int_equal(rows.n, 1);
	j.file_rid = rows.v[0].rid;
	ok(k->demo->ops->start(k->demo, &j));
	assert_int_equal(k->demo->ops->next(k->demo, &r), 1);
	assert_int_equal(r.outcome, OUT_OK);
	job_result_fini(&r);
	ok(file_read(to, 100000, &text, &len));
	assert_int_equal(len, row_get(&rows.v[0], FID_FILE_SIZE)->i);
	unlink(to);
	free(to);
	rows_free(&rows);
	return text;
}

static void an_attachment_can_be_fetched(void **state)
{
	char *s = fetched(*state, "name:receipt.txt");

	assert_non_null(strstr(s, "CNY 4,280"));
	free(s);
	s = fetched(*state, "name:hob.png");
	assert_memory_equal(s, "\x89PNG\r\n\x1a\n", 8);
	free(s);
}

/* Real clock, real descriptors: what is played wakes whoever waits. Bounded by
 * turns, not by time. */
static void a_host_hears_of_it_by_itself(void **state)
{
	struct desk *k = *state;
	char *file = xasprintf("%s/demo.jsonl", k->dir);
	const char *values[8] = {NULL, "20000", file, NULL};
	struct host_conn hc = {.args = {.name = "demo", .values = values}};
	struct store_opts opts = {.path = k->path};
	struct host_args ha = {.store = &opts, .conns = &hc, .n_conns = 1};
	struct host *h;
	struct manifest *m;
	int64_t n, first = 0;
	int i;

	desk_close(k);
	unlink(k->path);
	unlink(file);
	ok(manifest_load("demo", &m));
	hc.manifest = m;
	ok(host_new(&ha, &h));
	assert_int_equal(demo_speed_now(), 20000);
	k->ro = store_reader(host_store(h));
	for (i = 0; i < 2000; i++) {
		ok(host_turn(h, 1000, NULL, 0));
		n = count(k, ENT_MESSAGE, "");
		if (!engine_settled(host_engine(h)))
			continue;
		first = first ? first : n;
		if (n >= first + 3)
			break;
	}
	assert_true(i < 2000);
	demo_pause(NULL, 1);
	assert_int_equal(demo_speed_now(), 0);
	host_free(h);
	assert_int_equal(demo_speed_now(), -1);
	manifest_free(m);
	free(file);
	unlink(k->path);
	unlink(k->file);
	desk_open(k);
}

static void it_is_a_manifest_like_others(void **state)
{
	struct manifest *m;
	int n;

	(void)state;
	ok(manifest_load("demo", &m));
	assert_string_equal(manifest_id(m), "demo");
	assert_non_null(manifest_settings(m, &n));
	assert_true(n >= 2);
	assert_int_equal(manifest_desc(m)->n_ops > 15, 1);
	manifest_free(m);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
#define P(fn) cmocka_unit_test_setup_teardown(fn, setup_playing, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_whole_world_comes_over),
		T(chats_and_threads_are_long),
		T(texts_are_told_to_the_end),
		T(no_two_threads_are_the_same),
		T(search_finds_both_languages),
		T(wang_fang_waits_for_her_refund),
		T(a_kept_promise_was_kept_in_time),
		T(the_same_seed_gives_the_same_world),
		T(nothing_lies_in_the_future),
		T(an_operation_of_each_kind_travels),
		T(an_outcome_of_an_article_travels_and_counts_once),
		T(an_outdated_article_waits_for_its_owner),
		T(a_rule_that_is_broken_is_refused_with_words),
		T(the_same_field_changed_by_a_colleague_asks),
		P(a_reply_is_answered),
		P(the_day_brings_messages_calls_and_a_dead_line),
		P(what_was_written_offline_arrives_once),
		P(a_restart_finds_everything_again),
		T(days_later_it_is_today_again),
		P(a_torn_line_of_the_file_is_left_out),
		T(a_file_of_something_else_is_refused),
		T(a_fault_in_a_story_is_named_with_its_line),
		T(an_attachment_can_be_fetched),
		T(a_host_hears_of_it_by_itself),
		cmocka_unit_test(it_is_a_manifest_like_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
