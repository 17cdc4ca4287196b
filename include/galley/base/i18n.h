/* SPDX-License-Identifier: MIT */
/*
 * Texts for people go through gettext. English is the source; zh_CN and zh_TW
 * are complete or `make lint` names what is missing.
 */
#ifndef GALLEY_BASE_I18N_H
#define GALLEY_BASE_I18N_H

#include <libintl.h>
#include <stdatomic.h>

#define _(s)		 i18n_text(s)
#define N_(s)		 (s)
#define P_(one, many, n) i18n_plural(one, many, (unsigned long)(n))
/* A word that means another thing elsewhere; `where` and it are literals.
 * NC_() marks it in a table, i18n_in() then translates it. */
#define C_(where, s)  i18n_in(NC_(where, s))
#define NC_(where, s) where "\004" s
const char *i18n_in(const char *marked);

/* There is no catalogue in use: texts are what they are. A frame asks for
 * hundreds, and gettext takes a lock and a look at the environment for each. */
extern atomic_int i18n_plain;

__attribute__((format_arg(1))) static inline const char *i18n_text(
	const char *s)
{
	return atomic_load_explicit(&i18n_plain, memory_order_relaxed)
		       ? s
		       : gettext(s);
}

__attribute__((format_arg(1), format_arg(2))) static inline const char *
i18n_plural(const char *one, const char *many, unsigned long n)
{
	if (atomic_load_explicit(&i18n_plain, memory_order_relaxed))
		return n == 1 ? one : many;
	return ngettext(one, many, n);
}

/* setlocale and bindtextdomain; UTF-8 is used whatever the locale says. */
void i18n_init(void);
/* Another language from now on: "en", "zh_CN", "zh_TW". Texts that were looked
 * up before stay as they are. */
void i18n_use(const char *lang);
/* What is said alone on a screen begins with a large letter, also what was
 * written to stand behind a colon. A name, a path or an id stays as it is. */
void i18n_sentence(char *s);
/* What a language calls itself, by its code ("zh", "pt-BR"); a code that is not
 * known is its own name. */
const char *i18n_name(const char *code);

#endif
