/* SPDX-License-Identifier: MIT */
/*
 * Texts for people go through gettext. English is the source; zh_CN and zh_TW
 * are complete or `make lint` names what is missing.
 */
#ifndef GALLEY_BASE_I18N_H
#define GALLEY_BASE_I18N_H

#include <libintl.h>

#define _(s) gettext(s)
#define N_(s) (s)
#define P_(one, many, n) ngettext(one, many, (unsigned long)(n))

/* setlocale and bindtextdomain; UTF-8 is used whatever the locale says. */
void i18n_init(void);

#endif
