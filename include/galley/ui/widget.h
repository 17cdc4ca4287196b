/* SPDX-License-Identifier: MIT */
/*
 * Small things that are drawn in many places: tables, menus, forms, questions,
 * tabs, notices, progress and pictures of numbers. Each is plain data and a
 * draw function; those that take keys have a key function too. None of them
 * knows what it shows.
 */
#ifndef GALLEY_UI_WIDGET_H
#define GALLEY_UI_WIDGET_H

#include "galley/ui/canvas.h"
#include "galley/ui/edit.h"
#include "galley/ui/key.h"

/* --- columns ---------------------------------------------------------------- */
/* Widths of columns: `min` and `want` cells, 0 weight: never grows. Those with
 * the highest `drop` go first when there is no room. Widths go to `out`, 0 for
 * dropped ones; a space stands between. What is left meets wants from the left,
 * then goes by weight. */
struct column {
	const char *title;
	int min, want, weight, drop;
	int right; /* aligned */
};
void columns_fit(const struct column *v, int n, int w, int *out);
void columns_head(
	struct canvas *c, int y, const struct column *v, int n, const int *w);

/* --- menu, palette ---------------------------------------------------------- */
struct menu_item {
	const char *text, *note, *key; /* note: right, dim; key: its key */
	const char *why_off;	       /* greyed with this reason, or NULL */
	int found; /* for what is typed, by the owner: stays, in its order;
		      2: a note of its own follows its text, as without */
	void *data;
	const char *also; /* found by it, never shown; or NULL */
};
struct menu {
	const char *title;
	struct edit *input; /* NULL: no typing */
	struct menu_item *items;
	int n, at; /* at: an item that fits what was typed, or -1 */
	int top;   /* first one of the window; it follows `at` */
};
/* In a frame of its own. cx, cy are of `c`; -1 when nothing is typed there (so
 * in all draw functions here). */
void menu_draw(struct menu *m, struct canvas *c, int *cx, int *cy);
/* 1: taken; 2: chosen (m->at); -1: left; 0: not its key. Without an input an
 * item's own key (in the form of key.h) chooses it. */
int menu_key(struct menu *m, struct key k);
/* The same for the mouse (x, y of the grid) on the canvas it was drawn on last:
 * a click takes the cursor there, a double click or one on the cursor chooses,
 * the wheel moves, a click beside it leaves. */
int menu_mouse(
	struct menu *m, const struct canvas *c, const struct ui_event *e);
/* How well `pattern` fits `text` (subsequence, starts of words, case and width
 * folded, traditional as simplified, pinyin no): 0 not at all. An empty pattern
 * fits everything alike. */
int fuzzy_score(const char *pattern, const char *text);

/* --- question --------------------------------------------------------------- */
/* A sentence and answers. The first one leaves things as they are and has the
 * focus (`at` 0); with a count the others are open when it was typed. Letters
 * do not answer. */
struct ask {
	const char *title, *text; /* text may have several lines */
	const char *const *answers;
	int n, at;
	int64_t count; /* bulk: this number must be typed, 0 none */
	struct edit *typed; /* with a count; one line */
};
void ask_draw(const struct ask *a, struct canvas *c, int *cx, int *cy);
int ask_key(struct ask *a, struct key k); /* as menu_key() */
/* A click on an answer gives it; the second one of a double click does not: it
 * was meant for what was there before. */
int ask_mouse(
	struct ask *a, const struct canvas *c, const struct ui_event *e);

/* --- form ------------------------------------------------------------------- */
enum form_type { FORM_TEXT, FORM_LINE, FORM_CHOICE, FORM_CHECK, FORM_DATE,
	FORM_SECRET };
struct form_field {
	const char *label, *hint;
	enum form_type type;
	const char *const *choices;
	int n_choices;
	int required;
	/* values */
	struct edit *edit; /* TEXT, LINE, DATE */
	int at;		   /* CHOICE, CHECK */
	/* SECRET: the owner's memory (secret_dup()), NUL-terminated; how much
	 * is there is shown, what is there never */
	char *secret;
	size_t secret_max;
	const char *error; /* shown under it */
};
struct form {
	const char *title;
	struct form_field *fields;
	int n, at;
};
void form_draw(const struct form *f, struct canvas *c, int *cx, int *cy);
/* Tab, S-Tab and where free Up, Down, Enter go through the fields; Enter on the
 * last one or Ctrl-S ends. 2: done, and what is required is there (else the
 * first missing field has the focus and an error); -1: left. Other errors are
 * the owner's to set; a change takes them away. */
int form_key(struct form *f, const struct ui_event *e);
/* The mouse (x, y of the grid) on the canvas it was drawn on last: fields,
 * boxes, the arrows of a choice, the wheel. */
int form_mouse(
	struct form *f, const struct canvas *c, const struct ui_event *e);

/* --- tabs ------------------------------------------------------------------- */
/* Nobody counts on past the most: more is said to be more, "999+". */
#define COUNT_MOST 999
const char *count_words(int n, char out[16]);
struct tab {
	const char *text;
	int count; /* shown when > 0 */
	int alarm;
};
/* Where each tab starts goes to `x` when not NULL (for clicks). */
void tabs_draw(struct canvas *c, int y, const struct tab *v, int n, int at,
	int *x);

/* --- notices ---------------------------------------------------------------- */
struct toast {
	const char *text, *action_key, *action;
	unsigned style;
	int seconds; /* left, for a countdown; 0: none shown */
};
/* Where it stands, for clicks. */
struct toast_at {
	int x, y, w;
	int action; /* its first cell; x + w when there is none */
};
/* At the right end of row y. */
struct toast_at toast_draw(
	struct canvas *screen, int y, const struct toast *t);
int toast_cells(const struct toast *t);
void progress_draw(struct canvas *c, int x, int y, int w, int64_t done,
	int64_t total, const char *text);

/* --- numbers as pictures ---------------------------------------------------- */
/* ASCII " .:-=+*#" or blocks, by what the terminal has proved. */
void spark_draw(struct canvas *c, int x, int y, int w, const double *v, int n,
	double max, unsigned style);
/* A bar with a mark at `limit` (< 0 none). */
void bar_draw(struct canvas *c, int x, int y, int w, double value, double max,
	double limit, unsigned style);
/* A curve over time in w x h cells: braille, blocks or ASCII. Points have x and
 * y in 0..1; a line joins them. */
struct plot_point {
	double x, y;
	const char *mark; /* one cell above the point, or NULL */
};
void plot_draw(struct canvas *c, const struct plot_point *v, int n,
	unsigned style);

/* --- tree ------------------------------------------------------------------- */
struct tree_row {
	const char *text;
	int depth, open, leaf; /* open -1: cannot be opened */
};
void tree_draw_row(struct canvas *row, const struct tree_row *r);

#endif
