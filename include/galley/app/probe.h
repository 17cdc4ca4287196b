/* SPDX-License-Identifier: MIT */
/*
 * Tries a connector against its server: reaches it, logs in, asks who we are.
 * Works on a cache of its own that is removed afterwards, so a wrong setting
 * cannot touch the real one.
 */
#ifndef GALLEY_APP_PROBE_H
#define GALLEY_APP_PROBE_H

#include "galley/app/config.h"
#include "galley/sync/host.h"

struct probe_result {
	char me[256];	  /* our remote id there, or "" */
	int64_t requests; /* it took */
};

/* 0 when the server answered and knows us. E_OFFLINE, E_AUTH, E_PROTO,
 * E_TIMEOUT, E_CANCEL with words; *stop may be NULL. */
int probe_connector(const struct config *c, const struct config_conn *cc,
	const struct manifest *m, volatile const int *stop,
	struct probe_result *out) MUST_CHECK;

#endif
