/* SPDX-License-Identifier: MIT */
/*
 * The case in focus as one thread: what was said and what was changed, in one
 * order, with day lines, notes apart from replies by a word and a style, quotes
 * folded, what has not left yet marked. The newest is at the end and is what
 * one sees first.
 */
#include "pane_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "galley/app/codes.h"
#include "galley/app/files.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

/* What one line of an attachment is called; less its number. */
#define FILE_LINE (-1000)
/* A text is wrapped so much at a time. */
#define PIECE_BYTES 16384
#define PIECE_LINES 1000

/* Who wrote: the last names that were looked up. */
#define NAMES 16
struct name {
	char *rid, *name;
	int connector;
};

struct thread {
	struct reader r;
	struct name names[NAMES];
	int next_name;
	enum entity entity;
	int64_t id;	/* what is shown */
	int64_t newest; /* message seen last */
	int n, folded;
	/* the first message that has lines, and what those before it are made
	 * of when somebody goes up */
	int from;
	struct rows rows, files;
	struct ops ops;	 /* that are open on it */
	char last[1200]; /* text of the newest message from the customer */
	struct reading *reading; /* an attachment in place of the thread */
	int back, back_end;	 /* where one was in the thread; at its end? */
	int ended;		 /* it was left just now */
};

static struct thread *own(const struct pane *p)
{
	return p->own;
}

/* --- lines ---------------------------------------------------------------- */

static int64_t day_of(struct desk *d, int64_t ms)
{
	return (ms / 60000 + desk_zone(d)) / (24 * 60);
}

static void day_line(struct pane *p, int64_t ms)
{
	static const char *const days[] = {N_("Sunday"), N_("Monday"),
		N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"),
		N_("Saturday")};
	int64_t day = day_of(p->desk, ms),
		today = day_of(p->desk, desk_now(p->desk));
	time_t t = (time_t)(day * 24 * 3600);
	const char *name;
	struct tm tm;

	gmtime_r(&t, &tm);
	name = day == today	  ? _("Today")
	       : day == today - 1 ? _("Yesterday")
				  : _(days[tm.tm_wday]);
	reader_line(&own(p)->r, ST_DIM, 0, 0, "-- %s %04d-%02d-%02d --", name,
		tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

/* Runs of quoted lines become one line that says how many. */
static char *fold_quotes(const char *s)
{
	struct buf out = BUF_INIT;
	int quoted = 0;

	while (*s) {
		size_t len = strcspn(s, "\n");

		if (*s == '>') {
			quoted++;
		} else {
			if (quoted)
				buf_addf(&out,
					P_("[%d quoted line]\n",
						"[%d quoted lines]\n", quoted),
					quoted);
			quoted = 0;
			buf_add(&out, s, len);
			buf_adds(&out, "\n");
		}
		s += len + (s[len] == '\n');
	}
	if (quoted)
		buf_addf(&out,
			P_("[%d quoted line]\n", "[%d quoted lines]\n", quoted),
			quoted);
	while (out.len && out.p[out.len - 1] == '\n')
		out.len--;
	return buf_take(&out);
}

static int look_up(struct pane *p, enum entity e, const struct row *m,
	const char *rid, enum field_id f, char **out)
{
	const char *name;
	struct rows rows;

	if (store_row_rid(desk_ro(p->desk), e, m->connector, rid, &rows) < 0)
		return 0;
	name = words_str(&rows.v[0], f);
	*out = xstrdup_null(name);
	rows_free(&rows);
	return *out != NULL;
}

/* A person: agents and customers by name, else as it is. */
static const char *person(struct pane *p, const struct row *m, const char *rid)
{
	struct thread *t = own(p);
	struct name *n;
	int i;

	if (!rid)
		return NULL;
	for (i = 0; i < NAMES; i++)
		if (t->names[i].rid && t->names[i].connector == m->connector &&
			strcmp(t->names[i].rid, rid) == 0)
			return t->names[i].name;
	n = &t->names[t->next_name++ % NAMES];
	free(n->rid);
	FREE(&n->name);
	n->rid = xstrdup(rid);
	n->connector = m->connector;
	if (!look_up(p, ENT_AGENT, m, rid, FID_AGENT_NAME, &n->name) &&
		!look_up(p, ENT_CUSTOMER, m, rid, FID_CUSTOMER_NAME, &n->name))
		n->name = xstrdup(rid);
	err_clear();
	return n->name;
}

static const char *who(struct pane *p, const struct row *m)
{
	return person(p, m, words_str(m, FID_MESSAGE_AUTHOR));
}

static unsigned style_of(const struct row *m, const char **word)
{
	const char *dir = words_str(m, FID_MESSAGE_DIR);

	*word = NULL;
	if (!dir || strcmp(dir, "system") == 0)
		return ST_SYSTEM;
	if (strcmp(dir, "in") == 0)
		return ST_IN;
	if (strcmp(dir, "out") == 0)
		return ST_OUT;
	*word = _("note");
	return ST_NOTE;
}

/* A change: "status: open -> resolved". */
static void change_line(struct pane *p, const struct row *m, const char *time)
{
	const char *field = words_str(m, FID_MESSAGE_FIELD_);
	const char *old = words_str(m, FID_MESSAGE_OLD);
	const char *new = words_str(m, FID_MESSAGE_NEW);
	const char *author = who(p, m);
	const char *kind = words_str(m, FID_MESSAGE_KIND);
	const char *text = words_str(m, FID_MESSAGE_TEXT);
	char head[256];
	const struct field_desc *f =
		field ? field_by_name(ENT_TICKET, field) : NULL;

	if (f && field_ref(f->type) == ENT_AGENT) {
		old = person(p, m, old);
		new = person(p, m, new);
	}
	if (f && f->id == FID_TICKET_STATUS) {
		old = codes_status(old);
		new = codes_status(new);
	}
	/* who, where a message has its author */
	snprintf(head, sizeof(head), "%s%s%s", time, author ? "  " : "",
		author ? author : "");
	if (field && !old) /* an arrow from nothing says nothing */
		reader_line(&own(p)->r, ST_SYSTEM, 2, m->id, _("%s  %s: %s"),
			head, f ? _(f->label) : field, new ? new : "-");
	else if (field)
		reader_line(&own(p)->r, ST_SYSTEM, 2, m->id,
			_("%s  %s: %s -> %s"), head, f ? _(f->label) : field,
			old, new ? new : "-");
	else
		reader_line(&own(p)->r, ST_SYSTEM, 2, m->id, "%s  %s", head,
			text   ? text
			: kind ? kind
			       : "");
}

/* Of a message that has not left, or that nobody has seen there; NULL: none. */
static const struct op *op_of(const struct thread *t, const struct row *m)
{
	const char *uid = words_str(m, FID_MESSAGE_OP);
	int i;

	for (i = 0; uid && i < t->ops.n; i++)
		if (strcmp(t->ops.v[i].uid, uid) == 0)
			return &t->ops.v[i];
	return NULL;
}

static const char *state_word(
	const struct pane *p, const struct row *m, char out[80])
{
	const char *d = words_str(m, FID_MESSAGE_DELIVERY);
	const struct op *op = op_of(own(p), m);

	if (op && words_is_later(op))
		return words_later(p->desk, op, out);
	if (op && op->state != OPS_QUEUED)
		return words_op(op);
	if (m->pending || !m->rid)
		return _("waits to be sent");
	if (!d)
		return NULL;
	if (strcmp(d, "read") == 0)
		return _("read");
	if (strcmp(d, "delivered") == 0)
		return _("delivered");
	if (strcmp(d, "failed") == 0)
		return _("not delivered !!");
	return NULL;
}

/* Who said it, and what has become of it; a time at which it will go is seen
 * whole. */
static void head_line(struct pane *p, const struct row *m, const char *time,
	const char *author, unsigned style, const char *word)
{
	struct thread *t = own(p);
	char later[80];
	const char *state = state_word(p, m, later);
	char *head =
		xasprintf("%s  %s%s%s%s%s%s", time, author ? author : _("we"),
			word ? "  [" : "", word ? word : "", word ? "]" : "",
			!state			? ""
			: m->rid && !m->pending ? "  "
						: "  ~ ",
			state ? state : "");

	if (state == later)
		reader_text(&t->r, style | ST_BOLD, 0, m->id, head);
	else
		reader_line(&t->r, style | ST_BOLD, 0, m->id, "%s", head);
	free(head);
}

static void said_lines(struct pane *p, const struct row *m, const char *time)
{
	struct thread *t = own(p);
	const char *word;
	const char *author = who(p, m);
	const char *text = words_str(m, FID_MESSAGE_TEXT);
	unsigned style = style_of(m, &word);
	char *folded;

	if (row_get(m, FID_MESSAGE_DELETED)->i) {
		reader_line(&t->r, ST_DIM, 0, m->id, _("%s  %s  (deleted)"),
			time, author ? author : "");
		return;
	}
	head_line(p, m, time, author, style, word);
	if (!text)
		return;
	folded = t->folded ? fold_quotes(text) : xstrdup(text);
	reader_text(&t->r, m->rid ? style : ST_PENDING, 2, m->id, folded);
	free(folded);
}

/* "[2] photo.jpg  image/jpeg, 12 KiB": by this number it is opened. */
static void file_line(struct pane *p, const struct row *f, int n)
{
	const char *name = words_str(f, FID_FILE_NAME);
	const char *mime = words_str(f, FID_FILE_MIME);
	const struct val *size = row_get(f, FID_FILE_SIZE);
	char bytes[FILE_SIZE_SIZE];
	struct arena *a = arena_new();

	file_size_words(size->kind == VAL_INT ? size->i : 0, bytes);
	reader_line(&own(p)->r, ST_LINK, 2, FILE_LINE - n, "[%d] %s  %s%s%s%s",
		n, words_contact(p->desk, name ? name : "?", a),
		mime ? mime : "", mime && *bytes ? ", " : "", bytes,
		file_is_here(desk_session(p->desk), f, NULL) ? _("  (here)")
							     : "");
	arena_free(a);
}

static void file_lines(
	struct pane *p, const struct row *m, const struct rows *files)
{
	int i;

	for (i = 0; i < files->n; i++)
		if (row_get(&files->v[i], FID_FILE_MESSAGE)->i == m->id)
			file_line(p, &files->v[i], i + 1);
}

static void one_message(struct pane *p, const struct row *m, int64_t *day)
{
	const struct val *at = row_get(m, FID_MESSAGE_AT);
	const char *dir = words_str(m, FID_MESSAGE_DIR);
	char time[8] = "     ";
	int64_t min;

	if (at->kind == VAL_INT) {
		if (day_of(p->desk, at->i) != *day) {
			*day = day_of(p->desk, at->i);
			day_line(p, at->i);
		}
		min = at->i / 60000 + desk_zone(p->desk);
		snprintf(time, sizeof(time), "%02d:%02d", (int)(min / 60 % 24),
			(int)(min % 60));
	}
	if (dir && strcmp(dir, "system") == 0)
		change_line(p, m, time);
	else
		said_lines(p, m, time);
}

/* --- how much of it ------------------------------------------------------- */

/* Lines that a message has at least, or a few more. */
static int least_lines(const struct thread *t, const struct row *m)
{
	const char *s = words_str(m, FID_MESSAGE_TEXT);
	int n = 1;

	while (s && *s) {
		size_t len = strcspn(s, "\n");

		if (*s != '>' || !t->folded)
			n += 1 + (int)(len * 2 / 3 / (size_t)t->r.w);
		s += len + (s[len] == '\n');
	}
	return n;
}

/* From which message on the lines fill the pane. */
static int fills_from(const struct thread *t)
{
	int i = t->rows.n, lines = 0;

	while (i > 0 && lines <= t->r.h)
		lines += least_lines(t, &t->rows.v[--i]);
	return i;
}

static int64_t day_before(struct pane *p, int i)
{
	while (i-- > 0) {
		const struct val *at =
			row_get(&own(p)->rows.v[i], FID_MESSAGE_AT);

		if (at->kind == VAL_INT)
			return day_of(p->desk, at->i);
	}
	return INT64_MIN;
}

static void make_lines(struct pane *p, int from)
{
	struct thread *t = own(p);
	int64_t day = day_before(p, from);
	int i;

	t->from = from;
	reader_begin(&t->r, p->w, p->h);
	for (i = from; i < t->rows.n; i++) {
		one_message(p, &t->rows.v[i], &day);
		file_lines(p, &t->rows.v[i], &t->files);
	}
}

/* Its end is what one sees first, so that is made first. */
static void make_end(struct pane *p)
{
	struct thread *t = own(p);

	reader_begin(&t->r, p->w, p->h);
	make_lines(p, fills_from(t));
	if (t->r.n < t->r.h && t->from)
		make_lines(p, 0);
	t->r.top = t->r.n;
	reader_end(&t->r);
}

/* Who goes up or looks for something wants all of it. */
static void make_whole(struct pane *p)
{
	struct thread *t = own(p);
	int left = t->r.n - t->r.top;

	if (!t->from || t->reading)
		return;
	make_lines(p, 0);
	t->r.top = t->r.n - left;
	reader_end(&t->r);
}

static void forget(struct thread *t)
{
	rows_free(&t->rows);
	rows_free(&t->files);
	ops_free(&t->ops);
	t->from = 0;
}

/* --- the pane ------------------------------------------------------------- */

static int thread_open(struct pane *p)
{
	reader_init(&own(p)->r);
	own(p)->folded = 1;
	own(p)->entity = ENT_COUNT;
	return 0;
}

static void thread_close(struct pane *p)
{
	int i;

	for (i = 0; i < NAMES; i++) {
		free(own(p)->names[i].rid);
		free(own(p)->names[i].name);
	}
	reading_free(own(p)->reading);
	forget(own(p));
	reader_fini(&own(p)->r);
}

/* It is wrapped in pieces: no text is too long. */
static void long_text(struct reader *r, const char *s)
{
	while (*s) {
		size_t n = 0, lines = 0;
		char *piece;

		while (s[n] && n < PIECE_BYTES && lines < PIECE_LINES)
			lines += s[n++] == '\n';
		while (s[n] && (s[n] & 0xc0) == 0x80)
			n++;
		piece = xstrndup(s, n && s[n - 1] == '\n' ? n - 1 : n);
		reader_text(r, ST_TEXT, 0, 0, piece);
		free(piece);
		s += n;
	}
}

static int load_reading(struct pane *p)
{
	struct thread *t = own(p);
	const struct reading *x = t->reading;
	char bytes[FILE_SIZE_SIZE];

	reader_begin(&t->r, p->w, p->h);
	reader_line(&t->r, ST_STRONG, 0, 0, "%s", x->name);
	reader_line(&t->r, ST_DIM, 0, 0, "%s", "");
	long_text(&t->r, x->text);
	if (x->left)
		reader_line(&t->r, ST_WARN, 0, 0,
			_("-- %s more: save it to read them --"),
			file_size_words(x->left, bytes));
	reader_end(&t->r);
	return 0;
}

static void end_reading(struct thread *t)
{
	reading_free(t->reading);
	t->reading = NULL;
	t->r.hit = -1;
	t->r.top = t->back;
	t->ended = 1;
}

static int is_at_end(const struct thread *t)
{
	return t->ended ? t->back_end : t->r.top >= t->r.n - t->r.h;
}

/* What was opened is read here until one leaves it or the case. */
static void take_reading(struct pane *p, enum entity e, int64_t id)
{
	struct thread *t = own(p);
	struct reading *x = desk_take_reading(p->desk);

	if (t->reading && (x || t->id != id || t->entity != e))
		end_reading(t);
	if (!x)
		return;
	t->back_end = is_at_end(t);
	t->back = t->r.top;
	t->ended = 0;
	t->r.top = 0;
	t->r.hit = -1;
	t->reading = x;
}

static int read_thread(struct pane *p)
{
	struct thread *t = own(p);
	int rc;

	forget(t);
	rc = store_thread(
		desk_ro(p->desk), t->entity, t->id, DESK_THREAD, &t->rows);
	if (rc == 0)
		rc = store_files(desk_ro(p->desk), t->entity, t->id,
			DESK_THREAD, &t->files);
	if (rc == 0)
		rc = store_op_list(
			desk_ro(p->desk), 0, -1, t->id, DESK_THREAD, &t->ops);
	t->n = t->rows.n;
	return rc;
}

static int thread_load(struct pane *p)
{
	struct thread *t = own(p);
	enum entity e;
	int64_t id;
	int rc, at_end;

	if (!desk_thread(p->desk, &e, &id)) {
		forget(t);
		p->state = PANE_EMPTY;
		return 0;
	}
	take_reading(p, e, id);
	if (t->reading)
		return load_reading(p);
	at_end = t->id != id || t->entity != e || is_at_end(t);
	t->ended = 0;
	t->entity = e;
	t->id = id;
	rc = read_thread(p);
	if (rc < 0)
		return rc;
	if (at_end && t->r.hit < 0)
		make_end(p);
	else
		make_lines(p, 0);
	if (at_end)
		t->r.top = t->r.n;
	reader_end(&t->r);
	if (!t->from)
		forget(t);
	if (!t->n)
		p->state = PANE_EMPTY;
	return 0;
}

static void thread_draw(const struct pane *p, struct canvas *c)
{
	reader_draw(&own(p)->r, c);
}

static enum pane_did thread_command(
	struct pane *p, const struct command_line *cmd)
{
	struct thread *t = own(p);

	if (t->reading && (cmd->id == CMD_MARK_NONE || cmd->id == CMD_OPEN)) {
		end_reading(t);
		return DID_LOAD;
	}
	if (cmd->id == CMD_OPEN) {
		t->folded = !t->folded;
		return DID_LOAD;
	}
	make_whole(p);
	return reader_command(&t->r, cmd);
}

static enum pane_did thread_event(struct pane *p, const struct ui_event *e)
{
	const struct reader *r = &own(p)->r;
	int at;

	if (e->kind == UI_MOUSE)
		make_whole(p);
	at = r->top + e->y;
	if (e->kind == UI_MOUSE && e->act == MOUSE_DOWN && e->clicks == 2 &&
		at >= 0 && at < r->n && r->v[at].id < FILE_LINE) {
		desk_want_file(p->desk, (int)(FILE_LINE - r->v[at].id));
		return DID_DRAW;
	}
	return reader_event(&own(p)->r, e);
}

static int thread_filter(struct pane *p, const char *text)
{
	make_whole(p);
	return reader_filter(&own(p)->r, text);
}

static const char *thread_note(const struct pane *p, struct arena *a)
{
	const struct thread *t = own(p);
	int below = t->r.n - t->r.top - t->r.h;

	if (t->reading && below <= 0)
		return _("Esc: the thread");
	if (below > 0)
		return arena_printf(
			a, P_("%d line below", "%d lines below", below), below);
	return arena_printf(a, P_("%d entry", "%d entries", t->n), t->n);
}

static void thread_empty(
	const struct pane *p, const char **say, const char **hint)
{
	if (desk_case(p->desk)->entity == ENT_COUNT) {
		*say = _("No case is in focus.");
		*hint = _("Enter on a row of a list opens it.");
	} else {
		*say = _("Nothing has been said yet.");
		*hint = _("r writes to the customer, c to colleagues.");
	}
}

/* What `y` copies: the newest thing that is seen. */
static int thread_copy(const struct pane *p, struct buf *out)
{
	const struct thread *t = own(p);
	int i, last = t->r.top + t->r.h < t->r.n ? t->r.top + t->r.h : t->r.n;
	int64_t id = last > 0 ? t->r.v[last - 1].id : 0;

	if (t->reading)
		return reader_copy(&t->r, out);
	for (i = 0; i < t->r.n; i++)
		if (id && t->r.v[i].id == id && t->r.v[i].indent)
			buf_addf(out, "%s\n", t->r.v[i].text);
	return out->len > 0;
}

const struct pane_ops pane_thread = {
	.name = "thread",
	.title = N_("Thread"),
	.topics =
		TOPIC(ENT_MESSAGE) | TOPIC(ENT_FILE) | TOPIC_FOCUS | TOPIC_OPS,
	.contexts = CX_TEXT | CX_CASE,
	.min_w = 28,
	.min_h = 6,
	.good_w = 70,
	.good_h = 24,
	.drop = 0,
	.state_size = sizeof(struct thread),
	.open = thread_open,
	.close = thread_close,
	.load = thread_load,
	.draw = thread_draw,
	.command = thread_command,
	.event = thread_event,
	.filter = thread_filter,
	.note = thread_note,
	.empty = thread_empty,
	.copy = thread_copy,
};
