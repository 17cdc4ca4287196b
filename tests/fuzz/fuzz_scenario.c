/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes scenario files: any bytes give a bench that can be laid out at every
 * size with its focus on the screen, or a message with a place.
 */
#include <assert.h>
#include <string.h>
#include "galley/base/mem.h"
#include "galley/scenario/scenario.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_layout(const struct scenario *s)
{
	static const int sizes[][2] = {
		{20, 5}, {80, 21}, {120, 33}, {200, 57}, {400, 200}};
	struct layout_result r;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		layout_solve(s->root, sizes[i][0], sizes[i][1], s->focus, NULL,
			0, &r);
		assert(!r.too_small && r.pane[s->focus].w > 0);
	}
}

static void check_scenario(const struct scenario *s)
{
	const struct situation_fact f = {"width", NULL, 80, 0};
	const struct scenario_when *w;
	int i;

	assert(s->name && s->role && s->title[0] && s->root);
	assert(s->n_panes > 0 && s->n_panes <= LAYOUT_MAX_PANES);
	assert(s->panes[s->focus].place == PLACE_LAYOUT);
	for (i = 0; i < s->n_panes; i++)
		assert(s->panes[i].line > 0 && s->panes[i].arg);
	for (w = s->when; w; w = w->next) {
		assert((w->then == THEN_ONE) == (w->pane < 0));
		assert(w->pane < s->n_panes);
		assert(w->then != THEN_BAND ||
			s->panes[w->pane].place != PLACE_LAYOUT);
		(void)scenario_when_holds(w, &f, 1);
	}
	check_layout(s);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct scenario *s = NULL;

	if (scenario_parse("x", (const char *)data, size, NULL, NULL, &s) == 0)
		check_scenario(s);
	else
		assert(!s && err_code() == E_CONFIG &&
			(!strncmp(err_msg(), "x:", 2) || size > 262144));
	scenario_free(s);
	return 0;
}
