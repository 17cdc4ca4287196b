/* SPDX-License-Identifier: MIT */
/*
 * Loading a manifest that anybody may have written: it is refused with a place
 * or it is loaded, and then its description can be printed. The tokeniser of
 * filters gets the same bytes alone. No filter is run.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "connector/manifest_priv.h"
#include "galley/base/buf.h"
#include "galley/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int ok, const char *what)
{
	if (ok)
		return;
	(void)!write(2, what, strlen(what));
	abort();
}

static void walk(const struct manifest *m)
{
	const struct conn_desc *d = manifest_desc(m);
	struct buf out = BUF_INIT;
	int n;

	manifest_describe(m, &out);
	check(out.len > 0, "a description without words\n");
	buf_fini(&out);
	(void)manifest_settings(m, &n);
	check(n >= 0, "settings\n");
	for (int i = 0; i < d->n_streams; i++) {
		check(d->streams[i].name != NULL, "a stream without a name\n");
		check(!d->streams[i].missing ||
				manifest_stream(m, d->streams[i].missing) >= 0,
			"`missing` names nothing\n");
	}
	for (int i = 0; i < d->n_ops; i++)
		check(!d->ops[i].look_stream ||
				manifest_stream(m, d->ops[i].look_stream) >= 0,
			"`stream` names nothing\n");
	for (int i = 0; i < m->n_user; i++)
		check(jq_check(m->filters[i].text) == 0,
			"a filter that is not allowed\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);
	struct manifest *m = NULL;

	(void)!jq_check(text);
	if (manifest_parse("fuzz.json", (const char *)data, size, &m) == 0) {
		walk(m);
		manifest_free(m);
	} else {
		check(strncmp(err_msg(), "fuzz.json:", 10) == 0,
			"an error without a place\n");
	}
	free(text);
	return 0;
}
