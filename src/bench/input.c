/* SPDX-License-Identifier: MIT */
/*
 * From keys to what is done: overlay, then the sequence so far in the contexts
 * that hold, then text. A command goes to the pane in focus, then to the bench,
 * then to the verbs of cases; the first that knows it does it.
 */
#include "bench_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/app/named.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/proc.h"

#define MAX_TARGETS 10000
#define PLAN_FROM   3 /* rows: a verb on so many shows its plan first */

/* --- what a pane has done ------------------------------------------------- */

static int took(struct bench *b, struct slot *s, enum pane_did did)
{
	if (did == DID_NOTHING)
		return 0;
	b->dirty = 1;
	if (s->draw == DRAW_NOTHING)
		s->draw = DRAW_KEY;
	if (did == DID_LOAD)
		s->dirty = 1;
	if (did == DID_LEAVE && b->before != b->focus) {
		bench_show(b, b->slots[b->before].pane.ops->name);
		s->dirty = 1;
	}
	return 1;
}

/* --- verbs on cases ------------------------------------------------------- */

struct verb {
	enum command id;
	enum op_kind ticket, conversation; /* OP_COUNT: none */
};

static const struct verb verbs[] = {
	{CMD_TAKE, OP_TICKET_TAKE, OP_CONVERSATION_ASSIGN},
	{CMD_ASSIGN, OP_TICKET_ASSIGN, OP_CONVERSATION_ASSIGN},
	{CMD_STATUS, OP_TICKET_SET, OP_CONVERSATION_STATUS},
	{CMD_SET, OP_TICKET_SET, OP_COUNT},
	{CMD_TAGS, OP_TICKET_TAGS, OP_CONVERSATION_TAGS},
	{CMD_LINK, OP_TICKET_LINK, OP_COUNT},
	{CMD_MERGE, OP_TICKET_MERGE, OP_COUNT},
	{CMD_REPLY, OP_TICKET_REPLY, OP_MESSAGE_SEND},
	{CMD_NOTE, OP_TICKET_NOTE, OP_MESSAGE_NOTE},
};

static const struct verb *verb_of(enum command id)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (verbs[i].id == id)
			return &verbs[i];
	return NULL;
}

/* "+a -b" */
static void tags_args(
	const struct command_line *cmd, struct arena *a, struct opargs *in)
{
	const char **add = arena_calloc(a, (size_t)cmd->argc + 1, sizeof(*add));
	const char **rem = arena_calloc(a, (size_t)cmd->argc + 1, sizeof(*rem));
	int i;

	for (i = 0; i < cmd->argc; i++)
		if (cmd->argv[i][0] == '-')
			rem[in->n_remove++] = cmd->argv[i] + 1;
		else
			add[in->n_add++] =
				cmd->argv[i] + (cmd->argv[i][0] == '+');
	in->add = add;
	in->remove = rem;
}

/* What is one name needs no quotation marks around its spaces. */
static const char *one_name(const struct command_line *cmd)
{
	return cmd->argc == 1 ? cmd->argv[0] : cmd->rest;
}

static int verb_args(const struct command_line *cmd, enum entity e,
	struct arena *a, struct opargs *in)
{
	const char **sets;

	switch (cmd->id) {
	case CMD_TAKE:
		in->owner = "me";
		return 0;
	case CMD_ASSIGN:
		in->owner = one_name(cmd);
		return 0;
	case CMD_STATUS:
		if (e == ENT_CONVERSATION) {
			in->status = one_name(cmd);
			return 0;
		}
		sets = arena_calloc(a, 1, sizeof(*sets));
		sets[0] = arena_printf(a, "status=%s", one_name(cmd));
		in->sets = sets;
		in->n_sets = 1;
		return 0;
	case CMD_SET:
		in->sets = (const char *const *)cmd->argv;
		in->n_sets = cmd->argc;
		return 0;
	case CMD_TAGS:
		tags_args(cmd, a, in);
		return 0;
	case CMD_LINK:
		if (cmd->argc != 2)
			return err_set(E_INPUT, _("say how and to what: link "
						  "refers-to 123"));
		in->link_kind = cmd->argv[0];
		in->other = cmd->argv[1];
		return 0;
	case CMD_MERGE:
		in->other = one_name(cmd);
		return 0;
	default: /* reply, note */
		in->text = cmd->rest;
		return 0;
	}
}

static int verb_on(struct bench *b, const struct verb *v,
	const struct command_line *cmd, enum entity e, int64_t id)
{
	struct arena *a = arena_new();
	struct intent in = {
		.kind = e == ENT_CONVERSATION ? v->conversation : v->ticket,
		.target = id};
	int rc = 0;

	if (in.kind == OP_COUNT || (e != ENT_TICKET && e != ENT_CONVERSATION))
		rc = err_set(E_INPUT, _("this cannot be done with that"));
	if (rc == 0)
		rc = verb_args(cmd, e, a, &in.in);
	if (rc == 0)
		rc = desk_do(b->desk, &in);
	arena_free(a);
	return rc;
}

static int is_aside(enum command c)
{
	return c == CMD_SNOOZE || c == CMD_UNSNOOZE;
}

int input_verb(struct bench *b, const struct command_line *cmd, enum entity e,
	int64_t id)
{
	const struct verb *v = verb_of(cmd->id);

	if (is_aside(cmd->id))
		return aside_verb(b, cmd, e, id);
	return v ? verb_on(b, v, cmd, e, id)
		 : err_set(E_INPUT, _("this cannot be done with that"));
}

int input_verb_may(struct bench *b, const struct command_line *cmd,
	enum entity e, int connector)
{
	const struct verb *v = verb_of(cmd->id);
	enum op_kind k;

	if (is_aside(cmd->id))
		return 0;
	k = !v ? OP_COUNT : e == ENT_CONVERSATION ? v->conversation : v->ticket;
	if (k == OP_COUNT)
		return err_set(E_INPUT, _("this cannot be done with that"));
	return session_can(desk_session(b->desk), connector, k);
}

/* Only the row under the cursor, and another case has been opened meanwhile, by
 * its number or from a search: then the one that is shown is meant. */
static int is_elsewhere(struct bench *b, struct slot *s, enum entity e,
	const int64_t *ids, int n)
{
	const struct desk_case *c = desk_case(b->desk);
	enum entity under = ENT_COUNT;
	int64_t id = 0;

	if (n != 1 || b->follow || !s->pane.ops->follow ||
		c->entity == ENT_COUNT || (c->entity == e && c->id == ids[0]))
		return 0;
	return s->pane.ops->follow(&s->pane, &under, &id) && under == e &&
	       id == ids[0];
}

/* What a verb acts on: the marked rows or the one under the cursor, else the
 * case in focus. How many goes to *n; freed by the caller. */
static int64_t *aim(struct bench *b, enum command id, enum entity *e, int *n)
{
	struct slot *s = bench_slot(b);
	const struct desk_case *c = desk_case(b->desk);
	int64_t *ids = xcalloc(MAX_TARGETS, sizeof(*ids));

	*n = 0;
	if (s && s->pane.ops->targets && (command_desc(id)->flags & CF_MARKS)) {
		*n = s->pane.ops->targets(&s->pane, e, ids, MAX_TARGETS);
		if ((*e != ENT_TICKET && *e != ENT_CONVERSATION) ||
			is_elsewhere(b, s, *e, ids, *n))
			*n = 0; /* a verb of cases */
	}
	if (*n)
		return ids;
	*e = c->entity;
	ids[0] = c->id;
	*n = c->entity != ENT_COUNT;
	if (c->entity != ENT_CONVERSATION && c->ticket) {
		*e = ENT_TICKET;
		ids[0] = c->ticket;
	}
	return ids;
}

static int verb_run(struct bench *b, const struct command_line *cmd)
{
	enum entity e;
	int n, i, rc = 0;
	int64_t *ids = aim(b, cmd->id, &e, &n);

	if (!n)
		rc = err_set(
			E_INPUT, _("nothing is in focus: open a case first"));
	else if (n >= PLAN_FROM)
		rc = plan_push(b, cmd, e, ids, n);
	for (i = 0; i < n && n < PLAN_FROM && rc == 0; i++)
		rc = input_verb(b, cmd, e, ids[i]);
	free(ids);
	return rc;
}

int input_aim(struct bench *b, enum command c, struct buf *out)
{
	struct arena *a;
	struct row_title t;
	enum entity e;
	char name[256];
	int64_t *ids;
	int n, connector = 0;

	if (!(command_desc(c)->contexts & CX_CASE))
		return 0;
	ids = aim(b, c, &e, &n);
	a = arena_new();
	if (n && store_title(desk_ro(b->desk), e, ids[0], a, &t) == 0) {
		connector = n == 1 ? t.connector : 0;
		if (n == 1)
			buf_adds(out, session_name(desk_session(b->desk),
					      t.connector, t.rid, t.id, name));
		else
			buf_addf(out, P_("%d row", "%d rows", n), n);
	}
	err_clear();
	arena_free(a);
	free(ids);
	return connector;
}

/* --- commands of the bench ------------------------------------------------ */

static int nth_bench(struct bench *b, int i)
{
	if (i >= b->n_names)
		return err_set(E_NOTFOUND, _("there is no such bench"));
	return bench_scenario(b, b->names[i]);
}

static int copy(struct bench *b)
{
	const struct slot *s = bench_slot(b);
	struct buf out = BUF_INIT;
	int n = s && s->pane.ops->copy ? s->pane.ops->copy(&s->pane, &out) : 0;

	if (n && out.len) {
		term_copy(b->term, out.p, out.len);
		desk_say(b->desk, NOTICE_DONE, _("copied: %.60s"),
			buf_str(&out));
	}
	buf_fini(&out);
	return n ? 0 : err_set(E_NOTFOUND, _("there is nothing to copy here"));
}

static int show(struct bench *b, const char *pane)
{
	if (bench_show(b, pane))
		return 0;
	return err_set(E_NOTFOUND, _("this bench has no pane `%s`"), pane);
}

/* Nothing is marked, nothing filtered: out of the one pane, then of what lies
 * over the layout. */
static void step_out(struct bench *b)
{
	desk_seen(b->desk);
	if (b->zoom) {
		b->zoom = 0;
		b->resized = 1;
	} else {
		bench_show(b, b->slots[bench_anchor(b)].pane.ops->name);
	}
}

static int bench_run_command(struct bench *b, const struct command_line *cmd)
{
	const char *arg = cmd->rest ? cmd->rest : "";

	switch (cmd->id) {
	case CMD_HELP:
		overlay_help(b, arg);
		return 0;
	case CMD_DESCRIBE_KEY:
		b->describing = 1;
		return 0;
	case CMD_PALETTE:
		overlay_palette(b, arg);
		return 0;
	case CMD_LINE:
		overlay_line(b, arg);
		return 0;
	case CMD_QUIT:
		b->quit = 1;
		return 0;
	case CMD_SUSPEND:
		term_suspend(b->term);
		return 0;
	case CMD_REDRAW:
		term_redraw(b->term);
		return 0;
	case CMD_MESSAGES:
		desk_seen(b->desk);
		overlay_messages(b);
		return 0;
	case CMD_SYNC:
		desk_sync(b->desk, WANT_PULL);
		return 0;
	case CMD_UNDO:
		return desk_undo(b->desk);
	case CMD_LANGUAGE:
		return setting_language(b, arg);
	case CMD_CONFIG:
		return setting_change(b, cmd);
	case CMD_KEEP:
		return setting_keep(b);
	case CMD_ORIGIN:
		return origin_open(b);
	case CMD_ATTACH_OPEN:
	case CMD_ATTACH_SAVE:
	case CMD_ATTACH_COPY:
		return attach_command(b, cmd);
	case CMD_CREATE:
		return create_push(b, arg);
	case CMD_BACK:
		return desk_back(b->desk);
	case CMD_FORWARD:
		return desk_forward(b->desk);
	case CMD_SEARCH:
		overlay_search(b, arg);
		return 0;
	case CMD_BENCH:
		return bench_scenario(b, arg);
	case CMD_BENCH_1:
	case CMD_BENCH_2:
	case CMD_BENCH_3:
	case CMD_BENCH_4:
	case CMD_BENCH_5:
		return nth_bench(b, (int)(cmd->id - CMD_BENCH_1));
	case CMD_PANE_NEXT:
		bench_focus_next(b, 1);
		return 0;
	case CMD_PANE_PREV:
		bench_focus_next(b, -1);
		return 0;
	case CMD_PANE_GO:
		return show(b, arg);
	case CMD_PANE_ZOOM:
		b->zoom = !b->zoom;
		b->resized = 1;
		return 0;
	case CMD_PANE_WIDER:
		return borders_resize(b, 0, 2);
	case CMD_PANE_NARROWER:
		return borders_resize(b, 0, -2);
	case CMD_PANE_TALLER:
		return borders_resize(b, 1, 1);
	case CMD_PANE_SHORTER:
		return borders_resize(b, 1, -1);
	case CMD_PANE_EVEN:
		borders_even(b);
		return 0;
	case CMD_THEME:
		return setting_theme(b, arg);
	case CMD_KEYS:
		return setting_keys(b, arg);
	case CMD_PANIC:
		b->blank = 1;
		return 0;
	case CMD_DEMO:
		return desk_demo(b->desk, arg);
	case CMD_OUTBOX:
		return show(b, "outbox");
	case CMD_SNIPPET:
		return fill_choose(b, MACRO_SNIPPET, arg);
	case CMD_MACRO:
		return fill_choose(b, MACRO_MACRO, arg);
	case CMD_FORM:
		return fill_choose(b, MACRO_FORM, arg);
	case CMD_SETTINGS:
		return show(b, "settings");
	case CMD_FILTER:
		overlay_filter(b);
		return 0;
	case CMD_COPY:
		return copy(b);
	case CMD_MARK_NONE:
		step_out(b);
		return 0;
	default:
		return E_NOTFOUND;
	}
}

/* --- running -------------------------------------------------------------- */

/* A verb needs no focus where rows are under marks or a cursor. */
static int has_targets(const struct slot *s)
{
	enum entity e;
	int64_t id;

	return s && s->opened && s->pane.ops->targets &&
	       s->pane.ops->targets(&s->pane, &e, &id, 1) > 0;
}

/* The pane that has the call says it, wherever the focus is. */
static const char *call_why_not(const struct bench *b, enum command c)
{
	int i;

	for (i = 0; i < b->n_slots; i++) {
		const struct pane *p = &b->slots[i].pane;

		if (b->slots[i].opened && p->ops->where &&
			(p->ops->where(p) & CX_CALL))
			return p->ops->why_not ? p->ops->why_not(p, c) : NULL;
	}
	return _("there is no call");
}

const char *input_why_not(const struct bench *b, enum command c)
{
	const struct command_desc *d = command_desc(c);
	const struct slot *s = b->n_slots ? &b->slots[b->focus] : NULL;
	const char *why;

	why = desk_may_not(b->desk, d->permission);
	if (why)
		return why;
	if (d->contexts == CX_CALL)
		return call_why_not(b, c);
	if (c == CMD_KEEP && !desk_offered(b->desk))
		return _("nothing is to be kept");
	if (s && s->pane.ops->why_not) {
		why = s->pane.ops->why_not(&s->pane, c);
		if (why)
			return why;
	}
	if ((d->contexts & CX_CASE) && !(d->contexts & ~(unsigned)CX_CASE) &&
		desk_case(b->desk)->entity == ENT_COUNT &&
		!((d->flags & CF_MARKS) && has_targets(s)))
		return _("nothing is in focus");
	return attach_why_not(b, c);
}

static int needs_argument(
	const struct command_desc *d, const struct command_line *cmd)
{
	return d->args[0] == '<' && cmd->argc == 0;
}

#define SAME_MAX 20

/* Several are called so: the person says which one. */
static void choose_named(struct bench *b, const struct named *v, int n)
{
	struct arena *a = arena_new();
	struct choice *c = arena_calloc(a, (size_t)n, sizeof(*c));
	char whole[256];
	int i;

	for (i = 0; i < n; i++)
		c[i] = (struct choice){.entity = v[i].entity,
			.id = v[i].id,
			.text = v[i].title ? v[i].title : "",
			.note = arena_printf(a, "%s %s",
				entity_word(v[i].entity),
				session_name(desk_session(b->desk),
					v[i].connector, v[i].rid, v[i].id,
					whole))};
	overlay_choose(b, _("Several are called so: which one?"), c, n);
	arena_free(a);
}

/* `open` with a name: whatever is called so. */
static int open_by_name(struct bench *b, const char *name)
{
	struct arena *a = arena_new();
	struct named *v = arena_calloc(a, SAME_MAX, sizeof(*v));
	int n = named_find(
		desk_session(b->desk), desk_ro(b->desk), name, a, v, SAME_MAX);
	int rc = 0;

	if (!n)
		rc = err_set(E_INPUT,
			_("nothing called \"%s\" is in the cache; `galley sync` may bring it"),
			name);
	else if (n == 1)
		rc = desk_focus(b->desk, v[0].entity, v[0].id);
	else
		choose_named(b, v, n);
	arena_free(a);
	return rc;
}

/* The best answer is put in also where there is no room to see it. */
static void wake_answer(struct bench *b, enum command c)
{
	int i;

	if (c < CMD_ANSWER_INSERT || c > CMD_ANSWER_OUTDATED)
		return;
	for (i = 0; i < b->n_slots; i++)
		if (strcmp(b->slots[i].pane.ops->name, "answer") == 0)
			slot_wake(&b->slots[i]);
}

/* What was taken back is written anew at once, where there is a pane for it. */
static void go_on_writing(struct bench *b)
{
	int note;

	if (!desk_take_write(b->desk, &note) || !bench_show(b, "composer"))
		return;
	desk_write(b->desk, note);
}

static int run_somewhere(struct bench *b, const struct command_line *cmd)
{
	const struct verb *v = verb_of(cmd->id);
	struct slot *s;
	int i, rc;

	/* what is put in must not wait for the next case that is written in */
	if ((cmd->id == CMD_ANSWER_INSERT || cmd->id == CMD_ANSWER_LINK) &&
		!bench_show(b, "composer"))
		return err_set(
			E_NOTFOUND, _("this bench has no pane to write in"));
	wake_answer(b, cmd->id);
	s = bench_slot(b);
	if (cmd->id == CMD_OPEN && cmd->argc)
		return open_by_name(b, cmd->argv[0]);
	if (cmd->id == CMD_OPEN && setting_row(b))
		return 0;

	if (s && s->opened && s->pane.ops->command &&
		took(b, s, s->pane.ops->command(&s->pane, cmd))) {
		if (cmd->id == CMD_OP_CHANGE)
			go_on_writing(b);
		return 0;
	}
	bench_dirty(b);
	/* writing happens in the composer, wherever one stands */
	if ((cmd->id == CMD_REPLY || cmd->id == CMD_NOTE ||
		    (command_desc(cmd->id)->contexts & CX_WRITE)) &&
		!(v && cmd->argc))
		for (i = 0; i < b->n_slots; i++) {
			struct slot *w = &b->slots[i];

			if (strcmp(w->pane.ops->name, "composer") != 0 ||
				!w->opened)
				continue;
			bench_show(b, "composer");
			if (took(b, w, w->pane.ops->command(&w->pane, cmd)))
				return 0;
		}
	if (is_aside(cmd->id) || (v && cmd->argc + (cmd->id == CMD_TAKE)))
		return verb_run(b, cmd);
	rc = bench_run_command(b, cmd);
	if (rc != E_NOTFOUND || err_code() == E_NOTFOUND)
		return rc;
	/* any other pane on the bench that knows it */
	for (i = 0; i < b->n_slots; i++)
		if (i != b->focus && b->slots[i].opened &&
			b->slots[i].pane.ops->command &&
			took(b, &b->slots[i],
				b->slots[i].pane.ops->command(
					&b->slots[i].pane, cmd)))
			return 0;
	return err_set(E_NOTFOUND, _("`%s` does nothing here"),
		command_desc(cmd->id)->name);
}

/* What an editor leaves: nothing is taken for a text. */
static void edited(struct bench *b, const char *was, char *text)
{
	size_t n = strlen(text);

	if (n && text[n - 1] == '\n' &&
		was[strlen(was) - (*was != '\0')] != '\n')
		text[n - 1] = '\0'; /* editors end every line */
	if (strcmp(text, was) == 0)
		desk_say(
			b->desk, NOTICE_DONE, _("The editor changed nothing."));
	else if (!text[strspn(text, " \t\r\n")])
		desk_say(b->desk, NOTICE_WARN,
			_("The editor left no text: yours stays as it was."));
	else
		desk_edited(b->desk, text);
}

/* Long texts are written in $EDITOR. What was typed is a draft already; an
 * editor that fails changes nothing. */
static void run_editor(struct bench *b)
{
	char *text = desk_take_edit(b->desk), *out = NULL;
	int rc;

	if (!text)
		return;
	term_leave(b->term);
	rc = proc_edit_passing("message", text, &out);
	term_enter(b->term);
	term_redraw(b->term);
	if (rc < 0)
		desk_say(b->desk, NOTICE_ERROR,
			_("Your text stays as it was: %s"), err_msg());
	else
		edited(b, text, out);
	free(out);
	free(text);
}

void input_run(struct bench *b, const struct command_line *cmd)
{
	const struct command_desc *d = command_desc(cmd->id);
	const char *why = input_why_not(b, cmd->id);

	b->dirty = 1;
	if (why) {
		char *title = words_title(_(d->text));

		desk_say(b->desk, NOTICE_WARN, "%s: %s", title, why);
		free(title);
		return;
	}
	if (needs_argument(d, cmd)) {
		overlay_argument(b, cmd->id);
		return;
	}
	err_clear();
	if (run_somewhere(b, cmd) < 0)
		desk_say(b->desk,
			err_code() == E_NOTFOUND ? NOTICE_WARN : NOTICE_ERROR,
			"%s", err_msg());
	run_editor(b);
}

int input_do(struct bench *b, const struct command_line *cmd)
{
	const struct command_desc *d = command_desc(cmd->id);
	const char *why = input_why_not(b, cmd->id);

	b->dirty = 1;
	if (why)
		return err_set(
			desk_may(b->desk, d->permission) ? E_INPUT : E_PERM,
			"%s: %s", _(d->text), why);
	if (needs_argument(d, cmd))
		return err_set(E_INPUT, _("something is missing: %s %s"),
			d->name, d->args);
	err_clear();
	return run_somewhere(b, cmd);
}

int bench_command(struct bench *b, const char *line)
{
	struct arena *a = arena_new();
	struct command_line cmd;
	int rc = command_parse(line, a, &cmd);

	if (rc == 0) {
		if ((command_desc(cmd.id)->flags & CF_CONFIRM) &&
			!input_why_not(b, cmd.id))
			overlay_confirm(b, &cmd);
		else
			input_run(b, &cmd);
	}
	arena_free(a);
	return rc;
}

/* --- keys ----------------------------------------------------------------- */

static void describe(struct bench *b, const struct key_hit *hit)
{
	const struct command_desc *d = command_desc(hit->id);
	const char *why = input_why_not(b, hit->id);
	char *title = words_title(_(d->text));
	char *not_now = why ? xasprintf(_("Not now: %s"), why) : xstrdup("");
	char *text = xasprintf("%s%s%s\n\n:%s %s", _(d->help), why ? "\n" : "",
		not_now, d->name, d->args);

	if (b->linear)
		desk_say(b->desk, NOTICE_DONE, "%s: %s", title, text);
	else
		overlay_tell(b, title, text);
	free(not_now);
	free(text);
	free(title);
}

static void no_keys(struct bench *b)
{
	b->n_keys = 0;
	b->which_shown = 0;
}

static void run_hit(struct bench *b, const struct key_hit *hit)
{
	const struct command_desc *d = command_desc(hit->id);
	struct arena *a = arena_new();
	struct command_line cmd;

	if (command_parse(
		    arena_printf(a, "%s %s", d->name, hit->args), a, &cmd) < 0)
		desk_say_err(b->desk);
	else if (d->flags & CF_CONFIRM && (cmd.argc || !*d->args) &&
		 !input_why_not(b, hit->id))
		overlay_confirm(b, &cmd);
	else
		input_run(b, &cmd);
	arena_free(a);
}

/* A key that means nothing: text for who is typing, else a word. */
static void loose_key(struct bench *b, const struct ui_event *e)
{
	struct slot *s = bench_slot(b);
	struct buf t = BUF_INIT;
	char words[KEY_WORDS_SIZE];

	if (s && s->pane.ops->event &&
		took(b, s, s->pane.ops->event(&s->pane, e)))
		return;
	key_format(&t, e->key);
	key_words(buf_str(&t), words);
	desk_say(b->desk, NOTICE_WARN, _("%s means nothing here; ? helps."),
		words);
	buf_fini(&t);
}

/* A key of calls, while there is none: it says so. */
static int of_no_call(struct bench *b, const struct ui_event *e)
{
	struct key_hit hit;

	if (keymap_find(b->keymap, CX_CALL, 1, &e->key, 1, &hit) !=
			KEY_COMMAND ||
		!input_why_not(b, hit.id))
		return 0;
	run_hit(b, &hit);
	return 1;
}

static void on_key(struct bench *b, const struct ui_event *e)
{
	unsigned cx = bench_contexts(b);
	struct key_hit hit;
	enum key_answer answer;
	int begun;

	if (b->n_keys == MAX_KEYS)
		no_keys(b);
	begun = b->n_keys;
	b->keys[b->n_keys++] = e->key;
	b->keys_mono = clock_mono_ms(b->clock);
	answer = keymap_find(
		b->keymap, cx, (cx & CX_WRITE) != 0, b->keys, b->n_keys, &hit);
	if (answer == KEY_NOTHING && bench_aside(b))
		answer = keymap_find(
			b->keymap, bench_aside(b), 1, b->keys, b->n_keys, &hit);
	if (answer == KEY_PREFIX)
		return;
	no_keys(b);
	if (b->describing) {
		b->describing = 0;
		if (answer == KEY_COMMAND ||
			keymap_find(b->keymap, CX_CALL, 1, &e->key, 1, &hit) ==
				KEY_COMMAND)
			describe(b, &hit);
		else
			desk_say(b->desk, NOTICE_WARN,
				_("This key does nothing here."));
		return;
	}
	if (answer == KEY_COMMAND)
		run_hit(b, &hit);
	else if (!(begun && e->key.code == KEY_ESC) &&
		 !(!begun && of_no_call(b, e)))
		loose_key(b, e);
}

void input_tick(struct bench *b)
{
	if (!b->n_keys || b->which_shown ||
		clock_mono_ms(b->clock) < b->keys_mono + WHICH_MS)
		return;
	b->which_shown = b->dirty = 1;
}

/* --- the mouse ------------------------------------------------------------ */

static void by_click(struct bench *b, enum command id)
{
	const struct command_desc *d = command_desc(id);
	struct command_line cmd = {.id = id, .rest = ""};

	if ((d->flags & CF_CONFIRM) && !input_why_not(b, id) && !*d->args)
		overlay_confirm(b, &cmd);
	else
		input_run(b, &cmd);
}

/* A notice: its key, else the case that it speaks of, else all that was said.
 */
static int on_toast(struct bench *b, const struct ui_event *e)
{
	int action = 0;
	const struct notice *n = frame_toast_at(b, e->x, e->y, &action);

	if (!n)
		return 0;
	if (action)
		by_click(b, n->offer ? CMD_KEEP : CMD_UNDO);
	else if (!n->id)
		by_click(b, CMD_MESSAGES);
	else if (desk_focus(b->desk, n->entity, n->id) < 0)
		desk_say_err(b->desk);
	else
		desk_end_toast(b->desk, n);
	bench_dirty(b);
	return 1;
}

/* The lines around the panes: 1 when the press was on one of them. */
/* Panes without room, to choose from; the only one at once. */
static void choose_pane(struct bench *b)
{
	struct choice v[LAYOUT_MAX_PANES];
	struct arena *a = arena_new();
	int i, n = b->layout.n_hidden;

	for (i = 0; i < n; i++) {
		const struct pane_ops *o =
			b->slots[b->layout.hidden[i]].pane.ops;

		v[i] = (struct choice){.text = _(o->title),
			.note = "",
			.line = arena_printf(a, "pane.go %s", o->name)};
	}
	if (n == 1)
		bench_show(b, b->slots[b->layout.hidden[0]].pane.ops->name);
	else if (n)
		overlay_choose(b, _("Panes without room here"), v, n);
	arena_free(a);
}

static int on_lines(struct bench *b, const struct ui_event *e)
{
	int i = -1;

	if (e->y == 0) {
		i = frame_tab_at(b, e->x);
		if (i >= 0 && i < b->n_names && nth_bench(b, i) < 0)
			desk_say_err(b->desk);
		else if (frame_unread_at(b, e->x))
			by_click(b, CMD_MESSAGES);
		return 1;
	}
	if (e->y == b->grid->h - 2 && (i = frame_hint_at(b, e->x)) >= 0)
		by_click(b, (enum command)i);
	else if (e->y == b->grid->h - 1 && (i = frame_hidden_at(b, e->x)) >= 0)
		bench_show(b, b->slots[i].pane.ops->name);
	else if (e->y == b->grid->h - 1 && frame_more_at(b, e->x))
		choose_pane(b);
	return e->y >= b->grid->h - 2;
}

/* The title of a pane stands on the border that it shares with the one above.
 */
static int slot_at(const struct bench *b, int x, int y)
{
	int i;

	for (i = 0; i < b->n_slots; i++) {
		const struct rect *r = &b->slots[i].rect;

		if (r->w && r->y == y && x >= r->x && x < r->x + r->w)
			return i;
	}
	return frame_slot_at(b, x, y);
}

/* What a pane makes of it; a double click on a row opens it. */
static void to_slot(struct bench *b, int i, const struct ui_event *e)
{
	static const struct command_line open = {.id = CMD_OPEN, .rest = ""};
	struct slot *s = &b->slots[i];
	struct ui_event in = *e;
	int inside;

	in.x -= s->rect.x + (b->linear ? 0 : 1);
	in.y -= s->rect.y + 1;
	inside = in.x >= 0 && in.y >= 0 && in.x < s->pane.w && in.y < s->pane.h;
	if (!inside && e->act == MOUSE_DOWN)
		return;
	if (!s->opened || !s->pane.ops->event)
		return;
	if (took(b, s, s->pane.ops->event(&s->pane, &in)) && e->clicks == 2 &&
		!e->button && i == b->focus && (bench_contexts(b) & CX_LIST))
		input_run(b, &open);
}

static void on_mouse(struct bench *b, const struct ui_event *e)
{
	int i;

	if (b->drag.on && e->act == MOUSE_DRAG) {
		borders_drag(b, e->x, e->y);
		return;
	}
	b->drag.on = 0;
	if (e->act == MOUSE_DOWN && (on_toast(b, e) || on_lines(b, e)))
		return;
	i = slot_at(b, e->x, e->y);
	if (i < 0)
		return;
	if (e->act == MOUSE_DOWN) {
		bench_show(b, b->slots[i].pane.ops->name);
		bench_lay_out(b);
		if (!e->button && borders_grab(b, e->x, e->y))
			return;
	}
	to_slot(b, i, e);
}

void input_event(struct bench *b, struct ui_event *e)
{
	struct slot *s = bench_slot(b);

	if (e->kind == UI_FOCUS_IN || e->kind == UI_FOCUS_OUT) {
		news_away(b, e->kind == UI_FOCUS_OUT);
		return;
	}
	b->dirty = 1;
	if (b->blank) {
		b->blank = 0;
		bench_dirty(b);
		return;
	}
	if (e->kind == UI_EOF) {
		b->quit = 1;
		return;
	}
	click_count(&b->click, e, clock_mono_ms(b->clock));
	if (b->over) {
		if (b->over->ops->event(b, b->over, e) == OVER_CLOSE)
			overlay_pop(b);
		return;
	}
	switch (e->kind) {
	case UI_KEY:
		on_key(b, e);
		return;
	case UI_MOUSE:
		on_mouse(b, e);
		return;
	case UI_PASTE:
		if (s && (bench_contexts(b) & CX_WRITE) && s->pane.ops->event)
			took(b, s, s->pane.ops->event(&s->pane, e));
		return;
	default:
		return;
	}
}
