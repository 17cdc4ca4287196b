/* SPDX-License-Identifier: MIT */
/*
 * Rows put aside: until a time or until the customer writes. It reads what a
 * person means by a time and leaves the rest to the cache; nothing is sent.
 */
#include "bench_priv.h"

#include <stdio.h>
#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/timefmt.h"

#define DAY_MS	   INT64_C(86400000)
#define MORNING_MS (9 * INT64_C(3600000))

/* Midnight before a moment, in the person's zone. */
static int64_t midnight(const struct bench *b, int64_t ms)
{
	int64_t zone = (int64_t)desk_zone(b->desk) * 60000;

	return (ms + zone) / DAY_MS * DAY_MS - zone;
}

/* "14:30": the next one. */
static int clock_time(const struct bench *b, const char *s, int64_t *ms)
{
	int64_t now = desk_now(b->desk), t;
	int h, m, end = 0;

	if (sscanf(s, "%2d:%2d%n", &h, &m, &end) != 2 || s[end] || h < 0 ||
		h > 23 || m < 0 || m > 59)
		return 0;
	t = midnight(b, now) + (h * 60 + m) * INT64_C(60000);
	*ms = t > now ? t : t + DAY_MS;
	return 1;
}

static int until_of(const struct bench *b, const char *s, int64_t *ms)
{
	int64_t now = desk_now(b->desk), span;
	int plus = *s == '+';

	if (strcmp(s, "reply") == 0) {
		*ms = 0;
		return 0;
	}
	if (strcmp(s, "tomorrow") == 0) {
		*ms = midnight(b, now) + DAY_MS + MORNING_MS;
		return 0;
	}
	if (clock_time(b, s, ms))
		return 0;
	if (time_span_parse(s + plus, strlen(s + plus), &span) == 0)
		*ms = now + span;
	else if (time_parse(s, strlen(s), desk_zone(b->desk), ms) < 0)
		return err_set(E_INPUT,
			_("\"%s\" is no time; write 2h, 14:30, tomorrow, "
			  "2026-11-30, or reply"),
			s);
	if (*ms <= now)
		return err_set(E_INPUT, _("\"%s\" has gone by already"), s);
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
