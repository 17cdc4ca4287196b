/* SPDX-License-Identifier: MIT */
/*
 * URLs, parsed by the same code that will open the connection, so that what is
 * checked here and what is asked there cannot differ. Refuses credentials in a
 * URL, any scheme but http and https, and http to another machine unless the
 * person allowed it.
 */
#include "net_priv.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "galley/base/i18n.h"
#include "galley/base/mem.h"

struct url {
	CURLU *h;
	char *scheme, *host, *port, *user, *password;
};

static void url_fini(struct url *u)
{
	curl_free(u->scheme);
	curl_free(u->host);
	curl_free(u->port);
	curl_free(u->user);
	curl_free(u->password);
	curl_url_cleanup(u->h);
}

/* Only what may stand in a URL: all else must have been percent-encoded. */
static int plain_ascii(const char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 0x7f)
			return 0;
	}
	return 1;
}

static CURLU *url_handle(void)
{
	CURLU *h = curl_url();

	if (!h)
		abort(); /* libcurl is out of memory: as our own allocators */
	return h;
}

/* 0, or a CURLUcode with nothing to free. */
static CURLUcode url_parse(const char *s, struct url *u)
{
	CURLUcode rc;

	*u = (struct url){.h = url_handle()};
	rc = curl_url_set(u->h, CURLUPART_URL, s, CURLU_PATH_AS_IS);
	if (!rc)
		rc = curl_url_get(u->h, CURLUPART_SCHEME, &u->scheme, 0);
	if (!rc)
		rc = curl_url_get(u->h, CURLUPART_HOST, &u->host, 0);
	if (!rc)
		rc = curl_url_get(
			u->h, CURLUPART_PORT, &u->port, CURLU_DEFAULT_PORT);
	if (rc) {
		url_fini(u);
		return rc;
	}
	curl_url_get(u->h, CURLUPART_USER, &u->user, 0);
	curl_url_get(u->h, CURLUPART_PASSWORD, &u->password, 0);
	return CURLUE_OK;
}

static int host_is_loopback(const char *host)
{
	size_t n = strlen(host);
	struct in_addr a4;
	struct in6_addr a6;
	char v6[INET6_ADDRSTRLEN];

	/* libcurl never asks a name server for these */
	if (!strcasecmp(host, "localhost") ||
		(n > 10 && !strcasecmp(host + n - 10, ".localhost")))
		return 1;
	if (inet_pton(AF_INET, host, &a4) == 1)
		return (ntohl(a4.s_addr) >> 24) == 127;
	if (n < 3 || host[0] != '[' || n - 2 >= sizeof(v6))
		return 0;
	memcpy(v6, host + 1, n - 2);
	v6[n - 2] = '\0';
	return inet_pton(AF_INET6, v6, &a6) == 1 && IN6_IS_ADDR_LOOPBACK(&a6);
}

static int scheme_is(const struct url *u, const char *name)
{
	return !strcasecmp(u->scheme, name);
}

static int url_refuse(const struct url *u, int allow_plain)
{
	if (!scheme_is(u, "https") && !scheme_is(u, "http"))
		return err_set(E_INPUT,
			_("the address begins with %s, not with https"),
			u->scheme);
	if (u->user || u->password)
		return err_set(E_INPUT,
			_("a user name or password stands in the address of "
			  "%s: put it in the configuration of the connector"),
			u->host);
	if (scheme_is(u, "http") && !allow_plain && !host_is_loopback(u->host))
		return err_set(E_INPUT,
			_("http to %s would send the password in clear: use "
			  "https"),
			u->host);
	return 0;
}

int url_check(const char *url, int allow_plain, char **where)
{
	struct url u;
	CURLUcode rc;
	int err;

	if (!url || strlen(url) > NET_URL_BYTES)
		return err_set(E_INPUT,
			_("the address is longer than %d bytes"),
			NET_URL_BYTES);
	if (!plain_ascii(url))
		return err_set(E_INPUT,
			_("the address has a space or a character that must "
			  "be percent-encoded"));
	rc = url_parse(url, &u);
	if (rc)
		return err_set(E_INPUT, _("not an address: %s"),
			curl_url_strerror(rc));
	err = url_refuse(&u, allow_plain);
	if (!err)
		*where = xasprintf("%s:%s", u.host, u.port);
	url_fini(&u);
	return err;
}

char *url_resolve(const char *base, const char *ref)
{
	CURLU *h = url_handle();
	char *abs = NULL, *out = NULL;

	if (plain_ascii(ref) && strlen(ref) <= NET_URL_BYTES &&
		!curl_url_set(h, CURLUPART_URL, base, CURLU_PATH_AS_IS) &&
		!curl_url_set(h, CURLUPART_URL, ref, 0) &&
		!curl_url_set(h, CURLUPART_FRAGMENT, NULL, 0) &&
		!curl_url_get(h, CURLUPART_URL, &abs, 0))
		out = xstrdup(abs);
	curl_free(abs);
	curl_url_cleanup(h);
	return out;
}

int url_same_origin(const char *a, const char *b)
{
	struct url ua, ub;
	int same;

	if (url_parse(a, &ua))
		return 0;
	if (url_parse(b, &ub)) {
		url_fini(&ua);
		return 0;
	}
	same = !strcasecmp(ua.scheme, ub.scheme) &&
	       !strcasecmp(ua.host, ub.host) && !strcmp(ua.port, ub.port);
	url_fini(&ua);
	url_fini(&ub);
	return same;
}

/* http://NAME, with or without a port and a path: how whoever tries a server on
 * this machine writes it. It can be read one way only, and libcurl, which takes
 * as long to load as half of a start, is not asked. */
static int plainly_loopback(const char *url)
{
	char host[64];
	const char *end;
	size_t n;

	if (strncmp(url, "http://", 7) != 0 || !plain_ascii(url))
		return 0;
	url += 7;
	n = strspn(url, "0123456789abcdefghijklmnopqrstuvwxyz.-");
	if (n >= sizeof(host))
		return 0;
	memcpy(host, url, n);
	host[n] = '\0';
	end = url + n;
	if (*end == ':') {
		n = strspn(end + 1, "0123456789");
		if (n < 1 || n > 5 || atoi(end + 1) > 65535)
			return 0;
		end += 1 + n;
	}
	return (!*end || *end == '/') && host_is_loopback(host);
}

int url_is_loopback(const char *url)
{
	struct url u;
	int yes;

	if (plainly_loopback(url))
		return 1;
	if (url_parse(url, &u))
		return 0;
	yes = host_is_loopback(u.host);
	url_fini(&u);
	return yes;
}

static int unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

void url_encode(struct buf *out, const char *s, size_t len)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (unreserved(s[i])) {
			buf_addc(out, s[i]);
			continue;
		}
		buf_addc(out, '%');
		buf_addc(out, hex[c >> 4]);
		buf_addc(out, hex[c & 15]);
	}
}
