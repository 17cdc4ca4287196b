/* SPDX-License-Identifier: MIT */
/*
 * Base 64 (RFC 4648) as backends write it: blanks and lines are passed over,
 * the padding ends it.
 */
#include "b64.h"

#include <string.h>

static int b64_digit(int ch)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = ch ? strchr(digits, ch) : NULL;

	return at ? (int)(at - digits) : -1;
}

int b64_decode(struct buf *out, const char *s)
{
	unsigned acc = 0;
	int bits = 0;

	for (; *s && *s != '='; s++) {
		int d = b64_digit((unsigned char)*s);

		if (strchr(" \t\r\n", *s))
			continue;
		if (d < 0)
			return err_set(E_PROTO, "the file is not base64");
		acc = acc << 6 | (unsigned)d;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_addc(out, (char)(acc >> bits & 0xff));
		}
	}
	return 0;
}
