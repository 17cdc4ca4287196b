/* SPDX-License-Identifier: MIT */
/*
 * The page of a row at its backend: opened here when there is a screen for it,
 * copied when the terminal is far away. Addresses come from the manifest and
 * lead to the backend only; nothing of what a customer wrote is ever opened.
 */
#include "bench_priv.h"

#include <stdlib.h>
#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/proc.h"

static int address(struct bench *b, enum entity e, int64_t id, struct buf *out)
{
	struct arena *a = arena_new();
	struct row_title t;
	int rc = store_title(desk_ro(b->desk), e, id, a, &t);

	if (rc == 0)
		rc = session_web(
			desk_session(b->desk), t.connector, e, t.rid, out);
	arena_free(a);
	return rc;
}

/* A call has no page, its ticket may have one. */
static int case_address(struct bench *b, struct buf *out)
{
	const struct desk_case *k = desk_case(b->desk);
	int rc;

	if (k->entity == ENT_COUNT)
		return err_set(E_INPUT, _("nothing is in focus"));
	rc = address(b, k->entity, k->id, out);
	if (rc == E_NOTFOUND && k->ticket && k->entity != ENT_TICKET)
		rc = address(b, ENT_TICKET, k->ticket, out);
	return rc;
}

void origin_read(struct bench *b)
{
	struct buf out = BUF_INIT;

	FREE(&b->origin);
	if (desk_case(b->desk)->entity != ENT_COUNT &&
		case_address(b, &out) == 0)
		b->origin = xstrdup(buf_str(&out));
	err_clear();
	buf_fini(&out);
}

static const char *given(const char *name)
{
	const char *s = getenv(name);

	return s && *s ? s : NULL;
}

/* A program that shows it on this person's screen; NULL there is none. */
static char *browser(void)
{
	const char *own = given("BROWSER");

	if (given("SSH_CONNECTION") || given("SSH_TTY"))
		return NULL;
	if (own)
		return xstrndup(own, strcspn(own, ":"));
	if (given("DISPLAY") || given("WAYLAND_DISPLAY"))
		return xstrdup("xdg-open");
	return NULL;
}

static int show(struct bench *b, const char *url)
{
	char *program = browser(), *to = xstrdup(url);
	char *argv[] = {program, to, NULL};
	int rc = 0;

	if (program) {
		rc = proc_leave(argv);
		if (rc == 0)
			desk_say(b->desk, NOTICE_DONE, _("opened: %s"), url);
	} else {
		term_copy(b->term, url, strlen(url));
		desk_say(b->desk, NOTICE_DONE,
			_("copied, open it where you sit: %s"), url);
	}
	free(program);
	free(to);
	return rc;
}

/* What backends have pages for; a row of anything else belongs to the case. */
static int has_pages(enum entity e)
{
	return e == ENT_TICKET || e == ENT_CONVERSATION || e == ENT_ARTICLE ||
	       e == ENT_CUSTOMER;
}

int origin_open(struct bench *b)
{
	const struct slot *s = bench_slot(b);
	struct buf url = BUF_INIT;
	enum entity e;
	int64_t id;
	int rc;

	if (s && s->opened && s->pane.ops->targets &&
		s->pane.ops->targets(&s->pane, &e, &id, 1) > 0 && has_pages(e))
		rc = address(b, e, id, &url);
	else
		rc = case_address(b, &url);
	if (rc == 0)
		rc = show(b, buf_str(&url));
	buf_fini(&url);
	return rc;
}
