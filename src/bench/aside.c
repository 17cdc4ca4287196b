/* SPDX-License-Identifier: MIT */
/*
 * Rows put aside: until a time or until the customer writes. It reads what a
 * person means by a time and leaves the rest to the cache; nothing is sent.
 */
#include "bench_priv.h"

#include <string.h>
#include "galley/app/when.h"
#include "galley/base/i18n.h"
#include "galley/base/timefmt.h"

/* 0: until the customer writes. */
static int until_of(const struct bench *b, const char *s, int64_t *ms)
{
	if (strcmp(s, "reply") != 0)
		return when_read(s, desk_now(b->desk), desk_zone(b->desk), ms);
	*ms = 0;
	return 0;
}

static int until_words(const struct bench *b, const char *s, struct buf *out)
{
	char iso[TIME_ISO_SIZE];
	int64_t ms = 0;
	int rc = until_of(b, s, &ms);

	if (rc < 0)
		return rc;
	if (!ms) {
		buf_adds(out, _("put aside until the customer writes"));
		return 0;
	}
	time_sql(ms + (int64_t)desk_zone(b->desk) * 60000, iso);
	iso[16] = '\0'; /* no seconds */
	buf_addf(out, _("put aside until %s"), iso);
	return 0;
}

int aside_words(
	struct bench *b, const struct command_line *cmd, struct buf *out)
{
	if (cmd->id == CMD_SNOOZE)
		return until_words(b, cmd->rest, out);
	buf_adds(out, _("taken up again"));
	return 0;
}

int aside_verb(struct bench *b, const struct command_line *cmd, enum entity e,
	int64_t id)
{
	struct store_mark m = {.entity = e, .id = id, .kind = "snooze"};
	struct buf said = BUF_INIT;
	int rc;

	if (e != ENT_TICKET && e != ENT_CONVERSATION)
		return err_set(E_INPUT,
			_("only tickets and conversations are put aside"));
	rc = aside_words(b, cmd, &said);
	if (rc == 0 && cmd->id == CMD_UNSNOOZE)
		rc = desk_unmark(b->desk, e, id, m.kind, buf_str(&said));
	else if (rc == 0)
		rc = until_of(b, cmd->rest, &m.until_ms);
	if (rc == 0 && cmd->id == CMD_SNOOZE)
		rc = desk_mark(b->desk, &m, buf_str(&said));
	buf_fini(&said);
	return rc;
}
