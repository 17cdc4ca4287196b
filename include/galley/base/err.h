/* SPDX-License-Identifier: MIT */
/*
 * Errors: a negative code that says who must act, and one message per thread.
 * A function that can fail returns 0 (or a count) or one of these codes, and
 * leaves its outputs untouched. The lowest floor that knows the cause sets the
 * message; floors above may only prepend to it.
 */
#ifndef GALLEY_BASE_ERR_H
#define GALLEY_BASE_ERR_H

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))

enum err {
	E_OK = 0,
	E_NOTFOUND = -1, /* the thing asked for is not there              */
	E_EXISTS = -2,	 /* it is there already                           */
	E_INPUT = -3,	 /* the person's input is wrong                   */
	E_PERM = -4,	 /* not allowed                                   */
	E_AUTH = -5,	 /* the administrator must mend credentials       */
	E_OFFLINE = -6,	 /* time heals it: no connection                  */
	E_TIMEOUT = -7,	 /* time heals it: no answer                      */
	E_CONFLICT = -8, /* someone else changed it: the person decides   */
	E_LIMIT = -9,	 /* a budget is used up, ask again later          */
	E_PROTO = -10,	 /* the backend's answer makes no sense           */
	E_DB = -11,	 /* the database refused                          */
	E_DISK = -12,	 /* the disk refused: full, read-only, broken     */
	E_CANCEL = -13,	 /* stopped on request                            */
	E_CONFIG = -14,	 /* a file that the person wrote is wrong         */
	E_AGAIN = -15,	 /* nothing yet, call again                       */
	E_BUG = -16,	 /* our mistake                                   */
};

/* Sets the thread's message (one line, no full stop) and returns `code`. */
int err_set(int code, const char *fmt, ...) PRINTF(2, 3);

/* Prepends "text: " to the thread's message and returns its code. */
int err_ctx(const char *fmt, ...) PRINTF(1, 2);

/* The thread's last message, "" when there was none. Borrowed. */
const char *err_msg(void);

/* The code that was set with the message. */
int err_code(void);

void err_clear(void);

/* "offline", "conflict" ...: a stable word for logs and JSON. */
const char *err_name(int code);

/* The process exit status for a code: 0 ok, 1 no match, 2 usage or input,
 * 69 offline, 70 bug, 73 conflict, 74 disk or database, 75 try again,
 * 76 protocol, 77 forbidden, 78 configuration, 130 cancelled. */
int err_exit_status(int code);

#endif
