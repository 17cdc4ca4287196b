/* SPDX-License-Identifier: MIT */
/*
 * The schema and its migrations: data/schema/NNN.sql, each applied once, all of
 * them with user_version in one transaction, after a backup of what was there.
 * A file with a newer schema, or of another program, is left alone.
 */
#include "store_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/embed.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

static int pragma_int(struct db *d, const char *sql, int64_t *out)
{
	int rc = db_int(d, out, sql, "");

	return rc < 0 ? rc : 0;
}

/* *fresh: an empty file that may become ours. */
static int read_marks(struct db *d, int64_t *version, int *fresh)
{
	int64_t app = 0, tables = 0;
	int rc;

	rc = pragma_int(d, "PRAGMA application_id", &app);
	if (rc == 0)
		rc = pragma_int(d, "PRAGMA user_version", version);
	if (rc == 0 && app == 0 && *version == 0)
		rc = pragma_int(
			d, "SELECT count(*) FROM sqlite_schema", &tables);
	if (rc < 0)
		return rc;
	*fresh = app == 0 && *version == 0 && tables == 0;
	if (*fresh)
		return 0;
	if (app != APPLICATION_ID)
		return err_set(E_CONFIG,
			_("%s is a database of another program; name another file"),
			d->path);
	if (*version > SCHEMA_LAST)
		return err_set(E_CONFIG,
			_("%s was written by a newer galley (schema %d, this one knows %d); use that one"),
			d->path, (int)*version, SCHEMA_LAST);
	return 0;
}

int db_schema_check(struct db *d)
{
	int64_t version = 0;
	int fresh, rc = read_marks(d, &version, &fresh);

	if (rc < 0)
		return rc;
	if (fresh)
		return err_set(E_NOTFOUND,
			_("%s: no cache yet; run `galley sync`"), d->path);
	if (version < SCHEMA_LAST)
		return err_set(E_CONFIG,
			_("%s has an older schema (%d); run `galley sync` once"),
			d->path, (int)version);
	return 0;
}

int schema_backup_name(const char *path, int version, char **out)
{
	*out = xasprintf("%s.v%d.bak", path, version);
	return 0;
}

static int add_salt(struct store_rw *rw)
{
	char salt[33];

	snprintf(salt, sizeof(salt), "%016llx%016llx",
		(unsigned long long)rnd_u64(rw->rnd),
		(unsigned long long)rnd_u64(rw->rnd));
	return db_run(rw_db(rw),
		"INSERT OR IGNORE INTO fact VALUES (0, 'salt', ?)", "t", salt);
}

static int apply(struct store_rw *rw, int64_t from)
{
	struct db *d = rw_db(rw);
	char text[96];
	int v, rc;

	for (v = (int)from + 1; v <= SCHEMA_LAST; v++) {
		const char *sql;

		snprintf(text, sizeof(text), "schema/%03d.sql", v);
		sql = embed_get(text, NULL);
		if (!sql)
			return err_set(E_BUG, "%s is not built in", text);
		rc = db_exec(d, sql);
		if (rc < 0)
			return rc;
	}
	snprintf(text, sizeof(text),
		"PRAGMA application_id = %d; PRAGMA user_version = %d",
		APPLICATION_ID, SCHEMA_LAST);
	rc = db_exec(d, text);
	return rc < 0 ? rc : add_salt(rw);
}

static int migrate(struct store_rw *rw, const char *path, int64_t version)
{
	struct db *d = rw_db(rw);
	int fresh, rc;
	char *name;

	if (version > 0) {
		rc = schema_backup_name(path, (int)version, &name);
		if (rc == 0) {
			rc = store_backup(&rw->ro, name);
			free(name);
		}
		if (rc < 0)
			return rc;
	}
	rc = tx_begin(rw);
	if (rc < 0)
		return rc;
	/* another process may have been faster */
	rc = read_marks(d, &version, &fresh);
	if (rc == 0 && version < SCHEMA_LAST)
		rc = apply(rw, version);
	return tx_end(rw, rc);
}

/* The counters follow what this connection writes. */
static int add_triggers(struct db *d)
{
	const char *sql = embed_get("schema/writer.sql", NULL);

	if (!sql)
		return err_set(E_BUG, "schema/writer.sql is not built in");
	return db_exec(d, sql);
}

int schema_open(struct store_rw *rw, const char *path)
{
	struct db *d = rw_db(rw);
	struct arena *a;
	const char *mode = "";
	int64_t version = 0;
	int fresh, rc;

	rc = read_marks(d, &version, &fresh);
	if (rc < 0)
		return rc;
	a = arena_new();
	rc = db_text(d, a, &mode, "PRAGMA journal_mode = WAL", "");
	if (rc > 0)
		rc = strcmp(mode, "wal") == 0
			     ? 0
			     : err_set(E_DISK,
				       _("%s: no write-ahead log here (got %s); put the cache on a local disk"),
				       path, mode);
	arena_free(a);
	if (rc < 0)
		return rc;
	/* the migration must be as durable as everything else */
	rc = db_exec(d, "PRAGMA synchronous = FULL");
	if (rc == 0 && version < SCHEMA_LAST)
		rc = migrate(rw, path, version);
	return rc < 0 ? rc : add_triggers(d);
}
