/* SPDX-License-Identifier: MIT */
/*
 * Keys as texts, and a terminal's bytes as events.
 */
#include "galley/ui/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "galley/base/mem.h"
#include "galley/base/rnd.h"
#include "galley/base/utf8.h"

static void texts_of_keys(void **state)
{
	static const struct {
		const char *text;
		struct key key;
		const char *back; /* NULL: the same */
	} v[] = {
		{"a", {'a', 0}, NULL},
		{"G", {'G', 0}, NULL},
		{"<C-p>", {'p', KEY_CTRL}, NULL},
		{"<C-P>", {'p', KEY_CTRL}, "<C-p>"},
		{"<A-Left>", {KEY_LEFT, KEY_ALT}, NULL},
		{"<M-left>", {KEY_LEFT, KEY_ALT}, "<A-Left>"},
		{"<F5>", {KEY_F1 + 4, 0}, NULL},
		{"<F12>", {KEY_F12, 0}, NULL},
		{"<CR>", {KEY_ENTER, 0}, "<Enter>"},
		{"<S-Tab>", {KEY_TAB, KEY_SHIFT}, NULL},
		{"<Space>", {' ', 0}, NULL},
		{"<C-Space>", {' ', KEY_CTRL}, NULL},
		{"<lt>", {'<', 0}, NULL},
		{"<", {'<', 0}, "<lt>"},
		{">", {'>', 0}, NULL},
		{"<A-lt>", {'<', KEY_ALT}, NULL},
		{"<A->>", {'>', KEY_ALT}, NULL},
		{"<A-->", {'-', KEY_ALT}, NULL},
		{"<A-A>", {'A', KEY_ALT}, NULL},
		{"<S-a>", {'A', 0}, "A"},
		{"<C-A-S-Up>", {KEY_UP, KEY_CTRL | KEY_ALT | KEY_SHIFT}, NULL},
		{"中", {0x4e2d, 0}, NULL},
		{"<U+200B>", {0x200b, 0}, NULL},
	};
	struct buf b = BUF_INIT;
	struct key k;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(v); i++) {
		assert_int_equal(key_parse(v[i].text, &k, 1), 1);
		if (!key_same(k, v[i].key))
			fail_msg("%s is %x with %d", v[i].text, k.code, k.mods);
		buf_reset(&b);
		key_format(&b, k);
		assert_string_equal(
			buf_str(&b), v[i].back ? v[i].back : v[i].text);
	}
	buf_fini(&b);
}

static void sequences_of_keys(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"", "no key is given"},
		{"  ", "no key is given"},
		{"g gt", "\"gt\" in column 3 is not a key"},
		{"<Up", "\"<Up\" in column 1 is not a key"},
		{"<Q-x>", "\"<Q-x>\" in column 1 is not a key"},
		{"<C->", "\"<C->\" in column 1 is not a key"},
		{"\xff", "\"\xef\xbf\xbd\" in column 1"},
		{"a b c d e", "too many keys: \"e\" in column 9"},
	};
	struct key k[4] = {{1, 1}};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(key_parse(bad[i].text, k, 4), E_INPUT);
		if (!strstr(err_msg(), bad[i].says))
			fail_msg("\"%s\": %s", bad[i].text, err_msg());
	}
	assert_int_equal(k[0].code, 1); /* untouched */
	assert_int_equal(key_parse(" g  t <Esc> ", k, 4), 3);
	assert_int_equal(k[1].code, 't');
	assert_int_equal(k[2].code, KEY_ESC);
}

static void what_types(void **state)
{
	(void)state;
	assert_true(key_types((struct key){'a', 0}));
	assert_true(key_types((struct key){0x4e2d, KEY_SHIFT}));
	assert_false(key_types((struct key){'a', KEY_ALT}));
	assert_false(key_types((struct key){'a', KEY_CTRL}));
	assert_false(key_types((struct key){KEY_ENTER, 0}));
}

/* Events as one text: keys as they are written, the rest in words. */
static void describe(struct key_parser *p, struct buf *b)
{
	static const char *const words[] = {
		[UI_FOCUS_IN] = "focus", [UI_FOCUS_OUT] = "blur"};
	static const char *const acts[] = {
		"down", "up", "drag", "wheelup", "wheeldown"};
	struct term_answer a;
	struct ui_event e;

	while (key_parser_next(p, &e)) {
		if (b->len)
			buf_addc(b, ' ');
		if (e.kind == UI_KEY)
			key_format(b, e.key);
		else if (e.kind == UI_PASTE)
			buf_addf(b, "paste(%.*s)", (int)e.len, e.text);
		else if (e.kind == UI_MOUSE)
			buf_addf(b, "%s(%d,%d,%d,%d)", acts[e.act], e.button,
				e.x, e.y, e.key.mods);
		else
			buf_adds(b, words[e.kind]);
		ui_event_fini(&e);
	}
	while (key_parser_answer(p, &a))
		buf_addf(b, "%sanswer(%d,%d,%d,%d)", b->len ? " " : "",
			(int)a.kind, a.v[0], a.v[1], a.v[2]);
}

static const struct {
	const char *bytes, *events;
} streams[] = {
	{"aB \r\t\x7f\x08",
		"a B <Space> <Enter> <Tab> <Backspace> <Backspace>"},
	{"\x01\x1a\x1d\n", "<C-a> <C-z> <C-]> <C-j>"},
	{"中é", "中 é"},
	{"\xff\xc3(", "\xef\xbf\xbd \xef\xbf\xbd ("},
	{"\033[A\033[1;5C\033OH\033[1;3D", "<Up> <C-Right> <Home> <A-Left>"},
	{"\033[Z\033[3~\033[5;2~\033[24~", "<S-Tab> <Delete> <S-PageUp> <F12>"},
	{"\033OP\033[15~\033[[C\033O2R", "<F1> <F5> <F3> <S-F3>"},
	{"\033[1;2R", "<S-F3>"},
	{"\033[7;3R", "answer(0,7,3,0)"},
	{"\033x\033中\033\r\033\x7f", "<A-x> <A-中> <A-Enter> <A-Backspace>"},
	{"\033]x\033Pq", "<A-]> x <A-P> q"},
	{"\033\033[B", "<Esc> <Down>"},
	{"\033[97;5u\033[13;2u\033[97;2u\033[97;1:3u", "<C-a> <S-Enter> A"},
	{"\033[27;6;80~", "<C-p>"},
	{"\033[57399u", "0"},
	{"\033[I\033[O", "focus blur"},
	{"\033[<0;3;4M\033[<0;3;4m\033[<34;5;5M\033[<64;1;1M\033[<81;1;2M",
		"down(0,2,3,0) up(0,2,3,0) drag(2,4,4,0) wheelup(0,0,0,0) "
		"wheeldown(1,0,1,1)"},
	{"\033[<35;5;5Mx", "x"},
	{"\033[M !!a", "down(0,0,0,0) a"},
	{"\033[M#!!a", "up(0,0,0,0) a"},
	{"\033[200~a\033[A\r\nb\rc\033[201~d", "paste(a\033[A\nb\nc) d"},
	{"\033[200~\xff\033[201~", "paste(\xef\xbf\xbd)"},
	{"\033[200~\033[201~q", "q"},
	{"\033]11;rgb:ffff/8080/0000\033\\x", "x answer(1,255,128,0)"},
	{"\033]11;rgb:f/8/0\007", "answer(1,255,136,0)"},
	{"\033]11;junk\007k", "k"},
	{"\033[?62;4c", "answer(2,62,4,0)"},
	{"\033[?2026;2$y", "answer(3,2026,2,0)"},
	{"\033[99;99Xj", "j"},
	{"\033[1\033[Bj", "<Down> j"},
	{"\033[999999999999999999;5A", "<C-Up>"},
};

static void feed_all(struct key_parser *p, const char *s, size_t len, size_t by)
{
	size_t i;

	for (i = 0; i < len; i += by)
		key_parser_feed(p, s + i, len - i < by ? len - i : by);
}

/* The same events whether bytes come at once or one by one. */
static void bytes_to_events(void **state)
{
	struct buf b = BUF_INIT;
	struct key_parser *p;
	size_t i, by;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(streams); i++) {
		for (by = 1; by < 100; by += 33) {
			p = key_parser_new();
			feed_all(p, streams[i].bytes, strlen(streams[i].bytes),
				by);
			assert_int_equal(key_parser_waits(p), 0);
			buf_reset(&b);
			describe(p, &b);
			assert_string_equal(buf_str(&b), streams[i].events);
			key_parser_free(p);
		}
	}
	buf_fini(&b);
}

/* What stays incomplete, how long it may, and what it is then. */
static void silence_ends_what_is_incomplete(void **state)
{
	static const struct {
		const char *bytes;
		int waits;
		const char *events;
	} v[] = {
		{"\033", 1, "<Esc>"},
		{"\033[", 1, "<A-[>"},
		{"\033O", 1, "<A-O>"},
		{"\033]", 1, "<A-]>"},
		{"\033[1;5", 1, ""},
		{"\xe4\xb8", 1, "\xef\xbf\xbd"},
		{"\033\xe4", 1, "<A-\xef\xbf\xbd>"},
		{"\033[M!", 1, ""},
		{"\033]11;rgb:ff", 2, ""},
		{"\033[200~abc\033[20", 2, "paste(abc\033[20)"},
		{"", 0, ""},
	};
	struct buf b = BUF_INIT;
	struct key_parser *p;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(v); i++) {
		p = key_parser_new();
		key_parser_feed(p, v[i].bytes, strlen(v[i].bytes));
		buf_reset(&b);
		describe(p, &b);
		assert_int_equal(b.len, 0);
		assert_int_equal(key_parser_waits(p), v[i].waits);
		key_parser_flush(p);
		assert_int_equal(key_parser_waits(p), 0);
		key_parser_feed(p, "z", 1);
		describe(p, &b);
		assert_memory_equal(
			buf_str(&b), v[i].events, strlen(v[i].events));
		assert_string_equal(
			buf_str(&b) + strlen(v[i].events) + !!*v[i].events,
			"z");
		key_parser_free(p);
	}
	buf_fini(&b);
}

static void expected_reports_are_no_keys(void **state)
{
	struct key_parser *p = key_parser_new();
	struct buf b = BUF_INIT;

	(void)state;
	key_parser_expect(p, 1);
	key_parser_feed(p, "\033[1;2R\033[1;2R", 12);
	describe(p, &b);
	assert_string_equal(buf_str(&b), "<S-F3> answer(0,1,2,0)");
	buf_fini(&b);
	key_parser_free(p);
}

/* A paste without end comes in pieces that lose nothing. */
static void long_pastes_come_in_pieces(void **state)
{
	size_t total = (3u << 20) + 17, got = 0, n = 0, i;
	struct key_parser *p = key_parser_new();
	char *text = xmalloc(total);
	struct ui_event e;

	(void)state;
	for (i = 0; i < total; i++)
		text[i] = "\xe4\xb8\xad"[i % 3];
	key_parser_feed(p, "\033[200~", 6);
	feed_all(p, text, total - total % 3, 4096);
	key_parser_feed(p, "\033[201~", 6);
	while (key_parser_next(p, &e)) {
		assert_int_equal(e.kind, UI_PASTE);
		assert_true(utf8_valid(e.text, e.len));
		assert_memory_equal(e.text, text + got, e.len);
		got += e.len;
		n++;
		ui_event_fini(&e);
	}
	assert_int_equal(got, total - total % 3);
	assert_int_equal(n, 4);
	free(text);
	key_parser_free(p);
}

static void keys_for_people(void **state)
{
	static const struct {
		const char *form, *words;
	} v[] = {{"<C-p>", "Ctrl-P"}, {"<A-S-Left>", "Alt-Shift-Left"},
		{"<Enter>", "Enter"}, {"g x", "g x"}, {"Z Z", "Z Z"},
		{"<C-x> <C-c>", "Ctrl-X Ctrl-C"}, {"<PageDown>", "PgDn"},
		{"<A-lt>", "Alt-<"}, {"<A->>", "Alt->"}, {"<", "<"}, {">", ">"},
		{"<F2>", "F2"}, {"", ""}};
	char out[KEY_WORDS_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		key_words(v[i].form, out);
		assert_string_equal(out, v[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_of_keys),
		cmocka_unit_test(sequences_of_keys),
		cmocka_unit_test(keys_for_people),
		cmocka_unit_test(what_types),
		cmocka_unit_test(bytes_to_events),
		cmocka_unit_test(silence_ends_what_is_incomplete),
		cmocka_unit_test(expected_reports_are_no_keys),
		cmocka_unit_test(long_pastes_come_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
