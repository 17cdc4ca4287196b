/* SPDX-License-Identifier: MIT */
/*
 * Masks by role. It decides what is shown, it does not decide who somebody
 * is, and it never looks at a store: the caller says the class and the role.
 */
#include "galley/policy/redact_view.h"

#include <assert.h>
#include <string.h>
#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "galley/base/utf8.h"

#define HIDDEN "[hidden]"

static const enum shown rules[ROLE_COUNT][P3 + 1] = {
	[ROLE_AGENT] = {SHOWN_ALL, SHOWN_PART, SHOWN_ALL, SHOWN_NOT},
	[ROLE_REVEAL] = {SHOWN_ALL, SHOWN_ALL, SHOWN_ALL, SHOWN_NOT},
	[ROLE_REVIEWER] = {SHOWN_ALL, SHOWN_PART, SHOWN_MASKED, SHOWN_NOT},
	[ROLE_PASTE] = {SHOWN_ALL, SHOWN_PART, SHOWN_NOT, SHOWN_NOT},
};

enum shown redact_shown(enum role role, enum redact_class c)
{
	assert((unsigned)role < ROLE_COUNT && (unsigned)c <= P3);
	return rules[role][c];
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits of a phone number, or 0 when something else stands in it. */
static size_t phone_digits(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (is_digit(s[i]))
			n++;
		else if (!strchr("+-. ()", s[i]) || !s[i])
			return 0;
	}
	return n >= 5 && n <= 18 ? n : 0;
}

/* Keeps the country code and three digits in front and four behind; of short
 * numbers less. */
static void mask_phone(
	struct buf *out, const char *s, size_t len, size_t digits)
{
	size_t tail = digits >= 9 ? 4 : 2;
	size_t head = digits > 11 ? digits - 8 : digits >= 9 ? 3 : 1;
	size_t at = 0;
	int stars = 0;

	for (size_t i = 0; i < len; i++) {
		if (!is_digit(s[i])) {
			if (at <= head || at >= digits - tail)
				buf_addc(out, s[i]);
			continue;
		}
		if (at < head || at >= digits - tail)
			buf_addc(out, s[i]);
		else if (!stars++)
			buf_adds(out, "****");
		at++;
	}
}

/* Keeps the first character of the local part and the domain. */
static void mask_email(
	struct buf *out, const char *s, size_t len, const char *at)
{
	uint32_t cp;

	buf_add(out, s, utf8_decode(s, len, &cp));
	buf_adds(out, "***");
	buf_add(out, at, len - (size_t)(at - s));
}

void redact_contact(struct buf *out, const char *s, size_t len)
{
	size_t digits = phone_digits(s, len);
	const char *at = memchr(s, '@', len);

	if (!len)
		return;
	if (digits)
		mask_phone(out, s, len, digits);
	else if (at && at != s && at + 1 < s + len && !memchr(s, ' ', len))
		mask_email(out, s, len, at);
	else
		redact(out, s, len, 1);
}

static int is_document(const char *type)
{
	static const char *const words[] = {"id", "id_card", "passport", "card",
		"bank_card", "bank", "account", "iban", "licence", "license"};

	for (size_t i = 0; type && i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i], type) == 0)
			return 1;
	return 0;
}

void redact_typed(struct buf *out, const char *type, const char *s, size_t len)
{
	size_t from = len, n = 0;

	if (!is_document(type)) {
		redact_contact(out, s, len);
		return;
	}
	while (from && n < 4) /* characters, not bytes */
		n += ((unsigned char)s[--from] & 0xc0) != 0x80;
	if (len)
		buf_adds(out, "****");
	if (len >= 8)
		buf_add(out, s + from, len - from);
}

void redact_view(struct buf *out, const char *s, size_t len,
	enum redact_class c, enum role role)
{
	switch (redact_shown(role, c)) {
	case SHOWN_ALL:
		buf_add(out, s, len);
		break;
	case SHOWN_PART:
		redact_contact(out, s, len);
		break;
	case SHOWN_MASKED:
		redact(out, s, len, 1);
		break;
	case SHOWN_NOT:
		if (len)
			buf_adds(out, HIDDEN);
		break;
	}
}
