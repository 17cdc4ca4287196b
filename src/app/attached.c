/* SPDX-License-Identifier: MIT */
/*
 * Attachments that are on their way to this disk: by the worker where there is
 * one, else by a thread that ends with the fetch. And the text that is to be
 * read, until a pane takes it. It decides neither what is fetched nor who sees
 * it.
 */
#include "app_priv.h"
#include "galley/app/fetch.h"

#include <stdlib.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

struct fetched_one {
	struct fetched_one *next;
	struct fetched f;
};

void attached_put(struct desk *d, uint64_t number, int code, const char *text)
{
	struct attached *all = desk_attached(d);
	struct fetched_one *x = xcalloc(1, sizeof(*x));

	x->f = (struct fetched){.number = number,
		.code = code,
		.text = xstrdup_null(code < 0 ? text : NULL)};
	x->next = all->first;
	all->first = x;
	desk_tell(d, TOPIC(ENT_FILE));
}

static int fetch_here(struct desk *d, const struct row *file, const char *path,
	uint64_t *number)
{
	struct attached *all = desk_attached(d);
	int rc;

	if (all->fetch)
		return err_set(E_LIMIT, _("another one is on its way"));
	rc = fetch_begin(
		desk_session(d), file->connector, file->rid, path, &all->fetch);
	if (rc == 0)
		*number = all->number = desk_number(d);
	return rc;
}

int desk_fetch(struct desk *d, const struct row *file, const char *path,
	uint64_t *number)
{
	struct work *w;
	int rc;

	if (!file->rid)
		return err_set(
			E_NOTFOUND, _("its backend does not know it yet"));
	if (!desk_sends(d))
		return fetch_here(d, file, path, number);
	w = work_new(WORK_FETCH);
	w->connector = xstrdup(
		session_connector_name(desk_session(d), file->connector));
	w->key = xstrdup(file->rid);
	w->path = xstrdup(path);
	rc = desk_ask(d, w, NULL);
	if (rc == 0)
		*number = desk_asked(d);
	return rc;
}

void attached_look(struct desk *d)
{
	struct attached *all = desk_attached(d);
	char *text;
	int code;

	if (!all->fetch || !fetch_take(all->fetch, &code, &text))
		return;
	all->fetch = NULL;
	attached_put(d, all->number, code, text);
	free(text);
}

static int take(struct attached *all, struct fetched *out)
{
	struct fetched_one *x = all->first;

	if (!x)
		return 0;
	all->first = x->next;
	*out = x->f;
	free(x);
	return 1;
}

int desk_take_fetched(struct desk *d, struct fetched *out)
{
	return take(desk_attached(d), out);
}

void desk_want_file(struct desk *d, int n)
{
	desk_attached(d)->wanted = n;
	desk_tell(d, TOPIC(ENT_FILE));
}

int desk_take_wanted(struct desk *d)
{
	int n = desk_attached(d)->wanted;

	desk_attached(d)->wanted = 0;
	return n;
}

/* --- reading -------------------------------------------------------------- */

void reading_free(struct reading *r)
{
	if (!r)
		return;
	free(r->name);
	free(r->text);
	free(r);
}

void desk_read(struct desk *d, struct reading *r)
{
	reading_free(desk_attached(d)->reading);
	desk_attached(d)->reading = r;
	desk_tell(d, TOPIC(ENT_FILE));
}

struct reading *desk_take_reading(struct desk *d)
{
	struct reading *r = desk_attached(d)->reading;

	desk_attached(d)->reading = NULL;
	return r;
}

void attached_fini(struct attached *a)
{
	struct fetched f;

	fetch_stop(a->fetch);
	while (take(a, &f))
		free(f.text);
	reading_free(a->reading);
}
