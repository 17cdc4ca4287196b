/* SPDX-License-Identifier: MIT */
/*
 * Situation rules: what conditions mean, what mistakes are answered with, what
 * a reason says in which language, and which situation the shipped rules find
 * for what customers write.
 */
#include "galley/scenario/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "galley/base/buf.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"

#define HOUR INT64_C(3600000)
#define DAY  (24 * HOUR)

static struct situations *parse(const char *text)
{
	struct situations *s = NULL;

	if (situations_parse("x", text, strlen(text), &s))
		fail_msg("%s\n%s", text, err_msg());
	return s;
}

/* --- conditions -------------------------------------------------------------
 */

static const struct situation_fact some[] = {
	{"words", "請問訂單ＡＢＣ還沒到，Where is my Refund?", 0, 0},
	{"phase", "Open", 0, 0},
	{"status", "", 0, 0},
	{"priority", NULL, 50, 0},
	{"emotion", NULL, -2, 0},
	{"unanswered", NULL, 0, 0},
	{"waiting", NULL, 2 * HOUR, 1},
	{"promise.late", NULL, 0, 1},
	{"cf.Colour", "Red", 0, 0},
	{"cf.产品", "燃气灶", 0, 0},
};

static void conditions_mean(void **state)
{
	static const struct {
		const char *cond;
		int holds;
	} cases[] = {
		{"always", 1},
		{"phase = open", 1},
		{"phase = \"OPEN\"", 1},
		{"phase = closed", 0},
		{"phase = \"closed|open\"", 1},
		{"phase = \"op*\"", 1},
		{"phase = op", 0},
		{"phase != closed", 1},
		{"phase != \"open|closed\"", 0},
		{"phase", 1},
		{"status", 0},
		{"status = open", 0},
		{"status != open", 1},
		/* not given: equals nothing */
		{"owner", 0},
		{"owner = me", 0},
		{"owner != me", 1},
		{"owner ~ me", 0},
		{"not owner", 1},
		{"messages < 5", 0},
		{"messages > 5", 0},
		{"messages = 0", 0},
		{"messages != 0", 1},
		/* numbers */
		{"priority = 50", 1},
		{"priority != 50", 0},
		{"priority < 50", 0},
		{"priority <= 50", 1},
		{"priority > 49", 1},
		{"priority >= 51", 0},
		{"emotion < -1", 1},
		{"emotion > -2", 0},
		{"unanswered", 0},
		{"priority", 1},
		/* spans */
		{"waiting > 1h", 1},
		{"waiting > 120min", 0},
		{"waiting >= 120min", 1},
		{"waiting < 1d", 1},
		{"promise.late > 0", 0},
		{"promise.late >= 0", 1},
		/* words, folded */
		{"words ~ refund", 1},
		{"words ~ REFUND", 1},
		{"words ~ refun", 0},
		{"words ~ \"refun*\"", 1},
		{"words ~ \"und\"", 0},
		{"words ~ \"where is\"", 1},
		{"words ~ \"is where\"", 0},
		{"words ~ 订单", 1},
		{"words ~ \"订单\"", 1},
		{"words ~ \"ABC\"", 1},
		{"words ~ \"没到|没来\"", 1},
		{"words ~ \"没来|退款\"", 0},
		{"words ~ \"订到\"", 0},
		{"cf.Colour = red", 1},
		{"cf.colour = red", 0},
		{"cf.产品 ~ 燃气", 1},
		{"cf.Size = red", 0},
		/* and binds more than or */
		{"phase = open or phase and owner", 1},
		{"(phase = open or phase) and owner", 0},
		{"owner and owner or phase", 1},
		{"not phase or phase", 1},
		{"not (phase or phase)", 0},
		{"not not phase", 1},
		{"not owner and not status", 1},
		{"owner or status or phase", 1},
		{"(((phase)))", 1},
	};
	struct arena *a = arena_new();
	struct situation out;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = xasprintf(
			"situation a \"A\"\n when %s\n because \"b\"\n",
			cases[i].cond);
		struct situations *s = parse(text);

		if (situation_find(s, some, ARRAY_SIZE(some), a, &out) !=
			cases[i].holds)
			fail_msg("%s: not %d", cases[i].cond, cases[i].holds);
		situations_free(s);
		free(text);
	}
	arena_free(a);
}

static void the_first_that_holds(void **state)
{
	struct situations *s =
		parse("situation a \"A\"\n when owner\n because \"a\"\n"
		      "situation b \"B\"\n when phase\n  and\n  priority > 1\n"
		      " because \"b\"\n"
		      "situation c \"C\"\n when always\n because \"c\"\n");
	struct arena *a = arena_new();
	struct situation out;

	(void)state;
	assert_int_equal(situation_find(s, some, ARRAY_SIZE(some), a, &out), 1);
	assert_string_equal(out.name, "b");
	situations_free(s);
	arena_free(a);
}

static void rules_give_what_they_say(void **state)
{
	struct situations *s = parse(
		"situation b.c \"B\"\n when phase\n because \"b\"\n"
		" script \"say b\"\n articles \"kind:solution (a | 延误)\"\n"
		" form f\n macros \"x,y\"\n"
		"situation c \"C\"\n when always\n because \"c\"\n");
	struct arena *a = arena_new();
	struct situation out;

	(void)state;
	assert_int_equal(situation_find(s, some, ARRAY_SIZE(some), a, &out), 1);
	assert_string_equal(out.name, "b.c");
	assert_string_equal(out.title, "B");
	assert_string_equal(out.because, "b");
	assert_string_equal(out.script, "say b");
	assert_string_equal(out.articles, "kind:solution (a | 延误)");
	assert_string_equal(out.form, "f");
	assert_string_equal(out.macros, "x,y");
	assert_int_equal(situation_find(s, some, 0, a, &out), 1);
	assert_string_equal(out.name, "c");
	assert_string_equal(out.script, "");
	assert_int_equal(situation_at(s, 0, &out), 1);
	assert_string_equal(out.name, "b.c");
	assert_string_equal(out.because, "");
	assert_int_equal(situation_at(s, 2, &out), 0);
	assert_int_equal(situation_at(s, -1, &out), 0);
	situations_free(s);
	arena_free(a);
}

/* --- reasons ----------------------------------------------------------------
 */

static void because_of(const char *when, const char *lines,
	const struct situation_fact *f, int n, const char *want)
{
	char *text =
		xasprintf("situation a \"A\"\n when %s\n %s\n", when, lines);
	struct situations *s = parse(text);
	struct arena *a = arena_new();
	struct situation out;

	assert_int_equal(situation_find(s, f, n, a, &out), 1);
	assert_string_equal(out.because, want);
	arena_free(a);
	situations_free(s);
	free(text);
}

static void reasons_are_filled_in(void **state)
{
	const int n = ARRAY_SIZE(some);

	(void)state;
	because_of("always",
		"because \"{phase}, {priority}; {{x} {cf.Colour}\"", some, n,
		"Open, 50; {x} Red");
	because_of("always", "because \"waits {waiting}\"", some, n,
		"waits 2 hours");
	/* the first one that has all its facts, else the first */
	because_of("always",
		"because \"of {owner}\"\n because \"of {phase}\"\n "
		"because \"of all\"",
		some, n, "of Open");
	because_of("always", "because \"of {owner}\"", some, n, "of ?");
	because_of("always", "because \"{status}\"", some, n, "");
	because_of("always", "because \"\"", some, n, "");
	/* what was found, and only where it made the rule hold */
	because_of("words ~ \"xyz|订单|refund\"", "because \"{match}\"", some,
		n, "订单");
	because_of("words ~ \"xyz|refun*\"", "because \"{match}\"", some, n,
		"refun");
	because_of("words ~ 订单 and owner or words ~ refund",
		"because \"{match}\"", some, n, "refund");
	because_of("not words ~ xyz and not (words ~ 订单 and owner)",
		"because \"{match}\"\n because \"none\"", some, n, "none");
}

static void foreign_text_is_gated_and_cut(void **state)
{
	static const struct situation_fact f[] = {
		{"customer", "a\x1b[2Jb\nc", 0, 0},
		{"words",
			"一二三四五六七八九十一二三四五六七八九十一二三四五六七"
			"八九十",
			0, 0},
		{"tags", "\xff\xfe", 0, 0},
	};

	(void)state;
	because_of("always", "because \"{customer}\"", f, 3,
		"a\xe2\x90\x9b[2Jb\xe2\x90\x8a"
		"c");
	because_of("always", "because \"{words}\"", f, 3,
		"一二三四五六七八九十一二三四五六七八九十...");
	because_of("always", "because \"{tags}\"", f, 3,
		"\xef\xbf\xbd\xef\xbf\xbd");
}

static void spans_are_words(void **state)
{
	static const struct {
		int64_t ms;
		const char *want;
	} cases[] = {
		{0, "0 seconds"},
		{1999, "1 second"},
		{59 * 1000, "59 seconds"},
		{60 * 1000, "1 minute"},
		{HOUR - 1, "59 minutes"},
		{HOUR, "1 hour"},
		{23 * HOUR, "23 hours"},
		{DAY, "1 day"},
		{2 * DAY + HOUR, "2 days"},
		{-2 * DAY, "2 days"},
		{59 * DAY, "59 days"},
		{60 * DAY, "2 months"},
		{729 * DAY, "24 months"},
		{730 * DAY, "2 years"},
		{INT64_MIN, "292471208 years"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct situation_fact f = {"age", NULL, cases[i].ms, 1};

		because_of("always", "because \"{age}\"", &f, 1, cases[i].want);
	}
}

/* --- languages --------------------------------------------------------------
 */

static void add_table(struct buf *b, const char *const *s, int n, uint32_t at)
{
	int i;

	for (i = 0; i < n; i++) {
		uint32_t len = (uint32_t)strlen(s[i]);
		buf_add_u32(b, len);
		buf_add_u32(b, at);
		at += len + 1;
	}
}

/* A catalogue of two texts: its head, and days. Ids in byte order; `|` becomes
 * the NUL between singular and plural. */
static void write_catalogue(const char *dir, const char *lang)
{
	char *head = xasprintf("Content-Type: text/plain; charset=UTF-8\n"
			       "Language: %s\n"
			       "Plural-Forms: nplurals=1; plural=0;\n",
		lang);
	const char *ids[2] = {"", "%lld day|%lld days"};
	const char *texts[2] = {head, "%lld 天"};
	char *path = xasprintf("%s/%s/LC_MESSAGES", dir, lang);
	struct buf b = BUF_INIT;
	uint32_t at = 28 + 2 * 16;
	char *file, *bar;
	int i;

	buf_add_u32(&b, 0x950412de);
	buf_add_u32(&b, 0);
	buf_add_u32(&b, 2);
	buf_add_u32(&b, 28);
	buf_add_u32(&b, 28 + 16);
	buf_add_u32(&b, 0);
	buf_add_u32(&b, at);
	add_table(&b, ids, 2, at);
	at += 1 + (uint32_t)strlen(ids[1]) + 1;
	add_table(&b, texts, 2, at);
	for (i = 0; i < 2; i++)
		buf_add(&b, ids[i], strlen(ids[i]) + 1);
	for (i = 0; i < 2; i++)
		buf_add(&b, texts[i], strlen(texts[i]) + 1);
	bar = memchr(b.p, '|', b.len);
	assert_non_null(bar);
	*bar = '\0';
	assert_int_equal(path_make_private(path), 0);
	file = xasprintf("%s/galley.mo", path);
	assert_int_equal(file_write(file, b.p, b.len), 0);
	buf_fini(&b);
	free(file);
	free(path);
	free(head);
}

static void remove_catalogue(const char *dir, const char *lang)
{
	char *path = xasprintf("%s/%s/LC_MESSAGES/galley.mo", dir, lang);
	char *slash;

	assert_int_equal(unlink(path), 0);
	while ((slash = strrchr(path, '/')) && slash > path + strlen(dir)) {
		*slash = '\0';
		assert_int_equal(rmdir(path), 0);
	}
	free(path);
}

static void use_language(const char *lang)
{
	setenv("LANGUAGE", lang, 1);
	/* gettext looks at LANGUAGE again after a change */
	assert_non_null(setlocale(LC_MESSAGES, "C"));
	assert_non_null(setlocale(LC_MESSAGES, "C.UTF-8"));
}

static void texts_follow_the_language(void **state)
{
	static const struct situation_fact f[] = {
		{"promise.late", NULL, 2 * DAY, 1},
		{"promise.due", "11-20", 0, 0},
	};
	struct situations *s =
		parse("situation a \"A\" zh_CN \"甲\"\n when always\n"
		      " because \"{promise.due}: {promise.late} late\"\n"
		      "  zh_TW \"{promise.due} 的承諾逾期 {promise.late}\"\n"
		      "  zh_CN \"{promise.due} 的承诺超期 {promise.late}\"\n");
	char dir[] = "/tmp/galley-situation-XXXXXX";
	struct arena *a = arena_new();
	struct situation out;

	(void)state;
	assert_non_null(mkdtemp(dir));
	write_catalogue(dir, "zh_CN");
	write_catalogue(dir, "zh_TW");
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	bindtextdomain("galley", dir);
	bind_textdomain_codeset("galley", "UTF-8");
	textdomain("galley");

	use_language("zh_CN");
	assert_int_equal(situation_find(s, f, 2, a, &out), 1);
	assert_string_equal(out.title, "甲");
	assert_string_equal(out.because, "11-20 的承诺超期 2 天");
	use_language("zh_TW");
	assert_int_equal(situation_find(s, f, 2, a, &out), 1);
	assert_string_equal(out.title, "甲"); /* nearer than English */
	assert_string_equal(out.because, "11-20 的承諾逾期 2 天");
	use_language("en");
	assert_int_equal(situation_find(s, f, 2, a, &out), 1);
	assert_string_equal(out.title, "A");
	assert_string_equal(out.because, "11-20: 2 days late");

	remove_catalogue(dir, "zh_CN");
	remove_catalogue(dir, "zh_TW");
	assert_int_equal(rmdir(dir), 0);
	situations_free(s);
	arena_free(a);
}

/* --- mistakes ---------------------------------------------------------------
 */

#define A    "situation a \"A\"\n"
#define WHEN A "when phase\n"
#define LINES                                                                  \
	"when, because, script, articles, form, macros or situation is "       \
	"expected here, not "
#define FACTS                                                                  \
	"case, channel, phase, status, queue, owner, subject, words, last, "   \
	"tags, class, product, stage, lang, customer, vip, order.status, "     \
	"promise.text, promise.due, priority, emotion, emotion.fall, "         \
	"messages, unanswered, contacts.week, open, orders, "                  \
	"promises.broken, csat, waiting, silent, age, due.late, "              \
	"promise.late, promise.left, refund.age, delivery.late, order.age, "   \
	"known, and cf.NAME"

static void mistakes_have_a_place(void **state)
{
	static const char *const cases[][2] = {
		{"", "x:1:1: situation is expected here, not the end of the "
		     "file"},
		{"rule a", "x:1:1: situation is expected here, not rule"},
		{"situation", "x:1:10: a name is expected here, not the end "
			      "of the file"},
		{"situation a", "x:1:12: a title in quotation marks is "
				"expected here, not the end of the file"},
		{"situation a \"A\" zh_CN",
			"x:1:22: a text in quotation marks is expected here, "
			"not the end of the file"},
		{"situation a \"A\" zh_CN \"a\" zh_CN \"b\"",
			"x:1:27: the text in zh_CN stands here already"},
		{"situation a \"A\" fr \"a\"",
			"x:1:17: a new line is expected here, not fr"},
		{A, "x:1:1: the situation a has no line: when ..."},
		{WHEN, "x:1:1: the situation a has no line: because \"...\""},
		{WHEN "because \"b\"\n" WHEN "because \"b\"\n",
			"x:4:1: the situation a stands in line 1 already"},
		{A "whenever", "x:2:1: " LINES "whenever"},
		{A "when", "x:2:5: a fact, not or ( is expected here, not the "
			   "end of the file"},
		{A "when 客户",
			"x:2:6: there is no fact 客户; there are: " FACTS},
		{A "when phase open",
			"x:2:12: and, or, or a new line is expected here, not "
			"open"},
		{WHEN "because \"b\" extra",
			"x:3:13: a new line is expected here, not extra"},
		{A "when phase < open",
			"x:2:12: =, != or ~ is expected here, not <"},
		{A "when priority ~ 5",
			"x:2:15: =, !=, <, <=, > or >= is expected here, not ~"},
		{A "when priority > high",
			"x:2:17: a number is expected here, not high"},
		{A "when priority > 2d",
			"x:2:17: a number is expected here, not 2d"},
		{A "when waiting > 5",
			"x:2:16: a time (30s, 15min, 3h, 2d, 1w) is expected "
			"here, not 5"},
		{A "when waiting > 5 days",
			"x:2:16: a time (30s, 15min, 3h, 2d, 1w) is expected "
			"here, not 5"},
		{A "when waiting > 5days",
			"x:2:16: a time is written 30s, 15min, 3h, 2d or 1w"},
		{A "when words ~",
			"x:2:13: a word or a text in quotation marks is "
			"expected here, not the end of the file"},
		{A "when words ~ \"a||b\"",
			"x:2:14: nothing to look for stands between two |"},
		{A "when words ~ \"a|!?\"",
			"x:2:14: nothing to look for stands between two |"},
		{A "when words ～ a",
			"x:2:12: the character U+FF5E is not understood, "
			"write '~'"},
		{A "when (phase", "x:2:6: this ( has no )"},
		{A "when (phase = a b)",
			"x:2:17: and, or or ) is expected here, not b"},
		{A "when phase)", "x:2:11: and, or, or a new line "
				  "is expected here, not )"},
		{A "when phase and", "x:2:15: a fact, not or ( is expected "
				     "here, not the end of the file"},
		{WHEN "when phase", "x:3:1: this stands here already"},
		{WHEN "because b", "x:3:9: a sentence in quotation marks is "
				   "expected here, not b"},
		{WHEN "because \"{promise}\"",
			"x:3:9: there is no fact promise; there are: " FACTS},
		{WHEN "because \"{}\"",
			"x:3:9: there is no fact ; there are: " FACTS},
		{WHEN "because \"{phase\"",
			"x:3:9: a { in this text has no }; a brace itself is "
			"{{"},
		{WHEN "because \"{\"",
			"x:3:9: a { in this text has no }; a brace itself is "
			"{{"},
		{WHEN "script a\nscript b", "x:4:1: this stands here already"},
		{WHEN "form 12", "x:3:6: a word or a text in quotation marks "
				 "is expected here, not 12"},
		{WHEN "articles \"kinds:solution\"", NULL},
		{"situation a\n\"A\" \x01",
			"x:2:5: a control character (U+0001)"},
	};
	struct situations *s = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *want = cases[i][1];
		int rc = situations_parse(
			"x", cases[i][0], strlen(cases[i][0]), &s);

		if (!want)
			want = "x:3:10: this is no query for articles: column "
			       "1: ";
		if (rc != E_CONFIG ||
			strncmp(err_msg(), want, strlen(want)) != 0 ||
			(cases[i][1] && strcmp(err_msg(), want) != 0))
			fail_msg("%s\n gives %d: %s\n  wanted: %s", cases[i][0],
				rc, rc ? err_msg() : "no error", want);
		assert_null(s);
	}
}

static void refused(struct buf *b, const char *want)
{
	struct situations *s = NULL;

	assert_int_equal(situations_parse("x", b->p, b->len, &s), E_CONFIG);
	assert_string_equal(err_msg(), want);
	assert_null(s);
	buf_reset(b);
}

static void limits_hold(void **state)
{
	struct buf b = BUF_INIT;
	int i;

	(void)state;
	buf_adds(&b, A "when ");
	for (i = 0; i < 33; i++)
		buf_adds(&b, "not ");
	refused(&b, "x:2:134: deeper than 32 levels");
	buf_adds(&b, A "when phase");
	for (i = 0; i < 100; i++)
		buf_adds(&b, "\nand phase");
	refused(&b, "x:102:5: more than 100 conditions");
	buf_adds(&b, A "when words ~ \"a");
	for (i = 0; i < 100; i++)
		buf_adds(&b, "|a");
	buf_adds(&b, "\"");
	refused(&b, "x:2:14: more than 100 words");
	buf_adds(&b, WHEN);
	for (i = 0; i < 5; i++)
		buf_adds(&b, "because \"b\"\n");
	refused(&b, "x:7:1: more than 4 reasons");
	buf_adds(&b, WHEN "because \"");
	for (i = 0; i < 33; i++)
		buf_adds(&b, "{phase}");
	buf_adds(&b, "\"");
	refused(&b, "x:3:9: more than 31 facts in a text");
	for (i = 0; i < 501; i++)
		buf_addf(&b, "situation a%d \"A\"\nwhen always\nbecause \"\"\n",
			i);
	refused(&b, "x:1501:1: more than 500 rules");
	buf_fini(&b);
}

/* --- the shipped rules ------------------------------------------------------
 */

static void find(struct situations *s, const struct situation_fact *f, int n,
	const char *want, const char *because)
{
	struct arena *a = arena_new();
	struct situation out;

	assert_int_equal(situation_find(s, f, n, a, &out), 1);
	if (strcmp(out.name, want) != 0)
		fail_msg("%s: %s (%s), not %s",
			n && f[0].text ? f[0].text : f[0].name, out.name,
			out.because, want);
	if (because)
		assert_string_equal(out.because, because);
	arena_free(a);
}

static void shipped_rules_know_words(void **state)
{
	static const char *const cases[][2] = {
		{"The stove won't light since yesterday", "fault.stove"},
		{"燃气灶打不着火，怎么办？", "fault.stove"},
		{"瓦斯爐，點不著火", "fault.stove"},
		{"There is a smell of gas in the kitchen", "danger.gas"},
		{"厨房里有煤气味，灶也打不着", "danger.gas"},
		{"The dryer caught fire", "danger.shock"},
		{"洗衣机漏电，手麻", "danger.shock"},
		{"热水器着火了", "danger.shock"},
		{"I will go to the newspaper with this", "complaint.crisis"},
		{"再不处理我就打12315，找律师", "complaint.crisis"},
		{"再不處理我就找律師", "complaint.crisis"},
		{"Your agent was so rude to me", "complaint.attitude"},
		{"客服态度太差，还挂我电话", "complaint.attitude"},
		{"I want to complain, this is the third week of waiting",
			"complaint.delay"},
		{"我要投诉，一直没人联系我", "complaint.delay"},
		{"It is broken again, I am not satisfied", "complaint.result"},
		{"师傅来过了还是不行，我不接受", "complaint.result"},
		{"I wish to make a complaint", "complaint.other"},
		{"我要投诉", "complaint.other"},
		{"Where is my refund?", "refund.late"},
		{"退款到哪了？快一周了还没到", "refund.late"},
		{"I would like to return it and get my money back",
			"refund.ask"},
		{"能退货吗", "refund.ask"},
		{"Please cancel my order", "cancel"},
		{"我想取消订单", "cancel"},
		{"The parcel has not come yet", "delivery.late"},
		{"快递怎么还没到", "delivery.late"},
		{"The door arrived dented", "delivery.damage"},
		{"收到的时候外壳压坏了", "delivery.damage"},
		{"I need an invoice with our tax number", "invoice"},
		{"请开发票，抬头是公司", "invoice"},
		{"Can I make an appointment?", "install"},
		{"预约安装，周六上门可以吗", "install"},
		{"No hot water since this morning", "fault.heater"},
		{"热水器不出热水", "fault.heater"},
		{"The washing machine leaks", "fault.washer"},
		{"洗衣机不排水", "fault.washer"},
		{"My fridge is not cold any more", "fault.fridge"},
		{"冰箱不制冷了", "fault.fridge"},
		{"Air conditioning drips on the floor", "fault.aircon"},
		{"空调滴水", "fault.aircon"},
		{"The kettle stopped working", "fault.other"},
		{"电饭煲坏了", "fault.other"},
		{"Great service, thank you!", "praise"},
		{"服务很好，点赞", "praise"},
		{"How do I clean the filter?", "enquiry"},
		{"请问保修多久？", "enquiry"},
		{"Hello", "other"},
		{"你好", "other"},
	};
	struct situations *s = NULL;
	size_t i;

	(void)state;
	if (situations_load("default", &s))
		fail_msg("%s", err_msg());
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct situation_fact f[] = {
			{"words", cases[i][0], 0, 0},
			{"phase", "open", 0, 0},
		};

		find(s, f, 2, cases[i][1], NULL);
	}
	situations_free(s);
}

static void shipped_rules_know_facts(void **state)
{
	struct situations *s = NULL;
	struct situation_fact f[3];

	(void)state;
	assert_int_equal(situations_load("default", &s), 0);
	f[0] = (struct situation_fact){"promise.late", NULL, 2 * DAY, 1};
	f[1] = (struct situation_fact){"promise.due", "Nov 20", 0, 0};
	find(s, f, 2, "complaint.delay",
		"the promise of Nov 20 is 2 days late");
	f[0].number = 0;
	find(s, f, 2, "other", "the general script fits");
	f[0] = (struct situation_fact){"refund.age", NULL, 9 * DAY, 1};
	find(s, f, 1, "refund.late", "the refund was asked for 9 days ago");
	f[0] = (struct situation_fact){"delivery.late", NULL, DAY, 1};
	find(s, f, 1, "delivery.late", "the parcel is 1 day late");
	f[0] = (struct situation_fact){"csat", NULL, 2, 0};
	find(s, f, 1, "complaint.result", "the customer rated us 2");
	f[0].number = 4;
	find(s, f, 1, "other", NULL);
	f[0] = (struct situation_fact){"last", "any news?", 0, 0};
	find(s, f, 1, "urging", "the customer urges: \"any news\"");
	f[0] = (struct situation_fact){"last", "处理好了吗", 0, 0};
	find(s, f, 1, "urging", "the customer urges: \"处理好了吗\"");
	f[0] = (struct situation_fact){"unanswered", NULL, 3, 0};
	f[1] = (struct situation_fact){"contacts.week", NULL, 1, 0};
	find(s, f, 2, "urging",
		"messages without an answer: 3, contacts in a week: 1");
	f[0] = (struct situation_fact){"vip", "GOLD", 0, 0};
	f[1] = (struct situation_fact){"customer", "王芳", 0, 0};
	find(s, f, 2, "vip", "王芳 is GOLD");
	f[0] = (struct situation_fact){"silent", NULL, 4 * DAY, 1};
	f[1] = (struct situation_fact){"phase", "open", 0, 0};
	find(s, f, 2, "silent",
		"we wrote 4 days ago and nothing has come back");
	f[1].text = "closed";
	find(s, f, 2, "other", NULL);
	f[0] = (struct situation_fact){"known", NULL, HOUR, 1};
	f[1] = (struct situation_fact){"orders", NULL, 1, 0};
	find(s, f, 2, "new", "known for 1 hour");
	f[0] = (struct situation_fact){"last", "you idiot", 0, 0};
	find(s, f, 1, "abuse", NULL);
	situations_free(s);
}

/* Everything in three languages. */
static void shipped_rules_are_complete(void **state)
{
	struct situations *s = NULL;
	struct situation out;
	char *text = NULL;
	size_t len, n = 0, zh = 0, tw = 0;
	const char *p;
	int i;

	(void)state;
	assert_int_equal(situations_load("default", &s), 0);
	for (i = 0; situation_at(s, i, &out); i++)
		;
	assert_in_range(i, 25, 60);
	situations_free(s);
	assert_int_equal(file_read("data/situations/default.rules", 1 << 20,
				 &text, &len),
		0);
	for (p = text; (p = strstr(p, "\n\tbecause \"")); p++)
		n++;
	for (p = text; (p = strstr(p, "zh_CN \"")); p++)
		zh++;
	for (p = text; (p = strstr(p, "zh_TW \"")); p++)
		tw++;
	assert_int_equal(zh, n + (size_t)i);
	assert_int_equal(tw, n + (size_t)i);
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions_mean),
		cmocka_unit_test(the_first_that_holds),
		cmocka_unit_test(rules_give_what_they_say),
		cmocka_unit_test(reasons_are_filled_in),
		cmocka_unit_test(foreign_text_is_gated_and_cut),
		cmocka_unit_test(spans_are_words),
		cmocka_unit_test(mistakes_have_a_place),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(shipped_rules_know_words),
		cmocka_unit_test(shipped_rules_know_facts),
		cmocka_unit_test(shipped_rules_are_complete),
		cmocka_unit_test(texts_follow_the_language),
	};

	/* no files of whoever runs this */
	setenv("GALLEY_HOME", "/nonexistent", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
