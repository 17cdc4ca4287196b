/* SPDX-License-Identifier: MIT */
/*
 * What is as it was when one comes back: the bench, the case, and what panes
 * want to remember. One small file of the state folder, written when the person
 * leaves; one that is damaged is no reason not to start.
 */
#include "bench_priv.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"

#define MAX_FILE 65536

static void write_panes(const struct bench *b, struct jw *w)
{
	int i;

	jw_key(w, "panes");
	jw_obj(w);
	for (i = 0; i < b->n_slots; i++) {
		const struct pane *p = &b->slots[i].pane;
		struct buf one = BUF_INIT;

		if (!b->slots[i].opened || !p->ops->save)
			continue;
		p->ops->save(p, &one);
		if (one.len) {
			jw_key(w, p->ops->name);
			jw_raw(w, buf_str(&one));
		}
		buf_fini(&one);
	}
	jw_obj_end(w);
}

static void write_sizes(const struct bench *b, struct jw *w)
{
	const struct sizes *s;
	int i, any;

	jw_key(w, "sizes");
	jw_obj(w);
	for (s = b->all_sizes; s; s = s->next) {
		for (i = any = 0; i < s->n; i++)
			any |= s->v[i] != 0;
		if (!any)
			continue;
		jw_key(w, s->name);
		jw_arr(w);
		for (i = 0; i < s->n; i++)
			jw_int(w, s->v[i]);
		jw_arr_end(w);
	}
	jw_obj_end(w);
}

static void write_case(const struct bench *b, struct jw *w)
{
	const struct desk_case *k = desk_case(b->desk);

	if (k->entity == ENT_COUNT)
		return;
	jw_key(w, "entity");
	jw_str(w, entity_desc(k->entity)->name);
	jw_key(w, "id");
	jw_int(w, k->id);
}

/* Not what was written to people. */
static void write_lines(const struct bench *b, struct jw *w)
{
	struct command_line cmd;
	struct arena *a = arena_new();
	int i;

	jw_key(w, "lines");
	jw_arr(w);
	for (i = 0; i < b->n_lines; i++)
		if (command_parse(b->lines[i], a, &cmd) == 0 &&
			strcmp(command_desc(cmd.id)->args, "[text]") != 0)
			jw_str(w, b->lines[i]);
	jw_arr_end(w);
	err_clear();
	arena_free(a);
}

void keep_write(const struct bench *b)
{
	char *dir = path_user(PATH_STATE, NULL);
	char *path = path_user(PATH_STATE, "bench.json");
	struct buf out = BUF_INIT;
	struct jw w;

	jw_init(&w, &out);
	jw_obj(&w);
	jw_key(&w, "bench");
	jw_str(&w, b->scenario->name);
	write_case(b, &w);
	write_sizes(b, &w);
	write_panes(b, &w);
	write_lines(b, &w);
	jw_obj_end(&w);
	if (path_make_private(dir) < 0 ||
		file_write(path, buf_str(&out), out.len) < 0)
		log_warn("bench", "%s", err_msg());
	buf_fini(&out);
	free(path);
	free(dir);
}

struct json_doc *keep_read(void)
{
	char *path = path_user(PATH_STATE, "bench.json"), *text = NULL;
	struct json_doc *doc = NULL;
	size_t len;

	if (access(path, R_OK) == 0 &&
		file_read(path, MAX_FILE, &text, &len) == 0 &&
		json_parse(text, len, &json_limits_small, &doc) < 0) {
		log_warn("bench", "%s: %s", path, err_msg());
		doc = NULL;
	}
	err_clear();
	free(text);
	free(path);
	return doc;
}

/* Any number may stand there: layout_solve() takes them all. */
void keep_sizes(struct bench *b, const struct json_doc *doc)
{
	const struct json *all = json_get(json_root(doc), "sizes");
	size_t i;
	int k;

	for (k = 0; all && k < b->n_names; k++) {
		const struct json *v = json_get(all, b->names[k]);
		size_t n = v ? json_len(v) : 0;
		struct sizes *s;

		if (!n || n > MAX_NODES)
			continue;
		s = borders_of(b, b->names[k]);
		for (i = 0; i < n; i++) {
			int64_t cells = 0;

			(void)json_int(json_at(v, i), &cells);
			s->v[i] = cells > 1000	  ? 1000
				  : cells < -1000 ? -1000
						  : (int)cells;
		}
		s->n = (int)n;
	}
}

void keep_panes(struct bench *b, const struct json_doc *doc)
{
	const struct json *panes = json_get(json_root(doc), "panes");
	int i;

	for (i = 0; panes && i < b->n_slots; i++) {
		struct pane *p = &b->slots[i].pane;
		const struct json *v = json_get(panes, p->ops->name);

		if (v && b->slots[i].opened && p->ops->restore)
			p->ops->restore(p, v);
	}
}

void keep_case(struct bench *b, const struct json_doc *doc)
{
	const char *name = json_get_str(json_root(doc), "entity");
	const struct entity_desc *e = name ? entity_by_name(name) : NULL;
	int64_t id = json_get_int(json_root(doc), "id", 0);

	if (e && id && desk_focus(b->desk, e->id, id) < 0)
		err_clear(); /* it is not there any more */
}

void keep_lines(struct bench *b, const struct json_doc *doc)
{
	const struct json *v = json_get(json_root(doc), "lines");
	size_t i;

	for (i = v ? json_len(v) : 0; i > 0; i--)
		if (json_str(json_at(v, i - 1)))
			line_remember(b, json_str(json_at(v, i - 1)));
}
