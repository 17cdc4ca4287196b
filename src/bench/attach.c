/* SPDX-License-Identifier: MIT */
/*
 * The attachments of the case in focus: opened, saved, their place copied. One
 * that is not here is brought first, and nobody waits for it. Text is read in
 * the thread; what else a program may show is given to one, by its path and
 * without a shell. Whoever may not see contacts reads texts without them and
 * opens nothing else; who opened what is in the journal before it is seen.
 */
#include "bench_priv.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "galley/app/files.h"
#include "galley/base/i18n.h"
#include "galley/base/mem.h"
#include "galley/base/proc.h"
#include "galley/base/utf8.h"
#include "galley/policy/redact_view.h"

#define TEXT_MAX  ((size_t)256 << 10)
#define FETCH_MAX (INT64_C(64) << 20)

enum what { OPEN_FILE, SAVE_FILE };
/* What is to become of a file when it is here and the journal knows of it. */
struct wish {
	struct wish *next;
	enum what what;
	int64_t file, of;      /* rows: of itself, of the thread's owner */
	uint64_t fetch, audit; /* awaited; 0 no more */
	char *to;	       /* SAVE_FILE */
	int over;
};
struct attach {
	int known; /* files are those of the case in focus */
	struct rows files;
	int here, away; /* how many are on this disk; cannot be brought now */
	struct wish *wishes;
};

/* --- what there is -------------------------------------------------------- */

static void forget(struct attach *a)
{
	if (a->known)
		rows_free(&a->files);
	a->known = 0;
}

static const struct rows *files_of(const struct bench *b)
{
	struct attach *a = b->attach;
	enum entity e;
	int64_t id;
	int i;

	if (a->known)
		return &a->files;
	memset(a, 0, offsetof(struct attach, wishes));
	if (!desk_thread(b->desk, &e, &id) ||
		store_files(desk_ro(b->desk), e, id, DESK_THREAD, &a->files) <
			0) {
		err_clear();
		memset(&a->files, 0, sizeof(a->files));
		a->files.arena = arena_new();
	}
	for (i = 0; i < a->files.n; i++) {
		const struct row *f = &a->files.v[i];

		if (file_is_here(desk_session(b->desk), f, NULL))
			a->here++;
		else if (!desk_reached(b->desk, f->connector))
			a->away++;
	}
	a->known = 1;
	return &a->files;
}

static int sees_all(const struct bench *b)
{
	return desk_may(b->desk, PM_WRITE) || desk_may(b->desk, PM_REVEAL);
}

const char *attach_why_not(const struct bench *b, enum command c)
{
	const struct rows *files;

	if (c != CMD_ATTACH_OPEN && c != CMD_ATTACH_SAVE &&
		c != CMD_ATTACH_COPY)
		return NULL;
	if (desk_read_only(b->desk))
		return desk_may_not(b->desk, PM_WRITE);
	if (c != CMD_ATTACH_OPEN && !sees_all(b))
		return desk_may_not(b->desk, PM_WRITE);
	files = files_of(b);
	if (!files->n)
		return _("nothing is attached here");
	if (c != CMD_ATTACH_COPY && b->attach->away == files->n)
		return _("its backend is not reached, and it has not been "
			 "opened before");
	return NULL;
}

/* --- words ---------------------------------------------------------------- */

static const char *text_of(const struct row *f, enum field_id id)
{
	const struct val *v = row_get(f, id);

	return v && v->kind == VAL_TEXT && v->s && *v->s ? v->s : NULL;
}

/* As the thread shows it. */
static const char *name_of(
	struct bench *b, const struct row *f, struct arena *a)
{
	const char *s = text_of(f, FID_FILE_NAME);
	struct buf out = BUF_INIT;

	if (!s)
		return "?";
	if (desk_masks(b->desk))
		redact_contact(&out, s, strlen(s));
	else
		buf_adds(&out, s);
	s = arena_strdup(a, buf_str(&out));
	buf_fini(&out);
	return s;
}

static int64_t size_of(const struct row *f)
{
	const struct val *v = row_get(f, FID_FILE_SIZE);

	return v->kind == VAL_INT ? v->i : 0;
}

static const char *key_of(const struct bench *b, enum command c)
{
	const char *key = keymap_key(b->keymap, c, CX_ALL | CX_CASE);

	return key && *key ? key : command_desc(c)->name;
}

/* Why a file has not come, for people. */
static const char *why_failed(int code)
{
	switch (code) {
	case E_NOTFOUND:
		return _("it is not at its backend any more");
	case E_PERM:
		return _("the backend refuses it");
	case E_OFFLINE:
	case E_TIMEOUT:
		return _("its backend is not reached");
	default:
		return _("it could not be fetched");
	}
}

/* --- a file that is here -------------------------------------------------- */

static void read_here(struct bench *b, const struct row *f, char *bytes,
	size_t len, int64_t left)
{
	struct reading *r = xcalloc(1, sizeof(*r));
	struct arena *a = arena_new();
	struct buf masked = BUF_INIT;

	r->file = f->id;
	r->left = left;
	r->name = xstrdup(name_of(b, f, a));
	r->text = file_text(bytes, len);
	if (!sees_all(b)) {
		redact_view(
			&masked, r->text, strlen(r->text), P2, ROLE_REVIEWER);
		free(r->text);
		r->text = xstrdup(buf_str(&masked));
	}
	desk_read(b->desk, r);
	/* what comes later does not take the keys of who writes */
	if (!bench_typing(b))
		b->to_read = bench_show(b, "thread");
	buf_fini(&masked);
	arena_free(a);
}

static int show_elsewhere(
	struct bench *b, const struct row *f, const char *path)
{
	struct arena *a = arena_new();
	const char *name = name_of(b, f, a);
	char **argv;
	int rc = 0;

	if (!sees_all(b))
		rc = err_set(E_PERM, "%s: %s", name,
			desk_may_not(b->desk, PM_WRITE));
	else if (!file_may_open(f))
		rc = err_set(E_INPUT,
			_("%s is of a kind that is not opened from here; it "
			  "can be saved"),
			name);
	else if (file_opener(session_config(desk_session(b->desk)), path, a,
			 &argv) == 0) {
		rc = proc_leave(argv);
		if (rc == 0)
			desk_say(b->desk, NOTICE_DONE, _("%s shows %s"),
				argv[0], name);
	} else if (err_code() == E_NOTFOUND) {
		desk_say(b->desk, NOTICE_DONE,
			_("no program shows %s here; %s copies its path: %s"),
			name, key_of(b, CMD_ATTACH_COPY), path);
	} else {
		rc = err_code();
	}
	arena_free(a);
	return rc;
}

static int show_file(struct bench *b, const struct row *f)
{
	char *path = file_place(desk_session(b->desk), f), *s = NULL;
	int64_t whole = 0;
	size_t len;
	int rc = file_head(path, TEXT_MAX, &s, &len, &whole);

	if (rc == 0 && file_is_text(f, s, len)) {
		read_here(b, f, s, len, whole - (int64_t)len);
	} else if (rc == 0) {
		rc = show_elsewhere(b, f, path);
	}
	free(s);
	free(path);
	return rc;
}

static int save_file(struct bench *b, const struct row *f, const struct wish *w)
{
	char *path = file_place(desk_session(b->desk), f);
	int rc = file_copy(path, w->to, w->over);

	if (rc == 0)
		desk_say(b->desk, NOTICE_DONE, _("saved: %s"), w->to);
	free(path);
	return rc;
}

/* --- wishes --------------------------------------------------------------- */

static void wish_free(struct wish *w)
{
	free(w->to);
	free(w);
}

static void carry_out(
	struct bench *b, const struct wish *w, const struct row *f)
{
	struct arena *a = arena_new();
	enum entity e;
	int64_t id;
	int rc = 0;

	if (w->what == SAVE_FILE)
		rc = save_file(b, f, w);
	else if (desk_thread(b->desk, &e, &id) && id == w->of)
		rc = show_file(b, f);
	else
		desk_say(b->desk, NOTICE_NEWS, _("%s is here now"),
			name_of(b, f, a));
	if (rc < 0)
		desk_say_err(b->desk);
	arena_free(a);
}

/* The journal first; it keeps no content and no name. */
static int note_down(struct bench *b, struct wish *w, const struct row *f)
{
	char object[64], name[256];

	session_name(desk_session(b->desk), f->connector, f->rid, f->id, name);
	snprintf(object, sizeof(object), "file %.50s", name);
	return desk_audit(b->desk, w->what == SAVE_FILE ? "save" : "open",
		object, "", &w->audit);
}

/* It is here: said in the journal, then done as soon as that is written. */
static int is_here(struct bench *b, struct wish *w, const struct row *f)
{
	const int64_t said = size_of(f);
	int64_t bytes = 0;
	struct arena *a;

	if (!file_is_here(desk_session(b->desk), f, &bytes))
		return err_set(E_DISK, _("it is not where it was put"));
	if (w->fetch && said && bytes != said) {
		a = arena_new();
		desk_say(b->desk, NOTICE_WARN,
			_("%s has %lld bytes, its backend said %lld"),
			name_of(b, f, a), (long long)bytes, (long long)said);
		arena_free(a);
	}
	w->fetch = 0;
	return note_down(b, w, f);
}

/* 1 when it is over. */
static int go_on(struct bench *b, struct wish *w, const struct fetched *got)
{
	struct arena *a = arena_new();
	struct rows rows;
	int over = 1;

	if (store_row(desk_ro(b->desk), ENT_FILE, w->file, &rows) < 0) {
		desk_say_err(b->desk);
		arena_free(a);
		return 1;
	}
	if (got && got->code < 0)
		desk_say(b->desk, NOTICE_ERROR, "%s: %s: %s",
			name_of(b, &rows.v[0], a), why_failed(got->code),
			got->text ? got->text : "");
	else if (got && is_here(b, w, &rows.v[0]) < 0)
		desk_say_err(b->desk);
	else if (w->fetch || desk_audited(b->desk) < w->audit)
		over = 0;
	else
		carry_out(b, w, &rows.v[0]);
	rows_free(&rows);
	arena_free(a);
	return over;
}

static void each_wish(struct bench *b, const struct fetched *got)
{
	struct wish **at = &b->attach->wishes, *w;

	while ((w = *at)) {
		const struct fetched *mine =
			got && got->number == w->fetch ? got : NULL;

		if (!go_on(b, w, mine)) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		wish_free(w);
	}
}

/* By a click on its line. */
static void open_wanted(struct bench *b)
{
	struct command_line cmd = {.id = CMD_ATTACH_OPEN, .rest = ""};
	char n[16], *argv[] = {n, NULL};
	int which = desk_take_wanted(b->desk);

	if (!which)
		return;
	snprintf(n, sizeof(n), "%d", which);
	cmd.argc = 1;
	cmd.argv = argv;
	input_run(b, &cmd);
}

int attach_turn(struct bench *b, uint64_t topics)
{
	struct fetched got;

	if (topics & (TOPIC(ENT_FILE) | TOPIC(ENT_MESSAGE) | TOPIC_FOCUS |
			     TOPIC_CONN))
		forget(b->attach);
	if (topics & TOPIC(ENT_FILE))
		open_wanted(b);
	if (!b->attach->wishes)
		return 0;
	while (desk_take_fetched(b->desk, &got)) {
		each_wish(b, &got);
		free(got.text);
		files_sweep(desk_session(b->desk));
	}
	each_wish(b, NULL);
	return 1;
}

static int bring(struct bench *b, struct wish *w, const struct row *f)
{
	struct session *s = desk_session(b->desk);
	struct arena *a;
	char bytes[FILE_SIZE_SIZE];
	char *path;
	int rc;

	if (!desk_reached(b->desk, f->connector))
		return err_set(E_OFFLINE,
			_("%s is not reached, and it has not been opened "
			  "before"),
			session_connector_name(s, f->connector));
	if (size_of(f) > FETCH_MAX)
		return err_set(E_LIMIT, _("%s is too much to be fetched"),
			file_size_words(size_of(f), bytes));
	rc = files_folder(s);
	if (rc < 0)
		return rc;
	path = file_place(s, f);
	rc = desk_fetch(b->desk, f, path, &w->fetch);
	free(path);
	if (rc < 0)
		return rc;
	a = arena_new();
	file_size_words(size_of(f), bytes);
	desk_say(b->desk, NOTICE_DONE, _("fetching %s%s%s"), name_of(b, f, a),
		*bytes ? ", " : "", bytes);
	arena_free(a);
	return 0;
}

/* Takes `to`. */
static int wish_for(struct bench *b, const struct row *f, enum what what,
	char *to, int over)
{
	struct wish *w = xcalloc(1, sizeof(*w));
	enum entity e;
	int rc;

	*w = (struct wish){.what = what, .file = f->id, .to = to, .over = over};
	(void)desk_thread(b->desk, &e, &w->of);
	if (file_is_here(desk_session(b->desk), f, NULL))
		rc = is_here(b, w, f);
	else
		rc = bring(b, w, f);
	if (rc < 0) {
		wish_free(w);
		return rc;
	}
	w->next = b->attach->wishes;
	b->attach->wishes = w;
	return 0;
}

/* --- saving --------------------------------------------------------------- */

struct save {
	struct overlay o;
	struct form form;
	struct form_field field;
	int64_t file;
	char *agreed; /* what may be overwritten: it was said that it is there
		       */
	struct arena *arena;
};

/* "~/x" is of the person's home. New string. */
static char *whole_path(const char *s)
{
	const char *home = getenv("HOME");

	if (s[0] == '~' && s[1] == '/' && home)
		return xasprintf("%s%s", home, s + 1);
	return xstrdup(s);
}

static void save_draw(struct bench *b, struct overlay *o, struct canvas *screen,
	int *cx, int *cy)
{
	struct save *v = (struct save *)(void *)o;
	int w = screen->w - 2 < 76 ? screen->w - 2 : 76;
	int h = screen->h - 2 < 8 ? screen->h - 2 : 8;

	(void)b;
	o->area = canvas_sub(
		screen, (screen->w - w) / 2, (screen->h - h) / 3, w, h);
	canvas_clear(&o->area, ST_TEXT);
	form_draw(&v->form, &o->area, cx, cy);
	if (*cx < 0)
		return;
	*cx += o->area.x;
	*cy += o->area.y;
}

/* 1 when it is on its way. */
static int save_done(struct bench *b, struct save *v)
{
	char *to = whole_path(edit_text(v->field.edit));
	int over = v->agreed && strcmp(v->agreed, to) == 0;
	struct rows rows;
	struct stat st;
	int rc;

	if (!over && lstat(to, &st) == 0) {
		free(v->agreed);
		v->agreed = to;
		v->field.error = _("This is there already; Enter once more "
				   "overwrites it.");
		return 0;
	}
	rc = store_row(desk_ro(b->desk), ENT_FILE, v->file, &rows);
	if (rc < 0) {
		free(to);
	} else {
		rc = wish_for(b, &rows.v[0], SAVE_FILE, to, over);
		rows_free(&rows);
	}
	if (rc < 0)
		v->field.error = arena_strdup(v->arena, err_msg());
	return rc == 0;
}

static enum over_did save_event(
	struct bench *b, struct overlay *o, const struct ui_event *e)
{
	struct save *v = (struct save *)(void *)o;
	int did = e->kind == UI_MOUSE ? form_mouse(&v->form, &o->area, e)
				      : form_key(&v->form, e);

	if (did < 0 || (did == 2 && save_done(b, v)))
		return OVER_CLOSE;
	return OVER_KEEP;
}

static void save_free(struct overlay *o)
{
	struct save *v = (struct save *)(void *)o;

	edit_free(v->field.edit);
	free(v->agreed);
	arena_free(v->arena);
}

static const struct overlay_ops save_ops = {.draw = save_draw,
	.event = save_event,
	.free = save_free,
	.hint = N_("Enter does it   Esc leaves")};

static void save_push(struct bench *b, const struct row *f)
{
	struct save *v = xcalloc(1, sizeof(*v));
	char *name = file_plain_name(text_of(f, FID_FILE_NAME), f->rid);
	char *first = xasprintf("~/%s", name);

	v->o.ops = &save_ops;
	v->arena = arena_new();
	v->file = f->id;
	v->field = (struct form_field){.label = _("To"),
		.type = FORM_LINE,
		.required = 1,
		.edit = edit_new(0, 4096)};
	edit_set(v->field.edit, first, strlen(first));
	v->form = (struct form){
		.title = _("Save the attachment: Enter saves, Esc leaves"),
		.fields = &v->field,
		.n = 1};
	overlay_push(b, &v->o);
	free(first);
	free(name);
}

/* --- commands ------------------------------------------------------------- */

static int copy_place(struct bench *b, const struct row *f)
{
	struct session *s = desk_session(b->desk);
	const char *url = text_of(f, FID_FILE_URL);
	char *path = NULL, *out;

	if (file_is_here(s, f, NULL))
		path = file_place(s, f);
	else if (!url || strncmp(url, "http", 4) != 0)
		return err_set(E_NOTFOUND,
			_("it is not here yet; what is opened is kept here"));
	out = path ? path : text_gate_dup(url, GATE_LINE);
	term_copy(b->term, out, strlen(out));
	desk_say(b->desk, NOTICE_DONE, _("copied: %s"), out);
	free(out);
	return 0;
}

static int do_with(
	struct bench *b, const struct command_line *cmd, const struct row *f)
{
	switch (cmd->id) {
	case CMD_ATTACH_OPEN:
		return wish_for(b, f, OPEN_FILE, NULL, 0);
	case CMD_ATTACH_COPY:
		return copy_place(b, f);
	default:
		break;
	}
	if (cmd->argc > 1)
		return wish_for(b, f, SAVE_FILE, whole_path(cmd->argv[1]), 0);
	save_push(b, f);
	return 0;
}

/* Which one? The newest stands first, as it is what came last. */
static void choose(struct bench *b, const struct command_line *cmd,
	const struct rows *files)
{
	const struct command_desc *d = command_desc(cmd->id);
	struct arena *a = arena_new();
	struct choice *v = arena_calloc(a, (size_t)files->n, sizeof(*v));
	char bytes[FILE_SIZE_SIZE];
	int i;

	for (i = 0; i < files->n; i++) {
		const struct row *f = &files->v[files->n - 1 - i];
		const char *mime = text_of(f, FID_FILE_MIME);

		v[i] = (struct choice){
			.text = name_of(b, f, a),
			.note = arena_printf(a, "%s  %s", mime ? mime : "",
				file_size_words(size_of(f), bytes)),
			.line = arena_printf(a, "%s %d", d->name, files->n - i),
		};
	}
	overlay_choose(b, _("Attachments: type to find"), v, files->n);
	arena_free(a);
}

int attach_command(struct bench *b, const struct command_line *cmd)
{
	const struct rows *files = files_of(b);
	int n = cmd->argc ? atoi(cmd->argv[0]) : 0;

	if (!files->n)
		return err_set(E_NOTFOUND, _("nothing is attached here"));
	if (cmd->argc && (n < 1 || n > files->n))
		return err_set(E_INPUT,
			P_("there is %d attachment", "there are %d attachments",
				files->n),
			files->n);
	if (!n && files->n == 1)
		n = 1;
	if (n)
		return do_with(b, cmd, &files->v[n - 1]);
	choose(b, cmd, files);
	return 0;
}

void attach_begin(struct bench *b)
{
	b->attach = xcalloc(1, sizeof(*b->attach));
	files_sweep(desk_session(b->desk));
}

void attach_end(struct bench *b)
{
	struct wish *w;

	if (!b->attach)
		return;
	while ((w = b->attach->wishes)) {
		b->attach->wishes = w->next;
		wish_free(w);
	}
	forget(b->attach);
	free(b->attach);
}
