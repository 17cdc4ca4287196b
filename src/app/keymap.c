/* SPDX-License-Identifier: MIT */
/*
 * Key sequences to commands: one trie a context, filled from the table and then
 * from key files (galley-keys(5)). A file counts as a whole or not at all, and
 * what would make a key unreachable within one context is a mistake with its
 * place. It waits for no key and runs nothing.
 */
#include "galley/app/command.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"

#define CONTEXTS 8
#define MAX_SEQ	 4
/* No person's key file is longer; a wrong file is refused early. */
#define MAX_FILE_BYTES (256 * 1024)

/* Nodes stand in one growing array: a copy is a memcpy, and 0 is no node. */
struct node {
	struct key key;
	int child, next, parent;
	int context;	 /* 0 .. CONTEXTS - 1 */
	enum command id; /* CMD_COUNT: none */
	const char *args;
	const char *text; /* the sequence, when there is a command */
	int blocked;	  /* "none": outer contexts are not asked */
	int order;	  /* of being bound; the person's are negative */
	int line;	  /* of the file being read, 0: not from it */
};

struct keymap {
	enum keyset set;
	struct arena *arena; /* args and texts */
	struct node *nodes;  /* nodes[1 + context] is its root */
	int n, cap, bound;
};

int keyset_by_name(const char *name)
{
	static const char *const names[] = {[KEYS_VI] = "vi",
		[KEYS_PLAIN] = "plain",
		[KEYS_EMACS] = "emacs"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return (int)i;
	return -1;
}

static int add_node(struct keymap *k, struct node n)
{
	if (k->n == k->cap) {
		k->cap = k->cap ? k->cap * 2 : 512;
		k->nodes = xreallocarray(
			k->nodes, (size_t)k->cap, sizeof(*k->nodes));
	}
	k->nodes[k->n] = n;
	return k->n++;
}

static int child_of(const struct keymap *k, int at, struct key key)
{
	int c = k->nodes[at].child;

	while (c && !key_same(k->nodes[c].key, key))
		c = k->nodes[c].next;
	return c;
}

/* The node of a sequence, made when it is not there. */
static int node_for(
	struct keymap *k, int context, const struct key *keys, int n)
{
	int at = 1 + context;

	for (int i = 0; i < n; i++) {
		int c = child_of(k, at, keys[i]), *link;

		if (!c) {
			c = add_node(k, (struct node){.key = keys[i],
						.parent = at,
						.context = context,
						.id = CMD_COUNT});
			link = &k->nodes[at].child;
			while (*link)
				link = &k->nodes[*link].next;
			*link = c;
		}
		if (i < n - 1)
			k->nodes[c].blocked = 0;
		at = c;
	}
	return at;
}

/* The keys that lead to a node. Returns how many. */
static int path_of(const struct keymap *k, int at, struct key out[MAX_SEQ])
{
	int n = 0;

	for (int i = at; k->nodes[i].parent; i = k->nodes[i].parent)
		n++;
	for (int i = n; i > 0; at = k->nodes[at].parent)
		out[--i] = k->nodes[at].key;
	return n;
}

static void format_keys(struct buf *out, const struct key *keys, int n)
{
	for (int i = 0; i < n; i++) {
		if (i)
			buf_addc(out, ' ');
		key_format(out, keys[i]);
	}
}

static void bind(struct keymap *k, int context, const struct key *keys, int n,
	enum command id, const char *args)
{
	int at = node_for(k, context, keys, n);
	struct node *node = &k->nodes[at];
	struct buf b = BUF_INIT;

	format_keys(&b, keys, n);
	node->id = id;
	node->args = arena_strdup(k->arena, args);
	node->text = arena_strdup(k->arena, buf_str(&b));
	node->blocked = 0;
	node->order = ++k->bound;
	buf_fini(&b);
}

/* --- the table ------------------------------------------------------------ */

static const char *keys_of(const struct command_desc *d, enum keyset set)
{
	return strcmp(d->keys[set], "=") ? d->keys[set] : d->keys[KEYS_VI];
}

static void bind_default(struct keymap *k, const struct command_desc *d)
{
	const char *s = keys_of(d, k->set);

	while (*s) {
		const char *end = strstr(s, ", ");
		size_t len = end ? (size_t)(end - s) : strlen(s);
		char *one = xstrndup(s, len);
		struct key keys[MAX_SEQ];
		int n = key_parse(one, keys, MAX_SEQ);

		assert(n > 0);
		for (int i = 0; i < CONTEXTS; i++)
			if (d->contexts & 1u << i)
				bind(k, i, keys, n, d->id, "");
		free(one);
		s += len + (end ? 2 : 0);
	}
}

struct keymap *keymap_new(enum keyset set)
{
	struct keymap *k = xcalloc(1, sizeof(*k));

	k->set = set;
	k->arena = arena_new();
	for (int i = 0; i <= CONTEXTS; i++)
		add_node(k, (struct node){.context = i - 1, .id = CMD_COUNT});
	for (int i = 0; i < CMD_COUNT; i++)
		bind_default(k, command_desc((enum command)i));
	return k;
}

void keymap_free(struct keymap *k)
{
	if (!k)
		return;
	arena_free(k->arena);
	free(k->nodes);
	free(k);
}

/* --- what keys mean ------------------------------------------------------- */

/* Keys that a text field uses itself: see edit_key(). */
static int edits(struct key k)
{
	if (k.mods == KEY_CTRL)
		return (k.code < KEY_BASE && k.code &&
			       strchr("aekuwyz", (int)(k.code & 0x7f)) &&
			       k.code < 0x80) ||
		       k.code == KEY_LEFT || k.code == KEY_RIGHT;
	return k.mods == KEY_ALT && k.code > 0 && k.code < 0x80 &&
	       strchr("bdfz", (int)k.code);
}

/* Whether a command may be meant by a sequence beginning with `first`. */
static int counts(const struct node *n, int typing, struct key first)
{
	if (!typing)
		return 1;
	if (key_types(first))
		return 0;
	if (1u << n->context == CX_WRITE)
		return 1;
	if (edits(first))
		return 0;
	return (command_desc(n->id)->flags & CF_TYPING) ||
	       (first.mods & (KEY_CTRL | KEY_ALT)) ||
	       (first.code >= KEY_F1 && first.code <= KEY_F12);
}

/* Whether a command that counts comes further on. */
static int leads(const struct keymap *k, int at, int typing, struct key first)
{
	for (int c = k->nodes[at].child; c; c = k->nodes[c].next) {
		const struct node *n = &k->nodes[c];

		if (n->id != CMD_COUNT && counts(n, typing, first))
			return 1;
		if (leads(k, c, typing, first))
			return 1;
	}
	return 0;
}

/* The node of a sequence in one context, 0 when it is not known there, -1 when
 * its beginning means something else there, so that nobody comes so far. */
static int walk(const struct keymap *k, int context, int typing,
	const struct key *keys, int n)
{
	int at = 1 + context;

	for (int i = 0; i < n; i++) {
		const struct node *node;

		at = child_of(k, at, keys[i]);
		if (!at)
			return 0;
		node = &k->nodes[at];
		if (i == n - 1)
			break;
		if (node->blocked)
			return -1;
		if (node->id != CMD_COUNT && counts(node, typing, keys[0]))
			return -1;
	}
	return at;
}

enum key_answer keymap_find(const struct keymap *k, unsigned contexts,
	int typing, const struct key *keys, int n, struct key_hit *out)
{
	for (int cx = CONTEXTS - 1; n > 0 && cx >= 0; cx--) {
		const struct node *node;
		int at;

		if (!(contexts & 1u << cx))
			continue;
		at = walk(k, cx, typing, keys, n);
		if (!at)
			continue;
		if (at < 0)
			return KEY_NOTHING;
		node = &k->nodes[at];
		if (node->blocked)
			return KEY_NOTHING;
		if (node->id != CMD_COUNT && counts(node, typing, keys[0])) {
			*out = (struct key_hit){node->id, node->args, 1u << cx};
			return KEY_COMMAND;
		}
		if (leads(k, at, typing, keys[0]))
			return KEY_PREFIX;
	}
	return KEY_NOTHING;
}

/* --- what keys there are -------------------------------------------------- */

/* Works here: no inner context means something else by it. */
static int reaches(const struct keymap *k, int at, unsigned contexts)
{
	struct key keys[MAX_SEQ];
	struct key_hit hit;
	int n = path_of(k, at, keys);

	return keymap_find(k, contexts, !!(contexts & CX_WRITE), keys, n,
		       &hit) == KEY_COMMAND &&
	       hit.id == k->nodes[at].id &&
	       !strcmp(hit.args, k->nodes[at].args);
}

const char *keymap_key(
	const struct keymap *k, enum command c, unsigned contexts)
{
	const struct node *best = NULL;

	for (int i = 1 + CONTEXTS; i < k->n; i++) {
		const struct node *n = &k->nodes[i];

		if (n->id != c || !(contexts & 1u << n->context) ||
			(best && best->order <= n->order))
			continue;
		/* a key with arguments is another wish */
		if (!*n->args && reaches(k, i, contexts))
			best = n;
	}
	return best ? best->text : NULL;
}

static int key_seen(const struct key *seen, int n, struct key key)
{
	for (int i = 0; i < n; i++)
		if (key_same(seen[i], key))
			return 1;
	return 0;
}

int keymap_next(const struct keymap *k, unsigned contexts,
	const struct key *keys, int n, struct key_next *out, int max)
{
	struct key seen[512];
	int n_seen = 0, count = 0;

	for (int cx = CONTEXTS - 1; cx >= 0; cx--) {
		int at;

		if (!(contexts & 1u << cx))
			continue;
		at = walk(k, cx, 0, keys, n);
		if (!at)
			continue;
		/* a command ends a sequence here, for outer contexts too */
		if (at < 0 || k->nodes[at].blocked ||
			k->nodes[at].id != CMD_COUNT)
			break;
		for (int c = k->nodes[at].child; c; c = k->nodes[c].next) {
			const struct node *node = &k->nodes[c];
			int live = node->id != CMD_COUNT ||
				   leads(k, c, 0, node->key);

			if (key_seen(seen, n_seen, node->key) ||
				(!live && !node->blocked))
				continue;
			if (n_seen < (int)ARRAY_SIZE(seen))
				seen[n_seen++] = node->key;
			if (live && count < max)
				out[count++] =
					(struct key_next){node->key, node->id};
		}
	}
	return count;
}

static int by_rank(const void *a, const void *b)
{
	const struct command_desc *x = command_desc(*(const enum command *)a),
				  *y = command_desc(*(const enum command *)b);

	return x->rank != y->rank ? y->rank - x->rank : (int)x->id - (int)y->id;
}

int keymap_hints(
	const struct keymap *k, unsigned contexts, enum command *out, int max)
{
	enum command v[CMD_COUNT];
	int n = 0, count = 0;

	for (int i = 0; i < CMD_COUNT; i++) {
		const struct command_desc *d = command_desc((enum command)i);

		if (d->rank > 0 && (d->contexts & contexts) &&
			keymap_key(k, d->id, contexts))
			v[n++] = d->id;
	}
	qsort(v, (size_t)n, sizeof(*v), by_rank);
	for (int i = 0; i < n && count < max; i++) {
		const char *text = command_desc(v[i])->text;

		if (count == 0 ||
			strcmp(command_desc(out[count - 1])->text, text) != 0)
			out[count++] = v[i];
	}
	return count;
}

/* --- reading -------------------------------------------------------------- */

struct reader {
	struct keymap *k;
	const char *file;
	const char *line; /* NUL-terminated */
	int number;
};

/* file:line:column: what; the column in characters. */
static int wrong(const struct reader *r, const char *at, const char *fmt, ...)
	PRINTF(3, 4);
static int wrong(const struct reader *r, const char *at, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	int col = 1, rc;
	va_list ap;

	for (const char *p = r->line; at && p < at; p++)
		col += ((unsigned char)*p & 0xc0) != 0x80;
	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	rc = err_set(
		E_CONFIG, "%s:%d:%d: %s", r->file, r->number, col, buf_str(&b));
	buf_fini(&b);
	return rc;
}

static const char *skip(const char *s)
{
	return s + strspn(s, " \t");
}

static size_t word_len(const char *s)
{
	return strcspn(s, " \t");
}

/* What a message may show of a word; the caller's buffer. */
static const char *shown(struct buf *b, const char *s, size_t len)
{
	buf_reset(b);
	buf_adds(b, ""); /* the gate ends only what it has written */
	text_gate(b, s, len < 60 ? len : 60, GATE_LINE);
	return buf_str(b);
}

static int no_context(const struct reader *r, const char *s, size_t len)
{
	struct buf word = BUF_INIT, names = BUF_INIT;
	int rc;

	for (int i = 0; i < CONTEXTS; i++)
		buf_addf(&names, "%s%s", i ? ", " : "", context_name(1u << i));
	rc = wrong(r, s, _("no context \"%s\"; there are %s"),
		shown(&word, s, len), buf_str(&names));
	buf_fini(&word);
	buf_fini(&names);
	return rc;
}

/* "list,text": bits. */
static int read_contexts(const struct reader *r, const char **p, unsigned *out)
{
	const char *s = *p, *end = s + word_len(s);
	unsigned bits = 0;

	for (;; s++) {
		size_t len = strcspn(s, ", \t");
		int i = 0;

		while (i < CONTEXTS &&
			(strncmp(context_name(1u << i), s, len) ||
				context_name(1u << i)[len]))
			i++;
		if (i == CONTEXTS)
			return no_context(r, s, len);
		bits |= 1u << i;
		s += len;
		if (s >= end)
			break;
	}
	*p = skip(end);
	*out = bits;
	return 0;
}

/* A "=" that stands alone ends the keys, unless another one follows: then it is
 * the key. */
static int ends_keys(const char *s)
{
	const char *after;

	if (*s != '=' || word_len(s) != 1)
		return 0;
	after = skip(s + 1);
	return *after != '=' || word_len(after) != 1;
}

static int read_keys(
	const struct reader *r, const char **p, struct key *keys, int *n)
{
	const char *s = *p;
	struct buf word = BUF_INIT;
	int rc = 0, count = 0;

	for (; rc == 0 && *s && !ends_keys(s); s = skip(s + word_len(s))) {
		char *one;

		if (count == MAX_SEQ) {
			rc = wrong(r, s, _("at most %d keys make a sequence"),
				MAX_SEQ);
			break;
		}
		one = xstrndup(s, word_len(s));
		if (key_parse(one, &keys[count], 1) == 1)
			count++;
		else
			rc = wrong(r, s,
				_("\"%s\" is no key; write g, <C-p> or <F5>"),
				shown(&word, s, word_len(s)));
		free(one);
	}
	if (rc == 0 && !*s)
		rc = wrong(r, s, _("write: context keys = command"));
	else if (rc == 0 && !count)
		rc = wrong(r, s, _("the keys are missing"));
	if (rc == 0) {
		*p = skip(s + 1);
		*n = count;
	}
	buf_fini(&word);
	return rc;
}

/* A new command must not make an old file ambiguous, so a name is whole. */
static int read_command(
	const struct reader *r, const char *s, enum command *id, char **args)
{
	struct arena *a = arena_new();
	struct command_line l;
	struct buf word = BUF_INIT;
	size_t len = word_len(s);
	int rc;

	if (command_parse(s, a, &l) < 0)
		rc = wrong(r, s, "%s", err_msg());
	else if (*s == ':' || strlen(command_desc(l.id)->name) != len)
		rc = wrong(r, s, _("no command \"%s\", did you mean \"%s\"?"),
			shown(&word, s, len), command_desc(l.id)->name);
	else
		rc = 0;
	if (rc == 0) {
		*id = l.id;
		*args = xstrdup(l.rest);
	}
	buf_fini(&word);
	arena_free(a);
	return rc;
}

/* Each sequence has one meaning a file. */
static int claim(const struct reader *r, const char *at, int node)
{
	struct node *n = &r->k->nodes[node];

	if (n->line)
		return wrong(r, at, _("these keys stand in line %d already"),
			n->line);
	n->line = r->number;
	return 0;
}

/* "none" for the beginning of sequences is none for all of them. */
static int clear_below(const struct reader *r, const char *at, int node)
{
	struct keymap *k = r->k;
	int rc = 0;

	for (int c = k->nodes[node].child; rc == 0 && c; c = k->nodes[c].next) {
		if (k->nodes[c].line)
			return wrong(r, at,
				_("these keys begin those of line %d"),
				k->nodes[c].line);
		k->nodes[c].id = CMD_COUNT;
		k->nodes[c].blocked = 0;
		rc = clear_below(r, at, c);
	}
	return rc;
}

static int apply(const struct reader *r, const char *at, int context,
	const struct key *keys, int n, enum command id, const char *args)
{
	struct keymap *k = r->k;
	int node = node_for(k, context, keys, n), rc = claim(r, at, node);

	if (rc < 0)
		return rc;
	if (id == CMD_COUNT) {
		k->nodes[node].id = CMD_COUNT;
		k->nodes[node].blocked = 1;
		return clear_below(r, at, node);
	}
	bind(k, context, keys, n, id, args);
	/* before all of the table, in the order of the file */
	k->nodes[node].order -= 1 << 30;
	return 0;
}

static int read_line(const struct reader *r)
{
	const char *s = skip(r->line), *at;
	struct key keys[MAX_SEQ];
	enum command id = CMD_COUNT;
	char *args = NULL;
	unsigned contexts = 0;
	int n, rc;

	if (!*s || *s == '#')
		return 0;
	rc = read_contexts(r, &s, &contexts);
	at = s;
	if (rc == 0)
		rc = read_keys(r, &s, keys, &n);
	if (rc < 0)
		return rc;
	if (!*s)
		return wrong(r, s, _("a command is missing, or none"));
	if ((contexts & CX_WRITE) && key_types(keys[0]))
		return wrong(r, at,
			_("in write this key types a character; begin with "
			  "Ctrl, Alt or a function key"));
	if (strncmp(s, "none", 4) != 0 || *skip(s + 4))
		rc = read_command(r, s, &id, &args);
	for (int i = 0; rc == 0 && i < CONTEXTS; i++)
		if (contexts & 1u << i)
			rc = apply(r, at, i, keys, n, id, args);
	free(args);
	return rc;
}

/* A command whose keys begin another sequence of the same context would make
 * that one unreachable. */
static int check_prefixes(struct reader *r)
{
	struct keymap *k = r->k;

	for (int i = 1 + CONTEXTS; i < k->n; i++) {
		const struct node *n = &k->nodes[i];

		if (n->id == CMD_COUNT)
			continue;
		for (int up = n->parent; up; up = k->nodes[up].parent) {
			const struct node *p = &k->nodes[up];

			if (p->id == CMD_COUNT || (!p->line && !n->line))
				continue;
			r->number = p->line > n->line ? p->line : n->line;
			return wrong(r, NULL,
				_("\"%s\" (%s) begins \"%s\" (%s); give one of "
				  "them other keys or none"),
				p->text, command_desc(p->id)->name, n->text,
				command_desc(n->id)->name);
		}
	}
	return 0;
}

static int check_bytes(struct reader *r, const char *s, size_t len)
{
	r->line = s;
	if (memchr(s, 0, len))
		return wrong(r, (const char *)memchr(s, 0, len),
			_("a NUL byte; is this a key file?"));
	for (size_t i = 0; i < len;) {
		uint32_t cp;
		size_t n = utf8_decode(s + i, len - i, &cp);

		if (cp == UTF8_BAD && n == 1)
			return wrong(r, s + i, _("not valid UTF-8"));
		i += n;
	}
	return 0;
}

static int read_lines(struct reader *r, const char *text, size_t len)
{
	int rc = 0;

	if (len >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3)) {
		text += 3;
		len -= 3;
	}
	while (rc == 0 && len) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len, keep = n;
		char *line;

		r->number++;
		rc = check_bytes(r, text, n);
		if (rc < 0)
			break;
		while (keep && strchr(" \t\r", text[keep - 1]))
			keep--;
		line = xstrndup(text, keep);
		r->line = line;
		rc = read_line(r);
		free(line);
		r->line = "";
		text += n + (end != NULL);
		len -= n + (end != NULL);
	}
	return rc;
}

int keymap_read(
	struct keymap *k, const char *file, const char *text, size_t len)
{
	struct node *before = k->nodes;
	struct reader r = {.k = k, .file = file, .line = ""};
	int n = k->n, cap = k->cap, bound = k->bound, rc;

	if (len > MAX_FILE_BYTES)
		return err_set(
			E_CONFIG, _("%s:1:1: too long for a key file"), file);
	k->nodes = xcalloc((size_t)cap, sizeof(*k->nodes));
	memcpy(k->nodes, before, (size_t)n * sizeof(*before));
	for (int i = 0; i < n; i++)
		k->nodes[i].line = 0;
	rc = read_lines(&r, text, len);
	if (rc == 0)
		rc = check_prefixes(&r);
	if (rc < 0) {
		free(k->nodes);
		k->nodes = before;
		k->n = n;
		k->cap = cap;
		k->bound = bound;
		return rc;
	}
	free(before);
	return 0;
}

/* --- writing -------------------------------------------------------------- */

static const char head[] =
	"# The %s keys of galley. galley-keys(5) says how to write such a file;\n"
	"# yours is ~/.config/galley/keys and need hold only what is different.\n"
	"# Contexts: all, case (a ticket or conversation), list, text (to read),\n"
	"# journey, outbox, call, write (typing). Inner ones win.\n";

/* All contexts in which a sequence means the same as at `at`; none when an
 * earlier node has said so already. */
static unsigned same_contexts(const struct keymap *k, int at)
{
	const struct node *n = &k->nodes[at];
	unsigned bits = 0;

	for (int i = 1 + CONTEXTS; i < k->n; i++) {
		const struct node *o = &k->nodes[i];

		if (o->id != n->id || strcmp(o->text, n->text) ||
			strcmp(o->args, n->args))
			continue;
		if (i < at && o->context != n->context)
			return 0;
		bits |= 1u << o->context;
	}
	return bits;
}

static void write_contexts(struct buf *out, unsigned bits)
{
	const char *comma = "";

	for (int i = 0; i < CONTEXTS; i++) {
		if (!(bits & 1u << i))
			continue;
		buf_addf(out, "%s%s", comma, context_name(1u << i));
		comma = ",";
	}
}

static void write_line(struct buf *out, unsigned contexts, const char *keys,
	const char *command, const char *args)
{
	size_t begin = out->len;

	write_contexts(out, contexts);
	buf_addc(out, ' ');
	while (out->len - begin < 10)
		buf_addc(out, ' ');
	buf_addf(
		out, "%-12s = %s%s%s\n", keys, command, *args ? " " : "", args);
}

/* Nodes of one command, in the order in which they were bound. */
static int by_order_from(
	const struct keymap *k, enum command id, int after, int *found)
{
	int best = 0;

	for (int i = 1 + CONTEXTS; i < k->n; i++) {
		const struct node *n = &k->nodes[i];

		if (n->id == id && (!*found || n->order > after) &&
			(!best || n->order < k->nodes[best].order))
			best = i;
	}
	*found = best != 0;
	return best;
}

static void write_command(
	const struct keymap *k, const struct command_desc *d, struct buf *out)
{
	int found = 0, any = 0, at, after = 0;

	buf_addf(out, "\n# %s%s%s: %s\n", d->name, *d->args ? " " : "", d->args,
		d->help);
	while ((at = by_order_from(k, d->id, after, &found))) {
		unsigned bits = same_contexts(k, at);

		after = k->nodes[at].order;
		any = 1;
		if (bits)
			write_line(out, bits, k->nodes[at].text, d->name,
				k->nodes[at].args);
	}
	if (!any)
		buf_adds(out, "# (by name only)\n");
}

static void write_none(const struct keymap *k, struct buf *out)
{
	const char *title = "\n# nothing:\n";

	for (int i = 1 + CONTEXTS; i < k->n; i++) {
		struct key keys[MAX_SEQ];
		struct buf text = BUF_INIT;

		if (!k->nodes[i].blocked)
			continue;
		format_keys(&text, keys, path_of(k, i, keys));
		buf_adds(out, title);
		write_line(out, 1u << k->nodes[i].context, buf_str(&text),
			"none", "");
		buf_fini(&text);
		title = "";
	}
}

void keymap_write(const struct keymap *k, struct buf *out)
{
	static const char *const names[] = {"vi", "plain", "emacs"};

	buf_addf(out, head, names[k->set]);
	for (int i = 0; i < CMD_COUNT; i++)
		write_command(k, command_desc((enum command)i), out);
	write_none(k, out);
}
