/* SPDX-License-Identifier: MIT */
/*
 * Texts and steps that are ready to use, galley-macro(5): a snippet is a text
 * with fields, a macro a text and changes that go together, a form asks its
 * fields and writes them down, a script says what to do in a contact. Each is a
 * file that a person can copy and edit; one reader for all of them.
 *
 *   macro escalate "Escalate" zh_CN "升级处理" zh_TW "升級處理"
 *     field why text "Why" zh_CN "原因" zh_TW "原因"
 *     field back date "Call back by" zh_CN "回电期限" optional
 *     note "Escalated: {why}" zh_CN "已升级：{why}"
 *     set priority "90"
 *     tag "escalated"
 *
 * Nothing here reads a case or changes one: what is known is handed in, what is
 * to be done is handed out.
 */
#ifndef GALLEY_SCENARIO_MACRO_H
#define GALLEY_SCENARIO_MACRO_H

#include <stddef.h>
#include <stdint.h>
#include "galley/base/arena.h"
#include "galley/base/err.h"

#define MACRO_MAX_FIELDS 24
#define MACRO_MAX_TICKS	 30

enum macro_kind {
	MACRO_SNIPPET, /* macros/NAME.macro */
	MACRO_MACRO,   /* macros/NAME.macro */
	MACRO_FORM,    /* forms/NAME.form */
	MACRO_SCRIPT,  /* scripts/NAME.script */
};
enum macro_type { MACRO_TEXT, MACRO_NUMBER, MACRO_DATE, MACRO_CHOICE };

struct macro_choice {
	const char *text[3];
};
struct macro_field {
	const char *name;
	enum macro_type type;
	const char *label[3];
	const char
		*value[3]; /* what stands there at first, a template; NULLs */
	struct macro_choice *choices;
	int n_choices;
	int optional;
};
struct macro_set {
	const char *field; /* "status", "priority", "cf.NAME" */
	const char *value[3];
};
struct macro_tick {
	const char *step[3]; /* NULLs: of the one above */
	const char *text[3];
	const char *known; /* what is known of it stands beside it, or NULL */
};
struct macro {
	struct arena *arena;
	enum macro_kind kind;
	const char *name;
	const char *title[3]; /* en, zh_CN, zh_TW; NULL where not given */
	struct macro_field fields[MACRO_MAX_FIELDS];
	int n_fields;
	const char *text[3], *note[3]; /* templates; all NULL: none */
	struct macro_set *sets;
	const char **add, **remove; /* tags */
	int n_sets, n_add, n_remove;
	const char *say[3]; /* script: what to say first */
	struct macro_tick *ticks;
	int n_ticks;
};

/* What kind it is says the file's first word; `kind` -1: any. E_CONFIG:
 * "file:line:column: message". */
int macro_parse(const char *file, const char *text, size_t len, int kind,
	struct macro **out) MUST_CHECK;
/* By name: the person's own file, else the shipped one. MACRO_MACRO finds
 * snippets too. E_NOTFOUND. */
int macro_load(
	enum macro_kind kind, const char *name, struct macro **out) MUST_CHECK;
void macro_free(struct macro *m);
/* Names of all that macro_load() finds for the kind, sorted, NULL-ended. */
const char **macro_names(enum macro_kind kind, struct arena *a);

/* 0 en, 1 zh_CN, 2 zh_TW: that of the program's texts, and that of "zh-TW". -1:
 * no such language. */
int macro_lang(void);
int macro_lang_of(const char *tag);
/* One of three in a language, else the nearest; NULL: none is given. */
const char *macro_in(const char *const text[3], int lang);

/* --- filling in -------------------------------------------------------------
 */

/* The value of a name in a language, or NULL: not known. */
typedef const char *macro_value_fn(void *u, const char *name, int lang);

/* The i-th name that a case may know, NULL after the last; `*label` (may be
 * NULL) is for people. */
const char *macro_known(int i, const char **label);
/* What has to be asked, in order: names of the templates that the case does not
 * know, then the fields. At most `max`; returns how many. */
int macro_asks(const struct macro *m, macro_value_fn *known, void *u,
	struct arena *a, struct macro_field *out, int max);
/* The template with its names replaced; what is not known stays as "{name}". A
 * line in which a value is empty ("", not NULL) is left out. */
char *macro_fill(
	const char *template, macro_value_fn *value, void *u, int lang);
/* Is it a value of that type? What is to be used goes to `*out` (new string):
 * a time such as 2d becomes its day. E_INPUT. A choice is not looked at. */
int macro_value_check(enum macro_type type, const char *text, int64_t now_ms,
	int zone_min, char **out) MUST_CHECK;

#endif
