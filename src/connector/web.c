/* SPDX-License-Identifier: MIT */
/*
 * Pages of a backend for people: a template for each entity that begins with
 * the backend's own address. It makes no address that leads anywhere else and
 * puts no secret into one.
 */
#include <string.h>

#include "galley/base/i18n.h"
#include "manifest_priv.h"
#include "template_priv.h"

static const struct setting *setting_of(
	const struct manifest *m, const char *name, size_t len, int *at)
{
	for (int i = 0; i < m->n_settings; i++)
		if (strlen(m->settings[i].name) == len &&
			strncmp(m->settings[i].name, name, len) == 0) {
			*at = i;
			return &m->settings[i];
		}
	return NULL;
}

static int is_id(const char *name, size_t len)
{
	return len == 2 && strncmp(name, "id", 2) == 0;
}

struct look {
	const struct manifest *m;
	const struct json *at;
};

static int check_name(void *u, const char *name, size_t len)
{
	const struct look *x = u;
	const struct setting *s;
	int at;

	if (is_id(name, len))
		return 0;
	s = setting_of(x->m, name, len, &at);
	if (!s)
		return manifest_err(x->m, x->at,
			"`{%.*s}`: a page is named by settings and {id}",
			(int)len, name);
	if (s->type == SET_SECRET)
		return manifest_err(x->m, x->at,
			"`{%.*s}` is a secret; it has no place in an address",
			(int)len, name);
	return 0;
}

/* It begins with a setting of type url: nothing else is the backend. */
static int check_begin(
	const struct manifest *m, const struct json *v, const char *tpl)
{
	const char *end = strchr(tpl, '}');
	const struct setting *s = NULL;
	int at;

	if (*tpl == '{' && end)
		s = setting_of(m, tpl + 1, (size_t)(end - tpl) - 1, &at);
	if (!s || s->type != SET_URL)
		return manifest_err(m, v,
			"a page begins with a setting of type url: {base}/...");
	return 0;
}

int load_web(struct manifest *m, const struct json *root)
{
	const struct json *web = json_get(root, "web"), *v;
	int rc = 0;

	for (v = json_first(web); v && rc == 0; v = json_next(v)) {
		struct look x = {m, v};
		const char *tpl = json_str(v);

		m->web[entity_by_name(json_key(v))->id] = tpl;
		rc = check_begin(m, v, tpl);
		if (rc == 0)
			rc = template_each(tpl, check_name, &x);
	}
	return rc;
}

struct fill {
	const struct manifest *m;
	const char *const *values;
	const char *rid;
};

static const char *value_of(void *u, const char *name, size_t len, int *is_url)
{
	const struct fill *x = u;
	const struct setting *s;
	int at = 0;

	*is_url = 0;
	if (is_id(name, len))
		return x->rid;
	s = setting_of(x->m, name, len, &at);
	*is_url = s && s->type == SET_URL;
	return s ? x->values[at] : NULL;
}

/* The address of the instance that the template begins with. */
static const char *home_of(const struct fill *x, const char *tpl)
{
	int is_url;

	return value_of(
		(void *)(uintptr_t)x, tpl + 1, strcspn(tpl, "}") - 1, &is_url);
}

static int is_http(const char *s)
{
	return !strncmp(s, "http://", 7) || !strncmp(s, "https://", 8);
}

int manifest_web(const struct manifest *m, enum entity e,
	const char *const *values, const char *rid, struct buf *out)
{
	struct fill x = {m, values, rid};
	struct buf b = BUF_INIT;
	const char *home;
	int rc;

	if (!m->web[e])
		return err_set(
			E_NOTFOUND, _("%s names no page for this"), m->title);
	rc = template_render(&b, m->web[e], ESC_URL, value_of, &x);
	home = home_of(&x, m->web[e]);
	if (rc == 0 && (!is_http(buf_str(&b)) || !home ||
			       !url_same_origin(home, buf_str(&b))))
		rc = err_set(E_INPUT,
			_("%s: this is no page of the backend itself"),
			buf_str(&b));
	if (rc == 0)
		buf_add(out, b.p, b.len);
	buf_fini(&b);
	return rc;
}
