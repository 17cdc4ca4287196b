/* SPDX-License-Identifier: MIT */
#ifndef GALLEY_SRC_CONNECTOR_INTERP_PRIV_H
#define GALLEY_SRC_CONNECTOR_INTERP_PRIV_H

#include "mapper_priv.h"
#include "template_priv.h"

#define PAGE_SEP '\x1f' /* between cursor and page in a paging position */

/* What is asked in a job's exchange with the server. */
enum ask {
	ASK_PULL,
	ASK_OP,
	ASK_CONFIRM,
	ASK_PROBE,
	ASK_LOGIN,
	ASK_FILE,
};

enum job_state {
	JS_LOGIN,   /* waits for the login of the connector */
	JS_PREPARE, /* filters make the request             */
	JS_HTTP,
	JS_MAP, /* filters read the answer              */
	JS_DONE,
};

/* Position of each filter's value in a call, -1: not asked. */
enum answer_slot {
	AS_ERROR,
	AS_MAP,
	AS_CURSOR,
	AS_FROM,
	AS_UNTIL,
	AS_OK,
	AS_RESULT,
	AS_VERSION,
	AS_MARKER,
	AS_REFUSED,
	AS_SAVE,
	AS_ME,
	AS_COUNT
};

struct pending {
	uint64_t serial; /* ours, never used twice */
	enum ask ask;
	enum job_state state;
	int step; /* of a probe or a login */
	int relogged;
	const struct request *req;
	/* the engine's job, copied */
	struct job job;
	struct arena *arena;
	const char *page, *cursor;
	const char *args, *op_uid, *target, *base;
	/* values of the request's filters while it is prepared */
	int slot[AS_COUNT];
	uint64_t http_id;
	int64_t sent_ms;
	int status;
	int64_t retry_after_ms;
	size_t body_len;
	/* read ahead (ahead.c): nobody has asked for it yet */
	int ahead;
	const char *position;
	int64_t kept_mono;
	struct job_result r;
	struct pending *next;
};

struct sess_value {
	char *name, *value;
	struct sess_value *next;
};

enum login_state { LOGIN_NONE, LOGIN_RUNNING, LOGIN_OK };

struct interp {
	struct conn conn; /* first */
	const struct manifest *m;
	char **values;	/* settings, in their order; secrets locked */
	char **derived; /* in their order */
	char *base_url;
	char *cfg; /* JSON object without secrets */
	struct net *net;
	const struct clock *clock;
	int allow_plain;
	char *ca_file;
	struct mapper *mapper;
	struct bucket bucket;
	int64_t next_mono;
	struct pending *jobs;
	struct pending *done, *done_last;
	int read_ahead;
	struct pending *kept; /* read ahead, whole */
	int n_jobs;
	uint64_t serial;
	char *saved, *me;
	struct sess_value *session;
	enum login_state login;
	int64_t login_until_mono;
	/* tests: instead of net_submit() */
	int (*submit)(void *u, const struct net_req *q, uint64_t *id);
	void *submit_user;
	struct job_result login_result;
};

/* settings.c */
int settings_take(struct interp *c, const char *const *values) MUST_CHECK;
void settings_free(struct interp *c);

/* meta.c: the input object of the filters. `resp` NULL: for the request. */
char *meta_of(const struct interp *c, const struct pending *p,
	const struct net_resp *resp);

/* request.c */
int64_t page_limit(const struct interp *c, const struct pending *p);
/* Filters of the request in their order: what pending_send() wants values
 * for. */
int request_wants(const struct pending *p, struct want *w);
/* Builds and submits. `values` are JSON texts in the order of the wants, NULL
 * for null. */
int request_send(struct interp *c, struct pending *p,
	const char *const *values) MUST_CHECK;

/* answer.c */
int answer_wants(const struct interp *c, struct pending *p, struct want *w);
/* The job's result, or another exchange (then the state is not JS_DONE). */
void answer_take(struct interp *c, struct pending *p, struct mapped *m);
void answer_fault(struct interp *c, struct pending *p, struct net_resp *r);
int answer_file(struct interp *c, struct pending *p, struct net_resp *r);

/* interp.c */
void job_finish(struct interp *c, struct pending *p, enum outcome o,
	const char *fmt, ...) PRINTF(4, 5);
/* Another exchange of the same job. */
void job_next(struct interp *c, struct pending *p, enum ask ask, int step);
/* The session is not valid any more: log in and ask again. 0: tried already. */
int job_relogin(struct interp *c, struct pending *p);
/* Tests: one step of a probe or a login, and what it has saved. */
void job_step(struct interp *c, int is_login, int step);
int job_step_result(struct interp *c, struct job_result *out);
void session_set(struct interp *c, const struct json *obj);
const char *session_get(const struct interp *c, const char *name, size_t len);
int ask_is_write(const struct pending *p);
/* A token of the rate, if there is one. */
int take_room(struct interp *c);
void job_ahead(struct interp *c, const struct job *j);
void job_deliver(struct interp *c, struct pending *p);
void job_cancel(struct interp *c, struct pending *p);
void job_free(struct pending *p);

/* ahead.c */
/* A job has ended: perhaps its next page is worth asking for. */
void ahead_after(struct interp *c, const struct pending *p);
/* One that nobody has asked for has ended. */
void ahead_keep(struct interp *c, struct pending *p);
/* 1: what `j` asks for is here or under way, and is its now. */
int ahead_take(struct interp *c, const struct job *j);
void ahead_free(struct interp *c);

#endif
