/* SPDX-License-Identifier: MIT */
#ifndef GALLEY_SRC_CONNECTOR_MAPPER_PRIV_H
#define GALLEY_SRC_CONNECTOR_MAPPER_PRIV_H

#include "galley/jqchild/wire.h"
#include "manifest_priv.h"

#define MAX_WANTS 64

struct want {
	int filter;
	enum wire_want mode;
};

/* One call to the mapping process. The strings are handed over. */
struct call {
	uint64_t user; /* comes back */
	char *meta;    /* JSON object */
	char *body;
	size_t body_len;
	enum wire_body body_kind;
	struct want want[MAX_WANTS];
	int n_wants;
	struct call *next;
};

/* Its answer. `failed` is set when the process did not answer: then there is
 * only that text. Payloads live in `frame`. */
struct mapped {
	uint64_t user;
	char *failed;
	const char *body_why; /* NULL: the body was good */
	int n;
	struct {
		enum wire_status status;
		const char *p;
		size_t len;
	} v[MAX_WANTS];
	struct buf frame;
	struct mapped *next;
};
void mapped_free(struct mapped *m);

struct mapper;
/* The manifest is borrowed. No process is started before the first call. */
struct mapper *mapper_new(const struct manifest *m, const char *helper,
	const struct clock *clock, int deadline_ms);
void mapper_free(struct mapper *p);
void mapper_call(struct mapper *p, struct call *c);
/* Moves bytes without waiting, but for a child that takes a call in. */
void mapper_pump(struct mapper *p);
struct mapped *mapper_next(struct mapper *p); /* NULL: none */
int mapper_fd(const struct mapper *p);	      /* -1: nothing to wait for */
int mapper_busy(const struct mapper *p);
/* Compiles now and waits for it: for checking. */
int mapper_compile(struct mapper *p) MUST_CHECK;

/* unpack.c: records as the child wrote them; E_PROTO when the frame is no such
 * thing. Records that do not pass rec_validate() become errors. */
int recs_unpack(const char *p, size_t len, struct recs **out) MUST_CHECK;

#endif
