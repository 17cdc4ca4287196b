/* SPDX-License-Identifier: MIT */
/*
 * Commands and keys. The table is commands.def; this module looks commands up
 * by name, reads key files (galley-keys(5)), and answers "what does this
 * sequence mean here": nothing, a command, or the start of several (which-key).
 * It does not run anything.
 */
#ifndef GALLEY_APP_COMMAND_H
#define GALLEY_APP_COMMAND_H

#include "galley/base/arena.h"
#include "galley/ui/key.h"

enum command {
#define CMD(sym, ...) CMD_##sym,
#include "galley/app/commands.def"
	CMD_COUNT
};

/* Where keys work. The innermost context that knows a sequence wins: in the
 * order of this list from the end. */
enum cx {
	CX_ALL = 1,
	CX_CASE = 2,   /* a pane with a ticket or a conversation under it */
	CX_LIST = 4,   /* rows                                            */
	CX_TEXT = 8,   /* something to read                               */
	CX_JOURNEY = 16,
	CX_OUTBOX = 32,
	CX_CALL = 64,  /* a call rings or is under way                    */
	CX_WRITE = 128, /* the composer: printable keys are text          */
};
enum { CF_UNDO = 1, CF_REMOTE = 2, CF_CONFIRM = 4, CF_MARKS = 8, CF_QUERY = 16,
	CF_TYPING = 32 };
enum permission {
	PM_NONE,
	PM_WRITE,
	PM_REVEAL,
	PM_SUPERVISE,
	PM_JUDGE,
	PM_COUNT
};
const char *permission_name(enum permission p); /* "write"; "" for PM_NONE */

/* Who may what, by name: agent, senior, supervisor, qa, admin, auditor. */
struct role_desc {
	const char *name;
	unsigned may; /* bits 1u << enum permission, PM_NONE included */
};
extern const struct role_desc role_all[]; /* ended by name NULL */
const struct role_desc *role_by_name(const char *name); /* or NULL */

/* "all", "case" ... of one bit; NULL when there is none. */
const char *context_name(unsigned context);

struct command_desc {
	enum command id;
	const char *name;
	unsigned contexts;
	enum permission permission;
	unsigned flags;
	const char *args;
	const char *keys[3]; /* vi, plain, emacs */
	int rank;
	const char *text, *help; /* untranslated: show _(text) */
};
const struct command_desc *command_desc(enum command c);
/* "reply", or a unique start of a name. CMD_COUNT when none or several. */
enum command command_by_name(const char *name);

/* A command as typed, with or without ":" before it: name and the rest. E_INPUT
 * says what is wrong and what comes near. Arguments are split as a shell would,
 * without expansion; [text], [query] and [subject] of the table are one
 * argument, as typed. That one is missing is for the command to say (it may ask
 * for it); that there is one too many is said here. */
struct command_line {
	enum command id;
	int argc;
	char **argv; /* without the name */
	const char *rest; /* all of it, as typed */
};
int command_parse(const char *s, struct arena *a, struct command_line *out)
	MUST_CHECK;
/* Candidates for completion of the last word, the best first: names of
 * commands (by name and by their text in the person's language), and words that
 * the table itself lists. Returns how many. */
int command_complete(const char *s, struct arena *a, const char ***out);

/* --- keys --------------------------------------------------------------------- */
enum keyset { KEYS_VI, KEYS_PLAIN, KEYS_EMACS };
/* "vi", "plain", "emacs": an enum keyset, else -1. */
int keyset_by_name(const char *name);
struct keymap;
struct keymap *keymap_new(enum keyset set);
void keymap_free(struct keymap *k);
/* Lines of a key file: `context keys = command [arguments]`, or `= none`.
 * E_CONFIG with file:line:column; what was right before stays. */
int keymap_read(struct keymap *k, const char *file, const char *text,
	size_t len) MUST_CHECK;

enum key_answer { KEY_NOTHING, KEY_PREFIX, KEY_COMMAND };
struct key_hit {
	enum command id;
	const char *args; /* from a key file, or "" */
	unsigned context; /* the one that knew it */
};
/* What `n` keys mean in `contexts`. While typing, a key that types a character
 * means nothing here, and neither does one that a text field uses itself
 * (edit_key(): Ctrl-A, Ctrl-E ...) unless CX_WRITE knows it; of the others those
 * of CX_WRITE count, of CF_TYPING commands, and with Ctrl, Alt or F1 to F12. */
enum key_answer keymap_find(const struct keymap *k, unsigned contexts,
	int typing, const struct key *keys, int n, struct key_hit *out);
/* The key to show for a command in these contexts: "r", "g /"; NULL none that
 * works (with CX_WRITE: that works while one types). The person's own first. */
const char *keymap_key(const struct keymap *k, enum command c,
	unsigned contexts);
/* Every continuation of a prefix. Returns how many (at most max). */
struct key_next {
	struct key key;
	enum command id; /* CMD_COUNT: leads on */
};
int keymap_next(const struct keymap *k, unsigned contexts,
	const struct key *keys, int n, struct key_next *out, int max);
/* The footer: commands with a rank and a key here, the highest first; of two
 * with the same text the first only. Returns how many (at most max). */
int keymap_hints(const struct keymap *k, unsigned contexts,
	enum command *out, int max);
/* The whole map as a key file, with comments: the shipped data/keys file. */
void keymap_write(const struct keymap *k, struct buf *out);

#endif
