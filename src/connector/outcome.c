/* SPDX-License-Identifier: MIT */
/*
 * What an answer means for the question "was it executed?", when the manifest
 * has said nothing. One place, one table, tested once for every connector. It
 * never guesses in the comfortable direction: what is not known to have been
 * left undone counts as unknown. It looks at no body and at no words.
 */
#include "galley/connector/connector.h"

#include <stdlib.h>
#include "galley/base/mem.h"

/* The names that fixtures and logs use. */
static const char *const names[OUT_COUNT] = {
	[OUT_OK] = "ok",
	[OUT_ACCEPTED] = "accepted",
	[OUT_NOT_SENT] = "not-sent",
	[OUT_RETRY] = "retry",
	[OUT_RATE] = "rate",
	[OUT_AUTH] = "auth",
	[OUT_CONFLICT] = "conflict",
	[OUT_GONE] = "gone",
	[OUT_REFUSED] = "refused",
	[OUT_DUPLICATE] = "duplicate",
	[OUT_RESYNC] = "resync",
	[OUT_UNKNOWN] = "unknown",
	[OUT_BROKEN] = "broken",
};

const char *outcome_name(enum outcome o)
{
	return (unsigned)o < OUT_COUNT ? names[o] : "?";
}

int outcome_error(enum outcome o, const char *words)
{
	if (!words)
		words = outcome_name(o);
	switch (o) {
	case OUT_OK:
		return 0;
	case OUT_GONE:
		return err_set(E_NOTFOUND, "%s", words);
	case OUT_AUTH:
		return err_set(E_AUTH, "%s", words);
	case OUT_REFUSED:
		return err_set(E_PERM, "%s", words);
	case OUT_BROKEN:
		return err_set(E_PROTO, "%s", words);
	default:
		return err_set(E_OFFLINE, "%s", words);
	}
}

/* First match wins. `write` is RFC 9110 and RFC 6585 read strictly: a server
 * that answers with these has said whether it acted. 5xx says nothing. */
static const struct {
	int lo, hi;
	enum outcome write, read;
} meaning[] = {
	{202, 202, OUT_ACCEPTED, OUT_RETRY},
	/* the server sent a part on its own account: never asked for */
	{206, 206, OUT_UNKNOWN, OUT_BROKEN},
	{200, 299, OUT_OK, OUT_OK},
	/* an answer of this kind to a request without conditions or after an
	 * interim answer: nothing can be concluded */
	{100, 199, OUT_UNKNOWN, OUT_BROKEN},
	{304, 304, OUT_UNKNOWN, OUT_BROKEN},
	/* the backend has moved: a person changes the address */
	{300, 399, OUT_REFUSED, OUT_REFUSED},
	{401, 401, OUT_AUTH, OUT_AUTH},
	{407, 407, OUT_AUTH, OUT_AUTH},
	{404, 404, OUT_GONE, OUT_GONE},
	{410, 410, OUT_GONE, OUT_GONE},
	{409, 409, OUT_CONFLICT, OUT_RETRY},
	{412, 412, OUT_CONFLICT, OUT_REFUSED},
	{428, 428, OUT_CONFLICT, OUT_REFUSED},
	{408, 408, OUT_RETRY, OUT_RETRY},
	{421, 421, OUT_RETRY, OUT_RETRY},
	{425, 425, OUT_RETRY, OUT_RETRY},
	{429, 429, OUT_RATE, OUT_RATE},
	{400, 499, OUT_REFUSED, OUT_REFUSED},
	{503, 503, OUT_UNKNOWN, OUT_RATE},
	{501, 501, OUT_REFUSED, OUT_REFUSED},
	{500, 599, OUT_UNKNOWN, OUT_RETRY},
};

enum outcome outcome_of_write(int sent, int whole, int status)
{
	if (!sent)
		return OUT_NOT_SENT;
	if (!whole)
		return OUT_UNKNOWN;
	for (size_t i = 0; i < ARRAY_SIZE(meaning); i++)
		if (status >= meaning[i].lo && status <= meaning[i].hi)
			return meaning[i].write;
	return OUT_UNKNOWN;
}

enum outcome outcome_of_read(int sent, int whole, int status)
{
	if (!sent)
		return OUT_NOT_SENT;
	if (!whole)
		return OUT_RETRY;
	for (size_t i = 0; i < ARRAY_SIZE(meaning); i++)
		if (status >= meaning[i].lo && status <= meaning[i].hi)
			return meaning[i].read;
	return OUT_BROKEN;
}

void job_result_fini(struct job_result *r)
{
	if (!r)
		return;
	recs_free(r->recs);
	r->recs = NULL;
	FREE(&r->message);
	FREE(&r->cursor);
	FREE(&r->page);
	FREE(&r->result_rid);
	FREE(&r->version);
	FREE(&r->marker);
	FREE(&r->saved);
	FREE(&r->me);
}
