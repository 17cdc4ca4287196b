/* SPDX-License-Identifier: MIT */
/*
 * The demo centre's rows, as a server keeps them: each has a version, and all
 * changes have one order, so that a reader with a cursor gets what is new. It
 * knows no story and no time.
 */
#include "demo_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"

uint64_t text_hash(const char *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return h ^ (h >> 29);
}

void world_init(struct d_world *w)
{
	*w = (struct d_world){.arena = arena_new(), .n_hash = 16384};
	w->hash = xcalloc(w->n_hash, sizeof(struct d_row *));
}

void world_fini(struct d_world *w)
{
	arena_free(w->arena);
	free(w->hash);
	free(w->log);
	*w = (struct d_world){0};
}

static size_t slot(const struct d_world *w, enum entity e, const char *rid)
{
	return (size_t)(text_hash(rid) + (uint64_t)e * 7919) % w->n_hash;
}

struct d_row *row_find(const struct d_world *w, enum entity e, const char *rid)
{
	struct d_row *r = w->hash[slot(w, e, rid)];

	while (r && (r->e != e || strcmp(r->rid, rid) != 0))
		r = r->next_hash;
	return r;
}

static void changed(struct d_world *w, struct d_row *r)
{
	/* changed in this very step: nobody can have read between */
	if (r->seq > w->step_seq)
		return;
	if (w->n_log == w->cap_log) {
		w->cap_log = w->cap_log ? w->cap_log * 2 : 8192;
		w->log = xreallocarray(w->log, w->cap_log, sizeof(*w->log));
	}
	r->seq = ++w->seq;
	r->version++;
	w->log[w->n_log].seq = r->seq;
	w->log[w->n_log++].row = r;
}

void world_step(struct d_world *w)
{
	w->step_seq = w->seq;
}

struct d_row *row_new(struct d_world *w, enum entity e, const char *rid)
{
	struct d_row *r = arena_calloc(w->arena, 1, sizeof(*r));
	size_t i;

	assert(!row_find(w, e, rid));
	r->e = e;
	r->rid = arena_strdup(w->arena, rid);
	r->v = arena_calloc(
		w->arena, (size_t)entity_desc(e)->n_fields, sizeof(*r->v));
	i = slot(w, e, rid);
	r->next_hash = w->hash[i];
	w->hash[i] = r;
	w->n_rows++;
	w->count[e]++;
	changed(w, r);
	return r;
}

static struct val *at(const struct d_row *r, enum field_id f)
{
	assert(field_desc(f)->entity == r->e);
	return &r->v[field_index(f)];
}

void row_text(
	struct d_world *w, struct d_row *r, enum field_id f, const char *s)
{
	struct val *v = at(r, f);

	if (!s || !*s) {
		row_null(w, r, f);
		return;
	}
	if (v->kind == VAL_TEXT && strcmp(v->s, s) == 0)
		return;
	v->kind = VAL_TEXT;
	v->len = strlen(s);
	v->s = arena_strndup(w->arena, s, v->len);
	changed(w, r);
}

void row_int(struct d_world *w, struct d_row *r, enum field_id f, int64_t i)
{
	struct val *v = at(r, f);

	if (v->kind == VAL_INT && v->i == i)
		return;
	*v = (struct val){.kind = VAL_INT, .i = i};
	changed(w, r);
}

void row_null(struct d_world *w, struct d_row *r, enum field_id f)
{
	struct val *v = at(r, f);

	if (v->kind == VAL_ABSENT || v->kind == VAL_NULL)
		return;
	*v = (struct val){.kind = VAL_NULL};
	changed(w, r);
}

const char *row_str(const struct d_row *r, enum field_id f)
{
	const struct val *v = at(r, f);

	return v->kind == VAL_TEXT ? v->s : NULL;
}

int64_t row_num(const struct d_row *r, enum field_id f)
{
	const struct val *v = at(r, f);

	return v->kind == VAL_INT ? v->i : 0;
}

/* Members are few: the array is written anew, in order, without doubles. */
int row_set(struct d_world *w, struct d_row *r, enum field_id f,
	const char *member, int in)
{
	const char *old = row_str(r, f), *put = in ? member : NULL;
	struct json_doc *doc = NULL;
	struct buf b = BUF_INIT;
	const struct json *e;
	struct jw j;
	int differs;

	if (old && json_parse(old, strlen(old), &json_limits_small, &doc) < 0)
		doc = NULL;
	jw_init(&j, &b);
	jw_arr(&j);
	for (e = doc ? json_first(json_root(doc)) : NULL; e; e = json_next(e)) {
		int cmp = strcmp(json_str(e), member);

		if (put && cmp > 0) {
			jw_str(&j, put);
			put = NULL;
		}
		if (cmp != 0)
			jw_str(&j, json_str(e));
	}
	if (put)
		jw_str(&j, put);
	jw_arr_end(&j);
	differs = strcmp(buf_str(&b), old ? old : "[]") != 0;
	if (differs)
		row_text(w, r, f, buf_str(&b));
	buf_fini(&b);
	json_free(doc);
	return differs;
}

void row_gone(struct d_world *w, struct d_row *r)
{
	r->gone = 1;
	changed(w, r);
}

void row_merge(struct d_world *w, struct d_row *r, const char *to)
{
	r->to = arena_strdup(w->arena, to);
	changed(w, r);
}

/* --- towards the engine ------------------------------------------------------
 */

void row_record(const struct d_row *r, struct recs *out)
{
	int i, n = entity_desc(r->e)->n_fields;
	struct rec *rec;

	if (r->to) {
		rec = recs_add(out, REC_ALIAS, r->e, r->rid);
		rec->to = arena_strdup(out->arena, r->to);
		return;
	}
	if (r->gone) {
		recs_add(out, REC_GONE, r->e, r->rid);
		return;
	}
	rec = recs_add(out, REC_ROW, r->e, r->rid);
	rec->version = arena_printf(out->arena, "%lld", (long long)r->version);
	for (i = 0; i < n; i++) {
		rec->v[i] = r->v[i];
		if (r->v[i].kind == VAL_TEXT)
			rec->v[i].s = arena_strndup(
				out->arena, r->v[i].s, r->v[i].len);
	}
}

/* The first entry after `seq`. */
static size_t log_after(const struct d_world *w, int64_t seq)
{
	size_t lo = 0, hi = w->n_log;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (w->log[mid].seq <= seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int world_changes(
	const struct d_world *w, int64_t *seq, int max, struct recs *out)
{
	size_t i = log_after(w, *seq);

	for (; i < w->n_log && out->n < max; i++) {
		*seq = w->log[i].seq;
		if (w->log[i].row->seq == w->log[i].seq)
			row_record(w->log[i].row, out);
	}
	return i < w->n_log;
}
