/* SPDX-License-Identifier: MIT */
/*
 * What a person says at the desk that a backend need not hear: rows put aside,
 * what came of an article, what was looked at. It is in the cache before
 * anything is said about it; where a backend takes it, it travels as an
 * operation.
 */
#include "galley/app/desk.h"
#include "app_priv.h"

#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/connector/demo.h"

/* My name in what is written down. */
static const char *who(struct desk *d, int connector)
{
	const char *me = session_me_rid(desk_session(d), connector);

	return me ? me : "agent";
}

int desk_mark(struct desk *d, const struct store_mark *m, const char *said)
{
	struct work *w;
	int rc = desk_may_write(d);

	if (rc < 0)
		return rc;
	w = work_new(WORK_MARK);
	w->entity = m->entity;
	w->id = m->id;
	w->word = xstrdup(m->kind);
	w->until_ms = m->until_ms;
	w->who = xstrdup(m->who ? m->who : who(d, desk_case(d)->connector));
	w->text = xstrdup_null(m->text);
	return desk_ask(d, w, said);
}

int desk_unmark(struct desk *d, enum entity e, int64_t id, const char *kind,
	const char *said)
{
	struct work *w;
	int rc = desk_may_write(d);

	if (rc < 0)
		return rc;
	w = work_new(WORK_UNMARK);
	w->entity = e;
	w->id = id;
	w->word = xstrdup(kind);
	return desk_ask(d, w, said);
}

int desk_audit(struct desk *d, const char *what, const char *object,
	const char *detail, uint64_t *number)
{
	struct work *w = work_new(WORK_AUDIT);
	int rc;

	w->who = xstrdup(who(d, desk_case(d)->connector));
	w->word = xstrdup(what);
	w->key = xstrdup(object);
	w->text = xstrdup_null(detail);
	rc = desk_ask(d, w, NULL);
	if (rc == 0)
		*number = desk_asked(d);
	return rc;
}

/* --- articles ------------------------------------------------------------- */

static int home_of(struct desk *d, int64_t article, int *connector)
{
	struct arena *a = arena_new();
	struct row_title t;
	int rc = store_title(desk_ro(d), ENT_ARTICLE, article, a, &t);

	if (rc == 0)
		*connector = t.connector;
	arena_free(a);
	return rc;
}

static int case_of(const struct desk *d, enum entity *e, int64_t *id)
{
	const struct desk_case *c = desk_case(d);

	*e = c->ticket ? ENT_TICKET : c->entity;
	*id = c->ticket ? c->ticket : c->id;
	if (c->ticket || c->entity == ENT_CONVERSATION)
		return 0;
	return err_set(
		E_INPUT, _("an outcome belongs to a case: open a ticket or a "
			   "conversation first"));
}

int desk_verdict(struct desk *d, int64_t article, int worked)
{
	struct intent in = {.kind = OP_ARTICLE_OUTCOME, .target = article};
	const char *said = worked ? _("counted: it worked")
				  : _("counted: it did not work");
	struct work *w;
	int connector, rc = desk_may_write(d);

	if (rc == 0)
		rc = case_of(d, &in.in.case_entity, &in.in.case_id);
	if (rc == 0)
		rc = home_of(d, article, &connector);
	if (rc < 0)
		return rc;
	in.in.worked = worked ? "1" : "0";
	in.said = said;
	if (session_can(desk_session(d), connector, in.kind) == 0)
		return desk_do(d, &in);
	err_clear();
	w = work_new(WORK_VERDICT);
	w->target = article;
	w->entity = in.in.case_entity;
	w->id = in.in.case_id;
	w->worked = worked;
	w->who = xstrdup_null(session_me_rid(desk_session(d), connector));
	return desk_ask(d, w, said);
}

int desk_outdated(struct desk *d, int64_t article, const char *why)
{
	struct intent in = {.kind = OP_ARTICLE_OUTDATED,
		.target = article,
		.in = {.text = why},
		.said = _("marked as out of date")};
	struct store_mark m = {.entity = ENT_ARTICLE,
		.id = article,
		.kind = "outdated",
		.text = why};
	int connector, rc = desk_may_write(d);

	if (rc == 0)
		rc = home_of(d, article, &connector);
	if (rc < 0)
		return rc;
	if (session_can(desk_session(d), connector, in.kind) == 0)
		return desk_do(d, &in);
	err_clear();
	m.who = who(d, connector);
	return desk_mark(d, &m,
		_("marked as out of date here; its backend does not take it"));
}

/* --- the demo centre ------------------------------------------------------ */

void desk_line(struct desk *d, enum line_do what)
{
	static const enum demo_line does[] = {
		[LINE_ANSWER] = DEMO_ANSWER,
		[LINE_REJECT] = DEMO_REJECT,
		[LINE_HANG_UP] = DEMO_HANG_UP,
	};
	struct work *w = work_new(WORK_WANT);

	demo_line(NULL, does[what]);
	/* nobody asked for news: it is not said */
	w->want = WANT_PULL;
	if (desk_ask(d, w, NULL) < 0)
		desk_say_err(d);
}

int desk_demo(struct desk *d, const char *word)
{
	int now = demo_speed_now();

	if (now < 0)
		return err_set(E_INPUT, _("this is not the demo centre"));
	if (strcmp(word, "pause") == 0) {
		demo_pause(NULL, now > 0);
	} else if (strcmp(word, "faster") == 0) {
		demo_pause(NULL, 0);
		demo_speed(NULL, now > 0 && now < 50000 ? now * 2 : 100);
	} else if (strcmp(word, "slower") == 0) {
		demo_speed(NULL, now > 1 ? now / 2 : 1);
	} else {
		return err_set(E_INPUT, _("say faster, slower or pause"));
	}
	now = demo_speed_now();
	if (now)
		desk_say(d, NOTICE_DONE, _("the day goes at %d%%"), now);
	else
		desk_say(d, NOTICE_DONE, _("the day stands still"));
	return 0;
}
