/* SPDX-License-Identifier: MIT */
/*
 * Bytes of a terminal to events. What is incomplete is kept; what is cut by
 * silence becomes the keys that a person may have pressed (ESC, Alt with a
 * letter) or is dropped when no person can have typed it. Nothing here grows
 * without a limit: long pastes come in pieces.
 *
 * Sources: ECMA-48 5.4 (shape of sequences), xterm's ctlseqs (modifiers, SGR
 * mouse, bracketed paste, focus, OSC 11), fixterms / kitty (CSI u).
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"
#include "galley/base/utf8.h"
#include "key_priv.h"

#define ESC	    0x1b
#define MAX_SEQ	    4096      /* bytes of a sequence or an answer */
#define MAX_PASTE   (1 << 20) /* then the rest is another paste */
#define MAX_PARAMS  8
#define MAX_ANSWERS 64

/* What reading one item came to. */
enum got { GOT, GOT_PART, GOT_PART_LONG };

struct key_parser {
	struct buf in;
	size_t at;     /* what stands before has been understood */
	enum got last; /* why `in` is not empty */
	struct ui_event *events;
	size_t n_events, next_event, cap_events;
	struct term_answer answers[MAX_ANSWERS];
	int n_answers;
	int expected; /* cursor reports */
	int pasting;
	struct buf paste; /* as it came */
};

struct key_parser *key_parser_new(void)
{
	return xcalloc(1, sizeof(struct key_parser));
}

void key_parser_free(struct key_parser *p)
{
	size_t i;

	if (!p)
		return;
	for (i = p->next_event; i < p->n_events; i++)
		ui_event_fini(p->events + i);
	free(p->events);
	buf_fini(&p->in);
	buf_fini(&p->paste);
	free(p);
}

void key_parser_expect(struct key_parser *p, int n)
{
	p->expected = n;
}

static void add_event(struct key_parser *p, struct ui_event e)
{
	if (p->next_event == p->n_events)
		p->next_event = p->n_events = 0;
	if (p->n_events == p->cap_events) {
		p->cap_events = p->cap_events ? 2 * p->cap_events : 16;
		p->events = xreallocarray(
			p->events, p->cap_events, sizeof(*p->events));
	}
	p->events[p->n_events++] = e;
}

static void add_key(struct key_parser *p, uint32_t code, int mods)
{
	struct key k = {code, (uint8_t)mods};

	add_event(p, (struct ui_event){.kind = UI_KEY, .key = key_normal(k)});
}

static void add_kind(struct key_parser *p, enum event_kind kind)
{
	add_event(p, (struct ui_event){.kind = kind});
}

static void add_answer(
	struct key_parser *p, enum answer_kind kind, int a, int b, int c)
{
	struct term_answer answer = {kind, {a, b, c}};

	if (p->n_answers < MAX_ANSWERS)
		p->answers[p->n_answers++] = answer;
}

int key_parser_answer(struct key_parser *p, struct term_answer *out)
{
	if (!p->n_answers)
		return 0;
	*out = p->answers[0];
	p->n_answers--;
	memmove(p->answers, p->answers + 1,
		(size_t)p->n_answers * sizeof(p->answers[0]));
	return 1;
}

int key_parser_next(struct key_parser *p, struct ui_event *out)
{
	if (p->next_event == p->n_events)
		return 0;
	*out = p->events[p->next_event++];
	return 1;
}

/* --- pastes -----------------------------------------------------------------
 */

static const char paste_end[] = "\033[201~";

/* Valid UTF-8 with LF at the ends of lines. */
static char *paste_text(const char *s, size_t len, size_t *out_len)
{
	struct buf b = BUF_INIT;
	size_t i = 0, n;
	uint32_t cp;
	char t[4];

	while (i < len) {
		n = utf8_decode(s + i, len - i, &cp);
		i += n;
		if (cp == '\r') {
			if (i < len && s[i] == '\n')
				i++;
			cp = '\n';
		}
		buf_add(&b, t, utf8_encode(cp ? cp : UTF8_BAD, t));
	}
	*out_len = b.len;
	return buf_take(&b);
}

static void add_paste(struct key_parser *p, size_t len)
{
	struct ui_event e = {.kind = UI_PASTE};

	if (!len)
		return;
	e.text = paste_text(p->paste.p, len, &e.len);
	add_event(p, e);
	memmove(p->paste.p, p->paste.p + len, p->paste.len - len);
	p->paste.len -= len;
}

/* Where a too long paste may be cut: not within a character or a CR LF. */
static size_t paste_cut(const struct key_parser *p)
{
	size_t n = MAX_PASTE;

	while (n > MAX_PASTE - 4 &&
		((p->paste.p[n] & 0xc0) == 0x80 || p->paste.p[n] == '\n'))
		n--;
	return n;
}

/* Takes what is in `in`; the mark of the end may be cut anywhere. */
static enum got read_paste(struct key_parser *p)
{
	const char *s = p->in.p + p->at;
	size_t len = p->in.len - p->at, end_len = sizeof(paste_end) - 1, keep;
	const char *end = memmem(s, len, paste_end, end_len);

	if (end) {
		buf_add(&p->paste, s, (size_t)(end - s));
		p->at += (size_t)(end - s) + end_len;
	} else {
		keep = len < end_len - 1 ? len : end_len - 1;
		while (keep && memcmp(s + len - keep, paste_end, keep))
			keep--;
		buf_add(&p->paste, s, len - keep);
		p->at += len - keep;
	}
	while (p->paste.len > MAX_PASTE)
		add_paste(p, paste_cut(p));
	if (!end)
		return GOT_PART_LONG;
	add_paste(p, p->paste.len);
	p->pasting = 0;
	return GOT;
}

/* --- control sequences ------------------------------------------------------
 */

struct csi {
	char lead;  /* < = > ? or 0 */
	char inter; /* the last intermediate byte or 0 */
	char final;
	int n, v[MAX_PARAMS]; /* -1: left out */
	int sub[MAX_PARAMS];  /* second part after a colon, -1 none */
};

static int param(const struct csi *c, int i, int otherwise)
{
	return i < c->n && c->v[i] >= 0 ? c->v[i] : otherwise;
}

/* xterm's number is 1 + Shift 1, Alt 2, Ctrl 4; more (Super, locks) is left
 * out. */
static int mods_of(int number)
{
	int bits = number > 0 ? number - 1 : 0;

	return (bits & 1 ? KEY_SHIFT : 0) | (bits & 2 ? KEY_ALT : 0) |
	       (bits & 4 ? KEY_CTRL : 0);
}

/* Parameters of a whole sequence between CSI and its final byte. */
static void parse_params(const char *s, size_t len, struct csi *c)
{
	size_t i = 0;
	int part = 0, *v;

	memset(c, 0, sizeof(*c));
	memset(c->v, -1, sizeof(c->v));
	memset(c->sub, -1, sizeof(c->sub));
	if (len && strchr("<=>?", s[0]))
		c->lead = s[i++];
	c->n = i < len ? 1 : 0;
	for (; i < len; i++) {
		if (s[i] >= '0' && s[i] <= '9' && c->n <= MAX_PARAMS) {
			v = part == 0 ? &c->v[c->n - 1] : &c->sub[c->n - 1];
			if (part < 2 && *v < 100000)
				*v = (*v < 0 ? 0 : *v) * 10 + (s[i] - '0');
		} else if (s[i] == ';' && c->n <= MAX_PARAMS) {
			c->n++;
			part = 0;
		} else if (s[i] == ':') {
			part++;
		} else if (s[i] >= 0x20 && s[i] < 0x30) {
			c->inter = s[i];
		}
	}
	if (c->n > MAX_PARAMS)
		c->n = MAX_PARAMS;
}

static const struct {
	char final;
	uint32_t code;
	int mods;
} letter_keys[] = {
	{'A', KEY_UP, 0},
	{'B', KEY_DOWN, 0},
	{'C', KEY_RIGHT, 0},
	{'D', KEY_LEFT, 0},
	{'H', KEY_HOME, 0},
	{'F', KEY_END, 0},
	{'P', KEY_F1, 0},
	{'Q', KEY_F1 + 1, 0},
	{'R', KEY_F1 + 2, 0},
	{'S', KEY_F1 + 3, 0},
	{'Z', KEY_TAB, KEY_SHIFT},
	/* rxvt */
	{'a', KEY_UP, KEY_SHIFT},
	{'b', KEY_DOWN, KEY_SHIFT},
	{'c', KEY_RIGHT, KEY_SHIFT},
	{'d', KEY_LEFT, KEY_SHIFT},
};

static const struct {
	int number;
	uint32_t code;
} tilde_keys[] = {
	{1, KEY_HOME},
	{2, KEY_INSERT},
	{3, KEY_DELETE},
	{4, KEY_END},
	{5, KEY_PGUP},
	{6, KEY_PGDN},
	{7, KEY_HOME},
	{8, KEY_END},
	{11, KEY_F1},
	{12, KEY_F1 + 1},
	{13, KEY_F1 + 2},
	{14, KEY_F1 + 3},
	{15, KEY_F1 + 4},
	{17, KEY_F1 + 5},
	{18, KEY_F1 + 6},
	{19, KEY_F1 + 7},
	{20, KEY_F1 + 8},
	{21, KEY_F1 + 9},
	{23, KEY_F1 + 10},
	{24, KEY_F12},
};

static void letter_key(struct key_parser *p, const struct csi *c)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(letter_keys); i++) {
		if (letter_keys[i].final == c->final)
			add_key(p, letter_keys[i].code,
				letter_keys[i].mods | mods_of(param(c, 1, 1)));
	}
}

/* A code point as CSI u and modifyOtherKeys write it. */
static void coded_key(struct key_parser *p, int code, int mods)
{
	static const struct {
		int from;
		uint32_t to;
	} map[] = {{13, KEY_ENTER}, {10, KEY_ENTER}, {9, KEY_TAB},
		{27, KEY_ESC}, {127, KEY_BACKSPACE}, {8, KEY_BACKSPACE},
		{57414, KEY_ENTER}, {57417, KEY_LEFT}, {57418, KEY_RIGHT},
		{57419, KEY_UP}, {57420, KEY_DOWN}, {57421, KEY_PGUP},
		{57422, KEY_PGDN}, {57423, KEY_HOME}, {57424, KEY_END},
		{57425, KEY_INSERT}, {57426, KEY_DELETE}};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(map); i++) {
		if (map[i].from == code) {
			add_key(p, map[i].to, mods);
			return;
		}
	}
	if (code >= 57399 && code <= 57408) /* digits of the keypad */
		add_key(p, (uint32_t)('0' + code - 57399), mods);
	else if (code >= 0x20 && (code < 0xd800 || code > 0xf8ff) &&
		 code < KEY_BASE)
		add_key(p, (uint32_t)code, mods);
}

static void tilde_key(struct key_parser *p, const struct csi *c)
{
	int number = param(c, 0, 0);
	size_t i;

	if (number == 200) {
		p->pasting = 1;
	} else if (number == 27) {
		coded_key(p, param(c, 2, 0), mods_of(param(c, 1, 1)));
	} else {
		for (i = 0; i < ARRAY_SIZE(tilde_keys); i++) {
			if (tilde_keys[i].number == number)
				add_key(p, tilde_keys[i].code,
					mods_of(param(c, 1, 1)));
		}
	}
}

/* Buttons as in X10: 32 moved, 64 wheel, 4 8 16 modifiers. */
static void add_mouse(struct key_parser *p, int b, int x, int y, int up)
{
	struct ui_event e = {.kind = UI_MOUSE, .x = x - 1, .y = y - 1};

	if (b < 0 || x < 1 || y < 1 || b > 127)
		return;
	e.key.mods = (uint8_t)((b & 4 ? KEY_SHIFT : 0) | (b & 8 ? KEY_ALT : 0) |
			       (b & 16 ? KEY_CTRL : 0));
	e.button = b & 3;
	if (b & 64) {
		if ((b & 3) > 1 || up)
			return; /* sideways */
		e.act = b & 1 ? MOUSE_WHEEL_DOWN : MOUSE_WHEEL_UP;
	} else if (b & 32) {
		if ((b & 3) == 3)
			return; /* no button is down */
		e.act = MOUSE_DRAG;
	} else {
		e.act = up ? MOUSE_UP : MOUSE_DOWN;
	}
	add_event(p, e);
}

static void cursor_or_f3(struct key_parser *p, const struct csi *c)
{
	int row = param(c, 0, 1), col = param(c, 1, 1);

	if (c->n >= 2 && (p->expected > 0 || row != 1)) {
		if (p->expected > 0)
			p->expected--;
		add_answer(p, ANSWER_CURSOR, row, col, 0);
	} else {
		letter_key(p, c);
	}
}

static void private_answer(struct key_parser *p, const struct csi *c)
{
	if (c->final == 'c')
		add_answer(p, ANSWER_DA, param(c, 0, 0), param(c, 1, 0), 0);
	else if (c->final == 'R')
		add_answer(p, ANSWER_CURSOR, param(c, 0, 1), param(c, 1, 1), 0);
	else if (c->final == 'y' && c->inter == '$')
		add_answer(p, ANSWER_MODE, param(c, 0, 0), param(c, 1, 0), 0);
}

static void plain_csi(struct key_parser *p, const struct csi *c)
{
	switch (c->final) {
	case '~':
		tilde_key(p, c);
		break;
	case 'u':
		if (c->n < 2 || c->sub[1] != 3) /* 3: released */
			coded_key(p, param(c, 0, 0), mods_of(param(c, 1, 1)));
		break;
	case 'I':
		add_kind(p, UI_FOCUS_IN);
		break;
	case 'O':
		add_kind(p, UI_FOCUS_OUT);
		break;
	case 'R':
		cursor_or_f3(p, c);
		break;
	default:
		letter_key(p, c);
	}
}

static void run_csi(struct key_parser *p, const char *s, size_t len)
{
	struct csi c;

	parse_params(s, len - 1, &c);
	c.final = s[len - 1];
	if (c.lead == '<' && (c.final == 'M' || c.final == 'm'))
		add_mouse(p, param(&c, 0, -1), param(&c, 1, 0), param(&c, 2, 0),
			c.final == 'm');
	else if (c.lead == '?')
		private_answer(p, &c);
	else if (!c.lead && !c.inter)
		plain_csi(p, &c);
}

/* After ESC [ M come three bytes: the old mouse. */
static enum got old_mouse(struct key_parser *p, const char *s, size_t len)
{
	const unsigned char *b = (const unsigned char *)s + 3;

	if (len < 6)
		return GOT_PART;
	if ((b[0] & 3) == 3 && !((b[0] - 32) & 64))
		add_mouse(p, (b[0] - 32) & ~3, b[1] - 32, b[2] - 32, 1);
	else
		add_mouse(p, b[0] - 32, b[1] - 32, b[2] - 32, 0);
	p->at += 6;
	return GOT;
}

/* ESC [ ... */
static enum got read_csi(struct key_parser *p, const char *s, size_t len)
{
	size_t i = 2;

	if (len > 2 && s[2] == 'M')
		return old_mouse(p, s, len);
	if (len > 2 && s[2] == '[') { /* F1 to F5 of the Linux console */
		if (len < 4)
			return GOT_PART;
		if (s[3] >= 'A' && s[3] <= 'E')
			add_key(p, KEY_F1 + (uint32_t)(s[3] - 'A'), 0);
		p->at += s[3] >= 0x20 && s[3] < 0x7f ? 4 : 3;
		return GOT;
	}
	while (i < len && i < MAX_SEQ && s[i] >= 0x20 && s[i] < 0x40)
		i++;
	if (i == len)
		return GOT_PART;
	if (s[i] < 0x40 || (unsigned char)s[i] >= 0x7f) {
		/* cut by another one, or endless: no key was this */
		p->at += i;
		return GOT;
	}
	p->at += i + 1;
	run_csi(p, s + 2, i - 1);
	return GOT;
}

/* ESC O ... */
static enum got read_ss3(struct key_parser *p, const char *s, size_t len)
{
	static const char keypad[] = "jklmnopqrstuvwxy",
			  typed[] = "*+,-./0123456789";
	struct csi c = {.n = 2, .v = {1, 1}};
	const char *k;
	size_t i = 2;

	while (i < len && i < 4 && s[i] >= '0' && s[i] <= '9')
		c.v[1] = s[i++] - '0';
	if (i == len)
		return GOT_PART;
	c.final = s[i];
	p->at += i + 1;
	k = c.final ? strchr(keypad, c.final) : NULL;
	if (c.final >= 'a' && c.final <= 'd') { /* rxvt: Ctrl with arrows */
		c.final = (char)(c.final - 'a' + 'A');
		c.v[1] = 5;
		letter_key(p, &c);
	} else if (c.final == 'M') {
		add_key(p, KEY_ENTER, mods_of(c.v[1]));
	} else if (k) {
		add_key(p, (uint32_t)typed[k - keypad], mods_of(c.v[1]));
	} else if (c.final >= 0x20 && c.final < 0x7f) {
		letter_key(p, &c);
	} else {
		p->at--; /* it begins something else */
	}
	return GOT;
}

/* --- strings: answers about colours ------------------------------------------
 */

/* "rgb:R/G/B" with one to four hexadecimal digits each: to 0..255. */
static int parse_rgb(const char *s, int v[3])
{
	unsigned long x;
	size_t n;
	char *end;
	int i;

	if (strncmp(s, "rgb:", 4))
		return 0;
	s += 4;
	for (i = 0; i < 3; i++) {
		n = strspn(s, "0123456789abcdefABCDEF");
		if (n < 1 || n > 4)
			return 0;
		x = strtoul(s, &end, 16);
		v[i] = (int)(x * 255 / ((1ul << 4 * n) - 1));
		if (i < 2 && *end != '/')
			return 0;
		s = end + 1;
	}
	return 1;
}

static void run_string(struct key_parser *p, const char *s, size_t len)
{
	char *text;
	int v[3];

	if (len < 5 || s[1] != ']' || strncmp(s + 2, "11;", 3))
		return;
	text = xstrndup(s + 5, len - 5);
	if (parse_rgb(text, v))
		add_answer(p, ANSWER_BG, v[0], v[1], v[2]);
	free(text);
}

/* ESC ] or ESC P, then to BEL or ESC \. A person who types Alt-] sends the same
 * two bytes, so it only is a string when a digit, `>` or `!` follows. */
static enum got read_string(struct key_parser *p, const char *s, size_t len)
{
	size_t i;

	if (len == 2)
		return GOT_PART;
	if (!strchr("0123456789>!", s[2]) || !s[2]) {
		add_key(p, (uint32_t)s[1], KEY_ALT);
		p->at += 2;
		return GOT;
	}
	for (i = 2; i < len; i++) {
		if (s[i] == 0x07)
			break;
		if (s[i] == ESC && i + 1 == len)
			return GOT_PART_LONG;
		if (s[i] == ESC || i > MAX_SEQ)
			break;
	}
	if (i == len)
		return GOT_PART_LONG;
	p->at += i;
	if (s[i] == 0x07)
		p->at += 1;
	else if (s[i] == ESC && s[i + 1] == '\\')
		p->at += 2;
	run_string(p, s, i);
	return GOT;
}

/* --- characters -------------------------------------------------------------
 */

static void control_key(struct key_parser *p, char c, int mods)
{
	static const uint32_t special[] = {['\b'] = KEY_BACKSPACE,
		['\t'] = KEY_TAB,
		['\r'] = KEY_ENTER,
		[ESC] = KEY_ESC};

	if (c == 0x7f)
		add_key(p, KEY_BACKSPACE, mods);
	else if ((size_t)c < ARRAY_SIZE(special) && special[(size_t)c])
		add_key(p, special[(size_t)c], mods);
	else if (!c)
		add_key(p, ' ', mods | KEY_CTRL);
	else if (c <= 26)
		add_key(p, (uint32_t)(c + 'a' - 1), mods | KEY_CTRL);
	else
		add_key(p, (uint32_t)(c + '@'), mods | KEY_CTRL);
}

/* Whether a sequence of UTF-8 has only begun. */
static int is_cut(const char *s, size_t len)
{
	unsigned char b = (unsigned char)s[0];
	size_t need = b >= 0xf0 && b < 0xf5 ? 4 : b >= 0xe0 ? 3 : 2, i;

	if (b < 0xc2 || b > 0xf4 || len >= need)
		return 0;
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	return 1;
}

/* One character at s, `before` bytes (an ESC) stand before it. */
static enum got read_char(struct key_parser *p, const char *s, size_t len,
	size_t before, int mods)
{
	unsigned char b = (unsigned char)s[0];
	uint32_t cp;
	size_t n;

	if (b < 0x20 || b == 0x7f) {
		control_key(p, s[0], mods);
		p->at += before + 1;
		return GOT;
	}
	if (is_cut(s, len))
		return GOT_PART;
	n = utf8_decode(s, len, &cp);
	if (cp >= 0x80 && cp < 0xa0)
		cp = UTF8_BAD; /* controls of eight bits are no keys */
	add_key(p, cp, mods);
	p->at += before + n;
	return GOT;
}

static enum got read_escape(struct key_parser *p, const char *s, size_t len)
{
	if (len < 2)
		return GOT_PART;
	switch (s[1]) {
	case '[':
		return read_csi(p, s, len);
	case 'O':
		return read_ss3(p, s, len);
	case ']':
	case 'P':
		return read_string(p, s, len);
	case ESC:
		add_key(p, KEY_ESC, 0);
		p->at++;
		return GOT;
	}
	return read_char(p, s + 1, len - 1, 1, KEY_ALT);
}

static enum got read_item(struct key_parser *p)
{
	const char *s = p->in.p + p->at;
	size_t len = p->in.len - p->at;

	if (p->pasting)
		return read_paste(p);
	if (s[0] == ESC)
		return read_escape(p, s, len);
	return read_char(p, s, len, 0, 0);
}

static void forget_read(struct key_parser *p)
{
	memmove(p->in.p, p->in.p + p->at, p->in.len - p->at);
	p->in.len -= p->at;
	p->at = 0;
}

static void read_all(struct key_parser *p)
{
	do {
		p->last = p->at < p->in.len ? read_item(p) : GOT_PART;
	} while (p->last == GOT);
	if (p->at)
		forget_read(p);
}

void key_parser_feed(struct key_parser *p, const char *bytes, size_t len)
{
	if (!len)
		return;
	buf_add(&p->in, bytes, len);
	read_all(p);
}

int key_parser_waits(const struct key_parser *p)
{
	if (p->pasting)
		return 2;
	return !p->in.len ? 0 : p->last == GOT_PART_LONG ? 2 : 1;
}

/* What is left can be no more than a beginning. */
static void flush_part(struct key_parser *p)
{
	const char *s = p->in.p;

	if (s[0] != ESC) {
		add_key(p, UTF8_BAD, 0);
	} else if (p->in.len == 1) {
		add_key(p, KEY_ESC, 0);
	} else if (p->in.len == 2 && s[1] > 0x20 && s[1] < 0x7f) {
		add_key(p, (uint32_t)s[1], KEY_ALT);
	} else if ((unsigned char)s[1] >= 0x80) {
		add_key(p, UTF8_BAD, KEY_ALT);
	}
	buf_reset(&p->in);
}

void key_parser_flush(struct key_parser *p)
{
	if (p->pasting) {
		/* no end came: what was pasted is there all the same */
		buf_add(&p->paste, p->in.p, p->in.len);
		buf_reset(&p->in);
		add_paste(p, p->paste.len);
		p->pasting = 0;
	} else if (p->in.len) {
		flush_part(p);
	}
	p->at = 0;
}
