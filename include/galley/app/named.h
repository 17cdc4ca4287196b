/* SPDX-License-Identifier: MIT */
/*
 * The cases that a person may mean by what he types: a whole name, a number as
 * a list shows it, or the bare number ("8812" where cases are called "T-8812").
 */
#ifndef GALLEY_APP_NAMED_H
#define GALLEY_APP_NAMED_H

#include "galley/app/session.h"
#include "galley/base/arena.h"
#include "galley/store/store.h"

struct named {
	enum entity entity;
	int64_t id;
	int connector;
	const char *rid, *title; /* or NULL */
};

/* Tickets and conversations that are called `text`; when there is none, calls
 * and customers. Returns how many (at most max); all of it in `a`. */
int named_find(struct session *s, struct store_ro *ro, const char *text,
	struct arena *a, struct named *out, int max);
/* Those of the newest tickets and conversations whose name, or its number,
 * begins with `text`: for who has not typed all of it. */
int named_begin(struct session *s, struct store_ro *ro, const char *text,
	struct arena *a, struct named *out, int max);

#endif
