/* SPDX-License-Identifier: MIT */
/*
 * Articles are written to colleagues; some hold the words for the customer as
 * well. Which part that is, the article says itself by a heading, galley(1).
 */
#ifndef GALLEY_APP_ARTICLE_H
#define GALLEY_APP_ARTICLE_H

#include <stddef.h>

struct article_part {
	size_t head;	  /* where the heading's line begins */
	size_t from, len; /* what stands below it, without blank ends */
};
/* The part for the customer. 0: the text marks none, or there is nothing in
 * it. */
int article_for_customer(const char *text, struct article_part *out);

#endif
