/* SPDX-License-Identifier: MIT */
/*
 * What a person does at the terminal, as events, and keys as texts: "a", "G",
 * "<C-p>", "<A-Left>", "<F5>", "<Enter>", "<Esc>", "<Tab>", "<S-Tab>",
 * "<Space>", "<lt>". Sequences are written with spaces: "g t". Ctrl with a
 * letter is always lower case.
 */
#ifndef GALLEY_UI_KEY_H
#define GALLEY_UI_KEY_H

#include <stddef.h>
#include <stdint.h>
#include "galley/base/buf.h"
#include "galley/base/err.h"

enum key_mod { KEY_CTRL = 1, KEY_ALT = 2, KEY_SHIFT = 4 };

/* Values of `code` above Unicode. */
enum key_code {
	KEY_BASE = 0x110000,
	KEY_ENTER,
	KEY_TAB,
	KEY_ESC,
	KEY_BACKSPACE,
	KEY_DELETE,
	KEY_INSERT,
	KEY_UP,
	KEY_DOWN,
	KEY_LEFT,
	KEY_RIGHT,
	KEY_HOME,
	KEY_END,
	KEY_PGUP,
	KEY_PGDN,
	KEY_F1,
	KEY_F12 = KEY_F1 + 11,
	KEY_CODES
};

struct key {
	uint32_t code; /* a code point or an enum key_code */
	uint8_t mods;
};

enum event_kind {
	UI_KEY,
	UI_PASTE, /* bracketed: text, may have line feeds */
	UI_MOUSE,
	UI_RESIZE, /* the size, or what term_facts() says, has changed */
	UI_FOCUS_IN, /* the terminal window */
	UI_FOCUS_OUT,
	UI_EOF, /* the terminal is gone, or SIGTERM, SIGHUP: save and end */
};
enum mouse_act { MOUSE_DOWN, MOUSE_UP, MOUSE_DRAG, MOUSE_WHEEL_UP,
	MOUSE_WHEEL_DOWN };

struct ui_event {
	enum event_kind kind;
	struct key key;
	char *text; /* UI_PASTE: valid UTF-8, owned */
	size_t len;
	enum mouse_act act;
	int button, x, y; /* cells from 0 */
	int clicks; /* MOUSE_DOWN: 2 for a double click, see click_count() */
};
void ui_event_fini(struct ui_event *e);

/* The last press of a button, for who has a clock. */
struct click {
	int64_t mono_ms;
	int button, x, y, n;
};
/* Sets e->clicks of a MOUSE_DOWN: 1, or 2 when it follows another one on the
 * same cell within 400 ms. Other events are left alone. */
void click_count(struct click *last, struct ui_event *e, int64_t mono_ms);

static inline int key_same(struct key a, struct key b)
{
	return a.code == b.code && a.mods == b.mods;
}

/* Appends the text form. */
void key_format(struct buf *out, struct key k);
/* The text form as keyboards have it, for a screen: "<C-p>" -> "Ctrl-P". */
#define KEY_WORDS_SIZE 48
void key_words(const char *form, char out[KEY_WORDS_SIZE]);
/* "g t" -> keys. Returns how many (at most `max`); E_INPUT says what and where.
 */
int key_parse(const char *s, struct key *out, int max) MUST_CHECK;
/* Printable, without Ctrl and Alt: it types a character. */
int key_types(struct key k);

/* Bytes of a terminal to events; keeps what is incomplete. Understands UTF-8,
 * CSI and SS3 keys with modifiers (xterm, CSI u), Alt as ESC prefix, SGR mouse,
 * bracketed paste, focus reports and answers to our questions. */
struct key_parser;
struct key_parser *key_parser_new(void);
void key_parser_free(struct key_parser *p);
void key_parser_feed(struct key_parser *p, const char *bytes, size_t len);
/* 1 and an event, or 0. */
int key_parser_next(struct key_parser *p, struct ui_event *out);
/* Something incomplete waits: without further bytes call key_parser_flush()
 * after about 25 ms (1: a lone ESC, a cut key) or two seconds (2: within a paste
 * or an answer of the terminal). 0: nothing waits. */
int key_parser_waits(const struct key_parser *p);
void key_parser_flush(struct key_parser *p);
/* `n` cursor reports were asked for: so many times ESC [ 1 ; 2 R is no Shift-F3.
 */
void key_parser_expect(struct key_parser *p, int n);
/* Answers to questions, oldest first: 1 and values, or 0. At most 64 are kept.
 */
enum answer_kind { ANSWER_CURSOR, ANSWER_BG, ANSWER_DA, ANSWER_MODE };
struct term_answer {
	enum answer_kind kind;
	/* row, column from 1; red, green, blue 0..255; mode, setting */
	int v[3];
};
int key_parser_answer(struct key_parser *p, struct term_answer *out);

#endif
