/* SPDX-License-Identifier: MIT */
/*
 * From what a person says ("assign it to alice", "priority=50 due=2d") to the
 * frozen arguments of an operation: names become remote ids, times become
 * milliseconds. Used by the command line and by every bench.
 */
#ifndef GALLEY_APP_OPARGS_H
#define GALLEY_APP_OPARGS_H

#include "galley/app/session.h"
#include "galley/base/buf.h"
#include "galley/model/op.h"

/* Only what the operation takes is looked at; NULL is "not given". */
struct opargs {
	const char *text;
	const char *const *sets; /* "field=value" */
	int n_sets;
	const char *const *add, *const *remove; /* tags */
	int n_add, n_remove;
	const char *status, *cc, *minutes;
	const char *owner, *queue, *subject, *customer;
	const char *link_kind, *other; /* the other ticket, or an address */
	const char *summary;
	/* of an article in a case: "1" or "0", and which case */
	const char *worked;
	enum entity case_entity; /* TICKET or CONVERSATION */
	int64_t case_id;
};

/* Appends the JSON object. E_INPUT says what is missing or wrong; the result
 * has passed op_validate(). */
int opargs_build(struct session *s, enum op_kind kind, int connector,
	int64_t now_ms, int zone_min, const struct opargs *in,
	struct buf *out) MUST_CHECK;

/* The remote id of what a person names: "me", a login, a name, an e-mail
 * address, an id. New string. */
int session_ref(struct session *s, enum entity e, int connector,
	const char *name, char **rid) MUST_CHECK;

/* The operation a person means: "set" or "ticket.set". NULL when none. */
const struct op_desc *opargs_kind(const char *word);

#endif
