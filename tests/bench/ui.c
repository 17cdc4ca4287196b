/* SPDX-License-Identifier: MIT */
/*
 * ui FIGURE GALLEY HOME LABEL [...]: the workstation at a keyboard, on a pseudo
 * terminal, against peers in the same harness. It types and looks at what comes
 * back; nothing of the program is linked.
 *
 *	ui prepare GALLEY HOME LABEL		rows and a case on the screen
 *	ui start GALLEY HOME LABEL		against vim
 *	ui keys GALLEY HOME LABEL REPOSITORY	against tig
 *	ui search GALLEY HOME LABEL MESSAGES
 *	ui landing GALLEY HOME LABEL		while messages land
 *	ui bytes GALLEY HOME LABEL
 *	ui memory GALLEY HOME LABEL
 *	ui idle GALLEY HOME LABEL		system calls, by strace
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "galley/base/mem.h"
#include "galley/base/rnd.h"
#include "galley/base/sched.h"
#include "terms.h"
#include "ui_pty.h"

#define W	 120
#define H	 36
#define ROUNDS	 21
#define KEYS	 300
#define NAME	 16
#define LEAVE	 "\x11"
#define FRAME_MS 5 /* a frame is one write; what the network brings is later   \
		    */
#define PANES_MS 30
#define CALM_MS	 100
#define LIMIT_S	 60
#define WAIT_MS	 10000

struct sample {
	double *v, cpu_s;
	int n, cap;
};

static void add(struct sample *s, double v)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 256;
		s->v = xreallocarray(s->v, (size_t)s->cap, sizeof(*s->v));
	}
	s->v[s->n++] = v;
}

static double at(struct sample *s, double percent)
{
	return bench_percentile(s->v, s->n, percent);
}

static char *words(const char *fmt, const char *label)
{
	return xasprintf("%s, %s", fmt, label);
}

/* ours against a peer's */
static void row(const char *what, const char *label, double ours, double peer,
	const char *unit, double limit)
{
	char *f = words(what, label);

	bench_row(f, ours, peer, unit, limit);
	free(f);
}

static void own(const char *what, const char *label, double ours,
	const char *unit, double limit)
{
	char *f = words(what, label);

	bench_own(f, ours, unit, limit);
	free(f);
}

/* CPU of a thread, in seconds: schedstat counts nanoseconds. */
static double task_cpu_s(const char *tasks, const char *task)
{
	char *path = xasprintf("%s/%s/schedstat", tasks, task);
	unsigned long long ns = 0;
	FILE *f = fopen(path, "re");

	free(path);
	if (f && fscanf(f, "%llu", &ns) != 1)
		ns = 0;
	if (f)
		fclose(f);
	return (double)ns / 1e9;
}

/* Of a process with all its threads. */
static double cpu_s(pid_t pid)
{
	char *path = xasprintf("/proc/%d/task", (int)pid);
	DIR *d = opendir(path);
	struct dirent *e;
	double sum = 0;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			sum += task_cpu_s(path, e->d_name);
	if (d)
		closedir(d);
	free(path);
	return sum;
}

/* --- programs ------------------------------------------------------------- */

struct prog {
	const char *const *argv;
	const char *home, *leave;
	const char *ready; /* stands on its first whole screen */
};

static char *const *args_of(const struct prog *g)
{
	return (char *const *)(uintptr_t)g->argv;
}

static void open_prog(struct pty *p, const struct prog *g, int w, int h)
{
	pty_begin(p, w, h, g->home, args_of(g));
	pty_settle(p, WAIT_MS, 300);
	if (p->ended)
		bench_die("%s ended at once:\n%s", g->argv[0], pty_text(p));
}

/* --- start ---------------------------------------------------------------- */

static double start_ms(const struct prog *g, struct sample *cpu)
{
	struct pty p;
	double ms;

	pty_begin(&p, W, H, g->home, args_of(g));
	pty_sees(&p, g->ready, LIMIT_S);
	add(cpu, cpu_s(p.pid) * 1000);
	pty_settle(&p, FRAME_MS, FRAME_MS);
	ms = (p.last_s - p.start_s) * 1000;
	pty_end(&p, g->leave);
	return ms;
}

static void start(const struct prog *ours, const char *label)
{
	static const char *const argv[] = {"vim", "-u", "NONE", NULL};
	struct prog vim = {
		argv, "/nonexistent", "\033:q!\r", "type  :q<Enter>"};
	struct sample a = {0}, b = {0}, cpu = {0}, vim_cpu = {0};

	for (int i = -2; i < ROUNDS; i++) {
		double x = start_ms(ours, &cpu), y = start_ms(&vim, &vim_cpu);

		if (i < 0)
			continue;
		add(&a, x);
		add(&b, y);
	}
	row("start: settled first screen, against vim", label, at(&a, 50),
		at(&b, 50), "ms", 2.0);
	row("start: its CPU, against vim", label, at(&cpu, 50),
		at(&vim_cpu, 50), "ms", 0);
}

/* --- keys ----------------------------------------------------------------- */

/* How much of an answer is waited for. Ours shows the list first, by one write,
 * and then what the other panes say of its row. */
enum until { FIRST_WRITE, FRAME, ALL_PANES };

static double key_ms(struct pty *p, const char *key, enum until u)
{
	double from = pty_type(p, key), ms;
	size_t n = u == FIRST_WRITE ? pty_once(p, WAIT_MS)
		   : u == FRAME	    ? pty_settle(p, WAIT_MS, FRAME_MS)
				    : pty_settle(p, WAIT_MS, PANES_MS);

	if (!n)
		bench_die("`%s` does nothing:\n%s", key, pty_text(p));
	ms = (p->last_s - from) * 1000;
	pty_read(p, PANES_MS);
	return ms;
}

static void keys(struct pty *p, const char *const *cycle, int n, enum until u,
	struct sample *out)
{
	double cpu = cpu_s(p->pid);

	for (int i = 0; i < n; i++)
		add(out, key_ms(p, cycle[i % 8], u));
	out->cpu_s += cpu_s(p->pid) - cpu;
}

static const char *const moves[8] = {"j", "j", "j", "k", "j", "k", "j", "k"};
static const char *const pages[8] = {"\033[6~", "\033[6~", "\033[6~", "\033[5~",
	"\033[6~", "\033[5~", "\033[6~", "\033[5~"};

static void against(const char *what, const char *label, struct sample *a,
	struct sample *b, double limit)
{
	char *p50 = xasprintf("keys: %s, p50", what);
	char *p99 = xasprintf("keys: %s, p99", what);

	row(p50, label, at(a, 50), at(b, 50), "ms", limit);
	row(p99, label, at(a, 99), at(b, 99), "ms", limit);
	free(p50);
	free(p99);
}

static void key_figures(
	const struct prog *ours, const char *label, const char *repository)
{
	static const char *const argv[] = {"tig", NULL};
	struct prog tig = {argv, repository, "Q", NULL};
	struct sample move = {0}, page = {0}, open = {0};
	struct sample tmove = {0}, tpage = {0};
	struct pty a, b;

	if (chdir(repository) < 0)
		bench_die("%s: no repository", repository);
	open_prog(&a, ours, W, H);
	open_prog(&b, &tig, W, H);
	for (int i = 0; i < KEYS / 30; i++) {
		keys(&a, moves, 32, FIRST_WRITE, &move);
		keys(&b, moves, 32, FRAME, &tmove);
		keys(&a, pages, 16, FIRST_WRITE, &page);
		keys(&b, pages, 16, FRAME, &tpage);
		keys(&a, moves, 32, ALL_PANES, &open);
	}
	pty_end(&a, ours->leave);
	pty_end(&b, tig.leave);
	against("move, against tig's", label, &move, &tmove, 1.0);
	against("page, against tig's", label, &page, &tpage, 1.0);
	against("a case and all panes, against tig's move", label, &open,
		&tmove, 4.0);
	row("keys: CPU of 320 cases, against tig's moves", label, open.cpu_s,
		tmove.cpu_s, "s", 0);
}

/* --- search --------------------------------------------------------------- */

/* Until what was typed stands on the screen. */
static double echo_ms(struct pty *p, const char *key, const char *all)
{
	double from = pty_type(p, key);

	while (!strstr(pty_text(p), all)) {
		if (bench_wall_s() > from + 10)
			bench_die("`%s` is not echoed:\n%s", all, pty_text(p));
		pty_settle(p, 5, 0);
	}
	return (p->last_s - from) * 1000;
}

static void type_word(struct pty *p, const char *word, struct sample *echo)
{
	size_t n = strlen(word), len;
	char so_far[256], key[8];

	for (size_t i = 0; i < n; i += len) {
		for (len = 1; (word[i + len] & 0xc0) == 0x80; len++)
			;
		snprintf(so_far, sizeof(so_far), "> %.*s ", (int)(i + len),
			word);
		snprintf(key, sizeof(key), "%.*s", (int)len, word + i);
		if (*key == ' ') /* is not seen */
			pty_type(p, key);
		else
			add(echo, echo_ms(p, key, so_far));
		pty_read(p, 60); /* a fast typist */
	}
}

static const char *const hard[] = {"a b c", "refund order please", "the", "re*",
	"p*", "退款", "订单 退款", "of delivery*", "zz*", "a* b*"};

static void search(const struct prog *ours, const char *label, uint64_t n)
{
	struct sample echo = {0}, found = {0};
	struct rnd r;
	struct gen *g = gen_new();
	struct buf term = BUF_INIT;
	struct pty p;

	rnd_seed(&r, 7);
	open_prog(&p, ours, W, H);
	for (int i = 0; i < 60; i++) {
		double end;

		buf_reset(&term);
		if (i % 3)
			term_pick(g, (enum term)(i % TERM_COUNT), &r, n, &term);
		else
			buf_adds(&term, hard[i / 3 % ARRAY_SIZE(hard)]);
		pty_type(&p, "g/");
		pty_sees(&p, "Search everywhere", LIMIT_S);
		pty_settle(&p, CALM_MS, CALM_MS);
		type_word(&p, buf_str(&term), &echo);
		end = bench_wall_s() - 0.060;
		pty_settle(&p, 300, 300);
		add(&found, p.last_s > end ? (p.last_s - end) * 1000 : 0);
		pty_type(&p, "\033");
		pty_settle(&p, CALM_MS, CALM_MS);
	}
	pty_end(&p, ours->leave);
	own("search as you type: a key, p50", label, at(&echo, 50), "ms", 0);
	own("search as you type: a key, p99", label, at(&echo, 99), "ms", 16);
	own("search as you type: found, p50", label, at(&found, 50), "ms", 0);
	own("search as you type: found, p99", label, at(&found, 99), "ms", 0);
	buf_fini(&term);
	gen_free(g);
}

/* --- while messages land -------------------------------------------------- */

/* The number in the row of the cursor. Rows come in around it, it stays. */
static void number_at_cursor(struct pty *p, char out[NAME])
{
	int y = pty_row_of(p, 1, '>');
	const char *line = pty_text(p);

	for (; y > 0; y--)
		line = strchr(line, '\n') + 1;
	line = strchr(line, '>');
	snprintf(out, NAME, "%.*s", NAME - 1, y < 0 || !line ? "" : line);
}

static double move_ms(struct pty *p, const char *key)
{
	char was[NAME], is[NAME];
	double from;

	number_at_cursor(p, was);
	from = pty_type(p, key);
	do {
		pty_once(p, 5);
		number_at_cursor(p, is);
		if (bench_wall_s() > from + 5)
			bench_die("`%s` does nothing:\n%s", key, pty_text(p));
	} while (!*is || strcmp(was, is) == 0);
	return (p->last_s - from) * 1000;
}

static void landing(const struct prog *ours, const char *label)
{
	struct sample move = {0};
	struct pty p;
	double seen;

	pty_begin(&p, W, H, ours->home, args_of(ours));
	pty_sees(&p, "messages: ", LIMIT_S); /* N read */
	seen = bench_wall_s();
	/* other news stand in its place now and then */
	while (bench_wall_s() < seen + 1) {
		if (strstr(pty_text(&p), "messages: "))
			seen = bench_wall_s();
		add(&move, move_ms(&p, move.n % 2 ? "k" : "j"));
		pty_read(&p, 15);
	}
	pty_end(&p, ours->leave);
	own("keys: move, p50", label, at(&move, 50), "ms", 0);
	own("keys: move, p99", label, at(&move, 99), "ms", 16);
	own("keys: moves meanwhile", label, move.n, "", 0);
}

/* --- bytes ---------------------------------------------------------------- */

static void bytes(const struct prog *ours, const char *label)
{
	struct sample move = {0};
	struct pty p;
	size_t all;

	open_prog(&p, ours, 200, 60);
	pty_type(&p, "\x0c");
	all = pty_settle(&p, CALM_MS, CALM_MS);
	for (int i = 0; i < 64; i++) {
		pty_type(&p, moves[i % 8]);
		add(&move, (double)pty_once(&p, CALM_MS));
		pty_settle(&p, CALM_MS, CALM_MS);
	}
	pty_end(&p, ours->leave);
	own("bytes: a moved row at 200x60", label, at(&move, 50), "B", 300);
	own("bytes: the whole screen at 200x60", label, (double)all / 1024,
		"KiB", 20);
}

/* --- at rest -------------------------------------------------------------- */

static double smaps_kib(pid_t pid, const char *name)
{
	char *path = xasprintf("/proc/%d/smaps_rollup", (int)pid), line[256];
	FILE *f = fopen(path, "re");
	double kib = 0;

	free(path);
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, name, strlen(name)) == 0)
			kib = strtod(line + strlen(name), NULL);
	if (f)
		fclose(f);
	return kib;
}

/* Calls of all threads in ten seconds; -1 without strace. */
static int calls(pid_t pid, const char *out)
{
	char target[32];
	int status, n = 0;
	pid_t tracer;
	FILE *f;
	char line[512];

	snprintf(target, sizeof(target), "%d", (int)pid);
	tracer = fork();
	if (!tracer) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(null, STDERR_FILENO);
		execlp("timeout", "timeout", "-s", "INT", "10", "strace", "-f",
			"-qq", "-o", out, "-p", target, (char *)NULL);
		_exit(127);
	}
	if (waitpid(tracer, &status, 0) < 0 || WEXITSTATUS(status) == 127)
		return -1;
	f = fopen(out, "re");
	/* what was waiting when it began and ended is no call */
	while (f && fgets(line, sizeof(line), f))
		n += !strstr(line, "restart_syscall") &&
		     !strstr(line, "<detached") && !strstr(line, "resuming");
	if (f)
		fclose(f);
	return n;
}

static void memory(const struct prog *ours, const char *label)
{
	struct pty p;

	open_prog(&p, ours, W, H);
	/* some work first: lists, cases, a search */
	for (int i = 0; i < 64; i++)
		key_ms(&p, moves[i % 8], ALL_PANES);
	pty_type(&p, "g/refund");
	pty_settle(&p, 500, 500);
	pty_type(&p, "\033");
	pty_read(&p, 300); /* or it is Alt with the next key */
	own("memory: proportional (Pss)", label,
		smaps_kib(p.pid, "Pss:") / 1024, "MiB", 20);
	own("memory: anonymous", label, smaps_kib(p.pid, "Pss_Anon:") / 1024,
		"MiB", 0);
	pty_end(&p, ours->leave);
}

static void idle(const struct prog *ours, const char *label)
{
	char *out = xasprintf("%s/calls", ours->home);
	struct pty p;
	int n;

	open_prog(&p, ours, W, H);
	pty_read(&p, 8000); /* what was new is read, notices go */
	n = calls(p.pid, out);
	if (n >= 0)
		own("idle: system calls in 10 s, all threads", label, n, "",
			0.5);
	else
		fputs("idle: strace is missing: make deps-bench\n", stderr);
	pty_end(&p, ours->leave);
	free(out);
}

/* --- all of it ------------------------------------------------------------ */

/* The list of all open tickets, the first of them in focus: the next start
 * comes back to it. */
static void prepare(const struct prog *ours)
{
	struct pty p;

	open_prog(&p, ours, W, H);
	pty_type(&p, "3");
	pty_settle(&p, 1500, 500);
	pty_type(&p, "]]]");
	pty_settle(&p, 1500, 500);
	pty_type(&p, "\r");
	pty_settle(&p, 1500, 500);
	if (pty_row_of(&p, 1, '>') < 0)
		bench_die("there is no list:\n%s", pty_text(&p));
	pty_end(&p, ours->leave);
}

int main(int argc, char **argv)
{
	const char *figure = argc > 4 ? argv[1] : "";
	const char *ours[2] = {argc > 4 ? argv[2] : NULL, NULL};
	struct prog g = {ours, argc > 4 ? argv[3] : NULL, LEAVE, "? help"};
	const char *label = argc > 4 ? argv[4] : NULL;
	const char *more = argc > 5 ? argv[5] : NULL;

	signal(SIGPIPE, SIG_IGN);
	/* who holds the clock; what is started has the usual turns */
	sched_prompt(SCHED_KEYS_US);
	if (!strcmp(figure, "prepare"))
		prepare(&g);
	else if (!strcmp(figure, "start"))
		start(&g, label);
	else if (!strcmp(figure, "keys") && more)
		key_figures(&g, label, more);
	else if (!strcmp(figure, "search") && more)
		search(&g, label, bench_number(more));
	else if (!strcmp(figure, "landing"))
		landing(&g, label);
	else if (!strcmp(figure, "bytes"))
		bytes(&g, label);
	else if (!strcmp(figure, "memory"))
		memory(&g, label);
	else if (!strcmp(figure, "idle"))
		idle(&g, label);
	else
		bench_die("usage: ui FIGURE GALLEY HOME LABEL [...]");
	return 0;
}
