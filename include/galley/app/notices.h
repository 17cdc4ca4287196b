/* SPDX-License-Identifier: MIT */
/*
 * What happens around a person besides what he does, by class, and how each
 * class may reach him: a bell, a notice of the desktop, a mark on the screen.
 * Quiet hours leave the mark. Pure data and rules; who rings is the bench. The
 * section [notices] of galley-config(5).
 */
#ifndef GALLEY_APP_NOTICES_H
#define GALLEY_APP_NOTICES_H

#include <stdint.h>
#include "galley/base/buf.h"
#include "galley/base/err.h"

enum about {
	ABOUT_NONE, /* what the person did: never rings */
	ABOUT_CALL,
	ABOUT_MESSAGE, /* a customer waits for an answer   */
	ABOUT_PROMISE, /* is due soon, or late             */
	ABOUT_HELD,    /* an operation asks for a decision */
	ABOUT_SYNC,    /* a backend is not reached         */
	ABOUT_COUNT
};
enum { ALERT_BELL = 1, ALERT_DESKTOP = 2, ALERT_MARK = 4 };

#define MAX_QUIET 8
struct quiet {
	unsigned days;	      /* bit 0 Sunday .. 6: on which it begins */
	int from_min, to_min; /* to <= from: of the next day */
};
struct notices {
	unsigned how[ABOUT_COUNT]; /* ALERT_* */
	struct quiet quiet[MAX_QUIET];
	int n_quiet;
	int by; /* enum notify_by (term.h) */
};

void notices_default(struct notices *n);
/* A line of the section. E_CONFIG says what is allowed. */
int notices_set(
	struct notices *n, const char *key, const char *value) MUST_CHECK;
/* Its keys, for a message: "call, message ...". */
const char *notices_keys(void);
/* The value of one of them, as the file has it: "bell mark". */
void notices_print(const struct notices *n, const char *key, struct buf *out);
/* What is to be done now. */
unsigned notices_how(
	const struct notices *n, enum about a, int64_t now_ms, int zone_min);

#endif
