/* SPDX-License-Identifier: MIT */
/*
 * Reads the files of the demo centre, galley-demo(5): blocks of `key value`
 * lines and, in stories, events. It checks words, keys and spans and says
 * file:line for what it does not know; what a story means is told elsewhere.
 */
#include "demo_priv.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/embed.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/base/utf8.h"

#define MAX_FILE (4u << 20)

static const char *const words[D_WORDS] = {
	[D_QUEUE] = "queue",
	[D_AGENT] = "agent",
	[D_CUSTOMER] = "customer",
	[D_PRODUCT] = "product",
	[D_ARTICLE] = "article",
	[D_SNIPPET] = "snippet",
	[D_PHRASE] = "phrase",
	[D_STORY] = "story",
	[D_DAY] = "day",
};

/* What may stand in a block, blanks around each. */
static const char *const keys[D_WORDS] = {
	[D_QUEUE] = " name about ",
	[D_AGENT] = " name zh en login email teams me state ",
	[D_CUSTOMER] = " name mr lang city vip org since phone wechat email "
		       "shop voice note ",
	[D_PRODUCT] = " zh en models price ",
	[D_ARTICLE] = " kind lang problem product category revision review "
		      "updated author status worked title text ",
	[D_SNIPPET] = " name scope text ",
	[D_PHRASE] = " - ",
	[D_STORY] = " lang product queue class problem channel subject tags "
		    "told customer owner ago today order item bought priority "
		    "due then number stage model ",
	[D_DAY] = " ",
};

static const char event_words[] =
	" mail chat reply answer note remark open call ring missed status take "
	"assign queue priority due field tag promise kept broken withdrawn mood "
	"moment stage touch order works fails rating file end network colleague "
	"wait ";

/* --- reading ----------------------------------------------------------------
 */

struct reader {
	struct d_script *s;
	const char *file;
	int line;
	struct d_block *block;
	enum d_word word;
	struct d_pair *last_pair;
	struct d_event *last_event;
};

static int fail(const struct reader *r, const char *what, const char *which)
{
	return err_set(
		E_CONFIG, "%s:%d: %s `%.60s`", r->file, r->line, what, which);
}

static int known(const char *list, const char *w)
{
	char quoted[64];
	int n = snprintf(quoted, sizeof(quoted), " %s ", w);

	return n > 2 && n < (int)sizeof(quoted) && strstr(list, quoted);
}

static const char *skip_blank(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

static const char *word_end(const char *s)
{
	while (*s && *s != ' ' && *s != '\t')
		s++;
	return s;
}

static int begin_block(struct reader *r, const char *line)
{
	struct d_script *s = r->s;
	const char *end = word_end(line);
	char *w = arena_strndup(s->arena, line, (size_t)(end - line));
	struct d_block *b;
	int i;

	for (i = 0; i < D_WORDS && strcmp(words[i], w) != 0; i++)
		;
	if (i == D_WORDS)
		return fail(r, "no such block", w);
	b = arena_calloc(s->arena, 1, sizeof(*b));
	b->file = r->file;
	b->line = r->line;
	b->word = words[i];
	b->id = arena_strdup(s->arena, skip_blank(end));
	b->index = s->n[i]++;
	if (!*b->id)
		return fail(r, "a name is missing after", w);
	if (i != D_PHRASE && block_find(s, (enum d_word)i, b->id))
		return fail(r, "there are two of", b->id);
	if (s->last[i])
		s->last[i]->next = b;
	else
		s->first[i] = b;
	s->last[i] = b;
	r->block = b;
	r->word = (enum d_word)i;
	r->last_pair = NULL;
	r->last_event = NULL;
	return 0;
}

int span_read(const char *s, size_t len, int64_t *ms)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = {{'d', DAY}, {'h', HOUR}, {'m', MINUTE}, {'s', 1000}};
	int64_t sum = 0, n = 0, sign = 1;
	size_t i = 0, k, digits = 0;

	if (i < len && (s[i] == '-' || s[i] == '+'))
		sign = s[i++] == '-' ? -1 : 1;
	for (; i < len; i++) {
		if (s[i] >= '0' && s[i] <= '9' && digits < 6) {
			n = n * 10 + (s[i] - '0');
			digits++;
			continue;
		}
		for (k = 0; k < ARRAY_SIZE(units); k++)
			if (units[k].unit == s[i])
				break;
		if (k == ARRAY_SIZE(units) || !digits)
			return err_set(E_CONFIG, "no span of time");
		sum += n * units[k].ms;
		n = 0;
		digits = 0;
	}
	if (n)
		return err_set(E_CONFIG, "no span of time");
	*ms = sign * sum;
	return 0;
}

/* "word args: text", "word: text", "word args". */
static int event_words_of(struct reader *r, struct d_event *e, const char *s)
{
	struct arena *a = r->s->arena;
	const char *end = s, *colon, *name;

	while (*end && *end != ' ' && *end != ':')
		end++;
	name = arena_strndup(a, s, (size_t)(end - s));
	if (!known(event_words, name))
		return fail(r, "no such event", name);
	e->word = name;
	colon = strchr(end, ':');
	while (colon && colon[1] && colon[1] != ' ')
		colon = strchr(colon + 1, ':');
	s = skip_blank(end);
	e->args =
		colon ? arena_strndup(a, s, colon > s ? (size_t)(colon - s) : 0)
		      : arena_strdup(a, s);
	e->text = colon ? arena_strdup(a, skip_blank(colon + 1)) : "";
	return 0;
}

static int add_event(struct reader *r, const char *s)
{
	struct d_event *e = arena_calloc(r->s->arena, 1, sizeof(*e));
	const char *end;

	if (r->word != D_STORY && r->word != D_DAY)
		return fail(r, "events belong to stories:", s);
	e->line = r->line;
	e->chance = 100;
	e->ending = r->block->n_endings;
	if (*s == '?') {
		e->chance = (int)strtol(s + 1, NULL, 10);
		s = skip_blank(word_end(s));
	}
	end = word_end(s);
	if (*s != '+' || span_read(s, (size_t)(end - s), &e->after_ms) < 0)
		return fail(r, "no span of time such as +2h10m:", s);
	if (event_words_of(r, e, skip_blank(end)) < 0)
		return E_CONFIG;
	if (r->last_event)
		r->last_event->next = e;
	else
		r->block->events = e;
	r->last_event = e;
	r->last_pair = NULL;
	return 0;
}

/* "| more": the next line of the text before. */
static int add_more(struct reader *r, const char *s)
{
	struct arena *a = r->s->arena;
	const char **to, *more = *s == ' ' ? s + 1 : s;

	if (r->last_pair)
		to = &r->last_pair->value;
	else if (r->last_event)
		to = &r->last_event->text;
	else
		return fail(r, "nothing goes on here:", s);
	*to = **to ? arena_printf(a, "%s\n%s", *to, more)
		   : arena_strdup(a, more);
	return 0;
}

static int add_pair(struct reader *r, const char *s)
{
	struct arena *a = r->s->arena;
	const char *end = word_end(s);
	struct d_pair *p = arena_calloc(a, 1, sizeof(*p)), **tail;

	p->key = arena_strndup(a, s, (size_t)(end - s));
	p->value = arena_strdup(a, skip_blank(end));
	p->line = r->line;
	if (!known(keys[r->word], p->key))
		return fail(r, "no such key here", p->key);
	for (tail = &r->block->pairs; *tail; tail = &(*tail)->next)
		;
	*tail = p;
	r->last_pair = p;
	return 0;
}

static int read_line(struct reader *r, char *line)
{
	size_t n = strlen(line);
	const char *s;

	while (n && (line[n - 1] == ' ' || line[n - 1] == '\t' ||
			    line[n - 1] == '\r'))
		line[--n] = '\0';
	s = skip_blank(line);
	if (!*s || *s == '#')
		return 0;
	if (s == line)
		return begin_block(r, s);
	if (!r->block)
		return fail(r, "before the first block:", s);
	if (*s == '|')
		return add_more(r, s + 1);
	if (strcmp(s, "ending") == 0) {
		r->block->n_endings++;
		return 0;
	}
	if (*s == '+' || *s == '?')
		return add_event(r, s);
	return add_pair(r, s);
}

int script_read(
	struct d_script *s, const char *file, const char *text, size_t len)
{
	struct reader r = {.s = s};
	const char *p = text, *end = text + len;
	int rc = 0;

	if (!s->arena)
		s->arena = arena_new();
	r.file = arena_strdup(s->arena, file);
	if (!utf8_valid(text, len) || memchr(text, '\0', len))
		return err_set(E_CONFIG, "%s:1: not UTF-8 text", file);
	while (p < end && rc == 0) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((nl ? nl : end) - p);
		char *line = xstrndup(p, n);

		r.line++;
		rc = read_line(&r, line);
		free(line);
		p += n + 1;
	}
	return rc;
}

static int load_built_in(struct d_script *s)
{
	const char *name;
	size_t len;
	int i, rc = 0;

	for (i = 0; (name = embed_name(i)) && rc == 0; i++) {
		const char *text;

		if (strncmp(name, "demo/", 5) != 0 || !strstr(name, ".demo"))
			continue;
		text = embed_get(name, &len);
		rc = script_read(s, name, text, len);
	}
	return rc;
}

static int is_demo(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return e->d_name[0] != '.' && n > 5 &&
	       strcmp(e->d_name + n - 5, ".demo") == 0;
}

static int load_dir(struct d_script *s, const char *dir)
{
	struct dirent **v;
	int n = scandir(dir, &v, is_demo, alphasort), i, rc = 0;

	if (n < 0)
		return err_set(E_CONFIG, "%s: no such directory", dir);
	for (i = 0; i < n; i++) {
		char *path = xasprintf("%s/%s", dir, v[i]->d_name), *text;
		size_t len;

		if (rc == 0)
			rc = file_read(path, MAX_FILE, &text, &len);
		if (rc == 0) {
			rc = script_read(s, path, text, len);
			free(text);
		}
		free(path);
		free(v[i]);
	}
	free(v);
	return rc;
}

/* What the rest counts on. */
static int check_all(const struct d_script *s)
{
	static const enum d_word needed[] = {
		D_QUEUE, D_AGENT, D_CUSTOMER, D_PRODUCT, D_STORY};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(needed); i++)
		if (!s->n[needed[i]])
			return err_set(E_CONFIG,
				"the demo's data have no block `%s`",
				words[needed[i]]);
	return 0;
}

/* Names in a story that refer to other blocks. */
static int check_story(const struct d_script *s, const struct d_block *b)
{
	static const struct {
		const char *key;
		enum d_word word;
	} refs[] = {{"queue", D_QUEUE}, {"product", D_PRODUCT},
		{"customer", D_CUSTOMER}, {"owner", D_AGENT}};
	const char *v;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refs); i++) {
		v = block_get(b, refs[i].key);
		if (v && strcmp(v, "-") != 0 && !block_find(s, refs[i].word, v))
			return err_set(E_CONFIG, "%s:%d: story %s: no %s `%s`",
				b->file, b->line, b->id, refs[i].key, v);
	}
	if (!block_get(b, "queue") || !block_get(b, "lang"))
		return err_set(E_CONFIG,
			"%s:%d: story %s: `queue` and `lang` are needed",
			b->file, b->line, b->id);
	return 0;
}

int script_load(struct d_script *s, const char *dir)
{
	const struct d_block *b;
	int rc = dir ? load_dir(s, dir) : load_built_in(s);

	if (rc == 0)
		rc = check_all(s);
	for (b = s->first[D_STORY]; b && rc == 0; b = b->next)
		rc = check_story(s, b);
	return rc;
}

void script_free(struct d_script *s)
{
	arena_free(s->arena);
	*s = (struct d_script){0};
}

/* --- asking ------------------------------------------------------------------
 */

struct d_block *block_find(
	const struct d_script *s, enum d_word w, const char *id)
{
	struct d_block *b = s->first[w];

	while (b && strcmp(b->id, id) != 0)
		b = b->next;
	return b;
}

struct d_block *block_at(const struct d_script *s, enum d_word w, int i)
{
	struct d_block *b = s->first[w];

	while (b && i-- > 0)
		b = b->next;
	return b;
}

const char *block_get(const struct d_block *b, const char *key)
{
	const struct d_pair *p = b ? b->pairs : NULL;

	while (p && strcmp(p->key, key) != 0)
		p = p->next;
	return p ? p->value : NULL;
}

const char *block_or(const struct d_block *b, const char *key, const char *def)
{
	const char *v = block_get(b, key);

	return v ? v : def;
}

int64_t block_int(const struct d_block *b, const char *key, int64_t def)
{
	const char *v = block_get(b, key);

	return v ? strtoll(v, NULL, 10) : def;
}

int64_t block_span(const struct d_block *b, const char *key, int64_t def)
{
	const char *v = block_get(b, key);
	int64_t ms;

	return v && span_read(v, strlen(v), &ms) == 0 ? ms : def;
}

const char *word_at(struct arena *a, const char *s, int i)
{
	const char *end;

	s = skip_blank(s);
	while (i-- > 0)
		s = skip_blank(word_end(s));
	end = word_end(s);
	return arena_strndup(a, s, (size_t)(end - s));
}

int word_in(const char *list, const char *w)
{
	size_t n = strlen(w), len;

	for (; list && *list; list += len) {
		list += strspn(list, " ,\t");
		len = strcspn(list, " ,\t");
		if (len == n && strncmp(list, w, n) == 0)
			return 1;
	}
	return 0;
}
