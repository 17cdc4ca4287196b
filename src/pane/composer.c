/* SPDX-License-Identifier: MIT */
/*
 * Where one writes: a reply or a note for the case in focus. Its text belongs
 * to the case, not to the pane: turning to another case keeps it as a draft and
 * shows that one's. A case has a draft of each kind, and what was begun for
 * colleagues is never shown as a reply. Before a reply leaves it is looked at
 * (card numbers, shouting) and the thread is checked for news; nothing here
 * takes the focus.
 */
#include "pane_priv.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/app/when.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

#define MAX_TEXT (256 * 1024)

struct composer {
	struct edit *edit;
	int note;	/* 0 reply */
	int writing;	/* takes keys */
	char key[64];	/* of the draft shown, "" none */
	enum entity of; /* whose it is */
	int64_t id;
	int both;	 /* there is a draft of the other kind too */
	uint64_t saved;	 /* revision that is a draft, */
	size_t saved_at; /* and the cursor in it */
	int64_t head;	 /* newest customer message when writing began */
	int newer;	 /* the customer has written since */
	int confirmed;	 /* the person sends it all the same */
	char warn[160];	 /* what the checks found, "" nothing */
};

static struct composer *own(const struct pane *p)
{
	return p->own;
}

/* --- whose text it is ----------------------------------------------------- */

static int case_thread(const struct pane *p, enum entity *e, int64_t *id)
{
	const struct desk_case *c = desk_case(p->desk);

	*e = c->entity;
	*id = c->id;
	if (c->entity != ENT_CONVERSATION && c->ticket) {
		*e = ENT_TICKET;
		*id = c->ticket;
	}
	return *e == ENT_TICKET || *e == ENT_CONVERSATION;
}

static int has_draft(const struct pane *p, int note)
{
	const struct composer *c = own(p);
	struct arena *a = arena_new();
	const char *text;
	char key[64];
	int rc;

	desk_draft_key(c->of, c->id, note, key);
	rc = desk_draft_get(p->desk, key, a, &text);
	if (rc < 0)
		err_clear();
	arena_free(a);
	return rc == 0;
}

/* Of the scenario: here one mostly writes for colleagues. */
static int usually_note(const struct pane *p)
{
	return p->arg && strcmp(p->arg, "note") == 0;
}

/* A draft is "cursor kind" LF text: the cursor comes back too. */
static void save(struct pane *p, int now)
{
	struct composer *c = own(p);
	char *text;

	if (!c->key[0] || (c->saved == edit_revision(c->edit) &&
				  c->saved_at == edit_cursor(c->edit)))
		return;
	c->saved = edit_revision(c->edit);
	c->saved_at = edit_cursor(c->edit);
	if (!edit_len(c->edit)) {
		desk_draft(p->desk, c->key, NULL, now);
		return;
	}
	text = xasprintf("%zu %s\n%s", edit_cursor(c->edit),
		c->note ? "note" : "reply", edit_text(c->edit));
	desk_draft(p->desk, c->key, text, now);
	free(text);
}

static void restore(struct pane *p)
{
	struct composer *c = own(p);
	struct arena *a = arena_new();
	const char *text, *body;
	size_t cursor = 0;

	c->confirmed = c->newer = 0;
	c->warn[0] = '\0';
	edit_set(c->edit, "", 0);
	if (c->key[0] && desk_draft_get(p->desk, c->key, a, &text) == 0) {
		body = strchr(text, '\n');
		cursor = strtoul(text, NULL, 10);
		if (body && isdigit((unsigned char)*text)) {
			edit_set(c->edit, body + 1, cursor);
		} else {
			/* the text of an operation that was taken back */
			edit_set(c->edit, text, strlen(text));
		}
	}
	c->saved = edit_revision(c->edit);
	c->saved_at = edit_cursor(c->edit);
	arena_free(a);
}

/* Turns to the draft of a kind. */
static void show(struct pane *p, int note)
{
	struct composer *c = own(p);

	save(p, 1);
	c->note = note;
	desk_draft_key(c->of, c->id, note, c->key);
	restore(p);
}

/* The kind that is usual here, unless only the other one was begun. */
static void show_begun(struct pane *p)
{
	int usual = usually_note(p);

	show(p, usual);
	if (!edit_len(own(p)->edit) && has_draft(p, !usual))
		show(p, !usual);
}

/* The draft is another than the one that was kept from here: something that was
 * taken back stands behind it. Who types keeps the cursor. */
static void take_news(struct pane *p)
{
	struct composer *c = own(p);
	struct arena *a = arena_new();
	const char *text, *body;
	size_t cursor = edit_cursor(c->edit), was = edit_len(c->edit);

	if (!c->writing && !edit_len(c->edit)) {
		show_begun(p);
	} else if (c->key[0] && c->saved == edit_revision(c->edit) &&
		   desk_draft_get(p->desk, c->key, a, &text) == 0) {
		body = strchr(text, '\n');
		body = body && isdigit((unsigned char)*text) ? body + 1 : text;
		if (strlen(body) > edit_len(c->edit) &&
			strncmp(body, edit_text(c->edit), edit_len(c->edit)) ==
				0 &&
			edit_change(c->edit, body) == 0) {
			edit_move_to(c->edit, was ? cursor : strlen(body));
			save(p, 1);
		}
	}
	err_clear();
	arena_free(a);
}

static int64_t newest_in(const struct pane *p)
{
	int64_t in, id;
	enum entity e;

	if (!case_thread(p, &e, &id) ||
		store_thread_newest_in(desk_ro(p->desk), e, id, &in) < 0)
		return 0;
	return in;
}

/* --- checks --------------------------------------------------------------- */

static int luhn(const char *digits, int n)
{
	int i, sum = 0;

	for (i = 0; i < n; i++) {
		int v = digits[n - 1 - i] - '0';

		if (i & 1) {
			v *= 2;
			v -= v > 9 ? 9 : 0;
		}
		sum += v;
	}
	return sum % 10 == 0;
}

/* Runs of digits, spaces and dashes between them do not count. */
static const char *secret_in(const char *s)
{
	char run[32];
	int n = 0;

	for (;; s++) {
		if (*s >= '0' && *s <= '9') {
			if (n < 31)
				run[n++] = *s;
			continue;
		}
		if (n && (*s == ' ' || *s == '-') && s[1] >= '0' && s[1] <= '9')
			continue;
		if (n >= 13 && n <= 19 && luhn(run, n))
			return _("may hold a bank card number");
		if ((n == 17 && (*s == 'X' || *s == 'x')) || n == 18)
			return _("may hold an ID number");
		n = 0;
		if (!*s)
			return NULL;
	}
}

static int shouts(const char *s)
{
	int upper = 0, lower = 0, marks = 0;

	for (; *s; s++) {
		upper += *s >= 'A' && *s <= 'Z';
		lower += *s >= 'a' && *s <= 'z';
		marks = *s == '!' ? marks + 1 : marks;
	}
	return marks > 3 || (upper > 20 && upper > lower);
}

static void check(struct pane *p)
{
	struct composer *c = own(p);
	const char *what = secret_in(edit_text(c->edit));

	c->warn[0] = '\0';
	if (what)
		snprintf(c->warn, sizeof(c->warn), "%s", what);
	else if (!c->note && shouts(edit_text(c->edit)))
		snprintf(c->warn, sizeof(c->warn), "%s",
			_("reads like shouting"));
}

/* --- sending -------------------------------------------------------------- */

static int blank(const char *s)
{
	return s[strspn(s, " \t\r\n")] == '\0';
}

/* 0 when it may go. Asking twice is the confirmation. */
static int hold_back(struct pane *p)
{
	struct composer *c = own(p);
	int64_t in = newest_in(p);

	check(p);
	if (c->confirmed)
		return 0;
	if (!c->note && in != c->head) {
		c->newer = 1;
		c->head = in;
		c->confirmed = 1;
		desk_say(p->desk, NOTICE_WARN,
			_("The customer has written meanwhile: read it, then "
			  "send again."));
		return 1;
	}
	if (c->warn[0] && !c->note) {
		c->confirmed = 1;
		desk_say(p->desk, NOTICE_WARN,
			_("Not sent yet: it %s. Send again if it is right."),
			c->warn);
		return 1;
	}
	return 0;
}

/* What is said of it when it waits in the outbox; freed. */
static char *said_of(struct pane *p, int64_t not_before, int if_quiet)
{
	char at[32];

	if (!not_before)
		return xstrdup(
			own(p)->note ? _("note kept") : _("reply goes out"));
	words_time_long(p->desk, not_before, at);
	return xasprintf(if_quiet ? _("it will be sent at %s, unless the "
				      "customer writes")
				  : _("it will be sent at %s"),
		at);
}

static enum pane_did send(struct pane *p, int64_t not_before, int if_quiet)
{
	struct composer *c = own(p);
	struct intent in = {.not_before_ms = not_before, .if_quiet = if_quiet};
	enum entity e;
	int64_t id;
	char *said;
	int rc;

	if (!case_thread(p, &e, &id) || blank(edit_text(c->edit))) {
		desk_say(p->desk, NOTICE_WARN, _("There is nothing to send."));
		return DID_DRAW;
	}
	if (hold_back(p))
		return DID_DRAW;
	in.target = id;
	in.kind = e == ENT_CONVERSATION
			  ? (c->note ? OP_MESSAGE_NOTE : OP_MESSAGE_SEND)
			  : (c->note ? OP_TICKET_NOTE : OP_TICKET_REPLY);
	in.in.text = edit_text(c->edit);
	in.draft = c->key;
	in.said = said = said_of(p, not_before, if_quiet);
	save(p, 1);
	rc = desk_do(p->desk, &in);
	free(said);
	if (rc < 0) {
		desk_say_err(p->desk);
		return DID_DRAW;
	}
	edit_set(c->edit, "", 0);
	c->saved = edit_revision(c->edit);
	c->saved_at = 0;
	c->writing = 0;
	show_begun(p);
	return DID_LEAVE;
}

/* --- the pane ------------------------------------------------------------- */

static int composer_open(struct pane *p)
{
	own(p)->edit = edit_new(1, MAX_TEXT);
	return 0;
}

static void composer_close(struct pane *p)
{
	save(p, 1);
	edit_free(own(p)->edit);
}

static void write_on(struct pane *p, int note)
{
	struct composer *c = own(p);

	if (note != c->note)
		show(p, note);
	c->both = has_draft(p, !note);
	if (!edit_len(c->edit))
		c->head = newest_in(p);
	c->writing = 1;
	c->newer = c->confirmed = 0;
}

static void take_insert(struct pane *p)
{
	struct composer *c = own(p);
	char *whole = desk_take_edited(p->desk);
	char *text = desk_take_insert(p->desk);
	int note;

	if (desk_take_write(p->desk, &note) && c->key[0])
		write_on(p, note);
	if (whole && c->key[0]) {
		if (edit_change(c->edit, whole) < 0)
			desk_say_err(p->desk);
		c->confirmed = 0;
		check(p);
		save(p, 1);
	}
	free(whole);
	if (text && c->key[0]) {
		const char *put = text;
		size_t at = edit_cursor(c->edit);

		if (!edit_len(c->edit))
			c->head = newest_in(p);
		/* that it begins a line is no empty line */
		put += *put == '\n' &&
		       (!at || edit_text(c->edit)[at - 1] == '\n');
		if (edit_insert(c->edit, put, strlen(put)) < 0)
			desk_say_err(p->desk);
		/* who puts a text in goes on writing */
		c->writing = 1;
		c->newer = c->confirmed = 0;
		save(p, 0);
	}
	free(text);
}

static int composer_load(struct pane *p)
{
	struct composer *c = own(p);
	int64_t id;
	enum entity e;

	if (!case_thread(p, &e, &id)) {
		save(p, 1);
		c->key[0] = '\0';
		c->writing = c->both = 0;
		restore(p);
	} else if (!c->key[0] || e != c->of || id != c->id) {
		save(p, 1);
		c->key[0] = '\0';
		c->of = e;
		c->id = id;
		c->writing = 0;
		show_begun(p);
		c->head = newest_in(p);
	} else {
		take_news(p); /* what was taken back comes home */
	}
	take_insert(p);
	if (c->key[0])
		c->both = has_draft(p, !c->note);
	else
		p->state = PANE_EMPTY;
	return 0;
}

static void draw_head(const struct pane *p, struct canvas *c)
{
	const struct composer *m = own(p);
	const struct desk_case *k = desk_case(p->desk);
	int x;

	x = canvas_text(c, 0, 0, m->note ? ST_NOTE : ST_OUT,
		m->note ? _("Note to colleagues") : _("Reply to the customer"));
	x += canvas_printf(
		c, x, 0, ST_DIM, "  %s", k->about[0] ? k->about : k->name);
	if (m->newer)
		canvas_text(c, x + 2, 0, ST_WARN, _("new message above !"));
	else if (m->warn[0])
		canvas_printf(c, x + 2, 0, ST_WARN, "! %s", m->warn);
	else if (m->both)
		canvas_text(c, x + 2, 0, ST_DIM,
			m->note ? _("a reply was begun too")
				: _("a note was begun too"));
}

static void composer_draw(const struct pane *p, struct canvas *c)
{
	const struct composer *m = own(p);
	struct canvas in = canvas_sub(c, 0, 1, -1, -1);
	int x, y;

	draw_head(p, c);
	edit_draw(m->edit, &in,
		m->writing ? _("Write here. Esc keeps it as a draft.")
			   : _("r writes to the customer, c to colleagues."),
		&x, &y);
}

static int composer_cursor(const struct pane *p, int *x, int *y)
{
	const struct composer *m = own(p);
	struct grid *g;
	struct canvas c;

	if (!m->writing || p->w < 1 || p->h < 2)
		return 0;
	g = grid_new(p->w, p->h);
	c = canvas_of(g, &glyphs_ascii);
	c = canvas_sub(&c, 0, 1, -1, -1);
	edit_draw(m->edit, &c, NULL, x, y);
	*y += 1;
	grid_free(g);
	return 1;
}

static unsigned composer_where(const struct pane *p)
{
	return own(p)->writing ? CX_WRITE : CX_CASE | CX_TEXT;
}

/* Whoever clicks goes on with what is shown. */
static enum pane_did begin(struct pane *p, int note)
{
	struct composer *c = own(p);

	(void)!composer_load(p);
	if (!c->key[0]) {
		desk_say(p->desk, NOTICE_WARN,
			_("Nothing is in focus: open a case first."));
		p->state = PANE_EMPTY;
		return DID_DRAW;
	}
	write_on(p, note);
	return DID_DRAW;
}

/* The text as the other kind; what was begun of that one is not lost for it. */
static void turn_kind(struct pane *p)
{
	struct composer *c = own(p);

	if (has_draft(p, !c->note)) {
		desk_say(p->desk, NOTICE_WARN,
			c->note ? _("A reply was begun too: send or empty that one first.")
				: _("A note was begun too: send or empty that one first."));
		return;
	}
	desk_draft(p->desk, c->key, NULL, 0);
	c->note = !c->note;
	desk_draft_key(c->of, c->id, c->note, c->key);
	c->saved = 0;
	save(p, 0);
}

static enum pane_did send_at(
	struct pane *p, const struct command_line *cmd, int if_quiet)
{
	int64_t t;

	if (!cmd->argc)
		return DID_NOTHING;
	if (if_quiet && own(p)->note) {
		desk_say(p->desk, NOTICE_WARN,
			_("The customer does not see a note: only a reply can "
			  "wait for silence."));
		return DID_DRAW;
	}
	if (when_read(cmd->rest, desk_now(p->desk), desk_zone(p->desk), &t) <
		0) {
		desk_say_err(p->desk);
		return DID_DRAW;
	}
	return send(p, t, if_quiet);
}

static enum pane_did composer_command(
	struct pane *p, const struct command_line *cmd)
{
	struct composer *c = own(p);

	switch (cmd->id) {
	case CMD_REPLY:
	case CMD_NOTE:
		return cmd->argc ? DID_NOTHING : begin(p, cmd->id == CMD_NOTE);
	case CMD_OPEN:
		return c->writing ? DID_NOTHING : begin(p, c->note);
	case CMD_SEND:
		return send(p, 0, 0);
	case CMD_SEND_LATER:
		return send_at(p, cmd, 0);
	case CMD_SEND_QUIET:
		return send_at(p, cmd, 1);
	case CMD_EDITOR:
		if (!c->key[0])
			return DID_NOTHING;
		c->writing = 1;
		save(p, 1);
		desk_edit(p->desk, edit_text(c->edit));
		return DID_DRAW;
	case CMD_WRITE_KIND:
		turn_kind(p);
		return DID_DRAW;
	case CMD_WRITE_LEAVE:
		c->writing = 0;
		save(p, 1);
		return DID_LEAVE;
	default:
		return DID_NOTHING;
	}
}

static enum pane_did composer_event(struct pane *p, const struct ui_event *e)
{
	struct composer *c = own(p);

	if (e->kind == UI_MOUSE)
		return e->act == MOUSE_DOWN ? begin(p, c->note) : DID_NOTHING;
	if (!c->writing || !edit_event(c->edit, e))
		return DID_NOTHING;
	c->confirmed = 0;
	check(p);
	save(p, 0);
	return DID_DRAW;
}

static const char *composer_why_not(const struct pane *p, enum command cmd)
{
	if ((cmd == CMD_SEND || cmd == CMD_SEND_LATER ||
		    cmd == CMD_SEND_QUIET) &&
		blank(edit_text(own(p)->edit)))
		return _("nothing is written");
	return NULL;
}

static const char *composer_note(const struct pane *p, struct arena *a)
{
	const struct composer *c = own(p);

	(void)a;
	if (!edit_len(c->edit))
		return NULL;
	return c->writing ? _("writing") : _("draft");
}

static void composer_empty(
	const struct pane *p, const char **say, const char **hint)
{
	if (desk_case(p->desk)->entity == ENT_COUNT) {
		*say = _("No case is in focus.");
		*hint = NULL;
		return;
	}
	*say = _("There is no ticket here to write to.");
	*hint = _("C opens one for this customer.");
}

const struct pane_ops pane_composer = {
	.name = "composer",
	.title = N_("Write"),
	.topics = TOPIC_FOCUS | TOPIC_DRAFT,
	.contexts = CX_CASE | CX_TEXT,
	.min_w = 24,
	.min_h = 4,
	.good_w = 60,
	.good_h = 8,
	.drop = 0,
	.state_size = sizeof(struct composer),
	.open = composer_open,
	.close = composer_close,
	.load = composer_load,
	.draw = composer_draw,
	.cursor = composer_cursor,
	.where = composer_where,
	.command = composer_command,
	.event = composer_event,
	.why_not = composer_why_not,
	.note = composer_note,
	.empty = composer_empty,
};
