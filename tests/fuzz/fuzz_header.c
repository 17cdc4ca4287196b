/* SPDX-License-Identifier: MIT */
/*
 * Headers of an answer as a hostile server sends them: through the sink, then
 * read as the engine reads them. Beyond not crashing: what is kept stays within
 * the budget, has one line a header, and every wait is bounded.
 */
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"
#include "net/net_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int ok)
{
	if (!ok)
		abort();
}

/* Lines as libcurl cuts them: after every LF. */
static void feed(struct sink *s, const char *p, size_t len)
{
	while (len) {
		const char *eol = memchr(p, '\n', len);
		size_t n = eol ? (size_t)(eol - p) + 1 : len;

		if (sink_header(s, p, n)) {
			require(s->over == OVER_HEADERS);
			return;
		}
		p += n;
		len -= n;
	}
}

static void check_lines(const char *h)
{
	while (*h) {
		const char *eol = strchr(h, '\n');
		const char *colon = strstr(h, ": ");

		require(eol && colon && colon > h && colon < eol);
		for (; h < colon; h++)
			require(*h > ' ' && !(*h >= 'A' && *h <= 'Z'));
		for (; h < eol; h++)
			require((unsigned char)*h >= ' ' && *h != 0x7f);
		h = eol + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {
		"location", "etag", "link", "content-type", "x"};
	struct sink s = {.max_bytes = 1};
	struct buf b = BUF_INIT;
	struct net_resp r = {.id = 0};

	feed(&s, (const char *)data, size);
	require(s.status >= 0 && s.status <= 999);
	/* ": " may replace ":" in each line */
	require(s.headers.len <= s.header_bytes + NET_HEADERS);
	r.headers = buf_take(&s.headers);
	require(strlen(r.headers) <= NET_HEADER_BYTES + NET_HEADERS);
	check_lines(r.headers);
	resp_read_times(&r, 1795286590000);
	require(r.retry_after_ms >= -1 &&
		r.retry_after_ms <= NET_RETRY_AFTER_MAX_MS);
	require(r.date_ms >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *v = net_header(&r, names[i], &b);

		require(!v || !strchr(v, '\n'));
	}
	if (net_header(&r, "location", &b)) {
		char *to = url_resolve("https://h.example/a/b", buf_str(&b));

		if (to) {
			char *where = NULL;

			/* nothing but credentials and length stands between
			 * the same place and asking there */
			if (url_same_origin(to, "https://h.example/") &&
				!strchr(to, '@'))
				require(!url_check(to, 0, &where) ||
					strlen(to) > NET_URL_BYTES);
			free(where);
		}
		free(to);
	}
	buf_fini(&b);
	net_resp_fini(&r);
	sink_fini(&s);
	return 0;
}
