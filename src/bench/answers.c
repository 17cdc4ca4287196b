/* SPDX-License-Identifier: MIT */
/*
 * What a person has answered in the fields of a macro or form, kept beside the
 * drafts until it is done or taken out again: a crash, or a way out, costs no
 * answer. What a field holds by itself is not kept, it may be another tomorrow.
 */
#include "answers.h"

#include <stdlib.h>
#include <string.h>
#include "galley/base/json.h"
#include "galley/base/mem.h"

/* Of a macro on a case. */
static char *key_of(const char *macro, enum entity e, int64_t id)
{
	return xasprintf(
		"fill:%s:%s:%lld", macro, entity_desc(e)->name, (long long)id);
}

int answers_there(struct bench *b, const char *macro, enum entity e, int64_t id)
{
	struct arena *a = arena_new();
	char *key = key_of(macro, e, id);
	const char *text;
	int there = desk_draft_get(b->desk, key, a, &text) == 0;

	err_clear();
	free(key);
	arena_free(a);
	return there;
}

/* A choice by its English words: its place may be another one by then. */
static const char *answer(
	const struct macro_field *q, const struct form_field *v)
{
	if (v->edit)
		return edit_text(v->edit);
	return v->at < 0 ? "" : macro_in(q->choices[v->at].text, 0);
}

void answers_begin(struct answers *a, const char *macro, enum entity e,
	int64_t id, const struct form *f, const struct macro_field *asks)
{
	int i;

	a->key = key_of(macro, e, id);
	for (i = 0; i < f->n; i++)
		a->first[i] = xstrdup(answer(&asks[i], &f->fields[i]));
	a->n = f->n;
}

void answers_end(struct answers *a)
{
	int i;

	for (i = 0; i < a->n; i++)
		free(a->first[i]);
	free(a->kept);
	free(a->key);
}

static char *print(const struct answers *a, const struct form *f,
	const struct macro_field *asks)
{
	struct buf out = BUF_INIT;
	struct jw w;
	int i, n = 0;

	jw_init(&w, &out);
	jw_obj(&w);
	jw_kstr(&w, "at", f->n ? asks[f->at].name : "");
	for (i = 0; i < f->n; i++) {
		const struct form_field *v = &f->fields[i];
		const char *s = answer(&asks[i], v);

		if (strcmp(s, a->first[i]) == 0)
			continue;
		if (!n++) {
			jw_key(&w, "answers");
			jw_obj(&w);
		}
		jw_key(&w, asks[i].name);
		jw_arr(&w);
		jw_str(&w, s);
		jw_int(&w, v->edit ? (int64_t)edit_cursor(v->edit) : 0);
		jw_arr_end(&w);
	}
	if (n)
		jw_obj_end(&w);
	jw_obj_end(&w);
	if (n)
		return buf_take(&out);
	buf_fini(&out);
	return NULL;
}

int answers_keep(struct answers *a, struct bench *b, const struct form *f,
	const struct macro_field *asks, int now)
{
	char *s = print(a, f, asks);

	if (now || strcmp(s ? s : "", a->kept ? a->kept : "") != 0)
		desk_draft(b->desk, a->key, s, now);
	free(a->kept);
	a->kept = s;
	return s != NULL;
}

static void put(struct form_field *v, const struct macro_field *q,
	const char *s, int64_t cursor)
{
	int i;

	if (v->edit)
		edit_set(v->edit, s, (size_t)cursor);
	for (i = 0; !v->edit && i < q->n_choices; i++)
		if (strcmp(macro_in(q->choices[i].text, 0), s) == 0)
			v->at = i;
}

static void take(
	const struct json *kept, struct form *f, const struct macro_field *asks)
{
	const char *at = json_get_str(kept, "at");
	int i;

	for (i = 0; i < f->n; i++) {
		const struct json *v =
			json_get(json_get(kept, "answers"), asks[i].name);
		const char *s = v ? json_str(json_at(v, 0)) : NULL;
		int64_t cursor = -1;

		if (s) {
			(void)json_int(json_at(v, 1), &cursor);
			put(&f->fields[i], &asks[i], s, cursor);
		}
		if (at && strcmp(asks[i].name, at) == 0)
			f->at = i;
	}
}

void answers_take(struct answers *a, struct bench *b, struct form *f,
	const struct macro_field *asks)
{
	struct arena *arena = arena_new();
	struct json_doc *doc;
	const char *text;

	if (desk_draft_get(b->desk, a->key, arena, &text) == 0 &&
		json_parse(text, strlen(text), &json_limits_wire, &doc) == 0) {
		take(json_root(doc), f, asks);
		json_free(doc);
		a->kept = print(a, f, asks);
	}
	err_clear();
	arena_free(arena);
}

void answers_drop(struct answers *a, struct bench *b)
{
	desk_draft(b->desk, a->key, NULL, 1);
}
