/* SPDX-License-Identifier: MIT */
/*
 * When to ask again: the server's Retry-After, a token bucket and a backoff
 * with jitter. Only arithmetic: the caller brings clock and randomness, and
 * decides whether asking again is allowed at all.
 * Retry-After: RFC 9110, 10.2.3. Jitter: AWS Architecture Blog, "Exponential
 * Backoff and Jitter", with half the base as a floor.
 */
#include "net_priv.h"

#include <assert.h>
#include <string.h>

#include "galley/base/rnd.h"
#include "galley/base/timefmt.h"

static int64_t clamp_wait(int64_t ms)
{
	if (ms < 0)
		return 0;
	return ms > NET_RETRY_AFTER_MAX_MS ? NET_RETRY_AFTER_MAX_MS : ms;
}

int64_t retry_after_parse(const char *value, int64_t server_now_ms)
{
	int64_t at, s = 0;
	const char *p = value;

	for (; *p >= '0' && *p <= '9'; p++) {
		if (s < NET_RETRY_AFTER_MAX_MS)
			s = s * 10 + (*p - '0');
	}
	if (p != value && !*p)
		return clamp_wait(s > NET_RETRY_AFTER_MAX_MS / 1000
					  ? NET_RETRY_AFTER_MAX_MS
					  : s * 1000);
	if (time_parse_http(value, &at))
		return -1;
	return clamp_wait(at - server_now_ms);
}

void resp_read_times(struct net_resp *r, int64_t now_ms)
{
	struct buf b = BUF_INIT;
	const char *v;
	int64_t ms;

	r->date_ms = 0;
	r->retry_after_ms = -1;
	v = net_header(r, "date", &b);
	if (v && !time_parse_http(v, &ms))
		r->date_ms = ms;
	v = net_header(r, "retry-after", &b);
	if (v)
		r->retry_after_ms =
			retry_after_parse(v, r->date_ms ? r->date_ms : now_ms);
	buf_fini(&b);
}

#define NEVER INT64_MIN

void bucket_init(struct bucket *b, int n, int64_t per_ms)
{
	assert(n > 0 && per_ms > 0);
	*b = (struct bucket){
		.tokens = n,
		.cap = n,
		.per_ms = (double)n / (double)per_ms,
		.last_ms = NEVER,
	};
}

int64_t bucket_take(struct bucket *b, int64_t mono_ms)
{
	double wait;
	int64_t ms;

	if (b->last_ms != NEVER && mono_ms > b->last_ms) {
		b->tokens += (double)(mono_ms - b->last_ms) * b->per_ms;
		if (b->tokens > b->cap)
			b->tokens = b->cap;
	}
	if (b->last_ms == NEVER || mono_ms > b->last_ms)
		b->last_ms = mono_ms;
	/* a hair of tolerance: n additions of 1/n are not quite 1 */
	if (b->tokens >= 1.0 - 1e-9) {
		b->tokens -= 1.0;
		return 0;
	}
	wait = (1.0 - b->tokens) / b->per_ms;
	ms = (int64_t)wait;
	return (double)ms + 1e-6 < wait ? ms + 1 : ms;
}

int64_t backoff_ms(struct rnd *r, int attempt, int64_t base_ms, int64_t cap_ms)
{
	int64_t top = base_ms, low = base_ms / 2;

	assert(base_ms > 0 && cap_ms > 0);
	for (int i = 0; i < attempt && top < cap_ms; i++)
		top = top > cap_ms / 2 ? cap_ms : top * 2;
	if (top > cap_ms)
		top = cap_ms;
	if (low > top)
		low = top;
	return low + (int64_t)rnd_below(r, (uint64_t)(top - low) + 1);
}
