/* SPDX-License-Identifier: MIT */
/*
 * Numbers and times of queries: points with a width, and the closed ranges that
 * comparisons of them mean. It reads no clock: now and the zone are handed in.
 */
#include "query_priv.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/timefmt.h"

#define DAY_MS INT64_C(86400000)

static int64_t day_start(int64_t ms, int zone_min)
{
	int64_t off = (int64_t)zone_min * 60000, t = ms + off;
	int64_t r = t % DAY_MS;

	return ms - (r < 0 ? r + DAY_MS : r);
}

static const struct {
	const char *word;
	int day;
} day_words[] = {
	{"today", 0},
	{"yesterday", -1},
	{"tomorrow", 1},
	{"今天", 0},
	{"昨天", -1},
	{"明天", 1},
};

/* "2026-11" and "2026-11-21". 1 when it is one. */
static int date_moment(
	const struct parser *ps, const char *s, struct moment *out)
{
	unsigned y, m, d = 1;
	int used = 0;
	size_t len = strlen(s);
	char text[32];
	int64_t lo, hi;

	if (len == 7) {
		if (sscanf(s, "%4u-%2u%n", &y, &m, &used) != 2 || used != 7)
			return 0;
	} else if (len != 10 ||
		   sscanf(s, "%4u-%2u-%2u%n", &y, &m, &d, &used) != 3 ||
		   used != 10) {
		return 0;
	}
	if (y > 9999 || m < 1 || m > 12)
		return 0;
	snprintf(text, sizeof text, "%04u-%02u-%02u", y, m, d);
	if (time_parse(text, strlen(text), ps->zone_min, &lo) < 0)
		return 0;
	hi = lo + DAY_MS;
	if (len == 7) {
		snprintf(text, sizeof text, "%04u-%02u-01", m == 12 ? y + 1 : y,
			m == 12 ? 1 : m + 1);
		if (time_parse(text, strlen(text), ps->zone_min, &hi) < 0)
			return 0;
	}
	*out = (struct moment){.lo = lo, .hi = hi - 1};
	return 1;
}

static int parse_moment(const struct parser *ps, const struct value *v,
	int ahead, struct moment *out)
{
	const char *s = v->s;
	int64_t t, today = day_start(ps->now_ms, ps->zone_min);
	int plus = s[0] == '+';

	for (size_t i = 0; i < ARRAY_SIZE(day_words); i++)
		if (!strcasecmp(s, day_words[i].word)) {
			t = today + day_words[i].day * DAY_MS;
			*out = (struct moment){t, t + DAY_MS - 1, 0};
			return 0;
		}
	if (!strcasecmp(s, "now")) {
		*out = (struct moment){ps->now_ms, ps->now_ms, 0};
		return 0;
	}
	if (date_moment(ps, s, out))
		return 0;
	if (time_span_parse(s + plus, strlen(s + plus), &t) == 0 && t >= 0 &&
		t < ps->now_ms + INT64_C(4102444800000)) {
		int64_t at = plus || ahead ? ps->now_ms + t : ps->now_ms - t;

		*out = (struct moment){at, at, plus ? 0 : t};
		return 0;
	}
	if (time_parse(s, strlen(s), ps->zone_min, &t) == 0) {
		*out = (struct moment){t, t, 0};
		return 0;
	}
	return query_fail(v->col,
		_("\"%s\" is no time; write 2026-11-21, 2026-11, 2026-11-21T14:30, 2d, 3h, today or yesterday"),
		s);
}

int query_number(const struct value *v, struct moment *out)
{
	const char *p = v->s;
	int neg = *p == '-';
	int64_t n = 0;

	p += neg;
	if (!*p)
		return query_fail(v->col, _("a number is missing"));
	for (; *p; p++) {
		if (*p < '0' || *p > '9' || n > INT64_MAX / 10 - 10)
			return query_fail(v->col,
				_("\"%s\" is no number; write 50, >=50 or 10..50"),
				v->s);
		n = n * 10 + (*p - '0');
	}
	n = neg ? -n : n;
	*out = (struct moment){n, n, 0};
	return 0;
}

static int parse_truth(const struct value *v, struct moment *out)
{
	static const char *const words[] = {
		"no", "yes", "false", "true", "0", "1"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcasecmp(v->s, words[i])) {
			int64_t n = (int64_t)(i & 1);

			*out = (struct moment){n, n, 0};
			return 0;
		}
	return query_fail(v->col, _("\"%s\" is neither yes nor no"), v->s);
}

/* Fields that lie ahead: a span counts forward from now. */
static int is_ahead(const struct field_desc *f)
{
	return f->id == FID_TICKET_DUE ||
	       f->id == FID_CONVERSATION_SNOOZED_UNTIL;
}

int query_point(const struct parser *ps, const struct field_desc *f,
	const struct value *v, struct moment *out)
{
	switch (f->type) {
	case FT_TIME:
		return parse_moment(ps, v, is_ahead(f), out);
	case FT_BOOL:
		return parse_truth(v, out);
	default:
		return query_number(v, out);
	}
}

/* `<2d` is an age: less than two days ago is later than that point. */
static enum query_op turn_op(enum query_op op)
{
	switch (op) {
	case QOP_LT:
		return QOP_GT;
	case QOP_LE:
		return QOP_GE;
	case QOP_GT:
		return QOP_LT;
	case QOP_GE:
		return QOP_LE;
	default:
		return op;
	}
}

int query_bounds(const struct parser *ps, const struct query_node *n,
	enum query_op op, struct moment m, const struct value *v, int64_t *lo,
	int64_t *hi)
{
	if (m.span && !is_ahead(n->field))
		op = turn_op(op);
	*lo = INT64_MIN;
	*hi = INT64_MAX;
	switch (op) {
	case QOP_LT:
		*hi = m.lo - 1;
		break;
	case QOP_LE:
		*hi = m.hi;
		break;
	case QOP_GT:
		*lo = m.hi + 1;
		break;
	case QOP_GE:
		*lo = m.lo;
		break;
	default:
		*lo = m.lo;
		*hi = m.hi;
		if (!m.span)
			break;
		if (m.span % DAY_MS)
			return query_fail(v->col,
				_("\"%s\" alone is one instant; write <%s (less than that ago) or >%s"),
				v->s, v->s, v->s);
		*lo = day_start(m.lo, ps->zone_min);
		*hi = *lo + DAY_MS - 1;
	}
	return 0;
}

/* "10..50", "10..", "..50": 1 when it was one. */
int query_range(
	const struct parser *ps, struct query_node *n, const struct value *v)
{
	const char *dots = strstr(v->s, "..");
	struct value a = {.col = v->col}, b = {.col = v->col};
	struct moment ma = {.lo = INT64_MIN}, mb = {.hi = INT64_MAX};
	int rc;

	if (!dots || v->quoted)
		return 0;
	a.s = arena_strndup(ps->q->arena, v->s, (size_t)(dots - v->s));
	b.s = dots + 2;
	if (!a.s[0] && !b.s[0])
		return query_fail(v->col,
			_("a range needs an end: 10..50, 10.. or ..50"));
	if (a.s[0] && (rc = query_point(ps, n->field, &a, &ma)) < 0)
		return rc;
	if (b.s[0] && (rc = query_point(ps, n->field, &b, &mb)) < 0)
		return rc;
	n->lo = ma.lo;
	n->hi = mb.hi;
	/* 9d..2d: from nine days ago to two days ago, either way round */
	if (n->lo > n->hi) {
		n->lo = mb.lo;
		n->hi = ma.hi;
	}
	return 1;
}

int query_ordered(const struct field_desc *f)
{
	return f->type == FT_INT || f->type == FT_TIME || f->type == FT_BOOL;
}
