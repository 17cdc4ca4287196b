/* SPDX-License-Identifier: MIT */
/*
 * Starting gettext. A desk often asks for a language whose system locale is not
 * installed; texts in that language are wanted all the same, so LANGUAGE
 * carries the wish and C.UTF-8 the rest. Numbers stay in the C form: they are
 * for programs.
 */
#include "galley/base/i18n.h"

#include <ctype.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"
#include "galley/base/paths.h"

atomic_int i18n_plain;

/* The language that the environment asks for, as LC_MESSAGES is found. */
static const char *wanted(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	const char *s;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		s = getenv(names[i]);
		if (s && *s)
			return s;
	}
	return "C";
}

static void carry_language(void)
{
	const char *want = wanted();
	char *name;

	if (!strcmp(want, "C") || !strncmp(want, "C.", 2) ||
		!strcmp(want, "POSIX"))
		return;
	name = xstrndup(want, strcspn(want, ".@"));
	setenv("LANGUAGE", name, 0);
	free(name);
}

/* Every catalogue has a header: the translation of nothing. */
static void look_for_texts(void)
{
	static const char head[] = "";

	atomic_store(&i18n_plain, !*gettext(head));
}

void i18n_init(void)
{
	char *dir;

	/* The other categories stay "C": nothing here sorts, or writes numbers
	 * or dates, by a locale, and each is a file to open. */
	if (!setlocale(LC_CTYPE, "") || !setlocale(LC_MESSAGES, "")) {
		setlocale(LC_CTYPE, "C.UTF-8");
		setlocale(LC_MESSAGES, "C.UTF-8");
		carry_language();
	}
	/* threads may look at it later, when it is only changed */
	setenv("LANGUAGE", "", 0);
	dir = path_locale();
	bindtextdomain("galley", dir);
	bind_textdomain_codeset("galley", "UTF-8");
	textdomain("galley");
	free(dir);
	look_for_texts();
}

/* gettext keeps what it has looked up until this changes (its manual, "Being
 * a gettext grok"). */
extern int _nl_msg_cat_cntr;

void i18n_use(const char *lang)
{
	const char *now = setlocale(LC_MESSAGES, NULL);

	if (!now || !strcmp(now, "C") || !strcmp(now, "POSIX"))
		setlocale(LC_MESSAGES, "C.UTF-8");
	setenv("LANGUAGE", lang, 1);
	_nl_msg_cat_cntr++;
	look_for_texts();
}

const char *i18n_name(const char *code)
{
	static const struct {
		const char *code, *name;
	} names[] = {
		{"zh_CN", "简体中文"},
		{"zh_Hans", "简体中文"},
		{"zh_TW", "繁體中文"},
		{"zh_HK", "繁體中文"},
		{"zh_Hant", "繁體中文"},
		{"zh", "中文"},
		{"en", "English"},
		{"ja", "日本語"},
		{"ko", "한국어"},
		{"de", "Deutsch"},
		{"fr", "Français"},
		{"es", "Español"},
		{"pt", "Português"},
		{"it", "Italiano"},
		{"nl", "Nederlands"},
		{"pl", "Polski"},
		{"ru", "Русский"},
		{"uk", "Українська"},
		{"tr", "Türkçe"},
		{"vi", "Tiếng Việt"},
		{"th", "ไทย"},
		{"id", "Bahasa Indonesia"},
		{"ar", "العربية"},
	};
	size_t i, n, k;

	for (i = 0; code && i < ARRAY_SIZE(names); i++) {
		n = strlen(names[i].code);
		for (k = 0; k < n; k++)
			if ((code[k] == '-' ? '_' : code[k]) !=
				names[i].code[k])
				break;
		if (k == n && !isalpha((unsigned char)code[n]))
			return names[i].name;
	}
	return code;
}

const char *i18n_in(const char *marked)
{
	const char *t = gettext(marked);

	return t == marked ? strchr(marked, '\004') + 1 : t;
}

void i18n_sentence(char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz");

	/* "rt: ...", "notes.txt" and "cf.class" are names */
	if (n && (!s[n] || strchr(" ,;'", s[n])))
		*s = (char)(*s - 'a' + 'A');
}
