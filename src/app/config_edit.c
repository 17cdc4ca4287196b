/* SPDX-License-Identifier: MIT */
/*
 * Changes one line of the configuration file and nothing else: comments, order
 * and the person's own spacing stay. What would not be read again is not
 * written. Connectors are no lines of it: `galley init` writes those.
 */
#include "app_priv.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/buf.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"

#define MAX_FILE (1 << 20)

/* Where things stand in the text; -1 nowhere. */
struct spot {
	long from, value, end; /* the key's last line, and after its LF */
	long after;	       /* of the section's last key, or its head */
};

static size_t blanks(const char *s)
{
	return strspn(s, " \t");
}

static int is_head(const char *s, const char *section)
{
	size_t n = strlen(section);

	s += 1 + blanks(s + 1);
	return strncmp(s, section, n) == 0 && s[n + blanks(s + n)] == ']';
}

/* The value of `key` on this line, or NULL. */
static const char *value_on(const char *s, const char *key)
{
	size_t n = strlen(key);

	if (strncmp(s, key, n) != 0 || s[n + blanks(s + n)] != '=')
		return NULL;
	s += n + blanks(s + n) + 1;
	return s + blanks(s);
}

static int is_key(const char *s)
{
	return *s && !strchr("#;[\r\n", *s);
}

static struct spot find(const char *text, const char *section, const char *key)
{
	struct spot p = {-1, -1, -1, -1};
	const char *line = text, *s, *v;
	int in = 0;

	if (strncmp(line, "\xEF\xBB\xBF", 3) == 0)
		line += 3;
	while (*line) {
		size_t len = strcspn(line, "\n");
		const char *next = line + len + (line[len] == '\n');

		s = line + blanks(line);
		if (*s == '[')
			in = is_head(s, section);
		if (in && (*s == '[' || is_key(s)))
			p.after = next - text;
		v = in ? value_on(s, key) : NULL;
		if (v) {
			p.from = line - text;
			p.value = v - text;
			p.end = next - text;
		}
		line = next;
	}
	return p;
}

char *config_raw(const char *text, const char *key)
{
	struct spot p = find(text, config_section(key), key);
	size_t len;

	if (p.from < 0)
		return NULL;
	len = strcspn(text + p.value, "\r\n");
	while (len && strchr(" \t", text[p.value + (long)len - 1]))
		len--;
	return xstrndup(text + p.value, len);
}

static void with_value(struct buf *out, const char *text, const struct spot *p,
	const char *key, const char *value)
{
	const char *line_end;

	if (p->from >= 0) {
		line_end = text + p->value;
		line_end += strcspn(line_end, "\r\n");
		buf_add(out, text, (size_t)p->value);
		buf_addf(out, "%s%s", value, line_end);
		return;
	}
	if (p->after >= 0) {
		buf_add(out, text, (size_t)p->after);
		if (text[p->after - 1] != '\n')
			buf_addc(out, '\n');
		buf_addf(out, "%s = %s\n%s", key, value, text + p->after);
		return;
	}
	buf_adds(out, text);
	if (out->len && text[out->len - 1] != '\n')
		buf_addc(out, '\n');
	buf_addf(out, "%s[%s]\n%s = %s\n", out->len ? "\n" : "",
		config_section(key), key, value);
}

/* Every line of the key goes: one before the last would hold then. */
static void without(struct buf *out, const char *text, const char *key)
{
	struct spot p = find(text, config_section(key), key);

	buf_adds(out, text);
	while (p.from >= 0) {
		struct buf less = BUF_INIT;

		buf_add(&less, buf_str(out), (size_t)p.from);
		buf_adds(&less, buf_str(out) + p.end);
		buf_fini(out);
		*out = less;
		p = find(buf_str(out), config_section(key), key);
	}
}

/* It is written where the file is, not in place of a link to it. */
static int write_checked(const char *file, const struct buf *text)
{
	struct config *c;
	char real[PATH_MAX];
	int rc = config_parse(file, text->p, text->len, &c);

	if (rc < 0)
		return rc;
	config_free(c);
	return file_write(
		realpath(file, real) ? real : file, text->p, text->len);
}

int config_set(const char *file, const char *key, const char *value)
{
	struct buf out = BUF_INIT;
	struct spot p;
	char *text;
	size_t len;
	int rc;

	if (!config_section(key))
		return err_set(E_INPUT, _("no setting \"%s\""), key);
	if (value && (!*value || strpbrk(value, "\r\n")))
		return err_set(E_INPUT, _("a setting is one line of text"));
	rc = file_read(file, MAX_FILE, &text, &len);
	if (rc < 0)
		return rc;
	if (strlen(text) != len)
		rc = err_set(E_CONFIG, _("%s: a control character"), file);
	p = find(text, config_section(key), key);
	buf_adds(&out, "");
	if (value)
		with_value(&out, text, &p, key, value);
	else
		without(&out, text, key);
	if (rc == 0)
		rc = write_checked(file, &out);
	buf_fini(&out);
	free(text);
	return rc;
}
