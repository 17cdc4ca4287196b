/* SPDX-License-Identifier: MIT */
/*
 * The simulator's shared view: one `struct sim` is one run of one seed. All of
 * time, chance, disk and network is in here; the engine and the store are the
 * real ones. The parts:
 *
 *   vfs.c      the disk under SQLite: page cache, power loss, errors, full
 *   backend.c  servers: tickets and threads, what a request does to them
 *   wire.c     the connector the engine talks to, and the road to the server
 *   driver.c   the person, colleagues, customers, crashes, the main loop
 *   check.c    what must hold (I1 ... I16)
 *   sim.c      command line, many seeds, counters
 */
#ifndef GALLEY_TESTS_SIM_H
#define GALLEY_TESTS_SIM_H

#include <stddef.h>
#include <stdint.h>
#include "galley/base/clock.h"
#include "galley/base/mem.h"
#include "galley/base/rnd.h"
#include "galley/connector/connector.h"
#include "galley/store/store.h"
#include "galley/sync/engine.h"

#define SIM_VFS "galley-sim"
#define SIM_DB	"/sim/cache.db"
#define SEC	INT64_C(1000)
#define MIN	(60 * SEC)
#define HOUR	(60 * MIN)
#define FOREVER INT64_MAX

enum {
	MAX_BE = 3,
	MAX_TICKETS = 64,
	N_TAGS = 8,
	N_CHUNK = 512,
	MAX_BAD = 6,
	N_ARTS = 3
};

/* --- "sometimes": what must have been met in many seeds --------------------
 */

#define COUNTERS(X)                                                            \
	X(OP_REPLY, "replies enqueued")                                        \
	X(OP_NOTE, "notes enqueued")                                           \
	X(OP_SCALAR, "field changes enqueued")                                 \
	X(OP_TAGS, "tag changes enqueued")                                     \
	X(OP_CREATE, "creations enqueued")                                     \
	X(OP_MARK, "what came of articles enqueued")                           \
	X(OP_LATER, "operations for a later time")                             \
	X(OP_TWIN, "same words twice")                                         \
	X(OP_POISON, "operations the server refuses")                          \
	X(OP_BOOM, "operations the server always breaks on")                   \
	X(OP_CANCEL, "undone in time")                                         \
	X(OP_CANCEL_LATE, "undone too late")                                   \
	X(ST_QUEUED, "state queued seen")                                      \
	X(ST_SENDING, "state sending seen after a crash")                      \
	X(ST_SENT, "state sent seen")                                          \
	X(ST_UNSURE, "state unsure seen")                                      \
	X(ST_HELD, "state held seen")                                          \
	X(ST_DONE, "state done seen")                                          \
	X(ST_CANCELLED, "state cancelled seen")                                \
	X(HELD_REFUSED, "held: refused")                                       \
	X(HELD_CONFLICT, "held: conflict")                                     \
	X(HELD_STALE, "held: stale")                                           \
	X(HELD_OLD, "held: old")                                               \
	X(HELD_UNKNOWN, "held: unknown")                                       \
	X(HELD_GONE, "held: gone")                                             \
	X(HELD_ATTEMPTS, "held: attempts")                                     \
	X(DECIDED, "decisions of the person")                                  \
	X(DRAFT, "drafts saved")                                               \
	X(REQ_READ, "read requests")                                           \
	X(REQ_WRITE, "write requests")                                         \
	X(REQ_LOST, "requests lost")                                           \
	X(REQ_SLOW, "requests executed after the client gave up")              \
	X(REQ_DUP, "requests doubled by the road")                             \
	X(ANS_LOST, "answers lost after the effect")                           \
	X(ANS_TORN, "answers torn")                                            \
	X(ANS_5XX_DONE, "5xx with effect")                                     \
	X(ANS_5XX_NOT, "5xx without effect")                                   \
	X(ANS_429, "429")                                                      \
	X(ANS_401, "401")                                                      \
	X(ANS_412, "precondition failed")                                      \
	X(ANS_DUP, "duplicate recognised by the server")                       \
	X(ANS_REPLAY, "key replayed by the server")                            \
	X(ANS_RESYNC, "cursor refused")                                        \
	X(ANS_EMPTY, "empty listing where rows were")                          \
	X(ANS_BROKEN, "pages that make no sense")                              \
	X(ANS_BAD, "answers that one record breaks")                           \
	X(ASIDE, "records in quarantine")                                      \
	X(ANS_GONE, "target gone")                                             \
	X(NOT_SENT, "no connection")                                           \
	X(OUTAGE, "outages")                                                   \
	X(SERVER_RESTART, "server restarts")                                   \
	X(LATE_ROW, "rows visible late")                                       \
	X(LAG_READ, "reads behind the writes")                                 \
	X(DELETE, "tickets deleted")                                           \
	X(MERGE, "tickets merged")                                             \
	X(FOREIGN, "changes by colleagues")                                    \
	X(CUSTOMER, "messages by customers")                                   \
	X(CRASH_VFS, "crashes at a disk call")                                 \
	X(CRASH_STEP, "crashes at an engine step")                             \
	X(POWER_LOSS, "power losses")                                          \
	X(TORN_SECTOR, "sectors lost")                                         \
	X(IOERR, "disk errors")                                                \
	X(SYNC_ERR, "sync errors")                                             \
	X(DISK_FULL, "writes on a full disk")                                  \
	X(REOPEN, "reopened after an error")                                   \
	X(RESTART, "clean restarts")                                           \
	X(DOWNTIME, "long downtimes")                                          \
	X(FULL_SYNC, "full resyncs wanted")                                    \
	X(CLS_K, "backends of class K")                                        \
	X(CLS_CU, "backends of class CU")                                      \
	X(CLS_CV, "backends of class CV")                                      \
	X(CLS_N, "backends of class N")                                        \
	X(ETAG, "backends with versions")                                      \
	X(NO_ETAG, "backends without versions")

enum counter {
#define X(sym, text) C_##sym,
	COUNTERS(X)
#undef X
		C_COUNT
};
const char *counter_text(enum counter c);

/* --- the disk --------------------------------------------------------------
 */

struct disk_faults {
	int64_t crash_after; /* calls until the machine stops; <0 never */
	int64_t error_after; /* calls until an I/O error; <0 never */
	int sticky;	     /* errors go on until healed */
	int64_t limit_bytes; /* disk full above; 0 none */
};

void vfs_register(void);
void vfs_reset(struct rnd *r);
struct disk_faults *vfs_faults(void);
void vfs_heal(void);
/* From now on no call has an effect: the process is dead. */
void vfs_kill(void);
int vfs_dead(void);
/* The machine comes back: what was written is kept (the process died) or only
 * what was synced, plus a random part of the rest (the power went). */
void vfs_revive(int power_loss);
int64_t vfs_calls(void);
int64_t vfs_bytes(void); /* on all files */
int vfs_connections(void);

/* --- servers ---------------------------------------------------------------
 */

enum be_class { CLS_K, CLS_CU, CLS_CV, CLS_N };
enum be_style { STYLE_FEED, STYLE_TIME, STYLE_TOKEN };
enum {
	STR_MAIN,    /* events, tickets by time, or changes */
	STR_TICKETS, /* by touch (feed), threads (time) */
	STR_ONE,     /* one ticket by key */
	STR_SWEEP,   /* a full listing */
	STR_COUNT
};

/* The fields of a ticket that anybody changes. */
struct tval {
	int subject, status, owner, queue, priority;
	unsigned tags;
};
struct tstate {
	int64_t at, visible_ms;
	int64_t version;
	int deleted, merged_to; /* index of the other ticket, -1 none */
	struct tval v;
};
struct tick {
	int rid;
	struct tstate *hist;
	int n_hist, cap_hist;
	char create_uid[UID_SIZE]; /* the operation that made it, or "" */
	int64_t shown;		   /* the version that the cache has shown */
};
enum who { WHO_ME, WHO_COLLEAGUE, WHO_CUSTOMER, WHO_SYSTEM };
struct bmsg {
	int64_t id, at, visible_ms;
	int ticket; /* index */
	int on;	    /* index of the ticket whose change it reports */
	enum who who;
	const char *kind, *dir;
	char *text;
	char uid[UID_SIZE]; /* the operation it came from, or "" */
};
/* STYLE_TOKEN: a log of changes in the order in which they became visible */
struct bchange {
	int ticket;  /* index, or -1 */
	int64_t msg; /* index of the message, or -1 */
	int64_t at;
};
struct bkey {
	char uid[UID_SIZE];
	uint64_t payload;
	int64_t at;
	int64_t msg;
	int ticket;
};
struct effect {
	char uid[UID_SIZE];
	int64_t at, msg;
	int attempt;
	int ticket;
	uint64_t fields; /* bits of enum scalar */
	int64_t number;	 /* order over all backends */
};

enum scalar { SC_SUBJECT, SC_STATUS, SC_OWNER, SC_QUEUE, SC_PRIORITY, SC_N };

struct sim;

struct be_conf {
	enum be_class cls;
	enum be_style style;
	int etag;
	int lookup;	     /* class N: by content, else ask */
	int proof;	     /* class N: what is not found is not there */
	int version_on_msg;  /* a message moves the ticket's version */
	int64_t deadline_ms; /* client gives up */
	int64_t flight_ms;   /* a request may be executed until then */
	int64_t lag_ms;	     /* reads may be that far behind */
	int64_t late_ms;     /* a row is visible that much later than stamped */
	int64_t late_ids;    /* overlap in ids that covers it */
	int64_t ttl_ms;	     /* class K */
	int page;
	int retention;	  /* changes kept, 0 all */
	int64_t skew_ms;  /* server's clock */
	int64_t stamp_ms; /* granularity of `updated` */
	int every_s, sweep_s, batch;
	int first;	   /* refresh before a field is changed */
	int thread_cursor; /* threads are read from a cursor per ticket */
	enum conflict_policy policy;
	int commit_per_run;
	int parallel;
	int parts;	 /* parts of a page can be asked for */
	int key_threads; /* STYLE_TOKEN: a ticket read by key has its thread */
};

/* What happens to the next write. */
enum script {
	SCRIPT_NONE,
	SCRIPT_LOSE_REQUEST,
	SCRIPT_LOSE_ANSWER,
	SCRIPT_LATE, /* executed after the client gave up */
	SCRIPT_500_DONE,
	SCRIPT_500_NOT,
	SCRIPT_429,
};

struct wreq;

struct be {
	struct sim *s;
	int idx;
	char name[16];
	struct be_conf conf;
	struct conn conn; /* first thing the engine sees of it */
	struct conn_desc desc;
	struct stream_desc streams[STR_COUNT];
	struct opcap caps[16];
	struct tick *t;
	int n_t;
	struct bmsg *m;
	int64_t n_m, cap_m;
	struct bchange *log;
	int64_t n_log, cap_log, log_min;
	int64_t published; /* messages and states already in the log */
	struct bkey *keys;
	int n_keys, cap_keys;
	struct effect *fx;
	int n_fx, cap_fx;
	/* what came of articles, 0 not said, 1 failed, 2 worked */
	int worked[N_ARTS][MAX_TICKETS], outdated[N_ARTS];
	int64_t next_id, version;
	int64_t as_of; /* reads never go back */
	/* faults of now */
	int64_t down_until, offline_until, auth_until, rate_until, empty_until,
		barred_until;
	int lied; /* a feed was empty where rows were */
	/* records that break every answer they are in, until then */
	struct bad {
		int64_t msg; /* id, or 0 */
		int ticket;  /* index, or -1 */
		int64_t until;
	} bad[MAX_BAD];
	int n_bad;
	int garbles; /* what we said comes as what no record is */
	int signs;   /* it has words more than we said */
	int refuses_all, refuses_feed; /* with 500, with this; for stories */
	int past_gap;	/* the last page of the feed, and it was not the end */
	int fault_rate; /* of 1000 requests */
	enum script script; /* of the next write, for stories */
	/* road */
	struct wreq *first, *last;
	struct wreq *results, *results_last;
	int in_flight;
	int64_t started, asked_to_wait_until;
	int connector; /* the store's number */
	int64_t last_restart;
};

struct tstate *tick_now(const struct tick *t);
const struct tstate *tick_at(const struct tick *t, int64_t as_of);
int be_ticket_by_rid(const struct be *b, const char *rid);
int be_root(const struct be *b, int ticket); /* follows merges */
void be_init(struct be *b, struct sim *s, int idx);
void be_fini(struct be *b);
int64_t be_now(const struct be *b); /* server's clock */
/* What anybody does. They return the index, or -1. */
int be_ticket_new(
	struct be *b, const struct tval *v, enum who who, const char *uid);
int64_t be_msg_new(struct be *b, int ticket, int on, enum who who,
	const char *kind, const char *dir, const char *text, const char *uid);
void be_change(struct be *b, int ticket, const struct tval *v, enum who who);
int64_t be_say(struct be *b, int ticket, enum who who, const char *kind,
	const char *dir, const char *text);
/* As an operation of another desk would. */
int64_t be_say_as(struct be *b, int ticket, enum who who, const char *kind,
	const char *dir, const char *text, const char *uid);
/* This record breaks every answer that it is in. */
void be_break(struct be *b, int64_t msg, int ticket, int64_t until);
int be_is_bad(const struct be *b, int64_t msg, int ticket);
void be_delete(struct be *b, int ticket);
void be_merge(struct be *b, int from, int to);
int64_t be_read_time(struct be *b);
/* Values as texts: status "open" ... NULL for an empty one. */
const char *scalar_text(enum scalar f, int v, char *buf, size_t size);
int scalar_parse(enum scalar f, const char *s);
int tval_get(const struct tval *v, enum scalar f);
void tval_set(struct tval *v, enum scalar f, int x);
extern const enum field_id scalar_field[SC_N];
extern const char *const scalar_name[SC_N];
const char *who_rid(enum who w);

struct reply {
	int status;
	enum outcome special; /* what the connector's own rules say */
	int has_special;
	char *result_rid, *version, *message, *marker;
};
/* The write of an operation arrives. */
void be_execute(struct be *b, const struct op *op, const char *version,
	struct reply *r);
/* A read arrives; fills recs, cursor and page. */
void be_read(struct be *b, const struct wreq *q, struct job_result *r);
void effect_add(struct be *b, const char *uid, int attempt, int ticket,
	int64_t msg, uint64_t fields);

/* --- the road --------------------------------------------------------------
 */

struct wreq {
	struct wreq *next;
	struct be *b;
	enum job_kind kind;
	uint64_t tag;
	int stream;
	int limit, skip;
	char *cursor, *page;
	char **keys;
	int n_keys;
	struct op op;
	char *target_rid, *args, *version, *base;
	int incarnation;
	int64_t send_ms, exec_ms, answer_ms, deadline_ms;
	int executed, lost, answer_lost, torn, sent, abandoned, answered;
	int status; /* drawn fault: 0 none */
	int fault_with_effect;
	int is_dup;
	struct job_result res;
};
const struct conn_ops *wire_ops(void);
void wire_describe(struct be *b);
/* Does what is due; the next due time. */
int64_t wire_run(struct sim *s);
int wire_busy(const struct sim *s); /* requests that may still act */
void wire_client_gone(struct sim *s);
void wire_fini(struct be *b);

/* --- the people ------------------------------------------------------------
 */

enum op_fate { FATE_OPEN, FATE_MAYBE, FATE_NOT };
struct simop {
	char uid[UID_SIZE];
	enum op_fate fate;
	int be;
	enum op_kind kind;
	enum op_class cls;
	int ticket;	/* index at the backend, -1 creation not yet known */
	int on_create;	/* index of the simop that creates its target, or -1 */
	int64_t target; /* local id */
	char *text;
	uint64_t fields;
	struct tval want, base;
	unsigned add, remove;
	int64_t seq; /* order of enqueueing */
	int64_t at, hold_ms;
	int64_t free_ms;	  /* since then nothing is in its way */
	int art, of_case, worked; /* MARK: of which article, in which ticket */
	int later;     /* `hold_ms` was chosen, it is no undo window */
	int cancelled; /* undo was acknowledged */
	int cancel_maybe;
	int discarded; /* given up while held, effect possible or not */
	int discarded_unknown;
	int resends; /* ordered by the person */
	int marked;  /* "sent" by the person's word */
	int confirmed_at_set;
	int64_t confirmed_ms, decided_ms;
	int theirs, ours;
	int theirs_seen[SC_N]; /* when the person decided for ours */
	int poison, boom;
	int sent_requests;
	int64_t first_sent_ms, last_sent_ms;
	enum op_state last_state;
	int done_checked;
	int left_alone, decide_maybe;
	int attempts_since_decision;
};

struct draft {
	char key[32];
	char *acked, *maybe;
	int maybe_gone; /* consumed, or about to be */
	int used_by;	/* operation + 1 that was to consume it */
};

struct knobs {
	int n_ops, n_be, n_tickets;
	int64_t pace_ms; /* mean time between acts */
	int crash, power, ioerr, full, outage, downtime, late, lag, slow, lost,
		dup, http, deletes, merges, empty, rate, auth, twin, poison,
		broken, second_conn, drafts, resync, slow_person, restart;
	int harsh;
	/* of small worlds (see `about`) */
	unsigned kinds;	      /* what the person does, 0 anything */
	int customers, merge; /* of 1000 acts of others */
	int keep;	      /* so many tickets are left to work on */
	int undo, draft;      /* of 1000 acts of the person */
	int aim;	      /* of 1000 of them the disk fails in the middle */
	int broken_share;     /* of 1000 answers, when `broken` */
	int late_share;	      /* of 1000 rows, where rows come late */
	int long_trouble;     /* of 1000 outages */
	int64_t fault_ms;     /* mean time between changes of the weather */
	int down;	      /* of 1000 deaths one is away for long */
	int64_t down_ms;      /* that long at most */
	int own;	      /* of 1000 choices of a ticket one of our own */
	int step_crash;	      /* of 1000 steps of the engine the last one */
	int gap_crash;	      /* of 1000 pages past a row that comes late too */
	int empty_feeds;      /* not only full listings may lie empty; 2: those
				 with tokens as well */
	int meddle;	      /* of 1000 acts of others one on what we made */
	int watch;	      /* no answer may bring an older version back */
	int canned;	      /* words that were used before */
	int desks;	      /* the person is at another desk as well */
	int bad;	      /* of 1000 acts of others one record breaks */
	int hide;	      /* what breaks is what we have said */
	int veil;	      /* of 1000 lost answers what was said breaks */
	int bad_forever;      /* of 1000 of those it does so for good */
	int clock;	      /* of 1000 of those the desk's clock is set */
	int bar;	      /* of 1000 changes of the weather feeds are refused */
	int marks;	      /* of 1000 operations of articles */
	int unread;	      /* of 1000 tickets that do */
	int later;	      /* of 1000 operations one is for later */
};

struct sim {
	uint64_t seed;
	int n_ops_wanted; /* from the command line, 0: drawn */
	struct knobs k;
	int64_t now; /* mono of the desk, and its wall but for this: */
	int64_t wall_off;
	int64_t t0;
	struct clock clock;
	struct rnd r_world, r_wire, r_disk, r_person, r_engine, r_store;
	struct engine_limits limits;
	struct be be[MAX_BE];
	int n_be;
	int n_files, file_code; /* answers to engine_fetch() */
	struct store_rw *rw;	/* the engine's */
	struct store_rw *desk;	/* the person's, may be the same */
	struct engine *eng;
	int incarnation;
	int up; /* the program runs */
	int healed;
	int64_t up_at; /* when it comes back */
	struct simop *ops;
	int n_ops, cap_ops, ops_left;
	struct draft drafts[8];
	int n_drafts;
	int64_t next_person, next_world, next_fault, next_check;
	int64_t heal_disk_at;
	int64_t effects;	   /* numbering */
	int64_t steps_crash_after; /* engine steps until death; <0 never */
	int64_t text_no;
	int64_t steps;
	uint64_t hash;
	int trace;
	int failed;
	char fail[600];
	int64_t counts[C_COUNT];
	int64_t quiet_since, healed_at;
	int64_t spin; /* steps without time passing */
	int64_t writes, crashes, turns, virtual_ms;
	uint64_t first_tag;
	int last_stream; /* that the engine was given an answer of */
};

int sim_run(struct sim *s, uint64_t seed); /* 0 fine; s->fail says what */
void sim_trace(struct sim *s, const char *fmt, ...) PRINTF(2, 3);
void sim_fail(struct sim *s, const char *rule, const char *fmt, ...)
	PRINTF(3, 4);
void sim_count(struct sim *s, enum counter c);
extern struct sim *sim_current; /* for the disk, which has no other way */
struct simop *sim_op(struct sim *s, const char *uid);
const char *pick_status(int i);
void draft_forget(struct draft *d);
unsigned tags_from_json(const char *text);
void row_values(struct sim *s, const struct row *r, struct tval *v);
int sim_chance(struct rnd *r, int per_mille);

/* --- stories: a world without chance ---------------------------------------
 */

void sim_quiet(struct sim *s, const struct be_conf *c, int n_tickets);
void sim_for(struct sim *s, int64_t ms);
void sim_kill(struct sim *s, int64_t down_ms);
void sim_quiet_end(struct sim *s); /* frees `s` too */
struct simop *sim_write(struct sim *s, enum op_kind kind, int ticket,
	const char *args, int64_t hold_ms);

/* --- what must hold --------------------------------------------------------
 */

/* A request is about to leave: called by the connector within the engine. */
void check_start(struct sim *s, struct be *b, const struct job *j);
void check_effect(struct sim *s, struct be *b, const struct effect *e);
/* A field is about to be overwritten although the server could have refused. */
void check_overwrite(struct sim *s, struct be *b, const struct op *op,
	int ticket, enum scalar f, int theirs, int ours);
/* A page has landed. */
void check_paged(struct sim *s);
/* What stands in quarantine and could be read. */
int check_asides(struct sim *s, int complain);
void check_now(struct sim *s);	    /* cheap, often */
void check_reopened(struct sim *s); /* after a crash */
/* Operations that still move; with `complain` the first one is the fault. */
int check_open_ops(struct sim *s, int complain);
/* What was said of articles is shown, each case once. */
void check_marks(struct sim *s);
/* What is not for later does not wait for what is. */
void check_awake(struct sim *s);
void check_state(
	struct sim *s, struct simop *o, enum op_state st, enum op_reason why);
void check_final(struct sim *s);

#endif
