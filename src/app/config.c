/* SPDX-License-Identifier: MIT */
/*
 * Reads the configuration file, galley-config(5). Every mistake is named with
 * file:line:column and what is allowed; nothing unknown is passed over, for a
 * mistyped key is a setting that silently does not hold. It never writes the
 * file (init and config_edit.c do) and keeps no secret.
 */
#include "app_priv.h"

#include <stdlib.h>
#include <string.h>
#include "galley/app/command.h"
#include "galley/app/command.h"
#include "galley/base/buf.h"
#include "galley/base/embed.h"
#include "galley/base/harden.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/base/timefmt.h"
#include "galley/base/utf8.h"

#define CONFIG_MAX  (1 << 20)
#define MAX_CONNS   64
#define MAX_VALUES  64
#define DAY_MS	    INT64_C(86400000)
#define UNDO_MS	    10000
#define UNDO_MAX_MS 3600000

struct reader {
	struct config *c;
	const char *text, *line, *p, *end; /* of the line */
	int line_no;
	int in_galley, in_notices;
	struct config_conn *conn;
	int cap_values;
};

/* Column of `p` in its line, in characters. */
static int col_of(const struct reader *r, const char *p)
{
	int col = 1;

	for (const char *q = r->line; q < p; col++) {
		uint32_t cp;

		q += utf8_decode(q, (size_t)(r->end - q), &cp);
	}
	return col;
}

static int PRINTF(3, 4)
	fail(const struct reader *r, const char *at, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	err_set(E_CONFIG, "%s:%d:%d: %s", r->c->file, r->line_no, col_of(r, at),
		buf_str(&b));
	buf_fini(&b);
	return E_CONFIG;
}

static void skip_space(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t'))
		r->p++;
}

static int is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static const char *read_word(struct reader *r)
{
	const char *from = r->p;

	while (r->p < r->end && is_word_char(*r->p))
		r->p++;
	return arena_strndup(r->c->arena, from, (size_t)(r->p - from));
}

/* --- [galley] ------------------------------------------------------------- */

static int set_language(struct config *c, const char *v)
{
	static const char *const known[] = {"en", "zh_CN", "zh_TW"};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(v, known[i])) {
			c->language = known[i];
			return 0;
		}
	return err_set(E_CONFIG, _("language is en, zh_CN or zh_TW"));
}

static int span(const char *v, int64_t max, int64_t *out)
{
	int64_t ms;

	if (!strcmp(v, "0")) {
		*out = 0;
		return 0;
	}
	if (time_span_parse(v, strlen(v), &ms) < 0 || ms < 0 || ms > max)
		return err_set(E_CONFIG,
			_("\"%s\" is no time span in range; write 10s, 5min, 3h, 2d"),
			v);
	*out = ms;
	return 0;
}

static int set_undo(struct config *c, const char *v)
{
	return span(v, UNDO_MAX_MS, &c->undo_ms);
}

static int set_stale(struct config *c, const char *v)
{
	return span(v, 365 * DAY_MS, &c->stale_ms);
}

static int set_retention(struct config *c, const char *v)
{
	int64_t ms;
	int rc = span(v, 36500 * DAY_MS, &ms);

	if (rc < 0)
		return rc;
	if (ms % DAY_MS)
		return err_set(
			E_CONFIG, _("retention counts whole days: 400d"));
	c->retention_days = (int)(ms / DAY_MS);
	return 0;
}

static int set_editor(struct config *c, const char *v)
{
	char **argv;
	int rc = argv_split(c->arena, v, &argv);

	if (rc == 0)
		c->editor = v;
	return rc;
}

static int set_opener(struct config *c, const char *v)
{
	char **argv;
	int rc = argv_split(c->arena, v, &argv);

	if (rc == 0)
		c->opener = v;
	return rc;
}

static int set_mask(struct config *c, const char *v)
{
	c->unmasked = strcmp(v, "no") == 0;
	if (!c->unmasked && strcmp(v, "yes") != 0)
		return err_set(E_CONFIG, _("mask is yes or no"));
	return 0;
}

static int set_role(struct config *c, const char *v)
{
	const struct role_desc *r = role_by_name(v);
	struct buf b = BUF_INIT;
	int rc;

	if (r) {
		c->role = r->name;
		return 0;
	}
	for (r = role_all; r->name; r++)
		buf_addf(&b, "%s%s", r == role_all ? "" : ", ", r->name);
	rc = err_set(
		E_CONFIG, _("no role \"%s\"; roles are: %s"), v, buf_str(&b));
	buf_fini(&b);
	return rc;
}

static int set_keys(struct config *c, const char *v)
{
	int set = keyset_by_name(v);

	if (set < 0)
		return err_set(E_CONFIG, _("keys are vi, plain or emacs"));
	c->keys = set;
	return 0;
}

static const char *whole_path(struct config *c, const char *v)
{
	const char *home = getenv("HOME");

	if (v[0] == '~' && v[1] == '/' && home)
		return arena_printf(c->arena, "%s%s", home, v + 1);
	return v;
}

/* A file of one's own is read by who shows it: without it there are others. */
static int set_theme(struct config *c, const char *v)
{
	const char *shipped = arena_printf(c->arena, "themes/%s.theme", v);
	size_t len;

	v = whole_path(c, v);
	if (v[0] != '/' && (strchr(v, '/') || !embed_get(shipped, &len)))
		return err_set(E_CONFIG,
			_("theme is dark, light, safe or mono, or the whole "
			  "path of a theme file"));
	c->theme = v;
	return 0;
}

static int set_keys_file(struct config *c, const char *v)
{
	v = whole_path(c, v);
	if (v[0] != '/')
		return err_set(E_CONFIG,
			_("give the whole path of the key file, or ~/..."));
	c->keys_file = v;
	return 0;
}

static const struct {
	const char *key;
	int (*set)(struct config *, const char *);
} galley_keys[] = {
	{"language", set_language},
	{"undo", set_undo},
	{"stale", set_stale},
	{"retention", set_retention},
	{"editor", set_editor},
	{"opener", set_opener},
	{"keys", set_keys},
	{"keys_file", set_keys_file},
	{"theme", set_theme},
	{"role", set_role},
	{"mask", set_mask},
};

const char *config_section(const char *key)
{
	struct notices n;
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(galley_keys); i++)
		if (!strcmp(key, galley_keys[i].key))
			return "galley";
	notices_default(&n);
	rc = notices_set(&n, key, "none");
	err_clear();
	return rc == E_NOTFOUND ? NULL : "notices";
}

static int galley_value(struct reader *r, const char *key, const char *key_at,
	const char *v, const char *v_at)
{
	struct buf b = BUF_INIT;
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(galley_keys); i++) {
		if (strcmp(key, galley_keys[i].key) != 0)
			continue;
		if (galley_keys[i].set(r->c, v) == 0)
			return 0;
		return fail(
			r, v_at, "%s", arena_strdup(r->c->arena, err_msg()));
	}
	for (size_t i = 0; i < ARRAY_SIZE(galley_keys); i++)
		buf_addf(&b, "%s%s", i ? ", " : "", galley_keys[i].key);
	rc = fail(r, key_at, _("no key \"%s\" in [galley]; keys are: %s"), key,
		buf_str(&b));
	buf_fini(&b);
	return rc;
}

/* --- [notices] ------------------------------------------------------------ */

static int notices_value(struct reader *r, const char *key, const char *key_at,
	const char *v, const char *v_at)
{
	int rc = notices_set(&r->c->notices, key, v);

	if (rc == E_NOTFOUND)
		return fail(r, key_at,
			_("no key \"%s\" in [notices]; keys are: %s"), key,
			notices_keys());
	if (rc < 0)
		return fail(
			r, v_at, "%s", arena_strdup(r->c->arena, err_msg()));
	return 0;
}

/* --- [connector NAME] ----------------------------------------------------- */

const struct config_value *conn_value(
	const struct config_conn *cc, const char *key)
{
	for (int i = 0; i < cc->n_values; i++)
		if (!strcmp(cc->values[i].key, key))
			return &cc->values[i];
	return NULL;
}

static int conn_key(
	struct reader *r, const char *key, const char *key_at, const char *v)
{
	struct config_conn *cc = r->conn;

	if (!strcmp(key, "manifest")) {
		if (cc->manifest)
			return fail(r, key_at,
				_("%s stands here a second time"), key);
		cc->manifest = v;
		return 0;
	}
	if (conn_value(cc, key))
		return fail(r, key_at, _("%s stands here a second time"), key);
	if (cc->n_values == MAX_VALUES)
		return fail(r, key_at, _("too many keys in this section"));
	if (!cc->values)
		cc->values = arena_calloc(
			r->c->arena, MAX_VALUES, sizeof *cc->values);
	cc->values[cc->n_values++] = (struct config_value){
		.key = key,
		.value = v,
		.line = r->line_no,
		.col = col_of(r, key_at),
	};
	return 0;
}

static int check_conn(struct reader *r)
{
	if (r->conn && !r->conn->manifest) {
		r->line_no = r->conn->line;
		r->end = r->line;
		return fail(r, r->line,
			_("[connector %s] needs manifest = NAME, such as rt5"),
			r->conn->name);
	}
	return 0;
}

static int open_conn(struct reader *r, const char *at)
{
	struct config *c = r->c;
	const char *name, *name_at;
	int rc = check_conn(r);

	if (rc < 0)
		return rc;
	skip_space(r);
	name_at = r->p;
	name = read_word(r);
	if (!name[0] || strlen(name) > 32)
		return fail(r, name_at,
			_("a connector needs a short name: [connector rt]"));
	if (!strncmp(name, "new", 3))
		return fail(r, name_at,
			_("a connector's name must not begin with \"new\""));
	for (int i = 0; i < c->n_conns; i++)
		if (!strcmp(c->conns[i].name, name))
			return fail(r, name_at,
				_("there is a connector \"%s\" already, line %d"),
				name, c->conns[i].line);
	if (c->n_conns == MAX_CONNS)
		return fail(r, at, _("more than %d connectors"), MAX_CONNS);
	r->conn = &c->conns[c->n_conns++];
	*r->conn = (struct config_conn){.name = name, .line = r->line_no};
	r->in_galley = r->in_notices = 0;
	return 0;
}

/* --- lines ---------------------------------------------------------------- */

static int read_section(struct reader *r)
{
	const char *at = ++r->p, *word;
	int rc;

	skip_space(r);
	at = r->p;
	word = read_word(r);
	if (!strcmp(word, "galley")) {
		rc = check_conn(r);
		r->conn = NULL;
		r->in_galley = 1;
		r->in_notices = 0;
	} else if (!strcmp(word, "notices")) {
		rc = check_conn(r);
		r->conn = NULL;
		r->in_galley = 0;
		r->in_notices = 1;
	} else if (!strcmp(word, "connector")) {
		rc = open_conn(r, at);
	} else {
		rc = fail(r, at,
			_("no section [%s]; sections are [galley], [notices] and [connector NAME]"),
			word);
	}
	if (rc < 0)
		return rc;
	skip_space(r);
	if (r->p >= r->end || *r->p != ']')
		return fail(r, r->p, _("] is missing"));
	r->p++;
	skip_space(r);
	if (r->p < r->end && *r->p != '#' && *r->p != ';')
		return fail(r, r->p, _("nothing may follow the section"));
	return 0;
}

static int read_quoted(struct reader *r, const char **out)
{
	struct buf b = BUF_INIT;
	const char *at = r->p++;

	while (r->p < r->end && *r->p != '"') {
		if (*r->p == '\\' && r->p + 1 < r->end)
			r->p++;
		buf_addc(&b, *r->p++);
	}
	*out = arena_strndup(r->c->arena, buf_str(&b), b.len);
	buf_fini(&b);
	if (r->p >= r->end)
		return fail(r, at, _("the quotation mark is not closed"));
	r->p++;
	skip_space(r);
	if (r->p < r->end)
		return fail(r, r->p, _("nothing may follow the value"));
	return 0;
}

/* A value in quotation marks is taken out of them when they enclose all of
 * it; command lines with quotes inside stay as they are. */
static int whole_quoted(const struct reader *r)
{
	const char *p = r->p;

	if (p >= r->end || *p++ != '"')
		return 0;
	while (p < r->end && *p != '"')
		p += *p == '\\' && p + 1 < r->end ? 2 : 1;
	return p >= r->end || p + 1 == r->end;
}

static int read_pair(struct reader *r)
{
	const char *key_at = r->p, *key = read_word(r), *v_at, *v;
	int rc;

	if (!key[0])
		return fail(r, key_at,
			_("expected [section], key = value or a # comment"));
	skip_space(r);
	if (r->p >= r->end || *r->p != '=')
		return fail(r, r->p, _("= is missing after \"%s\""), key);
	r->p++;
	skip_space(r);
	v_at = r->p;
	if (whole_quoted(r)) {
		rc = read_quoted(r, &v);
		if (rc < 0)
			return rc;
	} else {
		v = arena_strndup(r->c->arena, v_at, (size_t)(r->end - v_at));
	}
	if (!v[0])
		return fail(r, v_at,
			_("the value of \"%s\" is missing; leave the line out for the default"),
			key);
	if (r->in_galley)
		return galley_value(r, key, key_at, v, v_at);
	if (r->in_notices)
		return notices_value(r, key, key_at, v, v_at);
	if (r->conn)
		return conn_key(r, key, key_at, v);
	return fail(r, key_at, _("a section must come first: [galley]"));
}

static int check_bytes(struct reader *r)
{
	for (const char *p = r->line; p < r->end;) {
		uint32_t cp;
		size_t n = utf8_decode(p, (size_t)(r->end - p), &cp);

		if (cp == UTF8_BAD && n == 1)
			return fail(r, p, _("this is not UTF-8"));
		if ((cp < 32 && cp != '\t') || cp == 127)
			return fail(r, p, _("a control character"));
		p += n;
	}
	return 0;
}

static int read_line(struct reader *r)
{
	int rc = check_bytes(r);

	if (rc < 0)
		return rc;
	while (r->end > r->line && (r->end[-1] == ' ' || r->end[-1] == '\t'))
		r->end--;
	r->p = r->line;
	skip_space(r);
	if (r->p == r->end || *r->p == '#' || *r->p == ';')
		return 0;
	return *r->p == '[' ? read_section(r) : read_pair(r);
}

static int read_all(struct reader *r, size_t len)
{
	const char *p = r->text, *stop = r->text + len;
	int rc;

	if (len >= 3 && !memcmp(p, "\xEF\xBB\xBF", 3))
		p += 3;
	while (p < stop) {
		const char *nl = memchr(p, '\n', (size_t)(stop - p));

		r->line = p;
		r->end = nl ? nl : stop;
		p = nl ? nl + 1 : stop;
		if (r->end > r->line && r->end[-1] == '\r')
			r->end--;
		r->line_no++;
		rc = read_line(r);
		if (rc < 0)
			return rc;
	}
	return check_conn(r);
}

int config_parse(
	const char *file, const char *text, size_t len, struct config **out)
{
	struct arena *a = arena_new();
	struct config *c = arena_calloc(a, 1, sizeof *c);
	struct reader r = {.c = c, .text = text, .line = text, .end = text};
	int rc;

	c->arena = a;
	c->file = arena_strdup(a, file);
	c->undo_ms = UNDO_MS;
	c->stale_ms = DAY_MS;
	notices_default(&c->notices);
	c->conns = arena_calloc(a, MAX_CONNS, sizeof *c->conns);
	rc = read_all(&r, len);
	if (rc < 0) {
		config_free(c);
		return rc;
	}
	*out = c;
	return 0;
}

int config_load(const char *path, struct config **out)
{
	char *own = path ? NULL : path_user(PATH_CONFIG, "config");
	char *text = NULL;
	size_t len;
	int rc = file_read(path ? path : own, CONFIG_MAX, &text, &len);

	if (rc == E_NOTFOUND)
		rc = err_set(E_NOTFOUND,
			_("no configuration %s; run `galley init`"),
			path ? path : own);
	if (rc == 0)
		rc = config_parse(path ? path : own, text, len, out);
	free(text);
	free(own);
	return rc;
}

void config_free(struct config *c)
{
	if (c)
		arena_free(c->arena);
}

/* --- values of a connector ------------------------------------------------ */

/* Keys of every connector besides its manifest's settings. */
static const char *const common_keys[] = {"ca_file", "allow_plain"};

static const char *const secret_ways[] = {"command", "file", "secret"};

static int PRINTF(3, 4) fail_value(const struct config *c,
	const struct config_value *v, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	err_set(E_CONFIG, "%s:%d:%d: %s", c->file, v->line, v->col,
		buf_str(&b));
	buf_fini(&b);
	return E_CONFIG;
}

/* Is `key` the secret `name` with a way behind it? */
static const char *way_of(const char *key, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(key, name, n) != 0 || key[n] != '_')
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(secret_ways); i++)
		if (!strcmp(key + n + 1, secret_ways[i]))
			return secret_ways[i];
	return NULL;
}

static void list_keys(struct buf *b, const struct setting *s, int n)
{
	buf_adds(b, "manifest");
	for (int i = 0; i < n; i++)
		if (s[i].type == SET_SECRET)
			buf_addf(b, ", %s_command, %s_file, %s_secret",
				s[i].name, s[i].name, s[i].name);
		else
			buf_addf(b, ", %s", s[i].name);
	for (size_t i = 0; i < ARRAY_SIZE(common_keys); i++)
		buf_addf(b, ", %s", common_keys[i]);
}

static int known_key(const struct config *c, const struct config_value *v,
	const struct setting *s, int n)
{
	struct buf b = BUF_INIT;
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(common_keys); i++)
		if (!strcmp(v->key, common_keys[i]))
			return 0;
	for (int i = 0; i < n; i++) {
		if (s[i].type == SET_SECRET && !strcmp(v->key, s[i].name))
			return fail_value(c, v,
				_("a secret must not stand in this file; write %s_command, %s_file or %s_secret"),
				v->key, v->key, v->key);
		if (s[i].type == SET_SECRET ? way_of(v->key, s[i].name) != NULL
					    : !strcmp(v->key, s[i].name))
			return 0;
	}
	list_keys(&b, s, n);
	rc = fail_value(c, v, _("no key \"%s\" here; keys are: %s"), v->key,
		buf_str(&b));
	buf_fini(&b);
	return rc;
}

static int check_type(const struct config *c, const struct config_value *v,
	const struct setting *s)
{
	const char *t = v->value;

	if (s->type == SET_INT && strspn(t, "0123456789") != strlen(t))
		return fail_value(c, v, _("%s takes a number"), s->name);
	if (s->type == SET_BOOL && strcmp(t, "yes") != 0 &&
		strcmp(t, "no") != 0 && strcmp(t, "true") != 0 &&
		strcmp(t, "false") != 0)
		return fail_value(c, v, _("%s takes yes or no"), s->name);
	if (s->type == SET_URL && strncmp(t, "https://", 8) != 0 &&
		strncmp(t, "http://", 7) != 0)
		return fail_value(
			c, v, _("%s takes an address: https://..."), s->name);
	return 0;
}

static int plain_setting(const struct config *c, const struct config_conn *cc,
	const struct setting *s, char **out)
{
	const struct config_value *v = conn_value(cc, s->name);
	int rc;

	if (!v && s->optional)
		return 0;
	if (!v)
		return err_set(E_CONFIG, _("%s:%d:1: [connector %s] needs %s"),
			c->file, cc->line, cc->name, s->name);
	rc = check_type(c, v, s);
	if (rc < 0)
		return rc;
	if (s->type == SET_BOOL)
		*out = xstrdup(v->value[0] == 'y' || v->value[0] == 't'
				       ? "true"
				       : "false");
	else
		*out = xstrdup(v->value);
	return 0;
}

/* Where a secret comes from; *out NULL: it may be left out, and is. */
static int secret_way(const struct config *c, const struct config_conn *cc,
	const struct setting *s, const struct config_value **out)
{
	const struct config_value *found = NULL;

	for (int i = 0; i < cc->n_values; i++) {
		if (!way_of(cc->values[i].key, s->name))
			continue;
		if (found)
			return fail_value(c, &cc->values[i],
				_("%s is given in two ways; keep one"),
				s->name);
		found = &cc->values[i];
	}
	if (!found && !s->optional)
		return err_set(E_CONFIG,
			_("%s:%d:1: [connector %s] needs %s_command, %s_file or %s_secret"),
			c->file, cc->line, cc->name, s->name, s->name, s->name);
	*out = found;
	return 0;
}

static int secret_setting(const struct config *c, const struct config_conn *cc,
	const struct setting *s, char **out)
{
	const struct config_value *v;
	int rc = secret_way(c, cc, s, &v);

	if (rc < 0 || !v)
		return rc;
	if (secret_fetch(c->arena, way_of(v->key, s->name), v->value, out) < 0)
		return err_ctx("%s:%d", c->file, v->line);
	return 0;
}

static int check_setting(const struct config *c, const struct config_conn *cc,
	const struct setting *s)
{
	const struct config_value *v;
	char *value = NULL;
	int rc = s->type == SET_SECRET ? secret_way(c, cc, s, &v)
				       : plain_setting(c, cc, s, &value);

	free(value);
	return rc;
}

int config_conn_check(const struct config *c, const struct config_conn *cc)
{
	const struct setting *s;
	struct manifest *m;
	int n, i, rc = manifest_load(cc->manifest, &m);

	if (rc < 0)
		return err_ctx(
			"%s:%d: [connector %s]", c->file, cc->line, cc->name);
	s = manifest_settings(m, &n);
	for (i = 0; rc == 0 && i < cc->n_values; i++)
		rc = known_key(c, &cc->values[i], s, n);
	for (i = 0; rc == 0 && i < n; i++)
		rc = check_setting(c, cc, &s[i]);
	manifest_free(m);
	return rc;
}

int config_conn_values(const struct config *c, const struct config_conn *cc,
	const struct manifest *m, char ***values)
{
	int n, rc = 0;
	const struct setting *s = manifest_settings(m, &n);
	char **v = xcalloc((size_t)n + 1, sizeof *v);

	for (int i = 0; rc == 0 && i < cc->n_values; i++)
		rc = known_key(c, &cc->values[i], s, n);
	for (int i = 0; rc == 0 && i < n; i++)
		rc = s[i].type == SET_SECRET
			     ? secret_setting(c, cc, &s[i], &v[i])
			     : plain_setting(c, cc, &s[i], &v[i]);
	if (rc < 0) {
		conn_values_free(m, v);
		return rc;
	}
	*values = v;
	return 0;
}

void conn_values_free(const struct manifest *m, char **values)
{
	int n;
	const struct setting *s = manifest_settings(m, &n);

	if (!values)
		return;
	for (int i = 0; i < n; i++)
		if (s[i].type == SET_SECRET)
			secret_free(values[i]);
		else
			free(values[i]);
	free(values);
}
