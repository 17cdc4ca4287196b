/* SPDX-License-Identifier: MIT */
/*
 * bare URL DATABASE [rows|index|nothing]
 *
 * The landing without an engine: one loop that fetches a page, parses it with
 * cJSON, maps it by hand and inserts it, full text in the same transaction with
 * the same tokenizer. No outbox, no cursors, no conflicts, no sandbox: the
 * price of those is what the engine is measured against. Twenty pages a
 * transaction and synchronous=NORMAL, as somebody would write it.
 */
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "galley/base/buf.h"
#include "galley/base/mem.h"
#include "galley/base/timefmt.h"
#include "store/store_priv.h"

#define PAGES_A_COMMIT 20

static const char schema[] =
	"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
	"PRAGMA cache_size=-16384;"
	"CREATE TABLE ticket (id INTEGER PRIMARY KEY, rid TEXT, subject TEXT,"
	" status TEXT, queue INTEGER, owner INTEGER, customer INTEGER,"
	" priority INTEGER, created INTEGER, updated INTEGER, due INTEGER,"
	" tags TEXT) STRICT;"
	"CREATE UNIQUE INDEX ticket_rid ON ticket (rid);"
	"CREATE INDEX ticket_queue ON ticket (queue, status, updated);"
	"CREATE INDEX ticket_owner ON ticket (owner, status, updated);"
	"CREATE INDEX ticket_updated ON ticket (updated);"
	"CREATE INDEX ticket_customer ON ticket (customer);"
	"CREATE TABLE message (id INTEGER PRIMARY KEY, rid TEXT,"
	" ticket INTEGER, kind TEXT, dir TEXT, author TEXT, at INTEGER,"
	" text TEXT) STRICT;"
	"CREATE UNIQUE INDEX message_rid ON message (rid);"
	"CREATE INDEX message_ticket ON message (ticket, at);"
	"CREATE VIRTUAL TABLE fts_ticket USING fts5 (subject,"
	" content='ticket', content_rowid='id', columnsize=0,"
	" tokenize='galley');"
	"CREATE VIRTUAL TABLE fts_message USING fts5 (text,"
	" content='message', content_rowid='id', columnsize=0,"
	" tokenize='galley');";

struct bare {
	const char *url;
	CURL *curl;
	struct buf page;
	sqlite3 *db;
	sqlite3_stmt *ticket, *message, *ticket_text, *message_text;
	int pages, with_rows, with_index;
};

static void sql(struct bare *b, const char *text)
{
	if (sqlite3_exec(b->db, text, NULL, NULL, NULL) != SQLITE_OK)
		bench_die("bare: %s", sqlite3_errmsg(b->db));
}

static sqlite3_stmt *statement(struct bare *b, const char *text)
{
	sqlite3_stmt *st;

	if (sqlite3_prepare_v3(b->db, text, -1, SQLITE_PREPARE_PERSISTENT, &st,
		    NULL) != SQLITE_OK)
		bench_die("bare: %s", sqlite3_errmsg(b->db));
	return st;
}

static void run(struct bare *b, sqlite3_stmt *st)
{
	if (sqlite3_step(st) != SQLITE_DONE)
		bench_die("bare: %s", sqlite3_errmsg(b->db));
	sqlite3_reset(st);
}

static size_t on_body(char *p, size_t size, size_t n, void *u)
{
	buf_add(u, p, size * n);
	return size * n;
}

static void fetch(struct bare *b, const char *kind, int page)
{
	char *url = xasprintf("%s/%s?page=%d", b->url, kind, page);
	CURLcode rc;

	buf_reset(&b->page);
	curl_easy_setopt(b->curl, CURLOPT_URL, url);
	rc = curl_easy_perform(b->curl);
	if (rc != CURLE_OK)
		bench_die("bare: %s: %s", url, curl_easy_strerror(rc));
	free(url);
}

static const cJSON *get(const cJSON *o, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(o, key);
}

static const cJSON *first(const cJSON *list)
{
	return list ? list->child : NULL;
}

static void text(sqlite3_stmt *st, int i, const char *s)
{
	sqlite3_bind_text(st, i, s, -1, SQLITE_STATIC);
}

static void number(sqlite3_stmt *st, int i, const cJSON *v)
{
	if (cJSON_IsNumber(v))
		sqlite3_bind_int64(st, i, (int64_t)v->valuedouble);
	else
		sqlite3_bind_null(st, i);
}

static void moment(sqlite3_stmt *st, int i, const cJSON *v)
{
	const char *s = cJSON_GetStringValue(v);
	int64_t ms;

	if (s && time_parse(s, strlen(s), 0, &ms) == 0)
		sqlite3_bind_int64(st, i, ms);
	else
		sqlite3_bind_null(st, i);
}

static void id_text(sqlite3_stmt *st, int i, int64_t id)
{
	char rid[24];

	sqlite3_snprintf(sizeof(rid), rid, "%lld", (long long)id);
	sqlite3_bind_text(st, i, rid, -1, SQLITE_TRANSIENT);
}

static void index_text(
	struct bare *b, sqlite3_stmt *st, int64_t id, const char *s)
{
	if (!b->with_index)
		return;
	sqlite3_bind_int64(st, 1, id);
	text(st, 2, s);
	run(b, st);
}

static void put_ticket(struct bare *b, const cJSON *o)
{
	int64_t id = (int64_t)cJSON_GetNumberValue(get(o, "id"));
	const char *subject = cJSON_GetStringValue(get(o, "subject"));
	char *tags = cJSON_PrintUnformatted(get(o, "tags"));
	sqlite3_stmt *st = b->ticket;

	sqlite3_bind_int64(st, 1, id);
	id_text(st, 2, id);
	text(st, 3, subject);
	text(st, 4, cJSON_GetStringValue(get(o, "status")));
	number(st, 5, get(o, "queue_id"));
	number(st, 6, get(get(o, "assignee"), "id"));
	number(st, 7, get(get(o, "requester"), "id"));
	number(st, 8, get(o, "priority"));
	moment(st, 9, get(o, "created_at"));
	moment(st, 10, get(o, "updated_at"));
	moment(st, 11, get(o, "due_at"));
	text(st, 12, tags);
	if (b->with_rows)
		run(b, st);
	free(tags);
	index_text(b, b->ticket_text, id, subject);
}

static void put_message(struct bare *b, const cJSON *o)
{
	int64_t id = (int64_t)cJSON_GetNumberValue(get(o, "id"));
	const char *body = cJSON_GetStringValue(get(o, "body"));
	const char *role = cJSON_GetStringValue(get(o, "role"));
	sqlite3_stmt *st = b->message;

	sqlite3_bind_int64(st, 1, id);
	id_text(st, 2, id);
	number(st, 3, get(o, "ticket_id"));
	text(st, 4, cJSON_IsTrue(get(o, "public")) ? "reply" : "note");
	text(st, 5, role && strcmp(role, "agent") == 0 ? "out" : "in");
	id_text(st, 6, (int64_t)cJSON_GetNumberValue(get(o, "author_id")));
	moment(st, 7, get(o, "created_at"));
	text(st, 8, body);
	if (b->with_rows)
		run(b, st);
	index_text(b, b->message_text, id, body);
}

/* 1 when there are further pages. */
static int land(struct bare *b, const char *kind, int page,
	void (*put)(struct bare *, const cJSON *))
{
	cJSON *doc;
	const cJSON *o;
	int more;

	fetch(b, kind, page);
	doc = cJSON_ParseWithLength(b->page.p, b->page.len);
	if (!doc)
		bench_die("bare: page %d of %s is not JSON", page, kind);
	if (b->pages % PAGES_A_COMMIT == 0)
		sql(b, "BEGIN");
	for (o = first(get(doc, kind)); o; o = o->next)
		put(b, o);
	if (++b->pages % PAGES_A_COMMIT == 0)
		sql(b, "COMMIT");
	more = cJSON_IsTrue(get(doc, "more"));
	cJSON_Delete(doc);
	return more;
}

static void open_all(struct bare *b, const char *path)
{
	if (sqlite3_open(path, &b->db) != SQLITE_OK)
		bench_die("bare: %s", sqlite3_errmsg(b->db));
	bench_must(tokenizer_register(b->db), "tokenizer");
	sql(b, schema);
	b->ticket = statement(b, "INSERT INTO ticket VALUES "
				 "(?,?,?,?,?,?,?,?,?,?,?,?)");
	b->message = statement(b, "INSERT INTO message VALUES "
				  "(?,?,?,?,?,?,?,?)");
	b->ticket_text = statement(b, "INSERT INTO fts_ticket (rowid, subject)"
				      " VALUES (?, ?)");
	b->message_text = statement(b, "INSERT INTO fts_message (rowid, text)"
				       " VALUES (?, ?)");
	b->curl = curl_easy_init();
	curl_easy_setopt(b->curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(b->curl, CURLOPT_WRITEDATA, &b->page);
	curl_easy_setopt(b->curl, CURLOPT_FAILONERROR, 1L);
}

static void close_all(struct bare *b)
{
	sqlite3_finalize(b->ticket);
	sqlite3_finalize(b->message);
	sqlite3_finalize(b->ticket_text);
	sqlite3_finalize(b->message_text);
	sqlite3_close(b->db);
	curl_easy_cleanup(b->curl);
	buf_fini(&b->page);
}

int main(int argc, char **argv)
{
	const char *what = argc > 3 ? argv[3] : "index";
	struct bare b = {.with_index = strcmp(what, "index") == 0,
		.with_rows = strcmp(what, "nothing") != 0};
	double start = bench_wall_s();
	int page;

	if (argc < 3)
		bench_die("usage: bare URL DATABASE [rows|index|nothing]");
	b.url = argv[1];
	open_all(&b, argv[2]);
	for (page = 0; land(&b, "tickets", page, put_ticket); page++)
		;
	for (page = 0; land(&b, "messages", page, put_message); page++)
		;
	if (b.pages % PAGES_A_COMMIT)
		sql(&b, "COMMIT");
	close_all(&b);
	bench_value("wall_s", bench_wall_s() - start);
	bench_value("cpu_s", bench_cpu_s());
	bench_value("peak_mib", bench_peak_mib());
	return 0;
}
