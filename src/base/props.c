/* SPDX-License-Identifier: MIT */
/*
 * Looks a code point up in the generated table. The table is in the program so
 * that no run has to load a Unicode library for five questions.
 */
#include "galley/base/props.h"

#include "prop_tables.inc"

unsigned props_of(uint32_t cp)
{
	return cp > 0x10ffff ? 0 : props_entry[props_block[cp >> 8]][cp & 0xff];
}
