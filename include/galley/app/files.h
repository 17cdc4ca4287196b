/* SPDX-License-Identifier: MIT */
/*
 * Attachments on this disk. One that was opened is kept beside the cache, in a
 * folder and under names of our own making, as long as its row is in the cache,
 * at most a month, and as long as there is room. Nothing here is ever run.
 */
#ifndef GALLEY_APP_FILES_H
#define GALLEY_APP_FILES_H

#include "galley/app/session.h"

/* A name from outside as one plain file name here: no directories, no leading
 * dot, nothing that a terminal or a shell would trip over. New string. */
char *file_plain_name(const char *name, const char *rid);
/* "12 KiB"; "" when it is not known. */
#define FILE_SIZE_SIZE 24
const char *file_size_words(int64_t bytes, char out[FILE_SIZE_SIZE]);

/* Where an attachment is kept. New string. */
char *file_place(struct session *s, const struct row *file);
/* Is it here? Then its size goes to *bytes when not NULL. */
int file_is_here(struct session *s, const struct row *file, int64_t *bytes);
/* The folder, for the first one: 0700. E_PERM, E_DISK. */
int files_folder(struct session *s) MUST_CHECK;
/* Takes away what must not or cannot stay. */
void files_sweep(struct session *s);

/* The first bytes, at most `max`, and how many there are. New string. E_DISK. */
int file_head(const char *path, size_t max, char **out, size_t *len,
	int64_t *whole) MUST_CHECK;
/* Something that is shown as text: by its type and by its first bytes. */
int file_is_text(const struct row *file, const char *s, size_t len);
/* As UTF-8, from what its bytes look like. New string. */
char *file_text(const char *s, size_t len);
/* A kind that may be given to another program: pictures, sound, papers. What
 * could act on its own is not among them. */
int file_may_open(const struct row *file);

/* The words that show a file on this person's screen, the last one its path, in
 * `a`: as configured, $GALLEY_OPENER, or what the desktop has. E_NOTFOUND when
 * there is no such program, as on a terminal that is far away. */
int file_opener(const struct config *c, const char *path, struct arena *a,
	char ***argv) MUST_CHECK;

/* Copies to a place of the person's choice, which must not be there: no link is
 * followed, nothing is overwritten (E_EXISTS) unless `over`. */
int file_copy(const char *from, const char *to, int over) MUST_CHECK;

#endif
