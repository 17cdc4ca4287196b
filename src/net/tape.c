/* SPDX-License-Identifier: MIT */
/*
 * Record and replay: one exchange a line, JSON, for fixtures and bug reports.
 * What is written has been through the redactor: headers and parameters whose
 * name says that they are secret lose their value, live secrets lose theirs
 * everywhere. Replay compares in the redacted form, so a tape answers whoever
 * holds other secrets.
 *
 *	{"method","url","headers":[],"body","fault","status",
 *	 "answer_headers","answer","error"}
 *
 * Bytes that are no UTF-8 are written as hex: "body_hex", "answer_hex".
 */
#include "net_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "galley/base/i18n.h"
#include "galley/base/json.h"
#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/base/utf8.h"

#define TAPE_MAX_BYTES ((size_t)256 << 20)
#define HIDDEN	       "[redacted]"

struct exchange {
	struct exchange *next;
	struct json_doc *doc;
	char *key; /* method, url and body, redacted */
	size_t key_len;
	int used;
};

struct tape {
	int fd; /* -1: a replay */
	struct exchange *first;
};

static const char *const faults[] = {
	[NET_OK] = "ok",
	[NET_NOT_SENT] = "not-sent",
	[NET_LOST] = "lost",
	[NET_TOO_BIG] = "too-big",
	[NET_BAD_TLS] = "bad-tls",
	[NET_REDIRECT] = "redirect",
	[NET_CANCELLED] = "cancelled",
};

/* --- redaction --- */

static int contains(const char *s, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= len; i++) {
		if (!strncasecmp(s + i, word, n))
			return 1;
	}
	return 0;
}

int tape_is_secret_name(const char *name, size_t len)
{
	static const char *const words[] = {"auth", "cookie", "token", "key",
		"secret", "password", "passwd", "session", "signature"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (contains(name, len, words[i]))
			return 1;
	}
	return len == 4 && !strncasecmp(name, "pass", 4);
}

/* "a=1&token=x&b=2" -> "a=1&token=[redacted]&b=2" */
static void hide_params(struct buf *out, const char *s, size_t len)
{
	while (len) {
		const char *amp = memchr(s, '&', len);
		size_t n = amp ? (size_t)(amp - s) : len;
		const char *eq = memchr(s, '=', n);

		if (eq && tape_is_secret_name(s, (size_t)(eq - s))) {
			buf_add(out, s, (size_t)(eq - s) + 1);
			buf_adds(out, HIDDEN);
		} else {
			buf_add(out, s, n);
		}
		if (amp) {
			buf_addc(out, '&');
			n++;
		}
		s += n;
		len -= n;
	}
}

static void hide_live(struct buf *b)
{
	struct buf out = BUF_INIT;

	redact(&out, buf_str(b), b->len, 0);
	buf_fini(b);
	*b = out;
}

static void hide_url(struct buf *out, const char *url)
{
	const char *query = strchr(url, '?');

	if (!query) {
		buf_adds(out, url);
	} else {
		buf_add(out, url, (size_t)(query - url) + 1);
		hide_params(out, query + 1, strlen(query + 1));
	}
	hide_live(out);
}

/* One "Name: value" without a line end. */
static void hide_header(struct buf *out, const char *h, size_t len)
{
	const char *colon = memchr(h, ':', len);
	const char *query = memchr(h, '?', len);

	if (colon && tape_is_secret_name(h, (size_t)(colon - h))) {
		buf_add(out, h, (size_t)(colon - h));
		buf_adds(out, ": " HIDDEN);
	} else if (query && !strncasecmp(h, "location:", 9)) {
		query++;
		buf_add(out, h, (size_t)(query - h));
		hide_params(out, query, len - (size_t)(query - h));
	} else {
		buf_add(out, h, len);
	}
}

static void hide_header_lines(struct buf *out, const char *lines)
{
	while (*lines) {
		const char *eol = strchrnul(lines, '\n');

		hide_header(out, lines, (size_t)(eol - lines));
		buf_addc(out, '\n');
		lines = *eol ? eol + 1 : eol;
	}
	hide_live(out);
}

static int is_form(const struct xfer *x)
{
	for (size_t i = 0; x->headers[i]; i++) {
		if (!strncasecmp(x->headers[i], "content-type:", 13) &&
			strcasestr(x->headers[i], "x-www-form-urlencoded"))
			return 1;
	}
	return 0;
}

static void hide_body(struct buf *out, const struct xfer *x)
{
	if (is_form(x))
		hide_params(out, x->body, x->body_len);
	else if (x->body_len)
		buf_add(out, x->body, x->body_len);
	hide_live(out);
}

/* --- writing --- */

static int is_text(const char *s, size_t len)
{
	return !memchr(s, '\0', len) && utf8_valid(s, len);
}

static void put_bytes(struct jw *w, const char *key, const char *s, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	struct buf hex = BUF_INIT;
	char *name;

	if (is_text(s, len)) {
		jw_key(w, key);
		jw_strn(w, s, len);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		buf_addc(&hex, digits[(unsigned char)s[i] >> 4]);
		buf_addc(&hex, digits[(unsigned char)s[i] & 15]);
	}
	name = xasprintf("%s_hex", key);
	jw_kstr(w, name, buf_str(&hex));
	free(name);
	buf_fini(&hex);
}

static void put_request(struct jw *w, const struct xfer *x)
{
	struct buf b = BUF_INIT;

	jw_kstr(w, "method", x->method);
	hide_url(&b, x->url);
	jw_kstr(w, "url", buf_str(&b));
	jw_key(w, "headers");
	jw_arr(w);
	for (size_t i = 0; x->headers[i]; i++) {
		buf_reset(&b);
		hide_header(&b, x->headers[i], strlen(x->headers[i]));
		hide_live(&b);
		jw_str(w, buf_str(&b));
	}
	jw_arr_end(w);
	buf_reset(&b);
	hide_body(&b, x);
	put_bytes(w, "body", buf_str(&b), b.len);
	buf_fini(&b);
}

static void put_answer(struct jw *w, const struct net_resp *r)
{
	struct buf b = BUF_INIT;

	jw_kstr(w, "fault", faults[r->fault]);
	jw_kint(w, "status", r->status);
	hide_header_lines(&b, r->headers ? r->headers : "");
	jw_kstr(w, "answer_headers", buf_str(&b));
	buf_reset(&b);
	if (is_text(r->body, r->body_len)) {
		redact(&b, r->body, r->body_len, 0);
		put_bytes(w, "answer", buf_str(&b), b.len);
	} else {
		put_bytes(w, "answer", r->body, r->body_len);
	}
	jw_kstr(w, "error", r->error);
	if (r->location) {
		buf_reset(&b);
		hide_url(&b, r->location);
		jw_kstr(w, "location", buf_str(&b));
	}
	buf_fini(&b);
}

void tape_write(struct tape *t, const struct xfer *x)
{
	struct buf line = BUF_INIT;
	struct jw w;

	jw_init(&w, &line);
	jw_obj(&w);
	put_request(&w, x);
	put_answer(&w, &x->resp);
	jw_obj_end(&w);
	buf_addc(&line, '\n');
	/* a tape that cannot be written is no reason to lose an answer */
	for (size_t off = 0; off < line.len;) {
		ssize_t k = write(t->fd, line.p + off, line.len - off);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0) {
			log_warn("net", "cannot record: %s",
				strerrordesc_np(errno));
			break;
		}
		off += (size_t)k;
	}
	buf_fini(&line);
}

int tape_record(const char *path, struct tape **out)
{
	int fd = open(path,
		O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC |
			O_NOFOLLOW,
		0600);

	if (fd < 0)
		return err_set(E_DISK, _("%s cannot be written: %s"), path,
			strerrordesc_np(errno));
	*out = xcalloc(1, sizeof(**out));
	(*out)->fd = fd;
	return 0;
}

/* --- reading --- */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* `key` or `key`_hex of an exchange, appended. */
static int get_bytes(const struct json *o, const char *key, struct buf *out)
{
	char *name = xasprintf("%s_hex", key);
	const char *s = json_get_str(o, key);
	const char *hex = json_get_str(o, name);

	free(name);
	if (s)
		buf_adds(out, s);
	for (; !s && hex && hex[0]; hex += 2) {
		int hi = hex_value(hex[0]);
		int lo = hi < 0 ? -1 : hex_value(hex[1]);

		if (lo < 0)
			return err_set(E_INPUT, _("%s is not hex"), key);
		buf_addc(out, (char)(hi << 4 | lo));
	}
	return 0;
}

static void key_start(struct buf *k, const char *method, const char *url)
{
	buf_adds(k, method);
	buf_addc(k, ' ');
	buf_adds(k, url);
	buf_addc(k, '\n');
}

static int fault_of(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(faults); i++) {
		if (!strcmp(faults[i], name))
			return (int)i;
	}
	return -1;
}

static int exchange_check(const struct json *o, struct buf *key)
{
	const char *method = json_get_str(o, "method");
	const char *url = json_get_str(o, "url");
	struct buf answer = BUF_INIT;
	int err;

	if (!method || !url)
		return err_set(E_INPUT, _("method or url is missing"));
	if (fault_of(json_get_str(o, "fault")) < 0)
		return err_set(E_INPUT, _("fault is missing or unknown"));
	key_start(key, method, url);
	err = get_bytes(o, "body", key);
	if (!err)
		err = get_bytes(o, "answer", &answer);
	buf_fini(&answer);
	return err;
}

static int exchange_read(const char *line, size_t len, struct exchange **out)
{
	struct json_limits lim = json_limits_wire;
	struct json_doc *doc;
	struct buf key = BUF_INIT;
	int err;

	lim.size_bytes = TAPE_MAX_BYTES;
	err = json_parse(line, len, &lim, &doc);
	if (err)
		return err;
	err = exchange_check(json_root(doc), &key);
	if (err) {
		buf_fini(&key);
		json_free(doc);
		return err;
	}
	*out = xcalloc(1, sizeof(**out));
	(*out)->doc = doc;
	(*out)->key_len = key.len;
	(*out)->key = buf_take(&key);
	return 0;
}

static int tape_read(struct tape *t, const char *path, const char *s)
{
	struct exchange **end = &t->first;

	for (int line = 1; *s; line++) {
		const char *eol = strchrnul(s, '\n');

		if (eol != s) {
			int err = exchange_read(s, (size_t)(eol - s), end);

			if (err)
				return err_ctx("%s:%d", path, line);
			end = &(*end)->next;
		}
		s = *eol ? eol + 1 : eol;
	}
	return 0;
}

int tape_replay(const char *path, struct tape **out)
{
	struct tape *t;
	char *text;
	size_t len;
	int err = file_read(path, TAPE_MAX_BYTES, &text, &len);

	if (err)
		return err;
	t = xcalloc(1, sizeof(*t));
	t->fd = -1;
	err = tape_read(t, path, text);
	free(text);
	if (err) {
		tape_free(t);
		return err;
	}
	*out = t;
	return 0;
}

void tape_free(struct tape *t)
{
	if (!t)
		return;
	while (t->first) {
		struct exchange *e = t->first;

		t->first = e->next;
		json_free(e->doc);
		free(e->key);
		free(e);
	}
	if (t->fd >= 0)
		close(t->fd);
	free(t);
}

static struct exchange *find(struct tape *t, const struct xfer *x)
{
	struct exchange *e = t->first;
	struct buf key = BUF_INIT, url = BUF_INIT, body = BUF_INIT;

	hide_url(&url, x->url);
	key_start(&key, x->method, buf_str(&url));
	hide_body(&body, x);
	buf_add(&key, buf_str(&body), body.len);
	while (e && (e->used || e->key_len != key.len ||
			    memcmp(e->key, key.p, key.len)))
		e = e->next;
	buf_fini(&url);
	buf_fini(&body);
	buf_fini(&key);
	return e;
}

void tape_answer(struct tape *t, struct xfer *x)
{
	struct exchange *e = find(t, x);
	const struct json *o;
	const char *error, *headers;

	if (!e) {
		fault_set(&x->resp, NET_NOT_SENT,
			xasprintf(_("the recording has no answer to this %s "
				    "request to %s"),
				x->method, x->where));
		xfer_take_answer(x, NULL);
		return;
	}
	e->used = 1;
	o = json_root(e->doc);
	error = json_get_str(o, "error");
	headers = json_get_str(o, "answer_headers");
	fault_set(&x->resp, (enum net_fault)fault_of(json_get_str(o, "fault")),
		xstrdup_null(error));
	x->sink.status = (int)json_get_int(o, "status", 0);
	buf_adds(&x->sink.headers, headers ? headers : "");
	if (get_bytes(o, "answer", &x->sink.body))
		fault_set(&x->resp, NET_LOST, xstrdup(err_msg()));
	xfer_take_answer(x, json_get_str(o, "location"));
}
