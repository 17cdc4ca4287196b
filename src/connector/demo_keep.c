/* SPDX-License-Identifier: MIT */
/*
 * The one file of a demo centre: lines of JSON that only grow. From the seed
 * and these lines the world comes back as it was, with what was done to it at
 * the moments it was done. An operation is written here before it is answered.
 * A last line that was torn off is as if it had never been.
 *
 *   {"demo":1,"epoch":ms,"seed":n,"zone":min}   the first one
 *   {"data":hash}            the stories have changed since
 *   {"shift":ms}             another day: all times move by it
 *   {"seg":play,"wall":ms,"speed":percent}      the play goes on
 *   {"mark":play}            it has come so far, and somebody has seen it
 *   {"op":uid,"at":play,"kind":...,"target":...,"args":{...}}
 *   {"line":what,"at":play}  the telephone
 */
#include "demo_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "galley/base/log.h"
#include "galley/base/mem.h"
#include "galley/base/paths.h"

#define MAX_KEPT (64u << 20)

struct kept {
	struct json_doc **doc;
	int n, cap;
	size_t good; /* bytes of whole lines */
};

static void kept_free(struct kept *k)
{
	int i;

	for (i = 0; i < k->n; i++)
		json_free(k->doc[i]);
	free(k->doc);
}

static void kept_add(struct kept *k, struct json_doc *doc)
{
	if (k->n == k->cap) {
		k->cap = k->cap ? k->cap * 2 : 64;
		k->doc = xreallocarray(
			k->doc, (size_t)k->cap, sizeof(struct json_doc *));
	}
	k->doc[k->n++] = doc;
}

static int kept_read(struct kept *k, const char *file, char *text, size_t len)
{
	struct json_limits lim = json_limits_wire;
	size_t at = 0;

	lim.size_bytes = MAX_KEPT;
	while (at < len) {
		char *nl = memchr(text + at, '\n', len - at);
		size_t n = nl ? (size_t)(nl - text) - at : len - at;
		struct json_doc *doc;

		if (!nl)
			break; /* torn */
		if (json_parse(text + at, n, &lim, &doc) < 0)
			return err_set(E_CONFIG,
				"%s:%d: not a line of a demo centre; remove "
				"the file to begin anew",
				file, k->n + 1);
		kept_add(k, doc);
		at += n + 1;
		k->good = at;
	}
	return 0;
}

static const struct json *line_at(const struct kept *k, int i)
{
	return json_root(k->doc[i]);
}

/* --- writing
 * ----------------------------------------------------------------------------
 */

static int append(struct demo *d, struct buf *b)
{
	size_t at = 0;
	int rc = 0;

	if (d->fd < 0 || d->replaying) {
		buf_fini(b);
		return 0;
	}
	buf_addc(b, '\n');
	while (at < b->len && rc == 0) {
		ssize_t n = write(d->fd, b->p + at, b->len - at);

		if (n > 0)
			at += (size_t)n;
		else if (n < 0 && errno != EINTR)
			rc = err_set(
				E_DISK, "%s: %s", d->file, strerror(errno));
	}
	if (rc == 0 && fdatasync(d->fd) < 0)
		rc = err_set(E_DISK, "%s: %s", d->file, strerror(errno));
	buf_fini(b);
	return rc;
}

int keep_segment(struct demo *d)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, "{\"seg\":%lld,\"wall\":%lld,\"speed\":%d}",
		(long long)d->seg_play, (long long)d->seg_wall, d->speed);
	d->kept_play = d->seg_play;
	return append(d, &b);
}

int keep_mark(struct demo *d)
{
	struct buf b = BUF_INIT;

	if (d->world.seq == d->kept_seq)
		return 0;
	d->kept_seq = d->world.seq;
	buf_addf(&b, "{\"mark\":%lld}", (long long)d->play);
	return append(d, &b);
}

int keep_op(struct demo *d, const struct job *j)
{
	struct buf b = BUF_INIT;
	struct jw w;

	jw_init(&w, &b);
	jw_obj(&w);
	jw_kstr(&w, "op", j->op->uid);
	jw_kint(&w, "at", d->play);
	jw_kstr(&w, "kind", op_desc(j->op->kind)->name);
	if (j->op->target_rid)
		jw_kstr(&w, "target", j->op->target_rid);
	jw_key(&w, "args");
	jw_raw(&w, j->op->args);
	jw_obj_end(&w);
	d->kept_seq = d->world.seq;
	return append(d, &b);
}

int keep_line(struct demo *d, enum demo_line what)
{
	struct buf b = BUF_INIT;

	buf_addf(
		&b, "{\"line\":%d,\"at\":%lld}", (int)what, (long long)d->play);
	d->kept_seq = d->world.seq;
	return append(d, &b);
}

/* A new world, in its first generation: what take_head() will make of it. */
static int begin(struct demo *d, uint64_t data)
{
	struct buf b = BUF_INIT;
	int rc;

	buf_addf(&b, "{\"demo\":1,\"epoch\":%lld,\"seed\":%llu,\"zone\":%d}",
		(long long)d->epoch, (unsigned long long)d->seed, d->zone_min);
	rc = append(d, &b);
	d->generation = d->epoch + 1;
	buf_addf(&b, "{\"data\":%lld}", (long long)(data >> 12));
	return rc < 0 ? rc : append(d, &b);
}

/* --- reading
 * ------------------------------------------------------------------------------
 */

/* Shifts that come after line i move it. */
static int64_t shift_after(const struct kept *k, int i)
{
	int64_t sum = 0;

	for (i++; i < k->n; i++)
		sum += json_get_int(line_at(k, i), "shift", 0);
	return sum;
}

/* The wall's time at the last thing that is kept. */
static int64_t last_wall(const struct kept *k, int64_t epoch)
{
	int64_t wall = epoch, play = 0, speed = 0, at;
	int i;

	for (i = 0; i < k->n; i++) {
		const struct json *v = line_at(k, i);

		if (json_get(v, "seg")) {
			play = json_get_int(v, "seg", 0);
			wall = json_get_int(v, "wall", 0) + shift_after(k, i);
			speed = json_get_int(v, "speed", 0);
			continue;
		}
		at = json_get_int(v, "mark", json_get_int(v, "at", play));
		if (speed > 0 && at > play) {
			wall += (at - play) * 100 / speed;
			play = at;
		}
	}
	return wall;
}

static int add_line(struct demo *d, struct kept *k, const char *text)
{
	struct buf b = BUF_INIT;
	struct json_doc *doc;
	int rc = json_parse(text, strlen(text), &json_limits_small, &doc);

	if (rc < 0)
		return rc;
	kept_add(k, doc);
	buf_adds(&b, text);
	return append(d, &b);
}

/* A day or more since anybody looked: it is today again. And stories that were
 * edited begin a new generation, so that everything is read anew. */
static int add_news(struct demo *d, struct kept *k, uint64_t data)
{
	int64_t now = clock_now_ms(d->clock), last;
	int64_t kept_data = 0, days;
	char *text;
	int i, rc = 0;

	for (i = 0; i < k->n; i++)
		kept_data = json_get_int(line_at(k, i), "data", kept_data);
	if (kept_data != (int64_t)(data >> 12)) {
		text = xasprintf("{\"data\":%lld}", (long long)(data >> 12));
		rc = add_line(d, k, text);
		free(text);
	}
	last = last_wall(
		k, json_get_int(line_at(k, 0), "epoch", 0) + shift_after(k, 0));
	days = (now - last) / DAY;
	if (rc == 0 && days > 0) {
		text = xasprintf("{\"shift\":%lld}", (long long)(days * DAY));
		rc = add_line(d, k, text);
		free(text);
	}
	return rc;
}

static void take_head(struct demo *d, const struct kept *k)
{
	const struct json *head = line_at(k, 0);
	int64_t epoch = json_get_int(head, "epoch", 0);
	int i;

	d->seed = (uint64_t)json_get_int(head, "seed", 1);
	d->zone_min = (int)json_get_int(head, "zone", 0);
	d->epoch = epoch + shift_after(k, 0);
	d->generation = epoch;
	for (i = 0; i < k->n; i++)
		d->generation += json_get(line_at(k, i), "data") != NULL ||
				 json_get(line_at(k, i), "shift") != NULL;
}

static void replay_op(struct demo *d, const struct json *v)
{
	const struct op_desc *od = op_by_name(json_get_str(v, "kind"));
	struct job_result r = {0};
	struct d_op op = {
		.uid = json_get_str(v, "op"),
		.target = json_get_str(v, "target"),
		.args = json_get(v, "args"),
	};

	if (!od || !op.uid || op_validate(od->kind, op.args) < 0) {
		log_warn("demo", "%s: an operation is not known any more",
			d->file);
		return;
	}
	op.kind = od->kind;
	op_do(d, &op, 1, &r);
	job_result_fini(&r);
}

static void replay(struct demo *d, const struct kept *k)
{
	int i;

	d->replaying = 1;
	for (i = 1; i < k->n; i++) {
		const struct json *v = line_at(k, i);
		int64_t at = json_get_int(v, "seg",
			json_get_int(
				v, "mark", json_get_int(v, "at", d->play)));

		if (at > d->play)
			play_to(d, at);
		if (json_get(v, "seg")) {
			d->seg_play = at;
			d->seg_wall =
				json_get_int(v, "wall", 0) + shift_after(k, i);
			d->speed = (int)json_get_int(v, "speed", 100);
			d->now = d->seg_wall;
		} else if (json_get_str(v, "op")) {
			replay_op(d, v);
		} else if (json_get(v, "line")) {
			line_do(d, (enum demo_line)json_get_int(v, "line", 0));
		}
	}
	d->replaying = 0;
}

static int load(struct demo *d, struct kept *k)
{
	char *text;
	size_t len;
	int rc = file_read(d->file, MAX_KEPT, &text, &len);

	if (rc == E_NOTFOUND)
		return 0;
	if (rc < 0)
		return rc;
	rc = kept_read(k, d->file, text, len);
	free(text);
	if (rc == 0 && k->n && json_get_int(line_at(k, 0), "demo", 0) != 1)
		rc = err_set(E_CONFIG, "%s:1: not the file of a demo centre",
			d->file);
	return rc;
}

static int open_file(struct demo *d, const struct kept *k)
{
	d->fd = open(d->file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (d->fd < 0 || ftruncate(d->fd, (off_t)k->good) < 0)
		return err_set(E_DISK, "%s: %s", d->file, strerror(errno));
	return 0;
}

int keep_open(struct demo *d, uint64_t data)
{
	struct kept k = {0};
	int rc = 0;

	d->fd = -1;
	d->epoch = clock_now_ms(d->clock);
	if (d->file)
		rc = load(d, &k);
	if (rc == 0 && d->file)
		rc = open_file(d, &k);
	if (rc == 0 && k.n)
		rc = add_news(d, &k, data);
	if (rc == 0 && k.n)
		take_head(d, &k);
	else if (rc == 0)
		rc = begin(d, data);
	if (rc == 0)
		rc = cast_all(d);
	if (rc == 0) {
		d->seg_wall = d->epoch;
		day_begin(d);
		replay(d, &k);
	}
	kept_free(&k);
	return rc;
}

void keep_close(struct demo *d)
{
	if (d->fd < 0)
		return;
	if (keep_mark(d) < 0)
		log_warn("demo", "%s", err_msg());
	close(d->fd);
	d->fd = -1;
}
