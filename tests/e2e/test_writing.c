/* SPDX-License-Identifier: MIT */
/*
 * Writing at a keyboard: what is typed is there again, with its cursor, after
 * the program was killed in the middle of a word, the line was lost or the disk
 * was full; and an editor gets the terminal and gives it back. The program is
 * killed at moments that a seed chooses: GALLEY_SEED repeats them.
 */
#include "prog.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define KILLS	   200
#define MAX_GLYPHS 24
#define MAX_STEPS  64

/* --- what has been typed -------------------------------------------------- */

static const char *const glyphs[] = {
	"a", "b", "c", "d", "e", "0", "7", ",", "退", "款", "您", "好", "é"};
#define N_GLYPHS (sizeof(glyphs) / sizeof(*glyphs))

/* A text on one line and where the cursor stands in it, in glyphs. */
struct typed {
	unsigned char g[MAX_GLYPHS];
	int n, at;
};

/* The states a text has gone through; `safe` was a draft for certain. */
struct story {
	struct typed step[MAX_STEPS + 1];
	int n, safe;
};

static uint64_t seed;

static unsigned rnd(unsigned below)
{
	seed = seed * UINT64_C(6364136223846793005) +
	       UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % below;
}

static void text_of(const struct typed *t, char *out)
{
	*out = '\0';
	for (int i = 0; i < t->n; i++)
		strcat(out, glyphs[t->g[i]]);
}

static int cells(int glyph)
{
	return strlen(glyphs[glyph]) == 3 ? 2 : 1; /* Han characters */
}

static int column_of(const struct typed *t)
{
	int x = 0;

	for (int i = 0; i < t->at; i++)
		x += cells(t->g[i]);
	return x;
}

static const char *insert(struct typed *t)
{
	int g = (int)rnd(N_GLYPHS);

	memmove(t->g + t->at + 1, t->g + t->at, (size_t)(t->n - t->at));
	t->g[t->at++] = (unsigned char)g;
	t->n++;
	return glyphs[g];
}

static const char *rub_out(struct typed *t)
{
	memmove(t->g + t->at - 1, t->g + t->at, (size_t)(t->n - t->at));
	t->at--;
	t->n--;
	return "\x7f";
}

/* One key, and what it makes of the text. */
static const char *step(struct typed *t)
{
	unsigned what = rnd(10);

	if (t->n < 2 || (what < 6 && t->n < MAX_GLYPHS))
		return insert(t);
	if (what < 8 && t->at)
		return rub_out(t);
	if (what == 8 && t->at) {
		t->at--;
		return "\x1b[D";
	}
	t->at = t->n;
	return "\x05"; /* to the end */
}

/* --- what is there -------------------------------------------------------- */

/* The first line of the composer: below its heading. -1: not on the screen. */
static int composer_row(struct prog *p, int *left)
{
	static const char head[] = "Reply to the customer";

	for (int y = 0; y < p->h - 1; y++)
		for (int x = 0; x + (int)sizeof(head) < p->w; x++) {
			size_t i;

			for (i = 0; head[i]; i++) {
				VTermScreenCell c;
				VTermPos at = {.row = y, .col = x + (int)i};

				vterm_screen_get_cell(p->screen, at, &c);
				if (c.chars[0] != (uint32_t)head[i])
					break;
			}
			if (!head[i]) {
				*left = x;
				return y + 1;
			}
		}
	return -1;
}

/* The composer shows exactly this, with its cursor. */
static int shows(struct prog *p, const struct typed *t)
{
	char want[MAX_GLYPHS * 4 + 1], have[MAX_GLYPHS * 4 + 8] = "";
	int left, row = composer_row(p, &left), x;
	size_t n = 0;
	VTermPos cursor;

	if (row < 0)
		return 0;
	text_of(t, want);
	for (x = left; x < left + MAX_GLYPHS * 2 && n < sizeof(have) - 8; x++) {
		VTermScreenCell c;
		VTermPos at = {.row = row, .col = x};

		vterm_screen_get_cell(p->screen, at, &c);
		if (c.chars[0] == (uint32_t)-1)
			continue;
		n += put_utf8(have + n, c.chars[0] ? c.chars[0] : ' ');
	}
	while (n && have[n - 1] == ' ')
		n--;
	have[n] = '\0';
	if (!t->n)
		strcpy(want, "Write here. Esc keeps it as a draft.");
	vterm_state_get_cursorpos(vterm_obtain_state(p->vt), &cursor);
	return strcmp(want, have) == 0 && cursor.row == row &&
	       cursor.col == left + column_of(t);
}

/* Which state is on the screen; -1 none of them. The newest first: a text may
 * have been the same twice. */
static int which(struct prog *p, const struct story *s, int from)
{
	for (int i = s->n; i >= from; i--)
		if (shows(p, &s->step[i]))
			return i;
	return -1;
}

static void until_shows(struct prog *p, const struct typed *t)
{
	double end = now_s() + LIMIT_S;
	char text[MAX_GLYPHS * 4 + 1];

	while (!shows(p, t)) {
		if (p->ended || now_s() > end) {
			text_of(t, text);
			fail_msg("`%s`, cursor at %d, is not there:\n%s", text,
				column_of(t), screen(p));
		}
		pump(p);
	}
}

/* The case is found by its number: what stands at the top changes all day. */
static void open_case(struct prog *p)
{
	begin(p, 100, 30, "xterm-256color", "en", NULL);
	sees(p, "Done 2");
	open_number(p, "T-8812", "Reply to the customer");
	type(p, "r");
}

/* --- deaths --------------------------------------------------------------- */

static void say_seed(
	struct prog *p, const struct story *s, uint64_t first, int round)
{
	char text[MAX_GLYPHS * 4 + 1];

	fprintf(stderr, "%s\n", screen(p));
	for (int i = s->safe; i <= s->n; i++) {
		text_of(&s->step[i], text);
		fprintf(stderr, "%d: `%s`, cursor at %d\n", i, text,
			column_of(&s->step[i]));
	}
	fail_msg("GALLEY_SEED=%llu, round %d: the draft is none of those that "
		 "were typed since it was kept",
		(unsigned long long)first, round);
}

/* Whoever comes back finds one of the states since the last that was kept. */
static void come_back(struct prog *p, struct story *s, uint64_t first, int i)
{
	double end = now_s() + LIMIT_S;
	int at;

	open_case(p);
	while ((at = which(p, s, s->safe)) < 0) {
		if (p->ended || now_s() > end)
			say_seed(p, s, first, i);
		pump(p);
	}
	s->step[0] = s->step[at];
	s->n = s->safe = 0;
}

static void type_some(struct prog *p, struct story *s, int keys)
{
	while (keys--) {
		s->step[s->n + 1] = s->step[s->n];
		type(p, step(&s->step[++s->n]));
		if (!rnd(4))
			pump_ms(p, (int)rnd(10));
	}
}

/* Another process finds this text with this cursor. */
static void until_kept(struct prog *p, const struct typed *t)
{
	char text[MAX_GLYPHS * 4 + 1], draft[MAX_GLYPHS * 4 + 32];
	size_t at = 0;

	for (int i = 0; i < t->at; i++)
		at += strlen(glyphs[t->g[i]]);
	text_of(t, text);
	snprintf(draft, sizeof(draft), "\"cursor\":%zu,\"text\":\"%s\"", at,
		text);
	until_drafts(p, draft, 1);
}

static void a_draft_survives_every_kill(void **state)
{
	const char *given = getenv("GALLEY_SEED");
	struct story s = {.n = 0};
	uint64_t first;
	struct prog p;

	(void)state;
	first = given ? strtoull(given, NULL, 10)
		      : (uint64_t)time(NULL) << 16 ^ (uint64_t)getpid();
	seed = first;
	print_message("GALLEY_SEED=%llu\n", (unsigned long long)first);
	for (int i = 0; i < KILLS; i++) {
		come_back(&p, &s, first, i);
		type_some(&p, &s, 1 + (int)rnd(20));
		if (!rnd(12) && s.step[s.n].n) { /* it is kept: no way back */
			until_shows(&p, &s.step[s.n]);
			until_kept(&p, &s.step[s.n]);
			s.safe = s.n;
			type_some(&p, &s, 1 + (int)rnd(20));
		}
		for (unsigned turns = rnd(4); turns; turns--)
			pump_ms(&p, (int)rnd(40));
		kill(p.pid, SIGKILL);
		finish(&p);
	}
	come_back(&p, &s, first, KILLS);
	quit(&p);
}

/* The program is told that it ends, or finds its terminal gone: then nothing
 * that was on the screen is lost. */
static void every_key_survives(int hang_up)
{
	struct story s = {.n = 0};
	struct prog p;

	seed = 7;
	for (int i = 0; i < 8; i++) {
		come_back(&p, &s, 7, i);
		type_some(&p, &s, 12);
		until_shows(&p, &s.step[s.n]);
		s.safe = s.n;
		if (hang_up) {
			kill(p.pid, SIGHUP);
			assert_int_equal(finish(&p), 0);
		} else {
			int status;

			close(p.fd); /* the line is gone */
			assert_int_equal(waitpid(p.pid, &status, 0), p.pid);
			vterm_free(p.vt);
		}
	}
	come_back(&p, &s, 7, 8);
	quit(&p);
}

static void a_draft_survives_a_hangup(void **state)
{
	(void)state;
	every_key_survives(1);
}

static void a_draft_survives_a_lost_line(void **state)
{
	(void)state;
	every_key_survives(0);
}

static void disk_has_room(struct prog *p, rlim_t bytes)
{
	struct rlimit l = {.rlim_cur = bytes, .rlim_max = RLIM_INFINITY};

	assert_int_equal(prlimit(p->pid, RLIMIT_FSIZE, &l, NULL), 0);
}

static void a_full_disk_is_said_and_survived(void **state)
{
	struct story s = {.n = 0};
	struct prog p;

	(void)state;
	seed = 11;
	come_back(&p, &s, 11, 0);
	disk_has_room(&p, 1);
	type_some(&p, &s, 12);
	until_shows(&p, &s.step[s.n]);
	sees(&p, "draft"); /* what cannot be kept is said */
	until_shows(&p, &s.step[s.n]);
	disk_has_room(&p, RLIM_INFINITY);
	until_kept(&p, &s.step[s.n]); /* without another key */
	kill(p.pid, SIGKILL);
	finish(&p);
	s.safe = s.n;
	come_back(&p, &s, 11, 1);
	quit(&p);
}

/* --- the editor ----------------------------------------------------------- */

static void editor_is(const char *script)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/ed", home);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", script);
	fclose(f);
	assert_int_equal(chmod(path, 0700), 0);
	setenv("VISUAL", path, 1);
}

static int files_of_editors(void)
{
	char path[128];
	DIR *d;
	const struct dirent *e;
	int n = 0;

	snprintf(path, sizeof(path), "%s/run/edit", home);
	d = opendir(path);
	while (d && (e = readdir(d)))
		n += e->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

static void an_editor_has_the_terminal(void **state)
{
	struct prog p;

	(void)state;
	editor_is("trap 'echo INTERRUPTED' INT\n"
		  "stty -a | grep -q ' icanon' && echo LINES\n"
		  "echo EDITING; cat \"$1\"; echo\n"
		  "until read -r word; do :; done\n"
		  "printf ' %s' \"$word\" >>\"$1\"");
	open_case(&p);
	type(&p, "one");
	sees(&p, "one");
	type(&p, "\x1b"
		 "e");
	sees(&p, "LINES"); /* as a shell has it */
	sees(&p, "EDITING");
	assert_int_equal(files_of_editors(), 1);
	type(&p, "\x03"); /* is the editor's */
	sees(&p, "INTERRUPTED");
	type(&p, "two\r");
	sees(&p, "one two");
	sees(&p, "Reply to the customer");
	until(&p, "EDITING", 0);
	type(&p, " three");
	sees(&p, "one two three");
	assert_int_equal(files_of_editors(), 0);
	quit(&p);
}

static void what_a_crash_leaves_of_an_editor_goes(void **state)
{
	struct prog p;

	(void)state;
	editor_is("echo EDITING; read -r word");
	open_case(&p);
	type(&p, "kept");
	sees(&p, "kept");
	type(&p, "\x1b"
		 "e");
	sees(&p, "EDITING");
	kill(p.pid, SIGKILL);
	finish(&p);
	assert_int_equal(files_of_editors(), 1);
	open_case(&p);
	sees(&p, "kept");
	assert_int_equal(files_of_editors(), 0);
	quit(&p);
}

/* --- texts that are ready, and times ----------------------------------------
 */

static void a_macro_is_seen_and_done(void **state)
{
	struct prog p;

	(void)state;
	begin(&p, 100, 30, "xterm-256color", "zh_CN", NULL);
	sees(&p, "我的");
	open_number(&p, "T-8812", "回复客户");
	type(&p, "\x1b"
		 "m");
	sees(&p, "宏：输入即可查找");
	type(&p, "new-promise");
	sees(&p, "新的承诺");
	type(&p, "\r");
	sees(&p, "将会执行");
	type(&p, "退款 899 元");
	sees(&p, "退款 899 元：最晚");
	type(&p, "\x13");
	until(&p, "将会执行", 0);
	sees(&p, "承诺 20"); /* the note is in the thread */
	sees(&p, "敬上");    /* the text waits to be sent */
	quit(&p);
}

static void answers_survive_a_kill(void **state)
{
	struct prog p;

	(void)state;
	for (int i = 0; i < 2; i++) {
		begin(&p, 100, 30, "xterm-256color", "en", NULL);
		sees(&p, "Done 2");
		open_number(&p, "T-8812", "Reply to the customer");
		type(&p, "\x1b"
			 "m");
		sees(&p, "Macros: type to find");
		type(&p, "escalate\r");
		sees(&p, "What it will do");
		if (i)
			break;
		type(&p, "late again\t");
		until_drafts(&p, "\\\"late again\\\"", 1);
		until_drafts(&p, "\\\"at\\\":\\\"level\\\"", 1);
		kill(p.pid, SIGKILL);
		finish(&p);
	}
	sees(&p, "Escalated ({level}): late again");
	type(&p, "\x1b[C\x1b[C"); /* its choice has the focus */
	sees(&p, "Escalated (now): late again");
	type(&p, "\x1b");
	sees(&p, "our answers are kept");
	quit(&p);
}

static void what_is_for_later_is_there_again(void **state)
{
	struct prog p;

	(void)state;
	open_case(&p);
	type(&p, "did it help?");
	sees(&p, "did it help?");
	type(&p, "\x1b"
		 "i");
	sees(&p, "send if no reply:");
	type(&p, "2d\r");
	sees(&p, "unless the customer");
	quit(&p);
	begin(&p, 100, 30, "xterm-256color", "en", NULL);
	sees(&p, "Done 2");
	type(&p, "go");
	sees(&p, "if no reply comes");
	type(&p, "E");
	sees(&p, "║did it help?"); /* it has come home, and one writes in it */
	type(&p, " Yes?");
	sees(&p, "did it help? Yes?");
	quit(&p);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
		T(a_draft_survives_every_kill),
		T(a_draft_survives_a_hangup),
		T(a_draft_survives_a_lost_line),
		T(a_full_disk_is_said_and_survived),
		T(an_editor_has_the_terminal),
		T(what_a_crash_leaves_of_an_editor_goes),
		T(a_macro_is_seen_and_done),
		T(answers_survive_a_kill),
		T(what_is_for_later_is_there_again),
	};

	if (argc < 1 || !find_program(argv[0]))
		return 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
