/* SPDX-License-Identifier: MIT */
/*
 * The list of codes that galley has words for, and how any other one is made
 * readable. Nothing here is written back: queries and backends have the codes.
 */
#include "galley/app/codes.h"

#include <string.h>
#include <strings.h>
#include "galley/base/buf.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"

/* The word of those that says `raw`; itself where there is none. */
static const char *in_words(const char *const *known, size_t n, const char *raw)
{
	size_t i;

	for (i = 0; raw && i < n; i++) {
		const char *word = strchr(known[i], '\004') + 1;

		if (strcasecmp(word, raw) == 0 && i18n_in(known[i]) != word)
			return i18n_in(known[i]);
	}
	return raw;
}

const char *codes_status(const char *raw)
{
	static const char *const known[] = {
		NC_("status", "new"),
		NC_("status", "open"),
		NC_("status", "in progress"),
		NC_("status", "pending"),
		NC_("status", "waiting"),
		NC_("status", "stalled"),
		NC_("status", "snoozed"),
		NC_("status", "feedback"),
		NC_("status", "solved"),
		NC_("status", "resolved"),
		NC_("status", "rejected"),
		NC_("status", "closed"),
		NC_("status", "deleted"),
		NC_("status", "done"),
	};

	return in_words(known, ARRAY_SIZE(known), raw);
}

const char *codes_promise(const char *raw)
{
	static const char *const known[] = {
		NC_("promise", "open"),
		NC_("promise", "kept"),
		NC_("promise", "broken"),
		NC_("promise", "cancelled"),
	};

	return in_words(known, ARRAY_SIZE(known), raw);
}

const char *codes_link(const char *raw)
{
	static const char *const known[] = {
		NC_("link", "refers-to"),
		NC_("link", "referred-by"),
		NC_("link", "depends-on"),
		NC_("link", "depended-on-by"),
		NC_("link", "parent"),
		NC_("link", "child"),
	};

	return in_words(known, ARRAY_SIZE(known), raw);
}

/* Classes of cases and ends of calls: in small letters, ':' between what it is
 * and which, a space between words. */
static const struct {
	const char *code, *words;
} known[] = {
	{"enquiry", NC_("code", "Enquiry")},
	{"request", NC_("code", "Request")},
	{"complaint", NC_("code", "Complaint")},
	{"complaint:attitude", NC_("code", "Complaint: attitude")},
	{"complaint:delay", NC_("code", "Complaint: delay")},
	{"complaint:result", NC_("code", "Complaint: result")},
	{"complaint:crisis", NC_("code", "Complaint: public crisis")},
	{"repair:advice", NC_("code", "Repair: advice given")},
	{"repair:book", NC_("code", "Repair: appointment made")},
	{"repair:done", NC_("code", "Repair: done")},
	{"repair:fault", NC_("code", "Repair: fault")},
	{"repair:late", NC_("code", "Repair: late")},
	{"repair:parts", NC_("code", "Repair: waits for parts")},
	{"repair:urgent", NC_("code", "Repair: urgent")},
	{"install:book", NC_("code", "Installation: appointment made")},
	{"install:done", NC_("code", "Installation: done")},
	{"install:fault", NC_("code", "Installation: fault")},
	{"install:missed", NC_("code", "Installation: nobody came")},
	{"refund:bank", NC_("code", "Refund: bank")},
	{"refund:late", NC_("code", "Refund: late")},
	{"refund:status", NC_("code", "Refund: where it stands")},
	{"safety:gas", NC_("code", "Safety: smell of gas")},
	{"safety:done", NC_("code", "Safety: done")},
	{"safety:followup", NC_("code", "Safety: to be followed up")},
	{"answered", NC_("code", "Answered")},
	{"no answer", NC_("code", "No answer")},
	{"busy", NC_("code", "Busy")},
	{"failed", NC_("code", "Failed")},
	{"voicemail", NC_("code", "Voice mail")},
	{"callback", NC_("code", "To be called back")},
	{"abandoned", NC_("code", "Hung up while waiting")},
	{"transferred", NC_("code", "Transferred")},
	{"resolved", NC_("code", "Resolved")},
	{"wrong number", NC_("code", "Wrong number")},
};

static int is_small(char c)
{
	return c >= 'a' && c <= 'z';
}

static char small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* "REPAIR/NO_SHOW" as "repair:no show". */
static void plain_form(const char *raw, struct buf *out)
{
	int shouts = 1;
	const char *s;

	for (s = raw; *s; s++)
		shouts &= !is_small(*s);
	for (s = raw; *s; s++)
		buf_addc(out, *s == ':' || *s == '/' ? ':'
			      : *s == '_'	     ? ' '
			      : shouts		     ? small(*s)
						     : *s);
}

/* "repair:no show" as "Repair: no show". */
static const char *readable(const char *plain, struct arena *a)
{
	struct buf b = BUF_INIT;
	const char *s;

	for (s = plain; *s; s++)
		if (*s == ':' && s[1])
			buf_adds(&b, ": ");
		else
			buf_addc(&b, *s);
	if (is_small(b.p[0]))
		b.p[0] = (char)(b.p[0] - 'a' + 'A');
	s = arena_strdup(a, buf_str(&b));
	buf_fini(&b);
	return s;
}

const char *codes_words(const char *raw, struct arena *a)
{
	struct buf plain = BUF_INIT;
	const char *out = NULL;
	size_t i;

	if (!raw || !*raw || strchr(raw, ' '))
		return raw;
	plain_form(raw, &plain);
	for (i = 0; i < ARRAY_SIZE(known) && !out; i++)
		if (strcasecmp(known[i].code, buf_str(&plain)) == 0)
			out = i18n_in(known[i].words);
	if (!out)
		out = readable(buf_str(&plain), a);
	buf_fini(&plain);
	return out;
}

const char *codes_value(const char *field, const char *raw, struct arena *a)
{
	return strcasecmp(field, "class") == 0 ? codes_words(raw, a) : raw;
}

const char *codes_field(const char *field)
{
	static const char *const names[] = {
		NC_("field", "Class"),
		NC_("field", "Product"),
		NC_("field", "Model"),
		NC_("field", "Order"),
		NC_("field", "Problem"),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (strcasecmp(strchr(names[i], '\004') + 1, field) == 0)
			return i18n_in(names[i]);
	return field;
}
