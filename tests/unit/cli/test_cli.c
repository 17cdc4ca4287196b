/* SPDX-License-Identifier: MIT */
/*
 * The command line on a cache without a server: what people and programs see,
 * what is queued, and with which status each run ends.
 */
#include "galley/cli/cli.h"

#include "home_fix.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "galley/base/buf.h"
#include "galley/base/clock.h"
#include "galley/base/json.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/store/store.h"

static char out[1 << 16], err[1 << 14];

/* --- running -------------------------------------------------------------- */

static void slurp(FILE *f, char *to, size_t size)
{
	size_t n;

	rewind(f);
	n = fread(to, 1, size - 1, f);
	to[n] = '\0';
	fclose(f);
}

/* Runs a command line given as words; what it wrote is in out and err. */
static int run_in(const char *input, const char *const *words, int argc)
{
	FILE *files[3] = {tmpfile(), tmpfile(), tmpfile()};
	char **argv = xcalloc((size_t)argc + 1, sizeof *argv);
	int saved[3], rc;

	for (int i = 0; i < argc; i++)
		argv[i] = xstrdup(words[i]);
	fputs(input, files[0]);
	rewind(files[0]);
	fflush(stdout);
	fflush(stderr);
	for (int i = 0; i < 3; i++) {
		saved[i] = dup(i);
		dup2(fileno(files[i]), i);
	}
	rc = cli_main(argc, argv);
	fflush(stdout);
	fflush(stderr);
	for (int i = 0; i < 3; i++) {
		dup2(saved[i], i);
		close(saved[i]);
	}
	slurp(files[1], out, sizeof out);
	slurp(files[2], err, sizeof err);
	fclose(files[0]);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	free(argv);
	return rc;
}

#define RUN_IN(input, ...)                                                     \
	run_in(input, (const char *[]){"galley", __VA_ARGS__},                 \
		(int)(sizeof((const char *[]){"galley", __VA_ARGS__}) /        \
			sizeof(char *)))
#define RUN(...) RUN_IN("", __VA_ARGS__)

static void ok(int rc)
{
	if (rc != 0)
		fail_msg("status %d: %s", rc, err);
}

static void has(const char *s)
{
	if (!strstr(out, s))
		fail_msg("no \"%s\" in: %s", s, out);
}

static void hasnt(const char *s)
{
	if (strstr(out, s))
		fail_msg("\"%s\" is in: %s", s, out);
}

/* The value at "a/0/b" of what was printed as JSON, as text. */
static char *at(const char *path)
{
	struct json_doc *d;
	const struct json *v;
	struct buf b = BUF_INIT;
	char *all = xstrdup(path), *rest = all, *step;

	assert_int_equal(
		json_parse(out, strlen(out), &json_limits_wire, &d), 0);
	v = json_root(d);
	assert_int_equal(json_get_int(v, "galley", 0), 1);
	while ((step = strsep(&rest, "/")) != NULL)
		v = *step >= '0' && *step <= '9'
			    ? json_at(v, (size_t)atoi(step))
			    : json_get(v, step);
	if (json_str(v))
		buf_adds(&b, json_str(v));
	else if (v)
		json_print(&b, v);
	json_free(d);
	free(all);
	return buf_take(&b);
}

static void same(const char *path, const char *want)
{
	char *got = at(path);

	assert_string_equal(got, want);
	free(got);
}

/* The full id of the only operation that waits. */
static char *waiting_uid(void)
{
	ok(RUN("outbox", "--json"));
	return at("operations/0/uid");
}

/* --- reading -------------------------------------------------------------- */

static void lists(void **state)
{
	(void)state;
	ok(RUN("ls"));
	has("Late parcel");
	hasnt("\x1b");
	ok(RUN("ls", "--json", "owner:me"));
	same("schema", "ticket-list/1");
	same("tickets/0/rid", "13");
	same("tickets/0/owner", "Li Na");
	same("more", "false");
	ok(RUN("ls", "--format", "{id} {status}", "status:new",
		"sort:priority"));
	assert_string_equal(out, "12 new\n13 new\n");
	ok(RUN("ls", "-0", "status:open"));
	assert_string_equal(out, "11");
	ok(RUN("ls", "--count", "status:new"));
	assert_string_equal(out, "2\n");
	assert_int_equal(RUN("ls", "subject:nothinglikeit"), 1);
	ok(RUN("ls", "-Late", "--json"));
	same("tickets/1/rid", "13");
}

static void pages(void **state)
{
	char *next;

	(void)state;
	ok(RUN("ls", "--json", "-n", "2", "sort:priority"));
	same("tickets/1/rid", "12");
	same("more", "true");
	next = at("next");
	ok(RUN("ls", "--json", "-n", "2", "sort:priority", "--after", next));
	same("tickets/0/rid", "13");
	same("more", "false");
	free(next);
	ok(RUN("ls", "--json", "--all", "-n", "1"));
	same("tickets/2/rid", "13");
}

static void finds(void **state)
{
	(void)state;
	ok(RUN("search", "没有收到", "--json"));
	same("hits/0/kind", "message");
	same("hits/0/id", "11");
	same("not_indexed", "0");
	ok(RUN("search", "parcel"));
	has("12");
	assert_int_equal(RUN("search", "zzzz"), 1);
	assert_int_equal(RUN("search", "status:open"), 2);
}

static void pages_of_a_ticket(void **state)
{
	(void)state;
	ok(RUN("show", "#11"));
	has("还没有收到退款");
	has("note, not for the customer");
	has("from the customer");
	hasnt("\x1b");
	ok(RUN("show", "rt:11", "--json"));
	same("schema", "ticket/1");
	same("ticket/owner", "Chen Bo");
	same("thread/1/kind", "note");
	assert_int_equal(RUN("show", "999"), 2);
}

static void contact_data_is_masked(void **state)
{
	(void)state;
	ok(RUN("customer", "王芳"));
	has("138****8000");
	hasnt("13800138000");
	ok(RUN("show", "11", "--json"));
	same("ticket/customers/0", "w***@example.com");
	ok(RUN("customer", "13800138000", "--reveal"));
	has("13800138000");
	ok(RUN("audit"));
	has("reveal");
}

/* --- writing -------------------------------------------------------------- */

static void a_reply_waits_and_can_be_taken_back(void **state)
{
	char *uid;

	(void)state;
	ok(RUN("reply", "11", "On its", "way"));
	has("reply 11, leaves in 10 s");
	ok(RUN("show", "11"));
	has("On its way");
	has("(undo)");
	uid = waiting_uid();
	same("operations/0/args/text", "On its way");
	ok(RUN("outbox", "undo"));
	has("taken back");
	ok(RUN("outbox", "--json"));
	same("operations", "[]");
	ok(RUN("draft", "--json"));
	same("drafts/0/text", "On its way");
	assert_int_equal(RUN("outbox", "undo"), 1);
	free(uid);
}

/* What could not be queued is a draft too, and so is what another program
 * put there under a name of its own. */
static void every_draft_is_listed(void **state)
{
	struct store_opts o = {0};
	struct store_rw *rw;
	char *db = path_user(PATH_DATA, "galley.db");

	(void)state;
	o.path = db;
	assert_int_equal(store_open_rw(&o, &rw), 0);
	free(db);
	assert_int_equal(
		store_draft_put(rw, "words of my own", "a thought"), 0);
	assert_int_equal(
		store_draft_put(rw, "ticket:1:note", "3 note\nhalf of it"), 0);
	store_close_rw(rw);
	ok(RUN("draft", "--json"));
	same("drafts/0/op", "ticket.note");
	same("drafts/0/cursor", "3");
	same("drafts/0/text", "half of it");
	ok(RUN("draft", "show", "ticket:1:note"));
	hasnt("3 note");
	ok(RUN("draft", "drop", "ticket:1:note"));
	assert_int_equal(RUN("reply", "999", "for", "nobody"), 2);
	assert_non_null(strstr(err, "the text is kept"));
	ok(RUN("draft", "--json"));
	same("drafts/0/id", "reply 999");
	same("drafts/0/target", "999");
	same("drafts/0/op", "ticket.reply");
	same("drafts/0/text", "for nobody");
	same("drafts/1/id", "words of my own");
	same("drafts/1/text", "a thought");
	ok(RUN("draft", "list", "-n", "1"));
	has("for nobody");
	hasnt("a thought");
	ok(RUN("draft", "drop", "reply 999"));
	ok(RUN("draft"));
	hasnt("for nobody");
}

static void add_article(void)
{
	struct store_opts o = {0};
	struct recs *r = recs_new();
	struct store_page p = {.stream = "kb", .cursor_key = "", .recs = r};
	struct store_page_result res;
	char *db = path_user(PATH_DATA, "galley.db");
	struct store_rw *rw;

	o.path = db;
	assert_int_equal(store_open_rw(&o, &rw), 0);
	assert_int_equal(store_connector(rw, "rt", "rt5", &p.connector), 0);
	text(r, recs_add(r, REC_ROW, ENT_ARTICLE, "7"), FID_ARTICLE_TITLE,
		"Refunds");
	assert_int_equal(store_page_apply(rw, &p, &res), 0);
	store_close_rw(rw);
	recs_free(r);
	free(db);
}

/* Its backend takes neither: it counts here, once a case. */
static void what_came_of_an_article(void **state)
{
	(void)state;
	add_article();
	ok(RUN("articles", "worked", "7", "11", "--dry-run"));
	ok(RUN("articles", "show", "7", "--json"));
	same("article/tried", "0");
	ok(RUN("articles", "worked", "7", "11"));
	has("counted: it worked");
	ok(RUN("articles", "failed", "7", "12", "--json"));
	same("schema", "queued/1");
	same("queued/0/uid", "null");
	same("queued/0/op", "article.outcome");
	same("queued/0/target", "7");
	same("queued/0/dry_run", "false");
	ok(RUN("kb", "show", "7", "--json"));
	same("article/worked", "1");
	same("article/tried", "2");
	ok(RUN("articles", "failed", "7", "11"));
	ok(RUN("articles", "show", "7", "--json"));
	same("article/worked", "0");
	same("article/tried", "2");
	ok(RUN("articles", "outdated", "7", "prices", "have", "changed"));
	has("out of date here");
	ok(RUN("audit", "--json"));
	has("\"outdated\"");
	ok(RUN("outbox", "--json"));
	same("operations", "[]");
	/* nothing of it counts */
	assert_int_equal(RUN("articles", "worked", "7"), 2);
	assert_int_equal(RUN("articles", "worked", "7", "999"), 2);
	assert_int_equal(RUN("articles", "worked", "999", "11"), 2);
	assert_int_equal(RUN("articles", "outdated", "7"), 2);
	assert_int_equal(RUN("articles", "failed", "7", "11", "12"), 2);
}

static void texts_and_ids_from_a_pipe(void **state)
{
	(void)state;
	ok(RUN_IN("两行\nof text\n\n", "note", "12"));
	ok(RUN("outbox", "--json"));
	same("operations/0/args/text", "两行\nof text");
	ok(RUN_IN("11\n12\n", "set", "-", "priority=5", "--json"));
	same("queued/1/target", "12");
	same("queued/1/args/set/priority", "5");
	assert_int_equal(RUN("reply", "11"), 2);
	assert_int_equal(RUN_IN(" \n", "reply", "11"), 2);
	assert_int_equal(RUN_IN("", "take", "-"), 2);
}

static void a_change_shows_both_values(void **state)
{
	(void)state;
	ok(RUN("set", "11", "status=stalled", "due=2026-12-01"));
	ok(RUN("show", "11"));
	has("stalled   * waiting; the server has: open");
	ok(RUN("ls", "is:pending", "--json"));
	same("tickets/0/rid", "11");
	same("tickets/0/status", "stalled");
	same("tickets/0/due", "2026-12-01T00:00:00Z");
}

static void names_become_ids(void **state)
{
	(void)state;
	ok(RUN("assign", "11", "li", "--json"));
	same("queued/0/args/owner", "agent1");
	ok(RUN("assign", "11", "Chen Bo", "--json"));
	same("queued/0/args/owner", "agent2");
	ok(RUN("assign", "12", "me", "--json"));
	same("queued/0/args/owner", "agent1");
	assert_int_equal(RUN("assign", "11", "nobodyknown"), 2);
	ok(RUN("create", "A new one", "words", "--queue", "billing", "--json"));
	same("queued/0/args/queue", "3");
	same("queued/0/target", "new4");
	assert_int_equal(RUN("create", "A new one", "words"), 2);
}

/* One bad id among several: nothing is half done. */
static void all_or_nothing(void **state)
{
	(void)state;
	assert_int_equal(RUN("take", "11", "12", "999"), 2);
	assert_int_equal(RUN("set", "11", "colour=red"), 2);
	assert_non_null(strstr(err, "subject, status"));
	assert_int_equal(RUN("set", "11", "priority=high"), 2);
	ok(RUN("reply", "11", "--dry-run", "only shown"));
	has("would queue");
	ok(RUN("outbox", "--json"));
	same("operations", "[]");
}

/* "-q" must never become part of a message. */
static void a_mistyped_option_is_no_text(void **state)
{
	(void)state;
	assert_int_equal(RUN("reply", "11", "-q", "hello"), 2);
	assert_int_equal(RUN("reply", "11", "--wiat", "hello"), 2);
	assert_non_null(strstr(err, "--wait"));
	ok(RUN("reply", "11", "--", "-q"));
	ok(RUN("outbox", "--json"));
	same("operations/0/args/text", "-q");
}

/* --- plans ---------------------------------------------------------------- */

static void a_plan_counts_and_asks(void **state)
{
	(void)state;
	ok(RUN("do", "set", "priority=20", "--query", "", "--query",
		"id:11,12,13", "--dry-run"));
	has("priority: 10 -> 20");
	has("1  is so already");
	assert_int_equal(
		RUN("do", "set", "priority=20", "--query", "status:new"), 2);
	assert_non_null(strstr(err, "--yes"));
	ok(RUN("outbox", "--json"));
	same("operations", "[]");
	assert_int_equal(RUN("do", "set", "priority=1"), 2);
	assert_int_equal(RUN("do", "fly", "--query", "status:new"), 2);
}

static void a_plan_applies_once(void **state)
{
	char plan[128], back[128];

	(void)state;
	snprintf(plan, sizeof plan, "%s/plan.json", home);
	snprintf(back, sizeof back, "%s/back.json", home);
	ok(RUN("do", "set", "priority=90", "owner=me", "--query", "owner:chen",
		"--plan-out", plan));
	ok(RUN("do", "--apply", plan, "--json"));
	same("queued", "2");
	ok(RUN("do", "--apply", plan, "--inverse", back, "--json"));
	same("queued", "0");
	same("queued_before", "2");
	ok(RUN("outbox", "--json"));
	same("operations/1/args/set/priority", "90");
	same("operations/2", "");
	/* and back: the values of before */
	ok(RUN("do", "--apply", back, "--json"));
	ok(RUN("ls", "--json", "sort:priority", "owner:chen"));
	same("tickets/0/priority", "10");
	same("tickets/1/priority", "20");
}

static void a_bent_plan_is_refused(void **state)
{
	static const char *const bent[] = {
		"{}",
		"{\"schema\":\"plan/1\",\"id\":\"x\",\"items\":[]}",
		"{\"schema\":\"plan/1\",\"id\":\"01M804YQMRQY46X46DP1MG5B7B\","
		"\"items\":[{\"op\":\"ticket.set\"}]}",
		"{\"schema\":\"plan/1\",\"id\":\"01M804YQMRQY46X46DP1MG5B7B\","
		"\"items\":[{\"target\":\"rt:11\",\"op\":\"ticket.create\","
		"\"args\":{}}]}",
		"{\"schema\":\"plan/1\",\"id\":\"01M804YQMRQY46X46DP1MG5B7B\","
		"\"items\":[{\"target\":\"rt:11\",\"op\":\"ticket.set\","
		"\"args\":{\"set\":{\"colour\":\"red\"}}}]}",
	};
	char plan[128];

	(void)state;
	snprintf(plan, sizeof plan, "%s/plan.json", home);
	for (size_t i = 0; i < ARRAY_SIZE(bent); i++) {
		write_file("plan.json", bent[i]);
		assert_int_equal(RUN("do", "--apply", plan, "--yes"), 78);
	}
	ok(RUN("outbox", "--json"));
	same("operations", "[]");
}

/* --- the rest ------------------------------------------------------------- */

static void usage(void **state)
{
	(void)state;
	ok(RUN("help"));
	has("sync");
	has("demo");
	has(":COMMAND");
	ok(RUN("reply", "--help"));
	has("--status");
	ok(RUN("--version"));
	assert_int_equal(RUN("replay"), 2);
	assert_non_null(strstr(err, "\"reply\""));
	assert_int_equal(RUN("ls", "--limt", "3"), 2);
	assert_non_null(strstr(err, "--limit"));
	assert_int_equal(RUN("ls", "--limit", "0"), 2);
	assert_int_equal(RUN("show"), 2);
	assert_int_equal(RUN("queues", "x"), 2);
	assert_int_equal(RUN("ls", "--json", "--csv"), 2);
	assert_int_equal(RUN("ls", "--fields", "id,nope"), 2);
	assert_int_equal(RUN("ls", "nope:1", "--json"), 2);
	same("schema", "error/1");
	same("error", "input");
}

static void add_changes(struct recs *r)
{
	static const char *const v[][4] = {
		{"901", "status", "new", "open"},
		{"902", "owner", "", "agent2"},
		{"903", "cf.Class", "a", "b"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		struct rec *m = recs_add(r, REC_ROW, ENT_MESSAGE, v[i][0]);

		text(r, m, FID_MESSAGE_TICKET, "12");
		text(r, m, FID_MESSAGE_KIND, "status");
		text(r, m, FID_MESSAGE_DIR, "system");
		text(r, m, FID_MESSAGE_AUTHOR, "agent1");
		rec_set_int(m, FID_MESSAGE_AT, NOW - 3600000);
		text(r, m, FID_MESSAGE_FIELD_, v[i][1]);
		text(r, m, FID_MESSAGE_OLD, v[i][2]);
		text(r, m, FID_MESSAGE_NEW, v[i][3]);
	}
}

static void a_change_names_what_it_changed(void **state)
{
	(void)state;
	land_more(add_changes);
	ok(RUN("show", "12"));
	has("Status: new -> open");
	has("Owner: - -> Chen Bo");
	has("cf.Class: a -> b");
}

/* For people as the benches say it, for programs as the backend does. */
static void a_status_is_in_words(void **state)
{
	(void)state;
	write_catalogue("zh_CN", "status\004open", "处理中");
	i18n_use("zh_CN");
	ok(RUN("ls", "status:open"));
	has("处理中");
	hasnt("open");
	ok(RUN("show", "11"));
	has("处理中");
	ok(RUN("queues"));
	has("处理中=1");
	ok(RUN("ls", "status:open", "--json"));
	same("tickets/0/status", "open");
	ok(RUN("show", "11", "--json"));
	same("ticket/status", "open");
	i18n_use("en");
	unsetenv("LANGUAGE");
}

/* One customer must not read what another one wrote by a slip. */
static void another_ones_ticket_is_asked_about(void **state)
{
	(void)state;
	land_more(add_stranger);
	ok(RUN("merge", "12", "11", "--dry-run")); /* of the same one */
	assert_string_equal(err, "");
	assert_int_equal(RUN("merge", "14", "11"), 2);
	assert_non_null(strstr(err, "Li Lei and 王芳; say --yes"));
	assert_int_equal(RUN("merge", "12", "14", "11"), 2); /* nor the first */
	ok(RUN("outbox", "--json"));
	has("\"operations\":[]");
	ok(RUN("merge", "14", "11", "--dry-run"));
	has("would queue");
	assert_non_null(strstr(err, "different customers: Li Lei and 王芳"));
	ok(RUN("do", "merge", "11", "--query", "14", "--dry-run"));
	has("of another customer");
	ok(RUN("merge", "14", "11", "--yes"));
	has("queued");
	assert_string_equal(err, "");
}

/* Every command explains itself and ends well. */
static void every_command_has_help(void **state)
{
	static const char *const names[] = {"ls", "search", "queues",
		"articles", "kb", "export", "show", "customer", "reply", "note",
		"set", "take", "assign", "tags", "link", "unlink", "merge",
		"create", "time", "do", "outbox", "sync", "init", "doctor",
		"connector", "check", "log", "audit", "draft", "file",
		"version"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		ok(RUN(names[i], "--help"));
		has("usage: galley");
		ok(RUN("help", names[i]));
		has("usage: galley");
	}
}

static void doctor_and_checks(void **state)
{
	char conf[128];

	(void)state;
	snprintf(conf, sizeof conf, "%s/config/config", home);
	RUN("doctor", "--json");
	same("schema", "doctor/1");
	same("program/sqlite", store_sqlite());
	same("cache/check", "ok");
	ok(RUN("check", conf));
	write_file("config/config", "[galley]\nundoo = 1s\n");
	assert_int_equal(RUN("check", conf), 78);
	has(":2:1:");
	assert_int_equal(RUN("ls"), 78);
	/* also what a manifest asks for and the program would leave out */
	write_file("config/config",
		"[connector rt]\nmanifest = rt5\nbase = http://127.0.0.1:1\n"
		"token_file = /nonexistent\nbass = x\n");
	assert_int_equal(RUN("check", conf), 78);
	has(":5:1:");
	write_file("config/config", "[connector rt]\nmanifest = rt5\n");
	assert_int_equal(RUN("check", conf), 78);
	has(":1:1:");
	write_file("config/config", "[galley]\n");
	ok(RUN("connector", "list", "--json"));
	has("rt5");
}

/* A broken cache is never "all well", and no list of it is empty. */
static void a_broken_cache_is_said(void **state)
{
	char db[128];
	FILE *f;

	(void)state;
	snprintf(db, sizeof db, "%s/data/galley.db", home);
	f = fopen(db, "r+");
	assert_non_null(f);
	for (int i = 0; i < 100; i++)
		fputs("this is no database, not any more", f);
	fclose(f);
	assert_int_equal(RUN("ls"), 74);
	assert_int_equal(RUN("doctor", "--json"), 1);
	hasnt("\"trouble\":0");
}

/* Whoever delivers would go on with the file that is put aside. A copy that was
 * broken off is no obstacle. */
static void salvage_waits_for_who_delivers(void **state)
{
	struct store_opts o = {0};
	struct store_lock lock;
	char db[128], part[160];

	(void)state;
	snprintf(db, sizeof db, "%s/data/galley.db", home);
	snprintf(part, sizeof part, "%s.salvaged", db);
	o.path = db;
	assert_int_equal(store_lock_take(&o, &lock), 0);
	assert_int_not_equal(RUN("doctor", "--salvage", "--yes"), 0);
	assert_non_null(strstr(err, "delivers from this cache already"));
	assert_int_equal(access(part, F_OK), -1);
	store_lock_drop(&lock);
	write_file("data/galley.db.salvaged", "half of it");
	ok(RUN("doctor", "--salvage", "--yes"));
	assert_int_equal(access(part, F_OK), -1);
	ok(RUN("ls"));
	has("Late parcel");
}

static void csv_and_export(void **state)
{
	(void)state;
	ok(RUN("export", "--csv", "status:new", "--fields", "id,subject"));
	has("\"12\",\"Late parcel\"\r\n");
	ok(RUN("export", "--jsonl", "--what", "messages"));
	has("ask the bank");
	assert_int_equal(RUN("export"), 2);
	assert_int_equal(RUN("export", "--jsonl", "--what", "moon"), 2);
}

/* The secret file is not there: nobody sends, and the text stays queued. */
static void waiting_without_a_secret(void **state)
{
	char *uid;

	(void)state;
	assert_int_equal(RUN("note", "11", "kept", "--wait"), 77);
	uid = waiting_uid();
	same("operations/0/args/text", "kept");
	free(uid);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(lists),
		T(pages),
		T(finds),
		T(pages_of_a_ticket),
		T(contact_data_is_masked),
		T(a_reply_waits_and_can_be_taken_back),
		T(every_draft_is_listed),
		T(what_came_of_an_article),
		T(texts_and_ids_from_a_pipe),
		T(a_change_shows_both_values),
		T(names_become_ids),
		T(all_or_nothing),
		T(a_mistyped_option_is_no_text),
		T(a_plan_counts_and_asks),
		T(a_plan_applies_once),
		T(a_bent_plan_is_refused),
		T(usage),
		T(a_change_names_what_it_changed),
		T(a_status_is_in_words),
		T(another_ones_ticket_is_asked_about),
		T(every_command_has_help),
		T(salvage_waits_for_who_delivers),
		T(doctor_and_checks),
		T(a_broken_cache_is_said),
		T(csv_and_export),
		T(waiting_without_a_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
