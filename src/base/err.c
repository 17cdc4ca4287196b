/* SPDX-License-Identifier: MIT */
/*
 * The per-thread error record. It never prints: whoever talks to people decides
 * whether and where a message is shown.
 */
#include "galley/base/err.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static _Thread_local struct {
	int code;
	char msg[1024];
} last;

int err_set(int code, const char *fmt, ...)
{
	char text[sizeof(last.msg)];
	va_list ap;

	/* The old message may be among the arguments. */
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	memcpy(last.msg, text, sizeof(text));
	last.code = code;
	return code;
}

int err_ctx(const char *fmt, ...)
{
	char old[sizeof(last.msg)];
	va_list ap;
	size_t n;

	memcpy(old, last.msg, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(last.msg, sizeof(last.msg), fmt, ap);
	va_end(ap);
	strncat(last.msg, ": ", sizeof(last.msg) - strlen(last.msg) - 1);
	n = strlen(last.msg);
	strncat(last.msg, old, sizeof(last.msg) - n - 1);
	return last.code;
}

const char *err_msg(void)
{
	return last.msg;
}

int err_code(void)
{
	return last.code;
}

void err_clear(void)
{
	last.code = E_OK;
	last.msg[0] = '\0';
}

static const struct {
	const char *name;
	int status;
} codes[] = {
	[-E_OK] = {"ok", 0},
	[-E_NOTFOUND] = {"not-found", 1},
	[-E_EXISTS] = {"exists", 73},
	[-E_INPUT] = {"input", 2},
	[-E_PERM] = {"forbidden", 77},
	[-E_AUTH] = {"auth", 77},
	[-E_OFFLINE] = {"offline", 69},
	[-E_TIMEOUT] = {"timeout", 75},
	[-E_CONFLICT] = {"conflict", 73},
	[-E_LIMIT] = {"limit", 75},
	[-E_PROTO] = {"protocol", 76},
	[-E_DB] = {"database", 74},
	[-E_DISK] = {"disk", 74},
	[-E_CANCEL] = {"cancelled", 130},
	[-E_CONFIG] = {"config", 78},
	[-E_AGAIN] = {"again", 75},
	[-E_BUG] = {"bug", 70},
};

static size_t code_index(int code)
{
	size_t i = code <= 0 ? (size_t)-code : (size_t)-E_BUG;

	return i < sizeof(codes) / sizeof(codes[0]) ? i : (size_t)-E_BUG;
}

const char *err_name(int code)
{
	return codes[code_index(code)].name;
}

int err_exit_status(int code)
{
	return codes[code_index(code)].status;
}
