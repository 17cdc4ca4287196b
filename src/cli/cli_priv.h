/* SPDX-License-Identifier: MIT */
/*
 * What commands share: the table's row, the run's context, words for states.
 */
#ifndef GALLEY_CLI_PRIV_H
#define GALLEY_CLI_PRIV_H

#include <stddef.h>
#include <stdint.h>
#include "galley/app/opargs.h"
#include "galley/app/session.h"
#include "galley/base/arena.h"
#include "galley/base/buf.h"
#include "galley/base/err.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/store/store.h"
#include "print.h"

struct cli;

/* An option of a command. `arg` NULL: a flag; "[=X]": the value may be left
 * out; else the value is needed. */
struct opt {
	const char *name;
	char letter; /* 0: none */
	const char *arg;
	const char *text; /* N_() */
};

enum need {
	NEED_NOTHING,
	NEED_CONFIG, /* a session        */
	NEED_CACHE,  /* and a cache      */
};

struct command {
	const char *name;
	const char *alias; /* or NULL */
	const char *group; /* N_(): heading of `galley help` */
	const char *args;  /* "TICKET [TEXT]" */
	const char *text;  /* N_(): one line */
	const char *more;  /* N_(): paragraphs of --help, or NULL */
	int (*run)(struct cli *c);
	enum need need;
	int min_args, max_args; /* max -1: any number */
	int dashes; /* its words may begin with a dash: -lost, -tag */
	const struct opt *opts; /* ended by name NULL, or NULL */
};

/* Each file of commands gives a table, ended by name NULL. */
extern const struct command commands_read[], commands_show[],
	commands_customer[], commands_write[], commands_outbox[],
	commands_sync[], commands_setup[], commands_do[], commands_misc[];
const struct command *const *command_tables(void); /* ended by NULL */
const struct command *command_find(const char *name);
const struct opt *opts_of_all(void); /* those of every command */
void command_help(const struct command *cmd, FILE *out);
/* The known word nearest to `word`, or NULL. */
const char *guess_near(const char *word, const char *const *known, int n);

#define MAX_OPT_VALUES 64

struct cli {
	const struct command *cmd;
	int n_args;
	char **args;
	struct opt_value {
		const char *name;
		const char *value; /* "" for flags and left-out values */
	} values[MAX_OPT_VALUES];
	int n_values;
	struct session *session;
	struct store_ro *ro;
	struct printer *pr;
	struct arena *arena; /* for the run */
	int64_t now_ms;
	int zone_min;
	int tty_in, tty_out, tty_err;
	const char *config_path;
	int revealed;
};

/* NULL when it was not given. The last one when given several times. */
const char *opt(const struct cli *c, const char *name);
/* The i-th one of several, or NULL. */
const char *opt_nth(const struct cli *c, const char *name, int i);
/* A number in range, `def` when not given. E_INPUT. */
int opt_int(const struct cli *c, const char *name, int64_t def, int64_t min,
	int64_t max, int64_t *out) MUST_CHECK;

/* Reads all of standard input. New string. */
int read_stdin(char **out) MUST_CHECK;
/* Ids: the arguments from `from` on, split at commas; "-" reads lines (or NUL
 * records) of standard input. In the arena. */
int read_ids(
	struct cli *c, int from, int to, const char ***out, int *n) MUST_CHECK;
/* The text of a message: arguments from `from`, "-" or a pipe, else the
 * editor on a terminal. `key` names the draft. In the arena. */
int read_text(struct cli *c, int from, const char *key, const char *start,
	const char **out) MUST_CHECK;

/* Asks on the terminal. E_INPUT when there is none. */
int ask_line(struct cli *c, const char *question, const char *def,
	char **out) MUST_CHECK;
int ask_secret(struct cli *c, const char *question, char **out) MUST_CHECK;
/* 1 yes, 0 no. */
int ask_yes(struct cli *c, const char *question) MUST_CHECK;

/* --- words.c -------------------------------------------------------------- */
/* "waiting 8 s (undo)", "held: the customer wrote meanwhile" ... */
void op_words(const struct op *op, int64_t now_ms, struct buf *out);
const char *reason_words(enum op_reason r);
/* A label or remark of a manifest, translated for people if it can be. */
const char *manifest_text(struct cli *c, const char *s);
const char *op_label(const struct op *op); /* translated "reply" */
enum style op_style(const struct op *op);
/* "rt:123" of an operation's target. */
const char *op_target(struct cli *c, const struct op *op, char out[256]);
/* A draft of the workstation is "cursor kind" LF text (composer.c): its text,
 * and where the cursor is; any other is all text, -1. */
const char *draft_text(const char *key, const char *kept, int64_t *cursor);
/* What the operation says or changes, in one line. */
void op_summary(const struct op *op, struct buf *out);
/* Exit status for where an operation stands. */
int op_exit(const struct op *op);
/* "SHORT" form of a ULID that the store accepts as a prefix. */
const char *short_uid(const char *uid, char out[16]);
const char *text_of(const struct val *v); /* "" when absent */
int64_t int_of(const struct val *v);	  /* 0 when absent */

/* --- wait.c --------------------------------------------------------------- */
/* Runs the sender until the operations have settled, or looks on while
 * another galley does. Prints what became of each. Returns an exit status. */
int wait_ops(
	struct cli *c, const char (*uids)[UID_SIZE], int n, int64_t wait_ms);
/* Ctrl-C: first a polite stop, then a hard one. */
extern volatile int stop_asked;
void stop_catch(void);

/* --- write.c -------------------------------------------------------------- */
/* Shared with do. Queues one operation; `dry` prints only. */
struct intent {
	enum op_kind kind;
	int64_t target;
	int connector;
	const char *args;
	const char *draft;
	int64_t hold_ms;
};
int enqueue(struct cli *c, const struct intent *in, char uid[UID_SIZE],
	int64_t *target) MUST_CHECK;
int64_t hold_ms(const struct cli *c, enum op_kind k);
int article_edit(struct cli *c) MUST_CHECK;
int article_worked(struct cli *c, int worked) MUST_CHECK;
int article_outdated(struct cli *c) MUST_CHECK;

/* Queries from the words of the command line. */
int cli_query(struct cli *c, enum entity e, const char *text,
	struct query **out) MUST_CHECK;
const char *join_args(struct cli *c, int from);

/* --- view.c: rows of an entity as columns, shared by every list ------------
 */
struct entity_view {
	enum entity entity;
	int n;
	struct col cols[PR_MAX_COLS];
	int source[PR_MAX_COLS]; /* field index, or one of view.c's own */
};
/* `shown`: "id,status,subject": the table's columns in order; all others are
 * there for --fields and JSON. */
void view_init(struct entity_view *v, enum entity e, const char *shown);
void view_row(struct cli *c, const struct entity_view *v, const struct row *r);
/* What may be seen of a value: contact data is masked unless revealed. */
const char *seen_text(struct cli *c, const struct field_desc *f, const char *s);
/* The same in words where it is a code; never for programs. */
const char *code_words(
	struct cli *c, const struct field_desc *f, const char *s);
/* The same of a SET or JSON value. */
const char *seen_json(
	struct cli *c, const struct field_desc *f, const char *json);
/* ["a","b"] as "a, b". In the arena. */
const char *set_words(struct cli *c, const char *json);
/* "rt:12" of a row; in the arena. */
const char *row_name(struct cli *c, const struct row *r);
/* With --reveal: writes to the journal who looked, then shows. */
int reveal(struct cli *c, const char *object) MUST_CHECK;
/* --limit and --all: rows a page. */
int list_limit(struct cli *c, int64_t def, int *limit) MUST_CHECK;

#endif
