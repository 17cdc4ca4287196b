/* SPDX-License-Identifier: MIT */
/* Jobs from start to result, with a network that is this file. */
#include "conn_fix.h"

#include <sys/stat.h>
#include "galley/base/paths.h"

static const char text[] =
	"{\"galley_connector\": 1, \"id\": \"t\", \"title\": \"T\",\n"
	"\"config\": {\"base\": {\"type\": \"url\"}, \"token\": {\"type\": "
	"\"secret\"}, \"portal\": {\"type\": \"string\", \"optional\": true},\n"
	" \"uid\": {\"derive\": {\"from\": \"token\", \"regex\": "
	"\"^u([0-9]+)-\"}}},\n"
	"\"http\": {\"base\": \"{base}/api\", \"parallel\": 2, \"headers\": "
	"{\"X-Token\": \"{token}\"}},\n"
	"\"errors\": [\n"
	" {\"when\": \".status == 401\", \"class\": \"auth\"},\n"
	" {\"when\": \".status == 503 and .body.busy\", \"class\": "
	"\"not_executed\", \"of\": \"write\"},\n"
	" {\"when\": \".status == 500\", \"class\": \"retry\"},\n"
	" {\"when\": \".status == 429\", \"class\": \"rate\", \"wait_s\": "
	"\".body.wait\"},\n"
	" {\"when\": \".status == 410\", \"class\": \"resync\", \"of\": "
	"\"read\"},\n"
	" {\"when\": \".body.error != null\", \"class\": \"reject\", "
	"\"message\": \".body.error\"}],\n"
	"\"probe\": [{\"request\": {\"path\": \"/me\"}, \"me\": \".body.id\", "
	"\"save\": \"{a: 1, b: 1}\"},\n"
	" {\"request\": {\"path\": \"/more/{me}\", \"query\": {\"a\": {\"jq\":"
	" \".saved.a\"}, \"b\": \"{b}\"}}, \"save\": \"{b: 2}\"}],\n"
	"\"streams\": {\n"
	" \"spy\": {\"every_s\": 9, \"request\": {\"path\": \"/x\", \"query\": "
	"{\"q\": {\"jq\": \"tojson\"}}}, \"map\": \"empty\"},\n"
	" \"num\": {\"every_s\": 9, \"request\": {\"path\": \"/n\", \"query\": "
	"{\"p\": \"{page}\", \"since\": \"{cursor}\"}},\n"
	"  \"page\": {\"type\": \"number\", \"start\": 1, \"until\": "
	"\".body.last\"}, \"cursor\": {\"type\": \"token\", \"from\": "
	"\".body.c\", \"commit\": \"run\"}, \"map\": \"empty\"},\n"
	" \"next\": {\"every_s\": 9, \"request\": {\"path\": \"/l\", \"query\":"
	" {\"size\": \"5\"}}, \"page\": {\"type\": \"next_url\", \"from\": "
	"\".body.next\"}, \"map\": \"empty\"},\n"
	" \"loop\": {\"every_s\": 9, \"request\": {\"path\": \"/c/{cursor}\"}, "
	"\"page\": {\"type\": \"cursor_loop\", \"until\": \".body.last\"},\n"
	"  \"cursor\": {\"type\": \"int\", \"init\": \"0\", \"from\": "
	"\".body.max\"}, \"map\": \"empty\"},\n"
	" \"time\": {\"every_s\": 9, \"request\": {\"path\": \"/t\", \"query\":"
	" {\"s\": \"{cursor}\", \"n\": {\"jq\": \".cursor\"}}}, \"cursor\": "
	"{\"type\": \"time\", \"from\": \".body.at\"}, \"map\": \"empty\"},\n"
	" \"maybe\": {\"every_s\": 9, \"when\": \".cfg.portal != null\", "
	"\"request\": {\"path\": \"/{portal}\"}, \"map\": \"empty\"},\n"
	" \"gone\": {\"by\": \"key\", \"entity\": \"ticket\", \"request\": "
	"{\"path\": \"/{key}\"}, \"map\": \"{e: \\\"ticket\\\", rid: .key}\"}"
	"},\n"
	"\"file\": {\"request\": {\"path\": \"/f/{key}\"}, \"json\": \"data\", "
	"\"encoding\": \"base64\"},\n"
	"\"ops\": {\n"
	" \"ticket.note\": {\"request\": {\"method\": \"POST\", \"path\": "
	"\"/{target}/n\", \"headers\": {\"Key\": \"{op}\", \"If-Match\": "
	"\"{version}\"}, \"body\": \"{t: .args.text}\"},\n"
	"  \"ok\": \".body.done\", \"result\": \".body.id\"},\n"
	" \"ticket.take\": {\"request\": {\"method\": \"POST\", \"path\": "
	"\"/{target}/t\", \"form\": {\"who\": \"{me}\", \"k\": \"{token}\", "
	"\"none\": \"{portal}\", \"j\": {\"jq\": \"\\\"a&b\\\"\"}}}},\n"
	" \"ticket.time\": {\"request\": {\"method\": \"POST\", \"path\": "
	"\"/{target}/m\", \"json\": {\"k\": \"{token}\", \"v\": {\"jq\": "
	"\"[1]\"}}}},\n"
	" \"ticket.merge\": {\"request\": {\"method\": \"PUT\", \"path\": "
	"\"/{target}\"}, \"confirm\": {\"request\": {\"path\": \"/{target}\"}, "
	"\"ok\": \".body.into == .args.into\"}}}%s}\n";

#define TOKEN "u77-very secret"

struct sent {
	char *method, *url, *body, *headers;
	uint64_t id;
};

struct fix {
	struct manifest *m;
	struct interp *c;
	char *helper;
	struct fix_clock t;
	struct clock clock;
	struct sent sent[32];
	int n;
};

static int submit(void *u, const struct net_req *q, uint64_t *id)
{
	struct fix *f = u;
	struct sent *s = &f->sent[f->n];
	struct buf h = BUF_INIT;

	assert_true(f->n < 32);
	for (int i = 0; q->headers[i]; i++)
		buf_addf(&h, "%s\n", q->headers[i]);
	s->method = xstrdup(q->method);
	s->url = xstrdup(q->url);
	s->body = xstrndup(q->body ? q->body : "", q->body_len);
	s->headers = buf_take(&h);
	s->id = *id = (uint64_t)++f->n;
	return 0;
}

static void open_conn(struct fix *f, const char *extra)
{
	const char *values[] = {"https://h.example/", TOKEN, NULL};
	struct conn_args a = {.name = "inst",
		.values = values,
		.clock = &f->clock,
		.helper = f->helper};
	struct conn *conn;
	char *s;

	s = xasprintf(text, extra);
	f->m = fix_parse(s);
	free(s);
	if (manifest_connect(f->m, &a, &conn) < 0)
		fail_msg("%s", err_msg());
	f->c = (struct interp *)(void *)conn;
	f->c->submit = submit;
	f->c->submit_user = f;
}

static int setup(void **state)
{
	struct fix *f = xcalloc(1, sizeof(*f));

	f->helper = fix_helper();
	f->clock = fix_clock_of(&f->t);
	f->t.now_ms = 1795262400000;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fix *f = *state;

	if (f->c)
		f->c->conn.ops->free(&f->c->conn);
	manifest_free(f->m);
	for (int i = 0; i < f->n; i++) {
		free(f->sent[i].method);
		free(f->sent[i].url);
		free(f->sent[i].body);
		free(f->sent[i].headers);
	}
	free(f->helper);
	free(f);
	return 0;
}

/* Until `n` requests are out or a result is there: 1 and the result. */
static int go(struct fix *f, int n, struct job_result *r)
{
	for (int i = 0; i < 2000; i++) {
		struct pollfd p;

		if (f->c->conn.ops->next(&f->c->conn, r))
			return 1;
		if (f->n >= n)
			return 0;
		p.fd = mapper_fd(f->c->mapper);
		p.events = POLLIN;
		(void)poll(&p, 1, 20);
	}
	fail_msg("nothing happens");
	return 0;
}

static void reply(struct fix *f, int i, int status, const char *body)
{
	struct net_resp r = {.id = f->sent[i].id,
		.status = status,
		.headers = xstrdup("x-a: 1\n"),
		.body = xstrdup(body),
		.body_len = strlen(body),
		.date_ms = 1795262401000,
		.retry_after_ms = -1};

	manifest_conn_deliver(&f->c->conn, &r);
	free(r.headers);
	free(r.body);
}

static void start(struct fix *f, struct job *j)
{
	static uint64_t tag;

	j->tag = ++tag;
	if (f->c->conn.ops->start(&f->c->conn, j) < 0)
		fail_msg("%s", err_msg());
}

static void start_pull(
	struct fix *f, const char *stream, const char *cursor, const char *page)
{
	struct job j = {.kind = JOB_PULL,
		.stream = manifest_stream(f->m, stream),
		.cursor = cursor,
		.page = page};

	start(f, &j);
}

static void start_op(struct fix *f, enum op_kind k, const char *args)
{
	struct op op = {
		.uid = "UID1", .kind = k, .target_rid = "7", .args = args};
	struct job j = {.kind = JOB_OP, .op = &op};

	start(f, &j);
}

/* A pull with one answer. */
static struct job_result pull(struct fix *f, const char *stream,
	const char *cursor, const char *page, int status, const char *body)
{
	struct job_result r;
	int n = f->n;

	start_pull(f, stream, cursor, page);
	assert_int_equal(go(f, n + 1, &r), 0);
	reply(f, n, status, body);
	assert_int_equal(go(f, n + 2, &r), 1);
	return r;
}

static struct job_result note(struct fix *f, int status, const char *body)
{
	struct job_result r;
	int n = f->n;

	start_op(f, OP_TICKET_NOTE, "{\"text\": \"x\"}");
	assert_int_equal(go(f, n + 1, &r), 0);
	reply(f, n, status, body);
	assert_int_equal(go(f, n + 2, &r), 1);
	return r;
}

static void expect(struct job_result r, enum outcome o)
{
	if (r.outcome != o)
		fail_msg("%s instead of %s: %s", outcome_name(r.outcome),
			outcome_name(o), r.message ? r.message : "");
	if (o != OUT_OK) {
		assert_null(r.recs);
		assert_null(r.cursor);
		assert_null(r.page);
	}
	job_result_fini(&r);
}

/* --- secrets -------------------------------------------------------------- */

/* The filter writes all it sees into the URL. */
static void filters_see_no_secret(void **state)
{
	struct fix *f = *state;

	open_conn(f, "");
	expect(pull(f, "spy", NULL, NULL, 200, "{}"), OUT_OK);
	assert_null(strstr(f->sent[0].url, "secret"));
	assert_non_null(strstr(f->sent[0].url, "%22uid%22%3A%2277%22"));
	assert_non_null(strstr(f->sent[0].headers, "X-Token: " TOKEN "\n"));
}

static void secrets_go_into_forms_and_json(void **state)
{
	struct fix *f = *state;
	struct job_result r;

	open_conn(f, "");
	f->c->conn.ops->restore(&f->c->conn, NULL, "ann");
	start_op(f, OP_TICKET_TAKE, "{}");
	assert_int_equal(go(f, 1, &r), 0);
	assert_string_equal(
		f->sent[0].body, "who=ann&k=u77-very%20secret&j=a%26b");
	assert_non_null(strstr(f->sent[0].headers,
		"Content-Type: application/x-www-form-urlencoded"));
	start_op(f, OP_TICKET_TIME, "{}");
	assert_int_equal(go(f, 2, &r), 0);
	assert_string_equal(f->sent[1].body, "{\"k\":\"" TOKEN "\",\"v\":[1]}");
}

static void settings_are_checked(void **state)
{
	static const struct {
		const char *base, *token, *message;
	} bad[] = {
		{NULL, "t", "the setting `base` is missing"},
		{"https://h.example", NULL, "the setting `token` is missing"},
		{"ftp://h.example", "t", "begins with https://"},
		{"https://", "t", "has a host"},
		{"https://u:p@h.example", "t", "no password in it"},
		{"https://h.example/?a=b", "t", "without query"},
		{"http://h.example", "t", "in the clear"},
	};
	struct fix *f = *state;
	char *s = xasprintf(text, "");

	f->m = fix_parse(s);
	free(s);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const char *values[] = {bad[i].base, bad[i].token, NULL};
		struct conn_args a = {
			.name = "inst", .values = values, .clock = &f->clock};
		struct conn *conn = NULL;

		assert_int_equal(manifest_connect(f->m, &a, &conn), E_INPUT);
		assert_null(conn);
		if (!strstr(err_msg(), bad[i].message))
			fail_msg("%s", err_msg());
	}
}

/* --- reading ahead ---------------------------------------------------------
 */

static struct job_result page_one(struct fix *f)
{
	open_conn(f, "");
	f->c->read_ahead = 1;
	return pull(f, "num", "c", NULL, 200, "{}");
}

static void until_kept(struct fix *f)
{
	struct job_result r;

	for (int i = 0; i < 2000 && !f->c->kept; i++) {
		struct pollfd p = {
			.fd = mapper_fd(f->c->mapper), .events = POLLIN};

		(void)poll(&p, 1, 20);
		assert_int_equal(f->c->conn.ops->next(&f->c->conn, &r), 0);
	}
	assert_non_null(f->c->kept);
}

/* Fetched and mapped before it is asked for; asked for once. */
static void next_page_is_there(void **state)
{
	struct fix *f = *state;
	struct job_result r = page_one(f), r2;

	assert_int_equal(f->n, 2);
	assert_string_equal(
		f->sent[1].url, "https://h.example/api/n?p=2&since=c");
	reply(f, 1, 200, "{\"last\": true, \"c\": \"d\"}");
	until_kept(f);
	start_pull(f, "num", NULL, r.page);
	assert_int_equal(f->c->conn.ops->next(&f->c->conn, &r2), 1);
	assert_int_equal(f->n, 2);
	assert_int_equal(r2.outcome, OUT_OK);
	assert_string_equal(r2.cursor, "d");
	assert_true(r2.tag > r.tag);
	assert_null(r2.page);
	job_result_fini(&r2);
	/* given away: who asks again asks the server */
	start_pull(f, "num", NULL, r.page);
	assert_int_equal(go(f, 3, &r2), 0);
	job_result_fini(&r);
}

/* Asked for while it is under way: the same request serves. */
static void page_under_way_is_taken_over(void **state)
{
	struct fix *f = *state;
	struct job_result r = page_one(f), r2;

	start_pull(f, "num", NULL, r.page);
	assert_int_equal(f->n, 2);
	reply(f, 1, 200, "{\"last\": true}");
	assert_int_equal(go(f, 3, &r2), 1);
	assert_int_equal(r2.outcome, OUT_OK);
	job_result_fini(&r2);
	job_result_fini(&r);
}

/* A run that begins anew must not be given what an older one has read. */
static void new_run_drops_what_was_ahead(void **state)
{
	struct fix *f = *state;
	struct job_result r = page_one(f), r2;

	start_pull(f, "num", "c", NULL);
	assert_int_equal(f->n, 3);
	assert_string_equal(
		f->sent[2].url, "https://h.example/api/n?p=1&since=c");
	reply(f, 1, 200, "{\"last\": true, \"c\": \"old\"}");
	assert_int_equal(go(f, 3, &r2), 0);
	assert_null(f->c->kept);
	job_result_fini(&r);
}

static void old_page_is_asked_for_again(void **state)
{
	struct fix *f = *state;
	struct job_result r = page_one(f), r2;

	reply(f, 1, 200, "{\"last\": true}");
	until_kept(f);
	f->t.mono_ms += 31000;
	start_pull(f, "num", NULL, r.page);
	assert_int_equal(go(f, 3, &r2), 0);
	assert_string_equal(
		f->sent[2].url, "https://h.example/api/n?p=2&since=c");
	job_result_fini(&r);
}

/* Two may be under way, and one is ahead: an operation still finds a place. */
static void one_place_is_left_for_operations(void **state)
{
	struct fix *f = *state;
	struct job_result r = page_one(f), r2;

	assert_int_equal(f->n, 2);
	start_op(f, OP_TICKET_NOTE, "{\"text\": \"x\"}");
	assert_int_equal(go(f, 3, &r2), 0);
	/* and while it is there, nothing more is read ahead */
	reply(f, 1, 200, "{}");
	until_kept(f);
	assert_int_equal(f->n, 3);
	job_result_fini(&r);
}

static void failed_page_is_told_when_asked_for(void **state)
{
	struct fix *f = *state;
	struct job_result r = page_one(f), r2;

	reply(f, 1, 500, "{}");
	until_kept(f);
	assert_int_equal(f->n, 2);
	start_pull(f, "num", NULL, r.page);
	assert_int_equal(f->c->conn.ops->next(&f->c->conn, &r2), 1);
	expect(r2, OUT_RETRY);
	job_result_fini(&r);
}

/* --- paging and cursors --------------------------------------------------- */

/* A position brings its cursor along: the engine gives only it back. */
static void pages_keep_the_cursor(void **state)
{
	struct fix *f = *state;
	struct job_result r;

	open_conn(f, "");
	r = pull(f, "num", "tok 1", NULL, 200, "{\"c\": \"tok 2\"}");
	assert_string_equal(
		f->sent[0].url, "https://h.example/api/n?p=1&since=tok%201");
	assert_string_equal(r.cursor, "tok 2");
	assert_non_null(r.page);
	{
		struct job_result r2 =
			pull(f, "num", NULL, r.page, 200, "{\"last\": true}");

		assert_string_equal(f->sent[1].url,
			"https://h.example/api/n?p=2&since=tok%201");
		assert_null(r2.page);
		assert_null(r2.cursor);
		expect(r2, OUT_OK);
	}
	expect(r, OUT_OK);
	/* without a cursor the parameter is left out */
	r = pull(f, "num", NULL, NULL, 200, "{}");
	assert_string_equal(f->sent[2].url, "https://h.example/api/n?p=1");
	expect(r, OUT_OK);
}

static void next_urls_stay_on_the_server(void **state)
{
	static const char *const elsewhere[] = {"https://evil.example/api/l",
		"http://h.example/api/l", "https://h.example:8443/api/l",
		"https://h.example.evil.example/", "https://h.example@evil/",
		"//evil/x", "\\\\\\\\evil\\\\x",
		"http://169.254.169.254/latest/meta-data/",
		"http://[::ffff:169.254.169.254]/", "http://127.0.0.1:25/",
		"file:///etc/passwd", "gopher://127.0.0.1:25/_HELO",
		"dict://127.0.0.1:11211/", "ftp://h.example/", "next"};
	struct fix *f = *state;
	struct job_result r;

	open_conn(f, "");
	r = pull(f, "next", NULL, NULL, 200, "{\"next\": \"/api/l?page=2\"}");
	assert_non_null(r.page);
	{
		struct job_result r2 = pull(f, "next", NULL, r.page, 200, "{}");

		assert_string_equal(
			f->sent[1].url, "https://h.example/api/l?page=2");
		assert_null(r2.page);
		expect(r2, OUT_OK);
	}
	expect(r, OUT_OK);
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++) {
		char *body = xasprintf("{\"next\": \"%s\"}", elsewhere[i]);
		int sent = f->n;

		expect(pull(f, "next", NULL, NULL, 200, body), OUT_BROKEN);
		assert_int_equal(f->n, sent + 1);
		free(body);
	}
}

/* The address in the configuration has changed since a position was kept: the
 * credentials do not go to the old one. */
static void a_kept_position_does_not_lead_elsewhere(void **state)
{
	struct fix *f = *state;
	struct job_result r;
	char *page, *host;

	open_conn(f, "");
	r = pull(f, "next", NULL, NULL, 200, "{\"next\": \"/api/l?page=2\"}");
	page = xstrdup(r.page);
	expect(r, OUT_OK);
	host = strstr(page, "h.example");
	assert_non_null(host);
	*host = 'x';
	expect(pull(f, "next", NULL, page, 200, "{}"), OUT_OK);
	assert_string_equal(f->sent[1].url, f->sent[0].url);
	free(page);
}

static void loops_must_move(void **state)
{
	struct fix *f = *state;
	struct job_result r;

	open_conn(f, "");
	r = pull(f, "loop", "5", NULL, 200, "{\"max\": 9}");
	assert_string_equal(r.cursor, "9");
	assert_string_equal(r.page, "9");
	expect(r, OUT_OK);
	r = pull(f, "loop", NULL, "9", 200, "{\"max\": 12, \"last\": true}");
	assert_string_equal(f->sent[1].url, "https://h.example/api/c/9");
	assert_null(r.page);
	expect(r, OUT_OK);
	expect(pull(f, "loop", "9", NULL, 200, "{\"max\": 9}"), OUT_BROKEN);
	expect(pull(f, "loop", "9", NULL, 200, "{}"), OUT_BROKEN);
	expect(pull(f, "loop", "9", NULL, 200, "{\"max\": \"x\"}"), OUT_BROKEN);
}

static void times_are_kept_in_ms(void **state)
{
	struct fix *f = *state;
	struct job_result r;

	open_conn(f, "");
	r = pull(f, "time", "1795262400500", NULL, 200,
		"{\"at\": \"2026-11-21T20:00:01+08:00\"}");
	assert_string_equal(f->sent[0].url,
		"https://h.example/api/t?s=2026-11-21T12%3A00%3A00.500Z&"
		"n=1795262400.5");
	assert_string_equal(r.cursor, "1795262401000");
	assert_int_equal(r.server_ms, 1795262401000);
	expect(r, OUT_OK);
	expect(pull(f, "time", NULL, NULL, 200, "{\"at\": \"soon\"}"),
		OUT_BROKEN);
}

static void when_skips_without_asking(void **state)
{
	struct fix *f = *state;
	struct job_result r;

	open_conn(f, "");
	start_pull(f, "maybe", NULL, NULL);
	assert_int_equal(go(f, 99, &r), 1);
	assert_int_equal(f->n, 0);
	assert_non_null(r.recs);
	assert_int_equal(r.recs->n, 0);
	expect(r, OUT_OK);
}

static void reads_by_rules(void **state)
{
	struct fix *f = *state;
	struct job_result r;

	open_conn(f, "");
	expect(pull(f, "loop", "1", NULL, 401, ""), OUT_AUTH);
	expect(pull(f, "loop", "1", NULL, 500, "oops"), OUT_RETRY);
	expect(pull(f, "loop", "1", NULL, 410, ""), OUT_RESYNC);
	expect(pull(f, "loop", "1", NULL, 200, "{\"error\": \"no\"}"),
		OUT_REFUSED);
	expect(pull(f, "loop", "1", NULL, 200, "<html>"), OUT_BROKEN);
	r = pull(f, "loop", "1", NULL, 429, "{\"wait\": 7}");
	assert_int_equal(r.wait_ms, 7000);
	expect(r, OUT_RATE);
	r = pull(f, "loop", "1", NULL, 429, "{\"wait\": 99999999}");
	assert_int_equal(r.wait_ms, 3600000);
	expect(r, OUT_RATE);
	/* a rule for writes does not speak about reads */
	expect(pull(f, "loop", "1", NULL, 503, "{\"busy\": true}"), OUT_RATE);
}

/* --- writes --------------------------------------------------------------- */

static void writes_by_rules(void **state)
{
	struct fix *f = *state;
	struct job_result r;

	open_conn(f, "");
	r = note(f, 200, "{\"done\": true, \"id\": 5}");
	assert_string_equal(f->sent[0].method, "POST");
	assert_string_equal(f->sent[0].url, "https://h.example/api/7/n");
	assert_string_equal(f->sent[0].body, "{\"t\":\"x\"}");
	assert_non_null(strstr(f->sent[0].headers, "Key: UID1\n"));
	assert_null(strstr(f->sent[0].headers, "If-Match"));
	assert_string_equal(r.result_rid, "5");
	expect(r, OUT_OK);
	/* a yes by status that does not say so, or has no id */
	expect(note(f, 200, "{\"id\": 5}"), OUT_UNKNOWN);
	expect(note(f, 200, "{\"done\": true}"), OUT_UNKNOWN);
	expect(note(f, 200, "{\"done\": true, \"id\":"), OUT_UNKNOWN);
	expect(note(f, 200, ""), OUT_UNKNOWN);
	expect(note(f, 202, "{\"done\": true, \"id\": 5}"), OUT_ACCEPTED);
	/* "try again" from a server in trouble is no promise */
	expect(note(f, 500, "{}"), OUT_UNKNOWN);
	expect(note(f, 503, "{}"), OUT_UNKNOWN);
	expect(note(f, 503, "{\"busy\": true}"), OUT_RETRY);
	expect(note(f, 302, ""), OUT_REFUSED);
	expect(note(f, 401, ""), OUT_AUTH);
	expect(note(f, 404, ""), OUT_GONE);
	r = note(f, 200, "{\"error\": \"not today\"}");
	assert_string_equal(r.message, "not today");
	expect(r, OUT_REFUSED);
}

static void faults_of_writes(void **state)
{
	static const struct {
		enum net_fault fault;
		enum outcome outcome;
	} rows[] = {{NET_NOT_SENT, OUT_NOT_SENT}, {NET_BAD_TLS, OUT_NOT_SENT},
		{NET_LOST, OUT_UNKNOWN}, {NET_TOO_BIG, OUT_UNKNOWN},
		{NET_CANCELLED, OUT_UNKNOWN}, {NET_REDIRECT, OUT_REFUSED}};
	struct fix *f = *state;

	open_conn(f, "");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct net_resp n = {
			.fault = rows[i].fault, .error = xstrdup("why")};
		struct job_result r;

		start_op(f, OP_TICKET_NOTE, "{\"text\": \"x\"}");
		assert_int_equal(go(f, f->n + 1, &r), 0);
		n.id = f->sent[f->n - 1].id;
		manifest_conn_deliver(&f->c->conn, &n);
		free(n.error);
		assert_int_equal(go(f, 99, &r), 1);
		assert_string_equal(r.message, "why");
		expect(r, rows[i].outcome);
	}
}

static struct job_result merge(struct fix *f, int status, const char *body)
{
	struct job_result r;
	int n = f->n;

	start_op(f, OP_TICKET_MERGE, "{\"into\": \"9\"}");
	assert_int_equal(go(f, n + 1, &r), 0);
	reply(f, n, 200, "[]");
	assert_int_equal(go(f, n + 2, &r), 0);
	assert_string_equal(f->sent[n + 1].method, "GET");
	reply(f, n + 1, status, body);
	assert_int_equal(go(f, 99, &r), 1);
	return r;
}

static void confirm_looks_after_the_yes(void **state)
{
	struct fix *f = *state;

	open_conn(f, "");
	expect(merge(f, 200, "{\"into\": \"9\"}"), OUT_OK);
	expect(merge(f, 200, "{\"into\": \"8\"}"), OUT_REFUSED);
	expect(merge(f, 500, ""), OUT_UNKNOWN);
	expect(merge(f, 200, "<"), OUT_UNKNOWN);
}

/* --- probe, login --------------------------------------------------------- */

static void probe_merges_what_it_saves(void **state)
{
	struct fix *f = *state;
	struct job j = {.kind = JOB_PROBE};
	struct job_result r;

	open_conn(f, "");
	start(f, &j);
	assert_int_equal(go(f, 1, &r), 0);
	reply(f, 0, 200, "{\"id\": 41}");
	assert_int_equal(go(f, 2, &r), 0);
	assert_string_equal(
		f->sent[1].url, "https://h.example/api/more/41?a=1&b=1");
	reply(f, 1, 200, "{}");
	assert_int_equal(go(f, 99, &r), 1);
	assert_string_equal(r.me, "41");
	assert_string_equal(r.saved, "{\"a\":1,\"b\":2}");
	expect(r, OUT_OK);
}

static const char login[] =
	",\n\"login\": {\"steps\": [{\"request\": {\"method\": \"POST\", "
	"\"path\": \"/login\", \"form\": {\"pass\": \"{token}\"}}, \"ok\": "
	"\".body.ok\", \"save\": \"{sess: .body.s}\"}],\n"
	" \"headers\": {\"Session\": \"{sess}\"}, \"expires_s\": 100}";

static void one_login_serves_all(void **state)
{
	struct fix *f = *state;
	struct job_result r;

	open_conn(f, login);
	start_pull(f, "loop", "1", NULL);
	assert_int_equal(go(f, 1, &r), 0);
	assert_string_equal(f->sent[0].url, "https://h.example/api/login");
	assert_null(strstr(f->sent[0].headers, "Session"));
	reply(f, 0, 200, "{\"ok\": true, \"s\": \"abcdefgh\"}");
	assert_int_equal(go(f, 2, &r), 0);
	assert_non_null(strstr(f->sent[1].headers, "Session: abcdefgh\n"));
	reply(f, 1, 200, "{\"last\": true}");
	assert_int_equal(go(f, 99, &r), 1);
	expect(r, OUT_OK);
	/* still logged in */
	expect(pull(f, "loop", "1", NULL, 200, "{\"last\": true}"), OUT_OK);
	assert_int_equal(f->n, 3);
	/* the session is over by its own time */
	f->t.mono_ms += 101 * 1000;
	start_pull(f, "loop", "1", NULL);
	assert_int_equal(go(f, 4, &r), 0);
	assert_string_equal(f->sent[3].url, "https://h.example/api/login");
	reply(f, 3, 200, "{\"ok\": false}");
	assert_int_equal(go(f, 99, &r), 1);
	expect(r, OUT_AUTH);
}

/* A write that was refused for its session goes again, once. */
static void a_lost_session_is_renewed_once(void **state)
{
	struct fix *f = *state;
	struct job_result r;

	open_conn(f, login);
	start_op(f, OP_TICKET_NOTE, "{\"text\": \"x\"}");
	assert_int_equal(go(f, 1, &r), 0);
	reply(f, 0, 200, "{\"ok\": true, \"s\": \"first-one\"}");
	assert_int_equal(go(f, 2, &r), 0);
	reply(f, 1, 401, "");
	assert_int_equal(go(f, 3, &r), 0);
	assert_string_equal(f->sent[2].url, "https://h.example/api/login");
	reply(f, 2, 200, "{\"ok\": true, \"s\": \"second-one\"}");
	assert_int_equal(go(f, 4, &r), 0);
	assert_non_null(strstr(f->sent[3].headers, "Session: second-one\n"));
	reply(f, 3, 401, "");
	assert_int_equal(go(f, 99, &r), 1);
	expect(r, OUT_AUTH);
	assert_int_equal(f->n, 4);
}

/* The session is lost on the answer whose `ok` would be unknown: no second
 * write. */
static void a_lost_answer_is_not_sent_again(void **state)
{
	struct fix *f = *state;
	struct net_resp n = {.fault = NET_LOST};
	struct job_result r;

	open_conn(f, login);
	start_op(f, OP_TICKET_NOTE, "{\"text\": \"x\"}");
	assert_int_equal(go(f, 1, &r), 0);
	reply(f, 0, 200, "{\"ok\": true, \"s\": \"first-one\"}");
	assert_int_equal(go(f, 2, &r), 0);
	n.id = f->sent[1].id;
	manifest_conn_deliver(&f->c->conn, &n);
	assert_int_equal(go(f, 99, &r), 1);
	expect(r, OUT_UNKNOWN);
	assert_int_equal(f->n, 2);
}

/* --- budgets -------------------------------------------------------------- */

static void parallel_is_kept(void **state)
{
	struct fix *f = *state;
	struct job j = {.kind = JOB_PULL, .stream = 1, .tag = 3};
	struct job_result r;

	open_conn(f, "");
	start_pull(f, "loop", "1", NULL);
	start_pull(f, "num", NULL, NULL);
	assert_int_equal(f->c->conn.ops->in_flight(&f->c->conn), 2);
	assert_int_equal(f->c->conn.ops->start(&f->c->conn, &j), E_LIMIT);
	assert_int_equal(go(f, 2, &r), 0);
	reply(f, 0, 200, "{\"last\": true}");
	assert_int_equal(go(f, 99, &r), 1);
	expect(r, OUT_OK);
	assert_int_equal(f->c->conn.ops->in_flight(&f->c->conn), 1);
	assert_int_equal(f->c->conn.ops->start(&f->c->conn, &j), 0);
	f->c->conn.ops->cancel(&f->c->conn, 3);
	assert_int_equal(f->c->conn.ops->in_flight(&f->c->conn), 1);
}

/* An answer to what was cancelled is nobody's. */
static void late_answers_are_dropped(void **state)
{
	struct fix *f = *state;
	struct job j = {.kind = JOB_PULL, .stream = 1};
	struct job_result r;

	open_conn(f, "");
	start(f, &j);
	assert_int_equal(go(f, 1, &r), 0);
	f->c->conn.ops->cancel(&f->c->conn, j.tag);
	reply(f, 0, 200, "{}");
	assert_int_equal(f->c->conn.ops->next(&f->c->conn, &r), 0);
	assert_int_equal(f->c->conn.ops->in_flight(&f->c->conn), 0);
}

/* --- files ---------------------------------------------------------------- */

static void files_go_past_the_filters(void **state)
{
	struct fix *f = *state;
	char dir[] = "/tmp/galley-test-XXXXXX", *path, *bytes;
	struct job j = {.kind = JOB_FILE, .file_rid = "a/b"};
	struct job_result r;
	struct stat st;
	size_t len;

	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/file", dir);
	open_conn(f, "");
	j.file_path = path;
	start(f, &j);
	assert_int_equal(go(f, 1, &r), 0);
	assert_string_equal(f->sent[0].url, "https://h.example/api/f/a%2Fb");
	reply(f, 0, 200, "{\"data\": \"AAEC\\n/w==\"}");
	assert_int_equal(go(f, 99, &r), 1);
	expect(r, OUT_OK);
	assert_int_equal(file_read(path, 100, &bytes, &len), 0);
	assert_int_equal(len, 4);
	assert_memory_equal(bytes, "\0\1\2\377", 4);
	free(bytes);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	unlink(path);
	start(f, &j);
	assert_int_equal(go(f, 2, &r), 0);
	reply(f, 1, 200, "{\"data\": \"<not base64>\"}");
	assert_int_equal(go(f, 99, &r), 1);
	expect(r, OUT_BROKEN);
	assert_int_not_equal(access(path, F_OK), 0);
	rmdir(dir);
	free(path);
}

/* --- fixtures ------------------------------------------------------------- */

static void shipped_fixtures_pass(void **state)
{
	struct fix *f = *state;
	struct buf report = BUF_INIT;

	assert_int_equal(manifest_load("rt5", &f->m), 0);
	if (manifest_test(f->m, f->helper, &report) != 0)
		fail_msg("%s", buf_str(&report));
	assert_null(strstr(buf_str(&report), "warn "));
	buf_fini(&report);
}

/* A fixture that expects something else fails, and says what came. */
static void wrong_fixtures_fail(void **state)
{
	static const struct {
		const char *fixture, *message;
	} bad[] = {
		{"{\"stream\": \"loop\", \"in\": {\"cursor\": \"1\", "
		 "\"status\": 200, \"body\": {\"max\": 5}}, \"out\": "
		 "{\"cursor\": \"6\"}}",
			"cursor: expected \"6\", got 5"},
		{"{\"stream\": \"gone\", \"in\": {\"key\": \"1\", \"status\": "
		 "200, \"body\": {}}, \"out\": {\"records\": []}}",
			"records: expected 0, got 1"},
		{"{\"stream\": \"gone\", \"in\": {\"key\": \"1\", \"status\": "
		 "200, \"body\": {}}, \"out\": {\"records\": [{\"e\": "
		 "\"ticket\", \"rid\": \"2\"}]}}",
			"record 1: expected"},
		{"{\"op\": \"ticket.note\", \"in\": {\"target\": \"7\", "
		 "\"args\": {\"text\": \"x\"}}, \"out\": {\"body\": {\"t\": "
		 "\"y\"}}}",
			"body: expected {\"t\":\"y\"}, got {\"t\":\"x\"}"},
		{"{\"op\": \"ticket.note\", \"in\": {\"target\": \"7\", "
		 "\"args\": {}, \"status\": 500}, \"out\": {\"outcome\": "
		 "\"retry\"}}",
			"outcome: expected \"retry\", got unknown"},
		{"{\"op\": \"ticket.note\", \"in\": {\"target\": \"7\", "
		 "\"arg\": {}}, \"out\": {}}",
			"`arg` is not known in `in`"},
		{"{\"op\": \"ticket.note\", \"in\": {\"target\": \"7\"}, "
		 "\"out\": {\"outcome\": \"ok\"}}",
			"there was no outcome"},
	};
	struct fix *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *extra =
			xasprintf(",\n\"fixtures\": [%s]", bad[i].fixture);
		char *s = xasprintf(text, extra);
		struct buf report = BUF_INIT;
		struct manifest *m = fix_parse(s);

		assert_int_equal(manifest_test(m, f->helper, &report), 1);
		if (!strstr(buf_str(&report), bad[i].message))
			fail_msg("%s", buf_str(&report));
		assert_non_null(strstr(buf_str(&report), "FAIL test.json:"));
		assert_non_null(strstr(
			buf_str(&report), "warn stream spy has no fixture"));
		manifest_free(m);
		buf_fini(&report);
		free(extra);
		free(s);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(filters_see_no_secret),
		T(secrets_go_into_forms_and_json),
		T(settings_are_checked),
		T(next_page_is_there),
		T(page_under_way_is_taken_over),
		T(new_run_drops_what_was_ahead),
		T(old_page_is_asked_for_again),
		T(one_place_is_left_for_operations),
		T(failed_page_is_told_when_asked_for),
		T(pages_keep_the_cursor),
		T(next_urls_stay_on_the_server),
		T(a_kept_position_does_not_lead_elsewhere),
		T(loops_must_move),
		T(times_are_kept_in_ms),
		T(when_skips_without_asking),
		T(reads_by_rules),
		T(writes_by_rules),
		T(faults_of_writes),
		T(confirm_looks_after_the_yes),
		T(probe_merges_what_it_saves),
		T(one_login_serves_all),
		T(a_lost_session_is_renewed_once),
		T(a_lost_answer_is_not_sent_again),
		T(parallel_is_kept),
		T(late_answers_are_dropped),
		T(files_go_past_the_filters),
		T(shipped_fixtures_pass),
		T(wrong_fixtures_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
