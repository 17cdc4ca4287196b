/* SPDX-License-Identifier: MIT */
/*
 * What can follow in a line: colleagues, statuses, queues, tags, tickets of the
 * customer, by what the cache knows, and the words that a command takes. It
 * offers; what a person types instead is not judged here.
 */
#include "bench_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "galley/app/codes.h"
#include "galley/app/named.h"
#include "galley/base/i18n.h"
#include "galley/base/json.h"
#include "galley/base/mem.h"

#define SAMPLE 250 /* tickets that are looked at for what is in use */

struct search {
	struct bench *b;
	struct arena *a;
	struct offer *v;
	int n, first; /* those that begin as typed stand before the others */
	const char *typed, *before;
	int connector; /* 0: any */
};

static int begins(const char *s, const char *with)
{
	return strncasecmp(s, with, strlen(with)) == 0;
}

/* What is already there is not offered twice. */
static int is_there(const struct search *s, const char *word)
{
	int i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->v[i].word, word) == 0)
			return 1;
	return 0;
}

static void offer(struct search *s, const char *word, const char *note)
{
	int first = begins(word, s->typed) || (note && begins(note, s->typed));
	int at = first ? s->first : s->n;

	if (s->n == OFFERS_MAX || is_there(s, word) ||
		(!first && !(note && fuzzy_score(s->typed, note))))
		return;
	memmove(s->v + at + 1, s->v + at, (size_t)(s->n - at) * sizeof(*s->v));
	s->v[at] = (struct offer){.word = arena_strdup(s->a, word),
		.note = note && strcmp(note, word) != 0
				? arena_strdup(s->a, note)
				: NULL};
	s->n++;
	s->first += first;
}

/* A word with spaces stands in quotation marks. */
static const char *quoted(struct search *s, const char *word)
{
	return strchr(word, ' ') ? arena_printf(s->a, "\"%s\"", word) : word;
}

static const char *text_of(const struct row *r, enum field_id f)
{
	const struct val *v = row_get(r, f);

	return v->s && *v->s ? v->s : NULL;
}

/* --- from the cache ---------------------------------------------------------
 */

static int ask(struct search *s, enum entity e, const char *text,
	enum field_id sort, int max, struct rows *out)
{
	struct query *q;
	int rc = query_parse(
		text, e, desk_now(s->b->desk), desk_zone(s->b->desk), &q);

	if (rc == 0) {
		q->sort = field_desc(sort);
		q->sort_desc = q->sort->type == FT_TIME;
		rc = store_query(desk_ro(s->b->desk), q, desk_me(s->b->desk),
			max, NULL, out);
		query_free(q);
	}
	if (rc < 0)
		err_clear();
	return rc;
}

static int is_of(const struct search *s, const struct row *r)
{
	return !s->connector || r->connector == s->connector;
}

static void offer_people(struct search *s)
{
	const char *me = s->connector ? session_me_rid(desk_session(s->b->desk),
						s->connector)
				      : NULL;
	struct rows rows;
	int i;

	if (ask(s, ENT_AGENT, "", FID_AGENT_NAME, 500, &rows) < 0)
		return;
	for (i = 0; me && i < rows.n; i++)
		if (is_of(s, &rows.v[i]) && rows.v[i].rid &&
			strcmp(rows.v[i].rid, me) == 0)
			offer(s, "me", text_of(&rows.v[i], FID_AGENT_NAME));
	for (i = 0; i < rows.n; i++) {
		const char *login = text_of(&rows.v[i], FID_AGENT_LOGIN);
		const char *name = text_of(&rows.v[i], FID_AGENT_NAME);

		if (is_of(s, &rows.v[i]) && (login || name))
			offer(s, quoted(s, login ? login : name), name);
	}
	offer(s, "none", _("nobody"));
	rows_free(&rows);
}

/* Statuses as the newest cases have them: no list of a backend is needed. */
static void offer_statuses(struct search *s)
{
	int talk = desk_case(s->b->desk)->entity == ENT_CONVERSATION &&
		   !desk_case(s->b->desk)->ticket;
	struct rows rows;
	int i;

	if (ask(s, talk ? ENT_CONVERSATION : ENT_TICKET, "",
		    talk ? FID_CONVERSATION_UPDATED : FID_TICKET_UPDATED,
		    SAMPLE, &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++) {
		const char *raw = text_of(&rows.v[i],
			talk ? FID_CONVERSATION_STATUS : FID_TICKET_STATUS);

		if (raw && is_of(s, &rows.v[i]))
			offer(s, quoted(s, raw), codes_status(raw));
	}
	rows_free(&rows);
}

static void offer_queues(struct search *s)
{
	struct rows rows;
	int i;

	if (ask(s, ENT_QUEUE, "", FID_QUEUE_NAME, 500, &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++)
		if (is_of(s, &rows.v[i]) && text_of(&rows.v[i], FID_QUEUE_NAME))
			offer(s, quoted(s, text_of(&rows.v[i], FID_QUEUE_NAME)),
				NULL);
	rows_free(&rows);
}

static void offer_tags_of(struct search *s, const char *json, char sign)
{
	struct json_doc *doc;
	size_t i;

	if (json_parse(json, strlen(json), &json_limits_small, &doc) < 0) {
		err_clear();
		return;
	}
	for (i = 0; i < json_len(json_root(doc)); i++) {
		const char *tag = json_str(json_at(json_root(doc), i));

		if (tag && !strchr(tag, ' '))
			offer(s, arena_printf(s->a, "%c%s", sign, tag), NULL);
	}
	json_free(doc);
}

/* "-": those that the case has; else what others have. */
static void offer_tags(struct search *s)
{
	int off = *s->typed == '-';
	int64_t ticket = desk_case(s->b->desk)->ticket;
	struct rows rows;
	int i;

	if (*s->typed && *s->typed != '+' && !off)
		s->typed = arena_printf(s->a, "+%s", s->typed);
	if (ask(s, ENT_TICKET, "", FID_TICKET_UPDATED, SAMPLE, &rows) < 0)
		return;
	for (i = 0; i < rows.n; i++) {
		const char *tags = text_of(&rows.v[i], FID_TICKET_TAGS);

		if (tags && is_of(s, &rows.v[i]) &&
			(!off || rows.v[i].id == ticket))
			offer_tags_of(s, tags, off ? '-' : '+');
	}
	rows_free(&rows);
}

/* Other tickets of the customer, what is open first. */
static void offer_tickets(struct search *s)
{
	const struct desk_case *k = desk_case(s->b->desk);
	struct rows rows;
	int i;

	if (!k->customer ||
		store_children(desk_ro(s->b->desk), FID_TICKET_CUSTOMER,
			k->customer, 50, &rows) < 0) {
		err_clear();
		return;
	}
	for (i = 0; i < rows.n; i++) {
		const struct row *r = &rows.v[i];
		char name[256];

		if (r->id != k->ticket && is_of(s, r))
			offer(s,
				session_name(desk_session(s->b->desk),
					r->connector, r->rid, r->id, name),
				text_of(r, FID_TICKET_SUBJECT));
	}
	rows_free(&rows);
}

/* Cases by the beginning of their names or of their numbers. */
static void offer_named(struct search *s)
{
	struct named *v = arena_calloc(s->a, OFFERS_MAX, sizeof(*v));
	int n = named_begin(desk_session(s->b->desk), desk_ro(s->b->desk),
		s->typed, s->a, v, OFFERS_MAX);
	int i;

	for (i = 0; i < n && s->n < OFFERS_MAX; i++) {
		char name[256];
		const char *word = session_name(desk_session(s->b->desk),
			v[i].connector, v[i].rid, v[i].id, name);

		if (!is_there(s, word))
			s->v[s->n++] =
				(struct offer){.word = arena_strdup(s->a, word),
					.note = v[i].title};
	}
}

/* --- words ------------------------------------------------------------------
 */

static void offer_words(struct search *s, const char *const *v)
{
	for (; *v; v++)
		offer(s, *v, NULL);
}

static void offer_benches(struct search *s)
{
	int i;

	for (i = 0; i < s->b->n_names; i++)
		offer(s, s->b->names[i], s->b->titles[i]);
}

static void offer_panes(struct search *s)
{
	int i;

	for (i = 0; i < s->b->n_slots; i++)
		offer(s, s->b->slots[i].pane.ops->name,
			_(s->b->slots[i].pane.ops->title));
}

static void offer_macros(struct search *s, enum macro_kind kind)
{
	const char **v = macro_names(kind, s->a);

	if (v)
		offer_words(s, v);
}

static void offer_sorts(struct search *s)
{
	const struct entity_desc *e = entity_desc(ENT_TICKET);
	int down = *s->typed == '-', i;

	for (i = 0; i < e->n_fields; i++)
		if (e->fields[i].flags & FF_SORT)
			offer(s,
				arena_printf(s->a, "%s%s", down ? "-" : "",
					e->fields[i].name),
				_(e->fields[i].label));
}

/* "field=", then what it can be. */
static void offer_fields(struct search *s)
{
	const struct entity_desc *e = entity_desc(ENT_TICKET);
	const char *eq = strchr(s->typed, '=');
	int i;

	if (eq) {
		const char *typed = s->typed;
		int from = s->n;

		s->typed = eq + 1;
		if (begins(typed, "status="))
			offer_statuses(s);
		else if (begins(typed, "queue="))
			offer_queues(s);
		else if (begins(typed, "owner="))
			offer_people(s);
		for (i = from; i < s->n; i++)
			s->v[i].word = arena_printf(s->a, "%.*s%s",
				(int)(eq + 1 - typed), typed, s->v[i].word);
		return;
	}
	for (i = 0; i < e->n_fields; i++)
		if ((e->fields[i].flags & FF_EDIT) &&
			e->fields[i].type != FT_JSON)
			offer(s, arena_printf(s->a, "%s=", e->fields[i].name),
				_(e->fields[i].label));
}

/* --- by command --------------------------------------------------------------
 */

static void offer_for(struct search *s, enum command c)
{
	static const char *const themes[] = {
		"dark", "light", "safe", "mono", NULL};
	static const char *const keys[] = {"vi", "plain", "emacs", NULL};
	static const char *const links[] = {"refers-to", "referred-by",
		"depends-on", "depended-on-by", "parent", "child", NULL};
	static const char *const laters[] = {
		"1h", "4h", "tomorrow", "3d", "1w", NULL};
	static const char *const whens[] = {
		"1h", "4h", "tomorrow", "3d", "1w", "reply", NULL};

	switch (c) {
	case CMD_ASSIGN:
		offer_people(s);
		return;
	case CMD_STATUS:
		offer_statuses(s);
		return;
	case CMD_SET:
		offer_fields(s);
		return;
	case CMD_TAGS:
		offer_tags(s);
		return;
	case CMD_LINK:
		if (!*s->before)
			offer_words(s, links);
		else
			offer_tickets(s);
		return;
	case CMD_MERGE:
		offer_tickets(s);
		return;
	case CMD_OPEN:
		offer_named(s);
		offer_tickets(s);
		return;
	case CMD_SEND_LATER:
	case CMD_SEND_QUIET:
		offer_words(s, laters);
		return;
	case CMD_SNOOZE:
		offer_words(s, whens);
		return;
	case CMD_THEME:
		offer_words(s, themes);
		return;
	case CMD_KEYS:
		offer_words(s, keys);
		return;
	case CMD_BENCH:
		offer_benches(s);
		return;
	case CMD_PANE_GO:
		offer_panes(s);
		return;
	case CMD_SORT:
		offer_sorts(s);
		return;
	case CMD_SNIPPET:
		offer_macros(s, MACRO_SNIPPET);
		return;
	case CMD_MACRO:
		offer_macros(s, MACRO_MACRO);
		return;
	case CMD_FORM:
		offer_macros(s, MACRO_FORM);
		return;
	default:
		return;
	}
}

/* What the table itself knows: names of commands, and choices. */
static void offer_table(struct search *s, const char *line)
{
	const char **v = NULL;
	int i, n = command_complete(line, s->a, &v);

	for (i = 0; i < n && s->n < OFFERS_MAX; i++)
		s->v[s->n++] = (struct offer){.word = v[i]};
}

/* Where the last word begins; quotation marks keep spaces. */
static size_t last_word(const char *line, size_t from)
{
	size_t at = from, i;
	char open = '\0';

	for (i = from; line[i]; i++)
		if (open)
			open = line[i] == open ? '\0' : open;
		else if (line[i] == '"' || line[i] == '\'')
			open = line[i];
		else if (line[i] == ' ')
			at = i + 1;
	return at;
}

int offers_find(struct bench *b, enum command cmd, const char *line,
	int connector, struct arena *a, struct offer **out, size_t *at)
{
	struct search s = {
		.b = b, .a = a, .connector = connector, .typed = line};
	size_t begin = 0;

	s.v = arena_calloc(a, OFFERS_MAX + 1, sizeof(*s.v));
	*out = s.v;
	if (cmd == CMD_COUNT) { /* a whole line */
		char *name;

		begin = strcspn(line, " ");
		name = arena_strndup(a, line, begin);
		*at = last_word(line, 0);
		offer_table(&s, line);
		if (!line[begin] || s.n)
			return s.n;
		cmd = command_by_name(name + (*name == ':'));
		begin += strspn(line + begin, " ");
	}
	*at = last_word(line, begin);
	s.typed = line + *at;
	s.before = arena_strndup(a, line + begin, *at - begin);
	offer_for(&s, cmd);
	return s.n;
}
