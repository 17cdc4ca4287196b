/* SPDX-License-Identifier: MIT */
/*
 * What roles look like. A theme is a file of lines "role = words" where words
 * are colours (default, black .. white, bright-black .. bright-white, 0..255,
 * #rrggbb; the second one after "on") and bold, dim, italic, underline,
 * reverse. Three depths may be given: "role.16 = ", "role.256 = ",
 * "role.true = "; the plain one is for all. A missing role looks like its
 * parent (text before the last dot), then like "text". Without colours
 * (NO_COLOR, a terminal with none) only the attributes remain, and themes must
 * be usable so. See galley-theme(5).
 */
#ifndef GALLEY_UI_THEME_H
#define GALLEY_UI_THEME_H

#include "galley/ui/grid.h"
#include "galley/base/err.h"

enum depth { DEPTH_NONE, DEPTH_16, DEPTH_256, DEPTH_TRUE };
enum { LOOK_BOLD = 1, LOOK_DIM = 2, LOOK_ITALIC = 4, LOOK_UNDER = 8,
	LOOK_REVERSE = 16 };

#define COLOR_DEFAULT (-1)
#define COLOR_RGB 0x1000000
struct look {
	int32_t fg, bg; /* COLOR_DEFAULT, 0..255, or COLOR_RGB | 0xrrggbb */
	uint8_t attrs;
};

struct theme;
/* A shipped one ("dark", "light", "mono", "safe") or a path. E_CONFIG with
 * file:line:column. */
int theme_load(const char *name, struct theme **out) MUST_CHECK;
int theme_parse(const char *file, const char *text, size_t len,
	struct theme **out) MUST_CHECK;
void theme_free(struct theme *t);
/* What a cell's style (role and flags) looks like. */
struct look theme_look(const struct theme *t, unsigned style, enum depth d);

#endif
