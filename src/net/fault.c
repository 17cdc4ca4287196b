/* SPDX-License-Identifier: MIT */
/*
 * What became of a request, in one word for the engine and one sentence for
 * people. The word must never say "not sent" of a request of which a byte may
 * have left; when it is not known, it was sent. The sentence names host and
 * port and never path, query, header or body: secrets live there.
 */
#include "net_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"

void fault_set(struct net_resp *r, enum net_fault f, char *error_take)
{
	free(r->error);
	r->fault = f;
	r->error = error_take;
}

/*
 * libcurl calls us right before it sends a request (easy.c counts the calls).
 * Not called: the connection, the name or TLS failed first. Called, and a
 * plain socket took no byte: nothing left either. With TLS a record may have
 * left in part while libcurl counts none, so there the call itself counts.
 */
static int may_have_left(const struct xfer *x)
{
	long bytes = 1;

	if (!x->begun)
		return 0;
	if (!strncmp(x->url, "https:", 6) || x->begun > 1 || x->hops)
		return 1;
	curl_easy_getinfo(x->easy, CURLINFO_REQUEST_SIZE, &bytes);
	return bytes != 0;
}

/* The handshake ended because the connection did, nobody refused anything. */
static int handshake_broke(const struct xfer *x)
{
	return strstr(x->errbuf, "SSL_connect: ") ||
	       strstr(x->errbuf, "unexpected eof");
}

static int is_tls(const struct xfer *x, CURLcode rc)
{
	switch (rc) {
	case CURLE_SSL_CONNECT_ERROR:
		return !handshake_broke(x);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ENGINE_NOTFOUND:
	case CURLE_SSL_ENGINE_SETFAILED:
	case CURLE_SSL_ENGINE_INITFAILED:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CRL_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_USE_SSL_FAILED:
		return 1;
	default:
		return 0;
	}
}

/* libcurl's words about TLS may carry names out of the certificate. */
static char *text_tls(const struct xfer *x, CURLcode rc)
{
	char *why = text_gate_dup(
		x->errbuf[0] ? x->errbuf : curl_easy_strerror(rc), GATE_LINE);
	char *text;

	if (rc == CURLE_SSL_CACERT_BADFILE)
		text = xasprintf(_("the file of trusted certificates for %s "
				   "cannot be read: %s"),
			x->where, why);
	else
		text = xasprintf(_("no trust in %s: %s"), x->where, why);
	free(why);
	return text;
}

static char *text_connect(const struct xfer *x)
{
	long err = 0;

	curl_easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &err);
	if (err == ECONNREFUSED)
		return xasprintf(_("connection refused by %s"), x->where);
	if (err && err != EINPROGRESS && strerrordesc_np((int)err))
		return xasprintf(_("%s cannot be reached: %s"), x->where,
			strerrordesc_np((int)err));
	return xasprintf(_("%s cannot be reached"), x->where);
}

static char *text_timeout(const struct xfer *x)
{
	if (x->begun)
		return xasprintf(_("no whole answer from %s within %g s"),
			x->where, x->timeout_ms / 1000.0);
	return xasprintf(_("no connection to %s in time"), x->where);
}

static char *text_of(const struct xfer *x, CURLcode rc)
{
	switch (rc) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return xasprintf(_("no such host: %s"), x->where);
	case CURLE_COULDNT_CONNECT:
		return text_connect(x);
	case CURLE_OPERATION_TIMEDOUT:
		return text_timeout(x);
	case CURLE_GOT_NOTHING:
		return xasprintf(_("%s closed the connection without an "
				   "answer"),
			x->where);
	case CURLE_PARTIAL_FILE:
		return xasprintf(_("the answer of %s was cut short"), x->where);
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		return xasprintf(_("what %s answered is not HTTP"), x->where);
	case CURLE_BAD_CONTENT_ENCODING:
		return xasprintf(
			_("the answer of %s cannot be decompressed"), x->where);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_FAIL_REWIND:
	case CURLE_ABORTED_BY_CALLBACK:
		return xasprintf(_("the connection to %s broke"), x->where);
	default:
		return xasprintf(_("the request to %s failed: %s"), x->where,
			curl_easy_strerror(rc));
	}
}

static char *text_over(const struct xfer *x)
{
	switch (x->sink.over) {
	case OVER_HEADERS:
		return xasprintf(_("%s sent more headers than an answer may "
				   "have"),
			x->where);
	case OVER_RATIO:
		return xasprintf(_("the answer of %s swells to more than %d "
				   "times its size"),
			x->where, NET_RATIO);
	default:
		return xasprintf(_("the answer of %s is larger than %zu KiB"),
			x->where, x->sink.max_bytes / 1024);
	}
}

void fault_from_curl(struct xfer *x, CURLcode rc)
{
	int left = may_have_left(x);

	if (x->sink.over)
		fault_set(&x->resp, NET_TOO_BIG, text_over(x));
	else if (rc == CURLE_OK)
		fault_set(&x->resp, NET_OK, NULL);
	else if (is_tls(x, rc))
		fault_set(&x->resp, left ? NET_LOST : NET_BAD_TLS,
			text_tls(x, rc));
	else
		fault_set(&x->resp, left ? NET_LOST : NET_NOT_SENT,
			text_of(x, rc));
}
