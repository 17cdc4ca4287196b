/* SPDX-License-Identifier: MIT */
/*
 * The table of commands: that every row is whole and translated, and what is
 * understood of a typed line.
 */
#include "galley/app/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

static int setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static int has_context(const struct command_desc *d)
{
	for (unsigned bit = 1; context_name(bit); bit <<= 1)
		if (d->contexts & bit)
			return 1;
	return 0;
}

static void every_row_is_whole(void **state)
{
	(void)state;
	for (int i = 0; i < CMD_COUNT; i++) {
		const struct command_desc *d = command_desc((enum command)i);
		size_t help = strlen(d->help);

		assert_int_equal(d->id, i);
		assert_true(has_context(d));
		/* in a footer there is no room for more */
		assert_in_range(strlen(d->text), 2, 20);
		assert_true(help > 4 && d->help[help - 1] == '.');
		/* what leaves the desk changes something */
		if (d->flags & (CF_REMOTE | CF_UNDO))
			assert_int_not_equal(d->permission, PM_NONE);
		/* what is asked for first need not be taken back */
		assert_false((d->flags & CF_CONFIRM) && (d->flags & CF_UNDO));
		/* one place of arguments, in brackets */
		assert_true(!*d->args || strchr("<[", *d->args));
	}
}

static void every_name_is_one_command(void **state)
{
	(void)state;
	for (int i = 0; i < CMD_COUNT; i++) {
		const char *name = command_desc((enum command)i)->name;

		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz."
					      "-0123456789"),
			strlen(name));
		assert_int_equal(command_by_name(name), i);
	}
}

/* Texts of data/po/LANG.po: the translation of `id`, or NULL. Long texts stand
 * there in several lines. */
static char *po_value(const char *po, const char *id)
{
	const char *p = po;
	struct buf b = BUF_INIT;

	while ((p = strstr(p, "\nmsgid "))) {
		int same;

		buf_reset(&b);
		for (p += 7; *p == '"'; p += strcspn(p, "\n") + 1)
			buf_add(&b, p + 1, strcspn(p, "\n") - 2);
		same = b.len == strlen(id) && !memcmp(buf_str(&b), id, b.len);
		if (strncmp(p, "msgstr ", 7) != 0) /* of a plural */
			continue;
		buf_reset(&b);
		for (p += 7; *p == '"'; p += strcspn(p, "\n") + 1)
			buf_add(&b, p + 1, strcspn(p, "\n") - 2);
		p--;
		if (same)
			return buf_take(&b);
	}
	buf_fini(&b);
	return NULL;
}

static char *slurp(const char *name)
{
	struct buf b = BUF_INIT;
	char part[4096];
	size_t n;
	FILE *f = fopen(name, "rb");

	assert_non_null(f);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&b, part, n);
	fclose(f);
	return buf_take(&b);
}

static void every_text_is_translated(void **state)
{
	static const char *const files[] = {
		"data/po/zh_CN.po", "data/po/zh_TW.po"};

	(void)state;
	for (size_t f = 0; f < ARRAY_SIZE(files); f++) {
		char *po = slurp(files[f]);

		for (int i = 0; i < CMD_COUNT; i++) {
			const struct command_desc *d =
				command_desc((enum command)i);
			char *text = po_value(po, d->text);
			char *help = po_value(po, d->help);

			if (!text || !*text || !help || !*help)
				fail_msg("%s: %s", files[f], d->name);
			/* six characters of twelve cells fit a footer */
			if (strlen(text) > 18)
				fail_msg("%s: too long: %s", files[f], text);
			free(text);
			free(help);
		}
		free(po);
	}
}

static void names_by_their_beginning(void **state)
{
	(void)state;
	assert_int_equal(command_by_name("pal"), CMD_PALETTE);
	assert_int_equal(command_by_name("q"), CMD_QUIT);
	/* whole, though others begin so */
	assert_int_equal(command_by_name("outbox"), CMD_OUTBOX);
	assert_int_equal(command_by_name("outbo"), CMD_COUNT);
	assert_int_equal(command_by_name(""), CMD_COUNT);
	assert_int_equal(command_by_name("replyx"), CMD_COUNT);
}

static void arguments_are_split(void **state)
{
	struct arena *a = *state;
	struct command_line l;

	assert_int_equal(command_parse(" :status 'waiting for' a\\ b \"c \\\" "
				       "\\\\'\" ''",
				 a, &l),
		0);
	assert_int_equal(l.id, CMD_STATUS);
	assert_int_equal(l.argc, 4);
	assert_string_equal(l.argv[0], "waiting for");
	assert_string_equal(l.argv[1], "a b");
	assert_string_equal(l.argv[2], "c \" \\'");
	assert_string_equal(l.argv[3], "");
	assert_null(l.argv[4]);
	assert_string_equal(l.rest, "'waiting for' a\\ b \"c \\\" \\\\'\" ''");

	assert_int_equal(command_parse("top", a, &l), 0);
	assert_int_equal(l.argc, 0);
	assert_string_equal(l.rest, "");
}

static void texts_and_queries_stay_as_typed(void **state)
{
	struct arena *a = *state;
	struct command_line l;

	assert_int_equal(
		command_parse("reply I don't \"know\"  yet ", a, &l), 0);
	assert_int_equal(l.argc, 1);
	assert_string_equal(l.argv[0], "I don't \"know\"  yet");
	assert_string_equal(l.rest, l.argv[0]);
	assert_int_equal(
		command_parse("search \"late refund\" -lost", a, &l), 0);
	assert_string_equal(l.argv[0], "\"late refund\" -lost");
	assert_int_equal(command_parse("search", a, &l), 0);
	assert_int_equal(l.argc, 0);
}

static void mistakes_say_what_comes_near(void **state)
{
	static const struct {
		const char *line, *says;
	} v[] = {
		{"repyl hello",
			"no command \"repyl\", did you mean \"reply\"?"},
		{"page.dwn", "no command \"page.dwn\", did you mean "
			     "\"page.down\"?"},
		{"qqqqqqq", "no command \"qqqqqqq\"; help lists them"},
		{"outbox.", "\"outbox.\" may be outbox.retry, outbox.ours, "
			    "outbox.theirs, outbox.sent, outbox.discard"},
		{"quit now", "\"quit\" takes nothing after it"},
		{"assign 'Li Na", "the quotation mark in column 8 is not "
				  "closed"},
		{"  : ", "type a command; help lists them"},
		{"\xff", "the command is not valid UTF-8"},
		{"\x1b[2J", "no command \"\xe2\x90\x9b[2J\"; help lists them"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		struct command_line l = {.id = CMD_PANIC};

		assert_int_equal(command_parse(v[i].line, *state, &l), E_INPUT);
		assert_string_equal(err_msg(), v[i].says);
		assert_int_equal(l.id, CMD_PANIC);
	}
}

static int place_of(const char **v, int n, const char *word)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(v[i], word))
			return i;
	return -1;
}

static void completion_offers_the_best_first(void **state)
{
	const char **v;
	int n = command_complete("", *state, &v);

	assert_int_equal(n, CMD_COUNT);
	n = command_complete(":out", *state, &v);
	assert_true(n >= 6);
	assert_string_equal(v[0], "outbox");
	assert_int_equal(place_of(v, n, "quit"), -1);
	/* letters in order are enough, and the text is looked at too */
	n = command_complete("jrnin", *state, &v);
	assert_true(place_of(v, n, "journey.in") >= 0);
	n = command_complete("hang", *state, &v);
	assert_true(place_of(v, n, "call.end") >= 0);
	n = command_complete("zzzzz", *state, &v);
	assert_int_equal(n, 0);
}

static void completion_knows_the_words_of_the_table(void **state)
{
	const char **v;
	int n = command_complete("demo ", *state, &v);

	assert_int_equal(n, 3);
	assert_string_equal(v[2], "pause");
	n = command_complete("demo s", *state, &v);
	assert_int_equal(n, 1);
	assert_string_equal(v[0], "slower");
	n = command_complete("help rep", *state, &v);
	assert_true(n >= 1);
	assert_string_equal(v[0], "reply");
	assert_int_equal(command_complete("quit x", *state, &v), 0);
	assert_int_equal(command_complete("nonesuch x", *state, &v), 0);
}

static void roles_are_told_apart(void **state)
{
	const unsigned write = 1u << PM_WRITE;

	(void)state;
	for (const struct role_desc *r = role_all; r->name; r++) {
		assert_ptr_equal(role_by_name(r->name), r);
		assert_true(r->may & 1u << PM_NONE);
	}
	assert_null(role_by_name("boss"));
	assert_true(role_by_name("agent")->may & write);
	/* who judges or looks does not speak to customers */
	assert_false(role_by_name("qa")->may & write);
	assert_false(role_by_name("auditor")->may & write);
	assert_false(role_by_name("admin")->may & write);
	/* masked data is not for everybody */
	assert_false(role_by_name("agent")->may & 1u << PM_REVEAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_whole),
		cmocka_unit_test(every_name_is_one_command),
		cmocka_unit_test(every_text_is_translated),
		cmocka_unit_test(names_by_their_beginning),
		cmocka_unit_test(arguments_are_split),
		cmocka_unit_test(texts_and_queries_stay_as_typed),
		cmocka_unit_test(mistakes_say_what_comes_near),
		cmocka_unit_test(completion_offers_the_best_first),
		cmocka_unit_test(completion_knows_the_words_of_the_table),
		cmocka_unit_test(roles_are_told_apart),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
