/* SPDX-License-Identifier: MIT */
/*
 * Keys as texts and back. There is one text for a key and several spellings
 * that are read; what a terminal cannot tell apart is one key here too.
 */
#include "galley/ui/key.h"

#include <assert.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"
#include "key_priv.h"

/* The first name of a code is the one that is written. */
static const struct {
	const char *name;
	uint32_t code;
} names[] = {
	{"Enter", KEY_ENTER},
	{"Tab", KEY_TAB},
	{"Esc", KEY_ESC},
	{"Backspace", KEY_BACKSPACE},
	{"Delete", KEY_DELETE},
	{"Insert", KEY_INSERT},
	{"Up", KEY_UP},
	{"Down", KEY_DOWN},
	{"Left", KEY_LEFT},
	{"Right", KEY_RIGHT},
	{"Home", KEY_HOME},
	{"End", KEY_END},
	{"PageUp", KEY_PGUP},
	{"PageDown", KEY_PGDN},
	{"F1", KEY_F1},
	{"F2", KEY_F1 + 1},
	{"F3", KEY_F1 + 2},
	{"F4", KEY_F1 + 3},
	{"F5", KEY_F1 + 4},
	{"F6", KEY_F1 + 5},
	{"F7", KEY_F1 + 6},
	{"F8", KEY_F1 + 7},
	{"F9", KEY_F1 + 8},
	{"F10", KEY_F1 + 9},
	{"F11", KEY_F1 + 10},
	{"F12", KEY_F12},
	{"Space", ' '},
	{"lt", '<'},
	{"Return", KEY_ENTER},
	{"CR", KEY_ENTER},
	{"BS", KEY_BACKSPACE},
	{"Del", KEY_DELETE},
	{"Ins", KEY_INSERT},
	{"PgUp", KEY_PGUP},
	{"PgDn", KEY_PGDN},
	{"gt", '>'},
};

void ui_event_fini(struct ui_event *e)
{
	FREE(&e->text);
}

int key_types(struct key k)
{
	return k.code >= 0x20 && k.code != 0x7f && k.code < KEY_BASE &&
	       !(k.mods & (KEY_CTRL | KEY_ALT));
}

struct key key_normal(struct key k)
{
	if (k.code >= KEY_BASE)
		return k;
	/* Shift is in the character; with Ctrl terminals do not tell it. */
	if ((k.mods & KEY_CTRL) && k.code >= 'A' && k.code <= 'Z')
		k.code += 'a' - 'A';
	else if ((k.mods & KEY_SHIFT) && !(k.mods & KEY_CTRL) &&
		 k.code >= 'a' && k.code <= 'z')
		k.code -= 'a' - 'A';
	k.mods &= (uint8_t)~KEY_SHIFT;
	return k;
}

static const char *name_of(uint32_t code)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].code == code && code != '>')
			return names[i].name;
	}
	return NULL;
}

/* What stands between the angle brackets of one key. */
static void one_key_words(struct buf *out, const char *s, size_t n)
{
	static const struct {
		const char *form, *words;
	} mods[] = {{"C-", "Ctrl-"}, {"A-", "Alt-"}, {"S-", "Shift-"}},
	  keys[] = {{"PageUp", "PgUp"}, {"PageDown", "PgDn"}, {"lt", "<"}};
	int with = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mods); i++)
		if (n > 2 && strncmp(s, mods[i].form, 2) == 0) {
			buf_adds(out, mods[i].words);
			s += 2;
			n -= 2;
			with = 1;
		}
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (n == strlen(keys[i].form) &&
			strncmp(s, keys[i].form, n) == 0) {
			buf_adds(out, keys[i].words);
			return;
		}
	if (n == 1 && with && *s >= 'a' && *s <= 'z')
		buf_addc(out, (char)(*s - 'a' + 'A'));
	else
		buf_add(out, s, n);
}

void key_words(const char *form, char out[KEY_WORDS_SIZE])
{
	struct buf b = BUF_INIT;
	const char *end;

	while (*form)
		if (*form == '<' && (end = strchr(form, '>')) &&
			end > form + 1) {
			end += end[1] == '>'; /* <A->> */
			one_key_words(&b, form + 1, (size_t)(end - form - 1));
			form = end + 1;
		} else {
			buf_addc(&b, *form++);
		}
	snprintf(out, KEY_WORDS_SIZE, "%s", buf_str(&b));
	buf_fini(&b);
}

/* A character that stands for itself in a file and on a screen. */
static int stands_alone(const char *t, size_t n)
{
	struct buf b = BUF_INIT;
	int same;

	text_gate(&b, t, n, GATE_LINE);
	same = b.len == n && !memcmp(b.p, t, n);
	buf_fini(&b);
	return same;
}

void key_format(struct buf *out, struct key k)
{
	const char *name = name_of(k.code);
	char t[4];
	size_t n = 0;

	assert(k.code < KEY_CODES && k.code != KEY_BASE);
	if (!name)
		n = utf8_encode(k.code, t);
	if (!name && !k.mods && stands_alone(t, n)) {
		buf_add(out, t, n);
		return;
	}
	buf_addc(out, '<');
	if (k.mods & KEY_CTRL)
		buf_adds(out, "C-");
	if (k.mods & KEY_ALT)
		buf_adds(out, "A-");
	if (k.mods & KEY_SHIFT)
		buf_adds(out, "S-");
	if (name)
		buf_adds(out, name);
	else if (stands_alone(t, n))
		buf_add(out, t, n);
	else
		buf_addf(out, "U+%04X", k.code);
	buf_addc(out, '>');
}

static int mod_of(char c)
{
	switch (c) {
	case 'C':
	case 'c':
		return KEY_CTRL;
	case 'A':
	case 'a':
	case 'M':
	case 'm':
		return KEY_ALT;
	case 'S':
	case 's':
		return KEY_SHIFT;
	}
	return 0;
}

/* One whole character, not a control: its code, or 0. */
static uint32_t one_character(const char *s, size_t len)
{
	uint32_t cp;

	if (!len || utf8_decode(s, len, &cp) != len)
		return 0;
	return (cp == UTF8_BAD && len == 1) || cp < 0x20 || cp == 0x7f ? 0 : cp;
}

static uint32_t code_by_number(const char *s, size_t len)
{
	char digits[8];
	char *end;
	unsigned long v;

	if (len < 3 || len > sizeof(digits) || s[0] != 'U' || s[1] != '+')
		return 0;
	memcpy(digits, s + 2, len - 2);
	digits[len - 2] = '\0';
	if (strspn(digits, "0123456789abcdefABCDEF") != len - 2)
		return 0;
	v = strtoul(digits, &end, 16);
	return v < KEY_BASE ? (uint32_t)v : 0;
}

static uint32_t code_of(const char *s, size_t len)
{
	uint32_t cp = one_character(s, len);
	size_t i;

	if (cp)
		return cp;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i].name) == len &&
			!strncasecmp(names[i].name, s, len))
			return names[i].code;
	}
	return code_by_number(s, len);
}

/* What stands between < and >. */
static int parse_named(const char *s, size_t len, struct key *out)
{
	struct key k = {0, 0};

	while (len > 2 && s[1] == '-' && mod_of(s[0])) {
		k.mods |= (uint8_t)mod_of(s[0]);
		s += 2;
		len -= 2;
	}
	k.code = code_of(s, len);
	*out = key_normal(k);
	return k.code != 0;
}

static int parse_one(const char *s, size_t len, struct key *out)
{
	if (len > 2 && s[0] == '<' && s[len - 1] == '>')
		return parse_named(s + 1, len - 2, out);
	out->code = one_character(s, len);
	out->mods = 0;
	return out->code != 0;
}

/* What the message says: the word as it may be shown. */
static char *shown_word(const char *s, size_t len)
{
	char *word = xstrndup(s, len), *shown;

	shown = text_gate_dup(word, GATE_LINE);
	free(word);
	return shown;
}

static int too_many(const char *s, size_t len, size_t at)
{
	char *word = shown_word(s, len);
	int rc = err_set(E_INPUT, _("too many keys: \"%s\" in column %d"), word,
		(int)at + 1);

	free(word);
	return rc;
}

static int no_key(const char *s, size_t len, size_t at)
{
	char *word = shown_word(s, len);
	int rc = err_set(E_INPUT,
		_("\"%s\" in column %d is not a key; keys are written like g, "
		  "<C-p> or <F5>, with spaces between"),
		word, (int)at + 1);

	free(word);
	return rc;
}

int key_parse(const char *s, struct key *out, int max)
{
	struct key found[64];
	size_t i, len;
	int n = 0;

	if (max > (int)ARRAY_SIZE(found))
		max = (int)ARRAY_SIZE(found);
	for (i = strspn(s, " "); s[i]; i += strspn(s + i, " ")) {
		len = strcspn(s + i, " ");
		if (n == max)
			return too_many(s + i, len, i);
		if (!parse_one(s + i, len, &found[n]))
			return no_key(s + i, len, i);
		n++;
		i += len;
	}
	if (!n)
		return err_set(E_INPUT, _("no key is given"));
	memcpy(out, found, (size_t)n * sizeof(*out));
	return n;
}

#define DOUBLE_MS 400

void click_count(struct click *last, struct ui_event *e, int64_t mono_ms)
{
	if (e->kind != UI_MOUSE || e->act != MOUSE_DOWN)
		return;
	e->clicks = 1;
	/* a third one begins anew */
	if (last->n == 1 && last->button == e->button && last->x == e->x &&
		last->y == e->y && mono_ms - last->mono_ms < DOUBLE_MS)
		e->clicks = 2;
	*last = (struct click){mono_ms, e->button, e->x, e->y, e->clicks};
}
