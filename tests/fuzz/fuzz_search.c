/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes full text: eight messages take the texts of the input, then the query
 * of the input is run. No text and no query makes SQL or FTS5 stumble, and the
 * hits of a single word are those that a scan of the texts finds, before and
 * after indexing, through changes of the texts from run to run.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/fold.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"
#include "store/store_priv.h"

#define TEXTS 8

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static struct store_rw *rw;
static char *texts[TEXTS];

static void must(int rc)
{
	if (rc < 0) {
		fprintf(stderr, "%s\n", err_msg());
		abort();
	}
}

static void start(void)
{
	static char dir[64] = "/dev/shm/galley-fuzz-XXXXXX", path[80];
	struct store_opts o = {.path = path, .sync_normal = 1};
	int conn;

	if (rw)
		return;
	if (!mkdtemp(dir)) {
		snprintf(dir, sizeof(dir), "/tmp/galley-fuzz-XXXXXX");
		if (!mkdtemp(dir))
			abort();
	}
	snprintf(path, sizeof(path), "%s/cache.db", dir);
	must(store_open_rw(&o, &rw));
	must(store_connector(rw, "x", "x", &conn));
}

/* What a connector lets through: UTF-8 without NUL. */
static char *clean(const unsigned char *p, size_t n)
{
	struct buf b = BUF_INIT;
	size_t i;
	uint32_t cp;
	char out[4];

	for (i = 0; i < n;) {
		i += utf8_decode((const char *)p + i, n - i, &cp);
		if (cp)
			buf_add(&b, out, utf8_encode(cp, out));
	}
	return buf_take(&b);
}

static void land(int i)
{
	struct recs *r = recs_new();
	struct store_page p = {.connector = 1, .stream = "s", .recs = r};
	struct store_page_result res;
	struct rec *m;
	char rid[8];

	snprintf(rid, sizeof(rid), "m-%d", i);
	m = recs_add(r, REC_ROW, ENT_MESSAGE, rid);
	rec_set_text(r, m, FID_MESSAGE_KIND, "note");
	rec_set_text(r, m, FID_MESSAGE_TEXT, texts[i]);
	must(store_page_apply(rw, &p, &res));
	assert(res.bad == 0);
	recs_free(r);
}

/* Texts are parted by NUL bytes. */
static void land_texts(const unsigned char *p, size_t n)
{
	int i;

	for (i = 0; i < TEXTS && n; i++) {
		const unsigned char *end = memchr(p, 0, n);
		size_t len = end ? (size_t)(end - p) : n;

		free(texts[i]);
		texts[i] = clean(p, len);
		land(i);
		n -= end ? len + 1 : len;
		p += end ? len + 1 : len;
	}
}

static int is_hit(const struct rows *rows, int i)
{
	char rid[8];
	int k;

	snprintf(rid, sizeof(rid), "m-%d", i);
	for (k = 0; k < rows->n; k++)
		if (strcmp(rows->v[k].rid, rid) == 0)
			return 1;
	return 0;
}

static void run(const struct query *q)
{
	struct store_ro *ro = store_reader(rw);
	const struct query_node *n = q->root;
	struct rows rows;
	int i, rc;

	rc = store_query(ro, q, NULL, 20, NULL, &rows);
	if (rc == E_INPUT) /* too many words */
		return;
	must(rc);
	for (i = 0; q->entity == ENT_MESSAGE && n->type == Q_TEXT && i < TEXTS;
		i++)
		assert(is_hit(&rows, i) ==
			(texts[i] &&
				fold_contains(texts[i], strlen(texts[i]),
					n->text, strlen(n->text), n->prefix)));
	rows_free(&rows);
}

static void check_html(const unsigned char *p, size_t n)
{
	struct buf b = BUF_INIT;

	html_to_text(&b, (const char *)p, n);
	assert(b.len <= 4 * n + 16);
	buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const enum entity ents[] = {
		ENT_MESSAGE, ENT_TICKET, ENT_CUSTOMER, ENT_ARTICLE};
	struct query *q = NULL;
	int64_t left = 1;
	size_t n;
	char *s;

	start();
	if (size < 2)
		return 0;
	check_html(data, size);
	n = data[1] < size - 2 ? data[1] : size - 2;
	s = clean(data + 2, n);
	land_texts(data + 2 + n, size - 2 - n);
	if (query_parse(s, ents[data[0] & 3], INT64_C(1795233600000), 0, &q) ==
		0) {
		run(q);
		while (left)
			must(store_index_slice(rw, 1000, &left));
		run(q);
	}
	query_free(q);
	free(s);
	return 0;
}
