/* SPDX-License-Identifier: MIT */
/*
 * Names and letters of the roles in style.def. What they look like is the
 * theme's matter.
 */
#include "galley/ui/grid.h"

#include <string.h>

static const struct {
	const char *name;
	char letter;
} roles[ST_COUNT] = {
#define STYLE(sym, name, letter) {name, letter},
#include "galley/ui/style.def"
};

const char *style_name(enum style s)
{
	return s < ST_COUNT ? roles[s].name : "?";
}

char style_letter(unsigned style)
{
	return ST_ROLE(style) < ST_COUNT ? roles[ST_ROLE(style)].letter : '?';
}

enum style style_by_name(const char *name)
{
	unsigned i;

	for (i = 0; i < ST_COUNT; i++) {
		if (!strcmp(roles[i].name, name))
			break;
	}
	return (enum style)i;
}
