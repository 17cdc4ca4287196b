/* SPDX-License-Identifier: MIT */
/*
 * Manifests: a backend as a JSON file (galley-connector(5)). Loading checks
 * everything that can be checked without a server and answers with
 * file:line:column; the interpreter turns a manifest and an instance's settings
 * into a `struct conn`; fixtures run the filters offline.
 */
#ifndef GALLEY_CONNECTOR_MANIFEST_H
#define GALLEY_CONNECTOR_MANIFEST_H

#include "galley/base/buf.h"
#include "galley/connector/connector.h"
#include "galley/net/net.h"

struct manifest;

/* A path, or the name of a shipped one ("rt5"). E_CONFIG with the place. */
int manifest_load(const char *path_or_name, struct manifest **out) MUST_CHECK;
int manifest_parse(const char *file, const char *text, size_t len,
	struct manifest **out) MUST_CHECK;
void manifest_free(struct manifest *m);
const char *manifest_id(const struct manifest *m);
const char *manifest_title(const struct manifest *m);
const char *manifest_about(const struct manifest *m); /* "" or e.g. "not run
							 against a server" */
const struct conn_desc *manifest_desc(const struct manifest *m);

enum setting_type { SET_STRING, SET_URL, SET_INT, SET_BOOL, SET_SECRET };
struct setting {
	const char *name, *label;
	enum setting_type type;
	int optional;
};
const struct setting *manifest_settings(const struct manifest *m, int *n);

/* Where a person sees a row in a browser: appends the address. `values` as
 * below, without secrets. E_NOTFOUND when the manifest names no such page,
 * E_INPUT when it would lead elsewhere than to the backend. */
int manifest_web(const struct manifest *m, enum entity e,
	const char *const *values, const char *rid, struct buf *out) MUST_CHECK;

/* A value per setting, in their order; NULL for what was not given. Secrets are
 * copied to locked memory. */
struct conn_args {
	const char *name; /* instance */
	const char *const *values;
	struct net *net;
	const struct clock *clock;
	const char *helper; /* path of galley-jq, NULL: found */
	int allow_plain;
	int read_ahead; /* fetch and map pages before they are asked for */
	const char *ca_file;
};
/* E_INPUT names the setting that is missing or wrong. */
int manifest_connect(const struct manifest *m, const struct conn_args *a,
	struct conn **out) MUST_CHECK;
/* Every answer that net_next() gives with this connector's `user` goes here. */
void manifest_conn_deliver(struct conn *c, struct net_resp *r);
/* Takes in what the mapping process has: PUMP_ bits. May be called at any time outside of the connector's own calls. */
int manifest_conn_pump(struct conn *c);
/* Descriptors to wait on besides the network (the mapping process). */
int manifest_conn_fds(struct conn *c, int *fds, int max);

/* Runs the fixtures: one line per fixture to `report`. Returns how many
 * failed, or E_*. */
int manifest_test(const struct manifest *m, const char *helper,
	struct buf *report) MUST_CHECK;

/* The table of what the backend can and cannot do, by operation: settlement,
 * conflict rule, verification. */
void manifest_describe(const struct manifest *m, struct buf *out);

#endif
