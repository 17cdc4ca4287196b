/* SPDX-License-Identifier: MIT */
/*
 * A sample of finished work for whoever judges it, drawn by rule and not by
 * mood: rows are taken in the order of a keyed hash of their names, so the same
 * seed draws the same sample here and on another machine, whatever order the
 * rows came in. A smaller sample is the beginning of a larger one. It keeps no
 * scores.
 */
#include "pane_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

#define DAY_MS	 (INT64_C(24) * 3600 * 1000)
#define DAYS	 30
#define USUAL_N	 20
#define MAX_N	 200
#define PAGE	 500
#define MAX_LOOK 10000

struct pick {
	uint64_t hash;
	int64_t id;
};
struct sample {
	uint64_t seed;
	int size;
	char *query;
	int own_query, own_seed; /* of the argument, not by the day */
	int64_t day;		 /* the sample was drawn on, -1 not yet */
	struct pick pick[MAX_N];
	int n;
	int64_t of; /* rows it was drawn from */
	int of_more;
	struct rows row[MAX_N]; /* of the picks, one each; 0 rows: gone */
	int at, top;
};

static struct sample *own(const struct pane *p)
{
	return p->own;
}

/* --- the rule ------------------------------------------------------------- */

static uint64_t mix(uint64_t h, const void *s, size_t len)
{
	const unsigned char *b = s;
	size_t i;

	/* FNV-1a, 64 bit */
	for (i = 0; i < len; i++)
		h = (h ^ b[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* The finaliser of SplitMix64 (Steele, Lea, Flood 2014): neighbours in names
 * are no neighbours in the order. */
static uint64_t spread(uint64_t h)
{
	h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
	return h ^ (h >> 31);
}

static uint64_t hash_of(struct pane *p, const struct row *r)
{
	const char *conn =
		session_connector_name(desk_session(p->desk), r->connector);
	uint64_t h = UINT64_C(0xcbf29ce484222325), seed = own(p)->seed;
	unsigned char key[8];
	int i;

	for (i = 0; i < 8; i++)
		key[i] = (unsigned char)(seed >> (8 * i));
	h = mix(h, key, sizeof(key));
	h = mix(h, conn ? conn : "", conn ? strlen(conn) : 0);
	h = mix(h, ":", 1);
	return spread(mix(h, r->rid, strlen(r->rid)));
}

static void offer(struct sample *s, uint64_t hash, int64_t id)
{
	int i = s->n;

	if (s->n == s->size) {
		if (hash >= s->pick[s->n - 1].hash)
			return;
		i--;
	} else {
		s->n++;
	}
	for (; i > 0 && s->pick[i - 1].hash > hash; i--)
		s->pick[i] = s->pick[i - 1];
	s->pick[i] = (struct pick){hash, id};
}

static int64_t day_now(const struct pane *p)
{
	return (desk_now(p->desk) / 60000 + desk_zone(p->desk)) / (24 * 60);
}

static void date_of(int64_t day, char out[16])
{
	time_t t = (time_t)(day * 24 * 3600);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, 16, "%Y-%m-%d", &tm);
}

/* 20261121: one can read it. */
static uint64_t seed_of(int64_t day)
{
	time_t t = (time_t)(day * 24 * 3600);
	struct tm tm;

	gmtime_r(&t, &tm);
	return (uint64_t)(tm.tm_year + 1900) * 10000 +
	       (uint64_t)(tm.tm_mon + 1) * 100 + (uint64_t)tm.tm_mday;
}

/* Whole days, today left out: work that is finished meanwhile does not change
 * what has been drawn. */
static void usual_query(struct pane *p)
{
	struct sample *s = own(p);
	char from[16], to[16];

	date_of(s->day - DAYS, from);
	date_of(s->day, to);
	free(s->query);
	s->query = xasprintf("phase:done updated:>=%s closed:>=%s closed:<%s",
		from, from, to);
}

static int draw_sample(struct pane *p)
{
	struct sample *s = own(p);
	char *after = NULL;
	struct query *q;
	struct rows rows;
	int i, more = 1,
	       rc = query_parse(s->query, ENT_TICKET, desk_now(p->desk),
		       desk_zone(p->desk), &q);

	s->n = 0;
	s->of = 0;
	while (rc == 0 && more && s->of < MAX_LOOK) {
		rc = store_query(desk_ro(p->desk), q, desk_me(p->desk), PAGE,
			after, &rows);
		if (rc < 0)
			break;
		for (i = 0; i < rows.n; i++)
			if (rows.v[i].rid) /* not at the backend yet */
				offer(s, hash_of(p, &rows.v[i]), rows.v[i].id);
		s->of += rows.n;
		more = rows.more && rows.next;
		free(after);
		after = xstrdup_null(rows.next);
		rows_free(&rows);
	}
	s->of_more = more;
	free(after);
	if (rc == 0)
		query_free(q);
	return rc;
}

/* --- the argument --------------------------------------------------------- */

/* "seed=1 n=20 queue:refunds": what is no setting is the query. */
static int read_arg(struct pane *p)
{
	struct sample *s = own(p);
	const char *arg = p->arg ? p->arg : "";
	char *end;
	long n;

	s->size = USUAL_N;
	for (;;) {
		arg += strspn(arg, " ");
		if (strncmp(arg, "seed=", 5) == 0) {
			s->seed = strtoull(arg + 5, &end, 10);
			s->own_seed = 1;
		} else if (strncmp(arg, "n=", 2) == 0) {
			n = strtol(arg + 2, &end, 10);
			if (n < 1 || n > MAX_N)
				return err_set(E_CONFIG,
					_("sample: n is 1 to %d"), MAX_N);
			s->size = (int)n;
		} else {
			break;
		}
		if (*end && *end != ' ')
			return err_set(E_CONFIG,
				_("sample: a number is expected before `%s`"),
				end);
		arg = end;
	}
	s->own_query = *arg != '\0';
	s->query = xstrdup(arg);
	return 0;
}

static int sample_open(struct pane *p)
{
	own(p)->day = -1;
	return read_arg(p);
}

static void drop_rows(struct sample *s)
{
	int i;

	for (i = 0; i < MAX_N; i++)
		if (s->row[i].arena)
			rows_free(&s->row[i]);
	memset(s->row, 0, sizeof(s->row));
}

static void sample_close(struct pane *p)
{
	drop_rows(own(p));
	FREE(&own(p)->query);
}

/* --- load ----------------------------------------------------------------- */

static void keep_cursor(const struct pane *p)
{
	struct sample *s = own(p);

	if (s->at >= s->n)
		s->at = s->n - 1;
	if (s->at < 0)
		s->at = 0;
	if (s->top > s->at)
		s->top = s->at;
	if (p->h > 0 && s->at >= s->top + p->h)
		s->top = s->at - p->h + 1;
}

/* Drawn once a day, or once at all with a seed and a query of its own; what
 * arrives later only changes what its rows look like. */
static int draw_when_due(struct pane *p)
{
	struct sample *s = own(p);
	int64_t day = day_now(p);

	if (s->day == day || (s->day >= 0 && s->own_query && s->own_seed))
		return 0;
	s->day = day;
	if (!s->own_seed)
		s->seed = seed_of(day);
	if (!s->own_query)
		usual_query(p);
	return draw_sample(p);
}

/* A new sample begins at the case in focus when it is in it. */
static void begin_at_focus(struct pane *p)
{
	const struct desk_case *c = desk_case(p->desk);
	struct sample *s = own(p);
	int i;

	for (i = 0; i < s->n && c->entity == ENT_TICKET; i++)
		if (s->pick[i].id == c->id)
			s->at = i;
}

static int sample_load(struct pane *p)
{
	struct sample *s = own(p);
	int i, was = s->n, rc = draw_when_due(p);

	/* nothing was there yet: the first reading may still be under way */
	if (rc == 0 && !s->n)
		rc = draw_sample(p);
	if (rc < 0)
		return rc;
	if (!was)
		begin_at_focus(p);
	drop_rows(s);
	for (i = 0; i < s->n; i++)
		if (store_row(desk_ro(p->desk), ENT_TICKET, s->pick[i].id,
			    &s->row[i]) < 0) {
			err_clear();
			s->row[i] = (struct rows){0};
		}
	keep_cursor(p);
	if (!s->n)
		p->state = PANE_EMPTY;
	return 0;
}

/* --- drawing -------------------------------------------------------------- */

enum { C_SIGN, C_NO, C_NAME, C_SUBJECT, C_OWNER, C_CLOSED, C_N };
static const struct column cols[C_N] = {
	[C_SIGN] = {.min = 1, .want = 1},
	[C_NO] = {.min = 3, .want = 3, .drop = 1, .right = 1},
	[C_NAME] = {.min = 5, .want = 9, .drop = 2},
	[C_SUBJECT] = {.min = 10, .want = 24, .weight = 1},
	[C_OWNER] = {.min = 6, .want = 12, .drop = 3},
	[C_CLOSED] = {.drop = 4} /* as wide as a date */,
};

static void draw_row(
	const struct pane *p, int i, struct canvas *c, const int *w)
{
	const struct sample *s = own(p);
	const struct row *r = s->row[i].n ? &s->row[i].v[0] : NULL;
	const char *v[C_N] = {"", "", "", "", "", ""};
	char no[8], name[256], t[24];
	int k, x = 0;

	snprintf(no, sizeof(no), "%d", i + 1);
	v[C_NO] = no;
	v[C_SUBJECT] = _("(no longer here)");
	if (r) {
		const struct val *closed = row_get(r, FID_TICKET_CLOSED);

		v[C_NAME] = session_name(desk_session(p->desk), r->connector,
			r->rid, r->id, name);
		v[C_SUBJECT] = words_str(r, FID_TICKET_SUBJECT);
		v[C_OWNER] = words_str(r, FID_TICKET_OWNER);
		if (closed->kind == VAL_INT)
			v[C_CLOSED] = words_time(p->desk, closed->i, t);
	}
	for (k = 0; k < C_N; k++) {
		unsigned style = k == C_SUBJECT && r ? ST_TEXT : ST_DIM;

		if (!w[k])
			continue;
		if (cols[k].right)
			canvas_right(c, x, 0, w[k], style, v[k]);
		else
			canvas_slot(c, x, 0, w[k], style, v[k] ? v[k] : "", 1);
		x += w[k] + 1;
	}
}

static void sample_draw(const struct pane *p, struct canvas *c)
{
	const struct sample *s = own(p);
	struct column fit[C_N];
	int w[C_N], y;

	memcpy(fit, cols, sizeof(fit));
	fit[C_CLOSED].min = fit[C_CLOSED].want = words_time_cells();
	columns_fit(fit, C_N, c->w, w);
	for (y = 0; y < c->h && s->top + y < s->n; y++) {
		struct canvas row = canvas_sub(c, 0, y, -1, 1);

		draw_row(p, s->top + y, &row, w);
		if (s->top + y != s->at)
			continue;
		canvas_text(&row, 0, 0, ST_STRONG, ">");
		canvas_tint(&row, 0, 0, row.w, ST_ON_CURSOR);
	}
}

/* --- commands ------------------------------------------------------------- */

static enum pane_did move(struct pane *p, int by)
{
	own(p)->at += by;
	p->moves++;
	keep_cursor(p);
	return DID_DRAW;
}

static enum pane_did open_row(struct pane *p)
{
	const struct sample *s = own(p);

	if (s->at < s->n &&
		desk_focus(p->desk, ENT_TICKET, s->pick[s->at].id) < 0)
		desk_say_err(p->desk);
	return DID_DRAW;
}

static int sample_follow(struct pane *p, enum entity *e, int64_t *id)
{
	const struct sample *s = own(p);

	if (s->at >= s->n)
		return 0;
	*e = ENT_TICKET;
	*id = s->pick[s->at].id;
	return 1;
}

static enum pane_did sample_command(
	struct pane *p, const struct command_line *cmd)
{
	switch (cmd->id) {
	case CMD_DOWN:
		return move(p, 1);
	case CMD_UP:
		return move(p, -1);
	case CMD_PAGE_DOWN:
		return move(p, p->h > 1 ? p->h - 1 : 1);
	case CMD_PAGE_UP:
		return move(p, p->h > 1 ? 1 - p->h : -1);
	case CMD_TOP:
		return move(p, -MAX_N);
	case CMD_END:
		return move(p, MAX_N);
	case CMD_OPEN:
		return open_row(p);
	default:
		return DID_NOTHING;
	}
}

static enum pane_did sample_event(struct pane *p, const struct ui_event *e)
{
	struct sample *s = own(p);

	if (e->kind != UI_MOUSE)
		return DID_NOTHING;
	if (e->act == MOUSE_WHEEL_DOWN)
		return move(p, 3);
	if (e->act == MOUSE_WHEEL_UP)
		return move(p, -3);
	if (e->act != MOUSE_DOWN || e->y < 0 || s->top + e->y >= s->n)
		return DID_NOTHING;
	s->at = s->top + e->y;
	p->moves++;
	return open_row(p);
}

static const char *sample_note(const struct pane *p, struct arena *a)
{
	const struct sample *s = own(p);

	return arena_printf(a, _("%d of %lld%s, seed %llu"), s->n,
		(long long)s->of, s->of_more ? "+" : "",
		(unsigned long long)s->seed);
}

static int sample_targets(
	const struct pane *p, enum entity *e, int64_t *ids, int max)
{
	const struct sample *s = own(p);

	if (max < 1 || s->at >= s->n)
		return 0;
	*e = ENT_TICKET;
	ids[0] = s->pick[s->at].id;
	return 1;
}

/* The whole sample with its rule: it is to be drawn again elsewhere. */
static int sample_copy(const struct pane *p, struct buf *out)
{
	const struct sample *s = own(p);
	char name[256];
	int i;

	buf_addf(out, "seed=%llu n=%d %s\n", (unsigned long long)s->seed,
		s->size, s->query);
	for (i = 0; i < s->n; i++) {
		const struct row *r = s->row[i].n ? &s->row[i].v[0] : NULL;

		if (r)
			buf_addf(out, "%s\n",
				session_name(desk_session(p->desk),
					r->connector, r->rid, r->id, name));
	}
	return s->n > 0;
}

static void sample_empty(
	const struct pane *p, const char **say, const char **hint)
{
	*say = own(p)->own_query ? _("Nothing fits the query of this sample.")
				 : _("Nothing was finished in the last 30 "
				     "days.");
	*hint = NULL;
}

const struct pane_ops pane_sample = {
	.name = "sample",
	.title = N_("Sample"),
	.topics = TOPIC(ENT_TICKET),
	.contexts = CX_LIST | CX_CASE,
	.min_w = 24,
	.min_h = 4,
	.good_w = 44,
	.good_h = 16,
	.drop = 4,
	.state_size = sizeof(struct sample),
	.open = sample_open,
	.close = sample_close,
	.load = sample_load,
	.draw = sample_draw,
	.follow = sample_follow,
	.command = sample_command,
	.event = sample_event,
	.note = sample_note,
	.targets = sample_targets,
	.copy = sample_copy,
	.empty = sample_empty,
};
