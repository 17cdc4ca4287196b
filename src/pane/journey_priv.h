/* SPDX-License-Identifier: MIT */
/* What the journey pane draws and what its reader finds in the cache. */
#ifndef GALLEY_SRC_PANE_JOURNEY_PRIV_H
#define GALLEY_SRC_PANE_JOURNEY_PRIV_H

#include "pane_priv.h"

/* One line of the ladder. Strings are raw and live in the arena. */
struct touch {
	int64_t at;
	enum entity entity; /* what Enter puts in focus; ENT_COUNT nothing */
	int64_t id;
	int64_t ticket; /* that it belongs to, 0 none */
	unsigned style;
	char sign;	     /* o, * moment of truth, ! what went wrong */
	const char *channel; /* as the backend calls it, or an own word */
	const char *text;
};
struct mood {
	int64_t at;
	int score;  /* 1 .. 5 */
	int moment; /* of truth */
};
struct stage {
	int64_t at;
	const char *name;
};
struct open_promise {
	int64_t due, ticket;
	const char *text;
};

struct travel {
	struct arena *arena;
	struct touch *v;
	int n, max;
	struct mood *mood; /* by time, oldest first */
	int n_mood;
	struct stage *stage; /* by time */
	int n_stage;
	struct open_promise *promise; /* the most urgent first */
	int n_promise;
	struct thread_ref {
		enum entity entity;
		int64_t id, ticket, from, to;
		const char *channel;
	} * thread;
	int n_thread;
};

/* Everything but what was said, newest first. E_*: nothing is changed. */
int travel_read(struct pane *p, int64_t customer, struct travel *t) MUST_CHECK;
/* What was said in the threads that touch [from, to]: the first of each day and
 * direction; or with `every` each message of one case, its ticket or talk (0:
 * none). */
int travel_said(struct pane *p, struct travel *t, int64_t from, int64_t to,
	int64_t ticket, int64_t talk, int every) MUST_CHECK;
void travel_fini(struct travel *t);

/* "refund_requested" -> translated when known, else as it is. */
const char *journey_word(const char *s);

#endif
