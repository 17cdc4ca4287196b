/* SPDX-License-Identifier: MIT */
/*
 * A pane: one file, one const table of functions. `load` is the only place that
 * reads the cache, `draw` gets a const pane and a canvas and can change
 * nothing. The frame draws border, title and the five states that every pane
 * can be in; a pane never positions itself.
 */
#ifndef GALLEY_PANE_PANE_H
#define GALLEY_PANE_PANE_H

#include "galley/app/desk.h"
#include "galley/base/json.h"
#include "galley/ui/canvas.h"

enum pane_state {
	PANE_READY,
	PANE_EMPTY,   /* what to say and what to press: empty()     */
	PANE_LOADING,
	PANE_FORBIDDEN,
	PANE_ERROR,   /* err is set                                 */
};

struct pane {
	const struct pane_ops *ops;
	struct desk *desk;
	void *own;	       /* of state_size bytes, zeroed */
	enum pane_state state;
	char *err;
	int64_t loaded_ms;     /* wall; for "3 min old" */
	int64_t stale_ms;      /* when the backend was asked last, 0 unknown */
	int w, h;	       /* inside of the frame, before load and draw */
	int focused;
	unsigned moves; /* of the cursor by the person: the focus follows */
	int to_case;	/* the next load() puts the cursor on the case in focus
			   when it is in the list */
	int anew; /* files it has read have changed since */
	const char *arg;       /* from the scenario file, "" none */
};

/* What a command did. */
enum pane_did {
	DID_NOTHING, /* not mine: the bench and then everybody is asked */
	DID_DRAW,
	DID_LOAD,    /* load() again, then draw */
	DID_LEAVE,   /* give the focus to the pane that had it before */
};

struct pane_ops {
	const char *name;    /* "inbox": in scenario files, man page anchor */
	const char *title;   /* N_() */
	const char *title_short; /* N_(), for narrow frames and tabs */
	uint64_t topics;     /* when load() is to be called again */
	unsigned contexts;   /* CX_* */
	int min_w, min_h, good_w, good_h; /* frame included */
	int drop;	     /* default place in the drop order */
	size_t state_size;

	int (*open)(struct pane *p); /* E_* : PANE_ERROR */
	void (*close)(struct pane *p);
	int (*load)(struct pane *p);
	void (*draw)(const struct pane *p, struct canvas *c);
	/* After a key or a mouse event, on what draw() has drawn last: only what
	 * that has changed. 0: it takes draw(), nothing was drawn; NULL: always.
	 */
	int (*redraw)(const struct pane *p, struct canvas *c);
	/* NULL: contexts as above; else what holds now (CX_WRITE while typing) */
	unsigned (*where)(const struct pane *p);
	enum pane_did (*command)(
		struct pane *p, const struct command_line *cmd);
	/* Why a command cannot be done now (translated), NULL: it can */
	const char *(*why_not)(const struct pane *p, enum command cmd);
	/* Keys and pastes that are no command, when where() has CX_WRITE; and
	 * mouse events with x, y inside of the frame. */
	enum pane_did (*event)(struct pane *p, const struct ui_event *e);
	/* Where the hardware cursor stands; 0: nowhere. */
	int (*cursor)(const struct pane *p, int *x, int *y);
	/* The right end of the border: counts, ages; may be NULL. */
	const char *(*note)(const struct pane *p, struct arena *a);
	/* One sentence and a hint with a key (translated). */
	void (*empty)(const struct pane *p, const char **say,
		const char **hint);
	/* The case under the cursor, for the one focus to follow; from then on
	 * the cursor stays with it, whatever comes in above. 0: none. */
	int (*follow)(struct pane *p, enum entity *e, int64_t *id);
	/* Rows under marks or the cursor, for verbs. Returns how many. */
	int (*targets)(const struct pane *p, enum entity *e, int64_t *ids,
		int max);
	/* What `y` copies. */
	int (*copy)(const struct pane *p, struct buf *out);
	/* The command that the row under the cursor is changed with, for the
	 * person to finish; 0: it is not to be changed. */
	int (*line)(const struct pane *p, struct buf *out);
	/* Live filter: NULL ends it. */
	int (*filter)(struct pane *p, const char *text);
	/* Cursor, scroll, tab: kept over restarts as JSON. */
	void (*save)(const struct pane *p, struct buf *json);
	void (*restore)(struct pane *p, const struct json *saved);
	/* What the first screen did not wait for; 1: draw. */
	int (*later)(struct pane *p);
	/* A second has gone by; 1: draw. NULL: never, no timer for it. */
	int (*tick)(struct pane *p);
};

/* Every pane of the program, NULL-ended; by name or NULL. */
extern const struct pane_ops *const pane_all[];
const struct pane_ops *pane_by_name(const char *name);

#endif
