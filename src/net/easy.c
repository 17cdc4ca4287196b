/* SPDX-License-Identifier: MIT */
/*
 * The options of one transfer. Everything that libcurl would do on its own
 * account is switched off here: redirects, proxies, netrc, authentication,
 * Expect, other protocols, sending a request a second time.
 *
 * A write is guarded four times against the last: a connection that was never
 * used before (libcurl repeats a request only on a used one), no reuse after,
 * a body reader that cannot be rewound, and a call right before sending that
 * refuses the second one.
 */
#include "net_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"

/* The first option that libcurl refuses is a defect of the build. */
#define SET(x, rc, option, value)                                              \
	do {                                                                   \
		CURLcode set_rc_ = curl_easy_setopt((x)->easy, option, value); \
		if (set_rc_ != CURLE_OK && *(rc) == CURLE_OK)                  \
			*(rc) = set_rc_;                                       \
	} while (0)

static int on_begin(
	void *u, char *peer, char *local, int peer_port, int local_port)
{
	struct xfer *x = u;

	(void)peer;
	(void)local;
	(void)peer_port;
	(void)local_port;
	socks_take(x);
	if (x->begun++ && x->is_write)
		return CURL_PREREQFUNC_ABORT;
	return CURL_PREREQFUNC_OK;
}

/* Hands the body out once; there is no way back to its start. */
static size_t on_read(char *p, size_t size, size_t n, void *u)
{
	struct xfer *x = u;
	size_t left = x->body_len - x->body_off;
	size_t take = size * n < left ? size * n : left;

	if (take)
		memcpy(p, x->body + x->body_off, take);
	x->body_off += take;
	return take;
}

static void set_limits(struct xfer *x, CURLcode *rc)
{
	SET(x, rc, CURLOPT_PROTOCOLS_STR,
		strncmp(x->url, "https:", 6) ? "http" : "https");
	SET(x, rc, CURLOPT_REDIR_PROTOCOLS_STR, "https");
	SET(x, rc, CURLOPT_FOLLOWLOCATION, 0L);
	SET(x, rc, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(x, rc, CURLOPT_PATH_AS_IS, 1L);
	SET(x, rc, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(x, rc, CURLOPT_HTTP09_ALLOWED, 0L);
	SET(x, rc, CURLOPT_PROXY, "");
	SET(x, rc, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(x, rc, CURLOPT_NOSIGNAL, 1L);
	/* a name server that hangs must not hold up the loop */
	SET(x, rc, CURLOPT_QUICK_EXIT, 1L);
	SET(x, rc, CURLOPT_NOPROGRESS, 1L);
	SET(x, rc, CURLOPT_CONNECTTIMEOUT_MS, (long)NET_CONNECT_TIMEOUT_MS);
	SET(x, rc, CURLOPT_TCP_KEEPALIVE, 1L);
	SET(x, rc, CURLOPT_BUFFERSIZE, (long)NET_BUFFER_BYTES);
}

static void set_tls(struct xfer *x, CURLcode *rc)
{
	SET(x, rc, CURLOPT_SSL_VERIFYPEER, 1L);
	SET(x, rc, CURLOPT_SSL_VERIFYHOST, 2L);
	SET(x, rc, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (x->ca_file) {
		SET(x, rc, CURLOPT_CAINFO, x->ca_file);
		/* that file only, not the system's directory besides */
		SET(x, rc, CURLOPT_CAPATH, NULL);
	}
}

static void set_callbacks(struct xfer *x, CURLcode *rc)
{
	SET(x, rc, CURLOPT_PRIVATE, (void *)x);
	SET(x, rc, CURLOPT_ERRORBUFFER, x->errbuf);
	SET(x, rc, CURLOPT_PREREQFUNCTION, on_begin);
	SET(x, rc, CURLOPT_PREREQDATA, (void *)x);
	SET(x, rc, CURLOPT_HEADERFUNCTION, sink_on_header);
	SET(x, rc, CURLOPT_HEADERDATA, (void *)&x->sink);
	SET(x, rc, CURLOPT_WRITEFUNCTION, sink_on_body);
	SET(x, rc, CURLOPT_WRITEDATA, (void *)&x->sink);
}

static void set_read(struct xfer *x, CURLcode *rc)
{
	SET(x, rc, CURLOPT_HTTPGET, 1L);
	if (!strcmp(x->method, "HEAD"))
		SET(x, rc, CURLOPT_NOBODY, 1L);
	SET(x, rc, CURLOPT_ACCEPT_ENCODING, "gzip");
}

static void set_write(struct xfer *x, CURLcode *rc)
{
	if (x->body_len || strcmp(x->method, "DELETE")) {
		SET(x, rc, CURLOPT_POST, 1L);
		SET(x, rc, CURLOPT_POSTFIELDSIZE_LARGE,
			(curl_off_t)x->body_len);
		SET(x, rc, CURLOPT_READFUNCTION, on_read);
		SET(x, rc, CURLOPT_READDATA, (void *)x);
	} else {
		SET(x, rc, CURLOPT_HTTPGET, 1L);
	}
	SET(x, rc, CURLOPT_CUSTOMREQUEST, x->method);
	SET(x, rc, CURLOPT_FRESH_CONNECT, 1L);
	SET(x, rc, CURLOPT_FORBID_REUSE, 1L);
	SET(x, rc, CURLOPT_ACCEPT_ENCODING, "identity");
}

/* --- headers --- */

/* Framing is ours; a caller who sets it wants to smuggle or is mistaken. */
static const char *const own_headers[] = {"content-length", "transfer-encoding",
	"expect", "host", "connection", "te", "upgrade", "trailer",
	"proxy-authorization"};

static int name_is(const char *h, size_t len, const char *name)
{
	return strlen(name) == len && !strncasecmp(h, name, len);
}

static int header_check(const char *h)
{
	const char *colon = strchr(h, ':');
	size_t len = colon ? (size_t)(colon - h) : 0;

	if (!len)
		return err_set(E_INPUT, _("a header has no \"name: value\""));
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)h[i] <= ' ' || (unsigned char)h[i] >= 0x7f)
			return err_set(E_INPUT, _("bad name of a header"));
	}
	for (const char *p = colon; *p; p++) {
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return err_set(E_INPUT,
				_("the header %.*s has a line break or a "
				  "control character"),
				(int)len, h);
	}
	for (size_t i = 0; i < ARRAY_SIZE(own_headers); i++) {
		if (name_is(h, len, own_headers[i]))
			return err_set(E_INPUT,
				_("the header %s cannot be set"),
				own_headers[i]);
	}
	return 0;
}

int headers_check(const char *const *headers)
{
	for (size_t i = 0; headers && headers[i]; i++) {
		int err = header_check(headers[i]);

		if (err)
			return err;
	}
	return 0;
}

static void add_header(struct xfer *x, const char *h)
{
	struct curl_slist *l = curl_slist_append(x->slist, h);

	if (!l)
		abort(); /* libcurl is out of memory: as our own allocators */
	x->slist = l;
}

/* For libcurl "Name:" takes a header away and "Name;" sends it empty. */
static void add_callers_header(struct xfer *x, const char *h)
{
	const char *colon = strchr(h, ':');
	const char *v = colon + 1;
	char *empty;

	v += strspn(v, " \t");
	if (*v) {
		add_header(x, h);
		return;
	}
	empty = xasprintf("%.*s;", (int)(colon - h), h);
	add_header(x, empty);
	free(empty);
}

static void set_headers(struct xfer *x, CURLcode *rc)
{
	int typed = 0;

	add_header(x, "Expect:");
	for (size_t i = 0; x->headers[i]; i++) {
		const char *h = x->headers[i];

		if (name_is(h, (size_t)(strchr(h, ':') - h), "content-type"))
			typed = 1;
		add_callers_header(x, h);
	}
	if (!typed) /* else libcurl calls every body a form */
		add_header(x, "Content-Type:");
	SET(x, rc, CURLOPT_HTTPHEADER, x->slist);
	SET(x, rc, CURLOPT_USERAGENT, "galley/" GALLEY_VERSION);
}

/* --- together --- */

int easy_aim(struct xfer *x, int left_ms)
{
	CURLcode rc = CURLE_OK;

	SET(x, &rc, CURLOPT_URL, x->url);
	SET(x, &rc, CURLOPT_TIMEOUT_MS, (long)left_ms);
	if (rc)
		return err_set(E_BUG, "libcurl: %s", curl_easy_strerror(rc));
	return 0;
}

int easy_setup(struct xfer *x)
{
	CURLcode rc = CURLE_OK;

	x->easy = curl_easy_init();
	if (!x->easy)
		return err_set(E_BUG, "libcurl gives no handle");
	x->sink.easy = x->easy;
	set_limits(x, &rc);
	set_tls(x, &rc);
	set_callbacks(x, &rc);
	if (x->is_write)
		set_write(x, &rc);
	else
		set_read(x, &rc);
	set_headers(x, &rc);
	if (rc == CURLE_OK)
		rc = socks_watch(x);
	if (x->jar) {
		SET(x, &rc, CURLOPT_COOKIEFILE, "");
		SET(x, &rc, CURLOPT_SHARE, x->jar->share);
	}
	if (rc)
		return err_set(E_BUG, "libcurl refuses an option: %s",
			curl_easy_strerror(rc));
	return easy_aim(x, x->timeout_ms);
}

void easy_fini(struct xfer *x)
{
	if (x->easy)
		curl_easy_cleanup(x->easy);
	if (x->slist)
		curl_slist_free_all(x->slist);
	x->easy = NULL;
	x->slist = NULL;
}
