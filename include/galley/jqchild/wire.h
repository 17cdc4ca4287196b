/* SPDX-License-Identifier: MIT */
/*
 * What a connector and its mapping process say to each other over the
 * socketpair: frames of `u32 length, u8 type, payload`, integers little-endian,
 * byte strings as `u32 length, bytes`. Both sides check every length; neither
 * trusts the other. Both are of one build, so there is no version.
 *
 * INIT   i32 zone_min, u32 deadline_ms, str prelude, str defs, u32 n_user,
 *        u32 n_all,
 *        n_all x str filter. The first n_user are the manifest's own (named in
 *        a message when they do not compile), the rest is glue between them.
 *        Filter N is callable as fN by the later ones.
 * READY  (empty)
 * BAD    i32 filter (-1: no single one, -2: the definitions), str message
 * CALL   u32 seq, u8 body kind, str meta (a JSON object), str body,
 *        u32 n, n x { u32 filter, u8 mode }
 * ANSWER u32 seq, u32 cpu_ms of the process so far, u8 body_bad, str why,
 *        n x { u8 status, str payload }
 *
 * Payload of WANT_VALUE: the first output as compact JSON. Of WANT_RECORDS:
 * records, each `u8 kind, u8 entity` and items `u8 tag, value` up to TAG_END;
 * values of tags below TAG_FIELD are strings, TAG_FIELD + i is the entity's
 * field number i: `u8 'n'`, `u8 'i', i64` or `u8 't', str`. A record that could
 * not be made is `u8 WIRE_REC_ERROR, str text`. Every string is followed by a
 * NUL that its length does not count, so that the reader may point into the
 * frame.
 */
#ifndef GALLEY_JQCHILD_WIRE_H
#define GALLEY_JQCHILD_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "galley/base/buf.h"

enum wire_type {
	WIRE_INIT = 'I',
	WIRE_READY = 'R',
	WIRE_BAD = 'B',
	WIRE_CALL = 'C',
	WIRE_ANSWER = 'A',
};

enum wire_body { BODY_NONE, BODY_JSON, BODY_TEXT };
enum wire_want { WANT_VALUE, WANT_RECORDS };
enum wire_status { WIRE_OK, WIRE_EMPTY, WIRE_ERROR };

enum wire_tag {
	TAG_RID = 1,
	TAG_VERSION,
	TAG_NAME,
	TAG_KEY,
	TAG_TO,
	TAG_VALUE,
	TAG_X,
	TAG_FIELD = 0x20,
	TAG_END = 0xff,
};

#define WIRE_BAD_DEFS	(-2)
#define WIRE_REC_ERROR	0xfe
#define WIRE_FD		3
#define WIRE_MAX	(160u << 20) /* a frame, without its length */
#define WIRE_MAX_FILTER 4096u

/* Reads a frame; after a bad read everything is 0 and `bad` stays set. */
struct wire_in {
	const char *p;
	size_t len, at;
	int bad;
};

static inline const char *wire_take(struct wire_in *w, size_t n)
{
	const char *p = w->p + w->at;

	if (w->bad || n > w->len - w->at) {
		w->bad = 1;
		return NULL;
	}
	w->at += n;
	return p;
}

static inline unsigned wire_u8(struct wire_in *w)
{
	const char *p = wire_take(w, 1);

	return p ? (unsigned char)*p : 0;
}

static inline uint64_t wire_uint(struct wire_in *w, size_t n)
{
	const char *p = wire_take(w, n);
	uint64_t v = 0;

	for (size_t i = n; p && i > 0; i--)
		v = v << 8 | (unsigned char)p[i - 1];
	return v;
}

static inline uint32_t wire_u32(struct wire_in *w)
{
	return (uint32_t)wire_uint(w, 4);
}

/* NUL-terminated; NULL when the frame is bad. */
static inline const char *wire_str(struct wire_in *w, size_t *len)
{
	size_t n = wire_u32(w);
	const char *p;

	if (w->bad || n == UINT32_MAX) {
		w->bad = 1;
		return NULL;
	}
	p = wire_take(w, n + 1);
	if (p && p[n] != '\0') {
		w->bad = 1;
		return NULL;
	}
	if (p && len)
		*len = n;
	return p;
}

static inline void wire_add_u8(struct buf *b, unsigned v)
{
	buf_addc(b, (char)v);
}

static inline void wire_add_str(struct buf *b, const char *s, size_t len)
{
	buf_add_u32(b, (uint32_t)len);
	if (len)
		buf_add(b, s, len);
	buf_addc(b, '\0');
}

/* A frame is begun, filled, and closed by writing its length. */
static inline size_t wire_begin(struct buf *b, enum wire_type t)
{
	size_t at = b->len;

	buf_add_u32(b, 0);
	wire_add_u8(b, (unsigned)t);
	return at;
}

static inline void wire_put_u32(struct buf *b, size_t at, uint32_t v)
{
	for (size_t i = 0; i < 4; i++)
		b->p[at + i] = (char)(v >> (8 * i) & 0xff);
}

static inline void wire_end(struct buf *b, size_t at)
{
	wire_put_u32(b, at, (uint32_t)(b->len - at - 4));
}

#endif
