/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes theme files: either a place and a reason, or looks whose colours the
 * depth has.
 */
#include <assert.h>
#include <string.h>
#include "galley/base/utf8.h"
#include "galley/ui/theme.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_color(int32_t c, enum depth d)
{
	static const int32_t most[] = {-1, 15, 255, COLOR_RGB | 0xffffff};

	assert(c >= COLOR_DEFAULT && c <= most[d]);
	assert(c <= 255 || c >= COLOR_RGB);
}

static void check_theme(const struct theme *t)
{
	struct look look;
	unsigned role, flags;
	int d;

	for (role = 0; role < ST_COUNT; role++) {
		for (flags = 0; flags < 16; flags++) {
			for (d = DEPTH_NONE; d <= DEPTH_TRUE; d++) {
				look = theme_look(
					t, role | flags << 8, (enum depth)d);
				check_color(look.fg, (enum depth)d);
				check_color(look.bg, (enum depth)d);
				assert(look.attrs < 32);
			}
		}
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct theme *t = NULL;
	const char *msg;

	if (!theme_parse("f", (const char *)data, size, &t)) {
		check_theme(t);
		theme_free(t);
		return 0;
	}
	assert(!t && err_code() == E_CONFIG);
	msg = err_msg();
	assert(!strncmp(msg, "f:", 2) && msg[2] >= '1' && msg[2] <= '9');
	assert(utf8_valid(msg, strlen(msg)));
	return 0;
}
