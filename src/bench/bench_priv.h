/* SPDX-License-Identifier: MIT */
#ifndef GALLEY_SRC_BENCH_BENCH_PRIV_H
#define GALLEY_SRC_BENCH_BENCH_PRIV_H

#include "galley/bench/bench.h"
#include "galley/pane/pane.h"
#include "galley/scenario/macro.h"
#include "galley/scenario/scenario.h"
#include "galley/ui/widget.h"

#define MAX_SLOTS LAYOUT_MAX_PANES
#define MAX_KEYS  6
#define WHICH_MS  400 /* an unfinished sequence is explained after this */

/* What of a pane is to be drawn: what a key has changed, or all of it. */
enum slot_draws { DRAW_NOTHING, DRAW_KEY, DRAW_ALL };

/* A pane in its place. */
struct slot {
	struct pane pane;
	struct rect rect; /* w 0: not shown */
	int dirty;	  /* to be loaded */
	enum slot_draws draw;
	char *framed; /* title and note as they stand in the frame */
	int opened;
	char *title; /* from the scenario file, or NULL */
	int where;   /* PLACE_* */
};

struct bench;
struct overlay;

/* What stands above the panes and takes the keys. */
enum over_did { OVER_KEEP, OVER_CLOSE };
struct overlay_ops {
	/* Draws on the whole screen. */
	void (*draw)(struct bench *b, struct overlay *o, struct canvas *screen,
		int *cx, int *cy);
	enum over_did (*event)(
		struct bench *b, struct overlay *o, const struct ui_event *e);
	void (*free)(struct overlay *o);
	const char *hint; /* its keys, for the line of keys; untranslated */
};
struct overlay {
	const struct overlay_ops *ops;
	struct overlay *below;
	int passive;	    /* shows only: keys go on to what is below */
	struct canvas area; /* of the last drawing, for the mouse */
};

/* The layout as its file gives it, in walk order: what holds now changes it. */
struct adapt {
	struct layout_node *node[4 * MAX_SLOTS];
	int drop[4 * MAX_SLOTS];
	int n;
};

/* Borders that were moved, borders.c. */
#define MAX_NODES 64
struct sizes {
	struct sizes *next;
	char *name; /* of the bench */
	int v[MAX_NODES], n;
};
struct drag {
	int on, a, c, rows, at; /* the border between two nodes */
};
/* Cells of a line that can be clicked. */
struct span {
	int x, w;
};
#define MAX_TABS   32
#define MAX_TOASTS 4

enum frame_line { LINE_TITLE, LINE_HINTS, LINE_STATUS, LINES };

/* A command that a key does here, as the line of keys says it. */
struct hint {
	enum command id;
	char key[KEY_WORDS_SIZE];
	const char *text;
	int cells;
};

struct bench {
	struct desk *desk;
	const struct config *config;
	char *wrong[2]; /* theme and keys, until there is a desk to say it */
	int n_wrong;
	struct json_doc *kept;	/* of last time, until it is come back to */
	struct scenario *ahead; /* read before it is opened */
	char *ahead_of;		/* asked for by this name */
	struct term *term;
	const struct clock *clock;
	struct theme *theme;
	struct keymap *keymap;
	enum keyset keyset;
	char *keys_file;  /* for this run, or NULL */
	char *theme_name; /* that was asked for, or NULL: by the terminal */
	struct scenario *scenario;
	char *asked;	       /* its name or path as it was asked for */
	struct parked *parked; /* benches that are not shown */
	struct task *rules;    /* being read, until the first focus */
	struct situations *situations;
	int rules_wrong; /* and it has been said */
	struct arena *names_arena;
	const char **names;  /* of the benches, NULL-ended */
	const char **titles; /* theirs, as their files give them */
	int n_names;
	struct slot *slots; /* MAX_SLOTS; panes keep their addresses */
	int n_slots;
	int focus, before; /* slots; `before` had the focus last */
	int home;	   /* the one of the layout that had it last */
	int zoom, linear;
	struct layout_result layout;
	struct adapt adapt;
	struct grid *grid; /* panes and lines, kept from frame to frame */
	struct grid *top;  /* with what stands above them */
	struct overlay *over;
	struct key keys[MAX_KEYS];
	int n_keys;
	int64_t keys_mono; /* of the last one */
	int which_shown;
	int resized, quit, blank, describing;
	int dirty; /* a frame is due */
	int shown; /* one was written since the last rest */
	int whole; /* of all panes and frames, not only of what has changed */
	int64_t minute; /* of the last whole one: ages go on */
	int64_t tick_mono;
	uint64_t frames;
	int begun;	    /* a screen has stood, the rest was looked at */
	uint64_t news_late; /* topics, until then */
	int cx, cy;
	int keep;	       /* the state is kept for the next time */
	struct watch *watch;   /* NULL: nothing is watched */
	int aimed;	       /* at the files that are in use now */
	struct finder *finder; /* NULL: nothing was searched yet */
	char *sought;	       /* what it was asked for last; may be NULL */
	int calls_known, ringing, talking; /* facts.c */
	char *origin; /* page of the case in focus, or NULL */
	struct attach *attach;
	struct called *called;		 /* NULL: nobody can call */
	struct sizes *sizes, *all_sizes; /* of this bench, of all */
	struct drag drag;
	struct click click;
	struct span tabs[MAX_TABS], hidden[LAYOUT_MAX_PANES];
	struct span more;		    /* in place of the names of those */
	struct span unread;		    /* notices, in the title line */
	struct span hints[CMD_COUNT];	    /* of the last frame, by command */
	struct toast_at toasts[MAX_TOASTS]; /* of the last ones drawn */
	const char *toast_texts[MAX_TOASTS]; /* whose they are */
	struct hint hint[CMD_COUNT];	     /* in the order of the line */
	int n_hint;
	unsigned hint_cx, hint_aside; /* that they are for */
	char *said[LINES];	      /* what they were drawn from */
	struct news_state *news;
	int follow;  /* the cursor has moved on to another case */
	int to_read; /* what was opened has come: linear.c says it */
	struct key moved_by;
	unsigned opened; /* benches so far */
	char **lines;	 /* that were typed, the newest first */
	int n_lines;
};

/* bench.c */
struct slot *bench_slot(struct bench *b); /* in focus */
unsigned bench_contexts(const struct bench *b);
int bench_typing(const struct bench *b);
/* Contexts of panes that are heard without the focus: a call in the band, by
 * what also works while typing. */
unsigned bench_aside(const struct bench *b);
int bench_scenario(struct bench *b, const char *name) MUST_CHECK;
/* Another set by name, or a key file (a path) on top of the present one; NULL:
 * the same again. On E_* (with file:line:column) the old keys stay. */
int bench_keys(struct bench *b, const char *what) MUST_CHECK;
/* Which benches there are, and their titles, as the files have them now. */
void bench_names(struct bench *b);
/* The benches that are not shown begin anew: their files have changed. */
void bench_drop_parked(struct bench *b);
/* The pane by name gets the focus, in place of another when it has no room. 0
 * when the bench has none. */
int bench_show(struct bench *b, const char *pane);
void bench_focus_next(struct bench *b, int by);
/* The pane of the layout that the focus stands for, and where a pane of the
 * layout lies, also while another one is shown in its place. */
int bench_anchor(const struct bench *b);
struct rect bench_place(const struct bench *b, int pane);
void bench_lay_out(struct bench *b);
/* The pane that takes rows at the top now, -1 none; only the one in focus? */
int bench_band(struct bench *b, int *rows);
int bench_alone(struct bench *b);
/* The whole screen is drawn anew; a pane is. The lines around them always are.
 */
void bench_dirty(struct bench *b);
/* After a frame, before more is done: what was written to a terminal goes on to
 * it when this processor is free, and who keeps it busy is seen later. */
void bench_breathe(struct bench *b);
void slot_draw(struct bench *b, struct slot *s);
/* Everything on the screen in another language; panes keep what they hold.
 * E_INPUT. */
int bench_language(struct bench *b, const char *lang) MUST_CHECK;

/* A pane without room is about to be asked for something: it reads the cache. */
void slot_wake(struct slot *s);
/* Another argument than before opens the pane anew. */
void slot_argument(struct bench *b, int i, const char *arg);

/* adapt.c */
void adapt_read(struct bench *b); /* of a new scenario */
void adapt_layout(struct bench *b);

/* keep.c */
void keep_write(const struct bench *b);
/* NULL when there is nothing to come back to. */
struct json_doc *keep_read(void);
void keep_sizes(struct bench *b, const struct json_doc *doc);
void keep_panes(struct bench *b, const struct json_doc *doc);
void keep_case(struct bench *b, const struct json_doc *doc);
void keep_lines(struct bench *b, const struct json_doc *doc);

/* watch.c: files that the person edits meanwhile */
void watch_begin(struct bench *b);
void watch_end(struct bench *b);
void watch_turn(struct bench *b);
int watch_fd(const struct bench *b); /* -1: nothing is watched */
int64_t watch_next_mono(const struct bench *b);

/* called.c: commands from other programs (remote.h) */
void called_begin(struct bench *b);
void called_end(struct bench *b);
void called_turn(struct bench *b);
int called_fds(const struct bench *b, int *fds, int max);
int64_t called_next_mono(const struct bench *b);

/* linear.c: plain lines instead of a screen, on a terminal of its own */
struct term *linear_term(void);
int linear_loop(struct bench *b);

/* news.c: what happens around the person, and how it reaches him */
void news_begin(struct bench *b);
void news_topics(struct bench *b, uint64_t topics);
void news_turn(struct bench *b);
void news_away(struct bench *b, int away);
int64_t news_next_mono(const struct bench *b);

/* borders.c */
void borders_open(struct bench *b); /* of a new scenario */
void borders_free(struct bench *b);
struct sizes *borders_of(struct bench *b, const char *name);
/* The pane in focus wider or, with rows, taller. E_NOTFOUND: none beside it. */
int borders_resize(struct bench *b, int rows, int by) MUST_CHECK;
void borders_even(struct bench *b);
/* A press on a border of the screen: 1, and the drags that follow move it. */
int borders_grab(struct bench *b, int x, int y);
void borders_drag(struct bench *b, int x, int y);

/* facts.c */
/* Which situation the case in focus is in: told to the desk. */
void facts_read(struct bench *b);
/* The rules are read beside the first thread; the first case takes them. */
void rules_begin(struct bench *b);
void rules_take(struct bench *b);
/* Their file has changed. On E_* (with file:line:column) the old ones stay. */
int rules_reread(struct bench *b) MUST_CHECK;
int facts_hold(struct bench *b, const struct scenario_when *w);

/* frame.c */
/* What is to be shown: panes that have changed are drawn anew, the others stay
 * as they are; with GALLEY_CHECK_FRAMES it is compared with a whole frame. */
const struct grid *frame_draw(struct bench *b);
void frame_end(struct bench *b);
/* Which slot is at a cell of the screen; -1 none. */
int frame_slot_at(const struct bench *b, int x, int y);
/* What stands at a cell of the last frame; -1 none. The bench of a tab in the
 * title line, the command of a hint, the pane that is named as not shown. */
int frame_hint_at(const struct bench *b, int x);
int frame_hidden_at(const struct bench *b, int x);
/* Is it the number of all that are not shown? */
int frame_more_at(const struct bench *b, int x);
int frame_tab_at(const struct bench *b, int x);
int frame_unread_at(const struct bench *b, int x);
/* The notice that is shown at a cell, or NULL; on what one may do about it? */
const struct notice *frame_toast_at(
	const struct bench *b, int x, int y, int *action);

/* input.c */
void input_event(struct bench *b, struct ui_event *e);
/* Runs a command; what goes wrong is a notice. */
void input_run(struct bench *b, const struct command_line *cmd);
/* The same for who is not at the keyboard: E_* says what goes wrong, nothing is
 * asked. */
int input_do(struct bench *b, const struct command_line *cmd) MUST_CHECK;
/* Why it cannot be done now, translated, or NULL. */
const char *input_why_not(const struct bench *b, enum command c);
/* Time has passed: a sequence that nobody finished. */
void input_tick(struct bench *b);

/* What a command would act on, for people; "" nothing. Its connector is
 * returned, 0 when there are several or none. */
int input_aim(struct bench *b, enum command c, struct buf *out);

/* offer.c: words that can follow in a line; with CMD_COUNT the line begins with
 * the command, else it is what stands behind `cmd`. They take the place of the
 * line's text from `at` on. Returns how many. */
#define OFFERS_MAX 64
struct offer {
	const char *word, *note; /* note: for people, or NULL */
};
int offers_find(struct bench *b, enum command cmd, const char *line,
	int connector, struct arena *a, struct offer **out, size_t *at);

/* line.c */
void line_remember(struct bench *b, const char *text);
void lines_free(struct bench *b);

/* overlays: each pushes itself */
void overlay_push(struct bench *b, struct overlay *o);
void overlay_pop(struct bench *b);
void overlay_line(struct bench *b, const char *text);
void overlay_filter(struct bench *b);
void overlay_palette(struct bench *b, const char *text);
void overlay_help(struct bench *b, const char *word);
void overlay_messages(struct bench *b);
void overlay_search(struct bench *b, const char *text);
/* Looks for what was typed, behind the frame that shows it. */
void overlay_ask(struct bench *b);
/* What was searched for may have been found. */
void overlay_found(struct bench *b);
/* Asks for the argument of a command, then runs it with it. */
void overlay_argument(struct bench *b, enum command c);
/* A sentence and yes or no; runs the command when it is yes. What it would be
 * done to is named, and what cannot be done is not asked. */
void overlay_confirm(struct bench *b, const struct command_line *cmd);
/* One of several to choose: runs its line as a command. */
struct choice {
	const char *text, *note;
	const char *line; /* what choosing it runs; NULL: it opens the case */
	enum entity entity;
	int64_t id;
};
/* `title` is not copied. */
void overlay_choose(
	struct bench *b, const char *title, const struct choice *v, int n);
/* A text in a box, until it has been read. */
void overlay_tell(struct bench *b, const char *title, const char *text);
/* With a large letter, for a title or a button; new string. */
char *words_title(const char *s);
/* One verb on one row. */
int input_verb(struct bench *b, const struct command_line *cmd, enum entity e,
	int64_t id) MUST_CHECK;

/* Can its connector do it, and does the verb know such rows? */
int input_verb_may(struct bench *b, const struct command_line *cmd,
	enum entity e, int connector) MUST_CHECK;

/* setting.c: what is set, changed at the screen and kept in its file */
int setting_change(struct bench *b, const struct command_line *cmd) MUST_CHECK;
/* The row under the cursor goes into the command line; 0: it is no setting. */
int setting_row(struct bench *b);
/* For this run; the notice offers to keep it, and setting_keep() does so. */
int setting_language(struct bench *b, const char *lang) MUST_CHECK;
int setting_keys(struct bench *b, const char *what) MUST_CHECK;
int setting_theme(struct bench *b, const char *name) MUST_CHECK;
int setting_keep(struct bench *b) MUST_CHECK;
/* The file was changed by others: what is different is said, what can hold at
 * once does. Also when nothing is, and it was `mended`. On E_* all stays. */
int setting_reread(struct bench *b, int mended) MUST_CHECK;
int setting_theme_again(struct bench *b) MUST_CHECK; /* its file changed */

/* aside.c: rows that are put aside for a while */
int aside_verb(struct bench *b, const struct command_line *cmd, enum entity e,
	int64_t id) MUST_CHECK;
/* "until 14:30", for what is said of all rows; E_INPUT: no such time. */
int aside_words(struct bench *b, const struct command_line *cmd,
	struct buf *out) MUST_CHECK;

/* origin.c: the page of a row at its backend */
int origin_open(struct bench *b) MUST_CHECK;
/* Another case: what its title leads to. */
void origin_read(struct bench *b);

/* attach.c: attachments of the case in focus */
void attach_begin(struct bench *b);
void attach_end(struct bench *b);
int attach_command(struct bench *b, const struct command_line *cmd) MUST_CHECK;
const char *attach_why_not(const struct bench *b, enum command c);
/* After desk_turn(); 1 when that is due once more. */
int attach_turn(struct bench *b, uint64_t topics);

/* plan.c: a verb on many rows, with counts, before it is done */
int plan_push(struct bench *b, const struct command_line *cmd, enum entity e,
	const int64_t *ids, int n) MUST_CHECK;

/* The form for a new ticket of the customer in focus; `subject` may be NULL. */
int create_push(struct bench *b, const char *subject) MUST_CHECK;
/* known.c: what the case knows of the names in texts */
#define KNOWN_MAX 24
struct known_words {
	struct arena *arena;
	struct {
		const char *name, *text;
	} v[KNOWN_MAX];
	int n;
	int lang; /* the customer's, as macro_lang(); -1 not known */
};
void known_read(struct desk *d, struct known_words *out);
void known_fini(struct known_words *k);
const char *known_value(
	const struct known_words *k, const char *name); /* or NULL */

/* fill.c: a snippet, macro or form by name; "" lets one be chosen */
int fill_choose(
	struct bench *b, enum macro_kind kind, const char *name) MUST_CHECK;
/* Drawn by the frame while a sequence waits. */
void which_draw(struct bench *b, struct canvas *screen);

#endif
