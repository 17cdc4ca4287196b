/* SPDX-License-Identifier: MIT */
/*
 * What drawing needs to know of a code point, in one byte from a generated
 * table (src/gen/gen_props.c). The judgement is utf8.c's and text_gate.c's.
 */
#ifndef GALLEY_BASE_PROPS_H
#define GALLEY_BASE_PROPS_H

#include <stdint.h>

/* Grapheme_Cluster_Break of UAX #29, without the emoji ones of old. */
enum props_gcb {
	GCB_OTHER,
	GCB_CR,
	GCB_LF,
	GCB_CONTROL,
	GCB_EXTEND,
	GCB_PREPEND,
	GCB_SPACINGMARK,
	GCB_L,
	GCB_V,
	GCB_T,
	GCB_LV,
	GCB_LVT,
	GCB_RI,
	GCB_ZWJ,
};

enum {
	PROPS_GCB = 0x0f,     /* an enum props_gcb */
	PROPS_PICTURE = 0x10, /* Extended_Pictographic */
	PROPS_SKIN = 0x20,    /* Emoji_Modifier */
	PROPS_HIDDEN = 0x40,  /* Cf, Co, Zl, Zp or Default_Ignorable */
	PROPS_MARK = 0x80,    /* Mn, Me */
};

/* Nothing at all for what is no code point. */
unsigned props_of(uint32_t cp);

#endif
