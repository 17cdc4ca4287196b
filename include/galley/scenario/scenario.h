/* SPDX-License-Identifier: MIT */
/*
 * Scenario files, galley-scenario(5): a bench as a text that a person can edit.
 *
 *   scenario hotline "Hotline" zh_CN "热线" zh_TW "熱線"
 *   role agent
 *   layout cols {
 *     rows 34..44 { customer 9..14 drop 3 ; journey drop 4 }
 *     rows *2     { composer 8..14 keep ; thread drop 2 }
 *     rows 34..44 { inbox "phase:open" 7.. drop 1 ; answer 6.. drop 5 }
 *   }
 *   tabs { log ; settings ; help }
 *   focus composer
 *   when call.ringing           band callbox 6
 *   when situation = complaint  answer "kind:plan" ; show orders
 *   when width < 60             one
 *
 * Braces say what is in what; an item ends at its line's end or at `;`. Errors
 * are file:line:column with what is allowed. The shipped files are the built-in
 * ones; a file of the same name in the person's configuration folder replaces
 * them.
 *
 * Situations: `data/situations/default.rules`, galley-situation(5): ordered
 * rules on a case's facts; the first that holds names the situation and says
 * why.
 *
 *   situation complaint.delay "Complaint: delay" zh_CN "投诉：延误"
 *     when promise.late > 0 or words ~ "投诉|complain*" and phase = open
 *     because "the promise of {promise.due} is {promise.late} late"
 *     script delay-apology
 *     articles "kind:solution (延误 | delay)"
 *     form complaint
 */
#ifndef GALLEY_SCENARIO_SCENARIO_H
#define GALLEY_SCENARIO_SCENARIO_H

#include <stddef.h>
#include <stdint.h>
#include "galley/base/arena.h"
#include "galley/base/err.h"
#include "galley/ui/layout.h"

struct scenario_pane {
	const char *name; /* of the pane: "inbox" */
	const char *arg;  /* "" none: a query, a view */
	const char *title[3]; /* given in the file (en, zh_CN, zh_TW), or NULLs */
	enum {
		PLACE_LAYOUT,
		PLACE_TAB,  /* in no rectangle: opened over the focus */
		PLACE_BAND, /* over the whole width while its `when` holds */
	} place;
	int line, col;
};
/* Conditions of `when`: facts as texts and numbers, given by the bench; which
 * ones there are is in scenario_file.c and in galley-scenario(5). */
struct scenario_when {
	const char *fact;
	enum { WHEN_SET, WHEN_LT, WHEN_GT, WHEN_IS } op;
	const char *value;
	int64_t number;
	enum {
		THEN_BAND, /* `pane` takes `rows` rows at the top           */
		THEN_SHOW, /* `pane` gives way last                         */
		THEN_HIDE, /* `pane` is a tab                               */
		THEN_ONE,  /* only the focused pane is shown                */
		THEN_ARG,  /* `pane` has `arg` instead of its own           */
	} then;
	int pane;	 /* index into panes; -1 */
	const char *arg; /* THEN_ARG */
	int rows;	 /* THEN_BAND */
	struct scenario_when *next;
};
struct scenario {
	struct arena *arena;
	const char *file; /* "/...": on disk; "scenarios/X.scenario": shipped */
	const char *name, *role; /* agent, qa or supervisor */
	const char *title[3]; /* en, zh_CN, zh_TW; NULL where not given */
	struct layout_node *root;
	struct scenario_pane panes[LAYOUT_MAX_PANES];
	int n_panes;
	int focus; /* pane at the start */
	struct scenario_when *when; /* in the order of the file */
};

/* `known` says 0 when there is no such pane, and gives its sizes otherwise.
 * NULL: galley's own panes with modest sizes, for checks without a screen. */
struct scenario_sizes {
	int min_w, min_h, good_w, good_h, drop;
};
typedef int scenario_known(void *u, const char *pane, struct scenario_sizes *s);

/* E_CONFIG: "file:line:column: message". */
int scenario_parse(const char *file, const char *text, size_t len,
	scenario_known *known, void *u, struct scenario **out) MUST_CHECK;
/* By name: the person's file, else the shipped one; or a path (with a `/`, or
 * ending in .scenario). E_NOTFOUND says which names there are. */
int scenario_load(const char *name, scenario_known *known, void *u,
	struct scenario **out) MUST_CHECK;
void scenario_free(struct scenario *s);
/* Names of all, shipped and the person's own, in the order of the title bar:
 * hotline online ticket qa supervisor, then others by name. NULL-ended. */
const char **scenario_names(struct arena *a);
/* Where the person's file of that name is or would be. New string. */
char *scenario_own_path(const char *name);
/* The title in the language of the texts. */
const char *scenario_title(const struct scenario *s);
/* That of the scenario of a name, with the rest of its file unread; the name
 * when its file gives none. */
const char *scenario_title_of(struct arena *a, const char *name);
/* NULL when the file gives none. */
const char *scenario_pane_title(const struct scenario_pane *p);

/* --- situations ------------------------------------------------------------ */
struct situation_fact {
	const char *name; /* "promise.late", "words", "phase" */
	const char *text; /* NULL: a number */
	int64_t number;	  /* spans of time in ms, with `is_ms` set */
	int is_ms;
};
struct situation {
	const char *name, *title; /* title in the language of the texts */
	const char *because;	  /* a sentence, gated, in `a` */
	const char *script, *articles, *form, *macros; /* "" none */
};
struct situations;
int situations_parse(const char *file, const char *text, size_t len,
	struct situations **out) MUST_CHECK;
/* "default", another name, or a path (with a `/`, or ending in .rules). */
int situations_load(const char *name, struct situations **out) MUST_CHECK;
void situations_free(struct situations *s);
/* The first rule that holds, with its reason; 0 none. What it gives is borrowed
 * from `s` and in `a`. Facts that are not given equal nothing. */
int situation_find(const struct situations *s, const struct situation_fact *f,
	int n, struct arena *a, struct situation *out);
/* The i-th situation of the file, without a reason, for switching by hand; 0
 * after the last. */
int situation_at(const struct situations *s, int i, struct situation *out);
/* Whether a condition of a scenario holds. `complaint` is also
 * `complaint.delay`. */
int scenario_when_holds(const struct scenario_when *w,
	const struct situation_fact *f, int n);

#endif
