/* SPDX-License-Identifier: MIT */
/*
 * Remote ids to local ones. A reference may come before the row it names: then
 * a stub is made, which becomes the row when it lands. Aliases are followed, so
 * that what is said about a merged ticket lands where it lives now.
 */
#include "store_priv.h"

#include <ctype.h>
#include <string.h>

#include "galley/base/mem.h"

static struct id_slot *slot(struct store_rw *rw, enum entity e, int connector,
	const char *rid, size_t len)
{
	uint64_t h = UINT64_C(1469598103934665603) ^ (uint64_t)e << 40 ^
		     (uint64_t)connector << 32;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ (unsigned char)rid[i]) * UINT64_C(1099511628211);
	return &rw->ids[(h ^ h >> 29) % ID_SLOTS];
}

int id_cached(struct store_rw *rw, enum entity e, int connector,
	const char *rid, size_t len, int64_t *out)
{
	const struct id_slot *s = slot(rw, e, connector, rid, len);

	if (!s->id || s->entity != (int8_t)e ||
		s->connector != (int16_t)connector || s->len != len ||
		memcmp(s->rid, rid, len) != 0)
		return 0;
	*out = s->id;
	return 1;
}

void id_cache(struct store_rw *rw, enum entity e, int connector,
	const char *rid, size_t len, int64_t id)
{
	struct id_slot *s;

	if (len > ID_BYTES || connector > INT16_MAX)
		return;
	s = slot(rw, e, connector, rid, len);
	s->id = id;
	s->entity = (int8_t)e;
	s->connector = (int16_t)connector;
	s->len = (uint8_t)len;
	memcpy(s->rid, rid, len);
}

void ids_forget(struct store_rw *rw)
{
	memset(rw->ids, 0, ID_SLOTS * sizeof(*rw->ids));
}

int row_follow(struct db *d, enum entity e, int64_t *id)
{
	struct buf sql = BUF_INIT;
	int64_t next, from = *id;
	int hops, rc = 0;

	if (memo_find_number(d, MEMO_ALIAS, (int)e, from, id))
		return 0;
	buf_addf(&sql, "SELECT alias_of FROM %s WHERE id = ? AND state = 3",
		entity_desc(e)->name);
	/* a ring of aliases would be the backend's joke */
	for (hops = 0; hops < 16; hops++) {
		rc = db_int(d, &next, buf_str(&sql), "i", *id);
		if (rc <= 0 || !next)
			break;
		*id = next;
	}
	buf_fini(&sql);
	if (rc < 0)
		return rc;
	memo_keep_number(d, MEMO_ALIAS, (int)e, from, *id);
	return 0;
}

static int find_or_stub(struct store_rw *rw, enum entity e, int connector,
	const char *rid, int64_t *out)
{
	struct db *d = rw_db(rw);
	struct buf sql = BUF_INIT;
	struct img im = {.connector = connector,
		.rid = rid,
		.state = ROW_STUB,
		.seen = 0};
	int rc;

	buf_addf(&sql, "SELECT id FROM %s WHERE connector = ? AND rid = ?",
		entity_desc(e)->name);
	rc = db_int(d, out, buf_str(&sql), "dt", connector, rid);
	buf_fini(&sql);
	if (rc > 0)
		return row_follow(d, e, out);
	if (rc < 0)
		return rc;
	rc = img_insert(rw, e, &im);
	if (rc < 0)
		return rc;
	*out = im.id;
	return 0;
}

int id_of(struct store_rw *rw, enum entity e, int connector, const char *rid,
	int64_t *out)
{
	size_t len = strlen(rid);
	int64_t id;
	int rc;

	if (id_cached(rw, e, connector, rid, len, out))
		return 0;
	rc = find_or_stub(rw, e, connector, rid, &id);
	if (rc < 0)
		return rc;
	id_cache(rw, e, connector, rid, len, id);
	*out = id;
	return 0;
}

/* Which columns a person may name a row by, best first. */
static const struct {
	enum entity e;
	const char *sql;
} words[] = {
	{ENT_QUEUE, "SELECT id FROM queue WHERE connector = ?1 AND rid = ?2 "
		    "UNION ALL SELECT id FROM queue WHERE connector = ?1 "
		    "AND name = ?2 COLLATE NOCASE LIMIT 1"},
	{ENT_AGENT,
		"SELECT id FROM agent WHERE connector = ?1 AND rid = ?2 "
		"UNION ALL SELECT id FROM agent WHERE connector = ?1 "
		"AND login = ?2 COLLATE NOCASE "
		"UNION ALL SELECT id FROM agent WHERE connector = ?1 "
		"AND (name = ?2 COLLATE NOCASE OR email = ?2 COLLATE NOCASE) "
		"LIMIT 1"},
	{ENT_CUSTOMER,
		"SELECT id FROM customer WHERE connector = ?1 AND rid = ?2 "
		"UNION ALL SELECT customer FROM identity WHERE connector = ?1 "
		"AND value = lower(?2) AND customer IS NOT NULL "
		"UNION ALL SELECT id FROM customer WHERE connector = ?1 "
		"AND name = ?2 COLLATE NOCASE LIMIT 1"},
	{ENT_TICKET, "SELECT id FROM ticket WHERE connector = ?1 AND rid = ?2 "
		     "UNION ALL SELECT id FROM ticket WHERE connector = ?1 "
		     "AND number = ?2 COLLATE NOCASE LIMIT 1"},
	{ENT_CONVERSATION, "SELECT id FROM conversation WHERE connector = ?1 "
			   "AND rid = ?2"},
	{ENT_MESSAGE, "SELECT id FROM message WHERE connector = ?1 "
		      "AND rid = ?2"},
};

int id_by_word(struct db *d, enum entity e, int connector, const char *word,
	int64_t *out)
{
	size_t i;
	int rc;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (words[i].e != e)
			continue;
		rc = db_int(d, out, words[i].sql, "dt", connector, word);
		if (rc <= 0)
			return rc;
		rc = row_follow(d, e, out);
		return rc < 0 ? rc : 1;
	}
	return 0;
}

/* Addresses without case; numbers as + and digits. */
char *identity_normal(struct arena *a, const char *type, const char *value)
{
	const char *said = value;
	char *out = arena_strdup(a, value), *p = out;
	int phone = strcmp(type, "phone") == 0 || strcmp(type, "mobile") == 0 ||
		    strcmp(type, "sms") == 0 || strcmp(type, "whatsapp") == 0;

	if (strcmp(type, "email") == 0) {
		for (; *p; p++)
			if (*p >= 'A' && *p <= 'Z')
				*p = (char)(*p | 0x20);
		return out;
	}
	if (!phone)
		return out;
	if (strncmp(value, "00", 2) == 0) {
		value += 2;
		*p++ = '+';
	}
	for (; *value; value++)
		if (isdigit((unsigned char)*value) ||
			(*value == '+' && p == out))
			*p++ = *value;
	*p = '\0';
	/* nothing of a number in it: leave what was said */
	return p == out ? arena_strdup(a, said) : out;
}
