/* SPDX-License-Identifier: MIT */
/*
 * A verb on many rows: what would change, what is so already and what cannot be
 * is counted and shown before anything is queued; done, it is one thing that
 * is taken back as one. Nothing has happened until the person says so.
 */
#include "bench_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

#define TYPE_FROM 20 /* rows: their number must be typed */

struct plan {
	struct overlay o;
	struct ask ask;
	const char *answers[2];
	char *title, *verb, *text, *line, *why; /* why: the first that cannot */
	enum entity entity;
	int64_t *ids; /* that change */
	int n, same, cannot;
};

/* --- counting ------------------------------------------------------------- */

static enum field_id owner_field(enum entity e)
{
	return e == ENT_TICKET ? FID_TICKET_OWNER : FID_CONVERSATION_OWNER;
}

static enum field_id status_field(enum entity e)
{
	return e == ENT_TICKET ? FID_TICKET_STATUS : FID_CONVERSATION_STATUS;
}

/* Is it theirs already? `name` as a person says it. */
static int is_owner(
	struct bench *b, const struct row *r, enum entity e, const char *name)
{
	const struct val *v = row_get(r, owner_field(e));
	struct rows rows;
	char *rid;
	int same = 0;

	if (v->kind != VAL_INT)
		return strcmp(name, "none") == 0;
	if (session_ref(desk_session(b->desk), ENT_AGENT, r->connector, name,
		    &rid) < 0)
		return 0; /* said when it is done */
	if (store_row_rid(desk_ro(b->desk), ENT_AGENT, r->connector, rid,
		    &rows) == 0) {
		same = rows.v[0].id == v->i;
		rows_free(&rows);
	}
	free(rid);
	return same;
}

static int has_value(const struct row *r, enum field_id f, const char *value)
{
	const struct val *v = row_get(r, f);
	char n[32];

	if (v->kind == VAL_INT) {
		snprintf(n, sizeof(n), "%lld", (long long)v->i);
		return strcmp(v->s ? v->s : n, value) == 0;
	}
	return v->kind == VAL_TEXT && v->s && strcmp(v->s, value) == 0;
}

/* "field=value", all of them. */
static int has_values(
	const struct row *r, enum entity e, const struct command_line *cmd)
{
	int i;

	for (i = 0; i < cmd->argc; i++) {
		const char *eq = strchr(cmd->argv[i], '=');
		char *name =
			eq ? xstrndup(cmd->argv[i], (size_t)(eq - cmd->argv[i]))
			   : NULL;
		const struct field_desc *f =
			name ? field_by_name(e, name) : NULL;

		free(name);
		if (!f || !has_value(r, f->id, eq + 1))
			return 0;
	}
	return cmd->argc > 0;
}

static int is_so(struct bench *b, const struct row *r, enum entity e,
	const struct command_line *cmd)
{
	switch (cmd->id) {
	case CMD_TAKE:
		return is_owner(b, r, e, "me");
	case CMD_ASSIGN:
		return is_owner(b, r, e, cmd->rest);
	case CMD_STATUS:
		return has_value(r, status_field(e), cmd->rest);
	case CMD_SET:
		return has_values(r, e, cmd);
	default:
		return 0;
	}
}

static void count_row(struct bench *b, struct plan *p,
	const struct command_line *cmd, int64_t id)
{
	struct rows rows;
	int rc = store_row(desk_ro(b->desk), p->entity, id, &rows);

	if (rc == 0) {
		rc = input_verb_may(b, cmd, p->entity, rows.v[0].connector);
		if (rc == 0 && is_so(b, &rows.v[0], p->entity, cmd))
			p->same++;
		else if (rc == 0)
			p->ids[p->n++] = id;
		rows_free(&rows);
	}
	if (rc == 0)
		return;
	p->cannot++;
	if (!p->why)
		p->why = xstrdup(err_msg());
	err_clear();
}

/* --- doing ---------------------------------------------------------------- */

static void plan_do(struct bench *b, const struct plan *p)
{
	struct arena *a = arena_new();
	struct command_line cmd;
	char *said;
	int i, rc = command_parse(p->line, a, &cmd);

	said = xasprintf(P_("%s: %d row", "%s: %d rows", p->n), p->title, p->n);
	desk_group(b->desk, said);
	for (i = 0; i < p->n && rc == 0; i++)
		rc = input_verb(b, &cmd, p->entity, p->ids[i]);
	desk_group(b->desk, NULL);
	if (rc < 0)
		desk_say_err(b->desk);
	free(said);
	arena_free(a);
}

/* --- the overlay ---------------------------------------------------------- */

static void plan_draw(struct bench *b, struct overlay *o, struct canvas *screen,
	int *cx, int *cy)
{
	struct plan *p = (struct plan *)(void *)o;
	int w = screen->w - 2 < 66 ? screen->w - 2 : 66;
	int h = screen->h - 2 < 11 ? screen->h - 2 : 11;
	struct canvas c = canvas_sub(
		screen, (screen->w - w) / 2, (screen->h - h) / 3, w, h);

	(void)b;
	canvas_clear(&c, ST_TEXT);
	o->area = c;
	ask_draw(&p->ask, &c, cx, cy);
	if (*cx < 0)
		return;
	*cx += c.x;
	*cy += c.y;
}

static enum over_did plan_event(
	struct bench *b, struct overlay *o, const struct ui_event *e)
{
	struct plan *p = (struct plan *)(void *)o;
	int did;

	if (e->kind == UI_MOUSE)
		did = ask_mouse(&p->ask, &o->area, e);
	else if (e->kind == UI_KEY)
		did = ask_key(&p->ask, e->key);
	else
		return OVER_KEEP;
	if (did < 0 || (did == 2 && p->ask.at == 0))
		return OVER_CLOSE;
	if (did != 2)
		return OVER_KEEP;
	plan_do(b, p);
	return OVER_CLOSE;
}

static void plan_free(struct overlay *o)
{
	struct plan *p = (struct plan *)(void *)o;

	edit_free(p->ask.typed);
	free(p->title);
	free(p->verb);
	free(p->text);
	free(p->line);
	free(p->why);
	free(p->ids);
}

static const struct overlay_ops plan_ops = {.draw = plan_draw,
	.event = plan_event,
	.free = plan_free,
	.hint = N_("Enter answers   Left, Right choose   Esc leaves it as it is")};

static void put_question(struct plan *p)
{
	struct buf t = BUF_INIT;

	buf_addf(&t, P_("%d row changes", "%d rows change", p->n), p->n);
	if (p->same) {
		buf_addc(&t, '\n');
		buf_addf(&t,
			P_("%d stays as it is", "%d stay as they are", p->same),
			p->same);
	}
	if (p->cannot)
		buf_addf(&t, "\n%d: %s", p->cannot, p->why);
	p->text = buf_take(&t);
	p->answers[0] = _("Cancel");
	p->answers[1] = p->verb;
	p->ask = (struct ask){.title = p->title,
		.text = p->text,
		.answers = p->answers,
		.n = 2,
		.count = p->n >= TYPE_FROM ? p->n : 0};
	if (p->ask.count)
		p->ask.typed = edit_new(0, 16);
}

int plan_push(struct bench *b, const struct command_line *cmd, enum entity e,
	const int64_t *ids, int n)
{
	struct plan *p = xcalloc(1, sizeof(*p));
	int i, rc = 0;

	p->o.ops = &plan_ops;
	p->entity = e;
	p->line = xasprintf("%s%s%s", command_desc(cmd->id)->name,
		cmd->rest && *cmd->rest ? " " : "", cmd->rest ? cmd->rest : "");
	p->verb = words_title(_(command_desc(cmd->id)->text));
	p->title = xasprintf(
		"%s%s", p->verb, p->line + strlen(command_desc(cmd->id)->name));
	p->ids = xcalloc((size_t)n, sizeof(*p->ids));
	for (i = 0; i < n; i++)
		count_row(b, p, cmd, ids[i]);
	if (!p->n && p->why)
		rc = err_set(E_INPUT, "%s", p->why);
	else if (!p->n)
		rc = err_set(E_NOTFOUND, _("nothing changes: all of them are so already"));
	if (rc < 0) {
		plan_free(&p->o);
		free(p);
		return rc;
	}
	put_question(p);
	overlay_push(b, &p->o);
	return 0;
}
