/* SPDX-License-Identifier: MIT */
/* What the rules of galley-situation(5) are asked about: facts of a case. */
#ifndef GALLEY_PANE_FACTS_H
#define GALLEY_PANE_FACTS_H

#include "galley/app/desk.h"
#include "galley/scenario/scenario.h"

#define FACTS_MAX 48

/* Facts of any case, in focus or not; texts in `a`. Returns how many. */
int facts_of(struct desk *d, const struct desk_case *k, struct arena *a,
	struct situation_fact v[FACTS_MAX]);

#endif
