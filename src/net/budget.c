/* SPDX-License-Identifier: MIT */
/*
 * What an answer may cost: bytes after decompression, how much a byte on the
 * wire may swell to, number and size of headers (informational answers and
 * trailers counted too). libcurl's own size limit looks at Content-Length only
 * and lets chunked and compressed bodies through; so the count is here, where
 * the bytes arrive. Time is not counted here: every transfer has a deadline.
 */
#include "net_priv.h"

#include <string.h>

void sink_fini(struct sink *s)
{
	buf_fini(&s->headers);
	buf_fini(&s->body);
}

void sink_reset(struct sink *s)
{
	buf_reset(&s->headers);
	buf_reset(&s->body);
	s->header_bytes = 0;
	s->header_count = 0;
	s->status = 0;
	s->header_over = 0;
	s->over = OVER_NOTHING;
}

static int stop(struct sink *s, enum over why)
{
	s->over = why;
	return -1;
}

static int digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200 ..." -> 200, or 0. */
static int status_of(const char *p, size_t len)
{
	const char *sp = memchr(p, ' ', len);
	size_t left = sp ? len - (size_t)(sp - p) : 0;

	if (left < 4 || !digit(sp[1]) || !digit(sp[2]) || !digit(sp[3]))
		return 0;
	return (sp[1] - '0') * 100 + (sp[2] - '0') * 10 + (sp[3] - '0');
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static int blank(char c)
{
	return c == ' ' || c == '\t';
}

static void add_printable(struct buf *b, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];

		buf_addc(b, c < 0x20 || c == 0x7f ? ' ' : p[i]);
	}
}

static void trim(const char **p, size_t *len)
{
	while (*len && blank(**p)) {
		++*p;
		--*len;
	}
	while (*len && blank((*p)[*len - 1]))
		--*len;
}

static void add_field(struct sink *s, const char *p, size_t len)
{
	const char *colon = memchr(p, ':', len);
	const char *value;
	size_t name_len, value_len;

	if (!colon || colon == p)
		return;
	name_len = (size_t)(colon - p);
	for (size_t i = 0; i < name_len; i++) {
		/* no token: smuggling material, not a header */
		if ((unsigned char)p[i] <= ' ' || (unsigned char)p[i] >= 0x7f)
			return;
	}
	for (size_t i = 0; i < name_len; i++)
		buf_addc(&s->headers, lower(p[i]));
	value = colon + 1;
	value_len = len - name_len - 1;
	trim(&value, &value_len);
	buf_adds(&s->headers, ": ");
	add_printable(&s->headers, value, value_len);
	buf_addc(&s->headers, '\n');
}

int sink_header(struct sink *s, const char *p, size_t len)
{
	s->header_bytes += len;
	s->header_count++;
	if (s->header_bytes > NET_HEADER_BYTES || s->header_count > NET_HEADERS)
		return stop(s, OVER_HEADERS);
	while (len && (p[len - 1] == '\n' || p[len - 1] == '\r'))
		len--;
	if (s->header_over) /* a trailer cannot change what was decided on */
		return 0;
	if (len >= 5 && !memcmp(p, "HTTP/", 5)) {
		buf_reset(&s->headers);
		s->status = status_of(p, len);
		return 0;
	}
	if (!len) {
		s->header_over = s->status >= 200;
		return 0;
	}
	if (!blank(p[0])) {
		add_field(s, p, len);
	} else if (s->headers.len) { /* obsolete folding */
		s->headers.p[s->headers.len - 1] = ' ';
		trim(&p, &len);
		add_printable(&s->headers, p, len);
		buf_addc(&s->headers, '\n');
	}
	return 0;
}

int sink_body(struct sink *s, const char *p, size_t len, uint64_t wire_bytes)
{
	/* libcurl counts a buffer of a chunked body after handing it over */
	uint64_t fair = (wire_bytes + NET_BUFFER_BYTES) * NET_RATIO;

	if (len > s->max_bytes - s->body.len)
		return stop(s, OVER_BYTES);
	if (s->body.len + len > fair)
		return stop(s, OVER_RATIO);
	buf_add(&s->body, p, len);
	return 0;
}

size_t sink_on_header(char *p, size_t size, size_t n, void *u)
{
	return sink_header(u, p, size * n) ? 0 : size * n;
}

size_t sink_on_body(char *p, size_t size, size_t n, void *u)
{
	struct sink *s = u;
	curl_off_t wire = 0;

	curl_easy_getinfo(s->easy, CURLINFO_SIZE_DOWNLOAD_T, &wire);
	/* a write function that takes less than it got ends the transfer */
	return sink_body(s, p, size * n, (uint64_t)wire) ? 0 : size * n;
}
