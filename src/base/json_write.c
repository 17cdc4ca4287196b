/* SPDX-License-Identifier: MIT */
/*
 * Writing JSON: commas, quotes and indentation from a small state machine, so
 * that no caller prints punctuation. What is nested wrongly is our own bug and
 * stops the program.
 */
#include "galley/base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "galley/base/utf8.h"

#define MAX_DEPTH 64

void jw_init(struct jw *w, struct buf *out)
{
	*w = (struct jw){.out = out};
}

static void newline(struct jw *w)
{
	unsigned i;

	if (!w->pretty)
		return;
	buf_addc(w->out, '\n');
	for (i = 0; i < w->depth; i++)
		buf_adds(w->out, "  ");
}

static uint64_t depth_bit(const struct jw *w)
{
	return (uint64_t)1 << (w->depth - 1);
}

/* What has to stand before a value or a key. */
static void separate(struct jw *w)
{
	if (w->after_key) {
		w->after_key = 0;
		return;
	}
	if (!w->depth)
		return;
	if (!(w->first & depth_bit(w)))
		buf_addc(w->out, ',');
	w->first &= ~depth_bit(w);
	newline(w);
}

static void begin(struct jw *w, char c)
{
	separate(w);
	assert(w->depth < MAX_DEPTH);
	buf_addc(w->out, c);
	w->depth++;
	w->first |= depth_bit(w);
}

static void end(struct jw *w, char c)
{
	int empty;

	assert(w->depth && !w->after_key);
	empty = !!(w->first & depth_bit(w));
	w->depth--;
	if (!empty)
		newline(w);
	buf_addc(w->out, c);
}

void jw_obj(struct jw *w)
{
	begin(w, '{');
}

void jw_obj_end(struct jw *w)
{
	end(w, '}');
}

void jw_arr(struct jw *w)
{
	begin(w, '[');
}

void jw_arr_end(struct jw *w)
{
	end(w, ']');
}

static void add_ascii(struct buf *b, unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *p = c ? memchr(from, c, sizeof(from) - 1) : NULL;

	if (p) {
		buf_addc(b, '\\');
		buf_addc(b, to[p - from]);
	} else if (c < 0x20 || c == 0x7f) {
		buf_addf(b, "\\u%04x", c);
	} else {
		buf_addc(b, (char)c);
	}
}

static void add_quoted(struct buf *b, const char *s, size_t len)
{
	size_t i = 0, n;
	uint32_t cp;

	buf_addc(b, '"');
	while (i < len) {
		n = utf8_decode(s + i, len - i, &cp);
		if (cp < 0x80)
			add_ascii(b, (unsigned char)cp);
		else if (n == 1)
			buf_adds(b, "\xef\xbf\xbd");
		else
			buf_add(b, s + i, n);
		i += n;
	}
	buf_addc(b, '"');
}

void jw_strn(struct jw *w, const char *s, size_t len)
{
	separate(w);
	add_quoted(w->out, s, len);
}

void jw_str(struct jw *w, const char *s)
{
	if (s)
		jw_strn(w, s, strlen(s));
	else
		jw_null(w);
}

void jw_key(struct jw *w, const char *key)
{
	assert(w->depth && !w->after_key);
	separate(w);
	add_quoted(w->out, key, strlen(key));
	buf_adds(w->out, w->pretty ? ": " : ":");
	w->after_key = 1;
}

void jw_int(struct jw *w, int64_t v)
{
	separate(w);
	buf_addf(w->out, "%" PRId64, v);
}

void jw_bool(struct jw *w, int v)
{
	jw_raw(w, v ? "true" : "false");
}

void jw_null(struct jw *w)
{
	jw_raw(w, "null");
}

void jw_raw(struct jw *w, const char *json)
{
	separate(w);
	buf_adds(w->out, json);
}

void jw_json(struct jw *w, const struct json *v)
{
	separate(w);
	json_print(w->out, v);
}

void jw_kstr(struct jw *w, const char *key, const char *s)
{
	jw_key(w, key);
	jw_str(w, s);
}

void jw_kint(struct jw *w, const char *key, int64_t v)
{
	jw_key(w, key);
	jw_int(w, v);
}

void jw_kbool(struct jw *w, const char *key, int v)
{
	jw_key(w, key);
	jw_bool(w, v);
}
