/* SPDX-License-Identifier: MIT */
/*
 * A home with a configuration and a small cache, without a server: two agents,
 * a customer, three tickets, one of them with an escape sequence in its
 * subject. For tests of the command line and of the workstation.
 */
#ifndef GALLEY_TESTS_HOME_FIX_H
#define GALLEY_TESTS_HOME_FIX_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "galley/base/buf.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/store/store.h"

#define SOMETIMES __attribute__((unused))

#define NOW INT64_C(1795233600000)

static char home[64];

static void text(
	struct recs *r, struct rec *rec, enum field_id f, const char *s)
{
	rec_set_text(r, rec, f, s);
}

static void add_people(struct recs *r)
{
	struct rec *a = recs_add(r, REC_ROW, ENT_AGENT, "agent1");

	text(r, a, FID_AGENT_NAME, "Li Na");
	text(r, a, FID_AGENT_LOGIN, "li");
	a = recs_add(r, REC_ROW, ENT_AGENT, "agent2");
	text(r, a, FID_AGENT_NAME, "Chen Bo");
	text(r, a, FID_AGENT_LOGIN, "chen");
	a = recs_add(r, REC_ROW, ENT_QUEUE, "3");
	text(r, a, FID_QUEUE_NAME, "Billing");
	a = recs_add(r, REC_ROW, ENT_CUSTOMER, "wang@example.com");
	text(r, a, FID_CUSTOMER_NAME, "王芳");
	a = recs_add(r, REC_ROW, ENT_IDENTITY, "wang@example.com");
	text(r, a, FID_IDENTITY_CUSTOMER, "wang@example.com");
	text(r, a, FID_IDENTITY_TYPE, "phone");
	text(r, a, FID_IDENTITY_VALUE, "13800138000");
}

static void add_ticket(struct recs *r, const char *rid, const char *subject,
	const char *status, const char *owner, int priority)
{
	struct rec *t = recs_add(r, REC_ROW, ENT_TICKET, rid);

	text(r, t, FID_TICKET_NUMBER, rid);
	text(r, t, FID_TICKET_SUBJECT, subject);
	text(r, t, FID_TICKET_STATUS, status);
	text(r, t, FID_TICKET_PHASE, "open");
	text(r, t, FID_TICKET_QUEUE, "3");
	text(r, t, FID_TICKET_OWNER, owner);
	text(r, t, FID_TICKET_CUSTOMER, "wang@example.com");
	text(r, t, FID_TICKET_CUSTOMERS, "[\"wang@example.com\"]");
	rec_set_int(t, FID_TICKET_PRIORITY, priority);
	rec_set_int(t, FID_TICKET_CREATED, NOW - 86400000);
	rec_set_int(t, FID_TICKET_UPDATED, NOW - priority * 60000);
}

static void add_message(struct recs *r, const char *rid, const char *ticket,
	const char *dir, const char *s)
{
	struct rec *m = recs_add(r, REC_ROW, ENT_MESSAGE, rid);

	text(r, m, FID_MESSAGE_TICKET, ticket);
	text(r, m, FID_MESSAGE_KIND, strcmp(dir, "note") ? "reply" : "note");
	text(r, m, FID_MESSAGE_DIR, dir);
	text(r, m, FID_MESSAGE_AUTHOR, "wang@example.com");
	rec_set_int(m, FID_MESSAGE_AT, NOW - 3600000);
	text(r, m, FID_MESSAGE_TEXT, s);
}

static void fill(struct store_rw *rw)
{
	struct recs *r = recs_new();
	struct store_page_result res;
	struct store_page p = {.stream = "feed", .cursor_key = "", .recs = r};
	int64_t left = 1;

	assert_int_equal(store_connector(rw, "rt", "rt5", &p.connector), 0);
	assert_int_equal(store_fact_set(rw, p.connector, "me", "agent1"), 0);
	add_people(r);
	add_ticket(r, "11", "退款到哪了\x1b[31m", "open", "agent2", 10);
	add_ticket(r, "12", "Late parcel", "new", "agent2", 20);
	add_ticket(r, "13", "Invoice", "new", "agent1", 30);
	add_message(r, "101", "11", "in", "还没有收到退款");
	add_message(r, "102", "11", "note", "ask the bank");
	assert_int_equal(store_page_apply(rw, &p, &res), 0);
	assert_int_equal(res.bad, 0);
	while (left)
		assert_int_equal(store_index_slice(rw, 1000, &left), 0);
	recs_free(r);
}

static void write_file(const char *name, const char *s)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", home, name);
	assert_int_equal(file_write(path, s, strlen(s)), 0);
}

SOMETIMES static int set_up(void **state)
{
	char *dir, *db;
	struct store_opts o = {0};
	struct store_rw *rw;

	(void)state;
	strcpy(home, "/tmp/galley-test-XXXXXX");
	assert_non_null(mkdtemp(home));
	setenv("GALLEY_HOME", home, 1);
	setenv("TZ", "UTC", 1);
	setenv("VISUAL", "true", 1); /* nobody waits for vi */
	setenv("GALLEY_CHECK_FRAMES", "1", 1); /* kept panes are true ones */
	dir = path_user(PATH_CONFIG, NULL);
	assert_int_equal(path_make_private(dir), 0);
	free(dir);
	write_file("config/config",
		"[galley]\n[connector rt]\nmanifest = rt5\n"
		"base = http://127.0.0.1:1\ntoken_file = /nonexistent\n");
	dir = path_user(PATH_DATA, NULL);
	assert_int_equal(path_make_private(dir), 0);
	free(dir);
	db = path_user(PATH_DATA, "galley.db");
	o.path = db;
	assert_int_equal(store_open_rw(&o, &rw), 0);
	fill(rw);
	store_close_rw(rw);
	free(db);
	return 0;
}

/* More than that: lands what `add` makes. */
SOMETIMES static void land_more(void (*add)(struct recs *r))
{
	char *db = path_user(PATH_DATA, "galley.db");
	struct store_opts o = {.path = db};
	struct recs *r = recs_new();
	struct store_page_result res;
	struct store_page p = {
		.connector = 1, .stream = "more", .cursor_key = "", .recs = r};
	struct store_rw *rw;
	int64_t left = 1;

	assert_int_equal(store_open_rw(&o, &rw), 0);
	add(r);
	assert_int_equal(store_page_apply(rw, &p, &res), 0);
	assert_int_equal(res.bad, 0);
	while (left)
		assert_int_equal(store_index_slice(rw, 1000, &left), 0);
	store_close_rw(rw);
	recs_free(r);
	free(db);
}

/* A ticket of somebody else. */
SOMETIMES static void add_stranger(struct recs *r)
{
	struct rec *c = recs_add(r, REC_ROW, ENT_CUSTOMER, "lei@example.com");

	text(r, c, FID_CUSTOMER_NAME, "Li Lei");
	add_ticket(r, "14", "Another matter", "open", "agent1", 40);
	text(r, recs_add(r, REC_ROW, ENT_TICKET, "14"), FID_TICKET_CUSTOMER,
		"lei@example.com");
}

/* A catalogue of two texts, in use from now on (gettext's manual, "The Format
 * of GNU MO Files"). */
SOMETIMES static void write_catalogue(
	const char *lang, const char *from, const char *to)
{
	const char *text[4] = {"", from, NULL, to};
	char *head = xasprintf(
		"Language: %s\nContent-Type: text/plain; charset=UTF-8\n",
		lang);
	uint32_t n[7 + 8] = {0x950412de, 0, 2, 28, 28 + 16, 0, 0};
	char *dir = xasprintf("%s/locale/%s/LC_MESSAGES", home, lang), *path;
	struct buf b = BUF_INIT;
	uint32_t at = sizeof(n);
	int i;

	text[2] = head;
	for (i = 0; i < 4; i++) {
		n[7 + 2 * i] = (uint32_t)strlen(text[i]);
		n[8 + 2 * i] = at;
		at += n[7 + 2 * i] + 1;
	}
	buf_add(&b, n, sizeof(n));
	for (i = 0; i < 4; i++)
		buf_add(&b, text[i], strlen(text[i]) + 1);
	assert_int_equal(path_make_private(dir), 0);
	path = xasprintf("%s/galley.mo", dir);
	assert_int_equal(file_write(path, b.p, b.len), 0);
	buf_fini(&b);
	free(path);
	free(dir);
	dir = xasprintf("%s/locale", home);
	assert_non_null(bindtextdomain("galley", dir));
	bind_textdomain_codeset("galley", "UTF-8");
	textdomain("galley");
	free(dir);
	free(head);
}

static void remove_tree(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	char child[512];

	while (d && (e = readdir(d)) != NULL) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(child, sizeof child, "%s/%s", path, e->d_name);
		if (unlink(child) < 0)
			remove_tree(child);
	}
	if (d)
		closedir(d);
	rmdir(path);
}

static int tear_down(void **state)
{
	(void)state;
	remove_tree(home);
	return 0;
}

#endif
