/* SPDX-License-Identifier: MIT */
/*
 * The section [notices] and its quiet hours. Minutes are those of the person's
 * zone; a span that ends before it begins goes over midnight and belongs to the
 * day on which it begins.
 */
#include "galley/app/notices.h"

#include <string.h>
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/ui/term.h"

#define DAY_MIN	 1440
#define ALL_DAYS 0x7fu

static const char *const abouts[ABOUT_COUNT] = {
	[ABOUT_CALL] = "call",
	[ABOUT_MESSAGE] = "message",
	[ABOUT_PROMISE] = "promise",
	[ABOUT_HELD] = "held",
	[ABOUT_SYNC] = "sync",
};

void notices_default(struct notices *n)
{
	*n = (struct notices){
		.how = {[ABOUT_CALL] = ALERT_BELL | ALERT_DESKTOP | ALERT_MARK,
			[ABOUT_MESSAGE] = ALERT_DESKTOP | ALERT_MARK,
			[ABOUT_PROMISE] = ALERT_DESKTOP | ALERT_MARK,
			[ABOUT_HELD] = ALERT_BELL | ALERT_MARK,
			[ABOUT_SYNC] = ALERT_MARK},
	};
}

const char *notices_keys(void)
{
	return "call, message, promise, held, sync, quiet, desktop";
}

/* The next word of a list; its length, 0 at the end. */
static size_t word(const char **p, const char *between)
{
	*p += strspn(*p, between);
	return strcspn(*p, between);
}

static const struct {
	const char *name;
	unsigned bit;
} ways[] = {{"none", 0}, {"bell", ALERT_BELL}, {"desktop", ALERT_DESKTOP},
	{"mark", ALERT_MARK}};

static int set_how(unsigned *out, const char *v)
{
	unsigned how = 0;
	size_t n, i;

	for (; (n = word(&v, " \t,")); v += n) {
		for (i = 0; i < ARRAY_SIZE(ways); i++)
			if (strlen(ways[i].name) == n &&
				!strncmp(v, ways[i].name, n))
				break;
		if (i == ARRAY_SIZE(ways))
			return err_set(E_CONFIG,
				_("write bell, desktop and mark, or none"));
		how |= ways[i].bit;
	}
	*out = how;
	return 0;
}

static const char *const by_names[] = {[NOTIFY_AUTO] = "auto",
	[NOTIFY_NONE] = "none",
	[NOTIFY_OSC9] = "osc9",
	[NOTIFY_OSC777] = "osc777",
	[NOTIFY_OSC99] = "osc99"};

static int set_by(int *out, const char *v)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(by_names); i++)
		if (!strcmp(v, by_names[i])) {
			*out = (int)i;
			return 0;
		}
	return err_set(
		E_CONFIG, _("desktop is auto, none, osc9, osc777 or osc99"));
}

/* --- quiet hours ---------------------------------------------------------- */

static int day_of(const char *s)
{
	static const char days[] = "sunmontuewedthufrisat";
	int i;

	for (i = 0; i < 7; i++)
		if (!strncmp(s, days + 3 * i, 3))
			return i;
	return -1;
}

/* "mon-fri", "sat": bits; 0 when it is no such thing. */
static unsigned days_of(const char *s, size_t len)
{
	int from = len == 3 || len == 7 ? day_of(s) : -1, to = from, i;
	unsigned bits = 0;

	if (len == 7)
		to = s[3] == '-' ? day_of(s + 4) : -1;
	if (from < 0 || to < 0)
		return 0;
	for (i = from;; i = (i + 1) % 7) {
		bits |= 1u << i;
		if (i == to)
			return bits;
	}
}

/* "07:30": minutes, -1 wrong. */
static int time_of(const char *s)
{
	int h, m;

	if (strspn(s, "0123456789:") < 5 || s[2] != ':' || s[0] == ':' ||
		s[1] == ':' || s[3] == ':' || s[4] == ':')
		return -1;
	h = (s[0] - '0') * 10 + s[1] - '0';
	m = (s[3] - '0') * 10 + s[4] - '0';
	return h > 24 || m > 59 || (h == 24 && m) ? -1 : h * 60 + m;
}

static int bad_quiet(void)
{
	return err_set(E_CONFIG,
		_("write quiet hours as 22:00-07:00 or sat-sun 00:00-24:00, "
		  "several with commas"));
}

/* "[days] from-to" of `len` bytes. */
static int one_quiet(struct notices *n, const char *s, size_t len)
{
	const char *end = s + len;
	struct quiet q = {.days = ALL_DAYS};
	size_t w = word(&s, " \t,");

	if (n->n_quiet == MAX_QUIET)
		return err_set(
			E_CONFIG, _("more than %d quiet spans"), MAX_QUIET);
	if (s + w < end && w != 11) {
		q.days = days_of(s, w);
		s += w;
		w = word(&s, " \t,");
	}
	if (s + 11 > end || !q.days || s[5] != '-')
		return bad_quiet();
	q.from_min = time_of(s);
	q.to_min = time_of(s + 6);
	s += 11;
	s += strspn(s, " \t");
	if (q.from_min < 0 || q.to_min < 0 || s < end)
		return bad_quiet();
	n->quiet[n->n_quiet++] = q;
	return 0;
}

static int set_quiet(struct notices *n, const char *v)
{
	size_t len;
	int rc = 0;

	n->n_quiet = 0;
	for (; rc == 0 && (len = word(&v, ",")); v += len)
		rc = one_quiet(n, v, len);
	return rc;
}

int notices_set(struct notices *n, const char *key, const char *value)
{
	int i;

	if (!strcmp(key, "quiet"))
		return set_quiet(n, value);
	if (!strcmp(key, "desktop"))
		return set_by(&n->by, value);
	for (i = 1; i < ABOUT_COUNT; i++)
		if (!strcmp(key, abouts[i]))
			return set_how(&n->how[i], value);
	return err_set(E_NOTFOUND, "no key \"%s\"", key);
}

static const char days_en[] = "sun\0mon\0tue\0wed\0thu\0fri\0sat";

/* Days one after another, over Saturday too. */
static void print_days(unsigned days, struct buf *out)
{
	int from = 0, to;

	if (days == ALL_DAYS)
		return;
	while (!(days & 1u << from) || (days & 1u << (from + 6) % 7))
		from++;
	for (to = from; days & 1u << (to + 1) % 7; to = (to + 1) % 7)
		;
	buf_adds(out, days_en + 4 * from);
	if (to != from)
		buf_addf(out, "-%s", days_en + 4 * to);
	buf_addc(out, ' ');
}

static void print_quiet(const struct notices *n, struct buf *out)
{
	int i;

	for (i = 0; i < n->n_quiet; i++) {
		const struct quiet *q = &n->quiet[i];

		buf_adds(out, i ? ", " : "");
		print_days(q->days, out);
		buf_addf(out, "%02d:%02d-%02d:%02d", q->from_min / 60,
			q->from_min % 60, q->to_min / 60, q->to_min % 60);
	}
}

void notices_print(const struct notices *n, const char *key, struct buf *out)
{
	const char *between = "";
	size_t i, k;

	if (!strcmp(key, "quiet"))
		print_quiet(n, out);
	else if (!strcmp(key, "desktop"))
		buf_adds(out, by_names[n->by]);
	for (i = 1; i < ABOUT_COUNT; i++) {
		if (strcmp(key, abouts[i]) != 0)
			continue;
		for (k = 1; k < ARRAY_SIZE(ways); k++)
			if (n->how[i] & ways[k].bit) {
				buf_addf(out, "%s%s", between, ways[k].name);
				between = " ";
			}
		if (!n->how[i])
			buf_adds(out, ways[0].name);
	}
}

static int is_quiet(const struct notices *n, int64_t min)
{
	int64_t day = min / DAY_MIN; /* since 1970-01-01, a Thursday */
	int now = (int)(min % DAY_MIN), i;
	unsigned today = 1u << (day + 4) % 7, before = 1u << (day + 3) % 7;

	for (i = 0; i < n->n_quiet; i++) {
		const struct quiet *q = &n->quiet[i];

		if (q->from_min < q->to_min) {
			if ((q->days & today) && now >= q->from_min &&
				now < q->to_min)
				return 1;
		} else if (((q->days & today) && now >= q->from_min) ||
			   ((q->days & before) && now < q->to_min)) {
			return 1;
		}
	}
	return 0;
}

unsigned notices_how(
	const struct notices *n, enum about a, int64_t now_ms, int zone_min)
{
	unsigned how = n->how[a];

	if (is_quiet(n, now_ms / 60000 + zone_min))
		how &= ALERT_MARK;
	return how;
}
