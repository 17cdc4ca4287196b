/* SPDX-License-Identifier: MIT */
/*
 * Operations: one intended change at a backend, written to the outbox before
 * anything leaves. States and who moves them (sync.md, reliability 3.2-3.5):
 *
 *   queued -> sending -> sent -> done          the good way
 *   queued -> cancelled                        undo before the first byte
 *   sending -> queued                          definitely not executed
 *   sending -> unsure -> done | queued | held  the answer was lost
 *   any open state -> held(reason)             a person must look
 *
 * `sent` is: the server said yes, the effect has not been read back yet.
 */
#ifndef GALLEY_MODEL_OP_H
#define GALLEY_MODEL_OP_H

#include <stdint.h>
#include "galley/base/id.h"
#include "galley/base/json.h"
#include "galley/model/entity.h"

enum op_kind {
#define OP(sym, name, ent, cls, flags, label) OP_##sym,
#include "galley/model/ops.def"
	OP_COUNT
};

enum op_class {
	OPC_MESSAGE,
	OPC_SCALAR,
	OPC_SET,
	OPC_CREATE,
	OPC_STRUCT,
	OPC_MARK,
	OPC_SIGNAL,
};

enum op_flag { OF_VISIBLE = 1 };

enum op_state {
	OPS_QUEUED,
	OPS_SENDING,
	OPS_SENT,
	OPS_UNSURE,
	OPS_HELD,
	OPS_DONE,
	OPS_CANCELLED,
	OPS_STATE_COUNT
};

enum op_reason {
	OPR_NONE,
	OPR_REFUSED,  /* the backend said no                              */
	OPR_CONFLICT, /* the same field was changed by someone else       */
	OPR_STALE,    /* the customer wrote meanwhile                     */
	OPR_OLD,      /* written long ago, ask before it leaves           */
	OPR_UNKNOWN,  /* may or may not have arrived; nobody can tell     */
	OPR_SEVERAL,  /* more than one candidate was found on the server  */
	OPR_GONE,     /* the target does not exist any more               */
	OPR_ATTEMPTS, /* tried too often                                  */
	OPR_BLOCKED,  /* an operation it depends on did not go through    */
	OPR_COUNT
};

struct op_desc {
	enum op_kind kind;
	const char *name;
	enum entity target;
	enum op_class cls;
	unsigned flags;
	const char *label;
};

const struct op_desc *op_desc(enum op_kind k);
const struct op_desc *op_by_name(const char *name); /* or NULL */
const char *op_state_name(enum op_state s);	    /* "queued" ... */
const char *op_reason_name(enum op_reason r);	    /* "", "refused" ... */
int op_state_by_name(const char *s);		    /* -1 unknown */
int op_reason_by_name(const char *s);		    /* -1 unknown */
/* queued, sending, sent, unsure, held */
int op_open(enum op_state s);

/* One outbox row in memory. Strings belong to the arena it was read into. */
struct op {
	char uid[UID_SIZE];
	int64_t seq;	       /* order of enqueueing */
	const char *connector; /* instance name of the configuration */
	enum op_kind kind;
	int64_t target;		/* local id; for CREATE the stub row it made */
	const char *target_rid; /* NULL until the backend knows it */
	const char *args;	/* JSON object, frozen */
	const char *base;	/* JSON object: field values the person saw */
	const char *base_version;
	int64_t seen; /* newest message id the writer had seen */
	enum op_state state;
	enum op_reason reason;
	const char *error;    /* the server's words, raw */
	const char *evidence; /* JSON: what was looked at and found */
	const char *how; /* how it was settled: "answer", "found on server" */
	const char *result_rid;
	const char *marker;   /* what identifies our effect at the backend */
	const char *baseline; /* newest remote message id known when armed */
	int attempt;
	int confirmed; /* a person said: send it all the same */
	int64_t created_ms, not_before_ms, first_armed_ms, armed_ms,
		settle_until_ms, expires_ms, updated_ms;
	int64_t later_ms; /* the time that the person chose; 0 at once */
};

/* Its time has not come: it holds up only what builds on it. */
int op_asleep(const struct op *op, int64_t now_ms);
/* Does `op` have to wait for `other` of the same target? Never both for each
 * other. */
int op_must_wait(const struct op *op, const struct op *other, int64_t now_ms);

/* Checks kind and args: texts not empty, fields known and editable, times
 * parsed to ms. E_INPUT names the argument. */
int op_validate(enum op_kind k, const struct json *args) MUST_CHECK;

/* What the operation does to the target's row while it is open: calls `set`
 * with each field and its value as text (NULL empties it; TIME and INT as
 * decimal). `me` is the agent's remote id. */
typedef void op_effect_fn(void *u, enum field_id f, const char *value);
void op_effect(const struct op *op, const char *me, op_effect_fn *set, void *u);

/* The fields an operation writes, as a bit set over field_index(). */
uint64_t op_fields(const struct op *op);

#endif
