/* SPDX-License-Identifier: MIT */
#ifndef GALLEY_SRC_CONNECTOR_B64_H
#define GALLEY_SRC_CONNECTOR_B64_H

#include "galley/base/buf.h"
#include "galley/base/err.h"

/* Appends the bytes. E_PROTO. */
int b64_decode(struct buf *out, const char *s) MUST_CHECK;

#endif
