/* SPDX-License-Identifier: MIT */
/*
 * Who it is: name, contacts (masked), value, what is open, what was promised,
 * how it has been lately, other matters worth a word.
 */
#include "pane_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"
#include "galley/policy/redact_view.h"

#define LABEL_W	  10
#define MAX_SHOWN 10
#define SHOWN_MS  30000

/* A contact in full. */
struct glimpse {
	int64_t id, until_mono; /* 0: the journal does not have it yet */
	uint64_t number;
};
struct customer {
	struct reader r; /* first */
	struct glimpse shown[MAX_SHOWN];
	int n_shown;
	int64_t of; /* whom they belong to */
};

/* What a connector calls it, in the person's words when it is a usual one. */
static const char *type_word(const char *type)
{
	static const struct {
		const char *type, *text;
	} words[] = {
		{"phone", N_("Phone")},
		{"mobile", N_("Phone")},
		{"email", N_("Email")},
		{"wechat", N_("WeChat")},
		{"shop", N_("Account")},
		{"login", N_("Account")},
	};
	size_t i;

	for (i = 0; type && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].type, type) == 0)
			return _(words[i].text);
	return type ? type : _("contact");
}

/* --- contacts ------------------------------------------------------------- */

static struct customer *own(const struct pane *p)
{
	return p->own;
}

static struct glimpse *shown_of(const struct pane *p, int64_t id)
{
	struct customer *c = own(p);
	int i;

	for (i = 0; i < c->n_shown; i++)
		if (c->shown[i].id == id)
			return &c->shown[i];
	return NULL;
}

/* Only what the journal has is shown, and only for a while. */
static int seconds_left(struct pane *p, int64_t id)
{
	struct glimpse *s = shown_of(p, id);
	int64_t now = desk_mono(p->desk);

	if (!s || desk_audited(p->desk) < s->number)
		return 0;
	if (!s->until_mono)
		s->until_mono = now + SHOWN_MS;
	return s->until_mono > now ? (int)((s->until_mono - now + 999) / 1000)
				   : 0;
}

/* Does the mask hide anything of it? */
static int is_masked(const struct pane *p, const struct row *r)
{
	const char *v = words_str(r, FID_IDENTITY_VALUE);
	struct buf b = BUF_INIT;
	int hides;

	if (!v || !desk_masks(p->desk))
		return 0;
	redact_typed(&b, words_str(r, FID_IDENTITY_TYPE), v, strlen(v));
	hides = strcmp(buf_str(&b), v) != 0;
	buf_fini(&b);
	return hides;
}

/* `number`: of those that are masked; 0: it needs none. */
static void contact(
	struct pane *p, const struct row *r, int number, struct arena *a)
{
	const char *type = words_str(r, FID_IDENTITY_TYPE);
	const char *v = words_str(r, FID_IDENTITY_VALUE);
	int left = seconds_left(p, r->id);
	struct buf b = BUF_INIT;

	if (!v)
		return;
	if (left)
		buf_addf(&b, _("%s  (%d s)"), v, left);
	else if (is_masked(p, r))
		redact_typed(&b, type, v, strlen(v));
	else
		buf_adds(&b, v);
	if (number && !left &&
		LABEL_W + 1 + text_cells(buf_str(&b)) + 5 <= p->w)
		buf_addf(&b, "  [%d]", number);
	reader_field(p->own, LABEL_W, type_word(type), left ? ST_WARN : ST_TEXT,
		arena_strdup(a, buf_str(&b)));
	buf_fini(&b);
}

static void contacts(struct pane *p, int64_t id, struct arena *a)
{
	struct rows rows;
	int i, masked = 0, n = 0;

	if (store_children(desk_ro(p->desk), FID_IDENTITY_CUSTOMER, id,
		    MAX_SHOWN, &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++)
		masked += is_masked(p, &rows.v[i]);
	for (i = 0; i < rows.n; i++) {
		n += is_masked(p, &rows.v[i]);
		contact(p, &rows.v[i],
			masked > 1 && is_masked(p, &rows.v[i]) ? n : 0, a);
	}
	rows_free(&rows);
}

/* Who looked at what; what it was stays out of the journal. */
static int reveal_row(struct pane *p, const struct row *r)
{
	struct customer *c = own(p);
	const char *type = words_str(r, FID_IDENTITY_TYPE);
	struct glimpse *s = shown_of(p, r->id);
	char object[64];
	uint64_t number;
	int rc;

	snprintf(object, sizeof(object), "customer #%lld",
		(long long)desk_case(p->desk)->customer);
	rc = desk_audit(
		p->desk, "reveal", object, type ? type : "contact", &number);
	if (rc < 0)
		return rc;
	if (!s)
		s = &c->shown[c->n_shown++];
	*s = (struct glimpse){.id = r->id, .number = number};
	return 0;
}

/* The n-th of those that are masked, or the first that is not shown. */
static const struct row *pick(
	struct pane *p, const struct rows *rows, const struct command_line *cmd)
{
	int i, n = 0, want = cmd->argc ? atoi(cmd->argv[0]) : 0;

	for (i = 0; i < rows->n; i++) {
		if (!is_masked(p, &rows->v[i]))
			continue;
		n++;
		if (cmd->argc ? n == want : !seconds_left(p, rows->v[i].id))
			return &rows->v[i];
	}
	return NULL;
}

static int reveal(struct pane *p, const struct command_line *cmd)
{
	int64_t id = desk_case(p->desk)->customer;
	const struct row *r;
	struct rows rows;
	int rc;

	if (!id)
		return err_set(
			E_NOTFOUND, _("no customer is known for this case"));
	if (!desk_masks(p->desk))
		return err_set(E_NOTFOUND, _("nothing is masked here"));
	rc = store_children(
		desk_ro(p->desk), FID_IDENTITY_CUSTOMER, id, MAX_SHOWN, &rows);
	if (rc < 0)
		return rc;
	r = pick(p, &rows, cmd);
	rc = r ? reveal_row(p, r)
	       : err_set(E_NOTFOUND, _("there is nothing more to show"));
	rows_free(&rows);
	return rc;
}

static enum pane_did customer_command(
	struct pane *p, const struct command_line *cmd)
{
	if (cmd->id != CMD_REVEAL)
		return textpane_command(p, cmd);
	if (reveal(p, cmd) < 0)
		desk_say_err(p->desk);
	return DID_LOAD;
}

/* The seconds go down, then the mask is back. */
static void run_down(struct pane *p)
{
	struct customer *c = own(p);
	int64_t now = desk_mono(p->desk);
	int i;

	for (i = 0; i < c->n_shown; i++)
		if (c->shown[i].until_mono && c->shown[i].until_mono <= now)
			c->shown[i--] = c->shown[--c->n_shown];
	if (c->n_shown)
		desk_remind(p->desk, now + 1000, TOPIC(ENT_IDENTITY));
}

/* --- the rest ------------------------------------------------------------- */

static void mood(struct pane *p, int64_t id)
{
	struct rows rows;
	struct buf b = BUF_INIT;
	int i, n = 0, score[6];
	int last, before;

	if (pane_children(
		    p, FID_MOMENT_CUSTOMER, id, FID_MOMENT_AT, 200, &rows) < 0)
		return;
	for (i = 0; i < rows.n && n < 6; i++) {
		const struct val *s = row_get(&rows.v[i], FID_MOMENT_SCORE);

		if (s->kind != VAL_INT || !s->i)
			continue;
		score[n++] = (int)s->i;
	}
	rows_free(&rows);
	for (i = n; i-- > 0;) /* as it is read: the newest at the end */
		buf_addf(&b, " %d", score[i]);
	if (n) {
		struct buf out = BUF_INIT;

		last = score[0];
		before = score[n > 1]; /* not the first: moods turn */
		buf_addf(&out, "%s %s",
			last < before	? _("falling")
			: last > before ? _("rising")
					: _("steady"),
			buf_str(&b));
		reader_field(p->own, LABEL_W, _("Mood"),
			last <= 2 ? ST_BAD : ST_TEXT, buf_str(&out));
		buf_fini(&out);
	}
	buf_fini(&b);
}

static void promises(struct pane *p, int64_t id)
{
	struct rows rows;
	int i, open = 0, broken = 0, kept = 0;

	if (pane_children(p, FID_PROMISE_CUSTOMER, id, FID_PROMISE_DUE, 50,
		    &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++) {
		const char *s = words_str(&rows.v[i], FID_PROMISE_STATUS);
		const char *text = words_str(&rows.v[i], FID_PROMISE_TEXT);
		const struct val *due = row_get(&rows.v[i], FID_PROMISE_DUE);
		unsigned style = ST_TEXT;
		char left[48], *said;

		kept += s && strcmp(s, "kept") == 0;
		broken += s && strcmp(s, "broken") == 0;
		if (!s || strcmp(s, "open") != 0 || due->kind != VAL_INT)
			continue;
		words_due(p->desk, due->i, &style, left);
		said = xasprintf("%s  %s", left, text ? text : "");
		reader_field(p->own, LABEL_W, open++ ? "" : _("Promised"),
			style, said);
		free(said);
	}
	if (broken + kept) {
		struct buf b = BUF_INIT;

		buf_addf(&b, _("%d kept, %d broken"), kept, broken);
		reader_field(p->own, LABEL_W, _("So far"),
			broken ? ST_WARN : ST_GOOD, buf_str(&b));
		buf_fini(&b);
	}
	rows_free(&rows);
}

static void open_matters(struct pane *p, int64_t id)
{
	const struct desk_case *k = desk_case(p->desk);
	struct rows rows;
	int i, n = 0;

	if (pane_children(p, FID_TICKET_CUSTOMER, id, FID_TICKET_UPDATED, 100,
		    &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++) {
		const char *phase = words_str(&rows.v[i], FID_TICKET_PHASE);
		const char *subj = words_str(&rows.v[i], FID_TICKET_SUBJECT);
		char name[256], age[TIME_SAID_SIZE];

		if ((phase && strcmp(phase, "done") == 0) ||
			rows.v[i].id == k->ticket)
			continue;
		if (!n++)
			reader_line(p->own, ST_LABEL, 0, 0, "%s",
				_("Also open: worth a word"));
		reader_line(p->own, ST_TEXT, 2, rows.v[i].id, "%s  %s  %s",
			session_name(desk_session(p->desk), rows.v[i].connector,
				rows.v[i].rid, rows.v[i].id, name),
			words_age(p->desk,
				row_get(&rows.v[i], FID_TICKET_UPDATED)->i,
				age),
			subj ? subj : "");
	}
	rows_free(&rows);
}

static int customer_load(struct pane *p)
{
	int64_t id = desk_case(p->desk)->customer;
	struct rows rows;
	struct arena *a;
	int rc;

	if (own(p)->of != id)
		own(p)->n_shown = 0;
	own(p)->of = id;
	run_down(p);
	if (!id) {
		p->state = PANE_EMPTY;
		return 0;
	}
	rc = store_row(desk_ro(p->desk), ENT_CUSTOMER, id, &rows);
	if (rc < 0)
		return rc;
	a = arena_new();
	reader_begin(p->own, p->w, p->h);
	reader_text(p->own, ST_STRONG, 0, 0,
		words_str(&rows.v[0], FID_CUSTOMER_NAME)
			? words_str(&rows.v[0], FID_CUSTOMER_NAME)
			: _("(no name)"));
	reader_field(p->own, LABEL_W, _("Value"), ST_VIP,
		words_str(&rows.v[0], FID_CUSTOMER_VIP));
	reader_field(p->own, LABEL_W, _("Company"), ST_TEXT,
		words_str(&rows.v[0], FID_CUSTOMER_ORG));
	reader_field(p->own, LABEL_W, _("Language"), ST_TEXT,
		i18n_name(words_str(&rows.v[0], FID_CUSTOMER_LANG)));
	contacts(p, id, a);
	mood(p, id);
	promises(p, id);
	reader_field(p->own, LABEL_W, _("Note"), ST_NOTE,
		words_str(&rows.v[0], FID_CUSTOMER_NOTE));
	open_matters(p, id);
	reader_end(p->own);
	arena_free(a);
	rows_free(&rows);
	return 0;
}

static void customer_empty(
	const struct pane *p, const char **say, const char **hint)
{
	(void)p;
	*say = _("No customer is known for this case.");
	*hint = NULL;
}

const struct pane_ops pane_customer = {
	.name = "customer",
	.title = N_("Customer"),
	.topics = TOPIC(ENT_CUSTOMER) | TOPIC(ENT_IDENTITY) |
		  TOPIC(ENT_PROMISE) | TOPIC(ENT_MOMENT) | TOPIC_FOCUS,
	.contexts = CX_TEXT | CX_CASE,
	.min_w = 22,
	.min_h = 4,
	.good_w = 34,
	.good_h = 10,
	.drop = 4,
	.state_size = sizeof(struct customer),
	.open = textpane_open,
	.close = textpane_close,
	.load = customer_load,
	.draw = textpane_draw,
	.command = customer_command,
	.event = textpane_event,
	.filter = textpane_filter,
	.copy = textpane_copy,
	.empty = customer_empty,
};
