/* SPDX-License-Identifier: MIT */
/*
 * Opens what a run needs, when it needs it: a listing never touches the
 * network, a reply never waits for it. It prints nothing.
 */
#include "galley/app/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "app_priv.h"
#include "galley/base/i18n.h"
#include "galley/base/json.h"
#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/base/task.h"

struct session {
	struct config *config;
	struct config *seen; /* as its file was read last; NULL: the same */
	char *db_path;
	struct store_ro *ro;
	struct task *opening; /* of it */
	struct store_rw *rw;
	struct host *host;
	struct arena *arena;
	struct manifest **manifests; /* by index of config->conns */
	int *ids;		     /* connector numbers, 0: not yet known */
	struct store_me *me;
	int n_me;
	struct buf skipped;
	int skipped_code;
};

/* A screen is shown meanwhile, desk_begin(). */
#define BEGIN_MS 300

static void use_editor(const char *editor)
{
	if (editor && !getenv("VISUAL") && !getenv("EDITOR"))
		setenv("VISUAL", editor, 1);
}

static void open_log(void)
{
	char *dir = path_user(PATH_STATE, NULL);
	char *file = path_user(PATH_STATE, "galley.log");

	if (path_make_private(dir) < 0 ||
		log_open(file, LOG_INFO, clock_system()) < 0)
		log_warn("log", "no log file: %s", err_msg());
	free(file);
	free(dir);
}

int session_open(const char *config_path, struct session **out)
{
	struct config *c;
	struct session *s;
	int rc = config_load(config_path, &c);

	if (rc == E_NOTFOUND)
		rc = err_set(E_CONFIG,
			_("there is no configuration yet; run `galley init`"));
	if (rc < 0)
		return rc;
	s = xcalloc(1, sizeof *s);
	s->config = c;
	s->arena = arena_new();
	s->db_path = path_user(PATH_DATA, "galley.db");
	s->manifests = arena_calloc(
		s->arena, (size_t)c->n_conns + 1, sizeof *s->manifests);
	s->ids = arena_calloc(s->arena, (size_t)c->n_conns + 1, sizeof *s->ids);
	if (c->language)
		i18n_use(c->language);
	use_editor(c->editor);
	open_log();
	*out = s;
	return 0;
}

/* The lines below may stand elsewhere now. */
static void take_lines(struct config *c, const struct config *fresh)
{
	for (int i = 0; i < c->n_conns && i < fresh->n_conns; i++) {
		struct config_conn *to = &c->conns[i];
		const struct config_conn *from = &fresh->conns[i];

		if (strcmp(to->name, from->name) != 0 ||
			to->n_values != from->n_values)
			return; /* the file is another one by now */
		to->line = from->line;
		for (int k = 0; k < to->n_values; k++)
			to->values[k].line = from->values[k].line;
	}
}

/* What only the screen looks at. What the system's language was is not known
 * any more, and a theme by the terminal is chosen at the start. */
static int holds_at_once(const struct config *fresh, const char *key)
{
	static const char *const keys[] = {
		"undo", "keys", "keys_file", "opener"};
	const char *section = config_section(key);

	if (!strcmp(key, "language"))
		return fresh->language != NULL;
	if (!strcmp(key, "theme"))
		return fresh->theme != NULL;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(key, keys[i]))
			return 1;
	return section && !strcmp(section, "notices");
}

/* Takes `fresh`. The others may be read by the worker meanwhile. */
static void take_over(struct session *s, struct config *fresh)
{
	struct config *c = s->config;

	c->language = arena_strdup(s->arena, fresh->language);
	c->undo_ms = fresh->undo_ms;
	c->keys = fresh->keys;
	c->keys_file = arena_strdup(s->arena, fresh->keys_file);
	c->theme = arena_strdup(s->arena, fresh->theme);
	c->opener = arena_strdup(s->arena, fresh->opener);
	c->notices = fresh->notices;
	take_lines(c, fresh);
	config_free(s->seen);
	s->seen = fresh;
}

int session_change(
	struct session *s, const char *key, const char *value, int *now)
{
	struct config *fresh;
	int rc = config_set(s->config->file, key, value);

	if (rc == 0)
		rc = config_load(s->config->file, &fresh);
	if (rc < 0)
		return rc;
	*now = holds_at_once(fresh, key);
	take_over(s, fresh);
	return 0;
}

static int is_in(const struct config_changes *c, const char *what)
{
	for (int i = 0; i < c->n; i++)
		if (!strcmp(c->v[i].what, what))
			return 1;
	return 0;
}

int session_reread(
	struct session *s, struct arena *a, struct config_changes *out)
{
	struct config_changes since; /* the start */
	struct config *fresh;
	int rc = config_load(s->config->file, &fresh);

	if (rc < 0)
		return rc;
	config_diff(s->config, fresh, a, &since);
	config_diff(s->seen ? s->seen : s->config, fresh, a, out);
	for (int i = 0; i < out->n; i++) {
		struct config_change *c = &out->v[i];

		c->now = holds_at_once(fresh, c->what) ||
			 !is_in(&since, c->what);
		if (c->conn && config_conn_check(fresh, c->conn) < 0)
			c->wrong = arena_strdup(a, err_msg());
	}
	err_clear();
	take_over(s, fresh);
	return 0;
}

/* --- the cache ------------------------------------------------------------ */

static void *open_ro(void *u)
{
	const struct session *s = u;
	struct store_opts o = {.path = s->db_path};
	struct store_ro *ro = NULL;

	return store_open_ro(&o, &ro) < 0 ? NULL : ro;
}

void session_ro_begin(struct session *s)
{
	if (!s->ro && !s->opening)
		s->opening = task_begin(open_ro, s);
}

static void take_ro(struct session *s)
{
	if (s->opening)
		s->ro = task_end(s->opening);
	s->opening = NULL;
}

void session_host_close(struct session *s)
{
	host_free(s->host);
	s->host = NULL;
}

void session_leave(struct session *s)
{
	if (!s)
		return;
	session_host_close(s);
	store_close_rw(s->rw);
	s->rw = NULL;
	log_close();
}

void session_close(struct session *s)
{
	if (!s)
		return;
	take_ro(s);
	session_host_close(s);
	store_close_rw(s->rw);
	store_close_ro(s->ro);
	for (int i = 0; i < s->config->n_conns; i++)
		manifest_free(s->manifests[i]);
	config_free(s->config);
	config_free(s->seen);
	buf_fini(&s->skipped);
	arena_free(s->arena);
	free(s->db_path);
	free(s);
	log_close();
}

const struct config *session_config(const struct session *s)
{
	return s->config;
}

const char *session_db_path(const struct session *s)
{
	return s->db_path;
}

const char *session_skipped(const struct session *s)
{
	return buf_str(&s->skipped);
}

int session_skipped_code(const struct session *s)
{
	return s->skipped_code;
}

int session_ro(struct session *s, struct store_ro **out)
{
	struct store_opts o = {.path = s->db_path};
	int rc = 0;

	take_ro(s);
	if (!s->ro) /* also to learn why it could not be opened */
		rc = store_open_ro(&o, &s->ro);
	if (rc == E_NOTFOUND)
		return err_set(E_NOTFOUND,
			_("nothing is here yet; run `galley sync` first"));
	if (rc < 0)
		return rc;
	*out = s->ro;
	return 0;
}

int session_manifest(struct session *s, int i, const struct manifest **out)
{
	int rc;

	if (!s->manifests[i]) {
		rc = manifest_load(
			s->config->conns[i].manifest, &s->manifests[i]);
		if (rc < 0)
			return err_ctx("%s:%d: [connector %s]", s->config->file,
				s->config->conns[i].line,
				s->config->conns[i].name);
	}
	*out = s->manifests[i];
	return 0;
}

void session_manifests(struct session *s)
{
	const struct manifest *m;

	for (int i = 0; i < s->config->n_conns; i++)
		if (session_manifest(s, i, &m) < 0)
			err_clear();
}

static int register_connectors(struct session *s, struct store_rw *rw)
{
	for (int i = 0; i < s->config->n_conns; i++) {
		const struct manifest *m;
		int rc = session_manifest(s, i, &m);

		if (rc == 0)
			rc = store_connector(rw, s->config->conns[i].name,
				manifest_id(m), &s->ids[i]);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int make_data_dir(void)
{
	char *dir = path_user(PATH_DATA, NULL);
	int rc = path_make_private(dir);

	free(dir);
	return rc;
}

int session_rw(struct session *s, struct store_rw **out)
{
	struct store_opts o = {.path = s->db_path};
	struct store_rw *rw = NULL;
	int rc;

	if (s->host) {
		*out = host_store(s->host);
		return 0;
	}
	if (!s->rw) {
		rc = make_data_dir();
		if (rc == 0)
			rc = store_open_rw(&o, &rw);
		if (rc == 0)
			rc = register_connectors(s, rw);
		if (rc < 0) {
			store_close_rw(rw);
			return rc;
		}
		s->rw = rw;
	}
	*out = s->rw;
	return 0;
}

/* --- the sender ----------------------------------------------------------- */

static void skip_connector(struct session *s, int i)
{
	s->skipped_code = err_code();
	buf_addf(&s->skipped, "%s: %s\n", s->config->conns[i].name, err_msg());
	log_warn("connector", "%s left out: %s", s->config->conns[i].name,
		err_msg());
}

static int truth(const struct config_value *v)
{
	return v && (!strcmp(v->value, "yes") || !strcmp(v->value, "true"));
}

/* Fills `hc` and `values` with the connectors that can be set up. */
static int prepare(struct session *s, struct host_conn *hc, char ***values,
	const struct manifest **ms)
{
	int n = 0;

	for (int i = 0; i < s->config->n_conns; i++) {
		const struct config_conn *cc = &s->config->conns[i];
		const struct config_value *ca = conn_value(cc, "ca_file");

		if (session_manifest(s, i, &ms[n]) < 0 ||
			config_conn_values(s->config, cc, ms[n], &values[n]) <
				0) {
			skip_connector(s, i);
			continue;
		}
		hc[n] = (struct host_conn){
			.manifest = ms[n],
			.args =
				{
					.name = cc->name,
					.values =
						(const char *const *)values[n],
					.allow_plain = truth(
						conn_value(cc, "allow_plain")),
					.ca_file = ca ? ca->value : NULL,
				},
		};
		n++;
	}
	return n;
}

static int64_t env_number(const char *name)
{
	const char *v = getenv(name);

	return v ? strtoll(v, NULL, 10) : 0;
}

/* Who is to be the sender: a host of ours, or a worker. */
struct sender {
	engine_event_fn *event;
	void *u;
	struct worker **worker; /* NULL: a host */
};

static int open_sender(struct session *s, const struct host_conn *hc, int n,
	const struct sender *to)
{
	struct store_opts o = {.path = s->db_path, .sender = 1};
	struct engine_limits limits = engine_limits_default;
	struct host_args a = {
		.store = &o,
		.conns = hc,
		.n_conns = n,
		.limits = &limits,
		.begin_ms = to->worker ? BEGIN_MS : 0,
		/* what can be read needs no writer before the screen */
		.late = to->worker && s->ro,
		.event = to->event,
		.event_user = to->u,
		.retain_ms =
			(int64_t)s->config->retention_days * 24 * 3600 * 1000,
		.record = getenv("GALLEY_RECORD"),
		.replay = getenv("GALLEY_REPLAY"),
		.die_at = env_number("GALLEY_DIE_AT"),
	};
	struct engine_limits *kept = arena_alloc(s->arena, sizeof *kept);

	if (s->config->stale_ms)
		limits.stale_after_ms = s->config->stale_ms;
	/* the engine may keep the pointer */
	*kept = limits;
	a.limits = kept;
	return to->worker ? worker_start(&a, to->worker)
			  : host_new(&a, &s->host);
}

static int start_sender(struct session *s, const struct sender *to)
{
	size_t max = (size_t)s->config->n_conns + 1;
	struct host_conn *hc = xcalloc(max, sizeof *hc);
	char ***values = xcalloc(max, sizeof *values);
	const struct manifest **ms = xcalloc(max, sizeof *ms);
	int n, rc = make_data_dir();

	buf_reset(&s->skipped);
	s->skipped_code = 0;
	n = rc == 0 ? prepare(s, hc, values, ms) : 0;
	if (rc == 0 && !n)
		rc = s->skipped_code
			     ? s->skipped_code
			     : err_set(E_CONFIG,
				       _("%s names no connector; run `galley init`"),
				       s->config->file);
	if (rc == 0)
		rc = open_sender(s, hc, n, to);
	for (int i = 0; i < n; i++)
		conn_values_free(ms[i], values[i]);
	free(values);
	free(hc);
	free(ms);
	return rc;
}

int session_host(
	struct session *s, engine_event_fn *event, void *u, struct host **out)
{
	struct sender to = {.event = event, .u = u};
	int rc = start_sender(s, &to);

	if (rc == 0)
		*out = s->host;
	return rc;
}

int session_worker(struct session *s, struct worker **out)
{
	struct sender to = {.worker = out};

	return start_sender(s, &to);
}

/* What rows are called inside a sentence, in the order of enum entity. */
const char *entity_word(enum entity e)
{
	static const char *const words[ENT_COUNT] = {
		[ENT_QUEUE] = N_("queue"),
		[ENT_AGENT] = N_("agent"),
		[ENT_CUSTOMER] = N_("customer"),
		[ENT_TICKET] = N_("ticket"),
		[ENT_CONVERSATION] = N_("conversation"),
		[ENT_MESSAGE] = N_("message"),
		[ENT_FILE] = N_("attachment"),
		[ENT_ARTICLE] = N_("article"),
		[ENT_OUTCOME] = N_("outcome"),
		[ENT_CALL] = N_("call"),
		[ENT_ORDER] = N_("order"),
		[ENT_PROMISE] = N_("promise"),
		[ENT_MOMENT] = N_("moment"),
	};

	return words[e] ? _(words[e]) : entity_desc(e)->name;
}

/* --- names ---------------------------------------------------------------- */

static int conn_id(struct session *s, int i)
{
	struct store_ro *ro;

	if (!s->ids[i] && session_ro(s, &ro) == 0 &&
		store_connector_id(ro, s->config->conns[i].name, &s->ids[i]) <
			0)
		s->ids[i] = 0;
	return s->ids[i];
}

/* "me" is kept as it came: a plain id. */
static const char *me_of(struct session *s, struct store_ro *ro, int id)
{
	const char *me;

	return store_fact_get(ro, id, "me", s->arena, &me) == 0 ? me : NULL;
}

static int knows_me(const struct session *s, int connector)
{
	for (const struct store_me *m = s->me; m->connector; m++)
		if (m->connector == connector)
			return 1;
	return 0;
}

/* Who I am at a connector is known after its first probe: what is missing is
 * looked up again. */
const struct store_me *session_me(struct session *s)
{
	size_t max = (size_t)s->config->n_conns + 1;
	struct store_ro *ro;

	if (!s->me)
		s->me = arena_calloc(s->arena, max, sizeof *s->me);
	if (s->n_me == s->config->n_conns || session_ro(s, &ro) < 0)
		return s->me;
	for (int i = 0; i < s->config->n_conns; i++) {
		int id = conn_id(s, i);
		const char *rid =
			id && !knows_me(s, id) ? me_of(s, ro, id) : NULL;

		if (rid)
			s->me[s->n_me++] = (struct store_me){id, rid};
	}
	return s->me;
}

const char *session_me_rid(struct session *s, int connector)
{
	for (const struct store_me *m = session_me(s); m->connector; m++)
		if (m->connector == connector)
			return m->rid;
	return NULL;
}

int session_connector(struct session *s, const char *name, int *out)
{
	struct buf b = BUF_INIT;
	int id = 0, n = s->config->n_conns, rc;

	if (!name && n == 1) {
		id = conn_id(s, 0);
		name = s->config->conns[0].name;
	}
	for (int i = 0; name && i < n; i++)
		if (!strcmp(s->config->conns[i].name, name))
			id = conn_id(s, i);
	for (int i = 0; i < n; i++)
		buf_addf(&b, "%s%s", i ? ", " : "", s->config->conns[i].name);
	rc = 0;
	if (!name)
		rc = err_set(E_INPUT, _("which connector? There are: %s"),
			buf_str(&b));
	else if (!id)
		rc = err_set(E_INPUT, _("no connector \"%s\"; there are: %s"),
			name, buf_str(&b));
	buf_fini(&b);
	if (rc == 0)
		*out = id;
	return rc;
}

const char *session_connector_name(struct session *s, int connector)
{
	for (int i = 0; i < s->config->n_conns; i++)
		if (conn_id(s, i) == connector)
			return s->config->conns[i].name;
	return "?";
}

/* Without the slashes at its end: templates bring theirs. */
static const char *plain_value(
	struct arena *a, const struct config_value *v, enum setting_type t)
{
	size_t len = v ? strlen(v->value) : 0;

	while (t == SET_URL && len && v->value[len - 1] == '/')
		len--;
	return v ? arena_strndup(a, v->value, len) : NULL;
}

int session_web(struct session *s, int connector, enum entity e,
	const char *rid, struct buf *out)
{
	const struct manifest *m;
	const struct setting *set;
	const char **values;
	struct arena *a;
	int i, k, n, rc;

	for (i = 0; i < s->config->n_conns; i++)
		if (conn_id(s, i) == connector)
			break;
	if (i == s->config->n_conns)
		return err_set(E_NOTFOUND,
			_("its connector is not configured any more"));
	if (!rid)
		return err_set(
			E_NOTFOUND, _("its backend does not know it yet"));
	rc = session_manifest(s, i, &m);
	if (rc < 0)
		return rc;
	a = arena_new();
	set = manifest_settings(m, &n);
	values = arena_calloc(a, (size_t)n + 1, sizeof(*values));
	for (k = 0; k < n; k++)
		if (set[k].type != SET_SECRET)
			values[k] = plain_value(a,
				conn_value(&s->config->conns[i], set[k].name),
				set[k].type);
	rc = manifest_web(m, e, values, rid, out);
	arena_free(a);
	return rc;
}

int session_can(struct session *s, int connector, enum op_kind kind)
{
	for (int i = 0; i < s->config->n_conns; i++) {
		const struct manifest *m;
		const struct conn_desc *d;
		int rc;

		if (conn_id(s, i) != connector)
			continue;
		rc = session_manifest(s, i, &m);
		if (rc < 0)
			return rc;
		d = manifest_desc(m);
		for (int k = 0; k < d->n_ops; k++)
			if (d->ops[k].kind == kind)
				return 0;
		return err_set(E_INPUT, _("%s cannot do %s"), manifest_title(m),
			op_desc(kind)->name);
	}
	return err_set(E_CONFIG, _("the connector is not configured any more"));
}

const char *session_name(struct session *s, int connector, const char *rid,
	int64_t id, char out[256])
{
	if (!rid || !rid[0])
		snprintf(out, 256, "new%lld", (long long)id);
	else if (s->config->n_conns == 1 && conn_id(s, 0) == connector)
		snprintf(out, 256, "%s", rid);
	else
		snprintf(out, 256, "%s:%s",
			session_connector_name(s, connector), rid);
	return out;
}

/* Takes "rt:" off when it is a connector's name. */
static int split_name(struct session *s, const char **name, int *connector)
{
	const char *colon = strchr(*name, ':');

	*connector = 0;
	if (!colon)
		return 0;
	for (int i = 0; i < s->config->n_conns; i++) {
		const char *cn = s->config->conns[i].name;

		if (strlen(cn) != (size_t)(colon - *name) ||
			strncmp(cn, *name, strlen(cn)) != 0)
			continue;
		*name = colon + 1;
		*connector = conn_id(s, i);
		return *connector
			       ? 0
			       : err_set(E_NOTFOUND,
					 _("nothing of %s is here yet; run `galley sync`"),
					 cn);
	}
	return 0;
}

/* "new7": the local id. 0 when it is not that form. */
static int64_t new_id(const char *name)
{
	const char *p = name + 3;

	if (strncmp(name, "new", 3) != 0 || !*p || strlen(p) > 18 ||
		strspn(p, "0123456789") != strlen(p))
		return 0;
	return strtoll(p, NULL, 10);
}

/* By the number that people read aloud, where it is not the remote id. */
static int find_number(struct session *s, struct store_ro *ro, enum entity e,
	int connector, const char *name, struct rows *rows)
{
	char *text;
	struct query *q;
	int rc, n = 0;

	if (e != ENT_TICKET || strchr(name, '"') || strchr(name, '\\'))
		return err_set(E_NOTFOUND, "no such number");
	text = xasprintf("number:\"%s\"", name);
	rc = query_parse(text, e, 0, 0, &q);
	free(text);
	if (rc < 0)
		return rc;
	rc = store_query(ro, q, session_me(s), 20, NULL, rows);
	query_free(q);
	if (rc < 0)
		return rc;
	for (int i = 0; i < rows->n; i++)
		if (!connector || rows->v[i].connector == connector)
			rows->v[n++] = rows->v[i];
	rows->n = n;
	if (n == 1)
		return 0;
	rows_free(rows);
	return n ? err_set(E_INPUT,
			   _("several have the number %s; write connector:%s"),
			   name, name)
		 : err_set(E_NOTFOUND, "no such number");
}

static int find_row(struct session *s, struct store_ro *ro, enum entity e,
	int connector, const char *name, struct rows *rows)
{
	int rc;

	if (new_id(name))
		return store_row(ro, e, new_id(name), rows);
	if (*name == '#')
		name++;
	rc = store_row_rid(ro, e, connector, name, rows);
	if (rc == E_NOTFOUND)
		rc = find_number(s, ro, e, connector, name, rows);
	return rc;
}

int session_find(struct session *s, enum entity e, const char *name,
	int64_t *id, int *connector)
{
	struct store_ro *ro;
	struct rows rows = {0};
	const char *full = name;
	int conn = 0, rc = session_ro(s, &ro);

	if (rc == 0)
		rc = split_name(s, &name, &conn);
	if (rc < 0)
		return rc;
	rc = *name ? find_row(s, ro, e, conn, name, &rows)
		   : err_set(E_INPUT, _("an empty name"));
	if (rc == E_NOTFOUND)
		rc = err_set(E_INPUT,
			_("no %s \"%s\" in the cache; `galley sync` may bring it"),
			entity_word(e), full);
	if (rc < 0)
		return rc;
	*id = rows.v[0].id;
	if (connector)
		*connector = rows.v[0].connector;
	rows_free(&rows);
	return 0;
}

int session_zone_min(void)
{
	time_t t = (time_t)(clock_now_ms(clock_system()) / 1000);
	struct tm tm;

	if (!localtime_r(&t, &tm))
		return 0;
	return (int)(tm.tm_gmtoff / 60);
}
