/* SPDX-License-Identifier: MIT */
/*
 * index DIR MESSAGES ROUNDS
 *
 * The same text into FTS5 twice, with galley's tokenizer and with unicode61,
 * all else alike: external content, 2,000 messages a transaction, in turn.
 * Prints medians of CPU seconds and what the file grew by.
 */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "galley/base/mem.h"
#include "gen.h"
#include "store/store_priv.h"

#define BATCH 2000

struct built {
	double cpu_s, mb;
};

static void sql(sqlite3 *db, const char *text)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		bench_die("index: %s", sqlite3_errmsg(db));
}

static double size_mb(sqlite3 *db)
{
	sqlite3_stmt *st;
	double mb = 0;

	if (sqlite3_prepare_v2(db,
		    "SELECT page_count * page_size / 1e6 FROM "
		    "pragma_page_count, pragma_page_size",
		    -1, &st, NULL) == SQLITE_OK &&
		sqlite3_step(st) == SQLITE_ROW)
		mb = sqlite3_column_double(st, 0);
	sqlite3_finalize(st);
	return mb;
}

static void add_rows(sqlite3 *db, const struct gen *g, uint64_t n)
{
	struct buf text = BUF_INIT;
	sqlite3_stmt *st;

	sql(db, "CREATE TABLE message (id INTEGER PRIMARY KEY, text TEXT);"
		"BEGIN");
	if (sqlite3_prepare_v2(db, "INSERT INTO message VALUES (?, ?)", -1, &st,
		    NULL) != SQLITE_OK)
		bench_die("index: %s", sqlite3_errmsg(db));
	for (uint64_t i = 0; i < n; i++) {
		buf_reset(&text);
		gen_body(g, i, &text);
		sqlite3_bind_int64(st, 1, (int64_t)i + 1);
		sqlite3_bind_text(st, 2, text.p, (int)text.len, SQLITE_STATIC);
		sqlite3_step(st);
		sqlite3_reset(st);
	}
	sqlite3_finalize(st);
	sql(db, "COMMIT");
	buf_fini(&text);
}

static struct built build(const char *path, const char *tokenizer,
	const struct gen *g, uint64_t n)
{
	struct built b;
	sqlite3 *db;
	char *text;
	double start, rows_mb;

	unlink(path);
	if (sqlite3_open(path, &db) != SQLITE_OK)
		bench_die("index: %s", sqlite3_errmsg(db));
	bench_must(tokenizer_register(db), "tokenizer");
	sql(db, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
		"PRAGMA cache_size=-16384");
	add_rows(db, g, n);
	rows_mb = size_mb(db);
	text = xasprintf("CREATE VIRTUAL TABLE fts USING fts5 (text, "
			 "content='message', content_rowid='id', "
			 "columnsize=0, tokenize='%s')",
		tokenizer);
	sql(db, text);
	free(text);
	start = bench_cpu_s();
	for (uint64_t i = 0; i < n; i += BATCH) {
		text = xasprintf("INSERT INTO fts (rowid, text) SELECT id, text"
				 " FROM message WHERE id > %llu AND id <= %llu",
			(unsigned long long)i, (unsigned long long)i + BATCH);
		sql(db, text);
		free(text);
	}
	b.cpu_s = bench_cpu_s() - start;
	b.mb = size_mb(db) - rows_mb;
	sqlite3_close(db);
	unlink(path);
	return b;
}

int main(int argc, char **argv)
{
	double ours_s[16], peer_s[16];
	struct built ours = {0}, peer = {0};
	struct gen *g;
	uint64_t n;
	char *path;
	int rounds;

	if (argc != 4)
		bench_die("usage: index DIR MESSAGES ROUNDS");
	n = bench_number(argv[2]);
	rounds = (int)bench_number(argv[3]);
	if (rounds < 1 || rounds > 16)
		bench_die("index: 1 to 16 rounds");
	path = xasprintf("%s/index.db", argv[1]);
	g = gen_new();
	for (int i = 0; i < rounds; i++) {
		peer = build(path, "unicode61", g, n);
		ours = build(path, "galley", g, n);
		peer_s[i] = peer.cpu_s;
		ours_s[i] = ours.cpu_s;
	}
	bench_row("index: time", bench_median(ours_s, rounds),
		bench_median(peer_s, rounds), "CPU s", 1.25);
	bench_row("index: size", ours.mb, peer.mb, "MB", 1.15);
	gen_free(g);
	free(path);
	return 0;
}
