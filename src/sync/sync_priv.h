/* SPDX-License-Identifier: MIT */
/*
 * The engine's inside. One `struct link` per connector; in it a run per
 * stream, groups of keys being fetched, operations on the wire, and watches on
 * operations whose effect is looked for. All of it is volatile: whatever must
 * survive is in the store, and a new engine on the same store goes on from
 * there.
 */
#ifndef GALLEY_SYNC_PRIV_H
#define GALLEY_SYNC_PRIV_H

#include "galley/store/quarantine.h"
#include "galley/sync/engine.h"

struct narrow;
struct wanted;

struct run {
	const struct stream_desc *d;
	int index;
	int forced;   /* wanted now, whatever the clock says   */
	int in_pass;  /* the pass waits for it                 */
	int active;   /* between its first and its last page   */
	uint64_t tag; /* the page on the wire, 0 none          */
	int64_t due_mono;
	int64_t retry_mono; /* after a failure */
	int fails;
	char *why;	/* of the last failure, while it lasts */
	char *page;	/* next page's position */
	char *cursor;	/* to be committed at the end of the run */
	char *ask;	/* what its first page was asked from, or NULL */
	int64_t number; /* of the run, for the quarantine */
	/* a page that is refused: which, how often while others were answered,
	 * since when; then it is read in parts (narrow.c) */
	char *refused_page;
	int refused;
	int64_t refused_mono, oks_seen;
	struct narrow *narrow;
	int narrowed; /* in this run: the next refusal is taken at its word */
	/* to try again what is in quarantine: from where to where */
	int again;
	char *again_from, *again_to;
	int64_t generation;
	int64_t n_pages, n_rows;
	int brought;
	/* what this run must show to be one that reads: a row at or above
	 * `must_reach`, any row when that is 0; -1 nothing can be said */
	int64_t must_reach;
	int reached;
	/* the last complete run did not show what it must; nothing at all,
	 * where there is nothing that it must */
	int blind, mute;
	/* we are not let in: a pass does not wait for it; 2: we were before, so
	 * that something new may be hidden */
	int barred;
	int batch; /* BY_TOUCH: current size, shrinks on trouble */
};

/* Keys being fetched together by a BY_TOUCH or BY_KEY stream. */
struct group {
	struct group *next;
	struct run *run;
	uint64_t tag; /* 0: its next page is to be asked for */
	char *page;
	struct store_touch *keys;
	int *found;
	int n;
	char uid[UID_SIZE]; /* a refetch for this operation, or "" */
};

/* An operation on the wire. */
struct flight {
	struct flight *next;
	uint64_t tag;
	char uid[UID_SIZE];
	int attempt;
};

/* What the engine remembers about an operation between looks. */
struct watch {
	struct watch *next;
	char uid[UID_SIZE];
	int64_t asked_mono;	/* a pass that starts later answers it */
	int64_t look_mono;	/* not before */
	int64_t refetched_mono; /* when the target was last read for it */
	int looks;
	int asks;   /* passes that were too old when the thread was read */
	int missed; /* reading the target did not bring it */
	int unread; /* so often the target could not be read at all */
	int refetching;
	int need_first; /* read the target before sending */
	/* it may have happened already, and this speaks against sending it
	 * again: look, and hold it for this if it is not there */
	enum op_reason ask;
	int proven; /* what was sent so far has not happened and will not */
	/* what nobody finds: its target is read by itself. Did the look begin
	 * when nothing of it could happen any more; is it such a reading; did
	 * the target come, under its own name; did what was the newest known
	 * of it come along? */
	int late, reading, shown, newest_shown;
	char *newest; /* its id */
};

/* A key that could not be read: it is left alone for a settle window, so that
 * the others go on. Not there counts only the second time (replicas lag), no
 * sense in the answer the third time, a failure that may heal never. */
struct doubt {
	struct doubt *next;
	const struct run *run;
	char *key;
	int64_t since_mono;
	int gone, broken;
	int refused; /* answered with an error while others were answered */
	int64_t oks_seen;
};

struct link {
	struct conn *c;
	const struct conn_desc *d;
	int id;
	enum conn_state state;
	char *why;
	char *me;
	struct run *runs;
	struct group *groups;
	struct flight *flights;
	struct watch *watches;
	struct doubt *doubts;
	struct wanted *wanted; /* files, fetch.c */
	uint64_t probe_tag;
	int probed;
	int64_t pause_mono; /* nothing starts before */
	int fails;
	int pass_wanted, pass_running;
	int64_t pass_start_mono; /* of the one under way or the last one */
	int64_t pass_done_mono;	 /* start of the last complete one */
	int64_t pulled_ms;
	int64_t requests;
	int64_t offset_ms;
	int tried;	/* something came back since start */
	int64_t oks;	/* answers that were answers */
	int want_probe; /* does it answer at all? */
	/* the quarantine: how many, when to try again (wall; 0 none) and not
	 * before (mono) */
	int64_t asides, aside_ms, aside_mono;
};

struct engine {
	struct store_rw *store;
	struct store_ro *ro;
	const struct clock *clock;
	struct rnd *rnd;
	struct rnd own_rnd;
	const struct engine_limits *lim;
	engine_event_fn *event;
	void *event_user;
	void (*trace)(void *u, const char *step);
	void *trace_user;
	struct link *links;
	int n_links;
	uint64_t last_tag;
	unsigned want;
	int64_t index_left;	 /* rows, about */
	int64_t index_late_mono; /* when they have waited long enough */
	int64_t clock_off; /* wall less mono, to see when the clock is set */
	int merge_left;		 /* the index may be in many pieces */
	uint64_t moves;		 /* jobs started and durable steps made */
};

int64_t engine_mono(const struct engine *e);
int64_t engine_now(const struct engine *e);
void engine_trace(struct engine *e, const char *step);
void engine_emit(struct engine *e, struct link *l, struct engine_event *ev);
/* Room for one more job at this connector. */
int link_room(const struct engine *e, const struct link *l);
/* Starts a job. 1 started, 0 no room (come back later), negative E_*. */
int link_start(struct engine *e, struct link *l, struct job *j);
void link_state(
	struct engine *e, struct link *l, enum conn_state s, const char *why);
/* What an answer says about the connector itself: pauses, states. */
void link_outcome(struct engine *e, struct link *l, const struct job_result *r);
/* So many more rows wait for the index. */
void engine_to_index(struct engine *e, int64_t rows);
int64_t engine_backoff(struct engine *e, int fails);

/* fetch.c */
void fetch_start(struct engine *e, struct link *l);
void fetch_result(struct engine *e, struct link *l, const struct job_result *r);
void fetch_free(struct engine *e, struct link *l);
int64_t fetch_next_mono(const struct link *l);

/* pull.c */
int pull_start(struct engine *e, struct link *l);
int pull_result(struct engine *e, struct link *l, struct job_result *r);
void pull_free(struct link *l);
int64_t pull_next_mono(const struct engine *e, const struct link *l);
int pull_busy(const struct link *l);
int pull_due(const struct engine *e, const struct link *l);
/* It failed so often that nobody waits for it any more: it is still tried, and
 * said, but what can go on without it does. */
int run_in_trouble(const struct run *r);
/* Forgets a stream's cursor: its next run reads everything. */
int pull_forget(struct engine *e, struct link *l, struct run *r);
/* Did the last pass show what is not there, too? A feed that comes back without
 * the row its cursor was taken from proves nothing, nor does an empty one where
 * no such row is known, unless the thread was read by itself (`thread`).
 * `look`: the stream that would show it, or NULL for all. */
int pull_saw(const struct engine *e, const struct link *l, const char *look,
	const struct op *op, int thread);
/* Is a feed refused that was read before? Nobody knows what is new there. */
int pull_hidden(const struct link *l, const struct op *op);
/* Is everything read that feeds have shown of `key` (NULL: at all)? */
int pull_caught_up(
	const struct engine *e, const struct link *l, const char *key);
struct run *run_find(struct link *l, const char *name);
/* The run did not get on: it begins again later. */
void run_fail(struct engine *e, struct link *l, struct run *r, const char *why);
int run_finish(struct engine *e, struct link *l, struct run *r);
/* What was read of a page is here: the next one, or the end. */
int run_page_done(struct engine *e, struct link *l, struct run *r,
	const char *next, int64_t rows);
/* Which cursor this page may commit, or NULL. */
const char *page_cursor(struct engine *e, struct link *l, struct run *r,
	const struct job_result *j, struct arena *a);
void pass_want(struct link *l);
/* Reads one key now for an operation; 1 started, 0 later. */
int pull_refetch(struct engine *e, struct link *l, const char *stream,
	const char *key, const char *uid);

/* The cursor to ask with: what is stored, less the overlap. `must_reach` (or
 * NULL): see struct run. */
int run_cursor(struct engine *e, struct link *l, struct run *r, const char *key,
	struct arena *a, const char **out, int64_t *must_reach);
/* A page in one transaction, and who wants to know of it. */
int page_land(struct engine *e, struct link *l, struct run *r,
	struct store_page *p, struct store_page_result *res);
void run_progress(struct engine *e, struct link *l, const struct run *r,
	int64_t done, int64_t total);

/* keys.c: 1 go on, 0 no room, negative E_* */
int groups_start(struct engine *e, struct link *l, struct run *r);
int groups_continue(struct engine *e, struct link *l);
int group_result(struct engine *e, struct link *l, struct group *g,
	struct job_result *j);
int keys_in_flight(const struct link *l, const struct run *r);
void group_free(struct group *g);
void doubts_free(struct link *l);

/* narrow.c: round a record that breaks its page */
/* A page was refused. 1: waits in its place or is read in parts now; 0: nothing
 * can be done about it here. */
int narrow_refused(
	struct engine *e, struct link *l, struct run *r, const char *why);
int narrow_result(
	struct engine *e, struct link *l, struct run *r, struct job_result *j);
void narrow_job(const struct run *r, struct job *j);
void narrow_free(struct run *r);
/* Another request was answered since `*oks_seen`: then it is not the backend as
 * a whole. */
int others_answered(const struct link *l, int64_t *oks_seen);

/* aside.c: the quarantine */
int aside_refresh(struct engine *e, struct link *l);
/* Tries again what is due. */
int aside_start(struct engine *e, struct link *l);
int64_t aside_next_mono(const struct engine *e, const struct link *l);
/* A run has come to its end: what it did not meet is not there any more. `to`:
 * the last cursor it has read, NULL: to the end. */
int aside_settle(struct engine *e, struct link *l, struct run *r,
	const char *from, const char *to);
/* Is something of this stream in it; this key? */
int aside_known(const struct engine *e, const struct link *l,
	const char *stream, const char *key);

/* push.c */
int push_start(struct engine *e, struct link *l);
int push_result(struct engine *e, struct link *l, struct job_result *r);
int push_outcome(struct engine *e, struct link *l, const char *uid, int attempt,
	enum op_state from, struct store_outcome *o);
/* Something speaks against sending what is queued: a person is asked, but told
 * the truth: what may have happened is looked for first. */
int push_ask(struct engine *e, struct link *l, const struct op *op,
	enum op_reason reason, const char *error, const char *evidence);
const struct opcap *opcap_find(const struct link *l, enum op_kind k);
struct watch *watch_get(struct link *l, const char *uid);
struct watch *watch_find(const struct link *l, const char *uid);
void watch_drop(struct link *l, const char *uid);
void watch_free(struct watch *w);

/* compare.c */
enum verdict {
	CMP_CLEAN,   /* nobody touched our fields: send                    */
	CMP_ALREADY, /* the server shows what we want: done                */
	CMP_CONFLICT /* someone else changed the same field: `evidence`    */
};
int compare_fields(struct engine *e, const struct op *op, const char *me,
	struct arena *a, enum verdict *v, const char **evidence);

/* settle.c */
int settle_start(struct engine *e, struct link *l);
/* A refetch for `uid` has landed. */
int settle_refetched(struct engine *e, struct link *l, const char *uid);
/* What has come of its target so far, before it lands. */
void settle_shown(struct link *l, const char *uid, const char *key,
	const struct recs *recs);
/* Its target is not there any more, or cannot be read: `why`. */
int settle_unread(struct engine *e, struct link *l, const char *uid, int gone,
	const char *why);
int64_t settle_next_mono(const struct engine *e, const struct link *l);

#endif
