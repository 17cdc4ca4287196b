/* SPDX-License-Identifier: MIT */
/*
 * What all panes of a workstation share: the cache for reading, the way to the
 * worker for writing, the one case in focus, notices, and what has changed.
 * Lives in the UI thread; nothing here draws, blocks on a network, or waits for
 * another writer longer than a moment.
 */
#ifndef GALLEY_APP_DESK_H
#define GALLEY_APP_DESK_H

#include "galley/app/command.h"
#include "galley/app/notices.h"
#include "galley/app/opargs.h"
#include "galley/app/session.h"
#include "galley/sync/worker.h"

/* What a pane listens to: a bit per entity, and these. */
#define TOPIC(e)     (UINT64_C(1) << (e))
#define TOPIC_FOCUS  (UINT64_C(1) << 56) /* another case, or the same anew */
#define TOPIC_OPS    (UINT64_C(1) << 57) /* outbox                         */
#define TOPIC_CONN   (UINT64_C(1) << 58) /* connectors: online, offline    */
#define TOPIC_TICK   (UINT64_C(1) << 59) /* a second has gone by           */
#define TOPIC_DRAFT  (UINT64_C(1) << 60)
#define TOPIC_ROWS   (TOPIC_FOCUS - 1)   /* any entity                     */

/* The one focus. */
struct desk_case {
	enum entity entity; /* TICKET, CONVERSATION, CALL or CUSTOMER;
				ENT_COUNT: nothing is in focus */
	int64_t id;
	int connector;
	int64_t customer; /* 0 unknown */
	int64_t ticket;	  /* the ticket it is about, 0 none */
	char name[256];	  /* "rt:123" */
	char about[256];  /* that of the ticket if the case is another, "" */
	char *title;	  /* raw: gate before showing */
};

enum notice_class {
	NOTICE_DONE,  /* goes after 4 s                     */
	NOTICE_NEWS,  /* a customer wrote, a call rings     */
	NOTICE_WARN,
	NOTICE_ERROR, /* stays until seen                   */
};
struct notice {
	enum notice_class cls;
	enum about about; /* what happened around the person */
	enum entity entity; /* the case that it speaks of; id 0: none */
	int64_t id;
	int64_t at_ms; /* wall */
	int64_t until_mono; /* 0: until seen */
	char *text;
	char uid[UID_SIZE]; /* an operation that can be undone, or "" */
	uint64_t group;	    /* several things that were done as one */
	struct work **undo; /* what takes it back */
	int n_undo;
	int64_t undo_until_mono;
	char *offer; /* a command that may follow it, or NULL */
};

struct desk;

struct desk_args {
	struct session *session;   /* borrowed */
	const struct clock *clock; /* NULL: the system's */
	int read_only;		   /* a supervisor's look: no writing at all */
	const char *role;	   /* of role_all; NULL: as configured */
	int no_worker;		   /* tests: writes go straight to the cache */
	int zone_min;
};
/* Starts the worker, or, when another galley sends, only reads and hands its
 * operations over through the cache. */
int desk_new(const struct desk_args *a, struct desk **out) MUST_CHECK;
void desk_free(struct desk *d);

struct session *desk_session(struct desk *d);
struct store_ro *desk_ro(struct desk *d);
const struct store_me *desk_me(struct desk *d);
int64_t desk_now(const struct desk *d);	 /* wall ms */
int64_t desk_mono(const struct desk *d);
int desk_zone(const struct desk *d);
int desk_is_sender(const struct desk *d); /* or a test without any */
int desk_read_only(const struct desk *d);
int desk_may(const struct desk *d, enum permission p);
/* Why not, translated; NULL when it may. Good until the language changes. */
const char *desk_may_not(struct desk *d, enum permission p);
const char *desk_role(const struct desk *d);
/* Are contacts shown in part only? */
int desk_masks(const struct desk *d);

/* The first screen is there: the worker begins (a moment later it would anyway). */
void desk_begin(struct desk *d);
/* Descriptor to poll, and what to do when it is readable or time has passed:
 * takes news, says what has changed since the last call. */
int desk_fd(const struct desk *d);
uint64_t desk_turn(struct desk *d);
/* When it wants to be called again without news, mono ms; INT64_MAX never. */
int64_t desk_next_mono(const struct desk *d);

/* Tells `topics` at that time, once: for what goes by itself. The nearest one
 * holds. */
void desk_remind(struct desk *d, int64_t mono, uint64_t topics);

/* --- focus -------------------------------------------------------------------- */
const struct desk_case *desk_case(const struct desk *d);
/* E_NOTFOUND when there is no such row. The same one again is no news. */
int desk_focus(struct desk *d, enum entity e, int64_t id) MUST_CHECK;
/* The same, of a case that one passes by: the next one takes its place in what
 * desk_back() goes through, unless it was worked on (desk_focus()). */
int desk_look(struct desk *d, enum entity e, int64_t id) MUST_CHECK;
/* The open ticket a customer most likely calls about, 0 none. */
int64_t desk_likely(struct desk *d, int64_t customer);
int desk_phase_open(const char *phase);
/* What is said in it: of its ticket or the conversation itself, as far back as
 * DESK_THREAD messages; 0: it has none. */
#define DESK_THREAD 500
int desk_thread(const struct desk *d, enum entity *e, int64_t *id);
int desk_back(struct desk *d) MUST_CHECK;    /* E_NOTFOUND: no further */
int desk_forward(struct desk *d) MUST_CHECK;

/* What kind of case it is, by the rules of the bench, and why; which script,
 * form and macros ("a,b") are for it, galley-macro(5). NULLs: none. */
struct desk_situation {
	const char *name, *title, *because, *articles, *script, *form, *macros;
};
const struct desk_situation *desk_situation(const struct desk *d);
void desk_set_situation(struct desk *d, const struct desk_situation *s);

/* --- writing ------------------------------------------------------------------ */
struct intent {
	enum op_kind kind;
	int64_t target;	   /* 0: the case in focus; CREATE needs none */
	struct opargs in;
	const char *draft; /* key to consume, or NULL */
	int64_t not_before_ms; /* wall; 0: after the undo window */
	int now;	   /* no undo window */
	int if_quiet;	   /* taken back when the customer writes before it left */
	const char *said;  /* of the notice: "reply to rt:12" */
};
/* Hands it over; what becomes of it is a notice (with undo). E_INPUT, E_PERM,
 * E_LIMIT at once. */
int desk_do(struct desk *d, const struct intent *in) MUST_CHECK;
/* Takes back the last one that can still be. E_NOTFOUND. */
int desk_undo(struct desk *d) MUST_CHECK;
/* What follows is one thing to the person: one notice, taken back together. NULL
 * ends it. */
void desk_group(struct desk *d, const char *said);
/* Takes back one that waits: its text is a draft of its case again. */
int desk_cancel(struct desk *d, const char *uid) MUST_CHECK;
/* Is it sent only if the customer does not write meanwhile? */
int desk_if_quiet(struct desk *d, const char *uid);
int desk_decide(struct desk *d, const char *uid, enum op_decision what)
	MUST_CHECK;
/* Keeps a text under a key within two seconds, at once when `now`. NULL drops
 * it. */
void desk_draft(struct desk *d, const char *key, const char *text, int now);
int desk_draft_get(struct desk *d, const char *key, struct arena *a,
	const char **text) MUST_CHECK;
/* Where the text that is being written for a ticket or conversation is kept. */
void desk_draft_key(enum entity e, int64_t id, int note, char out[64]);
void desk_sync(struct desk *d, unsigned want);

/* --- said here: local.c --------------------------------------------------------- */

/* A row put aside, or anything else of store_mark; `said` is the notice. */
int desk_mark(struct desk *d, const struct store_mark *m, const char *said)
	MUST_CHECK;
int desk_unmark(struct desk *d, enum entity e, int64_t id, const char *kind,
	const char *said) MUST_CHECK;
/* What came of an article in the case in focus; it travels where its backend
 * takes it, else it counts here. E_INPUT without a case. */
int desk_verdict(struct desk *d, int64_t article, int worked) MUST_CHECK;
/* The article is out of date, and why: for its owner, and lower here. */
int desk_outdated(struct desk *d, int64_t article, const char *why) MUST_CHECK;
/* A row of the journal: who did what with which object. It is there when
 * desk_audited() has come to `*number`. */
int desk_audit(struct desk *d, const char *what, const char *object,
	const char *detail, uint64_t *number) MUST_CHECK;
uint64_t desk_audited(const struct desk *d);

/* A text for whoever writes: the composer takes it at its next load. */
void desk_insert(struct desk *d, const char *text);
/* The text, to be freed by who takes it, or NULL. */
char *desk_take_insert(struct desk *d);
/* Somebody goes on writing in the case in focus, a note or a reply: the composer
 * takes it at its next load. */
void desk_write(struct desk *d, int note);
/* 1 and what it is, 0: nobody does. */
int desk_take_write(struct desk *d, int *note);
/* A text that is to be written in $EDITOR: whoever owns the terminal takes it,
 * runs the editor and gives back what came of it; a pane then takes that. What
 * is taken is freed by its taker; NULL: there is none. */
void desk_edit(struct desk *d, const char *text);
char *desk_take_edit(struct desk *d);
void desk_edited(struct desk *d, const char *text);
char *desk_take_edited(struct desk *d);
/* --- attachments -------------------------------------------------------------- */

/* Brings the file of a row to `path`, which is not there yet; nobody waits.
 * What became of it has the same number; `text` (of a failure) is freed by who
 * takes it. */
struct fetched {
	uint64_t number;
	int code; /* 0 it is there, else E_* */
	char *text;
};
int desk_fetch(struct desk *d, const struct row *file, const char *path,
	uint64_t *number) MUST_CHECK;
int desk_take_fetched(struct desk *d, struct fetched *out);
/* The n-th of the thread is to be opened, says who shows them; who opens it
 * takes the number, 0 none. */
void desk_want_file(struct desk *d, int n);
int desk_take_wanted(struct desk *d);
/* 0: its connector is known not to be reached now. */
int desk_reached(const struct desk *d, int connector);
/* A text to be read in place of the thread: raw, and of which file. The pane
 * takes it at its next load, and frees it. */
struct reading {
	int64_t file, left; /* bytes that are not in `text` */
	char *name, *text;
};
void reading_free(struct reading *r);
void desk_read(struct desk *d, struct reading *r); /* takes `r` */
struct reading *desk_take_reading(struct desk *d);

/* The line: answers, rejects or ends the call that rings or is under way. Until
 * there is a telephone it is the demo centre's. */
enum line_do { LINE_ANSWER, LINE_REJECT, LINE_HANG_UP };
void desk_line(struct desk *d, enum line_do what);
/* The demo centre's day: "faster", "slower", "pause". E_INPUT. */
int desk_demo(struct desk *d, const char *word) MUST_CHECK;

/* --- notices ------------------------------------------------------------------ */
void desk_say(struct desk *d, enum notice_class c, const char *fmt, ...)
	PRINTF(3, 4);
/* Something that has happened around the person: may ring (notices.h). */
void desk_news(struct desk *d, enum about a, enum notice_class c,
	const char *fmt, ...) PRINTF(4, 5);
/* The newest one speaks of this case. */
void desk_news_case(struct desk *d, enum entity e, int64_t id);
/* The newest one offers a command; the newest that does, or NULL; its command,
 * for who runs it (freed by him): nothing is offered then. */
void desk_offer(struct desk *d, const char *line);
const struct notice *desk_offered(const struct desk *d);
char *desk_take_offer(struct desk *d);
/* It has been taken up: it goes. */
void desk_end_toast(struct desk *d, const struct notice *n);
/* News that have not been seen (desk_seen()) and carry a mark. */
int desk_unseen(const struct desk *d);
/* The last error as a notice. */
void desk_say_err(struct desk *d);
/* Newest first; i from 0. NULL after the last (200 are kept). */
const struct notice *desk_notice(const struct desk *d, int i);
/* Those that are to be shown now, newest first; at most max. */
int desk_toasts(const struct desk *d, const struct notice **out, int max);
void desk_seen(struct desk *d); /* errors too */
/* How many there have been: those since a moment are the first ones. */
uint64_t desk_said(const struct desk *d);
/* Something was asked for and its answer, a notice, is still to come. */
int desk_waits(const struct desk *d);

/* --- the state of things, for title and status lines ---------------------------- */
struct desk_state {
	int open_ops, held_ops;	 /* outbox */
	int offline;		 /* connectors that are not reached */
	const char *offline_name; /* of one of them */
	int64_t progress_done, progress_total; /* of a first sync; -1 none */
	const char *progress_of;
};
const struct desk_state *desk_state(struct desk *d);

#endif
