/* SPDX-License-Identifier: MIT */
/*
 * The program that people see: opens terminal, session and desk, turns until
 * the person leaves, and puts the terminal back before anything is said.
 */
#include "bench_priv.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "galley/base/i18n.h"
#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"
#include "galley/bench/first.h"
#include "galley/base/proc.h"
#include "galley/base/sched.h"

/* How often settled screens are written down for tests: one byte each. */
static int idle_fd(void)
{
	const char *s = getenv("GALLEY_IDLE_FD");

	return s && *s ? atoi(s) : -1;
}

static void say_idle(const struct bench *b, int fd, uint64_t *said)
{
	if (fd < 0 || b->frames == *said || b->follow || !b->begun)
		return;
	*said = b->frames;
	if (write(fd, ".", 1) < 0)
		log_debug("bench", "nobody waits for idle");
}

static int loop(struct bench *b)
{
	int fd = idle_fd(), rc = bench_turn(b);
	uint64_t said = 0;

	sched_prompt(SCHED_KEYS_US);
	bench_breathe(b);
	desk_begin(b->desk);
	while (rc == 0) {
		say_idle(b, fd, &said);
		rc = bench_wait(b, -1);
	}
	return rc < 0 ? rc : 0;
}

static int open_term(const struct bench_opts *o, struct term **out)
{
	struct term_opts to = {
		.in_fd = STDIN_FILENO,
		.out_fd = STDOUT_FILENO,
		.no_color = o->no_color ||
			    (getenv("NO_COLOR") && *getenv("NO_COLOR")),
		.mouse = 1,
		.probe = 1,
	};

	if (o->linear && !*out)
		*out = linear_term();
	return *out ? 0 : term_open(&to, out);
}

/* What needs no cache is read while that is opened, by a thread; the rules are
 * read by one while the first case is. */
static int open_bench(const struct bench_opts *o, struct desk_args *da,
	struct term **term, struct desk **d, struct bench **b)
{
	struct bench_args ba = {
		.session = da->session,
		.scenario = o->scenario,
		.theme = o->theme,
		.linear = o->linear,
		.keep = 1,
		.called = 1,
	};
	struct store_ro *ro;
	int rc;

	session_ro_begin(da->session);
	/* what is typed from now on is keys */
	rc = open_term(o, term);
	if (rc < 0)
		return rc;
	ba.term = *term;
	rc = bench_early(&ba, b);
	if (rc < 0)
		return rc;
	session_manifests(da->session);
	if (session_ro(da->session, &ro) < 0)
		err_clear(); /* there is none yet, or desk_new() says it */
	rules_begin(*b);
	rc = desk_new(da, d);
	ba.desk = *d;
	return rc < 0 ? rc : bench_open(*b, &ba);
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
	static const char text[] = "[galley]\nrole = senior\n"
				   "[connector demo]\nmanifest = demo\n";
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

/* Nothing is configured: what does the person want? 1: nothing. */
static int ask_first(
	const struct bench_opts *o, struct term **term, char **news)
{
	enum first_did did;
	struct first *f;
	int rc = open_term(o, term);

	if (rc == 0)
		rc = first_new(*term, NULL, o->theme, &f);
	if (rc < 0)
		return rc;
	did = first_turn(f);
	while (did == FIRST_ASKING)
		did = first_wait(f, -1);
	*news = xstrdup(first_news(f));
	first_free(f);
	if (did == FIRST_DEMO)
		return demo_home();
	return did == FIRST_LEFT;
}

static int run(const struct bench_opts *o, struct desk_args *da,
	struct desk **d, struct term **term)
{
	struct bench *b = NULL;
	char *news = NULL;
	int rc = o->demo ? demo_home() : 0;

	if (rc == 0 && !o->demo && !o->config && !o->linear && !has_config())
		rc = ask_first(o, term, &news);
	if (rc == 0)
		rc = session_open(o->config, &da->session);
	if (rc == 0)
		rc = open_bench(o, da, term, d, &b);
	if (rc == 0 && news && *news)
		desk_say(*d, NOTICE_DONE, "%s", news);
	if (rc == 0)
		rc = o->linear ? linear_loop(b) : loop(b);
	bench_free(b);
	free(news);
	return rc < 0 ? rc : 0;
}

/* Memory comes from the kernel in steps of a megabyte, not of a few pages. */
static void take_big_steps(void)
{
	(void)!mallopt(M_TOP_PAD, 1 << 20);
	(void)!mallopt(M_TRIM_THRESHOLD, 4 << 20);
	(void)!mallopt(M_MMAP_THRESHOLD, 1 << 20);
}

int bench_run(const struct bench_opts *o)
{
	struct desk_args da = {
		.read_only = o->read_only, .zone_min = session_zone_min()};
	struct desk *d = NULL;
	struct term *term = NULL;
	int rc;

	take_big_steps();
	rc = run(o, &da, &d, &term);
	term_close(term);
	desk_free(d);
	session_close(da.session);
	if (rc < 0)
		fprintf(stderr, "galley: %s\n", err_msg());
	return err_exit_status(rc);
}

/* --- the command line ----------------------------------------------------- */

static const struct {
	const char *name, *arg, *text;
} options[] = {
	{"bench", "NAME",
		N_("hotline, online, ticket, qa, supervisor, or your own")},
	{"theme", "NAME", N_("dark, light, safe, mono, or a file")},
	{"no-color", NULL, N_("no colours, as with NO_COLOR")},
	{"linear", NULL, N_("plain lines, for screen readers and pipes")},
	{"read-only", NULL, N_("look only: nothing is changed or sent")},
	{"config", "FILE", N_("another configuration file")},
	{"help", NULL, N_("this page")},
};

static int help(void)
{
	size_t i;

	printf("%s\n", _("usage: galley [bench|demo] [OPTION]..."));
	printf("%s\n\n", _("       galley [demo] :COMMAND [ARGUMENT]..."));
	printf("%s\n\n%s\n",
		_("The workstation; demo opens it on a demo centre that needs "
		  "no configuration\nand no network. A colon runs a command "
		  "in the galley that is open:\ngalley-commands(7)."),
		_("Options"));
	for (i = 0; i < ARRAY_SIZE(options); i++) {
		char left[32];

		snprintf(left, sizeof(left), "%s--%s%s%s",
			strcmp(options[i].name, "help") == 0 ? "-h, " : "",
			options[i].name, options[i].arg ? "=" : "",
			options[i].arg ? options[i].arg : "");
		printf("  %-16s %s\n", left, _(options[i].text));
	}
	return 0;
}

static int usage(const char *what)
{
	fprintf(stderr, "galley: %s\n%s\n", what,
		_("galley demo --help tells more."));
	return 2;
}

/* "--name", "--name=value", "--name value". The option, or NULL; *i comes to
 * stand on the last word of it. */
static const char *option(char **argv, int argc, int *i, const char **value)
{
	const char *a = argv[*i];
	size_t k, n;

	if (strcmp(a, "-h") == 0)
		return "help";
	for (k = 0; k < ARRAY_SIZE(options); k++) {
		n = strlen(options[k].name);
		if (strncmp(a, "--", 2) != 0 ||
			strncmp(a + 2, options[k].name, n) != 0)
			continue;
		if (!options[k].arg && !a[2 + n])
			return options[k].name;
		if (options[k].arg && a[2 + n] == '=') {
			*value = a + 3 + n;
			return options[k].name;
		}
		if (options[k].arg && !a[2 + n] && *i + 1 < argc) {
			*value = argv[++*i];
			return options[k].name;
		}
	}
	return NULL;
}

static int wrong_option(const char *a)
{
	size_t k;

	for (k = 0; k < ARRAY_SIZE(options); k++)
		if (options[k].arg && strncmp(a, "--", 2) == 0 &&
			strcmp(a + 2, options[k].name) == 0) {
			(void)err_set(E_INPUT, _("--%s needs a value"),
				options[k].name);
			return usage(err_msg());
		}
	(void)err_set(E_INPUT,
		*a == '-' ? _("no option %s") : _("%s is one word too many"),
		a);
	return usage(err_msg());
}

int bench_main(int argc, char **argv)
{
	struct bench_opts o = {.config = NULL};
	int i = 1;

	if (argc > 1 && argv[1][0] == ':')
		return bench_call(argc, argv);
	if (argc > 1 && strcmp(argv[1], "help") == 0)
		return help();
	if (argc > 1 && argv[1][0] != '-') {
		o.demo = strcmp(argv[1], "demo") == 0;
		i = 2;
	}
	if (o.demo && argc > 2 && argv[2][0] == ':')
		return demo_place() < 0 ? usage(err_msg())
					: bench_call(argc - 1, argv + 1);
	for (; i < argc; i++) {
		const char *value = NULL, *a = argv[i];
		const char *name = option(argv, argc, &i, &value);

		if (!name)
			return wrong_option(a);
		if (!strcmp(name, "help"))
			return help();
		o.no_color |= !strcmp(name, "no-color");
		o.linear |= !strcmp(name, "linear");
		o.read_only |= !strcmp(name, "read-only");
		o.scenario = !strcmp(name, "bench") ? value : o.scenario;
		o.theme = !strcmp(name, "theme") ? value : o.theme;
		o.config = !strcmp(name, "config") ? value : o.config;
	}
	return bench_run(&o);
}
