/* SPDX-License-Identifier: MIT */
/*
 * What key.c and key_parser.c have in common.
 */
#ifndef GALLEY_UI_KEY_PRIV_H
#define GALLEY_UI_KEY_PRIV_H

#include "galley/ui/key.h"

/* The one form of keys that terminals send in several: no Shift with a
 * character, lower case with Ctrl. */
struct key key_normal(struct key k);

#endif
