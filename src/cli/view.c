/* SPDX-License-Identifier: MIT */
/*
 * Rows as columns: fields.def says what there is, this file only says how a
 * value is shown. Contact data is masked here for every list and page.
 */
#include "cli_priv.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "galley/app/codes.h"
#include "galley/base/json.h"
#include "galley/policy/redact_view.h"

enum source {
	SRC_ID = -1,
	SRC_CONN = -2,
	SRC_RID = -3,
	SRC_PENDING = -4,
	SRC_STATE = -5,
	SRC_SNIPPET = -6
};

static const struct {
	struct col col;
	int source;
} common[] = {
	{{"id", N_("id"), CT_TEXT, 0}, SRC_ID},
	{{"connector", N_("connector"), CT_TEXT, 0}, SRC_CONN},
	{{"rid", N_("rid"), CT_TEXT, 0}, SRC_RID},
	{{"pending", "", CT_INT, 0}, SRC_PENDING},
	{{"state", N_("state here"), CT_TEXT, 0}, SRC_STATE},
	{{"snippet", N_("snippet"), CT_TEXT, CF_FLEX}, SRC_SNIPPET},
};

static enum col_type type_of(const struct field_desc *f)
{
	switch (f->type) {
	case FT_INT:
		return CT_INT;
	case FT_TIME:
		return CT_TIME;
	case FT_BOOL:
		return CT_BOOL;
	case FT_SET:
	case FT_JSON:
		return CT_JSON;
	default:
		return CT_TEXT;
	}
}

static void add_col(
	struct entity_view *v, struct col col, int source, unsigned flags)
{
	col.flags |= flags;
	v->cols[v->n] = col;
	v->source[v->n++] = source;
}

static int has_source(const struct entity_view *v, int source)
{
	for (int i = 0; i < v->n; i++)
		if (v->source[i] == source)
			return 1;
	return 0;
}

static struct col field_col(const struct field_desc *f)
{
	struct col col = {f->name, f->label, type_of(f), 0};

	if (f->type == FT_INT)
		col.flags |= CF_RIGHT;
	if (f->type == FT_TEXT && f->redact == P2)
		col.flags |= CF_FLEX;
	return col;
}

static void add_named(struct entity_view *v, const char *name, unsigned flags)
{
	const struct field_desc *f = field_by_name(v->entity, name);

	for (size_t i = 0; i < ARRAY_SIZE(common); i++)
		if (!strcmp(common[i].col.key, name)) {
			add_col(v, common[i].col, common[i].source, flags);
			return;
		}
	if (f)
		add_col(v, field_col(f), field_index(f->id), flags);
}

void view_init(struct entity_view *v, enum entity e, const char *shown)
{
	const struct entity_desc *d = entity_desc(e);
	char *all = xstrdup(shown), *rest = all, *name;

	v->entity = e;
	v->n = 0;
	while ((name = strsep(&rest, ",")) != NULL)
		add_named(v, name, 0);
	free(all);
	for (size_t i = 0; i < ARRAY_SIZE(common); i++)
		if (!has_source(v, common[i].source))
			add_col(v, common[i].col, common[i].source, CF_HIDE);
	for (int i = 0; i < d->n_fields; i++)
		if (!has_source(v, i))
			add_col(v, field_col(&d->fields[i]), i, CF_HIDE);
}

const char *seen_text(struct cli *c, const struct field_desc *f, const char *s)
{
	enum redact_class class = f->redact;
	struct buf b = BUF_INIT;
	const char *out;

	/* who a row belongs to is named by its contact data where the
	 * backend knows no name */
	if (f->type == FT_REF_CUSTOMER || f->id == FID_MESSAGE_AUTHOR)
		class = P1;
	if (class == P0 || !s[0])
		return s;
	redact_view(&b, s, strlen(s), class,
		c->revealed ? ROLE_REVEAL : ROLE_AGENT);
	out = arena_strdup(c->arena, buf_str(&b));
	buf_fini(&b);
	return out;
}

/* The strings of a JSON array, each masked by itself, as JSON again. */
static const char *mask_set(
	struct cli *c, const struct field_desc *f, const char *json)
{
	struct json_doc *d;
	struct buf b = BUF_INIT;
	struct jw w;
	const char *out;

	if (json_parse(json, strlen(json), &json_limits_wire, &d) < 0)
		return "[]";
	jw_init(&w, &b);
	jw_arr(&w);
	for (const struct json *v = json_first(json_root(d)); v;
		v = json_next(v))
		jw_str(&w, seen_text(c, f, json_str(v) ? json_str(v) : ""));
	jw_arr_end(&w);
	json_free(d);
	out = arena_strdup(c->arena, buf_str(&b));
	buf_fini(&b);
	return out;
}

const char *seen_json(
	struct cli *c, const struct field_desc *f, const char *json)
{
	if (!json)
		return NULL;
	return f->type == FT_SET && f->redact != P0 ? mask_set(c, f, json)
						    : json;
}

const char *set_words(struct cli *c, const char *json)
{
	struct json_doc *d;
	struct buf b = BUF_INIT;
	const char *out;

	if (json_parse(json, strlen(json), &json_limits_wire, &d) < 0)
		return json;
	for (const struct json *v = json_first(json_root(d)); v;
		v = json_next(v)) {
		buf_addf(&b, "%s", b.len ? ", " : "");
		if (json_key(v))
			buf_addf(&b, "%s=", json_key(v));
		if (json_str(v))
			buf_adds(&b, json_str(v));
		else
			json_print(&b, v);
	}
	json_free(d);
	out = arena_strdup(c->arena, buf_str(&b));
	buf_fini(&b);
	return out;
}

const char *row_name(struct cli *c, const struct row *r)
{
	char name[256];

	return arena_strdup(c->arena,
		session_name(c->session, r->connector, r->rid, r->id, name));
}

const char *code_words(struct cli *c, const struct field_desc *f, const char *s)
{
	switch (f->id) {
	case FID_TICKET_STATUS:
	case FID_CONVERSATION_STATUS:
	case FID_TICKET_PHASE:
	case FID_CONVERSATION_PHASE:
		return codes_status(s);
	case FID_CALL_DISPOSITION:
		return codes_words(s, c->arena);
	default:
		return seen_text(c, f, s);
	}
}

static void field_cell(struct cli *c, const struct entity_view *v, int col,
	const struct row *r)
{
	const struct field_desc *f =
		&entity_desc(v->entity)->fields[v->source[col]];
	const struct val *x = &r->v[v->source[col]];

	if (x->kind == VAL_ABSENT || x->kind == VAL_NULL)
		return;
	switch (v->cols[col].type) {
	case CT_INT:
		pr_int(c->pr, col, x->i);
		break;
	case CT_TIME:
		pr_time(c->pr, col, x->i);
		break;
	case CT_BOOL:
		pr_bool(c->pr, col, x->i != 0);
		break;
	case CT_JSON:
		if (!x->s)
			break;
		if (pr_human(c->pr))
			pr_text(c->pr, col,
				set_words(c, seen_json(c, f, x->s)));
		else
			pr_json(c->pr, col, seen_json(c, f, x->s));
		break;
	default:
		if (x->s)
			pr_text(c->pr, col,
				pr_human(c->pr) ? code_words(c, f, x->s)
						: seen_text(c, f, x->s));
	}
}

static void common_cell(struct cli *c, int col, int source, const struct row *r)
{
	switch (source) {
	case SRC_ID:
		pr_text(c->pr, col, row_name(c, r));
		break;
	case SRC_CONN:
		pr_text(c->pr, col,
			session_connector_name(c->session, r->connector));
		break;
	case SRC_RID:
		pr_text(c->pr, col, r->rid);
		break;
	case SRC_PENDING:
		if (!pr_human(c->pr))
			pr_int(c->pr, col, r->pending);
		else if (r->pending)
			pr_text(c->pr, col, "*");
		pr_style(c->pr, col, ST_WARN);
		break;
	case SRC_STATE:
		pr_text(c->pr, col, r->state);
		break;
	default:
		pr_text(c->pr, col, r->snippet);
	}
}

void view_row(struct cli *c, const struct entity_view *v, const struct row *r)
{
	pr_row(c->pr);
	for (int i = 0; i < v->n; i++)
		if (v->source[i] < 0)
			common_cell(c, i, v->source[i], r);
		else
			field_cell(c, v, i, r);
	pr_row_end(c->pr);
}

int reveal(struct cli *c, const char *object)
{
	struct store_rw *rw;
	const char *who = getlogin();
	int rc;

	if (!opt(c, "reveal"))
		return 0;
	rc = session_rw(c->session, &rw);
	if (rc == 0)
		rc = store_audit(
			rw, who ? who : "?", "reveal", object, c->cmd->name);
	if (rc == 0)
		c->revealed = 1;
	return rc;
}

int list_limit(struct cli *c, int64_t def, int *limit)
{
	int64_t n;
	int rc = opt_int(c, "limit", def, 1, 100000, &n);

	if (rc == 0)
		*limit = (int)n;
	return rc;
}
