/* SPDX-License-Identifier: MIT */
/*
 * One ticket or conversation as a page: what waits for a person first, then
 * the fields with what the server still has, then the thread. And customers.
 */
#include "cli_priv.h"

#include <stdlib.h>
#include <string.h>
#include "galley/app/files.h"
#include "galley/app/codes.h"
#include "galley/base/json.h"
#include "page.h"

#define THREAD_MAX 2000

struct page {
	struct cli *c;
	enum entity entity;
	const struct row *row;
	struct ops ops;	       /* open ones of this row */
	uint64_t pending;      /* fields they write */
	struct json_doc *base; /* server's values, when something is pending */
	const char *asked;
};

/* The name of what a remote id stands for, or the id. */
const char *ref_words(struct cli *c, const struct field_desc *f, int connector,
	const char *rid)
{
	enum entity e = field_ref(f->type);
	struct rows rows;
	const char *s = rid;
	const struct val *v = NULL;

	if (e == ENT_COUNT ||
		store_row_rid(c->ro, e, connector, rid, &rows) < 0)
		return rid;
	if (e == ENT_AGENT)
		v = row_get(&rows.v[0], FID_AGENT_NAME);
	else if (e == ENT_QUEUE)
		v = row_get(&rows.v[0], FID_QUEUE_NAME);
	else if (e == ENT_CUSTOMER)
		v = row_get(&rows.v[0], FID_CUSTOMER_NAME);
	if (*text_of(v))
		s = arena_strdup(c->arena, text_of(v));
	rows_free(&rows);
	return s;
}

const char *value_words(struct cli *c, const struct field_desc *f,
	int connector, const struct json *v)
{
	struct buf b = BUF_INIT;
	const char *s;
	int64_t n;
	char when[32];

	if (json_is_null(v))
		return "-";
	if (f && f->type == FT_TIME && json_int(v, &n))
		return arena_strdup(c->arena, when_local(n, c->zone_min, when));
	if (json_str(v) && f && f->id == FID_TICKET_STATUS && pr_human(c->pr))
		return codes_status(json_str(v));
	if (json_str(v))
		return f ? ref_words(c, f, connector, json_str(v))
			 : json_str(v);
	json_print(&b, v);
	s = arena_strdup(c->arena, buf_str(&b));
	buf_fini(&b);
	return json_type(v) == JSON_ARRAY ? set_words(c, s) : s;
}

/* --- fields --------------------------------------------------------------- */

static const char *shown_value(
	const struct page *pg, const struct field_desc *f, const struct val *v)
{
	char text[32];

	if (v->kind == VAL_ABSENT || v->kind == VAL_NULL)
		return "";
	if (f->type == FT_TIME)
		return v->i ? arena_strdup(pg->c->arena,
				      when_local(v->i, pg->c->zone_min, text))
			    : "";
	if (f->type == FT_INT)
		return arena_printf(pg->c->arena, "%lld", (long long)v->i);
	if (f->type == FT_BOOL)
		return v->i ? _("yes") : _("no");
	if (!v->s)
		return "";
	if (f->type == FT_SET || f->type == FT_JSON)
		return set_words(pg->c, seen_json(pg->c, f, v->s));
	return code_words(pg->c, f, v->s);
}

/* What the server has, when an open operation writes this field. */
static const char *server_value(
	const struct page *pg, const struct field_desc *f)
{
	if (!(pg->pending >> field_index(f->id) & 1) || !pg->base)
		return NULL;
	return value_words(pg->c, f, pg->row->connector,
		json_get(json_root(pg->base), f->name));
}

static void human_field(
	const struct page *pg, const struct field_desc *f, const struct val *v)
{
	const char *s = shown_value(pg, f, v);
	const char *server = server_value(pg, f);

	if (server)
		s = arena_printf(pg->c->arena,
			_("%s   * waiting; the server has: %s"), *s ? s : "-",
			*server ? server : "-");
	if (*s)
		pr_kstr(pg->c->pr, f->name, gettext(f->label), s);
}

static void json_field(
	const struct page *pg, const struct field_desc *f, const struct val *v)
{
	struct printer *pr = pg->c->pr;

	if (v->kind == VAL_ABSENT || v->kind == VAL_NULL)
		pr_kstr(pr, f->name, NULL, NULL);
	else if (f->type == FT_TIME)
		pr_ktime(pr, f->name, NULL, v->i);
	else if (f->type == FT_INT)
		pr_kint(pr, f->name, NULL, v->i);
	else if (f->type == FT_BOOL)
		pr_kbool(pr, f->name, NULL, v->i != 0);
	else if (f->type == FT_SET || f->type == FT_JSON)
		pr_kjson(pr, f->name, seen_json(pg->c, f, v->s));
	else
		pr_kstr(pr, f->name, NULL,
			v->s ? seen_text(pg->c, f, v->s) : NULL);
}

static void print_fields(const struct page *pg)
{
	const struct entity_desc *d = entity_desc(pg->entity);
	struct printer *pr = pg->c->pr;

	pr_sec(pr, d->name, NULL);
	pr_kstr(pr, "id", gettext(d->label), row_name(pg->c, pg->row));
	pr_kstr(pr, "connector", NULL,
		session_connector_name(pg->c->session, pg->row->connector));
	pr_kstr(pr, "rid", NULL, pg->row->rid);
	pr_kstr(pr, "state", NULL, pg->row->state);
	pr_kstr(pr, "version", NULL, pg->row->version);
	pr_ktime(pr, "seen", NULL, pg->row->seen_ms);
	for (int i = 0; i < d->n_fields; i++) {
		const struct field_desc *f = &d->fields[i];

		if (!pr_human(pr))
			json_field(pg, f, &pg->row->v[i]);
		else if (f->id != FID_TICKET_SUBJECT &&
			 f->id != FID_CONVERSATION_SUBJECT)
			human_field(pg, f, &pg->row->v[i]);
	}
	pr_sec_end(pr);
}

static void print_links(const struct page *pg)
{
	struct rows rows;
	struct cli *c = pg->c;
	static const struct col cols[] = {
		{"kind", NULL, CT_TEXT, 0}, {"target", NULL, CT_TEXT, 0}};

	if (pg->entity != ENT_TICKET || store_children(c->ro, FID_LINK_TICKET,
						pg->row->id, 200, &rows) < 0)
		return;
	for (int i = 0; pr_human(c->pr) && i < rows.n; i++)
		pr_kstr(c->pr, "link", _("Link"),
			arena_printf(c->arena, "%s %s",
				text_of(row_get(&rows.v[i], FID_LINK_KIND)),
				text_of(row_get(&rows.v[i], FID_LINK_TARGET))));
	if (!pr_human(c->pr) && pr_list(c->pr, "links", cols, 2) == 0) {
		for (int i = 0; i < rows.n; i++) {
			pr_row(c->pr);
			pr_text(c->pr, 0,
				text_of(row_get(&rows.v[i], FID_LINK_KIND)));
			pr_text(c->pr, 1,
				text_of(row_get(&rows.v[i], FID_LINK_TARGET)));
			pr_row_end(c->pr);
		}
		pr_list_end(c->pr);
	}
	rows_free(&rows);
}

/* --- what waits ----------------------------------------------------------- */

static void print_held(const struct page *pg)
{
	for (int i = 0; i < pg->ops.n; i++) {
		const struct op *op = &pg->ops.v[i];

		if (op->state == OPS_HELD || op->state == OPS_UNSURE)
			op_hint(pg->c, op);
	}
}

/* Local ids are per entity: another entity's row may have the same one. */
static void drop_others(struct page *pg)
{
	int n = 0;

	for (int i = 0; i < pg->ops.n; i++)
		if (op_desc(pg->ops.v[i].kind)->target == pg->entity)
			pg->ops.v[n++] = pg->ops.v[i];
	pg->ops.n = n;
}

static void find_pending(struct page *pg)
{
	struct cli *c = pg->c;
	const char *json, *version;

	if (store_op_list(c->ro, 0, -1, pg->row->id, 200, &pg->ops) < 0) {
		pg->ops = (struct ops){0};
		return;
	}
	drop_others(pg);
	for (int i = 0; i < pg->ops.n; i++)
		pg->pending |= op_fields(&pg->ops.v[i]);
	if (pg->pending &&
		store_base_values(c->ro, pg->entity, pg->row->id, c->arena,
			&json, &version) == 0 &&
		json_parse(json, strlen(json), &json_limits_wire, &pg->base) <
			0)
		pg->base = NULL;
}

/* --- thread --------------------------------------------------------------- */

enum {
	M_ID,
	M_KIND,
	M_DIR,
	M_AUTHOR,
	M_AT,
	M_TEXT,
	M_FIELD,
	M_OLD,
	M_NEW,
	M_DELIVERY,
	M_OP,
	M_FILES,
	M_COUNT
};
static const struct col message_cols[M_COUNT] = {
	{"id", NULL, CT_TEXT, 0},
	{"kind", NULL, CT_TEXT, 0},
	{"dir", NULL, CT_TEXT, 0},
	{"author", NULL, CT_TEXT, 0},
	{"at", NULL, CT_TIME, 0},
	{"text", NULL, CT_TEXT, 0},
	{"field", NULL, CT_TEXT, 0},
	{"old", NULL, CT_TEXT, 0},
	{"new", NULL, CT_TEXT, 0},
	{"delivery", NULL, CT_TEXT, 0},
	{"op", NULL, CT_TEXT, 0},
	{"files", NULL, CT_JSON, 0},
};
static const int message_fids[M_COUNT] = {-1, FID_MESSAGE_KIND, FID_MESSAGE_DIR,
	FID_MESSAGE_AUTHOR, FID_MESSAGE_AT, FID_MESSAGE_TEXT,
	FID_MESSAGE_FIELD_, FID_MESSAGE_OLD, FID_MESSAGE_NEW,
	FID_MESSAGE_DELIVERY, FID_MESSAGE_OP, -1};

static const char *mget(struct cli *c, const struct row *r, enum field_id f)
{
	return seen_text(c, field_desc(f), text_of(row_get(r, f)));
}

static void json_files(struct cli *c, const struct row *m)
{
	struct rows files;
	struct buf b = BUF_INIT;
	struct jw w;

	if (store_children(c->ro, FID_FILE_MESSAGE, m->id, 100, &files) < 0)
		return;
	jw_init(&w, &b);
	jw_arr(&w);
	for (int i = 0; i < files.n; i++) {
		const struct row *f = &files.v[i];

		jw_obj(&w);
		jw_kstr(&w, "id", row_name(c, f));
		jw_kstr(&w, "name", mget(c, f, FID_FILE_NAME));
		jw_kstr(&w, "mime", text_of(row_get(f, FID_FILE_MIME)));
		jw_kint(&w, "size", int_of(row_get(f, FID_FILE_SIZE)));
		jw_obj_end(&w);
	}
	jw_arr_end(&w);
	pr_json(c->pr, M_FILES, buf_str(&b));
	buf_fini(&b);
	rows_free(&files);
}

static void json_message(struct cli *c, const struct row *m)
{
	pr_row(c->pr);
	pr_text(c->pr, M_ID, row_name(c, m));
	for (int i = 0; i < M_COUNT; i++) {
		enum field_id f = (enum field_id)message_fids[i];

		if (message_fids[i] < 0)
			continue;
		if (message_cols[i].type == CT_TIME)
			pr_time(c->pr, i, int_of(row_get(m, f)));
		else if (*mget(c, m, f))
			pr_text(c->pr, i, mget(c, m, f));
	}
	json_files(c, m);
	pr_row_end(c->pr);
}

static int json_thread(struct cli *c, const struct rows *t)
{
	int rc = pr_list(c->pr, "thread", message_cols, M_COUNT);

	if (rc < 0)
		return rc;
	for (int i = 0; i < t->n; i++)
		json_message(c, &t->v[i]);
	pr_list_end(c->pr);
	return 0;
}

static void human_files(struct cli *c, const struct row *m)
{
	char size[FILE_SIZE_SIZE];
	struct rows files;

	if (store_children(c->ro, FID_FILE_MESSAGE, m->id, 100, &files) < 0)
		return;
	for (int i = 0; i < files.n; i++) {
		file_size_words(
			int_of(row_get(&files.v[i], FID_FILE_SIZE)), size);
		pr_line(c->pr, ST_DIM, _("  [file %s] %s, %s"),
			row_name(c, &files.v[i]),
			mget(c, &files.v[i], FID_FILE_NAME),
			*size ? size : "?");
	}
	rows_free(&files);
}

static const struct {
	const char *kind, *word;
	int is_text; /* a message that people wrote */
} kind_words[] = {
	{"created", N_("created"), 1},
	{"reply", N_("reply"), 1},
	{"note", N_("note, not for the customer"), 1},
	{"mail", N_("mail"), 0},
	{"status", N_("status"), 0},
	{"field", N_("field"), 0},
	{"assign", N_("assigned"), 0},
	{"link", N_("link"), 0},
	{"merge", N_("merged"), 0},
	{"time", N_("time worked"), 0},
};

/* Who wrote it: a name where the backend only gives an id. */
static const char *author_of(struct cli *c, const struct row *m)
{
	static const struct {
		enum entity e;
		enum field_id name;
	} people[] = {
		{ENT_AGENT, FID_AGENT_NAME},
		{ENT_CUSTOMER, FID_CUSTOMER_NAME},
	};
	const char *rid = text_of(row_get(m, FID_MESSAGE_AUTHOR));
	const char *name = "";
	struct rows rows;

	for (size_t i = 0; i < ARRAY_SIZE(people) && rid[0] && !name[0]; i++) {
		if (store_row_rid(c->ro, people[i].e, m->connector, rid,
			    &rows) < 0)
			continue;
		name = arena_strdup(
			c->arena, mget(c, &rows.v[0], people[i].name));
		rows_free(&rows);
	}
	return name[0] ? name : mget(c, m, FID_MESSAGE_AUTHOR);
}

/* A status in words, a person by name. */
static const char *changed_value(struct cli *c, const struct row *m,
	const struct field_desc *f, const char *raw)
{
	if (!*raw)
		return "-";
	if (!f)
		return raw;
	return f->id == FID_TICKET_STATUS ? codes_status(raw)
					  : ref_words(c, f, m->connector, raw);
}

/* One line for what was changed: "Status: open -> resolved". */
static void change_line(
	struct cli *c, const struct row *m, const char *time, const char *word)
{
	const char *field = mget(c, m, FID_MESSAGE_FIELD_);
	const char *old = mget(c, m, FID_MESSAGE_OLD);
	const char *new = mget(c, m, FID_MESSAGE_NEW);
	const struct field_desc *f = field_by_name(ENT_TICKET, field);

	if (*old || *new)
		pr_line(c->pr, ST_DIM, "%s  %s  %s: %s -> %s", time,
			author_of(c, m),
			f	 ? _(f->label)
			: *field ? field
				 : word,
			changed_value(c, m, f, old),
			changed_value(c, m, f, new));
	else
		pr_line(c->pr, ST_DIM, "%s  %s  %s", time,
			author_of(c, m), word);
}

/* How far our own message has come: from its operation, else the backend. */
static const char *delivery_words(struct page *pg, const struct row *m)
{
	const char *uid = text_of(row_get(m, FID_MESSAGE_OP));
	const char *d = text_of(row_get(m, FID_MESSAGE_DELIVERY));
	struct buf b = BUF_INIT;
	const char *s;

	for (int i = 0; i < pg->ops.n; i++)
		if (*uid && !strcmp(pg->ops.v[i].uid, uid)) {
			op_words(&pg->ops.v[i], pg->c->now_ms, &b);
			s = arena_printf(pg->c->arena, "  * %s", buf_str(&b));
			buf_fini(&b);
			return s;
		}
	return *d && strcmp(d, "sent") != 0
		       ? arena_printf(pg->c->arena, "  (%s)", d)
		       : "";
}

static void human_message(struct page *pg, const struct row *m)
{
	struct cli *c = pg->c;
	const char *kind = text_of(row_get(m, FID_MESSAGE_KIND));
	const char *dir = text_of(row_get(m, FID_MESSAGE_DIR));
	const char *text = mget(c, m, FID_MESSAGE_TEXT), *word = kind;
	int note = !strcmp(dir, "note") || !strcmp(kind, "note");
	int is_text = *text != '\0';
	char when[32];
	const char *time = when_local(int_of(row_get(m, FID_MESSAGE_AT)),
				   c->zone_min, when) +
			   11;

	for (size_t i = 0; i < ARRAY_SIZE(kind_words); i++)
		if (!strcmp(kind, kind_words[i].kind)) {
			word = _(kind_words[i].word);
			is_text |= kind_words[i].is_text;
		}
	if (!is_text) {
		change_line(c, m, time, word);
		return;
	}
	pr_gap(c->pr);
	pr_line(c->pr, note ? ST_NOTE : ST_BOLD, "%s  %s  [%s]%s%s", time,
		author_of(c, m), word,
		!strcmp(dir, "in") ? _("  from the customer") : "",
		delivery_words(pg, m));
	if (int_of(row_get(m, FID_MESSAGE_DELETED)))
		pr_line(c->pr, ST_DIM, "  %s", _("deleted at the backend"));
	pr_para(c->pr, note ? ST_NOTE : ST_PLAIN, 2, text);
	human_files(c, m);
}

static void human_thread(struct page *pg, const struct rows *t)
{
	char day[32], last[32] = "";

	for (int i = 0; i < t->n; i++) {
		when_local(int_of(row_get(&t->v[i], FID_MESSAGE_AT)),
			pg->c->zone_min, day);
		day[10] = '\0';
		if (strcmp(day, last) != 0) {
			pr_gap(pg->c->pr);
			pr_line(pg->c->pr, ST_DIM, "---- %s ----", day);
			memcpy(last, day, sizeof last);
		}
		human_message(pg, &t->v[i]);
	}
	if (t->more)
		pr_line(pg->c->pr, ST_WARN,
			_("-- the thread goes on: --limit N"));
}

static int print_thread(struct page *pg)
{
	struct rows t;
	int64_t limit;
	int rc = opt_int(pg->c, "limit", THREAD_MAX, 1, 100000, &limit);

	if (rc == 0)
		rc = store_thread(
			pg->c->ro, pg->entity, pg->row->id, (int)limit, &t);
	if (rc < 0)
		return rc;
	if (pr_human(pg->c->pr))
		human_thread(pg, &t);
	else
		rc = json_thread(pg->c, &t);
	rows_free(&t);
	return rc;
}

/* --- the page ------------------------------------------------------------- */

/* Merged, gone, not sent: said before anything else. */
static void print_state(const struct page *pg)
{
	struct cli *c = pg->c;
	const char *bare = strrchr(pg->asked, ':');
	char when[32];

	bare = bare ? bare + 1 : pg->asked;
	bare += *bare == '#';
	if (pg->row->rid && strcmp(bare, pg->row->rid) != 0 &&
		strspn(bare, "0123456789") == strlen(bare) &&
		strcmp(bare, text_of(row_get(pg->row, FID_TICKET_NUMBER))) != 0)
		pr_line(c->pr, ST_WARN, _("%s was merged into %s"), pg->asked,
			row_name(c, pg->row));
	if (!strcmp(pg->row->state, "gone"))
		pr_line(c->pr, ST_BAD,
			_("this is not at the backend any more; below is what was last seen, %s"),
			when_local(pg->row->seen_ms, c->zone_min, when));
	if (!pg->row->rid)
		pr_line(c->pr, ST_WARN, _("the backend has not seen this yet"));
}

static int print_page(struct page *pg)
{
	struct cli *c = pg->c;
	const char *subject = text_of(row_get(
		pg->row, pg->entity == ENT_TICKET ? FID_TICKET_SUBJECT
						  : FID_CONVERSATION_SUBJECT));
	int rc;

	pr_begin(c->pr,
		pg->entity == ENT_TICKET ? "ticket/1" : "conversation/1");
	find_pending(pg);
	print_state(pg);
	if (pr_human(c->pr))
		print_held(pg);
	pr_line(c->pr, ST_BOLD, "%s", subject);
	print_fields(pg);
	print_links(pg);
	rc = pr_human(c->pr) ? 0 : ops_json(c, "pending", &pg->ops);
	if (rc == 0)
		rc = print_thread(pg);
	pr_end(c->pr);
	json_free(pg->base);
	ops_free(&pg->ops);
	return rc;
}

static int show_one(struct cli *c, const char *name)
{
	enum entity e = opt(c, "conversation") ? ENT_CONVERSATION : ENT_TICKET;
	struct page pg = {.c = c, .entity = e, .asked = name};
	struct rows rows;
	int64_t id;
	int rc = session_find(c->session, e, name, &id, NULL);

	if (rc == 0)
		rc = store_row(c->ro, e, id, &rows);
	if (rc < 0)
		return rc;
	pg.row = &rows.v[0];
	rc = print_page(&pg);
	rows_free(&rows);
	return rc;
}

static int cmd_show(struct cli *c)
{
	const char **ids;
	int n, rc = read_ids(c, 0, c->n_args, &ids, &n);

	if (rc == 0 && n > 1 && opt(c, "json"))
		return err_set(E_INPUT,
			_("--json shows one; use galley export for several"));
	if (rc == 0)
		rc = reveal(c, rc == 0 ? ids[0] : "");
	for (int i = 0; rc == 0 && i < n; i++) {
		pr_gap(c->pr);
		rc = show_one(c, ids[i]);
	}
	return rc;
}

static const struct opt show_opts[] = {
	{"limit", 'n', "N", N_("at most N messages")},
	{"conversation", 0, NULL, N_("a conversation, not a ticket")},
	{"reveal", 0, NULL,
		N_("contact data unmasked; this is written to the journal")},
	{NULL, 0, NULL, NULL},
};
#define READING N_("Reading the cache")

const struct command commands_show[] = {
	{.name = "show",
		.group = READING,
		.args = "TICKET...",
		.text = N_("a ticket with its thread and what waits on it"),
		.run = cmd_show,
		.need = NEED_CACHE,
		.min_args = 1,
		.max_args = -1,
		.opts = show_opts},
	{0},
};
