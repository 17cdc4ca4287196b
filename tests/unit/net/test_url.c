/* SPDX-License-Identifier: MIT */
/* URLs: origins, loopback, encoding, what may be asked at all. */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "galley/base/mem.h"
#include "net/net_priv.h"

static void test_same_origin(void **state)
{
	static const struct {
		const char *a, *b;
		int same;
	} t[] = {
		{"https://a.example/x", "https://a.example/y?z", 1},
		{"https://a.example/", "https://a.example:443/", 1},
		{"http://a.example/", "http://a.example:80/", 1},
		{"https://A.Example/", "HTTPS://a.example/", 1},
		{"http://[::1]/", "http://[::1]:80/", 1},
		{"https://a.example/", "http://a.example/", 0},
		{"https://a.example/", "http://a.example:443/", 0},
		{"https://a.example/", "https://a.example:444/", 0},
		{"https://a.example/", "https://a.example.evil/", 0},
		{"https://a.example/", "https://a.example@evil/", 0},
		{"https://a.example/", "https://a.example./", 0},
		{"https://a.example/", "https://b.example/", 0},
		{"https://a.example/", "/relative", 0},
		{"https://a.example/", "", 0},
		{"", "", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		assert_int_equal(url_same_origin(t[i].a, t[i].b), t[i].same);
		assert_int_equal(url_same_origin(t[i].b, t[i].a), t[i].same);
	}
}

/* First of all: whoever has a server on this machine starts without libcurl. */
static void test_loopback_plain(void **state)
{
	static const char *const yes[] = {"http://127.0.0.1:9",
		"http://127.0.0.1", "http://localhost:8080/x",
		"http://rt.localhost/"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		assert_true(url_is_loopback(yes[i]));
	assert_null(dlopen("libcurl.so.4", RTLD_LAZY | RTLD_NOLOAD));
}

static void test_loopback(void **state)
{
	static const char *const yes[] = {"http://127.0.0.1/",
		"http://127.9.8.7:1/", "http://localhost:8080/x",
		"http://LOCALHOST/", "http://rt.localhost/", "http://[::1]/",
		/* libcurl connects to what inet_aton makes of it */
		"http://0x7f000001/", "http://2130706433/"};
	static const char *const no[] = {"http://128.0.0.1/",
		"http://localhost.example/", "http://127.0.0.1.example/",
		"http://127.0.0.1@example.com/", "http://[::2]/",
		"http://[::ffff:8.8.8.8]/", "http://notlocalhost/",
		"http://127.0.0.1:80@example.com/", "http://127.0.0.1:99999/",
		"http://127.0.0.1\\@example.com/", "http://0.0.0.0/",
		"mailto:a@localhost", ""};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		assert_true(url_is_loopback(yes[i]));
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		assert_false(url_is_loopback(no[i]));
}

static void test_check(void **state)
{
	static const struct {
		const char *url;
		int plain;
		const char *where; /* NULL: refused */
	} t[] = {
		{"https://rt.example/REST/2.0?a=b", 0, "rt.example:443"},
		{"https://rt.example:8443/", 0, "rt.example:8443"},
		{"http://127.0.0.1:80/", 0, "127.0.0.1:80"},
		{"http://[::1]:81/", 0, "[::1]:81"},
		{"http://rt.example/", 1, "rt.example:80"},
		{"http://rt.example/", 0, NULL},
		{"ftp://rt.example/", 1, NULL},
		{"https://u@rt.example/", 0, NULL},
		{"https://u:p@rt.example/", 0, NULL},
		{"https://", 0, NULL},
		{"https://rt.example/\x7f", 0, NULL},
		{"https://rt.example/ ", 0, NULL},
		{"rt.example/", 0, NULL},
	};
	char *huge = xmalloc(10000);
	char *none = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char *where = NULL;
		int err = url_check(t[i].url, t[i].plain, &where);

		assert_int_equal(err, t[i].where ? 0 : E_INPUT);
		if (t[i].where)
			assert_string_equal(where, t[i].where);
		else
			assert_null(where);
		free(where);
	}
	/* the password is not in the message */
	assert_int_equal(url_check("https://u:canary@h/", 0, &none), E_INPUT);
	assert_null(strstr(err_msg(), "canary"));
	memset(huge, 'a', 9999);
	huge[9999] = '\0';
	memcpy(huge, "https://h/", 10);
	assert_int_equal(url_check(huge, 0, &none), E_INPUT);
	assert_null(none);
	free(huge);
}

static void test_encode(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	url_encode(&b, "aZ09-._~", 8);
	assert_string_equal(buf_str(&b), "aZ09-._~");
	buf_reset(&b);
	url_encode(&b, "a b/?&%\0\n", 9);
	assert_string_equal(buf_str(&b), "a%20b%2F%3F%26%25%00%0A");
	buf_reset(&b);
	url_encode(&b, "\xe9\x80\x80\xff", 4);
	assert_string_equal(buf_str(&b), "%E9%80%80%FF");
	buf_fini(&b);
}

static void test_resolve(void **state)
{
	static const struct {
		const char *base, *ref, *want;
	} t[] = {
		{"https://h/a/b?c", "d", "https://h/a/d"},
		{"https://h/a/b?c", "/d?e=f", "https://h/d?e=f"},
		{"https://h/a/b", "//g/x", "https://g/x"},
		{"https://h/a/b", "http://g/x#frag", "http://g/x"},
		{"https://h/a", "ht tp://x", NULL},
		{"https://h/a", "/a\nb", NULL},
		{"https://h/a", "\xe9", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char *got = url_resolve(t[i].base, t[i].ref);

		if (t[i].want)
			assert_string_equal(got, t[i].want);
		else
			assert_null(got);
		free(got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loopback_plain),
		cmocka_unit_test(test_same_origin),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_resolve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
