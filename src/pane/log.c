/* SPDX-License-Identifier: MIT */
/* What the engine has said: per line time, level, connector, stream, words. */
#include "pane_priv.h"

#include "galley/base/i18n.h"
#include "galley/base/log.h"

#define LOG_LINES 300

static int log_load(struct pane *p)
{
	struct arena *a = arena_new();
	struct log_row *v;
	char t[32];
	int i, n, rc;

	rc = store_log_list(desk_ro(p->desk), LOG_LINES, a, &v, &n);
	if (rc == 0) {
		reader_begin(p->own, p->w, p->h);
		for (i = 0; i < n; i++)
			reader_line(p->own,
				v[i].level <= LOG_WARN ? ST_WARN : ST_DIM, 0,
				v[i].id, "%s  %s %s  %s",
				words_time_long(p->desk, v[i].at_ms, t),
				v[i].connector ? v[i].connector : "",
				v[i].stream ? v[i].stream : "",
				v[i].text ? v[i].text : "");
		reader_end(p->own);
		if (!n)
			p->state = PANE_EMPTY;
	}
	arena_free(a);
	return rc;
}

static void log_empty(const struct pane *p, const char **say, const char **hint)
{
	(void)p;
	*say = _("Nothing went wrong so far.");
	*hint = NULL;
}

const struct pane_ops pane_log = {
	.name = "log",
	.title = N_("Log"),
	.topics = TOPIC_CONN | TOPIC_OPS,
	.contexts = CX_TEXT,
	.min_w = 28,
	.min_h = 4,
	.good_w = 60,
	.good_h = 8,
	.drop = 9,
	.state_size = sizeof(struct reader),
	TEXTPANE,
	.copy = textpane_copy,
	.load = log_load,
	.empty = log_empty,
};
