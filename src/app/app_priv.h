/* SPDX-License-Identifier: MIT */
/*
 * What the files of app/ share and nobody else needs.
 */
#ifndef GALLEY_APP_PRIV_H
#define GALLEY_APP_PRIV_H

#include "galley/app/config.h"
#include "galley/app/desk.h"
#include "galley/base/arena.h"

/* The value of `key`, or NULL. */
const struct config_value *conn_value(
	const struct config_conn *cc, const char *key);

/* Fetches one secret: `how` is "command", "file" or "secret", `spec` what the
 * file says. New string of secret_dup(). E_CONFIG, E_AUTH. */
int secret_fetch(struct arena *a, const char *how, const char *spec,
	char **out) MUST_CHECK;

/* Splits like a shell would, without being one: quotes and backslashes, no
 * variables, no patterns. NULL-terminated, in the arena. E_CONFIG. */
int argv_split(struct arena *a, const char *s, char ***argv) MUST_CHECK;

/* --- the desk in pieces ----------------------------------------------------- */

/* notes.c: what has been said. */
#define MAX_NOTICES 200
#define TOAST_MS    4000
#define OFFER_MS    10000
struct notes {
	struct notice v[MAX_NOTICES]; /* a ring, the newest at `first` */
	int first, n;
	uint64_t said;
	int unseen;
};
struct notes *desk_notes(struct desk *d);
const struct notes *desk_notes_ro(const struct desk *d);
void notes_fini(struct notes *n);
/* From the newest, i below their number. */
struct notice *notice_at(struct desk *d, int i);
struct notice *notice_add(
	struct desk *d, enum notice_class c, const char *text);
void notice_undo(struct notice *n, struct work *w); /* takes `w` */

/* focus.c: the one focus, and where it was. */
#define HISTORY 50
struct trail {
	struct place {
		enum entity entity;
		int64_t id;
		int passing; /* only looked at */
	} v[HISTORY];
	int n, at;
};
struct trail *desk_trail(struct desk *d);
void desk_set_case(struct desk *d, const struct desk_case *c); /* takes title */
/* The next turn says that these have changed. */
void desk_tell(struct desk *d, uint64_t topics);

/* attached.c: attachments on their way, and the text that is to be read. */
struct attached {
	struct fetch *fetch; /* under way without a worker */
	uint64_t number;     /* its own */
	struct fetched_one *first;
	struct reading *reading;
	int wanted;
};
struct attached *desk_attached(struct desk *d);
void attached_fini(struct attached *a);
/* One has come, or will not. */
void attached_put(struct desk *d, uint64_t number, int code, const char *text);
/* Has the one under way ended? */
void attached_look(struct desk *d);

/* home.c: of an operation that was taken back. */
/* The ticket that a call is about if it is a call of now, 0 none. */
int64_t likely_of_call(
	struct desk *d, const struct row *call, int64_t customer);
void draft_come_home(struct desk *d, const char *uid);

/* The desk asks the worker, or the cache itself. Takes `w`; `said` is for the
 * notice when it is done, or NULL. */
int desk_ask(struct desk *d, struct work *w, const char *said) MUST_CHECK;
/* The number of what was asked last. */
uint64_t desk_asked(const struct desk *d);
/* One for what is asked of nobody there. */
uint64_t desk_number(struct desk *d);
/* Does a worker of ours send? */
int desk_sends(const struct desk *d);
/* What is handed over now goes only if the customer is silent. */
void desk_hand_over_quiet(struct desk *d, int on);
/* What is typed and not kept yet is written. */
void desk_write_drafts(struct desk *d);

/* intent.c: what the person wants done. */
/* E_PERM with words when this desk may not write. */
int desk_may_write(const struct desk *d) MUST_CHECK;
/* That operation `uid` goes only if the customer is silent, or no more. */
void desk_quiet_mark(struct desk *d, const char *uid, int on);
/* What was to go only then, and the customer has written: drafts again. */
void desk_give_way(struct desk *d);

#endif
