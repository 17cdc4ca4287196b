/* SPDX-License-Identifier: MIT */
/* Between the two halves of loading. */
#ifndef GALLEY_SRC_CONNECTOR_LOAD_PRIV_H
#define GALLEY_SRC_CONNECTOR_LOAD_PRIV_H

#include "manifest_priv.h"

/* manifest.c */
void *load_many(struct manifest *m, size_t n, size_t size);
int load_word_index(const char *const *words, const char *s);
/* `*out` stays as it is when the member is not there. */
int load_jq(struct manifest *m, const struct json *obj, const char *key,
	int *out) MUST_CHECK;
/* Overrides what `out` has with what the object's `request` says. */
int load_request(struct manifest *m, const struct json *owner,
	struct request *out) MUST_CHECK;
int load_step(
	struct manifest *m, const struct json *v, struct step *s) MUST_CHECK;

/* load_parts.c */
int load_stream_name(const struct manifest *m, const struct json *obj,
	const char *key, const char **out) MUST_CHECK;
int load_streams(struct manifest *m, const struct json *root) MUST_CHECK;
int load_ops(struct manifest *m, const struct json *root) MUST_CHECK;
int load_file(struct manifest *m, const struct json *root) MUST_CHECK;

#endif
