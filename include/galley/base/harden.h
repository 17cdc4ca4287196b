/* SPDX-License-Identifier: MIT */
/*
 * What every process of ours does first: umask 077, no core dumps, not
 * dumpable, no new privileges, descriptors above 2 closed, and the variables
 * that libraries would obey behind our back taken out of the environment
 * (SSLKEYLOGFILE, *_proxy, CURL_*, NETRC, LD_*, MALLOC_*, and TERMINFO* under
 * sudo). Works in the fuzzers and tests too, so it only warns on failure.
 */
#ifndef GALLEY_BASE_HARDEN_H
#define GALLEY_BASE_HARDEN_H

#include <stddef.h>

void harden_process(void);

/* Memory for a secret: locked, left out of dumps, wiped when freed. */
char *secret_dup(const char *s, size_t len);
void secret_free(char *s);

#endif
