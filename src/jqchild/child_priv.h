/* SPDX-License-Identifier: MIT */
#ifndef GALLEY_SRC_JQCHILD_CHILD_PRIV_H
#define GALLEY_SRC_JQCHILD_CHILD_PRIV_H

#include <jv.h>
#include "galley/base/buf.h"

/* sandbox.c: gives up everything but computing and descriptor WIRE_FD. Exits
 * when the kernel refuses: no data is read without it. */
void sandbox_enter(void);

/* records.c: appends the wire form of output number `n` (from 1), a record or
 * the reason why it is none. Consumes `v`. `zone_min` is for dates without a
 * zone. */
void record_add(struct buf *out, jv v, int n, int zone_min);

/* frame.c: blocking; 0, or -1 when the other side is gone. */
int frame_read(struct buf *out);
int frame_write(const struct buf *b);

#endif
