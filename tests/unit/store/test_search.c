/* SPDX-License-Identifier: MIT */
/*
 * Full text against a scan of the texts: everything that is there, nothing that
 * is not, for CJK of any length, Latin words, prefixes and numbers; through
 * changes, slices and deletions. And text from HTML.
 */
#include "store_fix.h"

#include "galley/base/fold.h"
#include "store/store_priv.h"

#define N_TEXTS 400

static const char *const pieces[] = {"退款", "退", "款", "失败", "訂單", "订单",
	"我的", "，", "。", " ", "\n", "refund", "Refunds", "café", "CAFE", "a",
	"12", "138-0013-8000", "+86 138 0013 8000", "iPhone", "手机", "ﬁle",
	"x\xcc\x81", "(021)5555-1234", "ｆｕｌｌ", "\xff", "email",
	"wang@example.com", "c++", "発", "한국", "2026-11-21"};

static const char *const needles[] = {"退", "退款", "退款失败", "款退", "订单",
	"訂單", "我的订单", "refund", "REFUND", "refunds", "cafe", "café", "a",
	"12", "138", "13800138000", "8613800138000", "0013", "iphone手机",
	"手机iphone", "file", "x", "full", "wang", "example.com",
	"wang@example.com", "发", "한", "한국", "2026", "c", "02155551234",
	"refund refund", "\"退款 refund\"", "nothere", "款"};

static char texts[N_TEXTS][256];

static void make_text(struct rnd *rnd, char out[256])
{
	int n = 1 + (int)rnd_below(rnd, 9), i;
	size_t len = 0;

	out[0] = '\0';
	for (i = 0; i < n; i++) {
		const char *p = pieces[rnd_below(rnd, ARRAY_SIZE(pieces))];

		if (strcmp(p, "\xff") == 0)
			p = " "; /* rec_validate() refuses bad UTF-8 */
		if (len + strlen(p) + 2 > 255)
			break;
		strcat(out, p);
		if (rnd_chance(rnd, 1, 3))
			strcat(out, " ");
		len = strlen(out);
	}
}

static int64_t land_texts(struct fix *f, struct rnd *rnd)
{
	struct recs *r = recs_new();
	char rid[16];
	int i;

	for (i = 0; i < N_TEXTS; i++) {
		make_text(rnd, texts[i]);
		snprintf(rid, sizeof(rid), "m%d", i);
		message(r, rid, "1", "reply", "u", T0 + i, texts[i]);
	}
	assert_int_equal(land(f, r).bad, 0);
	return id_by_rid(f, ENT_MESSAGE, "m0");
}

static int holds(const char *text, const struct query_node *n)
{
	char forms[4][16];
	size_t len = strlen(text);
	int i, k = 0;

	if (n->type == Q_AND)
		return holds(text, n->a) && holds(text, n->b);
	if (n->shape == SHAPE_PHONE) {
		/* written in any grouping, with or without +86 */
		snprintf(forms[k++], 16, "%s", n->text);
		if (strncmp(n->text, "86", 2) == 0)
			snprintf(forms[k++], 16, "%s", n->text + 2);
		for (i = 0; i < k; i++)
			if (phone_contains(text, len, forms[i]))
				return 1;
	}
	return fold_contains(text, len, n->text, strlen(n->text), n->prefix);
}

static void compare(struct fix *f, int64_t first, const char *word)
{
	struct rows rows;
	struct query *q;
	int i, k, hit;

	ok(query_parse(word, ENT_TICKET, T0, 0, &q));
	ok(store_search(f->ro, q, NULL, 0, NULL, &rows, NULL, NULL));
	for (i = 0; i < N_TEXTS; i++) {
		hit = 0;
		for (k = 0; k < rows.n; k++)
			hit |= rows.v[k].id == first + i;
		if (hit != holds(texts[i], q->root))
			print_error("\"%s\" %s \"%s\"\n", word,
				hit ? "falsely found in" : "not found in",
				texts[i]);
		assert_int_equal(hit, holds(texts[i], q->root));
	}
	for (k = 1; k < rows.n; k++)
		assert_true(rows.v[k - 1].id > rows.v[k].id);
	rows_free(&rows);
	query_free(q);
}

static void finds_all_and_nothing_else(void **state)
{
	struct fix *f = *state;
	struct rnd rnd;
	int64_t first;
	size_t i;

	rnd_seed(&rnd, 11);
	first = land_texts(f, &rnd);
	/* looked through before it is indexed, and the same from the index */
	for (i = 0; i < ARRAY_SIZE(needles); i++)
		compare(f, first, needles[i]);
	index_all(f);
	for (i = 0; i < ARRAY_SIZE(needles); i++)
		compare(f, first, needles[i]);
	for (i = 0; i < ARRAY_SIZE(needles); i++) {
		char word[64];

		snprintf(word, sizeof(word), "%.60s*", needles[i]);
		if (needles[i][0] != '"')
			compare(f, first, word);
	}
	ok(store_check(f->ro));
}

static void index_follows_changed_texts(void **state)
{
	struct fix *f = *state;
	struct rnd rnd;
	int64_t first, left;
	char rid[16];
	int i, round;

	rnd_seed(&rnd, 12);
	first = land_texts(f, &rnd);
	for (round = 0; round < 6; round++) {
		struct recs *r = recs_new();

		for (i = 0; i < N_TEXTS; i += 3) {
			make_text(&rnd, texts[i]);
			snprintf(rid, sizeof(rid), "m%d", i);
			message(r, rid, "1", "reply", "u", T0 + i, texts[i]);
		}
		land(f, r);
		/* some rounds are indexed in part only */
		if (round % 2)
			ok(store_index_slice(f->rw, 0, &left));
	}
	index_all(f);
	for (i = 0; i < (int)ARRAY_SIZE(needles); i++)
		compare(f, first, needles[i]);
	ok(store_check(f->ro));
}

static void slices_are_bounded_and_come_to_an_end(void **state)
{
	struct fix *f = *state;
	struct rnd rnd;
	int64_t left, before = N_TEXTS + 1;
	int n = 0;

	rnd_seed(&rnd, 13);
	land_texts(f, &rnd);
	ok(store_index_left(f->ro, &left));
	assert_in_range(left, N_TEXTS - 20, N_TEXTS);
	do {
		ok(store_index_slice(f->rw, 0, &left));
		assert_true(left < before);
		before = left;
		n++;
	} while (left);
	assert_true(n > 3);
	ok(store_index_slice(f->rw, 0, &left));
	assert_int_equal(left, 0);
}

static int64_t index_pieces(struct fix *f)
{
	int64_t n;

	assert_int_equal(db_int(&f->ro->db, &n,
				 "SELECT count(DISTINCT segid) FROM "
				 "fts_message_idx",
				 ""),
		1);
	return n;
}

/* Calls until there is no more to do; gives how often. */
static int merge_all(struct fix *f)
{
	int left = 1, n = 0;

	while (left) {
		ok(store_index_merge(f->rw, 0, &left));
		assert_true(++n < 1000);
	}
	return n;
}

static void pieces_are_put_together(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	int64_t first, left = 1;
	struct rnd rnd;
	size_t i;

	rnd_seed(&rnd, 17);
	first = land_texts(f, &rnd);
	while (left)
		ok(store_index_slice(f->rw, 0, &left));
	assert_true(index_pieces(f) > 1);
	assert_true(merge_all(f) > 1);
	assert_int_equal(index_pieces(f), 1);
	for (i = 0; i < ARRAY_SIZE(needles); i++)
		compare(f, first, needles[i]);
	ok(store_check(f->ro));
	/* one more row is not worth writing all of them again */
	message(r, "late", "1", "reply", "u", T0, "zebra");
	land(f, r);
	index_all(f);
	assert_int_equal(merge_all(f), 1);
	assert_int_equal(index_pieces(f), 2);
}

static void deleted_rows_are_not_found(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	struct rows rows;
	struct query *q;

	ticket(r, "1", "1", "zebra", "open", NULL, T0);
	message(r, "m", "1", "reply", "u", T0, "zebra");
	land(f, r);
	index_all(f);
	r = recs_new();
	recs_add(r, REC_GONE, ENT_TICKET, "1");
	land(f, r);
	ok(query_parse("zebra", ENT_TICKET, T0, 0, &q));
	ok(store_search(f->ro, q, NULL, 10, NULL, &rows, NULL, NULL));
	assert_int_equal(rows.n, 0);
	rows_free(&rows);
	ok(store_query(f->ro, q, NULL, 10, NULL, &rows));
	assert_int_equal(rows.n, 0);
	rows_free(&rows);
	query_free(q);
}

static void search_looks_in_four_places_with_snippets(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	struct rows t, m, a, c;
	struct rec *rec;
	struct query *q;

	ticket(r, "1", "1", "Where is my Zebra", "open", NULL, T0);
	message(r, "m", "1", "reply", "u", T0,
		"a long beginning of the text that nobody wants to see here "
		"and then the\nzebra, and an end that is long as well so that "
		"it has to be cut at some place after one hundred and twenty "
		"bytes");
	rec = recs_add(r, REC_ROW, ENT_ARTICLE, "a1");
	rec_set_text(r, rec, FID_ARTICLE_TITLE, "Animals");
	rec_set_text(r, rec, FID_ARTICLE_TEXT, "zebra and others");
	named(r, FID_CUSTOMER_NAME, "c", "Mr. Zebra");
	land(f, r);
	index_all(f);
	ok(query_parse("zebra", ENT_TICKET, T0, 0, &q));
	ok(store_search(f->ro, q, NULL, 10, &t, &m, &a, &c));
	query_free(q);
	assert_int_equal(t.n + m.n + a.n + c.n, 4);
	assert_string_equal(t.v[0].snippet, "Where is my Zebra");
	assert_non_null(strstr(m.v[0].snippet, "the zebra, and"));
	assert_memory_equal(m.v[0].snippet, "...", 3);
	assert_true(strlen(m.v[0].snippet) < 200);
	assert_string_equal(a.v[0].snippet, "zebra and others");
	rows_free(&t);
	rows_free(&m);
	rows_free(&a);
	rows_free(&c);
	/* what belongs to the ticket is asked of the ticket */
	ok(query_parse("zebra status:resolved", ENT_TICKET, T0, 0, &q));
	ok(store_search(f->ro, q, NULL, 10, &t, &m, NULL, NULL));
	assert_int_equal(t.n + m.n, 0);
	rows_free(&t);
	rows_free(&m);
	query_free(q);
	/* what no index can give */
	ok(query_parse("-zebra OR zebra", ENT_TICKET, T0, 0, &q));
	ok(store_search(f->ro, q, NULL, 10, NULL, &m, NULL, NULL));
	assert_int_equal(m.n, 1);
	rows_free(&m);
	query_free(q);
}

static void limit_gives_the_newest(void **state)
{
	struct fix *f = *state;
	struct recs *r = recs_new();
	struct rows m;
	struct query *q;
	char rid[16];
	int i;

	for (i = 0; i < 100; i++) {
		snprintf(rid, sizeof(rid), "%d", i);
		message(r, rid, "1", "reply", "u", T0 + i, "refund");
	}
	land(f, r);
	index_all(f);
	ok(query_parse("refund", ENT_MESSAGE, T0, 0, &q));
	ok(store_search(f->ro, q, NULL, 10, NULL, &m, NULL, NULL));
	assert_int_equal(m.n, 10);
	assert_int_equal(m.more, 1);
	assert_string_equal(m.v[0].rid, "99");
	rows_free(&m);
	/* the list of messages pages through the same hits */
	ok(store_query(f->ro, q, NULL, 30, NULL, &m));
	assert_int_equal(m.n, 30);
	assert_non_null(m.next);
	snprintf(rid, sizeof(rid), "%s", m.next);
	rows_free(&m);
	ok(store_query(f->ro, q, NULL, 100, rid, &m));
	assert_int_equal(m.n, 70);
	assert_null(m.next);
	rows_free(&m);
	query_free(q);
}

/* --- HTML ----------------------------------------------------------------- */

/* Messages `from` to `to`: every other one has a pear, the last 150 of the
 * first 5000 and few before them a plum. */
static void land_fruit(struct fix *f, int from, int to)
{
	struct recs *r = recs_new();
	char rid[16], text[64];
	int i;

	for (i = from; i <= to; i++) {
		int plum = i % 500 == 0 || (i > 4850 && i <= 5000);

		snprintf(rid, sizeof(rid), "%d", i);
		snprintf(text, sizeof(text), "%s%d %s%d",
			i % 2 ? "pearl" : "apple", i,
			plum ? "plumber" : "baker", i);
		message(r, rid, "1", "reply", "u", T0 + i, text);
	}
	land(f, r);
}

/* Every page of a list of messages; they must come newest first, each once. */
static int pages_of(struct fix *f, const char *text, int limit, int64_t *first)
{
	const char *after = NULL;
	int64_t last = INT64_MAX;
	struct query *q;
	struct rows m;
	int i, n = 0;

	ok(query_parse(text, ENT_MESSAGE, T0, 0, &q));
	do {
		ok(store_query(f->ro, q, NULL, limit, after, &m));
		for (i = 0; i < m.n; i++, n++) {
			assert_true(m.v[i].id < last);
			last = m.v[i].id;
			if (n == 0)
				*first = last;
		}
		after = m.more ? arena_strdup(f->a, m.next) : NULL;
		rows_free(&m);
	} while (after);
	query_free(q);
	return n;
}

static void common_prefixes_are_found_like_rare_ones(void **state)
{
	struct fix *f = *state;
	int64_t first = 0;

	land_fruit(f, 1, 5000);
	index_all(f);
	assert_int_equal(pages_of(f, "pea*", 20, &first), 2500);
	assert_int_equal(pages_of(f, "pea*", 700, &first), 2500);
	assert_int_equal(first, id_by_rid(f, ENT_MESSAGE, "4999"));
	/* the newest promise more than is there */
	assert_int_equal(pages_of(f, "plu*", 155, &first), 159);
	assert_int_equal(pages_of(f, "plu*", 1000, &first), 159);
	assert_int_equal(pages_of(f, "plu* pea*", 60, &first), 75);
	/* what is not in the index yet is the newest */
	land_fruit(f, 5001, 5020);
	assert_int_equal(pages_of(f, "pea*", 50, &first), 2510);
	assert_int_equal(first, id_by_rid(f, ENT_MESSAGE, "5019"));
	assert_int_equal(pages_of(f, "qui*", 50, &first), 0);
}

static void html_becomes_text(void **state)
{
	static const struct {
		const char *html, *text;
	} table[] = {
		{"", ""},
		{"plain", "plain"},
		{"a  b\n c", "a b c"},
		{"<p>a</p><p>b</p>", "a\n\nb"},
		{"a<br>b<br/>c", "a\nb\nc"},
		{"a<br><br>b", "a\n\nb"},
		{"<div>a</div><div>b</div>", "a\nb"},
		{"<ul><li>x</li><li>y</li></ul>", "- x\n- y"},
		{"x &amp; y &lt;z&gt; &quot;q&quot;", "x & y <z> \"q\""},
		{"&#36864;&#x6B3E;", "退款"},
		{"&nosuch; &amp", "&nosuch; &"},
		{"&#0; &#99999999; &#xD800;",
			"\xef\xbf\xbd \xef\xbf\xbd \xef\xbf\xbd"},
		{"a&nbsp;b", "a b"},
		{"1 < 2 and 3 > 2", "1 < 2 and 3 > 2"},
		{"a <b", "a <b"},
		{"a<!-- <p>hidden</p> -->b", "ab"},
		{"<style>p{}</style>x<script>a<b</script>y", "xy"},
		{"<SCRIPT>never ends", ""},
		{"<a href=\"a>b\">link</a>", "link"},
		{"<a href='x>y>link</a> more", "y>link more"},
		{"<td>a</td><td>b</td>", "a b"},
		{"<pre>a\n  b</pre>", "a\n  b"},
		{"<b>bo</b>ld", "bold"},
		{"<", "<"},
		{"</", "</"},
		{"<!", "<!"},
		{"&", "&"},
	};
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		buf_reset(&b);
		html_to_text(&b, table[i].html, strlen(table[i].html));
		assert_string_equal(buf_str(&b), table[i].text);
	}
	buf_fini(&b);
}

static void phones_are_found_in_any_grouping(void **state)
{
	static const struct {
		const char *hay, *digits;
		int found;
	} table[] = {
		{"call 13800138000 now", "13800138000", 1},
		{"call 138-0013-8000", "13800138000", 1},
		{"(138) 0013 8000", "13800138000", 1},
		{"+86 138 0013 8000", "13800138000", 1},
		{"+8613800138000", "13800138000", 1},
		{"913800138000", "13800138000", 0},
		{"138001380001", "13800138000", 0},
		{"138, 0013, 8000", "13800138000", 0},
		{"138   0013 8000", "13800138000", 0},
		{"x\u0301138-0013-8000", "13800138000", 0},
		{" \u0301138-0013-8000", "13800138000", 1},
		{"", "13800138000", 0},
		{"13800138000", "", 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++)
		assert_int_equal(phone_contains(table[i].hay,
					 strlen(table[i].hay), table[i].digits),
			table[i].found);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fix_setup, fix_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(finds_all_and_nothing_else),
		T(index_follows_changed_texts),
		T(slices_are_bounded_and_come_to_an_end),
		T(pieces_are_put_together),
		T(deleted_rows_are_not_found),
		T(search_looks_in_four_places_with_snippets),
		T(limit_gives_the_newest),
		T(common_prefixes_are_found_like_rare_ones),
		cmocka_unit_test(html_becomes_text),
		cmocka_unit_test(phones_are_found_in_any_grouping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
