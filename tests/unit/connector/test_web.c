/* SPDX-License-Identifier: MIT */
/*
 * Pages of a backend for people: what the shipped manifests name, what a
 * manifest may not name, and that no address leads elsewhere.
 */
#include "galley/connector/manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static void page_is(const char *name, enum entity e, const char *base,
	const char *account, const char *rid, const char *url)
{
	const char *values[16] = {NULL};
	struct buf out = BUF_INIT;
	const struct setting *s;
	struct manifest *m;
	int i, n;

	assert_int_equal(manifest_load(name, &m), 0);
	s = manifest_settings(m, &n);
	assert_in_range(n, 1, 15);
	for (i = 0; i < n; i++)
		values[i] = strcmp(s[i].name, "base") == 0	? base
			    : strcmp(s[i].name, "account") == 0 ? account
								: NULL;
	if (manifest_web(m, e, values, rid, &out) < 0)
		print_error("%s: %s\n", name, err_msg());
	assert_string_equal(buf_str(&out), url);
	buf_fini(&out);
	manifest_free(m);
}

static void shipped_backends_have_pages(void **state)
{
	(void)state;
	page_is("rt5", ENT_TICKET, "https://rt.example.org", NULL, "12",
		"https://rt.example.org/Ticket/Display.html?id=12");
	page_is("mediawiki", ENT_ARTICLE, "http://w.example.org/w", NULL, "7",
		"http://w.example.org/w/index.php?curid=7");
	page_is("redmine", ENT_TICKET, "https://r.example.org", NULL, "12",
		"https://r.example.org/issues/12");
	page_is("zammad", ENT_TICKET, "https://z.example.org", NULL, "12",
		"https://z.example.org/#ticket/zoom/12");
	page_is("chatwoot", ENT_CONVERSATION, "https://c.example.org", "3",
		"12", "https://c.example.org/app/accounts/3/conversations/12");
}

static void an_id_cannot_lead_elsewhere(void **state)
{
	(void)state;
	page_is("rt5", ENT_TICKET, "https://rt.example.org", NULL,
		"1&x=/../\x1b]8;;",
		"https://rt.example.org/Ticket/Display.html?id="
		"1%26x%3D%2F..%2F%1B%5D8%3B%3B");
}

static void what_has_no_page_says_so(void **state)
{
	const char *values[16] = {"https://rt.example.org"};
	struct buf out = BUF_INIT;
	struct manifest *m;

	(void)state;
	assert_int_equal(manifest_load("rt5", &m), 0);
	assert_int_equal(
		manifest_web(m, ENT_CALL, values, "1", &out), E_NOTFOUND);
	/* an instance without an address, or with another kind of one */
	values[0] = NULL;
	assert_true(manifest_web(m, ENT_TICKET, values, "1", &out) < 0);
	values[0] = "file:///etc/passwd?";
	assert_int_equal(
		manifest_web(m, ENT_TICKET, values, "1", &out), E_INPUT);
	values[0] = "javascript:alert(1)//";
	assert_int_equal(
		manifest_web(m, ENT_TICKET, values, "1", &out), E_INPUT);
	assert_int_equal(out.len, 0);
	buf_fini(&out);
	manifest_free(m);
}

/* A manifest with this part `web`: 0, or its error. */
static int with_web(const char *web, struct manifest **m)
{
	struct buf b = BUF_INIT;
	int rc;

	buf_addf(&b,
		"{\"galley_connector\": 1, \"id\": \"x\", \"title\": \"X\",\n"
		"\"config\": {\"base\": {\"type\": \"url\"}, \"name\": {\"type\": "
		"\"string\"}, \"token\": {\"type\": \"secret\"}},\n"
		"\"http\": {\"base\": \"{base}\"},\n"
		"\"web\": %s,\n"
		"\"probe\": [{\"request\": {\"path\": \"/\"}, \"me\": \".body.id\"}],\n"
		"\"streams\": {\"s\": {\"every_s\": 60, \"request\": {\"path\": \"/s\"}, \"map\": "
		"\"empty\"}}}\n",
		web);
	rc = manifest_parse("x.json", buf_str(&b), b.len, m);
	buf_fini(&b);
	return rc;
}

static void a_page_is_of_the_backend_and_holds_no_secret(void **state)
{
	static const struct {
		const char *web, *why;
	} bad[] = {
		{"{\"ticket\": \"https://example.org/{id}\"}", "begins with"},
		{"{\"ticket\": \"{name}/{id}\"}", "begins with"},
		{"{\"ticket\": \"\"}", "begins with"},
		{"{\"ticket\": \"{base}/{token}\"}", "secret"},
		{"{\"ticket\": \"{base}/{cursor}\"}", "settings and {id}"},
		{"{\"message\": \"{base}/{id}\"}", "message"},
	};
	const char *values[] = {"https://x.example", "a b", NULL};
	struct buf out = BUF_INIT;
	struct manifest *m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(with_web(bad[i].web, &m), E_CONFIG);
		if (!strstr(err_msg(), bad[i].why) ||
			strncmp(err_msg(), "x.json:4:", 9) != 0)
			fail_msg("%s: %s", bad[i].web, err_msg());
	}
	/* another host behind the address is found when it is made */
	assert_int_equal(
		with_web("{\"ticket\": \"{base}.evil.org/{id}\"}", &m), 0);
	assert_int_equal(
		manifest_web(m, ENT_TICKET, values, "1", &out), E_INPUT);
	manifest_free(m);
	assert_int_equal(
		with_web("{\"ticket\": \"{base}/{name}/{id}\"}", &m), 0);
	assert_int_equal(manifest_web(m, ENT_TICKET, values, "1", &out), 0);
	assert_string_equal(buf_str(&out), "https://x.example/a%20b/1");
	manifest_free(m);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_backends_have_pages),
		cmocka_unit_test(an_id_cannot_lead_elsewhere),
		cmocka_unit_test(what_has_no_page_says_so),
		cmocka_unit_test(a_page_is_of_the_backend_and_holds_no_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
