/* SPDX-License-Identifier: MIT */
/*
 * Which situation the case in focus is in, and what the conditions of a scenario
 * ask besides: lines, the outbox, the size of the screen.
 */
#include "bench_priv.h"

#include <string.h>
#include "galley/base/mem.h"
#include "galley/base/task.h"
#include "galley/pane/facts.h"

/* What is wrong with them is said when they are needed. */
static void *read_rules(void *u)
{
	struct situations *rules;

	(void)u;
	return situations_load("default", &rules) < 0 ? NULL : rules;
}

void rules_begin(struct bench *b)
{
	b->rules = task_begin(read_rules, NULL);
}

void rules_take(struct bench *b)
{
	if (b->rules)
		b->situations = task_end(b->rules);
	b->rules = NULL;
}

int rules_reread(struct bench *b)
{
	struct situations *rules;
	int rc, i;

	rules_take(b);
	rc = situations_load("default", &rules);
	if (rc < 0)
		return rc;
	situations_free(b->situations);
	b->situations = rules;
	b->rules_wrong = 0;
	facts_read(b);
	for (i = 0; i < b->n_slots; i++)
		b->slots[i].dirty = 1;
	b->resized = 1; /* the layout may ask for the situation */
	return 0;
}

void facts_read(struct bench *b)
{
	struct situation_fact v[FACTS_MAX];
	struct arena *a = arena_new();
	struct situation s = {.name = NULL};
	int n = facts_of(b->desk, desk_case(b->desk), a, v);

	rules_take(b);
	if (!b->situations && !b->rules_wrong &&
		situations_load("default", &b->situations) < 0) {
		desk_say_err(b->desk);
		b->rules_wrong = 1; /* until the file changes */
	}
	if (!b->situations || !n || !situation_find(b->situations, v, n, a, &s))
		s = (struct situation){.name = NULL};
	desk_set_situation(b->desk,
		&(struct desk_situation){.name = s.name,
			.title = s.title,
			.because = s.because,
			.articles = s.articles,
			.script = s.script,
			.form = s.form,
			.macros = s.macros});
	arena_free(a);
}

static int call_is(struct bench *b, const char *status)
{
	struct query *q;
	int64_t n = 0;

	if (query_parse(status, ENT_CALL, desk_now(b->desk), desk_zone(b->desk),
		    &q) < 0)
		return 0;
	if (store_query_count(desk_ro(b->desk), q, desk_me(b->desk), 1, &n) < 0)
		n = 0;
	query_free(q);
	return n > 0;
}

/* Lines ring and talk whatever case is in focus. */
static void read_calls(struct bench *b)
{
	if (b->calls_known)
		return;
	b->calls_known = 1;
	b->ringing = b->talking = 0;
	if (store_any(desk_ro(b->desk), ENT_CALL) == 0)
		return; /* many a desk has no telephone */
	b->ringing = call_is(b, "status:ringing");
	b->talking = call_is(b, "status:talking,answered,active");
}

int facts_hold(struct bench *b, const struct scenario_when *w)
{
	const struct desk_case *k = desk_case(b->desk);
	const struct desk_state *s = desk_state(b->desk);
	struct situation_fact v[] = {
		{.name = "width", .number = b->grid->w},
		{.name = "height", .number = b->grid->h},
		{.name = "outbox.held", .number = s->held_ops},
		{.name = "offline", .number = s->offline},
		{.name = "writing",
			.number = (bench_contexts(b) & CX_WRITE) != 0},
		{.name = "call.ringing"},
		{.name = "call.active"},
		{.name = "situation", .text = desk_situation(b->desk)->name},
		{.name = "case",
			.text = k->entity == ENT_COUNT
					? NULL
					: entity_desc(k->entity)->name},
	};

	if (strncmp(w->fact, "call.", 5) == 0) {
		read_calls(b);
		v[5].number = b->ringing;
		v[6].number = b->talking;
	}
	return scenario_when_holds(w, v, (int)ARRAY_SIZE(v));
}
