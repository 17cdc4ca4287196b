/* SPDX-License-Identifier: MIT */
/*
 * Taking secrets and personal data out of what is written for later eyes.
 * Secrets are known strings; personal data is recognised by form and, where
 * there is one, by its check digit. It is for logs and reports: it would rather
 * mask too much than too little, and never shows a part.
 */
#include "galley/base/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/harden.h"
#include "galley/base/mem.h"

#define MIN_SECRET 6
#define MAX_NUMBER 24 /* digits that are looked at together */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char **secrets; /* longest first */
static size_t nsecrets;

int redact_add_secret(const char *secret)
{
	size_t len = strlen(secret), i, k;

	if (len < MIN_SECRET)
		return err_set(E_INPUT,
			"a secret of less than %d bytes cannot be kept out of "
			"logs",
			MIN_SECRET);
	pthread_mutex_lock(&lock);
	for (i = 0; i < nsecrets && strlen(secrets[i]) >= len; i++) {
		if (!strcmp(secrets[i], secret))
			goto out;
	}
	secrets = xreallocarray(secrets, nsecrets + 1, sizeof(*secrets));
	for (k = nsecrets++; k > i; k--)
		secrets[k] = secrets[k - 1];
	secrets[i] = secret_dup(secret, len);
out:
	pthread_mutex_unlock(&lock);
	return 0;
}

void redact_forget_secrets(void)
{
	pthread_mutex_lock(&lock);
	while (nsecrets)
		secret_free(secrets[--nsecrets]);
	FREE(&secrets);
	pthread_mutex_unlock(&lock);
}

/* Bytes of the secret that begins here, 0 when none does. */
static size_t secret_at(const char *s, size_t len)
{
	size_t i, n;

	for (i = 0; i < nsecrets; i++) {
		n = strlen(secrets[i]);
		if (n <= len && !memcmp(s, secrets[i], n))
			return n;
	}
	return 0;
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int is_alnum(char c)
{
	return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* A run of digits with single separators between them. */
struct number {
	char digits[MAX_NUMBER];
	size_t ndigits;
	size_t first_run; /* digits before the first separator */
	size_t bytes;
	int plus, separators, too_long;
};

static int is_separator(char c)
{
	return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')';
}

static void number_read(struct number *n, const char *s, size_t len)
{
	size_t i = 0, gap;

	*n = (struct number){.plus = s[0] == '+'};
	i = (size_t)n->plus;
	while (i < len && is_digit(s[i])) {
		if (n->ndigits == MAX_NUMBER) {
			n->too_long = 1;
			return;
		}
		n->digits[n->ndigits++] = s[i++];
		n->bytes = i;
		for (gap = 0; gap < 2 && i + gap < len; gap++) {
			if (!is_separator(s[i + gap]))
				break;
		}
		if (!gap || i + gap >= len || !is_digit(s[i + gap]))
			continue;
		if (!n->separators++)
			n->first_run = n->ndigits;
		i += gap;
	}
	if (!n->separators)
		n->first_run = n->ndigits;
}

/* Luhn's check digit, ISO/IEC 7812-1. */
static int is_card(const struct number *n)
{
	int sum = 0, d;
	size_t i;

	if (n->ndigits < 13 || n->ndigits > 19 || n->digits[0] < '2' ||
		n->digits[0] > '6')
		return 0;
	for (i = 0; i < n->ndigits; i++) {
		d = n->digits[n->ndigits - 1 - i] - '0';
		if (i % 2)
			d = d > 4 ? 2 * d - 9 : 2 * d;
		sum += d;
	}
	return sum % 10 == 0;
}

/* GB 11643: seventeen digits and a check digit, which may be X. */
static int is_id_card(const char *s, size_t len)
{
	static const int weight[] = {
		7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
	static const char check[] = "10X98765432";
	int sum = 0;
	size_t i;
	char last;

	if (len < 18 || (len > 18 && is_alnum(s[18])))
		return 0;
	for (i = 0; i < 17; i++) {
		if (!is_digit(s[i]))
			return 0;
		sum += (s[i] - '0') * weight[i];
	}
	last = s[17] == 'x' ? 'X' : s[17];
	return last == check[sum % 11];
}

/* "2026-11-21" and what follows it. */
static int is_date(const char *s, size_t len)
{
	return len >= 10 && s[4] == '-' && s[7] == '-' && is_digit(s[5]) &&
	       is_digit(s[6]) && is_digit(s[8]) && is_digit(s[9]) &&
	       (s[0] == '1' || s[0] == '2');
}

static int is_phone(const struct number *n, const char *s, size_t len)
{
	if (n->plus)
		return n->ndigits >= 7 && n->ndigits <= 15;
	if (n->first_run == 11 && !n->separators)
		return n->digits[0] == '1' && n->digits[1] >= '3';
	return n->separators && n->ndigits >= 10 && n->ndigits <= 15 &&
	       !is_date(s, len);
}

/* What the number here is, NULL when it is nobody's. */
static const char *number_kind(const char *s, size_t len, size_t *bytes)
{
	struct number n;

	if (is_id_card(s, len)) {
		*bytes = 18;
		return "[id]";
	}
	number_read(&n, s, len);
	*bytes = n.bytes;
	if (!n.too_long && is_card(&n))
		return "[card]";
	if (!n.too_long && is_phone(&n, s, len))
		return "[phone]";
	if (!n.separators || n.plus)
		return NULL;
	/* Its neighbours may be other numbers: the first part alone. */
	*bytes = n.ndigits = n.first_run;
	n.separators = 0;
	if (is_card(&n))
		return "[card]";
	return is_phone(&n, s, len) ? "[phone]" : NULL;
}

static int is_mail_char(char c)
{
	return is_alnum(c) || (c && strchr("._%+-", c));
}

/* Bytes of the domain after '@', 0 when it is none. */
static size_t domain_bytes(const char *s, size_t len)
{
	size_t i = 0, dot = 0;

	for (; i < len && (is_alnum(s[i]) || s[i] == '-' || s[i] == '.'); i++) {
		if (s[i] == '.' && i && i + 1 < len && is_alnum(s[i + 1]))
			dot = i;
	}
	while (i && !is_alnum(s[i - 1]))
		i--;
	return dot ? i : 0;
}

/* At '@': takes the local part back out of `out` and gives the bytes that the
 * address still has here. */
static size_t mask_mail(
	struct buf *out, size_t start, const char *s, size_t len)
{
	size_t local = out->len, domain = domain_bytes(s + 1, len - 1);

	while (local > start && is_mail_char(out->p[local - 1]))
		local--;
	if (!domain || local == out->len)
		return 0;
	out->len = local;
	buf_adds(out, "[email]");
	return domain + 1;
}

static size_t mask_number(struct buf *out, const char *s, size_t len)
{
	const char *kind;
	size_t bytes = 0;

	kind = number_kind(s, len, &bytes);
	if (kind) {
		buf_adds(out, kind);
		return bytes;
	}
	/* Not from the middle of it: copy the run of digits. */
	for (bytes = 1; bytes < len && is_digit(s[bytes]); bytes++)
		;
	buf_add(out, s, bytes);
	return bytes;
}

static int begins_number(const char *s, size_t i, size_t len)
{
	if (i && is_alnum(s[i - 1]))
		return 0;
	return is_digit(s[i]) ||
	       (s[i] == '+' && i + 1 < len && is_digit(s[i + 1]));
}

static size_t mask_personal(
	struct buf *out, size_t start, const char *s, size_t i, size_t len)
{
	if (s[i] == '@')
		return mask_mail(out, start, s + i, len - i);
	if (begins_number(s, i, len))
		return mask_number(out, s + i, len - i);
	return 0;
}

void redact(struct buf *out, const char *s, size_t len, int personal)
{
	size_t i = 0, n, start = out->len;

	pthread_mutex_lock(&lock);
	buf_grow(out, len);
	buf_add(out, "", 0); /* a text, also of nothing */
	while (i < len) {
		n = secret_at(s + i, len - i);
		if (n) {
			buf_adds(out, "[secret]");
			start = out->len;
		} else if (personal) {
			n = mask_personal(out, start, s, i, len);
		}
		if (!n)
			buf_addc(out, s[i]);
		i += n ? n : 1;
	}
	pthread_mutex_unlock(&lock);
}
