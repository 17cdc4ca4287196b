/* SPDX-License-Identifier: MIT */
/*
 * `galley :COMMAND` to a galley that runs: a socket of the runtime directory
 * that only its owner can open (mode 600, and the other side's user is asked
 * for). One line in, one answer out. It carries texts and knows no command; who
 * may do what is decided by whoever runs them, as for a typed line.
 *
 * A request is the line alone, ended by closing that direction; an answer is
 * "STATUS\n" and a text.
 */
#ifndef GALLEY_APP_REMOTE_H
#define GALLEY_APP_REMOTE_H

#include "galley/base/clock.h"
#include "galley/base/err.h"

#define REMOTE_MAX_LINE	  8192
#define REMOTE_MAX_ANSWER 65536
#define REMOTE_MAX_CALLS  8

struct remote;

/* The first free place of this user. E_LIMIT when all are taken, E_DISK. */
int remote_listen(const struct clock *clock, struct remote **out) MUST_CHECK;
void remote_free(struct remote *r);
/* Descriptors to wait on: at most `max`, returns how many. */
int remote_fds(const struct remote *r, int *fds, int max);
/* When it wants to be called without input, mono ms; INT64_MAX never. */
int64_t remote_next_mono(const struct remote *r);
/* The number of a request whose line has come, -1 none. Never blocks. What is
 * too long, late, no line of text or of another user is refused here. */
int remote_next(struct remote *r, const char **line);
/* Ends a request. `status` is an exit status. */
void remote_answer(struct remote *r, int call, int status, const char *text);

/* The other side: asks the galley that was started first. E_OFFLINE when none
 * runs, E_TIMEOUT when it does not answer within `limit_ms`. `text` is a new
 * string, not gated. */
int remote_call(
	const char *line, int limit_ms, int *status, char **text) MUST_CHECK;

#endif
