/* SPDX-License-Identifier: MIT */
/*
 * Commands that read lists from the cache: ls, search, queues, articles,
 * export. None of them touches the network.
 */
#include "cli_priv.h"

#include <stdlib.h>
#include <string.h>
#include "galley/app/codes.h"

#define PAGE 50

static int is_connector(struct cli *c, const char *name, size_t len)
{
	const struct config *conf = session_config(c->session);

	for (int i = 0; i < conf->n_conns; i++)
		if (strlen(conf->conns[i].name) == len &&
			!strncmp(conf->conns[i].name, name, len))
			return 1;
	return 0;
}

/* "rt:123" is an id only where a connector is called so; else it was meant as
 * a field. The language itself knows no connectors. */
static int check_ids(struct cli *c, const struct query_node *n)
{
	const char *colon;
	int rc;

	switch (n->type) {
	case Q_AND:
	case Q_OR:
		rc = check_ids(c, n->a);
		return rc < 0 ? rc : check_ids(c, n->b);
	case Q_NOT:
		return check_ids(c, n->a);
	case Q_SHAPED:
		colon = n->shape == SHAPE_ID ? strchr(n->text, ':') : NULL;
		if (!colon ||
			is_connector(c, n->text, (size_t)(colon - n->text)))
			return 0;
		return err_set(E_INPUT,
			_("column %d: no field and no connector \"%.*s\""),
			n->col, (int)(colon - n->text), n->text);
	default:
		return 0;
	}
}

int cli_query(
	struct cli *c, enum entity e, const char *text, struct query **out)
{
	struct query *q;
	int rc = query_parse(text, e, c->now_ms, c->zone_min, &q);

	if (rc < 0)
		return rc;
	rc = check_ids(c, q->root);
	if (rc < 0) {
		query_free(q);
		return rc;
	}
	*out = q;
	return 0;
}

struct listing {
	enum entity entity;
	const char *schema, *key, *shown, *query;
	int limit;
	int all; /* every page */
};

/* One page; *after moves on, NULL at the end. */
static int print_page(struct cli *c, const struct listing *l,
	const struct entity_view *v, const struct query *q, const char **after,
	int *n)
{
	struct rows rows;
	int rc = store_query(
		c->ro, q, session_me(c->session), l->limit, *after, &rows);

	if (rc < 0)
		return rc;
	for (int i = 0; i < rows.n; i++)
		view_row(c, v, &rows.v[i]);
	*n += rows.n;
	*after = rows.more ? arena_strdup(c->arena, rows.next) : NULL;
	rows_free(&rows);
	return 0;
}

static int print_pages(struct cli *c, const struct listing *l,
	const struct query *q, const char **after, int *n)
{
	struct entity_view v;
	int rc;

	view_init(&v, l->entity, l->shown);
	rc = pr_list(c->pr, l->key, v.cols, v.n);
	if (rc < 0)
		return rc;
	do {
		rc = print_page(c, l, &v, q, after, n);
	} while (rc == 0 && l->all && *after);
	pr_list_end(c->pr);
	return rc;
}

/* 1 (the exit status "no match") when nothing was found. */
static int run_listing(struct cli *c, const struct listing *l)
{
	const char *after = opt(c, "after");
	struct query *q;
	int n = 0, rc = cli_query(c, l->entity, l->query, &q);

	if (rc < 0)
		return rc;
	pr_begin(c->pr, l->schema);
	rc = print_pages(c, l, q, &after, &n);
	query_free(q);
	if (rc < 0)
		return rc;
	if (!l->all) {
		pr_kbool(c->pr, "more", NULL, after != NULL);
		pr_kstr(c->pr, "next", NULL, after);
	}
	if (after && pr_human(c->pr))
		pr_line(c->pr, ST_DIM,
			_("-- more: --limit N, --all, or --after '%s'"), after);
	if (!n)
		pr_line(c->pr, ST_DIM, _("nothing matches"));
	pr_end(c->pr);
	return n ? 0 : 1;
}

static int cmd_ls(struct cli *c)
{
	struct listing l = {
		.entity = ENT_TICKET,
		.schema = "ticket-list/1",
		.key = "tickets",
		.shown =
			"id,pending,status,priority,owner,customer,updated,subject",
		.query = join_args(c, 0),
		.all = opt(c, "all") != NULL,
	};
	int rc = list_limit(c, PAGE, &l.limit);
	int64_t n;
	struct query *q;

	if (rc < 0 || !opt(c, "count"))
		return rc < 0 ? rc : run_listing(c, &l);
	rc = cli_query(c, l.entity, l.query, &q);
	if (rc < 0)
		return rc;
	rc = store_query_count(c->ro, q, session_me(c->session), 10000000, &n);
	query_free(q);
	if (rc < 0)
		return rc;
	pr_begin(c->pr, "count/1");
	pr_kint(c->pr, "count", NULL, n);
	pr_line(c->pr, ST_PLAIN, "%lld", (long long)n);
	pr_end(c->pr);
	return n ? 0 : 1;
}

static int cmd_articles_list(struct cli *c, int from)
{
	struct listing l = {
		.entity = ENT_ARTICLE,
		.schema = "article-list/1",
		.key = "articles",
		.shown = "id,category,updated,title",
		.query = join_args(c, from),
		.all = opt(c, "all") != NULL,
	};
	int rc = list_limit(c, PAGE, &l.limit);

	return rc < 0 ? rc : run_listing(c, &l);
}

static int article_show(struct cli *c, const char *name)
{
	struct rows rows;
	int64_t id;
	int worked = 0, tried = 0;
	int rc = session_find(c->session, ENT_ARTICLE, name, &id, NULL);
	const struct row *r;

	if (rc == 0)
		rc = store_outcomes(c->ro, id, &worked, &tried);
	if (rc == 0)
		rc = store_row(c->ro, ENT_ARTICLE, id, &rows);
	if (rc < 0)
		return rc;
	r = &rows.v[0];
	pr_begin(c->pr, "article/1");
	pr_sec(c->pr, "article", NULL);
	pr_line(c->pr, ST_BOLD, "%s", text_of(row_get(r, FID_ARTICLE_TITLE)));
	pr_kstr(c->pr, "id", _("Article"), row_name(c, r));
	pr_kstr(c->pr, "rid", NULL, r->rid);
	pr_kstr(c->pr, "state", NULL, r->state);
	pr_kstr(c->pr, "version", NULL, r->version);
	pr_kstr(c->pr, "title", NULL, text_of(row_get(r, FID_ARTICLE_TITLE)));
	pr_kstr(c->pr, "category", _("Category"),
		text_of(row_get(r, FID_ARTICLE_CATEGORY)));
	pr_kstr(c->pr, "status", _("Status"),
		text_of(row_get(r, FID_ARTICLE_STATUS)));
	pr_ktime(c->pr, "updated", _("Updated"),
		int_of(row_get(r, FID_ARTICLE_UPDATED)));
	pr_kstr(c->pr, "author", _("Author"),
		text_of(row_get(r, FID_ARTICLE_AUTHOR)));
	pr_kstr(c->pr, "url", _("Address"),
		text_of(row_get(r, FID_ARTICLE_URL)));
	pr_kstr(c->pr, "lang", _("Language"),
		text_of(row_get(r, FID_ARTICLE_LANG)));
	pr_kstr(c->pr, "text", NULL, text_of(row_get(r, FID_ARTICLE_TEXT)));
	pr_kint(c->pr, "worked", NULL, worked);
	pr_kint(c->pr, "tried", NULL, tried);
	pr_sec_end(c->pr);
	pr_gap(c->pr);
	pr_para(c->pr, ST_PLAIN, 0, text_of(row_get(r, FID_ARTICLE_TEXT)));
	pr_end(c->pr);
	rows_free(&rows);
	return 0;
}

static int cmd_articles(struct cli *c)
{
	const char *verb = c->n_args ? c->args[0] : "";

	if (!strcmp(verb, "edit"))
		return article_edit(c);
	if (!strcmp(verb, "worked") || !strcmp(verb, "failed"))
		return article_worked(c, *verb == 'w');
	if (!strcmp(verb, "outdated"))
		return article_outdated(c);
	if (!strcmp(verb, "show")) {
		if (c->n_args != 2)
			return err_set(E_INPUT,
				_("something is missing: galley %s %s"),
				"articles", "show ARTICLE");
		return article_show(c, c->args[1]);
	}
	return cmd_articles_list(c, 0);
}

/* --- search --------------------------------------------------------------- */

enum { H_KIND, H_ID, H_AT, H_WHO, H_TEXT, H_SNIPPET, H_RID, H_COUNT };
static const struct col hit_cols[H_COUNT] = {
	{"kind", N_("kind"), CT_TEXT, 0},
	{"id", N_("id"), CT_TEXT, 0},
	{"at", N_("when"), CT_TIME, 0},
	{"who", N_("who"), CT_TEXT, 0},
	{"title", N_("title"), CT_TEXT, CF_FLEX},
	{"snippet", N_("found"), CT_TEXT, CF_FLEX},
	{"rid", N_("rid"), CT_TEXT, CF_HIDE},
};

/* The fields of a hit by entity. */
static const struct hit_kind {
	enum entity entity;
	const char *kind; /* JSON word */
	int at, who, title;
} hit_kinds[] = {
	{ENT_TICKET, "ticket", FID_TICKET_UPDATED, FID_TICKET_CUSTOMER,
		FID_TICKET_SUBJECT},
	{ENT_MESSAGE, "message", FID_MESSAGE_AT, FID_MESSAGE_AUTHOR, -1},
	{ENT_ARTICLE, "article", FID_ARTICLE_UPDATED, FID_ARTICLE_AUTHOR,
		FID_ARTICLE_TITLE},
	{ENT_CUSTOMER, "customer", -1, FID_CUSTOMER_ORG, FID_CUSTOMER_NAME},
};

/* A message is found under the name of its ticket. */
static void message_home(struct cli *c, const struct row *r)
{
	const struct val *v = row_get(r, FID_MESSAGE_TICKET);
	struct row_title t;
	char name[256];

	if (!v->i || store_title(c->ro, ENT_TICKET, v->i, c->arena, &t) < 0) {
		pr_text(c->pr, H_ID, row_name(c, r));
		return;
	}
	pr_text(c->pr, H_ID,
		session_name(c->session, t.connector, t.rid, t.id, name));
	pr_text(c->pr, H_TEXT, t.title ? t.title : "");
}

static void hit_text(struct cli *c, int col, const struct row *r, int fid)
{
	const char *s;

	if (fid < 0)
		return;
	s = text_of(row_get(r, (enum field_id)fid));
	if (*s)
		pr_text(c->pr, col,
			seen_text(c, field_desc((enum field_id)fid), s));
}

static void print_hit(
	struct cli *c, const struct hit_kind *k, const struct row *r)
{
	pr_row(c->pr);
	pr_text(c->pr, H_KIND,
		pr_human(c->pr) ? gettext(entity_desc(k->entity)->label)
				: k->kind);
	pr_text(c->pr, H_RID, r->rid);
	if (k->entity == ENT_MESSAGE)
		message_home(c, r);
	else
		pr_text(c->pr, H_ID, row_name(c, r));
	if (k->at >= 0)
		pr_time(c->pr, H_AT, int_of(row_get(r, (enum field_id)k->at)));
	hit_text(c, H_WHO, r, k->who);
	hit_text(c, H_TEXT, r, k->title);
	pr_text(c->pr, H_SNIPPET, r->snippet);
	pr_row_end(c->pr);
}

static int print_hits(struct cli *c, const struct query *q, int limit)
{
	struct rows r[ARRAY_SIZE(hit_kinds)] = {0};
	int n = 0, rc;

	rc = store_search(c->ro, q, session_me(c->session), limit, &r[0], &r[1],
		&r[2], &r[3]);
	if (rc < 0)
		return rc;
	rc = pr_list(c->pr, "hits", hit_cols, H_COUNT);
	for (size_t k = 0; rc == 0 && k < ARRAY_SIZE(r); k++)
		for (int i = 0; i < r[k].n; i++, n++)
			print_hit(c, &hit_kinds[k], &r[k].v[i]);
	if (rc == 0)
		pr_list_end(c->pr);
	for (size_t k = 0; k < ARRAY_SIZE(r); k++)
		rows_free(&r[k]);
	return rc < 0 ? rc : n;
}

/* Rows that have landed but are not in the index yet are said, not hidden. */
static void index_note(struct cli *c)
{
	int64_t left = 0;

	if (store_index_left(c->ro, &left) < 0)
		return;
	pr_kint(c->pr, "not_indexed", NULL, left);
	if (left)
		pr_line(c->pr, ST_WARN,
			P_("%lld new text is not in the index yet; `galley sync` goes on with it",
				"%lld new texts are not in the index yet; `galley sync` goes on with them",
				left),
			(long long)left);
}

static int cmd_search(struct cli *c)
{
	struct query *q;
	int limit, n, rc = list_limit(c, PAGE, &limit);

	if (rc == 0)
		rc = cli_query(c, ENT_TICKET, join_args(c, 0), &q);
	if (rc < 0)
		return rc;
	if (!q->has_text) {
		query_free(q);
		return err_set(E_INPUT,
			_("no words to look for; for fields alone use `galley ls`"));
	}
	pr_begin(c->pr, "search/1");
	n = print_hits(c, q, limit);
	query_free(q);
	if (n < 0)
		return n;
	if (!n)
		pr_line(c->pr, ST_DIM, _("nothing matches"));
	index_note(c);
	pr_end(c->pr);
	return n ? 0 : 1;
}

/* --- queues --------------------------------------------------------------- */

enum { Q_CONN, Q_NAME, Q_TOTAL, Q_BY, Q_COUNT_COLS };
static const struct col queue_cols[Q_COUNT_COLS] = {
	{"connector", N_("connector"), CT_TEXT, 0},
	{"queue", N_("Queue"), CT_TEXT, CF_FLEX},
	{"total", N_("total"), CT_INT, CF_RIGHT},
	{"by_status", N_("by status"), CT_JSON, CF_FLEX},
};

/* Rows of one queue follow one another. Returns how many were used. */
static int print_queue(struct cli *c, const struct queue_count *q, int n)
{
	struct buf by = BUF_INIT;
	struct jw w;
	int64_t total = 0;
	int i;

	jw_init(&w, &by);
	jw_obj(&w);
	for (i = 0; i < n && q[i].queue == q[0].queue &&
		    q[i].connector == q[0].connector;
		i++) {
		jw_kint(&w,
			!q[i].status	  ? "?"
			: pr_human(c->pr) ? codes_status(q[i].status)
					  : q[i].status,
			q[i].n);
		total += q[i].n;
	}
	jw_obj_end(&w);
	pr_row(c->pr);
	pr_text(c->pr, Q_CONN,
		session_connector_name(c->session, q[0].connector));
	pr_text(c->pr, Q_NAME, q[0].queue_name);
	pr_int(c->pr, Q_TOTAL, total);
	if (pr_human(c->pr))
		pr_text(c->pr, Q_BY, set_words(c, buf_str(&by)));
	else
		pr_json(c->pr, Q_BY, buf_str(&by));
	pr_row_end(c->pr);
	buf_fini(&by);
	return i;
}

static int cmd_queues(struct cli *c)
{
	struct queue_count *q;
	int n, rc = store_queue_counts(c->ro, c->arena, &q, &n);

	if (rc < 0)
		return rc;
	pr_begin(c->pr, "queue-list/1");
	rc = pr_list(c->pr, "queues", queue_cols, Q_COUNT_COLS);
	if (rc < 0)
		return rc;
	for (int i = 0; i < n;)
		i += print_queue(c, q + i, n - i);
	pr_list_end(c->pr);
	if (!n)
		pr_line(c->pr, ST_DIM, _("no queues yet"));
	pr_end(c->pr);
	return n ? 0 : 1;
}

/* --- export --------------------------------------------------------------- */

static const struct {
	const char *word;
	enum entity entity;
	const char *shown;
} exports[] = {
	{"tickets", ENT_TICKET,
		"id,status,queue,owner,customer,priority,created,updated,subject"},
	{"messages", ENT_MESSAGE, "id,ticket,kind,dir,author,at,text"},
	{"articles", ENT_ARTICLE, "id,category,updated,title,text"},
	{"customers", ENT_CUSTOMER, "id,name,org,lang,vip"},
};

static int cmd_export(struct cli *c)
{
	const char *what = opt(c, "what");
	struct listing l = {.schema = "export/1", .limit = 500, .all = 1};
	int rc = reveal(c, join_args(c, 0));

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < ARRAY_SIZE(exports); i++)
		if (!strcmp(what ? what : "tickets", exports[i].word)) {
			l.entity = exports[i].entity;
			l.key = exports[i].word;
			l.shown = exports[i].shown;
		}
	if (!l.key)
		return err_set(E_INPUT,
			_("--what takes tickets, messages, articles or customers"));
	if (pr_human(c->pr))
		return err_set(E_INPUT,
			_("an export needs a form: --jsonl, --csv, --json or --format"));
	l.query = join_args(c, 0);
	return run_listing(c, &l);
}

/* --- the table ------------------------------------------------------------ */

static const struct opt list_opts[] = {
	{"limit", 'n', "N", N_("rows a page (50)")},
	{"after", 0, "KEY", N_("the page after this key")},
	{"all", 'a', NULL, N_("all pages")},
	{"count", 0, NULL, N_("only how many match")},
	{NULL, 0, NULL, NULL},
};
static const struct opt article_opts[] = {
	{"limit", 'n', "N", N_("rows a page (50)")},
	{"after", 0, "KEY", N_("the page after this key")},
	{"all", 'a', NULL, N_("all pages")},
	{"summary", 0, "TEXT", N_("edit: what was changed, in a line")},
	{"conversation", 0, NULL,
		N_("worked, failed: the case is a conversation")},
	{"dry-run", 0, NULL, N_("say what would be queued, write nothing")},
	{"wait", 'w', "[=SECONDS]",
		N_("send now and stay until it has settled")},
	{NULL, 0, NULL, NULL},
};
static const struct opt search_opts[] = {
	{"limit", 'n', "N", N_("hits of each kind (50)")},
	{NULL, 0, NULL, NULL},
};
static const struct opt export_opts[] = {
	{"what", 0, "WHAT",
		N_("tickets (default), messages, articles, customers")},
	{"reveal", 0, NULL,
		N_("contact data unmasked; this is written to the journal")},
	{NULL, 0, NULL, NULL},
};

#define READING N_("Reading the cache")

const struct command commands_read[] = {
	{.name = "ls",
		.dashes = 1,
		.group = READING,
		.args = "[QUERY]...",
		.text = N_("list tickets, newest first"),
		.more = N_(
			"A query is words that must all hold: queue:billing status:open\nowner:me updated:<2d \"late refund\". galley-query(7) has the rest."),
		.run = cmd_ls,
		.need = NEED_CACHE,
		.max_args = -1,
		.opts = list_opts},
	{.name = "search",
		.dashes = 1,
		.group = READING,
		.args = "WORD...",
		.text = N_("find words, numbers and addresses in everything"),
		.run = cmd_search,
		.need = NEED_CACHE,
		.min_args = 1,
		.max_args = -1,
		.opts = search_opts},
	{.name = "queues",
		.group = READING,
		.args = "",
		.text = N_("queues and how many tickets they hold"),
		.run = cmd_queues,
		.need = NEED_CACHE},
	{.name = "articles",
		.dashes = 1,
		.alias = "kb",
		.group = READING,
		.args = "[QUERY]... | show ARTICLE | edit ARTICLE [TEXT|-] | worked ARTICLE CASE | failed ARTICLE CASE | outdated ARTICLE WHY",
		.text = N_(
			"list, read or edit knowledge articles, say whether they help"),
		.run = cmd_articles,
		.need = NEED_CACHE,
		.max_args = -1,
		.opts = article_opts},
	{.name = "export",
		.dashes = 1,
		.group = READING,
		.args = "[QUERY]...",
		.text = N_("all rows of a query as JSON lines or CSV"),
		.run = cmd_export,
		.need = NEED_CACHE,
		.max_args = -1,
		.opts = export_opts},
	{0},
};
