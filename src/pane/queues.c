/* SPDX-License-Identifier: MIT */
/*
 * The queues by pain: how much is open, how much of it has no owner and since
 * when, how much is late. Counted from the cache, so it is as old as the cache
 * is; whether there are enough people is for another pane.
 */
#include "pane_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

/* Rows that are looked at for what waits and what is late; beyond them the
 * numbers carry a "+". */
#define MAX_LOOK 1000

struct queue_row {
	int64_t queue; /* 0: what has none */
	char *name;
	int64_t open, waiting, late, oldest_ms;
};
struct queues {
	struct queue_row *v;
	int n, at, top, h;
	int64_t open, waiting, late; /* of all */
	int more_open, more_waiting, more_late;
};

static struct queues *own(const struct pane *p)
{
	return p->own;
}

static void forget(struct queues *q)
{
	int i;

	for (i = 0; i < q->n; i++)
		free(q->v[i].name);
	FREE(&q->v);
	q->n = 0;
	q->open = q->waiting = q->late = 0;
	q->more_open = q->more_waiting = q->more_late = 0;
}

/* --- counting ------------------------------------------------------------- */

static struct queue_row *row_for(
	struct queues *q, int64_t queue, const char *name)
{
	int i;

	for (i = 0; i < q->n; i++)
		if (q->v[i].queue == queue)
			return &q->v[i];
	if (q->n % 32 == 0)
		q->v = xreallocarray(q->v, (size_t)q->n + 32, sizeof(*q->v));
	q->v[q->n] = (struct queue_row){.queue = queue,
		.name = xstrdup(name && *name ? name : _("no queue"))};
	return &q->v[q->n++];
}

/* Counters know the backend's statuses; what a status means is what it means on
 * one of the tickets that have it. */
struct meaning {
	int connector;
	const char *status;
	int open;
	struct meaning *next;
};

static int is_open(struct pane *p, const struct queue_count *c, int *open)
{
	const char *values[2] = {c->queue_name, c->status};
	struct query_node queue = {.type = Q_FIELD,
		.field = field_desc(FID_TICKET_QUEUE),
		.n_values = 1,
		.values = &values[0]};
	struct query_node status = {.type = Q_FIELD,
		.field = field_desc(FID_TICKET_STATUS),
		.n_values = 1,
		.values = &values[1]};
	struct query_node both = {.type = Q_AND, .a = &status, .b = &queue};
	const char *phase;
	struct query *q;
	struct rows rows;
	int rc = query_parse(
		"", ENT_TICKET, desk_now(p->desk), desk_zone(p->desk), &q);

	if (rc < 0)
		return rc;
	q->root = c->queue_name ? &both : &status;
	rc = store_query(desk_ro(p->desk), q, desk_me(p->desk), 1, NULL, &rows);
	query_free(q);
	if (rc < 0)
		return rc;
	phase = rows.n ? words_str(&rows.v[0], FID_TICKET_PHASE) : NULL;
	*open = !phase || strcmp(phase, "done") != 0;
	rows_free(&rows);
	return 0;
}

static int count_open(struct pane *p)
{
	struct queues *q = own(p);
	struct arena *a = arena_new();
	struct meaning *known = NULL, *m;
	struct queue_count *v;
	int i, n, rc = store_queue_counts(desk_ro(p->desk), a, &v, &n);

	for (i = 0; i < n && rc == 0; i++) {
		for (m = known; m; m = m->next)
			if (m->connector == v[i].connector &&
				strcmp(m->status, v[i].status) == 0)
				break;
		if (!m) {
			m = arena_calloc(a, 1, sizeof(*m));
			m->connector = v[i].connector;
			m->status = v[i].status;
			m->next = known;
			known = m;
			rc = is_open(p, &v[i], &m->open);
		}
		if (m->open && rc == 0) {
			row_for(q, v[i].queue, v[i].queue_name)->open += v[i].n;
			q->open += v[i].n;
		}
	}
	arena_free(a);
	return rc;
}

/* A conversation that belongs to a ticket is counted as that ticket. */
static const struct matter {
	enum entity entity;
	enum field_id queue, created;
} tickets = {ENT_TICKET, FID_TICKET_QUEUE, FID_TICKET_CREATED},
  conversations = {
	  ENT_CONVERSATION, FID_CONVERSATION_QUEUE, FID_CONVERSATION_CREATED};

static int look(struct pane *p, const struct matter *m, const char *text,
	int *more,
	void (*one)(struct queues *q, struct queue_row *to,
		const struct val *created))
{
	struct query *query;
	struct rows rows;
	int i, rc = query_parse(text, m->entity, desk_now(p->desk),
		       desk_zone(p->desk), &query);

	if (rc < 0)
		return rc;
	rc = store_query(desk_ro(p->desk), query, desk_me(p->desk), MAX_LOOK,
		NULL, &rows);
	query_free(query);
	if (rc < 0)
		return rc;
	for (i = 0; i < rows.n; i++)
		one(own(p),
			row_for(own(p), row_get(&rows.v[i], m->queue)->i,
				words_str(&rows.v[i], m->queue)),
			row_get(&rows.v[i], m->created));
	*more |= rows.more;
	rows_free(&rows);
	return 0;
}

static void one_open(
	struct queues *q, struct queue_row *to, const struct val *created)
{
	(void)created;
	to->open++;
	q->open++;
}

static void one_waiting(
	struct queues *q, struct queue_row *to, const struct val *at)
{
	to->waiting++;
	q->waiting++;
	if (at->kind == VAL_INT && at->i &&
		(!to->oldest_ms || at->i < to->oldest_ms))
		to->oldest_ms = at->i;
}

static void one_late(
	struct queues *q, struct queue_row *to, const struct val *created)
{
	(void)created;
	to->late++;
	q->late++;
}

static int more_pain(const void *a, const void *b)
{
	const struct queue_row *x = a, *y = b;
	int64_t old_x = x->oldest_ms ? x->oldest_ms : INT64_MAX;
	int64_t old_y = y->oldest_ms ? y->oldest_ms : INT64_MAX;

	if (x->late != y->late)
		return x->late > y->late ? -1 : 1;
	if (old_x != old_y)
		return old_x < old_y ? -1 : 1;
	if (x->waiting != y->waiting)
		return x->waiting > y->waiting ? -1 : 1;
	if (x->open != y->open)
		return x->open > y->open ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void keep_cursor(struct queues *q)
{
	int h = q->h > 1 ? q->h - 1 : 1; /* the head is above */

	if (q->at >= q->n)
		q->at = q->n - 1;
	if (q->at < 0)
		q->at = 0;
	if (q->top > q->at)
		q->top = q->at;
	if (q->at >= q->top + h)
		q->top = q->at - h + 1;
}

static int queues_load(struct pane *p)
{
	struct queues *q = own(p);
	int64_t under = q->at < q->n ? q->v[q->at].queue : -1;
	int i, rc;

	forget(q);
	q->h = p->h;
	rc = count_open(p);
	if (rc == 0)
		rc = look(p, &conversations, "is:open ticket:none",
			&q->more_open, one_open);
	if (rc == 0)
		rc = look(p, &tickets, "owner:none is:open sort:created",
			&q->more_waiting, one_waiting);
	if (rc == 0)
		rc = look(p, &conversations,
			"owner:none is:open ticket:none sort:created",
			&q->more_waiting, one_waiting);
	if (rc == 0)
		rc = look(p, &tickets, "is:overdue is:open sort:due",
			&q->more_late, one_late);
	if (rc < 0)
		return rc;
	if (q->n)
		qsort(q->v, (size_t)q->n, sizeof(*q->v), more_pain);
	for (i = 0; i < q->n; i++)
		if (q->v[i].queue == under)
			q->at = i;
	keep_cursor(q);
	if (!q->n)
		p->state = PANE_EMPTY;
	return 0;
}

/* --- drawing -------------------------------------------------------------- */

enum { C_SIGN, C_NAME, C_OPEN, C_WAIT, C_OLD, C_LATE, C_BAR, C_N };
static const struct column cols[C_N] = {
	[C_SIGN] = {.title = "", .min = 2, .want = 2},
	[C_NAME] = {.title = N_("Queue"), .min = 8, .want = 16, .weight = 2},
	[C_OPEN] = {.title = N_("Open"),
		.min = 4,
		.want = 6,
		.drop = 2,
		.right = 1},
	[C_WAIT] = {.title = N_("Waiting"), .min = 4, .want = 8, .right = 1},
	[C_OLD] = {.title = N_("Oldest"),
		.min = 4,
		.want = 7,
		.drop = 1,
		.right = 1},
	[C_LATE] = {.title = N_("Late"), .min = 4, .want = 6, .right = 1},
	[C_BAR] = {.title = "", .min = 8, .want = 12, .weight = 1, .drop = 3},
};

static void number(
	struct canvas *c, int x, int w, unsigned style, int64_t n, int more)
{
	char s[24] = "";

	if (n)
		snprintf(s, sizeof(s), "%lld%s", (long long)n, more ? "+" : "");
	canvas_right(c, x, 0, w, style, n ? s : "-");
}

static void draw_queue(const struct pane *p, const struct queue_row *r,
	struct canvas *c, const int *w, int64_t most)
{
	const struct queues *q = own(p);
	int x[C_N], at = 0, i;
	char age[TIME_SAID_SIZE] = "-";

	for (i = 0; i < C_N; i++) {
		x[i] = at;
		at += w[i] ? w[i] + 1 : 0;
	}
	if (r->oldest_ms)
		words_age(p->desk, r->oldest_ms, age);
	canvas_text(c, 1, 0, ST_BAD, r->late ? "!" : " ");
	canvas_slot(c, x[C_NAME], 0, w[C_NAME], ST_TEXT, r->name, 1);
	if (w[C_OPEN])
		number(c, x[C_OPEN], w[C_OPEN], ST_TEXT, r->open, q->more_open);
	number(c, x[C_WAIT], w[C_WAIT], r->waiting ? ST_STRONG : ST_DIM,
		r->waiting, q->more_waiting);
	if (w[C_OLD])
		canvas_right(c, x[C_OLD], 0, w[C_OLD],
			r->oldest_ms ? ST_STRONG : ST_DIM, age);
	number(c, x[C_LATE], w[C_LATE], r->late ? ST_BAD : ST_DIM, r->late,
		q->more_late);
	if (w[C_BAR])
		bar_draw(c, x[C_BAR], 0, w[C_BAR], (double)r->open,
			(double)most, -1, r->late ? ST_CHART_HIGH : ST_CHART);
}

static void queues_draw(const struct pane *p, struct canvas *c)
{
	const struct queues *q = own(p);
	struct column head[C_N];
	int64_t most = 1;
	int w[C_N], i, y;

	for (i = 0; i < C_N; i++) {
		head[i] = cols[i];
		head[i].title = *cols[i].title ? _(cols[i].title) : "";
		if (i == C_OLD)
			head[i].min = words_age_cells();
		/* a heading is not cut: rather the bars go */
		if (cols[i].right && text_cells(head[i].title) > head[i].min)
			head[i].min = text_cells(head[i].title);
	}
	columns_fit(head, C_N, c->w, w);
	columns_head(c, 0, head, C_N, w);
	for (i = 0; i < q->n; i++)
		most = q->v[i].open > most ? q->v[i].open : most;
	for (y = 1; y < c->h && q->top + y - 1 < q->n; y++) {
		struct canvas row = canvas_sub(c, 0, y, -1, 1);
		int cursor = q->top + y - 1 == q->at;

		draw_queue(p, &q->v[q->top + y - 1], &row, w, most);
		if (cursor) {
			canvas_text(&row, 0, 0, ST_STRONG, ">");
			canvas_tint(&row, 0, 0, row.w, ST_ON_CURSOR);
		}
	}
}

/* --- the pane ------------------------------------------------------------- */

static enum pane_did move(struct queues *q, int by)
{
	q->at += by;
	keep_cursor(q);
	return DID_DRAW;
}

static enum pane_did queues_command(
	struct pane *p, const struct command_line *cmd)
{
	struct queues *q = own(p);

	switch (cmd->id) {
	case CMD_DOWN:
		return move(q, 1);
	case CMD_UP:
		return move(q, -1);
	case CMD_PAGE_DOWN:
		return move(q, p->h > 2 ? p->h - 2 : 1);
	case CMD_PAGE_UP:
		return move(q, p->h > 2 ? 2 - p->h : -1);
	case CMD_TOP:
		return move(q, -q->n);
	case CMD_END:
		return move(q, q->n);
	default:
		return DID_NOTHING;
	}
}

static enum pane_did queues_event(struct pane *p, const struct ui_event *e)
{
	struct queues *q = own(p);

	if (e->kind != UI_MOUSE)
		return DID_NOTHING;
	if (e->act == MOUSE_WHEEL_DOWN)
		return move(q, 3);
	if (e->act == MOUSE_WHEEL_UP)
		return move(q, -3);
	if (e->act != MOUSE_DOWN || e->y < 1 || q->top + e->y - 1 >= q->n)
		return DID_NOTHING;
	q->at = q->top + e->y - 1;
	return DID_DRAW;
}

static const char *queues_note(const struct pane *p, struct arena *a)
{
	const struct queues *q = own(p);

	return arena_printf(a, _("%lld open, %lld%s wait, %lld%s late"),
		(long long)q->open, (long long)q->waiting,
		q->more_waiting ? "+" : "", (long long)q->late,
		q->more_late ? "+" : "");
}

static int queues_copy(const struct pane *p, struct buf *out)
{
	const struct queues *q = own(p);
	const struct queue_row *r;
	char age[TIME_SAID_SIZE] = "-";

	if (!q->n)
		return 0;
	r = &q->v[q->at];
	if (r->oldest_ms)
		words_age(p->desk, r->oldest_ms, age);
	buf_addf(out, _("%s: %lld open, %lld wait, oldest %s, %lld late"),
		r->name, (long long)r->open, (long long)r->waiting, age,
		(long long)r->late);
	return 1;
}

static void queues_close(struct pane *p)
{
	forget(own(p));
}

static void queues_empty(
	const struct pane *p, const char **say, const char **hint)
{
	(void)p;
	*say = _("Every queue is empty.");
	*hint = _("g r asks the backends for news.");
}

const struct pane_ops pane_queues = {
	.name = "queues",
	.title = N_("Queues"),
	.topics =
		TOPIC(ENT_TICKET) | TOPIC(ENT_CONVERSATION) | TOPIC(ENT_QUEUE),
	.contexts = CX_LIST,
	.min_w = 28,
	.min_h = 4,
	.good_w = 70,
	.good_h = 12,
	.drop = 3,
	.state_size = sizeof(struct queues),
	.close = queues_close,
	.load = queues_load,
	.draw = queues_draw,
	.command = queues_command,
	.event = queues_event,
	.note = queues_note,
	.empty = queues_empty,
	.copy = queues_copy,
};
