/* SPDX-License-Identifier: MIT */
/*
 * The words of scenario and rule files. Both kinds of file are read by the same
 * lexer, so that comments, texts and messages with a place are the same in
 * both. It knows no statement.
 */
#ifndef SCENARIO_LEX_H
#define SCENARIO_LEX_H

#include <stddef.h>
#include <stdint.h>
#include "galley/base/arena.h"
#include "galley/base/err.h"

#define LEX_MAX_BYTES ((size_t)256 * 1024)

enum tok_kind {
	TOK_END,
	TOK_NAME,   /* inbox, call.ringing, zh_CN, 打开 */
	TOK_TEXT,   /* "..." */
	TOK_NUMBER, /* 12, -3 */
	TOK_SPAN,   /* 2d, 15min */
	TOK_MARK,   /* { } ( ) ; * .. = != < <= > >= ~ */
};
struct tok {
	enum tok_kind kind;
	const char *s;	/* a name, the text without quotes, the mark */
	int64_t number; /* of a span: ms */
	int first;	/* of its line */
	int line, col;	/* from 1; columns in characters */
};
struct lex {
	struct arena *arena;
	const char *file;
	const char *p, *end;
	int line, col, first;
	struct tok tok; /* the one that is looked at */
};

/* Checks the whole text and takes the first word. */
int lex_open(struct lex *lx, struct arena *a, const char *file,
	const char *text, size_t len) MUST_CHECK;
int lex_next(struct lex *lx) MUST_CHECK;
int lex_is(const struct lex *lx, enum tok_kind kind, const char *s);

/* "FILE:LINE:COLUMN: message": E_CONFIG. */
int lex_err(const struct lex *lx, const struct tok *at, const char *fmt, ...)
	PRINTF(3, 4);
/* "... is expected here, not ..." */
int lex_expected(const struct lex *lx, const char *what) MUST_CHECK;

/* Takes the next word of that kind; E_CONFIG says `what` is expected. */
int lex_name(struct lex *lx, const char *what, const char **out) MUST_CHECK;
int lex_text(struct lex *lx, const char *what, const char **out) MUST_CHECK;
int lex_int(struct lex *lx, const char *what, int min, int max,
	int *out) MUST_CHECK;
int lex_mark(struct lex *lx, const char *mark) MUST_CHECK;

/* A text in up to three languages: "Hotline" zh_CN "..." zh_TW "..." */
int lex_title(struct lex *lx, const char *what, const char *out[3]) MUST_CHECK;
/* 0 en, 1 zh_CN, 2 zh_TW: the language that the texts of the program are in. */
int lex_lang(void);
/* The one of three in that language, else the nearest. */
const char *lex_choose_in(const char *const text[3], int lang);
/* The one of three that the texts of the program are in, else the nearest;
 * NULL when there is none. */
const char *lex_choose(const char *const text[3]);

/* A name that may be a file's: letters, digits, - and _, up to 64. */
int lex_is_file_name(const char *s);
/* The person's own file below the configuration folder, else the shipped one.
 * `*file` is how messages call it, `*text` its bytes; both new strings.
 * E_NOTFOUND when there is neither. */
int lex_read(const char *folder, const char *name, const char *suffix,
	char **file, char **text, size_t *len) MUST_CHECK;

#endif
