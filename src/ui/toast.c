/* SPDX-License-Identifier: MIT */
/*
 * Notices at the right, over whatever is there, and progress. When a notice
 * comes and goes, and on which row it stands, is not decided here.
 */
#include "galley/ui/widget.h"

#include <inttypes.h>

/* What one may do: it is never cut. */
static int tail_of(const struct toast *t, struct buf *b)
{
	if (t->action_key && t->action)
		buf_addf(b, " [%s] %s", t->action_key, t->action);
	if (t->seconds > 0)
		buf_addf(b, " %d", t->seconds);
	buf_addc(b, ' ');
	return text_cells(buf_str(b));
}

int toast_cells(const struct toast *t)
{
	struct buf b = BUF_INIT;
	int w = 1 + text_cells(t->text) + tail_of(t, &b);

	buf_fini(&b);
	return w;
}

/* " text  [u] undo 5 " */
struct toast_at toast_draw(struct canvas *screen, int y, const struct toast *t)
{
	struct buf b = BUF_INIT;
	struct toast_at at;
	struct canvas c;
	int tail = tail_of(t, &b), w = toast_cells(t);

	if (w > screen->w)
		w = screen->w;
	at = (struct toast_at){.x = screen->w - w, .y = y, .w = w};
	c = canvas_sub(screen, at.x, y, w, 1);
	canvas_clear(&c, t->style);
	if (w > tail + 1)
		canvas_slot(&c, 1, 0, w - tail - 1, t->style, t->text, 0);
	canvas_text(&c, w > tail ? w - tail : 0, 0, t->style, buf_str(&b));
	at.action = at.x + w;
	if (t->action_key && t->action)
		at.action -= tail < w ? tail : w;
	buf_fini(&b);
	return at;
}

void progress_draw(struct canvas *c, int x, int y, int w, int64_t done,
	int64_t total, const char *text)
{
	struct buf b = BUF_INIT;
	int bar, percent;

	if (done < 0)
		done = 0;
	if (total > 0) {
		percent = done >= total
				  ? 100
				  : (int)(100.0 * (double)done / (double)total);
		buf_addf(
			&b, " %d%% %" PRId64 "/%" PRId64, percent, done, total);
	} else {
		buf_addf(&b, " %" PRId64, done);
	}
	if (text) {
		bar = w / 2;
		x += canvas_slot(c, x, y, bar, ST_TEXT, text, 0) + 1;
		w -= text_cells(text) < bar ? text_cells(text) + 1 : bar + 1;
	}
	bar = w - text_cells(buf_str(&b));
	if (bar >= 4 && total > 0)
		bar_draw(c, x, y, bar, (double)done, (double)total, -1,
			ST_CHART);
	else
		bar = 0;
	canvas_slot(c, x + bar, y, w - bar, ST_DIM, buf_str(&b), 0);
	buf_fini(&b);
}
