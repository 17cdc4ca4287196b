/* SPDX-License-Identifier: MIT */
/*
 * The smallest parts: errors, memory, arena, buffer, randomness, ids,
 * embedding.
 */
#include "galley/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "galley/base/buf.h"
#include "galley/base/clock.h"
#include "galley/base/embed.h"
#include "galley/base/err.h"
#include "galley/base/i18n.h"
#include "galley/base/id.h"
#include "galley/base/mem.h"
#include "galley/base/near.h"
#include "galley/base/rnd.h"

static void err_keeps_one_record(void **state)
{
	(void)state;
	assert_int_equal(
		err_set(E_OFFLINE, "no route to %s", "a.example"), E_OFFLINE);
	assert_int_equal(err_ctx("pull %d", 7), E_OFFLINE);
	assert_string_equal(err_msg(), "pull 7: no route to a.example");
	assert_int_equal(err_code(), E_OFFLINE);
	/* the old message may be an argument */
	err_set(E_DB, "(%s)", err_msg());
	assert_string_equal(err_msg(), "(pull 7: no route to a.example)");
	err_clear();
	assert_string_equal(err_msg(), "");
	assert_int_equal(err_code(), E_OK);
}

static void err_cuts_long_messages(void **state)
{
	char *big = xmalloc(5000);
	int i;

	(void)state;
	memset(big, 'x', 4999);
	big[4999] = '\0';
	err_set(E_BUG, "%s", big);
	for (i = 0; i < 5; i++)
		err_ctx("%s", big);
	assert_true(strlen(err_msg()) < 1024);
	free(big);
}

static void err_names_every_code(void **state)
{
	int code;

	(void)state;
	for (code = 0; code >= E_BUG; code--) {
		assert_non_null(err_name(code));
		assert_true(code == 0 || err_exit_status(code) != 0);
	}
	assert_string_equal(err_name(-999), "bug");
	assert_int_equal(err_exit_status(5), 70);
	assert_int_equal(err_exit_status(E_CONFIG), 78);
}

static void arena_aligns_and_grows(void **state)
{
	struct arena *a = arena_new();
	size_t before;
	char *p;
	int i;

	(void)state;
	for (i = 1; i < 2000; i++) {
		p = arena_alloc(a, (size_t)i);
		assert_int_equal((uintptr_t)p % 16, 0);
		memset(p, i, (size_t)i);
	}
	p = arena_alloc(a, 3 << 20);
	memset(p, 1, 3 << 20);
	before = arena_size_bytes(a);
	assert_true(before > 3 << 20);
	arena_reset(a);
	assert_true(arena_size_bytes(a) < 8192);
	assert_string_equal(arena_printf(a, "%d-%s", 5, "x"), "5-x");
	assert_string_equal(arena_strndup(a, "abcdef", 3), "abc");
	assert_null(arena_strdup(a, NULL));
	p = arena_calloc(a, 10, 10);
	for (i = 0; i < 100; i++)
		assert_int_equal(p[i], 0);
	arena_free(a);
	arena_free(NULL);
}

static void buf_stays_terminated(void **state)
{
	struct buf b = BUF_INIT;
	char *s;
	int i;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	/* room that nobody has used is an empty text too, whatever was there */
	b.p = xmalloc(64);
	memset(b.p, 'z', 64);
	b.cap = 1;
	buf_grow(&b, 100);
	assert_string_equal(buf_str(&b), "");
	for (i = 0; i < 1000; i++)
		buf_addf(&b, "%d,", i);
	assert_int_equal(strlen(b.p), b.len);
	assert_int_equal(b.len, 3890);
	buf_reset(&b);
	buf_addf(&b, "%0*d", 1000, 7);
	assert_int_equal(b.len, 1000);
	assert_int_equal(buf_str(&b)[999], '7');
	buf_reset(&b);
	buf_add_dec(&b, 0);
	buf_add_dec(&b, 4294967295u);
	assert_string_equal(buf_str(&b), "04294967295");
	buf_reset(&b);
	assert_string_equal(buf_str(&b), "");
	buf_add_u32(&b, 0x01020304);
	buf_add_u64(&b, 0x1112131415161718);
	assert_memory_equal(
		b.p, "\x04\x03\x02\x01\x18\x17\x16\x15\x14\x13\x12\x11", 12);
	buf_reset(&b);
	buf_add(&b, NULL, 0);
	buf_addc(&b, 'x');
	s = buf_take(&b);
	assert_string_equal(s, "x");
	assert_null(b.p);
	free(s);
	s = buf_take(&b);
	assert_string_equal(s, "");
	free(s);
}

static void mem_copies(void **state)
{
	char *s = xstrndup("abc", 2);

	(void)state;
	assert_string_equal(s, "ab");
	FREE(&s);
	assert_null(s);
	assert_null(xstrdup_null(NULL));
	s = xasprintf("%s=%d", "n", 3);
	assert_string_equal(s, "n=3");
	free(s);
}

static void rnd_repeats_from_a_seed(void **state)
{
	struct rnd a, b, c;
	int i, same = 0, hits = 0;

	(void)state;
	rnd_seed(&a, 42);
	rnd_seed(&b, 42);
	rnd_seed(&c, 43);
	for (i = 0; i < 100; i++) {
		uint64_t x = rnd_u64(&a);

		assert_true(x == rnd_u64(&b));
		same += x == rnd_u64(&c);
	}
	assert_int_equal(same, 0);
	for (i = 0; i < 4000; i++) {
		assert_true(rnd_below(&a, 7) < 7);
		hits += rnd_chance(&a, 1, 4);
	}
	assert_in_range(hits, 850, 1150);
	assert_int_equal(rnd_below(&a, 1), 0);
}

static int64_t fixed_time(void *u)
{
	return *(int64_t *)u;
}

static void uid_sorts_by_time(void **state)
{
	int64_t now = 1469918176385;
	struct clock c = {fixed_time, fixed_time, &now};
	char first[UID_SIZE], second[UID_SIZE];
	struct rnd r;

	(void)state;
	rnd_seed(&r, 1);
	uid_new(&c, &r, first);
	now++;
	uid_new(&c, &r, second);
	assert_true(strcmp(first, second) < 0);
	assert_true(uid_valid(first));
	/* the example of the ULID specification */
	assert_memory_equal(first, "01ARYZ6S41", 10);
	first[3] = 'I';
	assert_false(uid_valid(first));
	assert_false(uid_valid("01ARYZ6S41"));
	assert_false(uid_valid(""));
}

static void uid_differs_within_a_millisecond(void **state)
{
	int64_t now = 5;
	struct clock c = {fixed_time, fixed_time, &now};
	char a[UID_SIZE], b[UID_SIZE];
	struct rnd r;

	(void)state;
	rnd_seed_system(&r);
	uid_new(&c, &r, a);
	uid_new(&c, &r, b);
	assert_memory_equal(a, b, 10);
	assert_string_not_equal(a, b);
}

static void clock_is_this_century(void **state)
{
	const struct clock *c = clock_system();
	int64_t before = clock_mono_ms(c);

	(void)state;
	assert_true(clock_now_ms(c) > 1600000000000);
	assert_true(clock_mono_ms(c) >= before);
}

static void embedded_files_are_found_by_name(void **state)
{
	const char *name, *before = "";
	size_t len;
	int i;

	(void)state;
	for (i = 0; (name = embed_name(i)); i++) {
		const char *s = embed_get(name, &len);

		assert_non_null(s);
		assert_int_equal(s[len], 0);
		assert_true(strcmp(before, name) < 0);
		assert_true(strncmp(name, "data/", 5) != 0);
		before = name;
	}
	assert_null(embed_get("no such file", &len));
	assert_null(embed_get("", NULL));
	assert_null(embed_name(-1));
	assert_null(embed_name(i + 1));
}

static const char *meant(const char *word)
{
	static const char *const known[] = {
		"search", "show", "set", "sync", "outbox"};
	struct near n = near_to(word, strlen(word));

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		near_try(&n, known[i]);
	return n.best;
}

static void near_misses_are_found(void **state)
{
	char longer[200];

	(void)state;
	assert_string_equal(meant("serach"), "search"); /* changed places */
	assert_string_equal(meant("serch"), "search");
	assert_string_equal(meant("outboxx"), "outbox");
	assert_string_equal(meant("sit"), "set");
	assert_null(meant("zzzz"));
	assert_null(meant("xx")); /* short words must be closer */
	assert_null(meant(""));
	memset(longer, 's', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_null(meant(longer));
}

/* Names, paths and ids are no words. */
static void a_sentence_begins_large(void **state)
{
	static const char *const v[][2] = {
		{"reply goes out", "Reply goes out"},
		{"decided", "Decided"},
		{"taken back; its text is a draft again",
			"Taken back; its text is a draft again"},
		{"rt: it is not reached", "rt: it is not reached"},
		{"notes.txt is here now", "notes.txt is here now"},
		{"/tmp/x is there", "/tmp/x is there"},
		{"`keys` takes a name", "`keys` takes a name"},
		{"rt5 cannot do that", "rt5 cannot do that"},
		{"已保存", "已保存"},
		{"", ""},
	};
	size_t i;
	char s[64];

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		snprintf(s, sizeof(s), "%s", v[i][0]);
		i18n_sentence(s);
		assert_string_equal(s, v[i][1]);
	}
}

static void languages_have_names(void **state)
{
	(void)state;
	assert_string_equal(i18n_name("zh"), "中文");
	assert_string_equal(i18n_name("zh_TW"), "繁體中文");
	assert_string_equal(i18n_name("zh-Hans-CN"), "简体中文");
	assert_string_equal(i18n_name("pt-BR"), "Português");
	assert_string_equal(i18n_name("zhx"), "zhx");
	assert_string_equal(i18n_name(""), "");
	assert_null(i18n_name(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_keeps_one_record),
		cmocka_unit_test(err_cuts_long_messages),
		cmocka_unit_test(err_names_every_code),
		cmocka_unit_test(arena_aligns_and_grows),
		cmocka_unit_test(buf_stays_terminated),
		cmocka_unit_test(mem_copies),
		cmocka_unit_test(rnd_repeats_from_a_seed),
		cmocka_unit_test(uid_sorts_by_time),
		cmocka_unit_test(uid_differs_within_a_millisecond),
		cmocka_unit_test(clock_is_this_century),
		cmocka_unit_test(embedded_files_are_found_by_name),
		cmocka_unit_test(near_misses_are_found),
		cmocka_unit_test(a_sentence_begins_large),
		cmocka_unit_test(languages_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
