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

#endif
