/* SPDX-License-Identifier: MIT */
/*
 * The input of the filters: one object with what applies to the request or the
 * answer at hand (galley-connector(5) lists the members). The body is added by
 * the mapping process, which parses it. No secret gets in here.
 */
#include "interp_priv.h"

#include <stdlib.h>
#include <string.h>
#include "galley/base/mem.h"

/* Times are epoch seconds inside filters, as jq has them. */
static void put_seconds(struct jw *w, const char *key, int64_t ms)
{
	char *s = xasprintf(
		"%lld.%03d", (long long)(ms / 1000), (int)(ms % 1000));

	jw_key(w, key);
	jw_raw(w, s);
	free(s);
}

static void put_raw(struct jw *w, const char *key, const char *json)
{
	jw_key(w, key);
	if (json && *json)
		jw_raw(w, json);
	else
		jw_null(w);
}

static void put_cursor(
	struct jw *w, const struct interp *c, const struct pending *p)
{
	enum cursor_type t = p->ask == ASK_PULL
				     ? c->m->stream_desc[p->job.stream].cursor
				     : CUR_NONE;
	char *end;
	long long ms;

	if (p->cursor && (t == CUR_TIME || t == CUR_CLOCK)) {
		ms = strtoll(p->cursor, &end, 10);
		if (end != p->cursor && !*end && ms >= 0) {
			put_seconds(w, "cursor", ms);
			return;
		}
	}
	jw_kstr(w, "cursor", p->cursor);
}

static void put_keys(struct jw *w, const struct pending *p)
{
	jw_kstr(w, "key", p->job.n_keys ? p->job.keys[0] : NULL);
	jw_key(w, "keys");
	jw_arr(w);
	for (int i = 0; i < p->job.n_keys; i++)
		jw_str(w, p->job.keys[i]);
	jw_arr_end(w);
}

static void put_op(struct jw *w, const struct pending *p)
{
	jw_kstr(w, "op", p->op_uid);
	jw_kstr(w, "kind", op_desc(p->job.op->kind)->name);
	jw_kstr(w, "target", p->target);
	jw_kstr(w, "version", p->job.target_version);
	put_raw(w, "args", p->args);
	put_raw(w, "base", p->base);
	put_raw(w, "row", p->job.row);
	put_seconds(w, "sent_at", p->sent_ms);
}

/* "name: value\n" lines to an object; a name that comes again is joined. */
static void put_headers(struct jw *w, const struct net_resp *resp)
{
	struct arena *a = arena_new();
	const char *name[128], *value[128];
	int n = 0;

	for (const char *s = resp->headers; s && *s && n < 128;) {
		size_t line = strcspn(s, "\n");
		const char *colon = memchr(s, ':', line);

		if (colon) {
			char *key = arena_strndup(a, s, (size_t)(colon - s));
			char *v;
			int i = 0;

			colon++;
			colon += *colon == ' ';
			v = arena_strndup(a, colon, line - (size_t)(colon - s));
			while (i < n && strcmp(name[i], key) != 0)
				i++;
			value[i] =
				i < n ? arena_printf(a, "%s, %s", value[i], v)
				      : v;
			name[i] = key;
			n += i == n;
		}
		s += line + (s[line] == '\n');
	}
	jw_key(w, "headers");
	jw_obj(w);
	for (int i = 0; i < n; i++)
		jw_kstr(w, name[i], value[i]);
	jw_obj_end(w);
	arena_free(a);
}

char *meta_of(const struct interp *c, const struct pending *p,
	const struct net_resp *resp)
{
	struct buf b = BUF_INIT;
	struct jw w;

	jw_init(&w, &b);
	jw_obj(&w);
	put_raw(&w, "cfg", c->cfg);
	/* a probe's later steps see what its earlier ones have saved */
	put_raw(&w, "saved", p->r.saved ? p->r.saved : c->saved);
	jw_kstr(&w, "me", p->r.me ? p->r.me : c->me);
	put_seconds(&w, "now", clock_now_ms(c->clock));
	jw_kbool(&w, "is_any", 1);
	jw_kbool(&w, "is_read", !ask_is_write(p));
	jw_kbool(&w, "is_write", ask_is_write(p));
	put_cursor(&w, c, p);
	jw_kstr(&w, "page", p->page);
	if (page_limit(c, p))
		jw_kint(&w, "limit", page_limit(c, p));
	put_keys(&w, p);
	if (p->job.op)
		put_op(&w, p);
	if (resp) {
		jw_kint(&w, "status", resp->status);
		put_headers(&w, resp);
	}
	jw_obj_end(&w);
	return buf_take(&b);
}
