/* SPDX-License-Identifier: MIT */
/*
 * Attachments: brought when somebody wants one, not by sync. Needs no sender
 * lock, for it reads only.
 */
#ifndef GALLEY_APP_FETCH_H
#define GALLEY_APP_FETCH_H

#include "galley/app/session.h"

/* Downloads the attachment `rid` of a connector to `path` (which must not be
 * there yet: E_EXISTS). *stop may be NULL. */
int session_fetch(struct session *s, int connector, const char *rid,
	const char *path, volatile const int *stop) MUST_CHECK;

/* The same in a thread of its own; the session must outlive it. When the
 * descriptor is readable, fetch_take() gives 1 once, and frees `f`; fetch_stop()
 * waits for its end. */
struct fetch;
int fetch_begin(struct session *s, int connector, const char *rid,
	const char *path, struct fetch **out) MUST_CHECK;
int fetch_fd(const struct fetch *f);
int fetch_take(struct fetch *f, int *code, char **text);
void fetch_stop(struct fetch *f);

#endif
