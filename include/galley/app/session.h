/* SPDX-License-Identifier: MIT */
/*
 * A run of the program: configuration, the cache for reading, the host for
 * writing when it is needed, and how people name things ("rt:123", "#123",
 * "123" when there is one connector, "new7" for what the backend has not seen).
 */
#ifndef GALLEY_APP_SESSION_H
#define GALLEY_APP_SESSION_H

#include "galley/app/config.h"
#include "galley/store/store.h"
#include "galley/sync/host.h"
#include "galley/sync/worker.h"

struct session;

/* E_CONFIG when there is no configuration or it is wrong. */
int session_open(const char *config_path, struct session **out) MUST_CHECK;
void session_close(struct session *s);
/* For a process that ends now: what writes and sends is closed in order, what
 * only reads is left to the kernel, which is quicker at it. */
void session_leave(struct session *s);
const struct config *session_config(const struct session *s);
/* Changes a line of its file (config_set()). What only the screen looks at holds
 * at once: `*now` is 1; the rest from the next start. */
int session_change(struct session *s, const char *key, const char *value, int *now)
	MUST_CHECK;
/* Its file may be another one by now: what can hold at once does, `out` says what
 * is different from when it was read or written here last. E_*: it cannot be
 * read, and all stays as it was. */
int session_reread(struct session *s, struct arena *a,
	struct config_changes *out) MUST_CHECK;
const char *session_db_path(const struct session *s);
/* Reads the manifests that can be read: who needs one says what is wrong. */
void session_manifests(struct session *s);

/* E_NOTFOUND with a sentence that names `galley sync` when there is no cache.
 */
int session_ro(struct session *s, struct store_ro **out) MUST_CHECK;
/* Begins to open it, in a thread of its own, for who has other things to do
 * before he asks. What fails is said when he asks. */
void session_ro_begin(struct session *s);
/* The writer without network and without the sender lock: operations, decisions
 * and drafts; whoever sends picks them up. */
int session_rw(struct session *s, struct store_rw **out) MUST_CHECK;
/* The sender, with network and connectors (secrets are fetched here). E_LIMIT
 * when another galley is sending. A connector that cannot be set up does not
 * keep the others from working: session_skipped() says which and why. */
int session_host(struct session *s, engine_event_fn *event, void *u,
	struct host **out) MUST_CHECK;
/* The same in a thread of its own (worker.h); the caller stops it before it
 * closes the session. */
int session_worker(struct session *s, struct worker **out) MUST_CHECK;
/* Lines "name: why" of connectors that were left out, or "". */
const char *session_skipped(const struct session *s);
/* Code of the last one that was left out, or 0. */
int session_skipped_code(const struct session *s);
/* Gives the sender lock back; the session goes on. */
void session_host_close(struct session *s);

/* Who I am at each connector, for owner:me; ended by connector 0. */
const struct store_me *session_me(struct session *s);
/* My remote id at a connector, or NULL before the first sync. */
const char *session_me_rid(struct session *s, int connector);

/* "rt:123" and the other forms -> local id. */
int session_find(struct session *s, enum entity e, const char *name,
	int64_t *id, int *connector) MUST_CHECK;
/* The form to print for a row: "rt:123", or "123" with one connector. */
const char *session_name(struct session *s, int connector, const char *rid,
	int64_t id, char out[256]);
const char *session_connector_name(struct session *s, int connector);
/* By instance name; NULL takes the only one (E_INPUT when several). */
int session_connector(struct session *s, const char *name, int *out) MUST_CHECK;
/* The manifest of a connector of the configuration, loaded once. */
int session_manifest(struct session *s, int conn_index,
	const struct manifest **out) MUST_CHECK;

/* Appends the address of a row's page at its backend. E_NOTFOUND when there is
 * none. */
int session_web(struct session *s, int connector, enum entity e,
	const char *rid, struct buf *out) MUST_CHECK;

/* 0 when the connector can do it, E_INPUT with words when it cannot. */
int session_can(struct session *s, int connector, enum op_kind kind) MUST_CHECK;

/* "ticket", translated: for the inside of a sentence. */
const char *entity_word(enum entity e);

/* Minutes east of UTC now, of the person's zone. */
int session_zone_min(void);

#endif
