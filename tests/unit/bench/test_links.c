/* SPDX-License-Identifier: MIT */
/*
 * Addresses in what customers write are links of the terminal, and every pane
 * that is read can be copied from.
 */
#include "hands_fix.h"

static void a_message(const char *words)
{
	struct store_opts o = {0};
	struct store_rw *rw;
	struct store_page_result res;
	struct recs *r = recs_new();
	struct store_page p = {.stream = "feed", .cursor_key = "", .recs = r};
	char *db = path_user(PATH_DATA, "galley.db");

	add_message(r, "950", "13", "in", words);
	o.path = db;
	assert_int_equal(store_open_rw(&o, &rw), 0);
	assert_int_equal(store_connector(rw, "rt", "rt5", &p.connector), 0);
	assert_int_equal(store_page_apply(rw, &p, &res), 0);
	assert_int_equal(res.bad, 0);
	store_close_rw(rw);
	free(db);
	recs_free(r);
}

/* The address behind the cell where a text begins, or NULL. */
static const char *link_at(struct fix *f, const char *s)
{
	const struct grid *g = term_shown(f->term);
	int x = 0, y = 0;

	find(f, s, &x, &y);
	return g->links[grid_get(g, x, y)->link];
}

static void links_are_found(void **state)
{
	struct fix f = {0};

	(void)state;
	a_message("see (https://shop.example.com/a_(b)?q=1#top), or\n"
		  "http://x.example/y\xe3\x80\x82\xe8\xaf\xb7 ok\n"
		  "javascript:alert(1) http:// https://.\n"
		  "http://e.example/\033]8;;http://evil/\033\\click\n"
		  "https://long.example/0123456789/0123456789/0123456789/"
		  "0123456789/0123456789/0123456789/0123456789/0123456789\n");
	start_as(&f, 120, 60, "ticket");

	command(&f, "open 13");
	/* the bracket is not its own, that inside is */
	assert_string_equal(link_at(&f, "https://shop"),
		"https://shop.example.com/a_(b)?q=1#top");
	assert_string_equal(link_at(&f, "http://x."), "http://x.example/y");
	assert_null(link_at(&f, "javascript"));
	assert_null(link_at(&f, "http:// "));
	assert_string_equal(link_at(&f, "http://e."), "http://e.example/");
	/* over two lines: both lead to all of it */
	assert_non_null(link_at(&f, "long.example/"));
	assert_string_equal(
		link_at(&f, "long.example/"), link_at(&f, "789/0123456789/"));
	stop(&f);
}

static void every_pane_can_be_copied_from(void **state)
{
	static const char *const panes[] = {
		"thread", "ticket", "customer", "journey", "log", "help"};
	struct fix f = {0};

	(void)state;
	start_as(&f, 160, 50, "ticket");
	command(&f, "open 11");
	for (size_t i = 0; i < sizeof(panes) / sizeof(*panes); i++) {
		char *line = xasprintf("pane.go %s", panes[i]);
		const char *was = term_copied(f.term);
		char *before = xstrdup(was ? was : "");

		command(&f, line);
		command(&f, "copy");
		if (strcmp(panes[i], "log") != 0) { /* it is empty */
			assert_non_null(term_copied(f.term));
			if (strcmp(term_copied(f.term), before) == 0)
				fail_msg("%s: nothing was copied", panes[i]);
		}
		free(before);
		free(line);
	}
	command(&f, "pane.go customer");
	command(&f, "copy");
	/* what is masked stays so */
	assert_null(strstr(term_copied(f.term), "13800138000"));
	assert_non_null(strstr(term_copied(f.term), "138****8000"));
	stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(links_are_found),
		T(every_pane_can_be_copied_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
