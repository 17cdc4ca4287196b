/* SPDX-License-Identifier: MIT */
/*
 * Scenario files, galley-scenario(5): a bench as a text that a person can edit.
 *
 *   scenario hotline "Hotline" zh_CN "热线" zh_TW "熱線"
 *   role agent
 *   layout
 *     rows
 *       cols
 *         rows 34..44 { customer 9..14 drop 3 ; journey * drop 4 }
 *         rows *      { note 12..* keep ; thread 8..* drop 2 }
 *         rows 34..44 { inbox "phase:open customer:focus" 7.. drop 1 ; answer 6.. drop 5 }
 *   focus note
 *   when call.ringing   band callbox 6
 *   when complaint      answer "kind:plan" ; show orders
 *   when width < 60     one
 *
 * Parsing knows names of panes only through a function; errors are
 * file:line:column with what is allowed. The shipped files are the built-in
 * ones; a file of the same name in the person's configuration folder replaces
 * them.
 *
 * Situations: `data/situations/default.rules`, galley-situation(5): ordered
 * rules on a case's facts; the first that holds names the situation and says
 * why.
 *
 *   situation complaint.delay "Complaint: delay" zh_CN "投诉：延误"
 *     when promise.late > 0 or words ~ "投诉|complain" and phase = open
 *     because "the promise of {promise.due} is {promise.late} late"
 *     script delay-apology
 *     articles "kind:solution 延误|delay"
 *     form complaint
 */
#ifndef GALLEY_SCENARIO_SCENARIO_H
#define GALLEY_SCENARIO_SCENARIO_H

#include <stdint.h>
#include "galley/base/arena.h"
#include "galley/base/err.h"
#include "galley/ui/layout.h"

struct scenario_pane {
	const char *name; /* of the pane: "inbox" */
	const char *arg;  /* "" none: a query, a view */
	const char *title; /* given in the file, or NULL */
	int line, col;
};
/* Conditions of `when`: facts as texts and numbers, given by the bench:
 * "call.ringing", "width", "situation" ... */
struct scenario_when {
	const char *fact;
	enum { WHEN_SET, WHEN_LT, WHEN_GT, WHEN_IS } op;
	const char *value;
	int64_t number;
	enum { THEN_BAND, THEN_SHOW, THEN_HIDE, THEN_ONE, THEN_ARG } then;
	int pane;	 /* index into panes; -1 */
	const char *arg; /* THEN_ARG */
	int rows;	 /* THEN_BAND */
	struct scenario_when *next;
};
struct scenario {
	struct arena *arena;
	const char *file, *name, *role;
	const char *title[3]; /* en, zh_CN, zh_TW */
	struct layout_node *root;
	struct scenario_pane panes[LAYOUT_MAX_PANES];
	int n_panes;
	int focus; /* pane at the start */
	struct scenario_when *when;
};

/* `known` says 0 when there is no such pane, and gives its sizes otherwise. */
struct scenario_sizes {
	int min_w, min_h, good_w, good_h, drop;
};
typedef int scenario_known(void *u, const char *pane, struct scenario_sizes *s);

int scenario_parse(const char *file, const char *text, size_t len,
	scenario_known *known, void *u, struct scenario **out) MUST_CHECK;
/* By name: the person's file, else the shipped one; or a path. */
int scenario_load(const char *name, scenario_known *known, void *u,
	struct scenario **out) MUST_CHECK;
void scenario_free(struct scenario *s);
/* Names of all, shipped and the person's own, in the order of the title bar:
 * hotline online ticket qa supervisor, then others by name. NULL-ended. */
const char **scenario_names(struct arena *a);
/* The title in the language of the texts. */
const char *scenario_title(const struct scenario *s);

/* --- situations ---------------------------------------------------------------- */
struct situation_fact {
	const char *name; /* "promise.late", "words", "phase" */
	const char *text; /* NULL: a number */
	int64_t number;	  /* times in ms, with `ms` set */
	int is_ms;
};
struct situation {
	const char *name, *title; /* translated */
	const char *because;	  /* a sentence, in `a` */
	const char *script, *articles, *form, *macros;
};
struct situations;
int situations_parse(const char *file, const char *text, size_t len,
	struct situations **out) MUST_CHECK;
int situations_load(const char *name, struct situations **out) MUST_CHECK;
void situations_free(struct situations *s);
/* The first rule that holds, with its reason; 0 none. */
int situation_find(const struct situations *s, const struct situation_fact *f,
	int n, struct arena *a, struct situation *out);

#endif
