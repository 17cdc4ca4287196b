/* SPDX-License-Identifier: MIT */
/*
 * The rows of a query in a list: pages are asked for by the key of a row, in
 * both directions (the other one is the same query sorted the other way round),
 * so the price of a page does not depend on how many rows there are. A query
 * with full text has no way back: its newest rows are one page.
 */
#include "pane_priv.h"

#include <stdlib.h>
#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/json.h"
#include "galley/base/mem.h"

#define TEXT_ROWS 500
#define MARK_ALL  1000 /* what the worker takes at once */
#define MARK_PAGE 250
#define MAX_MARKS 10000

/* Rows of one reading; lives while one of them does. */
struct batch {
	struct rows rows;
	int refs;
};
struct item {
	struct batch *batch;
	int at;
};

struct rowlist {
	struct pane *pane;
	enum entity entity;
	const struct rowlist_ops *ops;
	void *u;
	struct list *list;
	char *text, *sort, *filter;
	struct query *q; /* of text and filter; NULL: not asked yet */
	int fresh;
	int begun; /* there were rows once */
	int moved; /* by the person: else the cursor stays at the top */
	int row_height;
};

static const struct row *row_of(const struct item *i)
{
	return &i->batch->rows.v[i->at];
}

/* Where the page after a row begins, as store_query() wants it. */
static const char *key_of(
	const struct rowlist *l, const struct item *from, struct arena *a)
{
	const struct row *r = row_of(from);
	const struct val *v =
		l->q->sort ? &r->v[field_index(l->q->sort->id)] : NULL;
	struct buf b = BUF_INIT;
	const char *out;
	struct jw w;

	jw_init(&w, &b);
	jw_arr(&w);
	jw_int(&w, r->id);
	if (v && v->kind == VAL_INT)
		jw_int(&w, v->i);
	else if (v && v->kind == VAL_TEXT)
		jw_str(&w, v->s);
	jw_arr_end(&w);
	out = arena_strdup(a, buf_str(&b));
	buf_fini(&b);
	return out;
}

static int read_page(struct rowlist *l, const struct item *from, int dir, int n,
	struct rows *out)
{
	struct arena *a = arena_new();
	int rc;

	l->q->sort_desc ^= dir < 0;
	rc = store_query(desk_ro(l->pane->desk), l->q, desk_me(l->pane->desk),
		n, from ? key_of(l, from, a) : NULL, out);
	l->q->sort_desc ^= dir < 0;
	arena_free(a);
	return rc;
}

static int page(
	void *u, const void *from, int dir, int n, int64_t *ids, void **data)
{
	struct rowlist *l = u;
	struct batch *b;
	int i, rc, got;

	if (!l->q || (l->q->has_text && (from || dir < 0)))
		return 0;
	b = xcalloc(1, sizeof(*b));
	rc = read_page(l, from, dir, n, &b->rows);
	if (rc < 0) {
		free(b);
		return rc;
	}
	got = b->rows.n < n ? b->rows.n : n;
	for (i = 0; i < got; i++) {
		struct item *it = xcalloc(1, sizeof(*it));
		/* backwards they come in the other order */
		int at = dir < 0 ? got - 1 - i : i;

		*it = (struct item){b, at};
		b->refs++;
		ids[i] = b->rows.v[at].id;
		data[i] = it;
	}
	if (!got) {
		rows_free(&b->rows);
		free(b);
	}
	return got;
}

static void drop(void *u, void *data)
{
	struct item *it = data;

	(void)u;
	if (--it->batch->refs == 0) {
		rows_free(&it->batch->rows);
		free(it->batch);
	}
	free(it);
}

static void draw_row(
	void *u, const void *data, struct canvas *row, int cursor, int marked)
{
	struct rowlist *l = u;

	l->ops->draw(l->u, row_of(data), row, cursor, marked);
}

static const struct list_ops list_ops = {
	.page = page, .drop = drop, .draw = draw_row};

struct rowlist *rowlist_new(struct pane *p, enum entity e,
	const struct rowlist_ops *ops, void *u, int row_height)
{
	struct rowlist *l = xcalloc(1, sizeof(*l));

	l->pane = p;
	l->entity = e;
	l->ops = ops;
	l->u = u;
	l->row_height = row_height;
	l->list = list_new(&list_ops, l, row_height);
	return l;
}

void rowlist_free(struct rowlist *l)
{
	if (!l)
		return;
	list_free(l->list);
	query_free(l->q);
	free(l->text);
	free(l->sort);
	free(l->filter);
	free(l);
}

static int make_query(struct rowlist *l)
{
	struct desk *d = l->pane->desk;
	struct buf b = BUF_INIT;
	struct query *q;
	int rc;

	if (l->filter && *l->filter)
		buf_addf(&b, "(%s) ", l->filter);
	if (*l->text)
		buf_addf(&b, l->filter && *l->filter ? "(%s)" : "%s", l->text);
	rc = query_parse(buf_str(&b), l->entity, desk_now(d), desk_zone(d), &q);
	if (rc == 0 && !q->sort && l->sort && !q->has_text) {
		q->sort_desc = l->sort[0] == '-';
		q->sort = field_by_name(l->entity, l->sort + q->sort_desc);
	}
	buf_fini(&b);
	if (rc < 0)
		return rc;
	query_free(l->q);
	l->q = q;
	l->fresh = 1;
	return 0;
}

int rowlist_query(struct rowlist *l, const char *text, const char *sort)
{
	free(l->text);
	free(l->sort);
	l->text = xstrdup(text);
	l->sort = xstrdup_null(sort);
	return make_query(l);
}

int rowlist_filter(struct rowlist *l, const char *text)
{
	free(l->filter);
	l->filter = xstrdup_null(text);
	l->pane->moves++;
	/* half a query while one types is no mistake: the last good one stays
	 */
	if (make_query(l) < 0)
		err_clear();
	return 0;
}

const char *rowlist_filtered(const struct rowlist *l)
{
	return l->filter && *l->filter ? l->filter : NULL;
}

static int64_t focused(const struct rowlist *l)
{
	const struct desk_case *c = desk_case(l->pane->desk);

	if (c->entity == l->entity)
		return c->id;
	return l->entity == ENT_TICKET ? c->ticket : 0;
}

/* A list begins at the case in focus when it is in it, however far down; so it
 * does when one comes back to it. */
static int begin_at_focus(struct rowlist *l)
{
	struct batch b = {.refs = 1};
	struct item key = {&b, 0};
	int64_t id = focused(l);
	int rc = 0;

	if ((l->begun && !l->pane->to_case) || !list_count(l->list))
		return 0;
	l->begun = 1;
	l->pane->to_case = 0;
	if (!id)
		return 0;
	if (store_row(desk_ro(l->pane->desk), l->entity, id, &b.rows) < 0) {
		err_clear();
		return 0;
	}
	if (b.rows.n)
		rc = list_seek(l->list, b.rows.v[0].id, &key);
	l->moved |= rc > 0;
	rows_free(&b.rows);
	return rc;
}

int rowlist_load(struct rowlist *l)
{
	int h = l->pane->h > 0 ? l->pane->h : 1, rc;

	list_set_height(l->list, h / l->row_height > 0 ? h / l->row_height : 1);
	/* times in a query ("due:<today") mean now */
	if (!l->fresh) {
		rc = make_query(l);
		if (rc < 0)
			return rc;
		rc = l->moved ? list_reload(l->list) : list_reset(l->list);
	} else {
		l->moved = 0;
		rc = list_reset(l->list);
	}
	l->fresh = 0;
	if (rc >= 0)
		rc = begin_at_focus(l);
	if (rc < 0)
		return rc;
	if (!list_count(l->list))
		l->pane->state = PANE_EMPTY;
	return 0;
}

void rowlist_draw(const struct rowlist *l, struct canvas *c)
{
	list_draw(l->list, c);
}

int rowlist_redraw(const struct rowlist *l, struct canvas *c)
{
	return list_redraw(l->list, c);
}

const struct row *rowlist_current(const struct rowlist *l)
{
	int64_t id;
	const struct item *it = list_current(l->list, &id);

	return it ? row_of(it) : NULL;
}

int rowlist_select(struct rowlist *l, int64_t id)
{
	l->moved = 1;
	return list_select(l->list, id);
}

struct list *rowlist_list(struct rowlist *l)
{
	return l->list;
}

static int toggle_mark(struct rowlist *l)
{
	int64_t id;

	if (!list_current(l->list, &id))
		return 0;
	list_mark(l->list, id, !list_marked(l->list, id));
	return list_move(l->list, 1);
}

/* Of the whole query, as far as a plan is good for. */
static int mark_all(struct rowlist *l)
{
	const char *after = NULL;
	struct rows rows = {0};
	int i, n = 0, more = 1, rc = 0;

	while (l->q && n < MARK_ALL && more && rc == 0) {
		struct rows next;

		rc = store_query(desk_ro(l->pane->desk), l->q,
			desk_me(l->pane->desk), MARK_PAGE, after, &next);
		if (rc < 0)
			break;
		for (i = 0; i < next.n && n < MARK_ALL; i++, n++)
			list_mark(l->list, next.v[i].id, 1);
		more = (next.more || i < next.n) && next.n > 0;
		rows_free(&rows);
		rows = next;
		after = rows.next;
		if (!after)
			break;
	}
	rows_free(&rows);
	if (rc == 0 && more && n == MARK_ALL)
		desk_say(l->pane->desk, NOTICE_WARN,
			_("the first %d rows are marked, there are more"), n);
	else if (rc == 0)
		desk_say(l->pane->desk, NOTICE_DONE,
			P_("%d row is marked", "%d rows are marked", n), n);
	return rc;
}

static int motion(struct rowlist *l, enum command c)
{
	int half = l->pane->h / l->row_height / 2;

	switch (c) {
	case CMD_DOWN:
		return list_move(l->list, 1);
	case CMD_UP:
		return list_move(l->list, -1);
	case CMD_PAGE_DOWN:
		return list_page(l->list, 1);
	case CMD_PAGE_UP:
		return list_page(l->list, -1);
	case CMD_HALF_DOWN:
		return list_move(l->list, half > 0 ? half : 1);
	case CMD_HALF_UP:
		return list_move(l->list, half > 0 ? -half : -1);
	case CMD_TOP:
		return list_end(l->list, 0);
	case CMD_END:
		return list_end(l->list, 1);
	case CMD_MARK:
		return toggle_mark(l);
	case CMD_MARK_ALL:
		return mark_all(l);
	default:
		return E_NOTFOUND;
	}
}

enum pane_did rowlist_command(struct rowlist *l, const struct command_line *cmd)
{
	int rc;

	if (cmd->id == CMD_MARK_NONE) {
		int marked = list_marks(l->list, NULL, 0);

		list_clear_marks(l->list);
		if (!l->filter)
			return marked ? DID_DRAW : DID_NOTHING;
		(void)!rowlist_filter(l, NULL);
		return DID_LOAD;
	}
	rc = motion(l, cmd->id);
	l->moved |= rc != E_NOTFOUND;
	l->pane->moves += rc != E_NOTFOUND;
	if (rc == E_NOTFOUND)
		return DID_NOTHING;
	if (rc < 0)
		desk_say_err(l->pane->desk);
	return DID_DRAW;
}

enum pane_did rowlist_event(struct rowlist *l, const struct ui_event *e)
{
	int rc = 0;

	if (e->kind != UI_MOUSE)
		return DID_NOTHING;
	l->moved = 1;
	l->pane->moves++;
	if (e->act == MOUSE_DOWN)
		(void)list_click(l->list, e->y);
	else if (e->act == MOUSE_WHEEL_DOWN)
		rc = list_move(l->list, 3);
	else if (e->act == MOUSE_WHEEL_UP)
		rc = list_move(l->list, -3);
	if (rc < 0)
		desk_say_err(l->pane->desk);
	return DID_DRAW;
}

int rowlist_follow(struct rowlist *l, enum entity *e, int64_t *id)
{
	if (!list_current(l->list, id))
		return 0;
	l->moved = 1; /* a row that comes in above pushes nothing away */
	*e = l->entity;
	return 1;
}

int rowlist_targets(
	const struct rowlist *l, enum entity *e, int64_t *ids, int max)
{
	int n = list_marks(l->list, ids, max);

	*e = l->entity;
	if (n)
		return n;
	return max > 0 && list_current(l->list, ids) ? 1 : 0;
}
