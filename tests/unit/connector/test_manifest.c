/* SPDX-License-Identifier: MIT */
/* Loading: what is wrong in a manifest is said with its place. */
#include "conn_fix.h"

static void expect_error(const char *text, const char *message)
{
	struct manifest *m = NULL;
	int rc = manifest_parse("t.json", text, strlen(text), &m);

	if (rc == 0) {
		manifest_free(m);
		fail_msg("accepted: %s", text);
	}
	assert_int_equal(rc, E_CONFIG);
	assert_null(m);
	if (!strstr(err_msg(), message))
		fail_msg("expected \"%s\" in \"%s\"", message, err_msg());
}

/* `good` with the first `from` replaced. */
static char *spoilt(const char *good, const char *from, const char *to)
{
	const char *at = strstr(good, from);

	assert_non_null(at);
	return xasprintf(
		"%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
}

static const char good[] =
	"{\"galley_connector\": 1, \"id\": \"t\", \"title\": \"T\",\n"
	" \"config\": {\"base\": {\"type\": \"url\"}, \"token\": {\"type\": "
	"\"secret\"}},\n"
	" \"http\": {\"base\": \"{base}\", \"parallel\": 2},\n"
	" \"time\": {\"zone\": \"+08:00\"},\n"
	" \"errors\": [{\"when\": \".status == 401\", \"class\": \"auth\"}],\n"
	" \"probe\": [{\"request\": {\"path\": \"/me\"}}],\n"
	" \"streams\": {\n"
	"  \"feed\": {\"every_s\": 20, \"request\": {\"path\": \"/feed\"},\n"
	"   \"page\": {\"type\": \"cursor_loop\", \"until\": \"true\"},\n"
	"   \"cursor\": {\"type\": \"int\", \"init\": \"0\", \"from\": \".m\", "
	"\"overlap\": 5}, \"map\": \".a[]\"},\n"
	"  \"one\": {\"by\": \"key\", \"entity\": \"ticket\", \"request\": "
	"{\"path\": \"/t/{key}\"}, \"map\": \".b\"},\n"
	"  \"some\": {\"by\": \"touch\", \"batch\": 40, \"missing\": \"one\", "
	"\"request\": {\"path\": \"/t\"}, \"map\": \".c\"}},\n"
	" \"ops\": {\n"
	"  \"ticket.reply\": {\"request\": {\"method\": \"POST\", \"path\": "
	"\"/t/{target}\", \"body\": \".args\"},\n"
	"   \"once\": {\"by\": \"lookup\", \"stream\": \"feed\", "
	"\"settle_s\": 90}},\n"
	"  \"ticket.note\": {\"like\": \"ticket.reply\", \"request\": {\"path\":"
	" \"/n/{target}\"}},\n"
	"  \"ticket.set\": {\"request\": {\"method\": \"PUT\", \"path\": "
	"\"/t/{target}\", \"headers\": {\"If-Match\": \"{version}\"}},\n"
	"   \"verify\": \"one\", \"once\": {\"by\": \"precondition\"}, "
	"\"on_conflict\": \"merge\"}}}\n";

static void describes_what_it_read(void **state)
{
	struct manifest *m = fix_parse(good);
	const struct conn_desc *d = manifest_desc(m);

	(void)state;
	assert_string_equal(d->kind, "t");
	assert_int_equal(d->parallel, 2);
	assert_int_equal(m->zone_min, 480);
	assert_int_equal(d->n_streams, 3);
	assert_string_equal(d->streams[0].name, "feed");
	assert_int_equal(d->streams[0].by, BY_TIME);
	assert_int_equal(d->streams[0].cursor, CUR_INT);
	assert_int_equal(d->streams[0].overlap, 5);
	assert_int_equal(d->streams[0].entity, ENT_COUNT);
	assert_int_equal(d->streams[1].by, BY_KEY);
	assert_int_equal(d->streams[1].entity, ENT_TICKET);
	assert_int_equal(d->streams[2].batch, 40);
	assert_string_equal(d->streams[2].missing, "one");
	assert_int_equal(d->n_ops, 3);
	assert_int_equal(d->ops[0].once, ONCE_LOOKUP);
	assert_string_equal(d->ops[0].look_stream, "feed");
	assert_int_equal(d->ops[0].versioned, 0);
	assert_int_equal(d->ops[2].policy, POLICY_MERGE);
	assert_int_equal(d->ops[2].versioned, 1);
	assert_int_equal(d->ops[2].refetch, 1);
	manifest_free(m);
}

/* A record that breaks its page is found only where parts of a page can be
 * asked for by their place. */
static void parts_of_a_page_need_limit_and_page(void **state)
{
	static const struct {
		const char *path;
		int page_size;
	} cases[] = {{"/feed/{limit}/{page}", 7}, {"/feed/{limit}", 0},
		{"/feed/{page}", 0}, {"/feed", 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *sized = spoilt(good, "\"until\": \"true\"",
			"\"until\": \"true\", \"size\": 7");
		char *text = spoilt(sized, "/feed", cases[i].path);
		struct manifest *m = fix_parse(text);
		const struct stream_desc *d = &manifest_desc(m)->streams[0];

		assert_int_equal(d->page_size, cases[i].page_size);
		assert_int_equal(d->numbered, cases[i].page_size != 0);
		manifest_free(m);
		free(text);
		free(sized);
	}
}

/* `like` takes over everything but what it says itself. */
static void like_inherits(void **state)
{
	struct manifest *m = fix_parse(good);

	(void)state;
	assert_int_equal(m->caps[1].kind, OP_TICKET_NOTE);
	assert_int_equal(m->caps[1].once, ONCE_LOOKUP);
	assert_int_equal(m->caps[1].settle_s, 90);
	assert_string_equal(m->actions[1].req.method, "POST");
	assert_string_equal(m->actions[1].req.path, "/n/{target}");
	assert_int_equal(m->actions[1].req.body, m->actions[0].req.body);
	manifest_free(m);
}

static const struct {
	const char *from, *to, *message;
} faults[] = {
	{"\"title\"", "\"titel\"",
		"t.json:1:45: `titel` is not known in a manifest; allowed: "
		"galley_connector, id, title"},
	{"\"title\": \"T\",", "", "`title` is missing in a manifest"},
	{"\"galley_connector\": 1", "\"galley_connector\": 2",
		"t.json:1:22: this is not format 1"},
	{"\"id\": \"t\"", "\"id\": \"T T\"", "small letters"},
	{"\"type\": \"url\"", "\"type\": \"uri\"",
		"`type` must be one of: string, url, int, bool, secret"},
	{"\"parallel\": 2", "\"parallel\": \"2\"",
		"`parallel` must be a whole number"},
	{"\"parallel\": 2", "\"parallel\": 99", "`parallel` is 1 to 16"},
	{"\"parallel\": 2", "\"parallel\": -1", "0 or more"},
	{"+08:00", "+8", "`zone` is UTC or an offset"},
	{"+08:00", "+28:00", "`zone` is UTC or an offset"},
	{".status == 401", "env.HOME", "`env` may not be used in a filter"},
	{".status == 401", "(.status == 401", "a bracket is not closed"},
	{"\"auth\"", "\"login\"", "`class` must be one of: auth, rate"},
	{"\"/feed\"", "\"feed\"", "a path begins with a slash"},
	{"\"path\": \"/feed\"", "\"path\": \"/f\", \"url\": \"x\"",
		"either `path` or `url`"},
	{"\"every_s\": 20, ", "", "a stream needs one of"},
	{"\"type\": \"cursor_loop\", \"until\": \"true\"",
		"\"type\": \"cursor_loop\"", "needs `until`"},
	{"\"type\": \"cursor_loop\", \"until\": \"true\"",
		"\"type\": \"offset\", \"until\": \"true\"", "needs `size`"},
	{"\"type\": \"cursor_loop\", \"until\": \"true\"",
		"\"type\": \"offset\", \"size\": 20000, \"until\": \"true\"",
		"`size` is 1 to"},
	{"\"/feed\"", "\"/feed/{limit}\"", "`{limit}` needs a `page`"},
	{"\"from\": \".m\", ", "", "only a clock cursor has none"},
	{"\"overlap\": 5", "\"overlap_s\": 5", "`overlap_s` for times"},
	{"\"batch\": 40", "\"batch\": 0", "`batch` is 1 to"},
	{"\"missing\": \"one\"", "\"missing\": \"two\"",
		"`missing`: there is no stream `two`"},
	{"\"entity\": \"ticket\"", "\"entity\": \"tickets\"",
		"there is no entity `tickets`"},
	{"\"ticket.reply\": {", "\"ticket.answer\": {",
		"`ticket.answer` is no operation"},
	{"\"method\": \"POST\", ", "", "a `method` that writes"},
	{"\"method\": \"POST\"", "\"method\": \"GET\"",
		"a `method` that writes"},
	{"\"like\": \"ticket.reply\"", "\"like\": \"ticket.set\"",
		"there is no operation `ticket.set` before"},
	{"\"stream\": \"feed\", ", "", "`stream` must be named"},
	{"\"verify\": \"one\", ", "", "needs `verify`"},
	{"\"verify\": \"one\"", "\"verify\": \"feed\"", "by touch or by key"},
	{"\"If-Match\"", "\"If Match\"", "is no name of a header"},
	{"\"once\": {\"by\": \"precondition\"}",
		"\"once\": {\"by\": \"native\"}", "`key_ttl_s` is missing"},
	{"\"body\": \".args\"", "\"body\": \".args\", \"form\": {}",
		"only one of `body`, `json` and `form`"},
	{"\"map\": \".a[]\"", "\"map\": [\".a\", 5]", "a list of texts"},
	{"\"map\": \".b\"", "\"map\": [\".b\", \"| input\"]",
		"`input` may not be used"},
};

static void says_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		char *text = spoilt(good, faults[i].from, faults[i].to);

		expect_error(text, faults[i].message);
		free(text);
	}
}

static void fixtures_name_what_there_is(void **state)
{
	static const struct {
		const char *fixture, *message;
	} bad[] = {
		{"{\"in\": {}, \"out\": {}}", "a fixture is of one of"},
		{"{\"stream\": \"feed\", \"op\": \"ticket.set\", \"in\": {}, "
		 "\"out\": {}}",
			"a fixture is of one of"},
		{"{\"stream\": \"x\", \"in\": {}, \"out\": {}}",
			"there is no stream `x`"},
		{"{\"op\": \"ticket.merge\", \"in\": {}, \"out\": {}}",
			"there is no operation `ticket.merge`"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *text = xasprintf("%.*s, \"fixtures\": [%s]}",
			(int)(strrchr(good, '}') - good), good, bad[i].fixture);
		expect_error(text, bad[i].message);
		free(text);
	}
}

static void not_json_has_a_place(void **state)
{
	(void)state;
	expect_error("{\n \"id\": }", "t.json:2:8:");
	expect_error("", "t.json:1:1:");
	expect_error("[]", "a manifest must be an object");
}

static void shipped_are_found_by_name(void **state)
{
	struct manifest *m;

	(void)state;
	assert_int_equal(manifest_load("rt5", &m), 0);
	assert_string_equal(manifest_id(m), "rt5");
	manifest_free(m);
	assert_int_equal(manifest_load("nosuch", &m), E_CONFIG);
	assert_true(manifest_load("/nonexistent/x.json", &m) < 0);
}

/* --- what a filter may say ------------------------------------------------ */

static void filters_reach_nothing(void **state)
{
	static const char *const refused[] = {"env", "env.PATH", "$ENV",
		"$ENV.HOME", "import \"a\" as a; .", "include \"a\"; .",
		"input", "[inputs]", "debug", ". | stderr", "halt",
		"halt_error", "input_filename", "$__loc__", "now",
		"[1,2][input:1]", "{a: env}", "{a: 1, (env | tostring): 2}",
		"\"a \\(env) b\"", "\"\\(\"\\(input)\")\"", "if env then 1 end",
		"def env: 1; .", ".a | env", "..|env", ".[env: 2]",
		"{\"a\": [1][env: 2]}", "reduce inputs as $x (0; . + $x)"};
	static const char *const allowed[] = {".env", ".a.env", "{env: 1}",
		"{a: 1, env: .b}", "\"env\"", "\"a \\\" env\"", "# env\n.",
		".a # input", "environment", "my_env", "$env", ".input",
		"{debug: .halt}", "\"\\(.env)\"", ".[\"env\"]"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (jq_check(refused[i]) == 0)
			fail_msg("accepted: %s", refused[i]);
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		if (jq_check(allowed[i]) < 0)
			fail_msg("refused: %s: %s", allowed[i], err_msg());
}

/* A filter that closes more than it opens could become a part of another. */
static void brackets_pair(void **state)
{
	static const char *const bad[] = {".a); def f9: (.b", "(", ")", "[(])",
		"{", "\"", "\"\\(\"", "\"\\(1\"", "\"\\", "[}", "(\")\""};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (jq_check(bad[i]) == 0)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(jq_check("(\")\")"), 0);
	assert_int_equal(jq_check("\"\\(\"(\")\""), 0);
}

static void nesting_is_bounded(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_addc(&b, '(');
	assert_int_equal(jq_check(buf_str(&b)), E_CONFIG);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(describes_what_it_read),
		cmocka_unit_test(parts_of_a_page_need_limit_and_page),
		cmocka_unit_test(like_inherits),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(fixtures_name_what_there_is),
		cmocka_unit_test(not_json_has_a_place),
		cmocka_unit_test(shipped_are_found_by_name),
		cmocka_unit_test(filters_reach_nothing),
		cmocka_unit_test(brackets_pair),
		cmocka_unit_test(nesting_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
