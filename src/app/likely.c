/* SPDX-License-Identifier: MIT */
/*
 * What somebody who rings is ringing about, most likely: his open ticket that
 * has let him down, else the one in which something was said last. A guess that
 * is shown as one; it decides nothing.
 */
#include "galley/app/desk.h"
#include "app_priv.h"

#include <string.h>
#include "galley/base/mem.h"

#define MOST	   500 /* tickets and promises of a customer that are looked at */
#define WRAP_UP_MS (60 * INT64_C(60000))

static const char *str(const struct row *r, enum field_id f)
{
	const struct val *v = row_get(r, f);

	return v->kind == VAL_TEXT ? v->s : "";
}

static int64_t at(const struct row *r, enum field_id f)
{
	const struct val *v = row_get(r, f);

	return v->kind == VAL_INT ? v->i : 0;
}

static int is_late(int64_t due, int64_t now)
{
	return due && due < now;
}

/* A promise was broken on it, or is being broken. */
static int let_down(const struct rows *promises, int64_t ticket, int64_t now)
{
	int i;

	for (i = 0; i < promises->n; i++) {
		const struct row *r = &promises->v[i];
		const char *s = str(r, FID_PROMISE_STATUS);

		if (at(r, FID_PROMISE_TICKET) != ticket)
			continue;
		if (strcmp(s, "broken") == 0 ||
			(strcmp(s, "open") == 0 &&
				is_late(at(r, FID_PROMISE_DUE), now)))
			return 1;
	}
	return 0;
}

int desk_phase_open(const char *phase)
{
	static const char *const open[] = {"new", "open", "waiting"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(open); i++)
		if (strcmp(phase, open[i]) == 0)
			return 1;
	return 0;
}

static int64_t best_of(
	const struct rows *tickets, const struct rows *promises, int64_t now)
{
	int64_t best = 0, best_at = 0;
	int i, best_down = 0;

	for (i = 0; i < tickets->n; i++) {
		const struct row *r = &tickets->v[i];
		int64_t t = at(r, FID_TICKET_UPDATED);
		int down;

		if (!desk_phase_open(str(r, FID_TICKET_PHASE)))
			continue;
		down = is_late(at(r, FID_TICKET_DUE), now) ||
		       let_down(promises, r->id, now);
		if (best && (down < best_down ||
				    (down == best_down && t <= best_at)))
			continue;
		best = r->id;
		best_at = t;
		best_down = down;
	}
	return best;
}

int64_t desk_likely(struct desk *d, int64_t customer)
{
	struct rows tickets, promises;
	int64_t best = 0;

	if (!customer || store_children(desk_ro(d), FID_TICKET_CUSTOMER,
				 customer, MOST, &tickets) < 0)
		return 0;
	if (store_children(desk_ro(d), FID_PROMISE_CUSTOMER, customer, MOST,
		    &promises) == 0) {
		best = best_of(&tickets, &promises, desk_now(d));
		rows_free(&promises);
	}
	rows_free(&tickets);
	return best;
}

/* While one talks, and a while after: an old call is about what it was about.
 */
int64_t likely_of_call(struct desk *d, const struct row *call, int64_t customer)
{
	int64_t ended = at(call, FID_CALL_ENDED);

	if (ended && ended < desk_now(d) - WRAP_UP_MS)
		return 0;
	return desk_likely(d, customer);
}
