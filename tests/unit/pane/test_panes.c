/* SPDX-License-Identifier: MIT */
/*
 * Panes on a cache without a backend: what they say, in which order, and that
 * nothing from outside reaches a cell as anything but text, in any size.
 */
#include "galley/pane/pane.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/base/utf8.h"
#include "galley/ui/key.h"

#define NOW   INT64_C(1795233600000) /* 2026-11-21 04:00 UTC */
#define HOUR  INT64_C(3600000)
#define DAY   (24 * HOUR)
#define MANY  10000
#define MOODS 300
#define DONE  60
/* colours, a title, bidi, C1, wide, combining, formats, a bell */
#define NASTY                                                                  \
	"\x1b[31m\x1b]0;own\x07 \xe2\x80\xae"                                  \
	"bidi\xe2\x81\xa6 \xc2\x9b"                                            \
	"31m 宽字符宽字符宽字符 e\xcc\x81\xcc\x81 %s%n \x7f\t\r\nlast"

static char home[64];
static struct session *session;
static struct desk *desk;

static int64_t now_ms(void *u)
{
	(void)u;
	return NOW;
}
static const struct clock clock_now = {now_ms, now_ms, NULL};

#define ok(expr)                                                               \
	do {                                                                   \
		int rc_ = (expr);                                              \
		if (rc_ < 0)                                                   \
			print_error("%s: %s\n", #expr, err_msg());             \
		assert_true(rc_ >= 0);                                         \
	} while (0)

/* --- a cache -------------------------------------------------------------- */

static struct recs *page;

static struct rec *row(enum entity e, const char *rid)
{
	return recs_add(page, REC_ROW, e, rid);
}

static void text(struct rec *r, enum field_id f, const char *s)
{
	rec_set_text(page, r, f, s);
}

static void land(struct store_rw *rw, int conn)
{
	struct store_page p = {
		.connector = conn, .stream = "feed", .cursor_key = ""};
	struct store_page_result res;

	p.recs = page;
	ok(store_page_apply(rw, &p, &res));
	assert_int_equal(res.bad, 0);
	recs_free(page);
	page = recs_new();
}

static struct rec *ticket(const char *rid, const char *subject,
	const char *status, const char *queue, const char *customer,
	int64_t created)
{
	struct rec *t = row(ENT_TICKET, rid);
	int done = strcmp(status, "resolved") == 0;

	text(t, FID_TICKET_NUMBER, rid);
	text(t, FID_TICKET_SUBJECT, subject);
	text(t, FID_TICKET_STATUS, status);
	text(t, FID_TICKET_PHASE, done ? "done" : "open");
	text(t, FID_TICKET_QUEUE, queue);
	text(t, FID_TICKET_CUSTOMER, customer);
	rec_set_int(t, FID_TICKET_CREATED, created);
	rec_set_int(t, FID_TICKET_UPDATED, created + HOUR);
	if (done)
		rec_set_int(t, FID_TICKET_CLOSED, created + HOUR);
	return t;
}

static void message(const char *rid, const char *on, const char *dir,
	int64_t at, const char *s)
{
	struct rec *m = row(ENT_MESSAGE, rid);

	text(m, FID_MESSAGE_TICKET, on);
	text(m, FID_MESSAGE_KIND, strcmp(dir, "note") ? "reply" : "note");
	text(m, FID_MESSAGE_DIR, dir);
	text(m, FID_MESSAGE_AUTHOR, strcmp(dir, "in") ? "agent2" : "wang");
	rec_set_int(m, FID_MESSAGE_AT, at);
	text(m, FID_MESSAGE_TEXT, s);
}

static void moment(const char *rid, const char *customer, const char *kind,
	int64_t at, int score, const char *stage, const char *s)
{
	struct rec *m = row(ENT_MOMENT, rid);

	text(m, FID_MOMENT_CUSTOMER, customer);
	text(m, FID_MOMENT_KIND, kind);
	text(m, FID_MOMENT_CHANNEL, "shop");
	rec_set_int(m, FID_MOMENT_AT, at);
	if (score)
		rec_set_int(m, FID_MOMENT_SCORE, score);
	if (stage)
		text(m, FID_MOMENT_STAGE, stage);
	if (s)
		text(m, FID_MOMENT_TEXT, s);
}

static void promise(const char *rid, const char *customer, const char *on,
	const char *status, int64_t made, int64_t due, const char *s)
{
	struct rec *p = row(ENT_PROMISE, rid);

	text(p, FID_PROMISE_CUSTOMER, customer);
	text(p, FID_PROMISE_TICKET, on);
	text(p, FID_PROMISE_STATUS, status);
	text(p, FID_PROMISE_TEXT, s);
	rec_set_int(p, FID_PROMISE_MADE, made);
	rec_set_int(p, FID_PROMISE_DUE, due);
	if (strcmp(status, "kept") == 0)
		rec_set_int(p, FID_PROMISE_KEPT, due - HOUR);
}

static void call(const char *rid, const char *customer, int64_t at,
	int64_t talked, const char *why)
{
	struct rec *c = row(ENT_CALL, rid);

	text(c, FID_CALL_CUSTOMER, customer);
	text(c, FID_CALL_AGENT, "agent2");
	text(c, FID_CALL_DIR, "in");
	text(c, FID_CALL_STATUS, talked ? "ended" : "missed");
	text(c, FID_CALL_NUMBER, "13800138000");
	text(c, FID_CALL_DISPOSITION, why);
	rec_set_int(c, FID_CALL_STARTED, at);
	if (talked)
		rec_set_int(c, FID_CALL_ANSWERED, at + 5000);
	rec_set_int(c, FID_CALL_ENDED, at + 5000 + talked);
}

static void fill_names(void)
{
	struct rec *r = row(ENT_AGENT, "agent2");

	text(r, FID_AGENT_NAME, "Chen Bo");
	r = row(ENT_QUEUE, "q1");
	text(r, FID_QUEUE_NAME, "Billing");
	r = row(ENT_QUEUE, "q2");
	text(r, FID_QUEUE_NAME, "Refunds \"late\"");
	r = row(ENT_CUSTOMER, "wang");
	text(r, FID_CUSTOMER_NAME, "Wang Fang");
	r = row(ENT_CUSTOMER, "nasty");
	text(r, FID_CUSTOMER_NAME, NASTY);
	text(r, FID_CUSTOMER_NOTE, NASTY);
	r = row(ENT_CUSTOMER, "moody");
	text(r, FID_CUSTOMER_NAME, "Moody");
}

static void fill_wang(void)
{
	struct rec *r = ticket(
		"11", "Refund is late", "open", "q2", "wang", NOW - 9 * DAY);

	rec_set_int(r, FID_TICKET_DUE, NOW - 2 * DAY);
	ticket("12", "Stove does not light", "open", "q1", "wang",
		NOW - 3 * HOUR);
	message("m1", "11", "in", NOW - 4 * DAY, "where is my money");
	message("m2", "11", "in", NOW - 4 * DAY + HOUR, "hello?");
	message("m3", "11", "out", NOW - 4 * DAY + 2 * HOUR, "it is coming");
	message("m4", "11", "note", NOW - 4 * DAY + 3 * HOUR, "ask the bank");
	call("c1", "wang", NOW - 2 * DAY - HOUR, 250000, "REFUND");
	call("c2", "wang", NOW - 5 * DAY, 0, "");
	r = row(ENT_ORDER, "o1");
	text(r, FID_ORDER_NUMBER, "A-20931");
	text(r, FID_ORDER_CUSTOMER, "wang");
	text(r, FID_ORDER_CURRENCY, "CNY");
	rec_set_int(r, FID_ORDER_TOTAL_MINOR, 89900);
	rec_set_int(r, FID_ORDER_PLACED, NOW - 19 * DAY);
	r = row(ENT_ORDER_EVENT, "e1");
	text(r, FID_ORDER_EVENT_PURCHASE, "o1");
	text(r, FID_ORDER_EVENT_KIND, "depot");
	rec_set_int(r, FID_ORDER_EVENT_AT, NOW - 10 * DAY);
	promise("p1", "wang", "11", "open", NOW - 4 * DAY, NOW - 2 * DAY,
		"call back Friday");
	promise("p2", "wang", "11", "kept", NOW - 8 * DAY, NOW - 7 * DAY,
		"answer in a day");
	promise("p3", "wang", "11", "broken", NOW - 8 * DAY, NOW - 6 * DAY,
		"bank by Monday");
	moment("s1", "wang", "stage", NOW - 300 * DAY, 0, "aware", NULL);
	moment("s2", "wang", "stage", NOW - 19 * DAY, 0, "buy", NULL);
	moment("f1", "wang", "emotion", NOW - 60 * DAY, 5, NULL, NULL);
	moment("f2", "wang", "emotion", NOW - 20 * DAY, 4, NULL, NULL);
	moment("f3", "wang", "emotion", NOW - 2 * DAY, 1, NULL, NULL);
	moment("t1", "wang", "moment", NOW - 3 * DAY, 1, NULL, "no answer");
	moment("t2", "wang", "touchpoint", NOW - 400 * DAY, 0, NULL,
		"visited the shop");
}

static void fill_nasty(struct store_rw *rw, int conn)
{
	struct rec *r;
	char rid[32];
	int i;

	r = ticket("99", NASTY, "open", "q1", "nasty", NOW - 80 * DAY);
	rec_set_int(r, FID_TICKET_UPDATED, NOW);
	text(r, FID_TICKET_CF,
		"{\""
		"a\\u001b[1m\": \"\\u001b[2J\"}");
	r = row(ENT_CONVERSATION, "v1");
	text(r, FID_CONVERSATION_SUBJECT, NASTY);
	text(r, FID_CONVERSATION_CHANNEL, "\x1b[7mchannel");
	text(r, FID_CONVERSATION_STATUS, NASTY);
	text(r, FID_CONVERSATION_PHASE, "open");
	text(r, FID_CONVERSATION_CUSTOMER, "nasty");
	rec_set_int(r, FID_CONVERSATION_CREATED, NOW - DAY);
	rec_set_int(r, FID_CONVERSATION_UPDATED, NOW);
	call("cn", "nasty", NOW - HOUR, 1000, NASTY);
	promise("pn", "nasty", "99", "open", NOW - DAY, NOW - HOUR, NASTY);
	moment("n1", "nasty", "emotion", NOW - HOUR, 2, NULL, NASTY);
	moment("n2", "nasty", "moment", NOW - 2 * HOUR, 5, NULL, NASTY);
	moment("n3", "nasty", "stage", NOW - 3 * HOUR, 0, NASTY, NULL);
	moment("n4", "nasty", NASTY, NOW - 4 * HOUR, 99, NASTY, NASTY);
	r = row(ENT_ORDER, "on");
	text(r, FID_ORDER_CUSTOMER, "nasty");
	text(r, FID_ORDER_ITEMS, NASTY);
	text(r, FID_ORDER_STATUS, NASTY);
	text(r, FID_ORDER_CURRENCY, NASTY);
	rec_set_int(r, FID_ORDER_TOTAL_MINOR, INT64_C(-99));
	rec_set_int(r, FID_ORDER_PLACED, NOW - DAY);
	r = row(ENT_ARTICLE, "a1");
	text(r, FID_ARTICLE_TITLE, NASTY);
	text(r, FID_ARTICLE_TEXT, NASTY);
	land(rw, conn);
	for (i = 0; i < MANY; i++) {
		snprintf(rid, sizeof(rid), "n-%d", i);
		message(rid, "99", i % 2 ? "in" : "out",
			NOW - 70 * DAY + i * 10 * (HOUR / 60), NASTY);
		if (i % 2000 == 1999)
			land(rw, conn);
	}
}

static void fill_rest(void)
{
	char rid[32];
	int i;

	for (i = 0; i < DONE; i++) {
		snprintf(rid, sizeof(rid), "%d", 200 + i);
		ticket(rid, "Finished work", "resolved", "q1", "moody",
			NOW - (2 + i % 20) * DAY);
	}
	/* they come oldest first, the mood of today is the last of them */
	for (i = 0; i < MOODS; i++) {
		snprintf(rid, sizeof(rid), "mm-%d", i);
		moment(rid, "moody", "emotion", NOW - (MOODS - i) * HOUR,
			i < MOODS - 6 ? 5 : 1, NULL, NULL);
	}
}

static void put(const char *name, const char *s)
{
	char *path = xasprintf("%s/%s", home, name);

	ok(file_write(path, s, strlen(s)));
	free(path);
}

static int set_up(void **state)
{
	struct store_opts o = {.clock = &clock_now};
	struct desk_args a = {.clock = &clock_now, .no_worker = 1};
	struct store_rw *rw;
	char *dir, *db;
	int64_t left = 1;
	int conn;

	(void)state;
	snprintf(home, sizeof(home), "/tmp/galley-pane-XXXXXX");
	assert_non_null(mkdtemp(home));
	setenv("GALLEY_HOME", home, 1);
	setenv("TZ", "UTC", 1);
	dir = path_user(PATH_CONFIG, NULL);
	ok(path_make_private(dir));
	free(dir);
	put("config/config",
		"[galley]\nundo = 7s\n[connector rt]\nmanifest = rt5\n"
		"base = http://127.0.0.1:1\ntoken_file = /nonexistent\n");
	dir = path_user(PATH_DATA, NULL);
	ok(path_make_private(dir));
	free(dir);
	db = path_user(PATH_DATA, "galley.db");
	o.path = db;
	ok(store_open_rw(&o, &rw));
	free(db);
	ok(store_connector(rw, "rt", "rt5", &conn));
	page = recs_new();
	fill_names();
	fill_wang();
	fill_nasty(rw, conn);
	fill_rest();
	land(rw, conn);
	recs_free(page);
	while (left)
		ok(store_index_slice(rw, 1000, &left));
	store_close_rw(rw);
	ok(session_open(NULL, &session));
	a.session = session;
	ok(desk_new(&a, &desk));
	return 0;
}

static void remove_tree(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char *child;

		if (e->d_name[0] == '.' &&
			(!e->d_name[1] || e->d_name[1] == '.'))
			continue;
		child = xasprintf("%s/%s", path, e->d_name);
		if (unlink(child) < 0)
			remove_tree(child);
		free(child);
	}
	if (d)
		closedir(d);
	rmdir(path);
}

static int tear_down(void **state)
{
	(void)state;
	desk_free(desk);
	session_close(session);
	remove_tree(home);
	return 0;
}

/* --- panes and frames ----------------------------------------------------- */

static int64_t id_of(enum entity e, const char *rid)
{
	struct rows rows;
	int64_t id;

	ok(store_row_rid(desk_ro(desk), e, 0, rid, &rows));
	id = rows.v[0].id;
	rows_free(&rows);
	return id;
}

static void focus(enum entity e, const char *rid)
{
	ok(desk_focus(desk, e, id_of(e, rid)));
}

static struct pane *make(const char *name, const char *arg)
{
	const struct pane_ops *ops = pane_by_name(name);
	struct pane *p = xcalloc(1, sizeof(*p));

	assert_non_null(ops);
	*p = (struct pane){.ops = ops, .desk = desk, .arg = arg, .focused = 1};
	p->own = xcalloc(1, ops->state_size ? ops->state_size : 1);
	if (ops->open)
		ok(ops->open(p));
	return p;
}

static void drop(struct pane *p)
{
	if (p->ops->close)
		p->ops->close(p);
	free(p->own);
	free(p);
}

static int is_bidi(uint32_t cp)
{
	return cp == 0x061c || cp == 0x200e || cp == 0x200f ||
	       (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);
}

/* Nothing in a cell that a terminal obeys. */
static void assert_tame(const struct grid *g)
{
	int x, y;

	for (y = 0; y < g->h; y++)
		for (x = 0; x < g->w; x++) {
			const struct cell *c = grid_get(g, x, y);
			size_t i = 0;
			uint32_t cp;

			while (i < c->len) {
				i += utf8_decode(c->t + i, c->len - i, &cp);
				assert_true(cp >= 0x20 && cp != 0x7f);
				assert_false(cp >= 0x80 && cp < 0xa0);
				assert_false(is_bidi(cp));
			}
		}
}

static void assert_note_tame(const struct pane *p)
{
	struct grid *g = grid_new(40, 1);
	struct canvas c = canvas_of(g, &glyphs_ascii);
	struct arena *a = arena_new();
	const char *note = p->ops->note ? p->ops->note(p, a) : NULL;

	if (note)
		canvas_text(&c, 0, 0, ST_TEXT, note);
	assert_tame(g);
	arena_free(a);
	grid_free(g);
}

static const struct glyphs rich = {
	.border = BORDER_LINE, .blocks = 1, .braille = 1};

/* As it is; the frame as text, to be freed. */
static char *drawn(struct pane *p, const struct glyphs *gl)
{
	struct grid *g = grid_new(p->w, p->h);
	struct canvas c = canvas_of(g, gl);
	const char *say = NULL, *hint = NULL;
	struct buf b = BUF_INIT;

	if (p->state == PANE_READY) {
		p->ops->draw(p, &c);
	} else {
		assert_int_equal(p->state, PANE_EMPTY);
		assert_non_null(p->ops->empty);
		p->ops->empty(p, &say, &hint);
		assert_non_null(say);
		canvas_text(&c, 0, 0, ST_TEXT, say);
	}
	assert_note_tame(p);
	assert_tame(g);
	grid_text(g, &b);
	grid_free(g);
	return buf_take(&b);
}

/* Loads and draws. */
static char *frame_with(struct pane *p, int w, int h, const struct glyphs *gl)
{
	p->w = w;
	p->h = h;
	p->state = PANE_READY;
	if (p->ops->load)
		ok(p->ops->load(p));
	return drawn(p, gl);
}

static char *frame(struct pane *p, int w, int h)
{
	return frame_with(p, w, h, &glyphs_ascii);
}

static void assert_has(const char *f, const char *word)
{
	if (!strstr(f, word))
		print_error("no \"%s\" in:\n%s\n", word, f);
	assert_non_null(strstr(f, word));
}

static void assert_lacks(const char *f, const char *word)
{
	if (strstr(f, word))
		print_error("\"%s\" in:\n%s\n", word, f);
	assert_null(strstr(f, word));
}

static void assert_order(const char *f, const char *first, const char *second)
{
	assert_has(f, first);
	assert_has(f, second);
	assert_true(strstr(f, first) < strstr(f, second));
}

static enum pane_did run(struct pane *p, enum command c)
{
	struct command_line cmd = {.id = c, .rest = ""};
	enum pane_did did = p->ops->command(p, &cmd);

	if (did == DID_LOAD) {
		p->state = PANE_READY;
		ok(p->ops->load(p));
	}
	return did;
}

/* --- all of them ---------------------------------------------------------- */

static void try_sizes(const struct pane_ops *ops)
{
	static const int sizes[][2] = {
		{80, 24}, {40, 12}, {24, 5}, {1, 1}, {200, 3}};
	static const enum command keys[] = {CMD_DOWN, CMD_PAGE_DOWN, CMD_END,
		CMD_UP, CMD_TOP, CMD_HALF_DOWN, CMD_ZOOM_OUT, CMD_ZOOM_IN};
	struct pane *p = make(ops->name, "");
	struct buf out = BUF_INIT;
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		free(frame(p, sizes[i][0], sizes[i][1]));
		for (k = 0; ops->command && k < ARRAY_SIZE(keys); k++)
			run(p, keys[k]);
		free(frame_with(p, sizes[i][0], sizes[i][1], &rich));
	}
	if (ops->copy && p->state == PANE_READY)
		(void)ops->copy(p, &out);
	buf_fini(&out);
	drop(p);
}

/* Every pane, nothing in focus first, then what is worst. */
static void test_hostile(void **state)
{
	static const struct {
		enum entity e;
		const char *rid;
	} cases[] = {{ENT_COUNT, NULL}, {ENT_TICKET, "99"},
		{ENT_CONVERSATION, "v1"}, {ENT_CALL, "cn"},
		{ENT_CUSTOMER, "nasty"}};
	size_t i;
	int k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		if (cases[i].rid)
			focus(cases[i].e, cases[i].rid);
		for (k = 0; pane_all[k]; k++)
			try_sizes(pane_all[k]);
	}
}

/* --- journey -------------------------------------------------------------- */

static void test_journey_ladder(void **state)
{
	struct pane *p = make("journey", "");
	char *f;

	(void)state;
	focus(ENT_TICKET, "11");
	f = frame(p, 100, 50);
	assert_has(f, "4:10 Chen Bo  Refund");
	assert_has(f, "missed");
	assert_has(f, "A-20931 ordered  899.00 CNY");
	assert_has(f, "at the depot");
	/* the first of a day and direction; notes are among us */
	assert_has(f, "x2 \"where is my money\"");
	assert_lacks(f, "hello?");
	assert_has(f, "it is coming");
	assert_lacks(f, "ask the bank");
	assert_has(f, "kept: answer in a day");
	assert_has(f, "broken: bank by Monday");
	assert_has(f, "moment of truth 1/5: no answer");
	/* newest first */
	assert_order(f, "12 opened", "4:10");
	assert_order(f, "4:10", "missed");
	assert_order(f, "missed", "11 opened");
	assert_order(f, "11 opened", "A-20931 ordered");
	assert_has(f, "1 earlier, back to 2025-10");
	assert_lacks(f, "visited the shop");
	/* what is still promised is at the foot */
	assert_order(f, "A-20931 ordered", "OVERDUE by 2d");
	assert_has(strstr(f, "OVERDUE"), "call back Friday");
	/* stages and the axis stand above */
	assert_order(f, "|buys", "12 opened");
	assert_order(f, "|aware", "|buys");
	free(f);
	drop(p);
}

/* The curve falls from its left to its right. */
static void test_journey_curve(void **state)
{
	struct pane *p = make("journey", "");
	char *f, *line, *rest;
	int y, first_top = -1, first_low = -1, x;

	(void)state;
	focus(ENT_TICKET, "11");
	f = frame(p, 80, 24);
	for (y = 0, line = strtok_r(f, "\n", &rest); y < 6;
		y++, line = strtok_r(NULL, "\n", &rest)) {
		assert_non_null(line);
		x = 2 + (int)strspn(line + 2, " ");
		if (line[x] && first_top < 0)
			first_top = x;
		if (y == 5 && line[x])
			first_low = x;
	}
	assert_int_equal(f[0], '5');
	assert_true(first_top > 0 && first_low > first_top);
	free(f);
	drop(p);
}

static void test_journey_zoom(void **state)
{
	struct pane *p = make("journey", "");
	struct arena *a = arena_new();
	char *f;

	(void)state;
	focus(ENT_TICKET, "11");
	free(frame(p, 100, 60));
	assert_has(p->ops->note(p, a), "90 days");
	run(p, CMD_ZOOM_OUT);
	run(p, CMD_ZOOM_OUT);
	assert_non_null(p->ops->why_not(p, CMD_ZOOM_OUT));
	f = frame(p, 100, 60);
	assert_has(f, "visited the shop");
	assert_lacks(f, "earlier");
	free(f);
	run(p, CMD_ZOOM_IN);
	run(p, CMD_ZOOM_IN);
	run(p, CMD_ZOOM_IN);
	f = frame(p, 100, 60);
	assert_has(p->ops->note(p, a), "14 days");
	assert_has(f, "4:10");
	assert_lacks(f, "A-20931 ordered");
	free(f);
	run(p, CMD_ZOOM_IN);
	f = frame(p, 100, 60);
	assert_has(f, "12 opened");
	assert_lacks(f, "4:10");
	free(f);
	/* one case: all that was said in it, and nothing of others */
	run(p, CMD_ZOOM_IN);
	assert_non_null(p->ops->why_not(p, CMD_ZOOM_IN));
	assert_null(p->ops->why_not(p, CMD_ZOOM_OUT));
	f = frame(p, 100, 60);
	assert_has(f, "hello?");
	assert_has(f, "ask the bank");
	assert_has(f, "11 opened");
	assert_lacks(f, "12 opened");
	assert_lacks(f, "4:10");
	free(f);
	arena_free(a);
	drop(p);
}

static void test_journey_opens(void **state)
{
	struct pane *p = make("journey", "");
	char *f;
	int i;

	(void)state;
	focus(ENT_TICKET, "11");
	ok(p->ops->filter(p, "REFUND"));
	f = frame(p, 80, 24);
	assert_has(f, "4:10");
	assert_lacks(f, "12 opened");
	free(f);
	ok(p->ops->filter(p, NULL));
	free(frame(p, 80, 24));
	for (i = 0; i < 50 && desk_case(desk)->entity != ENT_CALL; i++) {
		enum entity e;
		int64_t id;

		if (p->ops->targets(p, &e, &id, 1) && e == ENT_CALL)
			run(p, CMD_OPEN);
		else
			run(p, CMD_DOWN);
	}
	assert_int_equal(desk_case(desk)->entity, ENT_CALL);
	assert_int_equal(desk_case(desk)->id, id_of(ENT_CALL, "c1"));
	assert_string_equal(
		desk_case(desk)->title, "Wang Fang"); /* who, not which */
	/* the cursor stays on what was opened */
	f = frame(p, 80, 24);
	assert_non_null(strstr(f, ">Nov 19"));
	free(f);
	drop(p);
}

/* A thread of ten thousand messages costs a thousand, and says so. */
static void test_journey_long(void **state)
{
	struct pane *p = make("journey", "");
	char *f;

	(void)state;
	focus(ENT_TICKET, "99");
	f = frame(p, 120, 60);
	assert_has(f, "x72 \"");
	assert_has(f, "more was said before");
	free(f);
	drop(p);
}

/* --- a thread ------------------------------------------------------------- */

static void assert_drawn(struct pane *p, const char *want)
{
	char *f = drawn(p, &glyphs_ascii);

	assert_string_equal(f, want);
	free(f);
}

/* Only its end is made at first: that is the end of the whole. */
static void test_thread_end(void **state)
{
	static const char *const tickets[] = {"99", "12"};
	static const struct {
		int w, h;
	} sizes[] = {{28, 6}, {60, 20}, {118, 50}, {20, 1}};
	size_t i, k;

	(void)state;
	for (k = 0; k < ARRAY_SIZE(tickets); k++) {
		struct pane *p = make("thread", "");

		focus(ENT_TICKET, tickets[k]);
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			char *end = frame(p, sizes[i].w, sizes[i].h), *top;

			run(p, CMD_UP);
			run(p, CMD_DOWN);
			assert_drawn(p, end);
			run(p, CMD_TOP);
			top = drawn(p, &glyphs_ascii);
			run(p, CMD_END);
			assert_drawn(p, end);
			run(p, CMD_PAGE_UP);
			run(p, CMD_TOP);
			assert_drawn(p, top);
			/* what is not at the end stays where it is */
			free(frame(p, sizes[i].w, sizes[i].h));
			assert_drawn(p, top);
			run(p, CMD_END);
			free(end);
			free(top);
		}
		drop(p);
	}
}

/* --- more rows than are read ---------------------------------------------- */

static void test_newest_of_many(void **state)
{
	struct pane *p = make("customer", "");
	char *f;

	(void)state;
	focus(ENT_CUSTOMER, "moody");
	f = frame(p, 60, 20);
	assert_has(f, "1 1 1 1 1 1");
	free(f);
	drop(p);
}

/* The list of what is late says how late, not when something was said. */
static void test_late(void **state)
{
	struct pane *p = make("inbox", "");
	char *f;

	(void)state;
	run(p, CMD_TAB_NEXT);
	run(p, CMD_TAB_NEXT);
	f = frame(p, 78, 6);
	assert_has(f, "Late 1!*");
	assert_has(f, "Refund is late");
	assert_has(f, " 2d\n");
	free(f);
	run(p, CMD_TAB_NEXT);
	f = frame(p, 78, 6);
	assert_has(f, "Refund is late");
	assert_lacks(f, " 2d\n");
	free(f);
	drop(p);
}

static void test_ticket(void **state)
{
	struct pane *p = make("ticket", "");
	char *f;

	(void)state;
	focus(ENT_TICKET, "11");
	f = frame(p, 40, 5); /* what is cut is not when it is due */
	assert_order(f, "Status", "Due");
	assert_order(f, "Due", "Queue");
	assert_has(f, "late");
	free(f);
	drop(p);
}

/* --- queues --------------------------------------------------------------- */

static void test_queues(void **state)
{
	struct pane *p = make("queues", "");
	struct arena *a = arena_new();
	struct buf b = BUF_INIT;
	char *f = frame(p, 80, 10);

	(void)state;
	/* what is late comes first; finished work is not open */
	assert_order(f, "Refunds \"late\"", "Billing");
	assert_has(p->ops->note(p, a), "4 open, 4 wait, 1 late");
	assert_int_equal(p->ops->copy(p, &b), 1);
	assert_string_equal(buf_str(&b),
		"Refunds \"late\": 1 open, 1 wait, oldest 9d, 1 late");
	buf_reset(&b);
	run(p, CMD_DOWN);
	assert_int_equal(p->ops->copy(p, &b), 1);
	assert_string_equal(
		buf_str(&b), "Billing: 2 open, 2 wait, oldest 11w, 0 late");
	buf_fini(&b);
	free(f);
	arena_free(a);
	drop(p);
}

/* --- sample --------------------------------------------------------------- */

static char *sample(const char *arg)
{
	struct pane *p = make("sample", arg);
	struct buf b = BUF_INIT;
	char *list;

	free(frame(p, 80, 24));
	assert_int_equal(p->ops->copy(p, &b), 1);
	list = strchr(b.p, '\n');
	assert_non_null(list);
	list = xstrdup(list + 1);
	buf_fini(&b);
	drop(p);
	return list;
}

static void test_sample(void **state)
{
	char *a = sample("seed=1 n=10 phase:done");
	char *again = sample("seed=1 n=10 phase:done");
	char *sorted = sample("seed=1 n=10 phase:done sort:number");
	char *other = sample("seed=2 n=10 phase:done");
	char *small = sample("seed=1 n=5 phase:done");
	char *usual = sample("");
	int lines = 0;
	char *s;

	(void)state;
	assert_string_equal(a, again);
	assert_string_equal(a, sorted);
	assert_string_not_equal(a, other);
	assert_memory_equal(a, small, strlen(small));
	for (s = usual; *s; s++)
		lines += *s == '\n';
	assert_int_equal(lines, 20);
	free(a);
	free(again);
	free(sorted);
	free(other);
	free(small);
	free(usual);
}

static void test_sample_refuses(void **state)
{
	static const char *const wrong[] = {
		"n=0", "n=201", "seed=x phase:done", "n=5x"};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct pane p = {.ops = pane_by_name("sample"),
			.desk = desk,
			.arg = wrong[i]};

		p.own = xcalloc(1, p.ops->state_size);
		assert_int_equal(p.ops->open(&p), E_CONFIG);
		free(p.own);
	}
}

/* --- script --------------------------------------------------------------- */

static void test_script(void **state)
{
	struct pane *p = make("script", "");
	char *f;

	(void)state;
	focus(ENT_TICKET, "11");
	f = frame(p, 80, 12);
	assert_has(f, "1 Greet");
	assert_has(f, "5 Wrap up");
	assert_has(f, "Wang Fang");
	assert_has(f, "A-20931");
	assert_has(f, "2d late !!  call back Friday");
	assert_lacks(f, "[x]");
	free(f);
	run(p, CMD_OPEN); /* ticks and goes on */
	run(p, CMD_DOWN);
	run(p, CMD_MARK);
	f = frame(p, 80, 12);
	assert_has(f, "[x] by name");
	assert_has(f, "[ ] question");
	assert_has(f, "[x] order number");
	free(f);
	focus(ENT_TICKET, "12");
	f = frame(p, 80, 12);
	assert_lacks(f, "[x]");
	free(f);
	drop(p);
	desk_free(desk);
	ok(desk_new(&(struct desk_args){.session = session,
			    .clock = &clock_now,
			    .no_worker = 1},
		&desk));
	/* they are the case's: kept over a restart */
	p = make("script", "");
	focus(ENT_TICKET, "11");
	f = frame(p, 80, 12);
	assert_has(f, "[x] by name");
	free(f);
	run(p, CMD_OPEN);
	f = frame(p, 80, 12);
	assert_has(f, "[ ] by name");
	free(f);
	drop(p);
}

static void test_script_of_the_situation(void **state)
{
	struct pane *p;
	char *f;

	(void)state;
	desk_set_situation(
		desk, &(struct desk_situation){.script = "fault-stove"});
	p = make("script", "");
	focus(ENT_TICKET, "12");
	f = frame(p, 80, 14);
	assert_has(f, "do you smell gas?"); /* what to say first */
	assert_has(f, "3 Diagnose");
	assert_has(f, "no smell of gas");
	assert_lacks(f, "by name");
	free(f);
	run(p, CMD_OPEN);
	f = frame(p, 80, 14);
	assert_has(f, "[x] name back");
	free(f);
	/* by hand the general one, with ticks of its own, and back */
	run(p, CMD_SCRIPT);
	p->ops->load(p);
	f = frame(p, 80, 14);
	assert_has(f, "by name");
	assert_lacks(f, "[x]");
	free(f);
	run(p, CMD_DOWN);
	run(p, CMD_OPEN);
	run(p, CMD_SCRIPT);
	p->ops->load(p);
	f = frame(p, 80, 14);
	assert_has(f, "[x] name back");
	assert_lacks(f, "by name");
	free(f);
	run(p, CMD_SCRIPT);
	p->ops->load(p);
	f = frame(p, 80, 14);
	assert_has(f, "[ ] by name");
	assert_has(f, "[x] question");
	free(f);
	/* too low for what is to be said: the ticks stay */
	f = frame(p, 80, 4);
	assert_has(f, "question");
	free(f);
	/* one that is not there is said once, and there is another */
	desk_set_situation(desk, &(struct desk_situation){.script = "nosuch"});
	focus(ENT_TICKET, "11");
	f = frame(p, 80, 14);
	assert_has(f, "by name");
	free(f);
	assert_non_null(strstr(desk_notice(desk, 0)->text, "nosuch"));
	desk_set_situation(desk, &(struct desk_situation){.name = NULL});
	drop(p);
}

/* --- settings and help ---------------------------------------------------- */

static void test_settings(void **state)
{
	struct pane *p = make("settings", "");
	struct buf b = BUF_INIT;
	char *f = frame(p, 100, 60);
	int i;

	(void)state;
	assert_has(f, "7s  (config:2)");
	assert_has(f, "(built in)");
	assert_has(f, "Connector rt");
	assert_has(f, "rt5");
	assert_has(f, "http://127.0.0.1:1  (config:5)");
	assert_has(f, "galley.db");
	free(f);
	for (i = 0; i < 60; i++) {
		buf_reset(&b);
		(void)p->ops->copy(p, &b);
		if (strstr(buf_str(&b), "undo"))
			break;
		run(p, CMD_DOWN);
	}
	assert_string_equal(buf_str(&b), "undo = 7s  (config:2)");
	buf_fini(&b);
	drop(p);
}

static void test_help(void **state)
{
	struct pane *p = make("help", "");
	char *f = frame(p, 80, 40);
	const char *s = f;

	(void)state;
	/* every command that it names exists */
	assert_has(f, "palette");
	for (; (s = strstr(s, "journey.")); s++) {
		char name[16];

		snprintf(name, sizeof(name), "%.*s",
			(int)strspn(s, "abcdefghijklmnopqrstuvwxyz."), s);
		assert_int_not_equal(command_by_name(name), CMD_COUNT);
	}
	/* short enough for one look */
	assert_has(f, "A colon");
	free(f);
	drop(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_journey_ladder),
		cmocka_unit_test(test_journey_curve),
		cmocka_unit_test(test_journey_zoom),
		cmocka_unit_test(test_journey_opens),
		cmocka_unit_test(test_journey_long),
		cmocka_unit_test(test_thread_end),
		cmocka_unit_test(test_newest_of_many),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_ticket),
		cmocka_unit_test(test_queues),
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_sample_refuses),
		cmocka_unit_test(test_script),
		cmocka_unit_test(test_script_of_the_situation),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
