/* SPDX-License-Identifier: MIT */
/*
 * The log: one line per event, `time level subject: text`, in the state
 * directory (mode 0600, rotated by size) or on stderr. Every line goes through
 * the text gate and then through the redactor, which knows the live secrets
 * and masks phone numbers, e-mail addresses and card numbers.
 */
#ifndef GALLEY_BASE_LOG_H
#define GALLEY_BASE_LOG_H

#include <stddef.h>
#include "galley/base/buf.h"
#include "galley/base/clock.h"
#include "galley/base/err.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* `path` NULL logs to stderr. Called once by the host. */
int log_open(const char *path, enum log_level level, const struct clock *c);
void log_close(void);
void log_set_level(enum log_level level);

void log_write(enum log_level level, const char *subject, const char *fmt, ...)
	PRINTF(3, 4);
#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)

/* A live secret: its text is replaced by "[secret]" wherever it would be
 * written. Secrets shorter than 6 bytes are refused (E_INPUT). */
int redact_add_secret(const char *secret) MUST_CHECK;
void redact_forget_secrets(void);

/* Masks secrets always, and personal data (phone, e-mail, card and ID-card
 * numbers) when `personal`. Appends to `out`. */
void redact(struct buf *out, const char *s, size_t len, int personal);

#endif
