/* SPDX-License-Identifier: MIT */
/*
 * The program that people see: opens terminal, session and desk, turns until
 * the person leaves, and puts the terminal back before anything is said.
 */
#include "bench_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "galley/base/i18n.h"
#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/base/proc.h"

/* How often settled screens are written down for tests: one byte each. */
static int idle_fd(void)
{
	const char *s = getenv("GALLEY_IDLE_FD");

	return s && *s ? atoi(s) : -1;
}

static void say_idle(const struct bench *b, int fd, uint64_t *said)
{
	if (fd < 0 || b->frames == *said)
		return;
	*said = b->frames;
	if (write(fd, ".", 1) < 0)
		log_debug("bench", "nobody waits for idle");
}

static int loop(struct bench *b)
{
	int fd = idle_fd(), rc = bench_turn(b);
	uint64_t said = 0;

	while (rc == 0) {
		say_idle(b, fd, &said);
		rc = bench_wait(b, -1);
	}
	return rc < 0 ? rc : 0;
}

static int with_term(
	struct session *s, const struct bench_opts *o, struct desk *d)
{
	struct term_opts to = {
		.in_fd = STDIN_FILENO,
		.out_fd = STDOUT_FILENO,
		.no_color = o->no_color ||
			    (getenv("NO_COLOR") && *getenv("NO_COLOR")),
		.mouse = 1,
		.probe = 1,
	};
	struct bench_args ba = {
		.desk = d,
		.scenario = o->scenario,
		.theme = o->theme,
		.linear = o->linear,
		.keep = 1,
	};
	struct bench *b = NULL;
	int rc = term_open(&to, &ba.term);

	(void)s;
	if (rc < 0)
		return rc;
	rc = bench_new(&ba, &b);
	if (rc == 0)
		rc = loop(b);
	bench_free(b);
	term_close(ba.term);
	return rc;
}

/* The demo centre lives in a place of its own. */
static int demo_place(void)
{
	char *home;
	int rc;

	if (getenv("GALLEY_HOME"))
		return 0;
	home = path_user(PATH_DATA, "demo");
	rc = path_make_private(home);
	if (rc == 0)
		setenv("GALLEY_HOME", home, 1);
	free(home);
	return rc;
}

/* It needs no configuration: it brings its own. */
static int demo_home(void)
{
	static const char text[] = "[connector demo]\nmanifest = demo\n";
	int rc = demo_place();
	char *dir, *config;

	if (rc < 0)
		return rc;
	dir = path_user(PATH_CONFIG, NULL);
	config = path_user(PATH_CONFIG, "config");
	rc = path_make_private(dir);
	if (rc == 0 && access(config, F_OK) < 0)
		rc = file_write(config, text, sizeof(text) - 1);
	free(config);
	free(dir);
	return rc;
}

static int has_config(void)
{
	char *config = path_user(PATH_CONFIG, "config");
	int there = access(config, F_OK) == 0;

	free(config);
	return there;
}

int bench_run(const struct bench_opts *o)
{
	struct desk_args da = {
		.read_only = o->read_only, .zone_min = session_zone_min()};
	struct desk *d = NULL;
	int rc = o->demo ? demo_home() : 0;

	if (rc == 0)
		rc = session_open(o->config, &da.session);
	if (rc == 0)
		rc = desk_new(&da, &d);
	proc_edit_sweep();
	if (rc == 0)
		rc = with_term(da.session, o, d);
	desk_free(d);
	session_close(da.session);
	if (rc < 0)
		fprintf(stderr, "galley: %s\n", err_msg());
	if (rc == E_CONFIG && !o->config && !has_config())
		fputs(_("`galley demo` opens a demo centre to look around.\n"),
			stderr);
	return err_exit_status(rc);
}

/* --- the command line ----------------------------------------------------- */

static int usage(const char *what)
{
	fprintf(stderr,
		_("galley: %s\nusage: galley [bench|demo] [--bench NAME] "
		  "[--theme NAME] [--no-color] [--linear] [--read-only]\n"),
		what);
	return 2;
}

int bench_main(int argc, char **argv)
{
	struct bench_opts o = {.config = NULL};
	int i = 1;

	if (argc > 1 && argv[1][0] != '-') {
		o.demo = strcmp(argv[1], "demo") == 0;
		i = 2;
	}
	for (; i < argc; i++) {
		const char *a = argv[i], *v = i + 1 < argc ? argv[i + 1] : NULL;

		if (!strcmp(a, "--no-color"))
			o.no_color = 1;
		else if (!strcmp(a, "--linear"))
			o.linear = 1;
		else if (!strcmp(a, "--read-only"))
			o.read_only = 1;
		else if (!strcmp(a, "--bench") && v)
			o.scenario = argv[++i];
		else if (!strcmp(a, "--theme") && v)
			o.theme = argv[++i];
		else if (!strcmp(a, "--config") && v)
			o.config = argv[++i];
		else
			return usage(a);
	}
	return bench_run(&o);
}
