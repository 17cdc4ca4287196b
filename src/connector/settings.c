/* SPDX-License-Identifier: MIT */
/*
 * An instance's settings: checked against their types, secrets in locked
 * memory and known to the redactor, the rest as the `.cfg` that filters see.
 * A secret never becomes a part of `.cfg`; what a manifest derives from one is
 * what it says it derives.
 */
#include "interp_priv.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/harden.h"
#include "galley/base/log.h"
#include "galley/base/mem.h"

static int check_url(const struct setting *s, const char *v)
{
	const char *host = strstr(v, "://");
	size_t n;

	if (!host || (strncmp(v, "http://", 7) && strncmp(v, "https://", 8)))
		return err_set(E_INPUT,
			"%s: an address begins with https:// or http://",
			s->name);
	n = strcspn(host + 3, "/?#");
	if (!n || memchr(host + 3, '@', n))
		return err_set(E_INPUT,
			"%s: an address has a host and no password in it",
			s->name);
	if (strpbrk(v, "?# \t\r\n\"<>\\"))
		return err_set(E_INPUT,
			"%s: an address without query, blanks and quotes",
			s->name);
	return 0;
}

static int check_value(const struct setting *s, const char *v)
{
	char *end;

	switch (s->type) {
	case SET_URL:
		return check_url(s, v);
	case SET_INT:
		(void)strtoll(v, &end, 10);
		if (end == v || *end)
			return err_set(E_INPUT, "%s: expected a whole number",
				s->name);
		return 0;
	case SET_BOOL:
		if (strcmp(v, "true") && strcmp(v, "false"))
			return err_set(
				E_INPUT, "%s: expected true or false", s->name);
		return 0;
	case SET_STRING:
	case SET_SECRET:
		break;
	}
	return 0;
}

static char *keep(const struct setting *s, const char *v)
{
	size_t len = strlen(v);
	char *copy;

	if (s->type == SET_SECRET) {
		/* one that is too short to be masked is used all the same */
		(void)!redact_add_secret(v);
		return secret_dup(v, len);
	}
	copy = xstrndup(v, len);
	while (s->type == SET_URL && len && copy[len - 1] == '/')
		copy[--len] = '\0';
	return copy;
}

static int take_one(struct interp *c, int i, const char *v)
{
	const struct setting *s = &c->m->settings[i];
	int rc;

	if (!v || !*v) {
		if (s->optional)
			return 0;
		return err_set(E_INPUT, "%s: the setting `%s` is missing",
			c->conn.name, s->name);
	}
	rc = check_value(s, v);
	if (rc < 0)
		return rc;
	c->values[i] = keep(s, v);
	return 0;
}

/* The first group of the expression in another setting's value. */
static char *derive(const struct interp *c, const struct derived *d)
{
	regmatch_t at[2];
	regex_t re;
	char *out = NULL;
	const char *v = NULL;

	for (int i = 0; i < c->m->n_settings; i++)
		if (strcmp(c->m->settings[i].name, d->from) == 0)
			v = c->values[i];
	if (!v || regcomp(&re, d->regex, REG_EXTENDED) != 0)
		return NULL;
	if (regexec(&re, v, 2, at, 0) == 0 && at[1].rm_so >= 0)
		out = xstrndup(
			v + at[1].rm_so, (size_t)(at[1].rm_eo - at[1].rm_so));
	regfree(&re);
	return out;
}

static void write_value(struct jw *w, const struct setting *s, const char *v)
{
	jw_key(w, s->name);
	if (!v)
		jw_null(w);
	else if (s->type == SET_INT)
		jw_int(w, strtoll(v, NULL, 10));
	else if (s->type == SET_BOOL)
		jw_bool(w, strcmp(v, "true") == 0);
	else
		jw_str(w, v);
}

static void write_cfg(struct interp *c)
{
	struct buf b = BUF_INIT;
	struct jw w;

	jw_init(&w, &b);
	jw_obj(&w);
	for (int i = 0; i < c->m->n_settings; i++)
		if (c->m->settings[i].type != SET_SECRET)
			write_value(&w, &c->m->settings[i], c->values[i]);
	for (int i = 0; i < c->m->n_derived; i++)
		jw_kstr(&w, c->m->derived[i].name, c->derived[i]);
	jw_obj_end(&w);
	c->cfg = buf_take(&b);
}

static const char *base_value(
	void *u, const char *name, size_t len, int *is_url)
{
	const struct interp *c = u;

	for (int i = 0; i < c->m->n_settings; i++) {
		const struct setting *s = &c->m->settings[i];

		if (strlen(s->name) == len && !memcmp(s->name, name, len)) {
			*is_url = s->type == SET_URL;
			return c->values[i];
		}
	}
	return NULL;
}

int settings_take(struct interp *c, const char *const *values)
{
	struct buf base = BUF_INIT;
	int rc = 0;

	c->values = xcalloc((size_t)c->m->n_settings + 1, sizeof(char *));
	c->derived = xcalloc((size_t)c->m->n_derived + 1, sizeof(char *));
	for (int i = 0; i < c->m->n_settings && rc == 0; i++)
		rc = take_one(c, i, values[i]);
	if (rc < 0)
		return rc;
	for (int i = 0; i < c->m->n_derived; i++)
		c->derived[i] = derive(c, &c->m->derived[i]);
	write_cfg(c);
	rc = template_render(&base, c->m->base, ESC_URL, base_value, c);
	c->base_url = buf_take(&base);
	if (rc < 0)
		return rc;
	if (strncmp(c->base_url, "https://", 8) != 0 && !c->allow_plain &&
		!url_is_loopback(c->base_url))
		return err_set(E_INPUT,
			"%s: http sends the password in the clear; use "
			"https, or set allow_plain",
			c->conn.name);
	return 0;
}

void settings_free(struct interp *c)
{
	for (int i = 0; c->values && i < c->m->n_settings; i++) {
		if (c->m->settings[i].type == SET_SECRET)
			secret_free(c->values[i]);
		else
			free(c->values[i]);
	}
	for (int i = 0; c->derived && i < c->m->n_derived; i++)
		free(c->derived[i]);
	free(c->values);
	free(c->derived);
	free(c->cfg);
	free(c->base_url);
}
