/* SPDX-License-Identifier: MIT */
/* A set of keys with the person's own file on top, galley-keys(5). */
#include "app_priv.h"

#include <stdlib.h>
#include <unistd.h>
#include "galley/app/command.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"

#define MAX_FILE (1 << 20)

char *config_keys_path(const struct config *c)
{
	char *own;

	if (c->keys_file)
		return xstrdup(c->keys_file);
	own = path_user(PATH_CONFIG, "keys");
	if (access(own, R_OK) == 0)
		return own;
	free(own);
	return NULL;
}

int config_keys(
	const struct config *c, int set, const char *file, struct keymap **out)
{
	char *own = file ? xstrdup(file) : config_keys_path(c), *text = NULL;
	struct keymap *k = keymap_new((enum keyset)set);
	size_t len;
	int rc = 0;

	if (own)
		rc = file_read(own, MAX_FILE, &text, &len);
	if (own && rc == 0)
		rc = keymap_read(k, own, text, len);
	if (rc == 0)
		*out = k;
	else
		keymap_free(k);
	free(text);
	free(own);
	return rc;
}
