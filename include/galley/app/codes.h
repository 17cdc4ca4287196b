/* SPDX-License-Identifier: MIT */
/*
 * Backends keep what a case is, how a call ended and where a ticket stands as
 * codes. Here is what people call the ones that everybody has; a code of the
 * desk's own is made readable, its status stays as the desk writes it.
 */
#ifndef GALLEY_APP_CODES_H
#define GALLEY_APP_CODES_H

#include "galley/base/arena.h"

/* A status in the person's language; `raw` itself where it is not known. */
const char *codes_status(const char *raw);
/* The same of a promise; of how a ticket is linked. */
const char *codes_promise(const char *raw);
const char *codes_link(const char *raw);
/* "complaint:delay", "REPAIR/DONE", "NO_ANSWER" in words; what has spaces is in
 * words already. NULL stays NULL. */
const char *codes_words(const char *raw, struct arena *a);
/* The same for the value of a custom field: only of one that holds codes. */
const char *codes_value(const char *field, const char *raw, struct arena *a);
/* What a custom field is called. */
const char *codes_field(const char *field);

#endif
