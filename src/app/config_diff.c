/* SPDX-License-Identifier: MIT */
/*
 * What is different between two readings of the configuration file. Comments,
 * order and where a line stands are no difference. It takes nothing over.
 */
#include "app_priv.h"

#include <string.h>
#include "galley/base/mem.h"

#define MAX_KEYS 32

struct diff {
	struct arena *arena;
	struct config_changes *out;
};

static void add(
	const struct diff *d, const char *what, const struct config_conn *conn)
{
	struct config_changes *c = d->out;

	c->v[c->n++] = (struct config_change){
		.what = arena_strdup(d->arena, what), .conn = conn};
}

static int same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void galley_diff(
	const struct diff *d, const struct config *a, const struct config *b)
{
	const struct {
		const char *key;
		int same;
	} v[] = {
		{"language", same(a->language, b->language)},
		{"undo", a->undo_ms == b->undo_ms},
		{"stale", a->stale_ms == b->stale_ms},
		{"retention", a->retention_days == b->retention_days},
		{"editor", same(a->editor, b->editor)},
		{"opener", same(a->opener, b->opener)},
		{"keys", a->keys == b->keys},
		{"keys_file", same(a->keys_file, b->keys_file)},
		{"theme", same(a->theme, b->theme)},
		{"role", same(a->role, b->role)},
		{"mask", a->unmasked == b->unmasked},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(v); i++)
		if (!v[i].same)
			add(d, v[i].key, NULL);
}

static void notices_diff(
	const struct diff *d, const struct notices *a, const struct notices *b)
{
	struct buf x = BUF_INIT, y = BUF_INIT;
	const char *s = notices_keys();
	char key[16];
	size_t n;

	for (; *s; s += strspn(s, ", ")) {
		n = strcspn(s, ",");
		key[0] = '\0';
		strncat(key, s, n < sizeof(key) ? n : sizeof(key) - 1);
		s += n;
		buf_reset(&x);
		buf_reset(&y);
		notices_print(a, key, &x);
		notices_print(b, key, &y);
		if (strcmp(buf_str(&x), buf_str(&y)) != 0)
			add(d, key, NULL);
	}
	buf_fini(&x);
	buf_fini(&y);
}

static const struct config_conn *find(const struct config *c, const char *name)
{
	int i;

	for (i = 0; i < c->n_conns; i++)
		if (strcmp(c->conns[i].name, name) == 0)
			return &c->conns[i];
	return NULL;
}

static int same_conn(const struct config_conn *a, const struct config_conn *b)
{
	int i;

	if (!a || !same(a->manifest, b->manifest) || a->n_values != b->n_values)
		return 0;
	for (i = 0; i < a->n_values; i++) {
		const struct config_value *v = conn_value(b, a->values[i].key);

		if (!v || strcmp(a->values[i].value, v->value) != 0)
			return 0;
	}
	return 1;
}

static void conns_diff(
	const struct diff *d, const struct config *a, const struct config *b)
{
	struct buf name = BUF_INIT;
	int i, n = a->n_conns + b->n_conns;

	for (i = 0; i < n; i++) {
		const struct config_conn *c =
			i < b->n_conns ? &b->conns[i]
				       : &a->conns[i - b->n_conns];
		const struct config_conn *now = find(b, c->name);

		if (c == now ? same_conn(find(a, c->name), c) : now != NULL)
			continue;
		buf_reset(&name);
		buf_addf(&name, "connector %s", c->name);
		add(d, buf_str(&name), now);
	}
	buf_fini(&name);
}

void config_diff(const struct config *a, const struct config *b,
	struct arena *arena, struct config_changes *out)
{
	const struct diff d = {arena, out};

	*out = (struct config_changes){
		.v = arena_calloc(arena,
			MAX_KEYS + (size_t)(a->n_conns + b->n_conns),
			sizeof(*out->v)),
	};
	galley_diff(&d, a, b);
	notices_diff(&d, &a->notices, &b->notices);
	conns_diff(&d, a, b);
}
