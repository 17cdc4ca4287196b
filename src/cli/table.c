/* SPDX-License-Identifier: MIT */
/*
 * Lays out tables and paragraphs by terminal cells: Chinese takes two, and a
 * column is cut between characters, never inside one. It measures gated text
 * only.
 */
#include "print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/mem.h"
#include "galley/base/utf8.h"

#define GAP	   2
#define FLEX_LEAST 8

void cells_pad(struct buf *b, size_t cells)
{
	while (cells-- > 0)
		buf_addc(b, ' ');
}

void cells_cut(struct buf *b, const char *s, size_t width, size_t *used)
{
	size_t len = strlen(s), cells = utf8_cells(s, len), n;

	if (cells <= width) {
		buf_add(b, s, len);
		*used = cells;
		return;
	}
	if (width < 2) {
		*used = 0;
		return;
	}
	n = utf8_fit(s, len, width - 1, used);
	buf_add(b, s, n);
	buf_addc(b, '~');
	(*used)++;
}

static size_t natural(struct cell *const *rows, int n_rows, int col)
{
	size_t most = 0;

	for (int i = 0; i < n_rows; i++) {
		const char *s = rows[i][col].s;
		size_t c = s ? utf8_cells(s, strlen(s)) : 0;

		if (c > most)
			most = c;
	}
	return most;
}

/* Takes `over` cells away from the columns that may give, the widest first. */
static void shrink(const struct col *const *cols, int n, size_t *w, size_t over,
	unsigned flag, size_t least)
{
	while (over > 0) {
		int widest = -1;

		for (int i = 0; i < n; i++)
			if ((!flag || (cols[i]->flags & flag)) &&
				w[i] > least &&
				(widest < 0 || w[i] > w[widest]))
				widest = i;
		if (widest < 0)
			return;
		w[widest]--;
		over--;
	}
}

static void fit(const struct printer *p, const struct col *const *cols, int n,
	size_t *w)
{
	size_t total = 0, max = (size_t)pr_width(p);

	for (int i = 0; i < n; i++)
		total += w[i] + (i ? GAP : 0);
	if (!max || total <= max)
		return;
	shrink(cols, n, w, total - max, CF_FLEX, FLEX_LEAST);
	for (int i = total = 0; i < n; i++)
		total += w[i] + (i ? GAP : 0);
	if (total > max)
		shrink(cols, n, w, total - max, 0, 3);
}

static void draw_row(const struct printer *p, const struct col *const *cols,
	int n, const size_t *w, const struct cell *row, int head,
	struct buf *out)
{
	struct buf cut = BUF_INIT;
	size_t owed = 0;

	for (int i = 0; i < n; i++) {
		const char *s = row[i].s ? row[i].s : "";
		size_t used;
		int right = cols[i]->flags & CF_RIGHT;

		buf_reset(&cut);
		cells_cut(&cut, s, w[i], &used);
		if (i)
			owed += GAP;
		if (right)
			owed += w[i] - used;
		if (cut.len) {
			cells_pad(out, owed);
			pr_paint(p, out, head ? ST_BOLD : row[i].style,
				buf_str(&cut));
			owed = 0;
		}
		if (!right)
			owed += w[i] - used;
	}
	buf_addc(out, '\n');
	buf_fini(&cut);
}

void table_draw(const struct printer *p, const struct col *const *cols, int n,
	struct cell *const *rows, int n_rows, struct buf *out)
{
	size_t *w = xcalloc((size_t)n + 1, sizeof *w);

	for (int i = 0; i < n; i++)
		w[i] = natural(rows, n_rows, i);
	fit(p, cols, n, w);
	for (int r = 0; r < n_rows; r++)
		draw_row(p, cols, n, w, rows[r], r == 0, out);
	free(w);
}

/* Bytes of the next line of at most `width` cells: at a space when there is
 * one, Chinese anywhere. */
static size_t line_break(const char *s, size_t len, size_t width)
{
	size_t n = utf8_fit(s, len, width, NULL), k;

	if (n >= len)
		return len;
	if (n == 0) {
		uint32_t cp;

		return utf8_decode(s, len, &cp);
	}
	if (s[n] == ' ')
		return n;
	for (k = n; k > n / 2; k--)
		if (s[k - 1] == ' ' || (s[k - 1] & 0x80))
			return k;
	return n;
}

static void wrap_line(
	struct buf *b, const char *s, size_t len, int indent, int width)
{
	size_t room = width > indent + 10 ? (size_t)(width - indent) : 10;

	if (!len) {
		buf_addc(b, '\n');
		return;
	}
	while (len) {
		size_t n = width ? line_break(s, len, room) : len, end = n;

		while (end && s[end - 1] == ' ')
			end--;
		cells_pad(b, (size_t)indent);
		buf_add(b, s, end);
		buf_addc(b, '\n');
		while (n < len && s[n] == ' ')
			n++;
		s += n;
		len -= n;
	}
}

void wrap_text(struct buf *b, const char *s, int indent, int width)
{
	while (*s) {
		const char *nl = strchr(s, '\n');
		size_t len = nl ? (size_t)(nl - s) : strlen(s);

		wrap_line(b, s, len, indent, width);
		s += len + (nl ? 1 : 0);
	}
}
