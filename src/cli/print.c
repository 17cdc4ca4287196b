/* SPDX-License-Identifier: MIT */
/*
 * The printer's forms. JSON keeps the raw text (its escapes are safe); tables,
 * formats and CSV show gated text, because a terminal or a spreadsheet would
 * obey what stands in it.
 */
#include "print.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/timefmt.h"
#include "galley/base/utf8.h"

#define LABEL_CELLS 14

enum value_kind { VK_NONE, VK_TEXT, VK_INT, VK_TIME, VK_BOOL, VK_JSON };

struct value {
	enum value_kind kind;
	const char *s; /* in the row arena */
	int64_t i;
	enum style style;
};

struct printer {
	struct pr_opts o;
	struct buf buf;
	struct jw jw;
	int used, failed, in_envelope;
	/* the open list */
	const struct col *cols;
	int n_cols;
	int shown[PR_MAX_COLS], n_shown;
	struct value row[PR_MAX_COLS];
	struct arena *row_arena;
	/* a table waits for its last row */
	struct arena *table_arena;
	struct cell **rows;
	int n_rows, cap_rows;
	int was_gap;
};

struct printer *pr_new(const struct pr_opts *o)
{
	struct printer *p = xcalloc(1, sizeof *p);

	p->o = *o;
	p->row_arena = arena_new();
	p->table_arena = arena_new();
	jw_init(&p->jw, &p->buf);
	p->was_gap = 1;
	return p;
}

static void flush(struct printer *p)
{
	if (p->buf.len &&
		fwrite(p->buf.p, 1, p->buf.len, p->o.out) != p->buf.len)
		p->failed = errno ? errno : EIO;
	if (p->buf.len)
		p->used = 1;
	buf_reset(&p->buf);
}

int pr_free(struct printer *p)
{
	int failed;

	if (!p)
		return 0;
	if (p->in_envelope)
		pr_end(p);
	flush(p);
	if (fflush(p->o.out) != 0 && !p->failed)
		p->failed = errno;
	failed = p->failed;
	arena_free(p->row_arena);
	arena_free(p->table_arena);
	free(p->rows);
	buf_fini(&p->buf);
	free(p);
	/* who reads no more has seen enough */
	if (failed && failed != EPIPE)
		return err_set(E_DISK, _("the output was refused: %s"),
			strerror(failed));
	return 0;
}

void pr_flush(struct printer *p)
{
	if (p->o.form != PF_TABLE)
		return; /* half a document helps nobody */
	flush(p);
	if (fflush(p->o.out) != 0)
		p->failed = errno;
}

int pr_human(const struct printer *p)
{
	return p->o.form == PF_TABLE;
}

int pr_used(const struct printer *p)
{
	return p->used || p->buf.len;
}

int pr_width(const struct printer *p)
{
	return p->o.width;
}

static int is_json(const struct printer *p)
{
	return p->o.form == PF_JSON;
}

/* --- small things --------------------------------------------------------- */

const char *when_local(int64_t ms, int zone_min, char out[32])
{
	int64_t s = ms / 1000 + (int64_t)zone_min * 60;
	time_t t = (time_t)s;
	struct tm tm;

	if (!gmtime_r(&t, &tm))
		snprintf(out, 32, "?");
	else
		snprintf(out, 32, "%04d-%02d-%02d %02d:%02d", tm.tm_year + 1900,
			tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min);
	return out;
}

const char *pr_when(const struct printer *p, int64_t ms, char out[32])
{
	char span[TIME_SAID_SIZE];
	int64_t d = p->o.now_ms - ms;

	if (!p->o.relative)
		return when_local(ms, p->o.zone_min, out);
	/* clocks of servers differ a little; nothing has happened yet */
	if (d < 0 && d > -60000)
		d = 0;
	time_span_said(d, span);
	snprintf(out, 32, d < 0 ? "+%s" : "%s", span);
	return out;
}

void pr_paint(
	const struct printer *p, struct buf *b, enum style st, const char *s)
{
	static const char *const sgr[] = {
		[ST_DIM] = "2",
		[ST_BOLD] = "1",
		[ST_GOOD] = "32",
		[ST_WARN] = "33",
		[ST_BAD] = "31",
		[ST_NOTE] = "36",
	};

	if (p->o.color && st != ST_PLAIN && *s)
		buf_addf(b, "\033[%sm%s\033[0m", sgr[st], s);
	else
		buf_adds(b, s);
}

static char *gated(struct arena *a, const char *s, enum gate_mode mode)
{
	char *g = text_gate_dup(s, mode);
	char *kept = arena_strdup(a, g);

	free(g);
	return kept;
}

int col_find(const struct col *cols, int n, const char *key)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(cols[i].key, key))
			return i;
	return -1;
}

/* --- envelope, sections, fields ------------------------------------------- */

void pr_begin(struct printer *p, const char *schema)
{
	p->in_envelope = 1;
	if (!is_json(p))
		return;
	jw_obj(&p->jw);
	jw_kint(&p->jw, "galley", 1);
	jw_kstr(&p->jw, "schema", schema);
}

void pr_end(struct printer *p)
{
	if (!p->in_envelope)
		return;
	p->in_envelope = 0;
	if (is_json(p)) {
		while (p->jw.depth > 0)
			jw_obj_end(&p->jw);
		buf_addc(&p->buf, '\n');
	}
	flush(p);
}

static void label_line(struct printer *p, const char *label, const char *value)
{
	char *g = text_gate_dup(label, GATE_LINE);
	char *v = text_gate_dup(value, GATE_LINE);
	size_t cells = utf8_cells(g, strlen(g));

	pr_paint(p, &p->buf, ST_DIM, g);
	cells_pad(&p->buf, cells < LABEL_CELLS ? LABEL_CELLS - cells : 1);
	buf_adds(&p->buf, v);
	buf_addc(&p->buf, '\n');
	p->was_gap = 0;
	free(g);
	free(v);
}

void pr_kstr(
	struct printer *p, const char *key, const char *label, const char *s)
{
	if (is_json(p))
		jw_kstr(&p->jw, key, s);
	else if (pr_human(p) && label && s && *s)
		label_line(p, label, s);
}

void pr_kint(struct printer *p, const char *key, const char *label, int64_t v)
{
	char text[32];

	snprintf(text, sizeof text, "%lld", (long long)v);
	if (is_json(p))
		jw_kint(&p->jw, key, v);
	else if (pr_human(p) && label)
		label_line(p, label, text);
}

void pr_ktime(struct printer *p, const char *key, const char *label, int64_t ms)
{
	char iso[TIME_ISO_SIZE], text[32], both[80];

	time_iso(ms, iso);
	if (is_json(p)) {
		jw_kstr(&p->jw, key, ms ? iso : NULL);
		return;
	}
	if (!pr_human(p) || !label || !ms)
		return;
	when_local(ms, p->o.zone_min, text);
	if (p->o.relative) {
		char rel[32];

		snprintf(both, sizeof both, "%s (%s)", text,
			pr_when(p, ms, rel));
		label_line(p, label, both);
	} else {
		label_line(p, label, text);
	}
}

void pr_kbool(struct printer *p, const char *key, const char *label, int v)
{
	if (is_json(p))
		jw_kbool(&p->jw, key, v);
	else if (pr_human(p) && label)
		label_line(p, label, v ? _("yes") : _("no"));
}

void pr_kjson(struct printer *p, const char *key, const char *json)
{
	if (!is_json(p))
		return;
	jw_key(&p->jw, key);
	if (json)
		jw_raw(&p->jw, json);
	else
		jw_null(&p->jw);
}

void pr_sec(struct printer *p, const char *key, const char *label)
{
	if (is_json(p)) {
		jw_key(&p->jw, key);
		jw_obj(&p->jw);
	} else if (label) {
		pr_gap(p);
		pr_line(p, ST_BOLD, "%s", label);
	}
}

void pr_sec_end(struct printer *p)
{
	if (is_json(p))
		jw_obj_end(&p->jw);
}

void pr_gap(struct printer *p)
{
	if (!pr_human(p) || p->was_gap)
		return;
	buf_addc(&p->buf, '\n');
	p->was_gap = 1;
}

void pr_line(struct printer *p, enum style st, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;
	char *g;

	if (!pr_human(p))
		return;
	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	g = text_gate_dup(buf_str(&b), GATE_LINE);
	pr_paint(p, &p->buf, st, g);
	buf_addc(&p->buf, '\n');
	p->was_gap = 0;
	free(g);
	buf_fini(&b);
}

void pr_para(struct printer *p, enum style st, int indent, const char *s)
{
	struct buf b = BUF_INIT;
	char *g;

	if (!pr_human(p))
		return;
	g = text_gate_dup(s, GATE_TEXT);
	wrap_text(&b, g, indent, p->o.width);
	if (st == ST_PLAIN || !p->o.color) {
		buf_adds(&p->buf, buf_str(&b));
	} else if (b.len) {
		b.p[b.len - 1] = '\0'; /* the colour ends before the LF */
		pr_paint(p, &p->buf, st, b.p);
		buf_addc(&p->buf, '\n');
	}
	p->was_gap = 0;
	free(g);
	buf_fini(&b);
}

/* --- lists ---------------------------------------------------------------- */

static int no_column(const struct printer *p, const char *name)
{
	struct buf b = BUF_INIT;
	int rc;

	for (int i = 0; i < p->n_cols; i++)
		buf_addf(&b, "%s%s", i ? ", " : "", p->cols[i].key);
	rc = err_set(E_INPUT, _("no field \"%s\" here; fields are: %s"), name,
		buf_str(&b));
	buf_fini(&b);
	return rc;
}

static int choose_fields(struct printer *p)
{
	char *all = xstrdup(p->o.fields), *rest = all, *name;
	int rc = 0;

	while (rc == 0 && (name = strsep(&rest, ",")) != NULL) {
		int i = col_find(p->cols, p->n_cols, name);

		if (i < 0)
			rc = no_column(p, name);
		else if (p->n_shown == PR_MAX_COLS)
			rc = err_set(E_INPUT, _("too many fields"));
		else
			p->shown[p->n_shown++] = i;
	}
	free(all);
	return rc;
}

static void choose_default(struct printer *p)
{
	unsigned no = p->o.form == PF_TABLE ? CF_HIDE | CF_DATA
		      : p->o.form == PF_CSV ? CF_DATA
					    : 0;

	for (int i = 0; i < p->n_cols; i++)
		if (!(p->cols[i].flags & no))
			p->shown[p->n_shown++] = i;
}

/* Walks the format: calls `put` for literal bytes and for columns. */
static int walk_format(struct printer *p,
	void (*put)(struct printer *, const char *, size_t, int))
{
	static const char from[] = "nt0\\{}",
			  to[] = {'\n', '\t', '\0', '\\', '{', '}'};
	const char *f = p->o.format;

	while (*f) {
		const char *close, *esc;

		if (*f == '\\' && f[1] && (esc = strchr(from, f[1])) != NULL) {
			put(p, &to[esc - from], 1, -1);
			f += 2;
		} else if (*f == '{' && (close = strchr(f, '}')) != NULL) {
			char *name = xstrndup(f + 1, (size_t)(close - f - 1));
			int i = col_find(p->cols, p->n_cols, name);
			int rc = i < 0 ? no_column(p, name) : 0;

			free(name);
			if (rc < 0)
				return rc;
			put(p, NULL, 0, i);
			f = close + 1;
		} else {
			put(p, f++, 1, -1);
		}
	}
	return 0;
}

static void put_nothing(struct printer *p, const char *s, size_t len, int col)
{
	(void)p;
	(void)s;
	(void)len;
	(void)col;
}

static void save_row(struct printer *p, struct cell *cells)
{
	if (p->n_rows == p->cap_rows) {
		p->cap_rows = p->cap_rows ? p->cap_rows * 2 : 64;
		p->rows = xreallocarray(
			p->rows, (size_t)p->cap_rows, sizeof *p->rows);
	}
	p->rows[p->n_rows++] = cells;
}

static struct cell *new_cells(struct printer *p)
{
	return arena_calloc(
		p->table_arena, (size_t)p->n_shown + 1, sizeof(struct cell));
}

static const char *head_of(const struct col *c)
{
	/* gettext("") is the catalogue's header */
	return !c->head ? c->key : *c->head ? gettext(c->head) : "";
}

static void begin_table(struct printer *p)
{
	struct cell *head = new_cells(p);

	for (int i = 0; i < p->n_shown; i++)
		head[i].s = head_of(&p->cols[p->shown[i]]);
	save_row(p, head);
}

static void csv_cell(struct buf *b, const char *s, int first)
{
	if (!first)
		buf_addc(b, ',');
	buf_addc(b, '"');
	/* a spreadsheet would compute these */
	if (*s && strchr("=+-@\t\r", *s))
		buf_addc(b, '\'');
	for (; *s; s++) {
		if (*s == '"')
			buf_addc(b, '"');
		buf_addc(b, *s);
	}
	buf_addc(b, '"');
}

int pr_list(struct printer *p, const char *key, const struct col *cols, int n)
{
	int rc = 0;

	assert(n <= PR_MAX_COLS);
	p->cols = cols;
	p->n_cols = n;
	p->n_shown = 0;
	if (p->o.fields)
		rc = choose_fields(p);
	else
		choose_default(p);
	if (rc == 0 && p->o.form == PF_FORMAT)
		rc = walk_format(p, put_nothing);
	if (rc < 0)
		return rc;
	if (is_json(p)) {
		jw_key(&p->jw, key);
		jw_arr(&p->jw);
	} else if (p->o.form == PF_TABLE) {
		begin_table(p);
	} else if (p->o.form == PF_CSV && !p->used) {
		for (int i = 0; i < p->n_shown; i++)
			csv_cell(&p->buf, cols[p->shown[i]].key, i == 0);
		buf_adds(&p->buf, "\r\n");
		flush(p);
	}
	return 0;
}

void pr_row(struct printer *p)
{
	arena_reset(p->row_arena);
	memset(p->row, 0, sizeof p->row);
}

void pr_text(struct printer *p, int col, const char *s)
{
	p->row[col].kind = s ? VK_TEXT : VK_NONE;
	p->row[col].s = arena_strdup(p->row_arena, s);
}

void pr_int(struct printer *p, int col, int64_t v)
{
	p->row[col].kind = VK_INT;
	p->row[col].i = v;
}

void pr_time(struct printer *p, int col, int64_t ms)
{
	p->row[col].kind = ms ? VK_TIME : VK_NONE;
	p->row[col].i = ms;
}

void pr_bool(struct printer *p, int col, int v)
{
	p->row[col].kind = VK_BOOL;
	p->row[col].i = v != 0;
}

void pr_json(struct printer *p, int col, const char *json)
{
	p->row[col].kind = json ? VK_JSON : VK_NONE;
	p->row[col].s = arena_strdup(p->row_arena, json);
}

void pr_style(struct printer *p, int col, enum style st)
{
	p->row[col].style = st;
}

static void json_value(struct jw *w, const struct value *v)
{
	char iso[TIME_ISO_SIZE];

	switch (v->kind) {
	case VK_TEXT:
		jw_str(w, v->s);
		break;
	case VK_INT:
		jw_int(w, v->i);
		break;
	case VK_TIME:
		time_iso(v->i, iso);
		jw_str(w, iso);
		break;
	case VK_BOOL:
		jw_bool(w, v->i != 0);
		break;
	case VK_JSON:
		jw_raw(w, v->s);
		break;
	case VK_NONE:
		jw_null(w);
		break;
	}
}

static void json_row(struct printer *p)
{
	jw_obj(&p->jw);
	for (int i = 0; i < p->n_shown; i++) {
		int c = p->shown[i];

		jw_key(&p->jw, p->cols[c].key);
		json_value(&p->jw, &p->row[c]);
	}
	jw_obj_end(&p->jw);
}

/* A value as text for tables, formats and CSV; in the row arena. */
static const char *plain(struct printer *p, const struct value *v)
{
	char text[32];

	switch (v->kind) {
	case VK_INT:
		return arena_printf(p->row_arena, "%lld", (long long)v->i);
	case VK_TIME:
		return arena_strdup(p->row_arena, pr_when(p, v->i, text));
	case VK_BOOL:
		return v->i ? _("yes") : _("no");
	case VK_TEXT:
	case VK_JSON:
		return gated(p->row_arena, v->s, GATE_LINE);
	default:
		return "";
	}
}

static void put_format(struct printer *p, const char *s, size_t len, int col)
{
	if (col >= 0)
		buf_adds(&p->buf, plain(p, &p->row[col]));
	else
		buf_add(&p->buf, s, len);
}

static void end_line(struct printer *p)
{
	buf_addc(&p->buf, p->o.zero ? '\0' : '\n');
	flush(p);
}

static void table_row(struct printer *p)
{
	struct cell *cells = new_cells(p);

	for (int i = 0; i < p->n_shown; i++) {
		const struct value *v = &p->row[p->shown[i]];

		cells[i].s = arena_strdup(p->table_arena, plain(p, v));
		cells[i].style = v->style;
	}
	save_row(p, cells);
}

static void csv_row(struct printer *p)
{
	for (int i = 0; i < p->n_shown; i++)
		csv_cell(&p->buf, plain(p, &p->row[p->shown[i]]), i == 0);
	buf_adds(&p->buf, "\r\n");
	flush(p);
}

void pr_row_end(struct printer *p)
{
	switch (p->o.form) {
	case PF_JSON:
		json_row(p);
		break;
	case PF_JSONL:
		jw_init(&p->jw, &p->buf); /* each row is a document */
		json_row(p);
		end_line(p);
		break;
	case PF_FORMAT:
		/* pr_list() has seen that every name is there */
		if (walk_format(p, put_format) == 0)
			end_line(p);
		break;
	case PF_CSV:
		csv_row(p);
		break;
	case PF_TABLE:
		table_row(p);
		break;
	}
}

void pr_list_end(struct printer *p)
{
	const struct col *cols[PR_MAX_COLS];

	if (is_json(p))
		jw_arr_end(&p->jw);
	if (p->o.form != PF_TABLE)
		return;
	for (int i = 0; i < p->n_shown; i++)
		cols[i] = &p->cols[p->shown[i]];
	if (p->n_rows > 1) {
		table_draw(p, cols, p->n_shown, p->rows, p->n_rows, &p->buf);
		p->was_gap = 0;
	}
	p->n_rows = 0;
	arena_reset(p->table_arena);
}
