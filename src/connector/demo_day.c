/* SPDX-License-Identifier: MIT */
/*
 * The order of things in time: the two years before the demo began, told at
 * once, and then the day as it is played. Everything is an act with its moment
 * of the play; what an act does depends on the seed and on what was done before
 * it, never on when somebody looks.
 */
#include "demo_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"

/* --- acts
 * ------------------------------------------------------------------------ */

static int act_before(const struct d_act *a, const struct d_act *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void act_add(struct demo *d, const struct d_act *a)
{
	struct d_act x = *a;
	int i;

	x.order = ++d->act_order;
	if (d->n_acts == d->cap_acts) {
		d->cap_acts = d->cap_acts ? d->cap_acts * 2 : 512;
		d->acts = xreallocarray(
			d->acts, (size_t)d->cap_acts, sizeof(*d->acts));
	}
	/* the next one is the last of the array */
	for (i = d->n_acts++; i > 0 && act_before(&d->acts[i - 1], &x); i--)
		d->acts[i] = d->acts[i - 1];
	d->acts[i] = x;
}

int64_t wall_at(const struct demo *d, int64_t play)
{
	if (play < 0)
		return d->epoch + play;
	if (!d->speed)
		return d->seg_wall;
	return d->seg_wall + (play - d->seg_play) * 100 / d->speed;
}

/* So long as the clock on the wall says, however fast the play is. */
static int64_t real_ms(const struct demo *d, int64_t ms)
{
	return d->speed ? ms * d->speed / 100 : ms;
}

/* --- tales
 * ------------------------------------------------------------------------ */

static int is_ours(const struct d_event *e)
{
	static const char words[] =
		" reply answer note remark open take assign status queue "
		"priority due tag promise kept works fails end call ";
	char w[24];

	snprintf(w, sizeof(w), " %s ", e->word);
	return strstr(words, w) != NULL &&
	       !(strcmp(e->word, "call") == 0 && e->args[0] == 'i');
}

/* Into the hours at which somebody is there. */
static int64_t into_hours(
	const struct demo *d, struct d_tale *t, int64_t at, int ours)
{
	int64_t local = d->epoch + at + d->zone_min * MINUTE;
	int64_t hour = local % DAY / HOUR;
	int64_t from = ours ? 8 : 7, to = ours ? 21 : 24;

	if (hour >= from && hour < to)
		return at;
	at += ((hour < from ? from : 24 + from) - hour) * HOUR;
	return at + (int64_t)rnd_below(&t->rnd, 25) * MINUTE;
}

/* Does the tale lead to the keeping of the promise that is open? */
static int will_keep(const struct d_tale *t)
{
	const struct d_event *e;

	for (e = t->promise ? t->next : NULL; e; e = e->next) {
		if (e->ending && e->ending != t->ending)
			continue;
		if (strcmp(e->word, "kept") == 0)
			return 1;
		if (strcmp(e->word, "broken") == 0 ||
			strcmp(e->word, "withdrawn") == 0 ||
			strcmp(e->word, "promise") == 0)
			return 0;
	}
	return 0;
}

/* A promise that is kept is kept before it is due, and what leads to it comes
 * before that. */
static int64_t in_time(
	const struct demo *d, struct d_tale *t, int64_t from, int64_t at)
{
	int64_t last = row_num(t->promise, FID_PROMISE_DUE) - d->epoch;

	if (strcmp(t->next->word, "kept") != 0)
		last -= 40 * MINUTE;
	last -= (int64_t)(1 + rnd_below(&t->rnd, 20)) * MINUTE;
	if (at <= last)
		return at;
	return last > from ? last : from;
}

void tale_later(struct demo *d, struct d_tale *t, int64_t from)
{
	int64_t gap = t->next ? t->next->after_ms : 0;
	int64_t at;

	if (!t->next)
		return;
	if (!t->fixed && gap > 10 * MINUTE)
		gap = gap * (80 + (int64_t)rnd_below(&t->rnd, 50)) / 100;
	at = from + gap;
	if (!t->fixed && at < 0)
		at = into_hours(d, t, at, is_ours(t->next));
	if (!t->fixed && will_keep(t))
		at = in_time(d, t, from, at);
	act_add(d, &(struct d_act){.at = at, .kind = ACT_TALE, .tale = t});
}

static int owned_by(const struct d_row *r, enum field_id f, const char *who)
{
	const char *o = r ? row_str(r, f) : NULL;

	return o && strcmp(o, who) == 0;
}

/* From now on it is the person at the desk who acts for us: a tale goes on only
 * where somebody else speaks. */
static int person_has_it(const struct demo *d, const struct d_tale *t)
{
	return strcmp(t->agent, d->me) == 0 ||
	       owned_by(t->ticket, FID_TICKET_OWNER, d->me) ||
	       owned_by(t->talk, FID_CONVERSATION_OWNER, d->me) || t->answers;
}

static void act_tale(struct demo *d, struct d_tale *t)
{
	if (!t->alive || (t->ticket && t->ticket->to))
		return;
	if (d->play >= 0 && t->next && is_ours(t->next) &&
		person_has_it(d, t)) {
		t->alive = 0;
		return;
	}
	if (tale_step(d, t))
		tale_later(d, t, d->play);
}

/* --- who else is there
 * -------------------------------------------------------------- */

/* A matter that is open; `not_mine` leaves out what the person has. */
static struct d_row *open_ticket(
	struct demo *d, struct rnd *r, const char *phase, int not_mine)
{
	struct d_row *found = NULL;
	uint64_t n = 0;
	int i;

	for (i = 0; i < d->n_tale; i++) {
		struct d_row *t = d->tale[i]->ticket;
		const char *p = t ? row_str(t, FID_TICKET_PHASE) : NULL;

		if (!t || t->to || !p || strcmp(p, "done") == 0)
			continue;
		if (phase && strcmp(p, phase) != 0)
			continue;
		if (not_mine && owned_by(t, FID_TICKET_OWNER, d->me))
			continue;
		if (rnd_below(r, ++n) == 0)
			found = t;
	}
	return found;
}

static const char *colleague(struct demo *d, struct rnd *r, const char *queue)
{
	const struct d_block *b, *found = NULL;
	uint64_t n = 0;

	for (b = d->script.first[D_AGENT]; b; b = b->next)
		if (strcmp(b->id, d->me) != 0 &&
			word_in(block_or(b, "teams", ""), queue) &&
			rnd_below(r, ++n) == 0)
			found = b;
	return found ? found->id : "chenbo";
}

static void change_priority(
	struct demo *d, struct d_row *t, const char *who, int64_t to)
{
	char old[24], now[24];

	snprintf(old, sizeof(old), "%lld",
		(long long)row_num(t, FID_TICKET_PRIORITY));
	snprintf(now, sizeof(now), "%lld", (long long)to);
	note_field(d, t, "priority", who, old, now);
	row_int(&d->world, t, FID_TICKET_PRIORITY, to);
}

/* A colleague does something to a ticket: what conflicts are made of. */
static void colleague_acts(struct demo *d, struct rnd *r)
{
	struct d_row *t = open_ticket(d, r, NULL, 0);
	const struct d_tale *tale = t ? tale_of(d, t) : NULL;
	const char *who;

	if (!tale)
		return;
	who = colleague(d, r, row_str(t, FID_TICKET_QUEUE));
	switch (rnd_below(r, 4)) {
	case 0:
		change_priority(d, t, who, 20 + 10 * (int64_t)rnd_below(r, 8));
		break;
	case 1:
		row_set(&d->world, t, FID_TICKET_TAGS,
			phrase(d, r, "tag", tale->lang, NULL), 1);
		note_field(
			d, t, "tags", who, NULL, row_str(t, FID_TICKET_TAGS));
		break;
	case 2:
		say(d, t, "note", "note", who,
			phrase(d, r, "colleague", tale->lang, tale_of(d, t)));
		break;
	default:
		if (!row_str(t, FID_TICKET_OWNER))
			set_owner(d, t, who, who);
		else
			row_int(&d->world, t, FID_TICKET_DUE,
				d->now + (int64_t)(1 + rnd_below(r, 3)) * DAY);
	}
}

/* --- beats of the endless day
 * ------------------------------------------------------- */

/* A story that may begin on any day, told of somebody. */
static void new_story(struct demo *d, struct rnd *r)
{
	const struct d_block *s, *found = NULL;
	struct d_tale *t;
	uint64_t n = 0;

	for (s = d->script.first[D_STORY]; s; s = s->next)
		if (block_int(s, "told", 0) > 1 && rnd_below(r, ++n) == 0)
			found = s;
	if (!found)
		return;
	t = tale_new(d, found, NULL, 1000 + d->beats);
	if (rnd_chance(r, 1, 2))
		t->agent = d->me; /* waits for the person */
	if (block_get(found, "bought") || block_get(found, "order"))
		order_before(d, t, d->now);
	tale_later(d, t, d->play);
}

static void customer_nudges(struct demo *d, struct rnd *r)
{
	struct d_row *ticket = open_ticket(d, r, NULL, 0);
	struct d_tale *t = ticket ? tale_of(d, ticket) : NULL;

	if (!t)
		return;
	say(d, ticket, "reply", "in", t->customer->id,
		phrase(d, &t->rnd, "nudge", t->lang, t));
	if (strcmp(row_str(ticket, FID_TICKET_PHASE), "waiting") == 0)
		set_status(d, ticket, "open", "system");
}

static void customer_rings(struct demo *d, struct rnd *r)
{
	struct d_row *ticket = open_ticket(d, r, NULL, 0);
	struct d_tale *t = ticket ? tale_of(d, ticket) : NULL;

	if (t)
		ring(d, t->customer, ticket,
			phrase(d, &t->rnd, "ring", t->lang, t));
}

static void network_goes(struct demo *d, int64_t ms)
{
	if (d->offline)
		return;
	d->offline = 1;
	act_add(d, &(struct d_act){.at = d->play + real_ms(d, ms),
			   .kind = ACT_NET_BACK});
}

static void act_beat(struct demo *d, int n)
{
	struct rnd r;
	uint64_t dice;

	rnd_seed(&r, d->seed ^ ((uint64_t)n * UINT64_C(0xd1342543de82ef95)));
	d->beats = n;
	dice = rnd_below(&r, 100);
	if (dice < 45)
		new_story(d, &r);
	else if (dice < 65)
		colleague_acts(d, &r);
	else if (dice < 80)
		customer_nudges(d, &r);
	else if (dice < 92)
		customer_rings(d, &r);
	else
		network_goes(d, 20000 + (int64_t)rnd_below(&r, 60) * 1000);
	act_add(d, &(struct d_act){.at = d->play + 100000 +
					 (int64_t)rnd_below(&r, 200000),
			   .kind = ACT_BEAT,
			   .n = n + 1});
}

/* --- the day's plan
 * ------------------------------------------------------------------ */

/* "network 45s", "colleague chenbo T-8812 priority 90" */
static void act_line(struct demo *d, const struct d_event *e)
{
	const char *who = word_at(d->arena, e->args, 0);
	const char *rid = word_at(d->arena, e->args, 1);
	const char *what = word_at(d->arena, e->args, 2);
	const char *value = word_at(d->arena, e->args, 3);
	struct d_row *t;
	int64_t ms;

	if (strcmp(e->word, "network") == 0) {
		if (span_read(who, strlen(who), &ms) == 0)
			network_goes(d, ms);
		return;
	}
	t = row_find(&d->world, ENT_TICKET, rid);
	if (strcmp(e->word, "colleague") != 0 || !t || t->to)
		return;
	if (strcmp(what, "priority") == 0)
		change_priority(d, t, who, strtoll(value, NULL, 10));
	else if (strcmp(what, "status") == 0)
		set_status(d, t, value, who);
	else if (strcmp(what, "take") == 0)
		set_owner(d, t, who, who);
	else if (strcmp(what, "note") == 0)
		say(d, t, "note", "note", who, e->text);
}

/* --- customers answer
 * ------------------------------------------------------------------ */

void answer_soon(struct demo *d, struct d_row *thread, const char *uid)
{
	int talk = thread->e == ENT_CONVERSATION;
	uint64_t h = text_hash(uid);
	int64_t wait = talk ? 15000 + (int64_t)(h % 40) * 1000
			    : 60000 + (int64_t)(h % 180) * 1000;

	if (talk)
		act_add(d, &(struct d_act){.at = d->play + real_ms(d, 6000),
				   .kind = ACT_READ,
				   .row = thread});
	if (h % 10 < 8)
		act_add(d, &(struct d_act){.at = d->play + wait,
				   .kind = ACT_ANSWER,
				   .row = thread});
}

/* The i-th line of the story's `then`, or NULL. */
static const char *then_line(struct demo *d, const struct d_tale *t, int i)
{
	const char *s = t ? block_get(t->story, "then") : NULL, *end;

	while (s && i-- > 0) {
		s = strchr(s, '\n');
		s = s ? s + 1 : NULL;
	}
	if (!s || !*s)
		return NULL;
	end = strchr(s, '\n');
	return end ? arena_strndup(d->arena, s, (size_t)(end - s)) : s;
}

static void act_answer(struct demo *d, struct d_row *thread)
{
	struct d_tale *t = tale_of(d, thread);
	const struct d_block *c = customer_of(d, thread);
	int talk = thread->e == ENT_CONVERSATION;
	const char *line, *phase = row_str(thread, talk ? FID_CONVERSATION_PHASE
							: FID_TICKET_PHASE);

	if (!c || thread->to || !t)
		return;
	line = then_line(d, t, t->answers - 1);
	line = line ? tell(d, t, line)
		    : phrase(d, &t->rnd, "answer", t->lang, t);
	if (!*line)
		return;
	say(d, thread, "reply", "in", c->id, line);
	if (phase && strcmp(phase, "waiting") == 0)
		set_status(d, thread, "open", "system");
}

/* Our sent messages of a chat have been seen. */
static void act_read(struct demo *d, const struct d_row *talk)
{
	size_t i = d->world.n_log;

	while (i-- > 0) {
		struct d_row *m = d->world.log[i].row;
		const char *on, *is;

		if (m->e != ENT_MESSAGE)
			continue;
		on = row_str(m, FID_MESSAGE_CONVERSATION);
		is = row_str(m, FID_MESSAGE_DELIVERY);
		if (on && is && strcmp(on, talk->rid) == 0 &&
			strcmp(is, "sent") == 0)
			row_text(&d->world, m, FID_MESSAGE_DELIVERY, "read");
		if (d->world.n_log - i > 2000)
			break;
	}
}

/* --- the line
 * ---------------------------------------------------------------------------
 */

static void act_unheard(struct demo *d, struct d_row *call)
{
	if (d->line != call ||
		strcmp(row_str(call, FID_CALL_STATUS), "ringing") != 0)
		return;
	row_text(&d->world, call, FID_CALL_STATUS, "missed");
	row_int(&d->world, call, FID_CALL_ENDED, d->now);
	d->line = NULL;
}

void line_do(struct demo *d, enum demo_line what)
{
	struct d_world *w = &d->world;
	int rings;

	if (!d->line)
		return;
	world_step(w);
	rings = strcmp(row_str(d->line, FID_CALL_STATUS), "ringing") == 0;
	if (what == DEMO_ANSWER && rings) {
		row_text(w, d->line, FID_CALL_STATUS, "active");
		row_int(w, d->line, FID_CALL_ANSWERED, d->now);
		return;
	}
	if ((what == DEMO_REJECT) != rings)
		return;
	row_text(w, d->line, FID_CALL_STATUS, rings ? "missed" : "ended");
	row_int(w, d->line, FID_CALL_ENDED, d->now);
	d->line = NULL;
}

/* --- playing
 * ------------------------------------------------------------------------------
 */

static void act_do(struct demo *d, const struct d_act *a)
{
	switch (a->kind) {
	case ACT_TALE:
		act_tale(d, a->tale);
		break;
	case ACT_BEAT:
		act_beat(d, a->n);
		break;
	case ACT_LINE:
		act_line(d, a->line);
		break;
	case ACT_ANSWER:
		act_answer(d, a->row);
		break;
	case ACT_READ:
		act_read(d, a->row);
		break;
	case ACT_UNHEARD:
		act_unheard(d, a->row);
		break;
	case ACT_NET_BACK:
		d->offline = 0;
		break;
	}
}

void play_to(struct demo *d, int64_t play)
{
	while (d->n_acts && d->acts[d->n_acts - 1].at <= play) {
		struct d_act a = d->acts[--d->n_acts];

		d->play = a.at;
		d->now = wall_at(d, a.at);
		world_step(&d->world);
		act_do(d, &a);
	}
	d->play = play;
	d->now = wall_at(d, play);
	world_step(&d->world);
}

void day_begin(struct demo *d)
{
	const struct d_block *b;
	const struct d_event *e;
	int64_t at;

	for (b = d->script.first[D_DAY]; b; b = b->next)
		for (e = b->events, at = 0; e; e = e->next) {
			at += e->after_ms;
			act_add(d,
				&(struct d_act){
					.at = at, .kind = ACT_LINE, .line = e});
		}
	act_add(d, &(struct d_act){.at = 4 * MINUTE, .kind = ACT_BEAT, .n = 1});
	/* the past, in the order of time */
	d->play = d->n_acts ? d->acts[d->n_acts - 1].at : 0;
	if (d->play < 0)
		play_to(d, -1);
	d->play = 0;
	d->now = d->epoch;
}
