/* SPDX-License-Identifier: MIT */
/*
 * Who sees what of personal data. Fields carry a redaction class (fields.def);
 * a role decides how much of each class is shown. The masks keep enough to
 * recognise and compare ("138****8000", "l***@x.org"), never enough to use.
 *
 *   class               agent    reviewer  paste
 *   P0 nothing personal all      all       all
 *   P1 contact data     part     part      part
 *   P2 what people wrote all     masked    hidden
 *   P3 special          hidden   hidden    hidden
 *
 * An agent who reveals (and is written to the journal for it) sees P1 whole;
 * P3 stays hidden. "masked": contact data inside the text is masked. "paste"
 * is what leaves the house, such as the page of `galley doctor`.
 */
#ifndef GALLEY_POLICY_REDACT_VIEW_H
#define GALLEY_POLICY_REDACT_VIEW_H

#include <stddef.h>
#include "galley/base/buf.h"
#include "galley/model/entity.h"

enum role { ROLE_AGENT, ROLE_REVEAL, ROLE_REVIEWER, ROLE_PASTE, ROLE_COUNT };

enum shown { SHOWN_ALL, SHOWN_PART, SHOWN_MASKED, SHOWN_NOT };

enum shown redact_shown(enum role role, enum redact_class c);

/* Appends what `role` may see of a text of class `c`. The result is raw text:
 * it still has to pass the text gate. */
void redact_view(struct buf *out, const char *s, size_t len,
	enum redact_class c, enum role role);

/* One value that is a phone number, an e-mail address or a name. Whole when
 * it is none of the first two. */
void redact_contact(struct buf *out, const char *s, size_t len);

/* By its kind: of numbers of documents, cards and accounts ("id", "passport",
 * "card" ...) the last four characters only, else as above. */
void redact_typed(struct buf *out, const char *type, const char *s, size_t len);

#endif
