/* SPDX-License-Identifier: MIT */
/*
 * Runs while building: asks libunistring's Unicode data about every code point
 * what drawing text needs (galley/base/props.h) and writes it as a two-stage
 * table of bytes. It decides nothing.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <unigbrk.h>

#include "galley/base/props.h"

#define ENTRY uint8_t
#include "blocks.h"

static enum props_gcb gcb_of(uint32_t cp)
{
	static const struct {
		int from;
		enum props_gcb to;
	} names[] = {
		{GBP_OTHER, GCB_OTHER},
		{GBP_CR, GCB_CR},
		{GBP_LF, GCB_LF},
		{GBP_CONTROL, GCB_CONTROL},
		{GBP_EXTEND, GCB_EXTEND},
		{GBP_PREPEND, GCB_PREPEND},
		{GBP_SPACINGMARK, GCB_SPACINGMARK},
		{GBP_L, GCB_L},
		{GBP_V, GCB_V},
		{GBP_T, GCB_T},
		{GBP_LV, GCB_LV},
		{GBP_LVT, GCB_LVT},
		{GBP_RI, GCB_RI},
		{GBP_ZWJ, GCB_ZWJ},
	};
	int gbp = uc_graphemeclusterbreak_property(cp);
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].from == gbp)
			return names[i].to;
	fprintf(stderr, "gen_props: U+%04X has break property %d\n",
		(unsigned)cp, gbp);
	exit(1);
}

static unsigned props(uint32_t cp)
{
	unsigned p = gcb_of(cp);

	if (uc_is_property_extended_pictographic(cp))
		p |= PROPS_PICTURE;
	if (uc_is_property_emoji_modifier(cp))
		p |= PROPS_SKIN;
	if (uc_is_general_category_withtable(
		    cp, UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Co |
				UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp) ||
		uc_is_property_default_ignorable_code_point(cp))
		p |= PROPS_HIDDEN;
	if (uc_is_general_category_withtable(
		    cp, UC_CATEGORY_MASK_Mn | UC_CATEGORY_MASK_Me))
		p |= PROPS_MARK;
	return p;
}

int main(void)
{
	uint32_t cp;

	for (cp = 0; cp < CP_COUNT; cp++)
		entry[cp] = (uint8_t)props(cp);
	emit_blocks("props", "uint8_t");
	return fflush(stdout) || ferror(stdout);
}
