/* SPDX-License-Identifier: MIT */
/*
 * What a case may know, what has to be asked, and names replaced by values. The
 * values are handed in and are put in as they are: whoever shows them gates
 * them.
 */
#include "galley/scenario/macro.h"

#include <stdlib.h>
#include <string.h>

#include "galley/base/buf.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/timefmt.h"

static const struct {
	const char *name, *label;
} known_names[] = {
	{"customer.name", N_("Customer's name")},
	{"customer.phone", N_("Customer's phone")},
	{"customer.email", N_("Customer's e-mail")},
	{"customer.level", N_("Customer's level")},
	{"order.no", N_("Order number")},
	{"order.status", N_("State of the order")},
	{"product", N_("Product")},
	{"ticket.no", N_("Ticket number")},
	{"ticket.subject", N_("Subject")},
	{"promise.text", N_("What was promised")},
	{"promise.due", N_("Promised for")},
	{"agent.name", N_("Your name")},
	{"today", N_("Today")},
};

const char *macro_known(int i, const char **label)
{
	if (i < 0 || i >= (int)ARRAY_SIZE(known_names))
		return NULL;
	if (label)
		*label = _(known_names[i].label);
	return known_names[i].name;
}

/* The next name in braces of a template; NULL: there is none. */
static const char *next_name(const char **at, char name[64])
{
	const char *s = *at;
	size_t n;

	for (; *s; s++) {
		if (*s != '{')
			continue;
		n = strcspn(s + 1, "}");
		if (s[1] == '{' || n > 63 || !s[1 + n]) {
			s += s[1] == '{';
			continue;
		}
		memcpy(name, s + 1, n);
		name[n] = '\0';
		*at = s + n + 2;
		return s;
	}
	return NULL;
}

struct asks {
	struct macro_field *v;
	int n, max;
	macro_value_fn *known;
	void *u;
	struct arena *a;
};

static void ask_known(struct asks *q, const char *name)
{
	const char *label, *s;
	int i;

	for (i = 0; i < q->n; i++)
		if (!strcmp(q->v[i].name, name))
			return;
	for (i = 0; (s = macro_known(i, &label)); i++) {
		if (strcmp(s, name) != 0 || q->n == q->max)
			continue;
		if (!q->known(q->u, s, 0))
			q->v[q->n++] = (struct macro_field){.name = s,
				.type = MACRO_TEXT,
				.label = {label}};
	}
}

static void ask_in(struct asks *q, const char *const text[3])
{
	char name[64];
	const char *at;
	int i;

	for (i = 0; i < 3; i++)
		for (at = text[i]; at && next_name(&at, name);)
			ask_known(q, name);
}

int macro_asks(const struct macro *m, macro_value_fn *known, void *u,
	struct arena *a, struct macro_field *out, int max)
{
	struct asks q = {.v = out, .max = max, .known = known, .u = u, .a = a};
	int i;

	ask_in(&q, m->text);
	ask_in(&q, m->note);
	for (i = 0; i < m->n_sets; i++)
		ask_in(&q, m->sets[i].value);
	for (i = 0; i < m->n_fields && q.n < max; i++)
		out[q.n++] = m->fields[i];
	return q.n;
}

/* One line of a template; 0: a value in it is there and empty. */
static int fill_line(struct buf *b, const char *s, size_t len,
	macro_value_fn *value, void *u, int lang)
{
	const char *end = s + len, *at, *v;
	char name[64];

	for (; s < end; s++) {
		at = s;
		if (s[0] == '{' && s[1] == '{') {
			buf_addc(b, '{');
			s++;
		} else if (*s == '{' && next_name(&at, name) == s) {
			v = value(u, name, lang);
			if (v && !*v)
				return 0;
			if (v)
				buf_adds(b, v);
			else
				buf_addf(b, "{%s}", name);
			s = at - 1;
		} else {
			buf_addc(b, *s);
		}
	}
	return 1;
}

char *macro_fill(const char *template, macro_value_fn *value, void *u, int lang)
{
	struct buf b = BUF_INIT, line = BUF_INIT;
	const char *s = template;
	int n = 0, more = 1;
	size_t len;

	buf_adds(&b, "");
	for (; more; s += len + 1) {
		len = strcspn(s, "\n");
		more = s[len] != '\0';
		buf_reset(&line);
		if (fill_line(&line, s, len, value, u, lang))
			buf_addf(&b, "%s%s", n++ ? "\n" : "", buf_str(&line));
	}
	buf_fini(&line);
	return buf_take(&b);
}

/* --- values -----------------------------------------------------------------
 */

static int check_number(const char *s, char **out)
{
	const char *p = s + (*s == '-');
	size_t n = strspn(p, "0123456789"), cents;

	cents = p[n] == '.' ? strspn(p + n + 1, "0123456789") : 0;
	if (!n || n > 15 || p[n + (cents ? cents + 1 : 0)])
		return err_set(E_INPUT, _("write a number: 20 or 19.90"));
	*out = xstrdup(s);
	return 0;
}

/* 2026-11-30, with a time behind it or not; or how long from now: 2d */
static int check_date(const char *s, int64_t now_ms, int zone_min, char **out)
{
	int64_t t;
	char day[TIME_ISO_SIZE];

	if (time_span_parse(s, strlen(s), &t) == 0) {
		time_sql(now_ms + t + (int64_t)zone_min * 60000, day);
		*out = xstrndup(day, strlen("2026-11-30"));
		return 0;
	}
	if (time_parse(s, strlen(s), zone_min, &t) < 0)
		return err_set(E_INPUT,
			_("write a day: 2026-11-30, or 2d for in two days"));
	*out = xstrdup(s);
	return 0;
}

int macro_value_check(enum macro_type type, const char *text, int64_t now_ms,
	int zone_min, char **out)
{
	char *s = xstrdup(text + strspn(text, " "));
	size_t n = strlen(s);
	int rc = 0;

	while (n && s[n - 1] == ' ')
		s[--n] = '\0';
	if (type == MACRO_NUMBER && *s)
		rc = check_number(s, out);
	else if (type == MACRO_DATE && *s)
		rc = check_date(s, now_ms, zone_min, out);
	else
		*out = xstrdup(s);
	free(s);
	return rc;
}
