/* SPDX-License-Identifier: MIT */
/*
 * Whose ticket it will be: one customer, shown by name and contact, found by a
 * part of his name, phone number or address.
 */
#ifndef GALLEY_SRC_BENCH_WHOM_H
#define GALLEY_SRC_BENCH_WHOM_H

#include "bench_priv.h"

#define WHOM_MAX 6

struct whom_one {
	const char *rid, *shown;
	int exact; /* what is typed is all of his name, id or contact */
};
struct whom {
	struct arena *arena;
	int connector;
	char *rid, *shown; /* who is chosen; NULL: nobody */
	struct whom_one v[WHOM_MAX];
	int n, more, at; /* who fits what is typed; `at` -1: none picked */
	char *asked;	 /* what that was */
	int top;	 /* row of the screen where they stand, -1 nowhere */
};

void whom_init(struct whom *w, int connector);
void whom_fini(struct whom *w);
/* That one, by remote id: what stands in the field then. A text that is no id
 * here stands as it is. */
const char *whom_set(struct bench *b, struct whom *w, const char *rid);
/* Who fits a text; nobody when it is the one who is chosen. */
void whom_look(struct bench *b, struct whom *w, const char *text);
/* Takes one of them; what stands in the field then. */
const char *whom_pick(struct whom *w, int i);
/* The remote id for what stands in the field, or a new address. NULL: nobody;
 * E_INPUT when several fit, or none. */
int whom_take(struct bench *b, struct whom *w, const char *text,
	const char **rid) MUST_CHECK;
/* In rows of the canvas from `y` on. */
void whom_draw(struct whom *w, struct canvas *c, int y);

#endif
