/* SPDX-License-Identifier: MIT */
/*
 * The answer comes to the agent: at most three articles or standard solutions
 * for the case in focus, with how often each has helped (lower bound of the
 * Wilson interval at 95 %), and the best one to read. What speaks for it are
 * the words of the case that it holds.
 */
#include "pane_priv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "galley/app/article.h"
#include "galley/base/fold.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"

#define SHOWN	  3
#define MAX_TERMS 24
#define MAX_CASE  600 /* bytes of the case that are looked at */
#define MAX_SAID  300 /* of them of one message */
#define MAX_FOUND 80
#define OUTDATED  0.25 /* what is left of the weight */
#define LEAST	  4    /* of what speaks for an article */
#define FAR	  3    /* times less than for the best: it is about else */

struct proposal {
	int64_t id;
	double score, share; /* share < 0: never tried */
	double match;	     /* what speaks for it, its record aside */
	int worked, tried;
	int here; /* what was said of it in this case: -1 nothing */
	char *title, *text, *url, *name;
	char *outdated; /* why, "" unknown; NULL: it is not */
};
struct answer {
	struct reader r; /* first */
	struct proposal v[SHOWN];
	int n, at;
	enum entity entity;
	int64_t of; /* the case they are for */
};

static struct answer *own(const struct pane *p)
{
	return p->own;
}

static void proposal_fini(struct proposal *x)
{
	free(x->title);
	free(x->text);
	free(x->url);
	free(x->name);
	free(x->outdated);
}

static void forget(struct answer *a)
{
	int i;

	for (i = 0; i < a->n; i++)
		proposal_fini(&a->v[i]);
	memset(a->v, 0, sizeof(a->v));
	a->n = 0;
}

/* --- the words of a case -------------------------------------------------- */

static int is_han(uint32_t cp)
{
	return cp >= 0x3400 && cp < 0xa000;
}

static int is_common(const char *w, size_t len)
{
	static const char *const words[] = {"about", "after", "again",
		"because", "been", "before", "could", "does", "from", "have",
		"hello", "just", "like", "please", "regards", "should", "still",
		"thank", "thanks", "that", "their", "them", "then", "there",
		"they", "this", "want", "were", "what", "when", "which", "will",
		"with", "would", "your"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (*words[i] == *w && strlen(words[i]) == len &&
			!memcmp(words[i], w, len))
			return 1;
	return 0;
}

struct terms {
	char *v[MAX_TERMS];
	size_t len[MAX_TERMS];
	int n;
};

static void term_add(struct terms *t, const char *s, size_t len)
{
	int i;

	if (t->n == MAX_TERMS)
		return;
	for (i = 0; i < t->n; i++)
		if (t->len[i] == len && !memcmp(t->v[i], s, len))
			return;
	t->len[t->n] = len;
	t->v[t->n++] = xstrndup(s, len);
}

/* Latin words of four letters and more, pairs of Chinese characters. */
static void terms_of(struct terms *t, const char *s)
{
	size_t len = strlen(s), i = 0, word = 0;
	size_t before = 0; /* start of the Han character before, plus one */

	if (len > MAX_CASE)
		len = MAX_CASE;
	while (i <= len) {
		uint32_t cp = 0;
		size_t n = i < len ? utf8_decode(s + i, len - i, &cp) : 1;
		int letter = (cp >= 'a' && cp <= 'z') || cp >= 0xc0;

		if (!letter || is_han(cp)) {
			if (i - word >= 4 && i > word &&
				!is_common(s + word, i - word))
				term_add(t, s + word, i - word);
			word = i + n;
		}
		if (is_han(cp)) {
			if (before)
				term_add(t, s + before - 1, i + n - before + 1);
			before = i + 1;
		} else {
			before = 0;
		}
		i += n;
	}
}

static void case_words(struct pane *p, struct buf *out)
{
	const struct desk_case *k = desk_case(p->desk);
	enum entity e = k->entity == ENT_CONVERSATION ? k->entity : ENT_TICKET;
	int64_t id = e == ENT_CONVERSATION ? k->id : k->ticket;
	struct rows rows;
	struct buf raw = BUF_INIT;
	int i, said = 0;

	if (k->title)
		buf_addf(&raw, "%s\n", k->title);
	if (id && store_thread(desk_ro(p->desk), e, id, 40, &rows) == 0) {
		for (i = rows.n - 1; i >= 0 && said < 2; i--) {
			const char *dir =
				words_str(&rows.v[i], FID_MESSAGE_DIR);
			const char *text =
				words_str(&rows.v[i], FID_MESSAGE_TEXT);

			if (!dir || !text || strcmp(dir, "in") != 0)
				continue;
			buf_add(&raw, text, strnlen(text, MAX_SAID));
			buf_addc(&raw, '\n');
			said++;
		}
		rows_free(&rows);
	}
	fold_text(out, buf_str(&raw), raw.len);
	buf_fini(&raw);
}

/* --- ranking -------------------------------------------------------------- */

/* E. B. Wilson 1927: what the share is at least, given `n` trials. */
static double wilson_low(int worked, int n)
{
	const double z = 1.96;
	double p, d;

	if (!n)
		return 0;
	p = (double)worked / n;
	d = z * sqrt(p * (1 - p) / n + z * z / (4.0 * n * n));
	return (p + z * z / (2.0 * n) - d) / (1 + z * z / n);
}

static int holds(const char *folded, const char *term)
{
	return strstr(folded, term) != NULL;
}

static double match(const struct row *r, const struct terms *t)
{
	const char *title = words_str(r, FID_ARTICLE_TITLE);
	const char *text = words_str(r, FID_ARTICLE_TEXT);
	const char *problem = words_str(r, FID_ARTICLE_PROBLEM);
	struct buf head = BUF_INIT, body = BUF_INIT;
	double score = 0;
	int i;

	if (title)
		fold_text(&head, title, strlen(title));
	if (problem)
		fold_text(&head, problem, strlen(problem));
	if (text)
		fold_text(&body, text, strlen(text));
	for (i = 0; i < t->n; i++) {
		score += 3 * holds(buf_str(&head), t->v[i]);
		score += holds(buf_str(&body), t->v[i]);
	}
	buf_fini(&head);
	buf_fini(&body);
	return score;
}

static void outcomes(struct pane *p, struct proposal *x)
{
	const struct desk_case *k = desk_case(p->desk);
	int worked;

	x->share = -1;
	x->here = -1;
	if (store_outcomes(desk_ro(p->desk), x->id, &x->worked, &x->tried) < 0)
		return;
	if (x->tried)
		x->share = wilson_low(x->worked, x->tried);
	if (store_verdict_get(desk_ro(p->desk), x->id,
		    k->ticket ? ENT_TICKET : k->entity,
		    k->ticket ? k->ticket : k->id, &worked) == 0)
		x->here = worked;
	else
		err_clear();
}

/* Said by somebody, and the article has not changed since. */
static char *outdated(struct pane *p, const struct row *r)
{
	const char *status = words_str(r, FID_ARTICLE_STATUS);
	const struct val *updated = row_get(r, FID_ARTICLE_UPDATED);
	struct arena *a = arena_new();
	struct store_mark *m;
	char *why = NULL;
	int n;

	if (store_mark_list(desk_ro(p->desk), ENT_ARTICLE, r->id, "outdated",
		    desk_now(p->desk), a, &m, &n) == 0 &&
		n && !(updated->kind == VAL_INT && updated->i > m[0].at_ms))
		why = xstrdup(m[0].text);
	else if (status && strcmp(status, "outdated") == 0)
		why = xstrdup("");
	arena_free(a);
	return why;
}

static void keep_best(struct pane *p, const struct row *r, double score)
{
	struct answer *a = own(p);
	struct proposal x = {.id = r->id, .match = score};
	char name[256];
	int i;

	outcomes(p, &x);
	x.outdated = outdated(p, r);
	x.score = score * (x.share < 0 ? 0.75 : 0.5 + x.share);
	if (x.outdated)
		x.score *= OUTDATED;
	for (i = a->n; i > 0 && a->v[i - 1].score < x.score; i--)
		;
	if (i == SHOWN) {
		free(x.outdated);
		return;
	}
	if (a->n == SHOWN)
		proposal_fini(&a->v[--a->n]);
	memmove(&a->v[i + 1], &a->v[i], (size_t)(a->n - i) * sizeof(x));
	x.title = xstrdup_null(words_str(r, FID_ARTICLE_TITLE));
	x.text = xstrdup_null(words_str(r, FID_ARTICLE_TEXT));
	x.url = xstrdup_null(words_str(r, FID_ARTICLE_URL));
	x.name = xstrdup(session_name(
		desk_session(p->desk), r->connector, r->rid, r->id, name));
	a->v[i] = x;
	a->n++;
}

static int known(const struct answer *a, int64_t id)
{
	int i;

	for (i = 0; i < a->n; i++)
		if (a->v[i].id == id)
			return 1;
	return 0;
}

/* Articles that a query finds, by how much of the case they hold. `extra`
 * speaks for all of them, when the query knows what the case is about. */
static int propose(
	struct pane *p, const char *q, const struct terms *t, double extra)
{
	struct query *query;
	struct rows rows;
	int i, rc;

	rc = query_parse(
		q, ENT_ARTICLE, desk_now(p->desk), desk_zone(p->desk), &query);
	if (rc < 0)
		return rc;
	rc = store_query(desk_ro(p->desk), query, desk_me(p->desk), MAX_FOUND,
		NULL, &rows);
	if (!query->has_text)
		extra = 0;
	query_free(query);
	if (rc < 0)
		return rc;
	for (i = 0; i < rows.n; i++) {
		double m = match(&rows.v[i], t) + extra;

		if (m >= LEAST && !known(own(p), rows.v[i].id))
			keep_best(p, &rows.v[i], m);
	}
	rows_free(&rows);
	return 0;
}

/* A good record does not make an answer to another question. */
static void drop_far(struct answer *a)
{
	double best = 0;
	int i, n = 0;

	for (i = 0; i < a->n; i++)
		if (a->v[i].match > best)
			best = a->v[i].match;
	for (i = 0; i < a->n; i++)
		if (a->v[i].match * FAR >= best)
			a->v[n++] = a->v[i];
		else
			proposal_fini(&a->v[i]);
	a->n = n;
}

/* What the situation's rule names counts more than single words. */
static int propose_all(struct pane *p, const struct terms *t)
{
	const struct desk_situation *s = desk_situation(p->desk);
	struct buf q = BUF_INIT;
	int i, rc = 0;

	if (s->articles && *s->articles)
		rc = propose(p, s->articles, t, 4);
	for (i = 0; i < t->n; i++) {
		buf_adds(&q, i ? " OR \"" : "\"");
		buf_adds(&q, t->v[i]);
		buf_addc(&q, '"');
	}
	if (rc == 0 && t->n)
		rc = propose(p, buf_str(&q), t, 0);
	buf_fini(&q);
	drop_far(own(p));
	return rc;
}

/* --- the pane ------------------------------------------------------------- */

/* In full where there is room for it. */
static void evidence(struct pane *p, const struct proposal *x, int id)
{
	struct buf b = BUF_INIT;
	int share = (int)(x->share * 100);

	buf_addf(&b,
		P_("helped %d of %d time (at least %d%%)",
			"helped %d of %d times (at least %d%%)", x->tried),
		x->worked, x->tried, share);
	if (text_cells(buf_str(&b)) > p->w - 4) {
		buf_reset(&b);
		buf_addf(&b, _("helped %1$d of %2$d, >= %3$d%%"), x->worked,
			x->tried, share);
	}
	reader_line(&own(p)->r, ST_DIM, 4, id, "%s", buf_str(&b));
	buf_fini(&b);
}

/* What was said of it: here, and by whoever knows better. */
static void said(struct answer *a, const struct proposal *x, int id)
{
	if (x->here >= 0)
		reader_line(&a->r, x->here ? ST_GOOD : ST_WARN, 4, id, "%s",
			x->here ? _("worked here") : _("did not work here"));
	if (x->outdated && *x->outdated)
		reader_line(&a->r, ST_WARN, 4, id, _("out of date: %s"),
			x->outdated);
	else if (x->outdated)
		reader_line(&a->r, ST_WARN, 4, id, "%s", _("out of date"));
}

/* What stands before, the heading of what is for the customer, what is for him,
 * the rest. */
static void show_text(struct reader *r, const char *text)
{
	struct article_part part;
	const char *end;
	char *s;

	if (!article_for_customer(text, &part)) {
		reader_text(r, ST_TEXT, 0, 0, text);
		return;
	}
	end = text + part.from + part.len;
	s = xstrndup(text, part.head);
	if (*s)
		reader_text(r, ST_TEXT, 0, 0, s);
	free(s);
	reader_line(r, ST_LABEL, 0, 0, "%s", _("For the customer:"));
	s = xstrndup(text + part.from, part.len);
	reader_text(r, ST_TEXT, 0, 0, s);
	free(s);
	end += strspn(end, " \r\n");
	if (*end)
		reader_text(r, ST_DIM, 0, 0, end);
}

static void show(struct pane *p)
{
	struct answer *a = own(p);
	int i;

	reader_begin(&a->r, p->w, p->h);
	for (i = 0; i < a->n; i++) {
		const struct proposal *x = &a->v[i];

		reader_line(&a->r, i == a->at ? ST_STRONG : ST_TEXT, 0, i + 1,
			"%s%d  %s", i == a->at ? ">" : " ", i + 1,
			x->title ? x->title : x->name);
		if (x->tried)
			evidence(p, x, i + 1);
		else
			reader_line(&a->r, ST_DIM, 4, i + 1, "%s",
				_("not tried yet"));
		said(a, x, i + 1);
	}
	if (a->n) {
		reader_line(&a->r, ST_DIM, 0, 0, "--");
		if (a->v[a->at].text)
			show_text(&a->r, a->v[a->at].text);
	}
	reader_end(&a->r);
}

static void answer_close(struct pane *p)
{
	forget(own(p));
	textpane_close(p);
}

static int answer_load(struct pane *p)
{
	struct answer *a = own(p);
	const struct desk_case *k = desk_case(p->desk);
	struct terms t = {.n = 0};
	struct buf words = BUF_INIT;
	int i, rc = 0;

	if (k->entity == ENT_COUNT) {
		p->state = PANE_EMPTY;
		return 0;
	}
	if (a->of != k->id || a->entity != k->entity)
		a->at = a->r.top = 0;
	a->of = k->id;
	a->entity = k->entity;
	forget(a);
	case_words(p, &words);
	terms_of(&t, buf_str(&words));
	rc = propose_all(p, &t);
	for (i = 0; i < t.n; i++)
		free(t.v[i]);
	buf_fini(&words);
	if (a->at >= a->n)
		a->at = 0;
	if (!a->n)
		p->state = PANE_EMPTY;
	show(p);
	return rc;
}

static const struct proposal *picked(
	const struct pane *p, const struct command_line *cmd)
{
	const struct answer *a = own(p);
	int named = cmd->argc && cmd->id != CMD_ANSWER_OUTDATED;
	int i = named ? atoi(cmd->argv[0]) - 1 : a->at;

	return i >= 0 && i < a->n ? &a->v[i] : NULL;
}

static enum pane_did say_of(struct pane *p, const struct proposal *x,
	const struct command_line *cmd)
{
	int rc;

	if (!x)
		rc = err_set(E_NOTFOUND, "%s", _("no answer fits this case"));
	else if (cmd->id == CMD_ANSWER_OUTDATED)
		rc = desk_outdated(p->desk, x->id, cmd->rest);
	else
		rc = desk_verdict(p->desk, x->id, cmd->id == CMD_ANSWER_WORKED);
	if (rc < 0)
		desk_say_err(p->desk);
	return DID_LOAD;
}

/* It does not run on behind what was written: it begins a line. */
static void insert(struct pane *p, const char *text)
{
	char *line = xasprintf("\n%s", text);

	desk_insert(p->desk, line);
	free(line);
}

/* What is for the customer; where that is not said, the whole, and the person
 * is told. */
static void insert_answer(struct pane *p, const char *text)
{
	struct article_part part;
	char *s;

	if (!article_for_customer(text, &part)) {
		insert(p, text);
		desk_say(p->desk, NOTICE_WARN, "%s",
			_("the whole article is put in: it marks no part for "
			  "the customer, so read it before you send it"));
		return;
	}
	s = xstrndup(text + part.from, part.len);
	insert(p, s);
	free(s);
}

static enum pane_did answer_command(
	struct pane *p, const struct command_line *cmd)
{
	struct answer *a = own(p);
	const struct proposal *x = picked(p, cmd);

	switch (cmd->id) {
	case CMD_ANSWER_INSERT:
	case CMD_ANSWER_LINK:
		if (!x)
			desk_say(p->desk, NOTICE_WARN, "%s",
				_("no answer fits this case"));
		else if (cmd->id == CMD_ANSWER_LINK)
			insert(p, x->url ? x->url : x->name);
		else if (x->text)
			insert_answer(p, x->text);
		return DID_DRAW;
	case CMD_ANSWER_WORKED:
	case CMD_ANSWER_FAILED:
	case CMD_ANSWER_OUTDATED:
		return say_of(p, x, cmd);
	case CMD_DOWN:
	case CMD_UP:
		if (!p->focused || a->r.top)
			break;
		if (cmd->id == CMD_DOWN ? a->at + 1 < a->n : a->at > 0) {
			a->at += cmd->id == CMD_DOWN ? 1 : -1;
			show(p);
			return DID_DRAW;
		}
		break;
	default:
		break;
	}
	return textpane_command(p, cmd);
}

static int answer_targets(
	const struct pane *p, enum entity *e, int64_t *ids, int max)
{
	const struct answer *a = own(p);

	if (max < 1 || !a->n)
		return 0;
	*e = ENT_ARTICLE;
	ids[0] = a->v[a->at].id;
	return 1;
}

static const char *answer_why_not(const struct pane *p, enum command c)
{
	if (c >= CMD_ANSWER_INSERT && c <= CMD_ANSWER_OUTDATED && !own(p)->n)
		return _("no answer fits this case");
	return NULL;
}

static void answer_empty(
	const struct pane *p, const char **say, const char **hint)
{
	*say = desk_case(p->desk)->entity == ENT_COUNT
		       ? _("No case is in focus.")
		       : _("No article fits this case yet.");
	*hint = _("g / searches everything.");
}

const struct pane_ops pane_answer = {
	.name = "answer",
	.title = N_("Answer"),
	.topics = TOPIC(ENT_ARTICLE) | TOPIC(ENT_OUTCOME) | TOPIC_FOCUS,
	.contexts = CX_TEXT | CX_CASE,
	.min_w = 24,
	.min_h = 4,
	.good_w = 38,
	.good_h = 12,
	.drop = 5,
	.state_size = sizeof(struct answer),
	.open = textpane_open,
	.close = answer_close,
	.load = answer_load,
	.draw = textpane_draw,
	.command = answer_command,
	.event = textpane_event,
	.filter = textpane_filter,
	.why_not = answer_why_not,
	.targets = answer_targets,
	.copy = textpane_copy,
	.empty = answer_empty,
};
