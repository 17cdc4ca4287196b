/* SPDX-License-Identifier: MIT */
/*
 * What has been said to the person: a ring of notices, the newest first, with
 * what takes back what they speak of. It decides neither what is said nor how
 * loud.
 */
#include "galley/app/desk.h"
#include "app_priv.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

struct notice *notice_at(struct desk *d, int i)
{
	struct notes *n = desk_notes(d);

	return &n->v[(n->first + i) % MAX_NOTICES];
}

static void notice_fini(struct notice *n)
{
	int i;

	for (i = 0; i < n->n_undo; i++)
		work_free(n->undo[i]);
	free(n->undo);
	free(n->offer);
	free(n->text);
}

void notes_fini(struct notes *n)
{
	int i;

	for (i = 0; i < MAX_NOTICES; i++)
		notice_fini(&n->v[i]);
}

void notice_undo(struct notice *n, struct work *w)
{
	n->undo = xreallocarray(
		n->undo, (size_t)n->n_undo + 1, sizeof(struct work *));
	n->undo[n->n_undo++] = w;
}

static struct notice *add(struct desk *d, enum notice_class c, const char *text)
{
	struct notes *all = desk_notes(d);
	struct notice *n;

	all->first = (all->first + MAX_NOTICES - 1) % MAX_NOTICES;
	if (all->n < MAX_NOTICES)
		all->n++;
	all->said++;
	n = notice_at(d, 0);
	notice_fini(n);
	*n = (struct notice){
		.cls = c,
		.at_ms = desk_now(d),
		.until_mono = c == NOTICE_ERROR ? 0 : desk_mono(d) + TOAST_MS,
		.text = xstrdup(text),
	};
	desk_tell(d, TOPIC_CONN);
	return n;
}

struct notice *notice_add(struct desk *d, enum notice_class c, const char *text)
{
	struct notice *n = add(d, c, text);

	i18n_sentence(n->text);
	return n;
}

/* What a format begins with is a name, unless it is all that is said. */
PRINTF(3, 0)
static struct notice *add_said(
	struct desk *d, enum notice_class c, const char *fmt, va_list ap)
{
	struct buf b = BUF_INIT;
	struct notice *n;

	buf_adds(&b, "");
	buf_vaddf(&b, fmt, ap);
	n = *fmt == '%' && strcmp(fmt, "%s") != 0
		    ? add(d, c, buf_str(&b))
		    : notice_add(d, c, buf_str(&b));
	if (*fmt >= 'a' && *fmt <= 'z') /* "copied: ..." */
		*n->text = (char)(*fmt - 'a' + 'A');
	buf_fini(&b);
	return n;
}

void desk_say(struct desk *d, enum notice_class c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)add_said(d, c, fmt, ap);
	va_end(ap);
}

void desk_news(
	struct desk *d, enum about a, enum notice_class c, const char *fmt, ...)
{
	struct notice *n;
	va_list ap;

	va_start(ap, fmt);
	n = add_said(d, c, fmt, ap);
	va_end(ap);
	n->about = a;
	if (session_config(desk_session(d))->notices.how[a] & ALERT_MARK)
		desk_notes(d)->unseen++;
}

void desk_news_case(struct desk *d, enum entity e, int64_t id)
{
	notice_at(d, 0)->entity = e;
	notice_at(d, 0)->id = id;
}

void desk_offer(struct desk *d, const char *line)
{
	struct notice *n = notice_at(d, 0);

	free(n->offer);
	n->offer = xstrdup_null(line);
	n->until_mono = desk_mono(d) + OFFER_MS;
}

const struct notice *desk_offered(const struct desk *d)
{
	const struct notice *n;
	int i;

	for (i = 0; (n = desk_notice(d, i)); i++)
		if (n->offer)
			return n;
	return NULL;
}

char *desk_take_offer(struct desk *d)
{
	char *line = NULL;
	int i;

	for (i = 0; i < desk_notes(d)->n; i++) {
		struct notice *n = notice_at(d, i);

		if (!n->offer)
			continue;
		/* what was offered before it does not hold any more */
		if (line)
			free(n->offer);
		else
			line = n->offer;
		n->offer = NULL;
		n->until_mono = 1;
	}
	desk_tell(d, TOPIC_CONN);
	return line;
}

void desk_end_toast(struct desk *d, const struct notice *n)
{
	int i;

	for (i = 0; i < desk_notes(d)->n; i++)
		if (notice_at(d, i) == n)
			notice_at(d, i)->until_mono = 1;
	desk_tell(d, TOPIC_CONN);
}

int desk_unseen(const struct desk *d)
{
	return desk_notes_ro(d)->unseen;
}

void desk_say_err(struct desk *d)
{
	char *text = xstrdup(err_msg());

	notice_add(d, NOTICE_ERROR, text);
	free(text);
}

const struct notice *desk_notice(const struct desk *d, int i)
{
	const struct notes *n = desk_notes_ro(d);

	if (i < 0 || i >= n->n)
		return NULL;
	return &n->v[(n->first + i) % MAX_NOTICES];
}

static int is_shown(const struct desk *d, const struct notice *n)
{
	int64_t now = desk_mono(d);

	return !n->until_mono || n->until_mono > now ||
	       n->undo_until_mono > now;
}

int desk_toasts(const struct desk *d, const struct notice **out, int max)
{
	const struct notice *x;
	int i, n = 0;

	for (i = 0; n < max && (x = desk_notice(d, i)); i++)
		if (is_shown(d, x))
			out[n++] = x;
	return n;
}

void desk_seen(struct desk *d)
{
	int i;

	desk_notes(d)->unseen = 0;
	for (i = 0; i < desk_notes(d)->n; i++)
		if (!notice_at(d, i)->until_mono)
			notice_at(d, i)->until_mono = 1;
}

uint64_t desk_said(const struct desk *d)
{
	return desk_notes_ro(d)->said;
}
