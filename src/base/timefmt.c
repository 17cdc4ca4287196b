/* SPDX-License-Identifier: MIT */
/*
 * Dates by hand: strptime obeys the locale and mktime the machine's zone, and
 * both would make a backend's date mean something else on another desk. The
 * calendar is the proleptic Gregorian one; a leap second is the one after.
 */
#include "galley/base/timefmt.h"

#include <stdio.h>
#include <string.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"

#define MS_MAX 253402300799999 /* the last of 9999 */

struct cursor {
	const char *p, *end;
};

struct civil {
	int year, month, day, hour, minute, second, ms;
	int zone_min; /* east of UTC */
};

static int peek(const struct cursor *c)
{
	return c->p < c->end ? (unsigned char)*c->p : -1;
}

static int accept(struct cursor *c, char want)
{
	if (peek(c) != (unsigned char)want)
		return 0;
	c->p++;
	return 1;
}

static void blanks(struct cursor *c)
{
	while (peek(c) == ' ' || peek(c) == '\t')
		c->p++;
}

static int is_digit(int ch)
{
	return ch >= '0' && ch <= '9';
}

static int is_alpha(int ch)
{
	return (ch | 0x20) >= 'a' && (ch | 0x20) <= 'z';
}

/* Between `min` and `max` digits (at most 9), not followed by another. */
static int digits(struct cursor *c, int min, int max, int *out)
{
	const char *start = c->p;
	int v = 0;

	while (is_digit(peek(c)) && c->p - start < max)
		v = v * 10 + (*c->p++ - '0');
	if (c->p - start < min)
		return 0;
	*out = v;
	return 1;
}

/* Source of the algorithm: Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms". Days since 1970-01-01. */
static int64_t days_from_civil(int y, int m, int d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void civil_from_days(int64_t days, struct civil *t)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	t->day = (int)(doy - (153 * mp + 2) / 5 + 1);
	t->month = (int)(mp < 10 ? mp + 3 : mp - 9);
	t->year = (int)(yoe + era * 400 + (t->month <= 2));
}

static int days_in_month(int y, int m)
{
	static const int days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (m == 2 && y % 4 == 0 && (y % 100 || y % 400 == 0))
		return 29;
	return days[m - 1];
}

static int to_ms(const struct civil *t, int64_t *out)
{
	int64_t ms;

	if (t->year < 1970 || t->year > 9999 || t->month < 1 || t->month > 12 ||
		t->day < 1 || t->day > days_in_month(t->year, t->month) ||
		t->hour > 23 || t->minute > 59 || t->second > 60)
		return 0;
	ms = days_from_civil(t->year, t->month, t->day) * 86400;
	ms += t->hour * 3600 + t->minute * 60 + t->second - t->zone_min * 60;
	ms = ms * 1000 + t->ms;
	if (ms < 0 || ms > MS_MAX)
		return 0;
	*out = ms;
	return 1;
}

/* ".123456" after the seconds; more than milliseconds is cut off. */
static int fraction(struct cursor *c, int *ms)
{
	int scale = 100;

	*ms = 0;
	if (!accept(c, '.') && !accept(c, ','))
		return 1;
	if (!is_digit(peek(c)))
		return 0;
	for (; is_digit(peek(c)); c->p++, scale /= 10)
		*ms += (*c->p - '0') * scale;
	return 1;
}

/* hh:mm[:ss[.fraction]] */
static int clock_time(struct cursor *c, struct civil *t)
{
	if (!digits(c, 1, 2, &t->hour) || !accept(c, ':') ||
		!digits(c, 2, 2, &t->minute))
		return 0;
	if (!accept(c, ':'))
		return 1;
	return digits(c, 2, 2, &t->second) && fraction(c, &t->ms);
}

/* A word of letters, lower case, cut at the room there is. */
static size_t word(struct cursor *c, char out[12])
{
	size_t n = 0;

	for (; is_alpha(peek(c)); c->p++) {
		if (n < 11)
			out[n++] = (char)(*c->p | 0x20);
	}
	out[n] = '\0';
	return n;
}

static int named_zone(struct cursor *c, int *zone_min)
{
	/* RFC 5322, 4.3; other names mean "unknown", which is UTC */
	static const struct {
		const char *name;
		int min;
	} zones[] = {
		{"z", 0},
		{"utc", 0},
		{"gmt", 0},
		{"ut", 0},
		{"est", -300},
		{"edt", -240},
		{"cst", -360},
		{"cdt", -300},
		{"mst", -420},
		{"mdt", -360},
		{"pst", -480},
		{"pdt", -420},
	};
	char name[12];
	size_t i;

	word(c, name);
	for (i = 0; i < ARRAY_SIZE(zones); i++) {
		if (!strcmp(name, zones[i].name)) {
			*zone_min = zones[i].min;
			return 1;
		}
	}
	return 0;
}

/* Nothing, a name, or +hh[[:]mm]. */
static int zone(struct cursor *c, int *zone_min)
{
	int sign, hours, minutes = 0;

	blanks(c);
	if (is_alpha(peek(c)))
		return named_zone(c, zone_min);
	if (peek(c) != '+' && peek(c) != '-')
		return 1;
	sign = *c->p++ == '-' ? -1 : 1;
	if (!digits(c, 2, 2, &hours))
		return 0;
	if (accept(c, ':') || is_digit(peek(c))) {
		if (!digits(c, 2, 2, &minutes))
			return 0;
	}
	if (hours > 23 || minutes > 59)
		return 0;
	*zone_min = sign * (hours * 60 + minutes);
	return 1;
}

/* YYYY-MM-DD, then "T" or a blank and a time, then a zone. */
static int parse_iso(struct cursor *c, struct civil *t)
{
	if (!digits(c, 4, 4, &t->year) || !accept(c, '-') ||
		!digits(c, 2, 2, &t->month) || !accept(c, '-') ||
		!digits(c, 2, 2, &t->day))
		return 0;
	if (accept(c, 'T') || accept(c, 't'))
		return clock_time(c, t) && zone(c, &t->zone_min);
	blanks(c);
	if (is_digit(peek(c)))
		return clock_time(c, t) && zone(c, &t->zone_min);
	return zone(c, &t->zone_min);
}

static int month_name(struct cursor *c, int *month)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	char name[12];
	size_t i;

	if (word(c, name) < 3)
		return 0;
	for (i = 0; i < 12; i++) {
		if (!strncmp(name, names + 3 * i, 3)) {
			*month = (int)i + 1;
			return 1;
		}
	}
	return 0;
}

/* Two digits are a year as in RFC 5322, 4.3. */
static int year(struct cursor *c, int *out)
{
	const char *start = c->p;

	if (!digits(c, 2, 4, out))
		return 0;
	if (c->p - start == 2)
		*out += *out < 50 ? 2000 : 1900;
	else if (c->p - start == 3)
		*out += 1900;
	return 1;
}

/* "Nov 21 18:43:10 2026", the weekday already read. */
static int parse_asctime(struct cursor *c, struct civil *t)
{
	if (!month_name(c, &t->month))
		return 0;
	blanks(c);
	if (!digits(c, 1, 2, &t->day))
		return 0;
	blanks(c);
	if (!clock_time(c, t))
		return 0;
	blanks(c);
	return digits(c, 4, 4, &t->year) && zone(c, &t->zone_min);
}

/* "21 Nov 2026 18:43:10 +0000" or "21-Nov-26 18:43:10 GMT". */
static int parse_mail_date(struct cursor *c, struct civil *t)
{
	if (!digits(c, 1, 2, &t->day))
		return 0;
	blanks(c);
	accept(c, '-');
	if (!month_name(c, &t->month))
		return 0;
	blanks(c);
	accept(c, '-');
	if (!year(c, &t->year))
		return 0;
	blanks(c);
	return clock_time(c, t) && zone(c, &t->zone_min);
}

static int parse_with_names(struct cursor *c, struct civil *t)
{
	struct cursor start = *c;
	char weekday[12];

	if (is_alpha(peek(c))) {
		word(c, weekday);
		if (accept(c, ','))
			blanks(c);
		else if (peek(c) == ' ')
			blanks(c);
		else
			return 0;
		if (is_alpha(peek(c)))
			return parse_asctime(c, t);
		if (start.p == c->p)
			return 0;
	}
	return parse_mail_date(c, t);
}

static size_t count_digits(const struct cursor *c)
{
	size_t n = 0;

	while (c->p + n < c->end && is_digit((unsigned char)c->p[n]))
		n++;
	return n;
}

static int parse_compact(struct cursor *c, struct civil *t)
{
	return digits(c, 4, 4, &t->year) && digits(c, 2, 2, &t->month) &&
	       digits(c, 2, 2, &t->day) && digits(c, 2, 2, &t->hour) &&
	       digits(c, 2, 2, &t->minute) && digits(c, 2, 2, &t->second);
}

/* Up to 11 digits are seconds (to the year 5138), more are milliseconds. */
static int parse_epoch(struct cursor *c, size_t ndigits, int64_t *out)
{
	int64_t v = 0;
	int ms = 0;

	for (; is_digit(peek(c)); c->p++)
		v = v * 10 + (*c->p - '0');
	if (ndigits <= 11) {
		if (!fraction(c, &ms))
			return 0;
		v = v * 1000 + ms;
	}
	if (v > MS_MAX)
		return 0;
	*out = v;
	return 1;
}

static int parse_any(struct cursor *c, int zone_min, int64_t *out)
{
	struct civil t = {.zone_min = zone_min};
	size_t n = count_digits(c);
	int ok;

	if (n == 4 && c->end - c->p > 4 && c->p[4] == '-')
		ok = parse_iso(c, &t);
	else if (n == 14)
		ok = parse_compact(c, &t) && zone(c, &t.zone_min);
	else if (n && n <= 15 && (c->p + n == c->end || c->p[n] == '.'))
		return parse_epoch(c, n, out);
	else
		ok = parse_with_names(c, &t);
	return ok && to_ms(&t, out);
}

int time_parse(const char *s, size_t len, int zone_min, int64_t *ms_out)
{
	struct cursor c = {s, s + len};
	int64_t ms;

	blanks(&c);
	while (c.end > c.p && (c.end[-1] == ' ' || c.end[-1] == '\t'))
		c.end--;
	if (!parse_any(&c, zone_min, &ms) || c.p != c.end)
		return err_set(E_INPUT, "\"%.*s\" is no date",
			(int)(len < 60 ? len : 60), s);
	*ms_out = ms;
	return 0;
}

int time_parse_http(const char *s, int64_t *ms_out)
{
	struct cursor c = {s, s + strlen(s)};
	struct civil t = {.zone_min = 0};
	char name[12];
	int64_t ms;

	if (word(&c, name) != 3 || !accept(&c, ',') || !accept(&c, ' ') ||
		!digits(&c, 2, 2, &t.day) || !accept(&c, ' ') ||
		!month_name(&c, &t.month) || !accept(&c, ' ') ||
		!digits(&c, 4, 4, &t.year) || !accept(&c, ' ') ||
		!digits(&c, 2, 2, &t.hour) || !accept(&c, ':') ||
		!digits(&c, 2, 2, &t.minute) || !accept(&c, ':') ||
		!digits(&c, 2, 2, &t.second) || strcmp(c.p, " GMT") ||
		!to_ms(&t, &ms))
		return err_set(E_INPUT, "\"%.60s\" is no HTTP date", s);
	*ms_out = ms;
	return 0;
}

static void from_ms(int64_t ms, struct civil *t)
{
	int64_t days, rest;

	if (ms < 0)
		ms = 0;
	if (ms > MS_MAX)
		ms = MS_MAX;
	days = ms / 86400000;
	rest = ms % 86400000;
	civil_from_days(days, t);
	t->hour = (int)(rest / 3600000);
	t->minute = (int)(rest / 60000 % 60);
	t->second = (int)(rest / 1000 % 60);
	t->ms = (int)(rest % 1000);
}

void time_iso(int64_t ms, char out[TIME_ISO_SIZE])
{
	struct civil t;
	int n;

	from_ms(ms, &t);
	n = snprintf(out, TIME_ISO_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d",
		t.year % 10000, t.month % 100, t.day % 100, t.hour % 100,
		t.minute % 100, t.second % 100);
	if (t.ms)
		snprintf(out + n, TIME_ISO_SIZE - (size_t)n, ".%03dZ",
			t.ms % 1000);
	else
		snprintf(out + n, TIME_ISO_SIZE - (size_t)n, "Z");
}

void time_sql(int64_t ms, char out[TIME_ISO_SIZE])
{
	struct civil t;

	from_ms(ms, &t);
	snprintf(out, TIME_ISO_SIZE, "%04d-%02d-%02d %02d:%02d:%02d",
		t.year % 10000, t.month % 100, t.day % 100, t.hour % 100,
		t.minute % 100, t.second % 100);
}

#define SECOND ((int64_t)1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define WEEK   (7 * DAY)
#define YEAR   (365 * DAY)

static int64_t unit_ms(const char *name)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {
		{"ms", 1},
		{"s", SECOND},
		{"sec", SECOND},
		{"m", MINUTE},
		{"min", MINUTE},
		{"h", HOUR},
		{"d", DAY},
		{"w", WEEK},
		{"y", YEAR},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(units); i++) {
		if (!strcmp(name, units[i].name))
			return units[i].ms;
	}
	return 0;
}

/* One number with its unit. */
static int span_part(struct cursor *c, int64_t *sum)
{
	char name[12];
	int64_t unit;
	int v;

	if (count_digits(c) > 9 || !digits(c, 1, 9, &v))
		return 0;
	blanks(c);
	word(c, name);
	unit = unit_ms(name);
	if (!unit || v > MS_MAX / unit)
		return 0;
	*sum += v * unit;
	return *sum <= MS_MAX;
}

int time_span_parse(const char *s, size_t len, int64_t *ms_out)
{
	struct cursor c = {s, s + len};
	int64_t sum = 0;
	int ok;

	do {
		blanks(&c);
		ok = span_part(&c, &sum);
		blanks(&c);
	} while (ok && c.p < c.end);
	if (!ok)
		return err_set(E_INPUT,
			"\"%.*s\" is no time span (such as 90s, 15min, 2d)",
			(int)(len < 60 ? len : 60), s);
	*ms_out = sum;
	return 0;
}

/* The name of the unit, marked; how many of it goes to `n`. */
static const char *span_unit(int64_t ms, long long *n)
{
	static const struct {
		int64_t below, unit;
		const char *name;
	} steps[] = {
		/* TRANSLATORS: right after a number: "24m", within 4 cells */
		{MINUTE, SECOND, NC_("span", "s")},
		{HOUR, MINUTE, NC_("span", "m")},
		{DAY, HOUR, NC_("span", "h")},
		{2 * WEEK, DAY, NC_("span", "d")},
		{YEAR, WEEK, NC_("span", "w")},
		{INT64_MAX, YEAR, NC_("span", "y")},
	};
	size_t i = 0;

	if (ms < 0)
		ms = ms == INT64_MIN ? INT64_MAX : -ms;
	while (i < ARRAY_SIZE(steps) - 1 && ms >= steps[i].below)
		i++;
	/* The remainder is for the compiler: 2^63 ms are 9 digits of years. */
	*n = (long long)(ms / steps[i].unit % 1000000000);
	return steps[i].name;
}

void time_span(int64_t ms, char out[16])
{
	long long n;
	const char *unit = strchr(span_unit(ms, &n), '\004') + 1;

	snprintf(out, 16, "%lld%s", n, unit);
}

void time_span_said(int64_t ms, char out[TIME_SAID_SIZE])
{
	long long n;
	const char *unit = i18n_in(span_unit(ms, &n));

	snprintf(out, TIME_SAID_SIZE, "%lld%s", n, unit);
}
