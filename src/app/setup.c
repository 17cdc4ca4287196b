/* SPDX-License-Identifier: MIT */
/*
 * The text of a configuration grows here while a person answers; the file is
 * replaced in one step at the end. A secret never stands in that text. It asks
 * nobody anything: whoever talks to the person does.
 */
#include "galley/app/setup.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "galley/base/arena.h"
#include "galley/base/buf.h"
#include "galley/base/embed.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"

#define MAX_MADE   16
#define CONFIG_MAX (1 << 20)

struct setup {
	char *path;
	int own_path; /* the person's own file, in its place */
	char *old;    /* its text, "" when new */
	int first;
	struct buf text; /* what it becomes */
	struct manifest *m;
	char *name, *manifest;
	char *made[MAX_MADE]; /* secret files of this run */
	int n_made;
};

char *setup_shipped(int want)
{
	const char *name;

	for (int i = 0; (name = embed_name(i)) != NULL; i++) {
		size_t len = strlen(name);

		if (strncmp(name, "connectors/", 11) != 0 || len < 17 ||
			strcmp(name + len - 5, ".json") != 0)
			continue;
		if (want-- == 0)
			return xstrndup(name + 11, len - 16);
	}
	return NULL;
}

static int read_old(struct setup *s)
{
	size_t len;
	int rc = file_read(s->path, CONFIG_MAX, &s->old, &len);

	if (rc != E_NOTFOUND)
		return rc;
	s->old = xstrdup("");
	s->first = 1;
	return 0;
}

static int parse_old(const struct setup *s, struct config **out)
{
	*out = NULL;
	if (!*s->old)
		return 0;
	return config_parse(s->path, s->old, strlen(s->old), out);
}

int setup_new(const char *path, struct setup **out)
{
	struct setup *s = xcalloc(1, sizeof(*s));
	struct config *c = NULL;
	int rc;

	s->own_path = !path;
	s->path = path ? xstrdup(path) : path_user(PATH_CONFIG, "config");
	rc = read_old(s);
	if (rc == 0)
		rc = parse_old(s, &c);
	config_free(c);
	if (rc < 0) {
		setup_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

static void take_back(struct setup *s)
{
	for (int i = 0; i < s->n_made; i++) {
		unlink(s->made[i]);
		free(s->made[i]);
	}
	s->n_made = 0;
}

void setup_free(struct setup *s)
{
	if (!s)
		return;
	take_back(s);
	manifest_free(s->m);
	buf_fini(&s->text);
	free(s->name);
	free(s->manifest);
	free(s->old);
	free(s->path);
	free(s);
}

const char *setup_path(const struct setup *s)
{
	return s->path;
}

int setup_is_first(const struct setup *s)
{
	return s->first;
}

int setup_name_free(const struct setup *s, const char *name)
{
	struct config *old;
	int rc = parse_old(s, &old);

	for (int i = 0; rc == 0 && old && i < old->n_conns; i++)
		if (!strcmp(old->conns[i].name, name))
			rc = err_set(E_EXISTS,
				_("there is a connector \"%s\" in %s already; choose another name"),
				name, s->path);
	config_free(old);
	return rc;
}

const struct manifest *setup_manifest(const struct setup *s)
{
	return s->m;
}

const char *setup_manifest_name(const struct setup *s)
{
	return s->manifest;
}

/* A value that begins with a quotation mark or has a space at an end would be
 * read otherwise. */
void setup_value(struct setup *s, const char *key, const char *v)
{
	size_t n = strlen(v);

	if (n && (*v == '"' || *v == ' ' || v[n - 1] == ' ')) {
		buf_addf(&s->text, "%s = \"", key);
		for (; *v; v++)
			buf_addf(&s->text, "%s%c",
				*v == '"' || *v == '\\' ? "\\" : "", *v);
		buf_adds(&s->text, "\"\n");
	} else {
		buf_addf(&s->text, "%s = %s\n", key, v);
	}
}

static void head(struct setup *s, const char *language)
{
	size_t len = strlen(s->old);

	buf_reset(&s->text);
	if (len) {
		buf_adds(&s->text, s->old);
		if (s->old[len - 1] != '\n')
			buf_addc(&s->text, '\n');
		return;
	}
	buf_adds(
		&s->text, "# galley-config(5) explains every line\n[galley]\n");
	if (language && *language)
		setup_value(s, "language", language);
}

int setup_begin(struct setup *s, const char *manifest, const char *name,
	const char *language)
{
	struct manifest *m;
	char *full = NULL;
	int rc = setup_name_free(s, name);

	if (rc == 0)
		rc = manifest_load(manifest, &m);
	if (rc < 0)
		return rc;
	take_back(s);
	manifest_free(s->m);
	s->m = m;
	free(s->name);
	s->name = xstrdup(name);
	/* a path must hold from any directory */
	if (strchr(manifest, '/'))
		full = realpath(manifest, NULL);
	free(s->manifest);
	s->manifest = full ? full : xstrdup(manifest);
	head(s, language);
	buf_addf(&s->text, "\n[connector %s]\n", name);
	setup_value(s, "manifest", s->manifest);
	return 0;
}

int setup_secret(
	struct setup *s, const char *key, const char *secret, int force)
{
	char *dir = path_user(PATH_CONFIG, "secrets");
	char *file = xasprintf("%s/%s.%s", dir, s->name, key), *line;
	int rc = path_make_private(dir);

	free(dir);
	if (rc == 0 && s->n_made == MAX_MADE)
		rc = err_set(E_LIMIT, _("more than %d secrets"), MAX_MADE);
	if (rc == 0 && access(file, F_OK) == 0 && !force)
		rc = err_set(E_EXISTS,
			_("%s is there already; --force replaces it"), file);
	if (rc == 0)
		rc = file_write(file, secret, strlen(secret));
	if (rc < 0) {
		free(file);
		return rc;
	}
	line = xasprintf("%s_file", key);
	setup_value(s, line, file);
	free(line);
	s->made[s->n_made++] = file;
	return 0;
}

static int parse(const struct setup *s, struct config **out)
{
	return config_parse(s->path, buf_str(&s->text), s->text.len, out);
}

int setup_check(struct setup *s)
{
	struct config *c;
	int rc = parse(s, &c);

	if (rc == 0)
		config_free(c);
	return rc;
}

int setup_try(
	struct setup *s, volatile const int *stop, struct probe_result *out)
{
	struct config *c;
	int rc = parse(s, &c);

	if (rc < 0)
		return rc;
	rc = probe_connector(c, &c->conns[c->n_conns - 1], s->m, stop, out);
	config_free(c);
	return rc;
}

static int make_dir(const struct setup *s)
{
	char *dir = xstrdup(s->path), *slash = strrchr(dir, '/');
	int rc = 0;

	/* a directory of the person's own choice is theirs to close */
	if (slash && slash != dir && s->own_path) {
		*slash = '\0';
		rc = path_make_private(dir);
	}
	free(dir);
	return rc;
}

int setup_write(struct setup *s)
{
	int rc = setup_check(s);

	if (rc == 0)
		rc = make_dir(s);
	if (rc == 0)
		rc = file_write(s->path, buf_str(&s->text), s->text.len);
	if (rc < 0)
		return rc;
	for (int i = 0; i < s->n_made; i++)
		free(s->made[i]);
	s->n_made = 0;
	return 0;
}

/* --- without waiting ------------------------------------------------------ */

struct trial {
	struct setup *s;
	pthread_t thread;
	int fd, rc;
	volatile int stop;
	char *why;
	struct probe_result res;
};

static void *run(void *u)
{
	struct trial *t = u;
	uint64_t one = 1;

	t->rc = setup_try(t->s, &t->stop, &t->res);
	if (t->rc < 0)
		t->why = xstrdup(err_msg());
	(void)!write(t->fd, &one, sizeof(one));
	return NULL;
}

/* Signals are for the thread that has the terminal. */
static int start_thread(struct trial *t)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&t->thread, NULL, run, t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc ? err_set(E_LIMIT, "no thread can be started") : 0;
}

int trial_begin(struct setup *s, struct trial **out)
{
	struct trial *t = xcalloc(1, sizeof(*t));
	int rc = 0;

	t->s = s;
	t->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (t->fd < 0)
		rc = err_set(E_LIMIT, "no descriptor for a trial");
	if (rc == 0)
		rc = start_thread(t);
	if (rc < 0) {
		if (t->fd >= 0)
			close(t->fd);
		free(t);
		return rc;
	}
	*out = t;
	return 0;
}

int trial_fd(const struct trial *t)
{
	return t->fd;
}

int trial_end(struct trial *t, struct probe_result *out)
{
	int rc;

	t->stop = 1;
	pthread_join(t->thread, NULL);
	close(t->fd);
	rc = t->rc;
	if (rc == 0)
		*out = t->res;
	else
		err_set(rc, "%s", t->why ? t->why : "");
	free(t->why);
	free(t);
	return rc;
}
