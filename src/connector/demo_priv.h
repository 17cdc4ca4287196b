/* SPDX-License-Identifier: MIT */
#ifndef GALLEY_SRC_CONNECTOR_DEMO_PRIV_H
#define GALLEY_SRC_CONNECTOR_DEMO_PRIV_H

#include <stdatomic.h>
#include "galley/base/arena.h"
#include "galley/base/buf.h"
#include "galley/base/json.h"
#include "galley/base/rnd.h"
#include "galley/connector/demo.h"
#include "manifest_priv.h"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* --- demo_text.c: what the files say ----------------------------------------
 */

struct d_pair {
	const char *key, *value;
	int line;
	struct d_pair *next;
};

/* "?60 +2h10m call in 4m REPAIR: text" */
struct d_event {
	int64_t after_ms; /* since the one before */
	int chance;	  /* of 100 */
	int ending;	  /* 0: of the trunk, else of that ending */
	const char *word, *args, *text;
	int line;
	struct d_event *next;
};

struct d_block {
	const char *file, *word, *id;
	int line, n_endings, index; /* index: among blocks of its word */
	struct d_pair *pairs;
	struct d_event *events;
	struct d_block *next; /* of the same word */
};

enum d_word {
	D_QUEUE,
	D_AGENT,
	D_CUSTOMER,
	D_PRODUCT,
	D_ARTICLE,
	D_SNIPPET,
	D_PHRASE,
	D_STORY,
	D_DAY,
	D_WORDS
};

struct d_script {
	struct arena *arena;
	struct d_block *first[D_WORDS], *last[D_WORDS];
	int n[D_WORDS];
};

/* `dir` NULL: the files built in. E_CONFIG with file:line. */
int script_load(struct d_script *s, const char *dir) MUST_CHECK;
int script_read(struct d_script *s, const char *file, const char *text,
	size_t len) MUST_CHECK;
void script_free(struct d_script *s);
struct d_block *block_find(
	const struct d_script *s, enum d_word w, const char *id);
struct d_block *block_at(const struct d_script *s, enum d_word w, int i);
const char *block_get(const struct d_block *b, const char *key); /* or NULL */
const char *block_or(const struct d_block *b, const char *key, const char *def);
int64_t block_int(const struct d_block *b, const char *key, int64_t def);
/* "2d3h10m" or "-4d"; `def` when the key is not there. */
int64_t block_span(const struct d_block *b, const char *key, int64_t def);
int span_read(const char *s, size_t len, int64_t *ms);
/* The i-th blank-separated word, in `a`; "" when there is none. */
const char *word_at(struct arena *a, const char *s, int i);
/* Is `w` among the words of `list` (blanks or commas between)? */
int word_in(const char *list, const char *w);

/* --- demo_world.c: rows and their order of change ---------------------------
 */

struct d_row {
	enum entity e;
	const char *rid;
	const char *to;	  /* merged into */
	const char *body; /* of a file */
	size_t body_len;
	int gone;
	int64_t version, seq;
	struct val *v; /* by field_index() */
	struct d_row *next_hash;
};

struct d_world {
	struct arena *arena;
	struct d_row **hash;
	size_t n_hash, n_rows;
	struct d_change {
		int64_t seq;
		struct d_row *row;
	} * log;
	size_t n_log, cap_log;
	int64_t seq;
	int64_t step_seq; /* all later changes belong to one step */
	int count[ENT_COUNT];
};

void world_init(struct d_world *w);
void world_fini(struct d_world *w);
/* What follows is one step: a row that changes twice in it changes once. Steps
 * are the same however often somebody reads between them. */
void world_step(struct d_world *w);
struct d_row *row_new(struct d_world *w, enum entity e, const char *rid);
struct d_row *row_find(const struct d_world *w, enum entity e, const char *rid);
/* Setters count as a change of the row; NULL empties. */
void row_text(
	struct d_world *w, struct d_row *r, enum field_id f, const char *s);
void row_int(struct d_world *w, struct d_row *r, enum field_id f, int64_t i);
void row_null(struct d_world *w, struct d_row *r, enum field_id f);
const char *row_str(const struct d_row *r, enum field_id f); /* or NULL */
int64_t row_num(const struct d_row *r, enum field_id f);
/* A set's members, "" when empty; adds or removes one. 1: it changed. */
int row_set(struct d_world *w, struct d_row *r, enum field_id f,
	const char *member, int in);
void row_gone(struct d_world *w, struct d_row *r);
void row_merge(struct d_world *w, struct d_row *r, const char *to);
/* Changes after `*seq`, at most `max`; moves `*seq`. 1: there is more. */
int world_changes(
	const struct d_world *w, int64_t *seq, int max, struct recs *out);
void row_record(const struct d_row *r, struct recs *out);

/* --- the centre --------------------------------------------------------------
 */

/* A story that is being told. */
struct d_tale {
	const struct d_block *story, *customer, *product;
	const char *lang, *agent, *model, *order, *channel, *queue;
	int64_t amount_minor;
	int index, ending, alive, answers;
	struct rnd rnd;
	const struct d_event *next;
	int fixed; /* told once, of one customer, at its own times */
	struct d_row *ticket, *talk, *purchase, *promise, *call, *message;
};

enum d_act_kind {
	ACT_TALE,     /* the next event of a tale       */
	ACT_BEAT,     /* something of the endless day   */
	ACT_LINE,     /* a line of the day's plan       */
	ACT_ANSWER,   /* a customer answers us          */
	ACT_READ,     /* our message has been read      */
	ACT_UNHEARD,  /* it rang long enough            */
	ACT_NET_BACK, /* the network is there again     */
};

struct d_act {
	int64_t at; /* of the play */
	int64_t order;
	enum d_act_kind kind;
	struct d_tale *tale;
	const struct d_event *line;
	struct d_row *row;
	int n;
};

struct d_job {
	uint64_t tag;
	int64_t due_mono;
	int was_online;
	struct job_result r;
};

#define MAX_JOBS 8

struct demo {
	struct conn conn; /* first */
	struct arena *arena;
	struct d_script script;
	struct d_world world;
	const struct clock *clock;
	uint64_t seed;
	int zone_min;
	int64_t write_ms;
	/* the play: how far it is, and how it runs */
	int64_t epoch; /* wall time of its start */
	int64_t play, now;
	int64_t seg_play, seg_wall, seg_mono;
	int speed; /* percent; 0: paused */
	int64_t generation;
	struct d_act *acts;
	int n_acts, cap_acts;
	int64_t act_order;
	int beats, tales;
	struct d_tale **tale;
	int n_tale, cap_tale;
	int offline;
	struct d_row *line; /* the call that rings or is under way */
	/* numbers of things made */
	int64_t n_ticket, n_talk, n_message, n_call, n_order, n_other;
	/* operations, by uid: what came of them */
	struct d_done {
		const char *uid, *rid;
		struct d_done *next;
	} * done[256];
	const char *me;
	/* what is kept */
	char *file;
	int fd;
	int64_t kept_play, kept_seq;
	int replaying;
	/* towards the engine */
	struct conn_desc desc;
	struct d_job jobs[MAX_JOBS];
	int n_jobs;
	int64_t told_seq; /* what the host has been told of */
	int told_offline;
	int timer_fd, control_fd;
	/* from other threads */
	atomic_int want_speed, want_pause, want_line;
};

/* demo_tell.c: texts with names, dates and choices filled in. In the world's
 * arena. */
const char *tell(struct demo *d, struct d_tale *t, const char *pattern);
const char *phrase(struct demo *d, struct rnd *r, const char *id,
	const char *lang, struct d_tale *t);
uint64_t text_hash(const char *s);

/* demo_cast.c: who and what there is, and when which story is told. */
int cast_all(struct demo *d) MUST_CHECK;
struct d_tale *tale_new(struct demo *d, const struct d_block *story,
	const struct d_block *customer, int n);
const struct d_block *customer_for(
	struct demo *d, const struct d_block *story, struct rnd *r);

/* demo_tale.c: one event of a tale at d->now. 0: the tale is at its end. */
int tale_step(struct demo *d, struct d_tale *t);
struct d_row *say(struct demo *d, struct d_row *thread, const char *kind,
	const char *dir, const char *author, const char *text);
void note_field(struct demo *d, struct d_row *thread, const char *field,
	const char *author, const char *old, const char *now);
void ring(struct demo *d, const struct d_block *customer, struct d_row *ticket,
	const char *text);
const char *phase_of(const char *status);
int status_known(const char *status);
void set_status(struct demo *d, struct d_row *thread, const char *status,
	const char *author);
void set_owner(struct demo *d, struct d_row *thread, const char *owner,
	const char *author);
struct d_tale *tale_of(struct demo *d, const struct d_row *thread);
const struct d_block *customer_of(struct demo *d, const struct d_row *row);

/* demo_shop.c: orders. */
void shop_history(struct demo *d);
void order_before(struct demo *d, struct d_tale *t, int64_t start);
const char *order_number(struct demo *d, int64_t placed);
int64_t price_of(const struct d_block *product, struct rnd *r);

/* demo_day.c */
void tale_later(struct demo *d, struct d_tale *t, int64_t from);
void act_add(struct demo *d, const struct d_act *a);
void day_begin(struct demo *d);
/* Plays up to `play`. */
void play_to(struct demo *d, int64_t play);
int64_t wall_at(const struct demo *d, int64_t play);
void line_do(struct demo *d, enum demo_line what);
void answer_soon(struct demo *d, struct d_row *thread, const char *uid);

/* demo_ops.c: what an operation does; `replay`: it was accepted before. */
struct d_op {
	enum op_kind kind;
	const char *uid, *target, *version;
	const struct json *args;
};
void op_do(struct demo *d, const struct d_op *op, int replay,
	struct job_result *r);
const char *op_known(const struct demo *d, const char *uid);
void op_note(struct demo *d, const char *uid, const char *rid);
extern const struct opcap demo_caps[];
extern const int demo_n_caps;

/* demo_keep.c: the file */
/* Reads it and brings the world to where it was. `data`: of the stories. */
int keep_open(struct demo *d, uint64_t data) MUST_CHECK;
void keep_close(struct demo *d);
int keep_segment(struct demo *d);
int keep_mark(struct demo *d);
int keep_op(struct demo *d, const struct job *j);
int keep_line(struct demo *d, enum demo_line what);

/* demo.c */
int demo_manifest(struct manifest **out) MUST_CHECK;
int demo_connect(const struct manifest *m, const struct conn_args *a,
	struct conn **out) MUST_CHECK;

#endif
