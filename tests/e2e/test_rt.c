/* SPDX-License-Identifier: MIT */
/*
 * The workstation at a keyboard against a real Request Tracker, through the
 * proxy that misbehaves by rule: what a person sees and decides, and what RT's
 * own database says afterwards. Everything is waited for; nothing sleeps.
 */
#include "prog.h"

static char root[4096], build[4096], work[32];

/* --- other programs ------------------------------------------------------- */

/* What a shell command writes, without the last newline. Freed by the next. */
static __attribute__((format(printf, 1, 2))) const char *sh(
	const char *fmt, ...)
{
	static char out[65536];
	char cmd[4096], bash[] = "bash", c[] = "-c";
	char *argv[] = {bash, c, cmd, NULL};
	size_t len = 0;
	ssize_t n;
	va_list ap;
	int fds[2], status = -1;
	pid_t pid = -1;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	if (pipe(fds) < 0 || (pid = fork()) < 0)
		fail_msg("%s", strerror(errno));
	if (!pid) {
		dup2(fds[1], 1);
		close(fds[0]);
		close(fds[1]);
		execv("/bin/bash", argv);
		_exit(127);
	}
	close(fds[1]);
	while (len < sizeof(out) - 1 &&
		(n = read(fds[0], out + len, sizeof(out) - 1 - len)) > 0)
		len += (size_t)n;
	close(fds[0]);
	waitpid(pid, &status, 0);
	while (len && out[len - 1] == '\n')
		len--;
	out[len] = '\0';
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail_msg("%s: status %x: %s", cmd, (unsigned)status, out);
	return out;
}

/* --- RT and the proxy ----------------------------------------------------- */

/* Asks RT's database until it says so; the screens go on meanwhile. */
static void until_rt(struct prog *p, const char *sql, const char *want)
{
	double end = now_s() + LIMIT_S;
	const char *got;

	while (strcmp(got = sh("sqlite3 -cmd '.timeout 5000' \"$RT_DB\" \"%s\"",
			      sql),
		       want) != 0) {
		if (now_s() > end)
			fail_msg("%s: %s, not %s\n%s", sql, got, want,
				screen(p));
		pump(p);
	}
}

static void texts(char sql[512], const char *type_, int ticket, const char *s)
{
	snprintf(sql, 512,
		"select count(*) from Transactions x join Attachments a on "
		"a.TransactionId=x.id where x.ObjectType='RT::Ticket' and "
		"x.ObjectId=%d and x.Type='%s' and a.Content like '%s%%'",
		ticket, type_, s);
}

static void until_text(
	struct prog *p, const char *type_, int ticket, const char *s, int n)
{
	char sql[512], want[16];

	texts(sql, type_, ticket, s);
	snprintf(want, sizeof(want), "%d", n);
	until_rt(p, sql, want);
}

static void until_field(
	struct prog *p, int ticket, const char *column, const char *want)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "select %s from Tickets where id=%d", column,
		ticket);
	until_rt(p, sql, want);
}

/* As another person, in RT itself. */
static void rt(
	const char *who, const char *method, const char *path, const char *json)
{
	sh("t=RT_TOKEN_%s; curl -sSf -m 30 -o /dev/null -X %s "
	   "-H \"Authorization: token ${!t}\" "
	   "-H 'Content-Type: application/json' -d '%s' "
	   "\"$RT_URL/REST/2.0%s\"",
		who, method, json, path);
}

static void proxy(const char *what)
{
	sh("'%s/faultproxy' --ctl '%s/ctl' %s", build, work, what);
}

/* What the person has, as the cache says it. */
static const char *cache(const char *sql)
{
	return sh("sqlite3 -readonly -cmd '.timeout 5000' "
		  "'%s/data/galley.db' \"%s\"",
		home, sql);
}

/* Until the cache says 1. */
static void until_cache(struct prog *p, const char *sql)
{
	double end = now_s() + LIMIT_S;

	while (strcmp(cache(sql), "1") != 0) {
		if (now_s() > end)
			fail_msg("%s is not so\n%s", sql, screen(p));
		pump(p);
	}
}

static void write_config(const char *manifest)
{
	sh("umask 077; mkdir -p '%s/config'; "
	   "echo \"$RT_TOKEN_AGENT01\" >'%s/token'; "
	   "printf '[galley]\\nundo = 0\\n[connector rt]\\nmanifest = %s\\n"
	   "base = http://127.0.0.1:%%s\\ntoken_file = %s/token\\n' "
	   "\"$(cat '%s/port')\" >'%s/config/config'",
		home, home, manifest, home, work, home);
}

/* The shipped manifest, but for how long it waits. */
static const char *hasty(void)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/hasty.json", work);
	return path;
}

/* --- the workstation ------------------------------------------------------ */

static void open_with(struct prog *p, const char *lang, char *const *argv)
{
	struct winsize size = {.ws_row = 36, .ws_col = 120};

	memset(p, 0, sizeof(*p));
	p->w = size.ws_col;
	p->h = size.ws_row;
	p->vt = vterm_new(p->h, p->w);
	vterm_set_utf8(p->vt, 1);
	p->screen = vterm_obtain_screen(p->vt);
	vterm_screen_reset(p->screen, 1);
	p->pid = forkpty(&p->fd, NULL, NULL, &size);
	assert_true(p->pid >= 0);
	if (!p->pid)
		child("xterm-256color", lang, argv);
}

static void open_bench(struct prog *p, const char *lang)
{
	char name[] = "galley", bench[] = "bench",
	     *argv[] = {name, bench, NULL};

	open_with(p, lang, argv);
}

static void open_looker(struct prog *p)
{
	char name[] = "galley", bench[] = "bench", ro[] = "--read-only";
	char *argv[] = {name, bench, ro, NULL};

	open_with(p, "en", argv);
}

static __attribute__((format(printf, 2, 3))) void line(
	struct prog *p, const char *fmt, ...)
{
	char s[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s, sizeof(s), fmt, ap);
	va_end(ap);
	type(p, ":");
	type(p, s);
	type(p, "\r");
}

/* --- the story ------------------------------------------------------------ */

static void works_while_the_first_sync_runs(void **state)
{
	struct prog p;
	char path[128];
	int had;

	(void)state;
	sh("rm -rf '%s/data'", home);
	snprintf(path, sizeof(path), "%s/sluggish.json", work);
	write_config(path);
	proxy("rule GET / '*' delay:200");
	proxy("rule POST / '*' delay:200");
	open_bench(&p, "en");
	sees(&p, " read  "); /* how much there is already */
	sees(&p, "? help");
	type(&p, "]]]"); /* all that is open */
	sees(&p, ">  ");
	type(&p, "gg\r");
	sees(&p, "Reply to the customer");
	/* and the rest is still on its way */
	had = atoi(cache("select count(*) from ticket where subject<>''"));
	assert_in_range(had, 1, 59);
	proxy("clear");
	until_cache(&p, "select count(*) = 60 from ticket where subject<>''");
	until(&p, " read  ", 0);
	quit(&p);
}

static void an_offline_shift(void **state)
{
	struct prog p;

	(void)state;
	proxy("down");
	open_bench(&p, "en");
	sees(&p, "rt offline");
	line(&p, "open 11");
	sees(&p, "Reply to the customer");
	type(&p, "r");
	type(&p, "written on the train");
	type(&p, "\x13");
	sees(&p, "waits to be sent");
	line(&p, "set priority=71");
	sees(&p, "outbox 2");
	type(&p, "c");
	type(&p, "among us");
	type(&p, "\x13");
	sees(&p, "outbox 3");
	/* the evening: RT is back */
	proxy("up");
	type(&p, "gr");
	until(&p, "outbox 3", 0);
	until(&p, "outbox", 0);
	until_text(&p, "Correspond", 11, "written on the train", 1);
	until_text(&p, "Comment", 11, "among us", 1);
	until_field(&p, 11, "Priority", "71");
	until(&p, "rt offline", 0);
	quit(&p);
	/* and not again the next morning */
	open_bench(&p, "en");
	sees(&p, "? help");
	type(&p, "gr");
	sees(&p, "Asking for news");
	until_text(&p, "Correspond", 11, "written on the train", 1);
	until_text(&p, "Comment", 11, "among us", 1);
	quit(&p);
}

/* Both wrote the same field: both values are on the screen, a key decides. */
static void conflict(const char *lang, const char *asks, const char *ours,
	const char *theirs, int ticket, const char *key, const char *wins)
{
	struct prog p;
	char path[64], json[64];

	proxy("down");
	open_bench(&p, lang);
	sees(&p, "? ");
	line(&p, "open %d", ticket);
	snprintf(path, sizeof(path), "   %d  ", ticket);
	sees(&p, path);
	line(&p, "set subject=our-own-word");
	sees(&p, "our-own-word");
	snprintf(path, sizeof(path), "/ticket/%d", ticket);
	snprintf(json, sizeof(json), "{\"Subject\":\"their-word\"}");
	rt("AGENT03", "PUT", path, json);
	proxy("up");
	type(&p, "gr");
	sees(&p, asks);
	type(&p, "go");
	sees(&p, ours); /* each by its name */
	sees(&p, theirs);
	type(&p, key);
	until(&p, asks, 0);
	until_field(&p, ticket, "Subject", wins);
	quit(&p);
	assert_string_equal(
		cache("select count(*) from op where state < 5"), "0");
}

static void a_conflict_is_decided(void **state)
{
	(void)state;
	conflict("en", "asks for a decision", "Subject ours       our-own-word",
		"Subject theirs     their-word", 34, "O", "our-own-word");
}

static void a_conflict_in_chinese(void **state)
{
	(void)state;
	conflict("zh_CN", "待决定", "主题 我方          our-own-word",
		"主题 对方          their-word", 35, "H", "their-word");
}

static void a_refusal_has_its_words(void **state)
{
	struct prog p;

	(void)state;
	open_bench(&p, "en");
	sees(&p, "? help");
	line(&p, "open 31");
	sees(&p, "Reply to the customer");
	line(&p, "status nosuchstatus");
	sees(&p, "refused by the backend");
	type(&p, "go");
	sees(&p, "a valid status"); /* RT's */
	sees(&p, "X ");		    /* what can be done */
	type(&p, "X");
	sees(&p, "its text comes back");
	type(&p, "\t\r"); /* "no" has the focus */
	until(&p, "asks for a decision", 0);
	until_field(&p, 31, "Status", "new");
	quit(&p);
}

static void a_lost_answer_settles_itself(void **state)
{
	struct prog p;

	(void)state;
	proxy("rule POST /REST/2.0/ticket/37/correspond 1 drop-answer");
	open_bench(&p, "en");
	sees(&p, "? help");
	line(&p, "open 37");
	sees(&p, "Reply to the customer");
	type(&p, "r");
	type(&p, "its answer gets lost");
	type(&p, "\x13");
	sees(&p, "Found on the server");
	until_text(&p, "Correspond", 37, "its answer", 1);
	quit(&p);
}

/* Two there look like it: nobody can know, so the person is asked, with what
 * was found. */
static void an_unsure_one_asks(void **state)
{
	struct prog p;

	(void)state;
	proxy("rule POST /REST/2.0/ticket/39/correspond 1 stall:20000");
	open_bench(&p, "en");
	sees(&p, "? help");
	line(&p, "open 39");
	sees(&p, "Reply to the customer");
	type(&p, "r");
	type(&p, "twice the same");
	type(&p, "\x13");
	until_text(&p, "Correspond", 39, "twice the same", 1);
	kill(p.pid, SIGKILL);
	finish(&p);
	rt("AGENT01", "POST", "/ticket/39/correspond",
		"{\"Content\":\"twice the same\",\"ContentType\":"
		"\"text/plain\"}");
	open_bench(&p, "en");
	sees(&p, "1 asks for a decision");
	type(&p, "go");
	sees(&p, "Several messages there look like this one");
	sees(&p, "twice the same");
	type(&p, "S");
	until(&p, "1 asks for a decision", 0);
	until_text(&p, "Correspond", 39, "twice the same", 2);
	quit(&p);
}

/* Brought when it is opened; from then on it needs no network. */
static void an_attachment_is_read(void **state)
{
	struct prog p;

	(void)state;
	rt("AGENT03", "POST", "/ticket/41/correspond",
		"{\"Content\":\"see what I attach\",\"ContentType\":"
		"\"text/plain\",\"Attachments\":[{\"FileName\":"
		"\"reading.txt\",\"FileType\":\"text/plain\","
		"\"FileContent\":"
		"\"dGhlIG1ldGVyIHNheXMgNDcxMQpydW5zIGZhc3QK\"},"
		"{\"FileName\":\"later.txt\",\"FileType\":\"text/plain\","
		"\"FileContent\":\"bGF0ZXIK\"}]}");
	open_bench(&p, "en");
	sees(&p, "? help");
	line(&p, "open 41");
	type(&p, "gr");
	sees(&p, "[1] reading.txt  text/plain");
	line(&p, "attachment.open 1");
	sees(&p, "the meter says 4711");
	assert_null(strstr(screen(&p), "its backend said"));
	type(&p, "\x1b");
	sees(&p, "see what I attach");
	sees(&p, "(here)");
	proxy("down");
	type(&p, "gr");
	sees(&p, "rt offline");
	line(&p, "attachment.open 1");
	sees(&p, "the meter says 4711");
	type(&p, "\x1b");
	sees(&p, "see what I attach");
	line(&p, "attachment.open 2");
	sees(&p, "it has not been opened before");
	quit(&p);
	assert_string_equal(
		cache("select count(*) from audit where what = 'open'"), "2");
}

/* --- several on one cache ------------------------------------------------- */

static void a_second_one_hands_over(void **state)
{
	struct prog one, two;

	(void)state;
	open_bench(&one, "en");
	sees(&one, "? help");
	open_bench(&two, "en");
	sees(&two, "second window");
	line(&two, "open 42");
	sees(&two, "Reply to the customer");
	type(&two, "r");
	type(&two, "from the second window");
	type(&two, "\x13");
	/* the first sends it, once; both see that it has arrived */
	until_text(&two, "Correspond", 42, "from the second window", 1);
	until(&two, "outbox", 0);
	sees(&two, "from the second window");
	line(&one, "open 42");
	sees(&one, "from the second window");
	until(&one, "outbox", 0);
	/* the first goes: the second does not send on its own, nothing twice */
	quit(&one);
	line(&two, "set priority=12");
	sees(&two, "outbox 1");
	quit(&two);
	open_bench(&one, "en");
	until(&one, "outbox 1", 0);
	until_field(&one, 42, "Priority", "12");
	until_text(&one, "Correspond", 42, "from the second window", 1);
	quit(&one);
}

static void who_looks_on_changes_nothing(void **state)
{
	static const char *const tries[] = {"take", "status resolved",
		"set priority=3", "reply nobody wants this",
		"note nobody wants this", "assign agent03", "tags +x"};
	struct prog p;

	(void)state;
	open_looker(&p);
	sees(&p, "read only");
	line(&p, "open 43");
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		line(&p, "%s", tries[i]);
		sees(&p, "look on");
	}
	type(&p, "r");
	type(&p, "t");
	quit(&p);
	assert_string_equal(cache("select count(*) from op"), "0");
	assert_string_equal(cache("select count(*) from draft"), "0");
	until_field(&p, 43, "Status", "new");
}

/* --- setting up ----------------------------------------------------------- */

static int start_all(void **state)
{
	const char *b = getenv("GALLEY_BUILD"), *r = getenv("GALLEY_ROOT");
	char *at, *next, env[65536];

	(void)state;
	snprintf(build, sizeof(build), "%s", b ? b : "");
	snprintf(root, sizeof(root), "%s", r ? r : "");
	strcpy(work, "/tmp/galley-e2e-rt-XXXXXX");
	if (!b || !r || !mkdtemp(work))
		return -1;
	snprintf(env, sizeof(env), "%s",
		sh("'%s/tests/backends/rt.sh' start '%s/rt' small", root,
			work));
	for (at = env; at; at = next) {
		char *eq = strchr(at, '=');

		next = strchr(at, '\n');
		if (next)
			*next++ = '\0';
		if (strncmp(at, "export ", 7) != 0 || !eq)
			continue;
		*eq = '\0';
		setenv(at + 7, eq + 1, 1);
	}
	sh("'%s/faultproxy' --listen 127.0.0.1:0 --to \"${RT_URL#http://}\" "
	   "--port-file '%s/port' --control '%s/ctl' --max-s 600 "
	   "</dev/null >/dev/null 2>&1 & "
	   "for i in {1..200}; do [ -s '%s/port' ] && exit; "
	   "read -t 0.05 <> <(:); done; exit 1",
		build, work, work, work);
	sh("sed -E 's/\"settle_s\": [0-9]+/\"settle_s\": 2/; "
	   "s/\"n\": 10,/\"n\": 1000,/' '%s/data/connectors/rt5.json' "
	   ">'%s/hasty.json'; "
	   "sed -E 's/\"batch\": [0-9]+/\"batch\": 3/' '%s/hasty.json' "
	   ">'%s/sluggish.json'",
		root, work, work, work);
	/* one home that has read everything, copied for each test */
	snprintf(home, sizeof(home), "%s/synced", work);
	write_config(hasty());
	sh("GALLEY_HOME='%s' '%s' sync >/dev/null", home, program);
	return 0;
}

static int stop_all(void **state)
{
	(void)state;
	sh("'%s/faultproxy' --ctl '%s/ctl' quit; "
	   "'%s/tests/backends/rt.sh' destroy '%s/rt'; rm -rf '%s'",
		build, work, root, work, work);
	return 0;
}

static int fresh_home(void **state)
{
	(void)state;
	proxy("up");
	proxy("clear");
	sh("'%s/tests/backends/rt.sh' reset '%s/rt'", root, work);
	snprintf(home, sizeof(home), "%s/home", work);
	sh("rm -rf '%s'; cp -a '%s/synced' '%s'", home, work, home);
	write_config(hasty());
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup(fn, fresh_home)
		T(works_while_the_first_sync_runs),
		T(an_offline_shift),
		T(a_conflict_is_decided),
		T(a_conflict_in_chinese),
		T(a_refusal_has_its_words),
		T(a_lost_answer_settles_itself),
		T(an_unsure_one_asks),
		T(an_attachment_is_read),
		T(a_second_one_hands_over),
		T(who_looks_on_changes_nothing),
	};

	(void)begin; /* the demo centre is not what is wanted here */
	(void)set_up;
	(void)tear_down;
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	if (!find_program(argv[0]))
		return 2;
	return cmocka_run_group_tests(tests, start_all, stop_all);
}
