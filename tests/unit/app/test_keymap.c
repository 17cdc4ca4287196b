/* SPDX-License-Identifier: MIT */
/*
 * Keys: that the shipped sets have no key that cannot be reached or is taken
 * twice, what sequences mean in nested contexts and while typing, and that a
 * key file counts as a whole or not at all.
 */
#include "galley/app/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "galley/base/mem.h"
#include "galley/ui/edit.h"

static const char *const set_names[] = {"vi", "plain", "emacs"};

/* Contexts that panes have together. */
static const unsigned together[] = {
	CX_ALL,
	CX_ALL | CX_LIST,
	CX_ALL | CX_TEXT,
	CX_ALL | CX_CASE | CX_LIST,
	CX_ALL | CX_CASE | CX_TEXT,
	CX_ALL | CX_CASE | CX_LIST | CX_JOURNEY,
	CX_ALL | CX_CASE | CX_TEXT | CX_JOURNEY,
	CX_ALL | CX_LIST | CX_OUTBOX,
	CX_ALL | CX_CASE | CX_LIST | CX_OUTBOX,
	CX_ALL | CX_CASE | CX_CALL,
	CX_ALL | CX_CASE | CX_WRITE,
	CX_ALL | CX_CASE | CX_WRITE | CX_CALL,
};

static enum key_answer find(const struct keymap *k, unsigned contexts,
	int typing, const char *s, struct key_hit *hit)
{
	struct key keys[8];
	int n = key_parse(s, keys, 8);

	assert_true(n > 0);
	return keymap_find(k, contexts, typing, keys, n, hit);
}

static enum command means(
	const struct keymap *k, unsigned contexts, int typing, const char *s)
{
	struct key_hit hit;

	return find(k, contexts, typing, s, &hit) == KEY_COMMAND ? hit.id
								 : CMD_COUNT;
}

/* Calls fn for every default sequence of a set. */
static void each_default(enum keyset set, const struct keymap *k,
	void (*fn)(const struct keymap *k, const struct command_desc *d,
		const char *seq))
{
	for (int i = 0; i < CMD_COUNT; i++) {
		const struct command_desc *d = command_desc((enum command)i);
		const char *s = d->keys[set];

		if (!strcmp(s, "="))
			s = d->keys[KEYS_VI];
		while (*s) {
			const char *end = strstr(s, ", ");
			char *one = xstrndup(
				s, end ? (size_t)(end - s) : strlen(s));

			fn(k, d, one);
			free(one);
			s = end ? end + 2 : "";
		}
	}
}

/* Within one context each sequence means the command that claims it: nobody
 * else has it, and no beginning of it is a command. */
static void claims_it(
	const struct keymap *k, const struct command_desc *d, const char *seq)
{
	for (unsigned bit = 1; context_name(bit); bit <<= 1) {
		struct key_hit hit = {.id = CMD_COUNT};

		if (!(d->contexts & bit))
			continue;
		if (find(k, bit, 0, seq, &hit) != KEY_COMMAND ||
			hit.id != d->id)
			fail_msg("%s: %s in %s", d->name, seq,
				context_name(bit));
		assert_int_equal(hit.context, bit);
	}
}

static void no_sequence_is_taken_twice(void **state)
{
	(void)state;
	for (int set = KEYS_VI; set <= KEYS_EMACS; set++) {
		struct keymap *k = keymap_new((enum keyset)set);

		each_default((enum keyset)set, k, claims_it);
		keymap_free(k);
	}
}

/* Nor does an inner context take a key from an outer one where panes have both:
 * what a key does must not depend on which pane has the focus. */
static void not_hidden(
	const struct keymap *k, const struct command_desc *d, const char *seq)
{
	for (size_t i = 0; i < ARRAY_SIZE(together); i++) {
		struct key_hit hit = {.id = CMD_COUNT};
		enum key_answer a;

		if (!(d->contexts & together[i]) || (together[i] & CX_WRITE))
			continue;
		a = find(k, together[i], 0, seq, &hit);
		if (a != KEY_COMMAND || hit.id != d->id)
			fail_msg("%s: %s is hidden (%s) in %x", d->name, seq,
				a == KEY_COMMAND ? command_desc(hit.id)->name
						 : "a prefix",
				together[i]);
	}
}

static void no_key_is_hidden_where_panes_are(void **state)
{
	(void)state;
	for (int set = KEYS_VI; set <= KEYS_EMACS; set++) {
		struct keymap *k = keymap_new((enum keyset)set);

		each_default((enum keyset)set, k, not_hidden);
		keymap_free(k);
	}
}

/* What has a key in one set has one in all, but for half pages. */
static void sets_know_the_same_commands(void **state)
{
	struct keymap *k[3];

	(void)state;
	for (int s = 0; s < 3; s++)
		k[s] = keymap_new((enum keyset)s);
	for (int i = 0; i < CMD_COUNT; i++) {
		const struct command_desc *d = command_desc((enum command)i);

		if (!*d->keys[KEYS_VI] || i == CMD_HALF_DOWN ||
			i == CMD_HALF_UP)
			continue;
		for (int s = 0; s < 3; s++)
			if (!keymap_key(k[s], d->id, d->contexts))
				fail_msg("%s has no key in %s", d->name,
					set_names[s]);
	}
	for (int s = 0; s < 3; s++)
		keymap_free(k[s]);
}

/* --- meaning -------------------------------------------------------------- */

static void sequences_lead_on(void **state)
{
	struct keymap *k = keymap_new(KEYS_VI);
	struct key_hit hit;

	(void)state;
	assert_int_equal(find(k, CX_ALL, 0, "g", &hit), KEY_PREFIX);
	assert_int_equal(means(k, CX_ALL, 0, "g /"), CMD_SEARCH);
	/* the beginnings of two contexts are one */
	assert_int_equal(means(k, CX_ALL | CX_LIST, 0, "g g"), CMD_TOP);
	assert_int_equal(means(k, CX_ALL | CX_LIST, 0, "g m"), CMD_MESSAGES);
	assert_int_equal(find(k, CX_ALL, 0, "g g", &hit), KEY_NOTHING);
	assert_int_equal(find(k, CX_ALL, 0, "g / x", &hit), KEY_NOTHING);
	assert_int_equal(find(k, CX_ALL, 0, "j", &hit), KEY_NOTHING);
	assert_int_equal(find(k, 0, 0, "?", &hit), KEY_NOTHING);
	keymap_free(k);
}

static void inner_contexts_win(void **state)
{
	static const char file[] = "all x = sync\nlist x = mark\n"
				   "case y = none\nlist z z = sort -due\n";
	struct keymap *k = keymap_new(KEYS_VI);
	struct key_hit hit;

	(void)state;
	assert_int_equal(keymap_read(k, "f", file, strlen(file)), 0);
	assert_int_equal(means(k, CX_ALL, 0, "x"), CMD_SYNC);
	assert_int_equal(means(k, CX_ALL | CX_LIST, 0, "x"), CMD_MARK);
	/* none hides what is outside of it, not what is within */
	assert_int_equal(means(k, CX_ALL | CX_TEXT, 0, "y"), CMD_COPY);
	assert_int_equal(means(k, CX_ALL | CX_CASE, 0, "y"), CMD_COUNT);
	assert_int_equal(means(k, CX_CASE | CX_LIST, 0, "y"), CMD_COPY);
	/* the beginning of an inner sequence hides an outer command */
	assert_int_equal(means(k, CX_ALL, 0, "z"), CMD_PANE_ZOOM);
	assert_int_equal(find(k, CX_ALL | CX_LIST, 0, "z", &hit), KEY_PREFIX);
	assert_int_equal(
		find(k, CX_ALL | CX_LIST, 0, "z z", &hit), KEY_COMMAND);
	assert_string_equal(hit.args, "-due");
	assert_int_equal(hit.context, CX_LIST);
	keymap_free(k);
}

static void typing_is_not_disturbed(void **state)
{
	const unsigned here = CX_ALL | CX_CASE | CX_WRITE | CX_CALL;
	struct key_hit hit;

	(void)state;
	for (int set = KEYS_VI; set <= KEYS_EMACS; set++) {
		struct keymap *k = keymap_new((enum keyset)set);

		for (uint32_t c = ' '; c < 0x7f; c++) {
			struct key key = {c, 0};

			assert_int_equal(keymap_find(k, here, 1, &key, 1, &hit),
				KEY_NOTHING);
		}
		assert_int_equal(means(k, here, 1, "<Enter>"), CMD_COUNT);
		assert_int_equal(means(k, here, 1, "<Up>"), CMD_COUNT);
		assert_int_equal(means(k, here, 1, "<Esc>"), CMD_WRITE_LEAVE);
		assert_int_equal(
			means(k, here, 1, "<F2>"), CMD_CALL_ANSWER_TYPING);
		assert_int_equal(means(k, here, 1, "<A-u>"), CMD_UNDO);
		assert_int_equal(means(k, here, 1, "<Tab>"), CMD_PANE_NEXT);
		assert_int_equal(means(k, here, 1, "<F12>"), CMD_PANIC);
		keymap_free(k);
	}
}

static void a_text_field_keeps_its_keys(void **state)
{
	static const char *const own[] = {"<C-a>", "<C-e>", "<C-k>", "<C-u>",
		"<C-w>", "<C-y>", "<C-z>", "<A-z>", "<A-b>", "<A-f>", "<A-d>",
		"<C-Left>", "<C-Right>"};
	static const char file[] = "all <C-w> = sync\nwrite <C-y> = sync\n";

	(void)state;
	for (int set = KEYS_VI; set <= KEYS_EMACS; set++) {
		struct keymap *k = keymap_new((enum keyset)set);

		for (size_t i = 0; i < ARRAY_SIZE(own); i++)
			assert_int_equal(means(k, CX_ALL | CX_WRITE | CX_CASE,
						 1, own[i]),
				CMD_COUNT);
		assert_int_equal(means(k, CX_ALL, 0, "<C-z>"), CMD_SUSPEND);
		/* unless they are given away where one writes */
		assert_int_equal(keymap_read(k, "f", file, strlen(file)), 0);
		assert_int_equal(
			means(k, CX_ALL | CX_WRITE, 1, "<C-w>"), CMD_COUNT);
		assert_int_equal(
			means(k, CX_ALL | CX_WRITE, 1, "<C-y>"), CMD_SYNC);
		keymap_free(k);
	}
}

static void field_would_use_it(
	const struct keymap *k, const struct command_desc *d, const char *seq)
{
	struct edit *e = edit_new(1, 1000);
	struct key keys[4];
	struct key_hit hit;

	assert_true(key_parse(seq, keys, 4) > 0);
	edit_set(e, "two words", 4);
	/* Alt with a letter and the like: only where writing gives it away */
	if (!key_types(keys[0]) && keys[0].mods && edit_key(e, keys[0]) &&
		keymap_find(k, CX_ALL | CX_CASE | CX_WRITE, 1, keys, 1, &hit) !=
			KEY_NOTHING &&
		hit.context != CX_WRITE)
		fail_msg("%s: %s is a key of text fields", d->name, seq);
	edit_free(e);
}

/* The list of a text field's keys here and the text field itself agree. */
static void fields_and_commands_do_not_quarrel(void **state)
{
	(void)state;
	for (int set = KEYS_VI; set <= KEYS_EMACS; set++) {
		struct keymap *k = keymap_new((enum keyset)set);

		each_default((enum keyset)set, k, field_would_use_it);
		keymap_free(k);
	}
}

/* --- what is shown -------------------------------------------------------- */

static void the_key_to_show(void **state)
{
	static const char file[] = "case <F6> = reply\nlist w = mark\n"
				   "all R = reply fast\n";
	struct keymap *k = keymap_new(KEYS_VI);

	(void)state;
	assert_string_equal(keymap_key(k, CMD_REPLY, CX_ALL | CX_CASE), "r");
	assert_string_equal(keymap_key(k, CMD_SEARCH, CX_ALL), "g /");
	assert_null(keymap_key(k, CMD_REPLY, CX_ALL));
	assert_null(keymap_key(k, CMD_THEME, CX_ALL));
	/* while one types another one works */
	assert_string_equal(keymap_key(k, CMD_UNDO, CX_ALL), "u");
	assert_string_equal(
		keymap_key(k, CMD_UNDO, CX_ALL | CX_WRITE), "<A-u>");
	assert_null(keymap_key(k, CMD_HELP, CX_ALL | CX_WRITE));
	/* the person's own first, but not one with arguments */
	assert_int_equal(keymap_read(k, "f", file, strlen(file)), 0);
	assert_string_equal(keymap_key(k, CMD_REPLY, CX_ALL | CX_CASE), "<F6>");
	assert_string_equal(keymap_key(k, CMD_MARK, CX_LIST), "w");
	keymap_free(k);
}

static enum command next_of(
	const struct key_next *v, int n, const char *s, int *found)
{
	struct key key;

	assert_int_equal(key_parse(s, &key, 1), 1);
	*found = 0;
	for (int i = 0; i < n; i++) {
		if (!key_same(v[i].key, key))
			continue;
		++*found;
		return v[i].id;
	}
	return CMD_COUNT;
}

static void continuations(void **state)
{
	static const char file[] = "list g m = none\nlist g n y = sort due\n";
	struct keymap *k = keymap_new(KEYS_VI);
	struct key_next v[64];
	struct key g;
	int n, found;

	(void)state;
	assert_int_equal(key_parse("g", &g, 1), 1);
	n = keymap_next(k, CX_ALL | CX_LIST, &g, 1, v, 64);
	assert_int_equal(next_of(v, n, "g", &found), CMD_TOP);
	assert_int_equal(next_of(v, n, "m", &found), CMD_MESSAGES);
	assert_int_equal(n, 10);
	/* a small room is not overrun */
	assert_int_equal(keymap_next(k, CX_ALL | CX_LIST, &g, 1, v, 2), 2);

	assert_int_equal(keymap_read(k, "f", file, strlen(file)), 0);
	n = keymap_next(k, CX_ALL | CX_LIST, &g, 1, v, 64);
	next_of(v, n, "m", &found);
	assert_int_equal(found, 0);
	assert_int_equal(next_of(v, n, "n", &found), CMD_COUNT);
	assert_int_equal(found, 1);
	n = keymap_next(k, CX_ALL, &g, 1, v, 64);
	assert_int_equal(next_of(v, n, "m", &found), CMD_MESSAGES);
	keymap_free(k);
}

static int place(const enum command *v, int n, enum command c)
{
	for (int i = 0; i < n; i++)
		if (v[i] == c)
			return i;
	return -1;
}

static void footers(void **state)
{
	struct keymap *k = keymap_new(KEYS_VI);
	enum command v[64];
	int n = keymap_hints(k, CX_ALL | CX_CASE | CX_LIST, v, 64);

	(void)state;
	assert_int_equal(v[0], CMD_HELP);
	assert_true(place(v, n, CMD_REPLY) < place(v, n, CMD_ASSIGN));
	assert_int_equal(place(v, n, CMD_SEND), -1);
	for (int i = 1; i < n; i++)
		assert_true(command_desc(v[i - 1])->rank >=
			    command_desc(v[i])->rank);
	/* a call: Enter when the hands are free, F2 while they write */
	n = keymap_hints(k, CX_ALL | CX_CALL, v, 64);
	assert_true(place(v, n, CMD_CALL_ANSWER) >= 0);
	assert_int_equal(place(v, n, CMD_CALL_ANSWER_TYPING), -1);
	n = keymap_hints(k, CX_ALL | CX_CALL | CX_WRITE, v, 64);
	assert_int_equal(place(v, n, CMD_CALL_ANSWER), -1);
	assert_true(place(v, n, CMD_CALL_ANSWER_TYPING) >= 0);
	assert_int_equal(place(v, n, CMD_HELP), -1);
	assert_int_equal(keymap_hints(k, CX_ALL, v, 1), 1);
	keymap_free(k);
}

/* --- key files ------------------------------------------------------------ */

static void files_are_read(void **state)
{
	static const char file[] =
		"\xEF\xBB\xBF# my keys\r\n"
		"\r\n"
		"  all   <C-p>  =  search 'late refund' -lost \r\n"
		"list,text = = open\n"
		"all g = = sync\n"
		"all <F5>=none\n"
		"case r = assign me";
	struct keymap *k = keymap_new(KEYS_VI);
	struct key_hit hit;

	(void)state;
	/* "<F5>=none" is no key: an equals sign stands alone */
	assert_int_equal(keymap_read(k, "f", file, strlen(file)), E_CONFIG);
	assert_string_equal(err_msg(), "f:6:5: \"<F5>=none\" is no key; write "
				       "g, <C-p> or <F5>");
	assert_int_equal(means(k, CX_ALL, 0, "<C-p>"), CMD_PALETTE);

	assert_int_equal(keymap_read(k, "f", file,
				 (size_t)(strstr(file, "all <F5>") - file)),
		0);
	assert_int_equal(find(k, CX_ALL, 0, "<C-p>", &hit), KEY_COMMAND);
	assert_int_equal(hit.id, CMD_SEARCH);
	assert_string_equal(hit.args, "'late refund' -lost");
	assert_int_equal(means(k, CX_LIST, 0, "="), CMD_OPEN);
	assert_int_equal(means(k, CX_TEXT, 0, "="), CMD_OPEN);
	assert_int_equal(means(k, CX_ALL, 0, "g ="), CMD_SYNC);
	keymap_free(k);
}

static void a_key_gets_another_meaning(void **state)
{
	/* a beginning becomes free when nothing begins so any more */
	static const char file[] = "all g = none\nlist g = none\ncase t = "
				   "assign 2d\n";
	static const char more[] = "list g = top\n";
	struct keymap *k = keymap_new(KEYS_VI);
	struct key_hit hit;

	(void)state;
	assert_int_equal(keymap_read(k, "f", more, strlen(more)), E_CONFIG);
	assert_string_equal(err_msg(), "f:1:1: \"g\" (top) begins \"g g\" "
				       "(top); give one of them other keys or "
				       "none");
	assert_int_equal(keymap_read(k, "f", file, strlen(file)), 0);
	assert_int_equal(find(k, CX_ALL | CX_LIST, 0, "g", &hit), KEY_NOTHING);
	assert_int_equal(
		find(k, CX_ALL | CX_LIST, 0, "g g", &hit), KEY_NOTHING);
	assert_int_equal(keymap_read(k, "f", more, strlen(more)), 0);
	assert_int_equal(means(k, CX_LIST, 0, "g"), CMD_TOP);
	assert_int_equal(find(k, CX_CASE, 0, "t", &hit), KEY_COMMAND);
	assert_int_equal(hit.id, CMD_ASSIGN);
	assert_string_equal(hit.args, "2d");
	keymap_free(k);
}

static void mistakes_have_a_place(void **state)
{
	static const struct {
		const char *text, *says;
	} v[] = {
		{"lists x = top", "f:1:1: no context \"lists\"; there are all, "
				  "case, list, text, journey, outbox, call, "
				  "write"},
		{"list, x = top", "f:1:6: no context \"\"; there are all, "
				  "case, list, text, journey, outbox, call, "
				  "write"},
		{"# fine\nall <C-> = sync", "f:2:5: \"<C->\" is no key; write "
					    "g, <C-p> or <F5>"},
		{"all \xe5\x9b\x9e ab = sync", "f:1:7: \"ab\" is no key; write "
					       "g, <C-p> or <F5>"},
		{"all a b c d e = sync", "f:1:13: at most 4 keys make a "
					 "sequence"},
		{"all = sync", "f:1:5: the keys are missing"},
		{"all x", "f:1:6: write: context keys = command"},
		{"all x =", "f:1:8: a command is missing, or none"},
		{"all x = snyc", "f:1:9: no command \"snyc\", did you mean "
				 "\"sync\"?"},
		{"all x = pal", "f:1:9: no command \"pal\", did you mean "
				"\"palette\"?"},
		{"all x = sync now", "f:1:9: \"sync\" takes nothing after it"},
		{"write x = send", "f:1:7: in write this key types a "
				   "character; begin with Ctrl, Alt or a "
				   "function key"},
		{"all x = sync\nall x = quit", "f:2:5: these keys stand in "
					       "line 1 already"},
		{"all x y = sync\nall x = none", "f:2:5: these keys begin "
						 "those of line 1"},
		{"all u x = sync", "f:1:1: \"u\" (undo) begins \"u x\" (sync); "
				   "give one of them other keys or none"},
		{"all \xff = sync", "f:1:5: not valid UTF-8"},
	};
	struct keymap *k = keymap_new(KEYS_VI);
	struct buf before = BUF_INIT, after = BUF_INIT;

	(void)state;
	keymap_write(k, &before);
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		char *text = xasprintf("%s\n", v[i].text);

		assert_int_equal(
			keymap_read(k, "f", text, strlen(text)), E_CONFIG);
		assert_string_equal(err_msg(), v[i].says);
		free(text);
	}
	assert_int_equal(keymap_read(k, "f", "all x\0y", 7), E_CONFIG);
	assert_string_equal(
		err_msg(), "f:1:6: a NUL byte; is this a key file?");
	keymap_write(k, &after);
	assert_string_equal(buf_str(&before), buf_str(&after));
	buf_fini(&before);
	buf_fini(&after);
	keymap_free(k);
}

static void what_is_written_reads_back(void **state)
{
	static const char mine[] = "list,text g x = sort due\nall z = none\n"
				   "all <C-Space> = sync\n";

	(void)state;
	for (int set = KEYS_VI; set <= KEYS_EMACS; set++) {
		struct keymap *a = keymap_new((enum keyset)set);
		struct keymap *b = keymap_new((enum keyset)set);
		struct buf one = BUF_INIT, two = BUF_INIT;

		assert_int_equal(keymap_read(a, "f", mine, strlen(mine)), 0);
		keymap_write(a, &one);
		assert_non_null(strstr(buf_str(&one), "all       z"));
		assert_non_null(strstr(
			buf_str(&one), "list,text g x          = sort due"));
		if (keymap_read(b, "f", buf_str(&one), one.len) < 0)
			fail_msg("%s", err_msg());
		keymap_write(b, &two);
		assert_string_equal(buf_str(&one), buf_str(&two));
		buf_fini(&one);
		buf_fini(&two);
		keymap_free(a);
		keymap_free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_sequence_is_taken_twice),
		cmocka_unit_test(no_key_is_hidden_where_panes_are),
		cmocka_unit_test(sets_know_the_same_commands),
		cmocka_unit_test(sequences_lead_on),
		cmocka_unit_test(inner_contexts_win),
		cmocka_unit_test(typing_is_not_disturbed),
		cmocka_unit_test(a_text_field_keeps_its_keys),
		cmocka_unit_test(fields_and_commands_do_not_quarrel),
		cmocka_unit_test(the_key_to_show),
		cmocka_unit_test(continuations),
		cmocka_unit_test(footers),
		cmocka_unit_test(files_are_read),
		cmocka_unit_test(a_key_gets_another_meaning),
		cmocka_unit_test(mistakes_have_a_place),
		cmocka_unit_test(what_is_written_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
