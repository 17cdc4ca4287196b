/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the layout solver: a tree, moved borders, a focus and sizes from 1x1
 * to 400x200 out of the bytes. Nothing overlaps, nothing is outside, no hole,
 * the focus is visible, the same again gives the same, growing hides nothing.
 */
#include "layout_check.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static struct layout_tree t;
	struct layout_bytes b = {data, size};
	int moved[LAYOUT_TREE_MAX], focus, i, w, h;

	memset(&t, 0, sizeof(t));
	focus = layout_byte(&b) % LAYOUT_MAX_PANES;
	w = layout_byte(&b);
	w = (w << 1 | (layout_byte(&b) & 1)) % 399 + 1;
	h = layout_byte(&b) % 199 + 1;
	for (i = 0; i < LAYOUT_TREE_MAX; i++)
		moved[i] = 0;
	for (i = 0; i < 8; i++) {
		int at = layout_byte(&b) % LAYOUT_TREE_MAX;

		moved[at] = (layout_byte(&b) - 128) * (i + 1);
	}
	layout_grow(&t, &b, 0);
	layout_check_at(&t, w, h, focus, moved);
	layout_check_at(&t, 80, 24, focus, NULL);
	return 0;
}
