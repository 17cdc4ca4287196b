/* SPDX-License-Identifier: MIT */
/*
 * A bounded ring between exactly one producer thread and one consumer thread,
 * with an eventfd so that the consumer can poll(). Pushing never blocks: a full
 * ring says so and the producer keeps the item.
 */
#ifndef GALLEY_BASE_RING_H
#define GALLEY_BASE_RING_H

#include <stddef.h>
#include "galley/base/err.h"

struct ring;

struct ring *ring_new(size_t slots); /* rounded up to a power of two */
void ring_free(struct ring *r);
int ring_push(struct ring *r, void *item) MUST_CHECK; /* E_LIMIT when full */
void *ring_pop(struct ring *r);			      /* NULL when empty */
int ring_fd(const struct ring *r);		      /* readable when items */
/* Empties the eventfd; call before popping until NULL. */
void ring_ack(struct ring *r);

#endif
