/* SPDX-License-Identifier: MIT */
/*
 * Fills the texts of stories: `{name}` and its like, `[this|that]`, `{~hi}`
 * from the phrases, `{day+2d}`, `{num:3-6}`. Choices come from the tale's own
 * chance, so the same seed tells the same.
 */
#include "demo_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "galley/base/mem.h"

struct filler {
	struct demo *d;
	struct d_tale *t;
	struct buf *out;
	int depth;
};

static int is_zh(const struct d_tale *t)
{
	return strncmp(t->lang, "zh", 2) == 0;
}

static const char *agent_name(const struct filler *f, const char *id)
{
	const struct d_block *b =
		id ? block_find(&f->d->script, D_AGENT, id) : NULL;

	if (!b)
		return is_zh(f->t) ? "客服" : "the service desk";
	return block_or(
		b, is_zh(f->t) ? "zh" : "en", block_or(b, "name", b->id));
}

static void put_money(struct buf *out, int64_t minor)
{
	buf_addf(out, "%lld.%02lld", (long long)(minor / 100),
		(long long)(minor % 100));
}

/* "day+2d", "date-1d", "time+2h" around the moment told of. */
static int put_time(struct filler *f, const char *key, size_t len)
{
	static const char *const months[] = {"January", "February", "March",
		"April", "May", "June", "July", "August", "September",
		"October", "November", "December"};
	static const char *const days[] = {"Sunday", "Monday", "Tuesday",
		"Wednesday", "Thursday", "Friday", "Saturday"};
	static const char *const zh_days[] = {
		"日", "一", "二", "三", "四", "五", "六"};
	size_t word = strcspn(key, "+-}");
	int64_t off = 0;
	time_t s;
	struct tm tm;

	if (word < len && span_read(key + word, len - word, &off) < 0)
		return 0;
	s = (time_t)((f->d->now + off + f->d->zone_min * MINUTE) / 1000);
	if (!gmtime_r(&s, &tm))
		return 0;
	if (word == 4 && strncmp(key, "time", 4) == 0)
		buf_addf(f->out, "%02d:%02d", tm.tm_hour, tm.tm_min / 10 * 10);
	else if (word == 7 && strncmp(key, "weekday", 7) == 0)
		buf_addf(f->out, is_zh(f->t) ? "周%s" : "%s",
			is_zh(f->t) ? zh_days[tm.tm_wday] : days[tm.tm_wday]);
	else if (word != 3 || strncmp(key, "day", 3) != 0)
		return 0;
	else if (is_zh(f->t))
		buf_addf(f->out, "%d月%d日", tm.tm_mon + 1, tm.tm_mday);
	else
		buf_addf(f->out, "%d %s", tm.tm_mday, months[tm.tm_mon]);
	return 1;
}

static int put_number(struct filler *f, const char *key, size_t len)
{
	char *end;
	long lo, hi;

	if (len < 5 || strncmp(key, "num:", 4) != 0)
		return 0;
	lo = strtol(key + 4, &end, 10);
	hi = *end == '-' ? strtol(end + 1, NULL, 10) : lo;
	if (hi < lo)
		return 0;
	buf_addf(f->out, "%ld",
		lo + (long)rnd_below(&f->t->rnd, (uint64_t)(hi - lo + 1)));
	return 1;
}

static const char *last_four(struct filler *f)
{
	const char *p = block_or(f->t->customer, "phone", "0000");
	size_t n = strlen(p);

	return n > 4 ? p + n - 4 : p;
}

static const char *plain_value(struct filler *f, const char *key)
{
	const struct d_tale *t = f->t;
	const char *own;

	if (strcmp(key, "product") == 0)
		return block_or(t->product, is_zh(t) ? "zh" : "en", "");
	if (strcmp(key, "model") == 0)
		return t->model ? t->model : "";
	if (strcmp(key, "order") == 0)
		return t->order ? t->order : "";
	if (strcmp(key, "agent") == 0)
		return agent_name(f, t->agent);
	if (strcmp(key, "ticket") == 0)
		return t->ticket ? t->ticket->rid : "";
	if (strcmp(key, "tel4") == 0)
		return last_four(f);
	own = block_get(t->customer, key);
	if (!own && strcmp(key, "mr") == 0)
		own = block_get(t->customer, "name");
	return own;
}

static void fill(struct filler *f, const char *s, size_t len);

static void put_braces(struct filler *f, const char *key, size_t len)
{
	char word[64];
	const char *v;

	if (put_time(f, key, len) || put_number(f, key, len))
		return;
	snprintf(word, sizeof(word), "%.*s", (int)(len < 63 ? len : 63), key);
	if (strcmp(word, "amount") == 0) {
		put_money(f->out, f->t->amount_minor);
		return;
	}
	if (*word == '~' && f->depth < 4) {
		v = phrase(f->d, &f->t->rnd, word + 1, f->t->lang, NULL);
		f->depth++;
		fill(f, v, strlen(v));
		f->depth--;
		return;
	}
	v = plain_value(f, word);
	if (v)
		buf_adds(f->out, v);
	else
		buf_addf(f->out, "{%s}", word);
}

static void put_choice(struct filler *f, const char *s, size_t len)
{
	size_t n = 1, i, pick, from = 0;

	for (i = 0; i < len; i++)
		n += s[i] == '|';
	pick = (size_t)rnd_below(&f->t->rnd, n);
	for (i = 0; i <= len; i++) {
		if (i < len && s[i] != '|')
			continue;
		if (!pick--) {
			fill(f, s + from, i - from);
			return;
		}
		from = i + 1;
	}
}

static void fill(struct filler *f, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		char close = s[i] == '{' ? '}' : s[i] == '[' ? ']' : 0;
		const char *end = close ? memchr(s + i, close, len - i) : NULL;
		size_t n = end ? (size_t)(end - s) - i - 1 : 0;

		if (!end)
			buf_addc(f->out, s[i]);
		else if (close == '}')
			put_braces(f, s + i + 1, n);
		else
			put_choice(f, s + i + 1, n);
		if (end)
			i += n + 1;
	}
}

const char *tell(struct demo *d, struct d_tale *t, const char *pattern)
{
	struct buf b = BUF_INIT;
	struct filler f = {.d = d, .t = t, .out = &b};
	const char *s;

	fill(&f, pattern, strlen(pattern));
	/* a sentence may begin with the name of a thing */
	if (*pattern == '{' && b.len && b.p[0] >= 'a' && b.p[0] <= 'z')
		b.p[0] = (char)(b.p[0] - 'a' + 'A');
	s = arena_strdup(d->world.arena, buf_str(&b));
	buf_fini(&b);
	return s;
}

const char *phrase(struct demo *d, struct rnd *r, const char *id,
	const char *lang, struct d_tale *t)
{
	char *full = xasprintf("%s %s", id, lang);
	const struct d_block *b = block_find(&d->script, D_PHRASE, full);
	const struct d_pair *p;
	uint64_t n = 0;

	free(full);
	for (p = b ? b->pairs : NULL; p; p = p->next)
		n++;
	if (!n)
		return "";
	n = rnd_below(r, n);
	for (p = b->pairs; n; p = p->next)
		n--;
	return t ? tell(d, t, p->value) : p->value;
}
