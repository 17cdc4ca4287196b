/* SPDX-License-Identifier: MIT */
/* Times, ages and values in the words of the person, in his zone. */
#include "pane_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "galley/app/codes.h"
#include "galley/base/i18n.h"
#include "galley/base/json.h"
#include "galley/base/mem.h"
#include "galley/base/timefmt.h"
#include "galley/policy/redact_view.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS	  (60 * MINUTE_MS)
#define YEAR_MS	  (366 * 24 * HOUR_MS)

static struct tm parts(struct desk *d, int64_t ms)
{
	time_t t = (time_t)(ms / 1000 + desk_zone(d) * 60);
	struct tm tm;

	gmtime_r(&t, &tm);
	return tm;
}

static const char *const months[] = {N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"),
	N_("May"), N_("Jun"), N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"),
	N_("Nov"), N_("Dec")};

const char *words_time(struct desk *d, int64_t ms, char out[24])
{
	struct tm t = parts(d, ms), now = parts(d, desk_now(d));

	if (t.tm_year == now.tm_year && t.tm_yday == now.tm_yday)
		snprintf(out, 24, "%02d:%02d", t.tm_hour, t.tm_min);
	else if (t.tm_year == now.tm_year)
		/* TRANSLATORS: month and day of the month */
		snprintf(out, 24, _("%s %2d"), _(months[t.tm_mon]), t.tm_mday);
	else
		snprintf(out, 24, "%d-%02d", t.tm_year + 1900, t.tm_mon + 1);
	return out;
}

int words_time_cells(void)
{
	char s[24];
	int n;

	snprintf(s, sizeof(s), _("%s %2d"), _(months[11]), 28);
	n = text_cells(s);
	return n > 7 ? n : 7;
}

const char *words_time_long(struct desk *d, int64_t ms, char out[32])
{
	struct tm t = parts(d, ms), now = parts(d, desk_now(d));
	char day[24];

	snprintf(day, sizeof(day), _("%s %2d"), _(months[t.tm_mon]), t.tm_mday);
	if (t.tm_year == now.tm_year)
		snprintf(out, 32, "%s %02d:%02d", day, t.tm_hour, t.tm_min);
	else
		snprintf(out, 32, "%d-%02d-%02d %02d:%02d", t.tm_year + 1900,
			t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min);
	return out;
}

/* From the first minute on by the minutes of the clock: what is not drawn anew
 * changes when the clock in the title does. */
static int64_t span(int64_t from, int64_t to)
{
	int64_t ms = to - from;

	if (ms > -MINUTE_MS && ms < MINUTE_MS)
		return ms;
	return (to / MINUTE_MS - from / MINUTE_MS) * MINUTE_MS;
}

const char *words_op(const struct op *op)
{
	switch (op->state) {
	case OPS_QUEUED:
		return _("waits");
	case OPS_SENDING:
		return _("on its way");
	case OPS_SENT:
		return _("sent, to be seen");
	case OPS_UNSURE:
		return _("unsure: being looked for");
	case OPS_HELD:
		return _("asks for a decision");
	default:
		return op_state_name(op->state);
	}
}

int words_is_later(const struct op *op)
{
	return op->state == OPS_QUEUED && !op->attempt && op->later_ms;
}

const char *words_later(struct desk *d, const struct op *op, char out[80])
{
	char at[32];

	words_time_long(d, op->not_before_ms, at);
	snprintf(out, 80,
		desk_if_quiet(d, op->uid) ? _("at %s, if no reply comes")
					  : _("at %s"),
		at);
	return out;
}

const char *words_age(struct desk *d, int64_t ms, char out[TIME_SAID_SIZE])
{
	time_span_said(span(ms, desk_now(d)), out);
	return out;
}

int words_age_cells(void)
{
	static const int64_t longest[] = {59000, 59 * 60000, 23 * HOUR_MS,
		13 * 24 * HOUR_MS, 52 * 7 * 24 * HOUR_MS, 99 * YEAR_MS};
	char s[TIME_SAID_SIZE];
	int cells = 4, n;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(longest); i++) {
		time_span_said(longest[i], s);
		n = text_cells(s);
		cells = n > cells ? n : cells;
	}
	return cells;
}

const char *words_due(struct desk *d, int64_t ms, unsigned *style, char out[48])
{
	int64_t left = ms - desk_now(d);
	char said[TIME_SAID_SIZE];

	time_span_said(span(desk_now(d), ms), said);
	if (left < 0) {
		*style = ST_BAD;
		snprintf(out, 48, _("%s late !!"), said);
	} else {
		*style = left < 4 * 3600 * 1000 ? ST_WARN : ST_TEXT;
		snprintf(out, 48, _("in %s"), said);
	}
	return out;
}

const char *words_str(const struct row *r, enum field_id f)
{
	const struct val *v = row_get(r, f);

	return v && v->s && *v->s ? v->s : NULL;
}

static const char *int_words(
	struct desk *d, const struct field_desc *f, int64_t i, struct arena *a)
{
	char t[32];

	switch (f->type) {
	case FT_TIME:
		return arena_strdup(a, words_time_long(d, i, t));
	case FT_BOOL:
		return i ? _("yes") : _("no");
	default:
		return arena_printf(a, "%lld", (long long)i);
	}
}

/* "refund, urgent" */
static const char *set_words(const char *json, struct arena *a)
{
	struct buf out = BUF_INIT;
	const struct json *v;
	struct json_doc *doc;
	const char *s;

	if (json_parse(json, strlen(json), &json_limits_small, &doc) < 0) {
		err_clear();
		return json;
	}
	for (v = json_first(json_root(doc)); v; v = json_next(v))
		if ((s = json_str(v)))
			buf_addf(&out, "%s%s", out.len ? _(", ") : "", s);
	json_free(doc);
	s = arena_strdup(a, buf_str(&out));
	buf_fini(&out);
	return s;
}

const char *words_val(
	struct desk *d, const struct row *r, enum field_id id, struct arena *a)
{
	const struct field_desc *f = field_desc(id);
	const struct val *v = row_get(r, id);

	if (!v || v->kind == VAL_ABSENT || v->kind == VAL_NULL)
		return "";
	if (field_ref(f->type) != ENT_COUNT)
		return v->s ? v->s : "";
	if (v->kind == VAL_INT)
		return int_words(d, f, v->i, a);
	if (id == FID_TICKET_STATUS || id == FID_CONVERSATION_STATUS)
		return v->s ? codes_status(v->s) : "";
	if (f->type == FT_SET && v->s)
		return set_words(v->s, a);
	return v->s ? v->s : "";
}

const char *words_contact(struct desk *d, const char *s, struct arena *a)
{
	struct buf b = BUF_INIT;
	const char *out;

	if (!desk_masks(d))
		return arena_strdup(a, s);
	redact_contact(&b, s, strlen(s));
	out = arena_strdup(a, buf_str(&b));
	buf_fini(&b);
	return out;
}
