/* SPDX-License-Identifier: MIT */
/* The call log, newest first. */
#include "pane_priv.h"

#include <string.h>
#include "galley/app/codes.h"
#include "galley/base/i18n.h"
#include "galley/base/timefmt.h"

struct calls {
	struct rowlist *list;
};

static struct calls *own(const struct pane *p)
{
	return p->own;
}

static void draw_row(
	void *u, const struct row *r, struct canvas *c, int cursor, int marked)
{
	struct pane *p = u;
	const char *status = words_str(r, FID_CALL_STATUS);
	const char *dir = words_str(r, FID_CALL_DIR);
	const char *who = words_str(r, FID_CALL_CUSTOMER);
	struct arena *a = arena_new();
	const char *why = codes_words(words_str(r, FID_CALL_DISPOSITION), a);
	int64_t start = row_get(r, FID_CALL_STARTED)->i;
	int64_t from = row_get(r, FID_CALL_ANSWERED)->i;
	int64_t to = row_get(r, FID_CALL_ENDED)->i;
	char t[24], len[TIME_SAID_SIZE] = "";
	int ringing = status && strcmp(status, "ringing") == 0, x;
	int talking = from && !to;

	(void)marked;
	if (from && to > from)
		time_span_said(to - from, len);
	canvas_text(c, 0, 0, ringing ? ST_RING : ST_STRONG,
		cursor				 ? ">"
		: dir && strcmp(dir, "out") == 0 ? "<"
						 : " ");
	x = 2 +
	    canvas_slot(c, 2, 0, words_time_cells(), ST_DIM,
		    words_time(p->desk, start, t), 1) +
	    1;
	x += canvas_slot(c, x, 0, 8,
		     ringing   ? ST_RING
		     : talking ? ST_GOOD
		     : !from   ? ST_WARN
			       : ST_TEXT,
		     ringing   ? _("RINGING")
		     : talking ? _("talking")
		     : from    ? len
			       : _("missed"),
		     1) +
	     1;
	x += canvas_slot(c, x, 0, 16, ST_TEXT, who ? who : "", 1) + 1;
	canvas_slot(c, x, 0, c->w - x, ST_DIM, why ? why : "", 0);
	arena_free(a);
	if (cursor)
		canvas_tint(c, 0, 0, c->w, ST_ON_CURSOR);
}

static const struct rowlist_ops row_ops = {.draw = draw_row};

static int calls_open(struct pane *p)
{
	own(p)->list = rowlist_new(p, ENT_CALL, &row_ops, p, 1);
	return rowlist_query(own(p)->list, "", "-started");
}

static void calls_close(struct pane *p)
{
	rowlist_free(own(p)->list);
}

static int calls_load(struct pane *p)
{
	return rowlist_load(own(p)->list);
}

static int calls_redraw(const struct pane *p, struct canvas *c)
{
	return rowlist_redraw(own(p)->list, c);
}

static void calls_draw(const struct pane *p, struct canvas *c)
{
	rowlist_draw(own(p)->list, c);
}

static enum pane_did calls_command(
	struct pane *p, const struct command_line *cmd)
{
	const struct row *r = rowlist_current(own(p)->list);

	if (cmd->id != CMD_OPEN)
		return rowlist_command(own(p)->list, cmd);
	if (r && desk_focus(p->desk, ENT_CALL, r->id) < 0)
		desk_say_err(p->desk);
	return DID_DRAW;
}

static enum pane_did calls_event(struct pane *p, const struct ui_event *e)
{
	return rowlist_event(own(p)->list, e);
}

static int calls_follow(struct pane *p, enum entity *e, int64_t *id)
{
	return rowlist_follow(own(p)->list, e, id);
}

static int calls_filter(struct pane *p, const char *text)
{
	return rowlist_filter(own(p)->list, text);
}

/* When, who and from where, as far as the role sees it. */
static int calls_copy(const struct pane *p, struct buf *out)
{
	const struct row *r = rowlist_current(own(p)->list);
	struct arena *a = arena_new();
	const char *who, *number;
	char t[32];

	if (r) {
		who = words_str(r, FID_CALL_CUSTOMER);
		number = words_str(r, FID_CALL_NUMBER);
		buf_adds(out, words_time_long(p->desk,
				      row_get(r, FID_CALL_STARTED)->i, t));
		if (who)
			buf_addf(out, "  %s", who);
		if (number)
			buf_addf(
				out, "  %s", words_contact(p->desk, number, a));
	}
	arena_free(a);
	return r != NULL;
}

static void calls_empty(
	const struct pane *p, const char **say, const char **hint)
{
	(void)p;
	*say = _("No calls.");
	*hint = NULL;
}

const struct pane_ops pane_calls = {
	.name = "calls",
	.title = N_("Calls"),
	.topics = TOPIC(ENT_CALL) | TOPIC_FOCUS,
	.contexts = CX_LIST | CX_CASE,
	.min_w = 24,
	.min_h = 4,
	.good_w = 44,
	.good_h = 8,
	.drop = 6,
	.state_size = sizeof(struct calls),
	.open = calls_open,
	.close = calls_close,
	.load = calls_load,
	.draw = calls_draw,
	.redraw = calls_redraw,
	.command = calls_command,
	.event = calls_event,
	.follow = calls_follow,
	.filter = calls_filter,
	.copy = calls_copy,
	.empty = calls_empty,
};
