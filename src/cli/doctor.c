/* SPDX-License-Identifier: MIT */
/*
 * galley doctor: one page about this installation that can be pasted into any
 * ticket. Every value goes through the redactor: secrets, phone numbers and
 * addresses are masked. It changes nothing unless --salvage is given.
 */
#include "setup.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "galley/base/json.h"
#include "galley/base/log.h"
#include "galley/base/paths.h"
#include "galley/base/timefmt.h"
#include "galley/base/utf8.h"
#include "galley/store/quarantine.h"
#include "page.h"

#define ERRORS_SHOWN 10

struct doctor {
	struct cli *c;
	int trouble; /* things that are not as they should be */
};

static void say(
	struct doctor *d, const char *key, const char *label, const char *value)
{
	struct buf b = BUF_INIT;

	if (!value || !*value)
		value = "-";
	redact(&b, value, strlen(value), 1);
	pr_kstr(d->c->pr, key, label, buf_str(&b));
	buf_fini(&b);
}

/* --- the program ---------------------------------------------------------- */

/* Asked of what is loaded, not of what was there when galley was built. */
static const char *lib_version(const char *symbol)
{
	union {
		void *p;
		const char *(*fn)(void);
	} u = {.p = dlsym(RTLD_DEFAULT, symbol)};
	/* libcurl is loaded when it is needed, and named all the same */
	void *curl = u.p ? NULL : dlopen("libcurl.so.4", RTLD_LAZY);

	if (curl)
		u.p = dlsym(curl, symbol);
	return u.p ? u.fn() : NULL;
}

static void about_program(struct doctor *d)
{
	static const struct {
		const char *name, *symbol;
	} libs[] = {{"curl", "curl_version"}, {"cjson", "cJSON_Version"}};

	pr_sec(d->c->pr, "program", _("Program"));
	say(d, "galley", "galley", GALLEY_VERSION);
	say(d, "libc", "libc", gnu_get_libc_version());
	say(d, "sqlite", "sqlite", store_sqlite());
	for (size_t i = 0; i < ARRAY_SIZE(libs); i++)
		say(d, libs[i].name, libs[i].name, lib_version(libs[i].symbol));
	say(d, "widths", _("Cell widths"), utf8_width_version());
	pr_sec_end(d->c->pr);
}

static void about_terminal(struct doctor *d)
{
	struct cli *c = d->c;
	const char *loc = setlocale(LC_CTYPE, NULL);
	const char *term = getenv("TERM"), *lang = getenv("LANG");
	char zone[16];

	snprintf(zone, sizeof zone, "%+03d:%02d", c->zone_min / 60,
		abs(c->zone_min % 60));
	pr_sec(c->pr, "terminal", _("Terminal and locale"));
	say(d, "term", "TERM", term);
	say(d, "lang", "LANG", lang);
	say(d, "locale", _("Locale"), loc);
	say(d, "language", _("Language"), getenv("LANGUAGE"));
	say(d, "zone", _("Time zone"), zone);
	pr_kint(c->pr, "width", _("Width"), pr_width(c->pr));
	pr_sec_end(c->pr);
}

/* --- files ---------------------------------------------------------------- */

/* `closed`: the mode bits that must be off. The configuration holds no secret,
 * so others may read it, but not write. */
static void about_path(struct doctor *d, const char *key, const char *label,
	char *path, unsigned closed)
{
	struct stat st;
	struct buf b = BUF_INIT;

	if (stat(path, &st) < 0) {
		buf_addf(&b, _("%s (not there)"), path);
	} else {
		buf_addf(&b, "%s %04o", path, (unsigned)st.st_mode & 07777);
		if (st.st_uid != geteuid()) {
			buf_adds(&b, _(" !!! belongs to somebody else"));
			d->trouble++;
		} else if (st.st_mode & closed) {
			buf_adds(&b, _(" !!! open to others: chmod go= it"));
			d->trouble++;
		}
	}
	say(d, key, label, buf_str(&b));
	buf_fini(&b);
	free(path);
}

static void about_paths(struct doctor *d)
{
	char *jq = NULL;

	pr_sec(d->c->pr, "paths", _("Paths"));
	about_path(d, "config", _("Configuration"),
		d->c->config_path ? xstrdup(d->c->config_path)
				  : path_user(PATH_CONFIG, "config"),
		022);
	about_path(d, "data", _("Data"), path_user(PATH_DATA, NULL), 077);
	about_path(d, "db", _("Cache"), path_user(PATH_DATA, "galley.db"), 077);
	about_path(
		d, "log", _("Log"), path_user(PATH_STATE, "galley.log"), 077);
	if (path_helper("galley-jq", &jq) < 0) {
		say(d, "mapper", _("Mapper"), err_msg());
		d->trouble++;
	} else {
		say(d, "mapper", _("Mapper"), jq);
	}
	free(jq);
	pr_sec_end(d->c->pr);
}

/* --- the cache ------------------------------------------------------------ */

static void say_json(struct doctor *d, const struct json *v)
{
	struct buf b = BUF_INIT;

	if (json_type(v) == JSON_OBJECT || json_type(v) == JSON_ARRAY) {
		json_print(&b, v);
		say(d, json_key(v), json_key(v), set_words(d->c, buf_str(&b)));
	} else if (json_str(v)) {
		say(d, json_key(v), json_key(v), json_str(v));
	} else {
		json_print(&b, v);
		say(d, json_key(v), json_key(v), buf_str(&b));
	}
	buf_fini(&b);
}

static void about_cache(struct doctor *d, struct store_ro *ro)
{
	struct buf json = BUF_INIT;
	struct json_doc *doc;

	pr_sec(d->c->pr, "cache", _("Cache"));
	if (store_stats(ro, &json) == 0 &&
		json_parse(buf_str(&json), json.len, &json_limits_wire, &doc) ==
			0) {
		for (const struct json *v = json_first(json_root(doc)); v;
			v = json_next(v))
			say_json(d, v);
		json_free(doc);
	}
	buf_fini(&json);
	if (opt(d->c, "quick")) {
		/* the check reads the whole file */
	} else if (store_check(ro) < 0) {
		say(d, "check", _("Check"), err_msg());
		d->trouble++;
	} else {
		say(d, "check", _("Check"), _("ok"));
	}
	pr_sec_end(d->c->pr);
}

static void about_outbox(struct doctor *d, struct store_ro *ro)
{
	int counts[OPS_STATE_COUNT] = {0};
	struct ops ops;

	if (store_op_list(ro, 0, -1, 0, 100000, &ops) < 0)
		return;
	for (int i = 0; i < ops.n; i++)
		counts[ops.v[i].state]++;
	ops_free(&ops);
	pr_sec(d->c->pr, "outbox", _("Outbox"));
	for (int i = 0; i < OPS_STATE_COUNT; i++)
		if (op_open((enum op_state)i))
			pr_kint(d->c->pr, op_state_name((enum op_state)i),
				op_state_name((enum op_state)i), counts[i]);
	d->trouble += counts[OPS_HELD];
	pr_sec_end(d->c->pr);
}

/* Nothing that a person here could mend: named, but no trouble of ours. */
static void about_quarantine(struct doctor *d, struct store_ro *ro)
{
	int64_t n = 0;

	if (store_aside_count(ro, 0, &n) < 0 || (!n && pr_human(d->c->pr)))
		return;
	pr_gap(d->c->pr);
	if (quarantine_say(d->c, ro) < 0)
		say(d, "quarantine_error", _("Error"), err_msg());
}

static void about_errors(struct doctor *d, struct store_ro *ro)
{
	static const struct col cols[] = {{"at", N_("when"), CT_TIME, 0},
		{"where", N_("where"), CT_TEXT, 0},
		{"text", N_("what"), CT_TEXT, CF_FLEX}};
	struct log_row *rows;
	int n, shown = 0;

	if (store_log_list(ro, 200, d->c->arena, &rows, &n) < 0)
		return;
	if (pr_human(d->c->pr)) {
		pr_gap(d->c->pr);
		pr_line(d->c->pr, ST_BOLD, "%s", _("Last errors"));
	}
	if (pr_list(d->c->pr, "errors", cols, 3) < 0)
		return;
	for (int i = 0; i < n && shown < ERRORS_SHOWN; i++) {
		struct buf b = BUF_INIT;

		if (rows[i].level > LOG_WARN)
			continue;
		redact(&b, rows[i].text, strlen(rows[i].text), 1);
		pr_row(d->c->pr);
		pr_time(d->c->pr, 0, rows[i].at_ms);
		pr_text(d->c->pr, 1,
			arena_printf(d->c->arena, "%s %s",
				rows[i].connector ? rows[i].connector : "",
				rows[i].stream ? rows[i].stream : ""));
		pr_text(d->c->pr, 2, buf_str(&b));
		pr_row_end(d->c->pr);
		buf_fini(&b);
		shown++;
	}
	pr_list_end(d->c->pr);
	if (!shown)
		pr_line(d->c->pr, ST_DIM, _("none"));
}

/* --- connectors ----------------------------------------------------------- */

static const char *fact(
	struct doctor *d, struct store_ro *ro, int id, const char *key)
{
	const char *v;

	return ro && id && store_fact_get(ro, id, key, d->c->arena, &v) == 0
		       ? v
		       : NULL;
}

/* Addresses may hold a name and password before the @. */
static const char *safe_value(struct doctor *d, const char *v)
{
	const char *scheme = strstr(v, "://");
	const char *at = scheme ? strchr(scheme + 3, '@') : NULL;

	if (!at)
		return v;
	return arena_printf(
		d->c->arena, "%.*s[hidden]%s", (int)(scheme + 3 - v), v, at);
}

static void about_connector(struct doctor *d, struct store_ro *ro, int i)
{
	struct session *s = d->c->session;
	const struct config_conn *cc = &session_config(s)->conns[i];
	const struct manifest *m;
	const char *probed, *offset;
	int id = 0;

	pr_sec(d->c->pr, cc->name,
		arena_printf(d->c->arena, _("Connector %s"), cc->name));
	say(d, "manifest", _("Manifest"), cc->manifest);
	if (session_manifest(s, i, &m) < 0) {
		say(d, "error", _("Error"), err_msg());
		d->trouble++;
	} else {
		say(d, "title", _("Title"), manifest_title(m));
	}
	for (int k = 0; k < cc->n_values; k++)
		say(d, cc->values[k].key, cc->values[k].key,
			safe_value(d, cc->values[k].value));
	if (session_connector(s, cc->name, &id) < 0)
		id = 0;
	probed = fact(d, ro, id, "probed");
	offset = fact(d, ro, id, "offset_ms");
	if (probed)
		pr_ktime(d->c->pr, "probed", _("Last seen"),
			strtoll(probed, NULL, 10));
	say(d, "offset_ms", _("Clock offset"),
		offset ? arena_printf(d->c->arena, "%s ms", offset) : NULL);
	pr_sec_end(d->c->pr);
}

/* --- salvage -------------------------------------------------------------- */

static int move_aside(const char *path, const char *suffix, int64_t now_ms)
{
	char *from = xasprintf("%s%s", path, suffix);
	char *to = xasprintf("%s.bent-%lld%s", path, (long long)now_ms, suffix);
	int rc = 0;

	if (access(from, F_OK) == 0 && rename(from, to) < 0)
		rc = err_set(E_DISK, _("%s cannot be moved aside"), from);
	free(from);
	free(to);
	return rc;
}

static const char *const parts[] = {"", "-wal", "-shm"};

/* Of a try that was broken off; the damaged file is still there. */
static void drop_unfinished(const char *fresh)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		char *name = xasprintf("%s%s", fresh, parts[i]);

		unlink(name);
		free(name);
	}
}

static int salvage_to(struct cli *c, const char *bent, const char *fresh)
{
	struct buf report = BUF_INIT;
	int rc = store_salvage(bent, fresh, &report);

	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(parts); i++)
		rc = move_aside(bent, parts[i], c->now_ms);
	if (rc == 0 && rename(fresh, bent) < 0)
		rc = err_set(E_DISK, _("%s cannot be put in place"), fresh);
	pr_begin(c->pr, "salvage/1");
	pr_kstr(c->pr, "report", NULL, buf_str(&report));
	pr_para(c->pr, ST_PLAIN, 0, buf_str(&report));
	if (rc == 0)
		pr_line(c->pr, ST_GOOD,
			_("what could be read is in place again; the old file lies beside it as .bent"));
	pr_end(c->pr);
	buf_fini(&report);
	return rc;
}

/* Who delivers meanwhile would go on with the file that is put aside, and what
 * waits there would leave from both. */
static int salvage_alone(struct cli *c, const char *bent)
{
	struct store_opts o = {.path = bent};
	char *fresh = xasprintf("%s.salvaged", bent);
	struct store_lock lock;
	int rc = access(bent, F_OK) == 0
			 ? store_lock_take(&o, &lock)
			 : err_set(E_NOTFOUND, _("%s: no cache yet"), bent);

	if (rc == 0) {
		drop_unfinished(fresh);
		rc = salvage_to(c, bent, fresh);
		if (rc == 0)
			store_lock_drop(&lock);
		else /* as after a crash: the next opening looks at the file */
			close(lock.fd);
	}
	free(fresh);
	return rc;
}

static int salvage(struct cli *c)
{
	char *bent = path_user(PATH_DATA, "galley.db");
	int rc = 1;

	if (!opt(c, "yes"))
		rc = ask_yes(c, _("Copy what can be read into a new cache?"));
	if (rc == 1)
		rc = salvage_alone(c, bent);
	free(bent);
	return rc;
}

/* --- the page ------------------------------------------------------------- */

static void with_session(struct doctor *d)
{
	struct store_ro *ro = NULL;
	const struct config *conf = session_config(d->c->session);
	int rc;

	rc = session_ro(d->c->session, &ro);
	if (rc < 0) {
		pr_gap(d->c->pr);
		say(d, "no_cache", _("Cache"), err_msg());
		d->trouble += rc != E_NOTFOUND; /* that is a new home */
		ro = NULL;
	}
	d->c->ro = ro;
	for (int i = 0; i < conf->n_conns; i++)
		about_connector(d, ro, i);
	if (ro) {
		about_cache(d, ro);
		about_outbox(d, ro);
		about_quarantine(d, ro);
		about_errors(d, ro);
	}
}

int cmd_doctor(struct cli *c)
{
	struct doctor d = {.c = c};

	if (opt(c, "salvage")) {
		/* for its language only: it may be what is broken */
		if (session_open(c->config_path, &c->session) < 0)
			c->session = NULL;
		return salvage(c);
	}
	pr_begin(c->pr, "doctor/1");
	about_program(&d);
	about_terminal(&d);
	about_paths(&d);
	if (session_open(c->config_path, &c->session) == 0) {
		with_session(&d);
	} else {
		pr_gap(c->pr);
		say(&d, "no_config", _("Configuration"), err_msg());
		d.trouble++;
	}
	pr_gap(c->pr);
	pr_kint(c->pr, "trouble", NULL, d.trouble);
	if (d.trouble)
		pr_line(c->pr, ST_BAD,
			P_("%d thing needs you (!!!, held, or an error above)",
				"%d things need you (!!!, held, or an error above)",
				d.trouble),
			d.trouble);
	else
		pr_line(c->pr, ST_GOOD, "%s", _("all well"));
	pr_end(c->pr);
	return d.trouble ? 1 : 0;
}

const struct opt doctor_opts[] = {
	{"quick", 0, NULL, N_("do not read the whole cache to check it")},
	{"salvage", 0, NULL,
		N_("copy what can be read of a broken cache into a new one")},
	{"yes", 'y', NULL, N_("ask nothing")},
	{NULL, 0, NULL, NULL},
};
