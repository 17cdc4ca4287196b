/* SPDX-License-Identifier: MIT */
/*
 * A first walk through the workstation, for who has just come. It names
 * commands, not keys: keys are the person's own, and the palette and the help
 * on them know those.
 */
#include "pane_priv.h"

#include "galley/base/i18n.h"
#include "galley/base/mem.h"

static const struct {
	unsigned style;
	int indent;
	const char *text; /* NULL: an empty line */
} tour[] = {
	{ST_STRONG, 0, N_("Welcome. Two minutes, then you can work.")},
	{ST_TEXT, 0, NULL},
	{ST_LABEL, 0, N_("One case is in focus")},
	{ST_TEXT, 2,
		N_("Go through a list with down and up; open puts the row in "
		   "focus. Thread, customer, journey, answer and orders turn "
		   "to it at once. back and forward go through the cases you "
		   "had.")},
	{ST_LABEL, 0, N_("Panes and benches")},
	{ST_TEXT, 2,
		N_("pane.next moves the focus to the next pane, pane.zoom "
		   "gives one pane the whole screen and takes it back. bench "
		   "changes the whole table: hotline, online, ticket, qa, "
		   "supervisor.")},
	{ST_LABEL, 0, N_("Write")},
	{ST_TEXT, 2,
		N_("reply writes to the customer, note to colleagues, send "
		   "sends. While the countdown runs, undo takes it back. Your "
		   "draft is kept, whatever happens to the line or the "
		   "machine.")},
	{ST_TEXT, 2,
		N_("answer.insert puts the best answer for this case into what "
		   "you write; answer.worked and answer.failed count whether "
		   "it has helped.")},
	{ST_LABEL, 0, N_("Change")},
	{ST_TEXT, 2,
		N_("take makes a case yours, assign gives it away, status and "
		   "set change its fields. mark marks rows first: the same "
		   "words then act on all of them.")},
	{ST_LABEL, 0, N_("Find")},
	{ST_TEXT, 2,
		N_("filter narrows the list under the cursor while you type, "
		   "search looks through everything there ever was.")},
	{ST_LABEL, 0, N_("Journey")},
	{ST_TEXT, 2,
		N_("The curve says how it felt, 5 good to 1 bad; * is a moment "
		   "of truth, ! one that went wrong. journey.in and "
		   "journey.out change the time: from two years to one case.")},
	{ST_LABEL, 0, N_("When something is wrong")},
	{ST_TEXT, 2,
		N_("Without a network you go on working: what you do waits in "
		   "the outbox and is sent once. What needs your decision "
		   "stands there with its reason. messages shows what was "
		   "said at the bottom, settings what is set and where.")},
	{ST_LABEL, 0, N_("When you do not know the key")},
	{ST_TEXT, 2,
		N_("palette finds every command by its name or by what it "
		   "does, shows its key, and says why one is grey. help lists "
		   "the keys of this pane, describe-key says what a key does. "
		   "A colon takes a command by name.")},
	{ST_DIM, 2,
		N_("In the demo centre, demo faster, demo slower and demo "
		   "pause set how fast its day goes.")},
};

static int help_load(struct pane *p)
{
	size_t i;

	reader_begin(p->own, p->w, p->h);
	for (i = 0; i < ARRAY_SIZE(tour); i++)
		if (tour[i].text)
			reader_text(p->own, tour[i].style, tour[i].indent, 0,
				_(tour[i].text));
		else
			reader_line(p->own, ST_TEXT, 0, 0, "%s", "");
	reader_end(p->own);
	return 0;
}

static int help_copy(const struct pane *p, struct buf *out)
{
	const struct reader *r = p->own;
	int i;

	for (i = r->top; i < r->n && i < r->top + r->h; i++)
		buf_addf(out, "%s\n", r->v[i].text);
	return out->len > 0;
}

const struct pane_ops pane_help = {
	.name = "help",
	.title = N_("First steps"),
	.title_short = N_("Help"),
	.topics = 0,
	.contexts = CX_TEXT,
	.min_w = 28,
	.min_h = 4,
	.good_w = 64,
	.good_h = 24,
	.drop = 9,
	.state_size = sizeof(struct reader),
	TEXTPANE,
	.load = help_load,
	.copy = help_copy,
};
